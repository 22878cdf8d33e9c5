package agreements_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io/fs"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jba/templatecheck"

	"care/media"
	"care/modules/agreements"
	"care/modules/audit"
	"care/modules/donations"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/clock"
	"care/server/fault"
	"care/server/money"
	"care/templates"
	"care/templates/pdf"
)

// given is the desk of agreements over the desk of gifts.
type given struct {
	*moduletest.Foundation
	*agreements.Agreements
	Gifts *donations.Gifts
}

var (
	maker    = person("maker", "周燕", "agreements.view", "agreements.edit", "agreements.approve", "donations.view")
	decider  = person("decider", "陈刚", "agreements.view", "agreements.approve")
	cashier  = person("cashier", "李敏", "donations.view", "donations.record")
	checker  = person("checker", "王芳", "donations.view", "donations.confirm")
	stranger = person("stranger", "路人")
	donor    = access.Public("192.0.2.1")
)

func person(id, name string, perms ...string) access.Actor {
	slices.Sort(perms)
	return access.Actor{ID: id, Name: name, Roles: []string{id}, Perms: perms, Area: access.Area{Path: "/530300/", Name: "曲靖市"}}
}

// owed is the same adapter as the platform's.
type owed struct{ *donations.Gifts }

func pledge(o agreements.Owing) donations.Pledge {
	return donations.Pledge{Donor: o.Donor, Shown: o.Shown, Name: o.Name, IDNo: o.IDNo, Phone: o.Phone, Email: o.Email, Campaign: o.Campaign, Amount: o.Amount, Waived: o.Waived, Agree: o.Agree, Origin: o.Origin}
}

func (o owed) CheckOwing(ctx context.Context, in agreements.Owing) error {
	return o.Gifts.CheckOwing(ctx, pledge(in))
}

func (o owed) Owe(ctx context.Context, tx *audit.Tx, who access.Actor, in agreements.Owing) (string, error) {
	g, err := o.OweIn(ctx, tx, who, pledge(in))
	if err != nil {
		return "", err
	}
	return g.ID, nil
}

func (o owed) Standings(ctx context.Context, ids []string) (map[string]agreements.Standing, error) {
	gs, err := o.StandingOf(ctx, ids)
	out := map[string]agreements.Standing{}
	for _, g := range gs {
		out[g.ID] = agreements.Standing{Code: g.Code, Href: o.Href(g.ID), State: "donations.state." + string(g.State), Promised: g.Promised, Paid: g.Amount, Received: g.State == donations.Received || g.State == donations.Arrived, Gone: g.State == donations.Refunded}
	}
	return out, err
}

func (o owed) Uses(context.Context) ([]agreements.Use, error) {
	return []agreements.Use{{Code: donations.GeneralCode, Title: "非限定捐赠"}}, nil
}

func (o owed) Mask(d, name string) string { return donations.MaskDonor(d, name) }

func each(t *testing.T, fn func(t *testing.T, g *given)) {
	t.Helper()
	sets := []fs.FS{(&donations.Gifts{}).Module().Migrations, (&agreements.Agreements{}).Module().Migrations}
	moduletest.Each(t, sets, func(t *testing.T, f *moduletest.Foundation) {
		gifts := donations.New(f.DB, f.Trail, f.Funds, f.Papers, f.Box, donations.Settings{Org: pdf.Org{Name: "曲靖市退役军人关爱基金会"}})
		must(t, gifts.Ensure(t.Context()))
		g := &given{f, agreements.New(f.DB, f.Trail, f.Papers, f.Archive, f.Box, owed{gifts}, people), gifts}
		fn(t, g)
		f.Check(t, g.Module(), gifts.Module())
	})
}

func people(_ context.Context, login string) (access.Actor, error) {
	if login == "zhuguan" {
		return maker, nil
	}
	return decider, nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t testing.TB, err error, kind fault.Kind, code string) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind || fault.CodeOf(err) != code {
		t.Errorf("got %v, want %s %s", err, kind, code)
	}
}

func field(t testing.TB, err error, name, code string) {
	t.Helper()
	for _, f := range fault.FieldsOf(err) {
		if f.Name == name && f.Code == code {
			return
		}
	}
	t.Errorf("got %v, want %s=%s", err, name, code)
}

