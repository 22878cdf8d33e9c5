package channels_test

import (
	"archive/zip"
	"bytes"
	"html"
	"io"
	mrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"care/modules/channels"
	"care/modules/channels/alipay"
	"care/modules/channels/pay"
	"care/modules/donations"
	"care/modules/ledger"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/money"
	"care/server/testenv/paysim"
)

// withAlipay opens the desk with both channels.
func withAlipay(t *testing.T, fn func(t *testing.T, g *given, sim *paysim.Alipay, line *alipay.Client)) {
	t.Helper()
	moduletest.Each(t, sets(), func(t *testing.T, f *moduletest.Foundation) {
		g := open(t, f)
		sim, err := paysim.NewAlipay(f.Clock.Now)
		must(t, err)
		t.Cleanup(sim.Close)
		key, err := pay.PublicKey(sim.PublicKeyPEM())
		must(t, err)
		line, err := alipay.New(alipay.Config{App: paysim.AlipayApp, Seller: paysim.AlipaySeller, Key: sim.Merchant, PublicKey: key, Base: sim.URL, Notify: g.URL + "/pay/notify/alipay", Now: f.Clock.Now})
		must(t, err)
		g.Channels = g.desk(g.Line, line)
		g.serve(t)
		fn(t, g, sim, line)
		f.Check(t, g.mods()...)
	})
}

// alipaid makes a promise that is paid by Alipay; nobody is told yet.
func (g *given) alipaid(t testing.TB, sim *paysim.Alipay, amount money.Fen) (*donations.Gift, *channels.Order) {
	t.Helper()
	gift, address := g.promised(t, amount)
	o, err := g.Begin(t.Context(), access.Public(""), channels.Paying{Address: address, Channel: "alipay", Way: pay.Web})
	must(t, err)
	must(t, sim.Visit(g.client, o.Href))
	must(t, sim.Pay(o.No))
	return gift, o
}

func TestADonorPaysByAlipayOnAComputerAndOnAPhone(t *testing.T) {
	t.Parallel()
	withAlipay(t, func(t *testing.T, g *given, sim *paysim.Alipay, _ *alipay.Client) {
		for agent, product := range map[string]string{office: "FAST_INSTANT_TRADE_PAY", phone: "QUICK_WAP_WAY"} {
			b := browser{t, g, agent}
			gift, address := g.promised(t, 8_800)
			_, _, page, _ := b.do(http.MethodGet, "/pay/"+address, nil)
			status, _, body, _ := b.do(http.MethodPost, "/pay/"+address, url.Values{"channel": {"alipay"}, "once": {between(t, page, oneForm, `"`)}})
			if status != http.StatusSeeOther {
				t.Fatalf("answered %d %s", status, body)
			}
			_, _, page, _ = b.do(http.MethodGet, "/pay/"+address, nil)
			must(t, sim.Visit(g.client, html.UnescapeString(between(t, page, `class="btn wide" href="`, `"`))))
			o := g.order(t, gift.ID)
			if got := sim.Trade(o.No); got.Product != product || got.Fen != 8_800 || !got.Expires.Equal(o.ExpiresAt) {
				t.Errorf("the order at the channel is %+v", got)
			}
			must(t, sim.Pay(o.No))
			n := sim.Notice(o.No, nil)
			g.told(t, n, http.StatusOK)
			g.told(t, n, http.StatusOK)
			g.settle(t)
			if w := g.whole(t, gift.ID); w.State != donations.Received || len(w.Arrivals) != 1 || w.Arrivals[0].BankRef != "alipay:"+sim.Trade(o.No).Txn {
				t.Errorf("the gift is %s with %+v", w.State, w.Arrivals)
			}
		}
		if got := g.received(t); got != 2*8_800 {
			t.Errorf("%v received", got)
		}
		// Inside WeChat Alipay cannot be opened, so it is not offered.
		_, address := g.promised(t, 100)
		if _, _, page, _ := (browser{t, g, inside}).do(http.MethodGet, "/pay/"+address, nil); strings.Contains(page, "支付宝") {
			t.Error("Alipay is offered inside WeChat")
		}
	})
}

