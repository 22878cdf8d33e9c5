// Package app composes an echo server from a list of modules. It does not know any module by name.
package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"care/modules"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/queue"
	"care/server/web"
	"care/templates"
)

// Options are what an app needs to know besides its modules.
type Options struct {
	DB                   *db.DB
	Queue                *queue.Queue
	Log                  *slog.Logger
	Now                  clock.Source
	Org, Hotline, Filing string // name, telephone and site registration, shown on every page
	Demo                 bool
	Secure               bool         // served over TLS: cookies say so
	Proxies              []*net.IPNet // whose X-Forwarded-For is believed; none: the connection's own address
	Person               func(ctx context.Context, id string) (access.Actor, error)
	Healthy              func(ctx context.Context) error // of the object store; nil for none
	Menu                 []web.Link
}

// App is the platform, ready to serve.
type App struct {
	o     Options
	mods  []modules.Module
	echo  *echo.Echo
	site  *web.Site
	cache *web.Cache
	limit *limiter
	paths []web.Route

	// Made once: echo calls the middlewares themselves again for each request.
	origin  *http.CrossOriginProtection
	machine map[string]bool // paths that machines call
}

// New checks the modules and builds their server: a route without a permission, two words for one code or two modules
// of one name stop the start.
func New(o Options, mods []modules.Module) (*App, error) {
	set, err := templates.Parse()
	if err != nil {
		return nil, err
	}
	assets, err := templates.LoadAssets()
	if err != nil {
		return nil, err
	}
	words, err := Words(mods)
	if err != nil {
		return nil, err
	}
	a := &App{o: o, mods: mods, cache: web.NewCache(2000), limit: newLimiter(), origin: http.NewCrossOriginProtection(), machine: map[string]bool{}}
	a.site = &web.Site{
		Org: o.Org, Hotline: o.Hotline, Filing: o.Filing, Demo: o.Demo, Pages: set, Asset: assets.URL, Words: words,
		Sessions: web.NewSessions(o.DB, o.Secure), Person: o.Person, Menu: o.Menu, Now: o.Now, Log: o.Log,
	}
	a.site.Sessions.ErrorFunc = a.sessionFailed
	// The modules that stand on others hold the daily work, so their links come first.
	for _, m := range slices.Backward(mods) {
		a.site.Nav = append(a.site.Nav, m.Nav...)
	}
	for _, m := range mods {
		a.site.Menu = append(a.site.Menu, m.Menu...)
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = web.Errors
	e.IPExtractor = echo.ExtractIPDirect()
	if len(o.Proxies) > 0 {
		trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
		for _, p := range o.Proxies {
			trust = append(trust, echo.TrustIPRange(p))
		}
		e.IPExtractor = echo.ExtractIPFromXFFHeader(trust...)
	}
	// The order of everything that happens to a request before its handler.
	e.Use(
		a.identify,    // request id, one line in the log
		a.secure,      // headers
		web.Gzip,      // text, level 1
		a.site.Attach, // site, actor
		a.recover,     // a panic is our own mistake, not the end of the server
		a.sameOrigin,  // a POST comes from our own pages
		readable,      // an address is text
	)
	e.RouteNotFound("/*", func(echo.Context) error { return echo.ErrNotFound })
	if err := a.mount(e); err != nil {
		return nil, err
	}
	e.GET(templates.AssetPath+"*", echo.WrapHandler(assets))
	e.GET("/healthz", a.health)
	e.GET("/prefs", web.Prefs)
	e.GET("/robots.txt", robots)
	a.echo = e
	return a, nil
}

// Words merges the words of the frame and of all modules.
func Words(mods []modules.Module) (map[string]string, error) {
	words := make(map[string]string, 512)
	for k, v := range web.Words {
		words[k] = v
	}
	for _, m := range mods {
		for k, v := range m.Words {
			if old, twice := words[k]; twice && old != v {
				return nil, fmt.Errorf("module %s: the code %q has two words", m.Name, k)
			}
			words[k] = v
		}
		for _, p := range m.Perms {
			words[p.Name] = p.Title
		}
	}
	return words, nil
}

// Migrations lists the migrations of the frame and of all modules.
func Migrations(mods []modules.Module) []fs.FS {
	sets := []fs.FS{web.Migrations()}
	for _, m := range mods {
		if m.Migrations != nil {
			sets = append(sets, m.Migrations)
		}
	}
	return sets
}

// Migrate brings a database to what this program needs, River's tables included.
func Migrate(ctx context.Context, d *db.DB, mods []modules.Module) error {
	if err := db.Migrate(ctx, d, Migrations(mods)...); err != nil {
		return err
	}
	return queue.Migrate(ctx, d)
}

// Handler gives the whole platform as one http.Handler.
func (a *App) Handler() http.Handler {
	h := a.site.Sessions.LoadAndSave(a.echo)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(&answer{ResponseWriter: w}, r) })
}

