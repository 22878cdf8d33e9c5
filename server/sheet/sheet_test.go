package sheet

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"care/server/money"
)

func fill(t *testing.T, w Writer, rows int) {
	t.Helper()
	if err := w.Row("日期", "摘要", "笔数", "金额"); err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if err := w.Row("2026-11-25", "=1+1", i, money.Fen(98765432109876-i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCommaFilesKeepAmountsAndDisarmFormulas(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w, err := CSV(&out)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, w, 2)
	s, marked := strings.CutPrefix(out.String(), "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(s)).ReadAll()
	if err != nil || !marked || len(rows) != 3 || !slices.Equal(rows[2], []string{"2026-11-25", "'=1+1", "1", "987654321098.75"}) {
		t.Errorf("marked %v, %q, %v", marked, rows, err)
	}
	if err := w.Row(1.5); err == nil {
		t.Error("a cell of another type is taken")
	}
}

func TestWorkbooksAreReadBackAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w, err := xlsx(&out, "凭证", 1001, []int{12, 20, 8, 22})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, w, 2500)
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.GetSheetList(); !slices.Equal(got, []string{"凭证", "凭证 2", "凭证 3"}) {
		t.Fatalf("sheets %q", got)
	}
	n := 0
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name, excelize.Options{RawCellValue: true})
		if err != nil || !slices.Equal(rows[0], []string{"日期", "摘要", "笔数", "金额"}) {
			t.Fatalf("%s begins with %q, %v", name, rows[0], err)
		}
		for _, r := range rows[1:] {
			if want := money.Fen(98765432109876 - n); r[1] != "=1+1" || r[2] != fmt.Sprint(n) || amount(t, r[3]) != want {
				t.Fatalf("row %d is %q, want %s", n, r, want)
			}
			n++
		}
	}
	if n != 2500 {
		t.Errorf("%d rows", n)
	}
	if kind, err := f.GetCellType("凭证", "D2"); err != nil || kind != excelize.CellTypeNumber && kind != excelize.CellTypeUnset {
		t.Errorf("an amount is no number: %v, %v", kind, err)
	}
	if formula, err := f.GetCellFormula("凭证", "B2"); err != nil || formula != "" {
		t.Errorf("a text became the formula %q, %v", formula, err)
	}
}

func amount(t *testing.T, s string) money.Fen {
	t.Helper()
	f, err := money.Parse(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return f
}
