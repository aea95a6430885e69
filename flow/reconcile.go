package flow

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/core/reconcile"
)

// The settings of a connection that say how its bills are checked.
const (
	// SettingRounding is unit (the default) or line: where the provider drops digits.
	SettingRounding = "rounding"
	// SettingLateDays is how many last days of a month may come with the next
	// invoice; 1 where it is not set.
	SettingLateDays = "late_days"
)

// ReconcileReport is what became of one invoice.
type ReconcileReport struct {
	Invoice KeptInvoice
	// Days are those whose transactions were expected on it.
	Days calendar.Period
	// Sums are the totals: by cause, and margins by customer, product and entity.
	Sums *reconcile.Sums
	// Findings is how many differences there are.
	Findings int64
	// Names are what people call the customers, products and entities of the sums.
	Names ReconcileNames
}

// ReconcileNames are names by id, empty for what has none.
type ReconcileNames struct {
	accounts, called map[string]string
	links            map[string]CustomerLink
	products         map[string]billing.Product
}

// Customer is what a customer of the provider is called: as the account here, else as
// the provider's row says.
func (n ReconcileNames) Customer(id string) string {
	return cmp.Or(n.accounts[string(n.links[id].Account)], n.accounts[id], n.called[id])
}

// Product is what a SKU is called.
func (n ReconcileNames) Product(sku string) string {
	return cmp.Or(n.products[sku].Name, n.called[sku])
}

// Entity is what an account is called.
func (n ReconcileNames) Entity(id string) string { return n.accounts[id] }

// Reconcile compares a provider's invoice, row for row, with what the log says
// should have been charged and with what customers were billed. It replaces what
// it found before; until it has come to the end, the invoice does not count as
// reconciled.
func (f *Flow) Reconcile(ctx context.Context, id ConnectionID, invoice string) (report ReconcileReport, err error) {
	r, err := f.newReconciling(ctx, id, invoice)
	if err != nil {
		return report, fmt.Errorf("reconcile %s of %s: %w", invoiceName(invoice), id, err)
	}
	report = ReconcileReport{Invoice: r.kept, Days: r.invoice.Period, Sums: reconcile.NewSums(r.invoice.Currency), Names: r.names()}
	if err := r.run(ctx, &report); err != nil {
		return report, fmt.Errorf("reconcile %s of %s: %w", invoiceName(invoice), id, err)
	}
	return report, nil
}

// reconciling is the work on one invoice.
type reconciling struct {
	*storyteller
	f       *Flow
	kept    KeptInvoice
	invoice reconcile.Invoice
	rules   reconcile.Rules
	// others are the invoices around it, whose rows settle matters of timing.
	others []string
	links  map[string]CustomerLink
	// customers are the provider's ids by account.
	customers map[billing.AccountID]string
	// accounts are the names of all accounts, by id.
	accounts map[string]string
	// called are the names of customers and products that the book does not have, as rows
	// say them.
	called map[string]string
	// matched counts the rows that were written.
	matched int64
	// known are the customers for whom a story was told; looseRows and looseStories are
	// what waits for all of them to be read.
	known                   map[string]bool
	looseRows, looseStories []loose
	// matchers are one for each worker.
	matchers []*reconcile.Matcher
}

func (f *Flow) newReconciling(ctx context.Context, id ConnectionID, invoice string) (r *reconciling, err error) {
	catalog, err := CatalogOf(ctx, f.Store, true)
	if err != nil {
		return nil, err
	}
	r = &reconciling{f: f, storyteller: &storyteller{catalog: catalog, zone: f.Zone}, customers: map[billing.AccountID]string{}, accounts: map[string]string{}, known: map[string]bool{}, called: map[string]string{}}
	err = f.Store.Read(ctx, func(tx Tx) error {
		if r.connection, err = tx.ConnectionGet(id); err != nil {
			return err
		}
		if r.kept, err = tx.ProviderInvoiceGet(id, invoice); err != nil {
			return err
		}
		if r.promotions, err = tx.PromotionList(id); err != nil {
			return err
		}
		if r.links, err = tx.CustomerLinks(id); err != nil {
			return err
		}
		if err := tx.AccountsNamed(func(id billing.AccountID, name string) { r.accounts[string(id)] = name }); err != nil {
			return err
		}
		return r.setInvoice(tx)
	})
	for customer, link := range r.links {
		r.customers[link.Account] = customer
	}
	return r, err
}

