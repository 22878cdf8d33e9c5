package donations_test

import (
	"context"
	"testing"
	"time"

	"care/modules/donations"
	"care/modules/moduletest"
	"care/server/clock"
	"care/server/fault"
)

// public is a plan of public fundraising that may begin today.
func public() donations.Plan {
	p := plan()
	p.Mode, p.Qualification, p.Platform, p.PlatformURL = donations.Own, "云民慈证 1 号", "指定平台", "https://platform.example/1"
	p.StartsOn, p.EndsOn, p.Region, p.Cost = "2026-11-25", "2027-06-30", "云南省", "不超过百分之一"
	return p
}

const filingNumber = "53530300MJ0A000173A26001"

// filed takes a draft through its decision and its filing, as two people.
func (g *given) filed(t testing.TB, code string, p donations.Plan) *donations.Campaign {
	t.Helper()
	c, err := g.Make(t.Context(), editor, code, p, key())
	must(t, err)
	must(t, g.Decide(t.Context(), opener, c.ID, donations.Stepping{Number: "理事会决议 5 号", Day: "2026-11-10"}))
	must(t, g.Submit(t.Context(), editor, c.ID, donations.Stepping{Day: "2026-11-15"}))
	must(t, g.Accept(t.Context(), editor, c.ID, donations.Stepping{Number: filingNumber, Day: "2026-11-20"}))
	return g.again(t, c)
}

func (g *given) again(t testing.TB, c *donations.Campaign) *donations.Campaign {
	t.Helper()
	c, err := g.Gifts.Campaign(t.Context(), c.ID)
	must(t, err)
	return c
}

func TestPublicFundraisingIsDecidedAndFiledBeforeItOpens(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		p := public()
		p.Filing, p.FiledOn = "written by hand", "2026-11-01"
		c, err := g.Make(ctx, editor, "FX-2026", p, key())
		must(t, err)
		if c = g.again(t, c); c.Filing != "" || c.FiledOn != "" {
			t.Errorf("a draft has the filing %q of %s", c.Filing, c.FiledOn)
		}
		gate := func(code string) {
			t.Helper()
			field(t, g.Gifts.Open(ctx, opener, c.ID, g.again(t, c).Version), "step", code)
		}
		gate("donations.gate.undecided")
		in := donations.Stepping{Number: "理事会决议 5 号", Day: "2026-11-10"}
		refused(t, g.Submit(ctx, editor, c.ID, in), fault.Conflict, "donations.step.order")
		refused(t, g.Decide(ctx, editor, c.ID, in), fault.Forbidden, "donations.same_person")
		refused(t, g.Decide(ctx, clerk, c.ID, in), fault.Forbidden, "access.forbidden")
		field(t, g.Decide(ctx, opener, c.ID, donations.Stepping{Day: "2026-11-10"}), "number", "donations.step.decision")
		field(t, g.Decide(ctx, opener, c.ID, donations.Stepping{Number: "5 号", Day: "2026-11-26"}), "day", "donations.step.later")
		must(t, g.Decide(ctx, opener, c.ID, in))
		gate("donations.gate.unfiled")
		field(t, g.Submit(ctx, editor, c.ID, donations.Stepping{Day: "2026-11-16"}), "day", "donations.gate.filed_late")
		field(t, g.Submit(ctx, editor, c.ID, donations.Stepping{Day: "2026-11-09"}), "day", "donations.step.before_decision")
		must(t, g.Submit(ctx, editor, c.ID, donations.Stepping{Day: "2026-11-15"}))
		gate("donations.gate.waiting")
		changed := public()
		changed.Cost = "百分之三"
		refused(t, g.Edit(ctx, editor, c.ID, g.again(t, c).Version, changed, key()), fault.Conflict, "donations.edit_filing")
		must(t, g.SendBack(ctx, editor, c.ID, donations.Stepping{Day: "2026-11-16", Reason: "成本要写明"}))
		gate("donations.gate.returned")
		must(t, g.Edit(ctx, editor, c.ID, g.again(t, c).Version, changed, key()))
		must(t, g.Submit(ctx, editor, c.ID, donations.Stepping{Day: "2026-11-15"}))
		field(t, g.Accept(ctx, editor, c.ID, donations.Stepping{Number: filingNumber, Day: "2026-11-14"}), "day", "donations.step.before_filing")
		must(t, g.Accept(ctx, editor, c.ID, donations.Stepping{Number: filingNumber, Day: "2026-11-24"}))
		if c = g.again(t, c); c.Filing != filingNumber || c.FiledOn != "2026-11-15" || c.RecordedOn != "2026-11-24" || c.Odd() {
			t.Errorf("the filing is %q, handed in %s, accepted %s", c.Filing, c.FiledOn, c.RecordedOn)
		}
		refused(t, g.Gifts.Open(ctx, editor, c.ID, c.Version), fault.Forbidden, "donations.same_person")
		must(t, g.Gifts.Open(ctx, opener, c.ID, c.Version))
		steps, err := g.Steps(ctx, c.ID)
		must(t, err)
		got := ""
		for _, s := range steps {
			got += s.Step + " "
		}
		if got != "decide submit return submit filed open " {
			t.Errorf("what happened: %s", got)
		}
	})
}

