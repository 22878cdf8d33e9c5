package bank_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"care/modules/audit"
	"care/modules/bank"
	"care/modules/donations"
	"care/modules/identity"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/fault"
	"care/server/money"
	"care/templates/pdf"
)

// given is the desk of statements beside the desk of donations, with the unrestricted fund.
type given struct {
	*moduletest.Foundation
	*bank.Statements
	gifts *donations.Gifts
}

var (
	clerk    = person("clerk", "李敏", "bank.view", "bank.work", "bank.reveal", "donations.view", "donations.record", "donations.refund")
	second   = person("second", "赵强", "bank.view", "bank.work", "donations.view", "donations.record")
	checker  = person("checker", "王芳", "bank.view", "bank.setup", "bank.approve", "donations.view", "donations.confirm", "donations.approve")
	stranger = person("stranger", "路人", "bank.view")
)

func person(id, name string, perms ...string) access.Actor {
	slices.Sort(perms)
	return access.Actor{ID: id, Name: name, Roles: []string{id}, Perms: perms, Area: access.Area{Path: "/530300/", Name: "曲靖市"}}
}

const account = "2505030109200000018"

// teller is how the composition joins the two desks; seen counts the lines that were read.
type teller struct {
	*donations.Gifts
	seen *atomic.Int64
	at   int64 // the line at which stop is called
	stop func()
}

func (t teller) NameIndex(name string) string {
	if t.seen != nil && t.seen.Add(1) == t.at {
		t.stop()
	}
	return t.Gifts.NameIndex(name)
}

func (t teller) EachDue(ctx context.Context, fn func(bank.Due) error) error {
	return t.Gifts.EachDue(ctx, func(d donations.Due) error {
		return fn(bank.Due{ID: d.ID, Code: d.Code, NameIndex: d.NameIndex, Amount: d.Promised, Day: d.MadeAt})
	})
}

func (t teller) Show(ctx context.Context, ids []string) ([]bank.Gift, error) {
	return shown(t.DueOf(ctx, ids))
}

func (t teller) FindDue(ctx context.Context, q string, size int) ([]bank.Gift, error) {
	return shown(t.Gifts.FindDue(ctx, q, size))
}

func shown(rs []donations.Row, err error) ([]bank.Gift, error) {
	var out []bank.Gift
	for _, r := range rs {
		out = append(out, bank.Gift{ID: r.ID, Code: r.Code, Name: r.Name, Use: r.Title, Promised: r.Promised, Paid: r.Paid, BankRef: r.BankRef, Waits: r.State.May(donations.Arrived), State: string(r.State), Made: r.MadeAt})
	}
	return out, err
}

func (t teller) ArriveIn(ctx context.Context, tx *audit.Tx, who access.Actor, as []bank.Arriving) error {
	var in []donations.Arriving
	for _, a := range as {
		in = append(in, donations.Arriving{Gift: a.Gift, Pay: donations.Payment{BankRef: a.Ref, Day: a.Day, Amount: a.Amount, Payer: a.Payer, Method: donations.Transfer, Asset: a.Asset, Checked: a.Checked}})
	}
	return t.Gifts.ArriveIn(ctx, tx, who, in...)
}

func (t teller) OpenRefunds(ctx context.Context, size int) ([]bank.Refund, error) {
	rs, err := t.Gifts.OpenRefunds(ctx, size)
	var out []bank.Refund
	for _, r := range rs {
		out = append(out, bank.Refund{ID: r.ID, Gift: r.Gift, Code: r.Code, Number: r.Number, NameIndex: r.NameIndex, Name: r.Name, Amount: r.Amount, Day: r.DecidedAt})
	}
	return out, err
}

func sets() []fs.FS {
	return []fs.FS{(&donations.Gifts{}).Module().Migrations, (&bank.Statements{}).Module().Migrations}
}

// each runs fn on both databases, and proves every invariant after it.
func each(t *testing.T, fn func(t *testing.T, g *given)) {
	t.Helper()
	moduletest.Each(t, sets(), func(t *testing.T, f *moduletest.Foundation) {
		g := open(t, f)
		fn(t, g)
		f.Check(t, g.gifts.Module(), g.Module())
	})
}

