package donations

import (
	"context"

	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/money"
)

// Stand is where a gift is.
type Stand struct {
	State  State
	Number string // of the receipt
	Amount money.Fen
	Fund   string
}

// Stands gives where gifts are, by their ids. Gifts that are not there are left out.
func (s *Gifts) Stands(ctx context.Context, gifts []string) (map[string]Stand, error) {
	out := make(map[string]Stand, len(gifts))
	for part := range parts(gifts) {
		rs, err := listStands(ctx, s.db, part)
		if err != nil {
			return nil, db.Fault(err)
		}
		for _, r := range rs {
			out[r.ID] = r.Stand
		}
	}
	return out, nil
}

// ConfirmGifts confirms the arrivals of many gifts, with an answer to each; a gift without a waiting arrival gets Conflict
// "donations.not_waiting".
func (s *Gifts) ConfirmGifts(ctx context.Context, who access.Actor, gifts []string) []error {
	errs := make([]error, len(gifts))
	live := map[string]string{}
	for part := range parts(gifts) {
		rs, err := listRecorded(ctx, s.db, part)
		if err != nil {
			for i := range errs {
				errs[i] = db.Fault(err)
			}
			return errs
		}
		for _, r := range rs {
			live[r.Gift] = r.ID
		}
	}
	var cs []Confirm
	var at []int
	for i, g := range gifts {
		if live[g] == "" {
			errs[i] = fault.New(fault.Conflict, "donations.not_waiting")
			continue
		}
		cs, at = append(cs, Confirm{Arrival: live[g]}), append(at, i)
	}
	for k, err := range s.ConfirmAll(ctx, who, cs) {
		errs[at[k]] = err
	}
	return errs
}

// Twin is a gift that could be there already: of the same donor, with the same amount, on the same day.
type Twin struct {
	Name   string
	Amount money.Fen
	Day    clock.Day
}

// Twins tells of each whether such a gift is there already. It is a question to ask a person, never a reason to refuse.
func (s *Gifts) Twins(ctx context.Context, ts []Twin) ([]bool, error) {
	type key struct {
		name string
		fen  money.Fen
		day  clock.Day
	}
	out, keys, names := make([]bool, len(ts)), make([]key, len(ts)), make([]string, 0, len(ts))
	for i, t := range ts {
		if t.Name == "" {
			continue
		}
		keys[i] = key{s.NameIndex(t.Name), t.Amount, t.Day}
		names = append(names, keys[i].name)
	}
	there := map[key]bool{}
	for part := range parts(names) {
		rs, err := listTwins(ctx, s.db, part)
		if err != nil {
			return nil, db.Fault(err)
		}
		for _, r := range rs {
			there[key{r.NameIndex, r.Amount, r.Day}] = true
		}
	}
	for i, k := range keys {
		out[i] = k.name != "" && there[k]
	}
	return out, nil
}

// RefsUsed tells which references of money are recorded already, among those given.
func (s *Gifts) RefsUsed(ctx context.Context, refs []string) (map[string]bool, error) {
	out := map[string]bool{}
	for part := range parts(refs) {
		used, err := listUsedRefs(ctx, s.db, part)
		if err != nil {
			return nil, db.Fault(err)
		}
		for _, r := range used {
			out[r] = true
		}
	}
	return out, nil
}

// partSize bounds the list of one question to the database.
const partSize = 500

// parts cuts a long list into questions that a database can take.
func parts(list []string) func(yield func([]string) bool) {
	return func(yield func([]string) bool) {
		for len(list) > 0 {
			n := min(len(list), partSize)
			if !yield(list[:n]) {
				return
			}
			list = list[n:]
		}
	}
}