var keys atomic.Int64

func key() string { return "token-of-the-form-" + strconv.FormatInt(keys.Add(1), 10) }

func firm(amount money.Fen, parts ...agreements.Part) agreements.NewAgreement {
	return agreements.NewAgreement{Owing: agreements.Owing{Donor: "body", Shown: "real", Name: "云南滇东北机电设备有限责任公司", IDNo: "91530300MA6T00004Q", Amount: amount}, Terms: "用于帮扶困难退役军人。", Parts: parts}
}

func month(amount money.Fen, day int64) agreements.NewAgreement {
	return agreements.NewAgreement{Owing: agreements.Owing{Donor: "person", Shown: "masked", Name: "陆海燕", Phone: "13987654321", Amount: amount, Agree: true}, Day: day}
}

func picture(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8+int(keys.Add(1))))))
	return b.Bytes()
}

func (g *given) scan(t testing.TB) *media.Stored {
	t.Helper()
	st, err := g.Archive.Put(t.Context(), "协议.png", bytes.NewReader(picture(t)))
	must(t, err)
	return &st
}

// force makes a written agreement that is in force.
func (g *given) force(t testing.TB, in agreements.NewAgreement) *agreements.Agreement {
	t.Helper()
	in.Scan = g.scan(t)
	a, err := g.Draw(t.Context(), maker, in, key())
	must(t, err)
	must(t, g.Approve(t.Context(), decider, a.ID))
	return a
}

func (g *given) parts(t testing.TB, id string) *agreements.Whole {
	t.Helper()
	w, err := g.Agreement(t.Context(), id)
	must(t, err)
	return w
}

// pay brings the money of a promise.
func (g *given) pay(t testing.TB, gift string, amount money.Fen, payer string) {
	t.Helper()
	today := clock.DayOf(g.Clock.Now())
	must(t, g.Gifts.Record(t.Context(), cashier, gift, donations.Payment{BankRef: key(), Day: today, Amount: amount, Payer: payer, Method: donations.Transfer}, key()))
	w, err := g.Gifts.Gift(t.Context(), gift)
	must(t, err)
	must(t, g.Gifts.Confirm(t.Context(), checker, donations.Confirm{Arrival: w.Live().ID}))
}

func (g *given) at(day clock.Day) { g.Clock.To(day.Time().Add(12 * time.Hour)) }

func TestAnAgreementIsCheckedByAnotherAgainstTheSignedPaper(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		in := firm(300, agreements.Part{Due: "2026-12-01", Amount: 100}, agreements.Part{Due: "2027-12-01", Amount: 200})
		if _, err := g.Draw(t.Context(), stranger, in, key()); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("a stranger's agreement: %v", err)
		}
		a, err := g.Draw(t.Context(), maker, in, key())
		must(t, err)
		if a.Number != "QJXY-2026-000001" || strings.Contains(a.Name, "云南") {
			t.Errorf("number %s, name %s", a.Number, a.Name)
		}
		refused(t, g.Approve(t.Context(), maker, a.ID), fault.Forbidden, "agreements.same_person")
		refused(t, g.Approve(t.Context(), decider, a.ID), fault.Conflict, "agreements.no_scan")
		must(t, g.Work(t.Context()))
		if w := g.parts(t, a.ID); w.Parts[0].Gift != "" {
			t.Error("a draft's instalment was promised")
		}
		must(t, g.AddScan(t.Context(), maker, a.ID, *g.scan(t)))
		must(t, g.Approve(t.Context(), decider, a.ID))
		refused(t, g.AddScan(t.Context(), maker, a.ID, *g.scan(t)), fault.Conflict, "agreements.not_draft")
		refused(t, g.Refuse(t.Context(), decider, a.ID, "金额不符"), fault.Conflict, "audit.key_reused")
		b, err := g.Draw(t.Context(), maker, in, key())
		must(t, err)
		field(t, g.Refuse(t.Context(), decider, b.ID, ""), "why", "agreements.reason")
		must(t, g.Refuse(t.Context(), decider, b.ID, "金额不符"))
		if w := g.parts(t, b.ID); w.State != agreements.Ended {
			t.Errorf("a refused draft is %s", w.State)
		}
	})
}

func TestInstalmentsAddUpAndComeInOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		for name, c := range map[string]struct {
			in          agreements.NewAgreement
			field, code string
		}{
			"none":     {firm(300), "parts", "agreements.parts"},
			"less":     {firm(300, agreements.Part{Due: "2026-12-01", Amount: 299}), "parts", "agreements.sum"},
			"more":     {firm(300, agreements.Part{Due: "2026-12-01", Amount: 301}), "parts", "agreements.sum"},
			"huge":     {firm(300, agreements.Part{Due: "2026-12-01", Amount: money.Max}, agreements.Part{Due: "2026-12-02", Amount: money.Max}), "parts", "agreements.sum"},
			"back":     {firm(300, agreements.Part{Due: "2026-12-02", Amount: 100}, agreements.Part{Due: "2026-12-01", Amount: 200}), "parts", "agreements.part"},
			"no day":   {firm(300, agreements.Part{Amount: 300}), "parts", "agreements.part"},
			"no terms": {agreements.NewAgreement{Owing: firm(300).Owing, Parts: []agreements.Part{{Due: "2026-12-01", Amount: 300}}}, "terms", "agreements.terms_need"},
			"no name":  {agreements.NewAgreement{Owing: agreements.Owing{Donor: "body", Shown: "real", Amount: 1}}, "name", "donations.body_name"},
		} {
			_, err := g.Draw(t.Context(), maker, c.in, key())
			t.Run(name, func(t *testing.T) { field(t, err, c.field, c.code) })
		}
		_, err := g.Begin(t.Context(), donor, month(100, 31), key())
		field(t, err, "day", "agreements.day")
	})
}

func TestAnInstalmentBecomesAPromiseOnceSomeDaysBefore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		a := g.force(t, firm(2_000_000_000, agreements.Part{Due: "2026-12-20", Amount: 1_500_000_000}, agreements.Part{Due: "2027-06-01", Amount: 500_000_000}))
		must(t, g.Work(t.Context()))
		if w := g.parts(t, a.ID); w.Parts[0].Gift != "" {
			t.Error("promised 25 days before")
		}
		g.at("2026-12-06")
		errs := moduletest.AtOnce(6, func(int) error { return g.Work(t.Context()) })
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
		w := g.parts(t, a.ID)
		if w.Parts[0].Gift == "" || w.Parts[1].Gift != "" || w.Standings[w.Parts[0].Gift].Promised != 1_500_000_000 {
			t.Fatalf("%+v", w.Parts)
		}
		due, err := g.Gifts.FindDue(t.Context(), "云南滇东北机电设备有限责任公司", 10)
		must(t, err)
		if len(due) != 1 {
			t.Errorf("%d promises wait, want 1", len(due))
		}
		g.pay(t, w.Parts[0].Gift, 1_500_000_000, "云南滇东北机电设备有限责任公司")
		if !g.parts(t, a.ID).Standings[w.Parts[0].Gift].Received {
			t.Error("the money does not show")
		}
		must(t, g.End(t.Context(), decider, a.ID, "捐赠人经济状况恶化"))
		g.at("2027-06-01")
		must(t, g.Work(t.Context()))
		if w := g.parts(t, a.ID); w.Parts[1].Gift != "" {
			t.Error("an ended agreement goes on")
		}
		if err := g.End(t.Context(), maker, a.ID, "再来一次"); err == nil {
			t.Error("ended twice")
		}
	})
}

