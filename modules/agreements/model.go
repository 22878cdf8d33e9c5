// Package agreements keeps true what donors promised to give in parts: written agreements with instalments (捐赠协议) and
// monthly gifts (月捐). Some days before an instalment is due it becomes the promise of a gift, under its own transfer code;
// money is matched, confirmed and receipted by the donations desk as any other. Nothing is ever taken from anybody's account.
package agreements

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"care/modules/audit"
	"care/server/access"
	"care/server/clock"
	"care/server/money"
)

// Private names the columns that are kept sealed.
var Private = []string{"agreements_agreements.name", "agreements_agreements.idno", "agreements_agreements.phone", "agreements_agreements.email"}

// Kinds of agreements.
const (
	Written = "written" // 捐赠协议: on paper, signed, with instalments of its own (慈善法 39)
	Monthly = "monthly" // 月捐: a donor of the web wants to be reminded every month
)

// States of an agreement.
const (
	Draft  = "draft"  // 待复核
	Active = "active" // 履行中
	Paused = "paused" // 已暂停
	Ended  = "ended"  // 已终止
)

// Days before it is due that an instalment becomes the promise of a gift.
const (
	leadWritten = 15
	leadMonthly = 5
)

// maxMissed is how many months in a row may pass without money before a monthly gift rests by itself.
const maxMissed = 3

// maxInstalments bounds a written agreement.
const maxInstalments = 60

// maxTerms bounds the terms of an agreement, characters.
const maxTerms = 2000

// Agreement is what somebody promised.
type Agreement struct {
	bun.BaseModel `bun:"table:agreements_agreements,alias:a"`
	ID            string `bun:",pk"`
	Number        string // QJXY-2026-0001
	Kind          string
	State         string
	Donor         string // person or body
	Shown         string // how the public reads the name
	Name          string // sealed
	NameIndex     string
	IDNo          string    `bun:"idno"` // sealed
	Phone         string    // sealed
	Email         string    // sealed
	Campaign      string    // id, "" for the general fund
	Amount        money.Fen // in all; a month's for Monthly
	Day           int64     // of the month, 1 to 28, for Monthly; 0
	Until         clock.Day // last day of a monthly gift, "" for open
	Since         clock.Day // from which missed months count: the beginning or the end of the last rest
	Waived        bool      // no receipts are wanted
	Terms         string
	Scan          string // id of the file with the signed paper
	Token         string // blind index of the own page's address
	Source        string
	MadeBy        string
	MadeName      string
	MadeAt        time.Time
	DecidedBy     string
	DecidedName   string
	DecidedAt     *time.Time
	EndedName     string
	EndedAt       *time.Time
	Reason        string // of a pause or an end
}

// Instalment is one part (一期).
type Instalment struct {
	bun.BaseModel `bun:"table:agreements_instalments,alias:i"`
	Agreement     string `bun:",pk"`
	N             int64  `bun:",pk"`
	Due           clock.Day
	Amount        money.Fen
	Gift          string `bun:",nullzero"` // the promise that it became
	Problem       string // code: why it could not become one
}

// Owing is the promise of one instalment, or of an agreement for its first check.
type Owing struct {
	Donor, Shown, Name, IDNo, Phone, Email string
	Campaign                               string
	Amount                                 money.Fen
	Waived                                 bool
	Agree                                  bool   // the donor agreed to the privacy text on the web
	Origin                                 string // agreement/<id>/<n>
}

// Standing is how a promise stands.
type Standing struct {
	Code     string // transfer code
	Href     string // the donor's page
	State    string // a code with a word
	Promised money.Fen
	Paid     money.Fen
	Received bool
	Gone     bool // withdrawn or given back
}

// Use is what may be given for.
type Use struct{ ID, Code, Title string }

// Gifts is the donations desk. The composition fills it.
type Gifts interface {
	// CheckOwing finds what is wrong with a promise; fields bear the names of the forms.
	CheckOwing(ctx context.Context, o Owing) error
	// Owe makes a promise inside an act.
	Owe(ctx context.Context, tx *audit.Tx, who access.Actor, o Owing) (gift string, err error)
	// Standings tells of promises.
	Standings(ctx context.Context, gifts []string) (map[string]Standing, error)
	// Uses lists what takes gifts now.
	Uses(ctx context.Context) ([]Use, error)
	// NameIndex folds and hides a name for equality.
	NameIndex(name string) string
	// Mask hides a name as the desk does.
	Mask(donor, name string) string
}

// Origin of the promise of an instalment.
func Origin(agreement string, n int64) string { return "agreement/" + agreement + "/" + itoa(n) }

// firstDue is the first due day: the day of the month from today on.
func firstDue(today clock.Day, day int64) clock.Day {
	t := today.Time()
	y, m, d := t.In(clock.Beijing).Date()
	if int64(d) > day {
		m++
	}
	return clock.DayOf(time.Date(y, m, int(day), 12, 0, 0, 0, clock.Beijing))
}
