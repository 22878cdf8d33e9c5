// Package goods keeps true that gifts in kind are counted by two people before they are anybody's income, that what went out
// of a batch and what is left of it is what came in, and that goods given for a purpose are given out for that purpose only.
//
// A gift goes from registration to a count, a second signature, a value with its basis, a second person's check; the check
// takes it into store and orders its receipt in one transaction. Its receipts are numbered in the series of all donation
// receipts: donors and auditors then have one book without gaps, whatever was given.
package goods

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/google/uuid"

	"care/media"
	"care/modules"
	"care/modules/audit"
	"care/modules/documents"
	"care/modules/ledger"
	"care/server/access"
	"care/server/db"
	"care/server/fault"
	"care/server/ident"
	"care/server/money"
	"care/server/secret"
	"care/templates/pdf"
)

// Purposes knows what goods may be given for.
type Purposes interface {
	// Purpose gives the purpose of an id; "" is the general fund. NotFound says that nothing may be given for it now.
	Purpose(ctx context.Context, id string) (Purpose, error)
	// Purposes lists all of them, the general fund first.
	Purposes(ctx context.Context) ([]Purpose, error)
}

// Settings say who the foundation is.
type Settings struct {
	Org   pdf.Org
	Demo  bool
	Login func(ctx context.Context, login string) (access.Actor, error) // people of the demonstration; nil outside of it
}

// Goods is the desk of gifts in kind.
type Goods struct {
	db       *db.DB
	trail    *audit.Trail
	funds    *ledger.Ledger
	papers   *documents.Papers
	archive  *media.Archive
	box      *secret.Box
	purposes Purposes
	set      Settings
}

// New opens the desk.
func New(d *db.DB, trail *audit.Trail, funds *ledger.Ledger, papers *documents.Papers, archive *media.Archive, box *secret.Box, purposes Purposes, set Settings) *Goods {
	return &Goods{db: d, trail: trail, funds: funds, papers: papers, archive: archive, box: box, purposes: purposes, set: set}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func must1(n int64, err error, code string) error {
	if err == nil && n != 1 {
		return fault.New(fault.Conflict, code)
	}
	return err
}

// Register notes goods that came, as their donor declares them. What the donor hands to people himself is noted too; it is
// never accepted, no income and gets no receipt.
func (s *Goods) Register(ctx context.Context, who access.Actor, in Registering, key string) (*Gift, error) {
	to, err := s.purposes.Purpose(ctx, in.Campaign)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	unknown := err != nil || to.Over
	var g *Gift
	act := audit.Act{Actor: who, Need: RegisterPerm, Verb: "goods.register", Key: "goods.register/" + key, Input: in}
	err = s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		r := in
		var c fault.Checks
		is, err := r.clean(tx.Today(), s.papers)
		if err := c.Merge(err); err != nil {
			return err
		}
		c.Need(!unknown, "campaign", "goods.purpose")
		if err := c.Err(); err != nil {
			return err
		}
		g = &Gift{ID: newID(), Code: documents.NewCode(8), Donor: r.Donor, Shown: r.Shown, PublicName: publicName(r.Donor, r.Shown, r.Name), Campaign: to.ID, Project: to.Title, Fund: to.Fund,
			Restricted: to.Restricted, ArrivedOn: r.ArrivedOn, Warehouse: r.Warehouse, State: Waiting, MadeBy: who.ID, MadeName: who.Name, MadeAt: tx.Now}
		if r.Direct {
			g.State = Direct
		}
		s.seal(g, &r)
		for i := range is {
			is[i].ID, is[i].Gift = newID(), g.ID
		}
		tx.Subject(g.ID)
		tx.Public("code", g.Code)
		tx.Public("fund", g.Fund)
		tx.Public("items", len(is))
		tx.Private("name", r.Name)
		tx.Private("phone", r.Phone)
		tx.Private("idno", r.IDNo)
		if err := insert(ctx, tx, g); err != nil {
			return err
		}
		return insert(ctx, tx, &is)
	})
	return g, err
}

