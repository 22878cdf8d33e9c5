package agreements

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"care/media"
	"care/modules"
	"care/modules/audit"
	"care/modules/documents"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/money"
	"care/server/secret"
)

// Agreements is the desk of agreements and the donors' pages of monthly gifts.
type Agreements struct {
	db      *db.DB
	trail   *audit.Trail
	papers  *documents.Papers
	archive *media.Archive
	box     *secret.Box
	gifts   Gifts
	demo    func(ctx context.Context, login string) (access.Actor, error)
}

// New makes the desk. demo finds the people of the demonstration by login; nil where none is loaded.
func New(d *db.DB, trail *audit.Trail, papers *documents.Papers, archive *media.Archive, box *secret.Box, gifts Gifts, demo func(context.Context, string) (access.Actor, error)) *Agreements {
	return &Agreements{d, trail, papers, archive, box, gifts, demo}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func (s *Agreements) today() clock.Day { return clock.DayOf(s.trail.Now()()) }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func subject(id string) string { return "agreement/" + id }

func (s *Agreements) address(id string) string {
	return s.box.Index("agreements_agreements.address", id)
}

// Href is the address of a donor's own page of an agreement.
func (s *Agreements) Href(id string) string { return "/give/plan/" + s.address(id) }

// Part is an instalment as it is typed.
type Part struct {
	Due    clock.Day
	Amount money.Fen
}

// NewAgreement is what somebody promises.
type NewAgreement struct {
	Owing        // Amount is that of all, or of a month
	Parts []Part // of a written agreement
	Day   int64  // of the month
	Until clock.Day
	Terms string
	Scan  *media.Stored // the signed paper, may come later
}

// Draw writes down a signed agreement as a draft; another person checks it against the paper (慈善法 39).
func (s *Agreements) Draw(ctx context.Context, who access.Actor, in NewAgreement, key string) (*Agreement, error) {
	in.Donor, in.Origin = strings.TrimSpace(in.Donor), ""
	return s.make(ctx, who, EditPerm, Written, in, key)
}

// Begin begins a monthly gift, from the web or at the desk. An Again fault names the one that the same form made.
func (s *Agreements) Begin(ctx context.Context, who access.Actor, in NewAgreement, key string) (*Agreement, error) {
	return s.make(ctx, who, access.Everyone, Monthly, in, key)
}

func (s *Agreements) make(ctx context.Context, who access.Actor, need access.Perm, kind string, in NewAgreement, key string) (*Agreement, error) {
	var a *Agreement
	act := audit.Act{Actor: who, Need: need, Verb: "agreements." + kind, Key: "agreements." + kind + "/" + key, Input: in}
	err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		var c fault.Checks
		if err := c.Merge(s.gifts.CheckOwing(ctx, in.Owing)); err != nil {
			return err
		}
		in.check(&c, kind, tx.Today())
		if err := c.Err(); err != nil {
			return err
		}
		number, err := s.papers.Number(ctx, tx, documents.Agreements)
		if err != nil {
			return err
		}
		a = &Agreement{ID: newID(), Number: number, Kind: kind, State: Draft, Donor: in.Donor, Shown: in.Shown, NameIndex: s.gifts.NameIndex(in.Name), Campaign: in.Campaign, Amount: in.Amount, Day: in.Day, Until: in.Until,
			Waived: in.Waived, Terms: in.Terms, Since: tx.Today(), Source: "web", MadeBy: who.ID, MadeName: who.Name, MadeAt: tx.Now}
		if who.In() {
			a.Source = "desk"
		}
		a.Name, a.IDNo = s.box.Seal("agreements_agreements.name", a.ID, strings.Join(strings.Fields(in.Name), " ")), s.box.Seal("agreements_agreements.idno", a.ID, strings.ToUpper(strings.TrimSpace(in.IDNo)))
		a.Phone, a.Email = s.box.Seal("agreements_agreements.phone", a.ID, in.Phone), s.box.Seal("agreements_agreements.email", a.ID, in.Email)
		a.Token = s.box.Index("agreements_agreements.token", s.address(a.ID))
		var is []Instalment
		if kind == Monthly {
			a.State = Active
			is = append(is, Instalment{Agreement: a.ID, N: 1, Due: firstDue(tx.Today(), in.Day), Amount: in.Amount})
		}
		for i, p := range in.Parts {
			is = append(is, Instalment{Agreement: a.ID, N: int64(i + 1), Due: p.Due, Amount: p.Amount})
		}
		tx.Subject(a.ID)
		tx.Public("number", number)
		tx.Public("fen", in.Amount)
		if in.Scan != nil {
			fs, err := s.archive.Attach(ctx, tx, who, subject(a.ID), "agreement", *in.Scan)
			if err != nil {
				return err
			}
			a.Scan = fs[0].ID
		}
		if err := insertAgreement(ctx, tx, a, is); err != nil {
			return err
		}
		if kind == Monthly && is[0].Due <= tx.Today().Add(leadMonthly) {
			return s.promise(ctx, tx, who, a, &is[0])
		}
		return nil
	})
	return a, err
}

