package documents

import (
	"fmt"
	"strconv"

	"github.com/labstack/echo/v4"

	"care/media"
	"care/server/clock"
	"care/server/fault"
	"care/server/web"
)

type batchForm struct {
	Kind   string `form:"kind"`
	From   string `form:"from"`
	To     string `form:"to"`
	Format string `form:"format"`
}

type batchesPage struct {
	web.Page
	Form  batchForm
	Kinds []web.Option
	Rows  []Batch
	Pager web.Pager
}

func (p *Papers) batchesPage(c echo.Context) (*batchesPage, error) {
	page := &batchesPage{Page: web.Desk(c, words["documents.batches"])}
	page.Back = &web.Link{Title: words["documents.title"], Href: "/desk/documents"}
	for _, k := range []string{"receipt", "voucher", "notice", "certificate"} {
		page.Kinds = append(page.Kinds, web.Option{Value: k, Label: words["documents.kind."+k]})
	}
	bs, err := p.Batches(c.Request().Context(), c.QueryParam("after"), 20)
	page.Rows, page.Pager = bs.Rows, web.Pages(c, bs.Next)
	return page, err
}

func (p *Papers) batches(c echo.Context) error {
	page, err := p.batchesPage(c)
	if err != nil {
		return err
	}
	today := clock.DayOf(p.trail.Now()())
	page.Form = batchForm{Kind: "receipt", From: string(today[:8]) + "01", To: string(today), Format: FormatPDF}
	return web.Render(c, "documents/batches", page)
}

func (p *Papers) gather(c echo.Context) error {
	page, err := p.batchesPage(c)
	if err != nil {
		return err
	}
	if err := web.Bind(c, &page.Form); err != nil {
		return web.Refuse(c, err, "documents/batches", page)
	}
	key, err := web.Token(c)
	if err != nil {
		return web.Refuse(c, err, "documents/batches", page)
	}
	// A date that cannot be read stays empty and is named with the rest.
	from, _ := clock.ParseDay(page.Form.From)
	to, _ := clock.ParseDay(page.Form.To)
	s := Selection{Kind: page.Form.Kind, From: from, To: to, Format: page.Form.Format}
	b, err := p.Gather(c.Request().Context(), web.Actor(c), s, fmt.Sprintf(words["documents.batch.title"], words["documents.kind."+s.Kind], from, to), "documents.gather/"+key)
	if err != nil {
		return web.Refuse(c, web.Next(err, "/desk/documents/batches/%s"), "documents/batches", page)
	}
	return web.Done(c, "/desk/documents/batches/"+b.ID, "documents.batch.started")
}

type batchPage struct {
	web.Page
	Batch   *Batch
	Done    int
	Bar     web.Bar
	Volumes []Volume
}

func (p *Papers) batch(c echo.Context) error {
	ctx := c.Request().Context()
	b, done, err := p.Batch(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	page := &batchPage{Page: web.Desk(c, b.Title), Batch: b, Done: done}
	page.Back = &web.Link{Title: words["documents.batches"], Href: "/desk/documents/batches"}
	page.Bar = web.Bar{Label: b.Title, Percent: min(100, done*100/int(b.Total))}
	if page.Volumes, err = p.Volumes(ctx, b.ID); err != nil {
		return err
	}
	if b.DoneAt == nil {
		c.Response().Header().Set("Refresh", "2") // the bar moves without scripts too
	}
	return web.Render(c, "documents/batch", page)
}

func (p *Papers) volumeFile(c echo.Context) error {
	ctx := c.Request().Context()
	b, _, err := p.Batch(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(c.Param("n"), 10, 64)
	if err != nil {
		return fault.New(fault.NotFound, "db.not_found")
	}
	vs, err := p.Volumes(ctx, b.ID)
	if err != nil {
		return err
	}
	for _, v := range vs {
		if v.N == n {
			if err := p.trail.Saw(ctx, web.Actor(c), View, b.ID, "volume", b.Kind); err != nil {
				return err
			}
			return p.archive.Send(c, &media.File{Object: v.Object, Size: v.Size, Type: batchType(b.Format), At: b.OrderedAt}, b.volumeName(v.N))
		}
	}
	return fault.New(fault.NotFound, "db.not_found")
}
