package disclosure

import (
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/fault"
)

// Rule is one number from a day on.
type Rule struct {
	bun.BaseModel `bun:"table:disclosure_rules,alias:r"`
	ID            string `bun:",pk"`
	Name          string
	Value         int64
	ValidFrom     clock.Day
	Source        string // 依据
	State         string // proposed, in_force or declined
	ProposedBy    string
	ProposedName  string
	ProposedAt    time.Time
	DecidedBy     string
	DecidedName   string
	DecidedAt     *time.Time
}

// States of a rule.
const (
	proposed = "proposed"
	inForce  = "in_force"
	declined = "declined"
)

// Units of numbers.
const (
	days   = "days"
	months = "months"
	points = "points" // hundredths of a percent
	yuan   = "yuan"   // fen, typed in yuan
	date   = "date"   // month and day of each year: 531 is 31 May
	yes    = "yes"    // 1 or 0
)

// Names of the numbers.
const (
	FilingLead    = "filing_lead"
	FilingUrgent  = "filing_urgent"
	CampaignLong  = "campaign_long"
	CampaignEvery = "campaign_every"
	CampaignAfter = "campaign_after"
	UrgentEvery   = "urgent_every"
	EventWithin   = "event_within"
	AnnualBy      = "annual_by"
	RegistryBy    = "registry_by"
	RelatedBy     = "related_by"
	Qualified     = "qualified"
	SpendPublic   = "spend_public"
	FeePublic     = "fee_public"
	Band1         = "band_1"
	Band2         = "band_2"
	Band3         = "band_3"
	Floor1        = "floor_1"
	Floor2        = "floor_2"
	Floor3        = "floor_3"
	Floor4        = "floor_4"
	Cap1          = "cap_1"
	Cap2          = "cap_2"
	Cap3          = "cap_3"
	Cap4          = "cap_4"
	FeeExempt     = "fee_exempt"
	CostCap       = "cost_cap"
	LastIncome    = "last_income"
	LastNetAssets = "last_net_assets"
)

// known is one number that the platform asks for: its unit and what the law says as long as nobody decided otherwise.
type known struct {
	name, unit string
	usual      int64
	yearly     bool // holds for the year of its day only
}

// catalogue lists the numbers in the order of their page. The words of a number name its legal basis.
func catalogue() []known {
	return []known{
		{FilingLead, days, 10, false}, {FilingUrgent, days, 10, false}, {CampaignLong, months, 6, false}, {CampaignEvery, months, 3, false},
		{CampaignAfter, months, 3, false}, {UrgentEvery, days, 5, false}, {EventWithin, days, 30, false}, {AnnualBy, date, 531, false},
		{RegistryBy, date, 331, false}, {RelatedBy, date, 531, false},
		{Qualified, yes, 0, false}, {SpendPublic, points, 7000, false}, {FeePublic, points, 1000, false},
		{Band1, yuan, 6_000_000_000, false}, {Band2, yuan, 800_000_000, false}, {Band3, yuan, 400_000_000, false},
		{Floor1, points, 600, false}, {Floor2, points, 600, false}, {Floor3, points, 700, false}, {Floor4, points, 800, false},
		{Cap1, points, 1200, false}, {Cap2, points, 1300, false}, {Cap3, points, 1500, false}, {Cap4, points, 2000, false},
		{FeeExempt, yuan, 20_000_000, false}, {CostCap, points, 300, false},
		{LastIncome, yuan, 0, true}, {LastNetAssets, yuan, 0, true},
	}
}

func knownOf(name string) (known, bool) {
	for _, k := range catalogue() {
		if k.name == name {
			return k, true
		}
	}
	return known{}, false
}

// Rules are all numbers that were decided, and what holds without a decision.
type Rules struct{ decided []Rule }

// On gives a number as it is in force on a day. Of two from the same day the later decision counts.
func (rs Rules) On(name string, day clock.Day) int64 {
	n, _ := rs.find(name, day)
	return n
}

// find is On with the decision behind it, nil when the law's own number holds.
func (rs Rules) find(name string, day clock.Day) (int64, *Rule) {
	k, _ := knownOf(name)
	var best *Rule
	for i := range rs.decided {
		r := &rs.decided[i]
		if r.Name != name || r.State != inForce || r.ValidFrom > day || k.yearly && r.ValidFrom.Year() != day.Year() {
			continue
		}
		if best == nil || r.ValidFrom > best.ValidFrom || r.ValidFrom == best.ValidFrom && r.DecidedAt.After(*best.DecidedAt) {
			best = r
		}
	}
	if best == nil {
		return k.usual, nil
	}
	return best.Value, best
}

// check looks at a proposal.
func (r *Rule) check() error {
	var c fault.Checks
	k, ok := knownOf(r.Name)
	c.Need(ok, "name", "disclosure.need_rule")
	if ok {
		c.Need(fits(k.unit, r.Value), "value", "disclosure.value."+k.unit)
	}
	c.Need(r.ValidFrom >= "2016-01-01" && r.ValidFrom <= "2100-12-31", "valid_from", "disclosure.need_day")
	n := utf8.RuneCountInString(r.Source)
	c.Need(n >= 4 && n <= 200, "source", "disclosure.need_source")
	return c.Err()
}

// fits tells whether a value makes sense in its unit.
func fits(unit string, v int64) bool {
	switch unit {
	case days:
		return v >= 1 && v <= 365
	case months:
		return v >= 1 && v <= 60
	case points:
		return v >= 0 && v <= 10_000
	case date:
		d := clock.Day(dateText(v, 2027)) // no leap year: 29 February is no yearly date
		return v > 0 && d != "" && clock.DayOf(d.Time()) == d
	case yes:
		return v == 0 || v == 1
	}
	return v >= 0
}
