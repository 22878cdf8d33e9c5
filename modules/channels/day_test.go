package channels_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"care/modules/audit"
	"care/modules/channels"
	"care/modules/channels/pay"
	"care/modules/donations"
	"care/modules/ledger"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

const day clock.Day = "2026-11-25"

// tomorrow puts the clock to the next day, after the channel has made its bill.
func (g *given) tomorrow() { g.Clock.To(moduletest.Start.Add(25 * time.Hour)) }

// differences gives the kinds of a day's differences and their ids, as its page shows them.
func (g *given) differences(t testing.TB) map[string]string {
	t.Helper()
	rows := g.Site.As("checker").Get("/desk/channels/days/wechat/" + string(day))
	if rows.Status != 200 {
		t.Fatalf("the day was answered %d", rows.Status)
	}
	out := map[string]string{}
	for _, part := range strings.Split(rows.Body, `href="/desk/channels/differences/`)[1:] {
		id, _, _ := strings.Cut(part, `"`)
		page := g.Site.As("checker").Get("/desk/channels/differences/" + id).Body
		title, _, _ := strings.Cut(page[strings.Index(page, "<h1>")+4:], "</h1>")
		out[title] = id
	}
	return out
}

func (g *given) kinds(t testing.TB, want ...string) map[string]string {
	t.Helper()
	got := g.differences(t)
	for _, w := range want {
		if got[w] == "" {
			t.Errorf("no difference %q in %v", w, got)
		}
	}
	if len(got) != len(want) {
		t.Errorf("differences %v, want %v", got, want)
	}
	return got
}

// spend uses free money.
func (g *given) spend(t testing.TB, amount money.Fen) {
	t.Helper()
	must(t, g.Trail.Do(t.Context(), audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "test.spend", Subject: "test"}, func(ctx context.Context, tx *audit.Tx) error {
		fund, err := g.Gifts.GeneralIn(ctx, tx)
		if err != nil {
			return err
		}
		_, err = g.Funds.Post(ctx, tx, ledger.Entry{Kind: ledger.Spend, Ref: "test", Fund: fund, Amount: amount, Day: tx.Today(), Class: ledger.Fundraising, Asset: ledger.InTransit})
		return err
	}))
}

const (
	extra     = "长款：渠道收了，我方没有"
	missing   = "短款：我方有，渠道账单没有"
	unsettled = "银行还没有收到结算款"
)

func TestADayClosesWhenOrdersBillAndBankAgree(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		_, one := g.paid(t, 10_000)
		back, _ := g.paid(t, 30_000)
		must(t, g.Gifts.AskRefund(t.Context(), clerk, back.ID, "捐赠人付错了金额", key()))
		must(t, g.Gifts.ApproveRefund(t.Context(), secretary, g.whole(t, back.ID).Asked().ID, "同意"))
		g.settle(t)
		for _, r := range g.WeChat.Refunds(g.order(t, back.ID).No) {
			g.WeChat.Finish(r.No, "SUCCESS")
			g.told(t, g.WeChat.RefundNotice(r.No), http.StatusOK)
		}
		g.settle(t)
		must(t, g.Bills(t.Context())) // the day is not over: nothing is asked
		if a := g.Site.As("checker").Get("/desk/channels/days/wechat/" + string(day)); a.Status != http.StatusNotFound {
			t.Errorf("a day that is not over was answered %d", a.Status)
		}
		g.tomorrow()
		must(t, g.Bills(t.Context()))
		must(t, g.Bills(t.Context())) // and once more, which changes nothing
		g.kinds(t, unsettled)
		if err := g.CloseDay(t.Context(), checker, "wechat", day, key()); fault.CodeOf(err) != "channels.still_open" {
			t.Errorf("closing with an open difference: %v", err)
		}
		// 100 yuan of payments that stay, less 0.60 of fees; the refund brought its own fee back.
		net := money.Fen(10_000 - 60)
		in := channels.Settling{Channel: "wechat", Day: day, Amount: net, BankRef: "TENPAY1126", BankDay: "2026-11-26"}
		if err := g.Channels.Settle(t.Context(), checker, in, key()); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("a person who signs enters a settlement: %v", err)
		}
		must(t, g.Channels.Settle(t.Context(), clerk, in, key()))
		if err := g.Channels.Settle(t.Context(), clerk, in, key()); fault.CodeOf(err) != "channels.settled" {
			t.Errorf("the same settlement again: %v", err)
		}
		g.kinds(t)
		if err := g.CloseDay(t.Context(), checker, "wechat", day, key()); fault.CodeOf(err) != "channels.unconfirmed" {
			t.Errorf("closing with an unconfirmed settlement: %v", err)
		}
		both := person("clerk", "李敏", "channels.handle", "channels.close")
		if err := g.ConfirmSettlement(t.Context(), both, "wechat", day, true, key()); fault.CodeOf(err) != "channels.same_person" {
			t.Errorf("confirming one's own settlement: %v", err)
		}
		if g.on(t, ledger.Bank) != 0 {
			t.Error("an unconfirmed settlement is in the books")
		}
		must(t, g.ConfirmSettlement(t.Context(), checker, "wechat", day, true, key()))
		if err := g.CloseDay(t.Context(), both, "wechat", day, key()); fault.CodeOf(err) != "channels.same_person" {
			t.Errorf("closing one's own settlement: %v", err)
		}
		errs := moduletest.AtOnce(6, func(int) error { return g.CloseDay(t.Context(), checker, "wechat", day, key()) })
		if moduletest.Won(t, errs, fault.Conflict) != 1 {
			t.Errorf("closing at once: %v", errs)
		}
		if g.on(t, ledger.InTransit) != 0 || g.on(t, ledger.Bank) != net || g.on(t, "5301") != 60 {
			t.Errorf("%v in transit, %v at the bank, %v of costs", g.on(t, ledger.InTransit), g.on(t, ledger.Bank), g.on(t, "5301"))
		}
		csv := g.Site.As("checker").Get("/desk/channels/days/wechat/" + string(day) + "/export.csv").Body
		if !strings.Contains(csv, one.No) || !strings.Contains(csv, "合计,3,,,100.00,0.60") {
			t.Errorf("the export is %s", csv)
		}
	})
}

