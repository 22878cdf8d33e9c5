package intake_test

import (
	"fmt"
	"strings"
	"testing"

	"care/modules/intake"
	"care/modules/moduletest"
	"care/server/fault"
)

func TestABatchIsPostedOnlyWhenItsTotalsAgreeAndASecondPersonConfirms(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		b := g.batch(t, 3, 60_000)
		g.save(t, b.ID, row("张建国", "100.00", "A1"), row("李春梅", "200", "A2"))
		v := g.stand(t, b.ID).Version
		refused(t, g.Send(t.Context(), clerk, b.ID, v, true, key()), fault.Invalid, "intake.totals_differ")
		g.save(t, b.ID, row("张建国", "100.00", "A1"), row("李春梅", "200", "A2"), row("王志强", "299.99", "A3"))
		v = g.stand(t, b.ID).Version
		refused(t, g.Send(t.Context(), clerk, b.ID, v, true, key()), fault.Invalid, "intake.totals_differ")
		refused(t, g.Send(t.Context(), clerk, b.ID, v-1, true, key()), fault.Invalid, "intake.changed")

		must(t, g.Rewant(t.Context(), clerk, b.ID, 3, 59_999, "第三张单据看错一分", key()))
		g.send(t, b.ID)
		x := g.stand(t, b.ID)
		if x.State != intake.Waiting || x.Made != 3 || x.New != 59_999 || len(x.Changes) != 1 {
			t.Fatalf("after sending: %s, %d made, %d fen, %d changes", x.State, x.Made, x.New, len(x.Changes))
		}
		if got := g.account(t, "1002"); got != 0 {
			t.Errorf("income was booked before the second person: %d", got)
		}
		refused(t, g.Confirm(t.Context(), clerk, b.ID, 3, 59_999, key()), fault.Forbidden, "access.forbidden")
		refused(t, g.Confirm(t.Context(), checker, b.ID, 3, 60_000, key()), fault.Invalid, "intake.changed")
		g.confirm(t, b.ID)
		if x = g.stand(t, b.ID); x.State != intake.Done || x.Confirmed != 3 {
			t.Fatalf("after confirming: %s, %d confirmed", x.State, x.Confirmed)
		}
		if got := g.account(t, "1002"); got != 59_999 {
			t.Errorf("the bank account holds %d, want 59999", got)
		}
		refused(t, g.Undo(t.Context(), clerk, b.ID, "不要了", key()), fault.Conflict, "intake.not_undoable")
	})
}

func TestWhoTypedABatchNeverConfirmsIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		b, err := g.Open(t.Context(), both, intake.Opening{Title: "一人两手", Day: "2026-11-20", Method: "transfer", Rows: 1, Fen: 100}, key())
		must(t, err)
		must(t, g.Save(t.Context(), both, b.ID, b.Version, 1, []intake.Cells{row("张建国", "1", "B1")}, key()))
		must(t, g.Send(t.Context(), clerk, b.ID, g.stand(t, b.ID).Version, false, key()))
		g.Foundation.Settle(t, g.Module())
		refused(t, g.Confirm(t.Context(), both, b.ID, 1, 100, key()), fault.Forbidden, "intake.same_person")
		g.confirm(t, b.ID)
	})
}

func TestTheDryRunNamesWhatWillBeRefusedAndWritesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		first := g.batch(t, 1, 10_000)
		g.save(t, first.ID, row("张建国", "100.00", "C1"))
		g.send(t, first.ID)

		b := g.batch(t, 7, 10_000)
		g.save(t, b.ID, row("李春梅", "十元", "C2"), row("李春梅", "10", "C1"), row("", "10", "C3"), row("王志强", "10", "C4"), row("王志强", "10", "C4"),
			intake.Cells{Name: "张建国", Amount: "100", Ref: "C5"}, intake.Cells{Name: "赵明", Amount: "5", Ref: "C6", Day: "2027-01-01"})
		x := g.stand(t, b.ID)
		trial, err := g.Try(t.Context(), &x.Batch, 0)
		must(t, err)
		says := map[int64]string{}
		for _, v := range trial.Rows {
			for _, f := range v.Fault {
				says[v.Line.Line] += f.Name + "=" + f.Code + " "
			}
			says[v.Line.Line] += strings.Join(v.Warn, " ")
		}
		for line, want := range map[int64]string{1: "amount=intake.cell_amount ", 2: "ref=donations.bank_ref_used ", 4: "", 5: "ref=intake.ref_twice intake.twin_here", 6: "intake.twin_there", 7: "day=donations.day "} {
			if says[line] != want {
				t.Errorf("line %d: the dry run says %q, want %q", line, says[line], want)
			}
		}
		if !strings.Contains(says[3], "name=") {
			t.Errorf("line 3: a gift without a name passes: %q", says[3])
		}
		if n, err := g.gifts.Waiting(t.Context()); err != nil || n != 1 {
			t.Errorf("%d gifts wait, want only that of the first batch (%v)", n, err)
		}
		refused(t, g.Send(t.Context(), clerk, b.ID, x.Version, true, key()), fault.Invalid, "intake.has_faults")
	})
}

