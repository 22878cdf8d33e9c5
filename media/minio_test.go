package media_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"care/media"
	"care/media/mediatest"
	"care/server/testenv/servers"
)

func TestStoreThatIsAwayIsUnavailableAndComesBack(t *testing.T) {
	t.Parallel()
	s, server := mediatest.Server(t)
	content := random(20, 32<<20) // more than the sockets hold
	key := put(t, s, content).Key

	// It goes away in the middle of a download.
	c, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.CopyN(io.Discard, c, 1000)
	if err != nil {
		t.Fatal(err)
	}
	err = server.Kill()
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, c)
	wantErr(t, err, media.ErrUnavailable)
	c.Close()

	// While it is away, everything says so, and says it soon.
	_, err = s.Put(t.Context(), bytes.NewReader(content), int64(len(content)), key)
	wantErr(t, err, media.ErrUnavailable)
	_, err = s.Stat(t.Context(), key)
	wantErr(t, err, media.ErrUnavailable)
	_, err = s.Open(t.Context(), key)
	wantErr(t, err, media.ErrUnavailable)
	wantErr(t, s.Delete(t.Context(), key), media.ErrUnavailable)
	wantErr(t, s.Healthy(t.Context()), media.ErrUnavailable)
	var last error
	for _, err := range s.All(t.Context(), "") {
		last = err
	}
	wantErr(t, last, media.ErrUnavailable)

	err = server.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = s.Healthy(t.Context())
	if err != nil {
		t.Errorf("after its return: %v", err)
	}
	if got := get(t, s, key); !bytes.Equal(got, content) {
		t.Error("after its return the content is another")
	}
}

func TestStoreThatGoesAwayDuringAnUploadKeepsNothing(t *testing.T) {
	t.Parallel()
	s, server := mediatest.Server(t)
	// The upload to the store begins when the last byte was read; the server dies with that byte, and so between
	// the parts of a large object.
	content := random(21, largeSize)
	last := readerFunc(func([]byte) (int, error) {
		err := server.Kill()
		if err != nil {
			t.Error(err)
		}
		return 0, io.EOF
	})
	_, err := s.Put(t.Context(), io.MultiReader(bytes.NewReader(content), last), media.UnknownSize, "")
	wantErr(t, err, media.ErrUnavailable)
	err = server.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if held := s.Holds(t); len(held) > 0 {
		t.Errorf("the store holds %q", held)
	}
	put(t, s, content)
	if err := media.Verify(t.Context(), s, media.KeyOf(content)); err != nil {
		t.Error(err)
	}
}

