package channels_test

import (
	"net/http"
	"testing"
	"time"

	"care/modules/channels"
	"care/modules/channels/pay"
	"care/modules/channels/wechat"
	"care/modules/donations"
	"care/modules/ledger"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/fault"
	"care/server/testenv/paysim"
)

func TestAPaidOrderIsIncomeWithAReceiptOnceHoweverOftenItIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		gift, o := g.ordered(t, 12_345)
		must(t, g.WeChat.Pay(o.No))
		if w := g.whole(t, gift.ID); w.State != donations.Pledged || g.received(t) != 0 {
			t.Fatalf("before anything is told the gift is %s", w.State)
		}
		first := g.WeChat.Notice(o.No)
		g.told(t, first, http.StatusOK)
		g.told(t, first, http.StatusOK)                 // the very same bytes
		g.told(t, g.WeChat.Notice(o.No), http.StatusOK) // sent again, signed anew
		g.queued(t)
		g.told(t, g.WeChat.Notice(o.No), http.StatusOK) // and again when all is done
		g.queued(t)
		w := g.whole(t, gift.ID)
		if w.State != donations.Received || w.Amount != 12_345 || w.Number == "" || len(w.Arrivals) != 1 || len(w.Papers) != 1 {
			t.Errorf("the gift is %s with %v, %d arrivals and %d papers", w.State, w.Amount, len(w.Arrivals), len(w.Papers))
		}
		if a := w.Arrivals[0]; a.Channel != "wechat" || a.BankRef != "wechat:"+g.WeChat.Order(o.No).Txn || a.Day != "2026-11-25" || a.RecordedBy == a.DecidedBy {
			t.Errorf("the arrival is %+v", a)
		}
		if got := g.received(t); got != 12_345 {
			t.Errorf("the funds received %v", got)
		}
		if transit, bank := g.on(t, ledger.InTransit), g.on(t, ledger.Bank); transit != 12_345 || bank != 0 {
			t.Errorf("before the channel settles %v are in transit, %v at the bank", transit, bank)
		}
		if o := g.order(t, gift.ID); o.State != channels.Paid || o.Txn == "" || o.PaidOn != "2026-11-25" {
			t.Errorf("the order is %+v", o)
		}
	})
}

func TestWhatNoNotificationTellsIsAskedFor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		gift, o := g.ordered(t, 5_000)
		must(t, g.WeChat.Pay(o.No))
		must(t, g.Ask(t.Context())) // too early to ask
		if n := g.WeChat.Count("GET /v3/pay/transactions/out-trade-no/{no}"); n != 0 {
			t.Errorf("asked %d times at once", n)
		}
		g.Clock.To(moduletest.Start.Add(20 * time.Second))
		g.WeChat.Down(3)            // a client asks again by itself when a kept connection is cut
		must(t, g.Ask(t.Context())) // no answer: asked again later
		g.settle(t)
		if w := g.whole(t, gift.ID); w.State != donations.Pledged {
			t.Fatalf("without an answer the gift is %s", w.State)
		}
		g.WeChat.Down(0)
		g.Clock.To(moduletest.Start.Add(2 * time.Minute))
		must(t, g.Ask(t.Context()))
		g.settle(t)
		if w := g.whole(t, gift.ID); w.State != donations.Received {
			t.Errorf("after asking the gift is %s", w.State)
		}
		g.told(t, g.WeChat.Notice(o.No), http.StatusOK) // the late notification
		g.settle(t)
		if got := g.received(t); got != 5_000 {
			t.Errorf("the funds received %v", got)
		}
	})
}

