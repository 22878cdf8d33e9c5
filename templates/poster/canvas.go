package poster

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"
	"golang.org/x/image/vector"

	"care/templates/pdf/sheet"
)

// canvas paints display lists as dots.
type canvas struct {
	img   *image.RGBA
	fonts *sheet.Fonts
	vec   *vector.Rasterizer
	path  []sheet.Segment // memory of the outline being drawn
}

func newCanvas(fonts *sheet.Fonts) *canvas {
	return &canvas{img: image.NewRGBA(image.Rect(0, 0, Width, Height)), fonts: fonts, vec: vector.NewRasterizer(1, 1)}
}

func rgba(c sheet.RGB) color.RGBA { return color.RGBA{c.R, c.G, c.B, 255} }

// page paints all items and returns the characters no face has.
func (c *canvas) page(p *sheet.Page) (missing []rune) {
	for i := range p.Items {
		it := &p.Items[i]
		switch it.Kind {
		case sheet.Text:
			missing = c.text(it, missing)
		case sheet.Fill:
			c.fillBox(it.X, it.Y, it.W, it.H, it.Color)
		case sheet.Line:
			c.segment(it.X, it.Y, it.W, it.H, it.Size, it.Color)
		case sheet.Path:
			if it.Stroke {
				c.stroke(it)
			} else {
				c.area(it.Path, it.Color)
			}
		case sheet.Matrix:
			c.matrix(it)
		}
	}
	return missing
}

func (c *canvas) text(it *sheet.Item, missing []rune) []rune {
	em := sheet.Em(it.Size)
	x := it.X
	for _, r := range it.S {
		if _, _, ok := c.fonts.Find(it.Face, r); !ok || r == '\uFFFD' {
			missing = appendOnce(missing, r)
			continue
		}
		c.path = c.fonts.Glyph(c.path[:0], it.Face, r, [6]float64{em, 0, 0, em, x, it.Y})
		c.area(c.path, it.Color)
		x += c.fonts.Advance(it.Face, r)*em + it.Spacing
	}
	return missing
}

// fillBox fills whole dots; the edges of the layout lie on them.
func (c *canvas) fillBox(x, y, w, h float64, col sheet.RGB) {
	at := func(v float64) int { return int(math.Round(v * dots)) }
	r := image.Rect(at(x), at(y), at(x+w), at(y+h))
	if r.Dy() == 0 { // a hairline is one dot
		r.Max.Y++
	}
	draw.Draw(c.img, r, image.NewUniform(rgba(col)), image.Point{}, draw.Src)
}

// area fills a path. Only the dots around it are touched.
func (c *canvas) area(path []sheet.Segment, col sheet.RGB) {
	minX, minY, maxX, maxY := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	grow := func(x, y float64) {
		minX, maxX = min(minX, x), max(maxX, x)
		minY, maxY = min(minY, y), max(maxY, y)
	}
	for _, s := range path {
		if s.Op == 'h' {
			continue
		}
		grow(s.X, s.Y)
		if s.Op == 'c' {
			grow(s.X1, s.Y1)
			grow(s.X2, s.Y2)
		}
	}
	if minX > maxX {
		return
	}
	box := image.Rect(int(math.Floor(minX*dots)), int(math.Floor(minY*dots)), int(math.Ceil(maxX*dots))+1, int(math.Ceil(maxY*dots))+1)
	box = box.Intersect(image.Rect(-Width, -Height, 2*Width, 2*Height)) // far outside is nothing to draw
	if box.Empty() || !box.Overlaps(c.img.Rect) {
		return
	}
	c.vec.Reset(box.Dx(), box.Dy())
	pt := func(x, y float64) (float32, float32) {
		return float32(x*dots - float64(box.Min.X)), float32(y*dots - float64(box.Min.Y))
	}
	for _, s := range path {
		x, y := pt(s.X, s.Y)
		switch s.Op {
		case 'm':
			c.vec.MoveTo(x, y)
		case 'l':
			c.vec.LineTo(x, y)
		case 'c':
			x1, y1 := pt(s.X1, s.Y1)
			x2, y2 := pt(s.X2, s.Y2)
			c.vec.CubeTo(x1, y1, x2, y2, x, y)
		case 'h':
			c.vec.ClosePath()
		}
	}
	src := image.NewUniform(rgba(col))
	if box.In(c.img.Rect) {
		c.vec.Draw(c.img, box, src, image.Point{})
		return
	}
	// The rasterizer does not clip: shapes over the edge go through a mask.
	mask := image.NewAlpha(image.Rect(0, 0, box.Dx(), box.Dy()))
	c.vec.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	draw.DrawMask(c.img, box, src, image.Point{}, mask, image.Point{}, draw.Over)
}

