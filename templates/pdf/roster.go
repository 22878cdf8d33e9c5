package pdf

import (
	"strconv"

	"care/templates/pdf/sheet"
)

// RosterRow is one household that receives goods.
type RosterRow struct {
	Name     string `json:"name"`
	PersonID string `json:"personID,omitempty"` // masked
	Place    string `json:"place"`
	Goods    string `json:"goods"`
	Quantity string `json:"quantity"`
	// Signed is what stands in the place of the signature, e.g. 已签收; empty
	// leaves the place for a pen.
	Signed string `json:"signed,omitempty"`
}

// Roster is the 发放花名册 of goods: whoever receives signs, a witness signs below.
type Roster struct {
	Org    Org    `json:"org"`
	Number string `json:"number"`
	Title  string `json:"title"`
	// Project and Batch say where the goods come from.
	Project   string      `json:"project"`
	Batch     string      `json:"batch,omitempty"`
	Place     string      `json:"place"`
	HandedOn  Day         `json:"handedOn"`
	Rows      []RosterRow `json:"rows"`
	Handler   string      `json:"handler,omitempty"`
	Witnesses []string    `json:"witnesses,omitempty"`
	VerifyURL string      `json:"verifyURL,omitempty"`
	IssuedOn  Day         `json:"issuedOn"`
	Demo      bool        `json:"demo,omitempty"`
}

// Kind is "roster".
func (r Roster) Kind() string { return "roster" }

// Render draws the roster, A4 lying, as many pages as the rows need.
func (r Roster) Render(e *Engine) ([]byte, error) { return e.Render(r) }

func (r Roster) about() about {
	return about{Title: r.Title, Author: r.Org.Name, Day: r.IssuedOn}
}

var rosterTable = table{
	x: 15, row: 8.4, size: 10, accent: teal, ground: sheet.RGB{R: 240, G: 246, B: 247},
	cols: []column{
		{"序号", 14, sheet.Middle, sheet.Serif}, {"姓名", 36, sheet.Middle, sheet.Serif}, {"证件号码", 46, sheet.Middle, sheet.Serif},
		{"村（社区）", 58, sheet.Left, sheet.Serif}, {"物资", 46, sheet.Left, sheet.Serif}, {"数量", 20, sheet.Middle, sheet.Serif},
		{"签收", 47, sheet.Middle, sheet.Kai},
	},
}

const (
	rosterTop    = 44.0
	rosterBottom = 196.0
	rosterClose  = 184.0
)

func (r Roster) stock() (string, func(*stocker)) {
	return stockName("roster", r.Org, r.Demo), func(s *stocker) {
		s.form("page", 297, 210, func(p *sheet.Page) {
			if r.Demo {
				watermark(p, 40)
			}
			rosterTable.heads(p, rosterTop)
		})
		s.form("close", 297, 210, func(p *sheet.Page) {
			p.Color(teal)
			p.Text(sheet.Serif, 9.5, 15, 195, "发放人")
			p.Text(sheet.Serif, 9.5, 92, 195, "见证人")
			p.Text(sheet.Serif, 9.5, 208, 195, "单位（章）")
			p.Line(31, 196, 84, 196, 0.15)
			p.Line(108, 196, 200, 196, 0.15)
			p.Line(229, 196, 282, 196, 0.15)
		})
		s.ready(sheet.Serif, figures+latin+dates+"*第页共　")
	}
}

func (r Roster) draw(d *drawer) {
	rows := make([][]string, len(r.Rows))
	for i, x := range r.Rows {
		rows[i] = []string{strconv.Itoa(i + 1), x.Name, x.PersonID, x.Place, x.Goods, x.Quantity, x.Signed}
	}
	begin := func() *sheet.Page {
		p := d.page("page")
		p.Color(teal)
		p.Fit(sheet.Box{X: 60, Y: 13, W: 177, H: 10}, sheet.Style{Face: sheet.Bold, Size: 18, Min: 9, Align: sheet.Middle}, r.Title)
		p.Color(ink)
		small := sheet.Style{Face: sheet.Serif, Size: 9.5, Min: 5.5, Lines: 2, Lead: 1.1}
		p.Fit(sheet.Box{X: 15, Y: 26, W: 130, H: 5}, small, "项目："+r.Project)
		p.Fit(sheet.Box{X: 15, Y: 33, W: 130, H: 5}, small, "地点："+r.Place)
		small.Align = sheet.End
		batch := "编号：" + r.Number
		if r.Batch != "" {
			batch += "　批次：" + r.Batch
		}
		p.Fit(sheet.Box{X: 152, Y: 26, W: 130, H: 5}, small, batch)
		p.Fit(sheet.Box{X: 152, Y: 33, W: 130, H: 5}, small, "发放日期："+r.HandedOn.Chinese())
		return p
	}
	p := begin()
	room := span{rosterTop + headHeight, rosterBottom}
	for i, x := range rosterTable.paginate(p, rows, room, room, rosterClose) {
		if i > 0 {
			p = begin()
		}
		rosterTable.fill(p, rows, x, room.top)
	}
	d.over("close")
	p.Color(ink)
	p.Fit(sheet.Box{X: 32, Y: 187.6, W: 51, H: 9}, hand, r.Handler)
	p.Fit(sheet.Box{X: 109, Y: 187.6, W: 90, H: 9}, hand, join(r.Witnesses))
	p.Fit(sheet.Box{X: 230, Y: 187.6, W: 51, H: 9}, hand, r.Org.Name)
	d.number(func(p *sheet.Page, i, n int) {
		p.Color(soft)
		p.Center(sheet.Serif, 8, p.W/2, 204, "第 "+itoa(i)+" 页　共 "+itoa(n)+" 页")
		if r.Demo {
			p.Text(sheet.Serif, 7.5, 15, 204, demoWords)
		}
	})
}
