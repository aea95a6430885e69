package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"
)

// document is the OpenAPI document and the page that shows it, as they are served.
type document struct {
	json   []byte
	tag    string
	page   http.Handler
	policy string
}

const (
	securityName = "token"
	docsPath     = "/docs"
	documentPath = "/openapi.json"
)

const aboutAll = `Everything that the console does, for programs.

**Tokens.** Each request carries an API token: ` + "`Authorization: Bearer TOKEN`" + `. A token may do what its maker may, narrowed by its scopes.
Tokens are made under Settings; each is shown once.

**Amounts and days.** Amounts and quantities are decimal numbers as text, amounts beside their currency. Days are YYYY-MM-DD in the seller's
time zone, instants RFC 3339 in UTC. A field or parameter that is not known is refused.

**Pages.** Lists give ` + "`limit`" + ` things at most, and where there are more, ` + "`next`" + `: given as ` + "`after`" + ` it goes on from there.

**Doing things once.** Every request that changes something takes an ` + "`Idempotency-Key`" + `. The same request with the same key is
carried out once; whoever sends it again within 24 hours is given the same answer.

**Entity tags.** What is read has an ` + "`ETag`" + `; with ` + "`If-None-Match`" + ` it is sent only where it changed. Changes that ask for ` + "`If-Match`" + `
are refused with 412 where somebody else was quicker.

**Limits.** ` + "`RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset`" + ` say where a token stands; 429 comes with ` + "`Retry-After`" + `.

**Problems** are told as RFC 9457 has them, with a ` + "`code`" + ` that stays the same from version to version.`

// describe is what the document says beside the operations.
func (a *API) describe(doc *huma.OpenAPI) {
	doc.Info.Description = aboutAll
	doc.Info.License = &huma.License{Name: "Apache License 2.0", Identifier: "Apache-2.0"}
	doc.Servers = []*huma.Server{{URL: "/", Description: "This program"}}
	doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		securityName: {Type: "http", Scheme: "bearer", Description: "An API token, made under Settings in the console."},
	}
	longest := keyMost
	shortest := 1
	doc.Components.Parameters = map[string]*huma.Param{"IdempotencyKey": {
		Name: "Idempotency-Key", In: "header", Description: "Names the request, so that it is done once however often it arrives: a UUID, for instance.",
		Schema:  &huma.Schema{Type: huma.TypeString, MinLength: &shortest, MaxLength: &longest, Pattern: `^[!-~]+$`},
		Example: "8e03978e-40d5-43dd-bc93-6894a57f9324",
	}}
}

// finish makes what is served of the document once every operation is in it.
func (a *API) finish() error {
	doc := a.huma.OpenAPI()
	doc.Components.Schemas.Map()["Problem"] = problemSchema()
	problem := &huma.Schema{Ref: "#/components/schemas/Problem"}
	doc.Components.Responses = map[string]*huma.Response{}
	for _, status := range problemsUsed(doc) {
		doc.Components.Responses[problemName(status)] = &huma.Response{
			Description: problemMeaning(status),
			Headers:     headersOf(status),
			Content:     map[string]*huma.MediaType{problemType: {Schema: problem}},
		}
	}
	// The framework puts its own form of errors in; nothing is answered in it.
	delete(doc.Components.Schemas.Map(), "ErrorModel")
	delete(doc.Components.Schemas.Map(), "ErrorDetail")
	a.tags(doc)
	raw, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	a.document = document{json: raw, tag: tagOf(raw)}
	page := v5emb.NewHandlerWithConfig(swgui.Config{Title: "Prorata API", SwaggerJSON: documentPath, BasePath: docsPath,
		SettingsUI: map[string]string{"defaultModelsExpandDepth": "1", "persistAuthorization": "false"}})
	a.document.page = page
	a.document.policy = policyOf(page)
	return nil
}

// operations are all operations of a document.
func operations(doc *huma.OpenAPI) (all []*huma.Operation) {
	for _, item := range doc.Paths {
		for _, o := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete, item.Patch} {
			if o != nil {
				all = append(all, o)
			}
		}
	}
	return all
}

