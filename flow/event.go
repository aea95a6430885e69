package flow

import (
	"fmt"
	"strconv"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// entryVerbs pairs the events of a subscription's log with its verbs.
var entryVerbs = map[EventVerb]billing.Verb{
	DoSubscribe: billing.Subscribe, DoQuantity: billing.SetQuantity, DoPrice: billing.SetPrice, DoCancel: billing.Cancel,
	DoSuspend: billing.Suspend, DoResume: billing.Resume, DoSchedule: billing.ScheduleChange,
}

// EntryOf is what a subscription's log keeps of an event, known from its
// recording on. ok is false for an event that is no entry of such a log.
func EntryOf(e *Event) (entry billing.Entry, ok bool) {
	verb, ok := entryVerbs[e.Do]
	if !ok {
		return billing.Entry{}, false
	}
	entry = billing.Entry{
		Verb: verb, RecordedOn: e.On, KnownOn: e.On, EffectiveOn: e.Effective,
		Quantity: e.Quantity, HasQuantity: e.HasQuantity, Price: e.Price, HasPrice: e.HasPrice, AutoRenew: e.AutoRenew, HasAutoRenew: e.HasAutoRenew,
	}
	if verb == billing.Subscribe && !e.HasQuantity {
		entry.Quantity, entry.HasQuantity = money.DecimalOf(1), true
	}
	return entry, true
}

// SubscriptionOf is what a subscribe event sells under a contract: the product
// decides how, the contract whose cycle.
func SubscriptionOf(e *Event, c *billing.Contract, product billing.Product) billing.Subscription {
	s := billing.Subscription{
		ID: billing.SubscriptionID(e.ID), Contract: c.ID, SKU: e.SKU, Kind: product.Kind, Tax: product.Tax, TermMonths: e.TermMonths,
		Billing: e.Billing, PriceUnit: e.Unit, Ends: e.Ends, Discount: e.Discount, Parent: e.Parent, PerParent: e.PerParent,
		Markup: e.Markup, HasMarkup: e.HasMarkup, Minimum: e.Minimum, HasMinimum: e.HasMinimum, Smooth: e.Smooth,
		Holding: e.Holding,
	}
	if s.Billing.Months == 0 || c.Schedule == billing.Aligned {
		s.Billing = c.Frequency
	}
	entry, _ := EntryOf(e)
	s.Entries = []billing.Entry{entry}
	return s
}

// ItemOf is what a one_time event sells.
func ItemOf(e *Event, product billing.Product) billing.OneTimeItem {
	item := billing.OneTimeItem{
		ID: billing.SubscriptionID(e.ID), Contract: e.Contract, SKU: e.SKU, Tax: product.Tax, On: e.Effective,
		Quantity: e.Quantity, Price: e.Price, HasPrice: e.HasPrice, KnownOn: e.On,
	}
	if !e.HasQuantity {
		item.Quantity = money.DecimalOf(1)
	}
	return item
}

// UsageOf is the rated record that a usage event tells of; without an id it is
// known by seq.
func UsageOf(e *Event, seq int64) billing.UsageRecord {
	id := e.ID
	if id == "" {
		id = "#" + strconv.FormatInt(seq, 10)
	}
	return billing.UsageRecord{
		ID: id, Subscription: e.Subscription, Period: e.Period, Quantity: e.Quantity, Currency: e.Currency,
		Cost: e.Cost, Retail: e.Retail, HasCost: e.HasCost, HasRetail: e.HasRetail, KnownOn: e.On, Seq: seq,
	}
}

// PriceOf is the row that a list_price event adds. Whether prices include tax is
// a matter of the list: like says it, a row of that list.
func PriceOf(e *Event, like *billing.PriceRow) billing.PriceRow {
	row := billing.PriceRow{
		SKU: e.SKU, List: e.List, Currency: e.Currency, Unit: e.Unit, TermMonths: e.TermMonths, Price: e.Price, From: e.Effective, KnownOn: e.On,
	}
	if like != nil {
		row.TaxIncluded = like.TaxIncluded
	}
	return row
}

// RowLike finds the newest row of a list that a new one of the sku resembles.
func RowLike(rows []billing.PriceRow, list string) *billing.PriceRow {
	for i := len(rows) - 1; i >= 0; i-- {
		if rows[i].List == list {
			return &rows[i]
		}
	}
	return nil
}

// Lists are the price lists that a contract's prices are searched in, in order
// (BILLING §7): the contract's, the account's, its parents' nearest first, the
// account's own reseller's, the seller's default.
func Lists(c *billing.Contract, account billing.Account, find func(billing.AccountID) (billing.Account, bool)) []string {
	var lists []string
	add := func(list string) {
		if list == "" {
			return
		}
		for _, known := range lists {
			if known == list {
				return
			}
		}
		lists = append(lists, list)
	}
	add(c.PriceList)
	add(account.PriceList)
	at, ok := find(account.Parent)
	for steps := 0; ok && steps < treeDepthMax; steps++ {
		add(at.PriceList)
		at, ok = find(at.Parent)
	}
	if reseller, ok := find(account.Reseller); ok {
		add(reseller.PriceList)
	}
	add(DefaultList)
	return lists
}

// treeDepthMax ends a walk up a tree that is a circle.
const treeDepthMax = 64

// PayerOf follows an account's bill up the tree to the last payer (BILLING §9).
func PayerOf(account billing.Account, find func(billing.AccountID) (billing.Account, bool)) billing.Payer {
	for steps := 0; steps < treeDepthMax; steps++ {
		var next billing.AccountID
		switch account.BillTo {
		case billing.ToParent:
			next = account.Parent
		case billing.ToReseller:
			next = account.Reseller
		case billing.ToSelf:
		}
		payer, ok := find(next)
		if !ok {
			break
		}
		account = payer
	}
	return billing.Payer{Account: account.ID, Currency: account.Currency, Consolidated: account.Consolidated}
}

// GroupOf names what is invoiced together: all of a payer that consolidates, else
// the contract alone.
func GroupOf(c billing.ContractID, payer billing.Payer) string {
	if payer.Consolidated {
		return "payer:" + string(payer.Account)
	}
	return "contract:" + string(c)
}

// Simulated shows an invoice as a simulation does.
func Simulated(invoice *billing.Invoice) SimulatedInvoice {
	shown := SimulatedInvoice{
		Date: invoice.Date, Contract: invoice.Contract, Account: invoice.Payer, CreditNote: invoice.CreditNote, Currency: invoice.Currency,
		Net: invoice.Net, Tax: invoice.Tax, Total: invoice.Total,
	}
	for i := range invoice.Lines {
		line := &invoice.Lines[i]
		shown.Lines = append(shown.Lines, SimulatedLine{
			Subscription: line.Subscription, SKU: line.SKU, Account: line.Account, Kind: line.Kind, From: line.From, To: line.To,
			Quantity: line.Quantity, UnitPrice: line.UnitPrice, Priced: line.Priced,
			Gross: line.InvoicedGross, Discount: line.InvoicedDisc, Amount: line.InvoicedAt, Explanation: Explain(line),
		})
	}
	return shown
}

// dayAfter is the first day after both that has not been billed.
func dayAfter(day, billedThrough calendar.Date) calendar.Date {
	if billedThrough.IsZero() || day.After(billedThrough) {
		return day
	}
	return billedThrough.AddDays(1)
}

// ErrInput is wrapped by every error that is the fault of what was given, not of
// the program or its surroundings.
var ErrInput = fmt.Errorf("wrong input")
