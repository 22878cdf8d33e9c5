package goods

import (
	"math/bits"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/fault"
	"care/server/ident"
	"care/server/money"
)

// Private names the columns that are kept sealed.
var Private = []string{"goods_gifts.name", "goods_gifts.phone", "goods_gifts.idno", "goods_lines.name", "goods_lines.idno"}

// State of a gift in kind.
type State string

// The states: 待验收, 待第二人验收, 已验收待估价, 待复核入库, 已入库, 拒收, 直接交付.
const (
	Waiting  State = "waiting"
	Counted  State = "counted"  // one person has counted; another one must sign
	Accepted State = "accepted" // two have signed
	Valued   State = "valued"   // another person must check the value
	Stocked  State = "stocked"  // in store, income, receipt
	Refused  State = "refused"  // nothing of it was accepted
	Direct   State = "direct"   // the donor handed it to people himself: noted, no income, no receipt
	Returned State = "returned" // went back to its donor, the receipt is reversed
)

// States lists the states in the order of a gift's way.
func States() []State {
	return []State{Waiting, Counted, Accepted, Valued, Stocked, Refused, Direct, Returned}
}

// Who gives, and how donors are named in public, as with gifts of money.
const (
	Person    = "person"
	Body      = "body"
	Real      = "real"
	Masked    = "masked"
	Anonymous = "anonymous"
)

// Bases of values in the order of the accounting rules: evidence of the donor, then the market, then an appraisal;
// what cannot be valued is no income.
const (
	Invoice   = "invoice"
	Customs   = "customs"
	Agreement = "agreement"
	Market    = "market"
	Appraisal = "appraisal"
	NoValue   = "none"
)

// Limits.
const (
	maxItems  = 40
	maxLines  = 2000
	maxQty    = 1_000_000_000_000
	maxFen    = money.Fen(1_000_000_000_000)
	maxName   = 60
	maxText   = 200
	maxPerson = 50
	maxBody   = 80
)

// Gift is goods from one donor (捐赠物资).
type Gift struct {
	bun.BaseModel `bun:"table:goods_gifts,alias:g"`
	ID            string `bun:",pk"`
	Code          string
	Donor, Shown  string
	PublicName    string
	Name          string // sealed
	NameIndex     string
	Phone         string // sealed
	PhoneIndex    string
	IDNo          string `bun:"idno"` // sealed
	Campaign      string // id of the purpose, "" for the general fund
	Project       string // its title
	Fund          string
	Restricted    bool
	ArrivedOn     clock.Day
	Warehouse     string
	State         State
	MadeBy        string
	MadeName      string
	MadeAt        time.Time
	CountedBy     string
	CountedName   string
	AcceptedBy    string
	AcceptedName  string
	ValuedBy      string
	ValuedName    string
	StockedBy     string
	StockedName   string
	StockedAt     *time.Time
	Total         money.Fen
	Roll          string `bun:",nullzero"`
	Receipt       string `bun:",nullzero"`
	Number        string
}

// Ref names a gift in kind to its papers, its files and the ledger.
func Ref(id string) string { return "goods/" + id }

// Item is one kind of goods of a gift.
type Item struct {
	bun.BaseModel `bun:"table:goods_items,alias:i"`
	ID            string `bun:",pk"`
	Gift          string
	N             int64
	Name          string
	Spec          string
	Brand         string
	Unit          string
	Scale         int64
	Declared      int64
	ProducedOn    clock.Day
	ExpiresOn     clock.Day
	BatchNo       string
	Accepted      *int64
	Refused       *int64
	Remark        string
	Certificate   string
	Basis         string
	Grounds       string
	Total         money.Fen
}

// Batch is an item in store.
type Batch struct {
	bun.BaseModel `bun:"table:goods_batches,alias:b"`
	ID            string `bun:",pk"`
	Item, Gift    string
	Fund          string
	Restricted    bool
	Name, Unit    string
	Scale         int64
	ExpiresOn     clock.Day
	Qty           int64
	Value         money.Fen
	At            time.Time
}

// Move is one line of the quantity ledger.
type Move struct {
	bun.BaseModel `bun:"table:goods_moves,alias:m"`
	ID            string `bun:",pk"`
	Batch         string
	Kind          string
	Source, Dest  string
	Qty           int64
	Value         money.Fen
	Ref           string
	Day           clock.Day
	At            time.Time
	MadeBy        string
}

