package goods_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"care/media"
	"care/modules/audit"
	"care/modules/documents"
	"care/modules/goods"
	"care/modules/moduletest"
	"care/server/db"
	"care/server/db/dbtest"
	"care/server/fault"
)

func TestGoodsGoFromTheDoorToThePeople(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		x, b := g.stocked(t, quilts("winter", "200"), 2_000_001)
		if x.State != goods.Stocked || x.Number != "QJGA-2026-000001" || b.Qty != 200 || b.Value != 2_000_001 {
			t.Fatalf("gift %+v, batch %+v", x, b)
		}
		ds, err := g.Papers.Of(t.Context(), goods.Ref(x.ID))
		must(t, err)
		if len(ds) != 1 || ds[0].Kind != "inkind" || ds[0].Amount != x.Total {
			t.Fatalf("papers %+v", ds)
		}
		g.Settle(t)
		d, err := g.Papers.Document(t.Context(), ds[0].ID)
		must(t, err)
		if d.State != documents.Issued {
			t.Errorf("the receipt is not drawn: %s %s", d.State, d.Reason)
		}
		l, err := g.MakeList(t.Context(), clerk, listing("winter", b, "3", "张建国", "李红梅", "王志强"), key())
		must(t, err)
		if b = g.batch(t, x.ID); b.Qty != 200 {
			t.Error("a draft takes goods out of store")
		}
		refused(t, g.Release(t.Context(), clerk, l.ID, key()), "access.forbidden")
		must(t, g.Release(t.Context(), keeper, l.ID, key()))
		if b = g.batch(t, x.ID); b.Qty != 191 || b.Value != 2_000_001-90_000 {
			t.Errorf("after the release: %d pieces, %d fen", b.Qty, b.Value)
		}
		ls, err := g.Lines(t.Context(), l.ID)
		must(t, err)
		if strings.Contains(ls[0].Name+ls[0].IDNo, "张") {
			t.Error("a receiver's name is not sealed")
		}
		refused(t, g.Close(t.Context(), clerk, l.ID, []string{"another"}, []media.Stored{g.paper(t)}, key()), "goods.unknown_line")
		must(t, g.Close(t.Context(), clerk, l.ID, []string{ls[0].ID, ls[2].ID}, []media.Stored{g.paper(t)}, key()))
		if b = g.batch(t, x.ID); b.Qty != 194 || b.Value != 2_000_001-60_000 {
			t.Errorf("after the close: %d pieces, %d fen", b.Qty, b.Value)
		}
		refused(t, g.Close(t.Context(), clerk, l.ID, nil, nil, key()), "goods.not_released")
	})
}

func TestTwoPeopleStandBehindEachStep(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		x, err := g.Register(ctx, clerk, quilts("", "10"), key())
		must(t, err)
		refused(t, g.Goods.Count(ctx, stranger, x.ID, nil, nil, key()), "access.forbidden")
		refused(t, g.Accept(ctx, keeper, x.ID, key()), "goods.not_counted")
		must(t, g.Goods.Count(ctx, clerk, x.ID, g.tallies(t, x.ID), []media.Stored{g.paper(t)}, key()))
		refused(t, g.Accept(ctx, clerk, x.ID, key()), "goods.same_person")
		refused(t, g.Value(ctx, clerk, x.ID, g.worth(t, x.ID, goods.Market, 5), nil, key()), "goods.not_accepted")
		must(t, g.Recount(ctx, keeper, x.ID, "少数了两床", key()))
		must(t, g.Goods.Count(ctx, keeper, x.ID, g.tallies(t, x.ID, "8"), nil, key()))
		must(t, g.Accept(ctx, keeper2, x.ID, key()))
		refused(t, g.Stock(ctx, keeper, x.ID, key()), "goods.not_valued")
		must(t, g.Value(ctx, keeper2, x.ID, g.worth(t, x.ID, goods.Market, 80_000), nil, key()))
		refused(t, g.Stock(ctx, keeper2, x.ID, key()), "goods.same_person")
		if ds, err := g.Papers.Of(ctx, goods.Ref(x.ID)); err != nil || len(ds) != 0 {
			t.Errorf("a receipt before the check: %v, %v", ds, err)
		}
		k := key()
		must(t, g.Stock(ctx, keeper, x.ID, k))
		if _, again := fault.IsAgain(g.Stock(ctx, keeper, x.ID, k)); !again {
			t.Error("the same press counts twice")
		}
		if b := g.batch(t, x.ID); b.Qty != 8 {
			t.Errorf("%d pieces in store, 8 were accepted", b.Qty)
		}
	})
}

