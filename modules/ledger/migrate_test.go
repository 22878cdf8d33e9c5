package ledger_test

import (
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/uptrace/bun"

	"care/modules/audit"
	"care/modules/ledger"
	"care/modules/moduletest"
	"care/server/clock"
	"care/server/db"
	"care/server/db/dbtest"
	"care/server/queue"
)

// until gives the migrations of the books up to a stamp, as an older program had them.
func until(t *testing.T, stamp string) fs.FS {
	t.Helper()
	all := (&ledger.Ledger{}).Module().Migrations
	old := fstest.MapFS{}
	names, err := fs.Glob(all, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if n > stamp {
			continue
		}
		b, err := fs.ReadFile(all, n)
		if err != nil {
			t.Fatal(err)
		}
		old[n] = &fstest.MapFile{Data: b}
	}
	return old
}

const oldHead = "20261201999999"

// oldBooks are journals as the first form of the books wrote them: kind, ref, fund, amount, what it reverses.
var oldBooks = []struct {
	id, kind, ref, fund, source, dest string
	amount                            int
	reverses, debit, credit           string
}{
	{"j01", "receive", "donation/1", "f1", "", "available", 100, "", "1002", "410102"},
	{"j02", "receive", "donation/2", "f1", "", "available", 250, "", "1002", "410102"},
	{"j03", "receive", "donation/3", "f2", "", "available", 40, "", "1002", "410101"},
	{"j04", "receive", "donation/4", "f1", "", "available", 60, "", "1002", "410102"},
	{"j05", "refund", "donation/2", "f1", "available", "", 250, "j02", "410102", "1002"},
	{"j06", "reserve", "notice/1", "f1", "available", "reserved", 130, "", "", ""},
	{"j07", "unreserve", "notice/1", "f1", "reserved", "available", 10, "", "", ""},
	{"j08", "commit", "award/1", "f1", "reserved", "committed", 120, "", "", ""},
	{"j09", "disburse", "payment/1", "f1", "committed", "disbursed", 70, "", "5101", "1002"},
	{"j10", "disburse", "payment/2", "f1", "committed", "disbursed", 50, "", "5101", "1002"},
	{"j11", "return", "payment/1", "f1", "disbursed", "committed", 70, "j09", "1002", "5101"},
	{"j12", "disburse", "payment/3", "f1", "committed", "disbursed", 70, "", "5101", "1002"},
	{"j12c", "recover", "payment/2", "f1", "disbursed", "available", 30, "", "1002", "5101"},
	{"j13", "uncommit", "award/2", "f2", "committed", "available", 5, "", "", ""}, // out of an earlier commit, below
}

