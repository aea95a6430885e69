package bookfile

import (
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// encoder collects the keys of one noun; what is as it would be without the key
// is left out.
type encoder struct{ of []field }

func (e *encoder) put(key string, v value) { e.of = append(e.of, field{key: key, value: v}) }

// text puts free text, word what needs no quotes.
func (e *encoder) text(key, text string) {
	if text != "" {
		e.put(key, value{text: text, quoted: true})
	}
}

func (e *encoder) word(key, text, unless string) {
	if text != unless {
		e.put(key, value{text: text})
	}
}

func (e *encoder) name(key, text, unless string) {
	if text != unless {
		e.text(key, text)
	}
}

func (e *encoder) decimal(key string, d money.Decimal, given bool) {
	if given {
		e.put(key, value{text: d.String()})
	}
}

func (e *encoder) number(key string, n int, given bool) {
	if given {
		e.put(key, value{text: strconv.Itoa(n)})
	}
}

func (e *encoder) date(key string, d calendar.Date)      { e.word(key, d.String(), "") }
func (e *encoder) currency(key string, c money.Currency) { e.word(key, c.String(), "") }

func (e *encoder) flag(key string, is, unless bool) {
	if is != unless {
		e.put(key, value{text: strconv.FormatBool(is)})
	}
}

func (e *encoder) term(key string, months int) {
	if months != 0 {
		e.put(key, value{text: termText(months)})
	}
}

func (e *encoder) sub(key string, of []field) {
	if len(of) > 0 {
		e.put(key, value{shape: mapping, fields: of})
	}
}

// encode is a noun and its keys in the order that people read them.
func encode(v flow.Intake) (noun string, of []field) {
	e := &encoder{}
	switch {
	case v.Seller != nil:
		e.seller(v.Seller)
		return Sellers, e.of
	case v.Unit != nil:
		e.text("name", v.Unit.Name)
		e.number("months", v.Unit.Months, true)
		return Units, e.of
	case v.Rate != nil:
		e.date("on", v.Rate.On)
		e.currency("from", v.Rate.From)
		e.currency("to", v.Rate.To)
		e.decimal("rate", v.Rate.Rate, true)
		return Rates, e.of
	case v.Tax != nil:
		e.text("name", v.Tax.Name)
		e.decimal("percent", v.Tax.Percent, v.Tax.Category == billing.Standard)
		e.word("category", categoryWords[v.Tax.Category], categoryWords[0])
		return Taxes, e.of
	case v.Product != nil:
		e.text("sku", v.Product.SKU)
		e.text("name", v.Product.Name)
		if v.Product.Class != "" {
			e.word("class", v.Product.Class, classWords[0])
		}
		e.word("kind", productWords[v.Product.Kind], productWords[0])
		e.text("tax", v.Product.Tax)
		return Products, e.of
	case v.Price != nil:
		e.price(v.Price)
		return Prices, e.of
	case v.Account != nil:
		e.account(v.Account)
		return Accounts, e.of
	case v.Contract != nil:
		e.contract(v.Contract)
		return Contracts, e.of
	case v.Event != nil:
		e.event(v.Event)
		return Events, e.of
	}
	return "", nil
}

func (e *encoder) seller(s *flow.Seller) {
	e.text("id", string(s.ID))
	e.party(&s.Party)
	e.currency("currency", s.Currency)
	e.name("timezone", s.TimeZone, "")
	r := &encoder{}
	r.text("bank", s.Remittance.Bank)
	r.text("account_holder", s.Remittance.AccountHolder)
	r.text("iban", s.Remittance.IBAN)
	r.text("bic", s.Remittance.BIC)
	r.text("account_number", s.Remittance.AccountNumber)
	r.text("routing_number", s.Remittance.RoutingNumber)
	r.text("note", s.Remittance.Note)
	e.sub("remittance", r.of)
}

func (e *encoder) party(p *flow.Party) {
	e.text("name", p.Name)
	e.text("country", p.Country)
	if len(p.Address) > 0 {
		lines := value{shape: list}
		for _, line := range p.Address {
			lines.items = append(lines.items, value{text: line, quoted: true})
		}
		e.put("address", lines)
	}
	e.text("tax_id", p.TaxID)
	e.text("registration", p.RegistrationID)
	e.text("email", p.Email)
	e.text("phone", p.Phone)
}

func (e *encoder) price(p *billing.PriceRow) {
	e.text("sku", p.SKU)
	e.name("list", p.List, flow.DefaultList)
	e.currency("currency", p.Currency)
	e.name("unit", p.Unit.Name, monthly)
	e.term("term", p.TermMonths)
	e.word("model", modelWords[p.Model], modelWords[0])
	switch {
	case len(p.Tiers) > 0:
		steps := value{shape: list}
		for _, t := range p.Tiers {
			step := &encoder{}
			step.decimal("up_to", t.UpTo, !t.Open)
			step.decimal("price", t.Price, true)
			step.decimal("flat", t.Flat, t.Flat != money.Decimal{})
			steps.items = append(steps.items, value{shape: mapping, fields: step.of})
		}
		e.put("tiers", steps)
	case p.Rule.Of != billing.NoRule:
		r := &encoder{}
		r.word("of", ruleWords[p.Rule.Of-billing.OfCost], "")
		r.decimal("percent", p.Rule.Percent, true)
		r.flag("margin", p.Rule.Margin, false)
		e.sub("rule", r.of)
	default:
		e.decimal("price", p.Price, true)
	}
	e.decimal("size", p.Size, p.Model == billing.Package)
	e.decimal("included", p.Included, p.Included != money.Decimal{})
	e.decimal("cost", p.Cost, p.HasCost)
	e.decimal("retail", p.Retail, p.HasRetail)
	e.date("from", p.From)
	e.flag("tax_included", p.TaxIncluded, false)
}

func (e *encoder) account(a *flow.Account) {
	e.text("id", string(a.ID))
	e.party(&a.Party)
	e.text("parent", string(a.Parent))
	e.text("reseller", string(a.Reseller))
	e.word("bill_to", billToWords[a.BillTo], billToWords[0])
	e.currency("currency", a.Currency)
	e.text("price_list", a.PriceList)
	e.flag("consolidated", a.Consolidated, false)
	e.word("language", a.Language, "")
	e.text("purchase_order", a.PurchaseOrder)
	e.number("payment_terms_days", a.PaymentTermsDays, a.HasPaymentTerms)
}

func (e *encoder) contract(c *flow.Contract) {
	e.text("id", string(c.ID))
	e.text("account", string(c.Account))
	e.text("seller", string(c.Seller))
	e.currency("currency", c.Currency)
	e.word("schedule", scheduleWords[c.Schedule], scheduleWords[0])
	e.name("frequency", c.Frequency.Name, monthly)
	e.date("start", c.Start)
	e.date("end", c.End)
	e.word("timing", timingWords[c.Timing], timingWords[0])
	e.date("next_invoice", c.NextInvoice)
	e.number("offset", c.OffsetDays, c.OffsetDays != 0)
	e.word("collect", collectWords[c.Collect], collectWords[0])
	e.word("proration", prorationWords[c.Proration], prorationWords[0])
	e.changes(c.Changes)
	switch c.Refunds.Policy {
	case billing.RefundProrated:
	case billing.RefundNone:
		e.word("refunds", refundsWords[1], "")
	case billing.RefundWithinDays:
		e.sub("refunds", []field{{key: "within_days", value: value{text: strconv.Itoa(c.Refunds.Days)}}})
	}
	e.word("reductions", reductionsWords[c.Reductions], reductionsWords[0])
	e.discount(c.Discount)
	e.text("price_list", c.PriceList)
	e.word("rate_policy", rateWords[c.RatePolicy], rateWords[0])
	e.flag("bill_suspended", !c.SuspendedFree, true)
	if c.Stick {
		e.word("month_end", monthEndWords[1], "")
	}
	e.text("purchase_order", c.PurchaseOrder)
}

func (e *encoder) changes(c billing.Changes) {
	switch c.Policy {
	case billing.WithNextInvoice:
	case billing.Immediately:
		e.word("changes", changesWords[1], "")
	case billing.AtRenewal:
		e.word("changes", changesWords[2], "")
	case billing.Weekly:
		e.sub("changes", []field{{key: "weekly", value: value{text: weekdayWords[c.Day]}}})
	case billing.Monthly:
		e.sub("changes", []field{{key: "monthly", value: value{text: strconv.Itoa(c.Day)}}})
	}
}

func (e *encoder) discount(d billing.Discount) {
	if d == (billing.Discount{}) {
		return
	}
	of := &encoder{}
	of.decimal("percent", d.Percent, true)
	if d.Initial {
		of.word("on", initialWords[1], "")
	}
	of.date("from", d.From)
	of.date("to", d.To)
	e.sub("discount", of.of)
}

func (e *encoder) event(v *flow.Event) {
	e.date("on", v.On)
	if v.Effective != v.On {
		e.date("effective", v.Effective)
	}
	e.word("do", verbWords[v.Do], "")
	e.text("contract", string(v.Contract))
	e.text("subscription", string(v.Subscription))
	e.text("account", string(v.Account))
	e.text("id", v.ID)
	e.text("event", v.Voids)
	e.text("sku", v.SKU)
	switch v.Do {
	case flow.DoQuantity:
		e.decimal("to", v.Quantity, true)
	case flow.DoPrice:
		e.decimal("to", v.Price, true)
	default:
		e.date("from", v.Period.From)
		e.date("to", v.Period.To)
		e.decimal("quantity", v.Quantity, v.HasQuantity)
		e.decimal("price", v.Price, v.HasPrice)
	}
	if v.Do == flow.DoCharge {
		e.word("type", v.Row.Type.String(), "")
		e.decimal("unit_price", v.Row.UnitPrice, true)
		e.decimal("effective_price", v.Row.EffectivePrice, true)
	}
	e.decimal("cost", v.Cost, v.HasCost)
	e.decimal("retail", v.Retail, v.HasRetail)
	if v.Do == flow.DoListPrice {
		e.name("list", v.List, flow.DefaultList)
	}
	e.currency("currency", v.Currency)
	e.term("term", v.TermMonths)
	e.text("billing", v.Billing.Name)
	if v.Unit.Name != monthly {
		e.text("unit", v.Unit.Name)
	}
	if v.HasAutoRenew {
		e.put("auto_renew", value{text: strconv.FormatBool(v.AutoRenew)})
	}
	e.discount(v.Discount)
	e.text("parent", string(v.Parent))
	e.decimal("per_parent", v.PerParent, v.Parent != "")
	e.date("ends", v.Ends)
	e.text("holding", v.Holding)
	if v.Order.Connection != "" {
		s := &encoder{}
		s.text("connection", string(v.Order.Connection))
		s.text("add_on_to", string(v.Order.AddOnTo))
		s.text("promotion", v.Order.Promotion)
		s.text("name", v.Order.Name)
		e.sub("order", s.of)
	}
	e.decimal("markup", v.Markup, v.HasMarkup)
	e.decimal("minimum", v.Minimum, v.HasMinimum)
	e.usageTerms(v)
	e.credit(v)
	e.flag("refused", v.Refused, false)
}

// usageTerms are what a usage subscription agrees beside its prices.
func (e *encoder) usageTerms(v *flow.Event) {
	if v.Smooth.Months != 0 {
		s := &encoder{}
		s.decimal("over", v.Smooth.Over, true)
		s.number("months", v.Smooth.Months, true)
		e.sub("smooth", s.of)
	}
	if len(v.Budget.AlertAt) > 0 {
		alerts := make([]string, len(v.Budget.AlertAt))
		for i, at := range v.Budget.AlertAt {
			alerts[i] = strconv.Itoa(at)
		}
		s := &encoder{}
		s.decimal("amount", v.Budget.Amount, true)
		s.text("alert_at", strings.Join(alerts, ", "))
		e.sub("budget", s.of)
	}
}

// credit is what is credited of which invoice.
func (e *encoder) credit(v *flow.Event) {
	e.text("invoice", v.Invoice)
	if len(v.Credits) > 0 {
		lines := value{shape: list}
		for _, ask := range v.Credits {
			line := &encoder{}
			line.number("line", ask.Line, true)
			line.decimal("amount", ask.Amount, ask.HasAmount)
			line.decimal("percent", ask.Percent, ask.HasPercent)
			lines.items = append(lines.items, value{shape: mapping, fields: line.of})
		}
		e.put("lines", lines)
	}
	e.text("reason", v.Reason)
}
