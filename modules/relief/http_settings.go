package relief

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"care/server/fault"
	"care/server/money"
	"care/server/web"
)

type settingsForm struct {
	NoticeDays   string `form:"notice_days"`
	ApproveAlone string `form:"approve_alone"`
	Year         string `form:"year"`
	Off          string `form:"off"`
	On           string `form:"on"`
	Source       string `form:"source"`
	Kind         string `form:"kind"`
	Cap          string `form:"cap"`
	Active       bool   `form:"active"`
}

type settingsPage struct {
	web.Page
	Form  settingsForm
	Years []Year
	Kinds []Kind
	Pick  []web.Option
}

func (s *Relief) settingsPage(c echo.Context) (*settingsPage, error) {
	ctx := c.Request().Context()
	p := &settingsPage{Page: web.Desk(c, words["relief.nav.settings"])}
	l, err := s.Limits(ctx)
	if err != nil {
		return nil, err
	}
	p.Form = settingsForm{NoticeDays: strconv.Itoa(l.NoticeDays), ApproveAlone: l.ApproveAlone.String(), Year: strconv.Itoa(s.today().Year() + 1), Active: true}
	if p.Years, err = s.Years(ctx); err != nil {
		return nil, err
	}
	p.Kinds, err = s.Kinds(ctx)
	for _, k := range p.Kinds {
		p.Pick = append(p.Pick, web.Option{Value: k.Code, Label: k.Title})
	}
	return p, err
}

func (s *Relief) settings(c echo.Context) error {
	p, err := s.settingsPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "relief/settings", p)
}

// set saves one of the three forms of the settings.
func (s *Relief) set(c echo.Context) error {
	ctx, who := c.Request().Context(), web.Actor(c)
	var f settingsForm
	err := web.Bind(c, &f)
	key := ""
	if err == nil {
		key, err = web.Token(c)
	}
	if err == nil {
		switch c.Param("what") {
		case "limits":
			days, derr := strconv.Atoi(f.NoticeDays)
			alone, aerr := money.Parse(f.ApproveAlone)
			var checks fault.Checks
			checks.Need(derr == nil, "notice_days", "relief.bad_notice_days")
			checks.Need(aerr == nil, "approve_alone", "relief.bad_amount")
			if err = checks.Err(); err == nil {
				err = s.SetLimits(ctx, who, Limits{days, alone}, key)
			}
		case "year":
			year, _ := strconv.Atoi(f.Year) // what is no number is no year: refused by its check
			err = s.SetYear(ctx, who, Year{Year: year, OffDays: f.Off, WorkDays: f.On, Source: f.Source}, key)
		case "kind":
			limit, aerr := formAmount("cap", f.Cap)
			if err = aerr; err == nil {
				err = s.SetKind(ctx, who, f.Kind, limit, f.Active, key)
			}
		default:
			return fault.New(fault.NotFound, "http.404")
		}
	}
	if err == nil {
		return web.Done(c, "/desk/relief/settings", "relief.done.saved")
	}
	if fault.KindOf(err) != fault.Invalid {
		return web.Next(err, "/desk/relief/settings")
	}
	p, perr := s.settingsPage(c)
	if perr != nil {
		return perr
	}
	p.Form = f
	return web.Refuse(c, err, "relief/settings", p)
}
