// Package alipay speaks to Alipay's open platform (支付宝): signed requests, answers and notifications verified with Alipay's own
// public key (RSA2). It is pure: it keeps nothing and writes nowhere.
package alipay

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"care/modules/channels/pay"
	"care/server/clock"
	"care/server/money"
)

// Base is the real server.
const Base = "https://openapi.alipay.com"

// Config is a merchant's account.
type Config struct {
	App       string          // app_id
	Seller    string          // 2088…: for whom Alipay takes the money
	Key       *rsa.PrivateKey // of the app
	PublicKey *rsa.PublicKey  // Alipay's own, not the app's
	Base      string
	Notify    string // where notifications are sent
	Now       clock.Source
	HTTP      *http.Client
}

// Client is a merchant's line to the channel.
type Client struct{ Config }

// New makes a client; what is missing is said by name.
func New(c Config) (*Client, error) {
	switch {
	case c.App == "" || c.Seller == "":
		return nil, errors.New("alipay: app and seller are needed")
	case c.Key == nil || c.PublicKey == nil:
		return nil, errors.New("alipay: the app's private key and Alipay's public key are needed")
	case c.Key.N.Cmp(c.PublicKey.N) == 0:
		return nil, errors.New("alipay: the public key is the app's own; Alipay's is needed")
	}
	if c.Base == "" {
		c.Base = Base
	}
	if c.HTTP == nil {
		c.HTTP = &http.Client{Timeout: 10 * time.Second}
	}
	return &Client{c}, nil
}

// Name is the channel's.
func (c *Client) Name() string { return "alipay" }

// Ways are two.
func (c *Client) Ways() []string { return []string{pay.Web, pay.Wap} }

// Account is the merchant's.
func (c *Client) Account() pay.Account { return pay.Account{Merchant: c.Seller, App: c.App} }

// ReadBill reads a bill of business.
func (c *Client) ReadBill(file []byte) (*pay.Bill, error) { return ReadBill(file) }

// Answer is what a notification is answered; the channel sends one that was not taken again, for a day.
func (c *Client) Answer(taken bool) (status int, contentType, body string) {
	if taken {
		return http.StatusOK, "text/plain", "success"
	}
	return http.StatusInternalServerError, "text/plain", "fail"
}

// text is what is signed: the parameters that are not empty, sorted, without the signature itself.
func text(v url.Values, without ...string) []byte {
	var b []byte
	for _, k := range slices.Sorted(maps.Keys(v)) {
		if v.Get(k) == "" || slices.Contains(without, k) {
			continue
		}
		if len(b) > 0 {
			b = append(b, '&')
		}
		b = append(append(append(b, k...), '='), v.Get(k)...)
	}
	return b
}

// request makes the signed parameters of a request.
func (c *Client) request(method string, biz any, back string) (url.Values, error) {
	b, err := json.Marshal(biz)
	if err != nil {
		return nil, err
	}
	v := url.Values{"app_id": {c.App}, "method": {method}, "format": {"JSON"}, "charset": {"utf-8"}, "sign_type": {"RSA2"}, "version": {"1.0"},
		"timestamp": {c.Now().In(clock.Beijing).Format(time.DateTime)}, "biz_content": {string(b)}}
	if back != "" {
		v.Set("return_url", back)
		v.Set("notify_url", c.Notify)
	}
	sig, err := pay.Sign(c.Key, text(v))
	if err != nil {
		return nil, err
	}
	v.Set("sign", sig)
	return v, nil
}

const maxAnswer = 1 << 20

