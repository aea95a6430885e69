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
