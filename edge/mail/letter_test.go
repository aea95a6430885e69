package mail_test

import (
	"strings"
	"testing"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/mail"
	"prorata/flow"
	"prorata/flow/office"
)

// sample is the mail of an invoice over a million, from a seller whose name would be markup.
func sample(t *testing.T, language string) *office.Letter {
	t.Helper()
	eur, err := money.ParseCurrency("EUR")
	must(t, err)
	date, err := calendar.ParseDate("2026-03-01")
	must(t, err)
	doc := &flow.Document{Number: "INV-000042", Date: date, DueOn: date.AddDays(14), Currency: eur, Total: money.NewAmount(123456789, eur), Language: language,
		Seller: flow.Party{Name: "Fabrikam <b>", Address: []string{"Kai 7", "Hamburg"}}, Remittance: flow.Remittance{IBAN: "DE02120300000000202051", Note: "Thank you"}}
	return &office.Letter{Mail: office.Mail{Kind: office.MailInvoice, Note: "First\n<script>alert(1)</script>"}, From: "billing@fabrikam.example", Seller: doc.Seller,
		Letterhead: flow.Letterhead{Accent: "#0b5394", Logo: []byte("picture")}, Language: language, Document: doc}
}

// A mail stands in the customer's language, figures and days as they are written there, and what anybody wrote stays text.
func TestAMailIsInItsReadersLanguage(t *testing.T) {
	for language, want := range map[string][3]string{
		"en": {"Invoice INV-000042 from Fabrikam <b>: 1,234,567.89\u00a0EUR, due 15 Mar 2026", "How to pay", "Reference"},
		"de": {"Rechnung INV-000042 von Fabrikam <b>: 1.234.567,89\u00a0EUR, fällig am 15. März 2026", "Zahlung", "Verwendungszweck"},
		"fr": {"Facture INV-000042 de Fabrikam <b> : 1\u202f234\u202f567,89\u00a0EUR, échéance le 15 mars 2026", "Règlement", "Référence"},
		"es": {"Factura INV-000042 de Fabrikam <b>: 1.234.567,89\u00a0EUR, vence el 15 mar 2026", "Forma de pago", "Referencia"},
		"nl": {"Factuur INV-000042 van Fabrikam <b>: 1.234.567,89\u00a0EUR, te betalen uiterlijk 15 maart 2026", "Betaling", "Kenmerk"},
	} {
		got, err := mail.Write(sample(t, language), "", "data:")
		must(t, err)
		if got.Subject != want[0] {
			t.Errorf("subject %q, expected %q", got.Subject, want[0])
		}
		for _, part := range []string{want[1], want[2], "DE02120300000000202051", "Thank you", "Kai 7, Hamburg"} {
			if !strings.Contains(got.Text, part) || !strings.Contains(got.HTML, part) {
				t.Errorf("%s: no %q in\n%s", language, part, got.Text)
			}
		}
		for _, never := range []string{"<script>", "<b>", "ZgotmplZ"} {
			if strings.Contains(got.HTML, never) {
				t.Errorf("%s: the page has %s", language, never)
			}
		}
		for _, part := range []string{`lang="` + language + `"`, `src="data:image/png;base64,cGljdHVyZQ=="`, "color:#0b5394"} {
			if !strings.Contains(got.HTML, part) {
				t.Errorf("%s: the page has no %s", language, part)
			}
		}
	}
}

// What is not to be paid does not say how to pay.
func TestNothingIsAskedForThatIsNotOwed(t *testing.T) {
	for name, change := range map[string]func(*flow.Document){
		"credit note": func(d *flow.Document) { d.CreditNote, d.Total = true, d.Total.Neg() },
		"void":        func(d *flow.Document) { d.Void = true },
		"nothing":     func(d *flow.Document) { d.Total = d.Total.Sub(d.Total) },
	} {
		letter := sample(t, "en")
		change(letter.Document)
		got, err := mail.Write(letter, "", "cid:logo")
		must(t, err)
		if strings.Contains(got.Text, "IBAN") || strings.Contains(got.Subject, "due") || strings.Contains(got.Text, "\u2212") {
			t.Errorf("%s: %s\n%s", name, got.Subject, got.Text)
		}
	}
}
