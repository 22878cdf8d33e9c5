package donations

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"care/server/clock"
	"care/server/money"
)

// rollCSV streams the whole public roll, or that of one use; it ends with the count and the sum of what was not given back.
func (s *Gifts) rollCSV(c echo.Context) error {
	ctx, code := c.Request().Context(), c.QueryParam("campaign")
	page, err := s.Roll(ctx, code, "", rollPiece)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="roll-`+string(s.Today())+`.csv"`)
	c.Response().WriteHeader(http.StatusOK)
	if _, err := c.Response().Write([]byte("\ufeff")); err != nil { // tells spreadsheets that this is UTF-8
		return err
	}
	w := csv.NewWriter(c.Response())
	_ = w.Write(strings.Split(words["donations.roll.head"], ",")) // errors stay in the writer
	n, total := 0, money.Fen(0)
	for {
		for _, r := range lines(page.Rows) {
			if !r.Back {
				total += r.Amount
			}
			_ = w.Write(cells(r.At.In(clock.Beijing).Format("2006-01-02 15:04"), r.PublicName, r.Use, r.Amount.String(), r.Number, words["donations.state."+string(r.State)]))
			n++
		}
		if w.Flush(); w.Error() != nil || page.Next == "" { // a reader who went away ends it
			break
		}
		if page, err = s.Roll(ctx, code, page.Next, rollPiece); err != nil {
			_ = w.Write([]string{words["donations.csv.broken"]})
			w.Flush()
			return err
		}
	}
	_ = w.Write([]string{words["donations.csv.total"], strconv.Itoa(n), "", total.String(), "", words["donations.roll.net"]})
	w.Flush()
	return w.Error()
}

// rollPiece is how many gifts of a download are read at once.
const rollPiece = 1000
