package goods

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/db"
	"care/server/money"
)

// Filter narrows the list of gifts; empty fields do not narrow.
type Filter struct {
	State State
	Q     string // code, receipt number, phone or whole name of the donor, words of a thing's name
}

type found struct{ q, name, phone string }

func listGifts(ctx context.Context, d bun.IDB, state State, f found, before string, limit int) (gs []Gift, err error) {
	q := d.NewSelect().Model(&gs).OrderExpr("g.id DESC").Limit(int64(limit))
	if state != "" {
		q = q.Where("g.state = ?", state)
	}
	if before != "" {
		q = q.Where("g.id < ?", before)
	}
	if f.q != "" {
		// Each part of the union has its own index; only the words of things are read through.
		q = q.Where(`g.id IN (SELECT id FROM goods_gifts WHERE code = upper(?) UNION SELECT id FROM goods_gifts WHERE number = upper(?) AND number <> '' UNION SELECT id FROM goods_gifts WHERE name_index = ?
			UNION SELECT id FROM goods_gifts WHERE phone_index = ? AND phone_index <> '' UNION SELECT gift FROM goods_items WHERE name LIKE ? ESCAPE '\')`, f.q, f.q, f.name, f.phone, "%"+db.Like(f.q)+"%")
	}
	return gs, q.Scan(ctx)
}

func itemsOf(ctx context.Context, d bun.IDB, gifts []string) (is []Item, err error) {
	if len(gifts) == 0 {
		return nil, nil
	}
	return is, d.NewSelect().Model(&is).Where("i.gift IN (?)", bun.List(gifts)).Order("i.gift", "i.n").Scan(ctx)
}

type stateCount struct {
	State State
	N     int
}

func countStates(ctx context.Context, d bun.IDB) (cs []stateCount, err error) {
	return cs, d.NewRaw(`SELECT state, count(*) AS n FROM goods_gifts WHERE state IN ('waiting', 'counted', 'accepted', 'valued') GROUP BY state`).Scan(ctx, &cs)
}

func countWaiting(ctx context.Context, d bun.IDB) (drafts, changes, decisions int, err error) {
	err = d.NewRaw(`SELECT (SELECT count(*) FROM goods_lists WHERE state = 'draft'), (SELECT count(*) FROM goods_changes WHERE state = 'asked' AND kind IN ('move', 'take')),
		(SELECT count(*) FROM goods_changes WHERE state = 'asked' AND kind NOT IN ('move', 'take'))`).Scan(ctx, &drafts, &changes, &decisions)
	return drafts, changes, decisions, err
}

// RollRow is one gift in kind as the public sees it. It has public columns only.
type RollRow struct {
	Roll       string
	ID         string
	At         time.Time
	PublicName string
	Project    string
	Total      money.Fen
	Number     string
	State      State
}

func listRoll(ctx context.Context, d bun.IDB, before string, limit int) (rs []RollRow, err error) {
	q := d.NewSelect().TableExpr("goods_gifts AS g").ColumnExpr("g.roll, g.id, g.stocked_at AS at, g.public_name, g.project, g.total, g.number, g.state").Where("g.roll IS NOT NULL").OrderExpr("g.roll DESC").Limit(int64(limit))
	if before != "" {
		q = q.Where("g.roll < ?", before)
	}
	return rs, q.Scan(ctx, &rs)
}

// GivenRow is one closed list as the public sees it: what went where, without anybody's name.
type GivenRow struct {
	ID, Title, Place, Project string
	HandsOn                   clock.Day
}

func listGiven(ctx context.Context, d bun.IDB, limit int) (rs []GivenRow, err error) {
	return rs, d.NewRaw(`SELECT l.id, l.title, l.place, l.project, l.hands_on FROM goods_lists AS l WHERE l.state = 'closed' ORDER BY l.id DESC LIMIT ?`, limit).Scan(ctx, &rs)
}

// given is how much of a thing a list gave out.
type given struct {
	List, Name, Unit string
	Scale, Qty       int64
}

