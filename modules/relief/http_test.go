package relief_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"care/modules"
	"care/modules/relief"
	"care/server/access"
	"care/server/app"
	"care/server/fault"
	"care/server/web"
)

// site is the whole server over a world, with a door that signs anybody in.
type site struct {
	*world
	h    http.Handler
	jars map[string]*http.Cookie
}

func newSite(t *testing.T, w *world) *site {
	t.Helper()
	staff := map[string]access.Actor{}
	for _, a := range []access.Actor{clerk, village, township, county, poster, probe, city, chief, maker, checker, signer, cashier, admin, actor("outside", outsidePath, relief.File, relief.Village, relief.PrivateTxt)} {
		staff[a.ID] = a
	}
	door := modules.Module{Name: "door", Title: "door", Routes: func(r *web.Routes) {
		r.GET("/door/:id", func(c echo.Context) error {
			if err := web.SignInAs(c, c.Param("id")); err != nil {
				return err
			}
			return c.NoContent(http.StatusNoContent)
		}, access.Everyone)
	}}
	a, err := app.New(app.Options{
		DB: w.DB, Queue: w.Queue, Log: slog.New(slog.DiscardHandler), Now: w.Clock.Now, Org: "曲靖市退役军人关爱基金会",
		Person: func(_ context.Context, id string) (access.Actor, error) {
			if a, ok := staff[id]; ok {
				return a, nil
			}
			return access.Actor{}, fault.New(fault.NotFound, "db.not_found")
		},
	}, append(w.Modules(), w.places.Module(), w.relief.Module(), door))
	must(t, err)
	return &site{world: w, h: a.Handler(), jars: map[string]*http.Cookie{}}
}

func (s *site) send(t *testing.T, who string, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	if who != "" {
		if s.jars[who] == nil {
			rec := httptest.NewRecorder()
			s.h.ServeHTTP(rec, httptest.NewRequest("GET", "/door/"+who, nil))
			s.jars[who] = rec.Result().Cookies()[0]
		}
		r.AddCookie(s.jars[who])
	}
	rec := httptest.NewRecorder()
	s.h.ServeHTTP(rec, r)
	return rec
}

func (s *site) get(t *testing.T, who, path string) *httptest.ResponseRecorder {
	t.Helper()
	return s.send(t, who, httptest.NewRequest("GET", path, nil))
}

