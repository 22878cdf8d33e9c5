package bank

import (
	"context"
	"slices"

	"care/modules/audit"
	"care/modules/ledger"
	"care/server/access"
	"care/server/db"
	"care/server/fault"
)

// ref names a line to the ledger.
func ref(line string) string { return "bank/" + line }

// onLine is an act on one line.
func (s *Statements) onLine(ctx context.Context, who access.Actor, need access.Perm, verb, id, key string, input any, fn func(ctx context.Context, tx *audit.Tx, l *Line) error) error {
	if key != "" {
		key = verb + "/" + key
	}
	act := audit.Act{Actor: who, Need: need, Verb: verb, Subject: id, Key: key, Input: input}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		l, err := findLine(ctx, tx, id)
		if err != nil {
			return db.Fault(err)
		}
		tx.Public("fen", l.Amount)
		tx.Public("bank_ref", l.Ref)
		return fn(ctx, tx, l)
	})
}

func decided(l *Line, who access.Actor, tx *audit.Tx) {
	l.DecidedBy, l.DecidedName, l.DecidedAt = who.ID, who.Name, &tx.Now
}

// Suspend puts a credit that nobody can place into the pool (待认领): it is on the bank account, and the books say that it is owed.
func (s *Statements) Suspend(ctx context.Context, who access.Actor, id string, key string) error {
	return s.onLine(ctx, who, WorkPerm, "bank.suspend", id, key, id, func(ctx context.Context, tx *audit.Tx, l *Line) error {
		if l.Side != Credit {
			return fault.New(fault.Conflict, "bank.wrong_line")
		}
		l.State = Pool
		decided(l, who, tx)
		js, err := s.funds.Post(ctx, tx, ledger.Entry{Kind: ledger.Suspend, Ref: ref(l.ID), Amount: l.Amount, Day: l.Day})
		if err != nil {
			return err
		}
		l.Journal = js[0].ID
		return changed(changeLine(ctx, tx, l, Open, "state", "journal", "decided_by", "decided_name", "decided_at"))
	})
}

// AskReturn asks for the money of a line in the pool to be sent back to its payer; another person approves.
func (s *Statements) AskReturn(ctx context.Context, who access.Actor, id, why, key string) error {
	if err := reasoned("why", why); err != nil {
		return err
	}
	return s.onLine(ctx, who, WorkPerm, "bank.return_ask", id, key, why, func(ctx context.Context, tx *audit.Tx, l *Line) error {
		l.State, l.Why, l.AskedBy, l.AskedName = Returning, why, who.ID, who.Name
		return changed(changeLine(ctx, tx, l, Pool, "state", "why", "asked_by", "asked_name"))
	})
}

// DecideReturn approves or declines that money of the pool is sent back. Approved, it is no longer owed; the cashier pays it by
// the bank, and its debit is found in a later statement.
func (s *Statements) DecideReturn(ctx context.Context, who access.Actor, id string, approve bool, key string) error {
	return s.onLine(ctx, who, ApprovePerm, "bank.return_decide", id, key, approve, func(ctx context.Context, tx *audit.Tx, l *Line) error {
		if l.State != Returning {
			return fault.New(fault.Conflict, "db.changed")
		}
		if err := who.NotEarlier("bank.same_person", l.AskedBy); err != nil {
			return err
		}
		decided(l, who, tx)
		tx.Public("approved", approve)
		if !approve {
			l.State, l.AskedBy, l.AskedName = Pool, "", ""
			return changed(changeLine(ctx, tx, l, Returning, "state", "asked_by", "asked_name", "decided_by", "decided_name", "decided_at"))
		}
		if _, err := s.funds.Post(ctx, tx, ledger.Entry{Kind: ledger.SendBack, Ref: ref(l.ID), Amount: l.Amount, Day: tx.Today(), Reason: l.Why, Reverses: l.Journal}); err != nil {
			return err
		}
		l.State = Returned
		return changed(changeLine(ctx, tx, l, Returning, "state", "decided_by", "decided_name", "decided_at"))
	})
}

// SetAside says that a line is no matter of donations, such as interest or a fee.
func (s *Statements) SetAside(ctx context.Context, who access.Actor, id, kind, why, key string) error {
	var c fault.Checks
	c.Need(slices.Contains(otherKinds[:], kind), "kind", "bank.need_kind")
	c.Need(kind != "else" || len([]rune(why)) >= 2, "why", "bank.reason", maxReason)
	c.Need(len([]rune(why)) <= maxReason, "why", "bank.reason", maxReason)
	if err := c.Err(); err != nil {
		return err
	}
	return s.onLine(ctx, who, WorkPerm, "bank.aside", id, key, []string{kind, why}, func(ctx context.Context, tx *audit.Tx, l *Line) error {
		l.State, l.Kind, l.Why = Other, kind, why
		decided(l, who, tx)
		tx.Public("kind", kind)
		return changed(changeLine(ctx, tx, l, Open, "state", "kind", "why", "decided_by", "decided_name", "decided_at"))
	})
}

