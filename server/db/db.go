// Package db opens the database and hides what differs between SQLite and PostgreSQL.
//
// A DB has two handles. The reading one cannot write: SQLite opens it query_only, PostgreSQL with
// default_transaction_read_only. The writing one is reached only through InTx, which the gate (modules/audit) calls.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/migrate"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"care/server/clock"
	"care/server/fault"
)

// DB is one database: embedded, it reads; writing goes through InTx.
type DB struct {
	*bun.DB // the reading handle
	w       *bun.DB
	pg      bool
	dsn     string
}

// building is the scheme of an SQLite file that is thrown away unless it becomes complete: nobody waits for the disk.
const building = "sqlite-building:"

// Open opens the database named by dsn: "sqlite:<file>" or "postgres://…".
// The number of PostgreSQL connections of this process is at most conns for reading and conns for writing.
func Open(ctx context.Context, dsn string) (*DB, error) {
	const conns = 12
	switch {
	case strings.HasPrefix(dsn, "sqlite:"), strings.HasPrefix(dsn, building):
		file := strings.TrimPrefix(strings.TrimPrefix(dsn, "sqlite:"), building)
		sync := ""
		if strings.HasPrefix(dsn, building) {
			sync = "synchronous(OFF)"
		}
		w, err := sqliteHandle(file, "immediate", sync)
		if err != nil {
			return nil, err
		}
		// One writer: sixteen writers wait for each other in SQLite's unfair busy handler (slowest call 800 ms, not 40).
		w.SetMaxOpenConns(1)
		if err := w.PingContext(ctx); err != nil {
			return nil, fmt.Errorf("open %s: %w", file, err)
		}
		r, err := sqliteHandle(file, "deferred", "query_only(ON)")
		if err != nil {
			return nil, err
		}
		r.SetMaxOpenConns(8)
		d := &DB{DB: bun.NewDB(r, sqlitedialect.New()), w: bun.NewDB(w, sqlitedialect.New()), dsn: dsn}
		return d, r.PingContext(ctx)
	case strings.HasPrefix(dsn, "postgres:"), strings.HasPrefix(dsn, "postgresql:"):
		u, err := url.Parse(dsn)
		if err != nil {
			return nil, errors.New("open: the PostgreSQL address is not a URL") // never the cause: it holds the password
		}
		q := u.Query()
		// bun writes arguments into the text, so preparing each statement would double the round trips.
		q.Set("default_query_exec_mode", "simple_protocol")
		q.Set("timezone", "UTC")
		u.RawQuery = q.Encode()
		w, err := sql.Open("pgx", u.String())
		if err != nil {
			return nil, err
		}
		q.Set("default_transaction_read_only", "on")
		u.RawQuery = q.Encode()
		r, err := sql.Open("pgx", u.String())
		if err != nil {
			return nil, err
		}
		for _, h := range []*sql.DB{w, r} {
			h.SetMaxOpenConns(conns)
			h.SetMaxIdleConns(conns)
			h.SetConnMaxIdleTime(5 * time.Minute)
		}
		d := &DB{DB: bun.NewDB(r, pgdialect.New()), w: bun.NewDB(w, pgdialect.New()), pg: true, dsn: dsn}
		if err := w.PingContext(ctx); err != nil {
			return nil, err
		}
		return d, r.PingContext(ctx)
	}
	return nil, errors.New(`open: the database address must begin with "sqlite:" or "postgres:"`)
}

func sqliteHandle(file, lock, extra string) (*sql.DB, error) {
	q := url.Values{}
	q.Set("_txlock", lock)
	q.Add("_pragma", "busy_timeout(10000)") // must come before journal_mode
	q.Add("_pragma", "journal_mode(WAL)")
	if !strings.HasPrefix(extra, "synchronous") {
		q.Add("_pragma", "synchronous(FULL)") // loses nothing at power loss
	}
	q.Add("_pragma", "foreign_keys(ON)")
	q.Add("_pragma", "cache_size(-16000)")
	q.Add("_pragma", "journal_size_limit(67108864)")
	q.Set("_time_format", "sqlite")
	if extra != "" {
		q.Add("_pragma", extra)
	}
	return sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?"+q.Encode())
}

// Close closes both handles.
func (d *DB) Close() error { return errors.Join(d.DB.Close(), d.w.Close()) }

// Postgres tells which database this is; only server/db and server/queue may care.
func (d *DB) Postgres() bool { return d.pg }

// Writer gives the writing handle to the frame: session rows, queue leases. Modules never see it.
func (d *DB) Writer() *bun.DB { return d.w }

// Tx is a transaction with one fixed time.
type Tx struct {
	bun.Tx
	Now time.Time // UTC, microseconds
}

// Today gives the civil date of the act in China.
func (tx Tx) Today() clock.Day { return clock.DayOf(tx.Now) }

// InTx runs fn in one transaction and commits it. It runs fn again when the database asks for it
// (serialisation failure, deadlock, busy), so fn must not change anything outside the transaction.
func (d *DB) InTx(ctx context.Context, now clock.Source, fn func(ctx context.Context, tx Tx) error) error {
	const tries = 8
	for try := 1; ; try++ {
		err := d.w.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			return fn(ctx, Tx{Tx: tx, Now: now().UTC().Truncate(time.Microsecond)})
		})
		if err == nil || try == tries || !retryable(err) {
			return Fault(err)
		}
		wait := time.Duration(1+rand.IntN(1<<min(try, 6))) * time.Millisecond
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// Snapshot lets fn ask several questions about one moment: what is committed meanwhile is not seen. It cannot write.
func (d *DB) Snapshot(ctx context.Context, fn func(ctx context.Context, db bun.IDB) error) error {
	return Fault(d.RunInTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, func(ctx context.Context, tx bun.Tx) error { return fn(ctx, tx) }))
}

