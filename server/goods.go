package main

import (
	"context"

	"github.com/uptrace/bun"

	"care/modules/donations"
	"care/modules/goods"
	"care/modules/ledger"
	"care/server/fault"
)

// purposes tells the goods desk what goods may be given for: the general fund, or a campaign whose fund is open.
type purposes struct {
	funds *ledger.Ledger
	gifts *donations.Gifts
	db    bun.IDB
}

// Purpose gives the purpose of a campaign's id; "" is the general fund.
func (p purposes) Purpose(ctx context.Context, id string) (goods.Purpose, error) {
	if id != "" {
		c, err := p.gifts.Campaign(ctx, id)
		if err != nil {
			return goods.Purpose{}, err
		}
		if c.Fund == "" {
			return goods.Purpose{}, fault.New(fault.NotFound, "db.not_found")
		}
		return goods.Purpose{ID: c.ID, Title: c.Title, Fund: c.Fund, Restricted: true, Over: c.State == donations.Ended}, nil
	}
	fs, err := p.funds.Funds(ctx, nil)
	if err != nil {
		return goods.Purpose{}, err
	}
	for _, f := range fs {
		if f.Code == donations.GeneralCode {
			return goods.Purpose{Title: generalUse, Fund: f.ID}, nil
		}
	}
	return goods.Purpose{}, fault.New(fault.NotFound, "db.not_found")
}

// Purposes lists the general fund and every campaign that has a fund. What is left of a campaign that is over may still be
// given out for it, but nothing more is taken in.
func (p purposes) Purposes(ctx context.Context) ([]goods.Purpose, error) {
	general, err := p.Purpose(ctx, "")
	if err != nil {
		return nil, err
	}
	cs, err := p.gifts.CampaignsIn(ctx, p.db)
	if err != nil {
		return nil, err
	}
	out := []goods.Purpose{general}
	for _, c := range cs {
		if c.Fund != "" {
			out = append(out, goods.Purpose{ID: c.ID, Title: c.Title, Fund: c.Fund, Restricted: true, Over: c.State == donations.Ended})
		}
	}
	return out, nil
}
