package intake

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

// Limits of files that come from outside: a small archive may unfold to anything.
const (
	maxUnzipped = 512 << 20
	maxInMemory = 16 << 20
	maxColumns  = 80
	maxCell     = 2_000
)

// eachRow reads a table, CSV (UTF-8 or GB 18030) or XLSX, and calls fn for every row that holds anything; n counts the lines
// of the file from 1. What cannot be read is an Invalid fault with the field "file".
func eachRow(content []byte, fn func(n int, cells []string) error) error {
	switch {
	case len(content) == 0:
		return badFile("intake.file_empty")
	case bytes.HasPrefix(content, []byte("PK\x03\x04")):
		return eachSheetRow(content, fn)
	case bytes.HasPrefix(content, []byte{0xd0, 0xcf, 0x11, 0xe0}):
		return badFile("intake.file_old")
	}
	text, err := plainText(content)
	if err != nil {
		return err
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord, r.LazyQuotes = comma(text), -1, true, true
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return badFile("intake.file_unreadable")
		}
		n, _ := r.FieldPos(0)
		if err := give(n, cells, fn); err != nil {
			return err
		}
	}
}

func badFile(code string, args ...any) error {
	return &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: []fault.Field{{Name: "file", Code: code, Args: args}}}
}

// plainText gives a text file as UTF-8.
func plainText(content []byte) (string, error) {
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	if bytes.IndexByte(content, 0) >= 0 {
		return "", badFile("intake.file_unreadable")
	}
	if utf8.Valid(content) {
		return string(content), nil
	}
	b, err := simplifiedchinese.GB18030.NewDecoder().Bytes(content)
	if err != nil || bytes.ContainsRune(b, utf8.RuneError) {
		return "", badFile("intake.file_unreadable")
	}
	return string(b), nil
}

// comma tells what separates the cells, by the first line.
func comma(text string) rune {
	line, _, _ := strings.Cut(text, "\n")
	best, most := ',', strings.Count(line, ",")
	for _, r := range []rune{'\t', ';'} {
		if n := strings.Count(line, string(r)); n > most {
			best, most = r, n
		}
	}
	return best
}

