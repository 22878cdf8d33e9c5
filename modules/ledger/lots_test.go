package ledger_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"care/modules/ledger"
	"care/modules/moduletest"
	"care/server/fault"
	"care/server/money"
)

// went gives where a gift went, by ref.
func went(t testing.TB, f *moduletest.Foundation, gift string) accounts {
	t.Helper()
	us, err := f.Funds.Trace(t.Context(), gift)
	if err != nil {
		t.Fatal(err)
	}
	out := accounts{}
	for _, u := range us {
		out[u.Ref] += u.Amount
	}
	return out
}

// pay posts what leads from available money to a payment.
func pay(fund, ref string, fen money.Fen) []ledger.Entry {
	return []ledger.Entry{{Kind: ledger.Reserve, Ref: ref, Fund: fund, Amount: fen}, {Kind: ledger.Commit, Ref: ref, Fund: fund, Amount: fen}, {Kind: ledger.Disburse, Ref: ref, Fund: fund, Amount: fen}}
}

func mustPay(t *testing.T, f *moduletest.Foundation, fund, ref string, fen money.Fen) ledger.Journal {
	t.Helper()
	js, err := post(t.Context(), f, pay(fund, ref, fen)...)
	if err != nil {
		t.Fatal(err)
	}
	return js[2]
}

func TestGiftsAreUsedFirstInFirstOutInsideTheirFund(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		a, b := f.Fund(t, "A", ledger.Restricted, 0), f.Fund(t, "B", ledger.Unrestricted, 0)
		mustPost(t, f, ledger.Entry{Kind: ledger.Receive, Ref: "other", Fund: b.ID, Amount: 1000})
		first := mustPost(t, f, ledger.Entry{Kind: ledger.Receive, Ref: "g/1", Fund: a.ID, Amount: 100})
		mustPost(t, f, ledger.Entry{Kind: ledger.Receive, Ref: "g/2", Fund: a.ID, Amount: 50})
		third := mustPost(t, f, ledger.Entry{Kind: ledger.Receive, Ref: "g/3", Fund: a.ID, Amount: 70})
		p1 := mustPay(t, f, a.ID, "p/1", 120)
		mustPost(t, f, ledger.Entry{Kind: ledger.Spend, Ref: "s/1", Fund: a.ID, Amount: 40, Class: ledger.Project})
		see := func(what string, want map[string]accounts, sources map[string]int) {
			t.Helper()
			for gift, w := range want {
				if got := went(t, f, gift); !maps.Equal(got, w) {
					t.Errorf("%s: %s went to %v, want %v", what, gift, got, w)
				}
			}
			for ref, w := range sources {
				if n, err := f.Funds.Sources(t.Context(), ref); err != nil || n != w {
					t.Errorf("%s: %s came from %d gifts, want %d (%v)", what, ref, n, w, err)
				}
			}
			f.Check(t)
		}
		see("paid", map[string]accounts{"g/1": {"p/1": 100}, "g/2": {"p/1": 20, "s/1": 30}, "g/3": {"s/1": 10}, "other": {}}, map[string]int{"p/1": 2, "s/1": 2, "p/9": 0})
		// A gift that is used is not given back, though the fund holds enough; one that is not, is.
		for _, j := range []ledger.Journal{first, third} {
			_, err := post(t.Context(), f, ledger.Entry{Kind: ledger.Refund, Ref: j.Ref, Fund: a.ID, Amount: map[string]money.Fen{"g/1": 100, "g/3": 70}[j.Ref], Reason: "asked", Reverses: j.ID})
			if fault.KindOf(err) != fault.Unfunded {
				t.Errorf("%s is refunded: %v", j.Ref, err)
			}
		}
		// What the bank sends back is there again, first in line.
		mustPost(t, f, ledger.Entry{Kind: ledger.Return, Ref: "p/1", Fund: a.ID, Amount: 120, Reason: "wrong card", Reverses: p1.ID})
		see("returned", map[string]accounts{"g/1": {}, "g/2": {"s/1": 30}, "g/3": {"s/1": 10}}, map[string]int{"p/1": 0})
		mustPost(t, f, ledger.Entry{Kind: ledger.Disburse, Ref: "p/2", Fund: a.ID, Amount: 110})
		see("paid again", map[string]accounts{"g/1": {"p/2": 100}, "g/2": {"p/2": 10, "s/1": 30}}, map[string]int{"p/2": 2})
		// What a receiver pays back comes from the last use on.
		mustPost(t, f, ledger.Entry{Kind: ledger.Recover, Ref: "p/2", Fund: a.ID, Amount: 25})
		see("recovered", map[string]accounts{"g/1": {"p/2": 85}, "g/2": {"s/1": 30}}, nil)
		last := mustPost(t, f, ledger.Entry{Kind: ledger.Receive, Ref: "g/4", Fund: a.ID, Amount: 5})
		mustPost(t, f, ledger.Entry{Kind: ledger.Refund, Ref: "g/4", Fund: a.ID, Amount: 5, Reason: "asked", Reverses: last.ID})
		see("refunded", map[string]accounts{"g/4": {"g/4": 5}}, nil)
	})
}

