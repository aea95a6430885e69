package standin

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// invitationPath is where customers accept a reseller; invitationPlace is the part
// of the link that only a browser sees.
const (
	invitationPath  = "/Adminportal/Home"
	invitationPlace = "/BillingAccounts/partner-invitation"
)

// relationshipRequest is the link by which a customer becomes the partner's.
func (w *World) relationshipRequest(c *call) *answer {
	q := url.Values{"invType": {"ResellerRelationship"}, "partnerId": {w.set.Partner.Tenant}, "msppId": {"0"}, "DAP": {"false"}}
	return ok(object{"url": c.address + invitationPath + "?" + q.Encode() + "#" + invitationPlace, "attributes": kindOf("RelationshipRequest")})
}

// invitation is the page behind the link. Where it is told "accept=1", and by whom
// (name, domain, country), that customer becomes the partner's.
func (w *World) invitation(c *call) *answer {
	if c.query("partnerId") != w.set.Partner.Tenant && c.query("indirectCSPId") != w.set.Partner.Tenant {
		return plain(http.StatusNotFound, "The invitation is not of a partner that is known here.")
	}
	name, domain := c.query("name"), c.query("domain")
	if c.query("accept") != "1" || name == "" {
		return plain(http.StatusOK, w.set.Partner.Name+" wants to be your reseller.\nTo accept, open this address again with &accept=1&name=YOUR+COMPANY&domain=YOUR.DOMAIN added before the #.")
	}
	if w.taken(domain) {
		return plain(http.StatusConflict, "There is a customer with this domain already.")
	}
	made := w.newCustomer(Customer{Name: name, Domain: domain, Country: strings.ToUpper(c.query("country"))})
	if strings.HasPrefix(c.query("invType"), "Indirect") {
		made.Reseller = c.query("msppId")
	}
	w.note("add_customer", "customer", made, "")
	w.billing.notify("reseller-relationship-accepted-by-customer", "/v1/customers/"+made.ID, "relationship")
	return plain(http.StatusOK, name+" ("+made.ID+") is now a customer of "+w.set.Partner.Name+".")
}

func plain(status int, text string) *answer {
	return &answer{status: status, kind: "text/plain; charset=utf-8", raw: []byte(text + "\n")}
}

// resellers are the partner's indirect resellers.
func (w *World) resellers(c *call) *answer {
	items := []object{}
	if isOneOf(c.query("relationship_type"), []string{"IsIndirectCloudSolutionProviderOf", "is_indirect_cloud_solution_provider_of"}) {
		for _, r := range w.set.Partner.Resellers {
			o := r.body()
			o["state"], o["location"] = "Active", r.Country
			items = append(items, o)
		}
	}
	return ok(collection(items, ""))
}

func (r Reseller) body() object {
	return object{"id": r.Tenant, "name": r.Name, "relationshipType": "is_indirect_cloud_solution_provider_of", "mpnId": r.MPN, "attributes": kindOf("PartnerRelationship")}
}

// customerResellers are the indirect resellers of a customer.
func (w *World) customerResellers(c *call) *answer {
	found, no := w.customerOf(c)
	if no != nil {
		return no
	}
	items := []object{}
	for _, r := range w.set.Partner.Resellers {
		if r.MPN == found.Reseller {
			items = append(items, r.body())
		}
	}
	return ok(collection(items, ""))
}

// mpnProfile is a partner by its location id, the partner itself where none is asked for.
func (w *World) mpnProfile(c *call) *answer {
	asked := c.query("mpnId")
	o := object{"mpnId": asked, "profileType": "MpnProfile", "links": object{"self": link("/profiles/mpn")}, "attributes": kindOf("MpnProfile")}
	if asked == "" {
		o["mpnId"] = w.set.Partner.MPN
		return ok(o)
	}
	if asked == w.set.Partner.MPN {
		o["partnerName"] = w.set.Partner.Name
		return ok(o)
	}
	for _, r := range w.set.Partner.Resellers {
		if r.MPN == asked {
			o["partnerName"] = r.Name
			return ok(o)
		}
	}
	return refuse(3000, asked)
}

// organization is the partner's own profile.
func (w *World) organization(*call) *answer {
	p := w.set.Partner
	return ok(object{
		"id": p.Tenant, "companyName": p.Name, "defaultAddress": object{"country": p.Country}, "tenantId": p.Tenant, "domain": p.Domain,
		"email": "office@" + p.Domain, "language": "en", "culture": "en-US", "profileType": "OrganizationProfile",
		"links": object{"self": link("/profiles/organization")}, "attributes": kindOf("OrganizationProfile"),
	})
}

