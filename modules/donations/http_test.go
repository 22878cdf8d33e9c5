package donations_test

import (
	"net/url"
	"strings"
	"testing"

	"care/modules/donations"
	"care/modules/moduletest"
)

// site serves the desk; no answer may hold what is private of the people below.
func (g *given) site(t *testing.T) *moduletest.Site {
	t.Helper()
	s := g.Serve(t, actors(), g.Module())
	s.Hide("13808741234", "530302199001011232", "悄悄话", g.Campaign.Fund)
	return s
}

func giveForm(once string, pairs ...string) url.Values {
	v := moduletest.Form("once", once, "donor", "person", "shown", "usual", "name", "张建明", "campaign", "DB-2026", "amount", "200.50", "phone", "138 0874 1234", "agree", "1")
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func TestFromTheCampaignToTheReceipt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		public, first, second := s.Public(), s.As("clerk"), s.As("checker")
		page := public.Get("/campaigns")
		has(t, page, 200, "困难退役军人大病救助", "/campaigns/DB-2026")
		page = public.Get("/campaigns/DB-2026")
		has(t, page, 200, "募捐组织", "公开募捐资格证书", "募捐方案", "联系方式", "募捐信息查询", "只登记捐赠意向")
		if strings.Contains(page.Body, `name="once"`) {
			t.Error("a page that is drawn once for all holds a form's token")
		}
		page = public.Get("/give?campaign=DB-2026&amount=500")
		has(t, page, 200, `value="500"`)
		sent := public.Post("/give", giveForm(page.Once(t), "idno", "530302199001011232", "message", "悄悄话"))
		if sent.Status != 303 || !strings.HasPrefix(sent.Location, "/give/t/") {
			t.Fatalf("%d %s", sent.Status, sent.Location)
		}
		rows, err := g.List(t.Context(), donations.Filter{}, "", 10)
		must(t, err)
		gift := rows.Rows[0]
		thanks := public.Get(sent.Location)
		has(t, thanks, 200, "张*明", gift.Code[:4]+" "+gift.Code[4:], "2505000000012345678", "¥200.50")
		if thanks.Header.Get("Cache-Control") != "no-store" || thanks.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("the donor's page may be kept or told: %v", thanks.Header)
		}
		if a := public.Get(sent.Location + "/receipt"); a.Status != 404 {
			t.Errorf("a receipt before the money: %d", a.Status)
		}

		self := "/desk/donations/" + gift.ID
		form := first.Get(self + "/record")
		has(t, form, 200, "登记，送复核")
		pay := moduletest.Form("once", form.Once(t), "bank_ref", "ICBC1", "day", "2026-11-24", "paid", "200.50", "payer", "张建明", "method", "transfer")
		done(t, first.Post(self+"/record", pay), self)
		has(t, first.Get(self), 200, "要请另一位同事复核", "已登记到账")
		has(t, public.Get(sent.Location), 200, "正由另一位同事核对")
		if a := first.Post(self+"/confirm", moduletest.Form("arrival", g.live(t, gift.ID))); a.Status != 403 {
			t.Errorf("the clerk may confirm: %d", a.Status)
		}
		detail := second.Get(self)
		has(t, detail, 200, "核对无误，确认入账")
		confirm := moduletest.Form("once", detail.Once(t), "arrival", g.live(t, gift.ID))
		done(t, second.Post(self+"/confirm", confirm), self)
		again := second.Post(self+"/confirm", confirm)
		has(t, again, 409, "这一步已经做过了", `href="`+self+`"`)

		g.Settle(t)
		receipt := public.Get(sent.Location + "/receipt")
		if receipt.Status != 200 || !strings.HasPrefix(receipt.Body, "%PDF-") {
			t.Errorf("the receipt: %d, %d bytes", receipt.Status, len(receipt.Body))
		}
		has(t, public.Get("/donations"), 200, "张*明", "QJGA-2026-000001", "/verify/QJGA-2026-000001")
		has(t, public.Get("/donations?campaign=DB-2026"), 200, "张*明")
		has(t, public.Get("/donations?campaign=GENERAL"), 200, "还没有捐赠")
		has(t, public.Get("/verify/QJGA-2026-000001"), 200, "张*明")
		has(t, public.Get(sent.Location), 200, "下载收据")
		for _, p := range []string{"/", "/campaigns", "/campaigns/DB-2026", "/donations", "/give", "/give/find", "/give/privacy", "/verify/QJGA-2026-000001", sent.Location, self, "/desk/donations", self + "/record"} {
			for _, v := range []*moduletest.Visitor{public, first, second} {
				if a := v.Get(p); strings.Contains(a.Body, "张建明") {
					t.Errorf("%s names the donor in full", p)
				}
			}
		}
		if log := s.Log.String(); strings.Contains(log, "13808741234") || strings.Contains(log, "张建明") || strings.Contains(log, strings.TrimPrefix(sent.Location, "/give/t/")) {
			t.Error("the log tells who gives, or the address of a donor's page")
		}
	})
}