func writeOldBooks(t *testing.T, d *db.DB) {
	t.Helper()
	do := func(q string, args ...any) {
		t.Helper()
		if _, err := d.Writer().ExecContext(t.Context(), q, args...); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	now := clock.Now()
	do("INSERT INTO ledger_funds (id, code, name, kind, purpose, opened_at, available, reserved, committed, disbursed) VALUES ('f1', 'A', 'A', 'restricted', 'A', ?, 70, 0, 0, 90), ('f2', 'B', 'B', 'unrestricted', 'B', ?, 40, 0, 0, 0)", now, now)
	for _, j := range oldBooks {
		if j.id == "j13" {
			do("INSERT INTO ledger_journals (id, kind, ref, day, at, reason) VALUES ('j12a', 'reserve', 'notice/2', '2026-11-03', ?, ''), ('j12b', 'commit', 'award/2', '2026-11-03', ?, '')", now, now)
			do("INSERT INTO ledger_moves (id, journal, fund, source, dest, amount) VALUES ('mj12a', 'j12a', 'f2', 'available', 'reserved', 5), ('mj12b', 'j12b', 'f2', 'reserved', 'committed', 5)")
		}
		var reverses any
		if j.reverses != "" {
			reverses = j.reverses
		}
		do("INSERT INTO ledger_journals (id, kind, ref, day, at, reason, reverses) VALUES (?, ?, ?, '2026-11-02', ?, 'why', ?)", j.id, j.kind, j.ref, now, reverses)
		do("INSERT INTO ledger_moves (id, journal, fund, source, dest, amount) VALUES (?, ?, ?, ?, ?, ?)", "m"+j.id, j.id, j.fund, j.source, j.dest, j.amount)
		if j.debit != "" {
			do("INSERT INTO ledger_postings (id, journal, fund, debit, credit, amount) VALUES (?, ?, ?, ?, ?, ?)", "p"+j.id, j.id, j.fund, j.debit, j.credit, j.amount)
		}
	}
}

func TestBooksOfTheFirstFormMigrateWhole(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, dsn string) {
		d, err := db.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if err := db.Migrate(t.Context(), d, until(t, oldHead)); err != nil {
			t.Fatal(err)
		}
		writeOldBooks(t, d)
		things := parts(t, d)
		// What a reader has seen of the old tables must not stay in its way.
		var n int
		if err := d.NewRaw("SELECT count(*) FROM ledger_postings WHERE fund IS NULL").Scan(t.Context(), &n); err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(t.Context(), d, moduletest.Sets()...); err != nil {
			t.Fatal(err)
		}
		if err := queue.Migrate(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		for table, want := range map[string]int{"ledger_journals": len(oldBooks) + 2, "ledger_moves": len(oldBooks) + 2, "ledger_postings": 10} {
			if err := d.NewRaw("SELECT count(*) FROM ?", bun.Ident(table)).Scan(t.Context(), &n); err != nil || n != want {
				t.Errorf("%s holds %d rows, want %d (%v)", table, n, want, err)
			}
		}
		now := parts(t, d)
		for p := range things {
			if !now[p] {
				t.Errorf("%s is gone", p)
			}
		}
		intact(t, d)

		f := moduletest.New(t, d)
		f.Check(t)
		for gift, want := range map[string]accounts{"donation/1": {"payment/2": 50, "payment/3": 40}, "donation/2": {"donation/2": 250}, "donation/3": {}, "donation/4": {}} {
			if got := went(t, f, gift); !maps.Equal(got, want) {
				t.Errorf("%s went to %v, want %v", gift, got, want)
			}
		}
		// The new kinds are accepted, unknown ones still refused; both before and after the database is opened again.
		for i := range 2 {
			if _, err := post(t.Context(), f, ledger.Entry{Kind: ledger.Suspend, Ref: fmt.Sprint("line/", i), Amount: 7}); err != nil {
				t.Errorf("a new kind: %v", err)
			}
			for _, q := range []string{
				"INSERT INTO ledger_journals (id, kind, ref, day, at, reason) SELECT 'x', 'unknown', 'x', day, at, '' FROM ledger_journals WHERE id = 'j01'",
				"INSERT INTO ledger_journals (id, kind, ref, day, at, reason, class) SELECT 'x', 'spend', 'x', day, at, '', 'unknown' FROM ledger_journals WHERE id = 'j01'",
				"INSERT INTO ledger_postings (id, journal, fund, debit, credit, amount) VALUES ('x', 'j01', 'none', '1002', '2209', 1)",
				"INSERT INTO ledger_postings (id, journal, debit, credit, amount) VALUES ('x', 'none', '1002', '2209', 1)",
				"INSERT INTO ledger_moves (id, journal, fund, source, dest, amount) VALUES ('x', 'none', 'f1', '', 'available', 1)",
				"DELETE FROM ledger_journals", "UPDATE ledger_postings SET amount = 1",
			} {
				if _, err := d.Writer().ExecContext(t.Context(), q); err == nil {
					t.Errorf("%s is accepted", q)
				}
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			if d, err = db.Open(t.Context(), dsn); err != nil {
				t.Fatal(err)
			}
			f.DB, f.Trail = d, audit.New(d, f.Clock.Now)
			f.Funds = ledger.New(d, f.Trail)
		}
		intact(t, d)
		if _, err := f.Funds.Check(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// parts names the tables, indexes, triggers and foreign keys of the books.
func parts(t *testing.T, d *db.DB) map[string]bool {
	t.Helper()
	q := "SELECT type || ' ' || name FROM sqlite_schema WHERE tbl_name LIKE 'ledger_%' UNION SELECT 'key ' || m.name || ' ' || f.\"table\" || ' ' || f.\"from\" FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS f WHERE m.name LIKE 'ledger_%'"
	if d.Postgres() {
		q = `SELECT 'index ' || indexname FROM pg_indexes WHERE tablename LIKE 'ledger_%' UNION SELECT 'trigger ' || tgname FROM pg_trigger WHERE tgname LIKE 'ledger_%' UNION SELECT 'constraint ' || conname FROM pg_constraint WHERE conname LIKE 'ledger_%'`
	}
	var names []string
	if err := d.NewRaw(q).Scan(t.Context(), &names); err != nil {
		t.Fatal(err)
	}
	if len(names) < 12 {
		t.Fatalf("only %d parts: %v", len(names), names)
	}
	out := map[string]bool{}
	for _, n := range names {
		out[n] = true
	}
	return out
}

// intact asks SQLite to look at itself; PostgreSQL has kept its promises while it altered the tables.
func intact(t *testing.T, d *db.DB) {
	t.Helper()
	if d.Postgres() {
		return
	}
	var said []string
	if err := d.Writer().NewRaw("PRAGMA integrity_check").Scan(t.Context(), &said); err != nil || strings.Join(said, "") != "ok" {
		t.Errorf("integrity_check: %v, %v", said, err)
	}
	rows, err := d.Writer().QueryContext(t.Context(), "PRAGMA foreign_key_check")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		t.Error("foreign_key_check finds a row without its parent")
	}
	if err := rows.Err(); err != nil {
		t.Error(err)
	}
}
