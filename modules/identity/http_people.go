package identity

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"care/modules/network"
	"care/server/access"
	"care/server/clock"
	"care/server/fault"
	"care/server/web"
)

const pageSize = 30

type peoplePage struct {
	web.Page
	Q             string
	Roles, States []web.Option
	Rows          []personRow
	Pager         web.Pager
}

type personRow struct {
	Person
	Roles, Place string
	State, Tone  string // chip
}

// stand gives the word and the tone of an account's chip.
func (s *People) stand(p *Person) (word, tone string) {
	switch {
	case p.State == Disabled:
		return "identity.off", "bad"
	case !p.mayAct(s.today(), true):
		return "identity.left", "bad"
	case p.PasswordAt == nil:
		return "identity.waiting", "wait"
	}
	return "identity.active", "ok"
}

func (s *People) list(c echo.Context) error {
	ctx, who := c.Request().Context(), web.Actor(c)
	f := Search{Words: strings.TrimSpace(c.QueryParam("q")), Role: c.QueryParam("role"), State: c.QueryParam("state")}
	found, err := s.List(ctx, who, f, c.QueryParam("after"), pageSize)
	if err != nil {
		return err
	}
	_, roles, err := s.titles(ctx)
	if err != nil {
		return err
	}
	p := peoplePage{Page: web.Desk(c, pagePeople), Q: f.Words, Roles: []web.Option{{Label: anyRole}}, States: []web.Option{{Label: anyState}}}
	for _, r := range roles {
		p.Roles = append(p.Roles, web.Option{Value: r.Code, Label: r.Title, Chosen: r.Code == f.Role})
	}
	for _, st := range [][2]string{{Active, "identity.active"}, {Disabled, "identity.off"}} {
		p.States = append(p.States, web.Option{Value: st[0], Label: p.Word(st[1]), Chosen: st[0] == f.State})
	}
	if p.Rows, err = s.rows(ctx, found.Rows); err != nil {
		return err
	}
	for i := range p.Rows {
		p.Rows[i].State = p.Word(p.Rows[i].State)
	}
	q := url.Values{}
	for k, v := range map[string]string{"q": f.Words, "role": f.Role, "state": f.State} {
		if v != "" {
			q.Set(k, v)
		}
	}
	if c.QueryParam("after") != "" {
		p.Pager.First = "/desk/people?" + q.Encode()
	}
	if found.Next != "" {
		q.Set("after", found.Next)
		p.Pager.Next = "/desk/people?" + q.Encode()
	}
	return web.Render(c, "identity/people", &p)
}

func (s *People) rows(ctx context.Context, people []Person) ([]personRow, error) {
	held, err := s.held(ctx, people)
	if err != nil {
		return nil, err
	}
	var codes []string
	for _, p := range people {
		codes = append(codes, p.Area)
	}
	areas, err := s.net.Areas(ctx, codes)
	if err != nil {
		return nil, err
	}
	out := make([]personRow, 0, len(people))
	for _, p := range people {
		r := personRow{Person: p, Roles: strings.Join(held[p.ID], listComma), Place: areas[p.Area].Title}
		r.State, r.Tone = s.stand(&p)
		out = append(out, r)
	}
	return out, nil
}

type personPage struct {
	web.Page
	One    personRow
	Login  string // shown for sign-in
	Link   string // a link that was made just now, shown once
	Grants []grantRow
	Form   grantForm
	Roles  []web.Option // that fit the level of the area
	Open   bool         // the person in front may give roles
	Self   bool
}

type grantRow struct {
	Grant
	Title, By   string
	State, Tone string
	Live        bool // can be taken back
}

type grantForm struct {
	Role string `form:"role"`
	From string `form:"from"`
	To   string `form:"to"`
}

// freshLink is where a link waits in the session of the one who made it until it has been shown.
const freshLink = "identity.link"

