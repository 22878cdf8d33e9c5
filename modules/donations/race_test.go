package donations_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"care/modules/audit"
	"care/modules/donations"
	"care/modules/ledger"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/fault"
)

const crowd = 60

func TestOfManyWhoConfirmAGiftOneWins(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		_, a := g.arrived(t, "张建明", 700)
		errs := moduletest.AtOnce(crowd, func(i int) error {
			if i%3 == 0 {
				return g.ConfirmAll(t.Context(), checker, []donations.Confirm{{Arrival: a}})[0]
			}
			return g.Confirm(t.Context(), checker, donations.Confirm{Arrival: a})
		})
		if n := moduletest.Won(t, errs, fault.Conflict); n != 1 {
			t.Errorf("%d of %d won, want 1", n, crowd)
		}
		if f := g.balance(t); f.Received() != 700 {
			t.Errorf("the fund holds %d, want 700", f.Received())
		}
	})
}

// The negative control of the race above: the same confirmation without the gate's key and without the condition on the
// state, as a careless program would write it, books the gift many times. Were it not so, the race would prove nothing.
func TestAConfirmationWithoutItsGuardsWouldBookTwice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		gift, _ := g.arrived(t, "张建明", 700)
		var gate sync.WaitGroup
		gate.Add(8)
		errs := moduletest.AtOnce(8, func(i int) error {
			w, err := g.Gift(t.Context(), gift.ID) // read …
			gate.Done()
			gate.Wait()
			if err != nil || w.State != donations.Arrived {
				return errors.New("late")
			}
			return g.Trail.Do(t.Context(), audit.Act{Actor: clerk, Need: access.Everyone, Verb: "test.careless", Subject: gift.ID}, g.post(ledger.Receive, w.Live().Amount)) // … then write
		})
		if n := moduletest.Won(t, errs); n < 2 {
			t.Errorf("%d careless confirmations passed: the race proves nothing", n)
		}
		if f := g.balance(t); f.Received() <= 700 {
			t.Errorf("the fund holds %d: the race proves nothing", f.Received())
		}
	})
}

func TestManyGiftsConfirmedSinglyAndInBulkAreEachBookedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		var arrivals []donations.Confirm
		for range 40 {
			_, a := g.arrived(t, "张建明", 100)
			arrivals = append(arrivals, donations.Confirm{Arrival: a})
		}
		var mu sync.Mutex
		wins := 0
		count := func(errs ...error) {
			mu.Lock()
			defer mu.Unlock()
			wins += moduletest.Won(t, errs, fault.Conflict)
		}
		moduletest.AtOnce(crowd, func(i int) error {
			switch i % 3 {
			case 0: // the whole list in one order
				count(g.ConfirmAll(t.Context(), checker, arrivals)...)
			case 1: // half of it in the other one
				var back []donations.Confirm
				for k := len(arrivals) - 1; k >= 0; k -= 2 {
					back = append(back, arrivals[k])
				}
				count(g.ConfirmAll(t.Context(), checker, back)...)
			default:
				count(g.Confirm(t.Context(), checker, arrivals[i%len(arrivals)]))
			}
			return nil
		})
		if wins != 40 || g.balance(t).Received() != 4_000 {
			t.Errorf("%d confirmations won and the fund holds %d, want 40 and 4000", wins, g.balance(t).Received())
		}
		roll, err := g.Roll(t.Context(), "", "", 100)
		must(t, err)
		numbers := map[string]bool{}
		for _, r := range roll.Rows {
			numbers[r.Number] = true
		}
		if len(numbers) != 40 || !numbers["QJGA-2026-000001"] || !numbers["QJGA-2026-000040"] {
			t.Errorf("%d numbers, or not from 1 to 40", len(numbers))
		}
	})
}

func TestABadOneDoesNotSpoilTheOthersOfABulk(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		var in []donations.Confirm
		for range 5 {
			_, a := g.arrived(t, "张建明", 100)
			in = append(in, donations.Confirm{Arrival: a})
		}
		own := g.pledged(t, "李红梅", 100)
		must(t, g.Record(t.Context(), both, own.ID, payment("李红梅", 100), key()))
		in = append(in, donations.Confirm{Arrival: g.live(t, own.ID)}, donations.Confirm{Arrival: "nothing"}, in[0])
		errs := g.ConfirmAll(t.Context(), both, in)
		for i := range 5 {
			must(t, errs[i])
		}
		refused(t, errs[5], fault.Forbidden, "donations.same_person")
		refused(t, errs[6], fault.NotFound, "db.not_found")
		if _, again := fault.IsAgain(errs[7]); !again {
			t.Errorf("the one that came twice got %v", errs[7])
		}
		if f := g.balance(t); f.Received() != 500 {
			t.Errorf("the fund holds %d, want 500", f.Received())
		}
	})
}

