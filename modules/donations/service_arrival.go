package donations

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"care/modules/audit"
	"care/modules/ledger"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/ident"
	"care/server/money"
)

// Arriving is the money of one promise.
type Arriving struct {
	Gift string
	Pay  Payment
}

// Record notes that the money of a promise has come, as the bank's statement says; the amount of the statement counts.
// Late money of an expired promise is money all the same.
func (s *Gifts) Record(ctx context.Context, who access.Actor, gift string, p Payment, key string) error {
	act := audit.Act{Actor: who, Need: RecordPerm, Verb: "donations.record", Subject: gift, Key: "donations.record/" + key, Input: []any{gift, p}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		return s.arrive(ctx, tx, who, Arriving{gift, p}, "")
	})
}

// ArriveIn notes the money of promises inside another act, such as the match of a statement's lines: all or none.
// Who acts needs RecordPerm and is the first pair of eyes; another person confirms. The field names of a fault begin with the
// place of the payment, such as "0.day".
func (s *Gifts) ArriveIn(ctx context.Context, tx *audit.Tx, who access.Actor, as ...Arriving) error {
	if err := who.Need(RecordPerm); err != nil {
		return err
	}
	for i, a := range as {
		if err := s.arrive(ctx, tx, who, a, place(i)); err != nil {
			return err
		}
	}
	return nil
}

func place(i int) string { return fmt.Sprintf("%d.", i) }

func (s *Gifts) arrive(ctx context.Context, tx *audit.Tx, who access.Actor, a Arriving, at string) error {
	g, err := findGift(ctx, tx, a.Gift)
	if err != nil {
		return db.Fault(err)
	}
	var c fault.Checks
	a.Pay.clean(tx.Today(), &c)
	name, err := s.box.Open("donations_gifts.name", g.ID, g.Name)
	if err != nil {
		return err
	}
	c.Need(a.Pay.Checked || a.Pay.Payer == "" || samePayer(a.Pay.Payer, name), "checked", "donations.payer_differs")
	if err := prefixed(c.Err(), at); err != nil {
		return err
	}
	n, err := moveGift(ctx, tx, a.Gift, Arrived)
	if err != nil {
		return err
	}
	if n != 1 {
		return fault.New(fault.Conflict, "donations.not_pledged")
	}
	return s.insertArrival(ctx, tx, who, g.ID, a.Pay, at)
}

// prefixed puts the place of a row before the field names of a fault.
func prefixed(err error, at string) error {
	if err == nil || at == "" {
		return err
	}
	fields := fault.FieldsOf(err)
	if len(fields) == 0 {
		return err
	}
	e := &fault.Error{Kind: fault.KindOf(err), Code: fault.CodeOf(err), Err: err}
	for _, f := range fields {
		f.Name = at + f.Name
		e.Fields = append(e.Fields, f)
	}
	return e
}

// insertArrival stores an arrival.
func (s *Gifts) insertArrival(ctx context.Context, tx *audit.Tx, who access.Actor, gift string, p Payment, at string) error {
	a := s.arrival(gift, p, who.ID, who.Name)
	a.RecordedAt = tx.Now
	fresh, err := insertArrival(ctx, tx, a)
	if err != nil {
		return err
	}
	if !fresh {
		return &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: []fault.Field{{Name: at + "bank_ref", Code: "donations.bank_ref_used"}}}
	}
	tx.Public(at+"arrival", a.ID)
	tx.Public(at+"bank_ref", a.BankRef)
	tx.Public(at+"day", a.Day)
	tx.Public(at+"received_fen", a.Amount)
	tx.Private(at+"payer", p.Payer)
	return nil
}

// arrival makes the row of a payment, not yet confirmed.
func (s *Gifts) arrival(gift string, p Payment, by, name string) *Arrival {
	a := &Arrival{ID: newID(), Gift: gift, BankRef: p.BankRef, Day: p.Day, Amount: p.Amount, Method: p.Method, Channel: p.Channel, Asset: p.Asset,
		State: recorded, RecordedBy: by, RecordedName: name}
	a.Payer = s.box.Seal("donations_arrivals.payer", a.ID, p.Payer)
	a.PayerIndex = s.box.Index("donations_arrivals.payer", foldName(p.Payer))
	return a
}

