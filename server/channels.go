package main

import (
	"context"

	"care/modules/audit"
	"care/modules/channels"
	"care/modules/donations"
	"care/server/clock"
	"care/server/money"
)

// till lets the payment channels book what they took at the desk that keeps the gifts.
type till struct{ gifts *donations.Gifts }

// Promise finds a gift by the secret address of its donor's page.
func (t till) Promise(ctx context.Context, address string) (*channels.Promise, error) {
	g, err := t.gifts.ByAddress(ctx, address)
	if err != nil {
		return nil, err
	}
	use, err := t.gifts.UseOf(ctx, g)
	return &channels.Promise{ID: g.ID, Href: t.gifts.Href(g.ID), Use: use, Amount: g.Promised, Waiting: t.gifts.WaitsForMoney(g)}, err
}

// Waiting tells which of the gifts wait for their money.
func (t till) Waiting(ctx context.Context, tx *audit.Tx, gifts []string) (map[string]bool, error) {
	return t.gifts.WaitingIn(ctx, tx, gifts)
}

// Take books money inside an act.
func (t till) Take(ctx context.Context, tx *audit.Tx, ts []channels.Taking, at []int) error {
	out := make([]donations.Taking, 0, len(ts))
	for _, x := range ts {
		out = append(out, donations.Taking{Gift: x.Gift, Amount: x.Amount, Day: x.Day, Ref: x.Ref, Channel: x.Channel, Payer: x.Payer})
	}
	return t.gifts.TakeIn(ctx, tx, out, at)
}

// RefundPaid notes inside an act that the money of a refund has left.
func (t till) RefundPaid(ctx context.Context, tx *audit.Tx, refund, ref string, day clock.Day) error {
	return t.gifts.RefundPaid(ctx, tx, refund, ref, day)
}

// General is the unrestricted fund.
func (t till) General(ctx context.Context, tx *audit.Tx) (string, error) {
	return t.gifts.GeneralIn(ctx, tx)
}

// Taken is what was booked by channels.
func (t till) Taken(ctx context.Context) (map[string]channels.Total, error) {
	ts, err := t.gifts.ByChannel(ctx)
	out := make(map[string]channels.Total, len(ts))
	for name, x := range ts {
		out[name] = channels.Total{N: int64(x.N), Amount: x.Amount}
	}
	return out, err
}

// connect lets gifts be paid by channels, and given back by them.
func connect(gifts *donations.Gifts, lines *channels.Channels) {
	gifts.OnOnline(func(address string, amount money.Fen) string {
		if len(lines.Offered(amount)) == 0 {
			return ""
		}
		return "/pay/" + address
	})
	gifts.OnPayback(func(ctx context.Context, tx *audit.Tx, p donations.Payback) error {
		return lines.Back(ctx, tx, p.Channel, p.Ref, p.Refund, p.Amount, p.Reason)
	})
}
