package identity_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"care/modules/audit"
	"care/modules/identity"
	"care/modules/moduletest"
	"care/modules/network"
	"care/server/access"
	"care/server/clock"
	"care/server/db"
	"care/server/db/dbtest"
	"care/server/fault"
	"care/server/web"
)

func sets() []fs.FS {
	return []fs.FS{web.Migrations(), os.DirFS("../audit/migrations"), os.DirFS("../network/migrations"), os.DirFS("migrations")}
}

// start is a Wednesday morning in Beijing.
var start = time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)

const today = clock.Day("2026-11-25")

type stage struct {
	*identity.People
	db    *db.DB
	at    *clock.Travel
	trail *audit.Trail
	net   *network.Net
	admin access.Actor // holds what the system administrator holds, without an account
	guard access.Actor // the security officer
}

func city(id string, perms ...string) access.Actor {
	slices.Sort(perms)
	return access.Actor{ID: id, Perms: perms, Area: access.Area{Path: "/530300/"}}
}

func newStage(d *db.DB, demo bool) *stage {
	s := &stage{db: d, at: clock.NewTravel(start)}
	s.trail = audit.New(d, s.at.Now)
	s.net = network.New(d, s.trail)
	s.People = identity.New(d, s.trail, s.net, "https://care.example/", demo)
	s.admin, s.guard = city("admin", "identity.manage", "identity.view"), city("guard", "identity.security", "identity.view")
	return s
}

func each(t *testing.T, fn func(t *testing.T, s *stage)) {
	t.Helper()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		s := newStage(d, false)
		fn(t, s)
		if _, err := s.Check(t.Context()); err != nil {
			t.Errorf("check: %v", err)
		}
	})
}

// account opens an account and gives its id and the token of its link.
func (s *stage) account(t *testing.T, login, area string) (id, token string) {
	t.Helper()
	id, url, err := s.Create(t.Context(), s.admin, identity.Account{Login: login, Name: "某" + login, Area: area}, "")
	if err != nil {
		t.Fatal(err)
	}
	_, token, _ = strings.Cut(url, "/password/")
	return id, token
}

const good = "correct horse staple"

// person opens an account with a password and roles from today on.
func (s *stage) person(t *testing.T, login, area string, roles ...string) string {
	t.Helper()
	id, token := s.account(t, login, area)
	if _, err := s.UseLink(t.Context(), token, good, good, "1.1.1.1"); err != nil {
		t.Fatal(err)
	}
	for _, r := range roles {
		if err := s.Grant(t.Context(), s.guard, identity.Order{Person: id, Role: r, From: today}, ""); err != nil {
			t.Fatal(err)
		}
	}
	return id
}

