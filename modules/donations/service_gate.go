package donations

import (
	"context"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"care/modules/audit"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
)

// Under lets the campaigns meet the terms of the law as they are kept elsewhere.
func (s *Gifts) Under(l Legal) { s.legal = l }

func (s *Gifts) numbers(ctx context.Context, tx bun.IDB, day clock.Day) (Numbers, error) {
	if s.legal == nil {
		return usual, nil
	}
	return s.legal.Numbers(ctx, tx, day)
}

// told gives what a campaign has published and must publish next.
func (s *Gifts) told(ctx context.Context, campaign string) (Told, error) {
	if s.legal == nil {
		return Told{}, nil
	}
	return s.legal.Told(ctx, campaign)
}

// Decide notes the council's resolution on a campaign (内部决策). Who notes it has neither made nor last edited the plan.
func (s *Gifts) Decide(ctx context.Context, who access.Actor, id string, in Stepping) error {
	return s.step(ctx, audit.Act{Actor: who, Need: OpenPerm, Verb: "donations.decide", Subject: id, Input: in}, decideStep, in, func(c *Campaign) error {
		c.Decision, c.DecidedOn, c.DecidedBy = in.Number, in.Day, who.ID
		return who.NotEarlier("donations.same_person", c.MadeBy, c.EditedBy)
	})
}

// Submit notes that the plan was handed in to the authority (报备).
func (s *Gifts) Submit(ctx context.Context, who access.Actor, id string, in Stepping) error {
	return s.step(ctx, audit.Act{Actor: who, Need: EditPerm, Verb: "donations.submit", Subject: id, Input: in}, submitStep, in, func(c *Campaign) error {
		c.FiledOn, c.RecordedOn = in.Day, ""
		return nil
	})
}

// SendBack notes that the authority wants the plan mended (退回补正); it is then edited and handed in again.
func (s *Gifts) SendBack(ctx context.Context, who access.Actor, id string, in Stepping) error {
	return s.step(ctx, audit.Act{Actor: who, Need: EditPerm, Verb: "donations.send_back", Subject: id, Input: in}, returnStep, in, func(*Campaign) error { return nil })
}

// Accept notes the number that the authority gave (已备案). Who notes it counts as an editor: somebody else opens.
func (s *Gifts) Accept(ctx context.Context, who access.Actor, id string, in Stepping) error {
	return s.step(ctx, audit.Act{Actor: who, Need: EditPerm, Verb: "donations.filed", Subject: id, Input: in}, filedStep, in, func(c *Campaign) error {
		c.Filing, c.RecordedOn = in.Number, in.Day
		return nil
	})
}

// Archive closes the file of a campaign whose final report is public (归档).
func (s *Gifts) Archive(ctx context.Context, who access.Actor, id string) error {
	return s.step(ctx, audit.Act{Actor: who, Need: OpenPerm, Verb: "donations.archive", Subject: id}, archiveStep, Stepping{}, func(*Campaign) error { return nil })
}

// step makes one step of a campaign's way: the row changes only when nobody has changed it since it was read.
func (s *Gifts) step(ctx context.Context, act audit.Act, kind string, in Stepping, change func(c *Campaign) error) error {
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		c, err := findCampaign(ctx, tx, act.Subject)
		if err != nil {
			return db.Fault(err)
		}
		if !c.May(kind) {
			return fault.New(fault.Conflict, "donations.step.order")
		}
		terms, err := s.numbers(ctx, tx, tx.Today())
		if err != nil {
			return err
		}
		if err := in.check(kind, c, tx.Today(), terms); err != nil {
			return err
		}
		if err := change(c); err != nil {
			return err
		}
		was := c.Step
		c.Step = moves[kind].to
		if kind == submitStep || kind == filedStep || kind == returnStep { // what the second person must not be
			c.EditedBy, c.EditedName, c.EditedAt = act.Actor.ID, act.Actor.Name, tx.Now
		}
		tx.Public("number", in.Number)
		tx.Public("day", in.Day)
		if err := changed(stepCampaign(ctx, tx, c, was)); err != nil {
			return err
		}
		return s.note(ctx, tx, act.Actor, c.ID, kind, in)
	})
}

