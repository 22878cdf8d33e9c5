package intake

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"care/server/clock"
	"care/server/fault"
	"care/server/money"
	"care/server/web"
)

type ordersFields struct {
	Platform string `form:"platform"`
	Title    string `form:"title"`
	Rows     string `form:"rows"`
	Fen      string `form:"fen"`
}

type ordersPage struct {
	web.Page
	Form      ordersFields
	Platforms []web.Option
	Profiles  []Profile
}

func (s *Intake) ordersPage(c echo.Context, f ordersFields) (*ordersPage, error) {
	p := &ordersPage{Page: web.Desk(c, words["intake.page.orders"]), Form: f}
	p.Back = &web.Link{Title: words["intake.page.list"], Href: "/desk/intake"}
	var err error
	if p.Profiles, err = s.Profiles(c.Request().Context()); err != nil {
		return nil, err
	}
	for _, x := range p.Profiles {
		p.Platforms = append(p.Platforms, web.Option{Value: x.Platform, Label: x.Title})
	}
	return p, nil
}

func (s *Intake) ordersForm(c echo.Context) error {
	p, err := s.ordersPage(c, ordersFields{})
	if err != nil {
		return err
	}
	if len(p.Platforms) > 0 {
		p.Form.Platform = p.Platforms[0].Value
	}
	return web.Render(c, "intake/orders", p)
}

func (s *Intake) stageOrders(c echo.Context) error {
	var f ordersFields
	content, err := oneFile(c, &f)
	if err == nil && len(content) == 0 {
		err = badFile("intake.no_file")
	}
	if err == nil {
		_, err = web.Token(c)
	}
	var b *Batch
	if err == nil {
		var ch fault.Checks
		ch.Need(number(f.Rows) > 0, "rows", "intake.want_rows", maxOrders)
		amount := fen(f.Fen)
		ch.Need(amount != 0 || f.Fen == "0" || f.Fen == "0.00", "fen", "intake.want_fen")
		if err = ch.Err(); err == nil {
			title := f.Title
			if len([]rune(title)) > 60 {
				title = string([]rune(title)[:60])
			}
			b, err = s.Stage(c.Request().Context(), web.Actor(c), Staging{Platform: f.Platform, Title: title, Content: content, Rows: number(f.Rows), Fen: amount})
		}
	}
	if err == nil {
		return web.Done(c, "/desk/intake/"+b.ID, "intake.done.staged")
	}
	if fault.KindOf(err) != fault.Invalid {
		return web.Next(err, "/desk/intake/%s")
	}
	p, perr := s.ordersPage(c, f)
	if perr != nil {
		return perr
	}
	return web.Refuse(c, err, "intake/orders", p)
}

type mapForm struct {
	Project []string `form:"project"`
	To      []string `form:"to"`
}

func (s *Intake) mapProjects(c echo.Context) error {
	var f mapForm
	err := web.Bind(c, &f)
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	ctx := c.Request().Context()
	if err == nil {
		uses, uerr := s.Uses(ctx)
		if uerr != nil {
			return uerr
		}
		to := map[string]string{}
		for i, p := range f.Project {
			if i < len(f.To) && f.To[i] != "" {
				to[p] = useID(uses, f.To[i])
			}
		}
		err = s.Map(ctx, web.Actor(c), c.Param("id"), to, key)
	}
	if err != nil {
		return s.again(c, err)
	}
	return web.Done(c, "/desk/intake/"+c.Param("id"), "intake.done.mapped")
}

type profilesPage struct {
	web.Page
	Rows []profileRow
}

type profileRow struct {
	Profile
	Spec Spec
}

func (s *Intake) profiles(c echo.Context) error {
	p := &profilesPage{Page: web.Desk(c, words["intake.page.profiles"])}
	p.Back = &web.Link{Title: words["intake.page.orders"], Href: "/desk/intake/orders"}
	if !web.Actor(c).Can(EnterPerm) {
		p.Back = &web.Link{Title: words["intake.page.list"], Href: "/desk/intake"}
	}
	ps, err := s.Profiles(c.Request().Context())
	if err != nil {
		return err
	}
	for _, x := range ps {
		spec, err := x.spec()
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, profileRow{x, spec})
	}
	return web.Render(c, "intake/profiles", p)
}

