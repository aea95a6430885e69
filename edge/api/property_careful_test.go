package api_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"prorata/flow/office"
)

// careful makes up requests that are as the document wants them, of things that there are:
// it asks the API for their names.
type careful struct {
	*rapid.T
	schemas schemas
	firm    *firm
	// paths are the document's: the operations at each address.
	paths map[string]any
	// lists are those that were read already, for what changes nothing; else nil.
	lists map[string][]map[string]any
	// slips is how many values in a hundred are ones that the document allows and hardly anything takes.
	slips int
}

// slip is such a value of a kind, where it is time for one.
func (c *careful) slip(of ...any) (value any, slipped bool) {
	if slipped = c.slips > 0 && c.chance(c.slips); slipped {
		value = c.one(of)
	}
	return value, slipped
}

// slippedDays are hardly ever taken.
var slippedDays = []any{"1999-01-01", "2025-03-11", "2025-03-13", "2031-12-31", "2025-02-30"}

// words are what a field of a name is filled in with, where the document's example does not do:
// names of things that the book has, and texts that have a form.
var words = map[string][]any{
	"account": {"contoso", "northwind-berlin"}, "accounts": {"contoso"}, "of": {"northwind"}, "parent": {"northwind"}, "reseller": {"northwind"}, "payer": {"contoso", "northwind"},
	"contract": {"c1", "c2", "n1"}, "subscription": {"s1", "s2", "s4"}, "connection": {"ms"}, "customer": {"tenant", "stranger"}, "seller": {"seller"},
	"list": {"default"}, "price_list": {"default"}, "sku": {"BP"}, "tax": {"vat19"}, "unit": {"monthly"}, "billing": {"monthly"}, "frequency": {"monthly", "quarterly"},
	"currency": {"EUR"}, "user": {"u-clerk", "u-owner"}, "assignee": {"clerk@seller.example", ""}, "invoice": {"INV-000001"}, "line": {"l1", "l2"},
	"scopes": {"invoices:read", "accounts:write"}, "email": {"ap@contoso.example"}, "text": {"contoso"}, "language": {"en"}, "answer": {"good"}, "rule": {"cost+20"}, "tenant": {"alpine.example"},
	"first_name": {"Ann"}, "last_name": {"Lee"}, "view": {"updatedlicensebased"}, "kind": {"unmapped_product"}, "term_months": {12}, "plan": {1}, "run": {1}, "nos": {1, 2},
}

// days are about when the book was written.
var days = []string{"2025-03-12", "2025-03-01", "2025-04-01", "2025-03-20"}

func (c *careful) chance(percent int) bool {
	return rapid.IntRange(0, 99).Draw(c.T, "chance") < percent
}

func (c *careful) one(of []any) any { return rapid.SampledFrom(of).Draw(c.T, "one of") }

// request is one by the owner.
func (c *careful) request(does string, operation map[string]any) request {
	method, path, _ := strings.Cut(does, " ")
	hasKey := c.chance(20)
	address, query := c.address(path, operation)
	body, header := c.body(operation)
	for _, p := range c.parameters(operation) {
		switch p["name"] {
		case "If-Match":
			header = append(header, "If-Match", c.tag(path, address))
		case "Idempotency-Key":
			if hasKey {
				header = append(header, "Idempotency-Key", fmt.Sprintf("key-%d", rapid.IntRange(0, 1<<30).Draw(c.T, "key")))
			}
		}
	}
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return request{office.Owner, method + " " + address, body, header}
}

func (c *careful) parameters(operation map[string]any) (list []map[string]any) {
	given, _ := operation["parameters"].([]any)
	for _, p := range given {
		list = append(list, c.schemas.at(p.(map[string]any)))
	}
	return list
}

