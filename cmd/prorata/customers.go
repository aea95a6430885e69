package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"prorata/core/billing"
	"prorata/edge/provider/partnercenter"
	"prorata/flow"
)

type providerCustomersCommand struct {
	Connection string `arg:"" help:"The connection's id."`
	Unlinked   bool   `help:"Only those that are no account yet."`
	Agreed     bool   `help:"Also ask of each whether the customer agreement was accepted, which is a question for each."`
	JSON       bool   `help:"Print one JSON object."`
}

// Help shows how it is used.
func (c *providerCustomersCommand) Help() string {
	return `Asks the provider for its customers and says which account each is here. A customer is an account by a link, or where
the account has the provider's own id. For the others the command to type is shown.

  prorata provider customers microsoft --unlinked`
}

// providerCustomer is a customer of a provider's and the account that it is.
type providerCustomer struct {
	flow.ProviderCustomer
	account  billing.AccountID
	contract billing.ContractID
}

// Run prints a line for each; exit 1 where a row of the provider's cannot be read.
func (c *providerCustomersCommand) Run(ctx context.Context, w *world) error {
	f, connection, provider, err := w.follow(ctx, c.Connection)
	if err != nil {
		return err
	}
	ask := func(_ *flow.ProviderCustomer) error { return nil }
	if c.Agreed {
		client, ok := provider.(*partnercenter.Client)
		if !ok {
			return fmt.Errorf("%w: --agreed: %s is a %s connection; only partnercenter has a customer agreement", flow.ErrInput, c.Connection, connection.Kind)
		}
		ask = func(one *flow.ProviderCustomer) (err error) {
			one.Agreed, err = client.Agreed(ctx, one.ID)
			one.AgreedKnown = err == nil
			return err
		}
	}
	list, unreadable, err := customersOf(ctx, f, connection.ID, provider)
	if err != nil {
		return err
	}
	var shown []providerCustomer
	for i := range list {
		if c.Unlinked && list[i].account != "" {
			continue
		}
		if err := ask(&list[i].ProviderCustomer); err != nil {
			return fmt.Errorf("customer %s: %w", list[i].ID, err)
		}
		shown = append(shown, list[i])
	}
	if c.JSON {
		err = w.printJSON(map[string]any{"customers": customerWires(shown)})
	} else {
		c.show(w, shown)
	}
	for _, one := range unreadable {
		fmt.Fprintln(w.errOut, "prorata: left out:", one)
	}
	if err == nil && len(unreadable) > 0 {
		return errQuiet
	}
	return err
}

// customersOf are the provider's customers and what they are here; those that
// cannot be read are told apart.
func customersOf(ctx context.Context, f *flow.Flow, id flow.ConnectionID, provider flow.ProviderReads) (list []providerCustomer, unreadable []error, err error) {
	for customer, err := range provider.Customers(ctx) {
		var row *flow.InputError
		switch {
		case errors.As(err, &row):
			unreadable = append(unreadable, err)
		case err != nil:
			return nil, nil, err
		default:
			list = append(list, providerCustomer{ProviderCustomer: customer})
		}
	}
	err = f.Store.Read(ctx, func(tx flow.Tx) error {
		links, err := tx.CustomerLinks(id)
		if err != nil {
			return err
		}
		for i := range list {
			one := &list[i]
			if link, ok := links[one.ID]; ok {
				one.account, one.contract = link.Account, link.Contract
				continue
			}
			_, err := tx.AccountGet(billing.AccountID(one.ID))
			if err == nil {
				one.account = billing.AccountID(one.ID)
			} else if !errors.Is(err, flow.ErrUnknown) {
				return err
			}
		}
		return nil
	})
	return list, unreadable, err
}

func (c *providerCustomersCommand) show(w *world, list []providerCustomer) {
	rows := [][]string{{"customer", "name", "domain", "country", "reseller", "agreed", "account", "contract"}}
	unlinked := 0
	for i := range list {
		one := &list[i]
		account := string(one.account)
		if account == "" {
			account = "(not linked)"
			unlinked++
		}
		rows = append(rows, []string{one.ID, one.Name, one.Domain, one.Country, one.Reseller, agreedText(&one.ProviderCustomer), account, string(one.contract)})
	}
	w.table(rows, nil)
	if unlinked == 0 {
		return
	}
	w.printf("\n%d are no account here yet. To link them:\n", unlinked)
	for i := range list {
		if one := &list[i]; one.account == "" {
			w.printf("  prorata connection link %s --customer %s --account ACCOUNT   # %s\n", c.Connection, one.ID, one.Name)
		}
	}
}

func agreedText(c *flow.ProviderCustomer) string {
	switch {
	case !c.AgreedKnown:
		return ""
	case c.Agreed:
		return "yes"
	}
	return "no"
}

