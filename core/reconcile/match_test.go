package reconcile_test

import (
	"fmt"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/core/reconcile"
)

// rowsOf writes charges down as the provider would.
func rowsOf(charges []reconcile.Charge) []reconcile.Row {
	rows := make([]reconcile.Row, len(charges))
	for i := range charges {
		c := &charges[i]
		digits := c.Subtotal.Currency().Digits()
		row := reconcile.Row{
			Holding: c.Holding, On: c.On, Promotion: c.Promotion, PriceCurrency: c.PriceCurrency, Rate: money.DecimalFrom(c.Rate, 0, 12), HasRate: true, Reference: c.Reference, Invoice: "G1",
		}
		row.ProviderCharge = billing.ProviderCharge{
			ID: fmt.Sprintf("%s-%d", c.Holding, i+1), Type: c.Type, SKU: c.SKU, Period: c.Period, Quantity: c.Quantity, UnitPrice: c.UnitPrice, EffectivePrice: c.Shown,
			Cost: money.DecimalFrom(c.Subtotal.Ratio(), digits, digits), Currency: c.Subtotal.Currency(),
		}
		rows[i] = row
	}
	return rows
}

// match reconciles one customer and holds the laws that the findings are the
// whole difference, and that the short path says what the long one does.
func match(t failer, rules reconcile.Rules, from, to string, c reconcile.Customer) *reconcile.Result {
	t.Helper()
	code := "EUR"
	if len(c.Stories) > 0 {
		code = c.Stories[0].Currency.String()
	}
	invoice := reconcile.Invoice{ID: "G1", Period: expectWindow(t, from, to), Currency: currency(t, code)}
	result, err := reconcile.CustomerOf(&c, rules, invoice)
	if err != nil {
		t.Fatalf("%v", err)
	}
	alike(t, &c, rules, invoice, result)
	if err := reconcile.NewSums(invoice.Currency).Add(result); err != nil {
		t.Fatalf("%v", err)
	}
	if len(result.Matches) != len(c.Rows) {
		t.Fatalf("%d rows have %d matches", len(c.Rows), len(result.Matches))
	}
	return result
}

// findings writes them, one on a line.
func findings(r *reconcile.Result) string {
	var text strings.Builder
	for _, f := range r.Findings {
		row := f.Row
		if row == "" {
			row = "(missing)"
		}
		fmt.Fprintf(&text, "%s %s: %s", row, f.Cause, f.Amount)
		if !f.Unbilled.IsZero() {
			fmt.Fprintf(&text, " [unbilled %s]", f.Unbilled)
		}
		if f.Meets.Days() > 0 {
			fmt.Fprintf(&text, " [meets %s]", f.Meets.From.String()[:7])
		}
		fmt.Fprintf(&text, ": %s\n", f.Sentence)
	}
	return text.String()
}

const seatStory = `
	price 31 monthly
	promotion TEN 10% 2026-01-01..2026-02-01
	2026-01-05 buy 10 for 12/1
	2026-05-12 seats 12
	2026-05-20 seats 14`

func set(t failer, d *money.Decimal, text string) { *d = number(t, text) }

