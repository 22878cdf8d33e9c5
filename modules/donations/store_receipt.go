package donations

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/money"
)

func insertReceipts(ctx context.Context, tx bun.IDB, rs []Receipt, ls []ReceiptLine) error {
	if _, err := tx.NewInsert().Model(&rs).Exec(ctx); err != nil {
		return err
	}
	_, err := tx.NewInsert().Model(&ls).Exec(ctx)
	return err
}

func findReceipt(ctx context.Context, db bun.IDB, column, value string) (*Receipt, error) {
	r := new(Receipt)
	return r, db.NewSelect().Model(r).Where("? = ?", bun.Ident("p."+column), value).Scan(ctx)
}

// findLiveReceipt finds the valid receipt of a gift.
func findLiveReceipt(ctx context.Context, db bun.IDB, gift string) (*Receipt, error) {
	r := new(Receipt)
	return r, db.NewSelect().Model(r).Join("JOIN donations_receipt_lines AS l ON l.paper = p.paper AND l.live").Where("l.gift = ?", gift).Scan(ctx)
}

// listReceiptsOf lists all receipts that a gift has been on, the oldest first.
func listReceiptsOf(ctx context.Context, db bun.IDB, gift string) (rs []Receipt, err error) {
	return rs, db.NewSelect().Model(&rs).Where("p.paper IN (SELECT paper FROM donations_receipt_lines WHERE gift = ?)", gift).Order("p.made_at", "p.number").Scan(ctx)
}

// endReceipt ends a valid receipt and the cover that it gave; it says whether there was one.
func endReceipt(ctx context.Context, tx bun.IDB, r *Receipt) (int64, error) {
	n, err := affected(tx.NewRaw(`UPDATE donations_receipts SET state = ?, ended_at = ?, reason = ?, red = ? WHERE paper = ? AND state = 'valid'`,
		r.State, r.EndedAt, r.Reason, r.Red, r.Paper).Exec(ctx))
	if err != nil || n != 1 {
		return n, err
	}
	_, err = tx.NewRaw(`UPDATE donations_receipt_lines SET live = ? WHERE paper = ?`, false, r.Paper).Exec(ctx)
	return n, err
}

func replaceReceipt(ctx context.Context, tx bun.IDB, old, by string) error {
	_, err := tx.NewRaw(`UPDATE donations_receipts SET replaced_by = ? WHERE paper = ?`, by, old).Exec(ctx)
	return err
}

// numberGift writes the number of the receipt that now covers a gift.
func numberGift(ctx context.Context, tx bun.IDB, gift, number string) error {
	_, err := tx.NewRaw(`UPDATE donations_gifts SET number = ? WHERE id = ?`, number, gift).Exec(ctx)
	return err
}

// cover is a gift on a receipt with what a new receipt prints of it.
type cover struct {
	Paper   string
	Gift    string
	Amount  money.Fen
	Day     clock.Day
	Method  string
	Channel string
	Handler string
	Donor   string
	Shown   string
	Public  string
	Name    string // sealed
	IDNo    string `bun:"idno"` // sealed
	Waived  bool
	Source  string
	Email   string // sealed
	Fund    string
	Index   string `bun:"name_index"` // blind index of the name
	Camp    string // id of the campaign
	Project string
}

// listCovers lists the gifts of receipts, live or not, in the order of their days.
func listCovers(ctx context.Context, db bun.IDB, papers []string) (cs []cover, err error) {
	err = db.NewSelect().TableExpr("donations_receipt_lines AS l").Join("JOIN donations_gifts AS g ON g.id = l.gift").
		Join("JOIN donations_arrivals AS a ON a.gift = g.id AND a.state = 'confirmed'").Join("LEFT JOIN donations_campaigns AS c ON c.id = g.campaign").
		ColumnExpr(`l.paper, l.gift, l.amount, a.day, a.method, a.channel, a.recorded_name AS handler, g.donor, g.shown, g.public_name AS public, g.name, g.idno, g.waived, g.source,
			g.email, g.fund, g.name_index, coalesce(g.campaign, '') AS camp, coalesce(c.title, '') AS project`).
		Where("l.paper IN (?)", bun.List(papers)).OrderExpr("a.day, l.gift").Scan(ctx, &cs)
	return cs, err
}

