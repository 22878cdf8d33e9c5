package intake_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"io/fs"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"care/modules/audit"
	"care/modules/donations"
	"care/modules/intake"
	"care/modules/ledger"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/fault"
	"care/server/money"
	"care/templates/pdf"
)

// given is the batch desk before the real desk of donations, over a fresh database with an open campaign.
type given struct {
	*moduletest.Foundation
	*intake.Intake
	gifts    *donations.Gifts
	campaign *donations.Campaign
	actors   map[string]access.Actor
}

var (
	clerk    = person("clerk", "李敏", "intake.view", "intake.enter", "donations.view", "donations.record", "donations.refund")
	second   = person("second", "高洁", "intake.view", "intake.enter", "donations.view", "donations.record")
	checker  = person("checker", "王芳", "intake.view", "intake.confirm", "donations.view", "donations.confirm", "donations.approve")
	both     = person("both", "赵强", "intake.view", "intake.enter", "intake.confirm", "donations.view", "donations.record", "donations.confirm")
	manager  = person("manager", "周燕", "intake.view", "intake.setup", "donations.view", "donations.edit")
	opener   = person("opener", "陈刚", "donations.view", "donations.open")
	stranger = person("stranger", "路人")
)

func person(id, name string, perms ...string) access.Actor {
	slices.Sort(perms)
	return access.Actor{ID: id, Name: name, Roles: []string{id}, Perms: perms, Area: access.Area{Path: "/530300/", Name: "曲靖市"}}
}

// Person gives somebody of the tests, with what they may do now.
func (g *given) Person(_ context.Context, id string) (access.Actor, error) {
	a, ok := g.actors[id]
	if !ok {
		return a, fault.New(fault.NotFound, "access.not_found")
	}
	return a, nil
}

func sets() []fs.FS {
	return []fs.FS{(&donations.Gifts{}).Module().Migrations, (&intake.Intake{}).Module().Migrations}
}

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
	g := &given{Foundation: f, actors: map[string]access.Actor{}}
	for _, a := range []access.Actor{clerk, second, checker, both, manager, opener, stranger} {
		g.actors[a.ID] = a
	}
	g.gifts = donations.New(f.DB, f.Trail, f.Funds, f.Papers, f.Box, donations.Settings{Org: pdf.Org{Name: "曲靖市退役军人关爱基金会", Seal: "财务专用章"},
		Account: donations.Account{Holder: "曲靖市退役军人关爱基金会", Bank: "中国工商银行", Number: "2505000000012345678"}})
	must(t, g.gifts.Ensure(t.Context()))
	c, err := g.gifts.Make(t.Context(), manager, "DB-2026", donations.Plan{Title: "困难退役军人大病救助", Lead: "为患大病的退役军人分担自付费用。", Story: "第一段。", Purpose: "患大病的退役军人的自付医疗费",
		Beneficiaries: "曲靖市困难退役军人", Surplus: "转用于同类项目", Manager: "孙丽", Mode: donations.Intent, Target: 20_000_000}, key())
	must(t, err)
	must(t, g.gifts.Open(t.Context(), opener, c.ID, c.Version))
	g.campaign, err = g.gifts.Campaign(t.Context(), c.ID)
	must(t, err)
	g.Intake = intake.New(f.DB, f.Trail, f.Queue, f.Funds, f.Box, f.Engine, g, g.desk(), func(_ context.Context, login string) (access.Actor, error) { return clerk, nil })
	return g
}

