package store

import (
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"prorata/core/calendar"
	"prorata/core/money"
)

// rows is a result, read column by column in the order of its SELECT: no
// reflection and no allocation for what was seen before. A value that is not
// what the schema says is remembered as the error of the whole.
type rows struct {
	tx *tx
	// One of the two engines' results: PostgreSQL's columns as they came over the
	// wire, in its binary form, or SQLite's values, which for the long results are
	// packed into one text (localSession.columns).
	wire  pgx.Rows
	raw   [][]byte
	local driver.Rows
	cells []driver.Value
	// packed is the number of columns in the one text; parts are they.
	packed int
	parts  []string
	// release gives SQLite's statement back.
	release func() error
	at      int
	err     error
}

// next goes to the next row, and says whether there is one.
func (r *rows) next() bool {
	if r.err != nil {
		return false
	}
	r.at = 0
	if r.wire != nil {
		if !r.wire.Next() {
			return false
		}
		r.raw = r.wire.RawValues()
		return true
	}
	if err := r.local.Next(r.cells); err != nil {
		if !errors.Is(err, io.EOF) {
			r.err = r.tx.fail(err)
		}
		return false
	}
	if r.packed > 0 {
		r.unpack()
	}
	return r.err == nil
}

func (r *rows) unpack() {
	text, _ := r.cells[0].(string)
	r.parts = r.parts[:0]
	for more := true; more; {
		var part string
		part, text, more = strings.Cut(text, packedSeparator)
		r.parts = append(r.parts, part)
	}
	if len(r.parts) != r.packed {
		r.bad(fmt.Errorf("a row of %d columns has %d", r.packed, len(r.parts)))
	}
}

// close ends the result and gives the first error of it.
func (r *rows) close() error {
	if r.wire != nil {
		r.wire.Close()
		if err := r.wire.Err(); err != nil {
			return r.tx.fail(err)
		}
		return r.err
	}
	err := errors.Join(r.local.Close(), r.release())
	if r.err != nil {
		return r.err
	}
	return r.tx.fail(err)
}

// bad remembers a value that cannot be read.
func (r *rows) bad(err error) {
	if r.err == nil {
		r.err = fmt.Errorf("column %d: %w", r.at, err)
	}
}

// isNull says whether the next column is NULL, without going past it.
func (r *rows) isNull() bool {
	if r.wire != nil {
		return r.raw[r.at] == nil
	}
	if r.packed > 0 {
		return r.parts[r.at] == packedNull
	}
	return r.cells[r.at] == nil
}

// skip goes past columns.
func (r *rows) skip(columns int) { r.at += columns }

// is says whether the next column is a text, without going past it.
func (r *rows) is(text string) bool {
	if r.wire != nil {
		return string(r.raw[r.at]) == text
	}
	if r.packed > 0 {
		return r.parts[r.at] == text
	}
	cell, _ := r.cells[r.at].(string)
	return cell == text
}

// after says whether the next column is a text that comes after another, without going
// past it.
func (r *rows) after(text string) bool {
	if r.wire != nil {
		return string(r.raw[r.at]) > text
	}
	if r.packed > 0 {
		return r.parts[r.at] > text
	}
	cell, _ := r.cells[r.at].(string)
	return cell > text
}

// cell is the text just passed, on SQLite.
func (r *rows) cell() string {
	if r.packed > 0 {
		if part := r.parts[r.at-1]; part != packedNull {
			return part
		}
		return ""
	}
	text, ok := r.cells[r.at-1].(string)
	if !ok && r.cells[r.at-1] != nil {
		r.bad(fmt.Errorf("%v is not a text", r.cells[r.at-1]))
	}
	return text
}

// text is the next column as a text of its own; NULL is empty.
func (r *rows) text() string {
	r.at++
	if r.wire != nil {
		return string(r.raw[r.at-1])
	}
	return r.cell()
}

// word is a text that comes again and again: a sku, a list, an id.
func (r *rows) word() string {
	r.at++
	if r.wire != nil {
		return r.tx.word(r.raw[r.at-1])
	}
	if r.packed > 0 {
		return r.tx.wordOf(r.cell())
	}
	return r.cell()
}

// number is a whole number.
func (r *rows) number() int64 {
	r.at++
	if r.packed > 0 {
		n, err := strconv.ParseInt(r.parts[r.at-1], 10, 64)
		if err != nil {
			r.bad(err)
		}
		return n
	}
	if r.wire == nil {
		n, ok := r.cells[r.at-1].(int64)
		if !ok {
			r.bad(fmt.Errorf("%v is not a number", r.cells[r.at-1]))
		}
		return n
	}
	switch raw := r.raw[r.at-1]; len(raw) {
	case 8:
		return int64(binary.BigEndian.Uint64(raw))
	case 4:
		return int64(int32(binary.BigEndian.Uint32(raw)))
	default:
		r.bad(fmt.Errorf("%d bytes are not a number", len(raw)))
		return 0
	}
}

