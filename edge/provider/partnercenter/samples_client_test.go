package partnercenter_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/edge/provider/partnercenter"
	"prorata/flow"
)

// published is a provider that answers with published payloads, one for each call.
func published(t *testing.T, status int, files ...string) *partnercenter.Client {
	t.Helper()
	var scenes []scene
	for _, file := range files {
		scenes = append(scenes, scene{status: status, body: sample(t, file)})
	}
	_, c := newPlay(t, scenes...)
	return c
}

// firstOf is the first of a stream, which has so many without an error.
func firstOf[T any](t *testing.T, rows iter.Seq2[T, error], want int) (v T) {
	t.Helper()
	n := 0
	for row, err := range rows {
		if err != nil {
			t.Error(err)
		}
		if n++; n == 1 {
			v = row
		}
	}
	if n != want {
		t.Errorf("%d are read, want %d", n, want)
	}
	return v
}

func TestPublishedCustomers(t *testing.T) {
	for file, want := range map[string]string{
		"get-a-list-of-customers.01.response.200.json":               "2 companyName",
		"get-a-customer-by-name.01.response.200.json":                "3 Contoso190",
		"get-customers-of-an-indirect-reseller.01.response.200.json": "2 FourthCoffee137",
	} {
		count, name, _ := strings.Cut(want, " ")
		n, _ := strconv.Atoi(count)
		if got := firstOf(t, published(t, 200, file).Customers(t.Context()), n); got.Name != name || got.ID == "" {
			t.Errorf("%s: got %+v", file, got)
		}
	}
	got, err := published(t, 200, "get-a-customer-by-id.01.response.200.json").CustomerGet(t.Context(), "c")
	if want := (flow.ProviderCustomer{ID: "eebd1b55-5360-4438-a11d-5c06918c3014", Name: "1kl as kjk", Domain: "abcdefgh1234.ccsctp.net", Country: "US"}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	for file, name := range map[string]string{"create-a-customer.02.response.201.json": "test company", "create-a-customer-for-an-indirect-reseller.02.response.201.json": "Wingtip Toys678152504"} {
		made, given, err := published(t, 201, file).CustomerCreate(t.Context(), partnercenter.NewCustomer{})
		if err != nil || made.Name != name || made.Country != "US" || given.Password == "" {
			t.Errorf("%s: got %+v, %v", file, made, err)
		}
	}
	if r := firstOf(t, published(t, 200, "get-indirect-resellers-of-a-customer.01.response.200.json").ResellersOf(t.Context(), "c"), 1); r.MPN != "4847383" {
		t.Errorf("got %+v", r)
	}
	for file, safe := range map[string]bool{"validate-an-address.03.response.200.json": true, "validate-an-address.04.response.200.json": false} {
		v, err := published(t, 200, file).AddressCheck(t.Context(), partnercenter.Address{})
		if err != nil || v.Safe != safe || len(v.Suggested) != 1 {
			t.Errorf("%s: got %+v, %v", file, v, err)
		}
	}
	for i, want := range []partnercenter.AccountStatus{partnercenter.AccountAllowed, partnercenter.AccountUnderReview, partnercenter.AccountNotAllowed, partnercenter.AccountUnknown, partnercenter.AccountUnknown} {
		if got, err := published(t, 200, fmt.Sprintf("retrieve-validation-status.0%d.example.json", i+1)).AccountStatusGet(t.Context(), "c"); err != nil || got != want {
			t.Errorf("%d: got %d, %v", i+1, got, err)
		}
	}
	if got, err := published(t, 404, "retrieve-validation-status.06.example.json").AccountStatusGet(t.Context(), "c"); err != nil || got != partnercenter.AccountUnknown {
		t.Errorf("got %d, %v", got, err)
	}
}

func TestPublishedAgreementsAndLinks(t *testing.T) {
	a := firstOf(t, published(t, 200, "get-confirmation-of-customer-agreement.01.response.200.json").Acceptances(t.Context(), "c"), 2)
	if a.FirstName != "Tania" || a.On.String() != "2019-08-26" {
		t.Errorf("got %+v", a)
	}
	if ok, err := published(t, 200, "get-direct-sign-status-of-customer-agreement.01.response.200.json").Agreed(t.Context(), "c"); !ok || err != nil {
		t.Errorf("got %t, %v", ok, err)
	}
	c := published(t, 200, "get-customer-agreement-metadata.01.response.200.json", "confirm-customer-consent-customer-agreement.03.response.201.json")
	if err := c.Accept(t.Context(), "c", partnercenter.Acceptance{On: mustDate(t, "2026-01-01")}); err != nil {
		t.Error(err)
	}
	link, err := published(t, 200, "request-reseller-relationship.01.response.200.json").InvitationLink(t.Context(), true)
	if err != nil || !strings.HasSuffix(link, "&msppId=0&DAP=true#/BillingAccounts/partner-invitation") {
		t.Errorf("got %s, %v", link, err)
	}
	_, c = newPlay(t, scene{body: `{"value":[]}`}, scene{status: http.StatusCreated, body: sample(t, "graph.delegatedadminrelationships-create.02.response.201.json")},
		scene{status: http.StatusCreated, body: sample(t, "graph.delegatedadminrelationship-requests-create.02.response.201.json")})
	made, _, err := c.AdminInvite(t.Context(), partnercenter.AdminRelationship{Name: "Contoso admin relationship", Days: 730})
	if err != nil || made.Days != 730 || !made.Extends || len(made.Roles) != 2 || made.Customer == "" || made.EndsAt.Year() != 2024 {
		t.Errorf("got %+v, %v", made, err)
	}
}

func TestThePublishedCatalogue(t *testing.T) {
	p := firstOf(t, published(t, 200, "get-a-list-of-products-by-customer.02.response.json").Products(t.Context(), "c", "OnlineServices"), 1)
	if p.ID != "CFQ7TTC0LH18" || p.Type != "OnlineServicesNCE" {
		t.Errorf("got %+v", p)
	}
	s := firstOf(t, published(t, 200, "get-a-list-of-skus-for-a-product.02.response.200.json").SKUs(t.Context(), "c", "CFQ7TTC0LH18"), 1)
	if s.SKU != "CFQ7TTC0LH18:0001" || s.Maximum.String() != "300" || len(s.Upgrades) != 2 || s.AddOn {
		t.Errorf("got %+v", s)
	}
	promotion := firstOf(t, published(t, 200, "get-promotions.01.response.200.json").Promotions(t.Context(), "US", ""), 2)
	if promotion.SKU != "CFQ7TTC0HD33:0003" || promotion.Percent.String() != "5" || promotion.To.String() != "2021-10-15" || promotion.Billing.Months != 12 {
		t.Errorf("got %+v", promotion)
	}
	all, err := published(t, 200, "get-promotion-by-id.01.response.200.json").PromotionGet(t.Context(), "US", "x")
	if err != nil || len(all) != 1 || all[0].Percent.String() != "50" || !all[0].To.IsZero() {
		t.Errorf("got %+v, %v", all, err)
	}
	o := flow.ProviderOrder{Customer: "c", SKU: "CFQ7TTC0LH18:0001", TermMonths: 12, Billing: billing.Unit{Name: "annual", Months: 12}}
	for file, eligible := range map[string]bool{"verify-promotion-eligibility.03.response.200.json": false, "verify-promotion-eligibility.04.response.200.json": true} {
		got, err := published(t, 200, "get-a-list-of-availabilities-for-a-sku-by-customer.02.response.200.json", file).PromotionCheck(t.Context(), o)
		if err != nil || len(got) == 0 || got[0].Eligible != eligible || (len(got[0].Why) == 0) != eligible {
			t.Errorf("%s: got %+v, %v", file, got, err)
		}
	}
	var ends []string
	for e, err := range published(t, 200, "custom-term-end-dates.01.response.json").CotermEnds(t.Context(), "c", 1, mustDate(t, "2023-07-15")) {
		ends = append(ends, fmt.Sprint(e.EndsOn, len(e.Holdings), err))
	}
	compare(t, ends, "2023-08-01 0 <nil>", "2023-08-02 2 <nil>")
}

// An order all of whose answers are published ones.
func TestThePublishedOrder(t *testing.T) {
	o := flow.ProviderOrder{Reference: "r", Customer: "c", SKU: "CFQ7TTC0LH18:0001", TermMonths: 12, Billing: billing.Unit{Name: "annual", Months: 12}}
	c := published(t, 200, "get-a-list-of-availabilities-for-a-sku-by-customer.02.response.200.json", "create-a-cart.06.response.json", "checkout-a-cart.02.response.json", "get-a-subscription-by-id.03.response.200.json",
		"checkout-a-cart.02.response.json", "get-a-subscription-by-id.03.response.200.json", "checkout-a-cart.02.response.json", "get-a-subscription-by-id.03.response.200.json",
		"checkout-a-cart.02.response.json", "get-a-subscription-by-id.03.response.200.json", "checkout-a-cart.02.response.json", "get-a-subscription-by-id.03.response.200.json",
		"checkout-a-cart.02.response.json", "get-a-subscription-by-id.03.response.200.json")
	receipt, err := c.Order(t.Context(), o)
	if want := (flow.ProviderReceipt{State: flow.ReceiptPending, Cart: "2517c51b-58cd-4abe-87ed-3ab812401ab4", Number: "a68736758d9c", Holding: "0c353b8e-da9d-4007-d0d4-bca8bd5b5ce1", Why: "the order is pending"}); err != nil || receipt != want {
		t.Errorf("got %+v, %v", receipt, err)
	}
	o.Cart, o.SKU = "3655b1a0-b1c9-4268-9824-577fdbc4d0be", "MS-AZR-0145P"
	_, c = newPlay(t, scene{body: sample(t, "update-a-cart.03.response.201.json")}, scene{body: sample(t, "checkout-a-cart.01.response.201.json")})
	receipt, err = c.OrderFind(t.Context(), o)
	if err != nil || receipt.State != flow.ReceiptDone || receipt.Holding != "EF2E1307-86E6-40E3-A794-872403FBD31C" {
		t.Errorf("got %+v, %v", receipt, err)
	}
	events := published(t, 200, "get-all-of-a-customer-s-orders.01.response.200.json").OrdersSince(t.Context(), "c", time.Time{})
	if e := firstOf(t, events, 2); e.ID != "9qg-ErcO-4MPbPqq_3MIQaS7bn8W6HfG1" || e.At.IsZero() {
		t.Errorf("got %+v", e)
	}
}

func TestPublishedHoldingsAndUpgrades(t *testing.T) {
	h, err := published(t, 200, "create-scheduled-changes.02.response.200.json").HoldingGet(t.Context(), "c", "s")
	if err != nil || h.Customer != "c" || h.Next == nil || h.Next.TermMonths != 36 {
		t.Errorf("got %+v, %v", h, err)
	}
	firstOf(t, published(t, 200, "get-a-list-of-subscriptions-by-order.01.response.200.json").Holdings(t.Context(), "c"), 1)
	option := firstOf(t, published(t, 200, "transition-a-new-commerce-subscription.01.response.200.json").TransitionOptions(t.Context(), "c", "s", true), 2)
	if !option.Alone || option.WithLicenses || len(option.Into) != 1 || len(option.Why) != 1 {
		t.Errorf("got %+v", option)
	}
	made, err := published(t, 200, "transition-a-new-commerce-subscription.03.response.200.json").Transition(t.Context(), partnercenter.TransitionAsk{})
	if err != nil || made.State() != flow.ReceiptPending || made.Quantity.String() != "2" {
		t.Errorf("got %+v, %v", made, err)
	}
	if x := firstOf(t, published(t, 200, "get-transitions.01.response.200.json").Transitions(t.Context(), "c", "s"), 1); x.State() != flow.ReceiptDone {
		t.Errorf("got %+v", x)
	}
}

func TestThePublishedAuditLog(t *testing.T) {
	events := published(t, 200, "get-a-record-of-partner-center-activity-by-user.01.response.200.json").Events(t.Context(), time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC))
	e := firstOf(t, events, 2)
	if e.Kind != "create_order" || e.Customer != "0c39d6d5-c70d-4c55-bc02-f620844f3fd1" || e.Holding != "488745B5-2086-4912-802C-6ABB9F7C3638" || e.ID == "" {
		t.Errorf("got %+v", e)
	}
}

