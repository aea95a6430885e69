package pax8_test

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
	"prorata/edge/provider/pax8"
	"prorata/flow"
	"prorata/internal/providertest"
)

func seats(n int64) money.Decimal { return money.DecimalOf(n) }

func monthly() billing.Unit { return billing.Unit{Name: "monthly", Months: 1} }

// basics is an order that is accepted.
func basics(reference string) flow.ProviderOrder {
	return flow.ProviderOrder{Reference: reference, Customer: "harbor", SKU: "CFQ7TTC0LH16:0001", Quantity: seats(4), TermMonths: 12, Billing: monthly()}
}

func TestTheContract(t *testing.T) {
	providertest.Run(t, func(t *testing.T) providertest.Fixture {
		f := newFake(t)
		order := basics("")
		inactive := order
		inactive.Customer = "kite"
		spoil := func(list string, at int, field string, with any) func() {
			return func() { f.mu.Lock(); defer f.mu.Unlock(); f.lists[list][at][field] = with }
		}
		return providertest.Fixture{
			Provider: f.client(), Holdings: map[string][]string{"harbor": {"sub-1", "sub-2"}, "kite": nil, "lumen": {"sub-3", "sub-4"}},
			Usage: []flow.UsageAsk{{}, {Last: true}}, Order: &order, RefusedOrder: &inactive,
			Change:        &flow.ProviderChange{Customer: "harbor", Holding: "sub-1", Quantity: seats(7)},
			RefusedChange: &flow.ProviderChange{Customer: "harbor", Holding: "sub-2", Quantity: seats(1), HasQuantity: true},
			LoseAnswer:    func() { f.mu.Lock(); defer f.mu.Unlock(); f.loseAnswer = true },
			LoseRequest:   func() { f.mu.Lock(); defer f.mu.Unlock(); f.loseRequest = true },
			Settle:        f.settle,
			Spoil: map[providertest.Stream]func(){
				providertest.Customers: spoil("companies", 0, "name", nil), providertest.Holdings: spoil("subscriptions", 1, "quantity", "many"),
				providertest.Prices: spoil("pricing/basic", 0, "type", "Mark-Up"), providertest.Invoices: spoil("invoices", 0, "invoiceDate", "soon"),
				providertest.Lines:    spoil("items/inv-2", 1, "costTotal", row{}),
				providertest.Unbilled: func() { f.mu.Lock(); defer f.mu.Unlock(); f.drafts[0][0]["currencyCode"] = "dollars" },
				providertest.Usage:    func() { f.mu.Lock(); defer f.mu.Unlock(); f.usage["sum-1 2026-11-01"][0]["partnerTotal"] = true },
			},
		}
	})
}

