package flow_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

func (o *office) windows() string {
	o.t.Helper()
	windows, err := o.Windows(o.ctx, "")
	must(o.t, err)
	var lines []string
	for _, w := range windows {
		lines = append(lines, fmt.Sprintf("%s %s of %s by %s, else %s until %s", w.Kind, w.Quantity, w.Holding, w.Until.Format("01-02 15:04"), w.Missed, w.CommitsUntil))
	}
	return strings.Join(lines, "\n")
}

func TestWhatCanStillBeGivenBack(t *testing.T) {
	o := openOffice(t)
	h := holding("acme", "h1", e3, "14", instant("2026-01-01 00:00"))
	h.Refundable = []flow.RefundableQuantity{
		{Quantity: decimal("10"), AllowedUntil: instant("2026-01-08 00:00")}, {Quantity: decimal("4"), AllowedUntil: instant("2026-01-11 00:00")},
	}
	h.Refunds = []flow.RefundOption{{Type: "Full", ExpiresAt: instant("2026-01-02 00:00")}}
	old := holding("acme", "h2", e3, "5", instant("2025-06-01 00:00"))
	o.tenant("acme", h, old)
	o.sync()
	// 10.00 a month and seat: 120 for the year, of which 358 and 355 days are left.
	o.is("windows", o.windows(), "cancel 14 of h1 by 01-08 00:00, else 1647.78 until 2027-01-01\n"+
		"reduce 10 of h1 by 01-08 00:00, else 1176.99 until 2027-01-01\nreduce 4 of h1 by 01-11 00:00, else 466.85 until 2027-01-01")
	windows, err := o.Windows(o.ctx, connection)
	must(t, err)
	if w := windows[2]; w.AddedOn != day("2026-01-04") || w.Account != "acme" || len(w.Subscriptions) != 1 || w.Subscriptions[0] != "h1" || !w.FullUntil.IsZero() {
		t.Errorf("%+v", w)
	}
	o.clock.on("2026-01-10")
	o.is("later", o.windows(), "reduce 4 of h1 by 01-11 00:00, else 466.85 until 2027-01-01")
	o.remote.find("h1").Status = flow.HoldingDeleted
	o.sync()
	o.is("gone", o.windows(), "")
}

