package relief_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"care/modules/audit"
	"care/modules/documents"
	"care/modules/ledger"
	"care/modules/moduletest"
	"care/modules/network"
	"care/modules/relief"
	"care/server/access"
	"care/server/clock"
	"care/server/fault"
	"care/server/money"
	"care/templates/pdf"
)

// world is a city with its relief desk and one person for each stage.
type world struct {
	*moduletest.Foundation
	relief *relief.Relief
	places *network.Net
	names  names
	fund   *ledger.Fund
}

type names struct{}

func (names) Names(_ context.Context, ids []string) (map[string]string, error) {
	m := map[string]string{}
	for _, id := range ids {
		m[id] = "员工" + id
	}
	return m, nil
}

func (names) ByLogin(context.Context, string) (access.Actor, error) {
	return access.Actor{}, fault.New(fault.NotFound, "db.not_found")
}

func sets() []fs.FS {
	return []fs.FS{(&network.Net{}).Module().Migrations, (&relief.Relief{}).Module().Migrations}
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	moduletest.Each(t, sets(), func(t *testing.T, f *moduletest.Foundation) { fn(t, newWorld(t, f)) })
}

func newWorld(t testing.TB, f *moduletest.Foundation) *world {
	t.Helper()
	w := &world{Foundation: f, places: network.New(f.DB, f.Trail)}
	if err := w.places.Seed(t.Context(), f.Clock); err != nil {
		t.Fatal(err)
	}
	f.Clock.To(moduletest.Start) // the seed of the places may have travelled
	w.relief = relief.New(f.DB, f.Trail, f.Funds, f.Papers, f.Archive, f.Box, w.places, w.names, relief.Office{Org: pdf.Org{Name: "曲靖市退役军人关爱基金会"}, Phone: "0874-3100000", Demo: true})
	w.fund = f.Fund(t, "AID", ledger.Restricted, 1_000_000_00)
	return w
}

// later lets time pass.
func (w *world) later(d time.Duration) { w.Clock.To(w.Clock.Now().Add(d)) }

// check proves every invariant of every module.
func (w *world) check(t testing.TB) {
	t.Helper()
	w.Check(t, w.places.Module(), w.relief.Module())
}

const (
	cityPath     = "/530300/"
	countyPath   = "/530300/530326/"
	townshipPath = "/530300/530326/530326106/"
	villagePath  = "/530300/530326/530326106/530326106201/"
	outsidePath  = "/530300/530381/"
)

func actor(id, path string, perms ...access.Perm) access.Actor {
	a := access.Actor{ID: id, Name: id, Area: access.Area{Path: path}}
	perms = append(perms, relief.View)
	if path == cityPath {
		perms = append(perms, relief.BatchView)
	}
	for _, p := range perms {
		a.Perms = append(a.Perms, p.Name)
	}
	slices.Sort(a.Perms)
	return a
}

var (
	clerk    = actor("clerk", villagePath, relief.File)
	village  = actor("village", villagePath, relief.Village)
	township = actor("township", townshipPath, relief.Township)
	county   = actor("county", countyPath, relief.County)
	poster   = actor("poster", countyPath, relief.Publish)
	probe    = actor("probe", countyPath, relief.Object)
	city     = actor("city", cityPath, relief.City)
	chief    = actor("chief", cityPath, relief.Approve)
	council  = actor("council", cityPath, relief.Approve)
	maker    = actor("maker", cityPath, relief.Batch)
	checker  = actor("checker", cityPath, relief.BatchCheck, relief.BankCheck)
	signer   = actor("signer", cityPath, relief.BatchSign)
	cashier  = actor("cashier", cityPath, relief.Bank)
	admin    = actor("admin", cityPath, relief.Settings)
)

// idNumber makes the n-th synthetic identity number with its check digit.
func idNumber(n int) string {
	base := fmt.Sprintf("530326195%d0%d%02d%03d", n%9, n%8+1, n%27+1, n%1000)
	weights := []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += int(base[i]-'0') * w
	}
	return base + string("10X98765432"[sum%11])
}

