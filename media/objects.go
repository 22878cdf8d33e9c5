// Package media keeps the bytes of the platform: evidence, papers, pictures.
//
// Every object is named by the SHA-256 of its content. So an object never changes, the same bytes are kept once,
// writing twice is writing once, and whoever holds the name can prove that the bytes are the right ones.
// Bytes are written before the row that names them; bytes without a row are swept at night (see Objects.All).
// Two stores keep them: a folder (Folder) and any S3 server (MinIO); both pass the same tests.
package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"time"

	"care/server/fault"
)

// What can go wrong with a store. Test with errors.Is; the kind and the code of the fault are for people.
// An error of the reader given to Put, and the end of a context, are passed on as they are.
var (
	// ErrNotFound says that the store holds nothing under the key.
	ErrNotFound = fault.New(fault.NotFound, "media.not_found")
	// ErrMismatch says that what was read is not what was announced: another size or another SHA-256.
	ErrMismatch = fault.New(fault.Invalid, "media.mismatch")
	// ErrCorrupt says that the store gave bytes which are not those that were written.
	ErrCorrupt = fault.New(fault.Internal, "media.corrupt")
	// ErrTooLarge says that an object is larger than the caller will take.
	ErrTooLarge = fault.New(fault.TooLarge, "media.too_large")
	// ErrFull says that the store has no room; nothing was kept.
	ErrFull = fault.New(fault.Unavailable, "media.full")
	// ErrUnavailable says that the store cannot be used now: it is away, refuses our keys or lacks its bucket.
	ErrUnavailable = fault.New(fault.Unavailable, "media.unavailable")
)

// UnknownSize is the size given to Put when nobody knows how much will come.
const UnknownSize int64 = -1

// A Key names an object: the SHA-256 of its content in 64 lower-case hexadecimal digits.
type Key string

// KeyOf gives the key of content.
func KeyOf(content []byte) Key {
	sum := sha256.Sum256(content)
	return Key(hex.EncodeToString(sum[:]))
}

