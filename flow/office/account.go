package office

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// countedMost is how far lists are counted: beyond it there are "more than".
const countedMost = 1000

// AccountPage is a page of accounts.
type AccountPage struct {
	Rows []AccountRow
	// Balances are what each was invoiced and owes, by account.
	Balances map[billing.AccountID][]Balance
	// Next is where the page after this one begins; nil where there is none.
	Next *AccountCursor
	// Count is how many there are, or at least so many where More.
	Count int
	More  bool
}

// AccountList is a page of the accounts in reach, in order of their names.
func (d *Desk) AccountList(ctx context.Context, filter AccountFilter) (page AccountPage, err error) {
	err = d.read(ctx, "AccountList", func(tx Tx) error {
		filter.Under = d.under()
		page, err = d.accountPage(tx, filter)
		return err
	})
	return page, err
}

// AccountTree is a page of the accounts directly below one; without one, of those at
// the top: those with nobody above them or, for whoever sees some accounts alone, those.
func (d *Desk) AccountTree(ctx context.Context, of billing.AccountID, after AccountCursor, most int) (page AccountPage, err error) {
	err = d.read(ctx, "AccountTree", func(tx Tx) error {
		filter := AccountFilter{Of: of, Top: of == "", Under: d.under(), After: after, Most: most}
		if of == "" && !d.person.Staff() {
			return d.ownRoots(tx, &page)
		}
		page, err = d.accountPage(tx, filter)
		return err
	})
	return page, err
}

// ownRoots are the accounts that an outsider was given.
func (d *Desk) ownRoots(tx Tx, page *AccountPage) error {
	for _, id := range d.person.Accounts {
		row, err := tx.AccountState(id)
		if errors.Is(err, flow.ErrUnknown) {
			continue
		}
		if err != nil {
			return err
		}
		page.Rows = append(page.Rows, row)
	}
	page.Count = len(page.Rows)
	return page.balance(tx, d.Today())
}

func (d *Desk) accountPage(tx Tx, filter AccountFilter) (page AccountPage, err error) {
	most := pageOf(filter.Most)
	filter.Most = most + 1
	if page.Rows, err = tx.AccountsFind(filter); err != nil {
		return page, err
	}
	if len(page.Rows) > most {
		page.Rows = page.Rows[:most]
		next := page.Rows[most-1].Cursor()
		page.Next = &next
	}
	if page.Count = len(page.Rows); page.Next != nil || filter.After.ID != "" {
		filter.After = AccountCursor{}
		n, err := tx.AccountsCount(filter, countedMost+1)
		if err != nil {
			return page, err
		}
		page.Count, page.More = counted(n)
	}
	return page, page.balance(tx, d.Today())
}

// counted cuts a count that went beyond what is counted.
func counted(n int) (count int, more bool) {
	return min(n, countedMost), n > countedMost
}

func (p *AccountPage) balance(tx Tx, today calendar.Date) (err error) {
	ids := make([]billing.AccountID, len(p.Rows))
	for i := range p.Rows {
		ids[i] = p.Rows[i].Account.ID
	}
	p.Balances, err = tx.BalancesOf(ids, today)
	return err
}

// AccountDetail is one account with what belongs to it.
type AccountDetail struct {
	AccountRow
	// Above are its parents from the top down, Reseller who resells to it, Payer who
	// pays its bills.
	Above           []AccountName
	Reseller, Payer AccountName
	Balances        []Balance
	Contracts       []ContractRow
}

// AccountName is an account as others are shown by it.
type AccountName struct {
	ID   billing.AccountID
	Name string
}

// AccountGet reads an account; flow.ErrUnknown where there is none in reach.
func (d *Desk) AccountGet(ctx context.Context, id billing.AccountID) (detail AccountDetail, err error) {
	err = d.read(ctx, "AccountGet", func(tx Tx) error {
		reach, err := d.within(tx)
		if err != nil {
			return err
		}
		if !reach.has(id) {
			return unseen("account", string(id))
		}
		if detail.AccountRow, err = tx.AccountState(id); err != nil {
			return err
		}
		if err := detail.family(tx, &reach); err != nil {
			return err
		}
		balances, err := tx.BalancesOf([]billing.AccountID{id}, d.Today())
		if err != nil {
			return err
		}
		detail.Balances = balances[id]
		detail.Contracts, err = tx.ContractsFind(ContractFilter{Account: id, Most: 500})
		if reach.all {
			return err
		}
		detail.Account.PriceList = ""
		for i := range detail.Contracts {
			outsideContract(&detail.Contracts[i].Contract)
		}
		return err
	})
	return detail, err
}