// card makes the n-th synthetic card number with its Luhn digit.
func card(n int) string {
	base := fmt.Sprintf("621700387%09d", n)
	sum := 0
	for i := range len(base) {
		d := int(base[len(base)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return base + string(rune('0'+(10-sum%10)%10))
}

func form(n int) relief.Form {
	name := "张建" + string([]rune("国华军平民强勇生明亮")[n%10])
	return relief.Form{
		Name: name, Identity: idNumber(n), Phone: fmt.Sprintf("138%08d", n), Category: "soldier", Area: "530326106201", Address: "石河村三组 12 号",
		Kind: "medical", CauseDay: "2026-09-12", Story: "今年九月查出重病，做了两次手术，家里已经借了不少钱。", Requested: "20000", Holder: name, Bank: "农业银行会泽者海支行", Card: card(n),
		Truth: true, Checks: true, Sensitive: true, Public: true,
	}
}

var pdfBytes = []byte("%PDF-1.4\n%evidence\n")

func (w *world) evidence(t testing.TB, s string) []relief.NewFile {
	t.Helper()
	st, err := w.Archive.Put(t.Context(), "证明.pdf", bytes.NewReader(append(slices.Clone(pdfBytes), s...)))
	if err != nil {
		t.Fatal(err)
	}
	return []relief.NewFile{{Category: "diagnosis", Stored: st}}
}

func (w *world) submit(t testing.TB, n int) string {
	t.Helper()
	id, err := w.relief.Submit(t.Context(), clerk, "", form(n), w.evidence(t, fmt.Sprint(n)), "")
	must(t, err)
	return id
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v %+v", err, fault.FieldsOf(err))
	}
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no fault, want %s", code)
	}
	if fault.CodeOf(err) == code {
		return
	}
	for _, f := range fault.FieldsOf(err) {
		if f.Code == code {
			return
		}
	}
	t.Fatalf("got %v, want %s", err, code)
}

func (w *world) visit() relief.NewVisit {
	return relief.NewVisit{First: "李文", Second: "赵红", Day: clock.DayOf(w.Clock.Now()), Findings: "住房老旧，病历和缴费单与所述一致。", Conclusion: "true"}
}

// steps are the stages from the station to the publication.
func (w *world) toPublish(t testing.TB, n int, amount money.Fen) string {
	t.Helper()
	id := w.submit(t, n)
	ctx := t.Context()
	must(t, w.relief.CheckVillage(ctx, village, id, "情况属实", ""))
	must(t, w.relief.ReviewTownship(ctx, township, id, w.visit(), "同意上报", nil, ""))
	must(t, w.relief.ReviewCounty(ctx, county, id, amount, "建议帮扶", ""))
	return id
}

func (w *world) toNotice(t testing.TB, n int, amount money.Fen) (id, notice string) {
	t.Helper()
	id = w.toPublish(t, n, amount)
	notice, err := w.relief.Post(t.Context(), poster, id, w.fund.ID, "", "")
	must(t, err)
	return id, notice
}

// afterNotice lets the period pass and the daily clock run.
func (w *world) afterNotice(t testing.TB) {
	t.Helper()
	w.later(9 * 24 * time.Hour)
	_, err := w.relief.CloseNotices(t.Context())
	must(t, err)
}

// award brings a case to its award and gives the award's id.
func (w *world) award(t testing.TB, n int, amount money.Fen) (id, award string) {
	t.Helper()
	id, _ = w.toNotice(t, n, amount)
	w.afterNotice(t)
	must(t, w.relief.ReviewCity(t.Context(), city, id, "符合条件", ""))
	must(t, w.relief.Grant(t.Context(), chief, id, amount, "同意", ""))
	return id, w.sheet(t, id).Award.ID
}

func (w *world) sheet(t testing.TB, id string) *relief.Sheet {
	t.Helper()
	h, err := w.relief.Sheet(t.Context(), actor("reader", cityPath), id)
	must(t, err)
	return h
}

// released brings awards to a batch at the bank.
func (w *world) released(t testing.TB, awards ...string) string {
	t.Helper()
	ctx := t.Context()
	b, err := w.relief.Gather(ctx, maker, awards, "")
	must(t, err)
	must(t, w.relief.Lock(ctx, maker, b, ""))
	must(t, w.relief.CheckBatch(ctx, checker, b, ""))
	must(t, w.relief.Sign(ctx, signer, b, ""))
	must(t, w.relief.Release(ctx, cashier, b, ""))
	return b
}

// result writes a result file of the bank; outcomes in the order of the lines.
func (w *world) result(t testing.TB, batch string, outcomes ...string) []byte {
	t.Helper()
	h, err := w.relief.BatchSheet(t.Context(), batch)
	must(t, err)
	var sum money.Fen
	var b strings.Builder
	n := 0
	for i, o := range outcomes {
		if o == "" {
			continue
		}
		n++
		reason := ""
		if o != "成功" {
			reason = "账号户名不符"
		}
		fmt.Fprintf(&b, "%d,%s,%s,%s,REF%d\r\n", h.Lines[i].Line, h.Lines[i].Amount, o, reason, i)
		sum += h.Lines[i].Amount
	}
	return fmt.Appendf(nil, "批次号,%s,笔数,%d,合计金额,%s\r\n行号,金额,结果,原因,流水号\r\n%s", h.Number, n, sum, b.String())
}

func (w *world) today() clock.Day { return clock.DayOf(w.Clock.Now()) }

// settle imports a result and lets the second person confirm it.
func (w *world) settle(t testing.TB, batch string, outcomes ...string) {
	t.Helper()
	_, err := w.relief.Import(t.Context(), cashier, "回盘.csv", w.result(t, batch, outcomes...), w.today(), "")
	must(t, err)
	h, err := w.relief.BatchSheet(t.Context(), batch)
	must(t, err)
	must(t, w.relief.Confirm(t.Context(), checker, h.Staged.ID, ""))
}

func buckets(f ledger.Fund) [4]money.Fen {
	return [4]money.Fen{f.Available, f.Reserved, f.Committed, f.Disbursed}
}

func (w *world) wantFund(t testing.TB, when string, available, reserved, committed, disbursed money.Fen) {
	t.Helper()
	if got, want := buckets(w.Balance(t, w.fund.ID)), [4]money.Fen{available, reserved, committed, disbursed}; got != want {
		t.Fatalf("%s: the fund holds %v, want %v", when, got, want)
	}
}

// TestACaseBecomesAPaidVoucher walks the whole path and looks at the money after each step.
func TestACaseBecomesAPaidVoucher(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		id := w.toPublish(t, 1, 18_000_00)
		w.wantFund(t, "before the notice", 1_000_000_00, 0, 0, 0)
		_, err := w.relief.Post(ctx, poster, id, w.fund.ID, "", "")
		must(t, err)
		w.wantFund(t, "in the notice", 982_000_00, 18_000_00, 0, 0)
		w.check(t)
		w.afterNotice(t)
		must(t, w.relief.ReviewCity(ctx, city, id, "符合条件", ""))
		must(t, w.relief.Grant(ctx, chief, id, 15_000_00, "同意，金额适当调减", ""))
		w.wantFund(t, "approved lower than noticed", 985_000_00, 15_000_00, 0, 0)
		w.check(t)
		b := w.released(t, w.sheet(t, id).Award.ID)
		w.wantFund(t, "signed", 985_000_00, 0, 15_000_00, 0)
		w.check(t)
		w.settle(t, b, "成功")
		w.wantFund(t, "paid", 985_000_00, 0, 0, 15_000_00)
		w.Settle(t)
		h := w.sheet(t, id)
		if len(h.Papers) != 2 || h.Papers[0].State != documents.Issued || h.Papers[1].Number != "QJBF-2026-000001" || h.Papers[1].State != documents.Issued {
			t.Errorf("papers %+v, want a drawn notice and a drawn voucher", h.Papers)
		}
		w.check(t)
	})
}