func has(t testing.TB, a moduletest.Answer, status int, texts ...string) {
	t.Helper()
	if a.Status != status {
		t.Errorf("status %d, want %d", a.Status, status)
	}
	for _, x := range texts {
		if !strings.Contains(a.Body, x) {
			t.Errorf("the page lacks %q", x)
		}
	}
}

func done(t testing.TB, a moduletest.Answer, to string) {
	t.Helper()
	if a.Status != 303 || a.Location != to {
		t.Errorf("got %d to %q, want 303 to %q", a.Status, a.Location, to)
	}
}

func TestAWrongFormComesBackAsItWas(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		once := s.Public().Get("/give").Once(t)
		for _, c := range []struct {
			pairs []string
			want  []string // in the page
		}{
			{[]string{"amount", "-5"}, []string{"请填写大于零的金额", `value="-5"`, `value="张建明"`}},
			{[]string{"amount", "99999999999999999999"}, []string{"每笔最多 1000 万元", `value="99999999999999999999"`}},
			{[]string{"amount", "12.345"}, []string{"最多两位小数", `value="12.345"`}},
			{[]string{"amount", "一百"}, []string{"请填写大于零的金额"}},
			{[]string{"name", "张\xff\xfe"}, []string{"有无法识别的字符"}},
			{[]string{"name", strings.Repeat("张", 51)}, []string{"1 到 50 个字"}},
			{[]string{"name", ""}, []string{"请填写姓名"}},
			{[]string{"name", "张\U000F0000"}, []string{"暂时无法印在收据上"}},
			{[]string{"idno", "530302199001011233"}, []string{"身份证号不对", `value="530302199001011233"`}},
			{[]string{"donor", "body", "idno", "91350100M000100Y44"}, []string{"统一社会信用代码"}},
			{[]string{"campaign", "NO-SUCH"}, []string{"这个项目现在不接受捐赠"}},
			{[]string{"agree", ""}, []string{"请阅读个人信息说明并勾选同意"}},
			{[]string{"shown", "x", "donor", "x", "phone", "12"}, []string{"请选择是个人捐赠还是单位捐赠", "请填写手机号"}},
			{[]string{"message", strings.Repeat("好", 201)}, []string{"留言最多 200 个字"}},
		} {
			a := s.Public().Post("/give", giveForm(once, append([]string{"phone", "13900001111"}, c.pairs...)...))
			has(t, a, 422, append(c.want, "需要修改", `value="`+once+`"`)...)
		}
		rows, err := g.List(t.Context(), donations.Filter{}, "", 10)
		must(t, err)
		if len(rows.Rows) != 0 {
			t.Errorf("%d gifts came of wrong forms", len(rows.Rows))
		}
		// The corrected form goes through with the same token.
		if a := s.Public().Post("/give", giveForm(once, "name", "张")); a.Status != 303 {
			t.Errorf("the corrected form: %d", a.Status)
		}
	})
}

