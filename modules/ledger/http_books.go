package ledger

import (
	"io"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"care/server/clock"
	"care/server/fault"
	"care/server/sheet"
	"care/server/web"
)

type vouchersPage struct {
	web.Page
	Rows     []Voucher
	Pager    web.Pager
	F        Filter
	Kinds    []web.Option
	Accounts []web.Option
	Funds    []web.Option
	Classes  []web.Option
	CSV      string
	XLSX     string
}

// chosen reads the filter of the vouchers; what is no day or no known word is left out.
func chosen(c echo.Context) Filter {
	day := func(name string) clock.Day {
		d, err := clock.ParseDay(c.QueryParam(name))
		if err != nil {
			return ""
		}
		return d
	}
	short := func(name string, max int) string {
		s := strings.TrimSpace(strings.ToValidUTF8(c.QueryParam(name), ""))
		if len(s) > max || strings.ContainsRune(s, 0) {
			return ""
		}
		return s
	}
	f := Filter{From: day("from"), To: day("to"), Kind: Kind(short("kind", 20)), Account: short("account", 10), Fund: short("fund", 40), Class: short("class", 20), Q: short("q", 100)}
	if rules[f.Kind].debit == "" {
		f.Kind = ""
	}
	if costs[f.Class] == "" {
		f.Class = ""
	}
	return f
}

