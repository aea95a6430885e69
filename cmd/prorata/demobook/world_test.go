package demobook

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

// world is a book in memory: the engine without a store.
type world struct {
	story    flow.Story
	catalog  billing.Catalog
	products map[string]billing.Product
	accounts map[billing.AccountID]billing.Account
	sellers  map[billing.ContractID]flow.SellerID
	books    []*billing.Book
	byID     map[billing.ContractID]*billing.Book
	// home is the contract of each subscription.
	home     map[billing.SubscriptionID]*billing.Book
	held     map[billing.AccountID]bool
	voids    map[string]func(calendar.Date) error
	invoices []billing.Invoice
	drafts   []billing.Draft
	planner  *billing.Planner
	seq      int64
}

func newWorld(story flow.Story) *world {
	w := &world{
		story: story, products: map[string]billing.Product{}, accounts: map[billing.AccountID]billing.Account{}, sellers: map[billing.ContractID]flow.SellerID{},
		byID: map[billing.ContractID]*billing.Book{}, home: map[billing.SubscriptionID]*billing.Book{}, held: map[billing.AccountID]bool{},
		voids:   map[string]func(calendar.Date) error{},
		catalog: billing.Catalog{Taxes: map[string]billing.Tax{}, Prices: map[string][]billing.PriceRow{}},
	}
	for _, in := range story.Nouns {
		w.take(in)
	}
	slices.SortFunc(w.books, func(a, b *billing.Book) int { return strings.Compare(string(a.Contract.ID), string(b.Contract.ID)) })
	return w
}

func (w *world) take(in flow.Intake) {
	switch {
	case in.Tax != nil:
		w.catalog.Taxes[in.Tax.Name] = *in.Tax
	case in.Product != nil:
		w.products[in.Product.SKU] = *in.Product
	case in.Price != nil:
		w.addPrice(*in.Price)
	case in.Rate != nil:
		w.catalog.Rates = append(w.catalog.Rates, *in.Rate)
	case in.Account != nil:
		w.accounts[in.Account.ID] = in.Account.Account
	case in.Contract != nil:
		c := in.Contract
		b := &billing.Book{Contract: c.Contract, Lists: flow.Lists(&c.Contract, w.accounts[c.Account], w.account)}
		w.books = append(w.books, b)
		w.byID[c.ID], w.sellers[c.ID] = b, c.Seller
	}
}

func (w *world) account(id billing.AccountID) (billing.Account, bool) {
	a, ok := w.accounts[id]
	return a, ok
}

func (w *world) addPrice(row billing.PriceRow) {
	w.seq++
	row.Seq = w.seq
	w.catalog.Prices[row.SKU] = append(w.catalog.Prices[row.SKU], row)
	w.planner = nil
}

// play goes through the story day by day; any refusal or exception ends it.
func (w *world) play() error {
	next := 0
	for day := w.story.Events[0].On; !day.After(w.story.Until); day = day.AddDays(1) {
		for ; next < len(w.story.Events) && w.story.Events[next].On == day; next++ {
			e := &w.story.Events[next]
			if err := w.apply(e); err != nil {
				return fmt.Errorf("%s %s %s%s: %w", e.On, e.Do, e.Subscription, e.ID, err)
			}
		}
		if err := w.bill(day); err != nil {
			return fmt.Errorf("bill %s: %w", day, err)
		}
	}
	if next != len(w.story.Events) {
		return fmt.Errorf("event %d of %d is not in its place", next, len(w.story.Events))
	}
	return nil
}

func (w *world) apply(e *flow.Event) error {
	w.seq++
	switch e.Do {
	case flow.DoListPrice:
		row := flow.PriceOf(e, flow.RowLike(w.catalog.Prices[e.SKU], e.List))
		w.addPrice(row)
		return nil
	case flow.DoHold, flow.DoRelease:
		w.held[e.Account] = e.Do == flow.DoHold
		w.release(e)
		return nil
	case flow.DoVoid:
		void, ok := w.voids[e.Voids]
		if !ok {
			return errors.New("nothing to void")
		}
		return void(e.On)
	case flow.DoSubscribe:
		return w.subscribe(e)
	case flow.DoOneTime:
		return w.item(e)
	case flow.DoUsage:
		return w.usage(e)
	case flow.DoQuantity, flow.DoPrice, flow.DoCancel, flow.DoSuspend, flow.DoResume, flow.DoSchedule:
	}
	b, s := w.subscription(e.Subscription)
	if s == nil {
		return errors.New("unknown")
	}
	entry, _ := flow.EntryOf(e)
	entry.Seq = w.seq
	if err := billing.Judge(&b.Contract, s, &entry, w.held[b.Contract.Account]); err != nil {
		return err
	}
	s.Entries = append(s.Entries, entry)
	w.touch(b, entry.EffectiveOn)
	w.voidable(e.ID, s.ID, entry.Seq)
	return nil
}

func (w *world) subscription(id billing.SubscriptionID) (*billing.Book, *billing.Subscription) {
	b := w.home[id]
	if b == nil {
		return nil, nil
	}
	return b, &b.Subscriptions[slices.IndexFunc(b.Subscriptions, func(s billing.Subscription) bool { return s.ID == id })]
}

// touch makes the next plan start where a late fact acts, as the store does.
func (w *world) touch(b *billing.Book, day calendar.Date) {
	if b.Cursor.OpenBefore(&b.Contract).After(day) {
		b.Cursor.OpenAfter = calendar.Date{}
	}
}

