package standin

import (
	"strconv"

	"prorata/core/calendar"
	"prorata/core/money"
)

// inCurrency gives a record the partner's side and its amount in the billing
// currency.
func (u *usageRecord) inCurrency(currency string, rate money.Decimal, rateOn calendar.Date) {
	u.Currency, u.Rate, u.RateOn = currency, rate, rateOn
	u.Billed = money.DecimalFrom(u.Priced.Ratio().Mul(rate.Ratio()), 0, 15)
}

// usageColumns is daily rated usage in the order of its published file, with the
// columns of the two attribute sets.
func usageColumns() []column[usageRecord] {
	return append(append(usageWho(), usageMeter()...), usageMoney()...)
}

func usageWho() []column[usageRecord] {
	return []column[usageRecord]{
		{name: "PartnerId", older: "partnerId", basic: true, of: func(u *usageRecord) string { return u.Partner }},
		{name: "PartnerName", older: "partnerName", basic: true, of: func(u *usageRecord) string { return u.PartnerName }},
		{name: "CustomerId", older: "customerId", basic: true, of: func(u *usageRecord) string { return u.Customer.ID }},
		{name: "CustomerName", older: "customerName", basic: true, of: func(u *usageRecord) string { return u.Customer.Name }},
		{name: "CustomerDomainName", older: "customerDomainName", of: func(u *usageRecord) string { return u.Customer.Domain }},
		{name: "CustomerCountry", older: "customerCountry", of: func(u *usageRecord) string { return u.Customer.Country }},
		{name: "MpnId", older: "mpnId", of: func(u *usageRecord) string { return u.MPN }},
		{name: "Tier2MpnId", older: "resellerMpnId", of: func(u *usageRecord) string {
			if u.Invoice == "" {
				return ""
			}
			return u.Tier2
		}},
		{name: "InvoiceNumber", older: "invoiceNumber", basic: true, of: func(u *usageRecord) string { return u.Invoice }},
		{name: "ProductId", older: "productId", basic: true, of: func(u *usageRecord) string { return u.Meter.product }},
		{name: "SkuId", older: "skuId", basic: true, of: func(u *usageRecord) string { return u.Meter.sku }},
		{name: "AvailabilityId", older: "availabilityId", of: func(u *usageRecord) string { return u.Meter.availability }},
		{name: "SkuName", older: "skuName", basic: true, of: func(u *usageRecord) string { return u.Meter.skuName }},
		{name: "ProductName", older: "productName", of: func(u *usageRecord) string { return u.Meter.productName }},
		{name: "PublisherName", older: "publisherName", basic: true, of: func(*usageRecord) string { return "Microsoft" }},
		{name: "PublisherId", older: "publisherId", of: func(*usageRecord) string { return "" }},
		{name: "SubscriptionDescription", older: "subscriptionDescription", of: func(*usageRecord) string { return azurePlanName }},
		{name: "SubscriptionId", older: "subscriptionId", basic: true, of: func(u *usageRecord) string { return u.Subscription }},
	}
}

func usageMeter() []column[usageRecord] {
	return []column[usageRecord]{
		{name: "ChargeStartDate", older: "chargeStartDate", basic: true, of: func(u *usageRecord) string { return dayText(monthOf(u.On).From) }},
		{name: "ChargeEndDate", older: "chargeEndDate", basic: true, of: func(u *usageRecord) string { return dayText(monthOf(u.On).To) }},
		{name: "UsageDate", older: "usageDate", basic: true, of: func(u *usageRecord) string { return dayText(u.On) }},
		{name: "MeterType", older: "meterType", of: func(u *usageRecord) string { return u.Meter.unit }},
		{name: "MeterCategory", older: "meterCategory", of: func(u *usageRecord) string { return u.Meter.category }},
		{name: "MeterId", older: "meterId", of: func(u *usageRecord) string { return u.MeterID }},
		{name: "MeterSubCategory", older: "meterSubCategory", of: func(u *usageRecord) string { return u.Meter.sub }},
		{name: "MeterName", older: "meterName", of: func(u *usageRecord) string { return u.Meter.name }},
		{name: "MeterRegion", older: "meterRegion", of: func(u *usageRecord) string { return u.Meter.region }},
		{name: "Unit", older: "unitOfMeasure", of: func(u *usageRecord) string { return u.Meter.unit }},
		{name: "ResourceLocation", older: "resourceLocation", of: func(u *usageRecord) string { return u.Meter.location }},
		{name: "ConsumedService", older: "consumedService", of: func(u *usageRecord) string { return u.Meter.service }},
		{name: "ResourceGroup", older: "resourceGroup", of: func(u *usageRecord) string { return u.Group }},
		{name: "ResourceURI", older: "resourceUri", basic: true, of: func(u *usageRecord) string { return u.Resource }},
		{name: "ChargeType", older: "chargeType", basic: true, of: func(*usageRecord) string { return string(chargeNew) }},
		{name: "UnitPrice", older: "unitPrice", kind: numberCell, basic: true, of: func(u *usageRecord) string { return u.UnitPrice.String() }},
		{name: "Quantity", older: "quantity", kind: numberCell, basic: true, of: func(u *usageRecord) string { return u.Quantity.String() }},
		{name: "UnitType", older: "unitType", basic: true, of: func(u *usageRecord) string { return u.Meter.unit }},
	}
}

