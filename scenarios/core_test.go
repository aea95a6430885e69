// Package scenarios_test plays every scenario of this folder: on the engine
// alone, and through the real flow and store on both databases.
package scenarios_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/edge/bookfile"
	"prorata/flow"
)

func scenarioFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	return files
}

func read(t *testing.T, file string) bookfile.Scenario {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := bookfile.ReadScenario(file, data)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The engine alone: no flow, no store, facts handed to it as they are.
func TestScenariosOnTheEngine(t *testing.T) {
	for _, file := range scenarioFiles(t) {
		t.Run(strings.TrimSuffix(file, ".yaml"), func(t *testing.T) {
			s := read(t, file)
			for _, mode := range []string{"daily", "daily, whole", "verified"} {
				w := newWorld(&s, mode == "daily, whole")
				if err := w.play(); err != nil {
					t.Fatalf("%s: %v", mode, err)
				}
				if mode == "verified" {
					w.rederive(t)
					continue
				}
				for _, difference := range bookfile.Compare(*s.Expect, w.shown()) {
					t.Errorf("%s: %s", mode, difference)
				}
			}
		})
	}
}

// world is a book in memory.
type world struct {
	s        *bookfile.Scenario
	catalog  billing.Catalog
	products map[string]billing.Product
	accounts map[billing.AccountID]billing.Account
	books    []*billing.Book
	held     map[billing.AccountID]bool
	targets  map[string]func(calendar.Date) error
	invoices []billing.Invoice
	drafts   []billing.Draft
	whole    bool
	seq      int64
	// numbers are the printed numbers of the invoices, notes the credit notes over a part of each.
	numbers []string
	notes   map[string][]creditNote
}

type creditNote struct {
	lines []billing.CreditedLine
	note  billing.Invoice
}

func newWorld(s *bookfile.Scenario, whole bool) *world {
	w := &world{
		s: s, whole: whole, products: map[string]billing.Product{}, accounts: map[billing.AccountID]billing.Account{}, held: map[billing.AccountID]bool{},
		targets: map[string]func(calendar.Date) error{}, notes: map[string][]creditNote{},
		catalog: billing.Catalog{Taxes: map[string]billing.Tax{}, Prices: map[string][]billing.PriceRow{}, Rates: slices.Clone(s.Rates)},
	}
	for _, tax := range s.Taxes {
		w.catalog.Taxes[tax.Name] = tax
	}
	for _, product := range s.Products {
		w.products[product.SKU] = product
	}
	for _, row := range s.Prices {
		w.addPrice(row)
	}
	for _, account := range s.Accounts {
		if account.Currency.IsZero() {
			account.Currency = s.Sellers[0].Currency
		}
		w.accounts[account.ID] = account.Account
	}
	for _, c := range s.Contracts {
		account := w.accounts[c.Account]
		w.books = append(w.books, &billing.Book{Contract: c.Contract, Lists: flow.Lists(&c.Contract, account, w.account)})
	}
	slices.SortFunc(w.books, func(a, b *billing.Book) int { return strings.Compare(string(a.Contract.ID), string(b.Contract.ID)) })
	return w
}

func (w *world) account(id billing.AccountID) (billing.Account, bool) {
	a, ok := w.accounts[id]
	return a, ok
}

func (w *world) addPrice(row billing.PriceRow) {
	w.seq++
	row.Seq = w.seq
	w.catalog.Prices[row.SKU] = append(w.catalog.Prices[row.SKU], row)
}

func (w *world) book(id billing.ContractID) *billing.Book {
	for _, b := range w.books {
		if b.Contract.ID == id {
			return b
		}
	}
	return nil
}

func (w *world) subscription(id billing.SubscriptionID) (*billing.Book, *billing.Subscription) {
	for _, b := range w.books {
		for i := range b.Subscriptions {
			if b.Subscriptions[i].ID == id {
				return b, &b.Subscriptions[i]
			}
		}
	}
	return nil, nil
}

func (w *world) play() error {
	first := w.s.Until
	for _, e := range w.s.Events {
		first = calendar.Earliest(first, e.On)
	}
	for day := first; !day.After(w.s.Until); day = day.AddDays(1) {
		for i := range w.s.Events {
			e := &w.s.Events[i]
			if e.On != day {
				continue
			}
			err := w.apply(e)
			var refusal *billing.Refusal
			if refused := errors.As(err, &refusal); refused != e.Refused || (err != nil && !refused) {
				return fmt.Errorf("%s: refused is %v: %w", e.At, refused, err)
			}
		}
		if err := w.bill(day); err != nil {
			return fmt.Errorf("bill %s: %w", day, err)
		}
	}
	return nil
}

func (w *world) apply(e *flow.Event) error {
	w.seq++
	switch e.Do {
	case flow.DoListPrice:
		w.addPrice(flow.PriceOf(e, flow.RowLike(w.catalog.Prices[e.SKU], e.List)))
		return nil
	case flow.DoHold:
		w.held[e.Account] = true
		return nil
	case flow.DoRelease:
		return w.release(e)
	case flow.DoVoid:
		return w.void(e)
	case flow.DoSubscribe:
		return w.subscribe(e)
	case flow.DoOneTime:
		return w.item(e)
	case flow.DoUsage:
		return w.usage(e)
	case flow.DoCharge:
		return w.charge(e)
	case flow.DoCredit:
		return w.credit(e)
	}
	b, s := w.subscription(e.Subscription)
	if s == nil {
		return &billing.Refusal{Code: "refused before"}
	}
	entry, _ := flow.EntryOf(e)
	entry.Seq = w.seq
	if err := billing.Judge(&b.Contract, s, &entry, w.held[b.Contract.Account]); err != nil {
		return err
	}
	s.Entries = append(s.Entries, entry)
	w.touch(b, s.ActsOn(&b.Contract, &entry))
	id, seq := s.ID, entry.Seq
	w.targets[e.ID] = func(day calendar.Date) error { return w.voidEntry(id, seq, day) }
	return nil
}

// bill runs one day: all contracts of a payer that consolidates together.
func (w *world) bill(day calendar.Date) error {
	drafts := map[string][]billing.Draft{}
	payers := map[string]billing.Payer{}
	var groups []string
	for _, b := range w.books {
		planner := billing.NewPlanner(&w.catalog)
		if planner.Whole = w.whole; w.whole {
			b.Cursor.OpenAfter = calendar.Date{}
		}
		open := *b
		open.Billed, open.Items, open.Usage, open.Charges = openLines(b), openItems(b), openUsage(b), openCharges(b)
		plan, err := planner.Plan(&open, day)
		if err != nil {
			return err
		}
		payer := flow.PayerOf(w.accounts[b.Contract.Account], w.account)
		group := flow.GroupOf(b.Contract.ID, payer)
		if payers[group] == (billing.Payer{}) {
			groups = append(groups, group)
			payers[group] = payer
		}
		drafts[group] = append(drafts[group], plan.Drafts...)
		w.drafts = append(w.drafts, plan.Drafts...)
		b.Cursor = plan.Cursor
		for i := range plan.Drafts {
			b.Billed = append(b.Billed, billing.Billed(&plan.Drafts[i])...)
		}
	}
	for _, group := range groups {
		invoices, err := w.catalog.Assemble(payers[group], drafts[group])
		if err != nil {
			return err
		}
		for i := range invoices {
			w.issue(invoices[i])
		}
	}
	return nil
}

// issue numbers an invoice as a store does.
func (w *world) issue(invoice billing.Invoice) {
	series, n := flow.SeriesInvoice, 1
	if invoice.CreditNote {
		series = flow.SeriesCreditNote
	}
	for _, number := range w.numbers {
		if strings.HasPrefix(number, series) {
			n++
		}
	}
	w.invoices = append(w.invoices, invoice)
	w.numbers = append(w.numbers, fmt.Sprintf("%s-%06d", series, n))
}

// credit credits lines of an invoice that was issued.
func (w *world) credit(e *flow.Event) error {
	at := slices.Index(w.numbers, e.Invoice)
	if at < 0 {
		return fmt.Errorf("%s was not issued", e.Invoice)
	}
	invoice := w.invoices[at]
	if invoice.CreditNote {
		return &billing.Refusal{Code: "credit_of_credit_note"}
	}
	left := billing.NewRemainder(&invoice)
	for i := range w.notes[e.Invoice] {
		left.Less(w.notes[e.Invoice][i].lines, &w.notes[e.Invoice][i].note)
	}
	room := billing.Room{}
	for _, b := range w.books {
		room.Add(b)
	}
	lines, err := left.Choose(&invoice, room, e.Credits)
	if err != nil {
		return err
	}
	note, err := w.catalog.CreditNote(&invoice, &left, lines, e.On, e.Invoice, e.Reason)
	if err != nil {
		return err
	}
	w.issue(note)
	w.notes[e.Invoice] = append(w.notes[e.Invoice], creditNote{lines, note})
	for _, c := range lines {
		line := &invoice.Lines[c.Line-1]
		b := w.book(line.Contract)
		b.Credits = append(b.Credits, billing.Credit{Seq: w.seq, Key: line.Key, PeriodTo: line.PeriodTo, Amount: c.Amount, KnownOn: b.Cursor.Through.AddDays(1)})
	}
	return nil
}

// openLines are those that a store would read.
func openLines(b *billing.Book) (open []billing.BilledLine) {
	for _, line := range b.Billed {
		if line.PeriodTo.After(b.Cursor.OpenAfter) {
			open = append(open, line)
		}
	}
	return open
}

func openItems(b *billing.Book) (open []billing.OneTimeItem) {
	for _, item := range b.Items {
		if !item.On.Before(b.Cursor.OpenAfter) || item.KnownOn.After(b.Cursor.BilledThrough(&b.Contract)) {
			open = append(open, item)
		}
	}
	return open
}

func openUsage(b *billing.Book) (open []billing.UsageRecord) {
	for _, record := range b.Usage {
		if record.Period.To.After(b.Cursor.OpenAfter) || record.KnownOn.After(b.Cursor.BilledThrough(&b.Contract)) {
			open = append(open, record)
		}
	}
	return open
}

func openCharges(b *billing.Book) (open []billing.ProviderCharge) {
	for _, row := range b.Charges {
		if row.Period.To.After(b.Cursor.OpenAfter) || row.KnownOn.After(b.Cursor.BilledThrough(&b.Contract)) {
			open = append(open, row)
		}
	}
	return open
}

func (w *world) shown() (shown []flow.SimulatedInvoice) {
	for i := range w.invoices {
		shown = append(shown, flow.Simulated(&w.invoices[i]))
	}
	return shown
}

// rederive bills every contract once at the end, from nothing, and wants the
// same drafts as day by day.
func (w *world) rederive(t *testing.T) {
	t.Helper()
	var once []billing.Draft
	for _, b := range w.books {
		fresh := billing.Book{Contract: b.Contract, Lists: b.Lists, Subscriptions: b.Subscriptions, Items: b.Items, Usage: b.Usage, Charges: b.Charges, Credits: b.Credits}
		plan, err := billing.NewPlanner(&w.catalog).Plan(&fresh, w.s.Until)
		if err != nil {
			t.Fatal(err)
		}
		once = append(once, plan.Drafts...)
	}
	if got, want := draftsText(once), draftsText(w.drafts); got != want {
		t.Errorf("billed once at the end:\n%s\nbilled day by day:\n%s", got, want)
	}
}

func draftsText(drafts []billing.Draft) string {
	var lines []string
	for i := range drafts {
		d := &drafts[i]
		for j := range d.Lines {
			l := &d.Lines[j]
			lines = append(lines, fmt.Sprintf("%s %s %s %d %s..%s q=%s %s-%s=%s %s", d.Date, d.Contract, l.Subscription, l.Kind, l.From, l.To, l.Quantity, l.Gross, l.Discount, l.Amount, l.Explanation))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