func code(t *testing.T, err error, want string) {
	t.Helper()
	got := fault.CodeOf(err)
	if fs := fault.FieldsOf(err); len(fs) > 0 {
		got = fs[0].Code
	}
	if got != want {
		t.Helper()
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

func TestPersonHoldsWhatTheRolesAllowToday(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		ctx := t.Context()
		id, _ := s.account(t, "chen", "530326")
		day := func(n int) clock.Day { return today.Add(n) }
		for _, o := range []identity.Order{
			{Person: id, Role: identity.CountyClerk, From: today, To: day(9)},
			{Person: id, Role: identity.CountyPublisher, From: day(10)},
		} {
			if err := s.Grant(ctx, s.guard, o, ""); err != nil {
				t.Fatal(err)
			}
		}
		for n, want := range map[int][2]bool{0: {true, false}, 9: {true, false}, 10: {false, true}, 400: {false, true}} {
			s.at.To(day(n).Time())
			a, err := s.Person(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			got := [2]bool{a.Can(access.Perm{Name: "relief.county"}), a.Can(access.Perm{Name: "relief.publish"})}
			if got != want || a.Area.Path != "/530300/530326/" || a.Area.Name != "会泽县" || a.Name != "某chen" || len(a.Roles) != 1 || !slices.IsSorted(a.Perms) {
				t.Errorf("day %d: %+v", n, a)
			}
		}
		s.at.To(day(9).Add(1).Time().Add(-time.Second)) // one second before midnight in Beijing
		if a, _ := s.Person(ctx, id); !a.Can(access.Perm{Name: "relief.county"}) {
			t.Error("the last day of a role did not last until midnight")
		}
	})
}

// clashing lists each pair of roles that one account must not hold, by level of the area.
func clashing(level int) map[[2]string]bool {
	out := map[[2]string]bool{}
	pair := func(a string, bs ...string) {
		for _, b := range bs {
			out[[2]string{a, b}], out[[2]string{b, a}] = true, true
		}
	}
	switch level {
	case network.Village:
		pair(identity.VillageClerk, identity.VillageHead)
	case network.County:
		pair(identity.CountyClerk, identity.CountyPublisher, identity.CountyInvestigator)
		pair(identity.CountyPublisher, identity.CountyInvestigator)
	case network.City:
		trade := []string{identity.Officer, identity.Manager, identity.Cashier, identity.Accountant, identity.Secretary, identity.Director}
		for i, a := range trade {
			pair(a, trade[i+1:]...)
		}
		delete(out, [2]string{identity.Secretary, identity.Director}) // both decide: the same hand, and a case still wants two people
		delete(out, [2]string{identity.Director, identity.Secretary})
		offices := []string{identity.Administrator, identity.SecurityOfficer, identity.Auditor}
		for i, a := range offices {
			pair(a, offices[i+1:]...)
			pair(a, trade...)
		}
		pair(identity.Supervisor, trade...)
	}
	return out
}

func TestEachForbiddenPairOfRolesIsRefusedAndEachOtherIsNot(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		s := newStage(d, false)
		ctx := t.Context()
		if _, err := s.net.Add(ctx, access.System(), "530326106", "530326106201", "石河村", ""); err != nil {
			t.Fatal(err)
		}
		roles, err := s.Roles(ctx)
		if err != nil || len(roles) != 16 {
			t.Fatalf("%d roles, %v", len(roles), err)
		}
		areas := map[int]string{1: "530300", 2: "530326", 3: "530326106", 4: "530326106201"}
		n := 0
		for _, a := range roles {
			for _, b := range roles {
				if a.Level != b.Level || a.Code == b.Code {
					continue
				}
				n++
				id, _ := s.account(t, fmt.Sprintf("p%d", 100+n), areas[a.Level])
				if err := s.Grant(ctx, s.guard, identity.Order{Person: id, Role: a.Code, From: today}, ""); err != nil {
					t.Fatal(err)
				}
				err := s.Grant(ctx, s.guard, identity.Order{Person: id, Role: b.Code, From: today.Add(30)}, "")
				if want := clashing(a.Level)[[2]string{a.Code, b.Code}]; want != (err != nil) {
					t.Errorf("%s and %s: %v, want refused = %t", a.Code, b.Code, err, want)
				} else if want {
					code(t, err, "identity.pair")
					if args := fault.FieldsOf(err)[0].Args; len(args) != 3 || args[2] == "" {
						t.Errorf("%s and %s: the reason is missing: %v", a.Code, b.Code, args)
					}
				}
			}
		}
		if _, err := s.Check(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestPairMayFollowOneAnother(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		id, _ := s.account(t, "sun", "530300")
		give := func(role string, from, to clock.Day) error {
			return s.Grant(t.Context(), s.guard, identity.Order{Person: id, Role: role, From: from, To: to}, "")
		}
		if err := give(identity.Cashier, today, today.Add(9)); err != nil {
			t.Fatal(err)
		}
		code(t, give(identity.Accountant, today.Add(9), ""), "identity.pair") // one common day
		code(t, give(identity.Cashier, today.Add(3), ""), "identity.granted")
		if err := give(identity.Accountant, today.Add(10), ""); err != nil {
			t.Error(err)
		}
	})
}

func TestRoleFitsTheLevelOfTheArea(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		ctx := t.Context()
		id, _ := s.account(t, "zhao", "530326")
		code(t, s.Grant(ctx, s.guard, identity.Order{Person: id, Role: identity.Cashier, From: today}, ""), "identity.level")
		code(t, s.Grant(ctx, s.guard, identity.Order{Person: id, Role: "emperor", From: today}, ""), "identity.no_role")
		code(t, s.Grant(ctx, s.guard, identity.Order{Person: id, Role: identity.CountyClerk, From: today.Add(-1)}, ""), "identity.from")
		code(t, s.Grant(ctx, s.guard, identity.Order{Person: id, Role: identity.CountyClerk, From: today, To: today.Add(-1)}, ""), "identity.to")
		if err := s.Grant(ctx, s.guard, identity.Order{Person: id, Role: identity.CountyClerk, From: today}, ""); err != nil {
			t.Fatal(err)
		}
		in := identity.Account{Login: "zhao", Name: "赵", Area: "530326106"}
		code(t, s.Edit(ctx, s.admin, id, 1, in), "identity.area_roles")
		in.Area = "530381"
		if err := s.Edit(ctx, s.admin, id, 1, in); err != nil {
			t.Fatal(err)
		}
		code(t, s.Edit(ctx, s.admin, id, 1, in), "db.changed")
	})
}

