package ttf

// Segment is one piece of a contour in font units, y upwards.
type Segment struct {
	// Op is 'm' (move), 'l' (line), 'q' (quadratic curve) or 'h' (close).
	Op byte
	// X, Y is where the piece ends; CX, CY is the control point of a 'q'.
	X, Y, CX, CY float64
}

// Outline returns the contours of glyph g, nil for an empty glyph.
func (f *Font) Outline(g uint16) []Segment {
	return f.outline(nil, g, [6]float64{1, 0, 0, 1, 0, 0}, 0)
}

type point struct {
	x, y float64
	on   bool
}

func (f *Font) outline(out []Segment, g uint16, m [6]float64, depth int) []Segment {
	d := f.data(g)
	if d == nil || depth > 6 {
		return out
	}
	if composite(d) {
		return f.composed(out, d, m, depth)
	}
	points, ends := simple(d)
	for i, p := range points {
		points[i].x, points[i].y = m[0]*p.x+m[2]*p.y+m[4], m[1]*p.x+m[3]*p.y+m[5]
	}
	start := 0
	for _, e := range ends {
		if c := points[start : e+1]; len(c) > 1 {
			out = contour(out, c)
		}
		start = e + 1
	}
	return out
}

func (f *Font) composed(out []Segment, d []byte, m [6]float64, depth int) []Segment {
	for p := 10; p+6 <= len(d); {
		flags, g := be.Uint16(d[p:]), be.Uint16(d[p+2:])
		p += 4
		var dx, dy float64
		if flags&argWords != 0 {
			dx, dy = float64(int16(be.Uint16(d[p:]))), float64(int16(be.Uint16(d[p+2:])))
			p += 4
		} else {
			dx, dy = float64(int8(d[p])), float64(int8(d[p+1]))
			p += 2
		}
		a, b, c, e := 1.0, 0.0, 0.0, 1.0
		f2 := func(o int) float64 { return float64(int16(be.Uint16(d[o:]))) / 16384 }
		switch {
		case flags&oneScale != 0:
			a = f2(p)
			e = a
			p += 2
		case flags&xyScale != 0:
			a, e = f2(p), f2(p+2)
			p += 4
		case flags&matrix != 0:
			a, b, c, e = f2(p), f2(p+2), f2(p+4), f2(p+6)
			p += 8
		}
		out = f.outline(out, g, [6]float64{
			m[0]*a + m[2]*b, m[1]*a + m[3]*b, m[0]*c + m[2]*e, m[1]*c + m[3]*e,
			m[0]*dx + m[2]*dy + m[4], m[1]*dx + m[3]*dy + m[5],
		}, depth+1)
		if flags&more == 0 {
			break
		}
	}
	return out
}

// simple decodes the points of a simple glyph and the last point of each contour.
func simple(d []byte) ([]point, []int) {
	n := int(int16(be.Uint16(d)))
	if n <= 0 {
		return nil, nil
	}
	ends := make([]int, n)
	for i := range ends {
		ends[i] = int(be.Uint16(d[10+2*i:]))
	}
	np := ends[n-1] + 1
	p := 10 + 2*n
	p += 2 + int(be.Uint16(d[p:]))
	flags := make([]byte, 0, np)
	for len(flags) < np {
		b := d[p]
		p++
		flags = append(flags, b)
		if b&8 != 0 {
			for k := d[p]; k > 0; k-- {
				flags = append(flags, b)
			}
			p++
		}
	}
	points := make([]point, np)
	axis := func(short, same byte, set func(i int, v float64)) {
		v := 0
		for i := range np {
			switch fl := flags[i]; {
			case fl&short != 0 && fl&same != 0:
				v += int(d[p])
				p++
			case fl&short != 0:
				v -= int(d[p])
				p++
			case fl&same == 0:
				v += int(int16(be.Uint16(d[p:])))
				p += 2
			}
			set(i, float64(v))
		}
	}
	axis(2, 16, func(i int, v float64) { points[i].x, points[i].on = v, flags[i]&1 != 0 })
	axis(4, 32, func(i int, v float64) { points[i].y = v })
	return points, ends
}

// contour turns one closed ring of on- and off-curve points into segments.
func contour(out []Segment, c []point) []Segment {
	mid := func(a, b point) point { return point{(a.x + b.x) / 2, (a.y + b.y) / 2, true} }
	var first point
	switch {
	case c[0].on:
		first, c = c[0], c[1:]
	case c[len(c)-1].on:
		first, c = c[len(c)-1], c[:len(c)-1]
	default:
		first = mid(c[0], c[len(c)-1])
	}
	out = append(out, Segment{Op: 'm', X: first.x, Y: first.y})
	var ctl point
	curved := false
	for _, q := range c {
		switch {
		case q.on && curved:
			out = append(out, Segment{Op: 'q', CX: ctl.x, CY: ctl.y, X: q.x, Y: q.y})
			curved = false
		case q.on:
			out = append(out, Segment{Op: 'l', X: q.x, Y: q.y})
		case curved:
			h := mid(ctl, q)
			out = append(out, Segment{Op: 'q', CX: ctl.x, CY: ctl.y, X: h.x, Y: h.y})
			ctl = q
		default:
			ctl, curved = q, true
		}
	}
	if curved {
		out = append(out, Segment{Op: 'q', CX: ctl.x, CY: ctl.y, X: first.x, Y: first.y})
	}
	return append(out, Segment{Op: 'h'})
}
