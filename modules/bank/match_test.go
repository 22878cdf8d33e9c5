package bank_test

import (
	"fmt"
	"strings"
	"testing"

	"care/modules/bank"
	"care/modules/donations"
	"care/modules/ledger"
	"care/modules/moduletest"
	"care/server/fault"
	"care/server/money"
)

// paying is a transfer of a donor.
func paying(name, remark, serial string, amount money.Fen) entry {
	return entry{day: "2026-11-24", payer: name, account: "622200001111" + fmt.Sprintf("%04d", len(name)), remark: remark, serial: serial, amount: amount}
}

// accepted accepts the best suggestion of a line.
func (g *given) accepted(t testing.TB, l bank.Line) string {
	t.Helper()
	hs, err := l.HintsOf()
	must(t, err)
	if len(hs) == 0 {
		t.Fatalf("line %s has no suggestion", l.Ref)
	}
	a, err := g.AsHinted(t.Context(), &l, hs[0])
	must(t, err)
	id, err := g.Accept(t.Context(), clerk, a, key())
	must(t, err)
	return id
}

func TestASuggestionSaysWhyAndItsAcceptanceArrives(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		a, b := g.pledged(t, "张建明", 20_000), g.pledged(t, "李秀英", 300)
		st := g.imported(t, paying("张建明", "捐款"+a.Code[:4]+" "+strings.ToLower(a.Code[4:]), "T1", 20_000), paying("李 秀英", "爱心", "T2", 300), paying("王五", "货款", "T3", 77))
		ls := g.all(t, st.ID)
		for i, want := range []struct {
			gift, reasons string
			score         int64
		}{{a.ID, "code name amount near", 100}, {b.ID, "name amount only near", 70}} {
			hs, err := ls[i].HintsOf()
			must(t, err)
			if len(hs) == 0 || hs[0].Gifts[0] != want.gift || strings.Join(hs[0].Reasons, " ") != want.reasons || hs[0].Score != want.score || !hs[0].Name {
				t.Errorf("line %d: %+v", i, hs)
			}
		}
		if ls[2].Score != 0 {
			t.Errorf("a stranger's line scores %d", ls[2].Score)
		}
		match := g.accepted(t, ls[0])
		w := g.gift(t, a.ID)
		if w.State != donations.Arrived || w.Live().BankRef != "T1" || w.Live().Amount != 20_000 || w.Live().RecordedBy != clerk.ID {
			t.Errorf("the gift is %s, %+v", w.State, w.Live())
		}
		refused(t, g.gifts.Confirm(t.Context(), person(clerk.ID, clerk.Name, "donations.confirm"), donations.Confirm{Arrival: w.Live().ID}), fault.Forbidden, "donations.same_person")
		// Undone, both wait again; matched again and confirmed, it can no longer be undone.
		must(t, g.Undo(t.Context(), clerk, match, "匹配错了"))
		if w, l := g.gift(t, a.ID), g.line(t, ls[0].ID); w.State != donations.Pledged || l.State != bank.Open || len(l.Offers) == 0 {
			t.Errorf("after the undo the gift is %s, the line %s with %d offers", w.State, l.State, len(l.Offers))
		}
		if err := g.Undo(t.Context(), second, match, "再撤一次"); fault.KindOf(err) != fault.Conflict {
			t.Errorf("undone twice: %v", err)
		}
		match = g.accepted(t, ls[0])
		g.confirm(t, a.ID)
		refused(t, g.Undo(t.Context(), clerk, match, "太晚了"), fault.Conflict, "donations.not_waiting")
		if l := g.line(t, ls[0].ID); l.State != bank.Matched {
			t.Errorf("a refused undo left the line %s", l.State)
		}
		// The account is known now: a later transfer from it says so.
		c := g.pledged(t, "张建明", 900)
		st = g.imported(t, paying("张建明", "又捐", "T4", 900))
		hs, err := g.all(t, st.ID)[0].HintsOf()
		must(t, err)
		if hs[0].Gifts[0] != c.ID || !strings.Contains(strings.Join(hs[0].Reasons, " "), "account") {
			t.Errorf("%+v", hs)
		}
		if _, err := g.AcceptMany(t.Context(), stranger, []string{g.all(t, st.ID)[0].ID}, key()); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("a stranger accepts: %v", err)
		}
	})
}

