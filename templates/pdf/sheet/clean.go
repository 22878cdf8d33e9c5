package sheet

import "strings"

// Clean prepares text for printing: characters without ink that a person cannot
// have meant (controls, zero-width and direction marks, variation selectors)
// are removed, and every kind of narrow space becomes a space. Line breaks stay.
// Broken UTF-8 is left in place and refused later, never guessed at.
func Clean(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\n' || c == 0x7F || c == 0xC2 || c == 0xE2 || c >= 0xEF {
			return strings.Map(printable, s)
		}
	}
	return s // nothing that could need it
}

func printable(r rune) rune {
	switch {
	case r == '\t', r == 0xA0, r >= 0x2000 && r <= 0x200A, r == 0x202F, r == 0x205F:
		return ' '
	case r == '\n', r == 0x2028, r == 0x2029, r == 0x85:
		return '\n'
	case r < ' ', r >= 0x7F && r < 0xA0, r == 0xAD:
		return -1
	case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F:
		return -1
	case r >= 0xFE00 && r <= 0xFE0F, r == 0xFEFF, r >= 0xE0100 && r <= 0xE01EF:
		return -1
	}
	return r
}

// OneLine is Clean with every line break turned into a space.
func OneLine(s string) string {
	s = Clean(s)
	if strings.IndexByte(s, '\n') < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\n", " ")
}
