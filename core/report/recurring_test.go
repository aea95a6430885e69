package report_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/core/report"
)

func date(text string) calendar.Date {
	day, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return day
}

func dec(text string) money.Decimal {
	d, err := money.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return d
}

func currency(code string) money.Currency {
	c, err := money.ParseCurrency(code)
	if err != nil {
		panic(err)
	}
	return c
}

var (
	monthly = billing.Unit{Name: "monthly", Months: 1}
	annual  = billing.Unit{Name: "annual", Months: 12}
)

// shop is a contract with one subscription, to which things happen.
type shop struct {
	book    billing.Book
	catalog billing.Catalog
}

func newShop(seats string, unit billing.Unit, termMonths int, listPrice string) *shop {
	start := date("2026-01-15")
	s := &shop{}
	s.book = billing.Book{Lists: []string{"default"}, Contract: billing.Contract{ID: "c", Account: "acme", Currency: currency("EUR"), Schedule: billing.Flexi, Frequency: monthly, Start: start},
		Subscriptions: []billing.Subscription{{ID: "s", Contract: "c", SKU: "E3", Tax: "vat", TermMonths: termMonths, Billing: unit, PriceUnit: unit}}}
	s.catalog = billing.Catalog{Taxes: map[string]billing.Tax{"vat": {Name: "vat", Percent: dec("20")}}, Prices: map[string][]billing.PriceRow{}}
	if listPrice != "" {
		s.catalog.Prices["E3"] = []billing.PriceRow{{SKU: "E3", List: "default", Currency: currency("EUR"), Unit: unit, Price: dec(listPrice)}}
	}
	s.tell("2026-01-15", billing.Entry{Verb: billing.Subscribe, Quantity: dec(seats), HasQuantity: true})
	return s
}

func (s *shop) sub() *billing.Subscription { return &s.book.Subscriptions[0] }

func (s *shop) tell(on string, e billing.Entry) {
	e.EffectiveOn, e.RecordedOn, e.KnownOn, e.Seq = date(on), date(on), date(on), int64(len(s.sub().Entries)+1)
	s.sub().Entries = append(s.sub().Entries, e)
}

func (s *shop) on(days ...string) []billing.Recurring {
	var list []calendar.Date
	for _, day := range days {
		list = append(list, date(day))
	}
	return billing.NewPlanner(&s.catalog).RecurringOn(&s.book, s.sub(), list, nil)
}

func shown(t *testing.T, r *billing.Recurring) string {
	t.Helper()
	amount, err := report.Monthly(r, currency("EUR"))
	if err != nil {
		t.Fatal(err)
	}
	return amount.String()
}

