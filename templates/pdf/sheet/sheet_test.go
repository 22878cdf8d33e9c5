package sheet_test

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"care/templates/pdf"
	"care/templates/pdf/sheet"
)

var fonts = sync.OnceValue(func() *sheet.Fonts {
	e, err := pdf.New()
	if err != nil {
		panic(err)
	}
	return e.Fonts()
})

// set lays s out in a box and returns the lines as they stand on the page.
func set(s string, b sheet.Box, st sheet.Style) (lines []string, p *sheet.Page) {
	p = &sheet.Page{W: 210, H: 297, Fonts: fonts()}
	p.Fit(b, st, s)
	for _, it := range p.Items {
		lines = append(lines, it.S)
	}
	return lines, p
}

func TestNoLineBeginsOrEndsWithTheWrongPunctuation(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	alphabet := []rune("老兵军号帮扶，。、；：？！”）》】·“（《【abc 12.5%￥")
	for range 4000 {
		var b strings.Builder
		for range 5 + r.IntN(60) {
			// Marks of punctuation stand between words, as in real text.
			b.WriteRune(alphabet[r.IntN(7)])
			b.WriteRune(alphabet[r.IntN(7)])
			b.WriteRune(alphabet[r.IntN(len(alphabet))])
		}
		text := strings.Join(strings.Fields(b.String()), " ")
		lines, p := set(text, sheet.Box{X: 0, Y: 0, W: 30 + r.Float64()*60, H: 290}, sheet.Style{Size: 10, Min: 10, Lines: 99, Align: sheet.Justify, Top: true})
		if p.Long != "" {
			t.Fatalf("refused: %s", text)
		}
		for i, l := range lines {
			first, _ := utf8.DecodeRuneInString(l)
			last, _ := utf8.DecodeLastRuneInString(l)
			if i > 0 && strings.ContainsRune("，。、；：？！”）》】·.%", first) {
				t.Fatalf("line begins with %c: %q", first, lines)
			}
			if i < len(lines)-1 && strings.ContainsRune("“（《【￥", last) {
				t.Fatalf("line ends with %c: %q", last, lines)
			}
		}
		if got := strings.ReplaceAll(strings.Join(lines, ""), " ", ""); got != strings.ReplaceAll(text, " ", "") {
			t.Fatalf("characters lost:\n%s\n%s", text, got)
		}
	}
}

func TestAWordAndANumberStayWhole(t *testing.T) {
	t.Parallel()
	lines, _ := set("编号为QJGA-2026-000123的收据已寄出", sheet.Box{W: 36, H: 100}, sheet.Style{Size: 10.5, Min: 10.5, Lines: 9, Align: sheet.Justify})
	found := false
	for _, l := range lines {
		found = found || strings.Contains(l, "QJGA-2026-000123")
	}
	if !found {
		t.Errorf("the number was torn: %q", lines)
	}
	long := strings.Repeat("x", 90)
	lines, p := set(long, sheet.Box{W: 30, H: 100}, sheet.Style{Size: 10, Min: 10, Lines: 20})
	if strings.Join(lines, "") != long || p.Long != "" {
		t.Errorf("a word longer than a line must be broken, not lost: %q", lines)
	}
}

func TestFullLinesOfProseTouchBothEdges(t *testing.T) {
	t.Parallel()
	const left, width = 10.0, 80.0
	_, p := set(strings.Repeat("感谢您与退役军人同行，", 12), sheet.Box{X: left, W: width, H: 200}, sheet.Style{Size: 11, Min: 11, Lines: 30, Align: sheet.Justify, Top: true})
	for i, it := range p.Items[:len(p.Items)-1] {
		n := utf8.RuneCountInString(it.S) - 1
		right := it.X + fonts().Width(it.Face, it.Size, it.S) + float64(n)*it.Spacing
		if right < left+width-0.01 || right > left+width+0.01 || it.X != left {
			t.Errorf("line %d goes from %.3f to %.3f", i, it.X, right)
		}
	}
	if last := p.Items[len(p.Items)-1]; last.Spacing != 0 {
		t.Error("the last line of a paragraph was stretched")
	}
}

func TestTextShrinksBeforeItWrapsAndWrapsBeforeItIsRefused(t *testing.T) {
	t.Parallel()
	b, st := sheet.Box{W: 40, H: 9}, sheet.Style{Size: 10, Min: 8, Lines: 2, Lead: 1.1}
	for _, c := range []struct {
		n, lines int
		least    float64
		long     bool
	}{{5, 1, 10, false}, {13, 1, 8, false}, {20, 2, 8, false}, {40, 3, sheet.Floor, false}, {2000, 0, 0, true}} {
		lines, p := set(strings.Repeat("名", c.n), b, st)
		if (p.Long != "") != c.long {
			t.Fatalf("%d characters: refused %v", c.n, p.Long != "")
		}
		if c.long {
			continue
		}
		if len(lines) != c.lines && c.n < 40 || p.Items[0].Size < c.least || strings.Join(lines, "") != strings.Repeat("名", c.n) {
			t.Errorf("%d characters: %d lines at %.2f points", c.n, len(lines), p.Items[0].Size)
		}
	}
}

func TestCleanRemovesOnlyWhatHasNoInk(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"钱𬱖·阿卜杜":                "钱𬱖·阿卜杜",
		"a\u200bb\ufeffc\u202e": "abc",
		"葛\U000E0100城":          "葛城",
		"a\tb\u00a0c\u2003d":    "a b c d",
		"a\r\nb\u2028c":         "a\nb\nc",
		"\x00\x1b[31m红":         "[31m红",
		"，。　":                   "，。　",
	} {
		if got := sheet.Clean(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := sheet.OneLine("一\n二"); got != "一 二" {
		t.Errorf("OneLine: %q", got)
	}
	// Broken UTF-8 must come out as something that is refused later.
	if got := sheet.Clean("a\xffb"); !strings.ContainsRune(got, utf8.RuneError) {
		t.Errorf("broken UTF-8 became %q", got)
	}
}

func FuzzFit(f *testing.F) {
	f.Add("感谢您，abc 123。", 40.0, 10.0, uint8(2), true)
	f.Fuzz(func(t *testing.T, s string, w, h float64, lines uint8, prose bool) {
		if !(w > 0.1 && w < 500 && h > 0.1 && h < 500) || len(s) > 5000 || !utf8.ValidString(s) { // broken text is refused elsewhere
			return
		}
		st := sheet.Style{Size: 10, Min: 6, Lines: int(lines % 30), Indent: float64(lines % 3)}
		if prose {
			st.Align = sheet.Justify
		}
		b := sheet.Box{X: 3, Y: 3, W: w, H: h}
		got, p := set(s, b, st)
		if p.Long != "" {
			return
		}
		strip := strings.NewReplacer(" ", "", "\n", "")
		if a, b := strip.Replace(strings.Join(got, "")), strip.Replace(sheet.Clean(s)); a != b {
			t.Errorf("lost: %q of %q", a, b)
		}
		for _, it := range p.Items {
			n := utf8.RuneCountInString(it.S) - 1
			if right := it.X + fonts().Width(it.Face, it.Size, it.S) + float64(n)*it.Spacing; it.X < b.X-0.01 || right > b.X+b.W+0.01 {
				t.Errorf("%q from %.2f to %.2f leaves %+v", it.S, it.X, right, b)
			}
		}
	})
}
