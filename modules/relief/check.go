package relief

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"care/modules"
	"care/modules/ledger"
	"care/server/db"
	"care/server/fault"
)

// Check proves again what must always be true: each fund holds what notices, awards and payments say; no award has two live payments;
// every payment of the bank is in the books; batches equal their lines; nothing runs on while an objection is open.
func (s *Relief) Check(ctx context.Context) ([]modules.Count, error) {
	// One moment for all of it: money booked between two questions would look lost.
	err := s.db.Snapshot(ctx, func(ctx context.Context, tx bun.IDB) error {
		if err := s.checkFunds(ctx, tx); err != nil {
			return err
		}
		bad, err := breaches(ctx, tx)
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(bad)) {
			return fmt.Errorf("%d %s", bad[name], name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := s.checkJournals(ctx); err != nil {
		return nil, err
	}
	cases, notices, awards, payments, err := counts(ctx, s.db)
	return []modules.Count{{Title: words["relief.count.cases"], N: cases}, {Title: words["relief.count.notices"], N: notices}, {Title: words["relief.count.awards"], N: awards}, {Title: words["relief.count.payments"], N: payments}}, db.Fault(err)
}

func (s *Relief) checkFunds(ctx context.Context, tx bun.IDB) error {
	ps, err := sumPromised(ctx, tx)
	if err != nil {
		return db.Fault(err)
	}
	want := map[string]promised{}
	for _, p := range ps {
		want[p.Fund] = p
	}
	fs, err := s.books.FundsIn(ctx, tx, nil)
	if err != nil {
		return err
	}
	for _, f := range fs {
		p := want[f.ID]
		if f.Reserved != p.Reserved || f.Committed != p.Committed || f.Disbursed != p.Disbursed {
			return fmt.Errorf("fund %s holds %d/%d/%d fen reserved, committed and disbursed; notices, awards and payments say %d/%d/%d", f.Code, f.Reserved, f.Committed, f.Disbursed, p.Reserved, p.Committed, p.Disbursed)
		}
		delete(want, f.ID)
	}
	for id := range want {
		return fmt.Errorf("cases name the fund %s, which does not exist", id)
	}
	return nil
}

func (s *Relief) checkJournals(ctx context.Context) error {
	for after := ""; ; {
		ids, err := paidRefs(ctx, s.db, after, 500)
		if err != nil {
			return db.Fault(err)
		}
		if len(ids) == 0 {
			return nil
		}
		for _, id := range ids {
			after = id
			if _, err := s.books.Journal(ctx, nil, ledger.Disburse, "payment/"+id); err != nil {
				if fault.KindOf(err) == fault.NotFound {
					return fmt.Errorf("payment %s is not in the books", id)
				}
				return err
			}
		}
	}
}

// looksLikeID tells whether a search is for an identity number.
func looksLikeID(s string) (string, bool) {
	s = strings.ToUpper(strings.ReplaceAll(s, " ", ""))
	if len(s) != 18 {
		return "", false
	}
	return s, strings.Trim(s[:17], "0123456789") == ""
}
