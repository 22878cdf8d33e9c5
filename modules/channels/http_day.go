package channels

import (
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/money"
	"care/server/web"
)

type daysPage struct {
	web.Page
	None     bool
	Channels []web.Option
	Form     billForm
	Rows     []dayLine
	Pager    web.Pager
}

type billForm struct {
	Channel string `form:"channel"`
	Day     string `form:"day"`
}

// dayLine is a day on the list.
type dayLine struct {
	dayRow
	Name, Word, Tone, Href string
	Net                    money.Fen
}

func (s *Channels) daysPage(c echo.Context) (*daysPage, error) {
	p := &daysPage{Page: web.Desk(c, words["channels.page.days"]), None: len(s.lines) == 0}
	for _, n := range s.names {
		p.Channels = append(p.Channels, web.Option{Value: n, Label: Title(n)})
	}
	rs, err := listDays(c.Request().Context(), s.db, c.QueryParam("after"), pageSize+1)
	if err != nil {
		return nil, db.Fault(err)
	}
	rows := db.Cut(rs, pageSize, func(r dayRow) string { return string(r.Day.Day) + "/" + r.Channel })
	p.Pager = web.Pages(c, rows.Next)
	for _, r := range rows.Rows {
		l := dayLine{dayRow: r, Name: Title(r.Channel), Word: words["channels.day."+r.State], Tone: map[string]string{dayClosed: "ok"}[r.State], Href: dayHref(r.Channel, r.Day.Day), Net: r.Gross - r.Refunds - r.Fee}
		if l.Tone == "" {
			l.Tone = "wait"
		}
		p.Rows = append(p.Rows, l)
	}
	return p, nil
}

func dayHref(channel string, day clock.Day) string {
	return "/desk/channels/days/" + channel + "/" + string(day)
}

func (s *Channels) days(c echo.Context) error {
	p, err := s.daysPage(c)
	if err != nil {
		return err
	}
	if len(s.names) > 0 {
		p.Form.Channel = s.names[0]
	}
	p.Form.Day = string(clock.DayOf(s.trail.Now()()).Add(-1))
	return web.Render(c, "channels/days", p)
}

func (s *Channels) fetchBill(c echo.Context) error {
	p, err := s.daysPage(c)
	if err != nil {
		return err
	}
	if err := web.Bind(c, &p.Form); err != nil {
		return web.Refuse(c, err, "channels/days", p)
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "channels/days", p)
	}
	if err := s.FetchBill(c.Request().Context(), web.Actor(c), p.Form.Channel, readDay(p.Form.Day), key); err != nil {
		return web.Refuse(c, web.Next(err, "/desk/channels/days"), "channels/days", p)
	}
	return web.Done(c, "/desk/channels/days", "channels.fetched")
}

// readDay reads a date; one that cannot be read stays empty and is named by the act.
func readDay(s string) clock.Day {
	d, err := clock.ParseDay(strings.TrimSpace(s))
	if err != nil {
		return ""
	}
	return d
}

type dayPage struct {
	web.Page
	D          Day
	Name       string
	Word       string
	Tone       string
	Self       string
	Bill       *Bill
	Print      string // beginning of the file's hash
	Rows       []threeWay
	Diffs      []diffRow
	Gone       int
	Open       int
	Settlement *Settlement
	SWord      string
	Form       settleForm
	CanSettle  bool
	CanConfirm bool
	CanCompare bool
	CanClose   bool
	Hinder     string // why the day cannot be closed, as a sentence
}

// threeWay is one line of the comparison.
type threeWay struct {
	Title                      string
	OurN, BillN                int
	Ours, Bills, Banks         money.Fen
	HasOurs, HasBill, HasBank  bool
	Counted, Strong, Different bool
}

type diffRow struct {
	Difference
	Title, Word, DTone, Href string
}

type settleForm struct {
	Amount  string `form:"amount"`
	BankRef string `form:"bank_ref"`
	BankDay string `form:"bank_day"`
}