// List is an order to give goods out (发放单).
type List struct {
	bun.BaseModel `bun:"table:goods_lists,alias:l"`
	ID            string `bun:",pk"`
	Code          string
	Title, Place  string
	Campaign      string
	Project       string
	Fund          string
	Warehouse     string
	HandsOn       clock.Day
	State         string
	MadeBy        string
	MadeName      string
	MadeAt        time.Time
	ReleasedBy    string
	ReleasedName  string
	ClosedBy      string
	ClosedName    string
	ClosedAt      *time.Time
}

// States of a list.
const (
	Draft    = "draft"
	Released = "released"
	Closed   = "closed"
	Void     = "void"
)

// Line is what one person receives.
type Line struct {
	bun.BaseModel `bun:"table:goods_lines,alias:n"`
	ID            string `bun:",pk"`
	List          string
	N             int64
	Name          string // sealed
	IDNo          string `bun:"idno"` // sealed
	Place         string
	Batch         string
	Qty           int64
	Got           *bool
}

// Kinds of changes of the stock: 调拨, 报废, 变卖, 退回捐赠人, 盘点. The first four are kinds of moves too.
const (
	Shift    = "move"
	Loss     = "loss"
	Sale     = "sale"
	GiveBack = "return"
	Take     = "take"
)

// States of a change.
const (
	Asked    = "asked"
	Done     = "done"
	Declined = "declined"
)

// Change is a change of the stock that one person asks for and another one decides (库存变动单).
type Change struct {
	bun.BaseModel `bun:"table:goods_changes,alias:c"`
	ID            string `bun:",pk"`
	Code          string
	Kind, State   string
	Gift          string `bun:",nullzero"`
	Dest          string // of a move
	Why           string
	Amount        money.Fen // that a sale brought
	BankRef       string
	Day           clock.Day // of its money
	MadeBy        string
	MadeName      string
	MadeAt        time.Time
	DecidedBy     string
	DecidedName   string
	DecidedAt     *time.Time
	Remark        string
}

// ChangeLine is what changes of one batch in one warehouse.
type ChangeLine struct {
	bun.BaseModel `bun:"table:goods_change_lines,alias:k"`
	ID            string `bun:",pk"`
	Change        string
	N             int64
	Batch         string
	Warehouse     string
	Qty           int64 // what shall change, or what was counted
	Book          int64 // what the books said at the count
}

// Purpose is what goods may be given for: a campaign with its fund, or the general fund.
type Purpose struct {
	ID, Title, Fund string
	Restricted      bool
	Over            bool // nothing more is taken in for it; what is there is still given out
}

// Registering is what a clerk notes when goods come.
type Registering struct {
	Donor, Shown, Name, Phone, IDNo string
	Campaign                        string
	ArrivedOn                       clock.Day
	Warehouse                       string
	Direct                          bool // handed to people by the donor himself
	Items                           []Declared
}

// Declared is an item as its donor declares it.
type Declared struct {
	Name, Spec, Brand, Unit, Qty, BatchNo string
	ProducedOn, ExpiresOn                 clock.Day
}

// measures are units that are divided; everything else is counted in whole pieces.
var measures = map[string]int64{
	words["goods.unit.kg"]: 3, words["goods.unit.jin2"]: 3, words["goods.unit.t"]: 3, words["goods.unit.l"]: 3, words["goods.unit.m"]: 2, words["goods.unit.m2"]: 2, words["goods.unit.jin"]: 1,
}

// unitWords are the units that forms offer; any other word may be typed.
func unitWords() []string { return strings.Fields(words["goods.units"]) }

// scaleOf says into how many decimals a unit is divided.
func scaleOf(unit string) int64 { return measures[unit] }

// ParseQty reads a quantity of a unit divided into scale decimals: "12", "0.5", "1,200".
func ParseQty(s string, scale int64) (int64, bool) {
	s = strings.ReplaceAll(strings.TrimSpace(s), ",", "")
	whole, part, dot := strings.Cut(s, ".")
	if whole == "" || dot && part == "" || int64(len(part)) > scale || len(whole) > 12 || strings.Trim(whole+part, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+(part + "000")[:scale], 10, 64)
	return n, err == nil && n <= maxQty
}

// FormatQty writes a quantity without zeros that say nothing.
func FormatQty(n, scale int64) string {
	s := strconv.FormatInt(n, 10)
	if scale == 0 {
		return s
	}
	for int64(len(s)) <= scale {
		s = "0" + s
	}
	at := len(s) - int(scale)
	return strings.TrimRight(strings.TrimRight(s[:at]+"."+s[at:], "0"), ".")
}

// share is the part of a value that goes with qty out of all; the last piece takes what is left.
func share(value money.Fen, qty, all int64) money.Fen {
	if qty >= all || all <= 0 {
		return value
	}
	hi, lo := bits.Mul64(uint64(value), uint64(qty))
	q, _ := bits.Div64(hi, lo, uint64(all)) // qty < all, so the quotient is below value and fits
	return money.Fen(q)
}

