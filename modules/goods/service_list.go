package goods

import (
	"context"
	"strconv"

	"care/media"
	"care/modules/audit"
	"care/modules/documents"
	"care/modules/ledger"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/ident"
	"care/server/money"
)

// Listing is a list of people who are to receive goods.
type Listing struct {
	Title, Place string
	Campaign     string // what it is for, "" for the general fund
	Warehouse    string
	HandsOn      clock.Day
	People       []Receiver
}

// Receiver is one line of a list.
type Receiver struct{ Name, IDNo, Place, Batch, Qty string }

func listRef(id string) string { return "list/" + id }

// listSubject names a list to its files.
func listSubject(id string) string { return "goods-list/" + id }

// MakeList notes who is to receive what. Nothing leaves the store before another person releases it.
func (s *Goods) MakeList(ctx context.Context, who access.Actor, in Listing, key string) (*List, error) {
	to, err := s.purposes.Purpose(ctx, in.Campaign)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	unknown := err != nil
	var l *List
	act := audit.Act{Actor: who, Need: IssuePerm, Verb: "goods.list", Key: "goods.list/" + key, Input: in}
	err = s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		r := in
		var c fault.Checks
		c.Need(!unknown, "campaign", "goods.purpose")
		line(&c, &r.Title, "title", maxName, true, s.papers)
		line(&c, &r.Place, "place", maxName, true, s.papers)
		line(&c, &r.Warehouse, "warehouse", maxName, true, s.papers)
		c.Need(r.HandsOn != "", "hands_on", "goods.hands_on")
		c.Need(len(r.People) > 0, "people", "goods.list_empty")
		c.Need(len(r.People) <= maxLines, "people", "goods.list_many", maxLines)
		if len(r.People) > maxLines {
			r.People = r.People[:maxLines]
		}
		ids := map[string]bool{}
		for _, p := range r.People {
			ids[p.Batch] = true
		}
		var bs map[string]Batch
		if len(ids) > 0 {
			if bs, err = findBatches(ctx, tx, sortedKeys(ids)); err != nil {
				return err
			}
		}
		l = &List{ID: newID(), Code: documents.NewCode(8), Title: r.Title, Place: r.Place, Campaign: to.ID, Project: to.Title, Fund: to.Fund, Warehouse: r.Warehouse, HandsOn: r.HandsOn, State: Draft, MadeBy: who.ID, MadeName: who.Name, MadeAt: tx.Now}
		ls := make([]Line, 0, len(r.People))
		seen := map[string]bool{}
		for i, p := range r.People {
			at := strconv.Itoa(i) + "."
			name, err := ident.Name(p.Name, maxPerson)
			if err != nil {
				c.Add(at+"name", "goods.person", maxPerson)
			} else if missing := s.papers.Missing(name); len(missing) > 0 {
				c.Add(at+"name", "goods.rare", string(missing))
			}
			idno := p.IDNo
			if idno != "" {
				idno, err = ident.Citizen(p.IDNo, tx.Today())
				c.Need(err == nil, at+"idno", "goods.idno")
				c.Need(!seen[idno+p.Batch], at+"idno", "goods.twice")
				seen[idno+p.Batch] = true
			}
			line(&c, &p.Place, at+"place", maxName, true, s.papers)
			b, found := bs[p.Batch]
			c.Need(found, at+"batch", "goods.need_batch")
			qty, ok := ParseQty(p.Qty, b.Scale)
			c.Need(ok && qty > 0, at+"qty", "goods.qty")
			c.Need(!found || unknown || !b.Restricted || b.Fund == to.Fund, at+"batch", "goods.bound", b.Name)
			c.Need(!found || !expired(b.ExpiresOn, r.HandsOn), at+"batch", "goods.list_expired", b.Name)
			x := Line{ID: newID(), List: l.ID, N: int64(i + 1), Place: p.Place, Batch: p.Batch, Qty: qty}
			x.Name, x.IDNo = s.box.Seal("goods_lines.name", x.ID, name), s.box.Seal("goods_lines.idno", x.ID, idno)
			ls = append(ls, x)
		}
		if err := c.Err(); err != nil {
			return err
		}
		tx.Subject(l.ID)
		tx.Public("code", l.Code)
		tx.Public("lines", len(ls))
		if err := insert(ctx, tx, l); err != nil {
			return err
		}
		return insert(ctx, tx, &ls)
	})
	return l, err
}

