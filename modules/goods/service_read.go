package goods

import (
	"context"
	"strings"

	"care/media"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/ident"
	"care/server/money"
)

// soonDays is how long before its end a batch is shown as one that must go out.
const soonDays = 60

// Today is the present day of the desk.
func (s *Goods) Today() clock.Day { return clock.DayOf(s.trail.Now()()) }

// Row is one gift of the desk's list. The name is masked.
type Row struct {
	Gift
	Masked, What string
}

// describe names things with their quantities: 棉被 200 床、大米 500 千克.
func describe(is []Item) string {
	var out []string
	for _, i := range is {
		n := i.Declared
		if i.Accepted != nil && *i.Accepted > 0 {
			n = *i.Accepted
		}
		out = append(out, i.Name+" "+FormatQty(n, i.Scale)+" "+i.Unit)
	}
	return strings.Join(out, words["goods.comma"])
}

func byGift(is []Item) map[string][]Item {
	m := map[string][]Item{}
	for _, i := range is {
		m[i.Gift] = append(m[i.Gift], i)
	}
	return m
}

// List lists gifts, newest first.
func (s *Goods) List(ctx context.Context, f Filter, before string, size int) (db.Page[Row], error) {
	look := found{q: f.Q}
	if f.Q != "" {
		look.name = s.box.Index("goods_gifts.name", foldName(f.Q))
		if p, err := ident.Phone(f.Q); err == nil {
			look.phone = s.box.Index("goods_gifts.phone", p)
		}
	}
	gs, err := listGifts(ctx, s.db, f.State, look, before, size+1)
	if err != nil {
		return db.Page[Row]{}, db.Fault(err)
	}
	page := db.Cut(gs, size, func(g Gift) string { return g.ID })
	ids := make([]string, 0, len(page.Rows))
	for _, g := range page.Rows {
		ids = append(ids, g.ID)
	}
	is, err := itemsOf(ctx, s.db, ids)
	if err != nil {
		return db.Page[Row]{}, db.Fault(err)
	}
	things := byGift(is)
	out := db.Page[Row]{Next: page.Next}
	for _, g := range page.Rows {
		name, err := s.masked(&g)
		if err != nil {
			return out, err
		}
		out.Rows = append(out.Rows, Row{g, name, describe(things[g.ID])})
	}
	return out, nil
}

// masked gives a donor's name as the desk sees it in lists: bodies in full, people with stars.
func (s *Goods) masked(g *Gift) (string, error) {
	name, err := s.box.Open("goods_gifts.name", g.ID, g.Name)
	if err != nil || g.Donor == Body {
		return name, err
	}
	return ident.MaskName(name), nil
}

// Plain is the private part of a gift.
type Plain struct{ Name, Phone, IDNo string }

// open opens the private columns of a gift without a note; the caller masks them or notes it.
func (s *Goods) open(g *Gift) (p Plain, err error) {
	if p.Name, err = s.box.Open("goods_gifts.name", g.ID, g.Name); err != nil {
		return p, err
	}
	if p.Phone, err = s.box.Open("goods_gifts.phone", g.ID, g.Phone); err != nil {
		return p, err
	}
	p.IDNo, err = s.box.Open("goods_gifts.idno", g.ID, g.IDNo)
	return p, err
}

// reasons for which a donor's data may be opened.
var reasons = []string{"contact", "receipt", "check", "complaint"}

// Reveal opens the private columns of a gift and notes who looked and why.
func (s *Goods) Reveal(ctx context.Context, who access.Actor, id, why string) (Plain, error) {
	var c fault.Checks
	c.Need(words["goods.reveal."+why] != "", "why", "goods.reveal_why")
	if err := c.Err(); err != nil {
		return Plain{}, err
	}
	g, err := s.Gift(ctx, id)
	if err != nil {
		return Plain{}, err
	}
	if err := s.trail.Saw(ctx, who, RevealPerm, id, "goods.donor", why); err != nil {
		return Plain{}, err
	}
	return s.open(g)
}

