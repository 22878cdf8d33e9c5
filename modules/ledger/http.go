package ledger

import (
	"strings"

	"github.com/labstack/echo/v4"

	"care/server/web"
)

type fundsPage struct {
	web.Page
	Funds []Fund
	Sums  []web.Fact
	Trial []Balance
}

func (l *Ledger) funds(c echo.Context) error {
	fs, err := l.Funds(c.Request().Context(), nil)
	if err != nil {
		return err
	}
	page := &fundsPage{Page: web.Desk(c, title), Funds: fs}
	var all Fund
	for _, f := range fs {
		all.Available += f.Available
		all.Reserved += f.Reserved
		all.Committed += f.Committed
		all.Disbursed += f.Disbursed
	}
	page.Sums = []web.Fact{
		{Name: words["ledger.received"], Value: all.Received().Yuan(), Num: true}, {Name: words["ledger.available"], Value: all.Available.Yuan(), Num: true},
		{Name: words["ledger.reserved"], Value: all.Reserved.Yuan(), Num: true}, {Name: words["ledger.committed"], Value: all.Committed.Yuan(), Num: true},
		{Name: words["ledger.disbursed"], Value: all.Disbursed.Yuan(), Num: true},
	}
	if page.Trial, err = l.Trial(c.Request().Context()); err != nil {
		return err
	}
	return web.Render(c, "ledger/funds", page)
}

type fundPage struct {
	web.Page
	Fund  *Fund
	Flow  web.Flow
	Lines []Line
	Pager web.Pager
}

// FlowOf draws where a fund's money is; the public page of a campaign shows the same bar.
func FlowOf(f *Fund) web.Flow {
	return web.NewFlow(words["ledger.flow"],
		web.Part{Title: words["ledger.disbursed"], Amount: f.Disbursed, Tone: "green"}, web.Part{Title: words["ledger.committed"], Amount: f.Committed, Tone: "leaf"},
		web.Part{Title: words["ledger.reserved"], Amount: f.Reserved, Tone: "gold"}, web.Part{Title: words["ledger.available"], Amount: f.Available, Tone: "red"})
}

func (l *Ledger) fund(c echo.Context) error {
	ctx := c.Request().Context()
	f, err := l.Fund(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	page := &fundPage{Page: web.Desk(c, f.Name), Fund: f, Flow: FlowOf(f)}
	page.Back = &web.Link{Title: title, Href: "/desk/funds"}
	ls, err := l.Lines(ctx, f.ID, c.QueryParam("after"), 50)
	if err != nil {
		return err
	}
	page.Lines, page.Pager = ls.Rows, web.Pages(c, ls.Next)
	return web.Render(c, "ledger/fund", page)
}

type fundForm struct {
	Code    string `form:"code"`
	Name    string `form:"name"`
	Kind    string `form:"kind"`
	Purpose string `form:"purpose"`
}

type newPage struct {
	web.Page
	Form fundForm
}

func (l *Ledger) newForm(c echo.Context) error {
	return web.Render(c, "ledger/new", &newPage{Page: web.Desk(c, words["ledger.new"]), Form: fundForm{Kind: Restricted}})
}

func (l *Ledger) open(c echo.Context) error {
	page := &newPage{Page: web.Desk(c, words["ledger.new"])}
	err := web.Bind(c, &page.Form)
	if err != nil {
		return web.Refuse(c, err, "ledger/new", page)
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "ledger/new", page)
	}
	f, err := l.Open(c.Request().Context(), web.Actor(c), Fund{Code: strings.ToUpper(page.Form.Code), Name: page.Form.Name, Kind: page.Form.Kind, Purpose: page.Form.Purpose}, "ledger.open/"+key)
	if err != nil {
		return web.Refuse(c, web.Next(err, "/desk/funds/%s"), "ledger/new", page)
	}
	return web.Done(c, "/desk/funds/"+f.ID, "ledger.opened")
}

func (l *Ledger) close(c echo.Context) error {
	id := c.Param("id")
	if err := l.Close(c.Request().Context(), web.Actor(c), id); err != nil {
		return web.Next(err, "/desk/funds/%s")
	}
	return web.Done(c, "/desk/funds/"+id, "ledger.closed")
}
