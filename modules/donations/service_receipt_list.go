package donations

import (
	"context"

	"care/modules/documents"
	"care/server/access"
	"care/server/db"
	"care/server/money"
)

// Receipts lists receipts by number, the latest first, from before a number on.
func (s *Gifts) Receipts(ctx context.Context, f ReceiptFilter, before string, size int) (db.Page[receiptRow], error) {
	rs, err := listReceipts(ctx, s.db, f, before, size+1)
	return db.Cut(rs, size, func(r receiptRow) string { return r.Number }), db.Fault(err)
}

// ReceiptWork counts what waits at the receipts' desk.
func (s *Gifts) ReceiptWork(ctx context.Context) (ReceiptWork, error) {
	w, err := countReceiptWork(ctx, s.db)
	return w, db.Fault(err)
}

// ReceiptWhole is a receipt with all that happened to it.
type ReceiptWhole struct {
	Receipt
	Covers   []cover
	Public   string    // name of the payer as the public reads it
	Siblings []Receipt // others that it may be merged with
	Reissues []Reissue
	Fiscals  []Fiscal
	Document *documents.Document
	Instead  *Receipt // what stands in its place
}

// Open gives the request that waits for a decision, nil when there is none.
func (w *ReceiptWhole) Open() *Reissue {
	for i := range w.Reissues {
		if w.Reissues[i].State == asked {
			return &w.Reissues[i]
		}
	}
	return nil
}

// Fiscal gives the official receipt that counts or waits, nil when there is none.
func (w *ReceiptWhole) Fiscal() *Fiscal {
	for i := range w.Fiscals {
		if w.Fiscals[i].State != fiscalRejected {
			return &w.Fiscals[i]
		}
	}
	return nil
}

// Receipt gives one receipt by its paper.
func (s *Gifts) Receipt(ctx context.Context, paper string) (*ReceiptWhole, error) {
	r, err := findReceipt(ctx, s.db, "paper", paper)
	if err != nil {
		return nil, db.Fault(err)
	}
	w := &ReceiptWhole{Receipt: *r}
	if w.Covers, err = listCovers(ctx, s.db, []string{paper}); err != nil {
		return nil, db.Fault(err)
	}
	if len(w.Covers) > 0 {
		w.Public = w.Covers[0].Public
	}
	if w.Reissues, err = listReissuesOf(ctx, s.db, paper); err != nil {
		return nil, db.Fault(err)
	}
	if w.Fiscals, err = listFiscalsOf(ctx, s.db, paper); err != nil {
		return nil, db.Fault(err)
	}
	if r.State == ReceiptValid {
		rs, err := listSiblings(ctx, s.db, r, maxMerge)
		if err != nil {
			return nil, db.Fault(err)
		}
		for _, x := range rs {
			if x.Paper != paper {
				w.Siblings = append(w.Siblings, x)
			}
		}
	}
	if r.ReplacedBy != "" {
		if w.Instead, err = findReceipt(ctx, s.db, "paper", r.ReplacedBy); err != nil {
			return nil, db.Fault(err)
		}
	}
	w.Document, err = s.papers.Document(ctx, paper)
	return w, err
}

// ReissueWhole is a request for new receipts with the receipts that it would end.
type ReissueWhole struct {
	Reissue
	Olds    []Receipt
	Covers  []cover
	Payer   string // the new name of Retitle, in full: who decides must read it
	PayerNo string // its number, masked
}

