package relief

import (
	"context"

	"care/modules/audit"
	"care/modules/documents"
	"care/modules/ledger"
	"care/server/access"
	"care/server/db"
	"care/server/fault"
	"care/server/money"
)

// CheckVillage passes a case from the village station (村站初核) to the township. It is a second person, not who filed.
func (s *Relief) CheckVillage(ctx context.Context, who access.Actor, id, text, key string) error {
	return s.onCase(ctx, who, Village, "village", id, key, text, func(ctx context.Context, tx *audit.Tx, c *Case) error {
		if err := at(c, AtVillage); err != nil {
			return err
		}
		if err := brief("text", text); err != nil {
			return err
		}
		return s.step(ctx, tx, who, c, EvPass, 0, text)
	})
}

// ReviewTownship passes a case to the county together with the record of the home visit (入户核查).
func (s *Relief) ReviewTownship(ctx context.Context, who access.Actor, id string, v NewVisit, text string, files []NewFile, key string) error {
	return s.onCase(ctx, who, Township, "township", id, key, []any{v, text, files}, func(ctx context.Context, tx *audit.Tx, c *Case) error {
		if err := at(c, AtTownship); err != nil {
			return err
		}
		var f fault.Checks
		if err := f.Merge(v.check(dayOf(c.FiledAt), tx.Today())); err != nil {
			return err
		}
		f.Need(v.Conclusion != "false", "conclusion", "relief.visit_false")
		if err := f.Merge(brief("text", text)); err != nil {
			return err
		}
		if err := f.Err(); err != nil {
			return err
		}
		row := &Visit{ID: newID(), CaseID: id, Day: v.Day, Visitors: v.First + " " + v.Second, Conclusion: v.Conclusion, RecordedBy: who.ID, At: tx.Now}
		row.FindingsSealed = s.seal("visits.findings", row.ID, v.Findings)
		if err := insertAny(ctx, tx, row); err != nil {
			return err
		}
		if err := s.attach(ctx, tx, who, id, files); err != nil {
			return err
		}
		return s.step(ctx, tx, who, c, EvPass, 0, text)
	})
}

// ReviewCounty proposes an amount; a second person of the county publishes it.
func (s *Relief) ReviewCounty(ctx context.Context, who access.Actor, id string, amount money.Fen, text, key string) error {
	return s.onCase(ctx, who, County, "county", id, key, []any{amount, text}, func(ctx context.Context, tx *audit.Tx, c *Case) error {
		if err := at(c, AtCounty); err != nil {
			return err
		}
		var f fault.Checks
		if err := f.Merge(c.propose(amount, text)); err != nil {
			return err
		}
		if len(fault.FieldsOf(f.Err())) == 0 {
			if err := f.Merge(brief("text", text)); err != nil {
				return err
			}
		}
		if err := f.Err(); err != nil {
			return err
		}
		c.Proposed = amount
		return s.step(ctx, tx, who, c, EvPass, amount, text)
	})
}

// Return sends a case back for correction, from any review stage; it comes back to the same stage.
// The person who would publish sends it back to the county's reviewer.
func (s *Relief) Return(ctx context.Context, who access.Actor, id, reason, key string) error {
	return s.onCase(ctx, who, access.SignedIn, "return", id, key, reason, func(ctx context.Context, tx *audit.Tx, c *Case) error {
		if err := allowed(who, c, EvReturn); err != nil {
			return err
		}
		if err := reasoned("reason", reason); err != nil {
			return err
		}
		return s.step(ctx, tx, who, c, EvReturn, 0, reason)
	})
}

// Refuse ends a case with a written reason, from any stage; money that was reserved for it is free again.
func (s *Relief) Refuse(ctx context.Context, who access.Actor, id, reason, key string) error {
	return s.onCase(ctx, who, access.SignedIn, "refuse", id, key, reason, func(ctx context.Context, tx *audit.Tx, c *Case) error {
		if err := allowed(who, c, EvRefuse); err != nil {
			return err
		}
		if err := reasoned("reason", reason); err != nil {
			return err
		}
		return s.end(ctx, tx, who, c, EvRefuse, reason)
	})
}

