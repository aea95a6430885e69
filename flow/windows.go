package flow

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// WindowKind says what a provider still lets us take back.
type WindowKind uint8

// The kinds of windows: the whole subscription, or seats of one batch.
const (
	WindowCancel WindowKind = iota
	WindowReduce
)

// String is the word used in files and commands.
func (k WindowKind) String() string { return [...]string{"cancel", "reduce"}[k] }

// Window is what can be given back to a provider until an instant, and what it
// costs to miss it.
type Window struct {
	Kind       WindowKind
	Connection ConnectionID
	Customer   string
	Account    billing.AccountID
	// Subscriptions are those that are billed for the holding.
	Subscriptions []billing.SubscriptionID
	Holding, SKU  string
	// Quantity is how many seats, AddedOn the day of their batch where it is one.
	Quantity money.Decimal
	AddedOn  calendar.Date
	// Until is the last instant; FullUntil the last at which all is refunded, where the provider says so.
	Until, FullUntil time.Time
	// CommitsUntil is the first day after what is paid for if it is missed.
	CommitsUntil calendar.Date
	// Missed is the provider's price of those seats from the window's end to the
	// term's, where CostKnown.
	Missed    money.Amount
	CostKnown bool
}

// Windows lists all that can still be given back, soonest first. An empty
// connection asks for all.
func (f *Flow) Windows(ctx context.Context, id ConnectionID) (windows []Window, err error) {
	now := f.Clock.Now()
	err = f.EachHeld(ctx, id, func(held *HeldSubscriptions) error {
		windows = append(windows, f.windowsOf(held, now)...)
		return nil
	})
	slices.SortStableFunc(windows, func(a, b Window) int {
		return cmp.Or(a.Until.Compare(b.Until), cmp.Compare(a.Holding, b.Holding), cmp.Compare(a.Kind, b.Kind))
	})
	return windows, err
}

// windowsOf are the open windows of one holding.
func (f *Flow) windowsOf(held *HeldSubscriptions, now time.Time) (windows []Window) {
	h := &held.Kept.Holding
	if gone(h) || h.Status == HoldingPending {
		return nil
	}
	base := Window{Connection: held.Kept.Connection, Customer: h.Customer, Account: held.Account, Holding: h.ID, SKU: h.SKU, Quantity: h.Quantity}
	for _, found := range held.Found {
		if billing.StateOn(&found.Book.Contract, found.Subscription, f.Today()).Runs {
			base.Subscriptions = append(base.Subscriptions, found.Subscription.ID)
		}
	}
	if until := cancellableUntil(h); now.Before(until) {
		w := base
		w.Until = until
		for _, r := range h.Refunds {
			if fullRefund(r.Type) && r.ExpiresAt.After(now) {
				w.FullUntil = r.ExpiresAt
			}
		}
		windows = append(windows, f.missed(held, w))
	}
	for _, r := range h.Refundable {
		if r.Quantity.Sign() > 0 && now.Before(r.AllowedUntil) {
			w := base
			w.Kind, w.Quantity, w.Until, w.AddedOn = WindowReduce, r.Quantity, r.AllowedUntil, dayOf(r.AllowedUntil.Add(-seatWindow), f.Zone)
			windows = append(windows, f.missed(held, w))
		}
	}
	return windows
}

// fullRefund says whether a refund option gives everything back: the provider's word is Full.
func fullRefund(word string) bool { return word == "Full" || word == "full" }

// missed puts what a window is worth on it.
func (f *Flow) missed(held *HeldSubscriptions, w Window) Window {
	term := f.termOf(&held.Kept.Holding)
	if term.Empty() {
		return w
	}
	w.CommitsUntil = term.To
	cost, known := costOf(held.Catalog, held.Connection, &held.Kept.Holding, term.From)
	if !known {
		return w
	}
	closes := calendar.Latest(dayOf(w.Until, f.Zone), term.From)
	amount, err := money.RoundTo(cost.during(w.Quantity.Ratio(), closes.DaysUntil(term.To), term), cost.row.Currency)
	if err == nil {
		w.Missed, w.CostKnown = amount, true
	}
	return w
}

// AtProvider is what a provider says of one subscription, and what is on its way there.
type AtProvider struct {
	Link HoldingLink
	// Kept is the holding as it was last seen, or nil.
	Kept *KeptHolding
	// Windows are what can still be given back, soonest first.
	Windows []Window
	// Open are the changes that are not done: awaiting, sent or failed, oldest first.
	Open []Provision
	// Linked are all subscriptions of the holding, this one among them.
	Linked []billing.SubscriptionID
}

// ProviderOf reads what a provider says of a subscription; nil where it is neither
// linked nor ordered. The catalog prices what missing a window costs.
func (f *Flow) ProviderOf(tx Tx, book *OpenBook, id billing.SubscriptionID, catalog *Catalog) (*AtProvider, error) {
	at := &AtProvider{}
	var err error
	if at.Link, err = tx.HoldingOf(id); err != nil && !errors.Is(err, ErrUnknown) {
		return nil, err
	}
	all, err := tx.ProvisionsOf(id)
	if err != nil {
		return nil, err
	}
	for i := range all {
		switch p := all[i]; p.State {
		case ProvisionAwaiting, ProvisionSent, ProvisionFailed:
			at.Open = append(at.Open, p)
			at.Link.Connection = cmp.Or(at.Link.Connection, p.Connection)
		case Provisioned, ProvisionDropped:
		}
	}
	if at.Link.Connection == "" {
		return nil, nil
	}
	if at.Link.Holding == "" {
		return at, nil
	}
	seen, err := tx.HoldingsGet(at.Link.Connection, []string{at.Link.Holding})
	if err != nil {
		return nil, err
	}
	kept, known := seen[at.Link.Holding]
	if !known {
		return at, nil
	}
	at.Kept = &kept
	connection, err := tx.ConnectionGet(at.Link.Connection)
	if err != nil {
		return nil, err
	}
	links, err := tx.HoldingLinks(at.Link.Connection, []string{kept.ID})
	if err != nil {
		return nil, err
	}
	held := HeldSubscriptions{Kept: &kept, Connection: &connection, Account: book.Contract.Account, Catalog: &catalog.Catalog}
	for _, link := range links[kept.ID] {
		at.Linked = append(at.Linked, link.Subscription)
		if s := subscriptionIn(book, link.Subscription); s != nil {
			held.Found = append(held.Found, FoundSubscription{book, s})
		}
	}
	at.Windows = f.windowsOf(&held, f.Clock.Now())
	slices.SortStableFunc(at.Windows, func(a, b Window) int { return a.Until.Compare(b.Until) })
	return at, nil
}
