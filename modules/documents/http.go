package documents

import (
	"crypto/subtle"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"care/media"
	"care/server/fault"
	"care/server/web"
)

type verifyPage struct {
	web.Page
	Number, Code string
}

// verifyForm shows the form; a number sent by it leads to the paper's own address.
func (p *Papers) verifyForm(c echo.Context) error {
	n, code := strings.ToUpper(strings.TrimSpace(c.QueryParam("number"))), strings.TrimSpace(c.QueryParam("code"))
	if n != "" {
		to := "/verify/" + url.PathEscape(n)
		if code != "" {
			to += "?code=" + url.QueryEscape(code)
		}
		return c.Redirect(303, to)
	}
	return web.Render(c, "documents/verify", &verifyPage{Page: web.Public(c, words["documents.verify"])})
}

type paperPage struct {
	web.Page
	Found    bool
	Doc      *Document
	State    string // code of the word
	Full     bool   // the code was right
	Wrong    bool   // a code was given that does not fit
	Open     bool   // the public may read payer and amount without the code: they are on the public roll
	Number   string
	Code     string
	Original *Document // of a red-letter paper
	Red      *Document // the red-letter paper that takes this one back
}

func (p *Papers) verify(c echo.Context) error {
	page := &paperPage{Page: web.Public(c, words["documents.paper"]), Number: strings.ToUpper(strings.TrimSpace(c.Param("number"))), Code: c.QueryParam("code")}
	d, err := p.ByNumber(c.Request().Context(), page.Number)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return web.RenderStatus(c, 404, "documents/paper", page)
	}
	if err != nil {
		return err
	}
	page.Found, page.Doc, page.State = true, d, "documents.state."+string(d.State)
	if d.Reverses != "" {
		page.State = "documents.state.red"
		if page.Original, err = p.Document(c.Request().Context(), d.Reverses); err != nil {
			return err
		}
	}
	if d.State == Reversed {
		if page.Red, err = p.redOf(c.Request().Context(), d.ID); err != nil {
			return err
		}
	}
	page.Full = sameCode(d, page.Code)
	page.Wrong = page.Code != "" && !page.Full
	page.Open = page.Full || d.Series == Receipts
	return web.Render(c, "documents/paper", page)
}

func sameCode(d *Document, code string) bool {
	return subtle.ConstantTimeCompare([]byte(d.Code), []byte(strings.ToUpper(strings.TrimSpace(code)))) == 1
}

// original sends the paper itself to whoever holds its number and code, which are printed on it.
func (p *Papers) original(c echo.Context) error {
	d, err := p.ByNumber(c.Request().Context(), c.Param("number"))
	if err != nil || !sameCode(d, c.QueryParam("code")) {
		return fault.New(fault.NotFound, "documents.no_number")
	}
	return p.Send(c, d)
}

type waitingPage struct {
	web.Page
	Number string
}

// Send answers with the bytes of a paper, or with a page that loads itself again while the paper is being drawn.
// Whoever calls it has decided that the person may see it.
func (p *Papers) Send(c echo.Context, d *Document) error {
	if !d.Drawn {
		c.Response().Header().Set("Refresh", "2")
		return web.RenderStatus(c, 202, "documents/waiting", &waitingPage{Page: web.Public(c, words["documents.waiting"]), Number: d.Number})
	}
	return p.archive.Send(c, &media.File{Object: d.Object, Size: d.Size, Type: "application/pdf", At: *d.IssuedAt}, d.Number+".pdf")
}

type listPage struct {
	web.Page
	Rows        []Document
	Pager       web.Pager
	Kind, State string
	Q           string
	Kinds       []web.Option
	States      []web.Option
}

func (p *Papers) list(c echo.Context) error {
	page := &listPage{Page: web.Desk(c, words["documents.title"]), Kind: c.QueryParam("kind"), State: c.QueryParam("state"), Q: strings.ToUpper(strings.TrimSpace(c.QueryParam("q")))}
	rows, err := p.List(c.Request().Context(), page.Kind, State(page.State), page.Q, c.QueryParam("after"), 50)
	if err != nil {
		return err
	}
	page.Rows = rows.Rows
	page.Pager = web.Pages(c, rows.Next)
	for _, k := range []string{"receipt", "inkind", "voucher", "notice", "certificate"} {
		page.Kinds = append(page.Kinds, web.Option{Value: k, Label: words["documents.kind."+k], Chosen: k == page.Kind})
	}
	for _, s := range []State{Ordered, Issued, Failed, Void, Reversed} {
		page.States = append(page.States, web.Option{Value: string(s), Label: words["documents.state."+string(s)], Chosen: string(s) == page.State})
	}
	return web.Render(c, "documents/list", page)
}

type showPage struct {
	web.Page
	Doc *Document
}

func (p *Papers) show(c echo.Context) error {
	d, err := p.Document(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	page := &showPage{Page: web.Desk(c, d.Number), Doc: d}
	page.Back = &web.Link{Title: words["documents.title"], Href: "/desk/documents"}
	return web.Render(c, "documents/show", page)
}

func (p *Papers) paper(c echo.Context) error {
	d, err := p.Document(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	if err := p.trail.Saw(c.Request().Context(), web.Actor(c), View, d.ID, "paper", d.Kind); err != nil {
		return err
	}
	return p.Send(c, d)
}

func (p *Papers) retry(c echo.Context) error {
	if err := p.Retry(c.Request().Context(), web.Actor(c), c.Param("id")); err != nil {
		return err
	}
	return web.Done(c, "/desk/documents/"+c.Param("id"), "documents.retried")
}
