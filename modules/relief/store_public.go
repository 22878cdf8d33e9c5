package relief

import (
	"context"

	"github.com/uptrace/bun"
)

// countHelped counts the persons to whom at least one award is paid now.
func countHelped(ctx context.Context, db bun.IDB) (n int, err error) {
	return n, db.NewRaw(`SELECT count(DISTINCT c.person_id) FROM relief_awards AS a JOIN relief_cases AS c ON c.id = a.case_id WHERE a.state = 'paid'`).Scan(ctx, &n)
}
