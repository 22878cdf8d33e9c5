package alipay

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"

	"care/modules/channels/pay"
	"care/server/clock"
	"care/server/money"
)

// most bytes of a bill, packed and unpacked.
const (
	maxBill = 64 << 20
	maxText = 512 << 20
)

// Bill fetches the bill of business of a day. Its address is in a signed answer, and of the channel's own servers only.
func (c *Client) Bill(ctx context.Context, day clock.Day) ([]byte, error) {
	var at struct {
		Download string `json:"bill_download_url"`
	}
	err := c.call(ctx, "alipay.data.dataservice.bill.downloadurl.query", map[string]string{"bill_type": "trade", "bill_date": string(day)}, &at)
	var no *pay.Refused
	if errors.As(err, &no) && strings.Contains(strings.ToLower(no.Code), "bill_not_exist") {
		return nil, pay.ErrNoBill
	}
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(at.Download)
	if err != nil || !c.trusted(u) {
		return nil, fmt.Errorf("%w: the bill lies on a strange server", pay.ErrAway)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	res, err := c.HTTP.Do(r)
	if err != nil {
		return nil, pay.ErrAway // never the cause: it holds the address, which is a key
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxBill+1))
	if err != nil || res.StatusCode != http.StatusOK || len(b) > maxBill {
		return nil, fmt.Errorf("%w: the bill was answered with status %d", pay.ErrAway, res.StatusCode)
	}
	return b, nil
}

func (c *Client) trusted(u *url.URL) bool {
	own, err := url.Parse(c.Base)
	return err == nil && (u.Scheme == own.Scheme && u.Host == own.Host || u.Scheme == "https" && strings.HasSuffix(u.Hostname(), ".alipay.com"))
}

// ReadBill reads the packed bill of a day: a table in GB18030 between two lines of its own, and after it the channel's own sums,
// which must be ours too.
func ReadBill(file []byte) (*pay.Bill, error) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, errors.Join(pay.ErrBill, err)
	}
	for _, f := range z.File {
		text, err := unpack(f)
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(text, billTitle) {
			return table(text)
		}
	}
	return nil, fmt.Errorf("%w: there is no list of business in it", pay.ErrBill)
}

func unpack(f *zip.File) (string, error) {
	r, err := f.Open()
	if err != nil {
		return "", errors.Join(pay.ErrBill, err)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(simplifiedchinese.GB18030.NewDecoder().Reader(r), maxText+1))
	if err != nil || len(b) > maxText {
		return "", fmt.Errorf("%w: %w", pay.ErrBill, err)
	}
	return string(b), nil
}

var (
	sumPaid = regexp.MustCompile(sumPaidForm)
	sumBack = regexp.MustCompile(sumBackForm)
)

func table(text string) (*pay.Bill, error) {
	_, rest, ok := strings.Cut(text, billBegin)
	_, rest, ok2 := strings.Cut(rest, "\n")
	body, tail, ok3 := strings.Cut(rest, "#-")
	if !ok || !ok2 || !ok3 || !strings.Contains(tail, billEnd) {
		return nil, fmt.Errorf("%w: it was cut off", pay.ErrBill)
	}
	r := csv.NewReader(strings.NewReader(body))
	r.LazyQuotes = true
	head, err := r.Read()
	if err != nil {
		return nil, errors.Join(pay.ErrBill, err)
	}
	at := map[string]int{}
	for i, h := range head {
		at[strings.TrimSpace(h)] = i
	}
	for _, name := range []string{colTxn, colNo, colKind, colAt, colAmount, colRefund, colFee} {
		if _, ok := at[name]; !ok {
			return nil, fmt.Errorf("%w: a column is missing", pay.ErrBill)
		}
	}
	b := &pay.Bill{}
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errors.Join(pay.ErrBill, err)
		}
		l, err := line(func(name string) string { return strings.TrimSpace(rec[at[name]]) })
		if err != nil {
			return nil, err
		}
		b.Lines = append(b.Lines, l)
	}
	b.Sum()
	return b, sums(b, tail)
}

func line(get func(string) string) (l pay.Line, err error) {
	l = pay.Line{No: get(colNo), Txn: get(colTxn)}
	if l.At, err = paidAt(get(colAt)); err != nil {
		return l, errors.Join(pay.ErrBill, err)
	}
	if l.Amount, err = money.Parse(get(colAmount)); err != nil {
		return l, fmt.Errorf("%w: amount %q", pay.ErrBill, get(colAmount))
	}
	if l.Fee, err = money.Parse(get(colFee)); err != nil {
		return l, fmt.Errorf("%w: fee %q", pay.ErrBill, get(colFee))
	}
	l.Fee = -l.Fee // below zero in the file when the channel keeps it
	switch get(colKind) {
	case kindPaid:
	case kindBack:
		l.Refund, l.RefundID, l.Amount = get(colRefund), get(colRefund), -l.Amount
	default:
		return l, fmt.Errorf("%w: business of the kind %q", pay.ErrBill, get(colKind))
	}
	if l.Amount <= 0 || l.Refund == "" && get(colKind) == kindBack {
		return l, fmt.Errorf("%w: a line without amount or number", pay.ErrBill)
	}
	return l, nil
}

// sums holds the lines against the sums at the end of the file: how many payments and refunds there are.
func sums(b *pay.Bill, tail string) error {
	paid, back := 0, 0
	for _, l := range b.Lines {
		if l.Refund == "" {
			paid++
		} else {
			back++
		}
	}
	p, q := sumPaid.FindStringSubmatch(tail), sumBack.FindStringSubmatch(tail)
	if p == nil || q == nil || p[1] != fmt.Sprint(paid) || q[1] != fmt.Sprint(back) {
		return fmt.Errorf("%w: its own counts are not those of its lines", pay.ErrBill)
	}
	return nil
}
