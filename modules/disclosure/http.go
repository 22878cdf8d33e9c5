package disclosure

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"care/server/clock"
	"care/server/fault"
	"care/server/money"
	"care/server/web"
)

const pageSize = 20

// taskRow is a task as a page shows it.
type taskRow struct {
	Task
	Word, Href, Write string // Href leads to what it is about in public; Write begins the report
	Tone, When        string
}

func (s *Office) taskRows(ts []Task) []taskRow {
	today, out := s.Today(), make([]taskRow, 0, len(ts))
	for _, t := range ts {
		r := taskRow{Task: t, Word: words["disclosure.kind."+t.Kind], Write: "/desk/disclosure/new?kind=" + t.Kind + "&subject=" + t.Subject}
		if t.Code != "" {
			r.Href = "/campaigns/" + t.Code
		}
		r.Tone, r.When = When(t.Left(today))
		out = append(out, r)
	}
	return out
}

// When says how near a day is, with the tone of its chip.
func When(left int) (tone, text string) {
	switch {
	case left < 0:
		return "bad", (&web.Site{Words: words}).Sentence("disclosure.late", []any{-left})
	case left <= 14:
		return "wait", (&web.Site{Words: words}).Sentence("disclosure.soon", []any{left})
	}
	return "plain", (&web.Site{Words: words}).Sentence("disclosure.left", []any{left})
}

// KindWord names a kind of report.
func KindWord(kind string) string { return words["disclosure.kind."+kind] }

type indexPage struct {
	web.Page
	Tasks   []taskRow
	Reports []reportRow
	Pager   web.Pager
	Late    int
	Gauges  []gaugeView
	On      clock.Day // of the gauges
}

type reportRow struct {
	Listed
	Word, Href string
}

func rows(ls []Listed, desk bool) []reportRow {
	out := make([]reportRow, 0, len(ls))
	for _, l := range ls {
		r := reportRow{Listed: l, Word: words["disclosure.kind."+l.Kind], Href: "/disclosure/" + l.Code}
		if desk {
			r.Href = "/desk/disclosure/items/" + l.ItemID
		}
		out = append(out, r)
	}
	return out
}

func (s *Office) index(c echo.Context) error {
	ctx := c.Request().Context()
	p := &indexPage{Page: web.Public(c, title)}
	ts, err := s.Tasks(ctx)
	if err != nil {
		return err
	}
	p.Tasks = s.taskRows(ts)
	for _, t := range ts {
		if t.Late(s.Today()) {
			p.Late++
		}
	}
	gs, err := s.Kept(ctx)
	if err != nil {
		return err
	}
	if p.Gauges = gaugeViews(gs); gs != nil {
		p.On = gs.Day
	}
	ls, err := s.Published(ctx, "", c.QueryParam("after"), pageSize)
	if err != nil {
		return err
	}
	p.Reports, p.Pager = rows(ls.Rows, false), web.Pages(c, ls.Next)
	return web.Render(c, "disclosure/index", p)
}

// Body is a report as its pages show it; the template "report" reads it.
type Body struct {
	R    *Report
	Kind string
	Mode string
	Sums []sumRow
	Flow web.Flow
	Cost []costRow
}

