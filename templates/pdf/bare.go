package pdf

import (
	"fmt"
	"strconv"
	"strings"
)

// RenderBare writes the very bytes of Render without fpdf. It is the ceiling the
// engine is measured against (what the library costs), and a test holds that
// both are equal, so a change in fpdf cannot pass unseen.
func (e *Engine) RenderBare(p Paper) ([]byte, error) {
	t := e.tools.Get().(*tool)
	defer e.tools.Put(t)
	f := e.file(p.about())
	if err := f.add(t, p); err != nil {
		return nil, err
	}
	return f.bare(t)
}

// CloseBare is Close without fpdf.
func (b *Batch) CloseBare() error {
	if b.t == nil {
		return errClosed
	}
	t := b.t
	b.t = nil
	defer b.f.e.tools.Put(t)
	out, err := b.f.bare(t)
	if err != nil {
		return err
	}
	_, err = b.w.Write(out)
	return err
}

func (f *file) bare(t *tool) ([]byte, error) {
	if len(f.leaves) == 0 {
		return nil, errEmpty
	}
	n := len(f.leaves)
	info, root := 2*n+3, 2*n+4
	p := f.plan(t, root+1)
	first := f.leaves[0].forms[0]
	box := func(x *form) []byte {
		return fmt.Appendf(nil, "[0 0 %.2f %.2f]", x.w*x.zoom*pointsPerMM, x.h*x.zoom*pointsPerMM)
	}
	for i := range f.leaves {
		x := f.leaves[i].forms[0]
		head := append(t.bytes[:0], "<</Type /Page\n/Parent 1 0 R\n"...)
		if x != first && (x.w*x.zoom != first.w*first.zoom || x.h*x.zoom != first.h*first.zoom) {
			head = append(head, "/MediaBox "...)
			head = append(head, box(x)...)
			head = append(head, '\n')
		}
		t.bytes = append(head, "/Resources 2 0 R\n"...)
		p.page(i, 2*i+3, 2*i+4, t.bytes, []byte(">>"))
	}
	p.begin(1)
	p.b = append(p.b, "<</Type /Pages\n/Kids ["...)
	for i := range n {
		p.ref(2*i + 3)
		p.b = append(p.b, ' ')
	}
	p.b = append(p.b, "]\n/Count "...)
	p.int(n)
	p.b = append(p.b, "\n/MediaBox "...)
	p.b = append(p.b, box(first)...)
	p.b = append(p.b, "\n>>"...)
	p.end()
	p.resources(2, []byte("<<\n/ProcSet [/PDF /Text /ImageB /ImageC /ImageI]\n"), []byte(">>\n/XObject <<\n>>\n/ColorSpace <<\n>>\n>>"))
	at := f.about.Day.Time().Format("20060102150405")
	p.begin(info)
	p.b = append(p.b, "<<\n/Producer ("+producer+")\n"...)
	for _, x := range []struct{ name, value string }{{"/Title ", f.about.Title}, {"/Author ", f.about.Author}} {
		if v := utf16String(x.value); v != "" {
			p.b = append(p.b, x.name+"("+escape.Replace(v)+")\n"...)
		}
	}
	p.b = append(p.b, "/CreationDate (D:"+at+"Z)\n/ModDate (D:"+at+"Z)\n>>"...)
	p.end()
	p.catalog(root, []byte("<<\n/Type /Catalog\n/Pages 1 0 R\n/Lang (zh-CN)\n"))
	return p.finish(strconv.Itoa(root)+" 0 R", strconv.Itoa(info)+" 0 R"), nil
}

var escape = strings.NewReplacer("\\", "\\\\", "(", "\\(", ")", "\\)", "\r", "\\r")
