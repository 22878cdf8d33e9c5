package ttf

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

func load(t testing.TB, name string) (*Font, []byte) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "fonts", name))
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return f, b
}

func TestASubsetDrawsTheSameGlyphs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		font string
		text string
	}{
		{"NotoSerifSC-Regular.ttf", "人民币壹仟元整ABCé，。·¥1234"},
		{"NotoSerifSC-Bold.ttf", "捐赠收据Q"},
		{"ShuangyongKai-Regular.ttf", "特颁此证，以致谢忱"},
		{"HanaMinB.ttf", "𠅤𪚥𫝀𬺰𮯠"},
	} {
		f, _ := load(t, c.font)
		var es []Entry
		for i, r := range []rune(c.text) {
			g := f.Glyph(r)
			if g == 0 {
				t.Fatalf("%s has no %c", c.font, r)
			}
			es = append(es, Entry{Glyph: g, Code: byte(40 + i)})
		}
		small := f.Subset(es)
		if got := checksum(small); got != 0xB1B0AFBA {
			t.Errorf("%s: whole file sums to %08X", c.font, got)
		}
		sub := reparse(t, small)
		for i, e := range es {
			g := symbolGlyph(small, e.Code)
			if g == 0 {
				t.Fatalf("%s: code %d shows nothing", c.font, e.Code)
			}
			if sub.Advance(g) != f.Advance(e.Glyph) {
				t.Errorf("%s: glyph %d has width %d, want %d", c.font, i, sub.Advance(g), f.Advance(e.Glyph))
			}
			a, b := sub.Outline(g), f.Outline(e.Glyph)
			if len(a) == 0 || len(a) != len(b) {
				t.Fatalf("%s: glyph %d has %d pieces, want %d", c.font, i, len(a), len(b))
			}
			for k := range a {
				if a[k] != b[k] {
					t.Fatalf("%s: glyph %d piece %d is %v, want %v", c.font, i, k, a[k], b[k])
				}
			}
		}
	}
}

// reparse reads a subset, whose symbol cmap Parse alone would refuse.
func reparse(t *testing.T, b []byte) *Font {
	t.Helper()
	patched := append([]byte(nil), b...)
	tables := int(be.Uint16(patched[4:]))
	for i := range tables {
		r := patched[12+16*i:]
		if string(r[:4]) == "cmap" {
			be.PutUint16(patched[be.Uint32(r[8:])+6:], 1) // (3,0) → (3,1)
		}
	}
	f, err := Parse(patched)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// symbolGlyph looks a code up as a reader does: F000+code in the only cmap.
func symbolGlyph(b []byte, code byte) uint16 {
	patched := append([]byte(nil), b...)
	for i := range int(be.Uint16(b[4:])) {
		r := patched[12+16*i:]
		if string(r[:4]) == "cmap" {
			be.PutUint16(patched[be.Uint32(r[8:])+6:], 1)
		}
	}
	f, err := Parse(patched)
	if err != nil {
		return 0
	}
	return f.Glyph(0xF000 + rune(code))
}

func TestOutlinesStayInTheBoxOfTheFont(t *testing.T) {
	t.Parallel()
	f, _ := load(t, "NotoSerifSC-Bold.ttf")
	for g := uint16(0); int(g) < f.Glyphs; g += 7 {
		for _, s := range f.Outline(g) {
			if s.Op == 'h' {
				continue
			}
			if s.X < float64(f.XMin) || s.X > float64(f.XMax) || s.Y < float64(f.YMin) || s.Y > float64(f.YMax) || math.IsNaN(s.X) {
				t.Fatalf("glyph %d goes to %v, %v", g, s.X, s.Y)
			}
		}
	}
}

func TestABrokenFontIsAnErrorAndNoPanic(t *testing.T) {
	t.Parallel()
	_, b := load(t, "NotoSerifSC-Bold.ttf")
	for _, n := range []int{0, 4, 11, 12, 60, 200, 500, 5000, len(b) / 2} {
		if _, err := Parse(b[:n]); err == nil {
			t.Errorf("%d bytes were taken for a font", n)
		}
	}
	if _, err := Parse([]byte("OTTO\x00\x00\x00\x00\x00\x00\x00\x00")); err == nil {
		t.Error("a font without glyf outlines was taken")
	}
	f, _ := load(t, "NotoSerifSC-Bold.ttf")
	if f.Glyph(-1) != 0 || f.Glyph(0x10FFFF) != 0 || f.Outline(65535) != nil {
		t.Error("what is not there was found")
	}
}

func FuzzParse(f *testing.F) {
	_, b := load(f, "NotoSerifSC-Bold.ttf")
	f.Add(b[:400])
	f.Add([]byte("\x00\x01\x00\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, err := Parse(b); err == nil && x.Glyphs == 0 {
			t.Error("an empty font was taken")
		}
	})
}
