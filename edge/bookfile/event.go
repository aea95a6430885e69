package bookfile

import (
	"slices"
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// verbWords are the words of flow's verbs, in its order.
var verbWords = []string{
	"subscribe", "quantity", "price", "cancel", "suspend", "resume", "schedule",
	"one_time", "usage", "list_price", "hold", "release", "void", "charge", "credit",
}

// chargeWords are the provider's words for its rows, in the order of the types.
var chargeWords = func() (words []string) {
	for c := billing.ChargeOther; c <= billing.ChargeCredit; c++ {
		words = append(words, c.String())
	}
	return words
}()

const smoothMonthsMax = 120

func event(f *fields, units *unitTable) flow.Event {
	f.require("on", "do")
	e := flow.Event{At: f.at(), On: f.date("on"), Effective: f.date("effective"), ID: f.id("id")}
	if e.Effective.IsZero() {
		e.Effective = e.On
	}
	e.Refused, _ = f.flag("refused", false)
	f.shapeOnly = f.shapeOnly || e.Refused
	v, ok := f.scalar("do", "a verb")
	at := slices.Index(verbWords, v.text)
	if !ok || at < 0 {
		if ok {
			f.wrong("do", "unknown verb %s (expected %s)", quote(v.text), strings.Join(verbWords, ", "))
		}
		return e
	}
	e.Do = flow.EventVerb(at)
	switch e.Do {
	case flow.DoSubscribe:
		subscribe(f, units, &e)
	case flow.DoQuantity, flow.DoPrice, flow.DoCancel, flow.DoSuspend, flow.DoResume, flow.DoSchedule:
		change(f, &e)
	case flow.DoOneTime:
		oneTime(f, &e)
	case flow.DoUsage:
		usage(f, &e)
	case flow.DoListPrice:
		listPrice(f, units, &e)
	case flow.DoHold, flow.DoRelease:
		f.require("account")
		e.Account = billing.AccountID(f.id("account"))
	case flow.DoVoid:
		f.require("event")
		e.Voids = f.id("event")
	case flow.DoCharge:
		charge(f, &e)
	case flow.DoCredit:
		credit(f, &e)
	}
	f.done()
	return e
}

func subscribe(f *fields, units *unitTable, e *flow.Event) {
	f.require("contract", "id", "sku")
	e.Contract, e.SKU = billing.ContractID(f.id("contract")), f.id("sku")
	e.Quantity, e.HasQuantity = quantityOrOne(f)
	e.TermMonths = f.term("term")
	e.Billing, e.Unit = f.unit("billing", units, ""), f.unit("unit", units, monthly)
	e.AutoRenew, e.HasAutoRenew = f.flag("auto_renew", true)
	e.Price, e.HasPrice = f.amount("price")
	e.Discount = discount(f)
	e.Ends = f.date("ends")
	e.Markup, e.HasMarkup = f.percent("markup", -100, percentMax)
	e.Minimum, e.HasMinimum = f.amount("minimum")
	e.Parent = billing.SubscriptionID(f.id("parent"))
	perParent, given := f.amount("per_parent")
	if e.Parent != "" && !given {
		perParent = money.DecimalOf(1)
	}
	e.PerParent = perParent
	if given && e.Parent == "" {
		f.refuse("per_parent", "needs parent")
	}
	if string(e.Parent) == e.ID && e.ID != "" {
		f.refuse("parent", "is the subscription itself")
	}
	if !e.Ends.IsZero() && e.TermMonths == 0 {
		f.refuse("ends", "needs a term to shorten")
	}
	e.Holding = f.id("holding")
	e.Budget, e.Order = budget(f), order(f)
	if s := f.sub("smooth"); s != nil {
		s.require("over", "months")
		e.Smooth.Over, _ = s.amount("over")
		e.Smooth.Months, _ = s.whole("months", 1, smoothMonthsMax)
		s.done()
	}
}

// order reads {connection, add_on_to, promotion, name}: what is to be bought of a
// provider for a subscription.
func order(f *fields) (o flow.OrderAsk) {
	s := f.sub("order")
	if s == nil {
		return o
	}
	s.require("connection")
	o.Connection = flow.ConnectionID(s.id("connection"))
	o.AddOnTo = billing.SubscriptionID(s.id("add_on_to"))
	o.Promotion, o.Name = s.id("promotion"), s.text("name")
	if f.given("holding") {
		f.refuse("order", "is bought already where a holding is named: give one of the two")
	}
	s.done()
	return o
}

// alertPercentMax is far beyond any budget that someone still watches.
const alertPercentMax = 1000

// budget reads {amount, alert_at}, where alert_at is whole percents with a comma
// between two; 80 and 100 where none are given.
func budget(f *fields) (b billing.Budget) {
	s := f.sub("budget")
	if s == nil {
		return b
	}
	s.require("amount")
	b.Amount, _ = s.amount("amount")
	text := "80, 100"
	if s.given("alert_at") {
		text = s.text("alert_at")
	}
	for _, part := range strings.Split(text, ",") {
		at, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || at < 1 || at > alertPercentMax {
			s.wrong("alert_at", "expected whole percents with a comma between two, for example \"50, 80, 100\"")
			break
		}
		b.AlertAt = append(b.AlertAt, at)
	}
	slices.Sort(b.AlertAt)
	s.done()
	return b
}

func change(f *fields, e *flow.Event) {
	f.require("subscription")
	e.Subscription = billing.SubscriptionID(f.id("subscription"))
	switch e.Do {
	case flow.DoQuantity:
		f.require("to")
		e.Quantity, e.HasQuantity = f.amount("to")
	case flow.DoPrice:
		f.require("to")
		e.Price, e.HasPrice = f.amount("to")
	case flow.DoSchedule:
		e.Quantity, e.HasQuantity = f.amount("quantity")
		e.Price, e.HasPrice = f.amount("price")
		e.AutoRenew, e.HasAutoRenew = f.flag("auto_renew", true)
		if !f.given("quantity") && !f.given("price") && !f.given("auto_renew") {
			f.refuse("quantity", "expected any of quantity, price and auto_renew")
		}
	case flow.DoCancel, flow.DoSuspend, flow.DoResume, flow.DoSubscribe, flow.DoOneTime, flow.DoUsage, flow.DoListPrice, flow.DoHold, flow.DoRelease, flow.DoVoid, flow.DoCharge, flow.DoCredit:
	}
}

func oneTime(f *fields, e *flow.Event) {
	f.require("contract", "id", "sku")
	e.Contract, e.SKU = billing.ContractID(f.id("contract")), f.id("sku")
	e.Quantity, e.HasQuantity = quantityOrOne(f)
	e.Price, e.HasPrice = f.signed("price")
}

func usage(f *fields, e *flow.Event) {
	f.require("subscription", "from", "to")
	e.Subscription = billing.SubscriptionID(f.id("subscription"))
	e.Period = calendar.Period{From: f.date("from"), To: f.date("to")}
	e.Quantity, e.HasQuantity = f.signed("quantity")
	e.Cost, e.HasCost = f.signed("cost")
	e.Retail, e.HasRetail = f.signed("retail")
	e.Currency = f.currency("currency")
	if e.Period.Empty() && !e.Period.From.IsZero() && !e.Period.To.IsZero() {
		f.refuse("to", "%s is not after from (%s); it is the first day that is not covered", e.Period.To, e.Period.From)
	}
	if !e.HasQuantity && !e.HasCost && !e.HasRetail {
		f.refuse("quantity", "expected any of quantity, cost and retail")
	}
}

// charge reads a provider's row; its quantity and cost are what the provider says.
func charge(f *fields, e *flow.Event) {
	f.require("id", "subscription", "type", "from", "to", "quantity", "unit_price", "effective_price", "cost")
	e.Subscription, e.SKU = billing.SubscriptionID(f.id("subscription")), f.id("sku")
	e.Row.Type = word[billing.ChargeType](f, "type", chargeWords)
	e.Period = calendar.Period{From: f.date("from"), To: f.date("to")}
	e.Quantity, e.HasQuantity = f.amount("quantity")
	e.Row.UnitPrice, _ = f.amount("unit_price")
	e.Row.EffectivePrice, _ = f.signed("effective_price")
	e.Cost, e.HasCost = f.signed("cost")
	e.Currency = f.currency("currency")
	if e.Period.Empty() && !e.Period.From.IsZero() && !e.Period.To.IsZero() {
		f.refuse("to", "%s is not after from (%s); it is the first day that is not covered", e.Period.To, e.Period.From)
	}
}

// credit reads {invoice, reason, lines: [{line, amount | percent}]}.
func credit(f *fields, e *flow.Event) {
	f.require("invoice", "lines", "reason")
	e.Invoice, e.Reason = f.id("invoice"), f.text("reason")
	if e.Effective != e.On {
		f.refuse("effective", "does not go with credit: a credit note is issued at once")
	}
	for i, v := range f.list("lines") {
		of := fieldsOf(f.in, indexed(f.pathOf("lines"), i), v)
		of.shapeOnly = of.shapeOnly || f.shapeOnly
		of.require("line")
		var ask billing.CreditAsk
		ask.Line, _ = of.whole("line", 1, creditLineMax)
		ask.Amount, ask.HasAmount = of.amount("amount")
		ask.Percent, ask.HasPercent = of.percent("percent", 0, 100)
		if ask.HasAmount && ask.HasPercent {
			of.wrong("amount", "expected an amount or a percent, not both; without either, all that is left is credited")
		}
		of.done()
		e.Credits = append(e.Credits, ask)
	}
	if f.given("lines") && len(e.Credits) == 0 {
		f.wrong("lines", "expected at least one line, for example {line: 1, amount: 50.00}")
	}
}

// creditLineMax is more lines than an invoice has.
const creditLineMax = 10_000_000

func listPrice(f *fields, units *unitTable, e *flow.Event) {
	f.require("sku", "price")
	e.SKU, e.List = f.id("sku"), flow.DefaultList
	if name := f.id("list"); name != "" {
		e.List = name
	}
	e.Currency, e.Unit, e.TermMonths = f.currency("currency"), f.unit("unit", units, monthly), f.term("term")
	e.Price, e.HasPrice = f.amount("price")
}

// quantityOrOne is 1 where no quantity is given.
func quantityOrOne(f *fields) (quantity money.Decimal, given bool) {
	quantity, given = f.amount("quantity")
	if !given {
		quantity = money.DecimalOf(1)
	}
	return quantity, given
}
