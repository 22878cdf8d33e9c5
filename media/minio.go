package media

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3 says where an S3 server is and how it likes to be spoken to.
type S3 struct {
	Endpoint string // "host:9000" or "http://host:9000" without TLS, "https://host" with TLS
	Bucket   string
	Region   string // "" asks the server
	Key      string // access key
	Secret   string // secret key; never logged
	// Lookup is how the bucket is named in a request: "auto" (or ""), "path", or "dns" as Chinese clouds demand.
	Lookup string
	// Checksum guards the bytes on the wire and lets the server refuse damaged ones: "trailing" (or "") sends
	// their SHA-256, and with the parts of large objects a CRC32C in a trailing header; "md5" sends a Content-MD5,
	// for servers that know neither; "none" leaves it to TLS.
	Checksum string
	// Create lets the store make its bucket when it is missing.
	Create bool
	// Temp is the folder for the spool file of a large upload; "" is the system's.
	Temp string
}

// MinIO keeps objects in one bucket of a MinIO or other S3 server.
//
// S3 wants the name before the content and our name is the content's sum, so Put reads everything first: a small
// object into memory, a larger one into a spool file without a name, which the system takes back whatever
// happens to us. Only then the upload begins. So a broken upload never reaches the bucket, and neither a copy
// inside the store nor a size unknown to minio-go (which costs 528 MiB of memory each) is ever needed.
type MinIO struct {
	core *minio.Core
	conf S3
}

const (
	// inMemory is what an upload may hold in memory before it goes to the spool file.
	inMemory = 1 << 20
	// inOne is up to which one request carries all: it is kept whole or not at all, leaves no unfinished parts
	// behind and the server itself proves its SHA-256.
	inOne = 64 << 20
	// partSize is the size of the parts of anything larger; with "md5" minio-go holds one part in memory.
	partSize = 16 << 20
	// retries is how often minio-go tries a request again. Its own ten tries take half a minute in which a
	// person waits for an answer; queued work tries again by itself.
	retries = 3
)

// NewMinIO makes the store. It does not ask the server anything: one that is away now may come back.
func NewMinIO(conf S3) (*MinIO, error) {
	u, err := url.Parse(conf.Endpoint)
	if err != nil || u.Host == "" {
		u, err = url.Parse("http://" + conf.Endpoint)
	}
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("media: %q is no S3 endpoint", conf.Endpoint)
	}
	if conf.Bucket == "" {
		return nil, errors.New("media: the S3 bucket has no name")
	}
	opts := &minio.Options{
		Creds:      credentials.NewStaticV4(conf.Key, conf.Secret, ""),
		Secure:     u.Scheme == "https",
		Region:     conf.Region,
		MaxRetries: retries,
	}
	switch conf.Lookup {
	case "", "auto":
		opts.BucketLookup = minio.BucketLookupAuto
	case "path":
		opts.BucketLookup = minio.BucketLookupPath
	case "dns":
		opts.BucketLookup = minio.BucketLookupDNS
	default:
		return nil, fmt.Errorf("media: bucket lookup %q is not auto, path or dns", conf.Lookup)
	}
	switch conf.Checksum {
	case "", "trailing":
		opts.TrailingHeaders = true
	case "md5", "none":
	default:
		return nil, fmt.Errorf("media: checksum %q is not trailing, md5 or none", conf.Checksum)
	}
	tr, err := minio.DefaultTransport(opts.Secure)
	if err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	// A store that is away must be noticed while the person still waits.
	tr.DialContext = (&net.Dialer{Timeout: 3 * time.Second, KeepAlive: 15 * time.Second}).DialContext
	tr.ResponseHeaderTimeout = 30 * time.Second
	tr.MaxIdleConnsPerHost = 64
	opts.Transport = tr
	core, err := minio.NewCore(u.Host, opts)
	if err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	return &MinIO{core: core, conf: conf}, nil
}

// Put implements Objects.
func (m *MinIO) Put(ctx context.Context, r io.Reader, size int64, want Key) (Object, error) {
	s := &spool{dir: m.conf.Temp}
	defer s.drop()
	key, n, err := take(ctx, s, r, size, want, folderFault)
	if err != nil {
		return Object{}, err
	}
	err = m.send(ctx, key, s.reader(n), n)
	if err != nil && m.conf.Create && minio.ToErrorResponse(err).Code == minio.NoSuchBucket {
		err = m.makeBucket(ctx)
		if err == nil {
			err = m.send(ctx, key, s.reader(n), n)
		}
	}
	if err != nil {
		return Object{}, m.fault(ctx, err)
	}
	o, err := m.Stat(ctx, key)
	if err == nil && o.Size != n {
		err = fmt.Errorf("%w: %s was kept with %d of %d bytes", ErrCorrupt, key, o.Size, n)
	}
	return o, err
}

// send uploads what body gives.
func (m *MinIO) send(ctx context.Context, key Key, body io.Reader, size int64) error {
	opts := minio.PutObjectOptions{
		ContentType: "application/octet-stream",
		PartSize:    partSize,
		NumThreads:  2,
		// minio-go's own sum over plain http costs a second per GiB and is of a kind that some clouds refuse.
		DisableContentSha256: true,
		SendContentMd5:       m.conf.Checksum == "md5",
		DisableMultipart:     size <= inOne,
	}
	if size > inOne || m.conf.Checksum == "md5" || m.conf.Checksum == "none" {
		_, err := m.core.Client.PutObject(ctx, m.conf.Bucket, key.path(), body, size, opts)
		return err
	}
	sum, err := hex.DecodeString(string(key))
	if err != nil {
		return err
	}
	opts.UserMetadata = map[string]string{"x-amz-checksum-sha256": base64.StdEncoding.EncodeToString(sum)}
	_, err = m.core.PutObject(ctx, m.conf.Bucket, key.path(), body, size, "", "", opts)
	return err
}

