// Package network keeps true that every place has one code, one parent and one title, that places which end stay known,
// and that a place has at most one open service station.
package network

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"care/modules"
	"care/modules/audit"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/web"
)

// Net is the tree of places and the stations in it.
type Net struct {
	db    *db.DB
	trail *audit.Trail
}

// New opens the tree of a database.
func New(d *db.DB, trail *audit.Trail) *Net { return &Net{db: d, trail: trail} }

func (n *Net) today() clock.Day { return clock.DayOf(n.trail.Now()()) }

// Area gives one area, also one that has ended.
func (n *Net) Area(ctx context.Context, code string) (Area, error) { return n.AreaIn(ctx, n.db, code) }

// AreaIn is Area inside an act: tx is its transaction.
func (n *Net) AreaIn(ctx context.Context, tx bun.IDB, code string) (Area, error) {
	a, err := findArea(ctx, tx, code)
	if err != nil && fault.KindOf(db.Fault(err)) == fault.NotFound {
		return a, fault.Wrap(fault.NotFound, "network.no_area", err)
	}
	return a, db.Fault(err)
}

// Areas gives the areas of many codes; unknown codes are absent.
func (n *Net) Areas(ctx context.Context, codes []string) (map[string]Area, error) {
	if len(codes) == 0 {
		return map[string]Area{}, nil
	}
	codes = slices.Compact(slices.Sorted(slices.Values(codes)))
	as, err := findAreas(ctx, n.db, codes)
	m := make(map[string]Area, len(as))
	for _, a := range as {
		m[a.Code] = a
	}
	return m, db.Fault(err)
}

// Children gives the areas right under parent that exist today.
func (n *Net) Children(ctx context.Context, parent string) ([]Area, error) {
	as, err := listChildren(ctx, n.db, parent)
	day := n.today()
	return slices.DeleteFunc(as, func(a Area) bool { return !a.In(day) }), db.Fault(err)
}

// All gives the areas right under parent, those that have ended too.
func (n *Net) All(ctx context.Context, parent string) ([]Area, error) {
	as, err := listChildren(ctx, n.db, parent)
	return as, db.Fault(err)
}

// Within gives the areas of one level inside an area that exist today: at most one when the level is that of the area itself.
func (n *Net) Within(ctx context.Context, in access.Area, level int) ([]Area, error) {
	if in.Path == "" {
		return nil, nil // the empty area holds nothing
	}
	as, err := listAreas(ctx, n.db, in.Path, level, n.today())
	return as, db.Fault(err)
}

// Options gives Within as answers of a drop-down list: value is the code, label the title with the county.
func (n *Net) Options(ctx context.Context, in access.Area, level int) ([]web.Option, error) {
	as, err := n.Within(ctx, in, level)
	out := make([]web.Option, 0, len(as))
	for _, a := range as {
		out = append(out, web.Option{Value: a.Code, Label: a.Title})
	}
	return out, err
}

// Line gives an area and those above it, from the city down.
func (n *Net) Line(ctx context.Context, code string) ([]Area, error) {
	a, err := n.Area(ctx, code)
	if err != nil {
		return nil, err
	}
	as, err := findAreas(ctx, n.db, codesOf(a.Path))
	return as, db.Fault(err) // codes of a path sort from the city down
}

// Add adds an area under another, such as a village under its township.
func (n *Net) Add(ctx context.Context, who access.Actor, parent, code, name, key string) (Area, error) {
	var made Area
	err := n.trail.Do(ctx, audit.Act{Actor: who, Need: Manage, Verb: "network.add", Subject: code, Key: key, Input: []string{parent, code, name}}, func(ctx context.Context, tx *audit.Tx) error {
		p, err := n.AreaIn(ctx, tx, parent)
		if err != nil {
			return err
		}
		if err := who.NeedArea(p.Path); err != nil {
			return err
		}
		if err := p.checkBelow(code, name); err != nil {
			return err
		}
		if err := lockArea(ctx, tx, parent); err != nil {
			return ended(err)
		}
		made = p.below(code, name, tx.Today())
		siblings, err := listChildren(ctx, tx, parent)
		if err != nil {
			return err
		}
		for _, s := range siblings {
			if s.Name == name && s.ValidTo == "" {
				return invalid("name", "network.name_used")
			}
		}
		tx.Public("parent", parent)
		if err := insertArea(ctx, tx, &made); fault.KindOf(db.Fault(err)) == fault.Conflict && err != nil {
			return invalid("code", "network.code_used")
		} else {
			return err
		}
	})
	return made, err
}

