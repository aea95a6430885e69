package benchbook

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
)

// ProviderInvoice is the number of the provider's invoice for January.
const ProviderInvoice = "G000000001"

// January is the month that the book's first run and the provider's invoice are for.
func January() calendar.Period { return calendar.Period{From: date("2026-01-01"), To: Through()} }

// costPercent is what the provider asks of a price, in hundredths of it.
const costPercent = 80

// costCents is what one seat of a sku costs a month.
func costCents(n int) int64 {
	n %= skus
	return int64((4+n)*100+n*7%100) * costPercent / 100
}

// providerHeader is the newest form of the provider's reconciliation file.
var providerHeader = []string{"PartnerId", "CustomerId", "CustomerName", "CustomerDomainName", "CustomerCountry", "InvoiceNumber", "MpnId", "Tier2MpnId", "OrderId", "OrderDate",
	"ProductId", "SkuId", "AvailabilityId", "SkuName", "ProductName", "ChargeType", "UnitPrice", "Quantity", "Subtotal", "TaxTotal", "Total", "Currency", "PriceAdjustmentDescription",
	"PublisherName", "PublisherId", "SubscriptionDescription", "SubscriptionId", "ChargeStartDate", "ChargeEndDate", "TermAndBillingCycle", "EffectiveUnitPrice", "UnitType",
	"AlternateId", "BillableQuantity", "BillingFrequency", "PricingCurrency", "PCToBCExchangeRate", "PCToBCExchangeRateDate", "MeterDescription", "ReservationOrderId",
	"CreditReasonCode", "SubscriptionStartDate", "SubscriptionEndDate", "ReferenceId", "ProductQualifiers", "PromotionId", "ProductCategory"}

// ProviderBill writes the provider's invoice for what the book's subscriptions
// did in January, as its reconciliation file, until there are so many rows: a row
// for each start, and two for each change of seats. It counts the rows and says
// what they come to, in cents.
func ProviderBill(to io.Writer, size Size, most int) (rows int, totalCents int64, err error) {
	buffered := bufio.NewWriterSize(to, 1<<20)
	w := &providerFile{csv: csv.NewWriter(buffered), most: most}
	w.err = w.csv.Write(providerHeader)
	for i := 0; i < size.Contracts && w.rows < most && w.err == nil; i++ {
		made := contract(i, size.Subscriptions)
		for n := range made.Subscriptions {
			w.subscription(&made, i+n, &made.Subscriptions[n])
		}
	}
	w.csv.Flush()
	if w.err == nil {
		w.err = w.csv.Error()
	}
	if w.err == nil {
		w.err = buffered.Flush()
	}
	return w.rows, w.total, w.err
}

type providerFile struct {
	csv   *csv.Writer
	most  int
	rows  int
	total int64
	err   error
}

// subscription writes the rows of one subscription: all of them, or none.
func (w *providerFile) subscription(made *Contract, sku int, s *billing.Subscription) {
	if w.rows+2*len(s.Entries)-1 > w.most {
		return
	}
	start := s.Entries[0].EffectiveOn
	cycle := calendar.Period{From: start, To: start.AddMonths(1)}
	before := int64(0)
	for i := range s.Entries {
		e := &s.Entries[i]
		seats, _ := strconv.ParseInt(e.Quantity.String(), 10, 64)
		event := fmt.Sprintf("%s-%d", s.ID, i)
		kind := "New"
		if i > 0 {
			kind = "AddQuantity"
			if seats < before {
				kind = "RemoveQuantity"
			}
			w.row(made, sku, s, kind, event, cycle, e.EffectiveOn, -before)
		}
		w.row(made, sku, s, kind, event, cycle, e.EffectiveOn, seats)
		before = seats
	}
}

// row writes a charge of seats from a day to the cycle's end; a credit has negative seats.
func (w *providerFile) row(made *Contract, n int, s *billing.Subscription, kind, event string, cycle calendar.Period, from calendar.Date, seats int64) {
	if w.err != nil {
		return
	}
	days, whole := int64(from.DaysUntil(cycle.To)), int64(cycle.Days())
	unit := costCents(n)
	cents := unit * days / whole * seats
	// The effective price has six digits, cut; the row is cut for each seat.
	millionths := unit * 10_000 * days / whole
	sign := ""
	if seats < 0 {
		sign, seats = "-", -seats
	}
	termMonths, term := 1, "One-Month commitment for monthly billing"
	if s.TermMonths == 12 {
		termMonths, term = 12, "One-Year commitment for monthly/yearly billing"
	}
	total := centsText(cents)
	w.err = w.csv.Write([]string{"11111111-2222-3333-4444-555555555555", string(made.Account.ID), made.Account.Name, "customer.example", "DE", ProviderInvoice, "1234567", "", event, day(from),
		sku(n), "", "AV", "Licence", "Licence " + strconv.Itoa(n%skus), kind, centsText(unit), strconv.FormatInt(seats, 10), total, "0", total, "EUR", "[]",
		"Microsoft", "", "Licence", string(s.ID), day(from), day(cycle.To.AddDays(-1)), term, fmt.Sprintf("%s%d.%06d", sign, millionths/1_000_000, millionths%1_000_000), "Licenses",
		"", strconv.FormatInt(seats, 10), "Monthly", "EUR", "1", day(cycle.From), "", "",
		"", day(cycle.From), day(cycle.From.AddMonths(termMonths).AddDays(-1)), event, "[]", "", "OnlineServices"})
	w.rows++
	w.total += cents
}

func centsText(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return fmt.Sprintf("%s%d.%02d", sign, cents/100, cents%100)
}

// day is a date as the provider's files write it.
func day(d calendar.Date) string {
	year, month, of := d.Civil()
	return time.Date(year, time.Month(month), of, 0, 0, 0, 0, time.UTC).Format("01/02/2006")
}
