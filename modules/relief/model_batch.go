package relief

import (
	"time"

	"github.com/uptrace/bun"

	"care/server/access"
	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

// AwardState is where an award's money stands.
type AwardState string

// The states of an award.
const (
	AwardReserved  AwardState = "reserved"
	AwardCommitted AwardState = "committed"
	AwardPaid      AwardState = "paid"
	AwardCancelled AwardState = "cancelled"
)

// Award is what a case was granted (核准金额). Held is true after a failed or returned payment, until the account is mended.
type Award struct {
	bun.BaseModel `bun:"table:relief_awards,alias:w"`
	ID            string `bun:",pk"`
	CaseID        string
	Fund          string
	Amount        money.Fen
	State         AwardState
	Held          bool
	At            time.Time
}

// payable tells whether a batch may take the award.
func (w *Award) payable() error {
	if w.State != AwardReserved && w.State != AwardCommitted || w.Held {
		return fault.New(fault.Conflict, "relief.not_payable")
	}
	return nil
}

// BatchState is where a batch stands; after released there is no way back.
type BatchState string

// The states of a batch.
const (
	BatchOpen        BatchState = "open"
	BatchLocked      BatchState = "locked"
	BatchChecked     BatchState = "checked"
	BatchSigned      BatchState = "signed" // authorised: the money is committed
	BatchReleased    BatchState = "released"
	BatchReconciling BatchState = "reconciling" // a result is imported and waits for a second person
	BatchReconciled  BatchState = "reconciled"
	BatchVoid        BatchState = "void"
)

// PayBatch is a batch of payments (拨付批次).
type PayBatch struct {
	bun.BaseModel `bun:"table:relief_batches,alias:t"`
	ID            string `bun:",pk"`
	Number        string
	State         BatchState
	Lines         int
	Total         money.Fen
	Maker         string
	Checker       string
	Signatory     string
	Releaser      string
	FileName      string
	FileHash      string
	MadeAt        time.Time
	Since         time.Time
}

type batchMove struct {
	From BatchState
	Verb string
	To   BatchState
	Need access.Perm
}

// batchMoves is the whole life of a batch.
var batchMoves = [...]batchMove{
	{BatchOpen, "lock", BatchLocked, Batch},
	{BatchOpen, "void", BatchVoid, Batch},
	{BatchLocked, "check", BatchChecked, BatchCheck},
	{BatchLocked, "reject", BatchOpen, BatchCheck},
	{BatchChecked, "sign", BatchSigned, BatchSign},
	{BatchChecked, "reject", BatchOpen, BatchSign},
	{BatchSigned, "release", BatchReleased, Bank},
	{BatchReleased, "import", BatchReconciling, Bank},
	{BatchReconciled, "import", BatchReconciling, Bank}, // a later file of returned payments
	{BatchReconciling, "confirm", BatchReconciled, BankCheck},
	{BatchReconciling, "refuse", BatchReleased, BankCheck}, // To is where the import began
}

// next finds the move, or says Conflict.
func (b *PayBatch) next(verb string) (batchMove, error) {
	for _, m := range batchMoves {
		if m.From == b.State && m.Verb == verb {
			return m, nil
		}
	}
	return batchMove{}, fault.New(fault.Conflict, "relief.batch_not_here")
}

// decide checks who may move the batch and moves it: maker, checker and signatory are three people. Pure.
func (b *PayBatch) decide(verb string, who access.Actor, now time.Time) error {
	m, err := b.next(verb)
	if err != nil {
		return err
	}
	if err := who.Need(m.Need); err != nil {
		return err
	}
	switch verb {
	case "lock", "void":
		if who.ID != b.Maker {
			return fault.New(fault.Forbidden, "relief.only_maker")
		}
	case "check":
		if err := who.NotEarlier("relief.batch_same", b.Maker); err != nil {
			return err
		}
		b.Checker = who.ID
	case "sign":
		if err := who.NotEarlier("relief.batch_same", b.Maker, b.Checker); err != nil {
			return err
		}
		b.Signatory = who.ID
	case "reject":
		if err := who.NotEarlier("relief.batch_same", b.Maker); err != nil {
			return err
		}
		b.Checker = ""
	case "release":
		if err := who.NotEarlier("relief.batch_same", b.Signatory); err != nil {
			return err
		}
		b.Releaser = who.ID
	}
	b.State, b.Since = m.To, now
	return nil
}

// PayState is where one attempt to pay an award stands.
type PayState string

// The states of a payment.
const (
	PayBatched   PayState = "batched"
	PaySent      PayState = "sent"
	PayUnknown   PayState = "unknown"
	PaySucceeded PayState = "succeeded"
	PayFailed    PayState = "failed"
	PayReturned  PayState = "returned"
	PayCancelled PayState = "cancelled"
)

// Payment is one attempt to pay an award (拨付明细). A new attempt is a new row; an old one never comes back to life.
type Payment struct {
	bun.BaseModel `bun:"table:relief_payments,alias:y"`
	ID            string `bun:",pk"`
	AwardID       string
	CaseID        string
	BatchID       string
	Line          int
	Attempt       int
	AccountID     string
	Amount        money.Fen
	State         PayState
	Reason        string
	BankRef       string
	PaidOn        clock.Day
	Voucher       string // paper id
	At            time.Time
	Since         time.Time
}

// Alive tells whether the payment may still bring or has brought the money to its account.
func (y *Payment) Alive() bool {
	switch y.State {
	case PayBatched, PaySent, PayUnknown, PaySucceeded:
		return true
	}
	return false
}

var payMoves = map[PayState][]PayState{
	PayBatched:   {PaySent, PayCancelled},
	PaySent:      {PaySucceeded, PayFailed, PayUnknown},
	PayUnknown:   {PaySucceeded, PayFailed},
	PaySucceeded: {PayReturned},
}

// turn moves the payment, or says Conflict. Pure.
func (y *Payment) turn(to PayState, now time.Time) error {
	for _, s := range payMoves[y.State] {
		if s == to {
			y.State, y.Since = to, now
			return nil
		}
	}
	return fault.New(fault.Conflict, "relief.payment_not_here", y.Line)
}

// BankResult is a result file of the bank (银行回盘), staged until a second person confirms it.
type BankResult struct {
	bun.BaseModel `bun:"table:relief_results,alias:r"`
	ID            string `bun:",pk"`
	BatchID       string
	Kind          string // result: of a released batch; return: payments that came back later (退汇)
	State         string // staged, confirmed, refused
	FileName      string
	FileHash      string
	ImportedBy    string
	ConfirmedBy   string
	Day           clock.Day // of the bank
	At            time.Time
}

// ResultLine is one line of a result file.
type ResultLine struct {
	bun.BaseModel `bun:"table:relief_result_lines,alias:l"`
	ResultID      string `bun:",pk"`
	PaymentID     string
	Line          int `bun:",pk"`
	Outcome       PayState
	Reason        string
	BankRef       string
}

// Remedy is what two people decide after a failed or returned payment.
type Remedy struct {
	bun.BaseModel `bun:"table:relief_remedies,alias:m"`
	ID            string `bun:",pk"`
	AwardID       string
	Kind          string // account, give_up
	AccountID     string
	State         string // proposed, confirmed, refused
	ReasonSealed  string
	ProposedBy    string
	ConfirmedBy   string
	At            time.Time
}

// Download is one opening of a bank file.
type Download struct {
	bun.BaseModel `bun:"table:relief_downloads,alias:g"`
	ID            string `bun:",pk"`
	BatchID       string
	State         string // asked, allowed, used
	AskedBy       string
	AllowedBy     string
	Reason        string
	At            time.Time
}
