package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"care/modules/audit"
	"care/server/access"
	"care/server/db"
	"care/server/fault"
	"care/server/money"
)

func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func setWant(rows int64, fen money.Fen) func(*bun.UpdateQuery) {
	return func(q *bun.UpdateQuery) { q.Set("want_rows = ?", rows).Set("want_fen = ?", fen) }
}

// Verdict is what the dry run says of a row.
type Verdict struct {
	Line  Line
	Gift  Gift
	Use   string
	Fault []fault.Field // must be mended
	Warn  []string      // codes to look at
}

// Trial is a dry run: nothing was written.
type Trial struct {
	Rows   []Verdict
	Faults int // rows that would be refused
	Warns  int // rows to look at
}

// Try runs a batch of typed gifts dry; page 0 is all of it.
func (s *Intake) Try(ctx context.Context, b *Batch, page int64) (*Trial, error) {
	from, to := int64(1), int64(maxLine)
	if page > 0 {
		from = (page-1)*gridRows + 1
		to = from + gridRows - 1
	}
	rs, err := listLines(ctx, s.db, b.ID, from, to)
	if err != nil {
		return nil, db.Fault(err)
	}
	ls, err := s.open(rs)
	if err != nil {
		return nil, err
	}
	uses, err := s.desk.Uses(ctx)
	if err != nil {
		return nil, err
	}
	t := &Trial{}
	refs, twins := map[string]int64{}, map[string]int64{}
	var gs []Gift
	for _, l := range ls {
		v := Verdict{Line: l}
		if l.State != typed {
			t.Rows = append(t.Rows, v)
			gs = append(gs, Gift{})
			continue
		}
		g := b.gift(l, uses)
		v.Gift, v.Use = g, useTitle(uses, g.Campaign)
		v.Fault = s.faults(ctx, l, g)
		if other := refs[g.BankRef]; g.BankRef != "" && other > 0 {
			v.Fault = append(v.Fault, fault.Field{Name: "ref", Code: "intake.ref_twice", Args: []any{other}})
		}
		refs[g.BankRef] = l.Line
		twin := strings.ToUpper(strings.ReplaceAll(g.Name, " ", "")) + "/" + itoa(int64(g.Amount)) + "/" + string(g.Day)
		if g.Shown != shownAnon && g.Name != "" && twins[twin] > 0 {
			v.Warn = append(v.Warn, "intake.twin_here")
		}
		twins[twin] = l.Line
		t.Rows = append(t.Rows, v)
		gs = append(gs, g)
	}
	there, err := s.desk.Twins(ctx, gs)
	if err != nil {
		return nil, err
	}
	for i := range t.Rows {
		if there[i] && t.Rows[i].Line.State == typed {
			t.Rows[i].Warn = append(t.Rows[i].Warn, "intake.twin_there")
		}
		if len(t.Rows[i].Fault) > 0 {
			t.Faults++
		}
		if len(t.Rows[i].Warn) > 0 {
			t.Warns++
		}
	}
	return t, nil
}

// deskFields maps the fields of the desk's faults to the columns of the grid.
var deskFields = map[string]string{"bank_ref": "ref", "paid": "amount", "checked": "payer", "origin": "ref"}

// faults asks the desk what it would refuse, in the words of the grid's columns.
func (s *Intake) faults(ctx context.Context, l Line, g Gift) []fault.Field {
	var c fault.Checks
	if l.Cells.Amount != "" && l.Amount == 0 {
		c.Add("amount", "intake.cell_amount")
	}
	if l.Cells.Day != "" && l.Day == "" {
		c.Add("day", "intake.cell_day")
	}
	out := fault.FieldsOf(c.Err())
	err := s.desk.Check(ctx, g)
	if err == nil {
		return out
	}
	if fault.KindOf(err) != fault.Invalid {
		return append(out, fault.Field{Name: "name", Code: "intake.no_answer"})
	}
	for _, f := range fault.FieldsOf(err) {
		if to := deskFields[f.Name]; to != "" {
			f.Name = to
		}
		if f.Name == "amount" && l.Cells.Amount != "" && l.Amount == 0 || f.Name == "day" && l.Cells.Day != "" && l.Day == "" {
			continue // said already
		}
		out = append(out, f)
	}
	return out
}

func useTitle(uses []Use, id string) string {
	if id == "" {
		return words["intake.general"]
	}
	for _, u := range uses {
		if u.ID == id {
			return u.Title
		}
	}
	return ""
}

// batchWork is the queued row of a batch: of registering, confirming, or taking back.
type batchWork struct {
	Batch string `json:"batch"`
}