func TestAMonthlyGiftAsksEveryMonthAndRestsWhenNobodyPays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		k := key()
		a, err := g.Begin(t.Context(), donor, month(10_000, 28), k)
		must(t, err)
		if _, err := g.Begin(t.Context(), donor, month(10_000, 28), k); fault.CodeOf(err) != "audit.again" {
			t.Errorf("the same form twice: %v", err)
		}
		w := g.parts(t, a.ID)
		if len(w.Parts) != 1 || w.Parts[0].Due != "2026-11-28" || w.Parts[0].Gift == "" {
			t.Fatalf("the first month is not asked for at once: %+v", w.Parts)
		}
		g.pay(t, w.Parts[0].Gift, 10_000, "陆海燕")
		for _, d := range []clock.Day{"2026-12-24", "2027-01-24", "2027-02-24", "2027-03-10", "2027-03-24", "2027-04-24", "2027-05-25"} {
			g.at(d)
			must(t, g.Work(t.Context()))
			must(t, g.Work(t.Context()))
		}
		w = g.parts(t, a.ID)
		var dues []string
		for _, p := range w.Parts {
			dues = append(dues, string(p.Due))
		}
		if got := strings.Join(dues, " "); got != "2026-11-28 2026-12-28 2027-01-28 2027-02-28 2027-03-28" || w.State != agreements.Paused || !strings.Contains(w.Reason, "连续三个月") {
			t.Errorf("asked for %s, then %s: %s", got, w.State, w.Reason)
		}
		must(t, g.Resume(t.Context(), donor, a.ID, key()))
		must(t, g.Work(t.Context()))
		w = g.parts(t, a.ID)
		if last := w.Parts[len(w.Parts)-1]; w.State != agreements.Active || last.Due != "2027-05-28" || last.Gift == "" {
			t.Errorf("after the rest: %s %+v", w.State, last)
		}
		refused(t, g.Resume(t.Context(), donor, a.ID, key()), fault.Conflict, "agreements.not_active")
		must(t, g.Stop(t.Context(), donor, a.ID))
		if w = g.parts(t, a.ID); w.State != agreements.Ended || w.EndedName != "捐赠人本人" {
			t.Errorf("%s by %s", w.State, w.EndedName)
		}
	})
}

func TestADonorChangesWhatIsNotYetAskedFor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		a, err := g.Begin(t.Context(), donor, month(10_000, 10), key())
		must(t, err)
		if w := g.parts(t, a.ID); w.Parts[0].Due != "2026-12-10" || w.Parts[0].Gift != "" {
			t.Fatalf("%+v", w.Parts)
		}
		field(t, g.Change(t.Context(), donor, a.ID, 0, 10, "", key()), "amount", "agreements.amount")
		field(t, g.Change(t.Context(), donor, a.ID, 1, 10, "2026-11-25", key()), "until", "agreements.until")
		must(t, g.Change(t.Context(), donor, a.ID, 20_000, 27, "2026-12-26", key()))
		w := g.parts(t, a.ID)
		if len(w.Parts) != 1 || w.Parts[0].Due != "2026-11-27" || w.Parts[0].Amount != 20_000 {
			t.Errorf("%+v", w.Parts)
		}
		must(t, g.Work(t.Context()))
		g.at("2026-12-25")
		must(t, g.Work(t.Context()))
		if w = g.parts(t, a.ID); len(w.Parts) != 1 || w.Parts[0].Gift == "" {
			t.Errorf("it goes on beyond its end: %+v", w.Parts)
		}
	})
}

func TestWhatHindersAnInstalmentIsShownAndTriedAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		a := g.force(t, firm(100, agreements.Part{Due: "2026-12-01", Amount: 100}))
		_, err := g.DB.Writer().ExecContext(t.Context(), "UPDATE agreements_agreements SET campaign = 'closed' WHERE id = ?", a.ID)
		must(t, err)
		must(t, g.Work(t.Context()))
		if w := g.parts(t, a.ID); w.Parts[0].Problem != "donations.campaign_closed" || w.Parts[0].Gift != "" {
			t.Errorf("%+v", w.Parts[0])
		}
		if n, err := g.Waiting(t.Context()); err != nil || n.Problems != 1 {
			t.Errorf("%+v, %v", n, err)
		}
		_, err = g.DB.Writer().ExecContext(t.Context(), "UPDATE agreements_agreements SET campaign = '' WHERE id = ?", a.ID)
		must(t, err)
		must(t, g.Work(t.Context()))
		if w := g.parts(t, a.ID); w.Parts[0].Problem != "" || w.Parts[0].Gift == "" {
			t.Errorf("%+v", w.Parts[0])
		}
	})
}

