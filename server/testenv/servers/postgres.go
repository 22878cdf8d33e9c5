package servers

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Postgres is a throw-away PostgreSQL cluster.
type Postgres struct {
	server
	DSN string // of its superuser and its database "care"
}

// FindPostgres gives the folder with PostgreSQL's programs: that of the postgres in PATH, or Debian's newest.
func FindPostgres() (string, error) {
	p, err := exec.LookPath("postgres")
	if err == nil {
		p, err = filepath.EvalSymlinks(p)
		return filepath.Dir(p), err
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("there is no PostgreSQL server in PATH or /usr/lib/postgresql (Debian: apt-get install postgresql)")
	}
	version := func(p string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(p)))) // 0 for an odd name, which comes last
		return n
	}
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	return filepath.Dir(found[0]), nil
}

// NewPostgres makes a cluster and starts it. A durable one writes as in production (fsync, synchronous commit),
// for tests that kill it and for benchmarks; else it forgets about power failures and is faster.
func NewPostgres(ctx context.Context, durable bool) (*Postgres, error) {
	bin, err := FindPostgres()
	if err != nil {
		return nil, err
	}
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	dir, err := MakeDir("postgres", durable)
	if err != nil {
		return nil, err
	}
	p := &Postgres{server: server{name: "PostgreSQL", dir: dir, port: port}}
	err = p.create(ctx, bin, durable)
	if err != nil {
		_ = p.Stop() // the first error is the one that tells
		return nil, err
	}
	return p, nil
}

// create makes the cluster and its database.
func (p *Postgres) create(ctx context.Context, bin string, durable bool) error {
	pass := secret()
	err := os.WriteFile(filepath.Join(p.dir, "pass"), []byte(pass), 0o644)
	if err != nil {
		return err
	}
	data := filepath.Join(p.dir, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "care", "-A", "password",
		"--pwfile", filepath.Join(p.dir, "pass"), "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	initdb.Dir = p.dir
	err = unprivileged(initdb, p.dir)
	if err != nil {
		return err
	}
	out, err := initdb.CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	dsn := func(db string) string {
		return fmt.Sprintf("postgres://care:%s@127.0.0.1:%d/%s?sslmode=disable", pass, p.port, db)
	}
	p.DSN = dsn("care")
	args := []string{"-D", data, "-p", strconv.Itoa(p.port), "-k", p.dir, "-h", "127.0.0.1", "-c", "max_connections=400",
		"-c", "shared_buffers=256MB", "-c", "dynamic_shared_memory_type=mmap", "-c", "log_min_messages=fatal"}
	if !durable {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
			"-c", "wal_level=minimal", "-c", "max_wal_senders=0")
	}
	// SIGQUIT is its order to end at once, with all its children and without writing anything more; after a kill -9
	// the children, each in a group of its own, would live on for a while and keep the memory they share.
	p.kill = func(p *os.Process) error { return p.Signal(syscall.SIGQUIT) }
	p.make = func() *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, "postgres"), args...)
		own(cmd, syscall.SIGQUIT)
		_ = unprivileged(cmd, p.dir) // it worked a moment ago for initdb
		return cmd
	}
	admin, err := sql.Open("pgx", dsn("postgres"))
	if err != nil {
		return err
	}
	defer admin.Close()
	p.ping = admin.PingContext
	err = p.Start(ctx)
	if err != nil {
		return err
	}
	_, err = admin.ExecContext(ctx, "CREATE DATABASE care")
	if err != nil {
		return err
	}
	p.ping = func(ctx context.Context) error {
		db, err := sql.Open("pgx", p.DSN)
		if err != nil {
			return err
		}
		defer db.Close()
		return db.PingContext(ctx)
	}
	return nil
}
