// Package pay is what every payment channel can be asked, in the words of the platform and not of one channel.
package pay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"care/server/clock"
	"care/server/money"
)

// Channel is one payment channel (支付渠道) with a merchant's account. Every answer that it gives was verified with the channel's key.
type Channel interface {
	// Name is short and stays: "wechat", "alipay".
	Name() string
	// Ways are those in which a donor can be asked to pay.
	Ways() []string
	// Account is for whom the channel takes money; a notification must name the same.
	Account() Account
	// Create makes an order at the channel. Asked twice for one number, it gives the same order.
	Create(ctx context.Context, o Order) (Start, error)
	// Query tells what became of an order.
	Query(ctx context.Context, no string) (*Trade, error)
	// Close ends an order that nobody has paid; ErrPaid says that somebody has.
	Close(ctx context.Context, no string) error
	// Refund gives money of an order back. Asked twice for one number, it pays once.
	Refund(ctx context.Context, r Refund) (*Returned, error)
	// QueryRefund tells what became of a refund.
	QueryRefund(ctx context.Context, r Refund) (*Returned, error)
	// Bill fetches the channel's file of one day; ErrNoBill says that there is none.
	Bill(ctx context.Context, day clock.Day) ([]byte, error)
	// ReadBill reads such a file; ErrBill says that it is no complete one.
	ReadBill(file []byte) (*Bill, error)
	// Verify proves that a notification comes from the channel, and only then reads it.
	Verify(ctx context.Context, header http.Header, body []byte) (*Event, error)
	// Answer is what a notification is answered: taken, or to be sent again.
	Answer(taken bool) (status int, contentType, body string)
}

// Account is a merchant's account with a channel.
type Account struct{ Merchant, App string }

// Script is a channel whose own browser asks the payer by a script.
type Script interface {
	// Authorize is the address that sends that browser back to us with a code.
	Authorize(back, state string) string
	// OpenID exchanges the code for the payer's id.
	OpenID(ctx context.Context, code string) (string, error)
	// Script signs the parameters of the script.
	Script(prepay string) (map[string]string, error)
}

// Ways to pay.
const (
	Native = "native" // WeChat: a code to scan
	H5     = "h5"     // WeChat: from another browser on a phone
	JSAPI  = "jsapi"  // WeChat: from WeChat's own browser
	Web    = "page"   // Alipay: a page with a code
	Wap    = "wap"    // Alipay: on a phone
)

// Order is what a donor is asked to pay.
type Order struct {
	No      string // our number
	Way     string // native, h5, jsapi, page or wap
	Amount  money.Fen
	Subject string // what the donor's phone shows
	Expires time.Time
	Return  string // page to which the donor comes back; proof of nothing
	IP      string // of the donor, which H5 wants
	Payer   string // open id, which JSAPI wants
}

// Start is how the donor begins to pay: by a code to scan, an address to go to, or the parameters of a script.
type Start struct {
	Code   string // to be drawn as a QR code
	Href   string // to go to
	Prepay string // to be signed for the script when the page is shown
}

// State of an order at its channel.
type State string

// The states of orders and refunds at a channel.
const (
	Waiting State = "waiting" // not paid yet; of a refund: under way
	Paid    State = "paid"    // of a refund: given back
	Closed  State = "closed"  // never paid, and cannot be paid any more
	Absent  State = "absent"  // the channel knows no such order
	Failed  State = "failed"  // of a refund: the channel could not give the money back
)

// Trade is an order as the channel sees it.
type Trade struct {
	No       string // our number
	Txn      string // the channel's number
	State    State
	Amount   money.Fen
	Payer    string // open id or user id of who paid; private
	At       time.Time
	App      string
	Merchant string
}

// Refund is money to be given back.
type Refund struct {
	No     string // our number
	Order  string // our number of the order
	Amount money.Fen
	Total  money.Fen // of the order
	Reason string
}

// Returned is a refund as the channel sees it.
type Returned struct {
	No       string
	Order    string
	Txn      string // the channel's number of the refund
	State    State
	Amount   money.Fen
	At       time.Time
	Merchant string
}

// Event is one verified notification. Exactly one of Trade and Returned is set; both are nil for kinds that we do not know.
type Event struct {
	ID       string // the channel's number of the notification
	Kind     string
	Trade    *Trade
	Returned *Returned
}

// Line is one line of a channel's bill.
type Line struct {
	No       string // our number of the order
	Txn      string // the channel's number of the order
	Refund   string // our number of the refund, "" for a payment
	RefundID string // the channel's number of the refund
	Amount   money.Fen
	Fee      money.Fen // what the channel kept; below zero when it came back with a refund
	At       time.Time
}

// Bill is a channel's file of one day, read.
type Bill struct {
	Lines []Line
	Gross money.Fen // payments
	Back  money.Fen // refunds
	Fee   money.Fen
}

// Sum counts the lines and holds them against what the file says of itself.
func (b *Bill) Sum() {
	b.Gross, b.Back, b.Fee = 0, 0, 0
	for _, l := range b.Lines {
		if l.Refund == "" && l.RefundID == "" {
			b.Gross += l.Amount
		} else {
			b.Back += l.Amount
		}
		b.Fee += l.Fee
	}
}

var (
	// ErrForged says that a notification or an answer is not from the channel, or too old.
	ErrForged = errors.New("pay: the signature does not fit")
	// ErrAway says that nothing is known: no answer, or none that can be believed. Ask again later.
	ErrAway = errors.New("pay: the channel gave no answer that can be believed")
	// ErrPaid says that an order is paid and so cannot be closed.
	ErrPaid = errors.New("pay: the order is paid")
	// ErrNoBill says that the channel has no bill of that day, since nothing happened or it is too early.
	ErrNoBill = errors.New("pay: there is no bill of that day")
	// ErrBill says that a file is no bill of the channel or was cut off.
	ErrBill = errors.New("pay: the file is no complete bill")
)

// Refused is the channel's own no, with its code; asking again brings the same answer until something is changed.
type Refused struct{ Code, Text string }

// Error is for the log and for the desk.
func (r *Refused) Error() string { return fmt.Sprintf("pay: refused: %s %s", r.Code, r.Text) }