func (s *Channels) dayPage(c echo.Context) (*dayPage, error) {
	ctx, who, channel := c.Request().Context(), web.Actor(c), c.Param("channel")
	d, err := findDay(ctx, s.db, channel, clock.Day(c.Param("day")))
	if err != nil {
		return nil, db.Fault(err)
	}
	p := &dayPage{Page: web.Desk(c, words["channels.page.days"]), D: *d, Name: Title(channel), Word: words["channels.day."+d.State], Tone: "wait", Self: dayHref(channel, d.Day)}
	p.Back = &web.Link{Title: words["channels.page.days"], Href: "/desk/channels/days"}
	if d.State == dayClosed {
		p.Tone = "ok"
	}
	if p.Bill, err = orNone(findBill(ctx, s.db, channel, d.Day)); err != nil {
		return nil, err
	}
	if p.Settlement, err = orNone(findSettlement(ctx, s.db, channel, d.Day)); err != nil {
		return nil, err
	}
	ds, err := listDifferences(ctx, s.db, channel, d.Day)
	if err != nil {
		return nil, db.Fault(err)
	}
	for _, x := range ds {
		switch x.State {
		case diffGone:
			p.Gone++
			continue
		case diffOpen, diffExplained:
			p.Open++
		}
		p.Diffs = append(p.Diffs, diff(x))
	}
	if err := s.threeWays(c, p); err != nil {
		return nil, err
	}
	p.CanCompare = who.Can(HandlePerm) && p.Bill != nil
	p.CanSettle = who.Can(HandlePerm) && p.Settlement == nil && p.Bill != nil
	if x := p.Settlement; x != nil {
		p.SWord = words["channels.settlement."+x.State]
		p.CanConfirm = x.State == recorded && may(who, x.RecordedBy)
	}
	p.CanClose = d.State == dayOpen && who.Can(ClosePerm)
	switch {
	case p.Bill == nil:
		p.Hinder = words["channels.no_bill"]
	case p.Open > 0:
		p.Hinder = strings.Replace(words["channels.still_open"], "%d", strconv.Itoa(p.Open), 1)
	case p.Settlement != nil && p.Settlement.State == recorded:
		p.Hinder = words["channels.unconfirmed"]
	case p.Settlement != nil && !may(who, p.Settlement.RecordedBy):
		p.Hinder = words["channels.same_person"]
	}
	return p, nil
}

// may tells whether somebody could be the second person after those named.
func may(who access.Actor, earlier ...string) bool {
	return who.Can(ClosePerm) && who.NotEarlier("channels.same_person", earlier...) == nil
}

// orNone makes nil of what is not there.
func orNone[T any](x *T, err error) (*T, error) {
	if err = db.Fault(err); err == nil {
		return x, nil
	}
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	return nil, err
}

func diff(x Difference) diffRow {
	tone := map[string]string{diffOpen: "bad", diffExplained: "wait", diffSigned: "ok"}[x.State]
	return diffRow{Difference: x, Title: words["channels.diff."+x.Kind], Word: words["channels.diff."+x.State], DTone: tone, Href: "/desk/channels/differences/" + x.ID}
}

// threeWays sets our orders, the bill and the bank side by side.
func (s *Channels) threeWays(c echo.Context, p *dayPage) error {
	ctx := c.Request().Context()
	in, out, err := sumDay(ctx, s.db, p.D.Channel, p.D.Day)
	if err != nil {
		return db.Fault(err)
	}
	rows := []threeWay{
		{Title: words["channels.row.payments"], OurN: in.N, Ours: in.Amount, HasOurs: true, Counted: true},
		{Title: words["channels.row.refunds"], OurN: out.N, Ours: -out.Amount, HasOurs: true, Counted: true},
		{Title: words["channels.row.fee"]},
		{Title: words["channels.row.net"], Strong: true},
	}
	if b := p.Bill; b != nil {
		n, m, err := countLines(ctx, s.db, b.ID)
		if err != nil {
			return db.Fault(err)
		}
		rows[0].BillN, rows[1].BillN = n, m
		for i, x := range []money.Fen{b.Gross, -b.Refunds, -b.Fee, b.Net()} {
			rows[i].Bills, rows[i].HasBill = x, true
		}
		p.Print = b.Hash[:16]
	}
	if x := p.Settlement; x != nil {
		rows[3].Banks, rows[3].HasBank = x.Amount, true
	}
	for _, d := range p.Diffs {
		rows[about(d.Kind)].Different = true
	}
	p.Rows = rows
	return nil
}

