package flow

import (
	"strings"
	"unicode/utf8"
)

// PlainText is a text that somebody else wrote, such as a provider, as it can be
// kept and shown: without spaces around it, with a space for each control character
// (a terminal obeys them, and no database takes all of them), and a mark for what is
// no UTF-8.
func PlainText(text string) string {
	text = strings.TrimSpace(text)
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < ' ' || c >= 0x7f {
			return plainText(text)
		}
	}
	return text
}

func plainText(text string) string {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\ufffd")
	}
	if strings.IndexFunc(text, isControl) < 0 {
		return text
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, text))
}

func isControl(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }
