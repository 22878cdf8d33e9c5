package ident

import (
	"strings"
	"unicode/utf8"
)

// doubles are the compound surnames that stay whole when a name is masked.
const doubles = compoundSurnames

// MaskName hides a person's name for the public: 张* for two characters, 张*明 and 欧阳*军 for more, and for names with a middle dot
// (买买提·艾合买提) the first part's first character. The number of stars does not tell the length.
func MaskName(s string) string {
	s = strings.TrimSpace(s)
	if first, _, dotted := strings.Cut(s, "·"); dotted {
		r, _ := utf8.DecodeRuneInString(first)
		return string(r) + "**"
	}
	rs := []rune(s)
	switch {
	case len(rs) == 0:
		return ""
	case len(rs) == 1:
		return "*"
	case len(rs) == 2:
		return string(rs[0]) + "*"
	case len(rs) == 3 && strings.Contains(doubles, string(rs[:2])+" "):
		return string(rs[:2]) + "*"
	case len(rs) >= 4 && strings.Contains(doubles, string(rs[:2])+" "):
		return string(rs[:2]) + "*" + string(rs[len(rs)-1])
	case len(rs) == 3:
		return string(rs[0]) + "*" + string(rs[2])
	}
	return string(rs[0]) + "**" + string(rs[len(rs)-1])
}

// MaskID hides an identity number for staff lists: 530302********1232. The public never sees any of it.
func MaskID(s string) string {
	if len(s) < 12 {
		return strings.Repeat("*", len(s))
	}
	return s[:6] + strings.Repeat("*", len(s)-10) + s[len(s)-4:]
}

// MaskPhone hides a phone number: 138****5678.
func MaskPhone(s string) string {
	if len(s) < 8 {
		return strings.Repeat("*", len(s))
	}
	return s[:3] + "****" + s[len(s)-4:]
}

// MaskCard hides a card or account number: **** 3452.
func MaskCard(s string) string {
	if len(s) < 8 {
		return strings.Repeat("*", len(s))
	}
	return "**** " + s[len(s)-4:]
}

// MaskEmail hides an e-mail address: l***@example.com.
func MaskEmail(s string) string {
	name, host, ok := strings.Cut(s, "@")
	if !ok || name == "" {
		return strings.Repeat("*", len(s))
	}
	return name[:1] + "***@" + host
}
