package relief

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"care/server/access"
	"care/server/clock"
	"care/server/db"
)

func findNotice(ctx context.Context, db bun.IDB, id string) (*Notice, error) {
	n := new(Notice)
	return n, db.NewSelect().Model(n).Where("n.id = ?", id).Scan(ctx)
}

// lastNotice gives the newest notice of a case.
func lastNotice(ctx context.Context, db bun.IDB, caseID string) (*Notice, error) {
	n := new(Notice)
	return n, db.NewSelect().Model(n).Where("n.case_id = ?", caseID).Order("n.id DESC").Limit(1).Scan(ctx)
}

func updateNotice(ctx context.Context, tx bun.IDB, n *Notice, was NoticeState) error {
	return db.One(tx.NewUpdate().Model(n).Column("state", "to_day", "left_days", "closed_at").Where("n.id = ? AND n.state = ?", n.ID, was).Exec(ctx))
}

// listPublic lists what the public may see: running notices, and those that ended after the day since.
func listPublic(ctx context.Context, db bun.IDB, since time.Time, before string, limit int) (ns []Notice, err error) {
	q := db.NewSelect().Model(&ns).Where("n.state IN ('open', 'paused') OR (n.state = 'closed' AND n.closed_at > ?)", since).Order("n.id DESC").Limit(int64(limit))
	if before != "" {
		q = q.Where("n.id < ?", before)
	}
	return ns, q.Scan(ctx)
}

func listDue(ctx context.Context, db bun.IDB, today clock.Day) (ns []Notice, err error) {
	return ns, db.NewSelect().Model(&ns).Where("n.state = 'open' AND n.to_day < ?", today).Order("n.id").Limit(500).Scan(ctx)
}

// NoticeRow is a notice in a list of the staff.
type NoticeRow struct {
	Notice
	Number     string
	Objections int // open
	Objection  string
}

func listNotices(ctx context.Context, d bun.IDB, in access.Area, before string, limit int) (rs []NoticeRow, err error) {
	q := d.NewSelect().TableExpr("relief_notices AS n").Join("JOIN relief_cases AS c ON c.id = n.case_id").
		ColumnExpr("n.*, c.number").
		ColumnExpr("(SELECT count(*) FROM relief_objections AS x WHERE x.notice_id = n.id AND x.state = 'open') AS objections").
		ColumnExpr("coalesce((SELECT min(x.id) FROM relief_objections AS x WHERE x.notice_id = n.id AND x.state = 'open'), '') AS objection").
		Where("n.area_path LIKE ?", in.Path+"%").Order("n.id DESC").Limit(int64(limit))
	if before != "" {
		q = q.Where("n.id < ?", before)
	}
	return rs, q.Scan(ctx, &rs)
}

func findObjection(ctx context.Context, db bun.IDB, id string) (*Objection, error) {
	x := new(Objection)
	return x, db.NewSelect().Model(x).Where("x.id = ?", id).Scan(ctx)
}

func findReceipt(ctx context.Context, db bun.IDB, number string) (*Objection, error) {
	x := new(Objection)
	return x, db.NewSelect().Model(x).Where("x.number = ?", number).Scan(ctx)
}

func listObjections(ctx context.Context, db bun.IDB, caseID string) (xs []Objection, err error) {
	return xs, db.NewSelect().Model(&xs).Where("x.case_id = ?", caseID).Order("x.id").Scan(ctx)
}

func openObjections(ctx context.Context, db bun.IDB, notice string) (n int, err error) {
	return n, db.NewRaw("SELECT count(*) FROM relief_objections WHERE notice_id = ? AND state = 'open'", notice).Scan(ctx, &n)
}

func decideObjection(ctx context.Context, tx bun.IDB, x *Objection) error {
	return db.One(tx.NewUpdate().Model(x).Column("state", "reason_sealed", "decided_by", "decided_at").Where("x.id = ? AND x.state = 'open'", x.ID).Exec(ctx))
}

// closeObjections ends the other open objections of a notice together with the one that was upheld, or with a case that was withdrawn.
func closeObjections(ctx context.Context, tx bun.IDB, notice, state, by string, at time.Time) error {
	_, err := tx.NewRaw("UPDATE relief_objections SET state = ?, decided_by = ?, decided_at = ? WHERE notice_id = ? AND state = 'open'", state, by, at, notice).Exec(ctx)
	return err
}

func countObjections(ctx context.Context, d bun.IDB, who access.Actor) (n int, err error) {
	return n, d.NewRaw(`SELECT count(*) FROM relief_objections AS x JOIN relief_cases AS c ON c.id = x.case_id WHERE x.state = 'open' AND c.area_path LIKE ?
		AND NOT EXISTS (SELECT 1 FROM relief_actors AS a WHERE a.case_id = c.id AND a.person_id = ? AND a.stage <> 'objection')`, who.Area.Path+"%", who.ID).Scan(ctx, &n)
}
