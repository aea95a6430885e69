package partnercenter

import (
	"net/http"
	"net/url"
	"strings"

	"prorata/flow"
)

// host is one of the provider's, which decides address, token and headers.
type host uint8

const (
	hostAPI host = iota
	hostPricing
	hostGraph
	// hostBare is an address of its own that gets no token: a download link.
	hostBare
)

// call is one thing asked of the provider, however often it must be sent.
type call struct {
	host   host
	method string
	// path begins with a slash and has the query; for hostBare, or an address that
	// the provider gave, it is a whole URL.
	path string
	// body is sent as JSON; a json.RawMessage as it is; nothing where nil.
	body any
	// form is sent instead to the login.
	form   url.Values
	header http.Header
	// etag, where given, must still be the resource's.
	etag string
	// ids gives the request id of the nth sending; drawn where nil.
	ids func(n int) string
	// appToo says that an application may ask this without a person behind it.
	appToo bool
	// stream hands the answer's body on unread.
	stream bool
}

func get(path string) call { return call{method: http.MethodGet, path: path, appToo: true} }

func post(path string, body any) call {
	return call{method: http.MethodPost, path: path, body: body, appToo: true}
}

// byPerson says that a person must have consented.
func (k call) byPerson() call {
	k.appToo = false
	return k
}

// at puts a call to another host.
func (k call) at(h host) call {
	k.host = h
	return k
}

// name is the call without its query, which may hold a secret.
func (k call) name() string {
	path, _, _ := strings.Cut(k.path, "?")
	if u, err := url.Parse(path); err == nil && u.Host != "" {
		path = u.Host + u.Path
	}
	return k.method + " " + path
}

// answered is an answer read whole.
type answered struct {
	status int
	header http.Header
	body   []byte
}

// object is the answer as a JSON object.
func (a *answered) object(k call) (reading, error) {
	o, ok := objectOf(a.body)
	if !ok {
		return reading{}, damaged(k.name(), 0, "expected {…}, got %s", quote(string(a.body)))
	}
	return reading{wrong: &mistakes{at: flow.Source{File: k.name()}}, of: o}, nil
}

// id is the request id of the nth sending that comes after an answer.
func (k call) id(n int) string {
	if k.ids != nil {
		return k.ids(n)
	}
	return newID()
}
