package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"

	"care/server/clock"
)

// Folder keeps objects as files of one folder, for one server: o/<first two digits>/<key>, and tmp/ for what is
// being written. A file appears under its name complete and on the disk, or not at all.
// os.Root keeps every access inside the folder, whatever symbolic links are laid in it.
type Folder struct{ root *os.Root }

// abandoned is the age at which a file in tmp/ belongs to a process that died. No upload takes so long.
const abandoned = 24 * time.Hour

// NewFolder opens dir, makes it when it is absent, and removes what a killed process left unfinished.
func NewFolder(dir string) (*Folder, error) {
	err := os.MkdirAll(dir, 0o750)
	if err != nil {
		return nil, fmt.Errorf("media folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("media folder: %w", err)
	}
	f := &Folder{root: root}
	err = f.prepare()
	if err != nil {
		root.Close()
		return nil, fmt.Errorf("media folder: %w", err)
	}
	return f, nil
}

// prepare makes all directories at once and on the disk, so that no Put has to wonder whether the directory it
// found was made a moment ago by another and would not outlive a power failure.
func (f *Folder) prepare() error {
	for _, d := range []string{"tmp", "o"} {
		err := f.root.MkdirAll(d, 0o750)
		if err != nil {
			return err
		}
	}
	groups, err := f.names("o")
	if err != nil {
		return err
	}
	if len(groups) < 256 {
		for i := range 256 {
			err := f.root.MkdirAll(fmt.Sprintf("o/%02x", i), 0o750)
			if err != nil {
				return err
			}
		}
		err := errors.Join(f.syncDir("o"), f.syncDir("."))
		if err != nil {
			return err
		}
	}
	left, err := f.names("tmp")
	if err != nil {
		return err
	}
	for _, name := range left {
		st, err := f.root.Stat("tmp/" + name)
		if err == nil && clock.Now().Sub(st.ModTime()) > abandoned {
			err = f.root.Remove("tmp/" + name)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Close lets the folder go; open contents stay readable.
func (f *Folder) Close() error { return f.root.Close() }

// Put implements Objects: temporary file, fsync, rename, fsync of the directory.
func (f *Folder) Put(ctx context.Context, r io.Reader, size int64, want Key) (Object, error) {
	tmp := "tmp/" + uuid.NewString()
	file, err := f.root.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return Object{}, folderFault(err)
	}
	o, err := f.write(ctx, file, tmp, r, size, want)
	if err != nil {
		// The first error is the one that tells; the name is gone already when only the last fsync failed.
		file.Close()
		f.root.Remove(tmp)
		return Object{}, err
	}
	return o, nil
}

// write fills file, which is named tmp, and moves it to its key.
func (f *Folder) write(ctx context.Context, file *os.File, tmp string, r io.Reader, size int64, want Key) (Object, error) {
	key, n, err := take(ctx, file, r, size, want, folderFault)
	if err != nil {
		return Object{}, err
	}
	err = file.Sync()
	if err != nil {
		return Object{}, folderFault(err)
	}
	st, err := file.Stat()
	if err != nil {
		return Object{}, folderFault(err)
	}
	err = file.Close()
	if err != nil {
		return Object{}, folderFault(err)
	}
	// Renaming over an object that is there already heals it when it was corrupt, and makes it young again
	// for the sweep; whoever reads the old file keeps it.
	err = f.root.Rename(tmp, key.path())
	if err != nil {
		return Object{}, folderFault(err)
	}
	err = f.syncDir(path.Dir(key.path()))
	if err != nil {
		return Object{}, folderFault(err)
	}
	return Object{Key: key, Size: n, Modified: st.ModTime().UTC()}, nil
}

// Stat implements Objects.
func (f *Folder) Stat(_ context.Context, key Key) (Object, error) {
	err := key.check()
	if err != nil {
		return Object{}, err
	}
	st, err := f.root.Stat(key.path())
	if errors.Is(err, fs.ErrNotExist) {
		return Object{}, fmt.Errorf("%w: %s", ErrNotFound, key)
	}
	if err != nil {
		return Object{}, folderFault(err)
	}
	return Object{Key: key, Size: st.Size(), Modified: st.ModTime().UTC()}, nil
}

// Open implements Objects.
func (f *Folder) Open(ctx context.Context, key Key) (*Content, error) {
	err := key.check()
	if err != nil {
		return nil, err
	}
	file, err := f.root.Open(key.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, key)
	}
	if err != nil {
		return nil, folderFault(err)
	}
	st, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, folderFault(err)
	}
	c := &Content{Object: Object{Key: key, Size: st.Size(), Modified: st.ModTime().UTC()}, fail: folderFault}
	c.gone = ctx.Err
	c.src = file
	c.open = func(from int64) (io.ReadCloser, error) {
		again, err := f.root.Open(key.path())
		if err != nil {
			return nil, folderFault(err)
		}
		_, err = again.Seek(from, io.SeekStart)
		if err != nil {
			again.Close()
			return nil, folderFault(err)
		}
		return again, nil
	}
	c.begin()
	return c, nil
}

// Delete implements Objects.
func (f *Folder) Delete(_ context.Context, key Key) error {
	err := key.check()
	if err != nil {
		return nil //nolint:nilerr // what cannot be a key is not there, which is what Delete is for
	}
	err = f.root.Remove(key.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return folderFault(err)
	}
	err = f.syncDir(path.Dir(key.path()))
	if err != nil {
		return folderFault(err)
	}
	return nil
}

// All implements Objects; it holds the names of one of the 256 groups in memory.
func (f *Folder) All(ctx context.Context, after Key) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		for i := range 256 {
			group := fmt.Sprintf("%02x", i)
			if len(after) >= 2 && group < string(after[:2]) {
				continue
			}
			names, err := f.names("o/" + group)
			if err != nil {
				yield(Object{}, folderFault(err))
				return
			}
			for _, name := range names {
				key := Key(name)
				if key <= after || !key.Valid() || !strings.HasPrefix(name, group) {
					continue
				}
				o, err := f.Stat(ctx, key)
				if errors.Is(err, ErrNotFound) {
					continue // deleted meanwhile
				}
				if ctx.Err() != nil {
					err = ctx.Err()
				}
				if !yield(o, err) || err != nil {
					return
				}
			}
		}
	}
}

// Healthy implements Objects: it writes a byte, because a full or read-only disk can be read.
func (f *Folder) Healthy(context.Context) error {
	name := "tmp/" + uuid.NewString()
	err := f.root.WriteFile(name, []byte{1}, 0o640)
	return folderFault(errors.Join(err, f.root.Remove(name)))
}

// names gives the names in a directory, sorted.
func (f *Folder) names(dir string) ([]string, error) {
	d, err := f.root.Open(dir)
	if err != nil {
		return nil, err
	}
	list, err := d.Readdirnames(-1)
	err = errors.Join(err, d.Close())
	slices.Sort(list)
	return list, err
}

// syncDir makes the names in a directory outlive a power failure. Windows cannot sync a directory and has no need.
func (f *Folder) syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := f.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// folderFault turns an error of the file system into one of ours.
func folderFault(err error) error {
	switch {
	case err == nil:
		return nil
	// A quota and a limit on file sizes are a full disk to us.
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
