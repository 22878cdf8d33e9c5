package channels

import (
	"context"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/money"
)

func findBill(ctx context.Context, db bun.IDB, channel string, day clock.Day) (*Bill, error) {
	b := new(Bill)
	return b, db.NewSelect().Model(b).Where("b.channel = ? AND b.day = ?", channel, day).Scan(ctx)
}

// insertBill stores a bill once; false says that it was there.
func insertBill(ctx context.Context, tx bun.IDB, b *Bill) (bool, error) {
	n, err := affected(tx.NewInsert().Model(b).On("CONFLICT (channel, day) DO NOTHING").Exec(ctx))
	return n == 1, err
}

func insertLines(ctx context.Context, tx bun.IDB, ls []Line) error {
	for len(ls) > 0 {
		n := min(len(ls), 500)
		part := ls[:n]
		if _, err := tx.NewInsert().Model(&part).Exec(ctx); err != nil {
			return err
		}
		ls = ls[n:]
	}
	return nil
}

// ensureDay makes the row of a day.
func ensureDay(ctx context.Context, tx bun.IDB, channel string, day clock.Day) error {
	_, err := tx.NewInsert().Model(&Day{ID: newID(), Channel: channel, Day: day, State: dayOpen}).On("CONFLICT (channel, day) DO NOTHING").Exec(ctx)
	return err
}

func findDay(ctx context.Context, db bun.IDB, channel string, day clock.Day) (*Day, error) {
	d := new(Day)
	return d, db.NewSelect().Model(d).Where("d.channel = ? AND d.day = ?", channel, day).Scan(ctx)
}

// moveDay closes a day, or opens it again.
func moveDay(ctx context.Context, tx bun.IDB, d *Day, from string) (int64, error) {
	return affected(tx.NewUpdate().Model(d).Column("state", "closed_by", "closed_name", "closed_at").WherePK().Where("state = ?", from).Exec(ctx))
}

// found is a difference as the tables show it now.
type found struct {
	Kind   string
	Ref    string
	Ours   money.Fen
	Theirs money.Fen
}

// compare finds what differs between our orders and refunds and the bill of a day. A number that both know is compared
// wherever it is; one that only one side knows counts on that side's day.
func compare(ctx context.Context, db bun.IDB, channel string, day clock.Day, bill string) (fs []found, err error) {
	err = db.NewRaw(`
		SELECT 'extra' AS kind, l.no AS ref, 0 AS ours, max(l.amount) AS theirs FROM channels_lines AS l
			WHERE l.bill = ? AND l.refund_no = '' AND NOT EXISTS (SELECT 1 FROM channels_orders AS o WHERE o.channel = l.channel AND o.no = l.no AND o.txn = l.txn) GROUP BY l.no
		UNION ALL
		SELECT 'amount', l.no, o.amount, max(l.amount) FROM channels_lines AS l JOIN channels_orders AS o ON o.channel = l.channel AND o.no = l.no AND o.txn = l.txn
			WHERE l.bill = ? AND l.refund_no = '' AND o.amount <> l.amount GROUP BY l.no, o.amount
		UNION ALL
		SELECT 'repeated', l.no, max(l.amount), sum(l.amount) FROM channels_lines AS l WHERE l.bill = ? AND l.refund_no = '' GROUP BY l.no HAVING count(*) > 1
		UNION ALL
		SELECT 'other_day', l.no, o.amount, max(l.amount) FROM channels_lines AS l JOIN channels_orders AS o ON o.channel = l.channel AND o.no = l.no AND o.txn = l.txn
			WHERE l.bill = ? AND l.refund_no = '' AND o.paid_on <> ? GROUP BY l.no, o.amount
		UNION ALL
		SELECT 'missing', o.no, o.amount, 0 FROM channels_orders AS o WHERE o.channel = ? AND o.paid_on = ? AND o.txn IS NOT NULL
			AND NOT EXISTS (SELECT 1 FROM channels_lines AS l WHERE l.channel = o.channel AND l.no = o.no AND l.refund_no = '')
		UNION ALL
		SELECT 'refund_extra', l.refund_no, 0, max(l.amount) FROM channels_lines AS l
			WHERE l.bill = ? AND l.refund_no <> '' AND NOT EXISTS (SELECT 1 FROM channels_refunds AS r WHERE r.channel = l.channel AND r.no = l.refund_no AND r.state = 'paid') GROUP BY l.refund_no
		UNION ALL
		SELECT 'refund_amount', l.refund_no, r.amount, sum(l.amount) FROM channels_lines AS l JOIN channels_refunds AS r ON r.channel = l.channel AND r.no = l.refund_no
			WHERE l.bill = ? AND l.refund_no <> '' AND r.state = 'paid' GROUP BY l.refund_no, r.amount HAVING sum(l.amount) <> r.amount
		UNION ALL
		SELECT 'refund_missing', r.no, r.amount, 0 FROM channels_refunds AS r WHERE r.channel = ? AND r.paid_on = ?
			AND NOT EXISTS (SELECT 1 FROM channels_lines AS l WHERE l.channel = r.channel AND l.refund_no = r.no)`,
		bill, bill, bill, bill, day, channel, day, bill, bill, channel, day).Scan(ctx, &fs)
	return fs, err
}

