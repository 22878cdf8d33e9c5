// Package sign puts a PAdES baseline signature (ETSI EN 319 142-1, level B-B) on
// the papers of package pdf, and checks one. It uses the standard library only
// and no network, so there is no time stamp: the signature proves who signed
// what, not when.
//
// The same paper, key and time give the same bytes: RSA PKCS #1 v1.5 has no
// randomness, and ECDSA nonces are derived from the message (RFC 6979).
package sign

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf16"
)

// Signer is a key with its certificate. It is safe for many goroutines.
type Signer struct {
	key   crypto.Signer
	cert  *x509.Certificate
	chain []*x509.Certificate
}

// Load reads a private key (PKCS #8, PKCS #1 or SEC 1) and a certificate with its
// issuers, leaf first, all PEM. The key must be ECDSA P-256 or RSA of at least
// 2048 bits and belong to the first certificate.
func Load(keyPEM, certPEM []byte) (*Signer, error) {
	s := &Signer{}
	for block, rest := pem.Decode(certPEM); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("sign: certificate: %w", err)
		}
		if s.cert == nil {
			s.cert = c
		} else {
			s.chain = append(s.chain, c)
		}
	}
	if s.cert == nil {
		return nil, errors.New("sign: no certificate")
	}
	key, err := parseKey(keyPEM)
	if err != nil {
		return nil, err
	}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() < 2048 {
			return nil, errors.New("sign: an RSA key needs 2048 bits")
		}
		s.key = k
	case *ecdsa.PrivateKey:
		if k.Curve != elliptic.P256() {
			return nil, errors.New("sign: an ECDSA key must be on P-256")
		}
		s.key = k
	default:
		return nil, errors.New("sign: the key must be RSA or ECDSA")
	}
	if pub, ok := s.cert.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok || !pub.Equal(s.key.Public()) {
		return nil, errors.New("sign: the key does not belong to the certificate")
	}
	return s, nil
}

func parseKey(b []byte) (any, error) {
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "PRIVATE KEY":
			return x509.ParsePKCS8PrivateKey(block.Bytes)
		case "RSA PRIVATE KEY":
			return x509.ParsePKCS1PrivateKey(block.Bytes)
		case "EC PRIVATE KEY":
			return x509.ParseECPrivateKey(block.Bytes)
		case "ENCRYPTED PRIVATE KEY":
			return nil, errors.New("sign: the key is encrypted; store it plain and protect the file")
		}
	}
	return nil, errors.New("sign: no private key")
}

// Certificate is the signer's own certificate.
func (s *Signer) Certificate() *x509.Certificate { return s.cert }

// room is what is kept free for the signature before its size is known.
func (s *Signer) room() int {
	n := 1536 + len(s.cert.Raw)
	for _, c := range s.chain {
		n += len(c.Raw)
	}
	return n
}

// Sign appends a signature to a PDF as an incremental update. The time is the
// claimed one (from the act that issued the paper); reason and place may be empty.
func (s *Signer) Sign(in []byte, reason, place string, at time.Time) ([]byte, error) {
	f, err := parse(in)
	if err != nil {
		return nil, err
	}
	catalog, err := f.object(f.root)
	if err != nil {
		return nil, err
	}
	number, page, err := f.firstPage()
	if err != nil {
		return nil, err
	}
	if bytes.Contains(page, []byte("/Annots")) || bytes.Contains(catalog, []byte("/AcroForm")) {
		return nil, errors.New("sign: the file has a form or a signature already")
	}
	w := bytes.NewBuffer(make([]byte, 0, len(in)+2*s.room()+3000))
	w.Write(in)
	if in[len(in)-1] != '\n' {
		w.WriteByte('\n')
	}
	var table []entry
	object := func(n int) {
		table = append(table, entry{n, w.Len()})
		fmt.Fprintf(w, "%d 0 obj\n", n)
	}
	field, sig, look := f.size, f.size+1, f.size+2
	object(f.root)
	w.Write(trimDict(catalog))
	fmt.Fprintf(w, "/AcroForm<</Fields[%d 0 R]/SigFlags 3>>>>\nendobj\n", field)
	object(number)
	w.Write(trimDict(page))
	fmt.Fprintf(w, "/Annots[%d 0 R]>>\nendobj\n", field)
	object(field)
	fmt.Fprintf(w, "<</Type/Annot/Subtype/Widget/FT/Sig/F 132/T(Signature1)/Rect[0 0 0 0]/P %d 0 R/V %d 0 R/AP<</N %d 0 R>>>>\nendobj\n", number, sig, look)
	object(look) // PDF/A wants an appearance on every widget, also on an invisible one
	w.WriteString("<</Type/XObject/Subtype/Form/BBox[0 0 0 0]/Resources<<>>/Length 0>>\nstream\n\nendstream\nendobj\n")
	object(sig)
	w.WriteString("<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange")
	rangeAt := w.Len()
	fmt.Fprintf(w, "%-44s", "[0 0 0 0]")
	fmt.Fprintf(w, "/M(D:%s+00'00')/Name%s", at.UTC().Format("20060102150405"), textString(s.cert.Subject.CommonName))
	if reason != "" {
		w.WriteString("/Reason" + textString(reason))
	}
	if place != "" {
		w.WriteString("/Location" + textString(place))
	}
	w.WriteString("/Contents")
	from := w.Len()
	w.WriteByte('<')
	w.Write(bytes.Repeat([]byte("0"), 2*s.room()))
	w.WriteByte('>')
	to := w.Len()
	w.WriteString(">>\nendobj\n")
	xref := w.Len()
	w.WriteString("xref\n")
	slices.SortFunc(table, func(a, b entry) int { return a.number - b.number })
	for _, x := range table {
		fmt.Fprintf(w, "%d 1\n%010d 00000 n \n", x.number, x.offset)
	}
	fmt.Fprintf(w, "trailer\n<</Size %d/Root %d 0 R%s/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", f.size+3, f.root, f.keep, f.xref, xref)
	out := w.Bytes()
	copy(out[rangeAt:], fmt.Sprintf("[0 %d %d %d]", from, to, len(out)-to))
	h := sha256.New()
	h.Write(out[:from])
	h.Write(out[to:])
	der, err := s.cms(h.Sum(nil))
	if err != nil {
		return nil, err
	}
	if len(der) > s.room() {
		return nil, fmt.Errorf("sign: signature of %d bytes, room for %d", len(der), s.room())
	}
	hex.Encode(out[from+1:], der)
	return out, nil
}

