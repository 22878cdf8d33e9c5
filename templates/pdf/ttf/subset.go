package ttf

import "sort"

// Entry puts one glyph of the font under a one-byte code of the subset.
type Entry struct {
	// Glyph is the number in the source font.
	Glyph uint16
	// Code is the byte that shows it in a PDF string.
	Code byte
}

// Subset writes a TrueType font with the given glyphs and nothing else: a
// symbolic font whose only cmap is (3,0) at F000+code, which is what every
// reader draws for a simple font and the one form PDF/A-1 allows
// (ISO 19005-1, 6.3.7). Codes must be unique.
func (f *Font) Subset(entries []Entry) []byte {
	old := make([]uint16, 1, len(entries)+8) // new number → old number; 0 is .notdef
	place := make(map[uint16]uint16, len(entries)+8)
	place[0] = 0
	number := make([]uint16, len(entries))
	for i, e := range entries {
		g, ok := place[e.Glyph]
		if !ok {
			g = uint16(len(old))
			place[e.Glyph] = g
			old = append(old, e.Glyph)
		}
		number[i] = g
	}
	size := 0
	for i := 0; i < len(old); i++ { // components are appended while we walk
		d := f.data(old[i])
		size += (len(d) + 3) &^ 3
		if composite(d) {
			components(d, func(_ int, g uint16) {
				if _, ok := place[g]; !ok {
					place[g] = uint16(len(old))
					old = append(old, g)
				}
			})
		}
	}
	n := len(old)
	glyf := make([]byte, 0, size)
	loca := make([]byte, 0, 4*(n+1))
	hmtx := make([]byte, 0, 4*n)
	for _, g := range old {
		loca = be.AppendUint32(loca, uint32(len(glyf)))
		d, at := f.data(g), len(glyf)
		glyf = append(glyf, d...)
		if composite(d) {
			components(d, func(off int, c uint16) { be.PutUint16(glyf[at+off:], place[c]) })
		}
		for len(glyf)&3 != 0 {
			glyf = append(glyf, 0)
		}
		hmtx = be.AppendUint16(hmtx, uint16(f.Advance(g)))
		hmtx = be.AppendUint16(hmtx, uint16(f.lsb(g)))
	}
	loca = be.AppendUint32(loca, uint32(len(glyf)))
	head := append([]byte(nil), f.head...)
	be.PutUint32(head[8:], 0)  // checkSumAdjustment, set below
	be.PutUint16(head[50:], 1) // long loca
	hhea := append([]byte(nil), f.hhea...)
	be.PutUint16(hhea[34:], uint16(n))
	maxp := append([]byte(nil), f.maxp...)
	be.PutUint16(maxp[4:], uint16(n))
	post := make([]byte, 32)
	be.PutUint32(post, 0x00030000)
	be.PutUint16(post[8:], 0xFF9C) // underline 100 units below
	be.PutUint16(post[10:], 50)
	return pack([]table{
		{"OS/2", f.os2}, {"cmap", symbolMap(entries, number)}, {"glyf", glyf}, {"head", head}, {"hhea", hhea},
		{"hmtx", hmtx}, {"loca", loca}, {"maxp", maxp}, {"name", []byte{0, 0, 0, 0, 0, 6}}, {"post", post},
	})
}

type table struct {
	tag  string
	data []byte
}

// pack writes the font file; tables must be sorted by tag.
func pack(tables []table) []byte {
	n := len(tables)
	total := 12 + 16*n
	for _, t := range tables {
		total += (len(t.data) + 3) &^ 3
	}
	out := append(make([]byte, 0, total), 0, 1, 0, 0)
	out = appendSearch(out, n, 16)
	off, head := 12+16*n, 0
	for _, t := range tables {
		out = append(out, t.tag...)
		out = be.AppendUint32(out, checksum(t.data))
		out = be.AppendUint32(out, uint32(off))
		out = be.AppendUint32(out, uint32(len(t.data)))
		if t.tag == "head" {
			head = off
		}
		off += (len(t.data) + 3) &^ 3
	}
	for _, t := range tables {
		out = append(out, t.data...)
		for len(out)&3 != 0 {
			out = append(out, 0)
		}
	}
	be.PutUint32(out[head+8:], 0xB1B0AFBA-checksum(out))
	return out
}

// appendSearch writes count and the three numbers of a binary search over n
// records of the given size that the format repeats in many tables.
func appendSearch(b []byte, n, size int) []byte {
	pow, log := 1, 0
	for pow*2 <= n {
		pow, log = pow*2, log+1
	}
	b = be.AppendUint16(b, uint16(n))
	b = be.AppendUint16(b, uint16(pow*size))
	b = be.AppendUint16(b, uint16(log))
	return be.AppendUint16(b, uint16((n-pow)*size))
}

func checksum(b []byte) (s uint32) {
	for len(b) >= 4 {
		s += be.Uint32(b)
		b = b[4:]
	}
	for i, c := range b {
		s += uint32(c) << (24 - 8*i)
	}
	return s
}

func symbolMap(entries []Entry, number []uint16) []byte {
	type pair struct{ code, glyph uint16 }
	ps := make([]pair, len(entries))
	for i, e := range entries {
		ps[i] = pair{0xF000 | uint16(e.Code), number[i]}
	}
	sort.Slice(ps, func(i, j int) bool { return ps[i].code < ps[j].code })
	type segment struct{ lo, hi, delta uint16 }
	var ss []segment
	for _, p := range ps {
		if k := len(ss) - 1; k >= 0 && ss[k].hi+1 == p.code && ss[k].delta == p.glyph-p.code {
			ss[k].hi = p.code
			continue
		}
		ss = append(ss, segment{p.code, p.code, p.glyph - p.code})
	}
	ss = append(ss, segment{0xFFFF, 0xFFFF, 1})
	n := len(ss)
	b := make([]byte, 0, 28+8*n)
	b = append(b, 0, 0, 0, 1, 0, 3, 0, 0, 0, 0, 0, 12) // one table: platform 3, encoding 0
	b = be.AppendUint16(b, 4)
	b = be.AppendUint16(b, uint16(16+8*n))
	b = be.AppendUint16(b, 0)
	at := len(b)
	b = appendSearch(b, n, 2)
	be.PutUint16(b[at:], uint16(2*n))
	for _, s := range ss {
		b = be.AppendUint16(b, s.hi)
	}
	b = be.AppendUint16(b, 0)
	for _, s := range ss {
		b = be.AppendUint16(b, s.lo)
	}
	for _, s := range ss {
		b = be.AppendUint16(b, s.delta)
	}
	for range ss {
		b = be.AppendUint16(b, 0)
	}
	return b
}
