package api_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"prorata/edge/api"
	"prorata/edge/secret"
	"prorata/flow"
	"prorata/flow/office"
)

// fullBook is a book with something of everything in it, made once and copied as often as
// it is wanted fresh, and a firm that goes on with the copies.
type fullBook struct {
	*firm
	file string
	// ends is the time at which it was done.
	ends time.Time
}

// withTokens lets everybody in by a token that has all scopes, as often as a test likes.
func withTokens(s *api.Settings) {
	known := s.PersonOfToken
	s.PersonOfToken = func(ctx context.Context, bearer, from string) (office.Person, error) {
		person, err := known(ctx, bearer, from)
		person.Scopes = office.Scopes()
		return person, err
	}
	s.AddressRate = 1_000_000
}

// newFullBook makes the book; what the API can make is made by it.
func newFullBook(t *testing.T) *fullBook {
	t.Helper()
	key, err := secret.ParseKey(secret.NewKeyText())
	must(t, err)
	file := filepath.Join(t.TempDir(), "full.db")
	f := openFirm(t, "sqlite:"+file, key, withTokens)
	f.clock.ticks = true
	f.fill()
	f.people()
	f.follow().furnish()
	f.sell()
	f.bill()
	f.mail()
	f.reconcile()
	must(t, f.shut())
	return &fullBook{f, file, f.clock.Now()}
}

// fresh has the firm go on with a copy for one test; an import waits there to be taken.
func (b *fullBook) fresh(t *testing.T) *firm {
	t.Helper()
	content, err := os.ReadFile(b.file)
	must(t, err)
	file := filepath.Join(t.TempDir(), "book.db")
	must(t, os.WriteFile(file, content, 0o600))
	f := b.firm
	f.t = t
	f.open("sqlite:" + file)
	t.Cleanup(func() { must(t, f.shut()) })
	f.clock.at = b.ends
	f.Mail = mailServer()
	f.ways().customers = []flow.ProviderCustomer{{ID: "tenant", Name: "Contoso"}, {ID: "stranger", Name: "A stranger"}}
	f.sent = read[api.Import](t, f.done(sending, someBook, "Content-Type", "application/octet-stream")).ID
	return f
}

func mailServer() *office.MailSetup {
	return &office.MailSetup{Server: "mail.example:587", Security: "starttls", From: "billing@seller.example"}
}

// done asks for something that has to be done.
func (f *firm) done(does string, body any, header ...string) answer {
	f.t.Helper()
	got := f.ask("owner", does, body, header...)
	if got.status >= http.StatusMultipleChoices {
		f.t.Fatalf("%s: %s", does, got)
	}
	return got
}

// changed asks for a change of a thing as it stands.
func (f *firm) changed(thing, does string, body any) {
	f.t.Helper()
	f.done(does, body, "If-Match", f.done("GET "+thing, nil).header.Get("ETag"))
}

// furnish makes what people, tokens, webhooks and settings are looked at by.
func (f *firm) furnish() {
	f.t.Helper()
	f.done("POST /v1/taxes", map[string]any{"name": "DE7", "percent": "7", "category": "standard"})
	f.changed("/v1/accounts/contoso", "PUT /v1/accounts/contoso", map[string]any{"name": "Contoso", "country": "DE", "email": "ap@contoso.example"})
	f.done("POST /v1/accounts/northwind-ulm/hold", map[string]any{"reason": "Two invoices are overdue"})
	f.done("PUT /v1/views/invoices/mine", map[string]any{"query": "state=standing"})
	now := f.clock.Now()
	must(f.t, f.Store.Write(f.t.Context(), func(tx office.Tx) error {
		if err := tx.TokenAdd(office.APIToken{ID: "t-owner", User: "u-owner", Name: "This test", Scopes: office.Scopes(), MadeAt: now, EndsAt: now.AddDate(1, 0, 0)}, "hash"); err != nil {
			return err
		}
		return tx.SessionAdd(office.Session{ID: "desk", User: "u-owner", From: "192.0.2.1", Agent: "A browser", MadeAt: now, SeenAt: now, EndsAt: now.AddDate(0, 0, 1), By: "password"}, "hash")
	}))
	f.done("POST /v1/tokens", map[string]any{"name": "The data warehouse", "scopes": []string{"invoices:read"}})
	f.done("POST /v1/users", map[string]any{"address": "joe@nord.example", "roles": []string{"sales"}})
	f.done("POST /v1/users/u-sales/disable", map[string]any{"reason": "They left"})
	hook := read[api.WebhookMade](f.t, f.done("POST /v1/webhooks", map[string]any{"name": "Books", "address": "https://books.example/", "types": []string{"invoice.issued"}}))
	f.done("POST /v1/webhooks/"+hook.Webhook.ID+"/try", nil)
}

