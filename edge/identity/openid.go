package identity

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"prorata/flow"
	"prorata/flow/office"
)

// OpenID is an identity provider that speaks OpenID Connect, such as Microsoft Entra ID. Its
// addresses and keys are read from it when somebody first signs in, so that the program starts
// also where it is away.
type OpenID struct {
	// Issuer is the provider's address, as its tokens have it.
	Issuer string
	// Client and Secret are ours there; Redirect is where it sends the browser back to.
	Client, Secret, Redirect string
	// Called is what the button says.
	Called string
	// Addresses says that every address of a token is the person's, also where the token does
	// not say that it was verified: for a provider whose users are all one's own.
	Addresses bool
	// Strong says that the provider asks everybody for a second factor.
	Strong bool
	// Claim is the claim that lists a person's groups or roles, and Roles what each of its values
	// is here; without it roles are given here alone.
	Claim string
	Roles map[string]office.Role

	HTTP  *http.Client
	Clock flow.Clock

	mutex    sync.Mutex
	provider *oidc.Provider
}

var _ office.IdentityProvider = (*OpenID)(nil)

// Name is what the button says.
func (o *OpenID) Name() string { return o.Called }

// ready reads the provider's description, once.
func (o *OpenID) ready(ctx context.Context) (*oauth2.Config, *oidc.Provider, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.provider == nil {
		provider, err := oidc.NewProvider(oidc.ClientContext(ctx, o.HTTP), o.Issuer)
		if err != nil {
			return nil, nil, err
		}
		o.provider = provider
	}
	return &oauth2.Config{ClientID: o.Client, ClientSecret: o.Secret, Endpoint: o.provider.Endpoint(), RedirectURL: o.Redirect,
		Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}, o.provider, nil
}

// Link is where the browser is sent.
func (o *OpenID) Link(ctx context.Context, state, nonce, verifier string) (string, error) {
	config, _, err := o.ready(ctx)
	if err != nil {
		return "", err
	}
	return config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), nil
}

// claims are what a token says of a person.
type claims struct {
	Email    string          `json:"email"`
	Verified json.RawMessage `json:"email_verified"`
	// DomainVerified is Entra ID's word for a verified address.
	DomainVerified json.RawMessage `json:"xms_edov"`
	Login          string          `json:"preferred_username"`
	Name           string          `json:"name"`
	Methods        []string        `json:"amr"`
	Party          string          `json:"azp"`
}

// Prove exchanges the code and checks the token that it gives: signed by the provider, for us,
// not too old, and for this very sign-in.
func (o *OpenID) Prove(ctx context.Context, code, nonce, verifier string) (office.Proof, error) {
	config, provider, err := o.ready(ctx)
	if err != nil {
		return office.Proof{}, err
	}
	ctx = oidc.ClientContext(ctx, o.HTTP)
	tokens, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return office.Proof{}, fmt.Errorf("exchange the code: %w", withoutBody(err))
	}
	text, _ := tokens.Extra("id_token").(string)
	if text == "" {
		return office.Proof{}, errors.New("the provider gave no ID token")
	}
	token, err := provider.VerifierContext(ctx, &oidc.Config{ClientID: o.Client, Now: o.Clock.Now}).Verify(ctx, text)
	if err != nil {
		return office.Proof{}, err
	}
	if nonce == "" || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1 {
		return office.Proof{}, errors.New("the token is of another sign-in: its nonce is not the one that was sent")
	}
	var said claims
	if err := token.Claims(&said); err != nil {
		return office.Proof{}, err
	}
	if len(token.Audience) > 1 && said.Party != o.Client {
		return office.Proof{}, fmt.Errorf("the token is for several, and was given to %q", said.Party)
	}
	return o.proof(token, said)
}

// withoutBody keeps the provider's answer, which may have tokens in it, out of the log.
func withoutBody(err error) error {
	var answer *oauth2.RetrieveError
	if errors.As(err, &answer) {
		return fmt.Errorf("the provider answered %d %s", answer.Response.StatusCode, answer.ErrorCode)
	}
	return err
}

func (o *OpenID) proof(token *oidc.IDToken, said claims) (office.Proof, error) {
	p := office.Proof{Issuer: token.Issuer, Subject: token.Subject, Name: said.Name, Strong: o.Strong || slices.Contains(said.Methods, "mfa")}
	switch {
	case said.Email != "" && (o.Addresses || yes(said.Verified) || yes(said.DomainVerified)):
		p.Address = said.Email
	case said.Email == "" && o.Addresses:
		p.Address = said.Login
	}
	if o.Claim == "" || len(o.Roles) == 0 {
		return p, nil
	}
	var all map[string]json.RawMessage
	if err := token.Claims(&all); err != nil {
		return p, err
	}
	p.Roles = []office.Role{}
	for _, group := range words(all[o.Claim]) {
		if role, known := o.Roles[group]; known {
			p.Roles = append(p.Roles, role)
		}
	}
	return p, nil
}

// yes reads a claim that some providers write as a word, and Entra ID as a number.
func yes(claim json.RawMessage) bool {
	switch string(claim) {
	case `true`, `"true"`, `1`, `"1"`:
		return true
	}
	return false
}

// words reads a claim that is one word or a list of them.
func words(claim json.RawMessage) []string {
	var list []string
	if json.Unmarshal(claim, &list) == nil {
		return list
	}
	var one string
	if json.Unmarshal(claim, &one) == nil {
		return []string{one}
	}
	return nil
}
