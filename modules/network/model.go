package network

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"care/server/access"
	"care/server/clock"
	"care/server/fault"
)

// Levels of the tree (GB/T 2260 and the statistical codes): a code has 6, 6, 9 or 12 digits.
const (
	City     = 1 // 市
	County   = 2 // 县（市、区）
	Township = 3 // 乡镇（街道）
	Village  = 4 // 村（社区）
)

// Root is the code of the city, the top of the tree.
const Root = "530300"

// Area is one node of the tree (区划). It is never deleted; ValidTo is its last day, MergedInto its successor.
type Area struct {
	bun.BaseModel `bun:"table:network_areas,alias:a"`
	Code          string `bun:",pk"`
	Parent        string `bun:",nullzero"`
	Level         int
	Name          string    // without the county, as it may be shown inside of it
	Title         string    // from the county down, since names repeat across counties
	Path          string    // codes from the city down, as access.Area has it
	ValidFrom     clock.Day // "" for older than this platform
	ValidTo       clock.Day // "" for still there
	MergedInto    string    `bun:",nullzero"`
}

// In tells whether the area exists on a day.
func (a Area) In(d clock.Day) bool { return a.ValidFrom <= d && (a.ValidTo == "" || d <= a.ValidTo) }

// Access gives the subtree that a person of this area works in.
func (a Area) Access() access.Area { return access.Area{Path: a.Path, Name: a.Title} }

// below makes the area that code and name would be under a.
func (a Area) below(code, name string, from clock.Day) Area {
	title := name
	if a.Level > City {
		title = a.Title + separator + name
	}
	return Area{Code: code, Parent: a.Code, Level: a.Level + 1, Name: name, Title: title, Path: a.Path + code + "/", ValidFrom: from}
}

// codeBelow gives the number of digits of the codes right below and what they begin with.
func (a Area) codeBelow() (digits int, prefix string) {
	if a.Level == City {
		return 6, a.Code[:4]
	}
	return map[int]int{County: 9, Township: 12}[a.Level], a.Code
}

// checkBelow says what is wrong with a code and a name for an area under a.
func (a Area) checkBelow(code, name string) error {
	var c fault.Checks
	length, prefix := a.codeBelow()
	switch {
	case a.Level >= Village:
		c.Add("code", "network.too_deep")
	case len(code) != length || strings.Trim(code, "0123456789") != "" || !strings.HasPrefix(code, prefix):
		c.Add("code", "network.code", length, prefix)
	}
	c.Need(name != "" && utf8.RuneCountInString(name) <= 40 && !strings.ContainsAny(name, "\n\t"), "name", "network.name")
	return c.Err()
}

// Station is a service centre or a service station (退役军人服务中心、服务站) with the five things that each must have (五有).
type Station struct {
	bun.BaseModel `bun:"table:network_stations,alias:s"`
	ID            string `bun:",pk"`
	Area          string
	Name          string
	Address       string
	Phone         string
	Hours         string
	Organised     bool // 有机构
	Posted        bool // 有编制
	Staffed       bool // 有人员
	Funded        bool // 有经费
	Backed        bool // 有保障
	Version       int64
	OpenedAt      time.Time
	ChangedAt     time.Time
	ClosedAt      *time.Time
}

// Has counts how many of the five it has.
func (s Station) Has() int {
	n := 0
	for _, b := range []bool{s.Organised, s.Posted, s.Staffed, s.Funded, s.Backed} {
		if b {
			n++
		}
	}
	return n
}

// Details are what people may change about a station.
type Details struct {
	Name, Address, Phone, Hours                string
	Organised, Posted, Staffed, Funded, Backed bool
}

var phone = regexp.MustCompile(`^[0-9][0-9-]{5,19}$`)

func (d Details) check() error {
	var c fault.Checks
	text := func(s, field, code string, most int) {
		n := utf8.RuneCountInString(s)
		c.Need(n > 0 && n <= most && !strings.ContainsAny(s, "\n\t"), field, code)
	}
	text(d.Name, "name", "network.station_name", 60)
	text(d.Address, "address", "network.address", 120)
	c.Need(phone.MatchString(d.Phone), "phone", "network.phone")
	text(d.Hours, "hours", "network.hours", 60)
	return c.Err()
}

func (s *Station) set(d Details, at time.Time) {
	s.Name, s.Address, s.Phone, s.Hours = d.Name, d.Address, d.Phone, d.Hours
	s.Organised, s.Posted, s.Staffed, s.Funded, s.Backed = d.Organised, d.Posted, d.Staffed, d.Funded, d.Backed
	s.ChangedAt = at
}

// Details gives what people may change.
func (s Station) Details() Details {
	return Details{s.Name, s.Address, s.Phone, s.Hours, s.Organised, s.Posted, s.Staffed, s.Funded, s.Backed}
}