func TestOneTokenServesUntilItEnds(t *testing.T) {
	f := newFake(t)
	c := f.client()
	read := func() {
		for _, err := range c.Customers(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	read()
	read()
	if n, pages := f.called("POST /v1/token"), f.called("GET /v1/companies"); n != 1 || pages != 4 {
		t.Errorf("%d tokens and %d pages for two readings of two pages", n, pages)
	}
	f.mu.Lock()
	f.now = f.now.Add(24 * time.Hour)
	f.mu.Unlock()
	read()
	f.mu.Lock()
	f.tokens++ // what we have is not known to Pax8 any more
	f.mu.Unlock()
	read()
	if n := f.called("POST /v1/token"); n != 3 {
		t.Errorf("%d tokens (expected a second after a day, and a third for one that was not accepted)", n)
	}
}

func TestCredentialsThatAreNotAccepted(t *testing.T) {
	f := newFake(t)
	c := f.client(func(s *pax8.Settings) {
		s.Secret = func(context.Context) (string, error) { return "wrong-and-secret", nil }
	})
	_, err := c.HoldingGet(t.Context(), "harbor", "sub-1")
	if !errors.Is(err, flow.ErrConsent) || strings.Contains(err.Error(), "wrong-and-secret") || !strings.Contains(err.Error(), "Integrations") {
		t.Errorf("got %v (expected ErrConsent that says what to do, without the secret)", err)
	}
}

// A redirect would carry the secret to another host.
func TestASecretGoesNowhereElse(t *testing.T) {
	asked := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer other.Close()
	elsewhere := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer elsewhere.Close()
	_, err := newFake(t).client(func(s *pax8.Settings) { s.API = elsewhere.URL }).HoldingGet(t.Context(), "harbor", "sub-1")
	if err == nil || asked > 0 {
		t.Errorf("got %v, and the other host was asked %d times", err, asked)
	}
}

func TestWaitingAsLongAgainEachTime(t *testing.T) {
	f := newFake(t)
	c := f.client()
	f.throttle = 3
	if _, err := c.HoldingGet(t.Context(), "harbor", "sub-1"); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(f.waits); got != "[1s 2s 4s]" {
		t.Errorf("waited %s", got)
	}
	f.throttle = 100
	if _, err := c.HoldingGet(t.Context(), "harbor", "sub-1"); !errors.Is(err, flow.ErrThrottled) {
		t.Errorf("got %v (expected ErrThrottled)", err)
	}
	f.throttle, f.broken = 0, 2
	if _, err := c.HoldingGet(t.Context(), "harbor", "sub-1"); err != nil {
		t.Errorf("a broken gateway, twice: %v", err)
	}
	f.broken = 100
	if _, err := c.HoldingGet(t.Context(), "harbor", "sub-1"); !errors.Is(err, flow.ErrUnanswered) {
		t.Errorf("got %v (expected ErrUnanswered)", err)
	}
}

func TestAHoldingAsPax8HasIt(t *testing.T) {
	h, err := newFake(t).client().HoldingGet(t.Context(), "harbor", "sub-1")
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%s %s %s × %s, %d months %s, renews %t, %s..%s, of Microsoft's %s, status %d", h.ID, h.Customer, h.Quantity, h.SKU, h.TermMonths, h.Billing.Name,
		h.AutoRenew, h.StartsAt.Format(time.DateOnly), h.EndsAt.Format(time.DateOnly), h.Entitlement, h.Status)
	if want := "sub-1 harbor 5 × CFQ7TTC0LH16:0001, 12 months monthly, renews true, 2026-03-10..2027-03-10, of Microsoft's ms-sub-1, status 2"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestLinesAsPax8BillsThem(t *testing.T) {
	c := newFake(t).client()
	var got []string
	since, _ := calendar.ParseDate("2026-10-01")
	for in, err := range c.Invoices(t.Context(), since) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s of %s: %s %s", in.ID, in.On, in.Total, in.Currency))
		for l, err := range c.InvoiceLines(t.Context(), in) {
			if err != nil {
				t.Fatal(err)
			}
			p := l.Charge
			got = append(got, fmt.Sprintf("  %s %s %s %s..%s %s × %s (%s) = %s + %s = %s", l.Holding, p.Type, p.SKU, p.Period.From, p.Period.To, p.Quantity, p.EffectivePrice, p.UnitPrice, p.Cost, l.Tax, l.Total))
		}
	}
	want := `inv-1 of 2026-10-05: 30.30 USD
  sub-1 cycleCharge CFQ7TTC0LH16:0001 2026-10-01..2026-11-01 5 × 5.04 (5.04) = 25.20 + 0 = 25.20
  sub-1 addQuantity CFQ7TTC0LH16:0001 2026-10-11..2026-11-01 1 × 5.10 (5.04) = 5.10 + 0 = 5.10
inv-2 of 2026-11-02: 12.88 USD
  sub-1 cycleCharge CFQ7TTC0LH16:0001 2026-11-01..2026-12-01 5 × 5.04 (5.04) = 25.20 + 2.02 = 27.22
  sub-1 removeQuantity CFQ7TTC0LH16:0001 2026-11-01..2026-12-01 2 × -5.04 (5.04) = -10.08 + -0.81 = -10.89
  sub-1 customerCredit CFQ7TTC0LH16:0001 2026-11-02..2026-11-03 1 × -3.45 (3.45) = -3.45 + 0 = -3.45`
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

// Who takes an invoice's items may be keeping them as they come, and nobody is to wait
// for a page of Pax8's meanwhile.
func TestItemsAreAtHandBeforeTheFirst(t *testing.T) {
	f := newFake(t)
	asked := func() int {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.calls)
	}
	first, rows := 0, 0
	for _, err := range f.client().InvoiceLines(t.Context(), flow.ProviderInvoice{ID: "inv-2"}) {
		if err != nil {
			t.Fatal(err)
		}
		if rows++; rows == 1 {
			first = asked()
		}
	}
	if rows != 3 || asked() != first || first < 2 {
		t.Errorf("%d items; %d calls before the first, %d in all", rows, first, asked())
	}
}

func TestPricesByTermAndStep(t *testing.T) {
	c := newFake(t).client()
	var got []string
	for p, err := range c.PriceSheet(t.Context(), flow.PriceSheetAsk{Market: "US"}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %s %d months %s: %s (%s) %s %s-%s from %s", p.Market, p.SKU, p.TermMonths, p.Billing.Name, p.Cost, p.Retail, p.Currency, p.TierFrom, p.TierTo, p.From))
	}
	want := `US CFQ7TTC0LH16:0001 12 months monthly: 5.04 (6) USD 0-0 from 2026-11-01
US CFQ7TTC0LH16:0001 12 months annual: 57.60 (72) USD 0-0 from 2026-11-01
US backup 0 months monthly: 2 (0) USD 0-99 from 2026-11-01
US backup 0 months monthly: 1.5 (0) USD 100-0 from 2026-11-01`
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	for _, err := range c.PriceSheet(t.Context(), flow.PriceSheetAsk{Future: true}) {
		if !errors.Is(err, flow.ErrNotOffered) {
			t.Errorf("prices announced: got %v", err)
		}
	}
}

func TestRenewalEndsWithTheCommitment(t *testing.T) {
	f := newFake(t)
	c := f.client()
	change := flow.ProviderChange{Reference: "r", Customer: "harbor", Holding: "sub-2", HasAutoRenew: true}
	for range 2 {
		if receipt, err := c.Change(t.Context(), change); err != nil || receipt.State != flow.ReceiptDone {
			t.Fatalf("got %+v, %v", receipt, err)
		}
	}
	if n := f.called("DELETE /v1/subscriptions/sub-2?cancelDate=2029-03-10T00%3A00%3A00.000Z"); n != 1 {
		t.Errorf("cancelled for the end %d times: %q", n, f.calls)
	}
	h, err := c.HoldingGet(t.Context(), "harbor", "sub-2")
	if err != nil || h.AutoRenew || h.Status != flow.HoldingActive || h.EndsAt.Format(time.DateOnly) != "2029-03-10" {
		t.Errorf("got %+v, %v", h, err)
	}
	var refused *flow.ProviderRefusal
	change.AutoRenew = true
	if _, err := c.Change(t.Context(), change); !errors.As(err, &refused) {
		t.Errorf("renewal on again: got %v (expected a refusal)", err)
	}
	if _, err := c.Change(t.Context(), flow.ProviderChange{Customer: "lumen", Holding: "sub-3", HasAutoRenew: true}); !errors.As(err, &refused) {
		t.Errorf("no commitment, no renewal: got %v (expected a refusal)", err)
	}
}

func TestTheStatesThatASubscriptionWasIn(t *testing.T) {
	f := newFake(t)
	c := f.client()
	for _, n := range []int64{6, 7, 7, 9} {
		if _, err := c.Change(t.Context(), flow.ProviderChange{Customer: "harbor", Holding: "sub-1", Quantity: seats(n), HasQuantity: true}); err != nil {
			t.Fatal(err)
		}
	}
	if n := f.called("PUT "); n != 3 {
		t.Errorf("%d calls for three changes, one of them sent twice", n)
	}
	var got []string
	for h, err := range c.History(t.Context(), "harbor", "sub-1") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, h.Quantity.String())
	}
	if strings.Join(got, " ") != "5 6 7" {
		t.Errorf("got %q", got)
	}
	for _, err := range c.History(t.Context(), "lumen", "sub-1") {
		if !errors.Is(err, flow.ErrUnknown) {
			t.Errorf("another's: got %v", err)
		}
	}
}

