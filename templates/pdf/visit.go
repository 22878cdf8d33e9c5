package pdf

import (
	"strconv"

	"care/templates/pdf/sheet"
)

// Check is one of the things looked at on a home visit.
type Check struct {
	// Subject is e.g. 身份情况, 家庭经济状况, 困难情形, 已获救助情况.
	Subject string `json:"subject"`
	// Found is what was seen.
	Found string `json:"found"`
	// Result is 属实, 部分属实 or 不属实.
	Result string `json:"result"`
}

// HomeVisit is the 入户核查表: two or more people went, looked and signed.
type HomeVisit struct {
	Org        Org    `json:"org"`
	Number     string `json:"number"`
	CaseNumber string `json:"caseNumber"`
	VerifyURL  string `json:"verifyURL,omitempty"`
	Name       string `json:"name"`
	PersonID   string `json:"personID,omitempty"` // masked
	Category   string `json:"category"`           // 人员类别
	Address    string `json:"address"`
	Phone      string `json:"phone,omitempty"` // masked
	Aid        string `json:"aid"`
	VisitedOn  Day    `json:"visitedOn"`
	// Members are the people of the household as found, in one text.
	Household string  `json:"household,omitempty"`
	Income    string  `json:"income,omitempty"`
	Checks    []Check `json:"checks"`
	// Neighbours is what neighbours or the village meeting said.
	Neighbours string `json:"neighbours,omitempty"`
	Conclusion string `json:"conclusion"`
	// Photos is how many photographs are filed with the case.
	Photos int `json:"photos,omitempty"`
	// Visitors are the people who went, in the order they sign.
	Visitors []string `json:"visitors"`
	// IssuedOn is the day the record was closed.
	IssuedOn Day  `json:"issuedOn"`
	Demo     bool `json:"demo,omitempty"`
}

// Kind is "homevisit".
func (v HomeVisit) Kind() string { return "homevisit" }

// Render draws the record, one A4 page.
func (v HomeVisit) Render(e *Engine) ([]byte, error) { return e.Render(v) }

func (v HomeVisit) about() about {
	return about{Title: "入户核查表 " + v.Number, Author: v.Org.Name, Day: v.IssuedOn}
}

func (v HomeVisit) cells() (head, body, foot []pair) {
	head = append(head, row(18, 42, 10, cell{"姓名", 87}, cell{"证件号码", 87})...)
	head = append(head, row(18, 52, 10, cell{"人员类别", 87}, cell{"联系电话", 87})...)
	head = append(head, row(18, 62, 10, cell{"住址", 174})...)
	head = append(head, row(18, 72, 10, cell{"申请事项", 87}, cell{"核查日期", 87})...)
	head = append(head, row(18, 82, 14, cell{"家庭成员", 174})...)
	head = append(head, row(18, 96, 10, cell{"家庭收入", 174})...)
	n := max(len(v.Checks), 1)
	h := min(24, 88/float64(n))
	y := 106.0
	for _, c := range v.Checks {
		body = append(body, row(18, y, h, cell{c.Subject, 144})...)
		y += h
	}
	foot = append(foot, row(18, y, 18, cell{"邻里反映", 174})...)
	foot = append(foot, row(18, y+18, 18, cell{"核查结论", 174})...)
	return head, body, foot
}

func (v HomeVisit) stock() (string, func(*stocker)) {
	return stockName("homevisit", v.Org, v.Demo), func(s *stocker) {
		s.form("page", a4w, a4h, func(p *sheet.Page) {
			if v.Demo {
				watermark(p, 38)
			}
			p.Color(ink)
			p.Fit(sheet.Box{X: 50, Y: 12, W: 110, H: 6}, sheet.Style{Face: sheet.Serif, Size: 11, Min: 6, Align: sheet.Middle}, v.Org.Name)
			title(p, teal, 29, 21, 2.6, "入户核查表")
			p.Text(sheet.Serif, 9, 152, 33, "编号")
			p.Text(sheet.Serif, 9, 152, 38.4, "案号")
			footer(p, v.Org, v.Demo, 18, 284)
		})
		s.ready(sheet.Serif, figures+latin+dates+"姓名证件号码人员类别联系电话住址申请事项核查日期家庭成员收入邻里反映结论属实部分不核查人签名照片张")
	}
}

