package media_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"care/media"
)

// A full disk is hard to make without rights; a limit on the size of files makes the kernel refuse a write in the
// very same place. The limit is that of a process, so the test runs itself once more.
func TestFullDiskIsToldAndLeavesNothing(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv("MEDIA_TEST_FULL"); dir != "" {
		f, err := media.NewFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		small := put(t, f, []byte("small"))
		signal.Ignore(syscall.SIGXFSZ)
		err = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Put(t.Context(), io.LimitReader(stream(1), 2<<20), media.UnknownSize, "")
		wantErr(t, err, media.ErrFull)
		if got := get(t, f, small.Key); !bytes.Equal(got, []byte("small")) {
			t.Errorf("the other object is %q", got)
		}
		left, err := os.ReadDir(filepath.Join(dir, "tmp"))
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
		// The spool of the S3 store is on a disk too; its server is never asked.
		s3, err := media.NewMinIO(media.S3{Endpoint: "127.0.0.1:1", Bucket: "none", Temp: dir})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s3.Put(t.Context(), io.LimitReader(stream(1), 3<<20), media.UnknownSize, "")
		wantErr(t, err, media.ErrFull)
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestFullDiskIsToldAndLeavesNothing$", "-test.v")
	cmd.Env = append(os.Environ(), "MEDIA_TEST_FULL="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestFullDiskIsToldAndLeavesNothing") {
		t.Fatalf("%v\n%s", err, out)
	}
}
