package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"care/modules/audit"
	"care/modules/ledger"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/money"
)

// Staging is a platform's file with its control totals, as the platform's own page shows them.
type Staging struct {
	Platform string
	Title    string
	Content  []byte `json:"-"`
	Rows     int64
	Fen      money.Fen // orders less refunds
}

// Stage reads a platform's file into a batch, whole or not at all: every row must be readable, and count and sum must be those
// of the control totals. Orders that are there already are kept as such and never become a second gift. The same file again
// is the same batch.
func (s *Intake) Stage(ctx context.Context, who access.Actor, in Staging) (*Batch, error) {
	p, err := findProfile(ctx, s.db, "platform", in.Platform)
	if err != nil {
		if err = db.Fault(err); fault.KindOf(err) == fault.NotFound {
			return nil, &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: []fault.Field{{Name: "platform", Code: "intake.platform"}}}
		}
		return nil, err
	}
	spec, err := p.spec()
	if err != nil {
		return nil, err
	}
	os, err := readOrders(in.Content, spec)
	if err != nil {
		return nil, err
	}
	var c fault.Checks
	var sum money.Fen
	today := s.Today()
	for _, o := range os {
		if o.Refund {
			sum -= o.Amount
		} else {
			sum += o.Amount
		}
		if o.Day > today {
			c.Add("file", "intake.row_later", o.Line, string(o.Day))
			break
		}
	}
	c.Need(int64(len(os)) == in.Rows, "rows", "intake.file_rows", len(os), in.Rows)
	c.Need(sum == in.Fen, "fen", "intake.file_sum", sum.Yuan(), in.Fen.Yuan())
	if err := c.Err(); err != nil {
		return nil, err
	}
	b := &Batch{ID: newID(), Kind: Orders, Title: in.Title, Platform: p.Platform, File: hash(in.Content), Method: platform, WantRows: in.Rows, WantFen: in.Fen, State: Draft, Version: 1,
		MadeBy: who.ID, MadeName: who.Name, Day: os[len(os)-1].Day}
	if b.Title == "" {
		b.Title = p.Title + " " + string(os[0].Day)
	}
	rs, nos, err := s.orderRows(b, os)
	if err != nil {
		return nil, err
	}
	again, err := countFile(ctx, s.db, p.Platform, b.File)
	if err != nil {
		return nil, db.Fault(err)
	}
	act := audit.Act{Actor: who, Need: EnterPerm, Verb: "intake.stage", Key: fmt.Sprintf("intake.stage/%s/%s/%d", p.Platform, b.File, again), Input: []any{p.Platform, b.File}}
	err = s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		known, err := knownOrders(ctx, tx, p.Platform, nos)
		if err != nil {
			return err
		}
		mine := make([]Row, len(rs))
		copy(mine, rs)
		for i := range mine {
			if known[mine[i].Kind+"/"+mine[i].OrderNo] {
				mine[i].State = same
			}
		}
		net(mine)
		n, err := takeNumber(ctx, tx, "PT", tx.Today().Year())
		if err != nil {
			return err
		}
		b.Number, b.MadeAt = fmt.Sprintf("PT-%d-%04d", tx.Today().Year(), n), tx.Now
		tx.Subject(b.ID)
		tx.Public("number", b.Number)
		tx.Public("platform", b.Platform)
		tx.Public("sha256", b.File)
		tx.Public("rows", b.WantRows)
		tx.Public("fen", b.WantFen)
		if err := insertBatch(ctx, tx, b); err != nil {
			return err
		}
		return insertRows(ctx, tx, mine)
	})
	return b, err
}

// orderRows makes the rows of a file, sealed, before the act begins: sealing a hundred thousand takes longer than storing them.
func (s *Intake) orderRows(b *Batch, os []orderRow) (rs []Row, nos []string, err error) {
	rs, nos = make([]Row, 0, len(os)), make([]string, 0, len(os))
	for i, o := range os {
		l := Line{Row: Row{ID: newID(), Batch: b.ID, Line: int64(i + 1), Kind: giftRow, Amount: o.Amount, Fee: o.Fee, Day: o.Day, Platform: b.Platform, OrderNo: o.No, Project: o.Project, State: typed}, Cells: o.Cells}
		if o.Refund {
			l.Kind = refundRow
		}
		if err := s.seal(&l); err != nil {
			return nil, nil, err
		}
		rs, nos = append(rs, l.Row), append(nos, o.No)
	}
	return rs, nos, nil
}

