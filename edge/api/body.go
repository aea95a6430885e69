package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"prorata/flow/office"
)

// fileTypes are what a file may be sent as: what it is, is said beside. JSON is not among them:
// the framework would read it.
var fileTypes = []string{"application/octet-stream", "text/csv", "application/yaml"}

// filesBody describes a request whose body is a file.
func filesBody(types []string) *huma.RequestBody {
	body := &huma.RequestBody{Required: true, Description: "The file as it is.", Content: map[string]*huma.MediaType{}}
	for _, media := range types {
		body.Content[media] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary", Description: "The file as it is."}}
	}
	return body
}

// readBody takes the body in, so that what is cut off, too long or too slow is said
// before anything is done.
func readBody(r *http.Request) *Problem {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	if problem := packed(r); problem != nil {
		return problem
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyMost+1))
	switch {
	case err != nil:
		return newProblem(http.StatusBadRequest, "malformed", cutOff)
	case len(body) > bodyMost:
		return newProblem(http.StatusRequestEntityTooLarge, "too_large", "The request's body is longer than 1 MiB.")
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// packed refuses a body that is compressed on its way: it would be read as it is.
func packed(r *http.Request) *Problem {
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return newProblem(http.StatusUnsupportedMediaType, "media_type", "A body is taken as it is: send it without Content-Encoding.")
	}
	return nil
}

const cutOff = "The request's body ended before it was whole."

// sentFile is a body that is a file: it lies on the disk while its request is answered.
type sentFile struct {
	*os.File
	size int64
}

// close removes it.
func (s *sentFile) close() error {
	if s == nil {
		return nil
	}
	return errors.Join(s.Close(), os.Remove(s.Name()))
}

// readFile takes a file in as readBody does a body, for who may send one.
func (a *API) readFile(r *http.Request, c *call, o operation) *Problem {
	if err := a.desk(r.Context()).Ask(r.Context(), o.verb); err != nil {
		return a.faulty(r.Context(), err)
	}
	if problem := packed(r); problem != nil {
		return problem
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(o.takes, media) {
		return newProblem(http.StatusUnsupportedMediaType, "media_type", "A file is sent as the request's body with one of these as its Content-Type: "+strings.Join(o.takes, ", ")+".")
	}
	file, err := os.CreateTemp("", "prorata-request-*")
	if err != nil {
		return a.faulty(r.Context(), err)
	}
	c.sent = &sentFile{File: file}
	read := &readError{from: io.LimitReader(r.Body, office.ImportMost+1)}
	c.sent.size, err = io.Copy(file, read)
	switch {
	case read.err != nil:
		return newProblem(http.StatusBadRequest, "malformed", cutOff)
	case err != nil:
		return a.faulty(r.Context(), err)
	case c.sent.size > office.ImportMost:
		return newProblem(http.StatusRequestEntityTooLarge, "too_large", "The file is longer than 64 MiB.")
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return a.faulty(r.Context(), err)
	}
	r.Body = c.sent
	return nil
}

// readError tells a sender that broke off from a disk that is full.
type readError struct {
	from io.Reader
	err  error
}

// Read remembers what went wrong.
func (r *readError) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}
