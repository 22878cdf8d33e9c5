// Package disclosure keeps true that what is published stays: a version of a report is frozen with its hash, its figures are
// drawn from the books and typed by nobody, a correction is a new version that says why, and two people stand behind each.
//
// It also knows the numbers of the law with the day from which each holds (model_rule.go), and which report is due when
// (model_task.go). Campaigns and households belong to other modules; they are asked through the small interfaces below.
package disclosure

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"care/modules"
	"care/modules/audit"
	"care/modules/ledger"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
)

// Campaigns is what this module asks of the one that raises money.
type Campaigns interface {
	// All gives every campaign, as a transaction or a reader sees it.
	All(ctx context.Context, db bun.IDB) ([]Campaign, error)
	// Summed notes in a campaign, inside the act, that its final report is public.
	Summed(ctx context.Context, tx *audit.Tx, who access.Actor, id string) error
}

// Households counts who was helped out of funds in a period, by county; nil funds are all.
type Households func(ctx context.Context, db bun.IDB, funds []string, from, to clock.Day) ([]County, error)

// Settings say who publishes.
type Settings struct {
	Org string
	// Login gives a person of the demonstration by login name, for Seed; nil without demonstration data.
	Login func(ctx context.Context, login string) (access.Actor, error)
}

// Office is the desk of disclosure.
type Office struct {
	db        *db.DB
	trail     *audit.Trail
	books     *ledger.Ledger
	campaigns Campaigns
	helped    Households
	set       Settings
}

// New opens the desk.
func New(d *db.DB, trail *audit.Trail, books *ledger.Ledger, campaigns Campaigns, helped Households, set Settings) *Office {
	return &Office{db: d, trail: trail, books: books, campaigns: campaigns, helped: helped, set: set}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// Today is the civil date by the gate's clock.
func (s *Office) Today() clock.Day { return clock.DayOf(s.trail.Now()()) }

// Rules gives all numbers as they were decided; tx may be the transaction of an act, or nil.
func (s *Office) Rules(ctx context.Context, tx bun.IDB) (Rules, error) {
	if tx == nil {
		tx = s.db
	}
	rs, err := listRules(ctx, tx)
	return Rules{rs}, db.Fault(err)
}

// Propose asks for another number from a day on.
func (s *Office) Propose(ctx context.Context, who access.Actor, r Rule, key string) (string, error) {
	r = Rule{ID: newID(), Name: r.Name, Value: r.Value, ValidFrom: r.ValidFrom, Source: r.Source, State: proposed, ProposedBy: who.ID, ProposedName: who.Name}
	act := audit.Act{Actor: who, Need: ProposePerm, Verb: "disclosure.propose", Subject: r.ID, Key: once("propose", key), Input: []any{r.Name, r.Value, r.ValidFrom, r.Source}}
	return r.ID, s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		if err := r.check(); err != nil {
			return err
		}
		r.ProposedAt = tx.Now
		tx.Public("name", r.Name)
		tx.Public("value", r.Value)
		tx.Public("from", r.ValidFrom)
		if err := insertAny(ctx, tx, &r); err != nil {
			if fault.KindOf(db.Fault(err)) == fault.Conflict {
				return fault.New(fault.Conflict, "disclosure.proposed_already")
			}
			return err
		}
		return nil
	})
}

// Decide puts a proposal in force or declines it; who decides has not proposed it.
func (s *Office) Decide(ctx context.Context, who access.Actor, id string, yes bool) error {
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: DecidePerm, Verb: "disclosure.decide", Subject: id}, func(ctx context.Context, tx *audit.Tx) error {
		r, err := findRule(ctx, tx, id)
		if err != nil {
			return db.Fault(err)
		}
		if err := who.NotEarlier("disclosure.same_person", r.ProposedBy); err != nil {
			return err
		}
		r.State, r.DecidedBy, r.DecidedName, r.DecidedAt = declined, who.ID, who.Name, &tx.Now
		if yes {
			r.State = inForce
		}
		tx.Public("name", r.Name)
		tx.Public("state", r.State)
		return changed(decideRule(ctx, tx, r))
	})
}

// Happen notes something that must be told within days (重大事项).
func (s *Office) Happen(ctx context.Context, who access.Actor, h Happening, key string) (string, error) {
	h = Happening{ID: newID(), Kind: h.Kind, Title: h.Title, Day: h.Day, MadeBy: who.ID, MadeName: who.Name}
	act := audit.Act{Actor: who, Need: EditPerm, Verb: "disclosure.happen", Subject: h.ID, Key: once("happen", key), Input: []any{h.Kind, h.Title, h.Day}}
	return h.ID, s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		var c fault.Checks
		c.Need(h.Kind == "asset" || h.Kind == "deal" || h.Kind == "related", "kind", "disclosure.need_kind")
		n := len([]rune(h.Title))
		c.Need(n >= 4 && n <= maxTitle, "title", "disclosure.need_title", maxTitle)
		c.Need(h.Day != "" && h.Day <= tx.Today(), "day", "disclosure.need_past_day")
		if err := c.Err(); err != nil {
			return err
		}
		h.MadeAt = tx.Now
		tx.Public("kind", h.Kind)
		tx.Public("day", h.Day)
		return insertAny(ctx, tx, &h)
	})
}

