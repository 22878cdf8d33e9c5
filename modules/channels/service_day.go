package channels

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"

	"care/modules/audit"
	"care/modules/channels/pay"
	"care/modules/ledger"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/money"
)

// lookBack is for how many days a bill is asked for again and a closed day is compared again.
const lookBack = 14

// billed names a channel's day in a queued row.
type billed struct {
	Channel string
	Day     clock.Day
}

// Bills fetches the bills that are due and compares the last days again. It runs daily, after the channels have made
// their files.
func (s *Channels) Bills(ctx context.Context) error {
	yesterday := clock.DayOf(s.trail.Now()()).Add(-1)
	var errs []error
	for _, name := range s.names {
		days, err := listBusyDays(ctx, s.db, name, yesterday.Add(-lookBack))
		if err != nil {
			return db.Fault(err)
		}
		for d := yesterday.Add(-2); d <= yesterday; d = d.Add(1) { // a channel may know of money that we know nothing of
			if !slices.Contains(days, d) {
				days = append(days, d)
			}
		}
		slices.Sort(days) // an earlier bill may hold what a later day would miss
		for _, d := range days {
			if d <= yesterday {
				errs = append(errs, s.fetch(ctx, name, d)) // one day's failure does not hold up the others
			}
		}
	}
	return errors.Join(errs...)
}

// billWork fetches one bill that somebody asked for.
func (s *Channels) billWork(ctx context.Context, payload []byte) error {
	var b billed
	if err := json.Unmarshal(payload, &b); err != nil {
		return err
	}
	return s.fetch(ctx, b.Channel, b.Day)
}

// FetchBill asks for a bill now; it is compared when it has come.
func (s *Channels) FetchBill(ctx context.Context, who access.Actor, channel string, day clock.Day, key string) error {
	var c fault.Checks
	c.Need(s.lines[channel] != nil, "channel", "channels.need_channel")
	c.Need(day != "" && day < clock.DayOf(s.trail.Now()()) && day >= clock.DayOf(s.trail.Now()()).Add(-90), "day", "channels.need_day")
	if err := c.Err(); err != nil {
		return err
	}
	b := billed{channel, day}
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: HandlePerm, Verb: "channels.fetch", Subject: channel + "/" + string(day), Key: "channels.fetch/" + key, Input: b}, func(ctx context.Context, tx *audit.Tx) error {
		if err := ensureDay(ctx, tx, channel, day); err != nil {
			return err
		}
		return s.queue.Put(ctx, tx.Tx, "channels.bill", channel+"/"+string(day), b)
	})
}

// fetch gets the bill of a day unless it is here, and compares.
func (s *Channels) fetch(ctx context.Context, channel string, day clock.Day) error {
	line := s.lines[channel]
	if line == nil {
		return nil // taken out of the configuration: nothing more can be asked
	}
	_, err := findBill(ctx, s.db, channel, day)
	if err = db.Fault(err); err == nil {
		return s.Compare(ctx, access.System(), access.Everyone, channel, day)
	}
	if fault.KindOf(err) != fault.NotFound {
		return err
	}
	file, err := line.Bill(ctx, day)
	var read *pay.Bill
	switch {
	case errors.Is(err, pay.ErrNoBill):
		// The channel says that nothing happened. With money of ours that is a bill without lines, when the day is over for good.
		listed, err := s.listed(ctx, channel, day)
		if err != nil || !listed || clock.DayOf(s.trail.Now()()).Sub(day) < 2 {
			return err
		}
		read = &pay.Bill{}
	case err != nil:
		return err
	default:
		if read, err = line.ReadBill(file); err != nil {
			return err
		}
	}
	sum := sha256.Sum256(file)
	b := &Bill{ID: newID(), Channel: channel, Day: day, Lines: len(read.Lines), Gross: read.Gross, Refunds: read.Back, Fee: read.Fee, Hash: hex.EncodeToString(sum[:])}
	ls := make([]Line, 0, len(read.Lines))
	for _, x := range read.Lines {
		ls = append(ls, Line{ID: newID(), Bill: b.ID, Channel: channel, No: x.No, Txn: x.Txn, RefundNo: x.Refund, RefundTxn: x.RefundID, Amount: x.Amount, Fee: x.Fee, At: x.At})
	}
	return s.trail.Do(ctx, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "channels.bill", Subject: b.ID}, func(ctx context.Context, tx *audit.Tx) error {
		b.FetchedAt = tx.Now
		fresh, err := insertBill(ctx, tx, b)
		if err != nil {
			return err
		}
		if !fresh {
			return s.compareIn(ctx, tx, channel, day) // another server was faster
		}
		tx.Public("channel", channel)
		tx.Public("day", day)
		tx.Public("lines", b.Lines)
		tx.Public("sha256", b.Hash)
		if err := insertLines(ctx, tx, ls); err != nil {
			return err
		}
		return s.compareIn(ctx, tx, channel, day)
	})
}

