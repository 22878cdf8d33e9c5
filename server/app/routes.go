package app

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"

	"care/server/access"
	"care/server/fault"
	"care/server/web"
)

// mount adds every module's routes; one without a permission, or with one that no module declares, stops the start.
func (a *App) mount(e *echo.Echo) error {
	perms, names := map[string]bool{access.Everyone.Name: true, access.SignedIn.Name: true}, map[string]bool{}
	for _, m := range a.mods {
		if m.Name == "" || names[m.Name] {
			return fmt.Errorf("two modules, or none, are named %q", m.Name)
		}
		names[m.Name] = true
		for _, p := range m.Perms {
			if !strings.HasPrefix(p.Name, m.Name+".") || perms[p.Name] {
				return fmt.Errorf("module %s: permission %q must be new and begin with the module's name", m.Name, p.Name)
			}
			perms[p.Name] = true
		}
	}
	seen := map[string]bool{}
	for _, m := range a.mods {
		if m.Routes == nil {
			continue
		}
		var rs web.Routes
		m.Routes(&rs)
		for _, r := range rs.All() {
			switch {
			case r.Perm.Name == "":
				return fmt.Errorf("module %s: %s %s names no permission", m.Name, r.Method, r.Path)
			case !perms[r.Perm.Name]:
				return fmt.Errorf("module %s: %s %s names the permission %q, which no module declares", m.Name, r.Method, r.Path, r.Perm.Name)
			case seen[r.Method+r.Path]:
				return fmt.Errorf("module %s: %s %s is named twice", m.Name, r.Method, r.Path)
			}
			seen[r.Method+r.Path] = true
			a.paths = append(a.paths, r)
			a.machine[r.Path] = a.machine[r.Path] || r.Options.Machine
			e.Add(r.Method, r.Path, a.guard(r))
		}
	}
	return nil
}

// guard puts a route's permission, limits and cache in front of its handler.
func (a *App) guard(r web.Route) echo.HandlerFunc {
	h := r.Handler
	if r.Options.Cached {
		h = a.cache.Handle(a.site.Sessions.Cookie.Name, h)
	}
	body := r.Options.Body
	if body == 0 {
		body = 1<<20 + 64<<10
	}
	return func(c echo.Context) error {
		if err := web.Actor(c).Need(r.Perm); err != nil {
			return err
		}
		if r.Method == http.MethodPost {
			if r.Options.PerMinute > 0 && !a.limit.allow(r.Path+" "+c.RealIP(), r.Options.PerMinute) {
				return fault.New(fault.TooMany, "http.429")
			}
			c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, body)
		}
		if !r.Options.Cached {
			c.Response().Header().Set("Cache-Control", "no-store")
		}
		return h(c)
	}
}

// sameOrigin refuses a POST that another site's page sent, and one that does not say where it comes from:
// old office browsers send neither Sec-Fetch-Site nor Origin, and neither do forged requests from some mail programs.
func (a *App) sameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		switch r.Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions:
			return next(c)
		}
		if a.machine[c.Path()] {
			return next(c)
		}
		if r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "" {
			return fault.New(fault.Forbidden, "http.no_origin")
		}
		if err := a.origin.Check(r); err != nil {
			return fault.Wrap(fault.Forbidden, "http.cross", err)
		}
		return next(c)
	}
}

// limiter counts per route and address, in this server's memory: n servers allow n times as much, which is still little.
type limiter struct {
	who *otter.Cache[string, *rate.Limiter]
}

func newLimiter() *limiter {
	return &limiter{otter.Must(&otter.Options[string, *rate.Limiter]{
		MaximumSize: 50_000, ExpiryCalculator: otter.ExpiryAccessing[string, *rate.Limiter](10 * time.Minute),
	})}
}

func (l *limiter) allow(key string, perMinute int) bool {
	r, _ := l.who.SetIfAbsent(key, rate.NewLimiter(rate.Limit(float64(perMinute)/60), perMinute))
	return r.Allow()
}