// Tasks lists the reports that are due, by day.
func (s *Office) Tasks(ctx context.Context) ([]Task, error) {
	rs, err := s.Rules(ctx, s.db)
	if err != nil {
		return nil, err
	}
	cs, err := s.campaigns.All(ctx, s.db)
	if err != nil {
		return nil, err
	}
	es, err := listHappenings(ctx, s.db)
	if err != nil {
		return nil, db.Fault(err)
	}
	ts, err := listTold(ctx, s.db)
	if err != nil {
		return nil, db.Fault(err)
	}
	fs, err := s.books.Funds(ctx, nil)
	if err != nil {
		return nil, err
	}
	since := 0 // the year of the first fund
	for _, f := range fs {
		if y := clock.DayOf(f.OpenedAt).Year(); since == 0 || y < since {
			since = y
		}
	}
	return tasks(rs, s.Today(), cs, es, ts, since), nil
}

// Movements lists the movements of a fund, newest first.
func (s *Office) Movements(ctx context.Context, fund, before string, size int) (db.Page[Movement], error) {
	ms, err := listMovements(ctx, s.db, fund, before, size+1)
	return db.Cut(ms, size, func(m Movement) string { return m.ID }), db.Fault(err)
}

// Of gives what is due of a campaign and what it has published, newest first.
func (s *Office) Of(ctx context.Context, campaign string) ([]Task, []Listed, error) {
	all, err := s.Tasks(ctx)
	if err != nil {
		return nil, nil, err
	}
	var ts []Task
	for _, t := range all {
		if t.Subject == campaign {
			ts = append(ts, t)
		}
	}
	ls, err := listPublished(ctx, s.db, campaign, "", 12)
	return ts, ls, db.Fault(err)
}

// once makes the key of an act from a form's token; "" stays "": acts of seeds and tests without a form.
func once(verb, token string) string {
	if token == "" {
		return ""
	}
	return "disclosure." + verb + "/" + token
}

// changed turns a conditional update that hit no row into a Conflict.
func changed(n int64, err error) error {
	if err == nil && n != 1 {
		return fault.New(fault.Conflict, "db.changed")
	}
	return err
}

// Check proves that every published version is the text whose hash was published, that versions follow one another with a
// reason, that figures add up, and that nobody published or decided alone.
func (s *Office) Check(ctx context.Context) ([]modules.Count, error) {
	n, err := countChecked(ctx, s.db)
	if err != nil {
		return nil, db.Fault(err)
	}
	if n.Alone > 0 || n.Missing > 0 {
		return nil, fmt.Errorf("%d reports or numbers of one person alone, %d reports of events that are not there", n.Alone, n.Missing)
	}
	versions, at := int64(0), checked{}
	for {
		vs, err := listChecked(ctx, s.db, at.Item, at.N, 200)
		if err != nil {
			return nil, db.Fault(err)
		}
		for _, v := range vs {
			if err := v.prove(at); err != nil {
				return nil, err
			}
			at = v
			versions++
		}
		if len(vs) < 200 {
			break
		}
	}
	return []modules.Count{{Title: words["disclosure.count.items"], N: n.Items}, {Title: words["disclosure.count.versions"], N: versions}, {Title: words["disclosure.count.rules"], N: n.Rules}}, nil
}

// prove holds a version to its hash, to the version before and to its own sums.
func (v checked) prove(before checked) error {
	if hashOf(v.Body) != v.Hash {
		return fmt.Errorf("version %d of report %s is not the text of its hash", v.N, v.Code)
	}
	r, err := (&Version{Body: v.Body}).thaw()
	if err != nil {
		return fmt.Errorf("version %d of report %s: %w", v.N, v.Code, err)
	}
	want, previous := 1, ""
	if v.Item == before.Item {
		want, previous = before.N+1, before.Hash
	}
	if v.N != want || r.Version != v.N || r.Previous != previous || r.Correction != v.Note || v.N > 1 && v.Note == "" {
		return fmt.Errorf("version %d of report %s does not follow the one before with its reason", v.N, v.Code)
	}
	if r.Code != v.Code || r.From != v.FromDay || r.To != v.ToDay {
		return fmt.Errorf("version %d of report %s speaks of another period", v.N, v.Code)
	}
	for _, f := range append(r.Funds, total(r)...) {
		if !f.agrees() {
			return fmt.Errorf("version %d of report %s: the figures of %s do not add up", v.N, v.Code, f.Code)
		}
	}
	return nil
}

func total(r *Report) []Figures {
	if r.Total == nil {
		return nil
	}
	return []Figures{*r.Total}
}