// listed tells whether a day is in the list, and brings one there on which money of ours moved.
func (s *Channels) listed(ctx context.Context, channel string, day clock.Day) (bool, error) {
	if _, err := findDay(ctx, s.db, channel, day); err == nil {
		return true, nil
	}
	in, out, err := sumDay(ctx, s.db, channel, day)
	if err != nil || in.N+out.N == 0 {
		return false, db.Fault(err)
	}
	return true, s.trail.Do(ctx, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "channels.compare", Subject: channel + "/" + string(day)}, func(ctx context.Context, tx *audit.Tx) error {
		return ensureDay(ctx, tx, channel, day)
	})
}

// Compare holds orders, bill and bank of a day against each other again.
func (s *Channels) Compare(ctx context.Context, who access.Actor, need access.Perm, channel string, day clock.Day) error {
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: need, Verb: "channels.compare", Subject: channel + "/" + string(day)}, func(ctx context.Context, tx *audit.Tx) error {
		return s.compareIn(ctx, tx, channel, day)
	})
}

// compareIn finds the differences of a day and brings the stored ones up to date: what went away is gone, what changed must be
// explained anew, and a closed day with something new is open again.
func (s *Channels) compareIn(ctx context.Context, tx *audit.Tx, channel string, day clock.Day) error {
	if err := ensureDay(ctx, tx, channel, day); err != nil {
		return err
	}
	now, err := s.differences(ctx, tx, channel, day)
	if err != nil {
		return err
	}
	old, err := listDifferences(ctx, tx, channel, day)
	if err != nil {
		return err
	}
	known := map[[2]string]bool{}
	fresh := make([]Difference, 0, len(now))
	for i := range old {
		d := &old[i]
		at := [2]string{d.Kind, d.Ref}
		known[at] = true
		f, still := now[at]
		from := d.State
		switch {
		case !still && d.State == diffGone, still && d.State != diffGone && f.Ours == d.Ours && f.Theirs == d.Theirs:
			continue
		case !still:
			d.State = diffGone
		default:
			*d = Difference{ID: d.ID, Ours: f.Ours, Theirs: f.Theirs, State: diffOpen}
		}
		if n, err := updateDifference(ctx, tx, d, from); changed(n, err) != nil {
			return changed(n, err)
		}
	}
	for at, f := range now {
		if !known[at] {
			fresh = append(fresh, Difference{ID: newID(), Channel: channel, Day: day, Kind: f.Kind, Ref: f.Ref, Ours: f.Ours, Theirs: f.Theirs, State: diffOpen, FoundAt: tx.Now})
		}
	}
	if err := insertDifferences(ctx, tx, fresh); err != nil {
		return err
	}
	tx.Public("differences", len(now))
	open, err := countOpen(ctx, tx, channel, day)
	if err != nil || open == 0 {
		return err
	}
	d, err := findDay(ctx, tx, channel, day)
	if err != nil || d.State == dayOpen {
		return err
	}
	d.State, d.ClosedBy, d.ClosedName, d.ClosedAt = dayOpen, "", "", nil
	tx.Public("reopened", true)
	return changed(moveDay(ctx, tx, d, dayClosed))
}

// differences is what does not agree now. Without a bill nothing can be said but that there is none.
func (s *Channels) differences(ctx context.Context, tx *audit.Tx, channel string, day clock.Day) (map[[2]string]found, error) {
	out := map[[2]string]found{}
	b, err := findBill(ctx, tx, channel, day)
	if err = db.Fault(err); err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return out, nil
		}
		return nil, err
	}
	fs, err := compare(ctx, tx, channel, day, b.ID)
	if err != nil {
		return nil, err
	}
	settled, err := findSettlement(ctx, tx, channel, day)
	if err = db.Fault(err); err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	switch {
	case err != nil && b.Net() != 0:
		fs = append(fs, found{kindUnsettled, string(day), b.Net(), 0})
	case err == nil && settled.Amount != b.Net():
		fs = append(fs, found{kindSettlement, string(day), b.Net(), settled.Amount})
	}
	if b.Fee < 0 {
		fs = append(fs, found{kindFee, string(day), 0, b.Fee})
	}
	for _, f := range fs {
		out[[2]string{f.Kind, f.Ref}] = f
	}
	return out, nil
}