func (f Filter) query() string {
	q := url.Values{}
	for _, p := range [][2]string{{"from", string(f.From)}, {"to", string(f.To)}, {"kind", string(f.Kind)}, {"account", f.Account}, {"fund", f.Fund}, {"class", f.Class}, {"q", f.Q}} {
		if p[1] != "" {
			q.Set(p[0], p[1])
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

func (l *Ledger) vouchers(c echo.Context) error {
	ctx, f := c.Request().Context(), chosen(c)
	vs, err := l.Vouchers(ctx, f, c.QueryParam("after"), 50)
	if err != nil {
		return err
	}
	p := &vouchersPage{Page: web.Desk(c, words["ledger.vouchers"]), Rows: vs.Rows, Pager: web.Pages(c, vs.Next), F: f, CSV: "/desk/ledger/vouchers.csv" + f.query(), XLSX: "/desk/ledger/vouchers.xlsx" + f.query()}
	for _, k := range kindsBooked() {
		p.Kinds = append(p.Kinds, web.Option{Value: string(k), Label: words["ledger.kind."+string(k)], Chosen: k == f.Kind})
	}
	for _, x := range Classes() {
		p.Classes = append(p.Classes, web.Option{Value: x, Label: words["ledger.class."+x], Chosen: x == f.Class})
	}
	as, err := listAccounts(ctx, l.db)
	if err != nil {
		return err
	}
	for _, a := range as {
		p.Accounts = append(p.Accounts, web.Option{Value: a.Code, Label: a.Code + " " + a.Name, Chosen: a.Code == f.Account})
	}
	fs, err := l.Funds(ctx, nil)
	if err != nil {
		return err
	}
	for _, x := range fs {
		p.Funds = append(p.Funds, web.Option{Value: x.ID, Label: x.Code + " " + x.Name, Chosen: x.ID == f.Fund})
	}
	return web.Render(c, "ledger/vouchers", p)
}

type voucherPage struct {
	web.Page
	V     *Voucher
	By    string // the journal that takes it back
	Upper string
}

func (l *Ledger) voucher(c echo.Context) error {
	v, by, err := l.Voucher(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	p := &voucherPage{Page: web.Desk(c, words["ledger.voucher"]), V: v, By: by, Upper: v.Amount.Upper()}
	p.Back = &web.Link{Title: words["ledger.vouchers"], Href: "/desk/ledger/vouchers"}
	return web.Render(c, "ledger/voucher", p)
}

// file answers with a table that streams. A table that breaks off ends without its sums and says so in the log.
func file(c echo.Context, name, sheetName string, widths []int, fill func(sheet.Writer) error) error {
	h := c.Response().Header()
	open := func(w io.Writer) (sheet.Writer, error) {
		if strings.HasSuffix(name, ".csv") {
			h.Set(echo.HeaderContentType, sheet.TypeCSV)
			return sheet.CSV(w)
		}
		h.Set(echo.HeaderContentType, sheet.TypeXLSX)
		return sheet.XLSX(w, sheetName, widths...)
	}
	h.Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	w, err := open(c.Response())
	if err == nil {
		err = fill(w)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil && !c.Response().Committed { // an error page is no file
		h.Del(echo.HeaderContentDisposition)
	}
	return err
}

func head(code string) []any {
	var out []any
	for _, s := range strings.Split(words[code], ",") {
		out = append(out, s)
	}
	return out
}

// voucherFile streams the vouchers that the filter chooses; the last row has their number and their sum.
func (l *Ledger) voucherFile(ext string) echo.HandlerFunc {
	return func(c echo.Context) error {
		return file(c, "vouchers-"+string(clock.DayOf(l.trail.Now()()))+ext, words["ledger.vouchers"], []int{12, 14, 10, 20, 10, 20, 14, 14, 24, 30, 40, 38}, func(w sheet.Writer) error {
			if err := w.Row(head("ledger.vouchers.head")...); err != nil {
				return err
			}
			n, sum, err := l.EachVoucher(c.Request().Context(), chosen(c), func(v Voucher) error {
				return w.Row(string(v.Day), words["ledger.kind."+string(v.Kind)], v.Debit, v.DebitName, v.Credit, v.CreditName, v.Amount, v.FundCode, v.Title, v.Ref, v.Reason, v.ID)
			})
			if err != nil {
				return err
			}
			return w.Row(words["ledger.total"], n, "", "", "", "", sum, "", "", "", "", "")
		})
	}
}

type balancesPage struct {
	web.Page
	M      *Month
	Months []web.Option
	CSV    string
	XLSX   string
}

// month gives the month asked for, or the one of today.
func (l *Ledger) month(c echo.Context) (*Month, error) {
	name := c.QueryParam("month")
	if name == "" {
		name = string(clock.DayOf(l.trail.Now()())[:7])
	}
	m, err := l.Month(c.Request().Context(), name)
	if fault.CodeOf(err) == "ledger.month" {
		return nil, fault.New(fault.NotFound, "ledger.month")
	}
	return m, err
}

func (l *Ledger) balances(c echo.Context) error {
	m, err := l.month(c)
	if err != nil {
		return err
	}
	p := &balancesPage{Page: web.Desk(c, words["ledger.balances"]), M: m, CSV: "/desk/ledger/balances.csv?month=" + m.Name, XLSX: "/desk/ledger/balances.xlsx?month=" + m.Name}
	all, err := l.months(c.Request().Context())
	if err != nil {
		return err
	}
	for _, x := range all {
		p.Months = append(p.Months, web.Option{Value: x, Label: x, Chosen: x == m.Name})
	}
	return web.Render(c, "ledger/balances", p)
}

// balanceFile streams the balances of a month; the last rows have the number of accounts and the sums.
func (l *Ledger) balanceFile(ext string) echo.HandlerFunc {
	return func(c echo.Context) error {
		m, err := l.month(c)
		if err != nil {
			return err
		}
		return file(c, "balances-"+m.Name+ext, words["ledger.balances"], []int{12, 28, 18, 18, 18, 18, 18, 18}, func(w sheet.Writer) error {
			if err := w.Row(head("ledger.balances.head")...); err != nil {
				return err
			}
			for _, x := range m.Lines {
				if err := w.Row(x.Code, x.Name, x.OpenDebit, x.OpenCredit, x.Debit, x.Credit, x.CloseDebit, x.CloseCredit); err != nil {
					return err
				}
			}
			s := m.Sum
			return w.Row(words["ledger.total"], len(m.Lines), s.OpenDebit, s.OpenCredit, s.Debit, s.Credit, s.CloseDebit, s.CloseCredit)
		})
	}
}
