package ledger_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"care/modules/ledger"
	"care/modules/moduletest"
	"care/server/fault"
	"care/server/money"
)

// balances gives what each account holds, debits less credits, without the empty ones.
func balances(t *testing.T, f *moduletest.Foundation) map[string]money.Fen {
	t.Helper()
	bs, err := f.Funds.Trial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]money.Fen{}
	for _, b := range bs {
		if b.Debit != b.Credit {
			out[b.Code] = b.Debit - b.Credit
		}
	}
	return out
}

type accounts = map[string]money.Fen

func mustPost(t *testing.T, f *moduletest.Foundation, e ledger.Entry) ledger.Journal {
	t.Helper()
	js, err := post(t.Context(), f, e)
	if err != nil {
		t.Fatalf("%s %s: %v", e.Kind, e.Ref, err)
	}
	return js[0]
}

func TestEachKindIsBookedToItsAccounts(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		bound, free := f.Fund(t, "A", ledger.Restricted, 0), f.Fund(t, "B", ledger.Unrestricted, 0)
		last := map[string]string{} // journals by ref, for the reversals
		for _, s := range []struct {
			name string
			e    ledger.Entry
			back string // ref of the journal that is taken back
			want accounts
		}{
			{"money in the bank", ledger.Entry{Kind: ledger.Receive, Ref: "g/1", Fund: bound.ID, Amount: 1000}, "", accounts{"1002": 1000, "410102": -1000}},
			{"money in cash", ledger.Entry{Kind: ledger.Receive, Ref: "g/2", Fund: free.ID, Amount: 300, Asset: ledger.CashBox}, "", accounts{"1001": 300, "410101": -300}},
			{"money with a channel", ledger.Entry{Kind: ledger.Receive, Ref: "g/3", Fund: bound.ID, Amount: 200, Asset: ledger.InTransit}, "", accounts{"1009": 200, "410102": -200}},
			{"a fee of the channel", ledger.Entry{Kind: ledger.Spend, Ref: "fee/1", Fund: free.ID, Amount: 2, Asset: ledger.InTransit, Class: ledger.Fundraising}, "", accounts{"5301": 2, "1009": -2}},
			{"the channel settles", ledger.Entry{Kind: ledger.Settle, Ref: "settle/1", Amount: 150}, "", accounts{"1002": 150, "1009": -150}},
			{"cash is paid in", ledger.Entry{Kind: ledger.Settle, Ref: "settle/2", Amount: 100, Asset: ledger.CashBox}, "", accounts{"1002": 100, "1001": -100}},
			{"money of nobody", ledger.Entry{Kind: ledger.Suspend, Ref: "line/1", Amount: 80}, "", accounts{"1002": 80, "2209": -80}},
			{"part of it is claimed", ledger.Entry{Kind: ledger.Receive, Ref: "g/4", Fund: bound.ID, Amount: 50, Asset: ledger.Suspense}, "", accounts{"2209": 50, "410102": -50}},
			{"the rest goes back", ledger.Entry{Kind: ledger.SendBack, Ref: "line/1", Amount: 30, Reason: "unknown"}, "line/1", accounts{"2209": 30, "1002": -30}},
			{"a claim is refunded by the bank", ledger.Entry{Kind: ledger.Refund, Ref: "g/4", Fund: bound.ID, Amount: 50, Reason: "asked"}, "g/4", accounts{"410102": 50, "1002": -50}},
			{"a channel gift is refunded by the channel", ledger.Entry{Kind: ledger.Refund, Ref: "g/3", Fund: bound.ID, Amount: 200, Reason: "asked"}, "g/3", accounts{"410102": 200, "1009": -200}},
			{"a large gift", ledger.Entry{Kind: ledger.Receive, Ref: "g/5", Fund: free.ID, Amount: 5000}, "", accounts{"1002": 5000, "410101": -5000}},
			{"a cash gift", ledger.Entry{Kind: ledger.Receive, Ref: "g/6", Fund: free.ID, Amount: 60, Asset: ledger.CashBox}, "", accounts{"1001": 60, "410101": -60}},
			{"it is refunded by the bank", ledger.Entry{Kind: ledger.Refund, Ref: "g/6", Fund: free.ID, Amount: 60, Reason: "asked", Asset: ledger.Bank}, "g/6", accounts{"410101": 60, "1002": -60}},
			{"a cost of the project", ledger.Entry{Kind: ledger.Spend, Ref: "spend/0", Fund: bound.ID, Amount: 10, Class: ledger.Project}, "", accounts{"5101": 10, "1002": -10}},
			{"office", ledger.Entry{Kind: ledger.Spend, Ref: "spend/1", Fund: free.ID, Amount: 40, Asset: ledger.CashBox, Class: ledger.Management}, "", accounts{"5201": 40, "1001": -40}},
			{"something else", ledger.Entry{Kind: ledger.Spend, Ref: "spend/2", Fund: free.ID, Amount: 5, Class: ledger.Other}, "", accounts{"5401": 5, "1002": -5}},
			{"office is taken back into the cash box", ledger.Entry{Kind: ledger.Unspend, Ref: "spend/1", Fund: free.ID, Amount: 40, Reason: "wrong"}, "spend/1", accounts{"1001": 40, "5201": -40}},
			{"goods of a restricted gift", ledger.Entry{Kind: ledger.StockIn, Ref: "goods/1", Fund: bound.ID, Amount: 500}, "", accounts{"1201": 500, "410102": -500}},
			{"goods are given", ledger.Entry{Kind: ledger.StockOut, Ref: "issue/1", Fund: bound.ID, Amount: 300}, "", accounts{"5101": 300, "1201": -300}},
			{"some come back", ledger.Entry{Kind: ledger.StockBack, Ref: "issue/1", Fund: bound.ID, Amount: 100, Reason: "not fetched"}, "issue/1", accounts{"1201": 100, "5101": -100}},
			{"some were counted wrongly", ledger.Entry{Kind: ledger.StockBack, Ref: "goods/1", Fund: bound.ID, Amount: 20, Reason: "counted again"}, "goods/1", accounts{"410102": 20, "1201": -20}},
			{"promised", ledger.Entry{Kind: ledger.Reserve, Ref: "r/1", Fund: bound.ID, Amount: 100}, "", accounts{}},
			{"decided", ledger.Entry{Kind: ledger.Commit, Ref: "r/1", Fund: bound.ID, Amount: 100}, "", accounts{}},
			{"paid", ledger.Entry{Kind: ledger.Disburse, Ref: "r/1", Fund: bound.ID, Amount: 100}, "", accounts{"5101": 100, "1002": -100}},
			{"came back", ledger.Entry{Kind: ledger.Return, Ref: "r/1", Fund: bound.ID, Amount: 100, Reason: "wrong card"}, "r/1", accounts{"1002": 100, "5101": -100}},
		} {
			before := balances(t, f)
			s.e.Reverses = last[s.back]
			last[s.e.Ref] = mustPost(t, f, s.e).ID
			got := balances(t, f)
			for c, b := range before {
				if got[c] -= b; got[c] == 0 {
					delete(got, c)
				}
			}
			if !maps.Equal(got, s.want) {
				t.Errorf("%s: booked %v, want %v", s.name, got, s.want)
			}
		}
		f.Check(t)
	})
}