// Reissue gives a request. The new name of a corrected receipt is read in full, which leaves an entry in the record.
func (s *Gifts) Reissue(ctx context.Context, who access.Actor, id string) (*ReissueWhole, error) {
	x, err := findReissue(ctx, s.db, id)
	if err != nil {
		return nil, db.Fault(err)
	}
	w := &ReissueWhole{Reissue: *x}
	if w.Olds, err = listReissuePapers(ctx, s.db, id); err != nil {
		return nil, db.Fault(err)
	}
	ids := make([]string, 0, len(w.Olds))
	for _, r := range w.Olds {
		ids = append(ids, r.Paper)
	}
	if w.Covers, err = listCovers(ctx, s.db, ids); err != nil {
		return nil, db.Fault(err)
	}
	if x.Kind != Retitle || !who.Can(ReceiptCheckPerm) {
		return w, nil
	}
	if err := s.trail.Saw(ctx, who, ReceiptCheckPerm, x.ID, "payer", "receipt"); err != nil {
		return nil, err
	}
	w.Payer, w.PayerNo, err = s.nameOfReissue(ctx, nil, x, &w.Olds[0], &w.Covers[0])
	return w, err
}

// ReceiptYear is the proof of a year of receipts: no number is missing, and what valid receipts say is what came.
type ReceiptYear struct {
	YearOfReceipts
	Last   int64 // highest number given
	Papers int64 // receipts and red-letter receipts that bear one
	Holes  []documents.Hole
}

// ReceiptTotals compares all valid receipts with all gifts that count, fen.
type ReceiptTotals struct{ Receipts, Gifts money.Fen }

// Sound tells whether the year is without fault.
func (y *ReceiptYear) Sound() bool {
	return len(y.Holes) == 0 && y.Papers == y.Last && y.Sum == y.Income
}

// ReceiptYears proves each year's receipts (断号与金额核对), the latest first.
func (s *Gifts) ReceiptYears(ctx context.Context) ([]ReceiptYear, ReceiptTotals, error) {
	t, err := sumReceipts(ctx, s.db)
	if err != nil {
		return nil, t, db.Fault(err)
	}
	ser, err := s.papers.Series(ctx, documents.Receipts)
	if err != nil {
		return nil, t, err
	}
	ys, err := listYears(ctx, s.db)
	if err != nil {
		return nil, t, db.Fault(err)
	}
	out := make([]ReceiptYear, 0, len(ser))
	for _, x := range ser {
		y := ReceiptYear{YearOfReceipts: YearOfReceipts{Year: x.Year}, Last: x.Last, Papers: x.Papers, Holes: x.Holes}
		for _, z := range ys {
			if z.Year == x.Year {
				y.YearOfReceipts = z
			}
		}
		out = append(out, y)
	}
	return out, t, nil
}

// sumOf adds up receipts.
func sumOf(rs []Receipt) (sum money.Fen) {
	for _, r := range rs {
		sum += r.Amount
	}
	return sum
}

// Reissues lists the requests that wait, the oldest first, and the decided ones, the latest first.
func (s *Gifts) Reissues(ctx context.Context, size int) (open, past []reissueRow, err error) {
	if open, err = listReissues(ctx, s.db, true, size); err != nil {
		return nil, nil, db.Fault(err)
	}
	past, err = listReissues(ctx, s.db, false, size)
	return open, past, db.Fault(err)
}

// FiscalsWaiting lists the official receipts that wait for the second person, the oldest first.
func (s *Gifts) FiscalsWaiting(ctx context.Context, size int) ([]fiscalRow, error) {
	fs, err := listFiscals(ctx, s.db, fiscalRecorded, size)
	return fs, db.Fault(err)
}

// FiscalOf gives an official receipt and the receipt that it belongs to.
func (s *Gifts) FiscalOf(ctx context.Context, id string) (*Fiscal, *Receipt, error) {
	f, err := findFiscal(ctx, s.db, id)
	if err != nil {
		return nil, nil, db.Fault(err)
	}
	r, err := findReceipt(ctx, s.db, "paper", f.Paper)
	return f, r, db.Fault(err)
}

// ReissueOpen tells whether a receipt waits for a decision.
func (s *Gifts) ReissueOpen(ctx context.Context, paper string) (bool, error) {
	is, err := hasOpenReissue(ctx, s.db, paper)
	return is, db.Fault(err)
}