func (s *People) personPage(c echo.Context, f grantForm) (personPage, error) {
	ctx, who := c.Request().Context(), web.Actor(c)
	one, err := s.Account(ctx, who, c.Param("id"))
	if err != nil {
		return personPage{}, err
	}
	p := personPage{Page: web.Desk(c, one.Name), Login: one.Login, Form: f, Self: one.ID == who.ID}
	p.Back = &web.Link{Title: navPeople, Href: "/desk/people"}
	rows, err := s.rows(ctx, []Person{*one})
	if err != nil {
		return p, err
	}
	p.One = rows[0]
	p.One.State = p.Word(p.One.State)
	if id, link, ok := strings.Cut(web.SessionGet(c, freshLink), " "); ok && id == one.ID {
		p.Link = link
		web.SessionPut(c, freshLink, "")
	}
	titles, roles, err := s.titles(ctx)
	if err != nil {
		return p, err
	}
	if err := s.grantRows(ctx, &p, titles); err != nil {
		return p, err
	}
	level := access.Area{Path: one.AreaPath}.Level()
	guarded, err := s.Guarded(ctx)
	if err != nil {
		return p, err
	}
	first := who.Can(Manage) && !guarded
	p.Open = !p.Self && one.State == Active && (who.Can(Security) || first)
	p.Roles = []web.Option{{Label: pickRole}}
	for _, r := range roles {
		if r.Level == level && (who.Can(Security) || r.Code == SecurityOfficer) {
			p.Roles = append(p.Roles, web.Option{Value: r.Code, Label: r.Title})
		}
	}
	return p, nil
}

func (s *People) grantRows(ctx context.Context, p *personPage, titles map[string]string) error {
	grants, err := s.Grants(ctx, p.One.ID)
	if err != nil {
		return err
	}
	var ids []string
	for _, g := range grants {
		ids = append(ids, g.MadeBy)
	}
	names, err := s.Names(ctx, ids)
	if err != nil {
		return err
	}
	day := s.today()
	for _, g := range grants {
		r := grantRow{Grant: g, Title: titles[g.Role], By: names[g.MadeBy], State: "identity.later", Tone: "wait", Live: true}
		switch {
		case g.EndedAt != nil:
			r.State, r.Tone, r.Live = "identity.revoked", "plain", false
		case g.over(day):
			r.State, r.Tone, r.Live = "identity.over", "plain", false
		case g.On(day):
			r.State, r.Tone = "identity.now", "ok"
		}
		r.State = p.Word(r.State)
		p.Grants = append(p.Grants, r)
	}
	return nil
}

func (s *People) person(c echo.Context) error {
	p, err := s.personPage(c, grantForm{From: string(s.today())})
	if err != nil {
		return err
	}
	return web.Render(c, "identity/person", &p)
}

// days reads the two dates of a form; "" stays no date.
func days(from, to string) (a, b clock.Day, err error) {
	var c fault.Checks
	read := func(field, text string) clock.Day {
		if text == "" {
			return ""
		}
		d, err := clock.ParseDay(text)
		c.Need(err == nil, field, "identity.day")
		return d
	}
	a, b = read("from", from), read("to", to)
	return a, b, c.Err()
}

func (s *People) grant(c echo.Context) error {
	var f grantForm
	id := c.Param("id")
	err := web.Bind(c, &f)
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	o := Order{Person: id, Role: f.Role}
	if err == nil {
		o.From, o.To, err = days(f.From, f.To)
	}
	if err == nil {
		err = s.Grant(c.Request().Context(), web.Actor(c), o, "identity.grant/"+key)
	}
	if err == nil {
		return web.Done(c, "/desk/people/"+id, "identity.done.granted")
	}
	p, pageErr := s.personPage(c, f)
	if pageErr != nil {
		return pageErr
	}
	return web.Refuse(c, web.Next(err, "/desk/people/%s"), "identity/person", &p)
}

type accountForm struct {
	Login   string `form:"login"`
	Name    string `form:"name"`
	Post    string `form:"post"`
	Area    string `form:"area"`
	Village string `form:"village"`
	Leaves  string `form:"leaves"`
	Version string `form:"version"`
}

func (s *People) account(ctx context.Context, f accountForm) (Account, error) {
	a := Account{Login: f.Login, Name: f.Name, Post: f.Post}
	var c fault.Checks
	var err error
	if a.Area, err = s.Place(ctx, f.Area, f.Village); err != nil {
		if other := c.Merge(err); other != nil {
			return a, other
		}
	}
	if f.Leaves != "" {
		a.LeavesOn, err = clock.ParseDay(f.Leaves)
		c.Need(err == nil, "leaves", "identity.day")
	}
	return a, c.Err()
}

type editPage struct {
	web.Page
	ID, Action string
	Form       accountForm
	Areas      []web.Option
}

