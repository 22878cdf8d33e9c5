package goods_test

import (
	"bytes"
	"context"
	"io/fs"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"care/media"
	"care/modules/audit"
	"care/modules/goods"
	"care/modules/ledger"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/fault"
	"care/server/money"
	"care/templates/pdf"
)

var (
	clerk    = person("clerk", "李敏", "goods.register", "goods.accept", "goods.value", "goods.issue")
	keeper   = person("keeper", "王芳", "goods.accept", "goods.check", "goods.issue")
	keeper2  = person("keeper2", "赵强", "goods.accept", "goods.value", "goods.check")
	stranger = person("stranger", "路人")
)

func person(id, name string, perms ...string) access.Actor {
	slices.Sort(perms)
	return access.Actor{ID: id, Name: name, Perms: perms, Area: access.Area{Path: "/530300/", Name: "曲靖市"}}
}

// given is the desk over a fresh database, with a general fund and two campaigns.
type given struct {
	*moduletest.Foundation
	*goods.Goods
	purposes map[string]goods.Purpose
}

// Purpose answers from the funds that the test has opened.
func (g *given) Purpose(_ context.Context, id string) (goods.Purpose, error) {
	p, ok := g.purposes[id]
	if !ok {
		return p, fault.New(fault.NotFound, "db.not_found")
	}
	return p, nil
}

// Purposes lists them, the general fund first.
func (g *given) Purposes(context.Context) (out []goods.Purpose, err error) {
	for _, id := range []string{"", "school", "winter"} {
		out = append(out, g.purposes[id])
	}
	return out, nil
}

func sets() []fs.FS { return []fs.FS{(&goods.Goods{}).Module().Migrations} }

func open(t testing.TB, f *moduletest.Foundation) *given {
	t.Helper()
	g := &given{Foundation: f, purposes: map[string]goods.Purpose{}}
	for id, kind := range map[string]string{"": ledger.Unrestricted, "winter": ledger.Restricted, "school": ledger.Restricted} {
		fund, err := f.Funds.Open(t.Context(), access.System(), ledger.Fund{Code: "F-" + id, Name: "资金" + id, Kind: kind, Purpose: "用途"}, "open/"+id)
		must(t, err)
		g.purposes[id] = goods.Purpose{ID: id, Title: "项目" + id, Fund: fund.ID, Restricted: kind == ledger.Restricted}
	}
	g.Goods = goods.New(f.DB, f.Trail, f.Funds, f.Papers, f.Archive, f.Box, g, goods.Settings{Org: pdf.Org{Name: "曲靖市退役军人关爱基金会"}})
	return g
}

func each(t *testing.T, fn func(t *testing.T, g *given)) {
	t.Helper()
	moduletest.Each(t, sets(), func(t *testing.T, f *moduletest.Foundation) {
		g := open(t, f)
		fn(t, g)
		f.Check(t, g.Module())
	})
}

var keys atomic.Int64

func key() string { return "token-" + strconv.FormatInt(keys.Add(1), 10) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t testing.TB, err error, code string) {
	t.Helper()
	if fault.CodeOf(err) != code {
		t.Errorf("got %v, want %s", err, code)
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

func quilts(campaign, qty string) goods.Registering {
	return goods.Registering{Donor: goods.Body, Shown: goods.Real, Name: "曲靖云岭家纺有限公司", IDNo: "91530300MA6T00004Q", Campaign: campaign, ArrivedOn: "2026-11-24", Warehouse: "市中心库",
		Items: []goods.Declared{{Name: "棉被", Spec: "2×2.3 米", Unit: "床", Qty: qty}}}
}

func (g *given) paper(t testing.TB) media.Stored {
	t.Helper()
	st, err := g.Archive.Put(t.Context(), "发票.pdf", bytes.NewReader([]byte("%PDF-1.4\n"+key())))
	must(t, err)
	return st
}

func (g *given) tallies(t testing.TB, gift string, accepted ...string) []goods.Tally {
	t.Helper()
	is, err := g.Items(t.Context(), gift)
	must(t, err)
	var ts []goods.Tally
	for n, i := range is {
		x := goods.Tally{Item: i.ID, Accepted: goods.FormatQty(i.Declared, i.Scale), Refused: "0", Certificate: "seen"}
		if n < len(accepted) {
			x.Accepted, x.Remark = accepted[n], "清点后数量不同"
		}
		ts = append(ts, x)
	}
	return ts
}

// accepted makes a gift that two people have signed.
func (g *given) accepted(t testing.TB, r goods.Registering) *goods.Gift {
	t.Helper()
	x, err := g.Register(t.Context(), clerk, r, key())
	must(t, err)
	must(t, g.Goods.Count(t.Context(), keeper, x.ID, g.tallies(t, x.ID), nil, key()))
	must(t, g.Accept(t.Context(), keeper2, x.ID, key()))
	return x
}

func (g *given) worth(t testing.TB, gift, basis string, total money.Fen) []goods.Worth {
	t.Helper()
	is, err := g.Items(t.Context(), gift)
	must(t, err)
	var ws []goods.Worth
	for _, i := range is {
		ws = append(ws, goods.Worth{Item: i.ID, Basis: basis, Grounds: "发票 00112233", Total: total})
	}
	return ws
}

// stocked makes a gift in store.
func (g *given) stocked(t testing.TB, r goods.Registering, total money.Fen) (*goods.Gift, goods.Batch) {
	t.Helper()
	x := g.accepted(t, r)
	must(t, g.Value(t.Context(), clerk, x.ID, g.worth(t, x.ID, goods.Invoice, total), []media.Stored{g.paper(t)}, key()))
	must(t, g.Stock(t.Context(), keeper2, x.ID, key()))
	x, err := g.Gift(t.Context(), x.ID)
	must(t, err)
	return x, g.batch(t, x.ID)
}

func (g *given) batch(t testing.TB, gift string) goods.Batch {
	t.Helper()
	bs, err := g.Batches(t.Context(), gift)
	must(t, err)
	if len(bs) != 1 {
		t.Fatalf("%d batches", len(bs))
	}
	return bs[0]
}

func listing(campaign string, b goods.Batch, qty string, names ...string) goods.Listing {
	l := goods.Listing{Title: "冬季走访慰问", Place: "会泽县者海镇", Campaign: campaign, Warehouse: "市中心库", HandsOn: "2026-11-26"}
	idnos := []string{"530302199001011232", "530381198512310024", ""}
	for i, n := range names {
		l.People = append(l.People, goods.Receiver{Name: n, IDNo: idnos[i], Place: "石河村", Batch: b.ID, Qty: qty})
	}
	return l
}

func (g *given) try(t testing.TB, fn func(ctx context.Context, tx *audit.Tx) error) error {
	t.Helper()
	return g.Trail.Do(t.Context(), audit.Act{Actor: access.System(), Need: access.Everyone, Verb: "goodstest.try", Subject: "x"}, fn)
}
