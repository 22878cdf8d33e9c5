package relief

import (
	"context"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/db"
)

// Helped counts the households that have received aid, for the public start page.
func (s *Relief) Helped(ctx context.Context) (int, error) {
	n, err := countHelped(ctx, s.db)
	return n, db.Fault(err)
}

// HelpedIn counts who was paid out of funds in a period, by county, as a transaction or a reader sees it; nil funds are all.
func (s *Relief) HelpedIn(ctx context.Context, tx bun.IDB, funds []string, from, to clock.Day) ([]HelpedCounty, error) {
	cs, err := listHelped(ctx, tx, funds, from, to)
	return cs, db.Fault(err)
}
