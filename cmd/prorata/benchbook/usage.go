package benchbook

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strings"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
)

// meteredSKU is the product of the metered subscriptions.
const meteredSKU = "METERED"

// MeteredNouns are the product that usage is recorded on, beside Nouns.
func MeteredNouns() []flow.Intake {
	product := billing.Product{SKU: meteredSKU, Name: "Pay as you go", Class: "resale", Kind: billing.Usage, Tax: "vat19"}
	return append(Nouns(), flow.Intake{Product: &product})
}

// MeteredContracts are so many contracts with one metered subscription each.
func MeteredContracts(contracts int) iter.Seq[Contract] {
	return func(yield func(Contract) bool) {
		for made := range Contracts(Size{Contracts: contracts}) {
			start := made.Contract.Start
			made.Subscriptions = []billing.Subscription{{
				ID: metered(made.Contract.ID), Contract: made.Contract.ID, SKU: meteredSKU, Kind: billing.Usage, Tax: "vat19", Billing: monthly, PriceUnit: monthly,
				Entries: []billing.Entry{{Verb: billing.Subscribe, RecordedOn: start, KnownOn: start, EffectiveOn: start, Quantity: money.DecimalOf(1), HasQuantity: true}},
			}}
			if !yield(made) {
				return
			}
		}
	}
}

const meteredEnd = "-plan"

func metered(contract billing.ContractID) billing.SubscriptionID {
	return billing.SubscriptionID(contract + meteredEnd)
}

// MeteredContract is the contract of a metered subscription.
func MeteredContract(id billing.SubscriptionID) billing.ContractID {
	return billing.ContractID(strings.TrimSuffix(string(id), meteredEnd))
}

// usageHeader is that of the provider's file of daily rated usage, as far as it
// says anything about a record.
var usageHeader = []string{"PartnerId", "PartnerName", "CustomerId", "CustomerName", "CustomerDomainName", "CustomerCountry", "MpnId", "Tier2MpnId", "InvoiceNumber", "ProductId",
	"SkuId", "AvailabilityId", "SkuName", "ProductName", "PublisherName", "PublisherId", "SubscriptionDescription", "SubscriptionId", "ChargeStartDate", "ChargeEndDate",
	"UsageDate", "MeterType", "MeterCategory", "MeterId", "MeterSubCategory", "MeterName", "MeterRegion", "Unit", "ResourceLocation", "ConsumedService", "ResourceGroup",
	"ResourceURI", "ChargeType", "UnitPrice", "Quantity", "UnitType", "BillingPreTaxTotal", "BillingCurrency", "PricingPreTaxTotal", "PricingCurrency", "ServiceInfo1",
	"ServiceInfo2", "Tags", "AdditionalInfo", "EffectiveUnitPrice", "PCToBCExchangeRate", "PCToBCExchangeRateDate", "EntitlementId", "EntitlementDescription",
	"PartnerEarnedCreditPercentage", "CreditPercentage", "CreditType", "BenefitOrderId", "BenefitId", "BenefitType"}

// UsageFile writes so many records of January's daily rated usage of the metered
// subscriptions, day by day as a provider does: each day has all of them, with as
// many meters as it takes.
func UsageFile(to io.Writer, contracts, records int) error {
	buffered := bufio.NewWriterSize(to, 1<<20)
	w := csv.NewWriter(buffered)
	if err := w.Write(usageHeader); err != nil {
		return err
	}
	month := January()
	daily := contracts * month.Days()
	meters := (records + daily - 1) / daily
	for n := range records {
		day, rest := n/(contracts*meters), n%(contracts*meters)
		if err := w.Write(usageRow(month.From.AddDays(day).String(), rest/meters, rest%meters)); err != nil {
			return err
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return err
	}
	return buffered.Flush()
}

func usageRow(on string, contract, meter int) []string {
	id := fmt.Sprintf("c%08d", contract)
	cents := int64(3 + (contract+meter)%900)
	cost := centsText(cents)
	resource := fmt.Sprintf("/subscriptions/%s-plan/resourceGroups/rg%d/providers/Microsoft.Compute/virtualMachines/vm%d", id, meter%7, meter)
	return []string{"11111111-2222-3333-4444-555555555555", "Partner", "a" + id, "Customer " + id, "customer.example", "DE", "1234567", "", ProviderInvoice, "DZH318Z0BPS6",
		"0001", "AV", "Plan", "Azure plan", "Microsoft", "", "Azure plan", string(metered(billing.ContractID(id))), "2026-01-01", "2026-01-31",
		on, "1 Hour", "Virtual Machines", fmt.Sprintf("meter-%04d", meter), "D series", "D2", "EU West", "1 Hour", "EUWEST", "Microsoft.Compute", fmt.Sprintf("rg%d", meter%7),
		resource, "new", "0.01", fmt.Sprint(cents), "1 Hour", cost, "EUR", cost, "EUR", "",
		"", `{"env":"bench"}`, "", "0.01", "1", "2026-01-01", "ent-" + id, "Azure subscription",
		"0", "100", "", "", "", ""}
}
