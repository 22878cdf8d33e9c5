package donations

import (
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"care/server/clock"
	"care/server/fault"
	"care/server/money"
)

// Campaign is one project that people give to (募捐项目).
type Campaign struct {
	bun.BaseModel `bun:"table:donations_campaigns,alias:c"`
	ID            string `bun:",pk"`
	Code          string // short name, also of its fund and its address
	Plan
	Way
	State      string
	Fund       string `bun:",nullzero"` // "" before it is opened for the first time
	Version    int64  // raised by every edit: who opens it opens what was read
	MadeBy     string
	MadeName   string
	MadeAt     time.Time
	EditedBy   string
	EditedName string
	EditedAt   time.Time
	OpenedBy   string
	OpenedName string
	OpenedAt   *time.Time
	EndedAt    *time.Time
}

// Plan is what a campaign says of itself; the fields are those of the fundraising plan (慈善法 24).
type Plan struct {
	Title         string
	Lead          string // one or two sentences
	Story         string
	Purpose       string // 募得款物用途; fixed once the fund is open
	Beneficiaries string // 受益人
	Cost          string // 募捐成本
	Surplus       string // 剩余财产处理 (慈善法 58)
	Manager       string // 活动负责人 and office address
	Region        string // 募捐地域
	Mode          string
	Qualification string    // 公开募捐资格证书 number
	Partner       string    // the qualified organisation that raises for us
	Agreement     string    // number and date of the agreement with the partner
	Evaluation    string    // what the partner's assessment found
	Filing        string    // 募捐方案备案编号, written by the step of the filing
	FiledOn       clock.Day // the day on which the plan was handed in
	Urgent        bool      // major disaster: filing within ten days after the start (慈善法 73)
	Platform      string    // designated platform (民政部指定平台)
	PlatformURL   string    `bun:"platform_url"`
	Circle        string    // of a directed campaign: who may be asked (慈善法 29)
	Target        money.Fen
	StartsOn      clock.Day
	EndsOn        clock.Day
}

// Modes of fundraising: 捐赠意向登记, 本会公开募捐, 合作公开募捐, 定向募捐.
const (
	Intent   = "intent"   // no public fundraising: intentions are noted, donors transfer of their own will
	Own      = "own"      // the foundation's own qualification
	Partner  = "partner"  // a qualified organisation raises, all income goes through its account by agreement (慈善法 26)
	Directed = "directed" // only among the founders, the council, the members; never shown in public (慈善法 29, 30)
)

// States of a campaign.
const (
	Draft  = "draft"
	Open   = "open"
	Paused = "paused"
	Ended  = "ended"
)

// clean checks what even a draft must have.
func (p *Plan) clean() error {
	var c fault.Checks
	text := func(s, field string, max int, need bool) {
		n := utf8.RuneCountInString(s)
		c.Need(n <= max && (n > 0 || !need), field, "donations.text."+map[bool]string{true: "need", false: "max"}[need], max)
	}
	text(p.Title, "title", 40, true)
	text(p.Lead, "lead", 160, true)
	text(p.Story, "story", 5000, true)
	text(p.Purpose, "purpose", 400, true)
	text(p.Beneficiaries, "beneficiaries", 200, false)
	text(p.Cost, "cost", 800, false)
	text(p.Surplus, "surplus", 800, false)
	text(p.Manager, "manager", 120, false)
	text(p.Region, "region", 60, false)
	text(p.Qualification, "qualification", 60, false)
	text(p.Partner, "partner", 80, false)
	text(p.Agreement, "agreement", 80, false)
	text(p.Evaluation, "evaluation", 800, false)
	text(p.Filing, "filing", 40, false)
	text(p.Platform, "platform", 60, false)
	text(p.Circle, "circle", 200, false)
	c.Need(p.Mode == Intent || p.Mode == Own || p.Mode == Partner || p.Mode == Directed, "mode", "donations.need_mode")
	c.Need(p.Target >= 0 && p.Target <= MaxArrival, "target", "donations.target")
	c.Need(p.StartsOn == "" || p.EndsOn == "" || p.StartsOn <= p.EndsOn, "ends_on", "donations.ends_before")
	if p.PlatformURL != "" {
		u, err := url.Parse(p.PlatformURL)
		c.Need(err == nil && u.Scheme == "https" && strings.Contains(u.Host, ".") && len(p.PlatformURL) <= 300, "platform_url", "donations.platform_url")
	}
	return c.Err()
}

