package audit_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/uptrace/bun"

	"care/modules/audit"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/db/dbtest"
	"care/server/fault"
)

// sets adds a table of our own to the record's, so that acts have something to change.
func sets() []fs.FS {
	t := &audit.Trail{}
	return []fs.FS{t.Module().Migrations, fstest.MapFS{"20261201090001_audittest_create.tx.up.sql": {Data: []byte(
		"CREATE TABLE audittest_rows (id text PRIMARY KEY, n bigint NOT NULL);\nINSERT INTO audittest_rows VALUES ('a', 0);")}}}
}

var (
	may   = access.Perm{Name: "audittest.act"}
	clerk = access.Actor{ID: "p1", Perms: []string{"audittest.act"}}
)

func raise(ctx context.Context, tx bun.IDB) error {
	_, err := tx.ExecContext(ctx, "UPDATE audittest_rows SET n = n + 1 WHERE id = 'a'")
	return err
}

func value(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	if err := d.NewRaw("SELECT n FROM audittest_rows WHERE id = 'a'").Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func entries(t *testing.T, trail *audit.Trail) []audit.Entry {
	t.Helper()
	p, err := trail.Entries(t.Context(), audit.Filter{}, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	return p.Rows
}

func TestChangeAndEntryAreOneTransaction(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		trail := audit.New(d, clock.Now)
		err := trail.Do(t.Context(), audit.Act{Actor: clerk, Need: may, Verb: "audittest.raise", Subject: "a"}, func(ctx context.Context, tx *audit.Tx) error {
			tx.Public("by", 1)
			tx.Private("why", "private words")
			return raise(ctx, tx)
		})
		if err != nil {
			t.Fatal(err)
		}
		es := entries(t, trail)
		if len(es) != 1 || es[0].Actor != "p1" || es[0].Verb != "audittest.raise" || es[0].Subject != "a" || es[0].Public != `{"by":1}` {
			t.Fatalf("entries = %+v", es)
		}
		if want, err := audit.Commit(es[0].Salt, map[string]any{"why": "private words"}); err != nil || es[0].Commitment != want {
			t.Errorf("the commitment does not fit the private facts: %v", err)
		}
		broken := errors.New("broken")
		err = trail.Do(t.Context(), audit.Act{Actor: clerk, Need: may, Verb: "audittest.raise", Subject: "a"}, func(ctx context.Context, tx *audit.Tx) error {
			if err := raise(ctx, tx); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) || value(t, d) != 1 || len(entries(t, trail)) != 1 {
			t.Errorf("a failed act left something: err %v, value %d", err, value(t, d))
		}
	})
}

func TestActWithoutPermissionChangesNothing(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		trail := audit.New(d, clock.Now)
		for _, who := range []access.Actor{access.Public(""), {ID: "p2"}} {
			err := trail.Do(t.Context(), audit.Act{Actor: who, Need: may, Verb: "audittest.raise", Subject: "a"}, func(ctx context.Context, tx *audit.Tx) error { return raise(ctx, tx) })
			if k := fault.KindOf(err); k != fault.Forbidden && k != fault.SignIn {
				t.Errorf("%s: %v", who.ID, err)
			}
		}
		if value(t, d) != 0 || len(entries(t, trail)) != 0 {
			t.Error("a refused act left something")
		}
	})
}