type profileFields struct {
	Platform string   `form:"platform"`
	Title    string   `form:"title"`
	Version  string   `form:"version"`
	Do       string   `form:"do"`
	Heads    []string `form:"heads"` // headings of the sample
	Order    string   `form:"order"`
	Time     string   `form:"time"`
	Nick     string   `form:"nick"`
	Amount   string   `form:"amount"`
	Fee      string   `form:"fee"`
	Project  string   `form:"project"`
	Receipt  string   `form:"receipt"`
	Phone    string   `form:"phone"`
	Email    string   `form:"email"`
	Status   string   `form:"status"`
	Refund   string   `form:"refund"`
}

func (f profileFields) spec() Spec {
	return Spec{Order: f.Order, Time: f.Time, Nick: f.Nick, Amount: f.Amount, Fee: f.Fee, Project: f.Project, Title: f.Receipt, Phone: f.Phone, Email: f.Email, Status: f.Status, Refund: f.Refund}
}

type profilePage struct {
	web.Page
	ID     string
	Form   profileFields
	Cols   []profileCol
	Sample [][]string
	Heads  []string
	Read   []string // how the first row would be read
	Bad    string
}

// profileCol is one field of the profile: the heading is written, or chosen from the sample's ones.
type profileCol struct {
	Field, Label, Value string
	Need                bool
}

func (s *Intake) profilePage(c echo.Context, f profileFields) (*profilePage, error) {
	id := c.Param("id")
	p := &profilePage{Page: web.Desk(c, words["intake.page.profile"]), ID: id, Form: f}
	p.Back = &web.Link{Title: words["intake.page.profiles"], Href: "/desk/intake/profiles"}
	if id == "" {
		p.ID = "new"
	}
	for _, x := range f.spec().columns() {
		p.Cols = append(p.Cols, profileCol{Field: x.Field, Label: words["intake.order."+x.Field], Value: x.Heading, Need: x.Field == "order" || x.Field == "time" || x.Field == "amount"})
	}
	return p, nil
}

func (s *Intake) profileForm(c echo.Context) error {
	f := profileFields{Version: "1"}
	if id := c.Param("id"); id != "" {
		x, spec, err := s.Profile(c.Request().Context(), id)
		if err != nil {
			return err
		}
		f = profileFields{Platform: x.Platform, Title: x.Title, Version: strconv.FormatInt(x.Version, 10), Order: spec.Order, Time: spec.Time, Nick: spec.Nick, Amount: spec.Amount, Fee: spec.Fee, Project: spec.Project,
			Receipt: spec.Title, Phone: spec.Phone, Email: spec.Email, Status: spec.Status, Refund: spec.Refund}
	}
	p, err := s.profilePage(c, f)
	if err != nil {
		return err
	}
	return web.Render(c, "intake/profile", p)
}

// editProfile saves a profile, or shows how it reads the first rows of a sample, which is not kept.
func (s *Intake) editProfile(c echo.Context) error {
	var f profileFields
	content, err := oneFile(c, &f)
	p, perr := s.profilePage(c, f)
	if perr != nil {
		return perr
	}
	if err == nil && f.Do == "try" {
		if len(content) == 0 {
			err = badFile("intake.no_file")
		} else {
			err = p.try(content)
		}
		if err == nil {
			p.Once, err = web.Token(c)
		}
		if err == nil {
			return web.Render(c, "intake/profile", p)
		}
	}
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	if err == nil {
		id := c.Param("id")
		if id == "new" {
			id = ""
		}
		_, err = s.EditProfile(c.Request().Context(), web.Actor(c), id, f.Platform, f.Title, f.spec(), max(number(f.Version), 1), key)
	}
	if err != nil {
		return web.Refuse(c, web.Next(err, "/desk/intake/profiles/%s"), "intake/profile", p)
	}
	return web.Done(c, "/desk/intake/profiles", "intake.done.profile")
}