func TestEachDifferenceHasItsCause(t *testing.T) {
	for _, c := range []struct {
		what   string
		change func(rows []reconcile.Row) []reconcile.Row
		want   string
	}{
		{"nothing is wrong", func(rows []reconcile.Row) []reconcile.Row { return rows }, ""},
		{"one seat more", func(rows []reconcile.Row) []reconcile.Row {
			set(t, &rows[0].Quantity, "11")
			set(t, &rows[0].Cost, "306.90")
			return rows
		}, "sub-1 quantity: 27.90: 11 seats are charged where 10 were expected: 306.90 instead of 279.00"},
		{"another price", func(rows []reconcile.Row) []reconcile.Row {
			set(t, &rows[0].UnitPrice, "32")
			set(t, &rows[0].EffectivePrice, "28.80")
			set(t, &rows[0].Cost, "288.00")
			return rows
		}, "sub-1 price change: 9.00: the price of a seat is 32.00, locked was 31: 288.00 instead of 279.00"},
		{"a newer list price is shown and not used", func(rows []reconcile.Row) []reconcile.Row {
			set(t, &rows[0].UnitPrice, "35")
			return rows
		}, ""},
		{"the promotion is forgotten", func(rows []reconcile.Row) []reconcile.Row {
			rows[0].Promotion = ""
			set(t, &rows[0].EffectivePrice, "31")
			set(t, &rows[0].Cost, "310.00")
			return rows
		}, "sub-1 promotion: 31.00: the promotion is 0.00 % (none), expected was 10.00 % (TEN): 310.00 instead of 279.00"},
		{"another promotion", func(rows []reconcile.Row) []reconcile.Row {
			rows[0].Promotion = "FIVE"
			set(t, &rows[0].EffectivePrice, "29.45")
			set(t, &rows[0].Cost, "294.50")
			return rows
		}, "sub-1 promotion: 15.50: the promotion is 5.00 % (FIVE), expected was 10.00 % (TEN): 294.50 instead of 279.00"},
		{"another rate", func(rows []reconcile.Row) []reconcile.Row {
			set(t, &rows[0].Rate, "1.1")
			set(t, &rows[0].Cost, "306.90")
			return rows
		}, "sub-1 exchange rate: 27.90: the exchange rate is 1.10, expected was 1.00: 306.90 instead of 279.00"},
		{"a credit for 24 days of which 25 are left", func(rows []reconcile.Row) []reconcile.Row {
			rows[1].Period.From = day(t, "2026-05-13")
			set(t, &rows[1].EffectivePrice, "-20.70")
			set(t, &rows[1].Cost, "-207.00")
			return rows
		}, "sub-2 proration rule: 9.00: 23/31 of 2026-05-13 to 2026-06-04 are charged where 24/31 of 2026-05-12 to 2026-06-04 were expected: -207.00 instead of -216.00"},
		{"days of another month for the same dates", func(rows []reconcile.Row) []reconcile.Row {
			set(t, &rows[1].EffectivePrice, "-22.32")
			set(t, &rows[1].Cost, "-223.20")
			return rows
		}, "sub-2 proration rule: -7.20: 24/30 of 2026-05-12 to 2026-06-04 are charged where 24/31 of 2026-05-12 to 2026-06-04 were expected: -223.20 instead of -216.00"},
		{"a discount that no promotion names", func(rows []reconcile.Row) []reconcile.Row {
			rows[0].Promotion = ""
			set(t, &rows[0].EffectivePrice, "26.35")
			set(t, &rows[0].Cost, "263.50")
			return rows
		}, "sub-1 promotion: -15.50: the promotion is 15.00 % (the row names none), expected was 10.00 % (TEN): 263.50 instead of 279.00"},
		{"a part of the days for the same dates", func(rows []reconcile.Row) []reconcile.Row {
			set(t, &rows[0].EffectivePrice, "13.5")
			set(t, &rows[0].Cost, "135.00")
			return rows
		}, "sub-1 proration rule: -144.00: 15/31 of 2026-05-05 to 2026-06-04 are charged where the whole of 2026-05-05 to 2026-06-04 were expected: 135.00 instead of 279.00"},
		{"a cent a seat", func(rows []reconcile.Row) []reconcile.Row {
			set(t, &rows[0].Cost, "278.90")
			return rows
		}, "sub-1 rounding: -0.10: 278.90 instead of 279.00, within the tolerance of rounding"},
		{"a sum that its own figures do not give", func(rows []reconcile.Row) []reconcile.Row {
			set(t, &rows[0].Cost, "300.00")
			return rows
		}, "sub-1 unexplained: 21.00: the row's own figures give 279.00, it says 300.00"},
		{"seats, price and promotion at once", func(rows []reconcile.Row) []reconcile.Row {
			rows[0].Promotion = ""
			set(t, &rows[0].Quantity, "11")
			set(t, &rows[0].UnitPrice, "32")
			set(t, &rows[0].EffectivePrice, "32")
			set(t, &rows[0].Cost, "352.00")
			return rows
		}, `sub-1 quantity: 27.90: 11 seats are charged where 10 were expected: 306.90 instead of 279.00
			sub-1 price change: 9.90: the price of a seat is 32.00, locked was 31: 316.80 instead of 306.90
			sub-1 promotion: 35.20: the promotion is 0.00 % (none), expected was 10.00 % (TEN): 352.00 instead of 316.80`},
		{"a row twice", func(rows []reconcile.Row) []reconcile.Row {
			again := rows[0]
			again.ID = "sub-1b"
			return append(rows, again)
		}, "sub-1b doubled row: 279.00: row sub-1 says the same: cycleCharge of 279.00 for 2026-05-05 to 2026-06-04"},
		{"a row that does not come", func(rows []reconcile.Row) []reconcile.Row { return rows[1:] },
			"(missing) billed and not charged: -279.00: cycleCharge of 10 seats for 2026-05-05 to 2026-06-04 was expected: 279.00; no customer was billed for it either"},
		{"a credit that does not come", func(rows []reconcile.Row) []reconcile.Row { return append(rows[:1:1], rows[2:]...) },
			"(missing) credit and rebill: 216.00: addQuantity of 10 seats for 2026-05-12 to 2026-06-04 was expected: -216.00, and this credit did not come"},
		{"a change of seats that does not come", func(rows []reconcile.Row) []reconcile.Row { return append(rows[:1:1], rows[3:]...) },
			`(missing) billed and not charged: 216.00: addQuantity of 10 seats for 2026-05-12 to 2026-06-04 was expected: -216.00; no customer was billed for it either
			(missing) billed and not charged: -259.20: addQuantity of 12 seats for 2026-05-12 to 2026-06-04 was expected: 259.20; no customer was billed for it either`},
		{"a word of its own for the type", func(rows []reconcile.Row) []reconcile.Row {
			rows[0].Type = billing.ChargeRenew
			return rows
		}, ""},
		{"two changes of seats come as one", func(rows []reconcile.Row) []reconcile.Row { return rows }, ""},
		{"credit and rebill at another price", func(rows []reconcile.Row) []reconcile.Row {
			credit, again := rows[0], rows[0]
			credit.ID, credit.EffectivePrice, credit.Cost = "c", rows[0].EffectivePrice.Neg(), rows[0].Cost.Neg()
			again.ID, again.EffectivePrice, again.Cost = "r", number(t, "26"), number(t, "260.00")
			return append(rows, credit, again)
		}, `c credit and rebill: -279.00: it gives back row sub-1: 279.00 for 2026-05-05 to 2026-06-04
			r credit and rebill: 260.00: it is charged again for what row c gives back`},
		{"a credit of the provider's", func(rows []reconcile.Row) []reconcile.Row {
			credit := rows[0]
			credit.ID, credit.Type, credit.EffectivePrice, credit.Cost = "c", billing.ChargeCredit, number(t, "-5"), number(t, "-5.00")
			return append(rows, credit)
		}, "c credit and rebill: -5.00: a credit of the provider's: -5.00"},
		{"a price in another currency than the one we know", func(rows []reconcile.Row) []reconcile.Row {
			rows[0].PriceCurrency = currency(t, "USD")
			set(t, &rows[0].Rate, "1.1")
			set(t, &rows[0].Cost, "306.90")
			return rows
		}, "sub-1 exchange rate: 27.90: the exchange rate from USD to EUR is 1.10, expected was 1.00, since the price we know is in EUR: 306.90 instead of 279.00"},
		{"seats added in the provider's portal are what is added, not what is wiped", func(rows []reconcile.Row) []reconcile.Row {
			wiped, anew := rows[0], rows[0]
			wiped.ID, wiped.Type, wiped.Reference, wiped.Quantity, wiped.EffectivePrice, wiped.Cost = "w", billing.ChargeAddQuantity, "r", number(t, "12"), number(t, "-9.90"), number(t, "-118.80")
			anew.ID, anew.Type, anew.Reference, anew.Quantity, anew.EffectivePrice, anew.Cost = "a", billing.ChargeAddQuantity, "r", number(t, "17"), number(t, "9.90"), number(t, "168.30")
			wiped.Period.From, anew.Period.From = day(t, "2026-05-25"), day(t, "2026-05-25")
			return append(rows, wiped, anew)
		}, `w never billed: -118.80: addQuantity from 12 to 17 seats for 2026-05-25 to 2026-06-04 is in no entry of our log, and row a is the other half of it: no customer is billed for 5 of them
			a never billed: 168.30: addQuantity from 12 to 17 seats for 2026-05-25 to 2026-06-04 is in no entry of our log: no customer is billed for 5 of them`},
		{"seats given back in the provider's portal", func(rows []reconcile.Row) []reconcile.Row {
			wiped, anew := rows[0], rows[0]
			wiped.ID, wiped.Type, wiped.Quantity, wiped.EffectivePrice, wiped.Cost = "w", billing.ChargeRemoveQuantity, number(t, "12"), number(t, "-9.90"), number(t, "-118.80")
			anew.ID, anew.Type, anew.Quantity, anew.EffectivePrice, anew.Cost = "a", billing.ChargeRemoveQuantity, number(t, "11"), number(t, "9.90"), number(t, "108.90")
			wiped.Period.From, anew.Period.From = day(t, "2026-05-25"), day(t, "2026-05-25")
			return append(rows, wiped, anew)
		}, `w billed and not charged: -118.80: removeQuantity from 12 to 11 seats for 2026-05-25 to 2026-06-04 is in no entry of our log, and row a is the other half of it: the customer is still billed for 1 that are gone
			a billed and not charged: 108.90: removeQuantity from 12 to 11 seats for 2026-05-25 to 2026-06-04 is in no entry of our log: the customer is still billed for 1 that are gone`},
		{"a row in another customer's name", func(rows []reconcile.Row) []reconcile.Row {
			rows[0].Of = "tailspin"
			return rows
		}, "sub-1 missing customer: 0: the row names customer cust, and subscription sub is customer tailspin's: it is compared as theirs"},
		{"seats bought in the provider's portal", func(rows []reconcile.Row) []reconcile.Row {
			more := rows[0]
			more.ID, more.Type, more.Quantity, more.Cost = "p", billing.ChargeAddQuantity, number(t, "3"), number(t, "60.00")
			more.Period.From = day(t, "2026-05-25")
			return append(rows, more)
		}, "p never billed: 60.00: addQuantity of 3 seats for 2026-05-25 to 2026-06-04 is in no entry of our log, so that no customer is billed for it"},
		{"a cancellation that we know nothing of", func(rows []reconcile.Row) []reconcile.Row {
			gone := rows[0]
			gone.ID, gone.Type, gone.Quantity, gone.EffectivePrice, gone.Cost = "x", billing.ChargeCancel, number(t, "14"), number(t, "-9"), number(t, "-126.00")
			gone.Period.From = day(t, "2026-05-26")
			return append(rows, gone)
		}, "x billed and not charged: -126.00: cancelImmediate gives back 14 seats for 2026-05-26 to 2026-06-04, and nothing in our log says so: the customer is still billed"},
		{"a subscription that the book does not have", func(rows []reconcile.Row) []reconcile.Row {
			foreign := rows[0]
			foreign.ID, foreign.Holding = "f", "else"
			return append(rows, foreign)
		}, "f unknown subscription: 279.00: subscription else is not in the book"},
		{"last month's row comes late", func(rows []reconcile.Row) []reconcile.Row {
			late := rows[0]
			late.ID, late.Period, late.On = "l", expectWindow(t, "2026-04-05", "2026-05-05"), day(t, "2026-04-05")
			return append(rows, late)
		}, "l timing: 279.00 [meets 2026-04]: it is for 2026-04-05 to 2026-05-04, a transaction of 2026-04-05, which belongs on another invoice"},
	} {
		story, rules := tell(t, "EUR", seatStory)
		rows := c.change(rowsOf(expect(t, story, rules, "2026-05-01", "2026-06-01")))
		result := match(t, rules, "2026-05-01", "2026-06-01", reconcile.Customer{ID: "cust", Known: true, Stories: []reconcile.Story{*story}, Rows: rows})
		check(t, c.what, findings(result), c.want)
	}
}

