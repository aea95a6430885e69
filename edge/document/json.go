package document

import (
	"encoding/json"
	"io"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

// JSON writes the document for other programs. Every field is always there;
// amounts and quantities are decimal texts, days are YYYY-MM-DD or empty, and
// last_day is included. How the page looks is not in it.
func JSON(w io.Writer, d flow.Document) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(jsonOf(&d))
}

type jsonDocument struct {
	Number        string         `json:"number"`
	Kind          string         `json:"kind"`
	Corrects      string         `json:"corrects"`
	Void          bool           `json:"void"`
	Date          string         `json:"date"`
	DueOn         string         `json:"due_on"`
	Terms         string         `json:"terms"`
	PurchaseOrder string         `json:"purchase_order"`
	Language      string         `json:"language"`
	Currency      string         `json:"currency"`
	Seller        jsonParty      `json:"seller"`
	Buyer         jsonParty      `json:"buyer"`
	Remittance    jsonRemittance `json:"remittance"`
	Consolidated  bool           `json:"consolidated"`
	Entities      []jsonEntity   `json:"entities"`
	Taxes         []jsonTax      `json:"taxes"`
	Net           string         `json:"net"`
	Tax           string         `json:"tax"`
	Total         string         `json:"total"`
	Notes         []string       `json:"notes"`
}

type jsonParty struct {
	Name           string   `json:"name"`
	Address        []string `json:"address"`
	Country        string   `json:"country"`
	TaxID          string   `json:"tax_id"`
	RegistrationID string   `json:"registration_id"`
	Email          string   `json:"email"`
	Phone          string   `json:"phone"`
}

type jsonRemittance struct {
	Bank          string `json:"bank"`
	AccountHolder string `json:"account_holder"`
	IBAN          string `json:"iban"`
	BIC           string `json:"bic"`
	AccountNumber string `json:"account_number"`
	RoutingNumber string `json:"routing_number"`
	Note          string `json:"note"`
}

type jsonEntity struct {
	Account  string        `json:"account"`
	Name     string        `json:"name"`
	TaxID    string        `json:"tax_id"`
	Sections []jsonSection `json:"sections"`
	Subtotal string        `json:"subtotal"`
}

type jsonSection struct {
	Subscription string     `json:"subscription"`
	SKU          string     `json:"sku"`
	Product      string     `json:"product"`
	Lines        []jsonLine `json:"lines"`
	Subtotal     string     `json:"subtotal"`
}

type jsonLine struct {
	Kind        string `json:"kind"`
	Description string `json:"description"`
	Cause       string `json:"cause"`
	FirstDay    string `json:"first_day"`
	LastDay     string `json:"last_day"`
	Quantity    string `json:"quantity"`
	// UnitPrice is empty where there is no one price.
	UnitPrice   string `json:"unit_price"`
	PriceUnit   string `json:"price_unit"`
	Gross       string `json:"gross"`
	Discount    string `json:"discount"`
	Amount      string `json:"amount"`
	Tax         string `json:"tax"`
	Explanation string `json:"explanation"`
	Arithmetic  string `json:"arithmetic"`
}

type jsonTax struct {
	Name     string `json:"name"`
	Category string `json:"category"`
	Percent  string `json:"percent"`
	Included bool   `json:"included"`
	Account  string `json:"account"`
	Net      string `json:"net"`
	Tax      string `json:"tax"`
}

