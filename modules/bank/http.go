package bank

import (
	"context"
	encsv "encoding/csv"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"care/server/fault"
	"care/server/money"
	"care/server/web"
)

const pageSize = 40

type statementRow struct {
	Statement
	Word, Tone, Href, Tail string
	Percent                int
}

type statementsPage struct {
	web.Page
	Rows  []statementRow
	Pager web.Pager
	Tiles []tile
}

type tile struct {
	Title, Href string
	N           int
	Amount      money.Fen
	Hot         bool
}

func tone(state string) string {
	switch state {
	case Ready, Matched, Paid:
		return "ok"
	case Refused:
		return "bad"
	case Reading, Returning, Open:
		return "wait"
	case Pool:
		return "gold"
	}
	return "plain"
}

func (s *Statements) tiles(ctx context.Context) ([]tile, error) {
	ts, err := s.Tallies(ctx, "")
	if err != nil {
		return nil, err
	}
	pool := ts[tabPool]
	pool.N, pool.Amount = pool.N+ts[Returning].N, pool.Amount+ts[Returning].Amount
	ts[tabPool] = pool
	out := make([]tile, 0, 4)
	for _, k := range []string{tabSuggested, tabOpen, tabPool, tabDebits} {
		out = append(out, tile{Title: words["bank.tab."+k], Href: "/desk/bank/lines?tab=" + k, N: ts[k].N, Amount: ts[k].Amount, Hot: k == tabSuggested && ts[k].N > 0})
	}
	return out, nil
}

func (s *Statements) statements(c echo.Context) error {
	ctx := c.Request().Context()
	p := &statementsPage{Page: web.Desk(c, words["bank.page.statements"])}
	ss, err := s.List(ctx, c.QueryParam("after"), 20)
	if err != nil {
		return err
	}
	for _, x := range ss.Rows {
		p.Rows = append(p.Rows, statementRow{Statement: x, Word: words["bank.state."+x.State], Tone: tone(x.State), Href: "/desk/bank/statements/" + x.ID, Percent: percent(x.Done, x.Total), Tail: tail(x.Account)})
	}
	p.Pager = web.Pages(c, ss.Next)
	if p.Tiles, err = s.tiles(ctx); err != nil {
		return err
	}
	return web.Render(c, "bank/statements", p)
}

func percent(done, total int64) int {
	if total == 0 {
		return 0
	}
	return int(done * 100 / total)
}

type uploadForm struct {
	Profile string `form:"profile"`
	Opening string `form:"opening"`
	Closing string `form:"closing"`
	Kept    string `form:"kept"`
	Name    string `form:"name"`
}

type uploadPage struct {
	web.Page
	Form     uploadForm
	Profiles []web.Option
	Max      int
}

func (s *Statements) uploadPage(c echo.Context, f uploadForm) (*uploadPage, error) {
	p := &uploadPage{Page: web.Desk(c, words["bank.page.upload"]), Form: f, Max: MaxFile >> 20}
	p.Back = &web.Link{Title: words["bank.page.statements"], Href: "/desk/bank"}
	ps, err := s.Profiles(c.Request().Context())
	if err != nil {
		return nil, err
	}
	for _, x := range ps {
		if x.Active {
			p.Profiles = append(p.Profiles, web.Option{Value: x.ID, Label: x.Title})
		}
	}
	p.Profiles = append(p.Profiles, web.Option{Value: CAMT, Label: words["bank.camt"]})
	return p, nil
}

func (s *Statements) uploadForm(c echo.Context) error {
	p, err := s.uploadPage(c, uploadForm{})
	if err != nil {
		return err
	}
	if len(p.Profiles) > 0 {
		p.Form.Profile = p.Profiles[0].Value
	}
	return web.Render(c, "bank/upload", p)
}

