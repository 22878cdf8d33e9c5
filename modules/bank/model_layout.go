package bank

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

// Formats of files, encodings, and how amounts are signed.
const (
	CSV  = "csv"
	XLSX = "xlsx"
	CAMT = "camt" // ISO 20022 camt.053, which needs no columns

	Auto    = "auto"
	UTF8    = "utf8"
	GB18030 = "gb18030"

	Signed = "signed" // one column, below zero for money that left
	Two    = "two"    // a column for each side
	Flag   = "flag"   // one column, and one that names the side
)

// Layout is where a bank's table has what. Columns are named as in the heading row of the file.
type Layout struct {
	Format       string `json:"format"`
	Encoding     string `json:"encoding"`
	Delimiter    string `json:"delimiter"`
	Sign         string `json:"sign"`
	Day          string `json:"day"`
	Form         string `json:"form,omitempty"` // of dates: "" for year first, "dmy" for day first
	Amount       string `json:"amount,omitempty"`
	Credit       string `json:"credit,omitempty"`
	Debit        string `json:"debit,omitempty"`
	Flag         string `json:"flag,omitempty"`
	CreditWord   string `json:"credit_word,omitempty"`
	DebitWord    string `json:"debit_word,omitempty"`
	Balance      string `json:"balance,omitempty"`
	Serial       string `json:"serial,omitempty"`
	Payer        string `json:"payer,omitempty"`
	PayerAccount string `json:"payer_account,omitempty"`
	PayerBank    string `json:"payer_bank,omitempty"`
	Remark       string `json:"remark,omitempty"` // several columns are joined by "+"
}

const maxColumn = 80 // characters of a column's name

// check tells what is missing in a layout.
func (l *Layout) check() error {
	var c fault.Checks
	c.Need(l.Format == CSV || l.Format == XLSX, "format", "bank.need_format")
	c.Need(l.Encoding == Auto || l.Encoding == UTF8 || l.Encoding == GB18030, "encoding", "bank.need_encoding")
	c.Need(slices.Contains([]string{",", ";", "|", "\t"}, l.Delimiter), "delimiter", "bank.need_delimiter")
	c.Need(l.Form == "" || l.Form == "dmy", "form", "bank.need_form")
	c.Need(l.Sign == Signed || l.Sign == Two || l.Sign == Flag, "sign", "bank.need_sign")
	c.Need(l.Day != "", "day", "bank.need_column")
	switch l.Sign {
	case Two:
		c.Need(l.Credit != "", "credit", "bank.need_column")
		c.Need(l.Debit != "" && l.Debit != l.Credit, "debit", "bank.need_column")
	case Flag:
		c.Need(l.Amount != "", "amount", "bank.need_column")
		c.Need(l.Flag != "" && l.Flag != l.Amount, "flag", "bank.need_column")
		c.Need(l.CreditWord != "", "credit_word", "bank.need_word")
		c.Need(l.DebitWord != "" && l.DebitWord != l.CreditWord, "debit_word", "bank.need_word")
	case Signed:
		c.Need(l.Amount != "", "amount", "bank.need_column")
	}
	for name, v := range map[string]string{"day": l.Day, "amount": l.Amount, "credit": l.Credit, "debit": l.Debit, "flag": l.Flag, "balance": l.Balance,
		"serial": l.Serial, "payer": l.Payer, "payer_account": l.PayerAccount, "payer_bank": l.PayerBank, "remark": l.Remark} {
		c.Need(utf8.RuneCountInString(v) <= maxColumn, name, "bank.column_long", maxColumn)
	}
	return c.Err()
}

// Row is one line of a file as it was understood.
type Row struct {
	No      int // row of the file
	Day     clock.Day
	Amount  money.Fen // above zero: money came
	Balance *money.Fen
	Serial  string
	Details
}

// Most problems that are named, cells of a row and characters of a text.
const (
	maxProblems = 12
	maxCells    = 200
	maxCell     = 200
	maxHead     = 60 // rows before the heading
)

// errEnough ends the reading of a file that has too many problems.
var errEnough = fault.New(fault.Invalid, "bank.file.many")

// table understands the rows of a file.
type table struct {
	l       Layout
	columns map[string]int
	seen    int
	checks  fault.Checks
	bad     int
	fn      func(Row) error
	closed  bool // a row of sums has come
}

