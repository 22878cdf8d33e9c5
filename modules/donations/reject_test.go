package donations_test

import (
	"context"
	"testing"

	"care/modules/audit"
	"care/modules/donations"
	"care/server/access"
	"care/server/fault"
)

func TestWhoBroughtAnArrivalHearsThatItIsTakenBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		heard := ""
		g.OnReject(func(_ context.Context, _ *audit.Tx, _ access.Actor, gift, why string) error {
			if why == "拒绝放手" {
				return fault.New(fault.Conflict, "db.changed")
			}
			heard = gift + why
			return nil
		})
		gift, arrival := g.arrived(t, "张建明", 700)
		refused(t, g.Reject(t.Context(), checker, gift.ID, arrival, "拒绝放手"), fault.Conflict, "db.changed")
		if w := g.whole(t, gift.ID); w.State != donations.Arrived {
			t.Errorf("the gift is %s although the bringer refused", w.State)
		}
		must(t, g.Reject(t.Context(), checker, gift.ID, arrival, "抄错一位"))
		if heard != gift.ID+"抄错一位" {
			t.Errorf("heard %q", heard)
		}
	})
}
