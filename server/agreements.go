package main

import (
	"context"

	"care/modules/agreements"
	"care/modules/audit"
	"care/modules/donations"
	"care/server/access"
)

// owed is the donations desk as agreements see it.
type owed struct{ gifts *donations.Gifts }

func pledgeOf(o agreements.Owing) donations.Pledge {
	return donations.Pledge{Donor: o.Donor, Shown: o.Shown, Name: o.Name, IDNo: o.IDNo, Phone: o.Phone, Email: o.Email, Campaign: o.Campaign, Amount: o.Amount, Waived: o.Waived, Agree: o.Agree, Origin: o.Origin}
}

// CheckOwing finds what is wrong with a promise.
func (o owed) CheckOwing(ctx context.Context, in agreements.Owing) error {
	return o.gifts.CheckOwing(ctx, pledgeOf(in))
}

// Owe makes a promise inside an act.
func (o owed) Owe(ctx context.Context, tx *audit.Tx, who access.Actor, in agreements.Owing) (string, error) {
	g, err := o.gifts.OweIn(ctx, tx, who, pledgeOf(in))
	if err != nil {
		return "", err
	}
	return g.ID, nil
}

// Standings tells of promises.
func (o owed) Standings(ctx context.Context, ids []string) (map[string]agreements.Standing, error) {
	gs, err := o.gifts.StandingOf(ctx, ids)
	out := make(map[string]agreements.Standing, len(gs))
	for _, g := range gs {
		out[g.ID] = agreements.Standing{Code: g.Code, Href: o.gifts.Href(g.ID), State: "donations.state." + string(g.State), Promised: g.Promised, Paid: g.Amount,
			Received: g.State == donations.Received || g.State == donations.Refunding || g.State == donations.Arrived, Gone: g.State == donations.Refunded || g.State == donations.Withdrawn}
	}
	return out, err
}

// Uses lists what takes gifts now.
func (o owed) Uses(ctx context.Context) ([]agreements.Use, error) {
	cs, err := o.gifts.Givable(ctx, o.gifts.Today())
	var out []agreements.Use
	for _, c := range cs {
		out = append(out, agreements.Use{ID: c.ID, Code: c.Code, Title: c.Title})
	}
	return append(out, agreements.Use{Code: donations.GeneralCode, Title: generalUse}), err
}

// NameIndex folds and hides a name.
func (o owed) NameIndex(name string) string { return o.gifts.NameIndex(name) }

// Mask hides a name as the desk does.
func (o owed) Mask(donor, name string) string { return donations.MaskDonor(donor, name) }
