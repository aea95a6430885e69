package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// tagOf is a strong entity tag: the same for the same bytes.
func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// tagMatches says whether a list of entity tags has one; * has every one.
func tagMatches(list, tag string) bool {
	for part := range strings.SplitSeq(list, ",") {
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/")
		if part == "*" || part == tag {
			return true
		}
	}
	return false
}

// tagger holds an answer back until it is whole, gives it its entity tag, and says
// 304 where the caller has it already.
type tagger struct {
	http.ResponseWriter
	request *http.Request
	status  int
	body    bytes.Buffer
}

// WriteHeader remembers the status.
func (t *tagger) WriteHeader(status int) { t.status = status }

// Write remembers the body.
func (t *tagger) Write(b []byte) (int, error) { return t.body.Write(b) }

// flush sends the answer.
func (t *tagger) flush() {
	if t.status == 0 {
		t.status = http.StatusOK
	}
	header := t.Header()
	if t.status == http.StatusOK && t.request.Method == http.MethodGet {
		if header.Get("ETag") == "" {
			header.Set("ETag", tagOf(t.body.Bytes()))
		}
		if given := t.request.Header.Get("If-None-Match"); given != "" && tagMatches(given, header.Get("ETag")) {
			header.Del("Content-Type")
			t.ResponseWriter.WriteHeader(http.StatusNotModified)
			return
		}
	}
	t.ResponseWriter.WriteHeader(t.status)
	// A client that has gone away has no use for the rest.
	_, _ = t.ResponseWriter.Write(t.body.Bytes())
}
