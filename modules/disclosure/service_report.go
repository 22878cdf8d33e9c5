package disclosure

import (
	"cmp"
	"context"
	"strconv"

	"github.com/uptrace/bun"

	"care/modules/audit"
	"care/modules/documents"
	"care/modules/ledger"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/money"
)

// Drafting names the report that a person wants to write.
type Drafting struct {
	Kind    string
	Subject string
	To      clock.Day // last day of a campaign's report; the other kinds have their own
	Text    Text
}

// Draft begins a report: its first day follows from the one before, its figures are drawn from the books.
func (s *Office) Draft(ctx context.Context, who access.Actor, in Drafting, key string) (*Version, error) {
	v := &Version{ID: newID(), N: 1, State: draft, MadeBy: who.ID, MadeName: who.Name, EditedBy: who.ID, EditedName: who.Name}
	act := audit.Act{Actor: who, Need: EditPerm, Verb: "disclosure.draft", Key: once("draft", key), Input: []any{in, in.Text.Title}}
	err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		it, c, err := s.begin(ctx, tx, in)
		if err != nil {
			return err
		}
		v.Item, v.Title, v.MadeAt, v.EditedAt = it.ID, in.Text.Title, tx.Now, tx.Now
		if err := in.Text.check(in.Kind, about(c)); err != nil {
			return err
		}
		if err := s.write(ctx, tx, it, c, v, in.Text, ""); err != nil {
			return err
		}
		tx.Subject(it.ID)
		tx.Public("kind", it.Kind)
		tx.Public("hash", v.Hash)
		return drafted(insertAny(ctx, tx, v))
	})
	return v, err
}

// drafted tells that a report has a draft already.
func drafted(err error) error {
	if err != nil && fault.KindOf(db.Fault(err)) == fault.Conflict {
		return fault.New(fault.Conflict, "disclosure.draft_open")
	}
	return err
}

func about(c *Campaign) *About {
	if c == nil {
		return nil
	}
	return &c.About
}

// begin finds or makes the report, with its period.
func (s *Office) begin(ctx context.Context, tx *audit.Tx, in Drafting) (*Item, *Campaign, error) {
	it := &Item{ID: newID(), Code: documents.NewCode(8), Kind: in.Kind, Subject: in.Subject, MadeAt: tx.Now}
	var c *Campaign
	today := tx.Today()
	switch in.Kind {
	case Progress, Final:
		var err error
		if c, err = s.campaign(ctx, tx, in.Subject); err != nil {
			return nil, nil, err
		}
		if !c.Public || c.Opened == "" || (in.Kind == Final) != (c.Closed != "") {
			return nil, nil, fault.New(fault.Conflict, "disclosure.wrong_time")
		}
		it.FromDay, it.ToDay = c.begun(), in.To
		if in.Kind == Progress {
			if last, err := lastItem(ctx, tx, Progress, c.ID); err == nil {
				if open, oerr := unpublished(ctx, tx, last.ID); oerr != nil {
					return nil, nil, oerr
				} else if open {
					it = last
					it.ToDay = in.To
				} else {
					it.FromDay = last.ToDay.Add(1)
				}
			} else if fault.KindOf(db.Fault(err)) != fault.NotFound {
				return nil, nil, err
			}
		}
		var cs fault.Checks
		cs.Need(it.ToDay != "" && it.ToDay < today && it.ToDay >= it.FromDay && (in.Kind != Final || it.ToDay >= c.Closed), "to", "disclosure.need_to")
		if err := cs.Err(); err != nil {
			return nil, nil, err
		}
	case Annual, Registry, Related:
		year, err := strconv.Atoi(in.Subject)
		if err != nil || year < 2000 || year >= today.Year() {
			return nil, nil, fault.New(fault.Conflict, "disclosure.wrong_time")
		}
		it.FromDay, it.ToDay = clock.Day(dateText(101, year)), clock.Day(dateText(1231, year))
	case Event:
		es, err := listHappenings(ctx, tx)
		if err != nil {
			return nil, nil, err
		}
		for _, e := range es {
			if e.ID == in.Subject {
				it.FromDay, it.ToDay = e.Day, e.Day
			}
		}
		if it.FromDay == "" {
			return nil, nil, fault.New(fault.NotFound, "db.not_found")
		}
	default:
		return nil, nil, fault.New(fault.NotFound, "db.not_found")
	}
	return s.store(ctx, tx, it, c)
}

