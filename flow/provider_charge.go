package flow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
)

// followCharges hands the rows of a provider's invoice on to the mirror contracts
// that bill them (BILLING §3). A second time changes nothing. It is errReplaced where
// the invoice was imported again meanwhile.
func (f *Flow) followCharges(ctx context.Context, kept KeptInvoice) error {
	catalog, err := CatalogOf(ctx, f.Store, false)
	if err != nil {
		return err
	}
	id := kept.Connection
	c := &charging{f: f, connection: id, invoice: kept.ID, importedAt: kept.ImportedAt, today: f.Today(), catalog: catalog, mirrors: map[billing.ContractID]map[billing.SubscriptionID]billing.ProductKind{},
		held: map[string]map[string]string{}, failed: map[string]int{}}
	var mirrored []string
	if err := f.Store.Read(ctx, func(tx Tx) error { mirrored, err = tx.MirrorHoldings(id); return err }); err != nil {
		return err
	}
	after := ""
	for part := range slices.Chunk(mirrored, holdingsAtOnce) {
		var events []Event
		err := f.Store.Read(ctx, func(tx Tx) error { events, err = c.read(tx, after, part); return err })
		if err == nil {
			err = c.take(ctx, events)
		}
		if err != nil {
			return err
		}
		after = part[len(part)-1]
	}
	return c.report(ctx)
}

// charging is the handing on of one invoice's rows.
type charging struct {
	f          *Flow
	connection ConnectionID
	invoice    string
	// importedAt is when the rows came that are handed on.
	importedAt time.Time
	today      calendar.Date
	catalog    *Catalog
	// mirrors are the contracts that were met, with the kinds of their subscriptions
	// where they bill the provider's rows, and nil where they do not.
	mirrors map[billing.ContractID]map[billing.SubscriptionID]billing.ProductKind
	// held are the provider's products of holdings, by customer and holding.
	held   map[string]map[string]string
	failed map[string]int
}

// takeBack tells as nothing, in the transaction that replaces an invoice's rows, the
// rows that it no longer has. A void would be for good: a row can come back as it was.
func (f *Flow) takeBack(tx Tx, id ConnectionID, invoice string, gone map[string]bool) error {
	if len(gone) == 0 {
		return nil
	}
	catalog, err := tx.CatalogGet(true)
	if err != nil {
		return err
	}
	r := f.newRecorder(tx, catalog, Actor{Who: "invoice import", Source: providerDoor(id)}, map[string]int{})
	for _, row := range slices.Sorted(maps.Keys(gone)) {
		versions, err := tx.ChargeVersions(row)
		if err != nil {
			return err
		}
		if len(versions) == 0 || versions[len(versions)-1].Void {
			continue
		}
		last := &versions[len(versions)-1]
		today := f.Today()
		event := Event{At: Source{File: "invoice " + invoice}, Do: DoCharge, On: today, Effective: today, FromProvider: true, ID: row, Subscription: last.Subscription, SKU: last.SKU,
			Period: last.Period, HasQuantity: true, HasCost: true, Currency: last.Currency, Row: ChargeRow{Type: last.Type}}
		if err := r.record(&event); err != nil && !errors.Is(err, errKnown) {
			return fmt.Errorf("take back row %s: %w", row, err)
		}
	}
	return r.close()
}