func TestOneStatementLineGoesToOneGift(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		p := payment("张建明", 100)
		gifts := make([]string, 20)
		for i := range gifts {
			gifts[i] = g.pledged(t, "张建明", 100).ID
		}
		errs := moduletest.AtOnce(len(gifts), func(i int) error { return g.Record(t.Context(), clerk, gifts[i], p, key()) })
		if n := moduletest.Won(t, errs, fault.Invalid); n != 1 {
			t.Errorf("%d gifts took the same line of the statement", n)
		}
	})
}

func TestARefundAndAPromiseToAFamilyDoNotSpendTheSameMoney(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		var refunds []string
		for range 10 {
			w := g.received(t, "张建明", 100)
			must(t, g.AskRefund(t.Context(), clerk, w.ID, "重复支付", key()))
			refunds = append(refunds, g.whole(t, w.ID).Asked().ID)
		}
		reserves := make([]func(context.Context, *audit.Tx) error, 10)
		for i := range reserves {
			reserves[i] = g.post(ledger.Reserve, 150)
		}
		errs := moduletest.AtOnce(20, func(i int) error {
			if i%2 == 0 {
				return g.ApproveRefund(t.Context(), checker, refunds[i/2], "")
			}
			return g.Trail.Do(t.Context(), audit.Act{Actor: clerk, Need: access.Everyone, Verb: "test.move", Subject: "x"}, reserves[i/2])
		})
		moduletest.Won(t, errs, fault.Unfunded)
		back, kept := 0, 0
		for i, err := range errs {
			switch {
			case err == nil && i%2 == 0:
				back++
			case err == nil:
				kept++
			}
		}
		f := g.balance(t)
		if int(f.Available) != 1000-100*back-150*kept || int(f.Reserved) != 150*kept || f.Available < 0 {
			t.Errorf("%d refunds and %d promises left %d and %d", back, kept, f.Available, f.Reserved)
		}
		if back+kept == 20 {
			t.Error("everything was granted: the money was spent twice, or the test proves nothing")
		}
	})
}

func TestARefundIsApprovedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		w := g.received(t, "张建明", 100)
		must(t, g.AskRefund(t.Context(), clerk, w.ID, "重复支付", key()))
		r := g.whole(t, w.ID).Asked().ID
		errs := moduletest.AtOnce(20, func(i int) error {
			if i%4 == 3 {
				return g.DeclineRefund(t.Context(), checker, r, "不退")
			}
			return g.ApproveRefund(t.Context(), checker, r, "退")
		})
		if n := moduletest.Won(t, errs, fault.Conflict); n != 1 {
			t.Errorf("%d decisions won, want 1", n)
		}
	})
}

func TestASendBackAndAConfirmationAreNotBothTrue(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		for range 6 {
			gift, a := g.arrived(t, "张建明", 100)
			errs := moduletest.AtOnce(8, func(i int) error {
				if i%2 == 0 {
					return g.Reject(t.Context(), clerk, gift.ID, a, "抄错了")
				}
				return g.Confirm(t.Context(), checker, donations.Confirm{Arrival: a})
			})
			if n := moduletest.Won(t, errs, fault.Conflict); n != 1 {
				t.Errorf("%d of the eight won, want 1", n)
			}
		}
	})
}

func TestAFormSentTwiceMakesOneGift(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		p, k := pledge("张建明", 100), key()
		errs := moduletest.AtOnce(20, func(int) error {
			_, err := g.Pledge(t.Context(), access.Public(""), p, k)
			return err
		})
		if n := moduletest.Won(t, errs, fault.Conflict); n != 1 {
			t.Errorf("%d gifts came of one form", n)
		}
		p.Amount = 200
		_, err := g.Pledge(t.Context(), access.Public(""), p, k)
		refused(t, err, fault.Conflict, "audit.key_reused")
	})
}

func TestWhoGoesAwayDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		var in []donations.Confirm
		for range 30 {
			_, a := g.arrived(t, "张建明", 100)
			in = append(in, donations.Confirm{Arrival: a})
		}
		done := make(chan []error, 1)
		go func() {
			done <- moduletest.AtOnce(len(in), func(i int) error {
				ctx, cancel := context.WithCancel(t.Context())
				if i%3 == 0 {
					cancel() // gone before the answer
				}
				defer cancel()
				return g.Confirm(ctx, checker, in[i])
			})
		}()
		select {
		case errs := <-done:
			for i, err := range errs {
				if err != nil && !(i%3 == 0 && errors.Is(err, context.Canceled)) {
					t.Errorf("%d: %v", i, err)
				}
			}
		case <-time.After(30 * time.Second):
			t.Fatal("somebody waits for ever")
		}
		for i, c := range in { // whoever was not answered asks again and is told
			err := g.Confirm(t.Context(), checker, c)
			if _, again := fault.IsAgain(err); err != nil && !again {
				t.Errorf("%d, asked again: %v", i, err)
			}
		}
		if f := g.balance(t); f.Received() != 3_000 {
			t.Errorf("the fund holds %d, want 3000", f.Received())
		}
	})
}