func TestAccountsAreOpenedAndRolesGivenByDifferentPeople(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		ctx := t.Context()
		id, _ := s.account(t, "qian", "530300")
		order := identity.Order{Person: id, Role: identity.Cashier, From: today}
		code(t, s.Grant(ctx, s.admin, order, ""), "access.forbidden")
		_, _, err := s.Create(ctx, s.guard, identity.Account{Login: "wuhan", Name: "吴", Area: "530300"}, "")
		code(t, err, "access.forbidden")
		own := s.guard
		own.ID = id
		code(t, s.Grant(ctx, own, order, ""), "identity.self")
		// The first security officer is named by an administrator, the second one is not.
		order.Role = identity.SecurityOfficer
		if err := s.Grant(ctx, s.admin, order, ""); err != nil {
			t.Fatal(err)
		}
		order.Person, _ = s.account(t, "zheng", "530300")
		code(t, s.Grant(ctx, s.admin, order, ""), "access.forbidden")
	})
}

func TestNobodyReachesIntoAnotherArea(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		ctx := t.Context()
		id, _ := s.account(t, "xuwei", "530381")
		local := s.admin
		local.Area.Path = "/530300/530326/"
		_, err := s.Account(ctx, local, id)
		code(t, err, "access.not_found")
		code(t, s.Disable(ctx, local, id, "x"), "access.not_found")
		_, err = s.PasswordLink(ctx, local, id, "")
		code(t, err, "access.not_found")
		_, _, err = s.Create(ctx, local, identity.Account{Login: "hejin", Name: "何", Area: "530381"}, "")
		code(t, err, "identity.area")
		if p, err := s.List(ctx, local, identity.Search{}, "", 10); err != nil || len(p.Rows) != 0 {
			t.Errorf("the list shows another county: %v %v", p.Rows, err)
		}
		if p, err := s.List(ctx, s.admin, identity.Search{Words: "XUW"}, "", 10); err != nil || len(p.Rows) != 1 {
			t.Errorf("the list of the city: %v %v", p.Rows, err)
		}
	})
}

func TestLoginBelongsToOne(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		s := newStage(d, false)
		errs := moduletest.AtOnce(8, func(i int) error {
			_, _, err := s.Create(t.Context(), s.admin, identity.Account{Login: "Same", Name: "同", Area: "530300"}, "")
			return err
		})
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			code(t, err, "identity.login_used")
		}
		if won != 1 {
			t.Errorf("%d accounts have one login", won)
		}
	})
}

func TestFiveWrongPasswordsLockForAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		ctx := t.Context()
		id := s.person(t, "lin", "530300")
		try := func(login, password string) error {
			_, err := s.SignIn(ctx, login, password, "1.1.1.1")
			return err
		}
		for _, login := range []string{"lin", "nobody"} { // a login that does not exist is locked alike
			for range 5 {
				code(t, try(login, "wrong password"), "identity.wrong")
			}
			code(t, try(login, good), "identity.locked")
		}
		s.at.To(start.Add(14 * time.Minute))
		code(t, try("lin", good), "identity.locked")
		s.at.To(start.Add(16 * time.Minute))
		code(t, try("lin", "wrong password"), "identity.wrong") // counts from one again
		session, err := s.SignIn(ctx, " LIN ", good, "1.1.1.1")
		if err != nil || !strings.HasPrefix(session, id+".") {
			t.Errorf("after the lock: %q, %v", session, err)
		}
		for range 4 {
			code(t, try("lin", "wrong password"), "identity.wrong")
		}
		if err := try("lin", good); err != nil {
			t.Errorf("four wrong ones after a good one: %v", err)
		}
	})
}

