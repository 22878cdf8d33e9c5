package bank

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

// Limits of files. A line of a statement takes about a hundred bytes.
const (
	MaxFile     = 160 << 20 // bytes
	maxPacked   = 40 << 20  // of an XLSX, as it is sent
	maxUnpacked = 512 << 20 // of an XLSX, unpacked
	MaxLines    = 1_000_000
	maxRecord   = 64 << 10 // bytes of one CSV row
)

// file is the content of a statement: it is read more than once.
type file interface {
	io.Reader
	io.Seeker
}

// balances is what a file says of itself beside its lines.
type balances struct {
	Account          string
	Opening, Closing *money.Fen
}

// kindOf tells what kind of file begins with head, or why it cannot be used.
func kindOf(head []byte) (string, error) {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	lower := bytes.ToLower(text[:min(len(text), 200)])
	switch {
	case len(head) == 0:
		return "", fault.New(fault.Invalid, "bank.file.none")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return XLSX, nil
	case bytes.HasPrefix(head, []byte{0xd0, 0xcf, 0x11, 0xe0}):
		return "", fault.New(fault.Invalid, "bank.file.xls")
	case bytes.HasPrefix(lower, []byte("<html")), bytes.HasPrefix(lower, []byte("<!doctype html")), bytes.HasPrefix(lower, []byte("<table")):
		return "", fault.New(fault.Invalid, "bank.file.html")
	case bytes.HasPrefix(head, []byte("%PDF-")):
		return "", fault.New(fault.Invalid, "bank.file.pdf")
	case bytes.HasPrefix(lower, []byte("<")):
		return CAMT, nil
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return CSV, nil // UTF-16
	case bytes.IndexByte(head, 0) >= 0:
		return "", fault.New(fault.Invalid, "bank.file.binary")
	}
	return CSV, nil
}

// readFile gives every line of a file to fn, in the order of the file. What is wrong with it is told in one Invalid fault.
func readFile(l Layout, format string, f file, fn func(Row) error) (balances, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return balances{}, err
	}
	if format == CAMT {
		return readCamt(f, fn)
	}
	t := &table{l: l, fn: fn}
	var err error
	if format == XLSX {
		err = sheet(f, t.row)
	} else {
		err = csv(f, l, t.row)
	}
	if errors.Is(err, errEnough) {
		err = nil
	}
	if err == nil && t.columns == nil {
		t.checks.Add("file", "bank.file.no_heading", strings.Join(l.need(), words["bank.comma"]))
	}
	if err == nil {
		err = t.checks.Err()
	}
	return balances{}, err
}

// csv splits a text into rows. It is our own and not encoding/csv: banks write stray quotes, and one that is never closed must
// not swallow the file into memory.
func csv(f file, l Layout, row func(no int, cells []string) error) error {
	r, err := decoded(f, l.Encoding)
	if err != nil {
		return err
	}
	b := bufio.NewReaderSize(r, maxRecord)
	sep := byte(',')
	if l.Delimiter != "" {
		sep = l.Delimiter[0]
	}
	cells := make([]string, 0, 32)
	for no := 1; ; no++ {
		line, err := b.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return fault.New(fault.Invalid, "bank.file.long")
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if len(line) > 0 {
			if cells, err2 := split(cells[:0], strings.TrimRight(string(line), "\r\n"), sep); err2 != nil {
				return err2
			} else if err2 := row(no, cells); err2 != nil {
				return err2
			}
		}
		if err != nil {
			return nil
		}
	}
}

// split cuts a row into cells. A quote counts only at the edge of a cell.
func split(cells []string, line string, sep byte) ([]string, error) {
	for {
		if len(cells) == maxCells {
			return nil, fault.New(fault.Invalid, "bank.file.wide")
		}
		line = strings.TrimLeft(line, " ")
		if strings.HasPrefix(line, `"`) {
			if end := closing(line, sep); end > 0 {
				cells = append(cells, strings.ReplaceAll(line[1:end], `""`, `"`))
				rest := strings.TrimLeft(line[end+1:], " ")
				if rest == "" {
					return cells, nil
				}
				line = rest[1:]
				continue
			}
		}
		cell, rest, more := strings.Cut(line, string(sep))
		cells = append(cells, cell)
		if !more {
			return cells, nil
		}
		line = rest
	}
}

// closing finds the quote that ends the cell at the beginning of a line, 0 for none.
func closing(line string, sep byte) int {
	for i := 1; i < len(line); i++ {
		if line[i] != '"' {
			continue
		}
		if i+1 < len(line) && line[i+1] == '"' {
			i++
			continue
		}
		rest := strings.TrimLeft(line[i+1:], " ")
		if rest == "" || rest[0] == sep {
			return i
		}
		return 0
	}
	return 0
}

