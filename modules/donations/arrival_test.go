package donations_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"care/modules/audit"
	"care/modules/donations"
	"care/modules/ledger"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/fault"
	"care/server/money"
)

// in runs fn as an act of somebody.
func (g *given) in(t testing.TB, who access.Actor, fn func(ctx context.Context, tx *audit.Tx) error) error {
	t.Helper()
	act := audit.Act{Actor: who, Need: access.Everyone, Verb: "test.act", Subject: "test", Key: key(), Input: 1}
	return g.Trail.Do(t.Context(), act, fn)
}

func TestPromisesThatArriveTogetherArriveAllOrNone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		a, b := g.pledged(t, "张建明", 100), g.pledged(t, "李秀英", 200)
		one, two := payment("张建明", 100), payment("李秀英", 200)
		bad := two
		bad.Amount = 0
		err := g.in(t, clerk, func(ctx context.Context, tx *audit.Tx) error {
			return g.ArriveIn(ctx, tx, clerk, donations.Arriving{Gift: a.ID, Pay: one}, donations.Arriving{Gift: b.ID, Pay: bad})
		})
		field(t, err, "1.paid", "donations.amount")
		if w := g.whole(t, a.ID); w.State != donations.Pledged {
			t.Errorf("the good one is %s, want it untouched", w.State)
		}
		err = g.in(t, clerk, func(ctx context.Context, tx *audit.Tx) error {
			return g.ArriveIn(ctx, tx, clerk, donations.Arriving{Gift: a.ID, Pay: one}, donations.Arriving{Gift: b.ID, Pay: two})
		})
		must(t, err)
		refused(t, g.Confirm(t.Context(), person("clerk", "李敏", "donations.confirm"), donations.Confirm{Arrival: g.live(t, a.ID)}), fault.Forbidden, "donations.same_person")
		must(t, g.Confirm(t.Context(), checker, donations.Confirm{Arrival: g.live(t, a.ID)}))
		err = g.in(t, clerk, func(ctx context.Context, tx *audit.Tx) error {
			return g.RejectIn(ctx, tx, clerk, []string{b.ID, a.ID}, "匹配错了")
		})
		refused(t, err, fault.Conflict, "donations.not_waiting")
		err = g.in(t, clerk, func(ctx context.Context, tx *audit.Tx) error {
			return g.RejectIn(ctx, tx, clerk, []string{b.ID}, "匹配错了")
		})
		must(t, err)
		if w := g.whole(t, b.ID); w.State != donations.Pledged {
			t.Errorf("after the undo the promise is %s", w.State)
		}
		err = g.in(t, stranger, func(ctx context.Context, tx *audit.Tx) error {
			return g.ArriveIn(ctx, tx, stranger, donations.Arriving{Gift: b.ID, Pay: payment("李秀英", 200)})
		})
		if fault.KindOf(err) != fault.Forbidden {
			t.Errorf("a stranger's arrival: %v", err)
		}
		must(t, g.Record(t.Context(), clerk, b.ID, payment("李秀英", 200), key()))
		err = g.in(t, stranger, func(ctx context.Context, tx *audit.Tx) error {
			return g.RejectIn(ctx, tx, stranger, []string{b.ID}, "不该由我")
		})
		if fault.KindOf(err) != fault.Forbidden {
			t.Errorf("a stranger's undo: %v", err)
		}
		err = g.in(t, stranger, func(ctx context.Context, tx *audit.Tx) error {
			_, err := g.RegisterIn(ctx, tx, stranger, donations.Registering{Donor: pledge("张建明", 0), Pay: payment("张建明", 100)})
			return err
		})
		if fault.KindOf(err) != fault.Forbidden {
			t.Errorf("a stranger's gift: %v", err)
		}
		refused(t, g.Reject(t.Context(), clerk, b.ID, g.live(t, a.ID), "退回的是另一笔"), fault.Conflict, "donations.not_waiting")
	})
}

