package pdf

import (
	"strconv"

	"care/server/money"
	"care/templates/pdf/sheet"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Official is the fiscal receipt (公益事业捐赠票据) that belongs to a donation,
// as the finance authority's system issued it. We record it and never invent it.
type Official struct {
	// Code is 票据代码 (8 digits), Number 票据号码 (10 digits), Check 校验码.
	Code   string `json:"code,omitempty"`
	Number string `json:"number,omitempty"`
	Check  string `json:"check,omitempty"`
}

// Receipt is the foundation's own 捐赠收据: it proves that a gift arrived. It is
// not a fiscal receipt and says so. It carries what 慈善法 article 38 asks for:
// donor, kind and amount, organisation, handler, date.
type Receipt struct {
	Org Org `json:"org"`
	// Number is the gapless number, e.g. QJGA-2026-000123.
	Number string `json:"number"`
	// VerifyCode is printed for people, VerifyURL is in the QR code.
	VerifyCode string `json:"verifyCode"`
	VerifyURL  string `json:"verifyURL"`
	// Payer is the donor as it shall be printed; an anonymous donor is 爱心人士.
	Payer string `json:"payer"`
	// PayerID is the masked ID or credit code, may be empty.
	PayerID string `json:"payerID,omitempty"`
	// ReceivedOn is when the money arrived, IssuedOn when the receipt was issued.
	ReceivedOn Day `json:"receivedOn"`
	IssuedOn   Day `json:"issuedOn"`
	// Project is what the gift is for; Restricted says the donor bound it to that,
	// Use may tell how, in the donor's words.
	Project    string `json:"project"`
	Restricted bool   `json:"restricted"`
	Use        string `json:"use,omitempty"`
	// Method is how it was paid, e.g. 银行转账.
	Method string `json:"method"`
	// AmountFen is in fen; negative on a red letter.
	AmountFen money.Fen `json:"amountFen"`
	// Handler is 经办人, Checker 复核人.
	Handler string `json:"handler"`
	Checker string `json:"checker"`
	// Official is empty until the fiscal receipt is recorded.
	Official Official `json:"official,omitzero"`
	// Note is printed under 备注.
	Note string `json:"note,omitempty"`
	// Demo prints a quiet 演示 mark, Reprint the word 补打.
	Demo    bool `json:"demo,omitempty"`
	Reprint bool `json:"reprint,omitempty"`
	// RedLetter makes this the reversal of the receipt numbered Reverses, for Reason.
	RedLetter bool   `json:"redLetter,omitempty"`
	Reverses  string `json:"reverses,omitempty"`
	Reason    string `json:"reason,omitempty"`
}

// Kind is "receipt".
func (r Receipt) Kind() string { return "receipt" }

// Render draws the receipt, A5 lying.
func (r Receipt) Render(e *Engine) ([]byte, error) { return e.Render(r) }

func (r Receipt) about() about {
	return about{Title: r.heading() + " " + r.Number, Author: r.Org.Name, Day: r.IssuedOn}
}

func (r Receipt) heading() string {
	if r.RedLetter {
		return "捐赠收据（红冲）"
	}
	return "捐赠收据"
}

// The cells of the receipt.
const (
	rPayer = iota
	rPayerID
	rProject
	rUse
	rMethod
	rReceived
	rAmount
	rOfficial
	rNote
)

var receiptOuter = sheet.Box{X: 14, Y: 45, W: 182, H: 64}

func receiptCells() []pair {
	const l, mid, w, wl, wr = 14.0, 126.0, 182.0, 112.0, 70.0
	return []pair{
		rPayer:    {"捐赠人", sheet.Box{X: l, Y: 45, W: wl, H: 10}},
		rPayerID:  {"证件号码", sheet.Box{X: mid, Y: 45, W: wr, H: 10}},
		rProject:  {"捐赠项目", sheet.Box{X: l, Y: 55, W: wl, H: 10}},
		rUse:      {"捐赠用途", sheet.Box{X: mid, Y: 55, W: wr, H: 10}},
		rMethod:   {"捐赠方式", sheet.Box{X: l, Y: 65, W: wl, H: 10}},
		rReceived: {"到账日期", sheet.Box{X: mid, Y: 65, W: wr, H: 10}},
		rAmount:   {"金额", sheet.Box{X: l, Y: 75, W: w, H: 13}},
		rOfficial: {"财政票据", sheet.Box{X: l, Y: 88, W: w, H: 10}},
		rNote:     {"备注", sheet.Box{X: l, Y: 98, W: w, H: 11}},
	}
}

func (r Receipt) stock() (string, func(*stocker)) {
	return stockName("receipt", r.Org, r.Demo, strconv.FormatBool(r.RedLetter)), func(s *stocker) {
		accent, ground := brick, sheet.RGB{R: 251, G: 245, B: 241}
		if r.RedLetter {
			accent = red
		}
		s.form("page", a5w, a5h, func(p *sheet.Page) {
			if r.Demo {
				watermark(p, 27)
			}
			if !r.Org.NoSeal {
				p.Seal(60, 119, 16.5, r.Org.Name, r.Org.Seal, r.Org.SealCode)
			}
			p.Color(ink)
			p.Fit(sheet.Box{X: 55, Y: 9.5, W: 100, H: 6}, sheet.Style{Face: sheet.Serif, Size: 11, Min: 6, Align: sheet.Middle}, r.Org.Name)
			y := title(p, accent, 25.5, 22, 3.2, r.heading())
			p.Color(accent)
			p.Center(sheet.Serif, 8.5, a5w/2, y+6.2, "本收据证明捐赠款项已经收到，非财政票据，不作为税前扣除凭证")
			p.Text(sheet.Serif, 9, 151, 15, "编号")
			p.Text(sheet.Serif, 9, 151, 20.6, "日期")
			cells(p, accent, ground, receiptOuter, receiptCells())
			p.Color(accent)
			p.Text(sheet.Serif, 9.5, 14, 119, "接受单位（章）")
			p.Text(sheet.Serif, 9.5, 118, 119, "复核人")
			p.Text(sheet.Serif, 9.5, 160, 119, "经办人")
			p.Color(accent)
			p.Line(14, 135.5, 196, 135.5, 0.15)
			footer(p, r.Org, r.Demo, 14, 140.2)
			p.Color(ink)
			p.Fit(sheet.Box{X: 39, Y: 115.3, W: 74, H: 5}, sheet.Style{Face: sheet.Serif, Size: 10.5, Min: 5}, r.Org.Name)
		})
		s.ready(sheet.Serif, figures+latin+capitals+dates+"（限定性）·")
		s.ready(sheet.Bold, figures)
	}
}

// footer is the last line of a small paper: who to ask and where to check.
func footer(p *sheet.Page, o Org, demo bool, margin, y float64) {
	p.Color(soft)
	left := ""
	if demo {
		left = demoWords + "　"
	}
	if o.Site != "" {
		left += "核验网址 " + o.Site + "　"
	}
	if o.Address != "" {
		left += "地址 " + o.Address
	}
	right := ""
	if o.Credit != "" {
		right = "统一社会信用代码 " + o.Credit
	}
	if o.Phone != "" {
		if right != "" {
			right += "　"
		}
		right += "电话 " + o.Phone
	}
	p.Fit(sheet.Box{X: margin, Y: y - 2.6, W: p.W/2 - margin - 2, H: 3.6}, sheet.Style{Face: sheet.Serif, Size: 7.5, Min: 4}, left)
	p.Fit(sheet.Box{X: p.W/2 - 1, Y: y - 2.6, W: p.W/2 - margin + 1, H: 3.6}, sheet.Style{Face: sheet.Serif, Size: 7.5, Min: 4, Align: sheet.End}, right)
}

func (r Receipt) draw(d *drawer) {
	p := d.page("page")
	cs := receiptCells()
	text := sheet.Style{Face: sheet.Serif, Size: 10.5, Min: 7.5, Lines: 2, Lead: 1.15}
	p.Color(ink)
	p.Code(14, 12, 22, matrix(r.VerifyURL))
	p.Fit(sheet.Box{X: 14, Y: 34.8, W: 22, H: 3.4}, sheet.Style{Face: sheet.Serif, Size: 7.5, Min: 4, Align: sheet.Middle}, r.VerifyCode)
	p.Fit(sheet.Box{X: 160, Y: 11.5, W: 36, H: 4.6}, sheet.Style{Face: sheet.Serif, Size: 9.5, Min: 5, Align: sheet.End}, r.Number)
	p.Fit(sheet.Box{X: 160, Y: 17.1, W: 36, H: 4.6}, sheet.Style{Face: sheet.Serif, Size: 9.5, Min: 5, Align: sheet.End}, r.IssuedOn.Chinese())
	p.Fit(cs[rPayer].value(), text, r.Payer)
	p.Fit(cs[rPayerID].value(), text, orDash(r.PayerID))
	p.Fit(cs[rProject].value(), text, r.Project)
	p.Fit(cs[rUse].value(), text, purpose(r.Restricted, r.Use))
	p.Fit(cs[rMethod].value(), text, r.Method)
	p.Fit(cs[rReceived].value(), text, r.ReceivedOn.Chinese())
	if r.RedLetter {
		p.Color(red)
	}
	amount(p, cs[rAmount].value(), r.AmountFen)
	p.Color(ink)
	official(p, cs[rOfficial].value(), r.Official)
	p.Color(ink)
	note := r.Note
	if r.RedLetter {
		note = reversal(r.Reverses, r.Reason)
		if r.Note != "" {
			note += "。" + r.Note
		}
	}
	p.Fit(cs[rNote].value(), sheet.Style{Face: sheet.Serif, Size: 9, Min: 7, Lines: 3, Lead: 1.15}, note)
	p.Fit(sheet.Box{X: 131, Y: 113.1, W: 27, H: 9}, hand, r.Checker)
	p.Fit(sheet.Box{X: 173, Y: 113.1, W: 23, H: 9}, hand, r.Handler)
	if r.Reprint {
		mark(p, brick, 196, 24, "补打")
	}
}

// purpose words the use of a gift.
func purpose(restricted bool, use string) string {
	s := "非限定性"
	if restricted {
		s = "限定性"
	}
	if use != "" {
		s += "（" + use + "）"
	}
	return s
}

// reversal words what a red letter reverses.
func reversal(number, reason string) string {
	s := "冲销编号 " + number + " 的捐赠收据"
	if reason != "" {
		s += "，原因：" + reason
	}
	return s
}

// official sets the recorded fiscal receipt, or says that it comes separately.
func official(p *sheet.Page, b sheet.Box, o Official) {
	if o == (Official{}) {
		p.Color(soft)
		p.Fit(b, sheet.Style{Face: sheet.Serif, Size: 9, Min: 7}, "公益事业捐赠票据由财政电子票据系统另行开具，号码登记后在核验页面可查")
		return
	}
	third(p, b, 0, "票据代码", o.Code)
	third(p, b, 1, "票据号码", o.Number)
	third(p, b, 2, "校验码", o.Check)
}

// amount sets an amount twice, in capitals on the left and in figures on the right.
func amount(p *sheet.Page, b sheet.Box, f money.Fen) {
	up := f.Upper()
	if up == "" {
		p.Long = f.String() // capitals have no words for it: refuse the paper
		return
	}
	p.Fit(sheet.Box{X: b.X, Y: b.Y, W: b.W * 0.66, H: b.H}, sheet.Style{Face: sheet.Serif, Size: 12.5, Min: 8, Lines: 2, Lead: 1.2}, up)
	p.Fit(sheet.Box{X: b.X + b.W*0.68, Y: b.Y, W: b.W * 0.32, H: b.H}, sheet.Style{Face: sheet.Bold, Size: 14, Min: 8, Align: sheet.End}, f.Yuan())
}

// third sets a small label and a value in the i-th third of a box.
func third(p *sheet.Page, b sheet.Box, i int, label, value string) {
	w := b.W / 3
	x := b.X + float64(i)*w
	p.Color(soft)
	lw := p.Fonts.Width(sheet.Serif, 8.5, label)
	p.Fit(sheet.Box{X: x, Y: b.Y, W: lw + 0.01, H: b.H}, sheet.Style{Face: sheet.Serif, Size: 8.5}, label)
	p.Color(ink)
	p.Fit(sheet.Box{X: x + lw + 2, Y: b.Y, W: w - lw - 4, H: b.H}, sheet.Style{Face: sheet.Serif, Size: 10.5, Min: 6}, orDash(value))
}

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}
