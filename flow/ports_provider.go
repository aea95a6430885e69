package flow

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// What is asked of a provider, Microsoft and distributors alike. An adapter does
// what its Abilities say, and answers the rest with ErrNotOffered. Everything
// streams; an error of one row (an InputError) is handed on in its place and the
// next row follows, any other error ends the stream.

// ErrNotOffered is returned by a provider for what it has no way to do.
var ErrNotOffered = errors.New("not offered by this provider")

// ErrConsent is returned where the provider does not let us in any more until a
// person agrees again; the error says how.
var ErrConsent = errors.New("consent is needed")

// ErrUnanswered is returned where it is not known whether the provider did what
// it was asked: the same request may be sent again under the same Reference.
var ErrUnanswered = errors.New("no answer")

// ConsentLapsed is a provider's no until a person has consented anew: why, and the page
// where it is done. It is ErrConsent.
type ConsentLapsed struct{ Why, Where string }

// Error says both, for whoever has no page to renew it on.
func (c *ConsentLapsed) Error() string {
	return fmt.Sprintf("%s: %s; to renew it, sign in as the integration user at %s", ErrConsent, c.Why, c.Where)
}

// Unwrap is ErrConsent.
func (c *ConsentLapsed) Unwrap() error { return ErrConsent }

// ErrThrottled is returned where the provider asks to wait; the adapter has
// waited as often as it may.
var ErrThrottled = errors.New("the provider asks to wait")

// ProviderRefusal is a provider's no: asking again changes nothing.
type ProviderRefusal struct {
	// Code is the provider's, Sentence what it says, Todo what a person can do about it.
	Code, Sentence, Todo string
}

// Error is the sentence with its code.
func (r *ProviderRefusal) Error() string { return r.Sentence + " (" + r.Code + ")" }

// Abilities say what a provider offers.
type Abilities struct {
	// Holdings says that it tells who holds what: a distributor's files may be bills alone.
	Holdings                                 bool
	Order, Change, Suspend, Schedule, Cancel bool
	Events, Usage, PriceSheets, Rates        bool
	Promotions, Invoices, UnbilledLines      bool
}

// Provider is one connection to a provider.
type Provider interface {
	Abilities() Abilities
	ProviderReads
	ProviderPrices
	ProviderBills
	ProviderOrders
}

// ProviderReads are customers and what they hold.
type ProviderReads interface {
	Customers(ctx context.Context) iter.Seq2[ProviderCustomer, error]
	// Holdings are a customer's subscriptions in every status.
	Holdings(ctx context.Context, customer string) iter.Seq2[Holding, error]
	// HoldingGet is the same as in the list; ErrUnknown where the customer has none
	// with that id.
	HoldingGet(ctx context.Context, customer, id string) (Holding, error)
	// Events are hints of what changed since an instant: each names what to read anew.
	Events(ctx context.Context, since time.Time) iter.Seq2[ProviderEvent, error]
}

// ProviderPrices are what the provider asks.
type ProviderPrices interface {
	PriceSheet(ctx context.Context, ask PriceSheetAsk) iter.Seq2[PriceSheetRow, error]
	// Rates are the exchange rates of a month, given by its first day.
	Rates(ctx context.Context, month calendar.Date) iter.Seq2[billing.Rate, error]
	Promotions(ctx context.Context, country, segment string) iter.Seq2[Promotion, error]
}

// ProviderBills are what the provider charges.
type ProviderBills interface {
	// Invoices are those dated on or after a day.
	Invoices(ctx context.Context, since calendar.Date) iter.Seq2[ProviderInvoice, error]
	// InvoiceLines are the rows of one invoice; of an invoice without an ID, what is
	// not billed yet. Once the first is handed on, nothing is asked of the provider any
	// more: who reads them may be writing them.
	InvoiceLines(ctx context.Context, invoice ProviderInvoice) iter.Seq2[ProviderLine, error]
	Usage(ctx context.Context, ask UsageAsk) iter.Seq2[RatedUsage, error]
}

// ProviderOrders are what we ask the provider to do. Order and Change may be
// sent again with the same Reference: it is done once.
type ProviderOrders interface {
	Order(ctx context.Context, order ProviderOrder) (ProviderReceipt, error)
	// OrderFind is the receipt of an order that may have been placed; ErrUnknown
	// where the provider has none with that reference or number.
	OrderFind(ctx context.Context, order ProviderOrder) (ProviderReceipt, error)
	Change(ctx context.Context, change ProviderChange) (ProviderReceipt, error)
}

