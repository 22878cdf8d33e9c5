package intake_test

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"care/modules/intake"
	"care/server/fault"
	"care/server/money"
)

func moneyOf(fen int64) money.Fen { return money.Fen(fen) }

// workbook writes rows as a spreadsheet program stores them.
func workbook(t testing.TB, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, r := range rows {
		for k, v := range r {
			cell, err := excelize.CoordinatesToCellName(k+1, i+1)
			must(t, err)
			must(t, f.SetCellValue("Sheet1", cell, v))
		}
	}
	var b bytes.Buffer
	must(t, f.Write(&b))
	must(t, f.Close())
	return b.Bytes()
}

func TestRowsAreReadFromEveryKindOfTable(t *testing.T) {
	t.Parallel()
	const text = "说明,,,\r\n捐赠人, 金额 ,流水号或单号,到账日期\r\n张建国,\"1,200.50\",'0012,2026年11月3日\r\n,,,\r\n李春梅,33.3,T9,20261104\r\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	must(t, err)
	files := map[string][]byte{
		"utf-8":    []byte("\ufeff" + text),
		"gb18030":  []byte(gb),
		"workbook": workbook(t, []any{"说明"}, []any{"捐赠人", "金额", "流水号或单号", "到账日期"}, []any{"张建国", 1200.5, "0012", 46329}, []any{}, []any{"李春梅", 33.3, "T9", "2026-11-04"}),
	}
	each(t, func(t *testing.T, g *given) {
		for name, file := range files {
			b := g.batch(t, 2, 123_380)
			n, err := g.Upload(t.Context(), clerk, b.ID, file)
			if err != nil || n != 2 {
				t.Fatalf("%s: %d rows, %v", name, n, err)
			}
			ls, err := g.Rows(t.Context(), b.ID, false, 0, 10)
			must(t, err)
			if len(ls) != 2 || ls[0].Cells.Name != "张建国" || ls[0].Amount != 120_050 || ls[0].Cells.Ref != "0012" || ls[0].Day != "2026-11-03" || ls[1].Amount != 3_330 || ls[1].Day != "2026-11-04" {
				t.Errorf("%s was read as %+v", name, ls)
			}
			_, err = g.Upload(t.Context(), clerk, b.ID, file)
			if _, again := fault.IsAgain(err); !again {
				t.Errorf("%s again: %v", name, err)
			}
		}
		b := g.batch(t, 1, 100)
		for code, file := range map[string][]byte{
			"intake.file_empty":      nil,
			"intake.file_head":       []byte("姓名,钱\n张,1\n"),
			"intake.file_unreadable": []byte("PK\x03\x04zip bomb"),
			"intake.file_old":        {0xd0, 0xcf, 0x11, 0xe0, 0, 0},
			"intake.file_cell":       append([]byte("捐赠人,金额\n"), bytes.Repeat([]byte("长"), 3000)...),
		} {
			_, err := g.Upload(t.Context(), clerk, b.ID, file)
			field(t, err, "file", code)
		}
	})
}

// What anybody may upload never breaks the reader.
func FuzzUploads(f *testing.F) {
	f.Add([]byte("捐赠人,金额\n张建国,1e3\n"))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("\xd5\xc5,1\t;\"\n\""))
	f.Fuzz(func(t *testing.T, content []byte) {
		_, _ = intake.Sample(content, 20)
	})
}
