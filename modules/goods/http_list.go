package goods

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"care/server/fault"
	"care/server/ident"
	"care/server/web"
	"care/templates/pdf"
)

type listRow struct {
	List
	Word, Tone, Href string
}

func listTone(state string) string {
	switch state {
	case Closed:
		return "ok"
	case Void:
		return "plain"
	case Released:
		return "info"
	}
	return "wait"
}

func showList(l List) listRow {
	return listRow{l, words["goods.list.state."+l.State], listTone(l.State), "/desk/goods/lists/" + l.ID}
}

type listsPage struct {
	web.Page
	Rows   []listRow
	Pager  web.Pager
	State  string
	States []web.Option
}

func (s *Goods) lists(c echo.Context) error {
	state := c.QueryParam("state")
	if words["goods.list.state."+state] == "" {
		state = ""
	}
	rows, err := s.Lists(c.Request().Context(), state, c.QueryParam("after"), pageSize)
	if err != nil {
		return err
	}
	p := &listsPage{Page: web.Desk(c, words["goods.page.lists"]), Pager: web.Pages(c, rows.Next), State: state}
	for _, l := range rows.Rows {
		p.Rows = append(p.Rows, showList(l))
	}
	for _, o := range choices("goods.list.state.", Draft, Released, Closed, Void) {
		o.Chosen = o.Value == state
		p.States = append(p.States, o)
	}
	return web.Render(c, "goods/lists", p)
}

// thingsMost is how many different things one person can receive by one list.
const thingsMost = 6

type makeForm struct {
	Title     string   `form:"title"`
	Place     string   `form:"place"`
	Campaign  string   `form:"campaign"`
	Warehouse string   `form:"warehouse"`
	HandsOn   string   `form:"hands_on"`
	People    string   `form:"people"`
	Batch     []string `form:"batch"`
	Each      []string `form:"each"`
	Do        string   `form:"do"`
}

type thingRow struct {
	Each    string
	Options []web.Option
}

type makePage struct {
	rowsPage
	Form       makeForm
	Uses       []web.Option
	Warehouses []web.Option
	Things     []thingRow
	Ready      bool // use and warehouse are chosen, so that the goods can be
	Nothing    bool // that warehouse has nothing for that use
	Today      string
}

// shownBatches is how many batches of a warehouse a list may choose from: those that end first.
const shownBatches = 300

func (s *Goods) makePage(c echo.Context, f makeForm) (*makePage, error) {
	ctx := c.Request().Context()
	p := &makePage{rowsPage: rowsPage{web.Desk(c, words["goods.page.make"])}, Form: f, Today: string(s.Today()), Ready: f.Warehouse != ""}
	p.Back = &web.Link{Title: words["goods.page.lists"], Href: "/desk/goods/lists"}
	var err error
	if p.Uses, err = s.uses(c, false); err != nil {
		return nil, err
	}
	ws, err := s.Warehouses(ctx)
	if err != nil {
		return nil, err
	}
	p.Warehouses = []web.Option{{Label: words["goods.choose"]}}
	for _, w := range ws {
		p.Warehouses = append(p.Warehouses, web.Option{Value: w, Label: w})
	}
	if !p.Ready {
		return p, nil
	}
	to, err := s.purposes.Purpose(ctx, f.Campaign)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		p.Ready = false
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	stock, err := s.StockList(ctx, StockFilter{Warehouse: f.Warehouse, Fund: to.Fund}, "", shownBatches)
	if err != nil {
		return nil, err
	}
	p.Nothing = len(stock.Rows) == 0
	for i := range thingsMost {
		t := thingRow{Each: nth(f.Each, i), Options: []web.Option{{Label: words["goods.choose"]}}}
		for _, r := range stock.Rows {
			label := fmt.Sprintf(words["goods.option"], r.Name, r.Spec, r.Amount())
			if r.ExpiresOn != "" {
				label += fmt.Sprintf(words["goods.option.until"], r.ExpiresOn)
			}
			t.Options = append(t.Options, web.Option{Value: r.Batch, Label: label, Chosen: r.Batch == nth(f.Batch, i), Disabled: expired(r.ExpiresOn, s.Today())})
		}
		p.Things = append(p.Things, t)
	}
	return p, nil
}