func (s *Channels) day(c echo.Context) error {
	p, err := s.dayPage(c)
	if err != nil {
		return err
	}
	if p.Bill != nil && p.Bill.Net() > 0 {
		p.Form.Amount = p.Bill.Net().String()
	}
	p.Form.BankDay = string(min(p.D.Day.Add(1), clock.DayOf(s.trail.Now()())))
	return web.Render(c, "channels/day", p)
}

func (s *Channels) settleDay(c echo.Context) error {
	p, err := s.dayPage(c)
	if err != nil {
		return err
	}
	if err := web.Bind(c, &p.Form); err != nil {
		return web.Refuse(c, err, "channels/day", p)
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "channels/day", p)
	}
	amount, err := money.Parse(p.Form.Amount)
	if err != nil {
		amount = 0 // named by the act
	}
	in := Settling{Channel: p.D.Channel, Day: p.D.Day, Amount: amount, BankRef: strings.ToUpper(strings.TrimSpace(p.Form.BankRef)), BankDay: readDay(p.Form.BankDay)}
	if err := s.Settle(c.Request().Context(), web.Actor(c), in, key); err != nil {
		return web.Refuse(c, web.Next(err, p.Self), "channels/day", p)
	}
	return web.Done(c, p.Self, "channels.settled_ok")
}

// press is the frame of a button on the page of a day: do the act, come back.
func (s *Channels) press(c echo.Context, form any, do func(channel string, day clock.Day, key string) (word string, err error)) error {
	if err := web.Bind(c, form); err != nil {
		return err
	}
	key, err := web.Token(c)
	if err != nil {
		return err
	}
	channel, day := c.Param("channel"), clock.Day(c.Param("day"))
	if _, err := findDay(c.Request().Context(), s.db, channel, day); err != nil {
		return db.Fault(err)
	}
	word, err := do(channel, day, key)
	if err != nil {
		return web.Next(err, dayHref(channel, day))
	}
	return web.Done(c, dayHref(channel, day), word)
}

func (s *Channels) compareDay(c echo.Context) error {
	return s.press(c, &struct{}{}, func(channel string, day clock.Day, _ string) (string, error) {
		return "channels.compared", s.Compare(c.Request().Context(), web.Actor(c), HandlePerm, channel, day)
	})
}

type agreeForm struct {
	Agree bool `form:"agree"`
}

func (s *Channels) confirmDay(c echo.Context) error {
	var f agreeForm
	return s.press(c, &f, func(channel string, day clock.Day, key string) (string, error) {
		word := map[bool]string{true: "channels.confirmed_ok", false: "channels.rejected_ok"}[f.Agree]
		return word, s.ConfirmSettlement(c.Request().Context(), web.Actor(c), channel, day, f.Agree, key)
	})
}

func (s *Channels) closeDay(c echo.Context) error {
	return s.press(c, &struct{}{}, func(channel string, day clock.Day, key string) (string, error) {
		return "channels.closed_ok", s.CloseDay(c.Request().Context(), web.Actor(c), channel, day, key)
	})
}

type differencePage struct {
	web.Page
	D          diffRow
	Facts      []web.Fact
	OrderHref  string
	Form       explainForm
	CanExplain bool
	CanSign    bool
}

type explainForm struct {
	Why string `form:"why"`
}

func (s *Channels) differencePage(c echo.Context) (*differencePage, error) {
	ctx, who := c.Request().Context(), web.Actor(c)
	x, err := findDifference(ctx, s.db, c.Param("id"))
	if err != nil {
		return nil, db.Fault(err)
	}
	p := &differencePage{Page: web.Desk(c, words["channels.page.difference"]), D: diff(*x), Form: explainForm{Why: x.Why}}
	p.Back = &web.Link{Title: Title(x.Channel) + " " + string(x.Day), Href: dayHref(x.Channel, x.Day)}
	if x.State == diffGone {
		p.D.Word, p.D.DTone = words["channels.diff.gone"], "plain"
	}
	moment := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.In(clock.Beijing).Format("2006-01-02 15:04")
	}
	p.Facts = []web.Fact{
		{Name: words["channels.fact.channel"], Value: Title(x.Channel)}, {Name: words["channels.fact.day"], Value: string(x.Day), Num: true},
		{Name: words["channels.fact.kind"], Value: p.D.Title}, {Name: words["channels.fact.ref"], Value: x.Ref, Num: true},
		{Name: words["channels.fact.ours"], Value: p.Money(x.Ours), Num: true}, {Name: words["channels.fact.theirs"], Value: p.Money(x.Theirs), Num: true},
		{Name: words["channels.fact.found"], Value: moment(&x.FoundAt), Num: true},
	}
	if x.ExplainedAt != nil {
		p.Facts = append(p.Facts, web.Fact{Name: words["channels.fact.why"], Value: x.Why}, web.Fact{Name: words["channels.fact.explained"], Value: x.ExplainedName + " " + moment(x.ExplainedAt)})
	}
	if x.SignedAt != nil {
		p.Facts = append(p.Facts, web.Fact{Name: words["channels.fact.signed"], Value: x.SignedName + " " + moment(x.SignedAt)})
	}
	if os, err := listOrdersNo(ctx, s.db, []string{x.Ref}); err == nil && len(os) == 1 {
		p.OrderHref = "/desk/channels/orders/" + os[0].ID
	}
	p.CanExplain = x.State == diffOpen && who.Can(HandlePerm)
	p.CanSign = x.State == diffExplained && may(who, x.ExplainedBy)
	return p, nil
}