func TestAMonthOfEverything(t *testing.T) {
	seats := func(n string) billing.Entry {
		return billing.Entry{Verb: billing.SetQuantity, Quantity: dec(n), HasQuantity: true}
	}
	for _, c := range []struct {
		name  string
		shop  func() *shop
		on    string
		wants string
	}{
		{"ten seats at 11.50 a month", func() *shop { return newShop("10", monthly, 0, "11.50") }, "2026-02-03", "115.00"},
		{"the day before it starts there is nothing", func() *shop { return newShop("10", monthly, 0, "11.50") }, "2026-01-14", "0.00"},
		{"three seats at 100.00 a year are 25.00 a month", func() *shop { return newShop("3", annual, 12, "100") }, "2026-06-30", "25.00"},
		{"a year of 100.00 is a month of 8.33", func() *shop { return newShop("1", annual, 12, "100") }, "2026-06-30", "8.33"},
		{"what is metered does not recur", func() *shop { s := newShop("1", monthly, 0, "5"); s.sub().Kind = billing.Usage; return s }, "2026-06-30", "0.00"},
		{"a child of a bundle is in its parent's price", func() *shop { s := newShop("1", monthly, 0, "5"); s.sub().Parent = "suite"; return s }, "2026-06-30", "0.00"},
		{"a trial costs nothing", func() *shop { return newShop("25", monthly, 1, "0") }, "2026-01-20", "0.00"},
		{"discounts come off one after the other", func() *shop {
			s := newShop("10", monthly, 0, "10")
			s.sub().Discount.Percent, s.book.Contract.Discount.Percent = dec("10"), dec("50")
			return s
		}, "2026-02-03", "45.00"},
		{"a discount that ended was for the periods that began before", func() *shop {
			s := newShop("10", monthly, 0, "10")
			s.sub().Discount = billing.Discount{Percent: dec("10"), To: date("2026-03-01")}
			return s
		}, "2026-03-14", "90.00"},
		{"and is not for the next", func() *shop {
			s := newShop("10", monthly, 0, "10")
			s.sub().Discount = billing.Discount{Percent: dec("10"), To: date("2026-03-01")}
			return s
		}, "2026-03-15", "100.00"},
		{"an initial discount is for the seats that the term opened with", func() *shop {
			s := newShop("10", monthly, 12, "10")
			s.sub().Discount = billing.Discount{Percent: dec("50"), Initial: true}
			s.tell("2026-02-01", seats("14"))
			return s
		}, "2026-02-10", "90.00"},
		{"a tax that the price includes is not ours", func() *shop {
			s := newShop("10", monthly, 0, "12")
			s.catalog.Prices["E3"][0].TaxIncluded = true
			return s
		}, "2026-02-03", "100.00"},
		{"suspended, it is billed and counts", func() *shop {
			s := newShop("10", monthly, 0, "10")
			s.tell("2026-02-01", billing.Entry{Verb: billing.Suspend})
			return s
		}, "2026-02-10", "100.00"},
		{"suspended for free, it does not", func() *shop {
			s := newShop("10", monthly, 0, "10")
			s.book.Contract.SuspendedFree = true
			s.tell("2026-02-01", billing.Entry{Verb: billing.Suspend})
			return s
		}, "2026-02-10", "0.00"},
		{"cancelled, it is gone on the day", func() *shop {
			s := newShop("10", monthly, 0, "10")
			s.tell("2026-02-10", billing.Entry{Verb: billing.Cancel})
			return s
		}, "2026-02-10", "0.00"},
		{"a term without renewal ends by itself", func() *shop {
			s := newShop("10", annual, 12, "120")
			s.sub().Entries[0].HasAutoRenew = true
			return s
		}, "2027-01-15", "0.00"},
		{"a list price from later waits for the next term", func() *shop {
			s := newShop("10", annual, 12, "120")
			s.catalog.Prices["E3"] = append(s.catalog.Prices["E3"], billing.PriceRow{SKU: "E3", List: "default", Currency: currency("EUR"), Unit: annual, Price: dec("240"), From: date("2026-06-01")})
			return s
		}, "2027-01-14", "100.00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := c.shop().on(c.on)
			if r[0].Missing != nil {
				t.Fatal(r[0].Missing)
			}
			if got := shown(t, &r[0]); got != c.wants {
				t.Errorf("%s on %s, expected %s", got, c.on, c.wants)
			}
		})
	}
}

func TestWithoutAPriceItSaysSo(t *testing.T) {
	r := newShop("10", monthly, 0, "").on("2026-02-01")
	if !r[0].Runs || r[0].Missing == nil || !r[0].Monthly.IsZero() {
		t.Errorf("got %+v", r[0])
	}
	month := report.NewMonth(date("2026-02-28"), currency("EUR"))
	if err := month.Add(&billing.Recurring{}, &r[0]); err != nil {
		t.Fatal(err)
	}
	if month.Subscriptions != 1 || month.Unpriced != 1 || !month.Amount.IsZero() {
		t.Errorf("got %+v", month)
	}
}

