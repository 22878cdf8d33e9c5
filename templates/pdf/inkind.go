package pdf

import (
	"strconv"

	"care/server/money"
	"care/templates/pdf/sheet"
)

// Item is one line of goods.
type Item struct {
	Name string `json:"name"`
	Spec string `json:"spec,omitempty"`
	Unit string `json:"unit"`
	// Quantity is printed as given, e.g. 120 or 2.5.
	Quantity string `json:"quantity"`
	// UnitFen and TotalFen are zero when the thing cannot be valued; such a line
	// states name and quantity only and is no income.
	UnitFen  money.Fen `json:"unitFen,omitempty"`
	TotalFen money.Fen `json:"totalFen,omitempty"`
	// Basis says what the value rests on: 发票, 报关单, 协议, 市价, 评估, 无法计量.
	Basis string `json:"basis,omitempty"`
}

// InKind is the 实物捐赠收据 with a line for each kind of goods. Two people have
// accepted the goods before it may be issued.
type InKind struct {
	Org        Org    `json:"org"`
	Number     string `json:"number"`
	VerifyCode string `json:"verifyCode"`
	VerifyURL  string `json:"verifyURL"`
	Payer      string `json:"payer"`
	PayerID    string `json:"payerID,omitempty"`
	ReceivedOn Day    `json:"receivedOn"`
	IssuedOn   Day    `json:"issuedOn"`
	Project    string `json:"project"`
	Restricted bool   `json:"restricted"`
	Use        string `json:"use,omitempty"`
	Items      []Item `json:"items"`
	// TotalFen is the sum of the valued lines.
	TotalFen money.Fen `json:"totalFen"`
	// Warehouse is where the goods were taken in.
	Warehouse string `json:"warehouse,omitempty"`
	// Acceptors are the two or more who counted and signed (验收人).
	Acceptors []string `json:"acceptors"`
	Handler   string   `json:"handler"`
	Checker   string   `json:"checker"`
	Official  Official `json:"official,omitzero"`
	Note      string   `json:"note,omitempty"`
	Demo      bool     `json:"demo,omitempty"`
	Reprint   bool     `json:"reprint,omitempty"`
	RedLetter bool     `json:"redLetter,omitempty"`
	Reverses  string   `json:"reverses,omitempty"`
	Reason    string   `json:"reason,omitempty"`
}

// Kind is "inkind".
func (k InKind) Kind() string { return "inkind" }

// Render draws the receipt, A4, as many pages as the goods need.
func (k InKind) Render(e *Engine) ([]byte, error) { return e.Render(k) }

func (k InKind) about() about {
	return about{Title: k.heading() + " " + k.Number, Author: k.Org.Name, Day: k.IssuedOn}
}

func (k InKind) heading() string {
	if k.RedLetter {
		return "实物捐赠收据（红冲）"
	}
	return "实物捐赠收据"
}

const (
	goodsFirst  = 78.0
	goodsNext   = 34.0
	goodsBottom = 272.0
	goodsClose  = 196.0
)

func goodsTable(accent sheet.RGB) table {
	return table{
		x: 18, row: 8.6, size: 9.5, accent: accent, ground: sheet.RGB{R: 251, G: 245, B: 241},
		cols: []column{
			{"序号", 11, sheet.Middle, sheet.Serif}, {"名称", 42, sheet.Left, sheet.Serif}, {"规格型号", 31, sheet.Left, sheet.Serif},
			{"单位", 12, sheet.Middle, sheet.Serif}, {"数量", 16, sheet.End, sheet.Serif}, {"单价（元）", 22, sheet.End, sheet.Serif},
			{"金额（元）", 24, sheet.End, sheet.Serif}, {"计价依据", 16, sheet.Middle, sheet.Serif},
		},
	}
}

func (k InKind) accent() sheet.RGB {
	if k.RedLetter {
		return red
	}
	return brick
}

var inKindHead = append(row(18, 53, 9.5, cell{"捐赠人", 104}, cell{"证件号码", 70}), row(18, 62.5, 9.5, cell{"捐赠项目", 104}, cell{"捐赠用途", 70})...)

// The closing block: total, fiscal receipt, note.
var inKindFoot = append(row(18, 202, 12, cell{"金额合计", 174}),
	append(row(18, 214, 9, cell{"财政票据", 174}), row(18, 223, 11, cell{"备注", 174})...)...)