func TestRegisteredGiftsNameTheRowThatIsWrong(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		good := donations.Registering{Donor: pledge("张建明", 0), Pay: payment("张建明", 100)}
		good.Donor.Origin = "order/tencent/1001"
		bad := donations.Registering{Donor: pledge("", 0), Pay: payment("李秀英", 100)}
		bad.Donor.Email = "nobody"
		err := g.in(t, clerk, func(ctx context.Context, tx *audit.Tx) error {
			_, err := g.RegisterIn(ctx, tx, clerk, good, bad)
			return err
		})
		field(t, err, "1.name", "donations.name")
		field(t, err, "1.email", "donations.email")
		must(t, g.CheckRegistering(t.Context(), good))
		var gifts []donations.Gift
		must(t, g.in(t, clerk, func(ctx context.Context, tx *audit.Tx) (err error) {
			gifts, err = g.RegisterIn(ctx, tx, clerk, good)
			return err
		}))
		field(t, g.CheckRegistering(t.Context(), good), "origin", "donations.order_known")
		again := good
		again.Pay = payment("张建明", 100)
		err = g.in(t, clerk, func(ctx context.Context, tx *audit.Tx) error {
			_, err := g.RegisterIn(ctx, tx, clerk, again)
			return err
		})
		field(t, err, "0.origin", "donations.order_known")
		must(t, g.Reject(t.Context(), clerk, gifts[0].ID, g.live(t, gifts[0].ID), "文件有误"))
		must(t, g.in(t, clerk, func(ctx context.Context, tx *audit.Tx) (err error) {
			gifts, err = g.RegisterIn(ctx, tx, clerk, again)
			return err
		}))
		must(t, g.Confirm(t.Context(), checker, donations.Confirm{Arrival: g.live(t, gifts[0].ID)}))
	})
}

// taking is a payment that a channel vouches for.
func taking(gift, ref string, fen money.Fen) donations.Taking {
	return donations.Taking{Gift: gift, Amount: fen, Day: "2026-11-25", Ref: ref, Channel: "wechat"}
}

func (g *given) take(t testing.TB, ts ...donations.Taking) []error {
	t.Helper()
	acts := make([]audit.Act, 0, len(ts))
	for _, x := range ts {
		acts = append(acts, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "test.take", Subject: x.Gift, Key: "take/" + x.Ref, Input: x})
	}
	return g.Trail.DoAll(t.Context(), acts, func(ctx context.Context, tx *audit.Tx, live []int) error {
		mine := make([]donations.Taking, 0, len(live))
		for _, i := range live {
			mine = append(mine, ts[i])
		}
		return g.TakeIn(ctx, tx, mine, live)
	})
}

func TestVerifiedPaymentsAreIncomeWithReceiptOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		a, b := g.pledged(t, "张建明", 100), g.pledged(t, "李秀英", 200)
		for i, err := range g.take(t, taking(a.ID, "4200001", 100), taking(b.ID, "4200002", 250), taking(a.ID, "4200003", 100)) {
			if (err != nil) != (i == 2) {
				t.Errorf("payment %d: %v", i, err)
			}
		}
		if f := g.balance(t); f.Received() != 350 {
			t.Errorf("the fund received %d, want 350: what the channel took, once", f.Received())
		}
		w := g.whole(t, b.ID)
		if w.State != donations.Received || w.Amount != 250 || w.Number == "" || w.Live().RecordedBy != "channel:wechat" || w.Live().DecidedBy != "system" {
			t.Errorf("got %s %d %q by %s and %s", w.State, w.Amount, w.Number, w.Live().RecordedBy, w.Live().DecidedBy)
		}
		for _, err := range g.take(t, taking(b.ID, "4200002", 250)) {
			if _, again := fault.IsAgain(err); !again {
				t.Errorf("the same callback again: %v", err)
			}
		}
	})
}

