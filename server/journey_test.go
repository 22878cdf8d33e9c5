package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"care/modules/identity"
	"care/server/testenv/proc"
	"care/server/testenv/servers"
)

// Screens of the journeys, in CSS pixels.
const (
	phoneWide, phoneHigh = 390, 844
	deskWide, deskHigh   = 1280, 900
)

// stepWithin is how long one step in a browser may take; what is normal is a hundredth of it.
const stepWithin = 30 * time.Second

// chrome starts the browser of a test, in which every journey has tabs of its own; it ends after the subtests of t.
func chrome(t *testing.T) context.Context {
	t.Helper()
	path := os.Getenv(servers.EnvChrome)
	if path == "" {
		var err error
		if path, err = servers.FindChrome(); err != nil {
			servers.Missing(t, err.Error())
		}
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WSURLReadTimeout(time.Minute))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, end := chromedp.NewContext(ctx)
	t.Cleanup(func() { end(); cancel() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("the browser does not start: %v", err)
	}
	return ctx
}

// tab is one person's window: cookies of its own, a console that is listened to, and a picture when the test fails.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string
	name string

	mu     sync.Mutex
	errors []string // what the console has complained about
}

// newTab opens a window of that width; a narrow one is a phone.
func newTab(t *testing.T, tabs context.Context, base, name string, wide int64) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(tabs, chromedp.WithNewBrowserContext())
	c := &tab{t: t, ctx: ctx, base: base, name: name}
	said := chromedp.Console(ctx)
	var listening sync.WaitGroup
	listening.Go(func() {
		for m, err := range said {
			if err != nil {
				return
			}
			// The browser mentions an answer of 422 or 404 as an error of the network; the steps look at answers themselves.
			if m.IsException() || m.Type == chromedp.ConsoleError && m.Source != "network" {
				c.mu.Lock()
				c.errors = append(c.errors, m.String())
				c.mu.Unlock()
			}
		}
	})
	t.Cleanup(func() {
		if t.Failed() {
			c.keep()
		}
		cancel()
		listening.Wait()
		for _, e := range c.errors {
			t.Errorf("%s: the console says %s", name, e)
		}
	})
	high, opts := int64(deskHigh), []chromedp.EmulateViewportOption(nil)
	if wide <= phoneWide {
		high, opts = phoneHigh, append(opts, chromedp.EmulateMobile, chromedp.EmulatePortrait, chromedp.EmulateTouch)
	}
	c.do("a window", chromedp.EmulateViewport(wide, high, opts...))
	return c
}

// keep writes what is to be seen, for the person who looks into a failure (go test -artifacts).
func (c *tab) keep() {
	ctx, cancel := context.WithTimeout(c.ctx, stepWithin)
	defer cancel()
	dir := c.t.ArtifactDir()
	page, err := chromedp.Run(ctx, chromedp.OuterHTML(chromedp.CSS("html")))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, c.name+".html"), []byte(page), 0o600)
	}
	picture, perr := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if perr == nil {
		perr = os.WriteFile(filepath.Join(dir, c.name+".png"), picture, 0o600)
	}
	at, lerr := chromedp.Run(ctx, chromedp.Location())
	c.t.Logf("%s ended at %s; picture and page are in %s (%v); it reads: %s", c.name, at, dir, errors.Join(err, perr, lerr), explain(page))
}

func (c *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, stepWithin)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		c.t.Fatalf("%s: %s: %v", c.name, what, err)
	}
}

// ask gives the value of an action.
func ask[T any](c *tab, what string, a chromedp.Action[T]) T {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, stepWithin)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		c.t.Fatalf("%s: %s: %v", c.name, what, err)
	}
	return v
}

func (c *tab) open(path string) { c.t.Helper(); c.do("open "+path, chromedp.Navigate(c.base+path)) }
func (c *tab) see(sel string) {
	c.t.Helper()
	c.do("see "+sel, chromedp.WaitVisible(chromedp.CSS(sel)))
}
func (c *tab) press(sel string) { c.t.Helper(); c.do("press "+sel, chromedp.Click(chromedp.CSS(sel))) }

