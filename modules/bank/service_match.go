package bank

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"care/modules/audit"
	"care/modules/ledger"
	"care/server/access"
	"care/server/db"
	"care/server/fault"
	"care/server/money"
)

// Portion is what a gift gets of a match.
type Portion struct {
	Gift   string
	Amount money.Fen
}

// Accepting is a match that a clerk has decided on: some credits, some gifts, equal sums.
type Accepting struct {
	Lines   []string
	Gifts   []Portion
	Checked bool // the payer is not the donor, and the clerk has asked
	Score   int64
}

// Most lines and gifts of one match.
const maxSides = 50

// Accept decides that lines are the money of gifts. The gifts arrive in the same act; another person confirms them at the desk
// of donations. Lines of the pool are claimed by this: their money leaves the pool when the second person confirms.
func (s *Statements) Accept(ctx context.Context, who access.Actor, a Accepting, key string) (string, error) {
	var c fault.Checks
	c.Need(len(a.Lines) > 0 && len(a.Lines) <= maxSides, "line", "bank.need_lines", maxSides)
	c.Need(len(a.Gifts) > 0 && len(a.Gifts) <= maxSides, "gift", "bank.need_gifts", maxSides)
	for _, g := range a.Gifts {
		c.Need(g.Amount > 0 && g.Amount <= money.Max, "share", "bank.share")
	}
	if err := c.Err(); err != nil {
		return "", err
	}
	m := &Match{ID: newID(), State: "live", Score: a.Score, MadeBy: who.ID, MadeName: who.Name}
	act := audit.Act{Actor: who, Need: WorkPerm, Verb: "bank.accept", Subject: m.ID, Key: "bank.accept/" + key, Input: a}
	err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		ls, err := findLines(ctx, tx, a.Lines)
		if err != nil {
			return err
		}
		if len(ls) != len(a.Lines) {
			return fault.New(fault.NotFound, "db.not_found")
		}
		from := ls[0].State
		var sum, shares money.Fen
		for _, l := range ls {
			if l.Side != Credit || l.Account != ls[0].Account {
				return invalid("line", "bank.wrong_line")
			}
			if l.State != from || from != Open && from != Pool {
				return fault.New(fault.Conflict, "bank.decided")
			}
			sum += l.Amount
		}
		for _, g := range a.Gifts {
			shares += g.Amount
		}
		if sum != shares {
			return invalid("share", "bank.sums", sum.Comma(), shares.Comma())
		}
		d, err := s.details(&ls[0])
		if err != nil {
			return err
		}
		if m.Pool, m.Amount, m.MadeAt = from == Pool, sum, tx.Now; d.Payer == "" {
			d.Payer = words["bank.no_payer"]
		}
		as, hs, gifts := make([]Arriving, 0, len(a.Gifts)), make([]Share, 0, len(a.Gifts)), make([]string, 0, len(a.Gifts))
		for i, g := range a.Gifts {
			x := Arriving{Gift: g.Gift, Ref: ls[0].Ref, Day: lastDay(ls), Amount: g.Amount, Payer: d.Payer, Checked: a.Checked}
			if i > 0 {
				x.Ref = fmt.Sprintf("%s/%d", x.Ref, i+1)
			}
			if m.Pool {
				x.Asset = ledger.Suspense
			}
			as, gifts = append(as, x), append(gifts, g.Gift)
			hs = append(hs, Share{Match: m.ID, Gift: g.Gift, Amount: g.Amount, Ref: x.Ref, Live: true})
		}
		if err := insertMatch(ctx, tx, m, hs); err != nil {
			if fault.CodeOf(db.Fault(err)) == "db.conflict" {
				return fault.New(fault.Conflict, "bank.gift_taken")
			}
			return err
		}
		n, err := moveLines(ctx, tx, a.Lines, from, &Line{State: Matched, Match: m.ID, DecidedBy: who.ID, DecidedName: who.Name, DecidedAt: &tx.Now})
		if err != nil {
			return err
		}
		if n != int64(len(ls)) {
			return fault.New(fault.Conflict, "db.changed")
		}
		tx.Public("lines", len(ls))
		tx.Public("fen", sum)
		tx.Public("score", a.Score)
		if err := s.gifts.ArriveIn(ctx, tx, who, as); err != nil {
			return arrivalFault(err)
		}
		if err := forgetHints(ctx, tx, gifts); err != nil {
			return err
		}
		return s.learn(ctx, tx, ls, a.Checked)
	})
	return m.ID, err
}

