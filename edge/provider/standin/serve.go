package standin

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object on its way out.
type object = map[string]any

// need is what a door asks of whoever knocks.
type need uint8

const (
	// anyone needs no token.
	anyone need = iota
	// app needs a token for the Partner Center, of the application or of a person.
	app
	// person needs one of a person with a second factor.
	person
	// pricing needs a person's token for the host of price sheets.
	pricing
	// graph needs a token for Microsoft Graph.
	graph
)

// call is one request on its way through the world, which is locked.
type call struct {
	r    *http.Request
	body []byte
	who  *accessToken
	// address is where this world is served, without a slash at the end.
	address string
	// fault is what goes wrong with this call, or nil.
	fault *Fault
}

// answer is what a door says.
type answer struct {
	status int
	header http.Header
	// body is written as JSON; raw, with its kind, in its place as it is.
	body any
	raw  []byte
	kind string
}

// bodyBytesMax bounds what a request may bring.
const bodyBytesMax = 4 << 20

func ok(body any) *answer      { return &answer{status: http.StatusOK, body: body} }
func created(body any) *answer { return &answer{status: http.StatusCreated, body: body} }
func empty(status int) *answer { return &answer{status: status} }

// with adds a header to an answer.
func (a *answer) with(name, value string) *answer {
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set(name, value)
	return a
}

func (c *call) path(name string) string { return c.r.PathValue(name) }

// query is a parameter, whatever the case of its name.
func (c *call) query(name string) string {
	for key, values := range c.r.URL.Query() {
		if strings.EqualFold(key, name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

// read reads the request's JSON, whatever the case of its names; nil where it could.
func (c *call) read(into any) *answer {
	d := json.NewDecoder(bytes.NewReader(c.body))
	if err := d.Decode(into); err != nil {
		return refuseInput("the body is not the expected JSON: %v", err)
	}
	return nil
}

// customer is the one that the path names, or why it cannot be had.
func (w *World) customerOf(c *call) (*customer, *answer) {
	id := strings.ToLower(c.path("customer"))
	found := w.customer(id)
	if found == nil {
		return nil, refuse(60003, id)
	}
	if found.relationship != "reseller" {
		return nil, refuse(20002, w.set.Partner.Tenant, id)
	}
	return found, nil
}

// door puts a handler behind a pattern: who may come in, what goes wrong by
// order, and which answer was given already under the same request id.
func (w *World) door(mux *http.ServeMux, pattern string, needed need, do func(*call) *answer) {
	mux.HandleFunc(pattern, func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, bodyBytesMax))
		if err != nil {
			http.Error(rw, err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		c := &call{r: r, body: body, address: w.addressOf(r)}
		if span := w.meet(c); span > 0 && w.slow(r, span) != nil {
			panic(http.ErrAbortHandler)
		}
		a, asText := w.answerLocked(c, needed, do)
		if c.meets(FaultLost) || c.meets(FaultUnreached) {
			panic(http.ErrAbortHandler)
		}
		a.write(rw, r, asText)
	})
}

// meet finds what goes wrong with a call, and how long it waits before it is answered.
func (w *World) meet(c *call) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.fault = w.faults.strike(c.r); c.meets(FaultSlow) {
		return c.fault.Wait
	}
	return 0
}

// answerLocked answers with the world to itself, and gives the call the ids that
// it did not bring.
func (w *World) answerLocked(c *call, needed need, do func(*call) *answer) (a *answer, numbersAsStrings bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a = w.answerTo(c, needed, do)
	for _, name := range []string{"MS-RequestId", "MS-CorrelationId"} {
		if c.r.Header.Get(name) == "" {
			w.answered++
			c.r.Header.Set(name, guidOf(w.set.Seed, name, strconv.Itoa(w.answered)))
		}
	}
	return a, w.faults.NumbersAsStrings
}

// answerTo decides what is answered.
func (w *World) answerTo(c *call, needed need, do func(*call) *answer) *answer {
	if c.fault != nil {
		if a := c.fault.answer(); a != nil {
			return a
		}
	}
	if a := w.admit(c, needed); a != nil {
		return a
	}
	a := w.answerOnce(c, needed, do)
	if c.who != nil && strings.EqualFold(c.r.Header.Get("ValidateMfa"), "true") {
		a.with("isMfaCompliant", strconv.FormatBool(c.who.mfa))
	}
	return a
}

// answerOnce does what is asked, or gives the answer that was given under the same
// request id.
func (w *World) answerOnce(c *call, needed need, do func(*call) *answer) *answer {
	id := c.r.Header.Get("MS-RequestId")
	if id == "" || c.r.Method == http.MethodGet || c.r.Method == http.MethodHead || needed == anyone {
		return do(c)
	}
	key := id + " " + c.r.Method + " " + c.r.URL.Path
	if a := w.stored[key]; a != nil {
		return a
	}
	a := do(c)
	w.stored[key] = a
	return a
}

func (w *World) addressOf(r *http.Request) string {
	if w.set.Address != "" {
		return strings.TrimSuffix(w.set.Address, "/")
	}
	return "http://" + r.Host
}

// write writes the answer with the headers that the Partner Center sends.
func (a *answer) write(rw http.ResponseWriter, r *http.Request, numbersAsStrings bool) {
	h := rw.Header()
	for _, name := range []string{"MS-RequestId", "MS-CorrelationId"} {
		if v := r.Header.Get(name); v != "" {
			h.Set(name, v)
		}
	}
	h.Set("MS-CV", "standin.0")
	h.Set("MS-ServerId", "standin")
	h.Set("X-Locale", "en-US")
	maps.Copy(h, a.header)
	data, kind := a.raw, a.kind
	if a.body != nil {
		data, kind = encode(a.body, numbersAsStrings), "application/json; charset=utf-8"
	}
	if kind != "" {
		h.Set("Content-Type", kind)
	}
	h.Set("Content-Length", strconv.Itoa(len(data)))
	rw.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = rw.Write(data) // who hung up misses the rest
	}
}

