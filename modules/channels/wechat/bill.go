package wechat

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"care/modules/channels/pay"
	"care/server/clock"
	"care/server/money"
)

// ReadBill reads a bill of all transactions: one line each, every field behind a backtick, amounts in yuan, and at the end
// the channel's own sums, which must be ours too.
func ReadBill(file []byte) (*pay.Bill, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\uFEFF"))))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	head, err := r.Read()
	if err != nil {
		return nil, pay.ErrBill
	}
	at := columns(head)
	for _, name := range []string{colAt, colTxn, colNo, colState, colRefundID, colRefund, colFee, colAmount, colBack} {
		if _, ok := at[name]; !ok {
			return nil, pay.ErrBill
		}
	}
	b := &pay.Bill{}
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil, pay.ErrBill // cut off before the sums
		}
		if err != nil {
			return nil, errors.Join(pay.ErrBill, err)
		}
		if len(rec) > 0 && strings.TrimSpace(rec[0]) == sumCount {
			return b, closing(b, r, rec)
		}
		if len(rec) < len(head) {
			return nil, pay.ErrBill
		}
		l, ok, err := line(rec, at)
		if err != nil {
			return nil, err
		}
		if ok {
			b.Lines = append(b.Lines, l)
		}
	}
}

func columns(head []string) map[string]int {
	at := map[string]int{}
	for i, h := range head {
		at[plain(h)] = i
	}
	return at
}

func plain(s string) string { return strings.TrimPrefix(strings.TrimSpace(s), "`") }

func line(rec []string, at map[string]int) (l pay.Line, ok bool, err error) {
	get := func(name string) string { return plain(rec[at[name]]) }
	when, err := time.ParseInLocation(time.DateTime, get(colAt), clock.Beijing)
	if err != nil {
		return l, false, errors.Join(pay.ErrBill, err)
	}
	l = pay.Line{No: get(colNo), Txn: get(colTxn), At: when.UTC()}
	if l.Fee, err = fee(get(colFee)); err != nil {
		return l, false, err
	}
	name := colAmount
	switch get(colState) {
	case "SUCCESS":
	case "REFUND":
		name, l.Refund, l.RefundID = colBack, get(colRefund), get(colRefundID)
	default: // REVOKED: nothing was paid
		return l, false, nil
	}
	if l.Amount, err = money.Parse(get(name)); err != nil {
		return l, false, fmt.Errorf("%w: amount %q", pay.ErrBill, get(name))
	}
	return l, true, nil
}

// fee reads the channel's fee, which has five decimals in the file though it is charged in fen.
func fee(s string) (money.Fen, error) {
	y, c, _ := strings.Cut(s, ".")
	if len(c) > 2 && strings.Trim(c[2:], "0") == "" {
		c = c[:2]
	}
	if c == "" {
		c = "00"
	}
	f, err := money.Parse(y + "." + c)
	if err != nil {
		return 0, fmt.Errorf("%w: fee %q", pay.ErrBill, s)
	}
	return f, nil
}

// closing holds the lines against the sums at the end of the file.
func closing(b *pay.Bill, r *csv.Reader, head []string) error {
	rec, err := r.Read()
	if err != nil || len(rec) < len(head) {
		return pay.ErrBill
	}
	at := columns(head)
	b.Sum()
	n, err := strconv.Atoi(plain(rec[at[sumCount]]))
	if err != nil || n != len(b.Lines) {
		return fmt.Errorf("%w: it counts %d lines, we read %d", pay.ErrBill, n, len(b.Lines))
	}
	for name, ours := range map[string]money.Fen{sumGross: b.Gross, sumBack: b.Back, sumFee: b.Fee} {
		i, ok := at[name]
		if !ok {
			return pay.ErrBill
		}
		theirs, err := fee(plain(rec[i]))
		if err != nil || theirs != ours {
			return fmt.Errorf("%w: its sum is %s, ours %s", pay.ErrBill, plain(rec[i]), ours)
		}
	}
	return nil
}
