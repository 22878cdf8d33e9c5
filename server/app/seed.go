package app

import (
	"context"
	"errors"

	"care/server/db"
)

// Seeded tells whether the database holds demonstration data, whatever the environment says: then every page and paper must say so.
func Seeded(ctx context.Context, d *db.DB) (bool, error) {
	var n int
	err := d.NewRaw("SELECT count(*) FROM web_settings WHERE name = 'demo'").Scan(ctx, &n)
	return n > 0, db.Fault(err)
}

// ErrHalfSeeded says that loading the demonstration data was interrupted once; what is there cannot be trusted.
var ErrHalfSeeded = errors.New("the demonstration data was loaded by half only: begin again with an empty database")

// BeginSeed marks the database as a demonstration; false says that it holds people, or a demonstration, already.
// The caller holds the lock "seed", so a mark that is not complete was left by a process that died.
func BeginSeed(ctx context.Context, d *db.DB) (bool, error) {
	var half int
	if err := d.NewRaw("SELECT count(*) FROM web_settings WHERE name = 'demo' AND value <> 'complete'").Scan(ctx, &half); err != nil {
		return false, db.Fault(err)
	}
	if half > 0 {
		return false, ErrHalfSeeded
	}
	res, err := d.Writer().NewRaw("INSERT INTO web_settings (name, value) SELECT 'demo', 'begun' WHERE NOT EXISTS (SELECT 1 FROM identity_people) AND NOT EXISTS (SELECT 1 FROM web_settings WHERE name = 'demo') ON CONFLICT (name) DO NOTHING").Exec(ctx)
	if err != nil {
		return false, db.Fault(err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// EndSeed notes that the demonstration data is complete.
func EndSeed(ctx context.Context, d *db.DB) error {
	_, err := d.Writer().NewRaw("UPDATE web_settings SET value = 'complete' WHERE name = 'demo'").Exec(ctx)
	return db.Fault(err)
}
