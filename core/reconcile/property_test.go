package reconcile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/core/reconcile"
)

// world is a random customer: what happened to its subscriptions, what the
// provider rightly charges for May 2026, and what was billed on.
type world struct {
	rules    reconcile.Rules
	customer reconcile.Customer
	charges  []reconcile.Charge
}

const from, to = "2026-05-01", "2026-06-01"

// drawWorld draws subscriptions that were bought so many days before 30 May or less.
func drawWorld(t *rapid.T, age int) *world { return drawWorldUnder(t, drawRules(t), age) }

func drawRules(t *rapid.T) (rules reconcile.Rules) {
	rules.Rounding = rapid.SampledFrom([]reconcile.RoundingMode{reconcile.RoundPerUnit, reconcile.RoundPerLine}).Draw(t, "rounding")
	rules.Rates = []billing.Rate{{From: currency(t, "USD"), To: currency(t, "EUR"), Rate: number(t, "0.9134"), On: day(t, "2020-01-01")}}
	return rules
}

func drawWorldUnder(t *rapid.T, rules reconcile.Rules, age int) *world {
	w := &world{rules: rules, customer: reconcile.Customer{ID: "cust", Known: true}}
	for i := range rapid.IntRange(1, 4).Draw(t, "subscriptions") {
		story := drawStory(t, fmt.Sprintf("s%d", i), age)
		w.customer.Stories = append(w.customer.Stories, *story)
		w.charges = append(w.charges, expect(t, story, w.rules, from, to)...)
	}
	w.customer.Rows = rowsOf(w.charges)
	for i := range w.customer.Rows {
		w.customer.Rows[i].ID = fmt.Sprint("row", i)
	}
	return w
}

// drawStory makes a subscription that runs in May 2026 and may change there.
func drawStory(t *rapid.T, id string, age int) *reconcile.Story {
	plans := [][2]int{{1, 1}, {12, 1}, {12, 12}, {36, 1}, {36, 12}, {36, 36}}
	plan := rapid.SampledFrom(plans).Draw(t, "plan")
	story := &reconcile.Story{Holding: id, SKU: "sku-" + id, Currency: currency(t, "EUR")}
	quoted := currency(t, rapid.SampledFrom([]string{"EUR", "USD"}).Draw(t, "quoted"))
	cents := rapid.IntRange(500, 50000).Draw(t, "price")
	for _, months := range []int{1, 12, 36} {
		price := money.DecimalFrom(money.Fraction(int64(cents*months), 100), 2, 2)
		story.Prices = append(story.Prices, reconcile.Price{UnitMonths: months, BillingMonths: months, Unit: price, Currency: quoted})
	}
	if rapid.Bool().Draw(t, "promoted") {
		story.Promotions = []reconcile.Promotion{{ID: "promo", Percent: money.DecimalOf(int64(rapid.IntRange(1, 50).Draw(t, "percent")))}}
	}
	bought := day(t, "2026-05-30").AddDays(-rapid.IntRange(0, age).Draw(t, "age"))
	seats := func() money.Decimal { return money.DecimalOf(int64(rapid.IntRange(1, 400).Draw(t, "seats"))) }
	story.Events = []reconcile.Event{{Kind: reconcile.Bought, On: bought, Quantity: seats(), TermMonths: plan[0], BillingMonths: plan[1]}}
	on := calendar.Latest(bought, day(t, "2026-05-01"))
	for range rapid.IntRange(0, 4).Draw(t, "changes") {
		on = on.AddDays(rapid.IntRange(0, 9).Draw(t, "later"))
		if on.After(day(t, "2026-05-31")) {
			break
		}
		story.Events = append(story.Events, reconcile.Event{Kind: reconcile.SeatsSet, On: on, Quantity: seats()})
	}
	if rapid.IntRange(0, 5).Draw(t, "cancelled") == 0 {
		story.Events = append(story.Events, reconcile.Event{Kind: reconcile.Cancelled, On: calendar.Earliest(on, day(t, "2026-05-31"))})
	}
	return story
}

