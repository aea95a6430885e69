// Package whatif asks the live book what would be invoiced, earned and owed if some
// things changed: it forks the book twice, changes one side and bills both forward.
// Nothing real is touched (docs/decisions/what-if.md).
package whatif

import (
	"fmt"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// Question is a question to the book: what would be invoiced, and earned, and owed, if
// some things changed? It is answered on forks; nothing real is touched.
type Question struct {
	// Name is what people call it; two can have one name.
	Name string
	// Accounts are those it is about, as ForkScope takes them; none for the whole book.
	Accounts []billing.AccountID
	// Months is how many whole months are looked ahead beyond the one that runs.
	Months int
	// Changes are made each on its day, in this order within a day.
	Changes []Change
}

// What a what-if may ask.
const (
	// MonthsMost is the longest term there is, and the length of the longest look ahead.
	MonthsMost = 36
	// MonthsUsual is a year: most terms renew once in it.
	MonthsUsual = 12
	// ChangesMost keeps a what-if something that a person made.
	ChangesMost = 200
)

// Verb is what a change does.
type Verb uint8

// The verbs: those of the change log that a person would use, by the same words and
// with the same meaning, and four that stand for more than one fact (change.go).
const (
	DoQuantity Verb = iota
	DoPrice
	DoSubscribe
	DoCancel
	DoSchedule
	DoSuspend
	DoResume
	DoOneTime
	DoListPrice
	// DoPercent makes what lists ask for a product dearer or cheaper.
	DoPercent
	// DoTerms gives a contract other terms.
	DoTerms
	// DoRenewal has a subscription's term end on another day.
	DoRenewal
	// DoStart has a subscription start on another day.
	DoStart
)

func verbWords() []string {
	return []string{"quantity", "price", "subscribe", "cancel", "schedule", "suspend", "resume", "one_time", "list_price", "percent", "terms", "renewal", "start"}
}

// Verbs are all verbs, in the order in which they are offered.
func Verbs() (verbs []Verb) {
	for i := range verbWords() {
		verbs = append(verbs, Verb(i))
	}
	return verbs
}

// String is the word used in files.
func (v Verb) String() string {
	if words := verbWords(); int(v) < len(words) {
		return words[v]
	}
	return fmt.Sprintf("Verb(%d)", uint8(v))
}

// Change is one change. Which fields count depends on the verb:
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
type Change struct {
	At flow.Source
	Do Verb
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
	Terms         flow.ContractTerms
}

// Refused says which change could not be made.
type Refused struct {
	// Change counts from 0.
	Change int
	// On is the day on which it was to be made.
	On  calendar.Date
	Err error
}

// Error names the change as people count.
func (e *Refused) Error() string {
	return fmt.Sprintf("change %d, on %s: %v", e.Change+1, e.On, e.Err)
}

// Unwrap gives the reason.
func (e *Refused) Unwrap() error { return e.Err }

// Check says what is wrong with a what-if before any book is asked.
func (w *Question) Check(today calendar.Date) error {
	if w.Months < 1 || w.Months > MonthsMost {
		return wrong(flow.Source{}, "months: %d (expected 1 to %d)", w.Months, MonthsMost)
	}
	if len(w.Changes) > ChangesMost {
		return wrong(flow.Source{}, "changes: there are %d (expected at most %d)", len(w.Changes), ChangesMost)
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
			return &Refused{i, c.On, err}
		}
	}
	return nil
}

func wrong(at flow.Source, format string, args ...any) error {
	return &flow.InputError{At: at, Err: fmt.Errorf(format, args...)}
}

// until is the first day that is not looked at: that after the last whole month.
func (w *Question) until(today calendar.Date) calendar.Date {
	return monthOf(today).AddMonths(w.Months + 1)
}

// monthOf is the first day of a day's month.
func monthOf(day calendar.Date) calendar.Date {
	_, _, n := day.Civil()
	return day.AddDays(1 - n)
}

// skus are those that changes name.
func (w *Question) skus() (skus []string) {
	for i := range w.Changes {
		if sku := w.Changes[i].SKU; sku != "" {
			skus = append(skus, sku)
		}
	}
	return skus
}

// Check says what a change lacks, by its verb.
func (c *Change) Check() error {
	needs := map[string]bool{"on": !c.On.IsZero()}
	switch c.Do {
	case DoQuantity:
		needs["subscription"], needs["to"] = c.Subscription != "", c.HasQuantity
	case DoPrice:
		needs["subscription"], needs["to"] = c.Subscription != "", c.HasPrice
	case DoCancel, DoSuspend, DoResume:
		needs["subscription"] = c.Subscription != ""
	case DoSchedule:
		needs["subscription"], needs["quantity"] = c.Subscription != "", c.HasQuantity || c.HasPrice || c.HasAutoRenew
	case DoSubscribe:
		needs["contract"], needs["sku"], needs["quantity"] = c.Contract != "", c.SKU != "", c.HasQuantity
	case DoOneTime:
		needs["contract"], needs["sku"] = c.Contract != "", c.SKU != ""
	case DoListPrice:
		needs["sku"], needs["price"] = c.SKU != "", c.HasPrice
	case DoPercent:
		needs["sku"], needs["percent"] = c.SKU != "", !c.Percent.IsZero()
	case DoTerms:
		needs["contract"], needs["frequency"] = c.Contract != "", c.Terms != flow.ContractTerms{}
	case DoRenewal, DoStart:
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
	if c.Do == DoPercent && c.Percent.Cmp(money.DecimalOf(-100)) < 0 {
		return wrong(c.At, "percent: %s would make prices negative (expected -100 or more)", c.Percent)
	}
	return nil
}
