package app_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"care/modules"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/app"
	"care/server/db"
	"care/server/db/dbtest"
	"care/server/queue"
	"care/server/web"
)

// build makes an app of one module with these routes, in which everybody with a session may be.
func build(t *testing.T, d *db.DB, m modules.Module) *app.App {
	t.Helper()
	f := moduletest.New(t, d)
	m.Name = "apptest"
	person := func(_ context.Context, id string) (access.Actor, error) { return access.Actor{ID: id, Name: id}, nil }
	a, err := app.New(app.Options{DB: f.DB, Queue: f.Queue, Log: slog.New(slog.DiscardHandler), Now: f.Clock.Now, Person: person}, append(f.Modules(), m))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// signIn gives the cookie of a new session of a person.
func signIn(t *testing.T, a *app.App, id string) *http.Cookie {
	t.Helper()
	m := a.Site().Sessions
	ctx, err := m.Load(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	m.Put(ctx, "person", id)
	token, _, err := m.Commit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Cookie{Name: m.Cookie.Name, Value: token}
}

func ask(ctx context.Context, a *app.App, method, path string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, method, path, nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Accept-Encoding", "gzip")
	for _, k := range cookies {
		r.AddCookie(k)
	}
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	return w
}

func who(r *web.Routes) {
	r.GET("/t/who", func(c echo.Context) error { return c.Blob(200, "image/png", []byte(web.Actor(c).ID)) }, access.Everyone)
}

func TestSignedOutSessionIsNotBroughtBackByARequestThatBeganBefore(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, moduletest.Sets(), func(t *testing.T, d *db.DB) {
		began, finish := make(chan bool), make(chan bool)
		a := build(t, d, modules.Module{Routes: func(r *web.Routes) {
			who(r)
			r.POST("/t/out", func(c echo.Context) error {
				if err := web.SignOut(c); err != nil {
					return err
				}
				return c.NoContent(204)
			}, access.SignedIn)
			r.GET("/t/slow", func(c echo.Context) error {
				web.SessionPut(c, "seen", "1")
				began <- true
				<-finish
				return c.NoContent(204)
			}, access.SignedIn)
		}})
		k := signIn(t, a, "p1")
		if got := ask(t.Context(), a, "GET", "/t/who", k).Body.String(); got != "p1" {
			t.Fatalf("signed in as %q", got)
		}
		slow := make(chan bool)
		go func() {
			defer close(slow)
			ask(t.Context(), a, "GET", "/t/slow", k)
		}()
		<-began
		if w := ask(t.Context(), a, "POST", "/t/out", k); w.Code != 204 {
			t.Errorf("signing out: %d", w.Code)
		}
		close(finish)
		<-slow
		if got := ask(t.Context(), a, "GET", "/t/who", k).Body.String(); got != "public" {
			t.Errorf("after signing out the cookie still is %q", got)
		}
	})
}

func TestSessionThatRanOutIsRefusedAndSwept(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, moduletest.Sets(), func(t *testing.T, d *db.DB) {
		a := build(t, d, modules.Module{Routes: who})
		k := signIn(t, a, "p1")
		age := func(by time.Duration) {
			if _, err := d.Writer().ExecContext(t.Context(), "UPDATE web_sessions SET expires = expires - ?", by.Microseconds()); err != nil {
				t.Fatal(err)
			}
		}
		age(20 * time.Minute)
		ask(t.Context(), a, "GET", "/t/who", k)
		age(20 * time.Minute)
		if got := ask(t.Context(), a, "GET", "/t/who", k).Body.String(); got != "p1" {
			t.Errorf("a visit in between did not move the idle time on: %q", got)
		}
		age(31 * time.Minute)
		if got := ask(t.Context(), a, "GET", "/t/who", k).Body.String(); got != "public" {
			t.Errorf("31 minutes without use: %q", got)
		}
		age(5 * time.Hour)
		if err := web.SweepSessions(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := d.NewRaw("SELECT count(*) FROM web_sessions").Scan(t.Context(), &n); err != nil || n != 0 {
			t.Errorf("%d sessions are left, %v", n, err)
		}
	})
}

func TestPageOfASignedInPersonDoesNotWaitForALongAct(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, moduletest.Sets())
	a := build(t, d, modules.Module{Routes: who})
	k := signIn(t, a, "p1")
	if _, err := d.Writer().ExecContext(t.Context(), "UPDATE web_sessions SET expires = expires - 600000000"); err != nil {
		t.Fatal(err)
	}
	act, err := d.Writer().BeginTx(t.Context(), nil) // it holds the one writing connection
	if err != nil {
		t.Fatal(err)
	}
	defer act.Rollback()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if w := ask(ctx, a, "GET", "/t/who", k); w.Code != 200 || w.Body.String() != "p1" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestSessionThatCannotBeStoredIsTheWholeAnswer(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, moduletest.Sets(), func(t *testing.T, d *db.DB) {
		a := build(t, d, modules.Module{Routes: func(r *web.Routes) {
			r.POST("/t/act", func(c echo.Context) error {
				web.SessionPut(c, "seen", "1")
				if _, err := d.Writer().ExecContext(c.Request().Context(), "ALTER TABLE web_sessions RENAME TO web_gone"); err != nil {
					return err
				}
				return c.HTML(200, strings.Repeat("private ", 100))
			}, access.SignedIn)
		}})
		w := ask(t.Context(), a, "POST", "/t/act", signIn(t, a, "p1"))
		if w.Code != 503 || w.Header().Get("Content-Encoding") != "" || w.Header().Get("Retry-After") == "" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
		if got := w.Body.String(); got != web.Words["session.away"] {
			t.Errorf("the answer is %q", got)
		}
	})
}