// A mirror contract without a price of ours sells by the provider's cost.
func TestAMirrorContractIsWorthWhatItsLastRowSays(t *testing.T) {
	s := newShop("10", monthly, 0, "")
	s.book.Contract.Schedule = billing.Mirror
	s.sub().Markup, s.sub().HasMarkup = dec("20"), true
	s.book.Charges = []billing.ProviderCharge{
		{ID: "r1", Subscription: "s", Type: billing.ChargeNew, KnownOn: date("2026-02-08"), Quantity: dec("8"), UnitPrice: dec("5"), EffectivePrice: dec("5"), Cost: dec("40"),
			Period: calendar.Period{From: date("2026-01-15"), To: date("2026-02-15")}},
		{ID: "r2", Subscription: "s", Type: billing.ChargeAddQuantity, KnownOn: date("2026-02-08"), Quantity: dec("10"), UnitPrice: dec("5"), EffectivePrice: dec("2.5"), Cost: dec("24.193548387"),
			Period: calendar.Period{From: date("2026-01-31"), To: date("2026-02-15")}},
	}
	r := s.on("2026-02-20")
	if r[0].Missing != nil || shown(t, &r[0]) != "60.00" {
		t.Errorf("10 seats at 5.00 and 20 %%: got %s, %v", shown(t, &r[0]), r[0].Missing)
	}
}

func TestWhyItMoved(t *testing.T) {
	price := func(p string) billing.Entry {
		return billing.Entry{Verb: billing.SetPrice, Price: dec(p), HasPrice: true}
	}
	seats := func(n string) billing.Entry {
		return billing.Entry{Verb: billing.SetQuantity, Quantity: dec(n), HasQuantity: true}
	}
	for _, c := range []struct {
		name     string
		happens  func(*shop)
		from, to string
		wants    string
	}{
		{"it began", func(*shop) {}, "2026-01-01", "2026-01-31", "new 100.00"},
		{"nothing happened", func(*shop) {}, "2026-01-31", "2026-02-28", ""},
		{"five more seats", func(s *shop) { s.tell("2026-02-10", seats("15")) }, "2026-01-31", "2026-02-28", "expansion 50.00"},
		{"three fewer", func(s *shop) { s.tell("2026-02-10", seats("7")) }, "2026-01-31", "2026-02-28", "contraction -30.00"},
		{"none left, and it runs on", func(s *shop) { s.tell("2026-02-10", seats("0")) }, "2026-01-31", "2026-02-28", "contraction -100.00"},
		{"it ended", func(s *shop) { s.tell("2026-02-10", billing.Entry{Verb: billing.Cancel}) }, "2026-01-31", "2026-02-28", "churn -100.00"},
		{"it came and went", func(s *shop) { s.tell("2026-01-20", billing.Entry{Verb: billing.Cancel}) }, "2026-01-01", "2026-01-31", ""},
		{"a higher price", func(s *shop) { s.tell("2026-02-10", price("11")) }, "2026-01-31", "2026-02-28", "price 10.00"},
		{"more seats at a lower price", func(s *shop) { s.tell("2026-02-10", seats("15")); s.tell("2026-02-12", price("9")) }, "2026-01-31", "2026-02-28", "expansion 50.00, price -15.00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShop("10", monthly, 0, "10")
			c.happens(s)
			r := s.on(c.from, c.to)
			moved, err := report.Movements(&r[0], &r[1], currency("EUR"))
			if err != nil {
				t.Fatal(err)
			}
			var told []string
			for cause, amount := range moved {
				if !amount.IsZero() {
					told = append(told, fmt.Sprintf("%s %s", report.Cause(cause), amount))
				}
			}
			if got := strings.Join(told, ", "); got != c.wants {
				t.Errorf("got %q, expected %q", got, c.wants)
			}
		})
	}
}