func eachSheetRow(content []byte, fn func(n int, cells []string) error) (err error) {
	// The values as they are stored: a format may round an amount or turn a date around.
	f, err := excelize.OpenReader(bytes.NewReader(content), excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxInMemory})
	if err != nil {
		return badFile("intake.file_unreadable")
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sheets := f.GetSheetList()
	if len(sheets) == 0 {
		return badFile("intake.file_empty")
	}
	rows, err := f.Rows(sheets[0])
	if err != nil {
		return badFile("intake.file_unreadable")
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for n := 1; rows.Next(); n++ {
		cells, err := rows.Columns()
		if err != nil {
			return badFile("intake.file_unreadable")
		}
		if err := give(n, cells, fn); err != nil {
			return err
		}
	}
	if rows.Error() != nil {
		return badFile("intake.file_unreadable")
	}
	return nil
}

// give cleans the cells of a row and passes it on when it holds anything.
func give(n int, cells []string, fn func(int, []string) error) error {
	if len(cells) > maxColumns {
		return badFile("intake.file_wide", n, maxColumns)
	}
	any := false
	for i, s := range cells {
		if len(s) > maxCell {
			return badFile("intake.file_cell", n)
		}
		cells[i] = cleanCell(s)
		any = any || cells[i] != ""
	}
	if !any {
		return nil
	}
	return fn(n, cells)
}

// cleanCell drops what a spreadsheet or a platform puts around a value: blanks, tabs, a quote before a long number.
func cleanCell(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == utf8.RuneError || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r == 0xfeff {
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if strings.HasPrefix(s, "='") || strings.HasPrefix(s, "=\"") && strings.HasSuffix(s, "\"") {
		s = strings.Trim(s[1:], `'"`)
	}
	return strings.TrimPrefix(strings.TrimPrefix(s, "'"), "`")
}

// fenOf reads an amount as a file gives it; spreadsheets store 33.3 as 33.299999999999997, which is 33.30.
func fenOf(s string) (money.Fen, bool) {
	if f, err := money.Parse(s); err == nil {
		return f, true
	}
	if len(s) > 40 || strings.Trim(s, "0123456789.-+eE") != "" || strings.ContainsAny(s, "eE") && len(s) > 24 {
		return 0, false
	}
	if _, exp, has := strings.Cut(strings.ToUpper(s), "E"); has {
		if e, err := strconv.Atoi(exp); err != nil || e < -20 || e > 20 {
			return 0, false
		}
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return 0, false
	}
	r.Mul(r, big.NewRat(100, 1))
	half := big.NewRat(1, 2)
	if r.Sign() < 0 {
		half.Neg(half)
	}
	n := new(big.Int).Quo(new(big.Rat).Add(r, half).Num(), new(big.Rat).Add(r, half).Denom())
	diff := new(big.Rat).Sub(r, new(big.Rat).SetInt(n))
	if diff.Abs(diff).Cmp(big.NewRat(1, 1_000_000)) > 0 || !n.IsInt64() {
		return 0, false
	}
	f := money.Fen(n.Int64())
	return f, f <= money.Max && f >= -money.Max
}

// dayOf reads the day out of a date or a time as a file gives it, also as the serial number of a spreadsheet.
func dayOf(s string) clock.Day {
	s = strings.NewReplacer("\u5e74", "-", "\u6708", "-", "\u65e5", "").Replace(s) // year, month, day
	if d, err := clock.ParseDay(s); err == nil {
		return d
	}
	if i := strings.IndexAny(s, " T"); i > 0 {
		if d, err := clock.ParseDay(s[:i]); err == nil {
			return d
		}
	}
	if len(s) == 14 {
		if d, err := clock.ParseDay(s[:8]); err == nil {
			return d
		}
	}
	whole, _, _ := strings.Cut(s, ".")
	if n, err := strconv.Atoi(whole); err == nil && n > 36_000 && n < 73_000 { // 1998 to 2099
		return clock.Day(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n).Format(time.DateOnly))
	}
	return ""
}

// foldHead writes a heading in the form under which headings are compared.
func foldHead(s string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "\u3000", "", "\uff08", "(", "\uff09", ")", "*", "", "\uff1a", "", ":", "").Replace(s))
}

// headings of the template for gifts, in its order: the field and its heading come from words.
func giftFields() []string {
	return []string{"name", "amount", "ref", "day", "campaign", "donor", "method", "shown", "phone", "idno", "payer", "email"}
}

