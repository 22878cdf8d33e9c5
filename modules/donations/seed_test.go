package donations_test

import (
	"testing"
	"time"

	"care/modules/documents"
	"care/modules/donations"
	"care/modules/moduletest"
)

func TestTheDemonstrationIsBelievableAndWhole(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, sets(), func(t *testing.T, f *moduletest.Foundation) {
		set := settings
		set.Login = demoLogin
		g := donations.New(f.DB, f.Trail, f.Funds, f.Papers, f.Box, set)
		start := f.Clock.Now()
		must(t, g.Seed(t.Context(), f.Clock))
		f.Clock.To(start.Add(time.Hour))
		f.Settle(t, g.Module())
		f.Check(t, g.Module())
		counts, err := g.Counts(t.Context())
		must(t, err)
		if counts[donations.Pledged].N < 3 || counts[donations.Arrived].N < 3 || counts[donations.Refunding].N != 1 {
			t.Errorf("waiting: %+v", counts)
		}
		n, err := g.Confirmed(t.Context())
		must(t, err)
		if n < 50 {
			t.Errorf("%d gifts are confirmed, want at least 50", n)
		}
		drawn := 0
		for _, st := range donations.States() {
			rows, err := g.List(t.Context(), donations.Filter{State: st}, "", 100)
			must(t, err)
			if len(rows.Rows) == 0 && st != donations.Withdrawn {
				t.Errorf("no gift is %s", st)
			}
			for _, r := range rows.Rows {
				for _, d := range must1(g.Gift(t.Context(), r.ID))(t).Papers {
					if d.State == documents.Failed || !d.Drawn {
						t.Errorf("the paper %s of %s is %s: %s", d.Number, r.Name, d.State, d.Reason)
					}
					drawn++
				}
			}
		}
		if drawn != n+2 { // and the receipt that was given back with its red-letter receipt
			t.Errorf("%d papers for %d gifts", drawn, n)
		}
	})
}

// must1 carries a value past its error.
func must1[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		must(t, err)
		return v
	}
}
