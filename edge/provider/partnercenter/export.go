package partnercenter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"prorata/flow"
)

// An export is asked for, made in minutes, and fetched as files:
//
//	POST …/export ──► 202, where to ask ──► running … ──► succeeded ──► manifest ──► files
//	                                                 └──► failed (no data: an empty one)
//
// What is there for some hours only and gone (410) is asked for again.

const (
	exportMaxUsual = 30 * time.Minute
	// exportPause is the documented wait between two looks, where the answer names none.
	exportPause = 10 * time.Second
	// exportTries is how often an export is asked for that was gone before it was fetched.
	exportTries = 3
	exportsKept = 64

	codeNoData = "5000"
)

// exportAsk is what is exported. Each field is as the provider has it.
type exportAsk struct {
	// path is below the reports: reconciliation/billed.
	path     string
	Invoice  string `json:"invoiceId,omitempty"`
	Currency string `json:"currencyCode,omitempty"`
	Period   string `json:"billingPeriod,omitempty"`
	Set      string `json:"attributeSet"`
}

func (a exportAsk) call() call {
	return post("/v1.0/reports/partners/billing/"+a.path+"/export", a).at(hostGraph)
}

// manifest lists the files of an export. An export without data has none.
type manifest struct {
	// stamp is the same as long as the data is.
	stamp     string
	root, key string
	names     []string
}

// manifests are the exports made lately, by what was asked: who has looked at a
// stamp does not have the export made again.
type manifests struct {
	mu sync.Mutex
	of map[exportAsk]manifest
}

func (m *manifests) put(ask exportAsk, made manifest) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil || len(m.of) >= exportsKept {
		m.of = map[exportAsk]manifest{}
	}
	m.of[ask] = made
}

// take gives a manifest once: what is kept for long is gone at the provider's.
func (m *manifests) take(ask exportAsk) (manifest, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	made, ok := m.of[ask]
	delete(m.of, ask)
	return made, ok
}

// export has an export made.
func (c *Client) export(ctx context.Context, ask exportAsk) (made manifest, err error) {
	for range exportTries {
		if made, err = c.exportOnce(ctx, ask); !isGone(err) {
			return made, err
		}
	}
	return made, err
}

// isGone says that what an answer pointed to was there and is no more.
func isGone(err error) bool {
	return refusedWith(err, http.StatusGone)
}

func (c *Client) exportOnce(ctx context.Context, ask exportAsk) (manifest, error) {
	k := ask.call()
	asked, err := c.ask(ctx, k)
	if err != nil {
		return manifest{}, err
	}
	where := asked.header.Get("Location")
	if where == "" {
		return manifest{}, damaged(k.name(), 0, "Location: missing in the answer (status %d)", asked.status)
	}
	look := get(where).at(hostGraph)
	begun := c.set.Clock()
	for {
		a, err := c.ask(ctx, look)
		if err != nil {
			return manifest{}, err
		}
		r, err := a.object(look)
		if err != nil {
			return manifest{}, err
		}
		switch state := operationState(r); state {
		case "succeeded":
			return c.manifest(ctx, look, r)
		case "failed":
			return manifest{}, exportFailed(look, r)
		case "notstarted", "running":
		default:
			return manifest{}, damaged(look.name(), 0, "status: %s (expected notStarted, running, succeeded or failed)", quote(state))
		}
		span, given := retryAfter(a.header, c.set.Clock())
		if !given || span <= 0 {
			span = exportPause
		}
		if c.set.Clock().Add(span).Sub(begun) > c.set.ExportMax {
			return manifest{}, fmt.Errorf("%s: %w: the export is not ready after %s", look.name(), flow.ErrThrottled, c.set.ExportMax)
		}
		if err := c.set.Wait(ctx, span); err != nil {
			return manifest{}, fmt.Errorf("%s: %w", look.name(), err)
		}
	}
}

// operationState is how far an export is, by its status or its type.
func operationState(r reading) string {
	if state := r.scalar("status"); state != "" {
		return strings.ToLower(state)
	}
	kind := strings.ToLower(r.scalar("@odata.type"))
	for word, state := range map[string]string{"successoperation": "succeeded", "failedoperation": "failed", "runningoperation": "running"} {
		if strings.HasSuffix(kind, word) {
			return state
		}
	}
	return kind
}

// exportFailed is nothing where there are no data.
func exportFailed(k call, r reading) error {
	in, ok := r.object("error")
	if !ok {
		in = r
	}
	code, sentence := in.scalar("code"), in.scalar("message")
	if code == codeNoData || strings.EqualFold(sentence, "no data available") {
		return nil
	}
	return fmt.Errorf("%s: %w", k.name(), &flow.ProviderRefusal{Code: first(code, "failed"), Sentence: first(sentence, "The export failed."), Todo: "Import the invoice again later."})
}