func TestExpensesUseAvailableMoneyOnly(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		fund := f.Fund(t, "A", ledger.Unrestricted, 100)
		mustPost(t, f, ledger.Entry{Kind: ledger.Reserve, Ref: "r/1", Fund: fund.ID, Amount: 70})
		e := ledger.Entry{Kind: ledger.Spend, Ref: "s/1", Fund: fund.ID, Amount: 31, Class: ledger.Management}
		if _, err := post(t.Context(), f, e); fault.KindOf(err) != fault.Unfunded {
			t.Errorf("promised money is spent: %v", err)
		}
		e.Amount = 30
		j := mustPost(t, f, e)
		if g := f.Balance(t, fund.ID); g.Available != 0 || g.Disbursed != 30 {
			t.Errorf("fund %d/%d", g.Available, g.Disbursed)
		}
		mustPost(t, f, ledger.Entry{Kind: ledger.Unspend, Ref: "s/1", Fund: fund.ID, Amount: 30, Reason: "wrong", Reverses: j.ID})
		if g := f.Balance(t, fund.ID); g.Available != 30 || g.Disbursed != 0 {
			t.Errorf("after it was taken back: fund %d/%d", g.Available, g.Disbursed)
		}
		f.Check(t)
	})
}

func TestIncompleteEntriesAreRefused(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		fund := f.Fund(t, "A", ledger.Unrestricted, 1000)
		in := mustPost(t, f, ledger.Entry{Kind: ledger.Suspend, Ref: "line/1", Amount: 80})
		gift := mustPost(t, f, ledger.Entry{Kind: ledger.Receive, Ref: "g/1", Fund: fund.ID, Amount: 80})
		stock := mustPost(t, f, ledger.Entry{Kind: ledger.StockIn, Ref: "goods/1", Fund: fund.ID, Amount: 80})
		for i, e := range []ledger.Entry{
			{Kind: "gamble", Fund: fund.ID},
			{Kind: ledger.Receive},
			{Kind: ledger.StockIn},
			{Kind: ledger.Receive, Fund: "none"},
			{Kind: ledger.Spend, Fund: fund.ID},
			{Kind: ledger.Spend, Fund: fund.ID, Class: "party"},
			{Kind: ledger.Receive, Fund: fund.ID, Class: ledger.Management},
			{Kind: ledger.Spend, Fund: fund.ID, Class: ledger.Management, Asset: ledger.Suspense},
			{Kind: ledger.Settle, Asset: ledger.Bank},
			{Kind: ledger.Suspend, Asset: ledger.Stock},
			{Kind: ledger.SendBack, Reason: "x"},
			{Kind: ledger.SendBack, Reverses: in.ID},
			{Kind: ledger.SendBack, Reason: "x", Reverses: gift.ID},
			{Kind: ledger.SendBack, Reason: "x", Reverses: in.ID, Amount: 81},
			{Kind: ledger.Refund, Fund: fund.ID, Reason: "x", Reverses: in.ID, Amount: 80},
			{Kind: ledger.Unspend, Fund: fund.ID, Reason: "x", Reverses: gift.ID, Amount: 80},
			{Kind: ledger.StockBack, Fund: fund.ID, Reason: "x", Reverses: gift.ID, Amount: 80},
			{Kind: ledger.StockBack, Fund: fund.ID, Reason: "x", Reverses: stock.ID, Amount: 81},
			{Kind: ledger.Settle, Reverses: in.ID, Amount: 80},
			{Kind: ledger.Suspend, Amount: -1},
		} {
			if e.Amount == 0 {
				e.Amount = 10
			}
			e.Ref = fmt.Sprint("wrong/", i)
			if _, err := post(t.Context(), f, e); err == nil {
				t.Errorf("entry %d of kind %s is booked", i, e.Kind)
			}
		}
		mustPost(t, f, ledger.Entry{Kind: ledger.SendBack, Ref: "line/1", Amount: 79, Reason: "x", Reverses: in.ID})
		if _, err := post(t.Context(), f, ledger.Entry{Kind: ledger.SendBack, Ref: "line/1b", Amount: 1, Reason: "x", Reverses: in.ID}); err == nil {
			t.Error("the same money is sent back twice")
		}
		f.Check(t)
	})
}

