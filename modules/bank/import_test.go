package bank_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"care/modules/bank"
	"care/modules/moduletest"
	"care/server/fault"
)

func TestEveryFormatBringsTheSameLinesAndEachOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		es := []entry{
			{"2026-11-20", "张建明", "6222000011112222", "捐款 13808741234", "A1", 20_000}, {"2026-11-21", "", "", "手续费", "A2", -50},
			{"2026-11-21", "李秀英", "6222000033334444", "张建明同事", "", 500}, {"2026-11-21", "李秀英", "6222000033334444", "张建明同事", "", 500},
		}
		first := g.imported(t, es...)
		if first.Fresh != 4 || first.Opening != opening || first.Closing != opening+20_950 || first.FromDay != "2026-11-20" {
			t.Errorf("%+v", first)
		}
		ls := g.all(t, first.ID)
		if ls[2].Dup != 1 || ls[3].Dup != 2 || ls[2].Ref == ls[3].Ref {
			t.Errorf("two equal lines are %d and %d", ls[2].Dup, ls[3].Dup)
		}
		if l := ls[0]; l.PayerMask != "张*明" || l.AccountTail != "2222" || strings.Contains(l.Note, "1380874") || l.Side != bank.Credit || l.Amount != 20_000 {
			t.Errorf("%+v", l)
		}
		if _, err := g.upload(t, "icbc", text(es)); fault.CodeOf(err) != "bank.same_file" {
			t.Errorf("the same file again: %v", err)
		}
		for name, f := range map[string]struct {
			profile string
			content []byte
		}{"GB18030": {"icbc", chinese(t, text(es))}, "workbook": {"abc", workbook(t, es)}, "camt.053": {"camt", camt(es)}} {
			st, err := g.upload(t, f.profile, f.content)
			must(t, err)
			must(t, g.read(t.Context(), g.Statements, st.ID))
			st, err = g.Statement(t.Context(), st.ID)
			must(t, err)
			if st.State != bank.Ready || st.Total != 4 || st.Fresh != 0 || st.Closing != first.Closing {
				t.Errorf("%s: %s, %d of %d lines are new: %s", name, st.State, st.Fresh, st.Total, st.Problems)
			}
		}
		// A statement of more days brings only what is new.
		more := g.imported(t, append(es, entry{"2026-11-22", "李秀英", "6222000033334444", "张建明同事", "", 500})...)
		if more.Fresh != 1 || more.Known() != 4 {
			t.Errorf("%d new, %d known", more.Fresh, more.Known())
		}
	})
}

func TestAStatementThatDoesNotAddUpBringsNothing(t *testing.T) {
	t.Parallel()
	es := credits(7)
	good := string(text(es))
	lines := strings.Split(good, "\r\n")
	cases := map[string]struct{ content, problem string }{
		"a line is missing":      {strings.Join(append(append([]string{}, lines[:4]...), lines[5:]...), "\r\n"), "余额与上一笔接不上"},
		"an amount is changed":   {strings.Replace(good, "10.03", "20.03", 1), "余额与上一笔接不上"},
		"a date is broken":       {strings.Replace(good, "2026-11-03", "2026-13-03", 1), "日期读不懂"},
		"a day that is to come":  {strings.ReplaceAll(good, "2026-11-0", "2027-11-0"), "未来日期"},
		"no line":                {strings.Join(lines[:2], "\r\n"), "没有一笔流水"},
		"another bank's columns": {strings.Replace(good, "交易日期", "记账日", 1), "找不到列名"},
		"a column is missing":    {strings.Replace(good, "对方户名", "户名", 1), "没有“对方户名”这一列"},
		"lines after the sum":    {good + lines[2], "合计行之后"},
		"both sides":             {strings.Replace(good, ",,10.00,", ",1.00,10.00,", 1), "金额读不懂"},
	}
	each(t, func(t *testing.T, g *given) {
		for name, c := range cases {
			st, err := g.upload(t, "icbc", []byte(c.content))
			must(t, err)
			must(t, g.read(t.Context(), g.Statements, st.ID))
			st, err = g.Statement(t.Context(), st.ID)
			must(t, err)
			if st.State != bank.Refused || !strings.Contains(st.Problems, c.problem) {
				t.Errorf("%s: %s: %s", name, st.State, st.Problems)
			}
			if ls := g.all(t, st.ID); len(ls) != 0 {
				t.Errorf("%s: %d lines were kept", name, len(ls))
			}
			// The very same file may come again, after its profile was mended.
			if _, err := g.upload(t, "icbc", []byte(c.content)); err != nil {
				t.Errorf("%s: a refused file again: %v", name, err)
			}
		}
	})
}

