package network

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"care/server/access"
	"care/server/clock"
	"care/server/fault"
	"care/server/web"
)

const pageSize = 60

type stationsPage struct {
	web.Page
	Q        string
	County   string // title of the county that is chosen, "" for the whole city
	Counties []web.Option
	Rows     []Entry
	Pager    web.Pager
}

// stations is the directory for everybody.
func (n *Net) stations(c echo.Context) error {
	ctx := c.Request().Context()
	p := stationsPage{Page: web.Public(c, pageStations), Q: strings.TrimSpace(c.QueryParam("q"))}
	root, err := n.Area(ctx, Root)
	if err != nil {
		return err
	}
	in := root.Access()
	counties, err := n.Within(ctx, in, County)
	if err != nil {
		return err
	}
	county := c.QueryParam("county")
	p.Counties = []web.Option{{Label: allCounties, Chosen: county == ""}}
	for _, a := range counties {
		p.Counties = append(p.Counties, web.Option{Value: a.Code, Label: a.Name, Chosen: a.Code == county})
		if a.Code == county {
			in, p.County = a.Access(), a.Name
		}
	}
	found, err := n.Stations(ctx, in, p.Q, c.QueryParam("after"), pageSize)
	if err != nil {
		return err
	}
	p.Rows = found.Rows
	q := url.Values{}
	for k, v := range map[string]string{"q": p.Q, "county": county} {
		if v != "" {
			q.Set(k, v)
		}
	}
	if c.QueryParam("after") != "" {
		p.Pager.First = "/stations?" + q.Encode()
	}
	if found.Next != "" {
		q.Set("after", found.Next)
		p.Pager.Next = "/stations?" + q.Encode()
	}
	return web.Render(c, "network/stations", &p)
}

type treePage struct {
	web.Page
	Here     Area
	Line     []Area // those above, inside the person's area
	Below    []belowRow
	Station  *Entry
	CanAdd   bool
	CanMerge bool
	Ended    bool
	Next     Area // successor of an area that has ended
	Form     areaForm
	CodeHint string // option of the code's field
}

type belowRow struct {
	Area
	Station string // its name, "" for none
	Phone   string
	Has     int
	Ended   bool
}

type areaForm struct {
	Code string `form:"code"`
	Name string `form:"name"`
}

func (n *Net) treePage(c echo.Context, code string, f areaForm) (treePage, error) {
	ctx, who := c.Request().Context(), web.Actor(c)
	p := treePage{Page: web.Desk(c, pageTree), Form: f}
	line, err := n.Line(ctx, code)
	if err != nil {
		return p, err
	}
	p.Here = line[len(line)-1]
	if err := who.NeedArea(p.Here.Path); err != nil {
		return p, err
	}
	for _, a := range line[:len(line)-1] {
		if who.Area.Covers(a.Path) {
			p.Line = append(p.Line, a)
		}
	}
	p.Ended = p.Here.ValidTo != ""
	if p.Here.MergedInto != "" {
		if p.Next, err = n.Area(ctx, p.Here.MergedInto); err != nil {
			return p, err
		}
	}
	s, ok, err := n.StationOf(ctx, code)
	if err != nil {
		return p, err
	}
	if ok {
		p.Station = &s
	}
	if err := n.below(c, &p, code); err != nil {
		return p, err
	}
	p.CanAdd = p.Here.Level < Village && !p.Ended
	p.CanMerge = !p.Ended && p.Here.Path != who.Area.Path
	digits, prefix := p.Here.codeBelow()
	p.CodeHint = "hint=" + fmt.Sprintf(codeHint, digits, prefix)
	return p, nil
}

func (n *Net) below(c echo.Context, p *treePage, code string) error {
	ctx := c.Request().Context()
	all, err := n.All(ctx, code)
	if err != nil {
		return err
	}
	found, err := n.Stations(ctx, p.Here.Access(), "", "", 5000)
	if err != nil {
		return err
	}
	of := make(map[string]Entry, len(found.Rows))
	for _, e := range found.Rows {
		of[e.Area] = e
	}
	for _, a := range all {
		row := belowRow{Area: a, Ended: a.ValidTo != ""}
		if e, ok := of[a.Code]; ok {
			row.Station, row.Phone, row.Has = e.Name, e.Phone, e.Has()
		}
		p.Below = append(p.Below, row)
	}
	return nil
}

