package main

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"prorata/edge/provider/partnercenter"
	"prorata/edge/provider/pax8"
	"prorata/flow"
)

// hookSecret is the secret of a connection that the address of its notifications
// ends with, where the provider does not sign them.
const hookSecret = "webhook_secret"

// settingAuthority is the certificate (base64 of DER) that a stand-in's
// notifications are signed under; Microsoft's own are believed by the system's roots.
const settingAuthority = "authority"

// webhooks takes the notifications of providers. A notification is a hint and
// nothing more: what it points to is read from the provider itself, by the job that follows it.
func (r *follower) webhooks() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		connection, err := connectionOf(request.Context(), r.f, request.PathValue("connection"))
		if err != nil || connection.State == flow.ConnectionOff {
			http.NotFound(w, request)
			return
		}
		handler, err := r.webhook(request.Context(), connection)
		if err != nil {
			r.w.log.Warn("webhook", "connection", connection.ID, "error", err)
			http.NotFound(w, request)
			return
		}
		handler.ServeHTTP(w, request)
	})
}

func (r *follower) webhook(ctx context.Context, connection flow.Connection) (http.Handler, error) {
	take := func(ctx context.Context, event flow.ProviderEvent) error {
		r.w.log.Info("notified", "connection", connection.ID, "kind", event.Kind, "customer", event.Customer, "holding", event.Holding)
		return r.want(ctx, connection.ID)
	}
	switch connection.Kind {
	case kindPartnerCenter:
		verifier, err := r.verifier(connection)
		if err != nil {
			return nil, err
		}
		return partnercenter.WebhookHandler(verifier.Verify, take), nil
	case kindPax8:
		provider, err := r.provider(connection)
		if err != nil {
			return nil, err
		}
		client, ok := provider.(*pax8.Client)
		if !ok {
			return nil, fmt.Errorf("%s: %w", connection.ID, flow.ErrNotOffered)
		}
		vault, err := r.w.vault(r.f, connection.ID, false)
		if err != nil {
			return nil, err
		}
		secret, err := vault.TokenLoad(ctx, hookSecret)
		return &pax8.Webhook{Client: client, Secret: secret, Take: take}, err
	default:
		return nil, fmt.Errorf("%s: %w", connection.ID, flow.ErrNotOffered)
	}
}

// certificateWait is how long a provider may take to show the certificate that it signed with.
const certificateWait = 10 * time.Second

// verifier is kept for each connection: it remembers certificates.
func (r *follower) verifier(connection flow.Connection) (*partnercenter.WebhookVerifier, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if verifier, known := r.verifiers[connection.ID]; known {
		return verifier, nil
	}
	trust, err := trustOf(connection)
	if err != nil {
		return nil, err
	}
	trust.HTTP, trust.Clock = &http.Client{Timeout: certificateWait}, r.f.Clock.Now
	verifier := partnercenter.NewWebhookVerifier(trust)
	r.verifiers[connection.ID] = verifier
	return verifier, nil
}

// trustOf believes Microsoft, or the stand-in that the connection is to.
func trustOf(connection flow.Connection) (partnercenter.WebhookTrust, error) {
	text := connection.Settings[settingAuthority]
	if text == "" {
		roots, err := x509.SystemCertPool()
		return partnercenter.MicrosoftTrust(roots), err
	}
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return partnercenter.WebhookTrust{}, fmt.Errorf("%w: connection %s: %s: %w", flow.ErrInput, connection.ID, settingAuthority, err)
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		return partnercenter.WebhookTrust{}, fmt.Errorf("%w: connection %s: %s: %w", flow.ErrInput, connection.ID, settingAuthority, err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(root)
	trust := partnercenter.MicrosoftTrust(roots)
	trust.Hosts, trust.IssuerHosts, trust.Names, trust.Origins = nil, nil, nil, []string{connection.Settings[settingAddress]}
	return trust, nil
}

type connectionNotifyCommand struct {
	ID      string `arg:"" help:"The connection's id."`
	Address string `arg:"" help:"Where the provider reaches this program, such as https://billing.example; /webhooks/ID is put behind it."`
}

// Help shows how it is used.
func (c *connectionNotifyCommand) Help() string {
	return `The address has to reach prorata serve from the provider. A notification is a hint: what it names is read from the provider itself.

  prorata connection notify microsoft https://billing.example`
}

// Run registers the address with the provider for what it tells of.
func (c *connectionNotifyCommand) Run(ctx context.Context, w *counter) error {
	notices, err := w.ConnectionNotify(ctx, flow.ConnectionID(c.ID), c.Address+"/webhooks/"+c.ID)
	if err != nil {
		return err
	}
	w.printf("%s notifies %s of %d kinds of events.\n", c.ID, notices.Address, notices.Kinds)
	return nil
}
