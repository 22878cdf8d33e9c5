package network_test

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jba/templatecheck"

	"care/modules/moduletest"
	"care/modules/network"
	"care/server/access"
	"care/server/db/dbtest"
	"care/templates"
)

func serve(t *testing.T) (*moduletest.Site, *network.Net, *moduletest.Foundation) {
	t.Helper()
	d := dbtest.SQLite(t, moduletest.Sets(os.DirFS("migrations")))
	f := moduletest.New(t, d)
	n := network.New(d, f.Trail)
	if err := n.Seed(t.Context(), f.Clock); err != nil {
		t.Fatal(err)
	}
	f.Clock.To(moduletest.Start)
	actors := map[string]access.Actor{
		"county": {ID: "county", Name: "陈", Perms: []string{"network.manage"}, Area: access.Area{Path: "/530300/530326/", Name: "会泽县"}},
		"city":   {ID: "city", Name: "朱", Perms: []string{"network.manage"}, Area: access.Area{Path: "/530300/", Name: "曲靖市"}},
		"reader": {ID: "reader", Name: "沈", Area: access.Area{Path: "/530300/"}},
	}
	return f.Serve(t, actors, n.Module()), n, f
}

func want(t *testing.T, a moduletest.Answer, status int, location string, sees ...string) {
	t.Helper()
	if a.Status != status || location != "" && a.Location != location {
		t.Errorf("got %d to %q, want %d to %q: %s", a.Status, a.Location, status, location, a.Body)
	}
	for _, s := range sees {
		if !strings.Contains(a.Body, s) {
			t.Errorf("the page does not show %q: %s", s, a.Body)
		}
	}
}

func form(pairs ...string) url.Values {
	v := url.Values{"once": {"0123456789abcdef"}}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

func TestDirectoryIsForEverybody(t *testing.T) {
	t.Parallel()
	s, _, _ := serve(t)
	a := s.Public().Get("/stations")
	want(t, a, http.StatusOK, "", "石河村退役军人服务站", `href="tel:0874-3100084"`, "会泽县 · 者海镇 · 石河村")
	a = s.Public().Get("/stations?q=" + url.QueryEscape("板桥镇"))
	want(t, a, http.StatusOK, "", "陆良县 · 板桥镇", "罗平县 · 板桥镇")
	a = s.Public().Get("/stations?county=530322")
	want(t, a, http.StatusOK, "", "陆良县 · 板桥镇")
	if strings.Contains(a.Body, "罗平县 · 板桥镇") {
		t.Error("another county's station is shown")
	}
	want(t, s.Public().Get("/stations?q=%3Cscript%3E&county=x"), http.StatusOK, "", "没有找到站点")
}

func TestStaffEditInsideTheirAreaOnly(t *testing.T) {
	t.Parallel()
	s, n, _ := serve(t)
	c := s.As("county")
	want(t, c.Get("/desk/network"), http.StatusOK, "", "会泽县", "者海镇", "未登记")
	want(t, c.Get("/desk/network?area=530326106"), http.StatusOK, "", "者海镇退役军人服务站", "石河村", "4/5", "12 位数字")
	for _, path := range []string{"/desk/network?area=530381", "/desk/network?area=530300", "/desk/network?area=1", "/desk/network/areas/530381001/station", "/desk/network/areas/530381001/merge"} {
		want(t, c.Get(path), http.StatusNotFound, "")
	}
	outside, _, err := n.StationOf(t.Context(), "530381001")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/edit", "/close"} {
		want(t, c.Get("/desk/network/stations/"+outside.ID+path), http.StatusNotFound, "")
		want(t, c.Post("/desk/network/stations/"+outside.ID+path, form("version", "1", "name", "x")), http.StatusNotFound, "")
	}
	want(t, s.As("reader").Get("/desk/network"), http.StatusForbidden, "")
	want(t, s.Public().Get("/desk/network"), http.StatusSeeOther, "")
}

