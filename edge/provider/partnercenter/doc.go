// Package partnercenter reads what Microsoft gives its cloud partners, from files
// and from its interface: price sheets, invoices to the row, daily rated usage,
// subscriptions.
//
// It owns their columns and fields in all their spellings, and what they mean:
// which number is the cost, which days a date stands for. It owns no judgement:
// amounts are taken as they are, and what does not match a contract is for
// others to find.
//
//	price sheet (CSV, gz)        ──► PriceSheet ─────► flow.PriceSheetRow
//	invoice rows (CSV, JSON, gz) ──► Reconciliation ─► flow.ProviderLine
//	rated usage (CSV, JSON, gz)  ──► DailyUsage ─────► flow.RatedUsage
//	subscriptions (JSON)         ──► Subscriptions ──► flow.Holding
//
// All stream: a row is read, handed on and forgotten. A wrong row is an error
// that names file, line and field, and the next row follows; after an error that
// is ErrDamaged nothing does.
//
// A Client is a connection to the interface, and a flow.Provider:
//
//	person ─consent─► refresh token ─► access token for each host
//	                  (kept sealed;     (in memory)
//	                   new at each use)
//	call ─► tries: no answer ─► again, under the same request id
//	               wait (429, 5xx) ─► again later, under a new one
//	               a no ─► flow.ProviderRefusal, with what to do
//
// What is asked for is done once: an order is a cart, which is checked out once
// however often that is asked; a change says what the subscription is to be, and
// asks for nothing where it is so already.
package partnercenter
