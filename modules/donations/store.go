package donations

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/money"
)

// insertGift stores a gift; false says that its transfer code is taken.
func insertGift(ctx context.Context, tx bun.IDB, g *Gift) (bool, error) {
	res, err := tx.NewInsert().Model(g).On("CONFLICT (code) DO NOTHING").Exec(ctx)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func findGift(ctx context.Context, db bun.IDB, id string) (*Gift, error) {
	g := new(Gift)
	return g, db.NewSelect().Model(g).Where("g.id = ?", id).Scan(ctx)
}

func findGiftBy(ctx context.Context, db bun.IDB, column, value string) (*Gift, error) {
	g := new(Gift)
	return g, db.NewSelect().Model(g).Where("? = ?", bun.Ident("g."+column), value).Scan(ctx)
}

// moveGift changes the state of a gift, when it is in one of the states from which that may happen.
func moveGift(ctx context.Context, tx bun.IDB, id string, to State) (int64, error) {
	return affected(tx.NewUpdate().Table("donations_gifts").Set("state = ?", to).Where("id = ?", id).Where("state IN (?)", bun.List(next[to])).Exec(ctx))
}

// dropGift puts a gift whose arrival was wrong back: a promise waits again, a gift that only the desk knew of ends.
func dropGift(ctx context.Context, tx bun.IDB, id string) (int64, error) {
	return affected(tx.NewRaw(`UPDATE donations_gifts SET state = CASE WHEN source = 'web' THEN 'pledged' ELSE 'withdrawn' END WHERE id = ? AND state = 'arrived'`, id).Exec(ctx))
}

// expireGifts ends the promises made before an instant and gives their ids.
func expireGifts(ctx context.Context, tx bun.IDB, before time.Time) (ids []string, err error) {
	err = tx.NewRaw(`UPDATE donations_gifts SET state = 'expired' WHERE state = 'pledged' AND made_at < ? RETURNING id`, before).Scan(ctx, &ids)
	return ids, err
}

func countExpiring(ctx context.Context, db bun.IDB, before time.Time) (n int64, err error) {
	return n, db.NewRaw(`SELECT count(*) FROM donations_gifts WHERE state = 'pledged' AND made_at < ?`, before).Scan(ctx, &n)
}

// insertArrival stores an arrival; false says that its line of the statement is recorded already.
func insertArrival(ctx context.Context, tx bun.IDB, a *Arrival) (bool, error) {
	res, err := tx.NewInsert().Model(a).On("CONFLICT (bank_ref) WHERE state <> 'rejected' DO NOTHING").Exec(ctx)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// insertArrivals stores many arrivals at once; a reference that is recorded already fails them all.
func insertArrivals(ctx context.Context, tx bun.IDB, as []Arrival) error {
	_, err := tx.NewInsert().Model(&as).Exec(ctx)
	return err
}

// arriveGifts moves many waiting gifts at once and gives how many moved.
func arriveGifts(ctx context.Context, tx bun.IDB, ids []string) (int64, error) {
	return affected(tx.NewUpdate().Table("donations_gifts").Set("state = ?", Arrived).Where("id IN (?)", bun.List(ids)).Where("state IN (?)", bun.List(next[Arrived])).Exec(ctx))
}

// findLive finds the arrival of a gift that waits or counts.
func findLive(ctx context.Context, db bun.IDB, gift string) (*Arrival, error) {
	a := new(Arrival)
	return a, db.NewSelect().Model(a).Where("a.gift = ? AND a.state <> 'rejected'", gift).Scan(ctx)
}

// hasOrigin tells whether a gift of this origin stands; one that was withdrawn may come again from a better file.
func hasOrigin(ctx context.Context, db bun.IDB, origin string) (bool, error) {
	return db.NewSelect().Table("donations_gifts").Where("origin = ? AND state <> 'withdrawn'", origin).Exists(ctx)
}

func reshowGift(ctx context.Context, tx bun.IDB, id, shown, public string) (int64, error) {
	return affected(tx.NewRaw(`UPDATE donations_gifts SET shown = ?, public_name = ? WHERE id = ?`, shown, public, id).Exec(ctx))
}

func findArrivalByRef(ctx context.Context, db bun.IDB, ref string) (*Arrival, error) {
	a := new(Arrival)
	return a, db.NewSelect().Model(a).Where("a.bank_ref = ? AND a.state <> 'rejected'", ref).Scan(ctx)
}

func listArrivals(ctx context.Context, db bun.IDB, gift string) (as []Arrival, err error) {
	return as, db.NewSelect().Model(&as).Where("a.gift = ?", gift).Order("a.id").Scan(ctx)
}

func rejectArrival(ctx context.Context, tx bun.IDB, a *Arrival) (int64, error) {
	return affected(tx.NewRaw(`UPDATE donations_arrivals SET state = 'rejected', decided_by = ?, decided_name = ?, decided_at = ?, reason = ? WHERE gift = ? AND state = 'recorded' AND (id = ? OR ? = '')`,
		a.DecidedBy, a.DecidedName, a.DecidedAt, a.Reason, a.Gift, a.ID, a.ID).Exec(ctx))
}

// waiting is an arrival with what its confirmation needs to know of the gift.
type waiting struct {
	Arrival    string
	State      string
	RecordedBy string
	Handler    string // name
	Day        clock.Day
	Amount     money.Fen
	Method     string
	Asset      string
	Channel    string
	Gift       string
	GiftState  State
	Code       string
	Donor      string
	Shown      string
	PublicName string
	Name       string // sealed
	IDNo       string `bun:"idno"` // sealed
	Fund       string
	Camp       string // id of the campaign
	Project    string // title of the campaign, "" for the general fund
	Waived     bool
	Source     string
	Email      string // sealed
	NameIndex  string
}

// cover is what the receipt of a waiting arrival prints.
func (w *waiting) cover() cover {
	return cover{Gift: w.Gift, Amount: w.Amount, Day: w.Day, Method: w.Method, Channel: w.Channel, Handler: w.Handler, Donor: w.Donor, Shown: w.Shown, Public: w.PublicName,
		Name: w.Name, IDNo: w.IDNo, Waived: w.Waived, Source: w.Source, Email: w.Email, Fund: w.Fund, Index: w.NameIndex, Camp: w.Camp, Project: w.Project}
}

func listWaiting(ctx context.Context, db bun.IDB, arrivals []string) (ws []waiting, err error) {
	err = db.NewSelect().TableExpr("donations_arrivals AS a").Join("JOIN donations_gifts AS g ON g.id = a.gift").
		Join("LEFT JOIN donations_campaigns AS c ON c.id = g.campaign").
		ColumnExpr(`a.id AS arrival, a.state, a.recorded_by, a.recorded_name AS handler, a.day, a.amount, a.method, a.channel, a.asset, g.id AS gift, g.state AS gift_state,
			g.code, g.donor, g.shown, g.public_name, g.name, g.idno, g.fund, coalesce(g.campaign, '') AS camp, coalesce(c.title, '') AS project, g.waived, g.source, g.email, g.name_index`).
		Where("a.id IN (?)", bun.List(arrivals)).Scan(ctx, &ws)
	return ws, err
}

func countWaiting(ctx context.Context, db bun.IDB) (n int, err error) {
	return n, db.NewRaw(`SELECT count(*) FROM donations_arrivals WHERE state = 'recorded'`).Scan(ctx, &n)
}

// taken is what a confirmation writes into a gift and its arrival.
type taken struct {
	Arrival, Gift, Roll, Receipt, Number, By, Name string
	Day                                            clock.Day
	Amount                                         money.Fen
}

// confirmGifts makes arrived gifts received and their recorded arrivals confirmed; it gives how many of each changed.
func confirmGifts(ctx context.Context, tx bun.IDB, ts []taken, at time.Time) (gifts, arrivals int64, err error) {
	rows := make([]byte, 0, 256*len(ts))
	var args []any
	for i, t := range ts {
		if i > 0 {
			rows = append(rows, ',')
		}
		rows = append(rows, "(?, ?, ?, ?, ?, ?)"...)
		args = append(args, t.Gift, t.Roll, t.Receipt, t.Number, string(t.Day), t.Amount)
	}
	gifts, err = affected(tx.NewRaw(`WITH v (id, roll, receipt, number, day, amount) AS (VALUES `+string(rows)+`)
		UPDATE donations_gifts AS g SET state = 'received', roll = v.roll, receipt = v.receipt, number = v.number, received_on = v.day, amount = v.amount, confirmed_at = ?
		FROM v WHERE g.id = v.id AND g.state = 'arrived'`, append(args, at)...).Exec(ctx))
	if err != nil {
		return 0, 0, err
	}
	rows, args = rows[:0], nil
	for i, t := range ts {
		if i > 0 {
			rows = append(rows, ',')
		}
		rows = append(rows, "(?, ?, ?)"...)
		args = append(args, t.Arrival, t.By, t.Name)
	}
	arrivals, err = affected(tx.NewRaw(`WITH v (id, decided_by, decided_name) AS (VALUES `+string(rows)+`)
		UPDATE donations_arrivals AS a SET state = 'confirmed', decided_by = v.decided_by, decided_name = v.decided_name, decided_at = ?
		FROM v WHERE a.id = v.id AND a.state = 'recorded'`, append(args, at)...).Exec(ctx))
	return gifts, arrivals, err
}

// addCount changes how many gifts a fund holds.
func addCount(ctx context.Context, tx bun.IDB, fund string, n int) error {
	_, err := tx.NewRaw(`INSERT INTO donations_counts (fund, gifts) VALUES (?, ?) ON CONFLICT (fund) DO UPDATE SET gifts = donations_counts.gifts + ?`, fund, max(n, 0), n).Exec(ctx)
	return err
}

func listCounts(ctx context.Context, db bun.IDB) (map[string]int64, error) {
	var rows []struct {
		Fund  string
		Gifts int64
	}
	err := db.NewRaw(`SELECT fund, gifts FROM donations_counts`).Scan(ctx, &rows)
	m := make(map[string]int64, len(rows))
	for _, r := range rows {
		m[r.Fund] = r.Gifts
	}
	return m, err
}

func insertRefund(ctx context.Context, tx bun.IDB, r *Refund) error {
	_, err := tx.NewInsert().Model(r).Exec(ctx)
	return err
}

func listRefunds(ctx context.Context, db bun.IDB, gift string) (rs []Refund, err error) {
	return rs, db.NewSelect().Model(&rs).Where("r.gift = ?", gift).Order("r.id").Scan(ctx)
}

func findRefund(ctx context.Context, db bun.IDB, id string) (*Refund, error) {
	r := new(Refund)
	return r, db.NewSelect().Model(r).Where("r.id = ?", id).Scan(ctx)
}

func decideRefund(ctx context.Context, tx bun.IDB, r *Refund) (int64, error) {
	return affected(tx.NewRaw(`UPDATE donations_refunds SET state = ?, decided_by = ?, decided_name = ?, decided_at = ?, remark = ? WHERE id = ? AND state = 'asked'`,
		r.State, r.DecidedBy, r.DecidedName, r.DecidedAt, r.Remark, r.ID).Exec(ctx))
}

type rows interface{ RowsAffected() (int64, error) }

func affected(res rows, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// backFromRefund keeps a gift whose refund was declined.
func backFromRefund(ctx context.Context, tx bun.IDB, id string) (int64, error) {
	return affected(tx.NewRaw(`UPDATE donations_gifts SET state = 'received' WHERE id = ? AND state = 'refunding'`, id).Exec(ctx))
}

// dueRow is a Due with its instant.
type dueRow struct {
	Due
	At time.Time
}

// listDue lists gifts that wait for their money, in the order of their ids.
func listDue(ctx context.Context, db bun.IDB, after string, limit int) (ds []dueRow, err error) {
	err = db.NewRaw(`SELECT id, code, name_index, state, promised, coalesce(campaign, '') AS campaign, origin, made_at AS at FROM donations_gifts
		WHERE state IN ('pledged', 'expired') AND id > ? ORDER BY id LIMIT ?`, after, limit).Scan(ctx, &ds)
	return ds, err
}

// openRefund is a RefundDue as the tables have it.
type openRefund struct {
	RefundDue
	At     time.Time
	Donor  string
	Sealed string
}

func listOpenRefunds(ctx context.Context, db bun.IDB, limit int) (rs []openRefund, err error) {
	err = db.NewRaw(`SELECT r.id, r.gift, g.code, g.number, g.amount, r.decided_at AS at, a.channel, g.name_index, g.donor, g.name AS sealed
		FROM donations_refunds AS r JOIN donations_gifts AS g ON g.id = r.gift JOIN donations_arrivals AS a ON a.gift = g.id AND a.state = 'confirmed'
		WHERE r.state = 'done' AND r.paid_ref = '' ORDER BY r.id LIMIT ?`, limit).Scan(ctx, &rs)
	return rs, err
}

func payRefund(ctx context.Context, tx bun.IDB, id, ref string, day clock.Day) (int64, error) {
	return affected(tx.NewRaw(`UPDATE donations_refunds SET paid_ref = ?, paid_on = ? WHERE id = ? AND state = 'done' AND paid_ref = ''`, ref, day, id).Exec(ctx))
}

func unpayRefund(ctx context.Context, tx bun.IDB, id, ref string) (int64, error) {
	return affected(tx.NewRaw(`UPDATE donations_refunds SET paid_ref = '', paid_on = NULL WHERE id = ? AND paid_ref = ?`, id, ref).Exec(ctx))
}