// seal fills the private columns of a gift.
func (s *Goods) seal(g *Gift, r *Registering) {
	g.Name, g.NameIndex = s.box.Seal("goods_gifts.name", g.ID, r.Name), s.box.Index("goods_gifts.name", foldName(r.Name))
	g.Phone, g.PhoneIndex = s.box.Seal("goods_gifts.phone", g.ID, r.Phone), s.box.Index("goods_gifts.phone", r.Phone)
	g.IDNo = s.box.Seal("goods_gifts.idno", g.ID, r.IDNo)
}

// Correct writes a registration again before anybody has counted its goods. What was written before stays in the record as a commitment.
func (s *Goods) Correct(ctx context.Context, who access.Actor, gift string, in Registering, key string) error {
	to, err := s.purposes.Purpose(ctx, in.Campaign)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	unknown := err != nil || to.Over
	act := audit.Act{Actor: who, Need: RegisterPerm, Verb: "goods.correct", Subject: gift, Key: "goods.correct/" + key, Input: []any{gift, in}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		g, err := findGift(ctx, tx, gift)
		if err != nil {
			return db.Fault(err)
		}
		r := in
		r.Direct = false
		var c fault.Checks
		is, err := r.clean(tx.Today(), s.papers)
		if err := c.Merge(err); err != nil {
			return err
		}
		c.Need(!unknown, "campaign", "goods.purpose")
		if err := c.Err(); err != nil {
			return err
		}
		g.Donor, g.Shown, g.PublicName = r.Donor, r.Shown, publicName(r.Donor, r.Shown, r.Name)
		g.Campaign, g.Project, g.Fund, g.Restricted, g.ArrivedOn, g.Warehouse = to.ID, to.Title, to.Fund, to.Restricted, r.ArrivedOn, r.Warehouse
		s.seal(g, &r)
		for i := range is {
			is[i].ID, is[i].Gift = newID(), g.ID
		}
		tx.Public("fund", g.Fund)
		tx.Public("items", len(is))
		tx.Private("name", r.Name)
		tx.Private("phone", r.Phone)
		tx.Private("idno", r.IDNo)
		n, err := correctGift(ctx, tx, g)
		if err := must1(n, err, "goods.not_waiting"); err != nil {
			return err
		}
		if err := dropItems(ctx, tx, g.ID); err != nil {
			return err
		}
		return insert(ctx, tx, &is)
	})
}

// Tally is what one person found of an item.
type Tally struct{ Item, Accepted, Refused, Remark, Certificate string }

// Count notes what the first person found: quantity, quality, expiry, certificates. Fields carry the item's place as a prefix.
func (s *Goods) Count(ctx context.Context, who access.Actor, gift string, ts []Tally, photos []media.Stored, key string) error {
	act := audit.Act{Actor: who, Need: AcceptPerm, Verb: "goods.tally", Subject: gift, Key: "goods.tally/" + key, Input: []any{gift, ts, photos}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		is, err := listItems(ctx, tx, gift)
		if err != nil {
			return err
		}
		if len(is) == 0 {
			return fault.New(fault.NotFound, "db.not_found")
		}
		by := make(map[string]Tally, len(ts))
		for _, t := range ts {
			by[t.Item] = t
		}
		var c fault.Checks
		for n := range is {
			i, at := &is[n], strconv.Itoa(n)+"."
			t, found := by[i.ID]
			if !found {
				c.Add(at+"accepted", "goods.need_counts")
				continue
			}
			good, ok := ParseQty(t.Accepted, i.Scale)
			c.Need(ok, at+"accepted", "goods.accepted")
			bad, okBad := ParseQty(t.Refused, i.Scale)
			c.Need(okBad, at+"refused", "goods.refused")
			c.Need(!ok || !okBad || good+bad > 0, at+"accepted", "goods.nothing")
			c.Need(good == 0 || !expired(i.ExpiresOn, tx.Today()), at+"accepted", "goods.expired")
			c.Need(t.Certificate == "seen" || t.Certificate == "not_needed", at+"certificate", "goods.certificate")
			words := utf8.RuneCountInString(t.Remark)
			c.Need(words <= maxText && (words >= 2 || good == i.Declared && bad == 0), at+"remark", "goods.remark", maxText)
			i.Accepted, i.Refused, i.Remark, i.Certificate = &good, &bad, t.Remark, t.Certificate
		}
		if err := c.Err(); err != nil {
			return err
		}
		if err := func() error {
			n, err := tallyGift(ctx, tx, gift, who.ID, who.Name)
			return must1(n, err, "goods.not_waiting")
		}(); err != nil {
			return err
		}
		for n := range is {
			if err := tallyItem(ctx, tx, &is[n]); err != nil {
				return err
			}
		}
		tx.Public("photos", len(photos))
		_, err = s.archive.Attach(ctx, tx, who, Ref(gift), "acceptance", photos...)
		return err
	})
}