// TestNobodyActsAtTwoStages tries every pair of stages with one person who holds every permission everywhere.
func TestNobodyActsAtTwoStages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		perms := (&relief.Relief{}).Module().Perms
		all := actor("all", cityPath, perms...)
		stages := []func(who access.Actor, id string) error{
			func(who access.Actor, id string) error {
				return w.relief.CheckVillage(ctx, who, id, "情况属实", "")
			},
			func(who access.Actor, id string) error {
				return w.relief.ReviewTownship(ctx, who, id, w.visit(), "同意上报", nil, "")
			},
			func(who access.Actor, id string) error {
				return w.relief.ReviewCounty(ctx, who, id, 1_000_00, "建议帮扶", "")
			},
			func(who access.Actor, id string) error {
				_, err := w.relief.Post(ctx, who, id, w.fund.ID, "", "")
				return err
			},
			func(who access.Actor, id string) error {
				w.afterNotice(t)
				return w.relief.ReviewCity(ctx, who, id, "符合条件", "")
			},
			func(who access.Actor, id string) error { return w.relief.Grant(ctx, who, id, 1_000_00, "同意", "") },
		}
		people := []access.Actor{village, township, county, poster, city, chief}
		for first := -1; first < len(stages); first++ { // -1: filed by the same person
			filer := clerk
			if first == -1 {
				filer = all
			}
			w.Clock.To(moduletest.Start) // seven periods in a row would leave the year that is loaded
			f := form(20 + first)
			id, err := w.relief.Submit(ctx, filer, "", f, w.evidence(t, fmt.Sprint("pair", first)), "")
			must(t, err)
			for i, stage := range stages {
				if i == first {
					must(t, stage(all, id))
					continue
				}
				if i > first {
					err := stage(all, id)
					wantCode(t, err, "relief.same_person")
				}
				must(t, stage(people[i], id))
			}
		}
		w.check(t)
	})
}

// TestStagesNeedTheirRoleAndArea lets people with another role, or from another county, try each stage.
func TestStagesNeedTheirRoleAndArea(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		type try struct {
			name string
			perm access.Perm
			act  func(who access.Actor, id string) error
		}
		id := w.submit(t, 1)
		tries := []try{
			{"village", relief.Village, func(who access.Actor, id string) error {
				return w.relief.CheckVillage(ctx, who, id, "情况属实", "")
			}},
			{"township", relief.Township, func(who access.Actor, id string) error {
				return w.relief.ReviewTownship(ctx, who, id, w.visit(), "同意上报", nil, "")
			}},
			{"county", relief.County, func(who access.Actor, id string) error {
				return w.relief.ReviewCounty(ctx, who, id, 1_000_00, "建议帮扶", "")
			}},
			{"publish", relief.Publish, func(who access.Actor, id string) error {
				_, err := w.relief.Post(ctx, who, id, w.fund.ID, "", "")
				return err
			}},
		}
		for _, s := range tries {
			if err := s.act(actor("nobody", cityPath, relief.File, relief.Batch), id); fault.KindOf(err) != fault.Forbidden {
				t.Errorf("%s without the permission: %v, want forbidden", s.name, err)
			}
			if err := s.act(actor("outside", outsidePath, s.perm), id); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s from another county: %v, want not found", s.name, err)
			}
			if s.name != "village" {
				if err := s.act(actor("early", cityPath, s.perm), id); fault.CodeOf(err) != "relief.not_here" {
					t.Errorf("%s before its turn: %v, want relief.not_here", s.name, err)
				}
			}
		}
		if _, err := w.relief.Sheet(ctx, actor("outside", outsidePath), id); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the page of a case in another county: %v, want not found", err)
		}
		if p, err := w.relief.Cases(ctx, actor("outside", outsidePath), "", "", "", 10); err != nil || len(p.Rows) != 0 {
			t.Errorf("the list of another county shows %d cases, %v", len(p.Rows), err)
		}
	})
}

// TestReturnComesBackToTheSameStage returns a case from each stage and hands it in again.
func TestReturnComesBackToTheSameStage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		id := w.submit(t, 1)
		for _, at := range []struct {
			who   access.Actor
			state relief.State
			pass  func() error
		}{
			{village, relief.AtVillage, func() error { return w.relief.CheckVillage(ctx, village, id, "情况属实", "") }},
			{township, relief.AtTownship, func() error { return w.relief.ReviewTownship(ctx, township, id, w.visit(), "同意上报", nil, "") }},
			{county, relief.AtCounty, func() error { return w.relief.ReviewCounty(ctx, county, id, 1_000_00, "建议帮扶", "") }},
		} {
			wantCode(t, w.relief.Return(ctx, at.who, id, "太短", ""), "relief.need_reason")
			must(t, w.relief.Return(ctx, at.who, id, "请补充出院小结和费用结算单", ""))
			if got := w.sheet(t, id).State; got != relief.Returned {
				t.Fatalf("after the return the case is at %s", got)
			}
			other := actor("other", villagePath, relief.File)
			wantCode(t, w.relief.Resubmit(ctx, other, id, relief.Amended{Story: "补充说明：已附上出院小结。", Requested: 10_000_00, Note: "补充材料"}, nil, ""), "relief.only_filer")
			must(t, w.relief.Resubmit(ctx, clerk, id, relief.Amended{Story: "补充说明：已附上出院小结和结算单。", Requested: 10_000_00, Note: "补充材料"}, nil, ""))
			if got := w.sheet(t, id).State; got != at.state {
				t.Fatalf("handed in again the case is at %s, want %s", got, at.state)
			}
			must(t, at.pass())
		}
		w.check(t)
	})
}

