package relief

import (
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/fault"
	"care/server/ident"
	"care/server/money"
)

// NoticeState is where a notice stands.
type NoticeState string

// The states of a notice.
const (
	Open      NoticeState = "open"      // the clock runs
	Paused    NoticeState = "paused"    // an objection is open: the clock stands
	Closed    NoticeState = "closed"    // the period is over, none open
	Cancelled NoticeState = "cancelled" // an objection was right, or the case was withdrawn
)

// Notice is a public notice (公示). It holds what may be shown and nothing else: there is no field for an identity number,
// a telephone, a card, an illness or a street.
type Notice struct {
	bun.BaseModel `bun:"table:relief_notices,alias:n"`
	ID            string `bun:",pk"`
	CaseID        string
	State         NoticeState
	NameMask      string
	Place         string
	AreaPath      string
	KindTitle     string
	Amount        money.Fen
	Fund          string
	FromDay       clock.Day
	ToDay         clock.Day
	Days          int // working days
	LeftDays      int // working days that remain while it is paused
	Phone         string
	PostedBy      string
	PostedAt      time.Time
	ClosedAt      *time.Time
}

// pause stops the clock on the day an objection comes in; that day still counts as remaining.
func (n *Notice) pause(cal *clock.Calendar, today clock.Day) error {
	if n.State == Paused {
		return nil
	}
	if n.State != Open || today > n.ToDay {
		return fault.New(fault.Conflict, "relief.notice_over")
	}
	left := 0
	for d := today; d <= n.ToDay; d = d.Add(1) {
		ok, err := cal.Working(d)
		if err != nil {
			return noYear(d)
		}
		if ok {
			left++
		}
	}
	n.State, n.LeftDays = Paused, max(left, 1)
	return nil
}

// resume lets the clock run on: the remaining working days are counted from the day after.
func (n *Notice) resume(cal *clock.Calendar, today clock.Day) error {
	if n.State != Paused {
		return fault.New(fault.Conflict, "relief.notice_over")
	}
	to, err := cal.After(today, n.LeftDays)
	if err != nil {
		return noYear(today.Add(n.LeftDays))
	}
	n.State, n.ToDay, n.LeftDays = Open, to, 0
	return nil
}

// over tells whether the period has ended: the last day is a whole day.
func (n *Notice) over(today clock.Day) bool { return n.State == Open && today > n.ToDay }

func noYear(d clock.Day) error { return fault.New(fault.Conflict, "relief.no_year", d.Year()) }

// lastDay gives the last day of a notice of n working days posted today; it refuses to count into a year that is not loaded.
func lastDay(cal *clock.Calendar, today clock.Day, n int) (clock.Day, error) {
	if _, err := cal.Working(today); err != nil {
		return "", noYear(today)
	}
	to, err := cal.After(today, n)
	if err != nil {
		return "", fault.New(fault.Conflict, "relief.no_year", today.Year()+1)
	}
	return to, nil
}

// Objection is what somebody objects to a notice (异议). Who objects is known to the investigator alone.
type Objection struct {
	bun.BaseModel `bun:"table:relief_objections,alias:x"`
	ID            string `bun:",pk"`
	Number        string // receipt number, not to be guessed
	NoticeID      string
	CaseID        string
	State         string // open, dismissed, upheld
	NameSealed    string
	PhoneSealed   string
	FactsSealed   string
	ReasonSealed  string
	At            time.Time
	DecidedBy     string
	DecidedAt     *time.Time
}

// NewObjection is an objection as it comes in.
type NewObjection struct{ Name, Phone, Facts string }

func (o *NewObjection) check() error {
	var c fault.Checks
	name, err := ident.Name(o.Name, 50)
	c.Need(err == nil, "name", "relief.objector_name")
	phone, err := ident.Phone(o.Phone)
	c.Need(err == nil, "phone", "relief.need_phone")
	c.Need(runes(o.Facts) >= minReason, "facts", "relief.need_facts", minReason)
	c.Need(runes(o.Facts) <= maxText, "facts", "relief.too_long", maxText)
	o.Name, o.Phone = name, phone
	return c.Err()
}

// Year is a year of the working calendar, as the State Council announced it.
type Year struct {
	bun.BaseModel `bun:"table:relief_calendar,alias:y"`
	Year          int `bun:",pk"`
	OffDays       string
	WorkDays      string
	Source        string
}

// check reads the days and refuses those of another year, worked days that are no weekend, and years without spring festival.
func (y *Year) check() error {
	var c fault.Checks
	c.Need(y.Year >= 2020 && y.Year <= 2100, "year", "relief.need_year")
	off, bad := days(y.OffDays, y.Year)
	c.Need(len(bad) == 0, "off", "relief.bad_days", strings.Join(bad, " "))
	c.Need(len(off) >= 7, "off", "relief.few_days")
	on, bad := days(y.WorkDays, y.Year)
	c.Need(len(bad) == 0, "on", "relief.bad_days", strings.Join(bad, " "))
	for _, d := range on {
		if wd := d.Weekday(); wd != time.Saturday && wd != time.Sunday {
			c.Add("on", "relief.no_weekend", string(d))
		}
	}
	c.Need(runes(y.Source) >= 4 && runes(y.Source) <= 200, "source", "relief.need_source")
	y.OffDays, y.WorkDays = join(off), join(on)
	return c.Err()
}

func days(s string, year int) (ok []clock.Day, bad []string) {
	for _, f := range strings.FieldsFunc(s, func(r rune) bool {
		return r == ' ' || r == ',' || r == '\n' || r == '\t' || r == '\uff0c' || r == '\u3001'
	}) {
		d, err := clock.ParseDay(f)
		if err != nil || d.Year() != year {
			bad = append(bad, f)
			continue
		}
		ok = append(ok, d)
	}
	return ok, bad
}

func join(ds []clock.Day) string {
	parts := make([]string, len(ds))
	for i, d := range ds {
		parts[i] = string(d)
	}
	return strings.Join(parts, " ")
}

func calendarOf(years []Year) (*clock.Calendar, error) {
	var nums []int
	var off, on []clock.Day
	for _, y := range years {
		o, bad1 := days(y.OffDays, y.Year)
		w, bad2 := days(y.WorkDays, y.Year)
		if len(bad1)+len(bad2) > 0 {
			return nil, fmt.Errorf("the working calendar of %d holds days that are none", y.Year)
		}
		nums, off, on = append(nums, y.Year), append(off, o...), append(on, w...)
	}
	return clock.NewCalendar(nums, off, on), nil
}
