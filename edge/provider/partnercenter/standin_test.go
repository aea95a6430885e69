package partnercenter_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/provider/partnercenter"
	"prorata/edge/provider/standin"
	"prorata/flow"
	"prorata/internal/providertest"
)

// a world is the stand-in with a customer, two products and a connection whose
// waits move its clock.
type world struct {
	*standin.World
	client   *partnercenter.Client
	kept     keptTokens
	server   *httptest.Server
	customer string
}

type keptTokens map[string]string

func (k keptTokens) TokenLoad(_ context.Context, name string) (string, error) { return k[name], nil }

func (k keptTokens) TokenSave(_ context.Context, name, token string) error {
	k[name] = token
	return nil
}

const (
	basicSKU = "CFQ7TTC0LH18:0001"
	proSKU   = "CFQ7TTC0LDPB:0001"
)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{kept: keptTokens{}}
	w.World = standin.New(standin.Settings{
		Seed: t.Name(), Start: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC), ProvisioningTakes: 2 * time.Second, ListedAfter: time.Second,
	})
	from := mustDate(t, "2025-01-01")
	w.AddProduct(product("CFQ7TTC0LH18", "Basic", from, "CFQ7TTC0LDPB:0001"))
	w.AddProduct(product("CFQ7TTC0LDPB", "Pro", from, ""))
	w.AddProduct(&standin.Product{ID: "DZH318Z0BPS6", Title: "Azure plan", Kind: standin.AzurePlan, SKUs: []*standin.SKU{{ID: "0001", Title: "Azure plan", Offers: []standin.Offer{{Billing: standin.Monthly, Prices: []standin.Price{{From: from}}}}}}})
	w.AddPromotion(&standin.Promotion{ID: "39NFJQT1PJQB:0001:39NFJQT1Q5KN", Name: "Winter", SKU: basicSKU, TermMonths: 12, Billing: standin.Annual, Percent: money.DecimalOf(5), From: from, Until: mustDate(t, "2026-12-31")})
	w.customer = w.AddCustomer(standin.Customer{Name: "Contoso", Domain: "contoso.onmicrosoft.com", Agreed: true})
	w.server = httptest.NewServer(w.World)
	t.Cleanup(w.server.Close)
	w.server.Client().Transport.(*http.Transport).DisableKeepAlives = true
	w.kept[partnercenter.RefreshToken] = w.Grant()
	w.client = w.connect(t)
	return w
}

// connect is another connection to the same world, which knows nothing of the first.
func (w *world) connect(t *testing.T) *partnercenter.Client {
	tenant, id, secret := w.App()
	return partnercenter.New(partnercenter.Settings{
		Endpoints: partnercenter.Commercial().At(w.server.URL), Tenant: tenant, ClientID: id,
		Secret: func(context.Context) (string, error) { return secret, nil },
		Tokens: w.kept, HTTP: w.server.Client(), Clock: w.Now, Currency: mustCurrency(t, "USD"),
		Wait: func(ctx context.Context, span time.Duration) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return w.Advance(w.Now().Add(span))
		},
	})
}

func mustCurrency(t *testing.T, code string) money.Currency {
	t.Helper()
	currency, err := money.ParseCurrency(code)
	if err != nil {
		t.Fatal(err)
	}
	return currency
}

func product(id, title string, from calendar.Date, upgrade string) *standin.Product {
	price := []standin.Price{{From: from, List: money.DecimalOf(6), Retail: money.DecimalOf(7)}}
	sku := &standin.SKU{ID: "0001", Title: title, Maximum: 300, Offers: []standin.Offer{
		{TermMonths: 1, Billing: standin.Monthly, Prices: price}, {TermMonths: 12, Billing: standin.Monthly, Prices: price}, {TermMonths: 12, Billing: standin.Annual, Prices: price},
	}}
	if upgrade != "" {
		sku.Upgrades = []string{upgrade}
	}
	return &standin.Product{ID: id, Title: title, SKUs: []*standin.SKU{sku}}
}

func (w *world) order(n string) flow.ProviderOrder {
	return flow.ProviderOrder{
		Reference: n, Customer: w.customer, SKU: basicSKU, Quantity: money.DecimalOf(10), TermMonths: 12, Billing: billing.Unit{Name: "monthly", Months: 1}, Name: "Basic for all",
	}
}

