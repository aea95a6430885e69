package bookfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/core/reconcile"
	"prorata/flow"
)

// ChargeStory is what happened to some subscriptions at a provider, as a file tells it
// (scenarios/charges/FORMAT.md), and the charges that it must give.
type ChargeStory struct {
	Name    string
	Rules   reconcile.Rules
	Stories []reconcile.Story
	// Days are those whose charges are wanted.
	Days calendar.Period
	// Expect are all charges that there must be, where HasExpect, in the order of their days.
	Expect    []ExpectedLine
	HasExpect bool
	at        flow.Source
}

var roundingWords = []string{"unit", "line"}

// happeningWords are what can happen at a provider, in the order of the kinds.
var happeningWords = []string{"buy", "seats", "cancel", "schedule", "plan", "convert"}

// ReadChargeStory reads such a file; the error holds a Problem for every mistake.
func ReadChargeStory(name string, data []byte) (ChargeStory, error) {
	in := &problems{file: name}
	if len(data) > scenarioSizeMax {
		return ChargeStory{}, damaged(name, 0, "is larger than %d MiB", scenarioSizeMax>>20)
	}
	root, err := parseYAML(in, data)
	if err != nil {
		return ChargeStory{}, err
	}
	if root.shape != mapping {
		return ChargeStory{}, damaged(name, root.line, "expected a mapping {key: value}")
	}
	f := fieldsOf(in, "", root)
	f.require("name", "from", "until", "prices", "subscriptions")
	s := ChargeStory{Name: f.text("name"), at: f.at()}
	s.Days = calendar.Period{From: f.date("from"), To: f.date("until").AddDays(1)}
	if s.Days.Empty() {
		f.wrong("until", "is before from")
	}
	s.Rules.Rounding = word[reconcile.RoundingMode](f, "rounding", roundingWords)
	for i, v := range f.list("rates") {
		s.Rules.Rates = append(s.Rules.Rates, rate(fieldsOf(in, indexed("rates", i), v)))
	}
	s.subscriptions(f)
	s.HasExpect = f.given("expect")
	for i, v := range f.list("expect") {
		s.Expect = append(s.Expect, expectedCharge(fieldsOf(in, indexed("expect", i), v)))
	}
	f.done()
	return s, in.err()
}

// subscriptions gives each its events, and the prices and promotions of its product.
func (s *ChargeStory) subscriptions(f *fields) {
	units := newUnitTable(false)
	currency := f.currency("currency")
	if currency.IsZero() {
		currency, _ = money.ParseCurrency("USD")
	}
	prices, promotions := map[string][]reconcile.Price{}, map[string][]reconcile.Promotion{}
	for i, v := range f.list("prices") {
		sku, p := providerPrice(fieldsOf(f.in, indexed("prices", i), v), units, currency)
		prices[sku] = append(prices[sku], p)
	}
	for i, v := range f.list("promotions") {
		sku, p := providerPromotion(fieldsOf(f.in, indexed("promotions", i), v), units)
		promotions[sku] = append(promotions[sku], p)
	}
	known := map[string]bool{}
	for i, v := range f.list("subscriptions") {
		one := fieldsOf(f.in, indexed("subscriptions", i), v)
		one.require("id", "events")
		story := reconcile.Story{Holding: one.id("id"), SKU: one.id("sku"), Currency: currency}
		if known[story.Holding] {
			one.wrong("id", "%s is given already", quote(story.Holding))
		}
		known[story.Holding] = true
		story.Prices, story.Promotions = slices.Concat(prices[story.SKU], prices[""]), slices.Concat(promotions[story.SKU], promotions[""])
		if story.SKU == "" {
			story.SKU = story.Holding
		}
		for j, e := range one.list("events") {
			story.Events = append(story.Events, providerEvent(fieldsOf(f.in, indexed(one.pathOf("events"), j), e), units))
		}
		one.done()
		s.Stories = append(s.Stories, story)
	}
}

