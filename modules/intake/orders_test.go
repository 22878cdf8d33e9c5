package intake_test

import (
	"testing"

	"care/modules/donations"
	"care/modules/intake"
	"care/modules/moduletest"
	"care/server/fault"
)

// booked stages, maps, sends and confirms a file of orders for the campaign.
func (g *given) booked(t testing.TB, b *intake.Batch) {
	t.Helper()
	must(t, g.Map(t.Context(), clerk, b.ID, map[string]string{"大病救助": g.campaign.ID}, key()))
	g.send(t, b.ID)
	g.confirm(t, b.ID)
}

func TestOrdersOfAPlatformBecomeGiftsOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		file := orders(order("T1", "100.00", "0.60"), order("T2", "50", "0.30"))
		b := g.stage(t, file, 2, 15_000)
		refused(t, g.Send(t.Context(), clerk, b.ID, b.Version, true, key()), fault.Invalid, "intake.project_unknown")
		g.booked(t, b)
		if got := g.account(t, "1009"); got != 15_000 {
			t.Errorf("the platform holds %d of ours, want 15000", got)
		}
		_, err := g.Stage(t.Context(), clerk, intake.Staging{Platform: "TENCENT", Content: file, Rows: 2, Fen: 15_000})
		if subject, again := fault.IsAgain(err); !again || subject != b.ID {
			t.Errorf("the same file again gives %v", err)
		}
		// A longer file that holds the old orders too: only the new one is registered, and the project is known by now.
		more := g.stage(t, orders(order("T1", "100.00", "0.60"), order("T2", "50", "0.30"), order("T3", "8.88", "0.05")), 3, 15_888)
		g.send(t, more.ID)
		g.confirm(t, more.ID)
		if x := g.stand(t, more.ID); x.Same != 2 || x.Confirmed != 1 {
			t.Errorf("of the longer file %d were known, %d confirmed", x.Same, x.Confirmed)
		}
		if got := g.account(t, "1009"); got != 15_888 {
			t.Errorf("the platform holds %d of ours, want 15888", got)
		}
	})
}

func TestAFileIsReadWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		stage := func(file []byte, rows int64, fen int64) error {
			_, err := g.Stage(t.Context(), clerk, intake.Staging{Platform: "TENCENT", Content: file, Rows: rows, Fen: moneyOf(fen)})
			return err
		}
		field(t, stage(orders(order("U1", "1", "0")), 2, 100), "rows", "intake.file_rows")
		field(t, stage(orders(order("U1", "1", "0")), 1, 101), "fen", "intake.file_sum")
		field(t, stage(orders(order("U1", "1", "0"), order("U1", "1", "0")), 2, 200), "file", "intake.row_twice")
		field(t, stage(orders(order("", "1", "0")), 1, 100), "file", "intake.row_order")
		field(t, stage(orders(order("U1", "壹", "0")), 1, 100), "file", "intake.row_amount")
		field(t, stage(orders(order("U1", "1", "1.01")), 1, 100), "file", "intake.row_fee")
		field(t, stage(orders([]string{"U1", "昨天", "", "1", "0", "", "", "", "", ""}), 1, 100), "file", "intake.row_time")
		field(t, stage(orders([]string{"U1", "2027-01-01", "", "1", "0", "", "", "", "", ""}), 1, 100), "file", "intake.row_later")
		field(t, stage([]byte("a,b,c\n1,2,3\n"), 1, 100), "file", "intake.orders_head")
		field(t, stage([]byte("订单号,捐款时间,捐款金额\nU1,2026-11-20,1\n"), 1, 100), "file", "intake.orders_column")
		field(t, stage([]byte("PK\x03\x04 not a workbook"), 1, 100), "file", "intake.file_unreadable")
		bs, err := g.List(t.Context(), intake.Orders, "", "", 10)
		if err != nil || len(bs.Rows) != 0 {
			t.Errorf("%d batches were made of broken files (%v)", len(bs.Rows), err)
		}
	})
}

