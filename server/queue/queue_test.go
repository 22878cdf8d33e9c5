package queue_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"care/server/clock"
	"care/server/db"
	"care/server/db/dbtest"
	"care/server/queue"
	"care/server/web"
)

func sets() []fs.FS { return []fs.FS{web.Migrations()} }

func put(t *testing.T, d *db.DB, q *queue.Queue, kind, key string, payload any, fail error) error {
	t.Helper()
	return d.InTx(t.Context(), clock.Now, func(ctx context.Context, tx db.Tx) error {
		if err := q.Put(ctx, tx, kind, key, payload); err != nil {
			return err
		}
		return fail
	})
}

func newQueue(t *testing.T, d *db.DB) *queue.Queue {
	t.Helper()
	q, err := queue.New(d, clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestWorkIsDoneAfterTheActAndNeverWithoutIt(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		q := newQueue(t, d)
		broken := errors.New("broken")
		if err := put(t, d, q, "t.work", "lost", "lost", broken); !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if err := put(t, d, q, "t.work", "kept", "kept", nil); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var got []string
		err := q.Settle(t.Context(), []queue.Worker{{Kind: "t.work", Do: func(_ context.Context, p []byte) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, string(p))
			return nil
		}}})
		if err != nil || len(got) != 1 || got[0] != `"kept"` {
			t.Errorf("worked %q, %v", got, err)
		}
	})
}

func TestWhatGoesFirstIsNotHeldUpByWhatWaits(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		q := newQueue(t, d)
		for range 20 {
			if err := put(t, d, q, "t.work", "usual", "usual", nil); err != nil {
				t.Fatal(err)
			}
		}
		err := d.InTx(t.Context(), clock.Now, func(ctx context.Context, tx db.Tx) error { return q.PutFirst(ctx, tx, "t.work", "first", "first") })
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan string, 21)
		stop, err := q.Start(t.Context(), 1, []queue.Worker{{Kind: "t.work", Do: func(_ context.Context, p []byte) error {
			got <- string(p)
			return nil
		}}}, nil, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if one := <-got; one != `"first"` {
			t.Errorf("worked %s first", one)
		}
		if err := stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
}

func TestWorkThatFailsOrPanicsIsTriedAgain(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		q := newQueue(t, d)
		for _, k := range []string{"error", "panic"} {
			if err := put(t, d, q, "t.work", k, k, nil); err != nil {
				t.Fatal(err)
			}
		}
		var tries [2]atomic.Int64
		err := q.Settle(t.Context(), []queue.Worker{{Kind: "t.work", Do: func(_ context.Context, p []byte) error {
			if string(p) == `"panic"` {
				if tries[1].Add(1) == 1 {
					panic("once")
				}
				return nil
			}
			if tries[0].Add(1) == 1 {
				return errors.New("once")
			}
			return nil
		}}})
		if err != nil || tries[0].Load() != 2 || tries[1].Load() != 2 {
			t.Errorf("tries %d and %d, %v", tries[0].Load(), tries[1].Load(), err)
		}
	})
}

func TestTwoServersWorkEachRowOnce(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		q := newQueue(t, d)
		const n = 60
		items := make([]queue.Item, n)
		for i := range items {
			items[i] = queue.Item{Key: string(rune('a' + i)), Payload: i}
		}
		err := d.InTx(t.Context(), clock.Now, func(ctx context.Context, tx db.Tx) error { return q.PutAll(ctx, tx, "t.work", items) })
		if err != nil {
			t.Fatal(err)
		}
		var done atomic.Int64
		all := make(chan struct{})
		w := []queue.Worker{{Kind: "t.work", Do: func(context.Context, []byte) error {
			if done.Add(1) == n {
				close(all)
			}
			return nil
		}}}
		var stops []func(context.Context) error
		for range 2 {
			stop, err := newQueue(t, d).Start(t.Context(), 4, w, nil, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			stops = append(stops, stop)
		}
		select {
		case <-all:
		case <-time.After(time.Minute):
			t.Errorf("only %d of %d rows within a minute", done.Load(), n)
		}
		for _, stop := range stops {
			if err := stop(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if got := done.Load(); got != n {
			t.Errorf("%d rows were worked %d times", n, got)
		}
		if waiting, dead, err := queue.Waiting(t.Context(), d); err != nil || waiting != 0 || dead != 0 {
			t.Errorf("%d wait, %d given up, %v", waiting, dead, err)
		}
	})
}

func TestClockRunsItsWork(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		ran := make(chan struct{}, 10)
		stop, err := newQueue(t, d).Start(t.Context(), 2, nil, []queue.Daily{{Kind: "t.daily", Every: time.Hour, Do: func(context.Context) error {
			ran <- struct{}{}
			return nil
		}}}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-ran:
		case <-time.After(time.Minute):
			t.Error("the work did not run at the start")
		}
		if err := stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestWrongClocksAndTwoWorkersOfAKindStopTheStart(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, sets())
	w := queue.Worker{Kind: "t.work", Do: func(context.Context, []byte) error { return nil }}
	none := func(context.Context) error { return nil }
	for name, c := range map[string]struct {
		w []queue.Worker
		d []queue.Daily
	}{
		"two workers":    {w: []queue.Worker{w, w}},
		"no time":        {d: []queue.Daily{{Kind: "a", Do: none}}},
		"wrong time":     {d: []queue.Daily{{Kind: "a", At: "25:99", Do: none}}},
		"work and clock": {w: []queue.Worker{w}, d: []queue.Daily{{Kind: "t.work", At: "03:00", Do: none}}},
	} {
		if _, err := newQueue(t, d).Start(t.Context(), 1, c.w, c.d, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s: the queue starts", name)
		}
	}
}

func TestProgressIsNotedAndBeginsAgain(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		if done, total, err := queue.Noted(t.Context(), d, "x"); done != 0 || total != 0 || err != nil {
			t.Errorf("nothing noted: %d of %d, %v", done, total, err)
		}
		for _, n := range []int{10, 5} {
			if err := queue.Note(t.Context(), d, "x", n, 20); err != nil {
				t.Fatal(err)
			}
			if done, total, err := queue.Noted(t.Context(), d, "x"); done != n || total != 20 || err != nil {
				t.Errorf("noted %d: %d of %d, %v", n, done, total, err)
			}
		}
	})
}
