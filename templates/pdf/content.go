package pdf

import (
	"math"
	"strconv"

	"care/templates/pdf/sheet"
)

const pointsPerMM = 72 / 25.4

// number appends v with at most two decimals, always with a point.
func number(b []byte, v float64) []byte {
	n := int64(math.Round(v * 100))
	if n < 0 {
		b = append(b, '-')
		n = -n
	}
	b = strconv.AppendInt(b, n/100, 10)
	if f := n % 100; f != 0 {
		b = append(b, '.', byte('0'+f/10))
		if f%10 != 0 {
			b = append(b, byte('0'+f%10))
		}
	}
	return b
}

// content writes the marks of a page as PDF operators.
type content struct {
	b       []byte
	height  float64  // of the page, mm
	form    *fontSet // frozen characters of the printed form, may be nil
	doc     *fontSet // characters of the document; in a form: where new ones go
	missing []rune

	fill, stroke       sheet.RGB
	hasFill, hasStroke bool
	width              float64
	spacing            float64
	font               string
	size               float64
	line               []byte // bytes of the string being built
}

// start makes the writer ready for another page.
func (c *content) start(height float64, form, doc *fontSet) {
	*c = content{b: c.b[:0], line: c.line[:0], missing: c.missing[:0], height: height, form: form, doc: doc, width: -1}
}

// zoom makes everything that follows z times as large.
func (c *content) zoom(z float64) {
	if z == 1 {
		return
	}
	c.b = strconv.AppendFloat(c.b, z, 'f', 5, 64)
	c.b = append(c.b, " 0 0 "...)
	c.b = strconv.AppendFloat(c.b, z, 'f', 5, 64)
	c.b = append(c.b, " 0 0 cm\n"...)
}

func (c *content) page(p *sheet.Page) {
	for i := range p.Items {
		c.item(&p.Items[i])
	}
}

func (c *content) item(it *sheet.Item) {
	switch it.Kind {
	case sheet.Text:
		c.setFill(it.Color)
		c.text(it)
	case sheet.Line:
		c.setStroke(it.Color, it.Size)
		c.point(it.X, it.Y)
		c.b = append(c.b, "m "...)
		c.point(it.W, it.H)
		c.b = append(c.b, "l S\n"...)
	case sheet.Fill:
		c.setFill(it.Color)
		c.point(it.X, it.Y+it.H)
		c.b = number(c.b, it.W*pointsPerMM)
		c.b = append(c.b, ' ')
		c.b = number(c.b, it.H*pointsPerMM)
		c.b = append(c.b, " re f\n"...)
	case sheet.Path:
		c.path(it)
	case sheet.Matrix:
		c.setFill(it.Color)
		c.matrix(it)
	}
}

func (c *content) point(x, y float64) {
	c.b = number(c.b, x*pointsPerMM)
	c.b = append(c.b, ' ')
	c.b = number(c.b, (c.height-y)*pointsPerMM)
	c.b = append(c.b, ' ')
}

