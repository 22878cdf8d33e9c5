package donations

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/fault"
	"care/server/web"
)

// Steps of a campaign's way, beside its state: 内部决策通过, 已报备案, 退回补正, 已备案; after its end 总结公开, 归档.
const (
	StepDecided  = "decided"
	StepFiling   = "filing"
	StepReturned = "returned"
	StepFiled    = "filed"
	StepSummed   = "summed"
	StepArchived = "archived"
)

// Way is how far a campaign has come; its fields are written by acts of their own and never by an edit of the plan.
type Way struct {
	Step       string
	Decision   string    // number of the council's resolution
	DecidedOn  clock.Day // day of the resolution
	DecidedBy  string
	RecordedOn clock.Day // when the authority accepted the filing
	Cut        bool      // ended before its time (终止)
	Settlement string    // of a campaign that was cut: what happens to its money
}

// Kinds of steps; also the names of their pages and acts.
const (
	decideStep  = "decide"
	submitStep  = "submit"
	returnStep  = "return"
	filedStep   = "filed"
	sumStep     = "sum"
	archiveStep = "archive"
)

// move is one step of the way: in which states of the campaign it may be made, after which steps, and where it leads.
type move struct {
	states, from []string
	to           string
}

// moves is the whole way. What is not here is refused.
var moves = map[string]move{
	decideStep:  {[]string{Draft, Paused}, []string{""}, StepDecided},
	submitStep:  {[]string{Draft, Paused}, []string{StepDecided, StepReturned}, StepFiling},
	returnStep:  {[]string{Draft, Paused}, []string{StepFiling}, StepReturned},
	filedStep:   {[]string{Draft, Paused}, []string{StepFiling}, StepFiled},
	sumStep:     {[]string{Ended}, []string{"", StepDecided, StepFiling, StepReturned, StepFiled}, StepSummed},
	archiveStep: {[]string{Ended}, []string{StepSummed}, StepArchived},
}

// May tells whether a step may be made now.
func (c *Campaign) May(kind string) bool {
	m, known := moves[kind]
	if !known || !slices.Contains(m.states, c.State) || !slices.Contains(m.from, c.Step) {
		return false
	}
	return c.Filed() || kind == sumStep || kind == archiveStep // only public fundraising is decided by the council and filed
}

// Filed tells whether the plan must be filed before it opens: public fundraising, alone or with a partner (慈善法 24, 26).
func (p *Plan) Filed() bool { return p.Mode == Own || p.Mode == Partner }

// gate checks what the law asks of a campaign before people may be asked for money, its way included.
func (c *Campaign) ready(today clock.Day, n Numbers) error {
	var cs fault.Checks
	if c.Filed() {
		// The plan's own checks speak of what has to be written; these, of who has to have decided.
		switch c.Step {
		case "":
			cs.Add("step", "donations.gate.undecided")
		case StepDecided:
			cs.Add("step", "donations.gate.unfiled")
		case StepFiling:
			cs.Add("step", "donations.gate.waiting")
		case StepReturned:
			cs.Add("step", "donations.gate.returned")
		}
		cs.Need(c.StartsOn == "" || c.StartsOn <= today, "starts_on", "donations.gate.early")
	}
	if err := cs.Merge(c.gate(today, n)); err != nil {
		return err
	}
	return cs.Err()
}

// edited gives the step after the plan was changed to p. What was decided or filed was another plan; texts that are no part
// of the filing may change (慈善法 56: another use of the money is filed anew). A plan that waits for the authority stays.
func (c *Campaign) edited(p *Plan) (string, error) {
	same := c.filing() == p.filing()
	switch {
	case c.Step == StepFiling && !same:
		return "", fault.New(fault.Conflict, "donations.edit_filing")
	case same, c.Step == StepReturned:
		return c.Step, nil
	}
	return "", nil
}

