// Package dbtest gives every test a fresh database of each kind.
//
// SQLite always runs. PostgreSQL runs when TEST_POSTGRES names a server, else that half is skipped loudly.
// All tests of a process share one migrated template: a copy of it takes a few milliseconds on both, while the
// migrations take 50 to 500. A database of its own, unlike a schema, also keeps ANALYZE and advisory locks apart.
package dbtest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"database/sql"

	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver

	"care/server/clock"
	"care/server/db"
	"care/server/queue"
	"care/server/testenv/servers"
)

// EachDB runs fn on a fresh SQLite file and on a fresh PostgreSQL database that hold the migrations of sets and the
// tables of the queue. The two run in parallel, after the calling test has returned; fn must not call t.Parallel.
func EachDB(t *testing.T, sets []fs.FS, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	each(t, func(t *testing.T, k kind) {
		fn(t, open(t, k, sets))
	})
}

// Each is EachDB without a database opened: fn gets the address of a migrated one, to open it more than once
// or to give it to a server process.
func Each(t *testing.T, sets []fs.FS, fn func(t *testing.T, dsn string)) {
	t.Helper()
	each(t, func(t *testing.T, k kind) { fn(t, k.copy(t, template(t, k, sets))) })
}

// EachEmpty is Each with databases that hold nothing.
func EachEmpty(t *testing.T, fn func(t *testing.T, dsn string)) {
	t.Helper()
	each(t, func(t *testing.T, k kind) { fn(t, k.empty(t)) })
}

// SQLite gives one fresh migrated SQLite database, where the kind does not matter.
func SQLite(t testing.TB, sets []fs.FS) *db.DB {
	t.Helper()
	return open(t, sqlite{}, sets)
}

// EmptyPostgres gives one PostgreSQL database that holds nothing, where only a server of its own will do.
func EmptyPostgres(t testing.TB) (dsn string) {
	t.Helper()
	return needPostgres(t).empty(t)
}

func needPostgres(t testing.TB) postgres {
	t.Helper()
	dsn := os.Getenv(servers.EnvPostgres)
	if dsn == "" {
		servers.Missing(t, servers.EnvPostgres+" names no PostgreSQL; `make test` or `go run ./server/testenv -- go test ./...` starts one")
	}
	return postgres{dsn}
}

func each(t *testing.T, fn func(t *testing.T, k kind)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, sqlite{})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		fn(t, needPostgres(t))
	})
}

func open(t testing.TB, k kind, sets []fs.FS) *db.DB {
	t.Helper()
	dsn := k.copy(t, template(t, k, sets))
	d, err := db.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := d.Close()
		if err != nil {
			t.Errorf("closing the database: %v", err)
		}
	})
	return d
}

// kind is one kind of database.
type kind interface {
	// empty gives the address of a fresh database, removed after the test.
	empty(t testing.TB) (dsn string)
	// freeze makes a template out of a migrated database that nobody has open.
	freeze(ctx context.Context, dsn string) (template any, err error)
	// scratch gives the address of a fresh database and what removes it; freeze may keep it.
	scratch(ctx context.Context) (dsn string, drop func() error, err error)
	// copy gives the address of a copy of a template, removed after the test.
	copy(t testing.TB, template any) (dsn string)
}

// templates are made once a process, for each kind and each list of migrations.
var templates struct {
	sync.Mutex
	made map[string]func() (any, error)
}

