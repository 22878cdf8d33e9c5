package goods

import (
	"context"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"care/media"
	"care/modules/audit"
	"care/modules/documents"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
	"care/server/money"
	"care/templates/pdf"
)

// Changing is a change of the stock as it is asked for.
type Changing struct {
	Kind    string
	Gift    string // that goes back to its donor: its lines are all that was taken into store
	Dest    string // warehouse of a move
	Why     string
	Amount  money.Fen // that a sale brought
	BankRef string
	Day     clock.Day
	Lines   []Piece
}

// Piece is one batch in one warehouse: what shall leave it, or what a stock-taking found there.
type Piece struct{ Batch, Warehouse, Qty string }

func changeRef(id string) string { return "change/" + id }

// changeSubject names a change to its files.
func changeSubject(id string) string { return "goods-change/" + id }

// Decider is the permission to decide a change: what the foundation loses, sells or gives back is not decided in the store.
func Decider(kind string) access.Perm {
	if kind == Shift || kind == Take {
		return CheckPerm
	}
	return ApprovePerm
}

// AskChange notes a change of the stock. Nothing moves before another person has decided.
func (s *Goods) AskChange(ctx context.Context, who access.Actor, in Changing, photos []media.Stored, key string) (*Change, error) {
	var ch *Change
	act := audit.Act{Actor: who, Need: IssuePerm, Verb: "goods.change", Key: "goods.change/" + key, Input: []any{in, photos}}
	err := s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		r := in
		var c fault.Checks
		r.clean(&c, tx.Today(), len(photos), s.papers)
		ch = &Change{ID: newID(), Code: documents.NewCode(8), Kind: r.Kind, State: Asked, Gift: r.Gift, Dest: r.Dest, Why: r.Why, Amount: r.Amount, BankRef: r.BankRef, Day: r.Day, MadeBy: who.ID, MadeName: who.Name, MadeAt: tx.Now}
		var lines []ChangeLine
		var err error
		if r.Kind == GiveBack {
			lines, err = s.wholeGift(ctx, tx, r.Gift)
		} else {
			lines, err = readLines(ctx, tx, &c, r)
		}
		if err != nil {
			return err
		}
		if err := c.Err(); err != nil {
			return err
		}
		for i := range lines {
			lines[i].ID, lines[i].Change, lines[i].N = newID(), ch.ID, int64(i+1)
		}
		tx.Subject(ch.ID)
		tx.Public("code", ch.Code)
		tx.Public("kind", ch.Kind)
		tx.Public("lines", len(lines))
		tx.Public("fen", ch.Amount)
		if err := insert(ctx, tx, ch); err != nil {
			return err
		}
		if err := insert(ctx, tx, &lines); err != nil {
			return err
		}
		_, err = s.archive.Attach(ctx, tx, who, changeSubject(ch.ID), "change", photos...)
		return err
	})
	return ch, err
}

// clean checks what is not about the lines, and empties what does not belong to the kind.
func (r *Changing) clean(c *fault.Checks, today clock.Day, photos int, fonts Printable) {
	known := r.Kind == Shift || r.Kind == Loss || r.Kind == Sale || r.Kind == GiveBack || r.Kind == Take
	c.Need(known, "kind", "goods.change_kind")
	n := utf8.RuneCountInString(r.Why)
	c.Need(n >= 2 && n <= maxText, "why", "goods.why", maxText)
	if r.Kind == Shift {
		line(c, &r.Dest, "dest", maxName, true, fonts)
	} else {
		r.Dest = ""
	}
	if r.Kind != Sale {
		r.Amount, r.BankRef, r.Day = 0, "", ""
	} else {
		c.Need(r.Amount > 0 && r.Amount <= maxFen, "amount", "goods.total")
		c.Need(r.BankRef != "" && utf8.RuneCountInString(r.BankRef) <= 64, "bank_ref", "goods.bank_ref")
		c.Need(r.Day != "" && r.Day <= today, "day", "goods.paid_on")
	}
	if r.Kind != GiveBack {
		r.Gift = ""
	}
	c.Need(r.Kind != Loss || photos > 0, "photo", "goods.need_photo")
}

