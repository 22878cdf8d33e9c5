package moduletest

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"care/modules"
	"care/server/access"
	"care/server/app"
	"care/server/fault"
)

// Site is the platform with the modules under test, in this process.
type Site struct {
	t      testing.TB
	app    *app.App
	h      http.Handler
	Log    *bytes.Buffer // everything that was logged
	secret []string      // texts that no answer may hold
}

// Serve builds a site of the shared modules and those given. Actors are who may be signed in, by their id.
func (f *Foundation) Serve(t testing.TB, actors map[string]access.Actor, mods ...modules.Module) *Site {
	t.Helper()
	s := &Site{t: t, Log: &bytes.Buffer{}}
	person := func(_ context.Context, id string) (access.Actor, error) {
		a, ok := actors[id]
		if !ok {
			return a, fault.New(fault.NotFound, "access.not_found")
		}
		return a, nil
	}
	a, err := app.New(app.Options{DB: f.DB, Queue: f.Queue, Log: slog.New(slog.NewTextHandler(&lockedWriter{w: s.Log}, nil)), Now: f.Clock.Now, Org: "基金会", Person: person}, append(f.Modules(), mods...))
	if err != nil {
		t.Fatal(err)
	}
	s.app, s.h = a, a.Handler()
	return s
}

// Handler is the site itself, to be put behind a real address.
func (s *Site) Handler() http.Handler { return s.h }

// Hide names texts that no answer to anybody may hold from now on.
func (s *Site) Hide(texts ...string) { s.secret = append(s.secret, texts...) }

// Visitor is somebody with a browser.
type Visitor struct {
	s      *Site
	cookie string
}

// Public is a visitor who is not signed in.
func (s *Site) Public() *Visitor { return &Visitor{s: s} }

// As is a visitor who is signed in as the actor with that id.
func (s *Site) As(id string) *Visitor {
	s.t.Helper()
	m := s.app.Site().Sessions
	ctx, err := m.Load(s.t.Context(), "")
	if err != nil {
		s.t.Fatal(err)
	}
	m.Put(ctx, "person", id)
	token, _, err := m.Commit(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	return &Visitor{s: s, cookie: m.Cookie.Name + "=" + token}
}

// Answer is what came back.
type Answer struct {
	Status   int
	Location string
	Header   http.Header
	Body     string
}

// Get asks for a page.
func (v *Visitor) Get(path string) Answer {
	v.s.t.Helper()
	return v.do(httptest.NewRequest(http.MethodGet, path, nil))
}

// Post sends a form from our own page.
func (v *Visitor) Post(path string, form url.Values) Answer {
	v.s.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.do(r)
}

// Upload is one file of a form.
type Upload struct {
	Field, Name string
	Content     []byte
}

// PostFiles sends a form with files.
func (v *Visitor) PostFiles(path string, form url.Values, files ...Upload) Answer {
	v.s.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, vs := range form {
		for _, x := range vs {
			if err := w.WriteField(k, x); err != nil {
				v.s.t.Fatal(err)
			}
		}
	}
	for _, f := range files {
		p, err := w.CreateFormFile(f.Field, f.Name)
		if err != nil {
			v.s.t.Fatal(err)
		}
		if _, err := p.Write(f.Content); err != nil {
			v.s.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		v.s.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.do(r)
}

func (v *Visitor) do(r *http.Request) Answer {
	v.s.t.Helper()
	if v.cookie != "" {
		r.Header.Set("Cookie", v.cookie)
	}
	w := httptest.NewRecorder()
	v.s.h.ServeHTTP(w, r)
	res := w.Result()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.s.t.Fatal(err)
	}
	a := Answer{Status: res.StatusCode, Location: res.Header.Get("Location"), Header: res.Header, Body: string(body)}
	v.s.inspect(r, a)
	return a
}

// inspect holds every answer to what all answers must keep: no private text, well-formed fields with labels.
func (s *Site) inspect(r *http.Request, a Answer) {
	s.t.Helper()
	for _, x := range s.secret {
		if strings.Contains(a.Body, x) || strings.Contains(a.Location, x) {
			s.t.Errorf("%s %s shows the private text %q", r.Method, r.URL.Path, x)
		}
	}
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || a.Body == "" {
		return
	}
	doc, err := html.Parse(strings.NewReader(a.Body))
	if err != nil {
		s.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		return
	}
	labels, ids := map[string]bool{}, map[string]int{}
	var walk func(n *html.Node, inLabel bool)
	var fields []*html.Node
	walk = func(n *html.Node, inLabel bool) {
		if n.Type == html.ElementNode {
			if id := attr(n, "id"); id != "" {
				ids[id]++
			}
			switch n.Data {
			case "label":
				labels[attr(n, "for")] = true
				inLabel = true
			case "input", "select", "textarea":
				if k := attr(n, "type"); k != "hidden" && k != "submit" && !inLabel && attr(n, "aria-label") == "" && attr(n, "aria-labelledby") == "" {
					fields = append(fields, n)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, inLabel)
		}
	}
	walk(doc, false)
	for _, f := range fields {
		if !labels[attr(f, "id")] {
			s.t.Errorf("%s %s: the field %q has no label", r.Method, r.URL.Path, attr(f, "name"))
		}
	}
	for id, n := range ids {
		if n > 1 {
			s.t.Errorf("%s %s: the id %q is there %d times", r.Method, r.URL.Path, id, n)
		}
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

var onceField = regexp.MustCompile(`name="once" value="([0-9a-f]+)"`)

// Once gives the token of the form on a page.
func (a Answer) Once(t testing.TB) string {
	t.Helper()
	m := onceField.FindStringSubmatch(a.Body)
	if m == nil {
		t.Fatalf("the page holds no form with a token (status %d)", a.Status)
	}
	return m[1]
}

// Form makes form values out of pairs.
func Form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// PostAs sends a body with one header of the test's choice; a body without a content type is a form.
func (v *Visitor) PostAs(path, body, header, value string) Answer {
	v.s.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if header == "Content-Type" {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	r.Header.Set(header, value)
	return v.do(r)
}
