package relief

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"care/server/access"
	"care/server/db"
	"care/server/money"
)

func findAward(ctx context.Context, db bun.IDB, id string) (*Award, error) {
	w := new(Award)
	return w, db.NewSelect().Model(w).Where("w.id = ?", id).Scan(ctx)
}

func awardOf(ctx context.Context, db bun.IDB, caseID string) (*Award, error) {
	w := new(Award)
	return w, db.NewSelect().Model(w).Where("w.case_id = ?", caseID).Scan(ctx)
}

func listAwards(ctx context.Context, db bun.IDB, ids []string) (ws []Award, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return ws, db.NewSelect().Model(&ws).Where("w.id IN (?)", bun.List(ids)).Order("w.id").Scan(ctx)
}

// turnAwards moves awards from one state to another, and counts them: all of them or the caller gives up.
func turnAwards(ctx context.Context, tx bun.IDB, ids []string, from, to AwardState, held bool) (int64, error) {
	if len(ids) == 0 {
		return 0, nil
	}
	res, err := tx.NewRaw("UPDATE relief_awards SET state = ?, held = ? WHERE id IN (?) AND state = ?", to, held, bun.List(ids), from).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Payable is an award that a batch may take.
type Payable struct {
	ID, CaseID, Number, NameMask, Place, KindTitle, Bank, CardMask, Fund string
	Amount                                                               money.Fen
	Attempts                                                             int
	At                                                                   time.Time
}

// listPayable lists awards that may be paid and are in no batch, oldest first.
func listPayable(ctx context.Context, d bun.IDB, in access.Area, ids []string, limit int) (ps []Payable, err error) {
	q := d.NewSelect().TableExpr("relief_awards AS w").Join("JOIN relief_cases AS c ON c.id = w.case_id").Join("JOIN relief_people AS p ON p.id = c.person_id").
		Join("JOIN relief_accounts AS b ON b.case_id = c.id AND b.state = 'current'").
		ColumnExpr("w.id, w.case_id, c.number, p.name_mask, c.place, c.kind_title, b.bank, b.card_mask, w.fund, w.amount, w.at").
		ColumnExpr("(SELECT count(*) FROM relief_payments AS y WHERE y.award_id = w.id) AS attempts").
		Where("w.state IN ('reserved', 'committed') AND NOT w.held AND c.state = 'approved' AND c.area_path LIKE ?", in.Path+"%").
		Where("NOT EXISTS (SELECT 1 FROM relief_payments AS y WHERE y.award_id = w.id AND y.state IN ('batched', 'sent', 'unknown', 'succeeded'))").
		Order("w.id").Limit(int64(limit))
	if ids != nil {
		q = q.Where("w.id IN (?)", bun.List(ids))
	}
	return ps, q.Scan(ctx, &ps)
}

func countPayable(ctx context.Context, d bun.IDB) (n int, err error) {
	return n, d.NewRaw(`SELECT count(*) FROM relief_awards AS w WHERE w.state IN ('reserved', 'committed') AND NOT w.held
		AND NOT EXISTS (SELECT 1 FROM relief_payments AS y WHERE y.award_id = w.id AND y.state IN ('batched', 'sent', 'unknown', 'succeeded'))`).Scan(ctx, &n)
}

func findBatch(ctx context.Context, db bun.IDB, id string) (*PayBatch, error) {
	b := new(PayBatch)
	return b, db.NewSelect().Model(b).Where("t.id = ?", id).Scan(ctx)
}

func findBatchNumber(ctx context.Context, db bun.IDB, number string) (*PayBatch, error) {
	b := new(PayBatch)
	return b, db.NewSelect().Model(b).Where("t.number = ?", number).Scan(ctx)
}

func updateBatch(ctx context.Context, tx bun.IDB, b *PayBatch, was BatchState) error {
	return db.One(tx.NewUpdate().Model(b).Column("state", "checker", "signatory", "releaser", "file_name", "file_hash", "since").Where("t.id = ? AND t.state = ?", b.ID, was).Exec(ctx))
}

func listBatches(ctx context.Context, db bun.IDB, before string, limit int) (bs []PayBatch, err error) {
	q := db.NewSelect().Model(&bs).Order("t.id DESC").Limit(int64(limit))
	if before != "" {
		q = q.Where("t.id < ?", before)
	}
	return bs, q.Scan(ctx)
}

func countBatches(ctx context.Context, d bun.IDB, sts []BatchState) (n int, err error) {
	if len(sts) == 0 {
		return 0, nil
	}
	return n, d.NewRaw("SELECT count(*) FROM relief_batches WHERE state IN (?)", bun.List(sts)).Scan(ctx, &n)
}

// payLine is a payment with what its pages, its file and its voucher need.
type payLine struct {
	Payment
	Number, KindTitle, Place, PersonID, NameMask, IdentityMask, NameSealed string
	CaseState                                                              State
	Bank, CardMask, CardSealed, AccountState                               string
	Fund                                                                   string
	AwardState                                                             AwardState
	Held                                                                   bool
}

func listLines(ctx context.Context, d bun.IDB, batch string) (ls []payLine, err error) {
	return ls, selectLines(d).Where("y.batch_id = ?", batch).Order("y.line").Scan(ctx, &ls)
}

func linesOfCase(ctx context.Context, d bun.IDB, caseID string) (ls []payLine, err error) {
	return ls, selectLines(d).Where("y.case_id = ?", caseID).Order("y.attempt").Scan(ctx, &ls)
}

func selectLines(d bun.IDB) *bun.SelectQuery {
	return d.NewSelect().TableExpr("relief_payments AS y").Join("JOIN relief_cases AS c ON c.id = y.case_id").Join("JOIN relief_people AS p ON p.id = c.person_id").
		Join("JOIN relief_accounts AS b ON b.id = y.account_id").Join("JOIN relief_awards AS w ON w.id = y.award_id").
		ColumnExpr("y.*").ColumnExpr("c.number, c.kind_title, c.place, c.person_id, c.state AS case_state, p.name_mask, p.identity_mask, p.name_sealed").
		ColumnExpr("b.bank, b.card_mask, b.card_sealed, b.state AS account_state, w.fund, w.state AS award_state, w.held")
}

// turnPayments moves all payments of a batch from one state to another.
func turnPayments(ctx context.Context, tx bun.IDB, batch string, from, to PayState, at time.Time) (int64, error) {
	res, err := tx.NewRaw("UPDATE relief_payments SET state = ?, since = ? WHERE batch_id = ? AND state = ?", to, at, batch, from).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func updatePayment(ctx context.Context, tx bun.IDB, y *Payment, was PayState) error {
	return db.One(tx.NewUpdate().Model(y).Column("state", "reason", "bank_ref", "paid_on", "voucher", "since").Where("y.id = ? AND y.state = ?", y.ID, was).Exec(ctx))
}

func findResult(ctx context.Context, db bun.IDB, id string) (*BankResult, error) {
	r := new(BankResult)
	return r, db.NewSelect().Model(r).Where("r.id = ?", id).Scan(ctx)
}

func resultByHash(ctx context.Context, db bun.IDB, hash string) (*BankResult, error) {
	r := new(BankResult)
	return r, db.NewSelect().Model(r).Where("r.file_hash = ? AND r.state <> 'refused'", hash).Scan(ctx)
}

func listResults(ctx context.Context, db bun.IDB, batch string) (rs []BankResult, err error) {
	return rs, db.NewSelect().Model(&rs).Where("r.batch_id = ?", batch).Order("r.id").Scan(ctx)
}

func listResultLines(ctx context.Context, db bun.IDB, id string) (ls []ResultLine, err error) {
	return ls, db.NewSelect().Model(&ls).Where("l.result_id = ?", id).Order("l.line").Scan(ctx)
}

func endResult(ctx context.Context, tx bun.IDB, r *BankResult) error {
	return db.One(tx.NewUpdate().Model(r).Column("state", "confirmed_by").Where("r.id = ? AND r.state = 'staged'", r.ID).Exec(ctx))
}

func listDownloads(ctx context.Context, db bun.IDB, batch string) (gs []Download, err error) {
	return gs, db.NewSelect().Model(&gs).Where("g.batch_id = ?", batch).Order("g.id").Scan(ctx)
}

func turnDownload(ctx context.Context, tx bun.IDB, g *Download, was string) error {
	return db.One(tx.NewUpdate().Model(g).Column("state", "allowed_by").Where("g.id = ? AND g.state = ?", g.ID, was).Exec(ctx))
}

func findRemedy(ctx context.Context, db bun.IDB, id string) (*Remedy, error) {
	m := new(Remedy)
	return m, db.NewSelect().Model(m).Where("m.id = ?", id).Scan(ctx)
}

func endRemedy(ctx context.Context, tx bun.IDB, m *Remedy) error {
	return db.One(tx.NewUpdate().Model(m).Column("state", "confirmed_by").Where("m.id = ? AND m.state = 'proposed'", m.ID).Exec(ctx))
}

// HeldRow is an award whose payment failed or came back, with what is proposed for it.
type HeldRow struct {
	ID, CaseID, Number, NameMask, Place, Bank, CardMask string
	Amount                                              money.Fen
	Payment                                             PayState
	Reason                                              string
	Since                                               time.Time
	Remedy, RemedyKind, ProposedBy, ReasonSealed        string
	NewBank, NewCardMask                                string
}

func listHeld(ctx context.Context, d bun.IDB, limit int) (hs []HeldRow, err error) {
	return hs, d.NewSelect().TableExpr("relief_awards AS w").Join("JOIN relief_cases AS c ON c.id = w.case_id").Join("JOIN relief_people AS p ON p.id = c.person_id").
		Join("JOIN relief_accounts AS b ON b.case_id = c.id AND b.state = 'current'").
		Join("JOIN relief_payments AS y ON y.award_id = w.id AND y.attempt = (SELECT max(z.attempt) FROM relief_payments AS z WHERE z.award_id = w.id)").
		Join("LEFT JOIN relief_remedies AS m ON m.award_id = w.id AND m.state = 'proposed'").
		Join("LEFT JOIN relief_accounts AS nb ON nb.case_id = c.id AND nb.state = 'proposed'").
		ColumnExpr("w.id, w.case_id, c.number, p.name_mask, c.place, b.bank, b.card_mask, w.amount, y.state AS payment, y.reason, y.since").
		ColumnExpr("coalesce(m.id, '') AS remedy, coalesce(m.kind, '') AS remedy_kind, coalesce(m.proposed_by, '') AS proposed_by, coalesce(m.reason_sealed, '') AS reason_sealed").
		ColumnExpr("coalesce(nb.bank, '') AS new_bank, coalesce(nb.card_mask, '') AS new_card_mask").
		Where("w.held").Order("y.since").Limit(int64(limit)).Scan(ctx, &hs)
}

func countHeld(ctx context.Context, d bun.IDB) (n int, err error) {
	return n, d.NewRaw("SELECT count(*) FROM relief_awards WHERE held").Scan(ctx, &n)
}
