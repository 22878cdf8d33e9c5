package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"golang.org/x/net/html"

	"care/modules/donations"
	"care/modules/goods"
	"care/modules/identity"
	"care/modules/relief"
	"care/server/ident"
	"care/server/testenv/proc"
)

// page is what a walk over the links has found.
type page struct {
	path string
	reply
}

// A walk visits at most this many pages of one kind, such as all cases, and so many pages in all.
const (
	ofOneKind = 3
	pagesMost = 600
)

var (
	numbersInPath = regexp.MustCompile(uuidForm + `|[A-Z]{4}-\d{4}-\d{6}|\d{6,}`)
	valuesInQuery = regexp.MustCompile(`=[^&]*`)
)

// kind makes the addresses of two pages that are made alike equal.
func kind(path string) string {
	p, query, _ := strings.Cut(path, "?")
	p = numbersInPath.ReplaceAllString(p, "*")
	if rest, ok := strings.CutPrefix(p, "/campaigns/"); ok && rest != "" {
		p = "/campaigns/*"
	}
	return p + "?" + valuesInQuery.ReplaceAllString(query, "=")
}

// walk follows every link from a page to those of the same side of the platform, and gives the pages.
// A page that is answered with an error fails the test.
func walk(b *browser, from string, inside func(path string) bool) []page {
	b.t.Helper()
	var out []page
	queue, seen, kinds := []string{from}, map[string]bool{from: true}, map[string]int{}
	for len(queue) > 0 && len(out) < pagesMost {
		path := queue[0]
		queue = queue[1:]
		if kinds[kind(path)]++; kinds[kind(path)] > ofOneKind {
			continue
		}
		a := b.get(path)
		if a.status >= 400 {
			b.t.Errorf("%s answers %d: %s", path, a.status, explain(a.body))
			continue
		}
		out = append(out, page{path, a})
		if !strings.HasPrefix(a.kind, "text/html") {
			continue
		}
		for _, l := range links(b, path, a.body) {
			if !seen[l] && inside(l) {
				seen[l] = true
				queue = append(queue, l)
			}
		}
	}
	if len(out) >= pagesMost {
		b.t.Errorf("the walk from %s does not end", from)
	}
	return out
}

// links gives the addresses on a page that lie on this server, without the part behind "#".
func links(b *browser, path, body string) []string {
	base, err := url.Parse(b.base + path)
	if err != nil {
		b.t.Fatal(err)
	}
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "a" || !has(n, "href") {
			continue
		}
		u, err := base.Parse(get(n, "href"))
		if err != nil {
			b.t.Errorf("%s has a link to %q", path, get(n, "href"))
			continue
		}
		if u.Host == base.Host && u.Scheme == base.Scheme && u.Path != "/prefs" {
			out = append(out, u.RequestURI())
		}
	}
	return out
}

func publicSide(path string) bool {
	return !strings.HasPrefix(path, "/desk") && !strings.HasPrefix(path, "/assets")
}
func deskSide(path string) bool { return strings.HasPrefix(path, "/desk") }

// Numbers that belong to people, wherever they come from.
var (
	phoneForm    = regexp.MustCompile(`\b1[3-9]\d{9}\b`)
	identityForm = regexp.MustCompile(`\b\d{17}[\dXx]\b`)
	cardForm     = regexp.MustCompile(`\b\d{16,19}\b`)
)

// privateIn gives what of people's private matters is in a text.
func privateIn(text string) []string {
	var out []string
	for _, m := range append(phoneForm.FindAllString(text, -1), identityForm.FindAllString(text, -1)...) {
		out = append(out, m)
	}
	for _, m := range cardForm.FindAllString(text, -1) {
		if _, err := ident.Card(m); err == nil {
			out = append(out, m)
		}
	}
	for _, p := range seededPrivate() {
		// A name of two characters may be a common word, such as 许多; see namesIn.
		if utf8.RuneCountInString(p) > 2 && strings.Contains(text, p) {
			out = append(out, p)
		}
	}
	return out
}

