package channels

import (
	"context"
	"encoding/csv"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"care/server/clock"
	"care/server/db"
	"care/server/money"
	"care/server/web"
)

const pageSize = 30

// Filter is what the desk's list is narrowed to.
type Filter struct {
	Channel string
	State   string // a State, "back" or "problem"
	Q       string // a number, ours or the channel's
}

// Row is an order on the desk's list.
type Row = orderRow

// List lists orders, newest first.
func (s *Channels) List(ctx context.Context, f Filter, before string, size int) (db.Page[Row], error) {
	rs, err := listOrders(ctx, s.db, f, before, size+1)
	return db.Cut(rs, size, func(r Row) string { return r.ID }), db.Fault(err)
}

// Problems counts what a person must look at: orders whose facts differ, and refunds that failed.
func (s *Channels) Problems(ctx context.Context) (int, error) {
	n, err := countProblems(ctx, s.db)
	return n, db.Fault(err)
}

type deskPage struct {
	web.Page
	None             bool // no channel is configured
	Q, State         string
	States, Channels []web.Option
	Rows             []deskRow
	Pager            web.Pager
	Export           string
	Odd              []eventRow // notifications that could not be booked
}

type deskRow struct {
	Row
	Name, Way, Word, Tone, Back, BackTone, Href string
}

func filter(c echo.Context) Filter {
	return Filter{Channel: c.QueryParam("channel"), State: c.QueryParam("state"), Q: strings.TrimSpace(c.QueryParam("q"))}
}

func (s *Channels) desk(c echo.Context) error {
	ctx, f := c.Request().Context(), filter(c)
	rows, err := s.List(ctx, f, c.QueryParam("after"), pageSize)
	if err != nil {
		return err
	}
	p := &deskPage{Page: web.Desk(c, words["channels.page.desk"]), None: len(s.lines) == 0, Q: f.Q, State: f.State, Pager: web.Pages(c, rows.Next)}
	for _, st := range []string{string(Made), string(Open), string(Paid), string(Surplus), string(Odd), string(Closed), "back", "problem"} {
		p.States = append(p.States, web.Option{Value: st, Label: words["channels.state."+st], Chosen: st == f.State})
	}
	for _, n := range s.names {
		p.Channels = append(p.Channels, web.Option{Value: n, Label: Title(n), Chosen: n == f.Channel})
	}
	for _, r := range rows.Rows {
		p.Rows = append(p.Rows, row(r))
	}
	p.Export = "/desk/channels/export.csv?" + url.Values{"channel": {f.Channel}, "state": {f.State}, "q": {f.Q}}.Encode()
	odd, err := listOddEvents(ctx, s.db)
	if err != nil {
		return db.Fault(err)
	}
	for _, e := range odd {
		p.Odd = append(p.Odd, told(e))
	}
	return web.Render(c, "channels/desk", p)
}

func row(r Row) deskRow {
	d := deskRow{Row: r, Name: Title(r.Channel), Way: words["channels.way."+r.Way], Word: words["channels.state."+string(r.State)], Tone: tone(r.State), Href: "/desk/channels/orders/" + r.ID}
	if r.RefundState != "" {
		d.Back, d.BackTone = words["channels.refund."+r.RefundState], backTone(r.RefundState)
	}
	return d
}

func tone(s State) string {
	switch s {
	case Paid:
		return "ok"
	case Open, Made:
		return "info"
	case Surplus:
		return "wait"
	case Odd:
		return "bad"
	}
	return "plain"
}

func backTone(state string) string {
	switch state {
	case back:
		return "ok"
	case failed:
		return "bad"
	}
	return "wait"
}

// eventRow is one thing that a channel told.
type eventRow struct {
	At                            time.Time
	Source, Kind, Outcome, Tone   string
	Channel, OrderNo, Txn, Number string
	Amount                        money.Fen
}

func told(e Event) eventRow {
	r := eventRow{At: e.CameAt, Source: words["channels.event.notice"], Kind: words["channels.kind."+e.Kind], Outcome: words["channels.outcome."+e.Outcome], Tone: "plain",
		Channel: Title(e.Channel), OrderNo: e.OrderNo, Txn: e.Txn, Number: e.Event, Amount: e.Amount}
	if strings.HasPrefix(e.Event, "query/") {
		r.Source = words["channels.event.query"]
	}
	switch e.Outcome {
	case taken:
		r.Tone = "ok"
	case differs, unknown:
		r.Tone = "bad"
	case surplus, "":
		r.Tone = "wait"
	}
	return r
}

type orderPage struct {
	web.Page
	O        Order
	Word     string
	Tone     string
	Facts    []web.Fact
	Events   []eventRow
	R        *Refund
	RWord    string
	RTone    string
	RFacts   []web.Fact
	CanRetry bool
}

