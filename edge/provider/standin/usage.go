package standin

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
)

// azurePlan is what the usage of an Azure plan depends on.
type azurePlan struct {
	Customer labels
	// Subscription is the plan's commerce id, Order the order that bought it.
	Subscription, Order string
	// Tier2 is the indirect reseller's MPN id.
	Tier2 string
	// Ran is the days on which the plan was there; no end while it is.
	Ran calendar.Period
	// Managed says that the partner earns its credit.
	Managed bool
}

// meter is one thing that Azure measures, with prices of our own.
type meter struct {
	product, sku, availability string
	productName, skuName       string
	category, sub, name        string
	region, location, service  string
	resourceType, unit         string
	// price is dollars a unit; free units of a month come first.
	price string
	free  int64
	// daily is what a resource uses on an ordinary day, in thousandths.
	daily int64
}

// meters is the catalogue of what is measured.
var meters = []meter{
	{"DZH318Z0BQ35", "00D2", "DZH318Z0CX10", "Virtual Machines Dsv5 Series", "D2s v5 - EU West", "Virtual Machines", "Dsv5 Series", "D2s v5", "EU West", "westeurope", "Microsoft.Compute", "virtualMachines", "1 Hour", "0.115", 0, 24_000},
	{"DZH318Z0BQ35", "00D8", "DZH318Z0CX18", "Virtual Machines Dsv5 Series", "D8s v5 - EU West", "Virtual Machines", "Dsv5 Series", "D8s v5", "EU West", "westeurope", "Microsoft.Compute", "virtualMachines", "1 Hour", "0.4612", 0, 11_500},
	{"DZH318Z0BNZ7", "006K", "DZH318Z08B8K", "Blob Storage", "Hot LRS Data Stored - EU North", "Storage", "Blob Storage", "Hot LRS Data Stored", "EU North", "northeurope", "Microsoft.Storage", "storageAccounts", "1 GB/Month", "0.0199", 0, 41_377},
	{"DZH318Z0BP1C", "00Q4", "DZH318Z0D4Q4", "SQL Database", "General Purpose vCore - EU West", "SQL Database", "Single General Purpose", "vCore", "EU West", "westeurope", "Microsoft.Sql", "servers", "1 Hour", "0.252007", 0, 24_000},
	{"DZH318Z0BQD9", "003L", "DZH318Z0B5D9", "Log Analytics", "Pay-as-you-go Data Ingestion - EU West", "Log Analytics", "Log Analytics", "Data Ingestion", "EU West", "westeurope", "Microsoft.OperationalInsights", "workspaces", "1 GB", "2.99", 5, 1_137},
	{"DZH318Z0BPS6", "01BW", "DZH318Z0BWB1", "Bandwidth", "Standard Data Transfer Out - Zone 1", "Bandwidth", "Rtn Preference: MGN", "Standard Data Transfer Out", "Zone 1", "westeurope", "Microsoft.Network", "publicIPAddresses", "1 GB", "0.0872", 0, 3_219},
}

// earnedCredit is the partner's percentage off what it manages.
const earnedCredit = 15

// usageRecord is one day's use of one meter by one resource, as it is rated.
type usageRecord struct {
	Partner, PartnerName         string
	MPN, Tier2                   string
	Customer                     labels
	Invoice                      string
	Subscription, Order          string
	Entitlement, EntitlementName string
	Meter                        *meter
	MeterID                      string
	Group, Resource              string
	Tags, Info                   string
	On                           calendar.Date
	UnitPrice, Effective         money.Decimal
	Quantity                     money.Decimal
	// Priced is in dollars, Billed in the partner's currency at Rate.
	Priced, Billed money.Decimal
	Currency       string
	Rate           money.Decimal
	RateOn         calendar.Date
	Credit         int64
}

// hash is a number that is the same for the same words for ever.
func hash(words ...string) uint64 {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return binary.BigEndian.Uint64(sum[:8])
}

// guidOf is an id in the shape of a GUID that is the same for the same words.
func guidOf(words ...string) string {
	s := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return fmt.Sprintf("%x-%x-4%03x-a%03x-%x", s[0:4], s[4:6], binary.BigEndian.Uint16(s[6:8])&0xfff, binary.BigEndian.Uint16(s[8:10])&0xfff, s[10:16])
}

