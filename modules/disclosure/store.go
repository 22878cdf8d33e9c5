package disclosure

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"care/server/clock"
)

func affected(res interface{ RowsAffected() (int64, error) }, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func insertAny(ctx context.Context, tx bun.IDB, row any) error {
	_, err := tx.NewInsert().Model(row).Exec(ctx)
	return err
}

func listRules(ctx context.Context, db bun.IDB) (rs []Rule, err error) {
	return rs, db.NewSelect().Model(&rs).Order("r.name", "r.valid_from DESC", "r.id DESC").Limit(5000).Scan(ctx)
}

func findRule(ctx context.Context, db bun.IDB, id string) (*Rule, error) {
	r := new(Rule)
	return r, db.NewSelect().Model(r).Where("r.id = ?", id).Scan(ctx)
}

func decideRule(ctx context.Context, tx bun.IDB, r *Rule) (int64, error) {
	return affected(tx.NewUpdate().Model(r).Column("state", "decided_by", "decided_name", "decided_at").Where("id = ? AND state = 'proposed'", r.ID).Exec(ctx))
}

func listHappenings(ctx context.Context, db bun.IDB) (es []Happening, err error) {
	return es, db.NewSelect().Model(&es).Order("e.id DESC").Limit(2000).Scan(ctx)
}

// listTold gives when each report was published for the first time.
func listTold(ctx context.Context, db bun.IDB) (ts []told, err error) {
	var rows []struct {
		Kind, Subject string
		At            time.Time
	}
	err = db.NewRaw(`SELECT i.kind, i.subject, v.published_at AS at FROM disclosure_items AS i JOIN disclosure_versions AS v ON v.item = i.id AND v.n = 1 AND v.state = 'published'`).Scan(ctx, &rows)
	for _, r := range rows {
		ts = append(ts, told{r.Kind, r.Subject, clock.DayOf(r.At)})
	}
	return ts, err
}

func findItem(ctx context.Context, db bun.IDB, where string, arg any) (*Item, error) {
	i := new(Item)
	return i, db.NewSelect().Model(i).Where("? = ?", bun.Ident("i."+where), arg).Scan(ctx)
}

// lastItem gives the report of a subject that begins last; sql.ErrNoRows when there is none.
func lastItem(ctx context.Context, db bun.IDB, kind, subject string) (*Item, error) {
	i := new(Item)
	return i, db.NewSelect().Model(i).Where("i.kind = ? AND i.subject = ?", kind, subject).Order("i.from_day DESC").Limit(1).Scan(ctx)
}

// stretchItem gives a report that nobody has published another last day.
func stretchItem(ctx context.Context, tx bun.IDB, i *Item) (int64, error) {
	return affected(tx.NewRaw(`UPDATE disclosure_items SET to_day = ? WHERE id = ? AND NOT EXISTS (SELECT 1 FROM disclosure_versions AS v WHERE v.item = disclosure_items.id AND v.state = 'published')`, i.ToDay, i.ID).Exec(ctx))
}

func listVersions(ctx context.Context, db bun.IDB, item string) (vs []Version, err error) {
	return vs, db.NewSelect().Model(&vs).Where("v.item = ?", item).Order("v.id").Scan(ctx)
}

func findVersion(ctx context.Context, db bun.IDB, id string) (*Version, error) {
	v := new(Version)
	return v, db.NewSelect().Model(v).Where("v.id = ?", id).Scan(ctx)
}

// rewriteVersion writes a draft anew, as it was read.
func rewriteVersion(ctx context.Context, tx bun.IDB, v *Version, read string) (int64, error) {
	return affected(tx.NewUpdate().Model(v).Column("title", "body", "hash", "note", "edited_by", "edited_name", "edited_at").
		Where("id = ? AND state = 'draft' AND hash = ?", v.ID, read).Exec(ctx))
}

// publishVersion publishes the draft that was read.
func publishVersion(ctx context.Context, tx bun.IDB, v *Version) (int64, error) {
	return affected(tx.NewUpdate().Model(v).Column("state", "published_by", "published_name", "published_at").
		Where("id = ? AND state = 'draft' AND hash = ?", v.ID, v.Hash).Exec(ctx))
}

func dropVersion(ctx context.Context, tx bun.IDB, id string) (int64, error) {
	return affected(tx.NewRaw(`UPDATE disclosure_versions SET state = 'dropped' WHERE id = ? AND state = 'draft'`, id).Exec(ctx))
}

// Listed is a report in a list: its newest published version, or its draft.
type Listed struct {
	VersionID   string
	Code        string
	ItemID      string
	Kind        string
	Subject     string
	N           int
	State       string
	Title       string
	FromDay     clock.Day
	ToDay       clock.Day
	Hash        string
	MadeBy      string
	MadeName    string
	EditedBy    string
	PublishedAt time.Time
}

const listed = `v.id AS version_id, i.code, i.id AS item_id, i.kind, i.subject, v.n, v.state, v.title, i.from_day, i.to_day, v.hash, v.made_by, v.made_name, v.edited_by, v.published_at`

// listPublished lists the newest versions of published reports, newest first. subject "" is all.
func listPublished(ctx context.Context, db bun.IDB, subject, before string, limit int) (ls []Listed, err error) {
	q := db.NewSelect().TableExpr("disclosure_versions AS v").Join("JOIN disclosure_items AS i ON i.id = v.item").ColumnExpr(listed).
		Where("v.state = 'published' AND NOT EXISTS (SELECT 1 FROM disclosure_versions AS w WHERE w.item = v.item AND w.state = 'published' AND w.n > v.n)").
		Order("v.id DESC").Limit(int64(limit))
	if before != "" {
		q = q.Where("v.id < ?", before)
	}
	if subject != "" {
		q = q.Where("i.subject = ?", subject)
	}
	return ls, q.Scan(ctx, &ls)
}

// listDrafts lists what waits to be finished or published.
func listDrafts(ctx context.Context, db bun.IDB) (ls []Listed, err error) {
	err = db.NewSelect().TableExpr("disclosure_versions AS v").Join("JOIN disclosure_items AS i ON i.id = v.item").ColumnExpr(listed).
		Where("v.state = 'draft'").Order("v.id").Limit(500).Scan(ctx, &ls)
	return ls, err
}

// checked is a version as the proofs read it.
type checked struct {
	ID, Item, Body, Hash, Note string
	N                          int
	Code                       string
	FromDay, ToDay             clock.Day
}

// listChecked gives the published versions of all reports in their order, a piece at a time.
func listChecked(ctx context.Context, db bun.IDB, item string, n, limit int) (vs []checked, err error) {
	err = db.NewRaw(`SELECT v.id, v.item, v.body, v.hash, v.note, v.n, i.code, i.from_day, i.to_day FROM disclosure_versions AS v JOIN disclosure_items AS i ON i.id = v.item
		WHERE v.state = 'published' AND (v.item > ? OR v.item = ? AND v.n > ?) ORDER BY v.item, v.n LIMIT ?`, item, item, n, limit).Scan(ctx, &vs)
	return vs, err
}

type counts struct{ Rules, Items, Alone, Missing int64 }

// countChecked counts, and finds what one person did alone and reports without a campaign or an event.
func countChecked(ctx context.Context, db bun.IDB) (n counts, err error) {
	err = db.NewRaw(`SELECT (SELECT count(*) FROM disclosure_rules) AS rules, (SELECT count(*) FROM disclosure_items) AS items,
		(SELECT count(*) FROM disclosure_versions WHERE state = 'published' AND (published_by = '' OR published_by = made_by OR published_by = edited_by))
		 + (SELECT count(*) FROM disclosure_rules WHERE state <> 'proposed' AND (decided_by = '' OR decided_by = proposed_by)) AS alone,
		(SELECT count(*) FROM disclosure_items AS i WHERE i.kind = 'event' AND NOT EXISTS (SELECT 1 FROM disclosure_events AS e WHERE e.id = i.subject)) AS missing`).Scan(ctx, &n)
	return n, err
}

func listMovements(ctx context.Context, db bun.IDB, fund, before string, limit int) (ms []Movement, err error) {
	q := db.NewSelect().TableExpr("ledger_moves AS m").Join("JOIN ledger_journals AS j ON j.id = m.journal").
		ColumnExpr("m.id, j.kind, j.day, m.source, m.dest, m.amount").Where("m.fund = ?", fund).Order("m.id DESC").Limit(int64(limit))
	if before != "" {
		q = q.Where("m.id < ?", before)
	}
	return ms, q.Scan(ctx, &ms)
}

func lastGauges(ctx context.Context, db bun.IDB) (*gaugeRow, error) {
	g := new(gaugeRow)
	return g, db.NewSelect().Model(g).Order("g.day DESC").Limit(1).Scan(ctx)
}
