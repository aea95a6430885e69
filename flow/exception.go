package flow

// The kinds of exceptions that following a provider can come to. The subject
// beside a kind names what it is about, so that the same one is open once and
// closes by itself when it is gone.
const (
	// UnknownCustomer: a provider's customer that is no account; subject is the customer.
	UnknownCustomer = "unknown_customer"
	// NoContract: a new holding that no contract takes by itself; subject is the holding.
	NoContract = "no_contract"
	// UnmappedProduct: a sku that is no product of the book; subject is the sku.
	UnmappedProduct = "unmapped_product"
	// UnpricedProduct: a purchase without a price; subject is sku, term, unit and currency.
	UnpricedProduct = "unpriced_product"
	// RefusedHere: what a provider did and a contract does not allow; subject is the holding.
	RefusedHere = "refused_here"
	// LinkedDifference: a holding and the sum of its billed subscriptions differ; subject is the holding.
	LinkedDifference = "linked_difference"
	// NotAtProvider: a subscription runs here, its holding is gone there; subject is the holding.
	NotAtProvider = "not_at_provider"
	// NotHere: a holding runs there, its subscription has ended here; subject is the holding.
	NotHere = "not_here"
	// UnknownStatus: a word for a status that we do not know; subject is the holding.
	UnknownStatus = "unknown_status"
	// NextTerm: a renewal that the log cannot hold, such as another product; subject is the holding.
	NextTerm = "next_term"
	// Converted: a holding became another product, and the subscription has terms of its own; subject is the holding.
	Converted = "converted"
	// TermDiffers: a term ends on another day there than here; subject is the holding.
	TermDiffers = "term_differs"
	// Unreadable: a row of a provider that could not be read; subject is where it stood.
	Unreadable = "unreadable"
	// ConsentNeeded: a provider does not let us in; subject is the connection.
	ConsentNeeded = "consent_needed"
	// NotProvisioned: a change that did not reach its provider; subject is the provision's number.
	NotProvisioned = "not_provisioned"
	// ExceptionUnreadable: a provider's invoice with rows that cannot be read; subject is the
	// invoice, as it is of all that follow.
	ExceptionUnreadable = "provider_invoice_unreadable"
	// ExceptionIncomplete: its rows do not come to its total.
	ExceptionIncomplete = "provider_invoice_incomplete"
	// ExceptionUsage: rated usage that could not be taken; subject is the reason.
	ExceptionUsage = "usage_not_taken"
	// ExceptionMirror: rows that a mirror contract should have billed and could not.
	ExceptionMirror = "mirror_row_not_taken"
	// ExceptionUnexplained: no rule explains a part of the provider's bill.
	ExceptionUnexplained = "provider_bill_unexplained"
	// ExceptionUnbilled: the provider charges what no customer was billed for.
	ExceptionUnbilled = "provider_cost_unbilled"
	// WebhookFailing: a webhook was switched off, since nothing arrived there for days; subject
	// is the webhook.
	WebhookFailing = "webhook_failing"
	// MailFailed: a mail that somebody waits for was given up; subject is the mail's number.
	MailFailed = "mail_failed"
	// JobFailing: what is done in the background was given up, or goes on failing; subject is the job.
	JobFailing = "job_failing"
	// BookDiffers: verifying the book found what is not as it was derived; subject is the book.
	BookDiffers = "book_differs"
)

// syncKinds are those that a whole sync finds again while they last.
var syncKinds = [...]string{UnknownCustomer, NoContract, UnmappedProduct, UnpricedProduct, RefusedHere, LinkedDifference, NotAtProvider, NotHere,
	UnknownStatus, NextTerm, Converted, TermDiffers, Unreadable}
