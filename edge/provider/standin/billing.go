package standin

import (
	"net/http"
	"slices"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
)

const (
	// priceCurrency is that of every price list here.
	priceCurrency = "USD"
	azurePlanName = "Azure plan"
)

// standing is what is charged for a subscription and not taken back.
type standing struct {
	line          reconLine
	list, percent money.Decimal
	paid, whole   calendar.Period
	seats         int64
}

// price is what one seat of some of the days costs.
func (s *standing) price(paid calendar.Period) money.Ratio {
	return effectivePrice(s.list, s.percent, s.whole, paid)
}

// billing is what Microsoft charges the partner: the lines in the order of
// what happened, and the invoices that they came onto.
type billing struct {
	world *World
	// digits are those of the billing currency.
	digits   int
	switches Switches

	lines []pendingLine
	// stands is what is paid of the current cycle by subscription, oldest first.
	stands map[string][]standing
	// plans are the Azure plans, in the order of their purchase.
	plans    []*azurePlan
	invoices []*invoice
	mistakes []Mistake
	// heldBack is usage that comes onto a later invoice, by Azure plan.
	heldBack map[string]calendar.Period

	exports map[string]*export
	hooks   webhooks
}

// pendingLine is a line and the instant that says whose month it is.
type pendingLine struct {
	at   time.Time
	line reconLine
}

// newBilling is a bill with nothing on it, and the month's close in the diary.
func newBilling(w *World) *billing {
	b := &billing{
		world: w, digits: 2, switches: OrdinarySwitches(),
		stands: map[string][]standing{}, heldBack: map[string]calendar.Period{}, exports: map[string]*export{}, hooks: webhooks{ring: make(chan struct{}, 1)},
	}
	if c, err := money.ParseCurrency(w.set.Partner.Currency); err == nil {
		b.digits = min(c.Digits(), 2)
	}
	b.closeAfter(w.now)
	return b
}

// take writes the lines of what happened; the world is locked.
func (b *billing) take(h *happening) {
	if h.azurePlan {
		b.takePlan(h)
		return
	}
	switch h.kind {
	case chargeNew, chargeRenew, chargeCycle, chargePlan:
		b.open(h)
	case chargeAdded, chargeRemoved, chargeConvert, chargeMoved:
		if h.was > 0 {
			b.takeBack(h)
		}
		if h.kind == chargeConvert {
			b.useUp(h)
		}
		if h.is > 0 {
			b.rest(h)
		}
	case chargeCancel:
		b.cancel(h)
	case chargeCustomer:
		l := b.about(h)
		b.write(h, &l, h.list.Neg().Ratio(), h.paid, 1)
	}
}

// takePlan notes an Azure plan: what it costs is its usage.
func (b *billing) takePlan(h *happening) {
	switch h.kind {
	case chargeNew:
		b.plans = append(b.plans, &azurePlan{
			Customer: labelsOf(h.customer), Subscription: h.subscription, Order: h.order, Tier2: h.partnerOnRecord,
			Ran: calendar.Period{From: h.on}, Managed: hash(h.subscription, "managed")%5 != 0,
		})
	case chargeCancel:
		for _, p := range b.plans {
			if p.Subscription == h.subscription {
				p.Ran.To = h.on
			}
		}
	case chargeRenew, chargeCycle, chargeAdded, chargeRemoved, chargeConvert, chargeMoved, chargePlan, chargeCustomer:
	}
}

// open charges a whole cycle.
func (b *billing) open(h *happening) {
	s := b.stand(h)
	if h.termMonths == 0 {
		// Bought once: it has no last day.
		s.paid, s.whole = calendar.Period{From: h.on}, calendar.Period{}
	}
	b.stands[h.subscription] = []standing{s}
	price := s.price(s.paid)
	if h.monthsWhole > 0 {
		// This charge alone counts months: later changes of its seats count days again.
		price = effectivePriceByMonths(h.list, h.percent, h.monthsPaid, h.monthsWhole)
	}
	b.write(h, &s.line, price, s.paid, s.seats)
}

// rest charges what is left of the cycle.
func (b *billing) rest(h *happening) {
	s := b.stand(h)
	b.stands[h.subscription] = append(b.stands[h.subscription], s)
	b.write(h, &s.line, s.price(s.paid), s.paid, s.seats)
}

