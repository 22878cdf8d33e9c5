package relief

import (
	"context"
	"io"
	"mime"
	"strconv"

	"github.com/labstack/echo/v4"

	"care/server/access"
	"care/server/fault"
	"care/server/money"
	"care/server/web"
)

type shownBatch struct {
	PayBatch
	Word, Tone string
}

func batchTone(s BatchState) string {
	switch s {
	case BatchReconciled:
		return "ok"
	case BatchVoid:
		return "plain"
	case BatchReleased:
		return "info"
	}
	return "wait"
}

type batchesPage struct {
	web.Page
	Rows    []shownBatch
	Pager   web.Pager
	Payable []Payable
	CanMake bool
	Picked  []string
	Sum     money.Fen
}

func (s *Relief) batchesPage(c echo.Context) (*batchesPage, error) {
	ctx, who := c.Request().Context(), web.Actor(c)
	bs, err := s.Batches(ctx, c.QueryParam("after"), 30)
	if err != nil {
		return nil, err
	}
	p := &batchesPage{Page: web.Desk(c, words["relief.nav.batches"]), Pager: web.Pages(c, bs.Next), CanMake: who.Can(Batch)}
	for _, b := range bs.Rows {
		p.Rows = append(p.Rows, shownBatch{b, words["relief.batch."+string(b.State)], batchTone(b.State)})
	}
	if p.CanMake {
		if p.Payable, err = s.Payable(ctx, who); err != nil {
			return nil, err
		}
		for _, y := range p.Payable {
			p.Sum += y.Amount
		}
	}
	return p, nil
}

func (s *Relief) batches(c echo.Context) error {
	p, err := s.batchesPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "relief/batches", p)
}

func (s *Relief) gatherForm(c echo.Context) error {
	var f struct {
		Award []string `form:"award"`
	}
	err := web.Bind(c, &f)
	key, id := "", ""
	if err == nil {
		key, err = web.Token(c)
	}
	if err == nil {
		id, err = s.Gather(c.Request().Context(), web.Actor(c), f.Award, key)
	}
	if err == nil {
		return web.Done(c, "/desk/relief/batches/"+id, "relief.done.batch")
	}
	if fault.KindOf(err) != fault.Invalid {
		return web.Next(err, "/desk/relief/batches/%s")
	}
	p, perr := s.batchesPage(c)
	if perr != nil {
		return perr
	}
	return web.Refuse(c, err, "relief/batches", p)
}

type batchForm struct {
	Reason string `form:"reason"`
	Day    string `form:"day"`
}

type batchLine struct {
	payLine
	Word, Tone       string
	Result, ResultBy string // of the staged file
	Paper, PaperHref string
}

type batchPage struct {
	web.Page
	Batch       PayBatch
	Where, Tone string
	Steps       []web.Step
	Rows        []batchLine
	Facts       []web.Fact
	Results     []web.Fact
	Staged      *BankResult
	StagedKind  string
	Form        batchForm
	Can         batchCan
	Downloads   []web.Step
	AskedByName string
	Today       string
}

type batchCan struct {
	Lock, Void, Check, Reject, Sign, Release, File, Ask, Allow, Import, Confirm, Refuse bool
}

func (s *Relief) batchPage(c echo.Context) (*batchPage, error) {
	who := web.Actor(c)
	h, err := s.BatchSheet(c.Request().Context(), c.Param("id"))
	if err != nil {
		return nil, err
	}
	p := &batchPage{Page: web.Desk(c, h.Number), Batch: h.PayBatch, Where: words["relief.batch."+string(h.State)], Tone: batchTone(h.State), Staged: h.Staged, Today: string(s.today())}
	p.Back = &web.Link{Title: words["relief.nav.batches"], Href: "/desk/relief/batches"}
	p.Steps = batchSteps(h)
	name := func(id string) string {
		if id == "" {
			return words["relief.dash"]
		}
		return h.Names[id]
	}
	p.Facts = []web.Fact{
		{Name: words["relief.bank.count"], Value: strconv.Itoa(h.PayBatch.Lines), Num: true}, {Name: words["relief.bank.total"], Value: h.Total.Yuan(), Num: true},
		{Name: words["relief.fact.maker"], Value: name(h.Maker)}, {Name: words["relief.fact.checker"], Value: name(h.Checker)}, {Name: words["relief.fact.signatory"], Value: name(h.Signatory)}, {Name: words["relief.fact.releaser"], Value: name(h.Releaser)},
	}
	if h.FileHash != "" {
		p.Facts = append(p.Facts, web.Fact{Name: words["relief.fact.hash"], Value: h.FileHash[:16] + "…", Num: true})
	}
	for _, l := range h.Lines {
		b := batchLine{payLine: l, Word: words["relief.pay."+string(l.State)], Tone: payTone(l.State)}
		if r, ok := h.Outcome[l.Line]; ok {
			b.Result = words["relief.pay."+string(r.Outcome)] + " " + r.Reason
		}
		if d, ok := h.Papers["payment/"+l.ID]; ok {
			b.Paper, b.PaperHref = d.Number, "/desk/relief/cases/"+l.CaseID+"/papers/"+d.ID
		}
		p.Rows = append(p.Rows, b)
	}
	for _, r := range h.Results {
		by := words["relief.fact.imported"] + " " + h.Names[r.ImportedBy]
		if r.ConfirmedBy != "" {
			by += words["relief.comma"] + words["relief.fact.confirmed"] + " " + h.Names[r.ConfirmedBy]
		}
		p.Results = append(p.Results, web.Fact{Name: words["relief.kind."+r.Kind] + " " + r.FileName, Value: words["relief.result."+r.State] + words["relief.comma"] + by})
	}
	if h.Staged != nil {
		p.StagedKind = words["relief.kind."+h.Staged.Kind]
	}
	p.can(who, h)
	return p, nil
}

