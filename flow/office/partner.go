package office

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// What is agreed with providers and their customers.

// ConnectionDraft is what is to be of a connection; what is not given stays as it is.
type ConnectionDraft struct {
	ID                  flow.ConnectionID
	Kind, Name, Country string
	// List is the price list that its price sheets fill.
	List     string
	Currency money.Currency
	Settings map[string]string
	// Secrets are kept sealed, by name, and never shown.
	Secrets map[string]string
	// Usual is the kind of a new one where none is given; Consents says of a kind that a
	// person has to let this program in at the provider before anything can be asked.
	Usual    string
	Consents func(kind string) bool
}

// ConnectionPut adds a connection, of the first seller's country and currency where none is
// given, or changes one.
func (d *Desk) ConnectionPut(ctx context.Context, draft ConnectionDraft) error {
	return d.write(ctx, deed{"ConnectionPut", string(draft.ID), draft.said()}, func(tx Tx) error {
		if err := draft.check(); err != nil {
			return err
		}
		c, err := tx.ConnectionGet(draft.ID)
		fresh := errors.Is(err, flow.ErrUnknown)
		if fresh {
			c, err = newConnection(tx, &draft)
		}
		if err != nil {
			return err
		}
		draft.change(&c)
		if fresh && draft.Consents(c.Kind) {
			c.State, c.StateWhy = flow.ConnectionConsent, "nobody has consented yet"
		}
		if _, err := tx.ConnectionPut(c); err != nil {
			return err
		}
		vault := flow.Vault{Flow: d.office.Flow, Connection: c.ID, Sealer: d.office.Identity.Sealer}
		for name, secret := range draft.Secrets {
			if err := vault.TokenPut(tx, name, secret); err != nil {
				return err
			}
		}
		return nil
	})
}

// said names what is set, and no value: a setting can tell more than the audit is for.
func (c *ConnectionDraft) said() string {
	var names []string
	for name := range c.Settings {
		names = append(names, name)
	}
	for name := range c.Secrets {
		names = append(names, name+" (sealed)")
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func (c *ConnectionDraft) check() error {
	if c.ID == "" || strings.ContainsAny(string(c.ID), " \t\n/?#") {
		return &FieldError{"id", fmt.Errorf("expected a word without spaces and slashes, not %q", c.ID)}
	}
	for name := range c.Settings {
		if promisesSecret(name) {
			return &FieldError{"settings", fmt.Errorf("%s: settings are shown to everybody; a secret is given as a secret, and sealed", name)}
		}
	}
	return nil
}

// promisesSecret says whether a setting's name promises a secret: those are never settings.
func promisesSecret(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"secret", "password", "token"}, func(word string) bool { return strings.Contains(name, word) })
}

func newConnection(tx Tx, draft *ConnectionDraft) (c flow.Connection, err error) {
	c = flow.Connection{ID: draft.ID, Kind: draft.Usual, Settings: map[string]string{}}
	sellers, err := tx.SellerList()
	if err == nil && len(sellers) > 0 {
		c.Currency, c.Country = sellers[0].Currency, sellers[0].Party.Country
	}
	return c, err
}

// change sets what was given, and leaves the rest.
func (c *ConnectionDraft) change(to *flow.Connection) {
	for _, field := range []struct {
		to    *string
		given string
	}{{&to.Kind, c.Kind}, {&to.Name, c.Name}, {&to.Country, c.Country}, {&to.List, c.List}} {
		if field.given != "" {
			*field.to = field.given
		}
	}
	for name, value := range c.Settings {
		to.Settings[name] = value
	}
	if !c.Currency.IsZero() {
		to.Currency = c.Currency
	}
}

// HoldingLink says which subscription a provider's holding is, or is a part of.
func (d *Desk) HoldingLink(ctx context.Context, link flow.HoldingLink) error {
	return d.write(ctx, deed{"HoldingLink", string(link.Connection) + "/" + link.Holding, "subscription " + string(link.Subscription)}, func(tx Tx) error {
		if err := checkHoldingLink(tx, &link); err != nil {
			return err
		}
		_, err := tx.HoldingLinkPut(link)
		return err
	})
}

func checkHoldingLink(tx Tx, link *flow.HoldingLink) error {
	if _, err := tx.ConnectionGet(link.Connection); err != nil {
		return err
	}
	if link.Holding == "" {
		return &FieldError{"holding", errors.New("it is missing (expected the provider's id of the subscription)")}
	}
	if _, err := subscriptionAt(tx, link.Subscription); errors.Is(err, flow.ErrUnknown) {
		return &FieldError{"subscription", fmt.Errorf("there is no subscription %q", link.Subscription)}
	} else if err != nil {
		return err
	}
	return nil
}

// CustomerLinkCheck asks the provider whether it has the customer that is to be linked, and
// gives the link in the provider's spelling.
func (d *Desk) CustomerLinkCheck(ctx context.Context, link flow.CustomerLink) (flow.CustomerLink, error) {
	_, provider, err := d.asking(ctx, "CustomerLinkCheck", link.Connection, func(tx Tx) error { return checkLink(tx, &link) })
	if err != nil {
		return link, err
	}
	link.Customer, err = flow.LinkedCustomer(ctx, provider, link.Customer)
	return link, err
}

// HoldingLinkCheck asks the provider whether the customer of a subscription has the holding
// that is to be linked, and gives the link in the provider's spelling.
func (d *Desk) HoldingLinkCheck(ctx context.Context, link flow.HoldingLink) (flow.HoldingLink, error) {
	f, provider, err := d.asking(ctx, "HoldingLinkCheck", link.Connection, func(tx Tx) error { return checkHoldingLink(tx, &link) })
	if err != nil {
		return link, err
	}
	link.Holding, err = f.LinkedHolding(ctx, link.Connection, provider, link.Holding, link.Subscription)
	return link, err
}

// asking gives the flow and the provider for something that is only asked, after a look at
// the book.
func (d *Desk) asking(ctx context.Context, verb string, id flow.ConnectionID, look func(Tx) error) (*flow.Flow, flow.Provider, error) {
	f, err := d.reading(verb)
	if err != nil {
		return nil, nil, err
	}
	if err := d.office.Store.Read(ctx, look); err != nil {
		return nil, nil, err
	}
	c, err := d.office.connection(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	provider, err := d.office.Providers.Provider(c)
	return f, provider, err
}

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
	return errors.Join(failed, d.office.Store.Write(ctx, func(tx Tx) error { return appendAudit(tx, d.record(what, outcome)) }))
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
