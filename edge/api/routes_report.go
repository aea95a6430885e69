package api

func (a *API) routesOfReports() {
	route(a, operation{verb: "Home", does: "GET /v1/reports/home", says: "Read what matters now", more: "What waits, the next runs, and the figures of the first page, as far as the caller may see them."}, home)
	route(a, operation{verb: "Waiting", does: "GET /v1/reports/waiting", says: "Read what waits", more: "All that waits for a person."}, waiting)
	route(a, operation{verb: "NextRuns", does: "GET /v1/reports/next-runs", says: "Read the next runs", more: "Which contracts come due when."}, nextRuns)
	route(a, operation{verb: "RecurringRevenue", does: "GET /v1/reports/recurring-revenue", says: "Read recurring revenue", more: "What current subscriptions bring in a month, month by month with what moved it, as it was last worked out."}, recurringRevenue)
	route(a, operation{verb: "ReceivablesByAge", does: "GET /v1/reports/receivables", says: "Read receivables by age", more: "What payers owe today, by the days since it was due."}, receivables)
	route(a, operation{verb: "Margin", does: "GET /v1/reports/margin", says: "Read margin", more: "What providers' invoices of a year cost and brought, by month, product and account."}, margin)
}

func (a *API) routesOfWhatIfs() {
	const one = "/v1/what-ifs/{id}"
	route(a, operation{verb: "WhatIfList", does: "GET /v1/what-ifs", says: "List what-ifs", more: "Saved ones, that changed last first."}, whatIfList)
	route(a, operation{verb: "WhatIfSave", id: "WhatIfMake", does: "POST /v1/what-ifs", says: "Save a what-if", status: 201, more: "It may be unfinished: what it lacks is said when it is asked."}, whatIfMake)
	route(a, operation{verb: "WhatIfGet", does: "GET " + one, says: "Read a what-if", more: "A saved one with its changes."}, whatIfGet)
	route(a, operation{verb: "WhatIfSave", id: "WhatIfChange", does: "PUT " + one, says: "Change a what-if", matches: true, more: "Replaces what it asks."}, whatIfChange)
	route(a, operation{verb: "WhatIfDelete", does: "DELETE " + one, says: "Delete a what-if", more: "Nothing of the book goes with it."}, whatIfDelete)
	route(a, operation{verb: "WhatIfRun", does: "GET " + one + "/answer", says: "Ask a what-if", more: "What it comes to in the book as it is now, both sides beside each other. Nothing real is touched.", refuses: true}, whatIfRun)
	route(a, operation{verb: "WhatIfRun", id: "WhatIfInvoices", does: "GET " + one + "/answer/invoices", says: "List the invoices of an answer", more: "Those of either side, by date.", refuses: true}, whatIfInvoices)
	route(a, operation{verb: "WhatIfRun", id: "WhatIfInvoice", does: "GET " + one + "/answer/invoices/{no}", says: "Read an invoice of an answer", more: "Both sides with their lines, each with its reason.", refuses: true}, whatIfInvoice)
	route(a, operation{verb: "WhatIfRun", id: "WhatIfTry", does: "POST /v1/what-if-answer", says: "Ask without saving", more: "What some changes would come to; nothing is saved, and nothing real is touched."}, whatIfTry)
}
