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

// ElsewhereName is what the identity provider is called; empty where there is none.
func (o *Office) ElsewhereName() string {
	if o.Identity.Provider == nil {
		return ""
	}
	return o.Identity.Provider.Name()
}

// elsewhereLasts is how long somebody has to sign in at the identity provider.
const elsewhereLasts = 15 * time.Minute

// ErrElsewhere is told where signing in at the identity provider does not let somebody in.
var ErrElsewhere = errors.New("signing in there did not work")

// ElsewhereLink begins a sign-in at the identity provider: link is where the browser goes,
// state is for its cookie, so that nobody can be signed in with another's answer.
func (o *Office) ElsewhereLink(ctx context.Context) (link, state string, err error) {
	if o.Identity.Provider == nil {
		return "", "", fmt.Errorf("identity provider: %w", flow.ErrUnknown)
	}
	state, hash := o.newSecret("")
	nonce, _ := o.newSecret("")
	verifier, _ := o.newSecret("")
	if link, err = o.Identity.Provider.Link(ctx, state, nonce, verifier); err != nil {
		o.Flow.Log.Warn("the identity provider does not answer", "error", err)
		return "", "", fmt.Errorf("%w: the identity provider does not answer; try again later", ErrElsewhere)
	}
	err = o.Store.Write(ctx, func(tx Tx) error {
		return tx.ChallengePut("elsewhere/"+hash, []byte(nonce+" "+verifier), o.now().Add(elsewhereLasts))
	})
	return link, state, err
}

// ElsewhereSignIn takes the answer that the browser came back with: cookie is the state that
// it was given, state the one in the answer. A user is known by issuer and subject; the first
// time by an address that the provider stands for, of somebody who was invited or is a user.
func (o *Office) ElsewhereSignIn(ctx context.Context, cookie, state, code string, v Visitor) (SignedIn, error) {
	if cookie == "" || cookie != state {
		return SignedIn{}, fmt.Errorf("%w: the answer is to no sign-in that this browser began; start again", ErrElsewhere)
	}
	var kept []byte
	if err := o.Store.Write(ctx, func(tx Tx) (err error) {
		data, endsAt, err := tx.ChallengeTake("elsewhere/" + hashOf(state))
		if err == nil && o.now().Before(endsAt) {
			kept = data
		}
		if errors.Is(err, flow.ErrUnknown) {
			err = nil
		}
		return err
	}); err != nil {
		return SignedIn{}, err
	}
	nonce, verifier, found := strings.Cut(string(kept), " ")
	if !found {
		return SignedIn{}, fmt.Errorf("%w: the answer was used, or is too old; start again", ErrElsewhere)
	}
	proof, err := o.Identity.Provider.Prove(ctx, code, nonce, verifier)
	if err != nil {
		o.Flow.Log.Warn("a sign-in at the identity provider failed", "error", err)
		if err := o.Store.Write(ctx, func(tx Tx) error {
			return o.note(tx, nil, v.From, "ElsewhereSignIn", "the proof was not right", Failed)
		}); err != nil {
			return SignedIn{}, err
		}
		return SignedIn{}, fmt.Errorf("%w; start again", ErrElsewhere)
	}
	var in SignedIn
	var refused error
	err = o.Store.Write(ctx, func(tx Tx) error {
		user, why, err := o.elsewhereUser(tx, proof)
		if err != nil {
			return err
		}
		if why != "" {
			refused = fmt.Errorf("%w: who you are there is no user here; ask an owner to invite you", ErrElsewhere)
			return o.note(tx, user, v.From, "ElsewhereSignIn", why, Failed)
		}
		in, err = o.admit(tx, user, Session{By: "provider", Proved: proof.Strong}, v)
		return err
	})
	if err == nil {
		err = refused
	}
	return in, err
}

// elsewhereUser is whom a proof stands for; why says why it stands for nobody.
func (o *Office) elsewhereUser(tx Tx, proof Proof) (user *User, why string, err error) {
	id, err := tx.SubjectUser(proof.Issuer, proof.Subject)
	known := err == nil
	var found User
	switch {
	case known:
		found, err = tx.UserGet(id)
	case !errors.Is(err, flow.ErrUnknown):
		return nil, "", err
	case proof.Address == "":
		return nil, "the provider does not stand for the address", nil
	default:
		found, err = tx.UserByAddress(addressOf(proof.Address))
		if errors.Is(err, flow.ErrUnknown) {
			return nil, "nobody has the address", nil
		}
	}
	if err != nil {
		return nil, "", err
	}
	if found.State == UserDisabled {
		return &found, "the user is disabled", nil
	}
	if !known {
		if err := tx.SubjectPut(proof.Issuer, proof.Subject, found.ID, o.now()); err != nil {
			return nil, "", err
		}
	}
	after := found
	after.State = UserActive
	if after.Name == "" {
		after.Name = flow.PlainText(proof.Name)
	}
	if proof.Roles != nil {
		roles := slices.Compact(slices.Sorted(slices.Values(proof.Roles)))
		if len(roles) == 0 {
			return &found, "none of the provider's groups is a role here", nil
		}
		after.Roles = roles
	}
	if after.State == found.State && after.Name == found.Name && slices.Equal(after.Roles, found.Roles) {
		return &found, "", nil
	}
	if err := keepAnOwner(tx, found, after); err != nil {
		return nil, "", err
	}
	if !slices.Equal(after.Roles, found.Roles) {
		if _, err := tx.SessionsEnd(found.ID, ""); err != nil {
			return nil, "", err
		}
		if err := o.note(tx, &found, "", "ElsewhereRoles", roleWordsOf(found.Roles)+" -> "+roleWordsOf(after.Roles), Done); err != nil {
			return nil, "", err
		}
	}
	after, err = putUser(tx, after)
	return &after, "", err
}