// Every code that Microsoft publishes comes through with its sentence and with
// something to do.
func TestEveryPublishedCode(t *testing.T) {
	var codes []struct {
		Code, HTTP  int
		Description string
	}
	if err := json.Unmarshal([]byte(sample(t, "error-codes.json")), &codes); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, e := range codes {
		if e.HTTP < 400 || e.HTTP == 408 || e.HTTP == 500 {
			continue
		}
		body, _ := json.Marshal(map[string]any{"code": e.Code, "description": e.Description, "data": []any{}, "source": "PartnerFD"})
		answer := scene{status: e.HTTP, body: string(body)}
		scenes := []scene{answer}
		if e.HTTP == 401 {
			scenes = append(scenes, answer) // once more with a new token
		}
		if e.Code == 800060 || e.Code == 800064 {
			scenes = []scene{answer, answer, answer, answer}
		}
		_, c := newPlay(t, scenes...)
		_, err := c.CustomerGet(t.Context(), "c")
		var no *flow.ProviderRefusal
		if !errors.As(err, &no) {
			t.Errorf("%d: got %v", e.Code, err)
			continue
		}
		if e.Code != 0 && (no.Code != strconv.Itoa(e.Code) || no.Sentence != e.Description || no.Todo == "") {
			t.Errorf("%d: got %+v", e.Code, *no)
		}
		refused++
	}
	if refused < 200 {
		t.Errorf("only %d codes were read", refused)
	}
}
