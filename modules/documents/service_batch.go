package documents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"care/media"
	"care/modules/audit"
	"care/server/access"
	"care/server/db"
	"care/server/fault"
	"care/server/queue"
	"care/templates/pdf"
)

// volumeWork is the queued row of one volume; the next volume's row is put by the act that finishes this one,
// so a crash makes at most one volume begin again.
type volumeWork struct {
	Batch string `json:"batch"`
	N     int64  `json:"n"`
}

// Gather orders a batch of papers. It refuses a selection without papers.
func (p *Papers) Gather(ctx context.Context, who access.Actor, s Selection, title, key string) (*Batch, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	b := &Batch{ID: newID(), Title: title, Kind: s.Kind, Format: s.Format, OrderedBy: who.ID}
	act := audit.Act{Actor: who, Need: View, Verb: "documents.gather", Subject: b.ID, Key: key, Input: s}
	err := p.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		n, err := countSelection(ctx, tx, s)
		if err != nil {
			return err
		}
		switch {
		case n == 0:
			return &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: []fault.Field{{Name: "from", Code: "documents.batch.none"}}}
		case n > maxBatch:
			return &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: []fault.Field{{Name: "to", Code: "documents.batch.many", Args: []any{maxBatch}}}}
		}
		b.Total, b.OrderedAt = n, tx.Now
		if err := insertBatch(ctx, tx, b); err != nil {
			return err
		}
		filled, err := fillBatch(ctx, tx, b.ID, s)
		if err != nil {
			return err
		}
		if filled != n {
			return fault.New(fault.Conflict, "db.changed")
		}
		tx.Public("papers", n)
		tx.Public("kind", s.Kind)
		return p.queue.Put(ctx, tx.Tx, "documents.volume", b.ID+"/1", volumeWork{b.ID, 1})
	})
	return b, err
}

// volume makes one volume: bytes first, then its row and the next volume's work in one act. It may run twice.
func (p *Papers) volume(ctx context.Context, payload []byte) error {
	var w volumeWork
	if err := json.Unmarshal(payload, &w); err != nil {
		return err
	}
	b, err := findBatch(ctx, p.db, w.Batch)
	if err != nil {
		return db.Fault(err)
	}
	done := (w.N - 1) * int64(p.volumes)
	ds, err := batchPapers(ctx, p.db, b.ID, done, p.volumes)
	if err != nil {
		return db.Fault(err)
	}
	if len(ds) == 0 {
		return nil // the batch is whole: this row was put twice
	}
	file, err := os.CreateTemp("", "care-volume-")
	if err != nil {
		return err
	}
	defer func() {
		_ = file.Close()
		_ = os.Remove(file.Name())
	}()
	missing, err := p.write(ctx, b, ds, int(done), file)
	if err != nil {
		return err
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	o, err := p.archive.Objects().Put(ctx, file, size, "")
	if err != nil {
		return err
	}
	return p.trail.Do(ctx, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "documents.volume", Subject: b.ID}, func(ctx context.Context, tx *audit.Tx) error {
		n, err := insertVolume(ctx, tx, &Volume{Batch: b.ID, N: w.N, Papers: int64(len(ds)), Missing: missing, Object: o.Key, Size: o.Size})
		if err != nil || n == 0 {
			return err
		}
		tx.Public("volume", w.N)
		tx.Public("sha256", string(o.Key))
		stored := media.Stored{Key: o.Key, Size: o.Size, Type: batchType(b.Format), Name: b.volumeName(w.N)}
		if _, err := p.archive.Attach(ctx, tx, access.System(), "documents/batch/"+b.ID, "volume", stored); err != nil {
			return err
		}
		if w.N*int64(p.volumes) >= b.Total {
			return finishBatch(ctx, tx, b.ID, tx.Now)
		}
		return p.queue.Put(ctx, tx.Tx, "documents.volume", fmt.Sprint(b.ID, "/", w.N+1), volumeWork{b.ID, w.N + 1})
	})
}

// write writes the papers of a volume into w and gives how many are missing from it.
func (p *Papers) write(ctx context.Context, b *Batch, ds []Document, done int, w io.Writer) (missing int64, err error) {
	note := func(i int) error {
		if i%50 != 0 {
			return nil
		}
		return queue.Note(ctx, p.db, b.ID, done+i, int(b.Total))
	}
	if b.Format == FormatZIP {
		z := p.engine.Zip(w)
		for i := range ds {
			if err := note(i); err != nil {
				return 0, err
			}
			body, err := p.bytes(ctx, &ds[i])
			if errors.Is(err, media.ErrNotFound) {
				missing++
				continue
			}
			if err != nil {
				return 0, err
			}
			if err := z.Put(ds[i].Number+".pdf", pdf.Day(ds[i].Day), body); err != nil {
				return 0, err
			}
		}
		return missing, z.Close()
	}
	batch := p.engine.Batch(w, b.Title, "", pdf.Day(ds[0].Day))
	for i := range ds {
		if err := note(i); err != nil {
			return 0, err
		}
		data, err := p.Data(&ds[i])
		if err != nil {
			return 0, err
		}
		paper, err := pdf.Decode(ds[i].Kind, []byte(data))
		if err != nil {
			return 0, err
		}
		if err := batch.Add(paper); err != nil {
			var lost *pdf.MissingError
			var long *pdf.LongError
			if !errors.As(err, &lost) && !errors.As(err, &long) {
				return 0, err
			}
			missing++
		}
	}
	return missing, batch.Close()
}

func (p *Papers) bytes(ctx context.Context, d *Document) ([]byte, error) {
	if !d.Drawn {
		return nil, media.ErrNotFound
	}
	const most = 20 << 20
	return media.ReadAll(ctx, p.archive.Objects(), d.Object, most)
}

func batchType(format string) string {
	if format == FormatZIP {
		return "application/zip"
	}
	return "application/pdf"
}

func (b *Batch) volumeName(n int64) string { return fmt.Sprintf("%s-%03d.%s", b.Kind, n, b.Format) }

// Volumes lists the finished files of a batch.
func (p *Papers) Volumes(ctx context.Context, batch string) ([]Volume, error) {
	vs, err := listVolumes(ctx, p.db, batch)
	return vs, db.Fault(err)
}

// Batch gives one batch and how many of its papers are done.
func (p *Papers) Batch(ctx context.Context, id string) (*Batch, int, error) {
	b, err := findBatch(ctx, p.db, id)
	if err != nil {
		return nil, 0, db.Fault(err)
	}
	if b.DoneAt != nil {
		return b, int(b.Total), nil
	}
	done, _, err := queue.Noted(ctx, p.db, id)
	return b, done, err
}

// Batches lists batches, newest first.
func (p *Papers) Batches(ctx context.Context, before string, size int) (db.Page[Batch], error) {
	bs, err := listBatches(ctx, p.db, before, size+1)
	return db.Cut(bs, size, func(b Batch) string { return b.ID }), db.Fault(err)
}
