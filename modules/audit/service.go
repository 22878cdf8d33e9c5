// Package audit keeps true that every change has exactly one entry, made by somebody who was allowed to, in the change's own transaction.
//
// Trail.Do is the gate: no other code opens a writing transaction. It claims the act's key, fixes the time, runs the act,
// appends the entry as the last statement and commits; it starts again when the database asks for it.
package audit

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
)

// Trail is the gate and the record behind it.
type Trail struct {
	names Names
	db    *db.DB
	now   clock.Source
}

// New makes the gate of a database.
func New(d *db.DB, now clock.Source) *Trail { return &Trail{db: d, now: now} }

// Now tells the time by the gate's clock, for questions that are no acts.
func (t *Trail) Now() clock.Source { return t.now }

// Tx is the transaction of one act, or of many in DoAll; its time is fixed.
type Tx struct {
	db.Tx
	*Note         // of the act, or of the first one in DoAll
	actor string  // of the act, or of the first one in DoAll
	notes []*Note // one for each act given to DoAll; nil where the act is not run
}

// At gives the note of act i of DoAll.
func (tx *Tx) At(i int) *Note { return tx.notes[i] }

// Actor is the id of who acts, for columns that remember it; in DoAll of the first act that runs.
func (tx *Tx) Actor() string { return tx.actor }

// Do runs fn in one transaction with its entry. It returns fault.Again with the first subject when the key was used
// for the same input, Conflict "audit.key_reused" when it was used for another one.
// fn may run several times; only the last run counts, so it must not change anything outside the transaction.
func (t *Trail) Do(ctx context.Context, act Act, fn func(ctx context.Context, tx *Tx) error) error {
	return t.DoAll(ctx, []Act{act}, func(ctx context.Context, tx *Tx, _ []int) error { return fn(ctx, tx) })[0]
}

// DoAll runs up to a few hundred acts of one kind in one transaction and answers each of them.
// fn gets the indexes of the acts to run, in ascending order, without those that are refused or done already.
// When fn fails for several acts, they are run again one by one, so that one bad act does not spoil the others.
func (t *Trail) DoAll(ctx context.Context, acts []Act, fn func(ctx context.Context, tx *Tx, live []int) error) []error {
	errs := checkActs(acts)
	live := make([]int, 0, len(acts))
	first := map[string]int{} // of acts that share a key the first one runs
	var again []int
	for i, a := range acts {
		if errs[i] != nil {
			continue
		}
		if a.Key != "" {
			if _, dup := first[a.Key]; dup {
				again = append(again, i)
				continue
			}
			first[a.Key] = i
		}
		live = append(live, i)
	}
	t.run(ctx, acts, live, fn, errs)
	for _, i := range again { // the first one is decided now: these meet its key in the table
		t.run(ctx, acts, []int{i}, fn, errs)
	}
	return errs
}

func (t *Trail) run(ctx context.Context, acts []Act, live []int, fn func(ctx context.Context, tx *Tx, live []int) error, errs []error) {
	if len(live) == 0 {
		return
	}
	done, err := t.once(ctx, acts, live, fn)
	if err != nil && len(live) > 1 && fault.KindOf(err) != fault.Unavailable && ctx.Err() == nil {
		for _, i := range live {
			t.run(ctx, acts, []int{i}, fn, errs)
		}
		return
	}
	for _, i := range live {
		if errs[i] = err; err == nil {
			errs[i] = done[i]
		}
	}
}