// Reopen takes SetAside or Settle back.
func (s *Statements) Reopen(ctx context.Context, who access.Actor, id, key string) error {
	return s.onLine(ctx, who, WorkPerm, "bank.reopen", id, key, id, func(ctx context.Context, tx *audit.Tx, l *Line) error {
		from, refund, twin := l.State, l.Refund, l.Twin
		if from != Other && from != Paid {
			return fault.New(fault.Conflict, "db.changed")
		}
		l.State, l.Kind, l.Why, l.Refund, l.Twin = Open, "", "", "", ""
		decided(l, who, tx)
		if err := changed(changeLine(ctx, tx, l, from, "state", "kind", "why", "refund", "twin", "decided_by", "decided_name", "decided_at")); err != nil {
			return err
		}
		switch {
		case refund != "":
			return s.gifts.RefundUnpaid(ctx, tx, refund, l.Ref)
		case twin != "":
			return changed(setTwin(ctx, tx, twin, l.ID, ""))
		}
		return nil
	})
}

// Outgoing is what a debit may have paid.
type Outgoing struct {
	ID     string // "refund/<id>" or "line/<id>"
	Title  string // masked payee
	Text   string // number or reference
	Refund bool
	Line   string
	Score  int64
}

// Outgoings lists the refunds and returns of a debit's amount, those to its payee first.
func (s *Statements) Outgoings(ctx context.Context, l *Line) ([]Outgoing, error) {
	const most = 500
	rs, err := s.gifts.OpenRefunds(ctx, most)
	if err != nil {
		return nil, err
	}
	d, err := s.details(l)
	if err != nil {
		return nil, err
	}
	codes := map[string]bool{}
	for _, c := range codesIn(d.Remark, codeSigns, codeLength) {
		codes[c] = true
	}
	var out []Outgoing
	for _, r := range rs {
		if r.Amount != l.Amount {
			continue
		}
		o := Outgoing{ID: "refund/" + r.ID, Title: r.Name, Text: r.Number, Refund: true, Score: pointsAmount}
		if r.NameIndex == l.PayerIndex && r.NameIndex != "" {
			o.Score += 2 * pointsName
		}
		if codes[r.Code] {
			o.Score += pointsNear
		}
		out = append(out, o)
	}
	back, err := openReturns(ctx, s.db, l.Amount, most)
	if err != nil {
		return nil, db.Fault(err)
	}
	for _, b := range back {
		o := Outgoing{ID: "line/" + b.ID, Title: b.PayerMask, Text: b.Ref, Line: b.ID, Score: pointsAmount}
		if b.PayerIndex == l.PayerIndex && l.PayerIndex != "" {
			o.Score += 2 * pointsName
		}
		out = append(out, o)
	}
	slices.SortStableFunc(out, func(a, b Outgoing) int { return int(b.Score - a.Score) })
	return out, nil
}

// Settle says what a debit has paid: a refund, or money of the pool that was sent back.
func (s *Statements) Settle(ctx context.Context, who access.Actor, id, what, key string) error {
	kind, target := cut(what)
	if target == "" || kind != "refund" && kind != "line" {
		return invalid("what", "bank.need_outgoing")
	}
	if kind == "refund" {
		if err := s.refundFits(ctx, id, target); err != nil {
			return err
		}
	}
	return s.onLine(ctx, who, WorkPerm, "bank.settle", id, key, what, func(ctx context.Context, tx *audit.Tx, l *Line) error {
		if l.Side != Debit {
			return fault.New(fault.Conflict, "bank.wrong_line")
		}
		l.State = Paid
		decided(l, who, tx)
		if kind == "refund" {
			l.Refund = target
			if err := changed(changeLine(ctx, tx, l, Open, "state", "refund", "decided_by", "decided_name", "decided_at")); err != nil {
				return err
			}
			return s.gifts.RefundPaid(ctx, tx, target, l.Ref, l.Day)
		}
		b, err := findLine(ctx, tx, target)
		if err != nil {
			return db.Fault(err)
		}
		if b.Amount != l.Amount || b.State != Returned {
			return invalid("what", "bank.other_amount")
		}
		l.Twin = target
		if err := changed(changeLine(ctx, tx, l, Open, "state", "twin", "decided_by", "decided_name", "decided_at")); err != nil {
			return err
		}
		return changed(setTwin(ctx, tx, target, "", l.ID))
	})
}

// refundFits holds a debit to the amount of its refund; neither changes any more.
func (s *Statements) refundFits(ctx context.Context, line, refund string) error {
	l, err := findLine(ctx, s.db, line)
	if err != nil {
		return db.Fault(err)
	}
	const most = 10_000
	rs, err := s.gifts.OpenRefunds(ctx, most)
	if err != nil {
		return err
	}
	for _, r := range rs {
		if r.ID == refund && r.Amount != l.Amount {
			return invalid("what", "bank.other_amount")
		}
		if r.ID == refund {
			return nil
		}
	}
	if l.Refund == refund {
		return nil // the very same act, done before: its key says so
	}
	return fault.New(fault.Conflict, "bank.refund_gone")
}
