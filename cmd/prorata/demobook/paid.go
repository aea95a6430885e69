package demobook

import (
	"hash/fnv"

	"prorata/core/calendar"
	"prorata/flow"
)

// Paid is what a payer does about an invoice.
type Paid struct {
	On calendar.Date
	// Percent is how much of it is paid; the rest stays open.
	Percent int64
}

// PaidOf is when and how far an invoice is paid, if it ever is: most payers keep to the
// day on which it is due or are some days late, each in their own way; a few invoices are
// forgotten, argued about, or paid for the larger part. Credit notes are left to be set off.
func PaidOf(i *flow.Issued) (paid Paid, pays bool) {
	if i.Total.Sign() <= 0 || i.VoidedBy != "" {
		return paid, false
	}
	habit, chance := number(string(i.Payer)), number(i.ID)
	on := calendar.Latest(i.Date.AddDays(1), i.DueOn.AddDays(int(habit%17)-5+int(chance%4)))
	switch {
	case chance%29 == 0:
		return paid, false
	case chance%11 == 0:
		return Paid{i.DueOn.AddDays(35 + int(chance%40)), 100}, true
	case chance%31 == 1:
		return Paid{on, 60}, true
	}
	return Paid{on, 100}, true
}

// number is one that looks like chance and is the same for the same text.
func number(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64() >> 8
}
