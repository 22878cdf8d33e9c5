package identity

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/db"
)

func insertPerson(ctx context.Context, tx bun.IDB, p *Person) error {
	_, err := tx.NewInsert().Model(p).Exec(ctx)
	return err
}

func findPerson(ctx context.Context, db bun.IDB, id string) (*Person, error) {
	p := new(Person)
	return p, db.NewSelect().Model(p).Where("p.id = ?", id).Scan(ctx)
}

func findLogin(ctx context.Context, db bun.IDB, login string) (*Person, error) {
	p := new(Person)
	return p, db.NewSelect().Model(p).Where("p.login = ?", login).Scan(ctx)
}

// updatePerson saves what a form shows, unless somebody saved another form meanwhile.
func updatePerson(ctx context.Context, tx bun.IDB, p *Person, was int64) error {
	return db.One(tx.NewRaw(`UPDATE identity_people SET login = ?, name = ?, post = ?, area = ?, area_path = ?, leaves_on = ?, version = version + 1 WHERE id = ? AND version = ?`,
		p.Login, p.Name, p.Post, p.Area, p.AreaPath, p.LeavesOn, p.ID, was).Exec(ctx))
}

// holdPerson makes acts on one account wait for each other: what is read afterwards is what the others left.
func holdPerson(ctx context.Context, tx bun.IDB, id string) error {
	return db.One(tx.NewRaw("UPDATE identity_people SET state = state WHERE id = ?", id).Exec(ctx))
}

// holdRole makes acts that could take away the last holder of a role wait for each other. It comes before holdPerson.
func holdRole(ctx context.Context, tx bun.IDB, role string) error {
	return db.One(tx.NewRaw("UPDATE identity_roles SET place = place WHERE code = ?", role).Exec(ctx))
}

// setState disables or enables an account; its sessions end either way.
func setState(ctx context.Context, tx bun.IDB, id, from, to string) error {
	return db.One(tx.NewRaw("UPDATE identity_people SET state = ?, epoch = epoch + 1 WHERE id = ? AND state = ?", to, id, from).Exec(ctx))
}

// setPassword stores a hash and ends all sessions. was is the hash that was verified, or nil when a link stands for it.
func setPassword(ctx context.Context, tx bun.IDB, id, hash string, was *string, at time.Time) (epoch int64, err error) {
	if was != nil {
		err = tx.NewRaw("UPDATE identity_people SET password = ?, password_at = ?, epoch = epoch + 1 WHERE id = ? AND password = ? RETURNING epoch", hash, at, id, *was).Scan(ctx, &epoch)
	} else {
		err = tx.NewRaw("UPDATE identity_people SET password = ?, password_at = ?, epoch = epoch + 1 WHERE id = ? RETURNING epoch", hash, at, id).Scan(ctx, &epoch)
	}
	return epoch, err
}

func endSessions(ctx context.Context, tx bun.IDB, id string) error {
	return db.One(tx.NewRaw("UPDATE identity_people SET epoch = epoch + 1 WHERE id = ?", id).Exec(ctx))
}

// seen notes a sign-in of an account that is still what was verified.
func seen(ctx context.Context, tx bun.IDB, p *Person, at time.Time) error {
	return db.One(tx.NewRaw("UPDATE identity_people SET seen_at = ? WHERE id = ? AND epoch = ? AND password = ? AND state = ?", at, p.ID, p.Epoch, p.Password, Active).Exec(ctx))
}

// Search narrows the list of accounts.
type Search struct {
	Words string // in login, name and post
	Role  string // held or to be held
	State string
}

func listPeople(ctx context.Context, d bun.IDB, path string, f Search, day clock.Day, before string, limit int) (ps []Person, err error) {
	q := d.NewSelect().Model(&ps).ExcludeColumn("password").Where("p.area_path LIKE ?", path+"%").Order("p.id DESC").Limit(int64(limit))
	if before != "" {
		q = q.Where("p.id < ?", before)
	}
	if f.Words != "" {
		w := "%" + db.Like(f.Words) + "%"
		q = q.Where(`(p.login LIKE lower(?) ESCAPE '\' OR p.name LIKE ? ESCAPE '\' OR p.post LIKE ? ESCAPE '\')`, w, w, w)
	}
	if f.State != "" {
		q = q.Where("p.state = ?", f.State)
	}
	if f.Role != "" {
		q = q.Where("EXISTS (SELECT 1 FROM identity_grants AS g WHERE g.person = p.id AND g.role = ? AND g.ended_at IS NULL AND (g.valid_to IS NULL OR g.valid_to >= ?))", f.Role, day)
	}
	return ps, q.Scan(ctx)
}