// post sends a form with a new token.
func (s *site) post(t *testing.T, who, path string, vs url.Values) *httptest.ResponseRecorder {
	t.Helper()
	if vs.Get("once") == "" {
		vs.Set("once", fmt.Sprintf("token-%032d", len(path)+len(vs.Encode())*7919+s.Clock.Now().Nanosecond()))
	}
	r := httptest.NewRequest("POST", path, strings.NewReader(vs.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.send(t, who, r)
}

type upload struct {
	field, name string
	content     []byte
}

// multi sends a form with files.
func (s *site) multi(t *testing.T, who, path string, vs url.Values, ups ...upload) *httptest.ResponseRecorder {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if vs.Get("once") == "" {
		vs.Set("once", fmt.Sprintf("token-%032d", s.Clock.Now().UnixNano()))
	}
	for k, v := range vs {
		for _, x := range v {
			must(t, w.WriteField(k, x))
		}
	}
	for _, u := range ups {
		f, err := w.CreateFormFile(u.field, u.name)
		must(t, err)
		_, err = f.Write(u.content)
		must(t, err)
	}
	must(t, w.Close())
	r := httptest.NewRequest("POST", path, &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.send(t, who, r)
}

func values(f relief.Form) url.Values {
	return url.Values{
		"name": {f.Name}, "identity": {f.Identity}, "phone": {f.Phone}, "category": {f.Category}, "area": {f.Area}, "address": {f.Address}, "kind": {f.Kind}, "cause_day": {f.CauseDay},
		"story": {f.Story}, "requested": {f.Requested}, "holder": {f.Holder}, "bank": {f.Bank}, "card": {f.Card}, "truth": {"1"}, "checks": {"1"}, "sensitive": {"1"}, "public": {"1"}, "do": {"submit"},
	}
}

func want(t *testing.T, rec *httptest.ResponseRecorder, status int, sees ...string) {
	t.Helper()
	if rec.Code != status {
		t.Fatalf("status %d, want %d\n%.600s", rec.Code, status, mainOf(rec.Body.String()))
	}
	for _, s := range sees {
		if !strings.Contains(rec.Body.String(), s) {
			t.Errorf("the page does not show %q", s)
		}
	}
}

func mainOf(s string) string {
	if i := strings.Index(s, "<main"); i >= 0 {
		return s[i:]
	}
	return s
}

// TestAClerkFilesThroughThePages files with a photo, prints the slip, and the next person finds the form of the stage.
func TestAClerkFilesThroughThePages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		s := newSite(t, w)
		want(t, s.get(t, "clerk", "/desk/relief/new"), 200, "会泽县 · 者海镇 · 石河村", "大病医疗")
		want(t, s.get(t, "", "/desk/relief/new"), 303)
		want(t, s.get(t, "county", "/desk/relief/new"), 403)
		rec := s.multi(t, "clerk", "/desk/relief/new", values(form(1)), upload{"evidence_id", "身份证.pdf", pdfBytes})
		want(t, rec, 303)
		slip := rec.Header().Get("Location")
		want(t, s.get(t, "clerk", slip), 200, "QJJZ-2026-000001", "打印确认单")
		page := strings.TrimSuffix(slip, "/slip")
		want(t, s.get(t, "village", page), 200, "初核通过")
		if body := s.get(t, "clerk", page).Body.String(); strings.Contains(body, "初核通过，") {
			t.Error("the filer is shown the form of the village's check")
		}
		want(t, s.post(t, "village", page+"/pass/village", url.Values{"text": {"情况属实"}}), 303)
		want(t, s.post(t, "village", page+"/pass/village", url.Values{"text": {"情况属实"}}), 409)
		want(t, s.post(t, "township", page+"/pass/township", url.Values{"text": {"同意"}, "first": {"李文"}}), 422, "两人", "李文", "请写明入户")
		want(t, s.get(t, "outside", page), 404)
		want(t, s.post(t, "outside", page+"/pass/village", url.Values{"text": {"情况属实"}}), 404)
		want(t, s.post(t, "outside", page+"/plain", url.Values{"why": {"电话核实申请人的住院情况"}}), 404)
	})
}