func open(t testing.TB, f *moduletest.Foundation) *given {
	t.Helper()
	g := &given{Foundation: f, gifts: donations.New(f.DB, f.Trail, f.Funds, f.Papers, f.Box, donations.Settings{
		Org: pdf.Org{Name: "曲靖市退役军人关爱基金会", Credit: "53530300MJ0A000173", Phone: "0874-3100000", Address: "麒麟区", Site: "care.example", Seal: "财务专用章"}})}
	must(t, g.gifts.Ensure(t.Context()))
	g.Statements = g.desk(teller{Gifts: g.gifts})
	g.gifts.OnReject(g.Rejected)
	return g
}

// desk opens a desk that keeps five lines in one act.
func (g *given) desk(t teller) *bank.Statements {
	return bank.New(g.DB, g.Trail, g.Queue, g.Archive, g.Funds, g.Box, t, bank.Settings{Account: account, Chunk: 5,
		Login: func(_ context.Context, login string) (access.Actor, error) {
			if login != identity.DemoCashier {
				return access.Actor{}, fault.New(fault.NotFound, "db.not_found")
			}
			return clerk, nil
		}})
}

var keys atomic.Int64

func key() string { return "key-" + strconv.FormatInt(keys.Add(1), 10) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t testing.TB, err error, kind fault.Kind, code string) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind || fault.CodeOf(err) != code {
		t.Errorf("got %v, want %s %s", err, kind, code)
	}
}

func field(t testing.TB, err error, name, code string) {
	t.Helper()
	for _, f := range fault.FieldsOf(err) {
		if f.Name == name && f.Code == code {
			return
		}
	}
	t.Errorf("got %v, want %s=%s", err, name, code)
}

// pledged makes a promise.
func (g *given) pledged(t testing.TB, name string, amount money.Fen) *donations.Gift {
	t.Helper()
	p := donations.Pledge{Donor: donations.Person, Shown: donations.Masked, Name: name, Amount: amount, Phone: "13808741234", Agree: true}
	gift, err := g.gifts.Pledge(t.Context(), access.Public("192.0.2.1"), p, key())
	must(t, err)
	return gift
}

func (g *given) gift(t testing.TB, id string) *donations.Whole {
	t.Helper()
	w, err := g.gifts.Gift(t.Context(), id)
	must(t, err)
	return w
}

// confirm is the second pair of eyes.
func (g *given) confirm(t testing.TB, gift string) {
	t.Helper()
	must(t, g.gifts.Confirm(t.Context(), checker, donations.Confirm{Arrival: g.gift(t, gift).Live().ID}))
}

// balanceOf gives debit less credit of an account.
func (g *given) balanceOf(t testing.TB, code string) money.Fen {
	t.Helper()
	bs, err := g.Funds.Trial(t.Context())
	must(t, err)
	for _, b := range bs {
		if b.Code == code {
			return b.Debit - b.Credit
		}
	}
	return 0
}

// entry is one line of a statement of the tests; amounts below zero left.
type entry struct {
	day, payer, account, remark, serial string
	amount                              money.Fen
}

// money in and out, with balances from opening on.
const opening = money.Fen(100_000)

var headings = []string{"交易日期", "交易流水号", "借方发生额", "贷方发生额", "余额", "对方户名", "对方账号", "对方开户行", "摘要", "附言", "用途"}

func table(es []entry) [][]string {
	out := [][]string{{"账号：" + account}, headings}
	balance := opening
	for _, e := range es {
		balance += e.amount
		debit, credit := "", e.amount.Comma()
		if e.amount < 0 {
			debit, credit = (-e.amount).Comma(), ""
		}
		out = append(out, []string{e.day, e.serial, debit, credit, balance.Comma(), e.payer, e.account, "", "转账", e.remark, ""})
	}
	return append(out, []string{"合计", "", "", "", "", "", "", "", "", "", ""})
}

// text writes a statement as the first profile wants it.
func text(es []entry) []byte {
	var b strings.Builder
	for _, r := range table(es) {
		for i, c := range r {
			if i > 0 {
				b.WriteByte(',')
			}
			if strings.Contains(c, ",") {
				c = `"` + c + `"`
			}
			b.WriteString(c)
		}
		b.WriteString("\r\n")
	}
	return []byte(b.String())
}

func chinese(t testing.TB, b []byte) []byte {
	t.Helper()
	out, err := simplifiedchinese.GB18030.NewEncoder().Bytes(b)
	must(t, err)
	return out
}

