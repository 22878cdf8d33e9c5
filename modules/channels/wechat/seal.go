package wechat

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"

	"care/modules/channels/pay"
)

// algorithm is the only one that the channel uses.
const algorithm = "AEAD_AES_256_GCM"

// Resource is the sealed part of a notification or of a certificate.
type Resource struct {
	Algorithm    string `json:"algorithm"`
	Ciphertext   string `json:"ciphertext"`
	Associated   string `json:"associated_data"`
	OriginalType string `json:"original_type,omitempty"`
	Nonce        string `json:"nonce"`
}

func gcm(key string) (cipher.AEAD, error) {
	b, err := aes.NewCipher([]byte(key))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(b)
}

// Unseal opens a resource with the APIv3 key. What was changed on the way does not open.
func Unseal(key string, r Resource) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(r.Ciphertext)
	if err != nil || r.Algorithm != algorithm || len(r.Nonce) != 12 {
		return nil, pay.ErrForged
	}
	a, err := gcm(key)
	if err != nil {
		return nil, err
	}
	plain, err := a.Open(nil, []byte(r.Nonce), raw, []byte(r.Associated))
	if err != nil {
		return nil, pay.ErrForged
	}
	return plain, nil
}

// Seal is the other half, for whoever plays the channel.
func Seal(key, original, associated string, plain []byte) (Resource, error) {
	a, err := gcm(key)
	if err != nil {
		return Resource{}, err
	}
	nonce := pay.Nonce()[:12]
	return Resource{Algorithm: algorithm, OriginalType: original, Associated: associated, Nonce: nonce,
		Ciphertext: base64.StdEncoding.EncodeToString(a.Seal(nil, []byte(nonce), plain, []byte(associated)))}, nil
}

// readCertificate reads a certificate and holds it against the serial under which it was listed.
func readCertificate(text []byte, serial string) (certificate, error) {
	p, _ := pem.Decode(text)
	if p == nil {
		return certificate{}, fmt.Errorf("%w: no certificate", pay.ErrAway)
	}
	x, err := x509.ParseCertificate(p.Bytes)
	if err != nil {
		return certificate{}, fmt.Errorf("%w: %w", pay.ErrAway, err)
	}
	key, ok := x.PublicKey.(*rsa.PublicKey)
	want, isHex := new(big.Int).SetString(serial, 16)
	if !ok || !isHex || x.SerialNumber.Cmp(want) != 0 || strings.ToUpper(serial) != serial {
		return certificate{}, fmt.Errorf("%w: the certificate is not the one that is named", pay.ErrForged)
	}
	return certificate{key: key, from: x.NotBefore, end: x.NotAfter}, nil
}