func TestAlipayIsAskedRefundedAndClosedAsTheOtherChannel(t *testing.T) {
	t.Parallel()
	withAlipay(t, func(t *testing.T, g *given, sim *paysim.Alipay, _ *alipay.Client) {
		gift, o := g.alipaid(t, sim, 5_000)
		_, address := g.promised(t, 700)
		never, err := g.Begin(t.Context(), access.Public(""), channels.Paying{Address: address, Channel: "alipay", Way: pay.Web})
		must(t, err)
		seen, err := g.Begin(t.Context(), access.Public(""), channels.Paying{Address: address, Channel: "alipay", Way: pay.Wap})
		must(t, err)
		must(t, sim.Visit(g.client, seen.Href))
		g.Clock.To(moduletest.Start.Add(channels.Lifetime + 60e9))
		must(t, g.Ask(t.Context())) // one was paid, one never visited, one visited and left
		g.settle(t)
		if w := g.whole(t, gift.ID); w.State != donations.Received {
			t.Fatalf("after asking the gift is %s", w.State)
		}
		for _, x := range []*channels.Order{never, seen} {
			rows, err := g.List(t.Context(), channels.Filter{Q: x.No}, "", 1)
			must(t, err)
			if rows.Rows[0].State != channels.Closed {
				t.Errorf("the unpaid order is %s", rows.Rows[0].State)
			}
		}
		if sim.Trade(seen.No).Status != "TRADE_CLOSED" {
			t.Error("the unpaid order is open at the channel")
		}
		must(t, g.Gifts.AskRefund(t.Context(), clerk, gift.ID, "捐赠人付错了金额", key()))
		must(t, g.Gifts.ApproveRefund(t.Context(), secretary, g.whole(t, gift.ID).Asked().ID, "同意"))
		g.settle(t)
		back := sim.Trade(o.No).Refunds
		if len(back) != 1 {
			t.Fatalf("what goes back: %v", back)
		}
		g.told(t, sim.Notice(o.No, nil), http.StatusOK) // told as well
		g.settle(t)
		w := g.whole(t, gift.ID)
		if w.State != donations.Refunded || !strings.HasPrefix(w.Refunds[0].PaidRef, "alipay:R") || g.on(t, ledger.InTransit) != 0 {
			t.Errorf("the gift is %s, refund %+v, %v in transit", w.State, w.Refunds[0], g.on(t, ledger.InTransit))
		}
	})
}

func TestForgedNotificationsOfAlipayChangeNothing(t *testing.T) {
	t.Parallel()
	withAlipay(t, func(t *testing.T, g *given, sim *paysim.Alipay, line *alipay.Client) {
		_, o := g.alipaid(t, sim, 8_800)
		real := sim.Notice(o.No, nil)
		if e, err := line.Verify(t.Context(), nil, real.Body); err != nil || e.Trade == nil || e.Trade.Amount != 8_800 {
			t.Fatalf("the control is not believed: %v", err)
		}
		whole, err := url.ParseQuery(string(real.Body))
		must(t, err)
		var names []string
		for k := range whole {
			names = append(names, k)
		}
		before := g.tables(t)
		r := mrand.New(mrand.NewPCG(2026, 11))
		for i := range 3_000 {
			v := url.Values{}
			for k, x := range whole {
				v[k] = append([]string(nil), x...)
			}
			k := names[r.IntN(len(names))]
			switch r.IntN(6) {
			case 0:
				v.Set(k, v.Get(k)+"0")
			case 1:
				if v.Get(k) == "" {
					v.Set(k, "x")
				} else {
					v.Del(k)
				}
			case 2:
				v.Add(k, "second") // which of the two is signed?
			case 3:
				v.Set("total_amount", "0.01")
			case 4:
				v.Set("new", "parameter")
			case 5:
				b := []byte(v.Get("sign"))
				b[r.IntN(len(b)-2)] ^= 1
				v.Set("sign", string(b))
			}
			req := httptest.NewRequest(http.MethodPost, "/pay/notify/alipay", strings.NewReader(v.Encode()))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			g.Site.Handler().ServeHTTP(w, req)
			if w.Code != http.StatusUnauthorized || w.Body.String() != "fail" {
				t.Fatalf("forgery %d of %s was answered %d %s", i, k, w.Code, w.Body)
			}
		}
		if after := g.tables(t); after != before {
			t.Errorf("before %s, after %s", before, after)
		}
		for name, change := range map[string]func(url.Values){
			"amount": func(v url.Values) { v.Set("total_amount", "88.01") },
			"seller": func(v url.Values) { v.Set("seller_id", "2088999999999999") },
			"app":    func(v url.Values) { v.Set("app_id", "2021999999999999") },
		} {
			n := sim.Notice(o.No, func(v url.Values) { change(v); v.Set("notify_id", name) })
			g.told(t, n, http.StatusOK)
			g.settle(t)
			if g.received(t) != 0 {
				t.Errorf("%s: %v received", name, g.received(t))
			}
		}
		g.told(t, real, http.StatusOK)
		g.settle(t)
		if got := g.received(t); got != 8_800 {
			t.Errorf("%v received", got)
		}
	})
}

