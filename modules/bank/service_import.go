package bank

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"care/media"
	"care/modules/audit"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/money"
)

const readKind = "bank.read"

// readWork is the queued row of one statement.
type readWork struct {
	Statement string `json:"statement"`
}

// Upload is a statement that somebody hands in.
type Upload struct {
	Profile          string // id; "" for camt.053
	File             media.Stored
	Opening, Closing *money.Fen // as printed on the statement; nil when the file says it
}

// Put keeps the bytes of a statement's file. It refuses what cannot be one.
func (s *Statements) Put(ctx context.Context, name string, r io.Reader) (media.Stored, error) {
	head := make([]byte, 4096)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return media.Stored{}, err
	}
	kind, err := kindOf(head[:n])
	if err != nil {
		return media.Stored{}, err
	}
	o, err := s.archive.Objects().Put(ctx, io.MultiReader(strings.NewReader(string(head[:n])), r), media.UnknownSize, "")
	if err != nil {
		return media.Stored{}, err
	}
	return media.Stored{Key: o.Key, Size: o.Size, Type: kind, Name: name}, nil
}

// Upload takes a statement in; it is read as queued work. A file that is known already is a Conflict "bank.same_file", which
// leads to its statement.
func (s *Statements) Upload(ctx context.Context, who access.Actor, u Upload, key string) (*Statement, error) {
	st := &Statement{ID: newID(), Object: u.File.Key, Size: u.File.Size, State: Reading, GivenOpening: u.Opening, GivenClosing: u.Closing, MadeBy: who.ID, MadeName: who.Name}
	act := audit.Act{Actor: who, Need: WorkPerm, Verb: "bank.upload", Subject: st.ID, Key: "bank.upload/" + key, Input: []any{u.Profile, u.File.Key, u.Opening, u.Closing}}
	err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		if !u.File.Key.Valid() {
			return invalid("file", "bank.need_file")
		}
		if old, err := findByObject(ctx, tx, u.File.Key); err == nil {
			return &fault.Error{Kind: fault.Conflict, Code: "bank.same_file", Ref: old.ID, Href: "/desk/bank/statements/" + old.ID}
		} else if err := db.Fault(err); fault.KindOf(err) != fault.NotFound {
			return err
		}
		st.Account, st.Profile, st.ProfileTitle, st.Layout = s.set.Account, CAMT, words["bank.camt"], "{}"
		if u.File.Type != CAMT {
			p, err := findProfile(ctx, tx, u.Profile)
			if err := db.Fault(err); fault.KindOf(err) == fault.NotFound && err != nil {
				return invalid("profile", "bank.need_profile")
			} else if err != nil {
				return err
			}
			var l Layout
			if err := json.Unmarshal([]byte(p.Layout), &l); err != nil {
				return err
			}
			if l.Format != u.File.Type {
				return invalid("file", "bank.other_format_"+l.Format)
			}
			if p.Account != "" {
				st.Account = p.Account
			}
			st.Profile, st.ProfileTitle, st.Layout = p.ID, p.Title, p.Layout
		}
		if st.Account == "" {
			return invalid("profile", "bank.need_account")
		}
		st.MadeAt = tx.Now
		tx.Public("sha256", string(u.File.Key))
		tx.Public("profile", st.Profile)
		if err := insertStatement(ctx, tx, st); err != nil {
			return err
		}
		if _, err := s.archive.Attach(ctx, tx, who, "bank/"+st.ID, "statement", u.File); err != nil {
			return err
		}
		return s.queue.Put(ctx, tx.Tx, readKind, st.ID, readWork{st.ID})
	})
	return st, err
}

// format tells how the file of a statement is read.
func (st *Statement) format() (Layout, string, error) {
	var l Layout
	if st.Profile == CAMT {
		return l, CAMT, nil
	}
	err := json.Unmarshal([]byte(st.Layout), &l)
	return l, l.Format, err
}