// providerPrice is a price and the product that it is of; of any where none is named.
func providerPrice(f *fields, units *unitTable, currency money.Currency) (sku string, p reconcile.Price) {
	f.require("price")
	sku, p = f.id("sku"), reconcile.Price{From: f.date("from"), TermMonths: f.term("term"), BillingMonths: f.unit("billing", units, "").Months, Currency: f.currency("currency")}
	if p.Currency.IsZero() {
		p.Currency = currency
	}
	if once, _ := f.flag("once", false); !once {
		p.UnitMonths = f.unit("unit", units, monthly).Months
	}
	p.Unit, _ = f.amount("price")
	f.done()
	return sku, p
}

func providerPromotion(f *fields, units *unitTable) (sku string, p reconcile.Promotion) {
	f.require("id", "percent", "from")
	sku, p = f.id("sku"), reconcile.Promotion{ID: f.id("id"), From: f.date("from"), To: f.date("to"), TermMonths: f.term("term"), BillingMonths: f.unit("billing", units, "").Months}
	p.Percent, _ = f.percent("percent", 0, 100)
	f.done()
	return sku, p
}

// providerEvent is one thing that happened; which keys it may have, its verb decides.
func providerEvent(f *fields, units *unitTable) (e reconcile.Event) {
	f.require("on", "do")
	e = reconcile.Event{Kind: word[reconcile.EventKind](f, "do", happeningWords), On: f.date("on"), Reference: f.id("reference"), At: f.instant("at")}
	quantity, needed := "quantity", []string{}
	may := map[reconcile.EventKind][]string{
		reconcile.Bought: {"quantity", "term", "billing", "ends", "auto_renew", "trial", "as"}, reconcile.SeatsSet: {"quantity", "as"}, reconcile.Cancelled: {"as"},
		reconcile.Scheduled: {"quantity", "term", "billing", "ends", "auto_renew"}, reconcile.PlanChanged: {"billing"}, reconcile.TrialConverted: {"quantity", "term", "billing", "ends", "auto_renew"},
	}[e.Kind]
	switch e.Kind {
	case reconcile.Bought:
		needed = []string{"quantity"}
	case reconcile.SeatsSet:
		quantity, needed = "to", []string{"to"}
	case reconcile.PlanChanged:
		needed = []string{"billing"}
	case reconcile.Cancelled, reconcile.Scheduled, reconcile.TrialConverted:
	}
	f.require(needed...)
	has := func(key string) bool { return slices.Contains(may, key) }
	if has("quantity") {
		e.Quantity, e.HasQuantity = f.amount(quantity)
	}
	if has("term") {
		e.TermMonths = f.term("term")
	}
	if has("billing") {
		otherwise := ""
		if e.Kind == reconcile.Bought && e.TermMonths > 0 {
			otherwise = monthly
		}
		e.BillingMonths = f.unit("billing", units, otherwise).Months
	}
	if has("ends") {
		e.Ends = f.date("ends")
	}
	if has("auto_renew") {
		e.AutoRenew, e.HasAutoRenew = f.flag("auto_renew", true)
	}
	if has("trial") {
		e.Trial, _ = f.flag("trial", false)
	}
	if has("as") {
		e.As = word[billing.ChargeType](f, "as", chargeWords)
	}
	f.done()
	return e
}

// instant reads an instant in UTC; zero where none is given.
func (f *fields) instant(key string) time.Time {
	v, ok := f.scalar(key, "an instant")
	if !ok {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, v.text)
	if err != nil {
		f.wrong(key, "%s is not an instant (expected for example 2026-01-31T23:59:59Z)", quote(v.text))
	}
	return at.UTC()
}

// The fields of a charge that can be expected, by what they hold.
var (
	chargeTexts   = []string{"subscription", "sku", "reference"}
	chargeDates   = []string{"on", "from", "last"}
	chargeNumbers = []string{"quantity", "unit_price", "effective_price", "amount"}
)