// Counts counts the gifts that somebody must do something about.
func (s *Goods) Counts(ctx context.Context) (map[State]int, error) {
	cs, err := countStates(ctx, s.db)
	m := map[State]int{}
	for _, c := range cs {
		m[c.State] = c.N
	}
	return m, db.Fault(err)
}

// RollEntry is one line of the public roll of gifts in kind.
type RollEntry struct {
	RollRow
	What string
}

// Roll lists gifts that were taken into store, newest first, as the public may see them.
func (s *Goods) Roll(ctx context.Context, before string, size int) (db.Page[RollEntry], error) {
	rs, err := listRoll(ctx, s.db, before, size+1)
	if err != nil {
		return db.Page[RollEntry]{}, db.Fault(err)
	}
	page := db.Cut(rs, size, func(r RollRow) string { return r.Roll })
	ids := make([]string, 0, len(page.Rows))
	for _, r := range page.Rows {
		ids = append(ids, r.ID)
	}
	is, err := itemsOf(ctx, s.db, ids)
	if err != nil {
		return db.Page[RollEntry]{}, db.Fault(err)
	}
	var kept []Item
	for _, i := range is {
		if i.Accepted != nil && *i.Accepted > 0 {
			kept = append(kept, i)
		}
	}
	things := byGift(kept)
	out := db.Page[RollEntry]{Next: page.Next}
	for _, r := range page.Rows {
		out.Rows = append(out.Rows, RollEntry{r, describe(things[r.ID])})
	}
	return out, nil
}

// Given is a closed list as the public sees it.
type Given struct {
	GivenRow
	What string
}

// GivenOut lists what was given out last.
func (s *Goods) GivenOut(ctx context.Context, size int) ([]Given, error) {
	rs, err := listGiven(ctx, s.db, size)
	if err != nil {
		return nil, db.Fault(err)
	}
	ids := make([]string, 0, len(rs))
	for _, r := range rs {
		ids = append(ids, r.ID)
	}
	gs, err := givenOf(ctx, s.db, ids)
	if err != nil {
		return nil, db.Fault(err)
	}
	what := map[string][]string{}
	for _, g := range gs {
		what[g.List] = append(what[g.List], g.Name+" "+FormatQty(g.Qty, g.Scale)+" "+g.Unit)
	}
	var out []Given
	for _, r := range rs {
		if len(what[r.ID]) > 0 {
			out = append(out, Given{r, strings.Join(what[r.ID], words["goods.comma"])})
		}
	}
	return out, nil
}

// Share is the value of what lies here.
func (r StockRow) Share() money.Fen { return share(r.Value, r.Qty, r.Whole) }

// Amount writes the quantity with its unit.
func (r StockRow) Amount() string { return FormatQty(r.Qty, r.Scale) + " " + r.Unit }

// StockList lists what lies in the warehouses; what ends first comes first.
func (s *Goods) StockList(ctx context.Context, f StockFilter, after string, size int) (db.Page[StockRow], error) {
	var at [3]string
	copy(at[:], strings.SplitN(after, "|", 3))
	rs, err := listStock(ctx, s.db, f, at, size+1)
	return db.Cut(rs, size, func(r StockRow) string { return r.Due + "|" + r.Batch + "|" + r.Warehouse }), db.Fault(err)
}

// Warehouses lists the warehouses that ever held anything.
func (s *Goods) Warehouses(ctx context.Context) ([]string, error) {
	ws, err := listWarehouses(ctx, s.db)
	return ws, db.Fault(err)
}

// Expiring counts batches past their end, and those that come to it soon.
func (s *Goods) Expiring(ctx context.Context) (over, soon int, err error) {
	over, soon, err = countExpiring(ctx, s.db, s.Today(), s.Today().Add(soonDays))
	return over, soon, db.Fault(err)
}

// CardLine is one move of a batch with what was left after it.
type CardLine struct {
	Move
	Left  int64
	Value money.Fen
}

// Card is the stock card of a batch: every move, and what lies where.
type Card struct {
	Batch Batch
	Item  Item
	Gift  Gift
	Lines []CardLine
	Here  []StockRow
}

// cardMost is the number of moves that one card shows.
const cardMost = 2000

