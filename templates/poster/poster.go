// Package poster draws the picture that people share of a campaign or an
// article: 1080 × 1440 dots with a QR code, in the type of the papers. It is
// pure Go and pure: a struct in, the bytes of a PNG out, the same for the same
// struct.
package poster

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // covers come as JPEG or PNG
	"image/png"
	"slices"

	"golang.org/x/image/draw"
	"rsc.io/qr"

	"care/server/money"
	"care/templates/pdf"
	"care/templates/pdf/sheet"
)

// Width and Height are the size in dots.
const (
	Width  = 1080
	Height = 1440
)

// The sheet is laid out in millimetres, ten dots each.
const (
	dots = 10
	w, h = Width / dots, Height / dots
)

// Poster is the picture of a campaign or an article.
type Poster struct {
	// Org is who publishes it.
	Org string `json:"org"`
	// Kicker is the short line above the title, e.g. 困难退役军人帮扶.
	Kicker string `json:"kicker,omitempty"`
	Title  string `json:"title"`
	// Lead is a sentence or two below the title.
	Lead string `json:"lead,omitempty"`
	// Cover is a JPEG or PNG for the upper part; without one it is drawn.
	Cover []byte `json:"cover,omitempty"`
	// GoalFen, RaisedFen and Gifts make the progress of a campaign; a GoalFen of
	// zero leaves it out.
	GoalFen   money.Fen `json:"goalFen,omitempty"`
	RaisedFen money.Fen `json:"raisedFen,omitempty"`
	Gifts     int       `json:"gifts,omitempty"`
	// Filing is the record number of a public fundraising (慈善法 article 24 wants
	// it shown), or any other small line.
	Filing string `json:"filing,omitempty"`
	// URL is in the QR code, Hint beside it, e.g. 扫码了解和捐赠.
	URL  string `json:"url"`
	Hint string `json:"hint,omitempty"`
	Demo bool   `json:"demo,omitempty"`
}

// MaxCover is the most dots a cover may have: a bigger file is refused before it
// is unpacked.
const MaxCover = 50_000_000

// ErrCover says that the cover is no JPEG or PNG, or too large.
var ErrCover = errors.New("poster: the cover is no usable JPEG or PNG")

// ErrURL says that the address is empty or too long for a QR code.
var ErrURL = errors.New("poster: the address does not fit a QR code")

var (
	paper  = sheet.RGB{R: 255, G: 252, B: 246}
	ink    = sheet.RGB{R: 33, G: 28, B: 26}
	soft   = sheet.RGB{R: 112, G: 104, B: 97}
	deep   = sheet.RGB{R: 134, G: 28, B: 26}
	bright = sheet.RGB{R: 176, G: 44, B: 34}
	gold   = sheet.RGB{R: 224, G: 190, B: 120}
	rail   = sheet.RGB{R: 238, G: 229, B: 216}
	white  = sheet.RGB{R: 255, G: 255, B: 255}
)

const coverHeight = 62.0 // mm

// Render draws the picture. Its errors are ErrCover, ErrURL, and the
// *pdf.MissingError and *pdf.LongError of the papers.
func (p Poster) Render(e *pdf.Engine) ([]byte, error) {
	code, err := qr.Encode(p.URL, qr.M)
	if err != nil || p.URL == "" {
		return nil, ErrURL
	}
	c := newCanvas(e.Fonts())
	if len(p.Cover) > 0 {
		if err := c.cover(p.Cover); err != nil {
			return nil, err
		}
	} else {
		c.panel()
	}
	page := &sheet.Page{W: w, H: h, Fonts: e.Fonts()}
	p.lay(page, code)
	if page.Long != "" {
		return nil, &pdf.LongError{Text: page.Long}
	}
	if rs := c.page(page); len(rs) > 0 {
		return nil, &pdf.MissingError{Runes: rs}
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, c.img); err != nil {
		return nil, fmt.Errorf("poster: %w", err)
	}
	return out.Bytes(), nil
}

