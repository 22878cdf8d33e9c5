package ledger

import (
	"slices"
	"time"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

// Fund is money with one purpose (资金): unrestricted, or restricted by donors to a campaign or an agreement.
// available + reserved + committed + disbursed is what it has received less what was refunded.
type Fund struct {
	bun.BaseModel `bun:"table:ledger_funds,alias:f"`
	ID            string `bun:",pk"`
	Code          string // short name for people, such as "DB-2026"
	Name          string
	Kind          string // Unrestricted or Restricted
	Purpose       string // what it may be used for, in words
	OpenedAt      time.Time
	ClosedAt      *time.Time
	Available     money.Fen // may be promised
	Reserved      money.Fen // promised in a notice, not decided
	Committed     money.Fen // decided or handed to the bank
	Disbursed     money.Fen // paid out
}

// Received is all that came in less refunds.
func (f *Fund) Received() money.Fen { return f.Available + f.Reserved + f.Committed + f.Disbursed }

// Kinds of funds: 非限定性 and 限定性.
const (
	Unrestricted = "unrestricted"
	Restricted   = "restricted"
)

// Bucket is one of the four places in which a fund's money is; Outside is none of them.
type Bucket string

// The buckets.
const (
	Outside   Bucket = ""
	Available Bucket = "available"
	Reserved  Bucket = "reserved"
	Committed Bucket = "committed"
	Disbursed Bucket = "disbursed"
)

// Kind is what happens to money. Each kind is one row of the table below: from where, to where, and its accounting entry.
type Kind string

// The kinds.
const (
	Receive   Kind = "receive"    // a donation arrived and is confirmed
	Refund    Kind = "refund"     // a donation goes back: reverses Receive
	Reserve   Kind = "reserve"    // promised in a public notice
	Unreserve Kind = "unreserve"  // the promise ends
	Commit    Kind = "commit"     // decided
	Uncommit  Kind = "uncommit"   // the decision is taken back, or a returned payment is given up
	Disburse  Kind = "disburse"   // the bank has paid
	Return    Kind = "return"     // the bank sent a payment back (退汇): reverses Disburse
	Recover   Kind = "recover"    // aid is paid back by its receiver (追回)
	Spend     Kind = "spend"      // an expense is paid
	Unspend   Kind = "unspend"    // an expense is taken back: reverses Spend
	Suspend   Kind = "suspend"    // money came in and nobody knows yet whose it is (待认领)
	SendBack  Kind = "send_back"  // such money goes back to where it came from: reverses Suspend, wholly or for what is left of it
	Settle    Kind = "settle"     // a payment channel, or the cash box, has paid into the bank account
	StockIn   Kind = "stock_in"   // goods with a value are taken into store
	StockOut  Kind = "stock_out"  // goods are given to people
	StockBack Kind = "stock_back" // reverses StockIn or StockOut, wholly or in part
)

// Classes of expenses: 直接资助, 项目执行, 管理费用, 募捐成本, 其他.
const (
	Aid         = "aid"
	Project     = "project"
	Management  = "management"
	Fundraising = "fundraising"
	Other       = "other"
)

// Classes lists the classes of expenses in the order in which they are reported.
func Classes() []string { return []string{Aid, Project, Management, Fundraising, Other} }

// Accounts of 民间非营利组织会计制度. Money comes to or leaves from one of the first four.
const (
	Bank      = "1002" // 银行存款; what an Entry without Asset means
	CashBox   = "1001" // 现金
	InTransit = "1009" // 其他货币资金: with a payment channel, before it settles
	Suspense  = "2209" // 其他应付款: the pool of money without a known giver
	Stock     = "1201" // 存货

	incomeFree  = "410101" // 捐赠收入—非限定性
	incomeBound = "410102" // 捐赠收入—限定性
)

// costs says to which account a class of expenses is booked.
var costs = map[string]string{Aid: "5101", Project: "5101", Management: "5201", Fundraising: "5301", Other: "5401"}

// Words in rules that stand for an account.
const (
	asset  = "asset"  // the asset of the entry
	income = "income" // the income account of the fund's kind
	cost   = "cost"   // the account of the entry's class
	was    = "was"    // the other side of the journal that is reversed
)

// rule is what a kind does: from where to where in the fund, and its accounting entry.
type rule struct {
	from, to      Bucket
	debit, credit string   // accounts or words for them; "" for kinds that move no money of the foundation
	assets        []string // accounts that the entry may name; the first is meant when it names none
	reverses      []Kind   // kinds that it takes back; it must name the journal and the reason
	part          bool     // it may take back less than the whole
}

var (
	purses = []string{Bank, CashBox, InTransit}
	pools  = []string{Bank, CashBox, InTransit, Suspense}
)

// rules is the whole life of the foundation's money and goods.
var rules = map[Kind]rule{
	Receive:   {from: Outside, to: Available, debit: asset, credit: income, assets: pools},
	Refund:    {from: Available, to: Outside, debit: income, credit: asset, assets: purses, reverses: []Kind{Receive}},
	Reserve:   {from: Available, to: Reserved},
	Unreserve: {from: Reserved, to: Available},
	Commit:    {from: Reserved, to: Committed},
	Uncommit:  {from: Committed, to: Available},
	Disburse:  {from: Committed, to: Disbursed, debit: cost, credit: asset, assets: purses},
	Return:    {from: Disbursed, to: Committed, debit: asset, credit: cost, assets: purses, reverses: []Kind{Disburse}},
	Recover:   {from: Disbursed, to: Available, debit: asset, credit: cost, assets: purses},
	Spend:     {from: Available, to: Disbursed, debit: cost, credit: asset, assets: purses},
	Unspend:   {from: Disbursed, to: Available, debit: asset, credit: cost, assets: purses, reverses: []Kind{Spend}},
	Suspend:   {debit: asset, credit: Suspense, assets: purses},
	SendBack:  {debit: Suspense, credit: asset, assets: purses, reverses: []Kind{Suspend}, part: true},
	Settle:    {debit: Bank, credit: asset, assets: []string{InTransit, CashBox}},
	StockIn:   {debit: Stock, credit: income},
	StockOut:  {debit: cost, credit: Stock},
	StockBack: {debit: was, credit: was, reverses: []Kind{StockIn, StockOut}, part: true},
}

func (r rule) moves() bool { return r.from != r.to }

// class gives the class of expenses to which a kind belongs when the entry names none.
func (k Kind) class() string {
	switch k {
	case Disburse, Return, Recover, StockOut:
		return Aid
	}
	return ""
}

// Entry is one movement that an act asks for.
type Entry struct {
	Kind     Kind
	Ref      string    // what it is for, such as "donation/<id>"; a second entry of the same kind and ref is refused
	Fund     string    // fund id; "" for Suspend, SendBack and Settle
	Amount   money.Fen // above zero
	Day      clock.Day // day of business: of the bank's statement for money that came or went
	Asset    string    // account where the money came to or left from; "" for the one that the reversed journal names, else the bank account
	Class    string    // class of the expense, for Spend; for StockOut of goods that reach nobody, such as what spoiled
	Reason   string    // for reversals
	Reverses string    // id of the journal that this one takes back, or ""
}

func (e Entry) check() error {
	r, known := rules[e.Kind]
	switch {
	case !known, e.Ref == "", e.Day == "":
		return fault.New(fault.Internal, "ledger.incomplete")
	case e.Fund == "" && (r.moves() || r.credit == income):
		return fault.New(fault.Internal, "ledger.incomplete")
	case e.Asset != "" && !slices.Contains(r.assets, e.Asset):
		return fault.New(fault.Internal, "ledger.incomplete")
	case e.Kind == Spend && e.Class == "", e.Class != "" && (costs[e.Class] == "" || e.Kind != Spend && e.Kind != StockOut):
		return fault.New(fault.Internal, "ledger.incomplete")
	case e.Amount <= 0 || e.Amount > money.Max:
		return fault.New(fault.Invalid, "ledger.amount")
	case len(r.reverses) > 0 && (e.Reverses == "" || e.Reason == ""):
		return fault.New(fault.Internal, "ledger.no_reversal")
	}
	return nil
}

// fits tells whether an entry may take back a journal.
func (e Entry) fits(o reversed) bool {
	r, old := rules[e.Kind], rules[o.Kind]
	if len(r.reverses) > 0 && !slices.Contains(r.reverses, o.Kind) || len(r.reverses) == 0 && !r.moves() {
		return false
	}
	return o.Fund == e.Fund && r.from == old.to && r.to == old.from && (o.Amount == e.Amount || r.part && e.Amount < o.Amount)
}

// posting makes the accounting entry of an entry; o is the journal that it takes back, or nothing.
func (e Entry) posting(journal, class, fundKind string, o reversed) Posting {
	r := rules[e.Kind]
	where := e.Asset
	if where == "" && len(r.assets) > 0 {
		where = r.assets[0]
		for _, a := range []string{o.Debit, o.Credit} {
			if slices.Contains(r.assets, a) {
				where = a
			}
		}
	}
	account := func(name, other string) string {
		switch {
		case name == asset:
			return where
		case name == cost:
			return costs[class]
		case name == was:
			return other
		case name == income && fundKind == Unrestricted:
			return incomeFree
		case name == income:
			return incomeBound
		}
		return name
	}
	return Posting{ID: newID(), Journal: journal, Fund: e.Fund, Debit: account(r.debit, o.Credit), Credit: account(r.credit, o.Debit), Amount: e.Amount}
}

// Journal is a movement that happened. It is never changed; what was wrong is taken back by a journal that reverses it.
type Journal struct {
	bun.BaseModel `bun:"table:ledger_journals,alias:j"`
	ID            string `bun:",pk"`
	Kind          Kind
	Ref           string
	Day           clock.Day
	At            time.Time
	Reason        string
	Reverses      string `bun:",nullzero"`
	Class         string // of an expense, or ""
}

// Move is what a journal does to a fund.
type Move struct {
	bun.BaseModel `bun:"table:ledger_moves,alias:m"`
	ID            string `bun:",pk"`
	Journal       string
	Fund          string
	Source, Dest  Bucket
	Amount        money.Fen
}

// Posting is the accounting entry of a journal: 借 Debit, 贷 Credit.
type Posting struct {
	bun.BaseModel `bun:"table:ledger_postings,alias:p"`
	ID            string `bun:",pk"`
	Journal       string
	Fund          string `bun:",nullzero"`
	Debit, Credit string
	Amount        money.Fen
}

// Account is one line of the chart of accounts.
type Account struct {
	bun.BaseModel `bun:"table:ledger_accounts,alias:a"`
	Code          string `bun:",pk"`
	Name          string
	Kind          string // asset, liability, net_asset, income, expense
}

// delta is the sum of what a batch does to one fund.
type delta struct{ available, reserved, committed, disbursed money.Fen }

func (d *delta) add(b Bucket, f money.Fen) {
	switch b {
	case Available:
		d.available += f
	case Reserved:
		d.reserved += f
	case Committed:
		d.committed += f
	case Disbursed:
		d.disbursed += f
	}
}
