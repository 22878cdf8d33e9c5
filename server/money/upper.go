package money

import "strconv"

// MaxUpper is the largest amount in fen, of either sign, that Upper spells:
// beyond it the regulation has no words that a reader could not mistake.
const MaxUpper = 1_000_000_000_000_000_000 - 1

// Upper spells the amount in capitals, as papers about money must, e.g.
// 168032 → "人民币壹仟陆佰捌拾元零叁角贰分". It follows the rules for filling in
// payment instruments (《支付结算办法》附一); where they allow a choice it writes
// the form they print first: a zero after 元 but none after 万. An amount that
// ends in 元 or 角 is closed with 整, as the accounting rules (会计基础工作规范
// 第五十二条) demand. A negative amount, on red letters only, begins with 负.
// It returns "" for amounts beyond MaxUpper, which a caller must refuse.
func (f Fen) Upper() string {
	s := prefix
	u := uint64(f)
	if f < 0 {
		s, u = s+negative, -u
	}
	if u > MaxUpper {
		return ""
	}
	yuan, jiao, fen := u/100, u/10%10, u%10
	switch {
	case u == 0:
		return s + zero + yuanWord + whole
	case yuan > 0:
		s += spell(yuan) + yuanWord
	}
	if jiao == 0 && fen == 0 {
		return s + whole
	}
	// 角 is zero: the 零 is a must. The last digit of 元 is zero: it is a choice.
	if yuan > 0 && (jiao == 0 || yuan%10 == 0) {
		s += zero
	}
	if jiao > 0 {
		s += capitals[jiao] + jiaoWord
	}
	if fen > 0 {
		return s + capitals[fen] + fenWord
	}
	return s + whole
}

// spell writes 1 ≤ n < 10^16 in groups of four digits. Any run of zeros inside
// is one 零, zeros at the end of a group are none.
func spell(n uint64) string {
	for _, g := range [...]struct {
		size uint64
		word string
	}{{1e8, yi}, {1e4, wan}} {
		if n < g.size {
			continue
		}
		s, rest := spell(n/g.size)+g.word, n%g.size
		if rest == 0 {
			return s
		}
		if rest < g.size/10 {
			s += zero
		}
		return s + spell(rest)
	}
	ds := strconv.FormatUint(n, 10)
	s, gap := "", false
	for i := range len(ds) {
		d := ds[i] - '0'
		if d == 0 {
			gap = true
			continue
		}
		if gap {
			s, gap = s+zero, false
		}
		s += capitals[d] + places[len(ds)-1-i]
	}
	return s
}