// Accept signs a count as the second person. Goods of which nothing was accepted are refused.
func (s *Goods) Accept(ctx context.Context, who access.Actor, gift, key string) error {
	act := audit.Act{Actor: who, Need: AcceptPerm, Verb: "goods.accept", Subject: gift, Key: "goods.accept/" + key, Input: gift}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		g, err := findGift(ctx, tx, gift)
		if err != nil {
			return db.Fault(err)
		}
		if err := who.NotEarlier("goods.same_person", g.CountedBy); err != nil {
			return err
		}
		is, err := listItems(ctx, tx, gift)
		if err != nil {
			return err
		}
		to := Refused
		for _, i := range is {
			if i.Accepted != nil && *i.Accepted > 0 {
				to = Accepted
			}
		}
		tx.Public("state", to)
		tx.Public("counted_by", g.CountedBy)
		n, err := acceptGift(ctx, tx, gift, to, who.ID, who.Name)
		return must1(n, err, "goods.not_counted")
	})
}

// Recount sends a count back, because the second person found something else.
func (s *Goods) Recount(ctx context.Context, who access.Actor, gift, why, key string) error {
	act := audit.Act{Actor: who, Need: AcceptPerm, Verb: "goods.recount", Subject: gift, Key: "goods.recount/" + key, Input: []string{gift, why}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		var c fault.Checks
		n := utf8.RuneCountInString(why)
		c.Need(n >= 2 && n <= maxText, "why", "goods.why", maxText)
		if err := c.Err(); err != nil {
			return err
		}
		tx.Public("why", why)
		k, err := recountGift(ctx, tx, gift)
		return must1(k, err, "goods.not_counted")
	})
}

// Worth is the value of all accepted pieces of an item.
type Worth struct {
	Item, Basis, Grounds string
	Total                money.Fen
}

