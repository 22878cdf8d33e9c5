package identity

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"care/server/access"
	"care/server/clock"
	"care/server/fault"
)

// Person is the account of somebody who works here (工作人员账号). It has one area, and all its roles hold there:
// who works at two levels has two accounts, so that the separation of duties sees one set of permissions for each.
type Person struct {
	bun.BaseModel `bun:"table:identity_people,alias:p"`
	ID            string `bun:",pk"`
	Login         string // lower case
	Name          string
	Post          string // 职务, for show
	Area          string // code
	AreaPath      string
	Password      string    // argon2id in PHC form; "" until the first link is used
	State         string    // Active or Disabled
	LeavesOn      clock.Day // last day of the account, "" for none
	Epoch         int64     // sessions of an older epoch have ended
	Version       int64
	Demo          bool // made by the demonstration: worthless elsewhere, its password is known to all
	MadeAt        time.Time
	PasswordAt    *time.Time
	SeenAt        *time.Time // of the last sign-in
}

// States of an account.
const (
	Active   = "active"
	Disabled = "disabled"
)

// mayAct tells whether the account may be used on a day; demo says that the demonstration data is loaded.
func (p *Person) mayAct(day clock.Day, demo bool) bool {
	return p.State == Active && (p.LeavesOn == "" || day <= p.LeavesOn) && (demo || !p.Demo)
}

// Role is what somebody works as (岗位): a set of permissions at one level of the tree.
type Role struct {
	bun.BaseModel `bun:"table:identity_roles,alias:r"`
	Code          string `bun:",pk"`
	Title, About  string
	Level         int      // of the area: 1 city, 2 county, 3 township, 4 village
	Place         int      // in lists
	Perms         []string `bun:"-"`
}

// Codes of the roles that the program starts with.
const (
	VillageClerk       = "village_clerk"       // 村（社区）站员
	VillageHead        = "village_head"        // 村（社区）站长
	TownshipClerk      = "township_clerk"      // 乡镇（街道）站员
	CountyClerk        = "county_clerk"        // 县（市、区）经办
	CountyPublisher    = "county_publisher"    // 县（市、区）公示发布
	CountyInvestigator = "county_investigator" // 县（市、区）异议核实
	Officer            = "officer"             // 基金会项目专员
	Manager            = "manager"             // 项目主管
	Cashier            = "cashier"             // 财务登记（出纳）
	Accountant         = "accountant"          // 财务复核（会计）
	Secretary          = "secretary"           // 秘书长
	Director           = "director"            // 理事
	Supervisor         = "supervisor"          // 监事
	Administrator      = "administrator"       // 系统管理员
	SecurityOfficer    = "security"            // 安全管理员
	Auditor            = "auditor"             // 审计员
)

// Grant is a role given to a person from a day to a day (授岗).
type Grant struct {
	bun.BaseModel `bun:"table:identity_grants,alias:g"`
	ID            string `bun:",pk"`
	Person, Role  string
	ValidFrom     clock.Day
	ValidTo       clock.Day // "" for no end
	MadeBy        string
	MadeAt        time.Time
	EndedBy       string     `bun:",nullzero"`
	EndedAt       *time.Time // when it was taken back before its end
	Reason        string
}

// On tells whether the grant holds on a day.
func (g Grant) On(day clock.Day) bool {
	return g.EndedAt == nil && g.ValidFrom <= day && (g.ValidTo == "" || day <= g.ValidTo)
}

// over tells whether the grant holds neither on a day nor later.
func (g Grant) over(day clock.Day) bool {
	return g.EndedAt != nil || g.ValidTo != "" && g.ValidTo < day
}

// meets tells whether two grants that were not taken back hold on a common day.
func (g Grant) meets(h Grant) bool {
	return g.EndedAt == nil && h.EndedAt == nil && (g.ValidTo == "" || h.ValidFrom <= g.ValidTo) && (h.ValidTo == "" || g.ValidFrom <= h.ValidTo)
}

// Chain is work that one person must not do alone (不相容岗位).
type Chain struct {
	bun.BaseModel `bun:"table:identity_chains,alias:c"`
	Code          string `bun:",pk"`
	Title, Why    string
}

// Duty says by which hand of a chain a fact acts. A fact is a permission, "role:<code>" or "@business".
type Duty struct {
	bun.BaseModel `bun:"table:identity_duties,alias:d"`
	Chain         string `bun:",pk"`
	Fact          string `bun:",pk"`
	Hand          string
}

// business stands for any permission that changes something outside of identity and audit; what only shows ends in "view".
const business = "@business"

// facts gives what a role means for the separation of duties.
func (r Role) facts() []string {
	out := append(slices.Clone(r.Perms), "role:"+r.Code)
	if slices.ContainsFunc(r.Perms, func(p string) bool {
		return !strings.HasPrefix(p, "identity.") && !strings.HasPrefix(p, "audit.") && !strings.HasSuffix(p, ".view") && !strings.HasSuffix(p, "_view")
	}) {
		out = append(out, business)
	}
	return out
}

// clash names the chain in which a and b would be two hands of one person; "" when they get along.
func clash(a, b Role, duties []Duty) (chain string) {
	fa, fb := a.facts(), b.facts()
	for _, x := range duties {
		if !slices.Contains(fa, x.Fact) {
			continue
		}
		for _, y := range duties {
			if y.Chain == x.Chain && y.Hand != x.Hand && slices.Contains(fb, y.Fact) {
				return x.Chain
			}
		}
	}
	return ""
}

