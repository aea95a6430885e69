package main_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// center is a stand-in of the Partner Center, run as its own process, and somebody
// who works in it by hand.
type center struct {
	t                               testing.TB
	address, tenant, client, secret string
	tokens                          map[string]string
}

// openCenter starts a stand-in whose clock stands where it is put.
func openCenter(t testing.TB, args ...string) *center {
	t.Helper()
	reader, writer := io.Pipe()
	p := prepare("", append([]string{"partnercenter", "--held", "--listen", "127.0.0.1:0"}, args...)...)
	p.cmd.Stdout = writer
	p.start(t)
	go func() { <-p.ended; _ = writer.Close() }()
	c := &center{t: t, tokens: map[string]string{}}
	lines := bufio.NewScanner(reader)
	for c.client == "" && lines.Scan() {
		words := strings.FieldsFunc(lines.Text(), func(r rune) bool { return r == ' ' || r == '=' })
		for i, word := range words[:max(0, len(words)-1)] {
			switch word {
			case "echo":
				c.secret = words[i+1]
			case "address":
				c.address = words[i+1]
			case "tenant":
				c.tenant = words[i+1]
			case "client_id":
				c.client = words[i+1]
			}
		}
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	if c.client == "" {
		t.Fatalf("the stand-in does not say where it is: %s", p.stderr.String())
	}
	return c
}

// reply is an answer of the stand-in's.
type reply struct {
	asked  string
	status int
	header http.Header
	body   []byte
}

// web follows no redirect: an answer is read as it came.
var web = &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// send makes a call as the partner's own person.
func (c *center) send(method, path string, body any, headers ...string) reply {
	c.t.Helper()
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			c.t.Fatal(err)
		}
	}
	r, err := http.NewRequest(method, c.address+path, bytes.NewReader(data))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("MS-RequestId", rand.Text())
	if strings.HasPrefix(path, "/v1/") {
		r.Header.Set("Authorization", "Bearer "+c.token())
	}
	for n := 0; n < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	return c.do(r)
}

func (c *center) do(r *http.Request) reply {
	c.t.Helper()
	answer, err := web.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply{asked: r.Method + " " + r.URL.Path, status: answer.StatusCode, header: answer.Header, body: body}
}

// want is send whose answer has to have a status; the body is read into a value.
func (c *center) want(status int, into any, method, path string, body any, headers ...string) {
	c.t.Helper()
	r := c.send(method, path, body, headers...)
	if r.status != status {
		c.t.Fatalf("%s: %d, want %d: %s", r.asked, r.status, status, r.body)
	}
	if into != nil {
		if err := json.Unmarshal(r.body, into); err != nil {
			c.t.Fatalf("%s: %v in %.300s", r.asked, err, r.body)
		}
	}
}

// code is what a person's consent to an application gives.
func (c *center) code(redirect string) string {
	c.t.Helper()
	page := "/common/oauth2/authorize?" + url.Values{"client_id": {c.client}, "redirect_uri": {redirect}, "accept": {"1"}}.Encode()
	r := c.send(http.MethodGet, page, nil)
	to, err := url.Parse(r.header.Get("Location"))
	if err != nil || to.Query().Get("code") == "" {
		c.t.Fatalf("no code: %d %s", r.status, r.body)
	}
	return to.Query().Get("code")
}

