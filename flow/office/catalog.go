package office

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// Offer is a product as the catalog lists it.
type Offer struct {
	billing.Product
	// Subscriptions is how many were ever sold; Prices how many price rows it has.
	Subscriptions, Prices int64
}

// OfferFilter narrows a list; zero values do not.
type OfferFilter struct {
	// Text is looked for in sku and name.
	Text string
	// Unpriced asks for those that have no price row at all.
	Unpriced bool
	// After is the sku after which a page goes on.
	After string
	Most  int
	// Named asks for names alone, without what is counted of each.
	Named bool
}

// PriceListCount is a price list and what is in it.
type PriceListCount struct {
	List       string
	Rows, SKUs int64
	// Newest is the latest day from which a row of it holds.
	Newest calendar.Date
}

// PriceFilter narrows a list of price rows; zero values do not.
type PriceFilter struct {
	List, Text string
	Currency   money.Currency
	// After is the row after which a page goes on.
	After int64
	Most  int
}

// Catalogs are products and prices as pages list them.
type Catalogs interface {
	// OfferList is in order of sku.
	OfferList(OfferFilter) ([]Offer, error)
	PriceListCounts() ([]PriceListCount, error)
	// PriceRows is in the order in which they came, the newest first.
	PriceRows(PriceFilter) ([]billing.PriceRow, error)
	// OfferContracts are at most so many contracts in which a sku was ever sold, and how
	// many there are.
	OfferContracts(sku string, most int) (contracts []billing.ContractID, of int64, err error)
}

// ProductList is what can be sold, in order of sku.
func (d *Desk) ProductList(ctx context.Context, filter OfferFilter) (list []Offer, err error) {
	err = d.read(ctx, "ProductList", func(tx Tx) error {
		list, err = tx.OfferList(filter)
		return err
	})
	return list, err
}

// ProductGet is a product with all its price rows: by list, currency, unit and term, the
// newest first.
func (d *Desk) ProductGet(ctx context.Context, sku string) (product billing.Product, prices []billing.PriceRow, err error) {
	err = d.read(ctx, "ProductGet", func(tx Tx) error {
		catalog, err := tx.CatalogOf([]string{sku})
		if err != nil {
			return err
		}
		found, known := catalog.Products[sku]
		if !known {
			return fmt.Errorf("product %s: %w", sku, flow.ErrUnknown)
		}
		product = found
		prices = slices.Clone(catalog.Prices[sku])
		return nil
	})
	slices.SortStableFunc(prices, byPurchase)
	return product, prices, err
}

// ProductPut adds a product (version flow.New), or changes the name, class, kind or tax of one
// that is still what was looked at (flow.ProductVersion): else flow.ErrMoved.
func (d *Desk) ProductPut(ctx context.Context, p billing.Product, version int64) error {
	f, err := d.doing(ctx, deed{"ProductPut", p.SKU, p.Name})
	if err != nil {
		return err
	}
	switch {
	case p.SKU == "" || len(p.SKU) > skuMost:
		return &FieldError{"sku", fmt.Errorf("expected the product's SKU, of at most %d characters", skuMost)}
	case flow.PlainText(p.SKU) != p.SKU:
		return &FieldError{"sku", errors.New("it begins or ends with a space, or has characters that cannot be shown")}
	case strings.TrimSpace(p.Name) == "":
		return &FieldError{"name", errors.New("a product needs a name: it stands on invoices")}
	case !slices.Contains([]string{"resale", "ip", "service"}, p.Class):
		return &FieldError{"class", fmt.Errorf("%q is none of resale, ip, service", p.Class)}
	}
	if version == flow.New {
		if err := d.newName(ctx, "sku", p.SKU, func(c *flow.Catalog) bool { _, known := c.Products[p.SKU]; return known }); err != nil {
			return err
		}
	}
	_, err = f.ProductSet(ctx, p, version, d.actor())
	return err
}

// skuMost is how long a SKU may be.
const skuMost = 200

// PriceListList is every price list and how much is in it.
func (d *Desk) PriceListList(ctx context.Context) (lists []PriceListCount, err error) {
	err = d.read(ctx, "PriceListList", func(tx Tx) error {
		lists, err = tx.PriceListCounts()
		return err
	})
	return lists, err
}

// PriceList is price rows, the newest first.
func (d *Desk) PriceList(ctx context.Context, filter PriceFilter) (rows []billing.PriceRow, err error) {
	err = d.read(ctx, "PriceList", func(tx Tx) error {
		rows, err = tx.PriceRows(filter)
		return err
	})
	return rows, err
}

