package queue

import (
	"context"

	"care/server/clock"
	"care/server/db"
)

// Note keeps how far a long work is: done of total. It is a lease's note and no act: it may be behind, and a work that
// begins again begins its note again.
func Note(ctx context.Context, d *db.DB, id string, done, total int) error {
	_, err := d.Writer().NewRaw(`INSERT INTO web_progress (id, done, total, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET done = EXCLUDED.done, total = EXCLUDED.total, at = EXCLUDED.at`, id, done, total, clock.Now().UnixMicro()).Exec(ctx)
	return db.Fault(err)
}

// Noted tells how far a long work is; nothing is noted yet: 0 of 0.
func Noted(ctx context.Context, d *db.DB, id string) (done, total int, err error) {
	var rows []struct{ Done, Total int }
	err = d.NewRaw("SELECT done, total FROM web_progress WHERE id = ?", id).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return 0, 0, db.Fault(err)
	}
	return rows[0].Done, rows[0].Total, nil
}
