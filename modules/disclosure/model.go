package disclosure

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

// Kinds of reports: 募捐进展, 募捐总结, 年度报告, 年度报送, 关联方名单, 重大事项.
const (
	Progress = "progress" // of a campaign that is open
	Final    = "final"    // of a campaign that has ended
	Annual   = "annual"   // of the whole foundation
	Registry = "registry" // the year's report was handed in to the registration authority
	Related  = "related"  // list of related parties
	Event    = "event"    // one of disclosure_events
)

// drawn tells whether a kind of report has figures from the books.
func drawn(kind string) bool { return kind == Progress || kind == Final || kind == Annual }

// ofCampaign tells whether the subject of a kind is a campaign.
func ofCampaign(kind string) bool { return kind == Progress || kind == Final }

// Item is one report (信息条目) with all its versions.
type Item struct {
	bun.BaseModel `bun:"table:disclosure_items,alias:i"`
	ID            string `bun:",pk"`
	Code          string // of its address
	Kind          string
	Subject       string // id of the campaign or the event, or the year
	FromDay       clock.Day
	ToDay         clock.Day
	MadeAt        time.Time
}

// Version is one text of a report: a draft, or published and frozen.
type Version struct {
	bun.BaseModel `bun:"table:disclosure_versions,alias:v"`
	ID            string `bun:",pk"`
	Item          string
	N             int
	State         string
	Title         string
	Body          string // JSON of a Report
	Hash          string // SHA-256 of Body, hex
	Note          string // 更正说明
	MadeBy        string
	MadeName      string
	MadeAt        time.Time
	EditedBy      string
	EditedName    string
	EditedAt      time.Time
	PublishedBy   string
	PublishedName string
	PublishedAt   *time.Time
}

// Parts splits the hash so that it can be broken into lines.
func (v Version) Parts() []string {
	var out []string
	for h := v.Hash; h != ""; h = h[min(8, len(h)):] {
		out = append(out, h[:min(8, len(h))])
	}
	return out
}

// States of a version.
const (
	draft     = "draft"
	published = "published"
	dropped   = "dropped"
)

// Report is what a version says. Its figures are drawn from the books and never typed.
type Report struct {
	Org        string    `json:"org"`
	Kind       string    `json:"kind"`
	Title      string    `json:"title"`
	Code       string    `json:"code"`
	Version    int       `json:"version"`
	Previous   string    `json:"previous,omitempty"`   // hash of the version before
	Correction string    `json:"correction,omitempty"` // 更正说明
	From       clock.Day `json:"from"`
	To         clock.Day `json:"to"`
	Campaign   *About    `json:"campaign,omitempty"`
	Funds      []Figures `json:"funds,omitempty"`
	Total      *Figures  `json:"total,omitempty"`
	Counties   []County  `json:"counties,omitempty"`
	Text       Text      `json:"text"`
}

// About names the campaign of a report as it was then.
type About struct {
	Code          string `json:"code"`
	Title         string `json:"title"`
	Mode          string `json:"mode"`
	Filing        string `json:"filing,omitempty"`
	Qualification string `json:"qualification,omitempty"`
	Partner       string `json:"partner,omitempty"`
	Cost          string `json:"cost,omitempty"`
	Surplus       string `json:"surplus,omitempty"`
	Settlement    string `json:"settlement,omitempty"`
}

// Figures are a fund's money in a period. Opening + Received − Refunded − Spent + Back is Closing.
type Figures struct {
	Code      string    `json:"code,omitempty"`
	Name      string    `json:"name,omitempty"`
	Opening   money.Fen `json:"opening"` // not yet spent before the period
	Received  money.Fen `json:"received"`
	Gifts     int       `json:"gifts"`
	Refunded  money.Fen `json:"refunded"`
	Refunds   int       `json:"refunds"`
	Spent     money.Fen `json:"spent"`
	Payments  int       `json:"payments"`
	Back      money.Fen `json:"back"` // payments that came back
	Backs     int       `json:"backs"`
	Closing   money.Fen `json:"closing"` // Available + Reserved + Committed
	Available money.Fen `json:"available"`
	Reserved  money.Fen `json:"reserved"`
	Committed money.Fen `json:"committed"`
	Disbursed money.Fen `json:"disbursed"` // since the fund was opened
	Classes   []Class   `json:"classes,omitempty"`
	GoodsIn   money.Fen `json:"goods_in,omitempty"`
	GoodsOut  money.Fen `json:"goods_out,omitempty"`
}

// Class is what a period cost by class of expense (expenseClass).
type Class struct {
	Class  string    `json:"class"` // of the ledger: aid, project, management, fundraising, other
	Amount money.Fen `json:"amount"`
}

// County is how many households of a county were helped.
type County struct {
	Name       string    `json:"name"`
	Households int       `json:"households"`
	Amount     money.Fen `json:"amount"`
}

