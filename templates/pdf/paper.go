package pdf

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"rsc.io/qr"

	"care/templates/pdf/sheet"
)

// Paper is one kind of document: a struct with JSON names, frozen when the
// paper is ordered and drawn later, as often as needed.
type Paper interface {
	// Kind names the struct, for Decode.
	Kind() string
	// Render draws the paper as a file of its own.
	Render(e *Engine) ([]byte, error)

	about() about
	// stock names the stationery and draws it; everything the drawing depends
	// on must be part of the name.
	stock() (name string, build func(*stocker))
	draw(d *drawer)
}

// about is what the file says of itself.
type about struct {
	Title, Author string
	Day           Day
}

// MissingError says that a paper was not drawn because no face has some of its
// characters. A person must decide what to print instead.
type MissingError struct {
	// Runes are the characters, each once.
	Runes []rune
}

// Error names every character with its code point.
func (e *MissingError) Error() string {
	return "no face has " + list(e.Runes)
}

// Say tells a person in Chinese which characters cannot be printed.
func (e *MissingError) Say() string {
	return "字库里没有这些字，暂时不能印制：" + list(e.Runes)
}

func list(rs []rune) string {
	var b strings.Builder
	var seen []rune
	for _, r := range rs {
		if slices.Contains(seen, r) {
			continue
		}
		if len(seen) > 0 {
			b.WriteString("、")
		}
		seen = append(seen, r)
		fmt.Fprintf(&b, "%c（U+%04X）", r, r)
	}
	return b.String()
}

// LongError says that a paper was not drawn because a text does not fit its
// place even at the smallest readable size.
type LongError struct {
	// Text is the text that is too long.
	Text string
}

// Error quotes the beginning of the text.
func (e *LongError) Error() string { return "too long for its place: " + e.short() }

// Say tells a person in Chinese which text is too long.
func (e *LongError) Say() string { return "内容过长，印不下：" + e.short() }

func (e *LongError) short() string {
	if rs := []rune(e.Text); len(rs) > 40 {
		return string(rs[:40]) + "…"
	}
	return e.Text
}

// Day is a date on a paper, as "2026-11-25". Any other text is printed as it is.
type Day string

// Time returns the day's beginning in UTC, 2000-01-01 when the text is no date:
// the file needs some date, and it must not be today's.
func (d Day) Time() time.Time {
	if t, err := time.Parse(time.DateOnly, string(d)); err == nil {
		return t
	}
	if t, err := time.Parse("2006年1月2日", string(d)); err == nil {
		return t
	}
	return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
}

// Chinese returns the day as 2026年11月5日, without leading zeros (GB/T 15835-2011).
func (d Day) Chinese() string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return strconv.Itoa(t.Year()) + "年" + strconv.Itoa(int(t.Month())) + "月" + strconv.Itoa(t.Day()) + "日"
}

// Formal returns the day as 二〇二六年十一月五日, the form of certificates.
func (d Day) Formal() string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	var b strings.Builder
	for _, c := range strconv.Itoa(t.Year()) {
		b.WriteString(han[c-'0'])
	}
	return b.String() + "年" + upTo99(int(t.Month())) + "月" + upTo99(t.Day()) + "日"
}

var han = [...]string{"〇", "一", "二", "三", "四", "五", "六", "七", "八", "九"}

func upTo99(n int) string {
	s := ""
	if n >= 20 {
		s = han[n/10]
	}
	if n >= 10 {
		s += "十"
	}
	if n%10 > 0 {
		s += han[n%10]
	}
	return s
}

// Org is who issues the paper.
type Org struct {
	// Name is the full name, e.g. 曲靖市退役军人关爱基金会.
	Name string `json:"name"`
	// Credit is the unified social credit code, printed small.
	Credit string `json:"credit,omitempty"`
	// Phone and Address are printed in the last line.
	Phone   string `json:"phone,omitempty"`
	Address string `json:"address,omitempty"`
	// Site is the address of the public check page, printed beside the QR code.
	Site string `json:"site,omitempty"`
	// Seal is the line below the star of the drawn seal, e.g. 财务专用章.
	// NoSeal leaves the seal out.
	Seal   string `json:"seal,omitempty"`
	NoSeal bool   `json:"noSeal,omitempty"`
	// SealCode is the registered number of the seal, 13 digits.
	SealCode string `json:"sealCode,omitempty"`
}

// stockName makes the name of a stationery from everything it depends on.
func stockName(kind string, org Org, demo bool, more ...string) string {
	b, _ := json.Marshal(org) // strings and a bool: cannot fail
	return kind + string(b) + strconv.FormatBool(demo) + strings.Join(more, "\x00")
}

// matrix makes the QR code of a text, error correction M; nil for an empty text.
// A text too long for any code is left out: the check code is printed as well.
func matrix(text string) [][]bool {
	if text == "" {
		return nil
	}
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil
	}
	cells := make([]bool, c.Size*c.Size)
	rows := make([][]bool, c.Size)
	for y := range rows {
		rows[y] = cells[y*c.Size : (y+1)*c.Size]
		for x := range rows[y] {
			rows[y][x] = c.Black(x, y)
		}
	}
	return rows
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	ks := make([]K, 0, len(m))
	for k := range m {
		ks = append(ks, k)
	}
	slices.Sort(ks)
	return ks
}

func sortByOffset(order, offsets []int) {
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(offsets[a], offsets[b]) })
}

// The palette: warm black for data, one accent for each family of papers.
var (
	ink   = sheet.RGB{R: 28, G: 26, B: 25}
	soft  = sheet.RGB{R: 118, G: 112, B: 106} // notes
	brick = sheet.RGB{R: 156, G: 46, B: 32}   // donations
	teal  = sheet.RGB{R: 24, G: 78, B: 92}    // payments and cases
	red   = sheet.RGB{R: 196, G: 30, B: 36}   // red letters
	faint = sheet.RGB{R: 241, G: 238, B: 233} // watermark
	hair  = sheet.RGB{R: 206, G: 199, B: 191} // between rows
)