// Lines splits a text into its paragraphs.
func (Body) Lines(s string) []string {
	var out []string
	for _, p := range strings.Split(s, "\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// sumRow is one line of the figures of a single fund.
type sumRow struct {
	Name   string
	Note   string
	Amount money.Fen
	Strong bool
}

type costRow struct {
	Name   string
	Amount money.Fen
}

func bodyOf(v *Version) (Body, error) {
	r, err := v.thaw()
	if err != nil {
		return Body{}, err
	}
	b := Body{R: r, Kind: words["disclosure.kind."+r.Kind]}
	if r.Campaign != nil {
		b.Mode = words["disclosure.mode."+r.Campaign.Mode]
	}
	f := r.Total
	if f == nil && len(r.Funds) == 1 {
		f = &r.Funds[0]
	}
	if f == nil {
		return b, nil
	}
	times := func(n int) string {
		return (&web.Site{Words: words}).Sentence("disclosure.times", []any{n})
	}
	b.Sums = []sumRow{
		{words["disclosure.sum.opening"], "", f.Opening, false}, {words["disclosure.sum.received"], times(f.Gifts), f.Received, false},
		{words["disclosure.sum.refunded"], times(f.Refunds), -f.Refunded, false}, {words["disclosure.sum.spent"], times(f.Payments), -f.Spent, false},
		{words["disclosure.sum.back"], times(f.Backs), f.Back, false}, {words["disclosure.sum.closing"], "", f.Closing, true},
	}
	b.Flow = web.NewFlow(words["disclosure.flow"],
		web.Part{Title: words["disclosure.bucket.disbursed"], Amount: f.Disbursed, Tone: "green"}, web.Part{Title: words["disclosure.bucket.committed"], Amount: f.Committed, Tone: "leaf"},
		web.Part{Title: words["disclosure.bucket.reserved"], Amount: f.Reserved, Tone: "gold"}, web.Part{Title: words["disclosure.bucket.available"], Amount: f.Available, Tone: "red"})
	for _, x := range f.Classes {
		b.Cost = append(b.Cost, costRow{words["disclosure.class."+x.Class], x.Amount})
	}
	if f.GoodsIn > 0 || f.GoodsOut > 0 {
		b.Cost = append(b.Cost, costRow{words["disclosure.goods_in"], f.GoodsIn}, costRow{words["disclosure.goods_out"], f.GoodsOut})
	}
	return b, nil
}

type reportPage struct {
	web.Page
	Body
	Code     string
	V        Version
	Versions []Version // newest first
	Newest   bool
	Self     string // address of this very version
}

// version finds the version that an address names; without a number, the newest one.
func (s *Office) version(c echo.Context) (*Whole, *Version, error) {
	w, err := s.Shown(c.Request().Context(), c.Param("code"))
	if err != nil {
		return nil, nil, err
	}
	v := &w.Versions[len(w.Versions)-1]
	if c.Param("n") == "" {
		return w, v, nil
	}
	for i := range w.Versions {
		if strconv.Itoa(w.Versions[i].N) == c.Param("n") {
			return w, &w.Versions[i], nil
		}
	}
	return nil, nil, fault.New(fault.NotFound, "db.not_found")
}

func (s *Office) report(c echo.Context) error {
	w, v, err := s.version(c)
	if err != nil {
		return err
	}
	p := &reportPage{Page: web.Public(c, v.Title), Code: w.Code, V: *v, Newest: v.N == w.Versions[len(w.Versions)-1].N, Self: "/disclosure/" + w.Code + "/" + strconv.Itoa(v.N)}
	p.Back = &web.Link{Title: title, Href: "/disclosure"}
	if p.Body, err = bodyOf(v); err != nil {
		return err
	}
	for i := len(w.Versions) - 1; i >= 0; i-- {
		p.Versions = append(p.Versions, w.Versions[i])
	}
	return web.Render(c, "disclosure/report", p)
}

// reportJSON sends the frozen text itself: its SHA-256 is the published one.
func (s *Office) reportJSON(c echo.Context) error {
	w, v, err := s.version(c)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Disposition", `attachment; filename="`+w.Code+"-"+strconv.Itoa(v.N)+`.json"`)
	h.Set("ETag", `"`+v.Hash+`"`)
	return c.Blob(http.StatusOK, "application/json; charset=utf-8", []byte(v.Body))
}

// reportCSV sends the figures of a version; it ends with the count of funds and the sum.
func (s *Office) reportCSV(c echo.Context) error {
	w, v, err := s.version(c)
	if err != nil {
		return err
	}
	r, err := v.thaw()
	if err != nil {
		return err
	}
	out, err := sheet(c, w.Code+"-"+strconv.Itoa(v.N), "disclosure.csv.report")
	if err != nil {
		return err
	}
	sum := Figures{}
	for _, f := range r.Funds {
		out.row(f.cells()...)
		sum.add(f)
	}
	sum.Code, sum.Name = words["disclosure.csv.total"], strconv.Itoa(len(r.Funds))
	out.row(sum.cells()...)
	return out.end()
}

func (f *Figures) cells() []string {
	return []string{f.Code, f.Name, f.Opening.String(), f.Received.String(), strconv.Itoa(f.Gifts), f.Refunded.String(), strconv.Itoa(f.Refunds), f.Spent.String(), strconv.Itoa(f.Payments),
		f.Back.String(), strconv.Itoa(f.Backs), f.Closing.String(), f.Available.String(), f.Reserved.String(), f.Committed.String(), f.Disbursed.String(), f.GoodsIn.String(), f.GoodsOut.String()}
}

// csvSheet is a table that streams to the reader.
type csvSheet struct {
	w *csv.Writer
	n int
}

// sheet begins a download; from here on a failure can only be said inside the file.
func sheet(c echo.Context, name, head string) (*csvSheet, error) {
	h := c.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	h.Set("Cache-Control", "no-store")
	c.Response().WriteHeader(http.StatusOK)
	if _, err := c.Response().Write([]byte("\ufeff")); err != nil { // tells spreadsheets that this is UTF-8
		return nil, err
	}
	x := &csvSheet{w: csv.NewWriter(c.Response())}
	x.row(strings.Split(words[head], ",")...)
	return x, nil
}

// row writes one line; errors stay in the writer. A spreadsheet must not read what somebody typed as a formula.
func (x *csvSheet) row(cells ...string) {
	for i, s := range cells {
		if s != "" && strings.ContainsRune("=+@\t", rune(s[0])) {
			cells[i] = "'" + s
		}
	}
	_ = x.w.Write(cells)
	x.n++
}

func (x *csvSheet) end() error {
	x.w.Flush()
	return x.w.Error()
}

func day(s string) clock.Day {
	d, err := clock.ParseDay(s)
	if err != nil {
		return ""
	}
	return d
}
