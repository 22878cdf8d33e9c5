package web

import (
	"bytes"
	"fmt"
	"net/http"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/labstack/echo/v4"
	"github.com/maypok86/otter/v2"
)

// CacheFor is how long a cached public page may be behind the truth.
const CacheFor = 3 * time.Second

type cachedPage struct {
	header     http.Header
	body, gzip []byte
}

// Cache keeps public pages of people who are not signed in for CacheFor, each drawn once and compressed once.
// It is a copy only: a server that has it not, or has it older, is right a few seconds later.
type Cache struct {
	pages *otter.Cache[string, *cachedPage]
}

// NewCache makes a cache of at most n pages.
func NewCache(n int) *Cache {
	return &Cache{otter.Must(&otter.Options[string, *cachedPage]{
		MaximumSize: n, ExpiryCalculator: otter.ExpiryCreating[string, *cachedPage](CacheFor),
	})}
}

// Key gives the name of the page that a request asks for, or false when it must be drawn for this person alone.
func cacheKey(r *http.Request, sessionCookie string) (string, bool) {
	if r.Method != http.MethodGet || r.Header.Get("HX-Request") != "" {
		return "", false
	}
	key := r.URL.RequestURI()
	if len(key) > 512 {
		return "", false
	}
	// Only the wishes that change the page: a cookie of any other text would be a page of its own, and a long key.
	large, high := false, false
	for _, k := range r.Cookies() {
		switch k.Name {
		case sessionCookie:
			return "", false
		case cookieType:
			large = large || k.Value == "large"
		case cookieContrast:
			high = high || k.Value == "high"
		}
	}
	return fmt.Sprintf("%s\n%t %t", key, large, high), true
}

// Handle answers from the cache, or draws the page with next and keeps it when it is a good one.
func (ch *Cache) Handle(sessionCookie string, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		key, ok := cacheKey(c.Request(), sessionCookie)
		if !ok {
			c.Response().Header().Set("Cache-Control", "no-store") // it may greet a person by name
			return next(c)
		}
		if p, hit := ch.pages.GetIfPresent(key); hit {
			return p.send(c)
		}
		old := c.Response().Writer
		rec := &recorder{ResponseWriter: old, status: http.StatusOK}
		if err := record(c, rec, next); err != nil {
			return err
		}
		p := &cachedPage{header: old.Header().Clone(), body: rec.body.Bytes()}
		if rec.status == http.StatusOK && old.Header().Get("Set-Cookie") == "" {
			p.gzip = compress(p.body)
			ch.pages.Set(key, p)
			return p.send(c)
		}
		c.Response().WriteHeader(rec.status)
		_, err := c.Response().Write(p.body)
		return err
	}
}

// record draws a page into rec. Nothing of it has reached the browser: also after a panic the error page still can.
func record(c echo.Context, rec *recorder, next echo.HandlerFunc) error {
	c.Response().Writer = rec
	defer func() {
		c.Response().Writer, c.Response().Committed, c.Response().Size = rec.ResponseWriter, false, 0
	}()
	return next(c)
}

func (p *cachedPage) send(c echo.Context) error {
	h := c.Response().Header()
	for k, v := range p.header {
		if k != "X-Request-Id" {
			h[k] = v
		}
	}
	h.Set("Vary", "Accept-Encoding, Cookie")
	body := p.body
	if p.gzip != nil && TakesGzip(c.Request().Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		body = p.gzip
	}
	return c.Blob(http.StatusOK, h.Get("Content-Type"), body)
}

type recorder struct {
	http.ResponseWriter
	body   bytes.Buffer
	status int
}

func (r *recorder) WriteHeader(s int)           { r.status = s }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

func compress(b []byte) []byte {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return nil
	}
	if _, err := z.Write(b); err != nil {
		return nil
	}
	if err := z.Close(); err != nil {
		return nil
	}
	return out.Bytes()
}
