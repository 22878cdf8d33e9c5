package pdf

import (
	"math"

	"care/templates/pdf/sheet"
)

var (
	cream   = sheet.RGB{R: 255, G: 253, B: 247}
	paleSun = sheet.RGB{R: 244, G: 234, B: 212}
	goldLt  = sheet.RGB{R: 206, G: 176, B: 112}
	crimson = sheet.RGB{R: 170, G: 26, B: 32}
)

// guilloche draws a rosette of fine curves round cx, cy, as engraved papers have.
func guilloche(p *sheet.Page, cx, cy, scale float64) {
	const curves, steps = 14, 300
	for k := range curves {
		phase := float64(k) * 2 * math.Pi / curves / 9
		path := make([]sheet.Segment, 0, steps+1)
		for i := range steps {
			t := float64(i) * 2 * math.Pi / steps
			r := scale * (44 + 17*math.Cos(9*(t+phase)) + 5*math.Cos(27*(t-phase)))
			op := byte('l')
			if i == 0 {
				op = 'm'
			}
			path = append(path, sheet.Segment{Op: op, X: cx + 1.35*r*math.Cos(t), Y: cy + r*math.Sin(t)})
		}
		p.Stroke(append(path, sheet.Segment{Op: 'h'}), 0.12)
	}
}

// fret appends one unit of the meander pattern 回纹 in a square of side u at x, y.
func fret(path []sheet.Segment, x, y, u float64, mirror bool) []sheet.Segment {
	for i, q := range [...][2]float64{{0, 1}, {0, 0}, {1, 0}, {1, .78}, {.28, .78}, {.28, .3}, {.72, .3}, {.72, .54}, {.52, .54}} {
		if mirror {
			q[0] = 1 - q[0]
		}
		op := byte('l')
		if i == 0 {
			op = 'm'
		}
		path = append(path, sheet.Segment{Op: op, X: x + q[0]*u, Y: y + q[1]*u})
	}
	return path
}

// turn rotates a path by quarters of a circle, clockwise.
func turn(path []sheet.Segment, cx, cy float64, quarters int) []sheet.Segment {
	return sheet.Map(path, func(x, y float64) (float64, float64) {
		x, y = x-cx, y-cy
		for range quarters {
			x, y = -y, x
		}
		return x + cx, y + cy
	})
}

// border draws the frame of a certificate: rule, band of meander with stars in
// the corners, and an inner line whose corners are cut in quarter circles.
func border(p *sheet.Page) {
	w, h := p.W, p.H
	p.Color(gold)
	inset := func(m, lw float64) { p.Frame(sheet.Box{X: m, Y: m, W: w - 2*m, H: h - 2*m}, lw) }
	inset(7, 1.1)
	inset(9, 0.3)
	const m, u = 10.6, 5.0
	var path []sheet.Segment
	nx := math.Floor((w - 2*m - 2*u) / (u * 1.18))
	sx := (w - 2*m - 2*u) / nx
	ny := math.Floor((h - 2*m - 2*u) / (u * 1.18))
	sy := (h - 2*m - 2*u) / ny
	for i := range int(nx) {
		x := m + u + float64(i)*sx + (sx-u)/2
		path = fret(path, x, m, u, i%2 == 1)
		path = append(path, turn(fret(nil, x, h-m-u, u, i%2 == 1), x+u/2, h-m-u/2, 2)...)
	}
	for i := range int(ny) {
		y := m + u + float64(i)*sy + (sy-u)/2
		path = append(path, turn(fret(nil, m, y, u, i%2 == 1), m+u/2, y+u/2, 3)...)
		path = append(path, turn(fret(nil, w-m-u, y, u, i%2 == 1), w-m-u/2, y+u/2, 1)...)
	}
	p.Stroke(path, 0.42)
	for _, c := range [][2]float64{{m, m}, {w - m - u, m}, {m, h - m - u}, {w - m - u, h - m - u}} {
		p.Area(sheet.Star(c[0]+u/2, c[1]+u/2, u*0.42))
		p.Frame(sheet.Box{X: c[0], Y: c[1], W: u, H: u}, 0.42)
	}
	inset(m+u+1.6, 0.3)
	p.Color(goldLt)
	notched(p, m+u+5, 9, 0.35)
	notched(p, m+u+6.2, 9, 0.15)
	p.Color(gold)
	for _, c := range [][2]float64{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
		d := m + u + 7.6
		p.Area(sheet.Diamond(d+c[0]*(w-2*d), d+c[1]*(h-2*d), 1.5))
	}
}

// notched draws a frame m from the edge whose corners are quarter circles of
// radius r curving inward.
func notched(p *sheet.Page, m, r, lw float64) {
	w, h := p.W, p.H
	k := r * 0.5522847498307936
	p.Stroke([]sheet.Segment{
		{Op: 'm', X: m + r, Y: m}, {Op: 'l', X: w - m - r, Y: m},
		{Op: 'c', X1: w - m - r, Y1: m + k, X2: w - m - k, Y2: m + r, X: w - m, Y: m + r},
		{Op: 'l', X: w - m, Y: h - m - r},
		{Op: 'c', X1: w - m - k, Y1: h - m - r, X2: w - m - r, Y2: h - m - k, X: w - m - r, Y: h - m},
		{Op: 'l', X: m + r, Y: h - m},
		{Op: 'c', X1: m + r, Y1: h - m - k, X2: m + k, Y2: h - m - r, X: m, Y: h - m - r},
		{Op: 'l', X: m, Y: m + r},
		{Op: 'c', X1: m + k, Y1: m + r, X2: m + r, Y2: m + k, X: m + r, Y: m},
		{Op: 'h'},
	}, lw)
}
