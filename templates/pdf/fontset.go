package pdf

import (
	"strconv"

	"care/templates/pdf/sheet"
	"care/templates/pdf/ttf"
)

// perSubset is how many characters one simple font can show: the byte codes
// 33…255 without ( ) \ and DEL, which a PDF string would have to escape.
const perSubset = 219

// code returns the byte of the i-th character of a subset.
func code(i int) byte {
	c := 33 + i
	for _, skip := range [...]int{'(', ')', '\\', 127} {
		if c >= skip {
			c++
		}
	}
	return byte(c)
}

// subset is one simple (one byte per character) TrueType font of a file.
type subset struct {
	name   string // resource name, e.g. "D0"
	base   string // BaseFont, with its subset tag
	src    *ttf.Font
	runes  []rune
	glyphs []uint16
}

// slot is where a character is found: which font of its set, which byte.
type slot struct {
	font uint16
	code byte
}

// fontSet gives every character a slot on first use. Two sets work together: a
// frozen one that belongs to the printed form, and one of the document.
type fontSet struct {
	fonts  *sheet.Fonts
	prefix string
	face   string // name of the face files in BaseFont, by index
	slots  map[uint32]slot
	subs   []*subset
	open   map[uint8]int // font file → subset with free codes
}

func newFontSet(fonts *sheet.Fonts, prefix string) *fontSet {
	return &fontSet{fonts: fonts, prefix: prefix, slots: make(map[uint32]slot, 64), open: make(map[uint8]int, 4)}
}

func key(file uint8, r rune) uint32 { return uint32(file)<<24 | uint32(r) }

func (f *fontSet) add(file uint8, r rune, glyph uint16) slot {
	i, ok := f.open[file]
	if !ok || len(f.subs[i].glyphs) == perSubset {
		i = len(f.subs)
		f.open[file] = i
		f.subs = append(f.subs, &subset{
			name: f.prefix + strconv.Itoa(i),
			base: tag(f.prefix, i) + "+" + baseNames[file],
			src:  f.fonts.Files[file],
		})
	}
	s := f.subs[i]
	sl := slot{uint16(i), code(len(s.glyphs))}
	s.glyphs = append(s.glyphs, glyph)
	s.runes = append(s.runes, r)
	f.slots[key(file, r)] = sl
	return sl
}

// tag makes the six capitals that mark a subset (ISO 32000-1, 9.6.4). They must
// differ within a file, and be the same whenever the same paper is drawn.
func tag(prefix string, i int) string {
	h := uint32(2166136261)
	for _, c := range []byte(prefix) {
		h = (h ^ uint32(c)) * 16777619
	}
	var b [6]byte
	for k := range 4 { // four letters for the set, two for the subset
		b[k] = 'A' + byte(h%26)
		h /= 26
	}
	for k := 5; k > 3; k-- {
		b[k] = 'A' + byte(i%26)
		i /= 26
	}
	return string(b[:])
}

// fontFile returns the font program.
func (s *subset) fontFile() []byte {
	es := make([]ttf.Entry, len(s.glyphs))
	for i, g := range s.glyphs {
		es[i] = ttf.Entry{Glyph: g, Code: code(i)}
	}
	return s.src.Subset(es)
}

func (s *subset) scale(v int) int {
	if v < 0 {
		return -((-v*1000 + s.src.UPM/2) / s.src.UPM)
	}
	return (v*1000 + s.src.UPM/2) / s.src.UPM
}

// dict appends the font dictionary; the descriptor and the character map are
// the next two objects.
func (s *subset) dict(b []byte, descriptor, toUnicode int) []byte {
	b = append(b, "<</Type/Font/Subtype/TrueType/BaseFont/"...)
	b = append(b, s.base...)
	last := int(code(len(s.glyphs) - 1))
	b = append(b, "/FirstChar 33/LastChar "...)
	b = strconv.AppendInt(b, int64(last), 10)
	b = append(b, "/Widths["...)
	next := 33
	for i, g := range s.glyphs {
		for ; next < int(code(i)); next++ {
			b = append(b, "0 "...)
		}
		b = strconv.AppendInt(b, int64(s.scale(s.src.Advance(g))), 10)
		b = append(b, ' ')
		next++
	}
	b[len(b)-1] = ']'
	b = append(b, "/FontDescriptor "...)
	b = strconv.AppendInt(b, int64(descriptor), 10)
	b = append(b, " 0 R/ToUnicode "...)
	b = strconv.AppendInt(b, int64(toUnicode), 10)
	return append(b, " 0 R>>"...)
}

// descriptor appends the font descriptor: symbolic (flag 4), because the codes
// are our own and mean nothing without the font.
func (s *subset) descriptor(b []byte, file int) []byte {
	f := s.src
	b = append(b, "<</Type/FontDescriptor/Flags 4/ItalicAngle 0/StemV 80/FontName/"...)
	b = append(b, s.base...)
	b = append(b, "/FontBBox["...)
	for _, v := range [...]int{f.XMin, f.YMin, f.XMax, f.YMax} {
		b = strconv.AppendInt(b, int64(s.scale(v)), 10)
		b = append(b, ' ')
	}
	b[len(b)-1] = ']'
	for _, kv := range [...]struct {
		k string
		v int
	}{{"/Ascent ", f.Ascent}, {"/Descent ", f.Descent}, {"/CapHeight ", f.CapHeight}} {
		b = append(b, kv.k...)
		b = strconv.AppendInt(b, int64(s.scale(kv.v)), 10)
	}
	b = append(b, "/FontFile2 "...)
	b = strconv.AppendInt(b, int64(file), 10)
	return append(b, " 0 R>>"...)
}

// toUnicode appends the map from byte codes back to characters: what makes the
// paper searchable. Characters outside the BMP are UTF-16 pairs (ISO 32000-1, 9.10.3).
func (s *subset) toUnicode(b []byte) []byte {
	b = append(b, "/CIDInit/ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n/CMapName/Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<00><FF>\nendcodespacerange\n"...)
	for i := 0; i < len(s.runes); i += 100 {
		end := min(len(s.runes), i+100)
		b = strconv.AppendInt(b, int64(end-i), 10)
		b = append(b, " beginbfchar\n"...)
		for j := i; j < end; j++ {
			c := code(j)
			b = append(b, '<', hexDigits[c>>4], hexDigits[c&15], '>', '<')
			b = appendUTF16(b, s.runes[j])
			b = append(b, '>', '\n')
		}
		b = append(b, "endbfchar\n"...)
	}
	return append(b, "endcmap\nCMapName currentdict/CMap defineresource pop\nend\nend"...)
}

const hexDigits = "0123456789ABCDEF"

// appendUTF16 appends r as hexadecimal UTF-16BE.
func appendUTF16(b []byte, r rune) []byte {
	hex := func(v uint16) {
		b = append(b, hexDigits[v>>12], hexDigits[v>>8&15], hexDigits[v>>4&15], hexDigits[v&15])
	}
	if r > 0xFFFF {
		r -= 0x10000
		hex(uint16(0xD800 + r>>10))
		hex(uint16(0xDC00 + r&0x3FF))
		return b
	}
	hex(uint16(r))
	return b
}
