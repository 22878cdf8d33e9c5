package donations

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"care/modules/audit"
	"care/modules/documents"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/ident"
	"care/server/money"
)

// Pledge notes what somebody promises on the web. A promise is not income; it waits ExpireAfter days for its money.
// An Again fault names the gift that the same form made before.
func (s *Gifts) Pledge(ctx context.Context, who access.Actor, p Pledge, key string) (*Gift, error) {
	var g *Gift
	act := audit.Act{Actor: who, Need: access.Everyone, Verb: "donations.pledge", Key: "donations.pledge/" + key, Input: p}
	err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) (err error) {
		if g, err = s.PledgeIn(ctx, tx, who, p); err != nil {
			return err
		}
		return s.tellPledged(ctx, tx, g)
	})
	return g, err
}

// PledgeIn notes a promise inside another act, such as the order of a payment channel; the gift becomes the act's subject
// when it has none.
func (s *Gifts) PledgeIn(ctx context.Context, tx *audit.Tx, who access.Actor, p Pledge) (*Gift, error) {
	var c fault.Checks
	if err := c.Merge(p.clean(tx.Today(), s.fonts)); err != nil {
		return nil, err
	}
	fund, err := s.fundOf(ctx, tx, p.Campaign, "donations.campaign_closed", &c, func(camp *Campaign) bool { return camp.Giving(tx.Today()) })
	if err != nil {
		return nil, err
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	return s.insert(ctx, tx, p, who, "web", Pledged, fund)
}

// fundOf gives the fund of a campaign that takes gifts, of the general one for ""; a campaign that does not is a fault of the field.
func (s *Gifts) fundOf(ctx context.Context, tx bun.IDB, campaign, code string, c *fault.Checks, takes func(*Campaign) bool) (string, error) {
	if campaign == "" {
		general, err := s.general(ctx, tx)
		if err != nil {
			return "", err
		}
		return general.ID, nil
	}
	camp, err := findCampaign(ctx, tx, campaign)
	if err != nil && fault.KindOf(db.Fault(err)) != fault.NotFound {
		return "", err
	}
	if err != nil || !takes(camp) {
		c.Add("campaign", code)
		return "", nil
	}
	return camp.Fund, nil
}

// insert stores a gift with its private columns sealed.
func (s *Gifts) insert(ctx context.Context, tx *audit.Tx, p Pledge, who access.Actor, source string, state State, fund string) (*Gift, error) {
	g := &Gift{ID: newID(), Waived: p.Waived, Origin: p.Origin, Source: source, Donor: p.Donor, Shown: p.Shown, PublicName: publicName(p.Donor, p.Shown, p.Name), Campaign: p.Campaign, Fund: fund,
		Promised: p.Amount, State: state, MadeBy: who.ID, MadeName: who.Name, MadeAt: tx.Now}
	if p.Agree {
		g.Consent = PrivacyVersion
	}
	g.Token = s.box.Index("donations_gifts.token", s.address(g.ID))
	g.Name = s.box.Seal("donations_gifts.name", g.ID, p.Name)
	g.NameIndex = s.box.Index("donations_gifts.name", foldName(p.Name))
	g.Phone = s.box.Seal("donations_gifts.phone", g.ID, p.Phone)
	g.PhoneIndex = s.box.Index("donations_gifts.phone", p.Phone)
	g.IDNo = s.box.Seal("donations_gifts.idno", g.ID, p.IDNo)
	g.Message = s.box.Seal("donations_gifts.message", g.ID, p.Message)
	g.Email, g.EmailIndex = s.box.Seal("donations_gifts.email", g.ID, p.Email), s.EmailIndex(p.Email)
	if p.Tribute != nil {
		b, err := json.Marshal(p.Tribute)
		if err != nil {
			return nil, err
		}
		g.Tribute = s.box.Seal("donations_gifts.tribute", g.ID, string(b))
	}
	for range 5 { // two equal codes in a row have never been seen; five say that something else is wrong
		g.Code = newCode()
		fresh, err := insertGift(ctx, tx, g)
		if err != nil {
			return nil, err
		}
		if fresh {
			tx.Subject(g.ID)
			tx.Public("fund", fund)
			tx.Public("fen", g.Promised)
			if p.Origin != "" {
				tx.Public("origin", p.Origin)
			}
			tx.Private("name", p.Name)
			tx.Private("phone", p.Phone)
			tx.Private("idno", p.IDNo)
			return g, nil
		}
	}
	return nil, fault.New(fault.Internal, "donations.no_code")
}

// address is the secret part of the address of a donor's own page: 144 bits that only our key can make out of the id.
func (s *Gifts) address(id string) string { return s.box.Index("donations_gifts.address", id) }

// Href is the address of a donor's own page.
func (s *Gifts) Href(id string) string { return "/give/t/" + s.address(id) }

// ByAddress finds the gift of a donor's own page.
func (s *Gifts) ByAddress(ctx context.Context, address string) (*Gift, error) {
	if len(address) != 24 {
		return nil, fault.New(fault.NotFound, "db.not_found")
	}
	g, err := findGiftBy(ctx, s.db, "token", s.box.Index("donations_gifts.token", address))
	return g, db.Fault(err)
}

// Find gives the address of a donor's own page for a transfer code and the last four digits of the phone. The answer to a
// wrong pair does not tell which half is wrong, and takes the same way through the code.
func (s *Gifts) Find(ctx context.Context, code, tail string) (string, error) {
	wrong := &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: []fault.Field{{Name: "code", Code: "donations.find_wrong"}}}
	code, ok := readCode(code)
	if !ok || len(tail) != 4 {
		return "", wrong
	}
	g, err := findGiftBy(ctx, s.db, "code", code)
	if fault.KindOf(db.Fault(err)) == fault.NotFound && err != nil {
		return "", wrong
	}
	if err != nil {
		return "", db.Fault(err)
	}
	phone, err := s.box.Open("donations_gifts.phone", g.ID, g.Phone)
	if err != nil {
		return "", err
	}
	if len(phone) < 4 || subtle.ConstantTimeCompare([]byte(phone[len(phone)-4:]), []byte(tail)) != 1 {
		return "", wrong
	}
	return s.Href(g.ID), nil
}

