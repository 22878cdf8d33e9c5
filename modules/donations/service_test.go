package donations_test

import (
	"testing"

	"care/modules/documents"
	"care/modules/donations"
)

func TestAConfirmedGiftIsIncomeAndOneReceipt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		w := g.received(t, "张建明", 20_050)
		if w.State != donations.Received || w.Amount != 20_050 || w.Number != "QJGA-2026-000001" {
			t.Errorf("got %s %d %s", w.State, w.Amount, w.Number)
		}
		if f := g.balance(t); f.Available != 20_050 {
			t.Errorf("the fund holds %d", f.Available)
		}
		if len(w.Papers) != 1 || w.Papers[0].State != documents.Ordered || w.Papers[0].Payer != "张*明" {
			t.Errorf("papers: %+v", w.Papers)
		}
		g.Settle(t)
		if p := g.whole(t, w.ID).Papers; p[0].State != documents.Issued {
			t.Errorf("the receipt is %s: %s", p[0].State, p[0].Reason)
		}
	})
}