func (v HomeVisit) draw(d *drawer) {
	p := d.page("page")
	head, body, foot := v.cells()
	all := append(append(append([]pair(nil), head...), body...), foot...)
	last := foot[1].box
	cells(p, teal, sheet.RGB{R: 240, G: 246, B: 247}, sheet.Box{X: 18, Y: 42, W: 174, H: last.Y + last.H - 42}, all)
	for _, b := range body { // the place of the result, right of what was found
		p.Line(b.box.X+b.box.W, b.box.Y, b.box.X+b.box.W, b.box.Y+b.box.H, 0.15)
		p.Line(b.box.X+b.box.W, b.box.Y, 192, b.box.Y, 0.15)
	}
	p.Color(ink)
	p.Code(18, 14, 20, matrix(v.VerifyURL))
	small := sheet.Style{Face: sheet.Serif, Size: 9.5, Min: 5, Align: sheet.End}
	p.Fit(sheet.Box{X: 161, Y: 29.6, W: 31, H: 4.6}, small, v.Number)
	p.Fit(sheet.Box{X: 161, Y: 35, W: 31, H: 4.6}, small, v.CaseNumber)
	one := sheet.Style{Face: sheet.Serif, Size: 10.5, Min: 7, Lines: 2, Lead: 1.12}
	long := sheet.Style{Face: sheet.Serif, Size: 10, Min: 7, Lines: 6, Lead: 1.3, Align: sheet.Justify}
	for i, s := range []string{v.Name, orDash(v.PersonID), v.Category, orDash(v.Phone), v.Address, v.Aid, v.VisitedOn.Chinese()} {
		p.Fit(head[i].value(), one, s)
	}
	p.Fit(head[7].value(), long, orDash(v.Household))
	p.Fit(head[8].value(), one, orDash(v.Income))
	for i, c := range v.Checks {
		b := body[i].box
		p.Fit(body[i].value(), long, c.Found)
		p.Color(ink)
		if c.Result != "属实" {
			p.Color(red)
		}
		p.Fit(sheet.Box{X: b.X + b.W + 1, Y: b.Y, W: 28, H: b.H}, sheet.Style{Face: sheet.Bold, Size: 10.5, Min: 7, Lines: 2, Align: sheet.Middle}, c.Result)
		p.Color(ink)
	}
	p.Fit(foot[0].value(), long, orDash(v.Neighbours))
	conclusion := v.Conclusion
	if v.Photos > 0 {
		conclusion += "（随案存照片" + strconv.Itoa(v.Photos) + "张）"
	}
	p.Fit(foot[1].value(), long, conclusion)
	y := last.Y + last.H + 11
	p.Color(teal)
	p.Text(sheet.Serif, 9.5, 18, y, "核查人签名")
	for i, n := range v.Visitors {
		if i == 6 {
			p.Long = join(v.Visitors) // there is room for six to sign
			break
		}
		x := 43 + float64(i%3)*50
		at := y + float64(i/3)*10
		p.Color(ink)
		p.Fit(sheet.Box{X: x, Y: at - 5.8, W: 17, H: 9}, hand, n)
		p.Color(teal)
		p.Line(x+18, at+1, x+46, at+1, 0.15)
	}
}

// Booking is the slip of a group visit to an education base. It fits into a
// pocket (A6) and is shown at the gate.
type Booking struct {
	Org       Org    `json:"org"`
	Number    string `json:"number"`
	Code      string `json:"code"` // shown at the gate
	VerifyURL string `json:"verifyURL"`
	Base      string `json:"base"`
	Address   string `json:"address,omitempty"`
	// Visitor is the person or the group.
	Visitor string `json:"visitor"`
	People  int    `json:"people"`
	Day     Day    `json:"day"`
	// Slot is the time, e.g. 09:30–11:00.
	Slot     string `json:"slot"`
	Guide    string `json:"guide,omitempty"` // e.g. 需要讲解
	Contact  string `json:"contact,omitempty"`
	Notes    string `json:"notes,omitempty"`
	IssuedOn Day    `json:"issuedOn"`
	Demo     bool   `json:"demo,omitempty"`
}

