package relief

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"care/media"
	"care/server/access"
	"care/server/clock"
	"care/server/fault"
	"care/server/money"
	"care/server/web"
)

type shownRow struct {
	Row
	Word, Tone string
}

// shownState gives the word and the tone for where a case stands, its award and payment included.
func shownState(state State, award string, held bool) (word, tone string) {
	word = "relief.state." + string(state)
	switch {
	case state == Approved && award == string(AwardPaid):
		return "relief.state.paid", "ok"
	case state == Approved && held:
		return "relief.state.held", "bad"
	case state == Approved:
		return "relief.state.pay", "gold"
	case state == Refused || state == Withdrawn || state == Ended:
		return word, "plain"
	case state == Returned:
		return word, "bad"
	case state == InNotice:
		return word, "info"
	}
	return word, "wait"
}

type queuePage struct {
	web.Page
	All    bool
	Q      string
	State  string
	States []web.Option
	Rows   []shownRow
	Drafts []Draft
	Count  int
	Pager  web.Pager
	CanNew bool
}

// queue shows what this person can do next, or all cases of the area.
func (s *Relief) queue(c echo.Context) error {
	ctx, who := c.Request().Context(), web.Actor(c)
	p := &queuePage{Page: web.Desk(c, words["relief.title"]), Q: strings.TrimSpace(c.QueryParam("q")), State: c.QueryParam("state"), CanNew: who.Can(File)}
	p.All = c.QueryParam("tab") == "all" || p.Q != "" || p.State != ""
	for _, st := range append(states[:], Returned, Refused, Withdrawn, Ended) {
		p.States = append(p.States, web.Option{Value: string(st), Label: words["relief.state."+string(st)], Chosen: p.State == string(st)})
	}
	rows, err := s.Queue(ctx, who, c.QueryParam("after"), 40)
	if p.All {
		rows, err = s.Cases(ctx, who, p.Q, State(p.State), c.QueryParam("after"), 40)
	}
	if err != nil {
		return err
	}
	for _, r := range rows.Rows {
		w, tone := shownState(r.State, r.Award, r.Held)
		p.Rows = append(p.Rows, shownRow{r, words[w], tone})
	}
	p.Pager = web.Pages(c, rows.Next)
	if p.Count, err = s.Waiting(ctx, who); err != nil {
		return err
	}
	if p.CanNew && !p.All {
		p.Drafts, err = s.Drafts(ctx, who)
	}
	if err != nil {
		return err
	}
	return web.Render(c, "relief/queue", p)
}

// search answers a search by POST, so that an identity number never stands in an address: it leads to the case, or to a list.
func (s *Relief) search(c echo.Context) error {
	var f struct {
		Q string `form:"q"`
	}
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	if _, ok := looksLikeID(f.Q); !ok {
		return c.Redirect(303, "/desk/relief?tab=all&q="+url.QueryEscape(f.Q))
	}
	rows, err := s.Cases(c.Request().Context(), web.Actor(c), f.Q, "", "", 40)
	if err != nil {
		return err
	}
	p := &queuePage{Page: web.Desk(c, words["relief.title"]), All: true}
	for _, r := range rows.Rows {
		w, tone := shownState(r.State, r.Award, r.Held)
		p.Rows = append(p.Rows, shownRow{r, words[w], tone})
	}
	return web.Render(c, "relief/queue", p)
}

// caseForm is every field of the forms of a case's page.
type caseForm struct {
	Text       string   `form:"text"`
	Amount     string   `form:"amount"`
	Fund       string   `form:"fund"`
	First      string   `form:"first"`
	Second     string   `form:"second"`
	Visited    string   `form:"visited"`
	Findings   string   `form:"findings"`
	Conclusion string   `form:"conclusion"`
	Reason     string   `form:"reason"`
	Why        string   `form:"why"`
	Story      string   `form:"story"`
	Requested  string   `form:"requested"`
	Note       string   `form:"note"`
	Kept       []string `form:"kept"`
}

type casePage struct {
	web.Page
	Sheet
	Form        caseForm
	Where, Tone string
	Steps       []web.Step
	Time        []web.Step
	About       []web.Fact
	Aid         []web.Fact
	Amounts     []web.Fact
	Files       []media.File
	Next        string // the stage at which this person can act now, "" for none
	CanReturn   bool
	CanRefuse   bool
	CanAmend    bool
	CanWithdraw bool
	CanSkip     bool // only in the demonstration
	Votes       []string
	Funds       []web.Option
	Visit       []shownVisit
	Lines       []shownLine
	Objected    []shownObjection
	Kept        []keptFile
	Today       string
	Filed       string
	NoticeWord  string
}

type shownVisit struct {
	Day                            clock.Day
	Visitors, Conclusion, Findings string
}

