package bookfile

import (
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
)

// The words of the files, in the order of the values that they stand for.
var (
	classWords    = []string{"resale", "ip", "service"}
	productWords  = []string{"license", "service", "usage", "one_time"}
	categoryWords = []string{"standard", "reverse_charge", "exempt", "zero"}
	modelWords    = []string{"per_unit", "volume", "graduated", "package", "stairstep"}
	billToWords   = []string{"self", "parent", "reseller"}
	ruleWords     = []string{"cost", "retail"}
	languageWords = []string{"en", "de", "fr", "es", "nl"}
)

const (
	monthly         = "monthly"
	percentMax      = 1_000_000
	unitMonthsMax   = 1200
	paymentDaysMax  = 3660
	addressLinesMax = 12
)

// defaultCurrency is the seller's where the book names none.
const defaultCurrency = "USD"

func seller(f *fields, numbered bool) flow.Seller {
	if numbered {
		f.require("id")
	}
	s := flow.Seller{ID: flow.DefaultSeller, TimeZone: "UTC", Currency: f.currency("currency")}
	if id := f.id("id"); id != "" {
		s.ID = flow.SellerID(id)
	}
	s.Party = party(f)
	if s.Party.Country == "" {
		s.Party.Country = "US"
	}
	if !f.given("currency") {
		s.Currency, _ = money.ParseCurrency(defaultCurrency)
	}
	if zone := f.text("timezone"); zone != "" {
		s.TimeZone = zone
		if !plausibleZone(zone) {
			f.wrong("timezone", "%s is not a time zone (expected for example Europe/Amsterdam)", quote(zone))
		}
	}
	if r := f.sub("remittance"); r != nil {
		s.Remittance = flow.Remittance{
			Bank: r.text("bank"), AccountHolder: r.text("account_holder"), IBAN: r.text("iban"), BIC: r.text("bic"),
			AccountNumber: r.text("account_number"), RoutingNumber: r.text("routing_number"), Note: r.text("note"),
		}
		r.done()
	}
	f.done()
	return s
}

// plausibleZone says whether a text looks like a name of the IANA database;
// whether it is in it is checked where the database is.
func plausibleZone(zone string) bool {
	if len(zone) > 64 || zone[0] < 'A' || zone[0] > 'Z' {
		return false
	}
	for part := range strings.SplitSeq(zone, "/") {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != '+'
		}) {
			return false
		}
	}
	return true
}

func party(f *fields) flow.Party {
	p := flow.Party{
		Name: f.text("name"), Country: f.country("country"), TaxID: f.text("tax_id"),
		RegistrationID: f.text("registration"), Email: f.text("email"), Phone: f.text("phone"),
	}
	if p.Email != "" && !strings.Contains(p.Email, "@") {
		f.wrong("email", "%s is not an e-mail address", quote(p.Email))
	}
	lines := f.list("address")
	if len(lines) > addressLinesMax {
		f.wrong("address", "has %d lines (expected at most %d)", len(lines), addressLinesMax)
		return p
	}
	for i, v := range lines {
		key := indexed("address", i)
		if v.shape != scalar {
			f.wrong("address", "expected a list of lines of text")
			break
		}
		p.Address = append(p.Address, f.plain(key, v, textLengthMax))
	}
	return p
}

func unit(f *fields) billing.Unit {
	f.require("name", "months")
	u := billing.Unit{Name: f.id("name")}
	u.Months, _ = f.whole("months", 1, unitMonthsMax)
	f.done()
	return u
}

func rate(f *fields) billing.Rate {
	f.require("on", "from", "to", "rate")
	r := billing.Rate{On: f.date("on"), From: f.currency("from"), To: f.currency("to")}
	var ok bool
	if r.Rate, ok = f.amount("rate"); ok && r.Rate.Sign() == 0 {
		f.wrong("rate", "is 0 (expected more)")
	}
	if r.From == r.To && !r.From.IsZero() {
		f.wrong("to", "is %s like from (expected another currency)", r.To)
	}
	f.done()
	return r
}

func tax(f *fields) billing.Tax {
	f.require("name")
	t := billing.Tax{Name: f.id("name"), Category: word[billing.TaxCategory](f, "category", categoryWords)}
	percent, given := f.percent("percent", 0, 100)
	if t.Category == billing.Standard {
		t.Percent = percent
		if !given {
			f.require("percent")
		}
	}
	f.done()
	return t
}

func product(f *fields) billing.Product {
	f.require("sku", "name")
	p := billing.Product{SKU: f.id("sku"), Name: f.text("name"), Tax: f.id("tax"), Kind: word[billing.ProductKind](f, "kind", productWords)}
	p.Class = classWords[word[uint8](f, "class", classWords)]
	if p.Tax == "none" {
		p.Tax = ""
	}
	f.done()
	return p
}

