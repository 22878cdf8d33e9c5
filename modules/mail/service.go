// Package mail keeps true that a letter is written in the act that it tells of, is sent once as far as mail can promise it,
// and never shows an address to people who need not see it.
//
// Send stores the finished letter as a row of the act. Queued work hands it to the mail server; what may pass is tried
// again for two days, what is refused stays refused. A letter keeps its Message-ID through all its tries: when a server
// dies between the mail server's yes and our note of it, the letter comes twice under one Message-ID.
package mail

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"care/modules"
	"care/modules/audit"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/ident"
	"care/server/queue"
	"care/server/secret"
	"care/templates"
)

// Settings say who writes and how letters leave.
type Settings struct {
	Server  *Server // nil: letters are kept
	Texter  Texter  // nil: there are no text messages
	Org     string
	Hotline string
	Base    string // address that people use, such as "https://qj.example"
	Demo    bool
}

// Post writes and sends letters.
type Post struct {
	db    *db.DB
	trail *audit.Trail
	queue *queue.Queue
	box   *secret.Box
	mails *templates.Mails
	set   Settings
}

// New opens the post office.
func New(d *db.DB, trail *audit.Trail, q *queue.Queue, box *secret.Box, mails *templates.Mails, set Settings) *Post {
	return &Post{db: d, trail: trail, queue: q, box: box, mails: mails, set: set}
}

// Sends tells whether letters leave by e-mail.
func (p *Post) Sends() bool { return p.set.Server != nil }

// Texts tells whether text messages can be sent.
func (p *Post) Texts() bool { return p.set.Texter != nil }

// work is what a queued row carries.
type work struct {
	ID string `json:"id"`
}

// Send writes letters inside an act, all or none; they leave after the commit. An address that is none, or that nobody
// has, does not stop the act: its letter is stored as failed, for the desk to see.
func (p *Post) Send(ctx context.Context, tx *audit.Tx, letters ...Letter) error {
	rows, items, err := p.write(ctx, tx, letters)
	if err != nil || len(rows) == 0 {
		return err
	}
	if err := insertLetters(ctx, tx, rows); err != nil {
		return err
	}
	return p.queue.PutAll(ctx, tx.Tx, "mail.send", items)
}

func (p *Post) write(ctx context.Context, tx *audit.Tx, letters []Letter) ([]Row, []queue.Item, error) {
	rows, items := make([]Row, 0, len(letters)), make([]queue.Item, 0, len(letters))
	for _, l := range letters {
		if l.To == "" && l.Phone == "" {
			continue
		}
		r, err := p.row(tx, l)
		if err != nil {
			return nil, nil, err
		}
		if l.Most > 0 {
			n, err := countLately(ctx, tx, r.AddressIndex, l.Kind, tx.Now.Add(-24*time.Hour))
			if err != nil {
				return nil, nil, err
			}
			if n >= l.Most {
				continue
			}
		}
		rows = append(rows, *r)
	}
	if len(rows) == 0 {
		return nil, nil, nil
	}
	indexes := make([]string, 0, len(rows))
	for i := range rows {
		indexes = append(indexes, rows[i].AddressIndex)
	}
	bad, err := listBounced(ctx, tx, indexes)
	if err != nil {
		return nil, nil, err
	}
	for i := range rows {
		r := &rows[i]
		if slices.ContainsFunc(bad, func(b Bounce) bool { return b.AddressIndex == r.AddressIndex }) {
			r.State, r.Reason, r.NextAt = Failed, "mail.why.bounced", nil
		}
		if r.State == Failed && r.Secret {
			r.Body = ""
		}
		if r.State == Waiting {
			items = append(items, queue.Item{Key: r.ID, Payload: work{r.ID}})
		}
	}
	return rows, items, nil
}

