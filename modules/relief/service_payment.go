package relief

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"care/modules/audit"
	"care/modules/documents"
	"care/modules/ledger"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/templates/pdf"
)

// Import stages a result file of the bank. The file counts as a whole or not at all, and the same bytes are taken once.
// day is the bank's day of business.
func (s *Relief) Import(ctx context.Context, who access.Actor, name string, content []byte, day clock.Day, key string) (batch string, err error) {
	var c fault.Checks
	c.Need(len(content) > 0, "file", "relief.result.none")
	c.Need(len(content) <= maxBankFile, "file", "relief.result.large")
	c.Need(day != "" && day <= s.today(), "day", "relief.bank_day")
	if err := c.Err(); err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	hash := hex.EncodeToString(sum[:])
	number, rows, err := readResult(content)
	if err != nil {
		return "", err
	}
	b, err := findBatchNumber(ctx, s.db, number)
	if err != nil {
		if fault.KindOf(db.Fault(err)) != fault.NotFound {
			return "", db.Fault(err)
		}
		c.Add("file", "relief.result.no_batch", clip(number))
		return "", c.Err()
	}
	err = s.onBatchImport(ctx, who, b.ID, key, hash, func(ctx context.Context, tx *audit.Tx, b *PayBatch, was BatchState, ls []payLine) error {
		r := &BankResult{ID: newID(), BatchID: b.ID, Kind: "result", State: "staged", FileName: clip(name), FileHash: hash, ImportedBy: who.ID, Day: day, At: tx.Now}
		if was == BatchReconciled {
			r.Kind = "return"
		}
		if err := match(r.Kind, ls, rows); err != nil {
			return err
		}
		if err := insertAny(ctx, tx, r); err != nil {
			if fault.KindOf(db.Fault(err)) == fault.Conflict {
				return fault.New(fault.Conflict, "relief.result.known")
			}
			return err
		}
		byLine := map[int]payLine{}
		for _, l := range ls {
			byLine[l.Line] = l
		}
		out := make([]ResultLine, 0, len(rows))
		for _, row := range rows {
			out = append(out, ResultLine{ResultID: r.ID, PaymentID: byLine[row.Line].ID, Line: row.Line, Outcome: row.Outcome, Reason: row.Reason, BankRef: row.Ref})
		}
		tx.Public("sha256", hash)
		tx.Public("kind", r.Kind)
		tx.Public("lines", len(out))
		return insertAny(ctx, tx, &out)
	})
	return b.ID, err
}

func (s *Relief) onBatchImport(ctx context.Context, who access.Actor, id, key, hash string, then func(ctx context.Context, tx *audit.Tx, b *PayBatch, was BatchState, ls []payLine) error) error {
	act := audit.Act{Actor: who, Need: Bank, Verb: "relief.batch_import", Subject: id, Key: onceKey("batch_import", key), Input: hash}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		// The same file first: it is recognised wherever the batch stands by now.
		if _, err := resultByHash(ctx, tx, hash); err == nil {
			return fault.New(fault.Conflict, "relief.result.known")
		} else if fault.KindOf(db.Fault(err)) != fault.NotFound {
			return err
		}
		b, err := findBatch(ctx, tx, id)
		if err != nil {
			return err
		}
		was := b.State
		if err := b.decide("import", who, tx.Now); err != nil {
			return err
		}
		ls, err := listLines(ctx, tx, id)
		if err != nil {
			return err
		}
		tx.Public("batch", b.Number)
		if err := then(ctx, tx, b, was, ls); err != nil {
			return err
		}
		return updateBatch(ctx, tx, b, was)
	})
}

// RefuseResult throws a staged result away; the batch is where it was before the import.
func (s *Relief) RefuseResult(ctx context.Context, who access.Actor, result, reason, key string) error {
	r, err := findResult(ctx, s.db, result)
	if err != nil {
		return db.Fault(err)
	}
	return s.onBatch(ctx, who, r.BatchID, "refuse", key, []any{result, reason}, func(ctx context.Context, tx *audit.Tx, b *PayBatch, _ []payLine) error {
		if err := reasoned("reason", reason); err != nil {
			return err
		}
		if err := who.NotEarlier("relief.batch_same", r.ImportedBy); err != nil {
			return err
		}
		if r.Kind == "return" {
			b.State = BatchReconciled
		}
		tx.Private("reason", reason)
		r := *r
		r.State, r.ConfirmedBy = "refused", who.ID
		return endResult(ctx, tx, &r)
	})
}