// net marks orders that were given back whole within the same file: no money of theirs stayed, so they make no gift.
func net(rs []Row) {
	gifts := map[string]int{}
	for i, r := range rs {
		if r.Kind == giftRow && r.State == typed {
			gifts[r.OrderNo] = i
		}
	}
	for i, r := range rs {
		if g, ok := gifts[r.OrderNo]; r.Kind == refundRow && r.State == typed && ok && rs[g].Amount == r.Amount {
			rs[i].State, rs[g].State = netted, netted
		}
	}
}

// orderGifts makes of the rows of orders what the desk shall register.
func (s *Intake) orderGifts(ctx context.Context, tx *audit.Tx, b *Batch, ls []Line) ([]Gift, error) {
	to, err := projectMap(ctx, tx, b.Platform)
	if err != nil {
		return nil, err
	}
	p, err := findProfile(ctx, tx, "platform", b.Platform)
	if err != nil {
		return nil, err
	}
	gs := make([]Gift, 0, len(ls))
	for _, l := range ls {
		campaign, ok := to[l.Project]
		if !ok {
			return nil, fault.New(fault.Invalid, "intake.project_unknown")
		}
		gs = append(gs, b.order(l, campaign, p.Title, s.fonts))
	}
	return gs, nil
}

// Preview tells what the first rows of a file of orders will become.
func (s *Intake) Preview(ctx context.Context, b *Batch, after int64, size int) ([]Verdict, error) {
	ls, err := s.Rows(ctx, b.ID, false, after, size)
	if err != nil {
		return nil, err
	}
	to, err := projectMap(ctx, s.db, b.Platform)
	if err != nil {
		return nil, db.Fault(err)
	}
	uses, err := s.desk.Uses(ctx)
	if err != nil {
		return nil, err
	}
	p, err := findProfile(ctx, s.db, "platform", b.Platform)
	if err != nil {
		return nil, db.Fault(err)
	}
	out := make([]Verdict, 0, len(ls))
	for _, l := range ls {
		v := Verdict{Line: l}
		campaign, ok := to[l.Project]
		v.Gift = b.order(l, campaign, p.Title, s.fonts)
		if ok {
			v.Use = useTitle(uses, campaign)
		}
		out = append(out, v)
	}
	return out, nil
}

// Project is a platform's project and ours; Campaign nil says that nobody has said yet.
type Project struct {
	Project  string
	Campaign *string
	N        int64
	Fen      money.Fen
}

// Projects lists the projects of the waiting rows of a file.
func (s *Intake) Projects(ctx context.Context, batch string) ([]Project, error) {
	ps, err := listProjects(ctx, s.db, batch)
	out := make([]Project, 0, len(ps))
	for _, p := range ps {
		out = append(out, Project(p))
	}
	return out, db.Fault(err)
}

// Uses lists our projects that money may be booked to.
func (s *Intake) Uses(ctx context.Context) ([]Use, error) { return s.desk.Uses(ctx) }

// Map says which of our projects those of a platform are; campaign ids, "" for the general fund. It is remembered for later files.
func (s *Intake) Map(ctx context.Context, who access.Actor, batch string, to map[string]string, key string) error {
	act := audit.Act{Actor: who, Need: EnterPerm, Verb: "intake.map", Subject: batch, Key: "intake.map/" + key, Input: []any{batch, to}}
	uses, err := s.desk.Uses(ctx)
	if err != nil {
		return err
	}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		b, err := findBatch(ctx, tx, batch)
		if err != nil {
			return db.Fault(err)
		}
		if b.Kind != Orders || b.State != Draft {
			return fault.New(fault.Conflict, "intake.not_draft")
		}
		ps, err := listProjects(ctx, tx, batch)
		if err != nil {
			return err
		}
		n := 0
		for _, p := range ps {
			campaign, said := to[p.Project]
			if !said {
				continue
			}
			if campaign != "" && useTitle(uses, campaign) == "" {
				return fault.New(fault.Invalid, "intake.project_closed")
			}
			if err := setProject(ctx, tx, b.Platform, p.Project, campaign, who.ID, who.Name, tx.Now); err != nil {
				return err
			}
			n++
		}
		tx.Public("projects", n)
		return nil
	})
}

