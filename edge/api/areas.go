package api

// areaSaid is what an area of the work is, for the document. A test holds it to the
// areas that operations are in.
func areaSaid(area string) string {
	return map[string]string{
		"accounts":       "Customers, groups, entities of groups, and resellers.",
		"audit":          "Who did what, each record chained to the one before it.",
		"billing":        "Billing plans, what is approved or held of them, and billing runs.",
		"catalog":        "Products, price lists and prices.",
		"contracts":      "The roots of invoicing.",
		"exceptions":     "What waits for a person.",
		"import":         "Files that are sent, looked at, and taken in.",
		"invoices":       "Issued invoices and credit notes. They never change; one is taken back by a credit note.",
		"jobs":           "What is done in the background, and how it went.",
		"mail":           "The outbox: what is sent by mail, and how the mail server stands.",
		"payments":       "What was paid.",
		"profile":        "Who calls.",
		"provider":       "Connections to providers: what customers hold there, what is on its way, what can still be given back.",
		"reconciliation": "What providers charged, and why it differs from what was expected.",
		"settings":       "What the whole book goes by: sellers, taxes, units, exchange rates, number series.",
		"reports":        "What waits, what comes due, and the figures that matter.",
		"subscriptions":  "Products sold under contracts over time.",
		"tokens":         "API tokens.",
		"whatifs":        "Trying changes on a copy of the book; nothing real is touched.",
		"search":         "One search over everything.",
		"sessions":       "Who is signed in to the console.",
		"users":          "Who can sign in, and what they may do.",
		"views":          "Lists as users narrowed them.",
		"webhooks":       "Addresses of others that are told what happens, and what was told.",
	}[area]
}
