package partnercenter

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"prorata/flow"
)

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
	file string
	// what one item is called in a message: subscription, row.
	what string
	text *lineCounter
	json *json.Decoder
	// item takes an item of the collection, alone an object that is no collection but
	// has an id, where such a one is expected. They say whether to go on.
	item  func(at flow.Source, raw json.RawMessage) bool
	alone func(at flow.Source, o object) bool
}

func newAnswer(file, what string, text io.Reader) *answer {
	a := &answer{file: file, what: what, text: &lineCounter{ration: ration{from: text, left: recordBytesMax}}}
	a.json = json.NewDecoder(a.text)
	return a
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
		return damaged(a.file, line, "a %s is longer than %d MiB", a.what, recordBytesMax>>20)
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
		return damaged(a.file, 1, "expected a collection of %ss", a.what)
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
	case alone["id"] != nil && a.alone != nil:
		return enough(a.alone(flow.Source{File: a.file, Line: line}, alone))
	case alone["code"] != nil || alone["error"] != nil:
		return providerSays(flow.Source{File: a.file, Line: line}, alone)
	default:
		return damaged(a.file, line, "expected a collection with items, each a %s", a.what)
	}
}

// providerSays is the error that stands in a file in place of what was asked for.
func providerSays(at flow.Source, o object) error {
	r := reading{wrong: &mistakes{}, of: o}
	return damaged(at.File, at.Line, "is an error of the provider: %s", quote(strings.TrimSpace(r.text("code")+" "+r.text("description")+string(o["error"]))))
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
		if err := enough(a.item(at, raw)); err != nil {
			return err
		}
	}
	if _, err := a.json.Token(); err != nil {
		return a.broken(err)
	}
	return nil
}

func enough(goOn bool) error {
	if goOn {
		return nil
	}
	return errEnough
}
