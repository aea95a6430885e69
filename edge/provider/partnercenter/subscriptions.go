package partnercenter

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"prorata/core/money"
	"prorata/flow"
)

// Subscriptions reads a customer's subscriptions as the API answers them: a
// collection, a bare list, or one by itself. Fields that it does not know are
// passed over; numbers may be texts, and texts numbers. Ends, which Microsoft
// gives as the last day, become the first instant after.
func Subscriptions(name string, r io.Reader) iter.Seq2[flow.Holding, error] {
	return func(yield func(flow.Holding, error) bool) {
		text, err := openText(name, r)
		if err != nil {
			yield(flow.Holding{}, err)
			return
		}
		a := &answer{file: name, text: &lineCounter{ration: ration{from: text, left: recordBytesMax}}, yield: yield}
		a.json = json.NewDecoder(a.text)
		if err := a.read(); err != nil && !errors.Is(err, errEnough) {
			yield(flow.Holding{}, err)
		}
	}
}

// errEnough says that whoever reads wants no more.
var errEnough = errors.New("enough")

// lineCounter tells the line of an offset, going forward.
type lineCounter struct {
	ration
	// ends are the offsets of the line ends read and not yet passed.
	ends   []int64
	passed int
}

func (l *lineCounter) Read(p []byte) (int, error) {
	from := l.given
	n, err := l.ration.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			l.ends = append(l.ends, from+int64(i))
		}
	}
	return n, err
}

func (l *lineCounter) line(offset int64) int {
	n := 0
	for n < len(l.ends) && l.ends[n] < offset {
		n++
	}
	l.ends, l.passed = l.ends[n:], l.passed+n
	return l.passed + 1
}

// answer is the JSON of one answer of the API, read piece by piece.
type answer struct {
	file  string
	text  *lineCounter
	json  *json.Decoder
	yield func(flow.Holding, error) bool
}

// broken says what the decoder could not read.
func (a *answer) broken(err error) error {
	line := a.text.line(a.json.InputOffset())
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		line = a.text.line(syntax.Offset)
	}
	switch {
	case errors.Is(err, errRecordTooLong):
		return damaged(a.file, line, "a subscription is longer than %d MiB", recordBytesMax>>20)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return damaged(a.file, a.text.line(a.text.given), "is cut off")
	default:
		return damaged(a.file, line, "is not JSON: %v", err)
	}
}

func (a *answer) read() error {
	first, err := a.json.Token()
	if err != nil {
		return a.broken(err)
	}
	switch first {
	case json.Delim('['):
		err = a.items()
	case json.Delim('{'):
		err = a.object()
	default:
		return damaged(a.file, 1, "expected a collection of subscriptions")
	}
	if err != nil {
		return err
	}
	if _, err := a.json.Token(); !errors.Is(err, io.EOF) {
		return damaged(a.file, a.text.line(a.json.InputOffset()), "goes on after its end")
	}
	return nil
}

// object reads a collection, item by item, or a subscription by itself.
func (a *answer) object() error {
	alone := object{}
	collection := false
	line := a.text.line(a.json.InputOffset())
	for a.json.More() {
		a.text.left = recordBytesMax
		key, err := a.json.Token()
		if err != nil {
			return a.broken(err)
		}
		name, _ := key.(string)
		if collection = collection || strings.EqualFold(name, "items"); strings.EqualFold(name, "items") {
			if err := a.list(); err != nil {
				return err
			}
			continue
		}
		var raw json.RawMessage
		if err := a.json.Decode(&raw); err != nil {
			return a.broken(err)
		}
		if !utf8.Valid(raw) {
			return damaged(a.file, a.text.line(a.json.InputOffset()), "is not UTF-8")
		}
		alone[strings.ToLower(name)] = raw
	}
	if _, err := a.json.Token(); err != nil {
		return a.broken(err)
	}
	switch {
	case collection:
		return nil
	case alone["id"] != nil:
		return a.hand(holding(flow.Source{File: a.file, Line: line}, alone))
	case alone["code"] != nil || alone["error"] != nil:
		r := reading{wrong: &mistakes{}, of: alone}
		return damaged(a.file, line, "is an error of the provider: %s", quote(strings.TrimSpace(r.text("code")+" "+r.text("description")+string(alone["error"]))))
	default:
		return damaged(a.file, line, "expected a collection with items, or a subscription with an id")
	}
}

