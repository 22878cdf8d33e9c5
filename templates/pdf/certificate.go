package pdf

import (
	"strings"

	"care/server/money"
	"care/templates/pdf/sheet"
)

// Certificate thanks a donor: 捐赠证书. It is issued only for money or goods that
// have arrived, never for a pledge. An anonymous donor is 爱心人士.
type Certificate struct {
	Org        Org    `json:"org"`
	Number     string `json:"number"`
	VerifyCode string `json:"verifyCode"`
	VerifyURL  string `json:"verifyURL"`
	Donor      string `json:"donor"`
	// Honorific follows the name, e.g. 先生, 女士; may be empty.
	Honorific string `json:"honorific,omitempty"`
	// AmountFen is the money given, Goods the things, e.g. 棉被120床; one of them
	// or both.
	AmountFen money.Fen `json:"amountFen,omitempty"`
	Goods     string    `json:"goods,omitempty"`
	Project   string    `json:"project"`
	// Words replaces the sentence of thanks.
	Words    string `json:"words,omitempty"`
	IssuedOn Day    `json:"issuedOn"`
	Demo     bool   `json:"demo,omitempty"`
	Reprint  bool   `json:"reprint,omitempty"`
}

// Kind is "certificate".
func (c Certificate) Kind() string { return "certificate" }

// Render draws the certificate, A4 lying.
func (c Certificate) Render(e *Engine) ([]byte, error) { return e.Render(c) }

func (c Certificate) about() about {
	return about{Title: "捐赠证书 " + c.Number, Author: c.Org.Name, Day: c.IssuedOn}
}

func (c Certificate) stock() (string, func(*stocker)) {
	return stockName("certificate", c.Org, c.Demo), func(s *stocker) {
		s.form("page", 297, 210, func(p *sheet.Page) { plate(p, c.Org, c.Demo, "捐赠证书", "CERTIFICATE OF DONATION") })
		s.ready(sheet.Kai, "尊敬的：感谢您向捐赠用于“”。，特颁此证谨致忱"+c.Org.Name+capitals)
		s.ready(sheet.Serif, figures+latin)
	}
}

func (c Certificate) draw(d *drawer) {
	p := d.page("page")
	gift := ""
	if c.AmountFen != 0 {
		if gift = c.AmountFen.Upper(); gift == "" {
			p.Long = c.AmountFen.String()
		}
		gift += "（" + c.AmountFen.Yuan() + "）"
	}
	if c.Goods != "" {
		if gift != "" {
			gift += "和"
		}
		gift += c.Goods
	}
	words := c.Words
	if words == "" {
		words = "这份心意，我们会原原本本送到需要它的老兵和家庭手中。"
	}
	text := "感谢您向" + c.Org.Name + "捐赠" + gift + "，用于“" + c.Project + "”。" + words
	testimony(p, "尊敬的", c.Donor, c.Honorific, []string{text}, "特颁此证，谨致谢忱。")
	imprint(p, c.Org, c.IssuedOn, c.Number, c.VerifyCode, c.VerifyURL, "证书编号", c.Reprint)
}

// Honour is the 荣誉证书 of a person or a unit, after a decision that was
// publicised. Title, Body and Closing are the words of the decision: an activity
// without leave to commend must not speak of a title of honour.
type Honour struct {
	Org        Org    `json:"org"`
	Number     string `json:"number"`
	VerifyCode string `json:"verifyCode"`
	VerifyURL  string `json:"verifyURL"`
	// Title is e.g. 荣誉证书, English the line below it.
	Title   string `json:"title"`
	English string `json:"english,omitempty"`
	Name    string `json:"name"`
	// Honorific follows the name, e.g. 同志; empty for a unit.
	Honorific string   `json:"honorific,omitempty"`
	Body      []string `json:"body"`
	Closing   string   `json:"closing"`
	IssuedOn  Day      `json:"issuedOn"`
	Demo      bool     `json:"demo,omitempty"`
	Reprint   bool     `json:"reprint,omitempty"`
}

// Kind is "honour".
func (h Honour) Kind() string { return "honour" }

// Render draws the certificate, A4 lying.
func (h Honour) Render(e *Engine) ([]byte, error) { return e.Render(h) }

func (h Honour) about() about {
	return about{Title: h.Title + " " + h.Number, Author: h.Org.Name, Day: h.IssuedOn}
}

func (h Honour) stock() (string, func(*stocker)) {
	return stockName("honour", h.Org, h.Demo, h.Title, h.English), func(s *stocker) {
		s.form("page", 297, 210, func(p *sheet.Page) { plate(p, h.Org, h.Demo, h.Title, h.English) })
		s.ready(sheet.Kai, "：，。“”同志特颁此证"+strings.Join(han[:], "")+"十年月日"+h.Org.Name)
		s.ready(sheet.Serif, figures+latin)
	}
}

