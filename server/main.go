// Package main is the platform's one program: serve, migrate, seed, check, version.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"

	"care/media"
	"care/server/app"
	"care/server/clock"
	"care/server/db"
	"care/server/queue"
	"care/server/secret"
	"care/templates"
	"care/templates/pdf"
	"care/templates/pdf/sign"
)

const usage = `usage: server [command]

  serve    bring the database up to date and serve (the default)
  migrate  bring the database up to date
  seed     load the demonstration data into an empty database
  check    prove every invariant of every module again; exit 1 on any breach
  version  print the version

The environment configures it; see README.md.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	command := "serve"
	if len(args) > 0 {
		command = args[0]
	}
	if command == "version" {
		fmt.Fprintln(os.Stdout, version())
		return nil
	}
	conf, err := LoadConfig()
	if err != nil {
		return fmt.Errorf("the environment cannot be used:\n%w", err)
	}
	log := logger(conf)
	slog.SetDefault(log)
	switch command {
	case "serve":
		return serve(ctx, conf, log)
	case "migrate":
		r, err := open(ctx, conf, log, clock.Now)
		if err != nil {
			return err
		}
		return r.close()
	case "seed":
		return seedInto(ctx, conf, log)
	case "check":
		return check(ctx, conf, log)
	}
	fmt.Fprint(os.Stderr, usage)
	return fmt.Errorf("there is no command %q", command)
}

func version() string {
	v := "development"
	if b, ok := debug.ReadBuildInfo(); ok {
		for _, s := range b.Settings {
			if s.Key == "vcs.revision" {
				v = s.Value
			}
		}
		v += " " + b.GoVersion
	}
	return "care " + v
}

func logger(c Config) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.LogLevel)); err != nil {
		l = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: l}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, o))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, o))
}

// running is an opened platform.
type running struct {
	kit      Kit
	platform Platform
	folder   *media.Folder
}

func (r *running) close() error {
	err := r.kit.DB.Close()
	if r.folder != nil {
		err = errors.Join(err, r.folder.Close())
	}
	return err
}

// open opens database and objects, migrates, and composes the modules.
func open(ctx context.Context, conf Config, log *slog.Logger, now clock.Source) (*running, error) {
	r := &running{kit: Kit{Now: now, Log: log, Conf: conf}}
	if conf.DatabaseURL == "" || conf.S3Endpoint == "" {
		if err := os.MkdirAll(conf.DataDir, 0o750); err != nil {
			return nil, fmt.Errorf("DATA_DIR: %w", err)
		}
	}
	key, err := secretKey(conf)
	if err != nil {
		return nil, err
	}
	if r.kit.Box, err = secret.New(strings.Split(key, ",")...); err != nil {
		return nil, err
	}
	if r.kit.Engine, err = pdf.New(); err != nil {
		return nil, err
	}
	if r.kit.Mails, err = templates.ParseMails(); err != nil {
		return nil, err
	}
	if conf.SignKey != "" {
		b, err := os.ReadFile(conf.SignKey)
		if err != nil {
			return nil, fmt.Errorf("SIGN_KEY: %w", err)
		}
		if r.kit.Signer, err = sign.Load(b, b); err != nil {
			return nil, fmt.Errorf("SIGN_KEY: %w", err)
		}
	}
	if r.kit.Lines, err = payLines(conf, now); err != nil {
		return nil, err
	}
	if conf.S3Endpoint != "" {
		r.kit.Objects, err = media.NewMinIO(conf.s3())
	} else {
		r.folder, err = media.NewFolder(filepath.Join(conf.DataDir, "objects"))
		r.kit.Objects = r.folder
	}
	if err != nil {
		return nil, fmt.Errorf("objects: %w", err)
	}
	if r.kit.DB, err = db.Open(ctx, conf.DSN()); err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	if r.kit.Queue, err = queue.New(r.kit.DB, now); err != nil {
		return nil, err
	}
	r.platform = build(r.kit)
	if err := app.Migrate(ctx, r.kit.DB, r.platform.List); err != nil {
		return nil, err
	}
	if r.kit.Demo, err = app.Seeded(ctx, r.kit.DB); err != nil {
		return nil, err
	}
	if err := r.platform.Gifts.Ensure(ctx); err != nil {
		return nil, err
	}
	if r.kit.Demo {
		r.platform = build(r.kit) // the sign-in page and the papers say that it is a demonstration
	}
	return r, nil
}

// secretKey gives the key of private columns. The embedded default makes one and keeps it beside the data.
func secretKey(conf Config) (string, error) {
	if conf.SecretKey != "" {
		return conf.SecretKey, nil
	}
	file := filepath.Join(conf.DataDir, "secret.key")
	b, err := os.ReadFile(file)
	if err == nil {
		return strings.TrimSpace(string(b)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("SECRET_KEY: %w", err)
	}
	key := secret.NewKey()
	// Whole or not at all: a key that is half on the disk would lose every private column.
	if err := os.WriteFile(file+".new", []byte(key+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("SECRET_KEY: %w", err)
	}
	if err := errors.Join(syncFile(file+".new"), os.Rename(file+".new", file)); err != nil {
		return "", fmt.Errorf("SECRET_KEY: %w", err)
	}
	return key, nil
}

func serve(ctx context.Context, conf Config, log *slog.Logger) error {
	if conf.Demo {
		if err := prepareDemo(ctx, conf, log); err != nil {
			return fmt.Errorf("demonstration data: %w", err)
		}
	}
	r, err := open(ctx, conf, log, clock.Now)
	if err != nil {
		return err
	}
	a, err := app.New(app.Options{
		DB: r.kit.DB, Queue: r.kit.Queue, Log: log, Now: clock.Now, Org: conf.Org, Hotline: conf.Hotline, Filing: conf.Filing, Demo: r.kit.Demo,
		Secure: strings.HasPrefix(conf.BaseURL, "https://"), Proxies: conf.Proxies, Person: r.platform.People.Person, Healthy: r.kit.Objects.Healthy,
	}, r.platform.List)
	if err != nil {
		return errors.Join(err, r.close())
	}
	l, err := net.Listen("tcp", conf.Addr)
	if err != nil {
		return errors.Join(err, r.close())
	}
	link, err := r.platform.People.SetupLink(ctx)
	if err != nil {
		return errors.Join(err, r.close())
	}
	if link != "" {
		log.Info("there is no administrator yet: open this link within a day to make one", "link", link)
	}
	log.Info("the platform is ready", "address", conf.BaseURL, "listening", l.Addr().String(), "demo", r.kit.Demo)
	err = a.Run(ctx, l, conf.Workers)
	return errors.Join(err, r.close())
}

func check(ctx context.Context, conf Config, log *slog.Logger) error {
	for _, line := range conf.Masked() {
		fmt.Fprintf(os.Stdout, "%-12s %s\n", line[0], line[1])
	}
	r, err := open(ctx, conf, log, clock.Now)
	if err != nil {
		return err
	}
	results, broken := app.Check(ctx, r.platform.List)
	for _, one := range results {
		for _, c := range one.Counts {
			fmt.Fprintf(os.Stdout, "%-10s %s %d\n", one.Module, c.Title, c.N)
		}
		state := "ok"
		if one.Err != nil {
			state = "BROKEN " + one.Err.Error()
		}
		fmt.Fprintf(os.Stdout, "%-10s %s\n", one.Module, state)
	}
	waiting, dead, err := queue.Waiting(ctx, r.kit.DB)
	if err == nil {
		fmt.Fprintf(os.Stdout, "%-10s waiting %d, given up %d\n", "queue", waiting, dead)
		if dead > 0 {
			err = fmt.Errorf("%d rows of queued work were given up", dead)
		}
	}
	return errors.Join(broken, err, r.close())
}
