// Package pdf draws the papers of the foundation: a struct in, the bytes of a
// PDF/A-1b file out. It has no clock, no randomness and no database; the same
// struct gives the same bytes in every process, so a reprint is the original.
//
// What holds for every paper:
//   - Every character of every field is on the page and can be searched, also
//     outside the BMP; a character no font has stops the paper with a
//     *MissingError and is never printed as a box.
//   - Text that does not fit its place is made smaller, then wrapped, then
//     refused with a *LongError; it never runs over.
//   - A paper says what it is: a donation receipt is not a fiscal receipt.
//
// github.com/go-pdf/fpdf writes the skeleton of the file: pages, page tree,
// resources, document information, catalogue, cross references. Its text calls
// are not used, because they panic outside the BMP and on broken UTF-8, print
// boxes silently and parse the whole font for each document. Text, strokes and
// font subsets are our own (content.go, fontset.go), and assemble.go puts both
// together.
package pdf

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	_ "embed" // the fonts below
	"fmt"
	"io"
	"sync"

	"care/templates/pdf/sheet"
	"care/templates/pdf/ttf"
)

var (
	//go:embed fonts/NotoSerifSC-Regular.ttf
	serifFile []byte
	//go:embed fonts/NotoSerifSC-Bold.ttf
	boldFile []byte
	//go:embed fonts/ShuangyongKai-Regular.ttf
	kaiFile []byte
	//go:embed fonts/HanaMinB.ttf
	rareFile []byte
)

// baseNames are the names of the font files inside a PDF.
var baseNames = [...]string{"NotoSerifSC", "NotoSerifSC-Bold", "ShuangyongKai", "HanaMinB"}

// Engine draws papers. Make one at start-up and share it: it is safe for many
// goroutines and keeps the printed forms it has drawn.
type Engine struct {
	fonts *sheet.Fonts
	icc   []byte // deflated output profile

	mu     sync.Mutex
	stocks map[string]*stock

	tools sync.Pool // *tool
	best  sync.Pool // *zlib.Writer
}

// New parses the embedded fonts. It takes some milliseconds and 1 MB.
func New() (*Engine, error) {
	e := &Engine{stocks: map[string]*stock{}, fonts: &sheet.Fonts{}}
	for i, b := range [][]byte{serifFile, boldFile, kaiFile, rareFile} {
		f, err := ttf.Parse(b)
		if err != nil {
			return nil, fmt.Errorf("font %s: %w", baseNames[i], err)
		}
		e.fonts.Files = append(e.fonts.Files, f)
	}
	e.fonts.Order = [sheet.Faces][]uint8{sheet.Serif: {0, 3}, sheet.Bold: {1, 0, 3}, sheet.Kai: {2, 0, 3}}
	e.tools.New = func() any {
		w, _ := zlib.NewWriterLevel(io.Discard, zlib.BestSpeed) // the level is valid
		return &tool{fast: w}
	}
	e.best.New = func() any {
		w, _ := zlib.NewWriterLevel(io.Discard, zlib.BestCompression)
		return w
	}
	e.icc = e.deflateBest(profile())
	return e, nil
}

// Fonts returns the faces, for other pictures made with the same type.
func (e *Engine) Fonts() *sheet.Fonts { return e.fonts }

// TextFace returns the file of the text face, for programs that compare. The
// bytes are the program's own and must not be changed.
func TextFace() []byte { return serifFile }

// Missing returns the characters of text that no face can print, each once, in
// order. Ask it when a name is typed: what is not missing can be printed on
// every paper. Broken UTF-8 is reported as U+FFFD.
func (e *Engine) Missing(text string) []rune {
	var out []rune
	for _, r := range sheet.OneLine(text) {
		if !e.has(r) {
			out = appendOnce(out, r)
		}
	}
	return out
}

func (e *Engine) has(r rune) bool {
	_, _, ok := e.fonts.Find(sheet.Serif, r)
	return ok && r != '\uFFFD'
}

func appendOnce(rs []rune, r rune) []rune {
	for _, x := range rs {
		if x == r {
			return rs
		}
	}
	return append(rs, r)
}

// tool is what one goroutine needs while it draws; kept for the next one.
type tool struct {
	fast  *zlib.Writer
	w     content
	d     drawer
	z     bytes.Buffer
	raw   bytes.Buffer
	bytes []byte
}

