package pdf

import (
	"encoding/binary"
	"encoding/xml"
	"math"
	"slices"
	"strings"

	"care/templates/pdf/sheet"
)

// xmp is the metadata packet of PDF/A-1b. It repeats the document information
// word for word, which the standard asks for (ISO 19005-1, 6.7.3).
func (a about) xmp() []byte {
	at := a.Day.Time().Format("2006-01-02T15:04:05Z")
	var b strings.Builder
	b.WriteString("<?xpacket begin=\"\uFEFF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		"<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n" +
		"<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:format>application/pdf</dc:format>" +
		"<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">")
	xml.EscapeText(&b, []byte(sheet.OneLine(a.Title))) //nolint:errcheck // a Builder does not fail
	b.WriteString("</rdf:li></rdf:Alt></dc:title>")
	if author := sheet.OneLine(a.Author); author != "" {
		b.WriteString("<dc:creator><rdf:Seq><rdf:li>")
		xml.EscapeText(&b, []byte(author)) //nolint:errcheck
		b.WriteString("</rdf:li></rdf:Seq></dc:creator>")
	}
	b.WriteString("</rdf:Description>\n<rdf:Description rdf:about=\"\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\"><xmp:CreateDate>" + at +
		"</xmp:CreateDate><xmp:ModifyDate>" + at + "</xmp:ModifyDate></rdf:Description>\n" +
		"<rdf:Description rdf:about=\"\" xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\"><pdf:Producer>" + producer + "</pdf:Producer></rdf:Description>\n" +
		"<rdf:Description rdf:about=\"\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\"><pdfaid:part>1</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance></rdf:Description>\n" +
		"</rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>")
	return []byte(b.String())
}

// profile makes the output profile of PDF/A: an ICC version 2 display profile
// with the sRGB primaries (adapted to D50) and the sRGB curve of IEC 61966-2-1
// in 256 points.
func profile() []byte {
	be := binary.BigEndian
	fixed := func(v float64) uint32 { return uint32(int32(math.Round(v * 65536))) }
	xyz := func(x, y, z float64) []byte {
		b := append([]byte("XYZ "), 0, 0, 0, 0)
		for _, v := range []float64{x, y, z} {
			b = be.AppendUint32(b, fixed(v))
		}
		return b
	}
	curve := append([]byte("curv"), 0, 0, 0, 0, 0, 0, 1, 0)
	for i := range 256 {
		v := float64(i) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		curve = be.AppendUint16(curve, uint16(math.Round(v*65535)))
	}
	const name = "sRGB IEC61966-2.1"
	desc := append([]byte("desc"), 0, 0, 0, 0)
	desc = be.AppendUint32(desc, uint32(len(name)+1))
	desc = append(append(desc, name...), 0)
	desc = append(desc, make([]byte, 4+4+2+1+67)...) // no Unicode, no ScriptCode name
	text := append([]byte("text"), 0, 0, 0, 0)
	text = append(append(text, "Public domain"...), 0)
	tags := []struct {
		name string
		data []byte
	}{
		{"desc", desc}, {"cprt", text}, {"wtpt", xyz(0.9505, 1, 1.0891)},
		{"rXYZ", xyz(0.43607, 0.22249, 0.01392)}, {"gXYZ", xyz(0.38515, 0.71687, 0.09708)}, {"bXYZ", xyz(0.14307, 0.06061, 0.7141)},
		{"rTRC", curve}, {"gTRC", nil}, {"bTRC", nil},
	}
	head := make([]byte, 128)
	be.PutUint32(head[8:], 0x02100000)
	copy(head[12:], "mntrRGB XYZ ")
	be.PutUint16(head[24:], 2014) // a date is required; nothing depends on it
	be.PutUint16(head[26:], 1)
	be.PutUint16(head[28:], 1)
	copy(head[36:], "acsp")
	for i, v := range []float64{0.9642, 1, 0.8249} { // D50
		be.PutUint32(head[68+4*i:], fixed(v))
	}
	table := be.AppendUint32(nil, uint32(len(tags)))
	var data []byte
	at, size := 0, 0
	start := 128 + 4 + 12*len(tags)
	for _, t := range tags {
		if t.data != nil { // the three curves are one
			at, size = start+len(data), len(t.data)
			data = append(data, t.data...)
			for len(data)&3 != 0 {
				data = append(data, 0)
			}
		}
		table = append(table, t.name...)
		table = be.AppendUint32(table, uint32(at))
		table = be.AppendUint32(table, uint32(size))
	}
	out := slices.Concat(head, table, data)
	be.PutUint32(out, uint32(len(out)))
	return out
}
