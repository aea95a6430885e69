package standin

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	reckoning "prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/core/reconcile"
)

// witness tells what was done to subscriptions to the program's own reckoning
// of what should be charged.
type witness struct {
	*store
	stories map[string]*reconcile.Story
	order   []string
}

func currencyOf(t testing.TB, code string) money.Currency {
	t.Helper()
	c, err := money.ParseCurrency(code)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// prices are those of a product as a story has them.
func (p *witness) prices(product string) []reconcile.Price {
	p.t.Helper()
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	var list []reconcile.Price
	for _, o := range p.w.catalog.sku(product + ":0001").Offers {
		for _, one := range o.Prices {
			list = append(list, reconcile.Price{
				From: one.From, TermMonths: o.TermMonths, BillingMonths: o.Billing.months(), UnitMonths: o.Billing.months(), Unit: one.List, Currency: currencyOf(p.t, priceCurrency),
			})
		}
	}
	return list
}

func (p *witness) note(sub string, e reconcile.Event) {
	e.At = p.w.Now()
	e.On = civil(e.At)
	p.stories[sub].Events = append(p.stories[sub].Events, e)
}

// plans are the terms and billing plans of the store.
var plans = []struct {
	term, billing string
	months, paid  int
}{{"P1M", "monthly", 1, 1}, {"P1Y", "monthly", 12, 1}, {"P1Y", "annual", 12, 12}}

func (p *witness) purchase(t *rapid.T) {
	plan := plans[rapid.IntRange(0, len(plans)-1).Draw(t, "plan")]
	product := rapid.SampledFrom([]string{"CFQ7TTC0BSIC", "CFQ7TTC0STND"}).Draw(t, "product")
	seats := rapid.IntRange(1, 20).Draw(t, "seats")
	e := reconcile.Event{Kind: reconcile.Bought, Quantity: money.DecimalOf(int64(seats)), HasQuantity: true, TermMonths: plan.months, BillingMonths: plan.paid}
	more := map[string]any{}
	if rapid.Bool().Draw(t, "to a month's end") && plan.months == 12 {
		month := monthOf(civil(p.w.Now()))
		for range rapid.IntRange(1, 10).Draw(t, "months") {
			month = monthOf(month.To)
		}
		more["customTermEndDate"], e.Ends = daystamp(lastOf(month)), month.To
	}
	sub := p.buy(product, plan.term, plan.billing, seats, more)
	p.stories[sub] = &reconcile.Story{Holding: sub, SKU: product + ":0001", Prices: p.prices(product), Currency: currencyOf(p.t, p.w.set.Partner.Currency)}
	p.order = append(p.order, sub)
	p.note(sub, e)
}

// alter changes a subscription; the event is told where Microsoft allowed it.
func (p *witness) alter(sub string, fields map[string]any, e reconcile.Event) {
	if r := p.change(sub, fields); r.status == http.StatusOK {
		p.note(sub, e)
	}
}

func (p *witness) play(t *rapid.T) {
	what := rapid.SampledFrom([]string{"buy", "seats", "seats", "seats", "suspend", "no renewal", "plan", "cancel"}).Draw(t, "what")
	if what == "buy" || len(p.order) == 0 {
		p.purchase(t)
		return
	}
	sub := rapid.SampledFrom(p.order).Draw(t, "subscription")
	if (what == "plan" || what == "no renewal") && p.turnedToday(sub) {
		// The book lets what is scheduled on the day of a renewal count for it, Microsoft
		// renews at midnight.
		return
	}
	switch what {
	case "seats":
		seats := rapid.IntRange(1, 30).Draw(t, "seats")
		p.alter(sub, map[string]any{"quantity": seats}, reconcile.Event{Kind: reconcile.SeatsSet, Quantity: money.DecimalOf(int64(seats)), HasQuantity: true})
	case "suspend":
		p.change(sub, map[string]any{"status": "suspended"})
		p.change(sub, map[string]any{"status": "active"})
	case "no renewal":
		p.alter(sub, map[string]any{"autoRenewEnabled": false}, reconcile.Event{Kind: reconcile.Scheduled, HasAutoRenew: true})
	case "plan":
		plan := rapid.SampledFrom([]string{"monthly", "annual"}).Draw(t, "billing")
		if p.get("/v1/customers/" + p.customer + "/subscriptions/" + sub).object(p.t)["billingCycle"] == plan {
			return
		}
		p.alter(sub, map[string]any{"billingCycle": plan}, reconcile.Event{Kind: reconcile.PlanChanged, BillingMonths: Billing(plan).months()})
	case "cancel":
		p.alter(sub, map[string]any{"status": "deleted"}, reconcile.Event{Kind: reconcile.Cancelled})
	}
}

// turnedToday says that a charge cycle of the subscription began today.
func (p *witness) turnedToday(sub string) bool {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	return p.w.subscription(p.w.customer(p.customer), sub).cycleNow.From == civil(p.w.now)
}

// TestTheProgramExpectsWhatMicrosoftCharges plays random stories and compares the
// lines of the stand-in with what core/reconcile works out on its own from the
// same stories.
func TestTheProgramExpectsWhatMicrosoftCharges(t *testing.T) {
	real := t
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]string{"USD", "EUR"}).Draw(t, "currency")
		start := rapid.SampledFrom([]string{"2026-01-28 09:00", "2026-01-30 09:00", "2026-01-31 09:00", "2027-02-27 09:00", "2027-02-28 09:00", "2028-02-28 09:00"}).Draw(t, "start")
		p := &witness{store: openStore(real, currency, start), stories: map[string]*reconcile.Story{}}
		from := civil(p.w.Now())
		rules := reconcile.Rules{Rounding: reconcile.RoundPerUnit}
		if rapid.Bool().Draw(t, "cut by the line") {
			rules.Rounding = reconcile.RoundPerLine
			p.send(http.MethodPut, "/standin/billing", map[string]any{"truncation": "line"})
		}
		for range rapid.IntRange(1, 10).Draw(t, "acts") {
			for range rapid.IntRange(0, 2).Draw(t, "things") {
				p.play(t)
			}
			// Never a whole day after anything: whose is the last instant of a refund is not written anywhere.
			hours := time.Duration(rapid.IntRange(6, 24*60).Draw(t, "hours")) * time.Hour
			if err := p.w.Advance(p.w.Now().Add(hours + 7*time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
		window := calendar.Period{From: from, To: civil(p.w.Now()).AddDays(1)}
		for month := monthOf(from); month.From.Before(window.To); month = monthOf(month.To) {
			if rate, known := rateTo(currency, month.From); known && currency != priceCurrency {
				rules.Rates = append(rules.Rates, reckoning.Rate{On: month.From, From: currencyOf(real, priceCurrency), To: currencyOf(real, currency), Rate: rate})
			}
		}
		lines := p.everyLine()
		for _, sub := range p.order {
			charges, err := reconcile.Expect(p.stories[sub], rules, window)
			if err != nil {
				t.Fatal(err)
			}
			want, got := expectedRows(charges), chargedRows(real, lines, sub)
			if !slices.Equal(got, want) {
				t.Fatalf("subscription %s: charged\n%s\nexpected\n%s\nof %+v", sub, strings.Join(got, "\n"), strings.Join(want, "\n"), p.stories[sub].Events)
			}
		}
	})
}

func expectedRows(charges []reconcile.Charge) []string {
	rows := []string{}
	for _, c := range charges {
		rows = append(rows, fmt.Sprint(c.On, " ", c.Type, " ", c.Period.From, " ", lastOf(c.Period), " ", c.Quantity, " ", c.Subtotal))
	}
	slices.Sort(rows)
	return rows
}

func chargedRows(t testing.TB, lines []map[string]any, sub string) []string {
	rows := []string{}
	for _, l := range lines {
		if l["subscriptionId"] == sub {
			rows = append(rows, fmt.Sprint(fmt.Sprint(l["orderDate"])[:10], " ", l["chargeType"], " ", fmt.Sprint(l["chargeStartDate"])[:10], " ", fmt.Sprint(l["chargeEndDate"])[:10], " ", l["billableQuantity"], " ", decimalOf(t, l["subtotal"])))
		}
	}
	slices.Sort(rows)
	return rows
}
