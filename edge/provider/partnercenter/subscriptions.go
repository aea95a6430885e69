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

	"prorata/core/money"
	"prorata/flow"
)

// Subscriptions reads a customer's subscriptions as the API answers them: a
// collection, a bare list, or one by itself. Fields that it does not know are
// passed over; numbers may be texts, and texts numbers. Ends, which Microsoft
// gives as the last day, become the first instant after.
func Subscriptions(name string, r io.Reader) iter.Seq2[flow.Holding, error] {
	return func(yield func(flow.Holding, error) bool) {
		text, err := openText(name, r, allow(0))
		if err != nil {
			yield(flow.Holding{}, err)
			return
		}
		a := newAnswer(name, "subscription", text)
		a.item = func(at flow.Source, raw json.RawMessage) bool {
			o, ok := objectOf(raw)
			if !ok {
				return yield(flow.Holding{}, &Problem{At: at, Text: "expected a subscription {…}, got " + quote(string(raw))})
			}
			return handHolding(at, o, yield)
		}
		a.alone = func(at flow.Source, o object) bool { return handHolding(at, o, yield) }
		if err := a.read(); err != nil && !errors.Is(err, errEnough) {
			yield(flow.Holding{}, err)
		}
	}
}

func handHolding(at flow.Source, o object, yield func(flow.Holding, error) bool) bool {
	h, err := holding(at, o)
	if err != nil {
		h = flow.Holding{}
	}
	return yield(h, err)
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
		return flow.PlainText(text)
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
