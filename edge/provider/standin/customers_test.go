package standin_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"prorata/edge/provider/standin"
)

func newCustomer(domain string) object {
	return object{"companyProfile": object{"domain": domain}, "billingProfile": object{
		"companyName": "Test Company", "email": "a@b.example", "culture": "en-US", "language": "en",
		"defaultAddress": object{"firstName": "T", "lastName": "C", "addressLine1": "One Microsoft Way", "city": "Redmond", "state": "WA", "postalCode": "98052", "country": "US"},
	}}
}

func TestACustomerIsCreatedOnceAndItsPasswordToldOnce(t *testing.T) {
	s := open(t)
	const domain = "testcompany.onmicrosoft.com"
	s.do(http.MethodHead, "/v1/domains/"+domain, nil).want(http.StatusNotFound)
	one := s.do(http.MethodPost, "/v1/customers", newCustomer(domain), "MS-RequestId", "11111111-1111-4111-8111-111111111111").want(http.StatusCreated)
	two := s.do(http.MethodPost, "/v1/customers", newCustomer(domain), "MS-RequestId", "11111111-1111-4111-8111-111111111111").want(http.StatusCreated)
	if one.text != two.text || one.str("userCredentials.password") == "" {
		t.Errorf("%s\n%s", one.text, two.text)
	}
	s.do(http.MethodHead, "/v1/domains/"+domain, nil).want(http.StatusOK)
	s.do(http.MethodPost, "/v1/customers", newCustomer(domain)).refused(http.StatusBadRequest, 800002)
	read := s.get("/v1/customers/"+one.str("id")).want(http.StatusOK).is("companyProfile.address.city", "Redmond", "billingProfile.defaultAddress.lastName", "C", "relationshipToPartner", "reseller")
	if read.at("userCredentials") != nil {
		t.Error("the password is told again")
	}
	s.raw(http.MethodPost, "/v1/customers", "application/json", "{}", "Authorization", "Bearer "+s.token).refused(http.StatusBadRequest, 800002)
	foreign := newCustomer("pl.onmicrosoft.com")
	foreign["billingProfile"].(object)["defaultAddress"].(object)["country"] = "PL"
	s.do(http.MethodPost, "/v1/customers", foreign).refused(http.StatusBadRequest, 600049)
	s.get("/v1/customers/"+strings.Repeat("0", 8)).refused(http.StatusNotFound, 60003)
}

func TestCustomersComeInPagesAndCanBeSearched(t *testing.T) {
	s := open(t)
	for i := range 7 {
		s.world.AddCustomer(standin.Customer{Name: "Customer " + strconv.Itoa(i), Domain: "c" + strconv.Itoa(i) + ".onmicrosoft.com"})
	}
	seen, path, headers := map[string]bool{}, "/v1/customers?size=3", []string{}
	for pages := 1; ; pages++ {
		r := s.do(http.MethodGet, path, nil, headers...).want(http.StatusOK)
		for _, one := range r.at("items").([]any) {
			seen[one.(object)["id"].(string)] = true
		}
		if r.at("links.next") == nil {
			if pages != 3 || len(seen) != 7 {
				t.Fatalf("%d customers on %d pages", len(seen), pages)
			}
			break
		}
		if r.str("links.next.headers.0.key") != "MS-ContinuationToken" || !strings.Contains(r.str("links.next.uri"), "seekOperation=Next") {
			t.Fatalf("next is %v", r.at("links.next"))
		}
		path, headers = "/v1"+r.str("links.next.uri"), []string{"MS-ContinuationToken", r.str("links.next.headers.0.value")}
	}
	filter := func(text string) reply { return s.get("/v1/customers?size=0&filter=" + url.QueryEscape(text)) }
	filter(`{"Field":"CompanyName","Value":"customer 5","Operator":"starts_with"}`).is("totalCount", "1", "items.0.companyProfile.domain", "c5.onmicrosoft.com")
	filter(`{"Field":"Domain","Value":"c","Operator":"starts_with"}`).is("totalCount", "7")
	filter(`{"Field":"Domain","Value":"c","Operator":"equals"}`).refused(http.StatusBadRequest, 800002)
}

func TestABillingProfileIsReplacedWithItsEtag(t *testing.T) {
	s := open(t)
	path := "/v1/customers/" + s.customer() + "/profiles/billing"
	read := s.get(path).want(http.StatusOK)
	etag := `"` + read.str("attributes.etag") + `"`
	whole := read.body.(object)
	whole["email"] = "new@contoso.example"
	s.do(http.MethodPut, path, whole, "If-Match", etag).want(http.StatusOK).is("email", "new@contoso.example")
	s.do(http.MethodPut, path, whole, "If-Match", etag).refused(http.StatusBadRequest, 2055)
}

