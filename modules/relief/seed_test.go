package relief_test

import (
	"testing"

	"care/modules/identity"
	"care/modules/ledger"
	"care/modules/moduletest"
	"care/modules/relief"
)

// TestDemonstrationIsWholeAndTrue seeds on any day of the year and proves every invariant.
func TestDemonstrationIsWholeAndTrue(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, append(sets(), (&identity.People{}).Module().Migrations), func(t *testing.T, f *moduletest.Foundation) {
		w := newWorld(t, f)
		people := identity.New(f.DB, f.Trail, w.places, "http://care.example", true)
		desk := relief.New(f.DB, f.Trail, f.Funds, f.Papers, f.Archive, f.Box, w.places, people, relief.Office{Demo: true})
		f.Fund(t, "DB-2026", ledger.Restricted, 300_000_00)
		f.Clock.To(moduletest.Start)
		must(t, people.Seed(t.Context(), f.Clock))
		f.Clock.To(moduletest.Start)
		must(t, desk.Seed(t.Context(), f.Clock))
		f.Clock.To(moduletest.Start)
		f.Settle(t, desk.Module())
		f.Check(t, w.places.Module(), desk.Module())
		p, err := desk.Cases(t.Context(), actor("reader", cityPath), "", "", "", 100)
		must(t, err)
		got := map[string]int{}
		for _, r := range p.Rows {
			got[string(r.State)+" "+r.Payment]++
		}
		for _, want := range []string{"village ", "township ", "county ", "publish ", "notice ", "city ", "approval ", "approved ", "approved batched", "approved succeeded", "approved returned", "returned ", "refused "} {
			if got[want] == 0 {
				t.Errorf("no case is at %q: %v", want, got)
			}
		}
	})
}
