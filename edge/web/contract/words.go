package contract

import (
	"strconv"
	"strings"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/edge/web/part"
	"prorata/edge/web/subscription"
	"prorata/flow"
)

func every(months int) string { return subscription.Every(months) }

func timing(t billing.Timing) string {
	if t == billing.Arrears {
		return "in arrears"
	}
	return "in advance"
}

func runs(start, end calendar.Date) string {
	if end.IsZero() {
		return "from " + part.Day(start)
	}
	return part.Period(start, end)
}

func schedule(c *flow.Contract) string {
	text := map[billing.Schedule]string{
		billing.Aligned: "all on one cycle", billing.Flexi: "each subscription on its own cycle", billing.Mirror: "as the provider bills, at our price",
	}[c.Schedule]
	if c.Collect == billing.Upcoming {
		text += "; also what begins before the next invoice"
	}
	return text
}

func offset(c *flow.Contract) string {
	switch {
	case c.OffsetDays > 0:
		return part.Plural(int64(c.OffsetDays), "day") + " after the period begins"
	case c.OffsetDays < 0:
		return part.Plural(int64(-c.OffsetDays), "day") + " before the period begins"
	}
	return ""
}

func changes(c billing.Changes) string {
	switch c.Policy {
	case billing.Immediately:
		return "billed at once"
	case billing.Weekly:
		return "billed together each " + time.Weekday(c.Day%7).String()
	case billing.Monthly:
		return "billed together each month on day " + strconv.Itoa(c.Day)
	case billing.AtRenewal:
		return "billed with the renewal"
	case billing.WithNextInvoice:
	}
	return "billed with the next invoice"
}

func refunds(r billing.Refunds) string {
	switch r.Policy {
	case billing.RefundNone:
		return "nothing of what is paid"
	case billing.RefundWithinDays:
		return "seats within " + part.Plural(int64(r.Days), "day") + " after they were added"
	case billing.RefundProrated:
	}
	return "the days that are left"
}

func reductions(r billing.ReductionsPolicy) string {
	switch r {
	case billing.ReductionsWithinWindow:
		return "only while they are given back"
	case billing.ReductionsForbidden:
		return "only at the renewal"
	case billing.ReductionsAllowed:
	}
	return "on any day"
}

func proration(p billing.Proration) string {
	return [...]string{billing.ByDays: "by its days", billing.ByDays30: "by days, each month with 30", billing.ByMonths: "by whole months", billing.ByNothing: "is charged in full"}[p]
}

func rate(r billing.RatePolicy) string {
	if r == billing.RateOfInvoice {
		return "of the invoice date"
	}
	return "locked with the price"
}

// searched are the lists that prices are looked up in.
func searched(lists []string) string { return strings.Join(lists, ", then ") }