// lay puts everything but the cover on the page.
func (p Poster) lay(page *sheet.Page, code *qr.Code) {
	const left, width = 9.0, w - 18.0
	page.Color(paper)
	page.Fill(sheet.Box{X: 0, Y: coverHeight, W: w, H: h - coverHeight})
	page.Color(gold)
	page.Fill(sheet.Box{X: 0, Y: coverHeight, W: w, H: 0.5})
	page.Color(bright)
	page.Fit(sheet.Box{X: left, Y: coverHeight + 4.5, W: width, H: 4.6}, sheet.Style{Face: sheet.Bold, Size: 9.5, Min: 6}, p.Kicker)
	page.Color(ink)
	_, used := page.Fit(sheet.Box{X: left, Y: coverHeight + 10.5, W: width, H: 21}, sheet.Style{Face: sheet.Bold, Size: 23, Min: 13, Lines: 2, Lead: 1.25, Top: true}, p.Title)
	page.Color(soft)
	top := coverHeight + 10.5 + used + 3.4
	bottom, size := 118.0, 12.0
	if p.GoalFen > 0 {
		bottom, size = 103, 10.5
	}
	page.Fit(sheet.Box{X: left, Y: top, W: width, H: bottom - top}, sheet.Style{Face: sheet.Serif, Size: size, Min: 7, Lines: 5, Lead: 1.55, Align: sheet.Justify, Top: true}, p.Lead)
	if p.GoalFen > 0 {
		p.progress(page, left, 105, width)
	}
	page.Color(rail)
	page.Fill(sheet.Box{X: left, Y: 120.5, W: width, H: 0.15})
	const side = 17.5
	x := left + width - side
	page.Color(white)
	page.Fill(sheet.Box{X: x - 1, Y: 122.4, W: side + 2, H: side + 2})
	page.Color(ink)
	bits := make([][]bool, code.Size)
	for y := range bits {
		bits[y] = make([]bool, code.Size)
		for i := range bits[y] {
			bits[y][i] = code.Black(i, y)
		}
	}
	page.Code(x, 123.4, side, bits)
	room := width - side - 5
	page.Fit(sheet.Box{X: left, Y: 123.6, W: room, H: 6}, sheet.Style{Face: sheet.Bold, Size: 12.5, Min: 7}, p.Org)
	page.Color(bright)
	page.Fit(sheet.Box{X: left, Y: 130.2, W: room, H: 4.6}, sheet.Style{Face: sheet.Serif, Size: 9.5, Min: 6}, p.Hint)
	page.Color(soft)
	small := p.Filing
	if p.Demo {
		small = "演示数据　" + small
	}
	page.Fit(sheet.Box{X: left, Y: 135.6, W: room, H: 5.4}, sheet.Style{Face: sheet.Serif, Size: 7, Min: 5, Lines: 2, Lead: 1.2}, small)
}

// progress draws the bar and the three figures of a campaign.
func (p Poster) progress(page *sheet.Page, x, y, width float64) {
	part := share(p.RaisedFen, p.GoalFen)
	page.Color(rail)
	pill(page, x, y, width, 2.2)
	if part > 0 {
		page.Color(bright)
		pill(page, x, y, max(2.2, width*float64(part)/1000), 2.2)
	}
	for i, f := range []struct{ label, value string }{
		{"已筹", p.RaisedFen.Yuan()}, {"目标", p.GoalFen.Yuan()}, {"爱心人次", fmt.Sprint(p.Gifts)},
	} {
		from, part := []float64{0, 0.41, 0.79}[i], []float64{0.39, 0.36, 0.21}[i]
		b := sheet.Box{X: x + from*width, Y: y + 3.6, W: part * width, H: 6}
		align := []sheet.Align{sheet.Left, sheet.Left, sheet.End}[i]
		page.Color(ink)
		page.Fit(b, sheet.Style{Face: sheet.Bold, Size: 13, Min: 5, Align: align}, f.value)
		page.Color(soft)
		page.Fit(sheet.Box{X: b.X, Y: y + 9.4, W: b.W, H: 3.6}, sheet.Style{Face: sheet.Serif, Size: 7.5, Align: align}, f.label)
	}
}

// share is the part of the goal in thousandths, from 0 to 1000, without floats
// beside money.
func share(raised, goal money.Fen) int {
	switch {
	case raised <= 0 || goal <= 0:
		return 0
	case raised >= goal:
		return 1000
	case goal > 1_000_000_000_000_000: // keep the product inside 64 bits
		return int(raised / (goal / 1000))
	}
	return int(raised * 1000 / goal)
}

// pill fills a bar with round ends.
func pill(page *sheet.Page, x, y, w, h float64) {
	r := h / 2
	k := r * 0.5522847498307936
	page.Area([]sheet.Segment{
		{Op: 'm', X: x + r, Y: y}, {Op: 'l', X: x + w - r, Y: y},
		{Op: 'c', X1: x + w - r + k, Y1: y, X2: x + w, Y2: y + r - k, X: x + w, Y: y + r},
		{Op: 'c', X1: x + w, Y1: y + r + k, X2: x + w - r + k, Y2: y + h, X: x + w - r, Y: y + h},
		{Op: 'l', X: x + r, Y: y + h},
		{Op: 'c', X1: x + r - k, Y1: y + h, X2: x, Y2: y + r + k, X: x, Y: y + r},
		{Op: 'c', X1: x, Y1: y + r - k, X2: x + r - k, Y2: y, X: x + r, Y: y},
		{Op: 'h'},
	})
}

// cover scales a photograph so that it fills the upper part, cut evenly.
func (c *canvas) cover(data []byte) error {
	conf, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || conf.Width < 1 || conf.Height < 1 || conf.Width > MaxCover/conf.Height {
		return ErrCover
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return ErrCover
	}
	const cw, ch = Width, int(coverHeight * dots)
	b := img.Bounds()
	src := b
	if b.Dx()*ch > b.Dy()*cw { // too wide: cut left and right
		n := max(1, b.Dy()*cw/ch)
		src.Min.X += (b.Dx() - n) / 2
		src.Max.X = src.Min.X + n
	} else {
		n := max(1, b.Dx()*ch/cw)
		src.Min.Y += (b.Dy() - n) / 2
		src.Max.Y = src.Min.Y + n
	}
	draw.CatmullRom.Scale(c.img, image.Rect(0, 0, cw, ch), img, src, draw.Src, nil)
	return nil
}

func appendOnce(rs []rune, r rune) []rune {
	if slices.Contains(rs, r) {
		return rs
	}
	return append(rs, r)
}
