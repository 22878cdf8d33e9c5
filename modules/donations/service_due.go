package donations

import (
	"context"
	"encoding/json"

	"care/modules/audit"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/money"
)

// Due is a gift that waits for its money. It names the donor only under a blind index.
type Due struct {
	ID        string
	Code      string
	NameIndex string // compare with NameIndex of a payer
	State     State  // Pledged or Expired
	Promised  money.Fen
	MadeAt    clock.Day `bun:"-"`
	Campaign  string    // id, "" for the general fund
	Origin    string
}

// duePage is how many promises are read at once.
const duePage = 5000

// EachDue calls fn for every gift that waits for its money, the oldest first, without opening a name.
func (s *Gifts) EachDue(ctx context.Context, fn func(Due) error) error {
	after := ""
	for {
		ds, err := listDue(ctx, s.db, after, duePage)
		if err != nil {
			return db.Fault(err)
		}
		for _, d := range ds {
			d.Due.MadeAt = clock.DayOf(d.At)
			if err := fn(d.Due); err != nil {
				return err
			}
		}
		if len(ds) < duePage {
			return nil
		}
		after = ds[len(ds)-1].ID
	}
}

// NameIndex is the blind index under which equal names are found, however they are spaced.
func (s *Gifts) NameIndex(name string) string {
	return s.box.Index("donations_gifts.name", foldName(name))
}

// ReadCode gives a transfer code as it is stored, or false when what was written cannot be one.
func (s *Gifts) ReadCode(written string) (string, bool) { return readCode(written) }

// EmailIndex is the blind index of an e-mail address; "" for none.
func (s *Gifts) EmailIndex(email string) string { return s.box.Index("donations_gifts.email", email) }

// DueOf gives gifts by id for a person who chooses among them; names are masked. Gifts that are gone are left out.
func (s *Gifts) DueOf(ctx context.Context, ids []string) ([]Row, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rs, err := listGifts(ctx, s.db, found{ids: ids}, "", len(ids))
	return rs, s.mask(rs, err)
}

// FindDue finds gifts that wait for their money by transfer code, amount, phone or whole name; names are masked.
func (s *Gifts) FindDue(ctx context.Context, q string, size int) ([]Row, error) {
	want := s.understand(Filter{Q: q})
	want.due = true
	rs, err := listGifts(ctx, s.db, want, "", size)
	return rs, s.mask(rs, err)
}

// mask opens the names of rows and writes their masks in their place.
func (s *Gifts) mask(rs []Row, err error) error {
	if err != nil {
		return db.Fault(err)
	}
	for i := range rs {
		name, err := s.box.Open("donations_gifts.name", rs[i].ID, rs[i].Name)
		if err != nil {
			return err
		}
		rs[i].Name = maskDonor(rs[i].Donor, name)
	}
	return nil
}

// OfEmail gives the gifts made with an e-mail address, newest first, masked as at the desk. Who calls it has proved that
// the address is theirs.
func (s *Gifts) OfEmail(ctx context.Context, email, before string, size int) (db.Page[Row], error) {
	if email == "" {
		return db.Page[Row]{}, nil
	}
	rs, err := listGifts(ctx, s.db, found{email: s.EmailIndex(email)}, before, size+1)
	if err := s.mask(rs, err); err != nil {
		return db.Page[Row]{}, err
	}
	return db.Cut(rs, size, func(r Row) string { return r.ID }), nil
}

// Email opens the e-mail address of a gift, for letters that its acts send; "" for none.
func (s *Gifts) Email(g *Gift) (string, error) {
	return s.box.Open("donations_gifts.email", g.ID, g.Email)
}

// TributeOf opens the dedication of a gift; nil for none.
func (s *Gifts) TributeOf(g *Gift) (*Tribute, error) {
	if g.Tribute == "" {
		return nil, nil
	}
	b, err := s.box.Open("donations_gifts.tribute", g.ID, g.Tribute)
	if err != nil {
		return nil, err
	}
	t := new(Tribute)
	return t, json.Unmarshal([]byte(b), t)
}

