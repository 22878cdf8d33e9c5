package intake

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
var Private = []string{"intake_rows.typed"}

// Limits. A batch of typed gifts is what one person can answer for; a platform's file is as long as the platform makes it.
const (
	maxRows   = 5_000
	maxOrders = 200_000
	maxFile   = 64 << 20
	maxText   = 200
	gridRows  = 15 // rows of one page of the grid
	chunk     = 200
)

// Kinds of batches.
const (
	Gifts  = "gifts"
	Orders = "orders"
)

// State of a batch.
type State string

// The states: 录入中, 登记中, 待复核, 复核中, 已入账, 撤销中, 已撤销, 已作废.
const (
	Draft      State = "draft"      // rows are typed, nothing is registered but what an earlier try has made
	Making     State = "making"     // gifts are made of the rows, chunk by chunk
	Waiting    State = "waiting"    // all gifts are there; a second person must confirm
	Confirming State = "confirming" // the second person has; income is booked chunk by chunk
	Done       State = "done"
	Undoing    State = "undoing"
	Undone     State = "undone"
	Dropped    State = "dropped" // ended before anything was registered
)

// States lists all states in the order of a batch's life.
func States() []State {
	return []State{Draft, Making, Waiting, Confirming, Done, Undoing, Undone, Dropped}
}

// Batch is one lot of gifts entered together (批次), held to its control totals.
type Batch struct {
	bun.BaseModel `bun:"table:intake_batches,alias:b"`
	ID            string `bun:",pk"`
	Number        string
	Kind          string
	Title         string
	Platform      string // of orders
	File          string // SHA-256 of the file of orders
	Day           clock.Day
	Method        string
	Campaign      string // id, "" for the general fund
	WantRows      int64
	WantFen       money.Fen
	State         State
	Problem       string // code of what stopped the last try
	Version       int64
	MadeBy        string
	MadeName      string
	MadeAt        time.Time
	SentBy        string
	SentName      string
	SentAt        *time.Time
	ConfirmedBy   string
	ConfirmedName string
	ConfirmedAt   *time.Time
	EndedBy       string
	EndedName     string
	EndedAt       *time.Time
	Why           string
}

// States of a row.
const (
	typed     = "typed"     // waits
	made      = "made"      // a gift stands at the desk, unconfirmed
	confirmed = "confirmed" // its gift is income
	rejected  = "rejected"  // its gift was sent back at the desk
	undone    = "undone"    // its gift was taken back with the batch
	same      = "same"      // this order is there already from another file
	netted    = "netted"    // order and refund in one file: no money ever stayed
	noted     = "noted"     // a refund that was passed on to the desk
)

// Kinds of rows.
const (
	giftRow   = "gift"
	refundRow = "refund"
)

// Row is one line of a batch.
type Row struct {
	bun.BaseModel `bun:"table:intake_rows,alias:r"`
	ID            string `bun:",pk"`
	Batch         string
	Line          int64
	Kind          string
	Typed         string    // sealed JSON of Cells
	Amount        money.Fen // 0 while it cannot be read
	Fee           money.Fen
	Day           clock.Day
	Platform      string
	OrderNo       string
	Project       string
	State         string
	Gift          string `bun:",nullzero"`
	Fund          string // of a confirmed gift
	Problem       string
	Settlement    string `bun:",nullzero"`
}

// Cells are a row as it was typed or read; what is empty follows the batch.
type Cells struct {
	Donor    string `json:"donor,omitempty"`
	Name     string `json:"name,omitempty"`
	Amount   string `json:"amount,omitempty"`
	Day      string `json:"day,omitempty"`
	Ref      string `json:"ref,omitempty"`
	Campaign string `json:"campaign,omitempty"` // code
	Method   string `json:"method,omitempty"`
	Shown    string `json:"shown,omitempty"`
	Phone    string `json:"phone,omitempty"`
	IDNo     string `json:"idno,omitempty"`
	Payer    string `json:"payer,omitempty"`
	Email    string `json:"email,omitempty"`
	Nick     string `json:"nick,omitempty"` // of an order, as the platform gives it
}

// empty tells whether nothing was typed. What only chooses from a list makes no row.
func (c Cells) empty() bool {
	return c.Name == "" && c.Amount == "" && c.Ref == "" && c.Phone == "" && c.IDNo == "" && c.Payer == "" && c.Email == "" && c.Nick == ""
}