func listNames(ctx context.Context, db bun.IDB, ids []string) (ps []Person, err error) {
	return ps, db.NewSelect().Model(&ps).Column("id", "name").Where("p.id IN (?)", bun.List(ids)).Scan(ctx)
}

func insertGrant(ctx context.Context, tx bun.IDB, g *Grant) error {
	_, err := tx.NewInsert().Model(g).Exec(ctx)
	return err
}

// listGrants gives all grants of some people, newest first.
func listGrants(ctx context.Context, db bun.IDB, people ...string) (gs []Grant, err error) {
	return gs, db.NewSelect().Model(&gs).Where("g.person IN (?)", bun.List(people)).Order("g.id DESC").Scan(ctx)
}

func findGrant(ctx context.Context, db bun.IDB, id string) (*Grant, error) {
	g := new(Grant)
	return g, db.NewSelect().Model(g).Where("g.id = ?", id).Scan(ctx)
}

func endGrant(ctx context.Context, tx bun.IDB, id, by, reason string, at time.Time) error {
	return db.One(tx.NewRaw("UPDATE identity_grants SET ended_by = ?, ended_at = ?, reason = ? WHERE id = ? AND ended_at IS NULL", by, at, reason, id).Exec(ctx))
}

// heldRoles gives the roles that a person holds on a day, with their permissions.
func heldRoles(ctx context.Context, db bun.IDB, person string, day clock.Day) ([]Role, error) {
	var rows []rolePerm
	err := db.NewRaw(`SELECT r.code, r.title, r.place, rp.perm FROM identity_roles AS r JOIN identity_role_perms AS rp ON rp.role = r.code
		WHERE r.code IN (SELECT g.role FROM identity_grants AS g WHERE g.person = ? AND g.ended_at IS NULL AND g.valid_from <= ? AND (g.valid_to IS NULL OR g.valid_to >= ?))
		ORDER BY r.place, rp.perm`, person, day, day).Scan(ctx, &rows)
	return gather(rows), err
}

type rolePerm struct {
	Code, Title, About string
	Level, Place       int
	Perm               string
}

func gather(rows []rolePerm) (out []Role) {
	for _, r := range rows {
		if n := len(out); n == 0 || out[n-1].Code != r.Code {
			out = append(out, Role{Code: r.Code, Title: r.Title, About: r.About, Level: r.Level, Place: r.Place})
		}
		out[len(out)-1].Perms = append(out[len(out)-1].Perms, r.Perm)
	}
	return out
}

func listRoles(ctx context.Context, db bun.IDB) ([]Role, error) {
	var rows []rolePerm
	err := db.NewRaw(`SELECT r.code, r.title, r.about, r.level, r.place, rp.perm FROM identity_roles AS r JOIN identity_role_perms AS rp ON rp.role = r.code ORDER BY r.place, rp.perm`).Scan(ctx, &rows)
	return gather(rows), err
}

func listChains(ctx context.Context, db bun.IDB) (cs []Chain, err error) {
	return cs, db.NewSelect().Model(&cs).Order("c.code").Scan(ctx)
}

func listDuties(ctx context.Context, db bun.IDB) (ds []Duty, err error) {
	return ds, db.NewSelect().Model(&ds).Order("d.chain", "d.fact").Scan(ctx)
}

// countHolders counts accounts that can sign in on a day and hold a permission; demo counts those of the demonstration too.
func countHolders(ctx context.Context, db bun.IDB, perm string, day clock.Day, demo bool) (n int, err error) {
	err = db.NewRaw(`SELECT count(DISTINCT p.id) FROM identity_people AS p JOIN identity_grants AS g ON g.person = p.id JOIN identity_role_perms AS rp ON rp.role = g.role
		WHERE rp.perm = ? AND p.state = ? AND p.password <> '' AND (p.leaves_on IS NULL OR p.leaves_on >= ?) AND (? OR NOT p.demo)
		AND g.ended_at IS NULL AND g.valid_from <= ? AND (g.valid_to IS NULL OR g.valid_to >= ?)`, perm, Active, day, demo, day, day).Scan(ctx, &n)
	return n, err
}