func givenOf(ctx context.Context, d bun.IDB, lists []string) (gs []given, err error) {
	if len(lists) == 0 {
		return nil, nil
	}
	return gs, d.NewRaw(`SELECT n.list, b.name, b.unit, b.scale, sum(n.qty) AS qty FROM goods_lines AS n JOIN goods_batches AS b ON b.id = n.batch
		WHERE n.list IN (?) AND n.got GROUP BY n.list, b.name, b.unit, b.scale ORDER BY n.list, b.name`, bun.List(lists)).Scan(ctx, &gs)
}

// StockRow is what of a batch lies in one warehouse.
type StockRow struct {
	Batch, Warehouse, Fund, Gift, Code, Number string
	Name, Spec, Brand, Unit, BatchNo, Project  string
	Scale, Qty, Whole                          int64     // here, and in all warehouses
	Value                                      money.Fen // of the batch in all warehouses
	Restricted                                 bool
	ExpiresOn                                  clock.Day
	Due                                        string // of the order: expiry, or a day after all others
}

// StockFilter narrows the stock.
type StockFilter struct {
	Q, Warehouse string
	Until        clock.Day // expiring on or before, "" for all
	Fund         string    // what may be given for this fund: its own goods and the unrestricted
	Batch        string
}

func listStock(ctx context.Context, d bun.IDB, f StockFilter, after [3]string, limit int) (rs []StockRow, err error) {
	q := d.NewSelect().TableExpr("goods_stocks AS s").Join("JOIN goods_batches AS b ON b.id = s.batch").Join("JOIN goods_items AS i ON i.id = b.item").Join("JOIN goods_gifts AS g ON g.id = b.gift").
		ColumnExpr(`s.batch, s.warehouse, b.fund, b.gift, g.code, g.number, b.name, i.spec, i.brand, b.unit, i.batch_no, g.project, b.scale, s.qty, b.qty AS whole, b.value, b.restricted, b.expires_on,
			coalesce(b.expires_on, '9999-12-31') AS due`).
		Where("s.qty > 0").OrderExpr("coalesce(b.expires_on, '9999-12-31'), s.batch, s.warehouse").Limit(int64(limit))
	if after[1] != "" {
		q = q.Where("(coalesce(b.expires_on, '9999-12-31'), s.batch, s.warehouse) > (?, ?, ?)", after[0], after[1], after[2])
	}
	if f.Q != "" {
		w := "%" + db.Like(f.Q) + "%"
		q = q.Where(`(b.name LIKE ? ESCAPE '\' OR i.spec LIKE ? ESCAPE '\' OR g.code = upper(?) OR g.number = upper(?))`, w, w, f.Q, f.Q)
	}
	if f.Warehouse != "" {
		q = q.Where("s.warehouse = ?", f.Warehouse)
	}
	if f.Until != "" {
		q = q.Where("b.expires_on <= ?", f.Until)
	}
	if f.Fund != "" {
		q = q.Where("(b.fund = ? OR NOT b.restricted)", f.Fund)
	}
	if f.Batch != "" {
		q = q.Where("s.batch = ?", f.Batch)
	}
	return rs, q.Scan(ctx, &rs)
}

func listWarehouses(ctx context.Context, d bun.IDB) (ws []string, err error) {
	return ws, d.NewRaw(`SELECT DISTINCT warehouse FROM goods_stocks ORDER BY warehouse`).Scan(ctx, &ws)
}

func countExpiring(ctx context.Context, d bun.IDB, today, soon clock.Day) (over, near int, err error) {
	err = d.NewRaw(`SELECT coalesce(sum(CASE WHEN expires_on < ? THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN expires_on >= ? THEN 1 ELSE 0 END), 0)
		FROM goods_batches WHERE qty > 0 AND expires_on <= ?`, today, today, soon).Scan(ctx, &over, &near)
	return over, near, err
}

func listBatchMoves(ctx context.Context, d bun.IDB, batch string, limit int) (ms []Move, err error) {
	return ms, d.NewSelect().Model(&ms).Where("m.batch = ?", batch).Order("m.id").Limit(int64(limit)).Scan(ctx)
}