// fold brings the name of a column into the form in which names are compared.
func fold(s string) string {
	s = strings.NewReplacer("\uff08", "(", "\uff09", ")", "\u3000", "", "\ufeff", "").Replace(s)
	return strings.Join(strings.Fields(s), "")
}

// tidy takes the wrapping off a cell: blanks, tabs, the marks by which banks keep spreadsheets from changing numbers.
func tidy(s string) string {
	s = strings.TrimSpace(strings.Trim(s, "\ufeff\u00a0\u3000"))
	if strings.HasPrefix(s, `="`) && strings.HasSuffix(s, `"`) && len(s) >= 3 {
		s = s[2 : len(s)-1]
	}
	s = strings.TrimPrefix(s, "'")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s))
}

// need lists the columns without which no row is understood.
func (l *Layout) need() []string {
	switch l.Sign {
	case Two:
		return []string{l.Day, l.Credit, l.Debit}
	case Flag:
		return []string{l.Day, l.Amount, l.Flag}
	}
	return []string{l.Day, l.Amount}
}

// heading tells whether a row is the heading, and remembers where the columns are.
func (t *table) heading(cells []string) bool {
	at := make(map[string]int, len(cells))
	for i, c := range cells {
		if f := fold(c); f != "" {
			if _, twice := at[f]; !twice {
				at[f] = i
			}
		}
	}
	for _, n := range t.l.need() {
		if _, ok := at[fold(n)]; !ok {
			return false
		}
	}
	t.columns = at
	return true
}

func (t *table) cell(cells []string, name string) string {
	if name == "" {
		return ""
	}
	i, ok := t.columns[fold(name)]
	if !ok || i >= len(cells) {
		return ""
	}
	return tidy(cells[i])
}

func (t *table) problem(code string, args ...any) error {
	t.checks.Add("file", code, args...)
	if t.bad++; t.bad >= maxProblems {
		return errEnough
	}
	return nil
}

// row takes one row of the file.
func (t *table) row(no int, cells []string) error {
	if t.columns == nil {
		if !t.heading(cells) {
			if t.seen++; t.seen > maxHead {
				return errEnough
			}
			return nil
		}
		for _, n := range append([]string{t.l.Balance, t.l.Serial, t.l.Payer, t.l.PayerAccount}, strings.Split(t.l.Remark, "+")...) {
			if _, ok := t.columns[fold(n)]; n != "" && !ok {
				if err := t.problem("bank.file.no_column", clip(n, maxColumn)); err != nil {
					return err
				}
			}
		}
		return nil
	}
	empty := true
	for _, c := range cells {
		empty = empty && tidy(c) == ""
	}
	if empty {
		return nil
	}
	day, amount, err := t.when(cells), money.Fen(0), error(nil)
	if day == "" {
		if t.footer(cells) {
			t.closed = true
			return nil
		}
		return t.problem("bank.file.day", no, clip(t.cell(cells, t.l.Day), 40))
	}
	if t.closed {
		return t.problem("bank.file.after_sum", no)
	}
	if amount, err = t.amount(cells); err != nil {
		return t.problem("bank.file.amount", no)
	}
	if amount == 0 {
		return nil // notices without money
	}
	r := Row{No: no, Day: day, Amount: amount, Serial: serial(t.cell(cells, t.l.Serial))}
	if t.l.Balance != "" {
		b, err := decimal(t.cell(cells, t.l.Balance))
		if err != nil {
			return t.problem("bank.file.balance", no)
		}
		r.Balance = &b
	}
	r.Payer = clip(strings.Join(strings.Fields(t.cell(cells, t.l.Payer)), " "), 80)
	r.Account = clip(strings.Join(strings.Fields(t.cell(cells, t.l.PayerAccount)), ""), 40)
	r.Bank = clip(t.cell(cells, t.l.PayerBank), maxCell)
	var remarks []string
	for _, n := range strings.Split(t.l.Remark, "+") {
		if x := t.cell(cells, n); x != "" && !slices.Contains(remarks, x) {
			remarks = append(remarks, x)
		}
	}
	r.Remark = clip(strings.Join(remarks, " "), maxCell)
	for _, s := range []string{r.Serial, r.Payer, r.Account, r.Bank, r.Remark} {
		if strings.ContainsRune(s, utf8.RuneError) {
			return t.problem("bank.file.encoding", no)
		}
	}
	return t.fn(r)
}

