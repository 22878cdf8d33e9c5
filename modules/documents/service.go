// Package documents keeps true that papers have numbers without gaps, that what they say is fixed when they are ordered,
// and that anybody can ask whether a paper is valid.
//
// A paper is ordered inside the act that it proves: number, data and queued work are rows of that transaction.
// It is drawn later; drawing again gives the same bytes.
package documents

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/uuid"

	"care/media"
	"care/modules"
	"care/modules/audit"
	"care/server/access"
	"care/server/db"
	"care/server/fault"
	"care/server/queue"
	"care/server/secret"
	"care/templates/pdf"
	"care/templates/pdf/sign"
)

// Papers orders, draws and verifies papers.
type Papers struct {
	db      *db.DB
	trail   *audit.Trail
	queue   *queue.Queue
	archive *media.Archive
	box     *secret.Box
	engine  *pdf.Engine
	base    string // address that people use, for QR codes
	signer  *sign.Signer
	volumes int // papers in a volume of a batch
}

// New makes the papers' desk; base is the address printed in QR codes, such as "https://qj.example".
func New(d *db.DB, trail *audit.Trail, q *queue.Queue, archive *media.Archive, box *secret.Box, engine *pdf.Engine, base string) *Papers {
	return &Papers{db: d, trail: trail, queue: q, archive: archive, box: box, engine: engine, base: base, volumes: volumeSize}
}

// SignWith lets every paper drawn from now on carry a PAdES B-B signature. Without it papers are unsigned and do not say otherwise.
func (p *Papers) SignWith(s *sign.Signer) { p.signer = s }

// Number takes the next number of a series that numbers no papers, such as cases, inside an act.
func (p *Papers) Number(ctx context.Context, tx *audit.Tx, series string) (string, error) {
	year := int64(tx.Today().Year())
	seq, err := takeNumbers(ctx, tx, series, year, 1)
	return number(series, year, seq), err
}

// work is what a queued row carries.
type work struct {
	ID string `json:"id"`
}

// Order orders papers inside an act, all or none, and gives them in the same order. The numbers of one series are taken at once.
// The counter's row is locked until the commit, so order papers after everything that may wait.
func (p *Papers) Order(ctx context.Context, tx *audit.Tx, orders ...Order) ([]Document, error) {
	return p.order(ctx, tx, "", orders)
}

func (p *Papers) order(ctx context.Context, tx *audit.Tx, reverses string, orders []Order) ([]Document, error) {
	if len(orders) == 0 {
		return nil, nil
	}
	type counter struct {
		series string
		year   int64
	}
	want := map[counter]int{}
	for _, o := range orders {
		if err := o.check(); err != nil {
			return nil, err
		}
		want[counter{o.Series, int64(o.Day.Year())}]++
	}
	next := map[counter]int64{}
	keys := make([]counter, 0, len(want))
	for c := range want {
		keys = append(keys, c)
	}
	slices.SortFunc(keys, func(a, b counter) int {
		return strings.Compare(number(a.series, a.year, 0), number(b.series, b.year, 0))
	})
	for _, c := range keys {
		last, err := takeNumbers(ctx, tx, c.series, c.year, want[c])
		if err != nil {
			return nil, err
		}
		next[c] = last - int64(want[c]) + 1
	}
	ds, items := make([]Document, 0, len(orders)), make([]queue.Item, 0, len(orders))
	for _, o := range orders {
		c := counter{o.Series, int64(o.Day.Year())}
		seq := next[c]
		next[c]++
		d := Document{ID: newID(), Number: number(c.series, c.year, seq), Series: c.series, Year: c.year, Seq: seq, Code: NewCode(8),
			Kind: o.Kind, Subject: o.Subject, Title: o.Title, Payer: o.Payer, Amount: o.Amount, Day: o.Day, State: Ordered,
			Reverses: reverses, OrderedBy: tx.Actor(), OrderedAt: tx.Now}
		data, err := json.Marshal(o.Make(d.Number, d.Code, p.Address(d.Number, d.Code)))
		if err != nil {
			return nil, fmt.Errorf("paper %s: %w", o.Kind, err)
		}
		d.Data = p.box.Seal("documents_papers.data", d.ID, string(data))
		ds, items = append(ds, d), append(items, queue.Item{Key: d.ID, Payload: work{d.ID}})
	}
	if err := insertDocuments(ctx, tx, ds); err != nil {
		return nil, err
	}
	return ds, p.queue.PutAll(ctx, tx.Tx, "documents.issue", items)
}

// Address is what the QR code of a paper says.
func (p *Papers) Address(number, code string) string {
	return p.base + "/verify/" + number + "?code=" + code
}

// Engine is what draws our papers and pictures.
func (p *Papers) Engine() *pdf.Engine { return p.engine }

// Missing gives the characters of a text that no face of our papers has; forms ask while a name is typed.
func (p *Papers) Missing(text string) []rune { return p.engine.Missing(text) }

