package ledger

import (
	"slices"

	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

// Voucher is the accounting entry of a journal as an accountant reads it (记账凭证).
type Voucher struct {
	ID                    string // of the journal
	Kind                  Kind
	Ref                   string
	Day                   clock.Day
	Reason, Class         string
	Reverses              string
	Fund, FundCode, Title string // "" for entries of no fund; Title is the fund's name
	Debit, DebitName      string
	Credit, CreditName    string
	Amount                money.Fen
}

// Filter chooses vouchers; what is empty does not choose.
type Filter struct {
	From, To clock.Day
	Kind     Kind
	Account  string // debited or credited
	Fund     string // id
	Class    string
	Q        string // amount, number of the voucher, what it was for, or words of the reason
}

// AccountLine is one line of a month: what one account held before, what was booked in the month, what it holds after it.
type AccountLine struct {
	Code, Name, Kind        string
	OpenDebit, OpenCredit   money.Fen
	Debit, Credit           money.Fen
	CloseDebit, CloseCredit money.Fen
}

// Month is the balances of all accounts by one month (科目余额表), with the sums that must be equal (试算平衡).
type Month struct {
	Name     string // "2026-11"
	From, To clock.Day
	Lines    []AccountLine
	Sum      AccountLine
	N        int // vouchers in the month
}

// Balanced tells whether debits are credits in all three pairs of columns.
func (m *Month) Balanced() bool {
	return m.Sum.OpenDebit == m.Sum.OpenCredit && m.Sum.Debit == m.Sum.Credit && m.Sum.CloseDebit == m.Sum.CloseCredit
}

// monthDays gives the first and the last day of a month written as "2026-11".
func monthDays(month string) (from, to clock.Day, err error) {
	from, err = clock.ParseDay(month + "-01")
	if err != nil || len(month) != 7 {
		return "", "", fault.New(fault.Invalid, "ledger.month")
	}
	next := from.Add(31)
	return from, clock.Day(string(next)[:8] + "01").Add(-1), nil
}

// Accounts into which the income and the costs of past years went.
const (
	netFree  = "3101" // 非限定性净资产
	netBound = "3102" // 限定性净资产
)

// When something was booked, seen from a month.
const (
	inMonth   = 0
	inYear    = 1 // earlier in the same year
	lastYears = 2
)

// booking is a sum of postings between two accounts.
type booking struct {
	Debit, Credit string
	FundKind      string
	Era           int
	N             int
	Amount        money.Fen
}

// fold makes the balances of a month. Income and costs of earlier years stand in the net assets, as the closing of a year
// puts them there: those of restricted funds in the restricted ones.
func fold(m *Month, accounts []Account, bs []booking) {
	type sums struct{ open, debit, credit money.Fen }
	on := make(map[string]*sums, len(accounts))
	kinds := make(map[string]string, len(accounts))
	for _, a := range accounts {
		on[a.Code], kinds[a.Code] = &sums{}, a.Kind
	}
	for _, b := range bs {
		at := func(code string) *sums {
			if b.Era == lastYears && (kinds[code] == "income" || kinds[code] == "expense") {
				if b.FundKind == Restricted {
					return on[netBound]
				}
				return on[netFree]
			}
			return on[code]
		}
		if b.Era == inMonth {
			on[b.Debit].debit += b.Amount
			on[b.Credit].credit += b.Amount
			m.N += b.N
			continue
		}
		at(b.Debit).open += b.Amount
		at(b.Credit).open -= b.Amount
	}
	sides := func(f money.Fen) (debit, credit money.Fen) {
		if f < 0 {
			return 0, -f
		}
		return f, 0
	}
	for _, a := range accounts {
		s := on[a.Code]
		l := AccountLine{Code: a.Code, Name: a.Name, Kind: a.Kind, Debit: s.debit, Credit: s.credit}
		l.OpenDebit, l.OpenCredit = sides(s.open)
		l.CloseDebit, l.CloseCredit = sides(s.open + s.debit - s.credit)
		m.Lines = append(m.Lines, l)
		t := &m.Sum
		t.OpenDebit, t.OpenCredit, t.Debit, t.Credit = t.OpenDebit+l.OpenDebit, t.OpenCredit+l.OpenCredit, t.Debit+l.Debit, t.Credit+l.Credit
		t.CloseDebit, t.CloseCredit = t.CloseDebit+l.CloseDebit, t.CloseCredit+l.CloseCredit
	}
}

// kindsBooked lists the kinds that have an accounting entry, for choices.
func kindsBooked() []Kind {
	var out []Kind
	for k, r := range rules {
		if r.debit != "" {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}
