// Package sheet lays papers out. A Page is a display list in millimetres with
// the origin at the top left corner; it knows glyph widths and line breaking
// but nothing of PDF, so that the same list can be drawn by other backends and
// looked at by tests.
package sheet

import "care/templates/pdf/ttf"

// RGB is a colour of the sRGB space.
type RGB struct{ R, G, B uint8 }

// Face is one of the three hands the papers are set in.
type Face uint8

// The faces. Each falls back to the serif and to the face of rare characters.
const (
	Serif Face = iota // 宋体: text
	Bold              // 粗宋: headings
	Kai               // 楷体: certificates
	Faces = iota
)

// Fonts holds the font files and, for each face, the order they are asked in.
type Fonts struct {
	// Files are the fonts; at most 256.
	Files []*ttf.Font
	// Order lists indexes into Files, first choice first.
	Order [Faces][]uint8
}

// Find returns the first font of the face that has r, and r's glyph in it.
func (f *Fonts) Find(face Face, r rune) (file uint8, glyph uint16, ok bool) {
	order := f.Order[face]
	for _, i := range order {
		if g := f.Files[i].Glyph(r); g != 0 {
			return i, g, true
		}
	}
	if r >= firstRadical && r <= lastRadical {
		return f.Find(face, radical(r))
	}
	return order[0], 0, false
}

// Advance returns the width of r in em. A character no font has is one em wide.
func (f *Fonts) Advance(face Face, r rune) float64 {
	i, g, ok := f.Find(face, r)
	if !ok {
		return 1
	}
	t := f.Files[i]
	return float64(t.Advance(g)) / float64(t.UPM)
}

// Width returns the width of s in millimetres at size points.
func (f *Fonts) Width(face Face, size float64, s string) float64 {
	var w float64
	for _, r := range s {
		w += f.Advance(face, r)
	}
	return w * Em(size)
}

// Em is the height of size points in millimetres.
func Em(size float64) float64 { return size * 25.4 / 72 }

// Kind says what an Item draws.
type Kind uint8

// The kinds of Item.
const (
	Text   Kind = iota // S at X (left), Y (baseline)
	Line               // from X, Y to W, H, Size thick
	Fill               // rectangle X, Y, W, H
	Path               // Path filled, or stroked Size thick
	Matrix             // Bits as a square of side W at X, Y (a QR code)
)

// Item is one mark on the page. Lengths are millimetres, except Size of a Text,
// which is points.
type Item struct {
	Kind       Kind
	Face       Face
	Stroke     bool
	EvenOdd    bool
	Color      RGB
	Size       float64
	Spacing    float64 // added after each character of a Text
	X, Y, W, H float64
	S          string
	Path       []Segment
	Bits       [][]bool
	Box        Box // the place the text must stay in; zero: none was set
}

// Segment is one piece of a path: Op 'm', 'l', 'c' (cubic) or 'h'.
type Segment struct {
	Op             byte
	X, Y           float64
	X1, Y1, X2, Y2 float64
}

// Box is a rectangle in millimetres.
type Box struct{ X, Y, W, H float64 }

// In returns the box made smaller by dx at left and right, dy above and below.
func (b Box) In(dx, dy float64) Box { return Box{b.X + dx, b.Y + dy, b.W - 2*dx, b.H - 2*dy} }

// Page is a sheet of paper being drawn on.
type Page struct {
	// W and H are the size of the sheet.
	W, H float64
	// Fonts measures text.
	Fonts *Fonts
	// Items are the marks in drawing order.
	Items []Item
	// Long names the first text that did not fit its box, "" when all fit.
	Long string

	color RGB
}

// Reset makes the page empty again and keeps its memory.
func (p *Page) Reset(w, h float64) {
	clear(p.Items)
	p.W, p.H, p.Items, p.Long, p.color = w, h, p.Items[:0], "", RGB{}
}

// Color sets the colour of what follows.
func (p *Page) Color(c RGB) { p.color = c }

func (p *Page) add(i Item) {
	i.Color = p.color
	p.Items = append(p.Items, i)
}

// Line draws a line w thick.
func (p *Page) Line(x1, y1, x2, y2, w float64) {
	p.add(Item{Kind: Line, X: x1, Y: y1, W: x2, H: y2, Size: w})
}

// Fill draws a filled rectangle.
func (p *Page) Fill(b Box) { p.add(Item{Kind: Fill, X: b.X, Y: b.Y, W: b.W, H: b.H}) }

// Frame draws the outline of a box, its line w thick and centred on the edge.
func (p *Page) Frame(b Box, w float64) {
	p.Stroke([]Segment{
		{Op: 'm', X: b.X, Y: b.Y}, {Op: 'l', X: b.X + b.W, Y: b.Y},
		{Op: 'l', X: b.X + b.W, Y: b.Y + b.H}, {Op: 'l', X: b.X, Y: b.Y + b.H}, {Op: 'h'},
	}, w)
}

// Stroke draws a path as a line w thick.
func (p *Page) Stroke(s []Segment, w float64) {
	p.add(Item{Kind: Path, Path: s, Stroke: true, Size: w})
}

// Area fills a path by the nonzero winding rule.
func (p *Page) Area(s []Segment) { p.add(Item{Kind: Path, Path: s}) }

// Ring fills a path by the even-odd rule.
func (p *Page) Ring(s []Segment) { p.add(Item{Kind: Path, Path: s, EvenOdd: true}) }

// Code draws the dark modules of a matrix code as a square of side w.
func (p *Page) Code(x, y, w float64, bits [][]bool) {
	if len(bits) > 0 {
		p.add(Item{Kind: Matrix, X: x, Y: y, W: w, Bits: bits})
	}
}

// Text sets s with its left end at x and its baseline at y.
func (p *Page) Text(face Face, size, x, y float64, s string) {
	if s = OneLine(s); s != "" {
		p.add(Item{Kind: Text, Face: face, Size: size, X: x, Y: y, S: s})
	}
}

// Center sets s centred on x.
func (p *Page) Center(face Face, size, x, y float64, s string) {
	s = OneLine(s)
	p.Text(face, size, x-p.Fonts.Width(face, size, s)/2, y, s)
}

// Right sets s so that it ends at x.
func (p *Page) Right(face Face, size, x, y float64, s string) {
	s = OneLine(s)
	p.Text(face, size, x-p.Fonts.Width(face, size, s), y, s)
}

// Spaced sets s centred on x with gap millimetres between its characters.
func (p *Page) Spaced(face Face, size, x, y, gap float64, s string) (width float64) {
	s = OneLine(s)
	n := 0
	for range s {
		n++
	}
	if n == 0 {
		return 0
	}
	w := p.Fonts.Width(face, size, s) + gap*float64(n-1)
	p.add(Item{Kind: Text, Face: face, Size: size, X: x - w/2, Y: y, S: s, Spacing: gap})
	return w
}