// row makes a letter's row with its words fixed.
func (p *Post) row(tx *audit.Tx, l Letter) (*Row, error) {
	r := &Row{ID: newID(), Kind: l.Kind, Ref: l.Ref, Way: ByMail, Secret: l.Secret, State: Waiting, NextAt: &tx.Now, MadeBy: tx.Actor(), MadeAt: tx.Now}
	r.MessageID = r.ID + "@" + p.domain()
	if l.Within > 0 {
		until := tx.Now.Add(l.Within)
		r.UntilAt = &until
	}
	if l.Secret && r.UntilAt == nil {
		return nil, fmt.Errorf("mail %s: a secret letter needs an end", l.Kind)
	}
	address, err := "", error(nil)
	keep := func(reason string, state State) { r.State, r.Reason, r.NextAt = state, reason, nil }
	if l.To != "" {
		address, err = ident.Email(l.To)
		r.Masked = ident.MaskEmail(address)
		if !p.Sends() {
			keep("mail.why.none", Kept)
		}
	} else {
		r.Way = ByText
		address, err = ident.Phone(l.Phone)
		r.Masked = ident.MaskPhone(address)
		if !p.Texts() {
			keep("mail.why.no_texter", Kept)
		}
	}
	if err != nil {
		address, r.Masked = strings.Map(visible, l.To+l.Phone), "?"
		keep("mail.why.address", Failed)
	}
	subject, text, html, err := p.mails.Render(l.Kind, templates.Mail{Org: p.set.Org, Hotline: p.set.Hotline, Base: p.set.Base, Demo: p.set.Demo, Day: day(tx.Now), D: l.Data})
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(message{subject, text, html})
	if err != nil {
		return nil, err
	}
	r.Address, r.AddressIndex = p.box.Seal("mail_letters.address", r.ID, address), p.AddressIndex(address)
	r.Body = p.box.Seal("mail_letters.body", r.ID, string(b))
	return r, nil
}

// visible drops what could not be stored or shown.
func visible(r rune) rune {
	if r < ' ' || r == 0x7f || r == 0xfffd {
		return -1
	}
	return r
}

func day(t time.Time) string {
	b := t.In(clock.Beijing)
	return fmt.Sprintf(words["mail.day"], b.Year(), int(b.Month()), b.Day())
}

// AddressIndex is the blind index under which the letters to an address are found.
func (p *Post) AddressIndex(address string) string {
	return p.box.Index("mail_letters.address", strings.ToLower(strings.TrimSpace(address)))
}

// domain is the right side of a Message-ID.
func (p *Post) domain() string {
	if p.set.Server != nil {
		if _, host, ok := strings.Cut(p.set.Server.From, "@"); ok {
			return host
		}
	}
	_, host, _ := strings.Cut(p.set.Base, "://")
	host, _, _ = strings.Cut(host, ":")
	return cmp.Or(host, "localhost")
}

// deliver is the queued work of one letter.
func (p *Post) deliver(ctx context.Context, payload []byte) error {
	var w work
	if err := json.Unmarshal(payload, &w); err != nil {
		return err
	}
	_, err := p.try(ctx, w.ID)
	return err
}

// SendDue sends the letters whose time has come. It stops at the first one that finds the mail server away, since the
// others would too, and in time before the next run.
func (p *Post) SendDue(ctx context.Context) error {
	const many, within = 200, 30 * time.Second
	began := clock.Now()
	ids, err := listDue(ctx, p.db, p.now(), many)
	if err != nil {
		return db.Fault(err)
	}
	for _, id := range ids {
		away, err := p.try(ctx, id)
		if err != nil {
			return err
		}
		if away || clock.Now().Sub(began) > within {
			break
		}
	}
	return nil
}

func (p *Post) now() time.Time { return p.trail.Now()().UTC().Truncate(time.Microsecond) }

// try sends one letter if its time has come and nobody else does; away says that the mail server could not be reached.
// Three steps: take it (one transaction), hand it over, note what came of it (one transaction).
func (p *Post) try(ctx context.Context, id string) (away bool, err error) {
	r, err := findLetter(ctx, p.db, id)
	if err != nil {
		return false, db.Fault(err)
	}
	if r.NextAt == nil || r.NextAt.After(p.now()) {
		return false, nil
	}
	switch {
	case r.UntilAt != nil && !r.UntilAt.After(p.now()):
		return false, p.end(ctx, r, Expired, "mail.why.late")
	case r.Way == ByMail && !p.Sends():
		return false, p.end(ctx, r, Kept, "mail.why.none")
	case r.Way == ByText && !p.Texts():
		return false, p.end(ctx, r, Kept, "mail.why.no_texter")
	}
	n, err := p.take(ctx, r)
	if err != nil || n == 0 {
		return false, err
	}
	res, err := p.hand(ctx, r)
	if err != nil {
		return false, err
	}
	// The answer is there: it must be noted although the server is about to stop.
	return res.away, p.note(context.WithoutCancel(ctx), r, n, res)
}

// end ends a letter that cannot be tried.
func (p *Post) end(ctx context.Context, r *Row, to State, reason string) error {
	return p.system(ctx, "mail.end", r, func(ctx context.Context, tx *audit.Tx) error {
		tx.Public("state", string(to))
		if err := endTries(ctx, tx, r.ID, r.Tries+1, tx.Now); err != nil {
			return err
		}
		_, err := endWaiting(ctx, tx, r.ID, to, reason)
		return err
	})
}