// Valid tells whether k has the form of a key. Stores refuse others, so no key can name a path.
func (k Key) Valid() bool {
	if len(k) != 2*sha256.Size {
		return false
	}
	for i := range len(k) {
		if c := k[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// check gives ErrNotFound for what cannot be a key: nothing can be kept under it.
func (k Key) check() error {
	if !k.Valid() {
		return fmt.Errorf("%w: %q is no key", ErrNotFound, string(k))
	}
	return nil
}

// path is where both stores keep k, so that a folder can be copied into a bucket as it is.
// The 256 groups keep directories short: 4,000 names each for a million objects.
func (k Key) path() string { return "o/" + string(k[:2]) + "/" + string(k) }

// Object is what a store knows of an object without reading it.
type Object struct {
	Key      Key
	Size     int64     // bytes
	Modified time.Time // when it was last put, by the store's clock; the sweep spares what is young
}

// Objects keeps immutable bytes under their SHA-256. All methods may be called from many goroutines.
type Objects interface {
	// Put reads r to its end and keeps what it gave. Size is the number of bytes to come or UnknownSize;
	// want is the key to come or "". When either is not met, ErrMismatch; after any error nothing is kept.
	// It returns only when the bytes would outlive a power failure. Putting the same content again,
	// also at the same time, gives the same object, renews its Modified and replaces a corrupt copy.
	// Memory is bounded whatever the size.
	Put(ctx context.Context, r io.Reader, size int64, want Key) (Object, error)
	// Stat tells what is kept under key, or ErrNotFound.
	Stat(ctx context.Context, key Key) (Object, error)
	// Open gives the content to read and to seek in, or ErrNotFound. The caller closes it.
	// Reading ends when ctx does.
	Open(ctx context.Context, key Key) (*Content, error)
	// Delete removes the object; that there is none is no error. A reader that has it open may finish or fail.
	Delete(ctx context.Context, key Key) error
	// All goes through the objects whose keys follow after ("" for all), in the order of their keys, and
	// ends at the first error. Objects put or deleted meanwhile may be there or not.
	All(ctx context.Context, after Key) iter.Seq2[Object, error]
	// Healthy says whether the store can be used now.
	Healthy(ctx context.Context) error
}

// ReadAll gives the whole verified content of a small object, or ErrTooLarge when it has more than most bytes.
func ReadAll(ctx context.Context, o Objects, key Key, most int64) ([]byte, error) {
	c, err := o.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if c.Size > most {
		return nil, fmt.Errorf("%w: %s has %d bytes of at most %d", ErrTooLarge, key, c.Size, most)
	}
	b := bytes.NewBuffer(make([]byte, 0, c.Size))
	_, err = b.ReadFrom(c)
	return b.Bytes(), err
}

// Verify reads the object once and gives ErrCorrupt when its bytes are not those of its key.
func Verify(ctx context.Context, o Objects, key Key) error {
	c, err := o.Open(ctx, key)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, c)
	return errors.Join(err, c.Close())
}

// Content is an open object: a reader that can seek, as http.ServeContent wants it.
//
// Read from the first byte to the last it is verified: the last bytes are given only after the SHA-256 of all was
// found right, else ErrCorrupt. So a browser that was given a corrupt file sees a broken download, never a
// complete one. A part read after a Seek cannot be verified by a sum over the whole; Verify does that.
type Content struct {
	Object
	gone func() error                            // says when the context of Open is over
	open func(from int64) (io.ReadCloser, error) // the bytes from an offset to the end
	fail func(error) error                       // turns a store's error into one of ours
	src  io.ReadCloser                           // nil until the first Read and after a Seek elsewhere
	at   int64                                   // where src stands
	off  int64                                   // where the caller stands
	sum  hash.Hash                               // of the bytes before at; nil after a jump
}

// Read implements io.Reader.
func (c *Content) Read(p []byte) (int, error) {
	if c.off >= c.Size {
		if c.Size == 0 && c.Key != KeyOf(nil) {
			return 0, fmt.Errorf("%w: %s is empty", ErrCorrupt, c.Key)
		}
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	err := c.gone()
	if err != nil {
		return 0, err
	}
	err = c.move()
	if err != nil {
		return 0, err
	}
	if left := c.Size - c.at; int64(len(p)) > left {
		p = p[:left]
	}
	n, err := c.src.Read(p)
	if c.sum != nil {
		c.sum.Write(p[:n])
	}
	c.at += int64(n)
	if c.at == c.Size && c.sum != nil && hex.EncodeToString(c.sum.Sum(nil)) != string(c.Key) {
		return 0, fmt.Errorf("%w: %s", ErrCorrupt, c.Key)
	}
	c.off = c.at
	switch {
	case c.at == c.Size:
		return n, nil
	case errors.Is(err, io.EOF):
		return n, fmt.Errorf("%w: %s ends after %d of %d bytes", ErrCorrupt, c.Key, c.at, c.Size)
	case err != nil:
		return n, c.fail(err)
	}
	return n, nil
}

// move makes src stand where the caller does.
func (c *Content) move() error {
	if c.src != nil && c.at == c.off {
		return nil
	}
	if c.src != nil {
		c.src.Close() // what a source we no longer read says at its end changes nothing
		c.src = nil
	}
	src, err := c.open(c.off)
	if err != nil {
		return err
	}
	c.src, c.at, c.sum = src, c.off, nil
	if c.off == 0 {
		c.sum = sha256.New()
	}
	return nil
}

// begin is called by a store that gives src, standing at the first byte, with the content.
func (c *Content) begin() { c.at, c.sum = 0, sha256.New() }

// Seek implements io.Seeker; it costs nothing until the next Read.
func (c *Content) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += c.off
	case io.SeekEnd:
		offset += c.Size
	default:
		return 0, fmt.Errorf("media: seek from %d", whence)
	}
	if offset < 0 {
		return 0, fmt.Errorf("media: seek to %d", offset)
	}
	c.off = offset
	return offset, nil
}

// Close lets the store go.
func (c *Content) Close() error {
	if c.src == nil {
		return nil
	}
	src := c.src
	c.src = nil
	return src.Close()
}

// copyBuffer is what one copy holds in memory.
const copyBuffer = 256 << 10

// take copies r to w, gives the key and the size of what came, and ErrMismatch when it is not what was announced.
// An error of r is passed on as it is; an error of w goes through fail.
func take(ctx context.Context, w io.Writer, r io.Reader, size int64, want Key, fail func(error) error) (Key, int64, error) {
	if want != "" && !want.Valid() {
		return "", 0, fmt.Errorf("%w: %q is no key", ErrMismatch, string(want))
	}
	if size < UnknownSize {
		return "", 0, fmt.Errorf("%w: %d is no size", ErrMismatch, size)
	}
	sum, n := sha256.New(), int64(0)
	buf := make([]byte, copyBuffer)
	for {
		if err := ctx.Err(); err != nil {
			return "", 0, err
		}
		m, err := r.Read(buf)
		n += int64(m)
		if size >= 0 && n > size {
			return "", 0, fmt.Errorf("%w: more than the announced %d bytes", ErrMismatch, size)
		}
		sum.Write(buf[:m])
		_, werr := w.Write(buf[:m])
		if werr != nil {
			return "", 0, fail(werr)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", 0, err
		}
	}
	if size >= 0 && n != size {
		return "", 0, fmt.Errorf("%w: %d of the announced %d bytes", ErrMismatch, n, size)
	}
	key := Key(hex.EncodeToString(sum.Sum(nil)))
	if want != "" && key != want {
		return "", 0, fmt.Errorf("%w: the content is %s, announced was %s", ErrMismatch, key, want)
	}
	return key, n, nil
}
