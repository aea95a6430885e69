package main

import (
	"context"
	"fmt"
	"strings"

	"prorata/flow"
	"prorata/flow/office"
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

// Run prints a line for each; exit 1 where a row of the provider's cannot be read.
func (c *providerCustomersCommand) Run(ctx context.Context, w *counter) error {
	shown, unreadable, err := w.ProviderCustomerAsk(ctx, flow.ConnectionID(c.Connection), c.Unlinked, c.Agreed)
	if err != nil {
		return err
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

func (c *providerCustomersCommand) show(w *counter, list []office.AskedCustomer) {
	rows := [][]string{{"customer", "name", "domain", "country", "reseller", "agreed", "account", "contract"}}
	unlinked := 0
	for i := range list {
		one := &list[i]
		account := string(one.Account)
		if account == "" {
			account = "(not linked)"
			unlinked++
		}
		rows = append(rows, []string{one.ID, one.Name, one.Domain, one.Country, one.Reseller, agreedText(&one.ProviderCustomer), account, string(one.Contract)})
	}
	w.table(rows, nil)
	if unlinked == 0 {
		return
	}
	w.printf("\n%d are no account here yet. To link them:\n", unlinked)
	for i := range list {
		if one := &list[i]; one.Account == "" {
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

func customerWires(list []office.AskedCustomer) []map[string]any {
	wires := []map[string]any{}
	for i := range list {
		one := &list[i]
		wire := map[string]any{"customer": one.ID, "name": one.Name, "domain": one.Domain, "country": one.Country, "reseller": one.Reseller,
			"agreed": nil, "account": nil, "contract": nil}
		if one.AgreedKnown {
			wire["agreed"] = one.Agreed
		}
		if one.Account != "" {
			wire["account"] = string(one.Account)
		}
		if one.Contract != "" {
			wire["contract"] = string(one.Contract)
		}
		wires = append(wires, wire)
	}
	return wires
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
func (c *providerInviteCommand) Run(ctx context.Context, w *counter) error {
	if c.Access == "" && (len(c.Role) > 0 || c.Extends || c.Customer != "") {
		return fmt.Errorf("%w: --role, --extends and --customer are for an admin relationship: give it a name with --access", flow.ErrInput)
	}
	links, err := w.InvitationMake(ctx, flow.ConnectionID(c.Connection), office.Invitation{Admin: c.Admin, Reseller: c.Reseller, Access: c.Access,
		Roles: c.Role, Days: c.Days, Extends: c.Extends, Customer: c.Customer})
	if err != nil {
		return err
	}
	wire := map[string]any{"reseller_relationship": links.Relationship}
	if !c.JSON {
		w.printf("To accept the reseller relationship:\n\n  %s\n", links.Relationship)
	}
	if made := links.Access; made.ID != "" {
		wire["admin_relationship"] = map[string]any{"id": made.ID, "name": made.Name, "days": made.Days, "roles": made.Roles, "status": made.Status, "link": made.Link}
		if !c.JSON {
			w.printf("\nTo accept the admin relationship %q (%d days, %d roles, %s):\n\n  %s\n", made.Name, made.Days, len(made.Roles), made.Status, made.Link)
		}
	}
	if c.JSON {
		return w.printJSON(wire)
	}
	return nil
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

// Run records the acceptance, and says whether it counts.
func (c *providerAgreeCommand) Run(ctx context.Context, w *counter) error {
	on, err := day(c.On, w.Today())
	if err != nil {
		return err
	}
	report, err := w.AgreementAccept(ctx, flow.ConnectionID(c.Connection), office.Acceptance{Customer: c.Customer, First: c.First, Last: c.Last, Email: c.Email, Phone: c.Phone, On: on})
	switch {
	case err != nil:
		return err
	case report.Already:
		w.printf("%s has accepted the customer agreement already; nothing was recorded.\n", report.Name)
		return nil
	case !report.Agreed:
		return fmt.Errorf("%w: Microsoft took it and does not count %s as agreed yet: ask again later with `prorata provider customers %s --agreed`", errCheck, report.Name, c.Connection)
	}
	w.printf("Recorded: %s %s accepted the customer agreement for %s on %s.\n", c.First, c.Last, report.Name, on)
	return nil
}
