package disclosure

import (
	"github.com/labstack/echo/v4"

	"care/server/money"
	"care/server/web"
)

// gaugeView is a gauge as its pages show it.
type gaugeView struct {
	Gauge
	Name, BaseWord, Ratio, Limit, Tone, Text, Law string
	Bar                                           web.Bar
	Need                                          money.Fen
}

func gaugeViews(gs *Gauges) []gaugeView {
	if gs == nil {
		return nil
	}
	out := make([]gaugeView, 0, len(gs.List))
	for _, g := range gs.List {
		v := gaugeView{Gauge: g, Name: words["disclosure.gauge."+g.Key], BaseWord: words["disclosure.base."+g.Base], Ratio: show(points, g.Ratio()), Need: g.Missing()}
		bound := "most"
		if g.Least {
			bound = "least"
		}
		v.Limit = (&web.Site{Words: words}).Sentence("disclosure.bound."+bound, []any{show(points, g.Limit)})
		state := g.State()
		v.Tone = map[string]string{"ok": "ok", "bad": "bad", "wait": "wait", "none": "plain"}[state]
		v.Text = words["disclosure.gauge_state."+state]
		if g.Free {
			v.Text = words["disclosure.gauge_state.free"]
		}
		if g.Limit > 0 {
			v.Bar = web.Bar{Label: v.Name, Percent: int(min(100, g.Ratio()*100/g.Limit))}
		}
		v.Law = words["disclosure.gauge_law."+g.Key]
		out = append(out, v)
	}
	return out
}

type gaugesPage struct {
	web.Page
	G     Gauges
	Views []gaugeView
}

// gaugesDesk measures now.
func (s *Office) gaugesDesk(c echo.Context) error {
	gs, err := s.Measure(c.Request().Context(), s.db, s.Today())
	if err != nil {
		return err
	}
	return web.Render(c, "disclosure/gauges", &gaugesPage{Page: web.Desk(c, navGauges), G: gs, Views: gaugeViews(&gs)})
}