func TestAWebhookBelievesNothing(t *testing.T) {
	const secret = "a-secret-part-of-the-address"
	f := newFake(t)
	var taken []flow.ProviderEvent
	fails := false
	hook := &pax8.Webhook{Client: f.client(), Secret: secret, Take: func(_ context.Context, e flow.ProviderEvent) error {
		if fails {
			return errors.New("not now")
		}
		taken = append(taken, e)
		return nil
	}}
	post := func(method, path, body string) int {
		answer := httptest.NewRecorder()
		hook.ServeHTTP(answer, httptest.NewRequest(method, path, strings.NewReader(body)))
		return answer.Code
	}
	const real = `{"topic": "SUBSCRIPTION", "data": {"lineItems": [{"subscriptionId": "sub-1", "companyId": "another"}]}}`
	for _, c := range []struct {
		what, method, path, body string
		status, taken            int
	}{
		{"what is true", "POST", "/hooks/pax8/" + secret, real, http.StatusNoContent, 1},
		{"a wrong address", "POST", "/hooks/pax8/guess", real, http.StatusNotFound, 0},
		{"no post", "GET", "/hooks/pax8/" + secret, "", http.StatusMethodNotAllowed, 0},
		{"no JSON", "POST", "/" + secret, "hello", http.StatusBadRequest, 0},
		{"nobody's subscription", "POST", "/" + secret, `{"subscriptionId": "made-up"}`, http.StatusNoContent, 0},
		{"nothing named", "POST", "/" + secret, `{"topic": "HELLO"}`, http.StatusNoContent, 0},
		{"a company", "POST", "/" + secret, `{"eventId": "e9", "event": {"companyId": "lumen"}}`, http.StatusNoContent, 1},
		{"too much", "POST", "/" + secret, strings.Repeat(" ", 2<<20), http.StatusRequestEntityTooLarge, 0},
	} {
		taken = nil
		if got := post(c.method, c.path, c.body); got != c.status || len(taken) != c.taken {
			t.Errorf("%s: got %d and %d events (expected %d and %d)", c.what, got, len(taken), c.status, c.taken)
		}
	}
	taken = nil
	post("POST", "/"+secret, real)
	post("POST", "/"+secret, real)
	if len(taken) != 2 || taken[0].ID == "" || taken[0].ID != taken[1].ID || taken[0].Holding != "sub-1" || taken[0].Customer != "harbor" || taken[0].Kind != "SUBSCRIPTION" {
		t.Errorf("got %+v (expected the same event twice, of harbor as Pax8 itself says)", taken)
	}
	if fails = true; post("POST", "/"+secret, real) != http.StatusServiceUnavailable {
		t.Error("what could not be taken is to come again")
	}
	fails, f.broken = false, 100
	if post("POST", "/"+secret, real) != http.StatusServiceUnavailable {
		t.Error("what could not be looked up is to come again")
	}
	hook.Authorization = "Bearer of-the-webhook"
	if f.broken = 0; post("POST", "/"+secret, real) != http.StatusNotFound {
		t.Error("without the header that Pax8 was given nothing is taken")
	}
	if hook.Secret = "short"; post("POST", "/short", real) != http.StatusNotFound {
		t.Error("with a secret that can be guessed nothing is taken")
	}
}

