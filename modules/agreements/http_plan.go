package agreements

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"care/server/clock"
	"care/server/fault"
	"care/server/money"
	"care/server/web"
)

type monthlyPage struct {
	web.Page
	Form                      donorForm
	Donors, Shows, Uses, Days []web.Option
	Sums                      []web.Option
}

func days() []web.Option {
	var out []web.Option
	for d := 1; d <= 28; d++ {
		out = append(out, web.Option{Value: strconv.Itoa(d), Label: strconv.Itoa(d) + words["agreements.day_of_month"]})
	}
	return out
}

func (s *Agreements) monthlyPage(c echo.Context, f donorForm) (*monthlyPage, []Use, error) {
	us, opts, err := s.uses(c)
	p := &monthlyPage{Page: web.Public(c, words["agreements.page.monthly"]), Form: f, Donors: donors(), Shows: shows(), Uses: opts, Days: days()}
	return p, us, err
}

func (s *Agreements) monthlyForm(c echo.Context) error {
	p, us, err := s.monthlyPage(c, donorForm{Donor: "person", Shown: "usual", Day: "10"})
	if err != nil {
		return err
	}
	p.Form.Campaign = us[len(us)-1].Code
	for _, u := range us {
		if u.Code == c.QueryParam("campaign") {
			p.Form.Campaign = u.Code
		}
	}
	return web.Render(c, "agreements/monthly", p)
}

func (s *Agreements) begin(c echo.Context) error {
	var f donorForm
	bad := web.Bind(c, &f)
	p, us, err := s.monthlyPage(c, f)
	if err != nil {
		return err
	}
	if bad != nil {
		return web.Refuse(c, bad, "agreements/monthly", p)
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "agreements/monthly", p)
	}
	in := f.agreement(us)
	in.Terms, in.Parts = "", nil
	var checks fault.Checks
	checks.Need(f.Agree, "agree", "agreements.need_agree")
	checks.Need(in.Phone != "" || in.Email != "", "phone", "agreements.need_contact")
	checks.Need(in.Amount <= maxMonth, "amount", "agreements.amount")
	if err := checks.Err(); err != nil {
		return web.Refuse(c, err, "agreements/monthly", p)
	}
	a, err := s.Begin(c.Request().Context(), web.Actor(c), in, key)
	if ref, again := fault.IsAgain(err); again {
		return web.Next(err, s.Href(ref))
	}
	if err != nil {
		return web.Refuse(c, err, "agreements/monthly", p)
	}
	return web.Done(c, s.Href(a.ID), "")
}

type planPage struct {
	web.Page
	A          *Agreement
	Masked     string
	Use        string
	Said, Tone string
	Parts      []partLine
	Got        money.Fen
	Months     int
	Form       donorForm
	Days       []web.Option
	Self       string
	Monthly    bool
	Wait       *partLine // the promise that waits for money now
	Next       clock.Day // when the next one is made
}

func (s *Agreements) planPage(c echo.Context) (*planPage, error) {
	w, err := s.ByAddress(c.Request().Context(), c.Param("token"))
	if err != nil {
		return nil, err
	}
	c.Response().Header().Set("Referrer-Policy", "no-referrer") // the address is the key to this page
	c.Response().Header().Set("X-Robots-Tag", "noindex")
	p := &planPage{Page: web.Public(c, words["agreements.page.plan"]), A: &w.Agreement, Masked: w.Masked, Use: w.Use, Said: words["agreements.state."+w.State], Tone: tone(w.State), Self: s.Href(w.ID), Days: days(), Monthly: w.Kind == Monthly,
		Form: donorForm{Amount: w.Amount.String(), Day: strconv.FormatInt(w.Day, 10), Until: string(w.Until)}}
	p.Parts, p.Got = s.lines(w)
	for i := range p.Parts {
		x := &p.Parts[i]
		switch {
		case x.Got:
			p.Months++
		case x.Gift != "" && p.Wait == nil && x.Word == "donations.state.pledged":
			p.Wait = x
		case x.Gift == "" && p.Next == "":
			p.Next = x.Due
		}
	}
	return p, nil
}

func (s *Agreements) plan1(c echo.Context) error {
	p, err := s.planPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "agreements/plan", p)
}

func (s *Agreements) restPlan(c echo.Context) error {
	p, err := s.planPage(c)
	if err != nil {
		return err
	}
	if err := web.Bind(c, &struct{}{}); err != nil {
		return err
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "agreements/plan", p)
	}
	do := s.Pause
	if p.A.State == Paused {
		do = s.Resume
	}
	if err := do(c.Request().Context(), web.Actor(c), p.A.ID, key); err != nil {
		return web.Next(err, p.Self)
	}
	return web.Done(c, p.Self, "")
}

func (s *Agreements) changePlan(c echo.Context) error {
	p, err := s.planPage(c)
	if err != nil {
		return err
	}
	if err := web.Bind(c, &p.Form); err != nil {
		return web.Refuse(c, err, "agreements/plan", p)
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "agreements/plan", p)
	}
	in := p.Form.agreement(nil)
	if err := s.Change(c.Request().Context(), web.Actor(c), p.A.ID, in.Amount, in.Day, in.Until, key); err != nil {
		return web.Refuse(c, web.Next(err, p.Self), "agreements/plan", p)
	}
	return web.Done(c, p.Self, "")
}

func (s *Agreements) stopPlan(c echo.Context) error {
	p, err := s.planPage(c)
	if err != nil {
		return err
	}
	if !p.Monthly {
		return fault.New(fault.Conflict, "agreements.not_monthly")
	}
	if err := s.Stop(c.Request().Context(), web.Actor(c), p.A.ID); err != nil {
		return web.Next(err, p.Self)
	}
	return web.Done(c, p.Self, "")
}
