// Package intake keeps true that gifts which are entered together are held to control totals, that each row becomes one gift
// and no more, however often its form, its file or its work is repeated, and that two different people stand behind each batch.
//
// A batch is typed or uploaded, tried out without writing anything, and sent when its count and its sum agree with what was
// counted beforehand. Registering and confirming are queued work in small acts: each one claims the batch, so that two
// servers never do the same rows, and leaves a state from which the next one goes on.
package intake

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"care/modules"
	"care/modules/audit"
	"care/modules/ledger"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/money"
	"care/server/queue"
	"care/server/secret"
)

// Stand is where a gift is at the desk of donations.
type Stand struct {
	State  string // arrived, received, withdrawn …
	Number string // of the receipt
	Amount money.Fen
	Fund   string
}

// Desk is what intake asks of the desk of donations.
type Desk struct {
	Uses     func(ctx context.Context) ([]Use, error)
	Check    func(ctx context.Context, g Gift) error // what registering would refuse, without writing
	Register func(ctx context.Context, tx *audit.Tx, who access.Actor, gs []Gift) (ids []string, err error)
	Reject   func(ctx context.Context, tx *audit.Tx, who access.Actor, gifts []string, why string) error
	Confirm  func(ctx context.Context, who access.Actor, gifts []string) []error
	Refund   func(ctx context.Context, who access.Actor, gift, why, key string) error
	Stands   func(ctx context.Context, gifts []string) (map[string]Stand, error)
	Twins    func(ctx context.Context, gs []Gift) ([]bool, error)
	RefsUsed func(ctx context.Context, refs []string) (map[string]bool, error)
}

// People gives somebody who works here, with what they may do now.
type People interface {
	Person(ctx context.Context, id string) (access.Actor, error)
}

// Intake is the desk where gifts are entered in batches.
type Intake struct {
	db     *db.DB
	trail  *audit.Trail
	queue  *queue.Queue
	funds  *ledger.Ledger
	box    *secret.Box
	fonts  Printable
	people People
	desk   Desk
	login  func(ctx context.Context, login string) (access.Actor, error)
}

// New opens the desk. login gives a person of the demonstration by login name, for Seed; nil without demonstration data.
func New(d *db.DB, trail *audit.Trail, q *queue.Queue, funds *ledger.Ledger, box *secret.Box, fonts Printable, people People, desk Desk, login func(ctx context.Context, login string) (access.Actor, error)) *Intake {
	return &Intake{db: d, trail: trail, queue: q, funds: funds, box: box, fonts: fonts, people: people, desk: desk, login: login}
}

// Today is the civil date by the gate's clock.
func (s *Intake) Today() clock.Day { return clock.DayOf(s.trail.Now()()) }

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// Open opens a batch with its control totals: what was counted before anybody typed.
func (s *Intake) Open(ctx context.Context, who access.Actor, o Opening, key string) (*Batch, error) {
	var b *Batch
	err := s.trail.Do(ctx, audit.Act{Actor: who, Need: EnterPerm, Verb: "intake.open", Key: "intake.open/" + key, Input: o}, func(ctx context.Context, tx *audit.Tx) error {
		in := o
		if err := in.clean(tx.Today()); err != nil {
			return err
		}
		n, err := takeNumber(ctx, tx, "PL", tx.Today().Year())
		if err != nil {
			return err
		}
		b = &Batch{ID: newID(), Number: fmt.Sprintf("PL-%d-%04d", tx.Today().Year(), n), Kind: Gifts, Title: in.Title, Day: in.Day, Method: in.Method, Campaign: in.Campaign,
			WantRows: in.Rows, WantFen: in.Fen, State: Draft, Version: 1, MadeBy: who.ID, MadeName: who.Name, MadeAt: tx.Now}
		tx.Subject(b.ID)
		tx.Public("number", b.Number)
		tx.Public("rows", b.WantRows)
		tx.Public("fen", b.WantFen)
		return insertBatch(ctx, tx, b)
	})
	return b, err
}

