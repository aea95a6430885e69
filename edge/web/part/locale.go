// Package part is what pages are put together from: the frame, tables, amounts, days,
// pills, forms. It knows how things look and nothing of what they are; every
// function gives the same markup for the same values.
package part

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"prorata/core/calendar"
	"prorata/core/money"
)

// Locale is how a reader writes numbers. Pages speak English; the separators are the
// reader's own, as their browser or their profile says. Days are written 12 Mar 2026
// for all, which no one reads wrongly.
type Locale struct {
	// Tag is a BCP 47 tag, such as de-AT.
	Tag          string
	group, point string
	// Zone is the seller's, in which instants are shown.
	Zone *time.Location
}

// LocaleOf reads a list of tags as browsers send it; English where it says nothing.
func LocaleOf(acceptLanguage string, zone *time.Location) Locale {
	tag := language.BritishEnglish
	if tags, _, err := language.ParseAcceptLanguage(acceptLanguage); err == nil && len(tags) > 0 {
		tag = tags[0]
	}
	printer := message.NewPrinter(tag)
	grouped := printer.Sprintf("%.1f", 1234567.5)
	l := Locale{Tag: tag.String(), group: ",", point: ".", Zone: zone}
	// Languages with digits of their own keep the plain ones here: columns of both do not align.
	if after, found := strings.CutPrefix(grouped, "1"); found && strings.Contains(grouped, "234") && strings.HasSuffix(grouped, "5") {
		l.group, _, _ = strings.Cut(after, "234")
		l.point = strings.TrimSuffix(grouped[strings.LastIndex(grouped, "567")+3:], "5")
	}
	return l
}

const minus = "\u2212"

// Number sets a plain decimal text, such as -1234.50, the reader's way, with a real minus sign.
func (l Locale) Number(plain string) string {
	sign := ""
	if strings.HasPrefix(plain, "-") {
		sign, plain = minus, plain[1:]
	}
	whole, part, pointed := strings.Cut(plain, ".")
	var b strings.Builder
	b.WriteString(sign)
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(l.group)
		}
		b.WriteRune(digit)
	}
	if pointed {
		b.WriteString(l.point)
		b.WriteString(part)
	}
	return b.String()
}

// Point is the reader's decimal sign.
func (l Locale) Point() string { return l.point }

// Plain is the other way round: what a reader typed as a plain decimal text. What is no
// number of the reader's comes back as it is, for whoever parses it to refuse.
func (l Locale) Plain(typed string) string {
	text := strings.TrimSpace(typed)
	for _, space := range []string{" ", "\u00a0", "\u202f", "'", "\u2019"} {
		text = strings.ReplaceAll(text, space, "")
	}
	text = strings.ReplaceAll(text, minus, "-")
	group, point := ",", "."
	if l.point == "," {
		group, point = ".", ","
	}
	whole, rest, pointed := strings.Cut(text, point)
	if !thousands(whole, group) {
		// 10,00 is not a thousand because its writer is at home elsewhere.
		return text
	}
	whole = strings.ReplaceAll(whole, group, "")
	if !pointed {
		return whole
	}
	return whole + "." + rest
}

// thousands says whether what sets groups apart stands before three digits each time.
func thousands(whole, group string) bool {
	for i, part := range strings.Split(strings.TrimLeft(whole, "+-"), group) {
		if i > 0 && len(part) != 3 || i == 0 && len(part) > 3 && strings.Contains(whole, group) {
			return false
		}
	}
	return true
}

// Amount is an amount without its currency.
func (l Locale) Amount(a money.Amount) string { return l.Number(a.String()) }

// Quantity is a number of things, without zeros that say nothing.
func (l Locale) Quantity(q money.Decimal) string { return l.Number(q.Trim(0).String()) }

// Price is a unit price: the currency's digits, and as many more as it has.
func (l Locale) Price(p money.Decimal, currency money.Currency) string {
	digits := currency.Digits()
	return l.Number(money.DecimalFrom(p.Ratio(), digits, max(digits, p.Digits())).String())
}

// Count is a whole number.
func (l Locale) Count(n int64) string { return l.Number(strconv.FormatInt(n, 10)) }

// Day is 12 Mar 2026, and empty for no day.
func Day(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	year, month, day := d.Civil()
	return strconv.Itoa(day) + " " + shortMonth(month) + " " + strconv.Itoa(year)
}

// isoDay is a day as machines write it.
var isoDay = regexp.MustCompile(`\b\d{4}-\d\d-\d\d\b`)

