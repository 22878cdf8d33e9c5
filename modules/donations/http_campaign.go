package donations

import (
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"care/server/fault"
	"care/server/money"
	"care/server/web"
)

type deskCampaignsPage struct {
	web.Page
	Rows []deskCampaignRow
}

type deskCampaignRow struct {
	Standing
	Word, Tone, ModeWord, Href string
	Raised                     money.Fen
}

func (s *Gifts) deskCampaigns(c echo.Context) error {
	ss, err := s.Standings(c.Request().Context(), false)
	if err != nil {
		return err
	}
	p := &deskCampaignsPage{Page: web.Desk(c, words["donations.page.campaigns"])}
	for _, x := range ss {
		state, tone := x.Word()
		p.Rows = append(p.Rows, deskCampaignRow{Standing: x, Word: words[state], Tone: tone, ModeWord: words["donations.mode."+x.Mode], Href: "/desk/donations/campaigns/" + x.ID, Raised: x.Money.Received()})
	}
	return web.Render(c, "donations/desk-campaigns", p)
}

type deskCampaignPage struct {
	web.Page
	C                         Standing
	Word, Tone, ModeWord      string
	Flow                      web.Flow
	Raised                    money.Fen
	Paragraphs                []string
	Gate                      []string // what the law still asks before it may open
	Line, Told                []web.Step
	Law                       Told
	Next                      []web.Link // steps that the person may make now
	Odd                       bool       // the filing number does not look like one
	MayEdit, MayOpen, MayStop bool
	Own                       bool // the person has made or edited it: somebody else must open it
	Self, Public              string
}