func (p *batchPage) can(who access.Actor, h *BatchSheet) {
	try := func(verb string) bool { b := h.PayBatch; return b.decide(verb, who, b.Since) == nil }
	p.Can = batchCan{Lock: try("lock"), Void: try("void"), Check: try("check"), Reject: try("reject"), Sign: try("sign"), Release: try("release"), Import: try("import"), Confirm: try("confirm"), Refuse: try("refuse")}
	if h.Staged != nil && h.Staged.ImportedBy == who.ID {
		p.Can.Confirm, p.Can.Refuse = false, false
	}
	if h.FileHash == "" {
		return
	}
	first, pending := true, false
	for _, g := range h.Downloads {
		first = false
		p.Downloads = append(p.Downloads, web.Step{Title: words["relief.download."+g.State], State: "done", At: g.At, Who: h.Names[g.AskedBy], Text: g.Reason})
		if g.State == "asked" {
			pending = true
			p.Can.Allow = who.Can(BankCheck) && who.ID != g.AskedBy
			p.AskedByName = h.Names[g.AskedBy]
		}
		if g.State == "allowed" {
			pending = true
			p.Can.File = who.Can(Bank) && who.ID == g.AskedBy
		}
	}
	if first {
		p.Can.File = who.Can(Bank)
	}
	p.Can.Ask = who.Can(Bank) && !first && !pending
}

func batchSteps(h *BatchSheet) []web.Step {
	order := []BatchState{BatchOpen, BatchLocked, BatchChecked, BatchSigned, BatchReleased, BatchReconciling, BatchReconciled}
	var out []web.Step
	state := "done"
	if h.State == BatchVoid {
		state = "skip"
	}
	for _, st := range order {
		one := web.Step{Title: words["relief.bstep."+string(st)], State: state}
		if st == h.State && st != BatchReconciled {
			one.State, state = "now", "todo"
		}
		out = append(out, one)
	}
	return out
}

func (s *Relief) batchShow(c echo.Context) error {
	p, err := s.batchPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "relief/batch", p)
}

// batchAct runs one button of a batch's page.
func (s *Relief) batchAct(c echo.Context) error {
	var f batchForm
	err := web.Bind(c, &f)
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	word := "relief.done.batch"
	if err == nil {
		word, err = s.batchVerb(c.Request().Context(), web.Actor(c), c.Param("id"), c.Param("verb"), f, key)
	}
	to := "/desk/relief/batches/" + c.Param("id")
	if err == nil {
		return web.Done(c, to, word)
	}
	if fault.KindOf(err) != fault.Invalid {
		return web.Next(err, to)
	}
	p, perr := s.batchPage(c)
	if perr != nil {
		return perr
	}
	p.Form = f
	return web.Refuse(c, err, "relief/batch", p)
}

func (s *Relief) batchVerb(ctx context.Context, who access.Actor, id, verb string, f batchForm, key string) (string, error) {
	word := "relief.done.batch"
	switch verb {
	case "lock":
		return word, s.Lock(ctx, who, id, key)
	case "void":
		return word, s.VoidBatch(ctx, who, id, key)
	case "check":
		return word, s.CheckBatch(ctx, who, id, key)
	case "reject":
		return word, s.RejectBatch(ctx, who, id, f.Reason, key)
	case "sign":
		return word, s.Sign(ctx, who, id, key)
	case "release":
		return word, s.Release(ctx, who, id, key)
	case "ask":
		return "relief.done.asked", s.AskFile(ctx, who, id, f.Reason, key)
	case "allow":
		return "relief.done.allowed", s.AllowFile(ctx, who, id, key)
	}
	h, err := s.BatchSheet(ctx, id)
	if err != nil {
		return "", err
	}
	if h.Staged == nil {
		return "", fault.New(fault.Conflict, "relief.batch_not_here")
	}
	switch verb {
	case "confirm":
		return "relief.done.confirmed", s.Confirm(ctx, who, h.Staged.ID, key)
	case "refuse":
		return word, s.RefuseResult(ctx, who, h.Staged.ID, f.Reason, key)
	}
	return "", fault.New(fault.NotFound, "http.404")
}

