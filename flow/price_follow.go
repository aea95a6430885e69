package flow

import (
	"context"
	"fmt"
)

// PriceReports are what importing a month's prices came to.
type PriceReports struct {
	Sheet         KeptPriceSheet
	Prices, Rates TakeReport
	// Promotions is how many are new or different.
	Promotions int
	// HasRates and HasPromotions say whether the provider tells any.
	HasRates, HasPromotions bool
}

// PricesFollow takes a month's price sheet, exchange rates and promotions in, as far as the
// provider has them. Promotions are those of the sheet's market and of the segment that is sold.
func (f *Flow) PricesFollow(ctx context.Context, id ConnectionID, provider Provider, ask PriceSheetAsk, o PriceSheetOptions, actor Actor) (r PriceReports, err error) {
	silent := func(TakeLine) {}
	if r.Prices, r.Sheet, err = f.PriceSheetImport(ctx, id, ask, provider.PriceSheet(ctx, ask), o, actor, silent); err != nil {
		return r, err
	}
	r.HasRates, r.HasPromotions = provider.Abilities().Rates, provider.Abilities().Promotions
	if r.HasRates {
		if r.Rates, err = f.RatesImport(ctx, provider, ask.Month, actor, silent); err != nil {
			return r, err
		}
	}
	if r.HasPromotions {
		r.Promotions, err = f.PromotionsImport(ctx, id, provider.Promotions(ctx, ask.Market, o.Segment))
	}
	return r, err
}

// FollowUsageOf takes the rated usage of invoices in, where the provider tells it, and says
// for each invoice what was taken. No id, for what is not billed yet, is passed over.
func (f *Flow) FollowUsageOf(ctx context.Context, c Connection, provider Provider, invoices []string, taken func(invoice string, usage TakeReport)) error {
	if !provider.Abilities().Usage {
		return nil
	}
	for _, invoice := range invoices {
		if invoice == "" {
			continue
		}
		report, err := f.FollowUsage(ctx, c.ID, provider, UsageAsk{Invoice: invoice, Currency: c.Currency}, func(TakeLine) {})
		if err != nil {
			return fmt.Errorf("usage of %s: %w", invoice, err)
		}
		taken(invoice, report)
	}
	return nil
}
