package partnercenter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"prorata/flow"
)

// Tokens keeps what lets a connection in, sealed: whoever reads the database
// reads nothing.
type Tokens interface {
	// TokenLoad is the token of that name; empty where there is none.
	TokenLoad(ctx context.Context, name string) (string, error)
	// TokenSave replaces the token of that name. It returns when the token is safe.
	TokenSave(ctx context.Context, name, token string) error
}

// RefreshToken is the name under which the refresh token is kept. One serves all
// of the provider's hosts; each use gives a new one.
const RefreshToken = "refresh"

// tokenSpare is how long before its end an access token is renewed.
const tokenSpare = 5 * time.Minute

// ConsentLink is where the integration user signs in, with a second factor, and
// lets this program in. The state comes back with the code and must be the same; both
// stand in the address that the browser ends at, so that a person can copy them where
// that address cannot be reached.
func (c *Client) ConsentLink(state string) string {
	q := url.Values{
		"client_id": {c.set.ClientID}, "response_type": {"code"}, "response_mode": {"query"},
		"redirect_uri": {c.set.RedirectURI}, "prompt": {"login"}, "state": {state},
	}
	return c.set.Endpoints.Login + "/common/oauth2/authorize?" + q.Encode()
}

// Consent turns the code that a consent gave into the connection's refresh token.
func (c *Client) Consent(ctx context.Context, code string) error {
	if err := c.keys.take(ctx); err != nil {
		return err
	}
	defer c.keys.give()
	clear(c.keys.of)
	_, err := c.keys.exchange(ctx, hostAPI, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {c.set.RedirectURI},
	}, code)
	return err
}

// Renew uses the refresh token, so that the next 90 days begin. The timetable
// calls it, also where nothing else is asked of the provider.
func (c *Client) Renew(ctx context.Context) error {
	if err := c.keys.take(ctx); err != nil {
		return err
	}
	defer c.keys.give()
	_, err := c.keys.refresh(ctx, hostAPI, false)
	return err
}

// keyring has the access tokens in memory, and gets new ones, one at a time.
type keyring struct {
	client *Client
	// turn is held by whoever reads or gets a token.
	turn chan struct{}
	of   map[host]accessToken
}

type accessToken struct {
	text   string
	until  time.Time
	person bool
}

func newKeyring(c *Client) *keyring {
	return &keyring{client: c, turn: make(chan struct{}, 1), of: map[host]accessToken{}}
}

func (r *keyring) take(ctx context.Context) error {
	select {
	case r.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *keyring) give() { <-r.turn }

// token is an access token for a host; appToo allows one of the application alone.
func (r *keyring) token(ctx context.Context, h host, appToo bool) (string, error) {
	if err := r.take(ctx); err != nil {
		return "", err
	}
	defer r.give()
	if t, ok := r.of[h]; ok && (t.person || appToo) && r.client.set.Clock().Before(t.until) {
		return t.text, nil
	}
	return r.refresh(ctx, h, appToo)
}

// forget drops a host's access token: the provider does not take it.
func (r *keyring) forget(ctx context.Context, h host) error {
	if err := r.take(ctx); err != nil {
		return err
	}
	defer r.give()
	delete(r.of, h)
	return nil
}

// refresh gets an access token by the refresh token, or the application's own
// where there is none.
func (r *keyring) refresh(ctx context.Context, h host, appToo bool) (string, error) {
	kept, err := r.client.set.Tokens.TokenLoad(ctx, RefreshToken)
	if err != nil {
		return "", fmt.Errorf("read the refresh token: %w", err)
	}
	if kept == "" {
		if !appToo {
			return "", r.noConsent("nobody has consented to this connection yet")
		}
		return r.exchange(ctx, h, url.Values{"grant_type": {"client_credentials"}}, "")
	}
	form := func(token string) url.Values {
		return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}, "scope": {"openid"}}
	}
	text, err := r.exchange(ctx, h, form(kept), kept)
	// Others may have been in between, and keep what they got in a moment.
	waited := false
	for range rotationsMax {
		if !errors.Is(err, flow.ErrConsent) {
			break
		}
		newer, failed := r.client.set.Tokens.TokenLoad(ctx, RefreshToken)
		switch {
		case failed != nil || newer == "":
			return text, err
		case newer != kept:
			kept, waited = newer, false
			text, err = r.exchange(ctx, h, form(kept), kept)
		case waited:
			return text, err
		default:
			waited = true
			if stopped := r.client.set.Wait(ctx, rotationWait); stopped != nil {
				return text, err
			}
		}
	}
	return text, err
}

// rotationsMax bounds how often a newer refresh token is looked for after one that
// is good for nothing, rotationWait is how long another may take to keep it.
const (
	rotationsMax = 20
	rotationWait = 300 * time.Millisecond
)