func TestWhatWasExpectedHasNoFindings(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, 700)
		if got := findings(match(t, w.rules, from, to, w.customer)); got != "" {
			t.Fatalf("findings:\n%sof\n%s", got, table(w.charges))
		}
	})
}

const roundsMost = 100

// One thing is made wrong in one row: it is found, under its own name, and the
// amounts account for the whole difference (which match checks).
func TestOneThingWrongIsFoundUnderItsName(t *testing.T) {
	t.Parallel()
	mutations := []string{"quantity", "price", "dropped", "doubled", "shifted", "promotion", "rate", "foreign", "cents", "early"}
	seen := map[string]int{}
	one := func(t *rapid.T) {
		w := drawWorld(t, 700)
		if len(w.charges) == 0 {
			t.Skip("nothing is charged")
		}
		what := rapid.SampledFrom(mutations).Draw(t, "mutation")
		at := rapid.IntRange(0, len(w.charges)-1).Draw(t, "row")
		want, can := mutate(t, w, what, at)
		if !can {
			t.Skip("not for this row")
		}
		seen[what]++
		result := match(t, w.rules, from, to, w.customer)
		named := false
		for _, f := range result.Findings {
			if f.Cause == want {
				named = true
			} else if f.Cause != reconcile.Rounding {
				t.Fatalf("%s at row %d gives %s:\n%sof\n%s", what, at, f.Cause, findings(result), table(w.charges))
			}
		}
		if !named {
			t.Fatalf("%s at row %d is not found:\n%sof\n%s", what, at, findings(result), table(w.charges))
		}
	}
	// Some mistakes fit few rows: rounds go on until each was made.
	for round := 0; round < roundsMost && (round == 0 || len(seen) < len(mutations)); round++ {
		rapid.Check(t, one)
	}
	for _, what := range mutations {
		if seen[what] == 0 && !testing.Short() {
			t.Errorf("%s was never tried", what)
		}
	}
}

// alone says whether no other charge has the same days, so that a changed row
// cannot be mistaken for another.
func (w *world) alone(at int) bool {
	for i := range w.charges {
		if i != at && w.charges[i].Holding == w.charges[at].Holding && w.charges[i].Period == w.charges[at].Period {
			return false
		}
	}
	return true
}

func signed(c *reconcile.Charge, d money.Decimal) money.Decimal {
	if c.Credit {
		return d.Neg()
	}
	return d
}

// again computes a row's amount from its own figures, as the provider would.
func again(t failer, w *world, c *reconcile.Charge, row *reconcile.Row, quantity, unit, percent, rate money.Ratio) {
	t.Helper()
	price := unit.Mul(c.Fraction).Mul(money.Whole(100).Sub(percent)).Div(money.Whole(100))
	cut := func(r money.Ratio) money.Ratio {
		cents := r.Mul(money.Whole(100))
		floor := cents.Neg().Ceil().Neg()
		return floor.Div(money.Whole(100))
	}
	amount := cut(price.Mul(rate).Mul(quantity))
	if w.rules.Rounding == reconcile.RoundPerUnit {
		amount = cut(price.Mul(rate)).Mul(quantity)
	}
	row.EffectivePrice, row.Cost = signed(c, money.DecimalFrom(price, 8, 8)), signed(c, money.DecimalFrom(amount, 2, 2))
}

