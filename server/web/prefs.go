package web

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// Prefs keeps a visitor's wish for large type or strong contrast in a cookie and goes back to where they were.
// It is a link and not a form, so that it works everywhere; it changes nothing but the look.
func Prefs(c echo.Context) error {
	for name, vals := range map[string][]string{cookieType: {"large", "normal"}, cookieContrast: {"high", "normal"}} {
		v := c.QueryParam(name)
		if v != vals[0] && v != vals[1] {
			continue
		}
		c.SetCookie(&http.Cookie{Name: name, Value: v, Path: "/", MaxAge: 365 * 24 * 60 * 60, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
	return c.Redirect(http.StatusSeeOther, Local(c.QueryParam("back")))
}

// Local gives back an address of this site, or "/" for any other.
func Local(s string) string {
	if !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.ContainsAny(s, "\\\r\n\t") {
		return "/"
	}
	return s
}
