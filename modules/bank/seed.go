package bank

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"care/modules/identity"
	"care/server/access"
	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

// Seed reads one little statement through the desk's own acts: some lines with transfer codes, one without, interest, a fee, and
// one that nobody knows.
func (s *Statements) Seed(ctx context.Context, at *clock.Travel) error {
	if s.set.Login == nil {
		return fault.New(fault.Internal, "bank.no_demo")
	}
	cashier, err := s.set.Login(ctx, identity.DemoCashier)
	if err != nil {
		return err
	}
	due := map[string]Due{}
	if err := s.gifts.EachDue(ctx, func(d Due) error {
		due[d.NameIndex] = d
		return nil
	}); err != nil {
		return err
	}
	end := at.Now()
	today := clock.DayOf(end)
	type row struct {
		ago         int
		payer, note string
		yuan        int64
		kind        string // code: with the code of the payer's promise
	}
	rows := []row{
		{2, "柳青", "捐款 %s", 200, "code"}, {2, "酆都生", "捐赠", 1000, ""}, {1, "鲍国安", "%s", 60, "code"}, {1, "史万里", "支持退役军人 %s", 800, "code"},
		{1, "曲靖市麒麟区某商行", "往来款", 500, ""}, {1, "", "结息", 12, ""}, {1, "", "账户管理费", -10, ""},
	}
	var b strings.Builder
	b.WriteString("账号：" + s.set.Account + "\n交易日期,交易流水号,借方发生额,贷方发生额,余额,对方户名,对方账号,对方开户行,摘要,附言,用途\n")
	balance := money.Fen(128_560_00)
	for i, r := range rows {
		note := r.note
		if r.kind == "code" {
			d, ok := due[s.gifts.NameIndex(r.payer)]
			if !ok {
				return fmt.Errorf("no promise of demonstration donor %d", i)
			}
			note = fmt.Sprintf(note, d.Code[:4]+" "+d.Code[4:])
		}
		amount := money.Fen(r.yuan * 100)
		balance += amount
		debit, credit := "", amount.String()
		if amount < 0 {
			debit, credit = (-amount).String(), ""
		}
		account := ""
		if r.payer != "" {
			account = fmt.Sprintf("62220825%04d", 1201+i*37)
		}
		fmt.Fprintf(&b, "%s,HQP%s%03d,%s,%s,%s,%s,%s,,%s,%s,\n", today.Add(-r.ago), strings.ReplaceAll(string(today.Add(-r.ago)), "-", ""), i+1, debit, credit, balance, r.payer, account, "转账", note)
	}
	at.To(end.Add(-20 * time.Minute))
	file, err := s.Put(ctx, "工商银行流水.csv", strings.NewReader(b.String()))
	if err != nil {
		return err
	}
	st, err := s.Upload(ctx, cashier, Upload{Profile: "icbc", File: file}, "seed")
	if err != nil {
		return err
	}
	payload, err := json.Marshal(readWork{st.ID})
	if err != nil {
		return err
	}
	if err := s.read(ctx, payload); err != nil {
		return err
	}
	return s.seedPool(ctx, cashier, st.ID)
}

// seedPool puts the transfer of an unknown payer into the pool.
func (s *Statements) seedPool(ctx context.Context, cashier access.Actor, statement string) error {
	ls, err := s.Lines(ctx, Filter{Statement: statement, Tab: tabAll, Q: "往来款"}, "", 1)
	if err != nil || len(ls.Rows) == 0 {
		return err
	}
	return s.Suspend(ctx, cashier, ls.Rows[0].ID, "seed")
}
