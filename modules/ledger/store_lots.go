package ledger

import (
	"context"

	"github.com/uptrace/bun"

	"care/server/money"
)

// many is how many rows one statement reads or writes.
const many = 500

func insertLots(ctx context.Context, tx bun.IDB, ls []Lot) error {
	_, err := tx.NewInsert().Model(&ls).Exec(ctx)
	return err
}

// openLots lists the lots of a fund of which something is left, oldest first.
func openLots(ctx context.Context, tx bun.IDB, fund, after string, limit int) (ls []Lot, err error) {
	err = tx.NewSelect().Model(&ls).Where("l.fund = ? AND l.rest > 0 AND l.journal > ?", fund, after).Order("l.journal").Limit(int64(limit)).Scan(ctx)
	return ls, err
}

// emptyLots takes all that is left of lots.
func emptyLots(ctx context.Context, tx bun.IDB, ids []string) error {
	_, err := tx.NewRaw("UPDATE ledger_lots SET rest = 0 WHERE journal IN (?)", bun.List(ids)).Exec(ctx)
	return err
}

// addLot changes what is left of a lot.
func addLot(ctx context.Context, tx bun.IDB, id string, by money.Fen) error {
	_, err := tx.NewRaw("UPDATE ledger_lots SET rest = rest + ? WHERE journal = ?", by, id).Exec(ctx)
	return err
}

