package csvfile

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
)

// numberForm is how a file writes numbers.
type numberForm struct {
	point byte
	// group stands between thousands; empty where nothing does.
	group string
	// strip is taken off: signs of currencies and the like.
	strip []string
}

// exponentMax bounds 1E-05 and its like, which spreadsheets write for small numbers.
const exponentMax = 30

// parse reads a number exactly, or not at all: where thousands are grouped, each
// group has three digits, so that 1.5 is never read as fifteen.
func (f numberForm) parse(cell string) (money.Decimal, bool) {
	for _, sign := range f.strip {
		cell = strings.ReplaceAll(cell, sign, "")
	}
	cell = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(cell, "\u00a0", " "), "\u202f", " "))
	cell = strings.ReplaceAll(strings.ReplaceAll(cell, "’", "'"), "−", "-")
	minus := false
	if inner, ok := strings.CutPrefix(cell, "("); ok && strings.HasSuffix(inner, ")") {
		cell, minus = strings.TrimSuffix(inner, ")"), true
	} else if before, ok := strings.CutSuffix(cell, "-"); ok {
		cell, minus = strings.TrimSpace(before), true
	} else if after, ok := strings.CutPrefix(cell, "-"); ok {
		cell, minus = strings.TrimSpace(after), true
	} else {
		cell = strings.TrimPrefix(cell, "+")
	}
	if cell == "" || cell[0] < '0' || cell[0] > '9' {
		return money.Decimal{}, false
	}
	whole, part, pointed := strings.Cut(cell, string(f.point))
	whole = f.ungrouped(whole)
	if whole == "" || strings.Contains(whole, ".") || (pointed && part == "") {
		return money.Decimal{}, false
	}
	if pointed {
		whole += "." + part
	}
	d, ok := plain(whole)
	if minus {
		d = d.Neg()
	}
	return d, ok
}

// ungrouped takes the signs between thousands out; empty where they are in the
// wrong place.
func (f numberForm) ungrouped(whole string) string {
	if f.group == "" || !strings.Contains(whole, f.group) {
		return whole
	}
	groups := strings.Split(whole, f.group)
	for i, g := range groups {
		if (i > 0 && len(g) != 3) || len(g) == 0 || len(g) > 3 {
			return ""
		}
	}
	return strings.Join(groups, "")
}

// plain reads 12.50, and 1.2E-05.
func plain(text string) (money.Decimal, bool) {
	mantissa, exponent, scientific := strings.Cut(strings.ToUpper(text), "E")
	if scientific {
		by, err := strconv.Atoi(strings.TrimPrefix(exponent, "+"))
		if err != nil || by < -exponentMax || by > exponentMax || len(mantissa) > 2*exponentMax {
			return money.Decimal{}, false
		}
		whole, part, _ := strings.Cut(mantissa, ".")
		digits, point := strings.Repeat("0", exponentMax)+whole+part, exponentMax+len(whole)+by
		if short := point - len(digits); short > 0 {
			digits += strings.Repeat("0", short)
		}
		text = strings.TrimLeft(digits[:point-1], "0") + digits[point-1:point]
		if point < len(digits) {
			text += "." + digits[point:]
		}
	}
	d, err := money.ParseDecimal(text)
	return d, err == nil
}

// ofCell is a number as a workbook stores it: a binary fraction, good for fifteen
// digits and written with up to seventeen.
func ofCell(text string) (money.Decimal, bool) {
	const good = 15
	digits, minus := strings.CutPrefix(text, "-")
	if digits == "" || digits[0] < '0' || digits[0] > '9' {
		return money.Decimal{}, false
	}
	d, ok := plain(digits)
	if !ok {
		return d, false
	}
	written := d.String()
	whole, part, _ := strings.Cut(written, ".")
	significant := len(strings.TrimLeft(whole+part, "0"))
	if places := len(part) - (significant - good); significant > good && places >= 0 {
		d = money.DecimalFrom(d.Ratio(), 0, places)
	}
	if minus {
		d = d.Neg()
	}
	return d.Trim(0), true
}

