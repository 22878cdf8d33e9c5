package goods

import (
	"fmt"

	"github.com/labstack/echo/v4"

	"care/media"
	"care/modules/documents"
	"care/server/clock"
	"care/server/fault"
	"care/server/ident"
	"care/server/web"
)

type giftRow struct {
	Row
	Word, Tone, Href, By string
}

type tile struct {
	Title, Href string
	N           int
	Hot         bool
}

type giftsPage struct {
	web.Page
	Rows     []giftRow
	Pager    web.Pager
	Q, State string
	States   []web.Option
	Tiles    []tile
	Export   string
}

func (s *Goods) filter(c echo.Context) Filter {
	f := Filter{State: State(c.QueryParam("state")), Q: asked(c, "q")}
	if words["goods.state."+string(f.State)] == "" {
		f.State = ""
	}
	return f
}

func (s *Goods) gifts(c echo.Context) error {
	ctx, f := c.Request().Context(), s.filter(c)
	rows, err := s.List(ctx, f, c.QueryParam("after"), pageSize)
	if err != nil {
		return err
	}
	p := &giftsPage{Page: web.Desk(c, words["goods.page.gifts"]), Q: f.Q, State: string(f.State), Pager: web.Pages(c, rows.Next), Export: "/desk/goods/export.csv" + query("state", string(f.State), "q", f.Q)}
	for _, st := range States() {
		p.States = append(p.States, web.Option{Value: string(st), Label: words["goods.state."+string(st)], Chosen: st == f.State})
	}
	for _, r := range rows.Rows {
		x := giftRow{Row: r, Word: words["goods.state."+string(r.State)], Tone: tone(r.State), Href: "/desk/goods/" + r.ID}
		switch r.State {
		case Counted:
			x.By = r.CountedName + words["goods.by.counted"]
		case Valued:
			x.By = r.ValuedName + words["goods.by.valued"]
		}
		p.Rows = append(p.Rows, x)
	}
	counts, err := s.Counts(ctx)
	if err != nil {
		return err
	}
	for _, st := range []State{Waiting, Counted, Accepted, Valued} {
		p.Tiles = append(p.Tiles, tile{words["goods.state."+string(st)], "/desk/goods?state=" + string(st), counts[st], counts[st] > 0})
	}
	return web.Render(c, "goods/gifts", p)
}

func (s *Goods) giftsFile(c echo.Context) error {
	f := s.filter(c)
	return table(c, "goods-"+string(s.Today()), words["goods.csv.gifts"], func(after string) (out [][]string, next string, err error) {
		rows, err := s.List(c.Request().Context(), f, after, 500)
		for _, r := range rows.Rows {
			out = append(out, []string{string(r.ArrivedOn), r.Code, words["goods.state."+string(r.State)], r.Masked, r.What, r.Project, r.Total.String(), r.Number, r.MadeName, r.CountedName, r.AcceptedName, r.ValuedName, r.StockedName})
		}
		return out, rows.Next, err
	})
}

type registerForm struct {
	Donor      string   `form:"donor"`
	Shown      string   `form:"shown"`
	Name       string   `form:"name"`
	IDNo       string   `form:"idno"`
	Phone      string   `form:"phone"`
	Campaign   string   `form:"campaign"`
	ArrivedOn  string   `form:"arrived_on"`
	Warehouse  string   `form:"warehouse"`
	Direct     bool     `form:"direct"`
	ItemName   []string `form:"item_name"`
	Spec       []string `form:"spec"`
	Brand      []string `form:"brand"`
	Unit       []string `form:"unit"`
	Qty        []string `form:"qty"`
	BatchNo    []string `form:"batch_no"`
	ProducedOn []string `form:"produced_on"`
	ExpiresOn  []string `form:"expires_on"`
	Do         string   `form:"do"`
}

// itemRow is one thing of the form as it was typed.
type itemRow struct{ Name, Spec, Brand, Unit, Qty, BatchNo, ProducedOn, ExpiresOn string }

