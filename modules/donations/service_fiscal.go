package donations

import (
	"context"

	"care/modules/audit"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
)

// RecordFiscal keeps the numbers of the official receipt that the finance bureau's system issued for one of ours; another
// person checks them. The amounts must agree, and a receipt has one official receipt.
func (s *Gifts) RecordFiscal(ctx context.Context, who access.Actor, in FiscalIn, key string) error {
	act := audit.Act{Actor: who, Need: ReceiptPerm, Verb: "donations.fiscal_record", Subject: in.Receipt, Key: "donations.fiscal_record/" + key, Input: in}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error { return s.recordFiscal(ctx, tx, who, in, "") })
}

// maxFiscalRows bounds one file of official receipts.
const maxFiscalRows = 2000

// RecordFiscals keeps the official receipts of a file, all or none; the field names of a fault begin with the row's place.
func (s *Gifts) RecordFiscals(ctx context.Context, who access.Actor, ins []FiscalIn, key string) error {
	act := audit.Act{Actor: who, Need: ReceiptPerm, Verb: "donations.fiscal_import", Subject: "donations", Key: "donations.fiscal_import/" + key, Input: ins}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		if len(ins) == 0 || len(ins) > maxFiscalRows {
			return &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: []fault.Field{{Name: "text", Code: "donations.fiscal.rows", Args: []any{maxFiscalRows}}}}
		}
		for i, in := range ins {
			if err := s.recordFiscal(ctx, tx, who, in, place(i)); err != nil {
				return err
			}
		}
		tx.Public("rows", len(ins))
		return nil
	})
}

func (s *Gifts) recordFiscal(ctx context.Context, tx *audit.Tx, who access.Actor, in FiscalIn, at string) error {
	var c fault.Checks
	in.clean(tx.Today(), &c)
	if err := c.Err(); err != nil {
		return prefixed(err, at)
	}
	r, err := findReceipt(ctx, tx, "number", in.Receipt)
	if err != nil && fault.KindOf(db.Fault(err)) == fault.NotFound {
		c.Add("receipt", "donations.fiscal.unknown")
		return prefixed(c.Err(), at)
	}
	if err != nil {
		return err
	}
	c.Need(r.State == ReceiptValid, "receipt", "donations.receipt_ended")
	c.Need(r.Amount == in.Amount, "amount", "donations.fiscal.differs", r.Amount.Yuan())
	if err := c.Err(); err != nil {
		return prefixed(err, at)
	}
	f := &Fiscal{ID: newID(), Paper: r.Paper, Code: in.Code, Number: in.Number, CheckCode: in.CheckCode, Day: in.Day, Amount: in.Amount, State: fiscalRecorded,
		RecordedBy: who.ID, RecordedName: who.Name, RecordedAt: tx.Now}
	fresh, err := insertFiscal(ctx, tx, f)
	if err != nil {
		return err
	}
	c.Need(fresh, "number", "donations.fiscal.used")
	if at == "" {
		tx.Public("fiscal", in.Code+in.Number)
	}
	return prefixed(c.Err(), at)
}

// CheckFiscal confirms the numbers of an official receipt, or sends them back; who checks has not recorded them.
func (s *Gifts) CheckFiscal(ctx context.Context, who access.Actor, id string, good bool) error {
	act := audit.Act{Actor: who, Need: ReceiptCheckPerm, Verb: "donations.fiscal_check", Subject: id, Key: "donations.fiscal_check/" + id, Input: good}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		f, err := findFiscal(ctx, tx, id)
		if err != nil {
			return db.Fault(err)
		}
		if err := who.NotEarlier("donations.same_person", f.RecordedBy); err != nil {
			return err
		}
		f.State, f.DecidedBy, f.DecidedName, f.DecidedAt = fiscalRejected, who.ID, who.Name, &tx.Now
		if good {
			f.State = fiscalChecked
		}
		tx.Public("state", f.State)
		n, err := decideFiscal(ctx, tx, f)
		if err == nil && n != 1 {
			err = fault.New(fault.Conflict, "donations.fiscal.decided")
		}
		return err
	})
}

// RedFiscal notes the number of the official red-letter receipt that takes an official receipt back, after ours has ended.
func (s *Gifts) RedFiscal(ctx context.Context, who access.Actor, id, number string, day clock.Day) error {
	act := audit.Act{Actor: who, Need: ReceiptPerm, Verb: "donations.fiscal_red", Subject: id, Key: "donations.fiscal_red/" + id, Input: []any{number, day}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		number = upper(number)
		var c fault.Checks
		c.Need(fiscalNumber(number), "number", "donations.fiscal.number")
		c.Need(day != "" && day <= tx.Today(), "day", "donations.day")
		if err := c.Err(); err != nil {
			return err
		}
		f, err := findFiscal(ctx, tx, id)
		if err != nil {
			return db.Fault(err)
		}
		r, err := findReceipt(ctx, tx, "paper", f.Paper)
		if err != nil {
			return db.Fault(err)
		}
		if r.State == ReceiptValid {
			return fault.New(fault.Conflict, "donations.fiscal.valid")
		}
		f.RedNumber, f.RedOn = number, day
		tx.Public("red", f.RedNumber)
		n, err := redFiscal(ctx, tx, f)
		if err == nil && n != 1 {
			err = fault.New(fault.Conflict, "donations.fiscal.decided")
		}
		return err
	})
}