// check finds what is wrong with the parts of an agreement.
func (in *NewAgreement) check(c *fault.Checks, kind string, today clock.Day) {
	c.Need(utf8.RuneCountInString(in.Terms) <= maxTerms, "terms", "agreements.terms", maxTerms)
	if kind == Monthly {
		in.Parts, in.Scan = nil, nil
		c.Need(in.Day >= 1 && in.Day <= 28, "day", "agreements.day")
		c.Need(in.Until == "" || in.Until > today, "until", "agreements.until")
		return
	}
	in.Day, in.Until = 0, ""
	c.Need(strings.TrimSpace(in.Terms) != "", "terms", "agreements.terms_need")
	c.Need(len(in.Parts) > 0 && len(in.Parts) <= maxInstalments, "parts", "agreements.parts", maxInstalments)
	var sum money.Fen
	for i, p := range in.Parts {
		if p.Due == "" || p.Amount <= 0 || i > 0 && p.Due < in.Parts[i-1].Due || p.Due < today.Add(-366) {
			c.Add("parts", "agreements.part", i+1)
			return
		}
		if p.Amount > in.Amount-sum {
			c.Add("parts", "agreements.sum", in.Amount.Yuan())
			return
		}
		sum += p.Amount
	}
	c.Need(len(in.Parts) == 0 || sum == in.Amount, "parts", "agreements.sum", in.Amount.Yuan())
}

// AddScan hands in the signed paper of a draft, or a better picture of it.
func (s *Agreements) AddScan(ctx context.Context, who access.Actor, id string, scan media.Stored) error {
	act := audit.Act{Actor: who, Need: EditPerm, Verb: "agreements.scan", Subject: id, Key: "agreements.scan/" + id + "/" + string(scan.Key), Input: scan}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		a, err := findAgreement(ctx, tx, "id", id)
		if err != nil {
			return db.Fault(err)
		}
		fs, err := s.archive.Attach(ctx, tx, who, subject(id), "agreement", scan)
		if err != nil {
			return err
		}
		if a.Scan != "" {
			if err := s.archive.Remove(ctx, tx, a.Scan); err != nil {
				return err
			}
		}
		n, err := setScan(ctx, tx, id, fs[0].ID)
		return changed(n, err, "agreements.not_draft")
	})
}

func changed(n int64, err error, code string) error {
	if err == nil && n != 1 {
		return fault.New(fault.Conflict, code)
	}
	return err
}

// Approve puts a draft in force; who approves has compared it with the signed paper and did not write it.
func (s *Agreements) Approve(ctx context.Context, who access.Actor, id string) error {
	return s.decide(ctx, who, id, Active, "")
}

// Refuse ends a draft.
func (s *Agreements) Refuse(ctx context.Context, who access.Actor, id, why string) error {
	return s.decide(ctx, who, id, Ended, why)
}

