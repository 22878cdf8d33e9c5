package bank

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"care/server/access"
	"care/server/db"
	"care/server/money"
)

func cut(what string) (kind, id string) {
	kind, id, _ = strings.Cut(what, "/")
	return kind, id
}

// Filter narrows a list of lines; empty fields do not narrow.
type Filter struct {
	Statement string
	Tab       string
	Q         string // amount, transfer code, the bank's serial, a payer's whole name, or a word of the remark
}

func (s *Statements) understand(f Filter) found {
	out := found{statement: f.Statement, tab: f.Tab}
	q := strings.TrimSpace(f.Q)
	if q == "" {
		return out
	}
	if code, ok := s.gifts.ReadCode(q); ok {
		out.code = code
		return out
	}
	if a, err := money.Parse(q); err == nil && a > 0 && len(q) < 12 {
		out.amount = a
		return out
	}
	out.payer, out.ref, out.text = s.gifts.NameIndex(q), strings.ToUpper(strings.Join(strings.Fields(q), "")), "%"+db.Like(q)+"%"
	return out
}

// Lines lists lines, the newest first; suggested ones by their score.
func (s *Statements) Lines(ctx context.Context, f Filter, after string, size int) (db.Page[Line], error) {
	score, id, _ := strings.Cut(after, ".")
	n, err := strconv.ParseInt(score, 10, 64)
	if err != nil {
		n, id = 0, ""
	}
	ls, err := listLines(ctx, s.db, s.understand(f), n, id, size+1)
	return db.Cut(ls, size, func(l Line) string { return fmt.Sprintf("%d.%s", l.Score, l.ID) }), db.Fault(err)
}

// Tallies gives how many lines each tab holds, of one statement or of all.
func (s *Statements) Tallies(ctx context.Context, statement string) (map[string]tally, error) {
	ts, err := countLines(ctx, s.db, statement)
	m := make(map[string]tally, len(ts))
	for _, t := range ts {
		m[t.Tab] = t
	}
	return m, db.Fault(err)
}

// Offer is a suggestion with its gifts.
type Offer struct {
	Hint
	Gifts []Gift
}

// Offers gives the suggestions of lines as far as their gifts still wait.
func (s *Statements) Offers(ctx context.Context, ls []Line) (map[string][]Offer, error) {
	var ids []string
	hints := make(map[string][]Hint, len(ls))
	for i := range ls {
		hs, err := ls[i].HintsOf()
		if err != nil {
			return nil, err
		}
		hints[ls[i].ID] = hs
		for _, h := range hs {
			ids = append(ids, h.Gifts...)
		}
	}
	slices.Sort(ids)
	gs, err := s.gifts.Show(ctx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	byID := make(map[string]Gift, len(gs))
	for _, g := range gs {
		byID[g.ID] = g
	}
	out := make(map[string][]Offer, len(ls))
	for id, hs := range hints {
	next:
		for _, h := range hs {
			o := Offer{Hint: h}
			for _, g := range h.Gifts {
				x, ok := byID[g]
				if !ok || !x.Waits {
					continue next
				}
				o.Gifts = append(o.Gifts, x)
			}
			out[id] = append(out[id], o)
		}
	}
	return out, nil
}

// Whole is a line with what belongs to it.
type Whole struct {
	Line
	Offers []Offer
	Match  *Match
	Shares []Share
	Gifts  map[string]Gift // of the match
	Lines  []Line          // of the match
	Mates  []Line          // that may belong together with it
}

// Line gives one line with everything about it but the sealed details.
func (s *Statements) Line(ctx context.Context, id string) (*Whole, error) {
	l, err := findLine(ctx, s.db, id)
	if err != nil {
		return nil, db.Fault(err)
	}
	w := &Whole{Line: *l, Gifts: map[string]Gift{}}
	if l.State == Open || l.State == Pool {
		os, err := s.Offers(ctx, []Line{*l})
		if err != nil {
			return nil, err
		}
		w.Offers = os[l.ID]
		if w.Mates, err = mates(ctx, s.db, l, 20); err != nil {
			return nil, db.Fault(err)
		}
	}
	if l.Match == "" {
		return w, nil
	}
	if w.Match, err = findMatch(ctx, s.db, l.Match); err != nil {
		return nil, db.Fault(err)
	}
	if w.Shares, err = listShares(ctx, s.db, l.Match); err != nil {
		return nil, db.Fault(err)
	}
	if w.Lines, err = linesOfMatch(ctx, s.db, l.Match); err != nil {
		return nil, db.Fault(err)
	}
	var ids []string
	for _, h := range w.Shares {
		ids = append(ids, h.Gift)
	}
	gs, err := s.gifts.Show(ctx, ids)
	for _, g := range gs {
		w.Gifts[g.ID] = g
	}
	return w, err
}

// FindGifts finds gifts that wait for their money, for a line that no suggestion fits.
func (s *Statements) FindGifts(ctx context.Context, q string) ([]Gift, error) {
	const most = 12
	if strings.TrimSpace(q) == "" {
		return nil, nil
	}
	return s.gifts.FindDue(ctx, q, most)
}

// ShowGifts gives gifts by id.
func (s *Statements) ShowGifts(ctx context.Context, ids []string) ([]Gift, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return s.gifts.Show(ctx, ids)
}

// LinesOf gives lines by id.
func (s *Statements) LinesOf(ctx context.Context, ids []string) ([]Line, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	ls, err := findLines(ctx, s.db, ids)
	return ls, db.Fault(err)
}

// revealReasons are why somebody may read the sealed details of a line.
var revealReasons = [...]string{"identify", "return", "audit"}

// Reveal opens what a line says about the other party, and records who read it and why.
func (s *Statements) Reveal(ctx context.Context, who access.Actor, id, why string) (Details, error) {
	if !slices.Contains(revealReasons[:], why) {
		return Details{}, invalid("why", "bank.need_why")
	}
	l, err := findLine(ctx, s.db, id)
	if err != nil {
		return Details{}, db.Fault(err)
	}
	if err := s.trail.Saw(ctx, who, RevealPerm, l.ID, "details", why); err != nil {
		return Details{}, err
	}
	return s.details(l)
}