func TestOneTransferMayPayManyGiftsAndManyTransfersOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		a, b, c := g.pledged(t, "张建明", 100), g.pledged(t, "张建明", 250), g.pledged(t, "赵大河", 600)
		st := g.imported(t, paying("张建明", "两笔", "T1", 350), paying("赵大河", "第一次", "T2", 200), paying("赵大河", "第二次", "T3", 400))
		ls := g.all(t, st.ID)
		g.accepted(t, ls[0])
		if x, y := g.gift(t, a.ID), g.gift(t, b.ID); x.Live().Amount != 100 || y.Live().Amount != 250 || x.Live().BankRef == y.Live().BankRef {
			t.Errorf("%+v %+v", x.Live(), y.Live())
		}
		if l := g.line(t, ls[1].ID); len(l.Mates) != 1 || l.Mates[0].ID != ls[2].ID {
			t.Errorf("mates: %v", l.Mates)
		}
		both := []string{ls[1].ID, ls[2].ID}
		_, err := g.Accept(t.Context(), clerk, bank.Accepting{Lines: both, Gifts: []bank.Portion{{Gift: c.ID, Amount: 599}}}, key())
		field(t, err, "share", "bank.sums")
		_, err = g.Accept(t.Context(), clerk, bank.Accepting{Lines: both, Gifts: []bank.Portion{{Gift: c.ID, Amount: 600}}}, key())
		must(t, err)
		if w := g.gift(t, c.ID); w.Live().Amount != 600 {
			t.Errorf("%+v", w.Live())
		}
		// Half of a match cannot be sent back when the other half is confirmed; before, all of it goes.
		must(t, g.gifts.Reject(t.Context(), checker, a.ID, g.gift(t, a.ID).Live().ID, "金额分错"))
		if x, y, l := g.gift(t, a.ID), g.gift(t, b.ID), g.line(t, ls[0].ID); x.State != donations.Pledged || y.State != donations.Pledged || l.State != bank.Open {
			t.Errorf("%s %s %s", x.State, y.State, l.State)
		}
		g.accepted(t, ls[0])
		g.confirm(t, b.ID)
		refused(t, g.gifts.Reject(t.Context(), checker, a.ID, g.gift(t, a.ID).Live().ID, "金额分错"), fault.Conflict, "bank.part_confirmed")
		g.confirm(t, a.ID)
	})
}

func TestAnotherPayerNeedsAPersonWhoAsked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		a := g.pledged(t, "张建明", 100)
		st := g.imported(t, paying("王桂芬", a.Code, "T1", 100), paying("", "", "T2", 100))
		ls := g.all(t, st.ID)
		taken, err := g.AcceptMany(t.Context(), clerk, []string{ls[0].ID}, key())
		must(t, err)
		refused(t, taken[0].Err, fault.Conflict, "bank.look_first")
		x := bank.Accepting{Lines: []string{ls[0].ID}, Gifts: []bank.Portion{{Gift: a.ID, Amount: 100}}}
		_, err = g.Accept(t.Context(), clerk, x, key())
		field(t, err, "checked", "donations.payer_differs")
		if l := g.line(t, ls[0].ID); l.State != bank.Open {
			t.Errorf("the line is %s", l.State)
		}
		x.Checked = true
		_, err = g.Accept(t.Context(), clerk, x, key())
		must(t, err)
		x.Lines = []string{ls[1].ID}
		if _, err = g.Accept(t.Context(), clerk, x, key()); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a gift that has its money: %v", err)
		}
	})
}

func TestSureSuggestionsAreAcceptedTogetherAndADoublePaymentIsNot(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		var es []entry
		var gifts []*donations.Gift
		for i := range 6 {
			x := g.pledged(t, fmt.Sprint("张建明", i), fen(1000+int64(i)))
			gifts = append(gifts, x)
			es = append(es, paying(fmt.Sprint("张建明", i), x.Code, fmt.Sprint("T", i), x.Promised))
		}
		es = append(es, paying("张建明0", gifts[0].Code, "T9", 1000)) // once more
		st := g.imported(t, es...)
		sure, err := g.Sure(t.Context(), st.ID, bank.SureScore)
		must(t, err)
		if len(sure) != 6 {
			t.Fatalf("%d lines are sure, want 6", len(sure))
		}
		last := g.all(t, st.ID)[6]
		taken, err := g.AcceptMany(t.Context(), clerk, append(sure, last.ID), key())
		must(t, err)
		bad := 0
		for _, x := range taken {
			if x.Err != nil {
				bad++
			}
		}
		if bad != 1 || g.line(t, last.ID).State != bank.Open {
			t.Errorf("%d were refused, want the double payment alone", bad)
		}
		for _, x := range gifts {
			if w := g.gift(t, x.ID); w.State != donations.Arrived {
				t.Errorf("a gift is %s", w.State)
			}
		}
	})
}

