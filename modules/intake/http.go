package intake

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/xuri/excelize/v2"

	"care/server/access"
	"care/server/clock"
	"care/server/fault"
	"care/server/ident"
	"care/server/money"
	"care/server/web"
)

const pageSize = 30

type listPage struct {
	web.Page
	Rows        []listRow
	Pager       web.Pager
	Kind, State string
	States      []web.Option
	Waiting     int
}

type listRow struct {
	Batch
	Word, Tone, KindWord string
}

func tone(s State) string {
	switch s {
	case Done:
		return "ok"
	case Waiting, Making, Confirming, Undoing:
		return "wait"
	case Draft:
		return "info"
	}
	return "plain"
}

func (s *Intake) list(c echo.Context) error {
	ctx := c.Request().Context()
	p := &listPage{Page: web.Desk(c, words["intake.page.list"]), Kind: c.QueryParam("kind"), State: c.QueryParam("state")}
	if p.Kind != Gifts && p.Kind != Orders {
		p.Kind = ""
	}
	if words["intake.state."+p.State] == "" {
		p.State = ""
	}
	for _, st := range States() {
		p.States = append(p.States, web.Option{Value: string(st), Label: words["intake.state."+string(st)], Chosen: string(st) == p.State})
	}
	bs, err := s.List(ctx, p.Kind, State(p.State), c.QueryParam("after"), pageSize)
	if err != nil {
		return err
	}
	for _, b := range bs.Rows {
		p.Rows = append(p.Rows, listRow{b, words["intake.state."+string(b.State)], tone(b.State), words["intake.kind."+b.Kind]})
	}
	if p.Waiting, err = s.WaitingCount(ctx); err != nil {
		return err
	}
	p.Pager = web.Pages(c, bs.Next)
	return web.Render(c, "intake/list", p)
}

type newForm struct {
	Title    string `form:"title"`
	Day      string `form:"day"`
	Method   string `form:"method"`
	Campaign string `form:"campaign"`
	Rows     string `form:"rows"`
	Fen      string `form:"fen"`
}

type newPage struct {
	web.Page
	Form          newForm
	Methods, Uses []web.Option
	Today         string
}

func options(field string, codes ...string) []web.Option {
	out := make([]web.Option, 0, len(codes))
	for _, c := range codes {
		out = append(out, web.Option{Value: c, Label: words["intake."+field+"."+c]})
	}
	return out
}

func (s *Intake) newPage(c echo.Context, f newForm) (*newPage, error) {
	p := &newPage{Page: web.Desk(c, words["intake.page.new"]), Form: f, Methods: options("method", transfer, cash, platform), Today: string(s.Today())}
	p.Back = &web.Link{Title: words["intake.page.list"], Href: "/desk/intake"}
	uses, err := s.Uses(c.Request().Context())
	p.Uses = useOptions(uses)
	return p, err
}

func useOptions(uses []Use) []web.Option {
	out := []web.Option{{Value: GeneralCode, Label: words["intake.general"]}}
	for _, u := range uses {
		out = append(out, web.Option{Value: u.Code, Label: u.Title})
	}
	return out
}

func (s *Intake) newForm(c echo.Context) error {
	p, err := s.newPage(c, newForm{Day: string(s.Today()), Method: transfer, Campaign: GeneralCode})
	if err != nil {
		return err
	}
	return web.Render(c, "intake/new", p)
}

// fen reads an amount; what is none is nothing, which the act refuses.
func fen(s string) money.Fen {
	f, err := money.Parse(s)
	if err != nil {
		return 0
	}
	return f
}

func day(s string) clock.Day {
	d, err := clock.ParseDay(s)
	if err != nil {
		return ""
	}
	return d
}

func number(s string) int64 {
	n, err := strconv.ParseInt(strings.ReplaceAll(strings.TrimSpace(s), ",", ""), 10, 64)
	if err != nil || n < 0 || n > 1<<40 {
		return -1
	}
	return n
}

