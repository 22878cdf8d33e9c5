package pdf

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Batch collects many papers as the pages of one PDF. Fonts and stationery are
// in the file once, so a page costs 3 KB, and that is also what Batch keeps in
// memory until Close. It is not safe for several goroutines.
type Batch struct {
	f *file
	w io.Writer
	t *tool
}

var errClosed = errors.New("pdf: batch is closed")

// Batch begins a PDF of many papers; title and day describe the file.
func (e *Engine) Batch(w io.Writer, title, author string, day Day) *Batch {
	return &Batch{f: e.file(about{Title: title, Author: author, Day: day}), w: w, t: e.tools.Get().(*tool)}
}

// Add draws a paper behind the others. After an error the batch is as it was
// and may go on without that paper.
func (b *Batch) Add(p Paper) error {
	if b.t == nil {
		return errClosed
	}
	return b.f.add(b.t, p)
}

// Pages is the number of pages so far.
func (b *Batch) Pages() int { return len(b.f.leaves) }

// Close writes the file. A batch without papers is an error.
func (b *Batch) Close() error {
	if b.t == nil {
		return errClosed
	}
	t := b.t
	b.t = nil
	defer b.f.e.tools.Put(t)
	out, err := b.f.assemble(t)
	if err != nil {
		return err
	}
	_, err = b.w.Write(out)
	return err
}

// Zip writes one PDF per paper into a ZIP archive, one after the other, so that
// only a single paper is in memory. It is not safe for several goroutines.
type Zip struct {
	e *Engine
	z *zip.Writer
}

// Zip begins an archive.
func (e *Engine) Zip(w io.Writer) *Zip { return &Zip{e: e, z: zip.NewWriter(w)} }

// Add draws a paper and stores it under name. After an error of the paper the
// archive is as it was and may go on.
func (z *Zip) Add(name string, p Paper) error {
	b, err := p.Render(z.e)
	if err != nil {
		return err
	}
	return z.Put(name, p.about().Day, b)
}

// Put stores a finished file, e.g. a signed one. The entry bears the day of the
// paper, so that the same papers make the same archive.
func (z *Zip) Put(name string, day Day, data []byte) error {
	h := &zip.FileHeader{Name: name, Method: zip.Store} // a PDF is compressed already
	h.Modified = day.Time()
	w, err := z.z.CreateHeader(h)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// Close ends the archive.
func (z *Zip) Close() error { return z.z.Close() }

// Decode is the opposite of Kind and json.Marshal: it gives back the paper that
// was frozen when it was ordered. Unknown fields are an error, because a field
// that is not drawn would be lost from the paper in silence.
func Decode(kind string, data []byte) (Paper, error) {
	switch kind {
	case "receipt":
		return decode[Receipt](data)
	case "voucher":
		return decode[Voucher](data)
	case "notice":
		return decode[Notice](data)
	case "inkind":
		return decode[InKind](data)
	case "statement":
		return decode[Statement](data)
	case "certificate":
		return decode[Certificate](data)
	case "honour":
		return decode[Honour](data)
	case "decision":
		return decode[Decision](data)
	case "homevisit":
		return decode[HomeVisit](data)
	case "booking":
		return decode[Booking](data)
	case "roster":
		return decode[Roster](data)
	case "nomination":
		return decode[Nomination](data)
	}
	return nil, fmt.Errorf("pdf: unknown kind of paper %q", kind)
}

func decode[P Paper](data []byte) (Paper, error) {
	var p P
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("pdf: %s: %w", p.Kind(), err)
	}
	return p, nil
}