// Stat implements Objects.
func (m *MinIO) Stat(ctx context.Context, key Key) (Object, error) {
	err := key.check()
	if err != nil {
		return Object{}, err
	}
	st, err := m.core.Client.StatObject(ctx, m.conf.Bucket, key.path(), minio.StatObjectOptions{})
	if err != nil {
		return Object{}, m.fault(ctx, err)
	}
	return Object{Key: key, Size: st.Size, Modified: st.LastModified.UTC()}, nil
}

// Open implements Objects.
func (m *MinIO) Open(ctx context.Context, key Key) (*Content, error) {
	err := key.check()
	if err != nil {
		return nil, err
	}
	body, st, _, err := m.core.GetObject(ctx, m.conf.Bucket, key.path(), minio.GetObjectOptions{})
	if err != nil {
		return nil, m.fault(ctx, err)
	}
	c := &Content{Object: Object{Key: key, Size: st.Size, Modified: st.LastModified.UTC()}}
	c.fail = func(err error) error { return m.fault(ctx, err) }
	c.gone = ctx.Err
	c.src = body
	c.open = func(from int64) (io.ReadCloser, error) {
		var opts minio.GetObjectOptions
		if from > 0 {
			err := opts.SetRange(from, 0) // from there to the end
			if err != nil {
				return nil, err
			}
		}
		body, _, _, err := m.core.GetObject(ctx, m.conf.Bucket, key.path(), opts)
		if err != nil {
			return nil, m.fault(ctx, err)
		}
		return body, nil
	}
	c.begin()
	return c, nil
}

// Delete implements Objects.
func (m *MinIO) Delete(ctx context.Context, key Key) error {
	if key.check() != nil {
		return nil
	}
	err := m.fault(ctx, m.core.RemoveObject(ctx, m.conf.Bucket, key.path(), minio.RemoveObjectOptions{}))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// All implements Objects; it asks for a thousand names at a time.
func (m *MinIO) All(ctx context.Context, after Key) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		opts := minio.ListObjectsOptions{Prefix: "o/", Recursive: true}
		if after.Valid() {
			opts.StartAfter = after.path()
		}
		for st := range m.core.Client.ListObjectsIter(ctx, m.conf.Bucket, opts) {
			if st.Err != nil {
				yield(Object{}, m.fault(ctx, st.Err))
				return
			}
			key := Key(st.Key[strings.LastIndexByte(st.Key, '/')+1:])
			if !key.Valid() || key.path() != st.Key || key <= after {
				continue // not ours
			}
			if !yield(Object{Key: key, Size: st.Size, Modified: st.LastModified.UTC()}, nil) {
				return
			}
		}
		if ctx.Err() != nil {
			yield(Object{}, ctx.Err())
		}
	}
}

// Healthy implements Objects; it makes the bucket when it is missing and may be made.
func (m *MinIO) Healthy(ctx context.Context) error {
	ok, err := m.core.Client.BucketExists(ctx, m.conf.Bucket)
	if err != nil {
		return m.fault(ctx, err)
	}
	if ok {
		return nil
	}
	if !m.conf.Create {
		return fmt.Errorf("%w: there is no bucket %s", ErrUnavailable, m.conf.Bucket)
	}
	return m.fault(ctx, m.makeBucket(ctx))
}

// makeBucket makes the bucket; that another server was faster is no error.
func (m *MinIO) makeBucket(ctx context.Context) error {
	err := m.core.Client.MakeBucket(ctx, m.conf.Bucket, minio.MakeBucketOptions{Region: m.conf.Region})
	switch minio.ToErrorResponse(err).Code {
	case minio.BucketAlreadyOwnedByYou, minio.BucketAlreadyExists:
		return nil
	}
	return err
}

// fault turns an error of minio-go into one of ours. Only the store's word that there is no such key means that
// the object is absent: a missing bucket, refused keys and every other trouble mean that nobody knows.
func (m *MinIO) fault(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err() // the caller went away, not the store
	}
	res := minio.ToErrorResponse(err)
	switch {
	case res.Code == minio.NoSuchKey:
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	case res.StatusCode == http.StatusInsufficientStorage, res.Code == "XMinioStorageFull", res.Code == "QuotaExceeded":
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// spool is what Put has read: at first in memory, beyond inMemory in a file.
type spool struct {
	dir  string
	mem  bytes.Buffer
	file *os.File
}

// Write implements io.Writer.
func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil && s.mem.Len()+len(p) <= inMemory {
		return s.mem.Write(p)
	}
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "care-upload-*")
		if err != nil {
			return 0, err
		}
		s.file = f
		// Without a name it vanishes with us, also by kill -9. Windows refuses; there drop removes it.
		_ = os.Remove(f.Name())
		_, err = s.mem.WriteTo(f)
		if err != nil {
			return 0, err
		}
	}
	return s.file.Write(p)
}

// reader gives the n bytes that were written, from the start. It reads at any place without a buffer, so that
// minio-go can send a part again, and cannot be closed by it.
func (s *spool) reader(n int64) io.Reader {
	if s.file == nil {
		return bytes.NewReader(s.mem.Bytes())
	}
	return io.NewSectionReader(s.file, 0, n)
}

// drop gives the space back.
func (s *spool) drop() {
	if s.file != nil {
		s.file.Close()
		_ = os.Remove(s.file.Name())
	}
}