func (s *Intake) newBatch(c echo.Context) error {
	var f newForm
	bad := web.Bind(c, &f)
	p, err := s.newPage(c, f)
	if err != nil {
		return err
	}
	key := ""
	if err = bad; err == nil {
		key, err = web.Token(c)
	}
	var b *Batch
	if err == nil {
		var uses []Use
		if uses, err = s.Uses(c.Request().Context()); err != nil {
			return err
		}
		o := Opening{Title: f.Title, Day: day(f.Day), Method: f.Method, Campaign: useID(uses, f.Campaign), Rows: number(f.Rows), Fen: fen(f.Fen)}
		if o.Campaign == "closed" {
			err = &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: []fault.Field{{Name: "campaign", Code: "intake.project_closed"}}}
		} else {
			b, err = s.Open(c.Request().Context(), web.Actor(c), o, key)
		}
	}
	if err != nil {
		return web.Refuse(c, web.Next(err, "/desk/intake/%s"), "intake/new", p)
	}
	return web.Done(c, "/desk/intake/"+b.ID+"/rows", "intake.done.opened")
}

type batchPage struct {
	web.Page
	B                                          *Standing
	Self                                       string
	Word, Tone                                 string
	Steps                                      []web.Step
	Compare                                    []compare
	Facts                                      []web.Fact
	Time                                       []web.Step
	Bar                                        web.Bar
	Busy                                       bool
	Problem                                    string
	Projects                                   []projectLine
	Unknown                                    int // projects that nobody has mapped
	Rows                                       []rowView
	Next                                       string
	MaySend, MayEdit, MayUndo, MayConfirm, Own bool
	Looked                                     bool // the dry run found something to look at
	Trial                                      *Trial
}

type compare struct {
	Name, Want, Have string
	OK               bool
}

type projectLine struct {
	Project
	Name   string // of the platform's project
	Field  string
	Chosen string
	Uses   []web.Option
}

// rowView is one row as it may be shown to anybody at the desk: names are masked.
type rowView struct {
	Line                                                 int64
	Who, Public, Use, Ref, Word, Tone, Href, Why, Method string
	Amount, Fee                                          money.Fen
	Day                                                  clock.Day
	Back                                                 bool
	Faults, Warns                                        []string
}

func (s *Intake) view(page web.Page, v Verdict) rowView {
	l := v.Line
	r := rowView{Line: l.Line, Amount: l.Amount, Fee: l.Fee, Day: l.Day, Back: l.Kind == refundRow, Word: words["intake.row."+l.State], Tone: "plain", Use: v.Use, Ref: v.Gift.BankRef, Why: plain(page, l.Problem, nil)}
	switch l.State {
	case confirmed:
		r.Tone = "ok"
	case made:
		r.Tone = "wait"
	case typed:
		r.Tone = "info"
	case rejected:
		r.Tone = "bad"
	}
	name := l.Cells.Name
	switch {
	case l.Platform != "":
		r.Who, r.Ref = v.Gift.Name, l.OrderNo
		if v.Gift.Shown == shownMask {
			r.Who = ident.MaskName(v.Gift.Name)
		}
		if l.Kind == refundRow {
			r.Who = ""
		}
	case l.Cells.Donor == body:
		r.Who = name
	case name != "":
		r.Who = ident.MaskName(name)
	}
	if l.Gift != "" {
		r.Href = "/desk/donations/" + l.Gift
	}
	for _, f := range v.Fault {
		r.Faults = append(r.Faults, colWord(f.Name)+plain(page, f.Code, f.Args))
	}
	for _, w := range v.Warn {
		r.Warns = append(r.Warns, words[w])
	}
	return r
}

func colWord(field string) string {
	if w := words["intake.col."+field]; w != "" {
		return w + "\u00a0"
	}
	return ""
}

func (s *Intake) batch(c echo.Context) error {
	p, err := s.batchPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "intake/batch", p)
}