func template(t testing.TB, k kind, sets []fs.FS) any {
	t.Helper()
	h := sha256.New()
	fmt.Fprintf(h, "%T", k)
	for _, s := range sets {
		if s == nil {
			continue
		}
		err := fs.WalkDir(s, ".", func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := fs.ReadFile(s, p)
			fmt.Fprintf(h, "\n%s %d\n%s", p, len(b), b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	key := string(h.Sum(nil))
	templates.Lock()
	if templates.made == nil {
		templates.made = map[string]func() (any, error){}
	}
	do := templates.made[key]
	if do == nil {
		// Not the context of the test that happens to be the first: the template outlives it.
		do = sync.OnceValues(func() (any, error) { return migrated(context.Background(), k, sets) })
		templates.made[key] = do
	}
	templates.Unlock()
	made, err := do()
	if err != nil {
		t.Fatalf("migrating the template: %v", err)
	}
	return made
}

func migrated(ctx context.Context, k kind, sets []fs.FS) (any, error) {
	dsn, drop, err := k.scratch(ctx)
	if err != nil {
		return nil, err
	}
	d, err := db.Open(ctx, dsn)
	if err != nil {
		return nil, err
	}
	err = db.Migrate(ctx, d, sets...)
	if err == nil {
		err = queue.Migrate(ctx, d)
	}
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = drop() // the first error is the one that tells
		return nil, err
	}
	made, err := k.freeze(ctx, dsn)
	if err != nil {
		return nil, err
	}
	return made, drop()
}

// sqlite copies a file that it holds in memory.
type sqlite struct{}

func (sqlite) empty(t testing.TB) string {
	t.Helper()
	dir, err := servers.MakeDir("sqlite", false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := os.RemoveAll(dir)
		if err != nil {
			t.Error(err)
		}
	})
	return "sqlite:" + filepath.Join(dir, "test.db")
}

func (sqlite) scratch(context.Context) (string, func() error, error) {
	dir, err := servers.MakeDir("sqlite", false)
	return "sqlite:" + filepath.Join(dir, "template.db"), func() error { return os.RemoveAll(dir) }, err
}

func (sqlite) freeze(_ context.Context, dsn string) (any, error) {
	file := strings.TrimPrefix(dsn, "sqlite:")
	wal, err := os.Stat(file + "-wal")
	if err == nil && wal.Size() > 0 {
		return nil, fmt.Errorf("closing %s has left %d bytes in its log", file, wal.Size())
	}
	return os.ReadFile(file)
}

func (s sqlite) copy(t testing.TB, template any) string {
	t.Helper()
	dsn := s.empty(t)
	err := os.WriteFile(strings.TrimPrefix(dsn, "sqlite:"), template.([]byte), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return dsn
}

// postgres copies a database by its name.
type postgres struct{ admin string }

// namePrefix begins the name of every database of tests; then come its birth in Unix seconds and something unique.
const namePrefix = "care_test_"

// tooOld is the age at which a test's database belongs to a process that died.
const tooOld = 24 * time.Hour

var counter struct {
	sync.Mutex
	n int
}

// exec runs one statement on a connection of its own: there is nobody who could close a shared one.
func (p postgres) exec(ctx context.Context, query string) error {
	pool, err := sql.Open("pgx", p.admin)
	if err != nil {
		return err
	}
	defer pool.Close()
	_, err = pool.ExecContext(ctx, query)
	return err
}

func (p postgres) create(ctx context.Context, template string) (string, error) {
	counter.Lock()
	counter.n++
	n := counter.n
	counter.Unlock()
	if n == 1 {
		err := p.sweep(ctx)
		if err != nil {
			return "", err
		}
	}
	name := fmt.Sprintf("%s%d_%d_%d", namePrefix, clock.Now().Unix(), os.Getpid(), n)
	// FILE_COPY is four times as fast for a small template where nobody waits for the disk.
	err := p.exec(ctx, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s STRATEGY file_copy", name, template))
	return name, err
}

// sweep drops what processes that died have left.
func (p postgres) sweep(ctx context.Context) error {
	pool, err := sql.Open("pgx", p.admin)
	if err != nil {
		return err
	}
	defer pool.Close()
	rows, err := pool.QueryContext(ctx, "SELECT datname FROM pg_database WHERE datname LIKE 'care\\_test\\_%'")
	if err != nil {
		return err
	}
	defer rows.Close()
	var old []string
	for rows.Next() {
		var name string
		err := rows.Scan(&name)
		if err != nil {
			return err
		}
		born, err := strconv.ParseInt(strings.Split(strings.TrimPrefix(name, namePrefix), "_")[0], 10, 64)
		if err == nil && clock.Now().Sub(time.Unix(born, 0)) > tooOld {
			old = append(old, name)
		}
	}
	err = rows.Err()
	if err != nil {
		return err
	}
	slices.Sort(old)
	for _, name := range old {
		// Another process may be doing the same just now; what stays is dropped by the next one.
		_, _ = pool.ExecContext(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	}
	return nil
}

func (p postgres) dsn(name string) (string, error) {
	u, err := url.Parse(p.admin)
	if err != nil {
		return "", fmt.Errorf("%s is not a URL", servers.EnvPostgres)
	}
	u.Path = "/" + name
	return u.String(), nil
}

func (p postgres) fresh(t testing.TB, template string) string {
	t.Helper()
	name, err := p.create(t.Context(), template)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test's own context is over by now.
		err := p.exec(context.Background(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
		if err != nil {
			t.Error(err)
		}
	})
	dsn, err := p.dsn(name)
	if err != nil {
		t.Fatal(err)
	}
	return dsn
}

func (p postgres) empty(t testing.TB) string {
	t.Helper()
	return p.fresh(t, "template0")
}

func (p postgres) copy(t testing.TB, template any) string {
	t.Helper()
	return p.fresh(t, template.(string))
}

func (p postgres) scratch(ctx context.Context) (string, func() error, error) {
	name, err := p.create(ctx, "template0")
	if err != nil {
		return "", nil, err
	}
	dsn, err := p.dsn(name)
	return dsn, func() error { return nil }, err // it is the template; the next day's sweep drops it
}

func (p postgres) freeze(_ context.Context, dsn string) (any, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, err
	}
	return strings.TrimPrefix(u.Path, "/"), nil
}
