package api

// routes are every operation of the API: the desk's verb, the address, and a few
// words. A verb that is not the caller's is refused before anything is read.
func (a *API) routes() {
	route(a, operation{verb: "InvoiceGet", does: "GET /v1/invoices/{number}", says: "Read an invoice",
		more: "An issued invoice or credit note with its lines and taxes, by its printed number."}, invoiceGet)
	route(a, operation{verb: "InvoiceVoid", does: "POST /v1/invoices/{number}/void", says: "Take an invoice back", status: 201,
		more: "Writes a credit note of the same lines, which is given; what the invoice billed is billed anew by the next run."}, invoiceVoid)

	route(a, operation{verb: "AuditList", does: "GET /v1/audit", says: "List who did what", more: "Records of the audit, newest first."}, auditList)
}