// end ends a case that has no award: its notice is cancelled and its reservation taken back.
func (s *Relief) end(ctx context.Context, tx *audit.Tx, who access.Actor, c *Case, e Event, reason string) error {
	held := c.reserved()
	if err := s.step(ctx, tx, who, c, e, 0, reason); err != nil {
		return err
	}
	if !held {
		return nil
	}
	n, err := lastNotice(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	if was := n.State; was == Open || was == Paused {
		n.State, n.ClosedAt = Cancelled, &tx.Now
		if err := updateNotice(ctx, tx, n, was); err != nil {
			return err
		}
		state := "dismissed"
		if e == EvUphold {
			state = "upheld"
		}
		if err := closeObjections(ctx, tx, n.ID, state, who.ID, tx.Now); err != nil {
			return err
		}
	}
	_, err = s.books.Post(ctx, tx, ledger.Entry{Kind: ledger.Unreserve, Ref: "notice/" + n.ID, Fund: n.Fund, Amount: n.Amount, Day: tx.Today()})
	return err
}

// ReviewCity passes a case to approval after its notice; how many approvers it needs is fixed now by its amount.
func (s *Relief) ReviewCity(ctx context.Context, who access.Actor, id, text, key string) error {
	return s.onCase(ctx, who, City, "city", id, key, text, func(ctx context.Context, tx *audit.Tx, c *Case) error {
		if err := at(c, AtCity); err != nil {
			return err
		}
		if err := brief("text", text); err != nil {
			return err
		}
		alone, err := findSetting(ctx, tx, ApproveAlone)
		if err != nil {
			return err
		}
		c.Quorum = 1
		if c.Proposed > money.Fen(alone) {
			c.Quorum = 2
		}
		tx.Public("quorum", c.Quorum)
		return s.step(ctx, tx, who, c, EvPass, 0, text)
	})
}

// Grant approves an amount. With the last approval that is needed the award is made, and what the notice promised beyond it is free again.
func (s *Relief) Grant(ctx context.Context, who access.Actor, id string, amount money.Fen, text, key string) error {
	return s.onCase(ctx, who, Approve, "approve", id, key, []any{amount, text}, func(ctx context.Context, tx *audit.Tx, c *Case) error {
		if err := at(c, InApproval); err != nil {
			return err
		}
		if err := c.grant(amount); err != nil {
			return err
		}
		if err := brief("text", text); err != nil {
			return err
		}
		c.Approved = amount
		votes, err := countVotes(ctx, tx, id)
		if err != nil {
			return err
		}
		tx.Public("vote", votes+1)
		if err := s.step(ctx, tx, who, c, EvPass, amount, text); err != nil {
			return err
		}
		if votes+1 < c.Quorum {
			return nil
		}
		return s.award(ctx, tx, c)
	})
}

// award is the second half of the last approval.
func (s *Relief) award(ctx context.Context, tx *audit.Tx, c *Case) error {
	n, err := lastNotice(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	m, err := c.next(EvApprove)
	if err != nil {
		return err
	}
	c.take(m, tx.Now)
	if err := updateCase(ctx, tx, c, InApproval); err != nil {
		return err
	}
	w := &Award{ID: newID(), CaseID: c.ID, Fund: n.Fund, Amount: c.Approved, State: AwardReserved, At: tx.Now}
	if err := insertAny(ctx, tx, w); err != nil {
		return err
	}
	tx.Public("award", w.ID)
	if rest := n.Amount - c.Approved; rest > 0 {
		_, err = s.books.Post(ctx, tx, ledger.Entry{Kind: ledger.Unreserve, Ref: "notice/" + n.ID, Fund: n.Fund, Amount: rest, Day: tx.Today()})
	}
	return err
}

// at says Conflict unless the case is where the act belongs.
func at(c *Case, s State) error {
	if c.State != s {
		return fault.New(fault.Conflict, "relief.not_here")
	}
	return nil
}

// allowed checks the permission of the stage at which the case lies.
func allowed(who access.Actor, c *Case, e Event) error {
	m, err := c.next(e)
	if err != nil {
		return err
	}
	return who.Need(m.Need)
}

// brief checks the opinion of who passes a case.
func brief(field, s string) error {
	var c fault.Checks
	c.Need(runes(s) >= 2, field, "relief.need_opinion")
	c.Need(runes(s) <= maxText, field, "relief.too_long", maxText)
	return c.Err()
}

// Queue lists what a person can act on now, newest first.
func (s *Relief) Queue(ctx context.Context, who access.Actor, before string, size int) (db.Page[Row], error) {
	if who.Area.Path == "" {
		return db.Page[Row]{}, nil
	}
	rs, err := listMine(ctx, s.db, who, deskOf(who), before, size+1)
	return db.Cut(rs, size, func(r Row) string { return r.ID }), db.Fault(err)
}

// Waiting counts what a person can act on now.
func (s *Relief) Waiting(ctx context.Context, who access.Actor) (int, error) {
	if who.Area.Path == "" {
		return 0, nil
	}
	n, err := countMine(ctx, s.db, who, deskOf(who))
	return n, db.Fault(err)
}

// deskOf lists the states that lie at a person's desk.
func deskOf(who access.Actor) []State {
	out := []State{""} // never an empty list in SQL
	for s, p := range map[State]access.Perm{AtVillage: Village, AtTownship: Township, AtCounty: County, ToPublish: Publish, AtCity: City, InApproval: Approve} {
		if who.Can(p) {
			out = append(out, s)
		}
	}
	return out
}

// Cases lists the cases of a person's area. Words are a number, a masked name, or an identity number, which is looked up by its blind index.
func (s *Relief) Cases(ctx context.Context, who access.Actor, words string, state State, before string, size int) (db.Page[Row], error) {
	if err := who.Need(View); err != nil {
		return db.Page[Row]{}, err
	}
	if who.Area.Path == "" {
		return db.Page[Row]{}, nil
	}
	f := Find{Words: words, State: state}
	if id, ok := looksLikeID(words); ok {
		f.Index = s.identityIndex(id)
	}
	rs, err := listRows(ctx, s.db, who.Area, f, before, size+1)
	return db.Cut(rs, size, func(r Row) string { return r.ID }), db.Fault(err)
}

// Sheet is everything that a case's page shows, masked; texts are opened because the staff of the case's area works with them.
type Sheet struct {
	Case
	Person     Person
	Account    Account
	Story      string
	Other      string
	Opinions   []Opinion
	Texts      map[string]string // by opinion
	Visits     []Visit
	Findings   map[string]string // by visit
	Notice     *Notice
	Objections []Objection
	Award      *Award
	Payments   []payLine
	Papers     []documents.Document
	Actors     map[string]string // person → stage
	Names      map[string]string
}

// Sheet gives a case with all that belongs to it.
func (s *Relief) Sheet(ctx context.Context, who access.Actor, id string) (*Sheet, error) {
	if err := who.Need(View); err != nil {
		return nil, err
	}
	c, err := findCase(ctx, s.db, id)
	if err != nil {
		return nil, db.Fault(err)
	}
	if err := who.NeedArea(c.AreaPath); err != nil {
		return nil, err
	}
	h := &Sheet{Case: *c, Texts: map[string]string{}, Findings: map[string]string{}, Actors: map[string]string{}}
	return h, s.fillSheet(ctx, h)
}

func (s *Relief) fillSheet(ctx context.Context, h *Sheet) error {
	p, err := findPerson(ctx, s.db, h.PersonID)
	if err != nil {
		return db.Fault(err)
	}
	h.Person = *p
	b, err := findAccount(ctx, s.db, h.ID, "current")
	if err != nil {
		return db.Fault(err)
	}
	h.Account = *b
	if h.Story, err = s.open("cases.story", h.ID, h.StorySealed); err != nil {
		return err
	}
	if h.Other, err = s.open("cases.other", h.ID, h.OtherSealed); err != nil {
		return err
	}
	if h.Opinions, err = listOpinions(ctx, s.db, h.ID); err != nil {
		return db.Fault(err)
	}
	ids := []string{h.FiledBy}
	for _, o := range h.Opinions {
		if h.Texts[o.ID], err = s.open("opinions.text", o.ID, o.TextSealed); err != nil {
			return err
		}
		ids = append(ids, o.Actor)
	}
	if h.Visits, err = listVisits(ctx, s.db, h.ID); err != nil {
		return db.Fault(err)
	}
	for _, v := range h.Visits {
		if h.Findings[v.ID], err = s.open("visits.findings", v.ID, v.FindingsSealed); err != nil {
			return err
		}
	}
	as, err := listActors(ctx, s.db, []string{h.ID})
	if err != nil {
		return db.Fault(err)
	}
	for _, a := range as {
		h.Actors[a.PersonID] = a.Stage
		ids = append(ids, a.PersonID)
	}
	if err := s.fillMoney(ctx, h); err != nil {
		return err
	}
	h.Names, err = s.people(ctx, ids)
	return err
}

func (s *Relief) fillMoney(ctx context.Context, h *Sheet) error {
	subjects := []string{}
	n, err := lastNotice(ctx, s.db, h.ID)
	switch {
	case err == nil:
		h.Notice = n
		subjects = append(subjects, "notice/"+n.ID)
	case fault.KindOf(db.Fault(err)) != fault.NotFound:
		return db.Fault(err)
	}
	if h.Objections, err = listObjections(ctx, s.db, h.ID); err != nil {
		return db.Fault(err)
	}
	w, err := awardOf(ctx, s.db, h.ID)
	switch {
	case err == nil:
		h.Award = w
	case fault.KindOf(db.Fault(err)) != fault.NotFound:
		return db.Fault(err)
	}
	if h.Payments, err = linesOfCase(ctx, s.db, h.ID); err != nil {
		return db.Fault(err)
	}
	for _, y := range h.Payments {
		subjects = append(subjects, "payment/"+y.ID)
	}
	h.Papers, err = s.papers.Of(ctx, subjects...)
	return err
}

// people gives names of the staff; nobody is named when the platform has no one to ask.
func (s *Relief) people(ctx context.Context, ids []string) (map[string]string, error) {
	if s.names == nil || len(ids) == 0 {
		return map[string]string{}, nil
	}
	return s.names.Names(ctx, ids)
}

// Plain is an applicant's private facts.
type Plain struct{ Name, Identity, Phone, Address, Bank, Card string }

// Plain opens an applicant's private facts for somebody who says why; the reading is in the record.
func (s *Relief) Plain(ctx context.Context, who access.Actor, id, reason string) (*Plain, error) {
	if err := reasoned("why", reason); err != nil {
		return nil, err
	}
	h, err := s.Sheet(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if err := s.trail.Saw(ctx, who, PrivateTxt, id, "relief.applicant", reason); err != nil {
		return nil, err
	}
	out := &Plain{Bank: h.Account.Bank}
	for _, f := range []struct {
		to          *string
		column, row string
		sealed      string
	}{
		{&out.Name, "people.name", h.PersonID, h.Person.NameSealed},
		{&out.Identity, "people.identity", h.PersonID, h.Person.IdentitySealed},
		{&out.Phone, "people.phone", h.PersonID, h.Person.PhoneSealed},
		{&out.Address, "people.address", h.PersonID, h.Person.AddressSealed},
		{&out.Card, "accounts.card", h.Account.ID, h.Account.CardSealed},
	} {
		if *f.to, err = s.open(f.column, f.row, f.sealed); err != nil {
			return nil, err
		}
	}
	return out, nil
}
