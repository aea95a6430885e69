package api_test

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"prorata/edge/api"
	"prorata/flow"
	"prorata/flow/office"
)

// A connection is added and changed; its secret is sealed, and in no answer, record or log; and
// nothing that leads it elsewhere can be set.
func TestAConnectionIsPutAndItsSecretStaysIn(t *testing.T) {
	f := newFirm(t)
	const at = "PUT /v1/connections/microsoft"
	f.wantProblem(f.ask("finance", at, map[string]any{"name": "Microsoft"}), http.StatusForbidden, "denied")
	added := f.ask("operations", at, map[string]any{"name": "Microsoft", "settings": map[string]any{"tenant": "alpine.example", "client_id": "app"}, "client_secret": "hunter2"}, "Idempotency-Key", "k1")
	more := map[string]any{"country": "FR", "settings": map[string]any{"cloud": "commercial"}}
	f.wantProblem(f.ask("operations", at, more), http.StatusPreconditionRequired, "match_needed")
	tag := f.ask("operations", "GET /v1/connections/microsoft", nil).header.Get("ETag")
	one := read[api.Connection](t, f.ask("operations", at, more, "If-Match", tag))
	f.wantProblem(f.ask("owner", at, map[string]any{"country": "DE"}, "If-Match", tag), http.StatusPreconditionFailed, "changed")
	f.wantProblem(f.ask("owner", "PUT /v1/connections/none", more, "If-Match", tag), http.StatusNotFound, "unknown")
	if one.Kind != "partnercenter" || one.State != "consent needed" || one.Name != "Microsoft" || one.Country != "FR" || one.Currency != "EUR" || one.Settings["tenant"] != "alpine.example" || one.Settings["cloud"] != "commercial" {
		t.Errorf("%+v", one)
	}
	for _, wrong := range []map[string]any{{"settings": map[string]any{"address": "https://evil.example"}}, {"settings": map[string]any{"folder": "/etc"}}, {"settings": map[string]any{"tenant": "a/b"}}, {"kind": "pigeon"}, {"currency": "XXZ"}} {
		f.wantProblem(f.ask("operations", at, wrong), http.StatusUnprocessableEntity, "invalid")
	}
	told := []string{string(added.body), string(f.ask("owner", "GET /v1/connections/microsoft", nil).body), string(f.ask("owner", "GET /v1/connections", nil).body),
		string(f.ask("owner", "GET /v1/audit?limit=200", nil).body), f.log.String()}
	if added.status != http.StatusOK || strings.Contains(strings.Join(told, "\n"), "hunter2") {
		t.Errorf("the secret is told: %s", told)
	}
	vault := flow.Vault{Flow: f.Flow, Connection: "microsoft", Sealer: f.Identity.Sealer}
	if secret, err := vault.TokenLoad(t.Context(), "client_secret"); err != nil || secret != "hunter2" {
		t.Errorf("the secret is %q, %v", secret, err)
	}
}

