package standin_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prorata/edge/provider/standin"
)

// keysOf are the names of all fields of a JSON value, by their place, in lower
// case: the documentation writes them both ways.
func keysOf(value any) []string {
	var out []string
	var walk func(at string, value any)
	walk = func(at string, value any) {
		switch v := value.(type) {
		case map[string]any:
			for k, one := range v {
				place := at + "." + strings.ToLower(k)
				if one == nil {
					continue
				}
				out = append(out, place)
				walk(place, one)
			}
		case []any:
			for _, one := range v {
				walk(at+"[]", one)
			}
		}
	}
	walk("", value)
	slices.Sort(out)
	return slices.Compact(out)
}

// The published answers and ours have the same fields. What one has and the other
// does not is named here, with the reason.
func TestOurAnswersHaveTheFieldsOfThePublishedOnes(t *testing.T) {
	s := open(t, func(set *standin.Settings) {
		set.Partner.Resellers = []standin.Reseller{{Tenant: "6c9d5d5e-3a1b-4a1e-9a54-0d8f4f2b7c11", Name: "Woodgrove", MPN: "5357564", Country: "US"}}
	})
	customer := s.world.AddCustomer(standin.Customer{Name: "Contoso", Domain: "contoso.onmicrosoft.com", Agreed: true, Reseller: "5357564"})
	base := "/v1/customers/" + customer
	l := s.line(suite, 10, "P1Y", "monthly")
	cart := s.do(http.MethodPost, base+"/carts", object{"lineItems": []object{l}})
	checkout := s.do(http.MethodPost, base+"/carts/"+cart.str("id")+"/checkout", nil)
	order := base + "/orders/" + checkout.str("orders.0.id")
	held := base + "/subscriptions/" + checkout.str("orders.0.lineItems.0.subscriptionId")
	ended := s.buy(customer, s.line(suite, 15, "P1M", "monthly"))[0]
	s.change(ended, object{"autoRenewEnabled": false}).want(http.StatusOK)
	scheduled := s.change(held, object{"scheduledNextTermInstructions": object{
		"quantity": 3, "customTermEndDate": "2027-06-30T00:00:00Z", "product": object{"productId": "CFQ7TTC0AAAA", "skuId": "0001", "billingCycle": "annual", "termDuration": "P1Y", "promotionId": special},
	}})
	availability := s.get("/v1/products/CFQ7TTC0AAAA/skus/0001/availabilities?country=US")
	template := object{"primaryContact": object{"firstName": "T", "lastName": "C", "email": "t@c.example", "phoneNumber": "1"}, "templateId": "117a77b0-9360-443b-8795-c6dedc750cf9", "dateAgreed": "2026-01-09", "type": "MicrosoftCustomerAgreement"}

	for _, c := range []struct {
		sample string
		ours   reply
		// lacks are fields of the sample that ours has not, more those that only ours has;
		// a field stands for all that are in it.
		lacks, more string
	}{
		{"get-a-list-of-customers.01.response.200.json", s.get("/v1/customers?size=40"), "", ".items[].links .items[].companyprofile.links"},
		{"get-a-customer-by-name.01.response.200.json", s.get("/v1/customers?size=40"), "", ""},
		{"get-a-customer-by-id.01.response.200.json", s.get(base), "", ""},
		{"get-a-customer-s-company-profile.01.response.200.json", s.get(base + "/profiles/company"), "", ""},
		{"get-all-of-a-customer-s-billing-profiles.01.response.200.json", s.get(base + "/profiles/billing"), "", ""},
		{"create-a-customer.02.response.201.json", s.do(http.MethodPost, "/v1/customers", newCustomer("new.onmicrosoft.com")), "", ".companyprofile.companyname .companyprofile.links .billingprofile.links .billingprofile.firstname .billingprofile.lastname"},
		{"confirm-customer-consent-customer-agreement.03.response.201.json", s.do(http.MethodPost, base+"/agreements", template), "", ""},
		// The sample's second row has a slip in a name.
		{"get-confirmation-of-customer-agreement.01.response.200.json", s.get(base + "/agreements"), ".items[].primarycontact.phonenumber:", ""},
		{"get-customer-agreement-metadata.01.response.200.json", s.get("/v1/agreements?agreementType=MicrosoftCustomerAgreement"), "", ""},
		{"get-direct-sign-status-of-customer-agreement.01.response.200.json", s.get(base + "/directSignedMicrosoftCustomerAgreementStatus"), "", ""},
		{"retrieve-validation-status.01.example.json", s.get(base + "/validationStatus?type=account"), "", ""},
		{"request-reseller-relationship.01.response.200.json", s.get("/v1/customers/relationshiprequests"), "", ""},
		{"retrieve-a-list-of-indirect-resellers.01.response.200.json", s.get("/v1/relationships?relationship_type=IsIndirectCloudSolutionProviderOf"), "", ""},
		{"get-indirect-resellers-of-a-customer.01.response.200.json", s.get(base + "/relationships"), "", ""},
		{"get-a-list-of-products.02.response.json", s.get("/v1/products?country=US&targetView=OnlineServices"), "", ""},
		{"get-a-list-of-skus-for-a-product.02.response.200.json", s.get("/v1/products/CFQ7TTC0AAAA/skus?country=US"), ".items[].dynamicattributes.provisioningid", ""},
		{"get-an-availability-by-id.02.response.200.json", s.get("/v1/products/CFQ7TTC0AAAA/skus/0001/availabilities/" + availability.str("items.0.id") + "?country=US"), "", ""},
		{"get-promotions.01.response.200.json", s.get("/v1/productpromotions?country=US&segment=commercial"), "", ".items[].promotionconstraints"},
		{"verify-promotion-eligibility.04.response.200.json", s.do(http.MethodPost, base+"/promotionEligibilities", object{"items": []object{{"id": 0, "catalogItemId": s.item(suite), "quantity": 10, "termDuration": "P1Y", "billingCycle": "monthly"}}}), "", ""},
		{"create-a-cart.06.response.json", cart, "", ""},
		{"checkout-a-cart.02.response.json", reply{body: checkout.at("orders.0")}, "", ""},
		{"create-an-order.02.response.json", s.get(order), ".lineitems[].partneridonrecord .lineitems[].additionalpartneridsonrecord", ""},
		{"get-order-provisioning-status.01.response.200.json", s.get(order + "/provisioningstatus"), "", ""},
		{"get-subscription-provisioning-status.01.response.200.json", s.get(held + "/provisioningstatus"), "", ""},
		{"custom-term-end-dates.01.response.json", s.get(base + "/subscriptions/customTermEndDates?term_duration=P1Y"), "", ""},
		{"get-a-subscription-by-id.03.response.200.json", s.get(held), "", ".schedulednextterminstructions .cancellationalloweduntildate .billingcycleenddate .billingcycleenddatetime .attributes.etag"},
		{"create-scheduled-changes.02.response.200.json", scheduled, ".customtermenddate", ".cancellationalloweduntildate .billingcycleenddate .billingcycleenddatetime .attributes.etag .commitmentenddatetime .links .producttype .attentionneeded .actiontaken .refundablequantity .renewaltermduration"},
		{"get-a-record-of-partner-center-activity-by-user.01.response.200.json", s.get("/v1/auditrecords?startDate=2026-01-10"), "", ".items[].id .items[].participants .links"},
	} {
		compareKeys(t, c.sample, c.ours, c.lacks, c.more)
	}
	s.goTo(start.AddDate(0, 0, 9))
	part := s.do(http.MethodPost, held+"/transitions", object{"toCatalogItemId": s.item(better), "quantity": 4, "transitionType": "transition_only"}).want(http.StatusOK)
	compareKeys(t, "transition-a-new-commerce-subscription.03.response.200.json", part, "", ".operationid")
	compareKeys(t, "get-transitions.01.response.200.json", s.get(held+"/transitions"), "", ".transition[].fromsubscriptionid .transition[].tosubscriptionid .transition[].termduration .transition[].billingcycle")
	compareKeys(t, "transition-a-new-commerce-subscription.01.response.200.json", s.get(held+"/transitionEligibilities?eligibilityType=immediate"), ".items[].eligibilities[].errors[]", "")
}

