package partnercenter_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/edge/provider/partnercenter"
	"prorata/edge/provider/standin"
	"prorata/flow"
)

// billed is a stand-in whose partner pays in euros: two customers bought seats
// and an Azure plan in March, one of them more seats later, and it is the day on
// which the invoice is out.
type billed struct {
	*standin.World
	t        *testing.T
	settings partnercenter.Settings
	client   *partnercenter.Client
}

type tokens map[string]string

func (k tokens) TokenLoad(_ context.Context, name string) (string, error) { return k[name], nil }

func (k tokens) TokenSave(_ context.Context, name, token string) error {
	k[name] = token
	return nil
}

func newBilled(t *testing.T) *billed {
	t.Helper()
	b := &billed{t: t}
	b.World = standin.New(standin.Settings{Seed: t.Name(), Start: time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC), Partner: standin.Partner{Currency: "EUR"}, HTTP: http.DefaultClient})
	server := httptest.NewServer(b.World)
	t.Cleanup(server.Close)
	price := []standin.Price{{From: date("2025-01-01"), List: money.DecimalOf(12), Retail: money.DecimalOf(15)}}
	b.AddProduct(&standin.Product{ID: "CFQ7TTC0LH18", Title: "Office", SKUs: []*standin.SKU{{ID: "0001", Title: "Office", Offers: []standin.Offer{{TermMonths: 12, Billing: standin.Monthly, Prices: price}}}}})
	b.AddProduct(&standin.Product{ID: "DZH318Z0BPS6", Title: "Azure plan", Kind: standin.AzurePlan, SKUs: []*standin.SKU{{ID: "0001", Title: "Azure plan", Offers: []standin.Offer{{Billing: standin.Monthly, Prices: []standin.Price{{From: date("2025-01-01")}}}}}}})
	tenant, id, secret := b.App()
	b.settings = partnercenter.Settings{
		Endpoints: partnercenter.Commercial().At(server.URL), Tenant: tenant, ClientID: id, Secret: func(context.Context) (string, error) { return secret, nil },
		Tokens: tokens{partnercenter.RefreshToken: b.Grant()}, HTTP: server.Client(), Clock: b.Now,
		Wait: func(_ context.Context, span time.Duration) error { return b.Advance(b.Now().Add(span)) },
	}
	b.client = partnercenter.New(b.settings)
	for n, name := range []string{"Contoso", "Fabrikam"} {
		customer := b.AddCustomer(standin.Customer{Name: name, Agreed: true})
		order := flow.ProviderOrder{Reference: name, Customer: customer, SKU: "CFQ7TTC0LH18:0001", Quantity: money.DecimalOf(10), TermMonths: 12, Billing: billing.Unit{Name: "monthly", Months: 1}}
		seats, err := b.client.Order(t.Context(), order)
		if err != nil || seats.Holding == "" {
			t.Fatal(seats, err)
		}
		order.Reference, order.SKU, order.Quantity, order.TermMonths = name+" Azure", "DZH318Z0BPS6:0001", money.DecimalOf(1), 0
		if _, err = b.client.Order(t.Context(), order); err != nil {
			t.Fatal(err)
		}
		b.to("2026-03-1" + fmt.Sprint(n) + " 10:00")
		if n == 0 {
			change := flow.ProviderChange{Reference: "more", Customer: customer, Holding: seats.Holding, Quantity: money.DecimalOf(14), HasQuantity: true}
			if _, err := b.client.Change(t.Context(), change); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.to("2026-04-06 12:00")
	return b
}

func (b *billed) to(text string) {
	b.t.Helper()
	at, err := time.Parse("2006-01-02 15:04", text)
	if err == nil {
		err = b.Advance(at)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// older is the same partner, asking page by page.
func (b *billed) older() *partnercenter.Client {
	set := b.settings
	set.OlderBills = true
	return partnercenter.New(set)
}

func (b *billed) invoices(c *partnercenter.Client) []flow.ProviderInvoice {
	b.t.Helper()
	var all []flow.ProviderInvoice
	for v, err := range c.Invoices(b.t.Context(), date("2026-01-01")) {
		if err != nil {
			b.t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// ids are the rows of an invoice by their ids.
func (b *billed) ids(c *partnercenter.Client, invoice flow.ProviderInvoice) map[string]flow.ProviderLine {
	b.t.Helper()
	all := map[string]flow.ProviderLine{}
	for line, err := range c.InvoiceLines(b.t.Context(), invoice) {
		if err != nil {
			b.t.Fatal(err)
		}
		all[line.Charge.ID] = line
	}
	return all
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// However the stand-in gives them, the rows of an invoice are the same and come
// to its total.
func TestAnInvoiceOfTheStandInIsReadToItsTotal(t *testing.T) {
	b := newBilled(t)
	invoices := b.invoices(b.client)
	if len(invoices) != 1 || invoices[0].Currency.String() != "EUR" || invoices[0].Period.From.String() != "2026-03-01" || invoices[0].Period.To.String() != "2026-04-01" {
		t.Fatalf("%+v", invoices)
	}
	want := b.ids(b.client, invoices[0])
	var sum money.Decimal
	types := map[billing.ChargeType]int{}
	for _, line := range want {
		sum = sum.Add(line.Total)
		types[line.Charge.Type]++
	}
	if sum.Cmp(invoices[0].Total) != 0 || types[billing.ChargeAddQuantity] != 2 || types[billing.ChargeNew] < 4 {
		t.Errorf("%d rows come to %s, the invoice to %s; %v", len(want), sum, invoices[0].Total, types)
	}
	for _, form := range []standin.ManifestForm{standin.ManifestLink, standin.ManifestText, standin.ManifestInline} {
		s := b.Switches()
		s.Manifest, s.NumbersAsStrings, s.BlobLines, s.TruncatedBlobs = form, form != standin.ManifestLink, 3, 2
		b.Switch(s)
		compare(t, sorted(b.ids(b.client, invoices[0])), sorted(want)...)
	}
	// The older interface spells the same rows otherwise, and has no category.
	older := b.ids(b.older(), invoices[0])
	for id, line := range want {
		got, ok := older[id]
		got.At, got.Category = line.At, line.Category
		if !ok || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", line) {
			t.Errorf("by pages\n%+v\nby export\n%+v", got, line)
		}
	}
}

// A restated invoice has another stamp, and links that are over are no hindrance.
func TestARestatedInvoiceOfTheStandIn(t *testing.T) {
	b := newBilled(t)
	first := b.invoices(b.client)[0]
	again := b.invoices(b.client)[0]
	if first.Stamp == "" || first.Stamp != again.Stamp {
		t.Errorf("stamps %q and %q of the same rows", first.Stamp, again.Stamp)
	}
	b.to("2026-04-08 12:00") // the links of yesterday's export are over
	before := b.ids(b.client, first)
	if err := b.Mistake(standin.Mistake{Kind: standin.WrongQuantity, Invoice: first.ID, Value: "77"}); err != nil {
		t.Fatal(err)
	}
	restated := b.invoices(b.client)[0]
	if restated.Stamp == first.Stamp {
		t.Error("the stamp is the same, and the rows are not")
	}
	if after := b.ids(b.client, restated); len(after) != len(before) || slices.Equal(sorted(after), sorted(before)) {
		t.Error("the rows are the same")
	}
	note, err := b.CreditInvoice(first.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range b.invoices(b.client) {
		if v.Credit != (v.ID == note) {
			t.Errorf("%+v", v)
		}
	}
}

// What is not billed yet is of no invoice; usage keeps its keys when it is billed.
func TestWhatTheStandInHasNotBilled(t *testing.T) {
	b := newBilled(t)
	open := flow.ProviderInvoice{Currency: euro()}
	for name, c := range map[string]*partnercenter.Client{"exports": b.client, "pages": b.older()} {
		rows := b.ids(c, open)
		if len(rows) == 0 {
			t.Errorf("%s: nothing is open in April", name)
		}
		for _, line := range rows {
			if line.Invoice != "" || line.Charge.Period.From.Before(date("2026-04-01")) {
				t.Errorf("%s: %+v", name, line)
			}
		}
	}
	b.to("2026-05-04 12:00")
	keys := func(c *partnercenter.Client, ask flow.UsageAsk) map[string]money.Decimal {
		all := map[string]money.Decimal{}
		for u, err := range c.Usage(t.Context(), ask) {
			if err != nil {
				t.Fatal(err)
			}
			all[u.Key] = u.Cost.Trim(0)
		}
		return all
	}
	last := flow.UsageAsk{Currency: euro(), Last: true}
	unbilled := keys(b.client, last)
	if len(unbilled) < 100 || fmt.Sprint(unbilled) != fmt.Sprint(keys(b.older(), last)) {
		t.Errorf("%d records by export, %d by pages", len(unbilled), len(keys(b.older(), last)))
	}
	b.to("2026-05-06 12:00")
	invoices := b.invoices(b.client)
	after := keys(b.client, flow.UsageAsk{Invoice: invoices[len(invoices)-1].ID, Currency: euro()})
	for key := range unbilled {
		if _, ok := after[key]; !ok {
			t.Fatalf("record %s has another key once it is billed", key)
		}
	}
}

func TestPricesAndRatesOfTheStandIn(t *testing.T) {
	b := newBilled(t)
	for name, ask := range map[string]flow.PriceSheetAsk{"today": {Market: "US"}, "March": {Market: "US", Month: date("2026-03-01")}, "announced": {Market: "US", Future: true}} {
		rows := 0
		for row, err := range b.client.PriceSheet(t.Context(), ask) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if row.SKU == "CFQ7TTC0LH18:0001" && row.TermMonths == 12 && row.Billing.Months == 1 && row.Cost.Cmp(money.DecimalOf(12)) == 0 {
				rows++
			}
		}
		if (rows > 0) != (name != "announced") {
			t.Errorf("%s: %d rows", name, rows)
		}
	}
	dollar := map[string]money.Ratio{}
	for rate, err := range b.client.Rates(t.Context(), date("2026-03-01")) {
		if err != nil || rate.On != (date("2026-03-01")) {
			t.Fatal(rate, err)
		}
		dollar[rate.From.String()+rate.To.String()] = rate.Rate.Ratio()
	}
	// The rate of the bill's rows is the month's.
	rated := 0
	for _, line := range b.ids(b.client, b.invoices(b.client)[0]) {
		if !line.HasRate {
			continue
		}
		rated++
		millionth := money.Fraction(1, 1_000_000)
		if line.Rate.Ratio().Sub(dollar["USDEUR"]).Abs().Cmp(millionth) > 0 {
			t.Errorf("row at %s, month at %v", line.Rate, dollar["USDEUR"])
		}
	}
	if product := dollar["USDEUR"].Mul(dollar["EURUSD"]); rated == 0 || product.Sub(money.One()).Abs().Cmp(money.Fraction(1, 1_000_000_000)) > 0 {
		t.Errorf("%d rows; there and back is %v", rated, product)
	}
}

// The stand-in tells us, signed, of a test and of the next invoice.
func TestNotificationsOfTheStandIn(t *testing.T) {
	b := newBilled(t)
	root, err := b.Authority()
	if err != nil {
		t.Fatal(err)
	}
	authority, err := x509.ParseCertificate(root)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(authority)
	verifier := partnercenter.NewWebhookVerifier(partnercenter.WebhookTrust{
		Origins: []string{b.settings.Endpoints.API.URL}, Roots: roots, Organization: "Microsoft Corporation", HTTP: b.settings.HTTP, Clock: b.Now,
	})
	var events []flow.ProviderEvent
	us := httptest.NewServer(partnercenter.WebhookHandler(verifier.Verify, func(_ context.Context, e flow.ProviderEvent) error { events = append(events, e); return nil }))
	defer us.Close()
	names, err := b.client.WebhookEvents(t.Context())
	if err != nil || !slices.Contains(names, "invoice-ready") {
		t.Fatal(names, err)
	}
	for range 2 {
		if _, err := b.client.WebhookRegister(t.Context(), partnercenter.WebhookRegistration{URL: us.URL, Events: []string{"invoice-ready"}}); err != nil {
			t.Fatal(err)
		}
	}
	id, err := b.client.WebhookTestSend(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.to("2026-05-06 12:00")
	if err := b.Notify(t.Context()); err != nil {
		t.Fatal(err)
	}
	tries, done, err := b.client.WebhookTestResult(t.Context(), id)
	if err != nil || !done || len(tries) != 1 || tries[0].Code != "OK" {
		t.Errorf("%+v %t %v", tries, done, err)
	}
	invoices := b.Invoices()
	if len(events) != 2 || events[0].Kind != partnercenter.WebhookTest || events[1].Kind != "invoice-ready" || events[1].Invoice != invoices[len(invoices)-1] || len(b.Parked()) > 0 {
		t.Errorf("%+v", events)
	}
}
