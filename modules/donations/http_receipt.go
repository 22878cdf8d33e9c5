package donations

import (
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/encoding/simplifiedchinese"

	"care/server/access"
	"care/server/clock"
	"care/server/fault"
	"care/server/money"
	"care/server/web"
)

func (s *Gifts) receiptRoutes(r *web.Routes) {
	r.GET("/desk/receipts", s.receipts, ViewPerm)
	r.GET("/desk/receipts/export.csv", s.exportReceipts, ViewPerm)
	r.GET("/desk/receipts/gaps", s.gaps, ViewPerm)
	r.GET("/desk/receipts/reissue", s.reissueForm, ReceiptPerm)
	r.POST("/desk/receipts/reissue", s.reissue, ReceiptPerm)
	r.GET("/desk/receipts/reissues", s.reissues, ViewPerm)
	r.GET("/desk/receipts/reissues/:id", s.reissueOne, ViewPerm)
	r.POST("/desk/receipts/reissues/:id", s.decideReissue, ReceiptCheckPerm)
	r.GET("/desk/receipts/fiscals", s.fiscals, ViewPerm)
	r.POST("/desk/receipts/fiscals", s.importFiscals, ReceiptPerm, web.Options{Body: maxFiscalFile + 1<<20})
	r.POST("/desk/receipts/fiscals/check", s.checkFiscals, ReceiptCheckPerm)
	r.GET("/desk/receipts/fiscals/:id/red", s.fiscalRedForm, ReceiptPerm)
	r.POST("/desk/receipts/fiscals/:id/red", s.fiscalRed, ReceiptPerm)
	r.GET("/desk/receipts/:paper", s.receipt, ViewPerm)
	r.POST("/desk/receipts/:paper/deliver", s.handOver, ReceiptPerm)
	r.GET("/desk/receipts/:paper/reprint", s.reprintForm, ReceiptPerm)
	r.POST("/desk/receipts/:paper/reprint", s.reprint, ReceiptPerm)
	r.GET("/desk/receipts/:paper/fiscal", s.fiscalForm, ReceiptPerm)
	r.POST("/desk/receipts/:paper/fiscal", s.fiscal, ReceiptPerm)
}

// receiptCount is what waits for the person at the receipts' desk.
func (s *Gifts) receiptCount(ctx context.Context, who access.Actor) (int, error) {
	w, err := s.ReceiptWork(ctx)
	n := 0
	if who.Can(ReceiptCheckPerm) {
		n += w.Reissues + w.Fiscals
	}
	if who.Can(ReceiptPerm) {
		n += w.ToRed
	}
	return n, err
}

func receiptTone(state string) string {
	switch state {
	case ReceiptValid, done, fiscalChecked:
		return "ok"
	case asked, fiscalRecorded:
		return "wait"
	}
	return "bad"
}

type receiptLine struct {
	receiptRow
	Use, Word, Tone, Kept, Href string
	Official, OfficialTone      string
}

type receiptsPage struct {
	web.Page
	Rows   []receiptLine
	Pager  web.Pager
	Tiles  []tile
	Shows  []web.Option
	Show   string
	Q      string
	Export string
	Pick   bool
}

var receiptShows = []string{ReceiptValid, ReceiptVoid, ReceiptReversed, "pending", "kept", "nofiscal", "tored", "asked"}

// receiptFilter reads the filter of the list; an unknown one is none.
func receiptFilter(c echo.Context) ReceiptFilter {
	f := ReceiptFilter{Number: upper(strings.ToValidUTF8(c.QueryParam("q"), ""))}
	if len(f.Number) > 40 {
		f.Number = f.Number[:40]
	}
	for _, x := range receiptShows {
		if x == c.QueryParam("show") {
			f.Show = x
		}
	}
	if y, err := strconv.ParseInt(f.Number, 10, 64); err == nil && y > 2000 && y < 2200 {
		f.Year, f.Number = y, ""
	}
	return f
}