func TestCachedPageThatPanicsIsAnError(t *testing.T) {
	t.Parallel()
	a := build(t, dbtest.SQLite(t, moduletest.Sets()), modules.Module{Routes: func(r *web.Routes) {
		r.GET("/t/panic", func(c echo.Context) error {
			if err := c.String(200, "half a page"); err != nil {
				return err
			}
			panic("x")
		}, access.Everyone, web.Options{Cached: true})
	}})
	r := httptest.NewRequest("GET", "/t/panic", nil)
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	if w.Code != 500 || !strings.Contains(w.Body.String(), "</html>") || strings.Contains(w.Body.String(), "half a page") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestCachedPageOfASignedInPersonIsNotStored(t *testing.T) {
	t.Parallel()
	a := build(t, dbtest.SQLite(t, moduletest.Sets()), modules.Module{Routes: func(r *web.Routes) {
		r.GET("/t/page", func(c echo.Context) error { return c.String(200, web.Actor(c).ID) }, access.Everyone, web.Options{Cached: true})
	}})
	w := ask(t.Context(), a, "GET", "/t/page", signIn(t, a, "p1"))
	if got := strings.Join(w.Header().Values("Cache-Control"), ","); !strings.Contains(got, "no-store") {
		t.Errorf("Cache-Control: %s", got)
	}
}

func TestCookieOfAnUnknownWishIsNoPageOfItsOwn(t *testing.T) {
	t.Parallel()
	drawn := 0
	a := build(t, dbtest.SQLite(t, moduletest.Sets()), modules.Module{Routes: func(r *web.Routes) {
		r.GET("/t/page", func(c echo.Context) error { drawn++; return c.String(200, "x") }, access.Everyone, web.Options{Cached: true})
	}})
	for _, v := range []string{"", "normal", "x", strings.Repeat("y", 5000)} {
		ask(t.Context(), a, "GET", "/t/page", &http.Cookie{Name: "type", Value: v})
	}
	if drawn != 1 {
		t.Errorf("drawn %d times", drawn)
	}
	ask(t.Context(), a, "GET", "/t/page", &http.Cookie{Name: "type", Value: "large"})
	ask(t.Context(), a, "GET", "/t/page", &http.Cookie{Name: "contrast", Value: "high"})
	if drawn != 3 {
		t.Errorf("drawn %d times; large type and strong contrast are pages of their own", drawn)
	}
}

func TestEndOfTheServerLetsQueuedWorkFinish(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, moduletest.Sets(), func(t *testing.T, d *db.DB) {
		began, finish := make(chan bool), make(chan bool)
		var cut error
		a := build(t, d, modules.Module{Work: []queue.Worker{{Kind: "apptest.slow", Do: func(ctx context.Context, _ []byte) error {
			close(began)
			select {
			case <-finish:
			case <-ctx.Done():
				cut = ctx.Err()
			}
			return cut
		}}}})
		q, err := queue.New(d, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.InTx(t.Context(), time.Now, func(ctx context.Context, tx db.Tx) error { return q.Put(ctx, tx, "apptest.slow", "1", nil) }); err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, end := context.WithCancel(t.Context())
		ran := make(chan error)
		go func() { ran <- a.Run(ctx, l, 2) }()
		<-began
		end()
		// The server is ending once it no longer listens.
		for {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				break
			}
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
		}
		close(finish)
		if err := <-ran; err != nil {
			t.Error(err)
		}
		if cut != nil {
			t.Errorf("work was cut off: %v", cut)
		}
	})
}
