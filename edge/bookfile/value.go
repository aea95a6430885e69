package bookfile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// shape says what a value is made of.
type shape uint8

const (
	scalar shape = iota
	null
	list
	mapping
)

// value is a piece of a book, whatever it was written in: a text exactly as it
// stands, a list or a mapping, with the line where it begins.
type value struct {
	shape  shape
	text   string
	quoted bool
	line   int
	items  []value
	fields []field
}

// field is one key of a mapping.
type field struct {
	key   string
	line  int
	value value
}

const (
	idLengthMax   = 200
	textLengthMax = 4000
)

// fields reads the keys of one mapping and remembers which were asked for, so
// that one that nobody knows is found.
type fields struct {
	in    *problems
	path  string
	line  int
	of    []field
	asked []string
	// shapeOnly leaves out the checks of range and combination: the event is there
	// to be refused for them.
	shapeOnly bool
}

// fieldsOf expects a mapping.
func fieldsOf(in *problems, path string, v value) *fields {
	f := &fields{in: in, path: path, line: v.line, of: v.fields}
	if v.shape != mapping {
		in.add(v.line, path, "expected a mapping {key: value}")
		f.shapeOnly = true
	}
	return f
}

func (f *fields) pathOf(key string) string {
	if f.path == "" {
		return key
	}
	return f.path + "." + key
}

func (f *fields) at() flow.Source { return flow.Source{File: f.in.file, Line: f.line} }

// wrong reports a mistake at a key, on the key's own line where it is given.
func (f *fields) wrong(key, format string, args ...any) {
	line := f.line
	for _, g := range f.of {
		if g.key == key {
			line = g.value.line
		}
	}
	f.in.add(line, f.pathOf(key), format, args...)
}

// refuse is wrong, unless the event is there to be refused.
func (f *fields) refuse(key, format string, args ...any) {
	if !f.shapeOnly {
		f.wrong(key, format, args...)
	}
}

func (f *fields) find(key string) (value, bool) {
	if !slices.Contains(f.asked, key) {
		f.asked = append(f.asked, key)
	}
	for _, g := range f.of {
		if g.key == key && g.value.shape != null {
			return g.value, true
		}
	}
	return value{}, false
}

// given says whether a key has a value.
func (f *fields) given(key string) bool {
	_, ok := f.find(key)
	return ok
}

// require reports keys that are missing.
func (f *fields) require(keys ...string) {
	for _, key := range keys {
		if v, ok := f.find(key); !ok || (v.shape == scalar && strings.TrimSpace(v.text) == "") {
			f.in.add(f.line, f.pathOf(key), "missing, and required")
		}
	}
}

// done reports the keys that nobody asked for.
func (f *fields) done() {
	for _, g := range f.of {
		if !slices.Contains(f.asked, g.key) {
			f.in.add(g.line, f.pathOf(g.key), "unknown key (expected one of %s)", strings.Join(f.asked, ", "))
		}
	}
}

// scalar is the text of a key that must not be a list or a mapping.
func (f *fields) scalar(key, expected string) (value, bool) {
	v, ok := f.find(key)
	if ok && v.shape != scalar {
		f.wrong(key, "expected %s, got a %s", expected, shapeName(v.shape))
		return v, false
	}
	return v, ok
}

func shapeName(s shape) string {
	switch s {
	case list:
		return "list"
	case mapping:
		return "mapping"
	case null:
		return "null"
	default:
		return "text"
	}
}

func (f *fields) text(key string) string {
	v, ok := f.scalar(key, "a text")
	if !ok {
		return ""
	}
	return f.plain(key, v, textLengthMax)
}

func (f *fields) plain(key string, v value, most int) string {
	text := strings.TrimSpace(v.text)
	switch {
	case len(text) > most:
		f.wrong(key, "is %d bytes long (expected at most %d)", len(text), most)
	case !utf8.ValidString(text):
		f.wrong(key, "is not UTF-8")
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		f.wrong(key, "holds a line break or another control character")
	default:
		return text
	}
	return ""
}

func (f *fields) id(key string) string {
	v, ok := f.scalar(key, "an id")
	if !ok {
		return ""
	}
	return f.plain(key, v, idLengthMax)
}

// quote shows a text in a message, cut where it is long.
func quote(text string) string {
	const shown = 60
	if len(text) > shown {
		text = strings.ToValidUTF8(text[:shown], "") + "…"
	}
	return strconv.Quote(text)
}

func (f *fields) signed(key string) (money.Decimal, bool) {
	v, ok := f.scalar(key, "a decimal number")
	if !ok {
		return money.Decimal{}, false
	}
	d, err := money.ParseDecimal(v.text)
	if err != nil {
		f.wrong(key, "%s is not a decimal number (expected for example 12.50)", quote(v.text))
		return d, false
	}
	return d, true
}

// amount is a decimal that is not negative.
func (f *fields) amount(key string) (money.Decimal, bool) {
	d, ok := f.signed(key)
	if ok && d.Sign() < 0 {
		f.refuse(key, "%s is negative (expected 0 or more)", d)
	}
	return d, ok
}