// Confirm applies a staged result; it is a second person's act. Payments that succeeded are booked and get their voucher; those that
// failed keep their money committed; those that came back (退汇) give it back to the committed money of their fund and their voucher is void.
func (s *Relief) Confirm(ctx context.Context, who access.Actor, result, key string) error {
	r, err := findResult(ctx, s.db, result)
	if err != nil {
		return db.Fault(err)
	}
	b, err := findBatch(ctx, s.db, r.BatchID)
	if err != nil {
		return db.Fault(err)
	}
	names, err := s.people(ctx, []string{b.Maker, b.Checker, b.Signatory})
	if err != nil {
		return err
	}
	funds, err := s.fundNames(ctx)
	if err != nil {
		return err
	}
	return s.onBatch(ctx, who, r.BatchID, "confirm", key, result, func(ctx context.Context, tx *audit.Tx, b *PayBatch, ls []payLine) error {
		if err := who.NotEarlier("relief.batch_same", r.ImportedBy); err != nil {
			return err
		}
		done := *r
		done.State, done.ConfirmedBy = "confirmed", who.ID
		if err := endResult(ctx, tx, &done); err != nil {
			return err
		}
		rows, err := listResultLines(ctx, tx, result)
		if err != nil {
			return err
		}
		byID := map[string]payLine{}
		for _, l := range ls {
			byID[l.ID] = l
		}
		return s.settle(ctx, tx, &done, b, byID, rows, names, funds)
	})
}

func (s *Relief) fundNames(ctx context.Context) (map[string]string, error) {
	fs, err := s.books.Funds(ctx, nil)
	m := make(map[string]string, len(fs))
	for _, f := range fs {
		m[f.ID] = f.Name
	}
	return m, err
}

func (s *Relief) settle(ctx context.Context, tx *audit.Tx, r *BankResult, b *PayBatch, lines map[string]payLine, rows []ResultLine, names, funds map[string]string) error {
	var es []ledger.Entry
	var orders []documents.Order
	var paid []*Payment
	counts := map[PayState]int{}
	for _, row := range rows {
		l := lines[row.PaymentID]
		y := l.Payment
		was := y.State
		if err := y.turn(row.Outcome, tx.Now); err != nil {
			return err
		}
		counts[row.Outcome]++
		y.Reason = row.Reason
		if row.BankRef != "" {
			y.BankRef = row.BankRef
		}
		var from, to AwardState
		switch row.Outcome {
		case PaySucceeded:
			y.PaidOn = r.Day
			es = append(es, ledger.Entry{Kind: ledger.Disburse, Ref: "payment/" + y.ID, Fund: l.Fund, Amount: y.Amount, Day: r.Day})
			o, err := s.voucher(b, l, y, names, funds)
			if err != nil {
				return err
			}
			orders, paid = append(orders, o), append(paid, &y)
			from, to = AwardCommitted, AwardPaid
		case PayFailed:
			from, to = AwardCommitted, AwardCommitted
		case PayReturned:
			j, err := s.books.Journal(ctx, tx, ledger.Disburse, "payment/"+y.ID)
			if err != nil {
				return err
			}
			es = append(es, ledger.Entry{Kind: ledger.Return, Ref: "payment/" + y.ID, Fund: l.Fund, Amount: y.Amount, Day: r.Day, Reason: row.Reason, Reverses: j.ID})
			if err := s.papers.Void(ctx, tx, y.Voucher, words["relief.paper.returned"]); err != nil {
				return err
			}
			from, to = AwardPaid, AwardCommitted
		}
		n, err := turnAwards(ctx, tx, []string{y.AwardID}, from, to, row.Outcome != PaySucceeded)
		if err := all(n, 1, err); err != nil {
			return err
		}
		if row.Outcome != PaySucceeded {
			if err := updatePayment(ctx, tx, &y, was); err != nil {
				return err
			}
		}
	}
	for k, n := range counts {
		tx.Public(string(k), n)
	}
	if _, err := s.books.Post(ctx, tx, es...); err != nil {
		return err
	}
	ds, err := s.papers.Order(ctx, tx, orders...)
	if err != nil {
		return err
	}
	for i, y := range paid {
		y.Voucher = ds[i].ID
		if err := updatePayment(ctx, tx, y, PaySent); err != nil {
			return err
		}
	}
	return nil
}

