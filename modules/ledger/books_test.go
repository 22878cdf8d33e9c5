package ledger_test

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"care/modules/ledger"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

// years books three years: an income and a cost of each kind of fund in 2025, more in October and November 2026.
func years(t *testing.T, f *moduletest.Foundation) (free, bound *ledger.Fund) {
	t.Helper()
	free, bound = f.Fund(t, "FREE", ledger.Unrestricted, 0), f.Fund(t, "BOUND", ledger.Restricted, 0)
	for _, e := range []ledger.Entry{
		{Kind: ledger.Receive, Ref: "a", Fund: free.ID, Amount: 1000, Day: "2025-03-01"},
		{Kind: ledger.Spend, Ref: "b", Fund: free.ID, Amount: 100, Class: ledger.Management, Day: "2025-12-31"},
		{Kind: ledger.Receive, Ref: "c", Fund: bound.ID, Amount: 500, Day: "2025-12-31"},
		{Kind: ledger.Spend, Ref: "d", Fund: bound.ID, Amount: 50, Class: ledger.Project, Day: "2025-12-31"},
		{Kind: ledger.Receive, Ref: "e", Fund: free.ID, Amount: 70, Day: "2026-01-01"},
		{Kind: ledger.Suspend, Ref: "f", Amount: 30, Day: "2026-10-31"},
		{Kind: ledger.Spend, Ref: "g", Fund: free.ID, Amount: 20, Class: ledger.Management, Day: "2026-11-01"},
		{Kind: ledger.Receive, Ref: "h", Fund: bound.ID, Amount: 7, Asset: ledger.CashBox, Day: "2026-11-25"},
		{Kind: ledger.Receive, Ref: "i", Fund: bound.ID, Amount: 9, Day: "2026-12-01"},
	} {
		mustPost(t, f, e)
	}
	return free, bound
}

func TestBalancesOfAMonthCarryPastYearsIntoNetAssets(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		years(t, f)
		for month, want := range map[string]map[string][4]money.Fen{ // opening and closing balance, debits, credits
			"2025-12": {"1002": {1000, 1350, 500, 150}, "410101": {-1000, -1000, 0, 0}, "410102": {0, -500, 0, 500}, "5101": {0, 50, 50, 0}, "5201": {0, 100, 100, 0}},
			"2026-01": {"1002": {1350, 1420, 70, 0}, "3101": {-900, -900, 0, 0}, "3102": {-450, -450, 0, 0}, "410101": {0, -70, 0, 70}},
			"2026-11": {"1001": {0, 7, 7, 0}, "1002": {1450, 1430, 0, 20}, "2209": {-30, -30, 0, 0}, "3101": {-900, -900, 0, 0}, "3102": {-450, -450, 0, 0}, "410101": {-70, -70, 0, 0}, "410102": {0, -7, 0, 7}, "5201": {0, 20, 20, 0}},
		} {
			m, err := f.Funds.Month(t.Context(), month)
			if err != nil {
				t.Fatal(err)
			}
			if !m.Balanced() || m.Sum.CloseDebit == 0 {
				t.Errorf("%s: sums %+v", month, m.Sum)
			}
			for _, l := range m.Lines {
				if got := [4]money.Fen{l.OpenDebit - l.OpenCredit, l.CloseDebit - l.CloseCredit, l.Debit, l.Credit}; got != want[l.Code] {
					t.Errorf("%s %s: %v, want %v", month, l.Code, got, want[l.Code])
				}
			}
		}
		for _, wrong := range []string{"", "2026", "2026-13", "2026-1", "2026-11-01", "nonsense"} {
			if _, err := f.Funds.Month(t.Context(), wrong); fault.CodeOf(err) != "ledger.month" {
				t.Errorf("month %q: %v", wrong, err)
			}
		}
	})
}

func TestVouchersAreChosenByEachPartOfTheFilter(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		_, bound := years(t, f)
		one := mustPost(t, f, ledger.Entry{Kind: ledger.Receive, Ref: "pay_100%", Fund: bound.ID, Amount: 11, Day: "2026-12-01", Reason: "late"})
		mustPost(t, f, ledger.Entry{Kind: ledger.Reserve, Ref: "z", Fund: bound.ID, Amount: 11, Day: "2026-12-01"})
		for name, c := range map[string]struct {
			f    ledger.Filter
			want string
		}{
			"none": {ledger.Filter{}, "a b c d e f g h i pay_100%"}, "from": {ledger.Filter{From: "2026-12-01"}, "i pay_100%"}, "to": {ledger.Filter{To: "2025-03-01"}, "a"},
			"kind": {ledger.Filter{Kind: ledger.Suspend}, "f"}, "account": {ledger.Filter{Account: "1001"}, "h"}, "credit": {ledger.Filter{Account: "2209"}, "f"},
			"fund": {ledger.Filter{Fund: bound.ID, To: "2026-11-30"}, "c d h"}, "class": {ledger.Filter{Class: ledger.Management}, "b g"},
			"amount": {ledger.Filter{Q: "0.70"}, "e"}, "ref": {ledger.Filter{Q: "pay_"}, "pay_100%"}, "reason": {ledger.Filter{Q: "late"}, "pay_100%"}, "id": {ledger.Filter{Q: one.ID}, "pay_100%"},
			"no pattern": {ledger.Filter{Q: "%"}, ""}, "nothing": {ledger.Filter{Q: "' OR 1=1 --"}, ""},
		} {
			var refs []string
			n, sum, err := f.Funds.EachVoucher(t.Context(), c.f, func(v ledger.Voucher) error {
				refs = append(refs, v.Ref)
				return nil
			})
			if got := strings.Join(refs, " "); err != nil || got != c.want || n != len(refs) {
				t.Errorf("%s: %q, want %q (%d, %d, %v)", name, got, c.want, n, sum, err)
			}
		}
		page, err := f.Funds.Vouchers(t.Context(), ledger.Filter{}, "", 4)
		if err != nil || len(page.Rows) != 4 || page.Rows[0].Ref != "pay_100%" || page.Next == "" {
			t.Fatalf("first page %+v, %v", page, err)
		}
		if page, err = f.Funds.Vouchers(t.Context(), ledger.Filter{}, page.Next, 4); err != nil || page.Rows[0].Ref != "f" {
			t.Errorf("second page %+v, %v", page, err)
		}
	})
}

