package main

import (
	"io"
	"time"

	"github.com/go-pdf/fpdf"
	"github.com/signintech/gopdf"

	"care/templates/pdf"
	"care/templates/pdf/sheet"
)

// others draws the receipts with other libraries, from their display lists.
type others struct {
	lists     [][]sheet.Item
	w, h      float64
	face      []byte
	container *gopdf.FontContainer
}

func newOthers(e *pdf.Engine) (*others, error) {
	o := &others{face: pdf.TextFace(), container: &gopdf.FontContainer{}}
	for i := range len(names) {
		forms, data, err := e.Pages(receipt(i))
		if err != nil {
			return nil, err
		}
		o.lists = append(o.lists, append(append([]sheet.Item(nil), forms[0].Items...), data[0].Items...))
		o.w, o.h = data[0].W, data[0].H
	}
	return o, o.container.AddTTFFontData("text", o.face)
}

// fpdf is the plain way: the whole text face given to every document.
func (o *others) fpdf(i int) error {
	p := fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: o.w, Ht: o.h}})
	p.SetCatalogSort(true)
	day := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	p.SetCreationDate(day)
	p.SetModificationDate(day)
	p.SetMargins(0, 0, 0)
	p.SetAutoPageBreak(false, 0)
	p.AddPage()
	p.AddUTF8FontFromBytes("text", "", o.face)
	for _, it := range o.lists[i%len(o.lists)] {
		r, g, b := int(it.Color.R), int(it.Color.G), int(it.Color.B)
		switch it.Kind {
		case sheet.Text:
			p.SetTextColor(r, g, b)
			p.SetFont("text", "", it.Size)
			x := it.X
			if it.Spacing == 0 {
				p.Text(x, it.Y, it.S)
				continue
			}
			for _, c := range it.S {
				p.Text(x, it.Y, string(c))
				x += p.GetStringWidth(string(c)) + it.Spacing
			}
		case sheet.Line:
			p.SetDrawColor(r, g, b)
			p.SetLineWidth(it.Size)
			p.Line(it.X, it.Y, it.W, it.H)
		case sheet.Fill:
			p.SetFillColor(r, g, b)
			p.Rect(it.X, it.Y, it.W, it.H, "F")
		case sheet.Path:
			p.SetFillColor(r, g, b)
			p.SetDrawColor(r, g, b)
			for _, s := range it.Path {
				switch s.Op {
				case 'm':
					p.MoveTo(s.X, s.Y)
				case 'l':
					p.LineTo(s.X, s.Y)
				case 'c':
					p.CurveBezierCubicTo(s.X1, s.Y1, s.X2, s.Y2, s.X, s.Y)
				case 'h':
					p.ClosePath()
				}
			}
			switch {
			case it.Stroke:
				p.SetLineWidth(it.Size)
				p.DrawPath("D")
			case it.EvenOdd:
				p.DrawPath("F*")
			default:
				p.DrawPath("F")
			}
		case sheet.Matrix:
			p.SetFillColor(r, g, b)
			runs(it, func(x, y, w, h float64) { p.Rect(x, y, w, h, "F") })
		}
	}
	return p.Output(io.Discard)
}

// runs calls fn for each horizontal run of dark modules of a QR code.
func runs(it sheet.Item, fn func(x, y, w, h float64)) {
	m := it.W / float64(len(it.Bits))
	for y, row := range it.Bits {
		for x := 0; x < len(row); x++ {
			from := x
			for x < len(row) && row[x] {
				x++
			}
			if x > from {
				fn(it.X+float64(from)*m, it.Y+float64(y)*m, float64(x-from)*m, m)
			}
		}
	}
}

func (o *others) gopdf(i int) error {
	return o.withGopdf(i, func(p *gopdf.GoPdf) error { return p.AddTTFFontData("text", o.face) })
}

// gopdfContainer parses the face only once.
func (o *others) gopdfContainer(i int) error {
	return o.withGopdf(i, func(p *gopdf.GoPdf) error { return p.AddTTFFontFromFontContainer("text", o.container) })
}

func (o *others) withGopdf(i int, font func(*gopdf.GoPdf) error) error {
	const k = 72 / 25.4
	p := &gopdf.GoPdf{}
	p.Start(gopdf.Config{PageSize: gopdf.Rect{W: o.w * k, H: o.h * k}})
	p.AddPage()
	if err := font(p); err != nil {
		return err
	}
	size := 0.0
	text := func(x, y float64, s string) error {
		p.SetXY(x*k, y*k)
		return p.Text(s)
	}
	for _, it := range o.lists[i%len(o.lists)] {
		r, g, b := it.Color.R, it.Color.G, it.Color.B
		switch it.Kind {
		case sheet.Text:
			p.SetTextColor(r, g, b)
			if it.Size != size {
				if err := p.SetFont("text", "", it.Size); err != nil {
					return err
				}
				size = it.Size
			}
			if it.Spacing == 0 {
				if err := text(it.X, it.Y, it.S); err != nil {
					return err
				}
				continue
			}
			x := it.X
			for _, c := range it.S {
				if err := text(x, it.Y, string(c)); err != nil {
					return err
				}
				x += sheet.Em(it.Size) + it.Spacing
			}
		case sheet.Line:
			p.SetStrokeColor(r, g, b)
			p.SetLineWidth(it.Size * k)
			p.Line(it.X*k, it.Y*k, it.W*k, it.H*k)
		case sheet.Fill:
			p.SetFillColor(r, g, b)
			p.RectFromUpperLeftWithStyle(it.X*k, it.Y*k, it.W*k, it.H*k, "F")
		case sheet.Path: // it has no filled Bézier curves; the frame is a polygon
			if it.Stroke {
				p.SetStrokeColor(r, g, b)
				p.SetLineWidth(it.Size * k)
				var pts []gopdf.Point
				for _, s := range it.Path {
					if s.Op != 'h' {
						pts = append(pts, gopdf.Point{X: s.X * k, Y: s.Y * k})
					}
				}
				p.Polygon(pts, "D")
			}
		case sheet.Matrix:
			p.SetFillColor(r, g, b)
			runs(it, func(x, y, w, h float64) { p.RectFromUpperLeftWithStyle(x*k, y*k, w*k, h*k, "F") })
		}
	}
	return p.Write(io.Discard)
}
