package bookfile_test

import (
	"errors"
	"strings"
	"testing"

	"prorata/edge/bookfile"
	"prorata/flow"
)

// small is a book to break in one place.
const small = `name: small
units: [{name: semiannual, months: 6}]
taxes: [{name: vat, percent: 21}]
products: [{sku: E3, name: Office, tax: vat}, {sku: SETUP, name: Setup, kind: one_time}, {sku: AZ, name: Azure, kind: usage}]
prices:
  - {sku: E3, price: 31.00}
accounts: [{id: contoso, name: Contoso}]
contracts:
  - {id: c1, account: contoso, start: 2026-01-01}
events:
  - {on: 2026-01-01, do: subscribe, contract: c1, id: s1, sku: E3, quantity: 10}
until: 2026-02-01
expect:
  invoices:
    - {date: 2026-01-01, contract: c1, total: "310.00", lines: [{subscription: s1, quantity: 10, to: 2026-02-01}]}
`

func TestWhatIsWrongIsNamedWithFileLineAndKey(t *testing.T) {
	if _, err := bookfile.ReadScenario("small.yaml", []byte(small)); err != nil {
		t.Fatal(err)
	}
	const contract = "id: c1, account: contoso, start: 2026-01-01"
	const subscribe = "do: subscribe, contract: c1, id: s1, sku: E3, quantity: 10"
	const event = "  - {on: 2026-01-01, " + subscribe + "}"
	for _, c := range []struct{ what, old, new, want string }{
		{"unknown key", contract, contract + ", frequncy: annual", "small.yaml:9: contracts[0].frequncy: unknown key (expected one of"},
		{"unknown section", "until:", "untill: 1\nuntil:", "small.yaml:12: untill: unknown key"},
		{"bad date", "start: 2026-01-01", "start: 2026-02-30", `small.yaml:9: contracts[0].start: "2026-02-30" is not a date (expected YYYY-MM-DD)`},
		{"date with a time", "start: 2026-01-01", "start: 2026-01-01T00:00:00Z", "contracts[0].start"},
		{"day first", "until: 2026-02-01", "until: 01-02-2026", "small.yaml:12: until"},
		{"duplicate id", "contracts:\n", "contracts:\n  - {" + contract + "}\n", `small.yaml:10: contracts[1].id: "c1" is given already`},
		{"duplicate key", contract, contract + ", start: 2026-01-02", "small.yaml:9: contracts[0].start: is given twice (first on line 9)"},
		{"duplicate section", "until:", "accounts: []\nuntil:", "small.yaml:12: accounts: is given twice (first on line 7)"},
		{"unknown account", "account: contoso", "account: fabrikam", `small.yaml:9: contracts[0].account: unknown account "fabrikam"`},
		{"unknown contract", "contract: c1, id", "contract: c9, id", `small.yaml:11: events[0].contract: unknown contract "c9"`},
		{"unknown sku", "s1, sku: E3", "s1, sku: E5", `small.yaml:11: events[0].sku: unknown product "E5"`},
		{"price of no product", "{sku: E3, price", "{sku: E5, price", "small.yaml:6: prices[0].sku: unknown product"},
		{"unknown tax", "tax: vat}", "tax: gst}", `small.yaml:4: products[0].tax: unknown tax "gst"`},
		{"unknown list", contract, contract + ", price_list: deal", `contracts[0].price_list: unknown price list "deal"`},
		{"unknown unit", contract, contract + ", frequency: weekly", `small.yaml:9: contracts[0].frequency: unknown unit "weekly" (expected annual, monthly, quarterly, semiannual, triennial)`},
		{"unknown verb", "do: subscribe", "do: subscribed", `small.yaml:11: events[0].do: unknown verb "subscribed" (expected subscribe, quantity`},
		{"an order of nobody", "quantity: 10}", "quantity: 10, order: {promotion: spring}}", "small.yaml:11: events[0].order.connection: missing, and required"},
		{"an order of what is held", "quantity: 10}", "quantity: 10, holding: h1, order: {connection: ms}}", "small.yaml:11: events[0].order: is bought already where a holding is named"},
		{"key of another verb", "quantity: 10}", "quantity: 10, subscription: s1}", "small.yaml:11: events[0].subscription: unknown key"},
		{"unknown subscription", event, event + "\n  - {on: 2026-01-02, do: cancel, subscription: s2}", `small.yaml:12: events[1].subscription: unknown subscription "s2"`},
		{"unknown event", event, event + "\n  - {on: 2026-01-02, do: void, event: oops}", `small.yaml:12: events[1].event: unknown event "oops"`},
		{"a used id", event, event + "\n" + event, "small.yaml:12: events[1].id: \"s1\" is given already"},
		{"missing key", "id: s1, ", "", "small.yaml:11: events[0].id: missing, and required"},
		{"missing until", "until: 2026-02-01\n", "", "small.yaml:1: until: missing, and required"},
		{"wrong type", "name: Contoso", "name: [Contoso]", "small.yaml:7: accounts[0].name: expected a text, got a list"},
		{"list for a mapping", "{id: contoso, name: Contoso}", "contoso", "small.yaml:7: accounts[0]: expected a mapping"},
		{"mapping for a list", "accounts: [{id: contoso, name: Contoso}]", "accounts: {id: contoso}", "small.yaml:7: accounts: expected a list, got a mapping"},
		{"exponent", "31.00", "1e3", `small.yaml:6: prices[0].price: "1e3" is not a decimal number (expected for example 12.50)`},
		{"hexadecimal", "31.00", "0x1F", "prices[0].price"},
		{"separator", "31.00", "1_000", "prices[0].price"},
		{"comma", "31.00", `"31,00"`, "prices[0].price"},
		{"infinity", "31.00", ".inf", "prices[0].price"},
		{"negative price", "31.00", "-31.00", "prices[0].price: -31.00 is negative"},
		{"negative quantity", "quantity: 10}", "quantity: -1}", "events[0].quantity: -1 is negative"},
		{"no price", ", price: 31.00", "", "small.yaml:6: prices[0].price: expected exactly one of price, tiers and rule"},
		{"two prices", "price: 31.00", "price: 31.00, rule: {of: cost, percent: +20}", "expected exactly one of"},
		{"tiers without a model", "price: 31.00", "tiers: [{price: 1}]", "prices[0].model: per_unit goes with a price or a rule"},
		{"model without tiers", "price: 31.00", "price: 1, model: volume", "prices[0].model: volume goes with tiers"},
		{"falling tiers", "price: 31.00", "model: volume, tiers: [{up_to: 5, price: 2}, {up_to: 5, price: 3}, {price: 1}]", "prices[0].tiers[1].up_to: 5 is not above the tier before (5)"},
		{"open tier inside", "price: 31.00", "model: volume, tiers: [{price: 2}, {price: 1}]", "prices[0].tiers[0].up_to: missing, and required in all tiers but the last"},
		{"closed last tier", "price: 31.00", "model: volume, tiers: [{up_to: 5, price: 2}]", "prices[0].tiers[0].up_to: stands in the last tier"},
		{"package without size", "price: 31.00", "price: 1, model: package", "prices[0].size: goes with model package"},
		{"size without package", "price: 31.00", "price: 1, size: 100", "prices[0].size: goes with model package"},
		{"impossible margin", "price: 31.00", "rule: {of: cost, percent: 100, margin: true}", "a margin of 100 % has no price"},
		{"currency", "price: 31.00", "price: 31.00, currency: usd", `prices[0].currency: "usd" is not a currency`},
		{"quoted flag", "price: 31.00", `price: 31.00, tax_included: "true"`, "prices[0].tax_included"},
		{"yes", "price: 31.00", "price: 31.00, tax_included: yes", "is neither true nor false"},
		{"end before start", contract, contract + ", end: 2026-01-01", "contracts[0].end: 2026-01-01 is not after the start"},
		{"upcoming in arrears", contract, contract + ", schedule: flexi, timing: arrears, collect: upcoming", "contracts[0].collect: upcoming goes with schedule flexi and timing advance"},
		{"upcoming in an aligned contract", contract, contract + ", collect: upcoming", "contracts[0].collect"},
		{"a window without days", contract, contract + ", reductions: within_window", "contracts[0].reductions: within_window needs refunds: {within_days: N}"},
		{"negative window", contract, contract + ", refunds: {within_days: -1}", "contracts[0].refunds.within_days"},
		{"weekday", contract, contract + ", changes: {weekly: freitag}", `contracts[0].changes.weekly: unknown "freitag"`},
		{"day of the month", contract, contract + ", changes: {monthly: 32}", "contracts[0].changes.monthly"},
		{"both days", contract, contract + ", changes: {monthly: 1, weekly: monday}", "contracts[0].changes: expected next_invoice, immediate"},
		{"far offset", contract, contract + ", offset: 367", "contracts[0].offset"},
		{"discount over all", contract, contract + ", discount: {percent: 100.01}", "contracts[0].discount.percent: 100.01 is out of range (expected 0 to 100)"},
		{"discount without percent", contract, contract + ", discount: {on: initial}", "contracts[0].discount.percent: missing"},
		{"schedule", contract, contract + ", schedule: mirrored", `unknown "mirrored" (expected aligned, flexi, mirror)`},
		{"term", "quantity: 10}", "quantity: 10, term: 1Y}", `events[0].term: "1Y" is not a term`},
		{"no months", "quantity: 10}", "quantity: 10, term: P0M}", "events[0].term"},
		{"ends without a term", "quantity: 10}", "quantity: 10, ends: 2026-03-01}", "events[0].ends: needs a term"},
		{"ratio without a parent", "quantity: 10}", "quantity: 10, per_parent: 2}", "events[0].per_parent: needs parent"},
		{"unknown parent", "quantity: 10}", "quantity: 10, parent: s0}", "events[0].parent: unknown subscription"},
		{"smoothing over nothing", "quantity: 10}", "quantity: 10, smooth: {over: 10, months: 0}}", "events[0].smooth.months"},
		{"bill to no parent", "name: Contoso}", "name: Contoso, bill_to: parent}", "accounts[0].bill_to: is parent, and there is no parent"},
		{"a circle of parents", "name: Contoso}", "name: Contoso, parent: b}, {id: b, name: B, parent: contoso}", "accounts[0].parent: leads from"},
		{"unknown unit months", "months: 6", "months: 0", "units[0].months"},
		{"a unit of ours", "name: semiannual", "name: annual", `small.yaml:2: units[0].name: "annual" is given already`},
		{"time zone", "name: small", "name: small\nseller: {timezone: Europe/Amster dam}", "seller.timezone"},
		{"unknown seller", contract, contract + ", seller: other", "contracts[0].seller: unknown seller"},
		{"rate of nothing", "name: small", "name: small\nrates: [{on: 2026-01-01, from: USD, to: EUR, rate: 0}]", "rates[0].rate: is 0"},
		{"rate to itself", "name: small", "name: small\nrates: [{on: 2026-01-01, from: USD, to: USD, rate: 1}]", "rates[0].to: is USD like from"},
		{"expected without total", `, total: "310.00"`, "", "small.yaml:15: expect.invoices[0].total: missing"},
		{"expected without contract", "contract: c1, total", "total", "expect.invoices[0].contract: missing, and required (null for"},
		{"unknown field of a line", "quantity: 10, to", "seats: 10, to", "expect.invoices[0].lines[0].seats: unknown key"},
		{"anchor", "{id: contoso, name: Contoso}", "&a {id: contoso, name: Contoso}", "small.yaml:7: accounts[0]: anchors and aliases are not allowed"},
		{"alias", "{id: contoso, name: Contoso}", "&a {id: contoso, name: Contoso}, *a", "accounts[1]: anchors and aliases"},
		{"merge", "{id: contoso, name: Contoso}", "{id: contoso, name: Contoso, <<: {parent: x}}", "accounts[0]: expected a plain word as key"},
		{"tag", "31.00", "!!str 31.00", "prices[0].price: tags"},
		{"second document", "until: 2026-02-01", "until: 2026-02-01\n---\nname: b", "a second document"},
		{"tab", "  - {id: c1", "\t- {id: c1", "is not YAML: line 9"},
		{"control character", "name: Contoso", `name: "Con\x07toso"`, "accounts[0].name: holds a line break or another control character"},
	} {
		t.Run(c.what, func(t *testing.T) {
			if strings.Count(small, c.old) == 0 {
				t.Fatalf("%q is not in the book", c.old)
			}
			_, err := bookfile.ReadScenario("small.yaml", []byte(strings.Replace(small, c.old, c.new, 1)))
			if err == nil {
				t.Fatal("was read")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got\n%v\nwant something with\n%s", err, c.want)
			}
		})
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	text := strings.NewReplacer("31.00", "1e3", "do: subscribe", "do: sell", "name: Contoso", "nme: Contoso").Replace(small)
	_, err := bookfile.ReadScenario("small.yaml", []byte(text))
	for _, want := range []string{"small.yaml:6: prices[0].price", "small.yaml:7: accounts[0].name", "small.yaml:7: accounts[0].nme", "small.yaml:11: events[0].do"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not tell of %s", err, want)
		}
	}
	if problem := (*bookfile.Problem)(nil); !errors.As(err, &problem) || problem.At.File != "small.yaml" || problem.Key == "" {
		t.Errorf("%#v is no problem with a place", err)
	}
}