// encode is a value as JSON, with its numbers quoted where that is asked.
func encode(value any, numbersAsStrings bool) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		panic(err) // answers are made of what JSON can say
	}
	if !numbersAsStrings {
		return out.Bytes()
	}
	var again any
	d := json.NewDecoder(&out)
	d.UseNumber()
	if err := d.Decode(&again); err != nil {
		panic(err) // what was written can be read
	}
	return encode(quoteNumbers(again), false)
}

func quoteNumbers(value any) any {
	switch v := value.(type) {
	case json.Number:
		return v.String()
	case map[string]any:
		for k := range v {
			if k != "code" && k != "totalCount" {
				v[k] = quoteNumbers(v[k])
			}
		}
	case []any:
		for i := range v {
			v[i] = quoteNumbers(v[i])
		}
	}
	return value
}

// link is one of a resource's links, with headers to send along.
func link(uri string, headers ...object) object {
	if headers == nil {
		headers = []object{}
	}
	return object{"uri": uri, "method": "GET", "headers": headers}
}

// kindOf is a resource's attributes.
func kindOf(name string) object { return object{"objectType": name} }

// collection is a list of resources; self is where it was read, or nothing.
func collection[T any](items []T, self string) object {
	if items == nil {
		items = []T{}
	}
	o := object{"totalCount": len(items), "items": items, "attributes": kindOf("Collection")}
	if self != "" {
		o["links"] = object{"self": link(self)}
	}
	return o
}

// self is where a call was made, as links tell it: without the version.
func (c *call) self() string {
	path := strings.TrimPrefix(c.r.URL.Path, "/v1")
	if c.r.URL.RawQuery != "" {
		path += "?" + c.r.URL.RawQuery
	}
	return path
}