func (s *People) editPage(c echo.Context, id string, f accountForm) (editPage, error) {
	p := editPage{Page: web.Desk(c, pageNew), ID: id, Action: "/desk/people/new", Form: f, Areas: []web.Option{{Label: pickArea}}}
	p.Back = &web.Link{Title: navPeople, Href: "/desk/people"}
	if id != "" {
		p.Title, p.Action = pageEdit, "/desk/people/"+id+"/edit"
		p.Back = &web.Link{Title: f.Name, Href: "/desk/people/" + id}
	}
	for _, level := range []int{network.City, network.County, network.Township} {
		os, err := s.net.Options(c.Request().Context(), web.Actor(c).Area, level)
		if err != nil {
			return p, err
		}
		p.Areas = append(p.Areas, os...)
	}
	return p, nil
}

func (s *People) newForm(c echo.Context) error {
	p, err := s.editPage(c, "", accountForm{})
	if err != nil {
		return err
	}
	return web.Render(c, "identity/edit", &p)
}

func (s *People) make(c echo.Context) error {
	var f accountForm
	ctx := c.Request().Context()
	err := web.Bind(c, &f)
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	var a Account
	if err == nil {
		a, err = s.account(ctx, f)
	}
	id, link := "", ""
	if err == nil {
		id, link, err = s.Create(ctx, web.Actor(c), a, "identity.create/"+key)
	}
	if err == nil {
		web.SessionPut(c, freshLink, id+" "+link)
		return web.Done(c, "/desk/people/"+id, "identity.done.created")
	}
	p, pageErr := s.editPage(c, "", f)
	if pageErr != nil {
		return pageErr
	}
	return web.Refuse(c, web.Next(err, "/desk/people/%s"), "identity/edit", &p)
}

