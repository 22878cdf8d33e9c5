package pdf

import (
	"care/server/money"
	"care/templates/pdf/sheet"
)

// Voucher is the 领款凭证 of a relief payment: who was paid what, from which
// fund, by whose three hands (maker, checker and signatory are never the same
// person), and the bank's reference. It goes to the veteran and to the books.
type Voucher struct {
	Org        Org    `json:"org"`
	Number     string `json:"number"`
	VerifyCode string `json:"verifyCode"`
	VerifyURL  string `json:"verifyURL"`
	// Payee is the veteran; PayeeID and Card are masked.
	Payee   string `json:"payee"`
	PayeeID string `json:"payeeID,omitempty"`
	Bank    string `json:"bank"`
	Card    string `json:"card"`
	// CaseNumber is the relief case, Aid the sort of aid, e.g. 大病医疗.
	CaseNumber string `json:"caseNumber"`
	Aid        string `json:"aid"`
	// Fund is the ledger the money came from, BatchNumber the payment batch.
	Fund        string    `json:"fund"`
	BatchNumber string    `json:"batchNumber"`
	AmountFen   money.Fen `json:"amountFen"`
	// Maker is 制单人, Checker 复核人, Signatory 审批人.
	Maker     string `json:"maker"`
	Checker   string `json:"checker"`
	Signatory string `json:"signatory"`
	// PaidOn is the day the bank paid, BankReference its serial number.
	PaidOn        Day    `json:"paidOn"`
	BankReference string `json:"bankReference"`
	IssuedOn      Day    `json:"issuedOn"`
	Note          string `json:"note,omitempty"`
	Demo          bool   `json:"demo,omitempty"`
	Reprint       bool   `json:"reprint,omitempty"`
}

// Kind is "voucher".
func (v Voucher) Kind() string { return "voucher" }

// Render draws the voucher, A5 lying.
func (v Voucher) Render(e *Engine) ([]byte, error) { return e.Render(v) }

func (v Voucher) about() about {
	return about{Title: "领款凭证 " + v.Number, Author: v.Org.Name, Day: v.IssuedOn}
}

// The cells of the voucher.
const (
	vPayee = iota
	vPayeeID
	vBank
	vCard
	vCase
	vAid
	vFund
	vBatch
	vAmount
	vPaid
	vReference
	vNote
)

var voucherOuter = sheet.Box{X: 14, Y: 37, W: 182, H: 73}

func voucherCells() []pair {
	const l, mid, wl, wr, h = 14.0, 105.0, 91.0, 91.0, 9.5
	at := func(i int) float64 { return 37 + float64(i)*h }
	return []pair{
		vPayee:     {"领款人", sheet.Box{X: l, Y: at(0), W: wl, H: h}},
		vPayeeID:   {"证件号码", sheet.Box{X: mid, Y: at(0), W: wr, H: h}},
		vBank:      {"开户银行", sheet.Box{X: l, Y: at(1), W: wl, H: h}},
		vCard:      {"收款账号", sheet.Box{X: mid, Y: at(1), W: wr, H: h}},
		vCase:      {"帮扶案号", sheet.Box{X: l, Y: at(2), W: wl, H: h}},
		vAid:       {"帮扶类别", sheet.Box{X: mid, Y: at(2), W: wr, H: h}},
		vFund:      {"资金来源", sheet.Box{X: l, Y: at(3), W: wl, H: h}},
		vBatch:     {"拨付批次", sheet.Box{X: mid, Y: at(3), W: wr, H: h}},
		vAmount:    {"金额", sheet.Box{X: l, Y: at(4), W: wl + wr, H: 13}},
		vPaid:      {"到账日期", sheet.Box{X: l, Y: at(4) + 13, W: wl, H: h}},
		vReference: {"银行流水", sheet.Box{X: mid, Y: at(4) + 13, W: wr, H: h}},
		vNote:      {"备注", sheet.Box{X: l, Y: at(5) + 13, W: wl + wr, H: 12.5}},
	}
}