func TestASettlementIsBookedOnlyWhenItsOrdersGiveTheMoney(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		g.booked(t, g.stage(t, orders(order("V1", "100.00", "0.60"), order("V2", "50", "0.30")), 2, 15_000))
		paid := intake.Paid{Platform: "TENCENT", From: "2026-11-20", To: "2026-11-22", BankRef: "ICBC-9", Day: "2026-11-24", Amount: 15_000}
		_, err := g.Intake.Settle(t.Context(), clerk, paid, key())
		field(t, err, "amount", "intake.settle_differs")
		early := paid
		early.From, early.To = "2026-11-01", "2026-11-02"
		_, err = g.Intake.Settle(t.Context(), clerk, early, key())
		field(t, err, "from", "intake.none_open")
		paid.Amount = 14_910
		s, err := g.Intake.Settle(t.Context(), clerk, paid, key())
		must(t, err)
		refused(t, g.DecideSettlement(t.Context(), clerk, s.ID, true, "", key()), fault.Forbidden, "access.forbidden")
		errs := moduletest.AtOnce(3, func(int) error { return g.DecideSettlement(t.Context(), checker, s.ID, true, "", key()) })
		if n := moduletest.Won(t, errs, fault.Conflict); n != 1 {
			t.Errorf("%d of 3 booked the settlement", n)
		}
		for code, want := range map[string]int64{"1002": 14_910, "1009": 0, "5301": 90} {
			if got := g.account(t, code); int64(got) != want {
				t.Errorf("account %s holds %d, want %d", code, got, want)
			}
		}
		_, err = g.Intake.Settle(t.Context(), clerk, paid, key())
		field(t, err, "from", "intake.none_open")
	})
}

func TestADroppedSettlementFreesItsOrders(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		g.booked(t, g.stage(t, orders(order("W1", "10", "0")), 1, 1_000))
		paid := intake.Paid{Platform: "TENCENT", From: "2026-11-20", To: "2026-11-22", BankRef: "ICBC-8", Day: "2026-11-24", Amount: 1_000}
		s, err := g.Intake.Settle(t.Context(), clerk, paid, key())
		must(t, err)
		field(t, g.DecideSettlement(t.Context(), checker, s.ID, false, "", key()), "why", "intake.reason")
		must(t, g.DecideSettlement(t.Context(), checker, s.ID, false, "流水号抄错", key()))
		s, err = g.Intake.Settle(t.Context(), clerk, paid, key())
		must(t, err)
		must(t, g.DecideSettlement(t.Context(), checker, s.ID, true, "", key()))
	})
}

func TestRefundsOfAPlatformGoToTheDeskOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		// Given back within the same file: no gift at all.
		back := order("X1", "-30", "0")
		b := g.stage(t, orders(order("X1", "30", "0"), back, order("X2", "40", "0.2")), 3, 4_000)
		g.booked(t, b)
		if x := g.stand(t, b.ID); x.Netted != 1 || x.Confirmed != 1 {
			t.Fatalf("%d netted, %d confirmed", x.Netted, x.Confirmed)
		}
		// Given back later: a refund is asked for, and somebody else decides.
		later := g.stage(t, orders(order("X2", "-40", "0"), order("X9", "-5", "0")), 2, -4_500)
		g.send(t, later.ID)
		g.confirm(t, later.ID)
		ls, err := g.Rows(t.Context(), later.ID, false, 0, 10)
		must(t, err)
		if ls[0].State != "noted" || ls[0].Gift == "" || ls[0].Problem != "" || ls[1].Problem != "intake.refund_unknown" {
			t.Fatalf("the refunds are %+v and %+v", ls[0].Row, ls[1].Row)
		}
		w, err := g.gifts.Gift(t.Context(), ls[0].Gift)
		must(t, err)
		if w.State != donations.Refunding {
			t.Errorf("the gift is %s", w.State)
		}
	})
}

func TestAProfileIsDataAndOneEditWins(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		spec := intake.Spec{Order: "单号", Time: "时间", Amount: "金额"}
		id, err := g.EditProfile(t.Context(), manager, "", "SHUIDI", "水滴公益", spec, 1, key())
		must(t, err)
		_, err = g.EditProfile(t.Context(), manager, "", "SHUIDI", "水滴公益", spec, 1, key())
		field(t, err, "platform", "intake.platform_used")
		_, err = g.EditProfile(t.Context(), manager, id, "SHUIDI", "水滴公益", intake.Spec{Order: "单号", Time: "单号", Amount: ""}, 1, key())
		field(t, err, "time", "intake.heading_twice")
		field(t, err, "amount", "intake.need_column")
		_, err = g.EditProfile(t.Context(), clerk, id, "SHUIDI", "水滴公益", spec, 1, key())
		refused(t, err, fault.Forbidden, "access.forbidden")
		spec.Fee = "费用"
		errs := moduletest.AtOnce(4, func(int) error {
			_, err := g.EditProfile(t.Context(), manager, id, "SHUIDI", "水滴公益", spec, 1, key())
			return err
		})
		if n := moduletest.Won(t, errs, fault.Invalid); n != 1 {
			t.Errorf("%d of 4 edits of one version won", n)
		}
		b, err := g.Stage(t.Context(), clerk, intake.Staging{Platform: "SHUIDI", Content: []byte("单号\t时间\t金额\t费用\nS1\t2026/11/3 8:05\t6.66\t0.01\n"), Rows: 1, Fen: 666})
		must(t, err)
		if x := g.stand(t, b.ID); x.Fees != 1 {
			t.Errorf("the fee is %d", x.Fees)
		}
	})
}
