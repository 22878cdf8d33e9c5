package templates

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jba/templatecheck"
	"golang.org/x/net/html"

	"care/server/clock"
	"care/server/money"
	"care/server/web"
)

type homeCampaign struct {
	Title, Text, Href, State, Tone string
	Raised, Goal                   money.Fen
	Gifts                          int
}

type homeGift struct {
	At                       time.Time
	Payer, Use, Number, Href string
	Amount                   money.Fen
}

type homeNotice struct {
	Who, Place, Kind, Href string
	Amount                 money.Fen
	Until                  clock.Day
}

type homePage struct {
	web.Page
	Raised, Paid  money.Fen
	Gifts, Helped int
	Campaigns     []homeCampaign
	Donations     []homeGift
	Notices       []homeNotice
}

type deskQueue struct {
	Title, Href, Oldest string
	Count, Late         int
}

type deskAct struct {
	At                       time.Time
	Who, Verb, Subject, Href string
}

type deskPage struct {
	web.Page
	Now     time.Time
	Queues  []deskQueue
	Figures []web.Fact
	Acts    []deskAct
	Links   []web.Link
}

// textPage shows nothing but text.
type textPage struct{ web.Page }

type errorPage struct {
	web.Page
	Status       int
	Text, Advice string
	Link         *web.Link
}

func shell(desk bool) web.Page {
	p := web.Page{
		Title: "标题", Desk: desk, Org: "曲靖市退役军人关爱基金会", Demo: true, Once: "tok", Path: "/here?a=1&b=2", Hotline: "0874-1234567",
		Nav:   []web.NavGroup{{Title: "捐赠", Links: []web.NavLink{{Title: "登记", Href: "/desk/a", Current: true, Count: 3}}}},
		Flash: &web.Flash{Kind: "ok", Text: "已保存", Href: "/x", Label: "查看"}, Back: &web.Link{Title: "返回", Href: "/"},
	}
	if desk {
		p.Who = web.Who{ID: "1", Name: "李敏", Role: "财务", In: true}
	}
	return p
}

// filled gives each of our pages with all its lists filled, and bare with none.
func filled() map[string]any {
	at := time.Date(2026, 11, 22, 7, 4, 0, 0, time.UTC)
	return map[string]any{
		"home/index": &homePage{
			Page: shell(false), Raised: 100, Paid: 50, Gifts: 2, Helped: 1,
			Campaigns: []homeCampaign{{"项目", "说明", "/donate/1", "募捐中", "ok", 50, 100, 2}, {Title: "没有目标"}},
			Donations: []homeGift{{at, "王*明", "救助", "QJGA-2026-000001", "/verify", 20000}, {At: at, Payer: "爱心人士"}},
			Notices:   []homeNotice{{"张*", "会泽县", "大病", "/notices/1", 100, "2026-11-27"}, {Who: "李*"}},
		},
		"home/desk": &deskPage{
			Page: shell(true), Now: at, Queues: []deskQueue{{"待复核", "/q", "11月20日", 3, 1}, {"退汇", "/r", "", 0, 0}},
			Figures: []web.Fact{{Name: "可用", Value: "¥1.00", Num: true}}, Acts: []deskAct{{at, "李敏", "登记", "对象", "/x"}, {Verb: "无链接"}}, Links: []web.Link{{Title: "登记", Href: "/n"}},
		},
		"home/style": ptr(web.StyleSample(shell(true))),
		"home/help":  &textPage{shell(false)}, "home/privacy": &textPage{shell(false)},
		"errors/page": &errorPage{Page: shell(false), Status: 404, Text: "没有找到", Advice: "请检查网址", Link: &web.Link{Title: "看看", Href: "/x"}},
	}
}

func bare() map[string]any {
	return map[string]any{"home/index": &homePage{}, "home/desk": &deskPage{}, "home/style": &web.StylePage{}, "errors/page": &errorPage{}}
}

func ptr[T any](v T) *T { return &v }

func set(t *testing.T) *Set {
	t.Helper()
	s, err := Parse()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func draw(t *testing.T, s *Set, name string, data any) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.Render(&b, name, data); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return b.String()
}

