package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"prorata/edge/identity"
	"prorata/edge/web"
	"prorata/flow"
	"prorata/flow/office"
)

// openIDVariable is the environment's place for our secret at the identity provider. It is no
// flag, so that it is never seen in a list of processes or of settings.
const openIDVariable = "PRORATA_OPENID_SECRET"

// signInSettings are how people come in.
type signInSettings struct {
	SessionIdle     time.Duration     `default:"30m" help:"How long a session lasts that is not used."`
	SessionLife     time.Duration     `default:"12h" help:"How long a session lasts in any case."`
	OpenIDIssuer    string            `name:"openid-issuer" placeholder:"URL" help:"An identity provider where people may sign in, such as https://login.microsoftonline.com/TENANT/v2.0; its secret is in $PRORATA_OPENID_SECRET."`
	OpenIDClient    string            `name:"openid-client" placeholder:"ID" help:"Our client id there."`
	OpenIDName      string            `name:"openid-name" default:"your organisation" placeholder:"NAME" help:"What people call it."`
	OpenIDAddresses bool              `name:"openid-addresses" help:"Every address that it names is the person's: only where all its users are one's own."`
	OpenIDStrong    bool              `name:"openid-strong" help:"It asks everybody for a second factor."`
	OpenIDClaim     string            `name:"openid-claim" default:"groups" placeholder:"CLAIM" help:"The claim that lists a person's groups or roles there."`
	OpenIDRole      map[string]string `name:"openid-role" placeholder:"GROUP=ROLE" help:"What a group there is here; may be given again and again. Without it, roles are given here alone."`
	Breached        string            `name:"breached-passwords" placeholder:"FILE" help:"Passwords known from breaches, which nobody may choose: a line for each, its SHA-1 in hexadecimal digits, ordered, as such lists are published."`
	Proxied         bool              `help:"A proxy stands before it: who asks is the last address in X-Forwarded-For. Only where nobody gets past the proxy."`
}

// signIn gives an office all ways in, for a program that listens somewhere; listening is an address
// with its scheme.
func (w *world) signIn(o *office.Office, c *signInSettings, listening string) error {
	w.Address = w.publicAddress(listening)
	o.Identity.Idle, o.Identity.Life = c.SessionIdle, c.SessionLife
	passkeys, err := identity.NewPasskeys(w.Address, "Prorata")
	if err != nil {
		return fmt.Errorf("%w: --address: %w", flow.ErrInput, err)
	}
	o.Identity.Passkeys = passkeys
	key, err := w.key(true)
	if err != nil {
		return err
	}
	o.Identity.Sealer = key
	if c.Breached != "" {
		// It stays open as long as the program runs.
		if o.Identity.Breached, err = identity.OpenBreached(c.Breached); err != nil {
			return fmt.Errorf("%w: --breached-passwords: %w", flow.ErrInput, err)
		}
	}
	if c.OpenIDIssuer == "" {
		return nil
	}
	if c.OpenIDClient == "" {
		return fmt.Errorf("%w: --openid-client is missing: the id of this program at %s", flow.ErrInput, c.OpenIDIssuer)
	}
	roles := make(map[string]office.Role, len(c.OpenIDRole))
	for group, word := range c.OpenIDRole {
		if roles[group], err = office.ParseRole(word); err != nil {
			return fmt.Errorf("--openid-role: %w", err)
		}
	}
	o.Identity.Provider = &identity.OpenID{Issuer: c.OpenIDIssuer, Client: c.OpenIDClient, Secret: w.sources.environment(openIDVariable), Called: c.OpenIDName,
		Redirect: w.Address + web.ElsewherePath, Addresses: c.OpenIDAddresses, Strong: c.OpenIDStrong, Claim: c.OpenIDClaim, Roles: roles,
		HTTP: &http.Client{Timeout: elsewhereWait, CheckRedirect: notElsewhere}, Clock: wallClock{}}
	return nil
}

// elsewhereWait is how long an identity provider may take for one answer.
const elsewhereWait = 10 * time.Second

// notElsewhere keeps a call with a secret in it at the address that it was made to.
func notElsewhere(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// publicAddress is where browsers open the pages: as it was set, or where it listens.
func (p *program) publicAddress(listening string) string {
	if p.Address != "" {
		return strings.TrimRight(p.Address, "/")
	}
	scheme, address, _ := strings.Cut(listening, "://")
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return listening
	}
	// Passkeys go by a name, and browsers take localhost as safe.
	if ip := net.ParseIP(host); ip != nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// greet prints the link that makes the first owner, where there is none.
func (w *world) greet(ctx context.Context, o *office.Office) error {
	secret, err := o.OwnerLink(ctx, w.actor("command").Who)
	if err == nil && secret != "" {
		w.printf("There is no owner yet. Whoever opens this link first becomes one; it is good once, for a day:\n\n  %s\n\n", w.Address+web.WelcomePath+secret)
	}
	return err
}

// behindProxy takes who asks from what the proxy says: the last address, which is the one that it
// wrote itself.
func behindProxy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if all := r.Header.Values("X-Forwarded-For"); len(all) > 0 {
			hops := strings.Split(all[len(all)-1], ",")
			if ip := net.ParseIP(strings.TrimSpace(hops[len(hops)-1])); ip != nil {
				r.RemoteAddr = net.JoinHostPort(ip.String(), "0")
			}
		}
		next.ServeHTTP(w, r)
	})
}
