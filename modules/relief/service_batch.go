package relief

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"care/modules/audit"
	"care/modules/documents"
	"care/modules/ledger"
	"care/server/access"
	"care/server/db"
	"care/server/fault"
	"care/server/money"
)

const maxLines = 2000 // of one batch: its acts are one transaction each

// Payable lists the awards that a batch may take, oldest first.
func (s *Relief) Payable(ctx context.Context, who access.Actor) ([]Payable, error) {
	if err := who.Need(Batch); err != nil {
		return nil, err
	}
	ps, err := listPayable(ctx, s.db, who.Area, nil, 500)
	return ps, db.Fault(err)
}

// Gather makes a batch out of awards. An award that another batch holds, or whose account must be mended first, is refused.
func (s *Relief) Gather(ctx context.Context, who access.Actor, awards []string, key string) (string, error) {
	id := newID()
	slices.Sort(awards)
	awards = slices.Compact(awards)
	act := audit.Act{Actor: who, Need: Batch, Verb: "relief.gather", Subject: id, Key: onceKey("gather", key), Input: awards}
	err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		var f fault.Checks
		f.Need(len(awards) > 0, "award", "relief.need_awards")
		f.Need(len(awards) <= maxLines, "award", "relief.many_awards", maxLines)
		if err := f.Err(); err != nil {
			return err
		}
		return s.gather(ctx, tx, who, id, awards)
	})
	if ref, again := fault.IsAgain(err); again {
		return ref, err
	}
	return id, err
}

func (s *Relief) gather(ctx context.Context, tx *audit.Tx, who access.Actor, id string, awards []string) error {
	ps, err := listPayable(ctx, tx, who.Area, awards, len(awards)+1)
	if err != nil {
		return err
	}
	if len(ps) != len(awards) {
		return fault.New(fault.Conflict, "relief.award_taken")
	}
	lines, total := make([]Payment, 0, len(ps)), money.Fen(0)
	for i, p := range ps {
		b, err := findAccount(ctx, tx, p.CaseID, "current")
		if err != nil {
			return err
		}
		lines = append(lines, Payment{ID: newID(), AwardID: p.ID, CaseID: p.CaseID, BatchID: id, Line: i + 1, Attempt: p.Attempts + 1, AccountID: b.ID, Amount: p.Amount, State: PayBatched, At: tx.Now, Since: tx.Now})
		if total, err = money.Add(total, p.Amount); err != nil {
			return err
		}
	}
	number, err := s.papers.Number(ctx, tx, documents.Batches)
	if err != nil {
		return err
	}
	b := &PayBatch{ID: id, Number: number, State: BatchOpen, Lines: len(lines), Total: total, Maker: who.ID, MadeAt: tx.Now, Since: tx.Now}
	if err := insertAny(ctx, tx, b); err != nil {
		return err
	}
	if err := insertAny(ctx, tx, &lines); err != nil {
		if fault.KindOf(db.Fault(err)) == fault.Conflict {
			return fault.New(fault.Conflict, "relief.award_taken") // the unique index on live payments
		}
		return err
	}
	tx.Public("batch", number)
	tx.Public("lines", len(lines))
	tx.Public("total", total)
	return nil
}

// onBatch runs one move of a batch.
func (s *Relief) onBatch(ctx context.Context, who access.Actor, id, verb string, key string, input any, then func(ctx context.Context, tx *audit.Tx, b *PayBatch, ls []payLine) error) error {
	act := audit.Act{Actor: who, Need: access.SignedIn, Verb: "relief.batch_" + verb, Subject: id, Key: onceKey("batch_"+verb, key), Input: []any{id, input}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		b, err := findBatch(ctx, tx, id)
		if err != nil {
			return err
		}
		was := b.State
		if err := b.decide(verb, who, tx.Now); err != nil {
			return err
		}
		ls, err := listLines(ctx, tx, id)
		if err != nil {
			return err
		}
		tx.Public("batch", b.Number)
		tx.Public("total", b.Total)
		tx.Public("to", string(b.State))
		if err := then(ctx, tx, b, ls); err != nil {
			return err
		}
		return updateBatch(ctx, tx, b, was)
	})
}

