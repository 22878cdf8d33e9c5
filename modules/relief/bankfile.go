package relief

import (
	"bytes"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"care/server/fault"
	"care/server/money"
)

// bankLine is one line of a bank file, in plain text: it never leaves the file.
type bankLine struct {
	Line              int
	Name, Card, Bank  string
	Amount            money.Fen
	Number, KindTitle string
}

// bankFile writes the file for the bank: GB18030, CRLF, first row with batch number, count and total, second row with the names
// of the columns. The same batch gives the same bytes.
func bankFile(number string, total money.Fen, lines []bankLine) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(simplifiedchinese.GB18030.NewEncoder().Writer(&out))
	w.UseCRLF = true
	rows := [][]string{
		{words["relief.bank.batch"], number, words["relief.bank.count"], strconv.Itoa(len(lines)), words["relief.bank.total"], total.String()},
		{words["relief.bank.line"], words["relief.bank.name"], words["relief.bank.card"], words["relief.bank.bank"], words["relief.bank.amount"], words["relief.bank.use"]},
	}
	for _, l := range lines {
		rows = append(rows, []string{strconv.Itoa(l.Line), safe(l.Name), safe(l.Card), safe(l.Bank), l.Amount.String(), safe(l.KindTitle + " " + l.Number)})
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// safe keeps a text cell from being read as a formula by spreadsheets.
func safe(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

const maxBankFile = 8 << 20 // bytes

// resultRow is one line of a result file as the bank wrote it.
type resultRow struct {
	Line    int
	Amount  money.Fen
	Outcome PayState
	Reason  string
	Ref     string
}

// readResult reads a result file: GB18030 or UTF-8, first row with the batch's number, count and total, then a row of names,
// then line number, amount, outcome, reason, bank reference. Every mistake is named, and one is enough to refuse the file.
func readResult(content []byte) (number string, rows []resultRow, err error) {
	var c fault.Checks
	text := bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(text) {
		if text, err = simplifiedchinese.GB18030.NewDecoder().Bytes(text); err != nil || bytes.ContainsRune(text, utf8.RuneError) {
			c.Add("file", "relief.result.unreadable")
			return "", nil, c.Err()
		}
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	var all [][]string
	for {
		rec, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			c.Add("file", "relief.result.unreadable")
			return "", nil, c.Err()
		}
		for i := range rec {
			rec[i] = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(rec[i]), "'"))
		}
		all = append(all, rec)
	}
	if len(all) < 3 || len(all[0]) < 6 || all[0][0] != words["relief.bank.batch"] || len(all[1]) < 5 || all[1][0] != words["relief.bank.line"] {
		c.Add("file", "relief.result.shape")
		return "", nil, c.Err()
	}
	var sum money.Fen
	for i, rec := range all[2:] {
		row, ok := resultLine(&c, i+3, rec)
		if ok {
			rows, sum = append(rows, row), sum+row.Amount
		}
	}
	if n, err := strconv.Atoi(all[0][3]); err != nil || n != len(all)-2 {
		c.Add("file", "relief.result.count", all[0][3], len(all)-2)
	}
	if total, err := money.Parse(all[0][5]); c.Err() == nil && (err != nil || total != sum) {
		c.Add("file", "relief.result.total", all[0][5], sum.String())
	}
	return all[0][1], rows, c.Err()
}

// resultLine reads one line; at is its place in the file.
func resultLine(c *fault.Checks, at int, rec []string) (row resultRow, ok bool) {
	if len(rec) < 5 {
		c.Add("file", "relief.result.short", at)
		return row, false
	}
	var err error
	if row.Line, err = strconv.Atoi(rec[0]); err != nil || row.Line <= 0 {
		c.Add("file", "relief.result.line", at, clip(rec[0]))
		return row, false
	}
	if row.Amount, err = money.Parse(rec[1]); err != nil || row.Amount <= 0 {
		c.Add("file", "relief.result.amount", at, clip(rec[1]))
		return row, false
	}
	switch rec[2] {
	case words["relief.bank.ok"]:
		row.Outcome = PaySucceeded
	case words["relief.bank.bad"]:
		row.Outcome = PayFailed
	case words["relief.bank.back"]:
		row.Outcome = PayReturned
	default:
		c.Add("file", "relief.result.outcome", at, clip(rec[2]))
		return row, false
	}
	row.Reason, row.Ref = clip(rec[3]), clip(rec[4])
	if row.Outcome != PaySucceeded && row.Reason == "" {
		c.Add("file", "relief.result.reason", at)
		return row, false
	}
	return row, true
}

// clip bounds what a bank's file may put into our rows.
func clip(s string) string {
	rs := []rune(s)
	if len(rs) > 60 {
		return string(rs[:60])
	}
	return s
}

// match compares a result file with the payments of its batch. A result must name every line once; a file of returned payments
// names lines that succeeded. Lines that are missing, unknown, repeated, or of another amount are all named.
func match(kind string, lines []payLine, rows []resultRow) error {
	var c fault.Checks
	byLine, seen := map[int]payLine{}, map[int]bool{}
	for _, l := range lines {
		byLine[l.Line] = l
	}
	for _, r := range rows {
		l, ok := byLine[r.Line]
		switch {
		case !ok:
			c.Add("file", "relief.result.unknown", r.Line)
			continue
		case seen[r.Line]:
			c.Add("file", "relief.result.twice", r.Line)
			continue
		}
		seen[r.Line] = true
		if r.Amount != l.Amount {
			c.Add("file", "relief.result.differs", r.Line, r.Amount.Comma(), l.Amount.Comma())
		}
		if (kind == "return") != (r.Outcome == PayReturned) {
			c.Add("file", "relief.result.wrong_kind", r.Line)
		} else if kind == "return" && l.State != PaySucceeded || kind == "result" && l.State != PaySent {
			c.Add("file", "relief.result.settled", r.Line)
		}
	}
	if kind == "result" {
		for _, l := range lines {
			if !seen[l.Line] {
				c.Add("file", "relief.result.missing", l.Line)
			}
		}
	}
	return c.Err()
}