// CardOf gives the stock card of a batch.
func (s *Goods) CardOf(ctx context.Context, batch string) (*Card, error) {
	bs, err := findBatches(ctx, s.db, []string{batch})
	if err != nil {
		return nil, db.Fault(err)
	}
	b, ok := bs[batch]
	if !ok {
		return nil, fault.New(fault.NotFound, "db.not_found")
	}
	c := &Card{Batch: b}
	i, err := findItem(ctx, s.db, b.Item)
	if err != nil {
		return nil, db.Fault(err)
	}
	g, err := findGift(ctx, s.db, b.Gift)
	if err != nil {
		return nil, db.Fault(err)
	}
	c.Item, c.Gift = *i, *g
	ms, err := listBatchMoves(ctx, s.db, batch, cardMost)
	if err != nil {
		return nil, db.Fault(err)
	}
	var left int64
	var value money.Fen
	for _, m := range ms {
		if m.Dest != "" {
			left, value = left+m.Qty, value+m.Value
		}
		if m.Source != "" {
			left, value = left-m.Qty, value-m.Value
		}
		c.Lines = append(c.Lines, CardLine{m, left, value})
	}
	here, err := listStock(ctx, s.db, StockFilter{Batch: batch}, [3]string{}, 500)
	c.Here = here
	return c, db.Fault(err)
}

// Lists lists the lists of goods that are given out, newest first.
func (s *Goods) Lists(ctx context.Context, state, before string, size int) (db.Page[List], error) {
	ls, err := listLists(ctx, s.db, state, before, size+1)
	return db.Cut(ls, size, func(l List) string { return l.ID }), db.Fault(err)
}

// Receiving is one line of a list with its private columns opened; the caller masks them or notes it.
type Receiving struct {
	Line
	Person, Identity string
	What             Batch
}

func (s *Goods) receiving(ctx context.Context, list string) ([]Receiving, error) {
	ls, err := listLines(ctx, s.db, list)
	if err != nil {
		return nil, db.Fault(err)
	}
	ids := map[string]bool{}
	for _, l := range ls {
		ids[l.Batch] = true
	}
	if len(ids) == 0 {
		return nil, nil
	}
	bs, err := findBatches(ctx, s.db, sortedKeys(ids))
	if err != nil {
		return nil, db.Fault(err)
	}
	out := make([]Receiving, 0, len(ls))
	for _, l := range ls {
		x := Receiving{Line: l, What: bs[l.Batch]}
		if x.Person, err = s.box.Open("goods_lines.name", l.ID, l.Name); err != nil {
			return nil, err
		}
		if x.Identity, err = s.box.Open("goods_lines.idno", l.ID, l.IDNo); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

// Changes lists changes of the stock, newest first.
func (s *Goods) Changes(ctx context.Context, kind, state, before string, size int) (db.Page[Change], error) {
	cs, err := listChanges(ctx, s.db, kind, state, before, size+1)
	return db.Cut(cs, size, func(c Change) string { return c.ID }), db.Fault(err)
}

// ChangeRow is one line of a change with its batch.
type ChangeRow struct {
	ChangeLine
	What Batch
}

// ChangeLines lists the lines of a change.
func (s *Goods) ChangeLines(ctx context.Context, change string) ([]ChangeRow, error) {
	ls, err := listChangeLines(ctx, s.db, change)
	if err != nil || len(ls) == 0 {
		return nil, db.Fault(err)
	}
	ids := map[string]bool{}
	for _, l := range ls {
		ids[l.Batch] = true
	}
	bs, err := findBatches(ctx, s.db, sortedKeys(ids))
	if err != nil {
		return nil, db.Fault(err)
	}
	var out []ChangeRow
	for _, l := range ls {
		out = append(out, ChangeRow{l, bs[l.Batch]})
	}
	return out, nil
}

// file gives a file of a subject of the goods desk; one of anything else is not found.
func (s *Goods) file(ctx context.Context, subject, id string) (*media.File, error) {
	f, err := s.archive.File(ctx, id)
	if err != nil {
		return nil, err
	}
	if f.Subject != subject || f.RemovedAt != nil {
		return nil, fault.New(fault.NotFound, "media.not_found")
	}
	return f, nil
}