// once is one transaction; done holds the answers to acts whose keys were used before.
func (t *Trail) once(ctx context.Context, acts []Act, live []int, fn func(ctx context.Context, tx *Tx, live []int) error) (done map[int]error, err error) {
	err = t.db.InTx(ctx, t.now, func(ctx context.Context, dtx db.Tx) error {
		done = map[int]error{}
		tx := &Tx{Tx: dtx, notes: make([]*Note, len(acts))}
		ids := make(map[int]string, len(live))
		for _, i := range live {
			ids[i] = uuid.Must(uuid.NewV7()).String()
		}
		todo, err := claim(ctx, tx, acts, live, ids, done)
		if err != nil || len(todo) == 0 {
			return err
		}
		for _, i := range todo {
			tx.notes[i] = &Note{subject: acts[i].Subject, public: map[string]any{}, private: map[string]any{}}
		}
		tx.Note, tx.actor = tx.notes[todo[0]], acts[todo[0]].Actor.ID
		if err := fn(ctx, tx, todo); err != nil {
			return err
		}
		es := make([]Entry, 0, len(todo))
		for _, i := range todo {
			e, err := tx.notes[i].entry(acts[i], ids[i], tx)
			if err != nil {
				return err
			}
			es = append(es, e)
		}
		return insertEntries(ctx, tx, es)
	})
	return done, err
}

// claim stores the keys of the acts and returns those to run; used keys are answered in done.
func claim(ctx context.Context, tx *Tx, acts []Act, live []int, ids map[int]string, done map[int]error) ([]int, error) {
	var ks []key
	for _, i := range live {
		if acts[i].Key == "" {
			continue
		}
		h, err := acts[i].inputHash()
		if err != nil {
			return nil, err
		}
		ks = append(ks, key{Key: acts[i].Key, Input: h, Entry: ids[i]})
	}
	if len(ks) == 0 {
		return live, nil
	}
	// Sorted, so that two batches with common keys cannot wait for each other.
	slices.SortFunc(ks, func(a, b key) int { return strings.Compare(a.Key, b.Key) })
	won, err := claimKeys(ctx, tx, ks)
	if err != nil {
		return nil, err
	}
	if len(won) == len(ks) {
		return live, nil
	}
	hash, lost := map[string]string{}, []string{}
	for _, k := range ks {
		if hash[k.Key] = k.Input; !won[k.Key] {
			lost = append(lost, k.Key)
		}
	}
	old, err := findKeys(ctx, tx, lost)
	if err != nil {
		return nil, err
	}
	todo := make([]int, 0, len(live))
	for _, i := range live {
		k := acts[i].Key
		switch u, ok := old[k]; {
		case k == "" || won[k]:
			todo = append(todo, i)
		case ok && u.Input == hash[k]:
			done[i] = fault.Again(u.Subject)
		default:
			done[i] = fault.New(fault.Conflict, "audit.key_reused")
		}
	}
	return todo, nil
}

func (n *Note) entry(a Act, id string, tx *Tx) (Entry, error) {
	if n.subject == "" {
		return Entry{}, fmt.Errorf("act %s names no subject", a.Verb)
	}
	var salt [16]byte
	rand.Read(salt[:])
	e := Entry{ID: id, At: tx.Now, Actor: a.Actor.ID, Verb: a.Verb, Subject: n.subject, Salt: hex.EncodeToString(salt[:])}
	pub, err := json.Marshal(n.public)
	if err != nil {
		return Entry{}, fmt.Errorf("act %s: %w", a.Verb, err)
	}
	e.Public = string(pub)
	e.Commitment, err = Commit(e.Salt, n.private)
	return e, err
}

// Saw records that somebody opened private facts, and why; the reason is kept as a public fact, so it must not name a person.
func (t *Trail) Saw(ctx context.Context, who access.Actor, need access.Perm, subject, what, reason string) error {
	return t.Do(ctx, Act{Actor: who, Need: need, Verb: "audit.saw", Subject: subject}, func(_ context.Context, tx *Tx) error {
		tx.Public("what", what)
		tx.Public("reason", reason)
		return nil
	})
}

// Entries lists the record, newest first, from the entry before the cursor.
func (t *Trail) Entries(ctx context.Context, f Filter, before string, size int) (db.Page[Entry], error) {
	es, err := listEntries(ctx, t.db, f, before, size+1)
	return db.Cut(es, size, func(e Entry) string { return e.ID }), db.Fault(err)
}
