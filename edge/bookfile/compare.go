package bookfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"prorata/core/money"
	"prorata/flow"
)

// Difference is one thing that a simulation gave otherwise than expected.
type Difference struct {
	// At is where the expectation stands.
	At flow.Source
	// Text is one line: which invoice, which line, what was expected, what came.
	Text string
}

// String is one line for people.
func (d Difference) String() string { return d.At.String() + ": " + d.Text }

// Compare tells what differs, in the order of the file. Expected and given
// invoices of a day and contract, and their lines, are matched one to one in any
// order, so that no order of the file hides a match.
func Compare(expect Expectation, got []flow.SimulatedInvoice) []Difference {
	type key struct{ date, contract string }
	open := map[key][]*flow.SimulatedInvoice{}
	for i := range got {
		k := key{got[i].Date.String(), string(got[i].Contract)}
		open[k] = append(open[k], &got[i])
	}
	wanted := map[key][]*ExpectedInvoice{}
	var order []key
	for i := range expect.Invoices {
		e := &expect.Invoices[i]
		k := key{e.Date.String(), string(e.Contract)}
		if wanted[k] == nil {
			order = append(order, k)
		}
		wanted[k] = append(wanted[k], e)
	}
	var found []Difference
	for _, k := range order {
		found = append(found, compareInvoices(wanted[k], open[k])...)
		delete(open, k)
	}
	slices.SortStableFunc(found, func(a, b Difference) int { return cmp.Compare(a.At.Line, b.At.Line) })
	for i := range got {
		if _, unexpected := open[key{got[i].Date.String(), string(got[i].Contract)}]; unexpected {
			found = append(found, notExpected(expect.At, &got[i]))
		}
	}
	return found
}

func notExpected(at flow.Source, got *flow.SimulatedInvoice) Difference {
	return Difference{At: at, Text: fmt.Sprintf("%s: not expected: %s of %s %s to %s", invoiceName(got), invoiceKind(got), got.Total, got.Currency, got.Account)}
}

func invoiceName(got *flow.SimulatedInvoice) string {
	if got.Contract == "" {
		return got.Date.String() + " (consolidated)"
	}
	return got.Date.String() + " " + string(got.Contract)
}

func invoiceKind(got *flow.SimulatedInvoice) string {
	if got.CreditNote {
		return invoiceKindWords[1]
	}
	return invoiceKindWords[0]
}

// compareInvoices matches those of one day and contract.
func compareInvoices(expected []*ExpectedInvoice, got []*flow.SimulatedInvoice) []Difference {
	pairs, missing, left := pair(len(expected), len(got), func(i, j int) int { return len(compareInvoice(expected[i], got[j])) })
	var found []Difference
	for _, p := range pairs {
		found = append(found, compareInvoice(expected[p[0]], got[p[1]])...)
	}
	for _, i := range missing {
		e := expected[i]
		name := invoiceName(&flow.SimulatedInvoice{Date: e.Date, Contract: e.Contract})
		found = append(found, Difference{e.At, fmt.Sprintf("%s: missing: expected %s", name, describe(e.Given))})
	}
	for _, j := range left {
		found = append(found, notExpected(expected[0].At, got[j]))
	}
	return found
}

func compareInvoice(e *ExpectedInvoice, got *flow.SimulatedInvoice) []Difference {
	name := invoiceName(got)
	var found []Difference
	for _, want := range e.Given {
		if text, ok := same(want, invoiceField(got, want.Key)); !ok {
			found = append(found, Difference{e.At, fmt.Sprintf("%s: %s: expected %s, got %s", name, want.Key, wantedText(want), text)})
		}
	}
	if !e.HasLines {
		return found
	}
	pairs, missing, left := pair(len(e.Lines), len(got.Lines), func(i, j int) int { return lineDistance(&e.Lines[i], &got.Lines[j]) })
	for _, p := range pairs {
		for _, text := range lineDifferences(&e.Lines[p[0]], &got.Lines[p[1]]) {
			found = append(found, Difference{e.Lines[p[0]].At, fmt.Sprintf("%s: line %s: %s", name, lineName(&got.Lines[p[1]]), text)})
		}
	}
	for _, i := range missing {
		found = append(found, Difference{e.Lines[i].At, fmt.Sprintf("%s: line missing: expected %s", name, describe(e.Lines[i].Given))})
	}
	for _, j := range left {
		line := &got.Lines[j]
		found = append(found, Difference{e.At, fmt.Sprintf("%s: line not expected: %s, quantity %s, amount %s", name, lineName(line), line.Quantity, line.Amount)})
	}
	return found
}

