package disclosure_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"care/modules/disclosure"
	"care/modules/ledger"
	"care/modules/moduletest"
)

func has(t testing.TB, a moduletest.Answer, status int, texts ...string) {
	t.Helper()
	if a.Status != status {
		t.Errorf("status %d, want %d: %.200s", a.Status, status, a.Body)
	}
	for _, s := range texts {
		if !strings.Contains(a.Body, s) {
			t.Errorf("the page lacks %q", s)
		}
	}
}

func done(t testing.TB, a moduletest.Answer, location string) {
	t.Helper()
	if a.Status != 303 || a.Location != location {
		t.Errorf("%d to %q, want 303 to %q: %.200s", a.Status, a.Location, location, a.Body)
	}
}

func (g *given) site(t *testing.T) *moduletest.Site {
	t.Helper()
	s := g.Serve(t, actors(), g.Gifts.Module(), g.Module())
	s.Hide(g.Campaign.Fund)
	return s
}

func TestFromTheTaskToThePublicReportAndItsCorrection(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		g.book(t, ledger.Receive, 123_456, "2026-12-01")
		s := g.site(t)
		w, p, public := s.As("writer"), s.As("publisher"), s.Public()
		write := "/desk/disclosure/new?kind=progress&amp;subject=" + g.Campaign.ID
		has(t, w.Get("/desk/disclosure"), 200, "募捐进展报告", "2027年2月25日", "还有 67 天", write)
		form := w.Get(strings.ReplaceAll(write, "&amp;", "&"))
		has(t, form, 200, "大病救助 募捐进展报告", `value="2026-12-19"`)
		v := moduletest.Form("once", form.Once(t), "kind", "progress", "subject", g.Campaign.ID, "title", "进展报告一", "to", "2026-12-40", "done", "<script>长长的一段工作</script>", "plan", "")
		has(t, w.Post("/desk/disclosure/new", v), 422, "请填写截止日期", "&lt;script&gt;")
		v.Set("to", "2026-12-19")
		has(t, w.Post("/desk/disclosure/new", v), 422, "请写明剩余善款", `value="2026-12-19"`)
		v.Set("plan", "余款继续使用")
		made := w.Post("/desk/disclosure/new", v)
		if made.Status != 303 {
			t.Fatalf("%d %s", made.Status, made.Body)
		}
		self := made.Location
		has(t, w.Post("/desk/disclosure/new", v), 409, "这一步已经做过了", self)
		has(t, w.Get(self), 200, "¥1,234.56", "放弃草稿")
		if a := w.Post(self+"/publish", moduletest.Form("version", "x", "read", "y")); a.Status != 403 {
			t.Errorf("the writer publishes: %d", a.Status)
		}
		page := p.Get(self)
		has(t, page, 200, "审核无误，发布", "1 笔")
		item, err := g.Item(t.Context(), strings.TrimPrefix(self, "/desk/disclosure/items/"))
		must(t, err)
		ver := item.Versions[0]
		if a := public.Get("/disclosure/" + item.Code); a.Status != 404 {
			t.Errorf("a draft is public: %d", a.Status)
		}
		done(t, p.Post(self+"/publish", moduletest.Form("once", page.Once(t), "version", ver.ID, "read", ver.Hash)), self)
		has(t, public.Get("/disclosure"), 200, "进展报告一", "/disclosure/"+item.Code, "/campaigns/DB-2026")
		has(t, public.Get("/disclosure/"+item.Code), 200, "¥1,234.56", ver.Hash[:8], "首次公开", "&lt;script&gt;")
		raw := public.Get("/disclosure/" + item.Code + "/1/report.json")
		sum := sha256.Sum256([]byte(raw.Body))
		if raw.Status != 200 || hex.EncodeToString(sum[:]) != ver.Hash {
			t.Errorf("the download is not the text of the hash: %d", raw.Status)
		}
		lines := strings.Split(strings.TrimSpace(public.Get("/disclosure/"+item.Code+"/1/report.csv").Body), "\n")
		if len(lines) != 3 || !strings.HasPrefix(lines[2], "合计,1,0.00,1234.56,1,") {
			t.Errorf("%q", lines)
		}
		form = w.Get(self + "/edit")
		has(t, form, 200, "更正说明", "进展报告一")
		fix := moduletest.Form("once", form.Once(t), "title", "进展报告一", "done", "工作改写了的一段文字", "plan", "余款继续使用", "note", "", "read", ver.Hash)
		has(t, w.Post(self+"/edit", fix), 422, "请写更正说明", "工作改写了的一段文字")
		fix.Set("note", "改写工作一段")
		done(t, w.Post(self+"/edit", fix), self)
		item, err = g.Item(t.Context(), item.ID)
		must(t, err)
		ver = item.Versions[1]
		done(t, p.Post(self+"/publish", moduletest.Form("version", ver.ID, "read", ver.Hash)), self)
		has(t, public.Get("/disclosure/"+item.Code+"?now"), 200, "改写工作一段", "第 2 版")
		has(t, public.Get("/disclosure/"+item.Code+"/1?now"), 200, "这是旧版本", "长长的一段工作")
		for _, bad := range []string{"/disclosure/NONE", "/disclosure/" + item.Code + "/3", "/disclosure/" + item.Code + "/x/report.csv", "/disclosure/%00", "/disclosure?after=%ff%00"} {
			if a := public.Get(bad); a.Status != 404 && a.Status != 200 && a.Status != 422 {
				t.Errorf("%s: %d", bad, a.Status)
			}
		}
	})
}

func TestNumbersAreChangedOnTheirPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		a, p := s.As("asker"), s.As("publisher")
		has(t, a.Get("/desk/disclosure/rules"), 200, "募捐期间至少每隔", "3 个月", "慈善法第七十九条")
		path := "/desk/disclosure/rules/" + disclosure.FeePublic
		form := a.Get(path)
		has(t, form, 200, "10%")
		v := moduletest.Form("once", form.Once(t), "value", "百分之八", "valid_from", "2027-01-01", "source", "新规定第八条")
		has(t, a.Post(path, v), 422, "请填写 0 到 100 的百分数", "百分之八")
		v.Set("value", "8.5")
		done(t, a.Post(path, v), "/desk/disclosure/rules")
		if got := a.Post(path+"/decide", moduletest.Form("rule", "x", "verdict", "yes")).Status; got != 403 {
			t.Errorf("who proposes decides: %d", got)
		}
		page := p.Get("/desk/disclosure/rules")
		has(t, page, 200, "待决定", "8.5%", "同意执行")
		rs, err := g.Rules(t.Context(), nil)
		must(t, err)
		if n := rs.On(disclosure.FeePublic, "2027-06-01"); n != 1000 {
			t.Errorf("before the decision %d", n)
		}
		id := between(page.Body, `name="rule" value="`, `"`)
		done(t, p.Post(path+"/decide", moduletest.Form("once", page.Once(t), "rule", id, "verdict", "yes")), "/desk/disclosure/rules")
		rs, err = g.Rules(t.Context(), nil)
		must(t, err)
		if rs.On(disclosure.FeePublic, "2027-06-01") != 850 || rs.On(disclosure.FeePublic, "2026-12-31") != 1000 {
			t.Error("the number does not hold from its day")
		}
		if got := a.Get("/desk/disclosure/rules/none").Status; got != 404 {
			t.Errorf("an unknown number: %d", got)
		}
	})
}

func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}

func TestWhoMayNotSeesNothingOfTheDesk(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		for _, p := range []string{"/desk/disclosure", "/desk/disclosure/rules", "/desk/disclosure/new?kind=progress", "/desk/disclosure/happen", "/desk/disclosure/items/x"} {
			if a := s.As("stranger").Get(p); a.Status != 403 {
				t.Errorf("%s: %d", p, a.Status)
			}
		}
		w := s.As("writer")
		for _, p := range []string{"/desk/disclosure/items/x", "/desk/disclosure/items/x/edit", "/desk/disclosure/new?kind=none&subject=1", "/desk/disclosure/new?kind=progress&subject=none"} {
			if a := w.Get(p); a.Status != 404 {
				t.Errorf("%s: %d", p, a.Status)
			}
		}
		form := w.Get("/desk/disclosure/happen")
		has(t, w.Post("/desk/disclosure/happen", moduletest.Form("once", form.Once(t), "kind", "asset", "title", "购房", "day", "x")), 422, "请填写标题", "购房")
		done(t, w.Post("/desk/disclosure/happen", moduletest.Form("once", form.Once(t), "kind", "asset", "title", "购置办公用房", "day", "2026-12-01")), "/desk/disclosure")
		has(t, w.Get("/desk/disclosure"), 200, "购置办公用房", "还剩 11 天")
	})
}

