package channels_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"care/modules/channels"
	"care/modules/channels/pay"
	"care/modules/donations"
	"care/modules/moduletest"
	"care/server/testenv/paysim"
)

// tables is what a notification could change: how many rows there are, and how far each order is.
func (g *given) tables(t testing.TB) string {
	t.Helper()
	var out []string
	for _, q := range []string{"SELECT count(*) FROM channels_events", "SELECT count(*) FROM channels_refunds", "SELECT count(*) FROM channels_orders WHERE state = 'open' AND txn IS NULL",
		"SELECT count(*) FROM donations_arrivals", "SELECT count(*) FROM donations_gifts WHERE state = 'pledged'", "SELECT count(*) FROM ledger_journals", "SELECT count(*) FROM documents_papers",
		"SELECT count(*) FROM audit_entries", "SELECT count(*) FROM river_job"} {
		var n int64
		must(t, g.DB.NewRaw(q).Scan(t.Context(), &n))
		out = append(out, strconv.FormatInt(n, 10))
	}
	return strings.Join(out, " ")
}

// forge makes something that is not the channel's out of something that is.
func forge(r *mrand.Rand, n paysim.Notice) (http.Header, []byte) {
	h, body := n.Header.Clone(), append([]byte(nil), n.Body...)
	text := func(k string) []byte { return []byte(h.Get(k)) }
	flip := func(b []byte) []byte {
		if len(b) > 0 {
			b[r.IntN(len(b))] ^= byte(1 + r.IntN(255))
		}
		return b
	}
	switch r.IntN(14) {
	case 0, 1, 2: // a changed byte
		body = flip(body)
	case 3: // cut off
		body = body[:r.IntN(len(body))]
	case 4: // something added
		body = append(body, " \n{}\x00"[r.IntN(5)])
	case 5: // a signature with a changed bit
		raw, err := base64.StdEncoding.DecodeString(h.Get("Wechatpay-Signature"))
		if err == nil {
			h.Set("Wechatpay-Signature", base64.StdEncoding.EncodeToString(flip(raw)))
		}
	case 6: // another time, so that an old message looks new
		ts, _ := strconv.ParseInt(h.Get("Wechatpay-Timestamp"), 10, 64)
		h.Set("Wechatpay-Timestamp", strconv.FormatInt(ts+1+r.Int64N(100), 10))
	case 7:
		h.Set("Wechatpay-Nonce", string(flip(text("Wechatpay-Nonce"))))
	case 8: // another key
		h.Set("Wechatpay-Serial", []string{"", "7132D72A", "PUB_KEY_ID_0", paysim.WeChatSerial, "'; DROP TABLE channels_orders", strings.Repeat("F", 40)}[r.IntN(6)])
	case 9: // a header is missing
		h.Del([]string{"Wechatpay-Serial", "Wechatpay-Signature", "Wechatpay-Timestamp", "Wechatpay-Nonce"}[r.IntN(4)])
	case 10: // unsealed facts in a resource of ours
		body, _ = json.Marshal(map[string]any{"id": rand.Text(), "event_type": "TRANSACTION.SUCCESS", "resource": paysim.Seal(strings.Repeat("x", 32), "transaction", "", []byte(`{}`))})
	case 11: // sealed well, but by somebody who has the key of the seal only
		body, _ = json.Marshal(map[string]any{"id": rand.Text(), "event_type": "TRANSACTION.SUCCESS", "resource": paysim.Seal(paysim.WeChatAPIv3, "transaction", "transaction", []byte(`{"trade_state":"SUCCESS"}`))})
	case 12: // bytes
		body = make([]byte, r.IntN(3000))
		for i := range body {
			body[i] = byte(r.IntN(256))
		}
	case 13: // probes that the channel itself sends to test merchants
		h.Set("Wechatpay-Signature", "WECHATPAY/SIGNTEST/"+h.Get("Wechatpay-Signature"))
	}
	return h, body
}

func TestTenThousandForgedNotificationsChangeNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		var real []paysim.Notice
		for range 3 {
			_, o := g.ordered(t, 8_800)
			must(t, g.WeChat.Pay(o.No))
			real = append(real, g.WeChat.Notice(o.No))
		}
		if e, err := g.Line.Verify(t.Context(), real[0].Header, real[0].Body); err != nil || e.Trade == nil || e.Trade.Amount != 8_800 {
			t.Fatalf("the control is not believed: %v", err)
		}
		before, fetched := g.tables(t), g.WeChat.Count("GET /v3/certificates")
		r := mrand.New(mrand.NewPCG(20261125, 12))
		h := g.Site.Handler()
		for i := range 10_000 {
			n := real[i%len(real)]
			header, body := forge(r, n)
			if string(body) == string(n.Body) && fmt.Sprint(header) == fmt.Sprint(n.Header) {
				continue // the change was none
			}
			req := httptest.NewRequest(http.MethodPost, "/pay/notify/wechat", strings.NewReader(string(body)))
			req.Header = header
			w := httptest.NewRecorder()
			h.ServeHTTP(w, req)
			if w.Code != http.StatusUnauthorized {
				t.Fatalf("forgery %d was answered %d", i, w.Code)
			}
		}
		if after := g.tables(t); after != before {
			t.Errorf("before %s, after %s", before, after)
		}
		if n := g.WeChat.Count("GET /v3/certificates") - fetched; n > 1 {
			t.Errorf("invented serials made %d requests to the channel", n)
		}
		// And the true ones are still taken, each once.
		for _, n := range real {
			g.told(t, n, http.StatusOK)
		}
		g.settle(t)
		if got := g.received(t); got != 3*8_800 {
			t.Errorf("%v received", got)
		}
	})
}

func TestAnOldMessageIsNotBelievedAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		_, o := g.ordered(t, 8_800)
		must(t, g.WeChat.Pay(o.No))
		n := g.WeChat.Notice(o.No)
		g.Clock.To(g.Clock.Now().Add(6 * 60 * 1e9))
		if err := g.Notified(t.Context(), "wechat", n.Header, n.Body); !errors.Is(err, pay.ErrForged) {
			t.Errorf("after six minutes: %v", err)
		}
		g.told(t, g.WeChat.Notice(o.No), http.StatusOK)
		if err := g.Notified(t.Context(), "nobody", n.Header, n.Body); err == nil {
			t.Error("a channel that is not there took a notification")
		}
	})
}

func TestManyNotificationsOfOneOrderAtOnceAreOneIncome(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		gift, o := g.ordered(t, 8_800)
		must(t, g.WeChat.Pay(o.No))
		// The channel's own repetitions have one id; a query and a notification have two.
		g.Clock.To(g.Clock.Now().Add(60 * 1e9))
		n := g.WeChat.Notice(o.No)
		desks := []*channels.Channels{g.Channels, g.desk(g.Line)} // two servers
		errs := moduletest.AtOnce(16, func(i int) error {
			s := desks[i%2]
			if i%4 == 3 {
				return s.Ask(t.Context())
			}
			if err := s.Notified(t.Context(), "wechat", n.Header, n.Body); err != nil {
				return err
			}
			return s.Work(t.Context())
		})
		must(t, errors.Join(errs...))
		g.settle(t)
		if w := g.whole(t, gift.ID); w.State != donations.Received || len(w.Arrivals) != 1 || g.received(t) != 8_800 {
			t.Errorf("the gift is %s, %v received", w.State, g.received(t))
		}
	})
}
