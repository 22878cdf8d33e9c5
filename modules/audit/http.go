package audit

import (
	"context"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"care/server/web"
)

// Names turns ids of people into their names; identity.People does.
type Names interface {
	Names(ctx context.Context, ids []string) (map[string]string, error)
}

// Introduce gives the record somebody who knows people's names. Entries keep ids only.
func (t *Trail) Introduce(n Names) { t.names = n }

type listPage struct {
	web.Page
	Rows   []row
	Pager  web.Pager
	Filter Filter
}

type row struct {
	Entry
	Who string
}

func (t *Trail) list(c echo.Context) error {
	ctx := c.Request().Context()
	page := &listPage{Page: web.Desk(c, words["audit.title"]), Filter: Filter{Subject: strings.TrimSpace(c.QueryParam("subject")), Actor: strings.TrimSpace(c.QueryParam("actor")), Verb: strings.TrimSpace(c.QueryParam("verb"))}}
	es, err := t.Entries(ctx, page.Filter, c.QueryParam("after"), 60)
	if err != nil {
		return err
	}
	var ids []string
	for _, e := range es.Rows {
		ids = append(ids, e.Actor)
	}
	names := map[string]string{}
	if t.names != nil && len(ids) > 0 {
		slices.Sort(ids)
		if names, err = t.names.Names(ctx, slices.Compact(ids)); err != nil {
			return err
		}
	}
	for _, e := range es.Rows {
		who := names[e.Actor]
		switch e.Actor {
		case "system", "public":
			who = words["audit."+e.Actor]
		}
		page.Rows = append(page.Rows, row{e, who})
	}
	page.Pager = web.Pages(c, es.Next)
	return web.Render(c, "audit/list", page)
}
