// Package ttf reads TrueType fonts with glyf outlines and cuts small subsets
// out of them. It never copies the font: a Font points into the bytes it was
// parsed from, is immutable afterwards and safe for any number of goroutines.
package ttf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sort"
)

var be = binary.BigEndian

// Font is a parsed font. Lengths are in font units, UPM of them to one em.
type Font struct {
	// UPM is the number of font units in one em.
	UPM int
	// Ascent and Descent come from hhea; Descent is negative.
	Ascent, Descent int
	// CapHeight is the height of a capital letter, 0 when the font does not say.
	CapHeight int
	// XMin, YMin, XMax, YMax bound every glyph of the font.
	XMin, YMin, XMax, YMax int
	// Glyphs is the number of glyphs.
	Glyphs int

	advances         int // entries of hmtx that have an advance
	longLoca         bool
	loca, glyf, hmtx []byte
	head, hhea, maxp []byte
	os2              []byte
	bmp              []uint16 // glyph of U+0000…U+FFFF
	high             []group  // the rest, sorted
}

type group struct{ lo, hi, gid uint32 }

// Parse reads the tables of b. It refuses fonts without glyf outlines (CFF),
// font collections and fonts without a Unicode cmap.
func Parse(b []byte) (f *Font, err error) {
	// Every offset in a font is data. A broken file shows itself as an index
	// out of range in one of the tables below, and is an error like any other.
	defer func() {
		if e := recover(); e != nil {
			f, err = nil, fmt.Errorf("ttf: broken font: %v", e)
		}
	}()
	if len(b) < 12 {
		return nil, errors.New("ttf: too short")
	}
	if v := be.Uint32(b); v != 0x00010000 && v != 0x74727565 {
		return nil, fmt.Errorf("ttf: no TrueType outlines (%08x)", v)
	}
	tables := map[string][]byte{}
	for i := range int(be.Uint16(b[4:])) {
		r := b[12+16*i:]
		o, n := be.Uint32(r[8:]), be.Uint32(r[12:])
		if uint64(o)+uint64(n) > uint64(len(b)) {
			return nil, fmt.Errorf("ttf: table %s is cut off", r[:4])
		}
		tables[string(r[:4])] = b[o : o+n : o+n]
	}
	for _, t := range []string{"head", "hhea", "maxp", "OS/2", "loca", "glyf", "hmtx", "cmap"} {
		if len(tables[t]) == 0 {
			return nil, fmt.Errorf("ttf: no table %s", t)
		}
	}
	i16 := func(b []byte, o int) int { return int(int16(be.Uint16(b[o:]))) }
	f = &Font{
		head: tables["head"], hhea: tables["hhea"], maxp: tables["maxp"], os2: tables["OS/2"],
		loca: tables["loca"], glyf: tables["glyf"], hmtx: tables["hmtx"],
	}
	f.UPM = int(be.Uint16(f.head[18:]))
	f.XMin, f.YMin, f.XMax, f.YMax = i16(f.head, 36), i16(f.head, 38), i16(f.head, 40), i16(f.head, 42)
	f.longLoca = be.Uint16(f.head[50:]) == 1
	f.Ascent, f.Descent = i16(f.hhea, 4), i16(f.hhea, 6)
	f.advances = int(be.Uint16(f.hhea[34:]))
	f.Glyphs = int(be.Uint16(f.maxp[4:]))
	if len(f.os2) >= 90 {
		f.CapHeight = i16(f.os2, 88)
	}
	if f.UPM == 0 || f.advances == 0 || f.Glyphs == 0 {
		return nil, errors.New("ttf: empty font")
	}
	size := 2
	if f.longLoca {
		size = 4
	}
	if len(f.loca) < size*(f.Glyphs+1) || len(f.hmtx) < 4*f.advances+2*(f.Glyphs-f.advances) {
		return nil, errors.New("ttf: tables loca or hmtx too short")
	}
	if err := f.parseCmap(tables["cmap"]); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *Font) parseCmap(c []byte) error {
	var s4, s12 []byte
	for i := range int(be.Uint16(c[2:])) {
		r := c[4+8*i:]
		platform, encoding := be.Uint16(r), be.Uint16(r[2:])
		s := c[be.Uint32(r[4:]):]
		switch format := be.Uint16(s); {
		case format == 12 && (platform == 3 && encoding == 10 || platform == 0):
			s12 = s
		case format == 4 && (platform == 3 && encoding == 1 || platform == 0):
			s4 = s
		}
	}
	f.bmp = make([]uint16, 1<<16)
	switch {
	case s12 != nil:
		for i := range int(be.Uint32(s12[12:])) {
			g := s12[16+12*i:]
			lo, hi, gid := be.Uint32(g), be.Uint32(g[4:]), be.Uint32(g[8:])
			for c := lo; c <= hi && c < 1<<16; c++ {
				f.bmp[c] = uint16(gid + c - lo)
			}
			if hi >= 1<<16 {
				f.high = append(f.high, group{lo, hi, gid})
			}
		}
		sort.Slice(f.high, func(i, j int) bool { return f.high[i].lo < f.high[j].lo })
	case s4 != nil:
		f.parseCmap4(s4)
	default:
		return errors.New("ttf: no Unicode cmap")
	}
	return nil
}

