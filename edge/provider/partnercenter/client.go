package partnercenter

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"prorata/core/money"
	"prorata/flow"
)

// Endpoint is one of the provider's hosts: where it is, and the name that an
// access token for it bears.
type Endpoint struct {
	// URL has no slash at its end; a path prefix is allowed.
	URL string
	// Audience is what a token for it is asked for.
	Audience string
}

// Endpoints are the hosts of one cloud. A stand-in serves them all below one
// address, and keeps the audiences.
type Endpoints struct {
	// Login is where tokens are given.
	Login string
	// API is the Partner Center, Pricing where price sheets and rates are, Graph
	// where exports and admin relationships are.
	API, Pricing, Graph Endpoint
	// Portal is where customers accept invitations.
	Portal string
}

// Commercial is the worldwide cloud.
func Commercial() Endpoints {
	return Endpoints{
		Login:   "https://login.microsoftonline.com",
		API:     endpointOf("https://api.partnercenter.microsoft.com"),
		Pricing: endpointOf("https://api.partner.microsoft.com"),
		Graph:   endpointOf("https://graph.microsoft.com"),
		Portal:  "https://admin.microsoft.com",
	}
}

// Government is the cloud of the United States' authorities: the worldwide one
// with a login of its own.
func Government() Endpoints {
	e := Commercial()
	e.Login = "https://login.microsoftonline.us"
	return e
}

// China is the cloud that 21Vianet runs.
func China() Endpoints {
	e := Commercial()
	e.Login = "https://login.partner.microsoftonline.cn"
	e.API = endpointOf("https://partner.partnercenterapi.microsoftonline.cn")
	return e
}

// At is every host of a cloud below one address, as a stand-in serves them.
func (e Endpoints) At(address string) Endpoints {
	address = strings.TrimSuffix(address, "/")
	e.Login, e.API.URL, e.Pricing.URL, e.Graph.URL, e.Portal = address, address, address, address, address
	return e
}

func endpointOf(url string) Endpoint { return Endpoint{URL: url, Audience: url} }

// Settings are what a connection is made of. Everything of the world (clock,
// waiting, network, secrets) is given.
type Settings struct {
	Endpoints Endpoints
	// Tenant is the partner's own tenant id, ClientID the application's.
	Tenant, ClientID string
	// Secret gives the application's secret; it is asked for at each sign-in and kept nowhere.
	Secret func(ctx context.Context) (string, error)
	// RedirectURI is where the login sends the consent's code; ConsentPage is our own
	// page where a consent begins, shown to whoever must renew it.
	RedirectURI, ConsentPage string
	// Tokens keeps the refresh token.
	Tokens Tokens

	// Spool gives a place for a download that must be whole before it is read, such as
	// a file that is removed when it is closed; memory where nil.
	Spool func() (Spool, error)
	// Currency is the partner's billing currency, for what is asked without one.
	Currency money.Currency
	// OlderBills asks for invoice rows and usage page by page, as before the exports:
	// where there are none (other clouds, small partners).
	OlderBills bool
	// UnpackedMost is how many bytes the packed files of one answer may unpack to;
	// UnpackedMost where it is 0.
	UnpackedMost int64
	// ExportMax is how long an export may take to be made; 30 minutes where it is 0.
	ExportMax time.Duration

	HTTP  *http.Client
	Clock func() time.Time
	// Wait returns after a span, or earlier with the context's error.
	Wait func(ctx context.Context, span time.Duration) error
	// Jitter gives what is added to a wait of that length, so that workers do not come
	// back together; without it nothing is.
	Jitter func(span time.Duration) time.Duration
	Log    *slog.Logger

	// Tries is how often a call is sent at most; 4 where it is 0.
	Tries int
	// Timeout is how long one try may take until its answer begins (of short answers:
	// ends); 100 seconds where it is 0.
	Timeout time.Duration
	// WaitMax is the longest wait that a provider may ask for; 5 minutes where it is 0.
	WaitMax time.Duration
	// Locale is the language of the provider's sentences; en-US where empty.
	Locale string
}

const (
	triesUsual   = 4
	timeoutUsual = 100 * time.Second
	waitMaxUsual = 5 * time.Minute
	localeUsual  = "en-US"
)

// Client is one connection of a partner to Microsoft's Partner Center. It is safe
// for concurrent use.
type Client struct {
	set  Settings
	keys *keyring
	sent *sentOrders
	made manifests
}

// New is a connection; nothing is asked of the provider yet.
func New(set Settings) *Client {
	if set.Tries <= 0 {
		set.Tries = triesUsual
	}
	if set.Timeout <= 0 {
		set.Timeout = timeoutUsual
	}
	if set.WaitMax <= 0 {
		set.WaitMax = waitMaxUsual
	}
	if set.ExportMax <= 0 {
		set.ExportMax = exportMaxUsual
	}
	if set.Locale == "" {
		set.Locale = localeUsual
	}
	if set.Jitter == nil {
		set.Jitter = func(time.Duration) time.Duration { return 0 }
	}
	if set.Log == nil {
		set.Log = slog.New(slog.DiscardHandler)
	}
	following := *set.HTTP
	following.CheckRedirect = followed
	set.HTTP = &following
	c := &Client{set: set}
	c.keys = newKeyring(c)
	c.sent = &sentOrders{of: map[string]sentOrder{}}
	return c
}

// Abilities of the Partner Center: all there are.
func (c *Client) Abilities() flow.Abilities {
	return flow.Abilities{
		Holdings: true, Order: true, Change: true, Suspend: true, Schedule: true, Cancel: true,
		Events: true, Usage: true, PriceSheets: true, Rates: true,
		Promotions: true, Invoices: true, UnbilledLines: true,
	}
}

var _ flow.Provider = (*Client)(nil)
