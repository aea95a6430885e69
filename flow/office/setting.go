package office

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/flow"
)

// NumberSeries is how far a seller's invoice numbers have come.
type NumberSeries struct {
	Seller flow.SellerID
	Series string
	// Given is how many numbers were given; they begin at 1, so it is the highest, too.
	Given int64
	// Written is how many invoices have a number of the series. It is Given, or numbers are missing.
	Written int64
}

// Settings are what pages list of what the whole book goes by.
type Settings interface {
	// NumberSeriesList is in order of seller and series.
	NumberSeriesList() ([]NumberSeries, error)
	// LetterheadPut makes a new version of a seller, which has the letterhead, if it is still at a version: else flow.ErrMoved.
	LetterheadPut(id flow.SellerID, version int, l flow.Letterhead) error
}

// SellerList is who invoices, as they stand now.
func (d *Desk) SellerList(ctx context.Context) (list []flow.Seller, err error) {
	err = d.read(ctx, "SellerList", func(tx Tx) error {
		list, err = tx.SellerList()
		return err
	})
	return list, err
}

// SellerGet is a seller and the number of its version.
func (d *Desk) SellerGet(ctx context.Context, id flow.SellerID) (seller flow.Seller, version int, err error) {
	err = d.read(ctx, "SellerGet", func(tx Tx) error {
		seller, version, err = tx.SellerVersion(id, 0)
		return err
	})
	return seller, version, err
}

// SellerPut adds a seller (version flow.New) or makes a new version of one, if the newest is still
// the one that was looked at: else flow.ErrMoved. Invoices that are issued keep the
// version that they were issued with; its currency stays as it is, since its contracts count in it.
func (d *Desk) SellerPut(ctx context.Context, s flow.Seller, version int) error {
	f, err := d.doing(ctx, deed{"SellerPut", string(s.ID), s.Party.Name})
	if err != nil {
		return err
	}
	if err := d.office.Store.Read(ctx, func(tx Tx) error { return checkSeller(tx, &s, version) }); err != nil {
		return err
	}
	_, err = f.SellerSet(ctx, s, version, d.actor())
	return err
}