func (b *billing) stand(h *happening) standing {
	return standing{line: b.about(h), list: h.list, percent: h.percent, paid: h.paid, whole: h.whole, seats: int64(h.is)}
}

// takeBack gives back seats for what is left of the cycle, at the price that they
// were charged at.
func (b *billing) takeBack(h *happening) {
	all := b.stands[h.subscription]
	i := slices.IndexFunc(all, func(s standing) bool { return s.paid.Contains(h.on) })
	if i < 0 {
		return
	}
	s := all[i]
	paid := calendar.Period{From: h.on, To: s.paid.To}
	b.write(h, &s.line, s.price(paid).Neg(), paid, int64(h.was))
	if all[i].paid.To = h.on; all[i].paid.Empty() {
		all = slices.Delete(all, i, i+1)
	}
	b.stands[h.subscription] = all
}

// useUp closes what was charged for days before an upgrade: they are not given
// back with what follows.
func (b *billing) useUp(h *happening) {
	b.stands[h.subscription] = slices.DeleteFunc(b.stands[h.subscription], func(s standing) bool { return !s.paid.To.After(h.on) })
}

// cancel gives back everything of the cycle where it is inside the first day, and
// what is left of it by the day otherwise.
func (b *billing) cancel(h *happening) {
	if !h.full && h.termMonths > 0 {
		b.takeBack(h)
	} else {
		for _, s := range b.stands[h.subscription] {
			b.write(h, &s.line, s.price(s.paid).Neg(), s.paid, s.seats)
		}
	}
	delete(b.stands, h.subscription)
}

// write adds a line: what it says of the product comes from about, of the event
// from what happened.
func (b *billing) write(h *happening, about *reconLine, effective money.Ratio, paid calendar.Period, seats int64) {
	l := *about
	l.ChargeType, l.OrderedAt, l.Order, l.Alternate, l.Reference = string(h.kind), h.at, h.order, h.alternate, h.reference
	l.Charged = paid
	l.Purchased, l.Billable = money.DecimalOf(seats), money.DecimalOf(seats)
	l.Effective = money.DecimalFrom(effective, 0, priceDigits)
	b.convert(&l, h.on)
	b.total(&l, licenceSubtotal(effective, l.Rate.Ratio(), money.Whole(seats), b.switches.Truncation, b.digits))
	b.lines = append(b.lines, pendingLine{h.at, l})
}

// convert sets a line's currencies and the rate of a day's month.
func (b *billing) convert(l *reconLine, on calendar.Date) {
	l.Currency, l.PriceCurrency, l.RateOn = b.world.set.Partner.Currency, priceCurrency, monthOf(on).From
	l.Rate = b.rate(on)
}

// rate is that of a day's month into the billing currency.
func (b *billing) rate(on calendar.Date) money.Decimal {
	if rate, known := rateTo(b.world.set.Partner.Currency, on); known {
		return rate
	}
	return money.DecimalOf(1)
}

// total sets a line's amounts, tax cut off like the rest.
func (b *billing) total(l *reconLine, subtotal money.Ratio) {
	l.Subtotal = money.DecimalFrom(subtotal, b.digits, b.digits)
	l.Tax = money.DecimalFrom(cutOff(subtotal.Mul(b.switches.TaxPercent.Ratio()).Div(money.Whole(100)), b.digits), b.digits, b.digits)
}

// about is what every line of a subscription says of it.
func (b *billing) about(h *happening) reconLine {
	l := reconLine{
		Partner: b.world.set.Partner.Tenant, MPN: b.world.set.Partner.MPN, Tier2: h.partnerOnRecord, Customer: labelsOf(h.customer),
		Subscription: h.subscription, Availability: h.availability, Promotion: h.promotion, UnitPrice: h.list,
		Term: h.term, TermText: termText(h.termMonths, false), Frequency: frequencyText(h.termMonths, h.billing),
	}
	if h.promotion != "" {
		l.Adjustments = []string{percentText(h.percent) + " promotion " + h.promotion}
	}
	if s := h.sku; s != nil {
		l.Product, l.ProductName, l.Publisher = s.product.ID, s.product.Title, s.product.Publisher
		l.SKU, l.SKUName, l.ProductCategory = s.ID, s.Title, s.product.Kind.word()
		l.TermText = termText(h.termMonths, s.Trial)
		if s.Addon {
			l.Qualifiers = append(l.Qualifiers, "Add-on")
		}
		if s.Trial {
			l.Qualifiers = append(l.Qualifiers, "Trial")
		}
	}
	return l
}