// exchange asks the login for a token of a host. A new refresh token is kept
// before the access token is used, since the old one may be good for nothing by
// then. What is secret of the grant stands in no error.
func (r *keyring) exchange(ctx context.Context, h host, form url.Values, grant string) (string, error) {
	set := &r.client.set
	secret, err := set.Secret(ctx)
	if err != nil {
		return "", fmt.Errorf("read the application's secret: %w", err)
	}
	form.Set("client_id", set.ClientID)
	form.Set("client_secret", secret)
	form.Set("resource", r.client.endpoint(h).Audience)
	asked := set.Clock()
	a, err := r.client.ask(ctx, call{
		host: hostBare, method: http.MethodPost, path: set.Endpoints.Login + "/" + url.PathEscape(set.Tenant) + "/oauth2/token",
		form: form,
	})
	if err != nil {
		return "", r.refused(err, secret, grant)
	}
	in, err := a.object(call{method: http.MethodPost, path: "/oauth2/token"})
	if err != nil {
		return "", errors.New("sign in: the login's answer is not JSON") // and may hold a token
	}
	text := in.scalar("access_token")
	if text == "" {
		return "", errors.New("sign in: access_token is missing in the login's answer")
	}
	if newer := in.scalar("refresh_token"); newer != "" && newer != grant {
		if err := set.Tokens.TokenSave(ctx, RefreshToken, newer); err != nil {
			return "", fmt.Errorf("keep the new refresh token: %w", err)
		}
	}
	r.of[h] = accessToken{
		text: text, person: form.Get("grant_type") != "client_credentials",
		until: asked.Add(lifetime(in.scalar("expires_in"))),
	}
	return text, nil
}

// lifetime is how long a token is used, of the seconds that it lasts.
func lifetime(text string) time.Duration {
	lasts, err := time.ParseDuration(text + "s")
	if err != nil {
		return 0
	}
	return max(lasts/2, lasts-tokenSpare)
}

var loginCode = regexp.MustCompile(`AADSTS(\d+)`)

// consentCodes are the login's for what only a person can mend: a second factor
// is asked for, consent is missing or withdrawn, the refresh token is too old.
const consentCodes = "50074 50076 50078 50079 50158 50173 65001 65004 70000 70008 70043 700082 700084 54005 530003"

// refused is the login's no.
func (r *keyring) refused(err error, secrets ...string) error {
	var no *refusal
	if !errors.As(err, &no) || errors.Is(err, flow.ErrUnanswered) {
		return fmt.Errorf("sign in: %w", hidden(unsaid(err), secrets))
	}
	code := no.said.Code
	sentence := no.said.Sentence
	for _, secret := range secrets {
		if secret != "" {
			sentence = strings.ReplaceAll(sentence, secret, "…")
		}
	}
	if slices.Contains(strings.Fields(consentCodes), strings.TrimPrefix(code, "AADSTS")) ||
		slices.Contains([]string{"invalid_grant", "interaction_required", "consent_required", "login_required"}, no.name) {
		return r.noConsent(sentence + " (" + code + ")")
	}
	// It concerns the connection, not what was to be asked: nothing else gets through either.
	return fmt.Errorf("sign in: %w: %w", flow.ErrConsent, &flow.ProviderRefusal{Code: code, Sentence: sentence, Todo: loginTodo(code)})
}

// unsaid leaves a failing login's refusal out of an error: it is none of what was to be asked.
func unsaid(err error) error {
	var no *refusal
	if errors.As(err, &no) {
		return fmt.Errorf("%w from the login: %s", flow.ErrUnanswered, no.said.Error())
	}
	return err
}

// hidden is the error where it says no secret, and one without its words where it does.
func hidden(err error, secrets []string) error {
	for _, secret := range secrets {
		if secret != "" && strings.Contains(err.Error(), secret) {
			return fmt.Errorf("%w from the login", flow.ErrUnanswered)
		}
	}
	return err
}

func loginTodo(code string) string {
	switch code {
	case "AADSTS7000215", "invalid_client":
		return "The application's secret is wrong: enter it anew."
	case "AADSTS7000222":
		return "The application's secret has expired: make a new one and enter it."
	case "AADSTS700016":
		return "The application is not known in this tenant: check both ids."
	case "AADSTS90002", "AADSTS900023":
		return "Check the partner's tenant id."
	}
	return ""
}

// noConsent says why a person must consent, and where.
func (r *keyring) noConsent(why string) error {
	where := r.client.set.ConsentPage
	if where == "" {
		where = r.client.ConsentLink("")
	}
	return &flow.ConsentLapsed{Why: why, Where: where}
}

// loginRefusal reads the login's own shape: error is a word, the code is in the text.
func loginRefusal(r *refusal, body []byte) {
	o, _ := objectOf(body)
	in := reading{wrong: &mistakes{}, of: o}
	r.name = in.scalar("error")
	// The first line says it; the rest are ids and the time.
	sentence, _, _ := strings.Cut(in.scalar("error_description"), "\n")
	r.said.Sentence = first(strings.TrimSpace(sentence), r.said.Sentence)
	r.said.Code = first(r.name, r.said.Code)
	if found := loginCode.FindString(sentence); found != "" {
		r.said.Code = found
	} else if codes := rawList(o["error_codes"]); len(codes) > 0 {
		r.said.Code = "AADSTS" + strings.Trim(string(codes[0]), `"`)
	}
	r.said.Todo = ""
}