func nothing(context.Context, *audit.Tx, *PayBatch, []payLine) error { return nil }

// Lock ends the making of a batch: its lines and total are fixed. Only the maker locks.
func (s *Relief) Lock(ctx context.Context, who access.Actor, id, key string) error {
	return s.onBatch(ctx, who, id, "lock", key, nil, func(_ context.Context, _ *audit.Tx, b *PayBatch, ls []payLine) error { return recheck(b, ls) })
}

// VoidBatch gives up a batch that is open; its awards may be taken by another one.
func (s *Relief) VoidBatch(ctx context.Context, who access.Actor, id, key string) error {
	return s.onBatch(ctx, who, id, "void", key, nil, func(ctx context.Context, tx *audit.Tx, b *PayBatch, ls []payLine) error {
		n, err := turnPayments(ctx, tx, b.ID, PayBatched, PayCancelled, tx.Now)
		return all(n, len(ls), err)
	})
}

// CheckBatch is the second person's check (复核): every line is looked at again.
func (s *Relief) CheckBatch(ctx context.Context, who access.Actor, id, key string) error {
	return s.onBatch(ctx, who, id, "check", key, nil, func(_ context.Context, _ *audit.Tx, b *PayBatch, ls []payLine) error { return recheck(b, ls) })
}

// RejectBatch opens a locked or checked batch again, with a reason.
func (s *Relief) RejectBatch(ctx context.Context, who access.Actor, id, reason, key string) error {
	return s.onBatch(ctx, who, id, "reject", key, reason, func(_ context.Context, tx *audit.Tx, _ *PayBatch, _ []payLine) error {
		tx.Private("reason", reason)
		return reasoned("reason", reason)
	})
}

// Sign authorises a batch (审批): the money of the whole batch is committed, or nothing is. The signatory is neither maker nor
// checker nor anybody who acted on one of its cases.
func (s *Relief) Sign(ctx context.Context, who access.Actor, id, key string) error {
	return s.onBatch(ctx, who, id, "sign", key, nil, func(ctx context.Context, tx *audit.Tx, b *PayBatch, ls []payLine) error {
		if err := recheck(b, ls); err != nil {
			return err
		}
		cases := make([]string, 0, len(ls))
		for _, l := range ls {
			cases = append(cases, l.CaseID)
		}
		as, err := listActors(ctx, tx, cases)
		if err != nil {
			return err
		}
		for _, a := range as {
			if err := who.NotEarlier("relief.sign_own_case", a.PersonID); err != nil {
				return err
			}
		}
		var ids []string
		var es []ledger.Entry
		for _, l := range ls {
			if l.AwardState == AwardReserved { // a new attempt after a failure is committed already
				ids = append(ids, l.AwardID)
				es = append(es, ledger.Entry{Kind: ledger.Commit, Ref: "award/" + l.AwardID, Fund: l.Fund, Amount: l.Amount, Day: tx.Today()})
			}
		}
		n, err := turnAwards(ctx, tx, ids, AwardReserved, AwardCommitted, false)
		if err := all(n, len(ids), err); err != nil {
			return err
		}
		_, err = s.books.Post(ctx, tx, es...)
		return err
	})
}

// Release hands a signed batch to the bank: its lines are sent and the hash of its file is stored before anybody can download it.
func (s *Relief) Release(ctx context.Context, who access.Actor, id, key string) error {
	return s.onBatch(ctx, who, id, "release", key, nil, func(ctx context.Context, tx *audit.Tx, b *PayBatch, ls []payLine) error {
		content, err := s.bankFile(b, ls)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		b.FileName, b.FileHash = b.Number+".csv", hex.EncodeToString(sum[:])
		tx.Public("sha256", b.FileHash)
		n, err := turnPayments(ctx, tx, b.ID, PayBatched, PaySent, tx.Now)
		return all(n, len(ls), err)
	})
}

