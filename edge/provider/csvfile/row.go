package csvfile

import (
	"maps"
	"slices"
	"strings"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

func sorted[T any](of map[string]T) []string { return slices.Sorted(maps.Keys(of)) }

// row reads the cells of one row by the fields of its mapping.
type row struct {
	of    *table
	at    flow.Source
	cells []string
	wrong mistakes
	// negated says that the mapping turns the amounts of this row.
	negated bool
}

func (r *row) cell(at int) string {
	if at >= len(r.cells) {
		return ""
	}
	return flow.PlainText(r.cells[at])
}

func (r *row) any(conditions []bound) bool {
	return slices.ContainsFunc(conditions, func(c bound) bool {
		cell := r.cell(c.at)
		switch {
		case c.starts != "":
			return strings.HasPrefix(strings.ToLower(cell), strings.ToLower(c.starts))
		case c.isEmpty:
			return cell == ""
		case c.notEmpty:
			return cell != ""
		}
		return slices.ContainsFunc(c.is, func(is string) bool { return strings.EqualFold(is, cell) })
	})
}

// spelled is a field and the columns that it comes from, for a message.
func (r *row) spelled(name string) string {
	if f, ok := r.of.fields[name]; ok && len(f.names) > 0 {
		return strings.Join(f.names, " + ")
	}
	return name
}

// text is a field's value, in our words where the mapping has some.
func (r *row) text(name string) string {
	f, mapped := r.of.fields[name]
	if !mapped {
		return ""
	}
	value := f.constant
	if !f.hasConstant {
		value = r.gather(f)
	}
	if value == "" && f.hasFallback {
		value = f.fallback
	}
	if f.words == nil && !f.hasOther {
		return value
	}
	if ours, met := f.met[value]; met {
		return ours
	}
	if ours, known := f.words[columnName(value)]; known {
		f.met[strings.Clone(value)] = ours
		return ours
	}
	switch {
	case value == "" || (f.shape != text && isWord(f.shape, value)):
		return value
	case f.hasOther:
		return f.other
	case f.shape == text:
		return value
	}
	r.wrong.add(r.spelled(name), "the mapping has no word for %s (expected one of %q)", quote(value), sorted(f.words))
	return ""
}

func (r *row) gather(f *field) string {
	if len(f.places) == 1 {
		return r.plain(f, f.places[0])
	}
	var parts []string
	for _, at := range f.places {
		part := r.plain(f, at)
		if f.either && part != "" {
			return part
		}
		parts = append(parts, part)
	}
	if f.either || strings.Join(parts, "") == "" {
		return ""
	}
	return strings.Join(parts, f.join)
}

// plain is a cell without what spreadsheets dress it in. A cell that a spreadsheet
// would run as a formula is refused: it would run again wherever it is shown.
func (r *row) plain(f *field, at int) string {
	cell := r.cell(at)
	if inner, ok := strings.CutPrefix(cell, `="`); ok && strings.HasSuffix(inner, `"`) {
		cell = strings.TrimSpace(strings.TrimSuffix(inner, `"`))
	}
	if f.shape == text && runs(cell) {
		r.wrong.add(r.of.header[at], "%s is a formula (expected a text)", quote(cell))
		return ""
	}
	return cell
}

// runs says whether a spreadsheet would take a text for a formula.
func runs(cell string) bool {
	if cell == "" {
		return false
	}
	switch cell[0] {
	case '=':
		return true
	case '@', '+', '-':
		return strings.ContainsAny(cell, "(|!")
	}
	return false
}

// need is a text that must not be empty.
func (r *row) need(name string) string {
	before := len(r.wrong.list)
	value := r.text(name)
	if value == "" && len(r.wrong.list) == before {
		r.wrong.add(r.spelled(name), "is empty, and required for %s", name)
	}
	return value
}

// decimal is a number; given is false where there is none.
func (r *row) decimal(name string) (d money.Decimal, given bool) {
	value := r.text(name)
	if value == "" {
		return d, false
	}
	form := r.of.numbers
	f := r.of.fields[name]
	switch {
	case f.hasConstant || (f.hasFallback && value == f.fallback):
		d, given = plain(strings.TrimPrefix(value, "-"))
		if strings.HasPrefix(value, "-") {
			d = d.Neg()
		}
	case r.of.workbook && form.group == "" && !strings.Contains(value, ","):
		if d, given = ofCell(value); !given {
			d, given = form.parse(value)
		}
	default:
		d, given = form.parse(value)
	}
	if !given {
		r.wrong.add(r.spelled(name), "%s is not a number as the mapping writes them (decimal sign %q, thousands %q)", quote(value), form.point, form.group)
		return d, false
	}
	if r.negated && f.shape == amount && d.Sign() > 0 {
		d = d.Neg()
	}
	return d, true
}

func (r *row) needDecimal(name string) money.Decimal {
	before := len(r.wrong.list)
	d, given := r.decimal(name)
	if !given && len(r.wrong.list) == before {
		r.wrong.add(r.spelled(name), "is empty, and required for %s", name)
	}
	return d
}

// instant is the zero time where there is none.
func (r *row) instant(name string) time.Time {
	value := r.text(name)
	if value == "" {
		return time.Time{}
	}
	at, ok := r.of.instantOf(value)
	if !ok && r.of.workbook {
		at, ok = serialInstant(value, r.of.since1904)
	}
	if !ok {
		r.wrong.add(r.spelled(name), "%s is not a day (expected %s)", quote(value), r.of.dateForms())
	}
	return at
}

func (r *row) date(name string) calendar.Date { return dayOf(r.instant(name)) }

func (r *row) needDate(name string) calendar.Date {
	if r.need(name) == "" {
		return calendar.Date{}
	}
	return r.date(name)
}

// endAt is the first instant after what ends; zero where it never does.
func (r *row) endAt(name string) time.Time {
	at := r.instant(name)
	if at.Year() >= openYear || at.IsZero() {
		return time.Time{}
	}
	midnight := at.Truncate(24 * time.Hour)
	if r.of.lastDays || !midnight.Equal(at) {
		return midnight.AddDate(0, 0, 1)
	}
	return at
}

// end is the first day after what ends.
func (r *row) end(name string) calendar.Date { return dayOf(r.endAt(name)) }

func (r *row) currency(name string) money.Currency {
	value := strings.ToUpper(r.text(name))
	if value == "" {
		return r.of.currency
	}
	c, err := money.ParseCurrency(value)
	if err != nil {
		r.wrong.add(r.spelled(name), "%s is not a currency (expected an ISO 4217 code such as EUR)", quote(value))
	}
	return c
}

func (r *row) needCurrency(name string) money.Currency {
	before := len(r.wrong.list)
	c := r.currency(name)
	if c.IsZero() && len(r.wrong.list) == before {
		r.wrong.add(r.spelled(name), "is empty, and the mapping names no currency")
	}
	return c
}

// term is a number of months; 0 for none.
func (r *row) term(name string) int {
	value := r.text(name)
	if value == "" {
		return 0
	}
	months, ok := monthsOf(value)
	if !ok {
		r.wrong.add(r.spelled(name), "%s is not a term (expected P1M, P1Y, a number of months, or a word in values)", quote(value))
	}
	return months
}

func (r *row) cycle(name string) billing.Unit {
	value := strings.ToLower(r.text(name))
	if value == "" {
		return billing.Unit{}
	}
	unit, ok := cycles[value]
	if !ok {
		r.wrong.add(r.spelled(name), "%s is not a billing cycle (expected %s, or a word in values)", quote(value), strings.Join(sorted(cycles), ", "))
	}
	return unit
}

func (r *row) flag(name string) (set, given bool) {
	value := r.text(name)
	if value == "" {
		return false, false
	}
	set, given = flagOf(value)
	if !given {
		r.wrong.add(r.spelled(name), "%s is neither yes nor no", quote(value))
	}
	return set, given
}

// period is from a day up to the end, which is the day's own where there is none.
func (r *row) period(from, to string) calendar.Period {
	p := calendar.Period{From: r.needDate(from)}
	if p.From.IsZero() {
		return p
	}
	p.To = r.end(to)
	if p.To.IsZero() || (p.To == p.From && !r.of.lastDays) {
		p.To = p.From.AddDays(1)
	}
	if p.Empty() {
		r.wrong.add(r.spelled(to), "ends on %s, before it begins on %s", p.To.AddDays(-1), p.From)
	}
	return p
}

// identityOf is what names the row: the columns that the mapping says, or else
// these fields.
func (r *row) identityOf(fields []string) string {
	var b strings.Builder
	for _, at := range r.of.identity {
		b.WriteString(strings.ToLower(r.cell(at)) + "\x01")
	}
	if len(r.of.identity) == 0 {
		for _, name := range fields {
			b.WriteString(strings.ToLower(r.raw(name)) + "\x01")
		}
	}
	return b.String()
}

// raw is a field as it stands in the file, before any word of ours.
func (r *row) raw(name string) string {
	f, mapped := r.of.fields[name]
	if !mapped {
		return ""
	}
	if len(f.places) == 1 {
		return r.cell(f.places[0])
	}
	var parts []string
	for _, at := range f.places {
		parts = append(parts, r.cell(at))
	}
	return strings.Join(parts, "\x00") + f.constant
}