func TestEachKindOfDifferenceIsFoundAndHoldsUpTheDayUntilTwoSign(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		_, lost := g.paid(t, 20_000) // will stand in no bill
		_, cut := g.paid(t, 5_000)   // will stand in the bill with another amount
		_, twice := g.paid(t, 7_000)
		unknown, odd := g.ordered(t, 900) // paid, and nobody told us
		must(t, g.WeChat.Pay(odd.No))
		bill := string(g.WeChat.Bill(string(day)))
		var lines []string
		for _, l := range strings.SplitAfter(bill, "\r\n") {
			switch {
			case strings.Contains(l, lost.No):
			case strings.Contains(l, cut.No):
				lines = append(lines, strings.ReplaceAll(l, "`50.00", "`49.00"))
			case strings.Contains(l, twice.No):
				lines = append(lines, l, l)
			case strings.HasPrefix(l, "`4,"):
				lines = append(lines, "`4,`198.00,`0.00,`0.00,`1.19000,`198.00,`0.00\r\n")
			default:
				lines = append(lines, l)
			}
		}
		g.WeChat.SetBill(string(day), []byte(strings.Join(lines, "")))
		g.tomorrow()
		must(t, g.Bills(t.Context()))
		ds := g.kinds(t, extra, missing, "金额不符", "账单重复", unsettled)
		// What was not told is asked for, and its difference goes away by itself.
		must(t, g.Ask(t.Context()))
		g.settle(t)
		if w := g.whole(t, unknown.ID); w.State != donations.Received {
			t.Fatalf("the gift is %s", w.State)
		}
		page := g.Site.As("clerk").Get("/desk/channels/days/wechat/" + string(day))
		if a := g.Site.As("clerk").Post("/desk/channels/days/wechat/"+string(day)+"/compare", moduletest.Form("once", page.Once(t))); a.Status != http.StatusSeeOther {
			t.Fatalf("comparing again was answered %d", a.Status)
		}
		g.kinds(t, missing, "金额不符", "账单重复", unsettled)
		both := person("clerk", "李敏", "channels.handle", "channels.close")
		for name, id := range ds {
			if name == extra {
				if err := g.Explain(t.Context(), clerk, id, "已经自行消除", key()); fault.CodeOf(err) != "channels.not_open" {
					t.Errorf("explaining what is gone: %v", err)
				}
				continue
			}
			if err := g.Sign(t.Context(), checker, id, true, key()); fault.CodeOf(err) != "channels.not_explained" {
				t.Errorf("signing what nobody explained: %v", err)
			}
			// By the pages: too short first.
			p := g.Site.As("clerk").Get("/desk/channels/differences/" + id)
			if a := g.Site.As("clerk").Post("/desk/channels/differences/"+id+"/explain", moduletest.Form("once", p.Once(t), "why", "X")); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "请写明原因") {
				t.Errorf("a short reason was answered %d", a.Status)
			}
			if a := g.Site.As("clerk").Post("/desk/channels/differences/"+id+"/explain", moduletest.Form("once", p.Once(t), "why", "渠道次日补记，见其工单")); a.Status != http.StatusSeeOther {
				t.Errorf("a reason was answered %d", a.Status)
			}
			if err := g.Sign(t.Context(), both, id, true, key()); fault.CodeOf(err) != "channels.same_person" {
				t.Errorf("signing one's own words: %v", err)
			}
			if err := g.CloseDay(t.Context(), checker, "wechat", day, key()); fault.CodeOf(err) != "channels.still_open" {
				t.Errorf("closing before the signature: %v", err)
			}
			p = g.Site.As("checker").Get("/desk/channels/differences/" + id)
			if a := g.Site.As("checker").Post("/desk/channels/differences/"+id+"/sign", moduletest.Form("once", p.Once(t), "agree", "1")); a.Status != http.StatusSeeOther {
				t.Errorf("the signature was answered %d", a.Status)
			}
		}
		// The fee is paid by free money only.
		free := g.received(t)
		g.spend(t, free)
		p := g.Site.As("checker").Get("/desk/channels/days/wechat/" + string(day))
		press := func() moduletest.Answer {
			return g.Site.As("checker").Post("/desk/channels/days/wechat/"+string(day)+"/close", moduletest.Form("once", p.Once(t)))
		}
		if a := press(); a.Status != http.StatusConflict || !strings.Contains(a.Body, "手续费") {
			t.Fatalf("closing without free money for the fee was answered %d", a.Status)
		}
		g.paid(t, 500)
		if a := press(); a.Status != http.StatusSeeOther || g.on(t, "5301") != free+119 {
			t.Errorf("closing was answered %d, costs %v", a.Status, g.on(t, "5301"))
		}
	})
}

