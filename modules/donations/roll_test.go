package donations_test

import (
	"strings"
	"testing"
)

func TestTheRollIsDownloadedWithItsCountAndSum(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		g.received(t, "张建明", 12_345)
		w := g.received(t, "李红梅", 100)
		g.received(t, "王小虎", 55)
		must(t, g.AskRefund(t.Context(), clerk, w.ID, "重复付款", key()))
		must(t, g.ApproveRefund(t.Context(), checker, g.whole(t, w.ID).Asked().ID, ""))
		a := s.Public().Get("/donations/roll.csv")
		lines := strings.Split(strings.TrimSpace(a.Body), "\n")
		if a.Status != 200 || len(lines) != 5 || !strings.HasPrefix(lines[4], "合计,3,,124.00,") || !strings.Contains(lines[2], "李*梅") || !strings.Contains(lines[2], "已退款") || strings.Contains(a.Body, "张建明") {
			t.Errorf("%d %q", a.Status, lines)
		}
		lines = strings.Split(strings.TrimSpace(s.Public().Get("/donations/roll.csv?campaign=GENERAL").Body), "\n")
		if len(lines) != 2 || !strings.HasPrefix(lines[1], "合计,0,,0.00,") {
			t.Errorf("%q", lines)
		}
		if a := s.Public().Get("/donations/roll.csv?campaign=NONE"); a.Status != 404 {
			t.Errorf("of no campaign: %d", a.Status)
		}
		has(t, s.Public().Get("/donations"), 200, "/donations/roll.csv")
	})
}