// dateForm is a pattern of days: DD.MM.YYYY and the like.
type dateForm struct{ pattern, layout string }

// dateTokens are the parts of a pattern, the longest of each letter first.
var dateTokens = []struct{ token, layout string }{
	{"YYYY", "2006"}, {"YY", "06"}, {"MMMM", "January"}, {"MMM", "Jan"}, {"MM", "01"}, {"M", "1"}, {"DD", "02"}, {"D", "2"},
	{"HH", "15"}, {"hh", "03"}, {"h", "3"}, {"mm", "04"}, {"ss", "05"}, {"AM", "PM"},
}

func newDateForm(pattern string) (dateForm, error) {
	var layout strings.Builder
	seen := map[byte]bool{}
	for rest := pattern; rest != ""; {
		token, written := rest[:1], rest[:1]
		for _, t := range dateTokens {
			if strings.HasPrefix(rest, t.token) {
				token, written = t.token, t.layout
				if seen[token[0]] {
					return dateForm{}, errors.New("a part of the day is there twice")
				}
				seen[token[0]] = true
				break
			}
		}
		if token == written && strings.Trim(token, "-/. :,TZ") != "" {
			return dateForm{}, errors.New("expected a pattern such as YYYY-MM-DD, DD.MM.YYYY or M/D/YYYY HH:mm")
		}
		layout.WriteString(written)
		rest = rest[len(token):]
	}
	if !seen['Y'] || !seen['M'] || !seen['D'] {
		return dateForm{}, errors.New("expected a year, a month and a day")
	}
	return dateForm{pattern, layout.String()}, nil
}

// shape is alike for patterns that one text can fit.
func (f dateForm) shape() string {
	return strings.NewReplacer("DD", "#", "D", "#", "MM", "#", "M", "#", "YYYY", "Y", "YY", "Y").Replace(
		strings.ReplaceAll(strings.ReplaceAll(f.pattern, "MMMM", "name"), "MMM", "name"))
}

// isoLayouts are read whatever the mapping says: they cannot be taken for another day.
var isoLayouts = []string{"2006-01-02", time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05"}

// instantOf reads a day, with a time where there is one; without a zone it is UTC.
func (m *Mapping) instantOf(cell string) (time.Time, bool) {
	for _, form := range m.dates {
		if at, err := time.Parse(form.layout, cell); err == nil && at.Year() >= 1 {
			return at.UTC(), true
		}
	}
	for _, layout := range isoLayouts {
		if at, err := time.Parse(layout, cell); err == nil && at.Year() >= 1 {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// dateForms are the patterns, for a message.
func (m *Mapping) dateForms() string {
	names := []string{"YYYY-MM-DD"}
	for _, form := range m.dates {
		names = append(names, form.pattern)
	}
	return strings.Join(names, " or ")
}

// serialInstant is a workbook's day: days since the end of 1899, a fraction for the time.
func serialInstant(cell string, since1904 bool) (time.Time, bool) {
	const from, to, secondsOfDay = 1, 2958465, 86400
	d, ok := ofCell(cell)
	if !ok || d.Cmp(money.DecimalOf(from)) < 0 || d.Cmp(money.DecimalOf(to)) > 0 {
		return time.Time{}, false
	}
	seconds, err := d.Ratio().Mul(money.Whole(secondsOfDay)).Round(0)
	if err != nil {
		return time.Time{}, false
	}
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if since1904 {
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return epoch.AddDate(0, 0, int(seconds/secondsOfDay)).Add(time.Duration(seconds%secondsOfDay) * time.Second), true
}

// openYear is that of the days which stand for no end.
const openYear = 9000

// dayOf is the civil day of an instant in UTC; no day for one that stands for none.
func dayOf(at time.Time) calendar.Date {
	year, month, day := at.Date()
	d, err := calendar.NewDate(year, int(month), day)
	if err != nil || at.IsZero() {
		return calendar.Date{}
	}
	return d
}