// call makes a request whose answer must be verified: the signature stands over the very bytes of the answer's node.
func (c *Client) call(ctx context.Context, method string, biz, out any) error {
	v, err := c.request(method, biz, "")
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Base+"/gateway.do?charset=utf-8", strings.NewReader(v.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	res, err := c.HTTP.Do(r)
	if err != nil {
		return errors.Join(pay.ErrAway, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return errors.Join(pay.ErrAway, err)
	}
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(b, &whole); err != nil {
		return fmt.Errorf("%w: status %d", pay.ErrAway, res.StatusCode)
	}
	node, sig := whole[strings.ReplaceAll(method, ".", "_")+"_response"], ""
	if err := json.Unmarshal(whole["sign"], &sig); err != nil || node == nil || !pay.Verify(c.PublicKey, node, sig) {
		return fmt.Errorf("%w: the answer to %s is not signed by the channel", pay.ErrAway, method)
	}
	var e struct {
		Code string `json:"code"`
		Sub  string `json:"sub_code"`
		Text string `json:"sub_msg"`
	}
	if err := json.Unmarshal(node, &e); err != nil {
		return errors.Join(pay.ErrAway, err)
	}
	switch {
	case e.Code == "10000":
	case e.Code == "20000" || strings.HasSuffix(e.Sub, "SYSTEM_ERROR") || strings.Contains(e.Sub, "unknow-error"):
		return fmt.Errorf("%w: %s", pay.ErrAway, e.Sub) // nothing is known: the same question again
	default:
		return &pay.Refused{Code: e.Sub, Text: e.Text}
	}
	return json.Unmarshal(node, out)
}

// Create makes the address to which the donor goes. Alipay learns of the order only there.
func (c *Client) Create(_ context.Context, o pay.Order) (pay.Start, error) {
	method, product := "alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"
	switch o.Way {
	case pay.Web:
	case pay.Wap:
		method, product = "alipay.trade.wap.pay", "QUICK_WAP_WAY"
	default:
		return pay.Start{}, fmt.Errorf("alipay: there is no way %q", o.Way)
	}
	v, err := c.request(method, map[string]string{"out_trade_no": o.No, "total_amount": o.Amount.String(), "subject": o.Subject, "product_code": product,
		"time_expire": o.Expires.In(clock.Beijing).Format(time.DateTime)}, o.Return)
	if err != nil {
		return pay.Start{}, err
	}
	return pay.Start{Href: c.Base + "/gateway.do?" + v.Encode()}, nil
}

// paidAt reads a time of the channel, which is Beijing's.
func paidAt(s string) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateTime, strings.SplitN(s, ".", 2)[0], clock.Beijing)
	return t.UTC(), err
}

// read makes a trade of the channel's words.
func read(state, no, txn, amount, payer, at string, account pay.Account) (*pay.Trade, error) {
	t := &pay.Trade{No: no, Txn: txn, Payer: payer, App: account.App, Merchant: account.Merchant, State: pay.Waiting}
	switch state {
	case "TRADE_SUCCESS", "TRADE_FINISHED":
		fen, err := money.Parse(amount)
		if err != nil || fen <= 0 || txn == "" {
			return nil, fmt.Errorf("%w: a paid trade without number or amount", pay.ErrAway)
		}
		if t.At, err = paidAt(at); err != nil {
			return nil, fmt.Errorf("%w: a paid trade without its time", pay.ErrAway)
		}
		t.State, t.Amount = pay.Paid, fen
	case "TRADE_CLOSED":
		t.State = pay.Closed
	}
	return t, nil
}

// Query tells what became of an order.
func (c *Client) Query(ctx context.Context, no string) (*pay.Trade, error) {
	var t struct {
		No     string `json:"out_trade_no"`
		Txn    string `json:"trade_no"`
		State  string `json:"trade_status"`
		Amount string `json:"total_amount"`
		Buyer  string `json:"buyer_user_id"`
		OpenID string `json:"buyer_open_id"`
		At     string `json:"send_pay_date"`
	}
	err := c.call(ctx, "alipay.trade.query", map[string]string{"out_trade_no": no}, &t)
	var r *pay.Refused
	if errors.As(err, &r) && r.Code == "ACQ.TRADE_NOT_EXIST" {
		return &pay.Trade{No: no, State: pay.Absent}, nil
	}
	if err != nil {
		return nil, err
	}
	if t.No != no {
		return nil, fmt.Errorf("%w: the answer is about another order", pay.ErrAway)
	}
	return read(t.State, t.No, t.Txn, t.Amount, t.Buyer+t.OpenID, t.At, c.Account())
}

// Close ends an order that nobody has paid.
func (c *Client) Close(ctx context.Context, no string) error {
	var out struct{}
	err := c.call(ctx, "alipay.trade.close", map[string]string{"out_trade_no": no}, &out)
	var r *pay.Refused
	if errors.As(err, &r) {
		switch r.Code {
		case "ACQ.TRADE_NOT_EXIST":
			return nil
		case "ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_STATUS_INVALID":
			return pay.ErrPaid
		}
	}
	return err
}