func (s *Agreements) decide(ctx context.Context, who access.Actor, id, to, why string) error {
	act := audit.Act{Actor: who, Need: ApprovePerm, Verb: "agreements.decide_" + to, Subject: id, Key: "agreements.decide/" + id, Input: []string{to, why}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		a, err := findAgreement(ctx, tx, "id", id)
		if err != nil {
			return db.Fault(err)
		}
		if err := who.NotEarlier("agreements.same_person", a.MadeBy); err != nil {
			return err
		}
		a.State, a.DecidedBy, a.DecidedName, a.DecidedAt = to, who.ID, who.Name, &tx.Now
		if to == Ended {
			var c fault.Checks
			reason(&c, why)
			if err := c.Err(); err != nil {
				return err
			}
			a.EndedAt, a.EndedName, a.Reason = &tx.Now, who.Name, why
		} else if a.Scan == "" {
			return fault.New(fault.Conflict, "agreements.no_scan")
		}
		tx.Public("number", a.Number)
		n, err := decide(ctx, tx, a)
		return changed(n, err, "agreements.not_draft")
	})
}

func reason(c *fault.Checks, why string) {
	n := utf8.RuneCountInString(strings.TrimSpace(why))
	c.Need(n >= 2 && n <= 200, "why", "agreements.reason", 200)
}

// End terminates an agreement: promises that stand stay, no further ones are made.
func (s *Agreements) End(ctx context.Context, who access.Actor, id, why string) error {
	return s.end(ctx, who, ApprovePerm, id, why)
}

// Stop lets a donor end the monthly gift on the own page.
func (s *Agreements) Stop(ctx context.Context, who access.Actor, id string) error {
	who.Name = words["agreements.by.donor"]
	return s.end(ctx, who, access.Everyone, id, words["agreements.by.donor_ended"])
}

func (s *Agreements) end(ctx context.Context, who access.Actor, need access.Perm, id, why string) error {
	act := audit.Act{Actor: who, Need: need, Verb: "agreements.end", Subject: id, Key: "agreements.end/" + id, Input: why}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		var c fault.Checks
		reason(&c, why)
		if err := c.Err(); err != nil {
			return err
		}
		tx.Public("reason", why)
		n, err := end(ctx, tx, id, who.Name, why, tx.Now)
		return changed(n, err, "agreements.not_active")
	})
}

// Pause lets a monthly gift rest, Resume wakes it. Both are the donor's, on the own page.
func (s *Agreements) Pause(ctx context.Context, who access.Actor, id, key string) error {
	return s.rest(ctx, who, id, Active, Paused, words["agreements.by.donor_paused"], key)
}

// Resume wakes a monthly gift; the months of the rest are not asked for.
func (s *Agreements) Resume(ctx context.Context, who access.Actor, id, key string) error {
	return s.rest(ctx, who, id, Paused, Active, "", key)
}

func (s *Agreements) rest(ctx context.Context, who access.Actor, id, from, to, why, key string) error {
	act := audit.Act{Actor: who, Need: access.Everyone, Verb: "agreements.rest_" + to, Subject: id, Key: "agreements.rest/" + key, Input: []string{id, to}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		a, err := findAgreement(ctx, tx, "id", id)
		if err != nil {
			return db.Fault(err)
		}
		if a.Kind != Monthly {
			return fault.New(fault.Conflict, "agreements.not_monthly")
		}
		n, err := rest(ctx, tx, id, from, to, why, tx.Today())
		if err := changed(n, err, "agreements.not_active"); err != nil {
			return err
		}
		if err := dropInstalments(ctx, tx, id); err != nil || to != Active {
			return err
		}
		return s.plan(ctx, tx, a)
	})
}

// Change changes amount, day and end of a monthly gift from the next month on.
func (s *Agreements) Change(ctx context.Context, who access.Actor, id string, amount money.Fen, day int64, until clock.Day, key string) error {
	act := audit.Act{Actor: who, Need: access.Everyone, Verb: "agreements.change", Subject: id, Key: "agreements.change/" + key, Input: []any{id, amount, day, until}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		var c fault.Checks
		c.Need(amount > 0 && amount <= maxMonth, "amount", "agreements.amount")
		c.Need(day >= 1 && day <= 28, "day", "agreements.day")
		c.Need(until == "" || until > tx.Today(), "until", "agreements.until")
		if err := c.Err(); err != nil {
			return err
		}
		n, err := change(ctx, tx, id, amount, day, until)
		if err := changed(n, err, "agreements.not_active"); err != nil {
			return err
		}
		tx.Public("fen", amount)
		a, err := findAgreement(ctx, tx, "id", id)
		if err != nil {
			return db.Fault(err)
		}
		if err := dropInstalments(ctx, tx, id); err != nil || a.State != Active {
			return err
		}
		return s.plan(ctx, tx, a)
	})
}

