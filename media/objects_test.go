package media_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"care/media"
	"care/media/mediatest"
	"care/server/fault"
)

// random gives n bytes that depend on seed alone.
func random(seed uint64, n int) []byte {
	b, err := io.ReadAll(io.LimitReader(stream(seed), int64(n)))
	if err != nil {
		panic(err)
	}
	return b
}

// stream gives bytes without end that depend on seed alone, quickly.
func stream(seed uint64) io.Reader {
	return rand.NewChaCha8([32]byte{0: byte(seed), 1: byte(seed >> 8), 2: byte(seed >> 16)})
}

// onlyReader hides every other method of a reader, so that nobody learns its size or reads it twice.
type onlyReader struct{ io.Reader }

func put(t testing.TB, s media.Objects, content []byte) media.Object {
	t.Helper()
	o, err := s.Put(t.Context(), onlyReader{bytes.NewReader(content)}, int64(len(content)), media.KeyOf(content))
	if err != nil {
		t.Fatalf("Put of %d bytes: %v", len(content), err)
	}
	return o
}

func get(t testing.TB, s media.Objects, key media.Key) []byte {
	t.Helper()
	b, err := media.ReadAll(t.Context(), s, key, 1<<30)
	if err != nil {
		t.Fatalf("reading %s: %v", key, err)
	}
	return b
}

func keys(t testing.TB, s media.Objects, after media.Key) (list []media.Key) {
	t.Helper()
	for o, err := range s.All(t.Context(), after) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, o.Key)
	}
	return list
}

// wantErr checks that err is want, with its kind and code for the pages.
func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
	if fault.KindOf(err) != fault.KindOf(want) || fault.CodeOf(err) != fault.CodeOf(want) {
		t.Errorf("fault is %s %s, want %s %s", fault.KindOf(err), fault.CodeOf(err), fault.KindOf(want), fault.CodeOf(want))
	}
}

func TestContentComesBackAsItWas(t *testing.T) {
	t.Parallel()
	mediatest.Each(t, func(t *testing.T, s mediatest.Store) {
		// Around the sizes at which the stores change their way: the copy buffer, the spool's memory.
		for i, n := range []int{0, 1, 255, 256<<10 - 1, 256 << 10, 1<<20 - 1, 1 << 20, 1<<20 + 1, 5<<20 + 3} {
			content := random(uint64(i), n)
			for _, size := range []int64{int64(n), media.UnknownSize} {
				o, err := s.Put(t.Context(), onlyReader{bytes.NewReader(content)}, size, "")
				if err != nil {
					t.Fatalf("%d bytes, size %d: %v", n, size, err)
				}
				if o.Key != media.KeyOf(content) || o.Size != int64(n) || o.Modified.IsZero() {
					t.Errorf("%d bytes, size %d: got %+v", n, size, o)
				}
				st, err := s.Stat(t.Context(), o.Key)
				if err != nil {
					t.Fatal(err)
				}
				if st.Key != o.Key || st.Size != o.Size {
					t.Errorf("Stat says %+v, Put said %+v", st, o)
				}
				if got := get(t, s, o.Key); !bytes.Equal(got, content) {
					t.Errorf("%d bytes, size %d: other content came back (%d bytes)", n, size, len(got))
				}
			}
		}
	})
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	mediatest.Each(t, func(t *testing.T, s mediatest.Store) {
		put(t, s, []byte("something else"))
		for _, key := range []media.Key{
			media.KeyOf([]byte("absent")), "", "ab", "../../etc/passwd", media.Key(strings.Repeat("A", 64)),
			media.Key(strings.Repeat("a", 63) + "/"), media.Key("../" + strings.Repeat("a", 61)),
		} {
			_, err := s.Stat(t.Context(), key)
			wantErr(t, err, media.ErrNotFound)
			_, err = s.Open(t.Context(), key)
			wantErr(t, err, media.ErrNotFound)
			err = s.Delete(t.Context(), key)
			if err != nil {
				t.Errorf("deleting what is not there: %v", err)
			}
		}
	})
}

func TestDeletedObjectIsGone(t *testing.T) {
	t.Parallel()
	mediatest.Each(t, func(t *testing.T, s mediatest.Store) {
		gone, stays := put(t, s, []byte("gone")), put(t, s, []byte("stays"))
		for range 2 {
			err := s.Delete(t.Context(), gone.Key)
			if err != nil {
				t.Fatal(err)
			}
		}
		_, err := s.Open(t.Context(), gone.Key)
		wantErr(t, err, media.ErrNotFound)
		if got := get(t, s, stays.Key); string(got) != "stays" {
			t.Errorf("the other object is %q", got)
		}
	})
}

