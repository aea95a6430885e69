package csvfile

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/flow"
)

// Reads is what a file is about.
type Reads uint8

// What files can be about.
const (
	// Lines are the rows of the distributor's invoices, or what is not billed yet.
	Lines Reads = iota
	// Holdings are what customers hold today; Customers who they are.
	Holdings
	Customers
	// Prices are a price sheet.
	Prices
	// Usage is rated usage.
	Usage
)

// String is the word used in mappings.
func (r Reads) String() string {
	return [...]string{"lines", "holdings", "customers", "prices", "usage"}[r]
}

// shape says what a cell must be.
type shape uint8

const (
	text shape = iota
	number
	// amount is a number whose sign the mapping may turn.
	amount
	// day is a civil day; end a day that ends something, moved to the first after it
	// where the file means the last; instant a day with a time, where given.
	day
	end
	instant
	currency
	term
	cycle
	charge
	status
	flag
)

// fieldsOf are the fields that a file of each kind can fill.
func fieldsOf(r Reads) map[string]shape {
	switch r {
	case Lines:
		return map[string]shape{
			"invoice": text, "invoice_on": day, "customer": text, "customer_name": text, "reseller": text, "holding": text,
			"order": text, "alternate_order": text, "reference": text, "ordered_at": instant, "type": charge, "sku": text, "product": text,
			"sku_name": text, "publisher": text, "description": text, "term": term, "billing": cycle, "from": day, "to": end,
			"term_from": day, "term_to": end, "quantity": number, "unit_price": amount, "effective_price": amount, "cost": amount,
			"tax": amount, "total": amount, "currency": currency, "price_currency": currency, "rate": number, "rate_on": day,
			"promotion": text, "credit": text, "unit": text, "meter": text, "category": text, "qualifiers": text,
		}
	case Holdings:
		return map[string]shape{
			"id": text, "customer": text, "customer_name": text, "sku": text, "offer": text, "offer_name": text, "name": text, "publisher": text,
			"quantity": number, "unit": text, "status": status, "term": term, "billing": cycle, "auto_renew": flag, "trial": flag, "parent": text,
			"order": text, "reseller": text, "promotion": text, "created_at": instant, "starts_at": instant, "ends_at": end,
			"billing_ends_at": end, "cancellable_until": end,
		}
	case Customers:
		return map[string]shape{"id": text, "name": text, "domain": text, "country": text, "reseller": text, "agreed": flag}
	case Prices:
		return map[string]shape{
			"sku": text, "title": text, "product": text, "publisher": text, "market": text, "segment": text, "currency": currency, "term": term,
			"billing": cycle, "cost": number, "retail": number, "tier_from": number, "tier_to": number, "from": day, "to": end, "tags": text, "change": text,
		}
	case Usage:
		return map[string]shape{
			"invoice": text, "customer": text, "customer_name": text, "subscription": text, "entitlement": text, "entitlement_name": text,
			"sku": text, "sku_name": text, "product_name": text, "publisher": text, "meter": text, "meter_name": text, "meter_category": text,
			"meter_region": text, "resource_group": text, "resource": text, "charge_type": text, "credit_type": text, "unit": text,
			"from": day, "to": end, "quantity": number, "cost": amount, "currency": currency, "price_total": amount, "price_currency": currency,
		}
	}
	return nil
}

// neededOf are the fields without which there is no row.
func neededOf(r Reads) []string {
	switch r {
	case Lines:
		return []string{"customer", "from", "quantity", "cost", "currency"}
	case Holdings:
		return []string{"id", "customer", "quantity", "status"}
	case Customers:
		return []string{"id", "name"}
	case Prices:
		return []string{"sku", "cost", "currency"}
	case Usage:
		return []string{"customer", "subscription", "from", "quantity", "cost", "currency"}
	}
	return nil
}

// wordsOf are our words for what a distributor has words of its own.
func wordsOf(s shape) []string {
	switch s {
	case charge:
		var words []string
		for c := billing.ChargeOther; c <= billing.ChargeCredit; c++ {
			words = append(words, c.String())
		}
		return words
	case status:
		return slices.Sorted(maps.Keys(statuses))
	case cycle:
		return slices.Sorted(maps.Keys(cycles))
	case flag:
		return []string{"no", "yes"}
	case term:
		return []string{"none", "P1M", "P1Y", "P3Y and their like"}
	case text, number, amount, day, end, instant, currency:
	}
	return nil
}

var statuses = map[string]flow.HoldingStatus{
	"none": flow.HoldingNone, "active": flow.HoldingActive, "pending": flow.HoldingPending, "suspended": flow.HoldingSuspended,
	"expired": flow.HoldingExpired, "disabled": flow.HoldingDisabled, "deleted": flow.HoldingDeleted, "unknown": flow.HoldingUnknown,
}

var cycles = map[string]billing.Unit{
	"monthly": {Name: "monthly", Months: 1}, "quarterly": {Name: "quarterly", Months: 3}, "annual": {Name: "annual", Months: 12},
	"triennial": {Name: "triennial", Months: 36}, "once": {}, "none": {},
}

// isWord says whether a text is one of our words for a shape.
func isWord(s shape, word string) bool {
	switch s {
	case charge:
		_, ok := chargeOf(word)
		return ok
	case status:
		_, ok := statuses[strings.ToLower(word)]
		return ok
	case cycle:
		_, ok := cycles[strings.ToLower(word)]
		return ok
	case term:
		_, ok := monthsOf(word)
		return ok
	case flag:
		_, ok := flagOf(word)
		return ok
	case text, number, amount, day, end, instant, currency:
	}
	return true
}

func chargeOf(word string) (billing.ChargeType, bool) {
	for c := billing.ChargeOther; c <= billing.ChargeCredit; c++ {
		if strings.EqualFold(c.String(), word) {
			return c, true
		}
	}
	return billing.ChargeOther, false
}

func flagOf(word string) (set, ok bool) {
	switch strings.ToLower(word) {
	case "yes", "true", "1", "y":
		return true, true
	case "no", "false", "0", "n":
		return false, true
	}
	return false, false
}

// monthsOf reads P1M, P1Y and their like, a number of months, or none.
func monthsOf(word string) (int, bool) {
	const most = 1200
	word = strings.ToUpper(word)
	if word == "NONE" {
		return 0, true
	}
	months := 1
	if rest, iso := strings.CutPrefix(word, "P"); iso {
		switch {
		case strings.HasSuffix(rest, "Y"):
			months = 12
		case !strings.HasSuffix(rest, "M"):
			return 0, false
		}
		word = rest[:len(rest)-1]
	}
	n, err := strconv.ParseUint(word, 10, 16)
	if err != nil || n > most {
		return 0, false
	}
	return int(n) * months, true
}
