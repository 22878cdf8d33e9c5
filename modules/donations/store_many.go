package donations

import (
	"context"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/money"
)

type standRow struct {
	ID string
	Stand
}

func listStands(ctx context.Context, db bun.IDB, gifts []string) (rs []standRow, err error) {
	return rs, db.NewRaw(`SELECT id, state, number, amount, fund FROM donations_gifts WHERE id IN (?)`, bun.List(gifts)).Scan(ctx, &rs)
}

type recordedRow struct{ Gift, ID string }

func listRecorded(ctx context.Context, db bun.IDB, gifts []string) (rs []recordedRow, err error) {
	return rs, db.NewRaw(`SELECT gift, id FROM donations_arrivals WHERE gift IN (?) AND state = 'recorded'`, bun.List(gifts)).Scan(ctx, &rs)
}

type twinRow struct {
	NameIndex string
	Amount    money.Fen
	Day       clock.Day
}

func listTwins(ctx context.Context, db bun.IDB, names []string) (rs []twinRow, err error) {
	return rs, db.NewRaw(`SELECT DISTINCT g.name_index, a.amount, a.day FROM donations_gifts AS g JOIN donations_arrivals AS a ON a.gift = g.id AND a.state <> 'rejected'
		WHERE g.name_index IN (?)`, bun.List(names)).Scan(ctx, &rs)
}

func listUsedRefs(ctx context.Context, db bun.IDB, refs []string) (used []string, err error) {
	return used, db.NewRaw(`SELECT bank_ref FROM donations_arrivals WHERE bank_ref IN (?) AND state <> 'rejected'`, bun.List(refs)).Scan(ctx, &used)
}