func TestAWebhookIsMadeOnce(t *testing.T) {
	f := newFake(t)
	c := f.client()
	topics, err := c.HookTopics(t.Context())
	if err != nil || strings.Join(topics, " ") != "SUBSCRIPTION PROVISIONING COMPANY" {
		t.Fatalf("got %q, %v", topics, err)
	}
	hook := pax8.Hook{Name: "billing", URL: "https://billing.example/hooks/secret", Authorization: "Bearer of-the-webhook", Contact: "ops@billing.example", Topics: topics[:2]}
	first, err := c.HookEnsure(t.Context(), hook)
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.HookEnsure(t.Context(), hook)
	if err != nil || again != first || f.called("POST /api/v2/webhooks") != 1 {
		t.Errorf("made %s, then %s, %v with %d calls", first, again, err, f.called("POST /api/v2/webhooks"))
	}
	made := f.lists["webhooks"][0]
	if made["active"] != true || made["authorization"] != hook.Authorization || len(made["webhookTopics"].([]any)) != 2 {
		t.Errorf("got %v", made)
	}
}

func TestAConnectionNeedsItsSettings(t *testing.T) {
	f := newFake(t)
	for _, c := range []struct {
		change func(*pax8.Settings)
		says   string
	}{
		{func(s *pax8.Settings) { s.API = "http://api.pax8.example" }, "is not encrypted"},
		{func(s *pax8.Settings) { s.API = "api" }, "is not the address"},
		{func(s *pax8.Settings) { s.ClientID = "" }, "client id"},
		{func(s *pax8.Settings) { s.Currency = money.Currency{} }, "currency"},
		{func(s *pax8.Settings) { s.Notebook = nil }, "notebook"},
	} {
		s := f.client().Settings
		c.change(&s)
		if _, err := pax8.New(s); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("got %v (expected one that says %s)", err, c.says)
		}
	}
}