func (h Honour) draw(d *drawer) {
	p := d.page("page")
	testimony(p, "", h.Name, h.Honorific, h.Body, h.Closing)
	imprint(p, h.Org, h.IssuedOn, h.Number, h.VerifyCode, h.VerifyURL, "证书编号", h.Reprint)
}

// plate is the printed part of both certificates.
func plate(p *sheet.Page, o Org, demo bool, name, english string) {
	p.Color(cream)
	p.Fill(sheet.Box{X: 0, Y: 0, W: p.W, H: p.H})
	p.Color(paleSun)
	guilloche(p, p.W/2, p.H/2+6, 1)
	if demo {
		watermark(p, 40)
	}
	border(p)
	if demo {
		p.Color(soft)
		p.Center(sheet.Serif, 8, p.W/2, 182, demoWords)
	}
	if !o.NoSeal {
		p.Seal(212, 165, 20, o.Name, "", o.SealCode)
	}
	p.Color(crimson)
	n := 0
	for range sheet.OneLine(name) {
		n++
	}
	size, gap := 42.0, 9.0
	for ; size > 14 && p.Fonts.Width(sheet.Bold, size, name)+gap*float64(n-1) > 200; size -= 2 {
		gap = size * 0.2
	}
	p.Spaced(sheet.Bold, size, p.W/2, 54, gap, name)
	p.Color(gold)
	w := p.Spaced(sheet.Serif, 10.5, p.W/2, 64, 0.9, english)
	if english == "" {
		w = -6
	}
	for _, side := range []float64{-1, 1} {
		x := p.W/2 + side*(w/2+5)
		p.Line(x, 62.7, x+side*32, 62.7, 0.3)
		p.Area(sheet.Diamond(x+side*34.6, 62.7, 1.2))
	}
}

// testimony sets the addressee, the body and the closing words.
func testimony(p *sheet.Page, before, name, honorific string, body []string, closing string) {
	const left, width = 44.0, 209.0
	p.Color(ink)
	bw := p.Fonts.Width(sheet.Kai, 19, before)
	hw := p.Fonts.Width(sheet.Kai, 19, honorific+"：")
	p.Text(sheet.Kai, 19, left, 85.6, before)
	st := sheet.Style{Face: sheet.Kai, Size: 22, Min: 12, Lines: 2, Lead: 1.1}
	nw := min(p.Fonts.Width(sheet.Kai, 22, sheet.OneLine(name)), width-bw-hw-8)
	x := left + bw + 1.5
	p.Fit(sheet.Box{X: x, Y: 76, W: nw + 0.01, H: 14}, st, sheet.OneLine(name))
	p.Line(x-1, 90.6, x+nw+1, 90.6, 0.2)
	p.Text(sheet.Kai, 19, x+nw+2.5, 85.6, honorific+"：")
	text := strings.Join(body, "\n")
	if closing != "" {
		text += "\n" + closing
	}
	p.Fit(sheet.Box{X: left, Y: 97, W: width, H: 52}, sheet.Style{Face: sheet.Kai, Size: 18.5, Min: 9, Lines: 12, Lead: 1.72, Align: sheet.Justify, Top: true, Indent: 2}, text)
}

// imprint sets what stands below: code and number on the left, issuer and date
// on the right, under the seal.
func imprint(p *sheet.Page, o Org, day Day, number, check, url, label string, reprint bool) {
	p.Color(ink)
	p.Fit(sheet.Box{X: 167, Y: 158, W: 90, H: 7}, sheet.Style{Face: sheet.Kai, Size: 16.5, Min: 7, Align: sheet.Middle}, o.Name)
	p.Fit(sheet.Box{X: 167, Y: 168.5, W: 90, H: 7}, sheet.Style{Face: sheet.Kai, Size: 14.5, Min: 8, Align: sheet.Middle}, day.Formal())
	p.Code(44, 154, 22, matrix(url))
	p.Color(soft)
	small := sheet.Style{Face: sheet.Serif, Size: 8.5, Min: 5}
	p.Fit(sheet.Box{X: 70, Y: 161, W: 90, H: 4}, small, label+"　"+number)
	p.Fit(sheet.Box{X: 70, Y: 166.4, W: 90, H: 4}, small, "核验码　"+check)
	if o.Site != "" {
		p.Fit(sheet.Box{X: 70, Y: 171.8, W: 90, H: 4}, small, "核验网址　"+o.Site)
	}
	if reprint {
		mark(p, gold, 253, 36, "补打")
	}
}
