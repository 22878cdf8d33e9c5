package donations

import (
	"errors"
	"strings"

	"github.com/labstack/echo/v4"

	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/money"
	"care/server/web"
)

const pageSize = 30

// sumOptions are the sums offered to choose from, in yuan as the form reads them; "" is another one.
func sumOptions() []web.Option {
	out := make([]web.Option, 0, 6)
	for _, yuan := range []string{"50", "100", "500", "1,000", "5,000"} {
		out = append(out, web.Option{Value: yuan, Label: "\u00a5" + yuan})
	}
	return append(out, web.Option{Label: words["donations.other_sum"]})
}

type campaignsPage struct {
	web.Page
	Rows []card
}

// card is a campaign on the public list.
type card struct {
	Title, Text, Href, State, Tone string
	Raised, Goal                   money.Fen
	Gifts                          int
	Giving                         bool
}

func (s *Gifts) campaigns(c echo.Context) error {
	p := &campaignsPage{Page: web.Public(c, words["donations.page.campaigns"])}
	ss, err := s.Standings(c.Request().Context(), true)
	if err != nil {
		return err
	}
	for _, x := range ss {
		p.Rows = append(p.Rows, s.card(x))
	}
	return web.Render(c, "donations/campaigns", p)
}

func (s *Gifts) card(x Standing) card {
	state, tone := x.Word()
	return card{Title: x.Title, Text: x.Lead, Href: "/campaigns/" + x.Code, State: words[state], Tone: tone, Raised: x.Money.Received(), Goal: x.Target, Gifts: x.Gifts, Giving: x.Giving(s.Today())}
}

// Word gives the code of a campaign's state for people and the tone of its chip. Only a campaign that may raise funds
// in public says that it does.
func (c *Campaign) Word() (code, tone string) {
	switch {
	case c.State == Open && c.Mode == Intent:
		return "donations.campaign.intent", "ok"
	case c.State == Open:
		return "donations.campaign.open", "ok"
	case c.State == Paused:
		return "donations.campaign.paused", "wait"
	case c.State == Draft && (c.Step == StepFiling || c.Step == StepReturned || c.Step == StepDecided || c.Step == StepFiled):
		return "donations.campaign." + c.Step, "wait"
	case c.State == Draft:
		return "donations.campaign.draft", "plain"
	case c.Cut:
		return "donations.campaign.cut", "bad"
	case c.Step == StepArchived:
		return "donations.campaign.archived", "plain"
	}
	return "donations.campaign.ended", "plain"
}

type campaignPage struct {
	web.Page
	C          Standing
	State      string
	Tone       string
	Giving     bool
	Elsewhere  bool // given on the platform of the partner
	Raised     money.Fen
	DaysLeft   int // 0: no end is set
	Sums       []web.Option
	Flow       web.Flow
	Rows       []line
	Paragraphs []string
	Settings   Settings
	Mode       string
	Line       []web.Step
	Law        Told
}

