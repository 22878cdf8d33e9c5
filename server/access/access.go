// Package access says who acts, what they may do and where.
package access

import (
	"slices"
	"strings"

	"care/server/fault"
)

// Perm is one thing that a role can be allowed to do, such as "donations.confirm".
type Perm struct {
	Name  string // module.verb
	Title string // 中文, shown where roles are edited
}

// Everyone marks a route that needs no sign-in.
var Everyone = Perm{Name: "*"}

// SignedIn marks a route for anybody who is signed in.
var SignedIn = Perm{Name: "+"}

// Area is a subtree of the city / county / township / village tree, as the path of codes from the city down:
// "/530300/", "/530300/530302/", "/530300/530302/530302001/". The empty area holds nothing.
type Area struct {
	Path string
	Name string
}

// Covers tells whether path lies in the area. It is the only definition of "inside".
func (a Area) Covers(path string) bool {
	return a.Path != "" && strings.HasPrefix(path, a.Path)
}

// Code gives the code of the area itself.
func (a Area) Code() string {
	p := strings.Split(strings.Trim(a.Path, "/"), "/")
	return p[len(p)-1]
}

// Level gives 1 for the city, 2 for a county, 3 for a township, 4 for a village, 0 for none.
func (a Area) Level() int {
	if a.Path == "" {
		return 0
	}
	return strings.Count(a.Path, "/") - 1
}

// Actor is who does something: a signed-in person with what their roles allow, the public, or the system itself.
type Actor struct {
	ID    string // person id, "public" or "system"
	Name  string
	Roles []string // role names, for show
	Perms []string // sorted permission names
	Area  Area     // where the roles hold
	IP    string
}

// System is the actor of queued and daily work.
func System() Actor { return Actor{ID: "system"} }

// Public is the actor of a page that needs no sign-in.
func Public(ip string) Actor { return Actor{ID: "public", IP: ip} }

// In tells whether a person is signed in.
func (a Actor) In() bool { return a.ID != "" && a.ID != "public" && a.ID != "system" }

// Can tells whether the actor holds p.
func (a Actor) Can(p Perm) bool {
	switch p.Name {
	case Everyone.Name:
		return true
	case SignedIn.Name:
		return a.In()
	case "":
		return false
	}
	if a.ID == "system" {
		return true
	}
	_, ok := slices.BinarySearch(a.Perms, p.Name)
	return ok
}

// Need refuses an actor without p: SignIn when nobody is signed in, else Forbidden.
func (a Actor) Need(p Perm) error {
	switch {
	case a.Can(p):
		return nil
	case !a.In():
		return fault.New(fault.SignIn, "access.sign_in")
	}
	return fault.New(fault.Forbidden, "access.forbidden")
}

// NeedArea refuses an actor whose area does not cover path. The answer is NotFound, not Forbidden:
// whether something exists in another county is not this person's business.
func (a Actor) NeedArea(path string) error {
	if a.ID == "system" || a.Area.Covers(path) {
		return nil
	}
	return fault.New(fault.NotFound, "access.not_found")
}

// NotEarlier refuses an actor who is among the people of earlier steps: nobody decides alone (会计法 35; 慈善法 14).
func (a Actor) NotEarlier(code string, earlier ...string) error {
	if slices.Contains(earlier, a.ID) {
		return fault.New(fault.Forbidden, code)
	}
	return nil
}