// TestOneLiveCaseForOneCause refuses the same person, kind and day again, until the first one has ended without aid.
func TestOneLiveCaseForOneCause(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		id := w.submit(t, 1)
		_, err := w.relief.Submit(ctx, clerk, "", form(1), w.evidence(t, "again"), "")
		wantCode(t, err, "relief.duplicate")
		must(t, w.relief.Refuse(ctx, village, id, "核实后不符合帮扶条件，已当面说明", ""))
		w.submit(t, 1)
		other := form(2)
		other.Card = form(1).Card
		_, err = w.relief.Submit(ctx, clerk, "", other, w.evidence(t, "card"), "")
		wantCode(t, err, "relief.card_taken")
	})
}

// TestDoubleClickFilesOnce sends the same form with the same token at once.
func TestDoubleClickFilesOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		files := w.evidence(t, "x")
		var wg sync.WaitGroup
		ids, errs := make([]string, 6), make([]error, 6)
		for i := range 6 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				ids[i], errs[i] = w.relief.Submit(t.Context(), clerk, "", form(1), files, "token-of-one-form")
			}()
		}
		wg.Wait()
		won := 0
		for i, err := range errs {
			if err == nil {
				won++
			} else if _, again := fault.IsAgain(err); !again {
				t.Errorf("press %d: %v, want already done", i, err)
			}
			if ids[i] != ids[0] {
				t.Errorf("press %d leads to %s, the first one to %s", i, ids[i], ids[0])
			}
		}
		if won != 1 {
			t.Errorf("%d presses filed a case, want 1", won)
		}
	})
}

// TestSixtyNoticesForAFundOfTen publishes sixty at once; exactly ten find money.
func TestSixtyNoticesForAFundOfTen(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		fund := w.Fund(t, "TEN", ledger.Restricted, 10*1_000_00)
		ids := make([]string, 60)
		for i := range ids {
			ids[i] = w.toPublish(t, i+1, 1_000_00)
		}
		errs := at60(ids, func(id string) error {
			_, err := w.relief.Post(t.Context(), poster, id, fund.ID, "", "")
			return err
		})
		won := 0
		for _, err := range errs {
			switch {
			case err == nil:
				won++
			case fault.CodeOf(err) != "relief.unfunded":
				t.Errorf("%v, want relief.unfunded", err)
			}
		}
		f := w.Balance(t, fund.ID)
		if won != 10 || f.Available != 0 || f.Reserved != 10*1_000_00 {
			t.Errorf("%d notices were posted, the fund holds %d available and %d reserved; want 10, 0 and all", won, f.Available, f.Reserved)
		}
		w.check(t)
	})
}

func at60(ids []string, do func(id string) error) []error {
	return moduletest.AtOnce(len(ids), func(i int) error { return do(ids[i]) })
}

// TestReadThenWriteOversells is the negative control: the same race with a balance that is read first oversells on PostgreSQL,
// so the test above can fail.
func TestReadThenWriteOversells(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		if !w.DB.Postgres() {
			return // SQLite has one writer: the race cannot happen, which is why the test above runs on both
		}
		fund := w.Fund(t, "TEN", ledger.Restricted, 10*1_000_00)
		_, err := w.DB.Writer().ExecContext(t.Context(), "CREATE TABLE naive (fund text, amount bigint)")
		must(t, err)
		ids := make([]string, 60)
		var reached sync.WaitGroup
		reached.Add(11) // the pool holds 12 connections: eleven read before anybody writes
		var once [60]sync.Once
		n := make(chan int, 60)
		for i := range 60 {
			n <- i
		}
		errs := at60(ids, func(string) error {
			i := <-n
			return w.Trail.Do(t.Context(), audit.Act{Actor: poster, Need: relief.Publish, Verb: "relief.naive", Subject: fund.ID}, func(ctx context.Context, tx *audit.Tx) error {
				var promised money.Fen
				if err := tx.NewRaw("SELECT coalesce(sum(amount), 0) FROM naive").Scan(ctx, &promised); err != nil {
					return err
				}
				if i < 11 {
					once[i].Do(reached.Done)
					reached.Wait()
				}
				if promised+1_000_00 > 10*1_000_00 {
					return fault.New(fault.Unfunded, "relief.unfunded")
				}
				_, err := tx.NewRaw("INSERT INTO naive VALUES (?, ?)", fund.ID, 1_000_00).Exec(ctx)
				return err
			})
		})
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			}
		}
		if won <= 10 {
			t.Errorf("read-then-write posted %d for a fund of ten: this control no longer shows the race", won)
		}
	})
}

// TestObjectionStopsTheClock raises an objection, lets the period pass, dismisses it, and counts on.
func TestObjectionStopsTheClock(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		id, notice := w.toNotice(t, 1, 10_000_00)
		if got := w.sheet(t, id).Notice.ToDay; got != "2026-12-02" {
			t.Fatalf("a notice of five working days posted on Wednesday 25 November ends on %s, want 2026-12-02", got)
		}
		w.later(24 * time.Hour)
		number, err := w.relief.Raise(ctx, access.Public("127.0.0.1"), notice, relief.NewObjection{Name: "王五", Phone: "13900000001", Facts: "他家今年盖了新房，还买了车。"}, "")
		must(t, err)
		w.later(20 * 24 * time.Hour)
		if n, err := w.relief.CloseNotices(ctx); err != nil || n != 0 {
			t.Fatalf("%d notices closed with an open objection, %v", n, err)
		}
		wantCode(t, w.relief.ReviewCity(ctx, city, id, "符合条件", ""), "relief.not_here")
		x, err := w.relief.Receipt(ctx, number)
		must(t, err)
		for _, who := range []access.Actor{actor("county", countyPath, relief.Object), actor("clerk", villagePath, relief.Object)} {
			wantCode(t, w.relief.Dismiss(ctx, who, x.ID, "经核实，所述情况不属实", ""), "relief.same_person")
		}
		must(t, w.relief.Dismiss(ctx, probe, x.ID, "经入户核实，新房为危房改造，没有车辆", ""))
		// Posted Wed 25 Nov to Wed 2 Dec; stopped on Thu 26 Nov with 26, 27, 30 Nov, 1 and 2 Dec left; runs on after Wed 16 Dec.
		if got := w.sheet(t, id).Notice.ToDay; got != "2026-12-23" {
			t.Errorf("after the objection the notice ends on %s, want 2026-12-23", got)
		}
		w.check(t)
		w.later(8 * 24 * time.Hour)
		if n, err := w.relief.CloseNotices(ctx); err != nil || n != 1 {
			t.Errorf("%d notices closed after the period, %v; want 1", n, err)
		}
		w.check(t)
	})
}

