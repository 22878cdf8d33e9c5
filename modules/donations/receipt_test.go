package donations_test

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"care/modules/documents"
	"care/modules/donations"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/fault"
	"care/server/money"
)

var (
	issuer   = person("issuer", "高敏", "donations.view", "donations.receipt")
	verifier = person("verifier", "林涛", "donations.view", "donations.receipt", "donations.receipt_check", "donations.approve")
	second   = person("second", "韩雪", "donations.view", "donations.receipt", "donations.receipt_check")
)

// on gives the valid receipt of a gift.
func (g *given) on(t testing.TB, gift string) donations.Receipt {
	t.Helper()
	r := g.whole(t, gift).Valid()
	if r == nil {
		t.Fatal("the gift has no valid receipt")
	}
	return *r
}

// counter registers a gift at the desk and confirms it: nobody has its receipt yet.
func (g *given) counter(t testing.TB, p donations.Pledge, fen money.Fen) *donations.Whole {
	t.Helper()
	p.Campaign = g.Campaign.ID
	x, err := g.Register(t.Context(), clerk, p, payment(p.Name, fen), key())
	must(t, err)
	must(t, g.Confirm(t.Context(), checker, donations.Confirm{Arrival: g.live(t, x.ID)}))
	return g.whole(t, x.ID)
}

func (g *given) ask(t testing.TB, kind string, papers ...string) *donations.Reissue {
	t.Helper()
	x, err := g.AskReissue(t.Context(), issuer, donations.NewReissue{Kind: kind, Papers: papers, Reason: "捐赠人要求"}, key())
	must(t, err)
	return x
}

// printed gives what a paper says.
func (g *given) printed(t testing.TB, paper string) string {
	t.Helper()
	d, err := g.Papers.Document(t.Context(), paper)
	must(t, err)
	s, err := g.Papers.Data(d)
	must(t, err)
	return s
}

func TestReceiptsOfOnePayerUseAndYearBecomeOneAndComeApartAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		a, b, other := g.received(t, "张建明", 100), g.received(t, "张建明", 250), g.received(t, "李红梅", 100)
		ra, rb := g.on(t, a.ID), g.on(t, b.ID)
		for name, papers := range map[string][]string{"two payers": {ra.Paper, g.on(t, other.ID).Paper}, "one": {ra.Paper}, "none": nil} {
			if _, err := g.AskReissue(t.Context(), issuer, donations.NewReissue{Kind: donations.Merge, Papers: papers, Reason: "合并"}, key()); err == nil {
				t.Errorf("%s: merged", name)
			}
		}
		x := g.ask(t, donations.Merge, rb.Paper, ra.Paper)
		_, err := g.AskReissue(t.Context(), issuer, donations.NewReissue{Kind: donations.Replace, Papers: []string{ra.Paper}, Reason: "再来"}, key())
		refused(t, err, fault.Conflict, "donations.reissue.open")
		must(t, g.ApproveReissue(t.Context(), verifier, x.ID, ""))
		m := g.on(t, a.ID)
		if m.Paper != g.on(t, b.ID).Paper || m.Amount != 350 || m.Handler != "高敏" || m.Checker != "林涛" || g.whole(t, b.ID).Number != m.Number {
			t.Errorf("merged: %+v", m)
		}
		if s := g.printed(t, m.Paper); !strings.Contains(s, "张建明") || !strings.Contains(s, "合并开具 2 笔") {
			t.Errorf("the merged receipt says %s", s)
		}
		old, err := g.Receipt(t.Context(), ra.Paper)
		must(t, err)
		if old.State != donations.ReceiptReversed || old.Red == "" || old.Instead == nil || old.Instead.Number != m.Number {
			t.Errorf("what the donor held was not taken back by a red-letter receipt: %+v", old.Receipt)
		}
		refused(t, g.ApproveReissue(t.Context(), verifier, g.ask(t, donations.Split, m.Paper).ID+"x", ""), fault.NotFound, "db.not_found")
		xs, _, err := g.Reissues(t.Context(), 10)
		must(t, err)
		must(t, g.ApproveReissue(t.Context(), verifier, xs[0].ID, ""))
		if na, nb := g.on(t, a.ID), g.on(t, b.ID); na.Paper == nb.Paper || na.Amount != 100 || nb.Amount != 250 {
			t.Errorf("split: %+v %+v", na, nb)
		}
		_, err = g.AskReissue(t.Context(), issuer, donations.NewReissue{Kind: donations.Split, Papers: []string{g.on(t, a.ID).Paper}, Reason: "拆分"}, key())
		refused(t, err, fault.Conflict, "donations.reissue.not_merged")
	})
}

