package disclosure

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"care/server/fault"
	"care/server/money"
	"care/server/web"
)

type deskPage struct {
	web.Page
	Tasks   []taskRow
	Drafts  []reportRow
	Reports []reportRow
	Pager   web.Pager
}

func (s *Office) desk(c echo.Context) error {
	ctx := c.Request().Context()
	p := &deskPage{Page: web.Desk(c, navDesk)}
	ts, err := s.Tasks(ctx)
	if err != nil {
		return err
	}
	p.Tasks = s.taskRows(ts)
	ds, err := s.Drafts(ctx)
	if err != nil {
		return err
	}
	p.Drafts = rows(ds, true)
	ls, err := s.Published(ctx, "", c.QueryParam("after"), pageSize)
	if err != nil {
		return err
	}
	p.Reports, p.Pager = rows(ls.Rows, true), web.Pages(c, ls.Next)
	return web.Render(c, "disclosure/desk", p)
}

type draftForm struct {
	Kind    string `form:"kind"`
	Subject string `form:"subject"`
	Title   string `form:"title"`
	To      string `form:"to"`
	Done    string `form:"done"`
	Plan    string `form:"plan"`
	Partner string `form:"partner"`
	Audit   string `form:"audit"`
	Note    string `form:"note"`
	Version string `form:"version"`
	Read    string `form:"read"`
}

func (f draftForm) text() Text {
	return Text{Title: f.Title, Done: f.Done, Plan: f.Plan, Partner: f.Partner, Audit: f.Audit}
}

type draftPage struct {
	web.Page
	Form                            draftForm
	Kind, About, Action             string
	AskTo, AskPlan, AskPartner, Fix bool // Fix: a correction, with its reason
}

func (s *Office) draftPage(c echo.Context, f draftForm) (*draftPage, error) {
	p := &draftPage{Form: f, Kind: words["disclosure.kind."+f.Kind], Action: "/desk/disclosure/new", AskTo: ofCampaign(f.Kind), AskPlan: ofCampaign(f.Kind)}
	if p.Kind == "" {
		return nil, fault.New(fault.NotFound, "db.not_found")
	}
	p.Page = web.Desk(c, p.Kind)
	p.Back = &web.Link{Title: navDesk, Href: "/desk/disclosure"}
	p.About = f.Subject
	switch {
	case ofCampaign(f.Kind):
		x, err := s.campaign(c.Request().Context(), s.db, f.Subject)
		if err != nil {
			return nil, err
		}
		p.About, p.AskPartner = x.Title, x.Partner != ""
	case f.Kind == Event:
		es, err := listHappenings(c.Request().Context(), s.db)
		if err != nil {
			return nil, err
		}
		for _, e := range es {
			if e.ID == f.Subject {
				p.About = e.Title
			}
		}
	}
	return p, nil
}

func (s *Office) draftNew(c echo.Context) error {
	var f draftForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	f = draftForm{Kind: f.Kind, Subject: f.Subject}
	p, err := s.draftPage(c, f)
	if err != nil {
		return err
	}
	p.Form.Title, p.Form.To = p.About+" "+p.Kind, string(s.Today().Add(-1))
	if !ofCampaign(f.Kind) && f.Kind != Event {
		p.Form.Title = f.Subject + words["disclosure.year"] + p.Kind
	}
	return web.Render(c, "disclosure/draft", p)
}

func (s *Office) draftMake(c echo.Context) error {
	var f draftForm
	bad := web.Bind(c, &f)
	p, err := s.draftPage(c, f)
	if err != nil {
		return err
	}
	key := ""
	if err = bad; err == nil {
		key, err = web.Token(c)
	}
	if err == nil {
		var v *Version
		if v, err = s.Draft(c.Request().Context(), web.Actor(c), Drafting{Kind: f.Kind, Subject: f.Subject, To: day(f.To), Text: f.text()}, key); err == nil {
			return web.Done(c, "/desk/disclosure/items/"+v.Item, "disclosure.done.drafted")
		}
	}
	return web.Refuse(c, web.Next(err, "/desk/disclosure/items/%s"), "disclosure/draft", p)
}