// trim keeps cells to a length that can be stored and shown again.
func (c *Cells) trim() {
	for _, s := range []*string{&c.Donor, &c.Name, &c.Amount, &c.Day, &c.Ref, &c.Campaign, &c.Method, &c.Shown, &c.Phone, &c.IDNo, &c.Payer, &c.Email, &c.Nick} {
		*s = strings.Join(strings.Fields(*s), " ")
		if utf8.RuneCountInString(*s) > maxText {
			*s = string([]rune(*s)[:maxText])
		}
	}
}

// Line is a row with its cells opened. Whoever shows it to somebody else than its typist masks it.
type Line struct {
	Row
	Cells Cells
}

// Gift is what the desk of donations is asked to register.
type Gift struct {
	Donor, Shown, Name, IDNo, Phone, Email string
	Campaign                               string // id
	Origin                                 string
	BankRef                                string
	Day                                    clock.Day
	Amount                                 money.Fen
	Method, Channel, Payer                 string
	Transit                                bool // the platform still holds the money
	Checked                                bool
}

// Words that the desk of donations knows.
const (
	person    = "person"
	body      = "body"
	transfer  = "transfer"
	cash      = "cash"
	platform  = "platform"
	shownReal = "real"
	shownMask = "masked"
	shownAnon = "anonymous"
)

// GeneralCode is how a row names the general fund.
const GeneralCode = "GENERAL"

// Use is a project that money may be booked to.
type Use struct{ ID, Code, Title string }

// gift makes of a typed row what the desk shall register. What cannot be read becomes what the desk refuses.
func (b *Batch) gift(l Line, uses []Use) Gift {
	c := l.Cells
	g := Gift{Donor: person, Name: c.Name, IDNo: c.IDNo, Phone: c.Phone, Email: c.Email, Origin: "batch/" + b.ID, Day: l.Day, Amount: l.Amount, Method: b.Method, Payer: c.Payer}
	if c.Donor == body {
		g.Donor = body
	}
	switch {
	case c.Shown != "":
		g.Shown = c.Shown
	case g.Donor == body:
		g.Shown = shownReal
	default:
		g.Shown = shownMask
	}
	if c.Method != "" {
		g.Method = c.Method
	}
	g.Campaign = b.Campaign
	if c.Campaign != "" {
		g.Campaign = useID(uses, c.Campaign)
	}
	if g.Payer == "" {
		g.Payer = g.Name
	} else {
		g.Checked = true // whoever types another payer than the donor has asked
	}
	g.BankRef = b.ref(l)
	return g
}

// ref is the reference of a row's money. Cash of a box has one slip for many gifts: a row without its own takes the batch's
// number and its line.
func (b *Batch) ref(l Line) string {
	ref := foldRef(l.Cells.Ref)
	method := b.Method
	if l.Cells.Method != "" {
		method = l.Cells.Method
	}
	if ref == "" && method == cash {
		return b.Number + "-" + itoa(l.Line)
	}
	return ref
}

// foldRef writes a reference in the form under which the desk keeps it.
func foldRef(s string) string { return strings.ToUpper(strings.Join(strings.Fields(s), "")) }

// useID finds a project by its code; an unknown one is no project's id, which the desk refuses.
func useID(uses []Use, code string) string {
	if strings.EqualFold(code, GeneralCode) {
		return ""
	}
	for _, u := range uses {
		if strings.EqualFold(u.Code, code) || u.Title == code {
			return u.ID
		}
	}
	return "closed"
}

// read fills what a row keeps in plain columns.
func (l *Line) read(day clock.Day) {
	l.Amount, l.Day = 0, day
	if f, err := money.Parse(l.Cells.Amount); err == nil && f > 0 {
		l.Amount = f
	}
	if l.Cells.Day != "" {
		d, err := clock.ParseDay(l.Cells.Day)
		if err != nil {
			d = ""
		}
		l.Day = d
	}
}

// Sheet counts the money of one donation box (清点单). Two people count, each for themselves.
type Sheet struct {
	bun.BaseModel `bun:"table:intake_sheets,alias:s"`
	ID            string `bun:",pk"`
	Batch         string
	Box, Place    string
	Notes         string // JSON of counts by denomination
	Total         money.Fen
	State         string // counted, agreed or dropped
	Tries         int64  // of the second person that differed
	FirstBy       string
	FirstName     string
	FirstAt       time.Time
	SecondBy      string
	SecondName    string
	SecondAt      *time.Time
}