type shownLine struct {
	payLine
	Word, Tone, BatchHref string
}

type shownObjection struct {
	Objection
	Word, Tone, Href string
}

func (s *Relief) casePage(c echo.Context) (*casePage, error) {
	ctx, who := c.Request().Context(), web.Actor(c)
	h, err := s.Sheet(ctx, who, c.Param("id"))
	if err != nil {
		return nil, err
	}
	p := &casePage{Page: web.Desk(c, h.Number), Sheet: *h, Today: string(s.today()), Filed: string(dayOf(h.FiledAt))}
	p.Back = &web.Link{Title: words["relief.nav.mine"], Href: "/desk/relief"}
	award, held := "", false
	if h.Award != nil {
		award, held = string(h.Award.State), h.Award.Held
	}
	word, tone := shownState(h.State, award, held)
	p.Where, p.Tone = words[word], tone
	p.Steps, p.Time = stepsOf(h), timeOf(h)
	p.facts(h)
	if p.Files, err = s.archive.Of(ctx, subjectOf(h.ID)); err != nil {
		return nil, err
	}
	p.buttons(who, h)
	if p.Next == string(ToPublish) {
		fs, err := s.Funds(ctx)
		if err != nil {
			return nil, err
		}
		for _, f := range fs {
			p.Funds = append(p.Funds, web.Option{Value: f.ID, Label: f.Name, Hint: words["relief.available"] + " " + f.Available.Yuan() + " · " + f.Purpose, Disabled: f.Available < h.Proposed})
		}
	}
	p.Form.Story, p.Form.Requested = h.Story, h.Requested.String()
	if h.State == InApproval {
		p.Form.Amount = h.Proposed.String()
	}
	return p, nil
}

// facts writes what the page says about the person, the aid and the money.
func (p *casePage) facts(h *Sheet) {
	w := func(k string) string { return words["relief.fact."+k] }
	p.About = []web.Fact{
		{Name: w("name"), Value: h.Person.NameMask}, {Name: w("identity"), Value: h.Person.IdentityMask, Num: true},
		{Name: w("sex"), Value: words["relief.sex."+h.Person.Sex] + words["relief.comma"] + strconv.Itoa(h.Person.BornYear) + w("born")},
		{Name: w("category"), Value: words["relief.category."+h.Category]}, {Name: w("phone"), Value: h.Person.PhoneMask, Num: true}, {Name: w("place"), Value: h.Place},
		{Name: w("bank"), Value: h.Account.Bank}, {Name: w("card"), Value: h.Account.CardMask, Num: true},
	}
	p.Aid = []web.Fact{
		{Name: w("kind"), Value: h.KindTitle}, {Name: w("cause_day"), Value: string(h.CauseDay), Num: true}, {Name: w("cap"), Value: h.Cap.Yuan(), Num: true},
		{Name: w("requested"), Value: h.Requested.Yuan(), Num: true}, {Name: w("other_aid"), Value: h.OtherAid.Yuan() + " " + h.Other},
	}
	p.Amounts = []web.Fact{{Name: w("requested"), Value: h.Requested.Yuan(), Num: true}}
	if h.Proposed > 0 {
		p.Amounts = append(p.Amounts, web.Fact{Name: w("proposed"), Value: h.Proposed.Yuan(), Num: true})
	}
	if h.Award != nil {
		p.Amounts = append(p.Amounts, web.Fact{Name: w("approved"), Value: h.Award.Amount.Yuan(), Num: true}, web.Fact{Name: w("award"), Value: words["relief.award."+string(h.Award.State)]})
	}
	for _, v := range h.Visits {
		p.Visit = append(p.Visit, shownVisit{v.Day, v.Visitors, words["relief.conclusion."+v.Conclusion], h.Findings[v.ID]})
	}
	for _, y := range h.Payments {
		p.Lines = append(p.Lines, shownLine{y, words["relief.pay."+string(y.State)], payTone(y.State), "/desk/relief/batches/" + y.BatchID})
	}
	for _, x := range h.Objections {
		tone := "plain"
		if x.State == "open" {
			tone = "bad"
		}
		p.Objected = append(p.Objected, shownObjection{x, words["relief.objection."+x.State], tone, "/desk/relief/objections/" + x.ID})
	}
	if h.Notice != nil {
		p.NoticeWord = words["relief.notice."+string(h.Notice.State)]
	}
}

func payTone(s PayState) string {
	switch s {
	case PaySucceeded:
		return "ok"
	case PayFailed, PayReturned, PayUnknown:
		return "bad"
	case PayCancelled:
		return "plain"
	}
	return "wait"
}

