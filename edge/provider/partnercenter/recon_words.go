package partnercenter

import (
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
)

// chargeTypes are Microsoft's words for what a row is for, by their letters alone.
// Beside those of new commerce stand those of the older API (purchase, refund) and
// the phrases of the files before new commerce, read as the nearest.
var chargeTypes = map[string]billing.ChargeType{
	"new": billing.ChargeNew, "purchase": billing.ChargeNew, "purchasefee": billing.ChargeNew,
	"proratefeeswhenpurchase": billing.ChargeNew, "proratefeeswhenactivate": billing.ChargeNew, "activationfee": billing.ChargeNew,
	"renew": billing.ChargeRenew, "renewal": billing.ChargeRenew, "proratefeeswhenrenew": billing.ChargeRenew,
	"cyclecharge": billing.ChargeCycle, "cyclefee": billing.ChargeCycle, "cycleinstanceprorate": billing.ChargeCycle,
	"assessusagefeeforcurrentcycle": billing.ChargeCycle,
	"addquantity":                   billing.ChargeAddQuantity, "removequantity": billing.ChargeRemoveQuantity,
	"cancelimmediate": billing.ChargeCancel, "cancel": billing.ChargeCancel, "refund": billing.ChargeCancel, "cancelfee": billing.ChargeCancel,
	"proratefeeswhencancel": billing.ChargeCancel, "instantcancel": billing.ChargeCancel,
	"convert": billing.ChargeConvert, "movequantity": billing.ChargeMoveQuantity,
	"changebillingplan": billing.ChargeChangePlan, "extendterm": billing.ChargeExtendTerm,
	"customercredit": billing.ChargeCredit, "credit": billing.ChargeCredit, "offsetalineitem": billing.ChargeCredit,
}

// numberWords are the numbers of a term, as its text writes them out.
var numberWords = map[string]int{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "twelve": 12}

// termOf finds the months of a term in a text such as One-Year commitment for
// monthly/yearly billing; 0 where it names none.
func termOf(text string) int {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	for i, word := range words {
		if months := parseTerm(word); months > 0 {
			return months
		}
		if i == 0 {
			continue
		}
		count, known := numberWords[words[i-1]]
		if n := digits(words[i-1]); n > 0 && len(words[i-1]) < 4 {
			count, known = n, true
		}
		switch {
		case !known:
		case word == "year" || word == "years":
			return min(12*count, termMonthsMax)
		case word == "month" || word == "months":
			return min(count, termMonthsMax)
		}
	}
	return 0
}

// monthsOf is the length of a term that is a whole number of months; 0 where it is not.
func monthsOf(term calendar.Period) int {
	const daysInMonth, monthsMost = 30, 120
	days := term.Days()
	for months := max(1, days/(daysInMonth+1)); months <= min(monthsMost, days/(daysInMonth-2)+1); months++ {
		if term.From.AddMonths(months) == term.To {
			return months
		}
	}
	return 0
}

// qualifiersOf are the words of a list, whether written ["Add-on"], ["AddOn","Trial"] or
// Add-on: AddOn, Trial.
func qualifiersOf(text string) string {
	if text == "" || text == "[]" {
		return ""
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(`[]",`, r) })
	kept := words[:0]
	for _, word := range words {
		if word = strings.ReplaceAll(strings.TrimSpace(word), "-on", "On"); word != "" {
			kept = append(kept, word)
		}
	}
	return strings.Join(kept, ", ")
}

// partnerOf is a partner's number; 0 and -1 stand for none.
func partnerOf(text string) string {
	if text == "0" || text == "-1" {
		return ""
	}
	return text
}