// seal makes the row of a line.
func (s *Intake) seal(l *Line) error {
	b, err := json.Marshal(l.Cells)
	l.Typed = s.box.Seal("intake_rows.typed", l.ID, string(b))
	return err
}

func (s *Intake) open(rs []Row) ([]Line, error) {
	ls := make([]Line, 0, len(rs))
	for _, r := range rs {
		plain, err := s.box.Open("intake_rows.typed", r.ID, r.Typed)
		if err != nil {
			return nil, err
		}
		l := Line{Row: r}
		if err := json.Unmarshal([]byte(plain), &l.Cells); err != nil {
			return nil, err
		}
		ls = append(ls, l)
	}
	return ls, nil
}

// errChanged answers somebody whose page is older than the batch.
func errChanged() error {
	return fault.New(fault.Invalid, "intake.changed")
}

// Save keeps a page of the grid: lines from first on, in their order; empty ones are taken away. What cannot be read is kept
// as it was typed. version is that of the batch that the person saw.
func (s *Intake) Save(ctx context.Context, who access.Actor, batch string, version, first int64, cells []Cells, key string) error {
	act := audit.Act{Actor: who, Need: EnterPerm, Verb: "intake.save", Subject: batch, Key: "intake.save/" + key, Input: []any{batch, version, first, cells}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		b, err := findBatch(ctx, tx, batch)
		if err != nil {
			return db.Fault(err)
		}
		if b.Kind != Gifts || b.State != Draft {
			return fault.New(fault.Conflict, "intake.not_draft")
		}
		if first < 1 || first+int64(len(cells)) > maxRows+1 {
			return fault.New(fault.Invalid, "intake.too_many", maxRows)
		}
		n, err := touch(ctx, tx, batch, Draft, version)
		if err != nil {
			return err
		}
		if n != 1 {
			return errChanged()
		}
		last := first + int64(len(cells)) - 1
		old, err := listLines(ctx, tx, batch, first, last)
		if err != nil {
			return err
		}
		fixed := map[int64]bool{} // lines whose gift is made
		for _, r := range old {
			fixed[r.Line] = r.State != typed
		}
		if err := deleteLines(ctx, tx, batch, first, last); err != nil {
			return err
		}
		var rs []Row
		for i, c := range cells {
			line := first + int64(i)
			if c.trim(); c.empty() || fixed[line] {
				continue
			}
			r, err := s.row(b, line, c)
			if err != nil {
				return err
			}
			rs = append(rs, r)
		}
		tx.Public("first", first)
		tx.Public("rows", len(rs))
		return insertRows(ctx, tx, rs)
	})
}

func (s *Intake) row(b *Batch, line int64, c Cells) (Row, error) {
	l := Line{Row: Row{ID: newID(), Batch: b.ID, Line: line, Kind: giftRow, State: typed}, Cells: c}
	l.read(b.Day)
	err := s.seal(&l)
	return l.Row, err
}

// Upload adds the rows of a file below those that are there. The same file is not added twice to a batch.
func (s *Intake) Upload(ctx context.Context, who access.Actor, batch string, content []byte) (int, error) {
	cells, err := readGifts(content)
	if err != nil {
		return 0, err
	}
	act := audit.Act{Actor: who, Need: EnterPerm, Verb: "intake.upload", Subject: batch, Key: "intake.upload/" + batch + "/" + hash(content), Input: batch}
	return len(cells), s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		b, err := findBatch(ctx, tx, batch)
		if err != nil {
			return db.Fault(err)
		}
		n, err := touch(ctx, tx, batch, Draft, 0)
		if err != nil {
			return err
		}
		if b.Kind != Gifts || n != 1 {
			return fault.New(fault.Conflict, "intake.not_draft")
		}
		last, err := lastLine(ctx, tx, batch)
		if err != nil {
			return err
		}
		if last+int64(len(cells)) > maxRows {
			return badFile("intake.file_long", maxRows)
		}
		rs := make([]Row, 0, len(cells))
		for i, c := range cells {
			r, err := s.row(b, last+1+int64(i), c)
			if err != nil {
				return err
			}
			rs = append(rs, r)
		}
		tx.Public("rows", len(rs))
		tx.Public("sha256", hash(content))
		return insertRows(ctx, tx, rs)
	})
}

