package disclosure

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"care/modules/ledger"
	"care/server/clock"
	"care/server/fault"
	"care/server/money"
	"care/server/web"
)

// csvSize is how many rows of a download are read at once.
const csvSize = 1000

// fundRow is a fund as the public sees it.
type fundRow struct {
	ledger.Fund
	Href string
	Flow web.Flow
	Got  money.Fen
}

type fundsPage struct {
	web.Page
	Sum   web.Flow
	Got   money.Fen
	Rows  []fundRow
	Rest  money.Fen // of funds that are not shown by name
	Today clock.Day
}

// shownFunds gives the funds that the public sees by name, and the sum of the others.
func (s *Office) shownFunds(c echo.Context) (shown []ledger.Fund, rest, all ledger.Fund, err error) {
	ctx := c.Request().Context()
	hidden, err := s.hidden(ctx, s.db)
	if err != nil {
		return nil, rest, all, err
	}
	fs, err := s.books.Funds(ctx, nil)
	for _, f := range fs {
		sum(&all, f)
		if hidden[f.ID] {
			sum(&rest, f)
		} else {
			shown = append(shown, f)
		}
	}
	return shown, rest, all, err
}

func sum(to *ledger.Fund, f ledger.Fund) {
	to.Available, to.Reserved, to.Committed, to.Disbursed = to.Available+f.Available, to.Reserved+f.Reserved, to.Committed+f.Committed, to.Disbursed+f.Disbursed
}

func (s *Office) funds(c echo.Context) error {
	shown, rest, all, err := s.shownFunds(c)
	if err != nil {
		return err
	}
	p := &fundsPage{Page: web.Public(c, words["disclosure.page.funds"]), Sum: ledger.FlowOf(&all), Got: all.Received(), Rest: rest.Received(), Today: s.Today()}
	p.Back = &web.Link{Title: title, Href: "/disclosure"}
	for _, f := range shown {
		p.Rows = append(p.Rows, fundRow{Fund: f, Href: "/funds/" + f.Code, Flow: ledger.FlowOf(&f), Got: f.Received()})
	}
	return web.Render(c, "disclosure/funds", p)
}

// fundsCSV sends where the money of every fund is now; it ends with the count and the sums.
func (s *Office) fundsCSV(c echo.Context) error {
	shown, rest, all, err := s.shownFunds(c)
	if err != nil {
		return err
	}
	out, err := sheet(c, "funds-"+string(s.Today()), "disclosure.csv.funds")
	if err != nil {
		return err
	}
	line := func(code, name, kind string, f ledger.Fund) {
		out.row(code, name, kind, f.Received().String(), f.Available.String(), f.Reserved.String(), f.Committed.String(), f.Disbursed.String())
	}
	for _, f := range shown {
		line(f.Code, f.Name, words["disclosure.fund."+f.Kind], f)
	}
	n := len(shown)
	if rest.Received() != 0 {
		line("", words["disclosure.rest"], "", rest)
		n++
	}
	line(words["disclosure.csv.total"], strconv.Itoa(n), "", all)
	return out.end()
}

type fundPage struct {
	web.Page
	F        ledger.Fund
	Got      money.Fen
	Flow     web.Flow
	Moves    []Movement
	Pager    web.Pager
	Campaign *Campaign
	Reports  []reportRow
	Self     string
}

// fundOf finds a fund that the public may see.
func (s *Office) fundOf(c echo.Context) (*ledger.Fund, error) {
	shown, _, _, err := s.shownFunds(c)
	for i := range shown {
		if shown[i].Code == c.Param("code") {
			return &shown[i], err
		}
	}
	if err == nil {
		err = fault.New(fault.NotFound, "db.not_found")
	}
	return nil, err
}

func (s *Office) fund(c echo.Context) error {
	ctx := c.Request().Context()
	f, err := s.fundOf(c)
	if err != nil {
		return err
	}
	p := &fundPage{Page: web.Public(c, f.Name), F: *f, Got: f.Received(), Flow: ledger.FlowOf(f), Self: "/funds/" + f.Code}
	p.Back = &web.Link{Title: words["disclosure.page.funds"], Href: "/funds"}
	ms, err := s.Movements(ctx, f.ID, c.QueryParam("after"), pageSize)
	if err != nil {
		return err
	}
	p.Moves, p.Pager = ms.Rows, web.Pages(c, ms.Next)
	cs, err := s.campaigns.All(ctx, s.db)
	if err != nil {
		return err
	}
	for i := range cs {
		if cs[i].Fund == f.ID {
			p.Campaign = &cs[i]
			ls, err := s.Published(ctx, cs[i].ID, "", pageSize)
			if err != nil {
				return err
			}
			p.Reports = rows(ls.Rows, false)
		}
	}
	return web.Render(c, "disclosure/fund", p)
}

// movesCSV streams all movements of a fund; it ends with the count and with what came and went.
func (s *Office) movesCSV(c echo.Context) error {
	f, err := s.fundOf(c)
	if err != nil {
		return err
	}
	out, err := sheet(c, f.Code+"-"+string(s.Today()), "disclosure.csv.moves")
	if err != nil {
		return err
	}
	var got, spent money.Fen
	n, after := 0, ""
	for {
		ms, err := s.Movements(c.Request().Context(), f.ID, after, csvSize)
		if err != nil {
			out.row(words["disclosure.csv.broken"])
			_ = out.end()
			return err
		}
		for _, m := range ms.Rows {
			in, off := m.came()
			got, spent = got+in, spent+off
			out.row(string(m.Day), words["disclosure.move."+m.Kind], words[m.From()], words[m.To()], m.Amount.String(), in.String(), off.String())
			n++
		}
		if after = ms.Next; after == "" {
			break
		}
	}
	out.row(words["disclosure.csv.total"], strconv.Itoa(n), "", "", "", got.String(), spent.String())
	return out.end()
}