func (n *Net) tree(c echo.Context) error {
	code := c.QueryParam("area")
	if code == "" {
		code = web.Actor(c).Area.Code()
	}
	p, err := n.treePage(c, code, areaForm{})
	if err != nil {
		return err
	}
	return web.Render(c, "network/tree", &p)
}

func (n *Net) add(c echo.Context) error {
	var f areaForm
	parent := c.Param("code")
	err := web.Bind(c, &f)
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	if err == nil {
		_, err = n.Add(c.Request().Context(), web.Actor(c), parent, f.Code, f.Name, "network.add/"+key)
	}
	if err == nil {
		return web.Done(c, "/desk/network?area="+parent, "network.added")
	}
	p, pageErr := n.treePage(c, parent, f)
	if pageErr != nil {
		return pageErr
	}
	return web.Refuse(c, web.Next(err, "/desk/network?area=%s"), "network/tree", &p)
}

type stationForm struct {
	Name    string   `form:"name"`
	Address string   `form:"address"`
	Phone   string   `form:"phone"`
	Hours   string   `form:"hours"`
	Has     []string `form:"has"`
	Version string   `form:"version"`
}

// The five things, as the boxes of the form send them.
const (
	hasOrganised = "organised"
	hasPosted    = "posted"
	hasStaffed   = "staffed"
	hasFunded    = "funded"
	hasBacked    = "backed"
)

func (f stationForm) details() Details {
	d := Details{Name: f.Name, Address: f.Address, Phone: f.Phone, Hours: f.Hours}
	for _, h := range f.Has {
		switch h {
		case hasOrganised:
			d.Organised = true
		case hasPosted:
			d.Posted = true
		case hasStaffed:
			d.Staffed = true
		case hasFunded:
			d.Funded = true
		case hasBacked:
			d.Backed = true
		}
	}
	return d
}

func formOf(e Entry) stationForm {
	f := stationForm{Name: e.Name, Address: e.Address, Phone: e.Phone, Hours: e.Hours, Version: strconv.FormatInt(e.Version, 10)}
	for _, h := range []struct {
		name string
		has  bool
	}{{hasOrganised, e.Organised}, {hasPosted, e.Posted}, {hasStaffed, e.Staffed}, {hasFunded, e.Funded}, {hasBacked, e.Backed}} {
		if h.has {
			f.Has = append(f.Has, h.name)
		}
	}
	return f
}

type stationPage struct {
	web.Page
	Place  string
	Action string
	Close  string // address of the closing page, "" for a station that is being opened
	Form   stationForm
	Five   []web.Option
}

func (n *Net) stationPage(c echo.Context, heading string, a Area, f stationForm) stationPage {
	p := stationPage{Page: web.Desk(c, heading), Place: a.Title, Action: c.Request().URL.Path, Form: f}
	p.Back = &web.Link{Title: a.Title, Href: "/desk/network?area=" + a.Code}
	for _, h := range []string{hasOrganised, hasPosted, hasStaffed, hasFunded, hasBacked} {
		p.Five = append(p.Five, web.Option{Value: h, Label: p.Word("network." + h)})
	}
	return p
}

// mine gives an area that lies in the person's own.
func (n *Net) mine(c echo.Context, code string) (Area, error) {
	a, err := n.Area(c.Request().Context(), code)
	if err != nil {
		return a, err
	}
	return a, web.Actor(c).NeedArea(a.Path)
}

func (n *Net) openForm(c echo.Context) error {
	a, err := n.mine(c, c.Param("code"))
	if err != nil {
		return err
	}
	p := n.stationPage(c, pageOpen, a, stationForm{})
	return web.Render(c, "network/station", &p)
}

func (n *Net) open(c echo.Context) error {
	a, err := n.mine(c, c.Param("code"))
	if err != nil {
		return err
	}
	var f stationForm
	err = web.Bind(c, &f)
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	if err == nil {
		_, err = n.Open(c.Request().Context(), web.Actor(c), a.Code, f.details(), "network.open/"+key)
	}
	if err == nil {
		return web.Done(c, "/desk/network?area="+a.Code, "network.opened")
	}
	p := n.stationPage(c, pageOpen, a, f)
	return web.Refuse(c, web.Next(err, "/desk/network?area="+a.Code), "network/station", &p)
}

// station gives the station of the address and its place, inside the person's area.
func (n *Net) station(c echo.Context) (Entry, Area, error) {
	e, err := n.Station(c.Request().Context(), c.Param("id"))
	if err != nil {
		return e, Area{}, err
	}
	a, err := n.mine(c, e.Area)
	return e, a, err
}

