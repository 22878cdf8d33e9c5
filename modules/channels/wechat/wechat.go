// Package wechat speaks to WeChat Pay (微信支付) in its third version: signed requests, verified answers, sealed notifications.
// It is pure: it keeps nothing but the platform's certificates, and writes nowhere.
package wechat

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"care/modules/channels/pay"
	"care/server/clock"
)

// Window is how far the time of a signed message may be from ours.
const Window = 5 * time.Minute

// Bases of the real servers.
const (
	Base  = "https://api.mch.weixin.qq.com"
	OAuth = "https://api.weixin.qq.com"
)

// Config is a merchant's account. Answers are verified with the channel's public key when one is given, and with the
// platform's certificates, which the client fetches itself, when a message names one of those.
type Config struct {
	Merchant    string // 商户号
	App         string // appid
	Secret      string // of the public account: only JSAPI needs it, to learn the payer's open id
	Serial      string // of the merchant's certificate
	Key         *rsa.PrivateKey
	APIv3       string         // 32 characters: seals notifications
	PublicKeyID string         // PUB_KEY_ID_…
	PublicKey   *rsa.PublicKey // nil: platform certificates only
	Base        string
	OAuth       string
	Notify      string // where notifications are sent
	Now         clock.Source
	HTTP        *http.Client
}

// Client is a merchant's line to the channel.
type Client struct {
	Config

	mu    sync.Mutex
	certs map[string]certificate

	fetching sync.Mutex
	fetched  time.Time // last try
}

type certificate struct {
	key       *rsa.PublicKey
	from, end time.Time
}

// New makes a client; what is missing is said by name.
func New(c Config) (*Client, error) {
	switch {
	case c.Merchant == "" || c.App == "" || c.Serial == "":
		return nil, errors.New("wechat: merchant, app and serial are needed")
	case c.Key == nil:
		return nil, errors.New("wechat: the merchant's private key is needed")
	case len(c.APIv3) != 32:
		return nil, errors.New("wechat: the APIv3 key has 32 characters")
	case (c.PublicKey == nil) != (c.PublicKeyID == ""):
		return nil, errors.New("wechat: the public key and its id belong together")
	}
	if c.Base == "" {
		c.Base = Base
	}
	if c.OAuth == "" {
		c.OAuth = OAuth
	}
	if c.HTTP == nil {
		c.HTTP = &http.Client{Timeout: 10 * time.Second}
	}
	return &Client{Config: c, certs: map[string]certificate{}}, nil
}

// Name is the channel's.
func (c *Client) Name() string { return "wechat" }

// Ways are three, or two without the public account's secret.
func (c *Client) Ways() []string {
	if c.Secret == "" {
		return []string{pay.Native, pay.H5}
	}
	return []string{pay.Native, pay.H5, pay.JSAPI}
}

// Account is the merchant's.
func (c *Client) Account() pay.Account { return pay.Account{Merchant: c.Merchant, App: c.App} }

// ReadBill reads a bill of all transactions.
func (c *Client) ReadBill(file []byte) (*pay.Bill, error) { return ReadBill(file) }

// Answer is what a notification is answered; the channel sends one that was not taken again.
func (c *Client) Answer(taken bool) (status int, contentType, body string) {
	if taken {
		return http.StatusOK, "application/json", `{"code":"SUCCESS","message":"OK"}`
	}
	return http.StatusInternalServerError, "application/json", `{"code":"FAIL","message":"again"}`
}

// authorization signs a request.
func (c *Client) authorization(method, path string, body []byte) (string, error) {
	ts, nonce := strconv.FormatInt(c.Now().Unix(), 10), pay.Nonce()
	sig, err := pay.Sign(c.Key, []byte(method+"\n"+path+"\n"+ts+"\n"+nonce+"\n"+string(body)+"\n"))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(`WECHATPAY2-SHA256-RSA2048 mchid="%s",nonce_str="%s",signature="%s",timestamp="%s",serial_no="%s"`, c.Merchant, nonce, sig, ts, c.Serial), nil
}

// most bytes of an answer and of a bill.
const (
	maxAnswer = 1 << 20
	maxBill   = 256 << 20
)