func (c *content) rgb(v sheet.RGB, op string) {
	for _, x := range [3]uint8{v.R, v.G, v.B} {
		switch n := (int(x)*1000 + 127) / 255; n {
		case 0:
			c.b = append(c.b, '0')
		case 1000:
			c.b = append(c.b, '1')
		default:
			c.b = append(c.b, '.', byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
		}
		c.b = append(c.b, ' ')
	}
	c.b = append(c.b, op...)
	c.b = append(c.b, '\n')
}

func (c *content) setFill(v sheet.RGB) {
	if !c.hasFill || c.fill != v {
		c.rgb(v, "rg")
		c.fill, c.hasFill = v, true
	}
}

func (c *content) setStroke(v sheet.RGB, w float64) {
	if !c.hasStroke || c.stroke != v {
		c.rgb(v, "RG")
		c.stroke, c.hasStroke = v, true
	}
	if c.width != w {
		c.b = number(c.b, w*pointsPerMM)
		c.b = append(c.b, " w\n"...)
		c.width = w
	}
}

func (c *content) path(it *sheet.Item) {
	if it.Stroke {
		c.setStroke(it.Color, it.Size)
	} else {
		c.setFill(it.Color)
	}
	for _, s := range it.Path {
		switch s.Op {
		case 'm', 'l':
			c.point(s.X, s.Y)
			c.b = append(c.b, s.Op, ' ')
		case 'c':
			c.point(s.X1, s.Y1)
			c.point(s.X2, s.Y2)
			c.point(s.X, s.Y)
			c.b = append(c.b, "c "...)
		case 'h':
			c.b = append(c.b, "h "...)
		}
	}
	switch {
	case it.Stroke:
		c.b = append(c.b, "S\n"...)
	case it.EvenOdd:
		c.b = append(c.b, "f*\n"...)
	default:
		c.b = append(c.b, "f\n"...)
	}
}

// matrix draws a QR code as one path of horizontal runs in module units, so
// that the numbers are small and no hairline shows between modules.
func (c *content) matrix(it *sheet.Item) {
	n := len(it.Bits)
	m := it.W / float64(n) * pointsPerMM
	c.b = append(c.b, "q "...)
	c.b = strconv.AppendFloat(c.b, m, 'f', 5, 64)
	c.b = append(c.b, " 0 0 "...)
	c.b = strconv.AppendFloat(c.b, -m, 'f', 5, 64)
	c.b = append(c.b, ' ')
	c.point(it.X, it.Y)
	c.b = append(c.b, "cm\n"...)
	for y, row := range it.Bits {
		for x := 0; x < len(row); {
			if !row[x] {
				x++
				continue
			}
			end := x
			for end < len(row) && row[end] {
				end++
			}
			c.b = strconv.AppendInt(c.b, int64(x), 10)
			c.b = append(c.b, ' ')
			c.b = strconv.AppendInt(c.b, int64(y), 10)
			c.b = append(c.b, ' ')
			c.b = strconv.AppendInt(c.b, int64(end-x), 10)
			c.b = append(c.b, " 1 re\n"...)
			x = end
		}
	}
	c.b = append(c.b, "f Q\n"...)
}

// text writes one Text item: a run for each stretch of characters of one font,
// one after the other in a single text object. The pen moves on by the widths
// the fonts declare, so only the first run is placed.
func (c *content) text(it *sheet.Item) {
	fonts := c.doc.fonts
	c.b = append(c.b, "BT "...)
	if c.spacing != it.Spacing {
		c.b = strconv.AppendFloat(c.b, it.Spacing*pointsPerMM, 'f', 4, 64)
		c.b = append(c.b, " Tc "...)
		c.spacing = it.Spacing
	}
	c.point(it.X, it.Y)
	c.b = append(c.b, "Td "...)
	c.line = c.line[:0]
	current := ""
	for _, r := range it.S {
		file, g, ok := fonts.Find(it.Face, r)
		if !ok || r == '\uFFFD' { // also what broken UTF-8 decodes to
			c.missing = append(c.missing, r)
			continue
		}
		set, sl, found := c.form, slot{}, false
		if set != nil {
			sl, found = set.slots[key(file, r)]
		}
		if !found {
			set = c.doc
			if sl, found = set.slots[key(file, r)]; !found {
				sl = set.add(file, r, g)
			}
		}
		if name := set.subs[sl.font].name; name != current {
			c.show()
			current = name
			if c.font != name || c.size != it.Size {
				c.b = append(c.b, '/')
				c.b = append(c.b, name...)
				c.b = append(c.b, ' ')
				c.b = number(c.b, it.Size)
				c.b = append(c.b, " Tf"...)
				c.font, c.size = name, it.Size
			}
		}
		c.line = append(c.line, sl.code)
	}
	c.show()
	c.b = append(c.b, "ET\n"...)
}

func (c *content) show() {
	if len(c.line) == 0 {
		return
	}
	c.b = append(c.b, '(')
	c.b = append(c.b, c.line...)
	c.b = append(c.b, ")Tj "...)
	c.line = c.line[:0]
}