// token lets the person in, as of the stand-in's clock.
func (c *center) token() string {
	c.t.Helper()
	now := c.now()
	if token := c.tokens[now]; token != "" {
		return token
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {c.code("http://by.hand/")}, "redirect_uri": {"http://by.hand/"},
		"client_id": {c.client}, "client_secret": {c.secret}, "resource": {"https://api.partnercenter.microsoft.com"}}
	r, err := http.NewRequest(http.MethodPost, c.address+"/"+c.tenant+"/oauth2/token", strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var got struct {
		Token string `json:"access_token"`
	}
	answer := c.do(r)
	if err := json.Unmarshal(answer.body, &got); err != nil || got.Token == "" {
		c.t.Fatalf("no token: %d %s", answer.status, answer.body)
	}
	c.tokens[now] = got.Token
	return got.Token
}

// now is the stand-in's clock.
func (c *center) now() string {
	c.t.Helper()
	var got struct{ Now string }
	c.want(http.StatusOK, &got, http.MethodGet, "/standin/clock", nil)
	return got.Now
}

// to moves the stand-in's clock.
func (c *center) to(at time.Time) {
	c.t.Helper()
	c.want(http.StatusOK, nil, http.MethodPost, "/standin/clock?to="+url.QueryEscape(at.UTC().Format(time.RFC3339)), nil)
}

// fail has the next calls that match go wrong; rest says more, as the control door reads it.
func (c *center) fail(kind, method, path string, rest map[string]any) {
	c.t.Helper()
	fault := map[string]any{"kind": kind, "method": method, "path": path}
	for name, value := range rest {
		fault[name] = value
	}
	c.want(http.StatusCreated, nil, http.MethodPost, "/standin/faults", fault)
}

// heal takes away what has not gone wrong yet, and says what has.
func (c *center) heal() (struck []string) {
	c.t.Helper()
	var got struct{ Struck []string }
	c.want(http.StatusOK, &got, http.MethodGet, "/standin/faults", nil)
	c.want(http.StatusNoContent, nil, http.MethodDelete, "/standin/faults", nil)
	return got.Struck
}

// prospect makes a customer who has agreed to nothing yet.
func (c *center) prospect(name string) string {
	c.t.Helper()
	address := map[string]any{"country": "US", "city": "Boston", "state": "MA", "addressLine1": "1 Main Street", "postalCode": "02110", "firstName": "Ann", "lastName": "Beebe"}
	var made struct{ ID string }
	c.want(http.StatusCreated, &made, http.MethodPost, "/v1/customers", map[string]any{
		"companyProfile": map[string]any{"domain": name + ".onmicrosoft.com"},
		"billingProfile": map[string]any{"companyName": name, "email": "ann@" + name + ".example", "defaultAddress": address},
	})
	return made.ID
}

// customer makes a customer who has agreed to what must be agreed to.
func (c *center) customer(name string) string {
	c.t.Helper()
	id := c.prospect(name)
	person := map[string]any{"firstName": "Ann", "lastName": "Beebe", "email": "ann@" + name + ".example", "phoneNumber": "5550100"}
	c.want(http.StatusCreated, nil, http.MethodPost, "/v1/customers/"+id+"/agreements", map[string]any{
		"primaryContact": person, "templateId": "117a77b0-9360-443b-8795-c6dedc750cf9", "dateAgreed": c.now(), "type": "MicrosoftCustomerAgreement"})
	return id
}

// The stand-in's products that these stories sell.
const (
	businessPremium = "CFQ7TTC0PR03:0001"
	copilot         = "CFQ7TTC0PR08:0001"
	powerBI         = "CFQ7TTC0PR12:0001"
)

// buy orders seats by hand, for a year that is paid by the month.
func (c *center) buy(customer, sku string, seats int) (subscription string) {
	c.t.Helper()
	product, id, _ := strings.Cut(sku, ":")
	var offered struct {
		Items []struct {
			CatalogItemID string
			Terms         []struct{ Duration, BillingCycle string }
		}
	}
	c.want(http.StatusOK, &offered, http.MethodGet, fmt.Sprintf("/v1/customers/%s/products/%s/skus/%s/availabilities", customer, product, id), nil)
	if len(offered.Items) == 0 {
		c.t.Fatalf("%s is not offered", sku)
	}
	line := map[string]any{"id": 0, "catalogItemId": offered.Items[0].CatalogItemID, "quantity": seats, "termDuration": "P1Y", "billingCycle": "monthly"}
	var cart struct{ ID string }
	c.want(http.StatusCreated, &cart, http.MethodPost, "/v1/customers/"+customer+"/carts", map[string]any{"lineItems": []any{line}})
	var done struct {
		Orders []struct {
			LineItems []struct{ SubscriptionID string }
		}
	}
	c.want(http.StatusCreated, &done, http.MethodPost, "/v1/customers/"+customer+"/carts/"+cart.ID+"/checkout", nil)
	return done.Orders[0].LineItems[0].SubscriptionID
}

// change changes a subscription by hand: it is read, changed and sent back whole.
func (c *center) change(customer, subscription string, fields map[string]any) {
	c.t.Helper()
	path := "/v1/customers/" + customer + "/subscriptions/" + subscription
	var whole map[string]any
	c.want(http.StatusOK, &whole, http.MethodGet, path, nil)
	for name, value := range fields {
		whole[name] = value
	}
	c.want(http.StatusOK, nil, http.MethodPatch, path, whole)
}

// heldThere is a subscription as the stand-in has it.
type heldThere struct {
	ID, Customer, Status, OfferID, ParentSubscriptionID string
	Quantity                                            int
	AutoRenewEnabled                                    bool
}

// held are the subscriptions of a customer, in the order in which they were made.
func (c *center) held(customer string) (held []heldThere) {
	c.t.Helper()
	var state struct{ Subscriptions []heldThere }
	c.want(http.StatusOK, &state, http.MethodGet, "/standin/state", nil)
	for _, one := range state.Subscriptions {
		if one.Customer == customer {
			held = append(held, one)
		}
	}
	return held
}

// told are the subscriptions in a few words, a line each.
func told(held []heldThere) string {
	var lines []string
	for _, one := range held {
		sku := one.OfferID
		if parts := strings.Split(sku, ":"); len(parts) > 2 {
			sku = parts[0] + ":" + parts[1]
		}
		lines = append(lines, fmt.Sprintf("%s %d %s", sku, one.Quantity, one.Status))
	}
	return strings.Join(lines, "\n")
}
