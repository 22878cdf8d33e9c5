package mail

import (
	"context"
	"slices"
	"strings"
	"time"

	"care/modules/audit"
	"care/server/access"
	"care/server/db"
	"care/server/fault"
	"care/server/ident"
	"care/server/queue"
)

// Filter narrows the list of letters. Q is a whole e-mail address or what a letter is about.
type Filter struct {
	State State
	Kind  string
	Q     string
}

// List lists letters, newest first; addresses are masked.
func (p *Post) List(ctx context.Context, f Filter, before string, size int) (db.Page[Row], error) {
	want := found{state: string(f.State), kind: f.Kind}
	if q := strings.TrimSpace(f.Q); strings.Contains(q, "@") {
		want.address = p.AddressIndex(q)
	} else {
		want.ref = q
	}
	rs, err := listLetters(ctx, p.db, want, before, size+1)
	return db.Cut(rs, size, func(r Row) string { return r.ID }), db.Fault(err)
}

// Counts tells how many letters are in each state.
func (p *Post) Counts(ctx context.Context) (map[State]int, error) {
	cs, err := countStates(ctx, p.db)
	out := make(map[State]int, len(cs))
	for _, c := range cs {
		out[c.State] = c.N
	}
	return out, db.Fault(err)
}

// Whole is a letter with its tries.
type Whole struct {
	Row
	Tries   []Try
	Bounced bool // nobody has the address
	Taken   bool // the mail server took it at some try
}

// Letter gives one letter.
func (p *Post) Letter(ctx context.Context, id string) (*Whole, error) {
	r, err := findLetter(ctx, p.db, id)
	if err != nil {
		return nil, db.Fault(err)
	}
	w := &Whole{Row: *r}
	if w.Tries, err = listTries(ctx, p.db, id); err != nil {
		return nil, db.Fault(err)
	}
	w.Taken = slices.ContainsFunc(w.Tries, func(t Try) bool { return t.Outcome == sent })
	bs, err := listBounced(ctx, p.db, []string{r.AddressIndex})
	w.Bounced = len(bs) > 0
	return w, db.Fault(err)
}

// MayResend tells whether the letter can be sent again: it is at rest, its words are still there and it is no code.
func (w *Whole) MayResend() bool { return w.NextAt == nil && w.Body != "" && !w.Secret }

// Resend sends a letter again. One that never left goes on under its own Message-ID; of one that did, a copy is written,
// since receivers drop what comes twice. The mark of an address that nobody has is lifted: somebody says that it is right.
// It gives the id of the letter that is sent.
func (p *Post) Resend(ctx context.Context, who access.Actor, id, key string) (string, error) {
	to := id
	act := audit.Act{Actor: who, Need: Manage, Verb: "mail.resend", Subject: id, Key: "mail.resend/" + key, Input: id}
	err := p.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		r, err := findLetter(ctx, tx, id)
		if err != nil {
			return db.Fault(err)
		}
		w := Whole{Row: *r}
		if !w.MayResend() {
			return fault.New(fault.Conflict, "mail.no_resend")
		}
		if err := deleteBounce(ctx, tx, r.AddressIndex); err != nil {
			return err
		}
		tx.Public("kind", r.Kind)
		n, err := putBack(ctx, tx, []string{id}, tx.Now)
		if err != nil {
			return err
		}
		if n == 0 {
			c, err := p.copy(tx, r)
			if err != nil {
				return err
			}
			if err := insertLetters(ctx, tx, []Row{*c}); err != nil {
				return err
			}
			to = c.ID
		}
		tx.Public("letter", to)
		return p.queue.Put(ctx, tx.Tx, "mail.send", to, work{to})
	})
	return to, err
}

// copy writes a letter anew under another id.
func (p *Post) copy(tx *audit.Tx, r *Row) (*Row, error) {
	address, err := p.box.Open("mail_letters.address", r.ID, r.Address)
	if err != nil {
		return nil, err
	}
	body, err := p.box.Open("mail_letters.body", r.ID, r.Body)
	if err != nil {
		return nil, err
	}
	c := *r
	c.ID = newID()
	c.MessageID, c.AgainOf = c.ID+"@"+p.domain(), r.ID
	c.State, c.Reason, c.Tries, c.Round, c.NextAt, c.SentAt, c.MadeBy, c.MadeAt = Waiting, "", 0, 0, &tx.Now, nil, tx.Actor(), tx.Now
	c.Address, c.Body = p.box.Seal("mail_letters.address", c.ID, address), p.box.Seal("mail_letters.body", c.ID, body)
	return &c, nil
}

