// Package paysim plays payment channels for tests: servers that speak the documented wire formats with real keys over real HTTP.
// It shares no code with the clients under test, so that a mistake of theirs is not its own.
package paysim

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Beijing is the channels' time.
var Beijing = time.FixedZone("", 8*60*60)

// The merchant's account at the simulated WeChat Pay.
const (
	WeChatMerchant = "1900000001"
	WeChatApp      = "wxd678efh567hg6787"
	WeChatSecret   = "public-account-secret"
	WeChatSerial   = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
	WeChatAPIv3    = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
	WeChatKeyID    = "PUB_KEY_ID_0119000000012024101500291100000001"
)

// WeChat is a simulated WeChat Pay of the third version.
type WeChat struct {
	URL      string
	Merchant *rsa.PrivateKey // the merchant's; the server knows its public half
	// PublicKey makes the server sign with its public-key identity instead of the platform certificate.
	PublicKey bool
	Fee       func(fen int64) int64 // what the channel keeps of a payment

	server   *httptest.Server
	platform *rsa.PrivateKey // of the certificate
	plainKey *rsa.PrivateKey // of the public-key mode
	cert     []byte
	serial   string
	now      func() time.Time

	mu      sync.Mutex
	orders  map[string]*Order
	refunds map[string]*Refund
	bills   map[string][]byte
	seen    map[string]bool // nonces of requests
	Calls   map[string]int  // by method and path without numbers
	down    int             // so many requests are not answered
	lieFor  string          // a path prefix whose answers carry a broken signature
	next    int
	notify  string // where notifications of added orders go
}

// Order is an order at the simulated channel.
type Order struct {
	No, Way, Txn, State, OpenID string
	Notify, Prepay              string
	Total                       int64
	Expires, PaidAt             time.Time
	Refunded                    int64
}

// Refund is a refund at the simulated channel.
type Refund struct {
	No, Order, ID, Status string
	Amount                int64
	At                    time.Time
	Reason                string
}

var keys = sync.OnceValues(func() ([3]*rsa.PrivateKey, error) {
	var out [3]*rsa.PrivateKey
	for i := range out {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return out, err
		}
		out[i] = k
	}
	return out, nil
})

// NewWeChat starts a server; now is its clock.
func NewWeChat(now func() time.Time) (*WeChat, error) {
	ks, err := keys()
	if err != nil {
		return nil, err
	}
	w := &WeChat{Merchant: ks[0], platform: ks[1], plainKey: ks[2], now: now, orders: map[string]*Order{}, refunds: map[string]*Refund{}, bills: map[string][]byte{}, seen: map[string]bool{}, Calls: map[string]int{},
		Fee: func(fen int64) int64 { return (fen*6 + 500) / 1000 }}
	serial, ok := new(big.Int).SetString("7132D72A03E93CDDF8C03BBD1F37EEDF2D1B6E2C", 16)
	if !ok {
		return nil, errors.New("paysim: serial")
	}
	tpl := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: "Tenpay.com sign"}, NotBefore: now().Add(-time.Hour), NotAfter: now().AddDate(5, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, &w.platform.PublicKey, w.platform)
	if err != nil {
		return nil, err
	}
	w.cert, w.serial = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), strings.ToUpper(serial.Text(16))
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v3/pay/transactions/{way}", w.guard(w.create))
	mux.HandleFunc("GET /v3/pay/transactions/out-trade-no/{no}", w.guard(w.query))
	mux.HandleFunc("POST /v3/pay/transactions/out-trade-no/{no}/close", w.guard(w.close))
	mux.HandleFunc("POST /v3/refund/domestic/refunds", w.guard(w.refund))
	mux.HandleFunc("GET /v3/refund/domestic/refunds/{no}", w.guard(w.queryRefund))
	mux.HandleFunc("GET /v3/certificates", w.guard(w.certificates))
	mux.HandleFunc("GET /v3/bill/tradebill", w.guard(w.bill))
	mux.HandleFunc("GET /v3/billdownload/file", w.download)
	mux.HandleFunc("GET /sns/oauth2/access_token", w.openID)
	w.server = httptest.NewServer(mux)
	w.URL = w.server.URL
	return w, nil
}

