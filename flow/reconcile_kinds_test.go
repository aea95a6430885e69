package flow_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/edge/provider/partnercenter"
	"prorata/edge/provider/standin"
	"prorata/flow"
)

// grand is what the suite can be upgraded to.
const grand = "CFQ7TTC0GRND:0001"

// newSynced is a Partner Center whose customer acts by itself: the book knows what
// the sync sees.
func newSynced(t *testing.T) *both {
	b := newBoth(t)
	from := date(since)
	offer := func(term int, paid standin.Billing, price string) standin.Offer {
		return standin.Offer{TermMonths: term, Billing: paid, Prices: []standin.Price{{From: from, List: number(price), Retail: number(price)}}}
	}
	b.world.AddProduct(&standin.Product{ID: "CFQ7TTC0BASE", Title: "Base", SKUs: []*standin.SKU{{ID: "0001", Title: "Base", Upgrades: []string{grand},
		Offers: []standin.Offer{offer(12, standin.Monthly, "12.00"), offer(12, standin.Annual, "140.00")}}}})
	b.world.AddProduct(&standin.Product{ID: "CFQ7TTC0GRND", Title: "Grand", SKUs: []*standin.SKU{{ID: "0001", Title: "Grand", Offers: []standin.Offer{offer(12, standin.Monthly, "20.00")}}}})
	b.world.AddProduct(&standin.Product{ID: "DG7GMGF0SOFT", Title: "Server", Kind: standin.Perpetual, SKUs: []*standin.SKU{{ID: "0001", Title: "Server", Offers: []standin.Offer{offer(0, standin.OneTime, "3260.00")}}}})
	for sku, name := range map[string]string{"CFQ7TTC0BASE:0001": "Base", grand: "Grand", "DG7GMGF0SOFT:0001": "Server"} {
		b.take(flow.Intake{Product: &billing.Product{SKU: sku, Name: name, Class: "resale"}})
	}
	for sku, price := range map[string]string{"CFQ7TTC0BASE:0001": "12.00", grand: "20.00"} {
		b.priced(sku, price, monthly, 12)
	}
	b.priced("CFQ7TTC0BASE:0001", "140.00", billing.Unit{Name: "annual", Months: 12}, 12)
	return b
}

func (b *both) priced(sku, cost string, unit billing.Unit, term int) {
	b.Helper()
	b.take(flow.Intake{Price: &billing.PriceRow{SKU: sku, List: "default", Currency: b.usd, Unit: unit, TermMonths: term, From: date(since), Price: number("5000.00"), Cost: number(cost), HasCost: true}})
}

// order buys at the provider alone.
func (b *both) order(sku, seats string, unit billing.Unit, term int) string {
	b.Helper()
	reference := fmt.Sprint("own order ", b.world.Now().UnixNano(), sku)
	receipt, err := b.client.Order(b.Context(), flow.ProviderOrder{Reference: reference, Customer: b.customer, SKU: sku, Quantity: number(seats), TermMonths: term, Billing: unit})
	if err != nil {
		b.Fatal(err)
	}
	return receipt.Holding
}

// sync goes on to a day and reads what the customer holds.
func (b *both) sync(day string) {
	b.Helper()
	b.to(day)
	if _, err := b.flow.Sync(b.Context(), "ms", b.client); err != nil {
		b.Fatal(err)
	}
}

