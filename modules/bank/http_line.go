package bank

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"care/server/fault"
	"care/server/money"
	"care/server/web"
)

// lineForm is what a clerk decides about a line.
type lineForm struct {
	Lines   []string `form:"line"`
	Gifts   []string `form:"gift"`
	Shares  []string `form:"share"`
	Checked bool     `form:"checked"`
	Score   string   `form:"score"`
	Kind    string   `form:"kind"`
	Why     string   `form:"why"`
	What    string   `form:"what"`
	Do      string   `form:"do"`
}

type offerRow struct {
	Offer
	Why    string
	Shares []Portion
	Sum    money.Fen
}

type chosenRow struct {
	Gift
	Share string
	Drop  string // address without this gift
}

type mateRow struct {
	Line
	Picked bool
}

type shareRow struct {
	Share
	Gift Gift
	Href string
}

type linePage struct {
	web.Page
	W          *Whole
	Word, Tone string
	Side       string
	Facts      []web.Fact
	Self       string
	Offers     []offerRow
	Q          string
	Found      []Gift
	Pick       string // address to which a gift is added
	Chosen     []chosenRow
	Mates      []mateRow
	Sum        money.Fen // of the line and its mates that are ticked
	Form       lineForm
	Kinds      []web.Option
	Outgoings  []web.Option
	Shares     []shareRow
	MayMatch   bool
	MaySuspend bool
	MayAside   bool
	MayReturn  bool
	MayDecide  bool
	OwnAsk     bool
	MayReopen  bool
	MayUndo    bool
	MaySettle  bool
	Twin       string
}

func (s *Statements) linePage(c echo.Context, f lineForm) (*linePage, error) {
	ctx, who := c.Request().Context(), web.Actor(c)
	w, err := s.Line(ctx, c.Param("id"))
	if err != nil {
		return nil, err
	}
	work := who.Can(WorkPerm)
	p := &linePage{Page: web.Desk(c, words["bank.page.line"]), W: w, Word: words["bank.line."+w.State], Tone: tone(w.State), Side: words["bank.side."+w.Side], Self: "/desk/bank/lines/" + w.ID, Form: f, Sum: w.Amount,
		MayMatch: work && w.Side == Credit && (w.State == Open || w.State == Pool), MaySuspend: work && w.Side == Credit && w.State == Open, MayAside: work && w.State == Open,
		MayReturn: work && w.State == Pool, MayDecide: who.Can(ApprovePerm) && w.State == Returning && who.ID != w.AskedBy, OwnAsk: w.State == Returning && who.ID == w.AskedBy,
		MayReopen: work && (w.State == Other || w.State == Paid), MayUndo: work && w.State == Matched, MaySettle: work && w.Side == Debit && w.State == Open}
	p.Back = &web.Link{Title: words["bank.page.lines"], Href: "/desk/bank/lines"}
	p.Facts = lineFacts(&w.Line)
	if w.Twin != "" {
		p.Twin = "/desk/bank/lines/" + w.Twin
	}
	for _, k := range otherKinds {
		p.Kinds = append(p.Kinds, web.Option{Value: k, Label: words["bank.kind."+k]})
	}
	for _, o := range w.Offers {
		r := offerRow{Offer: o, Why: because(o.Reasons)}
		for _, g := range o.Gifts {
			x := Portion{g.ID, g.Promised}
			if len(o.Gifts) == 1 {
				x.Amount = w.Amount
			}
			r.Shares, r.Sum = append(r.Shares, x), r.Sum+x.Amount
		}
		p.Offers = append(p.Offers, r)
	}
	for _, h := range w.Shares {
		p.Shares = append(p.Shares, shareRow{Share: h, Gift: w.Gifts[h.Gift], Href: "/desk/donations/" + h.Gift})
	}
	if p.MaySettle {
		os, err := s.Outgoings(ctx, &w.Line)
		if err != nil {
			return nil, err
		}
		for _, o := range os {
			p.Outgoings = append(p.Outgoings, web.Option{Value: o.ID, Label: o.Title + " " + o.Text})
		}
	}
	if p.MayMatch {
		return p, s.choosing(c, p, f)
	}
	return p, nil
}

