package relief

import (
	"github.com/labstack/echo/v4"

	"care/server/web"
)

// skip lets the demonstration go on without waiting five working days.
func (s *Relief) skip(c echo.Context) error {
	var f struct{}
	if err := web.Bind(c, &f); err != nil {
		return err
	}
	key, err := web.Token(c)
	if err != nil {
		return err
	}
	id := c.Param("id")
	if err := s.SkipPeriod(c.Request().Context(), web.Actor(c), id, "relief.skip/"+key); err != nil {
		return web.Next(err, "/desk/relief/cases/%s")
	}
	return web.Done(c, "/desk/relief/cases/"+id, "relief.skipped")
}
