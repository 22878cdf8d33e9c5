package channels

import (
	"context"
	"errors"
	"slices"
	"time"

	"care/modules/audit"
	"care/modules/channels/pay"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
)

// Paying is what a donor asks for: to pay a gift by a channel.
type Paying struct {
	Address string // of the donor's own page
	Channel string
	Way     string
	IP      string
	Payer   string // open id, which the script of WeChat's own browser needs
}

// Begin gives the order by which a donor pays. One that can still be paid is given again, so that a second press and a second
// visit meet the same code.
func (s *Channels) Begin(ctx context.Context, who access.Actor, p Paying) (*Order, error) {
	g, err := s.gifts.Promise(ctx, p.Address)
	if err != nil {
		return nil, err
	}
	line := s.lines[p.Channel]
	var c fault.Checks
	c.Need(line != nil && slices.Contains(s.Offered(g.Amount), p.Channel), "channel", "channels.not_offered")
	c.Need(line == nil || slices.Contains(line.Ways(), p.Way), "channel", "channels.not_offered")
	if err := c.Err(); err != nil {
		return nil, err
	}
	if !g.Waiting {
		return nil, fault.New(fault.Conflict, "channels.not_waiting")
	}
	o, err := s.order(ctx, who, g, p)
	if err != nil || o.State == Open {
		return o, err
	}
	// Outside of any act: a channel may take seconds. Asked again for the same number it gives the same order.
	start, err := line.Create(ctx, pay.Order{No: o.No, Way: o.Way, Amount: o.Amount, Subject: o.Subject, Expires: o.ExpiresAt, Return: s.base + "/pay/" + p.Address, IP: p.IP, Payer: p.Payer})
	if err != nil {
		return nil, away(err)
	}
	o.Code, o.Href, o.Prepay, o.State = start.Code, start.Href, start.Prepay, Open
	err = s.trail.Do(ctx, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "channels.opened", Subject: o.ID}, func(ctx context.Context, tx *audit.Tx) error {
		_, err := openOrder(ctx, tx, o) // no row: somebody else opened it in the same moment, with the same answer
		return err
	})
	return o, err
}

// order gives the live order of a gift, channel and way, or makes one.
func (s *Channels) order(ctx context.Context, who access.Actor, g *Promise, p Paying) (*Order, error) {
	now := s.trail.Now()()
	live, err := listLive(ctx, s.db, g.ID)
	if err != nil {
		return nil, db.Fault(err)
	}
	for i := range live {
		if o := &live[i]; o.Channel == p.Channel && o.Way == p.Way && o.Amount == g.Amount && o.Live(now.Add(time.Minute)) {
			return o, nil
		}
	}
	o := &Order{ID: newID(), Gift: g.ID, Channel: p.Channel, Way: p.Way, Amount: g.Amount, Subject: words["channels.subject"], State: Made}
	o.No = number("P", o.ID)
	err = s.trail.Do(ctx, audit.Act{Actor: who, Need: access.Everyone, Verb: "channels.order", Subject: o.ID}, func(ctx context.Context, tx *audit.Tx) error {
		o.MadeAt, o.ExpiresAt, o.AskAt = tx.Now, tx.Now.Add(Lifetime).Truncate(time.Second), later(tx.Now, 0)
		fresh, err := insertOrder(ctx, tx, o)
		if err != nil {
			return err
		}
		if !fresh {
			return fault.New(fault.Conflict, "channels.wait")
		}
		tx.Public("gift", g.ID)
		tx.Public("channel", o.Channel)
		tx.Public("no", o.No)
		tx.Public("fen", o.Amount)
		return nil
	})
	if fault.CodeOf(err) != "channels.wait" {
		return o, err
	}
	// Somebody pressed in the same moment: theirs is ours. One that is about to end is waited for.
	if live, err = listLive(ctx, s.db, g.ID); err != nil {
		return nil, db.Fault(err)
	}
	for i := range live {
		if o := &live[i]; o.Channel == p.Channel && o.Way == p.Way && o.Amount == g.Amount && o.Live(s.trail.Now()().Add(time.Minute)) {
			return o, nil
		}
	}
	return nil, fault.New(fault.Conflict, "channels.wait")
}

// number makes the number under which a channel knows something: letters and digits, at most 32, out of an id.
func number(prefix, id string) string {
	b := make([]byte, 0, 32)
	b = append(b, prefix...)
	for i := range len(id) {
		if id[i] != '-' && len(b) < 32 {
			b = append(b, id[i])
		}
	}
	return string(b)
}

// away turns what a channel could not do into a fault for the donor; the cause stays for the log.
func away(err error) error {
	var no *pay.Refused
	if errors.As(err, &no) {
		return fault.Wrap(fault.Conflict, "channels.refused", err)
	}
	return fault.Wrap(fault.Unavailable, "channels.away", err)
}

// Orders lists the tries to pay a gift, newest first.
func (s *Channels) Orders(ctx context.Context, gift string) ([]Order, error) {
	os, err := listOrdersOf(ctx, s.db, gift)
	return os, db.Fault(err)
}

// Ask asks the channels what became of orders that no notification told about, and ends those that were not paid in time. It
// runs every few seconds; each order is asked about less and less often.
func (s *Channels) Ask(ctx context.Context) error {
	os, err := listAsking(ctx, s.db, s.trail.Now()(), 50)
	if err != nil {
		return db.Fault(err)
	}
	var (
		told  []notice
		ended []string
		ids   []string
		at    []time.Time
	)
	for i := range os {
		o := &os[i]
		now := s.trail.Now()()
		ids, at = append(ids, o.ID), append(at, later(now, o.Asks))
		line := s.lines[o.Channel]
		if line == nil {
			continue // taken out of the configuration; asked again when it is back
		}
		t, err := line.Query(ctx, o.No)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			continue // asked again later
		}
		switch {
		case t.State == pay.Paid:
			told = append(told, notice{channel: o.Channel, event: &pay.Event{ID: "query/" + o.No, Kind: "query", Trade: t}})
		case t.State == pay.Closed, t.State == pay.Absent && now.After(o.ExpiresAt):
			ended = append(ended, o.ID)
		case now.After(o.ExpiresAt):
			if err := line.Close(ctx, o.No); err == nil {
				ended = append(ended, o.ID)
			} // paid in this very moment, or away: asked again
		}
	}
	if len(told) > 0 {
		if err := errors.Join(s.receive(ctx, told)...); err != nil {
			return err
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return s.trail.Do(ctx, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "channels.ask", Subject: "channels"}, func(ctx context.Context, tx *audit.Tx) error {
		if len(ended) > 0 {
			if _, err := closeOrders(ctx, tx, ended); err != nil {
				return err
			}
			tx.Public("closed", ended)
		}
		tx.Public("asked", len(ids))
		return askLater(ctx, tx, "channels_orders", ids, at)
	})
}

func dayOf(t time.Time) clock.Day { return clock.DayOf(t) }
