package exception

import (
	"net/url"
	"strings"

	"prorata/edge/web/part"
	"prorata/flow"
	"prorata/flow/office"
)

// Words is a kind of exception as people call it.
func Words(kind string) string {
	switch kind {
	case flow.UnknownCustomer:
		return "Unknown customer"
	case flow.NoContract:
		return "No contract for it"
	case flow.UnmappedProduct:
		return "Unknown product"
	case flow.UnpricedProduct:
		return "No price"
	case flow.RefusedHere:
		return "Not allowed by the contract"
	case flow.LinkedDifference:
		return "Linked seats differ"
	case flow.NotAtProvider:
		return "Gone at the provider"
	case flow.NotHere:
		return "Still runs at the provider"
	case flow.UnknownStatus:
		return "Unknown status"
	case flow.NextTerm:
		return "Renewal to decide"
	case flow.Converted:
		return "Became another product"
	case flow.TermDiffers:
		return "Term ends on another day"
	case flow.Unreadable:
		return "Row not readable"
	case flow.ConsentNeeded:
		return "Consent needed"
	case flow.NotProvisioned:
		return "Not provisioned"
	case flow.ExceptionUnreadable:
		return "Provider invoice not readable"
	case flow.ExceptionIncomplete:
		return "Provider invoice incomplete"
	case flow.ExceptionUsage:
		return "Usage not taken"
	case flow.ExceptionMirror:
		return "Provider rows not billed"
	case flow.ExceptionUnexplained:
		return "Provider bill not explained"
	case flow.ExceptionUnbilled:
		return "Cost without revenue"
	case flow.MailFailed:
		return "Mail not delivered"
	}
	plain := strings.ReplaceAll(kind, "_", " ")
	if plain == "" {
		return plain
	}
	return strings.ToUpper(plain[:1]) + plain[1:]
}

// remedy is the one action that fixes an exception where another page has it. Those that
// are fixed where they stand have a form in the drawer instead.
func remedy(w *office.Waiting) *part.Action {
	subject := url.QueryEscape(w.Subject)
	switch w.Kind {
	case flow.UnmappedProduct:
		return &part.Action{Text: "Add the product", Path: "/catalog/products/new?sku=" + subject}
	case flow.UnpricedProduct:
		sku, _, _ := strings.Cut(w.Subject, " ")
		return &part.Action{Text: "Add a price", Path: "/catalog/prices/new?sku=" + url.QueryEscape(sku) + "&currency=" + w.Currency.String()}
	case flow.ConsentNeeded:
		return &part.Action{Text: "Renew the consent", Path: "/provider/" + url.PathEscape(string(w.Connection))}
	case flow.ExceptionUnexplained, flow.ExceptionUnbilled, flow.ExceptionIncomplete, flow.ExceptionUnreadable, flow.ExceptionMirror:
		_, invoice, _ := strings.Cut(w.Subject, "/")
		return &part.Action{Text: "Open the provider's invoice", Path: "/reconciliation/" + url.PathEscape(string(w.Connection)) + "/" + url.PathEscape(invoice)}
	case flow.NoContract:
		return &part.Action{Text: "Open the account", Path: accountPath(w)}
	}
	if w.Subscription != "" {
		return &part.Action{Text: "Open the subscription", Path: "/subscriptions/" + url.PathEscape(string(w.Subscription))}
	}
	return nil
}