// TestHostileFormsComeBackFilledIn sends what people and attackers send; each answer is 422 with the form as it was.
func TestHostileFormsComeBackFilledIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		s := newSite(t, w)
		good := upload{"evidence_id", "证.pdf", pdfBytes}
		for name, c := range map[string]struct {
			field, value, sentence string
			file                   upload
		}{
			"wrong check digit": {"identity", "530326195912310029", "身份证号", good},
			"no such day":       {"identity", "530326199602300024", "出生日期不存在", good},
			"letters":           {"identity", "abc", "18 位身份证号", good},
			"negative":          {"requested", "-5", "必须大于 0", good},
			"absurd":            {"requested", "99999999999999999", "金额太大", good},
			"above the cap":     {"requested", "60000", "超过“大病医疗”的上限", good},
			"formula":           {"requested", "=1+1", "金额看不懂", good},
			"card":              {"card", "6217003870000123453", "校验不通过", good},
			"other holder":      {"holder", "李四", "必须与申请人姓名一致", good},
			"long name":         {"name", strings.Repeat("长", 51), "不超过 50 个字", good},
			"broken UTF-8":      {"story", "困难\xff\xfe很大，需要帮助一下", "无法识别的字符", good},
			"script":            {"name", "<script>alert(1)</script>", "请填写申请人姓名", good},
			"other area":        {"area", "530381001", "管辖范围内", good},
			"future":            {"cause_day", "2027-01-01", "不能晚于今天", good},
			"old":               {"cause_day", "2024-01-01", "超过一年", good},
			"no consent":        {"sensitive", "", "单独同意", good},
			"no file":           {"name", form(3).Name, "至少上传一份", upload{"other", "", nil}},
			"disguised file":    {"name", form(3).Name, "扩展名不符", upload{"evidence_id", "照片.jpg", pdfBytes}},
			"program":           {"name", form(3).Name, "不是能接收的类型", upload{"evidence_id", "病历.pdf", []byte("MZ\x90\x00program")}},
		} {
			vs := values(form(3))
			vs.Set(c.field, c.value)
			if name == "no consent" {
				vs.Del("sensitive")
			}
			var ups []upload
			if c.file.name != "" {
				ups = append(ups, c.file)
			}
			rec := s.multi(t, "clerk", "/desk/relief/new", vs, ups...)
			if rec.Code != 422 {
				t.Fatalf("%s: status %d, want 422", name, rec.Code)
			}
			body := rec.Body.String()
			if !strings.Contains(body, c.sentence) {
				t.Errorf("%s: the page does not say %q", name, c.sentence)
			}
			if c.field != "story" && !strings.Contains(body, "两次手术") || !strings.Contains(body, form(3).Bank) {
				t.Errorf("%s: the form does not come back filled in", name)
			}
			if strings.Contains(body, "<script>alert") {
				t.Errorf("%s: a script came back as a script", name)
			}
		}
		if p, err := w.relief.Cases(t.Context(), actor("reader", cityPath), "", "", "", 10); err != nil || len(p.Rows) != 0 {
			t.Errorf("%d cases were filed by refused forms, %v", len(p.Rows), err)
		}
	})
}

// TestRefusedFormKeepsItsFiles corrects a form without uploading again; a reference of somebody else is not taken.
func TestRefusedFormKeepsItsFiles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		s := newSite(t, w)
		vs := values(form(1))
		vs.Set("phone", "1")
		rec := s.multi(t, "clerk", "/desk/relief/new", vs, upload{"evidence_id", "证.pdf", pdfBytes})
		want(t, rec, 422, "已经上传好")
		kept := regexp.MustCompile(`name="kept" value="([^"]+)"`).FindStringSubmatch(rec.Body.String())
		if kept == nil {
			t.Fatal("the page keeps no reference")
		}
		vs = values(form(1))
		vs.Set("kept", kept[1])
		want(t, s.multi(t, "outside", "/desk/relief/new", vs), 422, "附件已失效")
		vs = values(form(1))
		vs.Set("kept", kept[1])
		rec = s.multi(t, "clerk", "/desk/relief/new", vs)
		want(t, rec, 303)
		want(t, s.get(t, "clerk", strings.TrimSuffix(rec.Header().Get("Location"), "/slip")), 200, "身份证、户口簿")
	})
}

// TestPressedTwiceIsAnsweredAlreadyDone sends one form twice.
func TestPressedTwiceIsAnsweredAlreadyDone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		s := newSite(t, w)
		vs := values(form(1))
		vs.Set("once", "0123456789abcdef0123456789abcdef")
		file := upload{"evidence_id", "证.pdf", pdfBytes}
		want(t, s.multi(t, "clerk", "/desk/relief/new", vs, file), 303)
		rec := s.multi(t, "clerk", "/desk/relief/new", vs, file)
		if rec.Code != 409 || !strings.Contains(rec.Body.String(), "已经") {
			t.Errorf("the second press: status %d\n%.400s", rec.Code, mainOf(rec.Body.String()))
		}
	})
}