func usageMoney() []column[usageRecord] {
	return []column[usageRecord]{
		{name: "BillingPreTaxTotal", older: "billingPreTaxTotal", kind: numberCell, basic: true, of: func(u *usageRecord) string { return u.Billed.String() }},
		{name: "BillingCurrency", older: "billingCurrency", basic: true, of: func(u *usageRecord) string { return u.Currency }},
		{name: "PricingPreTaxTotal", older: "pricingPreTaxTotal", kind: numberCell, basic: true, of: func(u *usageRecord) string { return u.Priced.String() }},
		{name: "PricingCurrency", older: "pricingCurrency", basic: true, of: func(*usageRecord) string { return priceCurrency }},
		{name: "ServiceInfo1", older: "serviceInfo1", of: func(*usageRecord) string { return "" }},
		{name: "ServiceInfo2", older: "serviceInfo2", of: func(*usageRecord) string { return "" }},
		{name: "Tags", older: "tags", of: func(u *usageRecord) string { return u.Tags }},
		{name: "AdditionalInfo", older: "additionalInfo", basic: true, of: func(u *usageRecord) string { return u.Info }},
		{name: "EffectiveUnitPrice", older: "effectiveUnitPrice", kind: numberCell, basic: true, of: func(u *usageRecord) string { return u.Effective.String() }},
		{name: "PCToBCExchangeRate", older: "pcToBCExchangeRate", kind: numberCell, basic: true, of: func(u *usageRecord) string { return u.Rate.String() }},
		{older: "pcToBCExchangeRateDate", of: func(u *usageRecord) string { return dayText(u.RateOn) }},
		{name: "EntitlementId", older: "entitlementId", basic: true, of: func(u *usageRecord) string { return u.Entitlement }},
		{name: "EntitlementDescription", older: "entitlementDescription", of: func(u *usageRecord) string { return u.EntitlementName }},
		{
			name: "PartnerEarnedCreditPercentage", older: "rateOfPartnerEarnedCredit", kind: numberCell,
			of: func(u *usageRecord) string { return strconv.FormatInt(u.Credit, 10) }, oldOf: creditRate,
		},
		{name: "CreditPercentage", older: "rateOfCredit", kind: numberCell, basic: true, of: func(u *usageRecord) string { return strconv.FormatInt(u.Credit, 10) }, oldOf: creditRate},
		{name: "CreditType", older: "creditType", basic: true, of: func(u *usageRecord) string {
			if u.Credit == 0 {
				return "Credit Not Applied"
			}
			return "Partner Earned Credit Applied"
		}},
		{name: "BenefitOrderID", older: "benefitOrderId", basic: true, of: func(*usageRecord) string { return "" }},
		{name: "BenefitID", older: "benefitId", of: func(*usageRecord) string { return "" }},
		{name: "BenefitType", older: "benefitType", basic: true, of: func(*usageRecord) string { return "Charge" }},
	}
}

// creditRate is the credit as the older spelling has it: a part of one.
func creditRate(u *usageRecord) string {
	return money.DecimalFrom(money.Fraction(u.Credit, 100), 0, 2).String()
}