// choosing fills what a clerk has chosen by hand: gifts in the address or the form, and lines that belong together.
func (s *Statements) choosing(c echo.Context, p *linePage, f lineForm) error {
	ctx := c.Request().Context()
	gifts, lines := f.Gifts, f.Lines
	if len(gifts) == 0 {
		gifts = c.QueryParams()["gift"]
	}
	if len(gifts) > maxSides {
		gifts = gifts[:maxSides]
	}
	if p.Q = strings.TrimSpace(strings.ToValidUTF8(c.QueryParam("q"), "")); len(p.Q) > 300 {
		p.Q = ""
	}
	for _, m := range p.W.Mates {
		picked := slices.Contains(lines, m.ID)
		if picked {
			p.Sum += m.Amount
		}
		p.Mates = append(p.Mates, mateRow{m, picked})
	}
	gs, err := s.ShowGifts(ctx, gifts)
	if err != nil {
		return err
	}
	address := func(gifts []string) string { return p.Self + "?" + url.Values{"gift": gifts}.Encode() }
	var kept []string
	for i, id := range gifts {
		at := slices.IndexFunc(gs, func(g Gift) bool { return g.ID == id })
		if at < 0 || slices.Contains(kept, id) {
			continue
		}
		kept = append(kept, id)
		r := chosenRow{Gift: gs[at], Share: gs[at].Promised.String()}
		if len(gifts) == 1 {
			r.Share = p.Sum.String()
		}
		if i < len(f.Shares) {
			r.Share = f.Shares[i]
		}
		p.Chosen = append(p.Chosen, r)
	}
	for i := range p.Chosen {
		p.Chosen[i].Drop = address(slices.Concat(kept[:i], kept[i+1:]))
	}
	p.Pick = address(kept)
	if len(kept) > 0 {
		p.Pick += "&"
	}
	if p.Found, err = s.FindGifts(ctx, p.Q); err != nil {
		return err
	}
	p.Found = slices.DeleteFunc(p.Found, func(g Gift) bool { return slices.Contains(kept, g.ID) })
	return nil
}

func lineFacts(l *Line) []web.Fact {
	fs := []web.Fact{fact("day", string(l.Day), true), fact("payer", l.PayerMask, false), fact("tail", l.AccountTail, true), fact("note", l.Note, false), fact("ref", l.Ref, true)}
	if l.Balance != nil {
		fs = append(fs, fact("balance", l.Balance.Yuan(), true))
	}
	st := fact("statement", spaced(l.Account), true)
	st.Href = "/desk/bank/statements/" + l.Statement
	fs = append(fs, st)
	if l.Kind != "" {
		fs = append(fs, fact("kind", words["bank.kind."+l.Kind], false))
	}
	if l.Why != "" {
		fs = append(fs, fact("why", l.Why, false))
	}
	if l.DecidedName != "" {
		fs = append(fs, fact("decided", l.DecidedName, false))
	}
	return fs
}

func (s *Statements) lineView(c echo.Context) error {
	p, err := s.linePage(c, lineForm{})
	if err != nil {
		return err
	}
	return web.Render(c, "bank/line", p)
}

// onForm binds a form of the line's page, runs an act that gives the word of its success, and shows the page again when the form
// must be mended.
func (s *Statements) onForm(c echo.Context, act func(f lineForm, key string) (word string, err error)) error {
	var f lineForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	word := ""
	key, err := web.Token(c)
	if err == nil {
		word, err = act(f, key)
	}
	if err == nil {
		return web.Done(c, "/desk/bank/lines/"+c.Param("id"), word)
	}
	if fault.KindOf(err) != fault.Invalid {
		return web.Next(err, "/desk/bank/lines/"+c.Param("id"))
	}
	p, pageErr := s.linePage(c, f)
	if pageErr != nil {
		return pageErr
	}
	return web.Refuse(c, err, "bank/line", p)
}

func (s *Statements) accept(c echo.Context) error {
	return s.onForm(c, func(f lineForm, key string) (string, error) {
		a := Accepting{Lines: f.Lines, Checked: f.Checked}
		if !slices.Contains(a.Lines, c.Param("id")) {
			a.Lines = append([]string{c.Param("id")}, a.Lines...)
		}
		if n, err := strconv.ParseInt(f.Score, 10, 64); err == nil && n >= 0 && n <= 100 {
			a.Score = n
		}
		for i, g := range f.Gifts {
			var share money.Fen
			if i < len(f.Shares) {
				if v, err := money.Parse(f.Shares[i]); err == nil {
					share = v
				}
			}
			a.Gifts = append(a.Gifts, Portion{g, share})
		}
		_, err := s.Accept(c.Request().Context(), web.Actor(c), a, key)
		return "bank.done.accepted", err
	})
}

func (s *Statements) suspend(c echo.Context) error {
	return s.onForm(c, func(_ lineForm, key string) (string, error) {
		return "bank.done.suspended", s.Suspend(c.Request().Context(), web.Actor(c), c.Param("id"), key)
	})
}

func (s *Statements) aside(c echo.Context) error {
	return s.onForm(c, func(f lineForm, key string) (string, error) {
		return "bank.done.aside", s.SetAside(c.Request().Context(), web.Actor(c), c.Param("id"), f.Kind, f.Why, key)
	})
}

func (s *Statements) reopen(c echo.Context) error {
	return s.onForm(c, func(_ lineForm, key string) (string, error) {
		return "bank.done.reopened", s.Reopen(c.Request().Context(), web.Actor(c), c.Param("id"), key)
	})
}