// outsideContract takes out what is the seller's affair.
func outsideContract(c *flow.Contract) { c.PriceList = "" }

// family reads who is above an account and who pays, as far as they are in reach.
func (a *AccountDetail) family(tx Tx, reach *reach) error {
	known := map[billing.AccountID]flow.Account{a.Account.ID: a.Account}
	var failed error
	find := func(id billing.AccountID) (billing.Account, bool) {
		account, ok := known[id]
		if !ok && id != "" {
			var err error
			if account, err = tx.AccountGet(id); errors.Is(err, flow.ErrUnknown) {
				return billing.Account{}, false
			} else if err != nil {
				failed = cmp.Or(failed, err)
				return billing.Account{}, false
			}
			known[id] = account
		}
		return account.Account, id != ""
	}
	name := func(id billing.AccountID) AccountName {
		if account, ok := find(id); ok && reach.has(id) {
			return AccountName{account.ID, account.Name}
		}
		return AccountName{}
	}
	for at, steps := a.Account.Parent, 0; at != "" && steps < 64; steps++ {
		above := name(at)
		if above.ID == "" {
			break
		}
		a.Above = append(a.Above, above)
		at = known[at].Parent
	}
	slices.Reverse(a.Above)
	a.Reseller = name(a.Account.Reseller)
	a.Payer = name(flow.PayerOf(a.Account.Account, find).Account)
	return failed
}

// AccountTimeline is what happened to an account and its contracts, newest first, and
// where it goes on. Outsiders see what, and not who of the seller's people did it.
func (d *Desk) AccountTimeline(ctx context.Context, id billing.AccountID, before HappeningCursor, most int) (list []Happening, next *HappeningCursor, err error) {
	err = d.read(ctx, "AccountTimeline", func(tx Tx) error {
		reach, err := d.within(tx)
		if err != nil {
			return err
		}
		if !reach.has(id) {
			return unseen("account", string(id))
		}
		if _, err := tx.AccountGet(id); err != nil {
			return err
		}
		most = pageOf(most)
		if list, err = tx.AccountHappened(id, before, most+1); err != nil {
			return err
		}
		if len(list) > most {
			list = list[:most]
			cursor := list[most-1].Cursor()
			next = &cursor
		}
		for i := range list {
			if e := list[i].Entry; e != nil && !reach.all {
				e.Who, e.Source = "", ""
			}
		}
		// What others pay for it is theirs to see.
		list = slices.DeleteFunc(list, func(h Happening) bool { return h.Invoice != nil && !reach.has(h.Invoice.Payer) })
		return nil
	})
	return list, next, err
}

// PriceInForce is a price that subscriptions of an account are billed at today.
type PriceInForce struct {
	SKU, Product string
	Contract     billing.ContractID
	// List is the price list that it comes from, or own.
	List  string
	Price money.Decimal
	// UnitMonths is the length of the unit that Price is for.
	UnitMonths int
	Currency   money.Currency
	// Subscriptions are those billed at it; Seats their sum.
	Subscriptions []billing.SubscriptionID
	Seats         money.Decimal
	// Missing says why there is no price.
	Missing string
}

// AccountPrices are the prices that an account's running subscriptions are billed at
// today, and where each comes from: its own, or the first list that has one.
func (d *Desk) AccountPrices(ctx context.Context, id billing.AccountID) (prices []PriceInForce, err error) {
	err = d.read(ctx, "AccountPrices", func(tx Tx) error {
		reach, err := d.within(tx)
		if err != nil {
			return err
		}
		if !reach.has(id) {
			return unseen("account", string(id))
		}
		if _, err := tx.AccountGet(id); err != nil {
			return err
		}
		contracts, err := tx.ContractsOf(id)
		if err != nil {
			return err
		}
		books, err := tx.BooksRead(contracts)
		if err != nil {
			return err
		}
		for _, book := range books {
			if err := d.pricesOf(tx, book, &prices); err != nil {
				return err
			}
		}
		slices.SortStableFunc(prices, func(a, b PriceInForce) int {
			return cmp.Or(strings.Compare(a.Product, b.Product), strings.Compare(a.SKU, b.SKU), strings.Compare(string(a.Contract), string(b.Contract)))
		})
		for i := range prices {
			if !reach.all && prices[i].List != "own" {
				prices[i].List = ""
			}
		}
		return nil
	})
	return prices, err
}