// maxMonth bounds a month's gift of the web, fen.
const maxMonth = 100_000_000

// plan adds the next month of a monthly gift, unless it is planned, over, or too far.
func (s *Agreements) plan(ctx context.Context, tx *audit.Tx, a *Agreement) error {
	is, err := listInstalments(ctx, tx, a.ID)
	if err != nil {
		return err
	}
	from, n := tx.Today(), int64(1)
	if len(is) > 0 {
		last := is[len(is)-1]
		if last.Gift == "" {
			return nil
		}
		if n = last.N + 1; last.Due >= from {
			from = last.Due.Add(1)
		}
	}
	due := firstDue(from, a.Day)
	if a.Until != "" && due > a.Until {
		return nil
	}
	_, err = addInstalment(ctx, tx, &Instalment{Agreement: a.ID, N: n, Due: due, Amount: a.Amount})
	return err
}

// promise makes an instalment the promise of a gift.
func (s *Agreements) promise(ctx context.Context, tx *audit.Tx, who access.Actor, a *Agreement, i *Instalment) error {
	o, err := s.owing(a)
	if err != nil {
		return err
	}
	o.Amount, o.Origin = i.Amount, Origin(a.ID, i.N)
	gift, err := s.gifts.Owe(ctx, tx, who, o)
	if err != nil {
		return err
	}
	n, err := fill(ctx, tx, a.ID, i.N, gift)
	return changed(n, err, "db.changed")
}

// owing opens what an agreement's promises say.
func (s *Agreements) owing(a *Agreement) (o Owing, err error) {
	o = Owing{Donor: a.Donor, Shown: a.Shown, Campaign: a.Campaign, Amount: a.Amount, Waived: a.Waived, Agree: a.Source == "web"}
	for column, to := range map[string]struct {
		sealed string
		plain  *string
	}{"name": {a.Name, &o.Name}, "idno": {a.IDNo, &o.IDNo}, "phone": {a.Phone, &o.Phone}, "email": {a.Email, &o.Email}} {
		if *to.plain, err = s.box.Open("agreements_agreements."+column, a.ID, to.sealed); err != nil {
			return o, err
		}
	}
	return o, nil
}

// batch is how many agreements one round of the clock reads at once.
const batch = 200

// Work plans the next months, makes promises of what is due soon, and lets monthly gifts rest that nobody pays. It may run
// any number of times a day, on several servers.
func (s *Agreements) Work(ctx context.Context) error {
	var errs []error
	after := ""
	for {
		as, err := listMonthly(ctx, s.db, after, batch)
		if err != nil {
			return db.Fault(err)
		}
		for i := range as {
			errs = append(errs, s.turn(ctx, &as[i]))
			after = as[i].ID
		}
		if len(as) < batch {
			break
		}
	}
	today := s.today()
	for kind, lead := range map[string]int{Written: leadWritten, Monthly: leadMonthly} {
		is, err := listDue(ctx, s.db, kind, today.Add(lead), 5000)
		if err != nil {
			return errors.Join(append(errs, db.Fault(err))...)
		}
		for i := range is {
			errs = append(errs, s.due(ctx, &is[i]))
		}
	}
	return errors.Join(errs...)
}

// turn rests a monthly gift that was missed too often and plans the next month of the others.
func (s *Agreements) turn(ctx context.Context, a *Agreement) error {
	is, err := listInstalments(ctx, s.db, a.ID)
	if err != nil {
		return db.Fault(err)
	}
	missed, err := s.missed(ctx, is, a.Since)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("agreements.turn/%s/%d/%d", a.ID, len(is), missed)
	if missed < maxMissed && len(is) > 0 && (is[len(is)-1].Gift == "" || is[len(is)-1].Due.Add(1) > s.today()) {
		return nil // the next month is planned, or this one is not over
	}
	act := audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "agreements.turn", Subject: a.ID, Key: key, Input: missed}
	err = s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		if missed >= maxMissed {
			tx.Public("missed", missed)
			_, err := rest(ctx, tx, a.ID, Active, Paused, words["agreements.by.missed"], tx.Today())
			return err
		}
		return s.plan(ctx, tx, a)
	})
	if _, again := fault.IsAgain(err); again {
		return nil
	}
	return err
}

