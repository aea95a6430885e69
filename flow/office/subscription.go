package office

import (
	"context"
	"errors"
	"fmt"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// hundred is 100.
func hundred() money.Ratio { return money.Whole(100) }

// Standing is what a subscription is on a day, in a word.
type Standing string

// The standings: not begun yet; kept by credit hold; running; suspended; over.
const (
	IsComing    Standing = "coming"
	IsWaiting   Standing = "waiting"
	IsRunning   Standing = "running"
	IsSuspended Standing = "suspended"
	IsEnded     Standing = "ended"
)

// StandingOf is the word for a state on a day.
func StandingOf(s *billing.State, on calendar.Date) Standing {
	switch {
	case !s.Exists:
		return IsWaiting
	case s.Start.After(on):
		return IsComing
	case !s.Runs:
		return IsEnded
	case s.Suspended:
		return IsSuspended
	}
	return IsRunning
}

// SubscriptionPage is a page of subscriptions as they are today.
type SubscriptionPage struct {
	Rows []SubscriptionRow
	// Next is where the page after this one begins; nil where there is none.
	Next *SubscriptionCursor
	// Count is how many there are, or at least so many where More; of one standing alone
	// they are not counted, and Count is -1.
	Count int
	More  bool
}

// standingRounds bounds how many pages are gone through for those of one standing:
// what is found by then is shown, and the page after it goes on.
const standingRounds = 20

// SubscriptionList is a page of the subscriptions in reach, in order of the customers'
// names; of one standing alone where that is given.
func (d *Desk) SubscriptionList(ctx context.Context, filter SubscriptionFilter, standing Standing) (page SubscriptionPage, err error) {
	err = d.read(ctx, "SubscriptionList", func(tx Tx) error {
		filter.Under = d.under()
		filter.Ending = standing == IsEnded || standing == IsSuspended
		most := pageOf(filter.Most)
		filter.Most = most + 1
		first := filter.After.ID == ""
		for range standingRounds {
			rows, err := tx.SubscriptionsFind(filter)
			if err != nil {
				return err
			}
			if err := d.states(tx, rows); err != nil {
				return err
			}
			for i := range rows {
				if len(page.Rows) == most {
					next := page.Rows[most-1].Cursor()
					page.Next = &next
					break
				}
				if standing == "" || StandingOf(&rows[i].State, d.Today()) == standing {
					page.Rows = append(page.Rows, rows[i])
				}
			}
			if page.Next != nil || len(rows) < filter.Most {
				break
			}
			filter.After = rows[len(rows)-1].Cursor()
			page.Next = nil
		}
		switch page.Count = len(page.Rows); {
		case standing != "":
			page.Count = -1
			return nil
		case page.Next == nil && first:
			return nil
		}
		filter.After = SubscriptionCursor{}
		n, err := tx.SubscriptionsCount(filter, countedMost+1)
		page.Count, page.More = counted(n)
		return err
	})
	return page, err
}

// states fills in what subscriptions are today.
func (d *Desk) states(tx Tx, rows []SubscriptionRow) error {
	byContract := map[billing.ContractID]bool{}
	var contracts []billing.ContractID
	for i := range rows {
		if id := rows[i].Contract; !byContract[id] {
			byContract[id] = true
			contracts = append(contracts, id)
		}
	}
	books, err := tx.StoriesRead(contracts, calendar.Period{})
	if err != nil {
		return err
	}
	for _, book := range books {
		statesOf(book, rows, d.Today())
	}
	return nil
}

// SubscriptionDetail is one subscription with all that happened to it.
type SubscriptionDetail struct {
	Subscription billing.Subscription
	Product      billing.Product
	Contract     flow.Contract
	Account      AccountName
	// Version is the contract's: it changes with everything that concerns its billing.
	Version int64
	State   billing.State
	Held    bool
	// Offer is what it is billed at today, for Months; PriceMissing says why there is none.
	Offer        billing.Offer
	Months       int
	PriceMissing string
	// Period is the billing period of today, NextOn the contract's next regular invoice.
	Period calendar.Period
	NextOn calendar.Date
	// Moments are what it was and will be, from its start up to its next renewal; Ends is
	// the first day after its last, where that is known.
	Moments []billing.Moment
	Ends    calendar.Date
	Log     []flow.LogEntry
	Lines   []SubscriptionLine
	Refunds []billing.Refundable
	// Children are what hangs on it as a bundle.
	Children []billing.SubscriptionID
	// Provider is what its provider says; nil where it has none. For staff.
	Provider *flow.AtProvider
}

// linesMost is how many of its lines are shown with a subscription.
const linesMost = 400

// SubscriptionGet reads a subscription; flow.ErrUnknown where there is none in reach.
func (d *Desk) SubscriptionGet(ctx context.Context, id billing.SubscriptionID) (detail SubscriptionDetail, err error) {
	err = d.read(ctx, "SubscriptionGet", func(tx Tx) error {
		reach, err := d.within(tx)
		if err != nil {
			return err
		}
		contract, err := tx.SubscriptionContract(id)
		if err != nil {
			return err
		}
		if detail.Contract, err = tx.ContractGet(contract); err != nil {
			return err
		}
		if !reach.has(detail.Contract.Account) {
			detail = SubscriptionDetail{}
			return unseen("subscription", string(id))
		}
		book, err := tx.BookRead(contract)
		if err != nil {
			return err
		}
		for i := range book.Subscriptions {
			if book.Subscriptions[i].ID == id {
				return d.subscriptionDetail(tx, book, &book.Subscriptions[i], &reach, &detail)
			}
		}
		return unseen("subscription", string(id))
	})
	return detail, err
}

func (d *Desk) subscriptionDetail(tx Tx, book *flow.OpenBook, s *billing.Subscription, reach *reach, detail *SubscriptionDetail) error {
	catalog, err := flow.CatalogOfBook(tx, book)
	if err != nil {
		return err
	}
	account, err := tx.AccountGet(book.Contract.Account)
	if err != nil {
		return err
	}
	today := d.Today()
	detail.Subscription, detail.Product, detail.Version = *s, catalog.Products[s.SKU], book.Version
	detail.Account = AccountName{account.ID, account.Name}
	detail.State = billing.StateOn(&book.Contract, s, today)
	detail.Period = billing.PeriodOn(&book.Contract, s, today)
	detail.NextOn, _ = billing.InvoiceDate(&book.Contract, book.Cursor.Next)
	detail.Refunds = billing.RefundableOn(&book.Contract, s, today)
	detail.price(billing.NewPlanner(&catalog.Catalog), book, s, today)
	until := calendar.Latest(today.AddDays(1), detail.State.Term.To.AddDays(1))
	detail.Moments, detail.Ends = billing.History(&book.Contract, s, calendar.Latest(until, detail.State.Start.AddDays(1)))
	for i := range book.Subscriptions {
		if book.Subscriptions[i].Parent == s.ID {
			detail.Children = append(detail.Children, book.Subscriptions[i].ID)
		}
	}
	if detail.Held, err = tx.AccountHeld(account.ID); err != nil {
		return err
	}
	if detail.Log, err = subscriptionLog(tx, s.ID); err != nil {
		return err
	}
	if detail.Lines, err = tx.LinesOf(book.Contract.ID, s.ID, linesMost); err != nil {
		return err
	}
	if !reach.all {
		detail.outside()
		return nil
	}
	detail.Provider, err = d.office.Flow.ProviderOf(tx, book, s.ID, catalog)
	return err
}

// subscriptionLog is what was recorded of a subscription, without its usage and the
// provider's rows, which are lines of invoices.
func subscriptionLog(tx Tx, id billing.SubscriptionID) (kept []flow.LogEntry, err error) {
	entries, err := tx.LogOf(id)
	for i := range entries {
		if e := entries[i]; e.Do != flow.DoUsage && e.Do != flow.DoCharge {
			kept = append(kept, e)
		}
	}
	return kept, err
}

// price is what it is billed at today, or when it starts.
func (s *SubscriptionDetail) price(planner *billing.Planner, book *flow.OpenBook, sub *billing.Subscription, today calendar.Date) {
	s.Months = sub.Billing.Months
	if book.Contract.Schedule == billing.Aligned {
		s.Months = book.Contract.Frequency.Months
	}
	if sub.Kind == billing.Usage || sub.Parent != "" || !s.State.Exists {
		return
	}
	offer, err := offerOn(planner, book, sub, &s.State, calendar.Latest(today, s.State.Start))
	var missing *billing.MissingPrice
	var rate *billing.MissingRate
	switch {
	case errors.As(err, &missing), errors.As(err, &rate):
		s.PriceMissing = err.Error()
	case err == nil:
		s.Offer = offer
	}
}

// outside takes out what is the seller's affair: who did it, by which list, what it costs.
func (s *SubscriptionDetail) outside() {
	outsideContract(&s.Contract)
	for i := range s.Log {
		s.Log[i].Who, s.Log[i].Source = "", ""
	}
	if s.Offer.List != "own" {
		s.Offer.List = ""
	}
	s.Subscription.Holding = ""
	s.Subscription.Markup, s.Subscription.HasMarkup = money.Decimal{}, false
	for i := range s.Lines {
		if flow.TellsCost(&s.Lines[i].InvoiceLine) {
			s.Lines[i].Explanation = ""
		}
	}
}

// subscriptionAt finds the contract of a subscription in reach.
func subscriptionAt(tx Tx, id billing.SubscriptionID) (billing.ContractID, error) {
	contract, err := tx.SubscriptionContract(id)
	if errors.Is(err, flow.ErrUnknown) {
		err = fmt.Errorf("subscription %s: %w", id, flow.ErrUnknown)
	}
	return contract, err
}

// SubscriptionLog is all that was recorded of a subscription, what was taken back too; who is not the seller's staff
// sees it without usage, which is lines of invoices, and without who recorded it.
func (d *Desk) SubscriptionLog(ctx context.Context, id billing.SubscriptionID) (entries []flow.LogEntry, err error) {
	err = d.read(ctx, "SubscriptionLog", func(tx Tx) error {
		reach, err := d.within(tx)
		if err != nil {
			return err
		}
		contract, err := subscriptionAt(tx, id)
		if err != nil {
			return err
		}
		c, err := tx.ContractGet(contract)
		if err != nil {
			return err
		}
		if reach.all {
			entries, err = tx.LogOf(id)
			return err
		}
		if !reach.has(c.Account) {
			return unseen("subscription", string(id))
		}
		entries, err = subscriptionLog(tx, id)
		for i := range entries {
			entries[i].Who, entries[i].Source = "", ""
		}
		return err
	})
	return entries, err
}

// BudgetList is what usage has taken of its budgets since the last invoice, in order of subscription.
func (d *Desk) BudgetList(ctx context.Context) ([]billing.BudgetUse, error) {
	f, err := d.reading("BudgetList")
	if err != nil {
		return nil, err
	}
	return f.BudgetUses(ctx)
}
