// Package web is what the http.go files of the modules share: pages, forms, sessions, answers and errors.
package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"

	"care/server/access"
	"care/server/clock"
	"care/server/fault"
)

// Renderer draws a page; templates.Set is one.
type Renderer interface {
	Render(w io.Writer, name string, data any) error
}

// NavItem is a link of the staff pages for those who hold Perm. Count may be nil; it is asked for each page of the desk.
type NavItem struct {
	Group, Title, Href string
	Perm               access.Perm
	Count              func(ctx context.Context, who access.Actor) (int, error)
}

// Site is what all requests share. It holds nothing that another server would have to see.
type Site struct {
	Org, Hotline, Filing string
	Demo                 bool
	Pages                Renderer
	Asset                func(name string) string
	Words                map[string]string // code → 中文 of the frame and of all modules
	Sessions             *scs.SessionManager
	Person               func(ctx context.Context, id string) (access.Actor, error) // who a session belongs to
	Nav                  []NavItem                                                  // staff links
	Menu                 []Link                                                     // public links
	Now                  clock.Source
	Log                  *slog.Logger
}

const (
	keySite  = "site"
	keyActor = "actor"
	keyRID   = "rid"

	keyCounts = "counts" // of the navigation, asked once a request

	personKey = "person"
	flashKey  = "flash"
)

// Attach gives each request its site, its actor and its id.
func (s *Site) Attach(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Set(keySite, s)
		who := access.Public(c.RealIP())
		if id := s.Sessions.GetString(c.Request().Context(), personKey); id != "" {
			a, err := s.Person(c.Request().Context(), id)
			if err == nil && a.In() {
				a.IP = c.RealIP()
				who = a
			} else if k := fault.KindOf(err); err != nil && (k == fault.Unavailable || k == fault.Internal) {
				// The person may well be allowed: sending them to sign in would only puzzle them.
				c.Set(keyActor, who)
				return err
			} else if err != nil {
				s.Log.WarnContext(c.Request().Context(), "a session's person cannot act", "person", id, "err", err)
			}
		}
		c.Set(keyActor, who)
		return next(c)
	}
}

func site(c echo.Context) *Site { return c.Get(keySite).(*Site) }

// Actor is who sent the request.
func Actor(c echo.Context) access.Actor {
	a, _ := c.Get(keyActor).(access.Actor)
	return a
}

// RequestID names the request in the log and on error pages.
func RequestID(c echo.Context) string {
	id, _ := c.Get(keyRID).(string)
	return id
}

// NewRequestID gives the request its id, 12 hex digits.
func NewRequestID(c echo.Context) string {
	id := token()[:12]
	c.Set(keyRID, id)
	return id
}

func token() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// Word gives the Chinese for a code; a code without a word is shown as it is, and a test finds it.
func (s *Site) Word(code string) string {
	if w, ok := s.Words[code]; ok {
		return w
	}
	return code
}

// Cookies of the visitor's wishes; they hold no identity.
const (
	cookieType     = "type"
	cookieContrast = "contrast"
)

func wish(c echo.Context, name, val string) bool {
	k, err := c.Cookie(name)
	return err == nil && k.Value == val
}

// Public starts a page of the public side.
func Public(c echo.Context, title string) Page {
	s := site(c)
	who := Actor(c)
	p := Page{
		Title: title, Demo: s.Demo, Org: s.Org, Hotline: s.Hotline, Filing: s.Filing, RequestID: RequestID(c),
		Path: c.Request().URL.RequestURI(), Once: token(),
		Large: wish(c, cookieType, "large"), Contrast: wish(c, cookieContrast, "high"),
	}
	if who.In() {
		p.Who = Who{ID: who.ID, Name: who.Name, Role: strings.Join(who.Roles, "、"), In: true}
		p.Flash = s.takeFlash(c)
	}
	links := make([]NavLink, 0, len(s.Menu))
	for _, l := range s.Menu {
		links = append(links, NavLink{Title: l.Title, Href: l.Href, Current: under(c.Request().URL.Path, l.Href)})
	}
	p.Nav = []NavGroup{{Links: links}}
	return p.With(s.Asset, s.Word, func(perm string) bool { return who.Can(access.Perm{Name: perm}) })
}