func listDifferences(ctx context.Context, db bun.IDB, channel string, day clock.Day) (ds []Difference, err error) {
	return ds, db.NewSelect().Model(&ds).Where("x.channel = ? AND x.day = ?", channel, day).Order("x.kind", "x.ref").Scan(ctx)
}

func findDifference(ctx context.Context, db bun.IDB, id string) (*Difference, error) {
	d := new(Difference)
	return d, db.NewSelect().Model(d).Where("x.id = ?", id).Scan(ctx)
}

func insertDifferences(ctx context.Context, tx bun.IDB, ds []Difference) error {
	for len(ds) > 0 {
		n := min(len(ds), 500)
		part := ds[:n]
		if _, err := tx.NewInsert().Model(&part).Exec(ctx); err != nil {
			return err
		}
		ds = ds[n:]
	}
	return nil
}

// updateDifference writes a difference whose state was from.
func updateDifference(ctx context.Context, tx bun.IDB, d *Difference, from string) (int64, error) {
	return affected(tx.NewUpdate().Model(d).ExcludeColumn("id", "channel", "day", "kind", "ref", "found_at").WherePK().Where("state = ?", from).Exec(ctx))
}

func countOpen(ctx context.Context, db bun.IDB, channel string, day clock.Day) (n int, err error) {
	return n, db.NewRaw(`SELECT count(*) FROM channels_differences WHERE channel = ? AND day = ? AND state IN ('open', 'explained')`, channel, day).Scan(ctx, &n)
}

func insertSettlement(ctx context.Context, tx bun.IDB, s *Settlement) (bool, error) {
	n, err := affected(tx.NewInsert().Model(s).On("CONFLICT (channel, day) WHERE state <> 'rejected' DO NOTHING").Exec(ctx))
	return n == 1, err
}

// findSettlement finds the settlement of a day that stands.
func findSettlement(ctx context.Context, db bun.IDB, channel string, day clock.Day) (*Settlement, error) {
	s := new(Settlement)
	return s, db.NewSelect().Model(s).Where("s.channel = ? AND s.day = ? AND s.state <> 'rejected'", channel, day).Scan(ctx)
}

func decideSettlement(ctx context.Context, tx bun.IDB, s *Settlement) (int64, error) {
	return affected(tx.NewUpdate().Model(s).Column("state", "decided_by", "decided_name", "decided_at").WherePK().Where("state = 'recorded'").Exec(ctx))
}

// sum is how many and how much.
type sum struct {
	N      int
	Amount money.Fen
}

// sumDay is what we have of a day: payments and refunds.
func sumDay(ctx context.Context, db bun.IDB, channel string, day clock.Day) (in, out sum, err error) {
	if err = db.NewRaw(`SELECT count(*) AS n, coalesce(sum(amount), 0) AS amount FROM channels_orders WHERE channel = ? AND paid_on = ? AND txn IS NOT NULL`, channel, day).Scan(ctx, &in); err != nil {
		return in, out, err
	}
	err = db.NewRaw(`SELECT count(*) AS n, coalesce(sum(amount), 0) AS amount FROM channels_refunds WHERE channel = ? AND paid_on = ?`, channel, day).Scan(ctx, &out)
	return in, out, err
}

