package paysim

import (
	"archive/zip"
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// The merchant's account at the simulated Alipay.
const (
	AlipayApp    = "2021000000000001"
	AlipaySeller = "2088000000000001"
)

// Alipay is a simulated Alipay.
type Alipay struct {
	URL      string
	Merchant *rsa.PrivateKey // of the app

	server *httptest.Server
	key    *rsa.PrivateKey // Alipay's own
	now    func() time.Time

	mu      sync.Mutex
	trades  map[string]*AlipayTrade
	bills   map[string][]byte
	down    int
	next    int
	Methods map[string]int // how often each was called
}

// AlipayTrade is an order there.
type AlipayTrade struct {
	No, Txn, Status, Notify, Product string
	Fen                              int64
	Expires, PaidAt                  time.Time
	Refunds                          map[string]AlipayRefund
}

// AlipayRefund is money that went back.
type AlipayRefund struct {
	Fen int64
	At  time.Time
}

// NewAlipay starts a server; now is its clock.
func NewAlipay(now func() time.Time) (*Alipay, error) {
	ks, err := keys()
	if err != nil {
		return nil, err
	}
	a := &Alipay{Merchant: ks[0], key: ks[1], now: now, trades: map[string]*AlipayTrade{}, bills: map[string][]byte{}, Methods: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /gateway.do", a.visit)
	mux.HandleFunc("POST /gateway.do", a.gateway)
	mux.HandleFunc("GET /bill.zip", a.download)
	a.server = httptest.NewServer(mux)
	a.URL = a.server.URL
	return a, nil
}

// Close stops the server.
func (a *Alipay) Close() { a.server.Close() }

// PublicKeyPEM is the server's public key.
func (a *Alipay) PublicKeyPEM() []byte {
	der, err := x509.MarshalPKIXPublicKey(&a.key.PublicKey)
	if err != nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// Down lets the next n calls hang up.
func (a *Alipay) Down(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.down = n
}

func joined(v url.Values, skip ...string) string {
	var ks []string
	for k := range v {
		if v.Get(k) != "" && !slices.Contains(skip, k) {
			ks = append(ks, k)
		}
	}
	slices.Sort(ks)
	for i, k := range ks {
		ks[i] = k + "=" + v.Get(k)
	}
	return strings.Join(ks, "&")
}

func signWith(key *rsa.PrivateKey, text string) string {
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(sig)
}

// believe checks that the app has signed what it asks.
func (a *Alipay) believe(v url.Values) bool {
	sig, err := base64.StdEncoding.DecodeString(v.Get("sign"))
	sum := sha256.Sum256([]byte(joined(v, "sign")))
	at, badTime := time.ParseInLocation(time.DateTime, v.Get("timestamp"), Beijing)
	return err == nil && badTime == nil && a.now().Sub(at).Abs() < 15*time.Minute && v.Get("app_id") == AlipayApp && v.Get("sign_type") == "RSA2" && v.Get("charset") == "utf-8" && v.Get("version") == "1.0" &&
		rsa.VerifyPKCS1v15(&a.Merchant.PublicKey, crypto.SHA256, sum[:], sig) == nil
}

type alipayBiz struct {
	No      string `json:"out_trade_no"`
	Total   string `json:"total_amount"`
	Subject string `json:"subject"`
	Product string `json:"product_code"`
	Expire  string `json:"time_expire"`
	Request string `json:"out_request_no"`
	Refund  string `json:"refund_amount"`
	Type    string `json:"bill_type"`
	Date    string `json:"bill_date"`
}

func fenOf(s string) int64 {
	var y, c int64
	if n, err := fmt.Sscanf(s, "%d.%02d", &y, &c); err != nil || n != 2 {
		return 0
	}
	return y*100 + c
}

// visit is the donor's browser at the address of an order: here the order is made.
func (a *Alipay) visit(rw http.ResponseWriter, r *http.Request) {
	v := r.URL.Query()
	var in alipayBiz
	err := json.Unmarshal([]byte(v.Get("biz_content")), &in)
	exp, bad := time.ParseInLocation(time.DateTime, in.Expire, Beijing)
	product := map[string]string{"alipay.trade.page.pay": "FAST_INSTANT_TRADE_PAY", "alipay.trade.wap.pay": "QUICK_WAP_WAY"}[v.Get("method")]
	if err != nil || bad != nil || !a.believe(v) || product == "" || in.Product != product || in.Subject == "" || fenOf(in.Total) <= 0 || !strings.HasPrefix(v.Get("notify_url"), "http") || !a.now().Before(exp) {
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.trades[in.No] == nil {
		a.next++
		a.trades[in.No] = &AlipayTrade{No: in.No, Txn: fmt.Sprintf("20261125220014%014d", a.next), Status: "WAIT_BUYER_PAY", Notify: v.Get("notify_url"), Product: product, Fen: fenOf(in.Total), Expires: exp, Refunds: map[string]AlipayRefund{}}
	}
}

func (a *Alipay) gateway(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	v, err := url.ParseQuery(string(body))
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.Methods[v.Get("method")]++
	if a.down > 0 {
		a.down--
		if c, _, err := http.NewResponseController(rw).Hijack(); err == nil {
			_ = c.Close()
		}
		return
	}
	node := map[string]any{"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-signature", "sub_msg": "验签出错"}
	var in alipayBiz
	if a.believe(v) && json.Unmarshal([]byte(v.Get("biz_content")), &in) == nil {
		node = a.answer(v.Get("method"), in)
	}
	b, err := json.Marshal(node)
	if err != nil {
		return
	}
	rw.Header().Set("Content-Type", "application/json;charset=utf-8")
	fmt.Fprintf(rw, `{"%s_response":%s,"sign":"%s"}`, strings.ReplaceAll(v.Get("method"), ".", "_"), b, signWith(a.key, string(b)))
}

func no(sub string) map[string]any {
	return map[string]any{"code": "40004", "msg": "Business Failed", "sub_code": sub, "sub_msg": sub}
}

func (a *Alipay) answer(method string, in alipayBiz) map[string]any {
	out := map[string]any{"code": "10000", "msg": "Success", "out_trade_no": in.No}
	t := a.trades[in.No]
	if method != "alipay.data.dataservice.bill.downloadurl.query" && t == nil {
		return no("ACQ.TRADE_NOT_EXIST")
	}
	stamp := func(at time.Time) string { return at.In(Beijing).Format(time.DateTime) }
	switch method {
	case "alipay.trade.query":
		out["trade_no"], out["trade_status"], out["total_amount"], out["buyer_user_id"] = t.Txn, t.Status, yuan(t.Fen), "2088102146225135"
		if !t.PaidAt.IsZero() {
			out["send_pay_date"] = stamp(t.PaidAt)
		}
	case "alipay.trade.close":
		if t.Status != "WAIT_BUYER_PAY" {
			return no("ACQ.TRADE_STATUS_ERROR")
		}
		t.Status = "TRADE_CLOSED"
	case "alipay.trade.refund":
		fen := fenOf(in.Refund)
		old, again := t.Refunds[in.Request]
		var sum int64
		for _, r := range t.Refunds {
			sum += r.Fen
		}
		switch {
		case again && old.Fen != fen, fen <= 0, in.Request == "":
			return no("ACQ.INVALID_PARAMETER")
		case t.Status != "TRADE_SUCCESS" && !again:
			return no("ACQ.TRADE_STATUS_ERROR")
		case !again && sum+fen > t.Fen:
			return no("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
		}
		out["fund_change"], out["trade_no"], out["refund_fee"] = "N", t.Txn, in.Refund
		if !again {
			t.Refunds[in.Request] = AlipayRefund{fen, a.now()}
			out["fund_change"] = "Y"
			if sum+fen == t.Fen {
				t.Status = "TRADE_CLOSED"
			}
		}
	case "alipay.trade.fastpay.refund.query":
		if r, ok := t.Refunds[in.Request]; ok {
			out["out_request_no"], out["refund_amount"], out["refund_status"], out["gmt_refund_pay"] = in.Request, yuan(r.Fen), "REFUND_SUCCESS", stamp(r.At)
		}
	case "alipay.data.dataservice.bill.downloadurl.query":
		d, err := time.ParseInLocation(time.DateOnly, in.Date, Beijing)
		file := a.bills[in.Date]
		if file == nil {
			file = a.draw(in.Date)
		}
		if err != nil || in.Type != "trade" || a.now().Before(d.Add(33*time.Hour)) || file == nil {
			return no("isp.bill_not_exist")
		}
		a.bills[in.Date] = file
		delete(out, "out_trade_no")
		out["bill_download_url"] = a.URL + "/bill.zip?day=" + in.Date
	default:
		return no("isv.invalid-method")
	}
	return out
}

// Visit lets the donor's browser go to an address of the channel.
func (a *Alipay) Visit(client *http.Client, href string) error {
	res, err := client.Get(href)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("paysim: the address was answered %d", res.StatusCode)
	}
	return nil
}

// Trade gives a copy of an order.
func (a *Alipay) Trade(no string) AlipayTrade {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.trades[no]; t != nil {
		return *t
	}
	return AlipayTrade{}
}

// Pay lets somebody pay an order; nobody is told yet.
func (a *Alipay) Pay(no string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.trades[no]
	if t == nil || t.Status != "WAIT_BUYER_PAY" || !a.now().Before(t.Expires) {
		return fmt.Errorf("paysim: the order %s cannot be paid", no)
	}
	t.Status, t.PaidAt = "TRADE_SUCCESS", a.now()
	return nil
}

// Notice makes the notification of an order as it stands; change is what a test makes of it before it is signed.
func (a *Alipay) Notice(no string, change func(url.Values)) Notice {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.trades[no]
	stamp := func(at time.Time) string { return at.In(Beijing).Format(time.DateTime) }
	v := url.Values{"notify_type": {"trade_status_sync"}, "notify_id": {"n" + t.Txn + t.Status}, "notify_time": {stamp(a.now())}, "charset": {"utf-8"}, "version": {"1.0"}, "app_id": {AlipayApp}, "auth_app_id": {AlipayApp},
		"seller_id": {AlipaySeller}, "out_trade_no": {t.No}, "trade_no": {t.Txn}, "trade_status": {t.Status}, "total_amount": {yuan(t.Fen)}, "receipt_amount": {yuan(t.Fen)}, "buyer_id": {"2088102146225135"},
		"subject": {"公益捐赠 a+b&c=d"}, "gmt_create": {stamp(t.PaidAt)}, "gmt_payment": {stamp(t.PaidAt)}, "empty": {""}}
	for request, r := range t.Refunds {
		v.Set("gmt_refund", stamp(r.At)+".320")
		v.Set("refund_fee", yuan(r.Fen))
		v.Set("out_biz_no", request)
	}
	if change != nil {
		change(v)
	}
	v.Set("sign", signWith(a.key, joined(v)))
	v.Set("sign_type", "RSA2")
	return Notice{URL: t.Notify, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}}, Body: []byte(v.Encode())}
}

func (a *Alipay) download(rw http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, _ = rw.Write(a.bills[r.URL.Query().Get("day")])
}

// SetBill gives the bill of a day other bytes.
func (a *Alipay) SetBill(day string, file []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bills[day] = file
}

// Bill draws the bill of a day as it stands.
func (a *Alipay) Bill(day string) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.draw(day)
}

func (a *Alipay) draw(day string) []byte {
	var rows []string
	in := func(t time.Time) bool { return !t.IsZero() && t.In(Beijing).Format(time.DateOnly) == day }
	paid, back := 0, 0
	var sum, sumBack int64
	row := func(t *AlipayTrade, kind, request string, at time.Time, fen, fee int64) {
		rows = append(rows, strings.Join([]string{t.Txn + "\t", t.No + "\t", kind, "公益捐赠", at.In(Beijing).Format(time.DateTime), at.In(Beijing).Format(time.DateTime), "", "", "", "", "*明(138****1234)", yuan(fen), yuan(fen),
			"0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00", "0.00", request, yuan(fee), "0.00", ""}, ","))
	}
	var nos []string
	for no := range a.trades {
		nos = append(nos, no)
	}
	slices.Sort(nos)
	for _, no := range nos {
		t := a.trades[no]
		fee := (t.Fen*6 + 500) / 1000
		if in(t.PaidAt) {
			row(t, "交易", "", t.PaidAt, t.Fen, -fee)
			paid++
			sum += t.Fen
		}
		for request, r := range t.Refunds {
			if in(r.At) {
				row(t, "退款", request, r.At, -r.Fen, (r.Fen*6+500)/1000)
				back++
				sumBack += r.Fen
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	line := strings.Repeat("-", 41)
	text := "#支付宝业务明细查询\r\n#账号：[" + AlipaySeller + "0156]\r\n#起始日期：[" + day + " 00:00:00]\r\n#" + line + "业务明细列表" + line + "\r\n" +
		"支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注\r\n" +
		strings.Join(rows, "\r\n") + "\r\n#" + line + "业务明细列表结束" + line + "\r\n" +
		fmt.Sprintf("#交易合计：%d笔，商家实收共%s元，商家优惠共0.00元\r\n#退款合计：%d笔，商家实收退款共-%s元，商家优惠退款共0.00元\r\n#导出时间：[%s]\r\n", paid, yuan(sum), back, yuan(sumBack), a.now().In(Beijing).Format(time.DateTime))
	return Pack(map[string]string{"业务明细(汇总).csv": "#支付宝业务汇总查询\r\n", "业务明细.csv": text})
}

// Pack makes a bill of texts, as the channel does.
func Pack(files map[string]string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range files {
		raw, err := simplifiedchinese.GB18030.NewEncoder().String(text)
		if err != nil {
			return nil
		}
		n, err := simplifiedchinese.GB18030.NewEncoder().String(name)
		if err != nil {
			return nil
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: n, NonUTF8: true, Method: zip.Deflate})
		if err != nil {
			return nil
		}
		if _, err := io.WriteString(w, raw); err != nil {
			return nil
		}
	}
	if err := z.Close(); err != nil {
		return nil
	}
	return b.Bytes()
}
