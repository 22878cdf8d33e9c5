// Package ledger keeps true that no yuan is lost, doubled or overspent: every movement of a fund's money is a journal
// that is never changed, a fund's four buckets are the sums of its moves, and none of them can fall below zero,
// because the balance is guarded in the row that is updated.
package ledger

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"care/modules"
	"care/modules/audit"
	"care/server/access"
	"care/server/db"
	"care/server/fault"
	"care/server/money"
)

// Ledger is the books.
type Ledger struct {
	db    *db.DB
	trail *audit.Trail
}

// New opens the books of a database.
func New(d *db.DB, trail *audit.Trail) *Ledger { return &Ledger{db: d, trail: trail} }

// Open opens a fund as an act of its own.
func (l *Ledger) Open(ctx context.Context, who access.Actor, f Fund, key string) (*Fund, error) {
	err := l.trail.Do(ctx, audit.Act{Actor: who, Need: Manage, Verb: "ledger.open", Key: key, Input: []string{f.Code, f.Name, f.Kind, f.Purpose}}, func(ctx context.Context, tx *audit.Tx) error {
		g, err := l.OpenIn(ctx, tx, f)
		if err != nil {
			return err
		}
		f = *g
		tx.Subject(f.ID)
		return nil
	})
	return &f, err
}

// OpenIn opens a fund inside another act, such as the start of a campaign.
func (l *Ledger) OpenIn(ctx context.Context, tx *audit.Tx, f Fund) (*Fund, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	g := &Fund{ID: newID(), Code: f.Code, Name: f.Name, Kind: f.Kind, Purpose: f.Purpose, OpenedAt: tx.Now}
	if err := insertFund(ctx, tx, g); err != nil {
		if db.Fault(err) != err && fault.KindOf(db.Fault(err)) == fault.Conflict {
			return nil, &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: []fault.Field{{Name: "code", Code: "ledger.code_used"}}, Err: err}
		}
		return nil, err
	}
	tx.Public("fund", g.Code)
	return g, nil
}

func (f *Fund) check() error {
	var c fault.Checks
	c.Need(f.Code != "" && len(f.Code) <= 32, "code", "ledger.need_code")
	c.Need(f.Name != "" && len(f.Name) <= 240, "name", "ledger.need_name")
	c.Need(f.Kind == Unrestricted || f.Kind == Restricted, "kind", "ledger.need_kind")
	c.Need(f.Purpose != "" && len(f.Purpose) <= 1500, "purpose", "ledger.need_purpose")
	return c.Err()
}

// Close ends a fund that has nothing left to give.
func (l *Ledger) Close(ctx context.Context, who access.Actor, id string) error {
	return l.trail.Do(ctx, audit.Act{Actor: who, Need: Manage, Verb: "ledger.close", Subject: id, Key: "ledger.close/" + id}, func(ctx context.Context, tx *audit.Tx) error {
		n, err := closeFund(ctx, tx, &Fund{ID: id, ClosedAt: &tx.Now})
		if err == nil && n == 0 {
			return fault.New(fault.Conflict, "ledger.not_empty")
		}
		return err
	})
}

// Post books entries inside the caller's act and gives their journals in the same order. All are booked or none.
// Unfunded says that a fund does not hold enough, or is closed; Conflict that an entry of this kind and ref is booked already.
// A batch is judged by its sum for each fund: what an act brings in may be spent by a later entry of the same batch.
// Outlays use the incomes of their fund first in, first out; a refund needs its own income unused.
func (l *Ledger) Post(ctx context.Context, tx *audit.Tx, entries ...Entry) ([]Journal, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	kinds, olds, err := l.prepare(ctx, tx, entries)
	if err != nil {
		return nil, err
	}
	js, ms, ps := make([]Journal, 0, len(entries)), make([]Move, 0, len(entries)), make([]Posting, 0, len(entries))
	deltas := map[string]*delta{}
	for _, e := range entries {
		r := rules[e.Kind]
		o := olds[e.Reverses]
		j := Journal{ID: newID(), Kind: e.Kind, Ref: e.Ref, Day: e.Day, At: tx.Now, Reason: e.Reason, Reverses: e.Reverses, Class: cmp.Or(e.Class, o.Class, e.Kind.class())}
		js = append(js, j)
		if r.debit != "" {
			ps = append(ps, e.posting(j.ID, j.Class, kinds[e.Fund], o))
		}
		if !r.moves() {
			continue
		}
		ms = append(ms, Move{ID: newID(), Journal: j.ID, Fund: e.Fund, Source: r.from, Dest: r.to, Amount: e.Amount})
		d := deltas[e.Fund]
		if d == nil {
			d = &delta{}
			deltas[e.Fund] = d
		}
		d.add(r.from, -e.Amount)
		d.add(r.to, e.Amount)
	}
	if err := insertJournals(ctx, tx, js, ms, ps); err != nil {
		return nil, err
	}
	// The rows that everybody wants come last, in the order of their ids: two batches cannot wait for each other.
	for _, id := range slices.Sorted(maps.Keys(deltas)) {
		n, err := changeFund(ctx, tx, id, *deltas[id])
		if err != nil {
			return nil, err
		}
		if n != 1 {
			return nil, fault.New(fault.Unfunded, "ledger.unfunded")
		}
	}
	// Whoever holds the row of a fund may touch its lots.
	if err := l.lots(ctx, tx, entries, js); err != nil {
		return nil, err
	}
	return js, nil
}

