package main

import (
	"context"

	"care/modules/audit"
	"care/modules/bank"
	"care/modules/donations"
	"care/server/access"
)

// teller lets the desk of bank statements speak with the desk of donations.
type teller struct{ *donations.Gifts }

// EachDue gives the gifts that wait for their money.
func (t teller) EachDue(ctx context.Context, fn func(bank.Due) error) error {
	return t.Gifts.EachDue(ctx, func(d donations.Due) error {
		return fn(bank.Due{ID: d.ID, Code: d.Code, NameIndex: d.NameIndex, Amount: d.Promised, Day: d.MadeAt})
	})
}

// Show gives gifts by id, masked.
func (t teller) Show(ctx context.Context, ids []string) ([]bank.Gift, error) {
	return shown(t.DueOf(ctx, ids))
}

// FindDue finds gifts that wait for their money.
func (t teller) FindDue(ctx context.Context, q string, size int) ([]bank.Gift, error) {
	return shown(t.Gifts.FindDue(ctx, q, size))
}

func shown(rs []donations.Row, err error) ([]bank.Gift, error) {
	out := make([]bank.Gift, 0, len(rs))
	for _, r := range rs {
		g := bank.Gift{ID: r.ID, Code: r.Code, Name: r.Name, Use: r.Title, Promised: r.Promised, Paid: r.Paid, BankRef: r.BankRef, Waits: r.State.May(donations.Arrived), State: donations.StateWord(r.State), Made: r.MadeAt}
		if g.Use == "" {
			g.Use = generalUse
		}
		out = append(out, g)
	}
	return out, err
}

// ArriveIn notes the money of gifts.
func (t teller) ArriveIn(ctx context.Context, tx *audit.Tx, who access.Actor, as []bank.Arriving) error {
	in := make([]donations.Arriving, 0, len(as))
	for _, a := range as {
		in = append(in, donations.Arriving{Gift: a.Gift, Pay: donations.Payment{BankRef: a.Ref, Day: a.Day, Amount: a.Amount, Payer: a.Payer, Method: donations.Transfer, Asset: a.Asset, Checked: a.Checked}})
	}
	return t.Gifts.ArriveIn(ctx, tx, who, in...)
}

// OpenRefunds lists the refunds whose money has not left, without those that a channel pays.
func (t teller) OpenRefunds(ctx context.Context, size int) ([]bank.Refund, error) {
	rs, err := t.Gifts.OpenRefunds(ctx, size)
	out := make([]bank.Refund, 0, len(rs))
	for _, r := range rs {
		if r.Channel == "" {
			out = append(out, bank.Refund{ID: r.ID, Gift: r.Gift, Code: r.Code, Number: r.Number, NameIndex: r.NameIndex, Name: r.Name, Amount: r.Amount, Day: r.DecidedAt})
		}
	}
	return out, err
}
