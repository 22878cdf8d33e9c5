package relief

import (
	"context"

	"github.com/uptrace/bun"

	"care/server/money"
)

func listKinds(ctx context.Context, db bun.IDB) (ks []Kind, err error) {
	return ks, db.NewSelect().Model(&ks).Order("k.place").Scan(ctx)
}

func updateKind(ctx context.Context, tx bun.IDB, code string, limit money.Fen, active bool) (int64, error) {
	res, err := tx.NewRaw("UPDATE relief_kinds SET cap = ?, active = ? WHERE code = ?", limit, active, code).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func findSetting(ctx context.Context, db bun.IDB, s Setting) (n int64, err error) {
	return n, db.NewRaw("SELECT value FROM relief_settings WHERE name = ?", s).Scan(ctx, &n)
}

func updateSetting(ctx context.Context, tx bun.IDB, s Setting, n int64) error {
	_, err := tx.NewRaw("UPDATE relief_settings SET value = ? WHERE name = ?", n, s).Exec(ctx)
	return err
}

func listYears(ctx context.Context, db bun.IDB) (ys []Year, err error) {
	return ys, db.NewSelect().Model(&ys).Order("y.year").Scan(ctx)
}

func upsertYear(ctx context.Context, tx bun.IDB, y *Year) error {
	_, err := tx.NewInsert().Model(y).On("CONFLICT (year) DO UPDATE").Set("off_days = EXCLUDED.off_days, work_days = EXCLUDED.work_days, source = EXCLUDED.source").Exec(ctx)
	return err
}

func insertAny(ctx context.Context, tx bun.IDB, row any) error {
	_, err := tx.NewInsert().Model(row).Exec(ctx)
	return err
}
