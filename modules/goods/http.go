package goods

import (
	"encoding/csv"
	"errors"
	"net/http"
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

// Photos and papers of one form: at most this many files, each of at most this many bytes.
const (
	maxFiles     = 12
	maxFile      = 20 << 20
	maxFormBytes = maxFile*4 + 4<<20
	pageSize     = 50
)

func fen(s string) money.Fen {
	f, err := money.Parse(s)
	switch {
	case strings.TrimSpace(s) == "":
		return 0
	case errors.Is(err, money.ErrRange):
		return money.Max
	case err != nil:
		return -1 // no amount: below every limit
	}
	return f
}

func day(s string) clock.Day {
	d, err := clock.ParseDay(s)
	if err != nil {
		return ""
	}
	return d
}

// words of a query are cut off where nobody types any more.
func asked(c echo.Context, name string) string {
	q := strings.TrimSpace(strings.ToValidUTF8(c.QueryParam(name), ""))
	if len(q) > 300 {
		return ""
	}
	return q
}

func may(who access.Actor, p access.Perm, earlier ...string) bool {
	return who.Can(p) && !slices.Contains(earlier, who.ID)
}

func fact(key, value string, num bool) web.Fact {
	if value == "" {
		value = words["goods.none"]
	}
	return web.Fact{Name: words["goods.fact."+key], Value: value, Num: num}
}

func choices(prefix string, values ...string) []web.Option {
	var out []web.Option
	for _, v := range values {
		out = append(out, web.Option{Value: v, Label: words[prefix+v]})
	}
	return out
}

func tone(s State) string {
	switch s {
	case Stocked:
		return "ok"
	case Refused, Returned:
		return "bad"
	case Direct:
		return "plain"
	}
	return "wait"
}

type keptFile struct{ Ref, Name string }

// taken turns the references of a form into stored objects; what cannot be taken is named with its field.
func (s *Goods) taken(who access.Actor, field string, kept []string, up web.Files) (fs []media.Stored, shown []keptFile, bad []fault.Field) {
	for _, f := range up.Faults {
		bad = append(bad, fault.Field{Name: field, Code: f.Code, Args: f.Args})
	}
	for _, ref := range append(kept, up.Refs(field)...) {
		st, err := s.archive.Deref(who, ref)
		if err != nil {
			bad = append(bad, fault.Field{Name: field, Code: "media.ref"})
			continue
		}
		fs, shown = append(fs, st), append(shown, keptFile{ref, st.Name})
	}
	return fs, shown, bad
}

// upload reads a form with files. What is wrong with it is a fault with fields; another error is passed on.
func (s *Goods) upload(c echo.Context, dst any, field string, kept *[]string) (fs []media.Stored, shown []keptFile, key string, err error) {
	who := web.Actor(c)
	up, err := web.BindFiles(c, dst, s.archive.Upload(who, maxFiles, maxFile))
	var checks fault.Checks
	if err := checks.Merge(err); err != nil {
		return nil, nil, "", err
	}
	fs, shown, bad := s.taken(who, field, *kept, up)
	for _, b := range bad {
		checks.Add(b.Name, b.Code, b.Args...)
	}
	if key, err = web.Token(c); err == nil {
		err = checks.Err()
	}
	return fs, shown, key, err
}

// table streams a CSV that ends with the number of rows, or says that it broke off. next gives the rows of a page and the cursor of the following one.
func table(c echo.Context, name, head string, next func(after string) ([][]string, string, error)) error {
	h := c.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	rows, cursor, err := next("")
	if err != nil {
		return err
	}
	c.Response().WriteHeader(http.StatusOK)
	if _, err := c.Response().Write([]byte("\ufeff")); err != nil { // tells spreadsheets that this is UTF-8
		return err
	}
	w := csv.NewWriter(c.Response())
	_ = w.Write(strings.Split(head, ",")) // errors stay in the writer
	n := 0
	for {
		for _, r := range rows {
			_ = w.Write(cells(r))
		}
		if n += len(rows); cursor == "" {
			break
		}
		if rows, cursor, err = next(cursor); err != nil {
			_ = w.Write([]string{words["goods.csv.broken"]})
			w.Flush()
			return err
		}
	}
	_ = w.Write([]string{words["goods.csv.total"], strconv.Itoa(n)})
	w.Flush()
	return w.Error()
}

// cells keeps a spreadsheet from reading what somebody typed as a formula.
func cells(in []string) []string {
	for i, s := range in {
		if s != "" && strings.ContainsRune("=+-@\t", rune(s[0])) {
			in[i] = "'" + s
		}
	}
	return in
}

type rollPage struct {
	web.Page
	Rows  []RollEntry
	Given []Given
	First bool
	Pager web.Pager
}

// roll is the public list of gifts in kind, and what was given out last.
func (s *Goods) roll(c echo.Context) error {
	ctx, after := c.Request().Context(), c.QueryParam("after")
	rows, err := s.Roll(ctx, after, pageSize)
	if err != nil {
		return err
	}
	p := &rollPage{Page: web.Public(c, words["goods.page.roll"]), Rows: rows.Rows, Pager: web.Pages(c, rows.Next), First: after == ""}
	if p.First {
		if p.Given, err = s.GivenOut(ctx, 20); err != nil {
			return err
		}
	}
	return web.Render(c, "goods/roll", p)
}

func (s *Goods) rollFile(c echo.Context) error {
	return table(c, "goods", words["goods.csv.roll"], func(after string) (out [][]string, next string, err error) {
		rows, err := s.Roll(c.Request().Context(), after, 500)
		for _, r := range rows.Rows {
			total := r.Total.String()
			if r.Total == 0 {
				total = words["goods.unvalued"]
			}
			out = append(out, []string{string(clock.DayOf(r.At)), r.PublicName, r.What, r.Project, total, r.Number, words["goods.state."+string(r.State)]})
		}
		return out, rows.Next, err
	})
}

func query(pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// rowsPage is a page with a form of many alike rows. Their fields are sent as lists, and named by their place when they are wrong.
type rowsPage struct{ web.Page }

// cell is one field of a row.
type cell struct {
	Name, ID, Label, Value, Type, Mode, List, Error, Hint string
	Must                                                  bool
	Options                                               []web.Option
}

// Cell makes the field key of row i; options are "must", "type=…", "mode=…", "list=…", "hint=…".
func (p rowsPage) Cell(i int, key, name, label, value string, opts ...string) cell {
	id := strconv.Itoa(i) + "." + key
	c := cell{Name: name, ID: id, Label: label, Value: value, Type: "text", Error: p.Err(id)}
	for _, o := range opts {
		k, v, _ := strings.Cut(o, "=")
		switch k {
		case "must":
			c.Must = true
		case "type":
			c.Type = v
		case "mode":
			c.Mode = v
		case "list":
			c.List = v
		case "hint":
			c.Hint = v
		}
	}
	return c
}

// Row is the number of row i as people count.
func (p rowsPage) Row(i int) string { return p.Num(i + 1) }

// Pick makes a drop-down list of row i.
func (p rowsPage) Pick(i int, key, name, label, value string, options []web.Option) cell {
	c := p.Cell(i, key, name, label, value, "must")
	c.Options = append([]web.Option{{Label: words["goods.choose"]}}, options...)
	for n := range c.Options {
		c.Options[n].Chosen = c.Options[n].Value == value
	}
	return c
}
