package relief

import (
	"context"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/money"
)

// countHelped counts the persons to whom at least one award is paid now.
func countHelped(ctx context.Context, db bun.IDB) (n int, err error) {
	return n, db.NewRaw(`SELECT count(DISTINCT c.person_id) FROM relief_awards AS a JOIN relief_cases AS c ON c.id = a.case_id WHERE a.state = 'paid'`).Scan(ctx, &n)
}

// HelpedCounty is how many households of a county received aid in a period.
type HelpedCounty struct {
	Name       string
	Households int
	Amount     money.Fen
}

// listHelped counts by county what the bank has paid in a period out of funds; no funds are all.
func listHelped(ctx context.Context, db bun.IDB, funds []string, from, to clock.Day) (cs []HelpedCounty, err error) {
	q := db.NewSelect().TableExpr("relief_payments AS p").Join("JOIN relief_awards AS a ON a.id = p.award_id").Join("JOIN relief_cases AS c ON c.id = p.case_id").
		Join("JOIN network_areas AS n ON n.code = substr(c.area_path, 9, 6)"). // "/530300/530326/…"
		ColumnExpr("n.name, count(DISTINCT c.person_id) AS households, sum(p.amount) AS amount").
		Where("p.state = 'succeeded' AND p.paid_on BETWEEN ? AND ?", from, to).GroupExpr("n.code, n.name").OrderExpr("n.code")
	if funds != nil {
		q = q.Where("a.fund IN (?)", bun.List(funds))
	}
	return cs, q.Scan(ctx, &cs)
}
