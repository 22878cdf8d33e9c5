package ledger

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/db"
	"care/server/money"
)

// Vouchers lists the accounting entries that a filter chooses, the newest day first.
func (l *Ledger) Vouchers(ctx context.Context, f Filter, before string, size int) (db.Page[Voucher], error) {
	day, id, _ := strings.Cut(before, ".")
	vs, err := listVouchers(ctx, l.db, f, clock.Day(day), id, size+1)
	return db.Cut(vs, size, func(v Voucher) string { return string(v.Day) + "." + v.ID }), db.Fault(err)
}

// EachVoucher gives all vouchers that a filter chooses to fn, in the order of their days, and their number and sum.
func (l *Ledger) EachVoucher(ctx context.Context, f Filter, fn func(Voucher) error) (n int, sum money.Fen, err error) {
	var last Voucher
	for {
		vs, err := nextVouchers(ctx, l.db, f, last.Day, last.ID, many)
		if err != nil {
			return n, sum, db.Fault(err)
		}
		for _, v := range vs {
			if err := fn(v); err != nil {
				return n, sum, err
			}
			n++
			sum += v.Amount
		}
		if len(vs) < many {
			return n, sum, nil
		}
		last = vs[len(vs)-1]
	}
}

// Voucher gives one accounting entry and the journal that takes it back, or "".
func (l *Ledger) Voucher(ctx context.Context, id string) (v *Voucher, by string, err error) {
	if v, err = findVoucher(ctx, l.db, id); err != nil {
		return nil, "", db.Fault(err)
	}
	by, err = findReversal(ctx, l.db, id)
	return v, by, db.Fault(err)
}

// Month gives the balances of all accounts by a month such as "2026-11".
func (l *Ledger) Month(ctx context.Context, month string) (*Month, error) {
	from, to, err := monthDays(month)
	if err != nil {
		return nil, err
	}
	m := &Month{Name: month, From: from, To: to}
	return m, db.Fault(l.db.Snapshot(ctx, func(ctx context.Context, tx bun.IDB) error { return fillMonth(ctx, tx, m) }))
}

func fillMonth(ctx context.Context, tx bun.IDB, m *Month) error {
	as, err := listAccounts(ctx, tx)
	if err != nil {
		return err
	}
	bs, err := sumBookings(ctx, tx, m.From[:4]+"-01-01", m.From, m.To)
	if err != nil {
		return err
	}
	fold(m, as, bs)
	return nil
}

// months lists the months from the first journal to today's, newest first.
func (l *Ledger) months(ctx context.Context) ([]string, error) {
	first, err := firstDay(ctx, l.db)
	if err != nil {
		return nil, db.Fault(err)
	}
	today := clock.DayOf(l.trail.Now()())
	if first == "" || first > today {
		first = today
	}
	var out []string
	for d := today[:8] + "01"; d >= first[:8]+"01"; d = d.Add(-1)[:8] + "01" {
		out = append(out, string(d[:7]))
	}
	return out, nil
}