func TestWhatNoCustomerIsCommittedTo(t *testing.T) {
	o := openOffice(t)
	bound := flow.Contract{Contract: billing.Contract{ID: "bound-1", Account: "bound", Currency: currency("EUR"), Schedule: billing.Flexi, Frequency: monthly,
		Start: day("2026-01-01"), End: day("2026-07-01"), Reductions: billing.ReductionsForbidden}}
	paid := flow.Contract{Contract: billing.Contract{ID: "paid-1", Account: "paid", Currency: currency("EUR"), Schedule: billing.Flexi, Frequency: monthly,
		Start: day("2026-01-01"), Refunds: billing.Refunds{Policy: billing.RefundNone}}}
	o.customer("bound")
	o.customer("paid")
	o.take(flow.Intake{Contract: &bound}, flow.Intake{Contract: &paid})
	for id, change := range map[string]func(*billing.Contract){
		"firm":   func(c *billing.Contract) { c.Reductions = billing.ReductionsForbidden },
		"mirror": func(c *billing.Contract) { c.Schedule = billing.Mirror },
		"week":   func(c *billing.Contract) { c.Refunds = billing.Refunds{Policy: billing.RefundWithinDays, Days: 7} },
	} {
		contract := flow.Contract{Contract: billing.Contract{ID: billing.ContractID(id + "-1"), Account: billing.AccountID(id), Currency: currency("EUR"), Schedule: billing.Flexi, Frequency: monthly,
			Start: day("2026-01-01")}}
		change(&contract.Contract)
		o.customer(id)
		o.take(flow.Intake{Contract: &contract})
	}
	start := instant("2026-01-01 00:00")
	o.tenant("acme", holding("acme", "h1", e3, "10", start))
	o.tenant("bound", holding("bound", "h2", e3, "10", start))
	o.tenant("paid", holding("paid", "h3", e3, "10", start))
	o.tenant("mirror", holding("mirror", "h4", e3, "10", start))
	o.tenant("firm", holding("firm", "h5", e3, "10", start))
	o.tenant("week", holding("week", "h6", e3, "10", start))
	o.clock.on("2026-01-01")
	o.sync()
	o.clock.on("2026-01-02")
	exposures, err := o.Exposures(o.ctx, "")
	must(t, err)
	var lines []string
	for _, e := range exposures {
		lines = append(lines, fmt.Sprintf("%s %s: %s of %s until %s, committed until %s %s", e.Account, e.Holding, e.Uncovered, e.Cost, e.Until, e.CommittedUntil, e.Why))
	}
	// 1,200.00 for the year, 364 days left: who may leave leaves all of it uncovered, who
	// is bound until 1 July 184 days, who has paid January 334. Who is billed the
	// provider's rows, or may give nothing back inside a term, leaves nothing; who may
	// give back what is seven days old leaves all of it for these days.
	o.is("exposures", strings.Join(lines, "\n"), "acme h1: 1196.71 of 1196.71 until 2027-01-01, committed until 2026-01-02 may leave any day, credited\n"+
		"bound h2: 604.93 of 1196.71 until 2027-01-01, committed until 2026-07-01 ends\n"+
		"firm h5: 0.00 of 1196.71 until 2027-01-01, committed until 2027-01-01 by the term\n"+
		"mirror h4: 0.00 of 1196.71 until 2027-01-01, committed until 2027-01-01 by the provider's rows\n"+
		"paid h3: 1098.08 of 1196.71 until 2027-01-01, committed until 2026-02-01 by what is paid\n"+
		"week h6: 1196.71 of 1196.71 until 2027-01-01, committed until 2026-01-02 in the refund window")
	var sums []string
	for _, sum := range flow.ExposureSums(append(exposures, exposures[0], flow.Exposure{Account: "acme", Name: "acme"})) {
		sums = append(sums, fmt.Sprintf("%s (%s): %d holdings, %s of %s %s, %d unknown", sum.Account, sum.Name, sum.Holdings, sum.Uncovered, sum.Cost, sum.Currency, sum.Unknown))
	}
	o.is("sums", strings.Join(sums, "\n"), "acme (acme): 1 holdings, 0 of 0 , 1 unknown\nacme (acme): 2 holdings, 2393.42 of 2393.42 EUR, 0 unknown\n"+
		"bound (bound): 1 holdings, 604.93 of 1196.71 EUR, 0 unknown\nfirm (firm): 1 holdings, 0.00 of 1196.71 EUR, 0 unknown\n"+
		"mirror (mirror): 1 holdings, 0.00 of 1196.71 EUR, 0 unknown\npaid (paid): 1 holdings, 1098.08 of 1196.71 EUR, 0 unknown\nweek (week): 1 holdings, 1196.71 of 1196.71 EUR, 0 unknown")

	// Nine days after the seats were bought, what is paid of January is not given back any more.
	o.clock.on("2026-01-10")
	exposures, err = o.Exposures(o.ctx, "")
	must(t, err)
	if e := exposures[5]; e.CommittedUntil != day("2026-02-01") || e.Why != flow.CommittedPaid {
		t.Errorf("%+v", e)
	}

	// Seats that nobody is billed for are uncovered for all of the term.
	must(t, o.tell(flow.Event{Do: flow.DoCancel, Subscription: "h3", FromProvider: true}))
	exposures, err = o.Exposures(o.ctx, connection)
	must(t, err)
	if e := exposures[4]; e.Uncovered != e.Cost || !e.Billed.IsZero() {
		t.Errorf("%+v", e)
	}
	o.write(func(tx flow.Tx) error {
		_, err := tx.ConnectionPut(flow.Connection{ID: connection, Name: "Microsoft", Kind: "partnercenter", Currency: currency("EUR"), List: "none"})
		return err
	})
	exposures, err = o.Exposures(o.ctx, connection)
	must(t, err)
	if e := exposures[0]; e.CostKnown || !e.Cost.Currency().IsZero() {
		t.Errorf("without a cost it has one: %+v", e)
	}
}