func TestGuessesAtOnceDoNotOutrunTheLock(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		s.person(t, "tan", "530300")
		errs := moduletest.AtOnce(16, func(i int) error {
			_, err := s.SignIn(t.Context(), "tan", fmt.Sprintf("guess %d at once", i), "1.1.1.1")
			return err
		})
		wrong := 0
		for _, err := range errs {
			if fs := fault.FieldsOf(err); len(fs) > 0 && fs[0].Code == "identity.wrong" {
				wrong++
			}
		}
		_, err := s.SignIn(t.Context(), "tan", good, "1.1.1.1")
		code(t, err, "identity.locked")
		if most := 5 + runtime.NumCPU() - 1; wrong < 5 || wrong > most {
			t.Errorf("%d of 16 guesses were measured, want 5 to %d", wrong, most)
		}
	})
}

func TestUnknownLoginCostsAsMuchAsAWrongPassword(t *testing.T) {
	t.Parallel()
	s := newStage(dbtest.SQLite(t, sets()), false)
	s.person(t, "shen", "530300")
	// Work is counted and not timed: a busy machine would tell nothing.
	for _, login := range []string{"shen", "absent"} {
		before := s.Measured()
		_, err := s.SignIn(t.Context(), login, "wrong password", "1.1.1.1")
		code(t, err, "identity.wrong")
		if n := s.Measured() - before; n != 1 {
			t.Errorf("%s: %d passwords were measured, want 1", login, n)
		}
	}
	fresh, err := s.HashOf(t, "any password")
	if err != nil || !identity.NobodyCosts(fresh) {
		t.Errorf("the hash of an unknown login asks for other work than a new one: %v", err)
	}
}

func TestRecordNamesNoTypedLogin(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		ctx := t.Context()
		const typed = "my-secret-password-in-the-wrong-field"
		_, err := s.SignIn(ctx, typed, "whatever it was", "9.9.9.9")
		code(t, err, "identity.wrong")
		p, err := s.trail.Entries(ctx, audit.Filter{Verb: "identity.signin_failed"}, "", 10)
		if err != nil || len(p.Rows) != 1 {
			t.Fatalf("%d entries, %v", len(p.Rows), err)
		}
		if e := p.Rows[0]; strings.Contains(fmt.Sprint(e), typed) || strings.Contains(fmt.Sprint(e), "9.9.9.9") {
			t.Errorf("the record holds what was typed: %+v", e)
		}
	})
}

func TestSessionsEndWithPasswordAccountAndWish(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		ctx := t.Context()
		id := s.person(t, "huang", "530300")
		in := func(password string) (string, access.Actor) {
			t.Helper()
			session, err := s.SignIn(ctx, "huang", password, "1.1.1.1")
			if err != nil {
				t.Fatal(err)
			}
			a, err := s.Person(ctx, session)
			if err != nil || a.ID != id {
				t.Fatalf("session %s: %+v, %v", session, a, err)
			}
			return session, a
		}
		over := func(session string) {
			t.Helper()
			_, err := s.Person(ctx, session)
			code(t, err, "identity.session_over")
		}
		first, who := in(good)
		const next = "another long sentence"
		_, err := s.ChangePassword(ctx, who, "not it at all", next, next)
		code(t, err, "identity.old_wrong")
		fresh, err := s.ChangePassword(ctx, who, good, next, next)
		if err != nil {
			t.Fatal(err)
		}
		over(first)
		if _, err := s.Person(ctx, fresh); err != nil {
			t.Errorf("the session that changed the password: %v", err)
		}
		if err := s.EndSessions(ctx, who); err != nil {
			t.Fatal(err)
		}
		over(fresh)
		last, _ := in(next)
		s.person(t, "boss", "530300", identity.Administrator)
		if err := s.Disable(ctx, s.admin, id, "离职"); err != nil {
			t.Fatal(err)
		}
		over(last)
		_, err = s.SignIn(ctx, "huang", next, "1.1.1.1")
		code(t, err, "identity.wrong")
		if err := s.Enable(ctx, s.admin, id); err != nil {
			t.Fatal(err)
		}
		over(last)
		in(next)
	})
}

