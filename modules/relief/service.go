// Package relief keeps true that help reaches the right person once: nobody acts at two stages of one case, a notice is never
// without its money, nothing is paid while an objection is open, an award has at most one live payment, and each yuan that is
// reserved, committed or paid belongs to a notice, an award or a payment.
//
// Case, notice, award, batch and payment are small machines of their own. Each transition is a pure function in model_*.go
// and a conditional update in store_*.go; each act is one pass through the gate.
package relief

import (
	"context"

	"github.com/google/uuid"

	"care/media"
	"care/modules/audit"
	"care/modules/documents"
	"care/modules/ledger"
	"care/modules/network"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/money"
	"care/server/secret"
	"care/templates/pdf"
)

// People knows the staff: names for pages and papers, and who the people of the demonstration are.
type People interface {
	Names(ctx context.Context, ids []string) (map[string]string, error)
	ByLogin(ctx context.Context, login string) (access.Actor, error)
}

// Office is who issues papers and receives objections.
type Office struct {
	Org   pdf.Org // of the foundation, printed on papers
	Phone string  // for objections and questions
	Demo  bool    // papers are marked as a demonstration
}

// Relief is the relief desk.
type Relief struct {
	db      *db.DB
	trail   *audit.Trail
	books   *ledger.Ledger
	papers  *documents.Papers
	archive *media.Archive
	box     *secret.Box
	places  *network.Net
	names   People
	office  Office
}

// New makes the relief desk.
func New(d *db.DB, trail *audit.Trail, books *ledger.Ledger, papers *documents.Papers, archive *media.Archive, box *secret.Box, places *network.Net, names People, office Office) *Relief {
	return &Relief{db: d, trail: trail, books: books, papers: papers, archive: archive, box: box, places: places, names: names, office: office}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func (s *Relief) today() clock.Day { return clock.DayOf(s.trail.Now()()) }

// subjectOf names a case for its files.
func subjectOf(id string) string { return "relief/" + id }

// seal and open are for a column of one row.
func (s *Relief) seal(column, row, plain string) string {
	return s.box.Seal("relief_"+column, row, plain)
}

func (s *Relief) open(column, row, sealed string) (string, error) {
	return s.box.Open("relief_"+column, row, sealed)
}

func (s *Relief) identityIndex(id string) string { return s.box.Index("relief_people.identity", id) }
func (s *Relief) cardIndex(card string) string   { return s.box.Index("relief_accounts.card", card) }

// Kinds lists the kinds of hardship with their caps.
func (s *Relief) Kinds(ctx context.Context) ([]Kind, error) {
	ks, err := listKinds(ctx, s.db)
	return ks, db.Fault(err)
}

// SetKind changes the cap of a kind, or whether it is offered, for cases filed from now on.
func (s *Relief) SetKind(ctx context.Context, who access.Actor, code string, limit money.Fen, active bool, key string) error {
	act := audit.Act{Actor: who, Need: Settings, Verb: "relief.set_kind", Subject: "relief_kind/" + code, Key: onceKey("set_kind", key), Input: []any{code, limit, active}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		var c fault.Checks
		c.Need(limit > 0 && limit <= 100_000_000, "cap", "relief.bad_cap")
		if err := c.Err(); err != nil {
			return err
		}
		n, err := updateKind(ctx, tx, code, limit, active)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "relief.no_kind")
		}
		tx.Public("cap", limit)
		tx.Public("active", active)
		return nil
	})
}

// Limits are the numbers that the foundation decides.
type Limits struct {
	NoticeDays   int
	ApproveAlone money.Fen
}

// Limits gives the numbers in force.
func (s *Relief) Limits(ctx context.Context) (l Limits, err error) {
	d, err := findSetting(ctx, s.db, NoticeDays)
	if err != nil {
		return l, db.Fault(err)
	}
	a, err := findSetting(ctx, s.db, ApproveAlone)
	return Limits{int(d), money.Fen(a)}, db.Fault(err)
}

// SetLimits changes the numbers, for notices and approvals from now on.
func (s *Relief) SetLimits(ctx context.Context, who access.Actor, l Limits, key string) error {
	act := audit.Act{Actor: who, Need: Settings, Verb: "relief.set_limits", Subject: "relief_settings", Key: onceKey("set_limits", key), Input: l}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		var c fault.Checks
		c.Need(l.NoticeDays >= 3 && l.NoticeDays <= 30, "notice_days", "relief.bad_notice_days")
		c.Need(l.ApproveAlone >= 0 && l.ApproveAlone <= money.Max, "approve_alone", "relief.bad_amount")
		if err := c.Err(); err != nil {
			return err
		}
		tx.Public("notice_days", l.NoticeDays)
		tx.Public("approve_alone", l.ApproveAlone)
		if err := updateSetting(ctx, tx, NoticeDays, int64(l.NoticeDays)); err != nil {
			return err
		}
		return updateSetting(ctx, tx, ApproveAlone, int64(l.ApproveAlone))
	})
}

