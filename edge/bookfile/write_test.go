package bookfile_test

import (
	"bytes"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/bookfile"
	"prorata/flow"
)

// placeless is a noun without where it was read.
func placeless(v flow.Intake) flow.Intake {
	v.At = flow.Source{}
	if v.Event != nil {
		e := *v.Event
		e.At = flow.Source{}
		v.Event = &e
	}
	return v
}

func collect(t testing.TB, nouns iter.Seq2[flow.Intake, error]) []flow.Intake {
	t.Helper()
	var all []flow.Intake
	for v, err := range nouns {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, placeless(v))
	}
	return all
}

func sequence(all []flow.Intake) iter.Seq2[flow.Intake, error] {
	return func(yield func(flow.Intake, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func same(t testing.TB, what string, got, want []flow.Intake) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d nouns, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("%s: noun %d: got\n%s\nwant\n%s", what, i, show(got[i]), show(want[i]))
		}
	}
}

func show(v flow.Intake) string {
	return fmt.Sprintf("%+v %+v %+v %+v %+v %+v %+v %+v %+v", v.Seller, v.Unit, v.Rate, v.Tax, v.Product, v.Price, v.Account, v.Contract, v.Event)
}

// roundTrip writes and reads a book as YAML, and noun by noun as CSV.
func roundTrip(t *testing.T, all []flow.Intake) {
	t.Helper()
	var book bytes.Buffer
	if err := bookfile.WriteBook(&book, sequence(all)); err != nil {
		t.Fatal(err)
	}
	units := map[string]int{}
	for _, v := range all {
		if v.Unit != nil {
			units[v.Unit.Name] = v.Unit.Months
		}
	}
	same(t, "YAML", collect(t, bookfile.ReadBook("book.yaml", bytes.NewReader(book.Bytes()))), all)
	var read []flow.Intake
	for _, noun := range bookfile.Nouns() {
		var file bytes.Buffer
		if err := bookfile.WriteCSV(noun, &file, sequence(all)); err != nil {
			t.Fatal(err)
		}
		read = append(read, collect(t, bookfile.ReadCSV(noun, noun+".csv", &file))...)
	}
	for _, v := range read {
		known(units, v)
	}
	same(t, "CSV", read, all)
}

// known gives the months to units that only another file names.
func known(units map[string]int, v flow.Intake) {
	for _, u := range []*billing.Unit{unitOf(v.Price), frequencyOf(v.Contract), billingOf(v.Event), quotedOf(v.Event)} {
		if u != nil && u.Months == 0 {
			u.Months = units[u.Name]
		}
	}
}

func unitOf(p *billing.PriceRow) *billing.Unit {
	if p == nil {
		return nil
	}
	return &p.Unit
}

func frequencyOf(c *flow.Contract) *billing.Unit {
	if c == nil {
		return nil
	}
	return &c.Frequency
}

func billingOf(e *flow.Event) *billing.Unit {
	if e == nil {
		return nil
	}
	return &e.Billing
}

func quotedOf(e *flow.Event) *billing.Unit {
	if e == nil {
		return nil
	}
	return &e.Unit
}

func TestEveryScenarioIsTheSameWrittenAndReadAgain(t *testing.T) {
	files := scenarioFiles(t)
	if len(files) == 0 {
		t.Skip("there are no scenarios beside this checkout")
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := bookfile.ReadScenario(name, data)
		if err != nil {
			t.Fatal(err)
		}
		roundTrip(t, collect(t, s.Intakes()))
	}
}

func TestAnyBookIsTheSameWrittenAndReadAgain(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	b := &maker{r: rand.New(rand.NewPCG(seed, 2)), t: t}
	for range 200 {
		roundTrip(t, b.book())
	}
}

// maker makes books at random, with every key now and then.
type maker struct {
	r *rand.Rand
	t *testing.T
	n int
}

func (m *maker) maybe() bool { return m.r.IntN(2) == 0 }

// id is not like any before.
func (m *maker) id() string {
	m.n++
	return fmt.Sprintf("%s%d", []string{"c", "CFQ7TTC0LH18:", "0", "é-", "#", "- ", "a b ", "{", "=", "1.", "2026-01-0", "'", `"`}[m.r.IntN(13)], m.n)
}