// bomb is a workbook whose sheet unpacks into 4 MB and says that it has size bytes.
func bomb(t testing.TB, size uint64) []byte {
	t.Helper()
	var b, packed bytes.Buffer
	z := zip.NewWriter(&b)
	for name, body := range map[string]string{"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels":                `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>`} {
		w, err := z.Create(name)
		must(t, err)
		_, err = w.Write([]byte(body))
		must(t, err)
	}
	d, err := flate.NewWriter(&packed, flate.BestSpeed)
	must(t, err)
	_, err = d.Write(bytes.Repeat([]byte("<row/>"), 4<<20/6))
	must(t, err)
	must(t, d.Close())
	w, err := z.CreateRaw(&zip.FileHeader{Name: "xl/worksheets/sheet1.xml", Method: zip.Deflate, CompressedSize64: uint64(packed.Len()), UncompressedSize64: size})
	must(t, err)
	_, err = w.Write(packed.Bytes())
	must(t, err)
	must(t, z.Close())
	return b.Bytes()
}

func TestHostileFilesAreRefusedInWords(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		for code, content := range map[string][]byte{
			"bank.file.none": {}, "bank.file.xls": []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "bank.file.html": []byte("\r\n<HTML><table>"), "bank.file.pdf": []byte("%PDF-1.7"), "bank.file.binary": []byte("a\x00b"),
		} {
			if _, err := g.upload(t, "icbc", content); fault.CodeOf(err) != code {
				t.Errorf("%q: %v", content, err)
			}
		}
		good := string(camt(credits(2)))
		for name, c := range map[string]struct {
			profile string
			content []byte
			problem string
		}{
			"zip bomb": {"abc", bomb(t, 2<<30), "Excel 文件打不开"}, "zip bomb that lies": {"abc", bomb(t, 100), "Excel 文件打不开"},
			"broken workbook":     {"abc", []byte("PK\x03\x04nothing"), "Excel 文件打不开"},
			"entities":            {"camt", []byte(strings.Replace(good, "?>", `?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]>`, 1)), "DOCTYPE"},
			"unknown entity":      {"camt", []byte(strings.Replace(good, "捐款", "&b;", 1)), "XML 文件不完整"},
			"cut XML":             {"camt", []byte(good[:len(good)-40]), "XML 文件不完整"},
			"other XML":           {"camt", []byte("<a><b/></a>"), "不是 camt.053"},
			"two statements":      {"camt", []byte(strings.Replace(good, "</Stmt>", "</Stmt><Stmt></Stmt>", 1)), "只能有一份"},
			"foreign currency":    {"camt", []byte(strings.ReplaceAll(good, `Ccy="CNY"`, `Ccy="USD"`)), "人民币"},
			"another account":     {"camt", []byte(strings.Replace(good, account, "999", 1)), "文件是账号 999"},
			"a row without end":   {"icbc", []byte(string(text(credits(1))) + strings.Repeat("x", 70_000)), "超过 64 KB"},
			"columns without end": {"icbc", []byte(string(text(credits(1))) + strings.Repeat(",", 300)), "超过 200 列"},
			"broken characters":   {"icbc", append([]byte("\xef\xbb\xbf"), bytes.Replace(text(credits(1)), []byte("捐赠人0"), []byte("\xff\xfe"), 1)...), "读不出的字"},
		} {
			st, err := g.upload(t, c.profile, c.content)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			must(t, g.read(t.Context(), g.Statements, st.ID))
			st, err = g.Statement(t.Context(), st.ID)
			must(t, err)
			if st.State != bank.Refused || !strings.Contains(st.Problems, c.problem) {
				t.Errorf("%s: %s %s", name, st.State, st.Problems)
			}
		}
		_, err := g.upload(t, "abc", text(credits(1)))
		field(t, err, "file", "bank.other_format_xlsx")
		_, err = g.upload(t, "none", text(credits(1)))
		field(t, err, "profile", "bank.need_profile")
		f, err := g.Put(t.Context(), "x", bytes.NewReader(text(credits(1))))
		must(t, err)
		_, err = g.Upload(t.Context(), stranger, bank.Upload{Profile: "icbc", File: f}, key())
		if fault.KindOf(err) != fault.Forbidden {
			t.Errorf("a stranger's statement: %v", err)
		}
	})
}

// A reader that dies at any line leaves whole lots; whoever reads on brings the rest, and every line once.
func TestACrashAtAnyLineLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		es := credits(23)
		st, err := g.upload(t, "icbc", text(es))
		must(t, err)
		crashes, kept := 0, int64(0)
		for at := int64(1); ; at += 3 {
			ctx, cancel := context.WithCancel(t.Context())
			desk := g.desk(teller{Gifts: g.gifts, seen: new(atomic.Int64), at: at, stop: cancel})
			err := g.read(ctx, desk, st.ID)
			cancel()
			now, ferr := g.Statement(t.Context(), st.ID)
			must(t, ferr)
			if n := int64(len(g.all(t, st.ID))); n != now.Done || n < kept {
				t.Fatalf("%d lines are there, the mark says %d, before %d", n, now.Done, kept)
			}
			if kept = now.Done; now.State == bank.Ready {
				break
			}
			if err == nil || at > 100 {
				t.Fatalf("%v at line %d", err, at)
			}
			crashes++
		}
		if crashes < 3 || kept != 23 {
			t.Errorf("%d crashes, %d lines: the test proves nothing", crashes, kept)
		}
	})
}