// Sentence is one that was kept as machines tell it, as people read it: its days as Day has
// them, its first letter a capital.
func Sentence(text string) string {
	text = isoDay.ReplaceAllStringFunc(text, func(iso string) string {
		day, err := calendar.ParseDate(iso)
		if err != nil {
			return iso
		}
		return Day(day)
	})
	first, size := utf8.DecodeRuneInString(text)
	// What begins with an id stays as it is: nordlicht-us-INV-000001, 37d9762c….
	if word, _, _ := strings.Cut(text, " "); text == "" || strings.ContainsAny(word, "0123456789-:/") {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

// decimal is an amount or a price in a sentence: with at least two digits after its point.
var decimal = regexp.MustCompile(`-?\b\d+\.\d{2,}\b`)

// Sentence is one that was kept as machines tell it, with its days and its amounts set the reader's way.
func (l Locale) Sentence(text string) string { return l.Prose(Sentence(text)) }

// Prose sets the amounts of a sentence the reader's way. What only looks like one, such as a part of an id, a version
// or an address, stays as it is.
func (l Locale) Prose(text string) string {
	var b strings.Builder
	done := 0
	for _, at := range decimal.FindAllStringIndex(text, -1) {
		from, to := at[0], at[1]
		before, after := text[:from], text[to:]
		alone := before == "" || strings.HasSuffix(before, minus) || strings.ContainsAny(before[len(before)-1:], " (=")
		further := len(after) > 1 && strings.ContainsAny(after[:1], ".-:/_") && after[1] != ' '
		if !alone || further {
			continue
		}
		b.WriteString(text[done:from])
		b.WriteString(l.Number(text[from:to]))
		done = to
	}
	return b.String() + text[done:]
}

func shortMonth(month int) string { return time.Month(month).String()[:3] }

// Period is the days from from to the day before to, with what its ends share said
// once: 1–31 Mar 2026. Without an end it is the one day.
func Period(from, to calendar.Date) string {
	if from.IsZero() || to.IsZero() || !from.Before(to) {
		return Day(from)
	}
	last := to.AddDays(-1)
	fromYear, fromMonth, fromDay := from.Civil()
	year, month, _ := last.Civil()
	switch {
	case from == last:
		return Day(from)
	case fromYear != year:
		return Day(from) + " – " + Day(last)
	case fromMonth != month:
		return strconv.Itoa(fromDay) + " " + shortMonth(fromMonth) + " – " + Day(last)
	}
	return strconv.Itoa(fromDay) + "–" + Day(last)
}

// Month is March 2026, of any day in it.
func Month(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	year, month, _ := d.Civil()
	return time.Month(month).String() + " " + strconv.Itoa(year)
}

// Last is the last day of what ends before a day, and empty for what has no end.
func Last(end calendar.Date) string {
	if end.IsZero() {
		return ""
	}
	return Day(end.AddDays(-1))
}

// Instant is 12 Mar 2026, 14:05 in the seller's zone, and empty for none.
func (l Locale) Instant(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	if l.Zone != nil {
		at = at.In(l.Zone)
	}
	return at.Format("2 Jan 2006, 15:04")
}

// Ago is how long before now something was, in the largest unit that says it.
func Ago(at, now time.Time) string {
	if at.IsZero() {
		return "never"
	}
	past := now.Sub(at)
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		if n := int(past / unit.size); n > 0 {
			return Plural(int64(n), unit.name) + " ago"
		}
	}
	return "just now"
}

// Plural is 1 invoice, 2 invoices.
func Plural(n int64, noun string) string {
	text := strconv.FormatInt(n, 10) + " " + noun
	if n == 1 {
		return text
	}
	if strings.HasSuffix(noun, "y") && !strings.HasSuffix(noun, "ay") && !strings.HasSuffix(noun, "ey") {
		return strings.TrimSuffix(text, "y") + "ies"
	}
	return text + "s"
}

// Sum sets the arithmetic of a line the reader's way: its numbers, and real minus signs.
// Days, SKUs and whole numbers stay as they are.
func (l Locale) Sum(text string) string {
	if strings.HasPrefix(text, "-") {
		text = minus + text[1:]
	}
	text = strings.NewReplacer(" -", " "+minus, "(-", "("+minus).Replace(text)
	var b strings.Builder
	for at := 0; at < len(text); {
		from := at
		for at < len(text) && (text[at] >= '0' && text[at] <= '9' || text[at] == '.' && at > from) {
			at++
		}
		if at == from {
			b.WriteByte(text[at])
			at++
			continue
		}
		number := strings.TrimRight(text[from:at], ".")
		at = from + len(number)
		alone := (from == 0 || strings.IndexByte(" (/[", text[from-1]) >= 0 || strings.HasSuffix(text[:from], minus)) && (at == len(text) || text[at] != '-')
		if alone && strings.Count(number, ".") == 1 {
			number = l.Number(number)
		}
		b.WriteString(number)
	}
	return b.String()
}