func TestWhatIsRefusedOrHandedOverDirectlyGetsNoReceipt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		r := quilts("", "10")
		r.Items[0].ExpiresOn = "2026-11-24"
		x, err := g.Register(ctx, clerk, r, key())
		must(t, err)
		field(t, g.Goods.Count(ctx, keeper, x.ID, g.tallies(t, x.ID), nil, key()), "0.accepted", "goods.expired")
		ts := g.tallies(t, x.ID, "0")
		ts[0].Refused = "10"
		must(t, g.Goods.Count(ctx, keeper, x.ID, ts, nil, key()))
		must(t, g.Accept(ctx, keeper2, x.ID, key()))
		refused(t, g.Value(ctx, clerk, x.ID, nil, nil, key()), "goods.not_accepted")
		r = quilts("", "10")
		r.Direct = true
		d, err := g.Register(ctx, clerk, r, key())
		must(t, err)
		refused(t, g.Goods.Count(ctx, keeper, d.ID, g.tallies(t, d.ID), nil, key()), "goods.not_waiting")
		for _, id := range []string{x.ID, d.ID} {
			if ds, err := g.Papers.Of(ctx, goods.Ref(id)); err != nil || len(ds) != 0 {
				t.Errorf("papers %v, %v", ds, err)
			}
		}
	})
}

func TestAValueNeedsItsBasis(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		x := g.accepted(t, quilts("", "10"))
		field(t, g.Value(ctx, clerk, x.ID, nil, nil, key()), "0.basis", "goods.need_values")
		field(t, g.Value(ctx, clerk, x.ID, g.worth(t, x.ID, "guess", 5), nil, key()), "0.basis", "goods.basis")
		for _, basis := range []string{goods.Invoice, goods.Customs, goods.Agreement, goods.Appraisal} {
			field(t, g.Value(ctx, clerk, x.ID, g.worth(t, x.ID, basis, 5), nil, key()), "evidence", "goods.need_evidence")
		}
		field(t, g.Value(ctx, clerk, x.ID, g.worth(t, x.ID, goods.Market, 0), nil, key()), "0.total", "goods.total")
		field(t, g.Value(ctx, clerk, x.ID, g.worth(t, x.ID, goods.Market, -5), nil, key()), "0.total", "goods.total")
		field(t, g.Value(ctx, clerk, x.ID, g.worth(t, x.ID, goods.Market, 1_000_000_000_001), nil, key()), "0.total", "goods.total_large")
		field(t, g.Value(ctx, clerk, x.ID, g.worth(t, x.ID, goods.NoValue, 5), nil, key()), "0.total", "goods.total_none")
		must(t, g.Value(ctx, clerk, x.ID, g.worth(t, x.ID, goods.NoValue, 0), nil, key()))
		must(t, g.Stock(ctx, keeper, x.ID, key()))
		if b := g.batch(t, x.ID); b.Qty != 10 || b.Value != 0 {
			t.Errorf("what cannot be valued has %d pieces and %d fen", b.Qty, b.Value)
		}
	})
}

func TestRestrictedGoodsServeTheirPurposeOnly(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		_, winter := g.stocked(t, quilts("winter", "10"), 100)
		_, free := g.stocked(t, quilts("", "10"), 100)
		for _, campaign := range []string{"", "school"} {
			_, err := g.MakeList(t.Context(), clerk, listing(campaign, winter, "1", "张建国"), key())
			field(t, err, "0.batch", "goods.bound")
		}
		for _, campaign := range []string{"", "school", "winter"} {
			_, err := g.MakeList(t.Context(), clerk, listing(campaign, free, "1", "张建国"), key())
			must(t, err)
		}
		over := g.purposes["winter"]
		over.Over = true
		g.purposes["winter"] = over
		_, err := g.Register(t.Context(), clerk, quilts("winter", "10"), key())
		field(t, err, "campaign", "goods.purpose")
		_, err = g.MakeList(t.Context(), clerk, listing("winter", winter, "1", "张建国"), key())
		must(t, err)
	})
}

func TestMovesAreNeverChanged(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		g.stocked(t, quilts("", "10"), 100)
		for _, q := range []string{"UPDATE goods_moves SET qty = 1", "DELETE FROM goods_moves"} {
			if _, err := g.DB.Writer().ExecContext(t.Context(), q); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", q, err)
			}
		}
	})
}

