package intake_test

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"care/modules/audit"
	"care/modules/intake"
	"care/modules/moduletest"
)

// once takes the token of the form at an address of a page.
func once(t testing.TB, a moduletest.Answer) string {
	t.Helper()
	_, rest, ok := strings.Cut(a.Body, `name="once" value="`)
	token, _, _ := strings.Cut(rest, `"`)
	if a.Status != 200 && a.Status != 422 || !ok {
		t.Fatalf("answered %d without a form: %.300s", a.Status, a.Body)
	}
	return token
}

// gone follows an answer that leads on.
func gone(t testing.TB, a moduletest.Answer) string {
	t.Helper()
	if a.Status != 303 {
		t.Fatalf("answered %d: %.2000s", a.Status, a.Body)
	}
	return a.Location
}

func (g *given) site(t testing.TB) *moduletest.Site {
	t.Helper()
	return g.Serve(t, g.actors, g.gifts.Module(), g.Module())
}

// twelve are the columns of the grid for the names and amounts given.
func twelve(names, amounts []string) url.Values {
	f := url.Values{"name": names, "amount": amounts}
	for _, k := range []string{"donor", "day", "ref", "campaign", "method", "shown", "phone", "idno", "payer", "email"} {
		f[k] = make([]string, len(names))
	}
	return f
}

func TestABatchGoesThroughItsPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		site := g.site(t)
		c, k := site.As("clerk"), site.As("checker")

		p := c.Get("/desk/intake/new")
		form := url.Values{"once": {once(t, p)}, "title": {"十一月义卖"}, "rows": {"两笔"}, "fen": {"300"}, "day": {"2026-11-20"}, "method": {"cash"}, "campaign": {"DB-2026"}}
		bad := c.Post("/desk/intake/new", form)
		if bad.Status != 422 || !strings.Contains(bad.Body, "事先数好的笔数") || !strings.Contains(bad.Body, "十一月义卖") {
			t.Fatalf("a wrong number was answered %d", bad.Status)
		}
		form.Set("once", once(t, bad))
		form.Set("rows", "2")
		grid := gone(t, c.Post("/desk/intake/new", form))
		self := strings.TrimSuffix(grid, "/rows")

		rows := twelve([]string{"张建国", "李春梅"}, []string{"100", "两百"})
		p = c.Get(grid)
		rows.Set("once", once(t, p))
		rows.Set("version", "1")
		rows.Set("then", "trial")
		trial := c.Get(gone(t, c.Post(grid+"?page=1", rows)))
		if !strings.Contains(trial.Body, "请写金额") || !strings.Contains(trial.Body, "1 行不能登记") {
			t.Error("the dry run does not say what is wrong with the amount")
		}
		p = c.Get(grid)
		if !strings.Contains(p.Body, `value="两百"`) {
			t.Error("what was typed wrong is not kept")
		}
		again := twelve([]string{"张建国"}, []string{"1"})
		again.Set("once", once(t, p))
		again.Set("version", "1") // of a page that is older
		if old := c.Post(grid+"?page=1", again); old.Status != 422 || !strings.Contains(old.Body, "别人刚改过") {
			t.Errorf("an older page was answered %d", old.Status)
		}
		rows["amount"] = []string{"100", "200"}
		rows.Set("once", once(t, c.Get(grid)))
		rows.Set("version", "2")
		rows.Set("then", "stay")
		gone(t, c.Post(grid+"?page=1", rows))

		p = c.Get(self)
		send := url.Values{"once": {once(t, p)}, "version": {"3"}}
		gone(t, c.Post(self+"/send", send))
		g.Foundation.Settle(t, g.Module())
		if p = c.Get(self); strings.Contains(p.Body, self+"/confirm") || !strings.Contains(p.Body, "另一位同事复核") {
			t.Error("the typist is offered to confirm")
		}
		p = k.Get(self)
		if !strings.Contains(p.Body, self+"/confirm") || strings.Contains(p.Body, "张建国") {
			t.Error("the second person is not asked, or sees names in full")
		}
		gone(t, k.Post(self+"/confirm", url.Values{"once": {once(t, p)}, "rows": {"2"}, "fen": {"30000"}}))
		g.Foundation.Settle(t, g.Module())
		if p = k.Get(self); !strings.Contains(p.Body, "已入账") {
			t.Error("the batch does not say that it is booked")
		}
		csv := k.Get(self + "/export.csv").Body
		if !strings.HasSuffix(csv, "合计,2,300.00,,,,,,\n") || strings.Contains(csv, "张建国") {
			t.Errorf("the export is %q", csv)
		}
		for _, page := range []string{"/desk/intake", "/desk/intake?kind=gifts&state=done", "/desk/intake/profiles", "/desk/intake/settlements"} {
			if a := k.Get(page); a.Status != 200 {
				t.Errorf("%s is answered %d", page, a.Status)
			}
		}
		if a := site.As("stranger").Get(self); a.Status != 403 {
			t.Errorf("a stranger is answered %d", a.Status)
		}
	})
}

