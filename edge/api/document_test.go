package api_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"prorata/edge/api"
	"prorata/flow/office"
)

// operationsOf are the operations of the OpenAPI document, by method and address.
func operationsOf(t testing.TB, f *firm) map[string]map[string]any {
	t.Helper()
	document := read[map[string]any](t, f.ask("", "GET /openapi.json", nil))
	operations := map[string]map[string]any{}
	for path, item := range document["paths"].(map[string]any) {
		for method, operation := range item.(map[string]any) {
			operations[strings.ToUpper(method)+" "+path] = operation.(map[string]any)
		}
	}
	return operations
}

// The document says of each operation what a reader needs. A linter that others made
// looks at it too (lint_test.go); these are the rules of this house.
func TestTheDocumentSaysWhatAReaderNeeds(t *testing.T) {
	f := newFirm(t)
	document := f.ask("", "GET /openapi.json", nil)
	if document.status != http.StatusOK || document.header.Get("ETag") == "" {
		t.Fatal(document.status, document.header)
	}
	var doc struct {
		OpenAPI    string
		Tags       []struct{ Name, Description string }
		Components struct{ Schemas map[string]any }
	}
	must(t, json.Unmarshal(document.body, &doc))
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") {
		t.Errorf("OpenAPI %s", doc.OpenAPI)
	}
	for _, tag := range doc.Tags {
		if tag.Description == "" {
			t.Errorf("areas.go has no words for the area %s", tag.Name)
		}
	}
	for name := range doc.Components.Schemas {
		if !strings.Contains(string(document.body), `"#/components/schemas/`+name+`"`) {
			t.Errorf("nothing refers to the schema %s", name)
		}
	}
	ids := map[string]string{}
	for does, operation := range operationsOf(t, f) {
		id, _ := operation["operationId"].(string)
		if ids[id] != "" || id == "" {
			t.Errorf("%s and %s have the operation id %q", does, ids[id], id)
		}
		ids[id] = does
		for _, word := range []string{"summary", "description", "tags", "security", "responses"} {
			if operation[word] == nil || operation[word] == "" {
				t.Errorf("%s has no %s", does, word)
			}
		}
		wantDescribed(t, does, operation)
	}
	if len(ids) < 3 {
		t.Errorf("only %d operations", len(ids))
	}
}

// wantDescribed wants words for every parameter and every field.
func wantDescribed(t *testing.T, does string, operation map[string]any) {
	t.Helper()
	parameters, _ := operation["parameters"].([]any)
	for _, parameter := range parameters {
		p := parameter.(map[string]any)
		if p["$ref"] == nil && (p["description"] == nil || p["schema"] == nil) {
			t.Errorf("%s: the parameter %v has no description", does, p["name"])
		}
	}
	_, changes, _, _ := office.RightOf(operation["x-verb"].(string))
	if changes && !slices.ContainsFunc(parameters, func(p any) bool {
		return p.(map[string]any)["$ref"] == "#/components/parameters/IdempotencyKey"
	}) {
		t.Errorf("%s changes something and takes no Idempotency-Key", does)
	}
}

// Every operation names the verb that it calls; who has no token, or not the right, is
// turned away whatever they send.
func TestEveryRouteWithEveryRole(t *testing.T) {
	f := newFirm(t, func(s *api.Settings) { s.AddressRate = 1_000_000 })
	for does, operation := range operationsOf(t, f) {
		method, path, _ := strings.Cut(does, " ")
		path = regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, "1")
		verb, _ := operation["x-verb"].(string)
		_, changes, roles, err := office.RightOf(verb)
		if err != nil || changes && method == http.MethodGet {
			t.Errorf("%s calls the verb %q (%v), which changes something: %t", does, verb, err, changes)
			continue
		}
		var body any
		if method != http.MethodGet {
			body = map[string]any{"no such field": true}
		}
		if got := f.ask("", method+" "+path, body); got.status != http.StatusUnauthorized {
			t.Errorf("%s without a token: %s", does, got)
		}
		for _, role := range office.Roles() {
			got := f.ask(role.String(), method+" "+path+"?no_such_parameter=1", body)
			if denied := got.status == http.StatusForbidden; denied == slices.Contains(roles, role) {
				t.Errorf("%s by %s: %s", does, role, got)
			}
		}
	}
}

// The page loads nothing from elsewhere: its policy forbids it, and lets its own
// scripts run by their hashes.
func TestTheDocsAreServedFromHere(t *testing.T) {
	f := newFirm(t)
	page := f.ask("", "GET /docs", nil)
	policy := page.header.Get("Content-Security-Policy")
	for _, word := range []string{"default-src 'none'", "script-src 'self' 'sha256-", "connect-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, word) {
			t.Errorf("the policy %q has no %q", policy, word)
		}
	}
	for _, loose := range []string{"unsafe-inline", "unsafe-eval", "http:", "https:"} {
		if strings.Contains(policy, loose) {
			t.Errorf("the policy %q lets %s in", policy, loose)
		}
	}
	sources := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(string(page.body), -1)
	if len(sources) < 3 {
		t.Fatalf("the page loads %d things", len(sources))
	}
	for _, source := range sources {
		if !strings.HasPrefix(source[1], "/docs/") {
			t.Errorf("the page loads %s", source[1])
		} else if got := f.ask("", "GET "+source[1], nil, "Accept-Encoding", "gzip"); got.status != http.StatusOK || len(got.body) == 0 {
			t.Errorf("%s: %d", source[1], got.status)
		}
	}
}