// countGranted counts accounts that hold or will hold a permission, whether or not they can sign in yet.
func countGranted(ctx context.Context, db bun.IDB, perm string, day clock.Day) (n int, err error) {
	err = db.NewRaw(`SELECT count(DISTINCT g.person) FROM identity_grants AS g JOIN identity_role_perms AS rp ON rp.role = g.role JOIN identity_people AS p ON p.id = g.person
		WHERE rp.perm = ? AND p.state = ? AND g.ended_at IS NULL AND (g.valid_to IS NULL OR g.valid_to >= ?)`, perm, Active, day).Scan(ctx, &n)
	return n, err
}

func insertLink(ctx context.Context, tx bun.IDB, l *link) error {
	_, err := tx.NewInsert().Model(l).Exec(ctx)
	return err
}

func findLink(ctx context.Context, db bun.IDB, hash, kind string, now time.Time) (*link, error) {
	l := new(link)
	return l, db.NewSelect().Model(l).Where("l.hash = ? AND l.kind = ? AND l.used_at IS NULL AND l.expires_at > ?", hash, kind, now).Scan(ctx)
}

// useLink marks a link as used; of two who use it at once, one gets no row.
func useLink(ctx context.Context, tx bun.IDB, hash, kind string, now time.Time) error {
	return db.One(tx.NewRaw("UPDATE identity_links SET used_at = ? WHERE hash = ? AND kind = ? AND used_at IS NULL AND expires_at > ?", now, hash, kind, now).Exec(ctx))
}

// voidLinks makes the other links of a kind worthless: those of one person, or of nobody for set-up.
func voidLinks(ctx context.Context, tx bun.IDB, kind, person string, now time.Time) error {
	_, err := tx.NewRaw("UPDATE identity_links SET used_at = ? WHERE kind = ? AND coalesce(person, '') = ? AND used_at IS NULL", now, kind, person).Exec(ctx)
	return err
}

func findTries(ctx context.Context, db bun.IDB, key string) (tries, error) {
	var ts []tries
	err := db.NewSelect().Model(&ts).Where("t.key = ?", key).Scan(ctx)
	if err != nil || len(ts) == 0 {
		return tries{}, err
	}
	return ts[0], nil
}

// addTry counts a wrong password in the row itself. While the account is locked nothing moves, so that the lock ends;
// the first one after a lock counts from one again.
func addTry(ctx context.Context, tx bun.IDB, key string, now time.Time) (fails int, err error) {
	free := now.Add(-lockFor)
	err = tx.NewRaw(`INSERT INTO identity_tries AS t (key, fails, at) VALUES (?, 1, ?) ON CONFLICT (key) DO UPDATE SET
		fails = CASE WHEN t.fails < ? THEN t.fails + 1 WHEN t.at <= ? THEN 1 ELSE t.fails END,
		at = CASE WHEN t.fails < ? OR t.at <= ? THEN EXCLUDED.at ELSE t.at END RETURNING fails`,
		key, now, maxFails, free, maxFails, free).Scan(ctx, &fails)
	return fails, err
}

func clearTries(ctx context.Context, tx bun.IDB, key string) error {
	_, err := tx.NewRaw("DELETE FROM identity_tries WHERE key = ?", key).Exec(ctx)
	return err
}

// sweep removes counts of wrong passwords and links that no longer mean anything.
func sweep(ctx context.Context, tx bun.IDB, tried, expired time.Time) error {
	if _, err := tx.NewRaw("DELETE FROM identity_tries WHERE at < ?", tried).Exec(ctx); err != nil {
		return err
	}
	_, err := tx.NewRaw("DELETE FROM identity_links WHERE expires_at < ?", expired).Exec(ctx)
	return err
}

// checked is one account as Check sees it.
type checked struct {
	ID, Login, AreaPath string
	Level               int
	Path                string
}

func listChecked(ctx context.Context, db bun.IDB) (cs []checked, err error) {
	err = db.NewRaw(`SELECT p.id, p.login, p.area_path, coalesce(a.level, 0) AS level, coalesce(a.path, '') AS path
		FROM identity_people AS p LEFT JOIN network_areas AS a ON a.code = p.area ORDER BY p.id`).Scan(ctx, &cs)
	return cs, err
}

func listAllGrants(ctx context.Context, db bun.IDB) (gs []Grant, err error) {
	return gs, db.NewSelect().Model(&gs).Where("g.ended_at IS NULL").Order("g.person", "g.id").Scan(ctx)
}
