package pdf

import (
	"strings"

	"care/templates/pdf/sheet"
)

// Opinion is what one office wrote under a nomination.
type Opinion struct {
	// Office is e.g. 所在单位意见, 乡镇（街道）意见, 县级双拥办意见.
	Office string `json:"office"`
	Text   string `json:"text,omitempty"`
	// By is who signed, On when; empty leaves room for pen and seal.
	By string `json:"by,omitempty"`
	On Day    `json:"on,omitempty"`
}

// Nomination is the 推荐审批表 of a person or a unit: particulars, record, deeds
// and the opinions of the offices it passed.
type Nomination struct {
	Org      Org    `json:"org"`
	Number   string `json:"number"`
	Activity string `json:"activity"` // e.g. 2026年度曲靖市“最美退役军人”学习宣传活动
	Category string `json:"category"`
	// Unit says that a unit is nominated: Name is the unit then, and the fields of
	// a person hold what Fields lists instead.
	Unit bool   `json:"unit,omitempty"`
	Name string `json:"name"`
	// Fields are the particulars in the order they are printed, two in a row;
	// a long one takes a row of its own.
	Fields []Field `json:"fields"`
	// Record is the curriculum, Honours earlier honours, Brief the deeds in 300
	// characters, Deeds the full text.
	Record   string    `json:"record,omitempty"`
	Honours  string    `json:"honours,omitempty"`
	Brief    string    `json:"brief,omitempty"`
	Deeds    string    `json:"deeds"`
	Opinions []Opinion `json:"opinions"`
	IssuedOn Day       `json:"issuedOn"`
	Demo     bool      `json:"demo,omitempty"`
}

// Field is one particular of a nomination.
type Field struct {
	Label string `json:"label"`
	Value string `json:"value"`
	// Wide takes the whole width.
	Wide bool `json:"wide,omitempty"`
}

// Kind is "nomination".
func (n Nomination) Kind() string { return "nomination" }

// Render draws the form, A4, as many pages as the deeds need.
func (n Nomination) Render(e *Engine) ([]byte, error) { return e.Render(n) }

func (n Nomination) about() about {
	return about{Title: "推荐审批表 " + n.Number, Author: n.Org.Name, Day: n.IssuedOn}
}

func (n Nomination) stock() (string, func(*stocker)) {
	return stockName("nomination", n.Org, n.Demo), func(s *stocker) {
		s.form("first", a4w, a4h, func(p *sheet.Page) {
			if n.Demo {
				watermark(p, 38)
				p.Color(soft)
				p.Text(sheet.Serif, 7.5, 18, a4h-9, demoWords)
			}
			title(p, brick, 36, 24, 4, "推荐审批表")
		})
		s.form("next", a4w, a4h, func(p *sheet.Page) {
			if n.Demo {
				watermark(p, 38)
				p.Color(soft)
				p.Text(sheet.Serif, 7.5, 18, a4h-9, demoWords)
			}
		})
		s.ready(sheet.Serif, figures+latin+dates+"姓名单位推荐类别照片个人简历曾获荣誉主要事迹简要意见签字盖章（）")
	}
}

const (
	nominationLeft   = 18.0
	nominationWidth  = 174.0
	nominationBottom = 276.0
)

func (n Nomination) draw(d *drawer) {
	p := d.page("first")
	p.Color(ink)
	p.Fit(sheet.Box{X: 18, Y: 15, W: 174, H: 9}, sheet.Style{Face: sheet.Bold, Size: 14, Min: 8, Align: sheet.Middle}, n.Activity)
	p.Color(soft)
	p.Fit(sheet.Box{X: 150, Y: 44, W: 42, H: 4.5}, sheet.Style{Face: sheet.Serif, Size: 9, Min: 5, Align: sheet.End}, "编号 "+n.Number)
	y := n.particulars(p, 50)
	next := func() (*sheet.Page, float64) {
		q := d.page("next")
		q.Color(soft)
		q.Fit(sheet.Box{X: 18, Y: 12, W: 174, H: 5}, sheet.Style{Face: sheet.Serif, Size: 9, Min: 5}, "推荐审批表　"+n.Name+"（续）")
		q.Color(ink)
		return q, 22.0
	}
	for _, s := range []struct{ head, text string }{
		{"个人简历", n.Record}, {"曾获荣誉", n.Honours}, {"简要事迹", n.Brief}, {"主要事迹", n.Deeds},
	} {
		if s.text != "" {
			p, y = n.section(p, y+5, s.head, s.text, next)
		}
	}
	for _, o := range n.Opinions {
		p, y = n.opinion(p, y+5, o, next)
	}
	pageNumbers(d)
}