// percent is a decimal between two bounds, both included; a plus may stand before it.
func (f *fields) percent(key string, least, most int64) (money.Decimal, bool) {
	v, ok := f.scalar(key, "a percentage")
	if !ok {
		return money.Decimal{}, false
	}
	d, err := money.ParseDecimal(strings.TrimPrefix(v.text, "+"))
	if err != nil || strings.HasPrefix(v.text, "+-") {
		f.wrong(key, "%s is not a percentage (expected for example 12.5)", quote(v.text))
		return money.Decimal{}, false
	}
	if d.Cmp(money.DecimalOf(least)) < 0 || d.Cmp(money.DecimalOf(most)) > 0 {
		f.refuse(key, "%s is out of range (expected %d to %d)", d, least, most)
	}
	return d, true
}

func (f *fields) date(key string) calendar.Date {
	v, ok := f.scalar(key, "a date")
	if !ok {
		return calendar.Date{}
	}
	d, err := calendar.ParseDate(v.text)
	if err != nil {
		f.wrong(key, "%s is not a date (expected YYYY-MM-DD)", quote(v.text))
	}
	return d
}

func (f *fields) flag(key string, otherwise bool) (is, given bool) {
	v, ok := f.scalar(key, "true or false")
	if !ok {
		return otherwise, false
	}
	switch v.text {
	case "true", "True", "TRUE":
		is = true
	case "false", "False", "FALSE":
	default:
		v.quoted = true
	}
	if v.quoted {
		f.wrong(key, "%s is neither true nor false", quote(v.text))
	}
	return is, true
}

func (f *fields) whole(key string, least, most int) (int, bool) {
	v, ok := f.scalar(key, "a whole number")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(v.text)
	if err != nil || n < least || n > most {
		f.wrong(key, "%s is not a whole number from %d to %d", quote(v.text), least, most)
		return 0, false
	}
	return n, true
}

func (f *fields) currency(key string) money.Currency {
	v, ok := f.scalar(key, "a currency")
	if !ok {
		return money.Currency{}
	}
	c, err := money.ParseCurrency(v.text)
	if err != nil {
		f.wrong(key, "%s is not a currency (expected an ISO 4217 code such as USD)", quote(v.text))
	}
	return c
}

func (f *fields) country(key string) string {
	text := f.text(key)
	if text != "" && (len(text) != 2 || strings.ToUpper(text) != text || text[0] < 'A' || text[0] > 'Z' || text[1] < 'A' || text[1] > 'Z') {
		f.wrong(key, "%s is not a country (expected an ISO 3166 code such as US)", quote(text))
	}
	return text
}

// termMonthsMax is a hundred years, beyond any term that is not a mistake.
const termMonthsMax = 1200

// term reads P1M, P3M, P1Y, P3Y and their like as months.
func (f *fields) term(key string) int {
	v, ok := f.scalar(key, "a term")
	if !ok {
		return 0
	}
	months, ok := parseTerm(v.text)
	if !ok {
		f.wrong(key, "%s is not a term (expected for example P1M, P1Y or P3Y)", quote(v.text))
	}
	return months
}

func parseTerm(text string) (months int, ok bool) {
	digits, ok := strings.CutPrefix(text, "P")
	if !ok || len(digits) < 2 || len(digits) > 5 {
		return 0, false
	}
	n, err := strconv.ParseUint(digits[:len(digits)-1], 10, 16)
	if err != nil {
		return 0, false
	}
	months = int(n)
	switch digits[len(digits)-1] {
	case 'M':
	case 'Y':
		months *= 12
	default:
		return 0, false
	}
	return months, months > 0 && months <= termMonthsMax
}

func termText(months int) string {
	if months%12 == 0 {
		return fmt.Sprintf("P%dY", months/12)
	}
	return fmt.Sprintf("P%dM", months)
}

// word gives the place of a key's text in a list of words, the first of which is
// the default.
func word[T ~uint8](f *fields, key string, words []string) T {
	v, ok := f.scalar(key, strings.Join(words, " or "))
	if !ok {
		return 0
	}
	at := slices.Index(words, v.text)
	if at < 0 {
		f.wrong(key, "unknown %s (expected %s)", quote(v.text), strings.Join(words, ", "))
		return 0
	}
	return T(at)
}

// sub is a mapping inside; nil where it is not given.
func (f *fields) sub(key string) *fields {
	v, ok := f.find(key)
	if !ok {
		return nil
	}
	s := fieldsOf(f.in, f.pathOf(key), v)
	s.shapeOnly = s.shapeOnly || f.shapeOnly
	return s
}

// list is the items of a key, each with its path.
func (f *fields) list(key string) []value {
	v, ok := f.find(key)
	if !ok {
		return nil
	}
	if v.shape != list {
		f.wrong(key, "expected a list, got a %s", shapeName(v.shape))
		return nil
	}
	return v.items
}

func indexed(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// unitTable knows the months of the units by name.
type unitTable struct {
	months map[string]int
	// open leaves a name that it does not know to whoever takes the value in.
	open bool
}

func newUnitTable(open bool) *unitTable {
	return &unitTable{months: map[string]int{"monthly": 1, "quarterly": 3, "annual": 12, "triennial": 36}, open: open}
}

// unit reads the name of a unit; otherwise is the unit where none is given.
func (f *fields) unit(key string, units *unitTable, otherwise string) billing.Unit {
	name := otherwise
	if f.given(key) {
		name = f.id(key)
	}
	if name == "" {
		return billing.Unit{}
	}
	months, ok := units.months[name]
	if !ok && !units.open {
		f.wrong(key, "unknown unit %s (expected %s)", quote(name), strings.Join(units.names(), ", "))
	}
	return billing.Unit{Name: name, Months: months}
}

func (u *unitTable) names() []string {
	names := make([]string, 0, len(u.months))
	for name := range u.months {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