// Close stops the server.
func (w *WeChat) Close() { w.server.Close() }

// PublicKeyPEM is the server's public key for the public-key mode.
func (w *WeChat) PublicKeyPEM() []byte {
	der, err := x509.MarshalPKIXPublicKey(&w.plainKey.PublicKey)
	if err != nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// Down lets the next n requests hang up.
func (w *WeChat) Down(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = n
}

// Lie breaks the signature of answers to paths that begin so; "" is honest again.
func (w *WeChat) Lie(prefix string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lieFor = prefix
}

// Count tells how often a route was called, such as "POST /v3/refund/domestic/refunds".
func (w *WeChat) Count(route string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.Calls[route]
}

var authorization = regexp.MustCompile(`^WECHATPAY2-SHA256-RSA2048 mchid="([^"]+)",nonce_str="([^"]+)",signature="([^"]+)",timestamp="(\d+)",serial_no="([^"]+)"$`)

// guard refuses requests whose signature is not the merchant's, as the real server does.
func (w *WeChat) guard(h func(r *http.Request, body []byte) (int, any)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		w.mu.Lock()
		w.Calls[r.Pattern]++
		down := w.down > 0
		if down {
			w.down--
		}
		w.mu.Unlock()
		if down {
			if c, _, err := http.NewResponseController(rw).Hijack(); err == nil {
				_ = c.Close()
			}
			return
		}
		if why := w.believe(r, body); why != "" {
			w.answer(rw, r, http.StatusUnauthorized, map[string]string{"code": "SIGN_ERROR", "message": why})
			return
		}
		status, out := h(r, body)
		w.answer(rw, r, status, out)
	}
}

func (w *WeChat) believe(r *http.Request, body []byte) string {
	m := authorization.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil {
		return "authorization header"
	}
	if m[1] != WeChatMerchant || m[5] != WeChatSerial {
		return "merchant or serial"
	}
	w.mu.Lock()
	again := w.seen[m[2]]
	w.seen[m[2]] = true
	w.mu.Unlock()
	if again {
		return "nonce used twice"
	}
	sig, err := base64.StdEncoding.DecodeString(m[3])
	if err != nil {
		return "base64"
	}
	sum := sha256.Sum256([]byte(r.Method + "\n" + r.URL.RequestURI() + "\n" + m[4] + "\n" + m[2] + "\n" + string(body) + "\n"))
	if rsa.VerifyPKCS1v15(&w.Merchant.PublicKey, crypto.SHA256, sum[:], sig) != nil {
		return "signature"
	}
	return ""
}

// sign makes the headers of a message of the channel.
func (w *WeChat) sign(body []byte) http.Header {
	ts, nonce := fmt.Sprint(w.now().Unix()), rand.Text()
	key, serial := w.platform, w.serial
	if w.PublicKey {
		key, serial = w.plainKey, WeChatKeyID
	}
	sum := sha256.Sum256([]byte(ts + "\n" + nonce + "\n" + string(body) + "\n"))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return nil
	}
	h := http.Header{}
	h.Set("Wechatpay-Timestamp", ts)
	h.Set("Wechatpay-Nonce", nonce)
	h.Set("Wechatpay-Serial", serial)
	h.Set("Wechatpay-Signature", base64.StdEncoding.EncodeToString(sig))
	h.Set("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048")
	h.Set("Content-Type", "application/json")
	return h
}

func (w *WeChat) answer(rw http.ResponseWriter, r *http.Request, status int, out any) {
	var body []byte
	if out != nil {
		b, err := json.Marshal(out)
		if err != nil {
			status = http.StatusInternalServerError
		}
		body = b
	}
	for k, v := range w.sign(body) {
		rw.Header()[k] = v
	}
	w.mu.Lock()
	lie := w.lieFor != "" && strings.HasPrefix(r.URL.Path, w.lieFor)
	w.mu.Unlock()
	if lie {
		rw.Header().Set("Wechatpay-Nonce", "another one")
	}
	rw.WriteHeader(status)
	_, _ = rw.Write(body)
}

func refuse(status int, code string) (int, any) {
	return status, map[string]string{"code": code, "message": code}
}

