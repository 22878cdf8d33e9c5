package relief

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"care/server/access"
	"care/server/clock"
	"care/server/fault"
)

// TestEveryStateAndEventIsAMoveOrAConflict compares the table with what is written here by hand.
func TestEveryStateAndEventIsAMoveOrAConflict(t *testing.T) {
	t.Parallel()
	want := map[State]map[Event]State{
		AtVillage:  {EvPass: AtTownship, EvReturn: Returned, EvRefuse: Refused, EvWithdraw: Withdrawn},
		AtTownship: {EvPass: AtCounty, EvReturn: Returned, EvRefuse: Refused, EvWithdraw: Withdrawn},
		AtCounty:   {EvPass: ToPublish, EvReturn: Returned, EvRefuse: Refused, EvWithdraw: Withdrawn},
		ToPublish:  {EvPost: InNotice, EvReturn: AtCounty, EvRefuse: Refused, EvWithdraw: Withdrawn},
		InNotice:   {EvClose: AtCity, EvDismiss: InNotice, EvUphold: Refused, EvWithdraw: Withdrawn},
		AtCity:     {EvPass: InApproval, EvRefuse: Refused, EvWithdraw: Withdrawn},
		InApproval: {EvPass: InApproval, EvApprove: Approved, EvRefuse: Refused, EvWithdraw: Withdrawn},
		Approved:   {EvGiveUp: Ended},
		Returned:   {EvResubmit: AtTownship, EvWithdraw: Withdrawn},
		Refused:    {}, Withdrawn: {}, Ended: {},
	}
	for from, events := range want {
		for _, e := range []Event{EvSubmit, EvPass, EvReturn, EvRefuse, EvWithdraw, EvResubmit, EvPost, EvClose, EvUphold, EvDismiss, EvApprove, EvGiveUp} {
			c := &Case{State: from, BackTo: AtTownship, Version: 4}
			m, err := c.next(e)
			to, ok := events[e]
			if !ok {
				if fault.CodeOf(err) != "relief.not_here" {
					t.Errorf("%s at %s: %v, want a conflict", e, from, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s at %s: %v", e, from, err)
				continue
			}
			c.take(m, time.Unix(1, 0))
			if c.State != to || c.Version != 5 || (c.BackTo != "") != (to == Returned) {
				t.Errorf("%s at %s leads to %s, back to %q, version %d; want %s", e, from, c.State, c.BackTo, c.Version, to)
			}
		}
	}
}

// TestPaymentsNeverComeBackToLife tries every pair of states.
func TestPaymentsNeverComeBackToLife(t *testing.T) {
	t.Parallel()
	all := []PayState{PayBatched, PaySent, PayUnknown, PaySucceeded, PayFailed, PayReturned, PayCancelled}
	may := "batched>sent batched>cancelled sent>succeeded sent>failed sent>unknown unknown>succeeded unknown>failed succeeded>returned"
	for _, from := range all {
		for _, to := range all {
			y := Payment{State: from}
			err := y.turn(to, time.Time{})
			if want := strings.Contains(may+" ", string(from)+">"+string(to)+" "); (err == nil) != want {
				t.Errorf("%s to %s: %v, want allowed %t", from, to, err, want)
			}
			if dead := (&Payment{State: from}); err == nil && !dead.Alive() {
				t.Errorf("a dead payment went from %s to %s", from, to)
			}
		}
	}
}

// TestBatchMovesByTheRightPersonOnly tries every verb at every state with somebody who holds nothing.
func TestBatchMovesByTheRightPersonOnly(t *testing.T) {
	t.Parallel()
	for _, m := range batchMoves {
		b := PayBatch{State: m.From, Maker: "maker", Checker: "checker"}
		if err := b.decide(m.Verb, access.Actor{ID: "x"}, time.Time{}); fault.KindOf(err) != fault.Forbidden || b.State != m.From {
			t.Errorf("%s at %s by nobody: %v, state %s", m.Verb, m.From, err, b.State)
		}
	}
	for _, st := range []BatchState{BatchOpen, BatchLocked, BatchChecked, BatchSigned, BatchReleased, BatchReconciling, BatchReconciled, BatchVoid} {
		b := PayBatch{State: st}
		_, err := b.next("void")
		if (err == nil) != (st == BatchOpen) {
			t.Errorf("void at %s: %v", st, err)
		}
	}
}

// TestWorkingDaysOf2026 counts the vectors of the year: across Spring Festival, National Day, and a worked Saturday.
func TestWorkingDaysOf2026(t *testing.T) {
	t.Parallel()
	cal, err := calendarOf([]Year{{Year: 2026,
		OffDays:  "2026-02-15 2026-02-16 2026-02-17 2026-02-18 2026-02-19 2026-02-20 2026-02-21 2026-02-22 2026-02-23 2026-10-01 2026-10-02 2026-10-03 2026-10-04 2026-10-05 2026-10-06 2026-10-07",
		WorkDays: "2026-02-14 2026-02-28 2026-09-20 2026-10-10"}})
	if err != nil {
		t.Fatal(err)
	}
	for from, want := range map[clock.Day]clock.Day{"2026-02-12": "2026-02-26", "2026-09-29": "2026-10-12", "2026-11-25": "2026-12-02", "2026-11-28": "2026-12-04"} {
		if got, err := lastDay(cal, from, 5); err != nil || got != want {
			t.Errorf("five working days after %s end on %s, %v; want %s", from, got, err, want)
		}
	}
	if _, err := lastDay(cal, "2026-12-28", 5); fault.CodeOf(err) != "relief.no_year" {
		t.Errorf("counting into an unknown year: %v, want relief.no_year", err)
	}
}

// TestBankFileIsSafeAndWhole keeps rare characters, long numbers and leading zeros, and lets no cell be a formula.
func TestBankFileIsSafeAndWhole(t *testing.T) {
	t.Parallel()
	lines := []bankLine{{Line: 1, Name: "𬱖明·艾合买提", Card: "0012345678901234567", Bank: "=cmd|' /C calc'!A0", Amount: 123_45, Number: "QJJZ-2026-000001", KindTitle: "大病医疗"}, {Line: 2, Name: "@王\t五", Card: "6217003870000123452", Bank: "农行,\"者海\"支行", Amount: 1, Number: "N", KindTitle: "-x"}}
	a, err := bankFile("QJPC-2026-000001", 123_46, lines)
	if err != nil {
		t.Fatal(err)
	}
	b, err := bankFile("QJPC-2026-000001", 123_46, lines)
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("the same lines gave other bytes, %v", err)
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(a)
	if err != nil {
		t.Fatal(err)
	}
	want := "批次号,QJPC-2026-000001,笔数,2,合计金额,123.46\r\n行号,收款户名,收款账号,开户银行,金额,用途\r\n" +
		"1,𬱖明·艾合买提,0012345678901234567,'=cmd|' /C calc'!A0,123.45,大病医疗 QJJZ-2026-000001\r\n" +
		"2,'@王 五,6217003870000123452,\"农行,\"\"者海\"\"支行\",0.01,'-x N\r\n"
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	if number, rows, err := readResult(fmtResult(t, "QJPC-2026-000001,笔数,1,合计金额,0.01", "2,0.01,成功,,R1")); err != nil || number != "QJPC-2026-000001" || len(rows) != 1 || rows[0].Outcome != PaySucceeded {
		t.Errorf("a result in GB18030 reads as %q %+v, %v", number, rows, err)
	}
}

func fmtResult(t *testing.T, head, line string) []byte {
	t.Helper()
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte("批次号," + head + "\r\n行号,金额,结果,原因,流水号\r\n" + line + "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestEveryNameOnAPageHasItsWord asks for the words of states and categories that pages look up by name.
func TestEveryNameOnAPageHasItsWord(t *testing.T) {
	t.Parallel()
	var codes []string
	for _, m := range moves {
		codes = append(codes, "relief.state."+string(m.From), "relief.state."+string(m.To), "relief.event."+string(m.Event))
		if m.Stage != "" {
			codes = append(codes, "relief.stage."+m.Stage)
		}
	}
	for _, s := range states {
		codes = append(codes, "relief.step."+string(s), "relief.stage."+string(s))
	}
	for _, m := range batchMoves {
		codes = append(codes, "relief.batch."+string(m.From), "relief.batch."+string(m.To))
	}
	for s := range payMoves {
		codes = append(codes, "relief.pay."+string(s))
	}
	for _, c := range Categories {
		codes = append(codes, "relief.category."+c)
	}
	for _, e := range Evidence {
		codes = append(codes, "relief.evidence."+e)
	}
	for _, c := range codes {
		if c != "relief.state." && words[c] == "" {
			t.Errorf("%s has no word", c)
		}
	}
}
