package standin_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/provider/standin"
)

// shop is a world that is served, with a token of a person in hand.
type shop struct {
	t       *testing.T
	world   *standin.World
	server  *httptest.Server
	token   string
	refresh string
	sent    int
}

var start = time.Date(2026, 1, 10, 9, 30, 0, 0, time.UTC)

// The small catalogue of these stories: a suite that can be upgraded, the suite
// above it, an add-on, and an Azure plan.
const (
	suite   = "CFQ7TTC0AAAA:0001"
	better  = "CFQ7TTC0BBBB:0001"
	addon   = "CFQ7TTC0CCCC:0001"
	plan    = "DZH318Z0DDDD:0001"
	forever = "DG7GMGF0EEEE:0001"
	special = "39NFJQT1AAAA:0001:39NFJQT1Q5KM"
)

func open(t *testing.T, change ...func(*standin.Settings)) *shop {
	t.Helper()
	set := standin.Settings{Seed: "story", Start: start}
	for _, c := range change {
		c(&set)
	}
	s := &shop{t: t, world: standin.New(set)}
	for _, p := range catalogue(t) {
		s.world.AddProduct(p)
	}
	s.world.AddPromotion(&standin.Promotion{
		ID: special, Name: "Ten off", SKU: suite, TermMonths: 12, Billing: standin.Monthly, Percent: dec(t, "10"),
		From: date(t, "2026-01-01"), Until: date(t, "2026-03-31"), SeatsMin: 5, SeatsMax: 50, FirstPurchase: true,
	})
	s.server = serve(t, s.world)
	s.signIn()
	return s
}

func catalogue(t *testing.T) []*standin.Product {
	prices := func(one, next string) []standin.Price {
		return []standin.Price{
			{From: date(t, "2025-01-01"), List: dec(t, one), Retail: dec(t, one)}, {From: date(t, "2026-07-01"), List: dec(t, next), Retail: dec(t, next)},
		}
	}
	offers := func(monthly, monthlyNext, annual, annualNext string) []standin.Offer {
		return []standin.Offer{
			{TermMonths: 1, Billing: standin.Monthly, Prices: prices(monthly, monthlyNext)},
			{TermMonths: 12, Billing: standin.Monthly, Prices: prices(monthly, monthlyNext)},
			{TermMonths: 12, Billing: standin.Annual, Prices: prices(annual, annualNext)},
		}
	}
	one := func(key, title string, kind standin.ProductKind, s standin.SKU) *standin.Product {
		product, id, _ := strings.Cut(key, ":")
		s.ID, s.Title = id, title
		return &standin.Product{ID: product, Title: title, Publisher: "Microsoft Corporation", Kind: kind, SKUs: []*standin.SKU{&s}}
	}
	return []*standin.Product{
		one(suite, "Office Basic", standin.Licenses, standin.SKU{Maximum: 300, Upgrades: []string{better}, Offers: offers("10", "11", "120", "132")}),
		one(better, "Office Premium", standin.Licenses, standin.SKU{Maximum: 300, Offers: offers("20", "22", "240", "264")}),
		one(addon, "Phone", standin.Licenses, standin.SKU{Addon: true, Prerequisites: []string{suite}, Offers: offers("5", "5", "60", "60")}),
		one(forever, "Server", standin.Perpetual, standin.SKU{Offers: []standin.Offer{{Billing: standin.OneTime, Prices: prices("900", "900")}}}),
		one(plan, "Azure plan", standin.AzurePlan, standin.SKU{Maximum: 1, Offers: []standin.Offer{{Billing: standin.Monthly, Prices: prices("0", "0")}}}),
	}
}

func date(t *testing.T, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func dec(t *testing.T, text string) money.Decimal {
	t.Helper()
	d, err := money.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// reply is an answer, read.
type reply struct {
	t      *testing.T
	asked  string
	status int
	header http.Header
	text   string
	body   any
}

// signIn exchanges a person's consent for a token of the Partner Center.
func (s *shop) signIn() {
	s.t.Helper()
	if s.refresh == "" {
		s.refresh = s.world.Grant()
	}
	r := s.exchange("https://api.partnercenter.microsoft.com", "refresh_token", s.refresh)
	s.token, s.refresh = r.str("access_token"), r.str("refresh_token")
}

func (s *shop) exchange(audience, grant, refresh string) reply {
	s.t.Helper()
	tenant, client, secret := s.world.App()
	form := url.Values{"grant_type": {grant}, "client_id": {client}, "client_secret": {secret}, "resource": {audience}}
	if refresh != "" {
		form.Set("refresh_token", refresh)
	}
	return s.raw(http.MethodPost, "/"+tenant+"/oauth2/token", "application/x-www-form-urlencoded", form.Encode())
}

// do sends JSON with the token; headers are pairs of name and value.
func (s *shop) do(method, path string, body any, headers ...string) reply {
	s.t.Helper()
	text := ""
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		text = string(data)
	}
	s.sent++
	given := append([]string{"Authorization", "Bearer " + s.token, "MS-RequestId", fmt.Sprintf("00000000-0000-4000-8000-%012d", s.sent)}, headers...)
	return s.raw(method, path, "application/json", text, given...)
}

func (s *shop) raw(method, path, kind, body string, headers ...string) reply {
	s.t.Helper()
	r, err := s.try(method, path, kind, body, headers...)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

// try is raw for calls that may stay without an answer.
func (s *shop) try(method, path, kind, body string, headers ...string) (reply, error) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return reply{}, err
	}
	out := reply{t: s.t, asked: method + " " + path, status: res.StatusCode, header: res.Header, text: string(data)}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	_ = d.Decode(&out.body)
	return out, nil
}