// gate checks what the law asks before people may be asked for money. today is the day of opening.
func (p *Plan) gate(today clock.Day, n Numbers) error {
	var c fault.Checks
	c.Need(p.Beneficiaries != "", "beneficiaries", "donations.gate.beneficiaries")
	c.Need(p.Surplus != "", "surplus", "donations.gate.surplus")
	c.Need(p.Manager != "", "manager", "donations.gate.manager")
	c.Need(p.EndsOn == "" || p.EndsOn >= today, "ends_on", "donations.gate.over")
	switch p.Mode {
	case Own, Partner:
		c.Need(p.Qualification != "", "qualification", "donations.gate.qualification")
		c.Need(p.Filing != "", "filing", "donations.gate.filing")
		c.Need(p.FiledOn != "", "filed_on", "donations.gate.filed_on")
		c.Need(p.Platform != "", "platform", "donations.gate.platform")
		c.Need(p.PlatformURL != "", "platform_url", "donations.gate.platform_url")
		c.Need(p.StartsOn != "", "starts_on", "donations.gate.starts_on")
		c.Need(p.EndsOn != "", "ends_on", "donations.gate.ends_on")
		c.Need(p.Region != "", "region", "donations.gate.region")
		c.Need(p.Cost != "", "cost", "donations.gate.cost")
		if p.Mode == Partner {
			c.Need(p.Partner != "", "partner", "donations.gate.partner")
			c.Need(p.Agreement != "", "agreement", "donations.gate.agreement")
			c.Need(p.Evaluation != "", "evaluation", "donations.gate.evaluation")
		}
		c.Need(p.FiledOn <= today, "filed_on", "donations.gate.filed_later")
		n.lead(&c, "filed_on", p.FiledOn, p.StartsOn, p.Urgent)
	case Directed:
		c.Need(p.Circle != "", "circle", "donations.gate.circle")
		c.Need(p.StartsOn != "", "starts_on", "donations.gate.starts_on")
		c.Need(p.EndsOn != "", "ends_on", "donations.gate.ends_on")
	}
	return c.Err()
}

// Public tells whether the public may read the campaign: a directed one never, a draft not yet.
func (c *Campaign) Public() bool { return c.State != Draft && c.Mode != Directed }

// Giving tells whether the public may promise gifts to it here on a day. What a partner raises goes through the partner's
// account (慈善法 26): the page leads to its platform, and the desk registers what the partner settles.
func (c *Campaign) Giving(day clock.Day) bool {
	return c.State == Open && (c.Mode == Intent || c.Mode == Own) && (c.StartsOn == "" || c.StartsOn <= day) && (c.EndsOn == "" || day <= c.EndsOn)
}

// Takes tells whether money of a day may be booked to it: it was raising then. A gift that arrives after the end goes
// to the general fund, when its donor agrees.
func (c *Campaign) Takes(day clock.Day) bool {
	return c.Fund != "" && (c.State != Ended || c.EndedAt != nil && day <= clock.DayOf(*c.EndedAt)) && (c.EndsOn == "" || day <= c.EndsOn)
}

// codeOK checks the short name of a campaign: it stands in addresses.
func codeOK(s string) bool {
	if len(s) < 2 || len(s) > 20 {
		return false
	}
	for i := range len(s) {
		b := s[i]
		if (b < 'A' || b > 'Z') && (b < '0' || b > '9') && (b != '-' || i == 0 || i == len(s)-1) {
			return false
		}
	}
	return true
}
