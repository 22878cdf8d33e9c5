package relief

import (
	"context"

	"care/server/access"
	"care/server/db"
)

// ObjectionsWaiting counts the open objections that a person can investigate.
func (s *Relief) ObjectionsWaiting(ctx context.Context, who access.Actor) (int, error) {
	if !who.Can(Object) || who.Area.Path == "" {
		return 0, nil
	}
	n, err := countObjections(ctx, s.db, who)
	return n, db.Fault(err)
}

// BatchesWaiting counts what waits for a person at the batches: batches at their step, or awards that a maker may gather.
func (s *Relief) BatchesWaiting(ctx context.Context, who access.Actor) (int, error) {
	var sts []BatchState
	for _, m := range batchMoves {
		if who.Can(m.Need) && m.Verb != "void" && m.Verb != "reject" && m.Verb != "refuse" && m.From != BatchReconciled {
			sts = append(sts, m.From)
		}
	}
	n, err := countBatches(ctx, s.db, sts)
	if err != nil || !who.Can(Batch) {
		return n, db.Fault(err)
	}
	more, err := countPayable(ctx, s.db)
	return n + more, db.Fault(err)
}

// HeldWaiting counts awards whose payment failed or came back, for those who can do something about it.
func (s *Relief) HeldWaiting(ctx context.Context, who access.Actor) (int, error) {
	if !who.Can(Batch) && !who.Can(BatchCheck) {
		return 0, nil
	}
	n, err := countHeld(ctx, s.db)
	return n, db.Fault(err)
}