func TestAnotherPlanIsDecidedAndFiledAnew(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		c := g.filed(t, "FX-2026", public())
		must(t, g.Gifts.Open(ctx, opener, c.ID, c.Version))
		must(t, g.Pause(ctx, editor, c.ID, "改文字"))
		words := public()
		words.Story = "另一种写法"
		must(t, g.Edit(ctx, editor, c.ID, g.again(t, c).Version, words, key()))
		if c = g.again(t, c); c.Step != donations.StepFiled || c.Filing != filingNumber {
			t.Errorf("other words cost the filing: %q %q", c.Step, c.Filing)
		}
		must(t, g.Gifts.Open(ctx, opener, c.ID, c.Version))
		must(t, g.Pause(ctx, editor, c.ID, "改方案"))
		words.Beneficiaries = "别的人"
		must(t, g.Edit(ctx, editor, c.ID, g.again(t, c).Version, words, key()))
		if c = g.again(t, c); c.Step != "" || c.Decision != "" || c.RecordedOn != "" {
			t.Errorf("another plan keeps the filing: %q %q %q", c.Step, c.Filing, c.Decision)
		}
		field(t, g.Gifts.Open(ctx, opener, c.ID, c.Version), "step", "donations.gate.undecided")
	})
}

func TestPublicFundraisingBeginsAndEndsOnItsDays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		soon := public()
		soon.StartsOn, soon.EndsOn = "2026-11-26", "2026-12-01"
		c := g.filed(t, "KS-2026", soon)
		field(t, g.Gifts.Open(ctx, opener, c.ID, c.Version), "starts_on", "donations.gate.early")
		at := func(d clock.Day) { g.Clock.To(d.Time().Add(10 * time.Hour)) }
		at("2026-11-26")
		must(t, g.Gifts.Open(ctx, opener, c.ID, c.Version))
		at("2026-12-01")
		must(t, g.EndOver(ctx))
		if s := g.again(t, c).State; s != donations.Open {
			t.Errorf("on its last day it is %s", s)
		}
		at("2026-12-02")
		for range 2 {
			must(t, g.EndOver(ctx))
		}
		if c = g.again(t, c); c.State != donations.Ended || c.Cut {
			t.Errorf("after its last day it is %s, cut %v", c.State, c.Cut)
		}
		if s := g.again(t, g.Campaign).State; s != donations.Open {
			t.Errorf("a campaign without a last day is %s", s)
		}
	})
}

