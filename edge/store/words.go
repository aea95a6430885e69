package store

import (
	"prorata/core/billing"
	"prorata/flow"
)

// The words that stand in the tables for enumerations, in the order of their values.
var (
	kindWords       = []string{billing.License: "license", billing.Service: "service", billing.Usage: "usage", billing.OneTime: "one_time"}
	categoryWords   = []string{billing.Standard: "standard", billing.ReverseCharge: "reverse_charge", billing.Exempt: "exempt", billing.ZeroRated: "zero"}
	modelWords      = []string{billing.PerUnit: "per_unit", billing.Volume: "volume", billing.Graduated: "graduated", billing.Package: "package", billing.Stairstep: "stairstep"}
	ruleWords       = []string{billing.NoRule: "", billing.OfCost: "cost", billing.OfRetail: "retail"}
	billToWords     = []string{billing.ToSelf: "self", billing.ToParent: "parent", billing.ToReseller: "reseller"}
	scheduleWords   = []string{billing.Aligned: "aligned", billing.Flexi: "flexi", billing.Mirror: "mirror"}
	timingWords     = []string{billing.Advance: "advance", billing.Arrears: "arrears"}
	collectWords    = []string{billing.Due: "due", billing.Upcoming: "upcoming"}
	prorationWords  = []string{billing.ByDays: "days", billing.ByDays30: "days30", billing.ByMonths: "months", billing.ByNothing: "none"}
	changesWords    = []string{billing.WithNextInvoice: "next_invoice", billing.Immediately: "immediate", billing.Weekly: "weekly", billing.Monthly: "monthly", billing.AtRenewal: "renewal"}
	refundsWords    = []string{billing.RefundProrated: "prorated", billing.RefundNone: "none", billing.RefundWithinDays: "within_days"}
	reductionsWords = []string{billing.ReductionsAllowed: "allowed", billing.ReductionsWithinWindow: "within_window", billing.ReductionsForbidden: "forbidden"}
	rateWords       = []string{billing.RateOfTerm: "term", billing.RateOfInvoice: "invoice"}
	lineWords       = []string{billing.LineBase: "base", billing.LineChange: "change", billing.LineAdjustment: "adjustment", billing.LineUsage: "usage",
		billing.LineOneTime: "one_time", billing.LineMinimum: "minimum", billing.LineSmoothing: "smoothing", billing.LineCredit: "credit"}
	verbWords = []string{flow.DoSubscribe: "subscribe", flow.DoQuantity: "quantity", flow.DoPrice: "price", flow.DoCancel: "cancel", flow.DoSuspend: "suspend",
		flow.DoResume: "resume", flow.DoSchedule: "schedule", flow.DoOneTime: "one_time", flow.DoUsage: "usage", flow.DoListPrice: "list_price",
		flow.DoHold: "hold", flow.DoRelease: "release", flow.DoVoid: "void", flow.DoCharge: "charge", flow.DoCredit: "credit"}
)

// invoiceWord and creditNoteWord are the kinds of an invoice.
const (
	invoiceWord    = "invoice"
	creditNoteWord = "credit_note"
)

// entryVerb is what a verb of the log does to a subscription; ok is false for
// one that is no entry of a subscription's log.
func entryVerb(do flow.EventVerb) (verb billing.Verb, ok bool) {
	switch do {
	case flow.DoSubscribe:
		return billing.Subscribe, true
	case flow.DoQuantity:
		return billing.SetQuantity, true
	case flow.DoPrice:
		return billing.SetPrice, true
	case flow.DoCancel:
		return billing.Cancel, true
	case flow.DoSuspend:
		return billing.Suspend, true
	case flow.DoResume:
		return billing.Resume, true
	case flow.DoSchedule:
		return billing.ScheduleChange, true
	case flow.DoOneTime, flow.DoUsage, flow.DoListPrice, flow.DoHold, flow.DoRelease, flow.DoVoid, flow.DoCharge, flow.DoCredit:
	}
	return 0, false
}

// eventVerb is the verb of the log that makes an entry.
func eventVerb(verb billing.Verb) flow.EventVerb {
	return [...]flow.EventVerb{
		billing.Subscribe: flow.DoSubscribe, billing.SetQuantity: flow.DoQuantity, billing.SetPrice: flow.DoPrice, billing.Cancel: flow.DoCancel,
		billing.Suspend: flow.DoSuspend, billing.Resume: flow.DoResume, billing.ScheduleChange: flow.DoSchedule,
	}[verb]
}