func (s *Intake) batchPage(c echo.Context) (*batchPage, error) {
	ctx, who := c.Request().Context(), web.Actor(c)
	b, err := s.Batch(ctx, c.Param("id"))
	if err != nil {
		return nil, err
	}
	p := &batchPage{Page: web.Desk(c, b.Number), B: b, Self: "/desk/intake/" + b.ID, Word: words["intake.state."+string(b.State)], Tone: tone(b.State), Steps: steps(b), Time: history(b), Problem: words[b.Problem]}
	p.Back = &web.Link{Title: words["intake.page.list"], Href: "/desk/intake"}
	p.Busy = b.State == Making || b.State == Confirming || b.State == Undoing
	p.Bar = web.Bar{Label: p.Word, Percent: b.Done()}
	p.Compare = comparison(b)
	enter := who.Can(EnterPerm)
	p.MayEdit = enter && b.State == Draft && b.Kind == Gifts
	p.MayUndo = enter && (b.State == Draft || b.State == Waiting)
	p.MaySend = enter && b.State == Draft
	p.Own = who.ID == b.SentBy || who.ID == b.MadeBy
	p.MayConfirm = b.State == Waiting && who.Can(ConfirmPerm) && !p.Own
	p.Facts = []web.Fact{fact("kind", words["intake.kind."+b.Kind]), fact("title", b.Title), fact("method", words["intake.method."+b.Method]), fact("day", string(b.Day))}
	if b.Kind == Orders {
		p.Facts = []web.Fact{fact("kind", words["intake.kind."+b.Kind]), fact("title", b.Title), fact("platform", b.Platform), fact("file", b.File[:16]+"…"), num("new", b.New.Yuan()), num("fees", b.Fees.Yuan()),
			num("refunds", b.Refunds.Yuan()), num("same", strconv.FormatInt(b.Same, 10)), num("netted", strconv.FormatInt(b.Netted, 10))}
	}
	if b.Why != "" {
		p.Facts = append(p.Facts, fact("why", b.Why))
	}
	uses, err := s.Uses(ctx)
	if err != nil {
		return nil, err
	}
	if b.Kind == Gifts {
		if p.MaySend && b.Rows > 0 {
			if p.Trial, err = s.Try(ctx, &b.Batch, 0); err != nil {
				return nil, err
			}
			p.Looked = p.Trial.Warns > 0
		}
	} else if b.State == Draft {
		ps, err := s.Projects(ctx, b.ID)
		if err != nil {
			return nil, err
		}
		for i, x := range ps {
			l := projectLine{Project: x, Name: x.Project, Field: "to-" + strconv.Itoa(i), Uses: append([]web.Option{{Label: words["intake.choose"]}}, useOptions(uses)...)}
			if x.Project == "" {
				l.Name = words["intake.no_project"]
			}
			if x.Campaign == nil {
				p.Unknown++
			} else if *x.Campaign == "" {
				l.Chosen = GeneralCode
			} else {
				for _, u := range uses {
					if u.ID == *x.Campaign {
						l.Chosen = u.Code
					}
				}
			}
			for k := range l.Uses {
				l.Uses[k].Chosen = l.Uses[k].Value == l.Chosen
			}
			p.Projects = append(p.Projects, l)
		}
	}
	after, size := number(c.QueryParam("after")), 50
	var vs []Verdict
	if b.Kind == Orders {
		vs, err = s.Preview(ctx, &b.Batch, max(after, 0), size+1)
	} else {
		var ls []Line
		ls, err = s.Rows(ctx, b.ID, false, max(after, 0), size+1)
		for _, l := range ls {
			g := b.gift(l, uses)
			vs = append(vs, Verdict{Line: l, Gift: g, Use: useTitle(uses, g.Campaign)})
		}
	}
	if err != nil {
		return nil, err
	}
	if len(vs) > size {
		vs = vs[:size]
		p.Next = p.Self + "?after=" + strconv.FormatInt(vs[size-1].Line.Line, 10)
	}
	for _, v := range vs {
		p.Rows = append(p.Rows, s.view(p.Page, v))
	}
	if p.Busy {
		c.Response().Header().Set("Refresh", "2") // the bar moves without scripts too
	}
	return p, nil
}

func fact(key, value string) web.Fact {
	if value == "" {
		value = words["intake.none"]
	}
	return web.Fact{Name: words["intake.fact."+key], Value: value}
}

func num(key, value string) web.Fact {
	f := fact(key, value)
	f.Num = true
	return f
}

func comparison(b *Standing) []compare {
	n := func(i int64) string { return web.Page{}.Num(int(i)) }
	have := b.Fen
	if b.Kind == Orders {
		have = b.Net
	}
	out := []compare{{words["intake.cmp.rows"], n(b.WantRows), n(b.Rows), b.Rows == b.WantRows}, {words["intake.cmp.fen"], b.WantFen.Yuan(), have.Yuan(), have == b.WantFen}}
	if len(b.Sheets) > 0 {
		out = append(out, compare{words["intake.cmp.sheets"], b.WantFen.Yuan(), b.Counted.Yuan(), b.Counted == b.WantFen && b.Open == 0})
	}
	return out
}