func (w *world) voidable(name string, id billing.SubscriptionID, seq int64) {
	if name == "" {
		return
	}
	w.voids[name] = func(day calendar.Date) error {
		b, s := w.subscription(id)
		for i := range s.Entries {
			if e := &s.Entries[i]; e.Seq == seq {
				e.VoidedOn = day
				w.touch(b, e.EffectiveOn)
			}
		}
		delete(w.voids, name)
		return nil
	}
}

func (w *world) release(e *flow.Event) {
	for _, b := range w.books {
		for i := range b.Subscriptions {
			for j := range b.Subscriptions[i].Entries {
				entry := &b.Subscriptions[i].Entries[j]
				if e.Do == flow.DoRelease && b.Contract.Account == e.Account && entry.Waiting && entry.ReleasedOn.IsZero() {
					entry.ReleasedOn = e.Effective
				}
			}
		}
	}
}

func (w *world) subscribe(e *flow.Event) error {
	b := w.byID[e.Contract]
	product, ok := w.products[e.SKU]
	if b == nil || !ok || w.home[billing.SubscriptionID(e.ID)] != nil {
		return errors.New("unknown contract or product, or an id given twice")
	}
	s := flow.SubscriptionOf(e, &b.Contract, product)
	s.Entries[0].Seq = w.seq
	if err := billing.JudgeStart(&b.Contract, &s, w.held[b.Contract.Account]); err != nil {
		return err
	}
	b.Subscriptions = append(b.Subscriptions, s)
	w.home[s.ID] = b
	w.touch(b, e.Effective)
	w.voidable(e.ID, s.ID, w.seq)
	return nil
}

func (w *world) item(e *flow.Event) error {
	b := w.byID[e.Contract]
	product, ok := w.products[e.SKU]
	if !ok || product.Kind != billing.OneTime {
		return errors.New("no product that is sold once")
	}
	item := flow.ItemOf(e, product)
	if err := billing.JudgeItem(&b.Contract, &item); err != nil {
		return err
	}
	b.Items = append(b.Items, item)
	at := len(b.Items) - 1
	w.voids[e.ID] = func(day calendar.Date) error {
		b.Items[at].VoidedOn = day
		b.Cursor.OpenAfter = calendar.Date{}
		return nil
	}
	return nil
}

func (w *world) usage(e *flow.Event) error {
	b, s := w.subscription(e.Subscription)
	record := flow.UsageOf(e, w.seq)
	if err := billing.JudgeUsage(s, &record); err != nil {
		return err
	}
	b.Usage = append(b.Usage, record)
	at := len(b.Usage) - 1
	w.voids[e.ID] = func(day calendar.Date) error {
		b.Usage[at].VoidedOn = day
		b.Cursor.OpenAfter = calendar.Date{}
		return nil
	}
	return nil
}

// bill runs one day: all contracts of a payer that consolidates together.
func (w *world) bill(day calendar.Date) error {
	drafts := map[string][]billing.Draft{}
	payers := map[string]billing.Payer{}
	var groups []string
	if w.planner == nil {
		w.planner = billing.NewPlanner(&w.catalog)
	}
	for _, b := range w.books {
		open := *b
		open.Billed, open.Items, open.Usage = openLines(b), openItems(b), openUsage(b)
		plan, err := w.planner.Plan(&open, day)
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
		w.invoices = append(w.invoices, invoices...)
	}
	return nil
}

// openLines, openItems and openUsage are what a store would read.
func openLines(b *billing.Book) (open []billing.BilledLine) {
	for _, line := range b.Billed {
		if line.PeriodTo.After(b.Cursor.OpenAfter) {
			open = append(open, line)
		}
	}
	return open
}

// heard is the day of the last regular invoice: what became known after it can
// still be owed, whatever change invoices were cut since.
func heard(b *billing.Book) calendar.Date {
	if b.Cursor.Next == 0 {
		return calendar.Date{}
	}
	day, _ := billing.InvoiceDate(&b.Contract, b.Cursor.Next-1)
	return day
}

func openItems(b *billing.Book) (open []billing.OneTimeItem) {
	for _, item := range b.Items {
		if !item.On.Before(b.Cursor.OpenAfter) || item.KnownOn.After(heard(b)) {
			open = append(open, item)
		}
	}
	return open
}

func openUsage(b *billing.Book) (open []billing.UsageRecord) {
	for _, record := range b.Usage {
		if record.Period.To.After(b.Cursor.OpenAfter) || record.KnownOn.After(heard(b)) {
			open = append(open, record)
		}
	}
	return open
}

// once bills every contract at the end, from nothing, as of the last day.
func (w *world) once() ([]billing.Draft, error) {
	var drafts []billing.Draft
	for _, b := range w.books {
		fresh := billing.Book{Contract: b.Contract, Lists: b.Lists, Subscriptions: b.Subscriptions, Items: b.Items, Usage: b.Usage}
		plan, err := billing.NewPlanner(&w.catalog).Plan(&fresh, w.story.Until)
		if err != nil {
			return nil, err
		}
		drafts = append(drafts, plan.Drafts...)
	}
	return drafts, nil
}

func draftsText(drafts []billing.Draft) []string {
	var lines []string
	for i := range drafts {
		d := &drafts[i]
		for j := range d.Lines {
			l := &d.Lines[j]
			lines = append(lines, fmt.Sprintf("%s %s %s %s %d %s..%s q=%s %s-%s=%s %s", d.Date, d.Contract, l.Subscription, l.SKU, l.Kind, l.From, l.To, l.Quantity, l.Gross, l.Discount, l.Amount, l.Explanation))
		}
	}
	slices.Sort(lines)
	return lines
}