func TestNettedChangesOfADay(t *testing.T) {
	story, rules := tell(t, "EUR", "price 31 monthly\n2026-05-01 buy 10 for 12/1\n2026-05-11 seats 15\n2026-05-11 seats 12")
	rows := rowsOf(expect(t, story, rules, "2026-05-01", "2026-06-01"))
	// The provider writes −10 and +12 alone, without the +15 and −15 between.
	rows = append(rows[:2], rows[4])
	customer := reconcile.Customer{ID: "cust", Known: true, Stories: []reconcile.Story{*story}, Rows: rows}
	check(t, "netted", findings(match(t, rules, "2026-05-01", "2026-06-01", customer)), "")
}

func TestASuiteInTwoRowsIsOneCharge(t *testing.T) {
	story, rules := tell(t, "EUR", "price 57 monthly\n2026-05-01 buy 10 for 12/1")
	rows := rowsOf(expect(t, story, rules, "2026-05-01", "2026-06-01"))
	telephone := rows[0]
	telephone.ID, telephone.SKU, telephone.UnitPrice, telephone.EffectivePrice, telephone.Cost = "tel", "E3-TEL", number(t, "7"), number(t, "7"), number(t, "70.00")
	rows[0].UnitPrice, rows[0].EffectivePrice, rows[0].Cost = number(t, "50"), number(t, "50"), number(t, "500.00")
	customer := reconcile.Customer{ID: "cust", Known: true, Stories: []reconcile.Story{*story}, Rows: append(rows, telephone)}
	check(t, "a suite", findings(match(t, rules, "2026-05-01", "2026-06-01", customer)), "")
}

