package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"prorata/edge/provider/csvfile"
	"prorata/edge/provider/partnercenter"
	"prorata/edge/provider/pax8"
	"prorata/flow"
)

// The kinds of connections.
const (
	kindPartnerCenter = "partnercenter"
	kindPax8          = "pax8"
	kindFile          = "file"
)

// The secrets of a connection, beside those that its adapter keeps.
const clientSecret = "client_secret"

// The settings of a connection to the Partner Center.
const (
	settingCloud       = "cloud"
	settingAddress     = "address"
	settingTenant      = "tenant"
	settingClientID    = "client_id"
	settingRedirect    = "redirect_uri"
	settingConsentPage = "consent_page"
	settingBills       = "bills"
	settingUnpacked    = "unpacked_mib"
)

// provider is the adapter of a connection.
func (w *world) provider(f *flow.Flow, c flow.Connection) (flow.Provider, error) {
	switch c.Kind {
	case kindPartnerCenter:
		return w.partnerCenter(f, c)
	case kindPax8:
		return w.pax8(f, c)
	case kindFile:
		return w.folder(f, c)
	default:
		return nil, fmt.Errorf("%w: connection %s: kind: %q is not known", flow.ErrInput, c.ID, c.Kind)
	}
}

// partnerCenter is the client of a connection.
func (w *world) partnerCenter(f *flow.Flow, c flow.Connection) (*partnercenter.Client, error) {
	vault, err := w.vault(f, c.ID, false)
	if err != nil {
		return nil, err
	}
	endpoints, err := endpointsOf(c)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{settingTenant, settingClientID} {
		if c.Settings[name] == "" {
			return nil, fmt.Errorf("%w: connection %s: the setting %s is missing", flow.ErrInput, c.ID, name)
		}
	}
	unpacked, err := unpackedSetting(c)
	if err != nil {
		return nil, err
	}
	return partnercenter.New(partnercenter.Settings{
		Endpoints: endpoints, Tenant: c.Settings[settingTenant], ClientID: c.Settings[settingClientID],
		Secret:      func(ctx context.Context) (string, error) { return vault.TokenLoad(ctx, clientSecret) },
		RedirectURI: c.Settings[settingRedirect], ConsentPage: c.Settings[settingConsentPage], Tokens: vault,
		Spool: newSpool, UnpackedMost: unpacked, Currency: c.Currency, OlderBills: c.Settings[settingBills] == "pages",
		HTTP: &http.Client{}, Clock: f.Clock.Now, Wait: waitFor, Jitter: jitter, Log: w.log,
	}), nil
}

// unpackedSetting is how many bytes an export may unpack to; 0 for the usual.
func unpackedSetting(c flow.Connection) (int64, error) {
	text := c.Settings[settingUnpacked]
	if text == "" {
		return 0, nil
	}
	mib, err := strconv.ParseInt(text, 10, 32)
	if err != nil || mib <= 0 {
		return 0, fmt.Errorf("%w: connection %s: %s: expected a number of MiB, not %q", flow.ErrInput, c.ID, settingUnpacked, text)
	}
	return mib << 20, nil
}

// unpacked is what a file packed with gzip holds, as far as that may go.
func unpacked(name string, file io.Reader, mostMiB int64) (io.Reader, error) {
	text, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", flow.ErrInput, name, err)
	}
	return partnercenter.Unpacked(text, mostMiB<<20), nil
}

// spoolFile is a temporary file that is removed when it is closed.
type spoolFile struct{ *os.File }

func newSpool() (partnercenter.Spool, error) {
	file, err := os.CreateTemp("", "prorata-*")
	return spoolFile{file}, err
}

// Close throws the file away.
func (s spoolFile) Close() error { return errors.Join(s.File.Close(), os.Remove(s.Name())) }