// listSiblings lists the valid receipts that may be merged with one, itself among them: see Receipt.likens.
func listSiblings(ctx context.Context, db bun.IDB, r *Receipt, limit int) (rs []Receipt, err error) {
	return rs, db.NewSelect().Model(&rs).Where("p.payer_index = ? AND p.fund = ? AND p.year = ? AND p.state = 'valid'", r.PayerIndex, r.Fund, r.Year).
		Where("coalesce(p.campaign, '') = ? AND p.disposition = ?", r.Campaign, r.Disposition).Order("p.number").Limit(int64(limit)).Scan(ctx)
}

// ReceiptFilter narrows the list of receipts; empty fields do not narrow.
type ReceiptFilter struct {
	Number string
	// Show is one of: valid, void, reversed; pending (to be handed over), kept, nofiscal (no official receipt yet),
	// tored (its official receipt must be taken back), asked (waits for a decision).
	Show string
	Year int64
}

// receiptRow is a receipt in a list.
type receiptRow struct {
	Receipt
	Public string // public name of its payer
	Title  string // of its campaign, "" for the general fund
	Gifts  int
	Fiscal string // number of the official receipt
	FState string
}

func listReceipts(ctx context.Context, db bun.IDB, f ReceiptFilter, before string, limit int) (rs []receiptRow, err error) {
	q := db.NewSelect().TableExpr("donations_receipts AS p").Join("LEFT JOIN donations_fiscals AS f ON f.paper = p.paper AND f.state <> 'rejected'").
		Join("LEFT JOIN donations_campaigns AS c ON c.id = p.campaign").ColumnExpr(`p.*, coalesce(c.title, '') AS title, (SELECT min(g.public_name) FROM donations_receipt_lines AS l JOIN donations_gifts AS g ON g.id = l.gift WHERE l.paper = p.paper) AS public,
			(SELECT count(*) FROM donations_receipt_lines AS l WHERE l.paper = p.paper) AS gifts, coalesce(f.number, '') AS fiscal, coalesce(f.state, '') AS f_state`).
		OrderExpr("p.number DESC").Limit(int64(limit))
	if f.Number != "" {
		q = q.Where("p.number = ?", f.Number)
	}
	if f.Year != 0 {
		q = q.Where("p.year = ?", f.Year)
	}
	if before != "" {
		q = q.Where("p.number < ?", before)
	}
	switch f.Show {
	case ReceiptValid, ReceiptVoid, ReceiptReversed:
		q = q.Where("p.state = ?", f.Show)
	case "pending":
		q = q.Where("p.state = 'valid' AND p.disposition = 'deliver' AND p.delivered_how = ''")
	case "kept":
		q = q.Where("p.state = 'valid' AND p.disposition <> 'deliver'")
	case "nofiscal":
		q = q.Where("p.state = 'valid' AND f.id IS NULL")
	case "tored":
		q = q.Where("p.state <> 'valid' AND f.state IN ('recorded', 'checked')")
	case "asked":
		q = q.Where("p.paper IN (SELECT paper FROM donations_reissue_papers WHERE open)")
	}
	return rs, q.Scan(ctx, &rs)
}

// ReceiptWork is what waits at the receipts' desk.
type ReceiptWork struct {
	Reissues int // requests to decide
	Fiscals  int // official receipts to check
	Pending  int // receipts to hand over
	ToRed    int // official receipts to take back, since ours has ended
}

func countReceiptWork(ctx context.Context, db bun.IDB) (w ReceiptWork, err error) {
	err = db.NewRaw(`SELECT (SELECT count(*) FROM donations_reissues WHERE state = 'asked') AS reissues, (SELECT count(*) FROM donations_fiscals WHERE state = 'recorded') AS fiscals,
		(SELECT count(*) FROM donations_receipts WHERE state = 'valid' AND disposition = 'deliver' AND delivered_how = '') AS pending,
		(SELECT count(*) FROM donations_fiscals AS f JOIN donations_receipts AS p ON p.paper = f.paper WHERE f.state IN ('recorded', 'checked') AND p.state <> 'valid') AS to_red`).Scan(ctx, &w)
	return w, err
}

