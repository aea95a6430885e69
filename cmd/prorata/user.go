package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"prorata/core/billing"
	"prorata/edge/web"
	"prorata/flow"
	"prorata/flow/office"
)

type userCommand struct {
	Add     userAddCommand     `cmd:"" help:"Invite somebody: prints the one-time link by which they come in."`
	List    userListCommand    `cmd:"" help:"List who can sign in."`
	Link    userLinkCommand    `cmd:"" help:"Print a one-time link for somebody who is locked out."`
	Role    userRoleCommand    `cmd:"" help:"Say what somebody is here to do."`
	Disable userDisableCommand `cmd:"" help:"Let somebody in no more, at once."`
	Enable  userEnableCommand  `cmd:"" help:"Let a disabled user in again."`
	Factor  userFactorCommand  `cmd:"" help:"Show or say which roles require a second factor."`
	Naming  userNamingCommand  `cmd:"" help:"Show or say whether commands must name a user."`
}

type userAddCommand struct {
	User    string   `arg:"" help:"Their e-mail address."`
	Role    []string `required:"" placeholder:"ROLE" help:"owner, finance, clerk, operations, sales, auditor, reseller or customer; may be given again."`
	Account []string `placeholder:"ID" help:"For a reseller or customer: the accounts that they see, with all below them."`
	Name    string   `help:"Their name."`
}

// Help shows how it is used.
func (c *userAddCommand) Help() string {
	return `The link is good once, for a week. Where the pages are opened is set by --address.

  prorata user add ann@nord.example --role finance --name "Ann Nord"
  prorata user add it@contoso.example --role customer --account contoso`
}

// Run invites.
func (c *userAddCommand) Run(ctx context.Context, w *counter) error {
	draft := office.UserDraft{Address: c.User, Name: c.Name}
	var err error
	if draft.Roles, err = rolesOf(c.Role); err != nil {
		return err
	}
	for _, id := range c.Account {
		draft.Accounts = append(draft.Accounts, billing.AccountID(id))
	}
	user, secret, err := w.UserInvite(ctx, draft)
	if err != nil {
		return err
	}
	w.link(user.Address, secret)
	return nil
}

// link prints a one-time link.
func (w *counter) link(address, secret string) {
	w.printf("Whoever opens this link is %s; it is good once:\n\n  %s\n\n", address, w.program.publicAddress("http://"+defaultListen)+web.WelcomePath+secret)
}

func rolesOf(words []string) (roles []office.Role, err error) {
	for _, word := range words {
		role, err := office.ParseRole(strings.TrimSpace(word))
		if err != nil {
			return nil, err
		}
		roles = append(roles, role)
	}
	return roles, nil
}

type userListCommand struct {
	JSON bool `help:"Print one JSON object."`
}

// Run lists.
func (c *userListCommand) Run(ctx context.Context, w *counter) error {
	list, err := w.UserList(ctx, office.UserFilter{})
	if err != nil {
		return err
	}
	rows := [][]string{{"address", "name", "roles", "state", "second factors", "signed in"}}
	wires := make([]map[string]any, 0, len(list))
	for i := range list {
		u := &list[i]
		words := make([]string, len(u.Roles))
		for i, role := range u.Roles {
			words[i] = role.String()
		}
		rows = append(rows, []string{u.Address, u.Name, strings.Join(words, ", "), string(u.State), fmt.Sprint(u.Factors), utc(u.SignedInAt)})
		wires = append(wires, map[string]any{"id": u.ID, "address": u.Address, "name": u.Name, "roles": words, "accounts": u.Accounts, "state": u.State,
			"factors": u.Factors, "signed_in": utc(u.SignedInAt)})
	}
	if c.JSON {
		return w.printJSON(map[string]any{"users": wires})
	}
	w.table(rows, map[int]bool{4: true})
	return nil
}