func TestAPaymentWithoutItsFactsIsNotBooked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		a := g.pledged(t, "张建明", 100)
		for name, spoil := range map[string]func(*donations.Taking){
			"nothing": func(x *donations.Taking) { x.Amount = 0 }, "less than nothing": func(x *donations.Taking) { x.Amount = -1 },
			"too much": func(x *donations.Taking) { x.Amount = donations.MaxArrival + 1 }, "no day": func(x *donations.Taking) { x.Day = "" },
			"no number": func(x *donations.Taking) { x.Ref = "" }, "no channel": func(x *donations.Taking) { x.Channel = "" },
		} {
			x := taking(a.ID, "44"+key(), 100)
			spoil(&x)
			if err := g.take(t, x)[0]; fault.CodeOf(err) != "donations.incomplete" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if w := g.whole(t, a.ID); w.State != donations.Pledged || g.balance(t).Received() != 0 {
			t.Errorf("the gift is %s, the fund received %d", w.State, g.balance(t).Received())
		}
	})
}

func TestTwoPaymentsOfOneGiftAreBookedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		a := g.pledged(t, "张建明", 100)
		errs := moduletest.AtOnce(8, func(i int) error { return g.take(t, taking(a.ID, fmt.Sprintf("43000%d", i), 100))[0] })
		won := moduletest.Won(t, errs, fault.Conflict)
		if f := g.balance(t); won != 1 || f.Received() != 100 {
			t.Errorf("%d of 8 payments won, the fund received %d", won, f.Received())
		}
	})
}

func TestARefundOfAChannelPaymentAsksTheChannel(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		var asked []donations.Payback
		fail := true
		g.OnPayback(func(_ context.Context, _ *audit.Tx, p donations.Payback) error {
			if fail {
				return errors.New("no room for work")
			}
			asked = append(asked, p)
			return nil
		})
		a := g.pledged(t, "张建明", 100)
		must(t, g.take(t, taking(a.ID, "4200001", 100))[0])
		must(t, g.AskRefund(t.Context(), clerk, a.ID, "重复支付", key()))
		r := g.whole(t, a.ID).Asked().ID
		if err := g.ApproveRefund(t.Context(), checker, r, ""); err == nil || g.whole(t, a.ID).State != donations.Refunding {
			t.Errorf("approved without asking the channel: %v", err)
		}
		fail = false
		must(t, g.ApproveRefund(t.Context(), checker, r, ""))
		if len(asked) != 1 || asked[0].Ref != "4200001" || asked[0].Amount != 100 || asked[0].Channel != "wechat" || asked[0].Refund != r {
			t.Errorf("asked %+v", asked)
		}
		open, err := g.OpenRefunds(t.Context(), 10)
		must(t, err)
		if len(open) != 1 || open[0].Name != "张*明" || open[0].Channel != "wechat" {
			t.Fatalf("open refunds %+v", open)
		}
		pay := func(ctx context.Context, tx *audit.Tx) error {
			return g.RefundPaid(ctx, tx, r, "50000001", "2026-11-25")
		}
		must(t, g.in(t, clerk, pay))
		refused(t, g.in(t, clerk, pay), fault.Conflict, "donations.refund_paid")
		if open, err = g.OpenRefunds(t.Context(), 10); err != nil || len(open) != 0 {
			t.Errorf("after it left: %+v, %v", open, err)
		}
		back := func(ref string) func(context.Context, *audit.Tx) error {
			return func(ctx context.Context, tx *audit.Tx) error { return g.RefundUnpaid(ctx, tx, r, ref) }
		}
		refused(t, g.in(t, clerk, back("50000002")), fault.Conflict, "db.changed")
		must(t, g.in(t, clerk, back("50000001")))
		if open, err = g.OpenRefunds(t.Context(), 10); err != nil || len(open) != 1 {
			t.Errorf("after the reference was taken back: %+v, %v", open, err)
		}
	})
}

