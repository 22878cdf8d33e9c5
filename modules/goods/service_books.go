package goods

import (
	"context"

	"care/modules/audit"
	"care/modules/ledger"
	"care/server/money"
)

// Goods with a value stand in the books beside the quantity ledger: what is taken into store is income and stock, what is
// given out is cost. Goods without a value are counted only. Unrestricted goods that serve a restricted purpose stay with
// the fund that they came to, so a list may book to more than one.

func bookRef(subject, fund string) string { return subject + "/" + fund }

// bookIn books a gift that was taken into store.
func (s *Goods) bookIn(ctx context.Context, tx *audit.Tx, g *Gift) error {
	if g.Total == 0 {
		return nil
	}
	_, err := s.funds.Post(ctx, tx, ledger.Entry{Kind: ledger.StockIn, Ref: Ref(g.ID), Fund: g.Fund, Amount: g.Total, Day: tx.Today()})
	return err
}

// bookOut books what left the store, by fund.
func (s *Goods) bookOut(ctx context.Context, tx *audit.Tx, subject, class string, byFund map[string]money.Fen) error {
	var es []ledger.Entry
	for _, fund := range sortedKeys(byFund) {
		if byFund[fund] > 0 {
			es = append(es, ledger.Entry{Kind: ledger.StockOut, Ref: bookRef(subject, fund), Fund: fund, Amount: byFund[fund], Day: tx.Today(), Class: class})
		}
	}
	_, err := s.funds.Post(ctx, tx, es...)
	return err
}

// bookBack books what came back of what was booked out under the same subject.
func (s *Goods) bookBack(ctx context.Context, tx *audit.Tx, kind ledger.Kind, subject, why string, byFund map[string]money.Fen) error {
	var es []ledger.Entry
	for _, fund := range sortedKeys(byFund) {
		if byFund[fund] == 0 {
			continue
		}
		j, err := s.funds.Journal(ctx, tx, kind, bookRef(subject, fund))
		if err != nil {
			return err
		}
		es = append(es, ledger.Entry{Kind: ledger.StockBack, Ref: bookRef(subject, fund), Fund: fund, Amount: byFund[fund], Day: tx.Today(), Reason: why, Reverses: j.ID})
	}
	_, err := s.funds.Post(ctx, tx, es...)
	return err
}

// bookChange books a change of the stock; gone is the value that left the store, by fund.
func (s *Goods) bookChange(ctx context.Context, tx *audit.Tx, ch *Change, gone map[string]money.Fen) error {
	subject := changeSubject(ch.ID)
	switch ch.Kind {
	case GiveBack:
		for fund, value := range gone { // all of one gift, so one fund
			if value == 0 {
				return nil
			}
			j, err := s.funds.Journal(ctx, tx, ledger.StockIn, Ref(ch.Gift))
			if err != nil {
				return err
			}
			_, err = s.funds.Post(ctx, tx, ledger.Entry{Kind: ledger.StockBack, Ref: Ref(ch.Gift), Fund: fund, Amount: value, Day: tx.Today(), Reason: ch.Why, Reverses: j.ID})
			return err
		}
	case Sale:
		if err := s.bookOut(ctx, tx, subject, ledger.Other, gone); err != nil {
			return err
		}
		for fund := range gone { // a sale is of goods of one fund, and its money serves what they were given for
			_, err := s.funds.Post(ctx, tx, ledger.Entry{Kind: ledger.Receive, Ref: subject, Fund: fund, Amount: ch.Amount, Day: ch.Day})
			return err
		}
	case Loss, Take:
		return s.bookOut(ctx, tx, subject, ledger.Management, gone)
	}
	return nil
}