// Send sends a batch of typed gifts to be registered: only when its count and sum are those of the control totals, when the
// dry run finds nothing to mend, and when what it finds to look at was looked at.
func (s *Intake) Send(ctx context.Context, who access.Actor, batch string, version int64, looked bool, key string) error {
	b, err := findBatch(ctx, s.db, batch)
	if err != nil {
		return db.Fault(err)
	}
	if b.Kind != Gifts {
		return s.sendOrders(ctx, who, b, version, key)
	}
	trial, err := s.Try(ctx, b, 0)
	if err != nil {
		return err
	}
	act := audit.Act{Actor: who, Need: EnterPerm, Verb: "intake.send", Subject: batch, Key: "intake.send/" + key, Input: []any{batch, version, looked}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		b, err := findBatch(ctx, tx, batch)
		if err != nil {
			return db.Fault(err)
		}
		if b.State != Draft {
			return fault.New(fault.Conflict, "intake.not_draft")
		}
		if b.Version != version {
			return errChanged()
		}
		x := &Standing{Batch: *b}
		ts, err := tallies(ctx, tx, batch)
		if err != nil {
			return err
		}
		x.add(ts)
		if x.Sheets, err = listSheets(ctx, tx, batch); err != nil {
			return err
		}
		x.count()
		switch {
		case x.Open > 0:
			return fault.New(fault.Invalid, "intake.sheet_open")
		case x.Unread > 0 || trial.Faults > 0:
			return fault.New(fault.Invalid, "intake.has_faults")
		case x.Rows != x.WantRows || x.Fen != x.WantFen:
			return fault.New(fault.Invalid, "intake.totals_differ", x.Rows, x.Fen.Yuan(), x.WantRows, x.WantFen.Yuan())
		case len(x.Sheets) > 0 && x.Counted != x.WantFen:
			return fault.New(fault.Invalid, "intake.sheets_differ", x.Counted.Yuan(), x.WantFen.Yuan())
		case trial.Warns > 0 && !looked:
			return fault.New(fault.Invalid, "intake.not_looked", trial.Warns)
		}
		tx.Public("rows", x.Rows)
		tx.Public("fen", x.Fen)
		return s.start(ctx, tx, who, batch, version)
	})
}

// start begins the registering of a batch.
func (s *Intake) start(ctx context.Context, tx *audit.Tx, who access.Actor, batch string, version int64) error {
	n, err := turn(ctx, tx, batch, Draft, Making, version, func(q *bun.UpdateQuery) {
		q.Set("sent_by = ?", who.ID).Set("sent_name = ?", who.Name).Set("sent_at = ?", tx.Now).Set("problem = ''")
	})
	if err != nil {
		return err
	}
	if n != 1 {
		return fault.New(fault.Conflict, "intake.not_draft")
	}
	if err := clearProblems(ctx, tx, batch); err != nil {
		return err
	}
	return s.queue.Put(ctx, tx.Tx, "intake.make", batch, batchWork{batch})
}

// sendOrders sends a file of orders, whose totals were proved when it was read: every project must be known.
func (s *Intake) sendOrders(ctx context.Context, who access.Actor, b *Batch, version int64, key string) error {
	act := audit.Act{Actor: who, Need: EnterPerm, Verb: "intake.send", Subject: b.ID, Key: "intake.send/" + key, Input: []any{b.ID, version}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		ps, err := listProjects(ctx, tx, b.ID)
		if err != nil {
			return err
		}
		for _, p := range ps {
			if p.Campaign == nil {
				return fault.New(fault.Invalid, "intake.project_unknown")
			}
		}
		return s.start(ctx, tx, who, b.ID, version)
	})
}

func decodeWork(payload []byte) (w batchWork, err error) {
	return w, json.Unmarshal(payload, &w)
}

// make registers the rows of a batch, chunk by chunk, each in its own act. It may be run again at any point, also by two
// servers at once: each act claims the batch and takes only rows of which nothing was made.
func (s *Intake) make(ctx context.Context, payload []byte) error {
	w, err := decodeWork(payload)
	if err != nil {
		return err
	}
	for lost := 0; lost < 20; {
		b, err := findBatch(ctx, s.db, w.Batch)
		if err != nil {
			return db.Fault(err)
		}
		if b.State != Making {
			return nil // somebody else has finished
		}
		who, err := s.people.Person(ctx, b.SentBy)
		if err != nil {
			return err
		}
		uses, err := s.desk.Uses(ctx)
		if err != nil {
			return err
		}
		more, err := s.makeSome(ctx, who, b, uses)
		if fault.KindOf(err) == fault.Conflict && err != nil {
			lost++ // another server was faster with these rows: look again
			continue
		}
		if fault.KindOf(err) == fault.Forbidden && err != nil {
			return s.halt(ctx, b.ID, Making, Draft, "intake.no_right")
		}
		if err != nil || !more {
			return err
		}
		lost = 0
	}
	return fault.New(fault.Conflict, "db.changed") // the queue tries again later
}