func TestAFormSentTwiceLeadsToItsGift(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		form := giveForm(s.Public().Get("/give").Once(t))
		first := s.Public().Post("/give", form)
		second := s.Public().Post("/give", form)
		has(t, second, 409, "这一步已经做过了", `href="`+first.Location+`"`)
		form.Set("amount", "300")
		has(t, s.Public().Post("/give", form), 409, "这张表单已经提交过")
		form.Set("once", "")
		has(t, s.Public().Post("/give", form), 422, "请刷新页面后重新提交")
	})
}

func TestWhoMayNotIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		gift, a := g.arrived(t, "张建明", 100)
		self := "/desk/donations/" + gift.ID
		for _, c := range []struct {
			who, path string
			form      url.Values
			want      int
		}{
			{"stranger", "/desk/donations", nil, 403}, {"stranger", self, nil, 403}, {"stranger", "/desk/donations/export.csv", nil, 403}, {"stranger", "/desk/donations/campaigns", nil, 403},
			{"checker", "/desk/donations/new", nil, 403}, {"clerk", self + "/reveal", nil, 403}, {"clerk", "/desk/donations/campaigns/new", nil, 403}, {"checker", self + "/refund", nil, 403}, {"clerk", self + "/decide", nil, 403},
			{"clerk", "/desk/donations/confirm", moduletest.Form("arrival", a), 403}, {"stranger", self + "/reject", moduletest.Form("arrival", a, "why", "不要了"), 403},
			{"editor", self + "/reject", moduletest.Form("arrival", a, "why", "不要了"), 403},
			{"clerk", "/desk/donations/none", nil, 404}, {"clerk", "/desk/donations/none/record", nil, 404}, {"checker", "/desk/donations/none/confirm", moduletest.Form("arrival", "none"), 404},
		} {
			v := s.As(c.who)
			var got moduletest.Answer
			if c.form == nil {
				got = v.Get(c.path)
			} else {
				got = v.Post(c.path, c.form)
			}
			if got.Status != c.want {
				t.Errorf("%s %s: %d, want %d", c.who, c.path, got.Status, c.want)
			}
		}
		for _, p := range []string{"/desk/donations", self, "/desk/donations/campaigns"} {
			if got := s.Public().Get(p); got.Status != 303 || !strings.HasPrefix(got.Location, "/signin") {
				t.Errorf("%s without signing in: %d %s", p, got.Status, got.Location)
			}
		}
		for _, p := range []string{"/campaigns/NO", "/donations?campaign=NO", "/give/t/" + gift.ID, "/give/t/xxxxxxxxxxxxxxxxxxxxxxxx", "/give/t/x/receipt"} {
			if got := s.Public().Get(p); got.Status != 404 {
				t.Errorf("%s: %d", p, got.Status)
			}
		}
	})
}

func TestManyAreConfirmedByTickingThem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		v := s.As("both")
		form := url.Values{}
		for range 3 {
			_, a := g.arrived(t, "张建明", 100)
			form.Add("arrival", a)
		}
		own := g.pledged(t, "李红梅", 900)
		must(t, g.Record(t.Context(), both, own.ID, payment("李红梅", 900), key()))
		page := v.Get("/desk/donations")
		has(t, page, 200, "复核确认所选", "待复核")
		if n := strings.Count(page.Body, `name="arrival"`); n != 3 {
			t.Errorf("%d may be ticked, want the three that others recorded", n)
		}
		has(t, v.Post("/desk/donations/confirm", url.Values{}), 422, "请先勾选")
		form.Add("arrival", g.live(t, own.ID))
		a := v.Post("/desk/donations/confirm", form)
		has(t, a, 422, own.Code[:4]+" "+own.Code[4:]+"：这一步不能由同一个人办理")
		if f := g.balance(t); f.Received() != 300 {
			t.Errorf("the fund holds %d, want 300: the good ones are done", f.Received())
		}
		done(t, s.As("checker").Post("/desk/donations/confirm", form), "/desk/donations?state=arrived")
		if f := g.balance(t); f.Received() != 1_200 {
			t.Errorf("the fund holds %d, want 1200", f.Received())
		}
	})
}

func TestARefundGoesThroughItsPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		w := g.received(t, "张建明", 100)
		self := "/desk/donations/" + w.ID
		form := s.As("clerk").Get(self + "/refund")
		has(t, form, 200, "申请退还这笔捐赠")
		has(t, s.As("clerk").Post(self+"/refund", moduletest.Form("once", form.Once(t), "why", "")), 422, "请写明原因")
		done(t, s.As("clerk").Post(self+"/refund", moduletest.Form("once", form.Once(t), "why", "重复支付")), self)
		has(t, s.As("clerk").Get(self+"/refund"), 409, "不能申请退款")
		page := s.As("checker").Get(self + "/decide")
		has(t, page, 200, "重复支付", "批准退款")
		r := g.whole(t, w.ID).Asked().ID
		has(t, s.As("checker").Post(self+"/decide", moduletest.Form("refund", r, "verdict", "decline", "remark", "")), 422, "请写明原因")
		done(t, s.As("checker").Post(self+"/decide", moduletest.Form("refund", r, "verdict", "approve")), self)
		has(t, s.As("checker").Get(self), 200, "已退款", "红冲")
		has(t, s.Public().Get("/donations"), 200, "已退款")
	})
}

func TestACampaignGoesThroughItsPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		e, o := s.As("editor"), s.As("opener")
		form := e.Get("/desk/donations/campaigns/new")
		v := moduletest.Form("once", form.Once(t), "code", "zx-2026", "title", "军娃助学金", "lead", "资助", "story", "一\n二", "purpose", "助学", "mode", "own", "target", "abc", "starts_on", "2026-13-01")
		has(t, e.Post("/desk/donations/campaigns/new", v), 422, "请填写日期", "军娃助学金", `value="abc"`)
		v.Set("starts_on", "")
		has(t, e.Post("/desk/donations/campaigns/new", v), 422, "请填写目标金额")
		v.Set("target", "10000")
		made := e.Post("/desk/donations/campaigns/new", v)
		if made.Status != 303 {
			t.Fatalf("%d", made.Status)
		}
		has(t, o.Get(made.Location), 200, "公开募捐须有资格证书", "备案")
		if a := o.Post(made.Location+"/open", moduletest.Form("version", "1")); a.Status != 422 {
			t.Errorf("opened without the papers of the law: %d", a.Status)
		}
		edit := e.Get(made.Location + "/edit")
		has(t, edit, 200, `value="ZX-2026"`)
		v.Set("once", edit.Once(t))
		v.Set("version", "1")
		v.Set("mode", "intent")
		for _, k := range []string{"beneficiaries", "surplus", "manager"} {
			v.Set(k, "有")
		}
		done(t, e.Post(made.Location+"/edit", v), made.Location)
		has(t, e.Get(made.Location), 200)
		if a := e.Post(made.Location+"/open", moduletest.Form("version", "2")); a.Status != 403 {
			t.Errorf("opened by its own editor: %d", a.Status)
		}
		has(t, o.Get(made.Location), 200, "审核无误，开启项目")
		done(t, o.Post(made.Location+"/open", moduletest.Form("version", "2")), made.Location)
		has(t, s.Public().Get("/campaigns/ZX-2026"), 200, "军娃助学金", "助学")
		has(t, e.Get("/desk/donations/campaigns"), 200, "ZX-2026")
		has(t, e.Get(made.Location+"/pause"), 200, "暂停这个项目")
		has(t, e.Post(made.Location+"/pause", moduletest.Form("why", "")), 422, "请写明原因")
		done(t, e.Post(made.Location+"/pause", moduletest.Form("why", "改文字")), made.Location)
		done(t, e.Post(made.Location+"/end", moduletest.Form("why", "做完了")), made.Location)
	})
}

