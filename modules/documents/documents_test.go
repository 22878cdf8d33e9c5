package documents_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"care/media"
	"care/modules/audit"
	"care/modules/documents"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/fault"
	"care/templates/pdf"
)

var clerk = access.Actor{ID: "clerk", Perms: []string{"documents.manage", "documents.view"}}

func receipt(payer string) func(number, code, url string) any {
	return func(number, code, url string) any {
		return pdf.Receipt{Org: pdf.Org{Name: "基金会"}, Number: number, VerifyCode: code, VerifyURL: url, Payer: payer, ReceivedOn: "2026-11-25", IssuedOn: "2026-11-25", Project: "大病救助", Use: "大病救助", Method: "银行转账", AmountFen: 12345, Handler: "李敏", Checker: "王芳"}
	}
}

func order(subject, payer string) documents.Order {
	return documents.Order{Series: documents.Receipts, Kind: "receipt", Subject: subject, Title: "大病救助", Payer: "张*明", Amount: 12345, Day: "2026-11-25", Make: receipt(payer)}
}

func place(ctx context.Context, f *moduletest.Foundation, orders ...documents.Order) (ds []documents.Document, err error) {
	err = f.Trail.Do(ctx, audit.Act{Actor: clerk, Need: documents.Manage, Verb: "documentstest.order", Subject: "x"}, func(ctx context.Context, tx *audit.Tx) error {
		var err error
		ds, err = f.Papers.Order(ctx, tx, orders...)
		return err
	})
	return ds, err
}

func TestReceiptNumberHasNoGap(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		var mu sync.Mutex
		var got []int64
		var wg sync.WaitGroup
		for i := range 60 {
			wg.Go(func() {
				err := f.Trail.Do(t.Context(), audit.Act{Actor: clerk, Need: documents.Manage, Verb: "documentstest.order", Subject: "x"}, func(ctx context.Context, tx *audit.Tx) error {
					ds, err := f.Papers.Order(ctx, tx, order(fmt.Sprint("donation/", i), "张建明"))
					if err != nil {
						return err
					}
					if i%3 == 0 {
						return fault.New(fault.Unfunded, "ledger.unfunded") // this act fails after it took a number
					}
					mu.Lock()
					defer mu.Unlock()
					got = append(got, ds[0].Seq)
					return nil
				})
				if (err == nil) == (i%3 == 0) {
					t.Errorf("act %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		slices.Sort(got)
		for i, n := range got {
			if n != int64(i+1) {
				t.Fatalf("numbers are %v", got)
			}
		}
		if len(got) != 40 {
			t.Errorf("%d papers, want 40", len(got))
		}
		f.Check(t)
	})
}

// The control: numbers taken outside of the act have gaps when acts fail, and the check finds them.
func TestCheckFindsAGap(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		if _, err := place(t.Context(), f, order("donation/1", "张建明")); err != nil {
			t.Fatal(err)
		}
		if _, err := f.DB.Writer().ExecContext(t.Context(), "UPDATE documents_counters SET last = last + 1"); err != nil {
			t.Fatal(err)
		}
		if _, err := place(t.Context(), f, order("donation/2", "张建明")); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Papers.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "2 papers from 1 to 3") {
			t.Errorf("the check says %v", err)
		}
		if _, err := f.DB.Writer().ExecContext(t.Context(), "UPDATE documents_counters SET last = last + 2"); err != nil {
			t.Fatal(err)
		}
		ys, err := f.Papers.Series(t.Context(), documents.Receipts)
		if err != nil || len(ys) != 1 || ys[0].Last != 5 || ys[0].Papers != 2 || !slices.Equal(ys[0].Holes, []documents.Hole{{Lo: 2, Hi: 2}, {Lo: 4, Hi: 5}}) {
			t.Errorf("the report of missing numbers says %+v, %v", ys, err)
		}
	})
}

func TestPaperIsDrawnOnceAndVerified(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		ds, err := place(t.Context(), f, order("donation/1", "钱𬱖"), order("donation/2", "买买提·艾合买提"))
		if err != nil {
			t.Fatal(err)
		}
		if ds[0].Number != "QJGA-2026-000001" || ds[1].Number != "QJGA-2026-000002" || len(ds[0].Code) != 8 || ds[0].Code == ds[1].Code {
			t.Errorf("papers %s %s, codes %s %s", ds[0].Number, ds[1].Number, ds[0].Code, ds[1].Code)
		}
		if strings.Contains(ds[0].Data, "钱") {
			t.Error("the frozen data is not sealed")
		}
		f.Settle(t)
		d, err := f.Papers.ByNumber(t.Context(), "qjga-2026-000001")
		if err != nil || d.State != documents.Issued || !d.Drawn {
			t.Fatalf("paper = %+v, %v", d, err)
		}
		b, err := media.ReadAll(t.Context(), f.Objects, d.Object, 1<<20)
		if err != nil || !strings.HasPrefix(string(b), "%PDF-") || int64(len(b)) != d.Size {
			t.Fatalf("bytes: %d, %v", len(b), err)
		}
		// Worked again, as after a kill between the bytes and the row: same bytes, one row, one file.
		for _, w := range f.Papers.Module().Work {
			if w.Kind != "documents.issue" {
				continue
			}
			if err := w.Do(t.Context(), []byte(`{"id":"`+d.ID+`"}`)); err != nil {
				t.Error(err)
			}
		}
		if fs, err := f.Archive.Of(t.Context(), "document/"+d.ID); err != nil || len(fs) != 1 {
			t.Errorf("%d files, %v", len(fs), err)
		}
		f.Check(t)
	})
}