func TestWrongAnnouncementKeepsNothing(t *testing.T) {
	t.Parallel()
	mediatest.Each(t, func(t *testing.T, s mediatest.Store) {
		small, large := random(1, 1000), random(2, 3<<20)
		for _, c := range []struct {
			name string
			give []byte
			size int64
			want media.Key
		}{
			{"other hash", small, 1000, media.KeyOf(large)},
			{"other hash, large", large, media.UnknownSize, media.KeyOf(small)},
			{"no hash at all", small, 1000, "sha256"},
			{"upper-case hash", small, 1000, media.Key(strings.ToUpper(string(media.KeyOf(small))))},
			{"too short", small, 1001, ""},
			{"too long", small, 999, ""},
			{"too long, large", large, 3<<20 - 1, media.KeyOf(large)},
			{"something for nothing", small, 0, ""},
			{"negative size", small, -2, ""},
		} {
			_, err := s.Put(t.Context(), onlyReader{bytes.NewReader(c.give)}, c.size, c.want)
			if !errors.Is(err, media.ErrMismatch) {
				t.Errorf("%s: error is %v, want ErrMismatch", c.name, err)
			}
			wantErr(t, err, media.ErrMismatch)
		}
		if held := s.Holds(t); len(held) > 0 {
			t.Errorf("the store holds %q", held)
		}
	})
}

func TestMoreThanAnnouncedIsNotReadToItsEnd(t *testing.T) {
	t.Parallel()
	mediatest.Each(t, func(t *testing.T, s mediatest.Store) {
		given := 0
		endless := readerFunc(func(p []byte) (int, error) {
			given += len(p)
			if given > 8<<20 {
				t.Error("the store reads on and on")
				return 0, io.EOF
			}
			return len(p), nil
		})
		_, err := s.Put(t.Context(), endless, 1000, "")
		wantErr(t, err, media.ErrMismatch)
	})
}

