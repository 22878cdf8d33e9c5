// Package channels keeps true that a payment channel's money becomes income once, only on the channel's own signature, and only
// when amount, merchant and app are those of an order of ours; that money which is nobody's goes back; and that a day is closed
// when orders, the channel's bill and the bank say the same or two people have signed why not.
//
// A notification is verified, then stored, then answered; queued work books it. What no notification tells is asked for.
package channels

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/google/uuid"

	"care/modules"
	"care/modules/audit"
	"care/modules/channels/pay"
	"care/modules/ledger"
	"care/server/clock"
	"care/server/db"
	"care/server/gather"
	"care/server/money"
	"care/server/queue"
	"care/server/secret"
)

// Promise is a gift for which somebody wants to pay.
type Promise struct {
	ID      string
	Href    string // the donor's own page
	Use     string
	Amount  money.Fen
	Waiting bool // for its money
}

// Taking is the money of one order, verified.
type Taking struct {
	Gift    string
	Amount  money.Fen
	Day     clock.Day
	Ref     string // the channel's number
	Channel string
	Payer   string
}

// Total is how many payments were booked and their sum.
type Total struct {
	N      int64
	Amount money.Fen
}

// Gifts is what the channels ask of the desk that keeps the gifts.
type Gifts interface {
	// Promise finds a gift by the secret address of its donor's page.
	Promise(ctx context.Context, address string) (*Promise, error)
	// Waiting tells which of the gifts wait for their money.
	Waiting(ctx context.Context, tx *audit.Tx, gifts []string) (map[string]bool, error)
	// Take books money inside an act: income, receipt and all. at are the places of the notes in DoAll.
	Take(ctx context.Context, tx *audit.Tx, ts []Taking, at []int) error
	// RefundPaid notes inside an act that the money of a refund has left.
	RefundPaid(ctx context.Context, tx *audit.Tx, refund, ref string, day clock.Day) error
	// General is the unrestricted fund, which pays the channels' fees.
	General(ctx context.Context, tx *audit.Tx) (fund string, err error)
	// Taken is what was booked by channels, for the proof that both sides agree.
	Taken(ctx context.Context) (map[string]Total, error)
}

// Channels is the desk of payment channels.
type Channels struct {
	db    *db.DB
	trail *audit.Trail
	funds *ledger.Ledger
	queue *queue.Queue
	box   *secret.Box
	gifts Gifts
	base  string // address of the site
	log   *slog.Logger
	lines map[string]pay.Channel
	names []string // in the order in which they are offered

	inbox *gather.Gatherer[notice]
	books sync.Mutex // one lot at a time books; the lots of this process then grow instead of waiting for each other's rows
}

// New opens the desk. Without lines nothing is offered and nothing comes in.
func New(d *db.DB, trail *audit.Trail, funds *ledger.Ledger, q *queue.Queue, box *secret.Box, gifts Gifts, base string, log *slog.Logger, lines ...pay.Channel) *Channels {
	s := &Channels{db: d, trail: trail, funds: funds, queue: q, box: box, gifts: gifts, base: base, log: log, lines: map[string]pay.Channel{}}
	for _, l := range lines {
		s.lines[l.Name()] = l
		s.names = append(s.names, l.Name())
	}
	s.inbox = gather.New(s.receive)
	return s
}

// Offered lists the channels by which a gift of this amount can be paid.
func (s *Channels) Offered(amount money.Fen) []string {
	if amount <= 0 || amount > MaxOrder {
		return nil
	}
	return slices.Clone(s.names)
}

// Title gives a channel's name for people.
func Title(channel string) string { return words["channels.name."+channel] }

// Check proves from the tables that every booked payment has its verified event and its gift, and that surplus money goes back.
func (s *Channels) Check(ctx context.Context) ([]modules.Count, error) {
	bad, err := runProofs(ctx, s.db)
	if err != nil {
		return nil, db.Fault(err)
	}
	for _, b := range bad {
		return nil, fmt.Errorf("%d %s", b.N, b.Rule)
	}
	ours, err := sumPaid(ctx, s.db)
	if err != nil {
		return nil, db.Fault(err)
	}
	if len(ours) > 0 {
		theirs, err := s.gifts.Taken(ctx)
		if err != nil {
			return nil, err
		}
		// Orders first, gifts after: what is booked between the two questions can only make the second sum larger.
		for _, o := range ours {
			if t := theirs[o.Channel]; t.N < o.N || t.Amount < o.Amount {
				return nil, fmt.Errorf("%s: %d orders over %d fen are paid, %d gifts over %d fen are booked", o.Channel, o.N, o.Amount, t.N, t.Amount)
			}
		}
	}
	orders, events, err := countAll(ctx, s.db)
	return []modules.Count{{Title: words["channels.count.orders"], N: orders}, {Title: words["channels.count.events"], N: events}}, db.Fault(err)
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
