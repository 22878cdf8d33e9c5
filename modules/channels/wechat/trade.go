package wechat

import (
	"context"
	"crypto/sha1" //nolint:gosec // the channel names the hash of its bills
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"care/modules/channels/pay"
	"care/server/clock"
	"care/server/money"
)

// trade is a transaction as the channel writes it, in answers and in notifications.
type trade struct {
	App      string `json:"appid"`
	Merchant string `json:"mchid"`
	No       string `json:"out_trade_no"`
	Txn      string `json:"transaction_id"`
	Type     string `json:"trade_type"`
	State    string `json:"trade_state"`
	At       string `json:"success_time"`
	Payer    struct {
		OpenID string `json:"openid"`
	} `json:"payer"`
	Amount struct {
		Total    int64  `json:"total"`
		Currency string `json:"currency"`
	} `json:"amount"`
}

func (t *trade) read() (*pay.Trade, error) {
	out := &pay.Trade{No: t.No, Txn: t.Txn, Amount: money.Fen(t.Amount.Total), Payer: t.Payer.OpenID, App: t.App, Merchant: t.Merchant}
	switch t.State {
	case "SUCCESS", "REFUND":
		at, err := time.Parse(time.RFC3339, t.At)
		if err != nil || t.Txn == "" || t.Amount.Total <= 0 || t.Amount.Currency != "" && t.Amount.Currency != "CNY" {
			return nil, fmt.Errorf("%w: a paid transaction without number, time or amount", pay.ErrAway)
		}
		out.State, out.At = pay.Paid, at.UTC()
	case "CLOSED", "REVOKED", "PAYERROR":
		out.State = pay.Closed
	default: // NOTPAY, USERPAYING, ACCEPT
		out.State = pay.Waiting
	}
	return out, nil
}

// refund is a refund as the channel writes it; answers say status, notifications refund_status.
type refund struct {
	Merchant string `json:"mchid"`
	No       string `json:"out_refund_no"`
	Order    string `json:"out_trade_no"`
	ID       string `json:"refund_id"`
	Status   string `json:"status"`
	Notified string `json:"refund_status"`
	At       string `json:"success_time"`
	Amount   struct {
		Refund int64 `json:"refund"`
	} `json:"amount"`
}

func (r *refund) read() (*pay.Returned, error) {
	out := &pay.Returned{No: r.No, Order: r.Order, Txn: r.ID, Amount: money.Fen(r.Amount.Refund), Merchant: r.Merchant}
	state := r.Status
	if state == "" {
		state = r.Notified
	}
	switch state {
	case "SUCCESS":
		at, err := time.Parse(time.RFC3339, r.At)
		if err != nil {
			return nil, fmt.Errorf("%w: a refund without its time", pay.ErrAway)
		}
		out.State, out.At = pay.Paid, at.UTC()
	case "CLOSED", "ABNORMAL":
		out.State = pay.Failed
	default: // PROCESSING
		out.State = pay.Waiting
	}
	return out, nil
}

type amount struct {
	Total    money.Fen `json:"total,omitempty"`
	Refund   money.Fen `json:"refund,omitempty"`
	Currency string    `json:"currency"`
}

// Create makes an order; the way decides what comes back.
func (c *Client) Create(ctx context.Context, o pay.Order) (pay.Start, error) {
	in := map[string]any{
		"appid": c.App, "mchid": c.Merchant, "description": o.Subject, "out_trade_no": o.No, "notify_url": c.Notify,
		"time_expire": o.Expires.In(clock.Beijing).Format(time.RFC3339), "amount": amount{Total: o.Amount, Currency: "CNY"},
	}
	switch o.Way {
	case pay.Native:
	case pay.H5:
		in["scene_info"] = map[string]any{"payer_client_ip": o.IP, "h5_info": map[string]string{"type": "Wap"}}
	case pay.JSAPI:
		in["payer"] = map[string]string{"openid": o.Payer}
	default:
		return pay.Start{}, fmt.Errorf("wechat: there is no way %q", o.Way)
	}
	var out struct {
		Code   string `json:"code_url"`
		H5     string `json:"h5_url"`
		Prepay string `json:"prepay_id"`
	}
	if err := c.call(ctx, http.MethodPost, "/v3/pay/transactions/"+o.Way, in, &out); err != nil {
		return pay.Start{}, err
	}
	s := pay.Start{Code: out.Code, Href: out.H5, Prepay: out.Prepay}
	if s.Href != "" && o.Return != "" {
		s.Href += "&redirect_url=" + url.QueryEscape(o.Return)
	}
	if s == (pay.Start{}) {
		return s, fmt.Errorf("%w: an order without a way to pay", pay.ErrAway)
	}
	return s, nil
}