// resource is one thing that runs under an Azure plan.
type resource struct {
	entitlement, entitlementName string
	group, uri, tags             string
	meter                        *meter
	meterID                      string
}

// resourcesOf is what runs under a plan: the same for ever, one or two Azure
// subscriptions with a handful of things in each.
func resourcesOf(plan string) []resource {
	var all []resource
	for e := range int(hash(plan, "entitlements")%2) + 1 {
		id := guidOf(plan, "entitlement", fmt.Sprint(e))
		name := []string{"Production", "Test and development"}[e]
		for i := range meters {
			m := &meters[i]
			pick := hash(plan, name, m.sku)
			if pick%5 == 0 {
				continue
			}
			group := []string{"rg-core", "rg-web", "rg-data"}[pick>>8%3]
			all = append(all, resource{
				entitlement: id, entitlementName: name, group: group, meter: m, meterID: guidOf("meter", m.product, m.sku),
				uri:  fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/%s/%s/%s-%02d", id, group, m.service, m.resourceType, strings.ToLower(m.resourceType[:2]), pick>>16%20),
				tags: fmt.Sprintf(`{"costcenter":"%d","env":%q}`, 4000+pick>>24%7*10, []string{"prod", "test"}[e]),
			})
		}
	}
	return all
}

// usageMonth is a plan's usage in a month as it is known at an instant. Records
// come about a day after they were used; some come a day late, and some are first
// reported short and set right a day later.
func usageMonth(plan azurePlan, month calendar.Period, at time.Time) []usageRecord {
	var records []usageRecord
	for _, r := range resourcesOf(plan.Subscription) {
		used := money.Ratio{}
		for day := calendar.Latest(month.From, plan.Ran.From); day.Before(calendar.Earliest(month.To, plan.Ran.To)); day = day.AddDays(1) {
			quantity, known := usedOn(plan.Subscription, &r, day, at)
			if !known {
				continue
			}
			free := money.Max(money.Whole(0), money.Min(quantity, money.Whole(r.meter.free).Sub(used)))
			used = used.Add(quantity)
			if free.Sign() > 0 {
				records = append(records, ratedDay(plan, &r, day, free, "0"))
			}
			if rest := quantity.Sub(free); rest.Sign() > 0 {
				records = append(records, ratedDay(plan, &r, day, rest, r.meter.price))
			}
		}
	}
	return records
}

// usageDelay is how long after its day's end a record is there.
const usageDelay = 6 * time.Hour

// usedOn is a resource's quantity of a day, and whether it is known yet.
func usedOn(plan string, r *resource, day calendar.Date, at time.Time) (money.Ratio, bool) {
	luck := hash(plan, r.uri, r.meter.sku, day.String())
	known := midnight(day.AddDays(1)).Add(usageDelay)
	if luck%11 == 0 {
		known = known.Add(24 * time.Hour)
	}
	if at.Before(known) {
		return money.Ratio{}, false
	}
	// In millionths: 70 % to 120 % of an ordinary day.
	micro := r.meter.daily * int64(700_000+luck>>8%500_000) / 1_000
	if luck%13 == 0 && at.Before(known.Add(24*time.Hour)) {
		micro = micro * 3 / 4
	}
	return money.Fraction(micro, 1_000_000), true
}

func ratedDay(plan azurePlan, r *resource, day calendar.Date, quantity money.Ratio, price string) usageRecord {
	u := usageRecord{
		Customer: plan.Customer, Subscription: plan.Subscription, Order: plan.Order,
		Entitlement: r.entitlement, EntitlementName: r.entitlementName, Meter: r.meter, MeterID: r.meterID,
		Group: r.group, Resource: r.uri, Tags: r.tags, On: day, UnitPrice: figure(price), Quantity: money.DecimalFrom(quantity, 0, 6),
	}
	if plan.Managed {
		u.Credit = earnedCredit
	}
	effective := u.UnitPrice.Ratio().Mul(money.Fraction(100-u.Credit, 100))
	u.Effective = money.DecimalFrom(effective, 0, priceDigits)
	u.Priced = money.DecimalFrom(effective.Mul(quantity), 0, 15)
	return u
}

// figure is a decimal that stands in this package's own text.
func figure(text string) money.Decimal {
	d, err := money.ParseDecimal(text)
	if err != nil {
		panic("standin: " + err.Error() + ": " + text)
	}
	return d
}
