package agreements

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"care/media"
	"care/server/clock"
	"care/server/fault"
	"care/server/money"
	"care/server/web"
)

const (
	pageSize = 30
	maxScan  = 20 << 20 // bytes of one scan
)

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

func tone(state string) string {
	switch state {
	case Active:
		return "ok"
	case Draft:
		return "wait"
	case Paused:
		return "info"
	}
	return "plain"
}

func fact(key, value string, num bool) web.Fact {
	if value == "" {
		value = words["agreements.none"]
	}
	return web.Fact{Name: words["agreements.fact."+key], Value: value, Num: num}
}

type row struct {
	Row
	Masked, Word, Tone, KindWord string
}

type listPage struct {
	web.Page
	Rows          []row
	Pager         web.Pager
	Q             string
	Kinds, States []web.Option
	Waiting       Waiting
}

func options(prefix, chosen string, values ...string) []web.Option {
	out := []web.Option{{Label: words[prefix+"all"], Chosen: chosen == ""}}
	for _, v := range values {
		out = append(out, web.Option{Value: v, Label: words[prefix+v], Chosen: v == chosen})
	}
	return out
}

func (s *Agreements) list(c echo.Context) error {
	ctx := c.Request().Context()
	q := strings.TrimSpace(strings.ToValidUTF8(c.QueryParam("q"), ""))
	if len(q) > 300 {
		q = ""
	}
	f := Filter{Kind: c.QueryParam("kind"), State: c.QueryParam("state")}
	if f.Kind != Written && f.Kind != Monthly {
		f.Kind = ""
	}
	if words["agreements.state."+f.State] == "" || f.State == "all" {
		f.State = ""
	}
	rows, err := s.List(ctx, f, q, c.QueryParam("after"), pageSize)
	if err != nil {
		return err
	}
	w, err := s.Waiting(ctx)
	if err != nil {
		return err
	}
	p := &listPage{Page: web.Desk(c, words["agreements.page.list"]), Q: q, Waiting: w, Kinds: options("agreements.kind.", f.Kind, Written, Monthly), States: options("agreements.state.", f.State, Draft, Active, Paused, Ended)}
	for _, r := range rows.Rows {
		name, err := s.maskedName(&r.Agreement)
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, row{r, name, words["agreements.state."+r.State], tone(r.State), words["agreements.kind."+r.Kind]})
	}
	at := func(after string) string {
		v := url.Values{}
		for k, x := range map[string]string{"q": q, "kind": f.Kind, "state": f.State, "after": after} {
			if x != "" {
				v.Set(k, x)
			}
		}
		return "/desk/agreements?" + v.Encode()
	}
	if c.QueryParam("after") != "" {
		p.Pager.First = at("")
	}
	if rows.Next != "" {
		p.Pager.Next = at(rows.Next)
	}
	return web.Render(c, "agreements/list", p)
}

type duePage struct {
	web.Page
	Rows  []dueLine
	Days  int
	Spans []web.Option
}

type dueLine struct {
	DueRow
	Href, KindWord  string
	Code, Word      string
	Paid            money.Fen
	Problem         string
	Late, Soon, Got bool
}

func (s *Agreements) calendar(c echo.Context) error {
	days, err := strconv.Atoi(c.QueryParam("days"))
	if err != nil || days != 60 && days != 180 {
		days = 30
	}
	rows, err := s.Calendar(c.Request().Context(), s.today().Add(-60), s.today().Add(days))
	if err != nil {
		return err
	}
	p := &duePage{Page: web.Desk(c, words["agreements.page.due"]), Days: days}
	p.Back = &web.Link{Title: words["agreements.page.list"], Href: "/desk/agreements"}
	for _, d := range []int{30, 60, 180} {
		p.Spans = append(p.Spans, web.Option{Value: strconv.Itoa(d), Label: words["agreements.days."+strconv.Itoa(d)], Chosen: d == days})
	}
	for _, r := range rows {
		l := dueLine{DueRow: r, Href: "/desk/agreements/" + r.Agreement, KindWord: words["agreements.kind."+r.Kind], Code: r.Standing.Code, Word: r.Standing.State, Paid: r.Standing.Paid, Got: r.Standing.Received}
		l.Late = !l.Got && !r.Standing.Gone && r.Due < s.today()
		if r.Instalment.Problem != "" {
			l.Problem = r.Instalment.Problem
		}
		p.Rows = append(p.Rows, l)
	}
	return web.Render(c, "agreements/due", p)
}