func TestCheckFindsALostPiece(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, sets(), func(t *testing.T, f *moduletest.Foundation) {
		g := open(t, f)
		g.stocked(t, quilts("", "10"), 100)
		if _, err := g.DB.Writer().ExecContext(t.Context(), "UPDATE goods_batches SET qty = qty - 1"); err != nil {
			t.Fatal(err)
		}
		if _, err := g.Goods.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "not the sum of their moves") {
			t.Errorf("the check says %v", err)
		}
	})
}

// Sixty lists of one piece each want ten pieces.
func TestTheLastPieceIsGivenOnce(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, moduletest.Sets(sets()...), func(t *testing.T, d *db.DB) {
		f := moduletest.New(t, d)
		g := open(t, f)
		x, b := g.stocked(t, quilts("", "10"), 1003)
		var ids []string
		for range 60 {
			l, err := g.MakeList(t.Context(), clerk, listing("", b, "1", "张建国"), key())
			must(t, err)
			ids = append(ids, l.ID)
		}
		errs := make([]error, len(ids))
		var wg sync.WaitGroup
		for i, id := range ids {
			wg.Go(func() { errs[i] = g.Release(t.Context(), keeper, id, key()) })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if fault.CodeOf(err) != "goods.short" {
				t.Errorf("a loser is told %v", err)
			}
		}
		if b = g.batch(t, x.ID); won != 10 || b.Qty != 0 || b.Value != 0 {
			t.Errorf("%d lists got their piece; %d pieces and %d fen are left", won, b.Qty, b.Value)
		}
		f.Check(t, g.Module())
	})
}

// The control: whoever looks first and writes what was seen gives the same piece away many times.
func TestLookingBeforeTakingOversells(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, sets(), func(t *testing.T, f *moduletest.Foundation) {
		g := open(t, f)
		x, _ := g.stocked(t, quilts("", "10"), 1003)
		const n = 20
		seen := make([]int64, n)
		for i := range n { // all look
			seen[i] = g.batch(t, x.ID).Qty
		}
		taken := 0
		for _, q := range seen { // then all take
			if q < 1 {
				continue
			}
			must(t, g.try(t, func(ctx context.Context, tx *audit.Tx) error {
				_, err := tx.NewRaw("UPDATE goods_batches SET qty = ?", q-1).Exec(ctx)
				return err
			}))
			taken++
		}
		if b := g.batch(t, x.ID); taken <= 10 || b.Qty < 0 {
			t.Errorf("the control took %d of 10, %d left: it proves nothing", taken, b.Qty)
		}
		if _, err := g.Goods.Check(t.Context()); err == nil {
			t.Error("the check does not see it")
		}
	})
}

func TestHostileInputIsNamedByItsField(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		ctx := t.Context()
		_, err := g.Register(ctx, clerk, goods.Registering{}, key())
		for name, code := range map[string]string{"donor": "goods.need_donor", "shown": "goods.need_shown", "name": "goods.name", "arrived_on": "goods.arrived_on", "warehouse": "goods.text_need", "items": "goods.need_items"} {
			field(t, err, name, code)
		}
		for _, qty := range []string{"", "0", "-1", "1.5", "1e9", "99999999999999999999", "٣", "0x10", "NaN", "1.", ".5"} {
			_, err := g.Register(ctx, clerk, quilts("", qty), key())
			field(t, err, "0.qty", "goods.qty")
		}
		_, err = g.Register(ctx, clerk, quilts("nowhere", "1"), key())
		field(t, err, "campaign", "goods.purpose")
		many := quilts("", "1")
		for range 10_000 {
			many.Items = append(many.Items, many.Items[0])
		}
		_, err = g.Register(ctx, clerk, many, key())
		field(t, err, "items", "goods.many_items")
		_, err = g.MakeList(ctx, clerk, listing("", goods.Batch{ID: "no batch"}, "1", "<script>"), key())
		field(t, err, "0.name", "goods.person")
		field(t, err, "0.batch", "goods.need_batch")
		_, b := g.stocked(t, quilts("", "10"), 100)
		twice := listing("", b, "1", "张建国")
		twice.People = append(twice.People, twice.People[0])
		_, err = g.MakeList(ctx, clerk, twice, key())
		field(t, err, "1.idno", "goods.twice")
		refused(t, g.Stock(ctx, keeper, "nothing", key()), "db.not_found")
		refused(t, g.Release(ctx, keeper, "nothing", key()), "db.not_found")
	})
}
