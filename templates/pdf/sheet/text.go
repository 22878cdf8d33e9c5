package sheet

import "strings"

// Align is the horizontal place of lines in their box.
type Align uint8

// The alignments.
const (
	Left Align = iota
	Middle
	End
	Justify // full lines touch both edges, the last line of a paragraph the left one
)

// Style says how Fit sets a text.
type Style struct {
	// Face is the hand.
	Face Face
	// Size is the wished size and Min the smallest pleasant one, both in points.
	// Text that does not fit at Min is set smaller still, down to Floor.
	Size, Min float64
	// Lines is the most lines to use while the size is at least Min; 0 means one.
	Lines int
	// Lead is the distance of baselines in em; 0 means 1.35.
	Lead float64
	// Align places the lines.
	Align Align
	// Top keeps the text at the upper edge; otherwise it is centred in height.
	Top bool
	// Indent moves the first line of each paragraph right, in em (2 in Chinese prose).
	Indent float64
}

// Floor is the smallest size in points that is still print: below it a text is
// refused rather than made unreadable.
const Floor = 3.6

const (
	ascent  = 0.88 // of the em box of Chinese type, above the baseline
	descent = 0.12
	center  = 0.38 // height of the middle of a Chinese character above the baseline
)

// Fit sets s inside the box: first smaller, then on more lines, then smaller
// again; justified prose takes its lines first and becomes smaller after that. No character is ever dropped; a text that does not fit at Floor is
// named in p.Long, which refuses the paper. It returns the size used
// and the height the lines take.
func (p *Page) Fit(b Box, st Style, s string) (size, height float64) {
	s = Clean(s)
	if s == "" {
		return st.Size, 0
	}
	if st.Lines == 0 {
		st.Lines = 1
	}
	if st.Lead == 0 {
		st.Lead = 1.35
	}
	if st.Min == 0 {
		st.Min = st.Size
	}
	lines, size := p.measure(b, st, s)
	em := Em(size)
	lead := st.Lead * em
	if n := len(lines); n > 1 && float64(n-1)*lead+em > b.H {
		lead = (b.H - em) / float64(n-1)
	}
	if len(lines) == 0 {
		return size, 0
	}
	height = float64(len(lines)-1)*lead + em
	y := b.Y + ascent*em
	if !st.Top {
		y = b.Y + (b.H-float64(len(lines)-1)*lead)/2 + center*em
	}
	for _, l := range lines {
		p.Set(b, st, size, y, l)
		y += lead
	}
	return size, height
}

// measure finds the size and the lines of Fit.
func (p *Page) measure(b Box, st Style, s string) ([]Row, float64) {
	// The width at one point tells at once how many lines a size needs at least,
	// so that only sizes are tried that can fit.
	w := p.Fonts.Width(st.Face, 1, s)
	needs := func(size float64) float64 { return w * size / b.W }
	if !strings.Contains(s, "\n") && st.Indent == 0 {
		// One line: the size follows from the width.
		size := st.Size
		if w*size > b.W {
			size = float64(int(b.W/w*8)) / 8 // eighths of a point, rounded down
		}
		if prose := st.Align == Justify && st.Lines > 1; size >= st.Min && Em(size) <= b.H && (!prose || size == st.Size) {
			return []Row{{s: s, width: w * size, last: true}}, size
		}
	}
	fewest := min(2, st.Lines)
	if st.Align == Justify {
		fewest = st.Lines // prose keeps its size and takes the lines it is given
	}
	for n := fewest; n <= st.Lines; n++ {
		for size := st.Size; size >= st.Min; size -= 0.25 {
			if needs(size) > float64(n) {
				continue
			}
			if l := p.Wrap(st, size, b.W, s); len(l) <= n && p.holds(b, st, size, l, st.Lead) {
				return l, size
			}
		}
	}
	for size := st.Min; size >= Floor; size -= 0.2 {
		if (needs(size)-1)*1.08*Em(size) > b.H {
			continue
		}
		if l := p.Wrap(st, size, b.W, s); p.holds(b, st, size, l, 1.08) {
			return l, size
		}
	}
	p.refuse(s)
	return nil, Floor
}

