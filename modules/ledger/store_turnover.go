package ledger

import (
	"context"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/money"
)

// Turn is what one kind of movement did to a fund: before a period or in it.
type Turn struct {
	Fund         string
	Kind         Kind
	Source, Dest Bucket
	Earlier      int // 1 before the period, 0 in it
	N            int
	Amount       money.Fen
}

// Booked is what was booked in a period from one account to another.
type Booked struct {
	Fund          string // "" for entries of no fund
	Class         string // of an expense, "" for others and for aid paid before classes were kept
	Debit, Credit string
	N             int
	Amount        money.Fen
}

// sumTurns sums the moves of funds up to a day; no funds are all.
func sumTurns(ctx context.Context, db bun.IDB, funds []string, from, to clock.Day) (ts []Turn, err error) {
	q := db.NewSelect().TableExpr("ledger_moves AS m").Join("JOIN ledger_journals AS j ON j.id = m.journal").
		ColumnExpr("m.fund, j.kind, m.source, m.dest, CASE WHEN j.day < ? THEN 1 ELSE 0 END AS earlier, count(*) AS n, sum(m.amount) AS amount", from).
		Where("j.day <= ?", to).GroupExpr("1, 2, 3, 4, 5").OrderExpr("1, 2, 3, 4, 5")
	if funds != nil {
		q = q.Where("m.fund IN (?)", bun.List(funds))
	}
	return ts, q.Scan(ctx, &ts)
}

// sumBooked sums the postings of funds in a period; no funds are all.
func sumBooked(ctx context.Context, db bun.IDB, funds []string, from, to clock.Day) (bs []Booked, err error) {
	q := db.NewSelect().TableExpr("ledger_postings AS p").Join("JOIN ledger_journals AS j ON j.id = p.journal").
		ColumnExpr("coalesce(p.fund, '') AS fund, j.class, p.debit, p.credit, count(*) AS n, sum(p.amount) AS amount").
		Where("j.day BETWEEN ? AND ?", from, to).GroupExpr("1, 2, 3, 4").OrderExpr("1, 2, 3, 4")
	if funds != nil {
		q = q.Where("p.fund IN (?)", bun.List(funds))
	}
	return bs, q.Scan(ctx, &bs)
}