func seededPrivate() []string {
	return slices.Concat(relief.DemoPrivate(), donations.DemoPrivate(), goods.DemoPrivate())
}

// namesIn gives the short names that stand alone in some place of a page.
func namesIn(t *testing.T, body string) []string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	private, out := seededPrivate(), []string(nil)
	for n := range doc.Descendants() {
		if s := strings.TrimSpace(n.Data); n.Type == html.TextNode && utf8.RuneCountInString(s) == 2 && slices.Contains(private, s) {
			out = append(out, s)
		}
	}
	return out
}

func TestEveryPageAnswersFitsAndKeepsSecrets(t *testing.T) {
	t.Parallel()
	srv := proc.New(t, "LOG_LEVEL=info")
	t.Cleanup(func() { // after all that happens below
		for _, x := range privateIn(srv.Log()) {
			t.Errorf("the log holds %s", x)
		}
		if strings.Contains(srv.Log(), "level=ERROR") {
			t.Error("the log holds errors")
		}
	})
	t.Run("the scan finds what is private", func(t *testing.T) {
		t.Parallel()
		for _, x := range []string{"电话 13887401200。", "530302199001011232", "卡号 6217003870000123452", "石河村一组 18 号", "张建国"} {
			if privateIn(x) == nil {
				t.Errorf("%q passes", x)
			}
		}
		if namesIn(t, "<p>许多</p>") == nil || namesIn(t, "<p>许多人</p>") != nil {
			t.Error("short names are not found where they stand alone")
		}
	})
	t.Run("nobody sees anything private in public", func(t *testing.T) {
		t.Parallel()
		pages := walk(open2(t, srv.URL), "/", publicSide)
		if len(pages) < 25 {
			t.Errorf("only %d public pages were found", len(pages))
		}
		for _, p := range pages {
			for _, x := range append(privateIn(p.body), namesIn(t, p.body)...) {
				if p.path == "/signin" && strings.Contains(x, identity.DemoPassword) {
					continue
				}
				t.Errorf("%s shows %s", p.path, x)
			}
		}
	})
	t.Run("hostile input is answered, not obeyed", func(t *testing.T) {
		t.Parallel()
		hostile(t, srv)
	})
	t.Run("every role", func(t *testing.T) {
		t.Parallel()
		var looks []look
		shapes := map[string]bool{}
		see := func(b *browser, pages []page) {
			for _, p := range pages {
				if s := shape(t, p); s != "" && !shapes[s] {
					shapes[s] = true
					looks = append(looks, look{b, p.path})
				}
			}
		}
		pub := open2(t, srv.URL)
		see(pub, walk(pub, "/", publicSide))
		for _, d := range identity.DemoLogins() {
			if d.Login == identity.DemoTownship2 || d.Login == identity.DemoCounty2 {
				continue // their pages are those of others, and an address may not sign in more than twenty times a minute
			}
			b := signIn(t, srv.URL, d.Login)
			pages := walk(b, "/desk", deskSide)
			see(b, pages)
			for _, p := range pages {
				if strings.HasPrefix(p.path, "/desk/relief/drafts/") || strings.HasPrefix(p.path, "/desk/intake/") && strings.HasSuffix(p.path, "/rows") {
					continue // a form with what its clerks have typed
				}
				for _, x := range privateNumbers(p.body) {
					t.Errorf("%s sees %s on %s", d.Login, x, p.path)
				}
			}
		}
		if len(shapes) < 40 {
			t.Errorf("only %d different pages were found", len(shapes))
		}
		t.Run("on a phone", func(t *testing.T) { fitPhone(t, chrome(t), srv.URL, looks) })
	})
}

// look is a page to look at, as the one who is signed in there.
type look struct {
	b    *browser
	path string
}

// privateNumbers gives the numbers of people; names and stories are what the desk works with.
func privateNumbers(text string) []string {
	var out []string
	for _, x := range privateIn(text) {
		if strings.IndexFunc(x, func(r rune) bool { return (r < '0' || r > '9') && r != 'X' }) < 0 {
			out = append(out, x)
		}
	}
	return out
}