func price(f *fields, units *unitTable) billing.PriceRow {
	f.require("sku")
	p := billing.PriceRow{
		SKU: f.id("sku"), List: flow.DefaultList, Currency: f.currency("currency"), Unit: f.unit("unit", units, monthly),
		TermMonths: f.term("term"), Model: word[billing.Model](f, "model", modelWords), From: f.date("from"),
	}
	if name := f.id("list"); name != "" {
		p.List = name
	}
	p.Included, _ = f.amount("included")
	p.Cost, p.HasCost = f.amount("cost")
	p.Retail, p.HasRetail = f.amount("retail")
	p.TaxIncluded, _ = f.flag("tax_included", false)
	p.Price, _ = f.amount("price")
	p.Tiers = tiers(f)
	if r := f.sub("rule"); r != nil {
		p.Rule = rule(r)
	}
	priceShape(f, &p)
	f.done()
	return p
}

// priceShape checks that what is given makes a price of the model.
func priceShape(f *fields, p *billing.PriceRow) {
	shapes := 0
	for _, key := range []string{"price", "tiers", "rule"} {
		if f.given(key) {
			shapes++
		}
	}
	if shapes != 1 {
		f.wrong("price", "expected exactly one of price, tiers and rule, got %d of them", shapes)
	}
	tiered := p.Model == billing.Volume || p.Model == billing.Graduated || p.Model == billing.Stairstep
	if tiered != f.given("tiers") && shapes == 1 {
		f.wrong("model", "%s goes with %s", modelWords[p.Model], map[bool]string{true: "tiers", false: "a price or a rule"}[tiered])
	}
	var ok bool
	if p.Size, ok = f.amount("size"); ok != (p.Model == billing.Package) {
		f.wrong("size", "goes with model package, and package with size")
	} else if ok && p.Size.Sign() == 0 {
		f.wrong("size", "is 0 (expected more)")
	}
}

func tiers(f *fields) []billing.Tier {
	items := f.list("tiers")
	if f.given("tiers") && len(items) == 0 {
		f.wrong("tiers", "expected at least one tier")
	}
	var steps []billing.Tier
	for i, v := range items {
		t := fieldsOf(f.in, indexed(f.pathOf("tiers"), i), v)
		step := billing.Tier{}
		upTo, bounded := t.amount("up_to")
		step.UpTo, step.Open = upTo, !bounded
		step.Price, _ = t.amount("price")
		step.Flat, _ = t.amount("flat")
		if !t.given("price") && !t.given("flat") {
			t.require("price")
		}
		last := i == len(items)-1
		switch {
		case last && bounded:
			t.wrong("up_to", "stands in the last tier (expected none: the last tier is open)")
		case !last && !bounded:
			t.wrong("up_to", "missing, and required in all tiers but the last")
		case i > 0 && bounded && upTo.Cmp(steps[i-1].UpTo) <= 0:
			t.wrong("up_to", "%s is not above the tier before (%s)", upTo, steps[i-1].UpTo)
		}
		t.done()
		steps = append(steps, step)
	}
	return slices.Clip(steps)
}

func rule(f *fields) billing.Rule {
	f.require("of", "percent")
	r := billing.Rule{Of: billing.OfCost + word[billing.RuleOf](f, "of", ruleWords)}
	r.Margin, _ = f.flag("margin", false)
	r.Percent, _ = f.percent("percent", -100, percentMax)
	if r.Margin && r.Percent.Cmp(money.DecimalOf(100)) >= 0 {
		f.wrong("percent", "a margin of %s %% has no price (expected less than 100)", r.Percent)
	}
	f.done()
	return r
}

func account(f *fields) flow.Account {
	f.require("id", "name")
	a := flow.Account{Party: party(f), PurchaseOrder: f.text("purchase_order")}
	a.Account = billing.Account{
		ID: billing.AccountID(f.id("id")), Name: a.Party.Name, Country: a.Party.Country, Currency: f.currency("currency"),
		Parent: billing.AccountID(f.id("parent")), Reseller: billing.AccountID(f.id("reseller")),
		BillTo: word[billing.BillTo](f, "bill_to", billToWords), PriceList: f.id("price_list"),
	}
	a.Consolidated, _ = f.flag("consolidated", false)
	if f.given("language") {
		a.Language = languageWords[word[uint8](f, "language", languageWords)]
	}
	a.PaymentTermsDays, a.HasPaymentTerms = f.whole("payment_terms_days", 0, paymentDaysMax)
	switch {
	case a.BillTo == billing.ToParent && a.Parent == "":
		f.wrong("bill_to", "is parent, and there is no parent")
	case a.BillTo == billing.ToReseller && a.Reseller == "":
		f.wrong("bill_to", "is reseller, and there is no reseller")
	case a.Parent == a.ID && a.ID != "":
		f.wrong("parent", "is the account itself")
	case a.Reseller == a.ID && a.ID != "":
		f.wrong("reseller", "is the account itself")
	}
	f.done()
	return a
}
