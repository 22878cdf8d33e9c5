package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"care/modules/identity"
	"care/server/testenv/proc"
)

// The applicant of the story; none of it may ever be seen in public or in the log.
const (
	applicant   = "欧阳测试军"
	applicantID = "530302199001011232"
	phoneNumber = "13887454321"
	cardNumber  = "6217003870000123452"
)

var photo = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82")

func today() string { return time.Now().In(time.FixedZone("", 8*3600)).Format(time.DateOnly) }

// file files a case and gives the address of its page.
func (s *story) file() string {
	s.t.Helper()
	b := s.as(identity.DemoFiler)
	f := b.fill("/desk/relief/new", "/desk/relief/new", "name", applicant, "identity", applicantID, "phone", phoneNumber,
		"category", firstOption(b.get("/desk/relief/new").body, "category"), "area", firstOption(b.get("/desk/relief/new").body, "area"), "address", "测试组 1 号",
		"kind", "medical", "cause_day", today(), "story", "住院手术，花费较大，报销以后家里还欠着债，孩子正在上学。", "requested", "3000", "other_aid", "0",
		"holder", applicant, "bank", "农业银行会泽者海支行", "card", cardNumber, "truth", "1", "checks", "1", "sensitive", "1", "public", "1", "do", "submit")
	for _, e := range []string{"id", "service", "diagnosis", "expense"} {
		f.files["evidence_"+e+"/"+e+".png"] = append(append([]byte{}, photo...), e...)
	}
	at := s.press(b, f)
	return regexp.MustCompile(`/desk/relief/cases/` + uuidForm).FindString(at)
}

var optionTag = regexp.MustCompile(`<option value="([^"]+)"`)

// firstOption gives the first real answer of a drop-down list.
func firstOption(body, name string) string {
	_, rest, _ := strings.Cut(body, `name="`+name+`"`)
	list, _, _ := strings.Cut(rest, "</select>")
	m := optionTag.FindStringSubmatch(list)
	if m == nil {
		return ""
	}
	return m[1]
}

var fundChoice = regexp.MustCompile(`name="fund"[^>]*value="([^"]+)"`)

// relieve walks a filed case to its paid voucher and gives the address of the batch.
func (s *story) relieve(at string) (batch string) {
	s.t.Helper()
	s.step(identity.DemoVillage, at, at+"/pass/village", "text", "本村村民，情况属实，材料齐全。")
	s.step(identity.DemoTownship, at, at+"/pass/township", "first", "杨顺才", "second", "张丽琼", "visited", today(), "conclusion", "true", "findings", "家中两间土房，本人卧床，老伴照料，没有其他收入。", "text", "情况属实，同意上报。")
	s.step(identity.DemoCounty, at, at+"/pass/county", "amount", "3000", "text", "符合大病医疗帮扶条件，同意。")
	page := s.as(identity.DemoPublisher).get(at)
	fund := fundChoice.FindAllStringSubmatch(page.body, -1)
	if fund == nil {
		s.t.Fatalf("the publisher is offered no fund: %s", explain(page.body))
	}
	s.step(identity.DemoPublisher, at, at+"/pass/publish", "fund", fund[0][1])
	s.step(identity.DemoOfficer, at, at+"/skip")
	s.step(identity.DemoOfficer, at, at+"/pass/city", "text", "公示无异议，同意提交审批。")
	s.step(identity.DemoSecretary, at, at+"/pass/approval", "amount", "3000", "text", "同意。")
	award := regexp.MustCompile(`name="award"[^>]*value="(` + uuidForm + `)"`)
	list := s.as(identity.DemoManager).get("/desk/relief/batches")
	number := regexp.MustCompile(`QJJZ-\d{4}-\d{6}`).FindString(s.as(identity.DemoManager).get(at).body)
	row := rowWith(list.body, number)
	m := award.FindStringSubmatch(row)
	if m == nil {
		s.t.Fatalf("the maker is not offered the award of %s: %s", number, explain(list.body))
	}
	b := s.as(identity.DemoManager)
	f := b.fill("/desk/relief/batches", "/desk/relief/batches")
	f.values["award"] = []string{m[1]}
	batch = s.press(b, f)
	s.step(identity.DemoManager, batch, batch+"/lock")
	s.step(identity.DemoAccountant, batch, batch+"/check")
	s.step(identity.DemoSignatory, batch, batch+"/sign")
	s.step(identity.DemoCashier, batch, batch+"/release")
	return batch
}