func TestManyWhoReadAStatementAtOnceReadItOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		st, err := g.upload(t, "icbc", text(credits(40)))
		must(t, err)
		errs := moduletest.AtOnce(8, func(int) error { return g.read(t.Context(), g.Statements, st.ID) })
		if moduletest.Won(t, errs, fault.Conflict) < 1 {
			// All may have met another: the queue would try again.
			must(t, g.read(t.Context(), g.Statements, st.ID))
		}
		st, err = g.Statement(t.Context(), st.ID)
		must(t, err)
		if ls := g.all(t, st.ID); st.State != bank.Ready || len(ls) != 40 {
			t.Errorf("%s with %d lines", st.State, len(ls))
		}
	})
}

func TestTheNewestLineMayComeFirst(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		lines := strings.Split(strings.TrimSpace(string(text(credits(5)))), "\r\n")
		turned := append([]string{}, lines[:2]...)
		for i := len(lines) - 2; i >= 2; i-- {
			turned = append(turned, lines[i])
		}
		st, err := g.upload(t, "icbc", []byte(strings.Join(turned, "\n")))
		must(t, err)
		must(t, g.read(t.Context(), g.Statements, st.ID))
		st, err = g.Statement(t.Context(), st.ID)
		must(t, err)
		if st.State != bank.Ready || st.Opening != opening || st.Closing != opening+5010 {
			t.Errorf("%s %d %d: %s", st.State, st.Opening, st.Closing, st.Problems)
		}
	})
}

func TestBalancesThatAClerkTypedStandInForMissingOnes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		l := bank.Layout{Format: bank.CSV, Encoding: bank.Auto, Delimiter: "|", Sign: bank.Flag, Day: "日期", Amount: "金额", Flag: "方向", CreditWord: "收", DebitWord: "付", Payer: "户名"}
		id, err := g.Save(t.Context(), checker, "", 0, bank.Edited{Title: "小银行", Layout: l, Active: true}, key())
		must(t, err)
		_, err = g.Save(t.Context(), checker, "", 0, bank.Edited{Title: "小银行", Layout: l, Active: true}, key())
		field(t, err, "title", "bank.title_used")
		must2 := func(extra string, from, to int64, want string) {
			t.Helper()
			f, err := g.Put(t.Context(), "x", strings.NewReader("日期|方向|金额|户名\n20261120|收|12.50|甲\n20261121|付|2.5|乙\n"+extra))
			must(t, err)
			u := bank.Upload{Profile: id, File: f}
			if to > 0 {
				a, b := fen(from), fen(to)
				u.Opening, u.Closing = &a, &b
			}
			st, err := g.Upload(t.Context(), clerk, u, key())
			must(t, err)
			must(t, g.read(t.Context(), g.Statements, st.ID))
			st, err = g.Statement(t.Context(), st.ID)
			must(t, err)
			if want == "" && st.State != bank.Ready || want != "" && !strings.Contains(st.Problems, want) {
				t.Errorf("%s: %s", st.State, st.Problems)
			}
		}
		must2("", 0, 0, "请填写对账单上的期初余额")
		must2("", 10_000, 11_001, "不等于期末")
		must2("", 10_000, 11_000, "")
	})
}

func TestAProfileIsChangedByOneAtATime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		p, err := g.Profile(t.Context(), "icbc")
		must(t, err)
		e := bank.Edited{Title: "工行", Layout: bank.Layout{Format: bank.CSV, Encoding: bank.UTF8, Delimiter: ",", Sign: bank.Signed, Day: "日", Amount: "额"}, Active: true}
		errs := moduletest.AtOnce(6, func(i int) error {
			x := e
			x.Title = fmt.Sprint("工行", i)
			_, err := g.Save(t.Context(), checker, p.ID, p.Version, x, key())
			return err
		})
		if n := moduletest.Won(t, errs, fault.Conflict); n != 1 {
			t.Errorf("%d changes won", n)
		}
		_, err = g.Save(t.Context(), clerk, p.ID, p.Version+1, e, key())
		if fault.KindOf(err) != fault.Forbidden {
			t.Errorf("a clerk's profile: %v", err)
		}
		e.Layout = bank.Layout{Format: "ods", Delimiter: ";;", Sign: bank.Two, Credit: "a", Debit: "a"}
		e.Title, e.Account = "", "<1>"
		_, err = g.Save(t.Context(), checker, p.ID, p.Version+1, e, key())
		for name, code := range map[string]string{"title": "bank.need_title", "account": "bank.account", "format": "bank.need_format", "encoding": "bank.need_encoding", "delimiter": "bank.need_delimiter", "day": "bank.need_column", "debit": "bank.need_column"} {
			field(t, err, name, code)
		}
	})
}
