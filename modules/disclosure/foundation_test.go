package disclosure_test

import (
	"context"
	"io/fs"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/uptrace/bun"

	"care/modules/audit"
	"care/modules/disclosure"
	"care/modules/donations"
	"care/modules/identity"
	"care/modules/ledger"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/clock"
	"care/server/fault"
	"care/server/money"
	"care/templates/pdf"
)

// given is the desk over a fresh database, with an open campaign.
type given struct {
	*moduletest.Foundation
	*disclosure.Office
	Gifts    *donations.Gifts
	Campaign *donations.Campaign
}

var (
	writer    = person("writer", "朱国强", "disclosure.view", "disclosure.edit", "donations.edit", "donations.view")
	publisher = person("publisher", "高云飞", "disclosure.view", "disclosure.publish", "disclosure.decide", "donations.open", "donations.view")
	asker     = person("asker", "何志远", "disclosure.view", "disclosure.propose")
	both      = person("both", "赵强", "disclosure.view", "disclosure.edit", "disclosure.publish", "disclosure.propose", "disclosure.decide")
	stranger  = person("stranger", "路人")
)

func actors() map[string]access.Actor {
	m := map[string]access.Actor{}
	for _, a := range []access.Actor{writer, publisher, asker, both, stranger} {
		m[a.ID] = a
	}
	return m
}

func person(id, name string, perms ...string) access.Actor {
	slices.Sort(perms)
	return access.Actor{ID: id, Name: name, Roles: []string{id}, Perms: perms, Area: access.Area{Path: "/530300/", Name: "曲靖市"}}
}

// raising tells of campaigns, as the composition does.
type raising struct{ gifts *donations.Gifts }

func (r raising) All(ctx context.Context, db bun.IDB) ([]disclosure.Campaign, error) {
	cs, err := r.gifts.CampaignsIn(ctx, db)
	var out []disclosure.Campaign
	for _, c := range cs {
		x := disclosure.Campaign{ID: c.ID, Fund: c.Fund, Public: c.Public(), Starts: c.StartsOn, Ends: c.EndsOn, About: disclosure.About{Code: c.Code, Title: c.Title, Mode: c.Mode, Surplus: c.Surplus}}
		if c.OpenedAt != nil {
			x.Opened = clock.DayOf(*c.OpenedAt)
		}
		if c.EndedAt != nil {
			x.Closed = clock.DayOf(*c.EndedAt)
		}
		out = append(out, x)
	}
	return out, err
}

func (r raising) Summed(ctx context.Context, tx *audit.Tx, who access.Actor, id string) error {
	return r.gifts.SummedIn(ctx, tx, who, id)
}

func sets() []fs.FS {
	return []fs.FS{(&donations.Gifts{}).Module().Migrations, (&disclosure.Office{}).Module().Migrations}
}

// each runs fn on both databases; the campaign has been open since 2026-11-25 and the clock stands on 2026-12-20.
func each(t *testing.T, fn func(t *testing.T, g *given)) {
	t.Helper()
	moduletest.Each(t, sets(), func(t *testing.T, f *moduletest.Foundation) {
		g := open(t, f)
		fn(t, g)
		f.Check(t, g.Gifts.Module(), g.Module())
	})
}

func open(t testing.TB, f *moduletest.Foundation) *given {
	t.Helper()
	g := &given{Foundation: f}
	g.Gifts = donations.New(f.DB, f.Trail, f.Funds, f.Papers, f.Box, donations.Settings{Org: pdf.Org{Name: "基金会"}})
	login := func(_ context.Context, login string) (access.Actor, error) {
		return map[string]access.Actor{identity.DemoManager: writer, identity.DemoSecretary: publisher, identity.DemoAccountant: asker}[login], nil
	}
	g.Office = disclosure.New(f.DB, f.Trail, f.Funds, raising{g.Gifts}, nil, disclosure.Settings{Org: "基金会", Login: login})
	must(t, g.Gifts.Ensure(t.Context()))
	g.Campaign = g.campaign(t, "DB-2026")
	g.on("2026-12-20")
	return g
}

func (g *given) on(d clock.Day) { g.Clock.To(d.Time().Add(36e12)) } // ten in the morning

func (g *given) campaign(t testing.TB, code string) *donations.Campaign {
	t.Helper()
	c, err := g.Gifts.Make(t.Context(), writer, code, donations.Plan{Title: "大病救助", Lead: "分担", Story: "一", Purpose: "医疗费", Beneficiaries: "退役军人", Surplus: "转入同类项目", Manager: "孙丽", Mode: donations.Intent}, key())
	must(t, err)
	must(t, g.Gifts.Open(t.Context(), publisher, c.ID, 1))
	c, err = g.Gifts.Campaign(t.Context(), c.ID)
	must(t, err)
	return c
}

var keys atomic.Int64

func key() string { return "token-token-token-" + strconv.FormatInt(keys.Add(1), 10) }

// book books a movement of the campaign's fund on a day.
func (g *given) book(t testing.TB, kind ledger.Kind, fen money.Fen, day clock.Day) {
	t.Helper()
	who := person("treasurer", "会计", "ledger.manage")
	must(t, g.Trail.Do(t.Context(), audit.Act{Actor: who, Need: ledger.Manage, Verb: "test.book", Subject: "x"}, func(ctx context.Context, tx *audit.Tx) error {
		_, err := g.Funds.Post(ctx, tx, ledger.Entry{Kind: kind, Ref: "test/" + key(), Fund: g.Campaign.Fund, Amount: fen, Day: day})
		return err
	}))
}

var text = disclosure.Text{Title: "大病救助募捐进展报告", Done: "收到申请并逐级审核，按公示结果拨付。", Plan: "余款继续用于补助。"}

func (g *given) progress(to clock.Day) disclosure.Drafting {
	return disclosure.Drafting{Kind: disclosure.Progress, Subject: g.Campaign.ID, To: to, Text: text}
}

// published makes a public report of the campaign up to a day.
func (g *given) published(t testing.TB, to clock.Day) *disclosure.Version {
	t.Helper()
	v, err := g.Draft(t.Context(), writer, g.progress(to), key())
	must(t, err)
	must(t, g.Publish(t.Context(), publisher, v.ID, v.Hash))
	return v
}

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