// Text is what people write in a report.
type Text struct {
	Title   string `json:"-"`
	Done    string `json:"done"`              // what was done
	Plan    string `json:"plan,omitempty"`    // what is left and what for
	Partner string `json:"partner,omitempty"` // assessment and supervision of the partner
	Audit   string `json:"audit,omitempty"`   // audit, or the reference of the authority
}

const (
	maxTitle = 60
	maxText  = 3000
	maxNote  = 400
)

func (t Text) check(kind string, about *About) error {
	var c fault.Checks
	n := utf8.RuneCountInString
	c.Need(n(t.Title) >= 4 && n(t.Title) <= maxTitle, "title", "disclosure.need_title", maxTitle)
	c.Need(n(t.Done) >= 10 && n(t.Done) <= maxText, "done", "disclosure.need_done", maxText)
	c.Need(n(t.Plan) <= maxText && (n(t.Plan) >= 4 || !ofCampaign(kind)), "plan", "disclosure.need_plan", maxText)
	c.Need(n(t.Partner) <= maxText && (n(t.Partner) >= 4 || kind != Final || about == nil || about.Partner == ""), "partner", "disclosure.need_partner", maxText)
	c.Need(n(t.Audit) <= maxText, "audit", "disclosure.text_long", maxText)
	return c.Err()
}

// freeze writes a report in its one form and gives the hash of that.
func (r *Report) freeze() (body, hash string, err error) {
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return "", "", err
	}
	return string(b), hashOf(string(b)), nil
}

func hashOf(body string) string {
	h := sha256.Sum256([]byte(body))
	return hex.EncodeToString(h[:])
}

// thaw reads a report back.
func (v *Version) thaw() (*Report, error) {
	r := new(Report)
	if err := json.Unmarshal([]byte(v.Body), r); err != nil {
		return nil, err
	}
	r.Text.Title = v.Title
	return r, nil
}

// add sums the figures of another fund into f; what no fund can say of itself stays.
func (f *Figures) add(g Figures) {
	f.Opening, f.Received, f.Refunded, f.Spent, f.Back = f.Opening+g.Opening, f.Received+g.Received, f.Refunded+g.Refunded, f.Spent+g.Spent, f.Back+g.Back
	f.Gifts, f.Refunds, f.Payments, f.Backs = f.Gifts+g.Gifts, f.Refunds+g.Refunds, f.Payments+g.Payments, f.Backs+g.Backs
	f.Closing, f.Available, f.Reserved, f.Committed, f.Disbursed = f.Closing+g.Closing, f.Available+g.Available, f.Reserved+g.Reserved, f.Committed+g.Committed, f.Disbursed+g.Disbursed
	f.GoodsIn, f.GoodsOut = f.GoodsIn+g.GoodsIn, f.GoodsOut+g.GoodsOut
	for _, c := range g.Classes {
		f.class(c.Class, c.Amount)
	}
}

// class adds to a class of expense.
func (f *Figures) class(class string, amount money.Fen) {
	for i := range f.Classes {
		if f.Classes[i].Class == class {
			f.Classes[i].Amount += amount
			return
		}
	}
	f.Classes = append(f.Classes, Class{class, amount})
}

// agrees tells whether the figures add up.
func (f *Figures) agrees() bool {
	return f.Opening+f.Received-f.Refunded-f.Spent+f.Back == f.Closing && f.Available+f.Reserved+f.Committed == f.Closing
}

// Campaign is a campaign as the module that owns it tells of it.
type Campaign struct {
	About
	ID             string
	Fund           string // "" before it was opened for the first time
	Public         bool
	Urgent         bool
	Starts, Ends   clock.Day // planned
	Opened, Closed clock.Day // when it really opened and ended; "" not yet
}

// begun is the first day of a campaign's clock.
func (c *Campaign) begun() clock.Day { return max(c.Starts, c.Opened) }

// Happening is something that must be told within days (重大事项).
type Happening struct {
	bun.BaseModel `bun:"table:disclosure_events,alias:e"`
	ID            string `bun:",pk"`
	Kind          string // asset, deal, related
	Title         string
	Day           clock.Day
	MadeBy        string
	MadeName      string
	MadeAt        time.Time
}

// Movement is one movement of a fund as the public may read it: no reference leads to a person.
type Movement struct {
	ID           string
	Kind         string
	Day          clock.Day
	Source, Dest string
	Amount       money.Fen
}

// came tells how much a movement brought in and how much it spent; less than nothing for what was taken back.
func (m Movement) came() (in, spent money.Fen) {
	const paid = "disbursed"
	switch {
	case m.Source == "":
		in = m.Amount
	case m.Dest == "":
		in = -m.Amount
	}
	switch {
	case m.Dest == paid:
		spent = m.Amount
	case m.Source == paid:
		spent = -m.Amount
	}
	return in, spent
}

// From and To name the places between which money moved.
func (m Movement) From() string { return bucketWord(m.Source) }

// To is the place to which it moved.
func (m Movement) To() string { return bucketWord(m.Dest) }

func bucketWord(b string) string {
	if b == "" {
		return "disclosure.outside"
	}
	return "disclosure.bucket." + b
}
