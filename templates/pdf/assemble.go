package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"

	"github.com/go-pdf/fpdf"

	"care/templates/pdf/sheet"
)

// errSkeleton means that fpdf wrote something else than version 0.9.0 does.
var errSkeleton = errors.New("pdf: unexpected file structure")

// skeleton lets fpdf write the file with empty pages.
func (f *file) skeleton(out *bytes.Buffer) error {
	first := f.leaves[0].forms[0]
	p := fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: first.w * first.zoom, Ht: first.h * first.zoom}})
	p.SetCatalogSort(true)
	at := f.about.Day.Time()
	p.SetCreationDate(at)
	p.SetModificationDate(at)
	p.SetMargins(0, 0, 0)
	p.SetAutoPageBreak(false, 0)
	p.SetCompression(false)
	p.SetLang("zh-CN")
	// fpdf's own conversion garbles characters outside the BMP; these strings
	// are UTF-16 already.
	p.SetTitle(utf16String(f.about.Title), false)
	p.SetAuthor(utf16String(f.about.Author), false)
	p.SetProducer(producer, false)
	for _, l := range f.leaves {
		s := l.forms[0]
		p.AddPageFormat("P", fpdf.SizeType{Wd: s.w * s.zoom, Ht: s.h * s.zoom})
	}
	return p.Output(out)
}

const producer = "care"

func utf16String(s string) string {
	s = sheet.OneLine(s)
	if s == "" {
		return ""
	}
	b := []byte{0xFE, 0xFF}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return string(b)
}

// object is one object of the skeleton: bytes from "N 0 obj" to "endobj\n".
type object struct {
	number int
	data   []byte
}

// objects splits the skeleton by its cross-reference table, in file order, and
// returns what stands before the first object and after the table's last line.
func objects(in []byte) (list []object, trailer []byte, err error) {
	i := bytes.LastIndex(in, []byte("startxref\n"))
	if i < 0 {
		return nil, nil, errSkeleton
	}
	line, _, ok := bytes.Cut(in[i+10:], []byte("\n"))
	xref, err := strconv.Atoi(string(line))
	if !ok || err != nil || xref >= i || !bytes.HasPrefix(in[xref:], []byte("xref\n0 ")) {
		return nil, nil, errSkeleton
	}
	p := xref + len("xref\n0 ")
	line, _, ok = bytes.Cut(in[p:i], []byte("\n"))
	n, err := strconv.Atoi(string(line))
	p += len(line) + 1
	if !ok || err != nil || n < 1 || p+20*n > i {
		return nil, nil, errSkeleton
	}
	offsets := make([]int, n)
	for k := 1; k < n; k++ {
		for _, c := range in[p+20*k : p+20*k+10] {
			offsets[k] = offsets[k]*10 + int(c-'0')
		}
	}
	// fpdf writes 3, 4, …, pages, then 1 (the tree), the rest, 2 (resources), …
	order := make([]int, 0, n)
	for k := 1; k < n; k++ {
		order = append(order, k)
	}
	sortByOffset(order, offsets)
	list = make([]object, 0, n)
	for k, num := range order {
		end := xref
		if k+1 < len(order) {
			end = offsets[order[k+1]]
		}
		if offsets[num] <= 0 || offsets[num] >= end {
			return nil, nil, errSkeleton
		}
		list = append(list, object{num, in[offsets[num]:end]})
	}
	return list, in[p+20*n : i], nil
}

// assembler copies the skeleton and fills it.
type assembler struct {
	b       []byte
	offsets []int // by object number
}

func (a *assembler) begin(number int) {
	for len(a.offsets) <= number {
		a.offsets = append(a.offsets, 0)
	}
	a.offsets[number] = len(a.b)
	a.b = strconv.AppendInt(a.b, int64(number), 10)
	a.b = append(a.b, " 0 obj\n"...)
}

func (a *assembler) end() { a.b = append(a.b, "\nendobj\n"...) }

func (a *assembler) int(n int) { a.b = strconv.AppendInt(a.b, int64(n), 10) }

func (a *assembler) ref(n int) {
	a.int(n)
	a.b = append(a.b, " 0 R"...)
}

// stream writes a whole stream object; extra goes into its dictionary.
func (a *assembler) stream(number int, extra string, data []byte, flate bool) {
	a.begin(number)
	a.b = append(a.b, "<<"...)
	a.b = append(a.b, extra...)
	if flate {
		a.b = append(a.b, "/Filter/FlateDecode"...)
	}
	a.b = append(a.b, "/Length "...)
	a.int(len(data))
	a.b = append(a.b, ">>\nstream\n"...)
	a.b = append(a.b, data...)
	a.b = append(a.b, "\nendstream"...)
	a.end()
}

