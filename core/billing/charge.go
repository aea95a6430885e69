package billing

import (
	"prorata/core/calendar"
	"prorata/core/money"
)

// ChargeType is what a provider says that a row of its invoice is for. The
// words are Microsoft's; a distributor's are read as the nearest of them.
type ChargeType uint8

// The charge types; ChargeOther is a word that we do not know.
const (
	ChargeOther ChargeType = iota
	ChargeNew
	ChargeRenew
	ChargeCycle
	ChargeAddQuantity
	ChargeRemoveQuantity
	ChargeCancel
	ChargeConvert
	ChargeMoveQuantity
	ChargeChangePlan
	ChargeExtendTerm
	ChargeCredit
)

// String is the provider's word.
func (c ChargeType) String() string {
	return [...]string{"other", "new", "renew", "cycleCharge", "addQuantity", "removeQuantity", "cancelImmediate", "convert", "moveQuantity",
		"changeBillingPlan", "extendTerm", "customerCredit"}[c]
}

// ProviderCharge is one row of a provider's invoice as it stands there: never
// recomputed (BILLING §13).
type ProviderCharge struct {
	// ID is the same for the same row whenever it is read again.
	ID string
	// Subscription is the billed subscription that the row is for.
	Subscription SubscriptionID
	Type         ChargeType
	SKU          string
	// Period is the days that the row pays for; one day where the provider gives none.
	Period calendar.Period
	// Quantity is the seats that the price applies to, never negative: a credit has a
	// negative EffectivePrice.
	Quantity money.Decimal
	// UnitPrice is the list price for one seat and one billing period,
	// EffectivePrice what was used, prorated and discounted; both in the currency of
	// the price list.
	UnitPrice, EffectivePrice money.Decimal
	// Cost is the row's amount before tax, in Currency.
	Cost     money.Decimal
	Currency money.Currency
	// KnownOn, VoidedOn and Seq are as in UsageRecord.
	KnownOn, VoidedOn calendar.Date
	Seq               int64
}
