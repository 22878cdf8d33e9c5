package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"care/server/app"
	"care/server/clock"
)

// prepareDemo fills a database that does not exist yet with demonstration data. The embedded one is filled under another
// name and renamed when it is complete, so a start that is interrupted leaves nothing half-filled.
func prepareDemo(ctx context.Context, conf Config, log *slog.Logger) error {
	if conf.DatabaseURL != "" {
		return seedInto(ctx, conf, log)
	}
	final := filepath.Join(conf.DataDir, "care.db")
	if _, err := os.Stat(final); err == nil || !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(conf.DataDir, 0o750); err != nil {
		return err
	}
	if _, err := secretKey(conf); err != nil {
		return err
	}
	building := filepath.Join(conf.DataDir, "building")
	if err := os.RemoveAll(building); err != nil {
		return err
	}
	if err := os.MkdirAll(building, 0o750); err != nil {
		return err
	}
	tmp := conf
	tmp.databaseFile = filepath.Join(building, "care.db")
	if err := seedInto(ctx, tmp, log); err != nil {
		return err
	}
	if err := syncFile(tmp.databaseFile); err != nil {
		return err
	}
	if err := os.Rename(tmp.databaseFile, final); err != nil {
		return err
	}
	return os.RemoveAll(building)
}

// syncFile waits until a file is on the disk.
func syncFile(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// seedInto loads the demonstration data through the modules' own acts, dated over the last months. A database that holds any
// people is left alone.
func seedInto(ctx context.Context, conf Config, log *slog.Logger) error {
	began := clock.Now()
	at := clock.NewTravel(began)
	r, err := open(ctx, conf, log, at.Now)
	if err != nil {
		return err
	}
	unlock, err := r.kit.DB.Lock(ctx, "seed") // a second server waits here until the data is complete
	if err != nil {
		return errors.Join(err, r.close())
	}
	err = fillDemo(ctx, r, at, began, log)
	unlock()
	return errors.Join(err, r.close())
}

func fillDemo(ctx context.Context, r *running, at *clock.Travel, began time.Time, log *slog.Logger) error {
	begin, err := app.BeginSeed(ctx, r.kit.DB)
	if err != nil || !begin {
		return err
	}
	r.kit.Demo = true
	r.platform = build(r.kit)
	for _, m := range r.platform.List {
		if m.Seed == nil {
			continue
		}
		at.To(began)
		if err := m.Seed(ctx, at); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	// The papers are queued; whoever serves next draws them within the first seconds.
	if err := app.EndSeed(ctx, r.kit.DB); err != nil {
		return err
	}
	if err := r.kit.DB.Analyze(ctx); err != nil {
		return err
	}
	log.Info("the demonstration data is loaded", "took", clock.Now().Sub(began).Round(time.Millisecond))
	return nil
}