// setInvoice decides the days, the currency and the rules, and which other
// invoices are looked at.
func (r *reconciling) setInvoice(tx Tx) error {
	r.currency = r.kept.Currency
	if r.currency.IsZero() {
		r.currency = r.connection.Currency
	}
	days, err := r.transactionDays(tx)
	if err != nil {
		return err
	}
	r.invoice = reconcile.Invoice{ID: r.kept.ID, Period: days, Currency: r.currency}
	r.rules = reconcile.Rules{Rates: r.catalog.Rates, LateDays: 1}
	switch rounding := r.connection.Settings[SettingRounding]; rounding {
	case "", "unit":
	case "line":
		r.rules.Rounding = reconcile.RoundPerLine
	default:
		return wrong(Source{}, "connection %s: %s: %q (expected unit or line)", r.connection.ID, SettingRounding, rounding)
	}
	if text := r.connection.Settings[SettingLateDays]; text != "" {
		if r.rules.LateDays, err = strconv.Atoi(text); err != nil || r.rules.LateDays < 0 {
			return wrong(Source{}, "connection %s: %s: %q (expected a number of days)", r.connection.ID, SettingLateDays, text)
		}
	}
	invoices, err := tx.ProviderInvoiceList(r.connection.ID)
	around := calendar.Period{From: days.From.AddMonths(-2), To: days.To.AddMonths(2)}
	for i := range invoices {
		if v := &invoices[i]; v.ID != "" && v.ID != r.kept.ID && v.Currency == r.kept.Currency && around.Contains(v.On) {
			r.others = append(r.others, v.ID)
		}
	}
	return err
}

// longestMonth is how many days an invoice's own period may have to be believed;
// a file that is imported alone tells only the days that its rows pay for.
const longestMonth = 31

// transactionDays are the days whose transactions are on the invoice: its own
// period, or the calendar month in which most of its rows were transacted.
func (r *reconciling) transactionDays(tx Tx) (calendar.Period, error) {
	if p := r.kept.Period; p.Days() > 0 && p.Days() <= longestMonth {
		return p, nil
	}
	counts := map[calendar.Date]int{}
	var most calendar.Date
	err := tx.ComparedRows(r.connection.ID, r.kept.ID, "", "", func(line *ProviderLine) bool {
		on := line.OrderedOn()
		year, month, _ := on.Civil()
		first, err := calendar.NewDate(year, month, 1)
		if err != nil {
			return true
		}
		counts[first]++
		if counts[first] > counts[most] || (counts[first] == counts[most] && first.Before(most)) {
			most = first
		}
		return true
	})
	if most.IsZero() {
		if r.kept.On.IsZero() {
			return calendar.Period{}, fmt.Errorf("%w: it has no rows and no date: there is nothing to compare", ErrInput)
		}
		most = r.kept.On.AddMonths(-1)
		year, month, _ := most.Civil()
		if most, err = calendar.NewDate(year, month, 1); err != nil {
			return calendar.Period{}, err
		}
	}
	return calendar.Period{From: most, To: most.AddMonths(1)}, err
}

// OrderedOn is the day of the row's transaction, in UTC as the provider counts;
// the first day that it charges where the row does not tell.
func (line *ProviderLine) OrderedOn() calendar.Date {
	if line.OrderedAt.IsZero() {
		return line.Charge.Period.From
	}
	return dayOf(line.OrderedAt, time.UTC)
}

func (r *reconciling) names() ReconcileNames {
	return ReconcileNames{accounts: r.accounts, called: r.called, links: r.links, products: r.catalog.Products}
}

// finish notes that the invoice is reconciled, unless its rows were replaced
// meanwhile, and puts before people what they have to decide.
func (r *reconciling) finish(ctx context.Context, report *ReconcileReport) error {
	return r.f.Store.Write(ctx, func(tx Tx) error {
		now := r.f.Clock.Now()
		kept, err := tx.ProviderInvoiceGet(r.connection.ID, r.kept.ID)
		if err != nil {
			return err
		}
		if kept.ImportedAt != r.kept.ImportedAt || kept.Stamp != r.kept.Stamp {
			return fmt.Errorf("its rows were imported again meanwhile: %w", ErrMoved)
		}
		if err := tx.InvoiceReconciled(r.connection.ID, r.kept.ID, now); err != nil {
			return err
		}
		report.Invoice.ReconciledAt = now
		if err := tx.ReckoningPut(r.connection.ID, r.kept.ID, reckoningOf(report), report.keptSums()); err != nil {
			return err
		}
		unexplained := causeSum(report.Sums, reconcile.Unexplained)
		if err := r.settle(tx, Exception{
			Kind: ExceptionUnexplained, Amount: unexplained.Amount, Todo: "Open the rows, and dispute with the provider what is wrong.",
			Sentence: fmt.Sprintf("%s on invoice %s not explained: %s %s.", many(unexplained.Count, "difference", "differences"), invoiceName(r.kept.ID)+plural(unexplained.Count, " is", " are"), unexplained.Amount, r.currency),
		}, unexplained.Count == 0, now); err != nil {
			return err
		}
		unbilled := report.Sums.Unbilled
		return r.settle(tx, Exception{
			Kind: ExceptionUnbilled, Amount: unbilled, Todo: "Find out since when the seats are there, and record them with that day: the next invoice bills them.",
			Sentence: fmt.Sprintf("Invoice %s charges %s %s for what no customer was billed for.", invoiceName(r.kept.ID), unbilled, r.currency),
		}, unbilled.IsZero(), now)
	})
}

