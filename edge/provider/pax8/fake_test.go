package pax8_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"prorata/core/money"
	"prorata/edge/provider/pax8"
	"prorata/flow"
)

// row is something of the fake's world, as it is sent.
type row = map[string]any

// fake is a small Pax8: what is sent to it changes it, and what it accepts comes
// to pass when it settles.
type fake struct {
	t   testing.TB
	url string

	mu       sync.Mutex
	now      time.Time
	waits    []time.Duration
	calls    []string
	tokens   int
	secret   string
	lists    map[string][]row
	usage    map[string][]row
	drafts   [2][]row
	throttle int
	broken   int
	// forbid is a path below which nothing may be read.
	forbid string
	// loseAnswer and loseRequest are for the next request that changes something.
	loseAnswer, loseRequest bool
}

const pageMost = 2 // of rows, whatever is asked for, so that everything is in pages

func newFake(t testing.TB) *fake {
	f := &fake{t: t, now: time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC), secret: "s3cr3t-of-the-client", usage: map[string][]row{}}
	company := func(id, name, status string) row {
		return row{"id": id, "name": name, "status": status, "website": "https://www." + id + ".example/home", "address": row{"country": "US"}}
	}
	product := func(id, name, vendorSKU string, commit bool) row {
		return row{"id": id, "name": name, "vendorName": "Microsoft", "sku": "PX-" + id, "vendorSku": vendorSKU, "requiresCommitment": commit}
	}
	commitment := func(id, term string, early bool) row {
		return row{"id": id, "term": term, "autoRenew": true, "allowForQuantityDecrease": false, "allowForEarlyCancellation": early}
	}
	item := func(kind, sub, from, to string, quantity any, cost, total, tax, due string) row {
		return row{
			"type": kind, "companyId": "harbor", "companyName": "Harbor Dental", "subscriptionId": sub, "productId": "basic", "startPeriod": from, "endPeriod": to,
			"quantity": quantity, "term": "Monthly", "sku": "PX-basic", "cost": json.Number(cost), "costTotal": json.Number(total), "salesTax": json.Number(tax),
			"amountDue": json.Number(due), "currencyCode": "USD", "productName": "Basic", "vendorName": "Microsoft",
		}
	}
	f.lists = map[string][]row{
		"companies": {company("harbor", "Harbor Dental", "Active"), company("gone", "Gone", "Deleted"), company("kite", "Kite & Sons", "Inactive"), company("lumen", "Lumen", "Active")},
		"products":  {product("basic", "Business Basic", "CFQ7TTC0LH16:0001", true), product("backup", "Backup", "BCK-1", false), product("metered", "Azure", "AZ", false)},
		"pricing/basic": {
			{"productId": "basic", "billingTerm": "Monthly", "commitmentTerm": "1-Year", "commitmentTermInMonths": 12, "type": "Flat", "rates": []row{{"partnerBuyRate": 5.04, "suggestedRetailPrice": 6.0, "chargeType": "Per Unit"}}},
			{"productId": "basic", "billingTerm": "Annual", "commitmentTerm": "1-Year", "commitmentTermInMonths": 12, "type": "Flat", "rates": []row{{"partnerBuyRate": "57.60", "suggestedRetailPrice": 72, "chargeType": "Per Unit"}}},
		},
		"pricing/backup": {{"productId": "backup", "billingTerm": "Monthly", "type": "Volume", "rates": []row{
			{"partnerBuyRate": 2, "startQuantityRange": 0, "endQuantityRange": 99, "chargeType": "Per Unit"}, {"partnerBuyRate": 1.5, "startQuantityRange": 100, "chargeType": "Per Unit"}}}},
		"pricing/metered":           nil,
		"dependencies/basic":        {commitment("y1", "1-Year", true), commitment("y3", "3-Year", false)},
		"provision-details/basic":   {{"key": "msDomain", "label": "Domain", "valueType": "Input"}, {"key": "mca", "label": "Agreement", "possibleValues": []string{"Accepted"}}},
		"subscriptions":             nil,
		"orders":                    nil,
		"usage-summaries/sub-3":     {{"id": "sum-1", "companyId": "lumen", "subscriptionId": "sub-3", "productId": "metered", "resourceGroup": "rg", "vendorName": "Microsoft"}},
		"subscriptions/sub-1/trail": nil,
		"invoices": {
			{"id": "inv-1", "invoiceDate": "2026-10-05", "total": json.Number("30.30"), "carriedBalance": json.Number("0"), "currencyCode": "USD", "status": "Carried"},
			{"id": "inv-v", "invoiceDate": "2026-10-06", "total": 1, "currencyCode": "USD", "status": "Void"},
			{"id": "inv-2", "invoiceDate": "2026-11-02", "total": json.Number("43.18"), "carriedBalance": json.Number("30.30"), "currencyCode": "USD", "status": "Unpaid"},
		},
		"items/inv-1": {item("subscription", "sub-1", "2026-10-01", "2026-10-31", 5, "5.04", "25.20", "0", "25.20"), item("prorate", "sub-1", "2026-10-11", "2026-11-01", json.Number("1"), "5.04", "5.10", "0", "5.10")},
		"items/inv-2": {
			item("subscription", "sub-1", "2026-11-01", "2026-12-01", 5, "5.04", "25.20", "2.02", "27.22"), item("prorate", "sub-1", "2026-11-01", "2026-11-30", -2, "5.04", "-10.08", "-0.81", "-10.89"),
			item("invoice-credit", "sub-1", "2026-11-02", "2026-11-02", 1, "-3.45", "-3.45", "0", "-3.45"),
		},
	}
	f.lists["items/inv-2"][0]["id"] = "item-1"
	f.drafts = [2][]row{{item("subscription", "sub-1", "2026-11-01", "2026-11-30", 5, "5.04", "25.20", "0", "25.20")}, {item("subscription", "sub-1", "2026-12-01", "2026-12-31", 5, "5.04", "25.20", "0", "25.20")}}
	f.usage["sum-1 2026-11-01"] = []row{{"usageDate": "2026-11-01", "productName": "VM", "productId": "metered", "unitOfMeasure": "h", "quantity": 24, "partnerTotal": json.Number("1.2E-2"), "currencyCode": "USD"}, {"usageDate": "2026-11-01", "productName": "VM", "productId": "metered", "unitOfMeasure": "GB", "quantity": 3, "partnerTotal": 0.3, "currencyCode": "USD"}}
	f.usage["sum-1 2026-10-31"] = []row{{"usageDate": "2026-10-31", "productName": "VM", "productId": "metered", "unitOfMeasure": "h", "quantity": 24, "partnerTotal": 1.2, "currencyCode": "USD"}}
	f.add("sub-1", "harbor", "basic", 5, "Active", row{"id": "y1", "term": "1-Year", "endDate": "2027-03-10T00:00:00Z"})
	f.add("sub-2", "harbor", "basic", 8, "Active", row{"id": "y3", "term": "3-Year", "endDate": "2029-03-10T00:00:00Z"})
	f.add("sub-3", "lumen", "metered", 1, "Active", nil)
	f.add("sub-4", "lumen", "backup", 3, "WaitingForDetails", nil)
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