func (m *maker) text() string {
	return []string{
		"Contoso", "null", "~", "true", "No", "12.10", "a: b", "a #b", "Müller & Söhne, GmbH", `say "hi"\`, "'x'", "日本", "[a]", "{b}", "*c", "&d", "!e", "|", ">", "%", "@f", "`g`", "-", "?",
		"0x1F", "1e3", "a,b", "=1+1", "x\u2028y", "x\u00a0y", "😀", "\ufeffz\ufeffz", strings.Repeat("long ", 400) + "end", ";", "x:y",
	}[m.r.IntN(35)]
}

func (m *maker) textOrNone() string {
	if m.maybe() {
		return ""
	}
	return m.text()
}

func (m *maker) decimal() money.Decimal {
	return decimal(m.t, []string{"0", "0.00", "1", "31.00", "0.000001", "12.10", "999999999999999", "100", "7.5"}[m.r.IntN(9)])
}

func (m *maker) optional() (money.Decimal, bool) {
	if m.maybe() {
		return money.Decimal{}, false
	}
	return m.decimal(), true
}

func (m *maker) percent() money.Decimal {
	return decimal(m.t, fmt.Sprintf("%d.%d", m.r.IntN(100), m.r.IntN(10)))
}

func (m *maker) day() calendar.Date { return day(m.t, "2026-01-01").AddDays(m.r.IntN(2000)) }

func (m *maker) dayOrNone() calendar.Date {
	if m.maybe() {
		return calendar.Date{}
	}
	return m.day()
}

func (m *maker) currency() money.Currency {
	c, err := money.ParseCurrency([]string{"USD", "JPY", "KWD", "NOK"}[m.r.IntN(4)])
	if err != nil {
		m.t.Fatal(err)
	}
	return c
}

func (m *maker) currencyOrNone() money.Currency {
	if m.maybe() {
		return money.Currency{}
	}
	return m.currency()
}

func (m *maker) unit() billing.Unit {
	return []billing.Unit{{Name: "monthly", Months: 1}, {Name: "annual", Months: 12}, {Name: "half", Months: 6}}[m.r.IntN(3)]
}

func (m *maker) term() int { return []int{0, 1, 3, 12, 36, 18}[m.r.IntN(6)] }

func (m *maker) discount() billing.Discount {
	if m.maybe() {
		return billing.Discount{}
	}
	d := billing.Discount{Percent: m.percent(), Initial: m.maybe(), From: m.dayOrNone()}
	if m.maybe() {
		d.To = calendar.Latest(d.From, day(m.t, "2026-01-01")).AddDays(1)
	}
	return d
}

func (m *maker) party() flow.Party {
	p := flow.Party{Name: m.text(), Country: "NO", TaxID: m.textOrNone(), RegistrationID: m.textOrNone(), Phone: m.textOrNone()}
	if m.maybe() {
		p.Email = "bills@example.com"
		p.Address = []string{m.text(), m.text()}
	}
	return p
}

func (m *maker) book() []flow.Intake {
	seller := flow.Seller{ID: flow.SellerID(m.id()), Party: m.party(), Currency: m.currency(), TimeZone: "Europe/Amsterdam"}
	if m.maybe() {
		seller.Remittance = flow.Remittance{
			Bank: m.text(), AccountHolder: m.text(), IBAN: m.text(), BIC: m.text(),
			AccountNumber: m.text(), RoutingNumber: m.text(), Note: m.text(),
		}
	}
	tax := billing.Tax{Name: m.id(), Category: billing.TaxCategory(m.r.IntN(4))}
	if tax.Category == billing.Standard {
		tax.Percent = m.percent()
	}
	product := billing.Product{SKU: m.id(), Name: m.text(), Class: []string{"resale", "ip", "service"}[m.r.IntN(3)], Kind: billing.ProductKind(m.r.IntN(4)), Tax: tax.Name}
	all := []flow.Intake{
		{Seller: &seller}, {Unit: &billing.Unit{Name: "half", Months: 6}},
		{Rate: &billing.Rate{On: m.day(), From: seller.Currency, To: func() money.Currency { c, _ := money.ParseCurrency("EUR"); return c }(), Rate: decimal(m.t, "0.92")}},
		{Tax: &tax}, {Product: &product},
	}
	for range 3 {
		p := m.price(product.SKU)
		all = append(all, flow.Intake{Price: &p})
	}
	account := m.account()
	contract := m.contract(account.ID)
	all = append(all, flow.Intake{Account: &account}, flow.Intake{Contract: &contract})
	for verb := flow.DoSubscribe; verb <= flow.DoCredit; verb++ {
		e := m.event(verb, &contract, product.SKU)
		all = append(all, flow.Intake{Event: &e})
	}
	return all
}

func (m *maker) price(sku string) billing.PriceRow {
	p := billing.PriceRow{SKU: sku, List: m.id(), Currency: m.currencyOrNone(), Unit: m.unit(), TermMonths: m.term(), From: m.dayOrNone(), TaxIncluded: m.maybe()}
	p.Cost, p.HasCost = m.optional()
	p.Retail, p.HasRetail = m.optional()
	if m.maybe() {
		p.Included = m.decimal()
	}
	switch p.Model = billing.Model(m.r.IntN(5)); p.Model {
	case billing.Package:
		p.Size = decimal(m.t, "100")
		p.Price = m.decimal()
	case billing.PerUnit:
		if m.maybe() {
			p.Rule = billing.Rule{Of: billing.OfCost + billing.RuleOf(m.r.IntN(2)), Percent: m.percent().Neg(), Margin: m.maybe()}
		} else {
			p.Price = m.decimal()
		}
	default:
		bound := []string{"5", "10.5", "100"}
		for _, upTo := range bound[m.r.IntN(3):] {
			tier := billing.Tier{UpTo: decimal(m.t, upTo), Price: m.decimal()}
			if m.maybe() {
				tier.Flat = m.decimal()
			}
			p.Tiers = append(p.Tiers, tier)
		}
		p.Tiers = append(p.Tiers, billing.Tier{Open: true, Price: m.decimal()})
	}
	return p
}

func (m *maker) account() flow.Account {
	a := flow.Account{Party: m.party(), PurchaseOrder: m.textOrNone()}
	a.Account = billing.Account{
		ID: billing.AccountID(m.id()), Name: a.Party.Name, Country: a.Party.Country, Parent: billing.AccountID(m.id()), Reseller: billing.AccountID(m.id()),
		BillTo: billing.BillTo(m.r.IntN(3)), Currency: m.currencyOrNone(), PriceList: m.id(), Consolidated: m.maybe(),
	}
	if m.maybe() {
		a.Language, a.PaymentTermsDays, a.HasPaymentTerms = "nl", m.r.IntN(2)*30, true
	}
	return a
}

func (m *maker) contract(account billing.AccountID) flow.Contract {
	c := flow.Contract{PurchaseOrder: m.textOrNone()}
	if m.maybe() {
		c.Seller = flow.SellerID(m.id())
	}
	c.Contract = billing.Contract{
		ID: billing.ContractID(m.id()), Account: account, Currency: m.currencyOrNone(), Schedule: billing.Schedule(m.r.IntN(3)), Frequency: m.unit(),
		Start: m.day(), Timing: billing.Timing(m.r.IntN(2)), NextInvoice: m.dayOrNone(), OffsetDays: m.r.IntN(11) - 5, Proration: billing.Proration(m.r.IntN(4)),
		Changes: billing.Changes{Policy: billing.ChangesPolicy(m.r.IntN(5))}, Refunds: billing.Refunds{Policy: billing.RefundsPolicy(m.r.IntN(3))},
		Discount: m.discount(), RatePolicy: billing.RatePolicy(m.r.IntN(2)), SuspendedFree: m.maybe(), Stick: m.maybe(),
	}
	if m.maybe() {
		c.End, c.PriceList = c.Start.AddDays(1), m.id()
	}
	if c.Schedule == billing.Flexi && c.Timing == billing.Advance {
		c.Collect = billing.Collect(m.r.IntN(2))
	}
	switch c.Changes.Policy {
	case billing.Weekly:
		c.Changes.Day = m.r.IntN(7)
	case billing.Monthly:
		c.Changes.Day = 1 + m.r.IntN(31)
	}
	if c.Refunds.Policy == billing.RefundWithinDays {
		c.Refunds.Days = m.r.IntN(30)
		c.Reductions = billing.ReductionsPolicy(m.r.IntN(3))
	}
	return c
}

func (m *maker) event(verb flow.EventVerb, c *flow.Contract, sku string) flow.Event {
	e := flow.Event{Do: verb, On: m.day(), ID: m.id(), Refused: m.maybe()}
	e.Effective = e.On.AddDays(m.r.IntN(3) - 1)
	switch verb {
	case flow.DoSubscribe:
		e.Contract, e.SKU, e.TermMonths, e.Unit, e.Discount = c.ID, sku, m.term(), m.unit(), m.discount()
		e.Quantity, e.HasQuantity = decimal(m.t, "1"), m.maybe()
		e.Price, e.HasPrice = m.optional()
		e.Markup, e.HasMarkup = m.optional()
		if e.HasMarkup {
			e.Markup = m.percent()
		}
		e.Minimum, e.HasMinimum = m.optional()
		e.AutoRenew, e.HasAutoRenew = true, m.maybe()
		if m.maybe() {
			e.Billing, e.AutoRenew, e.HasAutoRenew = m.unit(), false, true
			e.Parent, e.PerParent = billing.SubscriptionID(m.id()), m.decimal()
			e.Smooth = billing.Smooth{Over: m.decimal(), Months: 3}
			e.Holding = m.id()
		} else if m.maybe() {
			e.Order = flow.OrderAsk{Connection: flow.ConnectionID(m.id()), AddOnTo: billing.SubscriptionID(m.id()), Promotion: m.id(), Name: m.id()}
		}
		if e.TermMonths > 0 {
			e.Ends = m.dayOrNone()
		}
		return e
	case flow.DoOneTime:
		e.Contract, e.SKU, e.Quantity, e.HasQuantity = c.ID, sku, decimal(m.t, "1"), m.maybe()
		e.Price, e.HasPrice = decimal(m.t, "-12.10"), true
		return e
	case flow.DoListPrice:
		e.SKU, e.List, e.Unit, e.TermMonths, e.Currency = sku, "default", m.unit(), m.term(), m.currencyOrNone()
		e.Price, e.HasPrice = m.decimal(), true
		return e
	case flow.DoHold, flow.DoRelease:
		e.Account = c.Account
		return e
	case flow.DoVoid:
		e.Voids = m.id()
		return e
	case flow.DoCredit:
		e.Effective, e.Invoice, e.Reason = e.On, m.id(), m.text()
		e.Credits = []billing.CreditAsk{{Line: 1}, {Line: 2, Amount: m.decimal(), HasAmount: true}, {Line: 3, Percent: decimal(m.t, "12.5"), HasPercent: true}}
		return e
	}
	e.Subscription = billing.SubscriptionID(m.id())
	switch verb {
	case flow.DoQuantity:
		e.Quantity, e.HasQuantity = m.decimal(), true
	case flow.DoPrice:
		e.Price, e.HasPrice = m.decimal(), true
	case flow.DoSchedule:
		e.Quantity, e.HasQuantity = m.optional()
		e.Price, e.HasPrice = m.optional()
		e.AutoRenew, e.HasAutoRenew = m.maybe(), true
	case flow.DoUsage:
		e.Period = calendar.Period{From: e.On, To: e.On.AddDays(1)}
		e.Quantity, e.HasQuantity = decimal(m.t, "-0.5"), true
		e.Cost, e.HasCost = m.optional()
		e.Retail, e.HasRetail = m.optional()
		e.Currency = m.currencyOrNone()
	case flow.DoCharge:
		e.ID, e.SKU, e.Row.Type = m.id(), m.id(), billing.ChargeType(m.r.IntN(12))
		e.Period = calendar.Period{From: e.On, To: e.On.AddDays(1)}
		e.Quantity, e.HasQuantity = m.decimal(), true
		e.Row.UnitPrice, e.Row.EffectivePrice = m.decimal(), decimal(m.t, "-0.5")
		e.Cost, e.HasCost = decimal(m.t, "-7.25"), true
		e.Currency = m.currencyOrNone()
	}
	return e
}