// What is agreed at a provider is done there once for one key, and is in the audit.
func TestWhatIsAgreedAtAProvider(t *testing.T) {
	f := newFirm(t).follow()
	notices := want[api.Notices](f, "operations", "POST /v1/connections/ms/notices", map[string]any{"address": "https://billing.example/"}, http.StatusOK)
	if notices.Address != "https://billing.example/webhooks/ms" || notices.Kinds != 3 {
		t.Errorf("%+v", notices)
	}
	f.wantProblem(f.ask("operations", "POST /v1/connections/ms/notices", map[string]any{"address": "http://billing.example"}), http.StatusUnprocessableEntity, "invalid")
	links := want[api.InvitationLinks](f, "sales", "POST /v1/connections/ms/invitations", map[string]any{"access": map[string]any{"name": "Desk", "roles": []string{"directory-readers"}}}, http.StatusOK)
	if links.Relationship == "" || links.Access == nil || links.Access.Days != 365 || links.Access.Roles[0] != "directory-readers" {
		t.Errorf("%+v", links)
	}
	if alone := want[api.InvitationLinks](f, "sales", "POST /v1/connections/ms/invitations", map[string]any{}, http.StatusOK); alone.Access != nil {
		t.Errorf("%+v", alone)
	}
	const at = "POST /v1/connections/ms/customers/tenant/agreement"
	who := map[string]any{"first_name": "Ann", "last_name": "Lee", "email": "ann@contoso.example"}
	for range 2 {
		if got := read[api.AcceptanceReport](t, f.ask("sales", at, who, "Idempotency-Key", "agree")); got.Already || !got.Agreed {
			t.Errorf("%+v", got)
		}
	}
	if told := f.ways().accepted; len(told) != 1 || told[0].On != f.day("2025-03-12") {
		t.Errorf("the provider was told %+v", told)
	}
	if again := want[api.AcceptanceReport](f, "sales", at, who, http.StatusOK); !again.Already || !again.Agreed {
		t.Errorf("%+v", again)
	}
	who["on"] = "2025-03-13"
	if problem := f.wantProblem(f.ask("sales", at, who), http.StatusUnprocessableEntity, "invalid"); problem.Faults[0].Pointer != "#/on" {
		t.Errorf("%+v", problem)
	}
	f.wantProblem(f.ask("clerk", at, who), http.StatusForbidden, "denied")
	f.wantProblem(f.ask("sales", strings.Replace(at, "/ms/", "/px/", 1), who), http.StatusNotFound, "unknown")
	must(t, f.Store.Read(t.Context(), func(tx office.Tx) error {
		list, err := tx.AuditList(office.AuditFilter{Verb: "AgreementAccept", Outcome: office.Failed})
		if len(list) != 1 || list[0].Subject != "ms/tenant" {
			t.Errorf("%+v", list)
		}
		return err
	}))
}

// Before something is linked the provider is asked whether it has it, and how it spells it.
func TestLinksAreCheckedAndMade(t *testing.T) {
	f := newFirm(t).follow()
	f.ways().customers = []flow.ProviderCustomer{{ID: "tenant", Name: "Contoso"}, {ID: "stranger", Name: "Somebody", Domain: "somebody.example"}}
	asked := want[api.AskedCustomers](f, "sales", "GET /v1/connections/ms/provider-customers?agreed=true", nil, http.StatusOK)
	if len(asked.Items) != 2 || asked.Items[0].Account != "contoso" || asked.Items[0].Contract != "c1" || asked.Items[1].Account != "" || asked.Items[1].Agreed == nil || *asked.Items[1].Agreed {
		t.Errorf("%+v", asked)
	}
	if strangers := want[api.AskedCustomers](f, "sales", "GET /v1/connections/ms/provider-customers?unlinked=true", nil, http.StatusOK).Items; len(strangers) != 1 || strangers[0].ID != "stranger" || strangers[0].Agreed != nil {
		t.Errorf("%+v", strangers)
	}
	const customers, holdings = "/v1/connections/ms/customers/", "/v1/connections/ms/holdings/"
	account := map[string]any{"account": "northwind"}
	if checked := want[api.LinkChecked](f, "clerk", "POST "+customers+"STRANGER/check", account, http.StatusOK); checked.ID != "stranger" {
		t.Errorf("%+v", checked)
	}
	f.wantProblem(f.ask("clerk", "POST "+customers+"nobody/check", account), http.StatusUnprocessableEntity, "invalid")
	sold := map[string]any{"subscription": "s1"}
	if checked := want[api.LinkChecked](f, "clerk", "POST "+holdings+"H1/check", sold, http.StatusOK); checked.ID != "h1" {
		t.Errorf("%+v", checked)
	}
	f.wantProblem(f.ask("clerk", "POST "+holdings+"h9/check", sold), http.StatusUnprocessableEntity, "invalid")
	want[struct{}](f, "clerk", "PUT "+holdings+"h2", map[string]any{"subscription": "s3"}, http.StatusNoContent)
	if held := want[api.SubscriptionHeld](f, "clerk", "GET /v1/subscriptions/s3/holding", nil, http.StatusOK); held.Connection != "ms" || held.Holding != "h2" {
		t.Errorf("%+v", held)
	}
	if problem := f.wantProblem(f.ask("clerk", "PUT "+holdings+"h2", map[string]any{"subscription": "s9"}), http.StatusUnprocessableEntity, "invalid"); problem.Faults[0].Pointer != "#/subscription" {
		t.Errorf("%+v", problem)
	}
	f.wantProblem(f.ask("sales", "PUT "+holdings+"h2", sold), http.StatusForbidden, "denied")
	// Who did not see that the holding is a subscription by now is told so; one that no sync saw can be linked, and read.
	f.wantProblem(f.ask("clerk", "PUT "+holdings+"h2", sold), http.StatusPreconditionRequired, "match_needed")
	f.wantProblem(f.ask("clerk", "PUT "+holdings+"h2", sold, "If-Match", f.ask("clerk", "GET "+holdings+"h1", nil).header.Get("ETag")), http.StatusPreconditionFailed, "changed")
	if got := f.ask("clerk", "PUT "+holdings+"h2", sold, "If-Match", f.ask("clerk", "GET "+holdings+"h2", nil).header.Get("ETag")); got.status != http.StatusNoContent {
		t.Error(got)
	}
	if both := want[api.Holding](f, "sales", "GET "+holdings+"h2", nil, http.StatusOK); len(both.Subscriptions) != 2 || both.Status != "expired" || both.SeenAt == nil {
		t.Errorf("%+v", both)
	}
	f.wantProblem(f.ask("sales", "GET "+holdings+"h7", nil), http.StatusNotFound, "unknown")
	want[struct{}](f, "clerk", "PUT "+holdings+"h7", map[string]any{"subscription": "s4"}, http.StatusNoContent)
	if unseen := want[api.Holding](f, "sales", "GET "+holdings+"h7", nil, http.StatusOK); len(unseen.Subscriptions) != 1 || unseen.Status != "unknown" || unseen.SeenAt != nil {
		t.Errorf("%+v", unseen)
	}
	// What the provider does not do is no fault of the program.
	for code, failed := range map[string]error{
		"409 consent_needed 0": flow.ErrConsent, "409 not_offered 0": fmt.Errorf("ms: %w", flow.ErrNotOffered), "503 provider_busy 30": fmt.Errorf("customers: %w", flow.ErrThrottled),
		"503 provider_silent 30": fmt.Errorf("customers: %w: connection refused", flow.ErrUnanswered), "409 provider_refused 0": &flow.ProviderRefusal{Code: "900421", Sentence: "The tenant is closed", Todo: "Call them."},
	} {
		f.ways().err = failed
		got := f.ask("sales", "GET /v1/connections/ms/provider-customers", nil)
		problem := f.wantProblem(got, got.status, read[api.Problem](t, got).Code)
		if told := fmt.Sprintf("%d %s %s", got.status, problem.Code, cmp.Or(got.header.Get("Retry-After"), "0")); told != code {
			t.Errorf("%v is told as %s, expected %s", failed, told, code)
		}
		if problem.Code == "provider_refused" && problem.Detail != "The tenant is closed (900421). Call them." {
			t.Error(problem.Detail)
		}
	}
}

// The announced prices are those of the connection's market; nothing is taken in.
func TestAnnouncedPricesAreLookedAt(t *testing.T) {
	f := newFirm(t).follow()
	const at = "POST /v1/connections/ms/price-sheet-preview"
	news := want[api.PriceNews](f, "sales", at, map[string]any{"rule": map[string]any{"of": "cost", "percent": "20"}}, http.StatusOK)
	found := false
	for _, c := range news.Changes {
		// 15 seats: 22.00 before; 20.00 and a fifth after.
		found = found || c.Subscription == "s1" && c.On == "2025-04-01" && c.Before.Amount == "330.00" && c.After.Amount == "360.00"
	}
	if !found || news.Ends == nil {
		t.Errorf("%+v", news)
	}
	if short := want[api.PriceNews](f, "sales", at, map[string]any{"until": "2025-03-31"}, http.StatusOK); len(short.Changes) != 0 {
		t.Errorf("%+v", short)
	}
	if problem := f.wantProblem(f.ask("sales", at, map[string]any{"until": "2028-03-13"}), http.StatusUnprocessableEntity, "invalid"); problem.Faults[0].Pointer != "#/until" {
		t.Errorf("%+v", problem)
	}
	f.wantProblem(f.ask("customer", at, map[string]any{}), http.StatusForbidden, "denied")
}
