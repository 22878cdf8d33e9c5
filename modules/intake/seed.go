package intake

import (
	"context"
	"time"

	"care/modules/identity"
	"care/server/clock"
	"care/server/fault"
)

// Seed shows one batch that a clerk has typed, whose totals agree; it can be sent. Names and references are invented.
func (s *Intake) Seed(ctx context.Context, at *clock.Travel) error {
	if s.login == nil {
		return fault.New(fault.Internal, "intake.no_demo_people")
	}
	clerk, err := s.login(ctx, identity.DemoCashier)
	if err != nil {
		return err
	}
	end := at.Now()
	at.To(end.Add(-26 * time.Hour))
	day := clock.DayOf(at.Now())
	b, err := s.Open(ctx, clerk, Opening{Title: "烈士陵园义卖现金", Day: day, Method: cash, Rows: 4, Fen: 126_000}, "demo")
	if err != nil {
		return err
	}
	err = s.Save(ctx, clerk, b.ID, b.Version, 1, []Cells{
		{Name: "陶启明", Amount: "500.00", Phone: "13887400001"},
		{Name: "保兴兰", Amount: "200.00"},
		{Name: "念青松", Amount: "360.00", Shown: shownReal},
		{Name: "爱心人士", Amount: "200.00", Shown: shownAnon},
	}, "demo")
	at.To(end)
	return err
}