// bankDownload answers with the bank file. It is a POST: opening it is an act.
func (s *Relief) bankDownload(c echo.Context) error {
	if err := web.Bind(c, &struct{}{}); err != nil {
		return err
	}
	name, content, err := s.Download(c.Request().Context(), web.Actor(c), c.Param("id"), "")
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(200, "text/csv; charset=gb18030", content)
}

type importPage struct {
	web.Page
	Form  batchForm
	Today string
}

func (s *Relief) importPage(c echo.Context) *importPage {
	p := &importPage{Page: web.Desk(c, words["relief.page.import"]), Today: string(s.today()), Form: batchForm{Day: string(s.today())}}
	p.Back = &web.Link{Title: words["relief.nav.batches"], Href: "/desk/relief/batches"}
	return p
}

func (s *Relief) importForm(c echo.Context) error {
	return web.Render(c, "relief/import", s.importPage(c))
}

// importFile reads the bank's file into memory, which is small, and stages it.
func (s *Relief) importFile(c echo.Context) error {
	var f batchForm
	var content []byte
	name := ""
	up, err := web.BindFiles(c, &f, web.Upload{Max: maxBankFile, Count: 1, Put: func(_ context.Context, _, file string, r io.Reader) (string, error) {
		b, err := io.ReadAll(r)
		content, name = b, file
		return "read", err
	}})
	key, id := "", ""
	if err == nil && len(up.Faults) > 0 {
		var checks fault.Checks
		for _, b := range up.Faults {
			checks.Add(b.Name, b.Code, b.Args...)
		}
		err = checks.Err()
	}
	if err == nil {
		key, err = web.Token(c)
	}
	if err == nil {
		id, err = s.Import(c.Request().Context(), web.Actor(c), name, content, dayOr(f.Day, ""), key)
	}
	if err == nil {
		return web.Done(c, "/desk/relief/batches/"+id, "relief.done.staged")
	}
	p := s.importPage(c)
	p.Form = f
	return web.Refuse(c, web.Next(err, "/desk/relief/batches/%s"), "relief/import", p)
}

type remedyForm struct {
	Award  string `form:"award"`
	Bank   string `form:"bank"`
	Card   string `form:"card"`
	Reason string `form:"reason"`
	Do     string `form:"do"`
}

type heldRow struct {
	HeldRow
	Word, By, Kind string
	Confirm        bool
}

type heldPage struct {
	web.Page
	Rows    []heldRow
	CanMake bool
	Form    remedyForm
}

func (s *Relief) heldPage(c echo.Context) (*heldPage, error) {
	who := web.Actor(c)
	hs, names, err := s.Held(c.Request().Context())
	if err != nil {
		return nil, err
	}
	p := &heldPage{Page: web.Desk(c, words["relief.nav.held"]), CanMake: who.Can(Batch)}
	for _, h := range hs {
		p.Rows = append(p.Rows, heldRow{h, words["relief.pay."+string(h.Payment)], names[h.ProposedBy], words["relief.remedy."+h.RemedyKind], h.Remedy != "" && who.Can(BatchCheck) && who.ID != h.ProposedBy})
	}
	return p, nil
}

func (s *Relief) held(c echo.Context) error {
	p, err := s.heldPage(c)
	if err != nil {
		return err
	}
	p.Form.Award = c.QueryParam("award")
	return web.Render(c, "relief/held", p)
}

func (s *Relief) proposeForm(c echo.Context) error {
	ctx, who := c.Request().Context(), web.Actor(c)
	var f remedyForm
	err := web.Bind(c, &f)
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	if err == nil && f.Do == "give_up" {
		err = s.ProposeGiveUp(ctx, who, f.Award, f.Reason, key)
	} else if err == nil {
		err = s.ProposeAccount(ctx, who, f.Award, f.Bank, f.Card, f.Reason, key)
	}
	if err == nil {
		return web.Done(c, "/desk/relief/held", "relief.done.proposed")
	}
	if fault.KindOf(err) != fault.Invalid {
		return web.Next(err, "/desk/relief/held")
	}
	p, perr := s.heldPage(c)
	if perr != nil {
		return perr
	}
	p.Form = f
	return web.Refuse(c, err, "relief/held", p)
}

func (s *Relief) remedyDecide(c echo.Context) error {
	if err := web.Bind(c, &struct{}{}); err != nil {
		return err
	}
	key, err := web.Token(c)
	if err != nil {
		return err
	}
	if err := s.DecideRemedy(c.Request().Context(), web.Actor(c), c.Param("id"), c.Param("verdict") == "yes", key); err != nil {
		return web.Next(err, "/desk/relief/held")
	}
	return web.Done(c, "/desk/relief/held", "relief.done.remedied")
}
