package pdf

import (
	"strconv"

	"care/server/money"
	"care/templates/pdf/sheet"
)

// NoticeRow is one person on a notice. It has no field for an ID, a telephone, a
// card, an illness or a street address, because none of them may be posted.
type NoticeRow struct {
	// Name is masked already, e.g. 张*明.
	Name string `json:"name"`
	// Place is the village or community, no nearer.
	Place string `json:"place"`
	// Aid is the category, e.g. 大病医疗.
	Aid       string    `json:"aid"`
	AmountFen money.Fen `json:"amountFen"`
}

// Notice is the 公示 of proposed relief for the board of a village or community.
type Notice struct {
	Org Org `json:"org"`
	// Number is the document number, e.g. 曲退军基〔2026〕12号.
	Number string `json:"number,omitempty"`
	// Title is e.g. 困难退役军人帮扶援助公示.
	Title string `json:"title"`
	// Place is where it is posted, e.g. 麒麟区某某街道某某社区.
	Place string      `json:"place"`
	Rows  []NoticeRow `json:"rows"`
	// From and To are the first and the last day, Days the working days between.
	From Day `json:"from"`
	To   Day `json:"to"`
	Days int `json:"days"`
	// Phone and Office receive objections.
	Phone  string `json:"phone"`
	Office string `json:"office"`
	// VerifyURL leads to the same notice online.
	VerifyURL string `json:"verifyURL,omitempty"`
	IssuedOn  Day    `json:"issuedOn"`
	// Large prints it on A3.
	Large bool `json:"large,omitempty"`
	Demo  bool `json:"demo,omitempty"`
}

// Kind is "notice".
func (n Notice) Kind() string { return "notice" }

// Render draws the notice, A4 or A3, as many pages as the rows need.
func (n Notice) Render(e *Engine) ([]byte, error) { return e.Render(n) }

func (n Notice) about() about {
	return about{Title: n.Title, Author: n.Org.Name, Day: n.IssuedOn}
}

var noticeTable = table{
	x: 22, row: 9.8, size: 11.5, accent: ink, ground: sheet.RGB{R: 246, G: 243, B: 239},
	cols: []column{
		{"序号", 16, sheet.Middle, sheet.Serif}, {"姓名", 32, sheet.Middle, sheet.Kai}, {"所在村（社区）", 52, sheet.Left, sheet.Serif},
		{"帮扶类别", 34, sheet.Middle, sheet.Serif}, {"拟援助金额（元）", 32, sheet.End, sheet.Serif},
	},
}

const (
	noticeFirst  = 99.0 // head of the table on the first page
	noticeNext   = 34.0
	noticeBottom = 268.0
	noticeClose  = 208.0 // rows must end here on the last page
)

func (n Notice) stock() (string, func(*stocker)) {
	return stockName("notice", n.Org, n.Demo, strconv.FormatBool(n.Large)), func(s *stocker) {
		if n.Large {
			s.zoom = 1.41421
		}
		base := func(p *sheet.Page) {
			if n.Demo {
				watermark(p, 40)
				p.Color(soft)
				p.Text(sheet.Serif, 7.5, 22, a4h-9, demoWords)
			}
		}
		s.form("first", a4w, a4h, func(p *sheet.Page) {
			base(p)
			p.Color(red)
			p.Spaced(sheet.Bold, 46, a4w/2, 38, 14, "公示")
			p.Line(22, 48, 188, 48, 0.9)
			p.Line(22, 49.5, 188, 49.5, 0.25)
			noticeTable.heads(p, noticeFirst)
		})
		s.form("next", a4w, a4h, func(p *sheet.Page) {
			base(p)
			p.Color(red)
			p.Line(22, 28, 188, 28, 0.5)
			noticeTable.heads(p, noticeNext)
		})
		s.form("close", a4w, a4h, func(p *sheet.Page) {
			if !n.Org.NoSeal {
				p.Seal(153, 254, 18, n.Org.Name, "", n.Org.SealCode)
			}
			p.Color(ink)
			p.Fit(sheet.Box{X: 112, Y: 246, W: 76, H: 7}, sheet.Style{Face: sheet.Serif, Size: 13, Min: 6, Align: sheet.Middle}, n.Org.Name)
		})
		s.ready(sheet.Serif, figures+dates+"至（）*")
	}
}