func TestPagesOfTheFrameFitTheirStructs(t *testing.T) {
	t.Parallel()
	s, want := set(t), filled()
	for name, data := range want {
		tmpl := s.Page(name)
		if tmpl == nil {
			t.Errorf("no page %s", name)
			continue
		}
		if err := templatecheck.CheckHTML(tmpl, data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range s.Names() {
		if dir, _, _ := strings.Cut(name, "/"); (dir == "home" || dir == "errors") && want[name] == nil {
			t.Errorf("the page %s is not checked here", name)
		}
	}
}

func TestEveryPageIsWellFormed(t *testing.T) {
	t.Parallel()
	s := set(t)
	public := ptr(web.StyleSample(shell(false)))
	for _, pages := range []map[string]any{filled(), bare(), {"home/style": public}} {
		for _, name := range slices.Sorted(maps.Keys(pages)) {
			page := draw(t, s, name, pages[name])
			if !strings.HasPrefix(page, "<!DOCTYPE html>") || strings.Contains(page, "ZgotmplZ") || strings.Contains(page, "<nil>") {
				t.Errorf("%s is broken", name)
			}
			checkIDs(t, name, page)
		}
	}
}

// checkIDs: ids are unique, and whatever points at an id finds it.
func checkIDs(t *testing.T, name, page string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	ids, refs := map[string]int{}, map[string]string{}
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			switch a.Key {
			case "id":
				ids[a.Val]++
			case "for", "aria-describedby", "aria-labelledby":
				for _, id := range strings.Fields(a.Val) {
					refs[id] = a.Key
				}
			case "href":
				if id, ok := strings.CutPrefix(a.Val, "#"); ok && id != "x" {
					refs[id] = a.Key
				}
			}
		}
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("%s has the id %q %d times", name, id, n)
		}
	}
	for id, key := range refs {
		if ids[id] == 0 {
			t.Errorf("%s: %s points at %q, which is not there", name, key, id)
		}
	}
}