func (s *Statements) upload(c echo.Context) error {
	ctx, who := c.Request().Context(), web.Actor(c)
	var f uploadForm
	up, err := web.BindFiles(c, &f, web.Upload{Max: MaxFile, Count: 1, Put: func(ctx context.Context, _, name string, r io.Reader) (string, error) {
		st, err := s.Put(ctx, name, r)
		if err != nil {
			return "", err
		}
		return s.archive.Ref(who, st)
	}})
	var checks fault.Checks
	if err := checks.Merge(err); err != nil {
		return err
	}
	for _, b := range up.Faults {
		checks.Add(b.Name, b.Code, b.Args...)
	}
	if len(up.Kept) > 0 {
		f.Kept, f.Name = up.Kept[0].Ref, up.Kept[0].Name
	}
	p, perr := s.uploadPage(c, f)
	if perr != nil {
		return perr
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "bank/upload", p)
	}
	u := Upload{Profile: f.Profile}
	for _, b := range []struct {
		name, typed string
		to          **money.Fen
	}{{"opening", f.Opening, &u.Opening}, {"closing", f.Closing, &u.Closing}} {
		if b.typed == "" {
			continue
		}
		v, err := money.Parse(b.typed)
		checks.Need(err == nil, b.name, "bank.balance")
		*b.to = &v
	}
	if f.Kept == "" && len(up.Faults) == 0 {
		checks.Add("file", "bank.need_file")
	} else if f.Kept != "" {
		st, err := s.archive.Deref(who, f.Kept)
		checks.Need(err == nil, "file", "bank.need_file")
		u.File = st
	}
	if err := checks.Err(); err != nil {
		return web.Refuse(c, err, "bank/upload", p)
	}
	st, err := s.Upload(ctx, who, u, key)
	if err != nil {
		return web.Refuse(c, web.Next(err, "/desk/bank/statements/%s"), "bank/upload", p)
	}
	return web.Done(c, "/desk/bank/statements/"+st.ID, "bank.done.uploaded")
}

type tab struct {
	Title, Href string
	N           int
	Current     bool
}

type lineRow struct {
	Line
	Word, Tone, Side, Href string
	Offer                  *Offer
	Why                    string
	Donor                  string // of the offer
	Sum                    money.Fen
	Quick                  bool // may be accepted without a look
}

type linesPage struct {
	web.Page
	St       *Statement
	Facts    []web.Fact
	Bar      web.Bar
	Reading  bool
	Problems []string
	Tiles    []tile
	Tabs     []tab
	Tab, Q   string
	Rows     []lineRow
	Pager    web.Pager
	Export   string
	CanWork  bool
	Picking  bool
	Self     string
	Leasts   []web.Option
	Sure     bool // the tab of suggestions
}

// statement shows one statement: while it is read a bar, then its lines.
func (s *Statements) statement(c echo.Context) error {
	p, err := s.linesPage(c, c.Param("id"))
	if err != nil {
		return err
	}
	if p.Reading {
		c.Response().Header().Set("Refresh", "2") // the bar moves without scripts too
	}
	return web.Render(c, "bank/lines", p)
}

func (s *Statements) lines(c echo.Context) error {
	p, err := s.linesPage(c, "")
	if err != nil {
		return err
	}
	return web.Render(c, "bank/lines", p)
}

func filter(c echo.Context, statement string) Filter {
	f := Filter{Statement: statement, Tab: c.QueryParam("tab"), Q: strings.TrimSpace(strings.ToValidUTF8(c.QueryParam("q"), ""))}
	if len(f.Q) > 300 {
		f.Q = ""
	}
	if words["bank.tab."+f.Tab] == "" {
		f.Tab = tabSuggested
		if f.Q != "" {
			f.Tab = tabAll
		}
	}
	return f
}

