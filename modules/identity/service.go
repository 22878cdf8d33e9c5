// Package identity keeps true that every act has one person behind it: an account belongs to one person and one area,
// no account is two hands of one chain of work, and whoever may no longer act has no session left.
package identity

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"care/modules"
	"care/modules/audit"
	"care/modules/network"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
)

// People is the accounts, their roles and their ways in.
type People struct {
	db    *db.DB
	trail *audit.Trail
	net   *network.Net
	base  string
	demo  bool
	hash  *hasher
}

// New opens the accounts of a database. base is the address that people use, for links; demo says that the demonstration
// data is loaded: only then may its accounts be used, and only then are they shown on the sign-in page.
func New(d *db.DB, trail *audit.Trail, net *network.Net, base string, demo bool) *People {
	return &People{db: d, trail: trail, net: net, base: strings.TrimSuffix(base, "/"), demo: demo, hash: newHasher()}
}

func (s *People) now() time.Time { return s.trail.Now()().UTC() }

func (s *People) today() clock.Day { return clock.DayOf(s.now()) }

// Person gives who may act under an id, with what the roles allow today. The id of a session is "<id>.<epoch>":
// it is refused when the epoch is over, because of a new password, an account that was disabled, or signing out everywhere.
func (s *People) Person(ctx context.Context, id string) (access.Actor, error) {
	id, session, isSession := strings.Cut(id, ".")
	p, err := findPerson(ctx, s.db, id)
	if err != nil {
		return access.Actor{}, db.Fault(err)
	}
	day := s.today()
	if !p.mayAct(day, s.demo) || isSession && session != strconv.FormatInt(p.Epoch, 10) {
		return access.Actor{}, fault.New(fault.SignIn, "identity.session_over")
	}
	return s.actor(ctx, p, day)
}

func (s *People) actor(ctx context.Context, p *Person, day clock.Day) (access.Actor, error) {
	roles, err := heldRoles(ctx, s.db, p.ID, day)
	if err != nil {
		return access.Actor{}, db.Fault(err)
	}
	area, err := s.net.Area(ctx, p.Area)
	if err != nil {
		return access.Actor{}, err
	}
	return p.who(area.Title, roles), nil
}

// session is the id under which the frame keeps a person's session.
func (p *Person) session() string { return p.ID + "." + strconv.FormatInt(p.Epoch, 10) }

// ByLogin gives who may act under a login, for seeds and tests.
func (s *People) ByLogin(ctx context.Context, login string) (access.Actor, error) {
	p, err := findLogin(ctx, s.db, normal(login))
	if err != nil {
		return access.Actor{}, db.Fault(err)
	}
	return s.Person(ctx, p.ID)
}

// Names gives the names of people by their ids; the system and the public have theirs too. Unknown ids are absent.
func (s *People) Names(ctx context.Context, ids []string) (map[string]string, error) {
	out := map[string]string{}
	var ask []string
	for _, id := range ids {
		switch id {
		case "system", "public":
			out[id] = words["identity.name."+id]
		case "":
		default:
			ask = append(ask, id)
		}
	}
	if len(ask) == 0 {
		return out, nil
	}
	slices.Sort(ask)
	ps, err := listNames(ctx, s.db, slices.Compact(ask))
	for _, p := range ps {
		out[p.ID] = p.Name
	}
	return out, db.Fault(err)
}

// Account gives one account inside the asker's area.
func (s *People) Account(ctx context.Context, who access.Actor, id string) (*Person, error) {
	p, err := findPerson(ctx, s.db, id)
	if err != nil {
		return nil, db.Fault(err)
	}
	p.Password = ""
	return p, who.NeedArea(p.AreaPath)
}

// Own gives the account of somebody who is signed in.
func (s *People) Own(ctx context.Context, who access.Actor) (*Person, error) {
	p, err := findPerson(ctx, s.db, who.ID)
	if err != nil {
		return nil, db.Fault(err)
	}
	p.Password = ""
	return p, nil
}

// Place gives the area of an account from what a form asks: a village is written, by name or code, under its township.
func (s *People) Place(ctx context.Context, area, village string) (string, error) {
	if village == "" {
		return area, nil
	}
	a, err := s.net.Area(ctx, area)
	switch {
	case fault.KindOf(err) == fault.NotFound && err != nil, err == nil && a.Level != network.Township:
		return "", invalid("area", "identity.village_of")
	case err != nil:
		return "", err
	}
	vs, err := s.net.Children(ctx, area)
	for _, v := range vs {
		if v.Name == village || v.Code == village {
			return v.Code, nil
		}
	}
	if err != nil {
		return "", err
	}
	return "", invalid("village", "identity.village")
}