// TestUpheldObjectionFreesTheMoney refuses the case and gives the reservation back.
func TestUpheldObjectionFreesTheMoney(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		id, notice := w.toNotice(t, 1, 10_000_00)
		number, err := w.relief.Raise(ctx, access.Public(""), notice, relief.NewObjection{Name: "王五", Phone: "13900000001", Facts: "他不住在本村，也没有生病。"}, "")
		must(t, err)
		x, err := w.relief.Receipt(ctx, number)
		must(t, err)
		must(t, w.relief.Uphold(ctx, probe, x.ID, "经核实，申请人提供的材料不真实", ""))
		w.wantFund(t, "upheld", 1_000_000_00, 0, 0, 0)
		if got := w.sheet(t, id); got.State != relief.Refused || got.Notice.State != relief.Cancelled {
			t.Errorf("case %s, notice %s; want refused and cancelled", got.State, got.Notice.State)
		}
		if _, err := w.relief.Notice(ctx, notice); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the cancelled notice is still public: %v", err)
		}
		w.check(t)
	})
}

// TestRefusalAndWithdrawalFreeTheMoney ends cases after their notice.
func TestRefusalAndWithdrawalFreeTheMoney(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		a, _ := w.toNotice(t, 1, 10_000_00)
		b, _ := w.toNotice(t, 2, 20_000_00)
		must(t, w.relief.Withdraw(ctx, clerk, a, "申请人说困难已经缓解，不再申请", ""))
		w.wantFund(t, "withdrawn", 980_000_00, 20_000_00, 0, 0)
		w.check(t)
		w.afterNotice(t)
		must(t, w.relief.Refuse(ctx, city, b, "已由其他渠道全额救助，不再重复帮扶", ""))
		w.wantFund(t, "refused", 1_000_000_00, 0, 0, 0)
		w.check(t)
	})
}

// TestLargeAmountsNeedTwoApprovers counts one approval by one person, and asks the second one for the same amount.
func TestLargeAmountsNeedTwoApprovers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		id := w.toPublish(t, 1, 20_000_00)
		must(t, w.relief.SetLimits(ctx, admin, relief.Limits{NoticeDays: 5, ApproveAlone: 10_000_00}, ""))
		_, err := w.relief.Post(ctx, poster, id, w.fund.ID, "", "")
		must(t, err)
		w.afterNotice(t)
		must(t, w.relief.ReviewCity(ctx, city, id, "符合条件", ""))
		wantCode(t, w.relief.Grant(ctx, chief, id, 20_000_01, "同意", ""), "relief.over_notice")
		must(t, w.relief.Grant(ctx, chief, id, 18_000_00, "同意", ""))
		wantCode(t, w.relief.Grant(ctx, chief, id, 18_000_00, "同意", ""), "relief.voted")
		wantCode(t, w.relief.Grant(ctx, council, id, 17_000_00, "同意", ""), "relief.other_vote")
		if w.sheet(t, id).Award != nil {
			t.Fatal("one approval made an award that needs two")
		}
		must(t, w.relief.Grant(ctx, council, id, 18_000_00, "同意", ""))
		if a := w.sheet(t, id).Award; a == nil || a.Amount != 18_000_00 {
			t.Fatalf("award %+v, want 18,000.00", a)
		}
		w.check(t)
	})
}

// TestCountyStaysWithinCapAndRequest refuses amounts above the cap, and above the request without a reason.
func TestCountyStaysWithinCapAndRequest(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		id := w.submit(t, 1)
		must(t, w.relief.CheckVillage(ctx, village, id, "情况属实", ""))
		must(t, w.relief.ReviewTownship(ctx, township, id, w.visit(), "同意上报", nil, ""))
		wantCode(t, w.relief.ReviewCounty(ctx, county, id, 50_000_01, "建议帮扶，理由充分且属实", ""), "relief.over_cap")
		wantCode(t, w.relief.ReviewCounty(ctx, county, id, 20_000_01, "建议", ""), "relief.over_request")
		wantCode(t, w.relief.ReviewCounty(ctx, county, id, 0, "建议帮扶", ""), "relief.need_amount")
		wantCode(t, w.relief.ReviewCounty(ctx, county, id, -1, "建议帮扶", ""), "relief.need_amount")
		must(t, w.relief.ReviewCounty(ctx, county, id, 20_000_01, "病情加重，费用比申请时多出一倍", ""))
	})
}

// TestMissingYearRefusesToPost loads the year, after which the notice is posted.
func TestMissingYearRefusesToPost(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.later(34 * 24 * time.Hour) // 29 December
		id := w.toPublish(t, 1, 10_000_00)
		_, err := w.relief.Post(ctx, poster, id, w.fund.ID, "", "")
		wantCode(t, err, "relief.no_year")
		w.wantFund(t, "refused", 1_000_000_00, 0, 0, 0)
		must(t, w.relief.SetYear(ctx, admin, relief.Year{Year: 2027, OffDays: "2027-01-01 2027-01-02 2027-01-03 2027-02-05 2027-02-06 2027-02-07 2027-02-08", WorkDays: "2027-01-09", Source: "测试用的节假日安排"}, ""))
		_, err = w.relief.Post(ctx, poster, id, w.fund.ID, "", "")
		must(t, err)
		// Tue 29 Dec: 30, 31 Dec, 4, 5, 6 Jan.
		if got := w.sheet(t, id).Notice.ToDay; got != "2027-01-06" {
			t.Errorf("the notice ends on %s, want 2027-01-06", got)
		}
	})
}