// Printable knows which characters can be printed on a receipt.
type Printable interface {
	// Missing gives the characters of a text that no font has.
	Missing(text string) []rune
}

func line(c *fault.Checks, s *string, field string, most int, need bool, fonts Printable) {
	*s = strings.Join(strings.Fields(*s), " ")
	n := utf8.RuneCountInString(*s)
	if n > most || need && n == 0 {
		c.Add(field, map[bool]string{true: "goods.text_need", false: "goods.text_max"}[need], most)
	} else if missing := fonts.Missing(*s); len(missing) > 0 {
		c.Add(field, "goods.rare", string(missing))
	}
}

// clean checks what was registered; fields of items carry their place as a prefix: "0.name".
func (r *Registering) clean(today clock.Day, fonts Printable) ([]Item, error) {
	var c fault.Checks
	c.Need(r.Donor == Person || r.Donor == Body, "donor", "goods.need_donor")
	c.Need(r.Shown == Real || r.Shown == Masked || r.Shown == Anonymous, "shown", "goods.need_shown")
	limit := maxPerson
	if r.Donor == Body {
		limit = maxBody
	}
	r.Name = strings.Join(strings.Fields(r.Name), " ")
	if _, err := ident.Name(r.Name, limit); err != nil {
		c.Add("name", "goods.name", limit)
	} else if missing := fonts.Missing(r.Name); len(missing) > 0 {
		c.Add("name", "goods.rare", string(missing))
	}
	if r.Phone != "" {
		p, err := ident.Phone(r.Phone)
		c.Need(err == nil, "phone", "goods.phone")
		r.Phone = p
	}
	switch {
	case r.Donor == Body:
		id, err := ident.Credit(r.IDNo)
		c.Need(err == nil || err == ident.ErrCheck, "idno", "goods.credit")
		r.IDNo = id
	case r.IDNo != "":
		id, err := ident.Citizen(r.IDNo, today)
		c.Need(err == nil, "idno", "goods.idno")
		r.IDNo = id
	}
	c.Need(r.ArrivedOn != "" && r.ArrivedOn <= today, "arrived_on", "goods.arrived_on")
	line(&c, &r.Warehouse, "warehouse", maxName, !r.Direct, fonts)
	c.Need(len(r.Items) > 0, "items", "goods.need_items")
	c.Need(len(r.Items) <= maxItems, "items", "goods.many_items", maxItems)
	var out []Item
	for i := range r.Items {
		if i == maxItems {
			break
		}
		d, at := r.Items[i], strconv.Itoa(i)+"."
		line(&c, &d.Name, at+"name", maxName, true, fonts)
		line(&c, &d.Spec, at+"spec", maxName, false, fonts)
		line(&c, &d.Brand, at+"brand", maxName, false, fonts)
		line(&c, &d.Unit, at+"unit", 8, true, fonts)
		line(&c, &d.BatchNo, at+"batch_no", 40, false, fonts)
		x := Item{N: int64(i + 1), Name: d.Name, Spec: d.Spec, Brand: d.Brand, Unit: d.Unit, Scale: scaleOf(d.Unit), BatchNo: d.BatchNo, ProducedOn: d.ProducedOn, ExpiresOn: d.ExpiresOn}
		n, ok := ParseQty(d.Qty, x.Scale)
		c.Need(ok && n > 0, at+"qty", "goods.qty")
		c.Need(d.ProducedOn <= today, at+"produced_on", "goods.produced_on")
		c.Need(d.ExpiresOn == "" || d.ProducedOn <= d.ExpiresOn, at+"expires_on", "goods.expires_on")
		x.Declared = n
		out = append(out, x)
	}
	return out, c.Err()
}

// publicName is what the public reads of a donor: an anonymous donor is never named (慈善法 82).
func publicName(donor, shown, name string) string {
	switch {
	case shown == Anonymous && donor == Body:
		return words["goods.anonymous_body"]
	case shown == Anonymous:
		return words["goods.anonymous"]
	case shown == Real:
		return name
	case donor == Body:
		rs := []rune(name)
		if len(rs) <= 4 {
			return string(rs[0]) + "**"
		}
		return string(rs[:2]) + "**" + string(rs[len(rs)-2:])
	}
	return ident.MaskName(name)
}

func foldName(s string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "\u3000", "", "\u2022", "\u00b7", "\u30fb", "\u00b7", "\uff08", "(", "\uff09", ")").Replace(s))
}