func (s *Goods) makeForm(c echo.Context) error {
	var f makeForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	if f.HandsOn == "" {
		f.HandsOn = string(s.Today())
	}
	p, err := s.makePage(c, f)
	if err != nil {
		return err
	}
	return web.Render(c, "goods/make", p)
}

// listing turns the form into a list: every person of the text receives each of the things, times the share behind his place.
// from says which line of the text and which thing each line of the list came from.
func (f *makeForm) listing() (l Listing, from [][2]int) {
	l = Listing{Title: f.Title, Place: f.Place, Campaign: f.Campaign, Warehouse: f.Warehouse, HandsOn: day(f.HandsOn)}
	for n, text := range strings.Split(f.People, "\n") {
		r, times, ok := person(text)
		if !ok {
			continue
		}
		for t := range min(len(f.Batch), thingsMost) {
			if f.Batch[t] == "" {
				continue
			}
			r.Batch, r.Qty = f.Batch[t], multiply(nth(f.Each, t), times)
			l.People, from = append(l.People, r), append(from, [2]int{n, t})
			if len(l.People) > maxLines {
				return l, from
			}
		}
	}
	return l, from
}

// person reads one line of a list: name, identity number (may be missing), place, and how many shares (may be missing).
func person(text string) (r Receiver, times int64, ok bool) {
	ws := strings.FieldsFunc(text, func(r rune) bool {
		return r == '\t' || r == ' ' || r == ',' || r == '\uff0c' || r == '\u3000' || r == ';' || r == '\uff1b'
	})
	if len(ws) == 0 {
		return r, 0, false
	}
	r.Name, ws, times = ws[0], ws[1:], 1
	if len(ws) > 0 && utf8.RuneCountInString(ws[0]) >= 15 && strings.Trim(ws[0], "0123456789Xx") == "" {
		r.IDNo, ws = ws[0], ws[1:]
	}
	if n := len(ws); n > 0 {
		if k, err := strconv.ParseInt(ws[n-1], 10, 32); err == nil {
			times, ws = k, ws[:n-1]
		}
	}
	r.Place = strings.Join(ws, " ")
	return r, times, true
}

// multiply writes a quantity times a whole number; what cannot be read stays as it is and is refused by its reader.
func multiply(each string, times int64) string {
	if times == 1 {
		return each
	}
	n, ok := ParseQty(each, 3)
	if !ok || times < 1 || times > 1000 {
		return ""
	}
	return FormatQty(n*times, 3)
}

func (s *Goods) make(c echo.Context) error {
	var f makeForm
	bad := web.Bind(c, &f)
	p, err := s.makePage(c, f)
	if err != nil {
		return err
	}
	if bad != nil {
		return web.Refuse(c, bad, "goods/make", p)
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "goods/make", p)
	}
	if f.Do == "goods" { // warehouse and use were chosen: the goods come next
		p.Once = key
		return web.Render(c, "goods/make", p)
	}
	in, from := f.listing()
	l, err := s.MakeList(c.Request().Context(), web.Actor(c), in, key)
	if err != nil {
		return web.Refuse(c, web.Next(inText(err, from), "/desk/goods/lists/%s"), "goods/make", p)
	}
	return web.Done(c, "/desk/goods/lists/"+l.ID, "goods.done.listed")
}