func (f *fake) add(id, company, product string, quantity int, status string, commitment row) row {
	sub := row{
		"id": id, "companyId": company, "productId": product, "quantity": quantity, "status": status, "startDate": "2026-03-10T08:30:00Z", "createdDate": "2026-03-10",
		"billingStart": "2026-03-10", "billingTerm": "Monthly", "currencyCode": "USD", "vendorSubscriptionId": "ms-" + id, "productName": product, "price": 7.5,
	}
	if commitment != nil {
		sub["commitmentTerm"] = commitment
	}
	f.lists["subscriptions"] = append(f.lists["subscriptions"], sub)
	return sub
}

// client is a connection to the fake with a clock that moves when it waits.
func (f *fake) client(change ...func(*pax8.Settings)) *pax8.Client {
	usd, err := money.ParseCurrency("USD")
	if err != nil {
		f.t.Fatal(err)
	}
	s := pax8.Settings{
		API: f.url, ClientID: "client", Secret: func(context.Context) (string, error) { return f.secret, nil }, Currency: usd, HTTP: &http.Client{}, Notebook: &pax8.Memory{},
		Clock: func() time.Time { f.mu.Lock(); defer f.mu.Unlock(); return f.now },
		Wait: func(ctx context.Context, d time.Duration) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.now, f.waits = f.now.Add(d), append(f.waits, d)
			return ctx.Err()
		},
		Provision: func(context.Context, flow.ProviderOrder, []pax8.Question) (map[string][]string, error) {
			return map[string][]string{"msDomain": {"harbor"}, "mca": {"Accepted"}}, nil
		},
	}
	for _, c := range change {
		c(&s)
	}
	c, err := pax8.New(s)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, r.Method+" "+r.URL.RequestURI())
	if r.URL.Path == "/v1/token" {
		f.signIn(w, r)
		return
	}
	switch {
	case r.Header.Get("Authorization") != "Bearer token-"+strconv.Itoa(f.tokens):
		refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "Expired token")
		return
	case f.throttle > 0:
		f.throttle--
		refuse(w, http.StatusTooManyRequests, "TOO_MANY_REQUESTS", "Slow down")
		return
	case f.forbid != "" && r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, f.forbid):
		refuse(w, http.StatusForbidden, "FORBIDDEN", "Not yours")
		return
	case f.broken > 0:
		f.broken--
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	changes := r.Method != http.MethodGet && r.URL.Query().Get("isMock") == ""
	if changes && f.loseRequest {
		f.loseRequest = false
		panic(http.ErrAbortHandler)
	}
	answer := httptest.NewRecorder()
	f.route(answer, r)
	if changes && f.loseAnswer {
		f.loseAnswer = false
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

func (f *fake) signIn(w http.ResponseWriter, r *http.Request) {
	var asked row
	_ = json.NewDecoder(r.Body).Decode(&asked)
	if asked["client_id"] != "client" || asked["client_secret"] != f.secret || asked["grant_type"] != "client_credentials" || asked["audience"] != "https://api.pax8.com" {
		refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "Unknown client "+fmt.Sprint(asked["client_secret"]))
		return
	}
	f.tokens++
	send(w, row{"access_token": "token-" + strconv.Itoa(f.tokens), "expires_in": 86400, "token_type": "Bearer"})
}