func (w *WeChat) number() string {
	w.next++
	return fmt.Sprintf("42000018%020d", w.next)
}

func (w *WeChat) create(r *http.Request, body []byte) (int, any) {
	var in struct {
		App         string `json:"appid"`
		Merchant    string `json:"mchid"`
		Description string `json:"description"`
		No          string `json:"out_trade_no"`
		Expire      string `json:"time_expire"`
		Notify      string `json:"notify_url"`
		Amount      struct {
			Total    int64  `json:"total"`
			Currency string `json:"currency"`
		} `json:"amount"`
		Payer struct {
			OpenID string `json:"openid"`
		} `json:"payer"`
		Scene struct {
			IP string `json:"payer_client_ip"`
			H5 struct {
				Type string `json:"type"`
			} `json:"h5_info"`
		} `json:"scene_info"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return refuse(400, "PARAM_ERROR")
	}
	way := r.PathValue("way")
	exp, err := time.Parse(time.RFC3339, in.Expire)
	switch {
	case in.App != WeChatApp || in.Merchant != WeChatMerchant:
		return refuse(400, "APPID_MCHID_NOT_MATCH")
	case err != nil || !exp.After(w.now().Add(time.Minute)), in.Amount.Total <= 0, in.Description == "" || len(in.Description) > 127, !regexp.MustCompile(`^[0-9A-Za-z_|*-]{6,32}$`).MatchString(in.No), !strings.HasPrefix(in.Notify, "http"):
		return refuse(400, "PARAM_ERROR")
	case way == "jsapi" && in.Payer.OpenID == "", way == "h5" && (in.Scene.IP == "" || in.Scene.H5.Type == ""):
		return refuse(400, "PARAM_ERROR")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	o := w.orders[in.No]
	switch {
	case o == nil:
		o = &Order{No: in.No, Way: way, State: "NOTPAY", Notify: in.Notify, Total: in.Amount.Total, Expires: exp, OpenID: in.Payer.OpenID, Prepay: "wx" + rand.Text()}
		w.orders[in.No] = o
	case o.State == "SUCCESS":
		return refuse(400, "ORDERPAID")
	case o.State == "CLOSED":
		return refuse(400, "ORDER_CLOSED")
	case o.Total != in.Amount.Total || o.Way != way:
		return refuse(400, "OUT_TRADE_NO_USED")
	}
	switch way {
	case "native":
		return 200, map[string]string{"code_url": "weixin://wxpay/bizpayurl?pr=" + o.Prepay[:12]}
	case "h5":
		return 200, map[string]string{"h5_url": "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=" + o.Prepay + "&package=1"}
	case "jsapi":
		return 200, map[string]string{"prepay_id": o.Prepay}
	}
	return refuse(404, "NOT_FOUND")
}

// Transaction is an order as the channel writes it.
func (w *WeChat) transaction(o *Order) map[string]any {
	out := map[string]any{"appid": WeChatApp, "mchid": WeChatMerchant, "out_trade_no": o.No, "trade_state": o.State, "trade_state_desc": o.State,
		"trade_type": strings.ToUpper(map[string]string{"h5": "mweb"}[o.Way] + map[string]string{"native": "native", "jsapi": "jsapi"}[o.Way])}
	if o.Txn != "" {
		out["transaction_id"], out["bank_type"], out["attach"], out["success_time"] = o.Txn, "OTHERS", "", o.PaidAt.In(Beijing).Format(time.RFC3339)
		out["payer"] = map[string]string{"openid": o.OpenID}
		out["amount"] = map[string]any{"total": o.Total, "payer_total": o.Total, "currency": "CNY", "payer_currency": "CNY"}
	}
	return out
}

func (w *WeChat) query(r *http.Request, _ []byte) (int, any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	o := w.orders[r.PathValue("no")]
	if o == nil {
		return refuse(404, "ORDER_NOT_EXIST")
	}
	if r.URL.Query().Get("mchid") != WeChatMerchant {
		return refuse(400, "PARAM_ERROR")
	}
	return 200, w.transaction(o)
}

func (w *WeChat) close(r *http.Request, _ []byte) (int, any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	o := w.orders[r.PathValue("no")]
	switch {
	case o == nil:
		return refuse(404, "ORDER_NOT_EXIST")
	case o.State == "SUCCESS" || o.State == "REFUND":
		return refuse(400, "ORDER_PAID")
	}
	o.State = "CLOSED"
	return 204, nil
}

func (w *WeChat) refund(_ *http.Request, body []byte) (int, any) {
	var in struct {
		Order  string `json:"out_trade_no"`
		No     string `json:"out_refund_no"`
		Reason string `json:"reason"`
		Amount struct {
			Refund   int64  `json:"refund"`
			Total    int64  `json:"total"`
			Currency string `json:"currency"`
		} `json:"amount"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.No == "" || in.Amount.Currency != "CNY" || len(in.Reason) > 80 {
		return refuse(400, "PARAM_ERROR")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	o := w.orders[in.Order]
	if r := w.refunds[in.No]; r != nil {
		if r.Order != in.Order || r.Amount != in.Amount.Refund {
			return refuse(400, "INVALID_REQUEST")
		}
		return 200, w.refunded(r)
	}
	switch {
	case o == nil || o.Txn == "":
		return refuse(404, "RESOURCE_NOT_EXISTS")
	case in.Amount.Total != o.Total || in.Amount.Refund <= 0 || o.Refunded+in.Amount.Refund > o.Total:
		return refuse(400, "INVALID_REQUEST")
	}
	o.Refunded += in.Amount.Refund
	o.State = "REFUND"
	r := &Refund{No: in.No, Order: in.Order, ID: "5030" + w.number(), Status: "PROCESSING", Amount: in.Amount.Refund, Reason: in.Reason}
	w.refunds[in.No] = r
	return 200, w.refunded(r)
}

func (w *WeChat) refunded(r *Refund) map[string]any {
	o := w.orders[r.Order]
	out := map[string]any{"refund_id": r.ID, "out_refund_no": r.No, "transaction_id": o.Txn, "out_trade_no": r.Order, "channel": "ORIGINAL", "user_received_account": "零钱",
		"status": r.Status, "create_time": w.now().In(Beijing).Format(time.RFC3339), "amount": map[string]any{"total": o.Total, "refund": r.Amount, "currency": "CNY"}}
	if r.Status == "SUCCESS" {
		out["success_time"] = r.At.In(Beijing).Format(time.RFC3339)
	}
	return out
}

func (w *WeChat) queryRefund(r *http.Request, _ []byte) (int, any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	x := w.refunds[r.PathValue("no")]
	if x == nil {
		return refuse(404, "RESOURCE_NOT_EXISTS")
	}
	return 200, w.refunded(x)
}

func (w *WeChat) certificates(*http.Request, []byte) (int, any) {
	return 200, map[string]any{"data": []any{map[string]any{"serial_no": w.serial, "effective_time": "2024-01-01T00:00:00+08:00", "expire_time": "2034-01-01T00:00:00+08:00",
		"encrypt_certificate": Seal(WeChatAPIv3, "certificate", "", w.cert)}}}
}

func (w *WeChat) openID(rw http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	rw.Header().Set("Content-Type", "text/plain")
	id, ok := strings.CutPrefix(q.Get("code"), "code-of-")
	if !ok || q.Get("appid") != WeChatApp || q.Get("secret") != WeChatSecret || q.Get("grant_type") != "authorization_code" {
		_, _ = io.WriteString(rw, `{"errcode":40029,"errmsg":"invalid code"}`)
		return
	}
	_ = json.NewEncoder(rw).Encode(map[string]any{"access_token": "t", "expires_in": 7200, "openid": id, "scope": "snsapi_base"})
}

// Seal encrypts as the channel does.
func Seal(key, typ, associated string, plain []byte) map[string]string {
	b, err := aes.NewCipher([]byte(key))
	if err != nil {
		return nil
	}
	a, err := cipher.NewGCM(b)
	if err != nil {
		return nil
	}
	nonce := rand.Text()[:12]
	return map[string]string{"algorithm": "AEAD_AES_256_GCM", "original_type": typ, "associated_data": associated, "nonce": nonce,
		"ciphertext": base64.StdEncoding.EncodeToString(a.Seal(nil, []byte(nonce), plain, []byte(associated)))}
}

// Live lists the numbers of all orders.
func (w *WeChat) Live() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for no := range w.orders {
		out = append(out, no)
	}
	slices.Sort(out)
	return out
}

// Order gives a copy of an order.
func (w *WeChat) Order(no string) Order {
	w.mu.Lock()
	defer w.mu.Unlock()
	if o := w.orders[no]; o != nil {
		return *o
	}
	return Order{}
}

// Refunds gives copies of all refunds of an order.
func (w *WeChat) Refunds(order string) []Refund {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Refund
	for _, r := range w.refunds {
		if r.Order == order {
			out = append(out, *r)
		}
	}
	return out
}

// Pay lets somebody pay an order; nobody is told yet.
func (w *WeChat) Pay(no string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	o := w.orders[no]
	if o == nil || o.State != "NOTPAY" || !w.now().Before(o.Expires) {
		return fmt.Errorf("paysim: the order %s cannot be paid", no)
	}
	o.State, o.Txn, o.PaidAt = "SUCCESS", w.number(), w.now()
	if o.OpenID == "" {
		o.OpenID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
	}
	return nil
}

// Finish ends a refund, with "SUCCESS", "CLOSED" or "ABNORMAL".
func (w *WeChat) Finish(no, status string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.refunds[no]
	r.Status, r.At = status, w.now()
	if status != "SUCCESS" {
		w.orders[r.Order].Refunded -= r.Amount
	}
}

// Notice is a message of the channel.
type Notice struct {
	URL    string
	Header http.Header
	Body   []byte
}

// Change is what a test makes of a transaction before it is sealed and signed.
type Change func(map[string]any)

// Notice makes the notification of an order's payment; each one made is signed anew, as a repetition is, but keeps its id.
func (w *WeChat) Notice(no string, changes ...Change) Notice {
	w.mu.Lock()
	o := *w.orders[no]
	t := w.transaction(&o)
	w.mu.Unlock()
	for _, c := range changes {
		c(t)
	}
	return w.notice("TRANSACTION.SUCCESS", "transaction", "notice-"+o.Txn, o.Notify, t)
}

// RefundNotice makes the notification of a refund.
func (w *WeChat) RefundNotice(no string, changes ...Change) Notice {
	w.mu.Lock()
	r := *w.refunds[no]
	o := *w.orders[r.Order]
	w.mu.Unlock()
	t := map[string]any{"mchid": WeChatMerchant, "transaction_id": o.Txn, "out_trade_no": o.No, "refund_id": r.ID, "out_refund_no": r.No, "refund_status": r.Status,
		"user_received_account": "零钱", "amount": map[string]any{"total": o.Total, "refund": r.Amount, "payer_total": o.Total, "payer_refund": r.Amount}}
	if r.Status == "SUCCESS" {
		t["success_time"] = r.At.In(Beijing).Format(time.RFC3339)
	}
	for _, c := range changes {
		c(t)
	}
	return w.notice("REFUND."+r.Status, "refund", "notice-"+r.ID+r.Status, o.Notify, t)
}

func (w *WeChat) notice(event, typ, id, url string, resource any) Notice {
	plain, err := json.Marshal(resource)
	if err != nil {
		return Notice{}
	}
	body, err := json.Marshal(map[string]any{"id": id, "create_time": w.now().In(Beijing).Format(time.RFC3339), "resource_type": "encrypt-resource", "event_type": event, "summary": "支付成功",
		"resource": Seal(WeChatAPIv3, typ, typ, plain)})
	if err != nil {
		return Notice{}
	}
	return Notice{URL: url, Header: w.sign(body), Body: body}
}

// Send delivers a notice over HTTP and gives the status of the answer.
func (n Notice) Send(ctx context.Context, client *http.Client) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, n.URL, bytes.NewReader(n.Body))
	if err != nil {
		return 0, err
	}
	r.Header = n.Header.Clone()
	res, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// bill announces the bill of a day; as the real server, only from ten in the morning of the next day.
