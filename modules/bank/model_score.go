package bank

import (
	"slices"
	"strings"

	"care/server/clock"
	"care/server/money"
)

// Due is a gift that waits for its money, without its donor's name.
type Due struct {
	ID        string
	Code      string
	NameIndex string
	Amount    money.Fen
	Day       clock.Day // of the promise
}

// Points of a suggestion. A code, the amount and the name together are certain; a name with an amount is a good guess;
// an amount alone is worth a look when no other gift has it.
const (
	pointsCode    = 55
	pointsName    = 25
	pointsAmount  = 20
	pointsOnly    = 20 // the only gift of this name and amount, or of this amount
	pointsAccount = 10
	pointsNear    = 5
	pointsTwice   = -40 // an earlier line looks like the money of the same gift

	nearDays   = 14
	daysBefore = 3 // some transfer first and tell us then

	// MinScore is from where a suggestion is shown, SureScore from where many may be accepted at once.
	MinScore  = 40
	SureScore = 90

	maxHints  = 3
	maxLook   = 16 // gifts of one name that are looked at for one line: with this bound the work grows with the lines alone
	maxBucket = 3  // gifts of one amount beyond which the amount says nothing
	maxJoin   = 6  // gifts of one donor that one transfer may pay together
)

// Reasons, shown with a suggestion.
const (
	becauseCode    = "code"
	becauseName    = "name"
	becauseAmount  = "amount"
	becauseOnly    = "only"
	becauseAccount = "account"
	becauseNear    = "near"
	becauseTwice   = "twice"
	becauseSum     = "sum"     // several promises together make the amount
	becauseDiffers = "differs" // the amount is not the promised one
)

type nameAmount struct {
	name   string
	amount money.Fen
}

// finder finds the gifts that a line may be the money of. It holds every gift that waits, about 250 bytes each.
type finder struct {
	due      []Due
	byCode   map[string]int32
	byName   map[string][]int32
	byBoth   map[nameAmount][]int32
	byAmount map[money.Fen][]int32
	payers   map[nameAmount]bool // account index and name index of earlier matches; amount is not used
	used     map[int32]bool
}

func newFinder() *finder {
	return &finder{byCode: map[string]int32{}, byName: map[string][]int32{}, byBoth: map[nameAmount][]int32{}, byAmount: map[money.Fen][]int32{},
		payers: map[nameAmount]bool{}, used: map[int32]bool{}}
}

func (f *finder) add(d Due) {
	i := int32(len(f.due))
	f.due = append(f.due, d)
	if d.Code != "" {
		f.byCode[d.Code] = i
	}
	if d.NameIndex != "" {
		if l := f.byName[d.NameIndex]; len(l) <= maxLook {
			f.byName[d.NameIndex] = append(l, i)
		}
		k := nameAmount{d.NameIndex, d.Amount}
		if l := f.byBoth[k]; len(l) <= maxLook {
			f.byBoth[k] = append(l, i)
		}
	}
	if l := f.byAmount[d.Amount]; len(l) <= maxBucket {
		f.byAmount[d.Amount] = append(l, i)
	}
}

// asked is what a line says.
type asked struct {
	codes        []string
	nameIndex    string
	accountIndex string
	amount       money.Fen
	day          clock.Day
}

// find gives the best suggestions for a line, at most maxHints, the best first.
func (f *finder) find(a asked) []Hint {
	var hits []int32 // gifts named by their codes
	for _, c := range a.codes {
		if i, ok := f.byCode[c]; ok && !slices.Contains(hits, i) {
			hits = append(hits, i)
		}
	}
	var hints []Hint
	if len(hits) > 1 {
		if h, ok := f.join(a, hits, pointsCode, becauseCode); ok {
			hints = append(hints, h)
		}
	}
	look := slices.Clone(hits)
	add := func(l []int32) {
		for _, i := range l {
			if len(look) < maxLook && !slices.Contains(look, i) {
				look = append(look, i)
			}
		}
	}
	both, mine := f.byBoth[nameAmount{a.nameIndex, a.amount}], f.byName[a.nameIndex]
	if a.nameIndex == "" {
		both, mine = nil, nil
	}
	add(both)
	add(mine)
	same := f.byAmount[a.amount]
	if len(same) <= maxBucket {
		add(same)
	}
	for _, i := range look {
		hints = append(hints, f.rate(a, i, slices.Contains(hits, i), len(both), len(same)))
	}
	if len(hits) == 0 && len(mine) > 1 && len(mine) <= maxJoin && len(both) == 0 {
		if h, ok := f.join(a, mine, 0, ""); ok {
			hints = append(hints, h)
		}
	}
	slices.SortStableFunc(hints, func(x, y Hint) int { return int(y.Score - x.Score) })
	for i, h := range hints {
		if h.Score < MinScore {
			hints = hints[:i]
			break
		}
	}
	if len(hints) > maxHints {
		hints = hints[:maxHints]
	}
	if len(hints) > 0 {
		for _, g := range hints[0].Gifts {
			for _, i := range look {
				if f.due[i].ID == g {
					f.used[i] = true
				}
			}
		}
	}
	return hints
}