func (s *People) editForm(c echo.Context) error {
	ctx := c.Request().Context()
	one, err := s.Account(ctx, web.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	f := accountForm{Login: one.Login, Name: one.Name, Post: one.Post, Area: one.Area, Leaves: string(one.LeavesOn), Version: strconv.FormatInt(one.Version, 10)}
	a, err := s.net.Area(ctx, one.Area)
	if err != nil {
		return err
	}
	if a.Level == network.Village {
		f.Area, f.Village = a.Parent, a.Name
	}
	p, err := s.editPage(c, one.ID, f)
	if err != nil {
		return err
	}
	return web.Render(c, "identity/edit", &p)
}

func (s *People) edit(c echo.Context) error {
	var f accountForm
	ctx, id := c.Request().Context(), c.Param("id")
	err := web.Bind(c, &f)
	var a Account
	if err == nil {
		a, err = s.account(ctx, f)
	}
	version, parseErr := strconv.ParseInt(f.Version, 10, 64)
	if err == nil && parseErr != nil {
		err = fault.New(fault.Invalid, "form.unreadable")
	}
	if err == nil {
		err = s.Edit(ctx, web.Actor(c), id, version, a)
	}
	if err == nil {
		return web.Done(c, "/desk/people/"+id, "identity.done.saved")
	}
	p, pageErr := s.editPage(c, id, f)
	if pageErr != nil {
		return pageErr
	}
	return web.Refuse(c, err, "identity/edit", &p)
}

type reasonForm struct {
	Reason string `form:"reason"`
}

type askPage struct {
	web.Page
	One    personRow
	Role   string // that is taken back
	Action string
	Form   reasonForm
}

func (s *People) askPage(c echo.Context, title, id string, f reasonForm) (askPage, error) {
	one, err := s.Account(c.Request().Context(), web.Actor(c), id)
	if err != nil {
		return askPage{}, err
	}
	rows, err := s.rows(c.Request().Context(), []Person{*one})
	if err != nil {
		return askPage{}, err
	}
	p := askPage{Page: web.Desk(c, title), One: rows[0], Form: f, Action: c.Request().URL.Path}
	p.Back = &web.Link{Title: one.Name, Href: "/desk/people/" + id}
	return p, nil
}

func (s *People) disableForm(c echo.Context) error {
	p, err := s.askPage(c, pageDisable, c.Param("id"), reasonForm{})
	if err != nil {
		return err
	}
	return web.Render(c, "identity/disable", &p)
}

func (s *People) disable(c echo.Context) error {
	var f reasonForm
	id := c.Param("id")
	err := web.Bind(c, &f)
	if err == nil {
		err = s.Disable(c.Request().Context(), web.Actor(c), id, f.Reason)
	}
	if err == nil {
		return web.Done(c, "/desk/people/"+id, "identity.done.disabled")
	}
	p, pageErr := s.askPage(c, pageDisable, id, f)
	if pageErr != nil {
		return pageErr
	}
	return web.Refuse(c, err, "identity/disable", &p)
}

func (s *People) enable(c echo.Context) error {
	id := c.Param("id")
	if err := s.Enable(c.Request().Context(), web.Actor(c), id); err != nil {
		return err
	}
	return web.Done(c, "/desk/people/"+id, "identity.done.enabled")
}

func (s *People) link(c echo.Context) error {
	var f struct{}
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	key, err := web.Token(c)
	if err != nil {
		return err
	}
	id := c.Param("id")
	link, err := s.PasswordLink(c.Request().Context(), web.Actor(c), id, "identity.link/"+key)
	if err != nil {
		return web.Next(err, "/desk/people/%s")
	}
	web.SessionPut(c, freshLink, id+" "+link)
	return web.Done(c, "/desk/people/"+id, "identity.done.link")
}

func (s *People) revokePage(c echo.Context, f reasonForm) (askPage, error) {
	ctx := c.Request().Context()
	p, err := s.askPage(c, pageRevoke, c.Param("id"), f)
	if err != nil {
		return p, err
	}
	grants, err := s.Grants(ctx, p.One.ID)
	if err != nil {
		return p, err
	}
	titles, _, err := s.titles(ctx)
	if err != nil {
		return p, err
	}
	for _, g := range grants {
		if g.ID == c.Param("grant") && g.EndedAt == nil {
			p.Role = titles[g.Role]
			return p, nil
		}
	}
	return p, fault.New(fault.NotFound, "access.not_found")
}

func (s *People) revokeForm(c echo.Context) error {
	p, err := s.revokePage(c, reasonForm{})
	if err != nil {
		return err
	}
	return web.Render(c, "identity/revoke", &p)
}

func (s *People) revoke(c echo.Context) error {
	var f reasonForm
	err := web.Bind(c, &f)
	if err == nil {
		err = s.Revoke(c.Request().Context(), web.Actor(c), c.Param("grant"), f.Reason)
	}
	if err == nil {
		return web.Done(c, "/desk/people/"+c.Param("id"), "identity.done.revoked")
	}
	if fault.KindOf(err) != fault.Invalid {
		return err
	}
	p, pageErr := s.revokePage(c, f)
	if pageErr != nil {
		return pageErr
	}
	return web.Refuse(c, err, "identity/revoke", &p)
}

type rolesPage struct {
	web.Page
	Roles  []roleRow
	Chains []chainRow
}

type roleRow struct {
	Role
	Where string
	May   []string
}

type chainRow struct {
	Chain
	Hands []string // roles of each hand
}

func (s *People) roles(c echo.Context) error {
	ctx := c.Request().Context()
	rs, err := s.Roles(ctx)
	if err != nil {
		return err
	}
	cs, ds, err := s.Chains(ctx)
	if err != nil {
		return err
	}
	p := rolesPage{Page: web.Desk(c, pageRoles)}
	for _, r := range rs {
		row := roleRow{Role: r, Where: p.Word("identity.level." + strconv.Itoa(r.Level))}
		for _, perm := range r.Perms {
			row.May = append(row.May, p.Word(perm))
		}
		p.Roles = append(p.Roles, row)
	}
	for _, ch := range cs {
		p.Chains = append(p.Chains, chainRow{ch, hands(ch.Code, ds, rs)})
	}
	return web.Render(c, "identity/roles", &p)
}

// hands names for each hand of a chain the roles that are it, in the order of the roles.
func hands(chain string, ds []Duty, rs []Role) (out []string) {
	seen := map[string]int{}
	var groups [][]string
	for _, r := range rs {
		facts := r.facts()
		for _, d := range ds {
			if d.Chain != chain || !slices.Contains(facts, d.Fact) {
				continue
			}
			i, ok := seen[d.Hand]
			if !ok {
				i = len(groups)
				seen[d.Hand] = i
				groups = append(groups, nil)
			}
			name := r.Title
			if d.Fact == business {
				name = allBusiness
			}
			if !slices.Contains(groups[i], name) {
				groups[i] = append(groups[i], name)
			}
		}
	}
	for _, g := range groups {
		out = append(out, strings.Join(g, listComma))
	}
	return out
}