func compareKeys(t *testing.T, sample string, ours reply, lacks, more string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "partnercenter", "samples", sample))
	if err != nil {
		t.Skip("there are no samples beside this checkout")
	}
	var theirs any
	if err := json.Unmarshal(data, &theirs); err != nil {
		t.Fatal(err)
	}
	published, given := keysOf(theirs), keysOf(ours.body)
	for _, key := range published {
		if !slices.Contains(given, key) && !within(key, lacks) {
			t.Errorf("%s: we lack %s", sample, key)
		}
	}
	for _, key := range given {
		if !slices.Contains(published, key) && !within(key, more) {
			t.Errorf("%s: only we have %s", sample, key)
		}
	}
	for _, list := range []struct{ names, of string }{{lacks, "lacks"}, {more, "more"}} {
		for name := range strings.FieldsSeq(list.names) {
			if !anyWithin(published, name) && !anyWithin(given, name) {
				t.Errorf("%s: %s names %s, which neither has", sample, list.of, name)
			}
		}
	}
}

// within says that a field is one of some, or in one of them.
func within(key, some string) bool {
	for name := range strings.FieldsSeq(some) {
		if key == name || strings.HasPrefix(key, name+".") || strings.HasPrefix(key, name+"[") {
			return true
		}
	}
	return false
}

func anyWithin(keys []string, name string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return within(key, name) })
}