func TestAnotherInvoiceHasIt(t *testing.T) {
	story, rules := tell(t, "EUR", "price 31 monthly\n2026-04-11 buy 10 for 12/1")
	may := rowsOf(expect(t, story, rules, "2026-05-01", "2026-06-01"))
	april := rowsOf(expect(t, story, rules, "2026-04-01", "2026-05-01"))
	april[0].Invoice, april[0].ID = "G0", "old"
	early := may[0]
	early.Invoice = "G0"
	customer := reconcile.Customer{ID: "cust", Known: true, Stories: []reconcile.Story{*story}, Others: []reconcile.Row{april[0], early}}
	check(t, "May's charge stood on April's invoice", findings(match(t, rules, "2026-05-01", "2026-06-01", customer)),
		"(missing) timing: -310.00 [meets 2026-05]: cycleCharge 310.00 for 2026-05-11 to 2026-06-10 stands on invoice G0")

	again := april[0]
	again.Invoice, again.ID = "G1", "again"
	customer = reconcile.Customer{ID: "cust", Known: true, Stories: []reconcile.Story{*story}, Rows: append(may, again), Others: april}
	check(t, "April's charge comes again", findings(match(t, rules, "2026-05-01", "2026-06-01", customer)),
		"again doubled row: 310.00: row old of invoice G0 says the same: new of 310.00 for 2026-04-11 to 2026-05-10")

	last, rules := tell(t, "EUR", "price 31 monthly\n2026-05-31 buy 10 for 12/1")
	rules.LateDays = 1
	customer = reconcile.Customer{ID: "cust", Known: true, Stories: []reconcile.Story{*last}}
	check(t, "bought on the last day", findings(match(t, rules, "2026-05-01", "2026-06-01", customer)),
		"(missing) timing: -310.00 [meets 2026-06]: new of 10 seats for 2026-05-31 to 2026-06-29 was expected: 310.00; so late in the period it may come with the next invoice")
}