// Refund gives money back to where it came from. That the channel has taken it says nothing yet: the refund is asked about.
func (c *Client) Refund(ctx context.Context, r pay.Refund) (*pay.Returned, error) {
	var out struct{}
	in := map[string]string{"out_trade_no": r.Order, "out_request_no": r.No, "refund_amount": r.Amount.String()}
	if r.Reason != "" {
		in["refund_reason"] = r.Reason
	}
	if err := c.call(ctx, "alipay.trade.refund", in, &out); err != nil {
		return nil, err
	}
	got, err := c.QueryRefund(ctx, r)
	if err != nil || got.State == pay.Absent {
		return &pay.Returned{No: r.No, Order: r.Order, State: pay.Waiting, Merchant: c.Seller}, nil //nolint:nilerr // it is taken; asked about later
	}
	return got, nil
}

// QueryRefund tells what became of a refund.
func (c *Client) QueryRefund(ctx context.Context, r pay.Refund) (*pay.Returned, error) {
	var x struct {
		No     string `json:"out_request_no"`
		Order  string `json:"out_trade_no"`
		Amount string `json:"refund_amount"`
		Status string `json:"refund_status"`
		At     string `json:"gmt_refund_pay"`
	}
	err := c.call(ctx, "alipay.trade.fastpay.refund.query", map[string]any{"out_trade_no": r.Order, "out_request_no": r.No, "query_options": []string{"gmt_refund_pay"}}, &x)
	var no *pay.Refused
	if errors.As(err, &no) && (no.Code == "ACQ.TRADE_NOT_EXIST" || no.Code == "TRADE_NOT_EXIST") || err == nil && x.Status == "" {
		return &pay.Returned{No: r.No, State: pay.Absent}, nil
	}
	if err != nil {
		return nil, err
	}
	out := &pay.Returned{No: x.No, Order: x.Order, Txn: x.No, State: pay.Waiting, Merchant: c.Seller}
	if x.Status != "REFUND_SUCCESS" {
		return out, nil
	}
	if out.Amount, err = money.Parse(x.Amount); err != nil {
		return nil, errors.Join(pay.ErrAway, err)
	}
	if out.At, err = paidAt(x.At); err != nil {
		out.At = c.Now() // the time is an option that not every merchant is given
	}
	out.State = pay.Paid
	return out, nil
}

// Verify reads a notification: a form whose signature stands over all its other fields.
func (c *Client) Verify(_ context.Context, _ http.Header, body []byte) (*pay.Event, error) {
	v, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, pay.ErrForged
	}
	for _, vs := range v {
		if len(vs) != 1 { // which of two would be the signed one?
			return nil, pay.ErrForged
		}
	}
	if v.Get("sign_type") != "RSA2" || !pay.Verify(c.PublicKey, text(v, "sign", "sign_type"), v.Get("sign")) {
		return nil, pay.ErrForged
	}
	id := v.Get("notify_id")
	if id == "" || len(id) > 128 {
		return nil, pay.ErrForged
	}
	e := &pay.Event{ID: id, Kind: v.Get("notify_type")}
	if e.Kind != "trade_status_sync" {
		return e, nil
	}
	account := pay.Account{Merchant: v.Get("seller_id"), App: v.Get("app_id")}
	if v.Get("gmt_refund") != "" && v.Get("out_biz_no") != "" {
		r := &pay.Returned{No: v.Get("out_biz_no"), Order: v.Get("out_trade_no"), Txn: v.Get("out_biz_no"), State: pay.Paid, Merchant: account.Merchant}
		if r.Amount, err = money.Parse(v.Get("refund_fee")); err != nil {
			return nil, errors.Join(pay.ErrAway, err)
		}
		if r.At, err = paidAt(v.Get("gmt_refund")); err != nil {
			return nil, errors.Join(pay.ErrAway, err)
		}
		e.Returned = r
		return e, nil
	}
	e.Trade, err = read(v.Get("trade_status"), v.Get("out_trade_no"), v.Get("trade_no"), v.Get("total_amount"), v.Get("buyer_id")+v.Get("buyer_open_id"), v.Get("gmt_payment"), account)
	return e, err
}