// A payment that comes back after a recovery took what it had used finds other uses to take back.
func TestWhatWasRecoveredIsNotGivenBackTwice(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		a := f.Fund(t, "A", ledger.Restricted, 0)
		for i := range 2 {
			mustPost(t, f, ledger.Entry{Kind: ledger.Receive, Ref: fmt.Sprint("g/", i), Fund: a.ID, Amount: 100})
		}
		mustPay(t, f, a.ID, "p/0", 100)
		p := mustPay(t, f, a.ID, "p/1", 100)
		mustPost(t, f, ledger.Entry{Kind: ledger.Recover, Ref: "r", Fund: a.ID, Amount: 100})
		mustPost(t, f, ledger.Entry{Kind: ledger.Return, Ref: "p/1", Fund: a.ID, Amount: 100, Reason: "wrong card", Reverses: p.ID})
		if len(went(t, f, "g/0"))+len(went(t, f, "g/1")) != 0 {
			t.Error("something is still used")
		}
		f.Check(t)
	})
}

func TestManyLotsAreUsedAtOnce(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		a := f.Fund(t, "A", ledger.Restricted, 0)
		const n = 1300
		es := make([]ledger.Entry, 0, n)
		for i := range n {
			es = append(es, ledger.Entry{Kind: ledger.Receive, Ref: fmt.Sprint("g/", i), Fund: a.ID, Amount: 2})
		}
		if _, err := post(t.Context(), f, es...); err != nil {
			t.Fatal(err)
		}
		js, err := post(t.Context(), f, slices.Concat(pay(a.ID, "p/1", 5), pay(a.ID, "p/2", 2*n-6))...)
		if err != nil {
			t.Fatal(err)
		}
		for ref, want := range map[string]int{"p/1": 3, "p/2": n - 2} {
			if got, err := f.Funds.Sources(t.Context(), ref); err != nil || got != want {
				t.Errorf("%s came from %d gifts, want %d (%v)", ref, got, want, err)
			}
		}
		f.Check(t)
		mustPost(t, f, ledger.Entry{Kind: ledger.Return, Ref: "p/2", Fund: a.ID, Amount: 2*n - 6, Reason: "wrong card", Reverses: js[5].ID})
		f.Check(t)
	})
}

func TestLotsAreUsedOnceByManyAtOnce(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		fund := f.Fund(t, "A", ledger.Restricted, 0)
		var gifts []ledger.Journal
		for i := range 10 {
			gifts = append(gifts, mustPost(t, f, ledger.Entry{Kind: ledger.Receive, Ref: fmt.Sprint("g/", i), Fund: fund.ID, Amount: 10}))
		}
		// Some pay, some give gifts back, some bring money: whatever wins, the lots stay those of the fund.
		errs := moduletest.AtOnce(24, func(i int) error {
			var err error
			switch i % 3 {
			case 0:
				_, err = post(t.Context(), f, pay(fund.ID, fmt.Sprint("p/", i), 15)...)
			case 1:
				g := gifts[9-i/3]
				_, err = post(t.Context(), f, ledger.Entry{Kind: ledger.Refund, Ref: g.Ref, Fund: fund.ID, Amount: 10, Reason: "asked", Reverses: g.ID})
			default:
				_, err = post(t.Context(), f, ledger.Entry{Kind: ledger.Receive, Ref: fmt.Sprint("late/", i), Fund: fund.ID, Amount: 1})
			}
			return err
		})
		moduletest.Won(t, errs, fault.Unfunded)
		f.Check(t)
	})
}

// lotBook is the rule of the lots, written as simply as it can be.
type lotBook struct {
	refs []string
	rest map[string]money.Fen
	size map[string]money.Fen
	uses []lotUse
}

type lotUse struct {
	by, lot string
	fen     money.Fen
}

func (b *lotBook) take(by string, fen money.Fen) {
	for _, lot := range b.refs {
		if n := min(fen, b.rest[lot]); n > 0 {
			b.rest[lot], fen, b.uses = b.rest[lot]-n, fen-n, append(b.uses, lotUse{by, lot, n})
		}
	}
}

func (b *lotBook) give(fen money.Fen, fits func(string) bool) money.Fen {
	for i := len(b.uses) - 1; i >= 0 && fen > 0; i-- {
		if u := &b.uses[i]; fits(u.by) {
			n := min(fen, u.fen)
			u.fen, fen, b.rest[u.lot] = u.fen-n, fen-n, b.rest[u.lot]+n
		}
	}
	return fen
}

