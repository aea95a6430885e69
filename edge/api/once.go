package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"prorata/flow/office"
)

// keyMost is how long an Idempotency-Key may be.
const keyMost = 200

// kept are the headers of an answer that are given again with it.
var kept = []string{"Content-Type", "Etag", "Location", "Deprecation", "Sunset"}

// once carries a request out; one that changes something and has an Idempotency-Key is
// carried out once, however often it comes.
//
//	taken ──committed──► done ──answer kept──► answered ──24 h──► forgotten
//	  └──nothing came of it──► forgotten at once
//
// Who finds it taken is told to come again. Where the program was stopped in
// between, one that was only taken is taken over after office.RequestLease; one that
// was done is never done again, and whose answer was lost is told so.
func (a *API) once(w http.ResponseWriter, r *http.Request, c *call) {
	key, keys := r.Header.Get("Idempotency-Key"), len(r.Header.Values("Idempotency-Key"))
	if keys == 0 || !isWrite(r.Method) {
		a.serve(w, r)
		return
	}
	if keys > 1 || key == "" || len(key) > keyMost || strings.ContainsFunc(key, func(r rune) bool { return r < '!' || r > '~' }) {
		problem := newProblem(http.StatusUnprocessableEntity, "invalid", fmt.Sprintf("Idempotency-Key: expected one of 1 to %d characters of ASCII without spaces, such as a UUID.", keyMost))
		problem.Faults = []FaultAt{{In: "header", Field: "Idempotency-Key", Detail: problem.Detail}}
		a.write(w, r, problem)
		return
	}
	claim := office.RequestClaim{Owner: string(c.person.Token), Key: key, Holder: c.id}
	digest, err := digestOf(r)
	var known office.Request
	mine := false
	if err == nil {
		known, mine, err = a.settings.Office.RequestTake(r.Context(), claim, digest)
	}
	switch {
	case err != nil:
		a.write(w, r, a.faulty(r.Context(), err))
	case mine:
		c.once = &claim
		a.carryOut(w, r, claim)
	default:
		a.answerAgain(w, r, known, digest)
	}
}

// digestOf is of all that says what is asked.
func digestOf(r *http.Request) (string, error) {
	sum := sha256.New()
	for _, part := range []string{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Get("Content-Type"), r.Header.Get("If-Match")} {
		fmt.Fprintf(sum, "%d:%s,", len(part), part)
	}
	if file, isFile := r.Body.(io.ReadSeeker); isFile {
		if _, err := io.Copy(sum, file); err != nil {
			return "", err
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return "", err
		}
	} else if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return "", err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		sum.Write(body)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// carryOut does it, and keeps the answer before it is sent.
func (a *API) carryOut(w http.ResponseWriter, r *http.Request, claim office.RequestClaim) {
	held := &heldBack{header: http.Header{}}
	settled := false
	// Who went away meanwhile is to find the answer all the same.
	ctx := context.WithoutCancel(r.Context())
	defer func() {
		if !settled {
			_ = a.settings.Office.RequestDrop(ctx, claim)
		}
	}()
	a.mux.ServeHTTP(held, r)
	if held.status == 0 {
		held.status = http.StatusOK
	}
	var err error
	if keeps(held.status) {
		err = a.settings.Office.RequestAnswer(ctx, a.answered(claim, held))
	} else {
		err = a.settings.Office.RequestDrop(ctx, claim)
	}
	settled = err == nil
	if err != nil {
		a.settings.Log.ErrorContext(ctx, "api: an answer could not be kept", "request", claim.Holder, "error", err)
	}
	for name, values := range held.header {
		w.Header()[name] = values
	}
	w.WriteHeader(held.status)
	// A client that has gone away has no use for the rest.
	_, _ = w.Write(held.body.Bytes())
}

// keeps says whether an answer is the one that will be given again. What another try, another
// right or another state of things would change is not.
func keeps(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired, http.StatusTooManyRequests:
		return false
	}
	return status < http.StatusInternalServerError
}

func (a *API) answered(claim office.RequestClaim, held *heldBack) office.Request {
	var header strings.Builder
	for name, values := range held.header {
		if slices.Contains(kept, name) {
			fmt.Fprintf(&header, "%s: %s\n", name, strings.Join(values, ", "))
		}
	}
	return office.Request{RequestClaim: claim, Status: held.status, Header: header.String(), Body: a.settings.Sealer.Seal(held.body.Bytes(), placeOf(claim))}
}

func placeOf(claim office.RequestClaim) string { return office.RequestPlace(claim.Owner, claim.Key) }

// answerAgain answers a request that was here before.
func (a *API) answerAgain(w http.ResponseWriter, r *http.Request, known office.Request, digest string) {
	switch {
	case known.Digest != digest:
		a.write(w, r, newProblem(http.StatusUnprocessableEntity, "key_reused",
			"This Idempotency-Key was used for another request in the last 24 hours. A new request needs a new key; the same request must be the same to the byte."))
	case known.State == office.RequestAnswered:
		body, err := a.settings.Sealer.Open(known.Body, placeOf(known.RequestClaim))
		if err != nil {
			a.write(w, r, a.faulty(r.Context(), err))
			return
		}
		for line := range strings.Lines(known.Header) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			w.Header().Set(name, value)
		}
		w.Header().Set("Idempotency-Replayed", "true")
		w.WriteHeader(known.Status)
		// A client that has gone away has no use for the rest.
		_, _ = w.Write(body)
	case known.State == office.RequestDone && a.settings.Clock.Now().Sub(known.TakenAt) >= office.RequestLease:
		a.write(w, r, newProblem(http.StatusConflict, "answer_lost",
			"This request was carried out, and the program was stopped before its answer was kept. It is not done again: read the thing that it was about."))
	default:
		w.Header().Set("Retry-After", "1")
		a.write(w, r, newProblem(http.StatusConflict, "in_progress", "The same request is being carried out right now. Try again in a moment for its answer."))
	}
}

// heldBack is an answer that is not sent yet.
type heldBack struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *heldBack) Header() http.Header { return h.header }

func (h *heldBack) Write(b []byte) (int, error) { return h.body.Write(b) }

func (h *heldBack) WriteHeader(status int) {
	if h.status == 0 {
		h.status = status
	}
}

// serve carries a request out; what is read has an entity tag.
func (a *API) serve(w http.ResponseWriter, r *http.Request) {
	if isWrite(r.Method) || callOf(r.Context()).events {
		a.mux.ServeHTTP(w, r)
		return
	}
	t := &tagger{ResponseWriter: w, request: r}
	a.mux.ServeHTTP(t, r)
	t.flush()
}