// store keeps a new report, or takes the one of the same period whose draft was given up.
func (s *Office) store(ctx context.Context, tx *audit.Tx, it *Item, c *Campaign) (*Item, *Campaign, error) {
	last, err := lastItem(ctx, tx, it.Kind, it.Subject)
	switch {
	case err == nil && last.FromDay == it.FromDay:
		open, err := unpublished(ctx, tx, last.ID)
		if err != nil {
			return nil, nil, err
		}
		if !open {
			return nil, nil, fault.New(fault.Conflict, "disclosure.told_already")
		}
		last.ToDay = it.ToDay
		return last, c, changed(stretchItem(ctx, tx, last))
	case err != nil && fault.KindOf(db.Fault(err)) != fault.NotFound:
		return nil, nil, err
	}
	return it, c, insertAny(ctx, tx, it)
}

// unpublished tells whether nothing of a report is public.
func unpublished(ctx context.Context, tx bun.IDB, item string) (bool, error) {
	vs, err := listVersions(ctx, tx, item)
	for _, v := range vs {
		if v.State == published {
			return false, nil
		}
	}
	return true, err
}

func (s *Office) campaign(ctx context.Context, tx bun.IDB, id string) (*Campaign, error) {
	cs, err := s.campaigns.All(ctx, tx)
	if err != nil {
		return nil, err
	}
	for i := range cs {
		if cs[i].ID == id {
			return &cs[i], nil
		}
	}
	return nil, fault.New(fault.NotFound, "db.not_found")
}

// write draws the figures and freezes the text into a version.
func (s *Office) write(ctx context.Context, tx bun.IDB, it *Item, c *Campaign, v *Version, t Text, previous string) error {
	r := &Report{Org: s.set.Org, Kind: it.Kind, Title: t.Title, Code: it.Code, Version: v.N, Previous: previous, Correction: v.Note, From: it.FromDay, To: it.ToDay, Campaign: about(c), Text: t}
	if drawn(it.Kind) {
		if err := s.draw(ctx, tx, r, c); err != nil {
			return err
		}
	}
	var err error
	v.Body, v.Hash, err = r.freeze()
	return err
}

// draw takes the figures of a report from the books.
func (s *Office) draw(ctx context.Context, tx bun.IDB, r *Report, c *Campaign) error {
	var ids []string
	if c != nil {
		ids = []string{c.Fund}
	}
	fs, err := s.books.FundsIn(ctx, tx, ids)
	if err != nil {
		return err
	}
	hidden, err := s.hidden(ctx, tx)
	if err != nil {
		return err
	}
	ts, bs, err := s.books.Turnover(ctx, tx, ids, r.From, r.To)
	if err != nil {
		return err
	}
	r.Funds, r.Total = figures(fs, ts, bs, hidden)
	if c != nil {
		r.Total = nil // one fund is its own sum
	}
	if s.helped != nil {
		r.Counties, err = s.helped(ctx, tx, ids, r.From, r.To)
	}
	return err
}

// hidden gives the funds of campaigns that the public does not see; their money is in the sums, without their names.
func (s *Office) hidden(ctx context.Context, tx bun.IDB) (map[string]bool, error) {
	cs, err := s.campaigns.All(ctx, tx)
	out := map[string]bool{}
	for _, c := range cs {
		if !c.Public && c.Fund != "" {
			out[c.Fund] = true
		}
	}
	return out, err
}

// figures sums turns and bookings into the figures of funds, those that are not shown together as one.
func figures(fs []ledger.Fund, ts []ledger.Turn, bs []ledger.Booked, hidden map[string]bool) ([]Figures, *Figures) {
	by := map[string]*Figures{}
	rest := &Figures{Name: words["disclosure.rest"]}
	var out []*Figures
	for _, f := range fs {
		if hidden[f.ID] {
			by[f.ID] = rest
			continue
		}
		by[f.ID] = &Figures{Code: f.Code, Name: f.Name}
		out = append(out, by[f.ID])
	}
	if len(hidden) > 0 {
		out = append(out, rest)
	}
	for _, t := range ts {
		if f := by[t.Fund]; f != nil {
			f.turn(t)
		}
	}
	for _, b := range bs {
		f := by[b.Fund]
		if f == nil {
			continue
		}
		if c := expense(b.Class, b.Debit); c != "" {
			f.class(c, b.Amount)
		}
		if c := expense(b.Class, b.Credit); c != "" {
			f.class(c, -b.Amount)
		}
		if b.Debit == stock {
			f.GoodsIn += b.Amount
		}
		if b.Credit == stock {
			f.GoodsOut += b.Amount
		}
	}
	all, list := &Figures{}, make([]Figures, 0, len(out))
	for _, f := range out {
		if f == rest && rest.bare() == [6]money.Fen{} {
			continue // no hidden fund has any money
		}
		list = append(list, *f)
		all.add(*f)
	}
	return list, all
}

