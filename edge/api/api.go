// Package api is the REST door of the office: everything that pages can do, for
// programs.
//
// It owns how things are said over HTTP: addresses, JSON, problems, pages, entity
// tags, limits. It decides nothing: every operation calls one verb of the desk, which
// looks whether the caller may and does it.
//
//	routes.go     every operation, on one page;   operation.go  how one is made of a line of it
//	caller.go     who calls, by their token;      limit.go      how often they may
//	once.go       Idempotency-Key: a request that arrives twice is done once
//	problem.go    what went wrong, as RFC 9457 says it;   places.go  and where it stood in the request
//	page.go       lists, a page at a time;        tag.go        entity tags: has it changed?
//	form.go       amounts, days and quantities as JSON
//	document.go   the OpenAPI document and its page
//	file.go       answers that are no JSON;       progress.go  news that go on
//	body.go       what is sent, JSON or a file
//
// The other files are the nouns.
package api

import (
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"prorata/flow"
	"prorata/flow/office"
)

// Settings are what the API is made of.
type Settings struct {
	Office *office.Office
	// PersonOfToken says who a token stands for; office.ErrUnsigned where it is nobody's,
	// has expired or was revoked. The office's own where it is not given.
	PersonOfToken func(ctx context.Context, bearer, from string) (office.Person, error)
	Clock         flow.Clock
	Log           *slog.Logger
	// Sealer hides answers that are kept for requests that may come again.
	Sealer flow.Sealer
	// Letter writes a dispute as a letter to the provider.
	Letter func(io.Writer, *flow.Dispute) error
	// Ends is closed when the program is told to stop: who is told news is let go.
	Ends <-chan struct{}
	// Welcome is what one-time links begin with: the secret follows.
	Welcome string
	// PDF prints one invoice; Table writes many as a file: what is invoices or lines, format csv or xlsx.
	PDF   func(io.Writer, flow.Document) error
	Table func(w io.Writer, what, format string, documents iter.Seq2[flow.Document, error]) error
	// ZoneKnown says whether there is a time zone of a name; nil where nobody knows, and none is refused.
	ZoneKnown func(name string) bool
	// KindUsual is the kind of a new connection where none is said; Consents says of a kind that a
	// person has to let this program in at the provider first.
	KindUsual string
	Consents  func(kind string) bool
	// Files keeps what is sent to be imported; nil where none are taken.
	Files ImportFiles
	// Version is the program's.
	Version string
	// Rate is how many requests a token may make in each minute, and AddressRate how many an
	// address may that shows none that is good; 0 for the usual.
	Rate, AddressRate int
	// RequestMost is how long one request may take; 0 for the usual.
	RequestMost time.Duration
}

// The usual limits.
const (
	rateUsual        = 600
	addressRateUsual = 30
	requestMostUsual = 30 * time.Second
	// longMost is for operations that may take minutes: files of many things.
	longMost = 10 * time.Minute
	// bodyMost is the most bytes that a request may have.
	bodyMost = 1 << 20
)

// API answers requests.
type API struct {
	settings  Settings
	huma      huma.API
	mux       *http.ServeMux
	byToken   *limiter
	byAddress *limiter
	document  document
	// events are the patterns of what is told as events: it takes as long as it goes on.
	events map[string]bool
	// long are the operations that may take minutes, by method and address.
	long map[string]bool
	// files are the operations whose body is a file.
	files map[string]operation
}

// namesToTheLetter has the framework take a name in other letters for another name, not for the one that it resembles.
var namesToTheLetter = sync.OnceFunc(func() { huma.ValidateStrictCasing = true })

// New makes the API; it listens nowhere by itself.
func New(s Settings) (*API, error) {
	namesToTheLetter()
	if s.PersonOfToken == nil {
		s.PersonOfToken = s.Office.PersonOfToken
	}
	if s.Rate == 0 {
		s.Rate = rateUsual
	}
	if s.AddressRate == 0 {
		s.AddressRate = addressRateUsual
	}
	if s.RequestMost == 0 {
		s.RequestMost = requestMostUsual
	}
	a := &API{settings: s, mux: http.NewServeMux(), byToken: newLimiter(s.Rate, s.Clock), byAddress: newLimiter(s.AddressRate, s.Clock), events: map[string]bool{}, long: map[string]bool{}, files: map[string]operation{}}
	a.huma = humago.New(a.mux, a.config())
	a.routes()
	if err := a.finish(); err != nil {
		return nil, err
	}
	return a, nil
}

