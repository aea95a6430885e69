package bookfile

import (
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// Expectation is the invoices that a scenario must give, and no others.
type Expectation struct {
	At       flow.Source
	Invoices []ExpectedInvoice
}

// ExpectedInvoice is an invoice as far as the file describes it.
type ExpectedInvoice struct {
	At   flow.Source
	Date calendar.Date
	// Contract is empty for a consolidated invoice (null in the file).
	Contract billing.ContractID
	// Given are the other fields of the invoice itself.
	Given []ExpectedField
	// Lines are all lines of the invoice where HasLines.
	Lines    []ExpectedLine
	HasLines bool
}

// ExpectedLine is the fields of a line that the file gives.
type ExpectedLine struct {
	At    flow.Source
	Given []ExpectedField
}

// ExpectedField is one field and what it must be.
type ExpectedField struct {
	Key string
	// Text is the value as the file has it; Null that it must have none.
	Text string
	Null bool
	// Number is the value of a field that is a number.
	Number money.Decimal
}

var lineKindWords = []string{"base", "change", "adjustment", "usage", "one_time", "minimum", "smoothing", "credit"}

var invoiceKindWords = []string{"invoice", "credit_note"}

// The fields that can be expected, by what they hold. Nullable ones may be null.
var (
	invoiceNumbers  = []string{"net", "tax", "total"}
	invoiceTexts    = []string{"account", "currency"}
	lineNumbers     = []string{"quantity", "unit_price", "gross", "discount", "amount"}
	lineTexts       = []string{"subscription", "sku", "account", "explanation"}
	lineDates       = []string{"from", "to"}
	expectableNulls = []string{"unit_price", "to"}
)

func expectation(f *fields) *Expectation {
	e := &Expectation{At: f.at()}
	f.require("invoices")
	for i, v := range f.list("invoices") {
		e.Invoices = append(e.Invoices, expectedInvoice(fieldsOf(f.in, indexed(f.pathOf("invoices"), i), v)))
	}
	f.done()
	return e
}

func expectedInvoice(f *fields) ExpectedInvoice {
	f.require("date", "total")
	e := ExpectedInvoice{At: f.at(), Date: f.date("date"), Contract: billing.ContractID(f.id("contract"))}
	if !slices.ContainsFunc(f.of, func(g field) bool { return g.key == "contract" }) {
		f.in.add(f.line, f.pathOf("contract"), "missing, and required (null for a consolidated invoice)")
	}
	e.Given = expectedFields(f, invoiceTexts, nil, invoiceNumbers, invoiceKindWords)
	e.HasLines = f.given("lines")
	for i, v := range f.list("lines") {
		line := fieldsOf(f.in, indexed(f.pathOf("lines"), i), v)
		e.Lines = append(e.Lines, ExpectedLine{At: line.at(), Given: expectedFields(line, lineTexts, lineDates, lineNumbers, lineKindWords)})
		line.done()
	}
	f.done()
	return e
}

// expectedFields are the fields that are given, in the order of the file.
func expectedFields(f *fields, texts, dates, numbers, kinds []string) []ExpectedField {
	for _, key := range slices.Concat(texts, dates, numbers, []string{"kind"}) {
		f.find(key)
	}
	var given []ExpectedField
	for _, g := range f.of {
		e := ExpectedField{Key: g.key}
		switch {
		case g.value.shape == null && slices.Contains(expectableNulls, g.key):
			e.Null = true
		case g.value.shape == null:
			continue
		case slices.Contains(texts, g.key):
			e.Text = f.text(g.key)
		case slices.Contains(dates, g.key):
			e.Text = f.date(g.key).String()
		case slices.Contains(numbers, g.key):
			e.Number, _ = f.signed(g.key)
			e.Text = g.value.text
		case g.key == "kind":
			e.Text = kinds[word[uint8](f, "kind", kinds)]
		default:
			continue
		}
		given = append(given, e)
	}
	return given
}