func (s *Gifts) receipts(c echo.Context) error {
	ctx, f, before := c.Request().Context(), receiptFilter(c), upper(c.QueryParam("after"))
	rows, err := s.Receipts(ctx, f, before, pageSize)
	if err != nil {
		return err
	}
	w, err := s.ReceiptWork(ctx)
	if err != nil {
		return err
	}
	p := &receiptsPage{Page: web.Desk(c, words["donations.page.receipts"]), Show: f.Show, Q: strings.TrimSpace(strings.ToValidUTF8(c.QueryParam("q"), "")), Pick: web.Actor(c).Can(ReceiptPerm)}
	for _, r := range rows.Rows {
		p.Rows = append(p.Rows, lineOf(r))
	}
	p.Shows = []web.Option{{Value: "", Label: words["donations.receipt.all"], Chosen: f.Show == ""}}
	for _, x := range receiptShows {
		p.Shows = append(p.Shows, web.Option{Value: x, Label: words["donations.receipt."+x], Chosen: x == f.Show})
	}
	p.Tiles = []tile{
		{Title: words["donations.page.reissues"], Href: "/desk/receipts/reissues", N: w.Reissues, Hot: w.Reissues > 0},
		{Title: words["donations.tile.fiscals"], Href: "/desk/receipts/fiscals", N: w.Fiscals, Hot: w.Fiscals > 0},
		{Title: words["donations.receipt.tored"], Href: "/desk/receipts?show=tored", N: w.ToRed, Hot: w.ToRed > 0},
		{Title: words["donations.receipt.pending"], Href: "/desk/receipts?show=pending", N: w.Pending},
	}
	p.Pager = pager("/desk/receipts", before, rows.Next, "show", f.Show, "q", p.Q)
	p.Export = "/desk/receipts/export.csv?" + url.Values{"show": {f.Show}, "q": {p.Q}}.Encode()
	return web.Render(c, "donations/receipts", p)
}

func lineOf(r receiptRow) receiptLine {
	l := receiptLine{receiptRow: r, Use: r.Title, Word: words["donations.receipt."+r.State], Tone: receiptTone(r.State), Href: "/desk/receipts/" + r.Paper}
	if l.Use == "" {
		l.Use = words["donations.general"]
	}
	l.Kept = words["donations.disposition."+r.Disposition]
	if r.Disposition == Deliver {
		l.Kept = words["donations.receipt.pending"]
	}
	if r.DeliveredHow != "" {
		l.Kept = words["donations.how."+r.DeliveredHow]
	}
	if r.Fiscal != "" {
		l.Official, l.OfficialTone = words["donations.fiscal."+r.FState], receiptTone(r.FState)
	}
	return l
}