func findItem(ctx context.Context, d bun.IDB, id string) (*Item, error) {
	i := new(Item)
	return i, d.NewSelect().Model(i).Where("i.id = ?", id).Scan(ctx)
}

func listLists(ctx context.Context, d bun.IDB, state, before string, limit int) (ls []List, err error) {
	q := d.NewSelect().Model(&ls).OrderExpr("l.id DESC").Limit(int64(limit))
	if state != "" {
		q = q.Where("l.state = ?", state)
	}
	if before != "" {
		q = q.Where("l.id < ?", before)
	}
	return ls, q.Scan(ctx)
}

func listChanges(ctx context.Context, d bun.IDB, kind, state, before string, limit int) (cs []Change, err error) {
	q := d.NewSelect().Model(&cs).OrderExpr("c.id DESC").Limit(int64(limit))
	if kind != "" {
		q = q.Where("c.kind = ?", kind)
	}
	if state != "" {
		q = q.Where("c.state = ?", state)
	}
	if before != "" {
		q = q.Where("c.id < ?", before)
	}
	return cs, q.Scan(ctx)
}

func findChange(ctx context.Context, d bun.IDB, id string) (*Change, error) {
	c := new(Change)
	return c, d.NewSelect().Model(c).Where("c.id = ?", id).Scan(ctx)
}

// listChangeLines lists in the one order in which rows that everybody wants are changed.
func listChangeLines(ctx context.Context, d bun.IDB, change string) (ls []ChangeLine, err error) {
	return ls, d.NewSelect().Model(&ls).Where("k.change = ?", change).Order("k.batch", "k.warehouse").Scan(ctx)
}

func decideChange(ctx context.Context, tx bun.IDB, c *Change) (int64, error) {
	return affected(tx.NewRaw(`UPDATE goods_changes SET state = ?, decided_by = ?, decided_name = ?, decided_at = ?, remark = ? WHERE id = ? AND state = 'asked'`,
		c.State, c.DecidedBy, c.DecidedName, c.DecidedAt, c.Remark, c.ID).Exec(ctx))
}

func returnGift(ctx context.Context, tx bun.IDB, id string) (int64, error) {
	return affected(tx.NewRaw(`UPDATE goods_gifts SET state = 'returned' WHERE id = ? AND state = 'stocked'`, id).Exec(ctx))
}

// usedBatches counts the moves of a gift's batches that are neither their entry, nor between our warehouses, nor the gift's own way back.
func usedBatches(ctx context.Context, d bun.IDB, gift string) (n int, err error) {
	return n, d.NewRaw(`SELECT count(*) FROM goods_moves AS m JOIN goods_batches AS b ON b.id = m.batch WHERE b.gift = ? AND m.kind NOT IN ('in', 'move', 'return')`, gift).Scan(ctx, &n)
}

// holdStock locks what lies in a warehouse, if it is what the books said.
func holdStock(ctx context.Context, tx bun.IDB, batch, warehouse string, book int64) (int64, error) {
	return affected(tx.NewRaw(`UPDATE goods_stocks SET qty = qty WHERE batch = ? AND warehouse = ? AND qty = ?`, batch, warehouse, book).Exec(ctx))
}

// place is a batch in a warehouse.
type place struct{ batch, warehouse string }

func stocksOf(ctx context.Context, d bun.IDB, batches []string) (map[place]int64, error) {
	var rows []struct {
		Batch, Warehouse string
		Qty              int64
	}
	out := map[place]int64{}
	if len(batches) == 0 {
		return out, nil
	}
	err := d.NewRaw(`SELECT batch, warehouse, qty FROM goods_stocks WHERE batch IN (?) AND qty > 0`, bun.List(batches)).Scan(ctx, &rows)
	for _, r := range rows {
		out[place{r.Batch, r.Warehouse}] = r.Qty
	}
	return out, err
}

func warehousesOf(there map[place]int64, batch string) []string {
	ws := map[string]bool{}
	for p := range there {
		if p.batch == batch {
			ws[p.warehouse] = true
		}
	}
	return slices.Sorted(maps.Keys(ws))
}