func deliverReceipt(ctx context.Context, tx bun.IDB, paper, how string, at time.Time) (int64, error) {
	return affected(tx.NewRaw(`UPDATE donations_receipts SET disposition = CASE WHEN disposition = 'anonymous' THEN disposition ELSE 'deliver' END, delivered_how = ?, delivered_at = ? WHERE paper = ? AND state = 'valid' AND delivered_how = ''`, how, at, paper).Exec(ctx))
}

func countReprint(ctx context.Context, tx bun.IDB, paper string) (n int64, err error) {
	return n, tx.NewRaw(`UPDATE donations_receipts SET reprints = reprints + 1 WHERE paper = ? RETURNING reprints`, paper).Scan(ctx, &n)
}

type reissuePaper struct {
	bun.BaseModel `bun:"table:donations_reissue_papers"`
	Reissue       string `bun:",pk"`
	Paper         string `bun:",pk"`
	Open          bool
}

// insertReissue stores a request; false says that one of its receipts waits for another decision already.
func insertReissue(ctx context.Context, tx bun.IDB, x *Reissue, papers []string) (bool, error) {
	if _, err := tx.NewInsert().Model(x).Exec(ctx); err != nil {
		return false, err
	}
	rows := make([]reissuePaper, 0, len(papers))
	for _, p := range papers {
		rows = append(rows, reissuePaper{Reissue: x.ID, Paper: p, Open: true})
	}
	n, err := affected(tx.NewInsert().Model(&rows).On("CONFLICT (paper) WHERE open DO NOTHING").Exec(ctx))
	return n == int64(len(papers)), err
}

// reissueRow is a request in a list.
type reissueRow struct {
	Reissue
	Papers int
	Number string // of its first receipt
}

// listReissues lists the open requests, the oldest first, or the decided ones, the latest first.
func listReissues(ctx context.Context, db bun.IDB, open bool, limit int) (xs []reissueRow, err error) {
	q := db.NewSelect().TableExpr("donations_reissues AS x").ColumnExpr(`x.*, (SELECT count(*) FROM donations_reissue_papers AS o WHERE o.reissue = x.id) AS papers,
		(SELECT min(p.number) FROM donations_reissue_papers AS o JOIN donations_receipts AS p ON p.paper = o.paper WHERE o.reissue = x.id) AS number`).Limit(int64(limit))
	if open {
		q = q.Where("x.state = 'asked'").OrderExpr("x.id")
	} else {
		q = q.Where("x.state <> 'asked'").OrderExpr("x.id DESC")
	}
	return xs, q.Scan(ctx, &xs)
}

// fiscalRow is an official receipt in a list, with the number of ours.
type fiscalRow struct {
	Fiscal
	Receipt string
	Ours    string // state of ours
}

// listFiscals lists official receipts of a state, the oldest first.
func listFiscals(ctx context.Context, db bun.IDB, state string, limit int) (fs []fiscalRow, err error) {
	return fs, db.NewSelect().TableExpr("donations_fiscals AS f").Join("JOIN donations_receipts AS p ON p.paper = f.paper").ColumnExpr("f.*, p.number AS receipt, p.state AS ours").
		Where("f.state = ?", state).OrderExpr("f.id").Limit(int64(limit)).Scan(ctx, &fs)
}

func hasOpenReissue(ctx context.Context, db bun.IDB, paper string) (bool, error) {
	return db.NewSelect().Model((*reissuePaper)(nil)).Where("paper = ? AND open", paper).Exists(ctx)
}

func findReissue(ctx context.Context, db bun.IDB, id string) (*Reissue, error) {
	x := new(Reissue)
	return x, db.NewSelect().Model(x).Where("x.id = ?", id).Scan(ctx)
}

func listReissuesOf(ctx context.Context, db bun.IDB, paper string) (xs []Reissue, err error) {
	return xs, db.NewSelect().Model(&xs).Where("x.id IN (SELECT reissue FROM donations_reissue_papers WHERE paper = ?)", paper).Order("x.id").Scan(ctx)
}