// refunds passes the refunds of a file on to the desk, where a second person decides each. Each is passed on once: the key of
// the asking is the row.
func (s *Intake) refunds(ctx context.Context, b *Batch) error {
	rs, err := listRefunds(ctx, s.db, b.ID)
	if err != nil || len(rs) == 0 {
		return db.Fault(err)
	}
	nos := make([]string, 0, len(rs))
	for _, r := range rs {
		nos = append(nos, r.OrderNo)
	}
	gifts, err := giftsOfOrders(ctx, s.db, b.Platform, nos)
	if err != nil {
		return db.Fault(err)
	}
	who, err := s.people.Person(ctx, b.SentBy)
	if err != nil {
		return err
	}
	for _, r := range rs {
		g, problem := gifts[r.OrderNo], ""
		switch {
		case g.State != confirmed:
			problem = "intake.refund_unknown"
		case g.Amount != r.Amount:
			problem = "intake.refund_part"
		default:
			err := s.desk.Refund(ctx, who, g.Gift, fmt.Sprintf(words["intake.refund_reason"], b.Platform, b.Number), "intake/"+r.ID)
			if _, again := fault.IsAgain(err); err != nil && !again {
				if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable {
					return err
				}
				problem = "intake.refund_refused"
			}
		}
		err := s.trail.Do(ctx, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "intake.refund", Subject: b.ID}, func(ctx context.Context, tx *audit.Tx) error {
			tx.Public("order", r.OrderNo)
			tx.Public("gift", g.Gift)
			_, err := noteRefund(ctx, tx, r.ID, g.Gift, problem)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *Profile) spec() (s Spec, err error) { return s, json.Unmarshal([]byte(p.Spec), &s) }

// Profiles lists how the platforms' files are read.
func (s *Intake) Profiles(ctx context.Context) ([]Profile, error) {
	ps, err := listProfiles(ctx, s.db)
	return ps, db.Fault(err)
}

// Profile gives one of them.
func (s *Intake) Profile(ctx context.Context, id string) (*Profile, Spec, error) {
	p, err := findProfile(ctx, s.db, "id", id)
	if err != nil {
		return nil, Spec{}, db.Fault(err)
	}
	spec, err := p.spec()
	return p, spec, err
}

// EditProfile changes how a platform's files are read, or adds a platform when id is "".
func (s *Intake) EditProfile(ctx context.Context, who access.Actor, id, code, title string, spec Spec, version int64, key string) (string, error) {
	act := audit.Act{Actor: who, Need: SetupPerm, Verb: "intake.profile", Key: "intake.profile/" + key, Input: []any{id, code, title, spec, version}}
	err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		title := strings.Join(strings.Fields(title), " ")
		if err := spec.clean(title, code); err != nil {
			return err
		}
		b, err := json.Marshal(spec)
		if err != nil {
			return err
		}
		p := &Profile{ID: id, Platform: code, Title: title, Spec: string(b), Version: max(version, 1), EditedBy: who.ID, EditedName: who.Name, EditedAt: &tx.Now}
		if id == "" {
			p.ID = newID()
			id = p.ID
			tx.Subject(p.ID)
			err := insertProfile(ctx, tx, p)
			if err != nil && fault.KindOf(db.Fault(err)) == fault.Conflict {
				return &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: []fault.Field{{Name: "platform", Code: "intake.platform_used"}}}
			}
			return err
		}
		tx.Subject(id)
		n, err := updateProfile(ctx, tx, p)
		if err == nil && n != 1 {
			return errChanged()
		}
		return err
	})
	return id, err
}

// Sample gives the headings and the first rows of a file, for the page on which a profile is made.
func Sample(content []byte, most int) (rows [][]string, err error) {
	err = eachRow(content, func(_ int, cells []string) error {
		if len(rows) >= most {
			return errEnough
		}
		rows = append(rows, append([]string(nil), cells...))
		return nil
	})
	if err == errEnough {
		err = nil
	}
	return rows, err
}

var errEnough = fault.New(fault.Internal, "internal")

// OpenDays tells what a platform still owes, by the day of the orders.
func (s *Intake) OpenDays(ctx context.Context, platform string) ([]OpenDay, error) {
	ds, err := listOpenDays(ctx, s.db, platform)
	out := make([]OpenDay, 0, len(ds))
	for _, d := range ds {
		out = append(out, OpenDay(d))
	}
	return out, db.Fault(err)
}

// OpenDay is what a platform still owes of one day's orders.
type OpenDay struct {
	Day clock.Day
	Sum
}