// readLines reads the lines of a change against what lies in the warehouses now.
func readLines(ctx context.Context, tx *audit.Tx, c *fault.Checks, r Changing) ([]ChangeLine, error) {
	c.Need(len(r.Lines) > 0, "lines", "goods.change_empty")
	c.Need(len(r.Lines) <= maxLines, "lines", "goods.change_many", maxLines)
	if len(r.Lines) == 0 || len(r.Lines) > maxLines {
		return nil, nil
	}
	ids := map[string]bool{}
	for _, x := range r.Lines {
		ids[x.Batch] = true
	}
	bs, err := findBatches(ctx, tx, sortedKeys(ids))
	if err != nil {
		return nil, err
	}
	there, err := stocksOf(ctx, tx, sortedKeys(ids))
	if err != nil {
		return nil, err
	}
	seen, fund := map[place]bool{}, ""
	var out []ChangeLine
	for i, x := range r.Lines {
		at := strconv.Itoa(i) + "."
		p := place{x.Batch, x.Warehouse}
		b, found := bs[x.Batch]
		book, lies := there[p]
		if !found || !lies || seen[p] {
			c.Add(at+"qty", "goods.need_batch")
			continue
		}
		seen[p] = true
		c.Need(r.Kind != Sale || fund == "" || fund == b.Fund, at+"qty", "goods.one_fund")
		fund = b.Fund
		qty, ok := ParseQty(x.Qty, b.Scale)
		if r.Kind == Take {
			c.Need(ok, at+"qty", "goods.counted")
		} else {
			c.Need(ok && qty > 0, at+"qty", "goods.qty")
			c.Need(!ok || qty <= book, at+"qty", "goods.short", b.Name)
		}
		c.Need(r.Kind != Shift || r.Dest != x.Warehouse, "dest", "goods.same_place")
		out = append(out, ChangeLine{Batch: x.Batch, Warehouse: x.Warehouse, Qty: qty, Book: book})
	}
	return out, nil
}

// wholeGift gives the lines of everything of a gift. What has partly gone out cannot go back: its receipt would be half true.
func (s *Goods) wholeGift(ctx context.Context, tx *audit.Tx, gift string) ([]ChangeLine, error) {
	g, err := findGift(ctx, tx, gift)
	if err != nil {
		return nil, db.Fault(err)
	}
	if g.State != Stocked {
		return nil, fault.New(fault.Conflict, "goods.not_stocked")
	}
	used, err := usedBatches(ctx, tx, gift)
	if err != nil {
		return nil, err
	}
	if used > 0 {
		return nil, fault.New(fault.Conflict, "goods.used")
	}
	bs, err := listBatches(ctx, tx, gift)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, b := range bs {
		ids = append(ids, b.ID)
	}
	there, err := stocksOf(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	var out []ChangeLine
	for _, b := range bs {
		for _, w := range warehousesOf(there, b.ID) {
			out = append(out, ChangeLine{Batch: b.ID, Warehouse: w, Qty: there[place{b.ID, w}], Book: there[place{b.ID, w}]})
		}
	}
	return out, nil
}

// Decide does or declines a change as the second person.
func (s *Goods) Decide(ctx context.Context, who access.Actor, change string, do bool, remark, key string) error {
	ch, err := findChange(ctx, s.db, change)
	if err != nil {
		return db.Fault(err)
	}
	act := audit.Act{Actor: who, Need: Decider(ch.Kind), Verb: "goods.decide", Subject: change, Key: "goods.decide/" + key, Input: []any{change, do, remark}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		ch, err := findChange(ctx, tx, change)
		if err != nil {
			return db.Fault(err)
		}
		if err := who.NotEarlier("goods.same_person", ch.MadeBy); err != nil {
			return err
		}
		var c fault.Checks
		n := utf8.RuneCountInString(remark)
		c.Need(n <= maxText && (do || n >= 2), "remark", "goods.why", maxText)
		if err := c.Err(); err != nil {
			return err
		}
		ch.State, ch.DecidedBy, ch.DecidedName, ch.DecidedAt, ch.Remark = Declined, who.ID, who.Name, &tx.Now, remark
		if do {
			ch.State = Done
		}
		k, err := decideChange(ctx, tx, ch)
		if err := must1(k, err, "goods.not_asked"); err != nil {
			return err
		}
		tx.Public("code", ch.Code)
		tx.Public("state", ch.State)
		if !do {
			return nil
		}
		return s.perform(ctx, tx, who, ch)
	})
}

// perform moves the goods of a change, and the books with them.
func (s *Goods) perform(ctx context.Context, tx *audit.Tx, who access.Actor, ch *Change) error {
	lines, err := listChangeLines(ctx, tx, ch.ID)
	if err != nil {
		return err
	}
	ids := map[string]bool{}
	for _, l := range lines {
		ids[l.Batch] = true
	}
	bs, err := findBatches(ctx, tx, sortedKeys(ids))
	if err != nil {
		return err
	}
	gone := map[string]money.Fen{} // by fund
	for _, l := range lines {      // ordered by batch and warehouse
		b := bs[l.Batch]
		var value money.Fen
		switch {
		case ch.Kind == Shift:
			err = s.shift(ctx, tx, ch, l, b, who)
		case ch.Kind != Take:
			value, err = s.takeOut(ctx, tx, ch.Kind, changeRef(ch.ID), l.Warehouse, l.Qty, b, who)
		default:
			value, err = s.settle(ctx, tx, ch, l, b, who)
		}
		if err != nil {
			return err
		}
		gone[b.Fund] += value
	}
	if ch.Kind == GiveBack {
		if err := s.sendBack(ctx, tx, ch, who); err != nil {
			return err
		}
	}
	return s.bookChange(ctx, tx, ch, gone)
}

