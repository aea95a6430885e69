package office

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"prorata/flow"
)

// TokenID names an API token, to list it and to end it; nobody gets in with it.
type TokenID string

// APIToken lets a program in as its maker, as far as its scopes go.
type APIToken struct {
	ID   TokenID
	User UserID
	// Address is the maker's, for lists.
	Address string
	// Name says what it is for; Hint is its last letters, to tell which one a program has.
	Name, Hint string
	Scopes     []Scope
	// Parent is the token that it was made by, and with which it ends; empty where a person made it.
	Parent TokenID
	// UsedAt is when it was last used, to about a minute.
	MadeAt, EndsAt, UsedAt time.Time
}

// TokenDraft is what is wanted of a token.
type TokenDraft struct {
	Name   string
	Scopes []Scope
	// Lasts is how long it is good; at most a year, 90 days where it is not said.
	Lasts time.Duration
	// For is the user it is made for, by the operator of the machine; everybody else makes
	// tokens of their own.
	For UserID

	// asked is set where Lasts was said.
	asked bool
}

const (
	// tokenPrefix makes a token known for what it is, wherever it is found.
	tokenPrefix = "prt_"
	tokenLasts  = 90 * 24 * time.Hour
	tokenMost   = 366 * 24 * time.Hour
	tokensMost  = 50
	hintLetters = 4
)

// PersonOfToken is who a token stands for: its maker, with the roles that they have now,
// narrowed to its scopes; ErrUnsigned where it is no token, or is good no more.
func (o *Office) PersonOfToken(ctx context.Context, bearer, from string) (Person, error) {
	if !strings.HasPrefix(bearer, tokenPrefix) {
		return Person{}, ErrUnsigned
	}
	var token APIToken
	var user User
	now := o.now()
	if err := o.Store.Read(ctx, func(tx Tx) (err error) {
		if token, err = tx.TokenByHash(hashOf(bearer)); err != nil {
			return err
		}
		user, err = tx.UserGet(token.User)
		return err
	}); errors.Is(err, flow.ErrUnknown) {
		return Person{}, ErrUnsigned
	} else if err != nil {
		return Person{}, err
	}
	if user.State != UserActive || !now.Before(token.EndsAt) {
		return Person{}, ErrUnsigned
	}
	if now.Sub(token.UsedAt) >= touchEvery {
		o.touch(ctx, func(tx Tx) error { return tx.TokenTouch(token.ID, now) })
	}
	scopes := token.Scopes
	if scopes == nil {
		scopes = []Scope{}
	}
	return Person{User: user.ID, Who: user.Address, Name: user.Name, Language: user.Language, Roles: user.Roles, Accounts: user.Accounts,
		Door: ByAPI, Scopes: scopes, Token: token.ID, From: from}, nil
}

// TokenList are the tokens of who asks; for owners, those of any user, or of all where
// everybody is set.
func (d *Desk) TokenList(ctx context.Context, user UserID, everybody bool) (list []APIToken, err error) {
	err = d.read(ctx, "TokenList", func(tx Tx) error {
		of, err := d.whose(user, everybody)
		if err != nil {
			return err
		}
		list, err = tx.TokensOf(of)
		return err
	})
	return list, err
}

// TokenMake makes a token, and gives its secret, which is shown once. One that is made by a
// token may do no more than that, lasts no longer, and ends with it.
func (d *Desk) TokenMake(ctx context.Context, draft TokenDraft) (token APIToken, secret string, err error) {
	draft.Name = flow.PlainText(draft.Name)
	err = d.write(ctx, deed{"TokenMake", draft.Name, scopeWords(draft.Scopes)}, func(tx Tx) error {
		user, err := d.tokenOwner(tx, draft.For)
		if err != nil {
			return err
		}
		if draft, err = checkToken(draft); err != nil {
			return err
		}
		list, err := tx.TokensOf(user.ID)
		if err != nil {
			return err
		}
		if draft, err = d.narrowed(list, draft); err != nil {
			return err
		}
		if len(list) >= tokensMost {
			return &FieldError{"name", fmt.Errorf("there are %d tokens: revoke one first", len(list))}
		}
		var hash string
		secret, hash = d.office.newSecret(tokenPrefix)
		token = APIToken{ID: TokenID(d.office.newID()), User: user.ID, Address: user.Address, Name: draft.Name, Hint: secret[len(secret)-hintLetters:], Scopes: draft.Scopes, Parent: d.person.Token,
			MadeAt: d.now(), EndsAt: d.now().Add(draft.Lasts)}
		return tx.TokenAdd(token, hash)
	})
	if err != nil {
		return APIToken{}, "", err
	}
	return token, secret, nil
}

