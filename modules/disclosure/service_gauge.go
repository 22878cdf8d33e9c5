package disclosure

import (
	"context"
	"encoding/json"

	"github.com/uptrace/bun"

	"care/modules/audit"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
)

// Measure adds the books up to the gauges of a day's year. It reads a year of postings and more: not for every visitor.
func (s *Office) Measure(ctx context.Context, tx bun.IDB, day clock.Day) (Gauges, error) {
	rs, err := s.Rules(ctx, tx)
	if err != nil {
		return Gauges{}, err
	}
	y := day.Year()
	booked := func(from, to clock.Day) (*year, error) {
		bs, err := s.books.BookedIn(ctx, tx, nil, from, to)
		return yearOf(bs), err
	}
	now, err := booked(clock.Day(dateText(101, y)), day)
	if err != nil {
		return Gauges{}, err
	}
	last, err := booked(clock.Day(dateText(101, y-1)), clock.Day(dateText(1231, y-1)))
	if err != nil {
		return Gauges{}, err
	}
	earlier, err := booked("0001-01-01", clock.Day(dateText(1231, y-2)))
	if err != nil {
		return Gauges{}, err
	}
	// What the books of this platform know of net assets: all income less all expenses.
	return gauges(rs, day, now, last, last.income-last.spent()+earlier.income-earlier.spent()), nil
}

// Keep keeps the gauges of yesterday for the public; it may run any number of times, on several servers.
func (s *Office) Keep(ctx context.Context) error {
	day := s.Today().Add(-1)
	gs, err := s.Measure(ctx, s.db, day)
	if err != nil {
		return err
	}
	b, err := json.Marshal(gs)
	if err != nil {
		return err
	}
	act := audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "disclosure.keep", Subject: string(day), Key: "disclosure.keep/" + string(day)}
	err = s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		tx.Public("day", day)
		return insertAny(ctx, tx, &gaugeRow{Day: day, Body: string(b), At: tx.Now})
	})
	if _, again := fault.IsAgain(err); again {
		return nil
	}
	return err
}

// Kept gives the newest gauges that were kept; nil before the first night.
func (s *Office) Kept(ctx context.Context) (*Gauges, error) {
	row, err := lastGauges(ctx, s.db)
	if fault.KindOf(db.Fault(err)) == fault.NotFound && err != nil {
		return nil, nil
	}
	if err != nil {
		return nil, db.Fault(err)
	}
	gs := new(Gauges)
	return gs, json.Unmarshal([]byte(row.Body), gs)
}