func TestAnOrderThatIsNotPaidInTimeIsClosedAtTheChannel(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		gift, o := g.ordered(t, 5_000)
		g.Clock.To(moduletest.Start.Add(channels.Lifetime + time.Minute))
		must(t, g.Ask(t.Context()))
		if got := g.order(t, gift.ID); got.State != channels.Closed || g.WeChat.Order(o.No).State != "CLOSED" {
			t.Errorf("the order is %s, at the channel %s", got.State, g.WeChat.Order(o.No).State)
		}
		// One that was never made at the channel ends too.
		lost, address := g.promised(t, 100)
		g.WeChat.Down(1)
		if _, err := g.Begin(t.Context(), access.Public(""), channels.Paying{Address: address, Channel: "wechat", Way: pay.Native}); fault.CodeOf(err) != "channels.away" {
			t.Fatalf("a channel that hangs up: %v", err)
		}
		g.Clock.To(moduletest.Start.Add(2*channels.Lifetime + 5*time.Minute))
		must(t, g.Ask(t.Context()))
		if got := g.order(t, lost.ID); got.State != channels.Closed {
			t.Errorf("the order that was never made is %s", got.State)
		}
		// The promise itself goes on: a new order takes its money.
		again, err := g.Begin(t.Context(), access.Public(""), channels.Paying{Address: g.Gifts.Href(gift.ID)[len("/give/t/"):], Channel: "wechat", Way: pay.Native})
		must(t, err)
		must(t, g.WeChat.Pay(again.No))
		g.told(t, g.WeChat.Notice(again.No), http.StatusOK)
		g.settle(t)
		if w := g.whole(t, gift.ID); w.State != donations.Received {
			t.Errorf("the gift is %s", w.State)
		}
	})
}

func TestAnOrderPaidWhileItIsClosedIsBookedAllTheSame(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		gift, o := g.ordered(t, 5_000)
		g.Clock.To(moduletest.Start.Add(channels.Lifetime - time.Second))
		must(t, g.WeChat.Pay(o.No))
		notice := g.WeChat.Notice(o.No)
		g.Clock.To(moduletest.Start.Add(channels.Lifetime + time.Minute))
		must(t, g.Ask(t.Context())) // finds it paid instead of closing it
		g.told(t, notice, http.StatusOK)
		g.settle(t)
		if w := g.whole(t, gift.ID); w.State != donations.Received || g.received(t) != 5_000 {
			t.Errorf("the gift is %s, %v received", w.State, g.received(t))
		}
	})
}

func TestASecondPressAndASecondVisitMeetTheSameOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		_, address := g.promised(t, 5_000)
		begin := func(way string) (*channels.Order, error) {
			return g.Begin(t.Context(), access.Public("192.0.2.1"), channels.Paying{Address: address, Channel: "wechat", Way: way, IP: "192.0.2.1"})
		}
		nos := map[string]bool{}
		errs := moduletest.AtOnce(8, func(int) error {
			_, err := begin(pay.Native)
			return err
		})
		if moduletest.Won(t, errs) != 8 {
			t.Errorf("presses at once: %v", errs)
		}
		for range 2 {
			o, err := begin(pay.Native)
			must(t, err)
			nos[o.No] = true
		}
		if live := g.WeChat.Live(); len(nos) != 1 || len(live) != 1 {
			t.Errorf("there are %d orders of ours and %d at the channel", len(nos), len(live))
		}
		if o, err := begin(pay.H5); err != nil || o.Href == "" || nos[o.No] {
			t.Errorf("another way is another order: %+v %v", o, err)
		}
	})
}

func TestASecondPaymentOfAGiftGoesBackAndIsNeverIncome(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		gift, one := g.ordered(t, 5_000)
		two, err := g.Begin(t.Context(), access.Public("192.0.2.1"), channels.Paying{Address: g.Gifts.Href(gift.ID)[len("/give/t/"):], Channel: "wechat", Way: pay.H5, IP: "192.0.2.1"})
		must(t, err)
		must(t, g.WeChat.Pay(one.No))
		must(t, g.WeChat.Pay(two.No))
		g.told(t, g.WeChat.Notice(one.No), http.StatusOK)
		g.told(t, g.WeChat.Notice(two.No), http.StatusOK)
		g.settle(t)
		backs := append(g.WeChat.Refunds(one.No), g.WeChat.Refunds(two.No)...)
		if len(backs) != 1 || backs[0].Amount != 5_000 {
			t.Fatalf("what goes back: %+v", backs)
		}
		if w := g.whole(t, gift.ID); w.State != donations.Received || len(w.Arrivals) != 1 || g.received(t) != 5_000 {
			t.Errorf("the gift is %s with %d arrivals, %v received", w.State, len(w.Arrivals), g.received(t))
		}
		g.WeChat.Finish(backs[0].No, "SUCCESS")
		g.told(t, g.WeChat.RefundNotice(backs[0].No), http.StatusOK)
		g.settle(t)
		rows, err := g.List(t.Context(), channels.Filter{State: "back"}, "", 10)
		must(t, err)
		if len(rows.Rows) != 1 || rows.Rows[0].State != channels.Surplus || rows.Rows[0].RefundState != "paid" {
			t.Errorf("the surplus order is %+v", rows.Rows)
		}
		// A gift whose money came by the bank takes none from a channel either.
		other, o := g.ordered(t, 700)
		must(t, g.Gifts.Record(t.Context(), clerk, other.ID, donations.Payment{BankRef: "ICBC1", Day: "2026-11-24", Amount: 700, Payer: "张建明", Method: donations.Transfer}, key()))
		must(t, g.WeChat.Pay(o.No))
		g.told(t, g.WeChat.Notice(o.No), http.StatusOK)
		g.settle(t)
		if len(g.WeChat.Refunds(o.No)) != 1 || g.received(t) != 5_000 {
			t.Errorf("%d refunds, %v received", len(g.WeChat.Refunds(o.No)), g.received(t))
		}
	})
}

