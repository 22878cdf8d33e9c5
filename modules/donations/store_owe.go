package donations

import (
	"context"

	"github.com/uptrace/bun"
)

func listStanding(ctx context.Context, db bun.IDB, ids []string) (gs []Gift, err error) {
	return gs, db.NewSelect().Model(&gs).Where("g.id IN (?)", bun.List(ids)).Scan(ctx)
}
