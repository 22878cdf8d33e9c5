package donations

import (
	"context"

	"github.com/uptrace/bun"

	"care/modules/audit"
	"care/server/access"
	"care/server/db"
	"care/server/fault"
	"care/server/ident"
)

// cleanOwed checks a promise that rests on an agreement: it may be larger than one of the web, and a paper names the donor,
// so that the phone may be left out.
func (p *Pledge) cleanOwed(c *fault.Checks) {
	c.Need(p.Donor == Person || p.Donor == Body, "donor", "donations.need_donor")
	c.Need(p.Amount > 0, "amount", "donations.amount")
	c.Need(p.Amount <= MaxArrival, "amount", "donations.amount_huge")
	if p.Phone != "" {
		phone, err := ident.Phone(p.Phone)
		c.Need(err == nil, "phone", "donations.phone")
		p.Phone = phone
	}
}

// CheckOwing finds what is wrong with a promise that rests on an agreement, without making it.
func (s *Gifts) CheckOwing(ctx context.Context, p Pledge) error {
	_, err := s.owed(ctx, s.db, &p)
	return err
}

func (s *Gifts) owed(ctx context.Context, tx bun.IDB, p *Pledge) (fund string, err error) {
	var c fault.Checks
	p.cleanOwed(&c)
	p.identity(&c, s.Today(), s.fonts, true)
	p.extras(&c, s.fonts)
	fund, err = s.fundOf(ctx, tx, p.Campaign, "donations.campaign_closed", &c, func(camp *Campaign) bool { return camp.Giving(s.Today()) })
	if err != nil {
		return "", err
	}
	return fund, c.Err()
}

// OweIn notes inside another act a promise that rests on an agreement, such as an instalment. It waits for its money like
// any other; a donor with an e-mail address is told the transfer code.
func (s *Gifts) OweIn(ctx context.Context, tx *audit.Tx, who access.Actor, p Pledge) (*Gift, error) {
	fund, err := s.owed(ctx, tx, &p)
	if err != nil {
		return nil, err
	}
	g, err := s.insert(ctx, tx, p, who, "web", Pledged, fund)
	if err != nil {
		return nil, err
	}
	return g, s.tellPledged(ctx, tx, g)
}

// StandingOf gives gifts by id in whatever state; gifts that are not there are left out.
func (s *Gifts) StandingOf(ctx context.Context, ids []string) ([]Gift, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	gs, err := listStanding(ctx, s.db, ids)
	return gs, db.Fault(err)
}

// MaskDonor hides a donor's name as the desk does: bodies are named in full.
func MaskDonor(donor, name string) string { return maskDonor(donor, name) }
