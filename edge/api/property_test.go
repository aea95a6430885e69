package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"prorata/edge/api"
	"prorata/flow"
	"prorata/flow/office"
)

// known are names that the book has, so that what is asked gets beyond the door.
var known = []string{"INV-000001", "INV-000002", "CN-000001", "contoso", "northwind", "northwind-berlin", "c1", "c2", "n1", "s1", "s2", "s3", "s4", "azure-1", "setup-1", "BP", "AZ", "monthly", "1", "2", "3",
	"ms", "box", "G1", "unbilled", "tenant", "stranger", "h1", "l1", "price change"}

// odd are texts that have broken programs.
var odd = []string{"", " ", "0", "-1", "null", "true", "\x00", "\u202e", "🧾", "é", "e\u0301", "'; DROP TABLE invoice; --", "%2e%2e%2f", "..", "../../etc/passwd", "<script>", "\r\nX: y", "9223372036854775808",
	"1e309", "NaN", "2026-02-30", "0000-00-00", "9999-12-31", strings.Repeat("x", 300), strings.Repeat("€", 2000)}

var (
	dates    = []string{"2025-01-01", "2025-03-12", "2025-03-31", "2025-04-01", "2025-12-31", "2024-02-29", "2026-03-12"}
	decimals = []string{"1", "0", "5", "12.50", "-3", "0.000001", "999999999999", "100000000000000000"}
)

// sender makes up requests for one operation of the document.
type sender struct {
	*rapid.T
	schemas schemas
	// careful is set where all that is sent is to be as the document wants it, of things that there are.
	careful bool
}

func (s *sender) chance(percent int) bool {
	return (!s.careful || percent >= 40) && s.drawn(percent)
}

func (s *sender) drawn(percent int) bool { return rapid.IntRange(0, 99).Draw(s.T, "chance") < percent }

func (s *sender) text() string {
	if s.careful {
		return rapid.SampledFrom(known).Draw(s.T, "known")
	}
	switch rapid.IntRange(0, 3).Draw(s.T, "kind of text") {
	case 0:
		return rapid.SampledFrom(odd).Draw(s.T, "odd")
	case 1:
		return rapid.String().Draw(s.T, "any")
	}
	return rapid.SampledFrom(known).Draw(s.T, "known")
}

// value is one that fits a schema, but for one time in many.
func (s *sender) value(schema map[string]any, wrong int) any {
	schema = s.schemas.at(schema)
	if s.chance(wrong) {
		return rapid.SampledFrom([]any{nil, true, 7, -1.5, 1e308, "x", "", []any{}, []any{nil}, map[string]any{}, map[string]any{"a": 1}}).Draw(s.T, "wrong")
	}
	if enum, ok := schema["enum"].([]any); ok {
		return rapid.SampledFrom(enum).Draw(s.T, "one of")
	}
	kinds, many := schema["type"].([]any)
	if !many {
		kinds = []any{schema["type"]}
	}
	switch kinds[0] {
	case "object":
		return s.object(schema, wrong)
	case "array":
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(s.T, "items") {
			list = append(list, s.value(schema["items"].(map[string]any), wrong))
		}
		return list
	case "integer", "number":
		return rapid.SampledFrom([]any{1, 2, 3, 0, -1, 50, 9007199254740993, 1.5}).Draw(s.T, "number")
	case "boolean":
		return rapid.Bool().Draw(s.T, "flag")
	}
	return s.textFor(schema)
}

func (s *sender) textFor(schema map[string]any) string {
	pattern, _ := schema["pattern"].(string)
	switch {
	case schema["format"] == "date":
		return rapid.SampledFrom(dates).Draw(s.T, "day")
	case schema["format"] == "date-time":
		return rapid.SampledFrom([]string{"2025-03-12T10:00:00Z", "2025-03-12T10:00:00.123456+01:00", "2025-03-12"}).Draw(s.T, "instant")
	case strings.Contains(pattern, "[A-Z]{3}"):
		return rapid.SampledFrom([]string{"EUR", "USD", "JPY", "XXX"}).Draw(s.T, "currency")
	case strings.Contains(pattern, "[A-Z]{2}"):
		return rapid.SampledFrom([]string{"DE", "FR", "ZZ"}).Draw(s.T, "country")
	case strings.HasPrefix(pattern, "^-?[0-9]"):
		return rapid.SampledFrom(decimals).Draw(s.T, "decimal")
	}
	return s.text()
}

