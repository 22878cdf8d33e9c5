package pdf

import (
	"math"

	"care/templates/pdf/sheet"
)

// Characters nearly every paper about money needs.
const (
	figures  = "0123456789,.-:/¥"
	capitals = "人民币零壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整"
	latin    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	dates    = "年月日"
)

const (
	a5w, a5h = 210.0, 148.0 // A5 lying
	a4w, a4h = 210.0, 297.0 // A4 standing
)

// watermark writes 演示 across the sheet, pale enough to read through. It is
// drawn as outlines, so that a search finds the data and not the mark.
func watermark(p *sheet.Page, size float64) {
	const angle = -24 * math.Pi / 180
	sin, cos := math.Sin(angle), math.Cos(angle)
	var path []sheet.Segment
	for i, r := range []rune("演示") {
		x := (float64(i) - 1) * size * 1.5
		if i == 1 {
			x += size*0.5 - size*0.25
		} else {
			x += size * 0.25
		}
		y := size * 0.38
		path = p.Fonts.Glyph(path, sheet.Bold, r, [6]float64{
			size * cos, size * sin, -size * sin, size * cos,
			p.W/2 + x*cos - y*sin, p.H/2 + x*sin + y*cos,
		})
	}
	p.Color(faint)
	p.Area(path)
}

// hand sets the name of a person who acted, where a form has little room: long
// names take several small lines.
var hand = sheet.Style{Face: sheet.Serif, Size: 10.5, Min: 5, Lines: 3, Lead: 1.1}

// demoWords stand on every paper of the demonstration, where a search finds them.
const demoWords = "演示数据，不具效力"

// mark is a small framed word, as a rubber stamp leaves it: 补打, 红冲.
func mark(p *sheet.Page, c sheet.RGB, right, y float64, word string) {
	const size = 9.0
	w := p.Fonts.Width(sheet.Bold, size, word) + 4
	p.Color(c)
	p.Frame(sheet.Box{X: right - w, Y: y, W: w, H: 5.6}, 0.35)
	p.Text(sheet.Bold, size, right-w+2, y+2.8+0.38*sheet.Em(size), word)
}

// pair is one cell of a form: a printed label and the place of its value.
type pair struct {
	label string
	box   sheet.Box // the whole cell; the label takes the first labelWidth
}

// cell is the label and the width of one cell of a row.
type cell struct {
	label string
	width float64
}

// row makes cells side by side from x on.
func row(x, y, h float64, list ...cell) (out []pair) {
	for _, c := range list {
		out = append(out, pair{c.label, sheet.Box{X: x, Y: y, W: c.width, H: h}})
		x += c.width
	}
	return out
}

const labelWidth = 25.0

// value is where the data of the cell goes.
func (c pair) value() sheet.Box {
	return sheet.Box{X: c.box.X + labelWidth + 2.5, Y: c.box.Y + 0.7, W: c.box.W - labelWidth - 4.5, H: c.box.H - 1.4}
}

// cells draws the printed part of a form of pairs: labels on a pale ground,
// hairlines between, a heavier line around.
func cells(p *sheet.Page, accent, ground sheet.RGB, outer sheet.Box, list []pair) {
	p.Color(ground)
	for _, c := range list {
		p.Fill(sheet.Box{X: c.box.X, Y: c.box.Y, W: labelWidth, H: c.box.H})
	}
	p.Color(accent)
	for _, c := range list {
		if c.box.Y > outer.Y+0.01 {
			p.Line(c.box.X, c.box.Y, c.box.X+c.box.W, c.box.Y, 0.15)
		}
		if c.box.X > outer.X+0.01 {
			p.Line(c.box.X, c.box.Y, c.box.X, c.box.Y+c.box.H, 0.15)
		}
		label(p, c.box, 9.5, c.label)
	}
	p.Frame(outer, 0.45)
}

// label sets the printed word of a cell, its characters spread over four em so
// that words of two, three and four characters align.
func label(p *sheet.Page, cell sheet.Box, size float64, word string) {
	rs := []rune(word)
	y := cell.Y + cell.H/2 + 0.38*sheet.Em(size)
	gap := 0.0
	if n := len(rs); n > 1 && n < 4 {
		gap = float64(4-n) * sheet.Em(size) / float64(n-1)
	}
	if len(rs) > 5 {
		p.Fit(sheet.Box{X: cell.X + 1, Y: cell.Y, W: labelWidth - 2, H: cell.H}, sheet.Style{Face: sheet.Serif, Size: size, Min: 7, Align: sheet.Middle, Lines: 2, Lead: 1.2}, word)
		return
	}
	p.Spaced(sheet.Serif, size, cell.X+labelWidth/2, y, gap, word)
}

// title writes the name of the paper with a double rule below, and returns the
// y of the lower rule.
func title(p *sheet.Page, accent sheet.RGB, y, size, gap float64, text string) float64 {
	p.Color(accent)
	w := p.Spaced(sheet.Bold, size, p.W/2, y, gap, text)
	y += 3.6
	p.Line(p.W/2-w/2-7, y, p.W/2+w/2+7, y, 0.45)
	p.Line(p.W/2-w/2-7, y+0.95, p.W/2+w/2+7, y+0.95, 0.15)
	return y + 0.95
}

// pages writes 第 1 页 共 3 页 at the foot of every page, when there are several.
func pageNumbers(d *drawer) {
	d.number(func(p *sheet.Page, i, n int) {
		p.Color(soft)
		p.Center(sheet.Serif, 8, p.W/2, p.H-9, "第 "+itoa(i)+" 页　共 "+itoa(n)+" 页")
	})
}

// prose sets a long text over as many pages as it needs: from y on page p down
// to bottom, then on further pages, which next begins and whose first baseline
// room starts at the y it returns. It gives back where it ended.
func prose(p *sheet.Page, x, w, y, bottom float64, st sheet.Style, text string, next func() (*sheet.Page, float64)) (*sheet.Page, float64) {
	em := sheet.Em(st.Size)
	for _, r := range p.Wrap(st, st.Size, w, sheet.Clean(text)) {
		if y+em > bottom {
			p, y = next()
		}
		p.Set(sheet.Box{X: x, Y: y, W: w, H: em}, st, st.Size, y+0.88*em, r)
		y += st.Lead * em
	}
	return p, y
}