func (s *Statements) linesPage(c echo.Context, statement string) (*linesPage, error) {
	ctx, who, f := c.Request().Context(), web.Actor(c), filter(c, statement)
	p := &linesPage{Page: web.Desk(c, words["bank.page.lines"]), Tab: f.Tab, Q: f.Q, CanWork: who.Can(WorkPerm), Self: "/desk/bank/lines"}
	if statement != "" {
		st, err := s.Statement(ctx, statement)
		if err != nil {
			return nil, err
		}
		p.St, p.Self, p.Title = st, "/desk/bank/statements/"+st.ID, words["bank.page.statements"]
		p.Back = &web.Link{Title: words["bank.page.statements"], Href: "/desk/bank"}
		p.Facts, p.Reading = statementFacts(st), st.State == Reading
		p.Bar = web.Bar{Label: words["bank.state.reading"], Percent: percent(st.Done, st.Total)}
		if st.Problems != "" {
			p.Problems = strings.Split(st.Problems, "\n")
		}
		if st.State != Ready {
			return p, nil
		}
	}
	ts, err := s.Tallies(ctx, statement)
	if err != nil {
		return nil, err
	}
	for _, k := range []string{tabSuggested, tabOpen, tabMatched, tabDebits, tabPool, tabOther, tabAll} {
		t := tab{Title: words["bank.tab."+k], N: ts[k].N, Current: k == f.Tab, Href: p.Self + "?tab=" + k}
		if k == tabPool {
			t.N += ts[Returning].N
		}
		p.Tabs = append(p.Tabs, t)
	}
	ls, err := s.Lines(ctx, f, c.QueryParam("after"), pageSize)
	if err != nil {
		return nil, err
	}
	offers, err := s.Offers(ctx, ls.Rows)
	if err != nil {
		return nil, err
	}
	for _, l := range ls.Rows {
		r := lineRow{Line: l, Word: words["bank.line."+l.State], Tone: tone(l.State), Side: words["bank.side."+l.Side], Href: "/desk/bank/lines/" + l.ID, Sum: l.Amount}
		if l.Side == Debit {
			r.Sum = -l.Amount
		}
		if os := offers[l.ID]; len(os) > 0 && l.State == Open {
			r.Offer, r.Why = &os[0], because(os[0].Reasons)
			for i, g := range os[0].Gifts {
				if i > 0 {
					r.Donor += words["bank.comma"]
				}
				r.Donor += g.Name
			}
			r.Quick = p.CanWork && os[0].Name && os[0].Score >= MinScore && !strings.Contains(r.Why, words["bank.why.twice"])
		}
		p.Picking = p.Picking || r.Quick
		p.Rows = append(p.Rows, r)
	}
	p.Sure = f.Tab == tabSuggested && p.CanWork && len(p.Rows) > 0
	for _, n := range []int{100, SureScore, 80} {
		p.Leasts = append(p.Leasts, web.Option{Value: strconv.Itoa(n), Label: strconv.Itoa(n), Chosen: n == SureScore})
	}
	p.Pager = web.Pages(c, ls.Next)
	p.Export = "/desk/bank/lines/export.csv?" + url.Values{"statement": {statement}, "tab": {f.Tab}, "q": {f.Q}}.Encode()
	return p, nil
}

func because(reasons []string) string {
	out := make([]string, 0, len(reasons))
	for _, r := range reasons {
		out = append(out, words["bank.why."+r])
	}
	return strings.Join(out, words["bank.comma"])
}

func fact(key, value string, num bool) web.Fact {
	if value == "" {
		value = words["bank.none"]
	}
	return web.Fact{Name: words["bank.fact."+key], Value: value, Num: num}
}

func statementFacts(st *Statement) []web.Fact {
	fs := []web.Fact{fact("account", spaced(st.Account), true), fact("profile", st.ProfileTitle, false), fact("by", st.MadeName, false)}
	if st.Total == 0 {
		return fs
	}
	return append(fs, fact("period", string(st.FromDay)+" ~ "+string(st.ToDay), true), fact("opening", st.Opening.Yuan(), true), fact("credits", st.Credits.Yuan(), true),
		fact("debits", st.Debits.Yuan(), true), fact("closing", st.Closing.Yuan(), true), fact("lines", strconv.FormatInt(st.Total, 10), true), fact("known", strconv.FormatInt(st.Known(), 10), true))
}

