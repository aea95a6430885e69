package api

func (a *API) routesOfProviders() {
	route(a, operation{verb: "ConnectionList", does: "GET /v1/connections", says: "List connections", more: "Our accounts at providers, and how each stands."}, connectionList)
	route(a, operation{verb: "ConnectionGet", does: "GET /v1/connections/{connection}", says: "Read a connection", more: "One connection with its counts."}, connectionGet)
	route(a, operation{verb: "ConnectionPut", does: "PUT /v1/connections/{connection}", says: "Add or change a connection", matches: true,
		more: "What is not given stays. One that is there is changed with its ETag as If-Match; without one it is to be new. The application's secret is sealed, and in no answer. What leads a connection to another address or to files is set on the machine."}, a.connectionPut)
	route(a, operation{verb: "ConnectionNotify", does: "POST /v1/connections/{connection}/notices", says: "Be told of changes", long: true,
		more: "Has the provider tell this program of changes; what it names is read from the provider itself."}, connectionNotify)
	route(a, operation{verb: "InvitationMake", does: "POST /v1/connections/{connection}/invitations", says: "Invite a customer", long: true,
		more: "Gives the links by which a customer's administrator lets us in: as its reseller and, where that is asked for, by an admin relationship."}, invitationMake)
	route(a, operation{verb: "AgreementAccept", does: "POST /v1/connections/{connection}/customers/{customer}/agreement", says: "Record an agreement", long: true,
		more: "Tells the provider that somebody who may speak for the customer accepted its agreement. What is recorded already stays."}, agreementAccept)
	route(a, operation{verb: "ProviderCustomerAsk", does: "GET /v1/connections/{connection}/provider-customers", says: "Ask a provider for its customers", long: true, refuses: true,
		more: "As the provider tells of them now, each with the account that it is; those that were seen at the last sync are listed as customers."}, providerCustomerAsk)
	route(a, operation{verb: "ConnectionSync", does: "POST /v1/connections/{connection}/sync", says: "Sync now", status: statusBegun,
		more: "Begins to read anew what the provider says of all customers and holdings, or only of those that its events name; the report is among the errands."}, connectionSync)
	route(a, operation{verb: "ErrandList", does: "GET /v1/connections/{connection}/errands", says: "List errands", more: "What goes on or went on at a provider, newest first."}, errandList)
	route(a, operation{verb: "ConsentLink", does: "GET /v1/connections/{connection}/consent", says: "Begin a consent", refuses: true,
		more: "Gives the link at which the integration user signs in at the provider and lets this program in."}, consentLink)
	route(a, operation{verb: "ConnectionConsent", does: "POST /v1/connections/{connection}/consent", says: "End a consent",
		more: "Takes the address at which the browser ended after signing in; the refresh token that it gives is kept, sealed."}, connectionConsent)
	route(a, operation{verb: "ProvisionList", does: "GET /v1/provisions", says: "List provisions", more: "Changes on their way to providers, newest first."}, provisionList)
	route(a, operation{verb: "ProvisionRun", does: "POST /v1/connections/{connection}/provisioning", says: "Provision now", status: statusBegun,
		more: "Begins to carry out at the provider what was changed here and is due; the report is among the errands."}, provisionRun)
	route(a, operation{verb: "ProvisionRetry", does: "POST /v1/provisions/{id}/retry", says: "Try a provision again", more: "One that failed is on its way again."}, provisionRetry)
	route(a, operation{verb: "ProvisionDrop", does: "POST /v1/provisions/{id}/drop", says: "Give a provision up", more: "One that did not reach the provider; the next sync finds where the log and the provider then differ."}, provisionDrop)
	route(a, operation{verb: "ProviderCustomerList", does: "GET /v1/connections/{connection}/customers", says: "List a provider's customers", more: "With the account that each is, in order of the provider's ids."}, providerCustomerList)
	route(a, operation{verb: "ProviderCustomerList", id: "ProviderCustomerGet", does: "GET /v1/connections/{connection}/customers/{customer}", says: "Read a provider's customer", more: "With the account that it is."}, providerCustomerGet)
	route(a, operation{verb: "CustomerLink", does: "PUT /v1/connections/{connection}/customers/{customer}", says: "Link a customer", matches: true,
		more: "Says which account a provider's customer is; the next sync takes in what it holds. One that is an account already is linked anew with its ETag as If-Match."}, customerLink)
	route(a, operation{verb: "CustomerLinkCheck", does: "POST /v1/connections/{connection}/customers/{customer}/check", says: "Check a customer before linking", long: true,
		more: "Asks the provider whether it has the customer, and gives its id as it is spelt there; nothing is linked."}, customerLinkCheck)
	route(a, operation{verb: "HoldingLink", does: "PUT /v1/connections/{connection}/holdings/{holding}", says: "Link a holding", matches: true,
		more: "Says which subscription a provider's holding is, or is a part of; it has no other holding then. One that has subscriptions already is given another with its ETag as If-Match."}, holdingLink)
	route(a, operation{verb: "HoldingLinkCheck", does: "POST /v1/connections/{connection}/holdings/{holding}/check", says: "Check a holding before linking", long: true,
		more: "Asks the provider whether the subscription's customer has the holding, and gives its id as it is spelt there; nothing is linked."}, holdingLinkCheck)
	route(a, operation{verb: "HoldingList", does: "GET /v1/connections/{connection}/holdings", says: "List holdings", more: "What a provider's customers hold, as it was last seen, in order of customer and id."}, holdingList)
	route(a, operation{verb: "HoldingList", id: "HoldingGet", does: "GET /v1/connections/{connection}/holdings/{holding}", says: "Read a holding", more: "As it was last seen, with the subscriptions that are billed for it."}, holdingGet)
	route(a, operation{verb: "WindowList", does: "GET /v1/windows", says: "List windows", more: "What can still be given back to providers, soonest first, as it was a minute ago at most."}, windowList)
	route(a, operation{verb: "ExposureList", does: "GET /v1/exposures", says: "List exposures", more: "What each holding still costs until its term ends, and what of it no customer is committed to."}, exposureList)
	route(a, operation{verb: "ExposureList", id: "ExposureTotals", does: "GET /v1/exposure-totals", says: "Add up exposures", more: "By account and currency."}, exposureTotals)
	route(a, operation{verb: "PriceSheetList", does: "GET /v1/connections/{connection}/price-sheets", says: "List price sheets", more: "The versions of a provider's price sheets that were taken in, newest first."}, priceSheetList)
	route(a, operation{verb: "PriceSheetAnnounced", does: "POST /v1/connections/{connection}/price-sheet-preview", says: "Preview the announced prices", long: true,
		more: "Asks the provider for the price sheet that it announced, and says what it will change, for whom and when; nothing is taken in."}, priceSheetAnnounced)
	route(a, operation{verb: "PriceSheetPreview", does: "POST /v1/price-sheet-preview", says: "Preview a price sheet", more: "What it would change, for whom and from when, in the thirteen months to come; nothing is taken in."}, priceSheetPreview)
	route(a, operation{verb: "PriceSheetTake", does: "POST /v1/price-sheets", says: "Take a price sheet in", more: "Its rows are prices from their days on. What is there already stays."}, priceSheetTake)
}

