// Package sheet writes tables for spreadsheets row by row, as CSV or as XLSX, without holding them in memory.
package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"care/server/money"
)

// Writer takes the rows of one table; the first is its head. A cell is a string, an int or money.
type Writer interface {
	Row(cells ...any) error
	Close() error
}

// Types of the files, for Content-Type.
const (
	TypeCSV  = "text/csv; charset=utf-8"
	TypeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// text keeps a spreadsheet from reading what somebody typed as a formula.
func text(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

type commas struct{ w *csv.Writer }

// CSV writes UTF-8 with the mark by which spreadsheets know it.
func CSV(w io.Writer) (Writer, error) {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return nil, err
	}
	return commas{csv.NewWriter(w)}, nil
}

func (c commas) Row(cells ...any) error {
	row := make([]string, 0, len(cells))
	for _, x := range cells {
		switch x := x.(type) {
		case string:
			row = append(row, text(x))
		case int:
			row = append(row, strconv.Itoa(x))
		case money.Fen:
			row = append(row, x.String())
		default:
			return fmt.Errorf("sheet: a cell of type %T", x)
		}
	}
	return c.w.Write(row)
}

func (c commas) Close() error {
	c.w.Flush()
	return c.w.Error()
}

// most is how many rows a sheet takes before the next one begins; the format allows 1,048,576.
const most = 1_000_000

type book struct {
	out         io.Writer
	file        *excelize.File
	now         *excelize.StreamWriter
	name        string
	widths      []int
	head        []any
	sheets, row int
	most        int
	bold, sum   int // styles
}

// XLSX writes a workbook when it is closed; until then rows wait in a file of the system's. Widths are those of the
// columns in characters. After a million rows the next sheet begins with the same head.
func XLSX(w io.Writer, name string, widths ...int) (Writer, error) {
	return xlsx(w, name, most, widths)
}

func xlsx(w io.Writer, name string, most int, widths []int) (Writer, error) {
	b := &book{out: w, file: excelize.NewFile(), name: name, widths: widths, most: most}
	var err error
	if b.bold, err = b.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}}); err != nil {
		return nil, err
	}
	if b.sum, err = b.file.NewStyle(&excelize.Style{NumFmt: 4}); err != nil { // #,##0.00
		return nil, err
	}
	return b, b.sheet()
}

func (b *book) sheet() error {
	b.sheets++
	b.row = 0
	name := b.name
	if b.sheets == 1 {
		if err := b.file.SetSheetName("Sheet1", name); err != nil {
			return err
		}
	} else {
		name += " " + strconv.Itoa(b.sheets)
		if err := b.now.Flush(); err != nil {
			return err
		}
		if _, err := b.file.NewSheet(name); err != nil {
			return err
		}
	}
	var err error
	if b.now, err = b.file.NewStreamWriter(name); err != nil {
		return err
	}
	for i, n := range b.widths {
		if err := b.now.SetColWidth(i+1, i+1, float64(n)); err != nil {
			return err
		}
	}
	if err := b.now.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if b.sheets > 1 {
		return b.write(b.head)
	}
	return nil
}

func (b *book) Row(cells ...any) error {
	if b.head == nil {
		b.head = cells
	}
	if b.row >= b.most {
		if err := b.sheet(); err != nil {
			return err
		}
	}
	return b.write(cells)
}

func (b *book) write(cells []any) error {
	b.row++
	row := make([]any, 0, len(cells))
	for _, x := range cells {
		switch x := x.(type) {
		case string:
			if b.row == 1 {
				row = append(row, excelize.Cell{StyleID: b.bold, Value: x})
				continue
			}
			row = append(row, x)
		case int:
			row = append(row, x)
		case money.Fen:
			// The format knows only binary fractions; the one nearest to the decimal is shown as the decimal.
			yuan, err := strconv.ParseFloat(x.String(), 64)
			if err != nil {
				return err
			}
			row = append(row, excelize.Cell{StyleID: b.sum, Value: yuan})
		default:
			return fmt.Errorf("sheet: a cell of type %T", x)
		}
	}
	return b.now.SetRow("A"+strconv.Itoa(b.row), row)
}

func (b *book) Close() error {
	defer b.file.Close()
	if err := b.now.Flush(); err != nil {
		return err
	}
	_, err := b.file.WriteTo(b.out)
	return err
}
