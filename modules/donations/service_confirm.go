package donations

import (
	"context"

	"care/modules/audit"
	"care/modules/ledger"
	"care/server/access"
	"care/server/fault"
	"care/server/gather"
)

// Confirm asks to confirm one arrival (复核). An arrival is never changed after it was recorded, so its id fixes what is confirmed.
type Confirm struct{ Arrival string }

// confirming is a Confirm with who asks.
type confirming struct {
	who     access.Actor
	arrival string
}

// Confirm confirms one arrival: income in the fund, number, receipt, roll and audit entry in one transaction.
// Who confirms has not recorded it. Confirmations that are asked for at the same moment share a transaction.
func (s *Gifts) Confirm(ctx context.Context, who access.Actor, c Confirm) error {
	return s.gather.Do(ctx, confirming{who, c.Arrival})
}

// ConfirmAll confirms many arrivals, with an answer to each; a bad one does not spoil the others.
func (s *Gifts) ConfirmAll(ctx context.Context, who access.Actor, cs []Confirm) []error {
	in := make([]confirming, 0, len(cs))
	for _, c := range cs {
		in = append(in, confirming{who, c.Arrival})
	}
	errs := make([]error, 0, len(cs))
	for len(in) > 0 {
		n := min(len(in), gather.Most)
		errs = append(errs, s.confirmAll(ctx, in[:n])...)
		in = in[n:]
	}
	return errs
}

// confirmAll runs those that will pass in one transaction; those that will be refused, in one of their own each.
// Which is which is only a guess made before: the transaction decides.
func (s *Gifts) confirmAll(ctx context.Context, cs []confirming) []error {
	ids := make([]string, 0, len(cs))
	for _, c := range cs {
		ids = append(ids, c.arrival)
	}
	errs := make([]error, len(cs))
	ws, err := listWaiting(ctx, s.db, ids)
	good := map[string]*waiting{}
	for i := range ws {
		good[ws[i].Arrival] = &ws[i]
	}
	var together, alone []int
	for i, c := range cs {
		if w := good[c.arrival]; err == nil && w != nil && w.State == recorded && w.RecordedBy != c.who.ID && c.who.Can(ConfirmPerm) {
			together = append(together, i)
		} else {
			alone = append(alone, i)
		}
	}
	run := func(at []int) {
		acts := make([]audit.Act, 0, len(at))
		for _, i := range at {
			subject := cs[i].arrival
			if w := good[subject]; w != nil {
				subject = w.Gift
			}
			acts = append(acts, audit.Act{Actor: cs[i].who, Need: ConfirmPerm, Verb: "donations.confirm", Subject: subject, Key: "donations.confirm/" + cs[i].arrival, Input: cs[i].arrival})
		}
		for k, err := range s.trail.DoAll(ctx, acts, func(ctx context.Context, tx *audit.Tx, live []int) error {
			mine := make([]confirming, 0, len(live))
			for _, k := range live {
				mine = append(mine, cs[at[k]])
			}
			return s.confirm(ctx, tx, mine, live)
		}) {
			errs[at[k]] = err
		}
	}
	if len(together) > 0 {
		run(together)
	}
	for _, i := range alone {
		run([]int{i})
	}
	return errs
}

// confirm is the whole act for some arrivals, all or none. at are the places of their notes.
func (s *Gifts) confirm(ctx context.Context, tx *audit.Tx, cs []confirming, at []int) error {
	ids := make([]string, 0, len(cs))
	for _, c := range cs {
		ids = append(ids, c.arrival)
	}
	ws, err := listWaiting(ctx, tx, ids)
	if err != nil {
		return err
	}
	byID := make(map[string]*waiting, len(ws))
	for i := range ws {
		byID[ws[i].Arrival] = &ws[i]
	}
	ins, entries := make([]issuing, 0, len(cs)), make([]ledger.Entry, 0, len(cs))
	counts := map[string]int{}
	for _, c := range cs {
		w := byID[c.arrival]
		if w == nil {
			return fault.New(fault.NotFound, "db.not_found")
		}
		if w.State != recorded || w.GiftState != Arrived {
			return fault.New(fault.Conflict, "donations.not_waiting")
		}
		// 开票 and 复核 are two people (会计法 35).
		if err := c.who.NotEarlier("donations.same_person", w.RecordedBy); err != nil {
			return err
		}
		in := issuing{covers: []cover{w.cover()}, handler: w.Handler, checker: c.who.Name, subject: Ref(w.Gift)}
		if in.payer, in.idno, err = s.printedName(&in.covers[0]); err != nil {
			return err
		}
		ins = append(ins, in)
		entries = append(entries, ledger.Entry{Kind: ledger.Receive, Ref: Ref(w.Gift), Fund: w.Fund, Amount: w.Amount, Day: w.Day, Asset: w.Asset})
		counts[w.Fund]++
	}
	// Rows of one gift first, rows that everybody wants (counter, fund) last: see documents.Order and ledger.Post.
	papers, err := s.issueReceipts(ctx, tx, ins, false)
	if err != nil {
		return err
	}
	ts := make([]taken, 0, len(cs))
	for i, c := range cs {
		w := byID[c.arrival]
		ts = append(ts, taken{Arrival: w.Arrival, Gift: w.Gift, Roll: newID(), Receipt: papers[i].ID, Number: papers[i].Number, By: c.who.ID, Name: c.who.Name, Day: w.Day, Amount: w.Amount})
		n := tx.At(at[i])
		n.Public("arrival", w.Arrival)
		n.Public("number", papers[i].Number)
		n.Public("fund", w.Fund)
		n.Public("fen", w.Amount)
		n.Public("day", w.Day)
	}
	gifts, arrivals, err := confirmGifts(ctx, tx, ts, tx.Now)
	if err != nil {
		return err
	}
	if gifts != int64(len(ts)) || arrivals != int64(len(ts)) {
		return fault.New(fault.Conflict, "db.changed")
	}
	if err := s.tellReceived(ctx, tx, ts, byID); err != nil {
		return err
	}
	for _, fund := range sortedKeys(counts) {
		if err := addCount(ctx, tx, fund, counts[fund]); err != nil {
			return err
		}
	}
	_, err = s.funds.Post(ctx, tx, entries...)
	return err
}