// Script signs the parameters with which the browser inside WeChat asks the payer.
func (c *Client) Script(prepay string) (map[string]string, error) {
	ts, nonce := strconv.FormatInt(c.Now().Unix(), 10), pay.Nonce()
	sig, err := pay.Sign(c.Key, []byte(c.App+"\n"+ts+"\n"+nonce+"\nprepay_id="+prepay+"\n"))
	if err != nil {
		return nil, err
	}
	return map[string]string{"appId": c.App, "timeStamp": ts, "nonceStr": nonce, "package": "prepay_id=" + prepay, "signType": "RSA", "paySign": sig}, nil
}

// Query tells what became of an order.
func (c *Client) Query(ctx context.Context, no string) (*pay.Trade, error) {
	var t trade
	err := c.call(ctx, http.MethodGet, "/v3/pay/transactions/out-trade-no/"+escape(no)+"?mchid="+url.QueryEscape(c.Merchant), nil, &t)
	var r *pay.Refused
	if errors.As(err, &r) && (r.Code == "ORDER_NOT_EXIST" || r.Code == "ORDERNOTEXIST") {
		return &pay.Trade{No: no, State: pay.Absent}, nil
	}
	if err != nil {
		return nil, err
	}
	return t.read()
}

// Close ends an order that nobody has paid.
func (c *Client) Close(ctx context.Context, no string) error {
	err := c.call(ctx, http.MethodPost, "/v3/pay/transactions/out-trade-no/"+escape(no)+"/close", map[string]string{"mchid": c.Merchant}, nil)
	var r *pay.Refused
	if errors.As(err, &r) {
		switch r.Code {
		case "ORDERPAID", "ORDER_PAID":
			return pay.ErrPaid
		case "ORDER_NOT_EXIST", "ORDERNOTEXIST", "ORDER_CLOSED", "ORDERCLOSED":
			return nil
		}
	}
	return err
}

// Refund gives money back to where it came from.
func (c *Client) Refund(ctx context.Context, r pay.Refund) (*pay.Returned, error) {
	in := map[string]any{"out_trade_no": r.Order, "out_refund_no": r.No, "notify_url": c.Notify, "amount": amount{Refund: r.Amount, Total: r.Total, Currency: "CNY"}}
	if r.Reason != "" {
		in["reason"] = r.Reason
	}
	var out refund
	if err := c.call(ctx, http.MethodPost, "/v3/refund/domestic/refunds", in, &out); err != nil {
		return nil, err
	}
	return out.read()
}

// QueryRefund tells what became of a refund.
func (c *Client) QueryRefund(ctx context.Context, r pay.Refund) (*pay.Returned, error) {
	var out refund
	err := c.call(ctx, http.MethodGet, "/v3/refund/domestic/refunds/"+escape(r.No), nil, &out)
	var no *pay.Refused
	if errors.As(err, &no) && no.Code == "RESOURCE_NOT_EXISTS" {
		return &pay.Returned{No: r.No, State: pay.Absent}, nil
	}
	if err != nil {
		return nil, err
	}
	return out.read()
}