func TestStoreThatRefusesUsIsUnavailableNotEmpty(t *testing.T) {
	t.Parallel()
	// Were "forbidden" or "no such bucket" taken for "not there", a check would report every object lost.
	var conf media.S3
	s := mediatest.Bucket(t, func(c *media.S3) { conf = *c })
	key := put(t, s, []byte("here")).Key
	for name, edit := range map[string]func(*media.S3){
		"wrong secret": func(c *media.S3) { c.Secret = "wrong-secret" },
		"unknown user": func(c *media.S3) { c.Key = "nobody" },
		"no bucket":    func(c *media.S3) { c.Bucket += "x"; c.Create = false },
		"no server":    func(c *media.S3) { c.Endpoint = "127.0.0.1:1" },
		"TLS expected": func(c *media.S3) { c.Endpoint = strings.Replace(c.Endpoint, "http:", "https:", 1) },
	} {
		other := conf
		edit(&other)
		m, err := media.NewMinIO(other)
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.Stat(t.Context(), key)
		if !errors.Is(err, media.ErrUnavailable) {
			t.Errorf("%s: Stat gives %v", name, err)
		}
		_, err = m.Open(t.Context(), key)
		if !errors.Is(err, media.ErrUnavailable) {
			t.Errorf("%s: Open gives %v", name, err)
		}
		_, err = m.Put(t.Context(), strings.NewReader("new"), 3, "")
		if !errors.Is(err, media.ErrUnavailable) {
			t.Errorf("%s: Put gives %v", name, err)
		}
		err = m.Healthy(t.Context())
		if !errors.Is(err, media.ErrUnavailable) {
			t.Errorf("%s: Healthy gives %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), conf.Secret) {
			t.Errorf("%s: the secret is in the error", name)
		}
	}
}

func TestMissingBucketIsMadeByTheFirstPut(t *testing.T) {
	t.Parallel()
	var conf media.S3
	mediatest.Bucket(t, func(c *media.S3) { conf = *c })
	conf.Bucket += "y"
	m, err := media.NewMinIO(conf)
	if err != nil {
		t.Fatal(err)
	}
	// Both ways to send: from memory, and from the spool.
	for _, content := range [][]byte{[]byte("small"), random(22, 2<<20)} {
		key := put(t, m, content).Key
		if got := get(t, m, key); !bytes.Equal(got, content) {
			t.Errorf("other content came back")
		}
		err = m.Delete(t.Context(), key)
		if err != nil {
			t.Error(err)
		}
	}
}

func TestQuestionOfACallerWhoIsGoneIsNotTheStoresFault(t *testing.T) {
	t.Parallel()
	s := mediatest.Bucket(t, nil)
	key := put(t, s, []byte("here")).Key
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Stat(ctx, key)
	if !errors.Is(err, context.Canceled) || errors.Is(err, media.ErrUnavailable) {
		t.Errorf("Stat: error is %v, want context.Canceled", err)
	}
	_, err = s.Open(ctx, key)
	if !errors.Is(err, context.Canceled) || errors.Is(err, media.ErrUnavailable) {
		t.Errorf("Open: error is %v, want context.Canceled", err)
	}
}

func TestKilledUploadLeavesNoSpoolFile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		servers.Missing(t, "Windows does not take the name from an open file")
	}
	// No server is needed: it is asked after the last byte. While that is awaited, the process might be killed.
	temp := t.TempDir()
	m, err := media.NewMinIO(media.S3{Endpoint: "127.0.0.1:1", Bucket: "none", Temp: temp})
	if err != nil {
		t.Fatal(err)
	}
	looked := false
	_, err = m.Put(t.Context(), io.MultiReader(bytes.NewReader(random(24, 3<<20)), readerFunc(func([]byte) (int, error) {
		looked = true
		left, err := os.ReadDir(temp)
		if err != nil || len(left) > 0 {
			t.Errorf("in the middle of an upload the folder holds %v, %v", left, err)
		}
		return 0, io.EOF
	})), media.UnknownSize, "")
	wantErr(t, err, media.ErrUnavailable)
	if !looked {
		t.Error("the upload was not read to its end")
	}
}

func TestEveryWireChecksumKeepsTheContent(t *testing.T) {
	t.Parallel()
	for _, sum := range []string{"", "trailing", "md5", "none"} {
		for _, lookup := range []string{"", "auto", "path"} {
			t.Run(sum+" "+lookup, func(t *testing.T) {
				t.Parallel()
				s := mediatest.Bucket(t, func(c *media.S3) { c.Checksum, c.Lookup = sum, lookup })
				for i, n := range []int{0, 7, 3 << 20} {
					content := random(uint64(30+i), n)
					if got := get(t, s, put(t, s, content).Key); !bytes.Equal(got, content) {
						t.Errorf("%d bytes: other content came back", n)
					}
				}
			})
		}
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	good := media.S3{Endpoint: "127.0.0.1:9000", Bucket: "care"}
	for name, edit := range map[string]func(*media.S3){
		"no endpoint":      func(c *media.S3) { c.Endpoint = "" },
		"other protocol":   func(c *media.S3) { c.Endpoint = "ftp://host" },
		"path in endpoint": func(c *media.S3) { c.Endpoint = "http://host/minio" },
		"no bucket":        func(c *media.S3) { c.Bucket = "" },
		"unknown lookup":   func(c *media.S3) { c.Lookup = "virtual" },
		"unknown checksum": func(c *media.S3) { c.Checksum = "crc" },
	} {
		c := good
		edit(&c)
		_, err := media.NewMinIO(c)
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, endpoint := range []string{"127.0.0.1:9000", "minio:9000", "http://minio:9000", "https://s3.example.cn", "http://minio:9000/"} {
		c := good
		c.Endpoint = endpoint
		_, err := media.NewMinIO(c)
		if err != nil {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}