// What is marked as refused is for the services to refuse: only its form counts.
func TestARefusedEventMayBeWrongInMeaningNotInForm(t *testing.T) {
	const line = "quantity: 10}\n"
	for _, c := range []struct {
		event string
		reads bool
	}{
		{"{on: 2026-01-02, do: subscribe, contract: c1, id: s2, sku: E3, ends: 2026-03-01, refused: true}", true},
		{"{on: 2026-01-02, do: subscribe, contract: c1, id: s1, sku: E3, refused: true}", true},
		{"{on: 2026-01-02, do: quantity, subscription: s1, to: -1, refused: true}", true},
		{"{on: 2026-01-02, do: schedule, subscription: s1, refused: true}", true},
		{"{on: 2026-01-02, do: quantity, subscription: s1, to: x, refused: true}", false},
		{"{on: 2026-01-02, do: quantity, subscription: s1, to: 1, refused: maybe}", false},
	} {
		_, err := bookfile.ReadScenario("small.yaml", []byte(strings.Replace(small, line, line+"  - "+c.event+"\n", 1)))
		if (err == nil) != c.reads {
			t.Errorf("%s: %v", c.event, err)
		}
	}
}

func TestDefaultsAreThoseOfTheFormat(t *testing.T) {
	s, err := bookfile.ReadScenario("small.yaml", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	seller, contract, event, price := s.Sellers[0], s.Contracts[0], s.Events[0], s.Prices[0]
	if seller.Party.Country != "US" || seller.Currency.String() != "USD" || seller.TimeZone != "UTC" {
		t.Errorf("seller: %+v", seller)
	}
	if contract.Currency != seller.Currency || contract.Seller != seller.ID || contract.Frequency.Months != 1 || !contract.NextInvoice.IsZero() || contract.SuspendedFree {
		t.Errorf("contract: %+v", contract)
	}
	if event.Effective != event.On || !event.AutoRenew || event.HasAutoRenew || event.Unit.Name != "monthly" || event.Billing.Name != "" || event.At != (flow.Source{File: "small.yaml", Line: 11}) {
		t.Errorf("event: %+v", event)
	}
	if price.List != "default" || price.Currency != seller.Currency || price.Unit.Months != 1 {
		t.Errorf("price: %+v", price)
	}
	if s.Products[0].Class != "resale" || s.Prices[0].Price.String() != "31.00" {
		t.Errorf("product: %+v %+v", s.Products[0], price)
	}
	n := 0
	for v, err := range s.Intakes() {
		if n++; err != nil || v.At.File != "small.yaml" {
			t.Errorf("%+v", v)
		}
	}
	if n != 10 {
		t.Errorf("%d nouns, want 10", n)
	}
}

func TestADamagedFileIsSaidToBe(t *testing.T) {
	nested := strings.Repeat("[", 20000)
	bomb := "a: &a [x, x]\n"
	for _, letter := range "bcdefghijklm" {
		bomb += string(letter) + ": &" + string(letter) + " [*" + string(letter-1) + ", *" + string(letter-1) + ", *" + string(letter-1) + "]\n"
	}
	for _, c := range []struct{ what, text, want string }{
		{"nothing", "", "the file is empty"},
		{"spaces", "\n\n  \n", "the file is empty"},
		{"comments", "# nothing\n", "the file is empty"},
		{"cut off", small[:len(small)-30], "is not YAML"},
		{"UTF-16", "\xff\xfen\x00a\x00m\x00e\x00", "is UTF-16"},
		{"Latin-1", strings.Replace(small, "Contoso", "Caf\xe9", 1), "small.yaml:7: is not UTF-8"},
		{"NUL", strings.Replace(small, "Contoso", "Con\x00toso", 1), "small.yaml:7: holds a NUL byte"},
		{"binary", "\x7fELF\x02\x01\x01\x03\x80\x90", "is not UTF-8"},
		{"a list", "- a\n- b\n", "expected a mapping"},
		{"a word", "hello", "expected a mapping"},
		{"a nest", "name: " + nested, "is not YAML"},
		{"a bomb", bomb, "anchors and aliases are not allowed"},
		{"a long name", strings.Replace(small, "Contoso", strings.Repeat("x", 10<<20), 1), "accounts[0].name: is 10485760 bytes long (expected at most 4000)"},
	} {
		t.Run(c.what, func(t *testing.T) {
			_, err := bookfile.ReadScenario("small.yaml", []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %.200v, want something with %s", err, c.want)
			}
			if err != nil && len(err.Error()) > 10000 {
				t.Errorf("the message is %d bytes long", len(err.Error()))
			}
			for v, err := range bookfile.ReadBook("small.yaml", strings.NewReader(c.text)) {
				if err != nil && len(err.Error()) > 10000 {
					t.Errorf("%v: the message is %d bytes long", v, len(err.Error()))
				}
			}
		})
	}
}
