package standin

import (
	"encoding/json"
	"strings"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
)

// cellKind says how a value stands in JSON.
type cellKind uint8

const (
	_ cellKind = iota // a text
	// numberCell is a number, or a text where the switch NumbersAsStrings is on.
	numberCell
	// listCell is a list of texts, already written as JSON.
	listCell
	// absentCell is left out where there is no value.
	absentCell
)

// column is one column of an export. The same line is published under two names:
// those of the exports and files, and those of the older line items; one that has
// no name of a kind is not in it.
type column[T any] struct {
	name, older string
	kind        cellKind
	// basic is set where the smaller attribute set has it too.
	basic bool
	of    func(*T) string
	// oldOf is the value of the older spelling where it differs.
	oldOf func(*T) string
}

// spelling is how lines are written.
type spelling struct {
	// older names the columns of the line items under /v1/invoices.
	older bool
	// basic leaves out what the basic attribute set does not have.
	basic bool
	// numbersAsStrings quotes every number.
	numbersAsStrings bool
}

// writeLine is one line as a JSON object, its columns in their published order.
// What extra holds, written as JSON, comes last.
func writeLine[T any](columns []column[T], line *T, as spelling, extra string) []byte {
	b := []byte{'{'}
	for _, c := range columns {
		name, value := c.name, c.of
		if as.older {
			if name = c.older; c.oldOf != nil {
				value = c.oldOf
			}
		}
		text := value(line)
		if name == "" || as.basic && !c.basic || c.kind == absentCell && text == "" {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(append(b, name...), '"', ':')
		switch {
		case c.kind == numberCell && text == "":
			b = append(b, "null"...)
		case c.kind == numberCell && !as.numbersAsStrings || c.kind == listCell && as.older:
			b = append(b, text...)
		default:
			b = append(b, quoted(text)...)
		}
	}
	if extra != "" {
		b = append(append(b, ','), extra...)
	}
	return append(b, '}')
}

// quoted is a text as JSON.
func quoted(text string) []byte {
	data, err := json.Marshal(text)
	if err != nil {
		// A Go string is always some JSON string.
		return []byte(`""`)
	}
	return data
}

// textList is a list of texts as JSON.
func textList(texts ...string) string {
	if len(texts) == 0 {
		return "[]"
	}
	parts := make([]string, len(texts))
	for i, t := range texts {
		parts[i] = string(quoted(t))
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// dayText is a day as Microsoft writes it: midnight UTC.
func dayText(day calendar.Date) string {
	if day.IsZero() {
		return ""
	}
	return daystamp(day)
}

// instantText is an instant with the seven places that Microsoft writes.
func instantText(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return stamp(at)
}

// monthOf is the calendar month that holds a day.
func monthOf(day calendar.Date) calendar.Period {
	_, _, d := day.Civil()
	first := day.AddDays(1 - d)
	return calendar.Period{From: first, To: first.AddMonths(1)}
}

// lastOf is the last day of a period, as Microsoft shows its ends.
func lastOf(p calendar.Period) calendar.Date {
	if p.Empty() {
		return calendar.Date{}
	}
	return p.To.AddDays(-1)
}

// percentText is a percentage as adjustment texts have it: 15.0%.
func percentText(percent money.Decimal) string {
	return money.DecimalFrom(percent.Ratio(), 1, 4).String() + "%"
}