func TestPaperThatCannotBeDrawnGoesToAPerson(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		const unknown = "\U000F0000" // private use: no face has it
		if len(f.Papers.Missing("张"+unknown)) != 1 {
			t.Fatal("the character is not missed when it is typed")
		}
		ds, err := place(t.Context(), f, order("donation/1", "张"+unknown))
		if err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		d, err := f.Papers.Document(t.Context(), ds[0].ID)
		if err != nil || d.State != documents.Failed || d.Reason == "" {
			t.Fatalf("paper = %+v, %v", d, err)
		}
		if err := f.Papers.Retry(t.Context(), clerk, d.ID); err != nil {
			t.Error(err)
		}
		if err := f.Papers.Retry(t.Context(), clerk, d.ID); fault.CodeOf(err) != "documents.not_failed" {
			t.Errorf("a second retry: %v", err)
		}
		f.Check(t)
	})
}

func TestReversalSumsToZeroAndHappensOnce(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		ds, err := place(t.Context(), f, order("donation/1", "张建明"))
		if err != nil {
			t.Fatal(err)
		}
		reverse := func() error {
			return f.Trail.Do(t.Context(), audit.Act{Actor: clerk, Need: documents.Manage, Verb: "documentstest.reverse", Subject: "x"}, func(ctx context.Context, tx *audit.Tx) error {
				_, err := f.Papers.Reverse(ctx, tx, ds[0].ID, "退款", func(old documents.Document, number, code, url string) any {
					r := receipt("张建明")(number, code, url).(pdf.Receipt)
					r.RedLetter, r.Reverses, r.Reason, r.AmountFen = true, old.Number, "退款", -r.AmountFen
					return r
				})
				return err
			})
		}
		if won := moduletest.Won(t, moduletest.AtOnce(8, func(int) error { return reverse() }), fault.Conflict); won != 1 {
			t.Errorf("%d reversals", won)
		}
		f.Settle(t)
		all, err := f.Papers.Of(t.Context(), "donation/1")
		if err != nil || len(all) != 2 || all[0].State != documents.Reversed || all[1].Reverses != all[0].ID || all[0].Amount+all[1].Amount != 0 || all[1].State != documents.Issued {
			t.Errorf("papers = %+v, %v", all, err)
		}
		f.Check(t)
	})
}

func TestVerificationShowsStateAndMasksThePayer(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, nil, func(t *testing.T, f *moduletest.Foundation) {
		voucher := order("relief/1", "张建明")
		voucher.Series, voucher.Kind = documents.Vouchers, "voucher"
		voucher.Make = func(number, code, url string) any {
			return pdf.Voucher{Org: pdf.Org{Name: "基金会"}, Number: number, VerifyCode: code, VerifyURL: url, Payee: "张建明", CaseNumber: "QJJZ-2026-000001", Fund: "大病", BatchNumber: "QJPC-2026-000001", AmountFen: 12345, Maker: "a", Checker: "b", Signatory: "c", PaidOn: "2026-11-25", IssuedOn: "2026-11-25"}
		}
		ds, err := place(t.Context(), f, order("donation/1", "张建明"), voucher)
		if err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		site := f.Serve(t, map[string]access.Actor{"clerk": clerk})
		site.Hide("张建明")
		pub := site.Public()
		a := pub.Get("/verify/" + ds[0].Number)
		if a.Status != 200 || !strings.Contains(a.Body, "凭证有效") || !strings.Contains(a.Body, "张*明") || !strings.Contains(a.Body, "¥123.45") {
			t.Errorf("receipt: status %d", a.Status)
		}
		if a := pub.Get("/verify/" + ds[1].Number); strings.Contains(a.Body, "¥123.45") || strings.Contains(a.Body, "张*明") || !strings.Contains(a.Body, "凭证有效") {
			t.Error("a voucher shows payee or amount without its code")
		}
		if a := pub.Get("/verify/" + ds[1].Number + "?code=" + strings.ToLower(ds[1].Code)); !strings.Contains(a.Body, "¥123.45") {
			t.Error("a voucher does not show its amount with its code")
		}
		if a := pub.Get("/verify/" + ds[1].Number + "/paper?code=" + ds[0].Code); a.Status != 404 {
			t.Errorf("the paper opens with another paper's code: %d", a.Status)
		}
		if a := pub.Get("/verify/" + ds[1].Number + "/paper?code=" + ds[1].Code); a.Status != 200 || !strings.HasPrefix(a.Body, "%PDF-") {
			t.Errorf("the paper does not open with its code: %d", a.Status)
		}
		if a := pub.Get("/verify/QJGA-2026-999999"); a.Status != 404 || !strings.Contains(a.Body, "没有这个编号") {
			t.Errorf("an unknown number: %d", a.Status)
		}
		if a := pub.Get("/desk/documents"); a.Status != 303 || !strings.HasPrefix(a.Location, "/signin") {
			t.Errorf("the public gets the desk: %d %s", a.Status, a.Location)
		}
		if a := site.As("clerk").Get("/desk/documents"); a.Status != 200 || !strings.Contains(a.Body, ds[0].Number) {
			t.Errorf("the clerk's list: %d", a.Status)
		}
		if a := site.As("clerk").Get("/desk/documents/" + ds[0].ID); a.Status != 200 {
			t.Errorf("the clerk's page: %d", a.Status)
		}
	})
}