// endpointsOf are the hosts of the connection's cloud, or of the stand-in at its address.
func endpointsOf(c flow.Connection) (e partnercenter.Endpoints, err error) {
	switch cloud := c.Settings[settingCloud]; cloud {
	case "", "commercial":
		e = partnercenter.Commercial()
	case "government":
		e = partnercenter.Government()
	case "china":
		e = partnercenter.China()
	default:
		return e, fmt.Errorf("%w: connection %s: cloud: expected commercial, government or china, not %q", flow.ErrInput, c.ID, cloud)
	}
	if address := c.Settings[settingAddress]; address != "" {
		if !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://127.0.0.1:") && !strings.HasPrefix(address, "http://localhost:") {
			return e, fmt.Errorf("%w: connection %s: address: expected https://… (or http:// on this machine), not %q", flow.ErrInput, c.ID, address)
		}
		e = e.At(address)
	}
	return e, nil
}

// waitFor waits for a span, or for the context's end.
func waitFor(ctx context.Context, span time.Duration) error {
	timer := time.NewTimer(span)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// jitter is up to a quarter more, so that workers do not come back together.
func jitter(span time.Duration) time.Duration {
	if span <= 0 {
		return 0
	}
	return rand.N(span/4 + 1)
}

// The settings of a connection to Pax8 and to a folder of files.
const (
	settingVendor    = "vendor"
	settingOrderedBy = "ordered_by"
	settingFolder    = "folder"
	settingMapping   = "mapping"
	// provisionPrefix begins the answers that Pax8 asks for with each order, by key and,
	// behind a dot, customer: provision.domain.CUSTOMER=….
	provisionPrefix = "provision."
)

func (w *world) pax8(f *flow.Flow, c flow.Connection) (flow.Provider, error) {
	vault, err := w.vault(f, c.ID, false)
	if err != nil {
		return nil, err
	}
	return pax8.New(pax8.Settings{
		API: c.Settings[settingAddress], ClientID: c.Settings[settingClientID], Secret: func(ctx context.Context) (string, error) { return vault.TokenLoad(ctx, clientSecret) },
		Currency: c.Currency, Vendor: c.Settings[settingVendor], OrderedBy: c.Settings[settingOrderedBy], Provision: provisionAnswers(c.Settings),
		HTTP: &http.Client{}, Clock: f.Clock.Now, Wait: waitFor, Jitter: jitter, Notebook: vault,
	})
}

// provisionAnswers answers a distributor's questions from the connection's settings:
// the customer's own first, then those for all.
func provisionAnswers(settings map[string]string) func(context.Context, flow.ProviderOrder, []pax8.Question) (map[string][]string, error) {
	return func(_ context.Context, order flow.ProviderOrder, questions []pax8.Question) (map[string][]string, error) {
		answers := map[string][]string{}
		for _, question := range questions {
			for _, name := range []string{provisionPrefix + question.Key + "." + order.Customer, provisionPrefix + question.Key} {
				if value := settings[name]; value != "" {
					answers[question.Key] = []string{value}
					break
				}
			}
		}
		return answers, nil
	}
}

// folder reads a distributor's files by the mappings of the connection's settings.
func (w *world) folder(f *flow.Flow, c flow.Connection) (flow.Provider, error) {
	mappings, err := mappingsOf(c)
	if err != nil {
		return nil, err
	}
	if len(mappings) == 0 || c.Settings[settingFolder] == "" {
		return nil, fmt.Errorf("%w: connection %s: a file connection needs the settings folder and mapping", flow.ErrInput, c.ID)
	}
	return csvfile.NewFolder(os.DirFS(c.Settings[settingFolder]), mappings, f.Today)
}

// mappingsOf are those that a file connection's settings name.
func mappingsOf(c flow.Connection) (mappings []*csvfile.Mapping, err error) {
	for _, name := range strings.Fields(c.Settings[settingMapping]) {
		mapping, err := readMapping(name)
		if err != nil {
			return nil, err
		}
		mappings = append(mappings, mapping)
	}
	return mappings, nil
}

// readMapping reads a mapping from a file, or one of those that come with the program.
func readMapping(name string) (*csvfile.Mapping, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		if own, known := csvfile.Layout(name); known == nil {
			text, err = own, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: mapping: %w", flow.ErrInput, err)
	}
	mapping, err := csvfile.ReadMapping(name, text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", flow.ErrInput, err)
	}
	return mapping, nil
}
