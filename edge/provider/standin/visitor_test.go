package standin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
)

// visitor talks to a world through its doors, signed in as a person.
type visitor struct {
	t       testing.TB
	w       *World
	address string
	// direct leaves the network out; tokens are kept by path and hour.
	direct bool
	tokens map[string]string
}

func visit(t testing.TB, w *World) *visitor {
	t.Helper()
	v := &visitor{t: t, w: w, tokens: map[string]string{}}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	v.address = server.URL
	return v
}

// inside is a visitor without a network.
func inside(t testing.TB, w *World) *visitor {
	return &visitor{t: t, w: w, address: "http://standin.test", direct: true, tokens: map[string]string{}}
}

// reply is what a visitor got.
type reply struct {
	status int
	header http.Header
	data   []byte
}

// json reads the reply into a value, with numbers as they were written.
func (r reply) json(t testing.TB, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(r.data))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%v in %.300s", err, r.data)
	}
}

func (r reply) object(t testing.TB) map[string]any {
	t.Helper()
	var o map[string]any
	r.json(t, &o)
	return o
}

// token signs in for whatever a path belongs to.
func (v *visitor) token(path string) string {
	v.t.Helper()
	audience := audienceAPI
	switch {
	case strings.HasPrefix(path, "/v1.0/sales/"):
		audience = audiencePricing
	case strings.HasPrefix(path, "/v1.0/"):
		audience = audienceGraph
	}
	key := audience + v.w.Now().Format(time.RFC3339)
	if token := v.tokens[key]; token != "" {
		return token
	}
	tenant, id, secret := v.w.App()
	r, err := http.NewRequest(http.MethodPost, v.address+"/"+tenant+"/oauth2/token", strings.NewReader(url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {v.w.Grant()}, "client_id": {id}, "client_secret": {secret}, "resource": {audience},
	}.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	var got struct {
		Token string `json:"access_token"`
	}
	if v.do(r).json(v.t, &got); got.Token == "" {
		v.t.Fatalf("no token for %s", audience)
	}
	v.tokens[key] = got.Token
	return got.Token
}

// send makes a call; headers are pairs. Paths may be whole addresses.
func (v *visitor) send(method, path string, body any, headers ...string) reply {
	v.t.Helper()
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			v.t.Fatal(err)
		}
	}
	path = strings.TrimPrefix(path, v.address)
	r, err := http.NewRequest(method, v.address+path, bytes.NewReader(data))
	if err != nil {
		v.t.Fatal(err)
	}
	if strings.HasPrefix(path, "/v1") || strings.HasPrefix(path, "/webhooks") {
		r.Header.Set("Authorization", "Bearer "+v.token(path))
	}
	r.Header.Set("Accept-Encoding", "identity")
	for n := 0; n < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	return v.do(r)
}

// do makes a call over the network, or without.
func (v *visitor) do(r *http.Request) reply {
	v.t.Helper()
	if v.direct {
		answer := httptest.NewRecorder()
		v.w.ServeHTTP(answer, r)
		return reply{answer.Code, answer.Header(), answer.Body.Bytes()}
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return reply{answer.StatusCode, answer.Header, data}
}

// get makes a call that must succeed.
func (v *visitor) get(path string, headers ...string) reply {
	v.t.Helper()
	r := v.send(http.MethodGet, path, nil, headers...)
	if r.status != http.StatusOK {
		v.t.Fatalf("GET %s: %d %s", path, r.status, r.data)
	}
	return r
}

// advance moves the world's clock to an instant of a day.
func (v *visitor) advance(day, clock string) {
	v.t.Helper()
	at, err := time.Parse("2006-01-02 15:04", day+" "+clock)
	if err != nil {
		v.t.Fatal(err)
	}
	if err := v.w.Advance(at); err != nil {
		v.t.Fatal(err)
	}
}

// shop is a world with one customer and one product by the seat.
type shop struct {
	*visitor
	customer *customer
	sku      *SKU
	events   int
}

func open(t testing.TB, currency, start string) *shop {
	t.Helper()
	at, err := time.Parse("2006-01-02", start)
	if err != nil {
		t.Fatal(err)
	}
	w := New(Settings{Seed: "shop", Start: at, Partner: Partner{Currency: currency}, HTTP: http.DefaultClient})
	sku := &SKU{ID: "0001", Title: "Office for a seat", Offers: []Offer{
		{TermMonths: 12, Billing: Monthly, Prices: []Price{{From: day(t, "2025-01-01"), List: figure("12"), Retail: figure("15")}, {From: day(t, "2026-06-01"), List: figure("12.60"), Retail: figure("15.75")}}},
		{TermMonths: 12, Billing: Annual, Prices: []Price{{From: day(t, "2025-01-01"), List: figure("136.80"), Retail: figure("171")}}},
	}}
	w.AddProduct(&Product{ID: "CFQ7TTC0TEST", Title: "Office", Publisher: "Microsoft Corporation", SKUs: []*SKU{sku}})
	id := w.AddCustomer(Customer{Name: "Adatum", Domain: "adatum.onmicrosoft.com", Agreed: true})
	return &shop{visitor: visit(t, w), customer: w.customer(id), sku: sku}
}

// happen lets something happen to a subscription now, in the charge cycle that
// now lies in of a yearly term that is paid by the month.
func (s *shop) happen(subscription string, term calendar.Period, kind chargeKind, was, is int) {
	s.t.Helper()
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	on := civil(s.w.now)
	k := 0
	for !wholeCycle(term, 12, 1, k).Contains(on) {
		k++
	}
	s.events++
	cycle := cycleOf(term, 12, 1, k)
	order := fmt.Sprintf("%012x", s.events)
	s.w.happened(&happening{
		kind: kind, at: s.w.now, on: on, customer: s.customer, subscription: subscription, sku: s.sku, availability: s.w.availability(s.sku, on), was: was, is: is,
		list: figure("12"), term: term, termMonths: 12, billing: Monthly, whole: wholeCycle(term, 12, 1, k), cycle: cycle, paid: calendar.Period{From: calendar.Latest(on, cycle.From), To: cycle.To},
		reference: guidOf(order), order: order, alternate: order,
	})
}

// plan buys an Azure plan.
func (s *shop) plan(subscription string) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	s.w.happened(&happening{kind: chargeNew, at: s.w.now, on: civil(s.w.now), customer: s.customer, subscription: subscription, azurePlan: true, order: "0123456789ab"})
}

// sumOf adds a field up over JSON lines.
func sumOf(t testing.TB, lines []map[string]any, field string) money.Decimal {
	t.Helper()
	var sum money.Decimal
	for _, l := range lines {
		sum = sum.Add(decimalOf(t, l[field]))
	}
	return sum
}

func decimalOf(t testing.TB, value any) money.Decimal {
	t.Helper()
	d, err := money.ParseDecimal(fmt.Sprint(value))
	if err != nil {
		t.Fatalf("%v: %v", value, err)
	}
	return d
}

// pages reads line items to the last page.
func (v *visitor) pages(path string) []map[string]any {
	v.t.Helper()
	var all []map[string]any
	var headers []string
	for {
		page := v.get(path, headers...)
		var got struct {
			Items []map[string]any
			Links struct {
				Next *struct {
					URI     string
					Headers []struct{ Key, Value string }
				}
			}
		}
		page.json(v.t, &got)
		all = append(all, got.Items...)
		if got.Links.Next == nil {
			return all
		}
		path, headers = "/v1"+got.Links.Next.URI, []string{got.Links.Next.Headers[0].Key, got.Links.Next.Headers[0].Value}
	}
}
