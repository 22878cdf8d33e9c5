package app

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"care/modules"
	"care/server/queue"
	"care/server/web"
)

// work starts the queued and the daily work of all modules.
func (a *App) work(ctx context.Context, n int) (stop func(context.Context) error, err error) {
	dailies := []queue.Daily{
		{Kind: "web.sweep", Every: time.Hour, Do: func(ctx context.Context) error { return web.SweepSessions(ctx, a.o.DB) }},
		{Kind: "app.check", At: "03:10", Do: func(ctx context.Context) error {
			_, err := Check(ctx, a.mods)
			return err
		}},
	}
	for _, m := range a.mods {
		dailies = append(dailies, m.Daily...)
	}
	return a.o.Queue.Start(ctx, n, Workers(a.mods), dailies, a.o.Log)
}

// Workers lists the kinds of queued work of all modules.
func Workers(mods []modules.Module) []queue.Worker {
	var ws []queue.Worker
	for _, m := range mods {
		ws = append(ws, m.Work...)
	}
	return ws
}

// Result is what one module's check found.
type Result struct {
	Module, Title string
	Counts        []modules.Count
	Err           error
}

// Check proves every invariant of every module again; err is the first breach.
func Check(ctx context.Context, mods []modules.Module) (results []Result, err error) {
	for _, m := range mods {
		if m.Check == nil {
			continue
		}
		counts, broken := m.Check(ctx)
		if broken != nil {
			broken = fmt.Errorf("%s: %w", m.Name, broken)
			if err == nil {
				err = broken
			}
		}
		results = append(results, Result{m.Name, m.Title, counts, broken})
	}
	return results, err
}

// health answers proxies and operators: the database and the object store are asked.
func (a *App) health(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), 3*time.Second)
	defer cancel()
	c.Response().Header().Set("Cache-Control", "no-store")
	state, status := map[string]string{"database": "ok", "objects": "ok"}, http.StatusOK
	if err := a.o.DB.PingContext(ctx); err != nil {
		state["database"], status = "away", http.StatusServiceUnavailable
	}
	if a.o.Healthy != nil {
		if err := a.o.Healthy(ctx); err != nil {
			// The store being away does not stop the server: what needs it waits or says so.
			state["objects"] = "away"
		}
	}
	return c.JSON(status, state)
}

func robots(c echo.Context) error {
	return c.String(http.StatusOK, "User-agent: *\nDisallow: /desk\nDisallow: /signin\nDisallow: /my\n")
}
