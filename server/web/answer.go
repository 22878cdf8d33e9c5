package web

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"care/server/fault"
)

// Render answers with a page.
func Render(c echo.Context, name string, data any) error { return render(c, http.StatusOK, name, data) }

// RenderStatus answers with a page under another status than 200.
func RenderStatus(c echo.Context, status int, name string, data any) error {
	return render(c, status, name, data)
}

// Pages makes the pager of a keyset list at the present address: next is the cursor of the next page, which the list reads from "after".
func Pages(c echo.Context, next string) Pager {
	var p Pager
	q := c.Request().URL.Query()
	if q.Get("after") != "" {
		q.Del("after")
		p.First = c.Request().URL.Path + "?" + q.Encode()
	}
	if next != "" {
		q.Set("after", next)
		p.Next = c.Request().URL.Path + "?" + q.Encode()
	}
	return p
}

func render(c echo.Context, status int, name string, data any) error {
	var b bytes.Buffer
	if err := site(c).Pages.Render(&b, name, data); err != nil {
		return err
	}
	return c.HTMLBlob(status, b.Bytes())
}

// page is a pointer to a page struct.
type page interface{ Base() *Page }

// Refuse shows a form again with status 422, as it was filled in and with every mistake named; another error is passed on.
// p is a pointer to the page struct with the form's values in it.
func Refuse(c echo.Context, err error, name string, p page) error {
	if fault.KindOf(err) != fault.Invalid {
		return err
	}
	s, base := site(c), p.Base()
	for _, f := range fault.FieldsOf(err) {
		base.Errors = append(base.Errors, FieldError{Field: f.Name, Text: s.Sentence(f.Code, f.Args)})
	}
	if len(base.Errors) == 0 {
		var e *fault.Error
		errors.As(err, &e)
		base.Errors = append(base.Errors, FieldError{Text: s.Sentence(e.Code, e.Args)})
	}
	// The same token stays in the form: the act has not happened, and a second press of the corrected form must still be caught.
	if t, tokenErr := Token(c); tokenErr == nil {
		base.Once = t
	}
	return render(c, http.StatusUnprocessableEntity, name, p)
}

// Done answers a finished act: 303 to the page that shows the result, with a word of confirmation for people who are signed in.
func Done(c echo.Context, href, word string) error {
	if s := site(c); Actor(c).In() && word != "" {
		s.Sessions.Put(c.Request().Context(), flashKey, s.Word(word))
	}
	return c.Redirect(http.StatusSeeOther, href)
}

// Next adds to the fault of an act that is done already where its result is shown; format gets the first act's subject.
// Any other error, and nil, stays as it is.
func Next(err error, format string) error {
	var e *fault.Error
	if _, again := fault.IsAgain(err); again && errors.As(err, &e) {
		href := format
		if strings.Contains(format, "%s") {
			href = fmt.Sprintf(format, e.Ref)
		}
		return &fault.Error{Kind: e.Kind, Code: e.Code, Ref: e.Ref, Href: href}
	}
	return err
}

// Sentence fills the Chinese sentence of a code.
func (s *Site) Sentence(code string, args []any) string {
	w := s.Word(code)
	if len(args) > 0 && strings.Contains(w, "%") {
		return fmt.Sprintf(w, args...)
	}
	return w
}

var statuses = map[fault.Kind]int{
	fault.SignIn: http.StatusUnauthorized, fault.Forbidden: http.StatusForbidden, fault.NotFound: http.StatusNotFound,
	fault.Conflict: http.StatusConflict, fault.Unfunded: http.StatusConflict, fault.TooLarge: http.StatusRequestEntityTooLarge,
	fault.Invalid: http.StatusUnprocessableEntity, fault.TooMany: http.StatusTooManyRequests,
	fault.Internal: http.StatusInternalServerError, fault.Unavailable: http.StatusServiceUnavailable,
}

// ErrorPage is what errors/page shows.
type ErrorPage struct {
	Page
	Status       int
	Text, Advice string
	Link         *Link
}

// Errors is the only place where an error becomes an answer: kind to status, code to Chinese, page or JSON as the caller wishes.
// Only our own mistakes are logged as errors, with the request id that the person sees.
func Errors(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	s := site(c)
	status, code, kind := http.StatusInternalServerError, "internal", fault.KindOf(err)
	var args []any
	href := ""
	var he *echo.HTTPError
	var fe *fault.Error
	switch {
	case errors.As(err, &fe):
		status, code, args, href = statuses[fe.Kind], fe.Code, fe.Args, fe.Href
	case errors.As(err, &he):
		status = he.Code
		code = "http." + strconv.Itoa(he.Code)
		if _, known := s.Words[code]; !known {
			code = "http.400"
			if status >= 500 {
				code = "internal"
			}
		}
		kind = fault.Invalid
		if status >= 500 {
			kind = fault.Internal
		}
	case c.Request().Context().Err() != nil:
		status, code, kind = 499, "http.gone", fault.Invalid // the browser went away
	}
	if kind == fault.Internal {
		code = "internal"
		s.Log.ErrorContext(c.Request().Context(), "request failed", "rid", RequestID(c), "method", c.Request().Method, "route", c.Path(), "err", err)
	} else if kind == fault.Unavailable {
		s.Log.WarnContext(c.Request().Context(), "a server that we need is away", "rid", RequestID(c), "route", c.Path(), "err", err)
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	if kind == fault.Unavailable {
		c.Response().Header().Set("Retry-After", "10")
	}
	if kind == fault.SignIn && c.Request().Method == http.MethodGet && !wantsJSON(c) {
		_ = c.Redirect(http.StatusSeeOther, "/signin?next="+url.QueryEscape(c.Request().URL.RequestURI()))
		return
	}
	text := s.Sentence(code, args)
	if wantsJSON(c) {
		fields := map[string]string{}
		for _, f := range fault.FieldsOf(err) {
			fields[f.Name] = s.Sentence(f.Code, f.Args)
		}
		_ = c.JSON(status, map[string]any{"code": code, "text": text, "fields": fields, "request": RequestID(c)})
		return
	}
	title := s.Word("http.title." + strconv.Itoa(status))
	p := ErrorPage{Page: Public(c, title), Status: status, Text: text, Advice: s.Word("advice." + string(kind))}
	if Actor(c).In() && under(c.Request().URL.Path, "/desk") {
		p.Page = Desk(c, title)
	}
	if _, again := fault.IsAgain(err); again {
		p.Advice = s.Word("advice.again")
	}
	if href != "" {
		p.Link = &Link{Title: s.Word("link.result"), Href: href}
	}
	if err := render(c, status, "errors/page", &p); err != nil {
		s.Log.ErrorContext(c.Request().Context(), "the error page failed", "rid", RequestID(c), "err", err)
		_ = c.String(status, text)
	}
}

func wantsJSON(c echo.Context) bool {
	a := c.Request().Header.Get("Accept")
	return strings.Contains(a, "application/json") && !strings.Contains(a, "text/html")
}