// Value notes what accepted goods are worth and why. A value that rests on a paper needs the paper.
func (s *Goods) Value(ctx context.Context, who access.Actor, gift string, ws []Worth, evidence []media.Stored, key string) error {
	act := audit.Act{Actor: who, Need: ValuePerm, Verb: "goods.value", Subject: gift, Key: "goods.value/" + key, Input: []any{gift, ws, evidence}}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		is, err := listItems(ctx, tx, gift)
		if err != nil {
			return err
		}
		if len(is) == 0 {
			return fault.New(fault.NotFound, "db.not_found")
		}
		by := make(map[string]Worth, len(ws))
		for _, w := range ws {
			by[w.Item] = w
		}
		var c fault.Checks
		var sum money.Fen
		paper := false
		for n := range is {
			i, at := &is[n], strconv.Itoa(n)+"."
			if i.Accepted == nil || *i.Accepted == 0 {
				continue
			}
			w, found := by[i.ID]
			if !found {
				c.Add(at+"basis", "goods.need_values")
				continue
			}
			switch w.Basis {
			case Invoice, Customs, Agreement, Appraisal:
				paper = true
				c.Need(w.Total > 0, at+"total", "goods.total")
			case Market:
				c.Need(w.Total > 0, at+"total", "goods.total")
			case NoValue:
				c.Need(w.Total == 0, at+"total", "goods.total_none")
			default:
				c.Add(at+"basis", "goods.basis")
			}
			c.Need(w.Total <= maxFen, at+"total", "goods.total_large")
			k := utf8.RuneCountInString(w.Grounds)
			c.Need(k >= 2 && k <= maxText, at+"grounds", "goods.grounds", maxText)
			i.Basis, i.Grounds, i.Total = w.Basis, w.Grounds, w.Total
			sum += min(max(w.Total, 0), money.Max) // at most maxItems of them
		}
		c.Need(!paper || len(evidence) > 0, "evidence", "goods.need_evidence")
		if err := c.Err(); err != nil {
			return err
		}
		n, err := valueGift(ctx, tx, gift, who.ID, who.Name, sum)
		if err := must1(n, err, "goods.not_accepted"); err != nil {
			return err
		}
		for k := range is {
			if is[k].Basis == "" {
				continue
			}
			if err := valueItem(ctx, tx, &is[k]); err != nil {
				return err
			}
		}
		tx.Public("fen", sum)
		_, err = s.archive.Attach(ctx, tx, who, Ref(gift), "valuation", evidence...)
		return err
	})
}

// Stock checks a value as the second person: the goods are taken into store and the receipt is ordered, in one transaction.
func (s *Goods) Stock(ctx context.Context, who access.Actor, gift, key string) error {
	act := audit.Act{Actor: who, Need: CheckPerm, Verb: "goods.stock", Subject: gift, Key: "goods.stock/" + key, Input: gift}
	return s.trail.Do(ctx, act, func(ctx context.Context, tx *audit.Tx) error {
		g, err := findGift(ctx, tx, gift)
		if err != nil {
			return db.Fault(err)
		}
		if g.State != Valued {
			return fault.New(fault.Conflict, "goods.not_valued")
		}
		if err := who.NotEarlier("goods.same_person", g.ValuedBy); err != nil {
			return err
		}
		is, err := listItems(ctx, tx, gift)
		if err != nil {
			return err
		}
		order, err := s.receipt(tx, g, is, who)
		if err != nil {
			return err
		}
		papers, err := s.papers.Order(ctx, tx, order)
		if err != nil {
			return err
		}
		g.StockedBy, g.StockedName, g.StockedAt, g.Roll, g.Receipt, g.Number = who.ID, who.Name, &tx.Now, newID(), papers[0].ID, papers[0].Number
		n, err := stockGift(ctx, tx, g)
		if err := must1(n, err, "goods.not_valued"); err != nil {
			return err
		}
		for _, i := range is {
			if *i.Accepted == 0 {
				continue
			}
			b := &Batch{ID: newID(), Item: i.ID, Gift: g.ID, Fund: g.Fund, Restricted: g.Restricted, Name: i.Name, Unit: i.Unit, Scale: i.Scale, ExpiresOn: i.ExpiresOn, Qty: *i.Accepted, Value: i.Total, At: tx.Now}
			if err := insert(ctx, tx, b); err != nil {
				return err
			}
			if err := putStock(ctx, tx, b.ID, g.Warehouse, b.Qty); err != nil {
				return err
			}
			if err := insert(ctx, tx, &Move{ID: newID(), Batch: b.ID, Kind: "in", Dest: g.Warehouse, Qty: b.Qty, Value: b.Value, Ref: Ref(g.ID), Day: tx.Today(), At: tx.Now, MadeBy: who.ID}); err != nil {
				return err
			}
		}
		tx.Public("number", g.Number)
		tx.Public("fund", g.Fund)
		tx.Public("fen", g.Total)
		return s.bookIn(ctx, tx, g)
	})
}

