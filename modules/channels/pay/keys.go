package pay

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"
)

// Nonce makes 32 characters that nobody can guess.
func Nonce() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// Sign makes an RSA-SHA256 signature in base64.
func Sign(key *rsa.PrivateKey, text []byte) (string, error) {
	sum := sha256.Sum256(text)
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	return base64.StdEncoding.EncodeToString(sig), err
}

// Verify tells whether a base64 signature fits.
func Verify(key *rsa.PublicKey, text []byte, sig string) bool {
	raw, err := base64.StdEncoding.Strict().DecodeString(sig)
	if err != nil || key == nil {
		return false
	}
	sum := sha256.Sum256(text)
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], raw) == nil
}

var errKey = errors.New("pay: not a key of the kind that is needed here")

// block gives the bytes of a PEM block; a bare base64 body, as the channels' tools write it, is accepted too.
func block(text []byte) []byte {
	if p, _ := pem.Decode(text); p != nil {
		return p.Bytes
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		return nil
	}
	return raw
}

// PrivateKey reads an RSA private key, PKCS #8 or PKCS #1.
func PrivateKey(text []byte) (*rsa.PrivateKey, error) {
	raw := block(text)
	if k, err := x509.ParsePKCS8PrivateKey(raw); err == nil {
		if r, ok := k.(*rsa.PrivateKey); ok && r.N.BitLen() >= 2048 {
			return r, nil
		}
		return nil, errKey
	}
	k, err := x509.ParsePKCS1PrivateKey(raw)
	if err != nil || k.N.BitLen() < 2048 {
		return nil, errKey
	}
	return k, nil
}

// PublicKey reads an RSA public key, or takes it out of a certificate.
func PublicKey(text []byte) (*rsa.PublicKey, error) {
	raw := block(text)
	if k, err := x509.ParsePKIXPublicKey(raw); err == nil {
		if r, ok := k.(*rsa.PublicKey); ok && r.N.BitLen() >= 2048 {
			return r, nil
		}
		return nil, errKey
	}
	c, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil, errKey
	}
	r, ok := c.PublicKey.(*rsa.PublicKey)
	if !ok || r.N.BitLen() < 2048 {
		return nil, errKey
	}
	return r, nil
}