func nth(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// rows gives the things that were typed; lines that were left empty are dropped.
func (f *registerForm) rows() []itemRow {
	var out []itemRow
	for i := range min(len(f.ItemName), 2*maxItems) {
		r := itemRow{f.ItemName[i], nth(f.Spec, i), nth(f.Brand, i), nth(f.Unit, i), nth(f.Qty, i), nth(f.BatchNo, i), nth(f.ProducedOn, i), nth(f.ExpiresOn, i)}
		if r.Name+r.Spec+r.Brand+r.Qty+r.BatchNo+r.ProducedOn+r.ExpiresOn != "" {
			out = append(out, r)
		}
	}
	return out
}

func (f *registerForm) registering() Registering {
	r := Registering{Donor: f.Donor, Shown: f.Shown, Name: f.Name, Phone: f.Phone, IDNo: f.IDNo, Campaign: f.Campaign, ArrivedOn: day(f.ArrivedOn), Warehouse: f.Warehouse, Direct: f.Direct}
	for _, x := range f.rows() {
		r.Items = append(r.Items, Declared{Name: x.Name, Spec: x.Spec, Brand: x.Brand, Unit: x.Unit, Qty: x.Qty, BatchNo: x.BatchNo, ProducedOn: day(x.ProducedOn), ExpiresOn: day(x.ExpiresOn)})
	}
	return r
}

// badDays names the days of a form that are no days: an empty day and one that cannot be read are not the same.
func (f *registerForm) badDays() error {
	var c fault.Checks
	for i, x := range f.rows() {
		c.Need(x.ProducedOn == "" || day(x.ProducedOn) != "", fmt.Sprintf("%d.produced_on", i), "goods.day")
		c.Need(x.ExpiresOn == "" || day(x.ExpiresOn) != "", fmt.Sprintf("%d.expires_on", i), "goods.day")
	}
	return c.Err()
}

type registerPage struct {
	rowsPage
	Form                registerForm
	Rows                []itemRow
	Donors, Shows, Uses []web.Option
	Warehouses, Units   []string
	Today, Action       string
	Editing             bool
}

// emptyRows are the lines that a form offers beyond those that are filled.
const emptyRows = 2

func (s *Goods) registerPage(c echo.Context, f registerForm) (*registerPage, error) {
	ctx := c.Request().Context()
	p := &registerPage{rowsPage: rowsPage{web.Desk(c, words["goods.page.register"])}, Form: f, Donors: choices("goods.donor.", Person, Body), Shows: choices("goods.shown.", Masked, Real, Anonymous), Today: string(s.Today()), Units: unitWords(), Action: "/desk/goods/new"}
	p.Back = &web.Link{Title: words["goods.page.gifts"], Href: "/desk/goods"}
	if id := c.Param("id"); id != "" {
		p.Editing, p.Action, p.Title = true, "/desk/goods/"+id+"/edit", words["goods.correct"]
		p.Back = &web.Link{Title: words["goods.page.gift"], Href: "/desk/goods/" + id}
	}
	p.Rows = f.rows()
	for range min(emptyRows, max(0, maxItems-len(p.Rows))) {
		p.Rows = append(p.Rows, itemRow{})
	}
	var err error
	if p.Uses, err = s.uses(c, true); err != nil {
		return nil, err
	}
	p.Warehouses, err = s.Warehouses(ctx)
	return p, err
}

// uses are the purposes for a drop-down list; without those that are over when goods come in.
func (s *Goods) uses(c echo.Context, in bool) ([]web.Option, error) {
	ps, err := s.purposes.Purposes(c.Request().Context())
	var out []web.Option
	for _, x := range ps {
		if in && x.Over {
			continue
		}
		out = append(out, web.Option{Value: x.ID, Label: x.Title})
	}
	return out, err
}

func (s *Goods) registerForm(c echo.Context) error {
	p, err := s.registerPage(c, registerForm{Donor: Body, Shown: Real, ArrivedOn: string(s.Today())})
	if err != nil {
		return err
	}
	return web.Render(c, "goods/register", p)
}

func (s *Goods) register(c echo.Context) error {
	var f registerForm
	bad := web.Bind(c, &f)
	p, err := s.registerPage(c, f)
	if err != nil {
		return err
	}
	if bad != nil {
		return web.Refuse(c, bad, "goods/register", p)
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "goods/register", p)
	}
	if f.Do == "more" {
		p.Once = key
		return web.Render(c, "goods/register", p)
	}
	if err := f.badDays(); err != nil {
		return web.Refuse(c, err, "goods/register", p)
	}
	if p.Editing {
		if err := s.Correct(c.Request().Context(), web.Actor(c), c.Param("id"), f.registering(), key); err != nil {
			return web.Refuse(c, web.Next(err, "/desk/goods/%s"), "goods/register", p)
		}
		return web.Done(c, p.Back.Href, "goods.done.corrected")
	}
	g, err := s.Register(c.Request().Context(), web.Actor(c), f.registering(), key)
	if err != nil {
		return web.Refuse(c, web.Next(err, "/desk/goods/%s"), "goods/register", p)
	}
	return web.Done(c, "/desk/goods/"+g.ID, "goods.done.registered")
}

