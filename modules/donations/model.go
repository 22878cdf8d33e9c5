package donations

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/fault"
	"care/server/ident"
	"care/server/money"
)

// Private names the columns that are kept sealed.
var Private = []string{
	"donations_gifts.name", "donations_gifts.phone", "donations_gifts.idno", "donations_gifts.message", "donations_gifts.email", "donations_gifts.tribute",
	"donations_arrivals.payer", "donations_reissues.payer", "donations_reissues.payer_id",
}

// PrivacyVersion names the privacy text that a donor agrees to; it is stored with each gift. A changed text gets a new name.
const PrivacyVersion = "2026-12"

// ExpireAfter is how many days a promise waits for its money. A transfer takes at most some days; three months leave room
// for people who give from their next wages, and keep the clerk's list short. Money that comes later is still accepted.
const ExpireAfter = 90

// Limits of amounts, in fen. A larger promise is not made by a web form: it needs a written agreement (慈善法 39).
const (
	MaxPledge  money.Fen = 1_000_000_000     // 10 million yuan
	MaxArrival money.Fen = 1_000_000_000_000 // 10 billion yuan
)

// Limits of texts, in characters.
const (
	maxPerson  = 50
	maxBody    = 80
	maxMessage = 200
	maxReason  = 200
)

// State of a gift.
type State string

// The states: 待转账, 待复核, 已到账, 退款审批中, 已退款, 已过期, 已撤销.
const (
	Pledged   State = "pledged"   // promised; no money yet, and no income
	Arrived   State = "arrived"   // a clerk has recorded its money; a second person must confirm
	Received  State = "received"  // confirmed: income, receipt, public roll
	Refunding State = "refunding" // somebody asked to give it back
	Refunded  State = "refunded"  // given back
	Expired   State = "expired"   // no money came within ExpireAfter days
	Withdrawn State = "withdrawn" // registered by mistake at the desk
)

// next is the whole life of a gift: from where a state may be reached.
var next = map[State][]State{
	Arrived:   {Pledged, Expired},
	Received:  {Arrived, Refunding},
	Refunding: {Received},
	Refunded:  {Refunding},
	Expired:   {Pledged},
	Pledged:   {Arrived},
	Withdrawn: {Arrived},
}

// May tells whether a gift in state s may become to.
func (s State) May(to State) bool {
	for _, from := range next[to] {
		if from == s {
			return true
		}
	}
	return false
}

// States lists all states in the order of a gift's life.
func States() []State {
	return []State{Pledged, Arrived, Received, Refunding, Refunded, Expired, Withdrawn}
}

// Who gives.
const (
	Person = "person"
	Body   = "body" // company, association, office
)

// How the donor wants to be named in public (慈善法 82): 实名, 脱敏, 匿名.
const (
	Real      = "real"
	Masked    = "masked"
	Anonymous = "anonymous"
)

// How money comes: 银行转账, 现金, 平台结算.
const (
	Transfer = "transfer"
	Cash     = "cash"
	Platform = "platform"
)

// Gift is one donation (捐赠): first a promise, later money.
type Gift struct {
	bun.BaseModel `bun:"table:donations_gifts,alias:g"`
	ID            string `bun:",pk"`
	Code          string // transfer code (识别码), written by the donor into the transfer's remark
	Token         string // blind index of the address of the donor's own page
	Source        string // web or desk
	Donor         string // Person or Body
	Shown         string // Real, Masked or Anonymous
	PublicName    string // what the public reads
	Name          string // sealed
	NameIndex     string
	Phone         string // sealed
	PhoneIndex    string
	IDNo          string `bun:"idno"` // sealed
	Message       string // sealed; never shown in public
	Campaign      string `bun:",nullzero"` // "" for the general fund
	Fund          string
	Promised      money.Fen
	Consent       string // version of the privacy text
	State         State
	MadeBy        string
	MadeName      string
	MadeAt        time.Time
	Amount        money.Fen // received; 0 before
	ReceivedOn    clock.Day // of the bank's statement
	Roll          string    `bun:",nullzero"` // place in the public roll, given at confirmation
	ConfirmedAt   *time.Time
	Receipt       string `bun:",nullzero"` // id of the paper
	Number        string // of the receipt
	Email         string // sealed
	EmailIndex    string
	Origin        string // where it came from, see Pledge
	Tribute       string // sealed JSON of a Tribute, "" for none
	Waived        bool   // the donor wants no receipt in hand; it is issued and kept
}

