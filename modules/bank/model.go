// Package bank finds the money of gifts in the bank's statements. It keeps true that a line of a statement counts once, however
// many files name it, that a match joins lines and gifts of equal sums, and that no money enters or leaves the pool of what
// nobody has claimed without its journal.
package bank

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"care/media"
	"care/server/clock"
	"care/server/ident"
	"care/server/money"
)

// Private names the columns that are kept sealed.
var Private = []string{"bank_lines.details"}

// Profile says how one bank writes the statements of one account (列模板).
type Profile struct {
	bun.BaseModel `bun:"table:bank_profiles,alias:p"`
	ID            string `bun:",pk"`
	Title         string
	Account       string // "" for the foundation's own account
	Layout        string // JSON of a Layout
	Active        bool
	Version       int64
	EditedBy      string
	EditedAt      time.Time
}

// States of a statement.
const (
	Reading = "reading" // queued or being read
	Ready   = "ready"   // its lines are there
	Refused = "refused" // the file cannot be used; problems say why
)

// Statement is one file of one account (对账单).
type Statement struct {
	bun.BaseModel `bun:"table:bank_statements,alias:s"`
	ID            string `bun:",pk"`
	Account       string
	Profile       string // "camt" for files that need none
	ProfileTitle  string
	Layout        string // as the profile was when the file came
	Object        media.Key
	Size          int64
	State         string
	GivenOpening  *money.Fen // as the clerk read it, nil when the file says it
	GivenClosing  *money.Fen
	Opening       money.Fen
	Closing       money.Fen
	Credits       money.Fen
	Debits        money.Fen
	FromDay       clock.Day
	ToDay         clock.Day
	Total         int64 // lines of the file
	Done          int64 // lines read so far
	Fresh         int64 // lines that no earlier file had
	Problems      string
	MadeBy        string
	MadeName      string
	MadeAt        time.Time
	ReadyAt       *time.Time
}

// Known is how many lines earlier files had brought already.
func (s *Statement) Known() int64 { return s.Done - s.Fresh }

// Sides of a line.
const (
	Credit = "credit" // money came
	Debit  = "debit"  // money left
)

// States of a line.
const (
	Open      = "open"      // nobody has decided
	Matched   = "matched"   // belongs to gifts
	Pool      = "pool"      // nobody knows whose it is (待认领)
	Returning = "returning" // one person wants to send it back
	Returned  = "returned"  // sent back to its payer
	Paid      = "paid"      // money that left for a refund or for something sent back
	Other     = "other"     // no matter of donations, such as interest or fees
)

// Line is one line of a statement (流水).
type Line struct {
	bun.BaseModel `bun:"table:bank_lines,alias:l"`
	ID            string `bun:",pk"`
	Statement     string
	No            int64
	Account       string
	Fingerprint   string
	Dup           int64 // 1 for the first of equal lines
	Day           clock.Day
	Side          string
	Amount        money.Fen
	Balance       *money.Fen
	Ref           string // the bank's serial, or our own when it gives none
	PayerMask     string
	PayerIndex    string
	AccountIndex  string
	AccountTail   string
	Note          string // remark without what is private
	Code          string // first transfer code in the remark
	Details       string // sealed JSON of Details
	State         string
	Score         int64
	Hints         string // JSON of []Hint, the best first
	Best          string // first gift of the best hint
	Match         string `bun:"match_id,nullzero"`
	Refund        string // id of the refund whose money this line is
	Twin          string // the line of the pool that this debit sends back, or the other way round
	Kind          string // of Other
	Why           string
	Journal       string // of the pool
	AskedBy       string
	AskedName     string
	DecidedBy     string
	DecidedName   string
	DecidedAt     *time.Time
}

// Details is what a line says about the other party.
type Details struct {
	Payer   string `json:"payer,omitempty"`
	Account string `json:"account,omitempty"`
	Bank    string `json:"bank,omitempty"`
	Remark  string `json:"remark,omitempty"`
}

// Hint is a suggestion: the gifts that a line may be the money of, with the reasons.
type Hint struct {
	Gifts   []string `json:"g"`
	Score   int64    `json:"s"`
	Reasons []string `json:"r"`
	Name    bool     `json:"n"` // the payer is the donor
}

// HintsOf reads the suggestions of a line.
func (l *Line) HintsOf() ([]Hint, error) {
	if l.Hints == "" {
		return nil, nil
	}
	var hs []Hint
	return hs, json.Unmarshal([]byte(l.Hints), &hs)
}

// Kinds of lines that are no matter of donations: 渠道结算, 利息, 手续费, 救助拨付, 内部划转, 其他.
var otherKinds = [...]string{"channel", "interest", "fee", "aid", "transfer", "else"}

// Match joins lines and gifts of equal sums (匹配).
type Match struct {
	bun.BaseModel `bun:"table:bank_matches,alias:m"`
	ID            string `bun:",pk"`
	State         string
	Pool          bool // the lines were in the pool
	Amount        money.Fen
	Score         int64
	MadeBy        string
	MadeName      string
	MadeAt        time.Time
	UndoneBy      string
	UndoneName    string
	UndoneAt      *time.Time
	Why           string
}

// Share is what one gift gets of a match.
type Share struct {
	bun.BaseModel `bun:"table:bank_shares,alias:h"`
	Match         string `bun:"match_id,pk"`
	Gift          string `bun:",pk"`
	Amount        money.Fen
	Ref           string // of the arrival
	Live          bool
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

var longDigits = regexp.MustCompile(`\d[\d -]{5,}\d[Xx]?`)

// maskNote hides in a remark what belongs to a person: the payer's name and every long number.
func maskNote(remark, payer string) string {
	if payer != "" {
		remark = strings.ReplaceAll(remark, payer, ident.MaskName(payer))
	}
	remark = longDigits.ReplaceAllStringFunc(remark, func(s string) string {
		if n := len(s); n > 4 {
			return "****" + s[n-4:]
		}
		return s
	})
	return clip(remark, 120)
}

// clip bounds a text in characters.
func clip(s string, most int) string {
	rs := []rune(s)
	if len(rs) > most {
		return string(rs[:most])
	}
	return s
}

// tail gives the last four signs of an account number.
func tail(account string) string {
	if len(account) < 4 {
		return ""
	}
	return account[len(account)-4:]
}

// maskPayer hides the name of a payer: of a person as elsewhere, of a body the middle.
func maskPayer(name string) string {
	rs := []rune(name)
	if len(rs) <= 4 || strings.Contains(name, "\u00b7") {
		return ident.MaskName(name)
	}
	return string(rs[:2]) + "**" + string(rs[len(rs)-2:])
}