// drawShop is a random subscription with a random life of two years.
func drawShop(t *rapid.T) *shop {
	number := func(of string, from, to int) int { return rapid.IntRange(from, to).Draw(t, of) }
	unit := rapid.SampledFrom([]billing.Unit{monthly, annual, {Name: "quarterly", Months: 3}}).Draw(t, "unit")
	s := newShop(fmt.Sprint(number("seats", 0, 40)), unit, rapid.SampledFrom([]int{0, 1, 12, 36}).Draw(t, "term"), fmt.Sprintf("%d.%02d", number("price", 0, 90), number("cents", 0, 99)))
	s.sub().Discount = billing.Discount{Percent: dec(fmt.Sprint(number("discount", 0, 40))), Initial: rapid.Bool().Draw(t, "initial")}
	s.book.Contract.SuspendedFree = rapid.Bool().Draw(t, "free")
	row := &s.catalog.Prices["E3"][0]
	if rapid.Bool().Draw(t, "tiers") {
		row.Model = rapid.SampledFrom([]billing.Model{billing.Volume, billing.Graduated}).Draw(t, "model")
		row.Tiers = []billing.Tier{{UpTo: dec("10"), Price: row.Price}, {Open: true, Price: dec(fmt.Sprint(number("open", 0, 60))), Flat: dec("3.10")}}
	}
	day := date("2026-01-15")
	for range number("events", 0, 8) {
		day = day.AddDays(number("days", 1, 80))
		e := billing.Entry{Verb: rapid.SampledFrom([]billing.Verb{billing.SetQuantity, billing.SetQuantity, billing.SetPrice, billing.Suspend, billing.Resume}).Draw(t, "verb")}
		switch e.Verb {
		case billing.SetQuantity:
			e.Quantity, e.HasQuantity = dec(fmt.Sprint(number("to", 0, 60))), true
		case billing.SetPrice:
			e.Price, e.HasPrice = dec(fmt.Sprintf("%d.%02d", number("new", 0, 50), number("newcents", 0, 99))), true
		case billing.Subscribe, billing.Cancel, billing.Suspend, billing.Resume, billing.ScheduleChange:
		}
		s.tell(day.String(), e)
	}
	if rapid.Bool().Draw(t, "cancelled") {
		s.tell(day.AddDays(number("then", 1, 90)).String(), billing.Entry{Verb: billing.Cancel})
	}
	return s
}

// What moved is the whole difference, month after month: from nothing to the end, in
// its own currency and converted at rates that change.
func TestMovementsAreTheWholeDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []report.Month
		for _, code := range []string{"EUR", "JPY", "KWD"} {
			s := drawShop(t)
			s.book.Contract.Currency = currency(code)
			s.catalog.Prices["E3"][0].Currency = currency(code)
			days := report.MonthEnds(date("2027-12-12"), 24)
			states := billing.NewPlanner(&s.catalog).RecurringOn(&s.book, s.sub(), days, nil)
			was := money.NewAmount(0, currency(code))
			for i := 1; i < len(days); i++ {
				m := report.NewMonth(days[i], currency(code))
				if err := m.Add(&states[i-1], &states[i]); err != nil {
					t.Fatal(err)
				}
				if m.Before() != was {
					t.Fatalf("%s: moved %v to %s, and it was %s", days[i], m.Moved, m.Amount, was)
				}
				was = m.Amount
				m.Rate, m.HasRate = dec(fmt.Sprintf("0.%04d", rapid.IntRange(1, 9999).Draw(t, "rate"))), true
				all = append(all, m)
			}
		}
		sums, unconverted, err := report.InCurrency(all, currency("USD"))
		if err != nil || len(unconverted) > 0 || len(sums) != 24 {
			t.Fatal(len(sums), unconverted, err)
		}
		for i := 1; i < len(sums); i++ {
			if sums[i].Before() != sums[i-1].Amount {
				t.Fatalf("%s: moved %v to %s, and it was %s", sums[i].On, sums[i].Moved, sums[i].Amount, sums[i-1].Amount)
			}
		}
	})
}

