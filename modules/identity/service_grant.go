package identity

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"care/modules/audit"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/fault"
)

// Order is a role that somebody is to be given.
type Order struct {
	Person, Role string
	From, To     clock.Day // To "" for no end
}

// Roles gives all roles with their permissions, in their order.
func (s *People) Roles(ctx context.Context) ([]Role, error) {
	rs, err := listRoles(ctx, s.db)
	return rs, db.Fault(err)
}

// Chains gives the chains of work that one account must not do alone, and who is which hand of them.
func (s *People) Chains(ctx context.Context) ([]Chain, []Duty, error) {
	cs, err := listChains(ctx, s.db)
	if err != nil {
		return nil, nil, db.Fault(err)
	}
	ds, err := listDuties(ctx, s.db)
	return cs, ds, db.Fault(err)
}

// Grants gives all grants of some accounts, newest first.
func (s *People) Grants(ctx context.Context, people ...string) ([]Grant, error) {
	if len(people) == 0 {
		return nil, nil
	}
	gs, err := listGrants(ctx, s.db, people...)
	return gs, db.Fault(err)
}

// Guarded tells whether somebody is, or will be, the security officer.
func (s *People) Guarded(ctx context.Context) (bool, error) {
	n, err := countGranted(ctx, s.db, Security.Name, s.today())
	return n > 0, db.Fault(err)
}

func (s *People) duties(ctx context.Context, tx bun.IDB) (map[string]Role, []Duty, error) {
	rs, err := listRoles(ctx, tx)
	if err != nil {
		return nil, nil, db.Fault(err)
	}
	m := make(map[string]Role, len(rs))
	for _, r := range rs {
		m[r.Code] = r
	}
	ds, err := listDuties(ctx, tx)
	return m, ds, db.Fault(err)
}

// Grant gives a role to an account from a day on. It is refused when the role and another one that is held on a common day
// would make the account two hands of one chain. Nobody gives themselves a role.
//
// Roles are given by the security officer. As long as there is none, an administrator may name the first one: else nobody could.
func (s *People) Grant(ctx context.Context, who access.Actor, o Order, key string) error {
	need := Security
	first := !who.Can(Security) && o.Role == SecurityOfficer
	if first {
		need = Manage
	}
	id := uuid.Must(uuid.NewV7()).String()
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: need, Verb: "identity.grant", Subject: o.Person, Key: key, Input: o}, func(ctx context.Context, tx *audit.Tx) error {
		if o.Person == who.ID {
			return fault.New(fault.Forbidden, "identity.self")
		}
		if first {
			// Two administrators who name somebody at once wait for each other here.
			if err := holdRole(ctx, tx, SecurityOfficer); err != nil {
				return err
			}
			if n, err := countGranted(ctx, tx, Security.Name, tx.Today()); err != nil || n > 0 {
				return cmpErr(err, fault.New(fault.Forbidden, "access.forbidden"))
			}
		}
		p, err := s.hold(ctx, tx, who, o.Person, false)
		if err != nil {
			return err
		}
		return s.grantHeld(ctx, tx, who, p, o, id)
	})
}

