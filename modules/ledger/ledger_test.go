package ledger_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"care/modules/audit"
	"care/modules/ledger"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

var clerk = access.Actor{ID: "clerk", Perms: []string{"ledger.manage"}}

func post(ctx context.Context, f *moduletest.Foundation, es ...ledger.Entry) (js []ledger.Journal, err error) {
	err = f.Trail.Do(ctx, audit.Act{Actor: clerk, Need: ledger.Manage, Verb: "ledgertest.post", Subject: "x"}, func(ctx context.Context, tx *audit.Tx) error {
		for i := range es {
			if es[i].Day == "" {
				es[i].Day = tx.Today()
			}
		}
		var err error
		js, err = f.Funds.Post(ctx, tx, es...)
		return err
	})
	return js, err
}

func TestMoneyGoesThroughTheFourBuckets(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		fund := f.Fund(t, "F1", ledger.Restricted, 1000)
		steps := []struct {
			kind         ledger.Kind
			a, r, c, d   money.Fen
			amount       money.Fen
			reversesLast bool
		}{
			{ledger.Reserve, 400, 600, 0, 0, 600, false},
			{ledger.Unreserve, 500, 500, 0, 0, 100, false},
			{ledger.Commit, 500, 0, 500, 0, 500, false},
			{ledger.Disburse, 500, 0, 0, 500, 500, false},
			{ledger.Return, 500, 0, 500, 0, 500, true},
			{ledger.Uncommit, 1000, 0, 0, 0, 500, false},
		}
		last := ""
		for i, s := range steps {
			e := ledger.Entry{Kind: s.kind, Ref: "case/1", Fund: fund.ID, Amount: s.amount}
			if s.reversesLast {
				e.Reverses, e.Reason = last, "returned by the bank"
			}
			js, err := post(t.Context(), f, e)
			if err != nil {
				t.Fatalf("step %d %s: %v", i, s.kind, err)
			}
			last = js[0].ID
			g := f.Balance(t, fund.ID)
			if g.Available != s.a || g.Reserved != s.r || g.Committed != s.c || g.Disbursed != s.d {
				t.Errorf("after %s: %d/%d/%d/%d, want %d/%d/%d/%d", s.kind, g.Available, g.Reserved, g.Committed, g.Disbursed, s.a, s.r, s.c, s.d)
			}
			if g.Received() != 1000 {
				t.Errorf("after %s the buckets sum to %d", s.kind, g.Received())
			}
		}
		f.Check(t)
	})
}

func TestNoBucketFallsBelowZero(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		fund := f.Fund(t, "F1", ledger.Unrestricted, 1000)
		for _, e := range []ledger.Entry{
			{Kind: ledger.Reserve, Amount: 1001}, {Kind: ledger.Commit, Amount: 1}, {Kind: ledger.Disburse, Amount: 1}, {Kind: ledger.Uncommit, Amount: 1}, {Kind: ledger.Unreserve, Amount: 1}, {Kind: ledger.Recover, Amount: 1},
		} {
			e.Ref, e.Fund = "x/"+string(e.Kind), fund.ID
			if _, err := post(t.Context(), f, e); fault.KindOf(err) != fault.Unfunded {
				t.Errorf("%s of %d: %v, want unfunded", e.Kind, e.Amount, err)
			}
		}
		if g := f.Balance(t, fund.ID); g.Available != 1000 {
			t.Errorf("available = %d", g.Available)
		}
		f.Check(t)
	})
}

func TestEntryIsBookedOnce(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		fund := f.Fund(t, "F1", ledger.Restricted, 0)
		e := ledger.Entry{Kind: ledger.Receive, Ref: "donation/1", Fund: fund.ID, Amount: 100}
		if _, err := post(t.Context(), f, e); err != nil {
			t.Fatal(err)
		}
		if _, err := post(t.Context(), f, e); fault.KindOf(err) != fault.Conflict {
			t.Errorf("the second time: %v", err)
		}
		if g := f.Balance(t, fund.ID); g.Available != 100 {
			t.Errorf("available = %d", g.Available)
		}
	})
}

