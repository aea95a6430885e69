package office

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

// What is agreed with providers and their customers, beside what is bought and billed.

// Notices say at which address a provider tells of changes.
type Notices struct {
	Address string
	// Kinds is of how many kinds of events.
	Kinds int
}

// Acceptance is a customer's agreement to the provider's terms, by a person who may speak
// for it, on a day.
type Acceptance struct {
	Customer                  string
	First, Last, Email, Phone string
	On                        calendar.Date
}

// AcceptanceReport is what became of an acceptance: the customer's name, and whether the
// provider had one already, and counts it now.
type AcceptanceReport struct {
	Name            string
	Already, Agreed bool
}

// Invitation asks a customer to let us in.
type Invitation struct {
	// Admin asks for the older form, which gives our people access as well; Reseller is the
	// indirect reseller that it is for, by tenant or location id.
	Admin    bool
	Reseller string
	// Access names an admin relationship to be made; Roles, by name or id, Days and Extends are
	// its terms, Customer the tenant that it is for.
	Access   string
	Roles    []string
	Days     int
	Extends  bool
	Customer string
}

// InvitationLinks are where a customer's administrator accepts an invitation.
type InvitationLinks struct {
	Relationship string
	// Access is the admin relationship; without an ID where none was asked for.
	Access AccessInvitation
}

// AccessInvitation is an admin relationship that waits to be accepted.
type AccessInvitation struct {
	ID, Name, Status, Link string
	Days                   int
	Roles                  []string
}

// Partners are what a provider alone offers beside a connection's business: errors are
// flow.ErrInput where a connection's provider has no such thing.
type Partners interface {
	Notify(ctx context.Context, c flow.Connection, address string) (Notices, error)
	Invite(ctx context.Context, c flow.Connection, i Invitation) (InvitationLinks, error)
	Agreed(ctx context.Context, c flow.Connection, customer string) (bool, error)
	Accept(ctx context.Context, c flow.Connection, a Acceptance) (AcceptanceReport, error)
}

// partnering does something at a provider that leaves nothing in the book but its record.
func (d *Desk) partnering(ctx context.Context, what deed, id flow.ConnectionID, do func(flow.Connection) error) error {
	if err := d.permit(ctx, what); err != nil {
		return err
	}
	c, err := d.office.connection(ctx, id)
	if err != nil {
		return err
	}
	outcome, failed := Done, do(c)
	if failed != nil {
		outcome = Failed
	}
	return errors.Join(failed, d.office.Store.Write(ctx, func(tx Tx) error {
		if err := appendAudit(tx, d.record(what, outcome)); err != nil || failed != nil {
			return err
		}
		return d.settle(tx)
	}))
}

// ConnectionNotify has a provider tell this program of changes, at an address of its own.
func (d *Desk) ConnectionNotify(ctx context.Context, id flow.ConnectionID, address string) (notices Notices, err error) {
	err = d.partnering(ctx, deed{"ConnectionNotify", string(id), address}, id, func(c flow.Connection) error {
		notices, err = d.office.Partners.Notify(ctx, c, address)
		return err
	})
	return notices, err
}

// InvitationMake gives the links by which a customer lets us in.
func (d *Desk) InvitationMake(ctx context.Context, id flow.ConnectionID, i Invitation) (links InvitationLinks, err error) {
	err = d.partnering(ctx, deed{"InvitationMake", string(id), strings.TrimSpace(i.Access + " " + i.Customer)}, id, func(c flow.Connection) error {
		links, err = d.office.Partners.Invite(ctx, c, i)
		return err
	})
	return links, err
}

// AgreementAccept tells the provider that a customer accepted its agreement.
func (d *Desk) AgreementAccept(ctx context.Context, id flow.ConnectionID, a Acceptance) (report AcceptanceReport, err error) {
	what := deed{"AgreementAccept", string(id) + "/" + a.Customer, fmt.Sprintf("%s %s, %s", a.First, a.Last, a.On)}
	err = d.partnering(ctx, what, id, func(c flow.Connection) error {
		if a.On.After(d.Today()) {
			return &FieldError{"on", fmt.Errorf("%s has not come yet", a.On)}
		}
		report, err = d.office.Partners.Accept(ctx, c, a)
		return err
	})
	return report, err
}

// AskedCustomer is a customer as the provider tells of it now, and the account that it is;
// empty where nobody said which.
type AskedCustomer struct {
	flow.ProviderCustomer
	Account  billing.AccountID
	Contract billing.ContractID
}

// ProviderCustomerAsk asks a provider for its customers, and says which account each is: by a
// link, or where the account has the provider's id. What cannot be read is told apart. With
// unlinked, only those that are no account; with agreed, each is asked about, too.
func (d *Desk) ProviderCustomerAsk(ctx context.Context, id flow.ConnectionID, unlinked, agreed bool) (list []AskedCustomer, unreadable []error, err error) {
	_, provider, err := d.asking(ctx, "ProviderCustomerAsk", id, func(Tx) error { return nil })
	if err != nil {
		return nil, nil, err
	}
	for customer, err := range provider.Customers(ctx) {
		var row *flow.InputError
		switch {
		case errors.As(err, &row):
			unreadable = append(unreadable, err)
		case err != nil:
			return nil, nil, err
		default:
			list = append(list, AskedCustomer{ProviderCustomer: customer})
		}
	}
	if err := d.office.Store.Read(ctx, func(tx Tx) error { return nameCustomers(tx, id, list) }); err != nil {
		return nil, nil, err
	}
	if unlinked {
		list = slices.DeleteFunc(list, func(c AskedCustomer) bool { return c.Account != "" })
	}
	if agreed {
		err = d.askAgreed(ctx, id, list)
	}
	return list, unreadable, err
}

func nameCustomers(tx Tx, id flow.ConnectionID, list []AskedCustomer) error {
	links, err := tx.CustomerLinks(id)
	if err != nil {
		return err
	}
	for i := range list {
		one := &list[i]
		if link, linked := links[one.ID]; linked {
			one.Account, one.Contract = link.Account, link.Contract
			continue
		}
		_, err := tx.AccountGet(billing.AccountID(one.ID))
		if err == nil {
			one.Account = billing.AccountID(one.ID)
		} else if !errors.Is(err, flow.ErrUnknown) {
			return err
		}
	}
	return nil
}

func (d *Desk) askAgreed(ctx context.Context, id flow.ConnectionID, list []AskedCustomer) error {
	c, err := d.office.connection(ctx, id)
	if err != nil {
		return err
	}
	for i := range list {
		one := &list[i]
		if one.Agreed, err = d.office.Partners.Agreed(ctx, c, one.ID); err != nil {
			return fmt.Errorf("customer %s: %w", one.ID, err)
		}
		one.AgreedKnown = true
	}
	return nil
}