// editForm shows a registration to be corrected. It shows the donor in full, so opening it is an entry in the record.
func (s *Goods) editForm(c echo.Context) error {
	ctx := c.Request().Context()
	g, err := s.Gift(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	if g.State != Waiting {
		return fault.New(fault.Conflict, "goods.not_waiting")
	}
	is, err := s.Items(ctx, g.ID)
	if err != nil {
		return err
	}
	if err := s.trail.Saw(ctx, web.Actor(c), RegisterPerm, g.ID, "goods.donor", "correct"); err != nil {
		return err
	}
	x, err := s.open(g)
	if err != nil {
		return err
	}
	f := registerForm{Donor: g.Donor, Shown: g.Shown, Name: x.Name, IDNo: x.IDNo, Phone: x.Phone, Campaign: g.Campaign, ArrivedOn: string(g.ArrivedOn), Warehouse: g.Warehouse}
	for _, i := range is {
		f.ItemName, f.Spec, f.Brand, f.Unit, f.Qty = append(f.ItemName, i.Name), append(f.Spec, i.Spec), append(f.Brand, i.Brand), append(f.Unit, i.Unit), append(f.Qty, FormatQty(i.Declared, i.Scale))
		f.BatchNo, f.ProducedOn, f.ExpiresOn = append(f.BatchNo, i.BatchNo), append(f.ProducedOn, string(i.ProducedOn)), append(f.ExpiresOn, string(i.ExpiresOn))
	}
	p, err := s.registerPage(c, f)
	if err != nil {
		return err
	}
	return web.Render(c, "goods/register", p)
}

// shownItem is one thing of a gift, written for a page.
type shownItem struct {
	Item
	Declared, Accepted, Refused string
	Certificate, Basis          string
	Batch                       string // address of its stock card
	Old                         bool   // past its end
}

func (s *Goods) shownItems(c echo.Context, gift string) ([]shownItem, error) {
	ctx := c.Request().Context()
	is, err := s.Items(ctx, gift)
	if err != nil {
		return nil, err
	}
	bs, err := s.Batches(ctx, gift)
	if err != nil {
		return nil, err
	}
	card := map[string]string{}
	for _, b := range bs {
		card[b.Item] = "/desk/goods/stock/" + b.ID
	}
	var out []shownItem
	for _, i := range is {
		x := shownItem{Item: i, Declared: FormatQty(i.Declared, i.Scale), Batch: card[i.ID], Old: expired(i.ExpiresOn, s.Today())}
		if i.Accepted != nil {
			x.Accepted, x.Refused = FormatQty(*i.Accepted, i.Scale), FormatQty(*i.Refused, i.Scale)
		}
		if i.Certificate != "" {
			x.Certificate = words["goods.certificate."+i.Certificate]
		}
		if i.Basis != "" {
			x.Basis = words["goods.basis."+i.Basis]
		}
		out = append(out, x)
	}
	return out, nil
}

type shownFile struct {
	Name, Href, Kind string
	Image            bool
}

func (s *Goods) shownFiles(c echo.Context, subject, base string) ([]shownFile, error) {
	fs, err := s.archive.Of(c.Request().Context(), subject)
	var out []shownFile
	for _, f := range fs {
		out = append(out, shownFile{f.Name, base + "/files/" + f.ID, words["goods.file."+f.Category], f.Type != "application/pdf"})
	}
	return out, err
}

type giftPage struct {
	web.Page
	G                                           *Gift
	Word, Tone, Self                            string
	Steps                                       []web.Step
	Facts                                       []web.Fact
	Items                                       []shownItem
	Files                                       []shownFile
	Time                                        []web.Step
	MayCount, MayAccept, MayValue, MayStock     bool
	OwnCount, OwnValue, MayGiveBack, MayRecount bool
	MayCorrect                                  bool
	Valued                                      bool
}

func (s *Goods) giftPage(c echo.Context) (*giftPage, error) {
	ctx, who := c.Request().Context(), web.Actor(c)
	g, err := s.Gift(ctx, c.Param("id"))
	if err != nil {
		return nil, err
	}
	p := &giftPage{Page: web.Desk(c, words["goods.page.gift"]), G: g, Word: words["goods.state."+string(g.State)], Tone: tone(g.State), Self: "/desk/goods/" + g.ID, Steps: giftSteps(g)}
	p.Back = &web.Link{Title: words["goods.page.gifts"], Href: "/desk/goods"}
	x, err := s.open(g)
	if err != nil {
		return nil, err
	}
	if g.Donor == Person {
		x.Name, x.IDNo = ident.MaskName(x.Name), ident.MaskID(x.IDNo)
	}
	p.Facts = []web.Fact{fact("donor", x.Name, false), fact("shown", words["goods.shown."+g.Shown], false), fact("public", g.PublicName, false), fact("phone", ident.MaskPhone(x.Phone), true), fact("idno", x.IDNo, true),
		fact("use", g.Project, false), fact("arrived", string(g.ArrivedOn), true), fact("warehouse", g.Warehouse, false)}
	if g.Roll != "" {
		p.Facts = append(p.Facts, fact("total", g.Total.Yuan(), true), web.Fact{Name: words["goods.fact.number"], Value: g.Number, Href: "/verify/" + g.Number, Num: true})
	}
	if p.Items, err = s.shownItems(c, g.ID); err != nil {
		return nil, err
	}
	if p.Files, err = s.shownFiles(c, Ref(g.ID), p.Self); err != nil {
		return nil, err
	}
	papers, err := s.papers.Of(ctx, Ref(g.ID))
	if err != nil {
		return nil, err
	}
	p.Time = giftTime(g, papers)
	p.MayCorrect = g.State == Waiting && who.Can(RegisterPerm)
	p.MayCount = g.State == Waiting && who.Can(AcceptPerm)
	p.MayAccept, p.OwnCount = g.State == Counted && may(who, AcceptPerm, g.CountedBy), g.State == Counted && who.ID == g.CountedBy
	p.MayRecount = g.State == Counted && who.Can(AcceptPerm)
	p.MayValue = g.State == Accepted && who.Can(ValuePerm)
	p.MayStock, p.OwnValue = g.State == Valued && may(who, CheckPerm, g.ValuedBy), g.State == Valued && who.ID == g.ValuedBy
	p.MayGiveBack = g.State == Stocked && who.Can(IssuePerm)
	p.Valued = g.State == Valued || g.Roll != ""
	return p, nil
}

func giftSteps(g *Gift) []web.Step {
	if g.State == Direct {
		return []web.Step{{Title: words["goods.step.registered"], State: "done"}, {Title: words["goods.state.direct"], State: "skip"}}
	}
	at := map[State]int{Waiting: 1, Counted: 2, Accepted: 3, Valued: 4, Stocked: 5, Returned: 5, Refused: 3}[g.State]
	var out []web.Step
	for i, k := range []string{"registered", "counted", "accepted", "valued", "stocked"} {
		st := "todo"
		switch {
		case i < at:
			st = "done"
		case g.State == Refused:
			continue
		case i == at:
			st = "now"
		}
		out = append(out, web.Step{Title: words["goods.step."+k], State: st})
	}
	if g.State == Refused || g.State == Returned {
		out = append(out, web.Step{Title: words["goods.state."+string(g.State)], State: "bad"})
	}
	return out
}

func giftTime(g *Gift, papers []documents.Document) []web.Step {
	out := []web.Step{{Title: words["goods.step.registered"], State: "done", At: g.MadeAt, Who: g.MadeName}}
	for _, x := range []struct{ key, who string }{{"counted", g.CountedName}, {"accepted", g.AcceptedName}, {"valued", g.ValuedName}} {
		if x.who != "" {
			out = append(out, web.Step{Title: words["goods.step."+x.key], State: "done", Who: x.who})
		}
	}
	if g.StockedAt != nil {
		out = append(out, web.Step{Title: words["goods.step.stocked"], State: "done", At: *g.StockedAt, Who: g.StockedName, Text: g.Number, Href: "/verify/" + g.Number})
	}
	for _, d := range papers {
		if d.Reverses != "" {
			out = append(out, web.Step{Title: words["goods.time.red"], State: "bad", At: d.OrderedAt, Text: d.Number, Href: "/verify/" + d.Number})
		}
	}
	return out
}

func (s *Goods) gift(c echo.Context) error {
	p, err := s.giftPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "goods/gift", p)
}