// taken says that another server has the letter; nothing is written then.
func taken() error { return fault.New(fault.Conflict, "mail.taken") }

// take opens a try, and gives its number, 0 when another server was faster.
func (p *Post) take(ctx context.Context, r *Row) (n int64, err error) {
	err = p.system(ctx, "mail.try", r, func(ctx context.Context, tx *audit.Tx) error {
		n = 0
		got, err := takeLetter(ctx, tx, r.ID, tx.Now, tx.Now.Add(lease))
		if err != nil {
			return err
		}
		if got != 1 {
			return taken()
		}
		now, err := findLetter(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		if err := endTries(ctx, tx, r.ID, now.Tries, tx.Now); err != nil {
			return err
		}
		*r = *now
		n = now.Tries
		tx.Public("n", n)
		return insertTry(ctx, tx, &Try{Letter: r.ID, N: n, At: tx.Now})
	})
	if fault.CodeOf(err) == "mail.taken" {
		return 0, nil
	}
	return n, err
}

// note writes down what came of a try.
func (p *Post) note(ctx context.Context, r *Row, n int64, res result) error {
	return p.system(ctx, "mail.note", r, func(ctx context.Context, tx *audit.Tx) error {
		to := Row{ID: r.ID, State: Sent, Reason: res.reason}
		t := Try{Letter: r.ID, N: n, EndedAt: &tx.Now, Outcome: res.outcome, Reason: res.reason, Code: int64(res.code)}
		t.Said = p.box.Seal("mail_tries.said", t.key(), res.said)
		switch res.outcome {
		case sent:
			to.SentAt = &tx.Now
		case refused:
			to.State = Failed
		default:
			pause, more := wait(r.Round)
			next := tx.Now.Add(pause)
			switch {
			case !more:
				to.State = Failed
			case r.UntilAt != nil && next.After(*r.UntilAt):
				to.State = Expired
			default:
				to.State, to.NextAt = Waiting, &next
			}
		}
		tx.Public("n", n)
		tx.Public("outcome", res.outcome)
		tx.Public("code", res.code)
		ended, err := endTry(ctx, tx, &t)
		if err != nil {
			return err
		}
		moved, err := moveLetter(ctx, tx, &to, n)
		if err != nil {
			return err
		}
		if ended != 1 || moved != 1 {
			return nil // the lease was over, and another try has the letter
		}
		if res.nobody {
			return insertBounce(ctx, tx, &Bounce{AddressIndex: r.AddressIndex, Masked: r.Masked, Letter: r.ID, Reason: res.reason, At: tx.Now})
		}
		return nil
	})
}

func (p *Post) system(ctx context.Context, verb string, r *Row, fn func(ctx context.Context, tx *audit.Tx) error) error {
	act := audit.Act{Actor: access.System(), Need: access.Everyone, Verb: verb, Subject: r.ID}
	return p.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		tx.Public("kind", r.Kind)
		return fn(ctx, tx)
	})
}

// open opens what is sealed of a letter.
func (p *Post) open(r *Row) (address string, m message, err error) {
	if address, err = p.box.Open("mail_letters.address", r.ID, r.Address); err != nil {
		return "", m, err
	}
	b, err := p.box.Open("mail_letters.body", r.ID, r.Body)
	if err != nil || b == "" {
		return address, m, err
	}
	return address, m, json.Unmarshal([]byte(b), &m)
}

// Forget erases the texts that nobody needs any more; it runs at night.
func (p *Post) Forget(ctx context.Context) error {
	now := p.now()
	n, err := countErasable(ctx, p.db, now.Add(-keepBody), now)
	if err != nil || n == 0 {
		return db.Fault(err)
	}
	return p.trail.Do(ctx, audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "mail.forget", Subject: "mail"}, func(ctx context.Context, tx *audit.Tx) error {
		n, err := eraseBodies(ctx, tx, tx.Now.Add(-keepBody), tx.Now)
		tx.Public("letters", n)
		return err
	})
}

// Check proves from the tables that what was sent was taken once and that codes are forgotten.
func (p *Post) Check(ctx context.Context) ([]modules.Count, error) {
	for _, x := range proofs() {
		n, err := runProof(ctx, p.db, x)
		if err != nil {
			return nil, db.Fault(err)
		}
		if n > 0 {
			return nil, fmt.Errorf("%d %s", n, x.rule)
		}
	}
	letters, tries, err := countAll(ctx, p.db)
	return []modules.Count{{Title: words["mail.count.letters"], N: letters}, {Title: words["mail.count.tries"], N: tries}}, db.Fault(err)
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