// workbook writes a statement as the profile of the Agricultural Bank wants it.
func workbook(t testing.TB, es []entry) []byte {
	t.Helper()
	x := excelize.NewFile()
	defer func() { must(t, x.Close()) }()
	rows := table(es)
	rows[1] = []string{"交易时间", "交易流水号", "支出金额", "收入金额", "账户余额", "对方户名", "对方账号", "对方开户行", "摘要", "附言", "交易用途"}
	for i, r := range rows {
		cells := make([]any, 0, len(r))
		for k, c := range r {
			if i > 1 && k >= 2 && k <= 4 && c != "" {
				f, err := money.Parse(c)
				must(t, err)
				cells = append(cells, float64(f)/100) // as spreadsheets keep numbers
				continue
			}
			cells = append(cells, c)
		}
		must(t, x.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &cells))
	}
	var b bytes.Buffer
	must(t, x.Write(&b))
	return b.Bytes()
}

func camt(es []entry) []byte {
	var b strings.Builder
	sum := opening
	for _, e := range es {
		sum += e.amount
	}
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr><Stmt><Id>1</Id><Acct><Id><Othr><Id>%s</Id></Othr></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">%s</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal><Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">%s</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>`, account, opening, sum)
	for _, e := range es {
		side, party, amount := "CRDT", "Dbtr", e.amount
		if e.amount < 0 {
			side, party, amount = "DBIT", "Cdtr", -e.amount
		}
		fmt.Fprintf(&b, `<Ntry><Amt Ccy="CNY">%s</Amt><CdtDbtInd>%s</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>%s</Dt></BookgDt><AcctSvcrRef>%s</AcctSvcrRef><NtryDtls><TxDtls><RltdPties><%s><Pty><Nm>%s</Nm></Pty></%s><%sAcct><Id><Othr><Id>%s</Id></Othr></Id></%sAcct></RltdPties><RmtInf><Ustrd>转账 %s</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>`,
			amount, side, e.day, e.serial, party, e.payer, party, party, e.account, party, e.remark)
	}
	b.WriteString(`</Stmt></BkToCstmrStmt></Document>`)
	return []byte(b.String())
}

// upload hands a file in without reading it.
func (g *given) upload(t testing.TB, profile string, content []byte) (*bank.Statement, error) {
	t.Helper()
	f, err := g.Put(t.Context(), "流水", bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return g.Upload(t.Context(), clerk, bank.Upload{Profile: profile, File: f}, key())
}

// read works the queued row of a statement, as the queue would.
func (g *given) read(ctx context.Context, s *bank.Statements, id string) error {
	b, err := json.Marshal(map[string]string{"statement": id})
	if err != nil {
		return err
	}
	return s.Module().Work[0].Do(ctx, b)
}

// imported is a statement that was read.
func (g *given) imported(t testing.TB, es ...entry) *bank.Statement {
	t.Helper()
	st, err := g.upload(t, "icbc", text(es))
	must(t, err)
	must(t, g.read(t.Context(), g.Statements, st.ID))
	st, err = g.Statement(t.Context(), st.ID)
	must(t, err)
	if st.State != bank.Ready {
		t.Fatalf("the statement is %s: %s", st.State, st.Problems)
	}
	return st
}

// all lists the lines of a statement in the order of the file.
func (g *given) all(t testing.TB, statement string) []bank.Line {
	t.Helper()
	ls, err := g.Lines(t.Context(), bank.Filter{Statement: statement, Tab: "all"}, "", 1000)
	must(t, err)
	slices.Reverse(ls.Rows)
	return ls.Rows
}

func (g *given) line(t testing.TB, id string) *bank.Whole {
	t.Helper()
	w, err := g.Line(t.Context(), id)
	must(t, err)
	return w
}

// credits makes n different lines.
func credits(n int) []entry {
	var out []entry
	for i := range n {
		out = append(out, entry{day: fmt.Sprintf("2026-11-%02d", 1+i%24), payer: fmt.Sprintf("捐赠人%d", i), account: fmt.Sprintf("6222%08d", i), remark: "捐款", serial: fmt.Sprintf("S%06d", i), amount: money.Fen(1000 + i)})
	}
	return out
}

func fen(n int64) money.Fen { return money.Fen(n) }