// fitPhone opens pages at 390 pixels and widens them: none may be wider than the screen, no table may leave its box,
// and none may complain on the console.
func fitPhone(t *testing.T, tabs context.Context, base string, looks []look) {
	t.Helper()
	c := newTab(t, tabs, base, "phone", phoneWide)
	at, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	var now *browser
	for _, l := range looks {
		if l.b != now {
			now = l.b
			c.do("cookies", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
				var list []*network.CookieParam
				for _, k := range now.c.Jar.Cookies(at) {
					list = append(list, &network.CookieParam{Name: k.Name, Value: k.Value, URL: base})
				}
				if _, err := chromedp.Call(ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
					return err
				}
				_, err := chromedp.Call(ctx, network.SetCookies, network.SetCookiesParams{Cookies: list})
				return err
			}))
		}
		c.open(l.path)
		c.fits()
		c.do("a wide screen", chromedp.EmulateViewport(deskWide, deskHigh))
		c.fits()
		if out := ask(c, "tables", chromedp.Evaluate[int](`[...document.querySelectorAll(".table-box:not(.wide)")].filter(b=>b.scrollWidth>b.clientWidth+1).length`)); out > 0 {
			t.Errorf("%s: a table is wider than its box", l.path)
		}
		c.do("a phone again", chromedp.EmulateViewport(phoneWide, phoneHigh, chromedp.EmulateMobile, chromedp.EmulatePortrait, chromedp.EmulateTouch))
	}
	t.Logf("%d pages were looked at", len(looks))
}

// shape tells how a page is made: its kind of address and the elements and classes of its matter.
func shape(t *testing.T, p page) string {
	t.Helper()
	if !strings.HasPrefix(p.kind, "text/html") || p.status != 200 {
		return ""
	}
	doc, err := html.Parse(strings.NewReader(p.body))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]bool{}
	for n := range matter(doc).Descendants() {
		if n.Type == html.ElementNode && n.Data != "use" {
			class, _, _ := strings.Cut(get(n, "class"), " ") // the further ones are of tone
			parts[n.Data+"."+class] = true
		}
	}
	list := make([]string, 0, len(parts))
	for k := range parts {
		list = append(list, k)
	}
	slices.Sort(list)
	return kind(p.path) + fmt.Sprint(list)
}

// matter gives the main part of a page, or all of it.
func matter(doc *html.Node) *html.Node {
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "main" {
			return n
		}
	}
	return doc
}

