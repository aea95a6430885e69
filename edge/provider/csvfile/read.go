package csvfile

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
)

// occurrences tell rows apart that are alike in all that names them: 24 bytes of
// memory for a row.
type occurrences map[[16]byte]uint32

// name is the same for the same row in every reading of the file.
func (o occurrences) name(of string) string {
	hash := sha256.Sum256([]byte(of))
	key := [16]byte(hash[:])
	text := hex.EncodeToString(key[:])
	if n := o[key]; n > 0 {
		text += "-" + strconv.FormatUint(uint64(n), 10)
	}
	o[key]++
	return text
}

// line reads a row of an invoice. Its id is made of what the mapping says is a
// row's identity, else of all that it maps.
func line(r *row, seen occurrences) flow.ProviderLine {
	l := flow.ProviderLine{
		At: r.at, Invoice: r.text("invoice"), Customer: r.need("customer"), CustomerName: r.text("customer_name"), Reseller: r.text("reseller"),
		Holding: r.text("holding"), Order: r.text("order"), AlternateOrder: r.text("alternate_order"), Reference: r.text("reference"),
		OrderedAt: r.instant("ordered_at"), Product: r.text("product"), SKUName: r.text("sku_name"), Publisher: r.text("publisher"),
		Description: r.text("description"), TermText: r.raw("term"), TermMonths: r.term("term"), Billing: r.cycle("billing"),
		PriceCurrency: r.currency("price_currency"), RateOn: r.date("rate_on"), Promotion: r.text("promotion"), Credit: r.text("credit"),
		Unit: r.text("unit"), Meter: r.text("meter"), Category: r.text("category"), Qualifiers: r.text("qualifiers"),
	}
	if _, mapped := r.of.fields["invoice"]; mapped {
		r.need("invoice")
	}
	l.Rate, l.HasRate = r.decimal("rate")
	if from := r.date("term_from"); !from.IsZero() {
		l.Term.From, l.Term.To = from, r.end("term_to")
	}
	c := &l.Charge
	c.Type, _ = chargeOf(r.text("type"))
	c.SKU, c.Period, c.Cost, c.Currency = r.text("sku"), r.period("from", "to"), r.needDecimal("cost"), r.needCurrency("currency")
	if c.Quantity = r.needDecimal("quantity"); c.Quantity.Sign() < 0 {
		c.Quantity = c.Quantity.Neg()
	}
	r.prices(&l)
	r.taxes(&l)
	identity := r.identityOf(r.of.names)
	if len(r.wrong.list) == 0 {
		c.ID = seen.name(r.of.Name + "\x00" + l.Invoice + "\x00" + identity)
	}
	return l
}

// prices are a line's: the list price for one billing period, and what was used.
func (r *row) prices(l *flow.ProviderLine) {
	const placesMost = 10
	c := &l.Charge
	if price, given := r.decimal("unit_price"); given {
		c.UnitPrice = r.perBilling(price, l.Billing, l.TermMonths)
		if c.UnitPrice.Sign() < 0 {
			c.UnitPrice = c.UnitPrice.Neg()
		}
	}
	effective, given := r.decimal("effective_price")
	if !given && !c.Quantity.IsZero() {
		effective = money.DecimalFrom(c.Cost.Ratio().Div(c.Quantity.Ratio()), c.Cost.Digits(), placesMost)
	}
	c.EffectivePrice = effective
}

// perBilling is a price for one billing period, whatever the file's is for.
func (r *row) perBilling(price money.Decimal, cycle billing.Unit, termMonths int) money.Decimal {
	const placesMost = 10
	months := map[string]int{"month": 1, "year": 12, "term": termMonths}[r.of.pricePer]
	if r.of.pricePer == "billing" || cycle.Months == 0 || months == cycle.Months {
		return price
	}
	if months == 0 {
		r.wrong.add(r.spelled("term"), "is none, and the mapping says that prices are for a term")
		return price
	}
	return money.DecimalFrom(price.Ratio().Mul(money.Fraction(int64(cycle.Months), int64(months))), price.Digits(), placesMost)
}

// taxes fill what the file leaves out of cost, tax and total.
func (r *row) taxes(l *flow.ProviderLine) {
	tax, hasTax := r.decimal("tax")
	total, hasTotal := r.decimal("total")
	switch {
	case !hasTotal:
		total = l.Charge.Cost.Add(tax)
	case !hasTax:
		tax = total.Sub(l.Charge.Cost)
	}
	l.Tax, l.Total = tax, total
}