func TestLotsFollowTheirRuleAfterAnySequence(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		n := 0
		rapid.Check(t, func(r *rapid.T) {
			n++
			fund := f.Fund(t, fmt.Sprint("F", n), ledger.Restricted, 0)
			ref := func() string { n++; return fmt.Sprint("r/", n) }
			b := lotBook{rest: map[string]money.Fen{}, size: map[string]money.Fen{}}
			gifts, paid := map[string]ledger.Journal{}, []ledger.Journal{}
			amounts := map[string]money.Fen{}
			var held, out money.Fen
			for range rapid.IntRange(1, 12).Draw(r, "acts") {
				fen := money.Fen(rapid.Int64Range(1, 60).Draw(r, "fen"))
				switch act := rapid.IntRange(0, 5).Draw(r, "act"); {
				case act <= 1:
					x := ref()
					gifts[x] = mustPost(t, f, ledger.Entry{Kind: ledger.Receive, Ref: x, Fund: fund.ID, Amount: fen})
					b.refs, b.rest[x], b.size[x], held = append(b.refs, x), fen, fen, held+fen
				case act == 2 && fen <= held:
					x := ref()
					paid, amounts[x] = append(paid, mustPay(t, f, fund.ID, x, fen)), fen
					b.take(x, fen)
					held, out = held-fen, out+fen
				case act == 3 && len(paid) > 0:
					i := rapid.IntRange(0, len(paid)-1).Draw(r, "paid")
					j := paid[i]
					fen = amounts[j.Ref]
					if fen > out {
						continue
					}
					mustPost(t, f, ledger.Entry{Kind: ledger.Return, Ref: j.Ref, Fund: fund.ID, Amount: fen, Reason: "back", Reverses: j.ID})
					mustPost(t, f, ledger.Entry{Kind: ledger.Uncommit, Ref: j.Ref, Fund: fund.ID, Amount: fen})
					paid = slices.Delete(paid, i, i+1)
					left := b.give(fen, func(by string) bool { return by == j.Ref })
					b.give(left, func(string) bool { return true })
					held, out = held+fen, out-fen
				case act == 4 && fen <= out:
					mustPost(t, f, ledger.Entry{Kind: ledger.Recover, Ref: ref(), Fund: fund.ID, Amount: fen})
					b.give(fen, func(string) bool { return true })
					held, out = held+fen, out-fen
				case act == 5 && len(b.refs) > 0:
					x := rapid.SampledFrom(b.refs).Draw(r, "gift")
					_, err := post(t.Context(), f, ledger.Entry{Kind: ledger.Refund, Ref: x, Fund: fund.ID, Amount: b.size[x], Reason: "asked", Reverses: gifts[x].ID})
					if whole := b.rest[x] == b.size[x]; whole != (err == nil) || err != nil && fault.KindOf(err) != fault.Unfunded {
						r.Fatalf("refund of %s with %d of %d left: %v", x, b.rest[x], b.size[x], err)
					}
					if err == nil {
						held -= b.size[x]
						b.rest[x] = 0
						b.refs = slices.DeleteFunc(b.refs, func(s string) bool { return s == x })
					}
				}
			}
			want := map[string]accounts{}
			for _, x := range b.refs {
				want[x] = accounts{}
			}
			for _, u := range b.uses {
				if u.fen > 0 {
					want[u.lot][u.by] += u.fen
				}
			}
			for x, w := range want {
				if got := went(t, f, x); !maps.Equal(got, w) {
					r.Fatalf("%s went to %v, the rule says %v", x, got, w)
				}
			}
		})
		f.Check(t)
	})
}

func TestChecksFindWrongLots(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		fund := f.Fund(t, "A", ledger.Unrestricted, 1000)
		mustPay(t, f, fund.ID, "p/1", 10)
		mustPost(t, f, ledger.Entry{Kind: ledger.Recover, Ref: "p/1", Fund: fund.ID, Amount: 4})
		f.Check(t)
		for _, q := range []struct{ wrong, right string }{
			{"UPDATE ledger_lots SET rest = rest - 1", "UPDATE ledger_lots SET rest = rest + 1"},
			{"UPDATE ledger_uses SET back = back + 1", "UPDATE ledger_uses SET back = back - 1"},
			{"UPDATE ledger_uses SET back = back + 1; UPDATE ledger_lots SET rest = rest + 1", "UPDATE ledger_uses SET back = back - 1; UPDATE ledger_lots SET rest = rest - 1"},
		} {
			for i, all := range []string{q.wrong, q.right} {
				for _, s := range strings.Split(all, "; ") {
					if _, err := f.DB.Writer().ExecContext(t.Context(), s); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := f.Funds.Check(t.Context()); (err == nil) != (i == 1) || err != nil && !strings.Contains(err.Error(), "lots") {
					t.Errorf("after %q the check says %v", all, err)
				}
			}
		}
		for _, table := range []string{"ledger_lots", "ledger_uses", "ledger_backs"} {
			for _, q := range []string{"DELETE FROM " + table, "UPDATE " + table + " SET amount = amount + 1"} {
				if _, err := f.DB.Writer().ExecContext(t.Context(), q); err == nil {
					t.Errorf("%q is accepted", q)
				}
			}
		}
	})
}