// Many clerks match one line with different gifts, and different lines with one gift: one of each wins.
func TestOfManyMatchesOfOneLineOrOneGiftOneWins(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		var es []entry
		var gifts []*donations.Gift
		for i := range 8 {
			gifts = append(gifts, g.pledged(t, "张建明", 500))
			es = append(es, paying("张建明", "捐款", fmt.Sprint("T", i), 500))
		}
		ls := g.all(t, g.imported(t, es...).ID)
		errs := moduletest.AtOnce(24, func(i int) error {
			who, line, gift := clerk, ls[0].ID, gifts[i%8].ID
			if i%3 == 0 {
				line, gift = ls[1+i%7].ID, gifts[0].ID
			}
			if i%2 == 0 {
				who = second
			}
			_, err := g.Accept(t.Context(), who, bank.Accepting{Lines: []string{line}, Gifts: []bank.Portion{{Gift: gift, Amount: 500}}}, key())
			return err
		})
		if n := moduletest.Won(t, errs, fault.Conflict); n < 1 || n > 2 {
			t.Errorf("%d won, want one for the line and one for the gift at most", n)
		}
		matched := 0
		for _, l := range g.all(t, ls[0].Statement) {
			if l.State == bank.Matched {
				matched++
			}
		}
		arrived := 0
		for _, x := range gifts {
			if g.gift(t, x.ID).State == donations.Arrived {
				arrived++
			}
		}
		if matched != arrived || matched == 0 {
			t.Errorf("%d lines and %d gifts", matched, arrived)
		}
	})
}

func TestThePoolHoldsWhatNobodyKnowsUntilTwoPeopleDecide(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		st := g.imported(t, paying("周全", "往来", "T1", 700), paying("吴是", "往来", "T2", 300), entry{"2026-11-25", "吴是", "", "退回", "T3", -300})
		ls := g.all(t, st.ID)
		must(t, g.Suspend(t.Context(), clerk, ls[0].ID, key()))
		must(t, g.Suspend(t.Context(), clerk, ls[1].ID, key()))
		if err := g.Suspend(t.Context(), second, ls[0].ID, key()); fault.KindOf(err) != fault.Conflict {
			t.Errorf("into the pool twice: %v", err)
		}
		refused(t, g.Suspend(t.Context(), clerk, ls[2].ID, key()), fault.Conflict, "bank.wrong_line")
		if b, p := g.balanceOf(t, ledger.Bank), g.balanceOf(t, ledger.Suspense); b != 1000 || p != -1000 {
			t.Fatalf("bank %d, pool %d", b, p)
		}
		// A claim is a match that another person confirms.
		gift := g.pledged(t, "周全", 700)
		match, err := g.Accept(t.Context(), clerk, bank.Accepting{Lines: []string{ls[0].ID}, Gifts: []bank.Portion{{Gift: gift.ID, Amount: 700}}}, key())
		must(t, err)
		must(t, g.Undo(t.Context(), clerk, match, "认领有误"))
		if l := g.line(t, ls[0].ID); l.State != bank.Pool {
			t.Errorf("after the undo the line is %s", l.State)
		}
		_, err = g.Accept(t.Context(), clerk, bank.Accepting{Lines: []string{ls[0].ID}, Gifts: []bank.Portion{{Gift: gift.ID, Amount: 700}}}, key())
		must(t, err)
		if p := g.balanceOf(t, ledger.Suspense); p != -1000 {
			t.Errorf("one person alone took money from the pool: %d", p)
		}
		g.confirm(t, gift.ID)
		if b, p := g.balanceOf(t, ledger.Bank), g.balanceOf(t, ledger.Suspense); b != 1000 || p != -300 {
			t.Errorf("after the claim bank %d, pool %d", b, p)
		}
		// A return is asked by one and approved by another; its debit is found in the statement.
		must(t, g.AskReturn(t.Context(), clerk, ls[1].ID, "付款人要求退回", key()))
		refused(t, g.DecideReturn(t.Context(), person(clerk.ID, clerk.Name, "bank.approve"), ls[1].ID, true, key()), fault.Forbidden, "bank.same_person")
		must(t, g.DecideReturn(t.Context(), checker, ls[1].ID, false, key()))
		must(t, g.AskReturn(t.Context(), clerk, ls[1].ID, "付款人要求退回", key()))
		errs := moduletest.AtOnce(6, func(int) error { return g.DecideReturn(t.Context(), checker, ls[1].ID, true, key()) })
		if n := moduletest.Won(t, errs, fault.Conflict); n != 1 {
			t.Errorf("%d approvals won", n)
		}
		if b, p := g.balanceOf(t, ledger.Bank), g.balanceOf(t, ledger.Suspense); b != 700 || p != 0 {
			t.Errorf("after the return bank %d, pool %d", b, p)
		}
		os, err := g.Outgoings(t.Context(), &ls[2])
		must(t, err)
		if len(os) != 1 || os[0].Line != ls[1].ID {
			t.Fatalf("%+v", os)
		}
		must(t, g.Statements.Settle(t.Context(), clerk, ls[2].ID, os[0].ID, key()))
		must(t, g.Reopen(t.Context(), clerk, ls[2].ID, key()))
		must(t, g.Statements.Settle(t.Context(), clerk, ls[2].ID, os[0].ID, key()))
	})
}

