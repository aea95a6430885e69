package standin

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// customersUsual is how many customers a page has where nobody says.
const customersUsual = 500

// registrationCountries are where a company's registration number is asked for.
var registrationCountries = []string{
	"AM", "AZ", "BR", "BY", "HU", "IN", "IQ", "KG", "KZ", "MD", "MM", "PL", "RU", "SA", "SS", "TH", "TJ", "TR", "UA", "AE", "UZ", "VE", "VN", "ZA", "MY",
}

// customerList is all customers, a page at a time, or those that a filter finds.
func (w *World) customerList(c *call) *answer {
	var filter struct{ Field, Value, Operator string }
	if text := c.query("filter"); text != "" {
		if err := json.Unmarshal([]byte(text), &filter); err != nil {
			return refuseInput("the filter is not JSON: %v", err)
		}
		if !strings.EqualFold(filter.Operator, "starts_with") {
			return refuseInput("the filter's operator must be starts_with")
		}
	}
	found := []*customer{}
	for _, one := range w.customers {
		if one.relationship == "reseller" && one.matches(filter.Field, filter.Value) {
			found = append(found, one)
		}
	}
	size, _ := strconv.Atoi(c.query("size"))
	if size <= 0 {
		size = customersUsual
	}
	return paged(c, found, size, func(one *customer) object {
		self := "/customers/" + one.ID
		profile := object{
			"tenantId": one.ID, "domain": one.Domain, "companyName": one.Name, "links": object{"self": link(self + "/profiles/company")},
			"attributes": kindOf("CustomerCompanyProfile"),
		}
		return object{"id": one.ID, "companyProfile": profile, "relationshipToPartner": "reseller", "links": object{"self": link(self)}, "attributes": kindOf("Customer")}
	})
}

func (c *customer) matches(field, value string) bool {
	begins := func(text string) bool { return strings.HasPrefix(strings.ToLower(text), strings.ToLower(value)) }
	switch strings.ToLower(field) {
	case "companyname":
		return begins(c.Name)
	case "domain":
		return begins(c.Domain)
	case "indirectreseller", "indirectcloudsolutionprovider":
		return begins(c.Reseller)
	}
	return true
}

// paged is one page of a list; the next one is asked for with the header that its
// link tells.
func paged[T any](c *call, all []T, size int, body func(T) object) *answer {
	from := 0
	if token := c.r.Header.Get("MS-ContinuationToken"); token != "" && strings.EqualFold(c.query("seekOperation"), "Next") {
		n, err := strconv.Atoi(strings.TrimPrefix(token, "standin-"))
		if err != nil || n > len(all) {
			return refuseInput("the continuation token is not valid")
		}
		from = n
	}
	to := min(from+size, len(all))
	items := []object{}
	for _, one := range all[from:to] {
		items = append(items, body(one))
	}
	o := collection(items, c.self())
	if to < len(all) {
		next := c.self()
		if !strings.Contains(next, "seekOperation") {
			join := "?"
			if strings.Contains(next, "?") {
				join = "&"
			}
			next += join + "seekOperation=Next"
		}
		o["links"].(object)["next"] = link(next, object{"key": "MS-ContinuationToken", "value": "standin-" + strconv.Itoa(to)})
	}
	return ok(o)
}

func (w *World) customerGet(c *call) *answer {
	found, no := w.customerOf(c)
	if no != nil {
		return no
	}
	self := "/customers/" + found.ID
	return ok(object{
		"id": found.ID, "commerceId": found.commerceID, "companyProfile": found.companyBody(), "billingProfile": found.billingBody(),
		"relationshipToPartner": found.relationship, "allowDelegatedAccess": w.delegated(found), "customDomains": []string{found.Domain},
		"links": object{"self": link(self)}, "attributes": kindOf("Customer"),
	})
}

func (c *customer) companyBody() object {
	a := c.Address
	return object{
		"tenantId": c.ID, "domain": c.Domain, "companyName": c.Name, "email": c.Email,
		"address": object{"country": c.Country, "region": a.State, "city": a.City, "addressLine1": a.Line1, "postalCode": a.PostalCode, "phoneNumber": a.Phone},
		"links":   object{"self": link("/customers/" + c.ID + "/profiles/company")}, "attributes": kindOf("CustomerCompanyProfile"),
	}
}