func TestWhoIsNotInTheBook(t *testing.T) {
	story, rules := tell(t, "EUR", "price 31 monthly\n2026-05-11 buy 10 for 12/1")
	rows := rowsOf(expect(t, story, rules, "2026-05-01", "2026-06-01"))
	customer := reconcile.Customer{ID: "nobody", Rows: rows}
	check(t, "a customer", findings(match(t, rules, "2026-05-01", "2026-06-01", customer)), "sub-1 missing customer: 310.00: customer nobody is not in the book")

	rows[0].Holding = "moved"
	customer = reconcile.Customer{ID: "cust", Known: true, Stories: []reconcile.Story{*story}, Rows: rows}
	check(t, "a subscription under another id", findings(match(t, rules, "2026-05-01", "2026-06-01", customer)),
		"sub-1 unknown subscription: 0: it looks like subscription sub, of which the invoice says nothing: link them")
}

func TestUsageIsComparedByTheMonth(t *testing.T) {
	story, rules := tell(t, "EUR", "")
	rules.LateDays = 1
	story.Metered = true
	story.Usage = []reconcile.UsageCost{
		{day(t, "2026-05-03"), number(t, "10.123")}, {day(t, "2026-05-20"), number(t, "5.002")}, {day(t, "2026-05-31"), number(t, "2.50")}, {day(t, "2026-06-01"), number(t, "99")},
	}
	for cost, want := range map[string]string{
		"17.63": "",
		"17.62": "1 rounding: -0.01: the rows of the month add up to 17.62, the rated usage to 17.63",
		"15.13": "1 timing: -2.50 [meets 2026-06]: the rows of the month add up to 15.13, the rated usage to 17.63; usage of the last days was 2.50 and may come with the next invoice",
		"20.00": "1 unexplained: 2.37: the rows of the month add up to 20.00, the rated usage to 17.63",
	} {
		row := reconcile.Row{Holding: "sub", On: day(t, "2026-05-31")}
		row.ProviderCharge = billing.ProviderCharge{ID: "1", Type: billing.ChargeNew, Period: expectWindow(t, "2026-05-01", "2026-06-01"), Quantity: number(t, "1"), Cost: number(t, cost), Currency: story.Currency}
		customer := reconcile.Customer{ID: "cust", Known: true, Stories: []reconcile.Story{*story}, Rows: []reconcile.Row{row}}
		check(t, cost, findings(match(t, rules, "2026-05-01", "2026-06-01", customer)), want)
	}
}