func TestReversalHappensOnceAndMustFit(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		fund, other := f.Fund(t, "F1", ledger.Restricted, 0), f.Fund(t, "F2", ledger.Restricted, 500)
		js, err := post(t.Context(), f, ledger.Entry{Kind: ledger.Receive, Ref: "donation/1", Fund: fund.ID, Amount: 100})
		if err != nil {
			t.Fatal(err)
		}
		good := ledger.Entry{Kind: ledger.Refund, Ref: "donation/1", Fund: fund.ID, Amount: 100, Reverses: js[0].ID, Reason: "wrong account"}
		wrong := []ledger.Entry{good, good, good, good}
		wrong[0].Amount = 99
		wrong[1].Fund = other.ID
		wrong[2].Reverses = "none"
		wrong[3].Reason = ""
		for i, e := range wrong {
			if _, err := post(t.Context(), f, e); err == nil {
				t.Errorf("wrong reversal %d is booked", i)
			}
		}
		if _, err := post(t.Context(), f, good); err != nil {
			t.Fatal(err)
		}
		good.Ref = "donation/1b"
		if _, err := post(t.Context(), f, good); err == nil {
			t.Error("a journal is reversed twice")
		}
		f.Check(t)
	})
}

func TestRefundOfSpentMoneyIsRefused(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		fund := f.Fund(t, "F1", ledger.Restricted, 0)
		js, err := post(t.Context(), f, ledger.Entry{Kind: ledger.Receive, Ref: "donation/1", Fund: fund.ID, Amount: 100})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := post(t.Context(), f, ledger.Entry{Kind: ledger.Reserve, Ref: "case/1", Fund: fund.ID, Amount: 1}); err != nil {
			t.Fatal(err)
		}
		_, err = post(t.Context(), f, ledger.Entry{Kind: ledger.Refund, Ref: "donation/1", Fund: fund.ID, Amount: 100, Reverses: js[0].ID, Reason: "asked"})
		if fault.KindOf(err) != fault.Unfunded {
			t.Errorf("err = %v, want unfunded", err)
		}
	})
}

func TestBatchIsAllOrNothing(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		a, b := f.Fund(t, "A", ledger.Restricted, 100), f.Fund(t, "B", ledger.Restricted, 10)
		_, err := post(t.Context(), f, ledger.Entry{Kind: ledger.Reserve, Ref: "1", Fund: a.ID, Amount: 50}, ledger.Entry{Kind: ledger.Reserve, Ref: "2", Fund: b.ID, Amount: 11})
		if fault.KindOf(err) != fault.Unfunded {
			t.Errorf("err = %v", err)
		}
		if g := f.Balance(t, a.ID); g.Reserved != 0 {
			t.Errorf("half of the batch is booked: %d", g.Reserved)
		}
	})
}

func TestJournalsCannotBeChanged(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		f.Fund(t, "A", ledger.Restricted, 100)
		for _, table := range []string{"ledger_journals", "ledger_moves", "ledger_postings"} {
			for _, q := range []string{"DELETE FROM " + table, "UPDATE " + table + " SET id = id || 'x'"} {
				if _, err := f.DB.Writer().ExecContext(t.Context(), q); err == nil {
					t.Errorf("%q is accepted", q)
				}
			}
		}
	})
}

func TestChecksFindATamperedBalance(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		f.Fund(t, "A", ledger.Restricted, 100)
		if _, err := f.DB.Writer().ExecContext(t.Context(), "UPDATE ledger_funds SET available = 101"); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Funds.Check(t.Context()); err == nil {
			t.Error("the check passes")
		}
	})
}

func TestClosedFundTakesNothing(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		full, empty := f.Fund(t, "A", ledger.Restricted, 100), f.Fund(t, "B", ledger.Restricted, 0)
		if err := f.Funds.Close(t.Context(), clerk, full.ID); fault.CodeOf(err) != "ledger.not_empty" {
			t.Errorf("a full fund is closed: %v", err)
		}
		if err := f.Funds.Close(t.Context(), clerk, empty.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := post(t.Context(), f, ledger.Entry{Kind: ledger.Receive, Ref: "1", Fund: empty.ID, Amount: 1}); fault.KindOf(err) != fault.Unfunded {
			t.Errorf("a closed fund takes money: %v", err)
		}
	})
}