// States of a sheet.
const (
	counted = "counted"
	agreed  = "agreed"
)

// Denominations are the notes and coins of renminbi, in fen, the largest first.
func Denominations() []money.Fen {
	return []money.Fen{100_00, 50_00, 20_00, 10_00, 5_00, 1_00, 50, 10, 5, 1}
}

// Count is how many pieces of each denomination there are, in their order.
type Count []int64

// total sums a count; a count that cannot be is an Invalid fault.
func (n Count) total() (money.Fen, error) {
	var c fault.Checks
	var sum money.Fen
	for i, d := range Denominations() {
		if i < len(n) {
			c.Need(n[i] >= 0 && n[i] <= 1_000_000, "n"+itoa(int64(d)), "intake.pieces")
			sum += d * money.Fen(n[i])
		}
	}
	c.Need(len(n) == len(Denominations()), "", "intake.pieces")
	c.Need(sum > 0, "", "intake.nothing_counted")
	return sum, c.Err()
}

// Totals is a change of the control totals.
type Totals struct {
	bun.BaseModel    `bun:"table:intake_totals,alias:t"`
	ID, Batch        string
	OldRows, NewRows int64
	OldFen, NewFen   money.Fen
	Why              string
	ByID, ByName     string
	At               time.Time
}

// Opening is what a batch is opened with.
type Opening struct {
	Title    string
	Day      clock.Day
	Method   string
	Campaign string // id
	Rows     int64
	Fen      money.Fen
}

func (o *Opening) clean(today clock.Day) error {
	var c fault.Checks
	o.Title = strings.Join(strings.Fields(o.Title), " ")
	n := utf8.RuneCountInString(o.Title)
	c.Need(n >= 2 && n <= 60 && !strings.ContainsAny(o.Title, "<>"), "title", "intake.title", 60)
	c.Need(o.Day != "" && o.Day <= today && o.Day >= today.Add(-3*366), "day", "intake.day")
	c.Need(o.Method == transfer || o.Method == cash || o.Method == platform, "method", "intake.method")
	totals(&c, o.Rows, o.Fen, maxRows)
	return c.Err()
}

func totals(c *fault.Checks, rows int64, fen money.Fen, most int64) {
	c.Need(rows > 0 && rows <= most, "rows", "intake.want_rows", most)
	c.Need(fen > 0 && fen <= money.Max, "fen", "intake.want_fen")
}

func reason(c *fault.Checks, field, s string) {
	n := utf8.RuneCountInString(s)
	c.Need(n >= 2 && n <= maxText, field, "intake.reason", maxText)
}

// Profile says how a platform's order file is read (导入格式).
type Profile struct {
	bun.BaseModel `bun:"table:intake_profiles,alias:p"`
	ID            string `bun:",pk"`
	Platform      string // short name in capital letters, part of every order's reference
	Title         string
	Spec          string // JSON of Spec
	Version       int64
	EditedBy      string
	EditedName    string
	EditedAt      *time.Time
}

// Spec names the heading of each column; "" says that the file has no such column.
type Spec struct {
	Order   string `json:"order"`
	Time    string `json:"time"`
	Nick    string `json:"nick"`
	Amount  string `json:"amount"`
	Fee     string `json:"fee"`
	Project string `json:"project"`
	Title   string `json:"title"` // 票据抬头
	Phone   string `json:"phone"`
	Email   string `json:"email"`
	Status  string `json:"status"`
	Refund  string `json:"refund"` // the word in the column of Status that marks a refund; amounts below zero are refunds anyway
}

func (s Spec) clean(title, code string) error {
	var c fault.Checks
	n := utf8.RuneCountInString(title)
	c.Need(n >= 2 && n <= 30 && !strings.ContainsAny(title, "<>"), "title", "intake.profile_title", 30)
	c.Need(platformOK(code), "platform", "intake.platform")
	c.Need(s.Order != "", "order", "intake.need_column")
	c.Need(s.Time != "", "time", "intake.need_column")
	c.Need(s.Amount != "", "amount", "intake.need_column")
	c.Need(s.Status == "" || s.Refund != "", "refund", "intake.need_refund_word")
	seen := map[string]bool{}
	for _, f := range s.columns() {
		c.Need(utf8.RuneCountInString(f.Heading) <= 60, f.Field, "intake.heading", 60)
		if f.Heading != "" {
			c.Need(!seen[f.Heading], f.Field, "intake.heading_twice")
			seen[f.Heading] = true
		}
	}
	return c.Err()
}