// changed makes a Conflict of a conditional change that hit nothing.
func changed(n int64, err error) error {
	if err == nil && n != 1 {
		return fault.New(fault.Conflict, "db.changed")
	}
	return err
}

// Explain says why something does not agree; another person signs.
func (s *Channels) Explain(ctx context.Context, who access.Actor, id, text, key string) error {
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: HandlePerm, Verb: "channels.explain", Subject: id, Key: "channels.explain/" + key, Input: []string{id, text}}, func(ctx context.Context, tx *audit.Tx) error {
		var c fault.Checks
		why(&c, "why", text)
		if err := c.Err(); err != nil {
			return err
		}
		d, err := findDifference(ctx, tx, id)
		if err != nil {
			return db.Fault(err)
		}
		d.State, d.Why, d.ExplainedBy, d.ExplainedName, d.ExplainedAt = diffExplained, text, who.ID, who.Name, &tx.Now
		n, err := updateDifference(ctx, tx, d, diffOpen)
		if err == nil && n != 1 {
			return fault.New(fault.Conflict, "channels.not_open")
		}
		return err
	})
}

// Sign agrees with an explanation, or sends it back, as a second person.
func (s *Channels) Sign(ctx context.Context, who access.Actor, id string, agree bool, key string) error {
	verb := map[bool]string{true: "channels.sign", false: "channels.unexplain"}[agree]
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: ClosePerm, Verb: verb, Subject: id, Key: verb + "/" + key, Input: []any{id, agree}}, func(ctx context.Context, tx *audit.Tx) error {
		d, err := findDifference(ctx, tx, id)
		if err != nil {
			return db.Fault(err)
		}
		if err := who.NotEarlier("channels.same_person", d.ExplainedBy); err != nil {
			return err
		}
		if agree {
			d.State, d.SignedBy, d.SignedName, d.SignedAt = diffSigned, who.ID, who.Name, &tx.Now
		} else {
			d.State, d.ExplainedBy, d.ExplainedName, d.ExplainedAt = diffOpen, "", "", nil // the words stay, to be mended
		}
		n, err := updateDifference(ctx, tx, d, diffExplained)
		if err == nil && n != 1 {
			return fault.New(fault.Conflict, "channels.not_explained")
		}
		return err
	})
}

// Settling is what the bank's statement says of a channel's money for a day.
type Settling struct {
	Channel string
	Day     clock.Day
	Amount  money.Fen
	BankRef string
	BankDay clock.Day
}

// Settle notes that the bank received a channel's money for a day; another person confirms.
func (s *Channels) Settle(ctx context.Context, who access.Actor, in Settling, key string) error {
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: HandlePerm, Verb: "channels.settle", Subject: in.Channel + "/" + string(in.Day), Key: "channels.settle/" + key, Input: in}, func(ctx context.Context, tx *audit.Tx) error {
		return s.SettleIn(ctx, tx, who, in)
	})
}

