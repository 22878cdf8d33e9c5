package donations_test

import (
	"context"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"io/fs"

	"care/modules/audit"
	"care/modules/donations"
	"care/modules/identity"
	"care/modules/ledger"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/fault"
	"care/server/money"
	"care/templates/pdf"
)

// given is the desk over a fresh database with an open campaign.
type given struct {
	*moduletest.Foundation
	*donations.Gifts
	Campaign *donations.Campaign
}

var (
	clerk    = person("clerk", "李敏", "donations.view", "donations.record", "donations.refund")
	checker  = person("checker", "王芳", "donations.view", "donations.confirm", "donations.approve", "donations.reveal")
	both     = person("both", "赵强", "donations.view", "donations.record", "donations.confirm", "donations.refund", "donations.approve")
	editor   = person("editor", "周燕", "donations.view", "donations.edit", "donations.open")
	opener   = person("opener", "陈刚", "donations.view", "donations.edit", "donations.open")
	stranger = person("stranger", "路人")
)

func actors() map[string]access.Actor {
	m := map[string]access.Actor{}
	for _, a := range []access.Actor{clerk, checker, both, editor, opener, stranger, issuer, verifier, second} {
		m[a.ID] = a
	}
	return m
}

func person(id, name string, perms ...string) access.Actor {
	slices.Sort(perms)
	return access.Actor{ID: id, Name: name, Roles: []string{id}, Perms: perms, Area: access.Area{Path: "/530300/", Name: "曲靖市"}}
}

var settings = donations.Settings{
	Org:     pdf.Org{Name: "曲靖市退役军人关爱基金会", Credit: "53530300MJ0A000173", Phone: "0874-3100000", Address: "麒麟区", Site: "care.example", Seal: "财务专用章"},
	Account: donations.Account{Holder: "曲靖市退役军人关爱基金会", Bank: "中国工商银行曲靖分行", Number: "2505000000012345678"},
}

func sets() []fs.FS { return []fs.FS{(&donations.Gifts{}).Module().Migrations} }

// each runs fn with an open campaign on both databases.
func each(t *testing.T, fn func(t *testing.T, g *given)) {
	t.Helper()
	moduletest.Each(t, sets(), func(t *testing.T, f *moduletest.Foundation) {
		g := open(t, f)
		fn(t, g)
		f.Check(t, g.Module())
	})
}

func open(t testing.TB, f *moduletest.Foundation) *given {
	t.Helper()
	set := settings
	set.Post = f.Post
	g := &given{Foundation: f, Gifts: donations.New(f.DB, f.Trail, f.Funds, f.Papers, f.Box, set)}
	must(t, g.Ensure(t.Context()))
	g.Campaign = g.campaign(t, "DB-2026", plan())
	return g
}

func plan() donations.Plan {
	return donations.Plan{Title: "困难退役军人大病救助", Lead: "为患大病的退役军人分担自付费用。", Story: "第一段。\n第二段。", Purpose: "患大病的退役军人的自付医疗费", Beneficiaries: "曲靖市困难退役军人",
		Surplus: "转用于同类项目", Manager: "孙丽，麒麟区", Mode: donations.Intent, Target: 20_000_000}
}

// campaign makes and opens one.
func (g *given) campaign(t testing.TB, code string, p donations.Plan) *donations.Campaign {
	t.Helper()
	c, err := g.Make(t.Context(), editor, code, p, key())
	must(t, err)
	must(t, g.Gifts.Open(t.Context(), opener, c.ID, c.Version))
	c, err = g.Gifts.Campaign(t.Context(), c.ID)
	must(t, err)
	return c
}

var keys atomic.Int64

// key is a fresh form token.
func key() string { return "token-" + strconv.FormatInt(keys.Add(1), 10) }

func pledge(name string, amount money.Fen) donations.Pledge {
	return donations.Pledge{Donor: donations.Person, Shown: donations.Masked, Name: name, Amount: amount, Phone: "13808741234", Agree: true}
}

// pledged makes a promise to the campaign.
func (g *given) pledged(t testing.TB, name string, amount money.Fen) *donations.Gift {
	t.Helper()
	p := pledge(name, amount)
	p.Campaign = g.Campaign.ID
	gift, err := g.Pledge(t.Context(), access.Public("192.0.2.1"), p, key())
	must(t, err)
	return gift
}

func payment(payer string, amount money.Fen) donations.Payment {
	return donations.Payment{BankRef: "ICBC" + strconv.FormatInt(keys.Add(1), 10), Day: "2026-11-24", Amount: amount, Payer: payer, Method: donations.Transfer}
}

// arrived makes a promise whose money the clerk has recorded, and gives the arrival's id.
func (g *given) arrived(t testing.TB, name string, amount money.Fen) (gift *donations.Gift, arrival string) {
	t.Helper()
	gift = g.pledged(t, name, amount)
	must(t, g.Record(t.Context(), clerk, gift.ID, payment(name, amount), key()))
	return gift, g.live(t, gift.ID)
}

func (g *given) live(t testing.TB, gift string) string {
	t.Helper()
	w, err := g.Gift(t.Context(), gift)
	must(t, err)
	if w.Live() == nil {
		t.Fatal("no arrival waits")
	}
	return w.Live().ID
}

// received makes a confirmed gift.
func (g *given) received(t testing.TB, name string, amount money.Fen) *donations.Whole {
	t.Helper()
	gift, arrival := g.arrived(t, name, amount)
	must(t, g.Confirm(t.Context(), checker, donations.Confirm{Arrival: arrival}))
	return g.whole(t, gift.ID)
}

func (g *given) whole(t testing.TB, gift string) *donations.Whole {
	t.Helper()
	w, err := g.Gift(t.Context(), gift)
	must(t, err)
	return w
}

func (g *given) balance(t testing.TB) *ledger.Fund {
	t.Helper()
	f := g.Balance(t, g.Campaign.Fund)
	return &f
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused holds an error to its kind and code.
func refused(t testing.TB, err error, kind fault.Kind, code string) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind || fault.CodeOf(err) != code {
		t.Errorf("got %v, want %s %s", err, kind, code)
	}
}

// field holds an Invalid error to name a field with a code.
func field(t testing.TB, err error, name, code string) {
	t.Helper()
	for _, f := range fault.FieldsOf(err) {
		if f.Name == name && f.Code == code {
			return
		}
	}
	t.Errorf("got %v, want %s=%s", err, name, code)
}

// demoLogin gives the people of the demonstration, with the permissions of their posts.
func demoLogin(_ context.Context, login string) (access.Actor, error) {
	return map[string]access.Actor{
		identity.DemoCashier:    person("cashier", "李敏", "donations.view", "donations.record", "donations.refund", "donations.reveal", "donations.receipt"),
		identity.DemoAccountant: person("accountant", "王芳", "donations.view", "donations.confirm", "donations.reveal"),
		identity.DemoManager:    person("manager", "周燕", "donations.view", "donations.edit"),
		identity.DemoSecretary:  person("secretary", "陈刚", "donations.view", "donations.approve", "donations.open"),
	}[login], nil
}

// post is an act that books a movement of the campaign's fund.
func (g *given) post(kind ledger.Kind, fen money.Fen) func(context.Context, *audit.Tx) error {
	ref := "test/" + key()
	return func(ctx context.Context, tx *audit.Tx) error {
		_, err := g.Funds.Post(ctx, tx, ledger.Entry{Kind: kind, Ref: ref, Fund: g.Campaign.Fund, Amount: fen, Day: tx.Today()})
		return err
	}
}