func TestAStoryThatCannotBeIsNotGuessedAt(t *testing.T) {
	story, rules := tell(t, "EUR", "price 31 monthly\n2026-05-11 buy 10 for 12/1")
	rows := rowsOf(expect(t, story, rules, from, to))
	nameless := rows[0]
	nameless.ID, nameless.Holding = "n", ""
	story.Events = append(story.Events, story.Events[0])
	customer := reconcile.Customer{ID: "cust", Known: true, Stories: []reconcile.Story{*story}, Rows: append(rows, nameless)}
	check(t, "bought twice", findings(match(t, rules, from, to, customer)), `n unknown subscription: 310.00: it names no subscription
		sub-1 unexplained: 310.00: nothing can be expected: subscription sub: 2026-05-11: it was bought a second time`)
}

// Usage that came with the wrong invoice: as much is missing on one as is too much on
// the other, however many days it is; without the other at hand, the last days tell.
func TestUsageOfAnotherInvoice(t *testing.T) {
	story := reconcile.Story{Holding: "sub", SKU: "AZ", Currency: currency(t, "EUR"), Metered: true}
	for _, use := range []string{"2026-04-28 9.00", "2026-04-30 4.00", "2026-05-03 30.00", "2026-05-31 7.00"} {
		on, cost, _ := strings.Cut(use, " ")
		story.Usage = append(story.Usage, reconcile.UsageCost{On: day(t, on), Cost: number(t, cost)})
	}
	row := func(invoice, id, first, cost string) reconcile.Row {
		r := reconcile.Row{Invoice: invoice, Holding: "sub", On: day(t, first)}
		r.ProviderCharge = billing.ProviderCharge{ID: id, Type: billing.ChargeNew, SKU: "AZ", Quantity: number(t, "1"), EffectivePrice: number(t, cost), Cost: number(t, cost), Currency: story.Currency}
		r.Period.From, r.Period.To = day(t, first), day(t, first).AddMonths(1)
		return r
	}
	for _, c := range []struct{ what, cost, other, want string }{
		{"the days of the month before", "50.00", "0.00", "r timing: 13.00 [meets 2026-04]: the rows of the month add up to 50.00, the rated usage to 37.00; " +
			"invoice G0 differs by -13.00 from the usage of its month: it was invoiced with the one and belongs to the other"},
		{"the last day before, whose invoice is not at hand", "41.00", "", "r timing: 4.00 [meets 2026-04]: the rows of the month add up to 41.00, the rated usage to 37.00; usage of the last days before was 4.00 and may have come with this invoice"},
		{"the last day, which is to come", "30.00", "", "r timing: -7.00 [meets 2026-06]: the rows of the month add up to 30.00, the rated usage to 37.00; usage of the last days was 7.00 and may come with the next invoice"},
		{"more than that", "60.00", "13.00", "r unexplained: 23.00: the rows of the month add up to 60.00, the rated usage to 37.00"},
	} {
		customer := reconcile.Customer{ID: "cust", Known: true, Stories: []reconcile.Story{story}, Rows: []reconcile.Row{row("G1", "r", "2026-05-01", c.cost)}}
		if c.other != "" {
			customer.Others = []reconcile.Row{row("G0", "o", "2026-04-01", c.other)}
		}
		check(t, c.what, findings(match(t, reconcile.Rules{LateDays: 1}, from, to, customer)), c.want)
	}
}
