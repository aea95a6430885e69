package billing_test

import (
	"strconv"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
)

// BenchmarkPlan plans the invoices of one month, explanations and all: contracts
// of five licence subscriptions each, a third of them with a change inside the
// month before, a tenth of them flexi. What it tells is lines a second.
func BenchmarkPlan(b *testing.B) {
	catalog := benchCatalog()
	books := benchBooks(b, &catalog, 1000)
	through := date("2026-05-01")
	planner := billing.NewPlanner(&catalog)
	lines := 0
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		for i := range books {
			plan, err := planner.Plan(&books[i], through)
			if err != nil {
				b.Fatal(err)
			}
			for j := range plan.Drafts {
				lines += len(plan.Drafts[j].Lines)
			}
		}
	}
	// Lines as seconds over seconds: the quotient is their rate.
	b.ReportMetric((time.Duration(lines)*time.Second).Seconds()/b.Elapsed().Seconds(), "lines/s")
	b.ReportMetric(b.Elapsed().Seconds()*1e9/(time.Duration(lines)*time.Second).Seconds(), "ns/line")
}

func benchCatalog() billing.Catalog {
	catalog := billing.Catalog{Prices: map[string][]billing.PriceRow{}}
	for i := range 40 {
		sku := "sku-" + strconv.Itoa(i)
		for term, price := range map[int]string{0: "12.90", 1: "14.50", 12: "11.70"} {
			catalog.Prices[sku] = append(catalog.Prices[sku], billing.PriceRow{SKU: sku, List: billing.DefaultList, Currency: currency("USD"), Unit: units[0], TermMonths: term, Price: dec(price)})
		}
	}
	return catalog
}

// benchBooks are contracts that have been billed for three months, as a store
// reads them for the fourth.
func benchBooks(b *testing.B, catalog *billing.Catalog, n int) []billing.Book {
	books := make([]billing.Book, n)
	planner := billing.NewPlanner(catalog)
	for i := range books {
		book := benchBook(i)
		plan, err := planner.Plan(&book, date("2026-04-01"))
		if err != nil {
			b.Fatal(err)
		}
		book.Cursor = plan.Cursor
		for j := range plan.Drafts {
			for _, line := range billing.Billed(&plan.Drafts[j]) {
				if line.PeriodTo.After(book.Cursor.OpenAfter) {
					book.Billed = append(book.Billed, line)
				}
			}
		}
		if i%3 == 0 {
			e := seats("2026-04-"+strconv.Itoa(11+i%15), strconv.Itoa(20+i%7))
			e.Seq, e.KnownOn, e.RecordedOn = int64(10*i+9), e.EffectiveOn, e.EffectiveOn
			sub := &book.Subscriptions[i%5]
			sub.Entries = append(sub.Entries, e)
		}
		books[i] = book
	}
	return books
}

func benchBook(i int) billing.Book {
	id := strconv.Itoa(i)
	start := date("2026-01-01")
	book := billing.Book{Lists: []string{billing.DefaultList}}
	book.Contract = billing.Contract{ID: billing.ContractID("contract-" + id), Account: billing.AccountID("account-" + id), Currency: currency("USD"), Frequency: units[0], Start: start}
	if i%10 == 0 {
		book.Contract.Schedule = billing.Flexi
	}
	for j := range 5 {
		on := calendar.Latest(start, start.AddDays((i*7+j*11)%60))
		if j == 0 {
			on = start
		}
		book.Subscriptions = append(book.Subscriptions, billing.Subscription{
			ID: billing.SubscriptionID("subscription-" + id + "-" + strconv.Itoa(j)), Contract: book.Contract.ID, SKU: "sku-" + strconv.Itoa((i+j*3)%40), TermMonths: []int{12, 1, 0}[(i+j)%3],
			Billing: units[0], PriceUnit: units[0],
			Entries: []billing.Entry{{Seq: int64(10*i + j), Verb: billing.Subscribe, RecordedOn: on, KnownOn: on, EffectiveOn: on, Quantity: dec(strconv.Itoa(1 + (i+j)%30)), HasQuantity: true}},
		})
	}
	return book
}