func TestCheckFindsBrokenAgreements(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		a := g.force(t, firm(100, agreements.Part{Due: "2026-12-01", Amount: 100}))
		must(t, g.Work(t.Context()))
		for _, b := range []struct{ do, undo string }{
			{"UPDATE agreements_agreements SET amount = 99 WHERE id = ?", "UPDATE agreements_agreements SET amount = 100 WHERE id = ?"},
			{"UPDATE agreements_agreements SET scan = '' WHERE id = ?", "UPDATE agreements_agreements SET scan = 'x' WHERE id = ?"},
			{"UPDATE donations_gifts SET promised = 99 WHERE origin = 'agreement/' || ? || '/1'", "UPDATE donations_gifts SET promised = 100 WHERE origin = 'agreement/' || ? || '/1'"},
			{"UPDATE agreements_agreements SET state = 'draft' WHERE id = ?", "UPDATE agreements_agreements SET state = 'active' WHERE id = ?"},
		} {
			_, err := g.DB.Writer().ExecContext(t.Context(), b.do, a.ID)
			must(t, err)
			if _, err := g.Module().Check(t.Context()); err == nil {
				t.Errorf("not found: %s", b.do)
			}
			_, err = g.DB.Writer().ExecContext(t.Context(), b.undo, a.ID)
			must(t, err)
		}
	})
}

func TestTheDemonstrationOfAgreementsIsWhole(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		now := g.Clock.Now()
		must(t, g.Seed(t.Context(), g.Clock))
		if g.Clock.Now().Before(now) {
			t.Error("the clock stays put back")
		}
		w, err := g.Waiting(t.Context())
		must(t, err)
		if w.Drafts != 1 || w.Active != 2 || w.Problems != 0 {
			t.Errorf("%+v", w)
		}
	})
}

func TestPagesFitTheirTemplates(t *testing.T) {
	t.Parallel()
	set, err := templates.Parse()
	must(t, err)
	for name, data := range (&agreements.Agreements{}).Module().Pages {
		if err := templatecheck.CheckHTML(set.Page(name), data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func has(t testing.TB, a moduletest.Answer, status int, texts ...string) {
	t.Helper()
	if a.Status != status {
		t.Errorf("got %d, want %d", a.Status, status)
	}
	for _, x := range texts {
		if !strings.Contains(a.Body, x) {
			t.Errorf("the page lacks %q", x)
		}
	}
}

func TestAgreementsGoThroughTheirPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.Serve(t, map[string]access.Actor{"maker": maker, "decider": decider, "stranger": stranger}, g.Module(), g.Gifts.Module())
		m, d := s.As("maker"), s.As("decider")
		has(t, m.Get("/desk/agreements"), 200, "没有符合条件的协议")
		form := m.Get("/desk/agreements/new")
		v := url.Values{"once": {form.Once(t)}, "donor": {"body"}, "shown": {"usual"}, "name": {"云南滇东北机电设备有限责任公司"}, "idno": {"91530300MA6T00004Q"}, "campaign": {"GENERAL"}, "amount": {"1000"}, "terms": {"用于帮扶。"},
			"count": {"3"}, "first": {"2026-12-31"}, "every": {"2"}, "do": {"spread"}}
		has(t, m.PostFiles("/desk/agreements/new", v), 200, "2026-12-31 333.33\n2027-02-28 333.33\n2027-04-30 333.34")
		v.Del("do")
		v.Set("parts", "2026-12-31 333.33\n乱写")
		file := moduletest.Upload{Field: "file", Name: "协议.png", Content: picture(t)}
		bad := m.PostFiles("/desk/agreements/new", v, file)
		has(t, bad, 422, "第 2 期看不懂", "已选文件：协议.png", "乱写")
		_, kept, _ := strings.Cut(bad.Body, `name="kept" value="`)
		kept, _, _ = strings.Cut(kept, `"`)
		v.Set("kept", kept)
		v.Set("parts", "2026-12-01 1,000 元")
		made := m.PostFiles("/desk/agreements/new", v)
		if made.Status != 303 {
			t.Fatalf("%d %s", made.Status, made.Body)
		}
		has(t, m.Get(made.Location), 200, "要请另一位同事", "¥1,000.00")
		if a := m.Post(made.Location+"/approve", nil); a.Status != 403 {
			t.Errorf("approved by its maker: %d", a.Status)
		}
		has(t, d.Get(made.Location), 200, "与签字协议一致")
		if a := d.Get(made.Location + "/scan"); a.Status != 200 || !strings.HasPrefix(a.Body, "\x89PNG") {
			t.Errorf("the scan: %d", a.Status)
		}
		if a := d.Post(made.Location+"/approve", nil); a.Status != 303 {
			t.Errorf("approve: %d", a.Status)
		}
		must(t, g.Work(t.Context()))
		has(t, d.Get(made.Location), 200, "待转账")
		has(t, d.Get("/desk/agreements/due?days=60"), 200, "QJXY-2026-000001", "待转账")
		has(t, d.Get("/desk/agreements?q="+url.QueryEscape("云南滇东北机电设备有限责任公司")), 200, "QJXY-2026-000001")
		has(t, d.Post(made.Location+"/end", url.Values{}), 422, "请写明原因")
		if a := d.Post(made.Location+"/end", url.Values{"why": {"双方协商终止"}}); a.Status != 303 {
			t.Errorf("end: %d", a.Status)
		}
		for _, p := range []string{"/desk/agreements", made.Location, made.Location + "/scan", "/desk/agreements/due"} {
			if a := s.As("stranger").Get(p); a.Status != 403 {
				t.Errorf("a stranger reads %s: %d", p, a.Status)
			}
		}
		if a := m.Get("/desk/agreements/none"); a.Status != 404 {
			t.Errorf("none: %d", a.Status)
		}
	})
}

