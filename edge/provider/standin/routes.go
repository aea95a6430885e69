package standin

import "net/http"

// routes is every door of the world, on one page; the billing side adds its own.
func (w *World) routes() *http.ServeMux {
	mux := http.NewServeMux()
	w.routesSignIn(mux)
	w.routesCustomers(mux)
	w.routesCatalog(mux)
	w.routesOrders(mux)
	w.routesGraph(mux)
	w.routesControl(mux)
	w.billing.routes(mux)
	return mux
}

func (w *World) routesSignIn(mux *http.ServeMux) {
	w.door(mux, "GET /{tenant}/oauth2/authorize", anyone, w.authorize)
	w.door(mux, "GET /{tenant}/oauth2/v2.0/authorize", anyone, w.authorize)
	w.door(mux, "POST /{tenant}/oauth2/token", anyone, w.token)
	w.door(mux, "POST /{tenant}/oauth2/v2.0/token", anyone, w.token)
}

func (w *World) routesCustomers(mux *http.ServeMux) {
	w.door(mux, "GET /v1/customers", app, w.customerList)
	w.door(mux, "POST /v1/customers", app, w.customerCreate)
	w.door(mux, "GET /v1/customers/relationshiprequests", person, w.relationshipRequest)
	w.door(mux, "GET /Adminportal/Home", anyone, w.invitation)
	w.door(mux, "GET /AdminPortal/Home", anyone, w.invitation)
	w.door(mux, "GET /v1/customers/{customer}", app, w.customerGet)
	w.door(mux, "PATCH /v1/customers/{customer}", person, w.customerPatch)
	w.door(mux, "DELETE /v1/customers/{customer}", app, w.customerDelete)
	w.door(mux, "GET /v1/customers/{customer}/profiles/company", person, w.companyProfile)
	w.door(mux, "GET /v1/customers/{customer}/profiles/billing", app, w.billingProfile)
	w.door(mux, "PUT /v1/customers/{customer}/profiles/billing", app, w.billingProfileReplace)
	w.door(mux, "GET /v1/customers/{customer}/agreements", person, w.agreementList)
	w.door(mux, "POST /v1/customers/{customer}/agreements", person, w.agreementCreate)
	w.door(mux, "GET /v1/customers/{customer}/directSignedMicrosoftCustomerAgreementStatus", person, w.directSigned)
	w.door(mux, "GET /v1/customers/{customer}/validationStatus", person, w.validationStatus)
	w.door(mux, "GET /v1/customers/{customer}/qualifications", app, w.qualificationList)
	w.door(mux, "POST /v1/customers/{customer}/qualifications", person, w.qualificationCreate)
	w.door(mux, "GET /v1/customers/{customer}/relationships", person, w.customerResellers)
	w.door(mux, "GET /v1/agreements", person, w.agreementMetadata)
	w.door(mux, "GET /v1/relationships", person, w.resellers)
	w.door(mux, "GET /v1/profiles/mpn", person, w.mpnProfile)
	w.door(mux, "GET /v1/profiles/organization", person, w.organization)
	w.door(mux, "HEAD /v1/domains/{domain}", app, w.domainCheck)
	w.door(mux, "POST /v1/validations/address", app, w.addressCheck)
	w.door(mux, "GET /v1/auditrecords", app, w.auditList)
}

func (w *World) routesCatalog(mux *http.ServeMux) {
	for _, base := range []string{"/v1/products", "/v1/customers/{customer}/products"} {
		w.door(mux, "GET "+base, app, w.productList)
		w.door(mux, "GET "+base+"/{product}", app, w.productGet)
		w.door(mux, "GET "+base+"/{product}/skus", app, w.skuList)
		w.door(mux, "GET "+base+"/{product}/skus/{sku}", app, w.skuGet)
		w.door(mux, "GET "+base+"/{product}/skus/{sku}/availabilities", app, w.availabilityList)
		w.door(mux, "GET "+base+"/{product}/skus/{sku}/availabilities/{availability}", app, w.availabilityGet)
	}
	w.door(mux, "GET /v1/productpromotions", app, w.promotionList)
	w.door(mux, "GET /v1/productpromotions/{promotion}", app, w.promotionGet)
	w.door(mux, "POST /v1/customers/{customer}/promotionEligibilities", app, w.promotionEligibilities)
}