type partLine struct {
	Instalment
	Code, Word, Href string
	Got, Late        bool
}

type agreementPage struct {
	web.Page
	A          *Agreement
	Facts      []web.Fact
	Parts      []partLine
	Said, Tone string
	KindWord   string
	Self       string
	Own        string // address of the donor's own page
	Got        money.Fen
	MayDecide  bool
	OwnDraft   bool
	MayScan    bool
	MayEnd     bool
	Form       scanForm
}

type scanForm struct {
	Why string `form:"why"`
}

func (s *Agreements) agreementPage(c echo.Context) (*agreementPage, error) {
	w, err := s.Agreement(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	who := web.Actor(c)
	p := &agreementPage{Page: web.Desk(c, words["agreements.page.one"]), A: &w.Agreement, Said: words["agreements.state."+w.State], Tone: tone(w.State), KindWord: words["agreements.kind."+w.Kind], Self: "/desk/agreements/" + w.ID, Own: s.Href(w.ID)}
	p.Back = &web.Link{Title: words["agreements.page.list"], Href: "/desk/agreements"}
	p.Facts = []web.Fact{fact("donor", w.Masked, false), fact("shown", words["agreements.shown."+w.Shown], false), fact("phone", w.Phone4, true), fact("use", w.Use, false), fact("amount", w.Amount.Yuan(), true)}
	if w.Kind == Monthly {
		p.Facts[4].Name = words["agreements.fact.month"]
		p.Facts = append(p.Facts, fact("day", strconv.FormatInt(w.Day, 10), true), fact("until", string(w.Until), true))
	}
	p.Facts = append(p.Facts, fact("maker", w.MadeName, false), fact("made", w.MadeAt.In(clock.Beijing).Format("2006-01-02 15:04"), true))
	if w.DecidedName != "" {
		p.Facts = append(p.Facts, fact("decider", w.DecidedName, false))
	}
	if w.Reason != "" {
		p.Facts = append(p.Facts, fact("reason", w.Reason, false))
	}
	p.Parts, p.Got = s.lines(w)
	p.MayDecide = w.State == Draft && who.Can(ApprovePerm) && who.NotEarlier("agreements.same_person", w.MadeBy) == nil
	p.OwnDraft = w.State == Draft && who.ID == w.MadeBy
	p.MayScan = w.State == Draft && who.Can(EditPerm)
	p.MayEnd = (w.State == Active || w.State == Paused) && who.Can(ApprovePerm)
	return p, nil
}

func (s *Agreements) lines(w *Whole) (ps []partLine, got money.Fen) {
	for _, i := range w.Parts {
		x := w.Standings[i.Gift]
		l := partLine{Instalment: i, Code: x.Code, Word: x.State, Href: x.Href, Got: x.Received}
		l.Late = !x.Received && !x.Gone && i.Due < s.today() && w.State != Ended
		if x.Received {
			got += x.Paid
		}
		ps = append(ps, l)
	}
	return ps, got
}

func (s *Agreements) agreement(c echo.Context) error {
	p, err := s.agreementPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "agreements/agreement", p)
}