// particulars draws the table of fields and returns its lower edge.
func (n Nomination) particulars(p *sheet.Page, y float64) float64 {
	const h, photo = 9.6, 30.0
	name := "姓名"
	if n.Unit {
		name = "单位名称"
	}
	// A person's photograph stands beside the first four rows.
	width := nominationWidth - photo
	if n.Unit {
		width = nominationWidth
	}
	list := row(nominationLeft, y, h, cell{name, width})
	values := []string{n.Name}
	list = append(list, row(nominationLeft, y+h, h, cell{"推荐类别", width})...)
	values = append(values, n.Category)
	at := y + 2*h
	for i := 0; i < len(n.Fields); {
		w := width
		if at >= y+4*h-0.01 {
			w = nominationWidth
		}
		f := n.Fields[i]
		if f.Wide || i+1 == len(n.Fields) || n.Fields[i+1].Wide {
			list = append(list, row(nominationLeft, at, h, cell{f.Label, w})...)
			values = append(values, f.Value)
			i++
		} else {
			list = append(list, row(nominationLeft, at, h, cell{f.Label, w / 2}, cell{n.Fields[i+1].Label, w / 2})...)
			values = append(values, f.Value, n.Fields[i+1].Value)
			i += 2
		}
		at += h
	}
	at = max(at, y+4*h)
	if at > nominationBottom {
		p.Long = n.Fields[len(n.Fields)-1].Label // more particulars than a page has room for
	}
	cells(p, brick, sheet.RGB{R: 251, G: 245, B: 241}, sheet.Box{X: nominationLeft, Y: y, W: nominationWidth, H: at - y}, list)
	if !n.Unit {
		p.Line(nominationLeft+width, y, nominationLeft+width, y+4*h, 0.15)
		p.Line(nominationLeft+width, y+4*h, nominationLeft+nominationWidth, y+4*h, 0.15)
		p.Color(soft)
		p.Center(sheet.Serif, 9, nominationLeft+width+photo/2, y+2*h+1.2, "照片")
	}
	p.Color(ink)
	for i, c := range list {
		p.Fit(c.value(), sheet.Style{Face: sheet.Serif, Size: 10.5, Min: 6.5, Lines: 2, Lead: 1.1}, values[i])
	}
	return at
}

// section sets a heading and prose that may go on over pages.
func (n Nomination) section(p *sheet.Page, y float64, head, text string, next func() (*sheet.Page, float64)) (*sheet.Page, float64) {
	if y > nominationBottom-24 {
		p, y = next()
	}
	sectionHead(p, y, head)
	p.Color(ink)
	st := sheet.Style{Face: sheet.Serif, Size: 10.5, Lead: 1.6, Indent: 2, Align: sheet.Justify}
	return prose(p, nominationLeft+2, nominationWidth-4, y+9.5, nominationBottom, st, text, next)
}

func sectionHead(p *sheet.Page, y float64, head string) {
	p.Color(sheet.RGB{R: 251, G: 245, B: 241})
	p.Fill(sheet.Box{X: nominationLeft, Y: y, W: nominationWidth, H: 7})
	p.Color(brick)
	p.Fill(sheet.Box{X: nominationLeft, Y: y, W: 1.2, H: 7})
	p.Fit(sheet.Box{X: nominationLeft + 4, Y: y, W: nominationWidth - 8, H: 7}, sheet.Style{Face: sheet.Bold, Size: 10.5, Min: 7}, head)
}

// opinion draws the box of an office, with room for a seal when it has not
// spoken yet; a box is never torn over two pages unless it fills one.
func (n Nomination) opinion(p *sheet.Page, y float64, o Opinion, next func() (*sheet.Page, float64)) (*sheet.Page, float64) {
	st := sheet.Style{Face: sheet.Serif, Size: 10.5, Lead: 1.5, Indent: 2, Align: sheet.Justify}
	h := 36.0
	if strings.TrimSpace(o.Text) != "" {
		h = max(h, p.Height(nominationWidth-10, st, st.Size, sheet.Clean(o.Text))+24)
	}
	if y+h > nominationBottom && y > 30 {
		p, y = next()
	}
	h = min(h, nominationBottom-y)
	sectionHead(p, y, o.Office)
	p.Frame(sheet.Box{X: nominationLeft, Y: y, W: nominationWidth, H: h}, 0.25)
	p.Color(ink)
	st.Lines, st.Min, st.Top = 60, 6, true
	p.Fit(sheet.Box{X: nominationLeft + 5, Y: y + 9, W: nominationWidth - 10, H: h - 19}, st, o.Text)
	p.Color(soft)
	p.Text(sheet.Serif, 9.5, 112, y+h-3.6, "签字（盖章）")
	p.Color(ink)
	p.Fit(sheet.Box{X: 135, Y: y + h - 9, W: 25, H: 8.2}, hand, o.By)
	when := o.On.Chinese()
	if when == "" {
		when = "　　年　　月　　日"
	}
	p.Fit(sheet.Box{X: 160, Y: y + h - 7.4, W: 30, H: 5}, sheet.Style{Face: sheet.Serif, Size: 9.5, Min: 5, Align: sheet.End}, when)
	return p, y + h
}