// prepare checks the entries and gives the kind of each fund and the journals that are to be taken back.
func (l *Ledger) prepare(ctx context.Context, tx *audit.Tx, entries []Entry) (map[string]string, map[string]reversed, error) {
	var ids, back []string
	for _, e := range entries {
		if err := e.check(); err != nil {
			return nil, nil, err
		}
		if e.Fund != "" {
			ids = append(ids, e.Fund)
		}
		if e.Reverses != "" {
			back = append(back, e.Reverses)
		}
	}
	kinds := map[string]string{}
	if len(ids) > 0 {
		slices.Sort(ids)
		funds, err := listFunds(ctx, tx, slices.Compact(ids))
		if err != nil {
			return nil, nil, err
		}
		for _, f := range funds {
			kinds[f.ID] = f.Kind
		}
	}
	for _, e := range entries {
		if e.Fund != "" && kinds[e.Fund] == "" {
			return nil, nil, fault.New(fault.NotFound, "ledger.no_fund")
		}
	}
	if len(back) == 0 {
		return kinds, nil, nil
	}
	olds, err := findJournals(ctx, tx, back)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if e.Reverses == "" {
			continue
		}
		if o, ok := olds[e.Reverses]; !ok || !e.fits(o) {
			return nil, nil, fault.New(fault.Conflict, "ledger.reversal_differs")
		}
	}
	return kinds, olds, nil
}

// Journal finds a movement by what it was for, such as (Receive, "donation/<id>"); db is a transaction or nil.
func (l *Ledger) Journal(ctx context.Context, tx *audit.Tx, kind Kind, ref string) (*Journal, error) {
	if tx != nil {
		j, err := findJournal(ctx, tx, kind, ref)
		return j, db.Fault(err)
	}
	j, err := findJournal(ctx, l.db, kind, ref)
	return j, db.Fault(err)
}

// Fund gives one fund.
func (l *Ledger) Fund(ctx context.Context, id string) (*Fund, error) {
	f, err := findFund(ctx, l.db, id)
	return f, db.Fault(err)
}

// Funds gives the funds named, or all with nil; restricted ones come after the unrestricted.
func (l *Ledger) Funds(ctx context.Context, ids []string) ([]Fund, error) {
	if ids != nil && len(ids) == 0 {
		return nil, nil
	}
	return l.FundsIn(ctx, l.db, ids)
}

// FundsIn is Funds inside a transaction or a snapshot.
func (l *Ledger) FundsIn(ctx context.Context, tx bun.IDB, ids []string) ([]Fund, error) {
	fs, err := listFunds(ctx, tx, ids)
	return fs, db.Fault(err)
}

// Lines lists a fund's movements, newest first.
func (l *Ledger) Lines(ctx context.Context, fund, before string, size int) (db.Page[Line], error) {
	ls, err := listLines(ctx, l.db, fund, before, size+1)
	return db.Cut(ls, size, func(x Line) string { return x.ID }), db.Fault(err)
}

// Trial gives the trial balance of the chart of accounts (科目余额).
func (l *Ledger) Trial(ctx context.Context) ([]Balance, error) {
	bs, err := trialBalance(ctx, l.db)
	return bs, db.Fault(err)
}

// Check proves that every fund is the sum of its moves, that no journal is without the moves and the accounting entry of
// its kind, that every outlay stands on the incomes it used, that the money of the foundation less the pool of unclaimed money is what its funds hold, and that the store
// of goods is what came in less what went out.
func (l *Ledger) Check(ctx context.Context) ([]modules.Count, error) {
	var (
		ss       []sums
		journals int64
		bs       []Balance
		stock    money.Fen
	)
	// One moment for all: money that moves between two questions would look lost.
	err := l.db.Snapshot(ctx, func(ctx context.Context, db bun.IDB) (err error) {
		if ss, err = sumMoves(ctx, db); err != nil {
			return err
		}
		if journals, err = countJournals(ctx, db); err != nil {
			return err
		}
		for k, r := range rules {
			bad, err := countBad(ctx, db, k, r)
			if err != nil {
				return err
			}
			if bad > 0 {
				return fmt.Errorf("%d journals of kind %s without the move or the accounting entry of their kind", bad, k)
			}
		}
		if err := checkLots(ctx, db); err != nil {
			return err
		}
		if stock, err = sumStock(ctx, db); err != nil {
			return err
		}
		bs, err = trialBalance(ctx, db)
		return err
	})
	if err != nil {
		return nil, err
	}
	var held money.Fen
	for _, s := range ss {
		if s.Available != s.MAvailable || s.Reserved != s.MReserved || s.Committed != s.MCommitted || s.Disbursed != s.MDisbur {
			return nil, fmt.Errorf("fund %s holds %d/%d/%d/%d fen, its moves sum to %d/%d/%d/%d", s.Code, s.Available, s.Reserved, s.Committed, s.Disbursed, s.MAvailable, s.MReserved, s.MCommitted, s.MDisbur)
		}
		if s.Available < 0 || s.Reserved < 0 || s.Committed < 0 || s.Disbursed < 0 {
			return nil, fmt.Errorf("fund %s has a bucket below zero", s.Code)
		}
		held += s.Available + s.Reserved + s.Committed
	}
	on := make(map[string]money.Fen, len(bs))
	for _, b := range bs {
		on[b.Code] = b.Debit - b.Credit
	}
	if there := on[Bank] + on[CashBox] + on[InTransit] + on[Suspense]; there != held {
		return nil, fmt.Errorf("bank, cash and channels less the unclaimed pool hold %d fen, the funds hold %d", there, held)
	}
	if on[Suspense] > 0 {
		return nil, fmt.Errorf("%d fen more are claimed from the pool than came into it", on[Suspense])
	}
	if on[Stock] != stock || stock < 0 {
		return nil, fmt.Errorf("the store account holds %d fen, goods in less goods out are %d", on[Stock], stock)
	}
	return []modules.Count{{Title: words["ledger.count.funds"], N: int64(len(ss))}, {Title: words["ledger.count.journals"], N: journals}}, nil
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
