package money

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestParseReadsWhatPeopleType(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]Fen{
		"1": 100, "0.01": 1, "1.5": 150, "1,234.50": 123450, "¥ 200": 20000, "２００．５": 20050, "１，０００": 100000,
		"-3.20": -320, "999999999999.99": Max, " 12 ": 1200, "0": 0, "007": 700,
	} {
		if got, err := Parse(in); err != nil || got != want {
			t.Errorf("Parse(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
}

func TestParseRefusesWhatIsNoAmount(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]error{
		"": ErrAmount, "abc": ErrAmount, "1.234": ErrAmount, "1.": ErrAmount, ".5": ErrAmount, "1e5": ErrAmount, "1,23": ErrAmount,
		"--1": ErrAmount, "+1": ErrAmount, "1 000": ErrAmount, "NaN": ErrAmount, "1000000000000": ErrRange, "99999999999999999999999": ErrRange,
	} {
		if got, err := Parse(in); !errors.Is(err, want) {
			t.Errorf("Parse(%q) = %d, %v; want %v", in, got, err, want)
		}
	}
}

func TestPrintedAmountParsesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := Fen(rapid.Int64Range(-int64(Max), int64(Max)).Draw(t, "fen"))
		for _, s := range []string{f.String(), f.Comma(), f.Yuan()} {
			if got, err := Parse(s); err != nil || got != f {
				t.Fatalf("%d printed %q parses as %d, %v", f, s, got, err)
			}
		}
	})
}

func TestSplitLosesNoFen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := Fen(rapid.Int64Range(0, int64(Max)).Draw(t, "fen"))
		ws := rapid.SliceOfN(rapid.Int64Range(0, 1_000_000), 1, 9).Draw(t, "weights")
		parts := f.Split(ws...)
		if parts == nil {
			for _, w := range ws {
				if w > 0 {
					t.Fatal("no parts although a weight is above zero")
				}
			}
			return
		}
		var sum Fen
		for i, p := range parts {
			sum += p
			if p < 0 || ws[i] == 0 && p != 0 {
				t.Fatalf("part %d is %d for weight %d", i, p, ws[i])
			}
		}
		if sum != f {
			t.Fatalf("parts of %d sum to %d", f, sum)
		}
	})
}

func TestAddReportsOverflow(t *testing.T) {
	t.Parallel()
	if _, err := Add(1<<62, 1<<62); !errors.Is(err, ErrRange) {
		t.Errorf("err = %v, want ErrRange", err)
	}
	if got, err := Add(1, 2, -3, 4); got != 4 || err != nil {
		t.Errorf("Add = %d, %v", got, err)
	}
}