type itemPage struct {
	web.Page
	Body
	It             Item
	V              *Version // the draft, or the newest published version
	Draft, Own     bool
	MayEdit, MayGo bool
	Versions       []Version
	Self, Public   string
}

func (s *Office) item(c echo.Context) error {
	who := web.Actor(c)
	w, err := s.Item(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	p := &itemPage{It: w.Item, Self: "/desk/disclosure/items/" + w.ID}
	for i := range w.Versions {
		v := &w.Versions[i]
		if v.State == published {
			p.Public = "/disclosure/" + w.Code
		}
		if p.V == nil || v.State == draft || v.State == published && p.V.State != draft {
			p.V = v
		}
		p.Versions = append([]Version{*v}, p.Versions...)
	}
	if p.V == nil {
		return fault.New(fault.NotFound, "db.not_found")
	}
	p.Page = web.Desk(c, p.V.Title)
	p.Back = &web.Link{Title: navDesk, Href: "/desk/disclosure"}
	p.Draft = p.V.State == draft
	p.MayEdit = who.Can(EditPerm) && p.V.State != dropped
	p.MayGo = p.Draft && may(who, PublishPerm, p.V.MadeBy, p.V.EditedBy)
	p.Own = p.Draft && who.Can(PublishPerm) && !p.MayGo
	if p.Body, err = bodyOf(p.V); err != nil {
		return err
	}
	return web.Render(c, "disclosure/item", p)
}

// editing gives the form of a report's draft, or of the correction of its newest version.
func (s *Office) editing(c echo.Context, f *draftForm) (*draftPage, *Version, error) {
	w, err := s.Item(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, nil, err
	}
	var v *Version
	for i := range w.Versions {
		x := &w.Versions[i]
		if x.State == draft || x.State == published && (v == nil || v.State != draft) {
			v = x
		}
	}
	if v == nil {
		return nil, nil, fault.New(fault.Conflict, "disclosure.no_draft")
	}
	form := draftForm{}
	if f != nil {
		form = *f
	} else {
		r, err := v.thaw()
		if err != nil {
			return nil, nil, err
		}
		form = draftForm{Title: v.Title, Done: r.Text.Done, Plan: r.Text.Plan, Partner: r.Text.Partner, Audit: r.Text.Audit, Read: v.Hash}
		if v.State == draft {
			form.Version, form.Note = v.ID, v.Note
		}
	}
	form.Kind, form.Subject = w.Kind, w.Subject
	p, err := s.draftPage(c, form)
	if err != nil {
		return nil, nil, err
	}
	p.AskTo, p.Action = false, "/desk/disclosure/items/"+w.ID+"/edit"
	p.Fix = v.State == published || v.N > 1
	p.Back = &web.Link{Title: v.Title, Href: "/desk/disclosure/items/" + w.ID}
	return p, v, nil
}

func (s *Office) draftEdit(c echo.Context) error {
	p, _, err := s.editing(c, nil)
	if err != nil {
		return err
	}
	return web.Render(c, "disclosure/draft", p)
}

func (s *Office) draftSave(c echo.Context) error {
	var f draftForm
	err := web.Bind(c, &f)
	p, _, pageErr := s.editing(c, &f)
	if pageErr != nil {
		return pageErr
	}
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	id, ctx := c.Param("id"), c.Request().Context()
	if err == nil && f.Version != "" {
		err = s.Rewrite(ctx, web.Actor(c), f.Version, f.Read, f.Note, f.text(), key)
	} else if err == nil {
		_, err = s.Revise(ctx, web.Actor(c), id, f.Note, f.text(), key)
	}
	if err != nil {
		return web.Refuse(c, web.Next(err, "/desk/disclosure/items/"+id), "disclosure/draft", p)
	}
	return web.Done(c, "/desk/disclosure/items/"+id, "disclosure.done.drafted")
}

func (s *Office) publish(c echo.Context) error {
	var f draftForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	if err := s.Publish(c.Request().Context(), web.Actor(c), f.Version, f.Read); err != nil {
		return err
	}
	return web.Done(c, "/desk/disclosure/items/"+c.Param("id"), "disclosure.done.published")
}

func (s *Office) drop(c echo.Context) error {
	var f draftForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	if err := s.Drop(c.Request().Context(), web.Actor(c), f.Version); err != nil {
		return err
	}
	return web.Done(c, "/desk/disclosure", "disclosure.done.dropped")
}

type happenForm struct {
	Kind  string `form:"kind"`
	Title string `form:"title"`
	Day   string `form:"day"`
}

type happenPage struct {
	web.Page
	Form  happenForm
	Kinds []web.Option
}

func happenKinds() []web.Option {
	var out []web.Option
	for _, k := range []string{"asset", "deal", "related"} {
		out = append(out, web.Option{Value: k, Label: words["disclosure.event."+k], Hint: words["disclosure.event."+k+".hint"]})
	}
	return out
}

func (s *Office) happenPage(c echo.Context, f happenForm) *happenPage {
	p := &happenPage{Page: web.Desk(c, words["disclosure.page.happen"]), Form: f, Kinds: happenKinds()}
	p.Back = &web.Link{Title: navDesk, Href: "/desk/disclosure"}
	return p
}

func (s *Office) happenForm(c echo.Context) error {
	return web.Render(c, "disclosure/happen", s.happenPage(c, happenForm{Kind: "asset", Day: string(s.Today())}))
}

func (s *Office) happen(c echo.Context) error {
	var f happenForm
	err := web.Bind(c, &f)
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	if err == nil {
		_, err = s.Happen(c.Request().Context(), web.Actor(c), Happening{Kind: f.Kind, Title: f.Title, Day: day(f.Day)}, key)
	}
	if err != nil {
		return web.Refuse(c, web.Next(err, "/desk/disclosure"), "disclosure/happen", s.happenPage(c, f))
	}
	return web.Done(c, "/desk/disclosure", "disclosure.done.happened")
}

type rulesPage struct {
	web.Page
	Rows   []ruleRow
	Open   []openRule
	Past   []openRule
	MayAsk bool
}

// ruleRow is a number as it holds today.
type ruleRow struct {
	Name, Word, Value, Source, Href string
	From                            string
}

// openRule is a proposal, or what became of one.
type openRule struct {
	Rule
	Word, Show, Now, Tone, StateWord string
	MayGo, Own                       bool
}

// show writes a value in its unit.
func show(unit string, v int64) string {
	site := &web.Site{Words: words}
	switch unit {
	case points:
		return strconv.FormatInt(v/100, 10) + decimals(v%100) + "%"
	case yuan:
		if v == 0 {
			return words["disclosure.from_books"]
		}
		return money.Fen(v).Yuan()
	case date:
		return site.Sentence("disclosure.unit.date", []any{v / 100, v % 100})
	case yes:
		return words["disclosure.yes."+strconv.FormatInt(v, 10)]
	}
	return site.Sentence("disclosure.unit."+unit, []any{v})
}

func decimals(v int64) string {
	switch {
	case v == 0:
		return ""
	case v%10 == 0:
		return "." + strconv.FormatInt(v/10, 10)
	case v < 10:
		return ".0" + strconv.FormatInt(v, 10)
	}
	return "." + strconv.FormatInt(v, 10)
}

func (s *Office) rules(c echo.Context) error {
	who, today := web.Actor(c), s.Today()
	rs, err := s.Rules(c.Request().Context(), s.db)
	if err != nil {
		return err
	}
	p := &rulesPage{Page: web.Desk(c, navRules), MayAsk: who.Can(ProposePerm)}
	for _, k := range catalogue() {
		v, r := rs.find(k.name, today)
		row := ruleRow{Name: k.name, Word: words["disclosure.rule."+k.name], Value: show(k.unit, v), Source: words["disclosure.law."+k.name], Href: "/desk/disclosure/rules/" + k.name}
		if r != nil {
			row.Source, row.From = r.Source, p.Page.Day(r.ValidFrom)
		}
		p.Rows = append(p.Rows, row)
	}
	for _, r := range rs.decided {
		k, _ := knownOf(r.Name)
		o := openRule{Rule: r, Word: words["disclosure.rule."+r.Name], Show: show(k.unit, r.Value), Now: show(k.unit, rs.On(r.Name, r.ValidFrom)), StateWord: words["disclosure.rule_state."+r.State], Tone: "ok"}
		if r.State == proposed {
			o.MayGo = may(who, DecidePerm, r.ProposedBy)
			o.Own = who.ID == r.ProposedBy
			p.Open = append(p.Open, o)
			continue
		}
		if r.State == declined {
			o.Tone = "plain"
		}
		p.Past = append(p.Past, o)
	}
	return web.Render(c, "disclosure/rules", p)
}

type ruleForm struct {
	Value     string `form:"value"`
	ValidFrom string `form:"valid_from"`
	Source    string `form:"source"`
	Rule      string `form:"rule"`
	Verdict   string `form:"verdict"`
}

type rulePage struct {
	web.Page
	Form                    ruleForm
	Word, Now, Law, Action  string
	Unit, Suffix, ValueHint string
	Yes                     []web.Option
}

func (s *Office) rulePage(c echo.Context, f ruleForm) (*rulePage, known, error) {
	k, ok := knownOf(c.Param("name"))
	if !ok {
		return nil, k, fault.New(fault.NotFound, "db.not_found")
	}
	rs, err := s.Rules(c.Request().Context(), s.db)
	if err != nil {
		return nil, k, err
	}
	p := &rulePage{Page: web.Desk(c, words["disclosure.rule."+k.name]), Form: f, Word: words["disclosure.rule."+k.name], Law: words["disclosure.law."+k.name], Action: c.Request().URL.Path,
		Now: show(k.unit, rs.On(k.name, s.Today())), Unit: k.unit, Suffix: words["disclosure.suffix."+k.unit], ValueHint: words["disclosure.value."+k.unit],
		Yes: []web.Option{{Value: "1", Label: words["disclosure.yes.1"]}, {Value: "0", Label: words["disclosure.yes.0"]}}}
	p.Back = &web.Link{Title: navRules, Href: "/desk/disclosure/rules"}
	return p, k, nil
}

func (s *Office) ruleForm(c echo.Context) error {
	p, _, err := s.rulePage(c, ruleForm{ValidFrom: string(s.Today())})
	if err != nil {
		return err
	}
	return web.Render(c, "disclosure/rule", p)
}

// value reads what was typed in the unit of a number; what cannot be read fits no unit.
func (k known) value(s string) int64 {
	switch k.unit {
	case yuan:
		f, err := money.Parse(s)
		if err != nil {
			return -1
		}
		return int64(f)
	case points:
		f, err := money.Parse(s) // a percentage has two decimals, as an amount has
		if err != nil {
			return -1
		}
		return int64(f)
	case date:
		d := day("2027-" + s)
		if d == "" {
			return -1
		}
		_, m, n := parts(d)
		return int64(m*100 + n)
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return -1
	}
	return n
}

func (s *Office) propose(c echo.Context) error {
	var f ruleForm
	err := web.Bind(c, &f)
	p, k, pageErr := s.rulePage(c, f)
	if pageErr != nil {
		return pageErr
	}
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	if err == nil {
		_, err = s.Propose(c.Request().Context(), web.Actor(c), Rule{Name: k.name, Value: k.value(f.Value), ValidFrom: day(f.ValidFrom), Source: f.Source}, key)
	}
	if err != nil {
		return web.Refuse(c, web.Next(err, "/desk/disclosure/rules"), "disclosure/rule", p)
	}
	return web.Done(c, "/desk/disclosure/rules", "disclosure.done.proposed")
}

func (s *Office) decide(c echo.Context) error {
	var f ruleForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	word := "disclosure.done.declined"
	if f.Verdict == "yes" {
		word = "disclosure.done.in_force"
	}
	if err := s.Decide(c.Request().Context(), web.Actor(c), f.Rule, f.Verdict == "yes"); err != nil {
		return err
	}
	return web.Done(c, "/desk/disclosure/rules", word)
}