// SettleIn is Settle inside another act, such as the match of a statement's line.
func (s *Channels) SettleIn(ctx context.Context, tx *audit.Tx, who access.Actor, in Settling) error {
	if err := who.Need(HandlePerm); err != nil {
		return err
	}
	var c fault.Checks
	c.Need(in.Amount > 0 && in.Amount <= money.Max/100, "amount", "channels.need_amount")
	c.Need(in.BankRef != "" && len(in.BankRef) <= 64 && plain(in.BankRef), "bank_ref", "channels.need_bank_ref")
	c.Need(in.BankDay >= in.Day && in.BankDay <= tx.Today(), "bank_day", "channels.need_bank_day")
	if err := c.Err(); err != nil {
		return err
	}
	if _, err := findDay(ctx, tx, in.Channel, in.Day); err != nil {
		return db.Fault(err)
	}
	x := &Settlement{ID: newID(), Channel: in.Channel, Day: in.Day, Amount: in.Amount, BankRef: in.BankRef, BankDay: in.BankDay, State: recorded, RecordedBy: who.ID, RecordedName: who.Name, RecordedAt: tx.Now}
	fresh, err := insertSettlement(ctx, tx, x)
	if err != nil {
		return err
	}
	if !fresh {
		return fault.New(fault.Conflict, "channels.settled")
	}
	tx.Public("bank_ref", in.BankRef)
	tx.Public("settled_fen", in.Amount)
	return s.compareIn(ctx, tx, in.Channel, in.Day)
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// ConfirmSettlement books what the bank received, as a second person: the money leaves transit. Or it sends the entry back.
func (s *Channels) ConfirmSettlement(ctx context.Context, who access.Actor, channel string, day clock.Day, agree bool, key string) error {
	verb := map[bool]string{true: "channels.settle_confirm", false: "channels.settle_reject"}[agree]
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: ClosePerm, Verb: verb, Subject: channel + "/" + string(day), Key: verb + "/" + key, Input: []any{channel, day}}, func(ctx context.Context, tx *audit.Tx) error {
		x, err := findSettlement(ctx, tx, channel, day)
		if err != nil {
			return db.Fault(err)
		}
		if err := who.NotEarlier("channels.same_person", x.RecordedBy); err != nil {
			return err
		}
		x.State, x.DecidedBy, x.DecidedName, x.DecidedAt = rejected, who.ID, who.Name, &tx.Now
		if agree {
			x.State = confirmed
		}
		n, err := decideSettlement(ctx, tx, x)
		if err == nil && n != 1 {
			err = fault.New(fault.Conflict, "channels.not_recorded")
		}
		if err != nil {
			return err
		}
		tx.Public("settled_fen", x.Amount)
		if !agree {
			return s.compareIn(ctx, tx, channel, day)
		}
		_, err = s.funds.Post(ctx, tx, ledger.Entry{Kind: ledger.Settle, Ref: "channel/" + x.ID, Amount: x.Amount, Day: x.BankDay, Asset: ledger.InTransit})
		return err
	})
}

// CloseDay closes a channel's day. It is compared once more in the act itself: nothing may be open, and whoever entered the
// settlement does not close. The channel's fee becomes an expense of the unrestricted fund, so that every gift reaches its
// purpose whole.
func (s *Channels) CloseDay(ctx context.Context, who access.Actor, channel string, day clock.Day, key string) error {
	err := s.trail.Do(ctx, audit.Act{Actor: who, Need: ClosePerm, Verb: "channels.close_day", Subject: channel + "/" + string(day), Key: "channels.close_day/" + key, Input: []any{channel, day}}, func(ctx context.Context, tx *audit.Tx) error {
		b, err := findBill(ctx, tx, channel, day)
		if err = db.Fault(err); err != nil {
			if fault.KindOf(err) == fault.NotFound {
				return fault.New(fault.Conflict, "channels.no_bill")
			}
			return err
		}
		if err := s.compareIn(ctx, tx, channel, day); err != nil {
			return err
		}
		open, err := countOpen(ctx, tx, channel, day)
		if err != nil {
			return err
		}
		if open > 0 {
			return fault.New(fault.Conflict, "channels.still_open", open)
		}
		x, err := findSettlement(ctx, tx, channel, day)
		if err = db.Fault(err); err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		if err == nil {
			if x.State != confirmed {
				return fault.New(fault.Conflict, "channels.unconfirmed")
			}
			if err := who.NotEarlier("channels.same_person", x.RecordedBy); err != nil {
				return err
			}
		}
		d, err := findDay(ctx, tx, channel, day)
		if err != nil {
			return db.Fault(err)
		}
		d.State, d.ClosedBy, d.ClosedName, d.ClosedAt = dayClosed, who.ID, who.Name, &tx.Now
		n, err := moveDay(ctx, tx, d, dayOpen)
		if err == nil && n != 1 {
			err = fault.New(fault.Conflict, "channels.closed")
		}
		if err != nil {
			return err
		}
		return s.bookFee(ctx, tx, b)
	})
	if err != nil && fault.KindOf(err) == fault.Unfunded {
		return fault.New(fault.Unfunded, "channels.no_fee_money")
	}
	return err
}

// bookFee books the fee of a bill once, also when its day is closed a second time.
func (s *Channels) bookFee(ctx context.Context, tx *audit.Tx, b *Bill) error {
	if b.Fee <= 0 {
		return nil
	}
	ref := "channel/" + b.ID
	if _, err := s.funds.Journal(ctx, tx, ledger.Spend, ref); err == nil || fault.KindOf(err) != fault.NotFound {
		return err
	}
	fund, err := s.gifts.General(ctx, tx)
	if err != nil {
		return err
	}
	tx.Public("fee_fen", b.Fee)
	_, err = s.funds.Post(ctx, tx, ledger.Entry{Kind: ledger.Spend, Ref: ref, Fund: fund, Amount: b.Fee, Day: b.Day, Asset: ledger.InTransit, Class: ledger.Fundraising})
	return err
}