func TestKeyLetsAnActHappenOnce(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		trail := audit.New(d, clock.Now)
		const n = 24
		errs := make([]error, n)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				errs[i] = trail.Do(t.Context(), audit.Act{Actor: clerk, Need: may, Verb: "audittest.raise", Key: "raise/a", Input: "x"}, func(ctx context.Context, tx *audit.Tx) error {
					tx.Subject("a")
					return raise(ctx, tx)
				})
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if ref, again := fault.IsAgain(err); !again || ref != "a" {
				t.Errorf("a loser is told %v", err)
			}
		}
		if won != 1 || value(t, d) != 1 || len(entries(t, trail)) != 1 {
			t.Errorf("%d won, value %d", won, value(t, d))
		}
		err := trail.Do(t.Context(), audit.Act{Actor: clerk, Need: may, Verb: "audittest.raise", Key: "raise/a", Input: "y"}, func(ctx context.Context, tx *audit.Tx) error { return raise(ctx, tx) })
		if fault.CodeOf(err) != "audit.key_reused" || value(t, d) != 1 {
			t.Errorf("another input under a used key: %v", err)
		}
		if _, err := trail.Check(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// The control shows that the race above is real: without the key every press counts.
func TestWithoutKeyEveryPressCounts(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		trail := audit.New(d, clock.Now)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if err := trail.Do(t.Context(), audit.Act{Actor: clerk, Need: may, Verb: "audittest.raise", Subject: "a"}, func(ctx context.Context, tx *audit.Tx) error { return raise(ctx, tx) }); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if value(t, d) != 8 {
			t.Errorf("value = %d, want 8", value(t, d))
		}
	})
}

func TestFailedActFreesItsKey(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		trail := audit.New(d, clock.Now)
		act := audit.Act{Actor: clerk, Need: may, Verb: "audittest.raise", Subject: "a", Key: "k"}
		if err := trail.Do(t.Context(), act, func(context.Context, *audit.Tx) error { return fault.New(fault.Unfunded, "x") }); fault.KindOf(err) != fault.Unfunded {
			t.Fatal(err)
		}
		if err := trail.Do(t.Context(), act, func(ctx context.Context, tx *audit.Tx) error { return raise(ctx, tx) }); err != nil {
			t.Errorf("after a failure the same act is refused: %v", err)
		}
	})
}

func TestBatchAnswersEachActByItself(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		trail := audit.New(d, clock.Now)
		acts := make([]audit.Act, 6)
		for i := range acts {
			acts[i] = audit.Act{Actor: clerk, Need: may, Verb: "audittest.raise", Subject: fmt.Sprint("s", i), Key: fmt.Sprint("k", i)}
		}
		acts[3].Key = "k1"                         // pressed twice
		acts[4].Actor = access.Actor{ID: "nobody"} // may not
		errs := trail.DoAll(t.Context(), acts, func(ctx context.Context, tx *audit.Tx, live []int) error {
			for _, i := range live {
				if i == 2 {
					return fault.New(fault.Unfunded, "audittest.bad")
				}
				tx.At(i).Public("i", i)
				if err := raise(ctx, tx); err != nil {
					return err
				}
			}
			return nil
		})
		want := []string{"", "", "audittest.bad", "audit.again", "access.forbidden", ""}
		for i, w := range want {
			if got := fault.CodeOf(errs[i]); got != w {
				t.Errorf("act %d: %q (%v), want %q", i, got, errs[i], w)
			}
		}
		if value(t, d) != 3 || len(entries(t, trail)) != 3 {
			t.Errorf("value %d, entries %d, want 3 of each", value(t, d), len(entries(t, trail)))
		}
	})
}

func TestEntriesCannotBeChanged(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		trail := audit.New(d, clock.Now)
		if err := trail.Saw(t.Context(), clerk, may, "a", "id_no", "check"); err != nil {
			t.Fatal(err)
		}
		for _, q := range []string{"UPDATE audit_entries SET actor = 'x'", "DELETE FROM audit_entries"} {
			if _, err := d.Writer().ExecContext(t.Context(), q); err == nil {
				t.Errorf("%q is accepted", q)
			}
		}
	})
}

func TestReadingHandleCannotWrite(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		if _, err := d.ExecContext(t.Context(), "UPDATE audittest_rows SET n = 5"); err == nil {
			t.Error("the reading handle writes")
		}
		if value(t, d) != 0 {
			t.Error("the reading handle changed a row")
		}
	})
}