func TestWhatIsCutSaysWhereItsMoneyGoes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		c := g.filed(t, "FX-2026", public())
		must(t, g.Gifts.Open(ctx, opener, c.ID, c.Version))
		field(t, g.End(ctx, editor, c.ID, "不办了"), "settlement", "donations.need_settlement")
		must(t, g.Terminate(ctx, editor, c.ID, "不办了", "余款转入同类项目"))
		if c = g.again(t, c); !c.Cut || c.Settlement != "余款转入同类项目" || c.State != donations.Ended {
			t.Errorf("%s, cut %v: %s", c.State, c.Cut, c.Settlement)
		}
		refused(t, g.Gifts.Archive(ctx, opener, c.ID), fault.Conflict, "donations.step.order")
		must(t, g.End(ctx, editor, g.Campaign.ID, "做完了"))
		if x := g.again(t, g.Campaign); x.Cut {
			t.Error("noted intentions that end are cut")
		}
	})
}

func TestOneOfTwoStepsAtOnceIsMade(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		c, err := g.Make(t.Context(), editor, "FX-2026", public(), key())
		must(t, err)
		must(t, g.Decide(t.Context(), opener, c.ID, donations.Stepping{Number: "5 号", Day: "2026-11-10"}))
		must(t, g.Submit(t.Context(), editor, c.ID, donations.Stepping{Day: "2026-11-15"}))
		errs := moduletest.AtOnce(8, func(i int) error {
			if i%2 == 0 {
				return g.Accept(context.WithoutCancel(t.Context()), editor, c.ID, donations.Stepping{Number: filingNumber, Day: "2026-11-20"})
			}
			return g.SendBack(context.WithoutCancel(t.Context()), editor, c.ID, donations.Stepping{Day: "2026-11-20", Reason: "补正"})
		})
		if n := moduletest.Won(t, errs, fault.Conflict); n != 1 {
			t.Errorf("%d steps were made out of one", n)
		}
	})
}

func TestPublicFundraisingGoesThroughItsPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		e, o := s.As("editor"), s.As("opener")
		c, err := g.Make(t.Context(), editor, "FX-2026", public(), key())
		must(t, err)
		self := "/desk/donations/campaigns/" + c.ID
		has(t, o.Get(self), 200, "内部决策", "由理事会决策", `href="`+self+`/decide"`)
		if a := s.As("clerk").Get(self + "/decide"); a.Status != 403 {
			t.Errorf("a clerk decides: %d", a.Status)
		}
		page := o.Get(self + "/decide")
		has(t, page, 200, "决议编号", `value="2026-11-25"`)
		has(t, o.Post(self+"/decide", moduletest.Form("once", page.Once(t), "number", "<b>", "day", "2026-13-01")), 422, "请填写日期", "&lt;b&gt;")
		done(t, o.Post(self+"/decide", moduletest.Form("once", page.Once(t), "number", "决议 5 号", "day", "2026-11-10")), self)
		if a := o.Post(self+"/decide", moduletest.Form("once", page.Once(t), "number", "决议 5 号", "day", "2026-11-10")); a.Status != 409 {
			t.Errorf("decided twice: %d", a.Status)
		}
		done(t, e.Post(self+"/submit", moduletest.Form("once", page.Once(t), "day", "2026-11-15")), self)
		has(t, e.Get(self), 200, "登记备案编号", "登记退回补正")
		has(t, e.Post(self+"/return", moduletest.Form("day", "2026-11-16", "why", "")), 422, "请写明原因")
		done(t, e.Post(self+"/filed", moduletest.Form("number", "A-1", "day", "2026-11-20")), self)
		has(t, o.Get(self), 200, "样式少见", "审核无误，开启项目")
		done(t, o.Post(self+"/open", moduletest.Form("version", "4")), self)
		has(t, s.Public().Get("/campaigns/FX-2026"), 200, "决议 5 号", "A-1", "募捐组织", "公开募捐资格证书", "募捐方案", "联系方式", "募捐信息查询")
		has(t, e.Get(self+"/end"), 200, "善款怎样处理")
		has(t, e.Post(self+"/end", moduletest.Form("why", "不办了")), 422, "提前终止公开募捐")
		done(t, e.Post(self+"/end", moduletest.Form("why", "不办了", "settlement", "余款退还捐赠人")), self)
		has(t, s.Public().Get("/campaigns/FX-2026?ended"), 200, "提前终止", "余款退还捐赠人")
	})
}