// upgrade changes seats of a holding into the grand suite, as the customer does.
func (b *both) upgrade(holding, seats, into string) {
	b.Helper()
	for option, err := range b.client.TransitionOptions(b.Context(), b.customer, holding, false) {
		if err != nil {
			b.Fatal(err)
		}
		_, err := b.client.Transition(b.Context(), partnercenter.TransitionAsk{Customer: b.customer, Holding: holding, To: option.Item, Into: into, Quantity: number(seats), TermMonths: 12, Billing: monthly})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// patch changes a subscription in the provider's own portal.
func (b *both) patch(holding string, fields map[string]any) {
	b.Helper()
	path := b.address + "/v1/customers/" + b.customer + "/subscriptions/" + holding
	send := func(method string, body []byte) (got map[string]any) {
		request, err := http.NewRequestWithContext(b.Context(), method, path, bytes.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		request.Header.Set("Authorization", b.bearer)
		request.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			b.Fatal(err)
		}
		defer answer.Body.Close()
		data, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK || json.Unmarshal(data, &got) != nil {
			b.Fatalf("%s %s: %d %s %v", method, path, answer.StatusCode, data, err)
		}
		return got
	}
	if _, err := b.client.HoldingGet(b.Context(), b.customer, holding); err != nil {
		b.Fatal(err)
	}
	whole := send(http.MethodGet, nil)
	for name, value := range fields {
		whole[name] = value
	}
	data, err := json.Marshal(whole)
	if err != nil {
		b.Fatal(err)
	}
	send(http.MethodPatch, data)
}

// What the provider does by itself, or at its own portal: the sync tells the log of
// it, the rows tell the rest, and what is then left has a cause that fits.
func TestWhatHappensAtTheProviderIsExpectedOrHasItsCause(t *testing.T) {
	const base, software = "CFQ7TTC0BASE:0001", "DG7GMGF0SOFT:0001"
	for _, c := range []struct {
		what string
		do   func(b *both)
		// want are the findings of January to March, rows and sum what was compared.
		want string
		rows int
		sum  string
	}{
		{"all seats are upgraded: the subscription goes on as another product", func(b *both) {
			holding := b.bought(base, "30")
			b.to("2026-01-25")
			b.upgrade(holding, "30", "")
			b.sync("2026-01-25")
		}, "", 5, "1529.10"},
		{"some are: they are a subscription of their own", func(b *both) {
			holding := b.bought(base, "30")
			b.to("2026-01-25")
			b.upgrade(holding, "20", "")
			b.sync("2026-01-25")
		}, "", 8, "1525.50"},
		{"some join another subscription", func(b *both) {
			holding := b.bought(base, "30")
			into := b.bought(grand, "5")
			b.to("2026-01-25")
			b.upgrade(holding, "20", into)
			b.sync("2026-01-25")
		}, "", 10, "1619.45"},
		{"from monthly to annual payment, with the next cycle", func(b *both) {
			holding := b.bought(base, "30")
			b.to("2026-01-25")
			b.patch(holding, map[string]any{"billingCycle": "annual"})
			b.sync("2026-01-25")
		}, "", 2, "3833.40"},
		{"software is paid once", func(b *both) {
			b.priced(software, "3260.00", monthly, 0)
			b.bought(software, "2")
		}, "", 1, "6023.32"},
		{"software whose price nobody imported", func(b *both) { b.bought(software, "2") },
			"price change: 6023.32: no price of the provider is known for DG7GMGF0SOFT:0001 on 2026-01-10; the row has 3260.00 of 3260.00 for a seat, 6023.32 in all", 1, "6023.32"},
		{"a credit for a service that was down", func(b *both) {
			holding := b.bought(base, "30")
			b.to("2026-02-20")
			if err := b.world.CustomerCredit(holding, number("7.35"), "Service level"); err != nil {
				b.Fatal(err)
			}
		}, "credit and rebill: -6.68: a credit of the provider's: -6.68", 4, "975.22"},
		{"an invoice is taken back whole", func(b *both) {
			b.bought(base, "30")
			b.to("2026-02-07")
			if _, err := b.world.CreditInvoice(b.world.Invoices()[0]); err != nil {
				b.Fatal(err)
			}
		}, `timing: -332.40: new 332.40 for 2026-01-10 to 2026-02-09 stands on invoice FIRST
			credit and rebill: -332.40: it gives back row ROW of invoice FIRST: 332.40 for 2026-01-10 to 2026-02-09`, 4, "649.50"},
	} {
		t.Run(c.what, func(t *testing.T) {
			b := newSynced(t)
			b.sync("2026-01-10")
			c.do(b)
			var found []string
			for i, month := range []string{"2026-01-01", "2026-02-01", "2026-03-01"} {
				b.sync(fmt.Sprintf("2026-%02d-07", i+2))
				found = append(found, b.follow(month)...)
			}
			got, want := strings.Join(found, "\n"), strings.NewReplacer("\t", "", "FIRST", b.world.Invoices()[0], "ROW", b.firstRow()).Replace(c.want)
			if got != want || b.rows != c.rows || b.sum.String() != c.sum {
				t.Errorf("got\n%s\nwant\n%s\n%d rows of %s, want %d of %s", got, want, b.rows, b.sum, c.rows, c.sum)
			}
		})
	}
}

// bought is an order of the customer's own that the sync has seen.
func (b *both) bought(sku, seats string) string {
	b.Helper()
	unit, term := monthly, 12
	if strings.HasPrefix(sku, "DG7") {
		unit, term = billing.Unit{}, 0
	}
	holding := b.order(sku, seats, unit, term)
	b.sync(b.world.Now().Format(time.DateOnly))
	return holding
}

// firstRow is the id of the first row of the first invoice.
func (b *both) firstRow() (id string) {
	b.read(func(tx flow.Tx) error {
		return tx.ProviderLines("ms", b.world.Invoices()[0], "", "", func(line flow.ProviderLine) bool {
			id = line.Charge.ID
			return false
		})
	})
	return id
}

// The usage of a month's last days comes with the next invoice: as much is missing
// on one as is too much on the other.
func TestUsageThatComesWithTheNextInvoice(t *testing.T) {
	b := newSynced(t)
	const azure = "DZH318Z0BPS6:0001"
	b.world.AddProduct(&standin.Product{ID: "DZH318Z0BPS6", Title: "Azure plan", Kind: standin.AzurePlan,
		SKUs: []*standin.SKU{{ID: "0001", Title: "Azure plan", Offers: []standin.Offer{{Billing: standin.Monthly, Prices: []standin.Price{{From: date(since)}}}}}}})
	b.take(flow.Intake{Product: &billing.Product{SKU: azure, Name: "Azure", Class: "resale", Kind: billing.Usage}})
	b.sync("2026-01-20")
	plan := b.order(azure, "1", monthly, 0)
	b.sync("2026-01-21")
	if err := b.world.Mistake(standin.Mistake{Kind: standin.LateUsage, Subscription: plan, Value: "1"}); err != nil {
		t.Fatal(err)
	}
	for i, month := range []string{"2026-01-01", "2026-02-01"} {
		b.sync(fmt.Sprintf("2026-%02d-07", i+2))
		b.follow(month)
		var ids []string
		b.read(func(tx flow.Tx) error {
			list, err := tx.ProviderInvoiceList("ms")
			for _, v := range list {
				ids = append(ids, v.ID)
			}
			return err
		})
		for _, id := range ids {
			if _, err := b.flow.FollowUsage(t.Context(), "ms", b.client, flow.UsageAsk{Invoice: id, Currency: b.eur}, func(flow.TakeLine) {}); err != nil {
				t.Fatal(err)
			}
		}
	}
	// What January lacks is what February has, but for what rows are cut by.
	for month, want := range map[string][2]string{"2026-01-01": {"timing: -7.03: ", "differs by 6.96 "}, "2026-02-01": {"timing: 6.96: ", "differs by -7.03 "}} {
		if got := strings.Join(b.follow(month), "\n"); !strings.HasPrefix(got, want[0]) || !strings.Contains(got, want[1]) || strings.Contains(got, "\n") {
			t.Errorf("%s: %s", month, got)
		}
	}
}

// A letter claims what reconciling found, also of a subscription that nobody here bought;
// what is cut and what costs us nothing is said as that.
func TestWhatADisputeClaims(t *testing.T) {
	s := newReconcileStory(t)
	s.subscribe("of-acme", "hold-1", "2026-02-05", "10")
	s.seats("hold-1", "2026-02-10", "12")
	s.charge("hold-1", "acme", "new 2026-02-05 2026-03-04 10 × 31.00 = 310.00")
	s.charge("hold-1", "acme", "add 2026-02-10 2026-03-04 10 × -25.46 = -254.60")
	s.charge("hold-1", "acme", "add 2026-02-10 2026-03-04 11 × 25.46 = 280.06")
	s.charge("hold-9", "stranger", "new 2026-02-10 2026-03-09 1 × 31.00 = 31.00")
	s.charge("hold-1", "acme", "new 2026-02-05 2026-03-04 10 × 31.00 = 310.00")
	s.invoice("G1")
	s.reconcile("G1")
	for row, wants := range map[string][]string{
		"row1": {"\nWe claim nothing: this row is charged as it should be\n"},
		"row3": {"\nCharged too little: 25.46 EUR, before tax; we claim nothing\n", "31.00 EUR × 23/28 days = 25.464286 for a seat, × 12, each seat cut to 25.46 = 305.52 EUR   <— disputed"},
		"row4": {"\nWhat we claim: 31.00 EUR, charged too much, before tax\n  missing customer: 31.00: customer stranger is not in the book\n", "\n  nothing: our log has no such subscription\n", "\nWhat should be charged\n  nothing\n"},
		"row5": {"\nWhat we claim: 310.00 EUR, charged too much, before tax\n  doubled row: 310.00: row 1 of those below says the same", "\n  1. 2026-02-05 new 2026-02-05 to 2026-03-04: 10 × 31.00 = 310.00 EUR\n"},
	} {
		d, err := s.flow.Dispute(t.Context(), "ms", "G1", row)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if text := d.Text(); !strings.Contains(text, want) {
				t.Errorf("%s: %s\nlacks %q", row, text, want)
			}
		}
	}
}