func (w *WeChat) bill(r *http.Request, _ []byte) (int, any) {
	day := r.URL.Query().Get("bill_date")
	d, err := time.ParseInLocation(time.DateOnly, day, Beijing)
	if err != nil || r.URL.Query().Get("bill_type") != "ALL" {
		return refuse(400, "PARAM_ERROR")
	}
	if w.now().Before(d.Add(34 * time.Hour)) {
		return refuse(400, "STATEMENT_CREATING")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	file, ok := w.bills[day]
	if !ok {
		file = w.draw(day)
	}
	if file == nil {
		return refuse(400, "NO_STATEMENT_EXIST")
	}
	w.bills[day] = file
	sum := sha1.Sum(file)
	return 200, map[string]string{"hash_type": "SHA1", "hash_value": hex.EncodeToString(sum[:]), "download_url": w.URL + "/v3/billdownload/file?token=" + day}
}

func (w *WeChat) download(rw http.ResponseWriter, r *http.Request) {
	if why := w.believe(r, nil); why != "" {
		rw.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.mu.Lock()
	file := w.bills[r.URL.Query().Get("token")]
	w.mu.Unlock()
	if r.URL.Query().Get("tartype") == "gzip" {
		z := gzip.NewWriter(rw)
		_, _ = z.Write(file)
		_ = z.Close()
		return
	}
	_, _ = rw.Write(file)
}

// SetBill gives the bill of a day other bytes.
func (w *WeChat) SetBill(day string, file []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bills[day] = file
}

// Bill draws the bill of a day as it stands.
func (w *WeChat) Bill(day string) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.draw(day)
}

const billHead = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"

func yuan(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	return fmt.Sprintf("%s%d.%02d", sign, fen/100, fen%100)
}

func (w *WeChat) draw(day string) []byte {
	var b strings.Builder
	b.WriteString("\uFEFF" + billHead + "\r\n")
	var n, gross, back, fees int64
	line := func(at time.Time, o *Order, state string, r *Refund) {
		fee := w.Fee(o.Total)
		ref, refundNo, total, refunded, status := "0", "0", o.Total, int64(0), ""
		if r != nil {
			fee = -w.Fee(r.Amount)
			ref, refundNo, total, refunded, status = r.ID, r.No, 0, r.Amount, "SUCCESS"
			back += r.Amount
		} else {
			gross += o.Total
		}
		n++
		fees += fee
		cells := []string{at.In(Beijing).Format(time.DateTime), WeChatApp, WeChatMerchant, "0", "", o.Txn, o.No, o.OpenID, strings.ToUpper(o.Way), state, "OTHERS", "CNY", yuan(total), "0.00",
			ref, refundNo, yuan(refunded), "0.00", map[bool]string{true: "ORIGINAL"}[r != nil], status, "公益捐赠", "", yuan(fee) + "000", "0.60%", yuan(total), yuan(refunded), ""}
		for i, c := range cells {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString("`" + c)
		}
		b.WriteString("\r\n")
	}
	in := func(t time.Time) bool { return !t.IsZero() && t.In(Beijing).Format(time.DateOnly) == day }
	var nos []string
	for no := range w.orders {
		nos = append(nos, no)
	}
	slices.Sort(nos)
	for _, no := range nos {
		if o := w.orders[no]; in(o.PaidAt) {
			line(o.PaidAt, o, "SUCCESS", nil)
		}
	}
	nos = nos[:0]
	for no := range w.refunds {
		nos = append(nos, no)
	}
	slices.Sort(nos)
	for _, no := range nos {
		if r := w.refunds[no]; r.Status == "SUCCESS" && in(r.At) {
			line(r.At, w.orders[r.Order], "REFUND", r)
		}
	}
	if n == 0 {
		return nil
	}
	fmt.Fprintf(&b, "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n`%d,`%s,`%s,`0.00,`%s000,`%s,`%s\r\n", n, yuan(gross), yuan(back), yuan(fees), yuan(gross), yuan(back))
	return []byte(b.String())
}

// Add puts an order into the server as if the merchant had made it; its notifications go to the address of Notify.
func (w *WeChat) Add(no string, total int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.orders[no] = &Order{No: no, Way: "native", State: "NOTPAY", Notify: w.notify, Total: total, Expires: w.now().Add(time.Hour)}
}

// Notify sets where the notifications of added orders go.
func (w *WeChat) Notify(url string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notify = url
}