// pricesOf adds the prices of one contract.
func (d *Desk) pricesOf(tx Tx, book *flow.OpenBook, prices *[]PriceInForce) error {
	catalog, err := flow.CatalogOfBook(tx, book)
	if err != nil {
		return err
	}
	planner := billing.NewPlanner(&catalog.Catalog)
	today := d.Today()
	for i := range book.Subscriptions {
		s := &book.Subscriptions[i]
		state := billing.StateOn(&book.Contract, s, today)
		if !state.Runs || s.Parent != "" || s.Kind == billing.Usage {
			continue
		}
		price := PriceInForce{SKU: s.SKU, Product: catalog.Products[s.SKU].Name, Contract: book.Contract.ID, Currency: book.Contract.Currency}
		switch offer, err := offerOn(planner, book, s, &state, today); {
		case err != nil:
			price.Missing = err.Error()
		default:
			price.List, price.Price, price.UnitMonths = offer.List, offer.Price, offer.UnitMonths
		}
		at := slices.IndexFunc(*prices, func(p PriceInForce) bool {
			return p.SKU == price.SKU && p.Contract == price.Contract && p.List == price.List && p.Price == price.Price && p.UnitMonths == price.UnitMonths && p.Missing == price.Missing
		})
		if at < 0 {
			at = len(*prices)
			*prices = append(*prices, price)
		}
		(*prices)[at].Subscriptions = append((*prices)[at].Subscriptions, s.ID)
		(*prices)[at].Seats = (*prices)[at].Seats.Add(state.Quantity)
	}
	return nil
}

// offerOn is the price of a subscription on a day: its own of that day, or locked when its term, or without
// one its period, began, and by what was known when that was billed first.
func offerOn(planner *billing.Planner, book *flow.OpenBook, s *billing.Subscription, state *billing.State, on calendar.Date) (billing.Offer, error) {
	lock := state.Term.From
	switch {
	case state.HasPrice:
		lock = on
	case lock.IsZero():
		lock = billing.PeriodOn(&book.Contract, s, on).From
	}
	var known calendar.Date
	for i := range book.Cursor.Marks {
		if mark := &book.Cursor.Marks[i]; mark.Subscription == s.ID {
			for _, l := range mark.Locks {
				if l.On == lock {
					known = l.BilledOn
				}
			}
		}
	}
	return planner.OfferOn(&book.Book, s, state.Quantity, lock, known)
}

// AccountHold puts an account on credit hold: new subscriptions and added seats wait
// until its release. The reason is kept in the audit.
func (d *Desk) AccountHold(ctx context.Context, id billing.AccountID, reason string) error {
	return d.holding(ctx, "AccountHold", flow.DoHold, id, reason)
}

// AccountRelease ends a credit hold: what waited takes effect.
func (d *Desk) AccountRelease(ctx context.Context, id billing.AccountID, reason string) error {
	return d.holding(ctx, "AccountRelease", flow.DoRelease, id, reason)
}

func (d *Desk) holding(ctx context.Context, verb string, do flow.EventVerb, id billing.AccountID, reason string) error {
	f, err := d.doing(ctx, deed{verb, string(id), reason})
	if err != nil {
		return err
	}
	err = d.office.Store.Read(ctx, func(tx Tx) error {
		row, err := tx.AccountState(id)
		switch {
		case err != nil:
			return err
		case do == flow.DoHold && row.Held:
			return &billing.Refusal{Code: "held_already", Sentence: fmt.Sprintf("account %s is on credit hold already", id)}
		case do == flow.DoRelease && !row.Held:
			return &billing.Refusal{Code: "not_held", Sentence: fmt.Sprintf("account %s is not on credit hold", id)}
		}
		return nil
	})
	if err != nil {
		return err
	}
	today := d.Today()
	return f.Record(ctx, []flow.Event{{Do: do, Account: id, On: today, Effective: today}}, d.actor())
}
