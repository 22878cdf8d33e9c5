package intake

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/money"
)

// takeNumber gives the next number of a series in a year.
func takeNumber(ctx context.Context, tx bun.IDB, series string, year int) (n int64, err error) {
	return n, tx.NewRaw(`INSERT INTO intake_counters (series, year, n) VALUES (?, ?, 1) ON CONFLICT (series, year) DO UPDATE SET n = intake_counters.n + 1 RETURNING n`, series, year).Scan(ctx, &n)
}

func insertBatch(ctx context.Context, tx bun.IDB, b *Batch) error {
	_, err := tx.NewInsert().Model(b).Exec(ctx)
	return err
}

func findBatch(ctx context.Context, db bun.IDB, id string) (*Batch, error) {
	b := new(Batch)
	return b, db.NewSelect().Model(b).Where("b.id = ?", id).Scan(ctx)
}

func listBatches(ctx context.Context, db bun.IDB, kind string, state State, before string, limit int) (bs []Batch, err error) {
	q := db.NewSelect().Model(&bs).OrderExpr("b.id DESC").Limit(int64(limit))
	if kind != "" {
		q = q.Where("b.kind = ?", kind)
	}
	if state != "" {
		q = q.Where("b.state = ?", state)
	}
	if before != "" {
		q = q.Where("b.id < ?", before)
	}
	return bs, q.Scan(ctx)
}

func countBatches(ctx context.Context, db bun.IDB, state State) (n int, err error) {
	n64, err := db.NewSelect().Table("intake_batches").Where("state = ?", state).Count(ctx)
	return int(n64), err
}

// countFile counts how often a platform's file was read and taken back; it is part of the key of reading it once.
func countFile(ctx context.Context, db bun.IDB, platform, file string) (n int, err error) {
	n64, err := db.NewSelect().Table("intake_batches").Where("platform = ? AND file = ? AND state IN ('undone', 'dropped')", platform, file).Count(ctx)
	return int(n64), err
}

// turn changes the state of a batch under its version; it gives how many changed.
func turn(ctx context.Context, tx bun.IDB, id string, from, to State, version int64, set func(q *bun.UpdateQuery)) (int64, error) {
	q := tx.NewUpdate().Table("intake_batches").Set("state = ?", to).Set("version = version + 1").Where("id = ? AND state = ?", id, from)
	if version > 0 {
		q = q.Where("version = ?", version)
	}
	if set != nil {
		set(q)
	}
	return affected(q.Exec(ctx))
}

// touch raises the version of a batch: whoever changes its rows holds it from here to the commit.
func touch(ctx context.Context, tx bun.IDB, id string, state State, version int64) (int64, error) {
	q := tx.NewUpdate().Table("intake_batches").Set("version = version + 1").Where("id = ? AND state = ?", id, state)
	if version > 0 {
		q = q.Where("version = ?", version)
	}
	return affected(q.Exec(ctx))
}

type rows interface{ RowsAffected() (int64, error) }