// TestBatchNeedsThreePeople tries every wrong person at every step of a batch.
func TestBatchNeedsThreePeople(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		_, award := w.award(t, 1, 10_000_00)
		every := []access.Perm{relief.Batch, relief.BatchCheck, relief.BatchSign, relief.Bank, relief.BankCheck}
		m, c, s := actor("maker", cityPath, every...), actor("checker", cityPath, every...), actor("signer", cityPath, every...)
		b, err := w.relief.Gather(ctx, m, []string{award}, "")
		must(t, err)
		_, err = w.relief.Gather(ctx, c, []string{award}, "")
		wantCode(t, err, "relief.award_taken")
		wantCode(t, w.relief.Lock(ctx, c, b, ""), "relief.only_maker")
		wantCode(t, w.relief.Sign(ctx, s, b, ""), "relief.batch_not_here")
		must(t, w.relief.Lock(ctx, m, b, ""))
		wantCode(t, w.relief.CheckBatch(ctx, m, b, ""), "relief.batch_same")
		must(t, w.relief.RejectBatch(ctx, c, b, "金额与核准表不符，请核对", ""))
		must(t, w.relief.Lock(ctx, m, b, ""))
		must(t, w.relief.CheckBatch(ctx, c, b, ""))
		wantCode(t, w.relief.Sign(ctx, m, b, ""), "relief.batch_same")
		wantCode(t, w.relief.Sign(ctx, c, b, ""), "relief.batch_same")
		wantCode(t, w.relief.Sign(ctx, actor("chief", cityPath, every...), b, ""), "relief.sign_own_case")
		wantCode(t, w.relief.Release(ctx, m, b, ""), "relief.batch_not_here")
		w.wantFund(t, "before the signature", 990_000_00, 10_000_00, 0, 0)
		must(t, w.relief.Sign(ctx, s, b, ""))
		wantCode(t, w.relief.VoidBatch(ctx, m, b, ""), "relief.batch_not_here")
		_, _, err = w.relief.Download(ctx, m, b, "")
		wantCode(t, err, "relief.not_released")
		wantCode(t, w.relief.Release(ctx, s, b, ""), "relief.batch_same")
		must(t, w.relief.Release(ctx, m, b, ""))
		w.check(t)
	})
}

// TestVoidedBatchFreesItsAwards gives a batch up and takes the award into another one.
func TestVoidedBatchFreesItsAwards(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		_, award := w.award(t, 1, 10_000_00)
		b, err := w.relief.Gather(t.Context(), maker, []string{award}, "")
		must(t, err)
		must(t, w.relief.VoidBatch(t.Context(), maker, b, ""))
		w.settle(t, w.released(t, award), "成功")
		w.check(t)
	})
}

// TestBankFileIsDownloadedOnce asks for a second person before a repeat.
func TestBankFileIsDownloadedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		_, award := w.award(t, 1, 10_000_00)
		b := w.released(t, award)
		_, first, err := w.relief.Download(ctx, cashier, b, "")
		must(t, err)
		_, _, err = w.relief.Download(ctx, cashier, b, "")
		wantCode(t, err, "relief.file_again")
		must(t, w.relief.AskFile(ctx, cashier, b, "网银上传时断网，文件没有存下来", ""))
		wantCode(t, w.relief.AllowFile(ctx, actor("cashier", cityPath, relief.BankCheck), b, ""), "relief.batch_same")
		_, _, err = w.relief.Download(ctx, cashier, b, "")
		wantCode(t, err, "relief.file_again")
		must(t, w.relief.AllowFile(ctx, checker, b, ""))
		_, second, err := w.relief.Download(ctx, cashier, b, "")
		must(t, err)
		if !bytes.Equal(first, second) {
			t.Error("the repeated file differs from the first one")
		}
		_, _, err = w.relief.Download(ctx, cashier, b, "")
		wantCode(t, err, "relief.file_again")
	})
}

// TestResultFileCountsAsAWhole names every mistake of a file and changes nothing.
func TestResultFileCountsAsAWhole(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		_, one := w.award(t, 1, 10_000_00)
		_, two := w.award(t, 2, 20_000_00)
		b := w.released(t, one, two)
		good := string(w.result(t, b, "成功", "失败"))
		for name, bad := range map[string]struct{ file, code string }{
			"missing line":   {strings.Replace(strings.Replace(good, "笔数,2", "笔数,1", 1), "2,20000.00,失败,账号户名不符,REF1\r\n", "", 1), "relief.result.total"},
			"whole missing":  {strings.NewReplacer("笔数,2", "笔数,1", "合计金额,30000.00", "合计金额,10000.00", "2,20000.00,失败,账号户名不符,REF1\r\n", "").Replace(good), "relief.result.missing"},
			"extra line":     {strings.NewReplacer("笔数,2", "笔数,3", "合计金额,30000.00", "合计金额,30001.00").Replace(good) + "3,1.00,成功,,R\r\n", "relief.result.unknown"},
			"one fen more":   {strings.NewReplacer("合计金额,30000.00", "合计金额,30000.01", "1,10000.00", "1,10000.01").Replace(good), "relief.result.differs"},
			"twice":          {strings.Replace(good, "2,20000.00,失败", "1,20000.00,失败", 1), "relief.result.twice"},
			"returned early": {strings.Replace(good, "失败", "退汇", 1), "relief.result.wrong_kind"},
			"no reason":      {strings.Replace(good, "账号户名不符", "", 1), "relief.result.reason"},
			"outcome":        {strings.Replace(good, "成功", "好像成功", 1), "relief.result.outcome"},
			"other batch":    {strings.Replace(good, "QJPC-2026-000001", "QJPC-2026-000009", 1), "relief.result.no_batch"},
			"no table":       {"hello", "relief.result.shape"},
			"broken bytes":   {"\xff\xfe\xff,\x80", "relief.result.unreadable"},
		} {
			_, err := w.relief.Import(ctx, cashier, name, []byte(bad.file), w.today(), "")
			if err == nil {
				t.Fatalf("%s was taken", name)
			}
			wantCode(t, err, bad.code)
		}
		w.wantFund(t, "after refused files", 970_000_00, 0, 30_000_00, 0)
		_, err := w.relief.Import(ctx, cashier, "回盘", []byte(good), w.today(), "")
		must(t, err)
		_, err = w.relief.Import(ctx, cashier, "回盘", []byte(good), w.today(), "")
		wantCode(t, err, "relief.result.known")
		h, err := w.relief.BatchSheet(ctx, b)
		must(t, err)
		wantCode(t, w.relief.Confirm(ctx, actor("cashier", cityPath, relief.BankCheck), h.Staged.ID, ""), "relief.batch_same")
		must(t, w.relief.RefuseResult(ctx, checker, h.Staged.ID, "与银行短信通知的笔数不一致", ""))
		_, err = w.relief.Import(ctx, cashier, "回盘", []byte(good), w.today(), "")
		must(t, err)
		h, err = w.relief.BatchSheet(ctx, b)
		must(t, err)
		must(t, w.relief.Confirm(ctx, checker, h.Staged.ID, ""))
		wantCode(t, w.relief.Confirm(ctx, checker, h.Staged.ID, ""), "relief.batch_not_here")
		_, err = w.relief.Import(ctx, cashier, "回盘", []byte(good), w.today(), "")
		wantCode(t, err, "relief.result.known")
		w.wantFund(t, "one paid, one failed", 970_000_00, 0, 20_000_00, 10_000_00)
		w.check(t)
	})
}