// config is how requests are read and answers written; the document is served by us.
func (a *API) config() huma.Config {
	config := huma.DefaultConfig("Prorata", a.settings.Version)
	config.OpenAPIPath, config.DocsPath, config.SchemasPath, config.CreateHooks = "", "", "", nil
	config.Formats = map[string]huma.Format{"application/json": strictJSON(), "json": strictJSON()}
	config.RejectUnknownQueryParameters = true
	config.Transformers = []huma.Transformer{a.translate}
	a.describe(config.OpenAPI)
	return config
}

// Mount puts the API's addresses on a mux: /v1/, /openapi.json and /docs.
func (a *API) Mount(mux *http.ServeMux) {
	mux.Handle("/v1/", a)
	mux.Handle("/v1", a)
	mux.HandleFunc("GET /openapi.json", a.serveDocument)
	mux.HandleFunc("GET /docs", a.serveDocs)
	mux.HandleFunc("GET /docs/", a.serveDocs)
}

// ServeHTTP answers what is under /v1: who calls is found out first, then how
// often, then whether it was asked before.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{id: newRequestID(), from: addressOf(r), matched: r.Header.Get("If-Match") != ""}
	header := w.Header()
	header.Set("Request-Id", c.id)
	header.Set("Cache-Control", "private, no-cache")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	_, pattern := a.mux.Handler(r)
	most := a.settings.RequestMost
	if c.events = a.events[pattern]; c.events {
		most = progressMost
	} else if a.long[pattern] {
		most = max(most, longMost)
	}
	ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), callKey{}, c), most)
	defer cancel()
	r = r.WithContext(ctx)
	defer a.recover(w, r)
	if problem := a.identify(w, r, c); problem != nil {
		a.write(w, r, problem)
		return
	}
	if pattern == "" {
		a.write(w, r, a.unrouted(r, header))
		return
	}
	problem := a.take(w, r, c, pattern)
	defer func() {
		if err := c.sent.close(); err != nil {
			a.settings.Log.WarnContext(ctx, "api: a file that was sent could not be removed", "request", c.id, "error", err)
		}
	}()
	if problem != nil {
		a.write(w, r, problem)
		return
	}
	a.once(w, r, c)
}

// take reads a request's body; one that is a file may take as long as its operation.
func (a *API) take(w http.ResponseWriter, r *http.Request, c *call, pattern string) *Problem {
	o, isFile := a.files[pattern]
	if !isFile {
		return readBody(r)
	}
	// A connection that knows no deadlines has none to lift.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
	return a.readFile(r, c, o)
}

// recover turns a mistake of ours into an answer; the log has where it was made.
func (a *API) recover(w http.ResponseWriter, r *http.Request) {
	reason := recover()
	if abandoned(reason) {
		// The server breaks the connection off.
		panic(reason)
	}
	if reason != nil {
		a.settings.Log.ErrorContext(r.Context(), "api: a mistake of the program", "request", callOf(r.Context()).id, "method", r.Method, "path", r.URL.Path, "reason", reason)
		a.write(w, r, problemOf(office.Fault{Kind: office.FaultOurs, Code: "internal", Sentence: internalSentence}))
	}
}

// unrouted says that there is no such address, or no such method at it.
func (a *API) unrouted(r *http.Request, header http.Header) *Problem {
	probe := &probe{header: http.Header{}}
	a.mux.ServeHTTP(probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		header.Set("Allow", probe.header.Get("Allow"))
		return newProblem(http.StatusMethodNotAllowed, "method", r.Method+" is not offered at this address; these are: "+probe.header.Get("Allow")+".")
	}
	return newProblem(http.StatusNotFound, "address", "There is no "+r.URL.Path+" in this API; /openapi.json lists what there is.")
}

// probe takes an answer's head and forgets the rest.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header { return p.header }

func (p *probe) Write(b []byte) (int, error) { return len(b), nil }

func (p *probe) WriteHeader(status int) { p.status = status }

// abandoned says whether a handler gave its answer up on purpose.
func abandoned(reason any) bool {
	err, isError := reason.(error)
	return isError && errors.Is(err, http.ErrAbortHandler)
}
