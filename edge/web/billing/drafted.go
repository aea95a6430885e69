package billing

import (
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// drafted is one row of a plan in its drawer, with the invoices of its group as they would be now.
type drafted struct {
	visit *visit.Visit
	view  office.PlannedInvoiceView
}

func (d *drafted) facts() []part.Fact {
	l, row := d.visit.Locale, &d.view.PlannedInvoice
	currency := " " + row.Currency.String()
	facts := []part.Fact{
		{Name: "Payer", Value: nameOf(row), Path: "/accounts/" + string(row.Payer)},
		{Name: "Contract", Value: string(row.Contract)},
		{Name: "Date", Value: part.Day(row.Date)},
	}
	if row.Billable() {
		facts = append(facts, part.Fact{Name: "Before tax", Value: l.Amount(row.Net) + currency}, part.Fact{Name: "Tax", Value: taxOf(l, row)}, part.Fact{Name: "Total", Value: l.Amount(row.Total) + currency})
	}
	if row.Compared {
		last := part.Fact{Name: "Last time", Value: l.Amount(row.LastNet) + currency + " on " + part.Day(row.LastOn)}
		if row.Last != "" {
			last.Path = "/invoices?text=" + queryEscape(row.Last)
		}
		facts = append(facts, last)
		if row.Billable() {
			facts = append(facts, part.Fact{Name: "Difference", Value: signed(l, difference(row)) + currency + percentBeside(change(l, row.Net, row.LastNet))})
		}
	}
	return facts
}

func percentBeside(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// why says what stands in the way, as a sentence.
func why(row *flow.PlannedInvoice) string {
	if row.Sentence == "" {
		return ""
	}
	return sentence(row.Sentence)
}

// taxOf is empty where there is none.
func taxOf(l part.Locale, row *flow.PlannedInvoice) string {
	if row.Tax.IsZero() {
		return ""
	}
	return l.Amount(row.Tax) + " " + row.Currency.String()
}
