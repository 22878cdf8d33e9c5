package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver
	"golang.org/x/net/html"

	"care/modules/identity"
	"care/server/secret"
	"care/server/testenv/proc"
	"care/server/testenv/servers"
)

// backends runs a test on the embedded default and on PostgreSQL with MinIO; env is what a server process is told.
func backends(t *testing.T, fn func(t *testing.T, env []string)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		fn(t, []string{"LOG_LEVEL=info"})
	})
	t.Run("postgres and minio", func(t *testing.T) {
		t.Parallel()
		fn(t, serverEnv(t))
	})
}

// serverEnv makes a fresh PostgreSQL database and a bucket for one platform with demonstration data.
func serverEnv(t *testing.T) []string {
	t.Helper()
	dsn, s3 := os.Getenv(servers.EnvPostgres), os.Getenv(servers.EnvS3)
	if dsn == "" || s3 == "" {
		servers.Missing(t, "PostgreSQL and MinIO are not there; `make test` starts them")
	}
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	conf, err := servers.ParseS3(s3)
	if err != nil {
		t.Fatal(err)
	}
	admin, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("process_%d_%d", os.Getpid(), time.Now().UnixNano())
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		admin.Close()
	})
	u.Path = "/" + name
	return []string{
		"DEMO=1", "DATABASE_URL=" + u.String(), "SECRET_KEY=" + secret.NewKey(), "LOG_LEVEL=info",
		"S3_ENDPOINT=" + conf.Endpoint, "S3_BUCKET=" + conf.Bucket + "-" + strings.ReplaceAll(name, "_", "-"), "S3_ACCESS_KEY=" + conf.Key, "S3_SECRET_KEY=" + conf.Secret,
	}
}

// browser is somebody in front of a server process; it keeps cookies and says where its forms come from.
type browser struct {
	t    testing.TB
	base string
	c    *http.Client
}

