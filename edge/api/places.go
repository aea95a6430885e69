package api

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// places are where what an operation takes stands: in its body, its query and its address. The desk
// calls what it was given by the words of the book; a problem says where that stood in the request,
// by the names that the document has, or names no place at all.
type places struct {
	schemas    huma.Registry
	body       *huma.Schema
	parameters []*huma.Param
	// things are the parameters of the address by what they name: plan is the id in
	// /v1/billing-plans/{id}, and what is last has an id.
	things map[string]string
}

// otherNames are what the book calls some things that a request has under another name.
var otherNames = map[string]string{
	"on": "effective", "as": "kind", "order": "connection", "percent": "rule.percent",
	"quantity": "price", "price": "amount",
}

func placesOf(api *huma.OpenAPI, o *huma.Operation) *places {
	p := &places{schemas: api.Components.Schemas, parameters: o.Parameters, things: map[string]string{}}
	if o.RequestBody != nil {
		if media := o.RequestBody.Content["application/json"]; media != nil {
			p.body = media.Schema
		}
	}
	before := ""
	for segment := range strings.SplitSeq(o.Path, "/") {
		if name, isName := strings.CutPrefix(segment, "{"); isName && before != "" {
			name, thing := strings.TrimSuffix(name, "}"), strings.TrimSuffix(before, "s")
			p.things["id"], p.things[thing[strings.LastIndexByte(thing, '-')+1:]] = name, name
		}
		before = segment
	}
	return p
}

// of says where a field stands; false where the operation takes nothing of that name.
func (p *places) of(field string) (at FaultAt, found bool) {
	for name := field; name != ""; name = otherNames[name] {
		if path, ok := p.within(p.body, stepsOf(name)); ok {
			return FaultAt{In: inBody, Field: path, Pointer: pointerOf(path)}, true
		}
		for _, in := range []string{"query", "path", "header"} {
			if p.has(in, name) {
				return FaultAt{In: in, Field: name}, true
			}
		}
	}
	if thing := p.things[field]; thing != "" {
		return FaultAt{In: "path", Field: thing}, true
	}
	return FaultAt{}, false
}

func (p *places) has(in, name string) bool {
	for _, parameter := range p.parameters {
		if parameter.In == in && parameter.Name == name {
			return true
		}
	}
	return false
}

// stepsOf are lines, 0 and amount of lines[0].amount.
func stepsOf(field string) []string {
	return strings.FieldsFunc(field, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}

// within is the path to what is some steps inside of a schema. What the book calls refunds_days is
// the days of the refunds where there is such an object.
func (p *places) within(schema *huma.Schema, steps []string) (path string, found bool) {
	if schema != nil && schema.Ref != "" {
		schema = p.schemas.SchemaFromRef(schema.Ref)
	}
	if schema == nil || len(steps) == 0 {
		return "", schema != nil
	}
	step, rest := steps[0], steps[1:]
	if strings.Trim(step, "0123456789") == "" {
		inner, found := p.within(schema.Items, rest)
		return joined("["+step+"]", inner), found && schema.Items != nil
	}
	if property := schema.Properties[step]; property != nil {
		inner, found := p.within(property, rest)
		return joined(step, inner), found
	}
	for i := range step {
		if step[i] != '_' {
			continue
		}
		if property := schema.Properties[step[:i]]; property != nil {
			if inner, found := p.within(property, append([]string{step[i+1:]}, rest...)); found {
				return joined(step[:i], inner), true
			}
		}
	}
	return "", false
}

func joined(step, inner string) string {
	if step == "" || inner == "" || inner[0] == '[' {
		return step + inner
	}
	return step + "." + inner
}

// place puts the faults of a problem where they stood; stray are the names of those that have no
// place, which are left out: the sentence says it all the same.
func (p *places) place(problem *Problem) (stray []string) {
	placed := problem.Faults[:0]
	for _, fault := range problem.Faults {
		if fault.In != inBody {
			placed = append(placed, fault)
			continue
		}
		at, found := p.of(fault.Field)
		if !found {
			stray = append(stray, fault.Field)
			continue
		}
		at.Detail = fault.Detail
		placed = append(placed, at)
	}
	problem.Faults = placed
	return stray
}