// want ends the test where the answer has another status.
func (r reply) want(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s: got %d, want %d: %s", r.asked, r.status, status, r.text)
	}
	return r
}

// refused ends the test where the answer is not that refusal.
func (r reply) refused(status, code int) {
	r.t.Helper()
	r.want(status)
	if got := r.str("code"); got != strconv.Itoa(code) {
		r.t.Fatalf("%s: got code %s, want %d: %s", r.asked, got, code, r.text)
	}
}

// at is a value of the answer by its path, such as "items.0.id"; nil for none.
func (r reply) at(path string) any {
	value := r.body
	for key := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

func (r reply) str(path string) string {
	if v := r.at(path); v != nil {
		return fmt.Sprint(v)
	}
	return ""
}

// is ends the test where values of the answer are others; pairs of path and text.
func (r reply) is(pairs ...string) reply {
	r.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got := r.str(pairs[i]); got != pairs[i+1] {
			r.t.Errorf("%s: %s is %q, want %q", r.asked, pairs[i], got, pairs[i+1])
		}
	}
	return r
}

func (s *shop) get(path string) reply {
	s.t.Helper()
	return s.do(http.MethodGet, path, nil)
}

// goTo moves the clock and signs in anew, for an hour's token is soon old.
func (s *shop) goTo(at time.Time) {
	s.t.Helper()
	if err := s.world.Advance(at); err != nil {
		s.t.Fatal(err)
	}
	s.refresh = ""
	s.signIn()
}

func (s *shop) days(n int) {
	s.t.Helper()
	s.goTo(s.world.Now().AddDate(0, 0, n))
}

// customer is one that has agreed.
func (s *shop) customer() string {
	return s.world.AddCustomer(standin.Customer{Name: "Contoso", Domain: "contoso.onmicrosoft.com", Agreed: true})
}

// item is the catalogue item of a sku as it is sold today.
func (s *shop) item(key string) string {
	s.t.Helper()
	product, sku, _ := strings.Cut(key, ":")
	return s.get("/v1/products/" + product + "/skus/" + sku + "/availabilities?country=US").want(http.StatusOK).str("items.0.catalogItemId")
}

type object = map[string]any

func (s *shop) line(key string, seats int, term, billing string) object {
	return object{"id": 0, "catalogItemId": s.item(key), "quantity": seats, "termDuration": term, "billingCycle": billing}
}

// buy buys through a cart and returns the subscriptions' addresses.
func (s *shop) buy(customer string, lines ...object) []string {
	s.t.Helper()
	base := "/v1/customers/" + customer
	cart := s.do(http.MethodPost, base+"/carts", object{"lineItems": lines}).want(http.StatusCreated)
	for i := range lines {
		if wrong := cart.at(fmt.Sprintf("lineItems.%d.error", i)); wrong != nil {
			s.t.Fatalf("line %d: %v", i, wrong)
		}
	}
	out := s.do(http.MethodPost, base+"/carts/"+cart.str("id")+"/checkout", nil).want(http.StatusCreated)
	var held []string
	for o := 0; out.at(fmt.Sprintf("orders.%d", o)) != nil; o++ {
		for l := 0; out.at(fmt.Sprintf("orders.%d.lineItems.%d", o, l)) != nil; l++ {
			held = append(held, base+"/subscriptions/"+out.str(fmt.Sprintf("orders.%d.lineItems.%d.subscriptionId", o, l)))
		}
	}
	return held
}

// change reads a subscription, changes some of it and sends the whole.
func (s *shop) change(path string, change object) reply {
	s.t.Helper()
	whole := s.get(path).want(http.StatusOK).body.(object)
	for k, v := range change {
		if v == nil {
			delete(whole, k)
			continue
		}
		whole[k] = v
	}
	return s.do(http.MethodPatch, path, whole)
}

func serve(t *testing.T, w *standin.World) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	return server
}
