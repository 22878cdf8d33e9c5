package identity_test

import (
	"bytes"
	"html"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/jba/templatecheck"

	"care/modules"
	"care/modules/identity"
	"care/server/app"
	"care/server/db/dbtest"
	"care/templates"
)

// site is the real pages over a real server.
type site struct {
	*stage
	url string
	log *bytes.Buffer
}

func serve(t *testing.T, demo bool) *site {
	t.Helper()
	s := newStage(dbtest.SQLite(t, sets()), demo)
	if demo {
		if err := s.net.Seed(t.Context(), s.at); err != nil {
			t.Fatal(err)
		}
		s.at.To(start)
		if err := s.Seed(t.Context(), s.at); err != nil {
			t.Fatal(err)
		}
		s.at.To(start)
	}
	log := &bytes.Buffer{}
	a, err := app.New(app.Options{DB: s.db, Log: slog.New(slog.NewTextHandler(log, nil)), Now: s.at.Now, Org: "基金会", Demo: demo, Person: s.Person},
		[]modules.Module{s.trail.Module(), s.net.Module(), s.Module()})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.Handler())
	t.Cleanup(server.Close)
	return &site{s, server.URL, log}
}

// browser is one person's browser.
type browser struct {
	t    *testing.T
	base string
	http http.Client
}

func (s *site) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, s.url, http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type answer struct {
	status   int
	location string
	body     string
}

func (b *browser) do(r *http.Request) answer {
	b.t.Helper()
	resp, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil {
		b.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header.Get("Location"), html.UnescapeString(body.String())}
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(r)
}

