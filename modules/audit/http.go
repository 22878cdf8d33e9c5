package audit

import (
	"context"
	"encoding/json"
	"maps"
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
	Who   string
	Short string // the end of the subject's id, which is what tells ids apart
	Facts []web.Fact
}

// Facts longer than this many characters, such as hashes, are cut on the page; the record keeps them whole.
const longFact = 48

// facts reads the public facts of an entry, in the order of their names.
func facts(public string) ([]web.Fact, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal([]byte(public), &m); err != nil {
		return nil, err
	}
	out := make([]web.Fact, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		v := strings.Trim(string(m[k]), `"`)
		if r := []rune(v); len(r) > longFact {
			v = string(r[:longFact/2]) + "…"
		}
		out = append(out, web.Fact{Name: k, Value: v})
	}
	return out, nil
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
		fs, err := facts(e.Public)
		if err != nil {
			return err
		}
		short := e.Subject
		if len(short) == len("01234567-0123-0123-0123-0123456789ab") {
			short = "…" + short[len(short)-12:]
		}
		page.Rows = append(page.Rows, row{e, who, short, fs})
	}
	page.Pager = web.Pages(c, es.Next)
	return web.Render(c, "audit/list", page)
}
