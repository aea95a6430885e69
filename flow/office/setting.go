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

// SellerPut adds a seller or makes a new version of one. Invoices that are issued keep the
// version that they were issued with; its currency stays as it is, since its contracts count in it.
func (d *Desk) SellerPut(ctx context.Context, s flow.Seller) error {
	return d.takeChecked(ctx, deed{"SellerPut", string(s.ID), s.Party.Name}, flow.Intake{Seller: &s}, func() error {
		switch {
		case s.ID == "":
			return &FieldError{"id", errors.New("a seller needs an id, such as main")}
		case strings.TrimSpace(s.Party.Name) == "":
			return &FieldError{"name", errors.New("a seller needs a name: it stands on every invoice")}
		case s.TimeZone == "":
			return &FieldError{"time_zone", errors.New("in which time zone do its days begin? Write it as Europe/Berlin")}
		}
		return d.office.Store.Read(ctx, func(tx Tx) error {
			list, err := tx.SellerList()
			at := slices.IndexFunc(list, func(known flow.Seller) bool { return known.ID == s.ID })
			if err == nil && at >= 0 && list[at].Currency != s.Currency {
				return &FieldError{"currency", fmt.Errorf("%s counts in %s, and so do its contracts: another currency is another seller", s.ID, list[at].Currency)}
			}
			return err
		})
	})
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

// TaxPut adds a tax, or changes one that nothing was billed by yet.
func (d *Desk) TaxPut(ctx context.Context, tax billing.Tax) error {
	return d.takeChecked(ctx, deed{"TaxPut", tax.Name, tax.Percent.String() + " %"}, flow.Intake{Tax: &tax}, func() error {
		switch {
		case tax.Name == "":
			return &FieldError{"name", errors.New("a tax needs a name, such as DE19")}
		case tax.Percent.Sign() < 0:
			return &FieldError{"percent", errors.New("a tax is not below nothing")}
		case tax.Category != billing.Standard && tax.Percent.Sign() != 0:
			return &FieldError{"percent", errors.New("only the standard category has a rate: leave it at 0")}
		}
		return nil
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
