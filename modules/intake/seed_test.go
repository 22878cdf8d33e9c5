package intake_test

import (
	"testing"

	"care/modules/intake"
	"care/modules/moduletest"
)

func TestTheDemonstrationIsABatchThatCanBeSent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		must(t, g.Seed(t.Context(), g.Clock))
		bs, err := g.List(t.Context(), intake.Gifts, intake.Draft, "", 10)
		if err != nil || len(bs.Rows) != 1 || !g.stand(t, bs.Rows[0].ID).Agrees() {
			t.Fatalf("the batches are %+v, %v", bs.Rows, err)
		}
		g.send(t, bs.Rows[0].ID)
	})
}

func TestCheckFindsABatchThatWasTamperedWith(t *testing.T) {
	t.Parallel()
	moduletest.Each(t, sets(), func(t *testing.T, f *moduletest.Foundation) {
		g := open(t, f)
		b := g.batch(t, 1, 100)
		g.save(t, b.ID, row("张建国", "1", "K1"))
		g.send(t, b.ID)
		g.confirm(t, b.ID)
		for _, x := range []struct{ do, undo string }{
			{"UPDATE intake_rows SET amount = amount + 1", "UPDATE intake_rows SET amount = amount - 1"},
			{"UPDATE intake_batches SET want_rows = want_rows + 1", "UPDATE intake_batches SET want_rows = want_rows - 1"},
			{"UPDATE intake_rows SET state = 'made'", "UPDATE intake_rows SET state = 'confirmed'"},
			{"UPDATE intake_rows SET fund = fund || 'x'", "UPDATE intake_rows SET fund = replace(fund, 'x', '')"},
		} {
			_, err := g.DB.Writer().ExecContext(t.Context(), x.do)
			must(t, err)
			if _, err := g.Intake.Check(t.Context()); err == nil {
				t.Errorf("Check does not see: %s", x.do)
			}
			_, err = g.DB.Writer().ExecContext(t.Context(), x.undo)
			must(t, err)
			if _, err := g.Intake.Check(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
}