func TestWhoAsksForANewReceiptDoesNotDecide(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		r := g.on(t, g.received(t, "张建明", 100).ID)
		x, err := g.AskReissue(t.Context(), verifier, donations.NewReissue{Kind: donations.Replace, Papers: []string{r.Paper}, Reason: "重开"}, key())
		must(t, err)
		refused(t, g.ApproveReissue(t.Context(), verifier, x.ID, ""), fault.Forbidden, "donations.same_person")
		refused(t, g.DeclineReissue(t.Context(), verifier, x.ID, "不办"), fault.Forbidden, "donations.same_person")
		if err := g.ApproveReissue(t.Context(), issuer, x.ID, ""); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("without the permission: %v", err)
		}
		if _, err := g.AskReissue(t.Context(), clerk, donations.NewReissue{Kind: donations.Replace, Papers: []string{r.Paper}, Reason: "重开"}, key()); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("asked without the permission: %v", err)
		}
		field(t, g.DeclineReissue(t.Context(), second, x.ID, ""), "remark", "donations.reason")
		must(t, g.DeclineReissue(t.Context(), second, x.ID, "内容没有错"))
		refused(t, g.ApproveReissue(t.Context(), second, x.ID, ""), fault.Conflict, "donations.reissue.decided")
		if now := g.on(t, g.gifts(t, r.Paper)[0]); now.Paper != r.Paper {
			t.Error("a declined request changed the receipt")
		}
	})
}

func (g *given) gifts(t testing.TB, paper string) (ids []string) {
	t.Helper()
	w, err := g.Receipt(t.Context(), paper)
	must(t, err)
	for _, c := range w.Covers {
		ids = append(ids, c.Gift)
	}
	return ids
}

func TestAReceiptThatNeverLeftTheHouseIsVoidNotReversed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		w := g.counter(t, pledge("李秀英", 0), 300)
		r := g.on(t, w.ID)
		if r.DeliveredHow != "" {
			t.Fatalf("delivered %q at once", r.DeliveredHow)
		}
		must(t, g.ApproveReissue(t.Context(), verifier, g.ask(t, donations.Replace, r.Paper).ID, ""))
		old, err := g.Receipt(t.Context(), r.Paper)
		must(t, err)
		if old.State != donations.ReceiptVoid || old.Red != "" || old.Reason != "捐赠人要求" {
			t.Errorf("got %s, red %q", old.State, old.Red)
		}
		now := g.on(t, w.ID)
		field(t, g.HandOver(t.Context(), issuer, now.Paper, "bird"), "how", "donations.receipt.need_how")
		must(t, g.HandOver(t.Context(), issuer, now.Paper, donations.ByHand))
		if _, again := fault.IsAgain(g.HandOver(t.Context(), issuer, now.Paper, donations.ByHand)); !again {
			t.Error("a second delivery is not answered with what is done")
		}
		must(t, g.ApproveReissue(t.Context(), verifier, g.ask(t, donations.Replace, now.Paper).ID, ""))
		if old, err = g.Receipt(t.Context(), now.Paper); err != nil || old.State != donations.ReceiptReversed {
			t.Errorf("one that was handed over is %s, %v", old.State, err)
		}
	})
}