// column is one column of a profile.
type column struct{ Field, Heading string }

func (s Spec) columns() []column {
	return []column{{"order", s.Order}, {"time", s.Time}, {"nick", s.Nick}, {"amount", s.Amount}, {"fee", s.Fee}, {"project", s.Project},
		{"receipt", s.Title}, {"phone", s.Phone}, {"email", s.Email}, {"status", s.Status}}
}

func platformOK(s string) bool {
	if len(s) < 2 || len(s) > 12 {
		return false
	}
	for i := range len(s) {
		if (s[i] < 'A' || s[i] > 'Z') && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}

// Printable knows which characters can be printed on a receipt.
type Printable interface {
	// Missing gives the characters of a text that no font has.
	Missing(text string) []rune
}

// order makes of a platform's row what the desk shall register. The public reads the nickname as the platform gave it, or
// its mask; whoever gave no usable name is 爱心人士.
func (b *Batch) order(l Line, campaign, platformTitle string, fonts Printable) Gift {
	c := l.Cells
	g := Gift{Donor: person, Campaign: campaign, Origin: "order/" + l.Platform + "/" + l.OrderNo, BankRef: l.Platform + "-" + l.OrderNo, Day: l.Day, Amount: l.Amount,
		Method: platform, Channel: l.Platform, Payer: platformTitle, Transit: true, Checked: true, Email: c.Email}
	if p, err := ident.Phone(c.Phone); err == nil {
		g.Phone = p
	}
	usable := func(s string, most int) bool {
		_, err := ident.Name(s, most)
		return err == nil && len(fonts.Missing(s)) == 0
	}
	switch {
	case usable(c.Name, 50):
		g.Name, g.Shown = c.Name, shownMask
	case usable(c.Nick, 50) && strings.ContainsAny(c.Nick, "*\uff0a"):
		g.Name, g.Shown = c.Nick, shownReal // masked by the platform already
	case usable(c.Nick, 50):
		g.Name, g.Shown = c.Nick, shownMask
	default:
		g.Name, g.Shown = words["intake.anonymous"], shownAnon
	}
	return g
}

// Settlement is money that a platform paid out (平台结算): confirmed orders less refunds and fees.
type Settlement struct {
	bun.BaseModel `bun:"table:intake_settlements,alias:t"`
	ID            string `bun:",pk"`
	Number        string
	Platform      string
	FromDay       clock.Day
	ToDay         clock.Day
	BankRef       string
	Day           clock.Day
	Orders        int64
	Gross         money.Fen
	Refunds       money.Fen
	Fees          money.Fen
	Amount        money.Fen
	State         string // asked, done or dropped
	MadeBy        string
	MadeName      string
	MadeAt        time.Time
	DecidedBy     string
	DecidedName   string
	DecidedAt     *time.Time
	Why           string
}

// Paid is the line of the bank's statement by which a platform's money came.
type Paid struct {
	Platform string
	From, To clock.Day // of the orders
	BankRef  string
	Day      clock.Day
	Amount   money.Fen
}

func (p *Paid) clean(today clock.Day) error {
	var c fault.Checks
	p.BankRef = foldRef(p.BankRef)
	c.Need(platformOK(p.Platform), "platform", "intake.platform")
	c.Need(p.From != "" && p.From <= today, "from", "intake.from")
	c.Need(p.To != "" && p.To >= p.From && p.To <= today, "to", "intake.to")
	c.Need(refOK(p.BankRef), "bank_ref", "intake.bank_ref")
	c.Need(p.Day != "" && p.Day <= today, "day", "intake.day")
	c.Need(p.Amount > 0 && p.Amount <= money.Max, "amount", "intake.amount")
	return c.Err()
}

func refOK(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Sum is what some orders are worth together.
type Sum struct {
	Orders  int64
	Gross   money.Fen
	Refunds money.Fen
	Fees    money.Fen
}

// Net is what the platform pays out.
func (s Sum) Net() money.Fen { return s.Gross - s.Refunds - s.Fees }
