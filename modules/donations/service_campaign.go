package donations

import (
	"context"

	"care/modules/audit"
	"care/modules/ledger"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
)

// Make writes the draft of a campaign. A filing is noted by its own steps, so a draft has none.
func (s *Gifts) Make(ctx context.Context, who access.Actor, code string, p Plan, key string) (*Campaign, error) {
	p.Filing, p.FiledOn = "", ""
	c := &Campaign{Code: code, Plan: p, State: Draft, Version: 1, MadeBy: who.ID, MadeName: who.Name, EditedBy: who.ID, EditedName: who.Name}
	act := audit.Act{Actor: who, Need: EditPerm, Verb: "donations.make", Key: "donations.make/" + key, Input: []any{code, p}}
	err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		var cs fault.Checks
		cs.Need(codeOK(code), "code", "donations.campaign_code")
		if err := cs.Merge(c.Plan.clean()); err != nil {
			return err
		}
		if err := cs.Err(); err != nil {
			return err
		}
		c.ID, c.MadeAt, c.EditedAt = newID(), tx.Now, tx.Now
		fresh, err := insertCampaign(ctx, tx, c)
		if err != nil {
			return err
		}
		if !fresh {
			cs.Add("code", "donations.code_used")
			return cs.Err()
		}
		tx.Subject(c.ID)
		tx.Public("code", c.Code)
		return nil
	})
	return c, err
}

// Edit changes the plan of a campaign that is not open: what the public reads has been read by a second person.
// The use of the money is fixed from the first opening on (慈善法 56). version is the one that was read.
func (s *Gifts) Edit(ctx context.Context, who access.Actor, id string, version int64, p Plan, key string) error {
	act := audit.Act{Actor: who, Need: EditPerm, Verb: "donations.edit", Subject: id, Key: "donations.edit/" + key, Input: []any{id, version, p}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		c, err := findCampaign(ctx, tx, id)
		if err != nil {
			return db.Fault(err)
		}
		if c.State != Draft && c.State != Paused {
			return fault.New(fault.Conflict, "donations.edit_open")
		}
		var cs fault.Checks
		cs.Need(c.Fund == "" || p.Purpose == c.Purpose, "purpose", "donations.purpose_fixed")
		cs.Need(c.Fund == "" || p.Mode == c.Mode, "mode", "donations.mode_fixed")
		if err := cs.Merge(p.clean()); err != nil {
			return err
		}
		if err := cs.Err(); err != nil {
			return err
		}
		p := p // fn may run again
		p.Filing, p.FiledOn = c.Filing, c.FiledOn
		if c.Step, err = c.edited(&p); err != nil {
			return err
		}
		if c.Step == "" {
			c.Decision, c.DecidedOn, c.DecidedBy, c.RecordedOn = "", "", "", ""
			if c.State == Draft { // what was open keeps its number until the new one comes
				p.Filing, p.FiledOn = "", ""
			}
		}
		c.Plan, c.EditedBy, c.EditedName, c.EditedAt, c.Version = p, who.ID, who.Name, tx.Now, version+1
		tx.Public("version", c.Version)
		return changed(editCampaign(ctx, tx, c, version))
	})
}

// Open opens a campaign to the public after the gate of the law (慈善法 22–30). Who opens it has neither made nor last
// edited it. The first opening opens its restricted fund in the same transaction.
func (s *Gifts) Open(ctx context.Context, who access.Actor, id string, version int64) error {
	act := audit.Act{Actor: who, Need: OpenPerm, Verb: "donations.open", Subject: id}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		c, err := findCampaign(ctx, tx, id)
		if err != nil {
			return db.Fault(err)
		}
		if c.State != Draft && c.State != Paused {
			return fault.New(fault.Conflict, "donations.not_openable")
		}
		if c.Version != version {
			return fault.New(fault.Conflict, "donations.edited_meanwhile")
		}
		if err := who.NotEarlier("donations.same_person", c.MadeBy, c.EditedBy); err != nil {
			return err
		}
		terms, err := s.numbers(ctx, tx, tx.Today())
		if err != nil {
			return err
		}
		if err := c.ready(tx.Today(), terms); err != nil {
			return err
		}
		if c.Fund == "" {
			f, err := s.funds.OpenIn(ctx, tx, ledger.Fund{Code: c.Code, Name: c.Title, Kind: ledger.Restricted, Purpose: c.Purpose})
			if err != nil {
				return err
			}
			c.Fund = f.ID
		}
		c.OpenedBy, c.OpenedName, c.OpenedAt = who.ID, who.Name, &tx.Now
		tx.Public("code", c.Code)
		tx.Public("version", version)
		tx.Public("mode", c.Mode)
		if err := changed(openCampaign(ctx, tx, c)); err != nil {
			return err
		}
		return s.note(ctx, tx, who, id, "open", Stepping{})
	})
}

