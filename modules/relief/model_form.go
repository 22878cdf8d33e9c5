package relief

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/fault"
	"care/server/ident"
	"care/server/money"
)

// Person is a veteran or one of a veteran's family who asked for help.
type Person struct {
	bun.BaseModel  `bun:"table:relief_people,alias:p"`
	ID             string `bun:",pk"`
	IdentitySealed string
	IdentityIndex  string
	NameSealed     string
	NameMask       string
	IdentityMask   string
	PhoneSealed    string
	PhoneMask      string
	AddressSealed  string
	Sex            string // male, female: derived from the identity number
	BornYear       int    // derived likewise
	Category       string // one of Categories
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Draft is a form that is not handed in yet. Its id becomes the case's id, so that its files stay with it.
type Draft struct {
	bun.BaseModel `bun:"table:relief_drafts,alias:d"`
	ID            string `bun:",pk"`
	Owner         string
	FormSealed    string
	NameMask      string
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Categories are the twelve of the national registration of veterans, by code; the words are in words.go.
var Categories = [...]string{"cadre", "soldier", "retired", "worker", "demobilized", "redarmy", "disabled", "militia", "martyr", "sacrifice", "illness", "family"}

// Evidence are the categories of evidence.
var Evidence = [...]string{"id", "service", "diagnosis", "expense", "proof", "photo", "income", "admission", "plan", "death", "disability", "consent", "other"}

// ConsentVersion names the text to which applicants consent; a changed text gets a new one.
const ConsentVersion = "2026-11"

// Form is the application as a clerk types it, so that it can be shown again and kept as a draft.
type Form struct {
	Name      string `form:"name"`
	Identity  string `form:"identity"`
	Phone     string `form:"phone"`
	Category  string `form:"category"`
	Area      string `form:"area"`
	Address   string `form:"address"`
	Kind      string `form:"kind"`
	CauseDay  string `form:"cause_day"`
	Story     string `form:"story"`
	Requested string `form:"requested"`
	OtherAid  string `form:"other_aid"`
	OtherText string `form:"other_text"`
	Holder    string `form:"holder"`
	Bank      string `form:"bank"`
	Card      string `form:"card"`
	Truth     bool   `form:"truth"`     // what is said is true
	Checks    bool   `form:"checks"`    // the family's means may be checked
	Sensitive bool   `form:"sensitive"` // sensitive personal information may be used (个人信息保护法 29)
	Public    bool   `form:"public"`    // the masked notice may be posted
}

// Filing is a complete application.
type Filing struct {
	Name, Identity, Phone, Category, Area, Address string
	Kind                                           string
	CauseDay                                       clock.Day
	Story                                          string
	Requested, OtherAid                            money.Fen
	OtherText                                      string
	Bank, Card                                     string
}

const longAgo = 366 // days: hardship older than a year is not taken (domain rule, like 广东 emergency aid)

// filing reads the form; every mistake is named at once. kinds are the active ones.
func (f Form) filing(today clock.Day, kinds []Kind) (Filing, error) {
	var c fault.Checks
	out := Filing{Category: f.Category, Area: f.Area, Address: f.Address, Kind: f.Kind, Story: f.Story, OtherText: f.OtherText, Bank: f.Bank}
	var err error
	out.Name, err = ident.Name(f.Name, 50)
	c.Need(err == nil, "name", "relief.need_name")
	out.Identity, err = ident.Citizen(f.Identity, today)
	switch {
	case errors.Is(err, ident.ErrCheck):
		c.Add("identity", "relief.identity_check")
	case errors.Is(err, ident.ErrDate):
		c.Add("identity", "relief.identity_date")
	case err != nil:
		c.Add("identity", "relief.identity_form")
	}
	out.Phone, err = ident.Phone(f.Phone)
	c.Need(err == nil, "phone", "relief.need_phone")
	c.Need(slices.Contains(Categories[:], f.Category), "category", "relief.need_category")
	c.Need(f.Area != "", "area", "relief.need_area")
	c.Need(runes(f.Address) >= 2 && runes(f.Address) <= 100, "address", "relief.need_address")
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Code == f.Kind && k.Active })
	c.Need(i >= 0, "kind", "relief.need_kind")
	out.CauseDay, err = clock.ParseDay(f.CauseDay)
	switch {
	case err != nil:
		c.Add("cause_day", "relief.need_cause_day")
	case out.CauseDay > today:
		c.Add("cause_day", "relief.cause_future")
	case today.Sub(out.CauseDay) > longAgo:
		c.Add("cause_day", "relief.cause_old")
	}
	c.Need(runes(f.Story) >= minReason, "story", "relief.need_story", minReason)
	c.Need(runes(f.Story) <= maxText, "story", "relief.too_long", maxText)
	out.Requested = amount(&c, "requested", f.Requested)
	if i >= 0 && out.Requested > kinds[i].Cap {
		c.Add("requested", "relief.over_cap", kinds[i].Title, kinds[i].Cap.Comma())
	}
	if f.OtherAid != "" {
		out.OtherAid, err = money.Parse(f.OtherAid)
		c.Need(err == nil && out.OtherAid >= 0, "other_aid", "relief.bad_amount")
	}
	c.Need(out.OtherAid == 0 || f.OtherText != "", "other_text", "relief.need_other_text")
	c.Need(runes(f.OtherText) <= 300, "other_text", "relief.too_long", 300)
	bank(&c, &out, f)
	c.Need(f.Truth, "truth", "relief.need_truth")
	c.Need(f.Checks, "checks", "relief.need_checks")
	c.Need(f.Sensitive, "sensitive", "relief.need_sensitive")
	c.Need(f.Public, "public", "relief.need_public")
	return out, c.Err()
}

