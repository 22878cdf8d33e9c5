package ledger

import (
	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/money"
)

// Lot is the money of one income, and how much of it is not yet used.
type Lot struct {
	bun.BaseModel `bun:"table:ledger_lots,alias:l"`
	Journal       string `bun:",pk"` // the income
	Fund          string
	Amount, Rest  money.Fen
}

// used is how much of a lot a journal used, and how much of that was given back since.
type used struct {
	bun.BaseModel `bun:"table:ledger_uses,alias:u"`
	Journal       string `bun:",pk"`
	Lot           string `bun:",pk"`
	Fund          string
	Amount, Back  money.Fen
}

// given is what a journal gave back of what another one had used.
type given struct {
	bun.BaseModel `bun:"table:ledger_backs,alias:b"`
	Journal       string `bun:",pk"`
	Used          string `bun:",pk"`
	Lot           string `bun:",pk"`
	Amount        money.Fen
}

// lotting is what a kind does to the lots of its fund.
type lotting int

const (
	leaves lotting = iota
	opens          // a new lot
	takes          // uses lots, first in, first out
	ends           // uses its own lot, which must be whole
	gives          // gives back what the reversed journal used, then what was used last
)

func (k Kind) lotting() lotting {
	switch k {
	case Receive:
		return opens
	case Disburse, Spend:
		return takes
	case Refund:
		return ends
	case Return, Recover, Unspend:
		return gives
	}
	return leaves
}

// Use is a part of a gift that went somewhere, less what came back of it.
type Use struct {
	Kind   Kind
	Ref    string // what it was for, such as "payment/<id>"
	Class  string // of the expense
	Day    clock.Day
	Amount money.Fen
}
