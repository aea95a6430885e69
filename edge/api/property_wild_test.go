package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"pgregory.net/rapid"

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

// wild makes up requests of all sorts: what the document does not allow, what there is not,
// and texts that have broken programs.
type wild struct {
	*rapid.T
	schemas schemas
}

// request is one by anybody.
func (w *wild) request(does string, operation map[string]any) request {
	method, path, _ := strings.Cut(does, " ")
	role := rapid.SampledFrom(office.Roles()).Draw(w.T, "role")
	address, body := w.address(path, operation), w.body(operation)
	header := w.header()
	if content, ok := operation["requestBody"].(map[string]any); ok && content["content"].(map[string]any)["application/octet-stream"] != nil {
		header = append(header, "Content-Type", "application/octet-stream")
	}
	return request{role, method + " " + address, body, header}
}

func (w *wild) chance(percent int) bool { return rapid.IntRange(0, 99).Draw(w.T, "chance") < percent }

func (w *wild) text() string {
	switch rapid.IntRange(0, 3).Draw(w.T, "kind of text") {
	case 0:
		return rapid.SampledFrom(odd).Draw(w.T, "odd")
	case 1:
		return rapid.String().Draw(w.T, "any")
	}
	return rapid.SampledFrom(known).Draw(w.T, "known")
}

// value is one that fits a schema, but for one time in many.
func (w *wild) value(schema map[string]any, wrong int) any {
	schema = w.schemas.at(schema)
	if w.chance(wrong) {
		return rapid.SampledFrom([]any{nil, true, 7, -1.5, 1e308, "x", "", []any{}, []any{nil}, map[string]any{}, map[string]any{"a": 1}}).Draw(w.T, "wrong")
	}
	if enum, ok := schema["enum"].([]any); ok {
		return rapid.SampledFrom(enum).Draw(w.T, "one of")
	}
	kinds, many := schema["type"].([]any)
	if !many {
		kinds = []any{schema["type"]}
	}
	switch kinds[0] {
	case "object":
		return w.object(schema, wrong)
	case "array":
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(w.T, "items") {
			list = append(list, w.value(schema["items"].(map[string]any), wrong))
		}
		return list
	case "integer", "number":
		return rapid.SampledFrom([]any{1, 2, 3, 0, -1, 50, 9007199254740993, 1.5}).Draw(w.T, "number")
	case "boolean":
		return rapid.Bool().Draw(w.T, "flag")
	}
	return w.textFor(schema)
}

func (w *wild) textFor(schema map[string]any) string {
	pattern, _ := schema["pattern"].(string)
	switch {
	case schema["format"] == "date":
		return rapid.SampledFrom(dates).Draw(w.T, "day")
	case schema["format"] == "date-time":
		return rapid.SampledFrom([]string{"2025-03-12T10:00:00Z", "2025-03-12T10:00:00.123456+01:00", "2025-03-12"}).Draw(w.T, "instant")
	case strings.Contains(pattern, "[A-Z]{3}"):
		return rapid.SampledFrom([]string{"EUR", "USD", "JPY", "XXX"}).Draw(w.T, "currency")
	case strings.Contains(pattern, "[A-Z]{2}"):
		return rapid.SampledFrom([]string{"DE", "FR", "ZZ"}).Draw(w.T, "country")
	case strings.HasPrefix(pattern, "^-?[0-9]"):
		return rapid.SampledFrom(decimals).Draw(w.T, "decimal")
	}
	return w.text()
}

func (w *wild) object(schema map[string]any, wrong int) map[string]any {
	made := map[string]any{}
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for _, name := range sortedKeys(properties) {
		if slices.Contains(required, any(name)) && !w.chance(wrong) || w.chance(40) {
			made[name] = w.value(properties[name].(map[string]any), wrong)
		}
	}
	if w.chance(wrong) {
		made["no_such_field"] = 1
	}
	return made
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// address fills in the path and the query.
func (w *wild) address(path string, operation map[string]any) string {
	query := url.Values{}
	parameters, _ := operation["parameters"].([]any)
	for _, parameter := range parameters {
		p := w.schemas.at(parameter.(map[string]any))
		name, _ := p["name"].(string)
		switch p["in"] {
		case "path":
			text := w.text()
			// A segment that is empty or dots is another address.
			if strings.Trim(text, "./") == "" {
				text = "1"
			}
			path = strings.Replace(path, "{"+name+"}", url.PathEscape(text), 1)
		case "query":
			if w.chance(25) {
				query.Set(name, fmt.Sprint(w.value(p["schema"].(map[string]any), 10)))
			}
		}
	}
	if w.chance(5) {
		query.Set("no_such_parameter", "1")
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// body is one for the operation; nil where it takes none.
func (w *wild) body(operation map[string]any) any {
	content, ok := operation["requestBody"].(map[string]any)
	if !ok {
		return nil
	}
	if w.chance(5) {
		return rapid.SampledFrom([]string{"", "{", "[]", "null", "{}{}", "\xff", `{"a":1,"a":2}`, strings.Repeat("[", 20_000)}).Draw(w.T, "no JSON")
	}
	media, isJSON := content["content"].(map[string]any)["application/json"].(map[string]any)
	if !isJSON {
		return rapid.SampledFrom([]string{someBook, "accounts: [", "", "\xff", "sku,name\nA,B\n"}).Draw(w.T, "file")
	}
	schema := media["schema"].(map[string]any)
	return w.value(schema, rapid.SampledFrom([]int{0, 8}).Draw(w.T, "how wrong"))
}

func (w *wild) header() (header []string) {
	if w.chance(50) {
		header = append(header, "If-Match", rapid.SampledFrom([]string{`"v1-x"`, `"v2"`, `"v0"`, "*", "x", `"v-1"`, `W/"v1"`, `"v99999999999999999999"`}).Draw(w.T, "tag"))
	}
	if w.chance(20) {
		header = append(header, "Idempotency-Key", rapid.SampledFrom([]string{"k1", "k2", "k3", "a b", strings.Repeat("k", 201)}).Draw(w.T, "key"))
	}
	return header
}