// Pause stops new gifts at once; one person may do it.
func (s *Gifts) Pause(ctx context.Context, who access.Actor, id, why string) error {
	return s.stop(ctx, who, id, "donations.pause", why, func(ctx context.Context, tx *audit.Tx) error {
		if err := changed(pauseCampaign(ctx, tx, id)); err != nil {
			return err
		}
		return s.note(ctx, tx, who, id, "pause", Stepping{Reason: why})
	})
}

func (s *Gifts) stop(ctx context.Context, who access.Actor, id, verb, why string, do func(context.Context, *audit.Tx) error) error {
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: EditPerm, Verb: verb, Subject: id}, func(ctx context.Context, tx *audit.Tx) error {
		var c fault.Checks
		reason(&c, "why", why)
		if err := c.Err(); err != nil {
			return err
		}
		if _, err := findCampaign(ctx, tx, id); err != nil {
			return db.Fault(err)
		}
		tx.Public("reason", why)
		return do(ctx, tx)
	})
}

// changed turns a conditional update that hit no row into a Conflict.
func changed(n int64, err error) error {
	if err == nil && n != 1 {
		return fault.New(fault.Conflict, "db.changed")
	}
	return err
}

// Campaign gives one campaign by its id.
func (s *Gifts) Campaign(ctx context.Context, id string) (*Campaign, error) {
	c, err := findCampaign(ctx, s.db, id)
	return c, db.Fault(err)
}

// Shown gives a campaign with its money by its code, as the public may read it.
func (s *Gifts) Shown(ctx context.Context, code string) (*Standing, error) {
	c, err := findCampaignCode(ctx, s.db, code)
	if err != nil {
		return nil, db.Fault(err)
	}
	if !c.Public() {
		return nil, fault.New(fault.NotFound, "db.not_found")
	}
	ss, err := s.standings(ctx, []Campaign{*c})
	if err != nil {
		return nil, err
	}
	return &ss[0], nil
}

// Standing is a campaign with its money.
type Standing struct {
	Campaign
	Money ledger.Fund // zero before the first opening
	Gifts int         // confirmed and not given back
}

// Standings lists all campaigns with their money; public ones only when asked so.
func (s *Gifts) Standings(ctx context.Context, public bool) ([]Standing, error) {
	cs, err := listCampaigns(ctx, s.db)
	if err != nil {
		return nil, db.Fault(err)
	}
	if public {
		kept := cs[:0]
		for _, c := range cs {
			if c.Public() {
				kept = append(kept, c)
			}
		}
		cs = kept
	}
	return s.standings(ctx, cs)
}

func (s *Gifts) standings(ctx context.Context, cs []Campaign) ([]Standing, error) {
	var ids []string
	for _, c := range cs {
		if c.Fund != "" {
			ids = append(ids, c.Fund)
		}
	}
	fs, err := s.funds.Funds(ctx, append([]string{}, ids...))
	if err != nil {
		return nil, err
	}
	counts, err := listCounts(ctx, s.db)
	if err != nil {
		return nil, db.Fault(err)
	}
	byID := make(map[string]ledger.Fund, len(fs))
	for _, f := range fs {
		byID[f.ID] = f
	}
	out := make([]Standing, 0, len(cs))
	for _, c := range cs {
		out = append(out, Standing{Campaign: c, Money: byID[c.Fund], Gifts: int(counts[c.Fund])})
	}
	return out, nil
}

// Givable lists the campaigns that take promises on a day.
func (s *Gifts) Givable(ctx context.Context, day clock.Day) ([]Campaign, error) {
	cs, err := listCampaigns(ctx, s.db)
	if err != nil {
		return nil, db.Fault(err)
	}
	var out []Campaign
	for _, c := range cs {
		if c.Giving(day) {
			out = append(out, c)
		}
	}
	return out, nil
}

// Bookable lists the campaigns to which the desk may register money that came without a promise.
func (s *Gifts) Bookable(ctx context.Context) ([]Campaign, error) {
	cs, err := listCampaigns(ctx, s.db)
	if err != nil {
		return nil, db.Fault(err)
	}
	var out []Campaign
	for _, c := range cs {
		if c.Fund != "" && c.State != Ended {
			out = append(out, c)
		}
	}
	return out, nil
}