// makeSome is one act of make; it tells whether there may be more to do.
func (s *Intake) makeSome(ctx context.Context, who access.Actor, b *Batch, uses []Use) (more bool, err error) {
	act := audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "intake.make", Subject: b.ID}
	err = s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		more = false
		n, err := touch(ctx, tx, b.ID, Making, b.Version)
		if err != nil {
			return err
		}
		if n != 1 {
			return fault.New(fault.Conflict, "db.changed")
		}
		rs, err := listUnmade(ctx, tx, b.ID, chunk)
		if err != nil {
			return err
		}
		if len(rs) == 0 {
			return s.made(ctx, tx, b)
		}
		ls, err := s.open(rs)
		if err != nil {
			return err
		}
		gs := make([]Gift, 0, len(ls))
		if b.Kind == Orders {
			gs, err = s.orderGifts(ctx, tx, b, ls)
			if err != nil {
				return err
			}
		} else {
			for _, l := range ls {
				gs = append(gs, b.gift(l, uses))
			}
		}
		more = true
		ids, err := s.desk.Register(ctx, tx, who, gs)
		var cs []change
		if bad := badRows(err); bad != nil {
			// Nothing was written for good: the rows that are refused are named, the others come with the next act.
			for i, code := range bad {
				if i < len(rs) {
					cs = append(cs, change{ID: rs[i].ID, State: typed, Problem: code})
				}
			}
			return errRefused{cs}
		}
		if err != nil {
			return err
		}
		for i, r := range rs {
			cs = append(cs, change{ID: r.ID, State: made, Gift: ids[i]})
		}
		tx.Public("gifts", len(ids))
		k, err := changeRows(ctx, tx, typed, cs)
		if err == nil && k != int64(len(cs)) {
			return fault.New(fault.Conflict, "db.changed")
		}
		return err
	})
	var refused errRefused
	if asRefused(err, &refused) {
		return true, s.refuse(ctx, b, refused.rows)
	}
	return more, err
}

// errRefused carries the rows that the desk refused out of the act that is rolled back.
type errRefused struct{ rows []change }

// Error says how many rows were refused.
func (e errRefused) Error() string { return strconv.Itoa(len(e.rows)) + " rows were refused" }

func asRefused(err error, to *errRefused) bool {
	e, ok := err.(errRefused)
	*to = e
	return ok
}

