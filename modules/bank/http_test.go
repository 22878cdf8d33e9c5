package bank_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"care/modules/bank"
	"care/modules/donations"
	"care/modules/moduletest"
	"care/server/access"
)

// has holds an answer to a status and to texts.
func has(t testing.TB, a moduletest.Answer, status int, texts ...string) {
	t.Helper()
	if a.Status != status {
		t.Errorf("status %d, want %d (to %s): %.300s", a.Status, status, a.Location, a.Body)
	}
	for _, x := range texts {
		if !strings.Contains(a.Body, x) {
			t.Errorf("the page does not say %q", x)
		}
	}
}

func TestFromTheFileToTheConfirmedGift(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.Serve(t, map[string]access.Actor{"clerk": clerk, "checker": checker, "stranger": stranger}, g.gifts.Module(), g.Module())
		s.Hide("张建明", "13808741234", "6222000011112222")
		first, other := s.As("clerk"), s.As("stranger")
		a := g.pledged(t, "张建明", 20_000)
		b := g.pledged(t, "张建明", 100)
		form := first.Get("/desk/bank/new")
		has(t, form, 200, "上传并核对", "工商银行")
		sent := first.PostFiles("/desk/bank/new", moduletest.Form("once", form.Once(t), "profile", "icbc", "opening", "abc"))
		has(t, sent, 422, "请选择银行导出的对账单文件", "余额请写成数字", `value="abc"`)
		file := moduletest.Upload{Field: "file", Name: "流水.csv", Content: chinese(t, text([]entry{{"2026-11-24", "张建明", "6222000011112222", "捐款" + a.Code + " 电话13808741234", "T1", 20_000}, {"2026-11-24", "张建明", "6222000011112222", "又捐", "T2", 77}, {"2026-11-24", "", "", "=结息", "T3", 10}}))}
		sent = first.PostFiles("/desk/bank/new", moduletest.Form("once", form.Once(t), "profile", "abc"), file)
		has(t, sent, 422, "这个列模板用于 XLSX 文件", "已收到文件", `name="kept"`)
		kept := regexp.MustCompile(`name="kept" value="([^"]+)"`).FindStringSubmatch(sent.Body)[1]
		sent = first.PostFiles("/desk/bank/new", moduletest.Form("once", sent.Once(t), "profile", "icbc", "kept", kept))
		if sent.Status != 303 {
			t.Fatalf("%d %.500s", sent.Status, sent.Body)
		}
		page := first.Get(sent.Location)
		has(t, page, 200, "读入中")
		if page.Header.Get("Refresh") == "" {
			t.Error("the bar does not move")
		}
		g.settled(t)
		page = first.Get(sent.Location)
		has(t, page, 200, "已读入", "张*明", "100 分", "附言有识别码", "****1234", "接受所选")
		if again := first.PostFiles("/desk/bank/new", moduletest.Form("once", first.Get("/desk/bank/new").Once(t), "profile", "icbc"), file); again.Status != 409 || !strings.Contains(again.Body, sent.Location) {
			t.Errorf("the same file again: %d", again.Status)
		}
		ls := g.all(t, strings.TrimPrefix(sent.Location, "/desk/bank/statements/"))
		has(t, other.Get("/desk/bank/lines/"+ls[0].ID), 200, "张*明")
		if x := other.Post("/desk/bank/accept", moduletest.Form("once", "0123456789abcdef0123", "one", ls[0].ID)); x.Status != 403 {
			t.Errorf("a stranger accepts: %d", x.Status)
		}
		bulk := moduletest.Form("once", page.Once(t), "statement", ls[0].Statement, "do", "sure", "least", "90")
		if x := first.Post("/desk/bank/accept", bulk); x.Status != 303 || x.Location != sent.Location {
			t.Errorf("%d %s %.300s", x.Status, x.Location, x.Body)
		}
		if w := g.gift(t, a.ID); w.State != donations.Arrived {
			t.Errorf("the gift is %s", w.State)
		}
		has(t, first.Get("/desk/bank/lines/"+ls[0].ID), 200, "匹配的捐赠", a.Code, "撤销匹配")
		undo := first.Get("/desk/bank/lines/" + ls[0].ID + "/undo")
		has(t, undo, 200, "撤销这次匹配吗")
		has(t, first.Post("/desk/bank/lines/"+ls[0].ID+"/undo", moduletest.Form("once", undo.Once(t), "why", "")), 422, "请写明原因")
		if x := first.Post("/desk/bank/lines/"+ls[0].ID+"/undo", moduletest.Form("once", undo.Once(t), "why", "匹配错了")); x.Status != 303 {
			t.Errorf("%d %.300s", x.Status, x.Body)
		}
		// By hand: found, chosen, with an amount that is mended.
		self := "/desk/bank/lines/" + ls[1].ID
		has(t, first.Get(self+"?q=1.00"), 200, b.Code, "选用")
		chosen := first.Get(self + "?gift=" + b.ID)
		has(t, chosen, 200, `name="share" value="0.77"`)
		has(t, first.Post(self+"/accept", moduletest.Form("once", chosen.Once(t), "gift", b.ID, "share", "x")), 422, "大于零的数字", `value="x"`)
		has(t, first.Post(self+"/accept", moduletest.Form("once", chosen.Once(t), "gift", b.ID, "share", "0.78")), 422, "两边要相等", `value="0.78"`)
		if x := first.Post(self+"/accept", moduletest.Form("once", chosen.Once(t), "gift", b.ID, "share", "0.77")); x.Status != 303 {
			t.Errorf("%d %.300s", x.Status, x.Body)
		}
		rest := "/desk/bank/lines/" + ls[2].ID
		has(t, first.Post(rest+"/aside", moduletest.Form("once", first.Get(rest).Once(t), "kind", "else")), 422, "请写明原因")
		if x := first.Post(rest+"/aside", moduletest.Form("once", first.Get(rest).Once(t), "kind", "interest")); x.Status != 303 {
			t.Errorf("%d", x.Status)
		}
		if x := first.Post(rest+"/reopen", moduletest.Form("once", first.Get(rest).Once(t))); x.Status != 303 {
			t.Errorf("%d", x.Status)
		}
		if x := first.Post(rest+"/suspend", moduletest.Form("once", first.Get(rest).Once(t))); x.Status != 303 {
			t.Errorf("%d", x.Status)
		}
		csv := first.Get("/desk/bank/lines/export.csv?tab=all&statement=" + ls[0].Statement)
		if csv.Status != 200 || !strings.Contains(csv.Body, "合计,3,200.87") || !strings.Contains(csv.Body, "待认领") || strings.Contains(csv.Body, ",=") {
			t.Errorf("%d %s", csv.Status, csv.Body)
		}
		for _, tab := range []string{"suggested", "open", "matched", "debits", "pool", "other", "all", "nonsense"} {
			for _, q := range []string{"", "200.00", a.Code, "T1", "结息", "%", "'; DROP TABLE"} {
				has(t, first.Get("/desk/bank/lines?"+url.Values{"tab": {tab}, "q": {q}, "after": {"x"}}.Encode()), 200)
			}
		}
	})
}