// footer tells a row of sums from a line whose date is broken.
func (t *table) footer(cells []string) bool {
	first := ""
	for _, c := range cells {
		if first = fold(tidy(c)); first != "" {
			break
		}
	}
	for _, w := range strings.Split(words["bank.footers"], " ") {
		if strings.HasPrefix(first, w) {
			return true
		}
	}
	return false
}

// when reads the day of a row, "" when there is none.
func (t *table) when(cells []string) clock.Day {
	s := t.cell(cells, t.l.Day)
	if t.l.Format == XLSX && s != "" && len(s) <= 20 {
		if d, ok := excelDay(s); ok {
			return d
		}
	}
	return readDay(s, t.l.Form)
}

// readDay reads a date as banks write it; a time behind it is left out.
func readDay(s, form string) clock.Day {
	s = strings.NewReplacer(words["bank.year"], "-", words["bank.month"], "-", words["bank.day"], " ").Replace(s)
	s, _, _ = strings.Cut(strings.TrimSpace(s), " ")
	s, _, _ = strings.Cut(s, "T")
	if len(s) == 14 && strings.Trim(s, "0123456789") == "" {
		s = s[:8] // 20261125093000
	}
	if form == "dmy" {
		p := strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == '-' || r == '.' })
		if len(p) != 3 {
			return ""
		}
		s = p[2] + "-" + p[1] + "-" + p[0]
	}
	d, err := clock.ParseDay(s)
	if err != nil || d < "1990-01-01" || d > "2100-01-01" {
		return ""
	}
	return d
}

func (t *table) amount(cells []string) (money.Fen, error) {
	switch t.l.Sign {
	case Signed:
		return decimal(t.cell(cells, t.l.Amount))
	case Flag:
		f, err := decimal(t.cell(cells, t.l.Amount))
		if err != nil || f < 0 {
			return 0, money.ErrAmount
		}
		switch t.cell(cells, t.l.Flag) {
		case t.l.CreditWord:
			return f, nil
		case t.l.DebitWord:
			return -f, nil
		}
		return 0, money.ErrAmount
	}
	var sides [2]money.Fen
	for i, n := range []string{t.l.Credit, t.l.Debit} {
		s := t.cell(cells, n)
		if s == "" || s == "-" || s == "--" {
			continue
		}
		f, err := decimal(s)
		if err != nil {
			return 0, err
		}
		sides[i] = f
	}
	if sides[0] != 0 && sides[1] != 0 {
		return 0, money.ErrAmount
	}
	return sides[0] - sides[1], nil
}

// decimal reads an amount as banks and spreadsheets write it: 1,234.50, +12, ¥3, 1.2E3, 12.340000000000002.
func decimal(s string) (money.Fen, error) {
	s = strings.TrimPrefix(strings.TrimSpace(s), "+")
	if f, err := money.Parse(s); err == nil {
		return f, nil
	}
	s = strings.ReplaceAll(s, ",", "")
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	mantissa, exp, _ := strings.Cut(strings.ToUpper(s), "E")
	e := 0
	if exp != "" {
		var err error
		if e, err = strconv.Atoi(exp); err != nil || e < -20 || e > 15 {
			return 0, money.ErrAmount
		}
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	if whole == "" || len(whole)+len(frac) > 40 || strings.Trim(whole+frac, "0123456789") != "" {
		return 0, money.ErrAmount
	}
	digits, point := whole+frac, len(whole)+e+2 // in fen
	for point < 0 {
		digits, point = "0"+digits, point+1
	}
	for len(digits) < point {
		digits += "0"
	}
	n, rest := digits[:point], digits[point:]
	if len(strings.TrimLeft(n, "0")) > 14 {
		return 0, money.ErrRange
	}
	f, err := strconv.ParseInt("0"+n, 10, 64)
	if err != nil {
		return 0, money.ErrAmount
	}
	// What is left must be the noise of a spreadsheet's arithmetic and no part of a fen.
	switch {
	case strings.Trim(rest, "0") == "", strings.HasPrefix(rest, "000000"):
	case strings.HasPrefix(rest, "999999"):
		f++
	default:
		return 0, money.ErrAmount
	}
	if neg {
		f = -f
	}
	return money.Fen(f), nil
}

// serial keeps of a bank's serial what can be printed; "" for none.
func serial(s string) string {
	s = strings.ToUpper(strings.Join(strings.Fields(s), ""))
	if strings.Trim(s, "0-") == "" || len(s) > 48 {
		return ""
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return ""
		}
	}
	return s
}