// Merge ends an area on a day (撤并). into is its successor of the same level, or "" when it is dissolved.
// Areas below it and its station must have ended before.
func (n *Net) Merge(ctx context.Context, who access.Actor, code, into string, day clock.Day, reason string) error {
	return n.trail.Do(ctx, audit.Act{Actor: who, Need: Manage, Verb: "network.merge", Subject: code}, func(ctx context.Context, tx *audit.Tx) error {
		a, err := n.AreaIn(ctx, tx, code)
		if err != nil {
			return err
		}
		// Nobody ends the area in which they work themselves: only those above.
		if err := who.NeedArea(a.Path); err != nil || a.Path == who.Area.Path {
			return fault.New(fault.NotFound, "access.not_found")
		}
		var c fault.Checks
		c.Need(day != "" && day >= a.ValidFrom && day <= tx.Today(), "day", "network.day")
		c.Need(reason != "" && len(reason) <= 600, "reason", "network.reason")
		if into != "" {
			to, err := n.AreaIn(ctx, tx, into)
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return err
			}
			c.Need(err == nil && to.Level == a.Level && to.Code != a.Code && to.ValidTo == "" && who.NeedArea(to.Path) == nil, "into", "network.into")
		}
		if err := c.Err(); err != nil {
			return err
		}
		// In the order of their codes: two merges cannot wait for each other.
		codes := slices.DeleteFunc([]string{code, into}, func(s string) bool { return s == "" })
		slices.Sort(codes)
		for _, k := range codes {
			if err := lockArea(ctx, tx, k); err != nil {
				return ended(err)
			}
		}
		if err := endArea(ctx, tx, code, into, day); err != nil {
			if fault.CodeOf(err) == "db.changed" {
				return fault.New(fault.Conflict, "network.not_empty")
			}
			return err
		}
		tx.Public("into", into)
		tx.Public("day", day)
		tx.Public("reason", reason)
		return nil
	})
}

// Stations lists open stations of an area and below, in the order of the tree; words are looked for in name, address and place.
func (n *Net) Stations(ctx context.Context, in access.Area, words, after string, size int) (db.Page[Entry], error) {
	if in.Path == "" {
		return db.Page[Entry]{}, nil
	}
	es, err := listStations(ctx, n.db, in.Path, words, after, size+1)
	return db.Cut(es, size, func(e Entry) string { return e.Area }), db.Fault(err)
}

// Station gives one station.
func (n *Net) Station(ctx context.Context, id string) (Entry, error) {
	e, err := findStation(ctx, n.db, id)
	return e, db.Fault(err)
}

// StationOf gives the open station of an area; false when there is none.
func (n *Net) StationOf(ctx context.Context, area string) (Entry, bool, error) {
	es, err := findStationOf(ctx, n.db, area)
	if err != nil || len(es) == 0 {
		return Entry{}, false, db.Fault(err)
	}
	return es[0], true, nil
}

// Open opens the station of an area.
func (n *Net) Open(ctx context.Context, who access.Actor, area string, d Details, key string) (string, error) {
	id := uuid.Must(uuid.NewV7()).String()
	type input struct {
		Area string
		Details
	}
	err := n.trail.Do(ctx, audit.Act{Actor: who, Need: Manage, Verb: "network.open", Subject: id, Key: key, Input: input{area, d}}, func(ctx context.Context, tx *audit.Tx) error {
		a, err := n.AreaIn(ctx, tx, area)
		if err != nil {
			return err
		}
		if err := who.NeedArea(a.Path); err != nil {
			return err
		}
		if err := d.check(); err != nil {
			return err
		}
		if err := lockArea(ctx, tx, area); err != nil {
			return ended(err)
		}
		s := &Station{ID: id, Area: area, Version: 1, OpenedAt: tx.Now}
		s.set(d, tx.Now)
		tx.Public("area", area)
		if err := insertStation(ctx, tx, s); err != nil {
			if fault.KindOf(db.Fault(err)) == fault.Conflict {
				return fault.New(fault.Conflict, "network.has_station")
			}
			return err
		}
		return nil
	})
	return id, err
}

// Edit changes a station; version is the one that the person saw.
func (n *Net) Edit(ctx context.Context, who access.Actor, id string, version int64, d Details) error {
	return n.change(ctx, who, "network.edit", id, func(tx *audit.Tx, s *Station) (int64, error) {
		s.set(d, tx.Now)
		return version, d.check()
	})
}

// Close closes a station; it stays in the record.
func (n *Net) Close(ctx context.Context, who access.Actor, id string, version int64) error {
	return n.change(ctx, who, "network.close", id, func(tx *audit.Tx, s *Station) (int64, error) {
		s.ClosedAt, s.ChangedAt = &tx.Now, tx.Now
		return version, nil
	})
}

func (n *Net) change(ctx context.Context, who access.Actor, verb, id string, do func(tx *audit.Tx, s *Station) (was int64, err error)) error {
	return n.trail.Do(ctx, audit.Act{Actor: who, Need: Manage, Verb: verb, Subject: id}, func(ctx context.Context, tx *audit.Tx) error {
		e, err := findStation(ctx, tx, id)
		if err != nil {
			return db.Fault(err)
		}
		if err := who.NeedArea(e.Path); err != nil {
			return err
		}
		was, err := do(tx, &e.Station)
		if err != nil {
			return err
		}
		tx.Public("area", e.Area)
		return updateStation(ctx, tx, &e.Station, was)
	})
}

// Check proves that the tree is a tree, that every path is that of the parent and the own code,
// and that no station is open in an area that has ended.
func (n *Net) Check(ctx context.Context) ([]modules.Count, error) {
	areas, stations, badAreas, badStations, err := broken(ctx, n.db)
	if err != nil {
		return nil, db.Fault(err)
	}
	if badAreas > 0 || badStations > 0 {
		return nil, fmt.Errorf("%d areas stand at a wrong place of the tree, %d stations are open in areas that have ended", badAreas, badStations)
	}
	return []modules.Count{{Title: words["network.count.areas"], N: areas}, {Title: words["network.count.stations"], N: stations}}, nil
}

func invalid(field, code string) error {
	var c fault.Checks
	c.Add(field, code)
	return c.Err()
}

// ended says in people's words that an area could not be held because it is no more.
func ended(err error) error {
	if fault.CodeOf(err) == "db.changed" {
		return fault.New(fault.Conflict, "network.ended")
	}
	return err
}
