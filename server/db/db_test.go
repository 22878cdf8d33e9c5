package db_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5/pgconn"

	"care/server/clock"
	"care/server/db"
	"care/server/db/dbtest"
	"care/server/fault"
)

func sets() []fs.FS {
	return []fs.FS{fstest.MapFS{"20261201000000_dbtest_create.tx.up.sql": {Data: []byte(
		"CREATE TABLE dbtest_rows (id text PRIMARY KEY, at {{.time}}, n bigint NOT NULL CHECK (n >= 0));")}}}
}

func insert(ctx context.Context, tx db.Tx, id string) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO dbtest_rows (id, at, n) VALUES (?, ?, 0)", id, tx.Now)
	return err
}

func count(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	if err := d.NewRaw("SELECT count(*) FROM dbtest_rows").Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTransactionIsRunAgainWhenTheDatabaseAsksForIt(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		runs := 0
		err := d.InTx(t.Context(), clock.Now, func(ctx context.Context, tx db.Tx) error {
			runs++
			if err := insert(ctx, tx, "a"); err != nil {
				return err
			}
			if runs < 3 {
				return &pgconn.PgError{Code: "40001"}
			}
			return nil
		})
		if err != nil || runs != 3 || count(t, d) != 1 {
			t.Errorf("%d runs, %d rows, %v", runs, count(t, d), err)
		}
		runs = 0
		broken := errors.New("broken")
		if err := d.InTx(t.Context(), clock.Now, func(context.Context, db.Tx) error { runs++; return broken }); !errors.Is(err, broken) || runs != 1 {
			t.Errorf("another error was run %d times, %v", runs, err)
		}
	})
}

func TestDriverErrorsBecomeFaultsByTheirCode(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		one := func(ctx context.Context, tx db.Tx) error { return insert(ctx, tx, "a") }
		if err := d.InTx(t.Context(), clock.Now, one); err != nil {
			t.Fatal(err)
		}
		if err := d.InTx(t.Context(), clock.Now, one); fault.KindOf(err) != fault.Conflict {
			t.Errorf("the same key again: %v", err)
		}
		var n int
		if err := db.Fault(d.NewRaw("SELECT n FROM dbtest_rows WHERE id = 'none'").Scan(t.Context(), &n)); fault.KindOf(err) != fault.NotFound {
			t.Errorf("no row: %v", err)
		}
		err := d.InTx(t.Context(), clock.Now, func(ctx context.Context, tx db.Tx) error {
			return db.One(tx.ExecContext(ctx, "UPDATE dbtest_rows SET n = 1 WHERE id = 'none'"))
		})
		if fault.CodeOf(err) != "db.changed" {
			t.Errorf("an update without a row: %v", err)
		}
		own := fault.New(fault.Unfunded, "x")
		if !errors.Is(db.Fault(own), own) {
			t.Error("a fault does not stay what it is")
		}
	})
}

func TestPageIsCutWithItsCursor(t *testing.T) {
	t.Parallel()
	id := func(s string) string { return s }
	if p := db.Cut([]string{"c", "b", "a"}, 2, id); len(p.Rows) != 2 || p.Next != "b" {
		t.Errorf("page = %+v", p)
	}
	if p := db.Cut([]string{"c", "b"}, 2, id); len(p.Rows) != 2 || p.Next != "" {
		t.Errorf("last page = %+v", p)
	}
}

func TestAddressOfTheDatabaseIsNeverInAnError(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{"postgres://u:hidden@%zz/x", "mysql://u:hidden@h/x", "hidden"} {
		if _, err := db.Open(t.Context(), dsn); err == nil || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}