// settle opens an exception about the invoice, or closes it where all is well.
func (r *reconciling) settle(tx Tx, e Exception, well bool, now time.Time) error {
	e.Subject, e.Connection = invoiceSubject(r.connection.ID, r.kept.ID), r.connection.ID
	if well {
		_, err := tx.ExceptionClose(e.Kind, e.Subject, "the next reconciliation", now)
		return err
	}
	e.HasAmount, e.Currency, e.OpenedAt, e.SeenAt = true, r.currency, now, now
	_, err := tx.ExceptionOpen(e)
	return err
}

func causeSum(sums *reconcile.Sums, cause reconcile.Cause) reconcile.CauseSum {
	for _, sum := range sums.ByCause() {
		if sum.Cause == cause {
			return sum
		}
	}
	return reconcile.CauseSum{Cause: cause}
}

// customerPart is one customer's holdings of a part of the invoice.
type customerPart struct {
	reconcile.Customer
	part    *invoicePart
	account billing.AccountID
	// owns is how many holdings are the customer's, each of which mostly has one story.
	owns int
	// lines are the rows as they came, in the order of Rows.
	lines []*ProviderLine
	// idle are the stories of holdings that the invoice says nothing of.
	idle reconcile.Customer
}

// holding is what is known of one whose story is told for the customer, or nil.
func (c *customerPart) holding(id string) *holdingFacts {
	if h := c.part.holdings[id]; h != nil && h.owner == c {
		return h
	}
	return nil
}

// at is who a holding was sold to: the account and the first of its subscriptions.
func (c *customerPart) at(holding string) (billing.AccountID, billing.SubscriptionID) {
	if h := c.holding(holding); h != nil && len(h.parts) > 0 {
		return h.parts[0].book.Contract.Account, h.parts[0].s.ID
	}
	return c.account, ""
}

// matches adds of each row what it cost, what it should have cost, and what it brought.
func (c *customerPart) matches(to []Match, result *reconcile.Result, currency money.Currency) []Match {
	// By the place of the row among the customer's.
	c.part.earned = slices.Grow(c.part.earned[:0], len(c.lines))[:len(c.lines)]
	places := c.part.earned
	clear(places)
	for i := range result.Findings {
		if f := &result.Findings[i]; f.At >= 0 {
			places[f.At].off = places[f.At].off.Add(f.Amount)
		}
	}
	for i := range result.Margins {
		m := &result.Margins[i]
		one := &places[m.At]
		one.ahead = one.ahead.Add(m.Ahead)
		switch {
		case m.Revenue.Currency().IsZero():
		case one.revenue.Currency().IsZero():
			one.revenue = m.Revenue
		case one.revenue.Currency() == m.Revenue.Currency():
			one.revenue = one.revenue.Add(m.Revenue)
		}
	}
	var m Match
	for i := range result.Matches {
		matched := &result.Matches[i]
		line, one := c.lines[matched.At], &places[matched.At]
		if i == 0 || m.Holding != line.Holding {
			m.Holding = line.Holding
			m.Account, m.Subscription = c.at(line.Holding)
		}
		m.Line, m.Customer, m.SKU, m.Cost, m.Currency, m.Ahead, m.Revenue = line.Charge.ID, line.Customer, line.Charge.SKU, line.Charge.Cost, currency, one.ahead, one.revenue
		if m.Expected, m.HasExpected = (money.Decimal{}), matched.Charge != nil; m.HasExpected {
			m.Expected = m.Cost.Sub(one.off)
		}
		to = append(to, m)
	}
	return to
}

// earned is what the differences of a row amount to, and what it brought.
type earned struct {
	off, ahead money.Decimal
	revenue    money.Amount
}

// findings adds the differences.
func (c *customerPart) findings(to []Finding, result *reconcile.Result, currency money.Currency) []Finding {
	for i := range result.Findings {
		f := &result.Findings[i]
		found := Finding{Line: f.Row, Holding: f.Holding, Customer: c.ID, SKU: f.SKU, Cause: f.Cause.String(), Amount: f.Amount, Currency: currency, Sentence: f.Sentence, MeetsOn: f.Meets.To}
		found.Account, found.Subscription = c.at(f.Holding)
		to = append(to, found)
	}
	return to
}