func (s *sender) object(schema map[string]any, wrong int) map[string]any {
	made := map[string]any{}
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for _, name := range sortedKeys(properties) {
		if slices.Contains(required, any(name)) && !s.chance(wrong) || s.chance(40) {
			made[name] = s.value(properties[name].(map[string]any), wrong)
		}
	}
	if s.chance(wrong) {
		made["no_such_field"] = 1
	}
	return made
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// address fills in the path and the query.
func (s *sender) address(path string, operation map[string]any) string {
	query := url.Values{}
	parameters, _ := operation["parameters"].([]any)
	for _, parameter := range parameters {
		p := s.schemas.at(parameter.(map[string]any))
		name, _ := p["name"].(string)
		switch p["in"] {
		case "path":
			text := s.named(path, name)
			// A segment that is empty or dots is another address.
			if strings.Trim(text, "./") == "" {
				text = "1"
			}
			path = strings.Replace(path, "{"+name+"}", url.PathEscape(text), 1)
		case "query":
			if p["required"] == true && s.careful || s.chance(25) {
				query.Set(name, fmt.Sprint(s.value(p["schema"].(map[string]any), 10)))
			}
		}
	}
	if s.chance(5) {
		query.Set("no_such_parameter", "1")
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// things are names that there are, by the beginning of an address.
var things = map[string][]string{
	"/v1/invoices": {"INV-000001", "INV-000002", "INV-000003"}, "/v1/accounts": {"contoso", "northwind", "northwind-ulm"}, "/v1/contracts": {"c1", "c2", "n1"},
	"/v1/subscriptions": {"s1", "s2", "s3", "s4"}, "/v1/billing-holds": {"c1", "c2", "northwind"}, "/v1/webhooks": {"hook"},
	"/v1/connections": {"ms"}, "/v1/provider-invoices": {"ms"},
	"/v1/users": {"u-clerk", "u-sales", "u-customer"}, "/v1/products": {"BP", "AZ"}, "/v1/price-lists": {"default"}, "/v1/sellers": {"seller"}, "/v1/taxes": {"vat19"},
	"/v1/views/invoices": {"mine"},
}

// parts are names for the parts of an address beside its first.
var parts = map[string][]string{"invoice": {"G1", "unbilled"}, "customer": {"tenant", "stranger"}, "holding": {"h1", "h2"}, "no": {"1", "2"}}

// named is the name of a thing for an address.
func (s *sender) named(path, part string) string {
	if s.careful {
		if names := parts[part]; names != nil {
			return rapid.SampledFrom(names).Draw(s.T, "part")
		}
		for prefix, names := range things {
			if strings.HasPrefix(path, prefix) {
				return rapid.SampledFrom(names).Draw(s.T, "thing")
			}
		}
		return rapid.SampledFrom([]string{"1", "2"}).Draw(s.T, "number")
	}
	return s.text()
}

// body is one for the operation; nil where it takes none.
func (s *sender) body(operation map[string]any) any {
	content, ok := operation["requestBody"].(map[string]any)
	if !ok {
		return nil
	}
	if s.chance(5) {
		return rapid.SampledFrom([]string{"", "{", "[]", "null", "{}{}", "\xff", `{"a":1,"a":2}`, strings.Repeat("[", 20_000)}).Draw(s.T, "no JSON")
	}
	media, isJSON := content["content"].(map[string]any)["application/json"].(map[string]any)
	if !isJSON {
		return rapid.SampledFrom([]string{someBook, "accounts: [", "", "\xff", "sku,name\nA,B\n"}).Draw(s.T, "file")
	}
	schema := media["schema"].(map[string]any)
	return s.value(schema, rapid.SampledFrom([]int{0, 8}).Draw(s.T, "how wrong"))
}

func (s *sender) header(f *firm, address string) (header []string) {
	if s.careful {
		// The tag of the thing, which is what the address begins with.
		parts := strings.Split(address, "/")
		if tag := f.ask("owner", "GET "+strings.Join(parts[:min(4, len(parts))], "/"), nil).header.Get("ETag"); tag != "" {
			header = append(header, "If-Match", tag)
		}
	} else if s.chance(50) {
		header = append(header, "If-Match", rapid.SampledFrom([]string{`"v1-x"`, `"v2"`, `"v0"`, "*", "x", `"v-1"`, `W/"v1"`, `"v99999999999999999999"`}).Draw(s.T, "tag"))
	}
	if s.chance(20) {
		header = append(header, "Idempotency-Key", rapid.SampledFrom([]string{"k1", "k2", "k3", "a b", strings.Repeat("k", 201)}).Draw(s.T, "key"))
	}
	return header
}

// Whatever is sent to any operation by anybody, the program does not fail, and what it answers
// is in the document: the status, and the body to the field.
func TestWhateverIsSentIsAnsweredAsTheDocumentSays(t *testing.T) {
	f := newFirm(t, func(s *api.Settings) { s.AddressRate = 1_000_000 }).follow()
	f.clock.ticks = true
	document := read[map[string]any](t, f.ask("", "GET /openapi.json", nil))
	operations := operationsOf(t, f)
	names := make([]string, 0, len(operations))
	for does := range operations {
		names = append(names, does)
	}
	slices.Sort(names)
	// A webhook is made and nothing is sent to it: nobody goes round.
	must(t, f.Store.Write(t.Context(), func(tx office.Tx) error {
		return tx.WebhookAdd(office.Webhook{ID: "hook", Name: "Books", Address: "https://books.example/", Types: flow.MessageTypes(), Version: 1, MadeAt: f.clock.Now()})
	}))
	for _, does := range names {
		operation := operations[does]
		method, path, _ := strings.Cut(does, " ")
		t.Run(does, func(t *testing.T) {
			f.t = t
			worked := 0
			rapid.Check(t, func(rt *rapid.T) {
				s := &sender{rt, document, false}
				s.careful = s.chance(50)
				role := office.Owner
				if !s.careful {
					role = rapid.SampledFrom(office.Roles()).Draw(rt, "role")
				}
				address, body := s.address(path, operation), s.body(operation)
				header := s.header(f, address)
				if content, ok := operation["requestBody"].(map[string]any); ok && content["content"].(map[string]any)["application/octet-stream"] != nil {
					header = append(header, "Content-Type", "application/octet-stream")
				}
				got := f.ask(role.String(), method+" "+address, body, header...)
				if got.status < 300 {
					worked++
				}
				if faults := s.faults(operation, got); len(faults) > 0 {
					sent, _ := json.Marshal(body)
					rt.Fatalf("%s %s by %s %v\n%s\nis answered %s\n%s\nthe log: %s", method, address, role, header, sent, got, strings.Join(faults, "\n"), f.log.String())
				}
				f.log.Reset()
			})
			if method == http.MethodGet && !strings.Contains(path, "{") && worked == 0 {
				t.Error("not one request was answered with what was asked for")
			}
		})
	}
}

// faults are where an answer is not as the document has it.
func (s *sender) faults(operation map[string]any, got answer) []string {
	if got.status >= 500 {
		return []string{"the program failed"}
	}
	if got.status == http.StatusNotModified {
		return nil
	}
	responses := operation["responses"].(map[string]any)
	response, ok := responses[fmt.Sprint(got.status)].(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("the document has no answer %d for it", got.status)}
	}
	response = s.schemas.at(response)
	content, _ := response["content"].(map[string]any)
	if len(content) == 0 {
		if len(got.body) != 0 {
			return []string{"the document has no body for it"}
		}
		return nil
	}
	media, ok := content[got.header.Get("Content-Type")].(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("the document has no %s for it", got.header.Get("Content-Type"))}
	}
	if media["schema"].(map[string]any)["format"] == "binary" {
		return nil
	}
	if got.header.Get("Content-Type") == "text/event-stream" {
		return s.schemas.fits("body", media["schema"].(map[string]any), string(got.body))
	}
	var value any
	if err := json.Unmarshal(got.body, &value); err != nil {
		return []string{err.Error()}
	}
	return s.schemas.fits("body", media["schema"].(map[string]any), value)
}
