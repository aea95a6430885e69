package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"prorata/flow/office"
)

// Passkeys are keys that devices keep, for the pages of one address (WebAuthn).
type Passkeys struct{ party *webauthn.WebAuthn }

// NewPasskeys makes one for pages that are opened at an address, such as
// https://billing.example.com; a passkey made for it is good there alone.
func NewPasskeys(address, name string) (*Passkeys, error) {
	at, err := url.Parse(address)
	if err != nil || at.Hostname() == "" || (at.Scheme != "https" && at.Scheme != "http") {
		return nil, fmt.Errorf("%q: expected the address that the pages are opened at, such as https://billing.example.com", address)
	}
	party, err := webauthn.New(&webauthn.Config{
		RPID: at.Hostname(), RPDisplayName: name, RPOrigins: []string{at.Scheme + "://" + at.Host},
		// Which make of device it is does not matter to us, so it is not asked for.
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.VerificationPreferred,
		},
	})
	if err != nil {
		return nil, err
	}
	return &Passkeys{party}, nil
}

// party is a user as the protocol names them.
type passkeyUser struct {
	office.PasskeyUser
	credentials []webauthn.Credential
}

func (u *passkeyUser) WebAuthnID() []byte          { return []byte(u.ID) }
func (u *passkeyUser) WebAuthnName() string        { return u.Address }
func (u *passkeyUser) WebAuthnDisplayName() string { return u.Name }
func (u *passkeyUser) WebAuthnCredentials() []webauthn.Credential {
	return u.credentials
}

func userOf(user office.PasskeyUser) (*passkeyUser, error) {
	u := &passkeyUser{PasskeyUser: user, credentials: make([]webauthn.Credential, len(user.Kept))}
	if u.Name == "" {
		u.Name = u.Address
	}
	for i, kept := range user.Kept {
		if err := json.Unmarshal(kept, &u.credentials[i]); err != nil {
			return nil, fmt.Errorf("passkey of %s: %w", user.Address, err)
		}
	}
	return u, nil
}

// MakeAsk asks a browser for a new passkey, other than those that the user has.
func (p *Passkeys) MakeAsk(user office.PasskeyUser) (asked, challenge []byte, err error) {
	u, err := userOf(user)
	if err != nil {
		return nil, nil, err
	}
	options, session, err := p.party.BeginRegistration(u, webauthn.WithExclusions(webauthn.Credentials(u.credentials).CredentialDescriptors()))
	if err != nil {
		return nil, nil, err
	}
	return both(options, session)
}

func both(options, session any) (asked, challenge []byte, err error) {
	asked, askedErr := json.Marshal(options)
	challenge, challengeErr := json.Marshal(session)
	return asked, challenge, errors.Join(askedErr, challengeErr)
}

// errAnswer is what the office is told; the library's own words are for developers.
var errAnswer = errors.New("the browser's answer is not good")

// Make reads the browser's answer: the new passkey.
func (p *Passkeys) Make(user office.PasskeyUser, challenge, answer []byte) (kept []byte, err error) {
	u, err := userOf(user)
	if err != nil {
		return nil, err
	}
	var session webauthn.SessionData
	if err := json.Unmarshal(challenge, &session); err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAnswer, err)
	}
	credential, err := p.party.CreateCredential(u, session, parsed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAnswer, err)
	}
	return json.Marshal(credential)
}

// UseAsk asks for a signature of one of the user's passkeys.
func (p *Passkeys) UseAsk(user office.PasskeyUser) (asked, challenge []byte, err error) {
	u, err := userOf(user)
	if err != nil {
		return nil, nil, err
	}
	options, session, err := p.party.BeginLogin(u)
	if err != nil {
		return nil, nil, err
	}
	return both(options, session)
}

// Use reads the answer. A passkey whose count of uses went back was copied, and is not taken.
func (p *Passkeys) Use(user office.PasskeyUser, challenge, answer []byte) (which int, kept []byte, err error) {
	u, err := userOf(user)
	if err != nil {
		return 0, nil, err
	}
	var session webauthn.SessionData
	if err := json.Unmarshal(challenge, &session); err != nil {
		return 0, nil, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", errAnswer, err)
	}
	credential, err := p.party.ValidateLogin(u, session, parsed)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", errAnswer, err)
	}
	if credential.Authenticator.CloneWarning {
		return 0, nil, fmt.Errorf("%w: the passkey seems to be a copy", errAnswer)
	}
	kept, err = json.Marshal(credential)
	for i := range u.credentials {
		if bytes.Equal(u.credentials[i].ID, credential.ID) {
			return i, kept, err
		}
	}
	return 0, nil, errors.Join(errAnswer, err)
}