func customerWires(list []providerCustomer) []map[string]any {
	wires := []map[string]any{}
	for i := range list {
		one := &list[i]
		wire := map[string]any{"customer": one.ID, "name": one.Name, "domain": one.Domain, "country": one.Country, "reseller": one.Reseller,
			"agreed": nil, "account": nil, "contract": nil}
		if one.AgreedKnown {
			wire["agreed"] = one.Agreed
		}
		if one.account != "" {
			wire["account"] = string(one.account)
		}
		if one.contract != "" {
			wire["contract"] = string(one.contract)
		}
		wires = append(wires, wire)
	}
	return wires
}

// partnerClient is the client of a connection that must be to the Partner Center.
func (w *world) partnerClient(ctx context.Context, id string) (*flow.Flow, *partnercenter.Client, error) {
	f, connection, provider, err := w.follow(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	client, ok := provider.(*partnercenter.Client)
	if !ok {
		return nil, nil, fmt.Errorf("%w: %s is a %s connection; only partnercenter does this", flow.ErrInput, id, connection.Kind)
	}
	return f, client, nil
}

type providerInviteCommand struct {
	Connection string   `arg:"" help:"The connection's id."`
	Admin      bool     `help:"The link of the older form, which gives your people access as well."`
	Reseller   string   `placeholder:"ID" help:"Invite for this indirect reseller: its tenant or its location id."`
	Access     string   `placeholder:"NAME" help:"Also make an admin relationship of this name, and give its link; a name that is there is taken up again."`
	Role       []string `placeholder:"ROLE" help:"A role of it, by name or by the directory's id; may be given again and again."`
	Days       int      `default:"365" placeholder:"N" help:"How long it lasts, at most 730."`
	Extends    bool     `help:"Prolong it by half a year whenever it ends."`
	Customer   string   `placeholder:"TENANT" help:"For this tenant alone; for whoever accepts it if not given."`
	JSON       bool     `help:"Print one JSON object."`
}

// Help shows how it is used.
func (c *providerInviteCommand) Help() string {
	return `Prints the links that a customer's administrator follows to let you in: one for the reseller relationship, and with --access
one for an admin relationship, with its roles and for its time. Send them; once accepted, the customer is in ` + "`prorata provider customers`" + `.

  prorata provider invite microsoft
  prorata provider invite microsoft --access "Service desk" --role directory-readers --role service-support-administrator --days 730
  prorata provider invite microsoft --reseller 5357564

Names of roles: ` + strings.Join(roleNames(), ", ") + `; any other by its id.`
}

// Run prints the links.
func (c *providerInviteCommand) Run(ctx context.Context, w *world) error {
	relationship, err := c.relationship()
	if err != nil {
		return err
	}
	_, client, err := w.partnerClient(ctx, c.Connection)
	if err != nil {
		return err
	}
	var link string
	if c.Reseller == "" {
		link, err = client.InvitationLink(ctx, c.Admin)
	} else {
		var reseller partnercenter.Reseller
		if reseller, err = resellerOf(ctx, client, c.Reseller); err == nil {
			link = client.IndirectInvitationLink(reseller, c.Admin)
		}
	}
	if err != nil {
		return err
	}
	wire := map[string]any{"reseller_relationship": link}
	if !c.JSON {
		w.printf("To accept the reseller relationship:\n\n  %s\n", link)
	}
	if c.Access != "" {
		made, accept, err := client.AdminInvite(ctx, relationship)
		if err != nil {
			return err
		}
		wire["admin_relationship"] = map[string]any{"id": made.ID, "name": made.Name, "days": made.Days, "roles": made.Roles, "status": made.Status, "link": accept}
		if !c.JSON {
			w.printf("\nTo accept the admin relationship %q (%d days, %d roles, %s):\n\n  %s\n", made.Name, made.Days, len(made.Roles), made.Status, accept)
		}
	}
	if c.JSON {
		return w.printJSON(wire)
	}
	return nil
}

// The bounds of an admin relationship.
const (
	accessDaysMax = 730
	accessNameMax = 50
)

// relationship is the admin relationship that was asked for.
func (c *providerInviteCommand) relationship() (a partnercenter.AdminRelationship, err error) {
	if c.Access == "" {
		if len(c.Role) > 0 || c.Extends || c.Customer != "" {
			return a, fmt.Errorf("%w: --role, --extends and --customer are for an admin relationship: give it a name with --access", flow.ErrInput)
		}
		return a, nil
	}
	switch {
	case len(c.Role) == 0:
		return a, fmt.Errorf("%w: --access: an admin relationship needs at least one --role", flow.ErrInput)
	case c.Days < 1 || c.Days > accessDaysMax:
		return a, fmt.Errorf("%w: --days: expected 1 to %d, not %d", flow.ErrInput, accessDaysMax, c.Days)
	case len([]rune(c.Access)) > accessNameMax:
		return a, fmt.Errorf("%w: --access: a name has at most %d letters", flow.ErrInput, accessNameMax)
	}
	a = partnercenter.AdminRelationship{Name: c.Access, Days: c.Days, Extends: c.Extends, Customer: c.Customer}
	for _, role := range c.Role {
		id, err := roleID(role)
		if err != nil {
			return a, err
		}
		a.Roles = append(a.Roles, id)
	}
	return a, nil
}

// directoryRoles are roles that a service desk works with, by the ids that they
// have in every tenant.
var directoryRoles = [...]struct{ name, id string }{
	{"directory-readers", "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"},
	{"global-reader", "f2ef992c-3afb-46b9-b7cf-a126ee74c451"},
	{"helpdesk-administrator", "729827e3-9c14-49f7-bb1b-9608f156bbb8"},
	{"license-administrator", "4d6ac14f-3453-41d0-bef9-a3e0c569773a"},
	{"service-support-administrator", "f023fd81-a637-4b56-95fd-791ac0226033"},
	{"user-administrator", "fe930be7-5e62-47db-91af-98c3a49a38b1"},
}

func roleNames() (names []string) {
	for _, role := range directoryRoles {
		names = append(names, role.name)
	}
	return names
}

// roleID is the id of a role, given by it or by a name.
func roleID(text string) (string, error) {
	for _, role := range directoryRoles {
		if strings.EqualFold(role.name, text) {
			return role.id, nil
		}
	}
	if parts := strings.Split(text, "-"); len(text) == 36 && len(parts) == 5 && strings.Trim(strings.ToLower(text), "0123456789abcdef-") == "" {
		return strings.ToLower(text), nil
	}
	return "", fmt.Errorf("%w: --role: %q is neither an id nor one of %s", flow.ErrInput, text, strings.Join(roleNames(), ", "))
}

// resellerOf finds an indirect reseller by its tenant or its location id.
func resellerOf(ctx context.Context, client *partnercenter.Client, id string) (partnercenter.Reseller, error) {
	var known []string
	for reseller, err := range client.Resellers(ctx) {
		if err != nil {
			return reseller, err
		}
		if strings.EqualFold(reseller.ID, id) || reseller.MPN == id {
			return reseller, nil
		}
		known = append(known, fmt.Sprintf("%s (%s)", reseller.MPN, reseller.Name))
	}
	if len(known) == 0 {
		known = []string{"none"}
	}
	return partnercenter.Reseller{}, fmt.Errorf("%w: --reseller: %s is no indirect reseller of ours (there is: %s)", flow.ErrInput, id, strings.Join(known, ", "))
}

type providerAgreeCommand struct {
	Connection string `arg:"" help:"The connection's id."`
	Customer   string `arg:"" help:"The provider's customer id."`
	First      string `required:"" placeholder:"NAME" help:"The first name of the person who accepted."`
	Last       string `required:"" placeholder:"NAME" help:"The last name."`
	Email      string `required:"" placeholder:"ADDRESS" help:"The mail address."`
	Phone      string `placeholder:"NUMBER" help:"The telephone number."`
	On         string `placeholder:"DATE" help:"The day on which it was accepted; today if not given."`
}

// Help says what it confirms.
func (c *providerAgreeCommand) Help() string {
	return `Tells Microsoft that a person who may speak for the customer has accepted the Microsoft Customer Agreement, without which the
customer cannot buy. You confirm that it is so. What is recorded already stays.

  prorata provider agree microsoft 0c39d6d5-… --first Ann --last Lee --email ann@contoso.example --on 2026-01-12`
}

// Run records the acceptance, and asks whether it counts.
func (c *providerAgreeCommand) Run(ctx context.Context, w *world) error {
	f, client, err := w.partnerClient(ctx, c.Connection)
	if err != nil {
		return err
	}
	on, err := day(c.On, f.Today())
	if err != nil {
		return err
	}
	if on.After(f.Today()) {
		return fmt.Errorf("%w: --on: %s has not come yet", flow.ErrInput, on)
	}
	customer, err := client.CustomerGet(ctx, c.Customer)
	if err != nil {
		return fmt.Errorf("customer %s: %w", c.Customer, err)
	}
	agreed, err := client.Agreed(ctx, c.Customer)
	if err != nil {
		return err
	}
	if agreed {
		w.printf("%s has accepted the customer agreement already; nothing was recorded.\n", customer.Name)
		return nil
	}
	if err := client.Accept(ctx, c.Customer, partnercenter.Acceptance{FirstName: c.First, LastName: c.Last, Email: c.Email, Phone: c.Phone, On: on}); err != nil {
		return err
	}
	if agreed, err = client.Agreed(ctx, c.Customer); err != nil {
		return err
	}
	if !agreed {
		return fmt.Errorf("%w: Microsoft took it and does not count %s as agreed yet: ask again later with `prorata provider customers %s --agreed`", errCheck, customer.Name, c.Connection)
	}
	w.printf("Recorded: %s %s accepted the customer agreement for %s on %s.\n", c.First, c.Last, customer.Name, on)
	return nil
}
