package channels

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"care/modules/audit"
	"care/modules/channels/pay"
	"care/server/access"
	"care/server/db"
	"care/server/fault"
	"care/server/gather"
	"care/server/money"
	"care/server/queue"
)

// notice is something that a channel told and that was verified.
type notice struct {
	channel string
	event   *pay.Event
	raw     string // as it came, "" when the channel was asked
}

// Notified takes a notification: verified first, then stored, and only then answered. Nil says that it is stored, also when
// it was stored before. pay.ErrForged says that it is not from the channel: nothing of it is kept.
func (s *Channels) Notified(ctx context.Context, channel string, header http.Header, body []byte) error {
	line := s.lines[channel]
	if line == nil {
		return fault.New(fault.NotFound, "db.not_found")
	}
	e, err := line.Verify(ctx, header, body)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(map[string]any{"header": signed(header), "body": string(body)})
	if err != nil {
		return err
	}
	return s.inbox.Do(ctx, notice{channel: channel, event: e, raw: string(raw)})
}

// signed keeps of a notification's headers those that its signature stands in.
func signed(h http.Header) map[string]string {
	out := map[string]string{}
	for _, k := range []string{"Wechatpay-Serial", "Wechatpay-Signature", "Wechatpay-Timestamp", "Wechatpay-Nonce"} {
		if v := h.Get(k); v != "" {
			out[k] = v
		}
	}
	return out
}

// receive stores notices in one transaction and queues their booking; what is known already changes nothing.
func (s *Channels) receive(ctx context.Context, ns []notice) []error {
	errs := make([]error, len(ns))
	es, err := s.fresh(ctx, ns)
	if err == nil && len(es) > 0 {
		err = s.trail.Do(ctx, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "channels.notice", Subject: es[0].ID}, func(ctx context.Context, tx *audit.Tx) error {
			for i := range es {
				es[i].CameAt = tx.Now
			}
			ids, err := insertEvents(ctx, tx, es)
			if err != nil {
				return err
			}
			tx.Public("events", ids)
			if len(ids) == 0 {
				return nil
			}
			return s.queue.PutFirst(ctx, tx.Tx, "channels.book", es[0].ID, ids)
		})
	}
	for i := range errs {
		errs[i] = err
	}
	return errs
}

// fresh makes the rows of the notices that are not stored yet.
func (s *Channels) fresh(ctx context.Context, ns []notice) ([]Event, error) {
	byChannel := map[string][]string{}
	for _, n := range ns {
		byChannel[n.channel] = append(byChannel[n.channel], n.event.ID)
	}
	known := map[string]map[string]bool{}
	for c, ids := range byChannel {
		k, err := knownEvents(ctx, s.db, c, ids)
		if err != nil {
			return nil, db.Fault(err)
		}
		known[c] = k
	}
	es := make([]Event, 0, len(ns))
	for _, n := range ns {
		if !known[n.channel][n.event.ID] {
			known[n.channel][n.event.ID] = true // the same one may be twice in a lot
			es = append(es, s.row(n))
		}
	}
	return es, nil
}

func (s *Channels) row(n notice) Event {
	e := Event{ID: newID(), Channel: n.channel, Event: n.event.ID, Kind: n.event.Kind}
	var at time.Time
	switch {
	case n.event.Trade != nil:
		t := n.event.Trade
		e.Kind, e.OrderNo, e.Txn, e.State, e.Amount, e.Merchant, e.App, at = trade, t.No, t.Txn, string(t.State), t.Amount, t.Merchant, t.App, t.At
		e.Payer = s.box.Seal("channels_events.payer", e.ID, t.Payer)
	case n.event.Returned != nil:
		r := n.event.Returned
		e.Kind, e.OrderNo, e.RefundNo, e.Txn, e.State, e.Amount, e.Merchant, at = refund, r.Order, r.No, r.Txn, string(r.State), r.Amount, r.Merchant, r.At
	}
	if !at.IsZero() {
		e.HappenedAt = &at
	}
	e.Notice = s.box.Seal("channels_events.notice", e.ID, n.raw)
	return e
}