// Desk starts a page of the staff side with the links that the person may follow.
func Desk(c echo.Context, title string) Page {
	p := Public(c, title)
	p.Desk = true
	p.Nav = nil
	s, who, path := site(c), Actor(c), c.Request().URL.Path
	best := "" // the longest link that the path lies under is the current one
	for _, n := range s.Nav {
		if who.Can(n.Perm) && under(path, n.Href) && len(n.Href) > len(best) {
			best = n.Href
		}
	}
	for _, n := range s.Nav {
		if !who.Can(n.Perm) {
			continue
		}
		l := NavLink{Title: n.Title, Href: n.Href, Current: n.Href == best}
		if n.Count != nil {
			l.Count, _ = s.count(c, n) // a link without its count still leads there
		}
		i := slices.IndexFunc(p.Nav, func(g NavGroup) bool { return g.Title == n.Group })
		if i < 0 {
			p.Nav = append(p.Nav, NavGroup{Title: n.Group})
			i = len(p.Nav) - 1
		}
		p.Nav[i].Links = append(p.Nav[i].Links, l)
	}
	return p
}

// Queues lists the counted links that the person may follow, with what waits there; those without work are in it too.
func Queues(c echo.Context) []NavLink {
	var out []NavLink
	s, who := site(c), Actor(c)
	for _, n := range s.Nav {
		if n.Count == nil || !who.Can(n.Perm) {
			continue
		}
		if count, ok := s.count(c, n); ok {
			out = append(out, NavLink{Title: n.Title, Href: n.Href, Count: count})
		}
	}
	return out
}

// count asks once a request what waits behind a link: the navigation and the start page show the same.
func (s *Site) count(c echo.Context, n NavItem) (int, bool) {
	known, _ := c.Get(keyCounts).(map[string]int)
	if count, ok := known[n.Href]; ok {
		return count, true
	}
	count, err := n.Count(c.Request().Context(), Actor(c))
	if err != nil {
		s.Log.WarnContext(c.Request().Context(), "a count of the navigation failed", "link", n.Href, "err", err)
		return 0, false
	}
	if known == nil {
		known = map[string]int{}
		c.Set(keyCounts, known)
	}
	known[n.Href] = count
	return count, true
}

func under(path, href string) bool {
	return path == href || href != "/" && strings.HasPrefix(path, strings.TrimSuffix(href, "/")+"/")
}

// Base gives the page inside a page struct, for answers that fill in errors.
func (p *Page) Base() *Page { return p }

func (s *Site) takeFlash(c echo.Context) *Flash {
	ctx := c.Request().Context()
	if !s.Sessions.Exists(ctx, flashKey) {
		return nil
	}
	text := s.Sessions.PopString(ctx, flashKey)
	return &Flash{Kind: "ok", Text: text}
}

// SignInAs begins a new session for a person; the old token is worthless afterwards.
func SignInAs(c echo.Context, person string) error {
	s, ctx := site(c), c.Request().Context()
	if err := s.Sessions.RenewToken(ctx); err != nil {
		return err
	}
	s.Sessions.Put(ctx, personKey, person)
	return nil
}

// SignOut ends the session.
func SignOut(c echo.Context) error { return site(c).Sessions.Destroy(c.Request().Context()) }

// SessionGet and SessionPut keep small facts between two steps of one person, such as a half-finished sign-in.
func SessionGet(c echo.Context, key string) string {
	return site(c).Sessions.GetString(c.Request().Context(), "x."+key)
}

// SessionPut stores a small fact in the session; "" removes it.
func SessionPut(c echo.Context, key, val string) {
	s := site(c).Sessions
	if val == "" {
		s.Remove(c.Request().Context(), "x."+key)
		return
	}
	s.Put(c.Request().Context(), "x."+key, val)
}
