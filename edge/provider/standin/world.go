package standin

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Settings are what a world is made of.
type Settings struct {
	// Seed decides every id; worlds of the same seed are told apart by nothing.
	Seed string
	// Start is what the world's clock shows at first.
	Start   time.Time
	Partner Partner
	// ClientID and Secret are the partner's application; where empty they are made
	// from the seed and can be read from App.
	ClientID, Secret string
	// ProvisioningTakes is from a checkout until its orders are completed; nothing
	// where it is 0.
	ProvisioningTakes time.Duration
	// ListedAfter is from a checkout until its orders can be read.
	ListedAfter time.Duration
	// Sandbox sets the limits of the integration sandbox.
	Sandbox bool
	// Wait returns after a span or with the context's end; slow answers wait on it,
	// or on the context alone where there is none.
	Wait func(ctx context.Context, span time.Duration) error
	// HTTP sends notifications; without it none are sent.
	HTTP *http.Client
	// Address is where the world is served, for the links in its answers; where empty
	// they are built from each request.
	Address string
}

// Partner is who resells.
type Partner struct {
	// Tenant is a UUID; made from the seed where empty.
	Tenant, Name, Domain string
	// MPN is the partner's location id.
	MPN string
	// Country is of two letters, Currency what invoices are in; US and USD where empty.
	Country, Currency string
	// Resellers are the indirect resellers of a provider.
	Resellers []Reseller
}

// Reseller is an indirect reseller of the partner.
type Reseller struct{ Tenant, Name, MPN, Country string }

// World is everything that the stand-in knows. It is an http.Handler, and safe
// for concurrent use: one call is answered at a time.
type World struct {
	set Settings
	mux *http.ServeMux

	mu sync.Mutex
	// now is the world's clock, due what waits for it.
	now time.Time
	due agenda
	// drawn counts what chance gave, answered the ids that calls did not bring.
	drawn    uint64
	answered int

	keys    keys
	stored  map[string]*answer
	faults  faults
	catalog catalog

	customers  []*customer
	links      []*adminLink
	carts      map[string]*cart
	orders     []*order
	held       []*subscription
	records    []*auditRecord
	billing    *billing
	agreements map[string][]agreement
}

// New is a world with a partner and nothing else.
func New(set Settings) *World {
	w := &World{set: set, now: set.Start.UTC(), stored: map[string]*answer{}, carts: map[string]*cart{}, agreements: map[string][]agreement{}}
	w.set.Partner = w.partnerWhole(set.Partner)
	if w.set.ClientID == "" {
		w.set.ClientID, w.set.Secret = w.newID(), w.newHex(20)
	}
	w.keys = newKeys()
	w.billing = newBilling(w)
	w.mux = w.routes()
	return w
}

func (w *World) partnerWhole(p Partner) Partner {
	fill(&p.Tenant, w.newID())
	fill(&p.Name, "Fourth Coffee Cloud")
	fill(&p.Domain, "fourthcoffee.onmicrosoft.com")
	fill(&p.MPN, "5350710")
	fill(&p.Country, "US")
	fill(&p.Currency, "USD")
	return p
}

func fill(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

// App is the partner's tenant and its application, as a client signs in with them.
func (w *World) App() (tenant, clientID, secret string) {
	return w.set.Partner.Tenant, w.set.ClientID, w.set.Secret
}

// NotifyBy sets who sends notifications from now on; nobody where nil.
func (w *World) NotifyBy(client *http.Client) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.set.HTTP = client
}

// Now is what the world's clock shows.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// draw is the next 32 bytes of chance, which the seed and the number of earlier
// draws decide.
func (w *World) draw() [32]byte {
	w.drawn++
	return sha256.Sum256(binary.BigEndian.AppendUint64([]byte(w.set.Seed+"\x00"), w.drawn))
}

// newID is a new UUID.
func (w *World) newID() string {
	b := w.draw()
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// newHex is a new id of n hexadecimal digits, as new orders have.
func (w *World) newHex(n int) string {
	b := w.draw()
	return hex.EncodeToString(b[:])[:n]
}
