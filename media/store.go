package media

import (
	"context"

	"github.com/uptrace/bun"
)

func insertFiles(ctx context.Context, tx bun.IDB, fs []File) error {
	_, err := tx.NewInsert().Model(&fs).Exec(ctx)
	return err
}

func listFiles(ctx context.Context, db bun.IDB, subject string) (fs []File, err error) {
	return fs, db.NewSelect().Model(&fs).Where("f.subject = ? AND f.removed_at IS NULL", subject).Order("f.id").Scan(ctx)
}

func findFile(ctx context.Context, db bun.IDB, id string) (*File, error) {
	f := new(File)
	return f, db.NewSelect().Model(f).Where("f.id = ? AND f.removed_at IS NULL", id).Scan(ctx)
}

func hasObject(ctx context.Context, db bun.IDB, key Key) (bool, error) {
	var n int
	err := db.NewRaw("SELECT count(*) FROM (SELECT 1 FROM media_files WHERE object = ? LIMIT 1) AS t", key).Scan(ctx, &n)
	return n > 0, err
}

func removeFile(ctx context.Context, tx bun.IDB, f *File) (int64, error) {
	res, err := tx.NewRaw("UPDATE media_files SET removed_at = ? WHERE id = ? AND removed_at IS NULL", f.RemovedAt, f.ID).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// pageFiles gives files in the order of their ids, for checks that walk over all of them.
func pageFiles(ctx context.Context, db bun.IDB, after string, limit int) (fs []File, err error) {
	return fs, db.NewSelect().Model(&fs).Where("f.id > ?", after).Order("f.id").Limit(int64(limit)).Scan(ctx)
}
