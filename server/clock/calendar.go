package clock

import "fmt"

// Calendar knows the working days of the years for which the State Council's yearly notice is loaded.
// It refuses to count into a year that it does not know, since 调休 (swapped working days) cannot be computed.
type Calendar struct {
	years map[int]bool
	off   map[Day]bool // holidays on weekdays
	on    map[Day]bool // weekend days that are worked
}

// NewCalendar builds a calendar: off are weekdays that are free, on are weekend days that are worked.
func NewCalendar(years []int, off, on []Day) *Calendar {
	c := &Calendar{years: map[int]bool{}, off: map[Day]bool{}, on: map[Day]bool{}}
	for _, y := range years {
		c.years[y] = true
	}
	for _, d := range off {
		c.off[d] = true
	}
	for _, d := range on {
		c.on[d] = true
	}
	return c
}

// Working tells whether d is a working day; it is an error when d's year is not loaded.
func (c *Calendar) Working(d Day) (bool, error) {
	if !c.years[d.Year()] {
		return false, fmt.Errorf("clock: the working days of %d are not loaded", d.Year())
	}
	if c.on[d] {
		return true, nil
	}
	wd := d.Weekday()
	return wd != 0 && wd != 6 && !c.off[d], nil
}

// After gives the n-th working day after d; d itself is never counted.
func (c *Calendar) After(d Day, n int) (Day, error) {
	for n > 0 {
		d = d.Add(1)
		ok, err := c.Working(d)
		if err != nil {
			return "", err
		}
		if ok {
			n--
		}
	}
	return d, nil
}