// bookWork books stored events. Those of the row come first in mind, but whatever else waits is taken along: the lots grow
// with the load, and the rows behind find their work done.
func (s *Channels) bookWork(ctx context.Context, payload []byte) error {
	var mine []string
	if err := json.Unmarshal(payload, &mine); err != nil {
		return err
	}
	s.books.Lock()
	defer s.books.Unlock()
	for {
		open, err := listWaitingEvents(ctx, s.db, mine)
		if err != nil || len(open) == 0 {
			return db.Fault(err)
		}
		all, err := listNewEvents(ctx, s.db, gather.Most)
		if err != nil {
			return db.Fault(err)
		}
		if err := errors.Join(s.book(ctx, merge(open, all))...); err != nil {
			return err
		}
	}
}

// merge gives at most a lot of ids: those of the first list, then others.
func merge(first, rest []string) []string {
	seen := make(map[string]bool, len(first)+len(rest))
	out := make([]string, 0, gather.Most)
	for _, id := range append(first[:len(first):len(first)], rest...) {
		if !seen[id] && len(out) < gather.Most {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// Sweep books what was stored and whose queued row is gone, such as after a hand in the tables. It runs every few minutes.
func (s *Channels) sweep(ctx context.Context) error {
	ids, err := listNewEvents(ctx, s.db, gather.Most)
	if err != nil || len(ids) == 0 {
		return db.Fault(err)
	}
	return errors.Join(s.book(ctx, ids)...)
}

// book processes events in one transaction; each is its own act with its own entry.
func (s *Channels) book(ctx context.Context, ids []string) []error {
	acts := make([]audit.Act, 0, len(ids))
	for _, id := range ids {
		acts = append(acts, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "channels.take", Subject: id, Key: "channels.take/" + id})
	}
	errs := s.trail.DoAll(ctx, acts, func(ctx context.Context, tx *audit.Tx, live []int) error {
		mine := make([]string, 0, len(live))
		for _, i := range live {
			mine = append(mine, ids[i])
		}
		return s.process(ctx, tx, mine, live)
	})
	for i := range errs {
		if _, again := fault.IsAgain(errs[i]); again {
			errs[i] = nil // another server was faster
		}
	}
	return errs
}

// process is the whole act for some events, all or none. at are the places of their notes.
func (s *Channels) process(ctx context.Context, tx *audit.Tx, ids []string, at []int) error {
	es, err := listEvents(ctx, tx, ids)
	if err != nil {
		return err
	}
	place := make(map[string]int, len(ids))
	for i, id := range ids {
		place[id] = at[i]
	}
	nos := make([]string, 0, len(es))
	for _, e := range es {
		if e.Kind == trade {
			nos = append(nos, e.OrderNo)
		}
	}
	lot := &booking{outcomes: map[string][]string{}, orders: map[string]*Order{}}
	if len(nos) > 0 {
		if err := s.load(ctx, tx, lot, nos); err != nil {
			return err
		}
	}
	for i := range es {
		e := &es[i]
		outcome, err := s.decide(ctx, tx, lot, e, place[e.ID])
		if err != nil {
			return err
		}
		lot.outcomes[outcome] = append(lot.outcomes[outcome], e.ID)
		tx.At(place[e.ID]).Public("outcome", outcome)
	}
	return s.settleLot(ctx, tx, lot, len(es))
}

// booking is a lot on its way into the books.
type booking struct {
	orders   map[string]*Order // by number
	waiting  map[string]bool   // gifts
	outcomes map[string][]string
	pays     []payment
	takings  []Taking
	at       []int
	returns  []*Order // surplus
	odd      []string
}

func (s *Channels) load(ctx context.Context, tx *audit.Tx, lot *booking, nos []string) error {
	os, err := listOrdersNo(ctx, tx, nos)
	if err != nil {
		return err
	}
	gifts := make([]string, 0, len(os))
	for i := range os {
		lot.orders[os[i].No] = &os[i]
		gifts = append(gifts, os[i].Gift)
	}
	if len(gifts) == 0 {
		return nil
	}
	lot.waiting, err = s.gifts.Waiting(ctx, tx, gifts)
	return err
}

// decide says what an event means. Only what is an order of ours, to the fen, for our merchant and app, becomes income.
func (s *Channels) decide(ctx context.Context, tx *audit.Tx, lot *booking, e *Event, at int) (string, error) {
	switch {
	case e.Kind == refund:
		return s.returned(ctx, tx, e)
	case e.Kind != trade || e.State != string(pay.Paid):
		return noted, nil // closing is decided by asking, not by being told
	}
	o := lot.orders[e.OrderNo]
	if o == nil || o.Channel != e.Channel {
		return unknown, nil
	}
	tx.At(at).Public("order", o.ID)
	if (o.State == Paid || o.State == Surplus) && o.Txn == e.Txn {
		return repeated, nil
	}
	line := s.lines[e.Channel]
	if line == nil {
		return "", fault.New(fault.Unavailable, "channels.away")
	}
	mine := line.Account()
	if o.State == Paid || o.State == Surplus || e.Amount != o.Amount || e.Merchant != mine.Merchant || e.App != mine.App || e.HappenedAt == nil {
		lot.odd = append(lot.odd, o.ID)
		return differs, nil
	}
	p := payment{Order: o.ID, State: Paid, Txn: e.Txn, At: *e.HappenedAt, Day: dayOf(*e.HappenedAt)}
	tx.At(at).Public("fen", o.Amount)
	o.Txn, o.State = e.Txn, Paid
	if !lot.waiting[o.Gift] {
		p.State, o.State = Surplus, Surplus
		lot.pays, lot.returns = append(lot.pays, p), append(lot.returns, o)
		return surplus, nil
	}
	lot.waiting[o.Gift] = false // a second order of the same gift in this lot
	payer, err := s.box.Open("channels_events.payer", e.ID, e.Payer)
	if err != nil {
		return "", err
	}
	lot.pays = append(lot.pays, p)
	lot.takings = append(lot.takings, Taking{Gift: o.Gift, Amount: o.Amount, Day: p.Day, Ref: e.Txn, Channel: e.Channel, Payer: payer})
	lot.at = append(lot.at, at)
	return taken, nil
}

// settleLot writes what was decided: own rows first, the rows that everybody wants last.
func (s *Channels) settleLot(ctx context.Context, tx *audit.Tx, lot *booking, events int) error {
	n, err := finishEvents(ctx, tx, lot.outcomes, tx.Now)
	if err != nil {
		return err
	}
	if n != int64(events) {
		return fault.New(fault.Conflict, "db.changed")
	}
	for _, id := range lot.odd {
		if err := markOdd(ctx, tx, id); err != nil {
			return err
		}
	}
	if len(lot.pays) > 0 {
		n, err := payOrders(ctx, tx, lot.pays)
		if err != nil {
			return err
		}
		if n != int64(len(lot.pays)) {
			return fault.New(fault.Conflict, "db.changed")
		}
	}
	for _, o := range lot.returns {
		if err := s.giveBack(ctx, tx, o, "", words["channels.surplus_reason"]); err != nil {
			return err
		}
	}
	if len(lot.takings) == 0 {
		return nil
	}
	return s.gifts.Take(ctx, tx, lot.takings, lot.at)
}

// giveBack puts money on its way back to where it came from.
func (s *Channels) giveBack(ctx context.Context, tx *audit.Tx, o *Order, deskRefund, why string) error {
	r := &Refund{ID: newID(), OrderID: o.ID, Refund: deskRefund, Channel: o.Channel, Amount: o.Amount, Reason: why, State: asked, AskedAt: tx.Now, AskAt: tx.Now}
	r.No = number("R", r.ID)
	if err := insertRefund(ctx, tx, r); err != nil {
		return err
	}
	return s.queue.PutAll(ctx, tx.Tx, "channels.refund", []queue.Item{{Key: r.ID, Payload: r.ID}})
}

// Back asks for a desk's refund to be paid through the channel; a payment that is no order of ours stays with the desk.
func (s *Channels) Back(ctx context.Context, tx *audit.Tx, channel, txn, deskRefund string, amount money.Fen, why string) error {
	o, err := findOrderTxn(ctx, tx, channel, txn)
	if err = db.Fault(err); err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		return err
	}
	if o.Amount != amount {
		return fault.New(fault.Internal, "channels.amount")
	}
	return s.giveBack(ctx, tx, o, deskRefund, why)
}