// read gives the events of the rows of some holdings, in order, that come after one.
func (c *charging) read(tx Tx, after string, holdings []string) (events []Event, err error) {
	links, err := tx.HoldingLinks(c.connection, holdings)
	if err != nil {
		return nil, err
	}
	var rows []ProviderLine
	err = tx.ProviderLines(c.connection, c.invoice, after, holdings[len(holdings)-1], func(line ProviderLine) bool {
		if _, mirrored := slices.BinarySearch(holdings, line.Holding); mirrored {
			rows = append(rows, line)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	for i := range rows {
		event, err := c.event(tx, &rows[i], links[rows[i].Holding])
		if err != nil {
			return nil, err
		}
		if event != nil {
			events = append(events, *event)
		}
	}
	return events, nil
}

// event is what a row tells a mirror contract, or nil where none bills it.
func (c *charging) event(tx Tx, line *ProviderLine, links []HoldingLink) (*Event, error) {
	var billed []HoldingLink
	for _, link := range links {
		kinds, err := c.kinds(tx, link.Contract)
		if err != nil {
			return nil, err
		}
		// Usage is billed by its records, whatever the contract.
		if kind, known := kinds[link.Subscription]; known && kind != billing.Usage {
			billed = append(billed, link)
		}
	}
	switch {
	case len(billed) == 0:
		return nil, nil
	case len(links) > 1:
		// Whose part of the provider's row is whose, nobody has said.
		c.failed[fmt.Sprintf("%s is %d subscriptions here: its rows cannot be billed as they are", line.Holding, len(links))]++
		return nil, nil
	}
	row := &line.Charge
	event := &Event{
		At: Source{File: "invoice " + c.invoice}, Do: DoCharge, On: c.today, Effective: c.today, ID: row.ID, Subscription: billed[0].Subscription, Period: row.Period, Quantity: row.Quantity, HasQuantity: true,
		Row: ChargeRow{Type: row.Type, UnitPrice: row.UnitPrice, EffectivePrice: row.EffectivePrice}, Cost: row.Cost, HasCost: true, Currency: row.Currency, FromProvider: true,
	}
	var err error
	event.SKU, err = c.sku(tx, line)
	return event, err
}

// sku is the row's product where it is another than its holding's: a holding can be
// charged in several rows, of which one alone is at the subscription's price. Where
// the holding was never seen, the book's own products tell.
func (c *charging) sku(tx Tx, line *ProviderLine) (string, error) {
	of, read := c.held[line.Customer]
	if !read {
		kept, err := tx.HoldingList(c.connection, line.Customer)
		if err != nil {
			return "", err
		}
		of = map[string]string{}
		for i := range kept {
			of[kept[i].ID] = kept[i].SKU
		}
		c.held[line.Customer] = of
	}
	held, seen := of[line.Holding]
	_, known := c.catalog.Products[line.Charge.SKU]
	if seen && held == line.Charge.SKU || !seen && !known {
		return "", nil
	}
	return line.Charge.SKU, nil
}

// kinds are those of a mirror contract's subscriptions; none of any other contract.
func (c *charging) kinds(tx Tx, id billing.ContractID) (map[billing.SubscriptionID]billing.ProductKind, error) {
	if kinds, met := c.mirrors[id]; met {
		return kinds, nil
	}
	contract, err := tx.ContractGet(id)
	if err != nil {
		return nil, err
	}
	c.mirrors[id] = nil
	if contract.Schedule != billing.Mirror {
		return nil, nil
	}
	book, err := tx.BookRead(id)
	if err != nil {
		return nil, err
	}
	kinds := map[billing.SubscriptionID]billing.ProductKind{}
	for i := range book.Subscriptions {
		kinds[book.Subscriptions[i].ID] = book.Subscriptions[i].Kind
	}
	c.mirrors[id] = kinds
	return kinds, nil
}

func (c *charging) take(ctx context.Context, events []Event) error {
	if len(events) == 0 {
		return nil
	}
	intakes := func(yield func(Intake, error) bool) {
		for i := range events {
			if !yield(Intake{At: events[i].At, Event: &events[i]}, nil) {
				return
			}
		}
	}
	_, err := c.f.takeAfter(ctx, c.hold, intakes, Actor{Who: "invoice import", Source: providerDoor(c.connection)}, func(line TakeLine) {
		if line.Outcome == Refused || line.Outcome == Wrong {
			c.failed[line.Why]++
		}
	})
	return err
}

// errReplaced says that an invoice's rows are no longer those that were read.
var errReplaced = errors.New("the invoice was imported again meanwhile")

// hold has the invoice stay as it is while its rows are handed on: of what another
// import has replaced, nothing may be billed.
func (c *charging) hold(tx Tx) error {
	at, err := tx.ProviderInvoiceHold(c.connection, c.invoice)
	if err == nil && !at.Equal(c.importedAt) {
		err = errReplaced
	}
	return err
}

// report opens an exception for each reason why rows were not taken, and settles
// what was open of the invoice before.
func (c *charging) report(ctx context.Context) error {
	now := c.f.Clock.Now()
	return c.f.write(ctx, func(tx Tx) error {
		if err := c.hold(tx); err != nil {
			return err
		}
		subject := invoiceSubject(c.connection, c.invoice)
		if len(c.failed) == 0 {
			_, err := tx.ExceptionClose(ExceptionMirror, subject, "the next import", now)
			return err
		}
		var reasons []string
		count := 0
		for why, n := range c.failed {
			reasons = append(reasons, why)
			count += n
		}
		slices.SortFunc(reasons, func(a, b string) int { return cmp.Or(cmp.Compare(c.failed[b], c.failed[a]), cmp.Compare(a, b)) })
		_, err := tx.ExceptionOpen(Exception{Kind: ExceptionMirror, Subject: subject, Connection: c.connection, OpenedAt: now, SeenAt: now,
			Sentence: fmt.Sprintf("%d rows of invoice %s are not on their customers' invoices: %s", count, c.invoice, reasons[0]),
			Todo:     "Mend what is named, then import the invoice again."})
		return err
	})
}

// rowsBefore are the ids of an invoice's rows as it was imported before; of what is
// not billed yet none, since mirror contracts do not bill it.
func rowsBefore(tx Tx, id ConnectionID, invoice string) (map[string]bool, error) {
	if invoice == "" {
		return nil, nil
	}
	rows := map[string]bool{}
	err := tx.ComparedRows(id, invoice, "", "", func(line *ProviderLine) bool {
		rows[line.Charge.ID] = true
		return true
	})
	return rows, err
}