// TestFailedPaymentIsPaidAgainOnce mends the account by two people and pays with a new attempt.
func TestFailedPaymentIsPaidAgainOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		id, award := w.award(t, 1, 10_000_00)
		w.settle(t, w.released(t, award), "失败")
		w.wantFund(t, "failed", 990_000_00, 0, 10_000_00, 0)
		_, err := w.relief.Gather(ctx, maker, []string{award}, "")
		wantCode(t, err, "relief.award_taken")
		must(t, w.relief.ProposeAccount(ctx, maker, award, "建设银行会泽支行", card(77), "卡号抄错一位，已与本人核对", ""))
		wantCode(t, w.relief.ProposeGiveUp(ctx, maker, award, "联系不上申请人本人，三次未果", ""), "relief.remedy_open")
		hs, _, err := w.relief.Held(ctx)
		must(t, err)
		wantCode(t, w.relief.DecideRemedy(ctx, actor("maker", cityPath, relief.BatchCheck), hs[0].Remedy, true, ""), "relief.batch_same")
		must(t, w.relief.DecideRemedy(ctx, checker, hs[0].Remedy, true, ""))
		w.settle(t, w.released(t, award), "成功")
		w.wantFund(t, "paid at last", 990_000_00, 0, 0, 10_000_00)
		h := w.sheet(t, id)
		if len(h.Payments) != 2 || h.Payments[1].Attempt != 2 || h.Payments[1].CardMask == h.Payments[0].CardMask {
			t.Errorf("payments %+v, want a second attempt to another card", h.Payments)
		}
		w.check(t)
	})
}

// TestReturnedPaymentGivesTheMoneyBack books the return, voids the voucher, and gives the award up by two people.
func TestReturnedPaymentGivesTheMoneyBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		id, award := w.award(t, 1, 10_000_00)
		_, other := w.award(t, 2, 5_000_00)
		b := w.released(t, award, other)
		w.settle(t, b, "成功", "成功")
		w.Settle(t)
		w.settle(t, b, "退汇", "")
		w.wantFund(t, "returned", 985_000_00, 0, 10_000_00, 5_000_00)
		helped, err := w.relief.HelpedIn(ctx, w.DB, []string{w.fund.ID}, "2026-01-01", "2030-12-31")
		must(t, err)
		if len(helped) != 1 || helped[0].Households != 1 || helped[0].Amount != 5_000_00 || helped[0].Name == "" {
			t.Errorf("helped %+v", helped)
		}
		if none, err := w.relief.HelpedIn(ctx, w.DB, nil, "2020-01-01", "2020-12-31"); err != nil || len(none) != 0 {
			t.Errorf("helped years before: %+v, %v", none, err)
		}
		h := w.sheet(t, id)
		if last := h.Papers[len(h.Papers)-1]; last.State != documents.Void {
			t.Errorf("the voucher of the returned payment is %s, want void", last.State)
		}
		w.check(t)
		must(t, w.relief.ProposeGiveUp(ctx, maker, award, "申请人已去世，家属书面放弃领取", ""))
		hs, _, err := w.relief.Held(ctx)
		must(t, err)
		must(t, w.relief.DecideRemedy(ctx, checker, hs[0].Remedy, true, ""))
		w.wantFund(t, "given up", 995_000_00, 0, 0, 5_000_00)
		if got := w.sheet(t, id).State; got != relief.Ended {
			t.Errorf("the case is %s, want ended", got)
		}
		w.check(t)
	})
}

// TestConcurrentBatchesTakeAnAwardOnce gathers the same award sixty times at once.
func TestConcurrentBatchesTakeAnAwardOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		_, award := w.award(t, 1, 10_000_00)
		ids := make([]string, 60)
		won := 0
		for _, err := range at60(ids, func(string) error {
			_, err := w.relief.Gather(t.Context(), maker, []string{award}, "")
			return err
		}) {
			switch {
			case err == nil:
				won++
			case fault.CodeOf(err) != "relief.award_taken":
				t.Errorf("%v, want relief.award_taken", err)
			}
		}
		if won != 1 {
			t.Errorf("%d batches hold the award, want 1", won)
		}
		w.check(t)
	})
}