// Rewant changes the control totals of a batch with a reason: what was counted beforehand was wrong.
func (s *Intake) Rewant(ctx context.Context, who access.Actor, batch string, rows int64, fen money.Fen, why, key string) error {
	act := audit.Act{Actor: who, Need: EnterPerm, Verb: "intake.rewant", Subject: batch, Key: "intake.rewant/" + key, Input: []any{batch, rows, fen, why}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		var c fault.Checks
		totals(&c, rows, fen, maxRows)
		reason(&c, "why", why)
		if err := c.Err(); err != nil {
			return err
		}
		b, err := findBatch(ctx, tx, batch)
		if err != nil {
			return db.Fault(err)
		}
		n, err := turn(ctx, tx, batch, Draft, Draft, 0, setWant(rows, fen))
		if err != nil {
			return err
		}
		if b.Kind != Gifts || n != 1 {
			return fault.New(fault.Conflict, "intake.not_draft")
		}
		tx.Public("rows", rows)
		tx.Public("fen", fen)
		return insertTotals(ctx, tx, &Totals{ID: newID(), Batch: batch, OldRows: b.WantRows, OldFen: b.WantFen, NewRows: rows, NewFen: fen, Why: why, ByID: who.ID, ByName: who.Name, At: tx.Now})
	})
}

// Standing is how far a batch is.
type Standing struct {
	Batch
	Rows, Waits, Made, Confirmed, Same, Netted, Noted, Back int64
	Fen, Net, New, Fees                                     money.Fen // of all rows; of the whole file less refunds; of new orders; of fees
	Refunds                                                 money.Fen
	Unread                                                  int64 // rows whose amount cannot be read
	Sheets                                                  []Sheet
	Counted                                                 money.Fen // sum of the agreed sheets
	Open                                                    int       // sheets that nobody has counted again
	Changes                                                 []Totals
}

// Agrees tells whether count and sum are those of the control totals, the counting sheets included.
func (x *Standing) Agrees() bool {
	return x.Rows == x.WantRows && x.Fen == x.WantFen && x.Unread == 0 && x.Open == 0 && (len(x.Sheets) == 0 || x.Counted == x.WantFen)
}

// ToConfirm is how many gifts the second person vouches for.
func (x *Standing) ToConfirm() int64 { return x.Made + x.Confirmed }

// Done is how many percent of the work in hand are done.
func (x *Standing) Done() int {
	all := x.Waits + x.Made + x.Confirmed + x.Back
	part := x.Confirmed + x.Back
	if x.State == Making {
		part += x.Made
	}
	if x.State == Undoing {
		part = x.Back
	}
	if all == 0 {
		return 0
	}
	return int(100 * part / all)
}

// Batch gives one batch with how far it is.
func (s *Intake) Batch(ctx context.Context, id string) (*Standing, error) {
	b, err := findBatch(ctx, s.db, id)
	if err != nil {
		return nil, db.Fault(err)
	}
	return s.stand(ctx, b)
}

func (s *Intake) stand(ctx context.Context, b *Batch) (*Standing, error) {
	x := &Standing{Batch: *b}
	ts, err := tallies(ctx, s.db, b.ID)
	if err != nil {
		return nil, db.Fault(err)
	}
	x.add(ts)
	if x.Sheets, err = listSheets(ctx, s.db, b.ID); err != nil {
		return nil, db.Fault(err)
	}
	x.count()
	x.Changes, err = listTotals(ctx, s.db, b.ID)
	return x, db.Fault(err)
}

