// Package secret encrypts private columns and makes equality search over them possible.
//
// A sealed value is AES-256-GCM under a key that has an id, bound to its table, column and row: moved to another row it does not open.
// A blind index is an HMAC under its own key for each column: equal values have equal indexes, and nobody without the key can try values.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// ErrSealed says that a value does not open: another key, another row, or changed bytes.
var ErrSealed = errors.New("secret: the value does not open")

// Box seals and opens private values. It is safe for many goroutines.
type Box struct {
	current string
	keys    map[string]cipher.AEAD
	index   []byte
}

// New makes a box from keys in hex, 32 bytes each; the first one seals, all of them open.
func New(keys ...string) (*Box, error) {
	if len(keys) == 0 {
		return nil, errors.New("secret: no key")
	}
	b := &Box{keys: map[string]cipher.AEAD{}}
	for i, k := range keys {
		raw, err := hex.DecodeString(k)
		if err != nil || len(raw) != 32 {
			return nil, errors.New("secret: a key must be 64 hex digits")
		}
		sum := sha256.Sum256(append([]byte("care key id"), raw...))
		id := hex.EncodeToString(sum[:4])
		seal, err := hkdf.Key(sha256.New, raw, nil, "care column encryption", 32)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(seal)
		if err != nil {
			return nil, err
		}
		if b.keys[id], err = cipher.NewGCM(block); err != nil {
			return nil, err
		}
		if i == 0 {
			b.current = id
		}
		// The index key comes from the last, oldest key: indexes stay comparable when a new sealing key is put in front.
		if b.index, err = hkdf.Key(sha256.New, raw, nil, "care blind index", 32); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// NewKey makes a key for New, in hex.
func NewKey() string {
	var k [32]byte
	rand.Read(k[:])
	return hex.EncodeToString(k[:])
}

// Seal encrypts a value of column ("table.column") in row; "" stays "".
func (b *Box) Seal(column, row, plain string) string {
	if plain == "" {
		return ""
	}
	a := b.keys[b.current]
	nonce := make([]byte, a.NonceSize(), a.NonceSize()+len(plain)+a.Overhead())
	rand.Read(nonce)
	return "1." + b.current + "." + base64.RawURLEncoding.EncodeToString(a.Seal(nonce, nonce, []byte(plain), []byte(column+"\n"+row)))
}

// Open decrypts a value of column in row.
func (b *Box) Open(column, row, sealed string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	parts := strings.Split(sealed, ".")
	if len(parts) != 3 || parts[0] != "1" || b.keys[parts[1]] == nil {
		return "", fmt.Errorf("%w: unknown key or form", ErrSealed)
	}
	a := b.keys[parts[1]]
	raw, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(raw) < a.NonceSize() {
		return "", ErrSealed
	}
	plain, err := a.Open(nil, raw[:a.NonceSize()], raw[a.NonceSize():], []byte(column+"\n"+row))
	if err != nil {
		return "", ErrSealed
	}
	return string(plain), nil
}

// Index gives the blind index of a value of column; "" stays "".
func (b *Box) Index(column, plain string) string {
	if plain == "" {
		return ""
	}
	m := hmac.New(sha256.New, b.index)
	m.Write([]byte(column + "\n" + plain))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:18])
}

// Current tells whether a sealed value is under the newest key; others are sealed again by the rotation.
func (b *Box) Current(sealed string) bool { return strings.HasPrefix(sealed, "1."+b.current+".") }