// answer can be ended: what a handler still writes then is thrown away. A session that cannot be stored is found out
// when the handler's first byte is on its way, and the page must not follow the words that say so.
type answer struct {
	http.ResponseWriter
	ended bool
}

// WriteHeader sends the status unless the answer has ended.
func (w *answer) WriteHeader(status int) {
	if !w.ended {
		w.ResponseWriter.WriteHeader(status)
	}
}

// Write sends a part of the body unless the answer has ended.
func (w *answer) Write(b []byte) (int, error) {
	if w.ended {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *answer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Routes lists every route with its permission.
func (a *App) Routes() []web.Route { return a.paths }

// Site gives what all requests share.
func (a *App) Site() *web.Site { return a.site }

// Run serves on l until ctx ends, works queued work meanwhile, and then lets running requests and work finish.
func (a *App) Run(ctx context.Context, l net.Listener, workers int) error {
	// The end of ctx must not cut work off: stopWork lets it finish.
	stopWork, err := a.work(context.WithoutCancel(ctx), workers)
	if err != nil {
		return err
	}
	s := &http.Server{
		Handler:           a.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       15 * time.Minute, // a village's line needs minutes for its photos; nobody needs more
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(a.o.Log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	select {
	case err = <-served:
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	err = errors.Join(err, s.Shutdown(end), stopWork(end))
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func (a *App) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := clock.Now()
		c.Response().Header().Set("X-Request-Id", web.NewRequestID(c))
		err := next(c)
		if err != nil {
			c.Error(err) // answered here, so that the log line knows the status
		}
		// The route and not the address: an address can hold what a person typed.
		a.o.Log.LogAttrs(c.Request().Context(), slog.LevelInfo, "request",
			slog.String("rid", web.RequestID(c)), slog.String("method", c.Request().Method), slog.String("route", c.Path()),
			slog.Int("status", c.Response().Status), slog.Int64("bytes", c.Response().Size),
			slog.Duration("took", clock.Now().Sub(began)), slog.String("actor", web.Actor(c).ID))
		return nil
	}
}

// readable answers "not found" to an address that is no text: no page of ours links to it, and a database refuses it.
func readable(next echo.HandlerFunc) echo.HandlerFunc {
	text := func(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }
	return func(c echo.Context) error {
		good := text(c.Request().URL.Path)
		for k, vs := range c.QueryParams() {
			good = good && text(k) && !slices.ContainsFunc(vs, func(v string) bool { return !text(v) })
		}
		if !good {
			return echo.ErrNotFound
		}
		return next(c)
	}
}

func (a *App) secure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; media-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Permissions-Policy", "geolocation=(self), camera=(self), microphone=()")
		if a.o.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		return next(c)
	}
}

func (a *App) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler { //nolint:errorlint // the value itself is the signal
					panic(v)
				}
				a.o.Log.ErrorContext(c.Request().Context(), "panic", "rid", web.RequestID(c), "route", c.Path(), "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
				err = fmt.Errorf("panic: %v", v)
			}
		}()
		return next(c)
	}
}

// sessionFailed answers when a session could not be read before the handler, or not be stored after it: then an act is done.
func (a *App) sessionFailed(w http.ResponseWriter, r *http.Request, err error) {
	a.o.Log.WarnContext(r.Context(), "sessions are away", "err", db.Fault(err))
	h := w.Header()
	text := web.Words["db.away"] + web.Words["advice.unavailable"]
	if h.Get("X-Request-Id") != "" && r.Method != http.MethodGet {
		text = web.Words["session.away"]
	}
	for _, k := range []string{"Content-Encoding", "Content-Length", "Content-Disposition", "Etag", "Last-Modified", "Location", "Refresh"} {
		h.Del(k)
	}
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Retry-After", "10")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(text))
	if one, ok := w.(*answer); ok {
		one.ended = true
	}
}