// missed counts the months, up to the latest, that are over and brought nothing.
func (s *Agreements) missed(ctx context.Context, is []Instalment, since clock.Day) (n int, err error) {
	var gifts []string
	for _, i := range is {
		if i.Gift != "" {
			gifts = append(gifts, i.Gift)
		}
	}
	if len(gifts) > maxMissed {
		gifts = gifts[len(gifts)-maxMissed:]
	}
	st, err := s.gifts.Standings(ctx, gifts)
	if err != nil {
		return 0, err
	}
	today := s.today()
	for _, i := range slices.Backward(is) {
		if i.Due < since {
			break
		}
		if i.Gift == "" || i.Due.Add(20) > today {
			continue // not asked for yet, or there is still time
		}
		if x, ok := st[i.Gift]; !ok || x.Paid > 0 || x.Received {
			break
		}
		n++
	}
	return n, nil
}

// due makes one instalment a promise; what hinders it is noted for the desk.
func (s *Agreements) due(ctx context.Context, i *Instalment) error {
	act := audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "agreements.promise", Subject: i.Agreement, Key: "agreements.promise/" + Origin(i.Agreement, i.N), Input: i.Amount}
	err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		a, err := findAgreement(ctx, tx, "id", i.Agreement)
		if err != nil {
			return db.Fault(err)
		}
		if a.State != Active {
			return fault.New(fault.Conflict, "agreements.not_active")
		}
		tx.Public("n", i.N)
		tx.Public("fen", i.Amount)
		return s.promise(ctx, tx, access.System(), a, i)
	})
	if _, again := fault.IsAgain(err); again || err == nil {
		return nil
	}
	code := fault.CodeOf(err)
	if fs := fault.FieldsOf(err); len(fs) > 0 {
		code = fs[0].Code
	}
	if k := fault.KindOf(err); k != fault.Invalid && k != fault.Conflict || code == i.Problem {
		return err
	}
	note := audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "agreements.problem", Subject: i.Agreement, Input: code}
	return s.trail.Do(ctx, note, func(ctx context.Context, tx *audit.Tx) error {
		tx.Public("problem", code)
		return setProblem(ctx, tx, i.Agreement, i.N, code)
	})
}

// Check proves the invariants of agreements.
func (s *Agreements) Check(ctx context.Context) ([]modules.Count, error) {
	for _, p := range proofs {
		n, err := countBad(ctx, s.db, p.query)
		if err != nil {
			return nil, db.Fault(err)
		}
		if n > 0 {
			return nil, fmt.Errorf("%d %s", n, p.rule)
		}
	}
	if err := s.checkPromises(ctx); err != nil {
		return nil, err
	}
	a, i, err := countAgreements(ctx, s.db)
	return []modules.Count{{Title: words["agreements.count.agreements"], N: a}, {Title: words["agreements.count.instalments"], N: i}}, db.Fault(err)
}

// checkPromises proves that every instalment that became a promise is one of its amount.
func (s *Agreements) checkPromises(ctx context.Context) error {
	id, n := "", int64(0)
	for {
		is, err := listPromised(ctx, s.db, id, n, 500)
		if err != nil {
			return db.Fault(err)
		}
		gifts := make([]string, 0, len(is))
		for _, i := range is {
			gifts = append(gifts, i.Gift)
		}
		st, err := s.gifts.Standings(ctx, gifts)
		if err != nil {
			return err
		}
		for _, i := range is {
			if x, ok := st[i.Gift]; !ok || x.Promised != i.Amount {
				return fmt.Errorf("instalment %d of agreement %s is not the promise of its amount", i.N, i.Agreement)
			}
			id, n = i.Agreement, i.N
		}
		if len(is) < 500 {
			return nil
		}
	}
}