type countForm struct {
	Item        []string `form:"item"`
	Accepted    []string `form:"accepted"`
	Refused     []string `form:"refused"`
	Certificate []string `form:"certificate"`
	Remark      []string `form:"remark"`
	Kept        []string `form:"kept"`
}

type countRow struct {
	shownItem
	Good, Bad, Seen, Note string
}

type countPage struct {
	rowsPage
	G            *Gift
	Self         string
	Rows         []countRow
	Kept         []keptFile
	Certificates []web.Option
}

func (s *Goods) countPage(c echo.Context, f *countForm) (*countPage, error) {
	g, err := s.Gift(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	if g.State != Waiting {
		return nil, fault.New(fault.Conflict, "goods.not_waiting")
	}
	p := &countPage{rowsPage: rowsPage{web.Desk(c, words["goods.page.count"])}, G: g, Self: "/desk/goods/" + g.ID, Certificates: choices("goods.certificate.", "seen", "not_needed")}
	p.Back = &web.Link{Title: words["goods.page.gift"], Href: p.Self}
	is, err := s.shownItems(c, g.ID)
	for i, x := range is {
		r := countRow{shownItem: x, Bad: "0"}
		if f != nil {
			r.Good, r.Bad, r.Seen, r.Note = nth(f.Accepted, i), nth(f.Refused, i), nth(f.Certificate, i), nth(f.Remark, i)
		}
		p.Rows = append(p.Rows, r)
	}
	return p, err
}

func (s *Goods) countForm(c echo.Context) error {
	p, err := s.countPage(c, nil)
	if err != nil {
		return err
	}
	return web.Render(c, "goods/count", p)
}

func (s *Goods) count(c echo.Context) error {
	var f countForm
	photos, shown, key, err := s.upload(c, &f, "photo", &f.Kept)
	if err == nil {
		var ts []Tally
		for i := range min(len(f.Item), maxItems) {
			ts = append(ts, Tally{Item: f.Item[i], Accepted: nth(f.Accepted, i), Refused: nth(f.Refused, i), Remark: nth(f.Remark, i), Certificate: nth(f.Certificate, i)})
		}
		err = s.Count(c.Request().Context(), web.Actor(c), c.Param("id"), ts, photos, key)
	}
	if err == nil {
		return web.Done(c, "/desk/goods/"+c.Param("id"), "goods.done.counted")
	}
	if fault.KindOf(err) != fault.Invalid {
		return web.Next(err, "/desk/goods/%s")
	}
	p, perr := s.countPage(c, &f)
	if perr != nil {
		return perr
	}
	p.Kept = shown
	return web.Refuse(c, err, "goods/count", p)
}

func (s *Goods) accept(c echo.Context) error {
	return s.press(c, "goods.done.accepted", func(key string) error {
		return s.Accept(c.Request().Context(), web.Actor(c), c.Param("id"), key)
	})
}

func (s *Goods) stockGift(c echo.Context) error {
	return s.press(c, "goods.done.stocked", func(key string) error {
		return s.Stock(c.Request().Context(), web.Actor(c), c.Param("id"), key)
	})
}

// press does what one button of a gift's page asks for.
func (s *Goods) press(c echo.Context, word string, do func(key string) error) error {
	if err := web.Bind(c, &struct{}{}); err != nil {
		return err
	}
	key, err := web.Token(c)
	if err == nil {
		err = do(key)
	}
	if err != nil {
		return web.Next(err, "/desk/goods/%s")
	}
	return web.Done(c, "/desk/goods/"+c.Param("id"), word)
}

type reasonForm struct {
	Why string `form:"why"`
}

type reasonPage struct {
	web.Page
	Ask, Text, Button, Action string
	Form                      reasonForm
}

func (s *Goods) recountPage(c echo.Context) (*reasonPage, error) {
	g, err := s.Gift(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	if g.State != Counted {
		return nil, fault.New(fault.Conflict, "goods.not_counted")
	}
	p := &reasonPage{Page: web.Desk(c, words["goods.page.recount"]), Ask: words["goods.ask.recount"], Text: words["goods.text.recount"], Button: words["goods.recount"], Action: c.Request().URL.Path}
	p.Back = &web.Link{Title: words["goods.page.gift"], Href: "/desk/goods/" + g.ID}
	return p, nil
}

func (s *Goods) recountForm(c echo.Context) error {
	p, err := s.recountPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "goods/reason", p)
}

func (s *Goods) recount(c echo.Context) error {
	p, err := s.recountPage(c)
	if err != nil {
		return err
	}
	key := ""
	if err = web.Bind(c, &p.Form); err == nil {
		key, err = web.Token(c)
	}
	if err == nil {
		err = s.Recount(c.Request().Context(), web.Actor(c), c.Param("id"), p.Form.Why, key)
	}
	if err != nil {
		return web.Refuse(c, web.Next(err, "/desk/goods/%s"), "goods/reason", p)
	}
	return web.Done(c, "/desk/goods/"+c.Param("id"), "goods.done.recount")
}

type valueForm struct {
	Item    []string `form:"item"`
	Basis   []string `form:"basis"`
	Total   []string `form:"total"`
	Grounds []string `form:"grounds"`
	Kept    []string `form:"kept"`
}

type valueRow struct {
	shownItem
	Chosen, Sum, Why string
}

type valuePage struct {
	rowsPage
	G     *Gift
	Self  string
	Rows  []valueRow
	Bases []web.Option
	Kept  []keptFile
}

func (s *Goods) valuePage(c echo.Context, f *valueForm) (*valuePage, error) {
	g, err := s.Gift(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	if g.State != Accepted {
		return nil, fault.New(fault.Conflict, "goods.not_accepted")
	}
	p := &valuePage{rowsPage: rowsPage{web.Desk(c, words["goods.page.value"])}, G: g, Self: "/desk/goods/" + g.ID, Bases: choices("goods.basis.", Invoice, Customs, Agreement, Market, Appraisal, NoValue)}
	p.Back = &web.Link{Title: words["goods.page.gift"], Href: p.Self}
	is, err := s.shownItems(c, g.ID)
	for i, x := range is {
		r := valueRow{shownItem: x}
		if f != nil {
			r.Chosen, r.Sum, r.Why = nth(f.Basis, i), nth(f.Total, i), nth(f.Grounds, i)
		}
		p.Rows = append(p.Rows, r)
	}
	return p, err
}

func (s *Goods) valueForm(c echo.Context) error {
	p, err := s.valuePage(c, nil)
	if err != nil {
		return err
	}
	return web.Render(c, "goods/value", p)
}

func (s *Goods) value(c echo.Context) error {
	var f valueForm
	papers, shown, key, err := s.upload(c, &f, "evidence", &f.Kept)
	if err == nil {
		var ws []Worth
		for i := range min(len(f.Item), maxItems) {
			ws = append(ws, Worth{Item: f.Item[i], Basis: nth(f.Basis, i), Grounds: nth(f.Grounds, i), Total: fen(nth(f.Total, i))})
		}
		err = s.Value(c.Request().Context(), web.Actor(c), c.Param("id"), ws, papers, key)
	}
	if err == nil {
		return web.Done(c, "/desk/goods/"+c.Param("id"), "goods.done.valued")
	}
	if fault.KindOf(err) != fault.Invalid {
		return web.Next(err, "/desk/goods/%s")
	}
	p, perr := s.valuePage(c, &f)
	if perr != nil {
		return perr
	}
	p.Kept = shown
	return web.Refuse(c, err, "goods/value", p)
}

// receiptFile sends the receipt to the desk. It names the donor in full, so reading it is an entry in the record.
func (s *Goods) receiptFile(c echo.Context) error {
	ctx := c.Request().Context()
	g, err := s.Gift(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	if g.Receipt == "" {
		return fault.New(fault.NotFound, "goods.no_receipt")
	}
	d, err := s.papers.Document(ctx, g.Receipt)
	if err != nil {
		return err
	}
	if err := s.trail.Saw(ctx, web.Actor(c), ViewPerm, g.ID, "receipt", "receipt"); err != nil {
		return err
	}
	return s.papers.Send(c, d)
}

// giftFile sends a photo or a paper of a gift.
func (s *Goods) giftFile(c echo.Context) error { return s.sendFile(c, Ref(c.Param("id"))) }

func (s *Goods) sendFile(c echo.Context, subject string) error {
	ctx := c.Request().Context()
	f, err := s.file(ctx, subject, c.Param("file"))
	if err != nil {
		return err
	}
	if err := s.trail.Saw(ctx, web.Actor(c), ViewPerm, c.Param("id"), "goods.file", f.Category); err != nil {
		return err
	}
	return s.archive.Send(c, &media.File{Object: f.Object, Size: f.Size, Type: f.Type, At: f.At}, f.Name)
}

type plainPage struct {
	web.Page
	Self    string
	Code    string
	Form    reasonForm
	Reasons []web.Option
	Shown   bool
	Facts   []web.Fact
}

func (s *Goods) plainPage(c echo.Context) (*plainPage, error) {
	g, err := s.Gift(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	p := &plainPage{Page: web.Desk(c, words["goods.page.reveal"]), Self: "/desk/goods/" + g.ID, Code: g.Code, Reasons: choices("goods.reveal.", reasons...)}
	p.Back = &web.Link{Title: words["goods.page.gift"], Href: p.Self}
	return p, nil
}

func (s *Goods) revealForm(c echo.Context) error {
	p, err := s.plainPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "goods/plain", p)
}

// reveal shows the private columns once, as the answer itself: they must not be left at an address.
func (s *Goods) reveal(c echo.Context) error {
	p, err := s.plainPage(c)
	if err != nil {
		return err
	}
	if err := web.Bind(c, &p.Form); err != nil {
		return err
	}
	x, err := s.Reveal(c.Request().Context(), web.Actor(c), c.Param("id"), p.Form.Why)
	if err != nil {
		return web.Refuse(c, err, "goods/plain", p)
	}
	p.Shown = true
	p.Facts = []web.Fact{fact("donor", x.Name, false), fact("phone", x.Phone, true), fact("idno", x.IDNo, true)}
	return web.Render(c, "goods/plain", p)
}

// ends tells how near a batch is to its end.
func ends(until, today clock.Day) (word, tone string) {
	switch {
	case until == "":
		return "", ""
	case until < today:
		return words["goods.ends.over"], "bad"
	case until <= today.Add(soonDays):
		return fmt.Sprintf(words["goods.ends.soon"], until.Sub(today)), "wait"
	}
	return "", ""
}
