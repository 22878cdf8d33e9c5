package disclosure

import (
	"testing"
	"time"

	"care/server/clock"
	"care/server/fault"
)

func TestMonthsEndWhereTheShorterOneEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, want clock.Day
		n          int
	}{
		{"2026-11-25", "2027-02-25", 3}, {"2026-11-30", "2027-02-28", 3}, {"2027-11-30", "2028-02-29", 3}, {"2026-08-31", "2026-11-30", 3}, {"2026-12-31", "2027-03-31", 3},
		{"2026-01-31", "2026-02-28", 1}, {"2026-12-01", "2027-01-01", 1}, {"2026-09-30", "2026-12-30", 3}, {"2026-10-15", "2031-10-15", 60}, {"2028-02-29", "2029-02-28", 12},
	} {
		if got := addMonths(c.from, c.n); got != c.want {
			t.Errorf("%d months after %s: %s, want %s", c.n, c.from, got, c.want)
		}
	}
}

func TestTheLawsClocks(t *testing.T) {
	t.Parallel()
	long := Campaign{ID: "c", Fund: "f", Public: true, Opened: "2026-08-30", About: About{Code: "C", Title: "C"}}
	one := func(c Campaign) []Campaign { return []Campaign{c} }
	with := func(change func(c *Campaign)) []Campaign { c := long; change(&c); return one(c) }
	for _, x := range []struct {
		name  string
		today clock.Day
		cs    []Campaign
		es    []Happening
		ts    []told
		since int
		want  []string // kind due
	}{
		{"an open one without an end, every three months", "2026-11-25", one(long), nil, nil, 0, []string{"progress 2026-11-30"}},
		{"a report starts the clock anew", "2026-11-25", one(long), nil, []told{{Progress, "c", "2026-11-20"}}, 0, []string{"progress 2027-02-20"}},
		{"the report of another campaign does not", "2026-11-25", one(long), nil, []told{{Progress, "d", "2026-11-20"}}, 0, []string{"progress 2026-11-30"}},
		{"it begins with its first day when that is later", "2026-11-25", with(func(c *Campaign) { c.Starts = "2026-09-15" }), nil, nil, 0, []string{"progress 2026-12-15"}},
		{"six months are not more than six", "2026-11-25", with(func(c *Campaign) { c.Ends = "2027-02-28" }), nil, nil, 0, nil},
		{"a day more is", "2026-11-25", with(func(c *Campaign) { c.Ends = "2027-03-01" }), nil, nil, 0, []string{"progress 2026-11-30"}},
		{"in a disaster every five days", "2026-11-25", with(func(c *Campaign) { c.Urgent = true }), nil, []told{{Progress, "c", "2026-11-22"}}, 0, []string{"progress 2026-11-27"}},
		{"three months after the end", "2026-11-25", with(func(c *Campaign) { c.Closed = "2026-11-30" }), nil, []told{{Progress, "c", "2026-11-20"}}, 0, []string{"final 2027-02-28"}},
		{"told at its end", "2026-11-25", with(func(c *Campaign) { c.Closed = "2026-11-20" }), nil, []told{{Final, "c", "2026-11-25"}}, 0, nil},
		{"a directed one tells its donors", "2026-11-25", with(func(c *Campaign) { c.Public = false }), nil, nil, 0, nil},
		{"a draft has no clock", "2026-11-25", with(func(c *Campaign) { c.Opened = "" }), nil, nil, 0, nil},
		{"thirty days for an event", "2026-11-25", nil, []Happening{{ID: "e", Day: "2026-11-01"}, {ID: "f", Day: "2026-10-01"}}, []told{{Event, "f", "2026-10-20"}}, 0, []string{"event 2026-12-01"}},
		{"the year's three", "2027-01-01", nil, nil, nil, 2026, []string{"registry 2027-03-31", "annual 2027-05-31", "related 2027-05-31"}},
		{"nothing of this year", "2026-12-31", nil, nil, nil, 2026, nil},
		{"two years, one of them told in part", "2028-06-01", nil, nil, []told{{Annual, "2026", "2027-05-01"}, {Registry, "2026", "2027-03-01"}, {Related, "2026", "2027-05-01"}, {Annual, "2027", "2028-05-01"}}, 2026, []string{"registry 2028-03-31", "related 2028-05-31"}},
	} {
		var got []string
		for _, task := range tasks(Rules{}, x.today, x.cs, x.es, x.ts, x.since) {
			got = append(got, task.Kind+" "+string(task.Due))
		}
		if len(got) != len(x.want) {
			t.Errorf("%s: %v, want %v", x.name, got, x.want)
			continue
		}
		for i := range got {
			if got[i] != x.want[i] {
				t.Errorf("%s: %v, want %v", x.name, got, x.want)
			}
		}
	}
	late := Task{Due: "2026-11-25"}
	if late.Late("2026-11-25") || !late.Late("2026-11-26") || late.Left("2026-11-20") != 5 {
		t.Error("a day is late on itself, or never")
	}
}