// Years lists the years of the working calendar.
func (s *Relief) Years(ctx context.Context) ([]Year, error) {
	ys, err := listYears(ctx, s.db)
	return ys, db.Fault(err)
}

// SetYear loads a year of the working calendar as the State Council announced it.
func (s *Relief) SetYear(ctx context.Context, who access.Actor, y Year, key string) error {
	act := audit.Act{Actor: who, Need: Settings, Verb: "relief.set_year", Subject: "relief_calendar", Key: onceKey("set_year", key), Input: []any{y.Year, y.OffDays, y.WorkDays, y.Source}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		if err := y.check(); err != nil {
			return err
		}
		tx.Public("year", y.Year)
		tx.Public("off", y.OffDays)
		tx.Public("on", y.WorkDays)
		return upsertYear(ctx, tx, &y)
	})
}

func (s *Relief) calendar(ctx context.Context, tx *audit.Tx) (*clock.Calendar, error) {
	ys, err := listYears(ctx, tx)
	if err != nil {
		return nil, err
	}
	return calendarOf(ys)
}

// onceKey makes the key of an act from a form's token; "" stays "": acts of seeds and tests without a form.
func onceKey(verb, token string) string {
	if token == "" {
		return ""
	}
	return "relief." + verb + "/" + token
}

// onCase runs an act on a case inside the actor's area.
func (s *Relief) onCase(ctx context.Context, who access.Actor, need access.Perm, verb, id, key string, input any, fn func(ctx context.Context, tx *audit.Tx, c *Case) error) error {
	act := audit.Act{Actor: who, Need: need, Verb: "relief." + verb, Subject: id, Key: onceKey(verb, key), Input: []any{id, input}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		c, err := findCase(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := who.NeedArea(c.AreaPath); err != nil {
			return err
		}
		tx.Public("case", c.Number)
		return fn(ctx, tx, c)
	})
}

// step moves a case: the actor joins it at the stage of the move, leaves an opinion, and the row changes under its old state.
func (s *Relief) step(ctx context.Context, tx *audit.Tx, who access.Actor, c *Case, e Event, amount money.Fen, text string) error {
	was := c.State
	m, err := c.next(e)
	if err != nil {
		return err
	}
	if err := who.Need(m.Need); err != nil {
		return err
	}
	stage := m.Stage
	if stage == "" {
		stage = string(m.From)
	} else if err := s.join(ctx, tx, who, c, stage); err != nil {
		return err
	}
	if err := s.opine(ctx, tx, who, c, stage, e, amount, text); err != nil {
		return err
	}
	c.take(m, tx.Now)
	tx.Public("from", string(was))
	tx.Public("to", string(c.State))
	return updateCase(ctx, tx, c, was)
}

// join notes that a person acts at a stage of a case, and refuses who acted at another one. The table's key is the last word:
// of two acts of one person at once the second one meets the row of the first.
func (s *Relief) join(ctx context.Context, tx *audit.Tx, who access.Actor, c *Case, stage string) error {
	first, err := joinActor(ctx, tx, &actorRow{CaseID: c.ID, PersonID: who.ID, Stage: stage, At: tx.Now})
	if err != nil {
		return err
	}
	if first != stage {
		return fault.New(fault.Forbidden, "relief.same_person")
	}
	return nil
}

func (s *Relief) opine(ctx context.Context, tx *audit.Tx, who access.Actor, c *Case, stage string, e Event, amount money.Fen, text string) error {
	o := &Opinion{ID: newID(), CaseID: c.ID, Stage: stage, Verdict: e, Actor: who.ID, At: tx.Now, Amount: amount}
	o.TextSealed = s.seal("opinions.text", o.ID, text)
	tx.Private("text", text)
	if amount > 0 {
		tx.Public("amount", amount)
	}
	err := insertAny(ctx, tx, o)
	if fault.KindOf(db.Fault(err)) == fault.Conflict {
		return fault.New(fault.Conflict, "relief.voted") // the unique index on votes
	}
	return err
}
