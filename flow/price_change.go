package flow

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// PriceSheetImport takes a provider's price sheet into a price list, and notes
// which version it was: the same rows again are no new one.
func (f *Flow) PriceSheetImport(ctx context.Context, id ConnectionID, ask PriceSheetAsk, rows iter.Seq2[PriceSheetRow, error], o PriceSheetOptions, actor Actor,
	each func(TakeLine)) (TakeReport, KeptPriceSheet, error) {
	sheet := KeptPriceSheet{Connection: id, Market: ask.Market, View: ask.View, Month: ask.Month, ImportedAt: f.Clock.Now()}
	if sheet.Month.IsZero() {
		year, month, _ := f.Today().Civil()
		sheet.Month, _ = calendar.NewDate(year, month, 1)
	}
	var digest rowsDigest
	counted := func(yield func(PriceSheetRow, error) bool) {
		for row, err := range rows {
			if err == nil {
				sheet.Rows++
				digest.add(&row)
			}
			if !yield(row, err) {
				return
			}
		}
	}
	report, err := f.Take(ctx, IntakesOfPriceSheet(counted, o), actor, each)
	if err != nil {
		return report, sheet, fmt.Errorf("price sheet %s %s of %s: %w", ask.Market, sheet.Month, id, err)
	}
	sheet.Digest = digest.text()
	err = f.write(ctx, func(tx Tx) error {
		_, err := tx.PriceSheetPut(sheet)
		return err
	})
	return report, sheet, err
}

// rowsDigest is the same for the same rows in whatever order: a sum of theirs.
type rowsDigest [4]uint64

func (d *rowsDigest) add(row *PriceSheetRow) {
	plain := *row
	plain.At = Source{}
	sum := sha256.Sum256(fmt.Appendf(nil, "%v", plain))
	for i := range d {
		var part uint64
		for _, b := range sum[8*i : 8*i+8] {
			part = part<<8 | uint64(b)
		}
		d[i] += part
	}
}

func (d *rowsDigest) text() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%v", *d))
	return hex.EncodeToString(sum[:16])
}

// RatesImport takes a month's exchange rates of a provider into the book.
func (f *Flow) RatesImport(ctx context.Context, provider ProviderPrices, month calendar.Date, actor Actor, each func(TakeLine)) (TakeReport, error) {
	intakes := func(yield func(Intake, error) bool) {
		for rate, err := range provider.Rates(ctx, month) {
			if !yield(Intake{At: Source{File: "rates " + month.String()}, Rate: &rate}, err) {
				return
			}
		}
	}
	return f.Take(ctx, intakes, actor, each)
}

// PromotionsImport keeps what promotions a provider has; it returns how many are
// new or different.
func (f *Flow) PromotionsImport(ctx context.Context, id ConnectionID, promotions iter.Seq2[Promotion, error]) (changed int, err error) {
	var list []Promotion
	for promotion, err := range promotions {
		if err != nil {
			return 0, fmt.Errorf("promotions of %s: %w", id, err)
		}
		list = append(list, promotion)
	}
	err = f.write(ctx, func(tx Tx) error {
		changed = 0
		for _, promotion := range list {
			one, err := tx.PromotionPut(id, promotion)
			if err != nil {
				return err
			}
			if one {
				changed++
			}
		}
		return nil
	})
	return changed, err
}

// PriceChange is one subscription that will be sold at another price.
type PriceChange struct {
	Account      billing.AccountID
	Contract     billing.ContractID
	Subscription billing.SubscriptionID
	SKU          string
	Quantity     money.Decimal
	// On is the first day at the new price: a renewal, if AtRenewal, since the price
	// is locked until then; else the first day of a period.
	On        calendar.Date
	AtRenewal bool
	// Before and After are for the quantity and one billing period, before discounts.
	Before, After money.Amount
	// Missing says why there will be no price, where there is none; After is then nothing.
	Missing string
	// Unpriced says that there was no price before; Before is then nothing.
	Unpriced bool
}

// PriceChangeAsk says what to look at: rows of a sheet that is announced (or
// nothing, for what is in the book), how they would be taken in, and until when.
type PriceChangeAsk struct {
	Rows    iter.Seq2[PriceSheetRow, error]
	Options PriceSheetOptions
	// Price is one row instead of a sheet's: what sells its sku alone is looked at, in the
	// contracts that Contracts names, and compared with what would be without the row.
	Price     *billing.PriceRow
	Contracts []billing.ContractID
	// Until is the last day that is looked at; no day for thirteen months from today.
	Until calendar.Date
}

