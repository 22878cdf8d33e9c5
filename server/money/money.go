// Package money counts renminbi in fen. No float is ever involved.
package money

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Fen is an amount of renminbi: a hundredth of a yuan.
type Fen int64

// Max is the largest amount that one form field, paper or posting may carry: 999,999,999,999.99 yuan.
const Max Fen = 99_999_999_999_999

// ErrAmount says that a text is not an amount of yuan with at most two decimals.
var ErrAmount = errors.New("money: not an amount")

// ErrRange says that an amount is beyond Max.
var ErrRange = errors.New("money: amount out of range")

// String gives plain yuan, such as "1234.50", for files and machines.
func (f Fen) String() string {
	n, sign := uint64(f), ""
	if f < 0 {
		n, sign = -uint64(f), "-"
	}
	c := strconv.FormatUint(n%100, 10)
	if len(c) == 1 {
		c = "0" + c
	}
	return sign + strconv.FormatUint(n/100, 10) + "." + c
}

// Comma gives yuan with thousands separators, such as "1,234.50".
func (f Fen) Comma() string {
	s := f.String()
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	whole, cents := s[:len(s)-3], s[len(s)-3:]
	var b strings.Builder
	b.WriteString(sign)
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	b.WriteString(cents)
	return b.String()
}

// Yuan gives the amount as people read it, such as "¥1,234.50".
func (f Fen) Yuan() string {
	if f < 0 {
		return "-¥" + (-f).Comma()
	}
	return "¥" + f.Comma()
}

// wide maps the full-width characters of Chinese keyboards to the ones we parse.
var wide = strings.NewReplacer("０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7", "８", "8", "９", "9",
	"．", ".", "。", ".", "，", ",", "￥", "¥", "－", "-", "　", " ")

// Parse reads yuan as a person types it: "1234.5", "1,234.50", "¥ 200", full-width digits.
// It returns ErrAmount for anything else and ErrRange beyond ±Max.
func Parse(s string) (Fen, error) {
	s = strings.TrimSpace(wide.Replace(s))
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(s, "-"), "¥"))
	y, c, dot := strings.Cut(s, ".")
	if strings.Contains(y, ",") {
		parts := strings.Split(y, ",")
		for i, p := range parts {
			if i == 0 && (len(p) == 0 || len(p) > 3) || i > 0 && len(p) != 3 {
				return 0, ErrAmount
			}
		}
		y = strings.Join(parts, "")
	}
	if y == "" || len(c) > 2 || dot && c == "" || !digits(y) || !digits(c) {
		return 0, ErrAmount
	}
	y = strings.TrimLeft(y, "0")
	if len(y) > 12 {
		return 0, ErrRange
	}
	n, err := strconv.ParseInt(y+(c + "00")[:2], 10, 64)
	if err != nil {
		return 0, ErrAmount
	}
	if neg {
		n = -n
	}
	return Fen(n), nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Add sums amounts; it reports ErrRange instead of wrapping around.
func Add(fs ...Fen) (Fen, error) {
	var sum Fen
	for _, f := range fs {
		if f > 0 && sum > math.MaxInt64-f || f < 0 && sum < math.MinInt64-f {
			return 0, ErrRange
		}
		sum += f
	}
	return sum, nil
}

// Split shares f by weights; the remainder goes to the last weight above zero, so that the parts sum to f.
// It returns nil when no weight is above zero. Weights are basis points or counts, at most a million each.
func (f Fen) Split(weights ...int64) []Fen {
	var total int64
	last := -1
	for i, w := range weights {
		if w > 0 {
			total += w
			last = i
		}
	}
	if last < 0 {
		return nil
	}
	out, rest := make([]Fen, len(weights)), f
	for i, w := range weights {
		if w <= 0 || i == last {
			continue
		}
		whole, part := int64(f)/total, int64(f)%total
		out[i] = Fen(whole*w + part*w/total)
		rest -= out[i]
	}
	out[last] = rest
	return out
}