func lineDifferences(e *ExpectedLine, got *flow.SimulatedLine) []string {
	var found []string
	for _, want := range e.Given {
		if text, ok := same(want, lineField(got, want.Key)); !ok {
			found = append(found, fmt.Sprintf("%s: expected %s, got %s", want.Key, wantedText(want), text))
		}
	}
	return found
}

// lineDistance is how far a line is from what was expected: 0 for a match, and
// apart where they have nothing to do with each other.
func lineDistance(e *ExpectedLine, got *flow.SimulatedLine) int {
	distance := 0
	for _, want := range e.Given {
		if _, ok := same(want, lineField(got, want.Key)); ok {
			continue
		}
		switch distance++; want.Key {
		case "subscription":
			return apart
		case "kind", "from":
			distance += len(lineNumbers)
		}
	}
	return distance
}

func lineName(l *flow.SimulatedLine) string {
	text := fmt.Sprintf("%s %s %s", l.Subscription, lineKindWords[l.Kind], l.From)
	if !l.To.IsZero() {
		text += ".." + l.To.String()
	}
	return text
}

func describe(given []ExpectedField) string {
	parts := make([]string, len(given))
	for i, want := range given {
		parts[i] = want.Key + " " + wantedText(want)
	}
	return strings.Join(parts, ", ")
}

func wantedText(want ExpectedField) string {
	if want.Null {
		return "null"
	}
	return want.Text
}

// shown is a field of what was given: a number, or a text; neither where there is none.
type shown struct {
	text     string
	number   money.Decimal
	isNumber bool
	none     bool
}

// same compares a field; numbers by value, whatever their digits.
func same(want ExpectedField, got shown) (text string, ok bool) {
	switch {
	case got.none:
		return "null", want.Null
	case want.Null:
		return got.text, false
	case got.isNumber:
		return got.text, want.Number.Cmp(got.number) == 0
	default:
		return got.text, want.Text == got.text
	}
}

func numberShown(d money.Decimal) shown { return shown{text: d.String(), number: d, isNumber: true} }

func amountShown(a money.Amount) shown {
	return numberShown(money.DecimalFrom(a.Ratio(), a.Currency().Digits(), a.Currency().Digits()))
}

func invoiceField(i *flow.SimulatedInvoice, key string) shown {
	switch key {
	case "net":
		return amountShown(i.Net)
	case "tax":
		return amountShown(i.Tax)
	case "total":
		return amountShown(i.Total)
	case "currency":
		return shown{text: i.Currency.String()}
	case "kind":
		return shown{text: invoiceKind(i)}
	default:
		return shown{text: string(i.Account)}
	}
}

func lineField(l *flow.SimulatedLine, key string) shown {
	switch key {
	case "subscription":
		return shown{text: string(l.Subscription)}
	case "sku":
		return shown{text: l.SKU}
	case "account":
		return shown{text: string(l.Account)}
	case "kind":
		return shown{text: lineKindWords[l.Kind]}
	case "from":
		return shown{text: l.From.String()}
	case "to":
		return shown{text: l.To.String(), none: l.To.IsZero()}
	case "quantity":
		return numberShown(l.Quantity)
	case "unit_price":
		s := numberShown(l.UnitPrice)
		s.none = !l.Priced
		return s
	case "gross":
		return amountShown(l.Gross)
	case "discount":
		return amountShown(l.Discount)
	case "amount":
		return amountShown(l.Amount)
	default:
		return shown{text: l.Explanation}
	}
}
