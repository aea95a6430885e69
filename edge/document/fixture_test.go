package document

import (
	"fmt"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

func day(t testing.TB, text string) calendar.Date {
	t.Helper()
	if text == "" {
		return calendar.Date{}
	}
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func decimal(t testing.TB, text string) money.Decimal {
	t.Helper()
	d, err := money.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func currency(t testing.TB, code string) money.Currency {
	t.Helper()
	c, err := money.ParseCurrency(code)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func amount(t testing.TB, text string, c money.Currency) money.Amount {
	t.Helper()
	a, err := money.ParseAmount(text, c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// draft builds a document the way a clerk would write it down, and sums it up.
type draft struct {
	t testing.TB
	d flow.Document
}

func newDraft(t testing.TB, language, currencyCode string) *draft {
	t.Helper()
	c := currency(t, currencyCode)
	nothing := money.NewAmount(0, c)
	return &draft{t: t, d: flow.Document{
		Number: "INV-2026-000431", Date: day(t, "2026-03-01"), DueOn: day(t, "2026-03-31"), Terms: "30 days net",
		Language: language, Currency: c, Net: nothing, Tax: nothing, Total: nothing,
	}}
}

func (b *draft) entity(account, name, taxID string) *draft {
	b.d.Entities = append(b.d.Entities, flow.DocumentEntity{
		Account: billing.AccountID(account), Name: name, TaxID: taxID, Subtotal: money.NewAmount(0, b.d.Currency),
	})
	return b
}

func (b *draft) section(subscription, sku, product string) *draft {
	e := &b.d.Entities[len(b.d.Entities)-1]
	e.Sections = append(e.Sections, flow.DocumentSection{
		Subscription: billing.SubscriptionID(subscription), SKU: sku, Product: product, Subtotal: money.NewAmount(0, b.d.Currency),
	})
	return b
}

// line adds a line; without a description it is what the document says of it.
func (b *draft) line(kind billing.LineKind, description, from, to, quantity, price, discount, net, tax string) *draft {
	b.t.Helper()
	e := &b.d.Entities[len(b.d.Entities)-1]
	s := &e.Sections[len(e.Sections)-1]
	line := flow.DocumentLine{
		Kind: kind, Description: description, From: day(b.t, from), To: day(b.t, to),
		Quantity: decimal(b.t, quantity), PriceUnit: "monthly", TaxName: tax,
		Discount: amount(b.t, discount, b.d.Currency), Amount: amount(b.t, net, b.d.Currency),
	}
	line.Gross = line.Amount.Add(line.Discount)
	if price != "" {
		line.UnitPrice, line.Priced = decimal(b.t, price), true
	}
	if kind == billing.LineOneTime {
		line.PriceUnit = ""
	}
	s.Lines = append(s.Lines, line)
	s.Subtotal = s.Subtotal.Add(line.Amount)
	e.Subtotal = e.Subtotal.Add(line.Amount)
	b.d.Net = b.d.Net.Add(line.Amount)
	return b
}

// explained gives the last line its sentence and, on the line below, its arithmetic.
func (b *draft) explained(text string) *draft {
	e := &b.d.Entities[len(b.d.Entities)-1]
	s := &e.Sections[len(e.Sections)-1]
	line := &s.Lines[len(s.Lines)-1]
	line.Explanation = text
	line.Arithmetic = text[strings.LastIndex(text, "\n")+1:]
	return b
}

func (b *draft) tax(account, name string, category billing.TaxCategory, percent, net, tax string) *draft {
	b.t.Helper()
	x := flow.DocumentTax{
		Name: name, Category: category, Percent: decimal(b.t, percent), Account: billing.AccountID(account),
		Net: amount(b.t, net, b.d.Currency), Tax: amount(b.t, tax, b.d.Currency),
	}
	b.d.Taxes = append(b.d.Taxes, x)
	b.d.Tax = b.d.Tax.Add(x.Tax)
	return b
}

func (b *draft) done() flow.Document {
	b.d.Total = b.d.Net.Add(b.d.Tax)
	return b.d
}

// smallInvoice is one company, two subscriptions, on US paper.
func smallInvoice(t testing.TB) flow.Document {
	b := newDraft(t, "en", "USD")
	b.d.PurchaseOrder = "PO-88213"
	b.d.Seller = flow.Party{
		Name: "Cascade Cloud Partners, Inc.", Address: []string{"1200 Harbor Avenue SW, Suite 400", "Seattle, WA 98126", "United States"},
		Country: "US", TaxID: "91-4417702", Email: "billing@cascadecloud.example", Phone: "+1 206 555 0142",
	}
	b.d.Buyer = flow.Party{
		Name: "Birchwood Dental Group LLC", Address: []string{"Accounts Payable", "48 Elm Street", "Burlington, VT 05401", "United States"},
		Country: "US", TaxID: "03-5521879",
	}
	b.d.Remittance = flow.Remittance{
		Bank: "First Harbor Bank", AccountHolder: "Cascade Cloud Partners, Inc.", AccountNumber: "4400127786", RoutingNumber: "125000024",
		Note: "Or pay by card: https://pay.cascadecloud.example/i/431",
	}
	b.entity("birchwood", "Birchwood Dental Group LLC", "")
	b.section("7f0c2f6e", "CFQ7TTC0LCHC:0002", "Microsoft 365 Business Premium")
	b.line(billing.LineBase, "", "2026-03-01", "2026-04-01", "25", "22.00", "27.50", "522.50", "VT Sales Tax")
	b.line(billing.LineChange, "", "2026-02-16", "2026-03-01", "5", "22.00", "0.00", "51.07", "VT Sales Tax")
	b.explained("5 more seats from 16 February for the rest of the month, 13 of 28 days.\n5 × 22.00 × 13/28 = 51.071… → 51.07")
	b.section("onboarding", "SVC-ONBOARD", "Onboarding workshop")
	b.line(billing.LineOneTime, "Onboarding workshop, two half days, on site", "2026-02-20", "", "1", "850.00", "0.00", "850.00", "Not taxed")
	b.tax("birchwood", "VT Sales Tax", billing.Standard, "6", "573.57", "34.41")
	b.tax("birchwood", "Not taxed", billing.Exempt, "0", "850.00", "0.00")
	return b.done()
}

var germanSeller = flow.Party{
	Name: "Rheinblick Cloud Services GmbH", Address: []string{"Kaiserstraße 117", "60311 Frankfurt am Main", "Deutschland"}, Country: "DE",
	TaxID: "DE 298 114 507", RegistrationID: "HRB 104 882, AG Frankfurt am Main", Email: "rechnung@rheinblick.example", Phone: "+49 69 5550 1180",
}

var germanRemittance = flow.Remittance{
	Bank: "Mainufer Bank AG", AccountHolder: "Rheinblick Cloud Services GmbH", IBAN: "DE89370400440532013000", BIC: "MUFBDEFFXXX",
	Note: "Bitte geben Sie die Rechnungsnummer an.",
}

// operators are the companies of a telecom group, with their products.
var operators = []struct {
	account, name, taxID string
	tax, percent         string
	category             billing.TaxCategory
}{
	{"nw-de", "Nordwelle Telekom Deutschland GmbH", "DE 811 907 224", "USt 19 %", "19", billing.Standard},
	{"nw-pl", "Nordwelle Polska sp. z o.o. – Oddział w Łodzi", "PL 525 29 81 330", "Reverse Charge", "0", billing.ReverseCharge},
	{"nw-gr", "Νόρντγουελ Ελλάς Μονοπρόσωπη Α.Ε.", "EL 800 441 902", "Reverse Charge", "0", billing.ReverseCharge},
	{"nw-bg", "Нордвеле България ЕООД", "BG 203 771 485", "Reverse Charge", "0", billing.ReverseCharge},
	{"nw-cz", "Nordwelle Česká republika, s.r.o.", "CZ 271 80 411", "Reverse Charge", "0", billing.ReverseCharge},
	{"nw-rs", "Нордвеле Србија д.о.о. Београд", "", "Nicht steuerbar", "0", billing.Exempt},
}

var products = []struct{ sku, name, price string }{
	{"CFQ7TTC0LFLX:0001", "Microsoft 365 E3", "36.40"},
	{"CFQ7TTC0LFLZ:0002", "Microsoft 365 E5 (ohne Teams)", "54.125"},
	{"CFQ7TTC0LHSL:0001", "Power BI Pro", "9.40"},
	{"CFQ7TTC0HD33:0005", "Dynamics 365 Customer Service Enterprise", "95.00"},
}

// groupInvoice is a consolidated German invoice for the telecom group.
func groupInvoice(t testing.TB) flow.Document {
	b := newDraft(t, "de", "EUR")
	b.d.Number, b.d.Terms, b.d.PurchaseOrder = "RE-2026-01877", "30 Tage netto", "4500 771 203 / IT-Konzern"
	b.d.Seller, b.d.Remittance, b.d.Consolidated = germanSeller, germanRemittance, true
	b.d.Buyer = flow.Party{
		Name: "Nordwelle Telekom Group SE", Address: []string{"Konzernrechnungswesen", "Überseering 40", "22297 Hamburg", "Deutschland"},
		Country: "DE", TaxID: "DE 811 907 001",
	}
	for i, o := range operators {
		b.entity(o.account, o.name, o.taxID)
		for j, p := range products {
			if (i+j)%4 == 3 {
				continue
			}
			seats := int64(40 + 110*i + 37*j)
			b.section(fmt.Sprintf("%s-%02d", o.account, j+1), p.sku, p.name)
			b.line(billing.LineBase, "", "2026-03-01", "2026-04-01", fmt.Sprint(seats), p.price, "0", times(t, p.price, seats, b.d.Currency), o.tax)
			switch (i + j) % 3 {
			case 0:
				b.line(billing.LineChange, "", "2026-02-11", "2026-03-01", "12", p.price, "0", "280.80", o.tax)
				b.explained("12 Lizenzen mehr ab 11. Februar, 18 von 28 Tagen.\n12 × " + p.price + " × 18/28 = 280.800… → 280.80")
			case 1:
				b.line(billing.LineChange, "", "2026-02-20", "2026-03-01", "-3", p.price, "0", "-41.79", o.tax)
			}
		}
		b.section(o.account+"-az", "DZH318Z0BPS6:0001", "Azure-Plan")
		b.line(billing.LineUsage, "Virtual Machines Dv5-Reihe, Region Westeuropa", "2026-02-01", "2026-03-01", "10432.75", "0.0864", "0", "901.39", o.tax)
		b.line(billing.LineUsage, "Bandbreite, ausgehend", "2026-02-01", "2026-03-01", "812.4", "0.07", "0", "56.87", o.tax)
	}
	for i := range b.d.Entities {
		o := operators[i]
		net := b.d.Entities[i].Subtotal
		tax, err := money.RoundTo(net.Ratio().Mul(decimal(t, o.percent).Ratio()).Div(money.Whole(100)), b.d.Currency)
		if err != nil {
			t.Fatal(err)
		}
		b.tax(o.account, o.tax, o.category, o.percent, net.String(), tax.String())
	}
	b.d.Notes = []string{"Leistungszeitraum gemäß den Zeilen. Die Gesellschaften haften gesamtschuldnerisch nach Rahmenvertrag 2024-118."}
	return b.done()
}

func times(t testing.TB, price string, seats int64, c money.Currency) string {
	t.Helper()
	a, err := money.RoundTo(decimal(t, price).Ratio().Mul(money.Whole(seats)), c)
	if err != nil {
		t.Fatal(err)
	}
	return a.String()
}

// frenchCredit is a credit note that takes an invoice back in part.
func frenchCredit(t testing.TB) flow.Document {
	b := newDraft(t, "fr", "EUR")
	b.d.CreditNote, b.d.Number, b.d.Corrects, b.d.DueOn, b.d.Terms = true, "AV-2026-00012", "FA-2026-00398", day(t, ""), ""
	b.d.Seller = flow.Party{
		Name: "Atelier Nuage SAS", Address: []string{"14, rue de l’Échiquier", "75010 Paris", "France"}, Country: "FR",
		TaxID: "FR 41 831 204 557", RegistrationID: "831 204 557 RCS Paris", Email: "facturation@ateliernuage.example",
	}
	b.d.Buyer = flow.Party{
		Name: "Coopérative agricole du Val d’Œuf", Address: []string{"Zone artisanale des Prés-Hauts", "43300 Langeac", "France"}, Country: "FR", TaxID: "FR 07 402 118 960",
	}
	b.entity("coop", "Coopérative agricole du Val d’Œuf", "")
	b.section("s-2201", "CFQ7TTC0LH16:0001", "Microsoft 365 Business Standard")
	b.line(billing.LineAdjustment, "", "2026-02-01", "2026-03-01", "-12", "11.70", "0", "-140.40", "TVA 20 %")
	b.line(billing.LineChange, "", "2026-02-16", "2026-03-01", "-1200", "11.70", "0", "-6518.57", "TVA 20 %")
	b.explained("1200 licences en moins, 13 jours sur 28.\n-1200 × 11.70 × 13/28 = -6518.571… → -6518.57")
	b.tax("coop", "TVA 20 %", billing.Standard, "20", "-6658.97", "-1331.79")
	b.d.Notes = []string{"Avoir établi à la suite de la fermeture du site de Brioude le 15 février 2026."}
	return b.done()
}

// longInvoice has 400 lines in sections of one to seven.
func longInvoice(t testing.TB) flow.Document {
	b := newDraft(t, "en", "GBP")
	b.d.Seller = flow.Party{Name: "Tidewater Managed Services Ltd", Address: []string{"9 Quay Street", "Bristol BS1 4DJ", "United Kingdom"}, Country: "GB", TaxID: "GB 377 9021 44"}
	b.d.Buyer = flow.Party{Name: "Pennine Rail Logistics plc", Address: []string{"Wharf House", "Leeds LS1 4BR", "United Kingdom"}, Country: "GB", TaxID: "GB 100 4552 81"}
	b.d.Remittance = flow.Remittance{Bank: "Mersey & Tyne Bank", AccountHolder: "Tidewater Managed Services Ltd", AccountNumber: "20553417", RoutingNumber: "40-22-11"}
	b.entity("pennine", "Pennine Rail Logistics plc", "")
	total := int64(0)
	for i, n := 0, 0; n < 400; i++ {
		b.section(fmt.Sprintf("sub-%04d", i+1), products[i%4].sku, fmt.Sprintf("%s – depot %d", products[i%4].name, i+1))
		for k := 0; k <= i%7 && n < 400; k++ {
			minor := int64(1000 + 37*n)
			total += minor
			b.line(billing.LineUsage, fmt.Sprintf("Metered item %03d", n+1), "2026-02-01", "2026-03-01", "1", "", "0", money.NewAmount(minor, b.d.Currency).String(), "VAT 20%")
			n++
		}
	}
	net := money.NewAmount(total, b.d.Currency)
	tax, err := money.RoundTo(net.Ratio().Div(money.Whole(5)), b.d.Currency)
	if err != nil {
		t.Fatal(err)
	}
	b.tax("pennine", "VAT 20%", billing.Standard, "20", net.String(), tax.String())
	return b.done()
}

// yenInvoice is in a currency without digits.
func yenInvoice(t testing.TB) flow.Document {
	b := newDraft(t, "en", "JPY")
	b.d.Seller = flow.Party{Name: "Shiosai Cloud K.K.", Address: []string{"2-11-4 Kaigan, Minato-ku", "Tokyo 105-0022", "Japan"}, Country: "JP", TaxID: "T7010401098877"}
	b.d.Buyer = flow.Party{Name: "Kitanokaze Seimitsu Kogyo K.K. (北の風精密工業株式会社)", Address: []string{"3-5 Chuo", "Sapporo 060-0003", "Japan"}, Country: "JP", TaxID: "T2430001054112"}
	b.d.Remittance = flow.Remittance{Bank: "Minato Bank, Kaigan branch (217)", AccountHolder: "Shiosai Cloud K.K.", AccountNumber: "Ordinary 0447120"}
	b.entity("kitanokaze", "Kitanokaze", "")
	b.section("jp-1", "CFQ7TTC0LFLX:0001", "Microsoft 365 E3")
	b.line(billing.LineBase, "", "2026-03-01", "2026-04-01", "1250", "4950", "309375", "5878125", "Consumption tax 10%")
	b.line(billing.LineChange, "", "2026-03-12", "2026-04-01", "80", "4950", "0", "255484", "Consumption tax 10%")
	b.explained("80 × 4950 × 20/31 = 255483.870… → 255484")
	b.tax("kitanokaze", "Consumption tax 10%", billing.Standard, "10", "6133609", "613361")
	return b.done()
}