// learn remembers that the account of a line belongs to its payer, when the payer is the donor.
func (s *Statements) learn(ctx context.Context, tx *audit.Tx, ls []Line, differs bool) error {
	if differs {
		return nil
	}
	for _, l := range ls {
		if l.AccountIndex != "" && l.PayerIndex != "" {
			if err := learnPayer(ctx, tx, payer{l.AccountIndex, l.PayerIndex}); err != nil {
				return err
			}
		}
	}
	return nil
}

// arrivalFault gives what donations refuse the names of our own fields: "2.checked" is the box, the rest belongs to the lines.
func arrivalFault(err error) error {
	fields := fault.FieldsOf(err)
	if len(fields) == 0 {
		return err
	}
	var c fault.Checks
	seen := map[string]bool{}
	for _, f := range fields {
		_, name, _ := strings.Cut(f.Name, ".")
		if name != "checked" {
			name = "line"
		}
		if k := name + f.Code; !seen[k] {
			seen[k] = true
			c.Add(name, f.Code, f.Args...)
		}
	}
	return c.Err()
}

// Taken is what became of one line of a bulk acceptance.
type Taken struct {
	Line string
	Err  error
}

// MaxBulk is how many lines are accepted at once.
const MaxBulk = 300

// AcceptMany accepts the best suggestion of each line, one act each: what is refused is told, the rest is done. Only lines whose
// payer is the donor are taken, since for any other a person must have asked.
func (s *Statements) AcceptMany(ctx context.Context, who access.Actor, lines []string, key string) ([]Taken, error) {
	if len(lines) == 0 || len(lines) > MaxBulk {
		return nil, invalid("line", "bank.none_picked", MaxBulk)
	}
	ls, err := findLines(ctx, s.db, lines)
	if err != nil {
		return nil, db.Fault(err)
	}
	out := make([]Taken, 0, len(ls))
	for i := range ls {
		a, err := s.best(ctx, &ls[i])
		if err == nil {
			_, err = s.Accept(ctx, who, a, key+"/"+ls[i].ID)
		}
		if k := fault.KindOf(err); err != nil && (k == fault.Internal || k == fault.Unavailable || k == fault.Forbidden || k == fault.SignIn) {
			return out, err
		}
		if _, again := fault.IsAgain(err); again {
			err = nil
		}
		out = append(out, Taken{ls[i].Ref, err})
	}
	return out, nil
}

// best makes of a line's best suggestion what is to be accepted.
func (s *Statements) best(ctx context.Context, l *Line) (Accepting, error) {
	hs, err := l.HintsOf()
	if err != nil {
		return Accepting{}, err
	}
	if l.State != Open || len(hs) == 0 {
		return Accepting{}, fault.New(fault.Conflict, "bank.decided")
	}
	h := hs[0]
	if !h.Name || slices.Contains(h.Reasons, becauseTwice) {
		return Accepting{}, fault.New(fault.Conflict, "bank.look_first")
	}
	return s.AsHinted(ctx, l, h)
}

// AsHinted makes of a suggestion what is to be accepted: one gift gets the whole line, several get what they promised.
func (s *Statements) AsHinted(ctx context.Context, l *Line, h Hint) (Accepting, error) {
	a := Accepting{Lines: []string{l.ID}, Score: h.Score}
	if len(h.Gifts) == 1 {
		a.Gifts = []Portion{{h.Gifts[0], l.Amount}}
		return a, nil
	}
	gs, err := s.gifts.Show(ctx, h.Gifts)
	if err != nil {
		return a, err
	}
	for _, g := range gs {
		a.Gifts = append(a.Gifts, Portion{g.ID, g.Promised})
	}
	return a, nil
}