func rowWith(body, text string) string {
	for _, row := range strings.Split(body, "<tr") {
		if strings.Contains(row, text) {
			return row
		}
	}
	return ""
}

// bank downloads the bank's file, lets the bank answer outcome for every line, imports and confirms it.
func (s *story) bank(batch, outcome, ref string) {
	s.t.Helper()
	cashier := s.as(identity.DemoCashier)
	a, err := cashier.send(cashier.fill(batch, batch+"/file"))
	if err != nil || a.status != 200 {
		s.t.Fatalf("the bank file: %d, %v: %s", a.status, err, explain(a.body))
	}
	plain, err := simplifiedchinese.GB18030.NewDecoder().String(a.body)
	if err != nil {
		s.t.Fatal(err)
	}
	r := csv.NewReader(strings.NewReader(plain))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 3 {
		s.t.Fatalf("the bank file has %d rows, %v", len(rows), err)
	}
	if strings.TrimPrefix(rows[2][2], "'") != cardNumber || rows[2][4] != "3000.00" {
		s.t.Errorf("the bank is told %q", rows[2])
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	head := []string{"行号", "金额", "结果", "原因", "银行流水号"}
	lines := [][]string{rows[0], head}
	for _, row := range rows[2:] {
		lines = append(lines, []string{row[0], row[4], outcome, "", ref + "-" + row[0]})
	}
	if err := w.WriteAll(lines); err != nil {
		s.t.Fatal(err)
	}
	f := cashier.fill("/desk/relief/import", "/desk/relief/import", "day", today())
	f.files["file/result.csv"] = out.Bytes()
	s.press(cashier, f)
	s.step(identity.DemoAccountant, batch, batch+"/confirm")
}

func TestHardshipBecomesAPaymentAndAVoucherOverHTTP(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, env []string) {
		srv := proc.New(t, env...)
		s := &story{t: t, base: srv.URL, press: pressPlain, who: map[string]*browser{}}
		at := s.file()
		batch := s.relieve(at)
		s.bank(batch, "成功", "ICBC")
		page := s.as(identity.DemoManager).get(at)
		voucher := regexp.MustCompile(at+`/papers/`+uuidForm).FindAllString(page.body, -1)
		if len(voucher) == 0 {
			t.Fatalf("the case shows no voucher: %s", explain(page.body))
		}
		if got := s.paper(s.as(identity.DemoManager), voucher[len(voucher)-1]); !strings.HasPrefix(got, "%PDF-") {
			t.Error("the voucher is no PDF")
		}
		pub := open2(t, srv.URL)
		for _, p := range []string{"/", "/notices", "/donations", "/campaigns"} {
			a := pub.get(p)
			for _, x := range []string{applicant, applicantID, phoneNumber, cardNumber} {
				if strings.Contains(a.body, x) {
					t.Errorf("%s shows %s", p, x)
				}
			}
		}
		if out := s.as(identity.DemoOutside).get(at); out.status != 404 {
			t.Errorf("a person of another county gets %d", out.status)
		}
		srv.Check(t)
		for _, x := range []string{applicant, applicantID, phoneNumber, cardNumber} {
			if strings.Contains(srv.Log(), x) {
				t.Errorf("the log holds %s", x)
			}
		}
	})
}