func TestTheMoneyOfAFundIsShownAndDownloaded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		g.book(t, ledger.Receive, 10_000, "2026-12-01")
		g.book(t, ledger.Reserve, 6_000, "2026-12-02")
		g.book(t, ledger.Commit, 6_000, "2026-12-03")
		g.book(t, ledger.Disburse, 5_000, "2026-12-04")
		g.book(t, ledger.Recover, 100, "2026-12-05")
		for range 3 {
			g.book(t, ledger.Receive, 7, "2026-12-06")
		}
		public := g.site(t).Public()
		has(t, public.Get("/funds"), 200, "大病救助", "/funds/DB-2026", "¥100.21", "¥49.00", "¥10.00", "资金去向")
		has(t, public.Get("/funds/DB-2026"), 200, "医疗费", "追回", "批准待付", "/campaigns/DB-2026", "moves.csv")
		lines := strings.Split(strings.TrimSpace(public.Get("/funds.csv").Body), "\n")
		if len(lines) != 4 || !strings.HasPrefix(lines[3], "合计,2,,100.21,41.21,0.00,10.00,49.00") {
			t.Errorf("%q", lines)
		}
		lines = strings.Split(strings.TrimSpace(public.Get("/funds/DB-2026/moves.csv").Body), "\n")
		if len(lines) != 10 || lines[9] != "合计,8,,,,100.21,49.00" || lines[4] != "2026-12-05,追回,已拨付,可用,1.00,0.00,-1.00" {
			t.Errorf("%q", lines)
		}
		has(t, public.Get("/funds/NONE"), 404)
		has(t, public.Get("/funds/NONE/moves.csv"), 404)
		if _, err := g.DB.Writer().ExecContext(t.Context(), "UPDATE donations_campaigns SET mode = 'directed'"); err != nil {
			t.Fatal(err)
		}
		has(t, public.Get("/funds/DB-2026?hidden"), 404)
		if a := public.Get("/funds?hidden"); strings.Contains(a.Body, "DB-2026") || !strings.Contains(a.Body, "¥100.21") {
			t.Error("the money of a directed campaign is lost, or its name is shown")
		}
	})
}

func TestTheGaugesOfTheYearAreKeptForThePublic(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		g.book(t, ledger.Receive, 1_000_000, "2026-12-01")
		g.book(t, ledger.Reserve, 300_000, "2026-12-02")
		g.book(t, ledger.Commit, 300_000, "2026-12-02")
		g.book(t, ledger.Disburse, 300_000, "2026-12-03")
		s := g.site(t)
		if a := s.Public().Get("/disclosure?before"); strings.Contains(a.Body, "慈善活动支出") {
			t.Error("gauges are shown before there are any")
		}
		id, err := g.Propose(t.Context(), asker, disclosure.Rule{Name: disclosure.LastNetAssets, Value: 5_000_000, ValidFrom: "2026-01-01", Source: "审计报告一号"}, key())
		must(t, err)
		must(t, g.Decide(t.Context(), publisher, id, true))
		has(t, s.As("writer").Get("/desk/disclosure/gauges"), 200, "¥3,000.00", "¥50,000.00", "上年末净资产（审计数）", "6%", "不低于 8%", "还差 ¥1,000.00", "没有公开募捐资格")
		for range 2 {
			must(t, g.Keep(t.Context()))
		}
		g.book(t, ledger.Receive, 77, "2026-12-19") // after the night: the public reads what was kept
		has(t, s.Public().Get("/disclosure"), 200, "慈善活动支出", "不低于 8%", "2026年12月19日", "还差 ¥1,000.00")
	})
}