func TestTheTemplateComesBackAsRows(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		c := g.site(t).As("clerk")
		b := g.batch(t, 1, 10_000)
		self := "/desk/intake/" + b.ID
		f, err := excelize.OpenReader(strings.NewReader(c.Get("/desk/intake/template.xlsx").Body))
		must(t, err)
		for cell, v := range map[string]string{"A2": "=张建国", "B2": "100.00", "C2": "0000123456789012345", "F2": "个人", "H2": "公开全名"} {
			must(t, f.SetCellStr("Sheet1", cell, v))
		}
		var file bytes.Buffer
		must(t, f.Write(&file))
		up := func(name string, content []byte) moduletest.Answer {
			return c.PostFiles(self+"/upload", url.Values{"once": {once(t, c.Get(self))}}, moduletest.Upload{Field: "file", Name: name, Content: content})
		}
		gone(t, up("填好.xlsx", file.Bytes()))
		ls, err := g.Rows(t.Context(), b.ID, false, 0, 5)
		must(t, err)
		if len(ls) != 1 || ls[0].Cells.Ref != "0000123456789012345" || ls[0].Cells.Donor != "person" || ls[0].Cells.Shown != "real" {
			t.Fatalf("the template was read as %+v", ls)
		}
		if csv := c.Get(self + "/export.csv").Body; strings.Contains(csv, ",=") {
			t.Errorf("the export gives a formula: %q", csv)
		}
		for _, bad := range [][]byte{[]byte("x"), {0xff, 0xfe, 0, 1}, bytes.Repeat([]byte(","), 5000)} {
			if a := up("坏.csv", bad); a.Status != 422 {
				t.Errorf("a broken file is answered %d", a.Status)
			}
		}
		gone(t, up("模板.csv", append([]byte(c.Get("/desk/intake/template.csv").Body), []byte("李春梅,1,Z1\n")...)))
	})
}

func TestOrdersAndTheirSettlementGoThroughTheirPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		site := g.site(t)
		c, k := site.As("clerk"), site.As("checker")
		file := moduletest.Upload{Field: "file", Name: "订单.csv", Content: orders(order("Y1", "100.00", "0.60"), order("Y2", "50", "0.30"))}
		form := url.Values{"once": {once(t, c.Get("/desk/intake/orders"))}, "platform": {"TENCENT"}, "rows": {"3"}, "fen": {"150"}}
		bad := c.PostFiles("/desk/intake/orders", form, file)
		if bad.Status != 422 || !strings.Contains(bad.Body, "文件里有 2 行") {
			t.Fatalf("a wrong count is answered %d", bad.Status)
		}
		form.Set("once", once(t, bad))
		form.Set("rows", "2")
		self := gone(t, c.PostFiles("/desk/intake/orders", form, file))
		p := c.Get(self)
		if a := c.Post(self+"/send", url.Values{"once": {once(t, p)}, "version": {"1"}}); a.Status != 422 || !strings.Contains(a.Body, "还有平台项目") {
			t.Errorf("an unknown project is answered %d", a.Status)
		}
		gone(t, c.Post(self+"/projects", url.Values{"once": {once(t, c.Get(self))}, "project": {"大病救助"}, "to": {"DB-2026"}}))
		gone(t, c.Post(self+"/send", url.Values{"once": {once(t, c.Get(self))}, "version": {"1"}}))
		g.Foundation.Settle(t, g.Module())
		gone(t, k.Post(self+"/confirm", url.Values{"once": {once(t, k.Get(self))}, "rows": {"2"}, "fen": {"15000"}}))
		g.Foundation.Settle(t, g.Module())

		p = c.Get("/desk/intake/settlements")
		if !strings.Contains(p.Body, "¥149.10") {
			t.Error("the page does not say what the platform owes")
		}
		paid := url.Values{"once": {once(t, p)}, "platform": {"TENCENT"}, "from": {"2026-11-21"}, "to": {"2026-11-21"}, "bank_ref": {"icbc 7"}, "day": {"2026-11-24"}, "amount": {"150"}}
		bad = c.Post("/desk/intake/settlements", paid)
		if bad.Status != 422 || !strings.Contains(bad.Body, "相差") {
			t.Errorf("a sum that differs is answered %d", bad.Status)
		}
		paid.Set("once", once(t, bad))
		paid.Set("amount", "149.10")
		one := gone(t, c.Post("/desk/intake/settlements", paid))
		if a := c.Post(one, url.Values{"once": {once(t, c.Get("/desk/intake/settlements"))}, "do": {"yes"}}); a.Status != 403 {
			t.Errorf("who registered a settlement may book it: %d", a.Status)
		}
		gone(t, k.Post(one, url.Values{"once": {once(t, k.Get(one))}, "do": {"yes"}}))
		if p = k.Get(one); !strings.Contains(p.Body, "已入账") || !strings.Contains(p.Body, "Y1") {
			t.Error("the settlement does not show that it is booked, or its orders")
		}
	})
}