func (w *World) routesOrders(mux *http.ServeMux) {
	const customer = "/v1/customers/{customer}"
	w.door(mux, "POST "+customer+"/carts", app, w.cartCreate)
	w.door(mux, "GET "+customer+"/carts/{cart}", app, w.cartGet)
	w.door(mux, "PUT "+customer+"/carts/{cart}", app, w.cartReplace)
	w.door(mux, "POST "+customer+"/carts/{cart}/checkout", app, w.cartCheckout)
	w.door(mux, "GET "+customer+"/orders", app, w.orderList)
	w.door(mux, "POST "+customer+"/orders", app, w.orderCreate)
	w.door(mux, "GET "+customer+"/orders/{order}", app, w.orderGet)
	w.door(mux, "PATCH "+customer+"/orders/{order}", app, w.orderPatch)
	w.door(mux, "GET "+customer+"/orders/{order}/provisioningstatus", person, w.orderProvisioning)
	w.door(mux, "GET "+customer+"/subscriptions", app, w.subscriptionList)
	w.door(mux, "GET "+customer+"/subscriptions/customTermEndDates", app, w.customTermEndDates)
	w.door(mux, "GET "+customer+"/subscriptions/{subscription}", app, w.subscriptionGet)
	w.door(mux, "PATCH "+customer+"/subscriptions/{subscription}", app, w.subscriptionPatch)
	w.door(mux, "GET "+customer+"/subscriptions/{subscription}/addons", app, w.subscriptionAddons)
	w.door(mux, "GET "+customer+"/subscriptions/{subscription}/provisioningstatus", person, w.subscriptionProvisioning)
	w.door(mux, "GET "+customer+"/subscriptions/{subscription}/transitions", app, w.transitionList)
	w.door(mux, "POST "+customer+"/subscriptions/{subscription}/transitions", app, w.transitionCreate)
	w.door(mux, "GET "+customer+"/subscriptions/{subscription}/transitionEligibilities", app, w.transitionEligibilities)
}

func (w *World) routesGraph(mux *http.ServeMux) {
	const links = "/v1.0/tenantRelationships/delegatedAdminRelationships"
	w.door(mux, "GET "+links, graph, w.linkList)
	w.door(mux, "POST "+links, graph, w.linkCreate)
	w.door(mux, "GET "+links+"/{link}", graph, w.linkGet)
	w.door(mux, "DELETE "+links+"/{link}", graph, w.linkDelete)
	w.door(mux, "POST "+links+"/{link}/requests", graph, w.linkRequest)
	w.door(mux, "GET "+links+"/{link}/accessAssignments", graph, w.assignmentList)
	w.door(mux, "POST "+links+"/{link}/accessAssignments", graph, w.assignmentCreate)
}

func (w *World) routesControl(mux *http.ServeMux) {
	w.door(mux, "GET /standin/clock", anyone, w.clockGet)
	mux.HandleFunc("POST /standin/clock", w.clockMove)
	w.door(mux, "GET /standin/faults", anyone, w.faultList)
	w.door(mux, "POST /standin/faults", anyone, w.faultCreate)
	w.door(mux, "DELETE /standin/faults", anyone, w.faultClear)
	w.door(mux, "GET /standin/signin", anyone, w.signInShow)
	w.door(mux, "PUT /standin/signin", anyone, w.signInSet)
	w.door(mux, "GET /standin/state", anyone, w.stateGet)
	w.door(mux, "POST /standin/admin-relationships/{link}/approve", anyone, w.linkApprove)
}

// ServeHTTP answers as the host does whose path is asked for.
func (w *World) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if _, pattern := w.mux.Handler(r); pattern == "" {
		a := &answer{status: http.StatusNotFound, body: object{"code": 1000, "description": "Nothing is here: " + r.Method + " " + r.URL.Path, "data": []any{}, "source": "PartnerFD"}}
		a.write(rw, r, false)
		return
	}
	w.mux.ServeHTTP(rw, r)
}