// TestThePublicSeesNoPrivateFact walks the public pages with a canary in notice, under an objection and paid.
func TestThePublicSeesNoPrivateFact(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		s := newSite(t, w)
		_, notice := w.toNotice(t, 1, 10_000_00)
		want(t, s.get(t, "", "/notices"), 200, "张*华", "会泽县 · 者海镇 · 石河村", "10,000.00")
		want(t, s.get(t, "", "/notices/"+notice), 200, "张*华", "反映情况")
		want(t, s.get(t, "", "/notices/"+notice+"/object"), 200)
		want(t, s.post(t, "", "/notices/"+notice+"/object", url.Values{"name": {""}, "phone": {"12"}, "facts": {"短"}}), 422, "请填写您的姓名", "请填写手机号", "至少 10 个字")
		rec := s.post(t, "", "/notices/"+notice+"/object", url.Values{"name": {"金丝雀"}, "phone": {"13911112222"}, "facts": {"他不住在本村，也没有生病。"}})
		want(t, rec, 303)
		receipt := rec.Header().Get("Location")
		want(t, s.get(t, "", receipt), 200, "核查中")
		f := form(1)
		secrets := []string{f.Identity, f.Phone, f.Card, f.Name, f.Card[len(f.Card)-4:], "三组 12 号", "两次手术", "金丝雀", "13911112222", "也没有生病"}
		w.Settle(t)
		paths := []string{"/notices", "/notices/" + notice, "/notices/" + notice + "/object", receipt, "/notices/" + notice + "x", "/objections/YY-ZZZZ"}
		for _, d := range w.sheetOfNotice(t) {
			paths = append(paths, "/verify/"+d)
		}
		for _, p := range paths {
			rec := s.get(t, "", p)
			all := rec.Body.String()
			for k, v := range rec.Header() {
				all += k + strings.Join(v, " ")
			}
			for _, x := range secrets {
				if strings.Contains(all, x) {
					t.Errorf("%s shows %q", p, x)
				}
			}
		}
		// What staff sees in lists and on the case is masked as well.
		for _, p := range []string{"/desk/relief?tab=all", "/desk/relief/notices", "/desk/relief/cases/" + w.onlyCase(t)} {
			body := s.get(t, "county", p).Body.String()
			for _, x := range []string{f.Identity, f.Phone, f.Card, f.Name, "三组 12 号", "金丝雀", "13911112222"} {
				if strings.Contains(body, x) {
					t.Errorf("%s shows %q in plain text", p, x)
				}
			}
		}
	})
}

func (w *world) onlyCase(t *testing.T) string {
	t.Helper()
	p, err := w.relief.Cases(t.Context(), actor("reader", cityPath), "", "", "", 1)
	must(t, err)
	return p.Rows[0].ID
}

func (w *world) sheetOfNotice(t *testing.T) (numbers []string) {
	t.Helper()
	for _, d := range w.sheet(t, w.onlyCase(t)).Papers {
		numbers = append(numbers, d.Number)
	}
	return numbers
}