func TestMoneyIsBookedWhereItCameAndGoesBackFromThere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		on := func() map[string]money.Fen {
			bs, err := g.Funds.Trial(t.Context())
			must(t, err)
			out := map[string]money.Fen{}
			for _, b := range bs {
				if b.Kind == "asset" && b.Debit != b.Credit {
					out[b.Code] = b.Debit - b.Credit
				}
			}
			return out
		}
		online, cash := g.pledged(t, "张建明", 100), g.pledged(t, "李秀英", 30)
		must(t, g.take(t, taking(online.ID, "4200001", 100))[0])
		p := payment("李秀英", 30)
		p.Asset = ledger.CashBox
		must(t, g.in(t, clerk, func(ctx context.Context, tx *audit.Tx) error {
			return g.ArriveIn(ctx, tx, clerk, donations.Arriving{Gift: cash.ID, Pay: p})
		}))
		must(t, g.Confirm(t.Context(), checker, donations.Confirm{Arrival: g.live(t, cash.ID)}))
		if got, want := on(), (map[string]money.Fen{ledger.InTransit: 100, ledger.CashBox: 30}); !maps.Equal(got, want) {
			t.Errorf("the money is at %v, want %v", got, want)
		}
		must(t, g.AskRefund(t.Context(), clerk, online.ID, "重复支付", key()))
		must(t, g.ApproveRefund(t.Context(), checker, g.whole(t, online.ID).Asked().ID, ""))
		if got, want := on(), (map[string]money.Fen{ledger.CashBox: 30}); !maps.Equal(got, want) {
			t.Errorf("after the refund the money is at %v, want %v", got, want)
		}
	})
}

func TestDonorsAreFoundByEmailAndDuesByNameIndex(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		p := pledge("欧阳 建 国", 100)
		p.Email = "Ou.Yang@Example.com"
		p.Tribute = &donations.Tribute{Kind: donations.TributeMemory, Name: "王老兵"}
		gift, err := g.Pledge(t.Context(), access.Public("192.0.2.1"), p, key())
		must(t, err)
		g.pledged(t, "李秀英", 200)
		rows, err := g.OfEmail(t.Context(), "ou.yang@example.com", "", 10)
		must(t, err)
		if len(rows.Rows) != 1 || rows.Rows[0].ID != gift.ID || strings.Contains(rows.Rows[0].Name, "建") {
			t.Errorf("by e-mail: %+v", rows.Rows)
		}
		if rows, err = g.OfEmail(t.Context(), "", "", 10); err != nil || len(rows.Rows) != 0 {
			t.Errorf("without an address %d gifts are found, %v", len(rows.Rows), err)
		}
		found := 0
		must(t, g.EachDue(t.Context(), func(d donations.Due) error {
			if d.NameIndex == g.NameIndex("欧阳建国") && d.ID == gift.ID && d.Promised == 100 {
				found++
			}
			return nil
		}))
		if found != 1 {
			t.Errorf("found %d dues of the payer's name", found)
		}
		due, err := g.FindDue(t.Context(), gift.Code, 5)
		if err != nil || len(due) != 1 {
			t.Errorf("by code %d, %v", len(due), err)
		}
		must(t, g.Record(t.Context(), clerk, gift.ID, payment("欧阳建国", 100), key()))
		if due, err = g.FindDue(t.Context(), gift.Code, 5); err != nil || len(due) != 0 {
			t.Errorf("money that has come is due %d times, %v", len(due), err)
		}
		p.Tribute = &donations.Tribute{Kind: "party", Name: "12", Words: strings.Repeat("长", 201)}
		_, err = g.Pledge(t.Context(), access.Public("192.0.2.1"), p, key())
		field(t, err, "tribute", "donations.tribute")
		field(t, err, "tribute_name", "donations.name")
		field(t, err, "tribute_words", "donations.message_long")
		tr, err := g.TributeOf(gift)
		if err != nil || tr == nil || tr.Name != "王老兵" {
			t.Errorf("tribute %+v, %v", tr, err)
		}
	})
}

func TestADonorWhoBecomesAnonymousIsNamedNowhereInPublic(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		w := g.received(t, "张建明", 100)
		must(t, g.Reshow(t.Context(), access.Public("192.0.2.1"), access.Everyone, w.ID, donations.Anonymous, key()))
		w = g.whole(t, w.ID)
		if w.PublicName != "爱心人士" || w.Papers[0].Payer != "爱心人士" {
			t.Errorf("the roll says %s, the verification page %s", w.PublicName, w.Papers[0].Payer)
		}
		field(t, g.Reshow(t.Context(), access.Public("192.0.2.1"), access.Everyone, w.ID, "loud", key()), "shown", "donations.need_shown")
	})
}