// desk is the real desk of donations, as the composition joins it.
func (g *given) desk() intake.Desk {
	of := func(x intake.Gift) donations.Registering {
		r := donations.Registering{
			Donor: donations.Pledge{Donor: x.Donor, Shown: x.Shown, Name: x.Name, IDNo: x.IDNo, Phone: x.Phone, Email: x.Email, Campaign: x.Campaign, Origin: x.Origin, Agree: true},
			Pay:   donations.Payment{BankRef: x.BankRef, Day: x.Day, Amount: x.Amount, Payer: x.Payer, Method: x.Method, Channel: x.Channel, Checked: x.Checked}}
		if x.Transit {
			r.Pay.Asset = ledger.InTransit
		} else if x.Method == donations.Cash {
			r.Pay.Asset = ledger.CashBox
		}
		return r
	}
	return intake.Desk{
		Uses: func(ctx context.Context) (out []intake.Use, err error) {
			cs, err := g.gifts.Bookable(ctx)
			for _, c := range cs {
				out = append(out, intake.Use{ID: c.ID, Code: c.Code, Title: c.Title})
			}
			return out, err
		},
		Check: func(ctx context.Context, x intake.Gift) error { return g.gifts.CheckRegistering(ctx, of(x)) },
		Register: func(ctx context.Context, tx *audit.Tx, who access.Actor, xs []intake.Gift) (ids []string, err error) {
			var rs []donations.Registering
			for _, x := range xs {
				rs = append(rs, of(x))
			}
			made, err := g.gifts.RegisterIn(ctx, tx, who, rs...)
			for _, m := range made {
				ids = append(ids, m.ID)
			}
			return ids, err
		},
		Reject: g.gifts.RejectIn, Confirm: g.gifts.ConfirmGifts, Refund: g.gifts.AskRefund, RefsUsed: g.gifts.RefsUsed,
		Stands: func(ctx context.Context, ids []string) (map[string]intake.Stand, error) {
			ss, err := g.gifts.Stands(ctx, ids)
			out := map[string]intake.Stand{}
			for id, x := range ss {
				out[id] = intake.Stand{State: string(x.State), Number: x.Number, Amount: x.Amount, Fund: x.Fund}
			}
			return out, err
		},
		Twins: func(ctx context.Context, xs []intake.Gift) ([]bool, error) {
			var ts []donations.Twin
			for _, x := range xs {
				ts = append(ts, donations.Twin{Name: x.Name, Amount: x.Amount, Day: x.Day})
			}
			return g.gifts.Twins(ctx, ts)
		},
	}
}

var keys atomic.Int64

func key() string { return "token-of-the-form-" + strconv.FormatInt(keys.Add(1), 10) }

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

// batch opens a batch of transfers.
func (g *given) batch(t testing.TB, rows int64, fen money.Fen) *intake.Batch {
	t.Helper()
	b, err := g.Open(t.Context(), clerk, intake.Opening{Title: "十一月义卖", Day: "2026-11-20", Method: "transfer", Rows: rows, Fen: fen}, key())
	must(t, err)
	return b
}

func (g *given) stand(t testing.TB, id string) *intake.Standing {
	t.Helper()
	x, err := g.Batch(t.Context(), id)
	must(t, err)
	return x
}

func (g *given) save(t testing.TB, id string, cells ...intake.Cells) {
	t.Helper()
	must(t, g.Save(t.Context(), clerk, id, g.stand(t, id).Version, 1, cells, key()))
}

// send sends a batch as its typist and works what is queued.
func (g *given) send(t testing.TB, id string) {
	t.Helper()
	must(t, g.Send(t.Context(), clerk, id, g.stand(t, id).Version, true, key()))
	g.Foundation.Settle(t, g.Module())
}

func (g *given) confirm(t testing.TB, id string) {
	t.Helper()
	x := g.stand(t, id)
	must(t, g.Confirm(t.Context(), checker, id, x.ToConfirm(), x.New, key()))
	g.Foundation.Settle(t, g.Module())
}

func row(name, amount, ref string) intake.Cells {
	return intake.Cells{Name: name, Amount: amount, Ref: ref}
}

// account is what stands on an account of the books.
func (g *given) account(t testing.TB, code string) money.Fen {
	t.Helper()
	ls, err := g.Funds.Trial(t.Context())
	must(t, err)
	for _, l := range ls {
		if l.Code == code {
			return l.Debit - l.Credit
		}
	}
	return 0
}

// orders writes a file as TENCENT's profile wants it.
func orders(rows ...[]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"订单号", "捐款时间", "昵称", "捐款金额", "手续费", "项目名称", "票据抬头", "手机号", "邮箱", "状态"})
	_ = w.WriteAll(rows)
	return b.Bytes()
}

func order(no, amount, fee string) []string {
	return []string{no, "2026-11-21 10:00:00", "老兵*友", amount, fee, "大病救助", "", "", "", "成功"}
}

func (g *given) stage(t testing.TB, file []byte, rows int64, fen money.Fen) *intake.Batch {
	t.Helper()
	b, err := g.Stage(t.Context(), clerk, intake.Staging{Platform: "TENCENT", Content: file, Rows: rows, Fen: fen})
	must(t, err)
	return b
}