// follow presses what leads to another page, waits for that page and gives its status.
func (c *tab) follow(sel string) int64 {
	c.t.Helper()
	return c.leave("follow "+sel, chromedp.Click(chromedp.CSS(sel)))
}

// leave does what leads to another page, waits for that page and gives its status.
func (c *tab) leave(what string, step chromedp.Action[chromedp.Void]) int64 {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, stepWithin)
	defer cancel()
	res, err := chromedp.RunResponse(ctx, step)
	if err != nil {
		c.t.Fatalf("%s: %s: %v", c.name, what, err)
	}
	return res.Status
}

// stroke is the pressing of keys as a keyboard sends it: a page that handles a key keeps its character away.
func stroke(keys string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, r := range keys {
			events := kb.Encode(r)
			if down := events[0]; len(events) == 3 {
				down.Text, down.UnmodifiedText = events[1].Text, events[1].UnmodifiedText
				events = []*input.DispatchKeyEventParams{down, events[2]}
			}
			for _, e := range events {
				if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, *e); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (c *tab) keys(keys string) { c.t.Helper(); c.do("type", stroke(keys)) }

func (c *tab) text(sel string) string {
	c.t.Helper()
	return ask(c, "read "+sel, chromedp.Text(chromedp.CSS(sel)))
}
func (c *tab) value(sel string) string {
	c.t.Helper()
	return ask(c, "value of "+sel, chromedp.Value(chromedp.CSS(sel)))
}

// until waits until a script's answer is true.
func (c *tab) until(script string) {
	c.t.Helper()
	c.do("wait for "+script, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Poll[bool](script, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(stepWithin))(ctx, t)
		return err
	}))
}

// fill puts values into fields, by id.
func (c *tab) fill(pairs ...string) {
	c.t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		c.do("fill "+pairs[i], chromedp.SetValue(chromedp.CSS("#"+pairs[i]), pairs[i+1]))
	}
}

// signIn goes through the sign-in page as a person does.
func (c *tab) signIn(login string) {
	c.t.Helper()
	c.open("/signin?next=/desk")
	c.fill("login", login, "password", identity.DemoPassword)
	c.follow("form.form button")
	c.do("be at the desk", chromedp.WaitReady(chromedp.CSS(".side-who")))
}

// fits fails the test when the page is wider than the screen.
func (c *tab) fits() {
	c.t.Helper()
	if over := ask(c, "measure", chromedp.Evaluate[int](`document.documentElement.scrollWidth-document.documentElement.clientWidth`)); over > 0 {
		c.t.Errorf("%s: %s is %d pixels wider than the screen", c.name, ask(c, "address", chromedp.Location()), over)
	}
}

// journey is what people do with the platform, in a real browser.
type journey struct {
	name string
	walk func(t *testing.T, tabs context.Context, base string)
}

func TestPeopleReachWhatTheyCameForInABrowser(t *testing.T) {
	t.Parallel()
	tabs := chrome(t)
	srv := proc.New(t, "LOG_LEVEL=info")
	for _, j := range []journey{
		{"give on a phone and get the receipt after two clerks", giveOnAPhone},
		{"file a case with a photo on a phone", fileOnAPhone},
		{"review through village, township and county", reviewChain},
		{"confirm gifts by keyboard alone", confirmByKeyboard},
		{"give without scripts", giveWithoutScripts},
		{"errors take the focus and lead to their fields", errorsLeadToFields},
		{"verify a receipt by its number", verifyByNumber},
		{"large type stays", largeTypeStays},
	} {
		t.Run(j.name, func(t *testing.T) {
			t.Parallel()
			j.walk(t, tabs, srv.URL)
		})
	}
}

