package flow

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/reconcile"
)

// ReadinessState says whether a check stands in the way of closing a month.
type ReadinessState uint8

// The states: all is well; look at it; the month cannot be closed like this.
const (
	ReadinessWell ReadinessState = iota
	ReadinessLook
	ReadinessBlocked
)

// String is the word used in files and commands.
func (s ReadinessState) String() string {
	return [...]string{"well", "look", "blocked"}[s]
}

// ReadinessCheck is one thing that must be so before a month's provider cost
// can be believed.
type ReadinessCheck struct {
	// Code is the same for the same check in every month.
	Code  string
	State ReadinessState
	// Sentence says how it stands, Todo what to do where it is not well.
	Sentence, Todo string
}

// Readiness says how far a month (given by its first day) is from being closed
// towards a provider.
func (f *Flow) Readiness(ctx context.Context, id ConnectionID, month calendar.Date) (checks []ReadinessCheck, err error) {
	catalog, err := CatalogOf(ctx, f.Store, false)
	if err != nil {
		return nil, err
	}
	err = f.Store.Read(ctx, func(tx Tx) error {
		r := &readiness{tx: tx, catalog: catalog, days: calendar.Period{From: month, To: month.AddMonths(1)}}
		if r.connection, err = tx.ConnectionGet(id); err != nil {
			return err
		}
		for _, check := range []func() error{r.consent, r.invoices, r.reconciled, r.known, r.usage, r.priced, r.expiring} {
			if err := check(); err != nil {
				return err
			}
		}
		checks = r.checks
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("readiness of %s for %s: %w", id, month.String()[:7], err)
	}
	return checks, nil
}

// readiness is the work on one month.
type readiness struct {
	tx         Tx
	catalog    *Catalog
	connection Connection
	days       calendar.Period
	// bills are the month's invoices.
	bills  []KeptInvoice
	checks []ReadinessCheck
}

func (r *readiness) well(code, format string, args ...any) {
	r.checks = append(r.checks, ReadinessCheck{Code: code, Sentence: fmt.Sprintf(format, args...)})
}

func (r *readiness) ill(code string, state ReadinessState, todo, format string, args ...any) {
	r.checks = append(r.checks, ReadinessCheck{code, state, fmt.Sprintf(format, args...), todo})
}

func (r *readiness) consent() error {
	if r.connection.State == ConnectionReady {
		r.well("consent", "%s lets us in.", r.connection.ID)
		return nil
	}
	r.ill("consent", ReadinessBlocked, "Sign in to the provider and consent again.", "%s does not let us in: %s %s", r.connection.ID, r.connection.State, r.connection.StateWhy)
	return nil
}

// invoices: they are there, and their rows come to their totals.
func (r *readiness) invoices() error {
	list, err := r.tx.ProviderInvoiceList(r.connection.ID)
	if err != nil {
		return err
	}
	for i := range list {
		if v := &list[i]; v.ID != "" && r.month(v).From == r.days.From {
			r.bills = append(r.bills, *v)
		}
	}
	slices.SortFunc(r.bills, func(a, b KeptInvoice) int { return strings.Compare(a.ID, b.ID) })
	if len(r.bills) == 0 {
		r.ill("invoices", ReadinessBlocked, "Import the provider's invoices; Microsoft's come on the 6th to 8th of the next month.", "There is no invoice for %s.", r.days.From.String()[:7])
		return nil
	}
	for i := range r.bills {
		v := &r.bills[i]
		if v.Total.Cmp(v.LinesTotal) != 0 {
			r.ill("invoice-complete", ReadinessBlocked, "Import the invoice again once the provider's file is complete.",
				"Invoice %s says %s %s, its %d rows come to %s.", v.ID, v.Total, v.Currency, v.Lines, v.LinesTotal)
			continue
		}
		stamp := "without a stamp: whether the provider changed its rows since is not known"
		if v.Stamp != "" {
			stamp = "stamp " + v.Stamp
		}
		r.well("invoice-complete", "Invoice %s is complete: %d rows, %s %s, %s.", v.ID, v.Lines, v.Total, v.Currency, stamp)
	}
	return nil
}

// month is the month of an invoice's transactions: its own period, or the one
// before the month of its date.
func (r *readiness) month(v *KeptInvoice) calendar.Period {
	if d := v.Period.Days(); d > 0 && d <= longestMonth {
		return calendar.Period{From: firstOfMonth(v.Period.From), To: v.Period.To}
	}
	first := firstOfMonth(v.On)
	return calendar.Period{From: first.AddMonths(-1), To: first}
}

func firstOfMonth(day calendar.Date) calendar.Date {
	_, _, n := day.Civil()
	return day.AddDays(1 - n)
}

// reconciled: each invoice was compared since it was imported, and nothing is unexplained.
func (r *readiness) reconciled() error {
	for i := range r.bills {
		v := &r.bills[i]
		if v.ReconciledAt.IsZero() || v.ReconciledAt.Before(v.ImportedAt) {
			r.ill("reconciled", ReadinessBlocked, "Reconcile the invoice.", "Invoice %s is not reconciled.", v.ID)
			continue
		}
		odd, err := r.count(v.ID, reconcile.Unexplained)
		if err != nil {
			return err
		}
		if odd > 0 {
			r.ill("reconciled", ReadinessBlocked, "Open the rows, and dispute with the provider what is wrong.", "%s on invoice %s not explained.", many(odd, "difference", "differences"), v.ID+plural(odd, " is", " are"))
			continue
		}
		r.well("reconciled", "Invoice %s is reconciled, and every difference has its cause.", v.ID)
	}
	return nil
}

func (r *readiness) count(invoice string, causes ...reconcile.Cause) (n int, err error) {
	for _, cause := range causes {
		if err := r.tx.FindingList(r.connection.ID, invoice, cause.String(), func(Finding) bool { n++; return true }); err != nil {
			return n, err
		}
	}
	return n, nil
}

// known: all customers and subscriptions on the invoices are in the book.
func (r *readiness) known() error {
	strange := 0
	for i := range r.bills {
		n, err := r.count(r.bills[i].ID, reconcile.MissingCustomer, reconcile.UnknownSubscription)
		if err != nil {
			return err
		}
		strange += n
	}
	if strange > 0 {
		r.ill("customers", ReadinessBlocked, "Link the customers and subscriptions, or add them, and reconcile again.",
			"%s of customers or subscriptions that the book does not have.", many(strange, "row is", "rows are"))
	} else if len(r.bills) > 0 {
		r.well("customers", "Every row is of a customer and a subscription of the book.")
	}
	return nil
}

// usage: all of it was taken, and none of the month is still on its way.
func (r *readiness) usage() error {
	open, err := r.tx.ExceptionList(ExceptionFilter{Kind: ExceptionUsage, Connection: r.connection.ID})
	if err != nil {
		return err
	}
	if len(open) > 0 {
		r.ill("usage", ReadinessBlocked, open[0].Todo, "Usage was not taken, for %s; the newest: %s", many(len(open), "reason", "reasons"), open[0].Sentence)
		return nil
	}
	late := 0
	for i := range r.bills {
		n, err := r.count(r.bills[i].ID, reconcile.Timing)
		if err != nil {
			return err
		}
		late += n
	}
	if late > 0 {
		r.ill("usage", ReadinessLook, "Look at what is to come with another invoice; it evens out there.", "%s to another invoice.", many(late, "charge or usage record belongs", "charges or usage records belong"))
		return nil
	}
	r.well("usage", "No usage or charge of the month is late.")
	return nil
}

// skusNamed is how many products are named in a sentence.
const skusNamed = 5

// priced: each product that is sold by the seat has a price for customers, and so a
// cost to compare with. Usage is sold by its cost, or by a rate card of its own.
func (r *readiness) priced() error {
	count := 0
	bare := map[string]map[string]bool{}
	seen := map[string]bool{}
	for i := range r.bills {
		err := r.tx.ProviderLines(r.connection.ID, r.bills[i].ID, "", "", func(line ProviderLine) bool {
			sku := line.Charge.SKU
			if sku == "" {
				return true
			}
			if !seen[sku] {
				seen[sku] = true
				count++
				if !r.listed(sku) {
					bare[sku] = map[string]bool{}
				}
			}
			if bare[sku] != nil && line.Meter == "" {
				bare[sku][line.Holding] = true
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	var lacking []string
	for _, sku := range sortedKeys(bare) {
		needed, err := r.needsPrice(sortedKeys(bare[sku]))
		if err != nil {
			return err
		}
		if needed {
			lacking = append(lacking, sku)
		}
	}
	switch {
	case len(lacking) > 0:
		r.ill("prices", ReadinessBlocked, "Import the month's price sheet, or add the prices.", "%s no price: %s", many(len(lacking), "product has", "products have"), strings.Join(lacking[:min(len(lacking), skusNamed)], ", "))
	case len(bare) > 0:
		r.well("prices", "All products on the invoices that need a price have one; %d of %d need none of their own: usage, or an agreed price.", len(bare), count)
	case count > 0:
		r.well("prices", "All %d products on the invoices have a price.", count)
	}
	return nil
}

// listed says whether any list has a price of the product in the month.
func (r *readiness) listed(sku string) bool {
	return slices.ContainsFunc(r.catalog.Prices[sku], func(row billing.PriceRow) bool { return row.From.Before(r.days.To) })
}

// needsPrice says whether any of the holdings is sold at a list price: not as usage,
// at an agreed price, under a bundle, or as the provider's own row. What is not in
// the book may well be.
func (r *readiness) needsPrice(holdings []string) (needed bool, err error) {
	for some := range slices.Chunk(holdings, heldAtOnce) {
		links, err := r.tx.HoldingLinks(r.connection.ID, some)
		if err != nil {
			return false, err
		}
		found, err := foundOf(r.tx, links)
		if err != nil {
			return false, err
		}
		for _, holding := range some {
			if len(links[holding]) == 0 {
				return true, nil
			}
			for _, link := range links[holding] {
				one, known := found[link.Subscription]
				if known && one.Subscription.Kind != billing.Usage && one.Subscription.Parent == "" && one.Book.Contract.Schedule != billing.Mirror && !billing.StateOn(&one.Book.Contract, one.Subscription, r.days.To.AddDays(-1)).HasPrice {
					return true, nil
				}
			}
		}
	}
	return false, nil
}

// expiring: promotions that end in the month or the next change the cost of terms that begin after.
func (r *readiness) expiring() error {
	list, err := r.tx.PromotionList(r.connection.ID)
	if err != nil {
		return err
	}
	soon := calendar.Period{From: r.days.From, To: r.days.To.AddMonths(1)}
	var ends []string
	for i := range list {
		if p := &list[i]; soon.Contains(p.To) {
			ends = append(ends, fmt.Sprintf("%s (%s %% on %s, last day %s)", p.ID, p.Percent, p.SKU, p.To.AddDays(-1)))
		}
	}
	if len(ends) == 0 {
		r.well("promotions", "No promotion ends in this month or the next.")
		return nil
	}
	r.ill("promotions", ReadinessLook, "Renew before the last day what should keep its price, or tell the customers.", "%s: %s", many(len(ends), "promotion ends", "promotions end"), strings.Join(ends[:min(len(ends), skusNamed)], ", "))
	return nil
}

// many is a number with the word for one or for more.
func many(n int, one, more string) string { return strconv.Itoa(n) + " " + plural(n, one, more) }

func plural(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}
