package channels

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"care/modules/audit"
	"care/modules/channels/pay"
	"care/server/access"
	"care/server/db"
	"care/server/fault"
)

// refundWork sends one refund to its channel. Asked twice under one number, a channel pays once; so a worker that dies
// between the channel's answer and our note loses and doubles nothing.
func (s *Channels) refundWork(ctx context.Context, payload []byte) error {
	var id string
	if err := json.Unmarshal(payload, &id); err != nil {
		return err
	}
	r, err := findRefund(ctx, s.db, id)
	if err != nil {
		return db.Fault(err)
	}
	if r.State != asked {
		return nil
	}
	line := s.lines[r.Channel]
	if line == nil {
		return fault.New(fault.Unavailable, "channels.away") // tried again; somebody may put the keys back
	}
	o, err := findOrder(ctx, s.db, r.OrderID)
	if err != nil {
		return db.Fault(err)
	}
	got, err := line.Refund(ctx, pay.Refund{No: r.No, Order: o.No, Amount: r.Amount, Total: o.Amount, Reason: r.Reason})
	var no *pay.Refused
	switch {
	case errors.As(err, &no):
		return s.moved(ctx, r, failed, no.Code, nil)
	case err != nil:
		return err // unknown: asked again under the same number
	}
	return s.progress(ctx, r, got)
}

// progress notes what a channel says of a refund that it has taken.
func (s *Channels) progress(ctx context.Context, r *Refund, got *pay.Returned) error {
	switch {
	case got.No != r.No || got.State == pay.Paid && (got.Amount != r.Amount || got.Txn == ""):
		return s.moved(ctx, r, failed, "differs", got)
	case got.State == pay.Paid:
		return s.moved(ctx, r, back, "", got)
	case got.State == pay.Failed:
		return s.moved(ctx, r, failed, "abnormal", got)
	case r.State == asked:
		return s.moved(ctx, r, sent, "", got)
	}
	return nil
}

// moved is the act of noting it.
func (s *Channels) moved(ctx context.Context, r *Refund, state, problem string, got *pay.Returned) error {
	return s.trail.Do(ctx, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "channels.refund", Subject: r.ID}, func(ctx context.Context, tx *audit.Tx) error {
		_, err := s.moveIn(ctx, tx, r.ID, state, problem, got)
		return err
	})
}

// moveIn moves a refund inside an act; false says that it was there already.
func (s *Channels) moveIn(ctx context.Context, tx *audit.Tx, id, state, problem string, got *pay.Returned) (bool, error) {
	r, err := findRefund(ctx, tx, id)
	if err != nil {
		return false, db.Fault(err)
	}
	r.State, r.Problem, r.AskAt = state, problem, later(tx.Now, r.Asks)
	if got != nil && got.Txn != "" {
		r.Txn = got.Txn
	}
	from := []string{asked, sent}
	if state == back {
		at := got.At
		if at.IsZero() {
			at = tx.Now
		}
		r.PaidAt, r.PaidOn = &at, dayOf(at)
		from = append(from, failed) // the channel has the last word
	}
	n, err := moveRefund(ctx, tx, r, from...)
	if err != nil || n == 0 {
		return false, err
	}
	tx.Public("refund", r.No)
	tx.Public("state", state)
	if state != back || r.Refund == "" {
		return true, nil
	}
	return true, s.gifts.RefundPaid(ctx, tx, r.Refund, r.Channel+":"+r.Txn, r.PaidOn)
}

// returned processes an event about a refund.
func (s *Channels) returned(ctx context.Context, tx *audit.Tx, e *Event) (string, error) {
	r, err := findRefundNo(ctx, tx, e.RefundNo)
	if err = db.Fault(err); err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return unknown, nil
		}
		return "", err
	}
	line := s.lines[e.Channel]
	if line == nil {
		return "", fault.New(fault.Unavailable, "channels.away")
	}
	if r.Channel != e.Channel || e.Merchant != line.Account().Merchant || e.State == string(pay.Paid) && (e.Amount != r.Amount || e.HappenedAt == nil) {
		return differs, nil
	}
	got := &pay.Returned{No: e.RefundNo, Txn: e.Txn, Amount: e.Amount}
	if e.HappenedAt != nil {
		got.At = *e.HappenedAt
	}
	state, problem := "", ""
	switch pay.State(e.State) {
	case pay.Paid:
		state = back
	case pay.Failed:
		state, problem = failed, "abnormal"
	default:
		return noted, nil
	}
	moved, err := s.moveIn(ctx, tx, r.ID, state, problem, got)
	if err != nil {
		return "", err
	}
	if !moved {
		return repeated, nil
	}
	return taken, nil
}

// AskRefunds asks the channels about refunds that no notification told about.
func (s *Channels) AskRefunds(ctx context.Context) error {
	rs, err := listRefundsAsking(ctx, s.db, s.trail.Now()(), 50)
	if err != nil || len(rs) == 0 {
		return db.Fault(err)
	}
	ids, at := make([]string, 0, len(rs)), make([]time.Time, 0, len(rs))
	for i := range rs {
		r := &rs[i]
		ids, at = append(ids, r.ID), append(at, later(s.trail.Now()(), r.Asks))
		line := s.lines[r.Channel]
		if line == nil {
			continue
		}
		o, err := findOrder(ctx, s.db, r.OrderID)
		if err != nil {
			return db.Fault(err)
		}
		got, err := line.QueryRefund(ctx, pay.Refund{No: r.No, Order: o.No, Amount: r.Amount, Total: o.Amount})
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			continue
		}
		if got.State == pay.Absent {
			got.State = pay.Failed // taken once, and now unknown: a person must look
		}
		if err := s.progress(ctx, r, got); err != nil {
			return err
		}
	}
	return s.trail.Do(ctx, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "channels.ask", Subject: "channels"}, func(ctx context.Context, tx *audit.Tx) error {
		tx.Public("refunds", len(ids))
		return askLater(ctx, tx, "channels_refunds", ids, at)
	})
}

// Retry sends a refund that failed again. One that the channel had taken gets a new number, for the old one stays failed there.
func (s *Channels) Retry(ctx context.Context, who access.Actor, id, key string) error {
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: HandlePerm, Verb: "channels.retry", Subject: id, Key: "channels.retry/" + key, Input: id}, func(ctx context.Context, tx *audit.Tx) error {
		r, err := findRefund(ctx, tx, id)
		if err != nil {
			return db.Fault(err)
		}
		if r.Txn != "" {
			r.No = number("R", newID())
		}
		r.State, r.Problem, r.Txn = asked, "", ""
		n, err := moveRefund(ctx, tx, r, failed)
		if err != nil {
			return err
		}
		if n != 1 {
			return fault.New(fault.Conflict, "channels.not_failed")
		}
		tx.Public("refund", r.No)
		return s.queue.Put(ctx, tx.Tx, "channels.refund", r.ID, r.ID)
	})
}
