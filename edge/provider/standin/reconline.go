package standin

import (
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
)

// reconLine is one row of the invoice reconciliation. Amounts are in the
// partner's billing currency, prices in that of the price list.
type reconLine struct {
	Partner    string
	Customer   labels
	Invoice    string
	MPN, Tier2 string
	// Order is the commerce order, Alternate its short id.
	Order, Alternate string
	OrderedAt        time.Time
	Product, SKU     string
	Availability     string
	ProductName      string
	SKUName          string
	ChargeType       string
	// UnitPrice is the list price of one seat and one whole charge cycle; Effective
	// is what one seat of this line costs, negative on a line that takes back.
	UnitPrice, Effective money.Decimal
	// Purchased is informational; Billable is what the price applies to.
	Purchased, Billable money.Decimal
	Subtotal, Tax       money.Decimal
	Currency            string
	PriceCurrency       string
	Rate                money.Decimal
	RateOn              calendar.Date
	// Adjustments, Qualifiers are lists of texts.
	Adjustments, Qualifiers []string
	Publisher               string
	Description             string
	Subscription            string
	// Term is the subscription's, Charged the days that the line pays for.
	Term, Charged   calendar.Period
	TermText        string
	Unit            string
	Frequency       string
	Meter           string
	Reservation     string
	CreditReason    string
	Reference       string
	Promotion       string
	ProductCategory string
}

// labels are how a customer is named on lines.
type labels struct{ ID, Name, Domain, Country string }

// total is the line with its tax.
func (l *reconLine) total() money.Decimal { return l.Subtotal.Add(l.Tax) }

func dec(of func(*reconLine) money.Decimal) func(*reconLine) string {
	return func(l *reconLine) string { return of(l).String() }
}

// reconColumns is the header of the second version of the reconciliation, in its
// order. Which columns the basic attribute set has is published for usage alone:
// here it is what usage has, carried over.
func reconColumns() []column[reconLine] {
	return append(append(reconWho(), reconMoney()...), reconWhat()...)
}

func reconWho() []column[reconLine] {
	return []column[reconLine]{
		{name: "PartnerId", older: "partnerId", basic: true, of: func(l *reconLine) string { return l.Partner }},
		{name: "CustomerId", older: "customerId", basic: true, of: func(l *reconLine) string { return l.Customer.ID }},
		{name: "CustomerName", older: "customerName", basic: true, of: func(l *reconLine) string { return l.Customer.Name }},
		{name: "CustomerDomainName", older: "customerDomainName", of: func(l *reconLine) string { return l.Customer.Domain }},
		{name: "CustomerCountry", older: "customerCountry", of: func(l *reconLine) string { return l.Customer.Country }},
		{name: "InvoiceNumber", older: "invoiceNumber", basic: true, of: func(l *reconLine) string { return l.Invoice }},
		{name: "MpnId", older: "mpnId", of: func(l *reconLine) string { return l.MPN }},
		{name: "Tier2MpnId", older: "resellerMpnId", of: billedOnly(func(l *reconLine) string { return l.Tier2 }), oldOf: olderReseller},
		{name: "OrderId", older: "orderId", basic: true, of: func(l *reconLine) string { return l.Order }},
		{name: "OrderDate", older: "orderDate", basic: true, of: func(l *reconLine) string { return instantText(l.OrderedAt) }},
		{name: "ProductId", older: "productId", basic: true, of: func(l *reconLine) string { return l.Product }},
		{name: "SkuId", older: "skuId", basic: true, of: func(l *reconLine) string { return l.SKU }},
		{name: "AvailabilityId", older: "availabilityId", of: func(l *reconLine) string { return l.Availability }},
		{name: "SkuName", older: "skuName", basic: true, of: func(l *reconLine) string { return l.SKUName }},
		{name: "ProductName", older: "productName", of: func(l *reconLine) string { return l.ProductName }},
	}
}

