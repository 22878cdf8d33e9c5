package relief

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"care/media"
	"care/modules/audit"
	"care/modules/documents"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/ident"
)

// NewFile is one piece of evidence: a stored object and its category.
type NewFile struct {
	Category string
	Stored   media.Stored
}

// SaveDraft keeps a form that is not complete yet; id is "" for a new one. It gives the draft's id.
func (s *Relief) SaveDraft(ctx context.Context, who access.Actor, id string, f Form, files []NewFile, key string) (string, error) {
	fresh := id == ""
	if fresh {
		id = newID()
	}
	act := audit.Act{Actor: who, Need: File, Verb: "relief.draft", Subject: id, Key: onceKey("draft", key), Input: []any{f, files}}
	err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		if !fresh {
			if _, err := findDraft(ctx, tx, id, who.ID); err != nil {
				return err
			}
		}
		b, err := json.Marshal(f)
		if err != nil {
			return err
		}
		d := &Draft{ID: id, Owner: who.ID, NameMask: ident.MaskName(f.Name), CreatedAt: tx.Now, UpdatedAt: tx.Now}
		d.FormSealed = s.seal("drafts.form", id, string(b))
		if err := upsertDraft(ctx, tx, d); err != nil {
			return err
		}
		return s.attach(ctx, tx, who, id, files)
	})
	if ref, again := fault.IsAgain(err); again {
		return ref, err
	}
	return id, err
}

func (s *Relief) attach(ctx context.Context, tx *audit.Tx, who access.Actor, id string, files []NewFile) error {
	for _, f := range files {
		if !slices.Contains(Evidence[:], f.Category) {
			f.Category = "other"
		}
		if _, err := s.archive.Attach(ctx, tx, who, subjectOf(id), f.Category, f.Stored); err != nil {
			return err
		}
	}
	if len(files) > 0 {
		tx.Public("files", len(files))
	}
	return nil
}

// Draft opens a draft for its owner.
func (s *Relief) Draft(ctx context.Context, who access.Actor, id string) (Form, error) {
	var f Form
	d, err := findDraft(ctx, s.db, id, who.ID)
	if err != nil {
		return f, db.Fault(err)
	}
	plain, err := s.open("drafts.form", id, d.FormSealed)
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal([]byte(plain), &f)
}

// Drafts lists a person's drafts, newest first.
func (s *Relief) Drafts(ctx context.Context, who access.Actor) ([]Draft, error) {
	ds, err := listDrafts(ctx, s.db, who.ID)
	return ds, db.Fault(err)
}

// DropDraft throws a draft away.
func (s *Relief) DropDraft(ctx context.Context, who access.Actor, id string) error {
	files, err := s.archive.Of(ctx, subjectOf(id))
	if err != nil {
		return err
	}
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: File, Verb: "relief.drop_draft", Subject: id}, func(ctx context.Context, tx *audit.Tx) error {
		if _, err := findDraft(ctx, tx, id, who.ID); err != nil {
			return err
		}
		for _, f := range files {
			if err := s.archive.Remove(ctx, tx, f.ID); err != nil {
				return err
			}
		}
		return deleteDraft(ctx, tx, id, who.ID)
	})
}

// Submit hands an application in: the case gets its number and lies at the village station. id is the draft's, or "".
func (s *Relief) Submit(ctx context.Context, who access.Actor, id string, f Form, files []NewFile, key string) (string, error) {
	had := id != ""
	if !had {
		id = newID()
	}
	old := 0
	if had {
		fs, err := s.archive.Of(ctx, subjectOf(id))
		if err != nil {
			return "", err
		}
		old = len(fs)
	}
	act := audit.Act{Actor: who, Need: File, Verb: "relief.submit", Subject: id, Key: onceKey("submit", key), Input: []any{f, files}}
	err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		if had {
			if _, err := findDraft(ctx, tx, id, who.ID); err != nil {
				return err
			}
			if err := deleteDraft(ctx, tx, id, who.ID); err != nil {
				return err
			}
		}
		return s.submit(ctx, tx, who, id, f, files, old)
	})
	if ref, again := fault.IsAgain(err); again {
		return ref, err
	}
	return id, err
}