// grantHeld is the part of Grant that is right only while the account is held.
func (s *People) grantHeld(ctx context.Context, tx *audit.Tx, who access.Actor, p *Person, o Order, id string) error {
	roles, duties, err := s.duties(ctx, tx)
	if err != nil {
		return err
	}
	area, err := s.net.AreaIn(ctx, tx, p.Area)
	if err != nil {
		return err
	}
	var c fault.Checks
	r, known := roles[o.Role]
	switch {
	case !known:
		c.Add("role", "identity.no_role")
	case r.Level != area.Level:
		c.Add("role", "identity.level", r.Title, words["identity.level."+string(rune('0'+r.Level))])
	}
	c.Need(o.From != "" && o.From >= tx.Today(), "from", "identity.from")
	c.Need(o.To == "" || o.To >= o.From, "to", "identity.to")
	if err := c.Err(); err != nil {
		return err
	}
	g := &Grant{ID: id, Person: p.ID, Role: o.Role, ValidFrom: o.From, ValidTo: o.To, MadeBy: who.ID, MadeAt: tx.Now}
	held, err := listGrants(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	for _, h := range held {
		if !h.meets(*g) {
			continue
		}
		if h.Role == g.Role {
			return invalid("role", "identity.granted", r.Title)
		}
		if chain := clash(r, roles[h.Role], duties); chain != "" {
			why, err := s.why(ctx, tx, chain)
			if err != nil {
				return err
			}
			return invalid("role", "identity.pair", r.Title, roles[h.Role].Title, why)
		}
	}
	tx.Public("role", g.Role)
	tx.Public("from", g.ValidFrom)
	tx.Public("to", g.ValidTo)
	return insertGrant(ctx, tx, g)
}

func (s *People) why(ctx context.Context, tx bun.IDB, chain string) (string, error) {
	cs, err := listChains(ctx, tx)
	for _, c := range cs {
		if c.Code == chain {
			return c.Why, nil
		}
	}
	return "", err
}

// rolesFit refuses an area whose level is not that of every role that is held or will be.
func (s *People) rolesFit(ctx context.Context, tx *audit.Tx, person string, level int) error {
	roles, _, err := s.duties(ctx, tx)
	if err != nil {
		return err
	}
	held, err := listGrants(ctx, tx, person)
	if err != nil {
		return err
	}
	for _, g := range held {
		if !g.over(tx.Today()) && roles[g.Role].Level != level {
			return invalid("area", "identity.area_roles", roles[g.Role].Title)
		}
	}
	return nil
}

// Revoke takes a role back at once; the grant stays in the record with its reason.
func (s *People) Revoke(ctx context.Context, who access.Actor, grant, reason string) error {
	return s.trail.Do(ctx, audit.Act{Actor: who, Need: Security, Verb: "identity.revoke", Subject: grant}, func(ctx context.Context, tx *audit.Tx) error {
		g, err := findGrant(ctx, tx, grant)
		if err != nil {
			return db.Fault(err)
		}
		if g.Person == who.ID {
			return fault.New(fault.Forbidden, "identity.self")
		}
		if _, err := s.hold(ctx, tx, who, g.Person, true); err != nil {
			return err
		}
		if reason == "" || len(reason) > 600 {
			return invalid("reason", "identity.reason")
		}
		tx.Subject(g.Person)
		tx.Public("role", g.Role)
		tx.Private("reason", reason)
		if err := endGrant(ctx, tx, grant, who.ID, reason, tx.Now); err != nil {
			return err
		}
		if g.Role == Administrator {
			return s.keepAdmin(ctx, tx)
		}
		return nil
	})
}

// titles gives the titles of roles by their codes.
func (s *People) titles(ctx context.Context) (map[string]string, []Role, error) {
	rs, err := s.Roles(ctx)
	m := make(map[string]string, len(rs))
	for _, r := range rs {
		m[r.Code] = r.Title
	}
	return m, rs, err
}

// held gives for each account the titles of the roles that it holds today.
func (s *People) held(ctx context.Context, people []Person) (map[string][]string, error) {
	ids := make([]string, 0, len(people))
	for _, p := range people {
		ids = append(ids, p.ID)
	}
	gs, err := s.Grants(ctx, ids...)
	if err != nil {
		return nil, err
	}
	titles, roles, err := s.titles(ctx)
	if err != nil {
		return nil, err
	}
	place := map[string]int{}
	for _, r := range roles {
		place[r.Code] = r.Place
	}
	day, byPlace := s.today(), map[string]map[int]string{}
	for _, g := range gs {
		if !g.On(day) {
			continue
		}
		if byPlace[g.Person] == nil {
			byPlace[g.Person] = map[int]string{}
		}
		byPlace[g.Person][place[g.Role]] = titles[g.Role]
	}
	out := make(map[string][]string, len(byPlace))
	for id, m := range byPlace {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			out[id] = append(out[id], m[k])
		}
	}
	return out, nil
}

// cmpErr gives the first error that is one.
func cmpErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
