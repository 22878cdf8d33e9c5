package goods_test

import (
	"net/url"
	"strings"
	"testing"

	"care/modules/goods"
	"care/modules/moduletest"
	"care/server/access"
)

func (g *given) site(t *testing.T) *moduletest.Site {
	t.Helper()
	people := map[string]access.Actor{}
	for _, a := range []access.Actor{clerk, keeper, keeper2, chief, stranger} {
		a.Perms = append([]string{}, a.Perms...)
		if a.ID != "stranger" {
			a = person(a.ID, a.Name, append(a.Perms, "goods.view")...)
		}
		people[a.ID] = a
	}
	people["reveal"] = person("reveal", "孙雪梅", "goods.view", "goods.reveal")
	s := g.Serve(t, people, g.Module())
	return s
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
	if a.Status != 303 || to != "" && a.Location != to {
		t.Errorf("got %d to %q, want 303 to %q", a.Status, a.Location, to)
	}
}

func gone(f url.Values, pairs ...string) url.Values {
	v := url.Values{}
	for k, x := range f {
		v[k] = x
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func TestFromTheDoorToTheSignedSheetOnThePages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		one, two, three := s.As("clerk"), s.As("keeper"), s.As("keeper2")
		photo := moduletest.Upload{Field: "photo", Name: "现场.png", Content: []byte("\x89PNG\r\n\x1a\n0000")}
		paper := func(field string) moduletest.Upload {
			return moduletest.Upload{Field: field, Name: "凭据.pdf", Content: []byte("%PDF-1.4\n" + key())}
		}

		page := one.Get("/desk/goods/new")
		has(t, page, 200, "登记捐赠物资", "项目winter", "再加几种")
		form := moduletest.Form("once", page.Once(t), "donor", "person", "shown", "masked", "name", "张建明", "idno", "530302199001011232", "phone", "138 0874 1234", "campaign", "winter",
			"arrived_on", "2026-11-24", "warehouse", "市中心库", "do", "save",
			"item_name", "", "qty", "", "unit", "", "item_name", "大米", "qty", "12.5", "unit", "千克", "item_name", "棉被", "qty", "30", "unit", "床")
		bad := gone(form)
		bad["qty"] = []string{"", "12.5", "-3"}
		has(t, one.Post("/desk/goods/new", bad), 422, "请填写大于零的数量", `value="-3"`, `value="12.5"`, `id="1.qty"`)
		has(t, one.Post("/desk/goods/new", gone(form, "do", "more")), 200, `value="大米"`)
		made := one.Post("/desk/goods/new", form)
		done(t, made, "")
		self := made.Location
		page = one.Get(self + "/edit")
		has(t, page, 200, "更正物资登记", `value="张建明"`, `value="30"`, `value="530302199001011232"`)
		has(t, one.Post(self+"/edit", gone(form, "once", page.Once(t), "name", "")), 422, "请填写姓名")
		fixed := gone(form, "once", page.Once(t), "phone", "138 0874 9999")
		fixed["qty"] = []string{"", "12.5", "31"}
		done(t, one.Post(self+"/edit", fixed), self)
		s.Hide("13808749999", "530302199001011232", "张建明") // the form was shown again to who typed it; from here on nobody reads it
		has(t, one.Get(self), 200, "张*明", "待清点", "大米")
		page = two.Get(self + "/count")
		has(t, page, 200, "登记 <b", ">31<", "合格证")
		var ids []string
		for _, p := range strings.Split(page.Body, `name="item" value="`)[1:] {
			ids = append(ids, p[:strings.Index(p, `"`)])
		}
		tally := url.Values{"once": {page.Once(t)}, "item": ids, "accepted": {"12.5", "28"}, "refused": {"0", "2"}, "certificate": {"seen", "not_needed"}, "remark": {"", ""}}
		wrong := two.PostFiles(self+"/count", tally, photo)
		has(t, wrong, 422, "请写明原因", "现场.png", `value="28"`)
		tally["kept"] = []string{between(t, wrong.Body, `name="kept" value="`, `"`)}
		tally["remark"] = []string{"", "两床破损"}
		done(t, two.PostFiles(self+"/count", tally), self)
		has(t, two.Get(self), 200, "要请另一位同事验收", "现场.png")
		has(t, one.Get(self+"/edit"), 409, "待清点")
		has(t, one.Post(self+"/edit", gone(fixed, "name", "张建国", "phone", "")), 409)
		if a := two.Post(self+"/accept", moduletest.Form("once", page.Once(t))); a.Status != 403 {
			t.Errorf("the first person may sign as the second: %d", a.Status)
		}
		detail := three.Get(self)
		has(t, detail, 200, "实物与清点一致")
		done(t, three.Post(self+"/accept", moduletest.Form("once", detail.Once(t))), self)

		page = one.Get(self + "/value")
		worth := url.Values{"once": {page.Once(t)}, "item": ids, "basis": {"market", "invoice"}, "total": {"62.50", "2800"}, "grounds": {"三家询价", "发票 001"}}
		has(t, one.PostFiles(self+"/value", worth), 422, "请上传凭据", `value="62.50"`)
		worth["total"] = []string{"一百", "2800"}
		has(t, one.PostFiles(self+"/value", worth, paper("evidence")), 422, "请填写大于零的金额", `value="一百"`)
		worth["total"] = []string{"62.50", "2800"}
		done(t, one.PostFiles(self+"/value", worth, paper("evidence")), self)
		detail = two.Get(self)
		has(t, detail, 200, "¥2,862.50", "入库开收据")
		press := moduletest.Form("once", detail.Once(t))
		done(t, two.Post(self+"/stock", press), self)
		has(t, two.Post(self+"/stock", press), 409, "这一步已经做过了")
		g.Settle(t)
		if a := two.Get(self + "/receipt"); a.Status != 200 || !strings.HasPrefix(a.Body, "%PDF-") {
			t.Errorf("the receipt: %d", a.Status)
		}
		has(t, s.Public().Get("/goods.csv"), 200, "张*明", "合计行数,1")
		has(t, s.Public().Get("/verify/QJGA-2026-000001"), 200, "张*明")
		has(t, one.Get("/desk/goods?q=大米"), 200, "张*明", "已入库")
		has(t, one.Get("/desk/goods?q=%E5%BC%A0%E5%BB%BA"), 200, "没有符合条件")
		has(t, one.Get("/desk/goods/export.csv"), 200, "张*明", "合计行数,1")
		has(t, one.Get("/desk/goods/stock"), 200, "12.5 千克", "28 床", "限定")
		has(t, one.Get("/desk/goods/stock.csv"), 200, "28,床")

		page = one.Get("/desk/goods/lists/new")
		pick := one.Post("/desk/goods/lists/new", moduletest.Form("once", page.Once(t), "campaign", "winter", "warehouse", "市中心库", "do", "goods"))
		has(t, pick, 200, "棉被", "发给谁")
		batch := between(t, pick.Body, `<option value="`, `">棉被`)
		batch = batch[strings.LastIndex(batch, `"`)+1:]
		order := moduletest.Form("once", pick.Once(t), "campaign", "winter", "warehouse", "市中心库", "title", "冬季走访", "place", "者海镇", "hands_on", "2026-11-26", "batch", batch, "each", "2",
			"people", "李红\t530302196003152510\t石河村\n欧阳建国，530381198512310025，石河村，2\n\n陈秀 石河村", "do", "save")
		has(t, one.Post("/desk/goods/lists/new", order), 422, "第 2 行：身份证号不对", "陈秀 石河村") // shown to who typed it
		order.Set("people", "李红\t530302196003152510\t石河村\n欧阳建国，530381198512310024，石河村，2\n\n陈秀 石河村")
		made = one.Post("/desk/goods/lists/new", order)
		done(t, made, "")
		list := made.Location
		s.Hide("欧阳建国", "530381198512310024")
		detail = two.Get(list)
		has(t, detail, 200, "欧阳*国", "4 床", "核对无误，出库", "8 床")
		done(t, two.Post(list+"/release", moduletest.Form("once", detail.Once(t))), list)
		if a := one.Get(list + "/sheet.pdf"); a.Status != 200 || !strings.HasPrefix(a.Body, "%PDF-") {
			t.Errorf("the sheet: %d", a.Status)
		}
		detail = one.Get(list)
		var got []string
		for _, p := range strings.Split(detail.Body, `name="got" value="`)[1:] {
			got = append(got, p[:strings.Index(p, `"`)])
		}
		end := url.Values{"once": {detail.Once(t)}, "got": got[:2]}
		has(t, one.PostFiles(list+"/close", end), 422, "请上传签字的花名册")
		done(t, one.PostFiles(list+"/close", end, paper("sheet")), list)
		closed := one.Get(list)
		has(t, closed, 200, "已签收 6，共 8 床", "未领，退库", "凭据.pdf")
		has(t, s.Public().Get("/goods"), 200, "张*明", "大米 12.5 千克", "棉被 28 床", "QJGA-2026-000001", "¥2,862.50", "冬季走访", "者海镇", "棉被 6 床")
		has(t, one.Get("/desk/goods/stock/"+batch), 200, "发放出库", "未领退库", "22 床")
		if a := one.Get(strings.Replace(between(t, closed.Body, `<a href="`+list+"/files", `"`), "", list+"/files", 1)); a.Status != 200 {
			t.Errorf("the signed sheet: %d", a.Status)
		}
		if a := one.Get(self + "/files" + between(t, closed.Body, `<a href="`+list+"/files", `"`)); a.Status != 404 {
			t.Errorf("the file of a list under a gift: %d", a.Status)
		}
		if log := s.Log.String(); strings.Contains(log, "13808741234") || strings.Contains(log, "张建明") || strings.Contains(log, "欧阳建国") {
			t.Error("the log tells who gives or receives")
		}
	})
}

