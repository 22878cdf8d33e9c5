package donations

import (
	"crypto/rand"
	"strings"
)

// alphabet of transfer codes: 29 signs without 0 O 1 I L and without S and Z, the twins of 5 and 2.
// 29 is prime, so the check sign finds every single wrong sign and every swap of two neighbours.
const alphabet = "23456789ABCDEFGHJKMNPQRTUVWXY"

const codeLength = 8 // seven random signs, 17 thousand million codes, and the check sign

// newCode makes a transfer code.
func newCode() string {
	b := make([]byte, 0, codeLength)
	var buf [16]byte
	for len(b) < codeLength-1 {
		rand.Read(buf[:])
		for _, x := range buf {
			// 232 is the largest multiple of 29 in a byte: above it the choice would not be even.
			if x < 232 && len(b) < codeLength-1 {
				b = append(b, alphabet[int(x)%len(alphabet)])
			}
		}
	}
	return string(append(b, alphabet[checkSign(b)]))
}

func checkSign(b []byte) int {
	sum := 0
	for i, x := range b {
		sum += (i + 2) * strings.IndexByte(alphabet, x)
	}
	return sum % len(alphabet)
}

// readCode gives a transfer code as it is stored, or false when what was typed cannot be one.
func readCode(s string) (string, bool) {
	s = strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "\u3000", "").Replace(s))
	if len(s) != codeLength || strings.Trim(s, alphabet) != "" {
		return "", false
	}
	return s, checkSign([]byte(s[:codeLength-1])) == strings.IndexByte(alphabet, s[codeLength-1])
}

// spell writes a code in two groups of four, easier to copy.
func spell(code string) string {
	if len(code) != codeLength {
		return code
	}
	return code[:4] + " " + code[4:]
}

// isNumber tells whether a text looks like the number of a receipt, such as QJGA-2026-000123.
func isNumber(s string) bool {
	p := strings.Split(upper(s), "-")
	return len(p) == 3 && len(p[0]) == 4 && len(p[1]) == 4 && len(p[2]) >= 6 && strings.Trim(p[1]+p[2], "0123456789") == ""
}

// upper writes a code or reference in its one form: capital letters, no blanks.
func upper(s string) string { return strings.ToUpper(strings.Join(strings.Fields(s), "")) }