// scan sends the signed paper. It names the donor in full, so reading it is an entry in the record.
func (s *Agreements) scan(c echo.Context) error {
	ctx := c.Request().Context()
	w, err := s.Agreement(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	if w.Scan == "" {
		return fault.New(fault.NotFound, "db.not_found")
	}
	f, err := s.archive.File(ctx, w.Scan)
	if err != nil {
		return err
	}
	if err := s.trail.Saw(ctx, web.Actor(c), ViewPerm, w.ID, "scan", "agreement"); err != nil {
		return err
	}
	return s.archive.Send(c, f, f.Name)
}

// one takes the one file of a form.
func (s *Agreements) one(c echo.Context, dst any) (*media.Stored, error) {
	who := web.Actor(c)
	up, err := web.BindFiles(c, dst, s.archive.Upload(who, 1, maxScan))
	if err != nil {
		return nil, err
	}
	var checks fault.Checks
	for _, b := range up.Faults {
		checks.Add(b.Name, b.Code, b.Args...)
	}
	if err := checks.Err(); err != nil {
		return nil, err
	}
	for _, k := range up.Kept {
		st, err := s.archive.Deref(who, k.Ref)
		return &st, err
	}
	return nil, nil
}

func (s *Agreements) addScan(c echo.Context) error {
	var f scanForm
	st, err := s.one(c, &f)
	self := "/desk/agreements/" + url.PathEscape(c.Param("id"))
	if err == nil && st == nil {
		var checks fault.Checks
		checks.Add("file", "agreements.no_file")
		err = checks.Err()
	}
	if err == nil {
		err = s.AddScan(c.Request().Context(), web.Actor(c), c.Param("id"), *st)
	}
	if err != nil && fault.KindOf(err) == fault.Invalid {
		p, pageErr := s.agreementPage(c)
		if pageErr != nil {
			return pageErr
		}
		return web.Refuse(c, err, "agreements/agreement", p)
	}
	if err != nil {
		return web.Next(err, self)
	}
	return web.Done(c, self, "agreements.done.scan")
}

func (s *Agreements) approve(c echo.Context) error {
	self := "/desk/agreements/" + url.PathEscape(c.Param("id"))
	if err := s.Approve(c.Request().Context(), web.Actor(c), c.Param("id")); err != nil {
		return web.Next(err, self)
	}
	return web.Done(c, self, "agreements.done.approved")
}

type reasonPage struct {
	web.Page
	Form   scanForm
	Facts  []web.Fact
	Action string
	End    bool
}

func (s *Agreements) reasonPage(c echo.Context) (*reasonPage, error) {
	w, err := s.Agreement(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	end := strings.HasSuffix(c.Request().URL.Path, "/end")
	key := map[bool]string{true: "agreements.page.end", false: "agreements.page.refuse"}[end]
	p := &reasonPage{Page: web.Desk(c, words[key]), Action: c.Request().URL.Path, End: end, Facts: []web.Fact{fact("number", w.Number, true), fact("donor", w.Masked, false), fact("amount", w.Amount.Yuan(), true)}}
	p.Back = &web.Link{Title: words["agreements.page.one"], Href: "/desk/agreements/" + w.ID}
	return p, nil
}

func (s *Agreements) reasonForm(c echo.Context) error {
	p, err := s.reasonPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "agreements/reason", p)
}

func (s *Agreements) refuse(c echo.Context) error    { return s.close(c, false) }
func (s *Agreements) terminate(c echo.Context) error { return s.close(c, true) }

func (s *Agreements) close(c echo.Context, end bool) error {
	p, err := s.reasonPage(c)
	if err != nil {
		return err
	}
	if err := web.Bind(c, &p.Form); err != nil {
		return web.Refuse(c, err, "agreements/reason", p)
	}
	do, word := s.Refuse, "agreements.done.refused"
	if end {
		do, word = s.End, "agreements.done.ended"
	}
	self := "/desk/agreements/" + url.PathEscape(c.Param("id"))
	if err := do(c.Request().Context(), web.Actor(c), c.Param("id"), p.Form.Why); err != nil {
		return web.Refuse(c, web.Next(err, self), "agreements/reason", p)
	}
	return web.Done(c, self, word)
}

type donorForm struct {
	Donor    string `form:"donor"`
	Shown    string `form:"shown"`
	Name     string `form:"name"`
	IDNo     string `form:"idno"`
	Phone    string `form:"phone"`
	Email    string `form:"email"`
	Campaign string `form:"campaign"` // code
	Amount   string `form:"amount"`
	Day      string `form:"day"`
	Until    string `form:"until"`
	Waived   bool   `form:"waived"`
	Agree    bool   `form:"agree"`
	Terms    string `form:"terms"`
	Parts    string `form:"parts"`
	Count    string `form:"count"`
	First    string `form:"first"`
	Every    string `form:"every"`
	Do       string `form:"do"`
	Kept     string `form:"kept"` // reference to the file that is there already
}

// agreement reads what was typed; what cannot be read becomes what the act refuses.
func (f donorForm) agreement(uses []Use) NewAgreement {
	in := NewAgreement{Owing: Owing{Donor: f.Donor, Shown: f.Shown, Name: f.Name, IDNo: f.IDNo, Phone: f.Phone, Email: f.Email, Amount: fen(f.Amount), Waived: f.Waived, Agree: f.Agree}, Terms: f.Terms, Until: day(f.Until)}
	in.Campaign = "closed" // no campaign has this id
	for _, u := range uses {
		if u.Code == f.Campaign {
			in.Campaign = u.ID
		}
	}
	if f.Shown == "usual" {
		in.Shown = map[bool]string{true: "real", false: "masked"}[f.Donor == "body"]
	}
	in.Day, _ = strconv.ParseInt(f.Day, 10, 64)
	if f.Until != "" && in.Until == "" {
		in.Until = "0001-01-01" // is refused
	}
	for line := range strings.Lines(f.Parts) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		due, amount, _ := strings.Cut(strings.Join(strings.Fields(strings.NewReplacer(",", "", "，", " ", words["agreements.yuan"], "", "\t", " ").Replace(line)), " "), " ")
		in.Parts = append(in.Parts, Part{Due: day(due), Amount: fen(amount)})
		if len(in.Parts) > maxInstalments {
			break
		}
	}
	return in
}