func jsonOf(d *flow.Document) jsonDocument {
	j := jsonDocument{
		Number: d.Number, Kind: kindOf(d), Corrects: d.Corrects, Void: d.Void, Date: d.Date.String(), DueOn: d.DueOn.String(),
		Terms: d.Terms, PurchaseOrder: d.PurchaseOrder, Language: d.Language, Currency: d.Currency.String(),
		Seller: jsonPartyOf(&d.Seller), Buyer: jsonPartyOf(&d.Buyer),
		Remittance: jsonRemittance{
			Bank: d.Remittance.Bank, AccountHolder: d.Remittance.AccountHolder, IBAN: d.Remittance.IBAN, BIC: d.Remittance.BIC,
			AccountNumber: d.Remittance.AccountNumber, RoutingNumber: d.Remittance.RoutingNumber, Note: d.Remittance.Note,
		},
		Consolidated: d.Consolidated, Entities: []jsonEntity{}, Taxes: []jsonTax{},
		Net: d.Net.String(), Tax: d.Tax.String(), Total: d.Total.String(), Notes: append([]string{}, d.Notes...),
	}
	for i := range d.Entities {
		j.Entities = append(j.Entities, jsonEntityOf(d, &d.Entities[i]))
	}
	for _, x := range d.Taxes {
		j.Taxes = append(j.Taxes, jsonTax{
			Name: x.Name, Category: categoryName(x.Category), Percent: x.Percent.String(), Included: x.Included,
			Account: string(x.Account), Net: x.Net.String(), Tax: x.Tax.String(),
		})
	}
	return j
}

func jsonPartyOf(p *flow.Party) jsonParty {
	return jsonParty{
		Name: p.Name, Address: append([]string{}, p.Address...), Country: p.Country, TaxID: p.TaxID,
		RegistrationID: p.RegistrationID, Email: p.Email, Phone: p.Phone,
	}
}

func jsonEntityOf(d *flow.Document, e *flow.DocumentEntity) jsonEntity {
	j := jsonEntity{Account: string(e.Account), Name: e.Name, TaxID: e.TaxID, Sections: []jsonSection{}, Subtotal: e.Subtotal.String()}
	for i := range e.Sections {
		s := &e.Sections[i]
		section := jsonSection{Subscription: string(s.Subscription), SKU: s.SKU, Product: s.Product, Lines: []jsonLine{}, Subtotal: s.Subtotal.String()}
		for k := range s.Lines {
			section.Lines = append(section.Lines, jsonLineOf(d, s.Product, &s.Lines[k]))
		}
		j.Sections = append(j.Sections, section)
	}
	return j
}

func jsonLineOf(d *flow.Document, product string, x *flow.DocumentLine) jsonLine {
	return jsonLine{
		Kind: lineKindName(x.Kind), Description: described(d, product, x), Cause: x.Cause, FirstDay: x.From.String(), LastDay: lastDay(x).String(),
		Quantity: x.Quantity.String(), UnitPrice: unitPrice(x), PriceUnit: x.PriceUnit,
		Gross: x.Gross.String(), Discount: x.Discount.String(), Amount: x.Amount.String(), Tax: x.TaxName,
		Explanation: x.Explanation, Arithmetic: x.Arithmetic,
	}
}

// unitPrice is the price as it was written, or nothing where there is no one price.
func unitPrice(x *flow.DocumentLine) string {
	if !x.Priced {
		return ""
	}
	return x.UnitPrice.String()
}

// lastDay is the last day that a line covers, or no day for what has none.
func lastDay(x *flow.DocumentLine) calendar.Date {
	if x.To.IsZero() {
		return calendar.Date{}
	}
	return x.To.AddDays(-1)
}

func kindOf(d *flow.Document) string {
	if d.CreditNote {
		return "credit_note"
	}
	return "invoice"
}

func lineKindName(k billing.LineKind) string {
	switch k {
	case billing.LineBase:
		return "base"
	case billing.LineChange:
		return "change"
	case billing.LineAdjustment:
		return "adjustment"
	case billing.LineUsage:
		return "usage"
	case billing.LineOneTime:
		return "one_time"
	case billing.LineMinimum:
		return "minimum"
	case billing.LineSmoothing:
		return "smoothing"
	case billing.LineCredit:
		return "credit"
	}
	return ""
}

func categoryName(c billing.TaxCategory) string {
	switch c {
	case billing.Standard:
		return "standard"
	case billing.ReverseCharge:
		return "reverse_charge"
	case billing.Exempt:
		return "exempt"
	case billing.ZeroRated:
		return "zero_rated"
	}
	return ""
}