func listReissuePapers(ctx context.Context, db bun.IDB, reissue string) (rs []Receipt, err error) {
	return rs, db.NewSelect().Model(&rs).Where("p.paper IN (SELECT paper FROM donations_reissue_papers WHERE reissue = ?)", reissue).Order("p.number").Scan(ctx)
}

func decideReissue(ctx context.Context, tx bun.IDB, x *Reissue) (int64, error) {
	n, err := affected(tx.NewRaw(`UPDATE donations_reissues SET state = ?, decided_by = ?, decided_name = ?, decided_at = ?, remark = ? WHERE id = ? AND state = 'asked'`,
		x.State, x.DecidedBy, x.DecidedName, x.DecidedAt, x.Remark, x.ID).Exec(ctx))
	if err != nil || n != 1 {
		return n, err
	}
	_, err = tx.NewRaw(`UPDATE donations_reissue_papers SET open = ? WHERE reissue = ?`, false, x.ID).Exec(ctx)
	return n, err
}

// insertFiscal stores an official receipt; false says that its number, or one for this receipt, is there already.
func insertFiscal(ctx context.Context, tx bun.IDB, f *Fiscal) (bool, error) {
	n, err := affected(tx.NewInsert().Model(f).On("CONFLICT DO NOTHING").Exec(ctx))
	return n == 1, err
}

func findFiscal(ctx context.Context, db bun.IDB, id string) (*Fiscal, error) {
	f := new(Fiscal)
	return f, db.NewSelect().Model(f).Where("f.id = ?", id).Scan(ctx)
}

func listFiscalsOf(ctx context.Context, db bun.IDB, paper string) (fs []Fiscal, err error) {
	return fs, db.NewSelect().Model(&fs).Where("f.paper = ?", paper).Order("f.id").Scan(ctx)
}

func decideFiscal(ctx context.Context, tx bun.IDB, f *Fiscal) (int64, error) {
	return affected(tx.NewRaw(`UPDATE donations_fiscals SET state = ?, decided_by = ?, decided_name = ?, decided_at = ? WHERE id = ? AND state = 'recorded'`,
		f.State, f.DecidedBy, f.DecidedName, f.DecidedAt, f.ID).Exec(ctx))
}

func redFiscal(ctx context.Context, tx bun.IDB, f *Fiscal) (int64, error) {
	return affected(tx.NewRaw(`UPDATE donations_fiscals SET state = 'reversed', red_number = ?, red_on = ? WHERE id = ? AND state = 'checked'`, f.RedNumber, f.RedOn, f.ID).Exec(ctx))
}

// YearOfReceipts is the proof of one year's receipts: numbers and sums.
type YearOfReceipts struct {
	Year                  int64
	Valid, Void, Reversed int64
	Sum                   money.Fen // of valid receipts
	Income                money.Fen // of gifts that a valid receipt covers
}

func listYears(ctx context.Context, db bun.IDB) (ys []YearOfReceipts, err error) {
	err = db.NewRaw(`SELECT p.year, sum(CASE WHEN p.state = 'valid' THEN 1 ELSE 0 END) AS valid, sum(CASE WHEN p.state = 'void' THEN 1 ELSE 0 END) AS void,
		sum(CASE WHEN p.state = 'reversed' THEN 1 ELSE 0 END) AS reversed, coalesce(sum(CASE WHEN p.state = 'valid' THEN p.amount END), 0) AS sum,
		coalesce((SELECT sum(g.amount) FROM donations_receipt_lines AS l JOIN donations_gifts AS g ON g.id = l.gift JOIN donations_receipts AS q ON q.paper = l.paper WHERE l.live AND q.year = p.year), 0) AS income
		FROM donations_receipts AS p GROUP BY p.year ORDER BY p.year DESC`).Scan(ctx, &ys)
	return ys, err
}

func sumReceipts(ctx context.Context, db bun.IDB) (t ReceiptTotals, err error) {
	return t, db.NewRaw(`SELECT coalesce((SELECT sum(amount) FROM donations_receipts WHERE state = 'valid'), 0) AS receipts,
		coalesce((SELECT sum(amount) FROM donations_gifts WHERE state IN ('received', 'refunding')), 0) AS gifts`).Scan(ctx, &t)
}
