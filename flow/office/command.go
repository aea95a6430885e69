package office

import (
	"context"
	"errors"
	"fmt"

	"prorata/flow"
)

// PersonNamed is who a command is run as, where it names a user: they have the user's
// roles and reach. It proves nothing, since whoever runs commands has the database: it
// holds a shared terminal or a script to a role, and says who made a change. Somebody who
// was invited and never came in can be named, somebody disabled cannot.
func (o *Office) PersonNamed(ctx context.Context, name, operator string) (Person, error) {
	var user User
	err := o.Store.Read(ctx, func(tx Tx) (err error) { user, err = userNamed(tx, name); return err })
	switch {
	case errors.Is(err, flow.ErrUnknown):
		return Person{}, fmt.Errorf("%w: there is no user %s here: an owner can invite them", flow.ErrInput, name)
	case err != nil:
		return Person{}, err
	case user.State == UserDisabled:
		return Person{}, fmt.Errorf("%w: %s is disabled", ErrDenied, user.Address)
	}
	return Person{User: user.ID, Who: user.Address, Name: user.Name, Language: user.Language, Roles: user.Roles, Accounts: user.Accounts,
		Door: ByCommand, From: operatorWord + operator}, nil
}

// PersonOfCommandToken is who a command is run as with an API token: whom the token stands
// for, as far as its scopes go.
func (o *Office) PersonOfCommandToken(ctx context.Context, token, operator string) (Person, error) {
	person, err := o.PersonOfToken(ctx, token, operatorWord+operator)
	person.Door = ByCommand
	return person, err
}

// PersonOperating is the operator of the machine, as the machine knows them; not allowed
// where the book wants a user to be named.
func (o *Office) PersonOperating(ctx context.Context, who string) (Person, error) {
	named := false
	err := o.Store.Read(ctx, func(tx Tx) (err error) { named, err = commandsNamed(tx); return err })
	if err == nil && named {
		err = fmt.Errorf("%w: commands on this book name a user, an owner has said", ErrDenied)
	}
	return Operator(who), err
}

// namedCommands is the choice that commands must name a user.
const namedCommands = "named_commands"

// commandsNamed says whether commands must name a user.
func commandsNamed(tx Tx) (bool, error) {
	chosen, err := tx.ChoiceGet(namedCommands)
	return chosen == wordRequired, err
}

// The words of the choice.
const (
	wordRequired = "required"
	wordFree     = "free"
)

// CommandPolicyGet says whether commands must name a user.
func (d *Desk) CommandPolicyGet(ctx context.Context) (required bool, err error) {
	err = d.read(ctx, "CommandPolicyGet", func(tx Tx) error { required, err = commandsNamed(tx); return err })
	return required, err
}

// CommandPolicyChange says whether commands must name a user, so that none is run as the
// operator by mistake. It keeps nobody out who means it: they have the database.
func (d *Desk) CommandPolicyChange(ctx context.Context, required bool) error {
	word := wordFree
	if required {
		word = wordRequired
	}
	return d.write(ctx, deed{"CommandPolicyChange", namedCommands, word}, func(tx Tx) error {
		if d.person.User == "" && required {
			return &FieldError{"as", errors.New("name an owner: nobody else could take this back")}
		}
		return tx.ChoicePut(namedCommands, word, d.now())
	})
}