// refuse notes a text that does not fit; the first one is kept.
func (p *Page) refuse(s string) {
	if p.Long == "" {
		p.Long = s
	}
}

func (p *Page) holds(b Box, st Style, size float64, l []Row, lead float64) bool {
	if float64(len(l)-1)*lead*Em(size)+Em(size) > b.H+1e-9 {
		return false
	}
	for _, x := range l {
		if x.indent+x.width > b.W+1e-9 {
			return false // one character wider than the box
		}
	}
	return true
}

// Row is one line of a wrapped text, to be set with Set.
type Row struct {
	s      string
	width  float64
	indent float64
	last   bool // ends a paragraph
}

// Set draws one row between the edges of the box, its baseline at y.
func (p *Page) Set(b Box, st Style, size, y float64, l Row) {
	x, gap := b.X+l.indent, 0.0
	switch slack := b.W - l.indent - l.width; st.Align {
	case Middle:
		x += slack / 2
	case End:
		x += slack
	case Justify:
		n := -1
		for range l.s {
			n++
		}
		// A line that is much too short, before a long number, would be torn apart.
		if !l.last && n > 0 && slack > 0 && slack < 0.25*float64(n)*Em(size) {
			gap = slack / float64(n)
		}
	}
	if l.s != "" {
		p.add(Item{Kind: Text, Face: st.Face, Size: size, Spacing: gap, X: x, Y: y, S: l.s, Box: b})
	}
}

// Height returns the height in millimetres that s takes at the given size and width.
func (p *Page) Height(w float64, st Style, size float64, s string) float64 {
	if st.Lead == 0 {
		st.Lead = 1.35
	}
	return float64(len(p.Wrap(st, size, w, s))-1)*st.Lead*Em(size) + Em(size)
}

// Punctuation that may not begin a line, and that may not end one (避头尾,
// GB/T 15834-2011 5.1.1–5.1.5).
const (
	notFirst = "，。、；：？！”’）》〉】〕］｝」』％℃…—·,.;:?!)]}%~～-"
	notLast  = "“‘（《〈【〔［｛「『([{￥¥$"
)

func breakable(a, b rune) bool {
	if b == ' ' || strings.ContainsRune(notFirst, b) {
		return false // a space stays with the word before it
	}
	if a == ' ' || a == '　' {
		return true
	}
	if strings.ContainsRune(notLast, a) {
		return false
	}
	return a > 0x2E7F || b > 0x2E7F || a == '/'
}

// Wrap breaks s into rows of at most w millimetres. A Latin word or a number stays whole unless it is longer than
// a line. Spaces at a break disappear; every other character is kept.
func (p *Page) Wrap(st Style, size, w float64, s string) []Row {
	var out []Row
	em := Em(size)
	for para := range strings.SplitSeq(s, "\n") {
		rs := []rune(para)
		indent := st.Indent * em
		start, brk := 0, -1
		var width, atBrk float64
		flush := func(end int, width float64, last bool) {
			for end > start && rs[end-1] == ' ' {
				end--
				width -= p.Fonts.Advance(st.Face, ' ') * em
			}
			out = append(out, Row{string(rs[start:end]), width, indent, last})
			indent = 0
		}
		for i := 0; i < len(rs); i++ {
			if i > start && breakable(rs[i-1], rs[i]) {
				brk, atBrk = i, width
			}
			a := p.Fonts.Advance(st.Face, rs[i]) * em
			if width+a > w-indent+1e-9 && i > start && rs[i] != ' ' {
				if brk <= start {
					brk, atBrk = i, width
				}
				flush(brk, atBrk, false)
				start = brk
				for start < len(rs) && rs[start] == ' ' {
					start++
				}
				brk, width = -1, 0
				i = start - 1
				continue
			}
			width += a
		}
		flush(len(rs), width, true)
	}
	return out
}