// voucher orders the 领款凭证 of a payment: the payee's name is on the paper, everything else about the person is masked.
func (s *Relief) voucher(b *PayBatch, l payLine, y Payment, names, funds map[string]string) (documents.Order, error) {
	name, err := s.open("people.name", l.PersonID, l.NameSealed)
	if err != nil {
		return documents.Order{}, err
	}
	return documents.Order{
		Series: documents.Vouchers, Kind: pdf.Voucher{}.Kind(), Subject: "payment/" + y.ID, Title: words["relief.paper.voucher"], Payer: l.NameMask, Amount: y.Amount, Day: y.PaidOn,
		Make: func(number, code, url string) any {
			return pdf.Voucher{
				Org: s.office.Org, Number: number, VerifyCode: code, VerifyURL: url, Payee: name, PayeeID: l.IdentityMask, Bank: l.Bank, Card: l.CardMask,
				CaseNumber: l.Number, Aid: l.KindTitle, Fund: funds[l.Fund], BatchNumber: b.Number, AmountFen: y.Amount,
				Maker: names[b.Maker], Checker: names[b.Checker], Signatory: names[b.Signatory], PaidOn: pdf.Day(y.PaidOn), BankReference: y.BankRef, IssuedOn: pdf.Day(y.PaidOn), Demo: s.office.Demo,
			}
		},
	}, nil
}

// Held lists the awards whose payment failed or came back, the oldest first.
func (s *Relief) Held(ctx context.Context) ([]HeldRow, map[string]string, error) {
	hs, err := listHeld(ctx, s.db, 200)
	if err != nil {
		return nil, nil, db.Fault(err)
	}
	var ids []string
	for i := range hs {
		if hs[i].ProposedBy == "" {
			continue
		}
		ids = append(ids, hs[i].ProposedBy)
		if hs[i].ReasonSealed, err = s.open("remedies.reason", hs[i].Remedy, hs[i].ReasonSealed); err != nil {
			return nil, nil, err
		}
	}
	names, err := s.people(ctx, ids)
	return hs, names, err
}

// ProposeAccount proposes the account for a new attempt after a failure, checked with the applicant; a second person confirms it.
func (s *Relief) ProposeAccount(ctx context.Context, who access.Actor, award, bank, card, reason, key string) error {
	return s.propose(ctx, who, award, "account", []any{bank, card}, reason, key, func(ctx context.Context, tx *audit.Tx, w *Award, m *Remedy) error {
		var c fault.Checks
		c.Need(runes(bank) >= 2 && runes(bank) <= 60, "bank", "relief.need_bank")
		number, err := readCard(card)
		if err := c.Merge(err); err != nil {
			return err
		}
		if err := c.Err(); err != nil {
			return err
		}
		cs, err := findCase(ctx, tx, w.CaseID)
		if err != nil {
			return err
		}
		n, err := sameCard(ctx, tx, s.cardIndex(number), cs.PersonID)
		if err != nil {
			return err
		}
		if n > 0 {
			c.Add("card", "relief.card_taken")
			return c.Err()
		}
		b := s.account(w.CaseID, bank, number, "proposed", who, tx)
		m.AccountID = b.ID
		return insertAny(ctx, tx, b)
	})
}