func TestAWrongNameIsPutRightOnTheNewReceiptOnly(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		w := g.received(t, "张建名", 100)
		r := g.on(t, w.ID)
		bad := donations.NewReissue{Kind: donations.Retitle, Papers: []string{r.Paper}, Payer: "<b>", PayerID: "12", Reason: ""}
		_, err := g.AskReissue(t.Context(), issuer, bad, key())
		field(t, err, "payer", "donations.name")
		field(t, err, "payer_id", "donations.payer_id")
		field(t, err, "why", "donations.reason")
		x, err := g.AskReissue(t.Context(), issuer, donations.NewReissue{Kind: donations.Retitle, Papers: []string{r.Paper}, Payer: "张建明", PayerID: "530302199001011232", Reason: "姓名写错"}, key())
		must(t, err)
		if strings.Contains(x.Payer, "张") {
			t.Error("the new name is stored in the open")
		}
		seen, err := g.Reissue(t.Context(), verifier, x.ID)
		must(t, err)
		if seen.Payer != "张建明" || strings.Contains(seen.PayerNo, "19900101") {
			t.Errorf("who decides reads %q %q", seen.Payer, seen.PayerNo)
		}
		if seen, err = g.Reissue(t.Context(), clerk, x.ID); err != nil || seen.Payer != "" {
			t.Errorf("who does not decide reads %q, %v", seen.Payer, err)
		}
		must(t, g.ApproveReissue(t.Context(), verifier, x.ID, ""))
		if s := g.printed(t, g.on(t, w.ID).Paper); !strings.Contains(s, "张建明") || strings.Contains(s, "19900101") {
			t.Errorf("the new receipt says %s", s)
		}
		if g.whole(t, w.ID).Masked != "张*名" {
			t.Error("the gift's own name changed")
		}
		must(t, g.ApproveReissue(t.Context(), verifier, g.ask(t, donations.Replace, g.on(t, w.ID).Paper).ID, ""))
		if s := g.printed(t, g.on(t, w.ID).Paper); !strings.Contains(s, "张建明") {
			t.Errorf("the same again lost the right name: %s", s)
		}
	})
}

func TestAnAnonymousDonorGetsTheOwnNameOnTheReceiptAndStaysAnonymousInPublic(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		p := pledge("刘洋", 0)
		p.Shown = donations.Anonymous
		w := g.counter(t, p, 500)
		r := g.on(t, w.ID)
		if s := g.printed(t, r.Paper); r.Disposition != donations.KeptAnonymous || strings.Contains(s, "刘洋") {
			t.Fatalf("%s receipt says %s", r.Disposition, s)
		}
		_, err := g.AskReissue(t.Context(), issuer, donations.NewReissue{Kind: donations.Retitle, Papers: []string{r.Paper}, Payer: "刘洋", Reason: "写名字"}, key())
		refused(t, err, fault.Conflict, "donations.reissue.anonymous")
		public, self := g.site(t).Public(), g.Href(w.ID)
		page := public.Get(self)
		has(t, page, 200, "申请实名收据")
		done(t, public.Post(self+"/named", moduletest.Form("once", page.Once(t))), self)
		has(t, public.Get(self), 200, "正在由工作人员复核")
		open, _, err := g.Reissues(t.Context(), 5)
		must(t, err)
		if len(open) != 1 || open[0].AskedName != "捐赠人本人" {
			t.Fatalf("%+v", open)
		}
		must(t, g.ApproveReissue(t.Context(), verifier, open[0].ID, ""))
		now := g.on(t, w.ID)
		if s := g.printed(t, now.Paper); !strings.Contains(s, "刘洋") || now.Disposition != donations.Deliver {
			t.Errorf("%s: %s", now.Disposition, s)
		}
		d, err := g.Papers.Document(t.Context(), now.Paper)
		must(t, err)
		if d.Payer != "爱心人士" {
			t.Errorf("the public would read %q", d.Payer)
		}
		refused(t, g.AskNamed(t.Context(), access.Public("192.0.2.1"), w.ID, key()), fault.Conflict, "donations.receipt_named")
	})
}