func (a *API) routesOfReconciliation() {
	const one = "/v1/provider-invoices/{connection}/{invoice}"
	route(a, operation{verb: "ProviderInvoiceList", does: "GET /v1/provider-invoices", says: "List providers' invoices", more: "Newest first, what is not billed yet before all."}, providerInvoiceList)
	route(a, operation{verb: "ProviderBillImport", does: "POST /v1/connections/{connection}/invoices", says: "Import a provider's invoices", status: statusBegun,
		more: "Begins to read the provider's invoices of the last weeks with the usage on them, and to compare what is new; the report is among the errands."}, billImport)
	route(a, operation{verb: "ProviderInvoiceGet", does: "GET " + one, says: "Read a provider's invoice", more: "With what comparing it came to, and its differences by cause."}, providerInvoiceGet)
	route(a, operation{verb: "ProviderInvoiceReconcile", does: "POST " + one + "/reconcile", says: "Compare it again", status: statusBegun,
		more: "Begins to compare it anew with the log and with what was billed; the report is among the errands."}, providerInvoiceReconcile)
	route(a, operation{verb: "ProviderSumList", does: "GET " + one + "/sums", says: "Add it up", more: "What it cost and brought by customer, product or account, the dearest first; or its differences by cause."}, providerSumList)
	route(a, operation{verb: "FindingList", does: "GET " + one + "/findings", says: "List its differences", more: "Each with its one cause, in order of number."}, findingList)
	route(a, operation{verb: "FindingGet", does: "GET " + one + "/findings/{no}", says: "Read a difference", more: "One difference with its cause and its sentence."}, findingGet)
	route(a, operation{verb: "MatchList", does: "GET " + one + "/matches", says: "List its rows", more: "Each with what it cost and brought."}, matchList)
	route(a, operation{verb: "DisputeGet", does: "GET " + one + "/dispute", says: "Read a dispute", more: "All that is to be said to the provider about one row: our facts, their rows, the rule, the arithmetic."}, disputeGet)
	route(a, operation{verb: "DisputeGet", id: "DisputeLetter", does: "GET " + one + "/dispute.pdf", says: "Read a dispute as a letter", more: "The same as a document for the provider's support.", gives: []string{typePDF}}, letterOf(a.settings.Letter))
	route(a, operation{verb: "ReadinessGet", does: "GET /v1/connections/{connection}/readiness", says: "Check a month", more: "How far a month is from being closed towards a provider."}, readinessGet)
}
