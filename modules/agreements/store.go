package agreements

import (
	"context"
	"database/sql"
	"time"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/money"
)

func insertAgreement(ctx context.Context, tx bun.IDB, a *Agreement, is []Instalment) error {
	if _, err := tx.NewInsert().Model(a).Exec(ctx); err != nil || len(is) == 0 {
		return err
	}
	_, err := tx.NewInsert().Model(&is).Exec(ctx)
	return err
}

func findAgreement(ctx context.Context, db bun.IDB, column, value string) (*Agreement, error) {
	a := new(Agreement)
	return a, db.NewSelect().Model(a).Where("? = ?", bun.Ident("a."+column), value).Scan(ctx)
}

func listInstalments(ctx context.Context, db bun.IDB, agreement string) (is []Instalment, err error) {
	return is, db.NewSelect().Model(&is).Where("i.agreement = ?", agreement).Order("i.n").Scan(ctx)
}

func affected(res sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// decide puts a draft in force or ends it; 0 when it is no draft any more.
func decide(ctx context.Context, tx bun.IDB, a *Agreement) (int64, error) {
	return affected(tx.NewRaw(`UPDATE agreements_agreements SET state = ?, decided_by = ?, decided_name = ?, decided_at = ?, ended_at = ?, ended_name = ?, reason = ? WHERE id = ? AND state = 'draft'`,
		a.State, a.DecidedBy, a.DecidedName, a.DecidedAt, a.EndedAt, a.EndedName, a.Reason, a.ID).Exec(ctx))
}

// rest changes the state of a monthly gift from one to the other; 0 when it is not in the first.
func rest(ctx context.Context, tx bun.IDB, id, from, to, reason string, since clock.Day) (int64, error) {
	return affected(tx.NewRaw(`UPDATE agreements_agreements SET state = ?, reason = ?, since = ? WHERE id = ? AND state = ? AND kind = 'monthly'`, to, reason, since, id, from).Exec(ctx))
}

func end(ctx context.Context, tx bun.IDB, id, name, reason string, at time.Time) (int64, error) {
	return affected(tx.NewRaw(`UPDATE agreements_agreements SET state = 'ended', ended_at = ?, ended_name = ?, reason = ? WHERE id = ? AND state IN ('active', 'paused')`, at, name, reason, id).Exec(ctx))
}

func change(ctx context.Context, tx bun.IDB, id string, amount money.Fen, day int64, until clock.Day) (int64, error) {
	return affected(tx.NewRaw(`UPDATE agreements_agreements SET amount = ?, day = ?, until = ? WHERE id = ? AND kind = 'monthly' AND state <> 'ended'`, amount, day, until, id).Exec(ctx))
}

func setScan(ctx context.Context, tx bun.IDB, id, file string) (int64, error) {
	return affected(tx.NewRaw(`UPDATE agreements_agreements SET scan = ? WHERE id = ? AND state = 'draft'`, file, id).Exec(ctx))
}

// fill notes the promise that an instalment became; 0 when it has one.
func fill(ctx context.Context, tx bun.IDB, agreement string, n int64, gift string) (int64, error) {
	return affected(tx.NewRaw(`UPDATE agreements_instalments SET gift = ?, problem = '' WHERE agreement = ? AND n = ? AND gift IS NULL`, gift, agreement, n).Exec(ctx))
}

func setProblem(ctx context.Context, tx bun.IDB, agreement string, n int64, code string) error {
	_, err := tx.NewRaw(`UPDATE agreements_instalments SET problem = ? WHERE agreement = ? AND n = ? AND gift IS NULL`, code, agreement, n).Exec(ctx)
	return err
}

// addInstalment plans one more month; false when it is planned.
func addInstalment(ctx context.Context, tx bun.IDB, i *Instalment) (bool, error) {
	n, err := affected(tx.NewInsert().Model(i).On("CONFLICT DO NOTHING").Exec(ctx))
	return n == 1, err
}

// dropInstalments takes back the months that are planned and promised to nobody yet.
func dropInstalments(ctx context.Context, tx bun.IDB, agreement string) error {
	_, err := tx.NewRaw(`DELETE FROM agreements_instalments WHERE agreement = ? AND gift IS NULL`, agreement).Exec(ctx)
	return err
}

// listDue lists instalments of agreements in force that are due until a day and are no promise yet.
func listDue(ctx context.Context, db bun.IDB, kind string, until clock.Day, limit int) (is []Instalment, err error) {
	return is, db.NewSelect().Model(&is).Join("JOIN agreements_agreements AS a ON a.id = i.agreement").
		Where("a.state = 'active' AND a.kind = ? AND i.gift IS NULL AND i.due <= ?", kind, until).Order("i.agreement", "i.n").Limit(int64(limit)).Scan(ctx)
}

// listMonthly lists monthly gifts in force with the last instalment that is planned, in pages by id.
func listMonthly(ctx context.Context, db bun.IDB, after string, limit int) (as []Agreement, err error) {
	return as, db.NewSelect().Model(&as).Where("a.kind = 'monthly' AND a.state = 'active' AND a.id > ?", after).Order("a.id").Limit(int64(limit)).Scan(ctx)
}

// Filter narrows the list of agreements.
type Filter struct {
	Kind, State string
	Number      string
	NameIndex   string
}

// Row is an agreement in a list.
type Row struct {
	Agreement
	Parts int64     // instalments
	Made  int64     // of them promised
	Next  clock.Day // next one that is no promise yet
}

func listAgreements(ctx context.Context, db bun.IDB, f Filter, before string, limit int) (rs []Row, err error) {
	q := db.NewSelect().TableExpr("agreements_agreements AS a").ColumnExpr(`a.*, (SELECT count(*) FROM agreements_instalments AS i WHERE i.agreement = a.id) AS parts,
		(SELECT count(*) FROM agreements_instalments AS i WHERE i.agreement = a.id AND i.gift IS NOT NULL) AS made,
		(SELECT min(i.due) FROM agreements_instalments AS i WHERE i.agreement = a.id AND i.gift IS NULL) AS next`).OrderExpr("a.id DESC").Limit(int64(limit))
	if f.Kind != "" {
		q = q.Where("a.kind = ?", f.Kind)
	}
	if f.State != "" {
		q = q.Where("a.state = ?", f.State)
	}
	if f.Number != "" || f.NameIndex != "" {
		q = q.Where("(a.number = ? OR a.name_index = ?)", f.Number, f.NameIndex)
	}
	if before != "" {
		q = q.Where("a.id < ?", before)
	}
	return rs, q.Scan(ctx, &rs)
}

// dueRow is an instalment with its agreement, for the list of what is due.
type dueRow struct {
	Instalment
	Number string
	Kind   string
	Donor  string
	Name   string // sealed
	Phone  string // sealed
}

// listCalendar lists instalments of agreements in force due between two days, the earliest first.
func listCalendar(ctx context.Context, db bun.IDB, from, to clock.Day, limit int) (ds []dueRow, err error) {
	return ds, db.NewSelect().TableExpr("agreements_instalments AS i").Join("JOIN agreements_agreements AS a ON a.id = i.agreement").
		ColumnExpr("i.*, a.number, a.kind, a.donor, a.name, a.phone").Where("a.state = 'active' AND i.due BETWEEN ? AND ?", from, to).OrderExpr("i.due, a.number").Limit(int64(limit)).Scan(ctx, &ds)
}

func countStates(ctx context.Context, db bun.IDB) (drafts, active, problems int, err error) {
	err = db.NewRaw(`SELECT (SELECT count(*) FROM agreements_agreements WHERE state = 'draft'), (SELECT count(*) FROM agreements_agreements WHERE state = 'active'),
		(SELECT count(*) FROM agreements_instalments AS i JOIN agreements_agreements AS a ON a.id = i.agreement WHERE a.state = 'active' AND i.problem <> '')`).Scan(ctx, &drafts, &active, &problems)
	return drafts, active, problems, err
}

var proofs = []struct{ rule, query string }{
	{"written agreements whose instalments are not their amount", `SELECT count(*) FROM agreements_agreements AS a WHERE a.kind = 'written' AND a.state <> 'ended' AND
		a.amount <> (SELECT coalesce(sum(i.amount), 0) FROM agreements_instalments AS i WHERE i.agreement = a.id)`},
	{"written agreements in force without a second person or the signed paper", `SELECT count(*) FROM agreements_agreements WHERE kind = 'written' AND state IN ('active', 'paused') AND (decided_by = '' OR decided_by = made_by OR scan = '')`},
	{"instalments of a draft that are promised", `SELECT count(*) FROM agreements_instalments AS i JOIN agreements_agreements AS a ON a.id = i.agreement WHERE a.state = 'draft' AND i.gift IS NOT NULL`},
}

func countBad(ctx context.Context, db bun.IDB, query string) (n int64, err error) {
	return n, db.NewRaw(query).Scan(ctx, &n)
}

func countAgreements(ctx context.Context, db bun.IDB) (agreements, instalments int64, err error) {
	err = db.NewRaw(`SELECT (SELECT count(*) FROM agreements_agreements), (SELECT count(*) FROM agreements_instalments)`).Scan(ctx, &agreements, &instalments)
	return agreements, instalments, err
}

// listPromised lists instalments that are promises, from after one on.
func listPromised(ctx context.Context, db bun.IDB, agreement string, n int64, limit int) (is []Instalment, err error) {
	return is, db.NewSelect().Model(&is).Where("i.gift IS NOT NULL AND (i.agreement > ? OR i.agreement = ? AND i.n > ?)", agreement, agreement, n).Order("i.agreement", "i.n").Limit(int64(limit)).Scan(ctx)
}
