package goods

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/money"
)

type result interface{ RowsAffected() (int64, error) }

func affected(res result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func insert(ctx context.Context, tx bun.IDB, rows any) error {
	_, err := tx.NewInsert().Model(rows).Exec(ctx)
	return err
}

func findGift(ctx context.Context, d bun.IDB, id string) (*Gift, error) {
	g := new(Gift)
	return g, d.NewSelect().Model(g).Where("g.id = ?", id).Scan(ctx)
}

func listItems(ctx context.Context, d bun.IDB, gift string) (is []Item, err error) {
	return is, d.NewSelect().Model(&is).Where("i.gift = ?", gift).Order("i.n").Scan(ctx)
}

// correctGift writes a registration again; no row changes once its goods are counted.
func correctGift(ctx context.Context, tx bun.IDB, g *Gift) (int64, error) {
	return affected(tx.NewUpdate().Model(g).Column("donor", "shown", "public_name", "name", "name_index", "phone", "phone_index", "idno", "campaign", "project", "fund", "restricted", "arrived_on", "warehouse").
		Where("id = ?", g.ID).Where("state = 'waiting'").Exec(ctx))
}

func dropItems(ctx context.Context, tx bun.IDB, gift string) error {
	_, err := tx.NewRaw(`DELETE FROM goods_items WHERE gift = ?`, gift).Exec(ctx)
	return err
}

func tallyGift(ctx context.Context, tx bun.IDB, id, by, name string) (int64, error) {
	return affected(tx.NewRaw(`UPDATE goods_gifts SET state = 'counted', counted_by = ?, counted_name = ? WHERE id = ? AND state = 'waiting'`, by, name, id).Exec(ctx))
}

func tallyItem(ctx context.Context, tx bun.IDB, i *Item) error {
	_, err := tx.NewRaw(`UPDATE goods_items SET accepted = ?, refused = ?, remark = ?, certificate = ? WHERE id = ?`, i.Accepted, i.Refused, i.Remark, i.Certificate, i.ID).Exec(ctx)
	return err
}

func acceptGift(ctx context.Context, tx bun.IDB, id string, to State, by, name string) (int64, error) {
	return affected(tx.NewRaw(`UPDATE goods_gifts SET state = ?, accepted_by = ?, accepted_name = ? WHERE id = ? AND state = 'counted'`, to, by, name, id).Exec(ctx))
}

func recountGift(ctx context.Context, tx bun.IDB, id string) (int64, error) {
	return affected(tx.NewRaw(`UPDATE goods_gifts SET state = 'waiting', counted_by = '', counted_name = '' WHERE id = ? AND state = 'counted'`, id).Exec(ctx))
}

func valueGift(ctx context.Context, tx bun.IDB, id, by, name string, total money.Fen) (int64, error) {
	return affected(tx.NewRaw(`UPDATE goods_gifts SET state = 'valued', valued_by = ?, valued_name = ?, total = ? WHERE id = ? AND state = 'accepted'`, by, name, total, id).Exec(ctx))
}

func valueItem(ctx context.Context, tx bun.IDB, i *Item) error {
	_, err := tx.NewRaw(`UPDATE goods_items SET basis = ?, grounds = ?, total = ? WHERE id = ?`, i.Basis, i.Grounds, i.Total, i.ID).Exec(ctx)
	return err
}

func stockGift(ctx context.Context, tx bun.IDB, g *Gift) (int64, error) {
	return affected(tx.NewRaw(`UPDATE goods_gifts SET state = 'stocked', stocked_by = ?, stocked_name = ?, stocked_at = ?, roll = ?, receipt = ?, number = ? WHERE id = ? AND state = 'valued'`,
		g.StockedBy, g.StockedName, g.StockedAt, g.Roll, g.Receipt, g.Number, g.ID).Exec(ctx))
}

func findBatches(ctx context.Context, d bun.IDB, ids []string) (map[string]Batch, error) {
	var bs []Batch
	err := d.NewSelect().Model(&bs).Where("b.id IN (?)", bun.List(ids)).Scan(ctx)
	m := make(map[string]Batch, len(bs))
	for _, b := range bs {
		m[b.ID] = b
	}
	return m, err
}

func listBatches(ctx context.Context, d bun.IDB, gift string) (bs []Batch, err error) {
	return bs, d.NewSelect().Model(&bs).Where("b.gift = ?", gift).Order("b.id").Scan(ctx)
}

// putStock adds to what lies in a warehouse.
func putStock(ctx context.Context, tx bun.IDB, batch, warehouse string, qty int64) error {
	_, err := tx.NewRaw(`INSERT INTO goods_stocks (batch, warehouse, qty) VALUES (?, ?, ?) ON CONFLICT (batch, warehouse) DO UPDATE SET qty = goods_stocks.qty + excluded.qty`, batch, warehouse, qty).Exec(ctx)
	return err
}

// takeStock takes from a warehouse what lies there: no row changes when it is too little.
func takeStock(ctx context.Context, tx bun.IDB, batch, warehouse string, qty int64) (int64, error) {
	return affected(tx.NewRaw(`UPDATE goods_stocks SET qty = qty - ? WHERE batch = ? AND warehouse = ? AND qty >= ?`, qty, batch, warehouse, qty).Exec(ctx))
}

// left is what remains of a batch.
type left struct {
	Qty   int64
	Value money.Fen
}

// takeBatch takes a quantity from a batch and gives what was there before, with the row locked; false when it is too little.
func takeBatch(ctx context.Context, tx bun.IDB, batch string, qty int64) (left, bool, error) {
	var ls []left
	err := tx.NewRaw(`UPDATE goods_batches SET qty = qty - ? WHERE id = ? AND qty >= ? RETURNING qty + ? AS qty, value`, qty, batch, qty, qty).Scan(ctx, &ls)
	if err != nil || len(ls) == 0 {
		return left{}, false, err
	}
	return ls[0], true, nil
}

func changeBatch(ctx context.Context, tx bun.IDB, batch string, qty int64, value money.Fen) error {
	_, err := tx.NewRaw(`UPDATE goods_batches SET qty = qty + ?, value = value + ? WHERE id = ?`, qty, value, batch).Exec(ctx)
	return err
}

func listMoves(ctx context.Context, d bun.IDB, kind, ref string) (ms []Move, err error) {
	return ms, d.NewSelect().Model(&ms).Where("m.kind = ? AND m.ref = ?", kind, ref).Order("m.batch").Scan(ctx)
}

func findList(ctx context.Context, d bun.IDB, id string) (*List, error) {
	l := new(List)
	return l, d.NewSelect().Model(l).Where("l.id = ?", id).Scan(ctx)
}

func listLines(ctx context.Context, d bun.IDB, list string) (ls []Line, err error) {
	return ls, d.NewSelect().Model(&ls).Where("n.list = ?", list).Order("n.n").Scan(ctx)
}

func releaseList(ctx context.Context, tx bun.IDB, id, by, name string) (int64, error) {
	return affected(tx.NewRaw(`UPDATE goods_lists SET state = 'released', released_by = ?, released_name = ? WHERE id = ? AND state = 'draft'`, by, name, id).Exec(ctx))
}

func closeList(ctx context.Context, tx bun.IDB, id, by, name string, at time.Time) (int64, error) {
	return affected(tx.NewRaw(`UPDATE goods_lists SET state = 'closed', closed_by = ?, closed_name = ?, closed_at = ? WHERE id = ? AND state = 'released'`, by, name, at, id).Exec(ctx))
}

func voidList(ctx context.Context, tx bun.IDB, id string) (int64, error) {
	return affected(tx.NewRaw(`UPDATE goods_lists SET state = 'void' WHERE id = ? AND state = 'draft'`, id).Exec(ctx))
}

func markLines(ctx context.Context, tx bun.IDB, list string, got []string) error {
	if _, err := tx.NewRaw(`UPDATE goods_lines SET got = false WHERE list = ?`, list).Exec(ctx); err != nil || len(got) == 0 {
		return err
	}
	_, err := tx.NewRaw(`UPDATE goods_lines SET got = true WHERE list = ? AND id IN (?)`, list, bun.List(got)).Exec(ctx)
	return err
}

// proofs are what the tables must keep, whatever the code says; each query counts rows that break its rule.
var proofs = []struct{ rule, query string }{
	{"batches whose quantity or value is not the sum of their moves", `SELECT count(*) FROM (SELECT b.qty, b.value,
		coalesce((SELECT sum(CASE WHEN m.dest <> '' THEN m.qty ELSE 0 END - CASE WHEN m.source <> '' THEN m.qty ELSE 0 END) FROM goods_moves AS m WHERE m.batch = b.id), 0) AS q,
		coalesce((SELECT sum(CASE WHEN m.dest <> '' THEN m.value ELSE 0 END - CASE WHEN m.source <> '' THEN m.value ELSE 0 END) FROM goods_moves AS m WHERE m.batch = b.id), 0) AS v
		FROM goods_batches AS b) AS x WHERE qty <> q OR value <> v`},
	{"warehouses whose stock is not the sum of its moves", `SELECT count(*) FROM goods_stocks AS s WHERE s.qty <> coalesce((SELECT sum(CASE WHEN m.dest = s.warehouse THEN m.qty ELSE -m.qty END)
		FROM goods_moves AS m WHERE m.batch = s.batch AND (m.dest = s.warehouse OR m.source = s.warehouse)), 0)`},
	{"batches that do not lie in the warehouses as a whole", `SELECT count(*) FROM goods_batches AS b WHERE b.qty <> coalesce((SELECT sum(s.qty) FROM goods_stocks AS s WHERE s.batch = b.id), 0)`},
	{"batches without exactly one entry of what two people accepted and valued", `SELECT count(*) FROM goods_batches AS b JOIN goods_items AS i ON i.id = b.item JOIN goods_gifts AS g ON g.id = b.gift
		WHERE g.state NOT IN ('stocked', 'returned') OR g.counted_by = g.accepted_by OR g.valued_by = g.stocked_by OR b.fund <> g.fund OR
		(SELECT count(*) FROM goods_moves AS m WHERE m.batch = b.id AND m.kind = 'in' AND m.qty = i.accepted AND m.value = i.total) <> 1`},
	{"accepted goods of gifts in store that have no batch", `SELECT count(*) FROM goods_items AS i JOIN goods_gifts AS g ON g.id = i.gift
		WHERE g.roll IS NOT NULL AND i.accepted > 0 AND (i.basis = '' OR NOT EXISTS (SELECT 1 FROM goods_batches AS b WHERE b.item = i.id))`},
	{"gifts whose total is not the sum of their goods", `SELECT count(*) FROM goods_gifts AS g WHERE g.total <> coalesce((SELECT sum(i.total) FROM goods_items AS i WHERE i.gift = g.id), 0)`},
	{"gifts in store without exactly one valid receipt of their number and total", `SELECT count(*) FROM goods_gifts AS g WHERE g.state = 'stocked' AND
		(SELECT count(*) FROM documents_papers AS d WHERE d.subject = 'goods/' || g.id AND d.kind = 'inkind' AND d.state IN ('ordered', 'issued', 'failed') AND d.reverses IS NULL
		 AND d.id = g.receipt AND d.number = g.number AND d.amount = g.total) <> 1`},
	{"receipts of goods that are not in store", `SELECT count(*) FROM documents_papers AS d WHERE d.kind = 'inkind' AND d.state IN ('ordered', 'issued', 'failed') AND d.reverses IS NULL
		AND NOT EXISTS (SELECT 1 FROM goods_gifts AS g WHERE g.receipt = d.id AND g.state = 'stocked')`},
	{"lists whose goods went out in another quantity than their lines say", `SELECT count(*) FROM (SELECT l.state, n.batch, sum(n.qty) AS q,
		coalesce((SELECT sum(m.qty) FROM goods_moves AS m WHERE m.kind = 'out' AND m.ref = 'list/' || l.id AND m.batch = n.batch), 0) AS o
		FROM goods_lists AS l JOIN goods_lines AS n ON n.list = l.id GROUP BY l.id, l.state, n.batch) AS x WHERE (state IN ('released', 'closed') AND q <> o) OR (state IN ('draft', 'void') AND o <> 0)`},
	{"closed lists whose goods came back in another quantity than was not received", `SELECT count(*) FROM (SELECT n.batch, sum(CASE WHEN n.got THEN 0 ELSE n.qty END) AS q,
		coalesce((SELECT sum(m.qty) FROM goods_moves AS m WHERE m.kind = 'back' AND m.ref = 'list/' || l.id AND m.batch = n.batch), 0) AS o
		FROM goods_lists AS l JOIN goods_lines AS n ON n.list = l.id WHERE l.state = 'closed' GROUP BY l.id, n.batch) AS x WHERE q <> o`},
	{"changes of the stock whose moves are not what they say", `SELECT count(*) FROM goods_change_lines AS k JOIN goods_changes AS c ON c.id = k.change WHERE
		coalesce((SELECT sum(m.qty) FROM goods_moves AS m WHERE m.ref = 'change/' || c.id AND m.batch = k.batch AND m.source = k.warehouse AND m.kind = CASE WHEN c.kind = 'take' THEN 'short' ELSE c.kind END), 0)
		<> CASE WHEN c.state <> 'done' THEN 0 WHEN c.kind <> 'take' THEN k.qty WHEN k.book > k.qty THEN k.book - k.qty ELSE 0 END
		OR coalesce((SELECT sum(m.qty) FROM goods_moves AS m WHERE m.ref = 'change/' || c.id AND m.batch = k.batch AND m.dest = k.warehouse AND m.kind = 'gain'), 0)
		<> CASE WHEN c.state = 'done' AND c.kind = 'take' AND k.qty > k.book THEN k.qty - k.book ELSE 0 END`},
	{"moves of changes that nobody decided", `SELECT count(*) FROM goods_moves AS m WHERE m.kind IN ('move', 'loss', 'sale', 'return', 'gain', 'short') AND NOT EXISTS
		(SELECT 1 FROM goods_changes AS c JOIN goods_change_lines AS k ON k.change = c.id WHERE m.ref = 'change/' || c.id AND c.state = 'done' AND k.batch = m.batch AND k.warehouse IN (m.source, m.dest))`},
	{"gifts that went back with goods still in store, or without a reversed receipt", `SELECT count(*) FROM goods_gifts AS g WHERE g.state = 'returned' AND
		(EXISTS (SELECT 1 FROM goods_batches AS b WHERE b.gift = g.id AND b.qty > 0) OR NOT EXISTS (SELECT 1 FROM documents_papers AS d WHERE d.id = g.receipt AND d.state = 'reversed'))`},
	{"values of the stock that the books do not have", `SELECT CASE WHEN coalesce((SELECT sum(value) FROM goods_batches), 0) = coalesce((SELECT sum(CASE WHEN p.debit = '1201' THEN p.amount ELSE -p.amount END)
		FROM ledger_postings AS p JOIN ledger_journals AS j ON j.id = p.journal WHERE j.kind IN ('stock_in', 'stock_out', 'stock_back') AND j.ref LIKE 'goods%'), 0) THEN 0 ELSE 1 END`},
	{"restricted goods given out for another purpose", `SELECT count(*) FROM goods_lines AS n JOIN goods_lists AS l ON l.id = n.list JOIN goods_batches AS b ON b.id = n.batch
		WHERE l.state IN ('released', 'closed') AND b.restricted AND b.fund <> l.fund`},
}

func countBreaches(ctx context.Context, d bun.IDB, query string) (n int64, err error) {
	return n, d.NewRaw(query).Scan(ctx, &n)
}

func countAll(ctx context.Context, d bun.IDB) (gifts, batches, moves int64, err error) {
	err = d.NewRaw(`SELECT (SELECT count(*) FROM goods_gifts), (SELECT count(*) FROM goods_batches), (SELECT count(*) FROM goods_moves)`).Scan(ctx, &gifts, &batches, &moves)
	return gifts, batches, moves, err
}

// expired tells whether goods may no longer be given to people on a day.
func expired(until, day clock.Day) bool { return until != "" && until < day }
