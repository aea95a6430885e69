// Package pax8 is a connection to Pax8, a distributor with a public API: its
// companies, products, subscriptions, orders, usage and invoices.
//
// It owns the calls: a token from client credentials, pages, waiting where Pax8
// asks to, and what its words mean. It owns no judgement about money: amounts are
// taken as they stand.
//
//	companies ─────────► flow.ProviderCustomer
//	subscriptions ─────► flow.Holding          (the SKU from their product)
//	products, pricing ─► flow.PriceSheetRow
//	invoices, items ───► flow.ProviderInvoice, flow.ProviderLine
//	usage summaries ───► flow.RatedUsage
//	orders ◄───────────  flow.ProviderOrder    (looked up before it is sent again)
//
// Pax8 does not know our references: an order that was sent and not answered is
// found again by what it is for, among the orders that were not there before
// (see Notebook, which flow.Vault is).
//
// What its pages leave open is read like this; each reading is one function:
//
//   - An invoice's total carries over what was open before; its own is the total
//     less the carried balance (the published examples differ by it).
//   - The end of a period is its last day, except where it falls on the day of the
//     month on which the period began, or on a first (the published examples have
//     both).
//   - What Pax8 is paid for a line is amountDue; cost is costTotal.
//   - A subscription whose status is PendingCancel is held until its end.
package pax8