func (s *Relief) submit(ctx context.Context, tx *audit.Tx, who access.Actor, id string, f Form, files []NewFile, old int) error {
	kinds, err := listKinds(ctx, tx)
	if err != nil {
		return err
	}
	in, err := f.filing(tx.Today(), kinds)
	var checks fault.Checks
	if err := checks.Merge(err); err != nil {
		return err
	}
	if rs := s.papers.Missing(f.Name); len(rs) > 0 {
		checks.Add("name", "relief.rare_name", string(rs))
	}
	checks.Need(len(files)+old > 0, "evidence_id", "relief.need_evidence")
	area, err := s.area(ctx, tx, who, f.Area)
	if err := checks.Merge(err); err != nil {
		return err
	}
	if err := checks.Err(); err != nil {
		return err
	}
	p, err := s.person(ctx, tx, in)
	if err != nil {
		return err
	}
	n, err := sameCard(ctx, tx, s.cardIndex(in.Card), p.ID)
	if err != nil {
		return err
	}
	if n > 0 {
		checks.Add("card", "relief.card_taken")
		return checks.Err()
	}
	kind := kinds[slices.IndexFunc(kinds, func(k Kind) bool { return k.Code == in.Kind })]
	number, err := s.papers.Number(ctx, tx, documents.Cases)
	if err != nil {
		return err
	}
	c := &Case{
		ID: id, Number: number, State: AtVillage, PersonID: p.ID, Category: in.Category, AreaPath: area.Path, Place: area.Name,
		Kind: kind.Code, KindTitle: kind.Title, Cap: kind.Cap, CauseDay: in.CauseDay, Requested: in.Requested, OtherAid: in.OtherAid,
		Consent: ConsentVersion, FiledBy: who.ID, FiledAt: tx.Now, Since: tx.Now, Version: 1,
	}
	c.StorySealed, c.OtherSealed = s.seal("cases.story", id, in.Story), s.seal("cases.other", id, in.OtherText)
	if err := insertAny(ctx, tx, c); err != nil {
		if fault.KindOf(db.Fault(err)) == fault.Conflict {
			var d fault.Checks // the unique index on live cases
			d.Add("cause_day", "relief.duplicate", kind.Title)
			return d.Err()
		}
		return err
	}
	if err := insertAny(ctx, tx, s.account(id, in.Bank, in.Card, "current", who, tx)); err != nil {
		return err
	}
	if err := s.join(ctx, tx, who, c, stageFile); err != nil {
		return err
	}
	if err := s.opine(ctx, tx, who, c, stageFile, EvSubmit, in.Requested, ""); err != nil {
		return err
	}
	tx.Public("case", number)
	tx.Public("kind", c.Kind)
	tx.Public("consent", ConsentVersion)
	tx.Private("identity", in.Identity)
	return s.attach(ctx, tx, who, id, files)
}

// area finds where the applicant lives: a township or village inside the clerk's own area. Its name is what notices show.
func (s *Relief) area(ctx context.Context, tx *audit.Tx, who access.Actor, code string) (access.Area, error) {
	var c fault.Checks
	a, err := s.places.AreaIn(ctx, tx, code)
	if fault.KindOf(err) == fault.NotFound {
		c.Add("area", "relief.need_area")
		return access.Area{}, c.Err()
	}
	if err != nil {
		return access.Area{}, err
	}
	c.Need(a.Level >= 3 && who.NeedArea(a.Path) == nil && a.In(tx.Today()), "area", "relief.other_area")
	return a.Access(), c.Err()
}