func TestAReceiptThatIsNotWantedIsIssuedKeptAndMayBeClaimed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		p := pledge("张建明", 100)
		p.Campaign, p.Waived = g.Campaign.ID, true
		x, err := g.Pledge(t.Context(), access.Public("192.0.2.1"), p, key())
		must(t, err)
		must(t, g.Record(t.Context(), clerk, x.ID, payment("张建明", 100), key()))
		must(t, g.Confirm(t.Context(), checker, donations.Confirm{Arrival: g.live(t, x.ID)}))
		if r := g.on(t, x.ID); r.Disposition != donations.Waived || r.Number == "" || r.DeliveredHow != "" {
			t.Fatalf("%+v", r)
		}
		self := g.Href(x.ID)
		has(t, s.Public().Get(self), 200, "现在领取收据")
		has(t, s.Public().Get(self+"/receipt"), 409, "由基金会留存")
		done(t, s.Public().Post(self+"/claim", nil), self)
		if r := g.on(t, x.ID); r.Disposition != donations.Deliver || r.DeliveredHow != donations.ByLink {
			t.Errorf("after the claim: %+v", r)
		}
		g.Settle(t)
		if a := s.Public().Get(self + "/receipt"); a.Status != 200 || !strings.HasPrefix(a.Body, "%PDF") {
			t.Errorf("the claimed receipt: %d", a.Status)
		}
		refused(t, g.Claim(t.Context(), access.Public("192.0.2.1"), g.received(t, "李红梅", 1).ID), fault.Conflict, "donations.receipt_delivered")
	})
}

func TestARefundOfOneGiftOfAMergedReceiptLeavesTheOthersReceipted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		a, b, c := g.received(t, "张建明", 100), g.received(t, "张建明", 250), g.received(t, "张建明", 50)
		x := g.ask(t, donations.Merge, g.on(t, a.ID).Paper, g.on(t, b.ID).Paper, g.on(t, c.ID).Paper)
		must(t, g.ApproveReissue(t.Context(), verifier, x.ID, ""))
		merged := g.on(t, b.ID)
		must(t, g.AskRefund(t.Context(), clerk, b.ID, "重复支付", key()))
		must(t, g.ApproveRefund(t.Context(), checker, g.whole(t, b.ID).Asked().ID, ""))
		rest := g.on(t, a.ID)
		if rest.Paper != g.on(t, c.ID).Paper || rest.Amount != 150 || rest.Paper == merged.Paper || g.whole(t, a.ID).Number != rest.Number || g.whole(t, b.ID).Valid() != nil {
			t.Errorf("rest %+v", rest)
		}
		if s := g.printed(t, rest.Paper); !strings.Contains(s, "张建明") {
			t.Errorf("the rest's receipt says %s", s)
		}
		if g.balance(t).Received() != 150 {
			t.Errorf("the fund holds %d", g.balance(t).Received())
		}
	})
}

func TestReissuesAndRefundsOfOneMomentKeepOneReceiptAGift(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		var papers, refunds, gifts []string
		for range 4 {
			w := g.received(t, "张建明", 100)
			gifts, papers = append(gifts, w.ID), append(papers, g.on(t, w.ID).Paper)
		}
		must(t, g.ApproveReissue(t.Context(), verifier, g.ask(t, donations.Merge, papers...).ID, ""))
		for _, id := range gifts[:3] {
			must(t, g.AskRefund(t.Context(), clerk, id, "重复支付", key()))
			refunds = append(refunds, g.whole(t, id).Asked().ID)
		}
		split := g.ask(t, donations.Split, g.on(t, gifts[3]).Paper).ID
		errs := moduletest.AtOnce(12, func(i int) error {
			if i%4 == 3 {
				return g.ApproveReissue(t.Context(), verifier, split, "")
			}
			return g.ApproveRefund(t.Context(), checker, refunds[i%4], "")
		})
		moduletest.Won(t, errs, fault.Conflict)
		for _, r := range refunds { // who met a change tries again, as the page says
			if err := g.ApproveRefund(t.Context(), checker, r, ""); err != nil {
				if _, again := fault.IsAgain(err); !again {
					t.Error(err)
				}
			}
		}
		if r := g.on(t, gifts[3]); r.Amount != 100 || g.balance(t).Received() != 100 {
			t.Errorf("left is a receipt over %d and %d in the fund", r.Amount, g.balance(t).Received())
		}
	})
}