// PriceChanges lists the subscriptions whose price will change and when, in
// order of day, account and subscription. It takes nothing in.
func (f *Flow) PriceChanges(ctx context.Context, ask PriceChangeAsk) (changes []PriceChange, err error) {
	today := f.Today()
	if ask.Until.IsZero() {
		ask.Until = today.AddMonths(13)
	}
	now, err := f.catalogToPreview(ctx, &ask)
	if err != nil {
		return nil, err
	}
	next, err := withSheet(now, ask)
	if err != nil {
		return nil, err
	}
	p := pricePreview{now: billing.NewPlanner(&now.Catalog), next: billing.NewPlanner(next), today: today, until: ask.Until}
	if ask.Price != nil {
		p.sku = ask.Price.SKU
	}
	err = f.Store.Read(ctx, func(tx Tx) error {
		contracts, err := contractsToPreview(tx, &ask)
		if err != nil {
			return err
		}
		for ids := range slices.Chunk(contracts, heldAtOnce) {
			books, err := tx.BooksRead(ids)
			if err != nil {
				return err
			}
			for _, book := range books {
				for i := range book.Subscriptions {
					change, changes1, err := p.change(book, &book.Subscriptions[i])
					if err != nil {
						return err
					}
					if changes1 {
						changes = append(changes, change)
					}
				}
			}
		}
		return nil
	})
	slices.SortFunc(changes, func(a, b PriceChange) int {
		return cmp.Or(a.On.Compare(b.On), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Subscription, b.Subscription))
	})
	return changes, err
}

// catalogToPreview is what a preview compares with.
func (f *Flow) catalogToPreview(ctx context.Context, ask *PriceChangeAsk) (catalog *Catalog, err error) {
	if ask.Price == nil {
		return CatalogOf(ctx, f.Store, false)
	}
	err = f.Store.Read(ctx, func(tx Tx) error {
		catalog, err = tx.CatalogOf([]string{ask.Price.SKU})
		return err
	})
	return catalog, err
}

// contractsToPreview are the contracts whose subscriptions a preview looks at.
func contractsToPreview(tx Tx, ask *PriceChangeAsk) (ids []billing.ContractID, err error) {
	if ask.Price != nil {
		return ask.Contracts, nil
	}
	contracts, err := tx.ContractList()
	for i := range contracts {
		ids = append(ids, contracts[i].ID)
	}
	return ids, err
}

// withSheet is a catalog as it would be with the rows of a sheet in it.
func withSheet(now *Catalog, ask PriceChangeAsk) (*billing.Catalog, error) {
	next := now.Catalog
	next.Prices = maps.Clone(now.Prices)
	if ask.Price != nil {
		row := *ask.Price
		row.Seq = laterThanAll
		next.Prices[row.SKU] = append(slices.Clone(next.Prices[row.SKU]), row)
	}
	if ask.Rows == nil {
		return &next, nil
	}
	own := map[string]bool{}
	for intake, err := range IntakesOfPriceSheet(ask.Rows, ask.Options) {
		if err != nil {
			return nil, err
		}
		if intake.Price == nil {
			continue
		}
		row := *intake.Price
		row.Seq = laterThanAll
		if !own[row.SKU] {
			own[row.SKU], next.Prices[row.SKU] = true, slices.Clone(next.Prices[row.SKU])
		}
		next.Prices[row.SKU] = append(next.Prices[row.SKU], row)
	}
	return &next, nil
}

// laterThanAll is a place in the log after every other.
const laterThanAll = 1 << 62

// pricePreview compares what is asked now with what will be.
type pricePreview struct {
	now, next    *billing.Planner
	today, until calendar.Date
	// sku is the one that is looked at; empty for all.
	sku string
}

// change finds the first day on which a subscription's list price is another.
func (p *pricePreview) change(book *OpenBook, s *billing.Subscription) (change PriceChange, changes bool, err error) {
	if p.sku != "" && s.SKU != p.sku {
		return change, false, nil
	}
	state := billing.StateOn(&book.Contract, s, p.today)
	if !state.Runs || state.HasPrice || s.Kind == billing.Usage || s.Parent != "" {
		return change, false, nil
	}
	lock, cycle := p.locks(&book.Contract, s, &state)
	quantity := state.Quantity
	if !state.Term.Empty() {
		quantity = state.NextQuantity()
	}
	change = PriceChange{Account: book.Contract.Account, Contract: book.Contract.ID, Subscription: s.ID, SKU: s.SKU, Quantity: quantity, AtRenewal: !state.Term.Empty()}
	if p.sku != "" {
		return p.byRow(book, s, change, lock, cycle)
	}
	before, err := p.now.OfferOn(&book.Book, s, quantity, lock, lock)
	if missing(err) != "" {
		return change, false, nil // Without a price now: that is an exception of billing.
	}
	if err != nil || quantity.Sign() == 0 {
		return change, false, err
	}
	for k := cycle.IndexFrom(p.today.AddDays(1)); !cycle.Boundary(k).After(p.until); k++ {
		change.On = cycle.Boundary(k)
		if !book.Contract.End.IsZero() && !change.On.Before(book.Contract.End) {
			return change, false, nil
		}
		after, err := p.next.OfferOn(&book.Book, s, quantity, change.On, calendar.Date{})
		if change.Missing = missing(err); change.Missing == "" && err != nil {
			return change, false, err
		}
		if change.Missing == "" && after.Full.Cmp(before.Full) == 0 {
			continue
		}
		if change.Before, err = money.RoundTo(before.Full, book.Contract.Currency); err != nil {
			return change, false, err
		}
		change.After, err = money.RoundTo(after.Full, book.Contract.Currency)
		return change, err == nil, err
	}
	return change, false, nil
}

