package pax8

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

const (
	// pageRows is the most that Pax8 gives at once.
	pageRows = 200
	// pagesMax is far beyond any list, so that an answer that is wrong ends.
	pagesMax = 100_000
)

type object map[string]json.RawMessage

func objectOf(data []byte) (object, error) {
	var of object
	if err := json.Unmarshal(data, &of); err != nil || of == nil {
		return nil, errors.New("is not a JSON object")
	}
	return of, nil
}

// mistakes are those of one row.
type mistakes struct {
	at   flow.Source
	list []error
}

func (m *mistakes) add(field, format string, args ...any) {
	m.list = append(m.list, &flow.InputError{At: m.at, Err: errors.New(field + ": " + fmt.Sprintf(format, args...))})
}

func (m *mistakes) err() error { return errors.Join(m.list...) }

// reading reads the fields of one row.
type reading struct {
	of    object
	wrong *mistakes
}

// text is a text, or a number or flag as it is written; empty for null.
func (r reading) text(field string) string {
	raw := bytes.TrimSpace(r.of[field])
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	if raw[0] != '"' {
		if raw[0] == '{' || raw[0] == '[' {
			r.wrong.add(field, "is no text")
			return ""
		}
		return string(raw)
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		r.wrong.add(field, "is no text: %v", err)
	}
	return flow.PlainText(text)
}

func (r reading) need(field string) string {
	text := r.text(field)
	if text == "" {
		r.wrong.add(field, "is missing, and required")
	}
	return text
}

// number is a decimal, also where it stands in quotes or has an exponent.
func (r reading) number(field string) (d money.Decimal, given bool) {
	text := r.text(field)
	if text == "" {
		return d, false
	}
	if d, given = decimalOf(text); !given {
		r.wrong.add(field, "%q is not a number", text)
	}
	return d, given
}

func (r reading) needNumber(field string) money.Decimal {
	if r.need(field) == "" {
		return money.Decimal{}
	}
	d, _ := r.number(field)
	return d
}

// decimalOf reads 12.50, and 1.2E-5, which JSON writes for small numbers.
func decimalOf(text string) (money.Decimal, bool) {
	const exponentMax = 30
	mantissa, exponent, scientific := strings.Cut(strings.ToUpper(text), "E")
	if !scientific {
		d, err := money.ParseDecimal(text)
		return d, err == nil
	}
	by, err := strconv.Atoi(strings.TrimPrefix(exponent, "+"))
	if err != nil || by < -exponentMax || by > exponentMax {
		return money.Decimal{}, false
	}
	d, err := money.ParseDecimal(mantissa)
	if err != nil {
		return d, false
	}
	power, err := money.ParseDecimal("1" + strings.Repeat("0", max(by, -by)))
	if err != nil {
		return d, false
	}
	if by < 0 {
		return money.DecimalFrom(d.Ratio().Div(power.Ratio()), 0, d.Digits()-by), true
	}
	return money.DecimalFrom(d.Ratio().Mul(power.Ratio()), 0, d.Digits()), true
}

// instant reads a day or an instant; the zero time where there is none.
func (r reading) instant(field string) time.Time {
	text := r.text(field)
	if text == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700", "2006-01-02T15:04:05.999999999", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() >= 1 {
			return at.UTC()
		}
	}
	r.wrong.add(field, "%q is not a day or an instant", text)
	return time.Time{}
}

func (r reading) day(field string) calendar.Date { return dayOf(r.instant(field)) }

func dayOf(at time.Time) calendar.Date {
	if at.IsZero() {
		return calendar.Date{}
	}
	year, month, day := at.Date()
	d, err := calendar.NewDate(year, int(month), day)
	if err != nil {
		return calendar.Date{}
	}
	return d
}

func (r reading) currency(field string) money.Currency {
	text := r.need(field)
	if text == "" {
		return money.Currency{}
	}
	c, err := money.ParseCurrency(strings.ToUpper(text))
	if err != nil {
		r.wrong.add(field, "%q is not a currency (expected an ISO 4217 code)", text)
	}
	return c
}

func (r reading) list(field string) []json.RawMessage {
	raw := bytes.TrimSpace(r.of[field])
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var all []json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		r.wrong.add(field, "is no list")
	}
	return all
}

// sub is an object inside; of nothing where there is none.
func (r reading) sub(field string) reading {
	raw := bytes.TrimSpace(r.of[field])
	if len(raw) == 0 || string(raw) == "null" {
		return reading{wrong: r.wrong}
	}
	of, err := objectOf(raw)
	if err != nil {
		r.wrong.add(field, "%v", err)
	}
	return reading{of, r.wrong}
}

// single is an answer that is one object.
func (c *Client) single(ctx context.Context, r request) (reading, error) {
	data, err := c.call(ctx, r)
	if err != nil {
		return reading{}, err
	}
	of, err := objectOf(data)
	if err != nil {
		return reading{}, fmt.Errorf("pax8: %s: the answer %w", &r, err)
	}
	return reading{of, &mistakes{at: flow.Source{File: r.String()}}}, nil
}

// pages are the rows of all pages of a list. The page in hand is read to its end
// before the next is asked for.
func (c *Client) pages(ctx context.Context, path string, query url.Values) iter.Seq2[reading, error] {
	return func(yield func(reading, error) bool) {
		for page := 0; ; page++ {
			q := url.Values{"page": {strconv.Itoa(page)}, "size": {strconv.Itoa(pageRows)}}
			for key, value := range query {
				q[key] = value
			}
			r := request{method: http.MethodGet, path: path, query: q}
			answer, err := c.single(ctx, r)
			if err != nil {
				yield(reading{}, err)
				return
			}
			rows := answer.list("content")
			if number := answer.sub("page").text("number"); number != "" && number != strconv.Itoa(page) {
				answer.wrong.add("page.number", "is %s, and %d was asked for", number, page)
			}
			if page > pagesMax {
				answer.wrong.add("page", "%d, and there is no end", page)
			}
			if wrong := answer.wrong.err(); wrong != nil {
				yield(reading{}, errors.New("pax8: "+wrong.Error()))
				return
			}
			for i, raw := range rows {
				at := flow.Source{File: fmt.Sprintf("%s page %d", &r, page+1), Line: i + 1}
				of, err := objectOf(raw)
				if err != nil {
					err = &flow.InputError{At: at, Err: err}
				}
				if ctx.Err() != nil {
					yield(reading{}, ctx.Err())
					return
				}
				if !yield(reading{of, &mistakes{at: at}}, err) {
					return
				}
			}
			if len(rows) == 0 || !answer.more(page, len(rows)) {
				return
			}
		}
	}
}

// more says whether a page follows.
func (r reading) more(page, rows int) bool {
	in := r.sub("page")
	total, err := strconv.Atoi(in.text("totalPages"))
	if err != nil {
		return rows == pageRows
	}
	return page+1 < total
}

// each turns the rows of a list into values; a wrong row is an error in its place.
// What is not wanted is left out.
func each[T any](rows iter.Seq2[reading, error], read func(reading) (v T, want bool, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for row, err := range rows {
			if err != nil {
				if !yield(none, err) || !isRow(err) {
					return
				}
				continue
			}
			v, want, err := read(row)
			if err != nil {
				yield(none, err)
				return
			}
			if wrong := row.wrong.err(); wrong != nil {
				if !yield(none, wrong) {
					return
				}
				continue
			}
			if want && !yield(v, nil) {
				return
			}
		}
	}
}

func isRow(err error) bool {
	var row *flow.InputError
	return errors.As(err, &row)
}

func refuses[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, err)
	}
}
