package standin

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
)

// usage is a plan's rated usage of a month in the billing currency: without what
// is held back for a later invoice, with what an earlier one held back.
func (b *billing) usage(plan azurePlan, month calendar.Period, at time.Time) []usageRecord {
	records := usageMonth(plan, month, at)
	if held, has := b.heldBack[plan.Subscription]; has {
		if held.To == month.To {
			records = slices.DeleteFunc(records, func(u usageRecord) bool { return held.Contains(u.On) })
		} else if held.To == month.From {
			late := usageMonth(plan, monthOf(held.From), at)
			late = slices.DeleteFunc(late, func(u usageRecord) bool { return !held.Contains(u.On) })
			records = append(late, records...)
		}
	}
	partner := b.world.set.Partner
	rate := b.rate(month.From)
	for n := range records {
		u := &records[n]
		u.Partner, u.PartnerName, u.MPN, u.Tier2 = partner.Tenant, partner.Name, partner.MPN, plan.Tier2
		u.inCurrency(partner.Currency, rate, month.From)
	}
	return records
}

// rollUp is a month's usage as it stands on the invoice: one line for each meter
// and price.
func (b *billing) rollUp(plan azurePlan, records []usageRecord, month calendar.Period) []reconLine {
	type group struct{ sku, price string }
	quantities := map[group]money.Ratio{}
	var first []*usageRecord
	for n := range records {
		u := &records[n]
		g := group{u.Meter.product + u.Meter.sku, u.UnitPrice.String()}
		if _, seen := quantities[g]; !seen {
			first = append(first, u)
		}
		quantities[g] = quantities[g].Add(u.Quantity.Ratio())
	}
	slices.SortStableFunc(first, func(x, y *usageRecord) int {
		return strings.Compare(x.Meter.product+x.Meter.sku+x.UnitPrice.String(), y.Meter.product+y.Meter.sku+y.UnitPrice.String())
	})
	lines := make([]reconLine, 0, len(first))
	for _, u := range first {
		quantity := quantities[group{u.Meter.product + u.Meter.sku, u.UnitPrice.String()}]
		l := reconLine{
			Partner: u.Partner, MPN: u.MPN, Tier2: plan.Tier2, Customer: plan.Customer, Order: plan.Order, Alternate: plan.Order,
			OrderedAt: midnight(month.To).Add(-time.Second), Product: u.Meter.product, SKU: u.Meter.sku, Availability: u.Meter.availability,
			ProductName: u.Meter.productName, SKUName: u.Meter.skuName, ChargeType: string(chargeNew), UnitPrice: u.UnitPrice, Effective: u.Effective,
			Purchased: money.DecimalOf(1), Billable: money.DecimalFrom(quantity, 0, priceDigits), Publisher: "Microsoft", Description: azurePlanName,
			Subscription: plan.Subscription, Charged: month, Unit: u.Meter.unit, Meter: fmt.Sprintf("%s - %s (%s)", u.Meter.category, u.Meter.name, u.Meter.unit),
			Reference: guidOf(plan.Subscription, month.From.String(), u.Meter.sku, u.UnitPrice.String()), Frequency: "Monthly", ProductCategory: "Azure",
		}
		if u.Credit > 0 {
			l.Adjustments = []string{percentText(money.DecimalOf(u.Credit)) + " partner earned credit"}
		}
		b.convert(&l, month.From)
		b.total(&l, usageSubtotal(l.Effective.Ratio(), l.Rate.Ratio(), quantity, b.digits))
		lines = append(lines, l)
	}
	return lines
}
