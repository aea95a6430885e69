package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"prorata/core/money"
	"prorata/flow/office"
)

// operation is one line of the page of routes.
type operation struct {
	// verb of the desk that it calls: the caller's right to it is asked before anything
	// is read.
	verb string
	// does is a method and an address.
	does string
	// says is a few words on what it does; more, sentences on what it means.
	says, more string
	// id is the operation's in the document, where the verb's own serves several.
	id string
	// matches says that it wants an If-Match.
	matches bool
	// status is that of success; 200 where it is not given.
	status int
	// refuses says that the rules can forbid it though it only reads.
	refuses bool
	// gives are the kinds of file that it answers with, where that is not JSON.
	gives []string
	// takes are the media types of a file that is its body.
	takes []string
	// long says that it may take minutes.
	long bool
}

// verbOfOperation is the extension of the document that names the verb.
const verbOfOperation = "x-verb"

// route puts an operation in its place: handler is given the caller's desk.
func route[I, O any](a *API, o operation, handler func(context.Context, *office.Desk, *I) (*O, error)) {
	method, path, _ := strings.Cut(o.does, " ")
	area, changes, _, err := office.RightOf(o.verb)
	if err != nil {
		// A mistake in routes.go, which the first test shows.
		panic(err)
	}
	if o.id == "" {
		o.id = o.verb
	}
	described := huma.Operation{
		OperationID: o.id, Method: method, Path: path, Summary: o.says, Description: o.more, Tags: []string{string(area)},
		DefaultStatus: o.status, MaxBodyBytes: bodyMost + 2, Extensions: map[string]any{verbOfOperation: o.verb},
		Security:    []map[string][]string{{securityName: {}}},
		Middlewares: huma.Middlewares{a.permitted(o.verb)},
		Responses:   problemsOf(method, o.matches, o.refuses),
	}
	if len(o.gives) > 0 {
		described.Responses[strconv.Itoa(http.StatusOK)] = fileResponse(o.gives)
	}
	if len(o.takes) > 0 {
		described.RequestBody, a.files[o.does] = filesBody(o.takes), o
	}
	a.events[o.does], a.long[o.does] = slices.Contains(o.gives, typeEvents), o.long
	if changes && !isWrite(method) {
		panic(o.does + ": the verb " + o.verb + " changes something, and the method says that it does not")
	}
	if changes {
		described.Parameters = append(described.Parameters, &huma.Param{Ref: "#/components/parameters/IdempotencyKey"})
	}
	var takes *places
	huma.Register(a.huma, described, func(ctx context.Context, input *I) (*O, error) {
		output, err := fitting(ctx, a.desk(ctx), input, handler)
		if err != nil {
			problem := a.faulty(ctx, err)
			// Which of the things given made a sum too large is a guess: quantity, where there is one.
			if stray := takes.place(problem); len(stray) > 0 && !errors.Is(err, money.ErrTooLarge) {
				a.settings.Log.WarnContext(ctx, "api: a fault names what its operation does not take", "operation", o.id, "fields", stray, "detail", problem.Detail)
			}
			return nil, problem
		}
		return output, nil
	})
	takes = placesOf(a.huma.OpenAPI(), operationAt(a.huma.OpenAPI(), method, path))
}

// operationAt is one that was registered, as the document has it.
func operationAt(api *huma.OpenAPI, method, path string) *huma.Operation {
	item := api.Paths[path]
	return map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodDelete: item.Delete}[method]
}

// fitting calls a handler; a sum that does not fit is the fault of what was given.
func fitting[I, O any](ctx context.Context, desk *office.Desk, input *I, handler func(context.Context, *office.Desk, *I) (*O, error)) (output *O, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			if err = office.TooLarge(reason); err == nil {
				panic(reason)
			}
		}
	}()
	return handler(ctx, desk, input)
}

func isWrite(method string) bool { return method != http.MethodGet && method != http.MethodHead }

// desk is the caller's.
func (a *API) desk(ctx context.Context) *office.Desk {
	c := callOf(ctx)
	if c.once != nil {
		return a.settings.Office.DeskOnce(c.person, *c.once)
	}
	return a.settings.Office.Desk(c.person)
}

// permitted asks for the right first: who may not is told so, whatever they sent.
func (a *API) permitted(verb string) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		var problem *Problem
		if err := a.desk(ctx.Context()).Ask(ctx.Context(), verb); err != nil {
			problem = a.faulty(ctx.Context(), err)
		} else {
			problem = readQuery(ctx)
		}
		if problem != nil {
			problem.Request = callOf(ctx.Context()).id
			ctx.SetHeader("Content-Type", problemType)
			ctx.SetStatus(problem.Status)
			// A client that has gone away has no use for the rest.
			_ = huma.DefaultJSONFormat.Marshal(ctx.BodyWriter(), problem)
			return
		}
		next(ctx)
	}
}

// readQuery refuses a query of which something would be left out: what cannot be read, and all but one of a
// parameter that stands there several times. A filter that is passed over shows more than was asked for.
func readQuery(ctx huma.Context) *Problem {
	at := ctx.URL()
	values, err := url.ParseQuery(at.RawQuery)
	if err != nil {
		return newProblem(http.StatusUnprocessableEntity, "invalid", "The query cannot be read: "+err.Error()+".")
	}
	for _, p := range ctx.Operation().Parameters {
		if p.In == "query" && len(values[p.Name]) > 1 && p.Schema.Type != huma.TypeArray {
			problem := newProblem(http.StatusUnprocessableEntity, "invalid", said(p.Name+": it stands in the query several times (expected once)"))
			problem.Faults = []FaultAt{{In: "query", Field: p.Name, Detail: "It stands in the query several times (expected once)."}}
			return problem
		}
	}
	return nil
}

// problemsOf are the problems that an operation can answer with.
func problemsOf(method string, matches, refuses bool) map[string]*huma.Response {
	statuses := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusServiceUnavailable}
	if matches {
		statuses = append(statuses, http.StatusPreconditionFailed, http.StatusPreconditionRequired)
	}
	if isWrite(method) || refuses {
		statuses = append(statuses, http.StatusConflict)
	}
	if isWrite(method) {
		statuses = append(statuses, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	responses := map[string]*huma.Response{}
	for _, status := range statuses {
		responses[strconv.Itoa(status)] = &huma.Response{Ref: "#/components/responses/" + problemName(status)}
	}
	return responses
}

// problemName is the name of a status's problem among the components.
func problemName(status int) string { return strings.ReplaceAll(http.StatusText(status), " ", "") }
