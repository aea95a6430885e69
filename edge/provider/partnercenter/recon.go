package partnercenter

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"iter"
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// reconLayout knows the row of an invoice in all its spellings. A row of new
// commerce has a subtotal, one of the usage before it a total after tax.
var reconLayout = layout{
	what: "reconciliation data of an invoice",
	aliases: map[string]string{
		"resellermpnid": "reseller", "tier2mpnid": "reseller", "totalforcustomer": "total", "posttaxtotal": "total", "tax": "taxtotal", "taxamount": "taxtotal",
		"pretaxcharges": "subtotal", "customercompanyname": "customername", "customertenantid": "customerid", "invoiceid": "invoicenumber",
		"unitofmeasure": "unit", "unittype": "unit", "alternateorderid": "alternateid",
	},
	required: []string{"Subtotal", "Currency", "ChargeType", "SubscriptionId"},
	marks:    []string{"EffectiveUnitPrice", "BillableQuantity", "TermAndBillingCycle", "BillingFrequency", "ReferenceId", "PricingCurrency"},
	marked:   []string{"CustomerId", "InvoiceNumber", "ChargeStartDate", "ChargeEndDate", "EffectiveUnitPrice"},
}

// Reconciliation reads the rows of invoices, or what is not billed yet, in each
// spelling: the portal's CSV (with its old and its announced headers), the
// exports' JSON lines, the pages of the older API, all packed or not; and the
// license and usage files from before new commerce, far enough to add them up.
//
// Amounts are taken as they are. The last day of a charge or term, which
// Microsoft includes, becomes the first day after. A row's ID is made of what it
// is for and what it costs, so that the order of rows does not matter; rows alike
// in all of that are numbered.
func Reconciliation(name string, r io.Reader) iter.Seq2[flow.ProviderLine, error] {
	return ReconciliationOf("", name, r)
}

// ReconciliationOf is Reconciliation for one partner, known by the id of their tenant: a
// row of another's is a mistake. Where the partner is known by a domain alone, or not at
// all, rows say nothing against them.
func ReconciliationOf(partner, name string, r io.Reader) iter.Seq2[flow.ProviderLine, error] {
	return func(yield func(flow.ProviderLine, error) bool) {
		reader := newReconReader()
		if tenantID(partner) {
			reader.partner = partner
		}
		reader.read(rowsOf(name, r, reconLayout, allow(0)), yield)
	}
}

// tenantID says whether a text is the id of a tenant: hexadecimal digits in five groups.
func tenantID(text string) bool {
	groups := strings.Split(text, "-")
	if len(groups) != 5 {
		return false
	}
	for i, digits := range [...]int{8, 4, 4, 4, 12} {
		if len(groups[i]) != digits || strings.Trim(strings.ToLower(groups[i]), "0123456789abcdef") != "" {
			return false
		}
	}
	return true
}

// reconReader reads the rows of one invoice, which may lie in several files.
type reconReader struct {
	// partner is the only one whose rows are taken; empty for any.
	partner string
	// seen counts the rows of each ID.
	seen map[[16]byte]uint32
	// types and terms remember words already read; they are few.
	types map[string]billing.ChargeType
	terms map[string]int
	key   []byte
}

// wordsMax bounds what is remembered.
const wordsMax = 4096

func newReconReader() *reconReader {
	return &reconReader{seen: map[[16]byte]uint32{}, types: map[string]billing.ChargeType{}, terms: map[string]int{}}
}

// read is false where whoever reads wants no more.
func (c *reconReader) read(rows iter.Seq2[*row, error], yield func(flow.ProviderLine, error) bool) bool {
	for line, err := range valuesOf(rows, c.line) {
		if !yield(line, err) {
			return false
		}
	}
	return true
}