func retryable(err error) bool {
	if e := (*pgconn.PgError)(nil); errors.As(err, &e) {
		return e.Code == "40001" || e.Code == "40P01"
	}
	if e := (*sqlite.Error)(nil); errors.As(err, &e) {
		return e.Code()&0xff == sqlite3.SQLITE_BUSY
	}
	return false
}

// Fault turns a driver's error into a fault that callers understand; it decides by code, never by text.
// A fault stays what it is.
func Fault(err error) error {
	var (
		pg *pgconn.PgError
		lt *sqlite.Error
		f  *fault.Error
	)
	switch {
	case err == nil, errors.As(err, &f):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return fault.Wrap(fault.NotFound, "db.not_found", err)
	case errors.As(err, &pg):
		switch pg.Code {
		case "23505": // unique_violation
			return fault.Wrap(fault.Conflict, "db.conflict", err)
		case "22021", "22P05": // text that PostgreSQL cannot store (NUL, broken UTF-8)
			return fault.Wrap(fault.Invalid, "form.text", err)
		case "57P01", "57P02", "57P03", "53300": // shutting down, starting up, too many connections
			return fault.Wrap(fault.Unavailable, "db.away", err)
		}
	case errors.As(err, &lt):
		switch lt.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return fault.Wrap(fault.Conflict, "db.conflict", err)
		case sqlite3.SQLITE_FULL:
			return fault.Wrap(fault.Unavailable, "db.full", err)
		}
	}
	var ce *pgconn.ConnectError
	if errors.As(err, &ce) {
		return fault.Wrap(fault.Unavailable, "db.away", err)
	}
	return err
}

// Migrate applies the migrations of all modules, oldest name first, and then gathers statistics:
// a foreign key planned on an empty parent costs PostgreSQL 360 times as much.
// A database that holds migrations unknown to this program is newer than it and is refused.
func Migrate(ctx context.Context, d *DB, sets ...fs.FS) error {
	ms := migrate.NewMigrations()
	seen := map[string]bool{}
	for _, s := range sets {
		if s == nil {
			continue
		}
		names, err := fs.Glob(s, "*.sql")
		if err != nil {
			return err
		}
		for _, n := range names {
			if seen[n] {
				return fmt.Errorf("migrate: two modules have a file %s", n)
			}
			seen[n] = true
		}
		if err := ms.Discover(s); err != nil {
			return err
		}
	}
	words := map[string]any{"time": "timestamp", "json": "text", "pg": false, "bigserial": "integer PRIMARY KEY AUTOINCREMENT", "bytes": "blob"}
	if d.pg {
		words = map[string]any{"time": "timestamptz", "json": "jsonb", "pg": true, "bigserial": "bigserial PRIMARY KEY", "bytes": "bytea"}
	}
	// bun marks a migration only after its transaction: a server killed in between would never start again. So it is
	// marked inside too, and bun's own mark, which finds that one, changes nothing.
	mark := migrate.AfterMigration(func(ctx context.Context, tx bun.IConn, one *migrate.Migration) error {
		_, err := tx.ExecContext(ctx, d.w.QueryGen().FormatQuery("INSERT INTO bun_migrations (name, group_id) VALUES (?, ?)", one.Name, one.GroupID))
		return err
	})
	m := migrate.NewMigrator(d.w, ms, migrate.WithMarkAppliedOnSuccess(true), migrate.WithUpsert(true), migrate.WithTemplateData(words), mark)
	unlock, err := d.Lock(ctx, "migrate")
	if err != nil {
		return err
	}
	defer unlock()
	if err := m.Init(ctx); err != nil {
		return err
	}
	missing, err := m.MissingMigrations(ctx)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return fmt.Errorf("migrate: the database is newer than this program: it holds %s", missing)
	}
	group, err := m.Migrate(ctx)
	if err != nil {
		return err
	}
	if len(group.Migrations) == 0 {
		return nil
	}
	return d.Analyze(ctx)
}

// Lock lets one server at a time do what name says, such as changing tables when several start at once; the others
// wait. It ends with unlock, or with the connection. SQLite serves one server only and needs none.
func (d *DB) Lock(ctx context.Context, name string) (unlock func(), err error) {
	if !d.pg {
		return func() {}, nil
	}
	conn, err := d.w.Conn(ctx)
	if err != nil {
		return nil, err
	}
	key := "hashtext(current_schema() || '/care/' || ?)"
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock("+key+")", name); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() {
		// Also when ctx is over; what cannot be unlocked any more lost its connection, and the lock with it.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock("+key+")", name)
		_ = conn.Close()
	}, nil
}

// Analyze gathers the statistics that query plans need; call it after bulk imports.
func (d *DB) Analyze(ctx context.Context) error {
	_, err := d.w.ExecContext(ctx, "ANALYZE")
	return err
}

// One tells whether a conditional UPDATE or DELETE hit exactly one row; with no row, somebody was faster.
func One(res sql.Result, err error) error {
	if err != nil {
		return Fault(err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	if n != 1 {
		return fault.New(fault.Conflict, "db.changed")
	}
	return nil
}

// Page is one page of a keyset list: newest first, no offsets, no total.
type Page[T any] struct {
	Rows []T
	Next string // cursor of the next page, "" at the end
}

// Cut makes a page out of at most size+1 rows.
func Cut[T any](rows []T, size int, id func(T) string) Page[T] {
	if len(rows) <= size {
		return Page[T]{Rows: rows}
	}
	return Page[T]{Rows: rows[:size], Next: id(rows[size-1])}
}

// Like escapes a person's words for a LIKE pattern with ESCAPE '\'.
func Like(s string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(s)
}
