package documents

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

func insertBatch(ctx context.Context, tx bun.IDB, b *Batch) error {
	_, err := tx.NewInsert().Model(b).Exec(ctx)
	return err
}

// fillBatch fixes which papers are in a batch, numbered from 1 in the order of their making, and gives how many they are.
func fillBatch(ctx context.Context, tx bun.IDB, batch string, s Selection) (int64, error) {
	res, err := tx.NewRaw(`INSERT INTO documents_batch_items (batch, n, paper)
		SELECT ?, row_number() OVER (ORDER BY d.id), d.id FROM documents_papers AS d
		WHERE d.kind = ? AND d.state = 'issued' AND d.day >= ? AND d.day <= ?`, batch, s.Kind, s.From, s.To).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func countSelection(ctx context.Context, db bun.IDB, s Selection) (n int64, err error) {
	return n, db.NewRaw(`SELECT count(*) FROM documents_papers AS d WHERE d.kind = ? AND d.state = 'issued' AND d.day >= ? AND d.day <= ?`, s.Kind, s.From, s.To).Scan(ctx, &n)
}

func findBatch(ctx context.Context, db bun.IDB, id string) (*Batch, error) {
	b := new(Batch)
	return b, db.NewSelect().Model(b).Where("b.id = ?", id).Scan(ctx)
}

func listBatches(ctx context.Context, db bun.IDB, before string, limit int) (bs []Batch, err error) {
	q := db.NewSelect().Model(&bs).Order("b.id DESC").Limit(int64(limit))
	if before != "" {
		q = q.Where("b.id < ?", before)
	}
	return bs, q.Scan(ctx)
}

func listVolumes(ctx context.Context, db bun.IDB, batch string) (vs []Volume, err error) {
	return vs, db.NewSelect().Model(&vs).Where("v.batch = ?", batch).Order("v.n").Scan(ctx)
}

// batchPapers gives the papers of one volume in their order.
func batchPapers(ctx context.Context, db bun.IDB, batch string, after int64, limit int) (ds []Document, err error) {
	return ds, db.NewSelect().Model(&ds).Join("JOIN documents_batch_items AS i ON i.paper = d.id").
		Where("i.batch = ? AND i.n > ?", batch, after).Order("i.n").Limit(int64(limit)).Scan(ctx)
}

// insertVolume stores a finished volume, once.
func insertVolume(ctx context.Context, tx bun.IDB, v *Volume) (int64, error) {
	res, err := tx.NewInsert().Model(v).On("CONFLICT (batch, n) DO NOTHING").Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func finishBatch(ctx context.Context, tx bun.IDB, id string, at time.Time) error {
	_, err := tx.NewRaw("UPDATE documents_batches SET done_at = ? WHERE id = ? AND done_at IS NULL", at, id).Exec(ctx)
	return err
}