func TestTheDayOfAlipayIsComparedWithItsBill(t *testing.T) {
	t.Parallel()
	withAlipay(t, func(t *testing.T, g *given, sim *paysim.Alipay, line *alipay.Client) {
		gift, o := g.alipaid(t, sim, 20_000)
		g.told(t, sim.Notice(o.No, nil), http.StatusOK)
		g.settle(t)
		must(t, g.Gifts.AskRefund(t.Context(), clerk, gift.ID, "捐赠人付错了金额", key()))
		must(t, g.Gifts.ApproveRefund(t.Context(), secretary, g.whole(t, gift.ID).Asked().ID, "同意"))
		_, kept := g.alipaid(t, sim, 10_000)
		g.told(t, sim.Notice(kept.No, nil), http.StatusOK)
		g.settle(t)
		whole := sim.Bill(string(day))
		read, err := line.ReadBill(whole)
		must(t, err)
		if len(read.Lines) != 3 || read.Gross != 30_000 || read.Back != 20_000 || read.Fee != 60 {
			t.Errorf("the bill is read as %+v", read)
		}
		text := unzip(t, whole)
		for name, bad := range map[string][]byte{
			"no zip":  []byte("#支付宝业务明细查询"),
			"cut off": paysim.Pack(map[string]string{"a.csv": text[:strings.Index(text, "#交易合计")-60]}),
			"counts":  paysim.Pack(map[string]string{"a.csv": strings.Replace(text, "#交易合计：2笔", "#交易合计：3笔", 1)}),
			"amount":  paysim.Pack(map[string]string{"a.csv": strings.ReplaceAll(text, ",100.00", ",1e2")}),
			"kind":    paysim.Pack(map[string]string{"a.csv": strings.ReplaceAll(text, ",交易,", ",其他,")}),
			"other":   paysim.Pack(map[string]string{"a.csv": "#支付宝业务汇总查询"}),
		} {
			if _, err := line.ReadBill(bad); err == nil {
				t.Errorf("%s: the bill was taken", name)
			}
		}
		g.tomorrow()
		must(t, g.Bills(t.Context()))
		must(t, g.Channels.Settle(t.Context(), clerk, channels.Settling{Channel: "alipay", Day: day, Amount: 9_940, BankRef: "ALI1", BankDay: "2026-11-26"}, key()))
		must(t, g.ConfirmSettlement(t.Context(), checker, "alipay", day, true, key()))
		must(t, g.CloseDay(t.Context(), checker, "alipay", day, key()))
		if g.on(t, ledger.InTransit) != 0 || g.on(t, ledger.Bank) != 9_940 {
			t.Errorf("%v in transit, %v at the bank", g.on(t, ledger.InTransit), g.on(t, ledger.Bank))
		}
	})
}

// unzip gives the list of business of a bill.
func unzip(t testing.TB, file []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	must(t, err)
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		b, err := io.ReadAll(simplifiedchinese.GB18030.NewDecoder().Reader(r))
		must(t, err)
		if strings.Contains(string(b), "明细列表") {
			return string(b)
		}
	}
	t.Fatal("the bill has no list")
	return ""
}