func (s *Channels) orderPage(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := findOrder(ctx, s.db, c.Param("id"))
	if err != nil {
		return db.Fault(err)
	}
	p := &orderPage{Page: web.Desk(c, words["channels.page.order"]), O: *o, Word: words["channels.state."+string(o.State)], Tone: tone(o.State)}
	p.Back = &web.Link{Title: words["channels.page.desk"], Href: "/desk/channels"}
	stamp := func(t time.Time) string { return t.In(clock.Beijing).Format(time.DateTime) }
	p.Facts = []web.Fact{
		{Name: words["channels.fact.gift"], Value: words["channels.fact.open"], Href: "/desk/donations/" + o.Gift},
		{Name: words["channels.fact.channel"], Value: Title(o.Channel) + " " + words["channels.way."+o.Way]},
		{Name: words["channels.fact.no"], Value: o.No, Num: true},
		{Name: words["channels.fact.made"], Value: stamp(o.MadeAt), Num: true},
		{Name: words["channels.fact.expires"], Value: stamp(o.ExpiresAt), Num: true},
	}
	if o.Txn != "" {
		p.Facts = append(p.Facts, web.Fact{Name: words["channels.fact.txn"], Value: o.Txn, Num: true}, web.Fact{Name: words["channels.fact.paid"], Value: stamp(*o.PaidAt), Num: true})
	}
	es, err := listEventsOf(ctx, s.db, o.Channel, o.No)
	if err != nil {
		return db.Fault(err)
	}
	for _, e := range es {
		p.Events = append(p.Events, told(e))
	}
	rs, err := listRefundsOf(ctx, s.db, o.ID)
	if err != nil {
		return db.Fault(err)
	}
	if len(rs) == 1 {
		r := &rs[0]
		p.R, p.RWord, p.RTone, p.CanRetry = r, words["channels.refund."+r.State], backTone(r.State), r.State == failed && web.Actor(c).Can(HandlePerm)
		p.RFacts = []web.Fact{{Name: words["channels.fact.refund_no"], Value: r.No, Num: true}, {Name: words["channels.fact.asked"], Value: stamp(r.AskedAt), Num: true}, {Name: words["channels.fact.reason"], Value: r.Reason}}
		if r.Txn != "" {
			p.RFacts = append(p.RFacts, web.Fact{Name: words["channels.fact.refund_txn"], Value: r.Txn, Num: true})
		}
		if r.PaidAt != nil {
			p.RFacts = append(p.RFacts, web.Fact{Name: words["channels.fact.back"], Value: stamp(*r.PaidAt), Num: true})
		}
		if r.Problem != "" {
			text := words["channels.problem."+r.Problem]
			if text == "" {
				text = r.Problem // the channel's own code
			}
			p.RFacts = append(p.RFacts, web.Fact{Name: words["channels.fact.problem"], Value: text})
		}
	}
	return web.Render(c, "channels/order", p)
}

func (s *Channels) retry(c echo.Context) error {
	ctx := c.Request().Context()
	if err := web.Bind(c, &struct{}{}); err != nil {
		return err
	}
	key, err := web.Token(c)
	if err != nil {
		return err
	}
	r, err := findRefund(ctx, s.db, c.Param("id"))
	if err != nil {
		return db.Fault(err)
	}
	if err := s.Retry(ctx, web.Actor(c), r.ID, key); err != nil {
		return web.Next(err, "/desk/channels/orders/"+r.OrderID)
	}
	return web.Done(c, "/desk/channels/orders/"+r.OrderID, "channels.retried")
}

func (s *Channels) export(c echo.Context) error {
	w, err := spreadsheet(c, "payments-"+string(clock.DayOf(s.trail.Now()()))+".csv")
	if err != nil {
		return err
	}
	_ = w.Write(strings.Split(words["channels.csv.head"], ",")) // errors stay in the writer
	var total money.Fen
	n, after, f := 0, "", filter(c)
	for {
		rows, err := s.List(c.Request().Context(), f, after, 500)
		if err != nil {
			_ = w.Write([]string{words["channels.csv.broken"]})
			w.Flush()
			return err
		}
		for _, r := range rows.Rows {
			d := row(r)
			_ = w.Write([]string{r.MadeAt.In(clock.Beijing).Format("2006-01-02 15:04"), r.No, d.Name, d.Way, d.Word, r.Amount.String(), r.Txn, string(r.PaidOn), d.Back})
			n++
			total += r.Amount
		}
		if after = rows.Next; after == "" {
			break
		}
	}
	_ = w.Write([]string{words["channels.csv.total"], strconv.Itoa(n), "", "", "", total.String(), "", "", ""})
	w.Flush()
	return w.Error()
}

// spreadsheet begins an answer that spreadsheets open as UTF-8.
func spreadsheet(c echo.Context, name string) (*csv.Writer, error) {
	h := c.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	c.Response().WriteHeader(http.StatusOK)
	_, err := c.Response().Write([]byte("\ufeff"))
	return csv.NewWriter(c.Response()), err
}