func TestANumberHoldsFromItsDay(t *testing.T) {
	t.Parallel()
	at := func(h int) *time.Time { x := time.Date(2026, 1, 1, h, 0, 0, 0, time.UTC); return &x }
	rs := Rules{[]Rule{
		{Name: CampaignEvery, Value: 2, ValidFrom: "2026-06-01", State: inForce, DecidedAt: at(1)},
		{Name: CampaignEvery, Value: 4, ValidFrom: "2026-06-01", State: inForce, DecidedAt: at(2)}, // mended on the same day
		{Name: CampaignEvery, Value: 6, ValidFrom: "2027-01-01", State: inForce, DecidedAt: at(1)},
		{Name: CampaignEvery, Value: 9, ValidFrom: "2026-01-01", State: declined, DecidedAt: at(3)},
		{Name: CampaignEvery, Value: 9, ValidFrom: "2026-01-01", State: proposed},
		{Name: LastIncome, Value: 100, ValidFrom: "2026-01-01", State: inForce, DecidedAt: at(1)},
	}}
	for _, c := range []struct {
		name string
		day  clock.Day
		want int64
	}{
		{CampaignEvery, "2026-05-31", 3}, {CampaignEvery, "2026-06-01", 4}, {CampaignEvery, "2026-12-31", 4}, {CampaignEvery, "2027-01-01", 6}, {CampaignAfter, "2030-01-01", 3},
		{LastIncome, "2026-12-31", 100}, {LastIncome, "2027-01-01", 0},
	} {
		if got := rs.On(c.name, c.day); got != c.want {
			t.Errorf("%s on %s: %d, want %d", c.name, c.day, got, c.want)
		}
	}
}

func TestANumberFitsItsUnit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		v    int64
		ok   bool
	}{
		{FilingLead, 0, false}, {FilingLead, 1, true}, {FilingLead, 366, false}, {CampaignEvery, 61, false}, {SpendPublic, 10_000, true}, {SpendPublic, 10_001, false},
		{AnnualBy, 531, true}, {AnnualBy, 532, false}, {AnnualBy, 229, false}, {AnnualBy, 1301, false}, {AnnualBy, 0, false}, {Qualified, 1, true}, {Qualified, 2, false}, {LastIncome, -1, false}, {"other", 1, false},
	} {
		r := Rule{Name: c.name, Value: c.v, ValidFrom: "2026-01-01", Source: "文件〔2026〕1 号"}
		if got := r.check() == nil; got != c.ok {
			t.Errorf("%s = %d: %v", c.name, c.v, r.check())
		}
	}
	for _, k := range catalogue() {
		if words["disclosure.rule."+k.name] == "" || words["disclosure.law."+k.name] == "" || words["disclosure.value."+k.unit] == "" || !fits(k.unit, k.usual) {
			t.Errorf("%s lacks its words, or its own number does not fit", k.name)
		}
		if k.value(map[string]string{points: "3.05", yuan: "1,234.50", date: "05-31"}[k.unit]) == -1 && (k.unit == points || k.unit == yuan || k.unit == date) {
			t.Errorf("%s cannot be typed", k.name)
		}
	}
	bad := Rule{Name: FilingLead, Value: 20, ValidFrom: "", Source: "x"}
	if n := len(fault.FieldsOf(bad.check())); n != 2 {
		t.Errorf("%d mistakes named, want 2", n)
	}
}

func TestShownNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		unit string
		v    int64
		want string
	}{
		{points, 7000, "70%"}, {points, 305, "3.05%"}, {points, 350, "3.5%"}, {points, 0, "0%"}, {days, 10, "10 天"}, {date, 531, "每年 5 月 31 日"}, {yuan, 123, "¥1.23"}, {yes, 1, "有"},
	} {
		if got := show(c.unit, c.v); got != c.want {
			t.Errorf("%s %d is shown as %s", c.unit, c.v, got)
		}
	}
}