func TestADebitPaysTheRefundOfItsAmountOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		gift := g.pledged(t, "张建明", 500)
		st := g.imported(t, paying("张建明", gift.Code, "T1", 500), entry{"2026-11-25", "张建明", "", "退款", "T2", -500}, entry{"2026-11-25", "张建明", "", "退款", "T3", -500}, entry{"2026-11-25", "张建明", "", "退款", "T4", -400})
		ls := g.all(t, st.ID)
		g.accepted(t, ls[0])
		g.confirm(t, gift.ID)
		must(t, g.gifts.AskRefund(t.Context(), clerk, gift.ID, "重复付款", key()))
		must(t, g.gifts.ApproveRefund(t.Context(), checker, g.gift(t, gift.ID).Asked().ID, "属实"))
		os, err := g.Outgoings(t.Context(), &ls[1])
		must(t, err)
		if len(os) != 1 || !os[0].Refund || os[0].Score < 60 {
			t.Fatalf("%+v", os)
		}
		field(t, g.Statements.Settle(t.Context(), clerk, ls[3].ID, os[0].ID, key()), "what", "bank.other_amount")
		errs := moduletest.AtOnce(6, func(i int) error { return g.Statements.Settle(t.Context(), clerk, ls[1+i%2].ID, os[0].ID, key()) })
		if n := moduletest.Won(t, errs, fault.Conflict); n != 1 {
			t.Errorf("%d debits paid the refund", n)
		}
		paid := ls[1].ID
		if g.line(t, paid).State != bank.Paid {
			paid = ls[2].ID
		}
		must(t, g.Reopen(t.Context(), clerk, paid, key()))
		if os, err := g.Outgoings(t.Context(), &ls[1]); err != nil || len(os) != 1 {
			t.Errorf("after the undo: %v %v", os, err)
		}
		must(t, g.SetAside(t.Context(), clerk, ls[3].ID, "fee", "", key()))
		field(t, g.SetAside(t.Context(), clerk, ls[2].ID, "else", "", key()), "why", "bank.reason")
	})
}

func TestPromisesThatCameLaterAreFoundByALaterLook(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		st := g.imported(t, paying("张建明", "捐款", "T1", 500))
		gift := g.pledged(t, "张建明", 500)
		must(t, g.Rescore(t.Context(), clerk, st.ID, key()))
		g.settled(t)
		l := g.all(t, st.ID)[0]
		if l.Best != gift.ID || l.Score < bank.MinScore {
			t.Errorf("score %d", l.Score)
		}
	})
}

// settled works all queued work.
func (g *given) settled(t testing.TB) { g.Foundation.Settle(t, g.Module()) }

func TestTheDemonstrationIsOneStatementThatHolds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		for name, yuan := range map[string]money.Fen{"柳青": 200, "酆都生": 1000, "鲍国安": 50, "史万里": 800} {
			g.pledged(t, name, yuan*100)
		}
		must(t, g.Seed(t.Context(), g.Clock))
		ss, err := g.List(t.Context(), "", 10)
		must(t, err)
		if len(ss.Rows) != 1 || ss.Rows[0].State != bank.Ready || ss.Rows[0].Total != 7 {
			t.Fatalf("%+v", ss.Rows)
		}
		ts, err := g.Tallies(t.Context(), "")
		must(t, err)
		if ts["suggested"].N != 4 || ts["pool"].N != 1 || ts["debits"].N != 1 {
			t.Errorf("%+v", ts)
		}
	})
}