// utc is an instant for people and programs; empty for none.
func utc(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

type userLinkCommand struct {
	User    string `arg:"" help:"Their address."`
	Factors bool   `help:"Take their second factors away, too: for who lost them."`
}

// Run prints a link.
func (c *userLinkCommand) Run(ctx context.Context, w *counter) error {
	return w.withUser(ctx, c.User, func(user office.User) error {
		secret, err := w.UserLink(ctx, user.ID, c.Factors)
		if err == nil {
			w.link(user.Address, secret)
		}
		return err
	})
}

// withUser does something with a user that is named by address or id.
func (w *counter) withUser(ctx context.Context, name string, do func(office.User) error) error {
	user, err := w.UserGet(ctx, name)
	if err != nil {
		return err
	}
	return do(user)
}

type userRoleCommand struct {
	User    string   `arg:"" help:"Their address."`
	Role    []string `arg:"" help:"All roles that they are to have."`
	Account []string `placeholder:"ID" help:"For a reseller or customer: the accounts that they see; those they have if not given."`
}

// Run changes roles.
func (c *userRoleCommand) Run(ctx context.Context, w *counter) error {
	return w.withUser(ctx, c.User, func(user office.User) error {
		draft := office.UserDraft{Address: user.Address, Name: user.Name, Language: user.Language, Accounts: user.Accounts}
		for i, id := range c.Account {
			draft.Accounts = append(draft.Accounts[:i], billing.AccountID(id))
		}
		var err error
		if draft.Roles, err = rolesOf(c.Role); err != nil {
			return err
		}
		if _, err := w.UserChange(ctx, user.ID, draft, user.Version); err != nil {
			return err
		}
		w.printf("%s is %s now, and signs in again.\n", user.Address, strings.Join(c.Role, " and "))
		return nil
	})
}

type userDisableCommand struct {
	User   string `arg:"" help:"Their address."`
	Reason string `help:"Why, for the audit."`
}

// Run disables.
func (c *userDisableCommand) Run(ctx context.Context, w *counter) error {
	return w.withUser(ctx, c.User, func(user office.User) error {
		if _, err := w.UserDisable(ctx, user.ID, c.Reason); err != nil {
			return err
		}
		w.printf("%s is out: their sessions, tokens and links have ended.\n", user.Address)
		return nil
	})
}

type userEnableCommand struct {
	User string `arg:"" help:"Their address."`
}

// Run enables.
func (c *userEnableCommand) Run(ctx context.Context, w *counter) error {
	return w.withUser(ctx, c.User, func(user office.User) error {
		user, err := w.UserEnable(ctx, user.ID)
		if err == nil {
			w.printf("%s is %s.\n", user.Address, user.State)
		}
		return err
	})
}

type userFactorCommand struct {
	Role []string `arg:"" optional:"" help:"The roles that require a second factor from now on; without one, those that do are shown."`
	None bool     `help:"No role requires one."`
}

// Run shows the roles or sets them.
func (c *userFactorCommand) Run(ctx context.Context, w *counter) error {
	roles, err := rolesOf(c.Role)
	if err != nil {
		return err
	}
	if len(roles) > 0 && c.None {
		return fmt.Errorf("%w: give roles, or --none", flow.ErrInput)
	}
	if len(roles) > 0 || c.None {
		if err := w.FactorPolicyChange(ctx, roles, 0); err != nil {
			return err
		}
	}
	if roles, err = w.FactorPolicyGet(ctx); err != nil {
		return err
	}
	if len(roles) == 0 {
		w.printf("No role requires a second factor.\n")
		return nil
	}
	words := make([]string, len(roles))
	for i, role := range roles {
		words[i] = role.String()
	}
	w.printf("A second factor is required of: %s.\n", strings.Join(words, ", "))
	return nil
}

type userNamingCommand struct {
	Naming string `arg:"" optional:"" default:"" enum:",required,free" help:"required: commands are run with --as or a token; free: who names nobody is the operator. What is so is shown, if not given."`
}

// Help says what it is good for.
func (c *userNamingCommand) Help() string {
	return `Where naming is required, a command that reads or changes the book says who runs it, so that the audit has a name and a role holds.
It keeps nobody out who means it: whoever runs commands has the database. Backups, migrations and the server are the machine's, and go on.

  prorata user naming required --as olga@nord.example
  prorata user naming free --as olga@nord.example`
}

// Run shows the choice or makes it.
func (c *userNamingCommand) Run(ctx context.Context, w *counter) error {
	if c.Naming != "" {
		if err := w.CommandPolicyChange(ctx, c.Naming == "required"); err != nil {
			return err
		}
	}
	required, err := w.CommandPolicyGet(ctx)
	switch {
	case err != nil:
		return err
	case required:
		w.printf("Commands name a user: --as, or an API token.\n")
	default:
		w.printf("Who names no user is the operator of the machine.\n")
	}
	return nil
}
