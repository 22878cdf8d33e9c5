package money

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestUpperFollowsThePrintedExamples(t *testing.T) {
	t.Parallel()
	for fen, want := range map[Fen]string{
		0:                         "人民币零元整",
		1:                         "人民币壹分",
		5:                         "人民币伍分",
		10:                        "人民币壹角整",
		50:                        "人民币伍角整",
		56:                        "人民币伍角陆分",
		100:                       "人民币壹元整",
		101:                       "人民币壹元零壹分",
		110:                       "人民币壹元壹角整",
		1000:                      "人民币壹拾元整",
		1005:                      "人民币壹拾元零伍分",
		1010:                      "人民币壹拾元零壹角整",
		1050:                      "人民币壹拾元零伍角整",
		1500:                      "人民币壹拾伍元整",
		32504:                     "人民币叁佰贰拾伍元零肆分", // from here six examples of the regulation
		140950:                    "人民币壹仟肆佰零玖元伍角整",
		600714:                    "人民币陆仟零柒元壹角肆分",
		168032:                    "人民币壹仟陆佰捌拾元零叁角贰分",
		10700053:                  "人民币壹拾万柒仟元零伍角叁分",
		1640902:                   "人民币壹万陆仟肆佰零玖元零贰分",
		1000100:                   "人民币壹万零壹元整",
		1001000:                   "人民币壹万零壹拾元整",
		10000000:                  "人民币壹拾万元整",
		10010000:                  "人民币壹拾万零壹佰元整",
		10050000:                  "人民币壹拾万零伍佰元整",
		100000001:                 "人民币壹佰万元零壹分",
		1000000000:                "人民币壹仟万元整",
		1000000001:                "人民币壹仟万元零壹分",
		1005000000:                "人民币壹仟零伍万元整",
		10000000000:               "人民币壹亿元整",
		10000000100:               "人民币壹亿零壹元整",
		10001000000:               "人民币壹亿零壹万元整",
		10000100000:               "人民币壹亿零壹仟元整",
		11000000000:               "人民币壹亿壹仟万元整",
		12000030000:               "人民币壹亿贰仟万零叁佰元整",
		100000000100:              "人民币壹拾亿零壹元整",
		100010001000:              "人民币壹拾亿零壹拾万零壹拾元整",
		1010101010101:             "人民币壹佰零壹亿零壹佰零壹万零壹佰零壹元零壹分",
		100000000000000:           "人民币壹万亿元整",
		100010000000001:           "人民币壹万零壹亿元零壹分",
		999999999999999999:        "人民币玖仟玖佰玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分",
		-123456:                   "人民币负壹仟贰佰叁拾肆元伍角陆分",
		1_000_000_000_000_000_000: "",
		-1 << 63:                  "",
	} {
		if got := fen.Upper(); got != want {
			t.Errorf("%d fen: got %q, want %q", fen, got, want)
		}
	}
}

// read is written from the grammar of the words, not from Upper: it keeps a
// number per magnitude and adds.
func read(t *testing.T, s string) Fen {
	s, ok := strings.CutPrefix(s, "人民币")
	if !ok {
		t.Fatalf("no 人民币 before %q", s)
	}
	s, minus := strings.CutPrefix(s, "负")
	small := map[rune]int64{'拾': 10, '佰': 100, '仟': 1000}
	digit := map[rune]int64{}
	for i, r := range []rune("零壹贰叁肆伍陆柒捌玖") {
		digit[r] = int64(i)
	}
	var total, section, n, fen int64
	for _, r := range s {
		switch r {
		case '拾', '佰', '仟':
			section += n * small[r]
			n = 0
		case '万':
			total += (section + n) * 1e4
			section, n = 0, 0
		case '亿':
			total = (total + section + n) * 1e8
			section, n = 0, 0
		case '元':
			fen = (total + section + n) * 100
			total, section, n = 0, 0, 0
		case '角':
			fen += n * 10
			n = 0
		case '分':
			fen += n
			n = 0
		case '整':
		default:
			d, ok := digit[r]
			if !ok {
				t.Fatalf("foreign word %q in %q", r, s)
			}
			n = d
		}
	}
	if minus {
		fen = -fen
	}
	return Fen(fen)
}

func checkUpper(t *testing.T, f Fen) {
	s := f.Upper()
	if got := read(t, s); got != f {
		t.Fatalf("%d fen: %s reads as %d", f, s, got)
	}
	for _, bad := range []string{"零零", "亿万", "零万", "零亿", "零整", "零角", "零分"} {
		if strings.Contains(s, bad) {
			t.Fatalf("%d fen: %s has %s", f, s, bad)
		}
	}
	if f != 0 && strings.Contains(s, "零元") {
		t.Fatalf("%d fen: %s has 零元", f, s)
	}
	if end := f%10 == 0; end != strings.HasSuffix(s, "整") {
		t.Fatalf("%d fen: %s: 整 must follow 元 and 角 and never 分", f, s)
	}
}

func TestUpperReadsBackAsTheSameAmount(t *testing.T) {
	t.Parallel()
	for f := range Fen(60_000) {
		checkUpper(t, f)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 300_000 {
		// Random length and random zeros, so that gaps are as common as digits.
		var f Fen
		for range 1 + r.IntN(18) {
			f *= 10
			if r.IntN(2) == 0 {
				f += Fen(r.IntN(10))
			}
		}
		if r.IntN(8) == 0 {
			f = -f
		}
		if f != 0 {
			checkUpper(t, f)
		}
	}
}

func FuzzUpper(f *testing.F) {
	f.Add(int64(10700053))
	f.Fuzz(func(t *testing.T, n int64) {
		if n > MaxUpper || n < -MaxUpper {
			if s := Fen(n).Upper(); s != "" {
				t.Fatalf("%d fen beyond the limit is spelt %s", n, s)
			}
			return
		}
		checkUpper(t, Fen(n))
	})
}