// checkSeller says which field cannot be as it is.
func checkSeller(tx Tx, s *flow.Seller, version int) error {
	switch {
	case s.ID == "" || len(s.ID) > 100 || strings.ContainsAny(string(s.ID), " /?#%\"'<>"):
		return &FieldError{"id", errors.New("a seller needs an id of letters, digits, and - . _ between them, such as main")}
	case strings.TrimSpace(s.Party.Name) == "":
		return &FieldError{"name", errors.New("a seller needs a name: it stands on every invoice")}
	case len(s.Party.Country) != 2 || strings.Trim(s.Party.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		return &FieldError{"country", fmt.Errorf("%q is no country (expected its two letters, such as DE)", s.Party.Country)}
	case s.TimeZone == "":
		return &FieldError{"time_zone", errors.New("in which time zone do its days begin? Write it as Europe/Berlin")}
	case s.Currency.IsZero():
		return &FieldError{"currency", errors.New("in which currency does it count? Write its code, such as EUR")}
	}
	known, is, err := tx.SellerVersion(s.ID, 0)
	switch {
	case errors.Is(err, flow.ErrUnknown):
		return nil
	case err != nil:
		return err
	case version == flow.New && is != flow.New:
		return &FieldError{"id", fmt.Errorf("%s is the id of %s already: give another one", s.ID, known.Party.Name)}
	case known.Currency != s.Currency:
		return &FieldError{"currency", fmt.Errorf("%s counts in %s, and so do its contracts: another currency is another seller", s.ID, known.Currency)}
	}
	return nil
}

// TaxList is the taxes, in order of their names.
func (d *Desk) TaxList(ctx context.Context) (list []billing.Tax, err error) {
	err = d.read(ctx, "TaxList", func(tx Tx) error {
		catalog, err := tx.CatalogOf(nil)
		if err != nil {
			return err
		}
		for _, tax := range catalog.Taxes {
			list = append(list, tax)
		}
		return nil
	})
	slices.SortFunc(list, func(a, b billing.Tax) int { return cmp.Compare(a.Name, b.Name) })
	return list, err
}

// TaxPut adds a tax (version flow.New), or changes one that nothing was billed by yet and that
// is still what was looked at (flow.TaxVersion): else flow.ErrMoved.
func (d *Desk) TaxPut(ctx context.Context, tax billing.Tax, version int64) error {
	f, err := d.doing(ctx, deed{"TaxPut", tax.Name, tax.Percent.String() + " %"})
	if err != nil {
		return err
	}
	switch {
	case tax.Name == "":
		return &FieldError{"name", errors.New("a tax needs a name, such as DE19")}
	case tax.Percent.Sign() < 0 || tax.Percent.Ratio().Cmp(hundred()) > 0:
		return &FieldError{"percent", fmt.Errorf("%s %% (expected 0 to 100)", tax.Percent)}
	case tax.Category != billing.Standard && tax.Percent.Sign() != 0:
		return &FieldError{"percent", errors.New("only the standard category has a rate: leave it at 0")}
	}
	if version == flow.New {
		if err := d.newName(ctx, "name", "", func(c *flow.Catalog) bool { _, known := c.Taxes[tax.Name]; return known }); err != nil {
			return err
		}
	}
	_, err = f.TaxSet(ctx, tax, version, d.actor())
	return err
}

// newName refuses a name under which the catalog has something already; sku is what of the
// products is looked at.
func (d *Desk) newName(ctx context.Context, field, sku string, taken func(*flow.Catalog) bool) error {
	return d.office.Store.Read(ctx, func(tx Tx) error {
		catalog, err := tx.CatalogOf([]string{sku})
		if err == nil && taken(catalog) {
			err = &FieldError{field, errors.New("there is one of that name already: change it, or give another name")}
		}
		return err
	})
}

// UnitList is the units that prices are quoted and contracts billed in, the shortest first.
func (d *Desk) UnitList(ctx context.Context) (list []billing.Unit, err error) {
	err = d.read(ctx, "UnitList", func(tx Tx) error {
		units, err := flow.UnitsOf(tx)
		for _, unit := range units {
			list = append(list, unit)
		}
		return err
	})
	slices.SortFunc(list, func(a, b billing.Unit) int {
		return cmp.Or(cmp.Compare(a.Months, b.Months), cmp.Compare(a.Name, b.Name))
	})
	return list, err
}

// RateList is the exchange rates, the newest first.
func (d *Desk) RateList(ctx context.Context) (list []billing.Rate, err error) {
	err = d.read(ctx, "RateList", func(tx Tx) error {
		catalog, err := tx.CatalogOf(nil)
		if err == nil {
			list = catalog.Rates
		}
		return err
	})
	slices.Reverse(list)
	slices.SortStableFunc(list, func(a, b billing.Rate) int {
		return cmp.Or(b.On.Compare(a.On), cmp.Compare(a.From.String(), b.From.String()), cmp.Compare(a.To.String(), b.To.String()))
	})
	return list, err
}

// RateAdd adds an exchange rate. Of two of a pair for one day the one added last counts.
func (d *Desk) RateAdd(ctx context.Context, rate billing.Rate) error {
	said := fmt.Sprintf("1 %s = %s %s from %s", rate.From, rate.Rate, rate.To, rate.On)
	return d.takeChecked(ctx, deed{"RateAdd", rate.From.String() + "/" + rate.To.String(), said}, flow.Intake{Rate: &rate}, func() error {
		switch {
		case rate.Rate.Sign() <= 0:
			return &FieldError{"rate", errors.New("a rate is more than nothing")}
		case rate.From == rate.To:
			return &FieldError{"to", errors.New("a rate is between two currencies")}
		case rate.On.IsZero():
			return &FieldError{"on", errors.New("from which day does it hold?")}
		}
		return nil
	})
}

// NumberSeriesList is how far the invoice numbers of each seller have come.
func (d *Desk) NumberSeriesList(ctx context.Context) (list []NumberSeries, err error) {
	err = d.read(ctx, "NumberSeriesList", func(tx Tx) error {
		list, err = tx.NumberSeriesList()
		return err
	})
	return list, err
}