// exportReceipts streams the list as CSV and ends with count and sum, or says that it broke off.
func (s *Gifts) exportReceipts(c echo.Context) error {
	h := c.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="receipts-`+string(s.Today())+`.csv"`)
	c.Response().WriteHeader(http.StatusOK)
	if _, err := c.Response().Write([]byte("\ufeff")); err != nil {
		return err
	}
	w := csv.NewWriter(c.Response())
	_ = w.Write(strings.Split(words["donations.csv.receipts"], ",")) // errors stay in the writer
	var valid money.Fen
	n, before, f := 0, "", receiptFilter(c)
	for {
		rows, err := s.Receipts(c.Request().Context(), f, before, 500)
		if err != nil {
			_ = w.Write([]string{words["donations.csv.broken"]})
			w.Flush()
			return err
		}
		for _, r := range rows.Rows {
			l := lineOf(r)
			_ = w.Write(cells(r.Number, r.MadeAt.In(clock.Beijing).Format("2006-01-02 15:04"), l.Word, r.Public, l.Use, strconv.FormatInt(r.Year, 10), r.Amount.String(),
				strconv.Itoa(r.Gifts), words["donations.disposition."+r.Disposition], l.Kept, strconv.FormatInt(r.Reprints, 10), r.Fiscal, r.Red, r.Reason))
			n++
			if r.State == ReceiptValid {
				valid += r.Amount
			}
		}
		if before = rows.Next; before == "" {
			break
		}
	}
	_ = w.Write([]string{words["donations.csv.total"], strconv.Itoa(n), words["donations.receipt.valid"], "", "", "", valid.String(), "", "", "", "", "", "", ""})
	w.Flush()
	return w.Error()
}

type receiptPage struct {
	web.Page
	R          *ReceiptWhole
	Word, Tone string
	Facts      []web.Fact
	Lines      []coverLine
	Time       []web.Step
	Open       *Reissue
	Fiscal     *Fiscal
	FiscalWord string
	FiscalTone string
	Self       string
	ToHand     bool // waits to be handed over
	ToRed      bool // its official receipt must be taken back
	MayWork    bool
	Valid      bool
}

type coverLine struct {
	Href, Day, Method string
	Amount            money.Fen
}

func (s *Gifts) receipt(c echo.Context) error {
	w, err := s.Receipt(c.Request().Context(), c.Param("paper"))
	if err != nil {
		return err
	}
	p := &receiptPage{Page: web.Desk(c, words["donations.page.receipt"]), R: w, Word: words["donations.receipt."+w.State], Tone: receiptTone(w.State), Open: w.Open(), Fiscal: w.Fiscal(),
		Self: "/desk/receipts/" + w.Paper, Valid: w.State == ReceiptValid, MayWork: web.Actor(c).Can(ReceiptPerm), Time: receiptHistory(w)}
	p.Back = &web.Link{Title: words["donations.page.receipts"], Href: "/desk/receipts"}
	p.ToHand = p.Valid && w.DeliveredHow == "" && w.Disposition != KeptAnonymous
	if p.Fiscal != nil {
		p.FiscalWord, p.FiscalTone = words["donations.fiscal."+p.Fiscal.State], receiptTone(p.Fiscal.State)
		p.ToRed = !p.Valid && p.Fiscal.State == fiscalChecked
	}
	use := words["donations.general"]
	if len(w.Covers) > 0 && w.Covers[0].Project != "" {
		use = w.Covers[0].Project
	}
	p.Facts = []web.Fact{fact("amount", w.Amount.Yuan(), true), fact("donor", w.Public, false), {Name: words["donations.fact.use"], Value: use}, fact("made", w.MadeAt.In(clock.Beijing).Format("2006-01-02 15:04"), true),
		fact("handler", w.Handler, false), fact("checker", w.Checker, false), fact("disposition", words["donations.disposition."+w.Disposition], false)}
	if w.DeliveredHow != "" {
		p.Facts = append(p.Facts, fact("delivered", words["donations.how."+w.DeliveredHow]+" "+w.DeliveredAt.In(clock.Beijing).Format("2006-01-02"), false))
	}
	if w.Reprints > 0 {
		p.Facts = append(p.Facts, fact("reprints", strconv.FormatInt(w.Reprints, 10), true))
	}
	if w.Red != "" {
		p.Facts = append(p.Facts, web.Fact{Name: words["donations.fact.red"], Value: w.Red, Href: "/verify/" + w.Red, Num: true})
	}
	if w.Instead != nil {
		p.Facts = append(p.Facts, web.Fact{Name: words["donations.fact.instead"], Value: w.Instead.Number, Href: "/desk/receipts/" + w.Instead.Paper, Num: true})
	}
	p.Lines = coverLines(w.Covers)
	return web.Render(c, "donations/receipt", p)
}

func coverLines(cs []cover) []coverLine {
	out := make([]coverLine, 0, len(cs))
	for _, x := range cs {
		l := coverLine{Href: "/desk/donations/" + x.Gift, Day: string(x.Day), Method: words["donations.method."+x.Method], Amount: x.Amount}
		if x.Channel != "" {
			l.Method = channelName(x.Channel)
		}
		out = append(out, l)
	}
	return out
}

// receiptHistory tells what happened to a receipt, oldest first.
func receiptHistory(w *ReceiptWhole) []web.Step {
	out := []web.Step{{Title: words["donations.time.issued"], State: "done", At: w.MadeAt, Who: w.Handler + "、" + w.Checker, Text: w.Number}}
	if w.DeliveredAt != nil {
		out = append(out, web.Step{Title: words["donations.time.delivered"], State: "done", At: *w.DeliveredAt, Text: words["donations.how."+w.DeliveredHow]})
	}
	for _, x := range w.Reissues {
		out = append(out, web.Step{Title: words["donations.time.reissue"], State: "done", At: x.AskedAt, Who: x.AskedName, Text: words["donations.reissue."+x.Kind] + " " + x.Reason, Href: "/desk/receipts/reissues/" + x.ID})
		if x.DecidedAt != nil {
			out = append(out, web.Step{Title: words["donations.reissue."+x.State], State: map[string]string{done: "done", declined: "bad"}[x.State], At: *x.DecidedAt, Who: x.DecidedName, Text: x.Remark})
		}
	}
	for _, f := range w.Fiscals {
		out = append(out, web.Step{Title: words["donations.time.fiscal"], State: "done", At: f.RecordedAt, Who: f.RecordedName, Text: f.Code + " " + f.Number})
		switch {
		case f.DecidedAt != nil && f.State == fiscalRejected:
			out = append(out, web.Step{Title: words["donations.time.fiscal_bad"], State: "bad", At: *f.DecidedAt, Who: f.DecidedName})
		case f.DecidedAt != nil:
			out = append(out, web.Step{Title: words["donations.time.fiscal_ok"], State: "done", At: *f.DecidedAt, Who: f.DecidedName})
		}
		if f.RedNumber != "" {
			out = append(out, web.Step{Title: words["donations.time.fiscal_red"], State: "bad", Text: f.RedNumber + " " + string(f.RedOn)})
		}
	}
	if w.EndedAt != nil {
		title := "donations.time.voided"
		if w.State == ReceiptReversed {
			title = "donations.time.reversed"
		}
		out = append(out, web.Step{Title: words[title], State: "bad", At: *w.EndedAt, Text: w.Reason})
	}
	slicesByTime(out)
	return out
}

type receiptForm struct {
	How     string   `form:"how"`
	Why     string   `form:"why"`
	Kind    string   `form:"kind"`
	Papers  []string `form:"paper"`
	Payer   string   `form:"payer"`
	PayerID string   `form:"payer_id"`
	Verdict string   `form:"verdict"`
	Remark  string   `form:"remark"`
	Code    string   `form:"code"`
	Number  string   `form:"number"`
	Check   string   `form:"check"`
	Day     string   `form:"day"`
	Text    string   `form:"text"`
	Fiscals []string `form:"fiscal"`
}

func (s *Gifts) handOver(c echo.Context) error {
	var f receiptForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	if err := s.HandOver(c.Request().Context(), web.Actor(c), c.Param("paper"), f.How); err != nil {
		return web.Next(err, "/desk/receipts/"+url.PathEscape(c.Param("paper")))
	}
	return web.Done(c, "/desk/receipts/"+url.PathEscape(c.Param("paper")), "donations.done.delivered")
}

type reissuePage struct {
	web.Page
	Form  receiptForm
	Olds  []Receipt
	Sum   money.Fen
	Kinds []web.Option
	Use   string
	Payer string
}

// reissuePage shows the receipts that are to be replaced and what can be made of them.
func (s *Gifts) reissuePage(c echo.Context, f receiptForm) (*reissuePage, error) {
	ctx := c.Request().Context()
	p := &reissuePage{Page: web.Desk(c, words["donations.page.reissue"]), Form: f}
	p.Back = &web.Link{Title: words["donations.page.receipts"], Href: "/desk/receipts"}
	gifts := 0
	for i, paper := range f.Papers {
		if i == maxMerge {
			break
		}
		w, err := s.Receipt(ctx, paper)
		if err != nil {
			return nil, err
		}
		p.Olds = append(p.Olds, w.Receipt)
		gifts += len(w.Covers)
		if i == 0 {
			p.Payer, p.Use = w.Public, words["donations.general"]
			if len(w.Covers) > 0 && w.Covers[0].Project != "" {
				p.Use = w.Covers[0].Project
			}
			p.Back = &web.Link{Title: words["donations.page.receipt"], Href: "/desk/receipts/" + w.Paper}
		}
	}
	p.Sum = sumOf(p.Olds)
	var kinds []string
	switch {
	case len(p.Olds) > 1:
		kinds = []string{Merge}
	case len(p.Olds) == 1 && p.Olds[0].Disposition == KeptAnonymous:
		kinds = []string{Named, Replace}
	case len(p.Olds) == 1 && gifts > 1:
		kinds = []string{Split, Retitle, Replace}
	case len(p.Olds) == 1:
		kinds = []string{Retitle, Replace}
	}
	for _, k := range kinds {
		p.Kinds = append(p.Kinds, web.Option{Value: k, Label: words["donations.reissue."+k], Hint: words["donations.reissue.hint."+k]})
	}
	if p.Form.Kind == "" && len(kinds) == 1 {
		p.Form.Kind = kinds[0]
	}
	return p, nil
}

func (s *Gifts) reissueForm(c echo.Context) error {
	var f receiptForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	if len(f.Papers) == 0 {
		return &fault.Error{Kind: fault.Invalid, Code: "donations.reissue.none", Href: "/desk/receipts"}
	}
	p, err := s.reissuePage(c, f)
	if err != nil {
		return err
	}
	return web.Render(c, "donations/reissue", p)
}

func (s *Gifts) reissue(c echo.Context) error {
	var f receiptForm
	bad := web.Bind(c, &f)
	p, err := s.reissuePage(c, f)
	if err != nil {
		return err
	}
	if bad != nil {
		return web.Refuse(c, bad, "donations/reissue", p)
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "donations/reissue", p)
	}
	x, err := s.AskReissue(c.Request().Context(), web.Actor(c), NewReissue{Kind: f.Kind, Papers: f.Papers, Payer: f.Payer, PayerID: f.PayerID, Reason: f.Why}, key)
	if err != nil {
		return web.Refuse(c, web.Next(err, "/desk/receipts/%s"), "donations/reissue", p)
	}
	return web.Done(c, "/desk/receipts/reissues/"+x.ID, "donations.done.reissue")
}

type reissueLine struct {
	reissueRow
	Word, State, Tone string
}

type reissueList struct {
	Title string
	Rows  []reissueLine
}

type reissuesPage struct {
	web.Page
	Lists []reissueList
}

func (s *Gifts) reissues(c echo.Context) error {
	open, past, err := s.Reissues(c.Request().Context(), 200)
	if err != nil {
		return err
	}
	p := &reissuesPage{Page: web.Desk(c, words["donations.page.reissues"])}
	p.Back = &web.Link{Title: words["donations.page.receipts"], Href: "/desk/receipts"}
	for i, xs := range [][]reissueRow{open, past} {
		l := reissueList{Title: words[[]string{"donations.reissues.open", "donations.reissues.past"}[i]]}
		for _, x := range xs {
			l.Rows = append(l.Rows, reissueLine{x, words["donations.reissue."+x.Kind], words["donations.reissue."+x.State], receiptTone(x.State)})
		}
		p.Lists = append(p.Lists, l)
	}
	return web.Render(c, "donations/reissues", p)
}

type reissueOnePage struct {
	web.Page
	X             *ReissueWhole
	Kind, Word    string
	Tone          string
	Facts         []web.Fact
	Lines         []coverLine
	Form          receiptForm
	MayDecide     bool
	Own           bool
	Self          string
	Sum           money.Fen
	Ends          bool // some receipt of it has ended since
	ToBeRed       bool // some receipt was handed over: it will be taken back by a red-letter one
	Waits, Splits bool
}

func (s *Gifts) reissueOnePage(c echo.Context) (*reissueOnePage, error) {
	who := web.Actor(c)
	x, err := s.Reissue(c.Request().Context(), who, c.Param("id"))
	if err != nil {
		return nil, err
	}
	p := &reissueOnePage{Page: web.Desk(c, words["donations.page.reissue_one"]), X: x, Kind: words["donations.reissue."+x.Kind], Word: words["donations.reissue."+x.State], Tone: receiptTone(x.State),
		Lines: coverLines(x.Covers), Self: "/desk/receipts/reissues/" + x.ID, Sum: sumOf(x.Olds), Waits: x.State == asked, Splits: x.Kind == Split}
	p.Back = &web.Link{Title: words["donations.page.reissues"], Href: "/desk/receipts/reissues"}
	p.MayDecide, p.Own = p.Waits && may(who, ReceiptCheckPerm, x.AskedBy), who.ID == x.AskedBy
	for _, r := range x.Olds {
		p.Ends = p.Ends || p.Waits && r.State != ReceiptValid
		p.ToBeRed = p.ToBeRed || p.Waits && r.DeliveredHow != ""
	}
	p.Facts = []web.Fact{fact("why", x.Reason, false), fact("asker", x.AskedName, false)}
	if x.Payer != "" {
		p.Facts = append(p.Facts, fact("new_name", x.Payer, false), fact("new_id", x.PayerNo, true))
	}
	if x.DecidedName != "" {
		p.Facts = append(p.Facts, fact("checker", x.DecidedName, false), fact("remark", x.Remark, false))
	}
	return p, nil
}

func (s *Gifts) reissueOne(c echo.Context) error {
	p, err := s.reissueOnePage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "donations/reissue-one", p)
}

func (s *Gifts) decideReissue(c echo.Context) error {
	var f receiptForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	ctx, who, word := c.Request().Context(), web.Actor(c), "donations.done.kept"
	var err error
	if f.Verdict == "approve" {
		word, err = "donations.done.reissued", s.ApproveReissue(ctx, who, c.Param("id"), f.Remark)
	} else {
		err = s.DeclineReissue(ctx, who, c.Param("id"), f.Remark)
	}
	back := "/desk/receipts/reissues/" + url.PathEscape(c.Param("id"))
	if err != nil && fault.KindOf(err) == fault.Invalid {
		p, pageErr := s.reissueOnePage(c)
		if pageErr != nil {
			return pageErr
		}
		p.Form = f
		return web.Refuse(c, err, "donations/reissue-one", p)
	}
	if err != nil {
		return web.Next(err, back)
	}
	return web.Done(c, back, word)
}

func (s *Gifts) reprintPage(c echo.Context) (*reasonPage, error) {
	w, err := s.Receipt(c.Request().Context(), c.Param("paper"))
	if err != nil {
		return nil, err
	}
	p := s.reasonFor(c, "reprint", []web.Fact{fact("number", w.Number, true), fact("amount", w.Amount.Yuan(), true), fact("donor", w.Public, false), fact("reprints", strconv.FormatInt(w.Reprints, 10), true)}, "/desk/receipts/"+w.Paper)
	p.Back.Title, p.Danger, p.File = words["donations.page.receipt"], false, true
	return p, nil
}

func (s *Gifts) reprintForm(c echo.Context) error {
	p, err := s.reprintPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "donations/reason", p)
}

// reprint answers with the copy itself. It names the donor in full, and counting it is its entry in the record.
func (s *Gifts) reprint(c echo.Context) error {
	var f arrivalForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	key, err := web.Token(c)
	if err != nil {
		return err
	}
	d, b, err := s.Reprint(c.Request().Context(), web.Actor(c), c.Param("paper"), f.Why, key)
	if err != nil {
		if fault.KindOf(err) == fault.Invalid {
			return reasonAgain(c, err, f, s.reprintPage)
		}
		return web.Next(err, "/desk/receipts/%s")
	}
	c.Response().Header().Set("Content-Disposition", `inline; filename="`+d.Number+`-copy.pdf"`)
	c.Response().Header().Set("Cache-Control", "private, no-store")
	return c.Blob(http.StatusOK, "application/pdf", b)
}

type fiscalPage struct {
	web.Page
	Form   receiptForm
	Facts  []web.Fact
	Action string
	Red    bool
	Today  string
}

func (s *Gifts) fiscalPage(c echo.Context, f receiptForm) (*fiscalPage, *ReceiptWhole, error) {
	w, err := s.Receipt(c.Request().Context(), c.Param("paper"))
	if err != nil {
		return nil, nil, err
	}
	p := &fiscalPage{Page: web.Desk(c, words["donations.page.fiscal"]), Form: f, Action: "/desk/receipts/" + w.Paper + "/fiscal", Today: string(s.Today()),
		Facts: []web.Fact{fact("number", w.Number, true), fact("amount", w.Amount.Yuan(), true), fact("donor", w.Public, false)}}
	p.Back = &web.Link{Title: words["donations.page.receipt"], Href: "/desk/receipts/" + w.Paper}
	return p, w, nil
}

func (s *Gifts) fiscalForm(c echo.Context) error {
	p, _, err := s.fiscalPage(c, receiptForm{Day: string(s.Today())})
	if err != nil {
		return err
	}
	return web.Render(c, "donations/fiscal", p)
}

func (s *Gifts) fiscal(c echo.Context) error {
	var f receiptForm
	bad := web.Bind(c, &f)
	p, w, err := s.fiscalPage(c, f)
	if err != nil {
		return err
	}
	if bad != nil {
		return web.Refuse(c, bad, "donations/fiscal", p)
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "donations/fiscal", p)
	}
	err = s.RecordFiscal(c.Request().Context(), web.Actor(c), FiscalIn{Receipt: w.Number, Code: f.Code, Number: f.Number, CheckCode: f.Check, Day: day(f.Day), Amount: w.Amount}, key)
	if err != nil {
		return web.Refuse(c, web.Next(err, "/desk/receipts/"+w.Paper), "donations/fiscal", p)
	}
	return web.Done(c, "/desk/receipts/"+w.Paper, "donations.done.fiscal")
}

func (s *Gifts) fiscalRedPage(c echo.Context, f receiptForm) (*fiscalPage, string, error) {
	x, r, err := s.FiscalOf(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, "", err
	}
	p := &fiscalPage{Page: web.Desk(c, words["donations.page.fiscal_red"]), Form: f, Red: true, Action: "/desk/receipts/fiscals/" + x.ID + "/red", Today: string(s.Today()),
		Facts: []web.Fact{fact("number", r.Number, true), fact("fiscal", x.Code+" "+x.Number, true), fact("amount", x.Amount.Yuan(), true)}}
	p.Back = &web.Link{Title: words["donations.page.receipt"], Href: "/desk/receipts/" + r.Paper}
	return p, r.Paper, nil
}

func (s *Gifts) fiscalRedForm(c echo.Context) error {
	p, _, err := s.fiscalRedPage(c, receiptForm{Day: string(s.Today())})
	if err != nil {
		return err
	}
	return web.Render(c, "donations/fiscal", p)
}

func (s *Gifts) fiscalRed(c echo.Context) error {
	var f receiptForm
	bad := web.Bind(c, &f)
	p, paper, err := s.fiscalRedPage(c, f)
	if err != nil {
		return err
	}
	if bad != nil {
		return web.Refuse(c, bad, "donations/fiscal", p)
	}
	if err := s.RedFiscal(c.Request().Context(), web.Actor(c), c.Param("id"), f.Number, day(f.Day)); err != nil {
		return web.Refuse(c, web.Next(err, "/desk/receipts/"+paper), "donations/fiscal", p)
	}
	return web.Done(c, "/desk/receipts/"+paper, "donations.done.red")
}

type fiscalLine struct {
	fiscalRow
	Pick bool
	Href string
}

type fiscalsPage struct {
	web.Page
	Rows    []fiscalLine
	Picking bool
	Form    receiptForm
	MayWork bool
	Max     int
}

func (s *Gifts) fiscalsPage(c echo.Context, f receiptForm) (*fiscalsPage, error) {
	who := web.Actor(c)
	rows, err := s.FiscalsWaiting(c.Request().Context(), 500)
	if err != nil {
		return nil, err
	}
	p := &fiscalsPage{Page: web.Desk(c, words["donations.page.fiscals"]), Form: f, MayWork: who.Can(ReceiptPerm), Max: maxFiscalRows}
	p.Back = &web.Link{Title: words["donations.page.receipts"], Href: "/desk/receipts"}
	for _, r := range rows {
		l := fiscalLine{fiscalRow: r, Pick: may(who, ReceiptCheckPerm, r.RecordedBy), Href: "/desk/receipts/" + r.Paper}
		p.Picking = p.Picking || l.Pick
		p.Rows = append(p.Rows, l)
	}
	return p, nil
}

func (s *Gifts) fiscals(c echo.Context) error {
	p, err := s.fiscalsPage(c, receiptForm{})
	if err != nil {
		return err
	}
	return web.Render(c, "donations/fiscals", p)
}

// maxFiscalFile bounds a file of official receipts, bytes.
const maxFiscalFile = 1 << 20

// importFiscals reads official receipts that were pasted or uploaded. What was read stays in the form when a row is refused.
func (s *Gifts) importFiscals(c echo.Context) error {
	var f receiptForm
	var content []byte
	up, bad := web.BindFiles(c, &f, web.Upload{Max: maxFiscalFile, Count: 1, Put: func(_ context.Context, _, _ string, r io.Reader) (string, error) {
		b, err := io.ReadAll(r)
		content = b
		return "read", err
	}})
	var c2 fault.Checks
	for _, x := range up.Faults {
		c2.Add(x.Name, x.Code, x.Args...)
	}
	if len(content) > 0 {
		f.Text = decode(content)
	}
	p, err := s.fiscalsPage(c, f)
	if err != nil {
		return err
	}
	if bad == nil {
		bad = c2.Err()
	}
	if bad != nil {
		return web.Refuse(c, bad, "donations/fiscals", p)
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "donations/fiscals", p)
	}
	ins, at, err := readFiscals(f.Text)
	if err == nil {
		err = s.RecordFiscals(c.Request().Context(), web.Actor(c), ins, key)
	}
	if err != nil {
		return web.Refuse(c, web.Next(rowFaults(err, at), "/desk/receipts/fiscals"), "donations/fiscals", p)
	}
	return web.Done(c, "/desk/receipts/fiscals", "donations.done.fiscals")
}

// decode reads text as UTF-8, or else as GB18030, which spreadsheets of Chinese offices write.
func decode(b []byte) string {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	if utf8.Valid(b) {
		return string(b)
	}
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	if err != nil {
		return ""
	}
	return string(out)
}

// readFiscals reads rows of: receipt, code, number, check code, day, amount. A first row without digits is a heading.
// at gives the line of each row.
func readFiscals(text string) (ins []FiscalIn, at []int, err error) {
	var c fault.Checks
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || i == 0 && !strings.ContainsAny(line, "0123456789") {
			continue
		}
		sep := "\t"
		if !strings.Contains(line, sep) {
			sep = ","
		}
		cs := strings.Split(strings.ReplaceAll(line, "，", sep), sep)
		if len(cs) != 6 {
			c.Add("text", "donations.fiscal.columns", i+1)
			break
		}
		for k := range cs {
			cs[k] = strings.Trim(strings.TrimSpace(cs[k]), `"'`)
		}
		ins, at = append(ins, FiscalIn{Receipt: cs[0], Code: cs[1], Number: cs[2], CheckCode: cs[3], Day: day(cs[4]), Amount: fen(cs[5])}), append(at, i+1)
		if len(ins) > maxFiscalRows {
			break
		}
	}
	return ins, at, c.Err()
}