func giveOnAPhone(t *testing.T, tabs context.Context, base string) {
	donor := newTab(t, tabs, base, "donor", phoneWide)
	donor.open("/")
	donor.fits()
	donor.press(".site-tools .menu summary")
	donor.follow(".menu-box a[href='/campaigns']")
	donor.follow("main a[href^='/campaigns/']")
	donor.follow(".hero button")
	donor.fits()
	amount := donor.value("#amount")
	if amount == "" {
		t.Fatal("the amount that was chosen on the campaign page is lost on the form")
	}
	donor.fill("name", donorName, "phone", donorPhone)
	donor.press("label[for=agree]")
	donor.follow("form[action='/give'] button")
	donor.fits()
	code := donor.text(".thanks-code .code.large")

	cashier := newTab(t, tabs, base, "cashier", deskWide)
	cashier.signIn(identity.DemoCashier)
	cashier.open("/desk/donations")
	cashier.keys("/")
	cashier.leave("search", stroke(code+kb.Enter))
	cashier.see("[data-rows] tbody tr:only-child")
	cashier.follow("a[data-open]")
	cashier.follow("a[href$='/record']")
	cashier.fill("bank_ref", "JOURNEY-1", "day", today(), "paid", amount, "payer", "钱𬱖·测试")
	cashier.follow("form[action$='/record'] button")
	cashier.see(".flash.ok")
	at := strings.TrimPrefix(ask(cashier, "address", chromedp.Location()), base)
	if found := ask(cashier, "buttons", chromedp.Evaluate[bool](`!!document.querySelector("form[action$='/confirm']")`)); found {
		t.Error("the cashier may confirm the gift that she has recorded herself")
	}

	accountant := newTab(t, tabs, base, "accountant", deskWide)
	accountant.signIn(identity.DemoAccountant)
	accountant.open(at)
	accountant.follow("form[action$='/confirm'] button")
	accountant.see(".flash.ok")

	donor.do("reload", chromedp.Reload())
	donor.see(".thanks-code a[href$='/receipt']")
	donor.fits()
	// The paper is drawn by queued work; the address answers "accepted" until it is there.
	donor.until(`fetch(document.querySelector(".thanks-code a[href$='/receipt']").href).then(r=>r.status===200&&r.headers.get("Content-Type")==="application/pdf")`)
	donor.follow(".thanks-code a[href^='/verify/']")
	donor.see(".note.ok")
	if page := donor.text("main"); strings.Contains(page, donorName) || !strings.Contains(page, "凭证有效") {
		t.Errorf("the page of verification reads %s", page)
	}
}