func TestADonorRunsTheMonthlyGiftOnTheOwnPage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		p := g.Serve(t, nil, g.Module(), g.Gifts.Module()).Public()
		form := p.Get("/give/monthly")
		has(t, form, 200, "每月捐一点", "不会从您的账户扣款")
		v := url.Values{"once": {form.Once(t)}, "donor": {"person"}, "shown": {"usual"}, "name": {"陆海燕"}, "campaign": {"GENERAL"}, "amount": {"abc"}, "day": {"28"}}
		has(t, p.Post("/give/monthly", v), 422, "勾选同意", "留下电话")
		v.Set("agree", "1")
		v.Set("phone", "13987654321")
		has(t, p.Post("/give/monthly", v), 422, `value="abc"`)
		v.Set("amount", "30")
		made := p.Post("/give/monthly", v)
		if made.Status != 303 || !strings.HasPrefix(made.Location, "/give/plan/") {
			t.Fatalf("%d %s", made.Status, made.Location)
		}
		page := p.Get(made.Location)
		has(t, page, 200, "识别码", "¥30.00", "先暂停")
		if strings.Contains(page.Body, "陆海燕") || strings.Contains(page.Body, "13987654321") {
			t.Error("the page of an address names the donor in full")
		}
		post := func(path string, v url.Values) moduletest.Answer {
			v.Set("once", p.Get(made.Location).Once(t))
			return p.Post(made.Location+path, v)
		}
		has(t, post("/change", url.Values{"amount": {"0"}, "day": {"5"}}), 422, "请填写每月金额")
		if a := post("/change", url.Values{"amount": {"50"}, "day": {"5"}}); a.Status != 303 {
			t.Errorf("change: %d", a.Status)
		}
		has(t, p.Get(made.Location), 200, "¥50.00", "每月 5 日")
		if a := post("/rest", url.Values{}); a.Status != 303 {
			t.Errorf("rest: %d", a.Status)
		}
		has(t, p.Get(made.Location), 200, "已暂停", "恢复")
		if a := post("/rest", url.Values{}); a.Status != 303 {
			t.Errorf("resume: %d", a.Status)
		}
		if a := post("/stop", url.Values{}); a.Status != 303 {
			t.Errorf("stop: %d", a.Status)
		}
		has(t, p.Get(made.Location), 200, "已终止")
		if a := p.Get("/give/plan/aaaaaaaaaaaaaaaaaaaaaaaa"); a.Status != 404 {
			t.Errorf("an invented address: %d", a.Status)
		}
	})
}