func (v Voucher) stock() (string, func(*stocker)) {
	return stockName("voucher", v.Org, v.Demo), func(s *stocker) {
		s.form("page", a5w, a5h, func(p *sheet.Page) {
			if v.Demo {
				watermark(p, 27)
			}
			if !v.Org.NoSeal {
				p.Seal(60, 121, 15.5, v.Org.Name, v.Org.Seal, v.Org.SealCode)
			}
			p.Color(ink)
			p.Fit(sheet.Box{X: 55, Y: 9.5, W: 100, H: 6}, sheet.Style{Face: sheet.Serif, Size: 11, Min: 6, Align: sheet.Middle}, v.Org.Name)
			title(p, teal, 25.5, 22, 3.2, "领款凭证")
			p.Text(sheet.Serif, 9, 151, 15, "编号")
			p.Text(sheet.Serif, 9, 151, 20.6, "日期")
			cells(p, teal, sheet.RGB{R: 240, G: 246, B: 247}, voucherOuter, voucherCells())
			p.Color(teal)
			p.Text(sheet.Serif, 9.5, 14, 118.6, "拨款单位（章）")
			p.Text(sheet.Serif, 9.5, 96, 118.6, "制单")
			p.Text(sheet.Serif, 9.5, 130, 118.6, "复核")
			p.Text(sheet.Serif, 9.5, 164, 118.6, "审批")
			p.Text(sheet.Serif, 9.5, 96, 129, "领款人签收")
			p.Text(sheet.Serif, 9.5, 164, 129, "日期")
			p.Line(116, 130, 160, 130, 0.15)
			p.Line(174, 130, 196, 130, 0.15)
			p.Line(14, 137.5, 196, 137.5, 0.15)
			footer(p, v.Org, v.Demo, 14, 142.2)
			p.Color(ink)
			p.Fit(sheet.Box{X: 39, Y: 114.9, W: 54, H: 5}, sheet.Style{Face: sheet.Serif, Size: 10, Min: 4.5}, v.Org.Name)
		})
		s.ready(sheet.Serif, figures+latin+capitals+dates+"*·")
		s.ready(sheet.Bold, figures)
	}
}

func (v Voucher) draw(d *drawer) {
	p := d.page("page")
	cs := voucherCells()
	text := sheet.Style{Face: sheet.Serif, Size: 10.5, Min: 7.5, Lines: 2, Lead: 1.12}
	p.Color(ink)
	p.Code(14, 9, 20, matrix(v.VerifyURL))
	p.Fit(sheet.Box{X: 14, Y: 29.8, W: 20, H: 3.4}, sheet.Style{Face: sheet.Serif, Size: 7.5, Min: 4, Align: sheet.Middle}, v.VerifyCode)
	p.Fit(sheet.Box{X: 160, Y: 11.5, W: 36, H: 4.6}, sheet.Style{Face: sheet.Serif, Size: 9.5, Min: 5, Align: sheet.End}, v.Number)
	p.Fit(sheet.Box{X: 160, Y: 17.1, W: 36, H: 4.6}, sheet.Style{Face: sheet.Serif, Size: 9.5, Min: 5, Align: sheet.End}, v.IssuedOn.Chinese())
	for i, s := range [...]string{
		vPayee: v.Payee, vPayeeID: orDash(v.PayeeID), vBank: v.Bank, vCard: v.Card, vCase: v.CaseNumber, vAid: v.Aid,
		vFund: v.Fund, vBatch: v.BatchNumber, vAmount: "", vPaid: v.PaidOn.Chinese(), vReference: orDash(v.BankReference),
	} {
		p.Fit(cs[i].value(), text, s)
	}
	amount(p, cs[vAmount].value(), v.AmountFen)
	p.Fit(cs[vNote].value(), sheet.Style{Face: sheet.Serif, Size: 9, Min: 7, Lines: 3, Lead: 1.15}, v.Note)
	p.Fit(sheet.Box{X: 105, Y: 112.7, W: 23, H: 9}, hand, v.Maker)
	p.Fit(sheet.Box{X: 139, Y: 112.7, W: 23, H: 9}, hand, v.Checker)
	p.Fit(sheet.Box{X: 173, Y: 112.7, W: 23, H: 9}, hand, v.Signatory)
	if v.Reprint {
		mark(p, teal, 196, 24, "补打")
	}
}