// List lists accounts inside the asker's area, newest first.
func (s *People) List(ctx context.Context, who access.Actor, f Search, before string, size int) (db.Page[Person], error) {
	if who.Area.Path == "" {
		return db.Page[Person]{}, nil
	}
	ps, err := listPeople(ctx, s.db, who.Area.Path, f, s.today(), before, size+1)
	return db.Cut(ps, size, func(p Person) string { return p.ID }), db.Fault(err)
}

// Create opens an account without a password and gives its id and the link, good for a day and for once, by which its owner sets one.
func (s *People) Create(ctx context.Context, who access.Actor, in Account, key string) (id, url string, err error) {
	token, hash := newToken()
	in.Login = normal(in.Login)
	id, err = s.create(ctx, who, in, key, func(ctx context.Context, tx *audit.Tx, p *Person) error {
		return insertLink(ctx, tx, &link{Hash: hash, Kind: linkPassword, Person: p.ID, MadeAt: tx.Now, ExpiresAt: tx.Now.Add(linkLife)})
	}, nil)
	return id, s.base + "/password/" + token, err
}

// create opens an account; change may alter it before it is stored, after adds to the act.
func (s *People) create(ctx context.Context, who access.Actor, in Account, key string, after func(ctx context.Context, tx *audit.Tx, p *Person) error, change func(tx *audit.Tx, p *Person)) (string, error) {
	id := uuid.Must(uuid.NewV7()).String()
	err := s.trail.Do(ctx, audit.Act{Actor: who, Need: Manage, Verb: "identity.create", Subject: id, Key: key, Input: in}, func(ctx context.Context, tx *audit.Tx) error {
		area, err := s.checkAccount(ctx, tx, who, in, "")
		if err != nil {
			return err
		}
		p := &Person{ID: id, Login: in.Login, Name: in.Name, Post: in.Post, Area: area.Code, AreaPath: area.Path, State: Active, LeavesOn: in.LeavesOn, Epoch: 1, Version: 1, MadeAt: tx.Now}
		if change != nil {
			change(tx, p)
		}
		tx.Public("area", p.Area)
		tx.Private("login", p.Login)
		tx.Private("name", p.Name)
		if err := insertPerson(ctx, tx, p); err != nil {
			return used(err)
		}
		return after(ctx, tx, p)
	})
	return id, err
}

// checkAccount names every mistake of a form; id is the account that is changed, "" for a new one.
func (s *People) checkAccount(ctx context.Context, tx *audit.Tx, who access.Actor, in Account, id string) (network.Area, error) {
	var c fault.Checks
	in.check(&c)
	area, err := s.net.AreaIn(ctx, tx, in.Area)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return area, err
	}
	c.Need(err == nil && area.In(tx.Today()) && who.NeedArea(area.Path) == nil, "area", "identity.area")
	c.Need(in.LeavesOn == "" || in.LeavesOn >= tx.Today(), "leaves", "identity.leaves")
	old, err := findLogin(ctx, tx, in.Login)
	switch {
	case err == nil:
		c.Need(old.ID == id, "login", "identity.login_used")
	case fault.KindOf(db.Fault(err)) != fault.NotFound:
		return area, err
	}
	return area, c.Err()
}

// used says in people's words that a login was taken by somebody a moment before.
func used(err error) error {
	if fault.CodeOf(db.Fault(err)) == "db.conflict" {
		return invalid("login", "identity.login_used")
	}
	return err
}

// Edit changes an account; version is the one that the person saw. The roles that are held must fit the new area.
func (s *People) Edit(ctx context.Context, who access.Actor, id string, version int64, in Account) error {
	in.Login = normal(in.Login)
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: Manage, Verb: "identity.edit", Subject: id}, func(ctx context.Context, tx *audit.Tx) error {
		p, err := s.hold(ctx, tx, who, id, true)
		if err != nil {
			return err
		}
		area, err := s.checkAccount(ctx, tx, who, in, id)
		if err != nil {
			return err
		}
		if area.Code != p.Area {
			if err := s.rolesFit(ctx, tx, id, area.Level); err != nil {
				return err
			}
		}
		p.Login, p.Name, p.Post, p.Area, p.AreaPath, p.LeavesOn = in.Login, in.Name, in.Post, area.Code, area.Path, in.LeavesOn
		tx.Public("area", p.Area)
		tx.Private("login", p.Login)
		tx.Private("name", p.Name)
		if err := updatePerson(ctx, tx, p, version); err != nil {
			return used(err)
		}
		return nil
	})
}

