package home

import (
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"care/modules/audit"
	"care/server/money"
	"care/server/web"
)

type indexPage struct {
	web.Page
	Totals
	Campaigns []Campaign
	Donations []Gift
	Notices   []Notice
}

func (s *Service) index(c echo.Context) error {
	ctx := c.Request().Context()
	page := &indexPage{Page: web.Public(c, "")}
	var err error
	if page.Totals, err = s.from.Totals(ctx); err != nil {
		return err
	}
	if page.Campaigns, err = s.from.Campaigns(ctx, 3); err != nil {
		return err
	}
	if page.Donations, err = s.from.Gifts(ctx, 6); err != nil {
		return err
	}
	if page.Notices, err = s.from.Notices(ctx, 4); err != nil {
		return err
	}
	return web.Render(c, "home/index", page)
}

type textPage struct{ web.Page }

func (s *Service) help(c echo.Context) error {
	return web.Render(c, "home/help", &textPage{web.Public(c, words["home.help"])})
}

func (s *Service) privacy(c echo.Context) error {
	return web.Render(c, "home/privacy", &textPage{web.Public(c, words["home.privacy"])})
}

type deskPage struct {
	web.Page
	Now     time.Time
	Queues  []queue
	Figures []web.Fact
	Acts    []act
	Links   []web.Link
}

type queue struct {
	Title, Href, Oldest string
	Count, Late         int
}

type act struct {
	At   time.Time
	Verb string
}

// desk shows what waits: the counted links of the person's own navigation are the work queues.
func (s *Service) desk(c echo.Context) error {
	ctx, who := c.Request().Context(), web.Actor(c)
	page := &deskPage{Page: web.Desk(c, words["home.desk"]), Now: s.trail.Now()()}
	for _, n := range web.Queues(c) {
		page.Queues = append(page.Queues, queue{Title: n.Title, Href: n.Href, Count: n.Count})
	}
	if page.Can("ledger.view") {
		fs, err := s.funds.Funds(ctx, nil)
		if err != nil {
			return err
		}
		var free, held, paid money.Fen
		for _, f := range fs {
			free, held, paid = free+f.Available, held+f.Reserved+f.Committed, paid+f.Disbursed
		}
		for _, one := range []struct {
			code string
			f    money.Fen
		}{{"ledger.received", free + held + paid}, {"ledger.available", free}, {"ledger.committed", held}, {"ledger.disbursed", paid}} {
			page.Figures = append(page.Figures, web.Fact{Name: page.Word(one.code), Value: one.f.Yuan(), Num: true})
		}
	}
	es, err := s.trail.Entries(ctx, audit.Filter{Actor: who.ID}, "", 12)
	if err != nil {
		return err
	}
	for _, e := range es.Rows {
		page.Acts = append(page.Acts, act{At: e.At, Verb: page.Word(e.Verb)})
	}
	slices.SortStableFunc(page.Acts, func(a, b act) int { return b.At.Compare(a.At) })
	for _, l := range []struct{ perm, word, href string }{
		{"relief.file", "home.file", "/desk/relief/new"}, {"donations.record", "home.record", "/desk/donations/new"}, {"donations.edit", "home.campaigns", "/desk/donations/campaigns"},
		{"ledger.view", "home.funds", "/desk/funds"}, {"", "home.verify", "/verify"}, {"", "home.me", "/desk/me"},
	} {
		if l.perm == "" || page.Can(l.perm) {
			page.Links = append(page.Links, web.Link{Title: words[l.word], Href: l.href})
		}
	}
	return web.Render(c, "home/desk", page)
}

func (s *Service) style(c echo.Context) error {
	p := web.StyleSample(web.Desk(c, ""))
	return web.Render(c, "home/style", &p)
}