// sell makes what is sold and not billed yet, and asks what would be.
func (f *firm) sell() {
	f.t.Helper()
	f.done("POST /v1/contracts", map[string]any{"id": "contoso-2025", "account": "contoso", "start": "2025-04-01"})
	f.changed("/v1/subscriptions/s3", "POST /v1/subscriptions/s3/suspend", map[string]any{"effective": "2025-03-12"})
	f.done("POST /v1/what-ifs", moreSeats())
}

// bill plans the next invoices: all are approved but those that are held.
func (f *firm) bill() {
	f.t.Helper()
	f.done("PUT /v1/billing-holds/contract:c2", map[string]any{"reason": "They asked for it"})
	f.done("POST /v1/billing-plans", map[string]any{"through": "2025-03-12"})
	f.done("POST /v1/billing-plans/1/approval", map[string]any{"approved": true})
	f.done("POST /v1/invoices/INV-000001/payments", map[string]any{"amount": "10.00", "on": "2025-03-01"})
}

// mail puts mails into the outbox, of which one was given up.
func (f *firm) mail() {
	f.t.Helper()
	f.Mail = mailServer()
	f.done("POST /v1/invoices/INV-000001/mails", map[string]any{"to": []string{"ap@contoso.example"}})
	f.done("POST /v1/mail/try", nil)
	now := f.clock.Now()
	must(f.t, f.Store.Write(f.t.Context(), func(tx office.Tx) error {
		mail, _, err := tx.MailGet(1)
		if err != nil {
			return err
		}
		mail.State, mail.Attempts, mail.NextAt, mail.Status, mail.Why = office.MailGivenUp, 1, now, 550, "no such mailbox"
		_, err = tx.MailTried(mail, office.MailAttempt{No: 1, At: now, Took: time.Second, Status: 550, Why: mail.Why})
		return err
	}))
}

// reconcile compares what the provider charged, does the jobs that are due, and leaves people
// something to look at.
func (f *firm) reconcile() {
	f.t.Helper()
	f.done("POST /v1/provider-invoices/ms/G1/reconcile", nil)
	for _, job := range read[api.List[api.Job]](f.t, f.done("GET /v1/jobs?kind=tidy", nil)).Items {
		f.done(fmt.Sprintf("POST /v1/jobs/%d/pause", job.ID), nil)
	}
	now := f.clock.Now()
	must(f.t, f.Store.Write(f.t.Context(), func(tx office.Tx) error {
		for i, kind := range []string{flow.UnknownCustomer, flow.UnmappedProduct, flow.NotProvisioned, flow.MailFailed} {
			subject := []string{"stranger", "XX", "1", "1"}[i]
			_, err := tx.ExceptionOpen(flow.Exception{Kind: kind, Subject: subject, Connection: "ms", OpenedAt: now, SeenAt: now, Sentence: fmt.Sprintf("Something is the matter with %s.", subject), Todo: "Look at it."})
			if err != nil {
				return err
			}
		}
		return nil
	}))
}