// Sums is what a whole file says.
type Sums struct {
	Account          string // when the file names it
	Opening, Closing *money.Fen
	Credits, Debits  money.Fen
	From, To         clock.Day
	Rows             int64
}

// chain follows the balances of a file in both orders, since banks write the newest line first or last.
type chain struct {
	first, last  Row
	n            int64
	up, down     bool // the order still holds
	upAt, downAt int  // row at which it broke
}

func (c *chain) add(r Row) {
	if r.Balance == nil {
		return
	}
	if c.n == 0 {
		c.first, c.up, c.down = r, true, true
	} else {
		if c.up && *r.Balance != *c.last.Balance+r.Amount {
			c.up, c.upAt = false, r.No
		}
		if c.down && *c.last.Balance != *r.Balance+c.last.Amount {
			c.down, c.downAt = false, r.No
		}
	}
	c.last = r
	c.n++
}

// sum reads a file to its end and proves that it is whole; given balances are those that the clerk has read.
func sum(l Layout, format string, f file, opening, closing *money.Fen) (Sums, error) {
	var (
		s Sums
		c chain
	)
	head, err := readFile(l, format, f, func(r Row) error {
		s.Rows++
		if s.Rows > MaxLines {
			return fault.New(fault.Invalid, "bank.file.lines")
		}
		if r.Amount > 0 {
			s.Credits += r.Amount
		} else {
			s.Debits -= r.Amount
		}
		if s.Credits > 100*money.Max || s.Debits > 100*money.Max {
			return fault.New(fault.Invalid, "bank.file.huge")
		}
		if s.From == "" || r.Day < s.From {
			s.From = r.Day
		}
		if r.Day > s.To {
			s.To = r.Day
		}
		c.add(r)
		return nil
	})
	if err != nil {
		return s, err
	}
	s.Account, s.Opening, s.Closing = head.Account, head.Opening, head.Closing
	var bad fault.Checks
	if s.Rows == 0 {
		bad.Add("file", "bank.file.empty")
		return s, bad.Err()
	}
	if c.n == s.Rows {
		var from, to money.Fen
		switch {
		case c.up:
			from, to = *c.first.Balance-c.first.Amount, *c.last.Balance
		case c.down:
			from, to = *c.last.Balance-c.last.Amount, *c.first.Balance
		default:
			bad.Add("file", "bank.file.chain", max(c.upAt, c.downAt))
			return s, bad.Err()
		}
		s.agree(&bad, from, to)
	}
	for _, g := range []struct {
		given *money.Fen
		file  **money.Fen
		field string
	}{{opening, &s.Opening, "opening"}, {closing, &s.Closing, "closing"}} {
		switch {
		case g.given == nil && *g.file == nil:
			bad.Add(g.field, "bank.file.need_"+g.field)
		case *g.file == nil:
			*g.file = g.given
		case g.given != nil && *g.given != **g.file:
			bad.Add(g.field, "bank.file.other_"+g.field, (**g.file).Comma(), g.given.Comma())
		}
	}
	if err := bad.Err(); err != nil {
		return s, err
	}
	if *s.Opening+s.Credits-s.Debits != *s.Closing {
		bad.Add("file", "bank.file.sum", s.Opening.Comma(), s.Credits.Comma(), s.Debits.Comma(), s.Closing.Comma())
	}
	return s, bad.Err()
}

// agree takes over what the balances of the lines say.
func (s *Sums) agree(bad *fault.Checks, from, to money.Fen) {
	if s.Opening == nil {
		s.Opening = &from
	}
	if s.Closing == nil {
		s.Closing = &to
	}
	if *s.Opening != from {
		bad.Add("file", "bank.file.other_opening", from.Comma(), s.Opening.Comma())
	}
	if *s.Closing != to {
		bad.Add("file", "bank.file.other_closing", to.Comma(), s.Closing.Comma())
	}
}