func sheetRow(sku, cost string, from string) flow.PriceSheetRow {
	return flow.PriceSheetRow{At: flow.Source{File: "sheet.csv", Line: 2}, SKU: sku, Title: sku, Market: "DE", Segment: "Commercial", Currency: currency("EUR"), TermMonths: 12,
		Billing: monthly, Cost: decimal(cost), From: day(from)}
}

func rowsOf(rows ...flow.PriceSheetRow) iter.Seq2[flow.PriceSheetRow, error] {
	return func(yield func(flow.PriceSheetRow, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

func changesText(changes []flow.PriceChange) string {
	var lines []string
	for _, c := range changes {
		lines = append(lines, fmt.Sprintf("%s %s %s of %s: %s to %s %s", c.On, c.Account, c.Quantity, c.SKU, c.Before, c.After, c.Missing))
	}
	return strings.ReplaceAll(strings.Join(lines, "\n"), " \n", "\n")
}

func TestNextMonthsPricesAreSeenBeforeTheyCome(t *testing.T) {
	o := openOffice(t)
	o.customer("free", "free-1")
	fixed := holding("acme", "h2", e3, "5", instant("2026-01-03 10:00"))
	monthlyTerm := holding("free", "h3", e3, "3", instant("2026-01-04 10:00"))
	monthlyTerm.TermMonths, monthlyTerm.EndsAt = 1, instant("2026-02-04 10:00")
	o.tenant("acme", holding("acme", "h1", e3, "10", instant("2026-01-03 10:00")), fixed)
	o.tenant("free", monthlyTerm)
	o.sync()
	must(t, o.tell(flow.Event{Do: flow.DoPrice, Subscription: "h2", Price: decimal("9"), HasPrice: true}))
	year, month := sheetRow(e3, "15", "2026-02-01"), sheetRow(e3, "16", "2026-02-01")
	month.TermMonths = 1
	other := sheetRow(e3, "99", "2026-02-01")
	other.Market = "FR"

	ask := flow.PriceChangeAsk{Rows: rowsOf(year, month, other), Options: flow.PriceSheetOptions{Market: "DE"}}
	changes, err := o.PriceChanges(o.ctx, ask)
	must(t, err)
	o.is("changes", changesText(changes), "2026-02-04 free 3 of "+e3+": 36.00 to 48.00\n2027-01-03 acme 10 of "+e3+": 120.00 to 150.00 ")
	if !changes[0].AtRenewal {
		t.Error("a term of a month renews too")
	}
	changes, err = o.PriceChanges(o.ctx, flow.PriceChangeAsk{})
	must(t, err)
	o.is("nothing was taken in", changesText(changes), "")

	// A rule over retail finds none in the announced row: there will be no price.
	ask.Options.Rule = billing.Rule{Of: billing.OfRetail}
	changes, err = o.PriceChanges(o.ctx, ask)
	must(t, err)
	if len(changes) != 2 || !strings.Contains(changes[0].Missing, "no price for "+e3) {
		t.Errorf("%+v", changes)
	}

	_, sheet, err := o.PriceSheetImport(o.ctx, connection, flow.PriceSheetAsk{Market: "DE", View: "updatedlicensebased"}, rowsOf(year, month), flow.PriceSheetOptions{Market: "DE"},
		flow.Actor{Who: "clerk"}, func(flow.TakeLine) {})
	must(t, err)
	_, same, err := o.PriceSheetImport(o.ctx, connection, flow.PriceSheetAsk{Market: "DE", View: "updatedlicensebased"}, rowsOf(month, year), flow.PriceSheetOptions{Market: "DE"},
		flow.Actor{Who: "clerk"}, func(flow.TakeLine) {})
	must(t, err)
	if sheet.Digest != same.Digest || sheet.Rows != 2 || sheet.Month != day("2026-01-01") {
		t.Errorf("the same rows are another version: %+v %+v", sheet, same)
	}
	must(t, o.Store.Read(o.ctx, func(tx flow.Tx) error {
		list, err := tx.PriceSheetList(connection)
		if len(list) != 1 {
			t.Errorf("%d versions", len(list))
		}
		return err
	}))
	changes, err = o.PriceChanges(o.ctx, flow.PriceChangeAsk{Until: day("2026-06-01")})
	must(t, err)
	o.is("what is in the book now", changesText(changes), "2026-02-04 free 3 of "+e3+": 36.00 to 48.00 ")
}

func TestTiersOfASheetBecomeTiersOfAPrice(t *testing.T) {
	small, large := sheetRow(e3, "10", "2026-01-01"), sheetRow(e3, "8", "2026-01-01")
	small.TierFrom, small.TierTo, small.HasTierFrom, small.HasTierTo = decimal("1"), decimal("49"), true, true
	large.TierFrom, large.HasTierFrom = decimal("50"), true
	take := func(rows ...flow.PriceSheetRow) (text string) {
		o := flow.PriceSheetOptions{Rule: billing.Rule{Of: billing.OfCost, Percent: decimal("20"), Margin: true}}
		for in, err := range flow.IntakesOfPriceSheet(rowsOf(rows...), o) {
			if err != nil {
				return err.Error()
			}
			if in.Price != nil {
				for _, tier := range in.Price.Tiers {
					text += fmt.Sprintf("%s %s %t; ", tier.UpTo, tier.Price, tier.Open)
				}
				text += fmt.Sprint(in.Price.Model == billing.Volume)
			}
		}
		return text
	}
	if got := take(large, small); got != "49 12.5 false; 0 10 true; true" {
		t.Errorf("got %s", got)
	}
	large.TierFrom = decimal("51")
	if got := take(small, large); got != "sheet.csv:2: tier: "+e3+" starts at 51, and the tier before it ends at 49 (expected the next quantity)" {
		t.Errorf("got %s", got)
	}
}

func TestPromotionsThatEndWithATerm(t *testing.T) {
	o := openOffice(t)
	h := holding("acme", "h1", e3, "10", instant("2025-03-01 10:00"))
	h.Promotion = "P1"
	lasting := holding("acme", "h2", e3, "10", instant("2025-03-01 10:00"))
	lasting.Promotion = "P2"
	o.tenant("acme", h, lasting)
	o.sync()
	promotions := func(yield func(flow.Promotion, error) bool) {
		_ = yield(flow.Promotion{ID: "P1", Name: "Launch", SKU: e3, Percent: decimal("15"), To: day("2025-07-01")}, nil) &&
			yield(flow.Promotion{ID: "P2", Name: "Always", SKU: e3, Percent: decimal("5"), To: day("2028-01-01")}, nil)
	}
	changed, err := o.PromotionsImport(o.ctx, connection, promotions)
	must(t, err)
	ends, err := o.PromotionsEnding(o.ctx, connection, day("2026-06-01"))
	must(t, err)
	if changed != 2 || len(ends) != 1 || ends[0].Holding != "h1" || ends[0].On != day("2026-03-01") || ends[0].More.String() != "15.00" || ends[0].Account != "acme" {
		t.Errorf("%d, %+v", changed, ends)
	}
	if ends, err = o.PromotionsEnding(o.ctx, connection, day("2026-02-01")); err != nil || len(ends) > 0 {
		t.Errorf("%v %v", ends, err)
	}
}

func TestRatesOfAMonthAreTaken(t *testing.T) {
	o := openOffice(t)
	rates := rateCard{{On: day("2026-01-01"), From: currency("USD"), To: currency("EUR"), Rate: decimal("0.91")}}
	for _, want := range []flow.Outcome{flow.Taken, flow.Unchanged} {
		report, err := o.RatesImport(o.ctx, rates, day("2026-01-01"), flow.Actor{Who: "clerk"}, func(flow.TakeLine) {})
		must(t, err)
		if report.Counts["rate"][want] != 1 {
			t.Errorf("%v", report.Counts)
		}
	}
}

type rateCard []billing.Rate

func (r rateCard) Rates(context.Context, calendar.Date) iter.Seq2[billing.Rate, error] {
	return func(yield func(billing.Rate, error) bool) {
		for _, rate := range r {
			if !yield(rate, nil) {
				return
			}
		}
	}
}

func (r rateCard) PriceSheet(context.Context, flow.PriceSheetAsk) iter.Seq2[flow.PriceSheetRow, error] {
	return func(func(flow.PriceSheetRow, error) bool) {}
}

func (r rateCard) Promotions(context.Context, string, string) iter.Seq2[flow.Promotion, error] {
	return func(func(flow.Promotion, error) bool) {}
}
