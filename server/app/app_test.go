package app_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/labstack/echo/v4"

	"care/modules"
	"care/modules/documents"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/app"
	"care/server/db"
	"care/server/db/dbtest"
	"care/server/fault"
	"care/server/web"
)

func text(s string) echo.HandlerFunc { return func(c echo.Context) error { return c.String(200, s) } }

func TestRouteWithoutPermissionStopsTheStart(t *testing.T) {
	t.Parallel()
	f := moduletest.New(t, dbtest.SQLite(t, moduletest.Sets()))
	known := access.Perm{Name: "apptest.see", Title: "x"}
	for name, m := range map[string]modules.Module{
		"no permission":        {Name: "apptest", Routes: func(r *web.Routes) { r.GET("/x", text("x"), access.Perm{}) }},
		"undeclared":           {Name: "apptest", Routes: func(r *web.Routes) { r.GET("/x", text("x"), known) }},
		"foreign name":         {Name: "apptest", Perms: []access.Perm{{Name: "ledger.steal", Title: "x"}}},
		"twice the same":       {Name: "apptest", Perms: []access.Perm{known, known}},
		"the same route":       {Name: "apptest", Routes: func(r *web.Routes) { r.GET("/x", text("x"), access.Everyone); r.GET("/x", text("y"), access.Everyone) }},
		"no name":              {},
		"two words for a code": {Name: "apptest", Words: map[string]string{"internal": "another"}},
	} {
		if _, err := app.New(app.Options{DB: f.DB, Queue: f.Queue, Now: f.Clock.Now}, append(f.Modules(), m)); err == nil {
			t.Errorf("%s: the app starts", name)
		}
	}
}

type probe struct {
	Name string   `form:"name"`
	Tags []string `form:"tags"`
	Yes  bool     `form:"yes"`
}

// site has one module whose routes do what its name says.
func site(t *testing.T) *moduletest.Site {
	t.Helper()
	f := moduletest.New(t, dbtest.SQLite(t, moduletest.Sets()))
	see := access.Perm{Name: "apptest.see", Title: "x"}
	drawn := 0
	m := modules.Module{Name: "apptest", Perms: []access.Perm{see}, Routes: func(r *web.Routes) {
		r.GET("/t/see", text("seen"), see)
		r.GET("/t/panic", func(echo.Context) error { panic("secret cause") }, access.Everyone)
		r.GET("/t/broken", func(echo.Context) error { return errors.New("secret cause") }, access.Everyone)
		r.GET("/t/away", func(echo.Context) error { return fault.New(fault.Unavailable, "db.away") }, access.Everyone)
		r.GET("/t/cached", func(c echo.Context) error {
			drawn++
			return c.HTML(200, strings.Repeat("x", drawn))
		}, access.Everyone, web.Options{Cached: true})
		r.POST("/t/few", text("ok"), access.Everyone, web.Options{PerMinute: 2})
		r.POST("/t/form", func(c echo.Context) error {
			var p probe
			if err := web.Bind(c, &p); err != nil {
				return err
			}
			return c.JSON(200, p)
		}, access.Everyone)
		r.POST("/t/file", func(c echo.Context) error {
			var p probe
			fs, err := web.BindFiles(c, &p, web.Upload{Max: 1000, Count: 2, Put: func(_ context.Context, _, name string, r io.Reader) (string, error) {
				b, err := io.ReadAll(r)
				if strings.HasSuffix(name, ".exe") {
					return "", fault.New(fault.Invalid, "form.no_files")
				}
				return string(b), err
			}})
			if err != nil {
				return err
			}
			return c.JSON(200, map[string]any{"kept": fs.Kept, "faults": fs.Faults, "form": p})
		}, access.Everyone, web.Options{Body: 200_000})
	}}
	return f.Serve(t, map[string]access.Actor{
		"may":   {ID: "may", Name: "x", Perms: []string{"apptest.see"}},
		"other": {ID: "other", Name: "x"},
	}, m)
}

func TestPermissionIsAskedBothWays(t *testing.T) {
	t.Parallel()
	s := site(t)
	if a := s.As("may").Get("/t/see"); a.Status != 200 || a.Body != "seen" {
		t.Errorf("a holder: %d", a.Status)
	}
	if a := s.As("other").Get("/t/see"); a.Status != 403 || !strings.Contains(a.Body, "您的岗位没有这项权限") {
		t.Errorf("another role: %d", a.Status)
	}
	if a := s.Public().Get("/t/see?q=1"); a.Status != 303 || a.Location != "/signin?next=%2Ft%2Fsee%3Fq%3D1" {
		t.Errorf("the public: %d %s", a.Status, a.Location)
	}
	if a := s.As("nobody").Get("/t/see"); a.Status != 303 {
		t.Errorf("a person who is gone: %d", a.Status)
	}
}