// read reads a statement's file: first as a whole, so that nothing of a file that does not agree is ever kept, then line by line.
// Each lot of lines is one act that also moves the statement's mark, so a crash at any point loses and doubles nothing.
func (s *Statements) read(ctx context.Context, payload []byte) error {
	var w readWork
	if err := json.Unmarshal(payload, &w); err != nil {
		return err
	}
	st, err := findStatement(ctx, s.db, w.Statement)
	if err != nil {
		return db.Fault(err)
	}
	if st.State != Reading {
		return nil
	}
	l, format, err := st.format()
	if err != nil {
		return err
	}
	f, err := s.archive.Objects().Open(ctx, st.Object)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if st.Done == 0 {
		sums, err := sum(l, format, f, st.GivenOpening, st.GivenClosing)
		if err == nil && sums.Account != "" && sums.Account != st.Account {
			err = invalid("file", "bank.file.account", sums.Account, st.Account)
		}
		if err == nil && sums.To > s.today().Add(1) {
			err = invalid("file", "bank.file.future", string(sums.To))
		}
		if fault.KindOf(err) == fault.Invalid && err != nil {
			return s.refuse(ctx, st, err)
		}
		if err != nil {
			return err
		}
		st.Opening, st.Closing, st.Credits, st.Debits, st.FromDay, st.ToDay, st.Total = *sums.Opening, *sums.Closing, sums.Credits, sums.Debits, sums.From, sums.To, sums.Rows
		act := audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "bank.measure", Subject: st.ID}
		if err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
			tx.Public("lines", st.Total)
			tx.Public("opening_fen", st.Opening)
			tx.Public("closing_fen", st.Closing)
			return changed(measureStatement(ctx, tx, st))
		}); err != nil {
			return err
		}
	}
	if err := s.keep(ctx, st, l, format, f); err != nil {
		return err
	}
	act := audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "bank.ready", Subject: st.ID}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		st.State, st.ReadyAt = Ready, &tx.Now
		tx.Public("lines", st.Total)
		tx.Public("fresh", st.Fresh)
		return changed(endStatement(ctx, tx, st))
	})
}

// refuse ends a statement whose file cannot be used, with everything that is wrong with it in words.
func (s *Statements) refuse(ctx context.Context, st *Statement, why error) error {
	var lines []string
	for _, f := range fault.FieldsOf(why) {
		lines = append(lines, sentence(f.Code, f.Args))
	}
	if len(lines) == 0 {
		lines = []string{sentence(fault.CodeOf(why), nil)}
	}
	act := audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "bank.refuse", Subject: st.ID}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		st.State, st.Problems = Refused, strings.Join(lines, "\n")
		tx.Public("problems", len(lines))
		return changed(endStatement(ctx, tx, st))
	})
}

func sentence(code string, args []any) string {
	w := words[code]
	if len(args) > 0 && strings.Contains(w, "%") {
		return fmt.Sprintf(w, args...)
	}
	return w
}

// keep stores the lines of a file from the statement's mark on.
func (s *Statements) keep(ctx context.Context, st *Statement, l Layout, format string, f file) error {
	find, err := s.finder(ctx)
	if err != nil {
		return err
	}
	lot, no := make([]Line, 0, s.set.Chunk), int64(0)
	dups := make(map[string]int64, min(st.Total, 100_000))
	_, err = readFile(l, format, f, func(r Row) error {
		no++
		x := s.line(st, r, no)
		dups[x.Fingerprint]++
		x.Dup = dups[x.Fingerprint]
		if x.Dup > 1 {
			x.Ref = fmt.Sprintf("%s#%d", x.Ref, x.Dup)
		}
		if x.Side == Credit {
			s.suggest(find, &x, r.Details)
		}
		if no <= st.Done {
			return nil
		}
		x.Details = s.seal(x.ID, r.Details)
		lot = append(lot, x)
		if len(lot) < s.set.Chunk {
			return nil
		}
		defer func() { lot = lot[:0] }()
		return s.keepLot(ctx, st, lot)
	})
	if err != nil {
		return err
	}
	if len(lot) > 0 {
		if err := s.keepLot(ctx, st, lot); err != nil {
			return err
		}
	}
	if st.Done != st.Total {
		return fault.New(fault.Internal, "bank.file.changed")
	}
	return nil
}

func (s *Statements) keepLot(ctx context.Context, st *Statement, lot []Line) error {
	act := audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "bank.read", Subject: st.ID}
	var fresh int64
	to := st.Done + int64(len(lot))
	err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) (err error) {
		if fresh, err = insertLines(ctx, tx, lot); err != nil {
			return err
		}
		tx.Public("from", st.Done)
		tx.Public("to", to)
		tx.Public("fresh", fresh)
		return changed(advanceStatement(ctx, tx, st.ID, st.Done, to, fresh))
	})
	if err == nil {
		st.Done, st.Fresh = to, st.Fresh+fresh
	}
	return err
}