func mutate(t *rapid.T, w *world, what string, at int) (reconcile.Cause, bool) {
	c, row := &w.charges[at], &w.customer.Rows[at]
	quantity, unit, percent, rate := c.Quantity.Ratio(), c.UnitPrice.Ratio(), c.Percent.Ratio(), c.Rate
	switch what {
	case "quantity":
		row.Quantity = row.Quantity.Add(money.DecimalOf(int64(rapid.IntRange(1, 9).Draw(t, "more"))))
		again(t, w, c, row, row.Quantity.Ratio(), unit, percent, rate)
		return reconcile.Quantity, w.alone(at)
	case "price":
		row.UnitPrice = row.UnitPrice.Add(number(t, "3.07"))
		again(t, w, c, row, quantity, row.UnitPrice.Ratio(), percent, rate)
		return reconcile.PriceChange, c.Fraction.Cmp(money.Fraction(1, 20)) > 0
	case "promotion":
		row.Promotion = ""
		again(t, w, c, row, quantity, unit, money.Ratio{}, rate)
		dearer := row.Cost.Sub(rowsOf(w.charges)[at].Cost).Ratio().Abs()
		return reconcile.PromotionChange, percent.Sign() > 0 && dearer.Cmp(quantity.Abs().Mul(money.Fraction(2, 100))) > 0
	case "rate":
		row.Rate = money.DecimalFrom(rate.Mul(money.Fraction(11, 10)), 6, 6)
		again(t, w, c, row, quantity, unit, percent, row.Rate.Ratio())
		return reconcile.ExchangeRate, c.PriceCurrency != c.Subtotal.Currency() && row.Cost.Cmp(rowsOf(w.charges)[at].Cost) != 0
	case "cents":
		row.Cost = row.Cost.Add(number(t, "0.01"))
		return reconcile.Rounding, true
	case "dropped":
		w.customer.Rows = slices.Delete(w.customer.Rows, at, at+1)
		if c.Credit {
			return reconcile.CreditRebill, w.alone(at)
		}
		return reconcile.NotCharged, w.alone(at)
	case "doubled":
		twice := *row
		twice.ID = "twice"
		w.customer.Rows = append(w.customer.Rows, twice)
		return reconcile.Doubled, w.alone(at)
	case "shifted":
		row.Period.From = row.Period.From.AddDays(1)
		row.Period.To = row.Period.To.AddDays(1)
		return reconcile.Proration, w.alone(at) && c.Period.Days() > 3
	case "foreign":
		other := *row
		other.ID, other.Holding, other.SKU = "foreign", "elsewhere", "another"
		w.customer.Rows = append(w.customer.Rows, other)
		return reconcile.UnknownSubscription, true
	case "early":
		return early(t, w, c)
	}
	return 0, false
}

// early adds a charge of June's first days to May's invoice.
func early(t *rapid.T, w *world, c *reconcile.Charge) (reconcile.Cause, bool) {
	for i := range w.customer.Stories {
		if story := &w.customer.Stories[i]; story.Holding == c.Holding {
			next := expect(t, story, w.rules, to, "2026-07-01")
			if len(next) == 0 {
				return 0, false
			}
			row := rowsOf(next[:1])[0]
			row.ID = "early"
			w.customer.Rows = append(w.customer.Rows, row)
		}
	}
	return reconcile.Timing, true
}

func TestTheOrderOfRowsDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, 700)
		if len(w.charges) > 0 {
			mutate(t, w, rapid.SampledFrom([]string{"quantity", "price", "dropped", "doubled", "shifted", "rate"}).Draw(t, "mutation"), rapid.IntRange(0, len(w.charges)-1).Draw(t, "row"))
		}
		want := findings(match(t, w.rules, from, to, w.customer))
		w.customer.Rows = rapid.Permutation(w.customer.Rows).Draw(t, "order")
		w.customer.Stories = rapid.Permutation(w.customer.Stories).Draw(t, "stories")
		if got := findings(match(t, w.rules, from, to, w.customer)); got != want {
			t.Fatalf("in another order:\n%s\nbefore:\n%s", got, want)
		}
	})
}