// try reads the first rows of a sample.
func (p *profilePage) try(content []byte) error {
	rows, err := Sample(content, 8)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return badFile("intake.file_empty")
	}
	head := 0
	for i, r := range rows { // titles may stand above the headings: the longest of the first rows is taken
		if i < 4 && filled(r) > filled(rows[head]) {
			head = i
		}
	}
	p.Heads, p.Sample = rows[head], rows[head+1:]
	for i, r := range p.Sample {
		for len(r) < len(p.Heads) {
			r = append(r, "")
		}
		for k := range r {
			r[k] = short(r[k])
		}
		p.Sample[i] = r[:len(p.Heads)]
	}
	os, err := readOrders(content, p.Form.spec())
	if err != nil {
		for _, f := range fault.FieldsOf(err) {
			p.Bad = plain(p.Page, f.Code, f.Args)
			break
		}
		return nil
	}
	for _, o := range os[:min(len(os), 3)] {
		line := o.No + " \u00b7 " + string(o.Day) + " \u00b7 " + o.Amount.Yuan() + " \u00b7 " + words["intake.order.fee"] + " " + o.Fee.Yuan()
		if o.Refund {
			line += " \u00b7 " + words["intake.order.refund"]
		}
		p.Read = append(p.Read, line)
	}
	return nil
}

func filled(r []string) int {
	n := 0
	for _, s := range r {
		if s != "" {
			n++
		}
	}
	return n
}

type settleFields struct {
	Platform string `form:"platform"`
	From     string `form:"from"`
	To       string `form:"to"`
	BankRef  string `form:"bank_ref"`
	Day      string `form:"day"`
	Amount   string `form:"amount"`
	Do       string `form:"do"`
	Why      string `form:"why"`
}

type settlementsPage struct {
	web.Page
	Form      settleFields
	Platforms []web.Option
	Open      []openPlatform
	Rows      []settlementRow
	Pager     web.Pager
	Today     string
}

type openPlatform struct {
	Title, Code string
	Days        []OpenDay
	All         Sum
}

type settlementRow struct {
	Settlement
	Title, Word, Tone string
}

func (s *Intake) settlementsPage(c echo.Context, f settleFields) (*settlementsPage, error) {
	ctx := c.Request().Context()
	p := &settlementsPage{Page: web.Desk(c, words["intake.page.settlements"]), Form: f, Today: string(s.Today())}
	ps, err := s.Profiles(ctx)
	if err != nil {
		return nil, err
	}
	titles := map[string]string{}
	for _, x := range ps {
		titles[x.Platform] = x.Title
		ds, err := s.OpenDays(ctx, x.Platform)
		if err != nil {
			return nil, err
		}
		p.Platforms = append(p.Platforms, web.Option{Value: x.Platform, Label: x.Title})
		if len(ds) == 0 {
			continue
		}
		o := openPlatform{Title: x.Title, Code: x.Platform, Days: ds}
		for _, d := range ds {
			o.All.Orders += d.Orders
			o.All.Gross += d.Gross
			o.All.Refunds += d.Refunds
			o.All.Fees += d.Fees
		}
		p.Open = append(p.Open, o)
	}
	ts, err := s.Settlements(ctx, c.QueryParam("after"), pageSize)
	if err != nil {
		return nil, err
	}
	for _, t := range ts.Rows {
		p.Rows = append(p.Rows, settlementRow{t, titles[t.Platform], words["intake.settlement."+t.State], map[string]string{"asked": "wait", "done": "ok", "dropped": "plain"}[t.State]})
	}
	p.Pager = web.Pages(c, ts.Next)
	return p, nil
}

func (s *Intake) settlements(c echo.Context) error {
	p, err := s.settlementsPage(c, settleFields{})
	if err != nil {
		return err
	}
	if len(p.Open) > 0 {
		o := p.Open[0]
		p.Form = settleFields{Platform: o.Code, From: string(o.Days[0].Day), To: string(o.Days[len(o.Days)-1].Day)}
	} else if len(p.Platforms) > 0 {
		p.Form.Platform = p.Platforms[0].Value
	}
	p.Form.Day = string(s.Today())
	return web.Render(c, "intake/settlements", p)
}

func (s *Intake) settle(c echo.Context) error {
	var f settleFields
	err := web.Bind(c, &f)
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	var t *Settlement
	if err == nil {
		t, err = s.Settle(c.Request().Context(), web.Actor(c), Paid{Platform: f.Platform, From: day(f.From), To: day(f.To), BankRef: f.BankRef, Day: day(f.Day), Amount: fen(f.Amount)}, key)
	}
	if fault.KindOf(err) == fault.Invalid && err != nil {
		p, perr := s.settlementsPage(c, f)
		if perr != nil {
			return perr
		}
		return web.Refuse(c, err, "intake/settlements", p)
	}
	if err != nil {
		return web.Next(err, "/desk/intake/settlements/%s")
	}
	return web.Done(c, "/desk/intake/settlements/"+t.ID, "intake.done.settle")
}