// spaced writes an account number in groups of four.
func spaced(account string) string {
	var b strings.Builder
	for i, r := range account {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

type bulkForm struct {
	Lines     []string `form:"line"`
	One       string   `form:"one"`
	Do        string   `form:"do"`
	Least     string   `form:"least"`
	Statement string   `form:"statement"`
}

// acceptMany accepts the suggestion of one line, of those that are ticked, or of all from a score on.
func (s *Statements) acceptMany(c echo.Context) error {
	var f bulkForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	ctx, who := c.Request().Context(), web.Actor(c)
	key, err := web.Token(c)
	if err != nil {
		return s.refuseMany(c, f, err)
	}
	lines := f.Lines
	switch {
	case f.One != "":
		lines = []string{f.One}
	case f.Do == "sure":
		least, err := strconv.ParseInt(f.Least, 10, 64)
		if err != nil {
			least = SureScore
		}
		if lines, err = s.Sure(ctx, f.Statement, least); err != nil {
			return err
		}
		if len(lines) == 0 {
			return s.refuseMany(c, f, invalid("", "bank.nothing_sure"))
		}
	}
	taken, err := s.AcceptMany(ctx, who, lines, key)
	if err != nil {
		return s.refuseMany(c, f, err)
	}
	var bad fault.Checks
	for _, t := range taken {
		if t.Err != nil {
			bad.Add("", "bank.bulk_failed", t.Line, explain(t.Err))
		}
	}
	if err := bad.Err(); err != nil {
		return s.refuseMany(c, f, err)
	}
	return web.Done(c, s.back(f.Statement), "bank.done.accepted")
}

// explain gives the sentence of what was refused; what donations refuse has its sentence there.
func explain(err error) string {
	code := fault.CodeOf(err)
	if fs := fault.FieldsOf(err); len(fs) > 0 {
		code = fs[0].Code
		if w := sentence(code, fs[0].Args); w != "" {
			return w
		}
	}
	for _, w := range []string{words[code], web.Words[code]} {
		if w != "" {
			return w
		}
	}
	return words["bank.decided"]
}

func (s *Statements) back(statement string) string {
	if statement == "" {
		return "/desk/bank/lines"
	}
	return "/desk/bank/statements/" + url.PathEscape(statement)
}

func (s *Statements) refuseMany(c echo.Context, f bulkForm, why error) error {
	p, err := s.linesPage(c, f.Statement)
	if err != nil {
		return err
	}
	return web.Refuse(c, why, "bank/lines", p)
}

func (s *Statements) rescore(c echo.Context) error {
	var f bulkForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	key, err := web.Token(c)
	if err != nil {
		return err
	}
	if err := s.Rescore(c.Request().Context(), web.Actor(c), f.Statement, key); err != nil {
		return web.Next(err, s.back(f.Statement))
	}
	return web.Done(c, s.back(f.Statement), "bank.done.rescore")
}

// export streams lines as CSV, masked as on the page. It ends with the number of rows and the sums, or says that it broke off.
func (s *Statements) export(c echo.Context) error {
	f := filter(c, c.QueryParam("statement"))
	h := c.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="bank-`+string(s.today())+`.csv"`)
	c.Response().WriteHeader(http.StatusOK)
	if _, err := c.Response().Write([]byte("\ufeff")); err != nil { // tells spreadsheets that this is UTF-8
		return err
	}
	w := encsv.NewWriter(c.Response())
	_ = w.Write(strings.Split(words["bank.csv.head"], ",")) // errors stay in the writer
	var total money.Fen
	n, after := 0, ""
	for {
		ls, err := s.Lines(c.Request().Context(), f, after, 1000)
		if err != nil {
			_ = w.Write([]string{words["bank.csv.broken"]})
			w.Flush()
			return err
		}
		for _, l := range ls.Rows {
			sum, balance := l.Amount, ""
			if l.Side == Debit {
				sum = -sum
			}
			if l.Balance != nil {
				balance = l.Balance.String()
			}
			_ = w.Write(cells(string(l.Day), words["bank.side."+l.Side], sum.String(), balance, l.PayerMask, l.AccountTail, l.Note, l.Ref, words["bank.line."+l.State], strconv.FormatInt(l.Score, 10), l.DecidedName))
			n++
			total += sum
		}
		if after = ls.Next; after == "" {
			break
		}
	}
	_ = w.Write([]string{words["bank.csv.total"], strconv.Itoa(n), total.String(), "", "", "", "", "", "", "", ""})
	w.Flush()
	return w.Error()
}

// cells keeps a spreadsheet from reading as a formula what somebody wrote into a remark; our own signed amounts may stay.
func cells(in ...string) []string {
	for i, s := range in {
		if i != 2 && i != 3 && s != "" && strings.ContainsRune("=+-@\t", rune(s[0])) {
			in[i] = "'" + s
		}
	}
	return in
}
