package relief

import (
	"context"

	"care/modules/audit"
	"care/server/access"
	"care/server/db"
	"care/server/fault"
)

// SkipPeriod ends the period of a case's open notice at once, so that a newcomer can walk a case of the demonstration to its voucher
// in one sitting. It exists only where the demonstration data is loaded; an open objection still blocks.
func (s *Relief) SkipPeriod(ctx context.Context, who access.Actor, id, key string) error {
	if !s.office.Demo {
		return fault.New(fault.NotFound, "relief.only_demo")
	}
	c, err := findCase(ctx, s.db, id)
	if err != nil {
		return db.Fault(err)
	}
	if err := who.NeedArea(c.AreaPath); err != nil {
		return err
	}
	n, err := lastNotice(ctx, s.db, id)
	if err != nil {
		return db.Fault(err)
	}
	act := audit.Act{Actor: who, Need: City, Verb: "relief.skip", Subject: id, Key: key}
	err = s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		n, err := findNotice(ctx, tx, n.ID)
		if err != nil {
			return err
		}
		if n.State != Open {
			return fault.New(fault.Conflict, "relief.notice_over")
		}
		length := n.ToDay.Sub(n.FromDay)
		n.ToDay = tx.Today().Add(-1)
		n.FromDay = n.ToDay.Add(-length)
		tx.Public("notice", n.ID)
		return updateNotice(ctx, tx, n, Open)
	})
	if _, pressed := fault.IsAgain(err); err != nil && !pressed {
		return err
	}
	return s.closeNotice(ctx, *n)
}