// termText is a term in the words of Microsoft's lines.
func termText(months int, trial bool) string {
	switch {
	case trial:
		return "One-Month commitment for trial"
	case months == 1:
		return "One-Month commitment for monthly billing"
	case months == 12:
		return "One-Year commitment for monthly/yearly billing"
	case months == 36:
		return "Three-Year commitment for monthly/yearly billing"
	}
	return ""
}

// frequencyText is empty where a term is paid at once.
func frequencyText(termMonths int, billing Billing) string {
	switch {
	case billing.months() == termMonths && termMonths > 1:
		return ""
	case billing == Monthly:
		return "Monthly"
	case billing == Annual:
		return "Annual"
	}
	return ""
}

// labelsOf is a customer as lines name it.
func labelsOf(c *customer) labels {
	if c == nil {
		return labels{}
	}
	return labels{ID: c.ID, Name: c.Name, Domain: c.Domain, Country: c.Country}
}

// aboutHeld is what a line says of a subscription as it is now.
func (b *billing) aboutHeld(s *subscription) reconLine {
	partner := s.partner
	return b.about(&happening{
		customer: s.customer, subscription: s.id, sku: s.sku, availability: s.availability, promotion: s.promotion, percent: s.percent,
		list: s.price.List, term: s.term, termMonths: s.termMonths, billing: s.billing, partnerOnRecord: partner,
	})
}

// routes adds the billing side's doors.
func (b *billing) routes(mux *http.ServeMux) {
	w := b.world
	w.door(mux, "GET /v1/invoices", app, b.listInvoices)
	w.door(mux, "GET /v1/invoices/summary", app, b.balance)
	w.door(mux, "GET /v1/invoices/summaries", person, b.balances)
	w.door(mux, "GET /v1/invoices/estimates/links", app, b.estimates)
	w.door(mux, "GET /v1/invoices/{invoice}", person, b.getInvoice)
	w.door(mux, "GET /v1/invoices/{invoice}/documents/statement", person, b.statement)
	w.door(mux, "GET /v1/invoices/{invoice}/lineitems", app, b.lineItems)
	w.door(mux, "GET /v1/invoices/{invoice}/lineitems/{provider}/{type}", app, b.lineItems)

	w.door(mux, "POST /v1.0/reports/partners/billing/{noun}/{billed}/export", graph, b.startExport)
	w.door(mux, "GET /v1.0/reports/partners/billing/operations/{export}", graph, b.exportState)
	w.door(mux, "GET /v1.0/reports/partners/billing/manifests/{export}", graph, b.exportManifest)
	w.door(mux, "GET /blobs/billing/{export}/files/{blob}", anyone, b.blob)

	w.door(mux, "GET /v1.0/sales/{what}/$value", pricing, b.sales)

	w.door(mux, "GET /webhooks/v1/registration/events", person, b.hookEvents)
	w.door(mux, "GET /webhooks/v1/registration", person, b.hookRegistration)
	w.door(mux, "POST /webhooks/v1/registration", person, b.hookRegister)
	w.door(mux, "PUT /webhooks/v1/registration", person, b.hookUpdate)
	w.door(mux, "POST /webhooks/v1/registration/validationEvents", person, b.hookValidate)
	w.door(mux, "GET /webhooks/v1/registration/validationEvents/{event}", person, b.hookValidation)
	w.door(mux, "GET "+certificatePath, anyone, b.certificate)
	w.door(mux, "GET "+authorityPath, anyone, b.authority)

	w.door(mux, "GET /standin/billing", anyone, b.showSwitches)
	w.door(mux, "PUT /standin/billing", anyone, b.setSwitches)
	w.door(mux, "POST /standin/mistakes", anyone, b.setMistake)
}