// ProviderCustomer is a customer as a provider knows it.
type ProviderCustomer struct {
	ID, Name, Domain, Country string
	// Reseller is the provider's id of the indirect reseller.
	Reseller string
	// Agreed says that the customer accepted what must be accepted before an order;
	// Known is set where the provider tells.
	Agreed, AgreedKnown bool
}

// ProviderEvent is a hint that something changed.
type ProviderEvent struct {
	// ID is the same when the same event comes again.
	ID string
	// Kind is the provider's word; Customer and Holding say what to read anew, where known.
	Kind, Customer, Holding string
	Invoice                 string
	At                      time.Time
}

// PriceSheetAsk says which price sheet: a market's, of a month given by its
// first day (no day for the current one); Future asks for the announced one.
type PriceSheetAsk struct {
	Market, View string
	Month        calendar.Date
	Future       bool
}

// Promotion is a provider's discount for a time.
type Promotion struct {
	ID, Name string
	// SKU is the product and sku joined by a colon; TermMonths and Billing narrow it.
	SKU        string
	TermMonths int
	Billing    billing.Unit
	Percent    money.Decimal
	// From and To (exclusive) are the days on which it can be had.
	From, To calendar.Date
}

// ProviderInvoice is one invoice or credit note of a provider.
type ProviderInvoice struct {
	// ID is the provider's number; empty for what is not billed yet.
	ID       string
	On       calendar.Date
	Period   calendar.Period
	Currency money.Currency
	Total    money.Decimal
	Credit   bool
	// Stamp changes when the provider's rows change.
	Stamp string
}

// ProviderLine is one row of a provider's invoice with all that helps to match
// and to show it.
type ProviderLine struct {
	At Source
	// Charge is the row itself; its Subscription is empty until it is matched.
	Charge billing.ProviderCharge
	// Invoice is empty while it is not billed.
	Invoice                string
	Customer, CustomerName string
	Reseller               string
	// Holding is the provider's id of the subscription.
	Holding                          string
	Order, AlternateOrder, Reference string
	OrderedAt                        time.Time
	Product, SKUName, Publisher      string
	Description, TermText            string
	// TermMonths is 0 where the row does not tell. Billing has no name where it is
	// paid once or the row does not tell.
	TermMonths int
	Billing    billing.Unit
	// Term is the subscription's current term, with no days where not told.
	Term calendar.Period
	// Rate is from the price list's currency to the invoice's, where HasRate.
	PriceCurrency money.Currency
	Rate          money.Decimal
	HasRate       bool
	RateOn        calendar.Date
	Tax, Total    money.Decimal
	Promotion     string
	Adjustments   string
	Credit        string
	Unit, Meter   string
	Reservation   string
	Qualifiers    string
	Category      string
}

// UsageAsk says which rated usage: that of an invoice, or what is not billed of
// the current or the last month.
type UsageAsk struct {
	Invoice  string
	Currency money.Currency
	Last     bool
}

// ProviderOrder is a purchase.
type ProviderOrder struct {
	// Reference is ours, a UUID, the same on every try.
	Reference string
	Customer  string
	SKU       string
	Quantity  money.Decimal
	// TermMonths is 0 for none.
	TermMonths int
	Billing    billing.Unit
	// EndsOn is the first day after a shortened first term (coterm), or no day.
	EndsOn    calendar.Date
	Promotion string
	// Parent is the holding that an add-on is for.
	Parent string
	// Reseller is the provider's id of the indirect reseller, where there is one.
	Reseller string
	// Attested says that a person confirmed what the provider wants confirmed of this
	// product or reseller.
	Attested bool
	Name     string
	// Cart and Number are what an earlier try got from the provider, if anything.
	Cart, Number string
}

// ProviderChange changes a holding; only what is Has is changed.
type ProviderChange struct {
	Reference, Customer, Holding string
	Quantity                     money.Decimal
	HasQuantity                  bool
	AutoRenew                    bool
	HasAutoRenew                 bool
	Suspend, Resume, Cancel      bool
	// Next replaces what is scheduled for renewal; NextNone takes it away.
	Next     *HoldingNextTerm
	NextNone bool
}

// ReceiptState says how far a provider is with what it was asked.
type ReceiptState uint8

// The states of a receipt.
const (
	ReceiptPending ReceiptState = iota
	ReceiptDone
	ReceiptFailed
)

// ProviderReceipt is what a provider answers to an order or a change.
type ProviderReceipt struct {
	State ReceiptState
	// Cart and Number are the provider's; Holding the subscription, once there is one.
	Cart, Number, Holding string
	Why                   string
}