func send(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }

func refuse(w http.ResponseWriter, status int, kind, message string, details ...string) {
	w.WriteHeader(status)
	inner := []row{}
	for _, d := range details {
		inner = append(inner, row{"message": d})
	}
	send(w, row{"type": kind, "message": message, "instance": "/", "status": status, "details": inner})
}

func (f *fake) route(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/api/v2/"), "/v1/"), "/")
	q := r.URL.Query()
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/api/v2/webhooks":
		var made row
		_ = json.NewDecoder(r.Body).Decode(&made)
		made["id"] = "hook-" + strconv.Itoa(len(f.lists["webhooks"])+1)
		f.lists["webhooks"] = append(f.lists["webhooks"], made)
		send(w, made)
	case r.URL.Path == "/api/v2/webhooks/topic-definitions":
		f.page(w, r, []row{{"topic": "SUBSCRIPTION"}, {"topic": "PROVISIONING"}, {"topic": "COMPANY"}})
	case r.Method == http.MethodPost && r.URL.Path == "/v1/orders":
		f.order(w, r)
	case r.Method == http.MethodPut && parts[0] == "subscriptions":
		f.update(w, r, f.find("subscriptions", parts[1]))
	case r.Method == http.MethodDelete && parts[0] == "subscriptions":
		f.cancel(w, q.Get("cancelDate"), f.find("subscriptions", parts[1]))
	case r.Method != http.MethodGet:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case r.URL.Path == "/v1/invoices/draftItems":
		month, _ := strconv.Atoi(q.Get("monthOffset"))
		f.page(w, r, f.drafts[month])
	case len(parts) == 1:
		f.page(w, r, slices.DeleteFunc(slices.Clone(f.lists[parts[0]]), func(of row) bool {
			company, from, search := q.Get("companyId"), q.Get("invoiceDateRangeStart"), q.Get("search")
			return (company != "" && of["companyId"] != company) || (from != "" && fmt.Sprint(of["invoiceDate"]) < from) || (search != "" && !strings.Contains(fmt.Sprint(of["vendorSku"]), search))
		}))
	case parts[0] == "usage-summaries":
		if q.Get("usageDate") == "" {
			refuse(w, http.StatusBadRequest, "BAD_REQUEST", "usageDate is required")
			return
		}
		f.page(w, r, f.usage[parts[1]+" "+q.Get("usageDate")])
	case f.find(parts[0], parts[1]) == nil:
		refuse(w, http.StatusNotFound, "NOT_FOUND", "There is no such thing")
	case len(parts) == 2:
		send(w, f.find(parts[0], parts[1]))
	case parts[2] == "dependencies":
		send(w, row{"commitmentDependencies": f.lists["dependencies/"+parts[1]]})
	case parts[2] == "history":
		f.page(w, r, f.lists["subscriptions/"+parts[1]+"/trail"])
	default:
		f.page(w, r, f.lists[parts[2]+"/"+parts[1]])
	}
}

func (f *fake) find(list, id string) row {
	for _, of := range f.lists[list] {
		if of["id"] == id {
			return of
		}
	}
	return nil
}

func (f *fake) page(w http.ResponseWriter, r *http.Request, rows []row) {
	n, _ := strconv.Atoi(r.URL.Query().Get("page"))
	from, to := min(n*pageMost, len(rows)), min((n+1)*pageMost, len(rows))
	send(w, row{"content": append([]row{}, rows[from:to]...), "page": row{"size": pageMost, "totalElements": len(rows), "totalPages": (len(rows) + pageMost - 1) / pageMost, "number": n}})
}

