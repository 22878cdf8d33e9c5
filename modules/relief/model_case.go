package relief

import (
	"time"

	"github.com/uptrace/bun"

	"care/server/access"
	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

// State of a case: at whose desk it lies. A form that is not handed in is a Draft, not a case.
type State string

// The states of a case.
const (
	AtVillage  State = "village"   // 村（社区）站初核
	AtTownship State = "township"  // 乡镇（街道）审核
	AtCounty   State = "county"    // 县（市、区）复核
	ToPublish  State = "publish"   // 待公示
	InNotice   State = "notice"    // 公示中
	AtCity     State = "city"      // 市基金会审查
	InApproval State = "approval"  // 审批
	Approved   State = "approved"  // 已核准: the award has its own life
	Returned   State = "returned"  // 退回补正
	Refused    State = "refused"   // 不予通过
	Withdrawn  State = "withdrawn" // 撤回
	Ended      State = "ended"     // 终止: the award was given up
)

// stageFile is the stage of who files, corrects and withdraws; the other stages are named after their states.
const (
	stageFile      = "file"
	stageObjection = "objection"
)

// Event is what somebody does to a case; it is also the verdict of the opinion that it leaves.
type Event string

// The events of a case.
const (
	EvSubmit   Event = "submit"
	EvPass     Event = "pass"
	EvReturn   Event = "return"
	EvRefuse   Event = "refuse"
	EvWithdraw Event = "withdraw"
	EvResubmit Event = "resubmit"
	EvPost     Event = "post"    // published, money reserved
	EvClose    Event = "close"   // the notice's period is over
	EvUphold   Event = "uphold"  // an objection is right
	EvDismiss  Event = "dismiss" // an objection is not; the case stays where it is
	EvApprove  Event = "approve" // the last approval that was needed
	EvGiveUp   Event = "give_up" // the award cannot be paid
)

// Case is one request for help (救助案件).
type Case struct {
	bun.BaseModel `bun:"table:relief_cases,alias:c"`
	ID            string `bun:",pk"`
	Number        string
	State         State
	BackTo        State // where a returned case goes when it is handed in again
	PersonID      string
	Category      string
	AreaPath      string
	Place         string // 麒麟区太和街道…: as far as it may be shown in public
	Kind          string
	KindTitle     string    // of the day of filing
	Cap           money.Fen // of the day of filing
	CauseDay      clock.Day
	StorySealed   string
	Requested     money.Fen
	OtherAid      money.Fen
	OtherSealed   string
	Proposed      money.Fen // by the county
	Approved      money.Fen
	Quorum        int // approvers needed, fixed when the case came to approval
	Consent       string
	FiledBy       string
	FiledAt       time.Time
	Since         time.Time // in this state
	Version       int64
}

// move is one row of the table of a case: at State, Event leads To, and takes Need.
type move struct {
	From  State
	Event Event
	To    State
	Need  access.Perm
	Stage string // of the actor
}

// moves is the whole life of a case. It drives the acts, the buttons and the tests.
var moves = caseMoves()

func caseMoves() []move {
	ms := []move{
		{AtVillage, EvPass, AtTownship, Village, string(AtVillage)},
		{AtTownship, EvPass, AtCounty, Township, string(AtTownship)},
		{AtCounty, EvPass, ToPublish, County, string(AtCounty)},
		{ToPublish, EvPost, InNotice, Publish, string(ToPublish)},
		{ToPublish, EvReturn, AtCounty, Publish, string(ToPublish)},
		{InNotice, EvClose, AtCity, access.Everyone, ""},
		{InNotice, EvDismiss, InNotice, Object, stageObjection},
		{InNotice, EvUphold, Refused, Object, stageObjection},
		{AtCity, EvPass, InApproval, City, string(AtCity)},
		{InApproval, EvPass, InApproval, Approve, string(InApproval)},
		{InApproval, EvApprove, Approved, Approve, string(InApproval)},
		{Returned, EvResubmit, Returned, File, stageFile}, // To is the case's BackTo
		{Approved, EvGiveUp, Ended, access.Everyone, ""},  // decided by the two persons of a remedy
	}
	for s, p := range map[State]access.Perm{AtVillage: Village, AtTownship: Township, AtCounty: County} {
		ms = append(ms, move{s, EvReturn, Returned, p, string(s)}, move{s, EvRefuse, Refused, p, string(s)})
	}
	for s, p := range map[State]access.Perm{ToPublish: Publish, AtCity: City, InApproval: Approve} {
		ms = append(ms, move{s, EvRefuse, Refused, p, string(s)})
	}
	for _, s := range []State{AtVillage, AtTownship, AtCounty, ToPublish, InNotice, AtCity, InApproval, Returned} {
		ms = append(ms, move{s, EvWithdraw, Withdrawn, File, stageFile})
	}
	return ms
}

// states lists the states in the order of the way.
var states = [...]State{AtVillage, AtTownship, AtCounty, ToPublish, InNotice, AtCity, InApproval, Approved}

// next finds the move for an event, or says Conflict: the case is not where the event belongs.
func (c *Case) next(e Event) (move, error) {
	for _, m := range moves {
		if m.From == c.State && m.Event == e {
			if e == EvResubmit {
				m.To = c.BackTo
			}
			return m, nil
		}
	}
	return move{}, fault.New(fault.Conflict, "relief.not_here")
}

// take moves the case: pure; the caller stores it under the condition of its old state and version.
func (c *Case) take(m move, now time.Time) {
	c.BackTo = ""
	if m.Event == EvReturn && m.To == Returned {
		c.BackTo = m.From
	}
	if c.State != m.To {
		c.Since = now
	}
	c.State = m.To
	c.Version++
}

// Open tells whether money is reserved for the case: from its notice to its award.
func (c *Case) reserved() bool {
	return c.State == InNotice || c.State == AtCity || c.State == InApproval
}

// propose checks what the county proposes: within the cap of the kind, and within what was asked for unless a reason is written.
func (c *Case) propose(amount money.Fen, reason string) error {
	var f fault.Checks
	f.Need(amount > 0, "amount", "relief.need_amount")
	f.Need(amount <= c.Cap, "amount", "relief.over_cap", c.KindTitle, c.Cap.Comma())
	if amount > c.Requested {
		f.Need(runes(reason) >= minReason, "text", "relief.over_request", c.Requested.Comma())
	}
	return f.Err()
}

// grant checks an approved amount: within what the notice promised. A higher one needs a new notice.
func (c *Case) grant(amount money.Fen) error {
	var f fault.Checks
	f.Need(amount > 0, "amount", "relief.need_amount")
	f.Need(amount <= c.Proposed, "amount", "relief.over_notice", c.Proposed.Comma())
	if c.Approved > 0 {
		f.Need(amount == c.Approved, "amount", "relief.other_vote", c.Approved.Comma())
	}
	return f.Err()
}

// Opinion is what somebody decided at a stage, and why.
type Opinion struct {
	bun.BaseModel `bun:"table:relief_opinions,alias:o"`
	ID            string `bun:",pk"`
	CaseID        string
	Stage         string
	Verdict       Event
	Actor         string
	At            time.Time
	Amount        money.Fen
	TextSealed    string
}

type actorRow struct {
	bun.BaseModel `bun:"table:relief_actors,alias:a"`
	CaseID        string `bun:",pk"`
	PersonID      string `bun:",pk"`
	Stage         string
	At            time.Time
}

// Visit is the record of a home visit (入户核查).
type Visit struct {
	bun.BaseModel  `bun:"table:relief_visits,alias:v"`
	ID             string `bun:",pk"`
	CaseID         string
	Day            clock.Day
	Visitors       string // names of two people of the staff
	FindingsSealed string
	Conclusion     string // true, partly, false
	RecordedBy     string
	At             time.Time
}

// NewVisit is what the township records of a home visit.
type NewVisit struct {
	First, Second string
	Day           clock.Day
	Findings      string
	Conclusion    string
}

func (v NewVisit) check(filed, today clock.Day) error {
	var c fault.Checks
	c.Need(v.First != "" && runes(v.First) <= 20, "first", "relief.need_visitor")
	c.Need(v.Second != "" && runes(v.Second) <= 20, "second", "relief.need_visitor")
	c.Need(v.First == "" || v.First != v.Second, "second", "relief.two_visitors")
	c.Need(v.Day != "" && v.Day <= today, "visited", "relief.visit_day")
	c.Need(v.Day == "" || v.Day >= filed, "visited", "relief.visit_early")
	c.Need(runes(v.Findings) >= minReason, "findings", "relief.need_findings", minReason)
	c.Need(runes(v.Findings) <= maxText, "findings", "relief.too_long", maxText)
	c.Need(v.Conclusion == "true" || v.Conclusion == "partly" || v.Conclusion == "false", "conclusion", "relief.need_conclusion")
	return c.Err()
}

// Kind is a kind of hardship with its cap: a setting.
type Kind struct {
	bun.BaseModel `bun:"table:relief_kinds,alias:k"`
	Code          string `bun:",pk"`
	Title         string
	Cap           money.Fen
	Evidence      string // categories of evidence that are asked for, with commas
	Place         int
	Active        bool
}

// Account is where a case's money goes: of the applicant, never changed in place.
type Account struct {
	bun.BaseModel `bun:"table:relief_accounts,alias:b"`
	ID            string `bun:",pk"`
	CaseID        string
	Bank          string
	CardSealed    string
	CardIndex     string
	CardMask      string
	State         string // proposed, current, replaced, refused
	MadeBy        string
	At            time.Time
}