func reconMoney() []column[reconLine] {
	return []column[reconLine]{
		{name: "ChargeType", older: "chargeType", basic: true, of: func(l *reconLine) string { return l.ChargeType }},
		{name: "UnitPrice", older: "unitPrice", kind: numberCell, basic: true, of: dec(func(l *reconLine) money.Decimal { return l.UnitPrice })},
		{name: "Quantity", older: "quantity", kind: numberCell, basic: true, of: dec(func(l *reconLine) money.Decimal { return l.Purchased })},
		{name: "Subtotal", older: "subtotal", kind: numberCell, basic: true, of: dec(func(l *reconLine) money.Decimal { return l.Subtotal })},
		{name: "TaxTotal", older: "taxTotal", kind: numberCell, basic: true, of: dec(func(l *reconLine) money.Decimal { return l.Tax })},
		{name: "Total", older: "totalForCustomer", kind: numberCell, basic: true, of: dec((*reconLine).total)},
		{name: "Currency", older: "currency", basic: true, of: func(l *reconLine) string { return l.Currency }},
		{name: "PriceAdjustmentDescription", older: "priceAdjustmentDescription", of: func(l *reconLine) string {
			if len(l.Adjustments) == 0 {
				return ""
			}
			return textList(l.Adjustments...)
		}},
		{name: "PublisherName", older: "publisherName", basic: true, of: func(l *reconLine) string { return l.Publisher }},
		{name: "PublisherId", older: "publisherId", basic: true, of: func(*reconLine) string { return "" }},
		{name: "SubscriptionDescription", older: "subscriptionDescription", of: func(l *reconLine) string { return l.Description }},
		{name: "SubscriptionId", older: "subscriptionId", basic: true, of: func(l *reconLine) string { return l.Subscription }},
		{name: "ChargeStartDate", older: "chargeStartDate", basic: true, of: func(l *reconLine) string { return dayText(l.Charged.From) }},
		{name: "ChargeEndDate", older: "chargeEndDate", basic: true, of: func(l *reconLine) string { return dayText(lastOf(l.Charged)) }},
	}
}

func reconWhat() []column[reconLine] {
	return []column[reconLine]{
		{name: "TermAndBillingCycle", older: "termAndBillingCycle", basic: true, of: func(l *reconLine) string { return l.TermText }},
		{name: "EffectiveUnitPrice", older: "effectiveUnitPrice", kind: numberCell, basic: true, of: dec(func(l *reconLine) money.Decimal { return l.Effective })},
		{name: "UnitType", older: "unitType", basic: true, of: func(l *reconLine) string { return l.Unit }},
		{name: "AlternateId", older: "alternateId", basic: true, of: func(l *reconLine) string { return l.Alternate }},
		{name: "BillableQuantity", older: "billableQuantity", kind: numberCell, basic: true, of: dec(func(l *reconLine) money.Decimal { return l.Billable })},
		{name: "BillingFrequency", older: "billingFrequency", of: billedOnly(func(l *reconLine) string { return l.Frequency })},
		{name: "PricingCurrency", older: "pricingCurrency", basic: true, of: func(l *reconLine) string { return l.PriceCurrency }},
		{name: "PCToBCExchangeRate", older: "pcToBCExchangeRate", kind: numberCell, basic: true, of: dec(func(l *reconLine) money.Decimal { return l.Rate })},
		{name: "PCToBCExchangeRateDate", older: "pcToBCExchangeRateDate", of: func(l *reconLine) string { return dayText(l.RateOn) }},
		{name: "MeterDescription", older: "meterDescription", of: func(l *reconLine) string { return l.Meter }},
		{name: "ReservationOrderId", older: "reservationOrderId", of: func(l *reconLine) string { return l.Reservation }},
		{name: "CreditReasonCode", older: "creditReasonCode", of: func(l *reconLine) string { return l.CreditReason }},
		{name: "SubscriptionStartDate", older: "subscriptionStartDate", basic: true, of: func(l *reconLine) string { return dayText(l.Term.From) }},
		{name: "SubscriptionEndDate", older: "subscriptionEndDate", basic: true, of: func(l *reconLine) string { return dayText(lastOf(l.Term)) }},
		{name: "ReferenceId", older: "referenceId", basic: true, of: func(l *reconLine) string { return l.Reference }},
		{name: "ProductQualifiers", older: "productQualifiers", kind: listCell, of: func(l *reconLine) string { return textList(l.Qualifiers...) }, oldOf: olderQualifiers},
		{name: "PromotionId", older: "promotionId", basic: true, of: func(l *reconLine) string { return l.Promotion }},
		{name: "ProductCategory", of: func(l *reconLine) string { return l.ProductCategory }},
	}
}

// billedOnly is a column that stays empty until there is an invoice.
func billedOnly(of func(*reconLine) string) func(*reconLine) string {
	return func(l *reconLine) string {
		if l.Invoice == "" {
			return ""
		}
		return of(l)
	}
}

// olderReseller is 0 where there is no reseller in between.
func olderReseller(l *reconLine) string {
	if l.Tier2 == "" || l.Invoice == "" {
		return "0"
	}
	return l.Tier2
}

// olderQualifiers writes an add-on without its hyphen.
func olderQualifiers(l *reconLine) string {
	texts := make([]string, len(l.Qualifiers))
	for i, q := range l.Qualifiers {
		if texts[i] = q; q == "Add-on" {
			texts[i] = "AddOn"
		}
	}
	return textList(texts...)
}
