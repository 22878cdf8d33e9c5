package ledger

import (
	"context"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/db"
)

// Turnover gives what happened to funds until and in a period, by the day of business; nil asks for all funds. It reads
// the journals and not the balances, so the same period gives the same figures later, unless somebody books into it.
func (l *Ledger) Turnover(ctx context.Context, tx bun.IDB, funds []string, from, to clock.Day) ([]Turn, []Booked, error) {
	if funds != nil && len(funds) == 0 {
		return nil, nil, nil
	}
	ts, err := sumTurns(ctx, tx, funds, from, to)
	if err != nil {
		return nil, nil, db.Fault(err)
	}
	bs, err := sumBooked(ctx, tx, funds, from, to)
	return ts, bs, db.Fault(err)
}

// BookedIn gives what was booked in a period between accounts; nil asks for all funds, and for what belongs to none.
func (l *Ledger) BookedIn(ctx context.Context, tx bun.IDB, funds []string, from, to clock.Day) ([]Booked, error) {
	bs, err := sumBooked(ctx, tx, funds, from, to)
	return bs, db.Fault(err)
}