func (n Notice) draw(d *drawer) {
	rows := make([][]string, len(n.Rows))
	for i, r := range n.Rows {
		rows[i] = []string{strconv.Itoa(i + 1), r.Name, r.Place, r.Aid, r.AmountFen.Comma()}
	}
	p := d.page("first")
	n.head(p)
	parts := noticeTable.paginate(p, rows, span{noticeFirst + headHeight, noticeBottom}, span{noticeNext + headHeight, noticeBottom}, noticeClose)
	end := 0.0
	for i, x := range parts {
		top := noticeFirst
		if i > 0 {
			top = noticeNext
			p = d.page("next")
			p.Color(soft)
			p.Fit(sheet.Box{X: 22, Y: 20, W: 166, H: 6}, sheet.Style{Face: sheet.Serif, Size: 10, Min: 6}, n.Title+"（续）")
		}
		end = noticeTable.fill(p, rows, x, top+headHeight)
	}
	n.close(d, p, end+6)
	pageNumbers(d)
}

func (n Notice) head(p *sheet.Page) {
	p.Color(ink)
	p.Fit(sheet.Box{X: 22, Y: 53, W: 166, H: 9}, sheet.Style{Face: sheet.Bold, Size: 17, Min: 10, Align: sheet.Middle}, n.Title)
	p.Color(soft)
	p.Fit(sheet.Box{X: 22, Y: 62.5, W: 166, H: 5}, sheet.Style{Face: sheet.Serif, Size: 10, Min: 6, Align: sheet.Middle}, n.Number)
	p.Color(ink)
	p.Fit(sheet.Box{X: 22, Y: 71, W: 166, H: 25}, sheet.Style{Face: sheet.Serif, Size: 13.5, Min: 9, Lines: 4, Lead: 1.55, Align: sheet.Justify, Top: true, Indent: 2},
		"经本人申请、入户核查和逐级审核，拟对"+n.Place+"的"+strconv.Itoa(len(n.Rows))+"名同志给予帮扶援助。为接受群众监督，现将名单公示如下。姓名按规定作了隐去处理，个人证件、账户和病情等信息依法不予公开。")
}

func (n Notice) close(d *drawer, p *sheet.Page, y float64) {
	d.over("close")
	body := sheet.Style{Face: sheet.Serif, Size: 12, Min: 8, Lines: 3, Lead: 1.5, Top: true, Align: sheet.Justify, Indent: 2}
	p.Color(ink)
	span := n.From.Chinese() + "至" + n.To.Chinese()
	if n.Days > 0 {
		span += "（" + strconv.Itoa(n.Days) + "个工作日）"
	}
	p.Fit(sheet.Box{X: 22, Y: y, W: 166, H: 26}, body,
		"公示时间："+span+"。\n如有异议，请在公示期内实名向"+n.Office+"反映，说明事实和理由，电话："+n.Phone+"。反映人的信息严格保密。")
	p.Fit(sheet.Box{X: 112, Y: 255, W: 76, H: 7}, sheet.Style{Face: sheet.Serif, Size: 12, Min: 8, Align: sheet.Middle}, n.IssuedOn.Chinese())
	if m := matrix(n.VerifyURL); m != nil {
		p.Code(22, 244, 22, m)
		p.Color(soft)
		p.Text(sheet.Serif, 9, 47, 254, "扫码查看网上公示")
		p.Text(sheet.Serif, 9, 47, 259.5, "内容与本件一致")
	}
}
