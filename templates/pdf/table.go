package pdf

import "care/templates/pdf/sheet"

// column is one column of a table.
type column struct {
	head  string
	width float64 // mm
	align sheet.Align
	face  sheet.Face
}

// table lays rows out over pages.
type table struct {
	cols   []column
	x      float64
	row    float64 // least height of a row
	size   float64
	accent sheet.RGB
	ground sheet.RGB
}

const headHeight = 9.0

func (t table) width() (w float64) {
	for _, c := range t.cols {
		w += c.width
	}
	return w
}

// heads draws the printed head of the table with its upper edge at y.
func (t table) heads(p *sheet.Page, y float64) {
	p.Color(t.ground)
	p.Fill(sheet.Box{X: t.x, Y: y, W: t.width(), H: headHeight})
	p.Color(t.accent)
	p.Line(t.x, y, t.x+t.width(), y, 0.45)
	p.Line(t.x, y+headHeight, t.x+t.width(), y+headHeight, 0.2)
	x := t.x
	for _, c := range t.cols {
		p.Fit(sheet.Box{X: x + 1, Y: y, W: c.width - 2, H: headHeight}, sheet.Style{Face: sheet.Bold, Size: 9.5, Min: 6, Align: sheet.Middle}, c.head)
		x += c.width
	}
}

// height is how high a row must be: the text at its normal size on at most
// four lines; more is made smaller by Fit.
func (t table) height(p *sheet.Page, cells []string) float64 {
	h := t.row
	for i, c := range t.cols {
		if i >= len(cells) || cells[i] == "" {
			continue
		}
		if p.Fonts.Width(c.face, t.size-2.5, cells[i]) > c.width-3 { // else one line, a little smaller
			st := sheet.Style{Face: c.face, Lead: 1.2}
			most := sheet.Em(t.size) * 4.7
			if p.Fonts.Width(c.face, t.size, cells[i]) < 5*c.width {
				most = min(most, p.Height(c.width-3, st, t.size, sheet.Clean(cells[i])))
			}
			h = max(h, most+2.4)
		}
	}
	return h
}

// line draws one row with its upper edge at y and a hairline below.
func (t table) line(p *sheet.Page, y, h float64, cells []string) {
	x := t.x
	p.Color(ink)
	for i, c := range t.cols {
		if i < len(cells) {
			b := sheet.Box{X: x + 1.5, Y: y + 0.6, W: c.width - 3, H: h - 1.2}
			p.Fit(b, sheet.Style{Face: c.face, Size: t.size, Min: t.size - 2.5, Lines: 4, Lead: 1.2, Align: c.align}, cells[i])
		}
		x += c.width
	}
	p.Color(hair)
	p.Line(t.x, y+h, t.x+t.width(), y+h, 0.15)
}

// part is the rows of one page: [from, to).
type part struct{ from, to int }

// span is the room for rows on a page.
type span struct{ top, bottom float64 }

// paginate divides rows over pages: first is the room on the first page, next on
// the following ones, and last is where rows must end on the page that also
// carries the closing words. At least one part comes back, and the last page is
// never without a row when there are rows, provided a row fits beside them.
func (t table) paginate(p *sheet.Page, rows [][]string, first, next span, last float64) []part {
	heights := make([]float64, len(rows))
	for i, r := range rows {
		heights[i] = t.height(p, r)
	}
	fit := func(from int, top, bottom float64) int {
		for from < len(rows) && top+heights[from] <= bottom+1e-6 {
			top += heights[from]
			from++
		}
		return from
	}
	var parts []part
	room, from := first, 0
	for {
		if to := fit(from, room.top, last); to == len(rows) {
			return append(parts, part{from, to})
		}
		to := fit(from, room.top, room.bottom)
		if to == len(rows) {
			to = max(to-3, from+1) // the closing words do not fit below: take rows along with them
		}
		to = min(max(to, from+1), len(rows)-1)
		parts = append(parts, part{from, to})
		room, from = next, to
	}
}

// fill draws the rows of a part from y on and returns where they end.
func (t table) fill(p *sheet.Page, rows [][]string, x part, y float64) float64 {
	for _, r := range rows[x.from:x.to] {
		h := t.height(p, r)
		t.line(p, y, h, r)
		y += h
	}
	t.close(p, y)
	return y
}

// close draws the heavy line below the last row.
func (t table) close(p *sheet.Page, y float64) {
	p.Color(t.accent)
	p.Line(t.x, y, t.x+t.width(), y, 0.45)
}