func open2(t testing.TB, base string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, base: base, c: &http.Client{Jar: jar, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type reply struct {
	status   int
	location string
	kind     string
	body     string
}

func (b *browser) try(r *http.Request) (reply, error) {
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := b.c.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header.Get("Location"), res.Header.Get("Content-Type"), string(body)}, err
}

func (b *browser) get(path string) reply {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	a, err := b.try(r)
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

// form is a filled form, ready to be sent once or again.
type form struct {
	action string
	values url.Values
	files  map[string][]byte // field/name → content
	multi  bool
}

// fill takes the form with that action from a page, as the browser would send it, with values put in.
func (b *browser) fill(path, action string, pairs ...string) form {
	b.t.Helper()
	p := b.get(path)
	if p.status != 200 {
		b.t.Fatalf("%s answers %d", path, p.status)
	}
	doc, err := html.Parse(strings.NewReader(p.body))
	if err != nil {
		b.t.Fatal(err)
	}
	f := form{action: action, values: url.Values{}, files: map[string][]byte{}}
	var found *html.Node
	var find func(*html.Node)
	find = func(n *html.Node) {
		if n.Type == html.ElementNode && n.Data == "form" && strings.EqualFold(get(n, "method"), "post") && found == nil {
			to := get(n, "action")
			if to == "" {
				to = path
			}
			if to == action {
				found = n
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			find(c)
		}
	}
	find(doc)
	if found == nil {
		b.t.Fatalf("%s holds no form to %s", path, action)
	}
	f.multi = get(found, "enctype") == "multipart/form-data"
	collect(found, f.values)
	for i := 0; i+1 < len(pairs); i += 2 {
		f.values.Set(pairs[i], pairs[i+1])
	}
	return f
}

func get(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func collect(n *html.Node, v url.Values) {
	if n.Type == html.ElementNode && get(n, "name") != "" {
		switch n.Data {
		case "input":
			switch get(n, "type") {
			case "checkbox", "radio":
				if has(n, "checked") {
					v.Add(get(n, "name"), get(n, "value"))
				}
			case "file", "submit":
			default:
				v.Add(get(n, "name"), get(n, "value"))
			}
		case "textarea":
			if n.FirstChild != nil {
				v.Add(get(n, "name"), n.FirstChild.Data)
			}
		case "select":
			var pick func(*html.Node)
			pick = func(o *html.Node) {
				if o.Data == "option" && has(o, "selected") {
					v.Set(get(n, "name"), get(o, "value"))
				}
				for c := o.FirstChild; c != nil; c = c.NextSibling {
					pick(c)
				}
			}
			pick(n)
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		collect(c, v)
	}
}

func (b *browser) send(f form) (reply, error) {
	b.t.Helper()
	var body bytes.Buffer
	kind := "application/x-www-form-urlencoded"
	if f.multi {
		w := multipart.NewWriter(&body)
		for k, vs := range f.values {
			for _, v := range vs {
				if err := w.WriteField(k, v); err != nil {
					b.t.Fatal(err)
				}
			}
		}
		for k, content := range f.files {
			field, name, _ := strings.Cut(k, "/")
			p, err := w.CreateFormFile(field, name)
			if err != nil {
				b.t.Fatal(err)
			}
			if _, err := p.Write(content); err != nil {
				b.t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.t.Fatal(err)
		}
		kind = w.FormDataContentType()
	} else {
		body.WriteString(f.values.Encode())
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+f.action, &body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	return b.try(r)
}

// signIn gives a browser in which somebody of the demonstration is signed in.
func signIn(t testing.TB, base, login string) *browser {
	t.Helper()
	b := open2(t, base)
	f := b.fill("/signin", "/signin", "login", login, "password", identity.DemoPassword)
	a, err := b.send(f)
	if err != nil || a.status != 303 {
		t.Fatalf("sign-in of %s: %d, %v", login, a.status, err)
	}
	return b
}

var (
	resultLink = regexp.MustCompile(`href="([^"]+)"[^>]*>查看结果`)
	uuidForm   = `[0-9a-f]{8}-[0-9a-f-]{27}`
)

// story walks both money paths over HTTP. press sends a filled form and gives where its result is shown; a test of crashes
// passes one that kills the server meanwhile.
type story struct {
	t     *testing.T
	base  string
	press func(b *browser, f form) string
	who   map[string]*browser
}

func (s *story) as(login string) *browser {
	s.t.Helper()
	if s.who[login] == nil {
		s.who[login] = signIn(s.t, s.base, login)
	}
	return s.who[login]
}

func (s *story) step(login, page, action string, pairs ...string) string {
	s.t.Helper()
	b := s.as(login)
	return s.press(b, b.fill(page, action, pairs...))
}

// pressPlain sends a form that must work.
func pressPlain(b *browser, f form) string {
	b.t.Helper()
	a, err := b.send(f)
	if err != nil {
		b.t.Fatal(err)
	}
	if a.status != 303 {
		b.t.Fatalf("%s answers %d: %s", f.action, a.status, explain(a.body))
	}
	return a.location
}

// explain shortens an answer to what a person would read of its errors.
func explain(body string) string {
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return body
	}
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode && (n.Data == "head" || n.Data == "nav" || n.Data == "header" || n.Data == "footer") {
			return
		}
		if n.Type == html.TextNode {
			b.WriteString(strings.Join(strings.Fields(n.Data), " ") + " ")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	out := strings.Join(strings.Fields(b.String()), " ")
	return out[:min(len(out), 900)]
}

const donorName, donorPhone = "钱𬱖·测试", "13987461234"

// donate pledges, records and confirms a gift, and gives the address of the donor's page.
func (s *story) donate(name, amount, bankRef string) string {
	s.t.Helper()
	campaign := regexp.MustCompile(`/campaigns/([A-Z0-9-]+)"`).FindStringSubmatch(open2(s.t, s.base).get("/campaigns").body)
	if campaign == nil {
		s.t.Fatal("no campaign is open")
	}
	pub := open2(s.t, s.base)
	thanks := s.press(pub, pub.fill("/give?campaign="+campaign[1], "/give", "amount", amount, "donor", "person", "name", name, "shown", "masked", "phone", donorPhone, "agree", "1"))
	page := pub.get(thanks)
	code := regexp.MustCompile(`class="code large[^"]*"[^>]*>\s*([A-Z0-9]{4}[ ]?[A-Z0-9]{4})`).FindStringSubmatch(page.body)
	if code == nil {
		s.t.Fatalf("the donor's page shows no transfer code: %s", explain(page.body))
	}
	found := s.as(identity.DemoCashier).get("/desk/donations?q=" + strings.ReplaceAll(code[1], " ", ""))
	id := regexp.MustCompile(`/desk/donations/(` + uuidForm + `)"`).FindStringSubmatch(found.body)
	if id == nil {
		s.t.Fatalf("the cashier does not find %s: %s", code[1], explain(found.body))
	}
	at := "/desk/donations/" + id[1]
	today := time.Now().In(time.FixedZone("", 8*3600)).Format(time.DateOnly)
	s.step(identity.DemoCashier, at+"/record", at+"/record", "bank_ref", bankRef, "day", today, "paid", amount, "payer", name, "method", "transfer", "checked", "1")
	s.step(identity.DemoAccountant, at, at+"/confirm")
	return thanks
}

// paper waits for a paper to be drawn and gives its bytes. Work that a killed server had begun is taken over after
// queue.RescueAfter, looked for twice a minute.
func (s *story) paper(b *browser, path string) string {
	s.t.Helper()
	for range 2400 {
		a := b.get(path)
		if a.status == 200 && a.kind == "application/pdf" {
			return a.body
		}
		if a.status != 202 {
			s.t.Fatalf("%s answers %d: %s", path, a.status, explain(a.body))
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatalf("%s is not drawn within two minutes", path)
	return ""
}

func TestDonationBecomesIncomeAndAReceiptOverHTTP(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, env []string) {
		srv := proc.New(t, env...)
		s := &story{t: t, base: srv.URL, press: pressPlain, who: map[string]*browser{}}
		thanks := s.donate(donorName, "1234.56", "BANK-0001")
		pub := open2(t, srv.URL)
		if got := s.paper(pub, thanks+"/receipt"); !strings.HasPrefix(got, "%PDF-") {
			t.Error("the receipt is no PDF")
		}
		page := pub.get(thanks)
		number := regexp.MustCompile(`QJGA-\d{4}-\d{6}`).FindString(page.body)
		if number == "" {
			t.Fatalf("the donor's page shows no receipt number: %s", explain(page.body))
		}
		if v := pub.get("/verify/" + number); v.status != 200 || !strings.Contains(v.body, "凭证有效") || !strings.Contains(v.body, "¥1,234.56") || strings.Contains(v.body, donorName) {
			t.Errorf("verification: %d %s", v.status, explain(v.body))
		}
		time.Sleep(3100 * time.Millisecond) // the roll may be as old as the cache allows
		if r := pub.get("/donations"); !strings.Contains(r.body, number) || strings.Contains(r.body, donorName) || strings.Contains(r.body, donorPhone) {
			t.Error("the roll does not show the gift, or shows the donor")
		}
		srv.Check(t)
		if log := srv.Log(); strings.Contains(log, donorPhone) || strings.Contains(log, donorName) {
			t.Error("the log holds the donor's name or phone")
		}
	})
}