func TestTheExportMasksNamesAndEndsWithItsSum(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		g.received(t, "张建明", 12_345)
		g.received(t, "李红梅", 100)
		a := s.As("clerk").Get("/desk/donations/export.csv")
		lines := strings.Split(strings.TrimSpace(a.Body), "\n")
		if a.Status != 200 || len(lines) != 4 || !strings.Contains(a.Body, "张*明") || strings.Contains(a.Body, "张建明") || !strings.HasPrefix(lines[3], "合计,2,") || !strings.Contains(lines[3], "124.45") {
			t.Errorf("%d %q", a.Status, a.Body)
		}
	})
}

func TestPrivateFactsAreShownOnceAndNotKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.Serve(t, actors(), g.Module())
		gift := g.pledged(t, "张建明", 100)
		self := "/desk/donations/" + gift.ID + "/reveal"
		v := s.As("checker")
		page := v.Get(self)
		if strings.Contains(page.Body, "13808741234") {
			t.Error("shown without a reason")
		}
		has(t, v.Post(self, moduletest.Form("once", page.Once(t), "why", "")), 422, "请选择查看原因")
		a := v.Post(self, moduletest.Form("once", page.Once(t), "why", "match"))
		has(t, a, 200, "张建明", "13808741234")
		if a.Header.Get("Cache-Control") != "no-store" {
			t.Error("the page may be kept")
		}
	})
}

func TestLookingUpAGiftIsLimited(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		gift := g.pledged(t, "张建明", 100)
		v := s.Public()
		done(t, v.Post("/give/find", moduletest.Form("code", gift.Code, "tail", "1234")), g.Href(gift.ID))
		a, b := v.Post("/give/find", moduletest.Form("code", gift.Code, "tail", "0000")), v.Post("/give/find", moduletest.Form("code", "22222222", "tail", "0000"))
		has(t, a, 422, "没有找到这笔捐赠")
		has(t, b, 422, "没有找到这笔捐赠")
		limited := 0
		for range 20 {
			if v.Post("/give/find", moduletest.Form("code", gift.Code, "tail", "0001")).Status == 429 {
				limited++
			}
		}
		if limited < 10 {
			t.Errorf("%d of 20 guesses were held back", limited)
		}
	})
}

func TestAGiftMayBeDevotedToSomebody(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		form := s.Public().Get("/give")
		has(t, form, 200, "把这份心意献给一个人")
		v := url.Values{"once": {form.Once(t)}, "donor": {"person"}, "shown": {"usual"}, "name": {"张建明"}, "campaign": {"DB-2026"}, "amount": {"100"}, "phone": {"13987650000"}, "agree": {"1"}, "tribute_name": {"王老兵"}}
		has(t, s.Public().Post("/give", v), 422, "请选择是致敬还是纪念", "王老兵")
		v.Set("tribute", "memory")
		v.Set("tribute_words", "您守过的山，我们替您看着。")
		made := s.Public().Post("/give", v)
		if made.Status != 303 {
			t.Fatalf("%d", made.Status)
		}
		has(t, s.Public().Get(made.Location), 200, "纪念他（她）", "王老兵", "您守过的山")
		rows, err := g.List(t.Context(), donations.Filter{}, "", 5)
		must(t, err)
		if desk := s.As("checker").Get("/desk/donations/" + rows.Rows[0].ID); strings.Contains(desk.Body, "王老兵") {
			t.Error("the desk reads the name without asking")
		}
		page := s.As("checker").Get("/desk/donations/" + rows.Rows[0].ID + "/reveal")
		has(t, s.As("checker").Post("/desk/donations/"+rows.Rows[0].ID+"/reveal", moduletest.Form("once", page.Once(t), "why", "contact")), 200, "王老兵")
	})
}
