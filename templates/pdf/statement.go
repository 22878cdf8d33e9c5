package pdf

import (
	"strconv"

	"care/server/money"
	"care/templates/pdf/sheet"
)

// Gift is one line of a yearly statement.
type Gift struct {
	Day       Day       `json:"day"`
	Number    string    `json:"number"` // of the receipt
	Project   string    `json:"project"`
	Method    string    `json:"method"`
	AmountFen money.Fen `json:"amountFen"`
}

// Statement is the 爱心账单: all gifts of one donor in one year and what became
// of them. It proves nothing new and replaces no receipt.
type Statement struct {
	Org        Org    `json:"org"`
	Number     string `json:"number"`
	VerifyCode string `json:"verifyCode"`
	VerifyURL  string `json:"verifyURL"`
	Donor      string `json:"donor"`
	// Honorific follows the name, e.g. 先生, 女士; may be empty.
	Honorific string `json:"honorific,omitempty"`
	Year      int    `json:"year"`
	Gifts     []Gift `json:"gifts"`
	// TotalFen is the sum of the gifts.
	TotalFen money.Fen `json:"totalFen"`
	// Story tells in a sentence or two what the money did.
	Story    string `json:"story,omitempty"`
	IssuedOn Day    `json:"issuedOn"`
	Demo     bool   `json:"demo,omitempty"`
}

// Kind is "statement".
func (s Statement) Kind() string { return "statement" }

// Render draws the statement, A4.
func (s Statement) Render(e *Engine) ([]byte, error) { return e.Render(s) }

func (s Statement) about() about {
	return about{Title: strconv.Itoa(s.Year) + "年度爱心账单", Author: s.Org.Name, Day: s.IssuedOn}
}

const (
	giftsFirst  = 128.0
	giftsNext   = 34.0
	giftsBottom = 270.0
	giftsClose  = 222.0
)

var gold = sheet.RGB{R: 172, G: 132, B: 62}

var giftTable = table{
	x: 22, row: 8.8, size: 10, accent: brick, ground: sheet.RGB{R: 251, G: 245, B: 241},
	cols: []column{
		{"捐赠日期", 34, sheet.Middle, sheet.Serif}, {"捐赠项目", 56, sheet.Left, sheet.Serif}, {"方式", 20, sheet.Middle, sheet.Serif},
		{"金额（元）", 26, sheet.End, sheet.Serif}, {"收据编号", 30, sheet.Middle, sheet.Serif},
	},
}

func (s Statement) stock() (string, func(*stocker)) {
	return stockName("statement", s.Org, s.Demo), func(k *stocker) {
		k.form("first", a4w, a4h, func(p *sheet.Page) {
			p.Color(sheet.RGB{R: 253, G: 248, B: 243})
			p.Fill(sheet.Box{X: 0, Y: 0, W: a4w, H: 54})
			p.Color(gold)
			p.Line(0, 54, a4w, 54, 0.5)
			p.Line(0, 55.2, a4w, 55.2, 0.15)
			if s.Demo {
				watermark(p, 40)
			}
			p.Color(soft)
			p.Fit(sheet.Box{X: 45, Y: 13, W: 120, H: 6}, sheet.Style{Face: sheet.Serif, Size: 11, Min: 6, Align: sheet.Middle}, s.Org.Name)
			giftTable.heads(p, giftsFirst)
		})
		k.form("next", a4w, a4h, func(p *sheet.Page) {
			if s.Demo {
				watermark(p, 40)
			}
			p.Color(gold)
			p.Line(22, 28, 188, 28, 0.3)
			giftTable.heads(p, giftsNext)
		})
		k.form("close", a4w, a4h, func(p *sheet.Page) {
			if !s.Org.NoSeal {
				p.Seal(154, 250, 18, s.Org.Name, "", s.Org.SealCode)
			}
			p.Color(ink)
			p.Fit(sheet.Box{X: 114, Y: 243, W: 76, H: 6}, sheet.Style{Face: sheet.Kai, Size: 13, Min: 6, Align: sheet.Middle}, s.Org.Name)
			p.Color(soft)
			p.Text(sheet.Serif, 8, 47, 262, "本账单汇总已开具的捐赠收据，供您留存，")
			p.Text(sheet.Serif, 8, 47, 266, "不替代收据，也不作为税前扣除凭证。")
			footer(p, s.Org, s.Demo, 22, 280)
		})
		k.ready(sheet.Serif, figures+latin+dates)
		k.ready(sheet.Bold, figures)
	}
}