func (s *Gifts) campaign(c echo.Context) error {
	ctx := c.Request().Context()
	x, err := s.Shown(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	rolls, err := s.Roll(ctx, x.Code, "", 8)
	if err != nil {
		return err
	}
	state, tone := x.Word()
	p := &campaignPage{Page: web.Public(c, x.Title), C: *x, State: words[state], Tone: tone, Giving: x.Giving(s.Today()), Elsewhere: x.Mode == Partner && x.State == Open, Raised: x.Money.Received(), Sums: sumOptions(),
		Flow: flow(x), Rows: lines(rolls.Rows), Paragraphs: paragraphs(x.Story), Settings: s.set, Mode: words["donations.mode."+x.Mode], Line: x.line()[1:]} // the public reads no drafts
	if p.Law, err = s.told(ctx, x.ID); err != nil {
		return err
	}
	if p.Giving && x.EndsOn != "" {
		p.DaysLeft = x.EndsOn.Sub(s.Today()) + 1
	}
	return web.Render(c, "donations/campaign", p)
}

func flow(x *Standing) web.Flow {
	return web.NewFlow(words["donations.flow"],
		web.Part{Title: words["donations.flow.disbursed"], Amount: x.Money.Disbursed, Tone: "green"},
		web.Part{Title: words["donations.flow.committed"], Amount: x.Money.Committed, Tone: "leaf"},
		web.Part{Title: words["donations.flow.reserved"], Amount: x.Money.Reserved, Tone: "gold"},
		web.Part{Title: words["donations.flow.available"], Amount: x.Money.Available, Tone: "red"})
}

// line is one gift on the public roll.
type line struct {
	RollRow
	Use, UseHref, Href string
	Back               bool // given back
}

func lines(rs []RollRow) []line {
	ls := make([]line, 0, len(rs))
	for _, r := range rs {
		l := line{RollRow: r, Use: r.Title, Href: "/verify/" + r.Number, Back: r.State == Refunded}
		if r.Code != "" {
			l.UseHref = "/campaigns/" + r.Code
		} else {
			l.Use = words["donations.general"]
		}
		ls = append(ls, l)
	}
	return ls
}

func paragraphs(s string) []string {
	var out []string
	for _, p := range strings.Split(s, "\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

type rollPage struct {
	web.Page
	Rows     []line
	Pager    web.Pager
	Campaign string
	Options  []web.Option
}

func (s *Gifts) roll(c echo.Context) error {
	ctx, code, after := c.Request().Context(), c.QueryParam("campaign"), c.QueryParam("after")
	rows, err := s.Roll(ctx, code, after, pageSize)
	if err != nil {
		return err
	}
	p := &rollPage{Page: web.Public(c, words["donations.page.roll"]), Rows: lines(rows.Rows), Campaign: code}
	ss, err := s.Standings(ctx, true)
	if err != nil {
		return err
	}
	p.Options = []web.Option{{Value: GeneralCode, Label: words["donations.general"], Chosen: code == GeneralCode}}
	for _, x := range ss {
		p.Options = append(p.Options, web.Option{Value: x.Code, Label: x.Title, Chosen: code == x.Code})
	}
	p.Pager = pager("/donations", after, rows.Next, "campaign", code)
	return web.Render(c, "donations/roll", p)
}

type giveForm struct {
	Donor    string `form:"donor"`
	Shown    string `form:"shown"`
	Name     string `form:"name"`
	IDNo     string `form:"idno"`
	Campaign string `form:"campaign"` // code
	Amount   string `form:"amount"`
	Phone    string `form:"phone"`
	Email    string `form:"email"`
	Message  string `form:"message"`
	Waived   bool   `form:"waived"`
	Agree    bool   `form:"agree"`

	Tribute      string `form:"tribute"` // "", honour or memory
	TributeName  string `form:"tribute_name"`
	TributeWords string `form:"tribute_words"`
}

type givePage struct {
	web.Page
	Form giveForm

	Tributes []web.Option

	Uses    []web.Option
	Donors  []web.Option
	Shows   []web.Option
	Account Account
	Version string
	Online  bool // some gifts can be paid online
}

func (s *Gifts) givePage(c echo.Context, f giveForm) (*givePage, []Campaign, error) {
	cs, err := s.Givable(c.Request().Context(), s.Today())
	if err != nil {
		return nil, nil, err
	}
	p := &givePage{Page: web.Public(c, words["donations.page.give"]), Form: f, Account: s.set.Account, Version: PrivacyVersion, Online: s.offersOnline(), Donors: donors(),
		Shows: []web.Option{
			{Value: "usual", Label: words["donations.shown.usual"], Hint: words["donations.hint.usual"]},
			{Value: Real, Label: words["donations.shown.real"], Hint: words["donations.hint.real"]},
			{Value: Anonymous, Label: words["donations.shown.anon"], Hint: words["donations.hint.anon"]},
		}}
	p.Tributes = []web.Option{{Value: "", Label: words["donations.tribute.none"]}, {Value: TributeHonour, Label: words["donations.tribute.honour"]}, {Value: TributeMemory, Label: words["donations.tribute.memory"]}}
	for _, x := range cs {
		p.Uses = append(p.Uses, web.Option{Value: x.Code, Label: x.Title})
	}
	p.Uses = append(p.Uses, web.Option{Value: GeneralCode, Label: words["donations.general"], Hint: words["donations.general.purpose"]})
	return p, cs, nil
}

func donors() []web.Option {
	return []web.Option{{Value: Person, Label: words["donations.donor.person"]}, {Value: Body, Label: words["donations.donor.body"]}}
}

// giveForm shows the form; the campaign and the amount may come with the address.
func (s *Gifts) giveForm(c echo.Context) error {
	var f giveForm
	if err := web.Bind(c, &f); err != nil {
		f = giveForm{} // an address with broken text: an empty form
	}
	f = giveForm{Donor: Person, Shown: "usual", Campaign: f.Campaign, Amount: f.Amount}
	if fen, err := money.Parse(f.Amount); err != nil || fen <= 0 || fen > MaxPledge {
		f.Amount = ""
	}
	p, cs, err := s.givePage(c, f)
	if err != nil {
		return err
	}
	if campaignID(cs, f.Campaign) == "" {
		p.Form.Campaign = GeneralCode
		if len(cs) > 0 && f.Campaign == "" {
			p.Form.Campaign = cs[0].Code
		}
	}
	return web.Render(c, "donations/give", p)
}

// campaignID finds the id of a code among campaigns, "" when it is not there.
func campaignID(cs []Campaign, code string) string {
	for _, x := range cs {
		if x.Code == code {
			return x.ID
		}
	}
	return ""
}

func (s *Gifts) give(c echo.Context) error {
	var f giveForm
	bad := web.Bind(c, &f)
	p, cs, err := s.givePage(c, f)
	if err != nil {
		return err
	}
	if bad != nil {
		return web.Refuse(c, bad, "donations/give", p)
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "donations/give", p)
	}
	g, err := s.Pledge(c.Request().Context(), web.Actor(c), f.pledge(cs), key)
	if ref, again := fault.IsAgain(err); again {
		return web.Next(err, s.Href(ref))
	}
	if err != nil {
		return web.Refuse(c, err, "donations/give", p)
	}
	return web.Done(c, s.Href(g.ID), "")
}

// pledge makes what the act takes out of what was typed. What cannot be read becomes what the act refuses.
func (f giveForm) pledge(cs []Campaign) Pledge {
	p := Pledge{Donor: f.Donor, Shown: shown(f.Donor, f.Shown), Name: f.Name, IDNo: f.IDNo, Amount: fen(f.Amount), Phone: f.Phone, Message: f.Message, Waived: f.Waived, Agree: f.Agree}
	if f.Tribute != "" || f.TributeName != "" || f.TributeWords != "" {
		p.Tribute = &Tribute{Kind: f.Tribute, Name: f.TributeName, Words: f.TributeWords}
	}
	if f.Campaign != GeneralCode {
		if p.Campaign = campaignID(cs, f.Campaign); p.Campaign == "" {
			p.Campaign = "closed" // no campaign has this id
		}
	}
	return p
}

// shown reads how a donor wants to be named; by custom a person is masked and a body named in full.
func shown(donor, s string) string {
	switch {
	case s == "usual" && donor == Body:
		return Real
	case s == "usual":
		return Masked
	}
	return s
}

// fen reads an amount: nothing for what is no amount, more than anything allowed for what is out of range.
func fen(s string) money.Fen {
	f, err := money.Parse(s)
	switch {
	case errors.Is(err, money.ErrRange):
		return money.Max
	case err != nil:
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

type thanksPage struct {
	web.Page
	G       *Whole
	Code    string // in groups
	Account Account
	Steps   []web.Step
	State   string
	Tone    string
	Use     string
	UseHref string
	Receipt string // address of the download, "" before
	Online  string // where it is paid online, "" for nowhere
	Kept    string // disposition of a receipt that stays with the foundation, "" for one that the donor has
	Asked   bool   // the own name on it was asked for
	Tribute *Tribute
	Devoted string // kind of the tribute, as people say it
	Days    int
	Self    string
}

func (s *Gifts) thanks(c echo.Context) error {
	ctx := c.Request().Context()
	g, err := s.ByAddress(ctx, c.Param("token"))
	if err != nil {
		return err
	}
	w, err := s.whole(ctx, g)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Referrer-Policy", "no-referrer") // the address is the key to this page
	c.Response().Header().Set("X-Robots-Tag", "noindex")
	p := &thanksPage{Page: web.Public(c, words["donations.page.thanks"]), G: w, Code: spell(w.Code), Account: s.set.Account, Steps: steps(w), State: words["donations.state."+string(w.State)],
		Tone: tone(w.State), Use: words["donations.general"], Days: ExpireAfter, Self: s.Href(w.ID), Online: s.onlineHref(g)}
	if w.Campaign != nil {
		p.Use = w.Campaign.Title
		if w.Campaign.Public() {
			p.UseHref = "/campaigns/" + w.Campaign.Code
		}
	}
	if w.Receipt != "" {
		p.Receipt = s.Href(w.ID) + "/receipt"
	}
	if r := w.Valid(); r != nil && r.Disposition != Deliver {
		p.Kept = r.Disposition
		if p.Asked, err = s.ReissueOpen(ctx, r.Paper); err != nil {
			return err
		}
	}
	if p.Tribute, err = s.TributeOf(g); err != nil {
		return err
	}
	if p.Tribute != nil {
		p.Devoted = words["donations.tribute."+p.Tribute.Kind]
	}
	return web.Render(c, "donations/thanks", p)
}

// claim hands a receipt that was not wanted to its donor after all.
func (s *Gifts) claim(c echo.Context) error {
	g, err := s.ByAddress(c.Request().Context(), c.Param("token"))
	if err != nil {
		return err
	}
	if err := s.Claim(c.Request().Context(), web.Actor(c), g.ID); err != nil {
		return web.Next(err, s.Href(g.ID))
	}
	return web.Done(c, s.Href(g.ID), "")
}

// named asks, for an anonymous donor, for a receipt with the own name.
func (s *Gifts) named(c echo.Context) error {
	g, err := s.ByAddress(c.Request().Context(), c.Param("token"))
	if err != nil {
		return err
	}
	if err := web.Bind(c, &struct{}{}); err != nil {
		return err
	}
	key, err := web.Token(c)
	if err != nil {
		return err
	}
	if err := s.AskNamed(c.Request().Context(), web.Actor(c), g.ID, key); err != nil {
		return web.Next(err, s.Href(g.ID))
	}
	return web.Done(c, s.Href(g.ID), "")
}

// download sends the donor's receipt; of an anonymous gift it names nobody.
func (s *Gifts) download(c echo.Context) error {
	g, err := s.ByAddress(c.Request().Context(), c.Param("token"))
	if err != nil {
		return err
	}
	return s.send(c, g)
}

// send answers with the paper that counts now: of a gift given back, its red-letter receipt.
func (s *Gifts) send(c echo.Context, g *Gift) error {
	if g.Receipt == "" {
		return fault.New(fault.NotFound, "donations.no_receipt")
	}
	ctx := c.Request().Context()
	rs, err := listReceiptsOf(ctx, s.db, g.ID)
	if err != nil {
		return db.Fault(err)
	}
	if len(rs) == 0 {
		return fault.New(fault.NotFound, "donations.no_receipt")
	}
	r := rs[len(rs)-1]
	for _, x := range rs {
		if x.State == ReceiptValid {
			r = x
		}
	}
	if r.State == ReceiptValid && r.Disposition == Waived && r.DeliveredHow == "" && !web.Actor(c).In() {
		return fault.New(fault.Conflict, "donations.receipt_waived") // it is handed out by an act, so that the books know who holds it
	}
	if r.State != ReceiptReversed {
		d, err := s.papers.Document(ctx, r.Paper)
		if err != nil {
			return err
		}
		return s.papers.Send(c, d)
	}
	d, err := s.papers.ByNumber(ctx, r.Red)
	if err != nil {
		return err
	}
	return s.papers.Send(c, d)
}

// steps is the way of a gift in one line.
func steps(w *Whole) []web.Step {
	at := map[State]int{Pledged: 1, Expired: 1, Arrived: 2, Received: 4, Refunding: 4, Refunded: 4, Withdrawn: 1}[w.State]
	out := make([]web.Step, 0, 5)
	for i, k := range []string{"pledged", "transfer", "check", "receipt"} {
		state := "todo"
		switch {
		case i < at:
			state = "done"
		case i == at && w.State != Expired && w.State != Withdrawn:
			state = "now"
		case i == at:
			state = "bad"
		}
		out = append(out, web.Step{Title: words["donations.step."+k], State: state})
	}
	switch w.State {
	case Refunding:
		out = append(out, web.Step{Title: words["donations.step.refund"], State: "now"})
	case Refunded:
		out = append(out, web.Step{Title: words["donations.step.refund"], State: "done"})
	}
	return out
}

func tone(s State) string {
	switch s {
	case Received:
		return "ok"
	case Arrived, Refunding:
		return "wait"
	case Pledged:
		return "info"
	case Refunded, Withdrawn:
		return "bad"
	}
	return "plain"
}

type findPage struct {
	web.Page
	Form findForm
}

type findForm struct {
	Code string `form:"code"`
	Tail string `form:"tail"`
}

func (s *Gifts) findForm(c echo.Context) error {
	return web.Render(c, "donations/find", &findPage{Page: web.Public(c, words["donations.page.find"])})
}

func (s *Gifts) find(c echo.Context) error {
	p := &findPage{Page: web.Public(c, words["donations.page.find"])}
	if err := web.Bind(c, &p.Form); err != nil {
		return web.Refuse(c, err, "donations/find", p)
	}
	href, err := s.Find(c.Request().Context(), p.Form.Code, p.Form.Tail)
	if err != nil {
		return web.Refuse(c, err, "donations/find", p)
	}
	return web.Done(c, href, "")
}

type privacyPage struct {
	web.Page
	Version string
	Phone   string
	Address string
}

func (s *Gifts) privacy(c echo.Context) error {
	return web.Render(c, "donations/privacy", &privacyPage{Page: web.Public(c, words["donations.page.privacy"]), Version: PrivacyVersion, Phone: s.set.Org.Phone, Address: s.set.Org.Address})
}

// may tells whether somebody could do the second step: holds the permission and did not do the first one.
func may(who access.Actor, p access.Perm, earlier ...string) bool {
	return who.Can(p) && who.NotEarlier("donations.same_person", earlier...) == nil
}