const racers, covered = 60, 10

// race lets 60 people reserve one unit each of a fund of ten, by way of reserve, and gives how many were told yes.
func race(t *testing.T, reserve func(i int) error) int {
	t.Helper()
	var won atomic.Int64
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range racers {
		wg.Go(func() {
			<-begin
			if err := reserve(i); err == nil {
				won.Add(1)
			} else if fault.KindOf(err) != fault.Unfunded {
				t.Errorf("a loser is told %v", err)
			}
		})
	}
	close(begin)
	wg.Wait()
	return int(won.Load())
}

func TestFundIsNeverOverdrawnByManyAtOnce(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		fund := f.Fund(t, "A", ledger.Restricted, covered)
		won := race(t, func(i int) error {
			_, err := post(t.Context(), f, ledger.Entry{Kind: ledger.Reserve, Ref: fmt.Sprint("case/", i), Fund: fund.ID, Amount: 1})
			return err
		})
		if g := f.Balance(t, fund.ID); won != covered || g.Reserved != covered || g.Available != 0 {
			t.Errorf("%d won, fund %d/%d", won, g.Available, g.Reserved)
		}
		f.Check(t)
	})
}

// The control: reading the balance first and then writing it oversells on PostgreSQL, so the race above can fail.
func TestReadThenWriteOversells(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		if !f.DB.Postgres() {
			return // one writer at a time hides the mistake
		}
		fund := f.Fund(t, "A", ledger.Restricted, covered)
		meet := make(chan struct{})
		var arrived atomic.Int64
		won := race(t, func(int) error {
			return f.Trail.Do(t.Context(), audit.Act{Actor: clerk, Need: ledger.Manage, Verb: "ledgertest.naive", Subject: "x"}, func(ctx context.Context, tx *audit.Tx) error {
				var n int
				if err := tx.NewRaw("SELECT available FROM ledger_funds WHERE id = ?", fund.ID).Scan(ctx, &n); err != nil {
					return err
				}
				if arrived.Add(1) == 12 { // as many have read as there are connections
					close(meet)
				}
				<-meet
				if n < 1 {
					return fault.New(fault.Unfunded, "ledgertest.empty")
				}
				_, err := tx.ExecContext(ctx, "UPDATE ledger_funds SET available = ?, reserved = reserved + 1 WHERE id = ?", n-1, fund.ID)
				return err
			})
		})
		if won <= covered {
			t.Errorf("read-then-write let %d of %d through: the control does not oversell", won, racers)
		}
	})
}

func TestBucketsEqualTheirMovesAfterAnySequence(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		funds := []*ledger.Fund{f.Fund(t, "A", ledger.Restricted, 0), f.Fund(t, "B", ledger.Unrestricted, 0)}
		kinds := []ledger.Kind{ledger.Receive, ledger.Receive, ledger.Reserve, ledger.Unreserve, ledger.Commit, ledger.Uncommit, ledger.Disburse, ledger.Recover}
		n := 0
		rapid.Check(t, func(r *rapid.T) {
			for range rapid.IntRange(1, 6).Draw(r, "acts") {
				var es []ledger.Entry
				for range rapid.IntRange(1, 4).Draw(r, "entries") {
					n++
					es = append(es, ledger.Entry{Kind: rapid.SampledFrom(kinds).Draw(r, "kind"), Ref: fmt.Sprint("r/", n), Fund: rapid.SampledFrom(funds).Draw(r, "fund").ID,
						Amount: money.Fen(rapid.Int64Range(1, 500).Draw(r, "fen")), Day: clock.Day("2026-11-25")})
				}
				if _, err := post(t.Context(), f, es...); err != nil && fault.KindOf(err) != fault.Unfunded {
					r.Fatal(err)
				}
			}
		})
		f.Check(t)
	})
}