// Void ends a paper (作废) inside an act.
func (p *Papers) Void(ctx context.Context, tx *audit.Tx, id, reason string) error {
	n, err := endDocument(ctx, tx, id, Void, reason, tx.Now)
	if err == nil && n != 1 {
		return fault.New(fault.Conflict, "documents.ended")
	}
	return err
}

// Reverse takes a paper back (红冲) inside an act: it ends and a red-letter paper with its own number and the negative amount is ordered.
func (p *Papers) Reverse(ctx context.Context, tx *audit.Tx, id, reason string, build func(old Document, number, code, url string) any) (*Document, error) {
	old, err := findDocument(ctx, tx, id)
	if err != nil {
		return nil, db.Fault(err)
	}
	n, err := endDocument(ctx, tx, id, Reversed, reason, tx.Now)
	if err != nil {
		return nil, err
	}
	if n != 1 {
		return nil, fault.New(fault.Conflict, "documents.ended")
	}
	ds, err := p.order(ctx, tx, id, []Order{{Series: old.Series, Kind: old.Kind, Subject: old.Subject, Title: old.Title, Payer: old.Payer,
		Amount: -old.Amount, Day: tx.Today(), Make: func(number, code, url string) any { return build(*old, number, code, url) }}})
	if err != nil {
		return nil, err
	}
	return &ds[0], nil
}

// Mask changes how the payer of a subject's papers is named to the public, inside an act: the donor has chosen another way.
// What is printed on the papers stays.
func (p *Papers) Mask(ctx context.Context, tx *audit.Tx, subject, payer string) error {
	return maskPayer(ctx, tx, subject, payer)
}

// Data opens the frozen sheet of a paper as JSON, for a red-letter paper that repeats it.
func (p *Papers) Data(d *Document) (string, error) {
	return p.box.Open("documents_papers.data", d.ID, d.Data)
}

// Of lists the papers of a subject, oldest first.
func (p *Papers) Of(ctx context.Context, subjects ...string) ([]Document, error) {
	if len(subjects) == 0 {
		return nil, nil
	}
	ds, err := listSubjects(ctx, p.db, subjects)
	return ds, db.Fault(err)
}

// OfIn lists the papers of a subject inside an act.
func (p *Papers) OfIn(ctx context.Context, tx *audit.Tx, subject string) ([]Document, error) {
	ds, err := listSubjects(ctx, tx, []string{subject})
	return ds, db.Fault(err)
}

// Document gives one paper.
func (p *Papers) Document(ctx context.Context, id string) (*Document, error) {
	d, err := findDocument(ctx, p.db, id)
	return d, db.Fault(err)
}

// DocumentIn gives one paper inside an act.
func (p *Papers) DocumentIn(ctx context.Context, tx *audit.Tx, id string) (*Document, error) {
	d, err := findDocument(ctx, tx, id)
	return d, db.Fault(err)
}

// Copy draws a paper once more, marked as a copy (补打): the same number and words, no new paper. The original keeps its bytes.
func (p *Papers) Copy(d *Document) ([]byte, error) {
	data, err := p.Data(d)
	if err != nil {
		return nil, err
	}
	sheet := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(data), &sheet); err != nil {
		return nil, err
	}
	sheet["reprint"] = json.RawMessage("true")
	b, err := json.Marshal(sheet)
	if err != nil {
		return nil, err
	}
	paper, err := pdf.Decode(d.Kind, b)
	if err != nil {
		return nil, err
	}
	return paper.Render(p.engine)
}

// ByNumber gives the paper of a number as it is printed.
func (p *Papers) ByNumber(ctx context.Context, number string) (*Document, error) {
	d, err := findNumber(ctx, p.db, strings.ToUpper(strings.TrimSpace(number)))
	return d, db.Fault(err)
}

// issue draws one paper: bytes first, then the row. It may run twice; the second time finds the paper drawn.
func (p *Papers) issue(ctx context.Context, payload []byte) error {
	var w work
	if err := json.Unmarshal(payload, &w); err != nil {
		return err
	}
	d, err := findDocument(ctx, p.db, w.ID)
	if err != nil {
		return db.Fault(err)
	}
	if d.Drawn {
		return nil
	}
	b, err := p.draw(d)
	if err != nil {
		var missing *pdf.MissingError
		var long *pdf.LongError
		switch {
		case errors.As(err, &missing):
			return p.fail(ctx, d, missing.Say())
		case errors.As(err, &long):
			return p.fail(ctx, d, long.Say())
		}
		return err
	}
	o, err := p.archive.Objects().Put(ctx, bytes.NewReader(b), int64(len(b)), media.KeyOf(b))
	if err != nil {
		return err
	}
	act := audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "documents.issue", Subject: d.ID}
	err = p.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		n, err := issueDocument(ctx, tx, d.ID, o.Key, o.Size, tx.Now)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "documents.drawn")
		}
		tx.Public("number", d.Number)
		tx.Public("sha256", string(o.Key))
		_, err = p.archive.Attach(ctx, tx, access.System(), "document/"+d.ID, d.Kind, media.Stored{Key: o.Key, Size: o.Size, Type: "application/pdf", Name: d.Number + ".pdf"})
		return err
	})
	if fault.CodeOf(err) == "documents.drawn" {
		return nil
	}
	return err
}

