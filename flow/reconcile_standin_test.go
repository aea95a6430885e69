package flow_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/provider/partnercenter"
	"prorata/edge/provider/standin"
	"prorata/flow"
)

// both is a book and a Partner Center of our own that were told the same: two
// reckonings of one bill, made apart from each other.
type both struct {
	*reconcileStory
	world    *standin.World
	client   *partnercenter.Client
	customer string
	holdings []string
	// rows counts what was compared, sum what it came to.
	rows int
	sum  money.Decimal
	// address is the stand-in's, bearer the token of our last call.
	address, bearer string
	usd             money.Currency
}

type keptTokens map[string]string

func (k keptTokens) TokenLoad(_ context.Context, name string) (string, error) { return k[name], nil }

func (k keptTokens) TokenSave(_ context.Context, name, token string) error {
	k[name] = token
	return nil
}

const (
	suite = "CFQ7TTC0LH18:0001"
	since = "2024-01-01"
)

// offers are what can be had, each with its price of a seat and charge cycle, and
// the price from 1 May 2026 on.
var offers = []struct {
	term        int
	paid        standin.Billing
	unit        billing.Unit
	price, then string
}{
	{1, standin.Monthly, billing.Unit{Name: "monthly", Months: 1}, "14.40", "15.30"},
	{12, standin.Monthly, billing.Unit{Name: "monthly", Months: 1}, "12.00", "12.70"},
	{12, standin.Annual, billing.Unit{Name: "annual", Months: 12}, "139.00", "151.00"},
	{36, standin.Monthly, billing.Unit{Name: "monthly", Months: 1}, "11.10", "11.50"},
	{36, standin.Annual, billing.Unit{Name: "annual", Months: 12}, "133.33", "140.00"},
	{36, standin.Triennial, billing.Unit{Name: "triennial", Months: 36}, "391.70", "401.00"},
}

func newBoth(t *testing.T) *both {
	b := &both{reconcileStory: newReconcileStory(t)}
	b.world = standin.New(standin.Settings{Seed: t.Name(), Start: time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC), Partner: standin.Partner{Currency: "EUR"}, HTTP: http.DefaultClient})
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if token := r.Header.Get("Authorization"); strings.HasPrefix(r.URL.Path, "/v1/") && token != "" {
			b.bearer = token
		}
		b.world.ServeHTTP(rw, r)
	}))
	b.address = server.URL
	t.Cleanup(server.Close)
	sku := &standin.SKU{ID: "0001", Title: "Suite"}
	usd, err := money.ParseCurrency("USD")
	if err != nil {
		t.Fatal(err)
	}
	b.usd = usd
	b.take(flow.Intake{Product: &billing.Product{SKU: suite, Name: "Suite", Class: "resale"}})
	for _, o := range offers {
		var prices []standin.Price
		for from, price := range map[string]string{since: o.price, "2026-05-01": o.then} {
			prices = append(prices, standin.Price{From: date(from), List: number(price), Retail: number(price)})
			b.take(flow.Intake{Price: &billing.PriceRow{SKU: suite, List: "default", Currency: usd, Unit: o.unit, TermMonths: o.term, From: date(from), Price: number("20.00"), Cost: number(price), HasCost: true}})
		}
		slices.SortFunc(prices, func(a, b standin.Price) int { return a.From.Compare(b.From) })
		sku.Offers = append(sku.Offers, standin.Offer{TermMonths: o.term, Billing: o.paid, Prices: prices})
	}
	b.world.AddProduct(&standin.Product{ID: "CFQ7TTC0LH18", Title: "Suite", SKUs: []*standin.SKU{sku}})
	tenant, id, secret := b.world.App()
	b.client = partnercenter.New(partnercenter.Settings{
		Endpoints: partnercenter.Commercial().At(server.URL), Tenant: tenant, ClientID: id, Secret: func(context.Context) (string, error) { return secret, nil },
		Tokens: keptTokens{partnercenter.RefreshToken: b.world.Grant()}, HTTP: server.Client(), Clock: b.world.Now,
		Wait: func(_ context.Context, span time.Duration) error { return b.world.Advance(b.world.Now().Add(span)) },
	})
	b.customer = b.world.AddCustomer(standin.Customer{Name: "Contoso", Agreed: true})
	b.reconcileStory.customer(b.customer)
	return b
}

