package relief

import (
	"context"

	"care/server/db"
)

// Helped counts the households that have received aid, for the public start page.
func (s *Relief) Helped(ctx context.Context) (int, error) {
	n, err := countHelped(ctx, s.db)
	return n, db.Fault(err)
}