func TestAnAddressIsJudged(t *testing.T) {
	s := open(t)
	address := object{"addressLine1": "1 Microsoft Way", "city": "Redmond", "state": "WA", "postalCode": "98052", "country": "US"}
	s.do(http.MethodPost, "/v1/validations/address", address).is("status", "VerifiedShippable", "suggestedAddresses.0.city", "Redmond")
	address["addressLine1"] = "Microsoft Way"
	s.do(http.MethodPost, "/v1/validations/address", address).is("status", "StreetPartial")
	address["postalCode"] = ""
	s.do(http.MethodPost, "/v1/validations/address", address).is("status", "None")
}

func TestACustomerAcceptsAnInvitation(t *testing.T) {
	s := open(t)
	invitation := s.get("/v1/customers/relationshiprequests").want(http.StatusOK).str("url")
	u, err := url.Parse(invitation)
	if err != nil || u.Fragment != "/BillingAccounts/partner-invitation" {
		t.Fatalf("%s: %v", invitation, err)
	}
	if page := s.raw(http.MethodGet, u.RequestURI(), "", "").want(http.StatusOK); !strings.Contains(page.text, "accept=1") {
		t.Error(page.text)
	}
	s.get("/v1/customers").is("totalCount", "0")
	s.raw(http.MethodGet, u.RequestURI()+"&accept=1&name=Adatum&domain=adatum.onmicrosoft.com&country=us", "", "").want(http.StatusOK)
	s.get("/v1/customers").is("totalCount", "1", "items.0.companyProfile.companyName", "Adatum")
	s.raw(http.MethodGet, u.RequestURI()+"&accept=1&name=Adatum&domain=adatum.onmicrosoft.com", "", "").want(http.StatusConflict)
}

func TestARelationshipEndsWhenNothingIsInUse(t *testing.T) {
	s := open(t)
	customer := s.customer()
	held := s.buy(customer, s.line(suite, 1, "P1M", "monthly"))[0]
	end := object{"relationshipToPartner": "none", "attributes": object{"objectType": "Customer"}}
	s.do(http.MethodPatch, "/v1/customers/"+customer, end).refused(http.StatusBadRequest, 800002)
	s.change(held, object{"status": "suspended"}).want(http.StatusOK)
	s.do(http.MethodPatch, "/v1/customers/"+customer, end).want(http.StatusOK).is("relationshipToPartner", "none")
	s.get("/v1/customers/"+customer).refused(http.StatusForbidden, 20002)
	s.get("/v1/customers").is("totalCount", "0")
	s.do(http.MethodDelete, "/v1/customers/"+customer, nil).refused(http.StatusForbidden, 20002)
}

func TestIndirectResellers(t *testing.T) {
	s := open(t, func(set *standin.Settings) {
		set.Partner.Resellers = []standin.Reseller{{Tenant: "6c9d5d5e-3a1b-4a1e-9a54-0d8f4f2b7c11", Name: "Woodgrove", MPN: "5357564", Country: "US"}}
	})
	s.get("/v1/relationships?relationship_type=IsIndirectCloudSolutionProviderOf").is("totalCount", "1", "items.0.mpnId", "5357564", "items.0.state", "Active")
	s.get("/v1/profiles/mpn?mpnId=5357564").is("partnerName", "Woodgrove")
	s.get("/v1/profiles/mpn?mpnId=1").refused(http.StatusNotFound, 3000)
	id := s.world.AddCustomer(standin.Customer{Name: "Adatum", Reseller: "5357564", Agreed: true})
	s.get("/v1/customers/"+id+"/relationships").is("totalCount", "1", "items.0.name", "Woodgrove")
	l := s.line(suite, 1, "P1Y", "monthly")
	l["participants"] = []object{{"key": "transaction_reseller", "value": "5357564"}}
	cart := s.do(http.MethodPost, "/v1/customers/"+id+"/carts", object{"partnerOnRecordAttestationAccepted": true, "lineItems": []object{l}}).want(http.StatusCreated).str("id")
	s.do(http.MethodPost, "/v1/customers/"+id+"/carts/"+cart+"/checkout", nil).is("orders.0.lineItems.0.partnerIdOnRecord", "5357564")
	s.get("/v1/customers/"+id+"/subscriptions?mpn_id=5357564").is("totalCount", "1", "items.0.partnerId", "5357564")
	s.get("/v1/customers/"+id+"/subscriptions?mpn_id=1").is("totalCount", "0")
}

func TestAQualificationIsLookedInto(t *testing.T) {
	s := open(t)
	path := "/v1/customers/" + s.customer() + "/qualifications"
	s.do(http.MethodPost, path, object{"qualification": "Friendship"}).refused(http.StatusBadRequest, 800002)
	s.do(http.MethodPost, path, object{"qualification": "Education"}).want(http.StatusCreated).is("vettingStatus", "InReview")
	s.get(path).is("0.vettingStatus", "InReview")
	s.days(3)
	s.get(path).is("0.vettingStatus", "Approved")
}

