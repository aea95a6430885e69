package billing_test

import (
	"fmt"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// The vectors are facts that other billing systems publish, with their ids; days
// and amounts as they have them, in periods that are half-open.

// sale is one subscription of a contract that is billed monthly in dollars, by
// days and in advance, unless a case says otherwise.
type sale struct {
	contract billing.Contract
	sub      billing.Subscription
	rows     []billing.PriceRow
	usage    []billing.UsageRecord
}

func newSale(start string, entries ...billing.Entry) *sale {
	s := &sale{contract: billing.Contract{ID: "c", Account: "a", Currency: currency("USD"), Frequency: units[0], Start: date(start)}}
	s.sub = billing.Subscription{ID: "s", Contract: "c", SKU: "licence", Billing: units[0], PriceUnit: units[0], Entries: entries}
	for i := range s.sub.Entries {
		e := &s.sub.Entries[i]
		if e.Seq = int64(i + 1); e.KnownOn.IsZero() {
			e.KnownOn = e.EffectiveOn
		}
		e.RecordedOn = e.KnownOn
	}
	return s
}

// seats and at begin the state of a day: so many, at a price of their own.
func seats(on, quantity string) billing.Entry {
	return billing.Entry{Verb: billing.SetQuantity, EffectiveOn: date(on), Quantity: dec(quantity), HasQuantity: true}
}

func sold(on, quantity, price string) billing.Entry {
	e := seats(on, quantity)
	e.Verb, e.Price, e.HasPrice = billing.Subscribe, dec(price), true
	return e
}

func repriced(on, price, known string) billing.Entry {
	return billing.Entry{Verb: billing.SetPrice, EffectiveOn: date(on), Price: dec(price), HasPrice: true, KnownOn: date(known)}
}

func cancelled(on, known string) billing.Entry {
	return billing.Entry{Verb: billing.Cancel, EffectiveOn: date(on), KnownOn: date(known)}
}

// lines are what has been billed by a day: kind, amount and fraction of each.
func (s *sale) lines(t *testing.T, until string) string {
	t.Helper()
	catalog := billing.Catalog{Prices: map[string][]billing.PriceRow{"licence": s.rows}}
	book := billing.Book{Contract: s.contract, Lists: []string{billing.DefaultList}, Subscriptions: []billing.Subscription{s.sub}, Usage: s.usage}
	plan, err := billing.NewPlanner(&catalog).Plan(&book, date(until))
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for i := range plan.Drafts {
		for j := range plan.Drafts[i].Lines {
			l := &plan.Drafts[i].Lines[j]
			told = append(told, strings.TrimSpace(fmt.Sprintf("%s %s", l.Amount, billing.ParseExplanation(l.Explanation).Part)))
		}
	}
	return strings.Join(told, ", ")
}

func TestPublishedFractions(t *testing.T) {
	cut := func(start, end string) *sale {
		s := newSale(start, sold(start, "1", "1000"))
		s.contract.End = date(end)
		return s
	}
	joining := func(start, on string) *sale { return newSale(start, sold(on, "1", "1000")) }
	days30 := newSale("2023-04-23", sold("2023-04-23", "1", "30"), cancelled("2023-05-15", "2023-05-15"))
	days30.contract.Proration = billing.ByDays30
	quarter := joining("2025-10-01", "2025-10-08")
	quarter.contract.Frequency, quarter.sub.Billing, quarter.sub.PriceUnit = units[1], units[1], units[1]
	for _, c := range []struct {
		id    string
		sale  *sale
		until string
		want  string
	}{
		{"B1", cut("2011-02-10", "2011-02-24"), "2011-02-10", "500.00 14/28"},
		{"B2", cut("2011-02-01", "2011-02-14"), "2011-02-01", "464.29 13/28"},
		{"B4", cut("2012-02-01", "2012-02-15"), "2012-02-01", "482.76 14/29"},
		{"B5", joining("2011-01-13", "2011-02-01"), "2011-02-12", ""},
		{"B5", joining("2011-01-13", "2011-02-01"), "2011-02-13", "387.10 12/31, 1000.00 28/28"},
		{"B10", days30, "2023-05-23", "30.00 1/1, -8.00 8/30"},
		{"B12", quarter, "2026-01-01", "923.91 85/92, 1000.00 90/90"},
		{"B15", joining("2026-01-01", "2026-01-15"), "2026-02-01", "548.39 17/31, 1000.00 28/28"},
	} {
		if got := c.sale.lines(t, c.until); got != c.want {
			t.Errorf("%s: got %s, want %s", c.id, got, c.want)
		}
	}
}

func TestPublishedAmounts(t *testing.T) {
	annual := newSale("2026-01-01", sold("2026-01-01", "1", "249.95"), repriced("2026-01-01", "239.95", "2026-01-10"), cancelled("2026-01-01", "2026-02-10"))
	annual.contract.Schedule, annual.sub.Billing, annual.sub.PriceUnit = billing.Flexi, units[2], units[2]
	for _, c := range []struct {
		id    string
		sale  *sale
		until string
		want  string
	}{
		{"P1", newSale("2012-05-01", sold("2012-05-23", "1", "24.95")), "2012-06-01", "7.24 9/31, 24.95 30/30"},
		{"P3", newSale("2012-05-01", sold("2012-05-24", "1", "24.95")), "2012-06-01", "6.44 8/31, 24.95 30/30"},
		{"P21", newSale("2026-01-01", sold("2026-01-10", "1", "50.00")), "2026-02-01", "35.48 22/31, 50.00 28/28"},
		{"FF1", newSale("2026-01-01", sold("2026-01-09", "1", "930.00")), "2026-02-01", "690.00 23/31, 930.00 28/28"},
		{"FF2", newSale("2026-01-01", sold("2026-01-16", "1", "930.00")), "2026-02-01", "480.00 16/31, 930.00 28/28"},
		{"C12", newSale("2026-01-01", sold("2026-01-01", "7", "29.95"), seats("2026-02-01", "10")), "2026-02-01", "209.65 31/31, 299.50 28/28"},
		{"C14", annual, "2026-03-01", "249.95 365/365, -10.00 365/365, -239.95"},
		{"C20", newSale("2026-02-01", sold("2026-02-02", "1", "9.00")), "2026-03-01", "8.68 27/28, 9.00 31/31"},
		{"L2", newSale("2026-01-01", sold("2026-01-13", "1", "4.00")), "2026-01-31", ""},
		{"L2", newSale("2026-01-01", sold("2026-01-13", "1", "4.00")), "2026-02-01", "2.45 19/31, 4.00 28/28"},
		{"L2", newSale("2026-01-01", sold("2026-01-20", "2", "4.00")), "2026-02-01", "3.10 12/31, 8.00 28/28"},
		// Front-loaded, the seat that joins is charged beside the one that stays: 2.45 + 3.10 again.
		{"L2", newSale("2026-01-01", sold("2026-01-01", "1", "4.00"), seats("2026-01-20", "2")), "2026-02-01", "4.00 31/31, 1.55 12/31, 8.00 28/28"},
	} {
		if got := c.sale.lines(t, c.until); got != c.want {
			t.Errorf("%s: got %s, want %s", c.id, got, c.want)
		}
	}
}

func TestPublishedPriceModels(t *testing.T) {
	tier := func(upTo, price string) billing.Tier {
		if upTo == "" {
			return billing.Tier{Open: true, Price: dec(price)}
		}
		return billing.Tier{UpTo: dec(upTo), Price: dec(price)}
	}
	volume := billing.PriceRow{Model: billing.Volume, Tiers: []billing.Tier{tier("5", "7"), tier("10", "6.5"), tier("", "6")}}
	packaged := billing.PriceRow{Model: billing.Package, Price: dec("5.00"), Size: dec("100"), Included: dec("100")}
	markup := billing.PriceRow{Rule: billing.Rule{Of: billing.OfCost, Percent: dec("17.647")}, Cost: dec("85"), HasCost: true}
	for _, c := range []struct {
		id, quantity string
		row          billing.PriceRow
		want         string
	}{
		{"P16", "5", volume, "35.00 31/31"},
		{"P16", "6", volume, "39.00 31/31"},
		{"P16", "20", volume, "120.00 31/31"},
		{"P16", "25", volume, "150.00 31/31"},
		{"P24", "201", packaged, "10.00 31/31"},
		{"W10", "1", markup, "100.00 31/31"},
	} {
		start := sold("2026-01-01", c.quantity, "0")
		start.HasPrice = false
		s := newSale("2026-01-01", start)
		c.row.SKU, c.row.List, c.row.Currency, c.row.Unit = "licence", billing.DefaultList, s.contract.Currency, units[0]
		s.rows = []billing.PriceRow{c.row}
		if got := s.lines(t, "2026-01-31"); got != c.want {
			t.Errorf("%s of %s: got %s, want %s", c.id, c.quantity, got, c.want)
		}
	}
	// W10, the other way about: the markup that makes a retail price of a cost.
	cost, retail := dec("85").Ratio(), dec("100").Ratio()
	if got := money.DecimalFrom(retail.Sub(cost).Div(cost).Mul(money.Whole(100)), 0, 3).String(); got != "17.647" {
		t.Errorf("W10: got %s %%", got)
	}
}

func TestPublishedMinimum(t *testing.T) {
	for _, c := range []struct{ cost, want string }{
		{"40", "40.00, 60.00"}, {"100", "100.00"}, {"120", "120.00"},
	} {
		start := sold("2026-01-01", "1", "0")
		start.HasPrice = false
		s := newSale("2026-01-01", start)
		s.contract.End = date("2026-02-01")
		s.sub.Kind, s.sub.Minimum, s.sub.HasMinimum = billing.Usage, dec("100"), true
		s.usage = []billing.UsageRecord{{
			ID: "r", Subscription: "s", Period: calendar.Period{From: date("2026-01-01"), To: date("2026-02-01")},
			Quantity: dec("1"), Cost: dec(c.cost), HasCost: true, KnownOn: date("2026-01-20"),
		}}
		if got := s.lines(t, "2026-04-01"); got != c.want {
			t.Errorf("W11: got %s, want %s", got, c.want)
		}
	}
}