func TestAccountEndsAfterItsLastDay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		ctx := t.Context()
		id := s.person(t, "gao", "530300")
		if err := s.Edit(ctx, s.admin, id, 1, identity.Account{Login: "gao", Name: "高", Area: "530300", LeavesOn: today.Add(2)}); err != nil {
			t.Fatal(err)
		}
		s.at.To(today.Add(2).Time())
		if _, err := s.Person(ctx, id); err != nil {
			t.Errorf("on the last day: %v", err)
		}
		s.at.To(today.Add(3).Time())
		_, err := s.Person(ctx, id)
		code(t, err, "identity.session_over")
		_, err = s.SignIn(ctx, "gao", good, "1.1.1.1")
		code(t, err, "identity.wrong")
	})
}

func TestLinkIsUsedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		ctx := t.Context()
		id, token := s.account(t, "luo", "530300")
		errs := moduletest.AtOnce(6, func(i int) error {
			_, err := s.UseLink(ctx, token, good, good, "1.1.1.1")
			return err
		})
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			code(t, err, "identity.link_over")
		}
		if won != 1 {
			t.Errorf("the link was used %d times", won)
		}
		link := func() string {
			t.Helper()
			url, err := s.PasswordLink(ctx, s.admin, id, "")
			if err != nil {
				t.Fatal(err)
			}
			_, token, _ := strings.Cut(url, "https://care.example/password/")
			return token
		}
		old, fresh := link(), link()
		_, err := s.UseLink(ctx, old, good, good, "")
		code(t, err, "identity.link_over") // a new link ends the older one
		_, err = s.UseLink(ctx, fresh, "short", "short", "")
		code(t, err, "identity.password_short")
		s.at.To(start.Add(25 * time.Hour))
		_, err = s.UseLink(ctx, fresh, good, good, "")
		code(t, err, "identity.link_over")
	})
}

func TestLinkEndsALockAndTheDatabaseHoldsNoToken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		ctx := t.Context()
		id := s.person(t, "fan", "530300")
		for range 5 {
			_, err := s.SignIn(ctx, "fan", "wrong password", "")
			code(t, err, "identity.wrong")
		}
		url, err := s.PasswordLink(ctx, s.admin, id, "")
		if err != nil {
			t.Fatal(err)
		}
		_, token, _ := strings.Cut(url, "/password/")
		var n int
		if err := s.db.NewRaw("SELECT count(*) FROM identity_links WHERE hash = ?", token).Scan(ctx, &n); err != nil || n != 0 {
			t.Errorf("the token stands in the database: %d, %v", n, err)
		}
		if _, err := s.UseLink(ctx, token, good+"!", good+"!", ""); err != nil {
			t.Fatal(err)
		}
		if _, err := s.SignIn(ctx, "fan", good+"!", ""); err != nil {
			t.Errorf("after a new password: %v", err)
		}
	})
}

func setupToken(t *testing.T, s *stage) string {
	t.Helper()
	url, err := s.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, token, _ := strings.Cut(url, "https://care.example/setup/")
	return token
}

func TestFirstAdministratorIsMadeOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		ctx := t.Context()
		tokens := []string{setupToken(t, s), setupToken(t, s)} // two servers start at once
		errs := moduletest.AtOnce(6, func(i int) error {
			_, err := s.Setup(ctx, tokens[i%2], "首任", fmt.Sprintf("admin%d", i), good, good, "1.1.1.1")
			return err
		})
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			code(t, err, "identity.link_over")
		}
		if won != 1 {
			t.Errorf("%d first administrators", won)
		}
		if token := setupToken(t, s); token != "" {
			t.Error("a link is offered although there is an administrator")
		}
		p, err := s.List(ctx, s.admin, identity.Search{Role: identity.Administrator}, "", 10)
		if err != nil || len(p.Rows) != 1 {
			t.Fatalf("%+v, %v", p.Rows, err)
		}
		a, err := s.Person(ctx, p.Rows[0].ID)
		if err != nil || !a.Can(identity.Manage) || a.Can(identity.Security) || a.Area.Path != "/530300/" {
			t.Errorf("the administrator is %+v, %v", a, err)
		}
	})
}

func TestSetupLinkEndsAfterADay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		token := setupToken(t, s)
		s.at.To(start.Add(24*time.Hour + time.Second))
		_, err := s.Setup(t.Context(), token, "首任", "admin", good, good, "")
		code(t, err, "identity.link_over")
		_, err = s.Setup(t.Context(), "", "首任", "admin", good, good, "")
		code(t, err, "identity.link_over")
	})
}

func TestLastAdministratorStays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		ctx := t.Context()
		a := s.person(t, "one", "530300", identity.Administrator)
		b := s.person(t, "two", "530300", identity.Administrator)
		// Each disables the other at the same moment.
		errs := moduletest.AtOnce(2, func(i int) error {
			who := s.admin
			who.ID = []string{a, b}[i]
			return s.Disable(ctx, who, []string{b, a}[i], "离职")
		})
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("exactly one may win: %v, %v", errs[0], errs[1])
		}
		if err := errors.Join(errs...); err != nil {
			code(t, err, "identity.last_admin")
		}
		left := a
		if errs[0] != nil {
			left = b
		}
		gs, err := s.Grants(ctx, left)
		if err != nil || len(gs) != 1 {
			t.Fatal(gs, err)
		}
		_ = gs
		if errs[0] == nil { // a disabled b: a is left
			code(t, s.Revoke(ctx, s.guard, gs[0].ID, "调岗"), "identity.last_admin")
		}
	})
}

func TestRevokedRoleIsGoneAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		ctx := t.Context()
		id := s.person(t, "tao", "530300", identity.Cashier)
		gs, err := s.Grants(ctx, id)
		if err != nil || len(gs) != 1 {
			t.Fatal(gs, err)
		}
		code(t, s.Revoke(ctx, s.guard, gs[0].ID, ""), "identity.reason")
		if err := s.Revoke(ctx, s.guard, gs[0].ID, "调岗"); err != nil {
			t.Fatal(err)
		}
		code(t, s.Revoke(ctx, s.guard, gs[0].ID, "调岗"), "db.changed")
		if a, err := s.Person(ctx, id); err != nil || len(a.Perms) != 0 {
			t.Errorf("still %+v, %v", a, err)
		}
		if err := s.Grant(ctx, s.guard, identity.Order{Person: id, Role: identity.Accountant, From: today}, ""); err != nil {
			t.Errorf("the other role of the pair after revoking: %v", err)
		}
	})
}

func TestTwoGrantsAtOnceDoNotMakeAPair(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		for n := range 10 {
			id, _ := s.account(t, fmt.Sprintf("race%d", n), "530300")
			roles := []string{identity.Cashier, identity.Accountant, identity.Manager, identity.Secretary}
			errs := moduletest.AtOnce(4, func(i int) error {
				return s.Grant(t.Context(), s.guard, identity.Order{Person: id, Role: roles[i], From: today}, "")
			})
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
					continue
				}
				code(t, err, "identity.pair")
			}
			if won != 1 {
				t.Errorf("round %d: %d roles were given", n, won)
			}
		}
	})
}

func TestGrantPressedTwiceIsOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		id, _ := s.account(t, "jin", "530300")
		o := identity.Order{Person: id, Role: identity.Cashier, From: today}
		if err := s.Grant(t.Context(), s.guard, o, "identity.grant/k"); err != nil {
			t.Fatal(err)
		}
		if ref, ok := fault.IsAgain(s.Grant(t.Context(), s.guard, o, "identity.grant/k")); !ok || ref != id {
			t.Errorf("again = %q, %t", ref, ok)
		}
	})
}