func TestAClosedDayOpensAgainWhenSomethingNewComes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		g.paid(t, 10_000)
		late, lateOrder := g.ordered(t, 4_000)
		must(t, g.WeChat.Pay(lateOrder.No)) // paid the same day; nobody told, and the bill forgets it
		bill := string(g.WeChat.Bill(string(day)))
		var kept []string
		for _, l := range strings.SplitAfter(bill, "\r\n") {
			if strings.HasPrefix(l, "`2,") {
				l = "`1,`100.00,`0.00,`0.00,`0.60000,`100.00,`0.00\r\n"
			}
			if !strings.Contains(l, lateOrder.No) {
				kept = append(kept, l)
			}
		}
		g.WeChat.SetBill(string(day), []byte(strings.Join(kept, "")))
		g.tomorrow()
		must(t, g.Bills(t.Context()))
		must(t, g.Channels.Settle(t.Context(), clerk, channels.Settling{Channel: "wechat", Day: day, Amount: 9_940, BankRef: "T1", BankDay: "2026-11-26"}, key()))
		must(t, g.ConfirmSettlement(t.Context(), checker, "wechat", day, true, key()))
		must(t, g.CloseDay(t.Context(), checker, "wechat", day, key()))
		must(t, g.Ask(t.Context()))
		g.settle(t)
		if w := g.whole(t, late.ID); w.State != donations.Received || w.Arrivals[0].Day != day {
			t.Fatalf("the late gift is %s", w.State)
		}
		g.Clock.To(moduletest.Start.Add(49 * time.Hour))
		must(t, g.Bills(t.Context()))
		ds := g.kinds(t, missing)
		must(t, g.Explain(t.Context(), clerk, ds[missing], "渠道账单漏列，已报渠道", key()))
		must(t, g.Sign(t.Context(), checker, ds[missing], true, key()))
		must(t, g.CloseDay(t.Context(), checker, "wechat", day, key()))
		if fee := g.on(t, "5301"); fee != 60 {
			t.Errorf("closed twice, the fee is booked as %v", fee)
		}
	})
}

