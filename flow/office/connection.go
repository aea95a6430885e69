package office

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"prorata/core/money"
	"prorata/flow"
)

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
	// Version is flow.ConnectionVersion of what was looked at, flow.New for one that is to be new: where there is
	// another by now, it is flow.ErrMoved. Nil changes whatever there is.
	Version *int64
}

// ConnectionPut adds a connection, of the first seller's country and currency where none is
// given, or changes one.
func (d *Desk) ConnectionPut(ctx context.Context, draft ConnectionDraft) error {
	return d.write(ctx, deed{"ConnectionPut", string(draft.ID), draft.said()}, func(tx Tx) error {
		if err := draft.check(); err != nil {
			return err
		}
		if err := tx.FactsHold(); err != nil {
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
		if err := draft.stands(&c, fresh); err != nil {
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

// stands is flow.ErrMoved where a connection is no longer what was looked at, flow.ErrUnknown where it is gone.
func (c *ConnectionDraft) stands(now *flow.Connection, fresh bool) error {
	is := int64(flow.New)
	if !fresh {
		is = flow.ConnectionVersion(now)
	}
	switch {
	case c.Version == nil || *c.Version == is:
		return nil
	case fresh:
		return unseen("connection", string(c.ID))
	}
	return fmt.Errorf("connection %s: %w: it is at version %d", c.ID, flow.ErrMoved, is)
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
	maps.Copy(to.Settings, c.Settings)
	if !c.Currency.IsZero() {
		to.Currency = c.Currency
	}
}

// HoldingLink says which subscription a provider's holding is, or is a part of. Version is that of the holding's links as
// they were looked at (flow.HoldingLinksVersion), flow.New where it had none: where they are others by now, it is
// flow.ErrMoved. Nil links whatever it had.
func (d *Desk) HoldingLink(ctx context.Context, link flow.HoldingLink, version *int64) error {
	return d.write(ctx, deed{"HoldingLink", string(link.Connection) + "/" + link.Holding, "subscription " + string(link.Subscription)}, func(tx Tx) error {
		if err := checkHoldingLink(tx, &link); err != nil {
			return err
		}
		if err := tx.FactsHold(); err != nil {
			return err
		}
		links, err := tx.HoldingLinks(link.Connection, []string{link.Holding})
		if err != nil {
			return err
		}
		if is := flow.HoldingLinksVersion(links[link.Holding]); version != nil && is != *version {
			return fmt.Errorf("holding %s: %w: it is at version %d", link.Holding, flow.ErrMoved, is)
		}
		_, err = tx.HoldingLinkPut(link)
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