func actors() map[string]access.Actor {
	return map[string]access.Actor{
		"accountant": {ID: "accountant", Name: "周芳", Perms: []string{"ledger.books_view", "ledger.view"}},
		"officer":    {ID: "officer", Name: "何军", Perms: []string{"ledger.view"}},
	}
}

func TestAccountantReadsPrintsAndTakesTheBooksAlong(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		years(t, f)
		es := make([]ledger.Entry, 0, 1100)
		for i := range 1100 {
			es = append(es, ledger.Entry{Kind: ledger.Suspend, Ref: fmt.Sprint("line/", i), Amount: 101, Day: clock.Day(fmt.Sprintf("2026-10-%02d", 1+i%30))})
		}
		if _, err := post(t.Context(), f, es...); err != nil {
			t.Fatal(err)
		}
		s := f.Serve(t, actors())
		a := s.As("accountant")
		for path, texts := range map[string][]string{
			"/desk/ledger/vouchers?kind=spend":            {"费用支出", "管理费用", "5201", "1002"},
			"/desk/ledger/vouchers?from=x&kind=y&q=&to=1": {"待认领入账"},
			"/desk/ledger/balances?month=2026-11":         {"试算平衡", "1,125.30", "期末贷方"},
			"/desk/ledger/balances":                       {"试算平衡"},
		} {
			got := a.Get(path)
			if got.Status != 200 {
				t.Errorf("%s: %d", path, got.Status)
			}
			for _, x := range texts {
				if !strings.Contains(got.Body, x) {
					t.Errorf("%s lacks %q", path, x)
				}
			}
		}
		v, err := f.Funds.Vouchers(t.Context(), ledger.Filter{Kind: ledger.Spend}, "", 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Get("/desk/ledger/vouchers/" + v.Rows[0].ID); got.Status != 200 || !strings.Contains(got.Body, "贰角整") {
			t.Errorf("voucher: %d", got.Status)
		}
		for _, path := range []string{"/desk/ledger/vouchers/none", "/desk/ledger/balances?month=2026-99", "/desk/ledger/balances.csv?month=x"} {
			if got := a.Get(path); got.Status != 404 {
				t.Errorf("%s: %d", path, got.Status)
			}
		}
		for _, path := range []string{"/desk/ledger/vouchers", "/desk/ledger/vouchers.csv", "/desk/ledger/balances.xlsx"} {
			if got := s.As("officer").Get(path); got.Status != 403 {
				t.Errorf("%s for somebody else: %d", path, got.Status)
			}
		}

		// 1,100 of October and "f" of its last day.
		n, sum := "1101", "1111.30"
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(a.Get("/desk/ledger/vouchers.csv?from=2026-10-01&to=2026-10-31").Body, "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 1103 || rows[1102][1] != n || rows[1102][6] != sum || rows[1][0] != "2026-10-01" || rows[1101][9] != "f" {
			t.Errorf("CSV of %d rows ends with %q, %v", len(rows), rows[len(rows)-1], err)
		}
		book, err := excelize.OpenReader(strings.NewReader(a.Get("/desk/ledger/vouchers.xlsx?from=2026-10-01&to=2026-10-31").Body))
		if err != nil {
			t.Fatal(err)
		}
		defer book.Close()
		cells, err := book.GetRows("记账凭证", excelize.Options{RawCellValue: true})
		if err != nil || len(cells) != 1103 || cells[1102][1] != n || cells[1102][6] != "1111.3" || !slices.Equal(cells[0], rows[0]) {
			t.Errorf("XLSX of %d rows ends with %q, %v", len(cells), cells[len(cells)-1], err)
		}
		rows, err = csv.NewReader(strings.NewReader(strings.TrimPrefix(a.Get("/desk/ledger/balances.csv?month=2026-11").Body, "\ufeff"))).ReadAll()
		if last := rows[len(rows)-1]; err != nil || last[6] != last[7] || last[6] == "0.00" || last[0] != "合计" {
			t.Errorf("balances end with %q, %v", last, err)
		}
	})
}
