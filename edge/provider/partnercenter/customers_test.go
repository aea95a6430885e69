package partnercenter_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"prorata/edge/provider/partnercenter"
	"prorata/flow"
)

func TestACustomerAlone(t *testing.T) {
	_, c := newPlay(t,
		scene{call: "GET /v1/customers/c1", body: `{"id":"c1","companyProfile":{"companyName":"Contoso","domain":"contoso.example"},"billingProfile":{"defaultAddress":{"country":"DE"}}}`},
		scene{call: "GET /v1/customers/c2", status: http.StatusNotFound, body: `{"code":60003,"description":"Tenant not found"}`},
		scene{call: `GET /v1/customers?size=0&filter=%7B%22Field%22%3A%22CompanyName%22%2C%22Operator%22%3A%22starts_with%22%2C%22Value%22%3A%22Con+%5Cu0026%22%7D`, body: oneCustomer},
	)
	got, err := c.CustomerGet(t.Context(), "c1")
	if want := (flow.ProviderCustomer{ID: "c1", Name: "Contoso", Domain: "contoso.example", Country: "DE"}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := c.CustomerGet(t.Context(), "c2"); !errors.Is(err, flow.ErrUnknown) {
		t.Errorf("got %v", err)
	}
	compare(t, told(c.CustomersNamed(t.Context(), "Con &"), func(x flow.ProviderCustomer) string { return x.Name }), "Contoso")
}

func TestANameIsNoCommandToATerminalAndNoEndOfAText(t *testing.T) {
	_, c := newPlay(t, scene{call: "GET /v1/customers/c1", body: `{"id":"c1","companyProfile":{"companyName":"Con\u0000toso\u001b[2J\u001f","domain":"contoso.example"}}`})
	got, err := c.CustomerGet(t.Context(), "c1")
	if err != nil || got.Name != "Con toso [2J" {
		t.Errorf("got %q, %v", got.Name, err)
	}
}

func TestANewCustomer(t *testing.T) {
	created := scene{call: "POST /v1/customers", status: http.StatusCreated, body: `{"id":"c9","companyProfile":{"domain":"fab.onmicrosoft.com"},"billingProfile":{"companyName":"Fabrikam"},"userCredentials":{"userName":"admin","password":"first-secret"}}`}
	p, c := newPlay(t, scene{call: created.call, lost: true}, created)
	n := partnercenter.NewCustomer{
		Reference: "ref-9", Company: "Fabrikam", Domain: "fab.onmicrosoft.com", FirstName: "Ada", LastName: "L", Email: "ada@fab.example",
		Address: partnercenter.Address{Line1: "1 Way", City: "Redmond", State: "WA", PostalCode: "98052", Country: "US"}, Reseller: "4847383",
	}
	customer, given, err := c.CustomerCreate(t.Context(), n)
	if err != nil || customer.ID != "c9" || given.UserName != "admin" || string(given.Password) != "first-secret" {
		t.Fatalf("got %+v, %v", customer, err)
	}
	if p.header(0, "MS-RequestId") != p.header(1, "MS-RequestId") {
		t.Error("the customer may be made twice")
	}
	if said := fmt.Sprintf("%v %+v %#v %s", given, given, given, p.log.String()); strings.Contains(said, "first-secret") {
		t.Errorf("the password is said: %s", said)
	}
	sameJSON(t, p.asked[1].body, `{"associatedPartnerId":"4847383","enableGDAPByDefault":false,"companyProfile":{"domain":"fab.onmicrosoft.com"},"billingProfile":{
		"companyName":"Fabrikam","culture":"en-US","language":"en","email":"ada@fab.example","firstName":"Ada","lastName":"L","defaultAddress":{"addressLine1":"1 Way","city":"Redmond",
		"state":"WA","postalCode":"98052","country":"US","firstName":"Ada","lastName":"L"}}}`)
}

func TestDomainsAndAddresses(t *testing.T) {
	_, c := newPlay(t,
		scene{call: "HEAD /v1/domains/taken.onmicrosoft.com"},
		scene{call: "HEAD /v1/domains/free.onmicrosoft.com", status: http.StatusNotFound},
		scene{call: "POST /v1/validations/address", body: `{"status":"VerifiedShippable","suggestedAddresses":[{"addressLine1":"1 Way","postalCode":"98052-8300"}]}`},
		scene{call: "POST /v1/validations/address", body: `{"status":"StreetPartial","validationMessage":"City?"}`},
	)
	for domain, want := range map[string]bool{"taken.onmicrosoft.com": true} {
		if taken, err := c.DomainTaken(t.Context(), domain); err != nil || taken != want {
			t.Errorf("%s: %t, %v", domain, taken, err)
		}
	}
	if taken, err := c.DomainTaken(t.Context(), "free.onmicrosoft.com"); err != nil || taken {
		t.Errorf("free: %t, %v", taken, err)
	}
	v, err := c.AddressCheck(t.Context(), partnercenter.Address{Line1: "1 Way"})
	if err != nil || !v.Safe || len(v.Suggested) != 1 || v.Suggested[0].PostalCode != "98052-8300" {
		t.Errorf("got %+v, %v", v, err)
	}
	if v, err := c.AddressCheck(t.Context(), partnercenter.Address{}); err != nil || v.Safe || v.Message != "City?" {
		t.Errorf("got %+v, %v", v, err)
	}
}

func TestTheCustomerAgreement(t *testing.T) {
	const (
		status = "GET /v1/customers/c1/directSignedMicrosoftCustomerAgreementStatus"
		list   = "GET /v1/customers/c1/agreements?agreementType=MicrosoftCustomerAgreement"
		accept = "POST /v1/customers/c1/agreements"
		words  = "GET /v1/agreements?agreementType=MicrosoftCustomerAgreement"
	)
	_, c := newPlay(t, scene{call: status, body: `{"isSigned":true}`})
	if ok, err := c.Agreed(t.Context(), "c1"); !ok || err != nil {
		t.Errorf("signed directly: %t, %v", ok, err)
	}
	_, c = newPlay(t, scene{call: status, body: `{"isSigned":false}`}, scene{call: list, body: `{"items":[{"type":"MicrosoftCustomerAgreement","dateAgreed":"2026-01-02T00:00:00","primaryContact":{"firstName":"Tania"}}]}`})
	if ok, err := c.Agreed(t.Context(), "c1"); !ok || err != nil {
		t.Errorf("recorded: %t, %v", ok, err)
	}
	_, c = newPlay(t, scene{call: status, body: `{"isSigned":false}`}, scene{call: list, body: `{"items":[{"type":"MicrosoftCloudAgreement"}]}`})
	if ok, err := c.Agreed(t.Context(), "c1"); ok || err != nil {
		t.Errorf("another agreement: %t, %v", ok, err)
	}

	templates := scene{call: words, body: `{"items":[{"templateId":"old","agreementType":"MicrosoftCustomerAgreement","versionRank":1},{"templateId":"new","agreementType":"MicrosoftCustomerAgreement","versionRank":10}]}`}
	p, c := newPlay(t, templates, scene{call: accept, status: http.StatusCreated, body: `{}`}, templates,
		scene{call: accept, status: http.StatusBadRequest, body: `{"code":600061,"description":"already there"}`})
	who := partnercenter.Acceptance{FirstName: "Tania", LastName: "Carr", Email: "t@c.example", Phone: "1", On: mustDate(t, "2026-03-01")}
	for range 2 {
		if err := c.Accept(t.Context(), "c1", who); err != nil {
			t.Fatal(err)
		}
	}
	sameJSON(t, p.asked[1].body, `{"templateId":"new","type":"MicrosoftCustomerAgreement","dateAgreed":"2026-03-01T00:00:00.000Z","primaryContact":{"firstName":"Tania","lastName":"Carr","email":"t@c.example","phoneNumber":"1"}}`)
}

func TestInvitationLinks(t *testing.T) {
	direct := `https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship&partnerId=p1&msppId=0&DAP=false#/BillingAccounts/partner-invitation`
	for _, s := range []struct {
		given string
		admin bool
		want  string
	}{
		{direct, false, direct},
		{direct, true, strings.Replace(direct, "DAP=false", "DAP=true", 1)},
		{"https://x.example/Home?a=b#/c", true, "https://x.example/Home?a=b&DAP=true#/c"},
		{"https://x.example/Home", false, "https://x.example/Home?DAP=false"},
	} {
		_, c := newPlay(t, scene{call: "GET /v1/customers/relationshiprequests", body: `{"url":"` + s.given + `"}`})
		if got, err := c.InvitationLink(t.Context(), s.admin); err != nil || got != s.want {
			t.Errorf("got %s, %v\nwant %s", got, err, s.want)
		}
	}
	c := partnercenter.New(partnercenter.Settings{Endpoints: partnercenter.Commercial(), Tenant: "provider", HTTP: &http.Client{}})
	if got, want := c.IndirectInvitationLink(partnercenter.Reseller{ID: "res", MPN: "48"}, true),
		"https://admin.microsoft.com/Adminportal/Home?invType=IndirectResellerRelationship&partnerId=res&msppId=48&indirectCSPId=provider&DAP=true#/BillingAccounts/partner-invitation"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

const (
	adminCall  = "/v1.0/tenantRelationships/delegatedAdminRelationships"
	adminFound = "GET " + adminCall + "?$filter=displayName+eq+%27Ours%27"
)

func TestAnAdminInvitation(t *testing.T) {
	created := `{"id":"rel-1","displayName":"Ours","status":"created","duration":"P730D","@odata.etag":"W/1","accessDetails":{"unifiedRoles":[{"roleDefinitionId":"r1"}]}}`
	ask := partnercenter.AdminRelationship{Name: "Ours", Days: 730, Customer: "c1", CustomerName: "Contoso", Roles: []string{"r1"}, Extends: true}
	lock := scene{call: "POST " + adminCall + "/rel-1/requests", status: http.StatusCreated, body: `{"action":"lockForApproval"}`}
	p, c := newPlay(t, scene{call: adminFound, body: `{"value":[]}`}, scene{call: "POST " + adminCall, status: http.StatusCreated, body: created}, lock)
	made, link, err := c.AdminInvite(t.Context(), ask)
	if err != nil || made.ID != "rel-1" || made.Days != 730 || !strings.HasSuffix(link, "/AdminPortal/Home#/partners/invitation/granularAdminRelationships/rel-1") {
		t.Fatalf("got %+v, %s, %v", made, link, err)
	}
	sameJSON(t, p.asked[1].body, `{"displayName":"Ours","duration":"P730D","autoExtendDuration":"P180D","customer":{"tenantId":"c1","displayName":"Contoso"},"accessDetails":{"unifiedRoles":[{"roleDefinitionId":"r1"}]}}`)
	if !strings.Contains(p.signIns[0], "resource=https%3A%2F%2Fgraph.microsoft.com") || p.header(0, "MS-RequestId") != "" {
		t.Errorf("Graph is asked with the token of %s", p.signIns[0])
	}

	// Sent again, it is the same relationship, on whichever page of the list.
	_, c = newPlay(t,
		scene{call: adminFound, body: `{"value":[],"@odata.nextLink":"https://graph.microsoft.com` + adminCall + `?$skiptoken=2"}`},
		scene{call: "GET " + adminCall + "?$skiptoken=2", body: `{"value":[` + strings.Replace(created, `"created"`, `"approvalPending"`, 1) + `]}`})
	if again, _, err := c.AdminInvite(t.Context(), ask); err != nil || again.ID != "rel-1" || again.Status != "approvalPending" {
		t.Errorf("got %+v, %v", again, err)
	}
	// One that was made though the answer was lost is found by its name.
	conflict := scene{call: "POST " + adminCall, status: http.StatusConflict, body: `{"error":{"code":"conflict","message":"The name is taken."}}`}
	_, c = newPlay(t, scene{call: adminFound, body: `{"value":[]}`}, conflict, scene{call: adminFound, body: `{"value":[` + created + `]}`}, lock)
	if again, _, err := c.AdminInvite(t.Context(), ask); err != nil || again.ID != "rel-1" {
		t.Errorf("got %+v, %v", again, err)
	}
}

func TestAnAdminRelationshipIsUsedAndEnded(t *testing.T) {
	const one, assignments = "GET " + adminCall + "/rel-1", adminCall + "/rel-1/accessAssignments"
	created := `{"id":"rel-1","status":"created","duration":"P2Y","@odata.etag":"W/1"}`
	p, c := newPlay(t,
		scene{call: "GET " + assignments, body: `{"value":[]}`}, scene{call: "POST " + assignments, status: http.StatusCreated, body: `{}`},
		scene{call: "GET " + assignments, body: `{"value":[{"status":"active","accessContainer":{"accessContainerId":"G1"}}]}`},
		scene{call: one, body: created}, scene{call: "DELETE " + adminCall + "/rel-1", status: http.StatusNoContent},
		scene{call: one, body: strings.Replace(created, "created", "active", 1)}, scene{call: "POST " + adminCall + "/rel-1/requests", body: `{}`},
	)
	for range 2 {
		if err := c.AdminAssign(t.Context(), "rel-1", "g1", []string{"r1", "r2"}); err != nil {
			t.Fatal(err)
		}
	}
	sameJSON(t, p.asked[1].body, `{"accessContainer":{"accessContainerId":"g1","accessContainerType":"securityGroup"},"accessDetails":{"unifiedRoles":[{"roleDefinitionId":"r1"},{"roleDefinitionId":"r2"}]}}`)
	for range 2 {
		if err := c.AdminEnd(t.Context(), "rel-1"); err != nil {
			t.Fatal(err)
		}
	}
	if p.header(4, "If-Match") != "W/1" || p.asked[6].body != `{"action":"terminate"}` {
		t.Errorf("ended with %q and %s", p.header(4, "If-Match"), p.asked[6].body)
	}
}

func TestResellersAndReviews(t *testing.T) {
	review := "GET /v1/customers/c1/validationStatus?type=account"
	_, c := newPlay(t,
		scene{call: "GET /v1/relationships?relationship_type=IsIndirectCloudSolutionProviderOf", body: `{"items":[{"id":"r1","name":"First Up","mpnId":4847383}]}`},
		scene{call: "PATCH /v1/customers/c1", body: `{}`},
		scene{call: review, body: `{"status":"Not Ready"}`}, scene{call: review, body: `{"status":"UnderReview"}`},
		scene{call: review, status: http.StatusNotFound, body: `{"code":600074,"description":"not found"}`}, scene{call: review, body: `{"status":"Allowed"}`},
	)
	compare(t, told(c.Resellers(t.Context()), func(r partnercenter.Reseller) string { return r.ID + " " + r.Name + " " + r.MPN }), "r1 First Up 4847383")
	if err := c.CustomerLeave(t.Context(), "c1"); err != nil {
		t.Error(err)
	}
	for _, want := range []partnercenter.AccountStatus{partnercenter.AccountUnknown, partnercenter.AccountUnderReview, partnercenter.AccountUnknown, partnercenter.AccountAllowed} {
		if got, err := c.AccountStatusGet(t.Context(), "c1"); err != nil || got != want {
			t.Errorf("got %d, %v, want %d", got, err, want)
		}
	}
}