func TestACopyIsMarkedAndCounted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		w := g.received(t, "张建明", 100)
		r := g.on(t, w.ID)
		_, _, err := g.Reprint(t.Context(), issuer, r.Paper, "", key())
		field(t, err, "why", "donations.reason")
		k := key()
		d, copied, err := g.Reprint(t.Context(), issuer, r.Paper, "原件遗失", k)
		must(t, err)
		g.Settle(t)
		_, _, err = g.Reprint(t.Context(), issuer, r.Paper, "原件遗失", k)
		if _, again := fault.IsAgain(err); !again {
			t.Errorf("the same form twice: %v", err)
		}
		f, err := g.Papers.Open(t.Context(), g.doc(t, r.Paper))
		must(t, err)
		var original bytes.Buffer
		_, err = original.ReadFrom(f)
		must(t, err)
		must(t, f.Close())
		if d.Number != w.Number || !bytes.HasPrefix(copied, []byte("%PDF")) || bytes.Equal(copied, original.Bytes()) {
			t.Error("the copy is not marked as one")
		}
		if n := g.on(t, w.ID).Reprints; n != 1 {
			t.Errorf("%d copies are counted", n)
		}
		if _, _, err := g.Reprint(t.Context(), clerk, r.Paper, "原件遗失", key()); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("without the permission: %v", err)
		}
	})
}

func (g *given) doc(t testing.TB, paper string) *documents.Document {
	t.Helper()
	d, err := g.Papers.Document(t.Context(), paper)
	must(t, err)
	return d
}

func gb18030(t testing.TB, s string) []byte {
	t.Helper()
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	must(t, err)
	return b
}

func fiscal(receipt string, n int, fen money.Fen) donations.FiscalIn {
	return donations.FiscalIn{Receipt: receipt, Code: "53060126", Number: fmt.Sprintf("%010d", n), CheckCode: "a1b2c3", Day: "2026-11-24", Amount: fen}
}

func TestAnOfficialReceiptIsRecordedOnceWithOurAmountAndCheckedByAnother(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		w := g.received(t, "张建明", 20_000)
		other := g.received(t, "李红梅", 500)
		field(t, g.RecordFiscal(t.Context(), verifier, fiscal(w.Number, 1, 19_999), key()), "amount", "donations.fiscal.differs")
		field(t, g.RecordFiscal(t.Context(), verifier, fiscal("QJGA-2026-999999", 1, 1), key()), "receipt", "donations.fiscal.unknown")
		bad := donations.FiscalIn{Receipt: "x", Code: "1", Number: "2", CheckCode: "3", Day: "2027-01-01"}
		err := g.RecordFiscal(t.Context(), verifier, bad, key())
		for name, code := range map[string]string{"receipt": "donations.fiscal.receipt", "code": "donations.fiscal.code", "number": "donations.fiscal.number", "check": "donations.fiscal.check", "day": "donations.day", "amount": "donations.amount"} {
			field(t, err, name, code)
		}
		must(t, g.RecordFiscal(t.Context(), verifier, fiscal(w.Number, 1, 20_000), key()))
		field(t, g.RecordFiscal(t.Context(), verifier, fiscal(other.Number, 1, 500), key()), "number", "donations.fiscal.used")
		field(t, g.RecordFiscal(t.Context(), verifier, fiscal(w.Number, 2, 20_000), key()), "number", "donations.fiscal.used")
		waits, err := g.FiscalsWaiting(t.Context(), 10)
		must(t, err)
		refused(t, g.CheckFiscal(t.Context(), verifier, waits[0].ID, true), fault.Forbidden, "donations.same_person")
		must(t, g.CheckFiscal(t.Context(), second, waits[0].ID, true))
		refused(t, g.RedFiscal(t.Context(), second, waits[0].ID, "0000000009", "2026-11-24"), fault.Conflict, "donations.fiscal.valid")
		must(t, g.AskRefund(t.Context(), clerk, w.ID, "重复支付", key()))
		must(t, g.ApproveRefund(t.Context(), checker, g.whole(t, w.ID).Asked().ID, ""))
		work, err := g.ReceiptWork(t.Context())
		must(t, err)
		if work.ToRed != 1 {
			t.Errorf("%d official receipts wait to be taken back, want 1", work.ToRed)
		}
		field(t, g.RedFiscal(t.Context(), second, waits[0].ID, "9", "2026-11-24"), "number", "donations.fiscal.number")
		must(t, g.RedFiscal(t.Context(), second, waits[0].ID, "0000000009", "2026-11-24"))
		// Sent back, a number may be recorded again.
		must(t, g.RecordFiscal(t.Context(), verifier, fiscal(other.Number, 3, 500), key()))
		waits, err = g.FiscalsWaiting(t.Context(), 10)
		must(t, err)
		must(t, g.CheckFiscal(t.Context(), second, waits[0].ID, false))
		must(t, g.RecordFiscal(t.Context(), verifier, fiscal(other.Number, 3, 500), key()))
	})
}

