package relief

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"care/server/access"
	"care/server/db"
	"care/server/money"
)

func findPersonByIndex(ctx context.Context, db bun.IDB, index string) (*Person, error) {
	p := new(Person)
	return p, db.NewSelect().Model(p).Where("p.identity_index = ?", index).Scan(ctx)
}

func findPerson(ctx context.Context, db bun.IDB, id string) (*Person, error) {
	p := new(Person)
	return p, db.NewSelect().Model(p).Where("p.id = ?", id).Scan(ctx)
}

func updatePerson(ctx context.Context, tx bun.IDB, p *Person) error {
	return db.One(tx.NewUpdate().Model(p).Column("name_sealed", "name_mask", "phone_sealed", "phone_mask", "address_sealed", "category", "updated_at").WherePK().Exec(ctx))
}

func findDraft(ctx context.Context, db bun.IDB, id, owner string) (*Draft, error) {
	d := new(Draft)
	return d, db.NewSelect().Model(d).Where("d.id = ? AND d.owner = ?", id, owner).Scan(ctx)
}

func listDrafts(ctx context.Context, db bun.IDB, owner string) (ds []Draft, err error) {
	return ds, db.NewSelect().Model(&ds).Where("d.owner = ?", owner).Order("d.id DESC").Limit(50).Scan(ctx)
}

func upsertDraft(ctx context.Context, tx bun.IDB, d *Draft) error {
	return db.One(tx.NewInsert().Model(d).On("CONFLICT (id) DO UPDATE").Set("form_sealed = EXCLUDED.form_sealed, name_mask = EXCLUDED.name_mask, updated_at = EXCLUDED.updated_at").
		Where("d.owner = EXCLUDED.owner").Exec(ctx))
}

func deleteDraft(ctx context.Context, tx bun.IDB, id, owner string) error {
	_, err := tx.NewRaw("DELETE FROM relief_drafts WHERE id = ? AND owner = ?", id, owner).Exec(ctx)
	return err
}

func findCase(ctx context.Context, db bun.IDB, id string) (*Case, error) {
	c := new(Case)
	return c, db.NewSelect().Model(c).Where("c.id = ?", id).Scan(ctx)
}

// updateCase stores a moved case under the condition of what it was: of two people at once exactly one wins.
func updateCase(ctx context.Context, tx bun.IDB, c *Case, was State) error {
	return db.One(tx.NewUpdate().Model(c).Column("state", "back_to", "story_sealed", "requested", "proposed", "approved", "quorum", "since", "version").
		Where("c.id = ? AND c.state = ? AND c.version = ?", c.ID, was, c.Version-1).Exec(ctx))
}

// joinActor notes that a person acts at a stage and gives the stage at which they acted first: the key is (case, person).
func joinActor(ctx context.Context, tx bun.IDB, a *actorRow) (stage string, err error) {
	if _, err = tx.NewInsert().Model(a).On("CONFLICT (case_id, person_id) DO NOTHING").Exec(ctx); err != nil {
		return "", err
	}
	return stage, tx.NewRaw("SELECT stage FROM relief_actors WHERE case_id = ? AND person_id = ?", a.CaseID, a.PersonID).Scan(ctx, &stage)
}

func listActors(ctx context.Context, db bun.IDB, cases []string) (as []actorRow, err error) {
	if len(cases) == 0 {
		return nil, nil
	}
	return as, db.NewSelect().Model(&as).Where("a.case_id IN (?)", bun.List(cases)).Order("a.at").Scan(ctx)
}

func listOpinions(ctx context.Context, db bun.IDB, id string) (os []Opinion, err error) {
	return os, db.NewSelect().Model(&os).Where("o.case_id = ?", id).Order("o.id").Scan(ctx)
}

func countVotes(ctx context.Context, db bun.IDB, id string) (n int, err error) {
	return n, db.NewRaw("SELECT count(*) FROM relief_opinions WHERE case_id = ? AND stage = 'approval' AND verdict = 'pass'", id).Scan(ctx, &n)
}

func listVisits(ctx context.Context, db bun.IDB, id string) (vs []Visit, err error) {
	return vs, db.NewSelect().Model(&vs).Where("v.case_id = ?", id).Order("v.id").Scan(ctx)
}

func findAccount(ctx context.Context, db bun.IDB, id, state string) (*Account, error) {
	b := new(Account)
	return b, db.NewSelect().Model(b).Where("b.case_id = ? AND b.state = ?", id, state).Scan(ctx)
}

