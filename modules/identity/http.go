package identity

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"care/modules/audit"
	"care/server/fault"
	"care/server/web"
)

type signInForm struct {
	Login    string `form:"login"`
	Password string `form:"password"`
	Next     string `form:"next"`
}

type signInPage struct {
	web.Page
	Form         signInForm
	Shown        []demoRow // accounts of the demonstration, only while it is loaded
	DemoPassword string
}

type demoRow struct{ Login, Name, Role, Area string }

// after gives where to go after signing in: an address of this site, never another one.
func (f signInForm) after() string {
	if next := web.Local(f.Next); next != "/" {
		return next
	}
	return "/desk"
}

func (s *People) signInPage(c echo.Context, f signInForm) (signInPage, error) {
	f.Password = "" // never sent back
	p := signInPage{Page: web.Public(c, pageSignIn), Form: f}
	if !s.demo {
		return p, nil
	}
	titles, _, err := s.titles(c.Request().Context())
	if err != nil {
		return p, err
	}
	p.DemoPassword = DemoPassword
	for _, d := range DemoLogins() {
		a, err := s.net.Area(c.Request().Context(), d.Area)
		if err != nil {
			return p, err
		}
		p.Shown = append(p.Shown, demoRow{d.Login, d.Name, titles[d.Role], a.Title})
	}
	return p, nil
}

func (s *People) signInForm(c echo.Context) error {
	f := signInForm{Next: c.QueryParam("next")}
	if web.Actor(c).In() {
		return c.Redirect(http.StatusSeeOther, f.after())
	}
	p, err := s.signInPage(c, f)
	if err != nil {
		return err
	}
	return web.Render(c, "identity/signin", &p)
}

func (s *People) signIn(c echo.Context) error {
	var f signInForm
	err := web.Bind(c, &f)
	session := ""
	if err == nil {
		session, err = s.SignIn(c.Request().Context(), f.Login, f.Password, c.RealIP())
	}
	if err != nil {
		p, pageErr := s.signInPage(c, f)
		if pageErr != nil {
			return pageErr
		}
		if fault.CodeOf(err) == "identity.locked" {
			err = invalid("login", "identity.locked")
		}
		return web.Refuse(c, err, "identity/signin", &p)
	}
	if err := web.SignInAs(c, session); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, f.after())
}

func (s *People) signOut(c echo.Context) error {
	if who := web.Actor(c); who.In() {
		if err := s.SignedOut(c.Request().Context(), who); err != nil {
			return err
		}
	}
	if err := web.SignOut(c); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/signin")
}

type passwordForm struct {
	Old      string `form:"old"`
	Password string `form:"password"`
	Again    string `form:"again"`
}

type mePage struct {
	web.Page
	Me    *Person
	Place string
	Acts  []act
}

type act struct {
	At   time.Time
	Verb string
}

func (s *People) mePage(c echo.Context) (mePage, error) {
	ctx, who := c.Request().Context(), web.Actor(c)
	p := mePage{Page: web.Desk(c, pageMe), Place: who.Area.Name}
	me, err := s.Own(ctx, who)
	if err != nil {
		return p, err
	}
	p.Me = me
	acts, err := s.trail.Entries(ctx, audit.Filter{Actor: who.ID}, "", 15)
	if err != nil {
		return p, err
	}
	for _, e := range acts.Rows {
		p.Acts = append(p.Acts, act{e.At, p.Word(e.Verb)})
	}
	return p, nil
}

func (s *People) me(c echo.Context) error {
	p, err := s.mePage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "identity/me", &p)
}

func (s *People) changePassword(c echo.Context) error {
	var f passwordForm
	ctx, who := c.Request().Context(), web.Actor(c)
	err := web.Bind(c, &f)
	session := ""
	if err == nil {
		session, err = s.ChangePassword(ctx, who, f.Old, f.Password, f.Again)
	}
	if err != nil {
		p, pageErr := s.mePage(c)
		if pageErr != nil {
			return pageErr
		}
		if fault.CodeOf(err) == "identity.locked" {
			err = invalid("old", "identity.locked")
		}
		return web.Refuse(c, err, "identity/me", &p)
	}
	if err := web.SignInAs(c, session); err != nil {
		return err
	}
	return web.Done(c, "/desk/me", "identity.done.password")
}

func (s *People) endSessions(c echo.Context) error {
	if err := s.EndSessions(c.Request().Context(), web.Actor(c)); err != nil {
		return err
	}
	if err := web.SignOut(c); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/signin")
}

type setupForm struct {
	Name     string `form:"name"`
	Login    string `form:"login"`
	Password string `form:"password"`
	Again    string `form:"again"`
}

type setupPage struct {
	web.Page
	Form  setupForm
	Token string
}

func (s *People) setupForm(c echo.Context) error {
	if err := s.SetupOpen(c.Request().Context(), c.Param("token")); err != nil {
		return err
	}
	return web.Render(c, "identity/setup", &setupPage{Page: web.Public(c, pageSetup), Token: c.Param("token")})
}

func (s *People) setup(c echo.Context) error {
	var f setupForm
	err := web.Bind(c, &f)
	session := ""
	if err == nil {
		session, err = s.Setup(c.Request().Context(), c.Param("token"), f.Name, f.Login, f.Password, f.Again, c.RealIP())
	}
	if err != nil {
		f.Password, f.Again = "", ""
		return web.Refuse(c, err, "identity/setup", &setupPage{Page: web.Public(c, pageSetup), Form: f, Token: c.Param("token")})
	}
	if err := web.SignInAs(c, session); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/desk/people/"+personOf(session))
}

type linkPage struct {
	web.Page
	Token, Name, Login string
}

func (s *People) linkPage(c echo.Context) (linkPage, error) {
	token := c.Param("token")
	p, err := s.LinkFor(c.Request().Context(), token)
	if err != nil {
		return linkPage{}, err
	}
	return linkPage{Page: web.Public(c, pagePassword), Token: token, Name: p.Name, Login: p.Login}, nil
}

func (s *People) linkForm(c echo.Context) error {
	p, err := s.linkPage(c)
	if err != nil {
		return err
	}
	return web.Render(c, "identity/password", &p)
}

func (s *People) useLink(c echo.Context) error {
	var f passwordForm
	err := web.Bind(c, &f)
	session := ""
	if err == nil {
		session, err = s.UseLink(c.Request().Context(), c.Param("token"), f.Password, f.Again, c.RealIP())
	}
	if err != nil {
		if fault.KindOf(err) != fault.Invalid {
			return err
		}
		p, pageErr := s.linkPage(c)
		if pageErr != nil {
			return pageErr
		}
		return web.Refuse(c, err, "identity/password", &p)
	}
	if err := web.SignInAs(c, session); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/desk")
}

// personOf gives the person of a session's id.
func personOf(session string) string {
	id, _, _ := strings.Cut(session, ".")
	return id
}