func (b *browser) post(path string, pairs ...string) answer {
	b.t.Helper()
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	if v.Get("once") == "" {
		v.Set("once", strings.ReplaceAll(b.t.Name()+"................", "/", ".")[:16]+path[len(path)-min(len(path), 8):]+v.Get("login"))
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+path, strings.NewReader(v.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

func (b *browser) signIn(login, password string) {
	b.t.Helper()
	if a := b.post("/signin", "login", login, "password", password); a.status != http.StatusSeeOther {
		b.t.Fatalf("sign-in of %s: %d %s", login, a.status, a.body)
	}
}

func (a answer) want(t *testing.T, status int, location string, sees ...string) {
	t.Helper()
	if a.status != status || location != "" && a.location != location {
		t.Errorf("got %d to %q, want %d to %q: %s", a.status, a.location, status, location, a.body)
	}
	for _, s := range sees {
		if !strings.Contains(a.body, s) {
			t.Errorf("the page does not show %q: %s", s, a.body)
		}
	}
}

func TestSignInLeadsOnlyToOurOwnPages(t *testing.T) {
	t.Parallel()
	s := serve(t, false)
	s.person(t, "lin", "530300")
	for next, want := range map[string]string{
		"/desk/me": "/desk/me", "/desk/people?q=a&role=b": "/desk/people?q=a&role=b", "": "/desk", "https://evil.example/": "/desk",
		"//evil.example": "/desk", `/\evil.example`: "/desk", "javascript:alert(1)": "/desk",
	} {
		b := s.browser(t)
		a := b.get("/signin?next=" + url.QueryEscape(next))
		a.want(t, http.StatusOK, "")
		b.post("/signin", "login", "lin", "password", good, "next", next).want(t, http.StatusSeeOther, want)
		b.get("/signin?next="+url.QueryEscape(next)).want(t, http.StatusSeeOther, want) // who is in need not sign in again
	}
	s.browser(t).get("/desk/me").want(t, http.StatusSeeOther, "/signin?next=%2Fdesk%2Fme")
}

func TestWrongPasswordShowsTheFormAgainWithoutIt(t *testing.T) {
	t.Parallel()
	s := serve(t, false)
	s.person(t, "lin", "530300")
	b := s.browser(t)
	once := regexp.MustCompile(`name="once" value="[^"]*"|[0-9a-f]{12}`)
	known, unknown := b.post("/signin", "login", "lin", "password", "not the password"), b.post("/signin", "login", "nix", "password", "not the password")
	known.want(t, http.StatusUnprocessableEntity, "", "登录名或密码不正确", `value="lin"`)
	if strings.Contains(known.body, "not the password") {
		t.Error("the password came back")
	}
	plain := func(a answer) string {
		return once.ReplaceAllString(strings.ReplaceAll(a.body, `value="nix"`, `value="lin"`), "")
	}
	if plain(known) != plain(unknown) || known.status != unknown.status {
		t.Error("the answers to a wrong password and to an unknown login differ")
	}
	for range 4 {
		b.post("/signin", "login", "lin", "password", "not the password")
	}
	b.post("/signin", "login", "lin", "password", good).want(t, http.StatusUnprocessableEntity, "", "已锁定")
	if strings.Contains(s.log.String(), "not the password") || strings.Contains(s.log.String(), "lin") {
		t.Errorf("the log holds what was typed: %s", s.log)
	}
}

func TestDemonstrationAccountsAreShownOnlyWhileItIsLoaded(t *testing.T) {
	t.Parallel()
	demo, real := serve(t, true), serve(t, false)
	b := demo.browser(t)
	page := b.get("/signin")
	page.want(t, http.StatusOK, "", "演示账号", identity.DemoPassword, "村（社区）站员", "会泽县 · 者海镇 · 石河村")
	for _, p := range identity.DemoLogins() {
		if !strings.Contains(page.body, `name="login" value="`+p.Login+`"`) {
			t.Errorf("no button for %s", p.Login)
		}
	}
	b.post("/signin", "login", identity.DemoAuditor, "password", identity.DemoPassword).want(t, http.StatusSeeOther, "/desk")
	b.get("/desk/me").want(t, http.StatusOK, "", "沈静", "审计员", "登录")
	if a := real.browser(t).get("/signin"); strings.Contains(a.body, "演示") || strings.Contains(a.body, identity.DemoPassword) {
		t.Error("the real sign-in page speaks of the demonstration")
	}
}

func TestSigningOutAndLeavingEverywhereEndSessions(t *testing.T) {
	t.Parallel()
	s := serve(t, false)
	s.person(t, "lin", "530300")
	here, there := s.browser(t), s.browser(t)
	here.signIn("lin", good)
	there.signIn("lin", good)
	here.post("/signout").want(t, http.StatusSeeOther, "/signin")
	here.get("/desk/me").want(t, http.StatusSeeOther, "")
	there.get("/desk/me").want(t, http.StatusOK, "")
	here.signIn("lin", good)
	const next = "another long sentence"
	here.post("/desk/me/password", "old", "wrong", "password", next, "again", next).want(t, http.StatusUnprocessableEntity, "", "现在的密码不正确")
	here.post("/desk/me/password", "old", good, "password", next, "again", next).want(t, http.StatusSeeOther, "/desk/me")
	here.get("/desk/me").want(t, http.StatusOK, "", "密码已修改")
	there.get("/desk/me").want(t, http.StatusSeeOther, "")
	there.signIn("lin", next)
	there.post("/desk/me/leave").want(t, http.StatusSeeOther, "/signin")
	here.get("/desk/me").want(t, http.StatusSeeOther, "")
}

func TestFirstStartLeadsToTwoAdministrators(t *testing.T) {
	t.Parallel()
	s := serve(t, false)
	token := setupToken(t, s.stage)
	boss := s.browser(t)
	boss.get("/setup/"+token).want(t, http.StatusOK, "", "设置第一位系统管理员")
	boss.post("/setup/"+token, "name", "田野", "login", "tianye", "password", "short", "again", "short").want(t, http.StatusUnprocessableEntity, "", "至少要有 10 个字符", `value="tianye"`)
	if a := boss.post("/setup/"+token, "name", "田野", "login", "tianye", "password", good, "again", good); a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/desk/people/") {
		t.Fatalf("setup: %d %s", a.status, a.location)
	}
	s.browser(t).get("/setup/"+token).want(t, http.StatusNotFound, "", "已经用过或已过期")
	boss.get("/desk/people").want(t, http.StatusOK, "", "田野", "系统管理员")

	made := boss.post("/desk/people/new", "name", "许可", "login", "xuke", "area", "530300", "post", "安全岗", "once", "0123456789abcdef-1")
	if made.status != http.StatusSeeOther {
		t.Fatalf("new account: %d %s", made.status, made.body)
	}
	again := boss.post("/desk/people/new", "name", "许可", "login", "xuke", "area", "530300", "post", "安全岗", "once", "0123456789abcdef-1")
	again.want(t, http.StatusConflict, "", made.location)
	page := boss.get(made.location)
	page.want(t, http.StatusOK, "", "/password/", "待设密码", "授予岗位")
	link := regexp.MustCompile(`https://care\.example(/password/[\w-]+)`).FindStringSubmatch(page.body)[1]
	if strings.Contains(boss.get(made.location).body, link) {
		t.Error("the link is shown twice")
	}
	boss.post(made.location+"/grant", "role", identity.Cashier, "from", string(today)).want(t, http.StatusForbidden, "")
	boss.post(made.location+"/grant", "role", identity.SecurityOfficer, "from", string(today), "once", "0123456789abcdef-2").want(t, http.StatusSeeOther, made.location)

	guard := s.browser(t)
	guard.get(link).want(t, http.StatusOK, "", "许可", "xuke")
	guard.post(link, "password", good, "again", good+"x").want(t, http.StatusUnprocessableEntity, "", "两次填写的密码不一样")
	guard.post(link, "password", good, "again", good).want(t, http.StatusSeeOther, "/desk")
	s.browser(t).get(link).want(t, http.StatusNotFound, "", "已经用过或已过期")

	// The security officer gives the administrator no business, and says why.
	id := boss.get("/desk/people").body
	_ = id
	p, err := s.List(t.Context(), s.admin, identity.Search{Words: "tianye"}, "", 2)
	if err != nil || len(p.Rows) != 1 {
		t.Fatal(p, err)
	}
	guard.post("/desk/people/"+p.Rows[0].ID+"/grant", "role", identity.Cashier, "from", string(today)).want(t, http.StatusUnprocessableEntity, "", "“财务登记（出纳）”与已担任的“系统管理员”不能是同一个人", "三类管理权限互相分开")
	guard.get("/desk/people/new").want(t, http.StatusForbidden, "")
}

func TestVillageIsWrittenUnderItsTownship(t *testing.T) {
	t.Parallel()
	s := serve(t, true)
	b := s.browser(t)
	b.signIn(identity.DemoAdmin, identity.DemoPassword)
	form := func(login, area, village string) []string {
		return []string{"name", "新人", "login", login, "area", area, "village", village, "leaves", "2027-01-01"}
	}
	b.post("/desk/people/new", form("new1", "530326", "石河村")...).want(t, http.StatusUnprocessableEntity, "", "请先在上面选择")
	b.post("/desk/people/new", form("new2", "530326106", "无此村")...).want(t, http.StatusUnprocessableEntity, "", "没有找到这个村", `value="无此村"`)
	made := b.post("/desk/people/new", form("new3", "530326106", "石河村")...)
	made.want(t, http.StatusSeeOther, "")
	b.get(made.location).want(t, http.StatusOK, "", "会泽县 · 者海镇 · 石河村", "2027年1月1日")
	b.get(made.location+"/edit").want(t, http.StatusOK, "", `value="石河村"`)
	b.post(made.location+"/edit", append(form("new3", "530326106", "石河村"), "version", "7")...).want(t, http.StatusConflict, "", "刚刚被别人处理过")
	b.post(made.location+"/edit", append(form("new3", "530326106", "松林坡村"), "version", "1")...).want(t, http.StatusSeeOther, made.location)
	b.get(made.location+"/disable").want(t, http.StatusOK, "", "停用新人的账号？")
	b.post(made.location+"/disable").want(t, http.StatusUnprocessableEntity, "", "请写明原因")
	b.post(made.location+"/disable", "reason", "借调期满").want(t, http.StatusSeeOther, made.location)
	b.get(made.location).want(t, http.StatusOK, "", "已停用", "所有登录已退出")
	b.post(made.location+"/enable").want(t, http.StatusSeeOther, made.location)
	b.post(made.location+"/link", "once", "0123456789abcdef-9").want(t, http.StatusSeeOther, made.location)
	b.get(made.location).want(t, http.StatusOK, "", "/password/")
	b.get("/desk/people?q=新人&role="+identity.Cashier).want(t, http.StatusOK, "", "没有找到账号")
	b.get("/desk/roles").want(t, http.StatusOK, "", "三员分立", "不能由同一个人承担", "秘书长、理事")
}

func TestRoleIsTakenBackWithItsReason(t *testing.T) {
	t.Parallel()
	s := serve(t, true)
	b := s.browser(t)
	b.signIn(identity.DemoSecurity, identity.DemoPassword)
	who, err := s.ByLogin(t.Context(), identity.DemoCashier)
	if err != nil {
		t.Fatal(err)
	}
	page := b.get("/desk/people/" + who.ID)
	page.want(t, http.StatusOK, "", "财务登记（出纳）", "在岗")
	href := regexp.MustCompile(`/desk/people/[\w-]+/grants/[\w-]+/revoke`).FindString(page.body)
	b.get(href).want(t, http.StatusOK, "", "收回孙雪梅的“财务登记（出纳）”岗位？")
	b.post(href).want(t, http.StatusUnprocessableEntity, "", "请写明原因")
	b.post(href, "reason", "调岗").want(t, http.StatusSeeOther, "/desk/people/"+who.ID)
	b.get("/desk/people/"+who.ID).want(t, http.StatusOK, "", "已收回", "调岗")
	b.get(href).want(t, http.StatusNotFound, "")
}

func TestPagesOfAccountsAreClosedToOthers(t *testing.T) {
	t.Parallel()
	s := serve(t, true)
	b := s.browser(t)
	b.signIn(identity.DemoCashier, identity.DemoPassword)
	for _, path := range []string{"/desk/people", "/desk/people/new", "/desk/roles"} {
		b.get(path).want(t, http.StatusForbidden, "")
		s.browser(t).get(path).want(t, http.StatusSeeOther, "/signin?next="+url.QueryEscape(path))
	}
	b.get("/desk/me").want(t, http.StatusOK, "", "孙雪梅")
	b.post("/desk/people/new", "name", "x").want(t, http.StatusForbidden, "")
	s.browser(t).post("/desk/me/leave").want(t, http.StatusUnauthorized, "")
}

func TestPagesFitTheirTemplates(t *testing.T) {
	t.Parallel()
	set, err := templates.Parse()
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(dbtest.SQLite(t, sets()), false)
	for name, page := range s.Module().Pages {
		if err := templatecheck.CheckHTML(set.Page(name), page); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
