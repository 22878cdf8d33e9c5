package donations

import (
	"context"

	"github.com/uptrace/bun"

	"care/server/money"
)

func listWaitingGifts(ctx context.Context, db bun.IDB, ids []string) (out []string, err error) {
	return out, db.NewSelect().Table("donations_gifts").Column("id").Where("id IN (?) AND state IN (?)", bun.List(ids), bun.List(next[Arrived])).Scan(ctx, &out)
}

type channelSum struct {
	Channel string
	N       int
	Amount  money.Fen
}

func sumChannels(ctx context.Context, db bun.IDB) (rs []channelSum, err error) {
	return rs, db.NewRaw(`SELECT channel, count(*) AS n, coalesce(sum(amount), 0) AS amount FROM donations_arrivals WHERE channel <> '' AND state = 'confirmed' GROUP BY channel`).Scan(ctx, &rs)
}
