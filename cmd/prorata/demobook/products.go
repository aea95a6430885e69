package demobook

import "prorata/core/billing"

// region says how a sale is taxed. A product has one tax, so each is kept once
// for every region that it is sold in; the sku's ending tells them apart.
type region struct {
	ending string
	tax    string
	// sterling says that list prices are in pounds; in euros elsewhere.
	sterling bool
}

var (
	inGermany = region{ending: "", tax: taxGermany}
	abroad    = region{ending: "-EU", tax: taxReverse}
	inBritain = region{ending: "-UK", tax: taxBritain, sterling: true}

	regions = []region{inGermany, abroad, inBritain}
)

// The names of the taxes, which invoices print.
const (
	taxGermany = "USt. DE 19 %"
	taxBritain = "UK VAT 20 %"
	taxReverse = "Reverse charge (Art. 196 Directive 2006/112/EC)"
	taxExempt  = "Exempt (certified training, § 4 Nr. 21 UStG)"
	taxZero    = "Zero-rated (printed books, VAT Notice 701/10)"
)

var taxes = []billing.Tax{
	{Name: taxGermany, Percent: whole(19)},
	{Name: taxBritain, Percent: whole(20)},
	{Name: taxReverse, Category: billing.ReverseCharge},
	{Name: taxExempt, Category: billing.Exempt},
	{Name: taxZero, Category: billing.ZeroRated},
}

// Classes of products.
const (
	resale  = "resale"
	own     = "ip"
	labour  = "service"
	azure   = "AZURE-PLAN"
	hours   = "ENGINEER-HOURS"
	archive = "ARCHIVE-GB"
)

// soldProducts are those that every region has.
var soldProducts = []billing.Product{
	{SKU: "M365-BB", Name: "Microsoft 365 Business Basic", Class: resale},
	{SKU: "M365-BS", Name: "Microsoft 365 Business Standard", Class: resale},
	{SKU: "M365-BP", Name: "Microsoft 365 Business Premium", Class: resale},
	{SKU: "M365-F3", Name: "Microsoft 365 F3", Class: resale},
	{SKU: "M365-E3", Name: "Microsoft 365 E3", Class: resale},
	{SKU: "M365-E5", Name: "Microsoft 365 E5", Class: resale},
	{SKU: "EXO-P1", Name: "Exchange Online (Plan 1)", Class: resale},
	{SKU: "TEAMS-PHONE", Name: "Microsoft Teams Phone Standard", Class: resale},
	{SKU: "POWERBI-PRO", Name: "Power BI Pro", Class: resale},
	{SKU: "DEFENDER-BUS", Name: "Microsoft Defender for Business", Class: resale},
	{SKU: "ENTRA-P1", Name: "Microsoft Entra ID P1", Class: resale},
	{SKU: "COPILOT-365", Name: "Microsoft 365 Copilot", Class: resale},
	{SKU: "VISIO-P2", Name: "Visio Plan 2", Class: resale},
	{SKU: "PROJECT-P3", Name: "Planner and Project Plan 3", Class: resale},
	{SKU: "W365-E8", Name: "Windows 365 Enterprise 2 vCPU / 8 GB / 128 GB", Class: resale},
	{SKU: "SERVER-CAL", Name: "Windows Server user CAL (subscription)", Class: resale},
	{SKU: azure, Name: "Microsoft Azure plan", Class: resale, Kind: billing.Usage},
	{SKU: "BACKUP-365", Name: "Nordlicht Backup for Microsoft 365", Class: own},
	{SKU: "BACKUP-STORE", Name: "Nordlicht Backup storage (per 500 GB)", Class: own},
	{SKU: "MANAGED-DESK", Name: "Nordlicht Managed Desktop", Class: own, Kind: billing.Service},
	{SKU: "SECURITY-SET", Name: "Nordlicht Security Bundle", Class: own, Kind: billing.Service},
	{SKU: "SUPPORT-SILVER", Name: "Support Silver (8 × 5)", Class: labour, Kind: billing.Service},
	{SKU: "SUPPORT-GOLD", Name: "Support Gold (24 × 7)", Class: labour, Kind: billing.Service},
	{SKU: hours, Name: "Engineering by the hour", Class: labour, Kind: billing.Usage},
	{SKU: archive, Name: "Nordlicht Archive storage, per GB", Class: own, Kind: billing.Usage},
	{SKU: "ONBOARDING", Name: "Onboarding project", Class: labour, Kind: billing.OneTime},
	{SKU: "MIGRATION", Name: "Mailbox migration", Class: labour, Kind: billing.OneTime},
	{SKU: "TRAINING-DAY", Name: "Training day on site", Class: labour, Kind: billing.OneTime},
	{SKU: "GOODWILL", Name: "Goodwill credit", Class: labour, Kind: billing.OneTime},
}

// localProducts have a tax of their own kind, in one country.
var localProducts = []billing.Product{
	{SKU: "TRAINING-CERT", Name: "Certified administrator course, per person", Class: labour, Kind: billing.OneTime, Tax: taxExempt},
	{SKU: "HANDBOOK-UK", Name: "Administrator's handbook (printed)", Class: own, Kind: billing.OneTime, Tax: taxZero},
}

func products() []billing.Product {
	var all []billing.Product
	for _, product := range soldProducts {
		for _, r := range regions {
			p := product
			p.SKU += r.ending
			p.Tax = r.tax
			all = append(all, p)
		}
	}
	return append(all, localProducts...)
}