// send makes one request and gives the answer's bytes, not yet verified.
func (c *Client) send(ctx context.Context, method, path string, body []byte, most int64) (*http.Response, []byte, error) {
	auth, err := c.authorization(method, path, body)
	if err != nil {
		return nil, nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, c.Base+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("Authorization", auth)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "care/1")
	if len(body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.PublicKeyID != "" {
		r.Header.Set("Wechatpay-Serial", c.PublicKeyID)
	}
	res, err := c.HTTP.Do(r)
	if err != nil {
		return nil, nil, errors.Join(pay.ErrAway, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, most+1))
	if err != nil {
		return nil, nil, errors.Join(pay.ErrAway, err)
	}
	if int64(len(b)) > most {
		return nil, nil, fmt.Errorf("%w: the answer is too long", pay.ErrAway)
	}
	return res, b, nil
}

// call makes a request whose answer must be verified. A refusal that cannot be verified is no answer at all: whoever sits on
// the line must not be able to make us believe that an order does not exist.
func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = b
	}
	res, b, err := c.send(ctx, method, path, body, maxAnswer)
	if err != nil {
		return err
	}
	if err := c.verify(ctx, res.Header, b); err != nil {
		return fmt.Errorf("%w: status %d of %s is not signed by the channel", pay.ErrAway, res.StatusCode, path)
	}
	if res.StatusCode/100 != 2 {
		var e struct{ Code, Message string }
		_ = json.Unmarshal(b, &e)
		if res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests || e.Code == "" {
			return fmt.Errorf("%w: status %d %s", pay.ErrAway, res.StatusCode, e.Code)
		}
		return &pay.Refused{Code: e.Code, Text: e.Message}
	}
	if out == nil || len(b) == 0 {
		return nil
	}
	if err := json.Unmarshal(b, out); err != nil {
		return errors.Join(pay.ErrAway, err)
	}
	return nil
}

// verify proves that a message comes from the channel: its time is near, and its signature is of a key that we know.
func (c *Client) verify(ctx context.Context, h http.Header, body []byte) error {
	serial := h.Get("Wechatpay-Serial")
	ts, nonce, sig := h.Get("Wechatpay-Timestamp"), h.Get("Wechatpay-Nonce"), h.Get("Wechatpay-Signature")
	if !c.near(ts) || nonce == "" || sig == "" {
		return pay.ErrForged
	}
	key, err := c.key(ctx, serial)
	if err != nil {
		return err
	}
	if !pay.Verify(key, signed(ts, nonce, body), sig) {
		return pay.ErrForged
	}
	return nil
}

func (c *Client) near(ts string) bool {
	n, err := strconv.ParseInt(ts, 10, 64)
	if err != nil || n < 0 || n > 1<<40 {
		return false
	}
	d := c.Now().Sub(time.Unix(n, 0))
	return d <= Window && d >= -Window
}

func signed(ts, nonce string, body []byte) []byte {
	b := make([]byte, 0, len(ts)+len(nonce)+len(body)+3)
	b = append(append(b, ts...), '\n')
	b = append(append(b, nonce...), '\n')
	return append(append(b, body...), '\n')
}

// key gives the key that a serial names. Certificates that are not known are fetched, at most once a minute: a flood of
// invented serials must not become a flood of requests, nor hold up messages of known serials.
func (c *Client) key(ctx context.Context, serial string) (*rsa.PublicKey, error) {
	switch {
	case c.PublicKeyID != "" && serial == c.PublicKeyID:
		return c.PublicKey, nil
	case serial == "" || len(serial) > 64 || strings.HasPrefix(serial, "PUB_KEY_ID_"):
		return nil, pay.ErrForged
	}
	now := c.Now()
	k, ok := c.known(serial)
	if !ok {
		c.fetching.Lock()
		defer c.fetching.Unlock()
		if k, ok = c.known(serial); !ok && (c.fetched.IsZero() || now.Sub(c.fetched) >= time.Minute) {
			c.fetched = now
			if err := c.fetch(ctx); err != nil {
				return nil, err
			}
			k, ok = c.known(serial)
		}
	}
	if !ok || now.Before(k.from) || now.After(k.end) {
		return nil, pay.ErrForged
	}
	return k.key, nil
}

func (c *Client) known(serial string) (certificate, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.certs[serial]
	return k, ok
}

// fetch asks for the platform's certificates. They are sealed with the APIv3 key, so only the channel can have made them;
// the answer's own signature is then verified with the certificate that it names.
func (c *Client) fetch(ctx context.Context) error {
	res, b, err := c.send(ctx, http.MethodGet, "/v3/certificates", nil, maxAnswer)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: certificates: status %d", pay.ErrAway, res.StatusCode)
	}
	var list struct {
		Data []struct {
			Serial string   `json:"serial_no"`
			Sealed Resource `json:"encrypt_certificate"`
		}
	}
	if err := json.Unmarshal(b, &list); err != nil {
		return errors.Join(pay.ErrAway, err)
	}
	got := map[string]certificate{}
	for _, d := range list.Data {
		plain, err := Unseal(c.APIv3, d.Sealed)
		if err != nil {
			return err
		}
		k, err := readCertificate(plain, d.Serial)
		if err != nil {
			return err
		}
		got[d.Serial] = k
	}
	h := res.Header
	k, ok := got[h.Get("Wechatpay-Serial")]
	if !ok && c.PublicKeyID != "" && h.Get("Wechatpay-Serial") == c.PublicKeyID {
		k, ok = certificate{key: c.PublicKey}, true
	}
	if !ok || !c.near(h.Get("Wechatpay-Timestamp")) || !pay.Verify(k.key, signed(h.Get("Wechatpay-Timestamp"), h.Get("Wechatpay-Nonce"), b), h.Get("Wechatpay-Signature")) {
		return pay.ErrForged
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.Copy(c.certs, got)
	return nil
}

func escape(s string) string { return url.PathEscape(s) }
