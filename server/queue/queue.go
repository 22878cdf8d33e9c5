// Package queue runs work that may wait: rows put in the act's own transaction and worked later, also by another server.
//
// It is River behind three words: Put, Worker, Daily. Work runs at least once, so it must be idempotent:
// a worker that is killed has its row worked again after RescueAfter.
package queue

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"care/server/clock"
	"care/server/db"
)

// RescueAfter is how long a row may be worked before another worker takes it over. A killed server's receipt is drawn
// by then at the latest; longer work puts further rows.
const RescueAfter = time.Minute

// nightFor is how long work of the night may take: a check of a million files takes more than an hour. It is taken over
// only after that.
const nightFor = 6 * time.Hour

// Worker is one kind of work: its name and what to do with the payload that Put stored.
type Worker struct {
	Kind string // module.verb, such as "documents.issue"
	Do   func(ctx context.Context, payload []byte) error
	// Within is how long one row may take; 0 is the usual 50 seconds. A row is not taken over before.
	Within time.Duration
}

// Daily is work by the clock.
type Daily struct {
	Kind string
	At   string // "02:30" Beijing time, or "" for Every
	// Every repeats within the day, for sealers and clocks; a second at the least.
	Every time.Duration
	Do    func(ctx context.Context) error
}

// Queue puts rows and works them.
type Queue struct {
	db     *db.DB
	client *river.Client[*sql.Tx]
	now    clock.Source
}