func TestStationIsOpenedEditedAndClosed(t *testing.T) {
	t.Parallel()
	s, _, f := serve(t)
	c := s.As("county")
	const at = "/desk/network/areas/530326107/station"
	want(t, c.Get(at), http.StatusOK, "", "会泽县 · 大井镇")
	want(t, c.Post(at, form("name", "大井镇服务站", "phone", "打给我", "has", "organised")), http.StatusUnprocessableEntity, "", "请填写电话号码", "大井镇服务站", "请填写能找到的详细地址")
	full := form("name", "大井镇服务站", "phone", "0874-1234567", "address", "大井镇演示路 1 号", "hours", "周一至周五", "has", "organised", "has", "funded")
	want(t, c.Post(at, full), http.StatusSeeOther, "/desk/network?area=530326107")
	want(t, c.Post(at, full), http.StatusConflict, "", "/desk/network?area=530326107")
	page := c.Get("/desk/network?area=530326107")
	want(t, page, http.StatusOK, "", "大井镇服务站", "缺编制", "有经费")
	edit := regexp.MustCompile(`/desk/network/stations/[\w-]+/edit`).FindString(page.Body)
	want(t, c.Get(edit), http.StatusOK, "", `value="大井镇服务站"`, `name="version" value="1"`)
	full.Set("version", "1")
	full.Set("name", "大井镇退役军人服务站")
	want(t, c.Post(edit, full), http.StatusSeeOther, "/desk/network?area=530326107")
	want(t, c.Post(edit, full), http.StatusConflict, "", "刚刚被别人处理过")
	shut := strings.TrimSuffix(edit, "edit") + "close"
	want(t, c.Get(shut), http.StatusOK, "", "关闭“大井镇退役军人服务站”？")
	want(t, c.Post(shut, form("version", "2")), http.StatusSeeOther, "/desk/network?area=530326107")
	want(t, c.Get("/desk/network?area=530326107"), http.StatusOK, "", "还没有登记站点")
	f.Check(t)
}

func TestVillageIsAddedAndMergedOnPages(t *testing.T) {
	t.Parallel()
	s, n, _ := serve(t)
	c := s.As("county")
	const township = "/desk/network/areas/530326106"
	want(t, c.Post(township+"/add", form("name", "新桥村", "code", "123")), http.StatusUnprocessableEntity, "", "请填写 12 位数字代码，前面几位是 530326106", `value="新桥村"`)
	want(t, c.Post(township+"/add", form("name", "新桥村", "code", "530326106301")), http.StatusSeeOther, "/desk/network?area=530326106")
	want(t, c.Get("/desk/network?area=530326106"), http.StatusOK, "", "新桥村", "区划已添加")
	const merge = "/desk/network/areas/530326106301/merge"
	want(t, c.Get(merge), http.StatusOK, "", "会泽县 · 者海镇 · 石河村")
	want(t, c.Post(merge, form("into", "530326106201", "day", "2026-11-25")), http.StatusUnprocessableEntity, "", "请写明撤并依据")
	want(t, c.Post(merge, form("into", "530326106201", "day", "2026-11-25", "reason", "批复")), http.StatusSeeOther, "/desk/network?area=530326106301")
	want(t, c.Get("/desk/network?area=530326106301"), http.StatusOK, "", "已并入", "石河村")
	want(t, c.Get("/desk/network/areas/530326/merge"), http.StatusNotFound, "") // nobody ends the area in which they work
	want(t, c.Post("/desk/network/areas/530326/merge", form("day", "2026-11-25", "reason", "批复")), http.StatusNotFound, "")
	want(t, s.As("city").Get("/desk/network"), http.StatusOK, "", "麒麟区", "6 位数字，以 5303 开头")
	if _, err := n.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPagesFitTheirTemplates(t *testing.T) {
	t.Parallel()
	set, err := templates.Parse()
	if err != nil {
		t.Fatal(err)
	}
	for name, page := range (&network.Net{}).Module().Pages {
		if err := templatecheck.CheckHTML(set.Page(name), page); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
