package donations

import (
	"context"
	"encoding/json"
	"strings"

	"care/modules/audit"
	"care/modules/documents"
	"care/modules/ledger"
	"care/server/access"
	"care/server/db"
	"care/server/fault"
	"care/templates/pdf"
)

// AskRefund asks to give a gift back, for a reason; another person decides.
func (s *Gifts) AskRefund(ctx context.Context, who access.Actor, gift, why, key string) error {
	act := audit.Act{Actor: who, Need: RefundPerm, Verb: "donations.refund_ask", Subject: gift, Key: "donations.refund_ask/" + key, Input: []string{gift, why}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		var c fault.Checks
		reason(&c, "why", why)
		if err := c.Err(); err != nil {
			return err
		}
		if _, err := findGift(ctx, tx, gift); err != nil {
			return db.Fault(err)
		}
		n, err := moveGift(ctx, tx, gift, Refunding)
		if err != nil {
			return err
		}
		if n != 1 {
			return fault.New(fault.Conflict, "donations.not_received")
		}
		r := &Refund{ID: newID(), Gift: gift, Reason: why, State: asked, AskedBy: who.ID, AskedName: who.Name, AskedAt: tx.Now}
		tx.Public("refund", r.ID)
		return insertRefund(ctx, tx, r)
	})
}

// ApproveRefund gives a gift back in one transaction: the journal is reversed, the receipt is taken back by a red-letter
// receipt, the public totals fall. It is refused when the fund no longer holds the money: it is spent or promised.
func (s *Gifts) ApproveRefund(ctx context.Context, who access.Actor, refund, remark string) error {
	act := audit.Act{Actor: who, Need: ApprovePerm, Verb: "donations.refund_approve", Subject: refund, Key: "donations.refund_approve/" + refund, Input: refund}
	err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		r, g, err := s.decide(ctx, tx, who, refund, done, remark)
		if err != nil {
			return err
		}
		rec, err := findLiveReceipt(ctx, tx, g.ID)
		if err != nil {
			return db.Fault(err)
		}
		old := rec.Number
		covers, err := listCovers(ctx, tx, []string{rec.Paper})
		if err != nil {
			return err
		}
		if n, err := moveGift(ctx, tx, g.ID, Refunded); changed(n, err) != nil {
			return changed(n, err)
		}
		if s.payback != nil {
			if err := s.askBack(ctx, tx, g, r); err != nil {
				return err
			}
		}
		j, err := s.funds.Journal(ctx, tx, ledger.Receive, Ref(g.ID))
		if err != nil {
			return err
		}
		red, err := s.takeBack(ctx, tx, rec, r.Reason, r.AskedName, who.Name, true)
		if fault.CodeOf(err) == "donations.receipt_ended" {
			return fault.New(fault.Conflict, "db.changed") // it was replaced at this moment: the next try finds the new one
		}
		if err != nil {
			return err
		}
		// The other gifts of a merged receipt get a new one at once.
		rest := make([]cover, 0, len(covers))
		for _, c := range covers {
			if c.Gift != g.ID {
				rest = append(rest, c)
			}
		}
		if len(rest) > 0 {
			d, err := s.papers.DocumentIn(ctx, tx, rec.Paper)
			if err != nil {
				return err
			}
			was, err := s.frozen(d)
			if err != nil {
				return err
			}
			ds, err := s.issueReceipts(ctx, tx, []issuing{{covers: rest, payer: was.Payer, idno: was.PayerID, handler: r.AskedName, checker: who.Name, subject: "receipt/" + r.ID}}, true)
			if err != nil {
				return err
			}
			if err := replaceReceipt(ctx, tx, rec.Paper, ds[0].ID); err != nil {
				return err
			}
			tx.Public("replaced", ds[0].Number)
		}
		if err := s.tellRefunded(ctx, tx, g); err != nil {
			return err
		}
		// In the order of a confirmation (counter, count, fund), so that the two never wait for each other in a ring.
		if err := addCount(ctx, tx, g.Fund, -1); err != nil {
			return err
		}
		tx.Public("number", red.Number)
		tx.Public("reverses", old)
		tx.Public("fen", g.Amount)
		_, err = s.funds.Post(ctx, tx, ledger.Entry{Kind: ledger.Refund, Ref: Ref(g.ID), Fund: g.Fund, Amount: g.Amount, Day: tx.Today(), Reason: r.Reason, Reverses: j.ID})
		return err
	})
	if fault.KindOf(err) == fault.Unfunded && err != nil {
		return fault.New(fault.Unfunded, "donations.spent")
	}
	return err
}

// askBack asks the channel of a gift, if it came by one, to give its money back.
func (s *Gifts) askBack(ctx context.Context, tx *audit.Tx, g *Gift, r *Refund) error {
	a, err := findLive(ctx, tx, g.ID)
	if err != nil || a.Channel == "" {
		return db.Fault(err)
	}
	return s.payback(ctx, tx, Payback{Gift: g.ID, Refund: r.ID, Channel: a.Channel, Ref: strings.TrimPrefix(a.BankRef, a.Channel+":"), Amount: g.Amount, Day: a.Day, Reason: r.Reason})
}

// DeclineRefund keeps the gift.
func (s *Gifts) DeclineRefund(ctx context.Context, who access.Actor, refund, remark string) error {
	act := audit.Act{Actor: who, Need: ApprovePerm, Verb: "donations.refund_decline", Subject: refund, Key: "donations.refund_decline/" + refund, Input: refund}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		var c fault.Checks
		reason(&c, "remark", remark)
		if err := c.Err(); err != nil {
			return err
		}
		_, g, err := s.decide(ctx, tx, who, refund, declined, remark)
		if err != nil {
			return err
		}
		return changed(backFromRefund(ctx, tx, g.ID))
	})
}

// decide closes a refund that was asked by somebody else.
func (s *Gifts) decide(ctx context.Context, tx *audit.Tx, who access.Actor, refund, state, remark string) (*Refund, *Gift, error) {
	r, err := findRefund(ctx, tx, refund)
	if err != nil {
		return nil, nil, db.Fault(err)
	}
	if err := who.NotEarlier("donations.same_person", r.AskedBy); err != nil {
		return nil, nil, err
	}
	g, err := findGift(ctx, tx, r.Gift)
	if err != nil {
		return nil, nil, db.Fault(err)
	}
	n, err := decideRefund(ctx, tx, &Refund{ID: r.ID, State: state, DecidedBy: who.ID, DecidedName: who.Name, DecidedAt: &tx.Now, Remark: remark})
	if err != nil {
		return nil, nil, err
	}
	if n != 1 {
		return nil, nil, fault.New(fault.Conflict, "donations.refund_decided")
	}
	tx.Public("gift", g.ID)
	return r, g, nil
}

// frozen reads what a receipt was drawn from.
func (s *Gifts) frozen(d *documents.Document) (r pdf.Receipt, err error) {
	data, err := s.papers.Data(d)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal([]byte(data), &r)
}