func (s Statement) draw(d *drawer) {
	rows := make([][]string, len(s.Gifts))
	for i, g := range s.Gifts {
		rows[i] = []string{g.Day.Chinese(), g.Project, g.Method, g.AmountFen.Comma(), g.Number}
	}
	p := d.page("first")
	p.Color(brick)
	p.Spaced(sheet.Bold, 26, a4w/2, 37, 3, strconv.Itoa(s.Year)+"年度爱心账单")
	p.Color(gold)
	p.Fit(sheet.Box{X: 45, Y: 42.5, W: 120, H: 5}, sheet.Style{Face: sheet.Serif, Size: 9, Min: 5, Align: sheet.Middle}, s.Number)
	p.Color(ink)
	p.Fit(sheet.Box{X: 22, Y: 61, W: 166, H: 9}, sheet.Style{Face: sheet.Kai, Size: 16, Min: 8}, "尊敬的"+s.Donor+s.Honorific+"：")
	text := "这一年，您" + strconv.Itoa(len(s.Gifts)) + "次伸出双手，共捐赠" + s.TotalFen.Upper() + "。每一笔都已入账，每一笔的去向都可以在核验页面查到。"
	if s.Story != "" {
		text += "\n" + s.Story
	}
	p.Fit(sheet.Box{X: 22, Y: 72, W: 166, H: 34}, sheet.Style{Face: sheet.Kai, Size: 13.5, Min: 8, Lines: 4, Lead: 1.6, Align: sheet.Justify, Top: true, Indent: 2}, text)
	p.Color(brick)
	p.Text(sheet.Serif, 10.5, 22, 121, "全年捐赠合计")
	p.Fit(sheet.Box{X: 100, Y: 112, W: 88, H: 11}, sheet.Style{Face: sheet.Bold, Size: 24, Min: 10, Align: sheet.End}, s.TotalFen.Yuan())
	if s.TotalFen.Upper() == "" && p.Long == "" {
		p.Long = s.TotalFen.String()
	}
	parts := giftTable.paginate(p, rows, span{giftsFirst + headHeight, giftsBottom}, span{giftsNext + headHeight, giftsBottom}, giftsClose)
	for i, x := range parts {
		top := giftsFirst
		if i > 0 {
			top = giftsNext
			p = d.page("next")
			p.Color(soft)
			p.Fit(sheet.Box{X: 22, Y: 20, W: 166, H: 6}, sheet.Style{Face: sheet.Serif, Size: 9.5, Min: 6}, strconv.Itoa(s.Year)+"年度爱心账单（续）")
		}
		giftTable.fill(p, rows, x, top+headHeight)
	}
	d.over("close")
	p.Color(ink)
	p.Fit(sheet.Box{X: 22, Y: 228, W: 166, H: 8}, sheet.Style{Face: sheet.Kai, Size: 13.5, Min: 8}, "感谢您记得他们，也请让我们记住您。")
	p.Fit(sheet.Box{X: 114, Y: 251, W: 76, H: 6}, sheet.Style{Face: sheet.Kai, Size: 12, Min: 7, Align: sheet.Middle}, s.IssuedOn.Formal())
	p.Code(22, 246, 22, matrix(s.VerifyURL))
	p.Fit(sheet.Box{X: 22, Y: 268.6, W: 22, H: 3.4}, sheet.Style{Face: sheet.Serif, Size: 7.5, Min: 4, Align: sheet.Middle}, s.VerifyCode)
	pageNumbers(d)
}