// Settle ties confirmed orders to the line of the bank's statement by which the platform paid them out. Their sum less
// refunds and fees must be the money that came; what differs is found before, not booked away.
func (s *Intake) Settle(ctx context.Context, who access.Actor, p Paid, key string) (*Settlement, error) {
	var t *Settlement
	act := audit.Act{Actor: who, Need: EnterPerm, Verb: "intake.settle", Key: "intake.settle/" + key, Input: p}
	err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		in := p
		if err := in.clean(tx.Today()); err != nil {
			return err
		}
		id := newID()
		sum, err := takeRows(ctx, tx, id, in.Platform, in.From, in.To)
		if err != nil {
			return err
		}
		var c fault.Checks
		if sum.Orders == 0 {
			c.Add("from", "intake.none_open")
		} else if sum.Net() != in.Amount {
			c.Add("amount", "intake.settle_differs", sum.Orders, sum.Net().Yuan(), in.Amount.Yuan(), (in.Amount - sum.Net()).Yuan())
		}
		if err := c.Err(); err != nil {
			return err
		}
		n, err := takeNumber(ctx, tx, "JS", tx.Today().Year())
		if err != nil {
			return err
		}
		t = &Settlement{ID: id, Number: fmt.Sprintf("JS-%d-%04d", tx.Today().Year(), n), Platform: in.Platform, FromDay: in.From, ToDay: in.To, BankRef: in.BankRef, Day: in.Day,
			Orders: sum.Orders, Gross: sum.Gross, Refunds: sum.Refunds, Fees: sum.Fees, Amount: in.Amount, State: "asked", MadeBy: who.ID, MadeName: who.Name, MadeAt: tx.Now}
		tx.Subject(id)
		tx.Public("number", t.Number)
		tx.Public("bank_ref", t.BankRef)
		tx.Public("fen", t.Amount)
		err = insertSettlement(ctx, tx, t)
		if err != nil && fault.KindOf(db.Fault(err)) == fault.Conflict {
			return &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: []fault.Field{{Name: "bank_ref", Code: "intake.bank_ref_used"}}}
		}
		return err
	})
	return t, err
}

// DecideSettlement books a settlement, or drops it; who decides has not made it.
func (s *Intake) DecideSettlement(ctx context.Context, who access.Actor, id string, yes bool, why, key string) error {
	act := audit.Act{Actor: who, Need: ConfirmPerm, Verb: "intake.settled", Subject: id, Key: "intake.settled/" + key, Input: []any{id, yes, why}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		t, err := findSettlement(ctx, tx, id)
		if err != nil {
			return db.Fault(err)
		}
		state := "done"
		if !yes {
			state = "dropped"
			var c fault.Checks
			reason(&c, "why", why)
			if err := c.Err(); err != nil {
				return err
			}
		} else if err := who.NotEarlier("intake.same_person", t.MadeBy); err != nil {
			return err
		}
		n, err := decideSettlement(ctx, tx, &Settlement{ID: id, State: state, DecidedBy: who.ID, DecidedName: who.Name, DecidedAt: &tx.Now, Why: why})
		if err != nil {
			return err
		}
		if n != 1 {
			return fault.New(fault.Conflict, "intake.settlement_decided")
		}
		tx.Public("state", state)
		if !yes {
			return freeRows(ctx, tx, id)
		}
		entries := []ledger.Entry{{Kind: ledger.Settle, Ref: "settlement/" + id, Amount: t.Amount, Day: t.Day}}
		fees, err := listFees(ctx, tx, id)
		if err != nil {
			return err
		}
		for _, f := range fees {
			entries = append(entries, ledger.Entry{Kind: ledger.Spend, Ref: "settlement/" + id + "/" + f.Fund, Fund: f.Fund, Amount: f.Fee, Day: t.Day, Asset: ledger.InTransit, Class: "fundraising"})
		}
		_, err = s.funds.Post(ctx, tx, entries...)
		return err
	})
}

// Settlement gives one settlement.
func (s *Intake) Settlement(ctx context.Context, id string) (*Settlement, error) {
	t, err := findSettlement(ctx, s.db, id)
	return t, db.Fault(err)
}

// Settlements lists them, newest first.
func (s *Intake) Settlements(ctx context.Context, before string, size int) (db.Page[Settlement], error) {
	ts, err := listSettlements(ctx, s.db, before, size+1)
	return db.Cut(ts, size, func(t Settlement) string { return t.ID }), db.Fault(err)
}

// Settled lists the orders of a settlement, with their gifts.
func (s *Intake) Settled(ctx context.Context, id, after string, size int) (db.Page[Row], error) {
	rs, err := listSettled(ctx, s.db, id, after, size+1)
	return db.Cut(rs, size, func(r Row) string { return r.ID }), db.Fault(err)
}
