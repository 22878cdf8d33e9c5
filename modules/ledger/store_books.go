package ledger

import (
	"context"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/db"
	"care/server/money"
)

func selectVouchers(tx bun.IDB, f Filter) *bun.SelectQuery {
	q := tx.NewSelect().TableExpr("ledger_journals AS j").Join("JOIN ledger_postings AS p ON p.journal = j.id").
		Join("JOIN ledger_accounts AS d ON d.code = p.debit").Join("JOIN ledger_accounts AS c ON c.code = p.credit").
		Join("LEFT JOIN ledger_funds AS f ON f.id = p.fund").
		ColumnExpr(`j.id, j.kind, j.ref, j.day, j.reason, j.class, coalesce(j.reverses, '') AS reverses, coalesce(p.fund, '') AS fund, coalesce(f.code, '') AS fund_code,
			coalesce(f.name, '') AS title, p.debit, d.name AS debit_name, p.credit, c.name AS credit_name, p.amount`)
	if f.From != "" {
		q = q.Where("j.day >= ?", f.From)
	}
	if f.To != "" {
		q = q.Where("j.day <= ?", f.To)
	}
	if f.Kind != "" {
		q = q.Where("j.kind = ?", f.Kind)
	}
	if f.Account != "" {
		q = q.Where("(p.debit = ? OR p.credit = ?)", f.Account, f.Account)
	}
	if f.Fund != "" {
		q = q.Where("p.fund = ?", f.Fund)
	}
	if f.Class != "" {
		q = q.Where("j.class = ?", f.Class)
	}
	if f.Q != "" {
		if fen, err := money.Parse(f.Q); err == nil {
			q = q.Where("p.amount = ?", fen)
		} else {
			like := db.Like(f.Q) + "%"
			q = q.Where(`(j.id = ? OR j.ref LIKE ? ESCAPE '\' OR j.reason LIKE ? ESCAPE '\')`, f.Q, like, "%"+like)
		}
	}
	return q
}

// listVouchers lists vouchers, the newest day first, before one.
func listVouchers(ctx context.Context, tx bun.IDB, f Filter, day clock.Day, before string, limit int) (vs []Voucher, err error) {
	q := selectVouchers(tx, f).Order("j.day DESC", "j.id DESC").Limit(int64(limit))
	if before != "" {
		q = q.Where("(j.day < ? OR j.day = ? AND j.id < ?)", day, day, before)
	}
	return vs, q.Scan(ctx, &vs)
}

// nextVouchers lists vouchers in the order of their days, after one.
func nextVouchers(ctx context.Context, tx bun.IDB, f Filter, day clock.Day, after string, limit int) (vs []Voucher, err error) {
	q := selectVouchers(tx, f).Order("j.day", "j.id").Limit(int64(limit))
	if after != "" {
		q = q.Where("(j.day > ? OR j.day = ? AND j.id > ?)", day, day, after)
	}
	return vs, q.Scan(ctx, &vs)
}

func findVoucher(ctx context.Context, tx bun.IDB, id string) (*Voucher, error) {
	v := new(Voucher)
	return v, selectVouchers(tx, Filter{}).Where("j.id = ?", id).Scan(ctx, v)
}

// findReversal gives the id of the journal that takes one back, or "".
func findReversal(ctx context.Context, tx bun.IDB, id string) (by string, err error) {
	return by, tx.NewRaw("SELECT coalesce(max(id), '') FROM ledger_journals WHERE reverses = ?", id).Scan(ctx, &by)
}

func listAccounts(ctx context.Context, tx bun.IDB) (as []Account, err error) {
	return as, tx.NewSelect().Model(&as).Order("a.code").Scan(ctx)
}

// sumBookings sums all postings up to a day by their accounts, and by what they are to a month of a year.
func sumBookings(ctx context.Context, tx bun.IDB, year, from, to clock.Day) (bs []booking, err error) {
	err = tx.NewSelect().TableExpr("ledger_postings AS p").Join("JOIN ledger_journals AS j ON j.id = p.journal").Join("LEFT JOIN ledger_funds AS f ON f.id = p.fund").
		ColumnExpr("p.debit, p.credit, coalesce(f.kind, '') AS fund_kind, CASE WHEN j.day < ? THEN ? WHEN j.day < ? THEN ? ELSE ? END AS era, count(*) AS n, sum(p.amount) AS amount", year, lastYears, from, inYear, inMonth).
		Where("j.day <= ?", to).GroupExpr("1, 2, 3, 4").Scan(ctx, &bs)
	return bs, err
}

// firstDay gives the day of the oldest journal, or "".
func firstDay(ctx context.Context, tx bun.IDB) (day clock.Day, err error) {
	return day, tx.NewRaw("SELECT coalesce(min(day), '') FROM ledger_journals").Scan(ctx, &day)
}
