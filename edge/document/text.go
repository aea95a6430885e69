package document

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// replacement stands for what is no character; box, on paper, for a character
// that the typeface lacks.
const (
	replacement = '\uFFFD'
	box         = '□'
)

// plain is text by others made safe to write anywhere: valid, composed, without
// control, direction and zero-width characters. Line ends become \n.
func plain(text string) string {
	if isPlainASCII(text) {
		return text
	}
	text = norm.NFC.String(strings.ToValidUTF8(text, string(replacement)))
	var b strings.Builder
	b.Grow(len(text))
	for i, r := range text {
		switch {
		case r == '\r':
			if !strings.HasPrefix(text[i+1:], "\n") {
				b.WriteByte('\n')
			}
		case r == '\n', r == '\u2028', r == '\u2029', r == '\u0085':
			b.WriteByte('\n')
		case r == '\t':
			b.WriteByte(' ')
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r):
			// Nothing to show.
		case r == '\uFFFE', r == '\uFFFF':
			b.WriteRune(replacement)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isPlainASCII(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// oneLine is plain text with its lines joined.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(plain(text), func(r rune) bool { return r == '\n' || r == ' ' }), " ")
}

// standIns are close to what the typeface lacks.
var standIns = map[rune]rune{
	'\u202f': '\u00a0', '\u2007': '\u00a0', '\u2000': ' ', '\u2001': ' ', '\u2002': ' ', '\u2003': ' ', '\u2004': ' ', '\u2005': ' ',
	'\u2006': ' ', '\u2008': ' ', '\u2009': ' ', '\u200a': ' ', '\u205f': ' ', '\u3000': ' ', '\u2010': '-', '\u2011': '-', '\u2043': '-',
	'\u2015': '—', '\u2033': '"', '\u02bc': '’', '\u1e9e': 'ß',
}

// printable is text with only characters that the typeface has: what it lacks
// becomes a close character, its letter without the accent, or a replacement
// that can be seen.
func printable(text string) string {
	text = plain(text)
	if isPlainASCII(text) {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		switch {
		case r == replacement:
			b.WriteRune(box)
		case r == '\n' || covered(r):
			b.WriteRune(r)
		case standIns[r] != 0:
			b.WriteRune(standIns[r])
		default:
			b.WriteRune(bareLetter(r))
		}
	}
	return b.String()
}

// bareLetter is the letter with as many of its accents as the typeface has.
func bareLetter(r rune) rune {
	parts := []rune(norm.NFD.String(string(r)))
	for n := len(parts) - 1; n > 0; n-- {
		fewer, _ := utf8.DecodeRuneInString(norm.NFC.String(string(parts[:n])))
		if unicode.IsLetter(fewer) && covered(fewer) {
			return fewer
		}
	}
	return box
}

// wrap breaks printable text into lines no wider than width. Words break at
// spaces and after hyphens and slashes, and anywhere only where one word alone
// is wider than the line.
func wrap(text string, f face, size, width float64) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(strings.TrimRight(text, "\n "), "\n") {
		lines = wrapParagraph(lines, paragraph, f, size, width)
	}
	return lines
}

func wrapParagraph(lines []string, text string, f face, size, width float64) []string {
	line, used := "", 0.0
	emit := func() {
		lines = append(lines, strings.TrimRight(line, " "))
		line, used = "", 0
	}
	for text != "" {
		word := nextWord(text)
		text = text[len(word):]
		if line == "" {
			word = strings.TrimLeft(word, " ")
		}
		if line != "" && used+f.width(strings.TrimRight(word, " "), size) > width {
			emit()
			word = strings.TrimLeft(word, " ")
		}
		for line == "" {
			head := f.fitting(word, size, width)
			if len(head) >= len(strings.TrimRight(word, " ")) {
				break
			}
			line, word = head, word[len(head):]
			emit()
		}
		line += word
		used += f.width(word, size)
	}
	emit()
	return lines
}

// nextWord is the text up to the next place where a line may break.
func nextWord(text string) string {
	start := len(text) - len(strings.TrimLeft(text, " "))
	for i := start; i < len(text); i++ {
		switch text[i] {
		case ' ':
			return text[:i+1]
		case '-', '/':
			if i > start && i+1 < len(text) && text[i+1] != ' ' && isLetterAt(text, i+1) {
				return text[:i+1]
			}
		}
	}
	return text
}

func isLetterAt(text string, i int) bool {
	r, _ := utf8.DecodeRuneInString(text[i:])
	return unicode.IsLetter(r)
}

// cut is text in at most most lines; what is left out is marked by an ellipsis.
func cut(text string, f face, size, width float64, most int) (lines []string, whole bool) {
	lines = wrap(text, f, size, width)
	if len(lines) <= most {
		return lines, true
	}
	lines = lines[:most]
	last := lines[most-1] + "…"
	for f.width(last, size) > width && len(last) > len("…") {
		_, size1 := utf8.DecodeLastRuneInString(strings.TrimSuffix(last, "…"))
		last = last[:len(last)-len("…")-size1] + "…"
	}
	lines[most-1] = last
	return lines, false
}
