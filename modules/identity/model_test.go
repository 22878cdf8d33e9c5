package identity

import (
	"strings"
	"testing"

	"care/server/clock"
	"care/server/fault"
)

func TestPasswordsThatAreGuessedFirstAreRefused(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]string{
		"short-one":                  "identity.password_short",
		"九个汉字的密码不够长":                 "",
		"密码不够":                       "identity.password_short",
		strings.Repeat("长短不一的话", 22): "identity.password_long",
		"Password123":                "identity.password_common",
		"1234567890":                 "identity.password_common",
		"0987654321":                 "identity.password_common",
		"abcdefghijk":                "identity.password_common",
		"aaaaaaaaaaaa":               "identity.password_common",
		"abababababab":               "identity.password_common",
		"xiaoming-is-here":           "identity.password_login",
		"XiaoMing2026!":              "identity.password_login",
		"correct horse staple":       "",
		DemoPassword:                 "",
	} {
		var c fault.Checks
		checkPassword(&c, "password", password, password, "xiaoming")
		got := ""
		if fs := fault.FieldsOf(c.Err()); len(fs) > 0 {
			got = fs[0].Code
		}
		if got != want {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
	var c fault.Checks
	checkPassword(&c, "password", "correct horse staple", "correct horse stable", "")
	if fs := fault.FieldsOf(c.Err()); len(fs) != 1 || fs[0].Name != "again" {
		t.Errorf("two different passwords: %v", c.Err())
	}
}

func TestCommonPasswordsAreThoseThatTheOtherRulesWouldTake(t *testing.T) {
	t.Parallel()
	for _, p := range common() {
		if len(p) < 10 || strings.ToLower(p) != p {
			t.Errorf("%q can never be compared", p)
		}
	}
}

func TestNobodysHashCostsWhatARealOneCosts(t *testing.T) {
	t.Parallel()
	h := newHasher()
	real, err := h.make(t.Context(), "correct horse staple")
	if err != nil {
		t.Fatal(err)
	}
	cost := func(s string) string { return strings.Join(strings.Split(s, "$")[:4], "$") }
	if cost(nobody) != cost(real) || len(nobody) != len(real) {
		t.Errorf("nobody %s, real %s", cost(nobody), cost(real))
	}
	for _, c := range []struct {
		stored, password string
		want             bool
	}{{real, "correct horse staple", true}, {real, "correct horse stapl", false}, {"", "", false}, {"", "x", false}} {
		if got, err := h.verify(c.stored, c.password); got != c.want || err != nil {
			t.Errorf("%q: %t, %v", c.password, got, err)
		}
	}
	for _, s := range []string{"x", "$argon2i$v=19$m=1,t=1,p=1$AA$AA", strings.Replace(real, "m=65536", "m=99999999", 1), strings.Replace(real, "t=1", "t=0", 1)} {
		if ok, err := h.verify(s, "correct horse staple"); ok || err == nil {
			t.Errorf("%s was read: %t, %v", s, ok, err)
		}
	}
}

func TestTwoHashesOfOnePasswordDiffer(t *testing.T) {
	t.Parallel()
	h := newHasher()
	a, err := h.make(t.Context(), "correct horse staple")
	if err != nil {
		t.Fatal(err)
	}
	b, err := h.make(t.Context(), "correct horse staple")
	if err != nil || a == b {
		t.Errorf("%q and %q, %v", a, b, err)
	}
}

func TestGrantsMeetOnACommonDay(t *testing.T) {
	t.Parallel()
	g := func(from, to string) Grant { return Grant{ValidFrom: clock.Day(from), ValidTo: clock.Day(to)} }
	for _, c := range []struct {
		a, b Grant
		want bool
	}{
		{g("2026-01-01", ""), g("2030-01-01", ""), true},
		{g("2026-01-01", "2026-01-31"), g("2026-01-31", ""), true},
		{g("2026-01-01", "2026-01-31"), g("2026-02-01", ""), false},
		{g("2026-03-01", "2026-03-31"), g("2026-01-01", "2026-12-31"), true},
		{g("2026-03-01", "2026-03-31"), g("2025-01-01", "2025-12-31"), false},
	} {
		if c.a.meets(c.b) != c.want || c.b.meets(c.a) != c.want {
			t.Errorf("%v and %v: want %t", c.a, c.b, c.want)
		}
	}
}

func TestLoginIsOneHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{" Zhan1 ": "zhan1", "ＺＨＡＮ１": "zhan1", "zhan 1": "zhan1", "": ""} {
		if got := normal(typed); got != want {
			t.Errorf("%q became %q, want %q", typed, got, want)
		}
	}
}

func TestViewingIsNoBusiness(t *testing.T) {
	t.Parallel()
	ds := []Duty{{Chain: "offices", Fact: "audit.check", Hand: "audit"}, {Chain: "offices", Fact: business, Hand: "business"}}
	auditor := Role{Code: "auditor", Perms: []string{"audit.check", "ledger.view", "relief.view"}}
	if chain := clash(auditor, auditor, ds); chain != "" {
		t.Errorf("an auditor who looks clashes in %s", chain)
	}
	auditor.Perms = append(auditor.Perms, "relief.private")
	if chain := clash(auditor, auditor, ds); chain != "offices" {
		t.Errorf("an auditor who opens private files clashes in %q", chain)
	}
}
