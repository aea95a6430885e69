package api_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"prorata/edge/api"
	"prorata/edge/secret"
	"prorata/internal/pgtest"
)

// matched is an operation that wants an If-Match, as it can be asked again and again.
type matched struct {
	// at is the address of an example, tag that of what its ETag is read of where it is another.
	at, tag string
	// body is the nth that changes something.
	body func(n int) map[string]any
	// rounds is how often it can be done; as often as the test likes where it is 0.
	rounds int
}

// named is a body in which a field is another each time.
func named(field string, rest map[string]any) func(int) map[string]any {
	return func(n int) map[string]any {
		body := map[string]any{field: fmt.Sprintf("Another %d", n)}
		for name, value := range rest {
			body[name] = value
		}
		return body
	}
}

// numbered is a body in which a field is another number each time.
func numbered(field string, rest map[string]any) func(int) map[string]any {
	return func(n int) map[string]any {
		body := named(field, rest)(n)
		body[field] = fmt.Sprint(n + 1)
		return body
	}
}

// alternating is two bodies by turns: each changes what the other left.
func alternating(field string, rest map[string]any, values ...any) func(int) map[string]any {
	return func(n int) map[string]any {
		body := named(field, rest)(n)
		body[field] = values[n%len(values)]
		return body
	}
}

// matchedOperations are all of them, of a firm that has an example of each.
func (f *firm) matchedOperations() map[string]matched {
	f.t.Helper()
	f.follow()
	f.done("POST /v1/contracts", map[string]any{"id": "unbilled", "account": "contoso", "start": "2025-04-01"})
	hook := read[api.WebhookMade](f.t, f.done("POST /v1/webhooks", map[string]any{"name": "Books", "address": "https://books.example/", "types": []string{"invoice.issued"}})).Webhook.ID
	whatIf := fmt.Sprint("/v1/what-ifs/", read[api.WhatIf](f.t, f.done("POST /v1/what-ifs", moreSeats())).ID)
	act := func(id, name string, rounds int, body func(int) map[string]any) matched {
		return matched{at: "/v1/subscriptions/" + id + "/" + name, tag: "/v1/subscriptions/" + id, body: body, rounds: rounds}
	}
	later := map[string]any{"effective": "2025-04-20"}
	return map[string]matched{
		"PUT /v1/accounts/{id}":                                 {at: "/v1/accounts/contoso", body: named("name", map[string]any{"country": "DE"})},
		"PUT /v1/contracts/{id}":                                {at: "/v1/contracts/unbilled", body: named("purchase_order", map[string]any{"account": "contoso", "start": "2025-04-01"})},
		"PUT /v1/products/{sku}":                                {at: "/v1/products/BP", body: named("name", map[string]any{"class": "resale", "kind": "license", "tax": "vat19"})},
		"PUT /v1/sellers/{id}":                                  {at: "/v1/sellers/seller", body: named("name", map[string]any{"country": "DE", "time_zone": "Europe/Berlin"})},
		"PUT /v1/sellers/{id}/letterhead":                       {at: "/v1/sellers/seller/letterhead", body: named("footer", nil)},
		"PUT /v1/users/{id}":                                    {at: "/v1/users/u-clerk", body: named("name", map[string]any{"address": "clerk@seller.example", "roles": []string{"clerk"}})},
		"PUT /v1/factor-policy":                                 {at: "/v1/factor-policy", body: alternating("roles", nil, []string{"owner"}, []string{"finance"}, []string{"clerk"}, []string{"sales"}, []string{"auditor"})},
		"PUT /v1/webhooks/{id}":                                 {at: "/v1/webhooks/" + hook, body: named("name", map[string]any{"address": "https://books.example/", "types": []string{"invoice.issued"}})},
		"PUT /v1/what-ifs/{id}":                                 {at: whatIf, body: named("name", nil)},
		"PUT /v1/connections/{connection}":                      {at: "/v1/connections/ms", body: named("name", nil)},
		"PUT /v1/connections/{connection}/customers/{customer}": {at: "/v1/connections/ms/customers/tenant", body: alternating("account", nil, "contoso", "northwind-berlin", "northwind", "northwind-ulm")},
		"PUT /v1/connections/{connection}/holdings/{holding}":   {at: "/v1/connections/ms/holdings/h1", body: alternating("subscription", nil, "s2", "azure-1"), rounds: 1},
		"POST /v1/subscriptions/{id}/change":                    act("s3", "change", 0, numbered("quantity", nil)),
		"POST /v1/subscriptions/{id}/schedule":                  act("s2", "schedule", 0, numbered("quantity", nil)),
		"POST /v1/subscriptions/{id}/suspend":                   act("s4", "suspend", 1, alternating("effective", nil, "2025-04-01", "2025-04-02", "2025-04-03", "2025-04-04")),
		"POST /v1/subscriptions/{id}/resume":                    act("s4", "resume", 1, alternating("effective", nil, "2025-04-10", "2025-04-11", "2025-04-12", "2025-04-13")),
		"POST /v1/subscriptions/{id}/cancel":                    act("s4", "cancel", 1, alternating("reason", later, "left", "gone", "away", "out")),
	}
}

