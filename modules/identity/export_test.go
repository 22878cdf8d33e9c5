package identity

import "context"

// Measured counts the passwords that were measured at full cost since the start.
func (s *People) Measured() int64 { return s.hash.measured.Load() }

// NobodyCosts tells whether the hash of a login that does not exist asks for the same work as a new one.
func NobodyCosts(stored string) bool {
	cut := func(h string) string { return h[:len("$argon2id$v=19$m=65536,t=1,p=2$")] }
	return cut(nobody) == cut(stored) && len(nobody) == len(stored)
}

// HashOf hashes a password as for a new account.
func (s *People) HashOf(t interface{ Context() context.Context }, password string) (string, error) {
	return s.hash.make(t.Context(), password)
}