// TestDraftIsForItsOwner keeps a form, gives it to nobody else, and hands it in with its files.
func TestDraftIsForItsOwner(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		f := form(1)
		f.Identity = "5303"
		id, err := w.relief.SaveDraft(ctx, clerk, "", f, w.evidence(t, "draft"), "")
		must(t, err)
		if _, err := w.relief.Draft(ctx, actor("other", villagePath, relief.File), id); fault.KindOf(err) != fault.NotFound {
			t.Errorf("somebody else opens the draft: %v", err)
		}
		got, err := w.relief.Draft(ctx, clerk, id)
		must(t, err)
		if got != f {
			t.Errorf("the draft came back as %+v", got)
		}
		_, err = w.relief.Submit(ctx, clerk, id, f, nil, "")
		wantCode(t, err, "relief.identity_form")
		_, err = w.relief.Submit(ctx, clerk, id, form(1), nil, "")
		must(t, err)
		if ds, err := w.relief.Drafts(ctx, clerk); err != nil || len(ds) != 0 {
			t.Errorf("%d drafts are left, %v", len(ds), err)
		}
		fs, err := w.Archive.Of(ctx, "relief/"+id)
		must(t, err)
		if len(fs) != 1 {
			t.Errorf("the case has %d files, want the draft's one", len(fs))
		}
	})
}

// TestQueueShowsWhatOnePersonCanDo compares each person's list with the stage of the case.
func TestQueueShowsWhatOnePersonCanDo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		id := w.submit(t, 1)
		people := []access.Actor{clerk, village, township, county, poster, probe, city, chief, actor("outside", outsidePath, relief.Village, relief.Township, relief.County, relief.Publish)}
		want := func(when string, who ...string) {
			t.Helper()
			for _, p := range people {
				n, err := w.relief.Waiting(ctx, p)
				must(t, err)
				q, err := w.relief.Queue(ctx, p, "", 10)
				must(t, err)
				if has := slices.Contains(who, p.ID); (n == 1) != has || len(q.Rows) != n {
					t.Errorf("%s: %s has %d waiting and %d listed; want them at %v", when, p.ID, n, len(q.Rows), who)
				}
			}
		}
		want("filed", "village")
		must(t, w.relief.Return(ctx, village, id, "请补充身份证复印件和病历", ""))
		want("returned", "clerk")
		must(t, w.relief.Resubmit(ctx, clerk, id, relief.Amended{Story: "补充说明：已附上身份证复印件。", Requested: 10_000_00, Note: "补充材料"}, nil, ""))
		must(t, w.relief.CheckVillage(ctx, village, id, "情况属实", ""))
		want("checked", "township")
		must(t, w.relief.ReviewTownship(ctx, township, id, w.visit(), "同意上报", nil, ""))
		must(t, w.relief.ReviewCounty(ctx, county, id, 1_000_00, "建议帮扶", ""))
		want("proposed", "poster")
		_, err := w.relief.Post(ctx, poster, id, w.fund.ID, "", "")
		must(t, err)
		want("in notice")
		w.afterNotice(t)
		want("after the notice", "city")
		must(t, w.relief.ReviewCity(ctx, city, id, "符合条件", ""))
		want("in approval", "chief")
	})
}

// TestPlainTextIsLogged opens an applicant's private facts with a reason, and finds the reading in the record.
func TestPlainTextIsLogged(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		id := w.submit(t, 1)
		_, err := w.relief.Plain(ctx, actor("reader", cityPath), id, "电话核实申请人的住院情况")
		if fault.KindOf(err) != fault.Forbidden {
			t.Fatalf("without the permission: %v", err)
		}
		reader := actor("reader", cityPath, relief.PrivateTxt)
		_, err = w.relief.Plain(ctx, reader, id, "看看")
		wantCode(t, err, "relief.need_reason")
		p, err := w.relief.Plain(ctx, reader, id, "电话核实申请人的住院情况")
		must(t, err)
		if f := form(1); p.Identity != f.Identity || p.Card != f.Card || p.Phone != f.Phone || p.Name != f.Name {
			t.Errorf("opened %+v, want what was filed", p)
		}
		es, err := w.Trail.Entries(ctx, audit.Filter{Subject: id, Verb: "audit.saw"}, "", 10)
		must(t, err)
		if len(es.Rows) != 1 || es.Rows[0].Actor != "reader" {
			t.Errorf("the record holds %d readings, want 1 by the reader", len(es.Rows))
		}
	})
}

// TestPrivateFactsAreSealedInTheDatabase looks for the canary's facts in every text column of the module and of the record.
func TestPrivateFactsAreSealedInTheDatabase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		_, notice := w.toNotice(t, 1, 10_000_00)
		_, err := w.relief.Raise(ctx, access.Public(""), notice, relief.NewObjection{Name: "金丝雀", Phone: "13911112222", Facts: "他不住在本村，也没有生病。"}, "")
		must(t, err)
		f := form(1)
		secrets := []string{f.Identity, f.Phone, f.Card, f.Name, "三组 12 号", "两次手术", "金丝雀", "13911112222", "也没有生病"}
		for table, columns := range map[string]string{
			"relief_people": "*", "relief_cases": "*", "relief_accounts": "*", "relief_opinions": "*", "relief_visits": "*", "relief_objections": "*", "relief_notices": "*",
			"audit_entries": "*", "audit_keys": "*", "documents_papers": "*", "media_files": "*", "river_job": "*",
		} {
			rows, err := w.DB.QueryContext(ctx, "SELECT "+columns+" FROM "+table)
			must(t, err)
			cols, err := rows.Columns()
			must(t, err)
			for rows.Next() {
				vals := make([]any, len(cols))
				ptrs := make([]any, len(cols))
				for i := range vals {
					ptrs[i] = &vals[i]
				}
				must(t, rows.Scan(ptrs...))
				text := fmt.Sprintf("%s", vals)
				for _, s := range secrets {
					if strings.Contains(text, s) {
						t.Errorf("%s holds %q in plain text", table, s)
					}
				}
			}
			must(t, rows.Err())
			must(t, rows.Close())
		}
	})
}