// buy is what an order makes.
func (w *world) buy(t *testing.T, o flow.ProviderOrder) flow.Holding {
	t.Helper()
	receipt, err := w.client.Order(t.Context(), o)
	if err != nil || receipt.State != flow.ReceiptDone {
		t.Fatalf("got %+v, %v", receipt, err)
	}
	h, err := w.client.HoldingGet(t.Context(), w.customer, receipt.Holding)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (w *world) advance(t *testing.T, span time.Duration) {
	t.Helper()
	if err := w.Advance(w.Now().Add(span)); err != nil {
		t.Fatal(err)
	}
}

func TestAnOrderAgainstTheStandIn(t *testing.T) {
	w := newWorld(t)
	w.NumbersAsStrings(true)
	w.Fail(standin.Fault{Kind: standin.FaultHidden, Path: "/checkout", Wait: 10 * time.Minute})
	o := w.order("hidden")
	receipt, err := w.client.Order(t.Context(), o)
	if err != nil || receipt.State != flow.ReceiptPending || receipt.Number == "" {
		t.Fatalf("got %+v, %v", receipt, err)
	}
	w.advance(t, 11*time.Minute)
	o.Cart, o.Number = receipt.Cart, receipt.Number
	found, err := w.connect(t).OrderFind(t.Context(), o)
	if err != nil || found.State != flow.ReceiptDone || found.Holding == "" {
		t.Fatalf("got %+v, %v", found, err)
	}
	h, err := w.client.HoldingGet(t.Context(), w.customer, found.Holding)
	if err != nil || h.Name != "Basic for all" || h.Quantity.String() != "10" || h.TermMonths != 12 || !h.AutoRenew {
		t.Errorf("got %+v, %v", h, err)
	}
}

// The program dies while its checkout's answer is on its way. The next one knows
// the reference and nothing else, and orders nothing twice.
func TestALostOrderAgainstTheStandIn(t *testing.T) {
	for _, path := range []string{"/carts", "/checkout"} {
		w := newWorld(t)
		o := w.order("11111111-2222-4333-8444-555555555555")
		w.Fail(standin.Fault{Kind: standin.FaultLost, Method: http.MethodPost, Path: path, Times: 4})
		if _, err := w.client.Order(t.Context(), o); !errors.Is(err, flow.ErrUnanswered) {
			t.Fatalf("%s: got %v", path, err)
		}
		receipt, err := w.connect(t).Order(t.Context(), o)
		if err != nil || receipt.State != flow.ReceiptDone {
			t.Fatalf("%s: got %+v, %v", path, receipt, err)
		}
		firstOf(t, w.client.Holdings(t.Context(), w.customer), 1)
	}
}

// Before a customer has accepted the agreement it cannot buy; afterwards the same
// order goes through.
func TestTheAgreementAgainstTheStandIn(t *testing.T) {
	w := newWorld(t)
	o := w.order("agreement")
	o.Customer = w.AddCustomer(standin.Customer{Name: "Fabrikam"})
	if ok, err := w.client.Agreed(t.Context(), o.Customer); ok || err != nil {
		t.Errorf("got %t, %v", ok, err)
	}
	var no *flow.ProviderRefusal
	if _, err := w.client.Order(t.Context(), o); !errors.As(err, &no) || no.Code != "13605" {
		t.Fatalf("got %v", err)
	}
	who := partnercenter.Acceptance{FirstName: "Tania", LastName: "Carr", Email: "tania@fabrikam.example", Phone: "1234567890", On: mustDate(t, "2026-01-02")}
	for range 2 {
		if err := w.client.Accept(t.Context(), o.Customer, who); err != nil {
			t.Fatal(err)
		}
	}
	if ok, err := w.client.Agreed(t.Context(), o.Customer); !ok || err != nil {
		t.Errorf("got %t, %v", ok, err)
	}
	if receipt, err := w.client.Order(t.Context(), o); err != nil || receipt.State != flow.ReceiptDone {
		t.Errorf("got %+v, %v", receipt, err)
	}
}

// What is scheduled for the renewal survives a change of seats, which Microsoft
// answers late and after another has changed the subscription.
func TestAScheduleAgainstTheStandIn(t *testing.T) {
	w := newWorld(t)
	h := w.buy(t, w.order("schedule"))
	change := flow.ProviderChange{Reference: "c1", Customer: w.customer, Holding: h.ID}
	next := change
	next.Next = &flow.HoldingNextTerm{SKU: proSKU, Quantity: money.DecimalOf(7), HasQuantity: true, TermMonths: 12, Billing: billing.Unit{Name: "annual", Months: 12}}
	seats := change
	seats.Quantity, seats.HasQuantity = money.DecimalOf(15), true
	w.Fail(standin.Fault{Kind: standin.FaultAccepted, Method: http.MethodPatch, After: 1, Wait: 3 * time.Second})
	w.Fail(standin.Fault{Kind: standin.FaultStale, Method: http.MethodPatch, After: 1})
	w.Fail(standin.Fault{Kind: standin.FaultThrottle, Method: http.MethodPatch, Wait: 20 * time.Second})
	for _, one := range []flow.ProviderChange{next, seats, seats} {
		if receipt, err := w.client.Change(t.Context(), one); err != nil || receipt.State != flow.ReceiptDone {
			t.Fatalf("got %+v, %v", receipt, err)
		}
	}
	h, err := w.client.HoldingGet(t.Context(), w.customer, h.ID)
	if err != nil || h.Quantity.String() != "15" || h.Next == nil || h.Next.SKU != proSKU || h.Next.Quantity.String() != "7" || h.Next.Billing.Months != 12 {
		t.Fatalf("got %+v, %v", h, err)
	}
	for range 6 {
		w.advance(t, 61*24*time.Hour)
		if err := w.client.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	h, err = w.client.HoldingGet(t.Context(), w.customer, h.ID)
	if err != nil || h.SKU != proSKU || h.Quantity.String() != "7" || h.Billing.Months != 12 {
		t.Errorf("after the renewal: %+v, %v", h, err)
	}
}

func TestSignInAgainstTheStandIn(t *testing.T) {
	w := newWorld(t)
	w.StrictRotation(true)
	for range 3 {
		if _, err := names(t, w.client); err != nil {
			t.Fatal(err)
		}
		if _, err := w.client.AdminGet(t.Context(), "none"); errors.Is(err, flow.ErrConsent) || err == nil {
			t.Fatalf("Graph is asked with a rotated token: %v", err)
		}
		w.advance(t, 80*24*time.Hour)
	}
	w.Fail(standin.Fault{Kind: standin.FaultMFA, Path: "/v1/customers"})
	if _, err := names(t, w.client); !errors.Is(err, flow.ErrConsent) {
		t.Errorf("got %v", err)
	}
	w.Fail(standin.Fault{Kind: standin.FaultExpired, Path: "/v1/customers"})
	if _, err := names(t, w.client); err != nil {
		t.Errorf("a token taken back early is renewed: %v", err)
	}
	w.Revoke()
	if err := w.client.Renew(t.Context()); !errors.Is(err, flow.ErrConsent) {
		t.Errorf("got %v", err)
	}
	w.kept[partnercenter.RefreshToken] = w.Grant()
	if err := w.client.Renew(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTheRestAgainstTheStandIn(t *testing.T) {
	w := newWorld(t)
	h := w.buy(t, w.order("rest"))
	for range 1200 {
		w.AddCustomer(standin.Customer{Name: "Many"})
	}
	firstOf(t, w.client.Customers(t.Context()), 1201)
	made, given, err := w.client.CustomerCreate(t.Context(), partnercenter.NewCustomer{
		Reference: "new", Company: "Northwind", Domain: "northwind.onmicrosoft.com", FirstName: "Ada", LastName: "L", Email: "ada@northwind.example", Phone: "4255550101",
		Address: partnercenter.Address{Line1: "1 Microsoft Way", City: "Redmond", State: "WA", PostalCode: "98052", Country: "US"},
	})
	if err != nil || given.Password == "" {
		t.Fatalf("got %+v, %v", made, err)
	}
	if got, err := w.client.CustomerGet(t.Context(), made.ID); err != nil || got.Name != "Northwind" || got.Country != "US" {
		t.Errorf("got %+v, %v", got, err)
	}
	for domain, want := range map[string]bool{"northwind.onmicrosoft.com": true, "nobody.onmicrosoft.com": false} {
		if taken, err := w.client.DomainTaken(t.Context(), domain); err != nil || taken != want {
			t.Errorf("%s: %t, %v", domain, taken, err)
		}
	}
	if status, err := w.client.AccountStatusGet(t.Context(), w.customer); err != nil || status != partnercenter.AccountAllowed {
		t.Errorf("got %d, %v", status, err)
	}
	for _, admin := range []bool{true, false} {
		if link, err := w.client.InvitationLink(t.Context(), admin); err != nil || !strings.Contains(link, fmt.Sprintf("DAP=%t", admin)) {
			t.Errorf("got %s, %v", link, err)
		}
	}
	role := partnercenter.AdminRelationship{Name: "Ours", Days: 730, Customer: w.customer, CustomerName: "Contoso", Roles: []string{"29232cdf-9323-42fd-ade2-1d097af3e4de"}}
	first, link, err := w.client.AdminInvite(t.Context(), role)
	if err != nil || !strings.Contains(link, first.ID) {
		t.Fatalf("got %+v, %v", first, err)
	}
	if again, _, err := w.client.AdminInvite(t.Context(), role); err != nil || again.ID != first.ID || again.Status != "approvalPending" {
		t.Errorf("got %+v, %v", again, err)
	}
	ends := 0
	for e, err := range w.client.CotermEnds(t.Context(), w.customer, 12, calendar.Date{}) {
		if ends++; err != nil || !e.EndsOn.After(mustDate(t, "2026-01-05")) {
			t.Errorf("got %+v, %v", e, err)
		}
	}
	if ends == 0 {
		t.Error("no coterm end is allowed")
	}
	annual := w.order("x")
	annual.Billing = billing.Unit{Name: "annual", Months: 12}
	if all, err := w.client.PromotionCheck(t.Context(), annual); err != nil || len(all) != 1 || !all[0].Eligible {
		t.Errorf("got %+v, %v", all, err)
	}
	option := firstOf(t, w.client.TransitionOptions(t.Context(), w.customer, h.ID, false), 1)
	done, err := w.client.Transition(t.Context(), partnercenter.TransitionAsk{
		Customer: w.customer, Holding: h.ID, From: h.Offer, To: option.Item, Quantity: h.Quantity, TermMonths: 12, Billing: h.Billing,
	})
	if err != nil || done.State() == flow.ReceiptFailed {
		t.Fatalf("got %+v, %v", done, err)
	}
	w.advance(t, time.Hour)
	if seen := firstOf(t, w.client.Transitions(t.Context(), w.customer, h.ID), 1); seen.State() != flow.ReceiptDone {
		t.Errorf("got %+v", seen)
	}
	kinds := map[string]bool{}
	for e, err := range w.client.Events(t.Context(), w.Now().Add(-2*time.Hour)) {
		if err != nil {
			t.Error(err)
		}
		kinds[e.Kind] = true
	}
	for _, want := range []string{"add_customer", "create_order"} {
		if !kinds[want] {
			t.Errorf("no event says %s: %v", want, kinds)
		}
	}
	orders := 0
	for _, err := range w.client.OrdersSince(t.Context(), w.customer, time.Time{}) {
		if orders++; err != nil {
			t.Error(err)
		}
	}
	if orders == 0 {
		t.Error("no order is told of")
	}
}

func TestTheContractAgainstTheStandIn(t *testing.T) {
	providertest.Run(t, func(t *testing.T) providertest.Fixture {
		w := newWorld(t)
		monthly, plan := w.order("monthly"), w.order("plan")
		monthly.TermMonths = 1
		plan.SKU, plan.Quantity, plan.TermMonths, plan.Billing = "DZH318Z0BPS6:0001", money.DecimalOf(1), 0, billing.Unit{}
		h, azure := w.buy(t, monthly), w.buy(t, plan)
		// The first month and its invoice have passed, and the second term is in its
		// window, the seats added yesterday in theirs.
		w.advance(t, 35*24*time.Hour)
		more := flow.ProviderChange{Reference: "more", Customer: w.customer, Holding: h.ID, Quantity: money.DecimalOf(12), HasQuantity: true}
		if _, err := w.client.Change(t.Context(), more); err != nil {
			t.Fatal(err)
		}
		w.advance(t, 24*time.Hour)
		order := w.order("")
		refused := order
		refused.Quantity = money.DecimalOf(301)
		change := flow.ProviderChange{Customer: w.customer, Holding: h.ID, Quantity: money.DecimalOf(11), HasQuantity: true}
		tooMany := change
		tooMany.Quantity = money.DecimalOf(301)
		lose := func(kind standin.FaultKind) func() {
			return func() {
				for _, method := range []string{http.MethodPost, http.MethodPatch} {
					w.Fail(standin.Fault{Kind: kind, Method: method, Path: "/v1/customers/"})
				}
			}
		}
		return providertest.Fixture{
			Provider: w.client, Holdings: map[string][]string{w.customer: {h.ID, azure.ID}},
			Since: mustDate(t, "2026-01-01"), SinceAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
			Prices: flow.PriceSheetAsk{Market: "US", View: "updatedlicensebased"}, Month: mustDate(t, "2026-02-01"), Country: "US", Segment: "commercial",
			Usage: []flow.UsageAsk{{Currency: mustCurrency(t, "USD")}},
			Order: &order, RefusedOrder: &refused, Change: &change, RefusedChange: &tooMany,
			Next:       &flow.HoldingNextTerm{Quantity: money.DecimalOf(9), HasQuantity: true, TermMonths: 12},
			LoseAnswer: lose(standin.FaultLost), LoseRequest: lose(standin.FaultUnreached),
			Settle: func() { w.advance(t, time.Hour) },
		}
	})
}