// address fills in the path and the query.
func (c *careful) address(path string, operation map[string]any) (string, url.Values) {
	address, query := c.named(path), url.Values{}
	for _, p := range c.parameters(operation) {
		name, schema := p["name"].(string), c.schemas.at(p["schema"].(map[string]any))
		if p["in"] != "query" || p["required"] != true && !c.chance(20) {
			continue
		}
		if name == "after" {
			// Only a page says where the next begins.
			if next := read[struct{ Next string }](c.firm.t, c.firm.ask("owner", "GET "+address+"?limit=1", nil)).Next; next != "" {
				query.Set(name, next)
			}
			continue
		}
		query.Set(name, fmt.Sprint(c.value(name, schema)))
	}
	return address, query
}

// named fills the names in: each is one of the list that its address goes on from.
func (c *careful) named(path string) string {
	var address strings.Builder
	var last map[string]any
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		name, isName := strings.CutPrefix(segment, "{")
		if name = strings.TrimSuffix(name, "}"); isName {
			segment = c.name(address.String(), name, &last)
		} else {
			last = nil
		}
		address.WriteString("/" + segment)
	}
	return address.String()
}

// name is one of the things that a list has; of two names in a row both are of the same thing.
func (c *careful) name(list, name string, last *map[string]any) string {
	switch list {
	case "/v1/views":
		return "invoices"
	case "/v1/imports":
		return c.firm.sent
	}
	item := *last
	if item == nil {
		items := c.list(list)
		if len(items) == 0 {
			return "none"
		}
		item = rapid.SampledFrom(items).Draw(c.T, "thing")
		*last = item
	}
	value, has := item[name]
	if !has {
		value = item["id"]
	}
	if number, isNumber := value.(float64); isNumber {
		return fmt.Sprint(int64(number))
	}
	return url.PathEscape(fmt.Sprint(value))
}

// list is the first page of a list.
func (c *careful) list(address string) []map[string]any {
	items, has := c.lists[address]
	if !has {
		items = read[struct{ Items []map[string]any }](c.firm.t, c.firm.ask("owner", "GET "+address, nil)).Items
		if c.lists != nil {
			c.lists[address] = items
		}
	}
	return items
}

// tag is the entity tag of what is changed: the thing at the address, or what it is done to.
func (c *careful) tag(path, address string) string {
	if at, _ := c.paths[path].(map[string]any); at["get"] == nil {
		address = address[:strings.LastIndex(address, "/")]
	}
	return c.firm.ask("owner", "GET "+address, nil).header.Get("ETag")
}

// body is one for the operation, nil where it takes none, and how it is sent.
func (c *careful) body(operation map[string]any) (body any, header []string) {
	content, ok := operation["requestBody"].(map[string]any)
	if !ok {
		return nil, nil
	}
	media := content["content"].(map[string]any)
	if asked, isJSON := media["application/json"].(map[string]any); isJSON {
		schema := asked["schema"].(map[string]any)
		body = c.value("", schema)
		if faults := c.sentFaults(schema, body); len(faults) > 0 && c.slips == 0 {
			c.firm.t.Errorf("the test itself sends what the document does not want: %s", strings.Join(faults, "\n"))
		}
		return body, nil
	}
	return someBook, []string{"Content-Type", rapid.SampledFrom(sortedKeys(media)).Draw(c.T, "media type")}
}

// sentFaults are where a body is not as its schema has it.
func (c *careful) sentFaults(schema map[string]any, body any) []string {
	raw, err := json.Marshal(body)
	must(c.firm.t, err)
	var value any
	must(c.firm.t, json.Unmarshal(raw, &value))
	return c.schemas.fits("body", schema, value)
}

// value is one for a field that fits its schema.
func (c *careful) value(field string, schema map[string]any) any {
	schema = c.schemas.at(schema)
	if enum, ok := schema["enum"].([]any); ok {
		return c.one(enum)
	}
	examples, _ := schema["examples"].([]any)
	switch kindOf(schema) {
	case "object":
		return c.object(schema)
	case "array":
		if len(examples) > 0 && c.chance(50) {
			return c.one(examples)
		}
		return c.array(field, schema)
	case "boolean":
		return rapid.Bool().Draw(c.T, "flag")
	case "integer", "number":
		return c.number(field, schema)
	}
	return c.text(field, schema, examples)
}