func (x *Standing) add(ts []tally) {
	for _, t := range ts {
		x.Rows += t.N
		x.Unread += t.Unread
		if t.Kind == refundRow {
			x.Net -= t.Fen
			x.Refunds += t.Fen
			if t.State == noted {
				x.Noted += t.N
			}
			continue
		}
		x.Fen += t.Fen
		x.Net += t.Fen
		switch t.State {
		case typed:
			x.Waits += t.N
			x.New += t.Fen
		case made:
			x.Made += t.N
			x.New += t.Fen
		case confirmed:
			x.Confirmed += t.N
			x.New += t.Fen
		case same:
			x.Same += t.N
		case netted:
			x.Netted += t.N
		default:
			x.Back += t.N
		}
		if t.State != same && t.State != netted {
			x.Fees += t.Fee
		}
	}
}

func (x *Standing) count() {
	for _, t := range x.Sheets {
		if t.State == agreed {
			x.Counted += t.Total
		} else {
			x.Open++
		}
	}
}

// List lists batches of a kind, newest first; state "" is all.
func (s *Intake) List(ctx context.Context, kind string, state State, before string, size int) (db.Page[Batch], error) {
	bs, err := listBatches(ctx, s.db, kind, state, before, size+1)
	return db.Cut(bs, size, func(b Batch) string { return b.ID }), db.Fault(err)
}

// WaitingCount counts the batches that wait for a second person.
func (s *Intake) WaitingCount(ctx context.Context) (int, error) {
	n, err := countBatches(ctx, s.db, Waiting)
	return n, db.Fault(err)
}

// Grid gives the lines of one page of a batch, the first page is 1.
func (s *Intake) Grid(ctx context.Context, batch string, page int64) ([]Line, error) {
	from := (page-1)*gridRows + 1
	rs, err := listLines(ctx, s.db, batch, from, from+gridRows-1)
	if err != nil {
		return nil, db.Fault(err)
	}
	return s.open(rs)
}

// Rows lists the rows of a batch page by page.
func (s *Intake) Rows(ctx context.Context, batch string, problems bool, after int64, size int) ([]Line, error) {
	rs, err := listAfter(ctx, s.db, batch, "", problems, after, size)
	if err != nil {
		return nil, db.Fault(err)
	}
	return s.open(rs)
}

// Check proves from the tables that batches, rows, sheets and settlements agree, and that what is confirmed here is income at
// the desk with the same amount.
func (s *Intake) Check(ctx context.Context) ([]modules.Count, error) {
	bs, err := runProofs(ctx, s.db)
	if err != nil {
		return nil, db.Fault(err)
	}
	for _, b := range bs {
		if b.N > 0 {
			return nil, fmt.Errorf("%d %s", b.N, b.Rule)
		}
	}
	for after := ""; ; {
		rs, err := listGiftRows(ctx, s.db, after, 2000)
		if err != nil {
			return nil, db.Fault(err)
		}
		if len(rs) == 0 {
			break
		}
		ids := make([]string, 0, len(rs))
		for _, r := range rs {
			ids, after = append(ids, r.Gift), r.ID
		}
		stands, err := s.desk.Stands(ctx, ids)
		if err != nil {
			return nil, err
		}
		for _, r := range rs {
			g, ok := stands[r.Gift]
			back := g.State == "withdrawn" || g.State == "pledged"
			switch {
			case !ok:
				return nil, fmt.Errorf("row %s names a gift that is not there", r.ID)
			case r.State == confirmed && (back || g.State == "arrived" || g.Amount != r.Amount || g.Fund != r.Fund):
				return nil, fmt.Errorf("row %s counts as confirmed, its gift is %s with %d fen", r.ID, g.State, g.Amount)
			case (r.State == undone || r.State == rejected) && !back:
				return nil, fmt.Errorf("row %s was taken back, its gift is %s", r.ID, g.State)
			}
		}
	}
	batches, n, settlements, err := countAll(ctx, s.db)
	return []modules.Count{{Title: words["intake.count.batches"], N: batches}, {Title: words["intake.count.rows"], N: n}, {Title: words["intake.count.settlements"], N: settlements}}, db.Fault(err)
}