// Kind is "booking".
func (b Booking) Kind() string { return "booking" }

// Render draws the slip, A6 standing.
func (b Booking) Render(e *Engine) ([]byte, error) { return e.Render(b) }

func (b Booking) about() about {
	return about{Title: "参观预约凭证 " + b.Number, Author: b.Org.Name, Day: b.IssuedOn}
}

func (b Booking) stock() (string, func(*stocker)) {
	return stockName("booking", b.Org, b.Demo), func(s *stocker) {
		s.form("page", 105, 148, func(p *sheet.Page) {
			p.Color(teal)
			p.Fill(sheet.Box{X: 0, Y: 0, W: 105, H: 26})
			if b.Demo {
				watermark(p, 20)
			}
			p.Color(sheet.RGB{R: 255, G: 255, B: 255})
			p.Spaced(sheet.Bold, 17, 52.5, 13.5, 1.6, "参观预约凭证")
			p.Fit(sheet.Box{X: 10, Y: 17, W: 85, H: 5}, sheet.Style{Face: sheet.Serif, Size: 8.5, Min: 5, Align: sheet.Middle}, b.Org.Name)
			p.Color(teal)
			for i, w := range []string{"参观者", "人数", "日期", "时段", "讲解", "联系"} {
				p.Text(sheet.Serif, 8.5, 10, 54.4+float64(i)*7.4, w)
			}
			p.Color(hair)
			for i := range 6 {
				y := 57 + float64(i)*7.4
				p.Line(10, y, 95, y, 0.12)
			}
			p.Color(soft)
			p.Center(sheet.Serif, 7.5, 52.5, 142, "请提前十分钟到场，出示本凭证和有效证件")
		})
		s.ready(sheet.Serif, figures+latin+dates+"人")
		s.ready(sheet.Bold, figures+"ABCDEFGHJKLMNPQRSTUVWXYZ")
	}
}

func (b Booking) draw(d *drawer) {
	p := d.page("page")
	p.Color(ink)
	p.Fit(sheet.Box{X: 10, Y: 29, W: 85, H: 12}, sheet.Style{Face: sheet.Bold, Size: 14, Min: 8, Lines: 2, Lead: 1.15, Align: sheet.Middle}, b.Base)
	p.Color(soft)
	p.Fit(sheet.Box{X: 10, Y: 41, W: 85, H: 6}, sheet.Style{Face: sheet.Serif, Size: 8.5, Min: 5, Lines: 2, Lead: 1.1, Align: sheet.Middle}, b.Address)
	p.Color(ink)
	for i, s := range []string{b.Visitor, strconv.Itoa(b.People) + " 人", b.Day.Chinese(), b.Slot, orDash(b.Guide), orDash(b.Contact)} {
		p.Fit(sheet.Box{X: 25, Y: 50.4 + float64(i)*7.4, W: 70, H: 6}, sheet.Style{Face: sheet.Serif, Size: 10.5, Min: 5.5, Lines: 2, Lead: 1.05}, s)
	}
	p.Code(11, 104, 30, matrix(b.VerifyURL))
	p.Color(soft)
	p.Text(sheet.Serif, 8.5, 47, 108, "入场码")
	p.Color(ink)
	p.Fit(sheet.Box{X: 47, Y: 109, W: 48, H: 9}, sheet.Style{Face: sheet.Bold, Size: 20, Min: 8}, b.Code)
	p.Color(soft)
	p.Fit(sheet.Box{X: 47, Y: 118, W: 48, H: 4.5}, sheet.Style{Face: sheet.Serif, Size: 8.5, Min: 5}, b.Number)
	notes := b.Notes
	if b.Demo {
		notes = demoWords + "。" + notes
	}
	p.Fit(sheet.Box{X: 47, Y: 123, W: 48, H: 12}, sheet.Style{Face: sheet.Serif, Size: 8, Min: 5, Lines: 4, Lead: 1.25, Align: sheet.Justify, Top: true}, notes)
}