// buttons decides what this person can do now, by the table of moves.
func (p *casePage) buttons(who access.Actor, h *Sheet) {
	stage := h.Actors[who.ID]
	p.CanSkip = p.Demo && h.State == InNotice && who.Can(City)
	for _, m := range moves {
		if m.From != h.State || m.Need.Name == access.Everyone.Name || !who.Can(m.Need) || stage != "" && stage != m.Stage {
			continue
		}
		switch m.Event {
		case EvPass, EvPost:
			p.Next = string(h.State)
		case EvReturn:
			p.CanReturn = true
		case EvRefuse:
			p.CanRefuse = true
		case EvResubmit:
			p.CanAmend = h.FiledBy == who.ID
		case EvWithdraw:
			p.CanWithdraw = h.FiledBy == who.ID
		}
	}
	for _, o := range h.Opinions {
		if o.Stage == string(InApproval) && o.Verdict == EvPass {
			p.Votes = append(p.Votes, h.Names[o.Actor]+" "+o.Amount.Yuan())
			if o.Actor == who.ID && h.State == InApproval {
				p.Next, p.CanRefuse = "", false
			}
		}
	}
}

// stepsOf draws the line of stages.
func stepsOf(h *Sheet) []web.Step {
	at := slices.Index(states[:], h.State)
	if h.State == Returned {
		at = slices.Index(states[:], h.BackTo)
	}
	ended := h.State == Refused || h.State == Withdrawn || h.State == Ended
	if ended && len(h.Opinions) > 0 {
		for i, st := range states {
			if last := h.Opinions[len(h.Opinions)-1].Stage; last == string(st) || last == stageObjection && st == InNotice {
				at = i
			}
		}
	}
	out := []web.Step{{Title: words["relief.stage.file"], State: "done"}}
	for i, st := range states {
		one := web.Step{Title: words["relief.step."+string(st)], State: "todo"}
		switch {
		case i < at, h.State == Approved && h.Award != nil && h.Award.State == AwardPaid:
			one.State = "done"
		case i == at && (ended || h.State == Returned):
			one.State = "bad"
		case i == at:
			one.State = "now"
		}
		out = append(out, one)
	}
	return out
}

// timeOf tells what happened, newest first.
func timeOf(h *Sheet) []web.Step {
	var out []web.Step
	for _, o := range h.Opinions {
		st := web.Step{Title: words["relief.stage."+o.Stage] + words["relief.colon"] + words["relief.event."+string(o.Verdict)], State: "done", At: o.At, Who: h.Names[o.Actor], Text: h.Texts[o.ID]}
		if o.Verdict == EvReturn || o.Verdict == EvRefuse || o.Verdict == EvUphold || o.Verdict == EvGiveUp {
			st.State = "bad"
		}
		if o.Amount > 0 {
			st.Title += " " + o.Amount.Yuan()
		}
		if o.Actor == "system" {
			st.Who = words["relief.system"]
		}
		out = append(out, st)
	}
	for _, y := range h.Payments {
		if y.State == PaySucceeded || y.State == PayReturned || y.State == PayFailed {
			st := web.Step{Title: words["relief.stage.approved"] + words["relief.colon"] + words["relief.pay."+string(y.State)] + " " + y.Amount.Yuan(), State: "done", At: y.Since, Text: y.Reason}
			if y.State != PaySucceeded {
				st.State = "bad"
			}
			out = append(out, st)
		}
	}
	slices.SortStableFunc(out, func(a, b web.Step) int { return b.At.Compare(a.At) })
	return out
}

func (s *Relief) show(c echo.Context) error {
	p, err := s.casePage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "relief/case", p)
}

// act runs one form of a case's page: bound, acted, and shown again with its mistakes.
func (s *Relief) act(c echo.Context, word string, do func(f caseForm, files []NewFile, key string) error) error {
	var f caseForm
	who := web.Actor(c)
	up, err := web.BindFiles(c, &f, s.archive.Upload(who, maxFiles, maxFile))
	var checks fault.Checks
	if err := checks.Merge(err); err != nil {
		return err
	}
	files, shown, bad := s.files(who, f.Kept, up)
	for _, b := range bad {
		checks.Add(b.Name, b.Code, b.Args...)
	}
	key, err := web.Token(c)
	if err == nil {
		err = checks.Err()
	}
	if err == nil {
		err = do(f, files, key)
	}
	to := "/desk/relief/cases/" + c.Param("id")
	if err == nil {
		return web.Done(c, to, word)
	}
	if fault.KindOf(err) != fault.Invalid {
		return web.Next(err, to)
	}
	p, perr := s.casePage(c)
	if perr != nil {
		return perr
	}
	p.Form, p.Kept = f, shown
	return web.Refuse(c, err, "relief/case", p)
}

