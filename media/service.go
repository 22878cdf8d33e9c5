package media

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"care/modules"
	"care/modules/audit"
	"care/server/access"
	"care/server/db"
	"care/server/fault"
	"care/server/queue"
	"care/server/secret"
	"care/server/web"
)

// Archive keeps files: bytes in the object store first, then a row in the act that they belong to.
type Archive struct {
	db    *db.DB
	trail *audit.Trail
	store Objects
	box   *secret.Box
	log   *slog.Logger
}

// New makes the archive over a store.
func New(d *db.DB, trail *audit.Trail, store Objects, box *secret.Box, log *slog.Logger) *Archive {
	return &Archive{db: d, trail: trail, store: store, box: box, log: log}
}

// Objects gives the store.
func (a *Archive) Objects() Objects { return a.store }

// Stored is an object that is kept but belongs to nothing yet.
type Stored struct {
	Key  Key
	Size int64
	Type string
	Name string
}

// Put keeps what r gives, whose type is told by its content. It refuses types that are not taken and names that disguise a type.
func (a *Archive) Put(ctx context.Context, name string, r io.Reader) (Stored, error) {
	head := make([]byte, 512)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return Stored{}, err
	}
	if n == 0 {
		return Stored{}, fault.New(fault.Invalid, "media.empty")
	}
	t, err := Sniff(head[:n], name)
	if err != nil {
		return Stored{}, err
	}
	o, err := a.store.Put(ctx, io.MultiReader(bytes.NewReader(head[:n]), r), UnknownSize, "")
	if err != nil {
		return Stored{}, err
	}
	return Stored{Key: o.Key, Size: o.Size, Type: t, Name: name}, nil
}

const (
	refColumn  = "media.upload"
	refLife    = 12 * time.Hour // a reference ends well before its bytes are swept
	sweepAfter = 24 * time.Hour
)

type reference struct {
	Stored
	At time.Time
}

// Ref makes a reference to a stored object that only its bringer can hand in again, for twelve hours: forms keep it while
// they are corrected.
func (a *Archive) Ref(who access.Actor, s Stored) (string, error) {
	b, err := json.Marshal(reference{s, a.trail.Now()()})
	return a.box.Seal(refColumn, who.ID, string(b)), err
}

// Deref reads a reference; one that was made for somebody else, too long ago, or changed, is Invalid "media.ref".
func (a *Archive) Deref(who access.Actor, ref string) (Stored, error) {
	var r reference
	plain, err := a.box.Open(refColumn, who.ID, ref)
	if err == nil {
		err = json.Unmarshal([]byte(plain), &r)
	}
	if err != nil || !r.Key.Valid() || a.trail.Now()().Sub(r.At) > refLife {
		return Stored{}, fault.Wrap(fault.Invalid, "media.ref", err)
	}
	return r.Stored, nil
}

// Upload says how a form's files are taken: at most count of them, each at most max bytes.
func (a *Archive) Upload(who access.Actor, count int, max int64) web.Upload {
	return web.Upload{Max: max, Count: count, Put: func(ctx context.Context, _, name string, r io.Reader) (string, error) {
		s, err := a.Put(ctx, name, r)
		if err != nil {
			return "", err
		}
		return a.Ref(who, s)
	}}
}

// Attach makes stored objects belong to a subject, inside the act that it is about. It gives the files in the order of the objects.
func (a *Archive) Attach(ctx context.Context, tx *audit.Tx, who access.Actor, subject, category string, stored ...Stored) ([]File, error) {
	if len(stored) == 0 {
		return nil, nil
	}
	fs := make([]File, 0, len(stored))
	for _, s := range stored {
		if !s.Key.Valid() {
			return nil, fault.New(fault.Invalid, "media.ref")
		}
		id := uuid.Must(uuid.NewV7()).String()
		fs = append(fs, File{ID: id, Object: s.Key, Size: s.Size, Type: s.Type, Name: a.box.Seal("media_files.name", id, s.Name), Subject: subject, Category: category, Owner: who.ID, At: tx.Now})
	}
	return fs, insertFiles(ctx, tx, fs)
}