// Both paths are walked while the server is killed with -9 in every single step, a few milliseconds after the form was sent.
// The person sends the same form again, as a browser does after a lost connection: it is done then, or was done before.
func TestKillInEveryStepLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, env []string) {
		srv := proc.New(t, env...)
		luck := rand.New(rand.NewPCG(1, 2))
		kills, lost, before := 0, 0, 0
		crash := func(b *browser, f form) string {
			b.t.Helper()
			sent := make(chan error, 1)
			go func() {
				_, err := b.send(f)
				sent <- err
			}()
			// Before, in and after the act: some kills come at once, some when the answer is on its way.
			time.Sleep(time.Duration(luck.IntN([]int{4_000, 20_000, 80_000}[kills%3])) * time.Microsecond)
			if err := srv.Kill(); err != nil {
				t.Fatal(err)
			}
			kills++
			if err := <-sent; err != nil {
				lost++
			}
			if err := srv.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			a, err := b.send(f)
			if err != nil {
				t.Fatal(err)
			}
			switch a.status {
			case http.StatusSeeOther:
				return a.location
			case http.StatusConflict:
				before++
				if m := resultLink.FindStringSubmatch(a.body); m != nil {
					return m[1]
				}
				return ""
			}
			t.Fatalf("%s answers %d after a kill: %s", f.action, a.status, explain(a.body))
			return ""
		}
		s := &story{t: t, base: srv.URL, press: crash, who: map[string]*browser{}}
		thanks := s.donate(donorName, "88.88", "BANK-0088")
		at := s.file()
		batch := s.relieve(at)
		s.bank(batch, "成功", "ICBC")
		t.Logf("%d kills, %d answers lost, %d steps were done before the kill", kills, lost, before)

		pub := open2(t, srv.URL)
		s.paper(pub, thanks+"/receipt")
		page := s.as(identity.DemoManager).get(at)
		voucher := regexp.MustCompile(at+`/papers/`+uuidForm).FindAllString(page.body, -1)
		if len(voucher) == 0 {
			t.Fatalf("the case shows no voucher: %s", explain(page.body))
		}
		s.paper(s.as(identity.DemoManager), voucher[len(voucher)-1])
		found := s.as(identity.DemoCashier).get("/desk/donations?q=" + url.QueryEscape("88.88"))
		if n := strings.Count(found.body, `data-open`); n != 1 {
			t.Errorf("the gift is there %d times", n)
		}
		srv.Check(t)
	})
}

func TestTwoServersShareSessionsNumbersAndWork(t *testing.T) {
	t.Parallel()
	env := serverEnv(t)
	a := proc.New(t, env...)
	b := proc.New(t, env...)
	s := &story{t: t, base: a.URL, press: pressPlain, who: map[string]*browser{}}
	// A session of one server is a session of the other.
	both := signIn(t, a.URL, identity.DemoCashier)
	both.base = b.URL
	from, _ := url.Parse(a.URL)
	to, _ := url.Parse(b.URL)
	both.c.Jar.SetCookies(to, both.c.Jar.Cookies(from))
	if p := both.get("/desk/donations"); p.status != 200 {
		t.Fatalf("the other server does not know the session: %d", p.status)
	}
	// Gifts are recorded here and confirmed there, many at once: numbers have no gap.
	const n = 12
	forms := make([]form, n)
	here, there := signIn(t, a.URL, identity.DemoCashier), signIn(t, b.URL, identity.DemoAccountant)
	ids := regexp.MustCompile(`/desk/donations/(` + uuidForm + `)`)
	for i := range n {
		to := pressPlain(here, here.fill("/desk/donations/new", "/desk/donations/new", "donor", "person", "shown", "masked", "name", fmt.Sprint("测试人", i), "phone", donorPhone,
			"bank_ref", fmt.Sprint("TWO-", i), "day", today(), "paid", "10.00", "payer", fmt.Sprint("测试人", i), "method", "transfer", "checked", "1"))
		m := ids.FindString(to)
		forms[i] = there.fill(m, m+"/confirm")
	}
	other := signIn(t, a.URL, identity.DemoAccountant)
	var wg sync.WaitGroup
	var won [n]atomic.Int64
	for i := range n {
		for _, who := range []*browser{there, other} {
			wg.Go(func() {
				r, err := who.send(forms[i])
				if err != nil {
					t.Error(err)
					return
				}
				if r.status == 303 {
					won[i].Add(1)
				} else if r.status != 409 {
					t.Errorf("%s answers %d: %s", forms[i].action, r.status, explain(r.body))
				}
			})
		}
	}
	wg.Wait()
	for i := range won {
		if got := won[i].Load(); got != 1 {
			t.Errorf("gift %d was confirmed %d times", i, got)
		}
	}
	// One server is killed; the other draws the papers, also those that the dead one had begun, once queue.RescueAfter is over.
	if err := a.Kill(); err != nil {
		t.Fatal(err)
	}
	s.base = b.URL
	for range 1200 {
		waiting := there.get("/desk/documents?state=ordered")
		if !strings.Contains(waiting.body, "QJGA-") {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if p := there.get("/desk/documents?state=ordered"); strings.Contains(p.body, "QJGA-") {
		t.Error("papers are still waiting")
	}
	b.Check(t)
}