func affected(res rows, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// insertRows stores many rows, some hundred a statement.
func insertRows(ctx context.Context, tx bun.IDB, rs []Row) error {
	for len(rs) > 0 {
		n := min(len(rs), 500)
		part := rs[:n]
		if _, err := tx.NewInsert().Model(&part).Exec(ctx); err != nil {
			return err
		}
		rs = rs[n:]
	}
	return nil
}

// deleteLines takes typed rows away from a batch; what a gift was made of stays.
func deleteLines(ctx context.Context, tx bun.IDB, batch string, from, to int64) error {
	_, err := tx.NewRaw(`DELETE FROM intake_rows WHERE batch = ? AND line BETWEEN ? AND ? AND state = 'typed'`, batch, from, to).Exec(ctx)
	return err
}

// maxLine is the last line that may be used.
const maxLine = 1 << 40

func listLines(ctx context.Context, db bun.IDB, batch string, from, to int64) (rs []Row, err error) {
	return rs, db.NewSelect().Model(&rs).Where("r.batch = ? AND r.line BETWEEN ? AND ?", batch, from, to).OrderExpr("r.line").Scan(ctx)
}

// listIn lists rows of a batch in a state, in the order of their lines.
func listIn(ctx context.Context, db bun.IDB, batch, state string, after int64, limit int) (rs []Row, err error) {
	return rs, db.NewSelect().Model(&rs).Where("r.batch = ? AND r.state = ? AND r.line > ?", batch, state, after).OrderExpr("r.line").Limit(int64(limit)).Scan(ctx)
}

// listAfter lists rows of a batch page by page; state and problem "" are all.
func listAfter(ctx context.Context, db bun.IDB, batch, state string, problems bool, after int64, limit int) (rs []Row, err error) {
	q := db.NewSelect().Model(&rs).Where("r.batch = ? AND r.line > ?", batch, after).OrderExpr("r.line").Limit(int64(limit))
	if state != "" {
		q = q.Where("r.state = ?", state)
	}
	if problems {
		q = q.Where("r.problem <> ''")
	}
	return rs, q.Scan(ctx)
}

func lastLine(ctx context.Context, db bun.IDB, batch string) (n int64, err error) {
	return n, db.NewRaw(`SELECT coalesce(max(line), 0) FROM intake_rows WHERE batch = ?`, batch).Scan(ctx, &n)
}

// tally is how many rows of a batch are in a state.
type tally struct {
	Kind, State string
	N           int64
	Fen, Fee    money.Fen
	Unread      int64 // rows whose amount cannot be read
}

func tallies(ctx context.Context, db bun.IDB, batch string) (ts []tally, err error) {
	return ts, db.NewRaw(`SELECT kind, state, count(*) AS n, coalesce(sum(amount), 0) AS fen, coalesce(sum(fee), 0) AS fee, coalesce(sum(CASE WHEN amount = 0 THEN 1 ELSE 0 END), 0) AS unread
		FROM intake_rows WHERE batch = ? GROUP BY kind, state`, batch).Scan(ctx, &ts)
}

// change is a new state of a row.
type change struct {
	ID, State, Gift, Fund, Problem string
}

// changeRows gives many rows their new state, when they are in state from; it gives how many changed.
func changeRows(ctx context.Context, tx bun.IDB, from string, cs []change) (int64, error) {
	if len(cs) == 0 {
		return 0, nil
	}
	sql := make([]byte, 0, 64*len(cs))
	args := make([]any, 0, 5*len(cs)+1)
	for i, c := range cs {
		if i > 0 {
			sql = append(sql, ',')
		}
		sql = append(sql, "(?, ?, ?, ?, ?)"...)
		args = append(args, c.ID, c.State, c.Gift, c.Fund, c.Problem)
	}
	return affected(tx.NewRaw(`WITH v (id, state, gift, fund, problem) AS (VALUES `+string(sql)+`)
		UPDATE intake_rows AS r SET state = v.state, gift = coalesce(nullif(v.gift, ''), r.gift), fund = v.fund, problem = v.problem FROM v WHERE r.id = v.id AND r.state = ?`, append(args, from)...).Exec(ctx))
}

func clearProblems(ctx context.Context, tx bun.IDB, batch string) error {
	_, err := tx.NewRaw(`UPDATE intake_rows SET problem = '' WHERE batch = ? AND problem <> '' AND state = 'typed'`, batch).Exec(ctx)
	return err
}

// knownOrders gives the orders of a platform that are there already, as number and kind.
func knownOrders(ctx context.Context, db bun.IDB, platform string, nos []string) (map[string]bool, error) {
	out := map[string]bool{}
	for len(nos) > 0 {
		n := min(len(nos), 1000)
		var rs []struct{ OrderNo, Kind string }
		err := db.NewRaw(`SELECT order_no, kind FROM intake_rows WHERE platform = ? AND order_no IN (?) AND state NOT IN ('same', 'undone', 'rejected')`, platform, bun.List(nos[:n])).Scan(ctx, &rs)
		if err != nil {
			return nil, err
		}
		for _, r := range rs {
			out[r.Kind+"/"+r.OrderNo] = true
		}
		nos = nos[n:]
	}
	return out, nil
}

// giftsOfOrders finds the gifts of orders, for their refunds.
func giftsOfOrders(ctx context.Context, db bun.IDB, platform string, nos []string) (map[string]Row, error) {
	out := map[string]Row{}
	for len(nos) > 0 {
		n := min(len(nos), 1000)
		var rs []Row
		err := db.NewSelect().Model(&rs).Where("r.platform = ? AND r.order_no IN (?) AND r.kind = 'gift' AND r.state IN ('typed', 'made', 'confirmed')", platform, bun.List(nos[:n])).Scan(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range rs {
			out[r.OrderNo] = r
		}
		nos = nos[n:]
	}
	return out, nil
}

func insertTotals(ctx context.Context, tx bun.IDB, t *Totals) error {
	_, err := tx.NewInsert().Model(t).Exec(ctx)
	return err
}

func listTotals(ctx context.Context, db bun.IDB, batch string) (ts []Totals, err error) {
	return ts, db.NewSelect().Model(&ts).Where("t.batch = ?", batch).OrderExpr("t.id").Scan(ctx)
}

func insertSheet(ctx context.Context, tx bun.IDB, s *Sheet) error {
	_, err := tx.NewInsert().Model(s).Exec(ctx)
	return err
}

func findSheet(ctx context.Context, db bun.IDB, id string) (*Sheet, error) {
	s := new(Sheet)
	return s, db.NewSelect().Model(s).Where("s.id = ?", id).Scan(ctx)
}

func listSheets(ctx context.Context, db bun.IDB, batch string) (ss []Sheet, err error) {
	return ss, db.NewSelect().Model(&ss).Where("s.batch = ? AND s.state <> 'dropped'", batch).OrderExpr("s.id").Scan(ctx)
}

func agreeSheet(ctx context.Context, tx bun.IDB, s *Sheet) (int64, error) {
	return affected(tx.NewRaw(`UPDATE intake_sheets SET state = 'agreed', second_by = ?, second_name = ?, second_at = ? WHERE id = ? AND state = 'counted' AND total = ? AND first_by <> ?`,
		s.SecondBy, s.SecondName, s.SecondAt, s.ID, s.Total, s.SecondBy).Exec(ctx))
}

func missSheet(ctx context.Context, tx bun.IDB, id string) (int64, error) {
	return affected(tx.NewRaw(`UPDATE intake_sheets SET tries = tries + 1 WHERE id = ? AND state = 'counted'`, id).Exec(ctx))
}

func dropSheet(ctx context.Context, tx bun.IDB, id string) (int64, error) {
	return affected(tx.NewRaw(`UPDATE intake_sheets SET state = 'dropped' WHERE id = ? AND state = 'counted'`, id).Exec(ctx))
}

func listProfiles(ctx context.Context, db bun.IDB) (ps []Profile, err error) {
	return ps, db.NewSelect().Model(&ps).OrderExpr("p.title").Scan(ctx)
}

func findProfile(ctx context.Context, db bun.IDB, column, value string) (*Profile, error) {
	p := new(Profile)
	return p, db.NewSelect().Model(p).Where("? = ?", bun.Ident("p."+column), value).Scan(ctx)
}

func insertProfile(ctx context.Context, tx bun.IDB, p *Profile) error {
	_, err := tx.NewInsert().Model(p).Exec(ctx)
	return err
}

func updateProfile(ctx context.Context, tx bun.IDB, p *Profile) (int64, error) {
	return affected(tx.NewRaw(`UPDATE intake_profiles SET title = ?, spec = ?, version = version + 1, edited_by = ?, edited_name = ?, edited_at = ? WHERE id = ? AND version = ?`,
		p.Title, p.Spec, p.EditedBy, p.EditedName, p.EditedAt, p.ID, p.Version).Exec(ctx))
}

// projectRow is a project of a platform and ours.
type projectRow struct {
	Project  string
	Campaign *string // nil: nobody has said yet
	N        int64
	Fen      money.Fen
}

func listProjects(ctx context.Context, db bun.IDB, batch string) (ps []projectRow, err error) {
	return ps, db.NewRaw(`SELECT r.project, p.campaign, count(*) AS n, sum(r.amount) AS fen FROM intake_rows AS r
		LEFT JOIN intake_projects AS p ON p.platform = r.platform AND p.project = r.project
		WHERE r.batch = ? AND r.kind = 'gift' AND r.state = 'typed' GROUP BY r.project, p.campaign ORDER BY r.project`, batch).Scan(ctx, &ps)
}

func projectMap(ctx context.Context, db bun.IDB, platform string) (map[string]string, error) {
	var rs []struct{ Project, Campaign string }
	err := db.NewRaw(`SELECT project, campaign FROM intake_projects WHERE platform = ?`, platform).Scan(ctx, &rs)
	out := make(map[string]string, len(rs))
	for _, r := range rs {
		out[r.Project] = r.Campaign
	}
	return out, err
}

func setProject(ctx context.Context, tx bun.IDB, platform, project, campaign, by, name string, at time.Time) error {
	_, err := tx.NewRaw(`INSERT INTO intake_projects (platform, project, campaign, by_id, by_name, at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (platform, project) DO UPDATE SET campaign = excluded.campaign, by_id = excluded.by_id, by_name = excluded.by_name, at = excluded.at`,
		platform, project, campaign, by, name, at).Exec(ctx)
	return err
}

// dayRow is what a platform still owes of one day's orders.
type dayRow struct {
	Day clock.Day
	Sum
}

func listOpenDays(ctx context.Context, db bun.IDB, platform string) (ds []dayRow, err error) {
	return ds, db.NewRaw(`SELECT day, `+sumColumns+` FROM intake_rows WHERE platform = ? AND settlement IS NULL AND state IN ('confirmed', 'noted') GROUP BY day ORDER BY day`, platform).Scan(ctx, &ds)
}

const sumColumns = `count(*) AS orders, coalesce(sum(CASE WHEN kind = 'gift' THEN amount ELSE 0 END), 0) AS gross,
	coalesce(sum(CASE WHEN kind = 'refund' THEN amount ELSE 0 END), 0) AS refunds, coalesce(sum(fee), 0) AS fees`

// takeRows puts the open rows of some days into a settlement and gives their sum.
func takeRows(ctx context.Context, tx bun.IDB, settlement, platform string, from, to clock.Day) (s Sum, err error) {
	if _, err = tx.NewRaw(`UPDATE intake_rows SET settlement = ? WHERE platform = ? AND day BETWEEN ? AND ? AND settlement IS NULL AND state IN ('confirmed', 'noted')`,
		settlement, platform, string(from), string(to)).Exec(ctx); err != nil {
		return s, err
	}
	return s, tx.NewRaw(`SELECT `+sumColumns+` FROM intake_rows WHERE settlement = ?`, settlement).Scan(ctx, &s)
}

func freeRows(ctx context.Context, tx bun.IDB, settlement string) error {
	_, err := tx.NewRaw(`UPDATE intake_rows SET settlement = NULL WHERE settlement = ?`, settlement).Exec(ctx)
	return err
}

// feeRow is the part of a settlement's fees that gifts to one fund cost.
type feeRow struct {
	Fund string
	Fee  money.Fen
}

func listFees(ctx context.Context, db bun.IDB, settlement string) (fs []feeRow, err error) {
	return fs, db.NewRaw(`SELECT fund, sum(fee) AS fee FROM intake_rows WHERE settlement = ? AND fee > 0 GROUP BY fund ORDER BY fund`, settlement).Scan(ctx, &fs)
}

func insertSettlement(ctx context.Context, tx bun.IDB, s *Settlement) error {
	_, err := tx.NewInsert().Model(s).Exec(ctx)
	return err
}

func findSettlement(ctx context.Context, db bun.IDB, id string) (*Settlement, error) {
	s := new(Settlement)
	return s, db.NewSelect().Model(s).Where("t.id = ?", id).Scan(ctx)
}

func listSettlements(ctx context.Context, db bun.IDB, before string, limit int) (ss []Settlement, err error) {
	q := db.NewSelect().Model(&ss).OrderExpr("t.id DESC").Limit(int64(limit))
	if before != "" {
		q = q.Where("t.id < ?", before)
	}
	return ss, q.Scan(ctx)
}

func decideSettlement(ctx context.Context, tx bun.IDB, s *Settlement) (int64, error) {
	return affected(tx.NewRaw(`UPDATE intake_settlements SET state = ?, decided_by = ?, decided_name = ?, decided_at = ?, why = ? WHERE id = ? AND state = 'asked'`,
		s.State, s.DecidedBy, s.DecidedName, s.DecidedAt, s.Why, s.ID).Exec(ctx))
}

func listSettled(ctx context.Context, db bun.IDB, settlement string, after string, limit int) (rs []Row, err error) {
	return rs, db.NewSelect().Model(&rs).Where("r.settlement = ? AND r.id > ?", settlement, after).OrderExpr("r.id").Limit(int64(limit)).Scan(ctx)
}

// broken is a rule and how often it is broken.
type broken struct {
	Rule string
	N    int64
}

// proofs are what must always hold, as questions whose answer is how many rows break it.
func proofs() []struct{ rule, sql string } {
	return []struct{ rule, sql string }{
		{"batches in work or done whose rows do not agree with their control totals", `SELECT count(*) FROM intake_batches AS b WHERE b.kind = 'gifts' AND b.state IN ('making', 'waiting', 'confirming', 'done')
			AND NOT EXISTS (SELECT 1 FROM (SELECT count(*) AS n, coalesce(sum(amount), 0) AS fen FROM intake_rows WHERE batch = b.id) AS s WHERE s.n = b.want_rows AND s.fen = b.want_fen)`},
		{"files of orders whose rows do not agree with their control totals", `SELECT count(*) FROM intake_batches AS b WHERE b.kind = 'orders' AND b.state <> 'dropped'
			AND NOT EXISTS (SELECT 1 FROM (SELECT count(*) AS n, coalesce(sum(CASE WHEN kind = 'refund' THEN -amount ELSE amount END), 0) AS fen FROM intake_rows WHERE batch = b.id) AS s WHERE s.n = b.want_rows AND s.fen = b.want_fen)`},
		{"batches that wait for the second person with rows that were not registered", `SELECT count(*) FROM intake_batches AS b WHERE b.state IN ('waiting', 'confirming', 'done')
			AND EXISTS (SELECT 1 FROM intake_rows AS r WHERE r.batch = b.id AND r.state = 'typed' AND (r.kind = 'gift' OR b.state = 'done'))`},
		{"finished batches with rows that were not confirmed", `SELECT count(*) FROM intake_batches AS b WHERE b.state = 'done' AND EXISTS (SELECT 1 FROM intake_rows AS r WHERE r.batch = b.id AND r.state = 'made')`},
		{"batches taken back with gifts that still stand", `SELECT count(*) FROM intake_batches AS b WHERE b.state IN ('undone', 'dropped') AND EXISTS (SELECT 1 FROM intake_rows AS r WHERE r.batch = b.id AND r.state IN ('made', 'confirmed'))`},
		{"batches sent and confirmed by one person", `SELECT count(*) FROM intake_batches WHERE confirmed_by <> '' AND confirmed_by = sent_by`},
		{"sheets counted by one person only", `SELECT count(*) FROM intake_sheets WHERE state = 'agreed' AND (second_by = '' OR second_by = first_by)`},
		{"batches with sheets in work or done whose sheets do not sum to the batch", `SELECT count(*) FROM intake_batches AS b WHERE b.state IN ('making', 'waiting', 'confirming', 'done')
			AND EXISTS (SELECT 1 FROM intake_sheets AS s WHERE s.batch = b.id AND s.state <> 'dropped')
			AND (SELECT coalesce(sum(total), 0) FROM intake_sheets AS s WHERE s.batch = b.id AND s.state = 'agreed') <> b.want_fen`},
		{"settlements that differ from their orders", `SELECT count(*) FROM intake_settlements AS t WHERE t.state <> 'dropped'
			AND NOT EXISTS (SELECT 1 FROM (SELECT ` + sumColumns + ` FROM intake_rows WHERE settlement = t.id) AS s WHERE s.orders = t.orders AND s.gross = t.gross AND s.refunds = t.refunds AND s.fees = t.fees)`},
		{"orders in settlements that were dropped", `SELECT count(*) FROM intake_rows AS r JOIN intake_settlements AS t ON t.id = r.settlement WHERE t.state = 'dropped' OR t.platform <> r.platform`},
	}
}

func runProofs(ctx context.Context, db bun.IDB) ([]broken, error) {
	var out []broken
	for _, p := range proofs() {
		b := broken{Rule: p.rule}
		if err := db.NewRaw(p.sql).Scan(ctx, &b.N); err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

func countAll(ctx context.Context, db bun.IDB) (batches, rows, settlements int64, err error) {
	return batches, rows, settlements, db.NewRaw(`SELECT (SELECT count(*) FROM intake_batches), (SELECT count(*) FROM intake_rows), (SELECT count(*) FROM intake_settlements)`).Scan(ctx, &batches, &rows, &settlements)
}

// listGiftRows lists the rows that gifts were made of, in the order of their ids, for the proof against the desk.
func listGiftRows(ctx context.Context, db bun.IDB, after string, limit int) (rs []Row, err error) {
	return rs, db.NewSelect().Model(&rs).Where("r.id > ? AND r.gift IS NOT NULL AND r.kind = 'gift'", after).OrderExpr("r.id").Limit(int64(limit)).Scan(ctx)
}

// listUnmade lists the rows of which a gift is still to be made, without those that the desk refused.
func listUnmade(ctx context.Context, db bun.IDB, batch string, limit int) (rs []Row, err error) {
	return rs, db.NewSelect().Model(&rs).Where("r.batch = ? AND r.state = 'typed' AND r.kind = 'gift' AND r.problem = ''", batch).OrderExpr("r.line").Limit(int64(limit)).Scan(ctx)
}

// freeOrders lets the orders of a batch that was taken back be read again from another file.
func freeOrders(ctx context.Context, tx bun.IDB, batch string) error {
	_, err := tx.NewRaw(`UPDATE intake_rows SET state = 'same' WHERE batch = ? AND platform <> '' AND state IN ('typed', 'netted')`, batch).Exec(ctx)
	return err
}

// listRefunds lists the refunds of a file that were not passed on yet.
func listRefunds(ctx context.Context, db bun.IDB, batch string) (rs []Row, err error) {
	return rs, db.NewSelect().Model(&rs).Where("r.batch = ? AND r.kind = 'refund' AND r.state = 'typed'", batch).OrderExpr("r.line").Scan(ctx)
}

// noteRefund notes that a refund was passed on, with the gift that it takes back.
func noteRefund(ctx context.Context, tx bun.IDB, id, gift, problem string) (int64, error) {
	return affected(tx.NewRaw(`UPDATE intake_rows SET state = 'noted', gift = nullif(?, ''), problem = ? WHERE id = ? AND state = 'typed'`, gift, problem, id).Exec(ctx))
}