// to goes on to ten o'clock of a day.
func (b *both) to(text string) {
	b.Helper()
	at, err := time.Parse(time.DateOnly, text)
	if at = at.Add(10 * time.Hour); err == nil && at.After(b.world.Now()) {
		err = b.world.Advance(at)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.clock.now = b.world.Now()
}

// buy orders seats at the provider and records the same.
func (b *both) buy(offer int, seats string) string { return b.buyIn("", offer, seats) }

func (b *both) buyIn(promotion string, offer int, seats string) string {
	b.Helper()
	o := offers[offer]
	reference := fmt.Sprint("order ", len(b.holdings))
	receipt, err := b.client.Order(b.Context(), flow.ProviderOrder{Reference: reference, Customer: b.customer, SKU: suite, Quantity: number(seats), TermMonths: o.term, Billing: o.unit, Promotion: promotion})
	if err != nil || receipt.Holding == "" {
		b.Fatal(receipt, err)
	}
	b.holdings = append(b.holdings, receipt.Holding)
	b.clock.now = b.world.Now()
	today := b.flow.Today()
	b.take(flow.Intake{Event: &flow.Event{Do: flow.DoSubscribe, ID: receipt.Holding, Contract: billing.ContractID("of-" + b.customer), SKU: suite, On: today, Effective: today,
		Quantity: number(seats), HasQuantity: true, TermMonths: o.term, Billing: o.unit}})
	return receipt.Holding
}

// change changes a holding at the provider and records the same.
func (b *both) change(holding string, change flow.ProviderChange, event flow.Event) {
	b.Helper()
	change.Reference, change.Customer, change.Holding = fmt.Sprint(holding, b.world.Now().UnixNano()), b.customer, holding
	if _, err := b.client.Change(b.Context(), change); err != nil {
		b.Fatal(err)
	}
	b.clock.now = b.world.Now()
	event.On, event.Subscription = b.flow.Today(), billing.SubscriptionID(holding)
	event.Effective = event.On
	b.take(flow.Intake{Event: &event})
}

func (b *both) seatsTo(holding, seats string) {
	b.Helper()
	n := number(seats)
	b.change(holding, flow.ProviderChange{Quantity: n, HasQuantity: true}, flow.Event{Do: flow.DoQuantity, Quantity: n, HasQuantity: true})
}

// follow imports what is out and reconciles it: the findings of each invoice.
func (b *both) follow(month string) (findings []string) {
	b.Helper()
	if _, err := b.flow.RatesImport(b.Context(), b.client, date(month), flow.Actor{Who: "ann", Source: "console"}, func(flow.TakeLine) {}); err != nil {
		b.Fatal(err)
	}
	if _, err := b.flow.FollowBill(b.Context(), "ms", onlyInvoices{b.client}, calendar.Date{}); err != nil {
		b.Fatal(err)
	}
	var invoices []flow.KeptInvoice
	b.read(func(tx flow.Tx) (err error) { invoices, err = tx.ProviderInvoiceList("ms"); return err })
	for _, v := range invoices {
		if v.Period.From != date(month) {
			continue
		}
		done, err := b.flow.Reconcile(b.Context(), "ms", v.ID)
		if err != nil {
			b.Fatal(err)
		}
		b.rows, b.sum = b.rows+done.Sums.Rows, b.sum.Add(done.Sums.Provider)
		whole := done.Sums.Provider.Sub(done.Sums.Expected)
		for _, cause := range done.Sums.ByCause() {
			whole = whole.Sub(cause.Amount)
		}
		if !whole.IsZero() {
			b.Errorf("invoice %s: %s of the difference has no cause", v.ID, whole)
		}
		b.read(func(tx flow.Tx) error {
			return tx.FindingList("ms", v.ID, "", func(f flow.Finding) bool {
				findings = append(findings, fmt.Sprintf("%s: %s: %s", f.Cause, f.Amount, f.Sentence))
				return true
			})
		})
	}
	return findings
}

// onlyInvoices leaves out what is not billed yet.
type onlyInvoices struct{ *partnercenter.Client }

func (o onlyInvoices) Abilities() flow.Abilities {
	a := o.Client.Abilities()
	a.UnbilledLines = false
	return a
}

// A half-year of purchases on awkward days, seats added, given back, renewed at
// another price and cancelled: the provider's bill is ours, to the cent.
func TestTheStandInChargesWhatWeExpect(t *testing.T) {
	b := newBoth(t)
	b.to("2026-01-30")
	dayBefore := b.buy(1, "10")
	b.buy(0, "4")
	b.to("2026-01-31")
	last := b.buy(1, "7")
	b.buy(2, "3")
	b.buy(3, "5")
	b.buy(5, "2")
	b.to("2026-02-02")
	b.seatsTo(dayBefore, "25")
	b.to("2026-02-05")
	b.seatsTo(dayBefore, "21")
	b.to("2026-02-10")
	b.seatsTo(last, "9")
	gone := b.buy(4, "6")
	b.to("2026-02-14")
	b.change(gone, flow.ProviderChange{Cancel: true}, flow.Event{Do: flow.DoCancel})
	b.to("2026-02-28")
	b.buy(1, "11")
	b.buy(0, "8")
	for i, month := range []string{"2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01"} {
		b.to(fmt.Sprintf("2026-%02d-07", max(3, i+2)))
		if findings := b.follow(month); findings != nil {
			t.Errorf("%s:\n%s", month, strings.Join(findings, "\n"))
		}
	}
	// Nine purchases, one of them cancelled, three changes of seats, and the cycles and renewals since.
	if b.rows != 38 {
		t.Errorf("%d rows were compared", b.rows)
	}
}

// What waits for a renewal, what is taken back at once, and what a promotion gives.
func TestTheStandInRenewsAsScheduled(t *testing.T) {
	b := newBoth(t)
	b.world.AddPromotion(&standin.Promotion{ID: "39NF:0001:SPRING", Name: "spring", SKU: suite, TermMonths: 12, Billing: standin.Monthly, Percent: number("12.5"), From: date("2026-01-01"), Until: date("2026-02-28")})
	err := b.flow.Store.Write(t.Context(), func(tx flow.Tx) error {
		_, err := tx.PromotionPut("ms", flow.Promotion{ID: "39NF:0001:SPRING", SKU: suite, TermMonths: 12, Billing: monthly, Percent: number("12.5"), From: date("2026-01-01"), To: date("2026-03-01")})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b.to("2026-01-13")
	promoted := b.buyIn("39NF:0001:SPRING", 1, "13")
	fewer := b.buy(0, "20")
	b.to("2026-01-15")
	b.seatsTo(promoted, "17")
	gone := b.buy(0, "6")
	if err := b.world.Advance(b.world.Now().Add(22 * time.Hour)); err != nil {
		t.Fatal(err)
	}
	b.change(gone, flow.ProviderChange{Cancel: true}, flow.Event{Do: flow.DoCancel})
	b.to("2026-02-01")
	b.change(fewer, flow.ProviderChange{Next: &flow.HoldingNextTerm{SKU: suite, Quantity: number("5"), HasQuantity: true, TermMonths: 1, Billing: monthly}},
		flow.Event{Do: flow.DoSchedule, Quantity: number("5"), HasQuantity: true})
	for i, month := range []string{"2026-01-01", "2026-02-01", "2026-03-01"} {
		b.to(fmt.Sprintf("2026-%02d-07", i+2))
		if findings := b.follow(month); findings != nil {
			t.Errorf("%s:\n%s", month, strings.Join(findings, "\n"))
		}
	}
	if b.rows != 10 {
		t.Errorf("%d rows were compared", b.rows)
	}
}

// The provider is made wrong in ways that are known: each is found under its own
// name, and its amount is the whole difference.
func TestEachMistakeOfTheStandInIsFound(t *testing.T) {
	for kind, want := range map[standin.MistakeKind]string{
		standin.MissingLine:    "billed and not charged",
		standin.DuplicatedLine: "doubled row",
		standin.WrongPrice:     "price change",
		standin.WrongRate:      "exchange rate",
		standin.WrongQuantity:  "quantity",
	} {
		t.Run(string(kind), func(t *testing.T) {
			b := newBoth(t)
			b.to("2026-01-20")
			holding := b.buy(1, "10")
			b.to("2026-03-07")
			if findings := b.follow("2026-02-01"); findings != nil {
				t.Fatalf("before: %q", findings)
			}
			mistake := standin.Mistake{Kind: kind, Subscription: holding}
			b.read(func(tx flow.Tx) error {
				list, err := tx.ProviderInvoiceList("ms")
				mistake.Invoice = list[0].ID
				return err
			})
			mistake.Value = map[standin.MistakeKind]string{standin.WrongPrice: "13.50", standin.WrongRate: "0.75", standin.WrongQuantity: "12"}[kind]
			if err := b.world.Mistake(mistake); err != nil {
				t.Fatal(err)
			}
			findings := b.follow("2026-02-01")
			if len(findings) != 1 && kind != standin.WrongQuantity || len(findings) == 0 || !strings.HasPrefix(findings[0], want+": ") {
				t.Errorf("got %q, want %s", findings, want)
			}
		})
	}
}

// Terms that were shortened to end with April, paid by the month and at once.
func TestTheStandInShortensTermsAsWeDo(t *testing.T) {
	b := newBoth(t)
	b.to("2026-01-20")
	b.buy(1, "10")
	b.to("2026-02-10")
	for _, o := range offers[1:3] {
		ends := date("2026-05-01")
		receipt, err := b.client.Order(t.Context(), flow.ProviderOrder{Reference: o.unit.Name, Customer: b.customer, SKU: suite, Quantity: number("5"), TermMonths: 12, Billing: o.unit, EndsOn: ends})
		if err != nil {
			t.Fatal(err)
		}
		today := date("2026-02-10")
		b.take(flow.Intake{Event: &flow.Event{Do: flow.DoSubscribe, ID: receipt.Holding, Contract: billing.ContractID("of-" + b.customer), SKU: suite, On: today, Effective: today,
			Quantity: number("5"), HasQuantity: true, TermMonths: 12, Billing: o.unit, Ends: ends}})
	}
	for i, month := range []string{"2026-02-01", "2026-03-01", "2026-04-01"} {
		b.to(fmt.Sprintf("2026-%02d-07", i+3))
		if findings := b.follow(month); findings != nil {
			t.Errorf("%s:\n%s", month, strings.Join(findings, "\n"))
		}
	}
	// The first by the month: 3 rows; the shortened: 3, and 1 that was paid at once.
	if b.rows != 7 {
		t.Errorf("%d rows were compared", b.rows)
	}
}

// The rated usage of a month is what its rows on the invoice come to.
func TestTheStandInBillsTheUsageThatItRated(t *testing.T) {
	b := newBoth(t)
	b.world.AddProduct(&standin.Product{ID: "DZH318Z0BPS6", Title: "Azure plan", Kind: standin.AzurePlan,
		SKUs: []*standin.SKU{{ID: "0001", Title: "Azure plan", Offers: []standin.Offer{{Billing: standin.Monthly, Prices: []standin.Price{{From: date(since)}}}}}}})
	b.to("2026-01-20")
	receipt, err := b.client.Order(t.Context(), flow.ProviderOrder{Reference: "azure", Customer: b.customer, SKU: "DZH318Z0BPS6:0001", Quantity: number("1"), Billing: monthly})
	if err != nil {
		t.Fatal(err)
	}
	today := date("2026-01-20")
	b.take(flow.Intake{Product: &billing.Product{SKU: "DZH318Z0BPS6:0001", Name: "Azure", Class: "resale", Kind: billing.Usage}},
		flow.Intake{Event: &flow.Event{Do: flow.DoSubscribe, ID: receipt.Holding, Contract: billing.ContractID("of-" + b.customer), SKU: "DZH318Z0BPS6:0001", On: today, Effective: today, Quantity: number("1"), HasQuantity: true}})
	b.to("2026-03-07")
	b.follow("2026-02-01")
	var invoice flow.KeptInvoice
	b.read(func(tx flow.Tx) error {
		list, err := tx.ProviderInvoiceList("ms")
		invoice = list[0]
		return err
	})
	if _, err := b.flow.FollowUsage(t.Context(), "ms", b.client, flow.UsageAsk{Invoice: invoice.ID, Currency: b.eur}, func(line flow.TakeLine) {
		if line.Outcome != flow.Taken {
			t.Errorf("%s: %s", line.Outcome, line.Why)
		}
	}); err != nil {
		t.Fatal(err)
	}
	findings := b.follow("2026-02-01")
	for _, finding := range findings {
		if !strings.HasPrefix(finding, "rounding: ") {
			t.Error(finding)
		}
	}
	if invoice.Lines == 0 || invoice.Total.Sign() <= 0 {
		t.Errorf("nothing was compared: %+v", invoice)
	}
	b.disputesUsage(invoice.ID)
}

// disputesUsage writes down what a row of usage should come to, and by which rule.
func (b *both) disputesUsage(invoice string) {
	b.Helper()
	row := ""
	b.read(func(tx flow.Tx) error {
		return tx.ProviderLines("ms", invoice, "", "", func(line flow.ProviderLine) bool { row = line.Charge.ID; return false })
	})
	d, err := b.flow.Dispute(b.Context(), "ms", invoice, row)
	if err != nil {
		b.Fatal(err)
	}
	if len(d.Expected) == 0 || !strings.HasPrefix(d.Expected[0].Arithmetic, "the rated usage of these days adds up to ") || len(d.Rule) != 1 ||
		len(d.Facts) == 0 || d.Facts[0].Sentence != "1 seat bought" {
		b.Errorf("%s", d.Text())
	}
}

// seen reads a holding anew, as the sync keeps it.
func (b *both) seen(id string) {
	b.Helper()
	holding, err := b.client.HoldingGet(b.Context(), b.customer, id)
	if err == nil {
		holding.Customer = b.customer
		err = b.flow.Store.Write(b.Context(), func(tx flow.Tx) error {
			return tx.HoldingPut(flow.KeptHolding{Holding: holding, Connection: "ms", SeenAt: b.clock.now})
		})
	}
	if err != nil {
		b.Fatal(err)
	}
}

// A promotion is gone with the renewal, and the holding names it no more; the rows
// of the term before had it by right.
func TestAPromotionThatARenewalEndedWasRightBefore(t *testing.T) {
	b := newBoth(t)
	const spring = "39NF:0001:SPRING"
	b.world.AddPromotion(&standin.Promotion{ID: spring, Name: "spring", SKU: suite, TermMonths: 1, Billing: standin.Monthly, Percent: number("12.5"), From: date("2026-01-01"), Until: date("2026-02-10")})
	err := b.flow.Store.Write(t.Context(), func(tx flow.Tx) error {
		_, err := tx.PromotionPut("ms", flow.Promotion{ID: spring, SKU: suite, TermMonths: 1, Billing: monthly, Percent: number("12.5"), From: date("2026-01-01"), To: date("2026-02-11")})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b.to("2026-01-13")
	promoted := b.buyIn(spring, 0, "13")
	plain := b.buy(0, "4")
	b.to("2026-01-15")
	b.seatsTo(promoted, "17")
	b.to("2026-04-07")
	b.seen(promoted)
	b.seen(plain)
	b.read(func(tx flow.Tx) error {
		kept, err := tx.HoldingsGet("ms", b.holdings)
		if kept[promoted].Promotion != "" {
			t.Errorf("the stand-in kept the promotion over the renewal: %s", kept[promoted].Promotion)
		}
		return err
	})
	for _, month := range []string{"2026-01-01", "2026-02-01", "2026-03-01"} {
		if findings := b.follow(month); findings != nil {
			t.Errorf("%s:\n%s", month, strings.Join(findings, "\n"))
		}
	}
	if b.rows != 8 {
		t.Errorf("%d rows were compared", b.rows)
	}
}
