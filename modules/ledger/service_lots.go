package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"care/modules/audit"
	"care/server/db"
	"care/server/fault"
	"care/server/money"
)

// drawer uses the lots of funds in order and writes what it did in few statements. Whoever draws has changed the row of
// the fund before, so that nobody else touches the fund's lots until the act ends.
type drawer struct {
	open  map[string][]Lot // lots read ahead, oldest first, by fund
	after map[string]string
	empty []string // lots that are used up
	uses  []used
}

// take uses lots of a fund for a journal. It says Unfunded when there are not enough: an entry may use what an earlier
// entry of its batch brings, not what a later one does.
func (d *drawer) take(ctx context.Context, tx bun.IDB, journal, fund string, amount money.Fen) error {
	for amount > 0 {
		if len(d.open[fund]) == 0 {
			ls, err := openLots(ctx, tx, fund, d.after[fund], many)
			if err != nil {
				return err
			}
			if len(ls) == 0 {
				return fault.New(fault.Unfunded, "ledger.unfunded")
			}
			d.open[fund], d.after[fund] = ls, ls[len(ls)-1].Journal
		}
		l := &d.open[fund][0]
		n := min(l.Rest, amount)
		l.Rest -= n
		amount -= n
		d.uses = append(d.uses, used{Journal: journal, Lot: l.Journal, Fund: fund, Amount: n})
		if l.Rest == 0 {
			d.empty, d.open[fund] = append(d.empty, l.Journal), d.open[fund][1:]
		}
	}
	return nil
}

// flush writes what was taken and forgets what was read.
func (d *drawer) flush(ctx context.Context, tx bun.IDB) error {
	part := map[string]money.Fen{} // what was taken of lots that still hold something
	for _, ls := range d.open {
		if len(ls) > 0 {
			part[ls[0].Journal] = 0
		}
	}
	for _, u := range d.uses {
		if _, ok := part[u.Lot]; ok {
			part[u.Lot] += u.Amount
		}
	}
	for lot, n := range part {
		if n == 0 {
			continue
		}
		if err := addLot(ctx, tx, lot, -n); err != nil {
			return err
		}
	}
	for ids := range slices.Chunk(d.empty, many) {
		if err := emptyLots(ctx, tx, ids); err != nil {
			return err
		}
	}
	for us := range slices.Chunk(d.uses, many) {
		if err := insertUses(ctx, tx, us); err != nil {
			return err
		}
	}
	*d = drawer{open: map[string][]Lot{}, after: map[string]string{}}
	return nil
}

// lots makes, uses and gives back the lots of entries, in their order.
func (l *Ledger) lots(ctx context.Context, tx *audit.Tx, entries []Entry, js []Journal) error {
	var fresh []Lot
	for i, e := range entries {
		if e.Kind.lotting() == opens {
			fresh = append(fresh, Lot{Journal: js[i].ID, Fund: e.Fund, Amount: e.Amount, Rest: e.Amount})
		}
	}
	for ls := range slices.Chunk(fresh, many) {
		if err := insertLots(ctx, tx, ls); err != nil {
			return err
		}
	}
	d := drawer{open: map[string][]Lot{}, after: map[string]string{}}
	for i, e := range entries {
		what := e.Kind.lotting()
		if what == takes {
			if err := d.take(ctx, tx, js[i].ID, e.Fund, e.Amount); err != nil {
				return err
			}
			continue
		}
		if what != ends && what != gives {
			continue
		}
		if err := d.flush(ctx, tx); err != nil {
			return err
		}
		if what == gives {
			if err := back(ctx, tx, e, js[i].ID); err != nil {
				return err
			}
			continue
		}
		n, err := endLot(ctx, tx, e.Reverses)
		if err != nil {
			return err
		}
		if n != 1 {
			return fault.New(fault.Unfunded, "ledger.lot_used")
		}
		d.uses = append(d.uses, used{Journal: js[i].ID, Lot: e.Reverses, Fund: e.Fund, Amount: e.Amount})
	}
	return d.flush(ctx, tx)
}

// back gives lots back: first those that the reversed journal used, as far as nobody gave them back already, then those
// that were used last.
func back(ctx context.Context, tx bun.IDB, e Entry, journal string) error {
	amount := e.Amount
	give := func(us []used) error {
		for _, u := range us {
			n := min(amount, u.Amount-u.Back)
			if n == 0 {
				return nil
			}
			amount -= n
			if err := giveBack(ctx, tx, given{Journal: journal, Used: u.Journal, Lot: u.Lot, Amount: n}); err != nil {
				return err
			}
		}
		return nil
	}
	if e.Reverses != "" {
		n, err := giveAllBack(ctx, tx, e.Reverses, journal)
		if err != nil {
			return err
		}
		amount -= n
	}
	for amount > 0 {
		us, err := lastUses(ctx, tx, e.Fund, many)
		if err != nil {
			return err
		}
		if len(us) == 0 {
			return fault.New(fault.Unfunded, "ledger.unfunded")
		}
		if err := give(us); err != nil {
			return err
		}
	}
	return nil
}

// Trace tells where the money of a gift went, oldest first: its ref is that of the income, such as "donation/<id>".
// What is missing from the amount of the gift is still in its fund.
func (l *Ledger) Trace(ctx context.Context, ref string) ([]Use, error) {
	us, err := l.Traces(ctx, []string{ref})
	return us[ref], err
}

// Traces is Trace for many gifts, by ref.
func (l *Ledger) Traces(ctx context.Context, refs []string) (map[string][]Use, error) {
	out := make(map[string][]Use, len(refs))
	for ids := range slices.Chunk(refs, many) {
		us, err := traceRef(ctx, l.db, ids)
		if err != nil {
			return nil, db.Fault(err)
		}
		for _, u := range us {
			out[u.Gift] = append(out[u.Gift], u.Use)
		}
	}
	return out, nil
}

// Sources tells how many gifts an outlay used: its ref is that of the outlay, such as "payment/<id>".
func (l *Ledger) Sources(ctx context.Context, ref string) (int, error) {
	n, err := countSources(ctx, l.db, ref)
	return n, db.Fault(err)
}

// checkLots proves that the lots are what the rest of the books says.
func checkLots(ctx context.Context, db bun.IDB) error {
	incomes, lots, uses, journals, funds, err := countBadLots(ctx, db)
	if err != nil {
		return err
	}
	if incomes+lots+uses+journals+funds > 0 {
		return fmt.Errorf("lots: %d incomes without their lot, %d lots and %d uses that are not the sum of their parts, %d movements without their uses, %d funds that hold something else than their lots", incomes, lots, uses, journals, funds)
	}
	return nil
}