func expectedCharge(f *fields) ExpectedLine {
	f.require("type", "amount")
	line := ExpectedLine{At: f.at(), Given: []ExpectedField{{Key: "type", Text: chargeWords[word[billing.ChargeType](f, "type", chargeWords)]}}}
	for _, key := range chargeTexts {
		if f.given(key) {
			line.Given = append(line.Given, ExpectedField{Key: key, Text: f.id(key)})
		}
	}
	for _, key := range chargeDates {
		if f.given(key) {
			line.Given = append(line.Given, ExpectedField{Key: key, Text: f.date(key).String()})
		}
	}
	for _, key := range chargeNumbers {
		if number, given := f.signed(key); given {
			line.Given = append(line.Given, ExpectedField{Key: key, Text: number.String(), Number: number})
		}
	}
	f.done()
	return line
}

// Charges are what the provider should charge, in the order of their days; of one day
// in the order of the file.
func (s *ChargeStory) Charges() (all []reconcile.Charge, err error) {
	for i := range s.Stories {
		charges, err := reconcile.Expect(&s.Stories[i], s.Rules, s.Days)
		if err != nil {
			return nil, err
		}
		all = append(all, charges...)
	}
	slices.SortStableFunc(all, func(a, b reconcile.Charge) int { return a.On.Compare(b.On) })
	for i := range all {
		if c := &all[i]; c.Why != "" {
			return nil, &reconcile.StoryError{Holding: c.Holding, On: c.On, Why: c.Why}
		}
	}
	return all, nil
}

// Compare tells what is otherwise than expected, in the order of the charges.
func (s *ChargeStory) Compare(charges []reconcile.Charge) (found []Difference) {
	for i := range max(len(s.Expect), len(charges)) {
		switch {
		case i >= len(charges):
			found = append(found, Difference{s.Expect[i].At, "is not charged: " + describe(s.Expect[i].Given)})
		case i >= len(s.Expect):
			found = append(found, Difference{s.at, "not expected: " + ChargeText(&charges[i])})
		default:
			if differs := chargeDifferences(&s.Expect[i], &charges[i]); len(differs) > 0 {
				found = append(found, Difference{s.Expect[i].At, fmt.Sprintf("%s: %s", ChargeText(&charges[i]), strings.Join(differs, "; "))})
			}
		}
	}
	return found
}

func chargeDifferences(e *ExpectedLine, c *reconcile.Charge) (differs []string) {
	for _, want := range e.Given {
		if got, ok := same(want, chargeField(c, want.Key)); !ok {
			differs = append(differs, fmt.Sprintf("%s: expected %s, got %s", want.Key, wantedText(want), got))
		}
	}
	return differs
}

func chargeField(c *reconcile.Charge, key string) shown {
	switch key {
	case "type":
		return shown{text: c.Type.String()}
	case "subscription":
		return shown{text: c.Holding}
	case "sku":
		return shown{text: c.SKU}
	case "reference":
		return shown{text: cmp.Or(c.Reference, c.Event)}
	case "on":
		return shown{text: c.On.String()}
	case "from":
		return shown{text: c.Period.From.String()}
	case "last":
		return shown{text: c.Period.To.AddDays(-1).String()}
	case "quantity":
		return numberShown(c.Quantity)
	case "unit_price":
		return numberShown(c.UnitPrice)
	case "effective_price":
		return numberShown(c.Shown)
	default:
		return amountShown(c.Subtotal)
	}
}

// ChargeText is a charge on one line, as the provider writes it: what gives back has a
// negative price.
func ChargeText(c *reconcile.Charge) string {
	return fmt.Sprintf("%s %s of %s for %s to %s: %s × %s = %s %s", c.On, c.Type, c.Holding, c.Period.From, c.Period.To.AddDays(-1), c.Quantity, c.Shown, c.Subtotal, c.Subtotal.Currency())
}
