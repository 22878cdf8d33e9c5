package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
)

// hasher computes argon2id with the cost of RFC 9106's second choice: one pass over 64 MiB by two lanes.
// As many run at a time as there are processors: more would only need more memory.
type hasher struct {
	slots    *semaphore.Weighted
	measured atomic.Int64 // passwords that were measured at full cost, known login or not
}

const (
	hashTime   = 1
	hashMemory = 64 << 10 // KiB
	hashLanes  = 2
	hashLen    = 32
)

// nobody is the hash that a wrong login is measured against. Its 32 bytes were drawn, so no password is known for it.
const nobody = "$argon2id$v=19$m=65536,t=1,p=2$I0tq26iuNY4Yteh2lJboGw$fAsDRLuHBP6xcsLdUgIzju46A4awP/fJifkhJGUm6V4"

var errHash = errors.New("identity: a stored password is not readable")

func newHasher() *hasher { return &hasher{slots: semaphore.NewWeighted(int64(runtime.NumCPU()))} }

// make hashes a new password under its own salt.
func (h *hasher) make(ctx context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt)
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	sum := argon2.IDKey([]byte(password), salt, hashTime, hashMemory, hashLanes, hashLen)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashTime, hashLanes, b64.EncodeToString(salt), b64.EncodeToString(sum)), nil
}

// enter waits for a free processor; leave gives it back.
func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	if err := h.slots.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	return func() { h.slots.Release(1) }, nil
}

// verify compares a password with a stored hash; "" is measured against nobody and never right, in the same time.
// The caller has entered.
func (h *hasher) verify(stored, password string) (bool, error) {
	known := stored != ""
	if !known {
		stored = nobody
	}
	var v int
	var m, t uint32
	var p uint8
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errHash
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &v); err != nil || v != argon2.Version {
		return false, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &m, &t, &p); err != nil || m > 1<<20 || t == 0 || t > 16 || p == 0 {
		return false, errHash
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, errHash
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) < 16 {
		return false, errHash
	}
	got := argon2.IDKey([]byte(password), salt, t, m, p, uint32(len(want)))
	h.measured.Add(1)
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}

// newToken draws the token of a link and gives what is stored of it.
func newToken() (token, hash string) {
	var b [32]byte
	rand.Read(b[:])
	token = base64.RawURLEncoding.EncodeToString(b[:])
	return token, hashToken(token)
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// unknownKey counts the tries of a login that does not exist. 32 bits of a hash are enough to count and too few to tell
// what was typed, which may be somebody's password in the wrong field.
func unknownKey(login string) string {
	sum := sha256.Sum256([]byte("care unknown login\n" + login))
	return "unknown/" + hex.EncodeToString(sum[:4])
}