type entry struct{ number, offset int }

// layout is what Sign must know of a file: one classic cross-reference section,
// as package pdf writes it.
type layout struct {
	in         []byte
	xref, rows int // offset of "xref", of its first row
	root, size int
	keep       string // /Info and /ID of the trailer
}

func parse(in []byte) (*layout, error) {
	bad := errors.New("sign: not a file of ours")
	i := bytes.LastIndex(in, []byte("startxref\n"))
	if i < 0 {
		return nil, bad
	}
	line, _, _ := bytes.Cut(in[i+10:], []byte("\n"))
	xref, err := strconv.Atoi(string(line))
	if err != nil || xref <= 0 || xref >= i || !bytes.HasPrefix(in[xref:], []byte("xref\n0 ")) {
		return nil, bad
	}
	f := &layout{in: in, xref: xref}
	line, _, _ = bytes.Cut(in[xref+7:i], []byte("\n"))
	f.size, err = strconv.Atoi(string(line))
	f.rows = xref + 7 + len(line) + 1
	if err != nil || f.size < 2 || f.size > len(in) || f.rows+20*f.size > i {
		return nil, bad
	}
	trailer := in[f.rows+20*f.size : i]
	f.root, err = reference(trailer, "/Root ")
	if err != nil || f.root >= f.size {
		return nil, bad
	}
	if n, err := reference(trailer, "/Info "); err == nil {
		f.keep = fmt.Sprintf("/Info %d 0 R", n)
	}
	if a := bytes.Index(trailer, []byte("/ID[")); a >= 0 {
		if b := bytes.IndexByte(trailer[a:], ']'); b > 0 {
			f.keep += string(trailer[a : a+b+1])
		}
	}
	return f, nil
}

func reference(b []byte, key string) (int, error) {
	_, rest, ok := bytes.Cut(b, []byte(key))
	if !ok {
		return 0, errors.New("sign: no " + key)
	}
	n, _, _ := bytes.Cut(rest, []byte(" "))
	return strconv.Atoi(string(n))
}

// object returns the body of an object, between "obj" and "endobj".
func (f *layout) object(n int) ([]byte, error) {
	row := f.in[f.rows+20*n:]
	at, err := strconv.Atoi(string(row[:10]))
	if err != nil || at < 0 || at >= f.xref {
		return nil, errors.New("sign: bad cross reference")
	}
	body, ok := bytes.CutPrefix(f.in[at:f.xref], []byte(strconv.Itoa(n)+" 0 obj\n"))
	end := bytes.Index(body, []byte("\nendobj"))
	if !ok || end < 0 || !bytes.HasSuffix(body[:end], []byte(">>")) {
		return nil, errors.New("sign: bad object")
	}
	return body[:end], nil
}

func (f *layout) firstPage() (int, []byte, error) {
	for n := 1; n < f.size; n++ {
		if b, err := f.object(n); err == nil && bytes.HasPrefix(b, []byte("<</Type /Page\n")) {
			return n, b, nil
		}
	}
	return 0, nil, errors.New("sign: no page")
}

func trimDict(b []byte) []byte { return b[:len(b)-2] }

// textString writes a PDF text string in UTF-16.
func textString(s string) string {
	b := []byte{0xFE, 0xFF}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return "<" + hex.EncodeToString(b) + ">"
}