type settlementPage struct {
	web.Page
	T          *Settlement
	Self       string
	Word, Tone string
	Facts      []web.Fact
	Sums       []web.Fact
	Time       []web.Step
	Rows       []orderLine
	Pager      web.Pager
	MayDecide  bool
	MayDrop    bool
	Own        bool
	Form       settleFields
}

type orderLine struct {
	OrderNo, Href, Word string
	Day                 clock.Day
	Amount, Fee         string
	Back                bool
}

func (s *Intake) settlementPage(c echo.Context) (*settlementPage, error) {
	ctx, who := c.Request().Context(), web.Actor(c)
	t, err := s.Settlement(ctx, c.Param("id"))
	if err != nil {
		return nil, err
	}
	p := &settlementPage{Page: web.Desk(c, t.Number), T: t, Self: "/desk/intake/settlements/" + t.ID, Word: words["intake.settlement."+t.State], Tone: map[string]string{"asked": "wait", "done": "ok", "dropped": "plain"}[t.State]}
	p.Back = &web.Link{Title: words["intake.page.settlements"], Href: "/desk/intake/settlements"}
	p.Facts = []web.Fact{fact("platform", t.Platform), fact("days", string(t.FromDay)+" \u2013 "+string(t.ToDay)), num("bank_ref", t.BankRef), num("day", string(t.Day)), num("orders", strconv.FormatInt(t.Orders, 10))}
	p.Sums = []web.Fact{num("gross", t.Gross.Yuan()), num("refunds", (-t.Refunds).Yuan()), num("fees", (-t.Fees).Yuan()), num("net", t.Amount.Yuan())}
	p.Time = []web.Step{{Title: words["intake.settle"], State: "done", At: t.MadeAt, Who: t.MadeName}}
	if t.DecidedAt != nil {
		st := web.Step{Title: words["intake.settlement."+t.State], State: "done", At: *t.DecidedAt, Who: t.DecidedName, Text: t.Why}
		if t.State == "dropped" {
			st.State = "bad"
		}
		p.Time = append(p.Time, st)
	}
	p.Own = who.ID == t.MadeBy
	p.MayDecide = t.State == "asked" && may(who, ConfirmPerm, t.MadeBy)
	p.MayDrop = t.State == "asked" && who.Can(ConfirmPerm)
	rs, err := s.Settled(ctx, t.ID, c.QueryParam("after"), 50)
	if err != nil {
		return nil, err
	}
	for _, r := range rs.Rows {
		l := orderLine{OrderNo: r.OrderNo, Day: r.Day, Amount: r.Amount.Yuan(), Fee: r.Fee.Yuan(), Word: words["intake.row."+r.State], Back: r.Kind == refundRow}
		if l.Back {
			l.Amount = (-r.Amount).Yuan()
		}
		if r.Gift != "" {
			l.Href = "/desk/donations/" + r.Gift
		}
		p.Rows = append(p.Rows, l)
	}
	p.Pager = web.Pages(c, rs.Next)
	return p, nil
}

func (s *Intake) settlement(c echo.Context) error {
	p, err := s.settlementPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "intake/settlement", p)
}

func (s *Intake) decideSettlement(c echo.Context) error {
	var f settleFields
	err := web.Bind(c, &f)
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	if err == nil {
		err = s.DecideSettlement(c.Request().Context(), web.Actor(c), c.Param("id"), f.Do == "yes", f.Why, key)
	}
	if fault.KindOf(err) == fault.Invalid && err != nil {
		p, perr := s.settlementPage(c)
		if perr != nil {
			return perr
		}
		p.Form = f
		return web.Refuse(c, err, "intake/settlement", p)
	}
	if err != nil {
		return web.Next(err, "/desk/intake/settlements/"+c.Param("id"))
	}
	return web.Done(c, "/desk/intake/settlements/"+c.Param("id"), "intake.done.decided")
}

type sheetForm struct {
	Box   string   `form:"box"`
	Place string   `form:"place"`
	N     []string `form:"n"`
}

func (f sheetForm) count() Count {
	out := make(Count, 0, len(f.N))
	for _, s := range f.N {
		if s == "" {
			s = "0"
		}
		out = append(out, number(s))
	}
	return out
}