func bank(c *fault.Checks, out *Filing, f Form) {
	c.Need(strings.TrimSpace(f.Holder) != "", "holder", "relief.need_holder")
	c.Need(f.Holder == "" || f.Holder == f.Name, "holder", "relief.other_holder")
	c.Need(runes(f.Bank) >= 2 && runes(f.Bank) <= 60, "bank", "relief.need_bank")
	card, err := readCard(f.Card)
	if err != nil {
		if e := c.Merge(err); e != nil {
			c.Add("card", "relief.card_form")
		}
	}
	out.Card = card
}

// readCard reads a bank card number, with the sentence that helps.
func readCard(s string) (string, error) {
	card, err := ident.Card(s)
	var c fault.Checks
	switch {
	case errors.Is(err, ident.ErrCheck):
		c.Add("card", "relief.card_check")
	case err != nil:
		c.Add("card", "relief.card_form")
	}
	return card, c.Err()
}

// amount reads an amount above zero.
func amount(c *fault.Checks, field, s string) money.Fen {
	f, err := money.Parse(s)
	switch {
	case s == "":
		c.Add(field, "relief.need_amount")
	case errors.Is(err, money.ErrRange):
		c.Add(field, "relief.huge_amount")
	case err != nil:
		c.Add(field, "relief.bad_amount")
	case f <= 0:
		c.Add(field, "relief.need_amount")
	}
	return f
}

// Amended is what a filer changes when a case was returned.
type Amended struct {
	Story     string
	Requested money.Fen
	Note      string // what was corrected
}

func (a Amended) check(c *Case) error {
	var f fault.Checks
	f.Need(runes(a.Story) >= minReason, "story", "relief.need_story", minReason)
	f.Need(runes(a.Story) <= maxText, "story", "relief.too_long", maxText)
	f.Need(a.Requested > 0, "requested", "relief.need_amount")
	f.Need(a.Requested <= c.Cap, "requested", "relief.over_cap", c.KindTitle, c.Cap.Comma())
	f.Need(runes(a.Note) >= 4 && runes(a.Note) <= maxText, "note", "relief.need_note")
	return f.Err()
}