func TestAnApprovedRefundGoesBackThroughItsChannelOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		gift, o := g.paid(t, 9_900)
		must(t, g.Gifts.AskRefund(t.Context(), clerk, gift.ID, "捐赠人付错了金额", key()))
		if len(g.WeChat.Refunds(o.No)) != 0 {
			t.Fatal("money goes back before anybody approved")
		}
		g.WeChat.Down(1) // the first try has no answer; the second meets the same number
		must(t, g.Gifts.ApproveRefund(t.Context(), secretary, g.whole(t, gift.ID).Asked().ID, "同意"))
		g.queued(t)
		backs := g.WeChat.Refunds(o.No)
		if len(backs) != 1 || backs[0].Amount != 9_900 {
			t.Fatalf("what goes back: %+v", backs)
		}
		if open, err := g.Gifts.OpenRefunds(t.Context(), 10); err != nil || len(open) != 1 {
			t.Errorf("before the channel has paid %d refunds are open, %v", len(open), err)
		}
		g.WeChat.Finish(backs[0].No, "SUCCESS")
		n := g.WeChat.RefundNotice(backs[0].No)
		g.told(t, n, http.StatusOK)
		g.told(t, n, http.StatusOK)
		g.settle(t)
		w := g.whole(t, gift.ID)
		if w.State != donations.Refunded || g.received(t) != 0 || w.Refunds[0].PaidRef != "wechat:"+backs[0].ID || w.Refunds[0].PaidOn != "2026-11-25" {
			t.Errorf("the gift is %s, %v received, refund %+v", w.State, g.received(t), w.Refunds[0])
		}
		if open, err := g.Gifts.OpenRefunds(t.Context(), 10); err != nil || len(open) != 0 {
			t.Errorf("%d refunds are open, %v", len(open), err)
		}
		g.told(t, g.WeChat.Notice(o.No), http.StatusOK) // the old payment told again changes nothing
		g.settle(t)
		if got := g.received(t); got != 0 || g.on(t, ledger.InTransit) != 0 || g.on(t, ledger.Bank) != 0 || len(g.WeChat.Refunds(o.No)) != 1 {
			t.Errorf("%v received, %d refunds", got, len(g.WeChat.Refunds(o.No)))
		}
	})
}

func TestARefundThatFailsWaitsForAPersonAndIsSentAnew(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		gift, o := g.paid(t, 9_900)
		must(t, g.Gifts.AskRefund(t.Context(), clerk, gift.ID, "捐赠人付错了金额", key()))
		must(t, g.Gifts.ApproveRefund(t.Context(), secretary, g.whole(t, gift.ID).Asked().ID, "同意"))
		g.settle(t)
		first := g.WeChat.Refunds(o.No)[0]
		g.WeChat.Finish(first.No, "ABNORMAL")
		g.Clock.To(moduletest.Start.Add(time.Hour))
		must(t, g.AskRefunds(t.Context())) // nobody told us: asked
		if n, err := g.Problems(t.Context()); err != nil || n != 1 {
			t.Fatalf("%d problems, %v", n, err)
		}
		page := g.Site.As("clerk").Get("/desk/channels/orders/" + o.ID)
		refund := between(t, page.Body, "/desk/channels/refunds/", "/retry")
		if err := g.Retry(t.Context(), checker, refund, key()); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("a person without the permission: %v", err)
		}
		if a := g.Site.As("clerk").Post("/desk/channels/refunds/"+refund+"/retry", moduletest.Form("once", page.Once(t))); a.Status != http.StatusSeeOther {
			t.Fatalf("retry was answered %d", a.Status)
		}
		if err := g.Retry(t.Context(), clerk, refund, key()); fault.CodeOf(err) != "channels.not_failed" {
			t.Errorf("retry of what is on its way: %v", err)
		}
		g.settle(t)
		var second paysim.Refund
		for _, r := range g.WeChat.Refunds(o.No) {
			if r.No != first.No {
				second = r
			}
		}
		g.WeChat.Finish(second.No, "SUCCESS")
		g.Clock.To(moduletest.Start.Add(2 * time.Hour))
		must(t, g.AskRefunds(t.Context()))
		if w := g.whole(t, gift.ID); w.Refunds[0].PaidRef != "wechat:"+second.ID {
			t.Errorf("the refund is %+v", w.Refunds[0])
		}
	})
}

