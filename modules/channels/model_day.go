package channels

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

// Bill is a channel's own file of a day (渠道账单).
type Bill struct {
	bun.BaseModel `bun:"table:channels_bills,alias:b"`
	ID            string `bun:",pk"`
	Channel       string
	Day           clock.Day
	Lines         int
	Gross         money.Fen // payments
	Refunds       money.Fen
	Fee           money.Fen
	Hash          string // SHA-256 of the file
	FetchedAt     time.Time
}

// Net is what the channel owes us for the day.
func (b *Bill) Net() money.Fen { return b.Gross - b.Refunds - b.Fee }

// Line is one line of a bill.
type Line struct {
	bun.BaseModel `bun:"table:channels_lines,alias:l"`
	ID            string `bun:",pk"`
	Bill          string
	Channel       string
	No            string
	Txn           string
	RefundNo      string
	RefundTxn     string
	Amount        money.Fen
	Fee           money.Fen
	At            time.Time
}

// Day is a channel's day on its way to be closed (渠道日账).
type Day struct {
	bun.BaseModel `bun:"table:channels_days,alias:d"`
	ID            string `bun:",pk"`
	Channel       string
	Day           clock.Day
	State         string
	ClosedBy      string
	ClosedName    string
	ClosedAt      *time.Time
}

// States of a day: 未关账, 已关账.
const (
	dayOpen   = "open"
	dayClosed = "closed"
)

// Settlement is what the bank received of a channel for a day (结算到账).
type Settlement struct {
	bun.BaseModel `bun:"table:channels_settlements,alias:s"`
	ID            string `bun:",pk"`
	Channel       string
	Day           clock.Day
	Amount        money.Fen
	BankRef       string
	BankDay       clock.Day
	State         string
	RecordedBy    string
	RecordedName  string
	RecordedAt    time.Time
	DecidedBy     string
	DecidedName   string
	DecidedAt     *time.Time
}

// States of a settlement.
const (
	recorded  = "recorded"
	confirmed = "confirmed"
	rejected  = "rejected"
)

// Difference is what does not agree on a day (差异).
type Difference struct {
	bun.BaseModel `bun:"table:channels_differences,alias:x"`
	ID            string `bun:",pk"`
	Channel       string
	Day           clock.Day
	Kind          string
	Ref           string    // number of the order or the refund
	Ours          money.Fen // in our orders and refunds, or what the bill says should come
	Theirs        money.Fen // in the bill, or at the bank
	State         string
	FoundAt       time.Time
	Why           string
	ExplainedBy   string
	ExplainedName string
	ExplainedAt   *time.Time
	SignedBy      string
	SignedName    string
	SignedAt      *time.Time
}

// Kinds of differences that the desk itself makes; the others come out of the comparison (store_day.go): extra 长款, missing 短款,
// amount 金额不符, repeated 重复, other_day, refund_extra, refund_missing, refund_amount.
const (
	kindUnsettled  = "unsettled" // the bank has not received what the bill says
	kindSettlement = "settlement"
	kindFee        = "fee" // the channel gave more fees back than it took
)

// about tells of which line of the comparison a kind of difference speaks: payments, refunds, or what is settled.
func about(kind string) int {
	switch {
	case kind == kindUnsettled || kind == kindSettlement || kind == kindFee:
		return 3
	case strings.HasPrefix(kind, "refund_"):
		return 1
	}
	return 0
}

// States of a difference: 待说明, 待签认, 已签认, 已消失.
const (
	diffOpen      = "open"
	diffExplained = "explained"
	diffSigned    = "signed"
	diffGone      = "gone"
)

const maxWhy = 200

func why(c *fault.Checks, field, s string) {
	n := utf8.RuneCountInString(s)
	c.Need(n >= 2 && n <= maxWhy, field, "channels.why", maxWhy)
}