// takeOut lets goods leave a warehouse for good and gives the value that went with them.
func (s *Goods) takeOut(ctx context.Context, tx *audit.Tx, kind, ref, warehouse string, qty int64, b Batch, who access.Actor) (money.Fen, error) {
	was, enough, err := takeBatch(ctx, tx, b.ID, qty)
	if err != nil {
		return 0, err
	}
	if !enough {
		return 0, fault.New(fault.Conflict, "goods.short", b.Name)
	}
	value := share(was.Value, qty, was.Qty)
	if err := changeBatch(ctx, tx, b.ID, 0, -value); err != nil {
		return 0, err
	}
	n, err := takeStock(ctx, tx, b.ID, warehouse, qty)
	if err != nil {
		return 0, err
	}
	if n != 1 {
		return 0, fault.New(fault.Conflict, "goods.short", b.Name)
	}
	return value, insert(ctx, tx, &Move{ID: newID(), Batch: b.ID, Kind: kind, Source: warehouse, Qty: qty, Value: value, Ref: ref, Day: tx.Today(), At: tx.Now, MadeBy: who.ID})
}

// shift carries goods from one warehouse to another: quantity and value of the batch stay.
func (s *Goods) shift(ctx context.Context, tx *audit.Tx, ch *Change, l ChangeLine, b Batch, who access.Actor) error {
	n, err := takeStock(ctx, tx, b.ID, l.Warehouse, l.Qty)
	if err != nil {
		return err
	}
	if n != 1 {
		return fault.New(fault.Conflict, "goods.short", b.Name)
	}
	if err := putStock(ctx, tx, b.ID, ch.Dest, l.Qty); err != nil {
		return err
	}
	return insert(ctx, tx, &Move{ID: newID(), Batch: b.ID, Kind: Shift, Source: l.Warehouse, Dest: ch.Dest, Qty: l.Qty, Ref: changeRef(ch.ID), Day: tx.Today(), At: tx.Now, MadeBy: who.ID})
}

// settle makes the books say what a stock-taking found. Goods that moved since the count make the count worthless.
// What is found in addition has no value of its own: the value of its batch is shared by more pieces.
func (s *Goods) settle(ctx context.Context, tx *audit.Tx, ch *Change, l ChangeLine, b Batch, who access.Actor) (money.Fen, error) {
	n, err := holdStock(ctx, tx, b.ID, l.Warehouse, l.Book)
	if err := must1(n, err, "goods.stale"); err != nil {
		return 0, err
	}
	switch {
	case l.Qty < l.Book:
		return s.takeOut(ctx, tx, "short", changeRef(ch.ID), l.Warehouse, l.Book-l.Qty, b, who)
	case l.Qty > l.Book:
		more := l.Qty - l.Book
		if err := changeBatch(ctx, tx, b.ID, more, 0); err != nil {
			return 0, err
		}
		if err := putStock(ctx, tx, b.ID, l.Warehouse, more); err != nil {
			return 0, err
		}
		return 0, insert(ctx, tx, &Move{ID: newID(), Batch: b.ID, Kind: "gain", Dest: l.Warehouse, Qty: more, Ref: changeRef(ch.ID), Day: tx.Today(), At: tx.Now, MadeBy: who.ID})
	}
	return 0, nil
}

// sendBack ends a gift that goes back to its donor: its receipt is reversed by a red-letter one.
func (s *Goods) sendBack(ctx context.Context, tx *audit.Tx, ch *Change, who access.Actor) error {
	used, err := usedBatches(ctx, tx, ch.Gift)
	if err != nil {
		return err
	}
	g, err := findGift(ctx, tx, ch.Gift)
	if err != nil {
		return db.Fault(err)
	}
	if used > 0 { // goods left or were found between the asking and the decision
		return fault.New(fault.Conflict, "goods.used")
	}
	n, err := returnGift(ctx, tx, g.ID)
	if err := must1(n, err, "goods.not_stocked"); err != nil {
		return err
	}
	var made error // Make cannot fail, so what it meets is looked at afterwards
	red, err := s.papers.Reverse(ctx, tx, g.Receipt, ch.Why, func(old documents.Document, number, code, url string) any {
		var r pdf.InKind
		data, err := s.papers.Data(&old)
		if err == nil {
			err = json.Unmarshal([]byte(data), &r)
		}
		made = err
		r.Reverses, r.Number, r.VerifyCode, r.VerifyURL = r.Number, number, code, url
		r.RedLetter, r.Reason, r.TotalFen, r.IssuedOn = true, ch.Why, -r.TotalFen, pdf.Day(tx.Today())
		for i := range r.Items {
			r.Items[i].Quantity, r.Items[i].TotalFen = "-"+r.Items[i].Quantity, -r.Items[i].TotalFen
		}
		r.Handler, r.Checker = ch.MadeName, who.Name
		return r
	})
	if err != nil {
		return err
	}
	tx.Public("number", red.Number)
	tx.Public("reverses", g.Number)
	return made
}

// Change gives one change of the stock.
func (s *Goods) Change(ctx context.Context, id string) (*Change, error) {
	ch, err := findChange(ctx, s.db, id)
	return ch, db.Fault(err)
}