// inText names the lines of the text instead of the lines of the list. What is wrong with a thing is wrong for everybody and is said once.
func inText(err error, from [][2]int) error {
	fs := fault.FieldsOf(err)
	if fs == nil {
		return err
	}
	var c fault.Checks
	seen := map[string]bool{}
	for _, f := range fs {
		at, name, dot := strings.Cut(f.Name, ".")
		i, numErr := strconv.Atoi(at)
		if !dot || numErr != nil || i >= len(from) {
			c.Add(f.Name, f.Code, f.Args...)
			continue
		}
		said := fmt.Sprintf(words[f.Code], f.Args...)
		to, code, args := "people", "goods.line_bad", []any{from[i][0] + 1, said}
		if name == "batch" {
			to, code, args = fmt.Sprintf("%d.batch", from[i][1]), f.Code, f.Args
		}
		key := fmt.Sprint(to, code, args)
		if !seen[key] && len(seen) < 30 {
			seen[key] = true
			c.Add(to, code, args...)
		}
	}
	return c.Err()
}

type listLine struct {
	ID, Name, IDNo, Place, What, Amount string
	N                                   int
	Got                                 bool
	Closed                              bool
}

type closeForm struct {
	Got  []string `form:"got"`
	Kept []string `form:"kept"`
}

type listPage struct {
	web.Page
	L                             listRow
	Self                          string
	Facts                         []web.Fact
	Steps                         []web.Step
	Lines                         []listLine
	Totals                        []web.Fact
	Files                         []shownFile
	Kept                          []keptFile
	MayRelease, Own, MayVoid, May bool
	Sheet                         string
}

func (s *Goods) listPage(c echo.Context, f *closeForm) (*listPage, error) {
	ctx, who := c.Request().Context(), web.Actor(c)
	l, err := s.ListOf(ctx, c.Param("id"))
	if err != nil {
		return nil, err
	}
	p := &listPage{Page: web.Desk(c, l.Title), L: showList(*l), Self: "/desk/goods/lists/" + l.ID, Sheet: "/desk/goods/lists/" + l.ID + "/sheet.pdf"}
	p.Back = &web.Link{Title: words["goods.page.lists"], Href: "/desk/goods/lists"}
	p.Facts = []web.Fact{fact("code", l.Code, true), fact("use", l.Project, false), fact("place", l.Place, false), fact("warehouse", l.Warehouse, false), fact("hands_on", string(l.HandsOn), true), fact("maker", l.MadeName, false)}
	if l.ReleasedName != "" {
		p.Facts = append(p.Facts, fact("releaser", l.ReleasedName, false))
	}
	if l.ClosedName != "" {
		p.Facts = append(p.Facts, fact("closer", l.ClosedName, false))
	}
	at := map[string]int{Draft: 1, Released: 2, Closed: 3}[l.State]
	for i, k := range []string{"made", "released", "closed"} {
		st := "todo"
		if i < at {
			st = "done"
		} else if i == at {
			st = "now"
		}
		p.Steps = append(p.Steps, web.Step{Title: words["goods.list.step."+k], State: st})
	}
	if l.State == Void {
		p.Steps = []web.Step{{Title: words["goods.list.step.made"], State: "done"}, {Title: words["goods.list.state.void"], State: "bad"}}
	}
	ls, err := s.receiving(ctx, l.ID)
	if err != nil {
		return nil, err
	}
	ticked := map[string]bool{}
	if f != nil {
		for _, id := range f.Got {
			ticked[id] = true
		}
	}
	type thing struct{ qty, got int64 }
	sums := map[string]*thing{}
	var order []Receiving
	for _, x := range ls {
		y := listLine{ID: x.ID, N: int(x.N), Name: ident.MaskName(x.Person), IDNo: ident.MaskID(x.Identity), Place: x.Place, What: x.What.Name, Amount: FormatQty(x.Qty, x.What.Scale) + " " + x.What.Unit, Closed: x.Got != nil}
		y.Got = x.Got != nil && *x.Got || x.Got == nil && (f == nil || ticked[x.ID])
		p.Lines = append(p.Lines, y)
		t := sums[x.Batch]
		if t == nil {
			t = &thing{}
			sums[x.Batch] = t
			order = append(order, x)
		}
		t.qty += x.Qty
		if x.Got != nil && *x.Got {
			t.got += x.Qty
		}
	}
	for _, x := range order {
		t := sums[x.Batch]
		v := FormatQty(t.qty, x.What.Scale) + " " + x.What.Unit
		if l.State == Closed {
			v = fmt.Sprintf(words["goods.list.given"], FormatQty(t.got, x.What.Scale), v)
		}
		p.Totals = append(p.Totals, web.Fact{Name: x.What.Name, Value: v, Href: "/desk/goods/stock/" + x.Batch, Num: true})
	}
	p.Files, err = s.shownFiles(c, listSubject(l.ID), p.Self)
	p.MayRelease, p.Own = l.State == Draft && may(who, CheckPerm, l.MadeBy), l.State == Draft && who.ID == l.MadeBy
	p.MayVoid, p.May = l.State == Draft && who.Can(IssuePerm), l.State == Released && who.Can(IssuePerm)
	return p, err
}