// inTurn are the operations in an order in which all can be done.
func inTurn(all map[string]matched) []string {
	order := []string{}
	for _, does := range sortedKeys(all) {
		if !strings.HasPrefix(does, "POST") {
			order = append(order, does)
		}
	}
	for _, act := range []string{"change", "schedule", "suspend", "resume", "cancel"} {
		order = append(order, "POST /v1/subscriptions/{id}/"+act)
	}
	return order
}

const (
	matchRounds = 10
	atOnce      = 2
)

// Of several who change the same thing at the same time, all having read it as it was, one does:
// the others are told that it changed. No operation that wants an If-Match is left out.
func TestOfSeveralWhoChangeTheSameThingOneDoes(t *testing.T) {
	onBoth(t, func(t *testing.T, f *firm) {
		all := f.matchedOperations()
		for does, operation := range operationsOf(t, f) {
			if does != changingTax && wantsMatch(operation) != (all[does].at != "") {
				t.Errorf("%s is missing in the table of this test, or wants no If-Match", does)
			}
		}
		for _, does := range inTurn(all) {
			t.Run(does, func(t *testing.T) {
				f.t = t
				one := all[does]
				method, _, _ := strings.Cut(does, " ")
				if one.tag == "" {
					one.tag = one.at
				}
				n := 0
				for range max(1, one.rounds, matchRounds*(1-one.rounds)) {
					f.race(method+" "+one.at, one.tag, func() map[string]any { n++; return one.body(n) })
				}
			})
		}
		f.t = t
	})
}

const changingTax = "PUT /v1/taxes/{name}"

// A tax can be changed as long as nothing was billed at all.
func TestOfSeveralWhoChangeATaxOneDoes(t *testing.T) {
	for engine, where := range map[string]func() string{"sqlite": func() string { return "sqlite:" + filepath.Join(t.TempDir(), "book.db") }, "postgres": func() string { return pgtest.NewDatabase(t) }} {
		t.Run(engine, func(t *testing.T) {
			key, err := secret.ParseKey(secret.NewKeyText())
			must(t, err)
			f := openFirm(t, where(), key)
			t.Cleanup(func() { must(t, f.shut()) })
			f.people()
			f.done("POST /v1/taxes", map[string]any{"name": "DE7", "percent": "7", "category": "standard"})
			body, n := numbered("percent", map[string]any{"category": "standard"}), 0
			for range matchRounds {
				f.race("PUT /v1/taxes/DE7", "/v1/taxes/DE7", func() map[string]any { n++; return body(n) })
			}
		})
	}
}

func wantsMatch(operation map[string]any) bool {
	parameters, _ := operation["parameters"].([]any)
	for _, parameter := range parameters {
		if parameter.(map[string]any)["name"] == "If-Match" {
			return true
		}
	}
	return false
}

// race sends several requests with the same ETag at once.
func (f *firm) race(does, thing string, body func() map[string]any) {
	f.t.Helper()
	tag := f.done("GET "+thing, nil).header.Get("ETag")
	answers, start := make([]answer, atOnce), make(chan struct{})
	var all sync.WaitGroup
	for i := range answers {
		sent := body()
		all.Go(func() {
			<-start
			answers[i] = f.ask("owner", does, sent, "If-Match", tag)
		})
	}
	close(start)
	all.Wait()
	done := 0
	for _, got := range answers {
		switch {
		case got.status < http.StatusMultipleChoices:
			done++
		case got.status == http.StatusServiceUnavailable && got.header.Get("Retry-After") != "":
		default:
			f.wantProblem(got, http.StatusPreconditionFailed, "changed")
		}
	}
	if done != 1 {
		f.t.Errorf("%d of %d were done: %v", done, len(answers), answers)
	}
}
