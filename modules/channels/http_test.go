package channels_test

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"care/modules/channels"
	"care/modules/donations"
)

func between(t testing.TB, text, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, from)
	out, _, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("nothing stands between %q and %q", from, to)
	}
	return out
}

// browser is a visitor with a user agent of its own, over real HTTP.
type browser struct {
	t     testing.TB
	g     *given
	agent string
}

func (b browser) do(method, path string, form url.Values) (status int, location, body string, h http.Header) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.g.URL+path, strings.NewReader(form.Encode()))
	must(b.t, err)
	r.Header.Set("User-Agent", b.agent)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Do(r)
	must(b.t, err)
	defer res.Body.Close()
	var sb strings.Builder
	_, err = io.Copy(&sb, res.Body)
	must(b.t, err)
	return res.StatusCode, res.Header.Get("Location"), sb.String(), res.Header
}

const (
	office  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0 Safari/537.36"
	phone   = "Mozilla/5.0 (Linux; Android 14; V2309A) Chrome/131.0 Mobile Safari/537.36"
	inside  = "Mozilla/5.0 (Linux; Android 14; V2309A) Chrome/131.0 Mobile Safari/537.36 MicroMessenger/8.0.50"
	oneForm = `name="once" value="`
)

func TestADonorPaysByTheWayThatTheBrowserHas(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		for _, agent := range []string{office, phone, inside} {
			b := browser{t, g, agent}
			gift, address := g.promised(t, 20_000)
			_, _, thanks, _ := b.do(http.MethodGet, "/give/t/"+address, nil)
			if !strings.Contains(thanks, `href="/pay/`+address+`"`) {
				t.Fatal("the donor's page does not offer to pay")
			}
			_, _, page, _ := b.do(http.MethodGet, "/pay/"+address, nil)
			form := url.Values{"channel": {"wechat"}}
			if agent == inside {
				status, to, _, _ := b.do(http.MethodGet, html.UnescapeString(between(t, page, `class="btn wide" href="`, `"`)), nil)
				if status != http.StatusSeeOther || !strings.HasPrefix(to, "https://open.weixin.qq.com/connect/oauth2/authorize?") || !strings.Contains(to, url.QueryEscape(g.URL+"/pay/"+address)) {
					t.Fatalf("WeChat's browser is sent to %q", to)
				}
				_, _, page, _ = b.do(http.MethodGet, "/pay/"+address+"?code=code-of-openid42&state=pay", nil)
				form.Set("code", between(t, page, `name="code" value="`, `"`))
			}
			form.Set("once", between(t, page, oneForm, `"`))
			status, to, body, _ := b.do(http.MethodPost, "/pay/"+address, form)
			if status != http.StatusSeeOther || to != "/pay/"+address {
				t.Fatalf("answered %d %s %s", status, to, body)
			}
			_, _, page, h := b.do(http.MethodGet, to, nil)
			if h.Get("Refresh") == "" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" {
				t.Errorf("the page that waits has the headers %v", h)
			}
			o := g.order(t, gift.ID)
			switch agent {
			case office:
				status, _, png, h := b.do(http.MethodGet, html.UnescapeString(between(t, page, `<img src="`, `"`)), nil)
				if status != 200 || h.Get("Content-Type") != "image/png" || !strings.HasPrefix(png, "\x89PNG") {
					t.Errorf("the code was answered %d %s", status, h.Get("Content-Type"))
				}
			case phone:
				if !strings.Contains(page, `href="https://wx.tenpay.com/`) || !strings.Contains(html.UnescapeString(page), "redirect_url="+url.QueryEscape(g.URL+"/pay/"+address)) || !strings.Contains(page, `referrerpolicy="origin"`) {
					t.Error("the page does not lead to WeChat")
				}
			case inside:
				var script map[string]string
				must(t, json.Unmarshal([]byte(html.UnescapeString(between(t, page, `data-wechat-pay="`, `"`))), &script))
				if script["package"] != "prepay_id="+g.WeChat.Order(o.No).Prepay || script["signType"] != "RSA" || script["paySign"] == "" {
					t.Errorf("the script is %v", script)
				}
				if got := g.WeChat.Order(o.No).OpenID; got != "openid42" {
					t.Errorf("the payer is %q", got)
				}
			}
			must(t, g.WeChat.Pay(o.No))
			g.told(t, g.WeChat.Notice(o.No), http.StatusOK)
			g.settle(t)
			if status, to, _, _ := b.do(http.MethodGet, "/pay/"+address, nil); status != http.StatusSeeOther || to != g.Gifts.Href(gift.ID) {
				t.Errorf("after paying the page leads to %d %s", status, to)
			}
			if w := g.whole(t, gift.ID); w.State != donations.Received {
				t.Errorf("the gift is %s", w.State)
			}
			if status, _, body, _ := b.do(http.MethodPost, "/pay/"+address, form); status != http.StatusConflict || !strings.Contains(body, "已经登记了来款") {
				t.Errorf("paying again was answered %d", status)
			}
		}
	})
}

func TestAPageOfPaymentRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		_, address := g.promised(t, 20_000)
		b := browser{t, g, office}
		post := func(channel string) (int, string) {
			_, _, page, _ := b.do(http.MethodGet, "/pay/"+address, nil)
			status, _, body, _ := b.do(http.MethodPost, "/pay/"+address, url.Values{"channel": {channel}, "once": {between(t, page, oneForm, `"`)}})
			return status, body
		}
		for _, bad := range []string{"", "paypal", "alipay", "wechat' OR 1=1", strings.Repeat("x", 5000)} {
			if status, body := post(bad); status != http.StatusUnprocessableEntity || !strings.Contains(body, "不能用这种方式") {
				t.Errorf("channel %.20q was answered %d", bad, status)
			}
		}
		g.WeChat.Down(1)
		if status, body := post("wechat"); status != http.StatusServiceUnavailable || !strings.Contains(body, "没有扣款") || !strings.Contains(body, "改用银行转账") {
			t.Errorf("a channel that is away was answered %d", status)
		}
		if status, _ := post("wechat"); status != http.StatusSeeOther {
			t.Errorf("when it is back it was answered %d", status)
		}
		if status, _, _, _ := b.do(http.MethodGet, "/pay/"+strings.Repeat("A", 24), nil); status != http.StatusNotFound {
			t.Errorf("an invented address was answered %d", status)
		}
		if status, _, _, _ := b.do(http.MethodPost, "/pay/notify/alipay", url.Values{"a": {"b"}}); status != http.StatusNotFound {
			t.Errorf("a channel that is not configured was answered %d", status)
		}
		large, far := g.promised(t, channels.MaxOrder+1)
		if _, _, page, _ := b.do(http.MethodGet, g.Gifts.Href(large.ID), nil); strings.Contains(page, "/pay/") {
			t.Error("more than an order may be is offered online")
		}
		if _, _, page, _ := b.do(http.MethodGet, "/pay/"+far, nil); !strings.Contains(page, "不能在线支付") {
			t.Error("more than an order may be can be paid")
		}
	})
}

func TestWithoutKeysNothingIsOffered(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		none := g.desk()
		gift, address := g.promised(t, 20_000)
		m := none.Module()
		if len(m.Nav) != 0 || len(m.Daily) != 0 || len(m.Menu) != 0 {
			t.Error("a desk without channels is in the navigation or at work")
		}
		site := g.Serve(t, nil, g.Gifts.Module(), m)
		for _, path := range []string{"/give", g.Gifts.Href(gift.ID)} {
			if a := site.Public().Get(path); a.Status != 200 || strings.Contains(a.Body, "在线支付") || strings.Contains(a.Body, "/pay/") {
				t.Errorf("%s offers to pay online", path)
			}
		}
		if a := site.Public().Get("/pay/" + address); a.Status != 200 || !strings.Contains(a.Body, "不能在线支付") {
			t.Errorf("the page was answered %d", a.Status)
		}
	})
}

func TestOnlyThoseWhoMaySeeTheDeskOfChannels(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		_, o := g.paid(t, 100)
		for _, path := range []string{"/desk/channels", "/desk/channels?state=problem&q=x", "/desk/channels/orders/" + o.ID, "/desk/channels/export.csv"} {
			if a := g.Site.As("checker").Get(path); a.Status != 200 {
				t.Errorf("%s was answered %d", path, a.Status)
			}
			if a := g.Site.As("stranger").Get(path); a.Status != http.StatusForbidden {
				t.Errorf("%s was answered %d to a stranger", path, a.Status)
			}
		}
		csv := g.Site.As("checker").Get("/desk/channels/export.csv").Body
		if !strings.Contains(csv, o.No) || !strings.Contains(csv, "合计,1,,,,1.00") {
			t.Errorf("the export is %s", csv)
		}
		if a := g.Site.As("checker").Get("/desk/channels/orders/nothing"); a.Status != http.StatusNotFound {
			t.Errorf("an order that is not there was answered %d", a.Status)
		}
	})
}