// adminLink is a delegated admin relationship, as Graph knows it.
type adminLink struct {
	id, name, duration, extend string
	customerTenant, customer   string
	roles                      []any
	status                     string
	createdAt, changed, endsAt time.Time
	activatedAt                time.Time
	version                    int
	assignments                []object
}

const (
	linkCreated  = "created"
	linkPending  = "approvalPending"
	linkActive   = "active"
	linkFinished = "terminated"
)

func (w *World) linkOf(c *call) (*adminLink, *answer) {
	for _, l := range w.links {
		if l.id == c.path("link") {
			return l, nil
		}
	}
	return nil, refuseOther(http.StatusNotFound, "resourceNotFound", "The relationship was not found.")
}

// linkCreate proposes admin roles to a customer.
func (w *World) linkCreate(c *call) *answer {
	var want struct {
		DisplayName, Duration, AutoExtendDuration string
		Customer                                  struct{ TenantID, DisplayName string }
		AccessDetails                             struct{ UnifiedRoles []any }
	}
	if no := c.read(&want); no != nil {
		return refuseOther(http.StatusBadRequest, "badRequest", "The body is not the expected JSON.")
	}
	days, good := durationDays(want.Duration)
	switch {
	case want.DisplayName == "" || len(want.DisplayName) > 50:
		return refuseOther(http.StatusBadRequest, "badRequest", "displayName must have 1 to 50 characters.")
	case slices.ContainsFunc(w.links, func(l *adminLink) bool { return l.name == want.DisplayName }):
		return refuseOther(http.StatusConflict, "nameAlreadyExists", "A relationship has this displayName already.")
	case !good:
		return refuseOther(http.StatusBadRequest, "badRequest", "duration must be from P1D to P2Y.")
	case len(want.AccessDetails.UnifiedRoles) == 0:
		return refuseOther(http.StatusBadRequest, "badRequest", "accessDetails needs unifiedRoles.")
	}
	l := &adminLink{
		id: w.newID() + "-" + w.newID(), name: want.DisplayName, duration: want.Duration, extend: want.AutoExtendDuration,
		customerTenant: want.Customer.TenantID, customer: want.Customer.DisplayName, roles: want.AccessDetails.UnifiedRoles,
		status: linkCreated, createdAt: w.now, changed: w.now, endsAt: w.now.AddDate(0, 0, days), version: 1,
	}
	fill(&l.extend, "PT0S")
	w.links = append(w.links, l)
	return created(l.body(c))
}

// durationDays reads a duration of days, months or years, up to two years.
func durationDays(text string) (int, bool) {
	const most = 731
	n := 0
	if len(text) < 3 || text[0] != 'P' {
		return 0, false
	}
	for _, d := range text[1 : len(text)-1] {
		if d < '0' || d > '9' || n > most {
			return 0, false
		}
		n = n*10 + int(d-'0')
	}
	switch text[len(text)-1] {
	case 'D':
	case 'M':
		n *= 30
	case 'Y':
		n *= 365
	default:
		return 0, false
	}
	return n, n >= 1 && n <= most
}

func graphType(name string) string { return "#microsoft.graph." + name }

func (l *adminLink) etag() string { return `W/"` + l.id[:8] + string(rune('0'+l.version%10)) + `"` }

func (l *adminLink) body(c *call) object {
	o := object{
		"@odata.type": graphType("delegatedAdminRelationship"), "@odata.context": c.address + "/v1.0/tenantRelationships/$metadata#delegatedAdminRelationships",
		"@odata.etag": l.etag(), "id": l.id, "displayName": l.name, "duration": l.duration, "accessDetails": object{"unifiedRoles": l.roles}, "status": l.status,
		"autoExtendDuration": l.extend, "createdDateTime": stamp(l.createdAt), "lastModifiedDateTime": stamp(l.changed), "activatedDateTime": "", "endDateTime": stamp(l.endsAt),
	}
	if l.customerTenant != "" {
		o["customer"] = object{"tenantId": l.customerTenant, "displayName": l.customer}
	}
	if !l.activatedAt.IsZero() {
		o["activatedDateTime"] = stamp(l.activatedAt)
	}
	return o
}

func (w *World) linkGet(c *call) *answer {
	l, no := w.linkOf(c)
	if no != nil {
		return no
	}
	return ok(l.body(c))
}

func (w *World) linkList(c *call) *answer {
	items := []object{}
	for _, l := range w.links {
		items = append(items, l.body(c))
	}
	return ok(object{"value": items})
}