func TestPossibleTwinsMustBeLookedAt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		b := g.batch(t, 2, 200)
		g.save(t, b.ID, row("张建国", "1", "D1"), row("张 建国", "1", "D2"))
		v := g.stand(t, b.ID).Version
		refused(t, g.Send(t.Context(), clerk, b.ID, v, false, key()), fault.Invalid, "intake.not_looked")
		must(t, g.Send(t.Context(), clerk, b.ID, v, true, key()))
	})
}

func TestAnOlderPageNeverOverwritesANewerOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		b := g.batch(t, 1, 100)
		must(t, g.Save(t.Context(), clerk, b.ID, b.Version, 1, []intake.Cells{row("张建国", "1", "E1")}, key()))
		refused(t, g.Save(t.Context(), second, b.ID, b.Version, 1, []intake.Cells{row("李春梅", "2", "E2")}, key()), fault.Invalid, "intake.changed")
		ls, err := g.Rows(t.Context(), b.ID, false, 0, 10)
		must(t, err)
		if len(ls) != 1 || ls[0].Cells.Name != "张建国" {
			t.Errorf("the batch holds %+v", ls)
		}
		g.save(t, b.ID, intake.Cells{})
		if x := g.stand(t, b.ID); x.Rows != 0 {
			t.Errorf("an emptied line is kept: %d rows", x.Rows)
		}
	})
}

func TestABatchIsTakenBackWholeBeforeItIsConfirmed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		b := g.batch(t, 2, 300)
		g.save(t, b.ID, row("张建国", "1", "F1"), row("李春梅", "2", "F2"))
		g.send(t, b.ID)
		must(t, g.Undo(t.Context(), clerk, b.ID, "录到了别的项目", key()))
		g.Foundation.Settle(t, g.Module())
		if x := g.stand(t, b.ID); x.State != intake.Undone || x.Back != 2 {
			t.Fatalf("after taking back: %s, %d back", x.State, x.Back)
		}
		if n, err := g.gifts.Waiting(t.Context()); err != nil || n != 0 {
			t.Errorf("%d gifts still wait (%v)", n, err)
		}
		again := g.batch(t, 2, 300) // the same references are free again
		g.save(t, again.ID, row("张建国", "1", "F1"), row("李春梅", "2", "F2"))
		g.send(t, again.ID)
		g.confirm(t, again.ID)
	})
}

func TestUndoLeavesWhatTheDeskConfirmedOneByOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		b := g.batch(t, 2, 300)
		g.save(t, b.ID, row("张建国", "1", "G1"), row("李春梅", "2", "G2"))
		g.send(t, b.ID)
		ls, err := g.Rows(t.Context(), b.ID, false, 0, 10)
		must(t, err)
		must(t, g.gifts.ConfirmGifts(t.Context(), checker, []string{ls[0].Gift})[0])
		must(t, g.Undo(t.Context(), clerk, b.ID, "录到了别的项目", key()))
		g.Foundation.Settle(t, g.Module())
		x := g.stand(t, b.ID)
		if x.State != intake.Waiting || x.Confirmed != 1 || x.Back != 1 {
			t.Fatalf("the batch is %s with %d confirmed and %d back", x.State, x.Confirmed, x.Back)
		}
		g.confirm(t, b.ID)
		if x := g.stand(t, b.ID); x.State != intake.Done {
			t.Errorf("the batch is %s", x.State)
		}
	})
}

func TestQueuedWorkOfABatchRunsAgainWithoutDoubling(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		const n = 220 // more than one act
		b := g.batch(t, n, n*100)
		var rows []intake.Cells
		for i := range n {
			rows = append(rows, row(fmt.Sprintf("张建%c", '一'+rune(i)), "1", fmt.Sprintf("H%d", i)))
		}
		must(t, g.Save(t.Context(), clerk, b.ID, b.Version, 1, rows, key()))
		must(t, g.Send(t.Context(), clerk, b.ID, g.stand(t, b.ID).Version, true, key()))
		work := map[string]func() error{}
		for _, w := range g.Module().Work {
			work[w.Kind] = func() error { return w.Do(t.Context(), []byte(`{"batch":"`+b.ID+`"}`)) }
		}
		moduletest.Won(t, moduletest.AtOnce(3, func(int) error { return work["intake.make"]() }), fault.Conflict)
		g.Foundation.Settle(t, g.Module())
		if x := g.stand(t, b.ID); x.State != intake.Waiting || x.Made != n {
			t.Fatalf("registered %d of %d, %s", x.Made, n, x.State)
		}
		x := g.stand(t, b.ID)
		must(t, g.Confirm(t.Context(), checker, b.ID, x.ToConfirm(), x.New, key()))
		moduletest.Won(t, moduletest.AtOnce(3, func(int) error { return work["intake.confirm"]() }), fault.Conflict)
		g.Foundation.Settle(t, g.Module())
		must(t, work["intake.confirm"]())
		if x := g.stand(t, b.ID); x.State != intake.Done || x.Confirmed != n {
			t.Fatalf("confirmed %d of %d, %s", x.Confirmed, n, x.State)
		}
		if got := g.account(t, "1002"); got != n*100 {
			t.Errorf("the bank account holds %d, want %d", got, n*100)
		}
	})
}

