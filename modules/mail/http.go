package mail

import (
	"fmt"
	"strings"

	"github.com/labstack/echo/v4"

	"care/server/fault"
	"care/server/web"
)

type testForm struct {
	To string `form:"to"`
}

type listPage struct {
	web.Page
	Rows        []Row
	Pager       web.Pager
	State, Kind string
	Q           string
	States      []web.Option
	Kinds       []web.Option
	Failed      int
	Kept        int
	Server      *Server
	Form        testForm
}

// Tone is the colour of a letter's state.
func (r Row) Tone() string {
	switch r.State {
	case Sent:
		return "ok"
	case Waiting, Sending:
		return "wait"
	case Failed:
		return "bad"
	}
	return "plain"
}

func (p *Post) listPage(c echo.Context) (*listPage, error) {
	ctx := c.Request().Context()
	page := &listPage{Page: web.Desk(c, words["mail.title"]), State: c.QueryParam("state"), Kind: c.QueryParam("kind"), Q: strings.TrimSpace(c.QueryParam("q")), Server: p.set.Server}
	rows, err := p.List(ctx, Filter{State: State(page.State), Kind: page.Kind, Q: page.Q}, c.QueryParam("after"), 50)
	if err != nil {
		return nil, err
	}
	page.Rows, page.Pager = rows.Rows, web.Pages(c, rows.Next)
	counts, err := p.Counts(ctx)
	if err != nil {
		return nil, err
	}
	page.Failed, page.Kept = counts[Failed], counts[Kept]
	for _, s := range States() {
		label := fmt.Sprintf("%s %d", words["mail.state."+string(s)], counts[s])
		page.States = append(page.States, web.Option{Value: string(s), Label: label, Chosen: string(s) == page.State})
	}
	for _, k := range p.mails.Kinds() {
		page.Kinds = append(page.Kinds, web.Option{Value: k, Label: page.Word("mail.kind." + k), Chosen: k == page.Kind})
	}
	return page, nil
}

func (p *Post) list(c echo.Context) error {
	page, err := p.listPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "mailbox/list", page)
}

func (p *Post) test(c echo.Context) error {
	page, err := p.listPage(c)
	if err != nil {
		return err
	}
	if err := web.Bind(c, &page.Form); err != nil {
		return web.Refuse(c, err, "mailbox/list", page)
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "mailbox/list", page)
	}
	id, err := p.Test(c.Request().Context(), web.Actor(c), page.Form.To, key)
	if err != nil {
		return web.Refuse(c, web.Next(err, "/desk/mail/%s"), "mailbox/list", page)
	}
	return web.Done(c, "/desk/mail/"+id, "mail.done.test")
}

func (p *Post) sendKept(c echo.Context) error {
	var f struct{}
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	key, err := web.Token(c)
	if err != nil {
		return err
	}
	if _, err := p.SendKept(c.Request().Context(), web.Actor(c), key); err != nil {
		return web.Next(err, "/desk/mail")
	}
	return web.Done(c, "/desk/mail", "mail.done.kept")
}

type showPage struct {
	web.Page
	L     *Whole
	Self  string
	Again bool // the letter may be sent again
}

func (p *Post) showPage(c echo.Context) (*showPage, error) {
	w, err := p.Letter(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	page := &showPage{Page: web.Desk(c, words["mail.page"]), L: w, Self: "/desk/mail/" + w.ID, Again: w.MayResend()}
	page.Back = &web.Link{Title: words["mail.title"], Href: "/desk/mail"}
	return page, nil
}

func (p *Post) show(c echo.Context) error {
	page, err := p.showPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "mailbox/show", page)
}

func (p *Post) resend(c echo.Context) error {
	var f struct{}
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	key, err := web.Token(c)
	if err != nil {
		return err
	}
	id, err := p.Resend(c.Request().Context(), web.Actor(c), c.Param("id"), key)
	if err != nil {
		return web.Next(err, "/desk/mail/"+c.Param("id"))
	}
	return web.Done(c, "/desk/mail/"+id, "mail.done.resent")
}

type bouncePage struct {
	web.Page
	L    *Whole
	Self string
}

func (p *Post) bounceForm(c echo.Context) error {
	w, err := p.Letter(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	if w.State != Sent || w.Way != ByMail {
		return fault.New(fault.Conflict, "mail.not_sent")
	}
	page := &bouncePage{Page: web.Desk(c, words["mail.bounce"]), L: w, Self: "/desk/mail/" + w.ID}
	page.Back = &web.Link{Title: words["mail.page"], Href: page.Self}
	return web.Render(c, "mailbox/bounce", page)
}

func (p *Post) bounce(c echo.Context) error {
	if err := p.Bounced(c.Request().Context(), web.Actor(c), c.Param("id")); err != nil {
		return err
	}
	return web.Done(c, "/desk/mail/"+c.Param("id"), "mail.done.bounced")
}

type revealForm struct {
	Why string `form:"why"`
}

type revealPage struct {
	web.Page
	L       *Whole
	Self    string
	Form    revealForm
	Reasons []web.Option
	Plain   *Plain
}

func (p *Post) revealPage(c echo.Context) (*revealPage, error) {
	w, err := p.Letter(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	page := &revealPage{Page: web.Desk(c, words["mail.reveal"]), L: w, Self: "/desk/mail/" + w.ID}
	for _, r := range reasons {
		page.Reasons = append(page.Reasons, web.Option{Value: r, Label: words["mail.reveal."+r]})
	}
	page.Back = &web.Link{Title: words["mail.page"], Href: page.Self}
	return page, nil
}

func (p *Post) revealForm(c echo.Context) error {
	page, err := p.revealPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "mailbox/reveal", page)
}

// reveal shows the letter once, as the answer itself: it must not be left at an address.
func (p *Post) reveal(c echo.Context) error {
	page, err := p.revealPage(c)
	if err != nil {
		return err
	}
	if err := web.Bind(c, &page.Form); err != nil {
		return err
	}
	if page.Plain, err = p.Reveal(c.Request().Context(), web.Actor(c), c.Param("id"), page.Form.Why); err != nil {
		return web.Refuse(c, err, "mailbox/reveal", page)
	}
	return web.Render(c, "mailbox/reveal", page)
}