// readGifts reads rows of the template. Columns are found by their headings, in any order.
func readGifts(content []byte) ([]Cells, error) {
	var out []Cells
	at := map[string]int{}
	err := eachRow(content, func(n int, cells []string) error {
		if len(at) == 0 {
			for i, s := range cells {
				for _, f := range giftFields() {
					if foldHead(s) == foldHead(words["intake.col."+f]) {
						at[f] = i
					}
				}
			}
			_, name := at["name"]
			_, amount := at["amount"]
			if n > 20 {
				return badFile("intake.file_head")
			}
			if !name || !amount {
				at = map[string]int{} // titles above the headings
			}
			return nil
		}
		if len(out) >= maxRows {
			return badFile("intake.file_long", maxRows)
		}
		get := func(f string) string {
			if i, ok := at[f]; ok && i < len(cells) {
				return cells[i]
			}
			return ""
		}
		c := Cells{Name: get("name"), Amount: get("amount"), Ref: get("ref"), Day: get("day"), Campaign: get("campaign"), Phone: get("phone"), IDNo: get("idno"), Payer: get("payer"), Email: get("email"),
			Donor: choiceOf("donor", get("donor"), person, body), Method: choiceOf("method", get("method"), transfer, cash, platform), Shown: choiceOf("shown", get("shown"), shownMask, shownReal, shownAnon)}
		if f, ok := fenOf(c.Amount); ok {
			c.Amount = f.String()
		}
		if d := dayOf(c.Day); d != "" {
			c.Day = string(d)
		}
		c.trim()
		if !c.empty() {
			out = append(out, c)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(at) == 0 {
		return nil, badFile("intake.file_head")
	}
	if len(out) == 0 {
		return nil, badFile("intake.file_empty")
	}
	return out, nil
}

// choiceOf reads a choice by its Chinese word or its code; what is neither stays as typed and is refused later.
func choiceOf(field, s string, codes ...string) string {
	for _, c := range codes {
		if s == c || s == words["intake."+field+"."+c] {
			return c
		}
	}
	return s
}

// orderRow is one row of a platform's file.
type orderRow struct {
	Line    int
	No      string
	Day     clock.Day
	Amount  money.Fen // above zero, also of a refund
	Fee     money.Fen
	Project string
	Refund  bool
	Cells   Cells
}

// readOrders reads a platform's file by its profile. Every row must be readable: a file that was read in part has no total.
func readOrders(content []byte, s Spec) ([]orderRow, error) {
	var out []orderRow
	var bad fault.Checks
	faults := 0
	at := map[string]int{}
	seen := map[string]int{}
	err := eachRow(content, func(n int, cells []string) error {
		if len(at) == 0 {
			found := map[string]int{}
			for i, h := range cells {
				for _, c := range s.columns() {
					if c.Heading != "" && foldHead(h) == foldHead(c.Heading) {
						found[c.Field] = i
					}
				}
			}
			if n > 30 {
				return badFile("intake.orders_head")
			}
			if len(found) >= 3 {
				for _, c := range s.columns() {
					if _, ok := found[c.Field]; c.Heading != "" && !ok {
						return badFile("intake.orders_column", c.Heading)
					}
				}
				at = found
			}
			return nil
		}
		get := func(f string) string {
			if i, ok := at[f]; ok && i < len(cells) {
				return cells[i]
			}
			return ""
		}
		if get("order") == "" && (get("time") == "" || get("amount") == "") {
			return nil // a line of totals or remarks below the table
		}
		if len(out) >= maxOrders {
			return badFile("intake.file_long", maxOrders)
		}
		r := orderRow{Line: n, No: foldRef(get("order")), Day: dayOf(get("time")), Project: get("project"),
			Cells: Cells{Nick: get("nick"), Name: get("receipt"), Phone: get("phone"), Email: get("email")}}
		r.Cells.trim()
		amount, ok := fenOf(get("amount"))
		fee, feeOK := money.Fen(0), true
		if get("fee") != "" {
			fee, feeOK = fenOf(get("fee"))
		}
		r.Amount, r.Fee = amount, fee
		r.Refund = amount < 0 || s.Status != "" && get("status") == s.Refund
		if r.Amount < 0 {
			r.Amount = -r.Amount
		}
		if r.Fee < 0 {
			r.Fee = -r.Fee
		}
		if r.Refund {
			r.Fee = 0
		}
		if runes := []rune(r.Project); len(runes) > 80 {
			r.Project = string(runes[:80])
		}
		key := r.No + map[bool]string{true: "/back"}[r.Refund]
		need := func(ok bool, code string, args ...any) {
			if !ok && faults < 20 {
				bad.Add("file", code, append([]any{n}, args...)...)
			}
			if !ok {
				faults++
			}
		}
		need(refOK(r.No) && len(r.No) <= 50, "intake.row_order")
		need(r.Day != "", "intake.row_time", short(get("time")))
		need(ok && r.Amount > 0, "intake.row_amount", short(get("amount")))
		need(feeOK && r.Fee <= r.Amount, "intake.row_fee", short(get("fee")))
		need(seen[key] == 0, "intake.row_twice", seen[key])
		seen[key] = n
		out = append(out, r)
		return nil
	})
	if err == nil {
		err = bad.Err()
	}
	if err != nil {
		return nil, err
	}
	if len(at) == 0 {
		return nil, badFile("intake.orders_head")
	}
	if len(out) == 0 {
		return nil, badFile("intake.file_empty")
	}
	return out, nil
}

// short quotes a cell in a message; a longer one could be anybody's data.
func short(s string) string {
	if r := []rune(s); len(r) > 20 {
		return string(r[:20]) + "…"
	}
	return s
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