func steps(b *Standing) []web.Step {
	at := map[State]int{Draft: 0, Making: 1, Waiting: 2, Confirming: 2, Done: 4, Undoing: 2, Undone: 2, Dropped: 0}[b.State]
	out := make([]web.Step, 0, 4)
	for i, k := range []string{"typed", "made", "confirmed", "done"} {
		st := "todo"
		switch {
		case i < at || b.State == Done:
			st = "done"
		case i == at && (b.State == Undone || b.State == Dropped || b.State == Undoing):
			st = "bad"
		case i == at:
			st = "now"
		}
		out = append(out, web.Step{Title: words["intake.step."+k], State: st})
	}
	return out
}

func history(b *Standing) []web.Step {
	out := []web.Step{{Title: words["intake.open"], State: "done", At: b.MadeAt, Who: b.MadeName, Text: words["intake.fact.want"] + " " + strconv.FormatInt(firstWant(b), 10) + " / " + firstFen(b).Yuan()}}
	if b.Kind == Orders {
		out[0].Title = words["intake.stage"]
	}
	for _, t := range b.Changes {
		out = append(out, web.Step{Title: words["intake.rewant"], State: "done", At: t.At, Who: t.ByName, Text: strconv.FormatInt(t.NewRows, 10) + " / " + t.NewFen.Yuan() + " \u00b7 " + t.Why})
	}
	if b.SentAt != nil {
		out = append(out, web.Step{Title: words["intake.send"], State: "done", At: *b.SentAt, Who: b.SentName})
	}
	if b.ConfirmedAt != nil {
		out = append(out, web.Step{Title: words["intake.confirm"], State: "done", At: *b.ConfirmedAt, Who: b.ConfirmedName})
	}
	if b.EndedAt != nil {
		out = append(out, web.Step{Title: words["intake.undo"], State: "bad", At: *b.EndedAt, Who: b.EndedName, Text: b.Why})
	}
	return out
}

func firstWant(b *Standing) int64 {
	if len(b.Changes) > 0 {
		return b.Changes[0].OldRows
	}
	return b.WantRows
}

func firstFen(b *Standing) money.Fen {
	if len(b.Changes) > 0 {
		return b.Changes[0].OldFen
	}
	return b.WantFen
}

// plain fills the Chinese sentence of a code, ours or the desk's; "" for none.
func plain(page web.Page, code string, args []any) string {
	if code == "" {
		return ""
	}
	w := page.Word(code)
	if len(args) > 0 && strings.Contains(w, "%") {
		return fmt.Sprintf(w, args...)
	}
	return w
}

type gridForm struct {
	Version  string   `form:"version"`
	Then     string   `form:"then"`
	Donor    []string `form:"donor"`
	Name     []string `form:"name"`
	Amount   []string `form:"amount"`
	Day      []string `form:"day"`
	Ref      []string `form:"ref"`
	Campaign []string `form:"campaign"`
	Method   []string `form:"method"`
	Shown    []string `form:"shown"`
	Phone    []string `form:"phone"`
	IDNo     []string `form:"idno"`
	Payer    []string `form:"payer"`
	Email    []string `form:"email"`
}

func (f gridForm) cells() []Cells {
	at := func(s []string, i int) string {
		if i < len(s) {
			return s[i]
		}
		return ""
	}
	n := 0
	for _, s := range [][]string{f.Donor, f.Name, f.Amount, f.Day, f.Ref, f.Campaign, f.Method, f.Shown, f.Phone, f.IDNo, f.Payer, f.Email} {
		n = max(n, len(s))
	}
	out := make([]Cells, 0, gridRows)
	for i := range min(n, gridRows) {
		out = append(out, Cells{Donor: at(f.Donor, i), Name: at(f.Name, i), Amount: at(f.Amount, i), Day: at(f.Day, i), Ref: at(f.Ref, i), Campaign: at(f.Campaign, i), Method: at(f.Method, i), Shown: at(f.Shown, i),
			Phone: at(f.Phone, i), IDNo: at(f.IDNo, i), Payer: at(f.Payer, i), Email: at(f.Email, i)})
	}
	return out
}

type gridRow struct {
	Line                           int64
	C                              Cells
	Fixed                          bool // its gift is made
	Who                            string
	Bad                            map[string]bool
	Says, Warns                    []string
	Donors, Methods, Shows, Choose []web.Option
}