// byRow finds the first day on which one new row makes the price another than it would be
// then without it: the day of the lock, where there is no price now.
func (p *pricePreview) byRow(book *OpenBook, s *billing.Subscription, change PriceChange, lock calendar.Date, cycle calendar.Cycle) (PriceChange, bool, error) {
	if change.Quantity.Sign() == 0 {
		return change, false, nil
	}
	days := []calendar.Date{}
	if _, err := p.now.OfferOn(&book.Book, s, change.Quantity, lock, calendar.Date{}); missing(err) != "" {
		days = append(days, lock)
	}
	for k := cycle.IndexFrom(p.today.AddDays(1)); !cycle.Boundary(k).After(p.until); k++ {
		days = append(days, cycle.Boundary(k))
	}
	for _, day := range days {
		if !book.Contract.End.IsZero() && !day.Before(book.Contract.End) {
			return change, false, nil
		}
		before, err := p.now.OfferOn(&book.Book, s, change.Quantity, day, calendar.Date{})
		if change.Unpriced = missing(err) != ""; !change.Unpriced && err != nil {
			return change, false, err
		}
		after, err := p.next.OfferOn(&book.Book, s, change.Quantity, day, calendar.Date{})
		if change.Missing = missing(err); change.Missing == "" && err != nil {
			return change, false, err
		}
		if (change.Missing == "") == !change.Unpriced && after.Full.Cmp(before.Full) == 0 {
			continue
		}
		change.On, change.AtRenewal = day, change.AtRenewal && day != lock
		if change.Before, err = money.RoundTo(before.Full, book.Contract.Currency); err != nil {
			return change, false, err
		}
		change.After, err = money.RoundTo(after.Full, book.Contract.Currency)
		return change, err == nil, err
	}
	return change, false, nil
}

// locks are the day on which the price of today was locked, and the cycle of the
// days on which it is looked up.
func (p *pricePreview) locks(c *billing.Contract, s *billing.Subscription, state *billing.State) (lock calendar.Date, cycle calendar.Cycle) {
	if !state.Term.Empty() {
		return state.Term.From, calendar.Cycle{Anchor: state.Term.To, Months: s.TermMonths, Stick: c.Stick}
	}
	cycle = calendar.Cycle{Anchor: state.Start, Months: s.Billing.Months, Stick: c.Stick}
	if c.Schedule == billing.Aligned {
		cycle.Anchor, cycle.Months = c.Start, c.Frequency.Months
	}
	return calendar.Latest(cycle.Period(cycle.Index(p.today)).From, state.Start), cycle
}

// missing is why there is no price; empty where that is not the matter.
func missing(err error) string {
	var price *billing.MissingPrice
	var rate *billing.MissingRate
	if errors.As(err, &price) || errors.As(err, &rate) {
		return err.Error()
	}
	return ""
}

// PromotionEnd is a promotion that a holding loses when its term ends.
type PromotionEnd struct {
	Connection ConnectionID
	Account    billing.AccountID
	Holding    string
	Promotion  Promotion
	// On is the first day without it.
	On calendar.Date
	// More is what the provider asks more for each billing period from then on, where MoreKnown.
	More      money.Amount
	MoreKnown bool
}

// PromotionsEnding lists the holdings whose promotion cannot be had any more at
// their renewal, up to a day, soonest first.
func (f *Flow) PromotionsEnding(ctx context.Context, id ConnectionID, until calendar.Date) (ends []PromotionEnd, err error) {
	known := map[ConnectionID][]Promotion{}
	err = f.Store.Read(ctx, func(tx Tx) error {
		connections, err := tx.ConnectionList()
		for i := 0; err == nil && i < len(connections); i++ {
			known[connections[i].ID], err = tx.PromotionList(connections[i].ID)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	err = f.EachHeld(ctx, id, func(held *HeldSubscriptions) error {
		h := &held.Kept.Holding
		term := f.termOf(h)
		if h.Promotion == "" || gone(h) || term.Empty() || term.To.After(until) || !term.To.After(f.Today()) {
			return nil
		}
		for _, promotion := range known[held.Kept.Connection] {
			if promotion.ID != h.Promotion || (promotion.SKU != "" && promotion.SKU != h.SKU) || promotion.To.IsZero() || promotion.To.After(term.To) {
				continue
			}
			end := PromotionEnd{Connection: held.Kept.Connection, Account: held.Account, Holding: h.ID, Promotion: promotion, On: term.To}
			if cost, ok := costOf(held.Catalog, held.Connection, h, term.To); ok {
				more := cost.perPeriod(h.Quantity.Ratio()).Mul(promotion.Percent.Ratio()).Div(money.Whole(100))
				if end.More, err = money.RoundTo(more, cost.row.Currency); err != nil {
					return err
				}
				end.MoreKnown = true
			}
			ends = append(ends, end)
			return nil
		}
		return nil
	})
	slices.SortStableFunc(ends, func(a, b PromotionEnd) int {
		return cmp.Or(a.On.Compare(b.On), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Holding, b.Holding))
	})
	return ends, err
}