// receipt orders the receipt of a gift in kind. An anonymous donor's names nobody.
func (s *Goods) receipt(tx *audit.Tx, g *Gift, is []Item, checker access.Actor) (documents.Order, error) {
	name, err := s.box.Open("goods_gifts.name", g.ID, g.Name)
	if err != nil {
		return documents.Order{}, err
	}
	idno, err := s.box.Open("goods_gifts.idno", g.ID, g.IDNo)
	if err != nil {
		return documents.Order{}, err
	}
	if g.Donor == Person {
		idno = ident.MaskID(idno)
	}
	if g.Shown == Anonymous {
		name, idno = g.PublicName, ""
	}
	r := pdf.InKind{Org: s.set.Org, Payer: name, PayerID: idno, ReceivedOn: pdf.Day(g.ArrivedOn), IssuedOn: pdf.Day(tx.Today()), Project: g.Project, Restricted: g.Restricted,
		TotalFen: g.Total, Warehouse: g.Warehouse, Acceptors: []string{g.CountedName, g.AcceptedName}, Handler: g.ValuedName, Checker: checker.Name, Demo: s.set.Demo}
	for _, i := range is {
		if *i.Accepted == 0 {
			continue
		}
		x := pdf.Item{Name: i.Name, Spec: i.Spec, Unit: i.Unit, Quantity: FormatQty(*i.Accepted, i.Scale), TotalFen: i.Total, Basis: words["goods.basis."+i.Basis]}
		// The price of one is printed only when it gives the total exactly.
		if one := scaled(i.Total, *i.Accepted, i.Scale); one > 0 {
			x.UnitFen = one
		}
		r.Items = append(r.Items, x)
	}
	return documents.Order{Series: documents.Receipts, Kind: r.Kind(), Subject: Ref(g.ID), Title: g.Project, Payer: g.PublicName, Amount: g.Total, Day: tx.Today(),
		Make: func(number, code, url string) any {
			r.Number, r.VerifyCode, r.VerifyURL = number, code, url
			return r
		}}, nil
}

// scaled is the price of one unit when it is a whole number of fen, else 0.
func scaled(total money.Fen, qty, scale int64) money.Fen {
	one := int64(1)
	for range scale {
		one *= 10
	}
	if qty == 0 || int64(total)%qty != 0 && int64(total)*one%qty != 0 { // totals are at most 10^12, one at most 10^3
		return 0
	}
	return money.Fen(int64(total) * one / qty)
}

// Check proves from the tables that counts, stock, lists and papers agree.
func (s *Goods) Check(ctx context.Context) ([]modules.Count, error) {
	for _, p := range proofs {
		n, err := countBreaches(ctx, s.db, p.query)
		if err != nil {
			return nil, db.Fault(err)
		}
		if n > 0 {
			return nil, fmt.Errorf("%d %s", n, p.rule)
		}
	}
	gifts, batches, moves, err := countAll(ctx, s.db)
	return []modules.Count{{Title: words["goods.count.gifts"], N: gifts}, {Title: words["goods.count.batches"], N: batches}, {Title: words["goods.count.moves"], N: moves}}, db.Fault(err)
}

// Items lists the goods of a gift.
func (s *Goods) Items(ctx context.Context, gift string) ([]Item, error) {
	is, err := listItems(ctx, s.db, gift)
	return is, db.Fault(err)
}

// Gift gives one gift; its private columns stay sealed.
func (s *Goods) Gift(ctx context.Context, id string) (*Gift, error) {
	g, err := findGift(ctx, s.db, id)
	return g, db.Fault(err)
}

// Batches lists what of a gift is in store.
func (s *Goods) Batches(ctx context.Context, gift string) ([]Batch, error) {
	bs, err := listBatches(ctx, s.db, gift)
	return bs, db.Fault(err)
}

// sortedKeys gives keys in the one order in which rows that everybody wants are changed.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