// badRows reads which rows the desk refused, out of the places before the names of the fields.
func badRows(err error) map[int]string {
	if err == nil || fault.KindOf(err) != fault.Invalid {
		return nil
	}
	out := map[int]string{}
	for _, f := range fault.FieldsOf(err) {
		at, _, ok := strings.Cut(f.Name, ".")
		if i, err := strconv.Atoi(at); ok && err == nil && out[i] == "" {
			out[i] = f.Code
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// refuse notes what the desk refused. The rows stay typed with their problem; the batch goes back to its typist when nothing
// else is left to do.
func (s *Intake) refuse(ctx context.Context, b *Batch, cs []change) error {
	return s.trail.Do(ctx, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "intake.refuse", Subject: b.ID}, func(ctx context.Context, tx *audit.Tx) error {
		n, err := touch(ctx, tx, b.ID, Making, b.Version)
		if err != nil {
			return err
		}
		if n != 1 {
			return fault.New(fault.Conflict, "db.changed")
		}
		tx.Public("rows", len(cs))
		_, err = changeRows(ctx, tx, typed, cs)
		return err
	})
}

// made ends the registering: to the second person, or back to the typist when rows were refused.
func (s *Intake) made(ctx context.Context, tx *audit.Tx, b *Batch) error {
	ts, err := tallies(ctx, tx, b.ID)
	if err != nil {
		return err
	}
	x := &Standing{}
	x.add(ts)
	to, problem := Waiting, ""
	if x.Waits > 0 {
		to, problem = Draft, "intake.refused"
	}
	n, err := turn(ctx, tx, b.ID, Making, to, 0, func(q *bun.UpdateQuery) { q.Set("problem = ?", problem) })
	if err == nil && n != 1 {
		return fault.New(fault.Conflict, "db.changed")
	}
	tx.Public("state", to)
	return err
}

// halt takes a batch out of work when whoever ordered it may not do it any more.
func (s *Intake) halt(ctx context.Context, batch string, from, to State, code string) error {
	return s.trail.Do(ctx, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "intake.halt", Subject: batch}, func(ctx context.Context, tx *audit.Tx) error {
		n, err := turn(ctx, tx, batch, from, to, 0, func(q *bun.UpdateQuery) {
			q.Set("problem = ?", code)
			if from == Confirming {
				q.Set("confirmed_by = ''").Set("confirmed_name = ''").Set("confirmed_at = NULL")
			}
		})
		if err == nil && n != 1 {
			return fault.New(fault.Conflict, "db.changed")
		}
		tx.Public("problem", code)
		return err
	})
}

// Confirm confirms a whole batch: the second person has seen its count and sum. The income is booked as queued work.
func (s *Intake) Confirm(ctx context.Context, who access.Actor, batch string, rows int64, fen money.Fen, key string) error {
	act := audit.Act{Actor: who, Need: ConfirmPerm, Verb: "intake.confirm", Subject: batch, Key: "intake.confirm/" + key, Input: []any{batch, rows, fen}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		b, err := findBatch(ctx, tx, batch)
		if err != nil {
			return db.Fault(err)
		}
		if err := who.NotEarlier("intake.same_person", b.SentBy, b.MadeBy); err != nil {
			return err
		}
		ts, err := tallies(ctx, tx, batch)
		if err != nil {
			return err
		}
		x := &Standing{}
		x.add(ts)
		if x.Made+x.Confirmed != rows || x.New != fen {
			return errChanged()
		}
		n, err := turn(ctx, tx, batch, Waiting, Confirming, 0, func(q *bun.UpdateQuery) {
			q.Set("confirmed_by = ?", who.ID).Set("confirmed_name = ?", who.Name).Set("confirmed_at = ?", tx.Now).Set("problem = ''")
		})
		if err != nil {
			return err
		}
		if n != 1 {
			return fault.New(fault.Conflict, "intake.not_waiting")
		}
		tx.Public("rows", rows)
		tx.Public("fen", fen)
		return s.queue.Put(ctx, tx.Tx, "intake.confirm", batch, batchWork{batch})
	})
}

// confirm books the income of a batch, some hundred gifts at a time. The desk confirms each gift once; what it says is noted
// here afterwards, so a crash between the two only makes the next run ask again.
func (s *Intake) confirm(ctx context.Context, payload []byte) error {
	w, err := decodeWork(payload)
	if err != nil {
		return err
	}
	b, err := findBatch(ctx, s.db, w.Batch)
	if err != nil {
		return db.Fault(err)
	}
	if b.State != Confirming {
		return nil
	}
	who, err := s.people.Person(ctx, b.ConfirmedBy)
	if err != nil {
		return err
	}
	for after := int64(0); ; {
		rs, err := listIn(ctx, s.db, b.ID, made, after, 256)
		if err != nil {
			return db.Fault(err)
		}
		if len(rs) == 0 {
			break
		}
		ids := make([]string, 0, len(rs))
		for _, r := range rs {
			ids, after = append(ids, r.Gift), r.Line
		}
		for _, err := range s.desk.Confirm(ctx, who, ids) {
			if k := fault.KindOf(err); err != nil && (k == fault.Internal || k == fault.Unavailable) {
				return err
			}
		}
		if _, err := s.note(ctx, b.ID, rs, ids); err != nil {
			return err
		}
	}
	left, err := listIn(ctx, s.db, b.ID, made, 0, 1)
	if err != nil {
		return db.Fault(err)
	}
	if len(left) > 0 {
		return s.halt(ctx, b.ID, Confirming, Waiting, "intake.not_confirmed")
	}
	if err := s.refunds(ctx, b); err != nil {
		return err
	}
	return s.trail.Do(ctx, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "intake.done", Subject: b.ID}, func(ctx context.Context, tx *audit.Tx) error {
		n, err := turn(ctx, tx, b.ID, Confirming, Done, 0, nil)
		if err == nil && n != 1 {
			return fault.New(fault.Conflict, "db.changed")
		}
		return err
	})
}