// spread writes equal instalments: count of them, from first on, every so many months; the last one takes what is left over.
func (f *donorForm) spread() {
	n, _ := strconv.Atoi(f.Count)
	every, _ := strconv.Atoi(f.Every)
	first, sum := day(f.First), fen(f.Amount)
	if n < 1 || n > maxInstalments || every < 1 || every > 60 || first == "" || sum < money.Fen(n) {
		return
	}
	y, m, d := first.Time().In(clock.Beijing).Date()
	var b strings.Builder
	part := sum / money.Fen(n)
	for i := range n {
		amount := part
		if i == n-1 {
			amount = sum - part*money.Fen(n-1)
		}
		on := time.Date(y, m+time.Month(i*every), d, 12, 0, 0, 0, clock.Beijing)
		if on.Day() != d { // the month is shorter: its last day
			on = time.Date(on.Year(), on.Month(), 0, 12, 0, 0, 0, clock.Beijing)
		}
		b.WriteString(string(clock.DayOf(on)) + " " + amount.String() + "\n")
	}
	f.Parts = b.String()
}

type drawPage struct {
	web.Page
	Form                donorForm
	Donors, Shows, Uses []web.Option
	Today               string
	File                string // name of the file that is there already
}

func (s *Agreements) uses(c echo.Context) ([]Use, []web.Option, error) {
	us, err := s.gifts.Uses(c.Request().Context())
	var out []web.Option
	for _, u := range us {
		out = append(out, web.Option{Value: u.Code, Label: u.Title})
	}
	return us, out, err
}

func donors() []web.Option {
	return []web.Option{{Value: "person", Label: words["agreements.donor.person"]}, {Value: "body", Label: words["agreements.donor.body"]}}
}

func shows() []web.Option {
	return []web.Option{{Value: "usual", Label: words["agreements.shown.usual"]}, {Value: "real", Label: words["agreements.shown.real"]}, {Value: "anonymous", Label: words["agreements.shown.anonymous"]}}
}

func (s *Agreements) drawForm(c echo.Context) error {
	_, opts, err := s.uses(c)
	if err != nil {
		return err
	}
	p := &drawPage{Page: web.Desk(c, words["agreements.page.draw"]), Donors: donors(), Shows: shows(), Uses: opts, Today: string(s.today())}
	p.Back = &web.Link{Title: words["agreements.page.list"], Href: "/desk/agreements"}
	p.Form = donorForm{Donor: "body", Shown: "usual", Every: "12", Count: "1", First: p.Today}
	if len(opts) > 0 {
		p.Form.Campaign = opts[0].Value
	}
	return web.Render(c, "agreements/draw", p)
}

func (s *Agreements) draw(c echo.Context) error {
	us, opts, err := s.uses(c)
	if err != nil {
		return err
	}
	p := &drawPage{Page: web.Desk(c, words["agreements.page.draw"]), Donors: donors(), Shows: shows(), Uses: opts, Today: string(s.today())}
	p.Back = &web.Link{Title: words["agreements.page.list"], Href: "/desk/agreements"}
	st, err := s.one(c, &p.Form)
	if err == nil && st == nil && p.Form.Kept != "" {
		kept, bad := s.archive.Deref(web.Actor(c), p.Form.Kept)
		st, err = &kept, bad
	}
	if err != nil {
		p.Form.Kept = ""
		return web.Refuse(c, err, "agreements/draw", p)
	}
	if st != nil { // the file stays with the form while it is corrected
		if p.Form.Kept, err = s.archive.Ref(web.Actor(c), *st); err != nil {
			return err
		}
		p.File = st.Name
	}
	if p.Form.Do == "spread" {
		p.Form.spread()
		return web.Render(c, "agreements/draw", p)
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "agreements/draw", p)
	}
	in := p.Form.agreement(us)
	in.Scan = st
	a, err := s.Draw(c.Request().Context(), web.Actor(c), in, key)
	if err != nil {
		return web.Refuse(c, web.Next(err, "/desk/agreements/%s"), "agreements/draw", p)
	}
	return web.Done(c, "/desk/agreements/"+a.ID, "agreements.done.drawn")
}