func (c *customer) billingBody() object {
	a := c.Address
	address := object{
		"country": c.Country, "city": a.City, "state": a.State, "addressLine1": a.Line1, "postalCode": a.PostalCode,
		"firstName": a.FirstName, "lastName": a.LastName, "phoneNumber": a.Phone,
	}
	if a.Line2 != "" {
		address["addressLine2"] = a.Line2
	}
	return object{
		"id": c.profileID, "firstName": a.FirstName, "lastName": a.LastName, "email": c.Email, "culture": c.culture, "language": c.language, "companyName": c.Name,
		"defaultAddress": address, "links": object{"self": link("/customers/" + c.ID + "/profiles/billing")},
		"attributes": object{"etag": c.profileEtag(), "objectType": "CustomerBillingProfile"},
	}
}

func (c *customer) profileEtag() string {
	return "profile-" + c.profileID[:8] + "-" + strconv.Itoa(c.etag)
}

// wantedAddress and wantedProfile are what a client writes of a customer.
type wantedAddress struct {
	Country, Region, City, State, AddressLine1, AddressLine2 string
	PostalCode, FirstName, LastName, PhoneNumber             string
}

type wantedProfile struct {
	FirstName, LastName, Email, Culture, Language, CompanyName string
	DefaultAddress                                             wantedAddress
}

func (a wantedAddress) address() Address {
	state := a.State
	fill(&state, a.Region)
	return Address{Line1: a.AddressLine1, Line2: a.AddressLine2, City: a.City, State: state, PostalCode: a.PostalCode, FirstName: a.FirstName, LastName: a.LastName, Phone: a.PhoneNumber}
}

// customerCreate makes a customer with a tenant of its own; its password is told once.
func (w *World) customerCreate(c *call) *answer {
	if c.r.Header.Get("MS-RequestId") == "" {
		return refuseInput("MS-RequestId is missing")
	}
	var want struct {
		EnableGDAPByDefault            bool
		AssociatedPartnerID            string
		CompanyProfile                 struct{ Domain, OrganizationRegistrationNumber string }
		BillingProfile                 wantedProfile
		OrganizationRegistrationNumber string
	}
	if no := c.read(&want); no != nil {
		return no
	}
	p := want.BillingProfile
	if no := w.judgeCustomer(want.CompanyProfile.Domain, want.AssociatedPartnerID, p); no != nil {
		return no
	}
	fill(&want.OrganizationRegistrationNumber, want.CompanyProfile.OrganizationRegistrationNumber)
	if isOneOf(p.DefaultAddress.Country, registrationCountries) && want.OrganizationRegistrationNumber == "" {
		return refuse(600049)
	}
	made := w.newCustomer(Customer{
		Name: p.CompanyName, Domain: want.CompanyProfile.Domain, Email: p.Email, Country: strings.ToUpper(p.DefaultAddress.Country),
		Address: p.DefaultAddress.address(), Reseller: want.AssociatedPartnerID,
	})
	made.gdapByDefault, made.registration = want.EnableGDAPByDefault, want.OrganizationRegistrationNumber
	fill(&p.Culture, made.culture)
	fill(&p.Language, made.language)
	made.culture, made.language = p.Culture, p.Language
	w.note("add_customer", "customer", made, "")
	profile := made.companyBody()
	delete(profile, "address")
	delete(profile, "email")
	return created(object{
		"id": made.ID, "commerceId": made.commerceID, "companyProfile": profile, "billingProfile": made.billingBody(), "enableGDAPByDefault": made.gdapByDefault,
		"relationshipToPartner": "reseller", "userCredentials": object{"userName": "admin", "password": w.newHex(12) + "Aa!"}, "attributes": kindOf("Customer"),
	})
}

func (w *World) judgeCustomer(domain, reseller string, p wantedProfile) *answer {
	switch {
	case domain == "" || !strings.Contains(domain, "."):
		return refuseInput("companyProfile.domain is expected, such as name.onmicrosoft.com")
	case w.taken(domain):
		return refuseInput("the domain %s is taken", domain)
	case p.CompanyName == "" || p.Email == "":
		return refuseInput("billingProfile needs companyName and email")
	case reseller != "" && !w.isReseller(reseller):
		return refuseInput("associatedPartnerId %s is not an indirect reseller of the partner", reseller)
	case w.set.Sandbox && len(w.customers) >= sandboxTotals:
		return refuse(800018)
	}
	if status, _ := addressStatus(p.DefaultAddress); status != addressGood {
		return refuseInput("the address is not valid")
	}
	return nil
}

func (w *World) taken(domain string) bool {
	return slices.ContainsFunc(w.customers, func(c *customer) bool { return strings.EqualFold(c.Domain, domain) })
}

func (w *World) companyProfile(c *call) *answer {
	found, no := w.customerOf(c)
	if no != nil {
		return no
	}
	return ok(found.companyBody())
}

