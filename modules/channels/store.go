package channels

import (
	"context"
	"database/sql"
	"time"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/money"
)

func affected(res sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// insertOrder stores an order; false says that the gift has a live one of this channel and way.
func insertOrder(ctx context.Context, tx bun.IDB, o *Order) (bool, error) {
	n, err := affected(tx.NewInsert().Model(o).On("CONFLICT (gift, channel, way) WHERE state IN ('made', 'open') DO NOTHING").Exec(ctx))
	return n == 1, err
}

func findOrder(ctx context.Context, db bun.IDB, id string) (*Order, error) {
	o := new(Order)
	return o, db.NewSelect().Model(o).Where("o.id = ?", id).Scan(ctx)
}

// findOrderTxn finds an order by the channel's number.
func findOrderTxn(ctx context.Context, db bun.IDB, channel, txn string) (*Order, error) {
	o := new(Order)
	return o, db.NewSelect().Model(o).Where("o.channel = ? AND o.txn = ?", channel, txn).Scan(ctx)
}

// listOrdersOf lists the orders of a gift, newest first.
func listOrdersOf(ctx context.Context, db bun.IDB, gift string) (os []Order, err error) {
	return os, db.NewSelect().Model(&os).Where("o.gift = ?", gift).Order("o.id DESC").Limit(50).Scan(ctx)
}

// listLive lists the orders of a gift that the channel may still take money for.
func listLive(ctx context.Context, db bun.IDB, gift string) (os []Order, err error) {
	return os, db.NewSelect().Model(&os).Where("o.gift = ? AND o.state IN ('made', 'open')", gift).Order("o.id").Scan(ctx)
}

// listOrdersNo finds orders by our numbers.
func listOrdersNo(ctx context.Context, db bun.IDB, nos []string) (os []Order, err error) {
	return os, db.NewSelect().Model(&os).Where("o.no IN (?)", bun.List(nos)).Scan(ctx)
}

// listAsking lists what a channel should be asked about.
func listAsking(ctx context.Context, db bun.IDB, now time.Time, limit int64) (os []Order, err error) {
	return os, db.NewSelect().Model(&os).Where("o.state IN ('made', 'open') AND o.ask_at <= ?", now).Order("o.ask_at").Limit(limit).Scan(ctx)
}

func openOrder(ctx context.Context, tx bun.IDB, o *Order) (int64, error) {
	return affected(tx.NewRaw(`UPDATE channels_orders SET state = 'open', code = ?, href = ?, prepay = ? WHERE id = ? AND state = 'made'`, o.Code, o.Href, o.Prepay, o.ID).Exec(ctx))
}

// closeOrders ends orders that nobody has paid.
func closeOrders(ctx context.Context, tx bun.IDB, ids []string) (int64, error) {
	return affected(tx.NewUpdate().Table("channels_orders").Set("state = 'closed'").Where("id IN (?)", bun.List(ids)).Where("state IN ('made', 'open')").Exec(ctx))
}

// askLater sets when orders are asked about again.
func askLater(ctx context.Context, tx bun.IDB, table string, ids []string, at []time.Time) error {
	for i, id := range ids {
		if _, err := tx.NewRaw(`UPDATE ? SET ask_at = ?, asks = asks + 1 WHERE id = ?`, bun.Ident(table), at[i], id).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// markOdd keeps an order for a person: what the channel says is not what we asked for.
func markOdd(ctx context.Context, tx bun.IDB, id string) error {
	_, err := tx.NewRaw(`UPDATE channels_orders SET state = 'odd' WHERE id = ? AND state IN ('made', 'open', 'closed')`, id).Exec(ctx)
	return err
}

// payment is what a verified event says of an order.
type payment struct {
	Order string
	State State // Paid or Surplus
	Txn   string
	At    time.Time
	Day   clock.Day
}

// payOrders moves orders to paid or surplus and gives how many moved. A closed one may still be paid: the payer was faster
// than our closing, and the channel has the money.
func payOrders(ctx context.Context, tx bun.IDB, ps []payment) (int64, error) {
	rows := make([]byte, 0, 32*len(ps))
	args := make([]any, 0, 5*len(ps))
	for i, p := range ps {
		if i > 0 {
			rows = append(rows, ',')
		}
		rows = append(rows, "(?, ?, ?, ?)"...)
		args = append(args, p.Order, string(p.State), p.Txn, string(p.Day))
	}
	n, err := affected(tx.NewRaw(`WITH v (id, state, txn, day) AS (VALUES `+string(rows)+`)
		UPDATE channels_orders AS o SET state = v.state, txn = v.txn, paid_on = v.day, paid_at = (SELECT max(e.happened_at) FROM channels_events AS e WHERE e.channel = o.channel AND e.order_no = o.no AND e.txn = v.txn)
		FROM v WHERE o.id = v.id AND o.state IN ('made', 'open', 'closed', 'odd')`, args...).Exec(ctx))
	return n, err
}

// insertEvents stores events that are not known and gives the ids of those that are new.
func insertEvents(ctx context.Context, tx bun.IDB, es []Event) (ids []string, err error) {
	return ids, tx.NewInsert().Model(&es).On("CONFLICT (channel, event) DO NOTHING").Returning("id").Scan(ctx, &ids)
}

// knownEvents gives which of a channel's notifications are stored.
func knownEvents(ctx context.Context, db bun.IDB, channel string, events []string) (out map[string]bool, err error) {
	var have []string
	err = db.NewSelect().Table("channels_events").Column("event").Where("channel = ? AND event IN (?)", channel, bun.List(events)).Scan(ctx, &have)
	out = make(map[string]bool, len(have))
	for _, e := range have {
		out[e] = true
	}
	return out, err
}

func listEvents(ctx context.Context, db bun.IDB, ids []string) (es []Event, err error) {
	return es, db.NewSelect().Model(&es).ExcludeColumn("notice").Where("e.id IN (?)", bun.List(ids)).Order("e.id").Scan(ctx)
}

// listNewEvents lists what is stored and not processed, the oldest first.
func listNewEvents(ctx context.Context, db bun.IDB, limit int) (ids []string, err error) {
	return ids, db.NewSelect().Table("channels_events").Column("id").Where("done_at IS NULL").Order("id").Limit(int64(limit)).Scan(ctx, &ids)
}

// listWaitingEvents gives which of the events are not processed.
func listWaitingEvents(ctx context.Context, db bun.IDB, ids []string) (out []string, err error) {
	return out, db.NewSelect().Table("channels_events").Column("id").Where("done_at IS NULL AND id IN (?)", bun.List(ids)).Order("id").Scan(ctx, &out)
}

// finishEvents notes what was done with events, by outcome.
func finishEvents(ctx context.Context, tx bun.IDB, outcomes map[string][]string, now time.Time) (n int64, err error) {
	for o, ids := range outcomes {
		m, err := affected(tx.NewRaw(`UPDATE channels_events SET outcome = ?, done_at = ? WHERE done_at IS NULL AND id IN (?)`, o, now, bun.List(ids)).Exec(ctx))
		if err != nil {
			return 0, err
		}
		n += m
	}
	return n, nil
}

func insertRefund(ctx context.Context, tx bun.IDB, r *Refund) error {
	_, err := tx.NewInsert().Model(r).Exec(ctx)
	return err
}

func findRefund(ctx context.Context, db bun.IDB, id string) (*Refund, error) {
	r := new(Refund)
	return r, db.NewSelect().Model(r).Where("r.id = ?", id).Scan(ctx)
}

func findRefundNo(ctx context.Context, db bun.IDB, no string) (*Refund, error) {
	r := new(Refund)
	return r, db.NewSelect().Model(r).Where("r.no = ?", no).Scan(ctx)
}

func listRefundsOf(ctx context.Context, db bun.IDB, order string) (rs []Refund, err error) {
	return rs, db.NewSelect().Model(&rs).Where("r.order_id = ?", order).Order("r.id").Scan(ctx)
}

func listRefundsAsking(ctx context.Context, db bun.IDB, now time.Time, limit int64) (rs []Refund, err error) {
	return rs, db.NewSelect().Model(&rs).Where("r.state = 'sent' AND r.ask_at <= ?", now).Order("r.ask_at").Limit(limit).Scan(ctx)
}

// moveRefund changes the state of a refund from one of the states named.
func moveRefund(ctx context.Context, tx bun.IDB, r *Refund, from ...string) (int64, error) {
	return affected(tx.NewUpdate().Model(r).Column("no", "state", "problem", "txn", "ask_at", "paid_at", "paid_on").WherePK().Where("state IN (?)", bun.List(from)).Exec(ctx))
}

// orderRow is an order on the desk's list.
type orderRow struct {
	Order
	RefundState   string
	RefundProblem string
}

func listOrders(ctx context.Context, db bun.IDB, f Filter, before string, limit int) (rs []orderRow, err error) {
	q := db.NewSelect().TableExpr("channels_orders AS o").Join("LEFT JOIN channels_refunds AS r ON r.order_id = o.id").
		ColumnExpr("o.*, coalesce(r.state, '') AS refund_state, coalesce(r.problem, '') AS refund_problem").Order("o.id DESC").Limit(int64(limit))
	switch f.State {
	case "":
	case "back":
		q = q.Where("r.id IS NOT NULL")
	case "problem":
		q = q.Where("o.state = 'odd' OR r.state = 'failed'")
	default:
		q = q.Where("o.state = ?", f.State)
	}
	if f.Channel != "" {
		q = q.Where("o.channel = ?", f.Channel)
	}
	if f.Q != "" {
		q = q.Where("(o.no = ? OR o.txn = ? OR r.no = ? OR r.txn = ?)", f.Q, f.Q, f.Q, f.Q)
	}
	if before != "" {
		q = q.Where("o.id < ?", before)
	}
	return rs, q.Scan(ctx, &rs)
}

// listEventsOf lists what a channel told about an order, the oldest first.
func listEventsOf(ctx context.Context, db bun.IDB, channel, no string) (es []Event, err error) {
	return es, db.NewSelect().Model(&es).ExcludeColumn("notice", "payer").Where("e.channel = ? AND e.order_no = ?", channel, no).Order("e.id").Limit(200).Scan(ctx)
}

// listOddEvents lists the latest notifications that could not be booked.
func listOddEvents(ctx context.Context, db bun.IDB) (es []Event, err error) {
	return es, db.NewSelect().Model(&es).ExcludeColumn("notice", "payer").Where("e.outcome IN ('unknown', 'differs')").Order("e.id DESC").Limit(20).Scan(ctx)
}

// countProblems counts what a person must look at.
func countProblems(ctx context.Context, db bun.IDB) (n int, err error) {
	return n, db.NewRaw(`SELECT (SELECT count(*) FROM channels_orders WHERE state = 'odd') + (SELECT count(*) FROM channels_refunds WHERE state = 'failed')`).Scan(ctx, &n)
}

// proof is a rule and how many rows break it.
type proof struct {
	Rule string
	N    int64
}

func runProofs(ctx context.Context, db bun.IDB) (bad []proof, err error) {
	for _, p := range []struct{ rule, sql string }{
		{"paid orders without exactly one event that booked them", `SELECT count(*) FROM channels_orders AS o WHERE o.state = 'paid' AND
			(SELECT count(*) FROM channels_events AS e WHERE e.channel = o.channel AND e.order_no = o.no AND e.outcome = 'taken' AND e.txn = o.txn AND e.amount = o.amount) <> 1`},
		{"events that booked an order which is not paid", `SELECT count(*) FROM channels_events AS e WHERE e.outcome = 'taken' AND e.kind = 'trade' AND
			NOT EXISTS (SELECT 1 FROM channels_orders AS o WHERE o.channel = e.channel AND o.no = e.order_no AND o.state = 'paid' AND o.txn = e.txn)`},
		{"surplus payments without their way back", `SELECT count(*) FROM channels_orders AS o WHERE o.state = 'surplus' AND NOT EXISTS (SELECT 1 FROM channels_refunds AS r WHERE r.order_id = o.id)`},
		{"refunds that are not for the whole of a paid order", `SELECT count(*) FROM channels_refunds AS r WHERE NOT EXISTS
			(SELECT 1 FROM channels_orders AS o WHERE o.id = r.order_id AND o.txn IS NOT NULL AND o.amount = r.amount AND o.channel = r.channel)`},
	} {
		var n int64
		if err := db.NewRaw(p.sql).Scan(ctx, &n); err != nil {
			return nil, err
		}
		if n > 0 {
			bad = append(bad, proof{p.rule, n})
		}
	}
	return bad, nil
}

// tally is what was booked by a channel.
type tally struct {
	Channel string
	N       int64
	Amount  money.Fen
}

func sumPaid(ctx context.Context, db bun.IDB) (ts []tally, err error) {
	return ts, db.NewRaw(`SELECT channel, count(*) AS n, coalesce(sum(amount), 0) AS amount FROM channels_orders WHERE state = 'paid' GROUP BY channel ORDER BY channel`).Scan(ctx, &ts)
}

func countAll(ctx context.Context, db bun.IDB) (orders, events int64, err error) {
	return orders, events, db.NewRaw(`SELECT (SELECT count(*) FROM channels_orders), (SELECT count(*) FROM channels_events)`).Scan(ctx, &orders, &events)
}
