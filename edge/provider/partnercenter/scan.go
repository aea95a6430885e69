package partnercenter

import (
	"encoding/json"
	"errors"
	"strings"
)

// scanObject reads a JSON object in one pass and hands on each field with the
// text of its value (see valueText). It is false where the text is no such object,
// or one that it leaves to others: then what it handed on does not count.
func scanObject(text string, field func(key, value string)) bool {
	s := scanner{text: text}
	if !s.take('{') {
		return false
	}
	if s.take('}') {
		return s.atEnd()
	}
	for {
		key, ok := s.quoted()
		if !ok || !s.take(':') {
			return false
		}
		value, ok := s.value()
		if !ok {
			return false
		}
		field(key, value)
		if s.take(',') {
			continue
		}
		return s.take('}') && s.atEnd()
	}
}

// scanner goes over a JSON text.
type scanner struct {
	text string
	at   int
}

func (s *scanner) space() {
	for s.at < len(s.text) && isSpace(s.text[s.at]) {
		s.at++
	}
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

func (s *scanner) take(b byte) bool {
	if s.at < len(s.text) && s.text[s.at] != b {
		s.space()
	}
	if s.at < len(s.text) && s.text[s.at] == b {
		s.at++
		return true
	}
	return false
}

func (s *scanner) atEnd() bool {
	s.space()
	return s.at == len(s.text)
}

// quoted is the text between quotes.
func (s *scanner) quoted() (string, bool) {
	if !s.take('"') {
		return "", false
	}
	start := s.at
	for i := start; i < len(s.text); i++ {
		switch b := s.text[i]; {
		case b == '"':
			s.at = i + 1
			return s.text[start:i], true
		case b == '\\':
			return s.escaped(start, i)
		case b < ' ':
			return "", false
		}
	}
	return "", false
}

// escaped is a text with escapes, the first of which is at i.
func (s *scanner) escaped(start, i int) (string, bool) {
	var out strings.Builder
	from := start
	for i < len(s.text) {
		switch b := s.text[i]; {
		case b == '"':
			out.WriteString(s.text[from:i])
			s.at = i + 1
			return out.String(), true
		case b < ' ':
			return "", false
		case b != '\\':
			i++
			continue
		}
		if i+1 >= len(s.text) {
			return "", false
		}
		plain := strings.IndexByte(`"\/bfnrt`, s.text[i+1])
		if plain < 0 {
			return s.decoded(start)
		}
		out.WriteString(s.text[from:i])
		out.WriteByte("\"\\/\b\f\n\r\t"[plain])
		i += 2
		from = i
	}
	return "", false
}

// decoded leaves a text with other escapes to the library.
func (s *scanner) decoded(start int) (string, bool) {
	for i := start; i < len(s.text); i++ {
		if s.text[i] == '\\' {
			i++
			continue
		}
		if s.text[i] != '"' {
			continue
		}
		var text string
		if err := json.Unmarshal([]byte(s.text[start-1:i+1]), &text); err != nil {
			return "", false
		}
		s.at = i + 1
		return text, true
	}
	return "", false
}

// value is the text of a value.
func (s *scanner) value() (string, bool) {
	s.space()
	if s.at >= len(s.text) {
		return "", false
	}
	switch s.text[s.at] {
	case '"':
		return s.quoted()
	case '{', '[':
		return s.nested()
	}
	start := s.at
	for s.at < len(s.text) && !strings.ContainsRune(",}] \n\r\t", rune(s.text[s.at])) {
		s.at++
	}
	switch word := s.text[start:s.at]; word {
	case "null":
		return "", true
	case "true", "false":
		return word, true
	default:
		return word, isNumber(word)
	}
}

// nested is an object or a list inside, as it is written.
func (s *scanner) nested() (string, bool) {
	start, depth := s.at, 0
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			if _, ok := s.quoted(); !ok {
				return "", false
			}
			continue
		}
		s.at++
		if depth == 0 {
			raw := s.text[start:s.at]
			return raw, json.Valid([]byte(raw))
		}
	}
	return "", false
}

// isNumber says whether a word is a number in JSON.
func isNumber(word string) bool {
	digits := func() (n int) {
		for n < len(word) && word[n] >= '0' && word[n] <= '9' {
			n++
		}
		word = word[n:]
		return n
	}
	word = strings.TrimPrefix(word, "-")
	zero := strings.HasPrefix(word, "0")
	if n := digits(); n == 0 || (zero && n > 1) {
		return false
	}
	if rest, ok := strings.CutPrefix(word, "."); ok {
		word = rest
		if digits() == 0 {
			return false
		}
	}
	if word == "" || (word[0] != 'e' && word[0] != 'E') {
		return word == ""
	}
	if word = word[1:]; word != "" && (word[0] == '+' || word[0] == '-') {
		word = word[1:]
	}
	return digits() > 0 && word == ""
}

var errNoText = errors.New("is not JSON")

// valueText is what a value is as the cell of a row: a text without its quotes,
// nothing for null, and anything else as it is written.
func valueText(raw json.RawMessage) (string, error) {
	s := scanner{text: string(raw)}
	if value, ok := s.value(); ok && s.atEnd() {
		return value, nil
	}
	return "", errNoText
}