type gridPage struct {
	web.Page
	Hidden   []string // fields that a row which cannot be changed sends empty, so that the others keep their places
	B        *Standing
	Self     string
	N, Last  int64
	Rows     []gridRow
	Compare  []compare
	Pages    []web.Option
	PrevHref string
	NextHref string
}

func (s *Intake) gridPage(c echo.Context, n int64, typedCells []Cells) (*gridPage, error) {
	ctx := c.Request().Context()
	b, err := s.Batch(ctx, c.Param("id"))
	if err != nil {
		return nil, err
	}
	if b.Kind != Gifts {
		return nil, fault.New(fault.NotFound, "db.not_found")
	}
	last, err := lastLine(ctx, s.db, b.ID)
	if err != nil {
		return nil, err
	}
	p := &gridPage{Page: web.Desk(c, words["intake.page.grid"]), B: b, Self: "/desk/intake/" + b.ID, N: n, Compare: comparison(b), Hidden: giftFields()}
	p.Back = &web.Link{Title: b.Number, Href: p.Self}
	p.Last = min(max(n, last/gridRows+1, (b.WantRows+gridRows-1)/gridRows), maxRows/gridRows)
	for i := int64(1); i <= p.Last; i++ {
		v := strconv.FormatInt(i, 10)
		p.Pages = append(p.Pages, web.Option{Value: v, Label: v, Chosen: i == n})
	}
	if n > 1 {
		p.PrevHref = p.Self + "/rows?page=" + strconv.FormatInt(n-1, 10)
	}
	if n < p.Last {
		p.NextHref = p.Self + "/rows?page=" + strconv.FormatInt(n+1, 10)
	}
	trial, err := s.Try(ctx, &b.Batch, n)
	if err != nil {
		return nil, err
	}
	at := map[int64]Verdict{}
	for _, v := range trial.Rows {
		at[v.Line.Line] = v
	}
	uses, err := s.Uses(ctx)
	if err != nil {
		return nil, err
	}
	for i := range int64(gridRows) {
		line := (n-1)*gridRows + i + 1
		v, there := at[line]
		r := gridRow{Line: line, C: v.Line.Cells, Bad: map[string]bool{}, Fixed: there && v.Line.State != typed}
		if r.Fixed {
			r.Who = s.view(p.Page, v).Who
		} else if typedCells != nil {
			r.C = Cells{}
			if int(i) < len(typedCells) {
				r.C = typedCells[i]
			}
		} else {
			for _, f := range v.Fault {
				r.Bad[f.Name] = true
				r.Says = append(r.Says, colWord(f.Name)+plain(p.Page, f.Code, f.Args))
			}
			if v.Line.Problem != "" {
				r.Says = append(r.Says, plain(p.Page, v.Line.Problem, nil))
			}
			for _, w := range v.Warn {
				r.Warns = append(r.Warns, words[w])
			}
		}
		r.Donors = choose(r.C.Donor, "", options("donor", person, body))
		r.Methods = choose(r.C.Method, words["intake.as_batch"], options("method", transfer, cash, platform))
		r.Shows = choose(r.C.Shown, words["intake.as_usual"], options("shown", shownMask, shownReal, shownAnon))
		r.Choose = choose(r.C.Campaign, words["intake.as_batch"], useOptions(uses))
		p.Rows = append(p.Rows, r)
	}
	return p, nil
}

// choose marks the chosen option; first is the label of the empty one, "" for none. What was typed and is none of them is kept as one of its own.
func choose(value, first string, os []web.Option) []web.Option {
	out := make([]web.Option, 0, len(os)+2)
	if first != "" {
		out = append(out, web.Option{Label: first, Chosen: value == ""})
	}
	found := value == ""
	for _, o := range os {
		o.Chosen = o.Value == value || strings.EqualFold(o.Value, value) || o.Label == value
		found = found || o.Chosen
		out = append(out, o)
	}
	if !found {
		out = append(out, web.Option{Value: value, Label: value, Chosen: true})
	}
	return out
}

func pageOf(c echo.Context) int64 {
	return min(max(number(c.QueryParam("page")), 1), maxRows/gridRows)
}

