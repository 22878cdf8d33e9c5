package sign

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
)

type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content asn1.RawValue `asn1:"explicit,tag:0"`
}

type signedData struct {
	Version      int
	Digests      asn1.RawValue
	Encapsulated asn1.RawValue
	Certificates asn1.RawValue `asn1:"optional,tag:0"`
	Signers      []signerInfo  `asn1:"set"`
}

type signerInfo struct {
	Version    int
	Issuer     asn1.RawValue
	Digest     asn1.RawValue
	Attributes asn1.RawValue `asn1:"tag:0"`
	Algorithm  asn1.RawValue
	Signature  []byte
}

type attribute struct {
	Type   asn1.ObjectIdentifier
	Values asn1.RawValue `asn1:"set"`
}

// Verify checks the signature Sign has put on a file: that it covers the whole
// file, that no byte was changed, and that it was made with the key of the
// certificate it returns. Whether to trust that certificate is the caller's
// question; compare it with the configured one.
func Verify(in []byte) (*x509.Certificate, error) {
	signed, der, err := split(in)
	if err != nil {
		return nil, err
	}
	var info contentInfo
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil, err
	}
	var data signedData
	if _, err := asn1.Unmarshal(info.Content.Bytes, &data); err != nil {
		return nil, err
	}
	certs, err := x509.ParseCertificates(data.Certificates.Bytes)
	if err != nil {
		return nil, err
	}
	if len(data.Signers) != 1 || len(certs) == 0 {
		return nil, errors.New("sign: not exactly one signer")
	}
	s := data.Signers[0]
	attributes := bytes.Clone(s.Attributes.FullBytes)
	attributes[0] = 0x31 // it is signed as the SET it is, not under its implicit tag
	if err := checkSignature(certs[0], attributes, s.Signature); err != nil {
		return nil, err
	}
	digest := sha256.Sum256(signed)
	certHash := sha256.Sum256(certs[0].Raw)
	var sawDigest, sawCert bool
	for rest := s.Attributes.Bytes; len(rest) > 0; {
		var a attribute
		if rest, err = asn1.Unmarshal(rest, &a); err != nil {
			return nil, err
		}
		switch a.Type.String() {
		case "1.2.840.113549.1.9.4":
			sawDigest = bytes.Equal(a.Values.Bytes, tlv(4, digest[:]))
		case "1.2.840.113549.1.9.16.2.47":
			sawCert = bytes.Equal(a.Values.Bytes, seq(seq(seq(tlv(4, certHash[:])))))
		}
	}
	if !sawDigest {
		return nil, errors.New("sign: the file was changed after it was signed")
	}
	if !sawCert {
		return nil, errors.New("sign: the certificate is not the one that was signed with")
	}
	return certs[0], nil
}

// split returns the bytes the last signature covers and the signature.
func split(in []byte) (signed, der []byte, err error) {
	i := bytes.LastIndex(in, []byte("/SubFilter/ETSI.CAdES.detached/ByteRange["))
	if i < 0 {
		return nil, nil, errNotSigned
	}
	text, _, _ := bytes.Cut(in[i+len("/SubFilter/ETSI.CAdES.detached/ByteRange["):], []byte("]"))
	var r [4]int
	fields := strings.Fields(string(text))
	if len(fields) != 4 {
		return nil, nil, errNotSigned
	}
	for k, s := range fields {
		if r[k], err = strconv.Atoi(s); err != nil || r[k] < 0 || r[k] > len(in) {
			return nil, nil, errNotSigned
		}
	}
	if r[0] != 0 || r[1] < 1 || r[2] <= r[1]+2 || r[2]+r[3] != len(in) || in[r[1]] != '<' || in[r[2]-1] != '>' {
		return nil, nil, errors.New("sign: the signature does not cover the whole file")
	}
	der = make([]byte, (r[2]-r[1]-2)/2)
	if _, err := hex.Decode(der, in[r[1]+1:r[2]-1]); err != nil {
		return nil, nil, err
	}
	return append(bytes.Clone(in[:r[1]]), in[r[2]:]...), der, nil
}
