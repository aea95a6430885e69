package bookfile

import (
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/flow"
)

// The words of a contract, in the order of the values that they stand for.
var (
	scheduleWords   = []string{"aligned", "flexi", "mirror"}
	timingWords     = []string{"advance", "arrears"}
	collectWords    = []string{"due", "upcoming"}
	prorationWords  = []string{"days", "days30", "months", "none"}
	changesWords    = []string{"next_invoice", "immediate", "renewal"}
	refundsWords    = []string{"prorated", "none"}
	reductionsWords = []string{"allowed", "within_window", "forbidden"}
	initialWords    = []string{"all", "initial"}
	rateWords       = []string{"term", "invoice"}
	monthEndWords   = []string{"clamp", "stick"}
	// weekdayWords start where calendar.Date.Weekday does.
	weekdayWords = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
)

// changesValues are the policies of changesWords.
var changesValues = []billing.ChangesPolicy{billing.WithNextInvoice, billing.Immediately, billing.AtRenewal}

const (
	offsetDaysMax = 366
	windowDaysMax = 3660
)

func contract(f *fields, units *unitTable) flow.Contract {
	f.require("id", "account", "start")
	c := flow.Contract{Seller: flow.SellerID(f.id("seller")), PurchaseOrder: f.text("purchase_order")}
	c.Contract = billing.Contract{
		ID: billing.ContractID(f.id("id")), Account: billing.AccountID(f.id("account")), Currency: f.currency("currency"),
		Schedule: word[billing.Schedule](f, "schedule", scheduleWords), Frequency: f.unit("frequency", units, monthly),
		Start: f.date("start"), End: f.date("end"), NextInvoice: f.date("next_invoice"),
		Timing: word[billing.Timing](f, "timing", timingWords), Collect: word[billing.Collect](f, "collect", collectWords),
		Proration: word[billing.Proration](f, "proration", prorationWords), Changes: changes(f), Refunds: refunds(f),
		Reductions: word[billing.ReductionsPolicy](f, "reductions", reductionsWords), Discount: discount(f),
		PriceList: f.id("price_list"), RatePolicy: word[billing.RatePolicy](f, "rate_policy", rateWords),
		Stick: word[uint8](f, "month_end", monthEndWords) == 1,
	}
	c.OffsetDays, _ = f.whole("offset", -offsetDaysMax, offsetDaysMax)
	suspended, _ := f.flag("bill_suspended", true)
	c.SuspendedFree = !suspended
	contractShape(f, &c.Contract)
	f.done()
	return c
}

// contractShape checks what may not stand beside what.
func contractShape(f *fields, c *billing.Contract) {
	if !c.End.IsZero() && !c.End.After(c.Start) {
		f.wrong("end", "%s is not after the start (%s); it is the first day that is not in the contract", c.End, c.Start)
	}
	if c.Collect == billing.Upcoming && (c.Schedule != billing.Flexi || c.Timing != billing.Advance) {
		f.wrong("collect", "upcoming goes with schedule flexi and timing advance")
	}
	if c.Reductions == billing.ReductionsWithinWindow && c.Refunds.Policy != billing.RefundWithinDays {
		f.wrong("reductions", "within_window needs refunds: {within_days: N}")
	}
}

func changes(f *fields) billing.Changes {
	const expected = "next_invoice, immediate, renewal, {weekly: monday} or {monthly: 1}"
	v, ok := f.find("changes")
	switch {
	case !ok:
	case v.shape == scalar:
		if at := slices.Index(changesWords, v.text); at >= 0 {
			return billing.Changes{Policy: changesValues[at]}
		}
		f.wrong("changes", "unknown %s (expected %s)", quote(v.text), expected)
	case v.shape == mapping:
		s := f.sub("changes")
		weekly, monthly := s.given("weekly"), s.given("monthly")
		s.done()
		switch {
		case weekly == monthly:
			f.wrong("changes", "expected %s", expected)
		case weekly:
			return billing.Changes{Policy: billing.Weekly, Day: weekday(s)}
		default:
			day, _ := s.whole("monthly", 1, 31)
			return billing.Changes{Policy: billing.Monthly, Day: day}
		}
	default:
		f.wrong("changes", "expected %s", expected)
	}
	return billing.Changes{}
}

func weekday(f *fields) int {
	v, ok := f.scalar("weekly", "a weekday")
	day := slices.Index(weekdayWords, v.text)
	if ok && day < 0 {
		f.wrong("weekly", "unknown %s (expected %s)", quote(v.text), strings.Join(weekdayWords, ", "))
	}
	return max(day, 0)
}

func refunds(f *fields) billing.Refunds {
	const expected = "prorated, none or {within_days: N}"
	v, ok := f.find("refunds")
	switch {
	case !ok:
	case v.shape == scalar:
		if at := slices.Index(refundsWords, v.text); at >= 0 {
			return billing.Refunds{Policy: billing.RefundsPolicy(at)}
		}
		f.wrong("refunds", "unknown %s (expected %s)", quote(v.text), expected)
	case v.shape == mapping:
		s := f.sub("refunds")
		s.require("within_days")
		days, _ := s.whole("within_days", 0, windowDaysMax)
		s.done()
		return billing.Refunds{Policy: billing.RefundWithinDays, Days: days}
	default:
		f.wrong("refunds", "expected %s", expected)
	}
	return billing.Refunds{}
}

func discount(f *fields) billing.Discount {
	s := f.sub("discount")
	if s == nil {
		return billing.Discount{}
	}
	s.require("percent")
	d := billing.Discount{Initial: word[uint8](s, "on", initialWords) == 1, From: s.date("from"), To: s.date("to")}
	d.Percent, _ = s.percent("percent", 0, 100)
	if !d.To.IsZero() && !d.From.IsZero() && !d.To.After(d.From) {
		s.refuse("to", "%s is not after from (%s); it is the first day without the discount", d.To, d.From)
	}
	s.done()
	return d
}
