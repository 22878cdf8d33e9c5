package donations

import (
	"github.com/labstack/echo/v4"

	"care/server/access"
	"care/server/web"
)

// stepForm is what a person writes at a step of a campaign's way.
type stepForm struct {
	Number     string `form:"number"`
	Day        string `form:"day"`
	Why        string `form:"why"`
	Settlement string `form:"settlement"`
}

// stepPage asks for one step of a campaign's way; the kind of the step says which fields it has.
type stepPage struct {
	web.Page
	Form                             stepForm
	Ask, Text, Button, Action        string
	NumberLabel, DayLabel, DayHint   string
	Number, Day, Why, Settle, Danger bool
	Facts                            []web.Fact
}

// stepKind is a step as its page and its act see it.
type stepKind struct {
	name string
	need access.Perm
	do   func(s *Gifts, c echo.Context, who access.Actor, id string, f stepForm) error
}

func stepping(f stepForm) Stepping { return Stepping{Number: f.Number, Day: day(f.Day), Reason: f.Why} }

// stepKinds are the steps with pages of their own.
func stepKinds() []stepKind {
	return []stepKind{
		{decideStep, OpenPerm, func(s *Gifts, c echo.Context, who access.Actor, id string, f stepForm) error {
			return s.Decide(c.Request().Context(), who, id, stepping(f))
		}},
		{submitStep, EditPerm, func(s *Gifts, c echo.Context, who access.Actor, id string, f stepForm) error {
			return s.Submit(c.Request().Context(), who, id, stepping(f))
		}},
		{returnStep, EditPerm, func(s *Gifts, c echo.Context, who access.Actor, id string, f stepForm) error {
			return s.SendBack(c.Request().Context(), who, id, stepping(f))
		}},
		{filedStep, EditPerm, func(s *Gifts, c echo.Context, who access.Actor, id string, f stepForm) error {
			return s.Accept(c.Request().Context(), who, id, stepping(f))
		}},
		{archiveStep, OpenPerm, func(s *Gifts, c echo.Context, who access.Actor, id string, _ stepForm) error {
			return s.Archive(c.Request().Context(), who, id)
		}},
		{"end", EditPerm, func(s *Gifts, c echo.Context, who access.Actor, id string, f stepForm) error {
			return s.Terminate(c.Request().Context(), who, id, f.Why, f.Settlement)
		}},
	}
}

func (s *Gifts) stepRoutes(r *web.Routes) {
	for _, k := range stepKinds() {
		path := "/desk/donations/campaigns/:id/" + k.name
		r.GET(path, func(c echo.Context) error {
			p, err := s.stepPage(c, k.name)
			if err != nil {
				return err
			}
			p.Form.Day = string(s.Today())
			return web.Render(c, "donations/step", p)
		}, k.need)
		r.POST(path, func(c echo.Context) error {
			var f stepForm
			err := web.Bind(c, &f)
			if err == nil {
				err = k.do(s, c, web.Actor(c), c.Param("id"), f)
			}
			if err == nil {
				return web.Done(c, "/desk/donations/campaigns/"+c.Param("id"), "donations.done."+k.name)
			}
			p, pageErr := s.stepPage(c, k.name)
			if pageErr != nil {
				return pageErr
			}
			p.Form = f
			return web.Refuse(c, err, "donations/step", p)
		}, k.need)
	}
}

func (s *Gifts) stepPage(c echo.Context, kind string) (*stepPage, error) {
	x, err := s.Campaign(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	p := &stepPage{Page: web.Desk(c, words["donations.page.way_"+kind]), Ask: words["donations.ask.way_"+kind], Text: words["donations.text.way_"+kind], Button: words["donations.button.way_"+kind],
		Action: c.Request().URL.Path, NumberLabel: words["donations.step.number."+kind], DayLabel: words["donations.step.day."+kind], DayHint: words["donations.step.hint."+kind]}
	p.Number, p.Day = p.NumberLabel != "", p.DayLabel != ""
	p.Why = kind == returnStep || kind == "end"
	p.Danger = kind == "end"
	p.Settle = kind == "end" && x.Filed() && x.EndsOn != "" && s.Today() < x.EndsOn
	p.Facts = []web.Fact{{Name: x.Code, Value: x.Title}}
	if x.StartsOn != "" {
		p.Facts = append(p.Facts, web.Fact{Name: words["donations.fact.period"], Value: p.Page.Day(x.StartsOn) + " – " + p.Page.Day(x.EndsOn), Num: true})
	}
	if x.Decision != "" {
		p.Facts = append(p.Facts, web.Fact{Name: words["donations.fact.decision"], Value: x.Decision}, web.Fact{Name: words["donations.fact.decided_on"], Value: p.Page.Day(x.DecidedOn), Num: true})
	}
	p.Back = &web.Link{Title: x.Title, Href: "/desk/donations/campaigns/" + x.ID}
	return p, nil
}

// doing lists the steps that somebody may make now.
func (c *Campaign) doing(who access.Actor) []stepKind {
	var out []stepKind
	for _, k := range stepKinds() {
		if c.May(k.name) && who.Can(k.need) && (k.name != decideStep || who.NotEarlier("donations.same_person", c.MadeBy, c.EditedBy) == nil) {
			out = append(out, k)
		}
	}
	return out
}

// line is the way of a campaign in one line; only public fundraising is decided by the council and filed.
func (c *Campaign) line() []web.Step {
	type point struct {
		word string
		done bool
	}
	after := func(steps ...string) bool {
		for _, s := range steps {
			if c.Step == s {
				return true
			}
		}
		return false
	}
	opened := c.State != Draft
	ps := []point{{"draft", true}}
	if c.Filed() {
		filed := after(StepFiled) || c.State == Ended && c.Filing != ""
		ps = append(ps, point{"decided", filed || after(StepDecided, StepFiling, StepReturned) || c.Decision != ""}, point{"filing", filed || after(StepFiling, StepReturned)}, point{"filed", filed})
	}
	ps = append(ps, point{"open", opened}, point{"ended", c.State == Ended}, point{"summed", after(StepSummed, StepArchived)}, point{"archived", after(StepArchived)})
	last := 0 // where the campaign is now
	for i, p := range ps {
		if p.done {
			last = i
		}
	}
	out := make([]web.Step, 0, len(ps))
	for i, p := range ps {
		x := web.Step{Title: words["donations.way."+p.word], State: "todo"}
		switch {
		case i == last && p.word != "archived":
			x.State = "now"
		case p.done:
			x.State = "done"
		case i < last:
			x.State = "skip"
		}
		if p.word == "filing" && c.Step == StepReturned {
			x.State, x.Title = "bad", words["donations.way.returned"]
		}
		if p.word == "ended" && c.Cut {
			x.Title = words["donations.way.cut"]
		}
		if p.word == "open" && c.State == Paused {
			x.Title = words["donations.campaign.paused"]
		}
		if p.word == "open" && c.Mode == Intent {
			x.Title = words["donations.campaign.intent"]
		}
		out = append(out, x)
	}
	return out
}

// told is what happened to a campaign, as a timeline for the desk.
func told(ss []Step) []web.Step {
	out := make([]web.Step, 0, len(ss))
	for _, x := range ss {
		text := x.Reason
		if x.Number != "" {
			text = x.Number
		}
		if x.Day != "" {
			text = string(x.Day) + " " + text
		}
		state := "done"
		if x.Step == returnStep || x.Step == "pause" {
			state = "bad"
		}
		out = append(out, web.Step{Title: words["donations.told."+x.Step], State: state, At: x.MadeAt, Who: x.MadeName, Text: text})
	}
	return out
}
