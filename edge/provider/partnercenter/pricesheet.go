package partnercenter

import (
	"io"
	"iter"

	"prorata/core/calendar"
	"prorata/flow"
)

// priceSheetAliases are other spellings of a price sheet's columns.
var priceSheetAliases = map[string]string{
	"erp": "erpprice", "estimatedretailprice": "erpprice", "skudesc": "skudescription", "plan": "billingplan",
	"effectivestart": "effectivestartdate", "effectiveend": "effectiveenddate", "segments": "segment", "currencycode": "currency",
}

var priceSheetLayout = layout{
	what: "a license-based price sheet", aliases: priceSheetAliases,
	required: []string{"ProductId", "SkuId", "TermDuration", "BillingPlan", "Currency", "UnitPrice", "EffectiveStartDate"},
}

// PriceSheet reads the license-based price sheet, with the old and the current
// columns. The unit price is what a partner pays for one licence and one billing
// period; the sku is the product's id and the sku's, joined by a colon.
//
// A row that was replaced on the very day that it began has no days: From is To.
func PriceSheet(name string, r io.Reader) iter.Seq2[flow.PriceSheetRow, error] {
	return valuesOf(rowsOf(name, r, priceSheetLayout, allow(0)), priceSheetRow)
}

func priceSheetRow(r *row) flow.PriceSheetRow {
	p := flow.PriceSheetRow{
		At: r.source(), SKU: r.need("productid") + ":" + r.need("skuid"), Title: r.text("skutitle"), Product: r.text("producttitle"),
		Publisher: r.text("publisher"), Market: r.text("market"), Segment: r.text("segment"), Currency: r.currency("currency"),
		Term: r.text("termduration"), Tags: r.text("tags"), Change: r.text("changeindicator"), From: r.day("effectivestartdate"),
	}
	p.TermMonths = parseTerm(p.Term)
	plan := r.text("billingplan")
	var known bool
	if p.Billing, known = parseCycle(plan); !known {
		r.wrong.add(r.spelled("billingplan"), "unknown %s (expected Monthly, Annual, Triennial or None)", quote(plan))
	}
	p.Cost = r.needNumber("unitprice")
	p.Retail, p.HasRetail = r.number("erpprice")
	if p.Cost.Sign() < 0 {
		r.wrong.add(r.spelled("unitprice"), "%s is negative (expected 0 or more)", p.Cost)
	}
	if p.Retail.Sign() < 0 {
		r.wrong.add(r.spelled("erpprice"), "%s is negative (expected 0 or more)", p.Retail)
	}
	p.TierFrom, p.HasTierFrom = r.number("pricingtierrangemin")
	p.TierTo, p.HasTierTo = r.number("pricingtierrangemax")
	if p.HasTierFrom && p.HasTierTo && p.TierTo.Cmp(p.TierFrom) < 0 {
		r.wrong.add(r.spelled("pricingtierrangemax"), "%s is below the tier's start (%s)", p.TierTo, p.TierFrom)
	}
	p.To = r.endDay("effectiveenddate")
	if !p.To.IsZero() && p.To.Before(p.From) {
		r.wrong.add(r.spelled("effectiveenddate"), "%s is before the start (%s)", quote(r.text("effectiveenddate")), p.From)
	}
	return p
}

// endDay is the first day after an inclusive end; no day where it is empty or never.
func (r *row) endDay(column string) calendar.Date {
	at := r.instant(column)
	if at.IsZero() {
		return calendar.Date{}
	}
	return firstDayAfter(at)
}