// expense gives the class of what is booked to an account, "" for accounts of no expense.
func expense(class, account string) string {
	usual := map[string]string{"5101": ledger.Aid, "5201": ledger.Management, "5301": ledger.Fundraising, "5401": ledger.Other}[account]
	if usual == "" {
		return ""
	}
	return cmp.Or(class, usual)
}

// stock is the account of goods: 存货.
const stock = "1201"

// bare is the money of figures alone, to see whether there is any.
func (f *Figures) bare() [6]money.Fen {
	return [6]money.Fen{f.Opening, f.Received, f.Spent, f.Closing, f.Disbursed, f.GoodsIn}
}

// turn adds one sum of movements.
func (f *Figures) turn(t ledger.Turn) {
	put := func(b ledger.Bucket, a money.Fen) {
		switch b {
		case ledger.Available:
			f.Available += a
		case ledger.Reserved:
			f.Reserved += a
		case ledger.Committed:
			f.Committed += a
		case ledger.Disbursed:
			f.Disbursed += a
			return
		default:
			return
		}
		f.Closing += a
		if t.Earlier == 1 {
			f.Opening += a
		}
	}
	put(t.Source, -t.Amount)
	put(t.Dest, t.Amount)
	if t.Earlier == 1 {
		return
	}
	switch {
	case t.Source == ledger.Outside && t.Dest != ledger.Disbursed:
		f.Received += t.Amount
		f.Gifts += t.N
	case t.Dest == ledger.Outside && t.Source != ledger.Disbursed:
		f.Refunded += t.Amount
		f.Refunds += t.N
	case t.Dest == ledger.Disbursed:
		f.Spent += t.Amount
		f.Payments += t.N
	case t.Source == ledger.Disbursed:
		f.Back += t.Amount
		f.Backs += t.N
	}
}

// Revise begins a correction of a published report: a new version with its reason (更正说明). The figures are drawn anew.
func (s *Office) Revise(ctx context.Context, who access.Actor, item, note string, t Text, key string) (*Version, error) {
	v := &Version{ID: newID(), Item: item, State: draft, Note: note, MadeBy: who.ID, MadeName: who.Name, EditedBy: who.ID, EditedName: who.Name, Title: t.Title}
	act := audit.Act{Actor: who, Need: EditPerm, Verb: "disclosure.revise", Subject: item, Key: once("revise", key), Input: []any{item, note, t.Title, t}}
	err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		it, err := findItem(ctx, tx, "id", item)
		if err != nil {
			return db.Fault(err)
		}
		last, err := latest(ctx, tx, item)
		if err != nil {
			return err
		}
		if last == nil {
			return fault.New(fault.Conflict, "disclosure.not_public")
		}
		v.N, v.MadeAt, v.EditedAt = last.N+1, tx.Now, tx.Now
		if err := s.fill(ctx, tx, it, v, t, last); err != nil {
			return err
		}
		tx.Public("version", v.N)
		tx.Public("hash", v.Hash)
		return drafted(insertAny(ctx, tx, v))
	})
	return v, err
}

// fill checks the text and writes a version of a report; last is the published version before it, or nil.
func (s *Office) fill(ctx context.Context, tx bun.IDB, it *Item, v *Version, t Text, last *Version) error {
	var c *Campaign
	if ofCampaign(it.Kind) {
		var err error
		if c, err = s.campaign(ctx, tx, it.Subject); err != nil {
			return err
		}
	}
	var cs fault.Checks
	n := len([]rune(v.Note))
	cs.Need(v.N == 1 || n >= 4 && n <= maxNote, "note", "disclosure.need_note", maxNote)
	if err := cs.Merge(t.check(it.Kind, about(c))); err != nil {
		return err
	}
	if err := cs.Err(); err != nil {
		return err
	}
	previous := ""
	if last != nil {
		previous = last.Hash
	}
	v.Title = t.Title
	return s.write(ctx, tx, it, c, v, t, previous)
}

// latest gives the newest published version of a report, nil when nothing is public.
func latest(ctx context.Context, tx bun.IDB, item string) (*Version, error) {
	vs, err := listVersions(ctx, tx, item)
	if err != nil {
		return nil, db.Fault(err)
	}
	var out *Version
	for i := range vs {
		if vs[i].State == published && (out == nil || vs[i].N > out.N) {
			out = &vs[i]
		}
	}
	return out, nil
}