func (s *Intake) grid(c echo.Context) error {
	p, err := s.gridPage(c, pageOf(c), nil)
	if err != nil {
		return err
	}
	if p.B.State != Draft {
		return fault.New(fault.Conflict, "intake.not_draft")
	}
	// The form shows what was typed. To another clerk than its own that is reading private facts.
	if who := web.Actor(c); who.ID != p.B.MadeBy {
		if err := s.trail.Saw(c.Request().Context(), who, EnterPerm, p.B.ID, "rows", "entry"); err != nil {
			return err
		}
	}
	return web.Render(c, "intake/grid", p)
}

func (s *Intake) saveGrid(c echo.Context) error {
	var f gridForm
	err := web.Bind(c, &f)
	key, n, cells := "", pageOf(c), f.cells()
	if err == nil {
		key, err = web.Token(c)
	}
	id := c.Param("id")
	if err == nil {
		err = s.Save(c.Request().Context(), web.Actor(c), id, max(number(f.Version), 1), (n-1)*gridRows+1, cells, key)
	}
	self := "/desk/intake/" + id
	if fault.KindOf(err) == fault.Invalid && err != nil {
		if cells == nil {
			cells = []Cells{}
		}
		p, perr := s.gridPage(c, n, cells)
		if perr != nil {
			return perr
		}
		return web.Refuse(c, err, "intake/grid", p)
	}
	if err != nil {
		return web.Next(err, self+"/rows?page="+strconv.FormatInt(n, 10))
	}
	to := self + "/rows?page=" + strconv.FormatInt(n, 10)
	switch f.Then {
	case "next":
		to = self + "/rows?page=" + strconv.FormatInt(min(n+1, maxRows/gridRows), 10)
	case "trial":
		to = self + "/trial"
	}
	return web.Done(c, to, "intake.done.saved")
}

// oneFile reads the one file of a form into memory.
func oneFile(c echo.Context, dst any) ([]byte, error) {
	var content []byte
	up, err := web.BindFiles(c, dst, web.Upload{Max: maxFile, Count: 1, Put: func(_ context.Context, _, _ string, r io.Reader) (string, error) {
		b, err := io.ReadAll(r)
		content = b
		return "read", err
	}})
	if err != nil {
		return nil, err
	}
	var checks fault.Checks
	for _, b := range up.Faults {
		checks.Add("file", b.Code, b.Args...)
	}
	return content, checks.Err()
}

func (s *Intake) upload(c echo.Context) error {
	content, err := oneFile(c, &struct{}{})
	if err == nil && len(content) == 0 {
		err = badFile("intake.no_file")
	}
	if err == nil {
		_, err = s.Upload(c.Request().Context(), web.Actor(c), c.Param("id"), content)
	}
	if fault.KindOf(err) == fault.Invalid && err != nil {
		p, perr := s.batchPage(c)
		if perr != nil {
			return perr
		}
		return web.Refuse(c, err, "intake/batch", p)
	}
	if err != nil {
		return web.Next(err, "/desk/intake/%s")
	}
	return web.Done(c, "/desk/intake/"+c.Param("id")+"/trial", "intake.done.uploaded")
}

type trialPage struct {
	web.Page
	B          *Standing
	Self       string
	Rows       []rowView
	N, Faults  int
	Warns, New int
	Fen        money.Fen
	Only       bool
	From       int
	Next, Prev string
	Compare    []compare
}

// trialRows is how many rows of a dry run stand on one page.
const trialRows = 100

