package goods_test

import (
	"context"
	"testing"

	"care/media"
	"care/modules/documents"
	"care/modules/goods"
	"care/modules/ledger"
	"care/modules/moduletest"
	"care/server/access"
	"care/server/db"
	"care/server/db/dbtest"
	"care/server/fault"
	"care/server/money"
)

var chief = person("chief", "高云飞", "goods.approve", "goods.view")

// on gives the balance of an account.
func (g *given) on(t testing.TB, account string) money.Fen {
	t.Helper()
	bs, err := g.Funds.Trial(t.Context())
	must(t, err)
	for _, b := range bs {
		if b.Code == account {
			return b.Debit - b.Credit
		}
	}
	return 0
}

func (g *given) ask(t testing.TB, in goods.Changing, photos ...media.Stored) *goods.Change {
	t.Helper()
	if in.Why == "" {
		in.Why = "原因写在这里"
	}
	ch, err := g.AskChange(t.Context(), clerk, in, photos, key())
	must(t, err)
	return ch
}

func lines(b goods.Batch, warehouse, qty string) []goods.Piece {
	return []goods.Piece{{Batch: b.ID, Warehouse: warehouse, Qty: qty}}
}

func (g *given) here(t testing.TB, batch string) map[string]int64 {
	t.Helper()
	c, err := g.CardOf(t.Context(), batch)
	must(t, err)
	m := map[string]int64{}
	for _, r := range c.Here {
		m[r.Warehouse] = r.Qty
	}
	return m
}

func TestBooksFollowTheGoods(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		_, b := g.stocked(t, quilts("winter", "100"), 1_000_000)
		if g.on(t, ledger.Stock) != 1_000_000 || g.on(t, "410102") != -1_000_000 {
			t.Fatalf("taken into store: %d in stock, %d of income", g.on(t, ledger.Stock), g.on(t, "410102"))
		}
		_, free := g.stocked(t, quilts("", "10"), 50_000)
		in := listing("winter", b, "30", "张建国", "李红梅")
		in.People = append(in.People, goods.Receiver{Name: "王志强", Place: "石河村", Batch: free.ID, Qty: "4"})
		l, err := g.MakeList(t.Context(), clerk, in, key())
		must(t, err)
		must(t, g.Release(t.Context(), keeper, l.ID, key()))
		if out := g.on(t, "5101"); out != 620_000 || g.on(t, ledger.Stock) != 430_000 {
			t.Errorf("given out: cost %d, stock %d", out, g.on(t, ledger.Stock))
		}
		ls, err := g.Lines(t.Context(), l.ID)
		must(t, err)
		field(t, g.Close(t.Context(), clerk, l.ID, []string{ls[0].ID}, nil, key()), "sheet", "goods.need_sheet")
		must(t, g.Close(t.Context(), clerk, l.ID, []string{ls[0].ID}, []media.Stored{g.paper(t)}, key()))
		if out := g.on(t, "5101"); out != 300_000 || g.on(t, ledger.Stock) != 750_000 {
			t.Errorf("closed: cost %d, stock %d", out, g.on(t, ledger.Stock))
		}
	})
}

func TestGoodsThatGoBackTakeTheirReceiptWithThem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		x, b := g.stocked(t, quilts("winter", "100"), 1_000_000)
		must(t, g.Decide(ctx, keeper, g.ask(t, goods.Changing{Kind: goods.Shift, Dest: "会泽库", Lines: lines(b, "市中心库", "40")}).ID, true, "", key()))
		ch := g.ask(t, goods.Changing{Kind: goods.GiveBack, Gift: x.ID})
		_, err := g.AskChange(ctx, clerk, goods.Changing{Kind: goods.GiveBack, Gift: x.ID, Why: "再要一次"}, nil, key())
		refused(t, err, "db.conflict")
		refused(t, g.Decide(ctx, keeper, ch.ID, true, "", key()), "access.forbidden")
		must(t, g.Decide(ctx, chief, ch.ID, true, "", key()))
		refused(t, g.Decide(ctx, chief, ch.ID, true, "", key()), "goods.not_asked")
		x, err = g.Gift(ctx, x.ID)
		must(t, err)
		if x.State != goods.Returned || g.batch(t, x.ID).Qty != 0 || len(g.here(t, b.ID)) != 0 {
			t.Errorf("the gift is %s, %d pieces are left", x.State, g.batch(t, x.ID).Qty)
		}
		if g.on(t, ledger.Stock) != 0 || g.on(t, "410102") != 0 {
			t.Errorf("stock %d, income %d", g.on(t, ledger.Stock), g.on(t, "410102"))
		}
		g.Settle(t)
		ds, err := g.Papers.Of(ctx, goods.Ref(x.ID))
		must(t, err)
		if len(ds) != 2 || ds[0].State != documents.Reversed || ds[1].Amount != -1_000_000 || ds[1].State != documents.Issued || ds[1].Number != "QJGA-2026-000002" {
			t.Errorf("papers %+v", ds)
		}
		roll, err := g.Roll(ctx, "", 10)
		must(t, err)
		if len(roll.Rows) != 1 || roll.Rows[0].State != goods.Returned {
			t.Errorf("the public roll says %+v", roll.Rows)
		}
	})
}

func TestWhatWasUsedCannotGoBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		x, b := g.stocked(t, quilts("", "10"), 100)
		ch := g.ask(t, goods.Changing{Kind: goods.GiveBack, Gift: x.ID})
		l, err := g.MakeList(ctx, clerk, listing("", b, "1", "张建国"), key())
		must(t, err)
		must(t, g.Release(ctx, keeper, l.ID, key()))
		if err := g.Decide(ctx, chief, ch.ID, true, "", key()); fault.KindOf(err) != fault.Conflict {
			t.Errorf("goods that were given out go back: %v", err)
		}
		must(t, g.Close(ctx, clerk, l.ID, nil, nil, key()))
		refused(t, g.Decide(ctx, chief, ch.ID, true, "", key()), "goods.used") // all of it is back, but it was among people
		must(t, g.Decide(ctx, chief, ch.ID, false, "已经发出过一床", key()))
		_, err = g.AskChange(ctx, clerk, goods.Changing{Kind: goods.GiveBack, Gift: x.ID, Why: "捐错了"}, nil, key())
		refused(t, err, "goods.used")
	})
}

func TestLossesAndSalesAreDecidedByAnother(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		_, b := g.stocked(t, quilts("winter", "100"), 1_000_000)
		_, err := g.AskChange(ctx, clerk, goods.Changing{Kind: goods.Loss, Why: "受潮发霉", Lines: lines(b, "市中心库", "5")}, nil, key())
		field(t, err, "photo", "goods.need_photo")
		for _, qty := range []string{"101", "0", "-1", "x"} {
			_, err := g.AskChange(ctx, clerk, goods.Changing{Kind: goods.Loss, Why: "受潮发霉", Lines: lines(b, "市中心库", qty)}, []media.Stored{g.paper(t)}, key())
			if fault.KindOf(err) != fault.Invalid || err == nil {
				t.Errorf("a loss of %s: %v", qty, err)
			}
		}
		loss := g.ask(t, goods.Changing{Kind: goods.Loss, Lines: lines(b, "市中心库", "5")}, g.paper(t))
		both := person("clerk", "李敏", "goods.approve")
		refused(t, g.Decide(ctx, both, loss.ID, true, "", key()), "goods.same_person")
		refused(t, g.Decide(ctx, keeper, loss.ID, true, "", key()), "access.forbidden")
		must(t, g.Decide(ctx, chief, loss.ID, true, "", key()))
		if g.on(t, "5201") != 50_000 || g.on(t, ledger.Stock) != 950_000 {
			t.Errorf("a loss: cost %d, stock %d", g.on(t, "5201"), g.on(t, ledger.Stock))
		}
		_, err = g.AskChange(ctx, clerk, goods.Changing{Kind: goods.Sale, Why: "临期处理", Lines: lines(b, "市中心库", "10")}, nil, key())
		field(t, err, "amount", "goods.total")
		field(t, err, "bank_ref", "goods.bank_ref")
		field(t, err, "day", "goods.paid_on")
		_, other := g.stocked(t, quilts("", "10"), 100)
		_, err = g.AskChange(ctx, clerk, goods.Changing{Kind: goods.Sale, Why: "临期处理", Amount: 70_000, BankRef: "ICBC-78", Day: "2026-11-24", Lines: append(lines(b, "市中心库", "10"), lines(other, "市中心库", "1")...)}, nil, key())
		field(t, err, "1.qty", "goods.one_fund")
		sale := g.ask(t, goods.Changing{Kind: goods.Sale, Amount: 70_000, BankRef: "ICBC-77", Day: "2026-11-24", Lines: lines(b, "市中心库", "10")})
		_, err = g.AskChange(ctx, clerk, goods.Changing{Kind: goods.Sale, Why: "临期处理", Amount: 70_000, BankRef: "ICBC-77", Day: "2026-11-24", Lines: lines(b, "市中心库", "10")}, nil, key())
		refused(t, err, "db.conflict")
		must(t, g.Decide(ctx, chief, sale.ID, true, "", key()))
		if g.on(t, "5401") != 100_000 || g.on(t, ledger.Bank) != 70_000 || g.on(t, ledger.Stock) != 850_100 {
			t.Errorf("a sale: cost %d, bank %d, stock %d", g.on(t, "5401"), g.on(t, ledger.Bank), g.on(t, ledger.Stock))
		}
		if f := g.Balance(t, g.purposes["winter"].Fund); f.Available != 70_000 {
			t.Errorf("the fund of the goods has %d of the sale", f.Available)
		}
		declined := g.ask(t, goods.Changing{Kind: goods.Loss, Lines: lines(b, "市中心库", "5")}, g.paper(t))
		field(t, g.Decide(ctx, chief, declined.ID, false, "", key()), "remark", "goods.why")
		must(t, g.Decide(ctx, chief, declined.ID, false, "还能用", key()))
		if n := g.here(t, b.ID)["市中心库"]; n != 85 {
			t.Errorf("%d pieces are left", n)
		}
	})
}

