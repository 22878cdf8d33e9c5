// Package ident checks and masks the numbers and names by which people, bodies and accounts are known.
package ident

import (
	"errors"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"care/server/clock"
)

// Errors of identifiers; each one has its Chinese sentence in the words of the form that uses it.
var (
	ErrForm  = errors.New("ident: wrong form")
	ErrDate  = errors.New("ident: no such date of birth")
	ErrCheck = errors.New("ident: the check digit does not fit")
)

// Citizen reads a resident identity number (GB 11643-1999): 17 digits and a check digit, X for ten. It gives it with a capital X.
// today bounds the date of birth; nobody is older than 120 years. The region prefix is not checked: people keep the code of their time.
func Citizen(s string, today clock.Day) (string, error) {
	s = strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(s), " ", ""))
	if len(s) != 18 {
		return "", ErrForm
	}
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		if s[i] < '0' || s[i] > '9' {
			return "", ErrForm
		}
		sum += int(s[i]-'0') * w
	}
	if s[17] != 'X' && (s[17] < '0' || s[17] > '9') {
		return "", ErrForm
	}
	born, err := time.Parse("20060102", s[6:14])
	if err != nil {
		return "", ErrDate
	}
	d := clock.Day(born.Format(time.DateOnly))
	if d > today || today.Year()-d.Year() > 120 {
		return "", ErrDate
	}
	if s[17] != "10X98765432"[sum%11] {
		return "", ErrCheck
	}
	return s, nil
}

// Born gives the date of birth in a checked identity number.
func Born(id string) clock.Day {
	if len(id) != 18 {
		return ""
	}
	d, err := clock.ParseDay(id[6:14])
	if err != nil {
		return ""
	}
	return d
}

// Male tells the sex in a checked identity number: an odd 17th digit is male.
func Male(id string) bool { return len(id) == 18 && (id[16]-'0')%2 == 1 }

// Credit reads a unified social credit code (GB 32100-2015), 18 characters without I, O, S, V, Z.
// ErrForm blocks; ErrCheck is a warning, since some old codes carry a wrong check digit.
func Credit(s string) (string, error) {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	s = strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(s), " ", ""))
	if len(s) != 18 {
		return "", ErrForm
	}
	sum, weight := 0, 1
	for i := range 17 {
		v := strings.IndexByte(alphabet, s[i])
		if v < 0 {
			return "", ErrForm
		}
		sum += v * weight
		weight = weight * 3 % 31
	}
	if strings.IndexByte(alphabet, s[17]) < 0 {
		return "", ErrForm
	}
	if s[17] != alphabet[(31-sum%31)%31] {
		return s, ErrCheck
	}
	return s, nil
}

// Card reads a bank card number: 12 to 19 digits with a Luhn check digit. Accounts of bodies (对公账号) have none: use Account.
func Card(s string) (string, error) {
	s, err := Account(s)
	if err != nil {
		return "", err
	}
	if len(s) < 12 {
		return "", ErrForm
	}
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	if sum%10 != 0 {
		return "", ErrCheck
	}
	return s, nil
}

// Account reads an account number of a body: 8 to 32 digits, blanks and hyphens dropped.
func Account(s string) (string, error) {
	s = strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(s))
	if len(s) < 8 || len(s) > 32 || strings.Trim(s, "0123456789") != "" {
		return "", ErrForm
	}
	return s, nil
}

// Phone reads a mobile number, or a landline with its area code; it gives digits, the landline with its hyphen.
func Phone(s string) (string, error) {
	d := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", "+86", "", "（", "", "）", "").Replace(strings.TrimSpace(s))
	if strings.Trim(d, "0123456789") != "" {
		return "", ErrForm
	}
	switch {
	case len(d) == 11 && d[0] == '1' && d[1] >= '3':
		return d, nil
	case len(d) >= 10 && len(d) <= 12 && d[0] == '0' && d[1] != '0':
		code := 4
		if d[1] == '1' || d[1] == '2' {
			code = 3
		}
		return d[:code] + "-" + d[code:], nil
	case len(d) == 10 && strings.HasPrefix(d, "400"):
		return d, nil
	}
	return "", ErrForm
}

// Mobile tells whether a phone read by Phone is a mobile number.
func Mobile(p string) bool { return len(p) == 11 && p[0] == '1' }

// Name checks the name of a person or a body: 1 to max characters, at least one letter, no digits only, one line.
func Name(s string, max int) (string, error) {
	s = strings.TrimSpace(s)
	n := utf8.RuneCountInString(s)
	if n < 1 || n > max || strings.ContainsAny(s, "\n\t<>") {
		return "", ErrForm
	}
	for _, r := range s {
		if unicode.IsLetter(r) {
			return s, nil
		}
	}
	return "", ErrForm
}

// Email reads an e-mail address as people type it, without a name; it gives it in small letters, since nobody's mailbox
// depends on their size and equal addresses must be found. At most 254 bytes (RFC 5321), and the host has a dot.
func Email(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 {
		return "", ErrForm
	}
	for _, r := range s {
		if r <= ' ' || r > '~' {
			return "", ErrForm
		}
	}
	if _, host, _ := strings.Cut(s, "@"); !strings.Contains(host, ".") || strings.HasPrefix(host, ".") || strings.HasSuffix(host, ".") {
		return "", ErrForm
	}
	return s, nil
}