func TestAPaymentInTheBillOfAnotherDayIsADifferenceOfBothDays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		g.paid(t, 10_000)
		g.WeChat.SetBill("2026-11-24", []byte(strings.ReplaceAll(string(g.WeChat.Bill(string(day))), "2026-11-25", "2026-11-24")))
		g.WeChat.SetBill(string(day), []byte(strings.ReplaceAll(string(g.WeChat.Bill(string(day))), "`P", "`Q"))) // and a stranger's here
		g.tomorrow()
		must(t, g.Bills(t.Context()))
		g.kinds(t, extra, unsettled) // ours stands in a bill, so it is not missing
		if a := g.Site.As("checker").Get("/desk/channels/days/wechat/2026-11-24"); !strings.Contains(a.Body, "账单列在了别的日子") {
			t.Errorf("the other day was answered %d", a.Status)
		}
	})
}

func TestABillThatWasCutOffOrChangedIsNotTaken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		g.paid(t, 10_000)
		whole := string(g.WeChat.Bill(string(day)))
		g.tomorrow()
		for name, bad := range map[string]string{
			"cut off":   whole[:strings.LastIndex(whole, "总交易")],
			"short":     strings.Replace(whole, "`1,`100.00", "`2,`100.00", 1),
			"sum":       strings.Replace(whole, "`1,`100.00,`0.00,`0.00,`0.60000,`100.00", "`1,`100.00,`0.00,`0.00,`0.60000,`101.00", 1),
			"amount":    strings.ReplaceAll(whole, "`100.00", "`1e2"),
			"no bill":   "{\"code\":\"SYSTEM_ERROR\"}",
			"formula":   "\uFEFF=1+1",
			"no ending": strings.TrimSuffix(whole, whole[strings.LastIndex(whole, "`1,"):]),
		} {
			g.WeChat.SetBill(string(day), []byte(bad))
			if err := g.Bills(t.Context()); !errors.Is(err, pay.ErrBill) {
				t.Errorf("%s: the bill was answered %v", name, err)
			}
		}
		g.WeChat.SetBill(string(day), []byte(whole))
		must(t, g.Bills(t.Context()))
		g.kinds(t, unsettled)
	})
}

func TestASettlementIsCheckedAndCanBeSentBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		g.paid(t, 10_000)
		g.tomorrow()
		must(t, g.Bills(t.Context()))
		at := "/desk/channels/days/wechat/" + string(day)
		p := g.Site.As("clerk").Get(at)
		bad := url.Values{"once": {p.Once(t)}, "amount": {"-3"}, "bank_ref": {"编号"}, "bank_day": {"2027-01-01"}}
		a := g.Site.As("clerk").Post(at+"/settle", bad)
		if a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "大于零") || !strings.Contains(a.Body, "流水号") || !strings.Contains(a.Body, "不早于账单日") || !strings.Contains(a.Body, `value="编号"`) {
			t.Errorf("a bad settlement was answered %d", a.Status)
		}
		good := url.Values{"once": {p.Once(t)}, "amount": {"98.40"}, "bank_ref": {"t99"}, "bank_day": {"2026-11-26"}}
		if a := g.Site.As("clerk").Post(at+"/settle", good); a.Status != http.StatusSeeOther {
			t.Fatalf("a settlement was answered %d", a.Status)
		}
		g.kinds(t, "结算金额不符")
		p = g.Site.As("checker").Get(at)
		if a := g.Site.As("checker").Post(at+"/confirm", moduletest.Form("once", p.Once(t))); a.Status != http.StatusSeeOther {
			t.Fatalf("sending it back was answered %d", a.Status)
		}
		g.kinds(t, unsettled)
		if g.on(t, ledger.Bank) != 0 {
			t.Error("what was sent back is in the books")
		}
		if a := g.Site.As("stranger").Get(at); a.Status != http.StatusForbidden {
			t.Errorf("a stranger was answered %d", a.Status)
		}
		for _, path := range []string{"/desk/channels/days/wechat/2026-13-99", "/desk/channels/days/none/2026-11-25", "/desk/channels/differences/none"} {
			if a := g.Site.As("checker").Get(path); a.Status != http.StatusNotFound {
				t.Errorf("%s was answered %d", path, a.Status)
			}
		}
		p = g.Site.As("clerk").Get("/desk/channels/days")
		if a := g.Site.As("clerk").Post("/desk/channels/bills", moduletest.Form("once", p.Once(t), "channel", "none", "day", "x")); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "请选择渠道") {
			t.Errorf("a bad wish for a bill was answered %d", a.Status)
		}
		if err := g.FetchBill(t.Context(), access.Public(""), "wechat", day, key()); fault.KindOf(err) != fault.SignIn {
			t.Errorf("the public asks for a bill: %v", err)
		}
	})
}