func (a *answer) list() error {
	switch first, err := a.json.Token(); {
	case err != nil:
		return a.broken(err)
	case first == nil:
		return nil
	case first != json.Delim('['):
		return damaged(a.file, a.text.line(a.json.InputOffset()), "items: expected a list")
	}
	return a.items()
}

// items reads the rest of a list.
func (a *answer) items() error {
	for a.json.More() {
		a.text.left = recordBytesMax
		var raw json.RawMessage
		if err := a.json.Decode(&raw); err != nil {
			return a.broken(err)
		}
		at := flow.Source{File: a.file, Line: a.text.line(a.json.InputOffset() - int64(len(raw)))}
		if !utf8.Valid(raw) {
			return damaged(a.file, at.Line, "is not UTF-8")
		}
		o, ok := objectOf(raw)
		if !ok {
			if err := a.hand(flow.Holding{}, &Problem{At: at, Text: "expected a subscription {…}, got " + quote(string(raw))}); err != nil {
				return err
			}
			continue
		}
		if err := a.hand(holding(at, o)); err != nil {
			return err
		}
	}
	if _, err := a.json.Token(); err != nil {
		return a.broken(err)
	}
	return nil
}

func (a *answer) hand(h flow.Holding, err error) error {
	if err != nil {
		h = flow.Holding{}
	}
	if !a.yield(h, err) {
		return errEnough
	}
	return nil
}

// object is the fields of a JSON object by their names in lower case: answers are
// camelCase, and requests, which are stored too, come in any.
type object map[string]json.RawMessage

func objectOf(raw json.RawMessage) (object, bool) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		return nil, false
	}
	o := make(object, len(fields))
	for key, value := range fields {
		o[strings.ToLower(key)] = value
	}
	return o, true
}

// reading reads the fields of one object and collects what is wrong.
type reading struct {
	wrong *mistakes
	path  string
	of    object
}

func (r reading) raw(field string) (json.RawMessage, bool) {
	raw, ok := r.of[strings.ToLower(field)]
	raw = bytes.TrimSpace(raw)
	return raw, ok && string(raw) != "null"
}

func (r reading) add(field, format string, args ...any) { r.wrong.add(r.path+field, format, args...) }

// text is a text, or the text of a number or a flag.
func (r reading) text(field string) string {
	raw, ok := r.raw(field)
	if !ok {
		return ""
	}
	switch raw[0] {
	case '{', '[':
		r.add(field, "expected a text, got %s", quote(string(raw)))
		return ""
	case '"':
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			r.add(field, "is not a text: %v", err)
		}
		return strings.TrimSpace(text)
	default:
		return string(raw)
	}
}

func (r reading) number(field string) (d money.Decimal, given bool) {
	text := r.text(field)
	if text == "" {
		return d, false
	}
	d, ok := parseNumber(text)
	if !ok {
		r.add(field, "%s is not a number", quote(text))
	}
	return d, ok
}

func (r reading) flag(field string) bool {
	text := r.text(field)
	is, err := strconv.ParseBool(strings.ToLower(text))
	if text != "" && err != nil {
		r.add(field, "%s is neither true nor false", quote(text))
	}
	return is
}

// instant is zero where there is none; the year 1 stands for none too.
func (r reading) instant(field string) time.Time {
	text := r.text(field)
	if text == "" {
		return time.Time{}
	}
	at, ok := parseInstant(text)
	if !ok {
		r.add(field, "%s is not an instant (expected for example 2026-01-31T23:59:59Z)", quote(text))
	}
	if at.Year() == 1 {
		return time.Time{}
	}
	return at
}

func (r reading) list(field string) []json.RawMessage {
	raw, ok := r.raw(field)
	if !ok {
		return nil
	}
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		r.add(field, "expected a list, got %s", quote(string(raw)))
	}
	return items
}

// sub is an object inside; its fields are then known by their path.
func (r reading) sub(field string) (reading, bool) {
	raw, ok := r.raw(field)
	if !ok {
		return reading{}, false
	}
	o, ok := objectOf(raw)
	if !ok {
		r.add(field, "expected {…}, got %s", quote(string(raw)))
	}
	return reading{wrong: r.wrong, path: r.path + field + ".", of: o}, ok
}
