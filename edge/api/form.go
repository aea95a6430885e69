package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow/office"
)

// Money is an amount: a decimal text with the digits of its currency, never a
// floating-point number.
type Money struct {
	Amount   Decimal `json:"amount" doc:"The amount, with the digits that its currency has." example:"1240.50"`
	Currency string  `json:"currency" pattern:"^[A-Z]{3}$" doc:"ISO 4217." example:"EUR"`
}

func moneyOf(a money.Amount) Money {
	return Money{Decimal(a.String()), a.Currency().String()}
}

// someMoney is nil for an amount of no currency, which is then left out.
func someMoney(a money.Amount) *Money {
	if a.Currency().IsZero() {
		return nil
	}
	shown := moneyOf(a)
	return &shown
}

// ProviderAmount is an amount with as many digits as the provider gives, which can be
// more than its currency has.
type ProviderAmount struct {
	Amount   Decimal `json:"amount" doc:"The amount, with the provider's digits." example:"118.2375"`
	Currency string  `json:"currency,omitempty" pattern:"^[A-Z]{3}$" doc:"ISO 4217; absent where the provider names none." example:"EUR"`
}

func providerAmountOf(d money.Decimal, currency money.Currency) ProviderAmount {
	return ProviderAmount{decimalOf(d), currency.String()}
}

// Decimal is an exact number as text; it keeps its digits.
type Decimal string

const decimalPattern = `^-?[0-9]{1,18}(\.[0-9]{1,18})?$`

// Schema describes it.
func (Decimal) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Pattern: decimalPattern, Examples: []any{"12.50"}}
}

func decimalOf(d money.Decimal) Decimal { return Decimal(d.String()) }

// someDecimal is nil where there is none, which is then left out.
func someDecimal(d money.Decimal, has bool) *Decimal {
	if !has {
		return nil
	}
	text := decimalOf(d)
	return &text
}

// decimal reads it as the value of a field.
func (d Decimal) decimal(field string) (money.Decimal, error) {
	value, err := money.ParseDecimal(string(d))
	if err != nil {
		return value, &office.FieldError{Field: field, Err: err}
	}
	return value, nil
}

// Day is a civil day of the seller's time zone: 2026-03-12.
type Day string

// Schema describes it.
func (Day) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date", Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`, Examples: []any{"2026-03-12"}}
}

// dayOf is empty for no day, which is then left out.
func dayOf(d calendar.Date) Day {
	if d.IsZero() {
		return ""
	}
	return Day(d.String())
}

// date reads it as the value of a field; no day where it is empty.
func (d Day) date(field string) (calendar.Date, error) {
	if d == "" {
		return calendar.Date{}, nil
	}
	date, err := calendar.ParseDate(string(d))
	if err != nil {
		return date, &office.FieldError{Field: field, Err: err}
	}
	return date, nil
}

// valueOf is what a word stands for: its place among the words, which the document has all
// of; the first where it is not given.
func valueOf[V ~uint8](words []string, word string) V { return V(max(0, slices.Index(words, word))) }

// instantOf is nil for no instant, which is then left out.
func instantOf(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	at = at.UTC()
	return &at
}

// strictJSON reads one JSON value and nothing behind it, in which no name stands twice: which of both counts
// would be a guess.
func strictJSON() huma.Format {
	format := huma.DefaultJSONFormat
	format.Unmarshal = func(data []byte, v any) error {
		decoder := json.NewDecoder(bytes.NewReader(data))
		if err := decoder.Decode(v); err != nil {
			return err
		}
		if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
			return errors.New("there is more behind the JSON value")
		}
		return namedOnce(data)
	}
	return format
}

// namedOnce says of JSON that can be read which name an object has twice.
func namedOnce(data []byte) error {
	// Within an object there is a set of its names, within a list there is none.
	var within []map[string]bool
	isName := false
	for decoder := json.NewDecoder(bytes.NewReader(data)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'):
			within = append(within, map[string]bool{})
		case json.Delim('['):
			within = append(within, nil)
		case json.Delim('}'), json.Delim(']'):
			within = within[:len(within)-1]
		default:
			name, isText := token.(string)
			if isName && isText {
				names := within[len(within)-1]
				if names[name] {
					return fmt.Errorf("%q stands twice in one object", name)
				}
				names[name], isName = true, false
				continue
			}
		}
		// What follows a value of an object, or its beginning, is a name.
		isName = len(within) > 0 && within[len(within)-1] != nil
	}
}
