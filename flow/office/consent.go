package office

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"prorata/flow"
)

// consentLinkLasts is how long somebody has to sign in at a provider once they were shown the link.
const consentLinkLasts = 15 * time.Minute

// errConsentOther is told where an answer is to no link that the person was shown.
var errConsentOther = errors.New("this is no answer to a link that you were shown here, or it was used, or is too old: follow the link that is shown now and sign in again")

// ConsentLink is where the integration user signs in at the provider and lets this program
// in. The answer comes back with a state that is good once, for a quarter of an hour, and
// only for the session or token that asked; the answer is given to ConnectionConsent.
func (d *Desk) ConsentLink(ctx context.Context, id flow.ConnectionID) (link string, err error) {
	if err := d.person.may("ConsentLink"); err != nil {
		return "", err
	}
	var connection flow.Connection
	if err := d.office.Store.Read(ctx, func(tx Tx) (err error) { connection, err = tx.ConnectionGet(id); return err }); err != nil {
		return "", err
	}
	if d.office.Providers == nil {
		return "", errNoProviders()
	}
	state, hash := d.office.newSecret("")
	if link, err = d.office.Providers.ConsentLink(connection, state); err != nil {
		return "", err
	}
	return link, d.office.Store.Write(ctx, func(tx Tx) error {
		return tx.ChallengePut("consent/"+hash, []byte(d.consentBegun(id)), d.office.now().Add(consentLinkLasts))
	})
}

// errNoProviders is told where nobody gave the office ways to providers.
func errNoProviders() error {
	return fmt.Errorf("%w: this program was started without ways to providers", flow.ErrBusy)
}

// consentBegun is what a state is good for: one connection, and whoever asked.
func (d *Desk) consentBegun(id flow.ConnectionID) string {
	return fmt.Sprintf("%q %q %q %q", id, d.person.User, d.person.Session, d.person.Token)
}

// ConnectionConsent takes the answer to a consent: the address at which the browser ended,
// whole or from its path on, or the code in it.
func (d *Desk) ConnectionConsent(ctx context.Context, id flow.ConnectionID, answer string) error {
	f, err := d.doing(ctx, deed{"ConnectionConsent", string(id), ""})
	if err != nil {
		return err
	}
	var connection flow.Connection
	if err := f.Store.Read(ctx, func(tx flow.Tx) (err error) { connection, err = tx.ConnectionGet(id); return err }); err != nil {
		return err
	}
	if d.office.Providers == nil {
		return errNoProviders()
	}
	code, err := d.consentCode(ctx, id, strings.TrimSpace(answer))
	if err != nil {
		return err
	}
	if err := d.office.Providers.Consent(ctx, connection, code); err != nil {
		f.Log.WarnContext(ctx, "a consent was not taken", "connection", connection.ID, "error", err)
		return consentWhy(err)
	}
	return f.Consented(ctx, id)
}

// consentWhy says why a provider did not take a code, and what to do about it.
func consentWhy(err error) error {
	var refusal *flow.ProviderRefusal
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &refusal) && refusal.Todo != "", !errors.Is(err, flow.ErrConsent):
		return &FieldError{"answer", errors.New(errandWhy(err))}
	}
	return &FieldError{"answer", errors.New("the provider did not take it: sign in at the link again, and give the address that the browser ends at then")}
}

// consentCode finds the code in an answer. An address must be the answer to a link that the
// person was shown; a code alone was copied by hand.
func (d *Desk) consentCode(ctx context.Context, id flow.ConnectionID, answer string) (string, error) {
	if answer == "" {
		return "", &FieldError{"answer", errors.New("it is missing (expected the address at which the browser ended)")}
	}
	if !strings.ContainsAny(answer, "?/") {
		return answer, nil
	}
	address, err := url.Parse(answer)
	if err != nil || (address.Query().Get("code") == "" && address.Query().Get("error") == "") {
		return "", &FieldError{"answer", errors.New("there is no code in this address (expected the one at which the browser ended after signing in)")}
	}
	query := address.Query()
	if err := d.takeConsent(ctx, id, query.Get("state")); err != nil {
		return "", err
	}
	if query.Get("code") == "" {
		return "", &FieldError{"answer", fmt.Errorf("the provider let nobody in (%s): sign in again with the integration user, and accept", flow.PlainText(query.Get("error")))}
	}
	return query.Get("code"), nil
}

// takeConsent uses a state up.
func (d *Desk) takeConsent(ctx context.Context, id flow.ConnectionID, state string) error {
	return d.office.Store.Write(ctx, func(tx Tx) error {
		begun, endsAt, err := tx.ChallengeTake("consent/" + hashOf(state))
		switch {
		case errors.Is(err, flow.ErrUnknown):
			return &FieldError{"answer", errConsentOther}
		case err != nil:
			return err
		case string(begun) != d.consentBegun(id) || !d.office.now().Before(endsAt):
			return &FieldError{"answer", errConsentOther}
		}
		return nil
	})
}
