package main

import (
	"context"

	"care/modules/audit"
	"care/modules/donations"
	"care/modules/intake"
	"care/modules/ledger"
	"care/server/access"
)

// counter lets batches ask the desk that keeps the gifts.
type counter struct{ gifts *donations.Gifts }

func (d counter) desk() intake.Desk {
	return intake.Desk{Uses: d.uses, Check: d.check, Register: d.register, Reject: d.gifts.RejectIn, Confirm: d.gifts.ConfirmGifts,
		Refund: d.gifts.AskRefund, Stands: d.stands, Twins: d.twins, RefsUsed: d.gifts.RefsUsed}
}

func (d counter) uses(ctx context.Context) ([]intake.Use, error) {
	cs, err := d.gifts.Bookable(ctx)
	out := make([]intake.Use, 0, len(cs))
	for _, c := range cs {
		out = append(out, intake.Use{ID: c.ID, Code: c.Code, Title: c.Title})
	}
	return out, err
}

// registering writes a row of a batch as the desk registers it. What a platform holds is on its way, cash is in the box.
func registering(g intake.Gift) donations.Registering {
	r := donations.Registering{
		Donor: donations.Pledge{Donor: g.Donor, Shown: g.Shown, Name: g.Name, IDNo: g.IDNo, Phone: g.Phone, Email: g.Email, Campaign: g.Campaign, Origin: g.Origin, Agree: true},
		Pay:   donations.Payment{BankRef: g.BankRef, Day: g.Day, Amount: g.Amount, Payer: g.Payer, Method: g.Method, Channel: g.Channel, Checked: g.Checked},
	}
	switch {
	case g.Transit:
		r.Pay.Asset = ledger.InTransit
	case g.Method == donations.Cash:
		r.Pay.Asset = ledger.CashBox
	}
	return r
}

func (d counter) check(ctx context.Context, g intake.Gift) error {
	return d.gifts.CheckRegistering(ctx, registering(g))
}

func (d counter) register(ctx context.Context, tx *audit.Tx, who access.Actor, gs []intake.Gift) ([]string, error) {
	rs := make([]donations.Registering, 0, len(gs))
	for _, g := range gs {
		rs = append(rs, registering(g))
	}
	made, err := d.gifts.RegisterIn(ctx, tx, who, rs...)
	ids := make([]string, 0, len(made))
	for _, g := range made {
		ids = append(ids, g.ID)
	}
	return ids, err
}

func (d counter) stands(ctx context.Context, gifts []string) (map[string]intake.Stand, error) {
	ss, err := d.gifts.Stands(ctx, gifts)
	out := make(map[string]intake.Stand, len(ss))
	for id, x := range ss {
		out[id] = intake.Stand{State: string(x.State), Number: x.Number, Amount: x.Amount, Fund: x.Fund}
	}
	return out, err
}

func (d counter) twins(ctx context.Context, gs []intake.Gift) ([]bool, error) {
	ts := make([]donations.Twin, 0, len(gs))
	for _, g := range gs {
		t := donations.Twin{Name: g.Name, Amount: g.Amount, Day: g.Day}
		if g.Shown == donations.Anonymous {
			t.Name = "" // many give without a name: that tells nothing
		}
		ts = append(ts, t)
	}
	return d.gifts.Twins(ctx, ts)
}