// Rewrite changes a draft, as it was read, and draws its figures anew.
func (s *Office) Rewrite(ctx context.Context, who access.Actor, version, read, note string, t Text, key string) error {
	act := audit.Act{Actor: who, Need: EditPerm, Verb: "disclosure.rewrite", Subject: version, Key: once("rewrite", key), Input: []any{version, read, note, t.Title, t}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		v, it, last, err := s.draftOf(ctx, tx, version)
		if err != nil {
			return err
		}
		v.EditedBy, v.EditedName, v.EditedAt = who.ID, who.Name, tx.Now
		if v.N > 1 {
			v.Note = note
		}
		if err := s.fill(ctx, tx, it, v, t, last); err != nil {
			return err
		}
		tx.Public("hash", v.Hash)
		return changed(rewriteVersion(ctx, tx, v, read))
	})
}

func (s *Office) draftOf(ctx context.Context, tx bun.IDB, version string) (*Version, *Item, *Version, error) {
	v, err := findVersion(ctx, tx, version)
	if err != nil {
		return nil, nil, nil, db.Fault(err)
	}
	if v.State != draft {
		return nil, nil, nil, fault.New(fault.Conflict, "disclosure.no_draft")
	}
	it, err := findItem(ctx, tx, "id", v.Item)
	if err != nil {
		return nil, nil, nil, db.Fault(err)
	}
	last, err := latest(ctx, tx, it.ID)
	return v, it, last, err
}

// Publish makes a draft public for good. Who publishes has not written it, and publishes what was read: its hash. When
// somebody has booked into the period since, the figures must be drawn anew and read again.
func (s *Office) Publish(ctx context.Context, who access.Actor, version, hash string) error {
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: PublishPerm, Verb: "disclosure.publish", Subject: version}, func(ctx context.Context, tx *audit.Tx) error {
		v, it, last, err := s.draftOf(ctx, tx, version)
		if err != nil {
			return err
		}
		if err := who.NotEarlier("disclosure.same_person", v.MadeBy, v.EditedBy); err != nil {
			return err
		}
		if v.Hash != hash {
			return fault.New(fault.Conflict, "disclosure.changed")
		}
		r, err := v.thaw()
		if err != nil {
			return err
		}
		fresh := *v
		if err := s.fill(ctx, tx, it, &fresh, r.Text, last); err != nil {
			return err
		}
		if fresh.Hash != v.Hash {
			return fault.New(fault.Conflict, "disclosure.stale")
		}
		v.State, v.PublishedBy, v.PublishedName, v.PublishedAt = published, who.ID, who.Name, &tx.Now
		tx.Public("version", v.N)
		tx.Public("hash", v.Hash)
		if err := changed(publishVersion(ctx, tx, v)); err != nil {
			return err
		}
		if it.Kind == Final && v.N == 1 {
			return s.campaigns.Summed(ctx, tx, who, it.Subject)
		}
		return nil
	})
}

// Drop gives a draft up.
func (s *Office) Drop(ctx context.Context, who access.Actor, version string) error {
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: EditPerm, Verb: "disclosure.drop", Subject: version}, func(ctx context.Context, tx *audit.Tx) error {
		if _, _, _, err := s.draftOf(ctx, tx, version); err != nil {
			return err
		}
		return changed(dropVersion(ctx, tx, version))
	})
}

// Whole is a report with its versions, oldest first.
type Whole struct {
	Item
	Versions []Version
}

// Item gives a report by its id, with its drafts, for the desk.
func (s *Office) Item(ctx context.Context, id string) (*Whole, error) {
	it, err := findItem(ctx, s.db, "id", id)
	if err != nil {
		return nil, db.Fault(err)
	}
	vs, err := listVersions(ctx, s.db, it.ID)
	return &Whole{*it, vs}, db.Fault(err)
}

// Shown gives a report by its code as the public may read it: published versions only.
func (s *Office) Shown(ctx context.Context, code string) (*Whole, error) {
	it, err := findItem(ctx, s.db, "code", code)
	if err != nil {
		return nil, db.Fault(err)
	}
	vs, err := listVersions(ctx, s.db, it.ID)
	if err != nil {
		return nil, db.Fault(err)
	}
	w := &Whole{Item: *it}
	for _, v := range vs {
		if v.State == published {
			w.Versions = append(w.Versions, v)
		}
	}
	if len(w.Versions) == 0 {
		return nil, fault.New(fault.NotFound, "db.not_found")
	}
	return w, nil
}

// Published lists the newest versions of reports, newest first; subject "" is all.
func (s *Office) Published(ctx context.Context, subject, before string, size int) (db.Page[Listed], error) {
	ls, err := listPublished(ctx, s.db, subject, before, size+1)
	return db.Cut(ls, size, func(l Listed) string { return l.VersionID }), db.Fault(err)
}

// Drafts lists what waits.
func (s *Office) Drafts(ctx context.Context) ([]Listed, error) {
	ls, err := listDrafts(ctx, s.db)
	return ls, db.Fault(err)
}