func (f *fake) order(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		CompanyID string
		LineItems []struct {
			ProductID, BillingTerm, CommitmentTermID, ParentSubscriptionID string
			LineItemNumber, Quantity                                       int
			ProvisioningDetails                                            []struct {
				Key    string
				Values []string
			}
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || len(asked.LineItems) != 1 {
		refuse(w, http.StatusBadRequest, "BAD_REQUEST", "The order cannot be read")
		return
	}
	line, company := asked.LineItems[0], f.find("companies", asked.CompanyID)
	switch {
	case company == nil || company["status"] != "Active":
		refuse(w, http.StatusUnprocessableEntity, "INVALID_PARAM", "The order is invalid", "The company has no primary contacts")
		return
	case len(line.ProvisioningDetails) != len(f.lists["provision-details/"+line.ProductID]):
		refuse(w, http.StatusUnprocessableEntity, "INVALID_PARAM", "Provisioning details are missing")
		return
	case (line.CommitmentTermID == "") == (f.find("products", line.ProductID)["requiresCommitment"] == true):
		refuse(w, http.StatusUnprocessableEntity, "INVALID_PARAM", "A commitment is needed, or is too much")
		return
	}
	item := row{"id": "line", "productId": line.ProductID, "billingTerm": line.BillingTerm, "quantity": line.Quantity, "commitmentTermId": line.CommitmentTermID}
	placed := row{"companyId": asked.CompanyID, "createdDate": f.now.Format(time.DateOnly), "isScheduled": false, "lineItems": []row{item}}
	if r.URL.Query().Get("isMock") != "true" {
		n := strconv.Itoa(len(f.lists["orders"]) + 1)
		placed["id"], item["subscriptionId"] = "order-"+n, "new-"+n
		sub := f.add("new-"+n, asked.CompanyID, line.ProductID, line.Quantity, "PendingAutomated", nil)
		if line.CommitmentTermID != "" {
			sub["commitmentTerm"] = row{"id": line.CommitmentTermID, "term": f.find("dependencies/"+line.ProductID, line.CommitmentTermID)["term"]}
		}
		f.lists["orders"] = append(f.lists["orders"], placed)
	}
	send(w, placed)
}

func (f *fake) update(w http.ResponseWriter, r *http.Request, sub row) {
	var asked struct{ Quantity *int }
	if sub == nil {
		refuse(w, http.StatusNotFound, "NOT_FOUND", "Subscription not found")
		return
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.Quantity == nil {
		refuse(w, http.StatusUnprocessableEntity, "INVALID_PARAM", "Nothing to update")
		return
	}
	if sub["status"] != "Active" || (*asked.Quantity < sub["quantity"].(int) && sub["commitmentTerm"] != nil) {
		refuse(w, http.StatusUnprocessableEntity, "INVALID_PARAM", "The update is invalid", "The commitment does not allow fewer seats")
		return
	}
	trail := "subscriptions/" + sub["id"].(string) + "/trail"
	old := row{}
	for key, value := range sub {
		old[key] = value
	}
	f.lists[trail] = append(f.lists[trail], old)
	sub["quantity"] = *asked.Quantity
	send(w, sub)
}

func (f *fake) cancel(w http.ResponseWriter, on string, sub row) {
	if sub == nil {
		refuse(w, http.StatusNotFound, "NOT_FOUND", "Subscription not found")
		return
	}
	commitment, _ := sub["commitmentTerm"].(row)
	switch {
	case sub["status"] != "Active":
		refuse(w, http.StatusUnprocessableEntity, "INVALID_PARAM", "The subscription is cancelled already")
		return
	case on == "" && commitment != nil && f.find("dependencies/basic", commitment["id"].(string))["allowForEarlyCancellation"] != true:
		refuse(w, http.StatusUnprocessableEntity, "INVALID_PARAM", "The commitment cannot be cancelled early")
		return
	}
	sub["status"] = "PendingCancel"
	if on != "" {
		sub["endDate"] = on
	}
	w.WriteHeader(http.StatusNoContent)
}

// settle lets what was accepted come to pass.
func (f *fake) settle() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, sub := range f.lists["subscriptions"] {
		switch {
		case sub["status"] == "PendingAutomated":
			sub["status"] = "Active"
		case sub["status"] == "PendingCancel" && sub["endDate"] == nil:
			sub["status"] = "Cancelled"
		}
	}
}

// called counts the calls that begin so.
func (f *fake) called(prefix string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		if strings.HasPrefix(c, prefix) {
			n++
		}
	}
	return n
}