func (s *Intake) trial(c echo.Context) error {
	ctx := c.Request().Context()
	b, err := s.Batch(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	if b.Kind != Gifts {
		return fault.New(fault.NotFound, "db.not_found")
	}
	t, err := s.Try(ctx, &b.Batch, 0)
	if err != nil {
		return err
	}
	p := &trialPage{Page: web.Desk(c, words["intake.page.trial"]), B: b, Self: "/desk/intake/" + b.ID, N: len(t.Rows), Faults: t.Faults, Warns: t.Warns, Only: c.QueryParam("only") == "1", Compare: comparison(b)}
	p.Back = &web.Link{Title: b.Number, Href: p.Self}
	p.From = int(max(number(c.QueryParam("from")), 0))
	i := 0
	for _, v := range t.Rows {
		if v.Line.State == typed && len(v.Fault) == 0 {
			p.New++
			p.Fen += v.Gift.Amount
		}
		if p.Only && len(v.Fault)+len(v.Warn) == 0 {
			continue
		}
		if i >= p.From && len(p.Rows) < trialRows {
			p.Rows = append(p.Rows, s.view(p.Page, v))
		}
		i++
	}
	q := map[bool]string{true: "only=1&"}[p.Only]
	if p.From > 0 {
		p.Prev = p.Self + "/trial?" + q + "from=" + strconv.Itoa(max(p.From-trialRows, 0))
	}
	if i > p.From+trialRows {
		p.Next = p.Self + "/trial?" + q + "from=" + strconv.Itoa(p.From+trialRows)
	}
	return web.Render(c, "intake/trial", p)
}

type sendForm struct {
	Version string `form:"version"`
	Looked  bool   `form:"looked"`
	Rows    string `form:"rows"`
	Fen     string `form:"fen"`
}

// again shows a batch's page with what is wrong; other errors pass.
func (s *Intake) again(c echo.Context, err error) error {
	if fault.KindOf(err) != fault.Invalid {
		return web.Next(err, "/desk/intake/"+c.Param("id"))
	}
	p, perr := s.batchPage(c)
	if perr != nil {
		return perr
	}
	return web.Refuse(c, err, "intake/batch", p)
}

func (s *Intake) send(c echo.Context) error {
	var f sendForm
	err := web.Bind(c, &f)
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	if err == nil {
		err = s.Send(c.Request().Context(), web.Actor(c), c.Param("id"), max(number(f.Version), 1), f.Looked, key)
	}
	if err != nil {
		return s.again(c, err)
	}
	return web.Done(c, "/desk/intake/"+c.Param("id"), "intake.done.sent")
}

func (s *Intake) confirmBatch(c echo.Context) error {
	var f sendForm
	err := web.Bind(c, &f)
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	if err == nil {
		err = s.Confirm(c.Request().Context(), web.Actor(c), c.Param("id"), number(f.Rows), money.Fen(number(f.Fen)), key)
	}
	if err != nil {
		return s.again(c, err)
	}
	return web.Done(c, "/desk/intake/"+c.Param("id"), "intake.done.confirming")
}

type totalsForm struct {
	Rows string `form:"rows"`
	Fen  string `form:"fen"`
	Why  string `form:"why"`
}

type totalsPage struct {
	web.Page
	B    *Standing
	Self string
	Form totalsForm
}

func (s *Intake) totalsPage(c echo.Context, f totalsForm) (*totalsPage, error) {
	b, err := s.Batch(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	p := &totalsPage{Page: web.Desk(c, words["intake.page.totals"]), B: b, Self: "/desk/intake/" + b.ID, Form: f}
	p.Back = &web.Link{Title: b.Number, Href: p.Self}
	return p, nil
}

func (s *Intake) totalsForm(c echo.Context) error {
	p, err := s.totalsPage(c, totalsForm{})
	if err != nil {
		return err
	}
	if p.B.State != Draft || p.B.Kind != Gifts {
		return fault.New(fault.Conflict, "intake.not_draft")
	}
	p.Form = totalsForm{Rows: strconv.FormatInt(p.B.WantRows, 10), Fen: p.B.WantFen.String()}
	return web.Render(c, "intake/totals", p)
}

func (s *Intake) rewant(c echo.Context) error {
	var f totalsForm
	err := web.Bind(c, &f)
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	if err == nil {
		err = s.Rewant(c.Request().Context(), web.Actor(c), c.Param("id"), number(f.Rows), fen(f.Fen), f.Why, key)
	}
	if fault.KindOf(err) == fault.Invalid && err != nil {
		p, perr := s.totalsPage(c, f)
		if perr != nil {
			return perr
		}
		return web.Refuse(c, err, "intake/totals", p)
	}
	if err != nil {
		return web.Next(err, "/desk/intake/%s")
	}
	return web.Done(c, "/desk/intake/"+c.Param("id"), "intake.done.rewanted")
}

type undoPage struct {
	web.Page
	B    *Standing
	Self string
	Form totalsForm
}

func (s *Intake) undoPage(c echo.Context, f totalsForm) (*undoPage, error) {
	b, err := s.Batch(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	if b.State != Draft && b.State != Waiting {
		return nil, fault.New(fault.Conflict, "intake.not_undoable")
	}
	p := &undoPage{Page: web.Desk(c, words["intake.page.undo"]), B: b, Self: "/desk/intake/" + b.ID, Form: f}
	p.Back = &web.Link{Title: b.Number, Href: p.Self}
	return p, nil
}

func (s *Intake) undoForm(c echo.Context) error {
	p, err := s.undoPage(c, totalsForm{})
	if err != nil {
		return err
	}
	return web.Render(c, "intake/undo", p)
}

func (s *Intake) undoBatch(c echo.Context) error {
	var f totalsForm
	err := web.Bind(c, &f)
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	if err == nil {
		err = s.Undo(c.Request().Context(), web.Actor(c), c.Param("id"), f.Why, key)
	}
	if fault.KindOf(err) == fault.Invalid && err != nil {
		p, perr := s.undoPage(c, f)
		if perr != nil {
			return perr
		}
		return web.Refuse(c, err, "intake/undo", p)
	}
	if err != nil {
		return web.Next(err, "/desk/intake/%s")
	}
	return web.Done(c, "/desk/intake/"+c.Param("id"), "intake.done.undone")
}

func templateRows() [][]string {
	head := make([]string, 0, 12)
	for _, f := range giftFields() {
		head = append(head, words["intake.col."+f])
	}
	return [][]string{head}
}

func (s *Intake) templateCSV(c echo.Context) error {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	if err := w.WriteAll(templateRows()); err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", `attachment; filename="gifts-template.csv"`)
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
}

func (s *Intake) templateXLSX(c echo.Context) error {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	sheet := f.GetSheetName(0)
	for i, h := range templateRows()[0] {
		cell, err := excelize.CoordinatesToCellName(i+1, 1)
		if err != nil {
			return err
		}
		if err := f.SetCellValue(sheet, cell, h); err != nil {
			return err
		}
	}
	// Long numbers must stay text: a spreadsheet cuts their last digits.
	text, err := f.NewStyle(&excelize.Style{NumFmt: 49})
	if err != nil {
		return err
	}
	if err := f.SetColStyle(sheet, "A:L", text); err != nil {
		return err
	}
	if err := f.SetColWidth(sheet, "A", "L", 18); err != nil {
		return err
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", `attachment; filename="gifts-template.xlsx"`)
	return c.Blob(http.StatusOK, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b.Bytes())
}

// export streams the rows of a batch as CSV with masked names; it ends with their number and sum, or says that it broke off.
func (s *Intake) export(c echo.Context) error {
	ctx := c.Request().Context()
	b, err := s.Batch(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	page := web.Desk(c, "")
	h := c.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+b.Number+`.csv"`)
	c.Response().WriteHeader(http.StatusOK)
	if _, err := c.Response().Write([]byte("\ufeff")); err != nil { // tells spreadsheets that this is UTF-8
		return err
	}
	w := csv.NewWriter(c.Response())
	_ = w.Write(strings.Split(words["intake.csv.head"], ",")) // errors stay in the writer
	var sum money.Fen
	n := 0
	for after := int64(0); ; {
		ls, err := s.Rows(ctx, b.ID, false, after, 500)
		if err != nil {
			_ = w.Write([]string{words["intake.csv.broken"]})
			w.Flush()
			return err
		}
		if len(ls) == 0 {
			break
		}
		for _, l := range ls {
			after = l.Line
			v := s.view(page, Verdict{Line: l, Gift: b.order(l, "", "", s.fonts)})
			amount := l.Amount
			if l.Kind == refundRow {
				amount = -amount
			}
			ref := b.ref(l)
			if l.Platform != "" {
				ref = l.OrderNo
			}
			_ = w.Write(cellsOut(itoa(l.Line), v.Who, amount.String(), l.Fee.String(), string(l.Day), ref, l.Project, v.Word, v.Why))
			sum += amount
			n++
		}
	}
	_ = w.Write([]string{words["intake.csv.total"], strconv.Itoa(n), sum.String(), "", "", "", "", "", ""})
	w.Flush()
	return w.Error()
}

// cellsOut keeps a spreadsheet from reading what somebody typed as a formula; a negative amount of ours is none.
func cellsOut(in ...string) []string {
	for i, s := range in {
		if s != "" && strings.ContainsRune("=+-@\t", rune(s[0])) {
			if _, err := money.Parse(s); err != nil {
				in[i] = "'" + s
			}
		}
	}
	return in
}

func may(who access.Actor, p access.Perm, earlier ...string) bool {
	return who.Can(p) && who.NotEarlier("intake.same_person", earlier...) == nil
}
