package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"prorata/flow"
	"prorata/flow/office"
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
	// through is set where the answer is a file, which is sent while it is written.
	through bool
}

// WriteHeader remembers the status.
func (t *tagger) WriteHeader(status int) {
	t.status = status
	if t.through = t.Header().Get("Content-Disposition") != ""; t.through {
		// It may be long, and take longer than an answer may. A writer that knows no deadline has none to lift.
		_ = http.NewResponseController(t.ResponseWriter).SetWriteDeadline(time.Time{})
		t.ResponseWriter.WriteHeader(status)
	}
}

// Write remembers the body.
func (t *tagger) Write(b []byte) (int, error) {
	if t.through {
		return t.ResponseWriter.Write(b)
	}
	return t.body.Write(b)
}

// flush sends the answer.
func (t *tagger) flush() {
	if t.through {
		return
	}
	if t.status == 0 {
		t.status = http.StatusOK
	}
	header := t.Header()
	if t.status == http.StatusOK {
		tag := tagOf(t.body.Bytes())
		if version := header.Get("ETag"); version != "" {
			tag = strings.TrimSuffix(version, `"`) + "-" + strings.TrimPrefix(tag, `"`)
		}
		header.Set("ETag", tag)
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

// Matching is asked of every change of a thing that has a version.
type Matching struct {
	IfMatch string `header:"If-Match" maxLength:"200" doc:"The ETag of the thing as it was read; needed." example:"\"v3-k2Fs0Q1y8Rj5xZtW\""`
}

// version is the one of the entity tag; 428 where none was sent. Of several it is the one that has a version:
// a caller who keeps more than one thing may send all their tags.
func (m Matching) version() (version int64, err error) {
	if m.IfMatch == "" || m.IfMatch == "*" {
		return 0, matchNeeded()
	}
	found := false
	for tag := range strings.SplitSeq(m.IfMatch, ",") {
		text, _, _ := strings.Cut(strings.Trim(strings.TrimSpace(tag), `"`), "-")
		digits, isVersion := strings.CutPrefix(text, "v")
		n, err := strconv.ParseInt(digits, 10, 64)
		if !isVersion || err != nil {
			continue
		}
		if found && n != version {
			return 0, changedProblem()
		}
		version, found = n, true
	}
	if !found {
		return 0, changedProblem()
	}
	return version, nil
}

// known is the version of something that there is: none that was ever read is that of a new one.
func (m Matching) known() (int64, error) {
	version, err := m.version()
	if err == nil && version <= flow.New {
		err = changedProblem()
	}
	return version, err
}

// madeOrKnown is the version of a thing that the same address makes and changes: where no If-Match was sent
// it is to be new.
func (m Matching) madeOrKnown() (version int64, err error) {
	if m.IfMatch == "" {
		return flow.New, nil
	}
	return m.version()
}

// needed turns "it is there already" into what is missing: a tag.
func (m Matching) needed(err error) error {
	if err != nil && m.IfMatch == "" && office.FaultOf(err).Kind == office.FaultMoved {
		return matchNeeded()
	}
	return err
}

func matchNeeded() *Problem {
	return newProblem(http.StatusPreconditionRequired, "match_needed", "If-Match is needed, with the ETag of the thing as it was read: what somebody else changed meanwhile is not overwritten.")
}

func changedProblem() *Problem {
	return newProblem(http.StatusPreconditionFailed, "changed", "It changed since it was read. Read it again, then try again with its new ETag.")
}

// versionTag begins the entity tag of a thing that has a version; what it looks like
// follows, so that it also tells apart what is derived of other things.
func versionTag(version int64) string { return `"v` + strconv.FormatInt(version, 10) + `"` }

// tagged is an answer with a thing that has a version.
type tagged[T any] struct {
	ETag string `header:"ETag" doc:"The thing's version, for If-Match."`
	Body T
}