// segment draws a straight line as the thin rectangle it is.
func (c *canvas) segment(x1, y1, x2, y2, w float64, col sheet.RGB) {
	dx, dy := x2-x1, y2-y1
	n := math.Hypot(dx, dy)
	if n == 0 {
		return
	}
	px, py := -dy/n*w/2, dx/n*w/2
	c.area([]sheet.Segment{
		{Op: 'm', X: x1 + px, Y: y1 + py}, {Op: 'l', X: x2 + px, Y: y2 + py},
		{Op: 'l', X: x2 - px, Y: y2 - py}, {Op: 'l', X: x1 - px, Y: y1 - py}, {Op: 'h'},
	}, col)
}

// stroke draws a path of straight pieces.
func (c *canvas) stroke(it *sheet.Item) {
	var x0, y0, x, y float64
	for _, s := range it.Path {
		switch s.Op {
		case 'm':
			x0, y0 = s.X, s.Y
		case 'h':
			c.segment(x, y, x0, y0, it.Size, it.Color)
			continue
		default:
			c.segment(x, y, s.X, s.Y, it.Size, it.Color)
		}
		x, y = s.X, s.Y
	}
}

// matrix draws the QR code in whole dots, so that every module is sharp; the
// rest of the square stays white around it.
func (c *canvas) matrix(it *sheet.Item) {
	n := len(it.Bits)
	m := int(it.W*dots) / n
	if m < 1 {
		m = 1
	}
	off := (int(it.W*dots) - m*n) / 2
	x0, y0 := int(it.X*dots)+off, int(it.Y*dots)+off
	src := image.NewUniform(rgba(it.Color))
	for y, row := range it.Bits {
		for x, on := range row {
			if on {
				r := image.Rect(x0+x*m, y0+y*m, x0+(x+1)*m, y0+(y+1)*m)
				draw.Draw(c.img, r, src, image.Point{}, draw.Src)
			}
		}
	}
}

// panel is the drawn cover: a warm red ground that grows darker downwards, fine
// engraved curves, and a star.
func (c *canvas) panel() {
	hgt := int(coverHeight * dots)
	for y := range hgt {
		t := y * 256 / hgt
		mix := func(a, b uint8) uint8 { return uint8((int(a)*(256-t) + int(b)*t) / 256) }
		col := sheet.RGB{R: mix(bright.R, deep.R), G: mix(bright.G, deep.G), B: mix(bright.B, deep.B)}
		draw.Draw(c.img, image.Rect(0, y, Width, y+1), image.NewUniform(rgba(col)), image.Point{}, draw.Src)
	}
	const cx, cy, curves, steps = 54.0, 31.0, 18, 360
	line := sheet.RGB{R: 196, G: 84, B: 62}
	for k := range curves {
		phase := float64(k) * 2 * math.Pi / curves / 9
		var px, py float64
		for i := range steps + 1 {
			a := float64(i) * 2 * math.Pi / steps
			r := 24 + 9*math.Cos(9*(a+phase)) + 2.6*math.Cos(27*(a-phase))
			x, y := cx+2.1*r*math.Cos(a), cy+r*math.Sin(a)
			if i > 0 && y < coverHeight && py < coverHeight {
				c.segment(px, py, x, y, 0.07, line)
			}
			px, py = x, y
		}
	}
	c.area(sheet.Circle(cx, cy, 15.2), gold)
	c.area(sheet.Circle(cx, cy, 14.6), deep)
	c.area(sheet.Star(cx, cy+0.6, 10), gold)
}
