package disclosure

import (
	"strings"
	"time"

	"github.com/uptrace/bun"

	"care/modules/ledger"
	"care/server/clock"
	"care/server/money"
)

// Gauge is one ratio that the law bounds (慈善法 61 and the rules under it).
type Gauge struct {
	Key   string    `json:"key"` // spend, fee or cost
	Part  money.Fen `json:"part"`
	Whole money.Fen `json:"whole"`
	Base  string    `json:"base"`  // what Whole is, and whether an audit or the books say so
	Limit int64     `json:"limit"` // hundredths of a percent
	Least bool      `json:"least"` // at least, not at most
	Free  bool      `json:"free"`  // below the sum under which no bound holds
}

// Gauges are the ratios of a year until a day.
type Gauges struct {
	Day       clock.Day `json:"day"`
	Qualified bool      `json:"qualified"` // with the qualification for public fundraising
	List      []Gauge   `json:"list"`
}

// gaugeRow keeps the gauges of a day.
type gaugeRow struct {
	bun.BaseModel `bun:"table:disclosure_gauges,alias:g"`
	Day           clock.Day `bun:",pk"`
	Body          string
	At            time.Time
}

// Ratio is Part of Whole in hundredths of a percent, rounded against the foundation: down for what must be reached, up for
// what must not be passed.
func (g Gauge) Ratio() int64 {
	if g.Whole <= 0 || g.Part <= 0 {
		return 0
	}
	r, rest := int64(g.Part)*10_000/int64(g.Whole), int64(g.Part)*10_000%int64(g.Whole)
	if rest > 0 && !g.Least {
		r++
	}
	return r
}

// State is ok, bad, wait (the year is not over and may still reach it) or none (there is nothing to compare with).
func (g Gauge) State() string {
	switch {
	case g.Free:
		return "ok"
	case g.Whole <= 0 && (g.Least || g.Part <= 0):
		return "none"
	case g.Whole <= 0: // costs without any income
		return "bad"
	case g.Least && g.Ratio() < g.Limit:
		return "wait"
	case !g.Least && g.Ratio() > g.Limit:
		return "bad"
	}
	return "ok"
}

// Missing is what still has to be spent to reach a floor.
func (g Gauge) Missing() money.Fen {
	if !g.Least || g.Whole <= 0 {
		return 0
	}
	whole, part := int64(g.Whole)/10_000, int64(g.Whole)%10_000
	need := whole*g.Limit + (part*g.Limit+9_999)/10_000
	return max(0, money.Fen(need)-g.Part)
}

// year is what a year's bookings say.
type year struct {
	income  money.Fen // 捐赠收入
	raised  money.Fen // of it money, without goods
	classes map[string]money.Fen
}

func (y *year) spent() (all money.Fen) {
	for _, a := range y.classes {
		all += a
	}
	return all
}

// yearOf sums bookings by what they are.
func yearOf(bs []ledger.Booked) *year {
	y := &year{classes: map[string]money.Fen{}}
	income := func(account string) bool { return strings.HasPrefix(account, "41") }
	for _, b := range bs {
		if c := expense(b.Class, b.Debit); c != "" {
			y.classes[c] += b.Amount
		}
		if c := expense(b.Class, b.Credit); c != "" {
			y.classes[c] -= b.Amount
		}
		if income(b.Credit) {
			y.income += b.Amount
			if b.Debit != stock {
				y.raised += b.Amount
			}
		}
		if income(b.Debit) {
			y.income -= b.Amount
			if b.Credit != stock {
				y.raised -= b.Amount
			}
		}
	}
	return y
}

// gauges measures a year until a day: now is the year so far, last the one before, before all that came earlier.
func gauges(rs Rules, day clock.Day, now, last *year, assets money.Fen) Gauges {
	gs := Gauges{Day: day, Qualified: rs.On(Qualified, day) == 1}
	spend := Gauge{Key: "spend", Part: now.classes[ledger.Aid] + now.classes[ledger.Project], Least: true}
	fee := Gauge{Key: "fee", Part: now.classes[ledger.Management], Whole: now.spent(), Base: "spending"}
	if gs.Qualified {
		spend.Whole, spend.Base = last.income, "income_books"
		if v := rs.On(LastIncome, day); v > 0 {
			spend.Whole, spend.Base = money.Fen(v), "income_audited"
		}
		spend.Limit, fee.Limit = rs.On(SpendPublic, day), rs.On(FeePublic, day)
	} else {
		spend.Whole, spend.Base = assets, "assets_books"
		if v := rs.On(LastNetAssets, day); v > 0 {
			spend.Whole, spend.Base = money.Fen(v), "assets_audited"
		}
		floor, limit := Floor4, Cap4
		for _, b := range []struct{ from, floor, limit string }{{Band3, Floor3, Cap3}, {Band2, Floor2, Cap2}, {Band1, Floor1, Cap1}} {
			if int64(spend.Whole) >= rs.On(b.from, day) {
				floor, limit = b.floor, b.limit
			}
		}
		spend.Limit, fee.Limit = rs.On(floor, day), rs.On(limit, day)
	}
	fee.Free = int64(fee.Part) < rs.On(FeeExempt, day)
	gs.List = []Gauge{spend, fee, {Key: "cost", Part: now.classes[ledger.Fundraising], Whole: now.raised, Base: "raised", Limit: rs.On(CostCap, day)}}
	return gs
}