// Reshow changes how a donor is named in public (慈善法 82): in the roll and on the verification page at once. The receipt
// itself keeps the legal name. need is the permission of who acts; a donor on the own page acts with access.Everyone.
func (s *Gifts) Reshow(ctx context.Context, who access.Actor, need access.Perm, gift, shown, key string) error {
	act := audit.Act{Actor: who, Need: need, Verb: "donations.reshow", Subject: gift, Key: "donations.reshow/" + key, Input: []string{gift, shown}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		var c fault.Checks
		c.Need(shown == Real || shown == Masked || shown == Anonymous, "shown", "donations.need_shown")
		if err := c.Err(); err != nil {
			return err
		}
		g, err := findGift(ctx, tx, gift)
		if err != nil {
			return db.Fault(err)
		}
		name, err := s.box.Open("donations_gifts.name", g.ID, g.Name)
		if err != nil {
			return err
		}
		tx.Public("shown", shown)
		public := publicName(g.Donor, shown, name)
		if err := changed(reshowGift(ctx, tx, g.ID, shown, public)); err != nil {
			return err
		}
		rs, err := listReceiptsOf(ctx, tx, g.ID)
		if err != nil {
			return err
		}
		for _, subject := range subjects(g.ID, rs) {
			if err := s.papers.Mask(ctx, tx, subject, public); err != nil {
				return err
			}
		}
		return nil
	})
}

// RefundDue is a refund that is decided and booked, and whose money has not left yet.
type RefundDue struct {
	ID        string
	Gift      string
	Code      string
	Number    string // of the receipt that was taken back
	Amount    money.Fen
	DecidedAt clock.Day `bun:"-"`
	Channel   string
	NameIndex string
	Name      string // masked
}

// OpenRefunds lists the refunds whose money has not left, the oldest first.
func (s *Gifts) OpenRefunds(ctx context.Context, size int) ([]RefundDue, error) {
	rs, err := listOpenRefunds(ctx, s.db, size)
	if err != nil {
		return nil, db.Fault(err)
	}
	out := make([]RefundDue, 0, len(rs))
	for _, r := range rs {
		name, err := s.box.Open("donations_gifts.name", r.Gift, r.Sealed)
		if err != nil {
			return nil, err
		}
		r.RefundDue.Name, r.RefundDue.DecidedAt = maskDonor(r.Donor, name), clock.DayOf(r.At)
		out = append(out, r.RefundDue)
	}
	return out, nil
}

// RefundPaid notes inside another act under which reference the money of a refund left, and on which day.
func (s *Gifts) RefundPaid(ctx context.Context, tx *audit.Tx, refund, ref string, day clock.Day) error {
	n, err := payRefund(ctx, tx, refund, ref, day)
	if err != nil {
		return err
	}
	if n != 1 {
		return fault.New(fault.Conflict, "donations.refund_paid")
	}
	tx.Public("refund", refund)
	tx.Public("refund_ref", ref)
	return nil
}

// RefundUnpaid takes RefundPaid back inside another act, when the reference was wrong.
func (s *Gifts) RefundUnpaid(ctx context.Context, tx *audit.Tx, refund, ref string) error {
	return changed(unpayRefund(ctx, tx, refund, ref))
}

// Payback asks a payment channel to give a payment back.
type Payback struct {
	Gift, Refund string
	Channel, Ref string // channel and its number of the payment
	Amount       money.Fen
	Day          clock.Day // of the payment
	Reason       string
}

// OnPayback sets what is called inside the approval of a refund whose money came by a payment channel. It is set once, while the
// platform is put together.
func (s *Gifts) OnPayback(fn func(ctx context.Context, tx *audit.Tx, p Payback) error) {
	s.payback = fn
}

// StateWord is how a state is called.
func StateWord(s State) string { return words["donations.state."+string(s)] }
