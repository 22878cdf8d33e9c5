package donations

import (
	"context"
	"fmt"

	"care/modules/audit"
	"care/modules/mail"
	"care/server/clock"
	"care/server/money"
)

// letterData is what a letter to a donor says. It names nobody: whoever reads the mailbox learns an amount and a use, and the
// address of the donor's own page, which is the donor's to keep.
type letterData struct {
	Amount, Use, Code, Number, Day, Href string
	Holder, Bank, Account                string
	Days                                 int
}

// pledgeLetters is how many letters about promises one address gets a day: anybody can type any address into the form.
const pledgeLetters = 5

// tell sends a letter about a gift inside its act, if the donor left an address. It comes after the rows of the gift.
func (s *Gifts) tell(ctx context.Context, tx *audit.Tx, kind string, most int, gifts ...telling) error {
	if s.set.Post == nil {
		return nil
	}
	ls := make([]mail.Letter, 0, len(gifts))
	for _, g := range gifts {
		to, err := s.box.Open("donations_gifts.email", g.Gift, g.Email)
		if err != nil {
			return err
		}
		if to == "" {
			continue
		}
		use := g.Project
		if use == "" {
			use = words["donations.general"]
		}
		ls = append(ls, mail.Letter{To: to, Kind: kind, Ref: Ref(g.Gift), Most: most, Data: letterData{
			Amount: g.Amount.Yuan(), Use: use, Code: spell(g.Code), Number: g.Number, Day: longDay(g.Day), Href: s.set.Org.Site + s.Href(g.Gift),
			Holder: s.set.Account.Holder, Bank: s.set.Account.Bank, Account: s.set.Account.Number, Days: ExpireAfter,
		}})
	}
	return s.set.Post.Send(ctx, tx, ls...)
}

// telling is a gift of which a letter tells.
type telling struct {
	Gift    string
	Email   string // sealed
	Code    string
	Project string // "" for the general fund
	Number  string
	Amount  money.Fen
	Day     clock.Day
}

func (g *Gift) telling(project string) telling {
	return telling{Gift: g.ID, Email: g.Email, Code: g.Code, Project: project, Number: g.Number, Amount: g.Promised, Day: g.ReceivedOn}
}

// tellReceived tells donors that their gifts have come and their receipts are there.
func (s *Gifts) tellReceived(ctx context.Context, tx *audit.Tx, ts []taken, byID map[string]*waiting) error {
	gs := make([]telling, 0, len(ts))
	for _, t := range ts {
		w := byID[t.Arrival]
		gs = append(gs, telling{Gift: t.Gift, Email: w.Email, Code: w.Code, Project: w.Project, Number: t.Number, Amount: t.Amount, Day: t.Day})
	}
	return s.tell(ctx, tx, "received", 0, gs...)
}

// tellRefunded tells a donor that the gift is given back.
func (s *Gifts) tellRefunded(ctx context.Context, tx *audit.Tx, g *Gift) error {
	t := g.telling("")
	t.Amount = g.Amount
	return s.tell(ctx, tx, "refunded", 0, t)
}

// tellPledged tells a donor the transfer code.
func (s *Gifts) tellPledged(ctx context.Context, tx *audit.Tx, g *Gift) error {
	if g.Email == "" || s.set.Post == nil {
		return nil
	}
	project := ""
	if g.Campaign != "" {
		c, err := findCampaign(ctx, tx, g.Campaign)
		if err != nil {
			return err
		}
		project = c.Title
	}
	return s.tell(ctx, tx, "pledge", pledgeLetters, g.telling(project))
}

func longDay(d clock.Day) string {
	if d == "" {
		return ""
	}
	t := d.Time().In(clock.Beijing)
	return fmt.Sprintf(words["donations.long_day"], t.Year(), int(t.Month()), t.Day())
}
