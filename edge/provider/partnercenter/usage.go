package partnercenter

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"iter"
	"strconv"
	"strings"

	"prorata/core/calendar"
	"prorata/flow"
)

// usageAliases are other spellings of the columns of daily rated usage.
var usageAliases = map[string]string{
	"unitofmeasure": "unit", "resourceid": "resourceuri", "date": "usagedate", "customertenantid": "customerid",
}

var usageLayout = layout{
	what: "daily rated usage", aliases: usageAliases,
	required: []string{"CustomerId", "SubscriptionId", "UsageDate", "Quantity", "BillingPreTaxTotal", "BillingCurrency"},
}

// DailyUsage reads daily rated usage (Azure plan), billed or not, in each of its
// spellings: the portal's CSV, the exports' JSON lines, the older API's pages. A
// record is one day's; its cost is the total before tax in the partner's billing
// currency, as Microsoft computed it; credits are negative.
//
// A record's key is the same in every file that carries the record, however it is
// spelled there. Records that are alike in all that the key is made of are told
// apart by their order. The exports' basic attributes lack what the key needs
// (the meter): ask for the full ones.
func DailyUsage(name string, r io.Reader) iter.Seq2[flow.RatedUsage, error] {
	return func(yield func(flow.RatedUsage, error) bool) {
		newUsageReader().read(rowsOf(name, r, usageLayout, allow(0)), yield)
	}
}

// usageReader reads the records of one invoice or one open month, which may lie
// in several files.
type usageReader struct {
	// seen counts the records of each key: 24 bytes of memory for a record.
	seen map[[16]byte]uint32
}

func newUsageReader() *usageReader { return &usageReader{seen: map[[16]byte]uint32{}} }

// read is false where whoever reads wants no more.
func (u *usageReader) read(rows iter.Seq2[*row, error], yield func(flow.RatedUsage, error) bool) bool {
	for v, err := range valuesOf(rows, func(r *row) flow.RatedUsage { return ratedUsage(r, u.seen) }) {
		if !yield(v, err) {
			return false
		}
	}
	return true
}

func ratedUsage(r *row, seen map[[16]byte]uint32) flow.RatedUsage {
	u := flow.RatedUsage{
		At: r.source(), Invoice: r.text("invoicenumber"), Customer: r.need("customerid"), CustomerName: r.text("customername"),
		Subscription: r.need("subscriptionid"), Entitlement: r.text("entitlementid"), EntitlementName: r.text("entitlementdescription"),
		SKUName: r.text("skuname"), ProductName: r.text("productname"), Publisher: r.text("publishername"),
		Meter: r.text("meterid"), MeterName: r.text("metername"), MeterCategory: r.text("metercategory"), MeterRegion: r.text("meterregion"),
		ResourceGroup: r.text("resourcegroup"), Resource: r.text("resourceuri"), ChargeType: r.text("chargetype"), CreditType: r.text("credittype"),
		Unit: r.text("unit"), Quantity: r.needNumber("quantity"), Cost: r.needNumber("billingpretaxtotal"), Currency: r.currency("billingcurrency"),
	}
	if product := r.text("productid"); product != "" {
		u.SKU = product + ":" + r.text("skuid")
	}
	if day := r.day("usagedate"); !day.IsZero() {
		u.Period = calendar.Period{From: day, To: day.AddDays(1)}
	}
	if u.PriceTotal, u.HasPriceTotal = r.number("pricingpretaxtotal"); u.HasPriceTotal {
		u.PriceCurrency = r.currency("pricingcurrency")
	}
	if len(r.wrong.list) == 0 {
		u.Key = usageKey(r, &u, seen)
	}
	return u
}

// usageKey names a record by what it is for, not by how much it was: a
// restatement of its quantity is the same record.
func usageKey(r *row, u *flow.RatedUsage, seen map[[16]byte]uint32) string {
	price := r.text("effectiveunitprice")
	if d, given := r.number("effectiveunitprice"); given {
		price = d.Trim(0).String()
	}
	hash := sha256.New()
	for _, part := range []string{
		u.Period.From.String(), u.Customer, u.Subscription, u.Entitlement, u.Resource, u.Meter, u.SKU, u.ChargeType, u.CreditType,
		r.text("benefitorderid"), r.text("benefitid"), price,
	} {
		hash.Write([]byte(strings.ToLower(part) + "\x00"))
	}
	key := [16]byte(hash.Sum(nil))
	text := hex.EncodeToString(key[:])
	if n := seen[key]; n > 0 {
		text += "-" + strconv.FormatUint(uint64(n), 10)
	}
	seen[key]++
	return text
}
