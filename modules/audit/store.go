package audit

import (
	"context"

	"github.com/uptrace/bun"

	"care/server/db"
)

// claimKeys stores the keys that are new and returns them; it waits for another act that holds one of them.
func claimKeys(ctx context.Context, tx bun.IDB, ks []key) (map[string]bool, error) {
	won := map[string]bool{}
	if len(ks) == 0 {
		return won, nil
	}
	var got []string
	err := tx.NewInsert().Model(&ks).On("CONFLICT (key) DO NOTHING").Returning("key").Scan(ctx, &got)
	if err != nil {
		return nil, err
	}
	for _, k := range got {
		won[k] = true
	}
	return won, nil
}

type used struct {
	Key, Input, Subject string
}

func findKeys(ctx context.Context, db bun.IDB, ks []string) (map[string]used, error) {
	var us []used
	err := db.NewSelect().TableExpr("audit_keys AS k").Join("JOIN audit_entries AS e ON e.id = k.entry").
		ColumnExpr("k.key, k.input, e.subject").Where("k.key IN (?)", bun.List(ks)).Scan(ctx, &us)
	m := make(map[string]used, len(us))
	for _, u := range us {
		m[u.Key] = u
	}
	return m, err
}

func insertEntries(ctx context.Context, tx bun.IDB, es []Entry) error {
	_, err := tx.NewInsert().Model(&es).Exec(ctx)
	return err
}

// Filter narrows the record for its readers; empty fields do not narrow.
type Filter struct{ Subject, Actor, Verb string }

func listEntries(ctx context.Context, d bun.IDB, f Filter, before string, limit int) (es []Entry, err error) {
	q := d.NewSelect().Model(&es).Order("e.id DESC").Limit(int64(limit))
	if before != "" {
		q = q.Where("e.id < ?", before)
	}
	if f.Subject != "" {
		q = q.Where("e.subject = ?", f.Subject)
	}
	if f.Actor != "" {
		q = q.Where("e.actor = ?", f.Actor)
	}
	if f.Verb != "" {
		q = q.Where("e.verb LIKE ? ESCAPE '\\'", db.Like(f.Verb)+"%")
	}
	return es, q.Scan(ctx)
}

func countEntries(ctx context.Context, db bun.IDB) (n int64, err error) {
	return n, db.NewRaw("SELECT count(*) FROM audit_entries").Scan(ctx, &n)
}

func countOrphanKeys(ctx context.Context, db bun.IDB) (n int64, err error) {
	return n, db.NewRaw("SELECT count(*) FROM audit_keys AS k WHERE NOT EXISTS (SELECT 1 FROM audit_entries AS e WHERE e.id = k.entry)").Scan(ctx, &n)
}
