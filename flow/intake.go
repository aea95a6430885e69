package flow

import (
	"fmt"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// Source says where a value was written, so that a refusal can name the place.
type Source struct {
	// File is the name of a file, or of the door it came through.
	File string
	// Line counts from 1; 0 where there are no lines.
	Line int
}

// String is file:line.
func (s Source) String() string {
	if s.Line == 0 {
		return s.File
	}
	return fmt.Sprintf("%s:%d", s.File, s.Line)
}

// SellerID names a seller.
type SellerID string

// DefaultSeller is the id of the seller of a book that has only one and does
// not name it.
const DefaultSeller SellerID = "seller"

// DefaultList is the price list that serves when no other does.
const DefaultList = "default"

// Seller is who invoices: its currency and its time zone decide amounts and days.
type Seller struct {
	ID       SellerID
	Party    Party
	Currency money.Currency
	// TimeZone is a name of the IANA database; whether it exists is checked where
	// the database is.
	TimeZone   string
	Remittance Remittance
}

// Account is a customer, a group, an entity of one or a reseller, with what its
// documents need to know. Party has the same name and country as the account.
type Account struct {
	billing.Account
	Party Party
	// Language is that of its documents (en, de, fr, es, nl); empty for the seller's default.
	Language      string
	PurchaseOrder string
	// PaymentTermsDays is from an invoice's date to its due day, where HasPaymentTerms.
	PaymentTermsDays int
	HasPaymentTerms  bool
}

// Contract is a billing contract and who sells under it. A zero Currency is the
// seller's, an empty Seller the book's default.
type Contract struct {
	billing.Contract
	Seller        SellerID
	PurchaseOrder string
}

// Intake is one noun on its way into the book: exactly one of the pointers is
// set. Every door (a scenario, an import file, the API) turns into these.
//
// What a door cannot know is left open and filled in by whoever takes it in: a
// zero currency is the seller's; a unit with a name and no months is one that
// the book must know; ids are not yet known to exist.
type Intake struct {
	At Source
	// IfNew takes a product only where the book does not have it: what people made
	// of it stays.
	IfNew    bool
	Seller   *Seller
	Unit     *billing.Unit
	Rate     *billing.Rate
	Tax      *billing.Tax
	Product  *billing.Product
	Price    *billing.PriceRow
	Account  *Account
	Contract *Contract
	Event    *Event
}

// EventVerb is what an event does.
type EventVerb uint8

// The verbs of scenarios/FORMAT.md.
const (
	DoSubscribe EventVerb = iota
	DoQuantity
	DoPrice
	DoCancel
	DoSuspend
	DoResume
	DoSchedule
	DoOneTime
	DoUsage
	DoListPrice
	DoHold
	DoRelease
	DoVoid
	DoCharge
	DoCredit
)

// String is the word used in files.
func (v EventVerb) String() string {
	switch v {
	case DoSubscribe:
		return "subscribe"
	case DoQuantity:
		return "quantity"
	case DoPrice:
		return "price"
	case DoCancel:
		return "cancel"
	case DoSuspend:
		return "suspend"
	case DoResume:
		return "resume"
	case DoSchedule:
		return "schedule"
	case DoOneTime:
		return "one_time"
	case DoUsage:
		return "usage"
	case DoListPrice:
		return "list_price"
	case DoHold:
		return "hold"
	case DoRelease:
		return "release"
	case DoVoid:
		return "void"
	case DoCharge:
		return "charge"
	case DoCredit:
		return "credit"
	}
	return fmt.Sprintf("EventVerb(%d)", uint8(v))
}

// Event is one thing that happened, as it is told. Which fields count depends on
// the verb:
//
//	subscribe   Contract, ID, SKU, Quantity, TermMonths, Billing, AutoRenew, Price, Unit,
//	            Discount, Parent, PerParent, Ends, Markup, Minimum, Smooth, Holding
//	quantity    Subscription, Quantity (the new one)
//	price       Subscription, Price (the new one)
//	cancel, suspend, resume   Subscription
//	schedule    Subscription and any of Quantity, Price, AutoRenew
//	one_time    Contract, ID, SKU, Quantity, Price
//	usage       Subscription, Period, Quantity, Cost, Retail, Currency
//	list_price  SKU, List, Currency, Unit, TermMonths, Price
//	hold, release   Account
//	void        Voids
//	charge      Subscription, ID (the row's), SKU (where it is not the subscription's), Period, Quantity, Cost, Currency, Row
//	credit      Invoice, Credits, Reason
type Event struct {
	At Source
	Do EventVerb
	// On is the day of recording, Effective the day from which it holds; the same
	// day where nothing else was said.
	On, Effective calendar.Date
	// Refused says that it must be refused, and changes nothing.
	Refused bool
	// ID is the id of the subscription or item that it makes, or the name by which
	// a later void knows any other event.
	ID string

	Contract     billing.ContractID
	Subscription billing.SubscriptionID
	Account      billing.AccountID
	// Voids is the ID of the event taken back.
	Voids string

	SKU         string
	Quantity    money.Decimal
	HasQuantity bool
	Price       money.Decimal
	HasPrice    bool
	// TermMonths is 0 for no term (a subscription) or any term (a list price).
	TermMonths int
	// Billing is the subscription's cycle; no name for the contract's frequency.
	Billing billing.Unit
	// Unit is what prices of this event are quoted in.
	Unit         billing.Unit
	AutoRenew    bool
	HasAutoRenew bool
	Discount     billing.Discount
	// Parent is the bundle that it is a child of, at PerParent to its quantity (1
	// where nothing was said).
	Parent    billing.SubscriptionID
	PerParent money.Decimal
	// Ends shortens the first term (coterm), or is no day.
	Ends       calendar.Date
	Markup     money.Decimal
	HasMarkup  bool
	Minimum    money.Decimal
	HasMinimum bool
	// Smooth has no months where there is no agreement.
	Smooth billing.Smooth
	// Budget has no alerts where nobody wants to know.
	Budget billing.Budget

	// Period is the days that usage is for.
	Period       calendar.Period
	Cost, Retail money.Decimal
	HasCost      bool
	HasRetail    bool

	// FromProvider says that it has happened at a provider already: credit hold does
	// not keep it, and it is not sent there.
	FromProvider bool
	// Order has a subscribe ordered at a provider, where it names a connection.
	Order OrderAsk

	// List is the price list of a list price.
	List string
	// Currency of a list price (zero: the seller's), of usage or of a provider's row
	// (zero: the contract's).
	Currency money.Currency

	// Holding is the provider's id of what a new subscription is, or is a part of
	// (BILLING §9); empty for none.
	Holding string
	// Row is what a charge says beside its days, quantity, cost and currency.
	Row ChargeRow

	// Invoice is the number of the invoice that a credit is of, Credits what of its lines,
	// Reason why.
	Invoice string
	Credits []billing.CreditAsk
	Reason  string
}

// OrderAsk says where a new subscription is to be ordered, and with what.
type OrderAsk struct {
	Connection ConnectionID
	// AddOnTo is the subscription that an add-on needs at the provider; it is ordered first.
	AddOnTo   billing.SubscriptionID
	Promotion string
	// Name is what the provider's pages call it.
	Name string
}

// PriceSheetRow is one row of a provider's price sheet: what the provider asks
// and what it suggests to ask.
type PriceSheetRow struct {
	At Source
	// SKU is the provider's product and sku, joined by a colon.
	SKU string
	// Title is the sku's name; Product that of the product it belongs to.
	Title, Product, Publisher string
	Market, Segment           string
	Currency                  money.Currency
	// TermMonths is 0 where the sheet names no term in months (Term then keeps its text).
	TermMonths int
	Term       string
	// Billing is the billing period that Cost and Retail are for; no name where it is paid once.
	Billing billing.Unit
	// Cost is what the partner pays for one licence and one billing period;
	// Retail is the provider's suggestion to the customer.
	Cost      money.Decimal
	Retail    money.Decimal
	HasRetail bool
	// TierFrom and TierTo bound the quantity, both included; no bound where not Has.
	TierFrom, TierTo       money.Decimal
	HasTierFrom, HasTierTo bool
	// From and To (exclusive) are the days on which it is in force; no To for open.
	From, To calendar.Date
	Tags     string
	// Change is the sheet's own word on what changed, where it has one.
	Change string
}

// RatedUsage is one day's use of one meter as a provider rated it.
type RatedUsage struct {
	At Source
	// Key is the same for the same record in every file that carries it.
	Key string
	// Invoice is the provider's invoice; empty while it is not billed.
	Invoice                    string
	Customer, CustomerName     string
	Subscription               string
	Entitlement                string
	EntitlementName            string
	SKU, SKUName, ProductName  string
	Publisher                  string
	Meter, MeterName           string
	MeterCategory, MeterRegion string
	ResourceGroup, Resource    string
	ChargeType, CreditType     string
	Unit                       string
	Period                     calendar.Period
	Quantity                   money.Decimal
	// Cost is the record's total before tax in the partner's billing currency;
	// negative for a credit.
	Cost     money.Decimal
	Currency money.Currency
	// PriceTotal is the same in the currency of the price list, where given.
	PriceTotal    money.Decimal
	PriceCurrency money.Currency
	HasPriceTotal bool
}

// HoldingStatus is what a provider says of a subscription.
type HoldingStatus uint8

// The statuses; HoldingUnknown is a word that we do not know.
const (
	HoldingUnknown HoldingStatus = iota
	HoldingNone
	HoldingActive
	HoldingPending
	HoldingSuspended
	HoldingExpired
	HoldingDisabled
	HoldingDeleted
)

// Holding is one subscription as a provider holds it.
type Holding struct {
	At Source
	ID string
	// Customer is the provider's id of the customer, where the answer says it.
	Customer    string
	Entitlement string
	// SKU is the provider's product and sku joined by a colon; the offer's id where
	// there is no such pair.
	SKU string
	// Offer is the provider's whole id of what was ordered.
	Offer, OfferName, Name string
	ProductType            string
	Publisher              string
	Quantity               money.Decimal
	UnitType               string
	Status                 HoldingStatus
	StatusText             string
	// TermMonths is 0 for none; RenewalTermMonths 0 for the same again.
	TermMonths, RenewalTermMonths int
	// Billing is the billing cycle; no name where there is none.
	Billing     billing.Unit
	BillingText string
	BillingType string
	AutoRenew   bool
	Trial       bool
	Parent      string
	Order       string
	// Reseller is the provider's id of the indirect reseller.
	Reseller     string
	Promotion    string
	MigratedFrom string

	CreatedAt, StartsAt time.Time
	// EndsAt is the first instant after the commitment, BillingEndsAt that after the
	// billing cycle; zero where open.
	EndsAt, BillingEndsAt time.Time
	CancellableUntil      time.Time
	Refunds               []RefundOption
	Refundable            []RefundableQuantity
	// Next is what is scheduled for renewal, where anything is.
	Next              *HoldingNextTerm
	SuspensionReasons []string
}

// RefundOption is a refund (full or partial) that the provider gives until an instant.
type RefundOption struct {
	Type      string
	ExpiresAt time.Time
}

// RefundableQuantity is a number of seats that can be given back until an instant.
type RefundableQuantity struct {
	Quantity     money.Decimal
	AllowedUntil time.Time
}

// HoldingNextTerm is what a provider will do at renewal.
type HoldingNextTerm struct {
	SKU         string
	Quantity    money.Decimal
	HasQuantity bool
	TermMonths  int
	Billing     billing.Unit
	Promotion   string
	// EndsOn shortens the next term (coterm): the first day after it, or no day.
	EndsOn calendar.Date
}