func TestErrorsStandOnTopAndBesideTheField(t *testing.T) {
	t.Parallel()
	page := draw(t, set(t), "home/style", ptr(web.StyleSample(shell(true))))
	for _, want := range []string{
		"<title>请修改：", `这一页有 2 处需要修改`, `<a href="#phone">请填写 11 位手机号`, `id="phone-error"`,
		`aria-invalid="true" aria-describedby="phone-error"`, `aria-describedby="name-hint name-error"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("missing %s", want)
		}
	}
}

func TestWhatPeopleTypeIsEscaped(t *testing.T) {
	t.Parallel()
	evil := `"><script>alert(1)</script>`
	s := web.StyleSample(shell(true))
	s.Facts = []web.Fact{{Name: evil, Value: evil, Href: "javascript:alert(1)"}}
	s.Time = []web.Step{{Title: evil, Text: evil, Who: evil}}
	s.Errors = []web.FieldError{{Field: "phone", Text: evil}}
	page := draw(t, set(t), "home/style", &s)
	if strings.Contains(page, "<script>alert") || strings.Contains(page, `href="javascript:`) {
		t.Error("typed text became markup")
	}
}

func TestPublicAndStaffPagesHaveTheirOwnFrame(t *testing.T) {
	t.Parallel()
	s := set(t)
	pub, desk := draw(t, s, "home/index", filled()["home/index"]), draw(t, s, "home/desk", filled()["home/desk"])
	for _, c := range []struct{ name, page, want, not string }{
		{"public", pub, `<header class="site">`, `class="side"`},
		{"staff", desk, `class="side"`, `<header class="site">`},
		{"staff", desk, `noindex`, `class="site-foot"`},
		{"public", pub, `/prefs?type=large&amp;back=%2fhere%3fa%3d1%26b%3d2`, `noindex`},
	} {
		if !strings.Contains(c.page, c.want) || strings.Contains(c.page, c.not) {
			t.Errorf("the %s page lacks %q or has %q", c.name, c.want, c.not)
		}
	}
	for name, page := range map[string]string{"public": pub, "staff": desk} {
		if !strings.Contains(page, "演示数据") || !strings.Contains(page, `class="skip" href="#main"`) {
			t.Errorf("the %s page lacks the mark of the demonstration or the way to its matter", name)
		}
	}
	if strings.Contains(draw(t, s, "home/index", &homePage{}), "演示") {
		t.Error("a real page is marked as demonstration")
	}
}

func TestRenderWritesNothingOfABrokenPage(t *testing.T) {
	t.Parallel()
	s, err := parse(fstest.MapFS{
		"layout/layout.html": {Data: []byte(`{{define "layout"}}head {{template "main" .}}{{end}}`)},
		"a/page.html":        {Data: []byte(`{{define "main"}}{{template "part" .}}{{end}}{{define "row"}}row {{.}}{{end}}`)},
		"a/_part.html":       {Data: []byte(`{{define "part"}}a {{index . 5}}{{end}}`)},
		"b/page.html":        {Data: []byte(`{{define "main"}}{{template "part" .}}{{end}}`)},
		"b/_part.html":       {Data: []byte(`{{define "part"}}b{{end}}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.Render(&b, "a/page", []int{1}); err == nil || b.Len() > 0 {
		t.Errorf("wrote %q, err %v", b.String(), err)
	}
	if got := draw(t, s, "b/page", nil); got != "head b" {
		t.Errorf("the page of b is %q: partials of other folders leak", got)
	}
	if got := draw(t, s, "a/page#row", "7"); got != "row 7" {
		t.Errorf("the fragment is %q", got)
	}
	for _, name := range []string{"a/none", "a/page#none", "a/_part", "layout/layout", ""} {
		if err := s.Render(&b, name, nil); !errors.Is(err, ErrNoPage) {
			t.Errorf("Render(%q) = %v, want ErrNoPage", name, err)
		}
	}
	if got := s.Names(); !slices.Equal(got, []string{"a/page", "b/page"}) {
		t.Errorf("pages are %v", got)
	}
}

// sources gives every template as text, of all folders: the rules below hold for every author.
func sources(t *testing.T) map[string]string {
	t.Helper()
	names, err := fs.Glob(pages, "*/*.html")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, n := range names {
		b, err := fs.ReadFile(pages, n)
		if err != nil {
			t.Fatal(err)
		}
		out[n] = string(b)
	}
	return out
}

var (
	postForm   = regexp.MustCompile(`(?is)<form\b[^>]*method="?post"?.*?</form>`)
	inline     = regexp.MustCompile(`(?i)\s(style|on[a-z]+)\s*=|<style\b|<script\b[^>]*>[^<]|javascript:`)
	outside    = regexp.MustCompile(`(?i)(?:https?:)?//[a-z0-9-]+\.[a-z]`)
	iconUse    = regexp.MustCompile(`template "icon" "([^"]*)"`)
	iconHere   = regexp.MustCompile(`<symbol id="i-([a-z]+)"`)
	classAttr  = regexp.MustCompile(`class="([^"]*)"`)
	actionText = regexp.MustCompile(`\{\{[^}]*\}\}`)
)

func TestTemplatesKeepTheRulesOfTheHouse(t *testing.T) {
	t.Parallel()
	all := sources(t)
	icons := map[string]bool{}
	for _, m := range iconHere.FindAllStringSubmatch(all["layout/_sprite.html"], -1) {
		icons[m[1]] = true
	}
	for name, text := range all {
		for _, form := range postForm.FindAllString(text, -1) {
			if !strings.Contains(form, `template "once"`) && !strings.Contains(form, `name="once"`) {
				t.Errorf("%s has a POST form without the token against double submit", name)
			}
		}
		if m := inline.FindString(text); m != "" {
			t.Errorf("%s has %q: styles belong into app.css, scripts into app.js", name, m)
		}
		if m := outside.FindString(text); m != "" {
			t.Errorf("%s leads a browser to %q", name, m)
		}
		for _, m := range iconUse.FindAllStringSubmatch(text, -1) {
			if !icons[m[1]] {
				t.Errorf("%s uses the icon %q, which is not drawn", name, m[1])
			}
		}
		for _, r := range text {
			if r >= 0x2600 && r <= 0x27BF || r >= 0x1F000 {
				t.Errorf("%s has the sign %q, for which many machines have no glyph", name, r)
			}
		}
	}
}

func TestClassesOfTheFrameAreInTheStyleSheet(t *testing.T) {
	t.Parallel()
	css, err := fs.ReadFile(assetFiles, "assets/app.css")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range sources(t) {
		if dir, _, _ := strings.Cut(name, "/"); dir != "layout" && dir != "home" && dir != "errors" {
			continue
		}
		for _, m := range classAttr.FindAllStringSubmatch(text, -1) {
			for _, c := range strings.Fields(actionText.ReplaceAllString(m[1], " ")) {
				if strings.HasSuffix(c, "-") { // its end comes from the page, such as tone-red
					continue
				}
				if !regexp.MustCompile(`\.`+regexp.QuoteMeta(c)+`\b`).Match(css) && !strings.HasPrefix(c, "flash") {
					t.Errorf("%s uses the class %q, which the style sheet does not know", name, c)
				}
			}
		}
	}
}