// person keeps one row for an identity number; name, telephone and address of the newest application stay.
func (s *Relief) person(ctx context.Context, tx *audit.Tx, in Filing) (*Person, error) {
	index := s.identityIndex(in.Identity)
	p, err := findPersonByIndex(ctx, tx, index)
	fresh := fault.KindOf(db.Fault(err)) == fault.NotFound && err != nil
	if err != nil && !fresh {
		return nil, err
	}
	if fresh {
		p = &Person{ID: newID(), IdentityIndex: index, IdentityMask: ident.MaskID(in.Identity), BornYear: ident.Born(in.Identity).Year(), Sex: "female", CreatedAt: tx.Now}
		if ident.Male(in.Identity) {
			p.Sex = "male"
		}
		p.IdentitySealed = s.seal("people.identity", p.ID, in.Identity)
	}
	p.NameSealed, p.NameMask = s.seal("people.name", p.ID, in.Name), ident.MaskName(in.Name)
	p.PhoneSealed, p.PhoneMask = s.seal("people.phone", p.ID, in.Phone), ident.MaskPhone(in.Phone)
	p.AddressSealed, p.Category, p.UpdatedAt = s.seal("people.address", p.ID, in.Address), in.Category, tx.Now
	if fresh {
		return p, insertAny(ctx, tx, p)
	}
	return p, updatePerson(ctx, tx, p)
}

func (s *Relief) account(caseID, bank, card, state string, who access.Actor, tx *audit.Tx) *Account {
	b := &Account{ID: newID(), CaseID: caseID, Bank: bank, CardIndex: s.cardIndex(card), CardMask: ident.MaskCard(card), State: state, MadeBy: who.ID, At: tx.Now}
	b.CardSealed = s.seal("accounts.card", b.ID, card)
	return b
}

// Resubmit hands a returned case in again; it goes back to the stage that returned it.
func (s *Relief) Resubmit(ctx context.Context, who access.Actor, id string, a Amended, files []NewFile, key string) error {
	return s.onCase(ctx, who, File, "resubmit", id, key, []any{a, files}, func(ctx context.Context, tx *audit.Tx, c *Case) error {
		if c.FiledBy != who.ID {
			return fault.New(fault.Forbidden, "relief.only_filer")
		}
		if _, err := c.next(EvResubmit); err != nil {
			return err
		}
		if err := a.check(c); err != nil {
			return err
		}
		c.StorySealed, c.Requested = s.seal("cases.story", c.ID, a.Story), a.Requested
		if err := s.attach(ctx, tx, who, id, files); err != nil {
			return err
		}
		return s.step(ctx, tx, who, c, EvResubmit, a.Requested, a.Note)
	})
}

// Withdraw takes a case back on the applicant's wish; money that was reserved for it is free again.
func (s *Relief) Withdraw(ctx context.Context, who access.Actor, id, reason, key string) error {
	return s.onCase(ctx, who, File, "withdraw", id, key, reason, func(ctx context.Context, tx *audit.Tx, c *Case) error {
		if c.FiledBy != who.ID {
			return fault.New(fault.Forbidden, "relief.only_filer")
		}
		if err := reasoned("reason", reason); err != nil {
			return err
		}
		return s.end(ctx, tx, who, c, EvWithdraw, reason)
	})
}

// File gives a piece of evidence of a case for somebody inside its area; the files of a draft are for its owner.
func (s *Relief) File(ctx context.Context, who access.Actor, id, file string) (*media.File, error) {
	f, err := s.archive.File(ctx, file)
	if err != nil {
		return nil, err
	}
	if f.Subject != subjectOf(id) {
		return nil, fault.New(fault.NotFound, "media.not_found")
	}
	c, err := findCase(ctx, s.db, id)
	if err != nil {
		if _, err := findDraft(ctx, s.db, id, who.ID); err != nil {
			return nil, db.Fault(err)
		}
		return f, nil
	}
	return f, who.NeedArea(c.AreaPath)
}

// Places lists the villages and townships that a clerk may choose, villages first.
func (s *Relief) Places(ctx context.Context, in access.Area) ([]Choice, error) {
	var out []Choice
	for _, level := range []int{4, 3} {
		as, err := s.places.Within(ctx, in, level)
		if err != nil {
			return nil, err
		}
		for _, a := range as {
			out = append(out, Choice{a.Code, a.Title})
		}
	}
	return out, nil
}

// Choice is an answer to choose from.
type Choice struct{ Value, Label string }

func dayOr(s string, d clock.Day) clock.Day {
	if p, err := clock.ParseDay(strings.TrimSpace(s)); err == nil {
		return p
	}
	return d
}