func fileOnAPhone(t *testing.T, tabs context.Context, base string) {
	c := newTab(t, tabs, base, "filer", phoneWide)
	c.signIn(identity.DemoFiler)
	c.open("/desk/relief/new")
	c.fits()
	dir := t.TempDir()
	disguised, picture := filepath.Join(dir, "bill.png"), filepath.Join(dir, "photo.png")
	for name, content := range map[string]string{disguised: "MZ this is a program", picture: string(photo) + "journey"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c.do("choose", chromedp.Evaluate[chromedp.Void](`for(const n of ["category","area"]){const s=document.getElementById(n);s.value=[...s.options].find(o=>o.value).value}`))
	c.fill("name", "欧阳测试民", "identity", "530302198808081377", "phone", phoneNumber, "address", "测试组 2 号", "cause_day", today(), "requested", "3000",
		"story", "住院手术，花费较大，报销以后家里还欠着债，孩子正在上学。", "holder", "欧阳测试民", "bank", "农业银行会泽者海支行", "card", "6217003870000555554")
	c.press("input[name=kind][value=medical]+label")
	for _, consent := range []string{"truth", "checks", "sensitive", "public"} {
		c.press("label[for=" + consent + "]")
	}
	c.do("a disguised file", chromedp.SetUploadFiles(chromedp.CSS("#evidence_expense"), []string{disguised}))
	c.press("button[name=do][value=submit]")
	c.see(".error-summary")
	c.fits()
	if got := c.text("#identity-error"); !strings.Contains(got, "身份证") {
		t.Errorf("a wrong check digit is told as %q", got)
	}
	c.see("#evidence_expense-error")
	if got := c.value("#address"); got != "测试组 2 号" {
		t.Errorf("the form comes back with the address %q", got)
	}
	c.fill("identity", "530302198808081376")
	c.do("a photo", chromedp.SetUploadFiles(chromedp.CSS("#evidence_diagnosis"), []string{picture}))
	c.press("button[name=do][value=submit]")
	c.see("main [data-print]")
	c.fits()
	c.follow("header a[href^='/desk/relief/cases/']")
	c.fits()
	if kind := ask(c, "the photo", chromedp.Evaluate[string](`fetch(document.querySelector("a[href*='/files/']").href).then(r=>r.status+" "+r.headers.get("Content-Type"))`, chromedp.EvalAwaitPromise)); kind != "200 image/png" {
		t.Errorf("the photo comes back as %s", kind)
	}
}

func reviewChain(t *testing.T, tabs context.Context, base string) {
	s := &story{t: t, base: base, press: pressPlain, who: map[string]*browser{}}
	at := s.file()
	for _, step := range []struct {
		login, stage string
		fields       []string
	}{
		{identity.DemoVillage, "village", []string{"text", "本村村民，情况属实，材料齐全。"}},
		{identity.DemoTownship, "township", []string{"first", "杨顺才", "second", "张丽琼", "visited", today(), "findings", "家中两间土房，本人卧床，老伴照料，没有其他收入。", "text", "情况属实，同意上报。"}},
		{identity.DemoCounty, "county", []string{"amount", "3000", "text", "符合大病医疗帮扶条件，同意。"}},
	} {
		c := newTab(t, tabs, base, step.stage, deskWide)
		c.signIn(step.login)
		c.open("/desk/relief")
		c.follow("a[href='" + at + "']")
		form := "form[action$='/pass/" + step.stage + "']"
		c.see(form)
		c.fill(step.fields...)
		if step.stage == "township" {
			c.press("input[name=conclusion][value=true]+label")
		}
		c.follow(form + " button[type=submit]")
		c.see(".flash.ok")
		if again := ask(c, "the form", chromedp.Evaluate[bool](`!!document.querySelector("form[action*='/pass/']")`)); again {
			t.Errorf("after %s its person may go on with the next stage", step.stage)
		}
	}
	filer := newTab(t, tabs, base, "filer", deskWide)
	filer.signIn(identity.DemoFiler)
	filer.open(at)
	if done := ask(filer, "steps", chromedp.Evaluate[int](`document.querySelectorAll(".steps .done").length`)); done < 3 {
		t.Errorf("the filer sees %d steps as done: %s", done, filer.text(".steps"))
	}
}

func confirmByKeyboard(t *testing.T, tabs context.Context, base string) {
	c := newTab(t, tabs, base, "accountant", deskWide)
	c.open("/signin?next=/desk/donations%3Fstate=arrived")
	// Not one press of the mouse from here: Tab to the first field, type, Enter.
	for ask(c, "focus", chromedp.Evaluate[string](`document.activeElement.id`)) != "login" {
		c.keys(kb.Tab)
	}
	c.leave("sign in", stroke(identity.DemoAccountant+kb.Tab+identity.DemoPassword+kb.Enter))
	c.see("[data-rows]")
	// From the bottom: newer gifts belong to the other journeys.
	c.keys("k")
	c.keys("x")
	c.keys("k")
	c.keys("x")
	chosen := ask(c, "ticked", chromedp.Evaluate[[]string](`[...document.querySelectorAll("[data-rows] tr.on a[data-open]")].map(a=>a.getAttribute("href"))`))
	if len(chosen) != 2 || c.text("[data-chosen]") != "2" {
		t.Fatalf("two rows are ticked, the page says %q of %v", c.text("[data-chosen]"), chosen)
	}
	for i := 0; !ask(c, "focus", chromedp.Evaluate[bool](`document.activeElement.matches(".panel-foot button")`)); i++ {
		if i > 50 {
			t.Fatal("the keyboard does not reach the button")
		}
		c.keys(kb.Tab)
	}
	c.leave("confirm", stroke(kb.Enter))
	c.see(".flash.ok")
	for _, at := range chosen {
		c.open(at)
		if page := c.text("main"); !strings.Contains(page, "QJGA-") {
			t.Errorf("%s has no receipt: %s", at, page)
		}
	}
}

func giveWithoutScripts(t *testing.T, tabs context.Context, base string) {
	c := newTab(t, tabs, base, "donor", phoneWide)
	c.do("scripts off", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	c.open("/give")
	c.do("no script runs", chromedp.WaitReady(chromedp.CSS("html:not(.js)")))
	c.fill("amount", "-5", "name", "测试人")
	if got := c.follow("form[action='/give'] button"); got != 422 {
		t.Errorf("a form with mistakes is answered %d", got)
	}
	for _, field := range []string{"amount", "phone", "agree"} {
		c.see("#" + field + "-error")
	}
	c.fits()
	if c.value("#amount") != "-5" || c.value("#name") != "测试人" {
		t.Error("the form does not come back as it was filled in")
	}
	c.fill("amount", "66.60", "phone", donorPhone)
	c.press("label[for=agree]")
	c.follow("form[action='/give'] button")
	c.see(".thanks-code .code.large")
	if got := c.text(".raised"); got != "¥66.60" {
		t.Errorf("the promise is %s", got)
	}
}

func errorsLeadToFields(t *testing.T, tabs context.Context, base string) {
	c := newTab(t, tabs, base, "donor", deskWide)
	c.open("/give")
	c.fill("name", "测试人")
	c.follow("form[action='/give'] button")
	c.until(`document.activeElement.matches(".error-summary")`)
	c.keys(kb.Tab)
	first := ask(c, "link", chromedp.Evaluate[string](`document.activeElement.getAttribute("href")||""`))
	if first != "#amount" {
		t.Fatalf("the first line of the summary leads to %q", first)
	}
	c.keys(kb.Enter)
	c.until(`document.activeElement.id==="amount"`)
	if described := ask(c, "description", chromedp.Evaluate[bool](`document.getElementById("amount").getAttribute("aria-describedby").split(" ").some(id=>id==="amount-error")`)); !described {
		t.Error("a screen reader is not told the error of the field")
	}
	for _, link := range ask(c, "links", chromedp.Evaluate[[]string](`[...document.querySelectorAll(".error-summary a")].filter(a=>!document.querySelector(a.getAttribute("href"))).map(a=>a.href)`)) {
		t.Errorf("%s leads to no field", link)
	}
}

func verifyByNumber(t *testing.T, tabs context.Context, base string) {
	c := newTab(t, tabs, base, "reader", phoneWide)
	c.open("/donations")
	number := regexp.MustCompile(`QJGA-\d{4}-\d{6}`).FindString(c.text("main"))
	if number == "" {
		t.Fatal("the roll shows no receipt number")
	}
	c.open("/")
	c.do("go to the box", chromedp.Focus(chromedp.CSS("input[name=number]")))
	c.leave("verify", stroke(strings.ToLower(number)+kb.Enter))
	c.see(".note.ok")
	c.fits()
	if page := c.text("main"); !strings.Contains(page, "凭证有效") || !strings.Contains(page, number) {
		t.Errorf("the page of %s reads %s", number, page)
	}
	c.open("/verify")
	c.fill("number", "QJGA-2026-999999")
	c.follow("main form button")
	c.see("main .note.bad, main .note.warn")
	c.fits()
}

func largeTypeStays(t *testing.T, tabs context.Context, base string) {
	c := newTab(t, tabs, base, "reader", phoneWide)
	size := func() float64 {
		return ask(c, "size", chromedp.Evaluate[float64](`parseFloat(getComputedStyle(document.querySelector("main p")).fontSize)`))
	}
	c.open("/help")
	before := size()
	c.follow(".site-tools > a.tool")
	c.see("html.is-large")
	if at := ask(c, "address", chromedp.Location()); !strings.HasSuffix(at, "/help") {
		t.Errorf("the switch leads to %s", at)
	}
	if after := size(); after < before*1.1 {
		t.Errorf("large type has %v pixels, normal type %v", after, before)
	}
	c.fits()
	for _, p := range []string{"/", "/give", "/notices", "/donations"} {
		c.open(p)
		c.see("html.is-large")
		c.fits()
	}
	c.follow(".site-tools > a.tool")
	c.see("html:not(.is-large)")
}