func (c *reconReader) line(r *row) flow.ProviderLine {
	l := flow.ProviderLine{
		At: r.source(), Invoice: r.text("invoicenumber"), Customer: strings.TrimPrefix(r.text("customerid"), "org:"), CustomerName: r.text("customername"),
		Reseller: partnerOf(r.text("reseller")), Holding: r.text("subscriptionid"), Order: r.text("orderid"),
		Description: r.text("subscriptiondescription"), Unit: r.text("unit"),
	}
	if theirs := r.text("partnerid"); c.partner != "" && theirs != "" && !strings.EqualFold(theirs, c.partner) {
		r.wrong.add(r.spelled("partnerid"), "%s is another partner (expected %s, whose connection this is)", quote(theirs), c.partner)
	}
	l.Charge.Type = c.chargeType(r.text("chargetype"))
	l.Charge.Cost, l.Charge.Currency = r.needNumber("subtotal"), r.currency("currency")
	l.Tax, _ = r.number("taxtotal")
	var given bool
	if l.Total, given = r.number("total"); !given {
		l.Total = l.Charge.Cost.Add(l.Tax)
	}
	if from := r.instant("subscriptionstartdate"); !from.IsZero() {
		l.Term = calendar.Period{From: dayOf(from), To: r.dayAfter("subscriptionenddate")}
	}
	l.OrderedAt = r.instant("orderdate")
	r.chargePeriod(&l)
	switch {
	case r.has("effectiveunitprice") || !(r.has("consumedquantity") || r.has("durableofferid") || r.has("offerid")):
		c.commerce(r, &l)
	case r.has("consumedquantity"):
		r.legacyUsage(&l)
	default:
		r.legacyLicense(&l)
	}
	if l.Charge.Quantity.Sign() < 0 {
		l.Charge.Quantity, l.Charge.EffectivePrice = l.Charge.Quantity.Neg(), l.Charge.EffectivePrice.Neg()
	}
	if len(r.wrong.list) == 0 {
		l.Charge.ID = c.id(r, &l)
	}
	return l
}

// commerce is what a row of new commerce alone has.
func (c *reconReader) commerce(r *row, l *flow.ProviderLine) {
	l.AlternateOrder, l.Reference = r.text("alternateid"), r.text("referenceid")
	l.Product, l.SKUName, l.Publisher = r.text("productname"), r.text("skuname"), r.text("publishername")
	l.TermText, l.Promotion, l.Credit = r.text("termandbillingcycle"), r.text("promotionid"), r.text("creditreasoncode")
	l.Meter, l.Reservation, l.Category = r.text("meterdescription"), r.text("reservationorderid"), r.text("productcategory")
	l.Qualifiers = qualifiersOf(r.text("productqualifiers"))
	if l.Adjustments = r.text("priceadjustmentdescription"); l.Adjustments == "" {
		l.Adjustments = r.text("discountdetails")
	}
	if product := r.text("productid"); product != "" {
		l.Charge.SKU = product + ":" + r.text("skuid")
	}
	var given bool
	if l.Charge.Quantity, given = r.number("billablequantity"); !given {
		l.Charge.Quantity = r.needNumber("quantity")
	}
	l.Charge.UnitPrice, _ = r.number("unitprice")
	l.Charge.EffectivePrice = r.needNumber("effectiveunitprice")
	l.Billing, _ = parseCycle(r.text("billingfrequency"))
	if l.TermMonths = c.term(l.TermText); l.TermMonths == 0 && !l.Term.To.IsZero() {
		l.TermMonths = monthsOf(l.Term)
	}
	if r.text("pricingcurrency") != "" {
		l.PriceCurrency = r.currency("pricingcurrency")
	}
	if l.Rate, l.HasRate = r.number("pctobcexchangerate"); l.HasRate {
		l.RateOn = dayOf(r.instant("pctobcexchangeratedate"))
	}
}

// legacyLicense is a row of the license file from before new commerce. It has no
// price that was used: that is the amount for one seat.
func (r *row) legacyLicense(l *flow.ProviderLine) {
	l.Product, l.TermText, l.Category = r.text("offername"), r.text("billingcycletype"), "legacy license"
	if l.Charge.SKU = r.text("durableofferid"); l.Charge.SKU == "" {
		l.Charge.SKU = r.text("offerid")
	}
	l.Billing, _ = parseCycle(l.TermText)
	l.Charge.Quantity, l.Charge.UnitPrice = r.needNumber("quantity"), r.needNumber("unitprice")
	l.Charge.EffectivePrice = perUnit(l.Charge.Cost, l.Charge.Quantity)
}

// legacyUsage is a row of the Azure usage file from before new commerce.
func (r *row) legacyUsage(l *flow.ProviderLine) {
	l.Product, l.SKUName, l.Category = r.text("servicename"), r.text("resourcename"), "legacy usage"
	l.Charge.SKU, l.Meter = r.text("sku"), r.text("resourceguid")
	if l.Charge.SKU == "" {
		l.Charge.SKU = l.Meter
	}
	l.Billing, _ = parseCycle(r.text("billingcycletype"))
	l.Charge.Quantity = r.needNumber("consumedquantity")
	l.Charge.UnitPrice, _ = r.number("listprice")
	var given bool
	if l.Charge.EffectivePrice, given = r.number("pretaxeffectiverate"); !given {
		l.Charge.EffectivePrice = perUnit(l.Charge.Cost, l.Charge.Quantity)
	}
}