// rowFaults names the line of a refused row in the one field of the form.
func rowFaults(err error, at []int) error {
	var c fault.Checks
	for _, f := range fault.FieldsOf(err) {
		n, _, ok := strings.Cut(f.Name, ".")
		i, bad := strconv.Atoi(n)
		if !ok || bad != nil || i >= len(at) {
			continue
		}
		c.Add("text", "donations.fiscal.row", at[i], sentence(f))
	}
	if c.Err() != nil {
		return c.Err()
	}
	return err
}

// checkFiscals confirms or sends back what was ticked, one by one; the first that is refused ends it.
func (s *Gifts) checkFiscals(c echo.Context) error {
	var f receiptForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	p, err := s.fiscalsPage(c, f)
	if err != nil {
		return err
	}
	if len(f.Fiscals) == 0 || len(f.Fiscals) > 500 {
		return web.Refuse(c, &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: []fault.Field{{Code: "donations.fiscal.none"}}}, "donations/fiscals", p)
	}
	for _, id := range f.Fiscals {
		err := s.CheckFiscal(c.Request().Context(), web.Actor(c), id, f.Verdict == "good")
		if _, again := fault.IsAgain(err); err != nil && !again {
			return web.Next(err, "/desk/receipts/fiscals")
		}
	}
	if f.Verdict == "good" {
		return web.Done(c, "/desk/receipts/fiscals", "donations.done.checked")
	}
	return web.Done(c, "/desk/receipts/fiscals", "donations.done.sent_back")
}

type gapsPage struct {
	web.Page
	Years  []gapYear
	Totals ReceiptTotals
	Diff   money.Fen
	At     string
}

type gapYear struct {
	ReceiptYear
	Missing []string // runs of numbers
}

func (s *Gifts) gaps(c echo.Context) error {
	ys, t, err := s.ReceiptYears(c.Request().Context())
	if err != nil {
		return err
	}
	p := &gapsPage{Page: web.Desk(c, words["donations.page.gaps"]), Totals: t, Diff: t.Receipts - t.Gifts, At: string(s.Today())}
	p.Back = &web.Link{Title: words["donations.page.receipts"], Href: "/desk/receipts"}
	for _, y := range ys {
		g := gapYear{ReceiptYear: y}
		for _, h := range y.Holes {
			run := strconv.FormatInt(h.Lo, 10)
			if h.Hi > h.Lo {
				run += "–" + strconv.FormatInt(h.Hi, 10)
			}
			g.Missing = append(g.Missing, run)
		}
		p.Years = append(p.Years, g)
	}
	return web.Render(c, "donations/gaps", p)
}