// Bill fetches the bill of all transactions of a day and holds it against the hash that the channel has signed.
func (c *Client) Bill(ctx context.Context, day clock.Day) ([]byte, error) {
	var at struct {
		HashType  string `json:"hash_type"`
		HashValue string `json:"hash_value"`
		Download  string `json:"download_url"`
	}
	err := c.call(ctx, http.MethodGet, "/v3/bill/tradebill?bill_date="+url.QueryEscape(string(day))+"&bill_type=ALL", nil, &at)
	var no *pay.Refused
	if errors.As(err, &no) && (no.Code == "NO_STATEMENT_EXIST" || no.Code == "STATEMENT_CREATING") {
		return nil, pay.ErrNoBill
	}
	if err != nil {
		return nil, err
	}
	// Our signature goes to the channel's own server only.
	path, ok := strings.CutPrefix(at.Download, c.Base)
	if !ok || !strings.HasPrefix(path, "/") || at.HashType != "SHA1" {
		return nil, fmt.Errorf("%w: the bill lies on a strange server", pay.ErrAway)
	}
	res, b, err := c.send(ctx, http.MethodGet, path, nil, maxBill)
	if err != nil {
		return nil, err
	}
	sum := sha1.Sum(b) //nolint:gosec // see above
	if res.StatusCode != http.StatusOK || hex.EncodeToString(sum[:]) != strings.ToLower(at.HashValue) {
		return nil, fmt.Errorf("%w: the bill is not the one that was announced", pay.ErrAway)
	}
	return b, nil
}

// Verify reads a notification: signature first, then the seal.
func (c *Client) Verify(ctx context.Context, h http.Header, body []byte) (*pay.Event, error) {
	if err := c.verify(ctx, h, body); err != nil {
		return nil, err
	}
	var n struct {
		ID       string   `json:"id"`
		Type     string   `json:"event_type"`
		Resource Resource `json:"resource"`
	}
	if err := json.Unmarshal(body, &n); err != nil || n.ID == "" || len(n.ID) > 64 {
		return nil, pay.ErrForged
	}
	plain, err := Unseal(c.APIv3, n.Resource)
	if err != nil {
		return nil, err
	}
	e := &pay.Event{ID: n.ID, Kind: n.Type}
	switch {
	case strings.HasPrefix(n.Type, "TRANSACTION."):
		var t trade
		if err := json.Unmarshal(plain, &t); err != nil {
			return nil, errors.Join(pay.ErrForged, err)
		}
		e.Trade, err = t.read()
	case strings.HasPrefix(n.Type, "REFUND."):
		var r refund
		if err := json.Unmarshal(plain, &r); err != nil {
			return nil, errors.Join(pay.ErrForged, err)
		}
		e.Returned, err = r.read()
	}
	return e, err
}

// OpenID exchanges the code that the browser inside WeChat brings for the payer's open id; it needs the account's secret.
func (c *Client) OpenID(ctx context.Context, code string) (string, error) {
	q := url.Values{"appid": {c.App}, "secret": {c.Secret}, "code": {code}, "grant_type": {"authorization_code"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.OAuth+"/sns/oauth2/access_token?"+q.Encode(), nil)
	if err != nil {
		return "", err
	}
	res, err := c.HTTP.Do(r)
	if err != nil {
		return "", pay.ErrAway // never the cause: it holds the address, and that the secret
	}
	defer res.Body.Close()
	var out struct {
		OpenID string `json:"openid"`
		Code   int    `json:"errcode"`
	}
	d := json.NewDecoder(http.MaxBytesReader(nil, res.Body, maxAnswer))
	if err := d.Decode(&out); err != nil {
		return "", pay.ErrAway
	}
	if out.OpenID == "" {
		return "", &pay.Refused{Code: strconv.Itoa(out.Code)}
	}
	return out.OpenID, nil
}

// Authorize is the address that sends the browser inside WeChat back to us with a code.
func (c *Client) Authorize(back, state string) string {
	return "https://open.weixin.qq.com/connect/oauth2/authorize?appid=" + url.QueryEscape(c.App) + "&redirect_uri=" + url.QueryEscape(back) +
		"&response_type=code&scope=snsapi_base&state=" + url.QueryEscape(state) + "#wechat_redirect"
}
