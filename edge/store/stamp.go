package store

import "strings"

// The stamp is raised by every transaction that writes a row of what invoices are made of, or of what looking ahead reads
// beside: what was worked out at one stamp is what would be worked out at the same one. That is decided here, for each table
// and not for each verb, so that no way of writing can be forgotten. Taking a contract for writing raises its version and
// no stamp, and so do a cursor that moved without an invoice, what was paid, and how a provider was last reached.

// stamped says of a table whether its rows raise the stamp. A table with contracts, accounts, subscriptions, groups or prices
// is in it one way or the other; one that is not does not.
var stamped = map[string]bool{
	"seller": true, "seller_version": true, "letterhead": true, "unit": true, "tax": true, "product": true, "price": true, "rate": true,
	"account": true, "account_version": true, "contract": true, "subscription": true, "change_log": true, "one_time_item": true, "usage_record": true,
	"provider_charge": true, "invoice": true, "invoice_line": true, "invoice_tax": true, "contract_void": true, "credited_line": true, "billing_hold": true,
	// What is sold and bought at which provider, and at what cost.
	"customer_link": true, "holding_link": true, "price_sheet": true, "promotion": true,

	// Derived: what moved it raised the stamp.
	"contract_cursor": false, "ledger_posting": false, "number_series": false, "due_day": false, "open_day": false,
	// Of invoices, what no other invoice depends on.
	"payment": false, "payment_posting": false, "invoice_sent": false,
	// What was worked out or asked for, and what became of it; a run is raised where it starts.
	"billing_run": false, "run_exception": false, "run_left": false, "billing_plan": false, "planned_invoice": false, "what_if": false, "what_if_field": false,
	"recurring_total": false, "recurring_contract": false, "closing_window": false, "usage_budget": false,
	// What was seen at a provider: what follows from it is on the log. (What is agreed of a connection raises it, see there.)
	"connection": false, "holding": false, "provision": false, "provider_invoice": false, "provider_line": false, "provider_match": false, "provider_finding": false,
	"provider_invoice_no": false, "provider_reckoning": false, "provider_sum": false, "exception": false,
	// What people work with.
	"audit": false, "office_user": false, "mail": false,
}

// wrote notes the table of a statement that changed rows.
func (t *tx) wrote(sql string) {
	for _, verb := range [...]string{"INSERT INTO ", "UPDATE ", "DELETE FROM "} {
		rest, is := strings.CutPrefix(sql, verb)
		if !is {
			continue
		}
		if end := strings.IndexAny(rest, " \n\t("); end > 0 {
			rest = rest[:end]
		}
		// An invoice never changes; what does beside it are marks that are rows elsewhere, or what is settled.
		t.dirty = t.dirty || (stamped[rest] && !(rest == "invoice" && verb == "UPDATE "))
		return
	}
}
