package dbtest_test

import (
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"

	"care/server/db"
	"care/server/db/dbtest"
)

// thirty is a set of migrations of the size of a small platform.
func thirty() []fs.FS {
	m := fstest.MapFS{}
	for i := range 30 {
		m[fmt.Sprintf("202601010000%02d_box_%02d.tx.up.sql", i, i)] = &fstest.MapFile{Data: []byte(fmt.Sprintf(
			"CREATE TABLE box_%02d (id text PRIMARY KEY, at {{.time}} NOT NULL, n bigint NOT NULL);\n"+
				"CREATE INDEX box_%02d_at ON box_%02d (at);", i, i, i))}
	}
	return []fs.FS{m, nil}
}

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	for i := range 3 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			dbtest.EachDB(t, thirty(), func(t *testing.T, d *db.DB) {
				_, err := d.Writer().ExecContext(t.Context(), "INSERT INTO box_07 (id, at, n) VALUES ('one', '2026-01-01', 1)")
				if err != nil {
					t.Fatal(err)
				}
				var n int
				err = d.QueryRowContext(t.Context(), "SELECT count(*) FROM box_07").Scan(&n)
				if err != nil || n != 1 {
					t.Errorf("%d rows, %v", n, err)
				}
				err = d.QueryRowContext(t.Context(), "SELECT count(*) FROM river_job").Scan(&n)
				if err != nil || n != 0 {
					t.Errorf("%d rows of work, %v", n, err)
				}
			})
		})
	}
}

func TestOtherMigrationsMakeAnotherTemplate(t *testing.T) {
	t.Parallel()
	other := []fs.FS{fstest.MapFS{"20260101000000_lid_make.tx.up.sql": {Data: []byte("CREATE TABLE lid (id text PRIMARY KEY)")}}}
	dbtest.EachDB(t, other, func(t *testing.T, d *db.DB) {
		_, err := d.ExecContext(t.Context(), "SELECT id FROM lid")
		if err != nil {
			t.Error(err)
		}
		_, err = d.ExecContext(t.Context(), "SELECT id FROM box_07")
		if err == nil {
			t.Error("a table of other migrations is there")
		}
	})
}

func TestAnAddressCanBeOpenedTwice(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, thirty(), func(t *testing.T, dsn string) {
		for i := range 2 {
			d, err := db.Open(t.Context(), dsn)
			if err != nil {
				t.Fatal(err)
			}
			// What the template holds counts as migrated.
			err = db.Migrate(t.Context(), d, thirty()...)
			if err != nil {
				t.Error(err)
			}
			var n int
			err = d.QueryRowContext(t.Context(), "SELECT count(*) FROM box_00").Scan(&n)
			if err != nil || n != i {
				t.Errorf("%d rows, %v; want %d", n, err, i)
			}
			_, err = d.Writer().ExecContext(t.Context(), "INSERT INTO box_00 (id, at, n) VALUES (?, '2026-01-01', 1)", fmt.Sprint(i))
			if err != nil {
				t.Error(err)
			}
			err = d.Close()
			if err != nil {
				t.Error(err)
			}
		}
	})
}

func TestEmptyMeansEmpty(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, dsn string) {
		d, err := db.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		_, err = d.ExecContext(t.Context(), "SELECT 1 FROM river_job")
		if err == nil {
			t.Error("an empty database holds the queue's tables")
		}
	})
}

// BenchmarkFreshDatabase tells what a test pays, beside the migrations that it does not run.
func BenchmarkFreshDatabase(b *testing.B) {
	b.Run("sqlite copy", func(b *testing.B) {
		for b.Loop() {
			d := dbtest.SQLite(b, thirty())
			if err := d.PingContext(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