// Registering is a gift that nobody had promised, with its money.
type Registering struct {
	Donor Pledge
	Pay   Payment
}

// Register notes a gift that came without a promise: over the counter, or a transfer without a code.
func (s *Gifts) Register(ctx context.Context, who access.Actor, d Pledge, p Payment, key string) (*Gift, error) {
	var g *Gift
	act := audit.Act{Actor: who, Need: RecordPerm, Verb: "donations.register", Key: "donations.register/" + key, Input: []any{d, p}}
	err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) (err error) {
		g, err = s.registerIn(ctx, tx, who, Registering{d, p}, "")
		return err
	})
	return g, err
}

// RegisterIn notes gifts without a promise inside another act, all or none, as Register does. Who acts needs RecordPerm;
// another person confirms. The field names of a fault begin with the place of the row, such as "3.name".
func (s *Gifts) RegisterIn(ctx context.Context, tx *audit.Tx, who access.Actor, rs ...Registering) ([]Gift, error) {
	if err := who.Need(RecordPerm); err != nil {
		return nil, err
	}
	gs := make([]Gift, 0, len(rs))
	for i, r := range rs {
		g, err := s.registerIn(ctx, tx, who, r, place(i))
		if err != nil {
			return nil, err
		}
		gs = append(gs, *g)
	}
	return gs, nil
}

func (s *Gifts) registerIn(ctx context.Context, tx *audit.Tx, who access.Actor, r Registering, at string) (*Gift, error) {
	fund, err := s.checkRegistering(ctx, tx, &r, tx.Today())
	if err != nil {
		return nil, prefixed(err, at)
	}
	r.Donor.Amount, r.Donor.Message = r.Pay.Amount, ""
	g, err := s.insert(ctx, tx, r.Donor, who, "desk", Arrived, fund)
	if err != nil {
		return nil, err
	}
	return g, s.insertArrival(ctx, tx, who, g.ID, r.Pay, at)
}

// CheckRegistering tells what Register would refuse, without writing anything: the dry run of a batch.
func (s *Gifts) CheckRegistering(ctx context.Context, r Registering) error {
	if _, err := s.checkRegistering(ctx, s.db, &r, s.Today()); err != nil {
		return err
	}
	_, err := findArrivalByRef(ctx, s.db, r.Pay.BankRef)
	if err == nil {
		return &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: []fault.Field{{Name: "bank_ref", Code: "donations.bank_ref_used"}}}
	}
	if err = db.Fault(err); fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// checkRegistering brings a registering into its one form and gives its fund.
func (s *Gifts) checkRegistering(ctx context.Context, tx bun.IDB, r *Registering, today clock.Day) (string, error) {
	var c fault.Checks
	in := &r.Donor
	c.Need(in.Donor == Person || in.Donor == Body, "donor", "donations.need_donor")
	in.identity(&c, today, s.fonts, r.Pay.Checked)
	if in.Phone != "" {
		phone, err := ident.Phone(in.Phone)
		c.Need(err == nil, "phone", "donations.phone")
		in.Phone = phone
	}
	in.extras(&c, s.fonts)
	r.Pay.clean(today, &c)
	c.Need(r.Pay.Checked || r.Pay.Payer == "" || samePayer(r.Pay.Payer, in.Name), "checked", "donations.payer_differs")
	fund, err := s.fundOf(ctx, tx, in.Campaign, "donations.campaign_over", &c, func(camp *Campaign) bool { return camp.Takes(r.Pay.Day) })
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(in.Origin, "order/") {
		known, err := hasOrigin(ctx, tx, in.Origin)
		if err != nil {
			return "", err
		}
		c.Need(!known, "origin", "donations.order_known")
	}
	return fund, c.Err()
}

// Reject takes back an arrival that was recorded by mistake, before it is confirmed.
func (s *Gifts) Reject(ctx context.Context, who access.Actor, gift, arrival, why string) error {
	need := RecordPerm
	if !who.Can(RecordPerm) {
		need = ConfirmPerm // the second person may also send it back
	}
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: need, Verb: "donations.reject", Subject: gift, Key: "donations.reject/" + arrival, Input: arrival}, func(ctx context.Context, tx *audit.Tx) error {
		tx.Public("arrival", arrival)
		return s.rejectIn(ctx, tx, who, gift, arrival, why)
	})
}