// Expire ends the promises that waited ExpireAfter days in vain. It runs daily; a day without any leaves no entry.
func (s *Gifts) Expire(ctx context.Context) error {
	limit := func(now time.Time) time.Time { return clock.DayOf(now).Add(-ExpireAfter).Time() }
	n, err := countExpiring(ctx, s.db, limit(s.trail.Now()()))
	if err != nil || n == 0 {
		return db.Fault(err)
	}
	return s.trail.Do(ctx, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "donations.expire", Subject: "donations"}, func(ctx context.Context, tx *audit.Tx) error {
		ids, err := expireGifts(ctx, tx, limit(tx.Now))
		tx.Public("gifts", ids)
		return err
	})
}

// Whole is a gift with everything that happened to it. Names and numbers in it are masked.
type Whole struct {
	Gift
	Masked, Phone, IDNo string // masks of the private columns
	HasMessage          bool
	Campaign            *Campaign // nil for the general fund
	Arrivals            []Arrival
	Payers              []string // masked, of each arrival
	Differs             bool     // the payer of the arrival that counts is not the donor
	Refunds             []Refund
	Papers              []documents.Document
	Receipts            []Receipt // all that it has been on, the oldest first
}

// Live is the arrival that waits or counts; nil when there is none.
func (w *Whole) Live() *Arrival {
	for i := range w.Arrivals {
		if w.Arrivals[i].State != rejected {
			return &w.Arrivals[i]
		}
	}
	return nil
}

// Asked is the refund that waits for its decision; nil when there is none.
func (w *Whole) Asked() *Refund {
	for i := range w.Refunds {
		if w.Refunds[i].State == asked {
			return &w.Refunds[i]
		}
	}
	return nil
}

// Gift gives one gift with its history.
func (s *Gifts) Gift(ctx context.Context, id string) (*Whole, error) {
	g, err := findGift(ctx, s.db, id)
	if err != nil {
		return nil, db.Fault(err)
	}
	return s.whole(ctx, g)
}

func (s *Gifts) whole(ctx context.Context, g *Gift) (*Whole, error) {
	w := &Whole{Gift: *g, HasMessage: g.Message != ""}
	open, err := s.open(g)
	if err != nil {
		return nil, err
	}
	w.Masked, w.Phone = maskDonor(g.Donor, open.Name), ident.MaskPhone(open.Phone)
	if w.IDNo = ident.MaskID(open.IDNo); g.Donor == Body {
		w.IDNo = open.IDNo // the code of a body is in a public register
	}
	if g.Campaign != "" {
		if w.Campaign, err = findCampaign(ctx, s.db, g.Campaign); err != nil {
			return nil, db.Fault(err)
		}
	}
	if w.Arrivals, err = listArrivals(ctx, s.db, g.ID); err != nil {
		return nil, db.Fault(err)
	}
	for _, a := range w.Arrivals {
		payer, err := s.box.Open("donations_arrivals.payer", a.ID, a.Payer)
		if err != nil {
			return nil, err
		}
		differs := !samePayer(payer, open.Name)
		w.Differs = w.Differs || a.State != rejected && differs
		kind := g.Donor
		if differs {
			kind = Person // whoever it is, less is shown
		}
		w.Payers = append(w.Payers, maskDonor(kind, payer))
	}
	if w.Refunds, err = listRefunds(ctx, s.db, g.ID); err != nil {
		return nil, db.Fault(err)
	}
	if w.Receipts, err = listReceiptsOf(ctx, s.db, g.ID); err != nil {
		return nil, db.Fault(err)
	}
	w.Papers, err = s.papers.Of(ctx, subjects(g.ID, w.Receipts)...)
	return w, err
}

// subjects are those of all papers of a gift.
func subjects(gift string, rs []Receipt) []string {
	out := []string{Ref(gift)}
	for _, r := range rs {
		if r.Subject != out[0] {
			out = append(out, r.Subject)
		}
	}
	return out
}

// Valid is the receipt that counts; nil when there is none.
func (w *Whole) Valid() *Receipt {
	for i := range w.Receipts {
		if w.Receipts[i].State == ReceiptValid {
			return &w.Receipts[i]
		}
	}
	return nil
}