// keptFor is how old a letter may be that is sent when a mail server comes: older news would puzzle people.
const keptFor = 30 * 24 * time.Hour

// SendKept sends off letters of the last month that were kept while there was no mail server, some hundred at a time, and gives how many.
func (p *Post) SendKept(ctx context.Context, who access.Actor, key string) (n int, err error) {
	if !p.Sends() {
		return 0, fault.New(fault.Conflict, "mail.no_server")
	}
	act := audit.Act{Actor: who, Need: Manage, Verb: "mail.send_kept", Subject: "mail", Key: "mail.send_kept/" + key, Input: key}
	err = p.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		const many = 500
		ids, err := listKept(ctx, tx, tx.Now.Add(-keptFor), many)
		if err != nil {
			return err
		}
		n = len(ids)
		if n == 0 {
			return fault.New(fault.Conflict, "mail.none_kept")
		}
		if _, err := putBack(ctx, tx, ids, tx.Now); err != nil {
			return err
		}
		tx.Public("letters", n)
		items := make([]queue.Item, 0, n)
		for _, id := range ids {
			items = append(items, queue.Item{Key: id, Payload: work{id}})
		}
		return p.queue.PutAll(ctx, tx.Tx, "mail.send", items)
	})
	return n, err
}

// Bounced notes that a letter came back to the mailbox of the foundation: it has failed, and nobody has its address.
func (p *Post) Bounced(ctx context.Context, who access.Actor, id string) error {
	act := audit.Act{Actor: who, Need: Manage, Verb: "mail.bounce", Subject: id}
	return p.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		r, err := findLetter(ctx, tx, id)
		if err != nil {
			return db.Fault(err)
		}
		n, err := failSent(ctx, tx, id, "mail.why.came_back")
		if err != nil {
			return err
		}
		if n != 1 {
			return fault.New(fault.Conflict, "mail.not_sent")
		}
		tx.Public("kind", r.Kind)
		return insertBounce(ctx, tx, &Bounce{AddressIndex: r.AddressIndex, Masked: r.Masked, Letter: id, Reason: "mail.why.came_back", At: tx.Now})
	})
}

// Test sends a letter that tells nothing, to see whether letters leave.
func (p *Post) Test(ctx context.Context, who access.Actor, to, key string) (id string, err error) {
	act := audit.Act{Actor: who, Need: Manage, Verb: "mail.test", Subject: "mail", Key: "mail.test/" + key, Input: to}
	err = p.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		var c fault.Checks
		address, err := ident.Email(to)
		c.Need(err == nil, "to", "mail.address")
		if err := c.Err(); err != nil {
			return err
		}
		rows, items, err := p.write(ctx, tx, []Letter{{To: address, Kind: "test", Ref: "mail", Data: who.Name}})
		if err != nil {
			return err
		}
		id = rows[0].ID
		tx.Subject(id)
		if err := insertLetters(ctx, tx, rows); err != nil {
			return err
		}
		return p.queue.PutAll(ctx, tx.Tx, "mail.send", items)
	})
	return id, err
}

// Plain is what is sealed of a letter.
type Plain struct {
	Address, Subject, Text string
	Said                   []string // by the mail server, for each try
}

// reasons for which a letter may be opened; the record keeps the reason, so it must name nobody.
var reasons = []string{"asked", "bounce", "complaint"}

// Reveal opens a letter for a reason; the opening is an entry in the record. A code is shown to nobody.
func (p *Post) Reveal(ctx context.Context, who access.Actor, id, why string) (*Plain, error) {
	var c fault.Checks
	c.Need(slices.Contains(reasons, why), "why", "mail.reveal.need")
	if err := c.Err(); err != nil {
		return nil, err
	}
	w, err := p.Letter(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := p.trail.Saw(ctx, who, RevealPerm, id, "letter", why); err != nil {
		return nil, err
	}
	address, m, err := p.open(&w.Row)
	if err != nil {
		return nil, err
	}
	out := &Plain{Address: address, Subject: m.Subject, Text: m.Text}
	if w.Secret {
		out.Subject, out.Text = "", ""
	}
	for _, t := range w.Tries {
		said, err := p.box.Open("mail_tries.said", t.key(), t.Said)
		if err != nil {
			return nil, err
		}
		out.Said = append(out.Said, said)
	}
	return out, nil
}
