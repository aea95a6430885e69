package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"prorata/edge/provider/standin"
	"prorata/flow"
)

// journal is a stand-in that remembers: it writes down, before it is served, each
// request that changes something, with the instant on the stand-in's clock. Since
// the stand-in is made from a seed and does everything by its clock, the same
// requests at the same instants make it the same again.
type journal struct {
	world *standin.World
	mu    sync.Mutex
	to    io.WriteCloser
}

// journalHead is the first line: what the stand-in was made from.
type journalHead struct {
	Journal string    `json:"journal"`
	Seed    string    `json:"seed"`
	Start   time.Time `json:"start"`
	Demo    bool      `json:"demo"`
	Sandbox bool      `json:"sandbox"`
	Address string    `json:"address"`
}

const journalName = "partnercenter"

// journalEntry is a line for each request.
type journalEntry struct {
	At     time.Time         `json:"at"`
	Method string            `json:"method"`
	URL    string            `json:"url"`
	Header map[string]string `json:"header,omitempty"`
	Body   string            `json:"body,omitempty"`
}

// journalBodyMax bounds what is remembered of a request; the stand-in takes no more.
const journalBodyMax = 4 << 20

// center makes the stand-in that a head tells of.
func (h *journalHead) center(client *http.Client) (*standin.World, error) {
	set := standin.Settings{Seed: h.Seed, Start: h.Start, Sandbox: h.Sandbox, Wait: waitFor, HTTP: client, Address: h.Address}
	if h.Demo {
		return standin.DemoBegin(set)
	}
	return standin.Stocked(set), nil
}

// newJournal begins a stand-in; without a name nothing is written down.
func newJournal(name string, head journalHead, client *http.Client) (*journal, error) {
	head.Journal = journalName
	world, err := head.center(client)
	if err != nil || name == "" {
		return &journal{world: world}, err
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return &journal{world: world, to: file}, json.NewEncoder(file).Encode(&head)
}

// openJournal makes a stand-in as a journal left it, and goes on writing there.
func openJournal(name string, client *http.Client) (j *journal, err error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", flow.ErrInput, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	lines, whole := bufio.NewReader(file), int64(0)
	var head journalHead
	if err := readLine(lines, &head, &whole); err != nil || head.Journal != journalName {
		return nil, fmt.Errorf("%w: %s is no journal of a stand-in", flow.ErrInput, name)
	}
	// Notifications were sent when it happened.
	world, err := head.center(nil)
	if err != nil {
		return nil, err
	}
	for no := 2; ; no++ {
		var entry journalEntry
		err := readLine(lines, &entry, &whole)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = entry.again(world)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %s:%d: %w", flow.ErrInput, name, no, err)
		}
	}
	// What is written next begins a line.
	if err := file.Truncate(whole); err != nil {
		return nil, err
	}
	world.NotifyBy(client)
	return &journal{world: world, to: file}, nil
}

// readLine reads a line of JSON, and adds its length to what was whole; a last one
// that was cut off while it was written counts as the end.
func readLine(from *bufio.Reader, into any, whole *int64) error {
	line, err := from.ReadBytes('\n')
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	if err != nil {
		return err
	}
	*whole += int64(len(line))
	return json.Unmarshal(line, into)
}

// again lets the request happen as it did.
func (e *journalEntry) again(world *standin.World) error {
	if e.At.After(world.Now()) {
		if err := world.Advance(e.At); err != nil {
			return err
		}
	}
	request, err := http.NewRequest(e.Method, e.URL, strings.NewReader(e.Body))
	if err != nil {
		return err
	}
	for name, value := range e.Header {
		request.Header.Set(name, value)
	}
	_ = answered(world, unheard{http.Header{}}, request)
	return nil
}

// answered serves a request; errLost where the stand-in was told to lose its answer.
func answered(handler http.Handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		switch lost := recover(); lost {
		case nil:
		case http.ErrAbortHandler:
			err = errLost
		default:
			panic(lost)
		}
	}()
	handler.ServeHTTP(w, r)
	return nil
}

var errLost = errors.New("the connection was lost")

// unheard throws an answer away.
type unheard struct{ header http.Header }

func (u unheard) Header() http.Header         { return u.header }
func (u unheard) Write(p []byte) (int, error) { return len(p), nil }
func (u unheard) WriteHeader(int)             {}

// ServeHTTP writes the request down and serves it.
func (j *journal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if j.to == nil || !changes(r) {
		j.world.ServeHTTP(w, r)
		return
	}
	// One after another, so that the order on paper is that in the world.
	j.mu.Lock()
	defer j.mu.Unlock()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, journalBodyMax))
	if err != nil {
		http.Error(w, "the request is too large", http.StatusRequestEntityTooLarge)
		return
	}
	entry := journalEntry{At: j.world.Now(), Method: r.Method, URL: r.URL.RequestURI(), Header: map[string]string{}, Body: string(body)}
	for _, name := range []string{"Authorization", "Content-Type", "If-Match", "MS-RequestId", "MS-CorrelationId"} {
		if value := r.Header.Get(name); value != "" {
			entry.Header[name] = value
		}
	}
	if err := json.NewEncoder(j.to).Encode(&entry); err != nil {
		http.Error(w, "the journal cannot be written", http.StatusInternalServerError)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	j.world.ServeHTTP(w, r)
}

// changes says whether a request can change the stand-in: all but plain reading.
func changes(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return true
	}
	for _, reading := range []string{"/v1/", "/v1.0/sales/", "/standin/"} {
		if strings.HasPrefix(r.URL.Path, reading) {
			return strings.Contains(r.URL.Path, "transition")
		}
	}
	return true
}

// RoundTrip answers a client in this process, without a network.
func (j *journal) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := &heard{header: http.Header{}, status: http.StatusOK}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	if err := answered(j, answer, r); err != nil {
		return nil, err
	}
	return &http.Response{
		Status: http.StatusText(answer.status), StatusCode: answer.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: answer.header, Body: io.NopCloser(&answer.body), ContentLength: int64(answer.body.Len()), Request: r,
	}, nil
}

// heard keeps an answer.
type heard struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *heard) Header() http.Header         { return h.header }
func (h *heard) Write(p []byte) (int, error) { return h.body.Write(p) }
func (h *heard) WriteHeader(status int)      { h.status = status }

// close ends the writing down.
func (j *journal) close() error {
	if j.to == nil {
		return nil
	}
	return j.to.Close()
}