func (w *World) linkDelete(c *call) *answer {
	l, no := w.linkOf(c)
	if no != nil {
		return no
	}
	if l.status != linkCreated {
		return refuseOther(http.StatusConflict, "conflict", "Only a relationship that was not proposed can be deleted.")
	}
	w.links = slices.DeleteFunc(w.links, func(one *adminLink) bool { return one == l })
	return empty(http.StatusNoContent)
}

// linkRequest proposes a relationship to the customer, or ends it.
func (w *World) linkRequest(c *call) *answer {
	l, no := w.linkOf(c)
	if no != nil {
		return no
	}
	var want struct{ Action string }
	if no := c.read(&want); no != nil {
		return refuseOther(http.StatusBadRequest, "badRequest", "The body is not the expected JSON.")
	}
	switch {
	case want.Action == "lockForApproval" && l.status == linkCreated:
		l.move(w.now, linkPending)
	case want.Action == "terminate" && l.status == linkActive:
		l.move(w.now, linkFinished)
		w.note("granular_admin_relationship_terminated", "granular_admin_relationship", w.customer(l.customerTenant), "")
		w.billing.notify("granular-admin-relationship-terminated", "/v1.0/tenantRelationships/delegatedAdminRelationships/"+l.id, "granularAdminRelationship")
	default:
		return refuseOther(http.StatusConflict, "conflict", "A relationship that is "+l.status+" cannot do that.")
	}
	return created(object{
		"@odata.type": graphType("delegatedAdminRelationshipRequest"), "@odata.context": c.address + "/v1.0/tenantRelationships/$metadata#requests",
		"id": w.newID(), "action": want.Action, "status": "created", "createdDateTime": stamp(w.now), "lastModifiedDateTime": stamp(w.now),
	})
}

func (l *adminLink) move(at time.Time, status string) {
	l.status, l.changed = status, at
	l.version++
}

// linkApprove is the customer's yes, which at Microsoft is a page for the customer.
func (w *World) linkApprove(c *call) *answer {
	l, no := w.linkOf(c)
	if no != nil {
		return no
	}
	if l.status != linkPending {
		return plain(http.StatusConflict, "The relationship is "+l.status+", not waiting for approval.")
	}
	l.move(w.now, linkActive)
	l.activatedAt = w.now
	w.note("granular_admin_relationship_approved", "granular_admin_relationship", w.customer(l.customerTenant), "")
	resource := "/v1.0/tenantRelationships/delegatedAdminRelationships/" + l.id
	w.billing.notify("granular-admin-relationship-approved", resource, "granularAdminRelationship")
	w.billing.notify("granular-admin-relationship-activated", resource, "granularAdminRelationship")
	return plain(http.StatusOK, "The relationship "+l.name+" is active.")
}

// delegated says that the partner has admin roles at a customer.
func (w *World) delegated(c *customer) bool {
	return c.gdapByDefault || slices.ContainsFunc(w.links, func(l *adminLink) bool { return l.status == linkActive && l.customerTenant == c.ID })
}

// assignmentCreate gives a group of the partner's people roles of a relationship.
func (w *World) assignmentCreate(c *call) *answer {
	l, no := w.linkOf(c)
	if no != nil {
		return no
	}
	if l.status != linkActive {
		return refuseOther(http.StatusConflict, "conflict", "The relationship is not active.")
	}
	var want struct {
		AccessContainer struct{ AccessContainerID, AccessContainerType string }
		AccessDetails   struct{ UnifiedRoles []any }
	}
	if no := c.read(&want); no != nil || want.AccessContainer.AccessContainerID == "" {
		return refuseOther(http.StatusBadRequest, "badRequest", "accessContainer is expected.")
	}
	o := object{
		"@odata.type": graphType("delegatedAdminAccessAssignment"), "@odata.context": c.address + "/v1.0/tenantRelationships/$metadata#accessAssignments",
		"@odata.etag": l.etag(), "id": w.newID(), "status": "pending", "createdDateTime": stamp(w.now), "lastModifiedDateTime": stamp(w.now),
		"accessContainer": object{"accessContainerId": want.AccessContainer.AccessContainerID, "accessContainerType": want.AccessContainer.AccessContainerType},
		"accessDetails":   object{"unifiedRoles": want.AccessDetails.UnifiedRoles},
	}
	l.assignments = append(l.assignments, o)
	answered := object{}
	for k, v := range o {
		answered[k] = v
	}
	w.at(w.now, func() { o["status"] = "active" })
	return created(answered)
}

func (w *World) assignmentList(c *call) *answer {
	l, no := w.linkOf(c)
	if no != nil {
		return no
	}
	list := []object{}
	return ok(object{"value": append(list, l.assignments...)})
}