func (w *World) billingProfile(c *call) *answer {
	found, no := w.customerOf(c)
	if no != nil {
		return no
	}
	return ok(found.billingBody())
}

// billingProfileReplace needs the etag of what it replaces, where one is sent.
func (w *World) billingProfileReplace(c *call) *answer {
	found, no := w.customerOf(c)
	if no != nil {
		return no
	}
	var want wantedProfile
	if no := c.read(&want); no != nil {
		return no
	}
	if etag := strings.Trim(c.r.Header.Get("If-Match"), `"`); etag != "" && etag != found.profileEtag() {
		return refuse(2055)
	}
	if want.CompanyName == "" || want.Email == "" {
		return refuseInput("companyName and email are expected")
	}
	found.Name, found.Email, found.Address = want.CompanyName, want.Email, want.DefaultAddress.address()
	fill(&want.Culture, found.culture)
	fill(&want.Language, found.language)
	found.culture, found.language = want.Culture, want.Language
	found.etag++
	w.note("update_customer_billing_profile", "customer", found, w.auditValue(found.billingBody()))
	return ok(found.billingBody())
}

// customerPatch ends the relationship: every subscription must be suspended or gone.
func (w *World) customerPatch(c *call) *answer {
	found, no := w.customerOf(c)
	if no != nil {
		return no
	}
	var want struct{ RelationshipToPartner string }
	if no := c.read(&want); no != nil {
		return no
	}
	if !strings.EqualFold(want.RelationshipToPartner, "none") {
		return refuseInput("relationshipToPartner can only become none")
	}
	if w.inUse(found) {
		return refuseInput("the customer has active subscriptions; suspend them first")
	}
	found.relationship = "none"
	w.note("remove_partner_customer_relationship", "customer", found, "")
	return ok(object{"relationshipToPartner": "none", "attributes": kindOf("Customer")})
}

func (w *World) inUse(c *customer) bool {
	return slices.ContainsFunc(w.held, func(s *subscription) bool {
		return s.customer == c && (s.status == stateActive || s.status == statePending)
	})
}

// customerDelete is for the sandbox alone.
func (w *World) customerDelete(c *call) *answer {
	found, no := w.customerOf(c)
	if no != nil {
		return no
	}
	if !w.set.Sandbox {
		return refuse(2032)
	}
	if w.inUse(found) {
		return refuseInput("the customer has active subscriptions; suspend them first")
	}
	w.customers = slices.DeleteFunc(w.customers, func(one *customer) bool { return one == found })
	return empty(http.StatusNoContent)
}

// domainCheck answers 404 where a domain is free.
func (w *World) domainCheck(c *call) *answer {
	if w.taken(c.path("domain")) {
		return empty(http.StatusOK)
	}
	return empty(http.StatusNotFound)
}

const (
	addressGood    = "VerifiedShippable"
	addressPartial = "StreetPartial"
	addressNone    = "None"
)

var startsWithNumber = regexp.MustCompile(`\d`)

// addressStatus judges an address by what it has: the stand-in knows no streets.
func addressStatus(a wantedAddress) (status, message string) {
	switch {
	case a.Country == "" || a.City == "" || a.AddressLine1 == "":
		return addressNone, "Address field invalid for property: 'Country', 'City', 'AddressLine1'"
	case strings.EqualFold(a.Country, "US") && (len(a.PostalCode) < 5 || a.State == "" && a.Region == ""):
		return addressNone, "Address field invalid for property: 'PostalCode', 'State'"
	case !startsWithNumber.MatchString(a.AddressLine1) && !startsWithWord(a.AddressLine1):
		return addressPartial, "Address field invalid for property: 'AddressLine1'"
	}
	return addressGood, ""
}

// startsWithWord passes streets whose number is written out, such as "One Microsoft Way".
func startsWithWord(line string) bool {
	first, _, _ := strings.Cut(strings.ToLower(line), " ")
	return slices.Contains([]string{"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}, first)
}

func (w *World) addressCheck(c *call) *answer {
	var want wantedAddress
	if no := c.read(&want); no != nil {
		return no
	}
	status, message := addressStatus(want)
	a := object{"country": want.Country, "city": want.City, "state": want.State, "addressLine1": want.AddressLine1, "postalCode": want.PostalCode}
	o := object{"originalAddress": a, "suggestedAddresses": []object{}, "status": status}
	if status != addressNone {
		o["suggestedAddresses"] = []object{a}
	}
	if message != "" {
		o["validationMessage"] = message
	}
	return ok(o)
}