// note writes what happened to a campaign.
func (s *Gifts) note(ctx context.Context, tx *audit.Tx, who access.Actor, campaign, kind string, in Stepping) error {
	name := who.Name
	if name == "" {
		name = words["donations.by.clock"]
	}
	return insertStep(ctx, tx, &Step{ID: newID(), Campaign: campaign, Step: kind, Day: in.Day, Number: in.Number, Reason: in.Reason, MadeBy: who.ID, MadeName: name, MadeAt: tx.Now})
}

// Steps lists what happened to a campaign, oldest first.
func (s *Gifts) Steps(ctx context.Context, campaign string) ([]Step, error) {
	ss, err := listSteps(ctx, s.db, campaign)
	return ss, db.Fault(err)
}

// End ends a campaign for good. Money that it holds stays in its fund for its purpose.
func (s *Gifts) End(ctx context.Context, who access.Actor, id, why string) error {
	return s.Terminate(ctx, who, id, why, "")
}

// Terminate ends a campaign; public fundraising that ends before its time (终止) says what happens to the money, and the
// public reads it.
func (s *Gifts) Terminate(ctx context.Context, who access.Actor, id, why, settlement string) error {
	return s.stop(ctx, who, id, "donations.end", why, func(ctx context.Context, tx *audit.Tx) error {
		c, err := findCampaign(ctx, tx, id)
		if err != nil {
			return db.Fault(err)
		}
		var cs fault.Checks
		n := utf8.RuneCountInString(settlement)
		c.Cut = c.Filed() && c.EndsOn != "" && tx.Today() < c.EndsOn
		cs.Need(!c.Cut || n >= 4, "settlement", "donations.need_settlement")
		cs.Need(n <= 800, "settlement", "donations.text.max", 800)
		if err := cs.Err(); err != nil {
			return err
		}
		c.EndedAt, c.Settlement = &tx.Now, settlement
		tx.Public("cut", c.Cut)
		if err := changed(endCampaign(ctx, tx, c)); err != nil {
			return err
		}
		return s.note(ctx, tx, who, id, "end", Stepping{Reason: why})
	})
}

// EndOver ends the campaigns whose last day is over; nobody has to think of it.
func (s *Gifts) EndOver(ctx context.Context) error {
	ids, err := listOver(ctx, s.db, s.Today())
	if err != nil {
		return db.Fault(err)
	}
	for _, id := range ids {
		err := s.trail.Do(ctx, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "donations.over", Subject: id}, func(ctx context.Context, tx *audit.Tx) error {
			c, err := findCampaign(ctx, tx, id)
			if err != nil {
				return db.Fault(err)
			}
			if c.EndsOn == "" || c.EndsOn >= tx.Today() {
				return fault.New(fault.Conflict, "db.changed")
			}
			c.EndedAt = &tx.Now
			if err := changed(endCampaign(ctx, tx, c)); err != nil {
				return err
			}
			return s.note(ctx, tx, access.System(), id, "end", Stepping{Day: c.EndsOn, Reason: words["donations.over.why"]})
		})
		if err != nil && fault.KindOf(err) != fault.Conflict { // another server has ended it
			return err
		}
	}
	return nil
}

// SummedIn notes inside another act that the final report of a campaign is public (总结公开).
func (s *Gifts) SummedIn(ctx context.Context, tx *audit.Tx, who access.Actor, id string) error {
	c, err := findCampaign(ctx, tx, id)
	if err != nil {
		return db.Fault(err)
	}
	if !c.May(sumStep) {
		return fault.New(fault.Conflict, "donations.step.order")
	}
	was := c.Step
	c.Step = moves[sumStep].to
	if err := changed(stepCampaign(ctx, tx, c, was)); err != nil {
		return err
	}
	return s.note(ctx, tx, who, id, sumStep, Stepping{})
}

// CampaignsIn lists all campaigns inside a transaction or a reader.
func (s *Gifts) CampaignsIn(ctx context.Context, tx bun.IDB) ([]Campaign, error) {
	cs, err := listCampaigns(ctx, tx)
	return cs, db.Fault(err)
}