// hostile sends what no honest person would, and what honest people do by mistake.
func hostile(t *testing.T, srv *proc.Server) {
	t.Helper()
	pub := open2(t, srv.URL)
	give := func(pairs ...string) reply {
		t.Helper()
		f := pub.fill("/give", "/give", append([]string{"amount", "20", "donor", "person", "name", "测试人", "shown", "masked", "phone", donorPhone, "agree", "1"}, pairs...)...)
		a, err := pub.send(f)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	// One address may promise twenty gifts a minute, so each try counts.
	for _, amount := range []string{"-5", "0", "0.001", "1e9", "9223372036854775807", "NaN", "1,2,3", "<b>1</b>"} {
		a := give("amount", amount)
		if a.status != 422 || !strings.Contains(a.body, `id="amount-error"`) || !strings.Contains(a.body, `value="`+html.EscapeString(amount)+`"`) {
			t.Errorf("the amount %q is answered %d: %s", amount, a.status, explain(a.body))
		}
	}
	for _, name := range []string{"钱𬱖", strings.Repeat("阿", 50), "𠮷𠮷𠮷"} {
		if a := give("name", name); a.status != 303 {
			t.Errorf("the name %q is answered %d: %s", name, a.status, explain(a.body))
		}
	}
	for _, name := range []string{"", strings.Repeat("长", 300), "<script>alert(1)</script>", "王\xff\xfe"} {
		a := give("name", name)
		if a.status != 422 || !utf8.ValidString(a.body) || !strings.Contains(a.body, `id="name-error"`) {
			t.Errorf("the name %q is answered %d: %s", name, a.status, explain(a.body))
		}
		if strings.Contains(a.body, "<script>alert") {
			t.Errorf("the name %q comes back as a script", name)
		}
	}
	if a := give("phone", "１２３４５"); a.status != 422 || !strings.Contains(a.body, `id="phone-error"`) {
		t.Errorf("a wrong phone is answered %d: %s", a.status, explain(a.body))
	}
	if a := give("idno", "530302199001011233"); a.status != 422 || !strings.Contains(a.body, `id="idno-error"`) || !strings.Contains(a.body, `value="测试人"`) {
		t.Errorf("a wrong check digit is answered %d: %s", a.status, explain(a.body))
	}
	for _, path := range []string{"/campaigns/%00", "/campaigns/..%2f..%2fetc%2fpasswd", "/notices/1", "/notices/%ff", "/verify/%27%20OR%201", "/verify/" + strings.Repeat("9", 3000), "/donations?after=%ff%00", "/donations?after=1%27", "/stations?q=%ff%25_", "/give?campaign=%00", "/give/t/x", "/objections/0", "/password/x", "/setup/x"} {
		if a := pub.get(path); a.status >= 500 || a.status == 0 || !utf8.ValidString(a.body) {
			t.Errorf("%s answers %d", path, a.status)
		}
	}

	filer := signIn(t, srv.URL, identity.DemoFiler)
	send := func(pairs []string, files map[string][]byte) reply {
		t.Helper()
		f := filer.fill("/desk/relief/new", "/desk/relief/new", append([]string{"name", "测试甲", "address", "测试组 9 号", "do", "submit"}, pairs...)...)
		f.files = files
		a, err := filer.send(f)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for what, one := range map[string]struct {
		file []byte
		code string
	}{
		"a program called photo": {[]byte("MZ\x90\x00 this is a program"), "evidence_id-error"},
		"a page called photo":    {[]byte("<html><script>alert(1)</script></html>"), "evidence_id-error"},
		"an empty file":          {nil, "evidence_id-error"},
		"60 MB":                  {append(append([]byte{}, photo...), bytes.Repeat([]byte{7}, 60<<20)...), "evidence_id-error"},
	} {
		a := send(nil, map[string][]byte{"evidence_id/photo.png": one.file})
		if a.status != 422 || !strings.Contains(a.body, one.code) || !strings.Contains(a.body, `value="测试组 9 号"`) || !strings.Contains(a.body, `id="identity-error"`) {
			t.Errorf("%s is answered %d: %s", what, a.status, explain(a.body))
		}
	}
	for _, pairs := range [][]string{{"requested", "-1"}, {"requested", "1e400"}, {"identity", "530302199002301239"}, {"identity", strings.Repeat("1", 4000)}, {"cause_day", "9999-99-99"}, {"cause_day", "2999-01-01"}, {"card", "1"}, {"phone", "１３８８７"}, {"category", "emperor"}, {"area", "530000"}, {"kind", "x"}, {"story", strings.Repeat("长", 5000)}, {"name", "\xff"}, {"kept", "x|y"}} {
		a := send(pairs, nil)
		if a.status != 422 || !strings.Contains(a.body, `value="测试组 9 号"`) || !utf8.ValidString(a.body) {
			t.Errorf("%q is answered %d: %s", pairs, a.status, explain(a.body))
		}
	}
	// A form without its token, from another site, or that is none at all.
	for what, r := range map[string]*http.Request{
		"another site": post(t, srv.URL+"/give", "application/x-www-form-urlencoded", "amount=20"),
		"json":         post(t, srv.URL+"/give", "application/json", `{"amount":20}`),
		"no boundary":  post(t, srv.URL+"/give", "multipart/form-data", "--x"),
	} {
		if what == "another site" {
			r.Header.Set("Origin", "https://evil.example")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			res, err := pub.c.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != 403 {
				t.Errorf("a form of another site is answered %d", res.StatusCode)
			}
			continue
		}
		if a, err := pub.try(r); err != nil || a.status != 422 {
			t.Errorf("%s is answered %d, %v: %s", what, a.status, err, explain(a.body))
		}
	}
}

func post(t *testing.T, to, kind, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	return r
}
