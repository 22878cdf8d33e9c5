package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"care/server/access"
)

// Route is one page or action with who may come.
type Route struct {
	Method, Path string
	Handler      echo.HandlerFunc
	Perm         access.Perm
	Options      Options
}

// Options of a route.
type Options struct {
	Cached    bool  // a public page that may be a few seconds old; drawn once for all who are not signed in
	Body      int64 // most bytes of a request, 0 for the usual 1 MiB
	PerMinute int   // most POSTs a minute from one address, 0 for no own limit
	Machine   bool  // called by machines: no check of the browser's origin
}

// Routes collects the routes of a module.
type Routes struct{ list []Route }

// All gives the routes in the order in which they were named.
func (r *Routes) All() []Route { return r.list }

// GET names a page. It never changes anything.
func (r *Routes) GET(path string, h echo.HandlerFunc, p access.Perm, o ...Options) {
	r.add(http.MethodGet, path, h, p, o)
}

// POST names an action.
func (r *Routes) POST(path string, h echo.HandlerFunc, p access.Perm, o ...Options) {
	r.add(http.MethodPost, path, h, p, o)
}

func (r *Routes) add(method, path string, h echo.HandlerFunc, p access.Perm, o []Options) {
	one := Route{Method: method, Path: path, Handler: h, Perm: p}
	if len(o) > 0 {
		one.Options = o[0]
	}
	r.list = append(r.list, one)
}
