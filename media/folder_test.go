package media_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"care/media"
)

func TestFolderForgetsWhatAKilledProcessLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := media.NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	kept := put(t, f, []byte("kept"))
	err = f.Close()
	if err != nil {
		t.Fatal(err)
	}
	old, young := filepath.Join(dir, "tmp", "old"), filepath.Join(dir, "tmp", "young")
	for _, p := range []string{old, young} {
		err := os.WriteFile(p, []byte("half"), 0o640)
		if err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-25 * time.Hour)
	err = os.Chtimes(old, long, long)
	if err != nil {
		t.Fatal(err)
	}
	f, err = media.NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = os.Stat(old)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old half-written file is still there: %v", err)
	}
	_, err = os.Stat(young)
	if err != nil {
		t.Errorf("a file that another process may be writing was removed: %v", err)
	}
	if got := get(t, f, kept.Key); string(got) != "kept" {
		t.Errorf("the object is %q", got)
	}
}

func TestFolderCannotBeLedOutside(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	f, err := media.NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	content := []byte("a secret elsewhere on the disk")
	key := media.KeyOf(content)
	secret := filepath.Join(outside, "secret")
	err = os.WriteFile(secret, content, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "o", string(key[:2]), string(key))
	err = os.Symlink(secret, link)
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.Open(t.Context(), key)
	if err == nil {
		c.Close()
		t.Fatal("a symbolic link led out of the folder")
	}
	// Putting the content replaces the link and leaves what it pointed to.
	put(t, f, content)
	st, err := os.Lstat(link)
	if err != nil || !st.Mode().IsRegular() {
		t.Errorf("the object is %v, %v", st.Mode(), err)
	}
}

func TestFolderThatIsGoneIsUnavailable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := media.NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = os.RemoveAll(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Put(t.Context(), onlyReader{stream(1)}, media.UnknownSize, "")
	wantErr(t, err, media.ErrUnavailable)
	wantErr(t, f.Healthy(t.Context()), media.ErrUnavailable)
}

func TestFolderNeedsAFolder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	err := os.WriteFile(file, nil, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = media.NewFolder(file)
	if err == nil {
		t.Error("a file was taken for a folder")
	}
}