// Ref names a gift to the ledger and to its papers.
func Ref(id string) string { return "donation/" + id }

// Arrival is money that came (到账), as the bank's statement names it.
type Arrival struct {
	bun.BaseModel `bun:"table:donations_arrivals,alias:a"`
	ID            string `bun:",pk"`
	Gift          string
	BankRef       string // reference of the statement's line, unique
	Day           clock.Day
	Amount        money.Fen
	Method        string
	Payer         string // sealed: as on the statement
	PayerIndex    string
	State         string // recorded, confirmed or rejected
	RecordedBy    string
	RecordedName  string // printed on the receipt (经办人)
	RecordedAt    time.Time
	DecidedBy     string
	DecidedName   string // printed on the receipt (复核人)
	DecidedAt     *time.Time
	Reason        string // of a rejection
	Channel       string // payment channel or platform, "" for the bank
	Asset         string // account of the books that it came to, "" for the bank
}

// States of an arrival.
const (
	recorded  = "recorded"
	confirmed = "confirmed"
	rejected  = "rejected"
)

// Refund is the giving back of a gift (退款).
type Refund struct {
	bun.BaseModel `bun:"table:donations_refunds,alias:r"`
	ID            string `bun:",pk"`
	Gift          string
	Reason        string
	State         string // asked, done or declined
	AskedBy       string
	AskedName     string
	AskedAt       time.Time
	DecidedBy     string
	DecidedName   string
	DecidedAt     *time.Time
	Remark        string // of the person who decided
	PaidRef       string // under which the money left, "" until it has
	PaidOn        clock.Day
}

// States of a refund.
const (
	asked    = "asked"
	done     = "done"
	declined = "declined"
)

// Pledge is what a donor promises on the web.
type Pledge struct {
	Donor    string
	Shown    string
	Name     string
	IDNo     string // identity number, may be empty; of a body its credit code, required
	Campaign string // id, "" for the general fund
	Amount   money.Fen
	Phone    string
	Message  string
	Agree    bool   // to the privacy text of PrivacyVersion
	Email    string // may be empty; where letters go and how the donor finds the gifts again
	// Origin says where the gift came from: "" for the web or the desk, "batch/<id>", "order/<platform>/<number>",
	// "agreement/<id>", "channel/<name>". An order is taken once.
	Origin  string
	Tribute *Tribute // nil for none
	Waived  bool     // no receipt is wanted
}

// Tribute dedicates a gift (致敬、纪念).
type Tribute struct {
	Kind  string // TributeHonour or TributeMemory
	Name  string // of the person
	Words string // may be empty
}

// Kinds of tributes: 致敬, 纪念.
const (
	TributeHonour = "honour"
	TributeMemory = "memory"
)

// Printable knows which characters can be printed on a receipt.
type Printable interface {
	// Missing gives the characters of a text that no font has.
	Missing(text string) []rune
}

// clean checks a pledge and writes its numbers in their one form. today bounds dates of birth.
func (p *Pledge) clean(today clock.Day, fonts Printable) error {
	var c fault.Checks
	c.Need(p.Donor == Person || p.Donor == Body, "donor", "donations.need_donor")
	c.Need(p.Amount > 0, "amount", "donations.amount")
	c.Need(p.Amount <= MaxPledge, "amount", "donations.amount_large")
	p.identity(&c, today, fonts, false)
	phone, err := ident.Phone(p.Phone)
	c.Need(err == nil, "phone", "donations.phone")
	p.Phone = phone
	c.Need(utf8.RuneCountInString(p.Message) <= maxMessage, "message", "donations.message_long", maxMessage)
	c.Need(p.Agree, "agree", "donations.need_agree")
	p.extras(&c, fonts)
	return c.Err()
}

// extras checks what a donor may leave out.
func (p *Pledge) extras(c *fault.Checks, fonts Printable) {
	if p.Email = strings.TrimSpace(p.Email); p.Email != "" {
		email, err := ident.Email(p.Email)
		c.Need(err == nil, "email", "donations.email")
		p.Email = email
	}
	if p.Tribute != nil {
		t := *p.Tribute // the caller's one stays as it was typed
		p.Tribute = &t
		c.Need(t.Kind == TributeHonour || t.Kind == TributeMemory, "tribute", "donations.tribute")
		name, err := ident.Name(t.Name, maxPerson)
		c.Need(err == nil, "tribute_name", "donations.name", maxPerson)
		if missing := fonts.Missing(name); err == nil && len(missing) > 0 {
			c.Add("tribute_name", "donations.rare", string(missing))
		}
		t.Name = name
		c.Need(utf8.RuneCountInString(t.Words) <= maxMessage, "tribute_words", "donations.message_long", maxMessage)
	}
}