// rate scores one gift.
func (f *finder) rate(a asked, i int32, coded bool, both, same int) Hint {
	d := &f.due[i]
	h := Hint{Gifts: []string{d.ID}}
	give := func(points int64, why string) { h.Score, h.Reasons = h.Score+points, append(h.Reasons, why) }
	h.Name = a.nameIndex != "" && a.nameIndex == d.NameIndex
	if coded {
		give(pointsCode, becauseCode)
	}
	if h.Name {
		give(pointsName, becauseName)
	}
	if d.Amount == a.amount {
		give(pointsAmount, becauseAmount)
		if !coded && (h.Name && both == 1 || !h.Name && same == 1) {
			give(pointsOnly, becauseOnly)
		}
	} else {
		h.Reasons = append(h.Reasons, becauseDiffers)
	}
	if a.accountIndex != "" && f.payers[nameAmount{name: a.accountIndex + d.NameIndex}] {
		give(pointsAccount, becauseAccount)
	}
	if n := a.day.Sub(d.Day); d.Day != "" && n >= -daysBefore && n <= nearDays {
		give(pointsNear, becauseNear)
	}
	if f.used[i] {
		give(pointsTwice, becauseTwice)
	}
	h.Score = max(0, min(h.Score, 100))
	return h
}

// join suggests several gifts whose promises together make the amount.
func (f *finder) join(a asked, is []int32, points int64, why string) (Hint, bool) {
	h := Hint{Name: true}
	var sum money.Fen
	twice := false
	for _, i := range is {
		d := &f.due[i]
		sum += d.Amount
		h.Gifts = append(h.Gifts, d.ID)
		h.Name = h.Name && a.nameIndex != "" && d.NameIndex == a.nameIndex
		twice = twice || f.used[i]
	}
	if sum != a.amount || len(is) > maxJoin {
		return h, false
	}
	h.Score = points + pointsAmount
	if why != "" {
		h.Reasons = append(h.Reasons, why)
	}
	h.Reasons = append(h.Reasons, becauseSum)
	if h.Name {
		h.Score, h.Reasons = h.Score+pointsName, append(h.Reasons, becauseName)
	}
	if twice {
		h.Score, h.Reasons = h.Score+pointsTwice, append(h.Reasons, becauseTwice)
	}
	h.Score = max(0, h.Score)
	return h, true
}

// maxCodes is how many transfer codes of one remark are looked for.
const maxCodes = 6

// codesIn finds in a remark what may be transfer codes: eight signs of the codes' alphabet, also in two groups of four, with
// nothing of the like before or behind. Whether a code is a gift's, the gifts decide.
func codesIn(remark string, alphabet string, length int) []string {
	var out []string
	run := make([]byte, 0, 32)
	gaps := []int{}
	flush := func() {
		take := func(s string) {
			if len(out) < maxCodes && strings.Trim(s, alphabet) == "" && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
		switch {
		case len(run) == length && len(gaps) <= 1:
			take(string(run))
		case len(run) > length && len(gaps) > 0: // groups: every place where eight signs begin and end at a gap
			edges := append(append([]int{0}, gaps...), len(run))
			for _, from := range edges {
				if slices.Contains(edges, from+length) {
					take(string(run[from : from+length]))
				}
			}
		}
		run, gaps = run[:0], gaps[:0]
	}
	for _, r := range remark {
		if r >= 0xff01 && r <= 0xff5e { // full-width signs
			r -= 0xfee0
		}
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z':
			run = append(run, byte(r))
		case r >= 'a' && r <= 'z':
			run = append(run, byte(r)-'a'+'A')
		case (r == ' ' || r == '-' || r == '\u3000') && len(run) > 0:
			if len(gaps) == 0 || gaps[len(gaps)-1] != len(run) {
				gaps = append(gaps, len(run))
			}
		default:
			flush()
		}
		if len(run) > 512 {
			flush()
		}
	}
	if n := len(gaps); n > 0 && gaps[n-1] == len(run) {
		gaps = gaps[:n-1]
	}
	flush()
	return out
}
