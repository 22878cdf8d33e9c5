package pdf

import (
	"crypto/sha256"
	"hash"
	"slices"

	"care/templates/pdf/sheet"
)

// drawer is handed to a paper so that it can fill in its pages.
type drawer struct {
	e     *Engine
	st    *stock
	pages []*sheet.Page
	forms [][]*form
	n     int // pages in use; the rest is kept memory
}

func (d *drawer) start(e *Engine, st *stock) { d.e, d.st, d.n = e, st, 0 }

// page begins a new page on the form of that name.
func (d *drawer) page(name string) *sheet.Page {
	f := d.st.forms[name]
	if d.n == len(d.pages) {
		d.pages = append(d.pages, &sheet.Page{Fonts: d.e.fonts})
		d.forms = append(d.forms, nil)
	}
	p := d.pages[d.n]
	p.Reset(f.w, f.h)
	d.forms[d.n] = append(d.forms[d.n][:0], f)
	d.n++
	return p
}

// over puts another form on top of the newest page's own, e.g. the seal that
// stands on the last page only.
func (d *drawer) over(name string) {
	d.forms[d.n-1] = append(d.forms[d.n-1], d.st.forms[name])
}

// number calls fn for each page with its number and the number of pages.
func (d *drawer) number(fn func(p *sheet.Page, i, n int)) {
	for i := range d.n {
		fn(d.pages[i], i+1, d.n)
	}
}

// leaf is a finished page.
type leaf struct {
	forms []*form
	z     []byte // deflated content
}

// file collects papers that become one PDF.
type file struct {
	e      *Engine
	about  about
	stocks []*stock
	have   map[string]*stock // by name
	doc    *fontSet
	leaves []leaf
	sum    hash.Hash
}

func (e *Engine) file(a about) *file {
	return &file{e: e, about: a, doc: newFontSet(e.fonts, "D"), sum: sha256.New(), have: map[string]*stock{}}
}

// add draws a paper. On an error the file is as it was before.
func (f *file) add(t *tool, p Paper) error {
	name, build := p.stock()
	st := f.have[name] // the cache may have been cleared meanwhile; a file needs each once
	if st == nil {
		var err error
		if st, err = f.e.stock(name, build); err != nil {
			return err
		}
	}
	t.d.start(f.e, st)
	p.draw(&t.d)
	from := len(f.leaves)
	for i := range t.d.n {
		pg := t.d.pages[i]
		if pg.Long != "" {
			f.leaves = f.leaves[:from]
			return &LongError{Text: pg.Long}
		}
		t.w.start(pg.H, st.fonts, f.doc)
		t.w.zoom(t.d.forms[i][0].zoom)
		t.w.page(pg)
		if len(t.w.missing) > 0 {
			f.leaves = f.leaves[:from]
			return &MissingError{Runes: slices.Clone(t.w.missing)}
		}
		f.leaves = append(f.leaves, leaf{forms: slices.Clone(t.d.forms[i]), z: slices.Clone(t.deflate(t.w.b))})
	}
	for _, l := range f.leaves[from:] {
		f.sum.Write(l.z)
	}
	if f.have[name] == nil {
		f.have[name] = st
		f.stocks = append(f.stocks, st)
		f.sum.Write(st.sum[:])
	}
	return nil
}

// Render draws one paper as a PDF file of its own.
func (e *Engine) Render(p Paper) ([]byte, error) {
	t := e.tools.Get().(*tool)
	defer e.tools.Put(t)
	f := e.file(p.about())
	if err := f.add(t, p); err != nil {
		return nil, err
	}
	return f.assemble(t)
}

// Pages returns the display lists of a paper, page by page: forms hold the
// printed stationery, data what is filled in. It is what other backends and
// tests look at; Render does not need it.
func (e *Engine) Pages(p Paper) (forms, data []*sheet.Page, err error) {
	_, build := p.stock()
	st := &stock{forms: map[string]*form{}, fonts: newFontSet(e.fonts, "S")}
	s := &stocker{e: e, st: st, zoom: 1, keep: map[string]*sheet.Page{}}
	build(s)
	d := &drawer{}
	d.start(e, st)
	p.draw(d)
	for i := range d.n {
		all := &sheet.Page{Fonts: e.fonts, W: d.pages[i].W, H: d.pages[i].H}
		for _, f := range d.forms[i] {
			all.Items = append(all.Items, s.keep[f.name].Items...)
		}
		forms = append(forms, all)
		data = append(data, d.pages[i])
	}
	return forms, data, st.err
}