// Remove takes a file away from its subject, inside an act; the bytes go at night when nothing else names them.
func (a *Archive) Remove(ctx context.Context, tx *audit.Tx, id string) error {
	n, err := removeFile(ctx, tx, &File{ID: id, RemovedAt: &tx.Now})
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "media.not_found")
	}
	return err
}

// Of lists the files of a subject in the order in which they came, with their names opened.
func (a *Archive) Of(ctx context.Context, subject string) ([]File, error) {
	fs, err := listFiles(ctx, a.db, subject)
	if err != nil {
		return nil, db.Fault(err)
	}
	for i := range fs {
		if err := a.open(&fs[i]); err != nil {
			return nil, err
		}
	}
	return fs, nil
}

// File gives one file with its name opened. Who may see it is for the caller to decide by its subject.
func (a *Archive) File(ctx context.Context, id string) (*File, error) {
	f, err := findFile(ctx, a.db, id)
	if err != nil {
		return nil, db.Fault(err)
	}
	return f, a.open(f)
}

func (a *Archive) open(f *File) error {
	name, err := a.box.Open("media_files.name", f.ID, f.Name)
	f.Name = name
	return err
}

// Check proves that every file has its object with its size; of a sample it reads the bytes and their hash.
func (a *Archive) Check(ctx context.Context) ([]modules.Count, error) {
	var n, read int64
	for after := ""; ; {
		fs, err := pageFiles(ctx, a.db, after, 500)
		if err != nil {
			return nil, db.Fault(err)
		}
		if len(fs) == 0 {
			return []modules.Count{{Title: words["media.count.files"], N: n}, {Title: words["media.count.read"], N: read}}, nil
		}
		for _, f := range fs {
			after = f.ID
			if f.RemovedAt != nil {
				continue
			}
			o, err := a.store.Stat(ctx, f.Object)
			if err != nil {
				return nil, fmt.Errorf("file %s: %w", f.ID, err)
			}
			if o.Size != f.Size {
				return nil, fmt.Errorf("file %s has %d bytes, its object %d", f.ID, f.Size, o.Size)
			}
			n++
			if n%50 == 1 {
				if err := Verify(ctx, a.store, f.Object); err != nil {
					return nil, fmt.Errorf("file %s: %w", f.ID, err)
				}
				read++
			}
		}
	}
}

// Sweep deletes objects that belong to nothing and were put more than a day ago: uploads of forms that were never sent.
func (a *Archive) Sweep(ctx context.Context) error {
	old := a.trail.Now()().Add(-sweepAfter)
	gone := 0
	for o, err := range a.store.All(ctx, "") {
		if err != nil {
			return err
		}
		if o.Modified.After(old) {
			continue
		}
		named, err := hasObject(ctx, a.db, o.Key)
		if err != nil {
			return db.Fault(err)
		}
		if named {
			continue
		}
		// The list may be minutes old: the same bytes may have been put again since.
		again, err := a.store.Stat(ctx, o.Key)
		if errors.Is(err, ErrNotFound) || err == nil && again.Modified.After(old) {
			continue
		}
		if err != nil {
			return err
		}
		if err := a.store.Delete(ctx, o.Key); err != nil {
			return err
		}
		gone++
	}
	a.log.InfoContext(ctx, "swept objects that belong to nothing", "count", gone)
	return nil
}

// Module describes the archive.
func (a *Archive) Module() modules.Module {
	return modules.Module{
		Name: "media", Title: words["media.title"], Perms: []access.Perm{View}, Migrations: web.Sub(migrations), Words: words, Check: a.Check,
		Daily: []queue.Daily{{Kind: "media.sweep", At: "02:40", Do: a.Sweep}},
	}
}