func TestOurOwnMistakeShowsARequestNumberAndNoCause(t *testing.T) {
	t.Parallel()
	s := site(t)
	s.Hide("secret cause")
	for _, p := range []string{"/t/panic", "/t/broken"} {
		a := s.Public().Get(p)
		rid := a.Header.Get("X-Request-Id")
		if a.Status != 500 || len(rid) != 12 || !strings.Contains(a.Body, rid) || !strings.Contains(a.Body, "系统出了差错") {
			t.Errorf("%s: %d, request %q", p, a.Status, rid)
		}
		if !strings.Contains(s.Log.String(), rid) || !strings.Contains(s.Log.String(), "secret cause") {
			t.Errorf("%s: the operator does not get the cause with the request number", p)
		}
	}
	if a := s.Public().Get("/t/away"); a.Status != 503 || a.Header.Get("Retry-After") == "" {
		t.Errorf("away: %d", a.Status)
	}
	if a := s.Public().Get("/no/such/page"); a.Status != 404 || !strings.Contains(a.Body, "没有找到") {
		t.Errorf("unknown page: %d", a.Status)
	}
}

func TestFormOfAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	h := site(t)
	for name, head := range map[string][2]string{
		"cross site":      {"Sec-Fetch-Site", "cross-site"},
		"same site":       {"Sec-Fetch-Site", "same-site"},
		"foreign origin":  {"Origin", "https://evil.example"},
		"neither of them": {"X-Nothing", "1"},
	} {
		if a := h.Public().PostAs("/t/form", "name=x", head[0], head[1]); a.Status != 403 {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	if a := h.Public().PostAs("/t/form", "name=x", "Sec-Fetch-Site", "same-origin"); a.Status != 200 {
		t.Errorf("our own form: %d", a.Status)
	}
}

func TestTextIsCleanedAndBrokenTextNamed(t *testing.T) {
	t.Parallel()
	s := site(t).Public()
	a := s.Post("/t/form", moduletest.Form("name", "  \u202e张\u200b𬱖\x00\r\n军  ", "tags", "a", "tags", "b", "yes", "1"))
	if want := `{"Name":"张𬱖\n军","Tags":["a","b"],"Yes":true}`; a.Status != 200 || strings.TrimSpace(a.Body) != want {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := s.Post("/t/form", moduletest.Form("name", "\xff\xfe")); a.Status != 422 {
		t.Errorf("broken UTF-8: %d", a.Status)
	}
	if a := s.Post("/t/form", moduletest.Form("name", strings.Repeat("x", 3<<20))); a.Status != 413 {
		t.Errorf("3 MB of text: %d", a.Status)
	}
	if a := s.PostAs("/t/form", "{}", "Content-Type", "application/json"); a.Status != 422 {
		t.Errorf("JSON: %d", a.Status)
	}
}

func TestFilesThatAreRefusedDoNotLoseTheForm(t *testing.T) {
	t.Parallel()
	s := site(t).Public()
	a := s.PostFiles("/t/file", moduletest.Form("name", "张三"),
		moduletest.Upload{Field: "f", Name: "good.txt", Content: []byte("good")},
		moduletest.Upload{Field: "f", Name: "big.txt", Content: make([]byte, 50_000)},
		moduletest.Upload{Field: "g", Name: "bad.exe", Content: []byte("MZ")},
		moduletest.Upload{Field: "f", Name: "second.txt", Content: []byte("second")},
		moduletest.Upload{Field: "f", Name: "third.txt", Content: []byte("third")})
	for _, want := range []string{`"Ref":"good"`, `"Ref":"second"`, `form.file_too_large`, `form.no_files`, `form.too_many_files`, `张三`} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("%s is missing in %d %s", want, a.Status, a.Body)
		}
	}
	if a := s.PostFiles("/t/file", nil, moduletest.Upload{Field: "f", Name: "huge", Content: make([]byte, 400_000)}); a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("more than the route takes: %d", a.Status)
	}
}

func TestFormOfCountlessFilesIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	s := site(t).Public()
	files := make([]moduletest.Upload, 600)
	for i := range files {
		files[i] = moduletest.Upload{Field: "f", Name: "x"}
	}
	if a := s.PostFiles("/t/file", nil, files...); a.Status != http.StatusRequestEntityTooLarge || len(a.Body) > 20_000 {
		t.Errorf("%d with %d bytes", a.Status, len(a.Body))
	}
}

func TestTooManyFormsFromOneAddressWait(t *testing.T) {
	t.Parallel()
	s := site(t).Public()
	var last int
	for range 3 {
		last = s.Post("/t/few", nil).Status
	}
	if last != 429 {
		t.Errorf("the third of two a minute: %d", last)
	}
}