// filing is what the filed plan says.
func (p *Plan) filing() Plan {
	f := *p
	f.Lead, f.Story, f.Platform, f.PlatformURL, f.Filing, f.FiledOn = "", "", "", "", "", ""
	return f
}

// Step is one line of what happened to a campaign.
type Step struct {
	bun.BaseModel `bun:"table:donations_steps,alias:s"`
	ID            string `bun:",pk"`
	Campaign      string
	Step          string // kind of the step, or open, pause, end
	Day           clock.Day
	Number        string
	Reason        string
	MadeBy        string
	MadeName      string
	MadeAt        time.Time
}

// Stepping is what a person writes at a step.
type Stepping struct {
	Number string    // of the resolution or of the filing
	Day    clock.Day // when it was made, handed in or accepted
	Reason string
}

// check looks at what was written for a step of a campaign.
func (in Stepping) check(kind string, c *Campaign, today clock.Day, n Numbers) error {
	var cs fault.Checks
	length := utf8.RuneCountInString(in.Number)
	switch kind {
	case decideStep:
		cs.Need(length >= 2 && length <= 60, "number", "donations.step.decision")
	case filedStep:
		cs.Need(length >= 2 && length <= 40, "number", "donations.step.filing")
	case returnStep:
		reason(&cs, "why", in.Reason)
	}
	if kind == archiveStep || kind == sumStep {
		return cs.Err()
	}
	cs.Need(in.Day != "", "day", "donations.date")
	cs.Need(in.Day <= today, "day", "donations.step.later")
	switch {
	case kind == submitStep:
		cs.Need(in.Day == "" || in.Day >= c.DecidedOn, "day", "donations.step.before_decision")
		n.lead(&cs, "day", in.Day, c.StartsOn, c.Urgent)
	case kind == filedStep || kind == returnStep:
		cs.Need(in.Day == "" || in.Day >= c.FiledOn, "day", "donations.step.before_filing")
	}
	return cs.Err()
}

// Numbers are the terms of the law that a campaign meets, as they are in force on a day.
type Numbers struct {
	Lead   int // days before the start by which the plan is filed
	Urgent int // days after the start by which it is filed in a major disaster
}

// Legal knows the terms of the law on a day, and what a campaign has published and must publish next; the composition
// fills it in.
type Legal interface {
	Numbers(ctx context.Context, db bun.IDB, day clock.Day) (Numbers, error)
	Told(ctx context.Context, campaign string) (Told, error)
}

// Told is what a campaign has published and must publish next.
type Told struct {
	Due     []Deadline
	Reports []web.Link
}

// Deadline is one report that the law asks of a campaign.
type Deadline struct {
	Title, When, Tone string
	Day               clock.Day
}

// usual are the terms of 公开募捐管理办法 11 and 慈善法 73.
var usual = Numbers{Lead: 10, Urgent: 10}

// lead holds the day of the filing against the start.
func (n Numbers) lead(c *fault.Checks, field string, filed, starts clock.Day, urgent bool) {
	if filed == "" || starts == "" {
		return
	}
	if urgent {
		c.Need(filed <= starts.Add(n.Urgent), field, "donations.gate.filed_urgent", n.Urgent)
	} else {
		c.Need(filed <= starts.Add(-n.Lead), field, "donations.gate.filed_late", n.Lead)
	}
}

// Odd tells whether a filing number does not look like one of 慈善中国: credit code, a letter, two digits of the year and
// three of a sequence. That is no rule, so a person only looks twice.
func (c *Campaign) Odd() bool {
	if c.Filing == "" {
		return false
	}
	if len(c.Filing) != 24 {
		return true
	}
	for i := range len(c.Filing) {
		b := c.Filing[i]
		digit, letter := b >= '0' && b <= '9', b >= 'A' && b <= 'Z'
		switch {
		case i < 18 && !digit && !letter, i == 18 && !letter, i > 18 && !digit:
			return true
		}
	}
	return false
}
