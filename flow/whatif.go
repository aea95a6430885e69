package flow

import (
	"fmt"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// WhatIf is a question to the book: what would be invoiced, and earned, and owed, if
// some things changed? It is answered on forks; nothing real is touched.
type WhatIf struct {
	// Name is what people call it; two can have one name.
	Name string
	// Accounts are those it is about, as ForkScope takes them; none for the whole book.
	Accounts []billing.AccountID
	// Months is how many whole months are looked ahead beyond the one that runs.
	Months int
	// Changes are made each on its day, in this order within a day.
	Changes []WhatIfChange
}

// What a what-if may ask.
const (
	// WhatIfMonthsMost is the longest term there is, and the length of the longest look ahead.
	WhatIfMonthsMost = 36
	// WhatIfMonthsUsual is a year: most terms renew once in it.
	WhatIfMonthsUsual = 12
	// WhatIfChangesMost keeps a what-if something that a person made.
	WhatIfChangesMost = 200
)

// WhatIfVerb is what a change does.
type WhatIfVerb uint8

// The verbs: those of the change log that a person would use, by the same words and
// with the same meaning, and four that stand for more than one fact (whatif_change.go).
const (
	WhatIfQuantity WhatIfVerb = iota
	WhatIfPrice
	WhatIfSubscribe
	WhatIfCancel
	WhatIfSchedule
	WhatIfSuspend
	WhatIfResume
	WhatIfOneTime
	WhatIfListPrice
	// WhatIfPercent makes what lists ask for a product dearer or cheaper.
	WhatIfPercent
	// WhatIfTerms gives a contract other terms.
	WhatIfTerms
	// WhatIfRenewal has a subscription's term end on another day.
	WhatIfRenewal
	// WhatIfStart has a subscription start on another day.
	WhatIfStart
)

func whatIfWords() []string {
	return []string{"quantity", "price", "subscribe", "cancel", "schedule", "suspend", "resume", "one_time", "list_price", "percent", "terms", "renewal", "start"}
}

// WhatIfVerbs are all verbs, in the order in which they are offered.
func WhatIfVerbs() (verbs []WhatIfVerb) {
	for i := range whatIfWords() {
		verbs = append(verbs, WhatIfVerb(i))
	}
	return verbs
}

// String is the word used in files.
func (v WhatIfVerb) String() string {
	if words := whatIfWords(); int(v) < len(words) {
		return words[v]
	}
	return fmt.Sprintf("WhatIfVerb(%d)", uint8(v))
}

// WhatIfChange is one change. Which fields count depends on the verb:
//
//	quantity, price          Subscription, Quantity or Price (the new one)
//	cancel, suspend, resume  Subscription
//	schedule                 Subscription and any of Quantity, Price, AutoRenew
//	subscribe                Contract, SKU, Quantity, and any of Price, Unit, TermMonths, Billing, AutoRenew, To (the day on which its first term ends)
//	one_time                 Contract, SKU, Quantity, Price
//	list_price               SKU, Price, and any of List, Currency, Unit, TermMonths
//	percent                  SKU, Percent, and List where it is one list alone
//	terms                    Contract, Terms
//	renewal, start           Subscription, To (the day it moves to)
type WhatIfChange struct {
	At Source
	Do WhatIfVerb
	// On is the day on which it is made, and from which it holds.
	On           calendar.Date
	Contract     billing.ContractID
	Subscription billing.SubscriptionID
	SKU, List    string
	Currency     money.Currency
	Quantity     money.Decimal
	HasQuantity  bool
	Price        money.Decimal
	HasPrice     bool
	// Percent is added to prices: 5 makes 10.00 10.50.
	Percent    money.Decimal
	TermMonths int
	// Billing and Unit are names of units; empty for the contract's frequency and for a month.
	Billing, Unit string
	AutoRenew     bool
	HasAutoRenew  bool
	To            calendar.Date
	Terms         ContractTerms
}

// ContractTerms are terms of a contract as words (scenarios/FORMAT.md); an empty one
// stays as it is.
type ContractTerms struct {
	Frequency, Schedule, Timing, Collect, Proration string
	// Changes is next_invoice, immediate, renewal, weekly or monthly; ChangesDay the day of
	// the last two: 0 (Sunday) to 6, or 1 to 31.
	Changes, ChangesDay string
	// Refunds is prorated, none or within_days; RefundsDays the days of the last.
	Refunds, RefundsDays string
	Reductions           string
	// Discount is the percentage off everything.
	Discount  string
	PriceList string
}

// WhatIfRefused says which change could not be made.
type WhatIfRefused struct {
	// Change counts from 0.
	Change int
	// On is the day on which it was to be made.
	On  calendar.Date
	Err error
}

// Error names the change as people count.
func (e *WhatIfRefused) Error() string {
	return fmt.Sprintf("change %d, on %s: %v", e.Change+1, e.On, e.Err)
}

// Unwrap gives the reason.
func (e *WhatIfRefused) Unwrap() error { return e.Err }

// Check says what is wrong with a what-if before any book is asked.
func (w *WhatIf) Check(today calendar.Date) error {
	if w.Months < 1 || w.Months > WhatIfMonthsMost {
		return wrong(Source{}, "months: %d (expected 1 to %d)", w.Months, WhatIfMonthsMost)
	}
	if len(w.Changes) > WhatIfChangesMost {
		return wrong(Source{}, "changes: there are %d (expected at most %d)", len(w.Changes), WhatIfChangesMost)
	}
	for i := range w.Changes {
		c := &w.Changes[i]
		err := c.Check()
		switch {
		case err != nil:
		case c.On.Before(today):
			err = wrong(c.At, "on: %s is past: what happened then stays; expected %s or later", c.On, today)
		case !c.On.Before(w.until(today)):
			err = wrong(c.At, "on: %s is after the last day that is looked at, %s: look further ahead", c.On, w.until(today).AddDays(-1))
		}
		if err != nil {
			return &WhatIfRefused{i, c.On, err}
		}
	}
	return nil
}

// until is the first day that is not looked at: that after the last whole month.
func (w *WhatIf) until(today calendar.Date) calendar.Date {
	return monthOf(today).AddMonths(w.Months + 1)
}

// monthOf is the first day of a day's month.
func monthOf(day calendar.Date) calendar.Date {
	_, _, n := day.Civil()
	return day.AddDays(1 - n)
}

// skus are those that changes name.
func (w *WhatIf) skus() (skus []string) {
	for i := range w.Changes {
		if sku := w.Changes[i].SKU; sku != "" {
			skus = append(skus, sku)
		}
	}
	return skus
}

// Check says what a change lacks, by its verb.
func (c *WhatIfChange) Check() error {
	needs := map[string]bool{"on": !c.On.IsZero()}
	switch c.Do {
	case WhatIfQuantity:
		needs["subscription"], needs["to"] = c.Subscription != "", c.HasQuantity
	case WhatIfPrice:
		needs["subscription"], needs["to"] = c.Subscription != "", c.HasPrice
	case WhatIfCancel, WhatIfSuspend, WhatIfResume:
		needs["subscription"] = c.Subscription != ""
	case WhatIfSchedule:
		needs["subscription"], needs["quantity"] = c.Subscription != "", c.HasQuantity || c.HasPrice || c.HasAutoRenew
	case WhatIfSubscribe:
		needs["contract"], needs["sku"], needs["quantity"] = c.Contract != "", c.SKU != "", c.HasQuantity
	case WhatIfOneTime:
		needs["contract"], needs["sku"] = c.Contract != "", c.SKU != ""
	case WhatIfListPrice:
		needs["sku"], needs["price"] = c.SKU != "", c.HasPrice
	case WhatIfPercent:
		needs["sku"], needs["percent"] = c.SKU != "", !c.Percent.IsZero()
	case WhatIfTerms:
		needs["contract"], needs["frequency"] = c.Contract != "", c.Terms != ContractTerms{}
	case WhatIfRenewal, WhatIfStart:
		needs["subscription"], needs["to"] = c.Subscription != "", !c.To.IsZero()
	}
	var missing []string
	for name, there := range needs {
		if !there {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return wrong(c.At, "%s: is needed to %s", missing[0], strings.ReplaceAll(c.Do.String(), "_", " "))
	}
	if c.Do == WhatIfPercent && c.Percent.Cmp(money.DecimalOf(-100)) < 0 {
		return wrong(c.At, "percent: %s would make prices negative (expected -100 or more)", c.Percent)
	}
	return nil
}
