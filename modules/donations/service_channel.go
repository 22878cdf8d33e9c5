package donations

import (
	"context"

	"care/modules/audit"
	"care/server/db"
	"care/server/money"
)

// OnOnline sets by which address a gift of an amount is paid online; "" says that it is not offered. address is the secret part
// of the donor's own page. It is set once, while the platform is put together.
func (s *Gifts) OnOnline(fn func(address string, amount money.Fen) string) { s.online = fn }

// onlineHref gives where a donor's gift is paid online, "" for nowhere.
func (s *Gifts) onlineHref(g *Gift) string {
	if s.online == nil || !s.WaitsForMoney(g) {
		return ""
	}
	return s.online(s.address(g.ID), g.Promised)
}

// offersOnline tells whether anything is paid online here.
func (s *Gifts) offersOnline() bool { return s.online != nil && s.online("", 1) != "" }

// WaitsForMoney tells whether the money of a gift has not come.
func (s *Gifts) WaitsForMoney(g *Gift) bool { return g.State.May(Arrived) }

// UseOf names what a gift is for.
func (s *Gifts) UseOf(ctx context.Context, g *Gift) (string, error) {
	if g.Campaign == "" {
		return words["donations.general"], nil
	}
	c, err := findCampaign(ctx, s.db, g.Campaign)
	if err != nil {
		return "", db.Fault(err)
	}
	return c.Title, nil
}

// WaitingIn tells inside an act which of the gifts wait for their money.
func (s *Gifts) WaitingIn(ctx context.Context, tx *audit.Tx, ids []string) (map[string]bool, error) {
	waiting, err := listWaitingGifts(ctx, tx, ids)
	out := make(map[string]bool, len(waiting))
	for _, id := range waiting {
		out[id] = true
	}
	return out, err
}

// GeneralIn gives the unrestricted fund inside an act.
func (s *Gifts) GeneralIn(ctx context.Context, tx *audit.Tx) (string, error) {
	f, err := s.general(ctx, tx)
	if err != nil {
		return "", err
	}
	return f.ID, nil
}

// ByChannel is what was booked by each payment channel, also what was given back later.
func (s *Gifts) ByChannel(ctx context.Context) (map[string]Tally, error) {
	rs, err := sumChannels(ctx, s.db)
	out := make(map[string]Tally, len(rs))
	for _, r := range rs {
		out[r.Channel] = Tally{r.N, r.Amount}
	}
	return out, db.Fault(err)
}
