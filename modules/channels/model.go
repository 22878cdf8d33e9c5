package channels

import (
	"time"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/money"
)

// Private names the columns that are kept sealed.
var Private = []string{"channels_events.payer", "channels_events.notice"}

// Lifetime is how long an order can be paid; a code that was photographed yesterday must not take money today.
const Lifetime = 30 * time.Minute

// MaxOrder is the most that is paid by one order, in fen. The channels' own limits are lower for most payers.
const MaxOrder money.Fen = 5_000_000

// State of an order.
type State string

// The states: 下单中, 待支付, 已支付, 重复支付, 信息不符, 已关闭.
const (
	Made    State = "made"    // ours; the channel has not answered yet
	Open    State = "open"    // can be paid
	Paid    State = "paid"    // paid and booked
	Surplus State = "surplus" // paid, but the gift had its money already: it goes back
	Odd     State = "odd"     // paid at the channel with facts that are not ours: a person must look
	Closed  State = "closed"  // never paid, and cannot be paid any more
)

// Order is one try to pay a gift (支付订单).
type Order struct {
	bun.BaseModel `bun:"table:channels_orders,alias:o"`
	ID            string `bun:",pk"`
	No            string // our number at the channel (商户订单号)
	Gift          string
	Channel       string
	Way           string
	Amount        money.Fen
	State         State
	Subject       string // what the donor's phone shows
	Code          string // to be drawn as a QR code
	Href          string // to go to
	Prepay        string // for the script
	MadeAt        time.Time
	ExpiresAt     time.Time
	AskAt         time.Time // when to ask the channel what became of it
	Asks          int64
	Txn           string `bun:",nullzero"` // the channel's number (渠道交易号)
	PaidAt        *time.Time
	PaidOn        clock.Day
}

// Live tells whether the order can still be paid.
func (o *Order) Live(now time.Time) bool {
	return (o.State == Made || o.State == Open) && now.Before(o.ExpiresAt)
}

// Event is something that a channel told (渠道通知).
type Event struct {
	bun.BaseModel `bun:"table:channels_events,alias:e"`
	ID            string `bun:",pk"`
	Channel       string
	Event         string // the channel's number of the notification, or "query/…" when it was asked
	Kind          string // trade or refund
	OrderNo       string
	RefundNo      string
	Txn           string
	State         string // in pay's words
	Amount        money.Fen
	Merchant, App string
	HappenedAt    *time.Time
	Payer         string // sealed
	Notice        string // sealed: the message with its signature
	CameAt        time.Time
	Outcome       string
	DoneAt        *time.Time
}

// Kinds of events.
const (
	trade  = "trade"
	refund = "refund"
)

// Outcomes of events: what was done with them.
const (
	taken    = "taken"    // booked
	repeated = "repeated" // known already
	surplus  = "surplus"  // goes back
	unknown  = "unknown"  // no such order of ours
	differs  = "differs"  // amount or account are not the order's
	noted    = "noted"    // a state without money
)

// Refund is money on its way back (渠道退款).
type Refund struct {
	bun.BaseModel `bun:"table:channels_refunds,alias:r"`
	ID            string `bun:",pk"`
	No            string // our number at the channel (商户退款单号)
	OrderID       string
	Refund        string `bun:",nullzero"` // the desk's refund; "" for surplus money
	Channel       string
	Amount        money.Fen
	Reason        string
	State         string
	Problem       string // code of the channel's no
	Txn           string // the channel's number
	AskedAt       time.Time
	AskAt         time.Time
	Asks          int64
	PaidAt        *time.Time
	PaidOn        clock.Day
}

// States of a refund: 待发送, 退款中, 已退回, 未成功.
const (
	asked  = "asked"
	sent   = "sent"
	back   = "paid"
	failed = "failed"
)

// later spreads questions to a channel: after 15 seconds, 30, a minute, … at most ten minutes.
func later(now time.Time, asks int64) time.Time {
	return now.Add(min(15*time.Second<<min(asks, 6), 10*time.Minute))
}