func TestAFileOfOfficialReceiptsIsTakenWholeOrNot(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		a, b := g.received(t, "张建明", 20_000), g.received(t, "李红梅", 50_050)
		row := func(number string, n int, yuan string) string {
			return fmt.Sprintf("%s\t53060126\t%010d\ta1b2c3\t2026-11-24\t%s", number, n, yuan)
		}
		v := s.As("issuer")
		page := v.Get("/desk/receipts/fiscals")
		has(t, page, 200, "批量导入")
		send := func(text string) moduletest.Answer {
			return v.PostFiles("/desk/receipts/fiscals", url.Values{"text": {text}, "once": {v.Get("/desk/receipts/fiscals").Once(t)}})
		}
		has(t, send(""), 422, "1 到 2000 行")
		has(t, send("a,b,1"), 422, "第 1 行：要有六列")
		has(t, send("收据编号\t票据代码\n"+row(a.Number, 1, "200")+"\n"+row(b.Number, 2, "500.5")+"\n"+row(b.Number, 3, "1")), 422, "第 4 行")
		if waits, err := g.FiscalsWaiting(t.Context(), 10); err != nil || len(waits) != 0 {
			t.Fatalf("a refused file left %d rows, %v", len(waits), err)
		}
		gb := "收据,代码,号码,校验码,日期,金额\r\n" + strings.ReplaceAll(row(a.Number, 1, "200")+"\r\n"+row(b.Number, 2, "500.50"), "\t", ",")
		done(t, v.PostFiles("/desk/receipts/fiscals", url.Values{"once": {page.Once(t)}}, moduletest.Upload{Field: "file", Name: "a.csv", Content: gb18030(t, gb)}), "/desk/receipts/fiscals")
		has(t, s.As("second").Get("/desk/receipts/fiscals"), 200, a.Number, b.Number, "与票据一致")
		waits, err := g.FiscalsWaiting(t.Context(), 10)
		must(t, err)
		has(t, s.As("second").Post("/desk/receipts/fiscals/check", url.Values{}), 422, "请先勾选")
		done(t, s.As("second").Post("/desk/receipts/fiscals/check", url.Values{"fiscal": {waits[0].ID, waits[1].ID}, "verdict": {"good"}}), "/desk/receipts/fiscals")
		has(t, v.Get("/desk/receipts?show=nofiscal"), 200, "没有符合条件的收据")
		has(t, v.Get("/desk/receipts?q="+a.Number), 200, "0000000001", "已复核")
	})
}

func TestReceiptsGoThroughTheirPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		s := g.site(t)
		a, b := g.received(t, "张建明", 100), g.received(t, "张建明", 250)
		v, w := s.As("issuer"), s.As("verifier")
		has(t, v.Get("/desk/receipts"), 200, a.Number, b.Number, "网页领取")
		pa, pb := g.on(t, a.ID).Paper, g.on(t, b.ID).Paper
		has(t, v.Get("/desk/receipts/"+pa), 200, "可以合并的收据", b.Number)
		has(t, v.Get("/desk/receipts/reissue"), 422, "请先勾选收据")
		form := v.Get("/desk/receipts/reissue?paper=" + pa + "&paper=" + pb)
		has(t, form, 200, "合并开具", "¥3.50")
		send := url.Values{"paper": {pa, pb}, "kind": {"merge"}, "once": {form.Once(t)}}
		has(t, v.Post("/desk/receipts/reissue", send), 422, "请写明原因", a.Number)
		send.Set("why", "年底合并开票")
		asked := v.Post("/desk/receipts/reissue", send)
		if asked.Status != 303 {
			t.Fatalf("%d", asked.Status)
		}
		has(t, v.Get(asked.Location), 200, "要请另一位同事复核", "年底合并开票")
		has(t, v.Get("/desk/receipts/"+pa), 200, "等待复核")
		has(t, w.Get("/desk/receipts/reissues"), 200, "合并开具", "等 2 张")
		has(t, w.Get(asked.Location), 200, "批准换开", "批准后红冲")
		has(t, w.Post(asked.Location, moduletest.Form("verdict", "decline")), 422, "请写明原因")
		done(t, w.Post(asked.Location, moduletest.Form("verdict", "approve")), asked.Location)
		m := g.on(t, a.ID)
		has(t, v.Get("/desk/receipts/"+m.Paper), 200, "高敏", "林涛", "登记号码")
		has(t, v.Get("/desk/receipts/"+pa), 200, "已红冲", m.Number)
		page := v.Get("/desk/receipts/" + m.Paper + "/reprint")
		has(t, page, 200, "补打这张收据")
		has(t, v.Post("/desk/receipts/"+m.Paper+"/reprint", moduletest.Form("once", page.Once(t))), 422, "请写明原因")
		if a := v.Post("/desk/receipts/"+m.Paper+"/reprint", moduletest.Form("once", page.Once(t), "why", "原件遗失")); a.Status != 200 || !strings.HasPrefix(a.Body, "%PDF") {
			t.Errorf("the copy: %d", a.Status)
		}
		page = v.Get("/desk/receipts/" + m.Paper + "/fiscal")
		has(t, page, 200, "票据号码")
		has(t, v.Post("/desk/receipts/"+m.Paper+"/fiscal", moduletest.Form("once", page.Once(t), "code", "1")), 422, "请填写 8 位票据代码")
		done(t, v.Post("/desk/receipts/"+m.Paper+"/fiscal", moduletest.Form("once", page.Once(t), "code", "53060126", "number", "0000000001", "check", "a1b2c3", "day", "2026-11-24")), "/desk/receipts/"+m.Paper)
		has(t, v.Get("/desk/receipts/gaps"), 200, "一分不差", "连续无断号")
		csv := v.Get("/desk/receipts/export.csv?show=valid")
		if !strings.Contains(csv.Body, m.Number) || !strings.Contains(csv.Body, "合计,1,有效,,,,3.50") {
			t.Errorf("export: %s", csv.Body)
		}
		for _, p := range []string{"/desk/receipts", "/desk/receipts/" + m.Paper, "/desk/receipts/gaps"} {
			if got := s.As("stranger").Get(p); got.Status != 403 {
				t.Errorf("a stranger reads %s: %d", p, got.Status)
			}
		}
		for _, p := range []string{"/desk/receipts/none", "/desk/receipts/reissues/none", "/desk/receipts/fiscals/none/red", "/desk/receipts/reissue?paper=none"} {
			if got := v.Get(p); got.Status != 404 {
				t.Errorf("%s: %d", p, got.Status)
			}
		}
	})
}