func (s *Gifts) deskCampaign(c echo.Context) error {
	ctx, who := c.Request().Context(), web.Actor(c)
	x, err := s.Campaign(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	ss, err := s.standings(ctx, []Campaign{*x})
	if err != nil {
		return err
	}
	state, tone := x.Word()
	p := &deskCampaignPage{Page: web.Desk(c, x.Title), C: ss[0], Word: words[state], Tone: tone, ModeWord: words["donations.mode."+x.Mode], Flow: flow(&ss[0]), Raised: ss[0].Money.Received(),
		Paragraphs: paragraphs(x.Story), Self: "/desk/donations/campaigns/" + x.ID}
	p.Back = &web.Link{Title: words["donations.page.campaigns"], Href: "/desk/donations/campaigns"}
	waits := x.State == Draft || x.State == Paused
	p.MayEdit, p.MayStop = waits && who.Can(EditPerm), (x.State == Open || x.State == Paused) && who.Can(EditPerm)
	p.Own = waits && who.Can(OpenPerm) && !may(who, OpenPerm, x.MadeBy, x.EditedBy)
	terms, err := s.numbers(ctx, s.db, s.Today())
	if err != nil {
		return err
	}
	if waits {
		for _, f := range fault.FieldsOf(x.ready(s.Today(), terms)) {
			p.Gate = append(p.Gate, sentence(f))
		}
	}
	for _, k := range x.doing(who) {
		p.Next = append(p.Next, web.Link{Title: words["donations.button.way_"+k.name], Href: p.Self + "/" + k.name})
	}
	ts, err := s.Steps(ctx, x.ID)
	if err != nil {
		return err
	}
	if p.Law, err = s.told(ctx, x.ID); err != nil {
		return err
	}
	p.Line, p.Told, p.Odd = x.line(), told(ts), x.Odd()
	p.MayOpen = waits && may(who, OpenPerm, x.MadeBy, x.EditedBy) && len(p.Gate) == 0
	if x.Public() {
		p.Public = "/campaigns/" + x.Code
	}
	return web.Render(c, "donations/desk-campaign", p)
}

func sentence(f fault.Field) string { return (&web.Site{Words: words}).Sentence(f.Code, f.Args) }

type planForm struct {
	Code          string `form:"code"`
	Title         string `form:"title"`
	Lead          string `form:"lead"`
	Story         string `form:"story"`
	Purpose       string `form:"purpose"`
	Beneficiaries string `form:"beneficiaries"`
	Cost          string `form:"cost"`
	Surplus       string `form:"surplus"`
	Manager       string `form:"manager"`
	Region        string `form:"region"`
	Mode          string `form:"mode"`
	Qualification string `form:"qualification"`
	Partner       string `form:"partner"`
	Agreement     string `form:"agreement"`
	Evaluation    string `form:"evaluation"`
	Urgent        bool   `form:"urgent"`
	Platform      string `form:"platform"`
	PlatformURL   string `form:"platform_url"`
	Circle        string `form:"circle"`
	Target        string `form:"target"`
	StartsOn      string `form:"starts_on"`
	EndsOn        string `form:"ends_on"`
	Version       string `form:"version"`
}

// plan reads the form; dates that are none are named at once, since an empty date is allowed.
func (f planForm) plan() (Plan, error) {
	var c fault.Checks
	for _, d := range [][2]string{{"starts_on", f.StartsOn}, {"ends_on", f.EndsOn}} {
		c.Need(d[1] == "" || day(d[1]) != "", d[0], "donations.date")
	}
	target := money.Fen(0)
	if f.Target != "" {
		var err error
		if target, err = money.Parse(f.Target); err != nil {
			target = -1
		}
	}
	return Plan{Title: f.Title, Lead: f.Lead, Story: f.Story, Purpose: f.Purpose, Beneficiaries: f.Beneficiaries, Cost: f.Cost, Surplus: f.Surplus, Manager: f.Manager, Region: f.Region,
		Mode: f.Mode, Qualification: f.Qualification, Partner: f.Partner, Agreement: f.Agreement, Evaluation: f.Evaluation, Urgent: f.Urgent, Platform: f.Platform, PlatformURL: f.PlatformURL,
		Circle: f.Circle, Target: target, StartsOn: day(f.StartsOn), EndsOn: day(f.EndsOn)}, c.Err()
}

func formOf(c *Campaign) planForm {
	f := planForm{Code: c.Code, Title: c.Title, Lead: c.Lead, Story: c.Story, Purpose: c.Purpose, Beneficiaries: c.Beneficiaries, Cost: c.Cost, Surplus: c.Surplus, Manager: c.Manager,
		Region: c.Region, Mode: c.Mode, Qualification: c.Qualification, Partner: c.Partner, Agreement: c.Agreement, Evaluation: c.Evaluation, Urgent: c.Urgent, Platform: c.Platform,
		PlatformURL: c.PlatformURL, Circle: c.Circle, StartsOn: string(c.StartsOn), EndsOn: string(c.EndsOn), Version: strconv.FormatInt(c.Version, 10)}
	if c.Target > 0 {
		f.Target = c.Target.String()
	}
	return f
}

type planPage struct {
	web.Page
	Form   planForm
	Modes  []web.Option
	New    bool
	Fixed  bool // its fund is open: use and mode stay
	Action string
}

func (s *Gifts) planPage(c echo.Context, title string, f planForm) *planPage {
	p := &planPage{Page: web.Desk(c, words[title]), Form: f, Action: c.Request().URL.Path}
	for _, m := range []string{Intent, Own, Partner, Directed} {
		p.Modes = append(p.Modes, web.Option{Value: m, Label: words["donations.mode."+m], Hint: words["donations.mode."+m+".hint"]})
	}
	return p
}

func (s *Gifts) planNew(c echo.Context) error {
	return web.Render(c, "donations/plan", s.newPlan(c, planForm{Mode: Intent}))
}

func (s *Gifts) newPlan(c echo.Context, f planForm) *planPage {
	p := s.planPage(c, "donations.page.plan_new", f)
	p.New = true
	p.Back = &web.Link{Title: words["donations.page.campaigns"], Href: "/desk/donations/campaigns"}
	return p
}

func (s *Gifts) makeCampaign(c echo.Context) error {
	var f planForm
	bad := web.Bind(c, &f)
	p := s.newPlan(c, f)
	plan, key, err := f.ready(c, bad)
	if err != nil {
		return web.Refuse(c, err, "donations/plan", p)
	}
	x, err := s.Make(c.Request().Context(), web.Actor(c), upper(f.Code), plan, key)
	if err != nil {
		return web.Refuse(c, web.Next(err, "/desk/donations/campaigns/%s"), "donations/plan", p)
	}
	return web.Done(c, "/desk/donations/campaigns/"+x.ID, "donations.done.made")
}

// ready gives the plan and the token of a form that could be read.
func (f planForm) ready(c echo.Context, bad error) (Plan, string, error) {
	if bad != nil {
		return Plan{}, "", bad
	}
	key, err := web.Token(c)
	if err != nil {
		return Plan{}, "", err
	}
	plan, err := f.plan()
	return plan, key, err
}

func (s *Gifts) editPlan(c echo.Context, f *planForm) (*planPage, error) {
	x, err := s.Campaign(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	if x.State != Draft && x.State != Paused {
		return nil, fault.New(fault.Conflict, "donations.edit_open")
	}
	form := formOf(x)
	if f != nil {
		f.Code = x.Code
		form = *f
	}
	p := s.planPage(c, "donations.page.plan_edit", form)
	p.Fixed = x.Fund != ""
	p.Back = &web.Link{Title: x.Title, Href: "/desk/donations/campaigns/" + x.ID}
	return p, nil
}

func (s *Gifts) planEdit(c echo.Context) error {
	p, err := s.editPlan(c, nil)
	if err != nil {
		return err
	}
	return web.Render(c, "donations/plan", p)
}

func (s *Gifts) editCampaign(c echo.Context) error {
	var f planForm
	bad := web.Bind(c, &f)
	p, err := s.editPlan(c, &f)
	if err != nil {
		return err
	}
	plan, key, err := f.ready(c, bad)
	if err != nil {
		return web.Refuse(c, err, "donations/plan", p)
	}
	version, err := strconv.ParseInt(f.Version, 10, 64)
	if err != nil {
		return fault.Wrap(fault.Invalid, "form.unreadable", err)
	}
	if err := s.Edit(c.Request().Context(), web.Actor(c), c.Param("id"), version, plan, key); err != nil {
		return web.Refuse(c, web.Next(err, "/desk/donations/campaigns/%s"), "donations/plan", p)
	}
	return web.Done(c, "/desk/donations/campaigns/"+c.Param("id"), "donations.done.edited")
}

func (s *Gifts) openCampaign(c echo.Context) error {
	var f planForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	version, err := strconv.ParseInt(f.Version, 10, 64)
	if err != nil {
		return fault.Wrap(fault.Invalid, "form.unreadable", err)
	}
	if err := s.Open(c.Request().Context(), web.Actor(c), c.Param("id"), version); err != nil {
		return err
	}
	return web.Done(c, "/desk/donations/campaigns/"+c.Param("id"), "donations.done.opened")
}

func (s *Gifts) stopPage(c echo.Context, kind string) (*reasonPage, error) {
	x, err := s.Campaign(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	p := s.reasonFor(c, kind, []web.Fact{{Name: x.Code, Value: x.Title}}, "/desk/donations/campaigns/"+x.ID)
	p.Back.Title = x.Title
	return p, nil
}

func (s *Gifts) pauseForm(c echo.Context) error {
	p, err := s.stopPage(c, "pause")
	if err != nil {
		return err
	}
	return web.Render(c, "donations/reason", p)
}

func (s *Gifts) pauseCampaign(c echo.Context) error {
	var f arrivalForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	id := c.Param("id")
	if err := s.Pause(c.Request().Context(), web.Actor(c), id, f.Why); err != nil {
		p, pageErr := s.stopPage(c, "pause")
		if pageErr != nil {
			return pageErr
		}
		p.Form = f
		return web.Refuse(c, err, "donations/reason", p)
	}
	return web.Done(c, "/desk/donations/campaigns/"+id, "donations.done.paused")
}

// slicesByTime puts what happened in order; what has no time stays at the end.
func slicesByTime(ss []web.Step) {
	slices.SortStableFunc(ss, func(a, b web.Step) int {
		switch {
		case a.At.IsZero() && !b.At.IsZero():
			return 1
		case b.At.IsZero() && !a.At.IsZero():
			return -1
		}
		return a.At.Compare(b.At)
	})
}