// identity checks who gives. lenient accepts a credit code whose check digit is wrong: a person at the desk has seen the paper,
// and some old codes are like that.
func (p *Pledge) identity(c *fault.Checks, today clock.Day, fonts Printable, lenient bool) {
	limit, code := maxPerson, "donations.name"
	if p.Donor == Body {
		limit, code = maxBody, "donations.body_name"
	}
	p.Name = strings.Join(strings.Fields(p.Name), " ")
	if name, err := ident.Name(p.Name, limit); err != nil {
		c.Add("name", code, limit)
	} else if missing := fonts.Missing(name); len(missing) > 0 {
		c.Add("name", "donations.rare", string(missing))
	}
	c.Need(p.Shown == Real || p.Shown == Masked || p.Shown == Anonymous, "shown", "donations.need_shown")
	switch {
	case p.Donor == Body:
		got, err := ident.Credit(p.IDNo)
		c.Need(err == nil || lenient && err == ident.ErrCheck, "idno", "donations.credit")
		p.IDNo = got
	case p.IDNo != "":
		got, err := ident.Citizen(p.IDNo, today)
		c.Need(err == nil, "idno", "donations.idno")
		p.IDNo = got
	}
}

// Payment is money as a clerk reads it from the bank's statement.
type Payment struct {
	BankRef string
	Day     clock.Day
	Amount  money.Fen
	Payer   string // as on the statement
	Method  string
	Checked bool   // the payer is not the donor, and the clerk has asked
	Channel string // payment channel or platform, "" for the bank
	Asset   string // account of the books that it came to, "" for the bank
}

// clean checks a payment against the day of the act.
func (p *Payment) clean(today clock.Day, c *fault.Checks) {
	p.BankRef = strings.ToUpper(strings.Join(strings.Fields(p.BankRef), ""))
	c.Need(p.BankRef != "" && len(p.BankRef) <= 64 && printableASCII(p.BankRef), "bank_ref", "donations.bank_ref")
	c.Need(p.Day != "" && p.Day <= today, "day", "donations.day")
	c.Need(p.Day == "" || p.Day >= today.Add(-3*366), "day", "donations.day_old")
	c.Need(p.Amount > 0, "paid", "donations.amount")
	c.Need(p.Amount <= MaxArrival, "paid", "donations.amount_huge")
	p.Payer = strings.Join(strings.Fields(p.Payer), " ")
	n := utf8.RuneCountInString(p.Payer)
	c.Need(n > 0 && n <= maxBody && !strings.ContainsAny(p.Payer, "<>"), "payer", "donations.payer", maxBody)
	c.Need(p.Method == Transfer || p.Method == Cash || p.Method == Platform, "method", "donations.need_method")
}

func printableASCII(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// publicName is what the public reads of a donor: an anonymous donor is never named (慈善法 82).
func publicName(donor, shown, name string) string {
	switch {
	case shown == Anonymous && donor == Body:
		return words["donations.anonymous_body"]
	case shown == Anonymous:
		return words["donations.anonymous"]
	case shown == Real:
		return name
	case donor == Body:
		rs := []rune(name)
		if len(rs) <= 4 {
			return string(rs[0]) + "**"
		}
		return string(rs[:2]) + "**" + string(rs[len(rs)-2:])
	}
	return ident.MaskName(name)
}

// foldName writes a name in the form under which equal names are found: no blanks, one middle dot, capital letters.
func foldName(s string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "\u3000", "", "\u2022", "\u00b7", "\u30fb", "\u00b7", "\uff08", "(", "\uff09", ")").Replace(s))
}

// samePayer tells whether the payer of a statement is the donor. Banks shorten and mask nothing of names; blanks and brackets vary.
func samePayer(payer, name string) bool { return foldName(payer) == foldName(name) }

func reason(c *fault.Checks, field, s string) {
	n := utf8.RuneCountInString(s)
	c.Need(n >= 2 && n <= maxReason, field, "donations.reason", maxReason)
}