// countLines counts the lines of a bill: payments and refunds.
func countLines(ctx context.Context, db bun.IDB, bill string) (in, out int, err error) {
	return in, out, db.NewRaw(`SELECT coalesce(sum(CASE WHEN refund_no = '' THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN refund_no <> '' THEN 1 ELSE 0 END), 0) FROM channels_lines WHERE bill = ?`, bill).Scan(ctx, &in, &out)
}

// dayRow is a day on the desk's list.
type dayRow struct {
	Day
	Billed               bool
	Gross, Refunds, Fee  money.Fen
	Settled              money.Fen
	SettlementState      string
	Open, Explained, All int
}

func listDays(ctx context.Context, db bun.IDB, before string, limit int) (ds []dayRow, err error) {
	q := db.NewSelect().TableExpr("channels_days AS d").Join("LEFT JOIN channels_bills AS b ON b.channel = d.channel AND b.day = d.day").
		Join("LEFT JOIN channels_settlements AS s ON s.channel = d.channel AND s.day = d.day AND s.state <> 'rejected'").
		ColumnExpr(`d.*, b.id IS NOT NULL AS billed, coalesce(b.gross, 0) AS gross, coalesce(b.refunds, 0) AS refunds, coalesce(b.fee, 0) AS fee, coalesce(s.amount, 0) AS settled, coalesce(s.state, '') AS settlement_state,
			(SELECT count(*) FROM channels_differences AS x WHERE x.channel = d.channel AND x.day = d.day AND x.state = 'open') AS open,
			(SELECT count(*) FROM channels_differences AS x WHERE x.channel = d.channel AND x.day = d.day AND x.state = 'explained') AS explained,
			(SELECT count(*) FROM channels_differences AS x WHERE x.channel = d.channel AND x.day = d.day AND x.state <> 'gone') AS "all"`).
		Order("d.day DESC", "d.channel").Limit(int64(limit))
	if before != "" {
		day, channel := before[:min(10, len(before))], ""
		if len(before) > 11 {
			channel = before[11:]
		}
		q = q.Where("(d.day < ? OR d.day = ? AND d.channel > ?)", day, day, channel)
	}
	return ds, q.Scan(ctx, &ds)
}

// listBusyDays lists the days since one on which money moved, and those that are not closed.
func listBusyDays(ctx context.Context, db bun.IDB, channel string, since clock.Day) (ds []clock.Day, err error) {
	return ds, db.NewRaw(`SELECT paid_on AS day FROM channels_orders WHERE channel = ? AND paid_on >= ? AND txn IS NOT NULL
		UNION SELECT paid_on FROM channels_refunds WHERE channel = ? AND paid_on >= ?
		UNION SELECT day FROM channels_days WHERE channel = ? AND (day >= ? OR state = 'open') ORDER BY 1`, channel, since, channel, since, channel, since).Scan(ctx, &ds)
}

// countDays counts the days that are not closed, for those who handle differences and for those who sign.
func countDays(ctx context.Context, db bun.IDB) (open, explained int, err error) {
	return open, explained, db.NewRaw(`SELECT (SELECT count(*) FROM channels_differences WHERE state = 'open'),
		(SELECT count(*) FROM channels_differences WHERE state = 'explained') + (SELECT count(*) FROM channels_settlements WHERE state = 'recorded')`).Scan(ctx, &open, &explained)
}

func listLinesOf(ctx context.Context, db bun.IDB, bill, after string, limit int) (ls []Line, err error) {
	q := db.NewSelect().Model(&ls).Where("l.bill = ?", bill).Order("l.id").Limit(int64(limit))
	if after != "" {
		q = q.Where("l.id > ?", after)
	}
	return ls, q.Scan(ctx)
}