func (n *Net) editForm(c echo.Context) error {
	e, a, err := n.station(c)
	if err != nil {
		return err
	}
	p := n.stationPage(c, pageEdit, a, formOf(e))
	p.Close = "/desk/network/stations/" + e.ID + "/close"
	return web.Render(c, "network/station", &p)
}

func (n *Net) edit(c echo.Context) error {
	e, a, err := n.station(c)
	if err != nil {
		return err
	}
	var f stationForm
	err = web.Bind(c, &f)
	var version int64
	if err == nil {
		version, err = f.version()
	}
	if err == nil {
		err = n.Edit(c.Request().Context(), web.Actor(c), e.ID, version, f.details())
	}
	if err == nil {
		return web.Done(c, "/desk/network?area="+a.Code, "network.saved")
	}
	p := n.stationPage(c, pageEdit, a, f)
	p.Close = "/desk/network/stations/" + e.ID + "/close"
	return web.Refuse(c, err, "network/station", &p)
}

func (f stationForm) version() (int64, error) {
	v, err := strconv.ParseInt(f.Version, 10, 64)
	if err != nil {
		return 0, fault.Wrap(fault.Invalid, "form.unreadable", err)
	}
	return v, nil
}

type closePage struct {
	web.Page
	Station Entry
}

func (n *Net) closeForm(c echo.Context) error {
	e, _, err := n.station(c)
	if err != nil {
		return err
	}
	p := closePage{Page: web.Desk(c, pageClose), Station: e}
	p.Back = &web.Link{Title: e.Title, Href: "/desk/network?area=" + e.Area}
	return web.Render(c, "network/close", &p)
}

func (n *Net) close(c echo.Context) error {
	e, a, err := n.station(c)
	if err != nil {
		return err
	}
	var f stationForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	version, err := f.version()
	if err != nil {
		return err
	}
	if err := n.Close(c.Request().Context(), web.Actor(c), e.ID, version); err != nil {
		return err
	}
	return web.Done(c, "/desk/network?area="+a.Code, "network.closed")
}

type mergeForm struct {
	Into   string `form:"into"`
	Day    string `form:"day"`
	Reason string `form:"reason"`
}

type mergePage struct {
	web.Page
	Here Area
	Into []web.Option
	Form mergeForm
}

func (n *Net) mergePage(c echo.Context, f mergeForm) (mergePage, error) {
	a, err := n.mine(c, c.Param("code"))
	if err != nil {
		return mergePage{}, err
	}
	if a.Path == web.Actor(c).Area.Path {
		return mergePage{}, fault.New(fault.NotFound, "access.not_found") // only those above end an area
	}
	p := mergePage{Page: web.Desk(c, pageMerge), Here: a, Form: f, Into: []web.Option{{Label: noSuccessor}}}
	p.Back = &web.Link{Title: a.Title, Href: "/desk/network?area=" + a.Code}
	// Successors are looked for in the same county: a village under any of its townships.
	line := codesOf(a.Path)
	county, err := n.Area(c.Request().Context(), line[min(1, len(line)-1)])
	if err != nil {
		return p, err
	}
	in := county.Access()
	if !web.Actor(c).Area.Covers(in.Path) {
		in = web.Actor(c).Area
	}
	if a.Level <= County {
		in = access.Area{Path: "/" + Root + "/"}
	}
	opts, err := n.Options(c.Request().Context(), in, a.Level)
	if err != nil {
		return p, err
	}
	for _, o := range opts {
		if o.Value != a.Code {
			p.Into = append(p.Into, o)
		}
	}
	return p, nil
}

func (n *Net) mergeForm(c echo.Context) error {
	p, err := n.mergePage(c, mergeForm{Day: string(n.today())})
	if err != nil {
		return err
	}
	return web.Render(c, "network/merge", &p)
}

func (n *Net) merge(c echo.Context) error {
	var f mergeForm
	code := c.Param("code")
	err := web.Bind(c, &f)
	if err == nil {
		var day clock.Day
		if f.Day != "" {
			if day, err = clock.ParseDay(f.Day); err != nil {
				err = invalid("day", "network.day")
			}
		}
		if err == nil {
			err = n.Merge(c.Request().Context(), web.Actor(c), code, f.Into, day, f.Reason)
		}
	}
	if err == nil {
		return web.Done(c, "/desk/network?area="+code, "network.merged")
	}
	p, pageErr := n.mergePage(c, f)
	if pageErr != nil {
		return pageErr
	}
	return web.Refuse(c, err, "network/merge", &p)
}
