package flow

import (
	"cmp"
	"context"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// CostDigits bounds what is shown of a cost that does not end.
const CostDigits = 6

// holdingCost is what the provider asks for a holding, by the price list that its
// price sheets fill.
type holdingCost struct {
	row billing.PriceRow
	// periodMonths is the holding's billing period, termMonths its term.
	periodMonths, termMonths int
}

// costOf finds it for the day on which the holding's term began.
func costOf(catalog *billing.Catalog, connection *Connection, h *Holding, on calendar.Date) (holdingCost, bool) {
	list := cmp.Or(connection.List, DefaultList)
	months := h.Billing.Months
	if months == 0 {
		months = max(1, h.TermMonths)
	}
	row, known := catalog.CostOn(list, h.SKU, connection.Currency, h.TermMonths, months, on)
	return holdingCost{row, months, h.TermMonths}, known
}

// perPeriod is the exact cost of so many seats for one billing period.
func (c *holdingCost) perPeriod(seats money.Ratio) money.Ratio {
	return seats.Mul(c.row.Cost.Ratio()).Mul(money.Fraction(int64(c.periodMonths), int64(c.row.Unit.Months)))
}

// during is the exact cost of so many seats on some days of a term, day by day.
func (c *holdingCost) during(seats money.Ratio, days int, term calendar.Period) money.Ratio {
	if days <= 0 || term.Empty() {
		return money.Ratio{}
	}
	whole := seats.Mul(c.row.Cost.Ratio()).Mul(money.Fraction(int64(c.termMonths), int64(c.row.Unit.Months)))
	return whole.Mul(money.Fraction(int64(days), int64(term.Days())))
}

// termOf is the commitment that a holding is in, or no days: its end is the
// provider's, its first day a term before that or the holding's own.
func (f *Flow) termOf(h *Holding) calendar.Period {
	if h.TermMonths == 0 || h.EndsAt.IsZero() {
		return calendar.Period{}
	}
	term := calendar.Period{To: dayOf(h.EndsAt, f.Zone)}
	term.From = term.To.AddMonths(-h.TermMonths)
	if !h.StartsAt.IsZero() {
		term.From = calendar.Latest(term.From, dayOf(h.StartsAt, f.Zone))
	}
	return term
}

// Exposure is what one holding still costs us until the provider's term ends, and
// what of it no customer is committed to pay: the loss if every customer left on
// the first day on which they may. The days until then are covered for the seats
// that they are billed for; the days after, and the seats that nobody is billed
// for, are not. Both are counted at the provider's price by the day, so that a
// year that is paid to the provider already counts like one that is paid by the month.
type Exposure struct {
	Connection ConnectionID
	Customer   string
	Account    billing.AccountID
	// Name is the account's.
	Name    string
	Holding string
	SKU     string
	// Seats are the holding's, Billed those of its subscriptions here.
	Seats, Billed money.Decimal
	// Until is the first day after the provider's term, CommittedUntil the first day
	// on which a customer could be gone (the earliest of several).
	Until, CommittedUntil calendar.Date
	// Why says what binds the customer until then, or what does not.
	Why Commitment
	// Cost is what is left to pay to the provider, Uncovered the part of it that no
	// customer has agreed to; both of no currency where no cost is known.
	Cost, Uncovered money.Amount
	CostKnown       bool
}

// Exposures lists what each holding with a term leaves uncovered, in order of
// account and holding: the days after its customers' commitments, and the seats
// that nobody is billed for. An empty connection asks for all.
func (f *Flow) Exposures(ctx context.Context, id ConnectionID) (exposures []Exposure, err error) {
	err = f.EachHeld(ctx, id, func(held *HeldSubscriptions) error {
		if exposure, ok := f.ExposureOf(held); ok {
			exposures = append(exposures, exposure)
		}
		return nil
	})
	slices.SortFunc(exposures, func(a, b Exposure) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Holding, b.Holding))
	})
	return exposures, err
}

// ExposureOf decides one holding.
func (f *Flow) ExposureOf(held *HeldSubscriptions) (Exposure, bool) {
	h, today := &held.Kept.Holding, f.Today()
	term := f.termOf(h)
	if gone(h) || h.Status == HoldingPending || !term.Contains(today) {
		return Exposure{}, false
	}
	e := Exposure{Connection: held.Kept.Connection, Customer: h.Customer, Account: held.Account, Holding: h.ID, SKU: h.SKU, Seats: h.Quantity, Until: term.To, Name: held.Name, Why: CommittedNobody}
	cost, known := costOf(held.Catalog, held.Connection, h, term.From)
	var billed, covered money.Ratio
	for _, found := range held.Found {
		seats := BilledSeats(found.Book, found.Subscription, today)
		if seats.Sign() == 0 {
			continue
		}
		until, why := CommittedUntil(&found.Book.Contract, found.Subscription, today, term.To)
		until = calendar.Earliest(term.To, until)
		if e.CommittedUntil.IsZero() || until.Before(e.CommittedUntil) {
			e.CommittedUntil, e.Why = until, why
		}
		// Of seats that are billed and not held no cost is saved.
		seats = money.Min(seats, h.Quantity.Ratio().Sub(billed))
		billed = billed.Add(seats)
		if known {
			covered = covered.Add(cost.during(seats, today.DaysUntil(until), term))
		}
	}
	e.Billed = money.DecimalFrom(billed, 0, CostDigits)
	if !known {
		return e, true
	}
	left := cost.during(h.Quantity.Ratio(), today.DaysUntil(term.To), term)
	var err error
	if e.Cost, err = money.RoundTo(left, cost.row.Currency); err != nil {
		return e, true
	}
	if e.Uncovered, err = money.RoundTo(money.Max(left.Sub(covered), money.Ratio{}), cost.row.Currency); err != nil {
		return e, true
	}
	e.CostKnown = true
	return e, true
}

