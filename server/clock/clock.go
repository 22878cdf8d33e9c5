// Package clock is the only place that asks what time it is.
//
// Instants are UTC with microseconds, the precision that both databases keep. Business dates are Days.
// Beijing time appears only where something is shown or where a rule counts civil days.
package clock

import (
	"database/sql/driver"
	"fmt"
	"sync"
	"time"
)

// Source tells the time; tests give their own.
type Source func() time.Time

// Now is the real time, UTC, in microseconds.
func Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Beijing is China's one time zone: UTC+8 without summer time.
var Beijing = time.FixedZone("Asia/Shanghai", 8*60*60)

// Day is a civil date in China, written "2026-11-25"; the zero value "" is no date. It compares as text.
type Day string

// DayOf gives the civil date of an instant in Beijing.
func DayOf(t time.Time) Day { return Day(t.In(Beijing).Format(time.DateOnly)) }

// ParseDay reads "2026-11-25", also with slashes or dots or without leading zeros, and refuses dates that do not exist.
func ParseDay(s string) (Day, error) {
	for _, f := range []string{time.DateOnly, "2006-1-2", "2006/1/2", "2006.1.2", "20060102"} {
		if t, err := time.Parse(f, s); err == nil {
			return Day(t.Format(time.DateOnly)), nil
		}
	}
	return "", fmt.Errorf("clock: %q is not a date", s)
}

// Time gives the first instant of the day in Beijing, as UTC.
func (d Day) Time() time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), Beijing)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// Add gives the day n days later.
func (d Day) Add(n int) Day {
	t := d.Time().In(Beijing)
	return Day(t.AddDate(0, 0, n).Format(time.DateOnly))
}

// Sub gives the number of days from e to d.
func (d Day) Sub(e Day) int { return int(d.Time().Sub(e.Time()).Hours() / 24) }

// Weekday gives the day of the week.
func (d Day) Weekday() time.Weekday { return d.Time().In(Beijing).Weekday() }

// Year gives the calendar year, or 0 for no date.
func (d Day) Year() int {
	if d == "" {
		return 0
	}
	return d.Time().In(Beijing).Year()
}

// Value stores the day as text, NULL for no date.
func (d Day) Value() (driver.Value, error) {
	if d == "" {
		return nil, nil
	}
	return string(d), nil
}

// Scan reads the day from text or NULL.
func (d *Day) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*d = ""
	case string:
		*d = Day(v)
	case []byte:
		*d = Day(v)
	case time.Time:
		*d = Day(v.Format(time.DateOnly))
	default:
		return fmt.Errorf("clock: cannot read a day from %T", v)
	}
	return nil
}

// Travel is a clock for demonstration data and tests: it stands where it was put and goes a microsecond further at each look.
type Travel struct {
	mu sync.Mutex
	at time.Time
}

// NewTravel makes a clock that stands at t.
func NewTravel(t time.Time) *Travel { return &Travel{at: t.UTC().Truncate(time.Microsecond)} }

// Now tells the time of this clock.
func (v *Travel) Now() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.at = v.at.Add(time.Microsecond)
	return v.at
}

// To puts the clock to t.
func (v *Travel) To(t time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.at = t.UTC().Truncate(time.Microsecond)
}