func (s *Channels) difference(c echo.Context) error {
	p, err := s.differencePage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "channels/difference", p)
}

func (s *Channels) explain(c echo.Context) error {
	p, err := s.differencePage(c)
	if err != nil {
		return err
	}
	if err := web.Bind(c, &p.Form); err != nil {
		return web.Refuse(c, err, "channels/difference", p)
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "channels/difference", p)
	}
	p.Form.Why = strings.TrimSpace(p.Form.Why)
	if err := s.Explain(c.Request().Context(), web.Actor(c), p.D.ID, p.Form.Why, key); err != nil {
		return web.Refuse(c, web.Next(err, p.D.Href), "channels/difference", p)
	}
	return web.Done(c, dayHref(p.D.Channel, p.D.Day), "channels.explained")
}

func (s *Channels) sign(c echo.Context) error {
	p, err := s.differencePage(c)
	if err != nil {
		return err
	}
	var f agreeForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	key, err := web.Token(c)
	if err != nil {
		return err
	}
	if err := s.Sign(c.Request().Context(), web.Actor(c), p.D.ID, f.Agree, key); err != nil {
		return web.Next(err, p.D.Href)
	}
	return web.Done(c, dayHref(p.D.Channel, p.D.Day), map[bool]string{true: "channels.signed", false: "channels.unexplained"}[f.Agree])
}

// exportDay sends a day's bill and differences as a table.
func (s *Channels) exportDay(c echo.Context) error {
	p, err := s.dayPage(c)
	if err != nil {
		return err
	}
	w, err := spreadsheet(c, p.D.Channel+"-"+string(p.D.Day)+".csv")
	if err != nil {
		return err
	}
	_ = w.Write(strings.Split(words["channels.csv.day"], ",")) // errors stay in the writer
	var total, fees money.Fen
	n, after := 0, ""
	for p.Bill != nil {
		ls, err := listLinesOf(c.Request().Context(), s.db, p.Bill.ID, after, 500)
		if err != nil {
			_ = w.Write([]string{words["channels.csv.broken"]})
			w.Flush()
			return err
		}
		for _, l := range ls {
			amount := l.Amount
			if l.RefundNo != "" {
				amount = -amount
			}
			_ = w.Write([]string{words["channels.csv.bill"], safe(l.No), safe(l.Txn), safe(l.RefundNo), amount.String(), l.Fee.String(), l.At.In(clock.Beijing).Format(time.DateTime), "", ""})
			n++
			total += amount
			fees += l.Fee
		}
		if len(ls) < 500 {
			break
		}
		after = ls[len(ls)-1].ID
	}
	for _, d := range p.Diffs {
		_ = w.Write([]string{words["channels.csv.diff"] + " " + d.Title, safe(d.Ref), "", "", (d.Theirs - d.Ours).String(), "", d.FoundAt.In(clock.Beijing).Format(time.DateTime), d.Word, safe(d.Why)})
	}
	_ = w.Write([]string{words["channels.csv.total"], strconv.Itoa(n), "", "", total.String(), fees.String(), "", "", ""})
	w.Flush()
	return w.Error()
}

// safe keeps a spreadsheet from reading text as a formula.
func safe(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t", rune(s[0])) {
		return "'" + s
	}
	return s
}