// perUnit is an amount for one of a quantity, to ten places.
func perUnit(amount, quantity money.Decimal) money.Decimal {
	const places = 10
	if quantity.IsZero() {
		return money.Decimal{}
	}
	return money.DecimalFrom(amount.Ratio().Div(quantity.Ratio()), 0, places)
}

// chargePeriod is the days that a row pays for. Without an end (what is bought
// once) it is the first day; without a start, the day of the order.
func (r *row) chargePeriod(l *flow.ProviderLine) {
	from, to := dayOf(r.instant("chargestartdate")), r.dayAfter("chargeenddate")
	if from.IsZero() && r.text("chargestartdate") == "" {
		from = dayOf(l.OrderedAt)
	}
	switch {
	case from.IsZero() && len(r.wrong.list) == 0:
		r.wrong.add(r.spelled("chargestartdate"), "is empty, and so is the order's date: one of them is required")
	case to.IsZero():
		to = from.AddDays(1)
	case !from.Before(to):
		r.wrong.add(r.spelled("chargeenddate"), "%s is before the start (%s)", quote(r.text("chargeenddate")), from)
	}
	l.Charge.Period = calendar.Period{From: from, To: to}
}

// dayAfter is the day after an inclusive last day; no day where the cell is empty
// or stands for no end.
func (r *row) dayAfter(column string) calendar.Date {
	at := r.instant(column)
	if at.IsZero() || at.Year() >= openYear {
		return calendar.Date{}
	}
	return dayOf(at).AddDays(1)
}

func (c *reconReader) chargeType(word string) billing.ChargeType {
	kind, ok := c.types[word]
	if !ok {
		if kind = chargeTypes[columnName(word)]; len(c.types) < wordsMax {
			c.types[word] = kind
		}
	}
	return kind
}

func (c *reconReader) term(text string) int {
	months, ok := c.terms[text]
	if !ok {
		if months = termOf(text); len(c.terms) < wordsMax {
			c.terms[text] = months
		}
	}
	return months
}

// id names a row by what it is for and what it costs. What differs between the
// spellings of one row stays out: how exactly the order is timed, whose name it
// bears, what the charge type is called.
func (c *reconReader) id(r *row, l *flow.ProviderLine) string {
	key := c.key[:0]
	for _, part := range []string{l.Invoice, l.Customer, l.Holding, l.Order, l.Reference, l.Charge.SKU, l.Meter, l.Reservation, l.Promotion, l.Credit} {
		key = append(appendLower(key, part), 0)
	}
	key = append(key, l.Charge.Type.String()...)
	if l.Charge.Type == billing.ChargeOther {
		key = appendLower(key, r.text("chargetype"))
	}
	key = append(l.Charge.Period.From.AppendTo(append(key, 0)), 0)
	key = append(l.Charge.Period.To.AppendTo(key), 0)
	for _, d := range []money.Decimal{l.Charge.Quantity, l.Charge.EffectivePrice, l.Charge.Cost, l.Tax} {
		key = append(appendShort(key, d), 0)
	}
	key = append(key, l.Charge.Currency.String()...)
	c.key = key
	sum := sha256.Sum256(key)
	name := [16]byte(sum[:16])
	n := c.seen[name]
	c.seen[name] = n + 1
	text := hex.AppendEncode(make([]byte, 0, 2*len(name)), name[:])
	if n > 0 {
		text = strconv.AppendUint(append(text, '-'), uint64(n), 10)
	}
	return string(text)
}

func appendLower(to []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		b := text[i]
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		to = append(to, b)
	}
	return to
}

// appendShort writes a number without zeros at its end: 12.50 is 12.5.
func appendShort(to []byte, d money.Decimal) []byte {
	start := len(to)
	to = d.AppendTo(to)
	if d.Digits() == 0 {
		return to
	}
	for to[len(to)-1] == '0' && len(to) > start+1 {
		to = to[:len(to)-1]
	}
	if to[len(to)-1] == '.' {
		to = to[:len(to)-1]
	}
	return to
}