// echo makes the chain of middlewares anew for each request; what a request does not need must not stand in it.
func TestRoutesAreListedAtTheStartOnly(t *testing.T) {
	t.Parallel()
	f := moduletest.New(t, dbtest.SQLite(t, moduletest.Sets()))
	listed := 0
	s := f.Serve(t, nil, modules.Module{Name: "apptest", Routes: func(r *web.Routes) {
		listed++
		r.GET("/t/page", text("x"), access.Everyone)
	}})
	atStart := listed
	for range 3 {
		s.Public().Get("/t/page")
	}
	if listed != atStart {
		t.Errorf("three requests listed the routes %d times more", listed-atStart)
	}
}

func TestCachedPageIsDrawnOnceForThePublicAndAlwaysForStaff(t *testing.T) {
	t.Parallel()
	s := site(t)
	if a, b := s.Public().Get("/t/cached"), s.Public().Get("/t/cached"); a.Body != "x" || b.Body != "x" {
		t.Errorf("the public gets %q and %q", a.Body, b.Body)
	}
	if a := s.As("may").Get("/t/cached"); a.Body != "xx" {
		t.Errorf("staff get %q", a.Body)
	}
	if a := s.Public().Get("/t/cached?other=1"); a.Body != "xxx" {
		t.Errorf("another address gets %q", a.Body)
	}
}

func TestWishForLargeTypeStaysOnThisSite(t *testing.T) {
	t.Parallel()
	s := site(t).Public()
	a := s.Get("/prefs?type=large&back=/help")
	if a.Status != 303 || a.Location != "/help" || !strings.Contains(a.Header.Get("Set-Cookie"), "type=large") {
		t.Errorf("%d %s %s", a.Status, a.Location, a.Header.Get("Set-Cookie"))
	}
	for _, to := range []string{"//evil.example", "https://evil.example", `/\evil.example`, "javascript:alert(1)"} {
		if a := s.Get("/prefs?type=large&back=" + to); a.Location != "/" {
			t.Errorf("back=%s leads to %s", to, a.Location)
		}
	}
}

func TestHealthNamesWhatIsAway(t *testing.T) {
	t.Parallel()
	if a := site(t).Public().Get("/healthz"); a.Status != 200 || !strings.Contains(a.Body, `"database":"ok"`) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

func TestMigrationsAreRepeatableAndRefuseANewerDatabase(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, dsn string) {
		d, err := db.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		for range 2 {
			if err := db.Migrate(t.Context(), d, moduletest.Sets()...); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Migrate(t.Context(), d, (&documents.Papers{}).Module().Migrations); err == nil || !strings.Contains(err.Error(), "newer") {
			t.Errorf("an older program takes the database: %v", err)
		}
	})
}

func TestMigrationIsMarkedInItsOwnTransaction(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, dsn string) {
		d, err := db.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if err := db.Migrate(t.Context(), d, web.Migrations()); err != nil {
			t.Fatal(err)
		}
		// A server that dies between making the tables and marking them would leave this behind, if those were two steps.
		refuse := "CREATE TRIGGER refuse BEFORE INSERT ON bun_migrations WHEN NEW.name = '20990101000000' BEGIN SELECT RAISE(ABORT, 'dead'); END"
		if d.Postgres() {
			refuse = "CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN IF NEW.name = '20990101000000' THEN RAISE EXCEPTION 'dead'; END IF; RETURN NEW; END $$ LANGUAGE plpgsql; CREATE TRIGGER refuse BEFORE INSERT ON bun_migrations FOR EACH ROW EXECUTE FUNCTION refuse()"
		}
		if _, err := d.Writer().ExecContext(t.Context(), refuse); err != nil {
			t.Fatal(err)
		}
		more := fstest.MapFS{"20990101000000_apptest_create.tx.up.sql": {Data: []byte("CREATE TABLE apptest_rows (id text PRIMARY KEY);")}}
		if err := db.Migrate(t.Context(), d, web.Migrations(), more); err == nil {
			t.Fatal("the server did not die")
		}
		again := "DROP TRIGGER refuse"
		if d.Postgres() {
			again += " ON bun_migrations"
		}
		if _, err := d.Writer().ExecContext(t.Context(), again); err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(t.Context(), d, web.Migrations(), more); err != nil {
			t.Errorf("the next start: %v", err)
		}
		var n int
		if err := d.NewRaw("SELECT count(*) FROM bun_migrations WHERE name = '20990101000000'").Scan(t.Context(), &n); err != nil || n != 1 {
			t.Errorf("marked %d times, %v", n, err)
		}
	})
}
