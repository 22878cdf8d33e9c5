package donations

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"care/templates/poster"
)

// poster answers with the picture that people share of a public campaign, 1080 by 1440 dots, with a QR code to its page.
func (s *Gifts) poster(c echo.Context) error {
	x, err := s.Shown(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	filing := ""
	if x.Filing != "" && x.Mode != Intent {
		filing = words["donations.poster.filing"] + x.Filing
	}
	b, err := poster.Poster{
		Org: s.set.Org.Name, Title: x.Title, Lead: x.Lead, GoalFen: x.Target, RaisedFen: x.Money.Received(), Gifts: x.Gifts,
		Filing: filing, URL: s.set.Org.Site + "/campaigns/" + x.Code, Hint: words["donations.poster.hint"], Demo: s.set.Demo,
	}.Render(s.papers.Engine())
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", `inline; filename="`+x.Code+`.png"`)
	return c.Blob(http.StatusOK, "image/png", b)
}