// manifest is in the operation itself, or where that says: as a text or a link.
func (c *Client) manifest(ctx context.Context, k call, operation reading) (manifest, error) {
	if r, ok := operation.object("resourceLocation"); ok {
		return manifestOf(k, r)
	}
	where := first(operation.scalar("resourceLocation"), operation.scalar("resourceLocation@odata.navigationLink"))
	if where == "" {
		return manifest{}, damaged(k.name(), 0, "resourceLocation: missing in the answer")
	}
	k = get(where).at(hostGraph)
	r, err := c.askObject(ctx, k)
	if err != nil {
		return manifest{}, err
	}
	return manifestOf(k, r)
}

// manifestOf reads a manifest with the names of today and of the time before.
func manifestOf(k call, r reading) (manifest, error) {
	m := manifest{
		stamp: strings.Trim(first(r.scalar("eTag"), r.scalar("@odata.etag")), `"`),
		root:  strings.TrimSuffix(first(r.scalar("rootDirectory"), r.scalar("rootFolder")), "/"),
		key:   strings.TrimPrefix(first(r.scalar("sasToken"), r.scalar("rootFolderSAS")), "?"),
	}
	raw, _ := r.raw("blobs")
	for _, item := range rawList(raw) {
		o, _ := objectOf(item)
		name := reading{wrong: &mistakes{}, of: o}.scalar("name")
		if name == "" {
			return m, damaged(k.name(), 0, "blobs: one has no name: %s", quote(string(item)))
		}
		m.names = append(m.names, strings.TrimPrefix(name, "/"))
	}
	if count := r.scalar("blobCount"); count != "" && count != fmt.Sprint(len(m.names)) {
		return m, damaged(k.name(), 0, "blobCount: %s, and %d blobs are listed", quote(count), len(m.names))
	}
	if len(m.names) > 0 && !strings.Contains(m.root, "://") {
		return m, damaged(k.name(), 0, "rootDirectory: %s is no address", quote(m.root))
	}
	return m, nil
}

// fetch downloads the files of an export, which is made where it is not yet, or
// no more. No token goes to where they are: the manifest's key is in the address.
func (c *Client) fetch(ctx context.Context, ask exportAsk, to *spooled) (pieces []piece, err error) {
	made, kept := c.made.take(ask)
	for try := 1; ; try++ {
		if !kept {
			if made, err = c.export(ctx, ask); err != nil {
				return nil, err
			}
		}
		kept = false
		if pieces, err = c.fetchFiles(ctx, made, to); err == nil || try >= exportTries || !linkIsOver(err) {
			return pieces, err
		}
	}
}

// linkIsOver says that a download link does not serve any more.
func linkIsOver(err error) bool {
	return isGone(err) || refusedWith(err, http.StatusForbidden) || refusedWith(err, http.StatusNotFound)
}

func (c *Client) fetchFiles(ctx context.Context, made manifest, to *spooled) ([]piece, error) {
	pieces := make([]piece, 0, len(made.names))
	for _, name := range made.names {
		address := made.root + "/" + name
		if made.key != "" {
			address += "?" + made.key
		}
		p, err := c.download(ctx, call{host: hostBare, method: http.MethodGet, path: address, header: http.Header{"Accept": {"*/*"}}}, name, to)
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, p)
	}
	return pieces, nil
}

// exported reads the rows of exports, file after file. Everything is fetched before
// the first row is handed on, so that whoever reads does not wait between rows, and
// no token is asked for or kept meanwhile: who reads may be keeping the rows.
func (c *Client) exported(ctx context.Context, l layout, read func(rows rowSeq) bool, asks ...exportAsk) (err error) {
	to, err := c.spool()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	var pieces []piece
	for _, ask := range asks {
		some, err := c.fetch(ctx, ask, to)
		if err != nil {
			return err
		}
		pieces = append(pieces, some...)
	}
	most := allow(c.set.UnpackedMost)
	for _, p := range pieces {
		goOn, err := c.readPiece(ctx, p, l, most, to, read)
		if err != nil || !goOn {
			return err
		}
	}
	return nil
}

// readPiece reads one file. One that turns out to be damaged is fetched again and
// read on from where it broke: a file of an export does not change.
func (c *Client) readPiece(ctx context.Context, p piece, l layout, most *allowance, to *spooled, read func(rows rowSeq) bool) (goOn bool, err error) {
	passed, left := 0, most.left
	for try := 1; p.Size() > 0; try++ {
		broken := false
		goOn = read(func(yield func(*row, error) bool) {
			at := 0
			for r, err := range rowsOf(p.name, p, l, most) {
				if errors.Is(err, errNothing) {
					return // a part of an export may be empty
				}
				if broken = try < c.set.Tries && errors.Is(err, ErrDamaged) && !most.spent(); broken {
					return
				}
				if at++; at <= passed {
					continue
				}
				passed++
				if !yield(r, err) {
					return
				}
			}
		})
		if !broken {
			return goOn, nil
		}
		most.left = left
		if p, err = c.download(ctx, p.from, p.name, to); err != nil {
			return false, err
		}
	}
	return true, nil
}