func holding(r *row) flow.Holding {
	h := flow.Holding{
		At: r.at, ID: r.need("id"), Customer: r.need("customer"), SKU: r.text("sku"), Offer: r.text("offer"), OfferName: r.text("offer_name"),
		Name: r.text("name"), Publisher: r.text("publisher"), Quantity: r.needDecimal("quantity"), UnitType: r.text("unit"),
		Status: statuses[r.need("status")], StatusText: r.raw("status"), TermMonths: r.term("term"), Billing: r.cycle("billing"),
		BillingText: r.raw("billing"), Parent: r.text("parent"), Order: r.text("order"), Reseller: r.text("reseller"), Promotion: r.text("promotion"),
		CreatedAt: r.instant("created_at"), StartsAt: r.instant("starts_at"), EndsAt: r.endAt("ends_at"),
		BillingEndsAt: r.endAt("billing_ends_at"), CancellableUntil: r.endAt("cancellable_until"),
	}
	h.AutoRenew, _ = r.flag("auto_renew")
	h.Trial, _ = r.flag("trial")
	if h.Quantity.Sign() < 0 {
		r.wrong.add(r.spelled("quantity"), "%s is negative", h.Quantity)
	}
	if !h.EndsAt.IsZero() && h.EndsAt.Before(h.StartsAt) {
		r.wrong.add(r.spelled("ends_at"), "lies before the start")
	}
	return h
}

func customer(r *row) flow.ProviderCustomer {
	c := flow.ProviderCustomer{ID: r.need("id"), Name: r.need("name"), Domain: r.text("domain"), Country: r.text("country"), Reseller: r.text("reseller")}
	c.Agreed, c.AgreedKnown = r.flag("agreed")
	return c
}

func price(r *row) flow.PriceSheetRow {
	p := flow.PriceSheetRow{
		At: r.at, SKU: r.need("sku"), Title: r.text("title"), Product: r.text("product"), Publisher: r.text("publisher"), Market: r.text("market"),
		Segment: r.text("segment"), Currency: r.needCurrency("currency"), Term: r.raw("term"), TermMonths: r.term("term"), Billing: r.cycle("billing"),
		From: r.date("from"), To: r.end("to"), Tags: r.text("tags"), Change: r.text("change"),
	}
	p.Cost = r.perBilling(r.needDecimal("cost"), p.Billing, p.TermMonths)
	if retail, given := r.decimal("retail"); given {
		p.Retail, p.HasRetail = r.perBilling(retail, p.Billing, p.TermMonths), true
	}
	p.TierFrom, p.HasTierFrom = r.decimal("tier_from")
	p.TierTo, p.HasTierTo = r.decimal("tier_to")
	switch {
	case p.Cost.Sign() < 0 || p.Retail.Sign() < 0:
		r.wrong.add(r.spelled("cost"), "is negative, or retail is")
	case !p.To.IsZero() && !p.From.IsZero() && !p.From.Before(p.To):
		r.wrong.add(r.spelled("to"), "ends on %s, before it begins on %s", p.To.AddDays(-1), p.From)
	case p.HasTierFrom && p.HasTierTo && p.TierTo.Cmp(p.TierFrom) < 0:
		r.wrong.add(r.spelled("tier_to"), "%s is less than %s", p.TierTo, p.TierFrom)
	}
	return p
}

// used reads a usage record. Its key is made of what the mapping says is a row's
// identity, else of what it maps apart from amounts and names: a restatement of
// its quantity is the same record.
func used(r *row, seen occurrences) flow.RatedUsage {
	u := flow.RatedUsage{
		At: r.at, Invoice: r.text("invoice"), Customer: r.need("customer"), CustomerName: r.text("customer_name"), Subscription: r.need("subscription"),
		Entitlement: r.text("entitlement"), EntitlementName: r.text("entitlement_name"), SKU: r.text("sku"), SKUName: r.text("sku_name"),
		ProductName: r.text("product_name"), Publisher: r.text("publisher"), Meter: r.text("meter"), MeterName: r.text("meter_name"),
		MeterCategory: r.text("meter_category"), MeterRegion: r.text("meter_region"), ResourceGroup: r.text("resource_group"),
		Resource: r.text("resource"), ChargeType: r.text("charge_type"), CreditType: r.text("credit_type"), Unit: r.text("unit"),
		Period: r.period("from", "to"), Quantity: r.needDecimal("quantity"), Cost: r.needDecimal("cost"), Currency: r.needCurrency("currency"),
	}
	if u.PriceTotal, u.HasPriceTotal = r.decimal("price_total"); u.HasPriceTotal {
		u.PriceCurrency = r.currency("price_currency")
	}
	identity := r.identityOf([]string{
		"customer", "subscription", "entitlement", "sku", "meter", "meter_category", "meter_region", "resource_group", "resource",
		"charge_type", "credit_type", "unit", "from", "to",
	})
	if len(r.wrong.list) == 0 {
		u.Key = seen.name(r.of.Name + "\x00" + identity)
	}
	return u
}