func (p *Papers) draw(d *Document) ([]byte, error) {
	data, err := p.Data(d)
	if err != nil {
		return nil, err
	}
	paper, err := pdf.Decode(d.Kind, []byte(data))
	if err != nil {
		return nil, err
	}
	b, err := paper.Render(p.engine)
	if err != nil || p.signer == nil {
		return b, err
	}
	return p.signer.Sign(b, words["documents.sign.reason"], words["documents.sign.place"], d.OrderedAt)
}

// fail puts a paper that cannot be drawn on a person's desk.
func (p *Papers) fail(ctx context.Context, d *Document, why string) error {
	return p.trail.Do(ctx, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "documents.fail", Subject: d.ID}, func(ctx context.Context, tx *audit.Tx) error {
		tx.Public("number", d.Number)
		_, err := failDocument(ctx, tx, d.ID, why)
		return err
	})
}

// Retry lets a paper that could not be drawn be tried again, after the fonts were mended.
func (p *Papers) Retry(ctx context.Context, who access.Actor, id string) error {
	return p.trail.Do(ctx, audit.Act{Actor: who, Need: Manage, Verb: "documents.retry", Subject: id}, func(ctx context.Context, tx *audit.Tx) error {
		n, err := retryDocument(ctx, tx, id)
		if err != nil {
			return err
		}
		if n != 1 {
			return fault.New(fault.Conflict, "documents.not_failed")
		}
		return p.queue.Put(ctx, tx.Tx, "documents.issue", id, work{id})
	})
}

// Open gives the bytes of a drawn paper; NotFound "documents.not_drawn" while they do not exist.
func (p *Papers) Open(ctx context.Context, d *Document) (io.ReadSeekCloser, error) {
	if !d.Drawn {
		return nil, fault.New(fault.NotFound, "documents.not_drawn")
	}
	return p.archive.Objects().Open(ctx, d.Object)
}

// Check proves that every series of papers runs from 1 to its counter without gap, that issued papers have their bytes,
// and that a reversed paper and its red-letter paper sum to zero.
func (p *Papers) Check(ctx context.Context) ([]modules.Count, error) {
	gs, err := seriesOfPapers(ctx, p.db)
	if err != nil {
		return nil, db.Fault(err)
	}
	for _, g := range gs {
		if g.Series == Cases || g.Series == Batches || g.Series == Agreements {
			continue
		}
		if g.N != g.Last || g.Lo != 1 || g.Hi != g.Last {
			return nil, fmt.Errorf("series %s %d has %d papers from %d to %d, its counter says %d", g.Series, g.Year, g.N, g.Lo, g.Hi, g.Last)
		}
	}
	papers, undrawn, unbalanced, err := countWrong(ctx, p.db)
	if err != nil {
		return nil, db.Fault(err)
	}
	if undrawn > 0 || unbalanced > 0 {
		return nil, fmt.Errorf("%d papers are issued without bytes, %d reversals do not balance", undrawn, unbalanced)
	}
	return []modules.Count{{Title: words["documents.count.papers"], N: papers}, {Title: words["documents.count.series"], N: int64(len(gs))}}, nil
}

// SeriesYear is one year of a series of numbers (断号检查).
type SeriesYear struct {
	Year   int64
	Last   int64 // what the counter says
	Papers int64
	Holes  []Hole // numbers that no paper bears; none when all is well
}

// Series gives the years of a series, the latest first, with the numbers that are missing.
func (p *Papers) Series(ctx context.Context, series string) ([]SeriesYear, error) {
	gs, err := seriesOfPapers(ctx, p.db)
	if err != nil {
		return nil, db.Fault(err)
	}
	var out []SeriesYear
	for _, g := range slices.Backward(gs) {
		if g.Series != series {
			continue
		}
		hs, err := listHoles(ctx, p.db, series, g.Year)
		if err != nil {
			return nil, db.Fault(err)
		}
		out = append(out, SeriesYear{Year: g.Year, Last: g.Last, Papers: g.N, Holes: hs})
	}
	return out, nil
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// List lists papers, newest first; empty arguments do not narrow.
func (p *Papers) List(ctx context.Context, kind string, state State, number, before string, size int) (db.Page[Document], error) {
	ds, err := listDocuments(ctx, p.db, kind, state, number, before, size+1)
	return db.Cut(ds, size, func(d Document) string { return d.ID }), db.Fault(err)
}

func (p *Papers) redOf(ctx context.Context, id string) (*Document, error) {
	d, err := findRed(ctx, p.db, id)
	return d, db.Fault(err)
}