// recheck looks at every line again: the case still approved, the award payable, the account unchanged, the sum right.
func recheck(b *PayBatch, ls []payLine) error {
	var sum money.Fen
	for _, l := range ls {
		sum += l.Amount
		if l.State != PayBatched || l.CaseState != Approved || l.AccountState != "current" || l.Held || l.AwardState != AwardReserved && l.AwardState != AwardCommitted {
			return fault.New(fault.Conflict, "relief.line_changed", l.Line)
		}
	}
	if len(ls) != b.Lines || sum != b.Total {
		return fault.New(fault.Conflict, "relief.sum_changed")
	}
	return nil
}

// all says Conflict unless every row was changed.
func all(n int64, want int, err error) error {
	if err == nil && n != int64(want) {
		return fault.New(fault.Conflict, "db.changed")
	}
	return err
}

// bankFile makes the file of a batch out of its lines; the same lines always give the same bytes.
func (s *Relief) bankFile(b *PayBatch, ls []payLine) ([]byte, error) {
	out := make([]bankLine, 0, len(ls))
	for _, l := range ls {
		name, err := s.open("people.name", l.PersonID, l.NameSealed)
		if err != nil {
			return nil, err
		}
		card, err := s.open("accounts.card", l.AccountID, l.CardSealed)
		if err != nil {
			return nil, err
		}
		out = append(out, bankLine{Line: l.Line, Name: name, Card: card, Bank: l.Bank, Amount: l.Amount, Number: l.Number, KindTitle: l.KindTitle})
	}
	return bankFile(b.Number, b.Total, out)
}

// Download opens the bank file of a released batch. The first download is free; a repeat needs another person who has allowed it,
// because a file that is loaded twice in the bank's portal pays twice.
func (s *Relief) Download(ctx context.Context, who access.Actor, id, key string) (name string, content []byte, err error) {
	act := audit.Act{Actor: who, Need: Bank, Verb: "relief.bank_file", Subject: id, Key: onceKey("bank_file", key), Input: id}
	err = s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		b, err := findBatch(ctx, tx, id)
		if err != nil {
			return err
		}
		if b.FileHash == "" {
			return fault.New(fault.Conflict, "relief.not_released")
		}
		ls, err := listLines(ctx, tx, id)
		if err != nil {
			return err
		}
		if content, err = s.bankFile(b, ls); err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		if hex.EncodeToString(sum[:]) != b.FileHash {
			return fault.New(fault.Internal, "relief.file_changed")
		}
		name = b.FileName
		tx.Public("batch", b.Number)
		tx.Public("sha256", b.FileHash)
		return s.useDownload(ctx, tx, who, id)
	})
	return name, content, err
}

func (s *Relief) useDownload(ctx context.Context, tx *audit.Tx, who access.Actor, id string) error {
	gs, err := listDownloads(ctx, tx, id)
	if err != nil {
		return err
	}
	if len(gs) == 0 {
		err := insertAny(ctx, tx, &Download{ID: newID(), BatchID: id, State: "used", AskedBy: who.ID, At: tx.Now})
		if fault.KindOf(db.Fault(err)) == fault.Conflict {
			return fault.New(fault.Conflict, "relief.file_again") // two pressed at once: one of them has the file
		}
		return err
	}
	for _, g := range gs {
		if g.State == "allowed" && g.AskedBy == who.ID {
			g.State = "used"
			return turnDownload(ctx, tx, &g, "allowed")
		}
	}
	return fault.New(fault.Conflict, "relief.file_again")
}