// deflate compresses b quickly; the result is valid until the next call.
func (t *tool) deflate(b []byte) []byte {
	t.z.Reset()
	t.fast.Reset(&t.z)
	t.fast.Write(b) //nolint:errcheck // a bytes.Buffer does not fail
	t.fast.Close()  //nolint:errcheck
	return t.z.Bytes()
}

func (e *Engine) deflateBest(b []byte) []byte {
	var z bytes.Buffer
	w := e.best.Get().(*zlib.Writer)
	w.Reset(&z)
	w.Write(b) //nolint:errcheck // a bytes.Buffer does not fail
	w.Close()  //nolint:errcheck
	e.best.Put(w)
	return z.Bytes()
}

// stock is the printed stationery of one kind of paper: everything that is the
// same on each copy, drawn and compressed once.
type stock struct {
	forms map[string]*form
	fonts *fontSet
	files []fontFile
	sum   [32]byte // over all of it, for the file's /ID
	err   error
}

// form is the static content of one page.
type form struct {
	name string
	w, h float64 // as designed, mm
	zoom float64 // printed size over designed size
	z    []byte  // deflated content stream
}

// fontFile is a finished subset: its program and its character map, deflated.
type fontFile struct {
	sub     *subset
	program []byte
	length  int // of the program before compression
	unicode []byte
}

// stocker is handed to a paper so that it can draw its stationery.
type stocker struct {
	e    *Engine
	st   *stock
	w    content
	long string
	zoom float64
	keep map[string]*sheet.Page // not nil: the display lists are wanted
}

// form draws one static page under a name.
func (s *stocker) form(name string, w, h float64, draw func(p *sheet.Page)) {
	p := &sheet.Page{Fonts: s.e.fonts}
	p.Reset(w, h)
	draw(p)
	s.w.start(h, nil, s.st.fonts)
	s.w.b = append(s.w.b, "q\n"...)
	s.w.zoom(s.zoom)
	s.w.page(p)
	s.w.b = append(s.w.b, "Q\n"...)
	if s.keep != nil {
		s.keep[name] = p
	}
	if s.long == "" {
		s.long = p.Long
	}
	if len(s.w.missing) > 0 && s.st.err == nil {
		s.st.err = &MissingError{Runes: append([]rune(nil), s.w.missing...)}
	}
	s.st.forms[name] = &form{name: name, w: w, h: h, zoom: s.zoom, z: s.e.deflateBest(s.w.b)}
}

// ready puts characters into the fonts of the stationery that the data will
// need on nearly every copy.
func (s *stocker) ready(face sheet.Face, text string) {
	for _, r := range text {
		if file, g, ok := s.e.fonts.Find(face, r); ok {
			if _, have := s.st.fonts.slots[key(file, r)]; !have {
				s.st.fonts.add(file, r, g)
			}
		}
	}
}

// maxStocks bounds the memory of the cache (about 100 KB each). There are a
// dozen kinds of paper and a handful of variants; more means a caller with
// ever-changing letterheads, and starting over is cheap.
const maxStocks = 96

func (e *Engine) stock(name string, build func(*stocker)) (*stock, error) {
	e.mu.Lock()
	st := e.stocks[name]
	e.mu.Unlock()
	if st != nil {
		return st, st.err
	}
	sum := sha256.Sum256([]byte(name))
	st = &stock{forms: map[string]*form{}, fonts: newFontSet(e.fonts, fmt.Sprintf("S%x", sum[:4]))}
	s := &stocker{e: e, st: st, zoom: 1}
	build(s)
	if s.long != "" && st.err == nil {
		st.err = &LongError{Text: s.long}
	}
	h := sha256.New()
	h.Write(sum[:])
	for _, sub := range st.fonts.subs {
		program := sub.fontFile()
		f := fontFile{sub: sub, program: e.deflateBest(program), length: len(program), unicode: e.deflateBest(sub.toUnicode(nil))}
		st.files = append(st.files, f)
		h.Write(f.program)
		h.Write(f.unicode)
	}
	for _, n := range sortedKeys(st.forms) {
		h.Write(st.forms[n].z)
	}
	h.Sum(st.sum[:0])
	e.mu.Lock()
	defer e.mu.Unlock()
	if other := e.stocks[name]; other != nil {
		return other, other.err // drawn meanwhile by another goroutine: the same bytes
	}
	if len(e.stocks) >= maxStocks {
		clear(e.stocks)
	}
	e.stocks[name] = st
	return st, st.err
}