func listAccounts(ctx context.Context, db bun.IDB, ids []string) (map[string]Account, error) {
	var as []Account
	m := map[string]Account{}
	if len(ids) == 0 {
		return m, nil
	}
	err := db.NewSelect().Model(&as).Where("b.id IN (?)", bun.List(ids)).Scan(ctx)
	for _, a := range as {
		m[a.ID] = a
	}
	return m, err
}

func turnAccount(ctx context.Context, tx bun.IDB, caseID, from, to string) error {
	return db.One(tx.NewRaw("UPDATE relief_accounts SET state = ? WHERE case_id = ? AND state = ?", to, caseID, from).Exec(ctx))
}

// sameCard counts other people's live cases that pay to the same card.
func sameCard(ctx context.Context, db bun.IDB, index, person string) (n int, err error) {
	return n, db.NewRaw(`SELECT count(*) FROM relief_accounts AS b JOIN relief_cases AS c ON c.id = b.case_id
		WHERE b.card_index = ? AND c.person_id <> ? AND b.state IN ('current', 'proposed') AND c.state NOT IN ('refused', 'withdrawn', 'ended')`, index, person).Scan(ctx, &n)
}

// Row is one case in a list, masked.
type Row struct {
	ID, Number, NameMask, Place, KindTitle string
	State                                  State
	Award, Payment                         string // states of the award and its newest payment, "" for none
	Held                                   bool
	Requested, Proposed, Approved          money.Fen
	Since                                  time.Time
}

func selectRows(db bun.IDB) *bun.SelectQuery {
	return db.NewSelect().TableExpr("relief_cases AS c").Join("JOIN relief_people AS p ON p.id = c.person_id").Join("LEFT JOIN relief_awards AS w ON w.case_id = c.id").
		ColumnExpr(`c.id, c.number, p.name_mask, c.place, c.kind_title, c.state, c.requested, c.proposed, c.approved, c.since,
			coalesce(w.state, '') AS award, w.held IS NOT NULL AND w.held AS held,
			coalesce((SELECT y.state FROM relief_payments AS y WHERE y.award_id = w.id ORDER BY y.attempt DESC LIMIT 1), '') AS payment`)
}

// Find narrows a list of cases; empty fields do not narrow.
type Find struct {
	Words string // number or masked name
	Index string // blind index of an identity number
	State State
}

func listRows(ctx context.Context, d bun.IDB, in access.Area, f Find, before string, limit int) (rs []Row, err error) {
	q := selectRows(d).Where("c.area_path LIKE ?", in.Path+"%").Order("c.id DESC").Limit(int64(limit))
	if before != "" {
		q = q.Where("c.id < ?", before)
	}
	if f.State != "" {
		q = q.Where("c.state = ?", f.State)
	}
	switch {
	case f.Index != "":
		q = q.Where("p.identity_index = ?", f.Index)
	case f.Words != "":
		like := "%" + db.Like(f.Words) + "%"
		q = q.Where("(c.number LIKE ? ESCAPE '\\' OR p.name_mask LIKE ? ESCAPE '\\')", like, like)
	}
	return rs, q.Scan(ctx, &rs)
}

// mine are the cases that a person can act on now: at a stage that they hold, inside their area, where they acted at no other stage,
// and where their vote is not given yet.
func mine(q *bun.SelectQuery, who access.Actor, at []State) *bun.SelectQuery {
	return q.Where("c.area_path LIKE ?", who.Area.Path+"%").Where(`((c.state IN (?)
		AND NOT EXISTS (SELECT 1 FROM relief_actors AS a WHERE a.case_id = c.id AND a.person_id = ? AND a.stage <> c.state)
		AND NOT (c.state = 'approval' AND EXISTS (SELECT 1 FROM relief_opinions AS o WHERE o.case_id = c.id AND o.actor = ? AND o.stage = 'approval' AND o.verdict = 'pass')))
		OR (c.state = 'returned' AND c.filed_by = ?))`, bun.List(at), who.ID, who.ID, who.ID)
}

func listMine(ctx context.Context, d bun.IDB, who access.Actor, at []State, before string, limit int) (rs []Row, err error) {
	q := mine(selectRows(d), who, at).Order("c.id DESC").Limit(int64(limit))
	if before != "" {
		q = q.Where("c.id < ?", before)
	}
	return rs, q.Scan(ctx, &rs)
}

func countMine(ctx context.Context, d bun.IDB, who access.Actor, at []State) (n int, err error) {
	return n, mine(d.NewSelect().TableExpr("relief_cases AS c").ColumnExpr("count(*)"), who, at).Scan(ctx, &n)
}
