package access

import (
	"testing"

	"care/server/fault"
)

func TestAreaCoversItsSubtreeOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		area, path string
		want       bool
	}{
		{"/530300/", "/530300/530302/530302001/", true},
		{"/530300/530302/", "/530300/530302/", true},
		{"/530300/530302/", "/530300/530303/530303001/", false},
		{"/530300/530302/530302001/", "/530300/530302/", false},
		{"", "/530300/", false},
	} {
		if got := (Area{Path: c.area}).Covers(c.path); got != c.want {
			t.Errorf("%q covers %q = %v, want %v", c.area, c.path, got, c.want)
		}
	}
}

func TestActorWithoutPermissionIsRefused(t *testing.T) {
	t.Parallel()
	p := Perm{Name: "donations.confirm"}
	clerk := Actor{ID: "1", Perms: []string{"donations.confirm", "donations.record"}}
	other := Actor{ID: "2", Perms: []string{"relief.file"}}
	if err := clerk.Need(p); err != nil {
		t.Errorf("a holder is refused: %v", err)
	}
	if got := fault.KindOf(other.Need(p)); got != fault.Forbidden {
		t.Errorf("another role gets %s, want forbidden", got)
	}
	if got := fault.KindOf(Public("").Need(p)); got != fault.SignIn {
		t.Errorf("the public gets %s, want sign_in", got)
	}
	if clerk.Can(Perm{}) {
		t.Error("the empty permission is held by somebody")
	}
}

func TestNobodyActsTwice(t *testing.T) {
	t.Parallel()
	a := Actor{ID: "1"}
	if got := fault.KindOf(a.NotEarlier("x.same_person", "2", "1")); got != fault.Forbidden {
		t.Errorf("kind = %s, want forbidden", got)
	}
	if err := a.NotEarlier("x.same_person", "2", "3"); err != nil {
		t.Error(err)
	}
}

func TestAreaLevelAndCode(t *testing.T) {
	t.Parallel()
	a := Area{Path: "/530300/530302/530302001/"}
	if a.Level() != 3 || a.Code() != "530302001" {
		t.Errorf("level %d code %s", a.Level(), a.Code())
	}
}