// line makes the row of a line; its details are not sealed yet.
func (s *Statements) line(st *Statement, r Row, no int64) Line {
	x := Line{ID: newID(), Statement: st.ID, No: no, Account: st.Account, Day: r.Day, Side: Credit, Amount: r.Amount, Balance: r.Balance,
		PayerMask: maskPayer(r.Payer), PayerIndex: s.gifts.NameIndex(r.Payer), AccountTail: tail(r.Account), AccountIndex: s.box.Index("bank_lines.account", r.Account),
		Note: maskNote(r.Remark, r.Payer), State: Open}
	if r.Amount < 0 {
		x.Side, x.Amount = Debit, -r.Amount
	}
	what := r.Serial
	if what == "" {
		what = x.PayerIndex + "\n" + r.Account + "\n" + fold(r.Remark)
	}
	// The serial alone is not enough: some banks give the fee of a transfer the transfer's own.
	x.Fingerprint = s.box.Index("bank_lines.fingerprint", fmt.Sprintf("%s\n%s\n%s\n%d\n%s", st.Account, r.Day, x.Side, x.Amount, what))
	if x.Ref = r.Serial; x.Ref == "" {
		x.Ref = strings.ToUpper("L" + strings.ReplaceAll(string(r.Day), "-", "") + "-" + hexOf(x.Fingerprint))
	}
	return x
}

// hexOf makes a short reference of a fingerprint that is safe in capital letters.
func hexOf(fingerprint string) string { return string(media.KeyOf([]byte(fingerprint)))[:16] }

func (s *Statements) seal(row string, d Details) string {
	b, err := json.Marshal(d)
	if err != nil || d == (Details{}) {
		return ""
	}
	return s.box.Seal("bank_lines.details", row, string(b))
}

func (s *Statements) details(l *Line) (Details, error) {
	var d Details
	plain, err := s.box.Open("bank_lines.details", l.ID, l.Details)
	if err != nil || plain == "" {
		return d, err
	}
	return d, json.Unmarshal([]byte(plain), &d)
}

// finder loads every gift that waits, and the accounts that donors have given from.
func (s *Statements) finder(ctx context.Context) (*finder, error) {
	f := newFinder()
	if err := s.gifts.EachDue(ctx, func(d Due) error {
		f.add(d)
		return nil
	}); err != nil {
		return nil, err
	}
	const page = 5000
	var after payer
	for {
		ps, err := pagePayers(ctx, s.db, after, page)
		if err != nil {
			return nil, db.Fault(err)
		}
		for _, p := range ps {
			f.payers[nameAmount{name: p.AccountIndex + p.NameIndex}] = true
			after = p
		}
		if len(ps) < page {
			return f, nil
		}
	}
}

// suggest finds the gifts that a credit may be the money of.
func (s *Statements) suggest(f *finder, x *Line, d Details) {
	codes := codesIn(d.Remark, codeSigns, codeLength)
	n := 0
	for _, c := range codes {
		if code, ok := s.gifts.ReadCode(c); ok {
			codes[n] = code
			n++
		}
	}
	codes, x.Code = codes[:n], ""
	if n > 0 {
		x.Code = codes[0]
	}
	hints := f.find(asked{codes: codes, nameIndex: x.PayerIndex, accountIndex: x.AccountIndex, amount: x.Amount, day: x.Day})
	x.Score, x.Hints, x.Best = 0, "", ""
	if len(hints) > 0 {
		x.Score, x.Best = hints[0].Score, hints[0].Gifts[0]
		if b, err := json.Marshal(hints); err == nil {
			x.Hints = string(b)
		}
	}
}

// codeSigns and codeLength are how transfer codes look before anybody asks whether one is a gift's.
const (
	codeSigns  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	codeLength = 8
)

const scoreKind = "bank.score"

// Rescore looks again for the gifts of the open lines of a statement, "" for all: promises may have come since it was read.
func (s *Statements) Rescore(ctx context.Context, who access.Actor, statement, key string) error {
	subject := statement
	if subject == "" {
		subject = "all"
	}
	act := audit.Act{Actor: who, Need: WorkPerm, Verb: "bank.rescore", Subject: subject, Key: "bank.rescore/" + key, Input: statement}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		return s.queue.Put(ctx, tx.Tx, scoreKind, subject, readWork{statement})
	})
}

func (s *Statements) score(ctx context.Context, payload []byte) error {
	var w readWork
	if err := json.Unmarshal(payload, &w); err != nil {
		return err
	}
	f, err := s.finder(ctx)
	if err != nil {
		return err
	}
	for after := ""; ; {
		ls, err := pageOpen(ctx, s.db, w.Statement, after, s.set.Chunk)
		if err != nil {
			return db.Fault(err)
		}
		if len(ls) == 0 {
			return nil
		}
		var news []Line
		for _, x := range ls {
			after = x.ID
			d, err := s.details(&x)
			if err != nil {
				return err
			}
			old := x.Hints
			if s.suggest(f, &x, d); x.Hints != old {
				news = append(news, x)
			}
		}
		if len(news) == 0 {
			continue
		}
		act := audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "bank.score", Subject: news[0].Statement}
		if err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
			tx.Public("lines", len(news))
			return setHints(ctx, tx, news)
		}); err != nil {
			return err
		}
	}
}