func (s *Statements) settle(c echo.Context) error {
	return s.onForm(c, func(f lineForm, key string) (string, error) {
		return "bank.done.settled", s.Settle(c.Request().Context(), web.Actor(c), c.Param("id"), f.What, key)
	})
}

func (s *Statements) decideReturn(c echo.Context) error {
	return s.onForm(c, func(f lineForm, key string) (string, error) {
		word := "bank.done.declined"
		if f.Do == "approve" {
			word = "bank.done.returned"
		}
		return word, s.DecideReturn(c.Request().Context(), web.Actor(c), c.Param("id"), f.Do == "approve", key)
	})
}

// askPage asks whether something shall be done, and why.
type askPage struct {
	web.Page
	Ask, Text, Button, Action string
	Facts                     []web.Fact
	Form                      lineForm
}

func (s *Statements) askPage(c echo.Context, kind string) (*askPage, *Whole, error) {
	w, err := s.Line(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, nil, err
	}
	p := &askPage{Page: web.Desk(c, words["bank.page."+kind]), Ask: words["bank.ask."+kind], Text: words["bank.text."+kind], Button: words["bank.button."+kind], Action: c.Request().URL.Path,
		Facts: append([]web.Fact{{Name: words["bank.side."+w.Side], Value: w.Amount.Yuan(), Num: true}}, lineFacts(&w.Line)...)}
	p.Back = &web.Link{Title: words["bank.page.line"], Href: "/desk/bank/lines/" + w.ID}
	return p, w, nil
}

func (s *Statements) undoForm(c echo.Context) error {
	p, w, err := s.askPage(c, "undo")
	if err != nil {
		return err
	}
	if w.State != Matched {
		return fault.New(fault.Conflict, "bank.undone")
	}
	return web.Render(c, "bank/ask", p)
}

func (s *Statements) undo(c echo.Context) error {
	return s.reasonedAct(c, "undo", "bank.done.undone", func(f lineForm, w *Whole, _ string) error {
		if w.Line.Match == "" {
			return fault.New(fault.Conflict, "bank.undone")
		}
		return s.Undo(c.Request().Context(), web.Actor(c), w.Line.Match, f.Why)
	})
}

func (s *Statements) returnForm(c echo.Context) error {
	p, w, err := s.askPage(c, "return")
	if err != nil {
		return err
	}
	if w.State != Pool {
		return fault.New(fault.Conflict, "bank.decided")
	}
	return web.Render(c, "bank/ask", p)
}

func (s *Statements) askReturn(c echo.Context) error {
	return s.reasonedAct(c, "return", "bank.done.asked", func(f lineForm, w *Whole, key string) error {
		return s.AskReturn(c.Request().Context(), web.Actor(c), w.ID, f.Why, key)
	})
}

func (s *Statements) reasonedAct(c echo.Context, kind, word string, act func(f lineForm, w *Whole, key string) error) error {
	var f lineForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	p, w, err := s.askPage(c, kind)
	if err != nil {
		return err
	}
	p.Form = f
	key, err := web.Token(c)
	if err == nil {
		err = act(f, w, key)
	}
	if err != nil {
		return web.Refuse(c, web.Next(err, "/desk/bank/lines/"+w.ID), "bank/ask", p)
	}
	return web.Done(c, "/desk/bank/lines/"+w.ID, word)
}

type plainPage struct {
	web.Page
	Self    string
	Form    lineForm
	Reasons []web.Option
	Shown   bool
	Facts   []web.Fact
}

func (s *Statements) plainPage(c echo.Context) (*plainPage, error) {
	w, err := s.Line(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	p := &plainPage{Page: web.Desk(c, words["bank.page.reveal"]), Self: "/desk/bank/lines/" + w.ID, Facts: lineFacts(&w.Line)}
	for _, r := range revealReasons {
		p.Reasons = append(p.Reasons, web.Option{Value: r, Label: words["bank.reveal."+r]})
	}
	p.Back = &web.Link{Title: words["bank.page.line"], Href: p.Self}
	return p, nil
}

func (s *Statements) revealForm(c echo.Context) error {
	p, err := s.plainPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "bank/plain", p)
}

// reveal shows the details once, as the answer itself: they must not be left at an address.
func (s *Statements) reveal(c echo.Context) error {
	p, err := s.plainPage(c)
	if err != nil {
		return err
	}
	if err := web.Bind(c, &p.Form); err != nil {
		return err
	}
	d, err := s.Reveal(c.Request().Context(), web.Actor(c), c.Param("id"), p.Form.Why)
	if err != nil {
		return web.Refuse(c, err, "bank/plain", p)
	}
	p.Shown = true
	p.Facts = []web.Fact{fact("payer", d.Payer, false), fact("full", d.Account, true), fact("bank", d.Bank, false), fact("remark", d.Remark, false)}
	return web.Render(c, "bank/plain", p)
}