// font writes the four objects of a subset from number on.
func (a *assembler) font(number int, f *fontFile) {
	a.begin(number)
	a.b = f.sub.dict(a.b, number+1, number+2)
	a.end()
	a.begin(number + 1)
	a.b = f.sub.descriptor(a.b, number+3)
	a.end()
	a.stream(number+2, "", f.unicode, true)
	a.stream(number+3, "/Length1 "+strconv.Itoa(f.length), f.program, true)
}

// plan knows the numbers of everything that is added to a skeleton of a given
// number of objects, and writes it.
type plan struct {
	assembler
	f         *file
	forms     map[*form]int
	order     []*form
	fonts     []*fontFile
	firstFont int
	metadata  int
	icc       int
}

// plan finishes the document's own fonts and numbers forms, fonts, metadata and
// output profile from next on.
func (f *file) plan(t *tool, next int) *plan {
	p := &plan{f: f, forms: map[*form]int{}}
	total := 4096 + 256*len(f.leaves)
	for _, l := range f.leaves {
		total += len(l.z) + 160
		for _, x := range l.forms {
			if _, ok := p.forms[x]; !ok {
				p.forms[x] = next
				p.order = append(p.order, x)
				next++
				total += len(x.z) + 128
			}
		}
	}
	for _, st := range f.stocks {
		for i := range st.files {
			p.fonts = append(p.fonts, &st.files[i])
		}
	}
	for _, sub := range f.doc.subs {
		program := sub.fontFile()
		file := &fontFile{sub: sub, length: len(program), program: bytes.Clone(t.deflate(program))}
		t.bytes = sub.toUnicode(t.bytes[:0])
		file.unicode = bytes.Clone(t.deflate(t.bytes))
		p.fonts = append(p.fonts, file)
	}
	for _, x := range p.fonts {
		total += len(x.program) + len(x.unicode) + 2048
	}
	p.firstFont = next
	p.metadata = next + 4*len(p.fonts)
	p.icc = p.metadata + 1
	p.b = append(make([]byte, 0, total), "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"...)
	p.offsets = make([]int, p.icc+1)
	return p
}

// page writes the i-th page between head and tail of its dictionary, and its content.
func (p *plan) page(i, number, content int, head, tail []byte) {
	p.begin(number)
	p.b = append(p.b, head...)
	p.b = append(p.b, "/Contents ["...)
	for _, x := range p.f.leaves[i].forms {
		p.ref(p.forms[x])
		p.b = append(p.b, ' ')
	}
	p.ref(content)
	p.b = append(p.b, ']')
	p.b = append(p.b, tail...)
	p.end()
	p.stream(content, "", p.f.leaves[i].z, true)
}

// resources writes the one resource dictionary with the fonts put in.
func (p *plan) resources(number int, head, tail []byte) {
	p.begin(number)
	p.b = append(p.b, head...)
	p.b = append(p.b, "/Font <<\n"...)
	for i, x := range p.fonts {
		p.b = append(p.b, '/')
		p.b = append(p.b, x.sub.name...)
		p.b = append(p.b, ' ')
		p.ref(p.firstFont + 4*i)
		p.b = append(p.b, '\n')
	}
	p.b = append(p.b, tail...)
	p.end()
}

// catalog writes the catalogue behind head with what PDF/A-1b asks for.
func (p *plan) catalog(number int, head []byte) {
	p.begin(number)
	p.b = append(p.b, head...)
	p.b = append(p.b, "/Metadata "...)
	p.ref(p.metadata)
	p.b = append(p.b, "\n/OutputIntents [<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB IEC61966-2.1)/DestOutputProfile "...)
	p.ref(p.icc)
	p.b = append(p.b, ">>]\n>>"...)
	p.end()
}