// problemsUsed are the statuses that operations refer to, of those that have a meaning.
func problemsUsed(doc *huma.OpenAPI) (used []int) {
	for status := http.StatusBadRequest; status < 600; status++ {
		if slices.ContainsFunc(operations(doc), func(o *huma.Operation) bool { return o.Responses[strconv.Itoa(status)] != nil }) {
			used = append(used, status)
		}
	}
	return used
}

// tags lists the areas that the operations are in, each with what it is.
func (a *API) tags(doc *huma.OpenAPI) {
	var names []string
	for _, o := range operations(doc) {
		if !slices.Contains(names, o.Tags[0]) {
			names = append(names, o.Tags[0])
		}
	}
	slices.Sort(names)
	for _, name := range names {
		doc.Tags = append(doc.Tags, &huma.Tag{Name: name, Description: areaSaid(name)})
	}
}

// problemMeaning is what a status of a problem means here.
func problemMeaning(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "The request cannot be read, such as JSON that is not whole."
	case http.StatusUnauthorized:
		return "No token, or none that is good."
	case http.StatusForbidden:
		return "The token's maker, or its scopes, do not allow this."
	case http.StatusNotFound:
		return "There is no such thing, or it is not theirs to see."
	case http.StatusMethodNotAllowed:
		return "The address does not offer this method."
	case http.StatusConflict:
		return "The rules of the contract or the book forbid it, somebody was quicker, or the same request is under way; the code says which."
	case http.StatusPreconditionFailed:
		return "It changed since it was read: read it again."
	case http.StatusRequestEntityTooLarge:
		return "The body is too long."
	case http.StatusUnsupportedMediaType:
		return "The body is not application/json."
	case http.StatusUnprocessableEntity:
		return "Something that was given is wrong; faults says what."
	case http.StatusPreconditionRequired:
		return "If-Match is needed, with the ETag of what was read."
	case http.StatusTooManyRequests:
		return "Too many requests; Retry-After says when to come again."
	case http.StatusServiceUnavailable:
		return "The database is busy, or the provider gives no answer; Retry-After says when to come again."
	}
	return "A mistake of the program's own; the log has it under the request's id."
}

// headersOf are those that come with a status.
func headersOf(status int) map[string]*huma.Param {
	text := func(description string) *huma.Param {
		return &huma.Param{Description: description, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	switch status {
	case http.StatusUnauthorized:
		return map[string]*huma.Param{"WWW-Authenticate": text("How to sign in.")}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return map[string]*huma.Param{"Retry-After": text("Seconds to wait.")}
	}
	return nil
}

// serveDocument gives the OpenAPI document; there is nothing secret in it.
func (a *API) serveDocument(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("ETag", a.document.tag)
	if tagMatches(r.Header.Get("If-None-Match"), a.document.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	// A client that has gone away has no use for the rest.
	_, _ = w.Write(a.document.json)
}

// serveDocs gives the page that shows it, all of it out of this program.
func (a *API) serveDocs(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", a.document.policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	a.document.page.ServeHTTP(w, r)
}

// inline are the scripts and styles that stand in the page itself.
var inline = regexp.MustCompile(`(?s)<(script|style)>(.*?)</`)

// policyOf lets the page load what comes from here, run the scripts that stand in it, and
// nothing else: each is named by its hash.
func policyOf(page http.Handler) string {
	shown := &heldBack{header: http.Header{}}
	page.ServeHTTP(shown, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: docsPath}, Header: http.Header{}, Body: http.NoBody})
	allowed := map[string]string{}
	for _, match := range inline.FindAllSubmatch(shown.body.Bytes(), -1) {
		sum := sha256.Sum256(match[2])
		allowed[string(match[1])] += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return strings.Join([]string{"default-src 'none'", "script-src 'self'" + allowed["script"], "style-src 'self'" + allowed["style"],
		"img-src 'self' data:", "font-src 'self'", "connect-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"}, "; ")
}
