package disclosure

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"care/server/clock"
)

// Task is a report that the law asks for, with its day.
type Task struct {
	Kind    string
	Subject string // campaign, event or year
	Title   string // of the campaign or the event, or the year
	Code    string // of the campaign
	Due     clock.Day
	Rule    string // number behind the day
	Fund    string
	Event   string // kind of the event
}

// Late tells whether the day is over.
func (t Task) Late(today clock.Day) bool { return today > t.Due }

// Left is how many days are left; below zero when it is late.
func (t Task) Left(today clock.Day) int { return t.Due.Sub(today) }

// told is a report that was published, and when for the first time.
type told struct {
	Kind    string
	Subject string
	On      clock.Day
}

// addMonths gives the day n months later, or the last day of that month when it is shorter: three months after 30 November
// is the end of February.
func addMonths(d clock.Day, n int) clock.Day {
	y, m, day := parts(d)
	m += n - 1
	y, m = y+m/12, m%12+1
	last := clock.Day(fmt.Sprintf("%04d-%02d-01", y+m/12, m%12+1)).Add(-1)
	_, _, most := parts(last)
	return clock.Day(fmt.Sprintf("%04d-%02d-%02d", y, m, min(day, most)))
}

func parts(d clock.Day) (y, m, day int) {
	ps := strings.SplitN(string(d), "-", 3)
	if len(ps) != 3 {
		return 0, 1, 1
	}
	n := [3]int{}
	for i, p := range ps {
		n[i], _ = strconv.Atoi(p) // a Day is well-formed
	}
	return n[0], n[1], n[2]
}

// dateText gives a yearly date such as 531 in a year.
func dateText(v int64, year int) string {
	return fmt.Sprintf("%04d-%02d-%02d", year, v/100, v%100)
}

// tasks lists what the law asks for and is not published yet, by day. since is the first year of which the books know.
// A campaign's clock starts with its first day and again with every report: at least one report in each term.
func tasks(rs Rules, today clock.Day, cs []Campaign, es []Happening, ts []told, since int) []Task {
	var out []Task
	last := func(kind, subject string) (clock.Day, bool) {
		var d clock.Day
		for _, t := range ts {
			if t.Kind == kind && t.Subject == subject && t.On > d {
				d = t.On
			}
		}
		return d, d != ""
	}
	for _, c := range cs {
		if !c.Public || c.Opened == "" {
			continue // a directed campaign tells its donors, not the public
		}
		t := Task{Subject: c.ID, Title: c.Title, Code: c.Code, Fund: c.Fund}
		if c.Closed != "" {
			if _, done := last(Final, c.ID); done {
				continue
			}
			t.Kind, t.Rule = Final, CampaignAfter
			t.Due = addMonths(c.Closed, int(rs.On(CampaignAfter, c.Closed)))
			out = append(out, t)
			continue
		}
		from := c.begun()
		if d, ok := last(Progress, c.ID); ok {
			from = d
		}
		t.Kind = Progress
		switch long := c.Ends == "" || c.Ends > addMonths(c.begun(), int(rs.On(CampaignLong, today))); {
		case c.Urgent:
			t.Rule, t.Due = UrgentEvery, from.Add(int(rs.On(UrgentEvery, today)))
		case long:
			t.Rule, t.Due = CampaignEvery, addMonths(from, int(rs.On(CampaignEvery, today)))
		default:
			continue // a short one is told at its end
		}
		out = append(out, t)
	}
	for _, e := range es {
		if _, done := last(Event, e.ID); !done {
			out = append(out, Task{Kind: Event, Subject: e.ID, Title: e.Title, Due: e.Day.Add(int(rs.On(EventWithin, e.Day))), Rule: EventWithin, Event: e.Kind})
		}
	}
	for year := since; since > 0 && year < today.Year(); year++ {
		for _, k := range []struct{ kind, rule string }{{Registry, RegistryBy}, {Annual, AnnualBy}, {Related, RelatedBy}} {
			subject := strconv.Itoa(year)
			if _, done := last(k.kind, subject); !done {
				out = append(out, Task{Kind: k.kind, Subject: subject, Title: subject, Due: clock.Day(dateText(rs.On(k.rule, clock.Day(dateText(101, year+1))), year+1)), Rule: k.rule})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Task) int { return strings.Compare(string(a.Due), string(b.Due)) })
	return out
}

// timeOf is the time of an hour of the day.
func timeOf(hour int) time.Duration { return time.Duration(hour) * time.Hour }