// finish writes forms, fonts, metadata, profile, cross references and trailer.
func (p *plan) finish(root, info string) []byte {
	for _, x := range p.order {
		p.stream(p.forms[x], "", x.z, true)
	}
	for i, x := range p.fonts {
		p.font(p.firstFont+4*i, x)
	}
	p.stream(p.metadata, "/Type/Metadata/Subtype/XML", p.f.about.xmp(), false)
	p.stream(p.icc, "/N 3", p.f.e.icc, true)
	p.f.sum.Write([]byte(p.f.about.Title + "\x00" + p.f.about.Author + "\x00" + string(p.f.about.Day)))
	id := p.f.sum.Sum(nil)[:16]
	xref := len(p.b)
	p.b = append(p.b, "xref\n0 "...)
	p.int(len(p.offsets))
	p.b = append(p.b, "\n0000000000 65535 f \n"...)
	for _, o := range p.offsets[1:] {
		p.b = appendOffset(p.b, o)
		p.b = append(p.b, " 00000 n \n"...)
	}
	return fmt.Appendf(p.b, "trailer\n<<\n/Size %d\n/Root %s\n/Info %s\n/ID[<%X><%X>]\n>>\nstartxref\n%d\n%%%%EOF\n", len(p.offsets), root, info, id, id, xref)
}

// assemble writes the file: fpdf's skeleton with the page contents put in, the
// fonts, and what PDF/A-1b asks for (ISO 19005-1): binary comment, file
// identifier, output intent, metadata, no name tree, dates with a zone.
func (f *file) assemble(t *tool) ([]byte, error) {
	if len(f.leaves) == 0 {
		return nil, errEmpty
	}
	t.raw.Reset()
	if err := f.skeleton(&t.raw); err != nil {
		return nil, fmt.Errorf("pdf: %w", err)
	}
	list, trailer, err := objects(t.raw.Bytes())
	if err != nil {
		return nil, err
	}
	p := f.plan(t, len(list)+1)
	page := 0
	for _, o := range list {
		body, ok := bytes.CutPrefix(o.data, []byte(strconv.Itoa(o.number)+" 0 obj\n"))
		if !ok {
			return nil, errSkeleton
		}
		body = bytes.TrimSuffix(bytes.TrimRight(body, "\n"), []byte("\nendobj"))
		switch {
		case bytes.HasPrefix(body, []byte("<</Type /Page\n")):
			head, rest, ok := bytes.Cut(body, []byte("/Contents "))
			number, tail, ok2 := bytes.Cut(rest, []byte(" 0 R"))
			content, err := strconv.Atoi(string(number))
			if !ok || !ok2 || err != nil || page == len(f.leaves) {
				return nil, errSkeleton
			}
			p.page(page, o.number, content, head, tail)
			page++
		case bytes.HasPrefix(body, []byte("<</Length ")):
			// fpdf's own content, an empty page: written above with ours
		case o.number == 2:
			head, tail, ok := bytes.Cut(body, []byte("/Font <<\n"))
			if !ok {
				return nil, errSkeleton
			}
			p.resources(o.number, head, tail)
		case bytes.Contains(body, []byte("/Type /Catalog\n")):
			// fpdf always writes a name tree of embedded files, which PDF/A-1 forbids.
			head, _, ok := bytes.Cut(body, []byte("/Names <<"))
			if !ok {
				return nil, errSkeleton
			}
			p.catalog(o.number, head)
		case bytes.Contains(body, []byte("/CreationDate (D:")):
			p.begin(o.number)
			p.b = appendZoned(p.b, body)
			p.end()
		default:
			p.begin(o.number)
			p.b = append(p.b, body...)
			p.end()
		}
	}
	root, ok := cutBetween(trailer, "/Root ", "\n")
	info, ok2 := cutBetween(trailer, "/Info ", "\n")
	if !ok || !ok2 || page != len(f.leaves) {
		return nil, errSkeleton
	}
	return p.finish(root, info), nil
}

var errEmpty = errors.New("pdf: a file without pages")

func appendOffset(b []byte, o int) []byte {
	var d [10]byte
	for i := 9; i >= 0; i-- {
		d[i] = byte('0' + o%10)
		o /= 10
	}
	return append(b, d[:]...)
}

func cutBetween(b []byte, from, to string) (string, bool) {
	_, rest, ok := bytes.Cut(b, []byte(from))
	if !ok {
		return "", false
	}
	x, _, ok := bytes.Cut(rest, []byte(to))
	return string(x), ok
}

// appendZoned copies the document information and gives its two dates the zone
// fpdf leaves out; XMP says the same instant.
func appendZoned(dst, body []byte) []byte {
	for {
		i := bytes.Index(body, []byte("Date (D:"))
		if i < 0 || len(body) < i+22 {
			return append(dst, body...)
		}
		dst = append(dst, body[:i+22]...)
		dst = append(dst, 'Z')
		body = body[i+22:]
	}
}
