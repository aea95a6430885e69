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
package partnercenter