func TestWhatTheDeskRefusesMeanwhileComesBackToTheTypist(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		b := g.batch(t, 2, 300)
		g.save(t, b.ID, row("张建国", "1", "I1"), row("李春梅", "2", "I2"))
		must(t, g.Send(t.Context(), clerk, b.ID, g.stand(t, b.ID).Version, false, key()))
		rival := g.batch(t, 1, 500)
		must(t, g.Save(t.Context(), second, rival.ID, rival.Version, 1, []intake.Cells{row("赵明", "5", "I2")}, key()))
		g.send(t, rival.ID) // whichever is worked first has the reference
		x, y := g.stand(t, b.ID), g.stand(t, rival.ID)
		lost := x
		if x.Made == 2 {
			lost = y
		}
		if x.Made+y.Made != 2 && x.Made+y.Made != 1+1 || lost.State != intake.Draft || lost.Problem != "intake.refused" {
			t.Fatalf("made %d and %d, the loser is %s %s", x.Made, y.Made, lost.State, lost.Problem)
		}
		must(t, g.Undo(t.Context(), clerk, lost.ID, "单据已在别批", key()))
		g.Foundation.Settle(t, g.Module())
	})
}

func TestCashOfABoxIsCountedTwiceAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		b, err := g.Open(t.Context(), clerk, intake.Opening{Title: "捐赠箱", Day: "2026-11-20", Method: "cash", Rows: 1, Fen: 15_050}, key())
		must(t, err)
		must(t, g.Save(t.Context(), clerk, b.ID, b.Version, 1, []intake.Cells{{Name: "爱心人士", Amount: "150.50", Shown: "anonymous"}}, key()))
		n := intake.Count{1, 1, 0, 0, 0, 0, 1, 0, 0, 0}
		must(t, g.CountBox(t.Context(), clerk, b.ID, "一号箱", "政务大厅", n, key()))
		x := g.stand(t, b.ID)
		refused(t, g.Send(t.Context(), clerk, b.ID, x.Version, true, key()), fault.Invalid, "intake.sheet_open")
		sheet := x.Sheets[0].ID
		refused(t, g.Recount(t.Context(), clerk, sheet, n, key()), fault.Forbidden, "intake.same_counter")
		refused(t, g.Recount(t.Context(), checker, sheet, intake.Count{1, 0, 2, 1, 0, 0, 1, 0, 0, 0}, key()), fault.Invalid, "intake.count_differs")
		must(t, g.Recount(t.Context(), checker, sheet, n, key()))
		refused(t, g.Recount(t.Context(), second, sheet, n, key()), fault.Conflict, "intake.counted_already")
		if s := g.stand(t, b.ID).Sheets[0]; s.Tries != 1 || s.SecondName != checker.Name {
			t.Errorf("the sheet keeps %d tries, second is %q", s.Tries, s.SecondName)
		}
		g.send(t, b.ID)
		g.confirm(t, b.ID)
		if got := g.account(t, "1001"); got != 15_050 {
			t.Errorf("the cash box holds %d, want 15050", got)
		}
	})
}

func TestCountingSheetsThatDifferFromTheTotalStopTheBatch(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		b, err := g.Open(t.Context(), clerk, intake.Opening{Title: "捐赠箱", Day: "2026-11-20", Method: "cash", Rows: 1, Fen: 10_000}, key())
		must(t, err)
		must(t, g.Save(t.Context(), clerk, b.ID, b.Version, 1, []intake.Cells{{Name: "爱心人士", Amount: "100", Shown: "anonymous"}}, key()))
		n := intake.Count{0, 1, 0, 0, 0, 0, 0, 0, 0, 0}
		must(t, g.CountBox(t.Context(), clerk, b.ID, "一号箱", "政务大厅", n, key()))
		must(t, g.Recount(t.Context(), checker, g.stand(t, b.ID).Sheets[0].ID, n, key()))
		refused(t, g.Send(t.Context(), clerk, b.ID, g.stand(t, b.ID).Version, true, key()), fault.Invalid, "intake.sheets_differ")
	})
}

func TestWhoMayNotEnterIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g *given) {
		_, err := g.Open(t.Context(), stranger, intake.Opening{Title: "路过", Day: "2026-11-20", Method: "cash", Rows: 1, Fen: 1}, key())
		refused(t, err, fault.Forbidden, "access.forbidden")
		b := g.batch(t, 1, 100)
		refused(t, g.Save(t.Context(), checker, b.ID, b.Version, 1, []intake.Cells{row("张建国", "1", "J1")}, key()), fault.Forbidden, "access.forbidden")
		refused(t, g.Send(t.Context(), checker, b.ID, b.Version, true, key()), fault.Forbidden, "access.forbidden")
		_, err = g.Stage(t.Context(), checker, intake.Staging{Platform: "TENCENT", Content: orders(order("1", "1", "0")), Rows: 1, Fen: 100})
		refused(t, err, fault.Forbidden, "access.forbidden")
	})
}