func TestDemonstrationHasSomebodyForEachRole(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		s := newStage(d, true)
		ctx := t.Context()
		for range 2 {
			s.at.To(start)
			if err := s.net.Seed(ctx, s.at); err != nil {
				t.Fatal(err)
			}
			s.at.To(start)
			if err := s.Seed(ctx, s.at); err != nil {
				t.Fatal(err)
			}
		}
		s.at.To(start)
		roles, err := s.Roles(ctx)
		if err != nil {
			t.Fatal(err)
		}
		held := map[string]bool{}
		for _, p := range identity.DemoLogins() {
			a, err := s.ByLogin(ctx, p.Login)
			if err != nil || len(a.Perms) == 0 {
				t.Fatalf("%s: %+v, %v", p.Login, a, err)
			}
			held[p.Role] = true
		}
		perms := map[string]bool{}
		for _, r := range roles {
			if !held[r.Code] {
				t.Errorf("nobody is %s", r.Code)
			}
			for _, p := range r.Perms {
				perms[p] = true
			}
		}
		for _, p := range strings.Fields("relief.file relief.village relief.township relief.county relief.publish relief.objection relief.city relief.approve relief.batch relief.batch_check relief.batch_sign relief.bank relief.bank_confirm donations.record donations.confirm") {
			if !perms[p] {
				t.Errorf("no role may %s", p)
			}
		}
		if _, err := s.SignIn(ctx, identity.DemoFiler, identity.DemoPassword, ""); err != nil {
			t.Errorf("sign-in of the demonstration: %v", err)
		}
		if _, err := s.Check(ctx); err != nil {
			t.Error(err)
		}
		// The same data without the demonstration: its accounts are worthless, and an administrator is asked for.
		real := newStage(d, false)
		_, err = real.SignIn(ctx, identity.DemoAdmin, identity.DemoPassword, "")
		code(t, err, "identity.wrong")
		if _, err := real.ByLogin(ctx, identity.DemoAdmin); err == nil {
			t.Error("an account of the demonstration may act without it")
		}
		if token := setupToken(t, real); token == "" {
			t.Error("no link for an administrator")
		}
	})
}

func TestNamesKnowTheSystemAndThePublic(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		id, _ := s.account(t, "wei", "530300")
		got, err := s.Names(t.Context(), []string{id, "system", "public", "absent", id, ""})
		if err != nil || len(got) != 3 || got[id] != "某wei" || got["system"] != "系统" || got["public"] != "公众" {
			t.Errorf("names = %v, %v", got, err)
		}
	})
}

func TestSweepKeepsWhatStillCounts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *stage) {
		ctx := t.Context()
		_, token := s.account(t, "dong", "530300")
		_, err := s.SignIn(ctx, "dong", "wrong password", "")
		code(t, err, "identity.wrong")
		count := func() (n int) {
			t.Helper()
			if err := s.db.NewRaw("SELECT (SELECT count(*) FROM identity_tries) + (SELECT count(*) FROM identity_links)").Scan(ctx, &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if err := s.Sweep(ctx); err != nil || count() != 2 {
			t.Errorf("the same day: %d rows, %v", count(), err)
		}
		if _, err := s.LinkFor(ctx, token); err != nil {
			t.Errorf("the link: %v", err)
		}
		s.at.To(start.Add(40 * 24 * time.Hour))
		if err := s.Sweep(ctx); err != nil || count() != 0 {
			t.Errorf("forty days later: %d rows, %v", count(), err)
		}
	})
}

func TestCheckFindsWhatTheGateWouldHaveRefused(t *testing.T) {
	t.Parallel()
	dbtest.EachDB(t, sets(), func(t *testing.T, d *db.DB) {
		s := newStage(d, false)
		ctx := t.Context()
		id, _ := s.account(t, "bad", "530300")
		if err := s.Grant(ctx, s.guard, identity.Order{Person: id, Role: identity.Cashier, From: today}, ""); err != nil {
			t.Fatal(err)
		}
		exec := func(ctx context.Context, q string) {
			t.Helper()
			if _, err := d.Writer().ExecContext(ctx, q); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct{ broken, mended string }{
			{"INSERT INTO identity_grants (id, person, role, valid_from, made_by, made_at, reason) SELECT 'x', person, 'accountant', valid_from, made_by, made_at, '' FROM identity_grants", "DELETE FROM identity_grants WHERE id = 'x'"},
			{"UPDATE identity_grants SET role = 'county_clerk'", "UPDATE identity_grants SET role = 'cashier'"},
			{"UPDATE identity_people SET area_path = '/530300/530326/'", "UPDATE identity_people SET area_path = '/530300/'"},
			{"INSERT INTO identity_role_perms VALUES ('cashier', 'donations.confirm')", "DELETE FROM identity_role_perms WHERE role = 'cashier' AND perm = 'donations.confirm'"},
		} {
			exec(ctx, c.broken)
			if _, err := s.Check(ctx); err == nil {
				t.Errorf("not found: %s", c.broken)
			}
			exec(ctx, c.mended)
			if _, err := s.Check(ctx); err != nil {
				t.Errorf("after %s: %v", c.mended, err)
			}
		}
	})
}