// PriceAdd adds a price row. Rows are never changed: of two for the same purchase the one
// added last wins from its day on.
func (d *Desk) PriceAdd(ctx context.Context, row billing.PriceRow) error {
	said := fmt.Sprintf("%s in %s from %s", row.Currency, row.List, row.From)
	if row.Rule.Of == billing.NoRule && len(row.Tiers) == 0 {
		said = row.Price.String() + " " + said
	}
	return d.takeChecked(ctx, deed{"PriceAdd", row.SKU, said}, flow.Intake{Price: &row}, func() error {
		if err := checkPrice(&row); err != nil {
			return err
		}
		return d.office.Store.Read(ctx, func(tx Tx) error {
			if err := knownUnit(tx, &row.Unit); err != nil {
				return err
			}
			return knownProduct(tx, row.SKU)
		})
	})
}

// knownUnit fills in a unit that is given by its name alone.
func knownUnit(tx Tx, unit *billing.Unit) error {
	if unit.Months != 0 {
		return nil
	}
	units, err := flow.UnitsOf(tx)
	if err != nil {
		return err
	}
	known, there := units[unit.Name]
	if !there {
		return &FieldError{"unit", fmt.Errorf("%s is no unit of the book", unit.Name)}
	}
	*unit = known
	return nil
}

func knownProduct(tx Tx, sku string) error {
	catalog, err := tx.CatalogOf([]string{sku})
	if err != nil {
		return err
	}
	if _, known := catalog.Products[sku]; !known {
		return &FieldError{"sku", fmt.Errorf("%s is no product of the book: add it first", sku)}
	}
	return nil
}

// takeChecked is take after a check, which whoever may not do it never comes to.
func (d *Desk) takeChecked(ctx context.Context, what deed, intake flow.Intake, check func() error) error {
	if d.person.May(what.verb) {
		if err := check(); err != nil {
			return err
		}
	}
	return d.take(ctx, what, intake)
}

// take takes one noun in, and gives why it was not taken.
func (d *Desk) take(ctx context.Context, what deed, intake flow.Intake) error {
	f, err := d.doing(ctx, what)
	if err != nil {
		return err
	}
	intake.At = flow.Source{File: string(d.person.Door)}
	one := func(yield func(flow.Intake, error) bool) { yield(intake, nil) }
	var refused error
	_, err = f.Take(ctx, one, d.actor(), func(line flow.TakeLine) {
		if line.Outcome == flow.Refused || line.Outcome == flow.Wrong {
			refused = fmt.Errorf("%w: %s", flow.ErrInput, line.Why)
		}
	})
	if err != nil {
		return err
	}
	return refused
}

// Import takes a file's facts in. Each line that is refused or wrong is told of and left
// out; the others are taken. The same file a second time changes nothing.
func (d *Desk) Import(ctx context.Context, name string, intakes iter.Seq2[flow.Intake, error], each func(flow.TakeLine)) (flow.TakeReport, error) {
	f, err := d.doing(ctx, deed{verb: "Import", subject: name})
	if err != nil {
		return flow.TakeReport{}, err
	}
	// Whoever asks why something is so wants to know of the file, more than of the door.
	return f.Take(ctx, intakes, flow.Actor{Who: d.person.Who, Source: "import " + name}, each)
}

// PriceSheetPreview is what a price sheet would change, for whom and when; nothing is
// taken in.
func (d *Desk) PriceSheetPreview(ctx context.Context, rows iter.Seq2[flow.PriceSheetRow, error], o flow.PriceSheetOptions) ([]flow.PriceChange, error) {
	f, err := d.reading("PriceSheetPreview")
	if err != nil {
		return nil, err
	}
	return f.PriceChanges(ctx, flow.PriceChangeAsk{Rows: rows, Options: o})
}

// PriceSheetTake takes a price sheet in: its rows are prices from their days on.
func (d *Desk) PriceSheetTake(ctx context.Context, name string, rows iter.Seq2[flow.PriceSheetRow, error], o flow.PriceSheetOptions, each func(flow.TakeLine)) (flow.TakeReport, error) {
	f, err := d.doing(ctx, deed{verb: "PriceSheetTake", subject: name, said: "into " + cmp.Or(o.List, flow.DefaultList)})
	if err != nil {
		return flow.TakeReport{}, err
	}
	return f.Take(ctx, flow.IntakesOfPriceSheet(rows, o), d.actor(), each)
}