// ExposureSum is what is left to pay to the provider for one customer in one
// currency, and what of it no customer is committed to.
type ExposureSum struct {
	Account         billing.AccountID
	Name            string
	Currency        money.Currency
	Holdings        int
	Cost, Uncovered money.Amount
	// Unknown is how many of the holdings have no known cost: they are in no sum.
	Unknown int
}

// ExposureSums adds exposures up by account and currency, in that order; holdings
// whose cost is not known are counted with no currency.
func ExposureSums(exposures []Exposure) (sums []ExposureSum) {
	at := map[ExposureSum]int{}
	for i := range exposures {
		e := &exposures[i]
		key := ExposureSum{Account: e.Account, Currency: e.Cost.Currency()}
		n, known := at[key]
		if !known {
			n = len(sums)
			at[key] = n
			sum := key
			sum.Name, sum.Cost, sum.Uncovered = e.Name, money.NewAmount(0, key.Currency), money.NewAmount(0, key.Currency)
			sums = append(sums, sum)
		}
		sum := &sums[n]
		sum.Holdings++
		if !e.CostKnown {
			sum.Unknown++
			continue
		}
		sum.Cost, sum.Uncovered = sum.Cost.Add(e.Cost), sum.Uncovered.Add(e.Uncovered)
	}
	slices.SortStableFunc(sums, func(a, b ExposureSum) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Currency.String(), b.Currency.String()))
	})
	return sums
}

// HeldSubscriptions is a holding as it was last seen with what bills it.
type HeldSubscriptions struct {
	Kept       *KeptHolding
	Connection *Connection
	// Account is who is billed for it, Name its name.
	Account billing.AccountID
	Name    string
	Found   []FoundSubscription
	Catalog *billing.Catalog
}

// heldAtOnce is how many holdings are looked at together.
const heldAtOnce = 200

// EachHeld calls for every holding that was seen, with its subscriptions.
func (f *Flow) EachHeld(ctx context.Context, id ConnectionID, call func(*HeldSubscriptions) error) error {
	catalog, err := CatalogOf(ctx, f.Store, false)
	if err != nil {
		return err
	}
	return f.Store.Read(ctx, func(tx Tx) error {
		connections, err := tx.ConnectionList()
		if err != nil {
			return err
		}
		accounts, err := tx.AccountList()
		if err != nil {
			return err
		}
		names := map[billing.AccountID]string{}
		for i := range accounts {
			names[accounts[i].ID] = accounts[i].Name
		}
		named := func(held *HeldSubscriptions) error {
			held.Name = names[held.Account]
			return call(held)
		}
		for i := range connections {
			if id != "" && connections[i].ID != id {
				continue
			}
			kept, err := tx.HoldingList(connections[i].ID, "")
			if err != nil {
				return err
			}
			customers, err := tx.CustomerLinks(connections[i].ID)
			if err != nil {
				return err
			}
			for part := range slices.Chunk(kept, heldAtOnce) {
				if err := heldPart(tx, &connections[i], part, customers, &catalog.Catalog, named); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func heldPart(tx Tx, connection *Connection, part []KeptHolding, customers map[string]CustomerLink, catalog *billing.Catalog, call func(*HeldSubscriptions) error) error {
	var ids []string
	for i := range part {
		ids = append(ids, part[i].ID)
	}
	links, err := tx.HoldingLinks(connection.ID, ids)
	if err != nil {
		return err
	}
	found, err := foundOf(tx, links)
	if err != nil {
		return err
	}
	for i := range part {
		h := &part[i]
		held := HeldSubscriptions{Kept: h, Connection: connection, Account: customers[h.Customer].Account, Catalog: catalog}
		if held.Account == "" {
			held.Account = billing.AccountID(h.Customer)
		}
		for _, link := range links[h.ID] {
			if one, ok := found[link.Subscription]; ok {
				held.Found = append(held.Found, one)
			}
		}
		if err := call(&held); err != nil {
			return err
		}
	}
	return nil
}

// foundOf reads the subscriptions that links name, each with its contract.
func foundOf(tx Tx, links map[string][]HoldingLink) (map[billing.SubscriptionID]FoundSubscription, error) {
	var contracts []billing.ContractID
	for _, of := range links {
		for _, link := range of {
			contracts = append(contracts, link.Contract)
		}
	}
	slices.Sort(contracts)
	books, err := tx.BooksRead(slices.Compact(contracts))
	if err != nil {
		return nil, err
	}
	found := map[billing.SubscriptionID]FoundSubscription{}
	for _, book := range books {
		for i := range book.Subscriptions {
			found[book.Subscriptions[i].ID] = FoundSubscription{book, &book.Subscriptions[i]}
		}
	}
	return found, nil
}
