package relief

import (
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"care/server/fault"
	"care/server/web"
)

type shownNotice struct {
	Notice
	Word, Tone string
}

type noticesPage struct {
	web.Page
	Rows  []shownNotice
	Pager web.Pager
}

// notices is the public list.
func (s *Relief) notices(c echo.Context) error {
	ns, err := s.Notices(c.Request().Context(), c.QueryParam("after"), 20)
	if err != nil {
		return err
	}
	p := &noticesPage{Page: web.Public(c, words["relief.menu.notices"]), Pager: web.Pages(c, ns.Next)}
	for _, n := range ns.Rows {
		tone := "info"
		switch n.State {
		case Paused:
			tone = "wait"
		case Closed:
			tone = "ok"
		}
		p.Rows = append(p.Rows, shownNotice{n, words["relief.notice."+string(n.State)], tone})
	}
	return web.Render(c, "relief/notices", p)
}

type noticePage struct {
	web.Page
	Notice Notice
	State  string
	Tone   string
	Open   bool // objections are taken
}

// notice is one public notice.
func (s *Relief) noticeShow(c echo.Context) error {
	n, err := s.Notice(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	p := &noticePage{Page: web.Public(c, words["relief.paper.notice"]), Notice: *n, State: words["relief.notice."+string(n.State)], Tone: "info", Open: takes(n, s)}
	p.Back = &web.Link{Title: words["relief.menu.notices"], Href: "/notices"}
	if n.State == Closed {
		p.Tone = "ok"
	}
	return web.Render(c, "relief/notice", p)
}

// takes tells whether objections to a notice are taken today.
func takes(n *Notice, s *Relief) bool {
	return n.State == Paused || n.State == Open && s.today() <= n.ToDay
}

type objectForm struct {
	Name  string `form:"name"`
	Phone string `form:"phone"`
	Facts string `form:"facts"`
}

type objectPage struct {
	web.Page
	Notice Notice
	Form   objectForm
}

func (s *Relief) objectPage(c echo.Context) (*objectPage, error) {
	n, err := s.Notice(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	if !takes(n, s) {
		return nil, fault.New(fault.Conflict, "relief.notice_over")
	}
	p := &objectPage{Page: web.Public(c, words["relief.page.object"]), Notice: *n}
	p.Back = &web.Link{Title: words["relief.paper.notice"], Href: "/notices/" + n.ID}
	return p, nil
}

func (s *Relief) objectForm(c echo.Context) error {
	p, err := s.objectPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "relief/object", p)
}

func (s *Relief) object(c echo.Context) error {
	var f objectForm
	err := web.Bind(c, &f)
	key, number := "", ""
	if err == nil {
		key, err = web.Token(c)
	}
	if err == nil {
		number, err = s.Raise(c.Request().Context(), web.Actor(c), c.Param("id"), NewObjection(f), key)
	}
	if err == nil {
		return web.Done(c, "/objections/"+url.PathEscape(number), "")
	}
	if fault.KindOf(err) != fault.Invalid {
		return web.Next(err, "/objections/%s")
	}
	p, perr := s.objectPage(c)
	if perr != nil {
		return perr
	}
	p.Form = f
	return web.Refuse(c, err, "relief/object", p)
}

type receiptPage struct {
	web.Page
	Objection Objection
	State     string
	Tone      string
}

// receipt tells an objector where the objection stands. It names neither the objector nor the applicant.
func (s *Relief) receipt(c echo.Context) error {
	x, err := s.Receipt(c.Request().Context(), strings.ToUpper(c.Param("number")))
	if err != nil {
		return err
	}
	p := &receiptPage{Page: web.Public(c, words["relief.page.receipt"]), Objection: *x, State: words["relief.objection."+x.State], Tone: "wait"}
	if x.State != "open" {
		p.Tone = "ok"
	}
	return web.Render(c, "relief/receipt", p)
}

type deskNotice struct {
	NoticeRow
	Word, Tone string
	Late       bool
}

type deskNoticesPage struct {
	web.Page
	Rows     []deskNotice
	Pager    web.Pager
	CanClose bool
}

func (s *Relief) deskNotices(c echo.Context) error {
	who := web.Actor(c)
	rows, err := s.NoticeList(c.Request().Context(), who, c.QueryParam("after"), 40)
	if err != nil {
		return err
	}
	p := &deskNoticesPage{Page: web.Desk(c, words["relief.nav.notices"]), Pager: web.Pages(c, rows.Next), CanClose: who.Can(City)}
	for _, r := range rows.Rows {
		d := deskNotice{r, words["relief.notice."+string(r.State)], "plain", false}
		switch r.State {
		case Open:
			d.Tone, d.Late = "info", s.today() > r.ToDay
		case Paused:
			d.Tone = "bad"
		case Closed:
			d.Tone = "ok"
		}
		p.Rows = append(p.Rows, d)
	}
	return web.Render(c, "relief/desk-notices", p)
}

// closeNow runs the daily closing of notices on demand; it does what the clock would do.
func (s *Relief) closeNow(c echo.Context) error {
	if err := web.Bind(c, &struct{}{}); err != nil {
		return err
	}
	if _, err := s.CloseNotices(c.Request().Context()); err != nil {
		return err
	}
	return web.Done(c, "/desk/relief/notices", "word.done")
}

type decideForm struct {
	Reason string `form:"reason"`
	Why    string `form:"why"`
}

type objectionPage struct {
	web.Page
	Objection   Objection
	Case        Case
	Facts       string
	State, Tone string
	Decide      bool
	Form        decideForm
	Name, Phone string // opened for a reason
}

func (s *Relief) objectionPage(c echo.Context) (*objectionPage, error) {
	ctx, who := c.Request().Context(), web.Actor(c)
	x, cs, facts, err := s.Facts(ctx, who, c.Param("id"))
	if err != nil {
		return nil, err
	}
	p := &objectionPage{Page: web.Desk(c, x.Number), Objection: *x, Case: *cs, Facts: facts, State: words["relief.objection."+x.State], Tone: "plain"}
	p.Back = &web.Link{Title: words["relief.nav.notices"], Href: "/desk/relief/notices"}
	if x.State == "open" {
		h, err := s.Sheet(ctx, who, cs.ID)
		if err != nil {
			return nil, err
		}
		p.Tone = "bad"
		p.Decide = h.Actors[who.ID] == "" || h.Actors[who.ID] == stageObjection
	}
	return p, nil
}

func (s *Relief) objectionShow(c echo.Context) error {
	p, err := s.objectionPage(c)
	if err != nil {
		return err
	}
	if err := s.trail.Saw(c.Request().Context(), web.Actor(c), Object, p.Case.ID, "relief.objection", p.Objection.Number); err != nil {
		return err
	}
	return web.Render(c, "relief/objection", p)
}

func (s *Relief) objectionDecide(c echo.Context) error {
	ctx, who := c.Request().Context(), web.Actor(c)
	var f decideForm
	err := web.Bind(c, &f)
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	if err == nil {
		switch c.Param("verdict") {
		case "dismiss":
			err = s.Dismiss(ctx, who, c.Param("id"), f.Reason, key)
		case "uphold":
			err = s.Uphold(ctx, who, c.Param("id"), f.Reason, key)
		default:
			return fault.New(fault.NotFound, "http.404")
		}
	}
	if err == nil {
		return web.Done(c, "/desk/relief/objections/"+c.Param("id"), "relief.done.decided")
	}
	if fault.KindOf(err) != fault.Invalid {
		return web.Next(err, "/desk/relief/objections/"+c.Param("id"))
	}
	p, perr := s.objectionPage(c)
	if perr != nil {
		return perr
	}
	p.Form = f
	return web.Refuse(c, err, "relief/objection", p)
}

// objector opens who objected, for a reason.
func (s *Relief) objector(c echo.Context) error {
	var f decideForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	name, phone, err := s.Objector(c.Request().Context(), web.Actor(c), c.Param("id"), f.Why)
	p, perr := s.objectionPage(c)
	if perr != nil {
		return perr
	}
	p.Form = f
	if err != nil {
		return web.Refuse(c, err, "relief/objection", p)
	}
	p.Name, p.Phone = name, phone
	return web.Render(c, "relief/objection", p)
}
