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
	if len(ms) > 0 {
		if _, err := tx.NewInsert().Model(&ms).Exec(ctx); err != nil {
			return err
		}
	}
	if len(ps) == 0 {
		return nil
	}
	_, err := tx.NewInsert().Model(&ps).Exec(ctx)
	return err
}

// reversed is a journal that is to be taken back.
type reversed struct {
	ID            string
	Kind          Kind
	Class         string
	Fund          string
	Debit, Credit string
	Amount        money.Fen
}

func findJournals(ctx context.Context, db bun.IDB, ids []string) (map[string]reversed, error) {
	var rs []reversed
	err := db.NewSelect().TableExpr("ledger_journals AS j").Join("LEFT JOIN ledger_moves AS m ON m.journal = j.id").Join("LEFT JOIN ledger_postings AS p ON p.journal = j.id").
		ColumnExpr("j.id, j.kind, j.class, coalesce(m.fund, p.fund, '') AS fund, coalesce(p.debit, '') AS debit, coalesce(p.credit, '') AS credit, coalesce(m.amount, p.amount, 0) AS amount").
		Where("j.id IN (?)", bun.List(ids)).Scan(ctx, &rs)
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

func countJournals(ctx context.Context, db bun.IDB) (n int64, err error) {
	return n, db.NewRaw("SELECT count(*) FROM ledger_journals").Scan(ctx, &n)
}

// countBad counts the journals of one kind whose move or accounting entry is not what the kind says.
func countBad(ctx context.Context, db bun.IDB, k Kind, r rule) (n int64, err error) {
	moves, postings := 0, 0
	if r.moves() {
		moves = 1
	}
	if r.debit != "" {
		postings = 1
	}
	return n, db.NewRaw(`SELECT count(*) FROM ledger_journals AS j WHERE j.kind = ? AND NOT (
		(SELECT count(*) FROM ledger_moves AS m WHERE m.journal = j.id AND m.source = ? AND m.dest = ?) = ?
		AND (SELECT count(*) FROM ledger_moves AS m WHERE m.journal = j.id) = ?
		AND (SELECT count(*) FROM ledger_postings AS p WHERE p.journal = j.id) = ?
		AND (? = 0 OR ? = 0 OR EXISTS (SELECT 1 FROM ledger_moves AS m JOIN ledger_postings AS p ON p.journal = m.journal WHERE m.journal = j.id AND p.amount = m.amount AND p.fund = m.fund)))`,
		k, r.from, r.to, moves, moves, postings, moves, postings).Scan(ctx, &n)
}

// sumStock gives the value of goods taken in less goods given out.
func sumStock(ctx context.Context, db bun.IDB) (sum money.Fen, err error) {
	return sum, db.NewRaw(`SELECT coalesce(sum(CASE WHEN j.kind = 'stock_in' OR o.kind = 'stock_out' THEN p.amount ELSE -p.amount END), 0)
		FROM ledger_journals AS j JOIN ledger_postings AS p ON p.journal = j.id LEFT JOIN ledger_journals AS o ON o.id = j.reverses
		WHERE j.kind IN ('stock_in', 'stock_out', 'stock_back')`).Scan(ctx, &sum)
}
