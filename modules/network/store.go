package network

import (
	"context"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/db"
)

func findArea(ctx context.Context, db bun.IDB, code string) (Area, error) {
	var a Area
	return a, db.NewSelect().Model(&a).Where("a.code = ?", code).Scan(ctx)
}

func findAreas(ctx context.Context, db bun.IDB, codes []string) (as []Area, err error) {
	return as, db.NewSelect().Model(&as).Where("a.code IN (?)", bun.List(codes)).Order("a.code").Scan(ctx)
}

// listAreas gives the areas of one level under a path that exist on a day, in the order of their codes.
func listAreas(ctx context.Context, db bun.IDB, path string, level int, day clock.Day) (as []Area, err error) {
	err = db.NewSelect().Model(&as).Where("a.path LIKE ?", path+"%").Where("a.level = ?", level).
		Where("(a.valid_from IS NULL OR a.valid_from <= ?) AND (a.valid_to IS NULL OR a.valid_to >= ?)", day, day).Order("a.code").Scan(ctx)
	return as, err
}

func listChildren(ctx context.Context, db bun.IDB, parent string) (as []Area, err error) {
	return as, db.NewSelect().Model(&as).Where("a.parent = ?", parent).Order("a.code").Scan(ctx)
}

func insertArea(ctx context.Context, tx bun.IDB, a *Area) error {
	_, err := tx.NewInsert().Model(a).Exec(ctx)
	return err
}

// endArea sets the last day of an area that has none and that holds no living area any more.
func endArea(ctx context.Context, tx bun.IDB, code, into string, day clock.Day) error {
	return db.One(tx.NewRaw(`UPDATE network_areas SET valid_to = ?, merged_into = ? WHERE code = ? AND valid_to IS NULL
		AND NOT EXISTS (SELECT 1 FROM network_areas AS c WHERE c.parent = ? AND c.valid_to IS NULL)
		AND NOT EXISTS (SELECT 1 FROM network_stations AS s WHERE s.area = ? AND s.closed_at IS NULL)`,
		day, bun.NullZero(into), code, code, code).Exec(ctx))
}

// Entry is a station with the place where it is.
type Entry struct {
	Station
	Level       int
	AreaName    string
	Title, Path string
}

// Centre tells a centre of city or county (服务中心) from a station (服务站).
func (e Entry) Centre() bool { return e.Level <= County }

func selectStations(db bun.IDB) *bun.SelectQuery {
	return db.NewSelect().TableExpr("network_stations AS s").Join("JOIN network_areas AS a ON a.code = s.area").
		ColumnExpr("s.id, s.area, s.name, s.address, s.phone, s.hours, s.organised, s.posted, s.staffed, s.funded, s.backed, s.version, s.opened_at, s.changed_at, s.closed_at").
		ColumnExpr("a.level, a.name AS area_name, a.title, a.path")
}

// listStations gives open stations under a path in the order of the tree, behind the area code after.
func listStations(ctx context.Context, d bun.IDB, path, words, after string, limit int) (es []Entry, err error) {
	q := selectStations(d).Where("s.closed_at IS NULL").Where("a.path LIKE ?", path+"%").Order("s.area").Limit(int64(limit))
	if after != "" {
		q = q.Where("s.area > ?", after)
	}
	if words != "" {
		w := "%" + db.Like(words) + "%"
		q = q.Where(`(s.name LIKE ? ESCAPE '\' OR s.address LIKE ? ESCAPE '\' OR a.title LIKE ? ESCAPE '\')`, w, w, w)
	}
	return es, q.Scan(ctx, &es)
}

func findStation(ctx context.Context, db bun.IDB, id string) (Entry, error) {
	var e Entry
	return e, selectStations(db).Where("s.id = ?", id).Scan(ctx, &e)
}

func findStationOf(ctx context.Context, db bun.IDB, area string) (es []Entry, err error) {
	return es, selectStations(db).Where("s.area = ?", area).Where("s.closed_at IS NULL").Scan(ctx, &es)
}

func insertStation(ctx context.Context, tx bun.IDB, s *Station) error {
	_, err := tx.NewInsert().Model(s).Exec(ctx)
	return err
}

// updateStation saves a station that nobody has changed since version was; a closed one stays as it is.
func updateStation(ctx context.Context, tx bun.IDB, s *Station, was int64) error {
	s.Version = was + 1
	return db.One(tx.NewUpdate().Model(s).ExcludeColumn("id", "area", "opened_at").
		Where("s.id = ? AND s.version = ? AND s.closed_at IS NULL", s.ID, was).Exec(ctx))
}

// lockArea holds an area until the act ends, so that nobody ends it meanwhile.
func lockArea(ctx context.Context, tx bun.IDB, code string) error {
	return db.One(tx.NewRaw("UPDATE network_areas SET name = name WHERE code = ? AND valid_to IS NULL", code).Exec(ctx))
}

// broken counts areas whose place in the tree is wrong, stations in areas that have ended, and stations whose address book is empty.
func broken(ctx context.Context, db bun.IDB) (areas, stations, badAreas, badStations int64, err error) {
	err = db.NewRaw(`SELECT (SELECT count(*) FROM network_areas), (SELECT count(*) FROM network_stations WHERE closed_at IS NULL),
		(SELECT count(*) FROM network_areas AS a LEFT JOIN network_areas AS p ON p.code = a.parent
		 WHERE (a.level = 1 AND a.path <> '/' || a.code || '/')
		 OR (a.level > 1 AND (p.code IS NULL OR p.level <> a.level - 1 OR a.path <> p.path || a.code || '/'))),
		(SELECT count(*) FROM network_stations AS s JOIN network_areas AS a ON a.code = s.area WHERE s.closed_at IS NULL AND a.valid_to IS NOT NULL)`).
		Scan(ctx, &areas, &stations, &badAreas, &badStations)
	return areas, stations, badAreas, badStations, err
}
