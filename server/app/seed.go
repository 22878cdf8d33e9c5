package app

import (
	"context"

	"care/server/db"
)

// Seeded tells whether the database holds demonstration data, whatever the environment says: then every page and paper must say so.
func Seeded(ctx context.Context, d *db.DB) (bool, error) {
	var n int
	err := d.NewRaw("SELECT count(*) FROM web_settings WHERE name = 'demo'").Scan(ctx, &n)
	return n > 0, db.Fault(err)
}

// BeginSeed marks the database as a demonstration; false says that it holds people, or a demonstration, already.
func BeginSeed(ctx context.Context, d *db.DB) (bool, error) {
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