type sheetPage struct {
	web.Page
	B       *Standing
	T       *Sheet // nil: the first count
	Form    sheetForm
	Rows    []noteRow
	Action  string
	Self    string
	Own     bool // the person counted first
	MayDrop bool
	Done    bool
}

type noteRow struct {
	ID, Title, Value string
	Sum              string
}

func (s *Intake) sheetPage(c echo.Context, batch string, t *Sheet, n Count, f sheetForm) (*sheetPage, error) {
	b, err := s.Batch(c.Request().Context(), batch)
	if err != nil {
		return nil, err
	}
	p := &sheetPage{Page: web.Desk(c, words["intake.page.sheet"]), B: b, T: t, Form: f, Action: c.Request().URL.Path, Self: "/desk/intake/" + b.ID}
	p.Back = &web.Link{Title: b.Number, Href: p.Self}
	for i, d := range Denominations() {
		r := noteRow{ID: "n" + itoa(int64(d)), Title: d.Yuan()}
		if i < len(f.N) {
			r.Value = f.N[i]
		}
		if n != nil && i < len(n) {
			r.Value, r.Sum = itoa(n[i]), (d * money.Fen(n[i])).Yuan()
		}
		p.Rows = append(p.Rows, r)
	}
	if t != nil {
		who := web.Actor(c)
		p.Own, p.Done = who.ID == t.FirstBy, t.State != counted
		p.MayDrop = who.Can(EnterPerm) && t.State == counted
	}
	return p, nil
}

func (s *Intake) countForm(c echo.Context) error {
	p, err := s.sheetPage(c, c.Param("id"), nil, nil, sheetForm{})
	if err != nil {
		return err
	}
	if p.B.State != Draft || p.B.Kind != Gifts || p.B.Method != cash {
		return fault.New(fault.Conflict, "intake.not_cash")
	}
	return web.Render(c, "intake/sheet", p)
}

func (s *Intake) countBox(c echo.Context) error {
	var f sheetForm
	err := web.Bind(c, &f)
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	if err == nil {
		err = s.CountBox(c.Request().Context(), web.Actor(c), c.Param("id"), f.Box, f.Place, f.count(), key)
	}
	if fault.KindOf(err) == fault.Invalid && err != nil {
		p, perr := s.sheetPage(c, c.Param("id"), nil, nil, f)
		if perr != nil {
			return perr
		}
		return web.Refuse(c, err, "intake/sheet", p)
	}
	if err != nil {
		return web.Next(err, "/desk/intake/%s")
	}
	return web.Done(c, "/desk/intake/"+c.Param("id"), "intake.done.counted")
}

// recountForm shows an agreed sheet, or asks a second person to count without showing what the first one counted.
func (s *Intake) recountForm(c echo.Context) error {
	t, n, err := s.Sheet(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	if t.State == counted && web.Actor(c).ID != t.FirstBy {
		n = nil
	}
	p, err := s.sheetPage(c, t.Batch, t, n, sheetForm{})
	if err != nil {
		return err
	}
	return web.Render(c, "intake/sheet", p)
}

func (s *Intake) recount(c echo.Context) error {
	var f sheetForm
	err := web.Bind(c, &f)
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	ctx := c.Request().Context()
	if err == nil {
		err = s.Recount(ctx, web.Actor(c), c.Param("id"), f.count(), key)
	}
	t, _, terr := s.Sheet(ctx, c.Param("id"))
	if terr != nil {
		return terr
	}
	if fault.KindOf(err) == fault.Invalid && err != nil {
		p, perr := s.sheetPage(c, t.Batch, t, nil, f)
		if perr != nil {
			return perr
		}
		perr = web.Refuse(c, err, "intake/sheet", p)
		return perr
	}
	if err != nil {
		return web.Next(err, "/desk/intake/sheets/"+t.ID)
	}
	return web.Done(c, "/desk/intake/sheets/"+t.ID, "intake.done.agreed")
}

func (s *Intake) dropSheet(c echo.Context) error {
	if err := web.Bind(c, &struct{}{}); err != nil {
		return err
	}
	key, err := web.Token(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	t, _, err := s.Sheet(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	if err := s.DropSheet(ctx, web.Actor(c), t.ID, key); err != nil {
		return web.Next(err, "/desk/intake/"+t.Batch)
	}
	return web.Done(c, "/desk/intake/"+t.Batch, "intake.done.dropped")
}