// Release lets the goods of a list leave the store, all or nothing. Who releases a list has not made it.
func (s *Goods) Release(ctx context.Context, who access.Actor, list, key string) error {
	act := audit.Act{Actor: who, Need: CheckPerm, Verb: "goods.release", Subject: list, Key: "goods.release/" + key, Input: list}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		l, err := findList(ctx, tx, list)
		if err != nil {
			return db.Fault(err)
		}
		if err := who.NotEarlier("goods.same_person", l.MadeBy); err != nil {
			return err
		}
		n, err := releaseList(ctx, tx, list, who.ID, who.Name)
		if err := must1(n, err, "goods.not_draft"); err != nil {
			return err
		}
		ls, err := listLines(ctx, tx, list)
		if err != nil {
			return err
		}
		want := map[string]int64{}
		for _, x := range ls {
			want[x.Batch] += x.Qty // at most maxLines × maxQty, within int64
		}
		bs, err := findBatches(ctx, tx, sortedKeys(want))
		if err != nil {
			return err
		}
		var fen money.Fen
		out := map[string]money.Fen{} // by fund
		// In the order of their ids: two lists cannot wait for each other.
		for _, id := range sortedKeys(want) {
			b, qty := bs[id], want[id]
			if b.Restricted && b.Fund != l.Fund {
				return fault.New(fault.Conflict, "goods.bound", b.Name)
			}
			if expired(b.ExpiresOn, tx.Today()) {
				return fault.New(fault.Conflict, "goods.list_expired", b.Name)
			}
			value, err := s.takeOut(ctx, tx, "out", listRef(list), l.Warehouse, qty, b, who)
			if err != nil {
				return err
			}
			out[b.Fund] += value
			fen += value
		}
		tx.Public("fen", fen)
		tx.Public("code", l.Code)
		return s.bookOut(ctx, tx, listSubject(list), "", out)
	})
}

// Close ends a list: got names the lines whose people received their goods, the rest comes back into store. sheets are
// photos of the list with the signatures; only a list that nobody received anything of needs none.
func (s *Goods) Close(ctx context.Context, who access.Actor, list string, got []string, sheets []media.Stored, key string) error {
	act := audit.Act{Actor: who, Need: IssuePerm, Verb: "goods.close", Subject: list, Key: "goods.close/" + key, Input: []any{list, got, sheets}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		l, err := findList(ctx, tx, list)
		if err != nil {
			return db.Fault(err)
		}
		var c fault.Checks
		c.Need(len(sheets) > 0 || len(got) == 0, "sheet", "goods.need_sheet")
		if err := c.Err(); err != nil {
			return err
		}
		n, err := closeList(ctx, tx, list, who.ID, who.Name, tx.Now)
		if err := must1(n, err, "goods.not_released"); err != nil {
			return err
		}
		ls, err := listLines(ctx, tx, list)
		if err != nil {
			return err
		}
		there, ticked := map[string]bool{}, map[string]bool{}
		for _, x := range ls {
			there[x.ID] = true
		}
		for _, id := range got {
			if !there[id] {
				return fault.New(fault.Conflict, "goods.unknown_line")
			}
			ticked[id] = true
		}
		if err := markLines(ctx, tx, list, sortedKeys(ticked)); err != nil {
			return err
		}
		back := map[string]int64{}
		for _, x := range ls {
			if !ticked[x.ID] {
				back[x.Batch] += x.Qty
			}
		}
		outs, err := listMoves(ctx, tx, "out", listRef(list))
		if err != nil {
			return err
		}
		out := map[string]bool{}
		for _, o := range outs {
			out[o.Batch] = true
		}
		bs, err := findBatches(ctx, tx, sortedKeys(out))
		if err != nil {
			return err
		}
		returned := map[string]money.Fen{} // by fund
		for _, o := range outs {           // ordered by batch
			qty := back[o.Batch]
			if qty == 0 {
				continue
			}
			value := share(o.Value, qty, o.Qty)
			returned[bs[o.Batch].Fund] += value
			if err := changeBatch(ctx, tx, o.Batch, qty, value); err != nil {
				return err
			}
			if err := putStock(ctx, tx, o.Batch, l.Warehouse, qty); err != nil {
				return err
			}
			if err := insert(ctx, tx, &Move{ID: newID(), Batch: o.Batch, Kind: "back", Dest: l.Warehouse, Qty: qty, Value: value, Ref: listRef(list), Day: tx.Today(), At: tx.Now, MadeBy: who.ID}); err != nil {
				return err
			}
		}
		tx.Public("received", len(ticked))
		tx.Public("lines", len(ls))
		if _, err = s.archive.Attach(ctx, tx, who, listSubject(list), "signed", sheets...); err != nil {
			return err
		}
		return s.bookBack(ctx, tx, ledger.StockOut, listSubject(list), words["goods.not_received"], returned)
	})
}

// VoidList ends a list before its goods leave the store.
func (s *Goods) VoidList(ctx context.Context, who access.Actor, list string) error {
	act := audit.Act{Actor: who, Need: IssuePerm, Verb: "goods.void", Subject: list, Key: "goods.void/" + list, Input: list}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		n, err := voidList(ctx, tx, list)
		return must1(n, err, "goods.not_draft")
	})
}

// ListOf gives one list.
func (s *Goods) ListOf(ctx context.Context, id string) (*List, error) {
	l, err := findList(ctx, s.db, id)
	return l, db.Fault(err)
}

// Lines lists the people of a list; names and numbers stay sealed.
func (s *Goods) Lines(ctx context.Context, list string) ([]Line, error) {
	ls, err := listLines(ctx, s.db, list)
	return ls, db.Fault(err)
}