func TestCutStreamLeavesNothing(t *testing.T) {
	t.Parallel()
	mediatest.Each(t, func(t *testing.T, s mediatest.Store) {
		broken := errors.New("the phone lost its network")
		for _, n := range []int{0, 1, 300 << 10, 3 << 20} {
			cut := io.MultiReader(bytes.NewReader(random(3, n)), iotest.ErrReader(broken))
			_, err := s.Put(t.Context(), cut, media.UnknownSize, "")
			if !errors.Is(err, broken) || errors.Is(err, media.ErrUnavailable) {
				t.Errorf("cut after %d bytes: error is %v, want the reader's own and nobody else blamed", n, err)
			}
			// The same with a caller who goes away.
			ctx, cancel := context.WithCancel(t.Context())
			gone := io.MultiReader(bytes.NewReader(random(4, n)), readerFunc(func(p []byte) (int, error) { cancel(); return 1, nil }))
			_, err = s.Put(ctx, gone, media.UnknownSize, "")
			if !errors.Is(err, context.Canceled) || errors.Is(err, media.ErrUnavailable) {
				t.Errorf("left after %d bytes: error is %v, want context.Canceled", n, err)
			}
		}
		if held := s.Holds(t); len(held) > 0 {
			t.Errorf("the store holds %q", held)
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestManyWritersOfOneContentMakeOneObject(t *testing.T) {
	t.Parallel()
	mediatest.Each(t, func(t *testing.T, s mediatest.Store) {
		// Small ones meet in the store's own rename, the larger one is still being read by some when others finish.
		for _, content := range [][]byte{random(5, 100), random(6, 2<<20)} {
			key := media.KeyOf(content)
			var all sync.WaitGroup
			start := make(chan struct{})
			for i := range 16 {
				all.Go(func() {
					<-start
					var r io.Reader = bytes.NewReader(content)
					if i%2 == 1 {
						r = iotest.HalfReader(r)
					}
					o, err := s.Put(t.Context(), onlyReader{r}, media.UnknownSize, "")
					if err != nil || o.Key != key || o.Size != int64(len(content)) {
						t.Errorf("writer %d: %+v, %v", i, o, err)
						return
					}
					b, err := media.ReadAll(t.Context(), s, key, 1<<30)
					if err != nil || !bytes.Equal(b, content) {
						t.Errorf("writer %d reads %d bytes, %v", i, len(b), err)
					}
				})
			}
			close(start)
			all.Wait()
		}
		if n := len(s.Holds(t)); n != 2 {
			t.Errorf("the store holds %d things, want 2: %q", n, s.Holds(t))
		}
	})
}

func TestCallerWhoGoesAwayIsNotTheStoresFault(t *testing.T) {
	t.Parallel()
	mediatest.Each(t, func(t *testing.T, s mediatest.Store) {
		key := put(t, s, random(23, 1<<20)).Key
		ctx, cancel := context.WithCancel(t.Context())
		c, err := s.Open(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		cancel()
		_, err = io.Copy(io.Discard, c)
		if !errors.Is(err, context.Canceled) || errors.Is(err, media.ErrUnavailable) {
			t.Errorf("error is %v, want context.Canceled", err)
		}
	})
}

func TestPartsCanBeReadInAnyOrder(t *testing.T) {
	t.Parallel()
	mediatest.Each(t, func(t *testing.T, s mediatest.Store) {
		content := random(7, 700_001)
		c, err := s.Open(t.Context(), put(t, s, content).Key)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for _, at := range []int{500_000, 0, 700_000, 1, 699_000, 0} {
			_, err := c.Seek(int64(at), io.SeekStart)
			if err != nil {
				t.Fatal(err)
			}
			want := content[at:min(at+1234, len(content))]
			got := make([]byte, len(want))
			_, err = io.ReadFull(c, got)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("at %d: %d bytes, %v, equal %t", at, len(got), err, bytes.Equal(got, want))
			}
		}
		end, err := c.Seek(0, io.SeekEnd)
		if err != nil || end != 700_001 {
			t.Errorf("the end is at %d, %v", end, err)
		}
		_, err = c.Read(make([]byte, 1))
		if err != io.EOF {
			t.Errorf("behind the end: %v, want io.EOF", err)
		}
		_, err = c.Seek(-1, io.SeekStart)
		if err == nil {
			t.Error("seeking before the start was allowed")
		}
		_, err = c.Seek(-700_001, io.SeekEnd)
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(c)
		if err != nil || !bytes.Equal(all, content) {
			t.Errorf("from the start again: %d bytes, %v", len(all), err)
		}
	})
}

func TestBrowserIsServedRanges(t *testing.T) {
	t.Parallel()
	mediatest.Each(t, func(t *testing.T, s mediatest.Store) {
		content := random(8, 300_000)
		key := put(t, s, content).Key
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := s.Open(r.Context(), key)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			w.Header().Set("Content-Type", "video/mp4")
			http.ServeContent(w, r, "", c.Modified, c)
		})
		for header, want := range map[string][]byte{
			"": content, "bytes=0-99": content[:100], "bytes=1000-1999": content[1000:2000],
			"bytes=299999-": content[299999:], "bytes=-5": content[299995:],
		} {
			req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			if header != "" {
				req.Header.Set("Range", header)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, req)
			if !bytes.Equal(w.Body.Bytes(), want) {
				t.Errorf("Range %q: status %d, %d bytes, want %d", header, w.Code, w.Body.Len(), len(want))
			}
		}
	})
}

func TestDamageIsNoticedBeforeTheLastByteAndHealed(t *testing.T) {
	t.Parallel()
	mediatest.Each(t, func(t *testing.T, s mediatest.Store) {
		content := random(9, 400_000)
		flipped := slices.Clone(content)
		flipped[123_456] ^= 4
		for name, other := range map[string][]byte{
			"one bit": flipped, "shorter": content[:399_999], "longer": append(slices.Clone(content), 0), "empty": {},
		} {
			key := put(t, s, content).Key
			s.Damage(t, key, other)
			wantErr(t, media.Verify(t.Context(), s, key), media.ErrCorrupt)
			_, err := media.ReadAll(t.Context(), s, key, 1<<20)
			wantErr(t, err, media.ErrCorrupt)
			c, err := s.Open(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			given, err := io.Copy(io.Discard, c)
			if !errors.Is(err, media.ErrCorrupt) || (len(other) > 0 && given >= int64(len(other))) {
				t.Errorf("%s: %d of %d bytes were given with error %v", name, given, len(other), err)
			}
			c.Close()
			// The same content, put again, heals.
			put(t, s, content)
			if err := media.Verify(t.Context(), s, key); err != nil {
				t.Errorf("%s: after putting it again: %v", name, err)
			}
		}
	})
}

func TestPuttingAgainMakesYoungForTheSweep(t *testing.T) {
	t.Parallel()
	mediatest.Each(t, func(t *testing.T, s mediatest.Store) {
		first := put(t, s, []byte("again"))
		for {
			again := put(t, s, []byte("again"))
			if again.Modified.After(first.Modified) {
				break // S3 counts whole seconds, so it may take a few turns; a store that does not renew never ends
			}
		}
	})
}

func TestAllGoesThroughEveryObjectInOrder(t *testing.T) {
	t.Parallel()
	mediatest.Each(t, func(t *testing.T, s mediatest.Store) {
		if got := keys(t, s, ""); len(got) > 0 {
			t.Errorf("an empty store holds %q", got)
		}
		var want []media.Key
		for i := range 300 {
			want = append(want, put(t, s, []byte(strconv.Itoa(i))).Key)
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, keys(t, s, "")); diff != "" {
			t.Errorf("all objects (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want[100:], keys(t, s, want[99])); diff != "" {
			t.Errorf("objects after the 100th (-want +got):\n%s", diff)
		}
		if got := keys(t, s, want[299]); len(got) > 0 {
			t.Errorf("objects after the last: %q", got)
		}
		n := 0
		for range s.All(t.Context(), "") {
			n++
			if n == 5 {
				break
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var last error
		for _, err := range s.All(ctx, "") {
			last = err
		}
		if !errors.Is(last, context.Canceled) {
			t.Errorf("a walk whose caller is gone ended with %v", last)
		}
	})
}

func TestReadAllRefusesMoreThanAsked(t *testing.T) {
	t.Parallel()
	mediatest.Each(t, func(t *testing.T, s mediatest.Store) {
		o := put(t, s, []byte("12345"))
		_, err := media.ReadAll(t.Context(), s, o.Key, 4)
		wantErr(t, err, media.ErrTooLarge)
		got, err := media.ReadAll(t.Context(), s, o.Key, 5)
		if err != nil || string(got) != "12345" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestStoreSaysThatItIsHealthy(t *testing.T) {
	t.Parallel()
	mediatest.Each(t, func(t *testing.T, s mediatest.Store) {
		err := s.Healthy(t.Context())
		if err != nil {
			t.Error(err)
		}
		if held := s.Holds(t); len(held) > 0 {
			t.Errorf("asking has left %q", held)
		}
	})
}

func TestStoresNameObjectsAlike(t *testing.T) {
	t.Parallel()
	// A folder can then be copied into a bucket, and back, with any tool.
	mediatest.Each(t, func(t *testing.T, s mediatest.Store) {
		key := put(t, s, []byte("care")).Key
		if diff := cmp.Diff([]string{"o/" + string(key[:2]) + "/" + string(key)}, s.Holds(t)); diff != "" {
			t.Errorf("names (-want +got):\n%s", diff)
		}
	})
}

// largeSize is more than one request of the S3 store carries, so it goes in parts.
const largeSize = 70 << 20

func TestLargeContentNeedsLittleMemory(t *testing.T) {
	t.Parallel()
	// Memory is that of a whole process, so each store is tried in one of its own: this very test program,
	// told by a variable what to do.
	if kind := os.Getenv("MEDIA_TEST_LARGE"); kind != "" {
		s := mediatest.Folder(t)
		if kind != "folder" {
			s = mediatest.Bucket(t, func(c *media.S3) { c.Checksum = kind })
		}
		for _, size := range []int64{largeSize, media.UnknownSize} {
			o, err := s.Put(t.Context(), io.LimitReader(onlyReader{stream(10)}, largeSize), size, "")
			if err != nil {
				t.Fatal(err)
			}
			if o.Size != largeSize {
				t.Fatalf("kept %d bytes", o.Size)
			}
			err = media.Verify(t.Context(), s, o.Key)
			if err != nil {
				t.Fatal(err)
			}
		}
		if n := len(s.Holds(t)); n != 1 {
			t.Errorf("the store holds %d things, want 1", n)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Printf("memory %d\n", m.Sys)
		return
	}
	for kind, most := range map[string]int64{
		"folder":   24 << 20,
		"trailing": 40 << 20,
		"none":     40 << 20,
		"md5":      64 << 20, // minio-go holds a part of 16 MiB in memory to sum it first
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			if kind != "folder" {
				mediatest.Bucket(t, nil) // skips where there is none
			}
			exe, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestLargeContentNeedsLittleMemory$", "-test.v")
			cmd.Env = append(os.Environ(), "MEDIA_TEST_LARGE="+kind)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			_, text, found := strings.Cut(string(out), "memory ")
			used, err := strconv.ParseInt(strings.Fields(text + " ?")[0], 10, 64)
			if !found || err != nil {
				t.Fatalf("no figure in\n%s", out)
			}
			t.Logf("%d MiB of memory for %d MiB of content", used>>20, largeSize>>20)
			if used > most {
				t.Errorf("took %d MiB from the system for %d MiB of content, want at most %d", used>>20, largeSize>>20, most>>20)
			}
		})
	}
}