// nightly looks again at all open lines.
func (s *Statements) nightly(ctx context.Context) error {
	b, err := json.Marshal(readWork{})
	if err != nil {
		return err
	}
	return s.score(ctx, b)
}

// readWithin is how long the reading of a million lines may take.
const readWithin = 20 * time.Minute

// Statement gives one statement.
func (s *Statements) Statement(ctx context.Context, id string) (*Statement, error) {
	st, err := findStatement(ctx, s.db, id)
	return st, db.Fault(err)
}

// List lists statements, the newest first.
func (s *Statements) List(ctx context.Context, before string, size int) (db.Page[Statement], error) {
	ss, err := listStatements(ctx, s.db, before, size+1)
	return db.Cut(ss, size, func(x Statement) string { return x.ID }), db.Fault(err)
}

// Preview reads the first rows of a file with a layout, without keeping anything.
func Preview(l Layout, kind string, f file, most int) ([]Row, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	if kind != l.Format {
		return nil, invalid("sample", "bank.other_format_"+l.Format)
	}
	var rows []Row
	_, err := readFile(l, l.Format, f, func(r Row) error {
		if len(rows) == most {
			return io.EOF
		}
		rows = append(rows, r)
		return nil
	})
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if fault.KindOf(err) == fault.Invalid && err != nil {
		var c fault.Checks
		for _, x := range fault.FieldsOf(err) {
			c.Add("sample", x.Code, x.Args...)
		}
		if c.Err() == nil {
			c.Add("sample", fault.CodeOf(err))
		}
		return rows, c.Err()
	}
	if err == nil && len(rows) == 0 {
		return nil, invalid("sample", "bank.file.empty")
	}
	return rows, err
}

// Profiles lists the profiles by title.
func (s *Statements) Profiles(ctx context.Context) ([]Profile, error) {
	ps, err := listProfiles(ctx, s.db)
	return ps, db.Fault(err)
}

// Profile gives one profile.
func (s *Statements) Profile(ctx context.Context, id string) (*Profile, error) {
	p, err := findProfile(ctx, s.db, id)
	return p, db.Fault(err)
}

// Edited is what a person changes in a profile.
type Edited struct {
	Title   string
	Account string
	Layout  Layout
	Active  bool
}

func (e *Edited) check() error {
	var c fault.Checks
	e.Title, e.Account = strings.TrimSpace(e.Title), bare(e.Account)
	c.Need(e.Title != "" && len([]rune(e.Title)) <= 60, "title", "bank.need_title")
	ok := len(e.Account) <= 34
	for i := range len(e.Account) {
		ok = ok && (e.Account[i] >= '0' && e.Account[i] <= '9' || e.Account[i] >= 'A' && e.Account[i] <= 'Z' || e.Account[i] == '-')
	}
	c.Need(ok, "account", "bank.account")
	if err := c.Merge(e.Layout.check()); err != nil {
		return err
	}
	return c.Err()
}

// Save changes a profile that nobody has changed since version, or makes one with id "". Statements that were read before stay
// as they were read.
func (s *Statements) Save(ctx context.Context, who access.Actor, id string, version int64, e Edited, key string) (string, error) {
	if err := e.check(); err != nil {
		return "", err
	}
	b, err := json.Marshal(e.Layout)
	if err != nil {
		return "", err
	}
	p := &Profile{ID: id, Title: e.Title, Account: e.Account, Layout: string(b), Active: e.Active, Version: version + 1, EditedBy: who.ID}
	if id == "" {
		p.ID, p.Version = newID(), 1
	}
	act := audit.Act{Actor: who, Need: SetupPerm, Verb: "bank.profile", Subject: p.ID, Key: "bank.profile/" + key, Input: []any{id, version, e}}
	err = s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		p.EditedAt = tx.Now
		tx.Public("version", p.Version)
		tx.Private("layout", p.Layout)
		if id == "" {
			return insertProfile(ctx, tx, p)
		}
		return changed(updateProfile(ctx, tx, p, version))
	})
	if fault.CodeOf(err) == "db.conflict" {
		return "", invalid("title", "bank.title_used")
	}
	return p.ID, err
}

// lastDay gives the last day of some lines: a gift has its money when the last part is there.
func lastDay(ls []Line) clock.Day {
	var d clock.Day
	for _, l := range ls {
		if l.Day > d {
			d = l.Day
		}
	}
	return d
}