func (f *Font) parseCmap4(s []byte) {
	n := int(be.Uint16(s[6:])) / 2
	for i := range n {
		hi, lo := int(be.Uint16(s[14+2*i:])), int(be.Uint16(s[16+2*n+2*i:]))
		delta := be.Uint16(s[16+4*n+2*i:])
		off := int(be.Uint16(s[16+6*n+2*i:]))
		for c := lo; c <= hi && c < 0xFFFF; c++ {
			var g uint16
			if off == 0 {
				g = uint16(c) + delta
			} else if p := 16 + 6*n + 2*i + off + 2*(c-lo); p+2 <= len(s) {
				if g = be.Uint16(s[p:]); g != 0 {
					g += delta
				}
			}
			f.bmp[c] = g
		}
	}
}

// Glyph returns the glyph of r, 0 when the font does not have it.
func (f *Font) Glyph(r rune) uint16 {
	if uint32(r) < 1<<16 {
		return f.bmp[r]
	}
	if r < 0 {
		return 0
	}
	i := sort.Search(len(f.high), func(i int) bool { return f.high[i].hi >= uint32(r) })
	if i < len(f.high) && f.high[i].lo <= uint32(r) {
		return uint16(f.high[i].gid + uint32(r) - f.high[i].lo)
	}
	return 0
}

// Advance returns the advance width of glyph g in font units.
func (f *Font) Advance(g uint16) int {
	return int(be.Uint16(f.hmtx[4*min(int(g), f.advances-1):]))
}

func (f *Font) lsb(g uint16) int16 {
	switch i := int(g); {
	case i < f.advances:
		return int16(be.Uint16(f.hmtx[4*i+2:]))
	case i < f.Glyphs:
		return int16(be.Uint16(f.hmtx[4*f.advances+2*(i-f.advances):]))
	}
	return 0
}

// data returns the glyf entry of g, nil for an empty or an unknown glyph.
func (f *Font) data(g uint16) []byte {
	if int(g) >= f.Glyphs {
		return nil
	}
	var a, b uint32
	if f.longLoca {
		a, b = be.Uint32(f.loca[4*int(g):]), be.Uint32(f.loca[4*int(g)+4:])
	} else {
		a, b = 2*uint32(be.Uint16(f.loca[2*int(g):])), 2*uint32(be.Uint16(f.loca[2*int(g)+2:]))
	}
	if a >= b || int64(b) > int64(len(f.glyf)) || b-a < 10 {
		return nil
	}
	return f.glyf[a:b]
}

func composite(d []byte) bool { return len(d) > 10 && int16(be.Uint16(d)) < 0 }

// Flags of one component of a composite glyph.
const (
	argWords = 1 << 0
	oneScale = 1 << 3
	more     = 1 << 5
	xyScale  = 1 << 6
	matrix   = 1 << 7
)

// components calls fn with the place and value of every component's glyph number.
func components(d []byte, fn func(off int, gid uint16)) {
	for p := 10; p+4 <= len(d); {
		flags := be.Uint16(d[p:])
		fn(p+2, be.Uint16(d[p+2:]))
		p += 6
		if flags&argWords != 0 {
			p += 2
		}
		switch {
		case flags&oneScale != 0:
			p += 2
		case flags&xyScale != 0:
			p += 4
		case flags&matrix != 0:
			p += 8
		}
		if flags&more == 0 {
			return
		}
	}
}
