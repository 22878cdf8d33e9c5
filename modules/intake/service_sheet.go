package intake

import (
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"care/modules/audit"
	"care/server/access"
	"care/server/db"
	"care/server/fault"
)

// CountBox notes what the first person counted in a donation box.
func (s *Intake) CountBox(ctx context.Context, who access.Actor, batch, box, place string, n Count, key string) error {
	act := audit.Act{Actor: who, Need: EnterPerm, Verb: "intake.count", Subject: batch, Key: "intake.count/" + key, Input: []any{batch, box, place, n}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		var c fault.Checks
		line := func(in, field string) string {
			in = strings.Join(strings.Fields(in), " ")
			k := utf8.RuneCountInString(in)
			c.Need(k >= 1 && k <= 40, field, "intake.box", 40)
			return in
		}
		box, place := line(box, "box"), line(place, "place")
		total, err := n.total()
		if err := c.Merge(err); err != nil {
			return err
		}
		if err := c.Err(); err != nil {
			return err
		}
		b, err := findBatch(ctx, tx, batch)
		if err != nil {
			return db.Fault(err)
		}
		k, err := touch(ctx, tx, batch, Draft, 0)
		if err != nil {
			return err
		}
		if b.Kind != Gifts || k != 1 {
			return fault.New(fault.Conflict, "intake.not_draft")
		}
		if b.Method != cash {
			return fault.New(fault.Conflict, "intake.not_cash")
		}
		notes, err := json.Marshal(n)
		if err != nil {
			return err
		}
		t := &Sheet{ID: newID(), Batch: batch, Box: box, Place: place, Notes: string(notes), Total: total, State: counted, FirstBy: who.ID, FirstName: who.Name, FirstAt: tx.Now}
		tx.Public("sheet", t.ID)
		tx.Public("fen", total)
		return insertSheet(ctx, tx, t)
	})
}

// Recount notes that a second person counted the same box alone. Only the same number of every note and coin agrees; what
// differs is counted again by both, and the tries are kept.
func (s *Intake) Recount(ctx context.Context, who access.Actor, sheet string, n Count, key string) error {
	need := EnterPerm
	if !who.Can(EnterPerm) {
		need = ConfirmPerm // the accountant may be the second pair of hands
	}
	differs := false
	notes, err := json.Marshal(n)
	if err != nil {
		return err
	}
	// A count that differs is kept as a try, and the same form is sent again with another count: the count is part of the key.
	act := audit.Act{Actor: who, Need: need, Verb: "intake.recount", Subject: sheet, Key: "intake.recount/" + key + "/" + hash(notes), Input: []any{sheet, n}}
	err = s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		differs = false
		total, err := n.total()
		if err != nil {
			return err
		}
		t, err := findSheet(ctx, tx, sheet)
		if err != nil {
			return db.Fault(err)
		}
		if err := who.NotEarlier("intake.same_counter", t.FirstBy); err != nil {
			return err
		}
		tx.Public("fen", total)
		var k int64
		if string(notes) != t.Notes {
			differs = true
			k, err = missSheet(ctx, tx, sheet)
		} else {
			k, err = agreeSheet(ctx, tx, &Sheet{ID: sheet, Total: total, SecondBy: who.ID, SecondName: who.Name, SecondAt: &tx.Now})
		}
		if err == nil && k != 1 {
			return fault.New(fault.Conflict, "intake.counted_already")
		}
		return err
	})
	if err == nil && differs {
		return fault.New(fault.Invalid, "intake.count_differs")
	}
	return err
}

// DropSheet takes back a first count that was wrong.
func (s *Intake) DropSheet(ctx context.Context, who access.Actor, sheet, key string) error {
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: EnterPerm, Verb: "intake.uncount", Subject: sheet, Key: "intake.uncount/" + key, Input: sheet}, func(ctx context.Context, tx *audit.Tx) error {
		n, err := dropSheet(ctx, tx, sheet)
		if err == nil && n != 1 {
			return fault.New(fault.Conflict, "intake.counted_already")
		}
		return err
	})
}

// Sheet gives one sheet with its count.
func (s *Intake) Sheet(ctx context.Context, id string) (*Sheet, Count, error) {
	t, err := findSheet(ctx, s.db, id)
	if err != nil {
		return nil, nil, db.Fault(err)
	}
	var n Count
	return t, n, json.Unmarshal([]byte(t.Notes), &n)
}
