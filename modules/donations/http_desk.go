package donations

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"care/server/clock"
	"care/server/fault"
	"care/server/money"
	"care/server/web"
)

type deskPage struct {
	web.Page
	Rows       []deskRow
	Pager      web.Pager
	Q, State   string
	States     []web.Option
	Tiles      []tile
	CanConfirm bool
	Picking    bool // at least one row may be ticked
	Export     string
}

type deskRow struct {
	Row
	Word, Tone, Use, Href string
	Sum                   money.Fen // what came, else what was promised
	Pick                  bool
}

type tile struct {
	Title, Href string
	N           int
	Amount      money.Fen
	Hot         bool
}

func pager(path, after, next string, pairs ...string) web.Pager {
	at := func(cursor string) string {
		q := url.Values{}
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i+1] != "" {
				q.Set(pairs[i], pairs[i+1])
			}
		}
		if cursor != "" {
			q.Set("after", cursor)
		}
		if len(q) == 0 {
			return path
		}
		return path + "?" + q.Encode()
	}
	var p web.Pager
	if after != "" {
		p.First = at("")
	}
	if next != "" {
		p.Next = at(next)
	}
	return p
}

// filter reads the worklist's filter; an unknown state is none.
func filter(c echo.Context) Filter {
	f := Filter{State: State(c.QueryParam("state")), Q: strings.TrimSpace(strings.ToValidUTF8(c.QueryParam("q"), ""))}
	if len(f.Q) > 300 {
		f.Q = ""
	}
	if words["donations.state."+string(f.State)] == "" {
		f.State = ""
	}
	return f
}

func (s *Gifts) desk(c echo.Context) error {
	p, err := s.deskPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "donations/desk", p)
}

func (s *Gifts) deskPage(c echo.Context) (*deskPage, error) {
	ctx, who, f, after := c.Request().Context(), web.Actor(c), filter(c), c.QueryParam("after")
	rows, err := s.List(ctx, f, after, pageSize)
	if err != nil {
		return nil, err
	}
	p := &deskPage{Page: web.Desk(c, words["donations.page.desk"]), Q: f.Q, State: string(f.State), CanConfirm: who.Can(ConfirmPerm)}
	for _, st := range States() {
		p.States = append(p.States, web.Option{Value: string(st), Label: words["donations.state."+string(st)], Chosen: st == f.State})
	}
	for _, r := range rows.Rows {
		d := deskRow{Row: r, Word: words["donations.state."+string(r.State)], Tone: tone(r.State), Use: r.Title, Href: "/desk/donations/" + r.ID, Sum: r.Promised,
			Pick: r.State == Arrived && may(who, ConfirmPerm, r.RecordedBy)}
		if r.Paid > 0 {
			d.Sum = r.Paid
		}
		if d.Use == "" {
			d.Use = words["donations.general"]
		}
		p.Picking = p.Picking || d.Pick
		p.Rows = append(p.Rows, d)
	}
	counts, err := s.Counts(ctx)
	if err != nil {
		return nil, err
	}
	for _, st := range []State{Arrived, Pledged, Refunding} {
		x := counts[st]
		p.Tiles = append(p.Tiles, tile{Title: words["donations.state."+string(st)], Href: "/desk/donations?state=" + string(st), N: x.N, Amount: x.Amount, Hot: x.N > 0 && st != Pledged})
	}
	p.Pager = pager("/desk/donations", after, rows.Next, "state", p.State, "q", p.Q)
	p.Export = "/desk/donations/export.csv?" + url.Values{"state": {p.State}, "q": {p.Q}}.Encode()
	return p, nil
}

type pickForm struct {
	Arrivals []string `form:"arrival"`
}

// confirmMany confirms what was ticked. Those that are refused are named one by one; the others are done.
func (s *Gifts) confirmMany(c echo.Context) error {
	var f pickForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	if len(f.Arrivals) == 0 || len(f.Arrivals) > 500 {
		return s.refuseMany(c, fault.Field{Code: "donations.none_picked"})
	}
	cs := make([]Confirm, 0, len(f.Arrivals))
	for _, a := range f.Arrivals {
		cs = append(cs, Confirm{Arrival: a})
	}
	ctx := c.Request().Context()
	codes, err := s.codesOf(ctx, f.Arrivals)
	if err != nil {
		return err
	}
	var bad []fault.Field
	for i, err := range s.ConfirmAll(ctx, web.Actor(c), cs) {
		if _, again := fault.IsAgain(err); again || err == nil {
			continue
		}
		if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable {
			return err
		}
		code := words[fault.CodeOf(err)]
		if code == "" {
			code = web.Words[fault.CodeOf(err)]
		}
		bad = append(bad, fault.Field{Code: "donations.bulk_failed", Args: []any{codes[f.Arrivals[i]], code}})
	}
	if len(bad) > 0 {
		return s.refuseMany(c, bad...)
	}
	return web.Done(c, "/desk/donations?state=arrived", "donations.done.confirmed")
}