// TestABatchThroughThePages makes, checks, signs, releases, downloads, imports and confirms by the buttons.
func TestABatchThroughThePages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		s := newSite(t, w)
		id, award := w.award(t, 1, 10_000_00)
		want(t, s.get(t, "maker", "/desk/relief/batches"), 200, "等待拨付", "张*华")
		want(t, s.post(t, "maker", "/desk/relief/batches", url.Values{}), 422, "请至少勾选一笔")
		rec := s.post(t, "maker", "/desk/relief/batches", url.Values{"award": {award}})
		want(t, rec, 303)
		b := rec.Header().Get("Location")
		for _, step := range []struct{ who, verb string }{{"maker", "lock"}, {"checker", "check"}, {"signer", "sign"}, {"cashier", "release"}} {
			want(t, s.post(t, "city", b+"/"+step.verb, url.Values{}), 403)
			want(t, s.get(t, step.who, b), 200, "由您办理")
			want(t, s.post(t, step.who, b+"/"+step.verb, url.Values{}), 303)
		}
		rec = s.post(t, "cashier", b+"/file", url.Values{})
		want(t, rec, 200)
		if !strings.HasPrefix(rec.Header().Get("Content-Disposition"), "attachment") || !bytes.Contains(rec.Body.Bytes(), []byte(card(1))) {
			t.Errorf("the bank file is %q %.80q", rec.Header().Get("Content-Disposition"), rec.Body.String())
		}
		want(t, s.post(t, "cashier", b+"/file", url.Values{}), 409, "已经下载过")
		file := w.result(t, strings.TrimPrefix(b, "/desk/relief/batches/"), "成功")
		want(t, s.multi(t, "cashier", "/desk/relief/import", url.Values{"day": {string(w.today())}}, upload{"file", "x.csv", []byte("不是回盘")}), 422, "文件格式不对")
		want(t, s.multi(t, "cashier", "/desk/relief/import", url.Values{"day": {string(w.today())}}, upload{"file", "x.csv", file}), 303)
		want(t, s.get(t, "checker", b), 200, "确认入账", "待确认的结果")
		want(t, s.post(t, "checker", b+"/confirm", url.Values{}), 303)
		want(t, s.get(t, "checker", "/desk/relief/cases/"+id), 200, "已拨付", "QJBF-2026-000001")
		w.Settle(t)
		paper := regexp.MustCompile(`/desk/relief/cases/[^"]+/papers/[^"]+`).FindAllString(s.get(t, "checker", b).Body.String(), 1)
		rec = s.get(t, "checker", paper[0])
		want(t, rec, 200)
		if !bytes.HasPrefix(rec.Body.Bytes(), []byte("%PDF-")) {
			t.Error("the voucher is no PDF")
		}
		w.check(t)
	})
}

// TestEveryPageOfTheDeskOpens visits each page as somebody who may, and a few as somebody who may not.
func TestEveryPageOfTheDeskOpens(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		s := newSite(t, w)
		_, notice := w.toNotice(t, 1, 10_000_00)
		number, err := w.relief.Raise(t.Context(), access.Public(""), notice, relief.NewObjection{Name: "王五", Phone: "13900000001", Facts: "他不住在本村，也没有生病。"}, "")
		must(t, err)
		x, err := w.relief.Receipt(t.Context(), number)
		must(t, err)
		_, award := w.award(t, 2, 5_000_00)
		w.settle(t, w.released(t, award), "失败")
		for path, who := range map[string]string{
			"/desk/relief": "village", "/desk/relief/notices": "probe", "/desk/relief/objections/" + x.ID: "probe", "/desk/relief/batches": "checker",
			"/desk/relief/held?award=" + award: "maker", "/desk/relief/import": "cashier", "/desk/relief/settings": "admin",
		} {
			want(t, s.get(t, who, path), 200)
		}
		for _, path := range []string{"/desk/relief/batches", "/desk/relief/held"} { // they hold people of all areas
			want(t, s.get(t, "county", path), 403)
		}
		want(t, s.post(t, "maker", "/desk/relief/held", url.Values{"award": {award}, "bank": {""}, "card": {"1"}, "reason": {"短"}}), 422, "至少 10 个字")
		want(t, s.post(t, "probe", "/desk/relief/objections/"+x.ID+"/dismiss", url.Values{"reason": {"短"}}), 422, "至少 10 个字")
		want(t, s.post(t, "probe", "/desk/relief/objections/"+x.ID+"/dismiss", url.Values{"reason": {"经入户核实，反映的情况不属实"}}), 303)
		want(t, s.post(t, "admin", "/desk/relief/settings/year", url.Values{"year": {"2027"}, "off": {"2027-13-01"}, "source": {"通知"}}), 422, "2027-13-01")
		want(t, s.get(t, "clerk", "/desk/relief/settings"), 403)
		want(t, s.post(t, "village", "/desk/relief/search", url.Values{"q": {form(1).Identity}}), 200, "张*华")
		want(t, s.post(t, "outside", "/desk/relief/search", url.Values{"q": {form(1).Identity}}), 200, "没有找到案件")
	})
}
