package goods

import (
	"github.com/labstack/echo/v4"

	"care/server/fault"
	"care/server/web"
)

type stockLine struct {
	StockRow
	End, Tone  string
	Href, Base string // address of the card, and the query of a change of this line
}

type stockPage struct {
	web.Page
	Rows          []stockLine
	Pager         web.Pager
	Q, Place, End string
	Places, Ends  []web.Option
	Tiles         []tile
	Export        string
}

func (s *Goods) stockFilter(c echo.Context) StockFilter {
	f := StockFilter{Q: asked(c, "q"), Warehouse: asked(c, "warehouse")}
	switch c.QueryParam("end") {
	case "over":
		f.Until = s.Today().Add(-1)
	case "soon":
		f.Until = s.Today().Add(soonDays)
	}
	return f
}

func (s *Goods) stockLine(r StockRow) stockLine {
	x := stockLine{StockRow: r, Href: "/desk/goods/stock/" + r.Batch, Base: "/desk/goods/changes/new" + query("batch", r.Batch, "warehouse", r.Warehouse)}
	x.End, x.Tone = ends(r.ExpiresOn, s.Today())
	return x
}

func (s *Goods) stock(c echo.Context) error {
	ctx, f := c.Request().Context(), s.stockFilter(c)
	rows, err := s.StockList(ctx, f, c.QueryParam("after"), pageSize)
	if err != nil {
		return err
	}
	end := c.QueryParam("end")
	p := &stockPage{Page: web.Desk(c, words["goods.page.stock"]), Q: f.Q, Place: f.Warehouse, End: end, Pager: web.Pages(c, rows.Next),
		Export: "/desk/goods/stock.csv" + query("q", f.Q, "warehouse", f.Warehouse, "end", end)}
	for _, r := range rows.Rows {
		p.Rows = append(p.Rows, s.stockLine(r))
	}
	ws, err := s.Warehouses(ctx)
	if err != nil {
		return err
	}
	for _, w := range ws {
		p.Places = append(p.Places, web.Option{Value: w, Label: w, Chosen: w == f.Warehouse})
	}
	for _, o := range choices("goods.end.", "over", "soon") {
		o.Chosen = o.Value == end
		p.Ends = append(p.Ends, o)
	}
	over, soon, err := s.Expiring(ctx)
	if err != nil {
		return err
	}
	p.Tiles = []tile{{words["goods.end.over"], "/desk/goods/stock?end=over", over, over > 0}, {words["goods.end.soon"], "/desk/goods/stock?end=soon", soon, soon > 0}}
	return web.Render(c, "goods/stock", p)
}

func (s *Goods) stockFile(c echo.Context) error {
	f := s.stockFilter(c)
	return table(c, "stock-"+string(s.Today()), words["goods.csv.stock"], func(after string) (out [][]string, next string, err error) {
		rows, err := s.StockList(c.Request().Context(), f, after, 500)
		for _, r := range rows.Rows {
			out = append(out, []string{r.Warehouse, r.Name, r.Spec, r.Brand, r.BatchNo, string(r.ExpiresOn), FormatQty(r.Qty, r.Scale), r.Unit, r.Share().String(), r.Project, r.Code, r.Number})
		}
		return out, rows.Next, err
	})
}

type cardLine struct {
	CardLine
	Word, In, Out, Rest, Where, Href string
}

type cardPage struct {
	web.Page
	Card      *Card
	Facts     []web.Fact
	Lines     []cardLine
	Here      []stockLine
	End, Tone string
	CanChange bool
}