// endLot takes a lot that is whole.
func endLot(ctx context.Context, tx bun.IDB, id string) (int64, error) {
	res, err := tx.NewRaw("UPDATE ledger_lots SET rest = 0 WHERE journal = ? AND rest = amount", id).Exec(ctx)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func insertUses(ctx context.Context, tx bun.IDB, us []used) error {
	_, err := tx.NewInsert().Model(&us).Exec(ctx)
	return err
}

// giveAllBack gives back all that a journal used and that nobody gave back before, and tells how much that was.
func giveAllBack(ctx context.Context, tx bun.IDB, journal, by string) (n money.Fen, err error) {
	if err := tx.NewRaw("SELECT coalesce(sum(amount - back), 0) FROM ledger_uses WHERE journal = ?", journal).Scan(ctx, &n); err != nil {
		return 0, err
	}
	if _, err := tx.NewRaw("INSERT INTO ledger_backs (journal, used, lot, amount) SELECT ?, journal, lot, amount - back FROM ledger_uses WHERE journal = ? AND back < amount", by, journal).Exec(ctx); err != nil {
		return 0, err
	}
	if _, err := tx.NewRaw(`UPDATE ledger_lots SET rest = rest + (SELECT u.amount - u.back FROM ledger_uses AS u WHERE u.journal = ? AND u.lot = ledger_lots.journal)
		WHERE journal IN (SELECT u.lot FROM ledger_uses AS u WHERE u.journal = ? AND u.back < u.amount)`, journal, journal).Exec(ctx); err != nil {
		return 0, err
	}
	_, err = tx.NewRaw("UPDATE ledger_uses SET back = amount WHERE journal = ? AND back < amount", journal).Exec(ctx)
	return n, err
}

// lastUses lists what a fund used and has not been given back, the last use first.
func lastUses(ctx context.Context, tx bun.IDB, fund string, limit int) (us []used, err error) {
	err = tx.NewSelect().Model(&us).Where("u.fund = ? AND u.back < u.amount", fund).
		Where("EXISTS (SELECT 1 FROM ledger_journals AS j WHERE j.id = u.journal AND j.kind IN (?, ?))", Disburse, Spend).
		Order("u.journal DESC", "u.lot DESC").Limit(int64(limit)).Scan(ctx)
	return us, err
}

func giveBack(ctx context.Context, tx bun.IDB, g given) error {
	if _, err := tx.NewRaw("UPDATE ledger_uses SET back = back + ? WHERE journal = ? AND lot = ?", g.Amount, g.Used, g.Lot).Exec(ctx); err != nil {
		return err
	}
	if _, err := tx.NewInsert().Model(&g).Exec(ctx); err != nil {
		return err
	}
	return addLot(ctx, tx, g.Lot, g.Amount)
}

func traceRef(ctx context.Context, db bun.IDB, refs []string) (us []traced, err error) {
	err = db.NewRaw(`SELECT i.ref AS gift, j.kind, j.ref, j.class, j.day, u.amount - u.back AS amount
		FROM ledger_journals AS i JOIN ledger_uses AS u ON u.lot = i.id JOIN ledger_journals AS j ON j.id = u.journal
		WHERE i.kind = ? AND i.ref IN (?) AND u.back < u.amount ORDER BY i.ref, j.id`, Receive, bun.List(refs)).Scan(ctx, &us)
	return us, err
}

type traced struct {
	Gift string
	Use
}

func countSources(ctx context.Context, db bun.IDB, ref string) (n int, err error) {
	return n, db.NewRaw(`SELECT count(DISTINCT u.lot) FROM ledger_journals AS j JOIN ledger_uses AS u ON u.journal = j.id
		WHERE j.ref = ? AND j.kind IN (?, ?) AND u.back < u.amount`, ref, Disburse, Spend).Scan(ctx, &n)
}

// countBadLots counts what the lots have against the rest of the books: incomes without their lot, lots and uses that are
// not the sum of their parts, outlays, refunds and give-backs that do not use or give what they moved, and funds whose
// lots hold something else than the fund.
func countBadLots(ctx context.Context, db bun.IDB) (incomes, lots, uses, journals, funds int64, err error) {
	err = db.NewRaw(`SELECT
		(SELECT count(*) FROM ledger_journals AS j JOIN ledger_moves AS m ON m.journal = j.id LEFT JOIN ledger_lots AS l ON l.journal = j.id
		 WHERE (j.kind = 'receive') <> (l.journal IS NOT NULL) OR l.amount <> m.amount OR l.fund <> m.fund),
		(SELECT count(*) FROM ledger_lots AS l LEFT JOIN (SELECT u.lot, sum(u.amount - u.back) AS net FROM ledger_uses AS u GROUP BY u.lot) AS s ON s.lot = l.journal
		 WHERE l.rest <> l.amount - coalesce(s.net, 0)),
		(SELECT count(*) FROM ledger_uses AS u LEFT JOIN (SELECT b.used, b.lot, sum(b.amount) AS back FROM ledger_backs AS b GROUP BY b.used, b.lot) AS s ON s.used = u.journal AND s.lot = u.lot
		 WHERE u.back <> coalesce(s.back, 0)),
		(SELECT count(*) FROM ledger_journals AS j JOIN ledger_moves AS m ON m.journal = j.id
		 LEFT JOIN (SELECT u.journal, sum(u.amount) AS net FROM ledger_uses AS u GROUP BY u.journal) AS s ON s.journal = j.id
		 LEFT JOIN (SELECT b.journal, sum(b.amount) AS net FROM ledger_backs AS b GROUP BY b.journal) AS g ON g.journal = j.id
		 WHERE coalesce(s.net, 0) <> CASE WHEN j.kind IN ('disburse', 'spend', 'refund') THEN m.amount ELSE 0 END
		    OR coalesce(g.net, 0) <> CASE WHEN j.kind IN ('return', 'recover', 'unspend') THEN m.amount ELSE 0 END),
		(SELECT count(*) FROM ledger_funds AS f LEFT JOIN (SELECT l.fund, sum(l.rest) AS rest FROM ledger_lots AS l GROUP BY l.fund) AS s ON s.fund = f.id
		 WHERE coalesce(s.rest, 0) <> f.available + f.reserved + f.committed)`).Scan(ctx, &incomes, &lots, &uses, &journals, &funds)
	return incomes, lots, uses, journals, funds, err
}
