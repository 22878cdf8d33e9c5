package ledger

import (
	"context"

	"github.com/uptrace/bun"

	"care/server/money"
)

func insertFund(ctx context.Context, db bun.IDB, f *Fund) error {
	_, err := db.NewInsert().Model(f).Exec(ctx)
	return err
}

func findFund(ctx context.Context, db bun.IDB, id string) (*Fund, error) {
	f := new(Fund)
	return f, db.NewSelect().Model(f).Where("f.id = ?", id).Scan(ctx)
}

func listFunds(ctx context.Context, db bun.IDB, ids []string) (fs []Fund, err error) {
	q := db.NewSelect().Model(&fs).Order("f.kind DESC", "f.code")
	if ids != nil {
		q = q.Where("f.id IN (?)", bun.List(ids))
	}
	return fs, q.Scan(ctx)
}

// changeFund moves money between the buckets of one open fund in the row itself: it never reads a balance first.
// No row is changed when a bucket would fall below zero or the fund is closed.
func changeFund(ctx context.Context, tx bun.IDB, id string, d delta) (int64, error) {
	res, err := tx.NewRaw(`UPDATE ledger_funds SET available = available + ?, reserved = reserved + ?, committed = committed + ?, disbursed = disbursed + ?
		WHERE id = ? AND closed_at IS NULL AND available + ? >= 0 AND reserved + ? >= 0 AND committed + ? >= 0 AND disbursed + ? >= 0`,
		d.available, d.reserved, d.committed, d.disbursed, id, d.available, d.reserved, d.committed, d.disbursed).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func closeFund(ctx context.Context, tx bun.IDB, f *Fund) (int64, error) {
	res, err := tx.NewRaw(`UPDATE ledger_funds SET closed_at = ? WHERE id = ? AND closed_at IS NULL AND available = 0 AND reserved = 0 AND committed = 0`, f.ClosedAt, f.ID).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func insertJournals(ctx context.Context, tx bun.IDB, js []Journal, ms []Move, ps []Posting) error {
	if _, err := tx.NewInsert().Model(&js).Exec(ctx); err != nil {
		return err
	}
	if _, err := tx.NewInsert().Model(&ms).Exec(ctx); err != nil {
		return err
	}
	if len(ps) == 0 {
		return nil
	}
	_, err := tx.NewInsert().Model(&ps).Exec(ctx)
	return err
}

type reversed struct {
	ID     string
	Kind   Kind
	Fund   string
	Amount money.Fen
}

func findJournals(ctx context.Context, db bun.IDB, ids []string) (map[string]reversed, error) {
	var rs []reversed
	err := db.NewSelect().TableExpr("ledger_journals AS j").Join("JOIN ledger_moves AS m ON m.journal = j.id").
		ColumnExpr("j.id, j.kind, m.fund, m.amount").Where("j.id IN (?)", bun.List(ids)).Scan(ctx, &rs)
	out := make(map[string]reversed, len(rs))
	for _, r := range rs {
		out[r.ID] = r
	}
	return out, err
}

func findJournal(ctx context.Context, db bun.IDB, kind Kind, ref string) (*Journal, error) {
	j := new(Journal)
	return j, db.NewSelect().Model(j).Where("j.kind = ? AND j.ref = ?", kind, ref).Scan(ctx)
}

// Line is one movement with its journal, for the pages of a fund.
type Line struct {
	ID           string
	Kind         Kind
	Ref          string
	Day          string
	Reason       string
	Source, Dest Bucket
	Amount       money.Fen
}

func listLines(ctx context.Context, db bun.IDB, fund, before string, limit int) (ls []Line, err error) {
	q := db.NewSelect().TableExpr("ledger_moves AS m").Join("JOIN ledger_journals AS j ON j.id = m.journal").
		ColumnExpr("m.id, j.kind, j.ref, j.day, j.reason, m.source, m.dest, m.amount").
		Where("m.fund = ?", fund).Order("m.id DESC").Limit(int64(limit))
	if before != "" {
		q = q.Where("m.id < ?", before)
	}
	return ls, q.Scan(ctx, &ls)
}

// Balance is what one account of the chart holds: debits and credits, fen.
type Balance struct {
	Code, Name, Kind string
	Debit, Credit    money.Fen
}

func trialBalance(ctx context.Context, db bun.IDB) (bs []Balance, err error) {
	err = db.NewRaw(`SELECT a.code, a.name, a.kind,
		coalesce((SELECT sum(p.amount) FROM ledger_postings AS p WHERE p.debit = a.code), 0) AS debit,
		coalesce((SELECT sum(p.amount) FROM ledger_postings AS p WHERE p.credit = a.code), 0) AS credit
		FROM ledger_accounts AS a ORDER BY a.code`).Scan(ctx, &bs)
	return bs, err
}

// sums is a fund beside the sum of its moves.
type sums struct {
	ID                                         string
	Code                                       string
	Available, Reserved, Committed, Disbursed  money.Fen
	MAvailable, MReserved, MCommitted, MDisbur money.Fen
}

func sumMoves(ctx context.Context, db bun.IDB) (ss []sums, err error) {
	err = db.NewRaw(`SELECT f.id, f.code, f.available, f.reserved, f.committed, f.disbursed,
		coalesce(sum(CASE WHEN m.dest = 'available' THEN m.amount WHEN m.source = 'available' THEN -m.amount ELSE 0 END), 0) AS m_available,
		coalesce(sum(CASE WHEN m.dest = 'reserved' THEN m.amount WHEN m.source = 'reserved' THEN -m.amount ELSE 0 END), 0) AS m_reserved,
		coalesce(sum(CASE WHEN m.dest = 'committed' THEN m.amount WHEN m.source = 'committed' THEN -m.amount ELSE 0 END), 0) AS m_committed,
		coalesce(sum(CASE WHEN m.dest = 'disbursed' THEN m.amount WHEN m.source = 'disbursed' THEN -m.amount ELSE 0 END), 0) AS m_disbur
		FROM ledger_funds AS f LEFT JOIN ledger_moves AS m ON m.fund = f.id GROUP BY f.id, f.code, f.available, f.reserved, f.committed, f.disbursed`).Scan(ctx, &ss)
	return ss, err
}

// countBad counts journals whose moves or postings do not fit their kind.
func countBad(ctx context.Context, db bun.IDB) (journals, bad, unbooked int64, err error) {
	err = db.NewRaw(`SELECT (SELECT count(*) FROM ledger_journals),
		(SELECT count(*) FROM ledger_journals AS j WHERE (SELECT count(*) FROM ledger_moves AS m WHERE m.journal = j.id) <> 1),
		(SELECT count(*) FROM ledger_moves AS m JOIN ledger_journals AS j ON j.id = m.journal
		 WHERE j.kind IN ('receive', 'refund', 'disburse', 'return', 'recover')
		 AND coalesce((SELECT sum(p.amount) FROM ledger_postings AS p WHERE p.journal = j.id), 0) <> m.amount)`).Scan(ctx, &journals, &bad, &unbooked)
	return journals, bad, unbooked, err
}
