package pdf

import (
	"strconv"
	"strings"

	"care/server/money"
	"care/templates/pdf/sheet"
)

// Decision tells an applicant what was decided on a case. A refusal gives its
// reasons in writing and the right of review with where and until when, as the
// rules of relief demand.
type Decision struct {
	Org Org `json:"org"`
	// Number is the document number, e.g. 曲退军基〔2026〕15号.
	Number     string `json:"number"`
	VerifyCode string `json:"verifyCode"`
	VerifyURL  string `json:"verifyURL"`
	Name       string `json:"name"`
	Honorific  string `json:"honorific,omitempty"`
	CaseNumber string `json:"caseNumber"`
	AppliedOn  Day    `json:"appliedOn"`
	Aid        string `json:"aid"`
	Approved   bool   `json:"approved"`
	// AmountFen is what was approved.
	AmountFen money.Fen `json:"amountFen,omitempty"`
	// Payment tells how and when it is paid, on an approval.
	Payment string `json:"payment,omitempty"`
	// Reasons stand on a refusal, one paragraph each; on an approval they may
	// explain a lower amount.
	Reasons []string `json:"reasons,omitempty"`
	// Review is where to apply for review, ReviewDays within how many working days.
	Review     string `json:"review"`
	ReviewDays int    `json:"reviewDays"`
	// Advice points to other help, on a refusal.
	Advice   string `json:"advice,omitempty"`
	IssuedOn Day    `json:"issuedOn"`
	Demo     bool   `json:"demo,omitempty"`
	Reprint  bool   `json:"reprint,omitempty"`
}

// Kind is "decision".
func (x Decision) Kind() string { return "decision" }

// Render draws the letter, A4.
func (x Decision) Render(e *Engine) ([]byte, error) { return e.Render(x) }

func (x Decision) heading() string {
	if x.Approved {
		return "帮扶援助决定书"
	}
	return "不予帮扶援助告知书"
}

func (x Decision) about() about {
	return about{Title: x.heading() + " " + x.Number, Author: x.Org.Name, Day: x.IssuedOn}
}

func (x Decision) stock() (string, func(*stocker)) {
	return stockName("decision", x.Org, x.Demo, strconv.FormatBool(x.Approved)), func(s *stocker) {
		s.form("first", a4w, a4h, func(p *sheet.Page) {
			if x.Demo {
				watermark(p, 40)
			}
			p.Color(red)
			p.Fit(sheet.Box{X: 25, Y: 24, W: 160, H: 12}, sheet.Style{Face: sheet.Bold, Size: 24, Min: 10, Align: sheet.Middle}, x.Org.Name)
			p.Line(25, 42, 185, 42, 0.7)
			p.Line(25, 43.3, 185, 43.3, 0.2)
			p.Color(ink)
			p.Spaced(sheet.Bold, 20, a4w/2, 70, 1.5, x.heading())
		})
		s.form("next", a4w, a4h, func(p *sheet.Page) {
			if x.Demo {
				watermark(p, 40)
			}
			p.Color(red)
			p.Line(25, 22, 185, 22, 0.3)
		})
		s.form("close", a4w, a4h, func(p *sheet.Page) {
			if !x.Org.NoSeal {
				p.Seal(150, 246, 19, x.Org.Name, "", x.Org.SealCode)
			}
			p.Color(ink)
			p.Fit(sheet.Box{X: 110, Y: 236, W: 80, H: 7}, sheet.Style{Face: sheet.Serif, Size: 13, Min: 6, Align: sheet.Middle}, x.Org.Name)
			footer(p, x.Org, x.Demo, 25, 280)
		})
		s.ready(sheet.Serif, figures+dates+capitals+"，。：（）")
	}
}

func (x Decision) draw(d *drawer) {
	p := d.page("first")
	p.Color(soft)
	p.Fit(sheet.Box{X: 25, Y: 47, W: 160, H: 6}, sheet.Style{Face: sheet.Serif, Size: 11, Min: 6, Align: sheet.Middle}, x.Number+"　　案号 "+x.CaseNumber)
	if x.Reprint {
		mark(p, red, 185, 14, "补打")
	}
	p.Color(ink)
	next := func() (*sheet.Page, float64) { q := d.page("next"); q.Color(ink); return q, 30.0 }
	st := sheet.Style{Face: sheet.Serif, Size: 13, Lead: 1.75, Align: sheet.Justify}
	p, y := prose(p, 25, 160, 82, 262, st, x.Name+x.Honorific+"：", next)
	st.Indent = 2
	const bottom = 226.0 // room for signature and seal below, on every page
	p, _ = prose(p, 25, 160, y+1, bottom, st, strings.Join(x.paragraphs(), "\n"), next)
	if x.Approved && x.AmountFen.Upper() == "" {
		p.Long = x.AmountFen.String()
	}
	d.over("close")
	p.Fit(sheet.Box{X: 110, Y: 247, W: 80, H: 7}, sheet.Style{Face: sheet.Serif, Size: 12.5, Min: 8, Align: sheet.Middle}, x.IssuedOn.Chinese())
	p.Code(25, 238, 22, matrix(x.VerifyURL))
	p.Color(soft)
	p.Fit(sheet.Box{X: 25, Y: 260.6, W: 22, H: 3.4}, sheet.Style{Face: sheet.Serif, Size: 7.5, Min: 4, Align: sheet.Middle}, x.VerifyCode)
	pageNumbers(d)
}

func (x Decision) paragraphs() []string {
	opening := "您于" + x.AppliedOn.Chinese() + "提出的" + x.Aid + "帮扶援助申请已经审核完毕，"
	var out []string
	if x.Approved {
		out = append(out, opening+"现决定给予一次性帮扶援助"+x.AmountFen.Upper()+"（"+x.AmountFen.Yuan()+"）。")
		if x.Payment != "" {
			out = append(out, x.Payment)
		}
		out = append(out, x.Reasons...)
	} else {
		out = append(out, opening+"经研究，决定不予帮扶援助。理由如下：")
		for i, r := range x.Reasons {
			out = append(out, strconv.Itoa(i+1)+". "+r)
		}
	}
	if x.Review != "" {
		review := "如对本决定有异议，您可以"
		if x.ReviewDays > 0 {
			review += "在收到之日起" + strconv.Itoa(x.ReviewDays) + "个工作日内"
		}
		out = append(out, review+"向"+x.Review+"申请复核。申请复核不影响您反映情况和寻求其他帮助的权利。")
	}
	if x.Advice != "" {
		out = append(out, x.Advice)
	}
	return out
}