// card is the stock card of a batch.
func (s *Goods) card(c echo.Context) error {
	k, err := s.CardOf(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	p := &cardPage{Page: web.Desk(c, words["goods.page.card"]), Card: k, CanChange: web.Actor(c).Can(IssuePerm)}
	p.Back = &web.Link{Title: words["goods.page.stock"], Href: "/desk/goods/stock"}
	p.End, p.Tone = ends(k.Batch.ExpiresOn, s.Today())
	if k.Batch.Qty == 0 {
		p.End, p.Tone = "", ""
	}
	left := FormatQty(k.Batch.Qty, k.Batch.Scale) + " " + k.Batch.Unit
	p.Facts = []web.Fact{fact("left", left, true), fact("value", k.Batch.Value.Yuan(), true), fact("spec", k.Item.Spec, false), fact("brand", k.Item.Brand, false), fact("batch_no", k.Item.BatchNo, false),
		fact("produced", string(k.Item.ProducedOn), true), fact("expires", string(k.Item.ExpiresOn), true), fact("use", k.Gift.Project, false), fact("basis", words["goods.basis."+k.Item.Basis], false),
		{Name: words["goods.fact.gift"], Value: k.Gift.Code, Href: "/desk/goods/" + k.Gift.ID, Num: true}}
	for _, r := range k.Here {
		p.Here = append(p.Here, s.stockLine(r))
	}
	for _, l := range k.Lines {
		x := cardLine{CardLine: l, Word: words["goods.move."+l.Kind], Rest: FormatQty(l.Left, k.Batch.Scale)}
		n := FormatQty(l.Qty, k.Batch.Scale)
		switch {
		case l.Source == "":
			x.In, x.Where = n, l.Dest
		case l.Dest == "":
			x.Out, x.Where = n, l.Source
		default:
			x.In, x.Out, x.Where = n, n, l.Source+" → "+l.Dest
		}
		x.Href = refHref(l.Ref)
		p.Lines = append(p.Lines, x)
	}
	return web.Render(c, "goods/card", p)
}

// refHref is the page of what a move was for.
func refHref(ref string) string {
	for prefix, to := range map[string]string{"goods/": "/desk/goods/", "list/": "/desk/goods/lists/", "change/": "/desk/goods/changes/"} {
		if len(ref) > len(prefix) && ref[:len(prefix)] == prefix {
			return to + ref[len(prefix):]
		}
	}
	return ""
}

type changeRow struct {
	Change
	Word, Where, Tone, Href string
}

func changeTone(state string) string {
	switch state {
	case Done:
		return "ok"
	case Declined:
		return "bad"
	}
	return "wait"
}

func showChange(x Change) changeRow {
	return changeRow{x, words["goods.change."+x.Kind], words["goods.change.state."+x.State], changeTone(x.State), "/desk/goods/changes/" + x.ID}
}

type changesPage struct {
	web.Page
	Rows          []changeRow
	Pager         web.Pager
	Kind, State   string
	Kinds, States []web.Option
	Places        []web.Option
	CanAsk        bool
}

func (s *Goods) changes(c echo.Context) error {
	ctx, kind, state := c.Request().Context(), c.QueryParam("kind"), c.QueryParam("state")
	if words["goods.change."+kind] == "" {
		kind = ""
	}
	if words["goods.change.state."+state] == "" {
		state = ""
	}
	rows, err := s.Changes(ctx, kind, state, c.QueryParam("after"), pageSize)
	if err != nil {
		return err
	}
	p := &changesPage{Page: web.Desk(c, words["goods.page.changes"]), Pager: web.Pages(c, rows.Next), Kind: kind, State: state, CanAsk: web.Actor(c).Can(IssuePerm)}
	for _, x := range rows.Rows {
		p.Rows = append(p.Rows, showChange(x))
	}
	for _, o := range choices("goods.change.", Shift, Loss, Sale, GiveBack, Take) {
		o.Chosen = o.Value == kind
		p.Kinds = append(p.Kinds, o)
	}
	for _, o := range choices("goods.change.state.", Asked, Done, Declined) {
		o.Chosen = o.Value == state
		p.States = append(p.States, o)
	}
	ws, err := s.Warehouses(ctx)
	for _, w := range ws {
		p.Places = append(p.Places, web.Option{Value: w, Label: w})
	}
	if err != nil {
		return err
	}
	return web.Render(c, "goods/changes", p)
}

type askForm struct {
	Kind      string   `form:"kind"`
	Gift      string   `form:"gift"`
	Batch     []string `form:"batch"`
	Warehouse []string `form:"warehouse"`
	Qty       []string `form:"qty"`
	Dest      string   `form:"dest"`
	Why       string   `form:"why"`
	Amount    string   `form:"amount"`
	BankRef   string   `form:"bank_ref"`
	Day       string   `form:"day"`
	Kept      []string `form:"kept"`
}

type askRow struct {
	stockLine
	Typed string
}

type askPage struct {
	rowsPage
	Form                 askForm
	Word, Text           string
	Rows                 []askRow
	Kinds                []web.Option
	Warehouses           []string
	Kept                 []keptFile
	Today, Code, Gone    string
	One, Taking, Selling bool // one line whose kind may be chosen; a stock-taking; money came
}

// takeMost is the number of lines that one stock-taking shows; a larger warehouse is taken in parts.
const takeMost = maxLines

// askPage shows what shall change: one line of the stock, a whole warehouse, or a whole gift.
func (s *Goods) askPage(c echo.Context, f askForm) (*askPage, error) {
	ctx := c.Request().Context()
	p := &askPage{rowsPage: rowsPage{web.Desk(c, words["goods.page.ask"])}, Form: f, Today: string(s.Today())}
	p.Back = &web.Link{Title: words["goods.page.changes"], Href: "/desk/goods/changes"}
	var rows []StockRow
	var err error
	switch {
	case f.Kind == Take:
		var all StockFilter
		all.Warehouse = nth(f.Warehouse, 0)
		page, err := s.StockList(ctx, all, "", takeMost)
		if err != nil {
			return nil, err
		}
		rows, p.Taking = page.Rows, true
	case f.Kind == GiveBack:
		g, err := s.Gift(ctx, f.Gift)
		if err != nil {
			return nil, err
		}
		p.Code = g.Code
		bs, err := s.Batches(ctx, g.ID)
		if err != nil {
			return nil, err
		}
		for _, b := range bs {
			k, err := s.CardOf(ctx, b.ID)
			if err != nil {
				return nil, err
			}
			rows = append(rows, k.Here...)
		}
	default:
		p.One = true
		p.Kinds = choices("goods.change.", Shift, Loss, Sale)
		k, err := s.CardOf(ctx, nth(f.Batch, 0))
		if err != nil {
			return nil, err
		}
		for _, r := range k.Here {
			if r.Warehouse == nth(f.Warehouse, 0) {
				rows = append(rows, r)
			}
		}
	}
	typed := map[[2]string]string{}
	for i := range min(len(f.Batch), len(f.Warehouse)) {
		typed[[2]string{f.Batch[i], f.Warehouse[i]}] = nth(f.Qty, i)
	}
	for _, r := range rows {
		p.Rows = append(p.Rows, askRow{s.stockLine(r), typed[[2]string{r.Batch, r.Warehouse}]})
	}
	if len(p.Rows) == 0 {
		p.Gone = words["goods.ask.gone"]
	}
	p.Word, p.Text = words["goods.page.ask"], words["goods.ask.text."+f.Kind]
	if w := words["goods.change."+f.Kind]; w != "" && !p.One {
		p.Word = w
	}
	p.Warehouses, err = s.Warehouses(ctx)
	return p, err
}

func (s *Goods) askForm(c echo.Context) error {
	var f askForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	f.Qty = nil
	p, err := s.askPage(c, f)
	if err != nil {
		return err
	}
	return web.Render(c, "goods/ask", p)
}

func (s *Goods) ask(c echo.Context) error {
	var f askForm
	photos, shown, key, err := s.upload(c, &f, "photo", &f.Kept)
	var ch *Change
	if err == nil {
		r := Changing{Kind: f.Kind, Gift: f.Gift, Dest: f.Dest, Why: f.Why, Amount: fen(f.Amount), BankRef: f.BankRef, Day: day(f.Day)}
		for i := range min(len(f.Batch), takeMost+1) {
			r.Lines = append(r.Lines, Piece{Batch: f.Batch[i], Warehouse: nth(f.Warehouse, i), Qty: nth(f.Qty, i)})
		}
		ch, err = s.AskChange(c.Request().Context(), web.Actor(c), r, photos, key)
	}
	if err == nil {
		return web.Done(c, "/desk/goods/changes/"+ch.ID, "goods.done.asked")
	}
	if fault.KindOf(err) != fault.Invalid {
		return web.Next(err, "/desk/goods/changes/%s")
	}
	p, perr := s.askPage(c, f)
	if perr != nil {
		return perr
	}
	p.Kept = shown
	return web.Refuse(c, err, "goods/ask", p)
}

type changeLine struct {
	ChangeRow
	Qty, Book, Diff string
}

type decideForm struct {
	Verdict string `form:"verdict"`
	Remark  string `form:"remark"`
}

type changePage struct {
	web.Page
	C         changeRow
	Self      string
	Facts     []web.Fact
	Lines     []changeLine
	Files     []shownFile
	Form      decideForm
	MayDecide bool
	Own       bool
	Taking    bool
	Danger    bool
}

func (s *Goods) changePage(c echo.Context) (*changePage, error) {
	ctx, who := c.Request().Context(), web.Actor(c)
	x, err := s.Change(ctx, c.Param("id"))
	if err != nil {
		return nil, err
	}
	p := &changePage{Page: web.Desk(c, words["goods.page.change"]), C: showChange(*x), Self: "/desk/goods/changes/" + x.ID, Taking: x.Kind == Take, Danger: x.Kind != Shift && x.Kind != Take}
	p.Back = &web.Link{Title: words["goods.page.changes"], Href: "/desk/goods/changes"}
	p.Facts = []web.Fact{fact("why", x.Why, false), fact("asker", x.MadeName, false)}
	if x.Dest != "" {
		p.Facts = append(p.Facts, fact("dest", x.Dest, false))
	}
	if x.Kind == Sale {
		p.Facts = append(p.Facts, fact("amount", x.Amount.Yuan(), true), fact("bank_ref", x.BankRef, true), fact("day", string(x.Day), true))
	}
	if x.Gift != "" {
		g, err := s.Gift(ctx, x.Gift)
		if err != nil {
			return nil, err
		}
		p.Facts = append(p.Facts, web.Fact{Name: words["goods.fact.gift"], Value: g.Code, Href: "/desk/goods/" + g.ID, Num: true})
	}
	if x.State != Asked {
		p.Facts = append(p.Facts, fact("decider", x.DecidedName, false), fact("remark", x.Remark, false))
	}
	ls, err := s.ChangeLines(ctx, x.ID)
	if err != nil {
		return nil, err
	}
	for _, l := range ls {
		sc := l.What.Scale
		y := changeLine{ChangeRow: l, Qty: FormatQty(l.ChangeLine.Qty, sc), Book: FormatQty(l.ChangeLine.Book, sc)}
		if d := l.ChangeLine.Qty - l.ChangeLine.Book; p.Taking && d < 0 {
			y.Diff = "-" + FormatQty(-d, sc)
		} else if p.Taking && d > 0 {
			y.Diff = "+" + FormatQty(d, sc)
		}
		p.Lines = append(p.Lines, y)
	}
	p.Files, err = s.shownFiles(c, changeSubject(x.ID), p.Self)
	p.MayDecide, p.Own = x.State == Asked && may(who, Decider(x.Kind), x.MadeBy), x.State == Asked && who.ID == x.MadeBy
	return p, err
}

func (s *Goods) change(c echo.Context) error {
	p, err := s.changePage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "goods/change", p)
}

func (s *Goods) decide(c echo.Context) error {
	p, err := s.changePage(c)
	if err != nil {
		return err
	}
	key := ""
	if err = web.Bind(c, &p.Form); err == nil {
		key, err = web.Token(c)
	}
	do := p.Form.Verdict == "approve"
	if err == nil {
		err = s.Decide(c.Request().Context(), web.Actor(c), c.Param("id"), do, p.Form.Remark, key)
	}
	if err != nil {
		return web.Refuse(c, web.Next(err, "/desk/goods/changes/%s"), "goods/change", p)
	}
	word := "goods.done.declined"
	if do {
		word = "goods.done.changed"
	}
	return web.Done(c, p.Self, word)
}

func (s *Goods) changeFile(c echo.Context) error { return s.sendFile(c, changeSubject(c.Param("id"))) }
