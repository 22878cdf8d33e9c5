// Package templates holds everything that is seen in a browser: one folder of pages per module, the layout around them, and the assets.
//
// It knows nobody: pages get their data as structs, and whatever belongs to one request is a method of that struct, never a function of
// the template set. So a set is parsed once and used by all requests at the same time.
package templates

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed */*.html
var pages embed.FS

// root is the template that layout/layout.html defines and every page is drawn through.
const root = "layout"

// ErrNoPage says that a page or a block of it does not exist.
var ErrNoPage = errors.New("templates: no such page")

// Set is every page of the platform, parsed. It is safe for many requests at once.
type Set struct {
	pages   map[string]*template.Template
	buffers sync.Pool
}

// Parse reads all pages. Each page sees the layout (layout/*), the partials of its own folder (_*.html), and itself;
// so two folders may use the same name for different partials.
func Parse() (*Set, error) { return parse(pages) }

func parse(files fs.FS) (*Set, error) {
	base, err := template.New(root).Option("missingkey=error").ParseFS(files, "layout/*.html")
	if err != nil {
		return nil, fmt.Errorf("templates: layout: %w", err)
	}
	names, err := fs.Glob(files, "*/*.html")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	s := &Set{pages: map[string]*template.Template{}}
	s.buffers.New = func() any { return new(bytes.Buffer) }
	for _, name := range names {
		dir, file := path.Split(name)
		if dir == "layout/" || dir == mailDir || strings.HasPrefix(file, "_") {
			continue
		}
		t, err := base.Clone()
		if err != nil {
			return nil, fmt.Errorf("templates: %s: %w", name, err)
		}
		parts, err := fs.Glob(files, dir+"_*.html")
		if err != nil {
			return nil, fmt.Errorf("templates: %s: %w", name, err)
		}
		if t, err = t.ParseFS(files, append(parts, name)...); err != nil {
			return nil, fmt.Errorf("templates: %s: %w", name, err)
		}
		s.pages[strings.TrimSuffix(name, ".html")] = t
	}
	return s, nil
}

// Names lists the pages in order.
func (s *Set) Names() []string {
	names := make([]string, 0, len(s.pages))
	for n := range s.pages {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Page gives the template that Render would draw, for a check of its types; nil when there is none.
// A name such as "donations/list" is the whole page, "donations/list#rows" one block of it.
func (s *Set) Page(name string) *template.Template {
	name, block, part := strings.Cut(name, "#")
	t := s.pages[name]
	if t == nil {
		return nil
	}
	if !part {
		block = root
	}
	return t.Lookup(block)
}

// Render writes one page, or one block of it for a fragment ("donations/list#rows").
// Nothing is written when the page fails half way, so that a clean error page can follow.
func (s *Set) Render(w io.Writer, name string, data any) error {
	t := s.Page(name)
	if t == nil {
		return fmt.Errorf("%w: %s", ErrNoPage, name)
	}
	b := s.buffers.Get().(*bytes.Buffer)
	defer s.buffers.Put(b)
	b.Reset()
	if err := t.Execute(b, data); err != nil {
		return fmt.Errorf("templates: %s: %w", name, err)
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("templates: write %s: %w", name, err)
	}
	return nil
}