// pass lets a case pass the stage at which it lies; the form has the fields of that stage.
func (s *Relief) pass(c echo.Context) error {
	ctx, who, id := c.Request().Context(), web.Actor(c), c.Param("id")
	return s.act(c, "relief.done.passed", func(f caseForm, files []NewFile, key string) error {
		switch State(c.Param("stage")) {
		case AtVillage:
			return s.CheckVillage(ctx, who, id, f.Text, key)
		case AtTownship:
			v := NewVisit{First: f.First, Second: f.Second, Day: dayOr(f.Visited, ""), Findings: f.Findings, Conclusion: f.Conclusion}
			return s.ReviewTownship(ctx, who, id, v, f.Text, files, key)
		case AtCounty:
			a, err := formAmount("amount", f.Amount)
			if err != nil {
				return err
			}
			return s.ReviewCounty(ctx, who, id, a, f.Text, key)
		case ToPublish:
			_, err := s.Post(ctx, who, id, f.Fund, f.Text, key)
			return err
		case AtCity:
			return s.ReviewCity(ctx, who, id, f.Text, key)
		case InApproval:
			a, err := formAmount("amount", f.Amount)
			if err != nil {
				return err
			}
			return s.Grant(ctx, who, id, a, f.Text, key)
		}
		return fault.New(fault.NotFound, "http.404")
	})
}

func formAmount(field, s string) (money.Fen, error) {
	var c fault.Checks
	a := amount(&c, field, s)
	return a, c.Err()
}

func (s *Relief) sendBack(c echo.Context) error {
	return s.act(c, "relief.done.returned", func(f caseForm, _ []NewFile, key string) error {
		return s.Return(c.Request().Context(), web.Actor(c), c.Param("id"), f.Reason, key)
	})
}

func (s *Relief) refuse(c echo.Context) error {
	return s.act(c, "relief.done.refused", func(f caseForm, _ []NewFile, key string) error {
		return s.Refuse(c.Request().Context(), web.Actor(c), c.Param("id"), f.Reason, key)
	})
}

func (s *Relief) withdraw(c echo.Context) error {
	return s.act(c, "relief.done.withdrawn", func(f caseForm, _ []NewFile, key string) error {
		return s.Withdraw(c.Request().Context(), web.Actor(c), c.Param("id"), f.Reason, key)
	})
}

func (s *Relief) amend(c echo.Context) error {
	return s.act(c, "relief.done.submitted", func(f caseForm, files []NewFile, key string) error {
		a, err := formAmount("requested", f.Requested)
		if err != nil {
			return err
		}
		return s.Resubmit(c.Request().Context(), web.Actor(c), c.Param("id"), Amended{Story: f.Story, Requested: a, Note: f.Note}, files, key)
	})
}

type plainPage struct {
	web.Page
	Case  Case
	Plain Plain
}

// plain opens private facts for a reason; the answer is never kept by the browser.
func (s *Relief) plain(c echo.Context) error {
	var opened *Plain
	var f caseForm
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	opened, err := s.Plain(c.Request().Context(), web.Actor(c), c.Param("id"), f.Why)
	p, perr := s.casePage(c)
	if perr != nil {
		return perr
	}
	if err != nil {
		p.Form.Why = f.Why
		return web.Refuse(c, err, "relief/case", p)
	}
	q := &plainPage{Page: web.Desk(c, words["relief.page.plain"]), Case: p.Case, Plain: *opened}
	q.Back = &web.Link{Title: p.Number, Href: "/desk/relief/cases/" + p.ID}
	return web.Render(c, "relief/plain", q)
}

// evidence shows one file; the reading is in the record because evidence shows identity cards and illnesses.
func (s *Relief) evidence(c echo.Context) error {
	ctx, who := c.Request().Context(), web.Actor(c)
	f, err := s.File(ctx, who, c.Param("id"), c.Param("file"))
	if err != nil {
		return err
	}
	if err := s.trail.Saw(ctx, who, access.SignedIn, c.Param("id"), "relief.evidence", f.Category); err != nil {
		return err
	}
	return s.archive.Send(c, f, f.Name)
}

// paper sends a notice or a voucher of the case.
func (s *Relief) paper(c echo.Context) error {
	ctx, who := c.Request().Context(), web.Actor(c)
	h, err := s.Sheet(ctx, who, c.Param("id"))
	if err != nil {
		return err
	}
	for i := range h.Papers {
		if h.Papers[i].ID != c.Param("paper") {
			continue
		}
		if err := s.trail.Saw(ctx, who, View, h.ID, "relief.paper", h.Papers[i].Kind); err != nil {
			return err
		}
		return s.papers.Send(c, &h.Papers[i])
	}
	return fault.New(fault.NotFound, "documents.no_number")
}