// decoded gives the text of a file as UTF-8. What cannot be read becomes U+FFFD, which the rows refuse.
func decoded(f file, encoding string) (io.Reader, error) {
	var head [3]byte
	n, err := io.ReadFull(f, head[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	skip := int64(0)
	switch {
	case n == 3 && string(head[:]) == "\xef\xbb\xbf":
		encoding, skip = UTF8, 3
	case n >= 2 && (head[0] == 0xff && head[1] == 0xfe || head[0] == 0xfe && head[1] == 0xff):
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(f), nil
	}
	if encoding == Auto {
		if encoding, err = guess(f); err != nil {
			return nil, err
		}
	}
	if _, err := f.Seek(skip, io.SeekStart); err != nil {
		return nil, err
	}
	if encoding == GB18030 {
		return simplifiedchinese.GB18030.NewDecoder().Reader(f), nil
	}
	return unicode.UTF8.NewDecoder().Reader(f), nil
}

// guess tells UTF-8 from GB18030 by reading everything: text of the one is hardly ever valid in the other.
func guess(f file) (string, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	buf, kept := make([]byte, 64<<10), 0
	for {
		n, err := f.Read(buf[kept:])
		n += kept
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		end := n
		if err == nil { // a character may be cut
			for i := 1; i <= min(3, n); i++ {
				if utf8.RuneStart(buf[n-i]) {
					if !utf8.FullRune(buf[n-i : n]) {
						end = n - i
					}
					break
				}
			}
		}
		if !utf8.Valid(buf[:end]) {
			return GB18030, nil
		}
		if err != nil {
			return UTF8, nil
		}
		kept = copy(buf, buf[end:n])
	}
}

// sheet gives the rows of the first sheet of a workbook. A workbook that unpacks into too much is refused before it does.
func sheet(f file, row func(no int, cells []string) error) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if size > maxPacked {
		return fault.New(fault.Invalid, "bank.file.packed")
	}
	packed, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	if err := measure(packed); err != nil {
		return err
	}
	// Large parts of the workbook go to temporary files, not into memory.
	book, err := excelize.OpenReader(bytes.NewReader(packed), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: 8 << 20, RawCellValue: true})
	if err != nil {
		return fault.Wrap(fault.Invalid, "bank.file.workbook", err)
	}
	defer func() { _ = book.Close() }()
	names := book.GetSheetList()
	if len(names) == 0 {
		return fault.New(fault.Invalid, "bank.file.workbook")
	}
	rows, err := book.Rows(names[0])
	if err != nil {
		return fault.Wrap(fault.Invalid, "bank.file.workbook", err)
	}
	defer func() { _ = rows.Close() }()
	for no := 1; rows.Next(); no++ {
		if no > MaxLines+maxHead {
			return fault.New(fault.Invalid, "bank.file.lines")
		}
		cells, err := rows.Columns()
		if err != nil {
			return fault.Wrap(fault.Invalid, "bank.file.workbook", err)
		}
		if len(cells) > maxCells {
			return fault.New(fault.Invalid, "bank.file.wide")
		}
		if err := row(no, cells); err != nil {
			return err
		}
	}
	if err := rows.Error(); err != nil {
		return fault.Wrap(fault.Invalid, "bank.file.workbook", err)
	}
	return nil
}

// measure refuses a workbook that says it unpacks into too much, since the library counts only what it keeps in memory, and one
// whose parts are cut off or longer than they say.
func measure(packed []byte) error {
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return fault.Wrap(fault.Invalid, "bank.file.workbook", err)
	}
	var sum uint64
	for _, p := range z.File {
		if sum += min(p.UncompressedSize64, maxUnpacked+1); sum > maxUnpacked {
			return fault.New(fault.Invalid, "bank.file.workbook")
		}
		r, err := p.Open()
		if err == nil {
			_, err = io.Copy(io.Discard, r) // ends at the size that the part says, with an error when there is more
			err = errors.Join(err, r.Close())
		}
		if err != nil {
			return fault.Wrap(fault.Invalid, "bank.file.workbook", err)
		}
	}
	return nil
}

// excelDay reads a date that a spreadsheet keeps as the number of days since the end of 1899.
func excelDay(s string) (clock.Day, bool) {
	whole, frac, _ := strings.Cut(s, ".")
	n, err := strconv.Atoi(whole)
	if err != nil || len(whole) != 5 || n < 32874 || n > 73051 || strings.Trim(frac, "0123456789") != "" { // 1990 to 2100
		return "", false
	}
	return clock.Day("1990-01-01").Add(n - 32874), true
}
