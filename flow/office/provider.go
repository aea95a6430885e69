package office

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"prorata/flow"
)

// ConnectionView is a connection as it is looked at. Its settings hold no secret.
type ConnectionView struct {
	flow.Connection
	// Customers and Holdings are how many were seen there.
	Customers, Holdings int64
	// OnTheWay counts changes that are awaiting or sent, Failed those that wait for a person.
	OnTheWay, Failed int64
	// Exceptions are open.
	Exceptions int64
	Errands    []Errand
}

// ConnectionList is every connection, in order of its id.
func (d *Desk) ConnectionList(ctx context.Context) (list []ConnectionView, err error) {
	err = d.read(ctx, "ConnectionList", func(tx Tx) error {
		connections, err := tx.ConnectionList()
		if err != nil {
			return err
		}
		list = make([]ConnectionView, len(connections))
		for i, c := range connections {
			if list[i], err = d.viewConnection(tx, c); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// ConnectionGet is one connection; flow.ErrUnknown where there is none.
func (d *Desk) ConnectionGet(ctx context.Context, id flow.ConnectionID) (view ConnectionView, err error) {
	err = d.read(ctx, "ConnectionGet", func(tx Tx) error {
		c, err := tx.ConnectionGet(id)
		if err != nil {
			return err
		}
		view, err = d.viewConnection(tx, c)
		return err
	})
	return view, err
}

func (d *Desk) viewConnection(tx Tx, c flow.Connection) (ConnectionView, error) {
	view := ConnectionView{Connection: c}
	counts, err := tx.ProvisionCounts(c.ID)
	if err != nil {
		return view, err
	}
	if view.Errands, err = errandsOf(tx, c.ID); err != nil {
		return view, err
	}
	view.OnTheWay, view.Failed = counts[flow.ProvisionAwaiting]+counts[flow.ProvisionSent], counts[flow.ProvisionFailed]
	if view.Holdings, view.Customers, err = tx.HoldingCount(c.ID); err != nil {
		return view, err
	}
	waiting, err := tx.WaitingList(WaitingFilter{State: WaitingOpen, Connection: c.ID, On: d.Today(), Most: exceptionsMost})
	view.Exceptions = int64(len(waiting))
	return view, err
}

// ProvisionList is changes on their way to providers, newest first.
func (d *Desk) ProvisionList(ctx context.Context, filter ProvisionFilter) (list []ProvisionRow, err error) {
	filter.Most = pageOf(filter.Most)
	err = d.read(ctx, "ProvisionList", func(tx Tx) error {
		if states := []string{"", "awaiting", "sent", "provisioned", "failed", "dropped"}; !slices.Contains(states, filter.State) {
			return &FieldError{"state", fmt.Errorf("%q (expected%s)", filter.State, strings.Join(states, " "))}
		}
		list, err = tx.ProvisionsFind(filter)
		return err
	})
	return list, err
}

// ProviderCustomerList is a provider's customers and which account each is, in order of
// the provider's ids.
func (d *Desk) ProviderCustomerList(ctx context.Context, filter ProviderCustomerFilter) (list []ProviderCustomerRow, err error) {
	filter.Most = pageOf(filter.Most)
	err = d.read(ctx, "ProviderCustomerList", func(tx Tx) error {
		if _, err := tx.ConnectionGet(filter.Connection); err != nil {
			return err
		}
		list, err = tx.ProviderCustomersFind(filter)
		return err
	})
	return list, err
}

// HoldingList is what a provider's customers hold as it was last seen, in order of
// customer and id. One that is asked for by its id is given, too, where it is linked and was never seen.
func (d *Desk) HoldingList(ctx context.Context, filter HoldingFilter) (list []HoldingRow, err error) {
	filter.Most = pageOf(filter.Most)
	err = d.read(ctx, "HoldingList", func(tx Tx) error {
		if _, err := tx.ConnectionGet(filter.Connection); err != nil {
			return err
		}
		if list, err = tx.HoldingsFind(filter); err != nil {
			return err
		}
		if filter.Holding != "" && len(list) == 0 {
			list, err = linkedUnseen(tx, &filter)
			return err
		}
		ids := make([]string, len(list))
		for i := range list {
			ids[i] = list[i].ID
		}
		links, err := tx.HoldingLinks(filter.Connection, ids)
		for i := range list {
			list[i].Links = links[list[i].ID]
		}
		return err
	})
	return list, err
}

func linkedUnseen(tx Tx, filter *HoldingFilter) (list []HoldingRow, err error) {
	links, err := tx.HoldingLinks(filter.Connection, []string{filter.Holding})
	if err == nil && len(links[filter.Holding]) > 0 {
		row := HoldingRow{Links: links[filter.Holding]}
		row.Connection, row.ID = filter.Connection, filter.Holding
		list = append(list, row)
	}
	return list, err
}

// PriceSheetList is the versions of a provider's price sheets that were imported, newest first.
func (d *Desk) PriceSheetList(ctx context.Context, id flow.ConnectionID) (list []flow.KeptPriceSheet, err error) {
	err = d.read(ctx, "PriceSheetList", func(tx Tx) error {
		if _, err := tx.ConnectionGet(id); err != nil {
			return err
		}
		list, err = tx.PriceSheetList(id)
		return err
	})
	return list, err
}

// WindowList is all that can still be given back to a provider, soonest first, as of an
// instant not a minute ago. No connection asks for all.
func (d *Desk) WindowList(ctx context.Context, id flow.ConnectionID) (list []flow.Window, asOf time.Time, err error) {
	f, err := d.reading("WindowList")
	if err == nil {
		err = d.connectionKnown(ctx, id)
	}
	if err != nil {
		return nil, asOf, err
	}
	return d.office.windows.get(id, f.Clock.Now(), func() ([]flow.Window, error) { return f.Windows(ctx, id) })
}

// ExposureList is what each holding's term still costs us and what of it no customer is
// committed to, as of an instant not a minute ago. flow.ExposureSums adds it up by customer.
func (d *Desk) ExposureList(ctx context.Context, id flow.ConnectionID) (list []flow.Exposure, asOf time.Time, err error) {
	f, err := d.reading("ExposureList")
	if err == nil {
		err = d.connectionKnown(ctx, id)
	}
	if err != nil {
		return nil, asOf, err
	}
	return d.office.exposures.get(id, f.Clock.Now(), func() ([]flow.Exposure, error) { return f.Exposures(ctx, id) })
}

// connectionKnown is flow.ErrUnknown where there is no such connection; no id is all of them.
func (d *Desk) connectionKnown(ctx context.Context, id flow.ConnectionID) error {
	if id == "" {
		return nil
	}
	return d.office.Store.Read(ctx, func(tx Tx) error { _, err := tx.ConnectionGet(id); return err })
}
