package main

import (
	"context"

	"care/modules/donations"
	"care/modules/home"
	"care/modules/ledger"
	"care/modules/relief"
)

// doors answers what the public start page asks of the modules that know.
type doors struct {
	funds *ledger.Ledger
	gifts *donations.Gifts
	aid   *relief.Relief
}

func (d doors) sources() home.Sources {
	return home.Sources{Totals: d.totals, Campaigns: d.campaigns, Gifts: d.latest, Notices: d.notices}
}

func (d doors) totals(ctx context.Context) (t home.Totals, err error) {
	fs, err := d.funds.Funds(ctx, nil)
	if err != nil {
		return t, err
	}
	for _, f := range fs {
		t.Raised += f.Received()
		t.Paid += f.Disbursed
	}
	if t.Gifts, err = d.gifts.Confirmed(ctx); err != nil {
		return t, err
	}
	t.Helped, err = d.aid.Helped(ctx)
	return t, err
}

func (d doors) campaigns(ctx context.Context, n int) ([]home.Campaign, error) {
	ss, err := d.gifts.Standings(ctx, true)
	if err != nil {
		return nil, err
	}
	var out []home.Campaign
	for _, s := range ss {
		if s.State != donations.Open || len(out) == n {
			continue
		}
		out = append(out, home.Campaign{Title: s.Title, Text: s.Lead, Href: "/campaigns/" + s.Code, State: campaignOpen, Tone: "ok", Raised: s.Money.Received(), Goal: s.Target, Gifts: s.Gifts})
	}
	return out, nil
}

func (d doors) latest(ctx context.Context, n int) ([]home.Gift, error) {
	p, err := d.gifts.Roll(ctx, "", "", n)
	if err != nil {
		return nil, err
	}
	out := make([]home.Gift, 0, len(p.Rows))
	for _, r := range p.Rows {
		use := r.Title
		if use == "" {
			use = generalUse
		}
		out = append(out, home.Gift{At: r.At, Payer: r.PublicName, Use: use, Number: r.Number, Href: "/verify/" + r.Number, Amount: r.Amount})
	}
	return out, nil
}

func (d doors) notices(ctx context.Context, n int) ([]home.Notice, error) {
	p, err := d.aid.Notices(ctx, "", n)
	if err != nil {
		return nil, err
	}
	out := make([]home.Notice, 0, len(p.Rows))
	for _, x := range p.Rows {
		out = append(out, home.Notice{Who: x.NameMask, Place: x.Place, Kind: x.KindTitle, Href: "/notices/" + x.ID, Amount: x.Amount, Until: x.ToDay})
	}
	return out, nil
}