func (k InKind) stock() (string, func(*stocker)) {
	return stockName("inkind", k.Org, k.Demo, strconv.FormatBool(k.RedLetter)), func(s *stocker) {
		accent, ground := k.accent(), sheet.RGB{R: 251, G: 245, B: 241}
		base := func(p *sheet.Page) {
			if k.Demo {
				watermark(p, 36)
			}
		}
		s.form("first", a4w, a4h, func(p *sheet.Page) {
			base(p)
			p.Color(ink)
			p.Fit(sheet.Box{X: 50, Y: 13, W: 110, H: 6}, sheet.Style{Face: sheet.Serif, Size: 12, Min: 6, Align: sheet.Middle}, k.Org.Name)
			y := title(p, accent, 30, 22, 3, k.heading())
			p.Color(accent)
			p.Center(sheet.Serif, 8.5, a4w/2, y+6.2, "本收据证明捐赠物资已经验收，非财政票据，不作为税前扣除凭证")
			p.Text(sheet.Serif, 9, 148, 18, "编号")
			p.Text(sheet.Serif, 9, 148, 23.6, "日期")
			cells(p, accent, ground, sheet.Box{X: 18, Y: 53, W: 174, H: 19}, inKindHead)
			goodsTable(accent).heads(p, goodsFirst)
		})
		s.form("next", a4w, a4h, func(p *sheet.Page) {
			base(p)
			p.Color(accent)
			p.Line(18, 28, 192, 28, 0.3)
			goodsTable(accent).heads(p, goodsNext)
		})
		s.form("close", a4w, a4h, func(p *sheet.Page) {
			if !k.Org.NoSeal {
				p.Seal(64, 252, 18, k.Org.Name, k.Org.Seal, k.Org.SealCode)
			}
			cells(p, accent, ground, sheet.Box{X: 18, Y: 202, W: 174, H: 32}, inKindFoot)
			p.Color(accent)
			p.Text(sheet.Serif, 9.5, 18, 246, "接受单位（章）")
			p.Text(sheet.Serif, 9.5, 122, 246, "复核人")
			p.Text(sheet.Serif, 9.5, 158, 246, "经办人")
			p.Text(sheet.Serif, 9.5, 122, 256, "验收人")
			p.Color(ink)
			p.Fit(sheet.Box{X: 43, Y: 242.3, W: 74, H: 5}, sheet.Style{Face: sheet.Serif, Size: 10.5, Min: 5}, k.Org.Name)
			footer(p, k.Org, k.Demo, 18, 280)
		})
		s.ready(sheet.Serif, figures+latin+capitals+dates+"（限定性）·")
		s.ready(sheet.Bold, figures)
	}
}

func (k InKind) draw(d *drawer) {
	t := goodsTable(k.accent())
	rows := make([][]string, len(k.Items))
	for i, x := range k.Items {
		unit, total := "—", "—"
		if x.TotalFen != 0 {
			total = x.TotalFen.Comma()
		}
		if x.UnitFen != 0 {
			unit = x.UnitFen.Comma()
		}
		rows[i] = []string{strconv.Itoa(i + 1), x.Name, x.Spec, x.Unit, x.Quantity, unit, total, orDash(x.Basis)}
	}
	p := d.page("first")
	p.Color(ink)
	p.Code(18, 15, 24, matrix(k.VerifyURL))
	p.Fit(sheet.Box{X: 18, Y: 39.8, W: 24, H: 3.4}, sheet.Style{Face: sheet.Serif, Size: 7.5, Min: 4, Align: sheet.Middle}, k.VerifyCode)
	p.Fit(sheet.Box{X: 157, Y: 14.5, W: 35, H: 4.6}, sheet.Style{Face: sheet.Serif, Size: 9.5, Min: 5, Align: sheet.End}, k.Number)
	p.Fit(sheet.Box{X: 157, Y: 20.1, W: 35, H: 4.6}, sheet.Style{Face: sheet.Serif, Size: 9.5, Min: 5, Align: sheet.End}, k.IssuedOn.Chinese())
	text := sheet.Style{Face: sheet.Serif, Size: 10.5, Min: 7.5, Lines: 2, Lead: 1.12}
	p.Fit(inKindHead[0].value(), text, k.Payer)
	p.Fit(inKindHead[1].value(), text, orDash(k.PayerID))
	p.Fit(inKindHead[2].value(), text, k.Project)
	p.Fit(inKindHead[3].value(), text, purpose(k.Restricted, k.Use))
	if k.Reprint {
		mark(p, brick, 192, 27, "补打")
	}
	parts := t.paginate(p, rows, span{goodsFirst + headHeight, goodsBottom}, span{goodsNext + headHeight, goodsBottom}, goodsClose)
	for i, x := range parts {
		top := goodsFirst
		if i > 0 {
			top = goodsNext
			p = d.page("next")
			p.Color(soft)
			p.Fit(sheet.Box{X: 18, Y: 20, W: 174, H: 6}, sheet.Style{Face: sheet.Serif, Size: 9.5, Min: 6}, k.heading()+" "+k.Number+"（续）")
		}
		t.fill(p, rows, x, top+headHeight)
	}
	d.over("close")
	if k.RedLetter {
		p.Color(red)
	} else {
		p.Color(ink)
	}
	amount(p, inKindFoot[0].value(), k.TotalFen)
	official(p, inKindFoot[1].value(), k.Official)
	p.Color(ink)
	note := "验收日期 " + k.ReceivedOn.Chinese()
	if k.Warehouse != "" {
		note += "，入库 " + k.Warehouse
	}
	if k.RedLetter {
		note += "。" + reversal(k.Reverses, k.Reason)
	}
	if k.Note != "" {
		note += "。" + k.Note
	}
	p.Fit(inKindFoot[2].value(), sheet.Style{Face: sheet.Serif, Size: 9, Min: 7, Lines: 3, Lead: 1.15}, note)
	p.Fit(sheet.Box{X: 134, Y: 240.1, W: 23, H: 9}, hand, k.Checker)
	p.Fit(sheet.Box{X: 170, Y: 240.1, W: 22, H: 9}, hand, k.Handler)
	p.Fit(sheet.Box{X: 134, Y: 250.1, W: 58, H: 9}, hand, join(k.Acceptors))
	pageNumbers(d)
}

func join(names []string) string {
	s := ""
	for i, n := range names {
		if i > 0 {
			s += "、"
		}
		s += n
	}
	return s
}