func between(t testing.TB, s, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(s, from)
	out, _, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("the page lacks %q", from)
	}
	return out
}

func TestChangesGoThroughTheirPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		x, b := g.stocked(t, quilts("winter", "10"), 10_000)
		one, boss := s.As("clerk"), s.As("chief")
		line := moduletest.Form("batch", b.ID, "warehouse", "市中心库", "qty", "4", "why", "受潮发霉")
		page := one.Get("/desk/goods/changes/new?" + url.Values{"batch": {b.ID}, "warehouse": {"市中心库"}}.Encode())
		has(t, page, 200, "怎样变动", "10 床")
		form := gone(line, "once", page.Once(t), "kind", "loss")
		has(t, one.PostFiles("/desk/goods/changes/new", form), 422, "报废请上传现场照片", `value="4"`)
		has(t, one.PostFiles("/desk/goods/changes/new", gone(form, "kind", "theft", "qty", "x")), 422, "请选择怎样变动", `value="x"`)
		made := one.PostFiles("/desk/goods/changes/new", form, moduletest.Upload{Field: "photo", Name: "霉.png", Content: []byte("\x89PNG\r\n\x1a\n0000")})
		done(t, made, "")
		has(t, one.Get(made.Location), 200, "要请另一位同事决定", "霉.png")
		page = boss.Get(made.Location)
		has(t, page, 200, "同意报废")
		has(t, boss.Post(made.Location+"/decide", moduletest.Form("once", page.Once(t), "verdict", "decline")), 422, "请写明原因")
		if a := one.Post(made.Location+"/decide", moduletest.Form("once", page.Once(t), "verdict", "approve")); a.Status != 403 {
			t.Errorf("who asked decides: %d", a.Status)
		}
		done(t, boss.Post(made.Location+"/decide", moduletest.Form("once", page.Once(t), "verdict", "approve")), made.Location)
		has(t, one.Get("/desk/goods/changes?kind=loss&state=done"), 200, "受潮发霉", "已办理")

		page = one.Get("/desk/goods/changes/new?kind=take&warehouse=" + url.QueryEscape("市中心库"))
		has(t, page, 200, "实盘数量", "6 床")
		made = one.PostFiles("/desk/goods/changes/new", gone(line, "once", page.Once(t), "kind", "take", "qty", "5", "why", "年末盘点"))
		done(t, made, "")
		page = s.As("keeper").Get(made.Location)
		has(t, page, 200, ">-1<")
		done(t, s.As("keeper").Post(made.Location+"/decide", moduletest.Form("once", page.Once(t), "verdict", "approve")), made.Location)
		has(t, one.Get("/desk/goods/stock/"+b.ID), 200, "盘亏", "5 床")
		has(t, one.Get("/desk/goods/changes/new?kind=return&gift="+x.ID), 200, "退回捐赠人")
		has(t, one.Get("/desk/goods/changes/new?"+url.Values{"batch": {b.ID}, "warehouse": {"没有这个库"}}.Encode()), 200, "这里没有库存了")
	})
}

func TestWhoMayNotIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		x, b := g.stocked(t, quilts("", "10"), 100)
		self := "/desk/goods/" + x.ID
		ch := g.ask(t, goods.Changing{Kind: goods.Loss, Lines: lines(b, "市中心库", "5")}, g.paper(t))
		for _, c := range []struct {
			who, path string
			form      url.Values
			want      int
		}{
			{"stranger", "/desk/goods", nil, 403}, {"stranger", self, nil, 403}, {"stranger", "/desk/goods/stock", nil, 403}, {"stranger", "/desk/goods/export.csv", nil, 403},
			{"chief", "/desk/goods/new", nil, 403}, {"chief", "/desk/goods/changes/new", nil, 403}, {"clerk", self + "/reveal", nil, 403}, {"chief", "/desk/goods/lists/new", nil, 403},
			{"keeper", "/desk/goods/changes/" + ch.ID + "/decide", moduletest.Form("verdict", "approve", "once", "0123456789abcdef"), 403}, {"clerk", self + "/stock", moduletest.Form("once", "0123456789abcdef"), 403},
			{"clerk", "/desk/goods/none", nil, 404}, {"clerk", "/desk/goods/lists/none", nil, 404}, {"clerk", "/desk/goods/changes/none", nil, 404}, {"clerk", "/desk/goods/stock/none", nil, 404},
			{"clerk", "/desk/goods/none/count", nil, 404}, {"clerk", self + "/count", nil, 409}, {"clerk", self + "/value", nil, 409}, {"keeper", "/desk/goods/lists/none/release", moduletest.Form("once", "0123456789abcdef"), 404},
			{"clerk", "/desk/goods?after=%27&q=%25_%5C&state=x", nil, 200}, {"clerk", "/desk/goods/stock?after=x|y&q=%25_&end=z", nil, 200}, {"clerk", "/desk/goods/changes?kind=x&state=%27", nil, 200},
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
		page := s.As("reveal").Get(self + "/reveal")
		has(t, s.As("reveal").Post(self+"/reveal", moduletest.Form("once", page.Once(t), "why", "curious")), 422, "请选择查看的原因")
		has(t, s.As("reveal").Post(self+"/reveal", moduletest.Form("once", page.Once(t), "why", "contact")), 200, "这次查看已记录", "曲靖云岭家纺有限公司")
	})
}