// row is the one River job: the kind travels inside, so that modules stay plain data.
type row struct {
	Kind_   string          `json:"kind"`
	Key     string          `json:"key" river:"unique"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// Kind names the River job.
func (row) Kind() string { return "care" }

// Migrate makes River's own tables.
func Migrate(ctx context.Context, d *db.DB) error {
	unlock, err := d.Lock(ctx, "queue")
	if err != nil {
		return err
	}
	defer unlock()
	m, err := rivermigrate.New(driver(d), nil)
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func driver(d *db.DB) riverdriver.Driver[*sql.Tx] {
	if d.Postgres() {
		return riverdatabasesql.New(d.Writer().DB)
	}
	return riversqlite.New(d.Writer().DB)
}

// New makes a queue that only puts; Start makes it work.
func New(d *db.DB, now clock.Source) (*Queue, error) {
	c, err := river.NewClient(driver(d), &river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	return &Queue{db: d, client: c, now: now}, nil
}

// Put stores work of a kind in the act's transaction; it is done after the commit, or never if the act fails.
// The key says what the work is about, for operators. Every row is worked, also a second one of the same kind and key:
// the first may be running, and may have read what was before this act.
func (q *Queue) Put(ctx context.Context, tx db.Tx, kind, key string, payload any) error {
	return q.PutAll(ctx, tx, kind, []Item{{Key: key, Payload: payload}})
}

// Item is one row for PutAll.
type Item struct {
	Key     string
	Payload any
}

// PutFirst stores work that goes before all other that waits, such as money that came: a thousand receipts to be drawn do not
// hold it up.
func (q *Queue) PutFirst(ctx context.Context, tx db.Tx, kind, key string, payload any) error {
	return q.put(ctx, tx, kind, first, []Item{{Key: key, Payload: payload}})
}

// PutAll stores many rows of a kind at once.
func (q *Queue) PutAll(ctx context.Context, tx db.Tx, kind string, items []Item) error {
	return q.put(ctx, tx, kind, usual, items)
}

// Priorities of rows; the clock's own work is as urgent as what goes first.
const (
	first = 1
	usual = 2
)

func (q *Queue) put(ctx context.Context, tx db.Tx, kind string, priority int, items []Item) error {
	ps := make([]river.InsertManyParams, 0, len(items))
	for _, it := range items {
		r := row{Kind_: kind, Key: kind + "/" + it.Key}
		if it.Payload != nil {
			b, err := json.Marshal(it.Payload)
			if err != nil {
				return fmt.Errorf("queue %s: %w", kind, err)
			}
			r.Payload = b
		}
		ps = append(ps, river.InsertManyParams{Args: r, InsertOpts: &river.InsertOpts{
			Priority:    priority,
			MaxAttempts: 1000, // an object store may be away for a day; giving up is a person's decision
		}})
	}
	if len(ps) == 0 {
		return nil
	}
	_, err := q.client.InsertManyFastTx(ctx, tx.Tx.Tx, ps)
	if err != nil {
		return fmt.Errorf("queue %s: %w", kind, err)
	}
	return nil
}

type worker struct {
	river.WorkerDefaults[row]
	kinds  map[string]func(ctx context.Context, payload []byte) error
	within map[string]time.Duration // kinds with their own time; 0 is the usual
	log    *slog.Logger
}

func (w *worker) Work(ctx context.Context, job *river.Job[row]) error {
	do := w.kinds[job.Args.Kind_]
	if do == nil {
		return fmt.Errorf("queue: no worker for %q", job.Args.Kind_)
	}
	return do(ctx, job.Args.Payload)
}

// Timeout bounds one row; long work puts further rows instead.
func (w *worker) Timeout(job *river.Job[row]) time.Duration {
	if d := w.within[job.Args.Kind_]; d > 0 {
		return d
	}
	return RescueAfter - 10*time.Second
}

// NextRetry waits 1, 2, 4 … seconds, at most a minute: an absent store must not hold a receipt for hours.
func (w *worker) NextRetry(job *river.Job[row]) time.Time {
	return clock.Now().Add(min(time.Second<<min(job.Attempt, 6), time.Minute))
}

// failures logs each failed try with its kind, never with the payload.
type failures struct{ log *slog.Logger }

func (f failures) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	f.log.Warn("queued work failed, will be tried again", "job", job.ID, "attempt", job.Attempt, "err", err)
	return nil
}

func (f failures) HandlePanic(ctx context.Context, job *rivertype.JobRow, v any, trace string) *river.ErrorHandlerResult {
	f.log.Error("queued work panicked", "job", job.ID, "panic", fmt.Sprint(v), "trace", trace)
	return nil
}

// Start works rows with at most n at a time until ctx ends; the returned func waits for what runs.
func (q *Queue) Start(ctx context.Context, n int, workers []Worker, dailies []Daily, log *slog.Logger) (stop func(context.Context) error, err error) {
	w := &worker{kinds: map[string]func(context.Context, []byte) error{}, within: map[string]time.Duration{}, log: log}
	for _, k := range workers {
		if w.kinds[k.Kind] != nil {
			return nil, fmt.Errorf("queue: two workers for %q", k.Kind)
		}
		w.kinds[k.Kind], w.within[k.Kind] = k.Do, k.Within
	}
	var periodic []*river.PeriodicJob
	for _, d := range dailies {
		if w.kinds[d.Kind] != nil {
			return nil, fmt.Errorf("queue: two workers for %q", d.Kind)
		}
		if d.At != "" {
			w.within[d.Kind] = nightFor
		}
		w.kinds[d.Kind] = func(ctx context.Context, _ []byte) error { return d.Do(ctx) }
		sched, err := schedule(d)
		if err != nil {
			return nil, err
		}
		periodic = append(periodic, river.NewPeriodicJob(sched, func() (river.JobArgs, *river.InsertOpts) {
			return row{Kind_: d.Kind, Key: d.Kind}, &river.InsertOpts{MaxAttempts: 3, UniqueOpts: river.UniqueOpts{
				ByArgs:  true,
				ByState: []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled},
			}}
		}, &river.PeriodicJobOpts{ID: "care_" + idOf(d.Kind), RunOnStart: d.Every > 0}))
	}
	ws := river.NewWorkers()
	if err := river.AddWorkerSafely(ws, w); err != nil {
		return nil, err
	}
	c, err := river.NewClient(driver(q.db), &river.Config{
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: n}},
		Workers:              ws,
		PeriodicJobs:         periodic,
		FetchCooldown:        50 * time.Millisecond,
		FetchPollInterval:    500 * time.Millisecond,
		RescueStuckJobsAfter: RescueAfter,
		ErrorHandler:         failures{log},
		Logger:               slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	if err := c.Start(ctx); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		if err := c.Stop(ctx); err != nil && !errors.Is(err, context.Canceled) {
			return c.StopAndCancel(context.WithoutCancel(ctx))
		}
		return nil
	}, nil
}

func idOf(kind string) string {
	b := []byte(kind)
	for i := range b {
		if b[i] == '.' {
			b[i] = '_'
		}
	}
	return string(b)
}

type every time.Duration

func (e every) Next(t time.Time) time.Time { return t.Add(time.Duration(e)) }

type daily struct{ h, m int }

func (d daily) Next(t time.Time) time.Time {
	b := t.In(clock.Beijing)
	next := time.Date(b.Year(), b.Month(), b.Day(), d.h, d.m, 0, 0, clock.Beijing)
	if !next.After(t) {
		next = next.AddDate(0, 0, 1)
	}
	return next
}

func schedule(d Daily) (river.PeriodicSchedule, error) {
	if d.At == "" {
		if d.Every < time.Second {
			return nil, fmt.Errorf("queue: %s must name a time or repeat at most once a second", d.Kind)
		}
		return every(d.Every), nil
	}
	t, err := time.Parse("15:04", d.At)
	if err != nil {
		return nil, fmt.Errorf("queue: %s: %w", d.Kind, err)
	}
	return daily{t.Hour(), t.Minute()}, nil
}

// Waiting counts rows that are not done yet and those that gave up.
func Waiting(ctx context.Context, d *db.DB) (waiting, dead int64, err error) {
	err = d.NewRaw(`SELECT coalesce(sum(CASE WHEN state IN ('available','pending','running','retryable','scheduled') THEN 1 ELSE 0 END), 0),
		coalesce(sum(CASE WHEN state = 'discarded' THEN 1 ELSE 0 END), 0) FROM river_job`).Scan(ctx, &waiting, &dead)
	return waiting, dead, err
}

// Settle works what waits until nothing is left and then stops; for seeding, commands and tests.
func (q *Queue) Settle(ctx context.Context, workers []Worker) error {
	stop, err := q.Start(ctx, 8, workers, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		n, _, err := Waiting(ctx, q.db)
		if err != nil || n == 0 {
			return errors.Join(err, stop(context.WithoutCancel(ctx)))
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), stop(context.WithoutCancel(ctx)))
		case <-tick.C:
		}
	}
}