func (s *Gifts) refuseMany(c echo.Context, fs ...fault.Field) error {
	p, err := s.deskPage(c)
	if err != nil {
		return err
	}
	return web.Refuse(c, &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: fs}, "donations/desk", p)
}

// export streams the worklist as CSV with masked names. It ends with the number of rows and their sum, or says that it broke off.
func (s *Gifts) export(c echo.Context) error {
	h := c.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="donations-`+string(s.Today())+`.csv"`)
	c.Response().WriteHeader(http.StatusOK)
	if _, err := c.Response().Write([]byte("\ufeff")); err != nil { // tells spreadsheets that this is UTF-8
		return err
	}
	w := csv.NewWriter(c.Response())
	_ = w.Write(strings.Split(words["donations.csv.head"], ",")) // errors stay in the writer
	var total money.Fen
	n, after, f := 0, "", filter(c)
	for {
		rows, err := s.List(c.Request().Context(), f, after, 500)
		if err != nil {
			_ = w.Write([]string{words["donations.csv.broken"]})
			w.Flush()
			return err
		}
		for _, r := range rows.Rows {
			use := r.Title
			if use == "" {
				use = words["donations.general"]
			}
			_ = w.Write(cells(r.MadeAt.In(clock.Beijing).Format("2006-01-02 15:04"), r.Code, words["donations.state."+string(r.State)], r.Name, use,
				r.Promised.String(), r.Amount.String(), string(r.Day), r.BankRef, r.Number, r.Recorder))
			n++
			total += r.Amount
		}
		if after = rows.Next; after == "" {
			break
		}
	}
	_ = w.Write([]string{words["donations.csv.total"], money.Fen(100 * n).String()[:len(money.Fen(100*n).String())-3], "", "", "", "", total.String(), "", "", "", ""})
	w.Flush()
	return w.Error()
}

// cells keeps a spreadsheet from reading what a donor typed as a formula.
func cells(in ...string) []string {
	for i, s := range in {
		if s != "" && strings.ContainsRune("=+-@\t", rune(s[0])) {
			in[i] = "'" + s
		}
	}
	return in
}

type giftPage struct {
	web.Page
	G          *Whole
	Code       string
	Word, Tone string
	Steps      []web.Step
	Facts      []web.Fact
	Paid       []web.Fact
	Time       []web.Step
	Live       *Arrival
	Asked      *Refund
	MayRecord  bool
	MayConfirm bool
	OwnRecord  bool // the person recorded it: somebody else must confirm
	MayReject  bool
	MayRefund  bool
	MayDecide  bool
	OwnAsk     bool
	Self       string
}

func (s *Gifts) gift(c echo.Context) error {
	p, err := s.giftPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "donations/gift", p)
}

func (s *Gifts) giftPage(c echo.Context) (*giftPage, error) {
	w, err := s.Gift(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	who := web.Actor(c)
	p := &giftPage{Page: web.Desk(c, words["donations.page.gift"]), G: w, Code: spell(w.Code), Word: words["donations.state."+string(w.State)], Tone: tone(w.State), Steps: steps(w),
		Facts: giftFacts(w), Paid: moneyFacts(w), Time: history(w), Live: w.Live(), Asked: w.Asked(), Self: "/desk/donations/" + w.ID}
	p.Back = &web.Link{Title: words["donations.page.desk"], Href: "/desk/donations"}
	p.MayRecord = who.Can(RecordPerm) && w.State.May(Arrived)
	if p.Live != nil && w.State == Arrived {
		p.MayConfirm = may(who, ConfirmPerm, p.Live.RecordedBy)
		p.OwnRecord = who.ID == p.Live.RecordedBy
		p.MayReject = who.Can(RecordPerm) || who.Can(ConfirmPerm)
	}
	p.MayRefund = who.Can(RefundPerm) && w.State == Received
	if p.Asked != nil {
		p.MayDecide, p.OwnAsk = may(who, ApprovePerm, p.Asked.AskedBy), who.ID == p.Asked.AskedBy
	}
	return p, nil
}

func fact(key, value string, num bool) web.Fact {
	if value == "" {
		value = words["donations.none"]
	}
	return web.Fact{Name: words["donations.fact."+key], Value: value, Num: num}
}

func giftFacts(w *Whole) []web.Fact {
	use := words["donations.general"]
	href := ""
	if w.Campaign != nil {
		use, href = w.Campaign.Title, "/desk/donations/campaigns/"+w.Campaign.ID
	}
	shown := words["donations.shown."+w.Shown]
	if w.Shown == Anonymous {
		shown = words["donations.shown.anon"]
	}
	return []web.Fact{fact("donor", w.Masked, false), fact("kind", words["donations.donor."+w.Donor], false), fact("shown", shown, false), fact("public", w.PublicName, false),
		fact("phone", w.Phone, true), fact("idno", w.IDNo, true), {Name: words["donations.fact.use"], Value: use, Href: href}, fact("promised", w.Promised.Yuan(), true)}
}

func moneyFacts(w *Whole) []web.Fact {
	a := w.Live()
	if a == nil {
		return nil
	}
	fs := []web.Fact{fact("amount", a.Amount.Yuan(), true), fact("day", string(a.Day), true), fact("ref", a.BankRef, true), fact("method", words["donations.method."+a.Method], false)}
	for i := range w.Arrivals {
		if w.Arrivals[i].ID == a.ID {
			fs = append(fs, fact("payer", w.Payers[i], false))
		}
	}
	fs = append(fs, fact("handler", a.RecordedName, false))
	if w.Number != "" {
		fs = append(fs, web.Fact{Name: words["donations.fact.number"], Value: w.Number, Href: "/verify/" + w.Number, Num: true})
	}
	return fs
}

// history tells what happened to a gift, oldest first, with the people who did it.
func history(w *Whole) []web.Step {
	first := "pledged"
	if w.Source == "desk" {
		first = "desk"
	}
	out := []web.Step{{Title: words["donations.time."+first], State: "done", At: w.MadeAt, Who: w.MadeName}}
	for _, a := range w.Arrivals {
		out = append(out, web.Step{Title: words["donations.time.recorded"], State: "done", At: a.RecordedAt, Who: a.RecordedName, Text: a.Amount.Yuan() + " " + a.BankRef})
		switch a.State {
		case confirmed:
			out = append(out, web.Step{Title: words["donations.time.confirmed"], State: "done", At: *a.DecidedAt, Who: a.DecidedName, Text: w.Number, Href: "/verify/" + w.Number})
		case rejected:
			out = append(out, web.Step{Title: words["donations.time.rejected"], State: "bad", At: *a.DecidedAt, Who: a.DecidedName, Text: a.Reason})
		}
	}
	for _, d := range w.Papers {
		if d.IssuedAt != nil {
			out = append(out, web.Step{Title: words["donations.time.paper"], State: "done", At: *d.IssuedAt, Text: d.Number})
		}
	}
	for _, r := range w.Refunds {
		out = append(out, web.Step{Title: words["donations.time.asked"], State: "done", At: r.AskedAt, Who: r.AskedName, Text: r.Reason})
		switch r.State {
		case done:
			out = append(out, web.Step{Title: words["donations.time.refunded"], State: "bad", At: *r.DecidedAt, Who: r.DecidedName, Text: r.Remark})
		case declined:
			out = append(out, web.Step{Title: words["donations.time.declined"], State: "bad", At: *r.DecidedAt, Who: r.DecidedName, Text: r.Remark})
		}
	}
	if w.State == Expired {
		out = append(out, web.Step{Title: words["donations.time.expired"], State: "bad"})
	}
	slicesByTime(out)
	return out
}

// paper sends the receipt to the desk. It names the donor in full, so reading it is an entry in the record.
func (s *Gifts) paper(c echo.Context) error {
	ctx, who := c.Request().Context(), web.Actor(c)
	g, err := findGift(ctx, s.db, c.Param("id"))
	if err != nil {
		return err
	}
	if g.Receipt != "" {
		if err := s.trail.Saw(ctx, who, ViewPerm, g.ID, "receipt", "receipt"); err != nil {
			return err
		}
	}
	return s.send(c, g)
}

type arrivalForm struct {
	Arrival string `form:"arrival"`
	Why     string `form:"why"`
	Refund  string `form:"refund"`
	Verdict string `form:"verdict"`
	Remark  string `form:"remark"`
}

func (s *Gifts) confirmOne(c echo.Context) error {
	var f arrivalForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	err := s.Confirm(c.Request().Context(), web.Actor(c), Confirm{Arrival: f.Arrival})
	if err != nil {
		return web.Next(err, "/desk/donations/%s")
	}
	return web.Done(c, "/desk/donations/"+c.Param("id"), "donations.done.confirmed")
}

type paymentForm struct {
	BankRef string `form:"bank_ref"`
	Day     string `form:"day"`
	Paid    string `form:"paid"`
	Payer   string `form:"payer"`
	Method  string `form:"method"`
	Checked bool   `form:"checked"`
}

func (f paymentForm) payment() Payment {
	return Payment{BankRef: f.BankRef, Day: day(f.Day), Amount: fen(f.Paid), Payer: f.Payer, Method: f.Method, Checked: f.Checked}
}

func methods() []web.Option {
	return []web.Option{{Value: Transfer, Label: words["donations.method.transfer"]}, {Value: Cash, Label: words["donations.method.cash"]}, {Value: Platform, Label: words["donations.method.platform"]}}
}

type recordPage struct {
	web.Page
	G       *Whole
	Code    string
	Form    paymentForm
	Methods []web.Option
	Facts   []web.Fact
	Today   string
	Self    string
}

func (s *Gifts) recordPage(c echo.Context, f paymentForm) (*recordPage, error) {
	w, err := s.Gift(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	p := &recordPage{Page: web.Desk(c, words["donations.page.record"]), G: w, Code: spell(w.Code), Form: f, Methods: methods(), Facts: giftFacts(w), Today: string(s.Today()), Self: "/desk/donations/" + w.ID}
	p.Back = &web.Link{Title: words["donations.page.gift"], Href: p.Self}
	return p, nil
}

func (s *Gifts) recordForm(c echo.Context) error {
	p, err := s.recordPage(c, paymentForm{Method: Transfer})
	if err != nil {
		return err
	}
	if !p.G.State.May(Arrived) {
		return fault.New(fault.Conflict, "donations.not_pledged")
	}
	p.Form.Day, p.Form.Paid = p.Today, p.G.Promised.String()
	return web.Render(c, "donations/record", p)
}

func (s *Gifts) record(c echo.Context) error {
	var f paymentForm
	bad := web.Bind(c, &f)
	p, err := s.recordPage(c, f)
	if err != nil {
		return err
	}
	if bad != nil {
		return web.Refuse(c, bad, "donations/record", p)
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "donations/record", p)
	}
	if err := s.Record(c.Request().Context(), web.Actor(c), c.Param("id"), f.payment(), key); err != nil {
		return web.Refuse(c, web.Next(err, "/desk/donations/%s"), "donations/record", p)
	}
	return web.Done(c, "/desk/donations/"+c.Param("id"), "donations.done.recorded")
}

type registerForm struct {
	Donor    string `form:"donor"`
	Shown    string `form:"shown"`
	Name     string `form:"name"`
	IDNo     string `form:"idno"`
	Campaign string `form:"campaign"`
	Phone    string `form:"phone"`
	Email    string `form:"email"`
	BankRef  string `form:"bank_ref"`
	Day      string `form:"day"`
	Paid     string `form:"paid"`
	Payer    string `form:"payer"`
	Method   string `form:"method"`
	Checked  bool   `form:"checked"`
	Waived   bool   `form:"waived"`
}

func (f registerForm) payment() Payment {
	return paymentForm{f.BankRef, f.Day, f.Paid, f.Payer, f.Method, f.Checked}.payment()
}

type registerPage struct {
	web.Page
	Form                         registerForm
	Donors, Shows, Uses, Methods []web.Option
	Today                        string
}

func (s *Gifts) registerPage(c echo.Context, f registerForm) (*registerPage, []Campaign, error) {
	cs, err := s.Bookable(c.Request().Context())
	if err != nil {
		return nil, nil, err
	}
	p := &registerPage{Page: web.Desk(c, words["donations.page.register"]), Form: f, Donors: donors(), Methods: methods(), Today: string(s.Today()),
		Shows: []web.Option{{Value: "usual", Label: words["donations.shown.usual"]}, {Value: Real, Label: words["donations.shown.real"]}, {Value: Anonymous, Label: words["donations.shown.anon"]}},
		Uses:  []web.Option{{Value: GeneralCode, Label: words["donations.general"]}}}
	for _, x := range cs {
		p.Uses = append(p.Uses, web.Option{Value: x.Code, Label: x.Title})
	}
	p.Back = &web.Link{Title: words["donations.page.desk"], Href: "/desk/donations"}
	return p, cs, nil
}

func (s *Gifts) registerForm(c echo.Context) error {
	p, _, err := s.registerPage(c, registerForm{Donor: Person, Shown: "usual", Campaign: GeneralCode, Method: Transfer})
	if err != nil {
		return err
	}
	p.Form.Day = p.Today
	return web.Render(c, "donations/register", p)
}

func (s *Gifts) register(c echo.Context) error {
	var f registerForm
	bad := web.Bind(c, &f)
	p, cs, err := s.registerPage(c, f)
	if err != nil {
		return err
	}
	if bad != nil {
		return web.Refuse(c, bad, "donations/register", p)
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "donations/register", p)
	}
	d := giveForm{Donor: f.Donor, Shown: f.Shown, Name: f.Name, IDNo: f.IDNo, Campaign: f.Campaign, Phone: f.Phone, Email: f.Email, Waived: f.Waived}.pledge(cs)
	g, err := s.Register(c.Request().Context(), web.Actor(c), d, f.payment(), key)
	if err != nil {
		return web.Refuse(c, web.Next(err, "/desk/donations/%s"), "donations/register", p)
	}
	return web.Done(c, "/desk/donations/"+g.ID, "donations.done.registered")
}

// reasonPage asks whether something shall be done that is not easily undone, and why.
type reasonPage struct {
	web.Page
	Ask, Text, Button, Action string
	Arrival                   string
	Danger                    bool
	File                      bool // the answer is a file
	Facts                     []web.Fact
	Form                      arrivalForm
}

func (s *Gifts) reasonFor(c echo.Context, kind string, facts []web.Fact, back string) *reasonPage {
	p := &reasonPage{Page: web.Desk(c, words["donations.page."+kind]), Ask: words["donations.ask."+kind], Text: words["donations.text."+kind], Button: words["donations.button."+kind],
		Action: c.Request().URL.Path, Facts: facts, Danger: kind != "pause"}
	p.Back = &web.Link{Title: words["donations.page.gift"], Href: back}
	return p
}

// reasonAgain shows a form of a reason again with what was typed; an error that the form cannot mend is passed on.
func reasonAgain(c echo.Context, err error, f arrivalForm, page func(echo.Context) (*reasonPage, error)) error {
	if fault.KindOf(err) != fault.Invalid {
		return web.Next(err, "/desk/donations/%s")
	}
	p, pageErr := page(c)
	if pageErr != nil {
		return pageErr
	}
	p.Form = f
	return web.Refuse(c, err, "donations/reason", p)
}

func (s *Gifts) rejectPage(c echo.Context) (*reasonPage, error) {
	w, err := s.Gift(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	a := w.Live()
	if a == nil || a.State != recorded {
		return nil, fault.New(fault.Conflict, "donations.not_waiting")
	}
	p := s.reasonFor(c, "reject", append([]web.Fact{fact("code", spell(w.Code), true), fact("donor", w.Masked, false)}, moneyFacts(w)...), "/desk/donations/"+w.ID)
	p.Arrival = a.ID
	return p, nil
}

func (s *Gifts) rejectForm(c echo.Context) error {
	p, err := s.rejectPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "donations/reason", p)
}

func (s *Gifts) reject(c echo.Context) error {
	var f arrivalForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	if err := s.Reject(c.Request().Context(), web.Actor(c), c.Param("id"), f.Arrival, f.Why); err != nil {
		return reasonAgain(c, err, f, s.rejectPage)
	}
	return web.Done(c, "/desk/donations/"+c.Param("id"), "donations.done.rejected")
}

func (s *Gifts) refundPage(c echo.Context) (*reasonPage, error) {
	w, err := s.Gift(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	if w.State != Received {
		return nil, fault.New(fault.Conflict, "donations.not_received")
	}
	return s.reasonFor(c, "refund", append([]web.Fact{fact("code", spell(w.Code), true), fact("donor", w.Masked, false)}, moneyFacts(w)...), "/desk/donations/"+w.ID), nil
}

func (s *Gifts) refundForm(c echo.Context) error {
	p, err := s.refundPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "donations/reason", p)
}

func (s *Gifts) refund(c echo.Context) error {
	var f arrivalForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	key, err := web.Token(c)
	if err != nil {
		return err
	}
	if err := s.AskRefund(c.Request().Context(), web.Actor(c), c.Param("id"), f.Why, key); err != nil {
		return reasonAgain(c, err, f, s.refundPage)
	}
	return web.Done(c, "/desk/donations/"+c.Param("id"), "donations.done.asked")
}

type decidePage struct {
	web.Page
	G     *Whole
	Asked *Refund
	Facts []web.Fact
	Form  arrivalForm
	Self  string
}

func (s *Gifts) decidePage(c echo.Context) (*decidePage, error) {
	w, err := s.Gift(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	r := w.Asked()
	if r == nil {
		return nil, fault.New(fault.Conflict, "donations.refund_decided")
	}
	p := &decidePage{Page: web.Desk(c, words["donations.page.decide"]), G: w, Asked: r, Self: "/desk/donations/" + w.ID,
		Facts: append(moneyFacts(w), fact("reason", r.Reason, false), fact("asker", r.AskedName, false))}
	p.Back = &web.Link{Title: words["donations.page.gift"], Href: p.Self}
	return p, nil
}

func (s *Gifts) decideForm(c echo.Context) error {
	p, err := s.decidePage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "donations/decide", p)
}

func (s *Gifts) decideRefund(c echo.Context) error {
	var f arrivalForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	ctx, who, back, word := c.Request().Context(), web.Actor(c), "/desk/donations/"+c.Param("id"), "donations.done.declined"
	var err error
	if f.Verdict == "approve" {
		word = "donations.done.refunded"
		err = s.ApproveRefund(ctx, who, f.Refund, f.Remark)
	} else {
		err = s.DeclineRefund(ctx, who, f.Refund, f.Remark)
	}
	if fault.KindOf(err) == fault.Invalid && err != nil {
		p, pageErr := s.decidePage(c)
		if pageErr != nil {
			return pageErr
		}
		p.Form = f
		return web.Refuse(c, err, "donations/decide", p)
	}
	if err != nil {
		return web.Next(err, back)
	}
	return web.Done(c, back, word)
}

type plainPage struct {
	web.Page
	Self    string
	Code    string
	Form    arrivalForm
	Reasons []web.Option
	Shown   bool
	Facts   []web.Fact
}

func (s *Gifts) plainPage(c echo.Context) (*plainPage, error) {
	w, err := s.Gift(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	p := &plainPage{Page: web.Desk(c, words["donations.page.reveal"]), Self: "/desk/donations/" + w.ID, Code: spell(w.Code)}
	for _, r := range reasons {
		p.Reasons = append(p.Reasons, web.Option{Value: r, Label: words["donations.reveal."+r]})
	}
	p.Back = &web.Link{Title: words["donations.page.gift"], Href: p.Self}
	return p, nil
}

func (s *Gifts) revealForm(c echo.Context) error {
	p, err := s.plainPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "donations/plain", p)
}

// reveal shows the private columns once, as the answer itself: they must not be left at an address.
func (s *Gifts) reveal(c echo.Context) error {
	p, err := s.plainPage(c)
	if err != nil {
		return err
	}
	if err := web.Bind(c, &p.Form); err != nil {
		return err
	}
	x, err := s.Reveal(c.Request().Context(), web.Actor(c), c.Param("id"), p.Form.Why)
	if err != nil {
		return web.Refuse(c, err, "donations/plain", p)
	}
	p.Shown = true
	p.Facts = []web.Fact{fact("donor", x.Name, false), fact("phone", x.Phone, true), fact("idno", x.IDNo, true), fact("message", x.Message, false)}
	if t := x.Tribute; t != nil {
		p.Facts = append(p.Facts, fact("tribute", words["donations.tribute."+t.Kind]+" "+t.Name+" "+t.Words, false))
	}
	return web.Render(c, "donations/plain", p)
}