func kindOf(schema map[string]any) any {
	if kinds, many := schema["type"].([]any); many {
		return kinds[0]
	}
	return schema["type"]
}

// object has what it needs; of the rest a little, and often nothing, as not everything goes together.
func (c *careful) object(schema map[string]any) map[string]any {
	made := map[string]any{}
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	often := rapid.SampledFrom([]int{0, 10, 20, 40}).Draw(c.T, "how much")
	for _, name := range sortedKeys(properties) {
		if slices.Contains(required, any(name)) || c.chance(often) {
			made[name] = c.value(name, properties[name].(map[string]any))
		}
	}
	return made
}

func (c *careful) array(field string, schema map[string]any) []any {
	least, most := bound(schema, "minItems", 0), bound(schema, "maxItems", 3)
	list := []any{}
	_, twice := c.slip(nil)
	for range rapid.IntRange(least, max(least, min(most, 3))).Draw(c.T, "items") {
		item := c.value(field, schema["items"].(map[string]any))
		if _, isObject := item.(map[string]any); isObject || twice || !slices.Contains(list, item) {
			list = append(list, item)
		}
	}
	return list
}

func bound(schema map[string]any, name string, otherwise int) int {
	if given, ok := schema[name].(float64); ok {
		return int(given)
	}
	return otherwise
}

func (c *careful) number(field string, schema map[string]any) any {
	if known := words[field]; known != nil && field != "line" {
		return c.one(known)
	}
	if field == "ids" {
		if items := c.list("/v1/exceptions"); len(items) > 0 {
			return rapid.SampledFrom(items).Draw(c.T, "exception")["id"]
		}
	}
	least := bound(schema, "minimum", 0)
	if value, slipped := c.slip(least, bound(schema, "maximum", 1<<40), 7); slipped {
		return value
	}
	return rapid.IntRange(least, min(bound(schema, "maximum", least+3), least+40)).Draw(c.T, "number")
}

// slipped is a text that the document allows, of a thing that there is not or beyond what is taken.
func (c *careful) slipped(schema map[string]any) (text string, slipped bool) {
	of := []any{"no-such", "x", " ", "ends with a space ", "Z9", "ZZ", "ZZZ", "P9M", "s1", "c1", "-1", "P1Y", "yes"}
	pattern, _ := schema["pattern"].(string)
	switch {
	case schema["format"] == "date":
		of = slippedDays
	case schema["format"] == "date-time", schema["contentEncoding"] == "base64":
		return "", false
	case strings.HasPrefix(pattern, "^-?[0-9]"):
		of = []any{"-1", "0", "0.001", "101", "-101", "1000000", "999999999999999999", "0.000000000000000001"}
	}
	value, slipped := c.slip(of...)
	if !slipped || len(c.schemas.fits("text", schema, value)) > 0 && schema["format"] != "date" {
		return "", false
	}
	return value.(string), true
}

func (c *careful) text(field string, schema map[string]any, examples []any) string {
	if value, slipped := c.slipped(schema); slipped {
		return value
	}
	switch {
	case schema["format"] == "date":
		return rapid.SampledFrom(days).Draw(c.T, "day")
	case schema["format"] == "date-time":
		return "2025-03-12T10:00:00Z"
	case schema["contentEncoding"] == "base64":
		return "iVBORw0KGgo="
	}
	known := slices.Concat(examples, words[field])
	if field == "id" {
		known = append(known, fmt.Sprintf("new-%d", rapid.IntRange(0, 1<<20).Draw(c.T, "new")))
	}
	if fallback, ok := schema["default"]; ok && len(known) == 0 {
		known = append(known, fallback)
	}
	if len(known) == 0 {
		if pattern, ok := schema["pattern"].(string); ok && strings.HasPrefix(pattern, "^-?[0-9]") {
			known = []any{"1", "12.50"}
		} else {
			known = []any{"Something to read"}
		}
	}
	text := c.one(known).(string)
	if most := bound(schema, "maxLength", len(text)); len(text) > most {
		text = text[:most]
	}
	return text
}
