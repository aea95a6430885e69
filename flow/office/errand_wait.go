package office

import (
	"cmp"
	"context"
	"iter"

	"prorata/core/calendar"
	"prorata/flow"
)

// The errands at providers as commands do them: whoever asks waits, and gets the report.

// there gives the flow and the connection for something that is done at its provider.
func (d *Desk) there(ctx context.Context, what deed, id flow.ConnectionID) (f *flow.Flow, c flow.Connection, err error) {
	if f, err = d.doing(ctx, what); err != nil {
		return nil, c, err
	}
	c, err = d.office.connection(ctx, id)
	return f, c, err
}

// connection reads a connection, where there are ways to providers.
func (o *Office) connection(ctx context.Context, id flow.ConnectionID) (c flow.Connection, err error) {
	err = o.Store.Read(ctx, func(tx Tx) (err error) { c, err = tx.ConnectionGet(id); return err })
	if err == nil && o.Providers == nil {
		err = errNoProviders()
	}
	return c, err
}

func (o *Office) sync(ctx context.Context, f *flow.Flow, c flow.Connection, eventsOnly bool) (report flow.SyncReport, err error) {
	provider, err := o.Providers.Provider(c)
	if err != nil {
		return report, err
	}
	if eventsOnly {
		return f.SyncEvents(ctx, c.ID, provider)
	}
	return f.Sync(ctx, c.ID, provider)
}

func (o *Office) provision(ctx context.Context, f *flow.Flow, c flow.Connection) (report flow.ProvisionReport, err error) {
	provider, err := o.Providers.Provider(c)
	if err != nil {
		return report, err
	}
	return f.Provision(ctx, c.ID, provider)
}

// ConnectionSyncWait is ConnectionSync for who waits for its end.
func (d *Desk) ConnectionSyncWait(ctx context.Context, id flow.ConnectionID, eventsOnly bool) (report flow.SyncReport, err error) {
	kind := ErrandSync
	if eventsOnly {
		kind = ErrandEvents
	}
	f, c, err := d.there(ctx, deed{"ConnectionSyncWait", string(id), string(kind)}, id)
	if err != nil {
		return report, err
	}
	return d.office.sync(ctx, f, c, eventsOnly)
}

// ProvisionRunWait is ProvisionRun for who waits for its end.
func (d *Desk) ProvisionRunWait(ctx context.Context, id flow.ConnectionID) (report flow.ProvisionReport, err error) {
	f, c, err := d.there(ctx, deed{"ProvisionRunWait", string(id), ""}, id)
	if err != nil {
		return report, err
	}
	return d.office.provision(ctx, f, c)
}

// ProviderBillFetch imports the provider's invoices dated on or after a day, as far as they
// are new or were restated, and the usage on those that are not reconciled: taken is told of
// each invoice's.
func (d *Desk) ProviderBillFetch(ctx context.Context, id flow.ConnectionID, since calendar.Date, taken func(invoice string, usage flow.TakeReport)) (report flow.ProviderBillReport, err error) {
	f, c, err := d.there(ctx, deed{"ProviderBillFetch", string(id), "since " + since.String()}, id)
	if err != nil {
		return report, err
	}
	provider, err := d.office.Providers.Provider(c)
	if err != nil {
		return report, err
	}
	if report, err = f.FollowBill(ctx, c.ID, provider, since); err != nil {
		return report, err
	}
	return report, f.FollowUsageOf(ctx, c, provider, report.Read, taken)
}

// ProviderBillTake imports one invoice of a provider from a file's rows, which replace those
// imported before; a row that cannot be read leaves all as it was.
func (d *Desk) ProviderBillTake(ctx context.Context, id flow.ConnectionID, head flow.ProviderInvoice, rows iter.Seq2[flow.ProviderLine, error]) (kept flow.KeptInvoice, err error) {
	f, err := d.doing(ctx, deed{"ProviderBillTake", string(id) + "/" + head.ID, head.Total.String() + " " + head.Currency.String()})
	if err != nil {
		return kept, err
	}
	return f.ImportBill(ctx, id, head, rows)
}

// ProviderInvoiceReconcileWait is ProviderInvoiceReconcile for who waits for its end.
func (d *Desk) ProviderInvoiceReconcileWait(ctx context.Context, id flow.ConnectionID, invoice string) (report flow.ReconcileReport, err error) {
	f, err := d.doing(ctx, deed{"ProviderInvoiceReconcileWait", string(id) + "/" + invoice, ""})
	if err != nil {
		return report, err
	}
	return f.Reconcile(ctx, id, invoice)
}

// PriceSheetFetch takes a month's price sheet, exchange rates and promotions of a provider
// in, as far as it has them.
func (d *Desk) PriceSheetFetch(ctx context.Context, id flow.ConnectionID, ask flow.PriceSheetAsk, o flow.PriceSheetOptions) (reports flow.PriceReports, err error) {
	f, c, err := d.there(ctx, deed{"PriceSheetFetch", string(id), ask.Month.String()}, id)
	if err != nil {
		return reports, err
	}
	provider, err := d.office.Providers.Provider(c)
	if err != nil {
		return reports, err
	}
	return f.PricesFollow(ctx, id, provider, ask, o, flow.Actor{Who: d.person.Who, Source: "provider:" + string(id)})
}

// PriceNews is what a provider announced: the prices that will change, and the promotions
// that end.
type PriceNews struct {
	Changes []flow.PriceChange
	Ends    []flow.PromotionEnd
}

// PriceSheetAnnounced asks the provider for the price sheet that it announced, and says what
// it will change up to a day, for whom and when; nothing is taken in. The market, the currency
// and the price list are the connection's where they are not given.
func (d *Desk) PriceSheetAnnounced(ctx context.Context, id flow.ConnectionID, ask flow.PriceSheetAsk, o flow.PriceSheetOptions, until calendar.Date) (news PriceNews, err error) {
	f, err := d.reading("PriceSheetAnnounced")
	if err != nil {
		return news, err
	}
	c, err := d.office.connection(ctx, id)
	if err != nil {
		return news, err
	}
	provider, err := d.office.Providers.Provider(c)
	if err != nil {
		return news, err
	}
	ask.Market, o.Market, o.List = cmp.Or(ask.Market, c.Country), cmp.Or(o.Market, c.Country), cmp.Or(o.List, c.List)
	if o.Currency.IsZero() {
		o.Currency = c.Currency
	}
	if news.Changes, err = f.PriceChanges(ctx, flow.PriceChangeAsk{Rows: provider.PriceSheet(ctx, ask), Options: o, Until: until}); err != nil {
		return news, err
	}
	news.Ends, err = f.PromotionsEnding(ctx, id, until)
	return news, err
}