func TestTheSecondCountIsBlind(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		site := g.site(t)
		c, k := site.As("clerk"), site.As("checker")
		b, err := g.Open(t.Context(), clerk, intake.Opening{Title: "捐赠箱", Day: "2026-11-20", Method: "cash", Rows: 1, Fen: 77_700}, key())
		must(t, err)
		self := "/desk/intake/" + b.ID
		n := []string{"7", "1", "1", "", "1", "2", "", "", "", ""} // 777.00
		form := url.Values{"once": {once(t, c.Get(self+"/sheet"))}, "box": {"一号箱"}, "place": {"政务大厅"}, "n": n}
		gone(t, c.Post(self+"/sheet", form))
		sheet := "/desk/intake/sheets/" + g.stand(t, b.ID).Sheets[0].ID
		for who, v := range map[string]*moduletest.Visitor{"second": site.As("second"), "checker": k} {
			for _, page := range []string{sheet, self} {
				for _, sum := range []string{"700.00\u00a0", `value="7"`} {
					if strings.Contains(v.Get(page).Body, sum) {
						t.Errorf("%s sees the first count on %s", who, page)
					}
				}
			}
		}
		bad := k.Post(sheet, url.Values{"once": {once(t, k.Get(sheet))}, "n": {"8", "1", "1", "", "1", "2", "", "", "", ""}})
		if bad.Status != 422 || !strings.Contains(bad.Body, "两次清点不一致") || !strings.Contains(bad.Body, `value="8"`) {
			t.Fatalf("a count that differs is answered %d", bad.Status)
		}
		gone(t, k.Post(sheet, url.Values{"once": {once(t, bad)}, "n": n}))
		if p := c.Get(sheet); !strings.Contains(p.Body, "两次一致") || !strings.Contains(p.Body, "¥777.00") {
			t.Error("the sheet does not say that both agree")
		}
	})
}

func TestAProfileIsTriedOnASampleBeforeItIsSaved(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		m := g.site(t).As("manager")
		form := url.Values{"once": {once(t, m.Get("/desk/intake/profiles/new"))}, "version": {"1"}, "do": {"try"}, "platform": {"SHUIDI"}, "title": {"水滴公益"}, "order": {"单号"}, "time": {"时间"}, "amount": {"金额"}}
		sample := moduletest.Upload{Field: "file", Name: "样本.csv", Content: []byte("单号,时间,金额\nS1,2026-11-03,6.66\n")}
		p := m.PostFiles("/desk/intake/profiles/new", form, sample)
		if p.Status != 200 || !strings.Contains(p.Body, "S1 · 2026-11-03 · ¥6.66") {
			t.Fatalf("the sample is answered %d", p.Status)
		}
		form.Set("do", "save")
		form.Set("once", once(t, p))
		gone(t, m.PostFiles("/desk/intake/profiles/new", form))
		if p := m.Get("/desk/intake/profiles"); !strings.Contains(p.Body, "水滴公益") {
			t.Error("the profile is not there")
		}
	})
}

func TestAnotherClerksRowsAreReadOnTheRecord(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		b := g.batch(t, 1, 100)
		for _, reader := range []string{"clerk", "second"} {
			if a := s.As(reader).Get("/desk/intake/" + b.ID + "/rows"); a.Status != 200 {
				t.Errorf("%s: %d", reader, a.Status)
			}
		}
		es, err := g.Trail.Entries(t.Context(), audit.Filter{Subject: b.ID, Verb: "audit.saw"}, "", 10)
		must(t, err)
		if len(es.Rows) != 1 || es.Rows[0].Actor != "second" {
			t.Errorf("the record says %+v", es.Rows)
		}
	})
}