func maskDonor(donor, name string) string {
	if donor == Body {
		return name // bodies are named in full at the desk
	}
	return ident.MaskName(name)
}

// Plain is what is kept sealed of a gift.
type Plain struct {
	Name, Phone, IDNo, Message string
	Tribute                    *Tribute // nil for none
}

func (s *Gifts) open(g *Gift) (p Plain, err error) {
	if p.Name, err = s.box.Open("donations_gifts.name", g.ID, g.Name); err != nil {
		return p, err
	}
	if p.Phone, err = s.box.Open("donations_gifts.phone", g.ID, g.Phone); err != nil {
		return p, err
	}
	if p.IDNo, err = s.box.Open("donations_gifts.idno", g.ID, g.IDNo); err != nil {
		return p, err
	}
	if p.Message, err = s.box.Open("donations_gifts.message", g.ID, g.Message); err != nil {
		return p, err
	}
	p.Tribute, err = s.TributeOf(g)
	return p, err
}

// reasons for which the private columns of a gift may be opened; the record keeps the reason, so it must name nobody.
var reasons = []string{"contact", "match", "receipt", "tax", "refund"}

// Reveal opens the private columns of a gift for a reason; the opening is an entry in the record.
func (s *Gifts) Reveal(ctx context.Context, who access.Actor, id, why string) (Plain, error) {
	var c fault.Checks
	known := false
	for _, r := range reasons {
		known = known || r == why
	}
	c.Need(known, "why", "donations.reveal.need")
	if err := c.Err(); err != nil {
		return Plain{}, err
	}
	g, err := findGift(ctx, s.db, id)
	if err != nil {
		return Plain{}, db.Fault(err)
	}
	if err := s.trail.Saw(ctx, who, RevealPerm, id, "donor", why); err != nil {
		return Plain{}, err
	}
	return s.open(g)
}

// Roll lists the public roll, newest first; campaign is a code, "" for all, GeneralCode for gifts to no campaign.
func (s *Gifts) Roll(ctx context.Context, campaign, before string, size int) (db.Page[RollRow], error) {
	id := ""
	if campaign != "" && campaign != GeneralCode {
		c, err := findCampaignCode(ctx, s.db, campaign)
		if err == nil && !c.Public() {
			err = fault.New(fault.NotFound, "db.not_found")
		}
		if err != nil {
			return db.Page[RollRow]{}, db.Fault(err)
		}
		id = c.ID
	}
	rs, err := listRoll(ctx, s.db, id, campaign == GeneralCode, before, size+1)
	return db.Cut(rs, size, func(r RollRow) string { return r.Roll }), db.Fault(err)
}

// List is the worklist of the desk. Names in it are masked.
func (s *Gifts) List(ctx context.Context, f Filter, before string, size int) (db.Page[Row], error) {
	want := s.understand(f)
	if want.none {
		return db.Page[Row]{}, nil
	}
	rs, err := listGifts(ctx, s.db, want, before, size+1)
	if err := s.mask(rs, err); err != nil {
		return db.Page[Row]{}, err
	}
	return db.Cut(rs, size, func(r Row) string { return r.ID }), nil
}

// understand reads what somebody typed into the search box.
func (s *Gifts) understand(f Filter) found {
	q := f.Q
	want := found{state: f.State}
	if q == "" {
		return want
	}
	if code, ok := readCode(q); ok {
		want.code = code
		return want
	}
	if isNumber(q) {
		want.number = upper(q)
		return want
	}
	want.ref = upper(q)
	if phone, err := ident.Phone(q); err == nil {
		want.phone = s.box.Index("donations_gifts.phone", phone)
		return want
	}
	if fen, err := money.Parse(q); err == nil && fen > 0 && len(q) <= 14 {
		want.amount = fen
		return want
	}
	want.name, want.payer = s.box.Index("donations_gifts.name", foldName(q)), s.box.Index("donations_arrivals.payer", foldName(q))
	return want
}

// Waiting counts the arrivals that wait for a second person.
func (s *Gifts) Waiting(ctx context.Context) (int, error) {
	n, err := countWaiting(ctx, s.db)
	return n, db.Fault(err)
}

// Tally is how many gifts are in a state and their sum.
type Tally struct {
	N      int
	Amount money.Fen
}

// Counts tells what waits: promises, arrivals and refunds.
func (s *Gifts) Counts(ctx context.Context) (map[State]Tally, error) {
	cs, err := countStates(ctx, s.db)
	out := make(map[State]Tally, len(cs))
	for _, c := range cs {
		out[c.State] = Tally{c.N, c.Amount}
	}
	return out, db.Fault(err)
}

// codesOf gives the transfer codes of arrivals, for messages to the desk.
func (s *Gifts) codesOf(ctx context.Context, arrivals []string) (map[string]string, error) {
	ws, err := listWaiting(ctx, s.db, arrivals)
	out := make(map[string]string, len(ws))
	for _, w := range ws {
		out[w.Arrival] = spell(w.Code)
	}
	return out, db.Fault(err)
}