// RejectIn takes back arrivals inside another act, such as the undoing of a match: all or none. Conflict
// "donations.not_waiting" says that one of them was confirmed or rejected meanwhile.
func (s *Gifts) RejectIn(ctx context.Context, tx *audit.Tx, who access.Actor, gifts []string, why string) error {
	if !who.Can(RecordPerm) && !who.Can(ConfirmPerm) {
		return who.Need(RecordPerm)
	}
	for _, gift := range gifts {
		if err := s.rejectIn(ctx, tx, who, gift, "", why); err != nil {
			return err
		}
	}
	return nil
}

// rejectIn takes back the recorded arrival of a gift; with an id, only when it is that one.
func (s *Gifts) rejectIn(ctx context.Context, tx *audit.Tx, who access.Actor, gift, arrival, why string) error {
	var c fault.Checks
	reason(&c, "why", why)
	if err := c.Err(); err != nil {
		return err
	}
	// The gift first, like a confirmation: two acts on one gift never hold what the other waits for.
	n, err := dropGift(ctx, tx, gift)
	if err != nil {
		return err
	}
	if n == 1 {
		n, err = rejectArrival(ctx, tx, &Arrival{ID: arrival, Gift: gift, DecidedBy: who.ID, DecidedName: who.Name, DecidedAt: &tx.Now, Reason: why})
	}
	if err == nil && n != 1 {
		return fault.New(fault.Conflict, "donations.not_waiting")
	}
	if err == nil && s.rejected != nil {
		return s.rejected(ctx, tx, who, gift, why)
	}
	return err
}

// OnReject sets what is called inside the act that takes an arrival back, so that whoever brought it can let go of it. It is set
// once, while the platform is put together.
func (s *Gifts) OnReject(fn func(ctx context.Context, tx *audit.Tx, who access.Actor, gift, why string) error) {
	s.rejected = fn
}

// Taking is money that a payment channel has vouched for by its signature.
type Taking struct {
	Gift    string
	Amount  money.Fen
	Day     clock.Day // on which the channel took it, in Beijing
	Ref     string    // the channel's own number of the payment
	Channel string    // such as "wechat"
	Payer   string    // as the channel names it, may be empty
}

// TakeIn books verified payments inside another act, many at once: arrival, income, number, receipt and place in the roll.
// Two different parties stand behind each: the channel, whose signature names the money, and the platform, which has
// compared it with its own order; people look at it when the channel's day is closed. at are the places of the notes in
// DoAll. Conflict "donations.not_pledged" says that a gift has its money already: a second payment is the channel's to give back.
func (s *Gifts) TakeIn(ctx context.Context, tx *audit.Tx, ts []Taking, at []int) error {
	as := make([]Arrival, 0, len(ts))
	gifts, arrivals := make([]string, 0, len(ts)), make([]confirming, 0, len(ts))
	for _, t := range ts {
		if t.Amount <= 0 || t.Amount > MaxArrival || t.Day == "" || t.Ref == "" || t.Channel == "" {
			return fault.New(fault.Internal, "donations.incomplete")
		}
		a := s.arrival(t.Gift, Payment{BankRef: t.Channel + ":" + t.Ref, Day: t.Day, Amount: t.Amount, Method: Platform, Channel: t.Channel, Asset: ledger.InTransit, Payer: t.Payer},
			"channel:"+t.Channel, channelName(t.Channel))
		a.RecordedAt = tx.Now
		as, gifts = append(as, *a), append(gifts, t.Gift)
		arrivals = append(arrivals, confirming{who: access.Actor{ID: access.System().ID, Name: words["donations.by.system"]}, arrival: a.ID})
	}
	n, err := arriveGifts(ctx, tx, gifts)
	if err != nil {
		return err
	}
	if n != int64(len(gifts)) {
		return fault.New(fault.Conflict, "donations.not_pledged")
	}
	if err := insertArrivals(ctx, tx, as); err != nil {
		return err
	}
	return s.confirm(ctx, tx, arrivals, at)
}

// channelName is how a channel is printed as the one who recorded a payment.
func channelName(channel string) string {
	if w := words["donations.channel."+channel]; w != "" {
		return w
	}
	return channel
}
