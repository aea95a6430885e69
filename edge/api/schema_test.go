package api_test

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// schemas reads the OpenAPI document as a receiver would: it says where a value is not as
// the document has it. It shares nothing with the framework that made the document.
type schemas map[string]any

// at follows a reference; a schema without one is itself.
func (s schemas) at(schema map[string]any) map[string]any {
	for {
		ref, ok := schema["$ref"].(string)
		if !ok {
			return schema
		}
		at := map[string]any(s)
		for _, step := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
			at = at[step].(map[string]any)
		}
		schema = at
	}
}

// fits is nothing where a value is as a schema has it, else where it is not.
func (s schemas) fits(where string, schema map[string]any, value any) []string {
	schema = s.at(schema)
	if enum, ok := schema["enum"].([]any); ok && !slices.Contains(enum, value) {
		return []string{fmt.Sprintf("%s: %v is none of %v", where, value, enum)}
	}
	kinds, many := schema["type"].([]any)
	if !many {
		kinds = []any{schema["type"]}
	}
	if value == nil {
		if slices.Contains(kinds, any("null")) {
			return nil
		}
		return []string{where + ": null"}
	}
	switch v := value.(type) {
	case map[string]any:
		if !slices.Contains(kinds, any("object")) {
			break
		}
		return s.fitsObject(where, schema, v)
	case []any:
		if !slices.Contains(kinds, any("array")) {
			break
		}
		faults := within(where, schema, "minItems", "maxItems", float64(len(v)))
		for i, item := range v {
			faults = append(faults, s.fits(fmt.Sprintf("%s[%d]", where, i), schema["items"].(map[string]any), item)...)
		}
		return faults
	case string:
		if !slices.Contains(kinds, any("string")) {
			break
		}
		return fitsText(where, schema, v)
	case float64:
		if slices.Contains(kinds, any("integer")) && v == math.Trunc(v) || slices.Contains(kinds, any("number")) {
			return within(where, schema, "minimum", "maximum", v)
		}
	case bool:
		if slices.Contains(kinds, any("boolean")) {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s: %T is not %v", where, value, kinds)}
}

// within says where a number, or how many there are, is beyond what a schema has.
func within(where string, schema map[string]any, least, most string, number float64) (faults []string) {
	if bound, ok := schema[least].(float64); ok && number < bound {
		faults = append(faults, fmt.Sprintf("%s: %v is less than the %s of %v", where, number, least, bound))
	}
	if bound, ok := schema[most].(float64); ok && number > bound {
		faults = append(faults, fmt.Sprintf("%s: %v is more than the %s of %v", where, number, most, bound))
	}
	return faults
}

func (s schemas) fitsObject(where string, schema map[string]any, v map[string]any) (faults []string) {
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, ok := v[name.(string)]; !ok {
			faults = append(faults, fmt.Sprintf("%s: %v is missing", where, name))
		}
	}
	for name, value := range v {
		property, known := properties[name].(map[string]any)
		if !known {
			if property, known = schema["additionalProperties"].(map[string]any); !known {
				faults = append(faults, fmt.Sprintf("%s: %s is not in the document", where, name))
				continue
			}
		}
		faults = append(faults, s.fits(where+"."+name, property, value)...)
	}
	return faults
}

// patterns are those of the document, compiled.
var patterns sync.Map

func patternOf(text string) *regexp.Regexp {
	known, has := patterns.Load(text)
	if !has {
		known, _ = patterns.LoadOrStore(text, regexp.MustCompile(text))
	}
	return known.(*regexp.Regexp)
}

func fitsText(where string, schema map[string]any, v string) (faults []string) {
	if pattern, ok := schema["pattern"].(string); ok && !patternOf(pattern).MatchString(v) {
		faults = append(faults, fmt.Sprintf("%s: %q does not fit %s", where, v, pattern))
	}
	faults = append(faults, within(where, schema, "minLength", "maxLength", float64(utf8.RuneCountInString(v)))...)
	layout := map[any]string{"date": time.DateOnly, "date-time": time.RFC3339Nano}[schema["format"]]
	if layout != "" {
		if _, err := time.Parse(layout, v); err != nil {
			faults = append(faults, fmt.Sprintf("%s: %v", where, err))
		}
	}
	return faults
}
