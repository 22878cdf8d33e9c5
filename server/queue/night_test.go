package queue_test

import (
	"context"
	"io/fs"
	"log/slog"
	"testing"
	"time"

	"care/server/clock"
	"care/server/db"
	"care/server/db/dbtest"
	"care/server/queue"
	"care/server/web"
)

// work puts one row for each kind, works until n calls came in, and gives how long each of them was allowed to take.
func work(t *testing.T, d *db.DB, dailies []queue.Daily, workers []queue.Worker, kinds []string, got chan time.Duration) []time.Duration {
	t.Helper()
	q, err := queue.New(d, clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds {
		if err := d.InTx(t.Context(), clock.Now, func(ctx context.Context, tx db.Tx) error { return q.Put(ctx, tx, k, "1", nil) }); err != nil {
			t.Fatal(err)
		}
	}
	stop, err := q.Start(t.Context(), 1, workers, dailies, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var out []time.Duration
	for range kinds {
		select {
		case left := <-got:
			out = append(out, left)
		case <-time.After(30 * time.Second):
			t.Fatalf("%d of %d rows were worked", len(out), len(kinds))
		}
	}
	if err := stop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
	return out
}

func allowed(ctx context.Context) time.Duration {
	end, ok := ctx.Deadline()
	if !ok {
		return -1
	}
	return end.Sub(clock.Now())
}

func TestWorkOfTheNightMayTakeHoursAndARowMinutes(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, []fs.FS{web.Migrations()}, func(t *testing.T, d *db.DB) {
		got := make(chan time.Duration, 1)
		do := func(ctx context.Context) error { got <- allowed(ctx); return nil }
		night := []queue.Daily{{Kind: "t.night", At: "03:10", Do: do}}
		row := []queue.Worker{{Kind: "t.row", Do: func(ctx context.Context, _ []byte) error { return do(ctx) }}}
		if left := work(t, d, night, nil, []string{"t.night"}, got)[0]; left < 2*time.Hour {
			t.Errorf("the check of a million files has %v", left)
		}
		if left := work(t, d, nil, row, []string{"t.row"}, got)[0]; left < queue.RescueAfter/2 || left > queue.RescueAfter {
			t.Errorf("a row has %v", left)
		}
	})
}

// A row that is put while another of its key runs must not be lost: the running one may have read the old state already.
func TestEveryRowThatIsPutIsWorked(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, []fs.FS{web.Migrations()}, func(t *testing.T, d *db.DB) {
		got := make(chan time.Duration, 2)
		row := []queue.Worker{{Kind: "t.row", Do: func(context.Context, []byte) error { got <- 0; return nil }}}
		work(t, d, nil, row, []string{"t.row", "t.row"}, got)
	})
}
