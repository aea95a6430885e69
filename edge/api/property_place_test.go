package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"prorata/edge/api"
)

// misplaced are the faults of a problem that name what is nowhere: neither does the operation have
// such a field or parameter, nor did the request.
func (s schemas) misplaced(operation map[string]any, r request, got answer) (faults []string) {
	if got.header.Get("Content-Type") != "application/problem+json" {
		return nil
	}
	var problem api.Problem
	if err := json.Unmarshal(got.body, &problem); err != nil {
		return []string{err.Error()}
	}
	for _, fault := range problem.Faults {
		if !s.hasPlace(operation, fault) && !r.hasPlace(fault) {
			faults = append(faults, fmt.Sprintf("the fault %+v is at a place that neither the operation nor the request has", fault))
		}
	}
	return faults
}

// hasPlace says whether an operation takes something at the place that a fault names.
func (s schemas) hasPlace(operation map[string]any, fault api.FaultAt) bool {
	if fault.In != "body" {
		parameters, _ := operation["parameters"].([]any)
		for _, parameter := range parameters {
			p := s.at(parameter.(map[string]any))
			if p["in"] == fault.In && p["name"] == fault.Field {
				return fault.Pointer == ""
			}
		}
		return false
	}
	body, takes := operation["requestBody"].(map[string]any)
	if !takes {
		return false
	}
	media, isJSON := body["content"].(map[string]any)["application/json"].(map[string]any)
	steps, ok := pointerSteps(fault.Pointer)
	if !isJSON || !ok {
		// A file has no fields.
		return fault.Field == "" && fault.Pointer == "#"
	}
	schema := s.at(media["schema"].(map[string]any))
	for _, step := range steps {
		properties, _ := schema["properties"].(map[string]any)
		within, isObject := properties[step].(map[string]any)
		if _, err := strconv.Atoi(step); err == nil && !isObject {
			within, _ = schema["items"].(map[string]any)
		}
		if within == nil {
			return false
		}
		schema = s.at(within)
	}
	return true
}

// pointerSteps are those of a JSON pointer in a fragment; none at the whole.
func pointerSteps(pointer string) (steps []string, ok bool) {
	rest, isFragment := strings.CutPrefix(pointer, "#")
	if !isFragment || rest != "" && rest[0] != '/' {
		return nil, false
	}
	for _, step := range strings.Split(rest, "/")[1:] {
		steps = append(steps, strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
	}
	return steps, true
}

// hasPlace says whether the request has something at the place that a fault names: what no operation
// takes is named where it was sent.
func (r request) hasPlace(fault api.FaultAt) bool {
	_, address, _ := strings.Cut(r.does, " ")
	at, err := url.Parse(address)
	switch {
	case err != nil:
		return false
	case fault.In == "query":
		return at.Query().Has(fault.Field)
	case fault.In == "header":
		for i := 0; i < len(r.header); i += 2 {
			if http.CanonicalHeaderKey(r.header[i]) == fault.Field {
				return true
			}
		}
		return false
	}
	raw, isText := r.body.(string)
	if !isText {
		made, _ := json.Marshal(r.body)
		raw = string(made)
	}
	steps, ok := pointerSteps(fault.Pointer)
	var value any
	if json.Unmarshal([]byte(raw), &value) != nil || !ok {
		return false
	}
	for _, step := range steps {
		switch holder := value.(type) {
		case map[string]any:
			value, ok = holder[step]
		case []any:
			i, err := strconv.Atoi(step)
			if ok = err == nil && i < len(holder); ok {
				value = holder[i]
			}
		default:
			ok = false
		}
		if !ok {
			return false
		}
	}
	return true
}