func TestTheAuditLogTellsWhatHappened(t *testing.T) {
	s := open(t)
	customer := s.customer()
	held := s.buy(customer, s.line(suite, 10, "P1Y", "monthly"))[0]
	s.days(1)
	s.change(held, object{"quantity": 11}).want(http.StatusOK)
	log := s.get("/v1/auditrecords?startDate=2026-01-10&endDate=2026-01-11&size=50").want(http.StatusOK).
		is("totalCount", "2", "items.0.operationType", "update_subscription", "items.0.customizedData.2.value", "11", "items.1.operationType", "create_order",
			"items.1.customizedData.0.key", "OrderId", "items.1.customerName", "Contoso", "items.1.operationStatus", "succeeded")
	if value := log.str("items.1.resourceNewValue"); !strings.HasPrefix(value, `{"AlternateId":`) {
		t.Errorf("the resource is %s", value)
	}
	s.get("/v1/auditrecords?startDate=2026-01-10&endDate=2026-01-10").is("totalCount", "1")
	s.get("/v1/auditrecords").is("totalCount", "2")
	only := func(filter string) reply {
		return s.get("/v1/auditrecords?startDate=2026-01-10&filter=" + url.QueryEscape(filter))
	}
	only(`{"Field":"ResourceType","Value":"order","Operator":"equals"}`).is("totalCount", "1")
	only(`{"Field":"CompanyName","Value":"onto","Operator":"substring"}`).is("totalCount", "2")
	only(`{"Field":"CustomerId","Value":"another","Operator":"equals"}`).is("totalCount", "0")
	page := s.get("/v1/auditrecords?startDate=2026-01-10&size=1").is("totalCount", "1")
	s.do(http.MethodGet, "/v1"+page.str("links.next.uri"), nil, "MS-ContinuationToken", page.str("links.next.headers.0.value")).is("items.0.operationType", "create_order")
	s.goTo(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
	s.get("/v1/auditrecords?startDate=2026-01-10").refused(http.StatusBadRequest, 800002)
	s.get("/v1/auditrecords").is("totalCount", "1", "items.0.operationType", "ready_invoice", "items.0.operationDate", "2026-04-06T04:00:00.0000000Z")
}

func TestDelegatedAdminRelationships(t *testing.T) {
	s := open(t)
	customer := s.customer()
	s.get("/v1/customers/"+customer).is("allowDelegatedAccess", "false")
	mine := s.token
	s.token = s.exchange("https://graph.microsoft.com", "refresh_token", s.refresh).str("access_token")
	const links = "/v1.0/tenantRelationships/delegatedAdminRelationships"
	roles := object{"unifiedRoles": []object{{"roleDefinitionId": "29232cdf-9323-42fd-ade2-1d097af3e4de"}}}
	want := object{"displayName": "Contoso admins", "duration": "P730D", "customer": object{"tenantId": customer, "displayName": "Contoso"}, "accessDetails": roles, "autoExtendDuration": "P180D"}
	made := s.do(http.MethodPost, links, want).want(http.StatusCreated).is("status", "created", "autoExtendDuration", "P180D")
	s.do(http.MethodPost, links, want).want(http.StatusConflict)
	want["duration"], want["displayName"] = "P3Y", "Too long"
	s.do(http.MethodPost, links, want).want(http.StatusBadRequest).is("error.code", "badRequest")
	path := links + "/" + made.str("id")
	s.do(http.MethodPost, path+"/accessAssignments", object{}).want(http.StatusConflict)
	s.do(http.MethodPost, path+"/requests", object{"action": "lockForApproval"}).want(http.StatusCreated)
	s.get(path).is("status", "approvalPending")
	s.do(http.MethodDelete, path, nil).want(http.StatusConflict)
	s.raw(http.MethodPost, "/standin/admin-relationships/"+made.str("id")+"/approve", "", "").want(http.StatusOK)
	s.get(path).is("status", "active")
	group := object{"accessContainer": object{"accessContainerId": "869713c9-0b28-4d08-8949-ae07ae1bf528", "accessContainerType": "securityGroup"}, "accessDetails": roles}
	s.do(http.MethodPost, path+"/accessAssignments", group).want(http.StatusCreated).is("status", "pending")
	if err := s.world.Advance(start.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	s.get(path+"/accessAssignments").is("value.0.status", "active")
	graph := s.token
	s.token = mine
	s.get("/v1/customers/"+customer).is("allowDelegatedAccess", "true")
	s.token = graph
	s.do(http.MethodPost, path+"/requests", object{"action": "terminate"}).want(http.StatusCreated)
	s.get(links).is("value.0.status", "terminated")
}
