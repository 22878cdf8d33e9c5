package ledger

import (
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
	Receive   Kind = "receive"   // a donation arrived and is confirmed
	Refund    Kind = "refund"    // a donation goes back: reverses Receive
	Reserve   Kind = "reserve"   // promised in a public notice
	Unreserve Kind = "unreserve" // the promise ends
	Commit    Kind = "commit"    // decided
	Uncommit  Kind = "uncommit"  // the decision is taken back, or a returned payment is given up
	Disburse  Kind = "disburse"  // the bank has paid
	Return    Kind = "return"    // the bank sent a payment back (退汇): reverses Disburse
	Recover   Kind = "recover"   // aid is paid back by its receiver (追回)
)

type rule struct {
	from, to      Bucket
	debit, credit string // accounts; "" for kinds that move no money of the foundation
}

// Accounts of 民间非营利组织会计制度.
const (
	bank         = "1002"   // 银行存款
	incomeFree   = "410101" // 捐赠收入—非限定性
	incomeBound  = "410102" // 捐赠收入—限定性
	activityCost = "5101"   // 业务活动成本
)

// rules is the whole life of a fund's money. income stands for the income account of the fund's kind.
var rules = map[Kind]rule{
	Receive:   {Outside, Available, bank, "income"},
	Refund:    {Available, Outside, "income", bank},
	Reserve:   {Available, Reserved, "", ""},
	Unreserve: {Reserved, Available, "", ""},
	Commit:    {Reserved, Committed, "", ""},
	Uncommit:  {Committed, Available, "", ""},
	Disburse:  {Committed, Disbursed, activityCost, bank},
	Return:    {Disbursed, Committed, bank, activityCost},
	Recover:   {Disbursed, Available, bank, activityCost},
}

func (r rule) account(name, fundKind string) string {
	switch {
	case name != "income":
		return name
	case fundKind == Unrestricted:
		return incomeFree
	}
	return incomeBound
}

// Entry is one movement of a fund's money that an act asks for.
type Entry struct {
	Kind     Kind
	Ref      string    // what it is for, such as "donation/<id>"; a second entry of the same kind and ref is refused
	Fund     string    // fund id
	Amount   money.Fen // above zero
	Day      clock.Day // day of business: of the bank's statement for money that came or went
	Reason   string    // for reversals
	Reverses string    // id of the journal that this one takes back, or ""
}

func (e Entry) check() error {
	r, known := rules[e.Kind]
	switch {
	case !known, e.Ref == "", e.Fund == "", e.Day == "":
		return fault.New(fault.Internal, "ledger.incomplete")
	case e.Amount <= 0 || e.Amount > money.Max:
		return fault.New(fault.Invalid, "ledger.amount")
	case (e.Kind == Refund || e.Kind == Return) && (e.Reverses == "" || e.Reason == ""):
		return fault.New(fault.Internal, "ledger.no_reversal")
	case r.from == r.to:
		return fault.New(fault.Internal, "ledger.incomplete")
	}
	return nil
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
	Fund          string
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