// narrowed keeps what a token makes within the token itself.
func (d *Desk) narrowed(list []APIToken, draft TokenDraft) (TokenDraft, error) {
	if d.person.Token == "" {
		return draft, nil
	}
	at := slices.IndexFunc(list, func(t APIToken) bool { return t.ID == d.person.Token })
	if at < 0 {
		return draft, ErrUnsigned
	}
	for _, scope := range draft.Scopes {
		area, _, _ := strings.Cut(string(scope), ":")
		if !slices.Contains(d.person.Scopes, scope) && !slices.Contains(d.person.Scopes, Scope(area+":write")) {
			return draft, &FieldError{"scopes", fmt.Errorf("%s is beyond the token that asks: it can give no more than it has", scope)}
		}
	}
	left := list[at].EndsAt.Sub(d.now())
	if draft.asked && draft.Lasts > left {
		return draft, &FieldError{"days", fmt.Errorf("the token that asks ends on %s: what it makes ends no later", list[at].EndsAt.UTC().Format(time.RFC3339))}
	}
	draft.Lasts = min(draft.Lasts, left)
	return draft, nil
}

// tokenOwner is whose a token becomes: who asks; or whom the operator names.
func (d *Desk) tokenOwner(tx Tx, named UserID) (User, error) {
	if d.person.User == "" && named != "" {
		user, err := tx.UserGet(named)
		if err == nil && user.State == UserDisabled {
			err = &FieldError{"for", fmt.Errorf("%s is disabled", user.Address)}
		}
		return user, err
	}
	me, err := d.self()
	if err != nil {
		return User{}, err
	}
	if named != "" && named != me {
		return User{}, &FieldError{"for", errors.New("a token is made by who it lets in")}
	}
	return tx.UserGet(me)
}

func checkToken(draft TokenDraft) (TokenDraft, error) {
	if draft.Name == "" || len(draft.Name) > nameMost {
		return draft, &FieldError{"name", fmt.Errorf("say what the token is for, in at most %d letters", nameMost)}
	}
	if len(draft.Scopes) == 0 {
		return draft, &FieldError{"scopes", errors.New("choose at least one: a token without scopes may do nothing")}
	}
	draft.Scopes = slices.Compact(slices.Sorted(slices.Values(draft.Scopes)))
	known := Scopes()
	for _, scope := range draft.Scopes {
		if !slices.Contains(known, scope) {
			return draft, &FieldError{"scopes", fmt.Errorf("there is no scope %q", scope)}
		}
	}
	if draft.asked = draft.Lasts != 0; !draft.asked {
		draft.Lasts = tokenLasts
	}
	if draft.Lasts < time.Hour || draft.Lasts > tokenMost {
		return draft, &FieldError{"days", errors.New("expected an hour to a year")}
	}
	return draft, nil
}

func scopeWords(scopes []Scope) string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = string(s)
	}
	return strings.Join(words, " ")
}

// TokenRevoke ends a token at once: one of their own, or, for owners, anybody's.
func (d *Desk) TokenRevoke(ctx context.Context, id TokenID) error {
	return d.write(ctx, deed{"TokenRevoke", string(id), ""}, func(tx Tx) error {
		of, err := d.whose("", d.person.Has(Owner))
		if err != nil {
			return err
		}
		list, err := tx.TokensOf(of)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(list, func(t APIToken) bool { return t.ID == id }) {
			return unseen("token", string(id))
		}
		return tx.TokenEnd(id)
	})
}