// A period that is billed whole is its months of recurring revenue: the engine's own
// base lines say what a month is worth.
func TestAMonthIsWhatIsBilledForIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawShop(t)
		planner := billing.NewPlanner(&s.catalog)
		plan, err := planner.Plan(&s.book, date("2027-12-31"))
		if err != nil {
			t.Fatal(err)
		}
		for _, draft := range plan.Drafts {
			for _, line := range draft.Lines {
				if line.Kind != billing.LineBase || line.To != line.PeriodTo {
					continue
				}
				r := planner.RecurringOn(&s.book, s.sub(), []calendar.Date{line.From}, nil)
				if r[0].Missing != nil {
					t.Fatal(r[0].Missing)
				}
				want, err := money.RoundTo(r[0].Monthly.Mul(money.Whole(int64(s.sub().Billing.Months))), currency("EUR"))
				if err != nil || want != line.Amount {
					t.Fatalf("the period from %s was billed at %s, and %d months are %s (%v)", line.From, line.Amount, s.sub().Billing.Months, want, err)
				}
			}
		}
	})
}

func TestWhatHasNoRateStaysApart(t *testing.T) {
	euro, pound := report.NewMonth(date("2026-01-31"), currency("EUR")), report.NewMonth(date("2026-01-31"), currency("GBP"))
	euro.Amount, euro.Rate, euro.HasRate = money.NewAmount(1000, currency("EUR")), dec("1"), true
	pound.Amount = money.NewAmount(700, currency("GBP"))
	sums, apart, err := report.InCurrency([]report.Month{pound, euro}, currency("EUR"))
	if err != nil || len(sums) != 1 || sums[0].Amount.String() != "10.00" || len(apart) != 1 || apart[0].Amount.String() != "7.00" {
		t.Errorf("got %+v and apart %+v, %v", sums, apart, err)
	}
}

func TestMonthEnds(t *testing.T) {
	if got, want := fmt.Sprint(report.MonthEnds(date("2026-03-12"), 3)), "[2025-12-31 2026-01-31 2026-02-28 2026-03-12]"; got != want {
		t.Errorf("got %s, expected %s", got, want)
	}
	if got, want := fmt.Sprint(report.MonthEnds(date("2026-03-31"), 2)), "[2026-01-31 2026-02-28 2026-03-31]"; got != want {
		t.Errorf("got %s, expected %s", got, want)
	}
}

func TestReceivablesByAge(t *testing.T) {
	today := date("2026-06-30")
	euro := func(minor int64) money.Amount { return money.NewAmount(minor, currency("EUR")) }
	open := []report.Receivable{
		{Payer: "acme", DueOn: today, Open: euro(100), Invoices: 1},
		{Payer: "acme", DueOn: today.AddDays(-1), Open: euro(20), Invoices: 1},
		{Payer: "acme", DueOn: today.AddDays(-30), Open: euro(3), Invoices: 2},
		{Payer: "acme", DueOn: today.AddDays(-31), Open: euro(4), Invoices: 1},
		{Payer: "acme", DueOn: today.AddDays(-61), Open: euro(5), Invoices: 1},
		{Payer: "acme", DueOn: today.AddDays(-91), Open: euro(6), Invoices: 1},
		{Payer: "acme", DueOn: today.AddDays(-400), Open: euro(-50), Invoices: 1},
		{Payer: "bolt", DueOn: today.AddDays(-2), Open: euro(500), Invoices: 1},
		{Payer: "bolt", DueOn: today.AddDays(5), Open: money.NewAmount(9, currency("USD")), Invoices: 1},
	}
	payers, totals := report.ReceivablesByAge(open, today)
	if len(payers) != 3 || payers[0].Payer != "bolt" || payers[1].Payer != "acme" || len(totals) != 2 {
		t.Fatalf("got %+v and %+v", payers, totals)
	}
	if got, want := fmt.Sprint(payers[1].ByAge), "[1.00 0.23 0.04 0.05 0.06 -0.50]"; got != want {
		t.Errorf("acme: got %s, expected %s", got, want)
	}
	if a := payers[1]; a.Overdue().String() != "0.38" || a.Total.String() != "0.88" || a.Invoices != 8 || a.Oldest != today.AddDays(-91) {
		t.Errorf("acme: %+v, overdue %s", a, a.Overdue())
	}
	if totals[0].Total.String() != "5.88" || totals[1].Total.String() != "0.09" {
		t.Errorf("totals %+v", totals)
	}
}