// AskFile asks for a repeated download.
func (s *Relief) AskFile(ctx context.Context, who access.Actor, id, reason, key string) error {
	act := audit.Act{Actor: who, Need: Bank, Verb: "relief.bank_ask", Subject: id, Key: onceKey("bank_ask", key), Input: []any{id, reason}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		if err := reasoned("reason", reason); err != nil {
			return err
		}
		b, err := findBatch(ctx, tx, id)
		if err != nil {
			return err
		}
		if b.FileHash == "" {
			return fault.New(fault.Conflict, "relief.not_released")
		}
		tx.Public("batch", b.Number)
		err = insertAny(ctx, tx, &Download{ID: newID(), BatchID: id, State: "asked", AskedBy: who.ID, Reason: reason, At: tx.Now})
		if fault.KindOf(db.Fault(err)) == fault.Conflict {
			return fault.New(fault.Conflict, "relief.file_asked")
		}
		return err
	})
}

// AllowFile lets somebody else download the bank file once more.
func (s *Relief) AllowFile(ctx context.Context, who access.Actor, id, key string) error {
	act := audit.Act{Actor: who, Need: BankCheck, Verb: "relief.bank_allow", Subject: id, Key: onceKey("bank_allow", key), Input: id}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		gs, err := listDownloads(ctx, tx, id)
		if err != nil {
			return err
		}
		for _, g := range gs {
			if g.State != "asked" {
				continue
			}
			if err := who.NotEarlier("relief.batch_same", g.AskedBy); err != nil {
				return err
			}
			g.State, g.AllowedBy = "allowed", who.ID
			tx.Public("asked_by", g.AskedBy)
			return turnDownload(ctx, tx, &g, "asked")
		}
		return fault.New(fault.Conflict, "relief.nobody_asked")
	})
}

// Batches lists batches, newest first.
func (s *Relief) Batches(ctx context.Context, before string, size int) (db.Page[PayBatch], error) {
	bs, err := listBatches(ctx, s.db, before, size+1)
	return db.Cut(bs, size, func(b PayBatch) string { return b.ID }), db.Fault(err)
}

// BatchSheet is everything that a batch's page shows, masked.
type BatchSheet struct {
	PayBatch
	Lines     []payLine
	Results   []BankResult
	Staged    *BankResult
	Outcome   map[int]ResultLine // of the staged result, by line
	Downloads []Download
	Papers    map[string]documents.Document // by payment
	Names     map[string]string
}

// BatchSheet gives a batch with all that belongs to it.
func (s *Relief) BatchSheet(ctx context.Context, id string) (*BatchSheet, error) {
	b, err := findBatch(ctx, s.db, id)
	if err != nil {
		return nil, db.Fault(err)
	}
	h := &BatchSheet{PayBatch: *b, Outcome: map[int]ResultLine{}, Papers: map[string]documents.Document{}}
	if h.Lines, err = listLines(ctx, s.db, id); err != nil {
		return nil, db.Fault(err)
	}
	if h.Results, err = listResults(ctx, s.db, id); err != nil {
		return nil, db.Fault(err)
	}
	if h.Downloads, err = listDownloads(ctx, s.db, id); err != nil {
		return nil, db.Fault(err)
	}
	ids := []string{b.Maker, b.Checker, b.Signatory, b.Releaser}
	for i, r := range h.Results {
		ids = append(ids, r.ImportedBy, r.ConfirmedBy)
		if r.State == "staged" {
			h.Staged = &h.Results[i]
		}
	}
	for _, g := range h.Downloads {
		ids = append(ids, g.AskedBy, g.AllowedBy)
	}
	if h.Staged != nil {
		ls, err := listResultLines(ctx, s.db, h.Staged.ID)
		if err != nil {
			return nil, db.Fault(err)
		}
		for _, l := range ls {
			h.Outcome[l.Line] = l
		}
	}
	var subjects []string
	for _, l := range h.Lines {
		subjects = append(subjects, "payment/"+l.ID)
	}
	ps, err := s.papers.Of(ctx, subjects...)
	if err != nil {
		return nil, err
	}
	for _, p := range ps {
		h.Papers[p.Subject] = p
	}
	h.Names, err = s.people(ctx, ids)
	return h, err
}