func TestTheRestOfALineIsOpenedWithAReasonAndRecorded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.Serve(t, map[string]access.Actor{"clerk": clerk, "checker": checker, "stranger": stranger}, g.gifts.Module(), g.Module())
		ls := g.all(t, g.imported(t, entry{"2026-11-24", "张建明", "6222000011112222", "捐款", "T1", 100}).ID)
		self := "/desk/bank/lines/" + ls[0].ID + "/reveal"
		if x := s.As("stranger").Get(self); x.Status != 403 {
			t.Errorf("a stranger: %d", x.Status)
		}
		v := s.As("clerk")
		page := v.Get(self)
		if strings.Contains(page.Body, "张建明") {
			t.Error("the name is there before the reason")
		}
		has(t, v.Post(self, moduletest.Form("once", page.Once(t))), 422, "请选择查看的原因")
		has(t, v.Post(self, moduletest.Form("once", page.Once(t), "why", "identify")), 200, "张建明", "6222000011112222")
		if strings.Contains(s.Log.String(), "张建明") {
			t.Error("the log names the payer")
		}
	})
}

func TestAProfileIsTriedOnASampleBeforeItIsSaved(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		v := g.Serve(t, map[string]access.Actor{"checker": checker, "clerk": clerk}, g.gifts.Module(), g.Module()).As("checker")
		page := v.Get("/desk/bank/profiles/new")
		form := moduletest.Form("once", page.Once(t), "title", "新银行", "format", "csv", "encoding", "auto", "delimiter", "semi", "sign", "signed", "form", "dmy", "day", "Datum", "amount", "Betrag", "payer", "Name", "active", "1", "do", "preview")
		sample := moduletest.Upload{Field: "sample", Name: "x.csv", Content: []byte("Datum;Betrag;Name\n24/11/2026;-1234.5;张建明\n25/11/2026;88;\n")}
		has(t, v.PostFiles("/desk/bank/profiles/new", form, sample), 200, "样本的前几笔", "2026-11-24", "-¥1,234.50", "张*明", "支出", `value="Betrag"`)
		has(t, v.PostFiles("/desk/bank/profiles/new", form), 422, "请选择银行导出的对账单文件")
		sample.Content = []byte("Tag;Betrag\n1;2\n")
		has(t, v.PostFiles("/desk/bank/profiles/new", form, sample), 422, "找不到列名所在的行", `value="Datum"`)
		form.Set("do", "save")
		if x := v.PostFiles("/desk/bank/profiles/new", form); x.Status != 303 {
			t.Fatalf("%d %.300s", x.Status, x.Body)
		}
		ps, err := g.Profiles(t.Context())
		must(t, err)
		var made bank.Profile
		for _, p := range ps {
			if p.Title == "新银行" {
				made = p
			}
		}
		edit := v.Get("/desk/bank/profiles/" + made.ID)
		has(t, edit, 200, `value="Datum"`)
		form.Set("once", edit.Once(t))
		form.Set("day", "")
		form.Set("version", "1")
		has(t, v.PostFiles("/desk/bank/profiles/"+made.ID, form), 422, "请填写文件里这一列的列名")
	})
}