func TestAStockTakingChangesWhatItCounted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		_, b := g.stocked(t, quilts("", "100"), 1_000_000)
		_, c := g.stocked(t, quilts("", "10"), 100_000)
		take := func(x, y string) *goods.Change {
			return g.ask(t, goods.Changing{Kind: goods.Take, Lines: append(lines(b, "市中心库", x), lines(c, "市中心库", y)...)})
		}
		stale := take("99", "10")
		must(t, g.Decide(ctx, keeper, take("98", "12").ID, true, "", key()))
		if g.here(t, b.ID)["市中心库"] != 98 || g.here(t, c.ID)["市中心库"] != 12 {
			t.Errorf("the stock is %v and %v", g.here(t, b.ID), g.here(t, c.ID))
		}
		if g.on(t, "5201") != 20_000 || g.on(t, ledger.Stock) != 1_080_000 {
			t.Errorf("cost %d, stock %d", g.on(t, "5201"), g.on(t, ledger.Stock))
		}
		refused(t, g.Decide(ctx, keeper, stale.ID, true, "", key()), "goods.stale")
		must(t, g.Decide(ctx, keeper, stale.ID, false, "重新盘点", key()))
		must(t, g.Decide(ctx, keeper, take("98", "0").ID, true, "", key()))
		if len(g.here(t, c.ID)) != 0 || g.on(t, ledger.Stock) != 980_000 {
			t.Errorf("nothing was found: %v, stock %d", g.here(t, c.ID), g.on(t, ledger.Stock))
		}
	})
}

func TestMovesBetweenWarehousesLeaveTheBooksAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		_, b := g.stocked(t, quilts("", "100"), 1_000_000)
		_, err := g.AskChange(ctx, clerk, goods.Changing{Kind: goods.Shift, Why: "近一些", Dest: "市中心库", Lines: lines(b, "市中心库", "5")}, nil, key())
		field(t, err, "dest", "goods.same_place")
		one := g.ask(t, goods.Changing{Kind: goods.Shift, Dest: "会泽库", Lines: lines(b, "市中心库", "60")})
		two := g.ask(t, goods.Changing{Kind: goods.Shift, Dest: "宣威库", Lines: lines(b, "市中心库", "60")})
		must(t, g.Decide(ctx, keeper, one.ID, true, "", key()))
		refused(t, g.Decide(ctx, keeper, two.ID, true, "", key()), "goods.short")
		if h := g.here(t, b.ID); h["市中心库"] != 40 || h["会泽库"] != 60 || g.on(t, ledger.Stock) != 1_000_000 {
			t.Errorf("%v, stock %d", h, g.on(t, ledger.Stock))
		}
		l, err := g.MakeList(ctx, clerk, listing("", b, "50", "张建国"), key())
		must(t, err)
		refused(t, g.Release(ctx, keeper, l.ID, key()), "goods.short")
		must(t, g.VoidList(ctx, clerk, l.ID))
		refused(t, g.Release(ctx, keeper, l.ID, key()), "goods.not_draft")
	})
}

// A change and ten lists want the same pieces at the same moment.
func TestAChangeIsDoneOnce(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, moduletest.Sets(sets()...), func(t *testing.T, d *db.DB) {
		f := moduletest.New(t, d)
		g := open(t, f)
		x, b := g.stocked(t, quilts("", "10"), 1003)
		var ids []string
		for range 8 {
			ids = append(ids, g.ask(t, goods.Changing{Kind: goods.Loss, Lines: lines(b, "市中心库", "3")}, g.paper(t)).ID)
		}
		errs := moduletest.AtOnce(24, func(i int) error { return g.Decide(context.Background(), chief, ids[i%8], true, "", key()) })
		if won := moduletest.Won(t, errs, fault.Conflict); won != 3 {
			t.Errorf("%d losses of three pieces came out of ten pieces", won)
		}
		if b = g.batch(t, x.ID); b.Qty != 1 {
			t.Errorf("%d pieces are left", b.Qty)
		}
		f.Check(t, g.Module())
	})
}

func TestTheDemonstrationIsWhole(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, sets(), func(t *testing.T, f *moduletest.Foundation) {
		g := open(t, f)
		g.Goods = goods.New(f.DB, f.Trail, f.Funds, f.Papers, f.Archive, f.Box, g, goods.Settings{Login: func(_ context.Context, login string) (access.Actor, error) {
			return person(login, login, "goods.register", "goods.accept", "goods.value", "goods.check", "goods.issue"), nil
		}})
		start := f.Clock.Now()
		must(t, g.Seed(t.Context(), f.Clock))
		f.Clock.To(start)
		f.Settle(t)
		f.Check(t, g.Module())
		given, err := g.GivenOut(t.Context(), 10)
		must(t, err)
		roll, err := g.Roll(t.Context(), "", 10)
		must(t, err)
		if len(given) != 1 || len(roll.Rows) != 3 {
			t.Errorf("%d lists are closed, %d gifts are in store", len(given), len(roll.Rows))
		}
	})
}