// ProposeGiveUp proposes to give an award up after a failure; a second person confirms it, and the money is free again in its fund.
func (s *Relief) ProposeGiveUp(ctx context.Context, who access.Actor, award, reason, key string) error {
	return s.propose(ctx, who, award, "give_up", nil, reason, key, func(context.Context, *audit.Tx, *Award, *Remedy) error { return nil })
}

func (s *Relief) propose(ctx context.Context, who access.Actor, award, kind string, input any, reason, key string, then func(ctx context.Context, tx *audit.Tx, w *Award, m *Remedy) error) error {
	act := audit.Act{Actor: who, Need: Batch, Verb: "relief.propose_" + kind, Subject: award, Key: onceKey("propose_"+kind, key), Input: []any{award, input, reason}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		if err := reasoned("reason", reason); err != nil {
			return err
		}
		w, err := findAward(ctx, tx, award)
		if err != nil {
			return err
		}
		if !w.Held || w.State != AwardCommitted {
			return fault.New(fault.Conflict, "relief.not_held")
		}
		m := &Remedy{ID: newID(), AwardID: award, Kind: kind, State: "proposed", ProposedBy: who.ID, At: tx.Now}
		m.ReasonSealed = s.seal("remedies.reason", m.ID, reason)
		tx.Private("reason", reason)
		if err := then(ctx, tx, w, m); err != nil {
			return err
		}
		err = insertAny(ctx, tx, m)
		if fault.KindOf(db.Fault(err)) == fault.Conflict {
			return fault.New(fault.Conflict, "relief.remedy_open")
		}
		return err
	})
}

// DecideRemedy confirms or refuses what was proposed; it is a second person's act.
func (s *Relief) DecideRemedy(ctx context.Context, who access.Actor, remedy string, yes bool, key string) error {
	act := audit.Act{Actor: who, Need: BatchCheck, Verb: "relief.remedy", Subject: remedy, Key: onceKey("remedy/"+remedy, key), Input: []any{remedy, yes}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		m, err := findRemedy(ctx, tx, remedy)
		if err != nil {
			return err
		}
		if err := who.NotEarlier("relief.batch_same", m.ProposedBy); err != nil {
			return err
		}
		w, err := findAward(ctx, tx, m.AwardID)
		if err != nil {
			return err
		}
		m.State, m.ConfirmedBy = "refused", who.ID
		if yes {
			m.State = "confirmed"
		}
		tx.Public("kind", m.Kind)
		tx.Public("state", m.State)
		tx.Public("award", w.ID)
		if err := endRemedy(ctx, tx, m); err != nil {
			return err
		}
		switch {
		case m.Kind == "account" && !yes:
			return turnAccount(ctx, tx, w.CaseID, "proposed", "refused")
		case m.Kind == "account":
			return s.mend(ctx, tx, w)
		case yes:
			return s.giveUp(ctx, tx, who, w)
		}
		return nil
	})
}

// mend puts the proposed account in the place of the old one; the award may be paid again.
func (s *Relief) mend(ctx context.Context, tx *audit.Tx, w *Award) error {
	if err := turnAccount(ctx, tx, w.CaseID, "current", "replaced"); err != nil {
		return err
	}
	if err := turnAccount(ctx, tx, w.CaseID, "proposed", "current"); err != nil {
		return err
	}
	n, err := turnAwards(ctx, tx, []string{w.ID}, AwardCommitted, AwardCommitted, false)
	return all(n, 1, err)
}

func (s *Relief) giveUp(ctx context.Context, tx *audit.Tx, who access.Actor, w *Award) error {
	c, err := findCase(ctx, tx, w.CaseID)
	if err != nil {
		return err
	}
	n, err := turnAwards(ctx, tx, []string{w.ID}, AwardCommitted, AwardCancelled, false)
	if err := all(n, 1, err); err != nil {
		return err
	}
	if err := s.step(ctx, tx, who, c, EvGiveUp, w.Amount, ""); err != nil {
		return err
	}
	_, err = s.books.Post(ctx, tx, ledger.Entry{Kind: ledger.Uncommit, Ref: "award/" + w.ID, Fund: w.Fund, Amount: w.Amount, Day: tx.Today()})
	return err
}