func (s *Goods) list(c echo.Context) error {
	p, err := s.listPage(c, nil)
	if err != nil {
		return err
	}
	return web.Render(c, "goods/list", p)
}

func (s *Goods) release(c echo.Context) error {
	if err := web.Bind(c, &struct{}{}); err != nil {
		return err
	}
	key, err := web.Token(c)
	if err == nil {
		err = s.Release(c.Request().Context(), web.Actor(c), c.Param("id"), key)
	}
	if err != nil {
		return web.Next(err, "/desk/goods/lists/%s")
	}
	return web.Done(c, "/desk/goods/lists/"+c.Param("id"), "goods.done.released")
}

func (s *Goods) void(c echo.Context) error {
	if err := s.VoidList(c.Request().Context(), web.Actor(c), c.Param("id")); err != nil {
		return web.Next(err, "/desk/goods/lists/%s")
	}
	return web.Done(c, "/desk/goods/lists/"+c.Param("id"), "goods.done.void")
}

func (s *Goods) close(c echo.Context) error {
	var f closeForm
	sheets, shown, key, err := s.upload(c, &f, "sheet", &f.Kept)
	if err == nil {
		err = s.Close(c.Request().Context(), web.Actor(c), c.Param("id"), f.Got, sheets, key)
	}
	if err == nil {
		return web.Done(c, "/desk/goods/lists/"+c.Param("id"), "goods.done.closed")
	}
	if fault.KindOf(err) != fault.Invalid {
		return web.Next(err, "/desk/goods/lists/%s")
	}
	p, perr := s.listPage(c, &f)
	if perr != nil {
		return perr
	}
	p.Kept = shown
	return web.Refuse(c, err, "goods/list", p)
}

// sheet sends the list to be signed. It names people in full, so opening it is an entry in the record.
func (s *Goods) sheet(c echo.Context) error {
	ctx := c.Request().Context()
	l, err := s.ListOf(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	ls, err := s.receiving(ctx, l.ID)
	if err != nil {
		return err
	}
	r := pdf.Roster{Org: s.set.Org, Number: l.Code, Title: l.Title, Project: l.Project, Batch: l.Warehouse, Place: l.Place, HandedOn: pdf.Day(l.HandsOn), Handler: l.MadeName, IssuedOn: pdf.Day(s.Today()), Demo: s.set.Demo}
	for _, x := range ls {
		row := pdf.RosterRow{Name: x.Person, PersonID: ident.MaskID(x.Identity), Place: x.Place, Goods: x.What.Name, Quantity: FormatQty(x.Qty, x.What.Scale) + x.What.Unit}
		if x.Got != nil {
			row.Signed = words[map[bool]string{true: "goods.signed", false: "goods.not_received"}[*x.Got]]
		}
		r.Rows = append(r.Rows, row)
	}
	b, err := r.Render(s.papers.Engine())
	if err != nil {
		return err
	}
	if err := s.trail.Saw(ctx, web.Actor(c), ViewPerm, l.ID, "goods.sheet", "sheet"); err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Disposition", `inline; filename="`+l.Code+`.pdf"`)
	h.Set("Cache-Control", "private, no-store")
	return c.Blob(200, "application/pdf", b)
}

func (s *Goods) listFile(c echo.Context) error { return s.sendFile(c, listSubject(c.Param("id"))) }