// Sure gives the lines whose best suggestion has at least a score, of one statement or of all.
func (s *Statements) Sure(ctx context.Context, statement string, least int64) ([]string, error) {
	ids, err := sureLines(ctx, s.db, statement, max(least, SureScore-10), MaxBulk)
	return ids, db.Fault(err)
}

// Undo takes a match back while none of its gifts is confirmed: the gifts wait again, and so do the lines.
func (s *Statements) Undo(ctx context.Context, who access.Actor, match, why string) error {
	if err := reasoned("why", why); err != nil {
		return err
	}
	act := audit.Act{Actor: who, Need: WorkPerm, Verb: "bank.undo", Subject: match, Key: "bank.undo/" + match, Input: match}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		gifts, err := s.dissolve(ctx, tx, who, match, why)
		if err != nil {
			return err
		}
		return s.gifts.RejectIn(ctx, tx, who, gifts, why)
	})
}

// dissolve ends a match and gives its gifts.
func (s *Statements) dissolve(ctx context.Context, tx *audit.Tx, who access.Actor, match, why string) ([]string, error) {
	m, err := findMatch(ctx, tx, match)
	if err != nil {
		return nil, db.Fault(err)
	}
	hs, err := listShares(ctx, tx, match)
	if err != nil {
		return nil, err
	}
	ls, err := linesOfMatch(ctx, tx, match)
	if err != nil {
		return nil, err
	}
	m.State, m.UndoneBy, m.UndoneName, m.UndoneAt, m.Why = "undone", who.ID, who.Name, &tx.Now, why
	if n, err := endMatch(ctx, tx, m); err != nil {
		return nil, err
	} else if n != 1 {
		return nil, fault.New(fault.Conflict, "bank.undone")
	}
	ids, to := make([]string, 0, len(ls)), Open
	for _, l := range ls {
		ids = append(ids, l.ID)
	}
	if m.Pool {
		to = Pool
	}
	n, err := moveLines(ctx, tx, ids, Matched, &Line{State: to, DecidedBy: who.ID, DecidedName: who.Name, DecidedAt: &tx.Now})
	if err != nil {
		return nil, err
	}
	if n != int64(len(ids)) {
		return nil, fault.New(fault.Conflict, "db.changed")
	}
	gifts := make([]string, 0, len(hs))
	for _, h := range hs {
		gifts = append(gifts, h.Gift)
	}
	tx.Public("match", match)
	tx.Public("match_lines", len(ids))
	return gifts, nil
}

// Rejected hears inside its act that the desk of donations has taken an arrival back: a match that brought it ends with it, and
// so do the other gifts of the match, which cannot have the money alone. It is not asked for anybody's permission: the act was.
func (s *Statements) Rejected(ctx context.Context, tx *audit.Tx, who access.Actor, gift, why string) error {
	m, err := matchOfGift(ctx, tx, gift)
	if err := db.Fault(err); fault.KindOf(err) == fault.NotFound && err != nil {
		return nil
	} else if err != nil {
		return err
	}
	gifts, err := s.dissolve(ctx, tx, who, m.ID, why)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(gifts, func(g string) bool { return g == gift })
	if len(others) == 0 {
		return nil
	}
	if err := s.gifts.RejectIn(ctx, tx, who, others, why); fault.CodeOf(err) == "donations.not_waiting" {
		return fault.New(fault.Conflict, "bank.part_confirmed")
	} else if err != nil {
		return err
	}
	return nil
}

const maxReason = 200

func reasoned(field, s string) error {
	if n := len([]rune(s)); n < 2 || n > maxReason {
		return invalid(field, "bank.reason", maxReason)
	}
	return nil
}