// Each proof of Check must see the wrong it is there for.
func TestChecksFindWrongBooks(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]struct{ sql, said string }{
		"a movement without its accounting entry":  {"INSERT INTO ledger_journals (id, kind, ref, day, at, reason) SELECT 'x', 'settle', 'x', day, at, '' FROM ledger_journals WHERE kind = 'suspend'", "kind settle"},
		"an accounting entry where none belongs":   {"INSERT INTO ledger_postings (id, journal, debit, credit, amount) SELECT 'x', id, '1002', '1009', 1 FROM ledger_journals WHERE kind = 'reserve'", "kind reserve"},
		"an accounting entry of another amount":    {"INSERT INTO ledger_journals (id, kind, ref, day, at, reason) SELECT 'x', 'recover', 'x', day, at, '' FROM ledger_journals WHERE kind = 'suspend'; INSERT INTO ledger_moves (id, journal, fund, source, dest, amount) SELECT 'x', 'x', id, 'disbursed', 'available', 5 FROM ledger_funds; INSERT INTO ledger_postings (id, journal, fund, debit, credit, amount) SELECT 'x', 'x', id, '1002', '5101', 6 FROM ledger_funds; UPDATE ledger_funds SET available = available + 5, disbursed = disbursed - 5", "kind recover"},
		"a pool out of which too much was claimed": {"INSERT INTO ledger_journals (id, kind, ref, day, at, reason) SELECT 'x', 'send_back', 'x', day, at, '' FROM ledger_journals WHERE kind = 'suspend'; INSERT INTO ledger_postings (id, journal, debit, credit, amount) VALUES ('x', 'x', '2209', '1002', 81)", "claimed from the pool"},
		"money that came in without a fund":        {"INSERT INTO ledger_journals (id, kind, ref, day, at, reason) SELECT 'x', 'settle', 'x', day, at, '' FROM ledger_journals WHERE kind = 'suspend'; INSERT INTO ledger_postings (id, journal, debit, credit, amount) VALUES ('x', 'x', '1002', '410101', 9)", "the funds hold"},
		"a store account beside its goods":         {"INSERT INTO ledger_journals (id, kind, ref, day, at, reason) SELECT 'x', 'settle', 'x', day, at, '' FROM ledger_journals WHERE kind = 'suspend'; INSERT INTO ledger_postings (id, journal, debit, credit, amount) VALUES ('x', 'x', '1201', '410101', 9)", "goods"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
				fund := f.Fund(t, "A", ledger.Unrestricted, 1000)
				mustPost(t, f, ledger.Entry{Kind: ledger.Reserve, Ref: "r", Fund: fund.ID, Amount: 10})
				mustPost(t, f, ledger.Entry{Kind: ledger.Commit, Ref: "r", Fund: fund.ID, Amount: 10})
				mustPost(t, f, ledger.Entry{Kind: ledger.Disburse, Ref: "r", Fund: fund.ID, Amount: 10})
				mustPost(t, f, ledger.Entry{Kind: ledger.Suspend, Ref: "line/1", Amount: 80})
				f.Check(t)
				for _, q := range strings.Split(wrong.sql, "; ") {
					if _, err := f.DB.Writer().ExecContext(t.Context(), q); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := f.Funds.Check(t.Context()); err == nil || !strings.Contains(err.Error(), wrong.said) {
					t.Errorf("the check says %v, want %q", err, wrong.said)
				}
			})
		})
	}
}
