package pax8

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"prorata/core/money"
	"prorata/flow"
)

// Settings are what a connection needs.
type Settings struct {
	// API is the address without a version; empty for Pax8's own.
	API string
	// ClientID and Secret are the credentials made in Pax8; the secret is asked for
	// each time it is needed.
	ClientID string
	Secret   func(context.Context) (string, error)
	// Currency is that of the partner's prices, which the price list does not say.
	Currency money.Currency
	// Vendor narrows price sheets to one vendor's products, where given.
	Vendor string
	// OrderedBy is the e-mail address of the user in whose name orders are placed, where given.
	OrderedBy string
	// Provision answers what Pax8 asks for each order of a product (a domain, a
	// contact, an accepted agreement), by the keys of the questions.
	Provision func(ctx context.Context, order flow.ProviderOrder, questions []Question) (map[string][]string, error)

	HTTP  *http.Client
	Clock func() time.Time
	// Wait returns after a time, or with the context's error.
	Wait func(context.Context, time.Duration) error
	// Jitter adds chance to a wait, so that many clients do not come back at once.
	Jitter func(time.Duration) time.Duration
	// Notebook remembers what was sent under which reference.
	Notebook Notebook
}

const (
	ownAPI   = "https://api.pax8.com"
	audience = "https://api.pax8.com"
)

// Client is a connection to Pax8. Any number may use it at once.
type Client struct {
	Settings
	base *url.URL

	mu      sync.Mutex
	token   string
	goodFor time.Time
	known   map[string]*product

	// ordering lets one order go at a time: what is new among the orders is then ours.
	ordering sync.Mutex
}

var _ flow.Provider = (*Client)(nil)

// New makes a connection; nothing is called yet.
func New(s Settings) (*Client, error) {
	if s.API == "" {
		s.API = ownAPI
	}
	base, err := url.Parse(s.API)
	switch {
	case err != nil || base.Host == "" || base.User != nil:
		return nil, fmt.Errorf("pax8: %s is not the address of an API (expected for example %s)", s.API, ownAPI)
	case base.Scheme != "https" && base.Hostname() != "localhost" && base.Hostname() != "127.0.0.1":
		return nil, fmt.Errorf("pax8: %s is not encrypted (expected https)", s.API)
	case s.ClientID == "" || s.Secret == nil:
		return nil, errors.New("pax8: the client id or its secret is missing")
	case s.Currency.IsZero():
		return nil, errors.New("pax8: the currency of the partner's prices is missing")
	case s.HTTP == nil || s.Clock == nil || s.Wait == nil || s.Notebook == nil:
		return nil, errors.New("pax8: an HTTP client, a clock, a way to wait or a notebook is missing")
	}
	// What is sent holds a secret or a token, and goes to the address that was given alone.
	direct := *s.HTTP
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.HTTP = &direct
	return &Client{Settings: s, base: base, known: map[string]*product{}}, nil
}

// Abilities are what Pax8's API has. It has no suspension and nothing to be
// scheduled; events come by webhook alone (see Webhook).
func (c *Client) Abilities() flow.Abilities {
	return flow.Abilities{Holdings: true, Order: true, Change: true, Cancel: true, Usage: true, PriceSheets: true, Invoices: true, UnbilledLines: true}
}
