package disclosure

import (
	"testing"
	"time"

	"care/modules/ledger"
	"care/server/money"
)

func TestGaugesAgainstTheirBounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		g       Gauge
		ratio   int64
		state   string
		missing money.Fen
	}{
		{"a floor that is reached", Gauge{Part: 700, Whole: 1000, Limit: 7000, Least: true}, 7000, "ok", 0},
		{"a fen below it", Gauge{Part: 699_999, Whole: 1_000_000, Limit: 7000, Least: true}, 6999, "wait", 1},
		{"a floor of an odd sum is rounded up", Gauge{Part: 0, Whole: 1001, Limit: 7000, Least: true}, 0, "wait", 701},
		{"a cap that is kept", Gauge{Part: 100, Whole: 1000, Limit: 1000}, 1000, "ok", 0},
		{"a fen above it", Gauge{Part: 100_001, Whole: 1_000_000, Limit: 1000}, 1001, "bad", 0},
		{"small fees are free", Gauge{Part: 900, Whole: 1000, Limit: 1000, Free: true}, 9000, "ok", 0},
		{"nothing to compare with", Gauge{Part: 5, Limit: 700, Least: true}, 0, "none", 0},
		{"nothing at all", Gauge{Limit: 300}, 0, "none", 0},
		{"costs without income", Gauge{Part: 1, Limit: 300}, 0, "bad", 0},
		{"large sums", Gauge{Part: 70_000_000_000_000, Whole: 99_999_999_999_999, Limit: 7000, Least: true}, 7000, "ok", 0},
	} {
		if c.g.Ratio() != c.ratio || c.g.State() != c.state || c.g.Missing() != c.missing {
			t.Errorf("%s: %d %s %d, want %d %s %d", c.name, c.g.Ratio(), c.g.State(), c.g.Missing(), c.ratio, c.state, c.missing)
		}
	}
}

func TestTheYearIsReadFromItsBookings(t *testing.T) {
	t.Parallel()
	y := yearOf([]ledger.Booked{
		{Debit: "1002", Credit: "410102", Amount: 1000}, {Debit: "410102", Credit: "1002", Amount: 100}, {Debit: stock, Credit: "410102", Amount: 50},
		{Debit: "5101", Credit: "1002", Amount: 400}, {Class: ledger.Project, Debit: "5101", Credit: "1002", Amount: 30}, {Debit: "1002", Credit: "5101", Amount: 40},
		{Class: ledger.Management, Debit: "5201", Credit: "1002", Amount: 7}, {Class: ledger.Fundraising, Debit: "5301", Credit: "1009", Amount: 3}, {Class: ledger.Aid, Debit: "5101", Credit: stock, Amount: 20},
	})
	if y.income != 950 || y.raised != 900 || y.classes[ledger.Aid] != 380 || y.classes[ledger.Project] != 30 || y.classes[ledger.Management] != 7 || y.classes[ledger.Fundraising] != 3 || y.spent() != 420 {
		t.Errorf("%+v spent %d", y, y.spent())
	}
}

func TestTheBandFollowsNetAssetsUnlessTheFoundationIsQualified(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	rule := func(name string, v int64) Rule {
		return Rule{Name: name, Value: v, ValidFrom: "2026-01-01", State: inForce, DecidedAt: &at}
	}
	now := &year{income: 1_000, raised: 1_000, classes: map[string]money.Fen{ledger.Management: 20_000_000, ledger.Aid: 1}}
	last := &year{income: 500}
	for _, c := range []struct {
		assets     int64
		floor, cap int64
	}{{399_999_999, 800, 2000}, {400_000_000, 700, 1500}, {800_000_000, 600, 1300}, {5_999_999_999, 600, 1300}, {6_000_000_000, 600, 1200}} {
		gs := gauges(Rules{[]Rule{rule(LastNetAssets, c.assets)}}, "2026-06-01", now, last, 7)
		if gs.List[0].Limit != c.floor || gs.List[1].Limit != c.cap || gs.List[0].Base != "assets_audited" || gs.List[1].Free {
			t.Errorf("with %d: %+v", c.assets, gs.List)
		}
	}
	if gs := gauges(Rules{}, "2026-06-01", now, last, 7); gs.List[0].Whole != 7 || gs.List[0].Base != "assets_books" {
		t.Errorf("without an audit: %+v", gs.List[0])
	}
	gs := gauges(Rules{[]Rule{rule(Qualified, 1)}}, "2026-06-01", now, last, 7)
	if gs.List[0].Limit != 7000 || gs.List[0].Whole != 500 || gs.List[1].Limit != 1000 || !gs.Qualified {
		t.Errorf("qualified: %+v", gs.List)
	}
	if gs = gauges(Rules{[]Rule{rule(Qualified, 1), rule(LastIncome, 900)}}, "2026-06-01", now, last, 7); gs.List[0].Whole != 900 {
		t.Errorf("qualified, audited: %+v", gs.List[0])
	}
	if gs = gauges(Rules{[]Rule{rule(LastNetAssets, 900)}}, "2027-06-01", now, last, 7); gs.List[0].Whole != 7 {
		t.Errorf("last year's audit is used again: %+v", gs.List[0])
	}
}
