package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"strings"

	"prorata/flow/office"
)

// call is one request on its way: who makes it, and what is kept of it.
type call struct {
	// id is told to the caller and written to the log.
	id, from string
	person   office.Person
	// matched says that it has an If-Match; events that it is answered with news, as they come.
	matched, events bool
	// once is set where the request is to be done once, however often it comes.
	once *office.RequestClaim
	// sent is a body that is a file.
	sent *sentFile
}

type callKey struct{}

// callOf is the call of a request's context; an empty one outside of it.
func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{}
}

func newRequestID() string {
	raw := make([]byte, 8)
	// It never fails: the program ends where the system has no randomness.
	_, _ = rand.Read(raw)
	return hex.EncodeToString(raw)
}

// addressOf is the address that a request came from, without its port.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// identify finds out who calls by their token, and counts the call against it. Who has
// shown no good token is counted by their address; a good one is let through from any.
func (a *API) identify(w http.ResponseWriter, r *http.Request, c *call) *Problem {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return a.unknownCaller(w, c, "", "This needs an API token: send it as 'Authorization: Bearer TOKEN'. Tokens are made under Settings in the console.")
	}
	person, err := a.settings.PersonOfToken(r.Context(), token, c.from)
	if errors.Is(err, office.ErrUnsigned) {
		return a.unknownCaller(w, c, `, error="invalid_token"`, "This API token is not known, has expired or was revoked.")
	}
	if err != nil {
		return a.faulty(r.Context(), err)
	}
	person.Door, person.From = office.ByAPI, c.from
	c.person = person
	state := a.byToken.take(string(person.Token))
	state.tell(w.Header())
	if state.refused {
		return tooMany("this token")
	}
	return nil
}

// unknownCaller counts against the address and says what is missing.
func (a *API) unknownCaller(w http.ResponseWriter, c *call, why, sentence string) *Problem {
	if state := a.byAddress.take(c.from); state.refused {
		state.tell(w.Header())
		return tooMany("this address without a good token")
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="prorata"`+why)
	return newProblem(http.StatusUnauthorized, "unauthorized", sentence)
}