// Anything at all may be wrong at once: the amounts still account for the whole
// difference, and the margins for the whole cost.
func TestWhateverIsWrongTheSumsAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, 700)
		for i := range w.customer.Rows {
			if rapid.Bool().Draw(t, "spared") {
				continue
			}
			row := &w.customer.Rows[i]
			row.Quantity = money.DecimalOf(int64(rapid.IntRange(0, 30).Draw(t, "seats")))
			row.Cost = money.DecimalFrom(money.Fraction(int64(rapid.IntRange(-1e6, 1e6).Draw(t, "cost")), 1000), 3, 3)
			row.Period.From = row.Period.From.AddDays(rapid.IntRange(-40, 20).Draw(t, "from"))
			row.Type = billing.ChargeType(rapid.IntRange(0, int(billing.ChargeCredit)).Draw(t, "type"))
			row.Awaits = rapid.Bool().Draw(t, "awaits")
		}
		w.billOn(t, "acme")
		for i := range w.customer.Billed {
			line := &w.customer.Billed[i]
			line.Period.To = line.Period.To.AddDays(-rapid.IntRange(0, 20).Draw(t, "billed so far"))
			if rapid.IntRange(0, 4).Draw(t, "by row") == 0 && len(w.customer.Rows) > 0 {
				line.Row = rapid.SampledFrom(w.customer.Rows).Draw(t, "row").ID
			}
		}
		if rapid.Bool().Draw(t, "not billed through") {
			w.customer.Stories[0].BilledThrough = calendar.Date{}
		}
		result := match(t, w.rules, from, to, w.customer)
		var cost money.Decimal
		for _, m := range result.Margins {
			cost = cost.Add(m.Cost).Add(m.Ahead)
		}
		if cost.Cmp(result.Provider) != 0 {
			t.Fatalf("the margins cost %s, the rows %s", cost, result.Provider)
		}
	})
}

// billOn bills customers what the provider charges, and gives the sum.
func (w *world) billOn(t failer, entities ...billing.AccountID) money.Amount {
	t.Helper()
	sum := money.NewAmount(0, currency(t, "EUR"))
	for _, c := range w.charges {
		for _, entity := range entities {
			line := reconcile.Billed{Holding: c.Holding, Entity: entity, Period: c.Period, Quantity: signed(&c, c.Quantity), Amount: c.Subtotal}
			w.customer.Billed = append(w.customer.Billed, line)
			sum = sum.Add(line.Amount)
		}
	}
	for i := range w.customer.Stories {
		w.customer.Stories[i].BilledThrough = day(t, to)
	}
	return sum
}

// Where two entities share all seats and every seat is billed, their revenue is
// split over the rows without losing or repeating a cent, and so is the cost. All
// was bought in the month, so that all its rows are on the invoice.
func TestRevenueIsNeitherLostNorRepeated(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, 29)
		for _, c := range w.charges {
			if c.Type == billing.ChargeCancel {
				t.Skip("on days without seats there is no row to earn what rounding left")
			}
		}
		entities := []billing.AccountID{"acme", "bolt"}[:rapid.IntRange(1, 2).Draw(t, "entities")]
		billed := w.billOn(t, entities...)
		if len(entities) == 2 {
			// Each was billed all seats: the provider must have charged for both.
			for i := range w.customer.Billed {
				w.customer.Billed[i].Quantity = money.DecimalFrom(w.customer.Billed[i].Quantity.Ratio().Div(money.Whole(2)), 1, 1)
			}
		}
		result := match(t, w.rules, from, to, w.customer)
		revenue, cost := money.NewAmount(0, billed.Currency()), money.Decimal{}
		for _, m := range result.Margins {
			revenue, cost = revenue.Add(m.Revenue), cost.Add(m.Cost).Add(m.Ahead)
		}
		if revenue != billed || cost.Cmp(result.Provider) != 0 || len(result.Findings) != 0 {
			t.Fatalf("billed %s, earned %s; charged %s, cost %s; %s", billed, revenue, result.Provider, cost, findings(result))
		}
	})
}

func TestEveryCauseHasAName(t *testing.T) {
	var names []string
	for _, c := range reconcile.Causes() {
		names = append(names, c.String())
	}
	if got := strings.Join(names, ", "); got != "unexplained, rounding, quantity, proration rule, price change, promotion, exchange rate, credit and rebill, doubled row, timing, "+
		"unknown subscription, missing customer, never billed, billed and not charged" {
		t.Error(got)
	}
}