// Link kinds.
const (
	linkSetup    = "setup"
	linkPassword = "password"
)

// linkLife is how long a link may be used.
const linkLife = 24 * time.Hour

type link struct {
	bun.BaseModel `bun:"table:identity_links,alias:l"`
	Hash          string `bun:",pk"`
	Kind          string
	Person        string `bun:",nullzero"`
	MadeAt        time.Time
	ExpiresAt     time.Time
	UsedAt        *time.Time
}

// tries are wrong passwords in a row.
type tries struct {
	bun.BaseModel `bun:"table:identity_tries,alias:t"`
	Key           string `bun:",pk"`
	Fails         int
	At            time.Time // of the last one
}

// An account is locked for lockFor after maxFails wrong passwords in a row (GB/T 22239-2019, 8.1.4.1).
const (
	maxFails = 5
	lockFor  = 15 * time.Minute
)

func (t tries) locked(now time.Time) bool { return t.Fails >= maxFails && now.Sub(t.At) < lockFor }

// Account is what is asked for about an account.
type Account struct {
	Login, Name, Post string
	Area              string // code
	LeavesOn          clock.Day
}

var loginForm = regexp.MustCompile(`^[a-z][a-z0-9._-]{2,31}$`)

func (a Account) check(c *fault.Checks) {
	c.Need(loginForm.MatchString(a.Login), "login", "identity.login")
	n := utf8.RuneCountInString(a.Name)
	c.Need(n > 0 && n <= 50 && !strings.ContainsAny(a.Name, "\n\t"), "name", "identity.name")
	c.Need(utf8.RuneCountInString(a.Post) <= 50 && !strings.ContainsAny(a.Post, "\n\t"), "post", "identity.post")
}

// checkPassword says what is wrong with a new password: at least ten characters, not a well-known one, not the login,
// not a few characters over and over.
func checkPassword(c *fault.Checks, field, password, again, login string) {
	low := strings.ToLower(password)
	distinct := map[rune]bool{}
	for _, r := range low {
		distinct[r] = true
	}
	n := utf8.RuneCountInString(password)
	switch {
	case n < 10:
		c.Add(field, "identity.password_short")
	case n > 128:
		c.Add(field, "identity.password_long")
	case login != "" && strings.Contains(low, strings.ToLower(login)):
		c.Add(field, "identity.password_login")
	case len(distinct) < 5, slices.Contains(common(), low), trivial(low):
		c.Add(field, "identity.password_common")
	case password != again:
		c.Add("again", "identity.password_again")
	}
}

// trivial tells runs such as 1234567890 and abcdefghij, up or down.
func trivial(s string) bool {
	rs := []rune(s)
	up, down := true, true
	for i := 1; i < len(rs); i++ {
		step := rs[i] - rs[i-1]
		wrap := rs[i-1] == '9' && rs[i] == '0' || rs[i-1] == '0' && rs[i] == '9'
		up, down = up && (step == 1 || wrap), down && (step == -1 || wrap)
	}
	return up || down
}

// common are the passwords that are tried first by everybody; all have at least ten characters and five different ones.
func common() []string {
	return strings.Fields(`
		password10 password12 password123 password1234 password123456 passw0rd123 p@ssw0rd123 p@ssword123 password@123
		admin12345 admin123456 administrator admin@12345 admin@123456 root123456 test123456 guest12345 welcome123 welcome1234
		qwertyuiop qwerty1234 qwerty12345 qwerty123456 qwertyuiop123 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc qazwsxedcrfv qazwsx123456
		zxcvbnm123 zxcvbnm1234 asdfghjkl123 asdfghjkl1 a123456789 aa12345678 aa123456789 abc1234567 abc12345678 abc123456789 abcd123456 abcd1234567
		woaini1314520 woaini520520 iloveyou123 iloveyou1314 5201314520 1314520520 a1b2c3d4e5 qq123456789 wang123456 zhang123456 li123456789
		1234567891 12345678910 123456789a 1234567890a 123456789abc 0987654321a 1122334455 1233211234567 147258369a 1472583690 7894561230
		letmein1234 superman123 football123 baseball123 sunshine123 princess123 dragon12345 monkey12345 changeme123 q1w2e3r4t5 q1w2e3r4t5y6
	`)
}

// normal brings a typed login to the form in which logins are kept.
func normal(login string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return -1
		case r >= 0xff01 && r <= 0xff5e: // typed with a full-width input method
			return r - 0xfee0
		}
		return r
	}, login))
}

// who makes the actor out of a person and what is granted.
func (p *Person) who(area string, roles []Role) access.Actor {
	a := access.Actor{ID: p.ID, Name: p.Name, Area: access.Area{Path: p.AreaPath, Name: area}}
	slices.SortFunc(roles, func(x, y Role) int { return cmp.Compare(x.Place, y.Place) })
	for _, r := range roles {
		a.Roles = append(a.Roles, r.Title)
		a.Perms = append(a.Perms, r.Perms...)
	}
	slices.Sort(a.Perms)
	a.Perms = slices.Compact(a.Perms)
	return a
}