func TestPaymentsWhoseFactsDifferAreNeverIncome(t *testing.T) {
	t.Parallel()
	cases := map[string]paysim.Change{
		"amount":   func(m map[string]any) { m["amount"].(map[string]any)["total"] = 1 },
		"more":     func(m map[string]any) { m["amount"].(map[string]any)["total"] = 900_000 },
		"merchant": func(m map[string]any) { m["mchid"] = "1900009999" },
		"app":      func(m map[string]any) { m["appid"] = "wx0000000000000000" },
		"number":   func(m map[string]any) { m["out_trade_no"] = "P0000000000000000" },
		"waiting":  func(m map[string]any) { m["trade_state"] = "NOTPAY" },
		"closed":   func(m map[string]any) { m["trade_state"] = "CLOSED" },
	}
	each(t, func(t *testing.T, g *given) {
		for name, change := range cases {
			gift, o := g.ordered(t, 5_000)
			must(t, g.WeChat.Pay(o.No))
			g.told(t, g.WeChat.Notice(o.No, change), http.StatusOK) // truly the channel's, so it is kept
			g.settle(t)
			if w := g.whole(t, gift.ID); w.State != donations.Pledged {
				t.Errorf("%s: the gift is %s", name, w.State)
			}
			if o := g.order(t, gift.ID); o.State == channels.Paid {
				t.Errorf("%s: the order is %s", name, o.State)
			}
		}
		if got := g.received(t); got != 0 {
			t.Errorf("%v received", got)
		}
		if n, err := g.Problems(t.Context()); err != nil || n != 4 {
			t.Errorf("%d orders wait for a person, %v", n, err)
		}
		page := g.Site.As("checker").Get("/desk/channels")
		if page.Status != 200 || len(page.Body) == 0 {
			t.Errorf("the desk was answered %d", page.Status)
		}
	})
}

func TestBothWaysOfVerifyingTakeTheChannelsMessages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		key, err := pay.PublicKey(g.WeChat.PublicKeyPEM())
		must(t, err)
		// With its public key a client still believes certificates, for both are in use while a merchant changes over.
		g.Line.PublicKeyID, g.Line.PublicKey = paysim.WeChatKeyID, key
		for _, public := range []bool{true, false} {
			g.WeChat.PublicKey = public
			gift, o := g.ordered(t, 100)
			must(t, g.WeChat.Pay(o.No))
			g.told(t, g.WeChat.Notice(o.No), http.StatusOK)
			g.settle(t)
			if w := g.whole(t, gift.ID); w.State != donations.Received {
				t.Errorf("public key %v: the gift is %s", public, w.State)
			}
		}
		// A client without the public key does not believe messages that name it.
		g.WeChat.PublicKey = true
		alone := g.line(t, func(*wechat.Config) {})
		_, o := g.ordered(t, 100)
		must(t, g.WeChat.Pay(o.No))
		n := g.WeChat.Notice(o.No)
		if _, err := alone.Verify(t.Context(), n.Header, n.Body); err == nil {
			t.Error("a message of an unknown key was believed")
		}
	})
}

func TestAnAnswerWithABrokenSignatureIsNoAnswer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		gift, o := g.ordered(t, 5_000)
		must(t, g.WeChat.Pay(o.No))
		g.WeChat.Lie("/v3/pay/")
		g.Clock.To(moduletest.Start.Add(time.Minute))
		must(t, g.Ask(t.Context()))
		g.settle(t)
		if w := g.whole(t, gift.ID); w.State != donations.Pledged || g.received(t) != 0 {
			t.Errorf("the gift is %s on a broken signature", w.State)
		}
		if _, err := g.Line.Query(t.Context(), "P000000"); err == nil {
			t.Error("a refusal with a broken signature was believed: an order would be closed that is paid")
		}
	})
}