// count is a number of things that fits an int everywhere.
func (r *rows) count() int { return int(r.number()) }

// flag is a yes or no.
func (r *rows) flag() bool {
	r.at++
	if r.wire != nil {
		raw := r.raw[r.at-1]
		return len(raw) == 1 && raw[0] == 1
	}
	if r.packed > 0 {
		return r.parts[r.at-1] == "1"
	}
	switch v := r.cells[r.at-1].(type) {
	case int64:
		return v != 0
	case bool:
		return v
	}
	r.bad(fmt.Errorf("%v is neither yes nor no", r.cells[r.at-1]))
	return false
}

// day is a day, or none.
func (r *rows) day() calendar.Date {
	r.at++
	if r.wire != nil {
		raw := r.raw[r.at-1]
		if len(raw) == 0 {
			return calendar.Date{}
		}
		if day, ok := r.tx.days[string(raw)]; ok {
			return day
		}
		return r.dayOf(string(raw))
	}
	text := r.cell()
	if text == "" {
		return calendar.Date{}
	}
	if day, ok := r.tx.days[text]; ok {
		return day
	}
	return r.dayOf(text)
}

func (r *rows) dayOf(text string) calendar.Date {
	day, err := calendar.ParseDate(text)
	if err != nil {
		r.bad(err)
	}
	return remember(r.tx.days, strings.Clone(text), day)
}

// decimal is a decimal with its digits; NULL is 0.
func (r *rows) decimal() money.Decimal {
	r.at++
	if r.wire != nil {
		raw := r.raw[r.at-1]
		if len(raw) == 0 {
			return money.Decimal{}
		}
		if d, ok := r.tx.decimals[string(raw)]; ok {
			return d
		}
		return r.decimalOf(string(raw))
	}
	text := r.cell()
	if text == "" {
		return money.Decimal{}
	}
	if d, ok := r.tx.decimals[text]; ok {
		return d
	}
	return r.decimalOf(text)
}

func (r *rows) decimalOf(text string) money.Decimal {
	d, err := money.ParseDecimal(text)
	if err != nil {
		r.bad(err)
	}
	return remember(r.tx.decimals, strings.Clone(text), d)
}

// given is a decimal that may be NULL, and whether it is there.
func (r *rows) given() (money.Decimal, bool) {
	there := !r.isNull()
	return r.decimal(), there
}

// currency is a currency, or none.
func (r *rows) currency() money.Currency {
	code := r.word()
	if code == "" {
		return money.Currency{}
	}
	if c, ok := r.tx.currencies[code]; ok {
		return c
	}
	c, err := money.ParseCurrency(code)
	if err != nil {
		r.bad(err)
	}
	return remember(r.tx.currencies, code, c)
}

// amount is minor units of a currency.
func (r *rows) amount(currency money.Currency) money.Amount {
	return money.NewAmount(r.number(), currency)
}

// instant is microseconds UTC; 0 is none.
func (r *rows) instant() time.Time {
	micros := r.number()
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// microsOf is how an instant is kept.
func microsOf(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMicro()
}

// enum is the place of a word among those of an enumeration.
func (r *rows) enum(words []string) uint8 {
	r.at++
	if r.wire != nil {
		raw := r.raw[r.at-1]
		for i, word := range words {
			if string(raw) == word {
				return uint8(i)
			}
		}
		r.bad(fmt.Errorf("%q is none of %q", raw, words))
		return 0
	}
	text := r.cell()
	for i, word := range words {
		if text == word {
			return uint8(i)
		}
	}
	r.bad(fmt.Errorf("%q is none of %q", text, words))
	return 0
}

// memory keeps values that come again and again, so that each is made once. It
// belongs to one transaction at a time.
type memory struct {
	words      map[string]string
	days       map[string]calendar.Date
	decimals   map[string]money.Decimal
	currencies map[string]money.Currency
	// wire is the buffer of bulk writing.
	wire []byte
}

func newMemory() *memory {
	return &memory{words: map[string]string{}, days: map[string]calendar.Date{}, decimals: map[string]money.Decimal{}, currencies: map[string]money.Currency{}}
}

// rememberedMax bounds each part of a memory.
const rememberedMax = 1 << 14

func remember[V any](m map[string]V, key string, value V) V {
	if len(m) >= rememberedMax {
		clear(m)
	}
	m[key] = value
	return value
}

func (m *memory) word(raw []byte) string {
	if len(raw) == 0 {
		return ""
	}
	if w, ok := m.words[string(raw)]; ok {
		return w
	}
	w := string(raw)
	return remember(m.words, w, w)
}

// wordOf is the same for a part of a longer text, which it does not keep.
func (m *memory) wordOf(text string) string {
	if w, ok := m.words[text]; ok || text == "" {
		return w
	}
	w := strings.Clone(text)
	return remember(m.words, w, w)
}

// givenText is a decimal, or NULL where it is not given.
func givenText(d money.Decimal, given bool) any {
	if !given {
		return nil
	}
	return d.String()
}
