package web

import (
	"strings"
	"testing"
	"time"

	"care/server/money"
)

func TestFieldCarriesItsOptionsAndItsError(t *testing.T) {
	t.Parallel()
	p := Page{Errors: []FieldError{{Field: "payer", Text: "请填写捐赠人"}}}
	f, err := p.Field("payer", "捐赠人", "王", "required", "hint=真实姓名", "max=50", "auto=name")
	if err != nil {
		t.Fatal(err)
	}
	if !f.Required || f.Length != 50 || f.Autocomplete != "name" || f.Error != "请填写捐赠人" || f.Value != "王" || f.Type != "text" {
		t.Errorf("field = %+v", f)
	}
	if got, want := f.DescribedBy(), "payer-hint payer-error"; got != want {
		t.Errorf("described by %q, want %q", got, want)
	}
}

func TestFieldRefusesAnUnknownOption(t *testing.T) {
	t.Parallel()
	for _, o := range []string{"requird", "hintt=x", "rows=", "rows=0", "max=a"} {
		if _, err := (Page{}).Field("a", "A", "", o); err == nil {
			t.Errorf("option %q was taken", o)
		}
	}
}

func TestChoiceMarksTheAnswerAndLeavesTheOptionsAlone(t *testing.T) {
	t.Parallel()
	opts := []Option{{Value: "a"}, {Value: "b", Chosen: true}}
	f, err := (Page{}).Choice("x", "X", "a", opts)
	if err != nil || !f.Options[0].Chosen || f.Options[1].Chosen {
		t.Errorf("options = %+v, %v", f.Options, err)
	}
	if !opts[1].Chosen || opts[0].Chosen {
		t.Error("the caller's options were changed")
	}
	c, err := (Page{}).Checks("x", "X", []string{"b"}, opts)
	if err != nil || c.Options[0].Chosen || !c.Options[1].Chosen {
		t.Errorf("boxes = %+v, %v", c.Options, err)
	}
}

func TestFlowPartsFillTheBar(t *testing.T) {
	t.Parallel()
	f := NewFlow("x", Part{Amount: 250}, Part{Amount: -10}, Part{Amount: 500}, Part{Amount: 250})
	if f.Total != 1000 {
		t.Errorf("total = %d, want 1000", f.Total)
	}
	for i, want := range [][2]string{{"0%", "25.0%"}, {"25.0%", "0%"}, {"25.0%", "50.0%"}, {"75.0%", "25.0%"}} {
		if got := [2]string{f.Parts[i].X, f.Parts[i].W}; got != want {
			t.Errorf("part %d stands at %v, want %v", i, got, want)
		}
	}
	if p := NewFlow("x", Part{}).Parts[0]; p.W != "0%" {
		t.Errorf("a bar of nothing has the width %s", p.W)
	}
}

func TestProgressStaysOnItsScale(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		part, whole money.Fen
		want        int
	}{{0, 0, 0}, {1, 0, 0}, {1, 3, 33}, {3, 3, 100}, {9, 3, 100}, {-5, 3, 0}, {money.Max, money.Max, 100}} {
		if got := (Page{}).Progress("", c.part, c.whole).Percent; got != c.want {
			t.Errorf("%d of %d = %d, want %d", c.part, c.whole, got, c.want)
		}
	}
}

func TestTimesAreShownInBeijing(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 17, 4, 5, 0, time.UTC)
	p := Page{}
	for got, want := range map[string]string{
		p.Date(at): "2026年11月25日", p.Stamp(at): "11月25日 01:04", p.Moment(at): "2026-11-25 01:04:05",
		p.Day("2026-01-02"): "2026年1月2日", p.Date(time.Time{}): "", p.ISO(at): "2026-11-24T17:04:05Z",
	} {
		if got != want {
			t.Errorf("shown as %q, want %q", got, want)
		}
	}
}

func TestNumbersHaveSeparators(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234", -12: "-12"} {
		if got := (Page{}).Num(n); got != want {
			t.Errorf("Num(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestZeroPageMayDoNothing(t *testing.T) {
	t.Parallel()
	p := Page{}
	if p.Can("donations.receive") || p.Word("x.y") != "x.y" || p.Asset("app.css") != "/assets/app.css" {
		t.Error("a zero page does something of its own")
	}
	p = p.With(nil, func(string) string { return "词" }, func(perm string) bool { return perm == "a.b" })
	if !p.Can("a.b") || p.Can("a.c") || p.Word("x") != "词" {
		t.Error("the functions of the page were not asked")
	}
}

func TestNameBreaksBehindItsCity(t *testing.T) {
	t.Parallel()
	for org, want := range map[string]string{"曲靖市退役军人关爱基金会": "曲靖市|退役军人关爱基金会", "关爱基金会": "关爱基金会", "曲靖市": "曲靖市", "": ""} {
		if got := strings.Join(Page{Org: org}.OrgParts(), "|"); got != want {
			t.Errorf("%q breaks as %q, want %q", org, got, want)
		}
	}
}