// note writes down what became of gifts at the desk, and tells of how many there was something to note.
func (s *Intake) note(ctx context.Context, batch string, rs []Row, ids []string) (int, error) {
	stands, err := s.desk.Stands(ctx, ids)
	if err != nil {
		return 0, err
	}
	var cs []change
	for _, r := range rs {
		switch g := stands[r.Gift]; g.State {
		case "received", "refunding", "refunded":
			cs = append(cs, change{ID: r.ID, State: confirmed, Fund: g.Fund})
		case "withdrawn":
			cs = append(cs, change{ID: r.ID, State: rejected, Problem: "intake.sent_back"})
		}
	}
	if len(cs) == 0 {
		return 0, nil
	}
	return len(cs), s.trail.Do(ctx, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "intake.note", Subject: batch}, func(ctx context.Context, tx *audit.Tx) error {
		tx.Public("rows", len(cs))
		_, err := changeRows(ctx, tx, made, cs) // what another run has noted already stays
		return err
	})
}

// Undo takes a batch back before it is confirmed. A draft of which nothing was registered ends at once.
func (s *Intake) Undo(ctx context.Context, who access.Actor, batch, why, key string) error {
	act := audit.Act{Actor: who, Need: EnterPerm, Verb: "intake.undo", Subject: batch, Key: "intake.undo/" + key, Input: []any{batch, why}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		var c fault.Checks
		reason(&c, "why", why)
		if err := c.Err(); err != nil {
			return err
		}
		b, err := findBatch(ctx, tx, batch)
		if err != nil {
			return db.Fault(err)
		}
		ts, err := tallies(ctx, tx, batch)
		if err != nil {
			return err
		}
		x := &Standing{}
		x.add(ts)
		to := Undoing
		if b.State == Draft && x.Made+x.Confirmed == 0 {
			to = Dropped
		}
		if b.State != Draft && b.State != Waiting {
			return fault.New(fault.Conflict, "intake.not_undoable")
		}
		n, err := turn(ctx, tx, batch, b.State, to, 0, func(q *bun.UpdateQuery) {
			q.Set("ended_by = ?", who.ID).Set("ended_name = ?", who.Name).Set("ended_at = ?", tx.Now).Set("why = ?", why).Set("problem = ''")
		})
		if err != nil {
			return err
		}
		if n != 1 {
			return fault.New(fault.Conflict, "db.changed")
		}
		tx.Public("state", to)
		if to == Dropped {
			return freeOrders(ctx, tx, batch)
		}
		return s.queue.Put(ctx, tx.Tx, "intake.undo", batch, batchWork{batch})
	})
}

// undo takes the gifts of a batch back, chunk by chunk.
func (s *Intake) undo(ctx context.Context, payload []byte) error {
	w, err := decodeWork(payload)
	if err != nil {
		return err
	}
	b, err := findBatch(ctx, s.db, w.Batch)
	if err != nil {
		return db.Fault(err)
	}
	if b.State != Undoing {
		return nil
	}
	who, err := s.people.Person(ctx, b.EndedBy)
	if err != nil {
		return err
	}
	for {
		rs, err := listIn(ctx, s.db, b.ID, made, 0, chunk)
		if err != nil {
			return db.Fault(err)
		}
		if len(rs) == 0 {
			break
		}
		ids, cs := make([]string, 0, len(rs)), make([]change, 0, len(rs))
		for _, r := range rs {
			ids, cs = append(ids, r.Gift), append(cs, change{ID: r.ID, State: undone})
		}
		err = s.trail.Do(ctx, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "intake.take_back", Subject: b.ID}, func(ctx context.Context, tx *audit.Tx) error {
			if err := s.desk.Reject(ctx, tx, who, ids, b.Why); err != nil {
				return err
			}
			tx.Public("gifts", len(ids))
			n, err := changeRows(ctx, tx, made, cs)
			if err == nil && n != int64(len(cs)) {
				return fault.New(fault.Conflict, "db.changed")
			}
			return err
		})
		if fault.KindOf(err) == fault.Conflict && err != nil {
			// Some were confirmed or sent back one by one at the desk: note them, then go on with the others.
			n, noteErr := s.note(ctx, b.ID, rs, ids)
			if noteErr != nil || n == 0 {
				return errors.Join(err, noteErr)
			}
			continue
		}
		if err != nil {
			return err
		}
	}
	return s.trail.Do(ctx, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "intake.undone", Subject: b.ID}, func(ctx context.Context, tx *audit.Tx) error {
		ts, err := tallies(ctx, tx, b.ID)
		if err != nil {
			return err
		}
		x := &Standing{}
		x.add(ts)
		to := Undone
		if x.Confirmed > 0 {
			to = Waiting // part of it is income already: what is left is to be confirmed
		}
		n, err := turn(ctx, tx, b.ID, Undoing, to, 0, nil)
		if err == nil && n != 1 {
			return fault.New(fault.Conflict, "db.changed")
		}
		if err != nil {
			return err
		}
		return freeOrders(ctx, tx, b.ID)
	})
}
