package sheet

import "math"

// Circle is a closed circle of four Bézier arcs.
func Circle(cx, cy, r float64) []Segment {
	k := r * 0.5522847498307936
	return []Segment{
		{Op: 'm', X: cx + r, Y: cy},
		{Op: 'c', X1: cx + r, Y1: cy + k, X2: cx + k, Y2: cy + r, X: cx, Y: cy + r},
		{Op: 'c', X1: cx - k, Y1: cy + r, X2: cx - r, Y2: cy + k, X: cx - r, Y: cy},
		{Op: 'c', X1: cx - r, Y1: cy - k, X2: cx - k, Y2: cy - r, X: cx, Y: cy - r},
		{Op: 'c', X1: cx + k, Y1: cy - r, X2: cx + r, Y2: cy - k, X: cx + r, Y: cy},
		{Op: 'h'},
	}
}

// Star is a five-pointed star standing on two points.
func Star(cx, cy, r float64) []Segment {
	inner := r * 0.381966 // of a pentagram: 1/φ²
	out := make([]Segment, 0, 11)
	for i := range 10 {
		rr, op := r, byte('l')
		if i%2 == 1 {
			rr = inner
		}
		if i == 0 {
			op = 'm'
		}
		a := -math.Pi/2 + float64(i)*math.Pi/5
		out = append(out, Segment{Op: op, X: cx + rr*math.Cos(a), Y: cy + rr*math.Sin(a)})
	}
	return append(out, Segment{Op: 'h'})
}

// Diamond is a small lozenge, the ornament at the end of a rule.
func Diamond(cx, cy, r float64) []Segment {
	return []Segment{
		{Op: 'm', X: cx - r, Y: cy}, {Op: 'l', X: cx, Y: cy - r},
		{Op: 'l', X: cx + r, Y: cy}, {Op: 'l', X: cx, Y: cy + r}, {Op: 'h'},
	}
}

// Map applies fn to every point of a path.
func Map(path []Segment, fn func(x, y float64) (float64, float64)) []Segment {
	out := make([]Segment, len(path))
	for i, s := range path {
		s.X, s.Y = fn(s.X, s.Y)
		s.X1, s.Y1 = fn(s.X1, s.Y1)
		s.X2, s.Y2 = fn(s.X2, s.Y2)
		out[i] = s
	}
	return out
}

// Glyph appends the outline of r to dst. The matrix a b c d e f maps the em
// square (one em = 1, y downwards, origin on the baseline) to millimetres.
func (f *Fonts) Glyph(dst []Segment, face Face, r rune, m [6]float64) []Segment {
	file, g, _ := f.Find(face, r)
	t := f.Files[file]
	u := 1 / float64(t.UPM)
	at := func(x, y float64) (float64, float64) {
		x, y = x*u, -y*u
		return m[0]*x + m[2]*y + m[4], m[1]*x + m[3]*y + m[5]
	}
	var px, py float64
	for _, s := range t.Outline(g) {
		q := Segment{Op: s.Op}
		q.X, q.Y = at(s.X, s.Y)
		if s.Op == 'q' { // a quadratic curve is the cubic with two thirds of the way to its control point
			cx, cy := at(s.CX, s.CY)
			q.Op = 'c'
			q.X1, q.Y1 = px+2*(cx-px)/3, py+2*(cy-py)/3
			q.X2, q.Y2 = q.X+2*(cx-q.X)/3, q.Y+2*(cy-q.Y)/3
		}
		if s.Op != 'h' {
			px, py = q.X, q.Y
		}
		dst = append(dst, q)
	}
	return dst
}

// Vermilion is the red of the seals. It is a little lighter than seal ink,
// because black text is printed over it.
var Vermilion = RGB{222, 60, 62}

// Seal draws a round seal of radius r as outlines: a ring, a star, the name
// along the upper arc, a straight line of words below the star and a number
// along the lower arc; line and code may be empty. It is a picture of a seal
// and proves nothing: what proves a paper is its signature and its check code.
func (p *Page) Seal(cx, cy, r float64, name, line, code string) {
	was := p.color
	p.color = Vermilion
	lw := r * 0.055
	p.Ring(append(Circle(cx, cy, r), Circle(cx, cy, r-lw)...))
	p.Area(Star(cx, cy, r*0.30))
	path := p.sealName(nil, cx, cy, r, lw, name, line == "" && code == "")
	path = p.sealLine(path, cx, cy+r*0.60, r, line)
	path = p.sealCode(path, cx, cy, r-lw-r*0.058, r*0.105, code)
	if len(path) > 0 {
		p.Area(path)
	}
	p.color = was
}

// maxSeal and maxSealLine are how many characters a seal has room for.
const (
	maxSeal     = 100
	maxSealLine = 24
)

func (p *Page) sealName(path []Segment, cx, cy, r, lw float64, name string, open bool) []Segment {
	rs := []rune(name)
	n := len(rs)
	if n > maxSeal {
		p.refuse(name)
	}
	if n == 0 || n > maxSeal {
		return path
	}
	// Characters stand on a circle, heads outward, narrow as engraved ones are.
	h, narrow := r*0.235, 0.78
	switch {
	case n > 28:
		h, narrow = r*0.235*0.62, 0.55
	case n > 20:
		h, narrow = r*0.235*0.85, 0.55
	case n > 14:
		narrow = 0.62
	}
	feet := r - lw - h*1.18
	span := min(float64(n)*0.36, 4.36) // radians; 250° at most
	if open && n > 16 {
		span = 4.9
	}
	narrow = min(narrow, 0.95*feet*span/float64(n)/h)
	for i, ch := range rs {
		a := -span/2 + span*(float64(i)+0.5)/float64(n) // 0 is the top, clockwise
		sin, cos := math.Sin(a), math.Cos(a)
		ox, oy := -p.Fonts.Advance(Bold, ch)/2*h*narrow, -0.12*h
		path = p.Fonts.Glyph(path, Bold, ch, [6]float64{
			h * narrow * cos, h * narrow * sin, -h * sin, h * cos,
			cx + feet*sin + ox*cos - oy*sin, cy - feet*cos + ox*sin + oy*cos,
		})
	}
	return path
}

func (p *Page) sealLine(path []Segment, cx, y, r float64, line string) []Segment {
	if len(line) > 3*maxSealLine {
		p.refuse(line)
		return path
	}
	h, narrow := r*0.2, 0.86
	total := p.Fonts.Width(Bold, 1, line) / Em(1) * h * narrow * 1.06
	if limit := r * 1.05; total > limit {
		narrow *= limit / total
		total = limit
	}
	x := cx - total/2
	for _, ch := range line {
		path = p.Fonts.Glyph(path, Bold, ch, [6]float64{h * narrow, 0, 0, h, x, y})
		x += p.Fonts.Advance(Bold, ch) * h * narrow * 1.06
	}
	return path
}

func (p *Page) sealCode(path []Segment, cx, cy, r, h float64, code string) []Segment {
	rs := []rune(code)
	if len(rs) > maxSealLine {
		p.refuse(code)
		return path
	}
	for i, ch := range rs {
		a := math.Pi/2 + 0.098*(float64(len(rs)-1)/2-float64(i)) // left to right along the bottom
		dx, dy := math.Cos(a), math.Sin(a)
		w := p.Fonts.Advance(Bold, ch)
		path = p.Fonts.Glyph(path, Bold, ch, [6]float64{
			h * dy, -h * dx, h * dx, h * dy, cx + r*dx - w/2*h*dy, cy + r*dy + w/2*h*dx,
		})
	}
	return path
}
