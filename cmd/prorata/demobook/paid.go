package demobook

import (
	"hash/fnv"

	"prorata/core/calendar"
	"prorata/flow"
)

// PaidOn is the day on which an invoice is paid, if it ever is: most payers keep to the
// day on which it is due or are some days late, each in their own way; a few invoices are
// forgotten, or argued about. Credit notes are left to be set off.
func PaidOn(i *flow.Issued) (on calendar.Date, pays bool) {
	if i.Total.Sign() <= 0 || i.VoidedBy != "" {
		return on, false
	}
	habit, chance := number(string(i.Payer)), number(i.ID)
	switch {
	case chance%29 == 0:
		return on, false
	case chance%11 == 0:
		return i.DueOn.AddDays(35 + int(chance%40)), true
	}
	return calendar.Latest(i.Date.AddDays(1), i.DueOn.AddDays(int(habit%17)-5+int(chance%4))), true
}

// number is one that looks like chance and is the same for the same text.
func number(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64() >> 8
}
