package sign

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"math/big"
	"slices"
)

// The CAdES SignedData that PAdES B-B asks for: content-type, message-digest
// and signing-certificate-v2, and no signing-time, which stands in the PDF
// dictionary instead (EN 319 142-1, 6.3). DER is written by hand because the
// structure is fixed and small.

func tlv(tag byte, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	b := append(make([]byte, 0, n+6), tag)
	switch {
	case n < 1<<7:
		b = append(b, byte(n))
	case n < 1<<8:
		b = append(b, 0x81, byte(n))
	case n < 1<<16:
		b = append(b, 0x82, byte(n>>8), byte(n))
	default:
		b = append(b, 0x83, byte(n>>16), byte(n>>8), byte(n))
	}
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func seq(p ...[]byte) []byte { return tlv(0x30, p...) }

// set sorts its elements, as DER demands.
func set(p ...[]byte) []byte {
	slices.SortFunc(p, bytes.Compare)
	return tlv(0x31, p...)
}

func integer(v *big.Int) []byte {
	b := v.Bytes()
	if len(b) == 0 || b[0]&0x80 != 0 {
		b = append([]byte{0}, b...)
	}
	return tlv(2, b)
}

// The object identifiers, DER encoded.
var (
	oidData        = []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1}
	oidSignedData  = []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2}
	oidContentType = []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3}
	oidDigest      = []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4}
	oidSigningCert = []byte{6, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 47}
	oidSHA256      = []byte{6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1}
	oidRSA         = []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1}
	oidECDSA       = []byte{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2} // ecdsa-with-SHA256
	null           = []byte{5, 0}
)

func (s *Signer) cms(digest []byte) ([]byte, error) {
	certHash := sha256.Sum256(s.cert.Raw)
	signed := set(
		seq(oidContentType, set(oidData)),
		seq(oidDigest, set(tlv(4, digest))),
		// SHA-256 is the default of ESSCertIDv2 and therefore left out.
		seq(oidSigningCert, set(seq(seq(seq(tlv(4, certHash[:])))))),
	)
	h := sha256.Sum256(signed)
	var algorithm []byte
	switch s.key.Public().(type) {
	case *rsa.PublicKey:
		algorithm = seq(oidRSA, null)
	case *ecdsa.PublicKey:
		algorithm = seq(oidECDSA)
	default:
		return nil, errors.New("sign: the key must be RSA or ECDSA")
	}
	// Without a source of randomness the standard library signs by RFC 6979.
	sig, err := s.key.Sign(nil, h[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	implicit := slices.Clone(signed)
	implicit[0] = 0xA0
	info := seq(integer(big.NewInt(1)), seq(s.cert.RawIssuer, integer(s.cert.SerialNumber)),
		seq(oidSHA256, null), implicit, algorithm, tlv(4, sig))
	certs := [][]byte{s.cert.Raw}
	for _, c := range s.chain {
		certs = append(certs, c.Raw)
	}
	data := seq(integer(big.NewInt(1)), set(seq(oidSHA256, null)), seq(oidData), tlv(0xA0, certs...), set(info))
	return seq(oidSignedData, tlv(0xA0, data)), nil
}

// errNotSigned is also what Verify reports for a file that never was signed.
var errNotSigned = errors.New("sign: the file has no signature")

// checkSignature checks sig over the signed attributes with the certificate's key.
func checkSignature(cert *x509.Certificate, attributes, sig []byte) error {
	h := sha256.Sum256(attributes)
	switch k := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, crypto.SHA256, h[:], sig)
	case *ecdsa.PublicKey:
		if ecdsa.VerifyASN1(k, h[:], sig) {
			return nil
		}
		return errors.New("sign: wrong signature")
	}
	return errors.New("sign: unknown kind of key")
}
