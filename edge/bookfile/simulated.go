package bookfile

import (
	"cmp"
	"encoding/json"
	"io"
	"slices"

	"prorata/core/billing"
	"prorata/flow"
)

// The wire form of scenarios/FORMAT.md, "Output of --json".
type (
	wireSimulation struct {
		Scenario string        `json:"scenario"`
		Invoices []wireInvoice `json:"invoices"`
	}
	wireInvoice struct {
		Date     string     `json:"date"`
		Contract *string    `json:"contract"`
		Account  string     `json:"account"`
		Kind     string     `json:"kind"`
		Currency string     `json:"currency"`
		Net      string     `json:"net"`
		Tax      string     `json:"tax"`
		Total    string     `json:"total"`
		Lines    []wireLine `json:"lines"`
	}
	wireLine struct {
		Subscription string  `json:"subscription"`
		SKU          string  `json:"sku"`
		Account      string  `json:"account"`
		Kind         string  `json:"kind"`
		From         string  `json:"from"`
		To           *string `json:"to"`
		// Quantity is a number, written with its own digits.
		Quantity    json.Number `json:"quantity"`
		UnitPrice   *string     `json:"unit_price"`
		Gross       string      `json:"gross"`
		Discount    string      `json:"discount"`
		Amount      string      `json:"amount"`
		Explanation string      `json:"explanation"`
	}
)

// WriteSimulation writes what a scenario gave as one JSON object. Invoices are
// ordered by date, then contract; amounts and prices are texts, so that no reader
// rounds them.
func WriteSimulation(w io.Writer, scenario string, invoices []flow.SimulatedInvoice) error {
	sorted := slices.Clone(invoices)
	SortSimulated(sorted)
	out := wireSimulation{Scenario: scenario, Invoices: make([]wireInvoice, 0, len(sorted))}
	for i := range sorted {
		out.Invoices = append(out.Invoices, wireOf(&sorted[i]))
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

// SortSimulated puts invoices in order: by date, then contract, then payer.
func SortSimulated(invoices []flow.SimulatedInvoice) {
	slices.SortStableFunc(invoices, func(a, b flow.SimulatedInvoice) int {
		return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.Contract, b.Contract), cmp.Compare(a.Account, b.Account))
	})
}

func wireOf(i *flow.SimulatedInvoice) wireInvoice {
	out := wireInvoice{
		Date: i.Date.String(), Account: string(i.Account), Kind: invoiceKind(i), Currency: i.Currency.String(),
		Net: i.Net.String(), Tax: i.Tax.String(), Total: i.Total.String(), Lines: make([]wireLine, 0, len(i.Lines)),
	}
	if i.Contract != "" {
		out.Contract = (*string)(&i.Contract)
	}
	for _, l := range i.Lines {
		out.Lines = append(out.Lines, wireLineOf(l))
	}
	return out
}

func wireLineOf(l flow.SimulatedLine) wireLine {
	out := wireLine{
		Subscription: string(l.Subscription), SKU: l.SKU, Account: string(l.Account), Kind: LineKindWord(l.Kind), From: l.From.String(),
		Quantity: json.Number(l.Quantity.String()), Gross: l.Gross.String(), Discount: l.Discount.String(), Amount: l.Amount.String(), Explanation: l.Explanation,
	}
	if !l.To.IsZero() {
		to := l.To.String()
		out.To = &to
	}
	if l.Priced {
		price := l.UnitPrice.String()
		out.UnitPrice = &price
	}
	return out
}

// LineKindWord is the word for a kind of line.
func LineKindWord(kind billing.LineKind) string { return lineKindWords[kind] }
