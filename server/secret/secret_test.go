package secret

import (
	"errors"
	"strings"
	"testing"
)

func box(t *testing.T, keys ...string) *Box {
	t.Helper()
	b, err := New(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSealedValueOpensOnlyInItsOwnRowAndColumn(t *testing.T) {
	t.Parallel()
	b := box(t, NewKey())
	s := b.Seal("relief_people.id_no", "r1", "530302199001011232")
	if strings.Contains(s, "5303") {
		t.Fatal("the sealed value shows its plain text")
	}
	if got, err := b.Open("relief_people.id_no", "r1", s); err != nil || got != "530302199001011232" {
		t.Fatalf("Open = %q, %v", got, err)
	}
	for _, c := range [][2]string{{"relief_people.id_no", "r2"}, {"relief_people.phone", "r1"}} {
		if _, err := b.Open(c[0], c[1], s); !errors.Is(err, ErrSealed) {
			t.Errorf("opens in %v: %v", c, err)
		}
	}
	if _, err := b.Open("relief_people.id_no", "r1", s[:len(s)-2]+"AA"); !errors.Is(err, ErrSealed) {
		t.Error("a changed value opens")
	}
	if b.Seal("a", "b", "x") == b.Seal("a", "b", "x") {
		t.Error("two seals of one value are equal")
	}
}

func TestKeyRotationKeepsOldValuesAndIndexes(t *testing.T) {
	t.Parallel()
	k1, k2 := NewKey(), NewKey()
	old, now, other := box(t, k1), box(t, k2, k1), box(t, NewKey())
	s := old.Seal("c", "r", "value")
	if got, err := now.Open("c", "r", s); err != nil || got != "value" {
		t.Errorf("after rotation Open = %q, %v", got, err)
	}
	if now.Current(s) || !now.Current(now.Seal("c", "r", "value")) {
		t.Error("Current does not tell old from new")
	}
	if old.Index("c", "value") != now.Index("c", "value") {
		t.Error("rotation changed the index")
	}
	if _, err := other.Open("c", "r", s); !errors.Is(err, ErrSealed) {
		t.Error("another key opens the value")
	}
	if old.Index("c", "value") == other.Index("c", "value") || old.Index("c", "value") == old.Index("d", "value") {
		t.Error("indexes of other keys or columns are equal")
	}
}