// hold finds an account for a change and makes other changes of it wait. admins makes acts wait for each other that could
// take away the last administrator.
func (s *People) hold(ctx context.Context, tx *audit.Tx, who access.Actor, id string, admins bool) (*Person, error) {
	if admins {
		if err := holdRole(ctx, tx, Administrator); err != nil {
			return nil, err
		}
	}
	if err := holdPerson(ctx, tx, id); err != nil {
		if fault.CodeOf(err) == "db.changed" {
			return nil, fault.New(fault.NotFound, "access.not_found")
		}
		return nil, err
	}
	p, err := findPerson(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return p, who.NeedArea(p.AreaPath)
}

// keepAdmin refuses an act after which nobody could manage accounts any more.
func (s *People) keepAdmin(ctx context.Context, tx *audit.Tx) error {
	n, err := countHolders(ctx, tx, Manage.Name, tx.Today(), s.demo)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "identity.last_admin")
	}
	return err
}

// Disable closes an account for now and ends its sessions.
func (s *People) Disable(ctx context.Context, who access.Actor, id, reason string) error {
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: Manage, Verb: "identity.disable", Subject: id}, func(ctx context.Context, tx *audit.Tx) error {
		if id == who.ID {
			return fault.New(fault.Forbidden, "identity.self")
		}
		if _, err := s.hold(ctx, tx, who, id, true); err != nil {
			return err
		}
		if reason == "" || len(reason) > 600 {
			return invalid("reason", "identity.reason")
		}
		if err := setState(ctx, tx, id, Active, Disabled); err != nil {
			return err
		}
		tx.Private("reason", reason)
		return s.keepAdmin(ctx, tx)
	})
}

// Enable opens a disabled account again.
func (s *People) Enable(ctx context.Context, who access.Actor, id string) error {
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: Manage, Verb: "identity.enable", Subject: id}, func(ctx context.Context, tx *audit.Tx) error {
		if _, err := s.hold(ctx, tx, who, id, false); err != nil {
			return err
		}
		return setState(ctx, tx, id, Disabled, Active)
	})
}

// Check proves that every account stands in an area that exists, that its roles fit the level of the area, that no account
// is two hands of one chain at any time, and that no role is.
func (s *People) Check(ctx context.Context) ([]modules.Count, error) {
	people, err := listChecked(ctx, s.db)
	if err != nil {
		return nil, db.Fault(err)
	}
	roles, duties, err := s.duties(ctx, s.db)
	if err != nil {
		return nil, err
	}
	for _, r := range roles {
		if chain := clash(r, r, duties); chain != "" {
			return nil, fmt.Errorf("role %s is two hands of the chain %s", r.Code, chain)
		}
	}
	level := make(map[string]int, len(people))
	for _, p := range people {
		if p.Path == "" || p.Path != p.AreaPath {
			return nil, fmt.Errorf("account %s stands at %q, its area at %q", p.ID, p.AreaPath, p.Path)
		}
		level[p.ID] = p.Level
	}
	grants, err := listAllGrants(ctx, s.db)
	if err != nil {
		return nil, db.Fault(err)
	}
	day := s.today()
	for i, g := range grants {
		r, ok := roles[g.Role]
		if !ok || !g.over(day) && r.Level != level[g.Person] {
			return nil, fmt.Errorf("grant %s: the role %s does not fit an area of level %d", g.ID, g.Role, level[g.Person])
		}
		for _, h := range grants[:i] {
			if h.Person != g.Person || !g.meets(h) {
				continue
			}
			if chain := clash(r, roles[h.Role], duties); chain != "" {
				return nil, fmt.Errorf("account %s holds %s and %s, two hands of the chain %s", g.Person, g.Role, h.Role, chain)
			}
		}
	}
	return []modules.Count{{Title: words["identity.count.people"], N: int64(len(people))}, {Title: words["identity.count.grants"], N: int64(len(grants))}}, nil
}

// Sweep removes counts of wrong passwords older than a day and links that ended thirty days ago.
func (s *People) Sweep(ctx context.Context) error {
	return s.trail.Do(ctx, audit.Act{Actor: access.System(), Need: Manage, Verb: "identity.sweep", Subject: "identity"}, func(ctx context.Context, tx *audit.Tx) error {
		return sweep(ctx, tx, tx.Now.Add(-24*time.Hour), tx.Now.Add(-30*24*time.Hour))
	})
}

func invalid(field, code string, args ...any) error {
	var c fault.Checks
	c.Add(field, code, args...)
	return c.Err()
}
