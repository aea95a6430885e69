package bookfile

import (
	"iter"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

// Book is all the nouns of one file.
type Book struct {
	// Sellers has at least one; the first is the one of contracts that name none.
	Sellers   []flow.Seller
	Units     []billing.Unit
	Rates     []billing.Rate
	Taxes     []billing.Tax
	Products  []billing.Product
	Prices    []billing.PriceRow
	Accounts  []flow.Account
	Contracts []flow.Contract
	// Events are in the order of the file; their days need not be.
	Events []flow.Event

	// lines are those of the nouns before the events, by noun in the order above.
	lines [8][]int
	file  string
}

// Scenario is a book of business with the day until which it is played and the
// invoices that it must give.
type Scenario struct {
	Name string
	Book
	Until calendar.Date
	// Expect is nil where the file expects nothing.
	Expect *Expectation
}

// Intakes gives the book noun by noun, each after those that it may name, and the
// events last; an account may come before its parent. There are no errors: the
// form is that of the readers and the writers.
func (b *Book) Intakes() iter.Seq2[flow.Intake, error] {
	at := func(noun, i int) flow.Source {
		if i < len(b.lines[noun]) {
			return flow.Source{File: b.file, Line: b.lines[noun][i]}
		}
		return flow.Source{File: b.file}
	}
	return func(give func(flow.Intake, error) bool) {
		yield := func(v flow.Intake) bool { return give(v, nil) }
		_ = each(b.Sellers, func(i int, v *flow.Seller) bool { return yield(flow.Intake{At: at(0, i), Seller: v}) }) &&
			each(b.Units, func(i int, v *billing.Unit) bool { return yield(flow.Intake{At: at(1, i), Unit: v}) }) &&
			each(b.Rates, func(i int, v *billing.Rate) bool { return yield(flow.Intake{At: at(2, i), Rate: v}) }) &&
			each(b.Taxes, func(i int, v *billing.Tax) bool { return yield(flow.Intake{At: at(3, i), Tax: v}) }) &&
			each(b.Products, func(i int, v *billing.Product) bool { return yield(flow.Intake{At: at(4, i), Product: v}) }) &&
			each(b.Prices, func(i int, v *billing.PriceRow) bool { return yield(flow.Intake{At: at(5, i), Price: v}) }) &&
			each(b.Accounts, func(i int, v *flow.Account) bool { return yield(flow.Intake{At: at(6, i), Account: v}) }) &&
			each(b.Contracts, func(i int, v *flow.Contract) bool { return yield(flow.Intake{At: at(7, i), Contract: v}) }) &&
			each(b.Events, func(_ int, v *flow.Event) bool { return yield(flow.Intake{At: v.At, Event: v}) })
	}
}

func each[T any](of []T, do func(int, *T) bool) bool {
	for i := range of {
		if !do(i, &of[i]) {
			return false
		}
	}
	return true
}

// scenarioSizeMax keeps a file that is read as a whole from taking all memory.
const scenarioSizeMax = 16 << 20

// ReadScenario reads a scenario with the strictness of scenarios/FORMAT.md. The
// error holds a Problem for every mistake.
func ReadScenario(name string, data []byte) (Scenario, error) {
	in := &problems{file: name}
	if len(data) > scenarioSizeMax {
		return Scenario{}, damaged(name, 0, "is larger than %d MiB; a book of this size is imported, not simulated", scenarioSizeMax>>20)
	}
	root, err := parseYAML(in, data)
	if err != nil {
		return Scenario{}, err
	}
	if root.shape != mapping {
		return Scenario{}, damaged(name, root.line, "expected a mapping {key: value}")
	}
	f := fieldsOf(in, "", root)
	f.require("name", "until")
	s := Scenario{Name: f.text("name"), Until: f.date("until")}
	s.file = name
	units := s.nouns(f)
	for i, v := range f.list("events") {
		s.Events = append(s.Events, event(fieldsOf(in, indexed("events", i), v), units))
	}
	if e := f.sub("expect"); e != nil {
		s.Expect = expectation(e)
	}
	f.done()
	if in.err() == nil {
		newCrossCheck(in, &s.Book).all()
	}
	if err := in.err(); err != nil {
		return Scenario{}, err
	}
	s.fillIn()
	return s, nil
}

// nouns reads everything but the events, units first, for the others name them.
func (b *Book) nouns(f *fields) *unitTable {
	if v, ok := f.find("seller"); ok {
		b.lines[0] = append(b.lines[0], v.line)
		b.Sellers = append(b.Sellers, seller(f.sub("seller"), false))
	}
	read(b, 0, f, "sellers", &b.Sellers, func(f *fields) flow.Seller { return seller(f, true) })
	if len(b.Sellers) == 0 {
		b.Sellers = append(b.Sellers, seller(&fields{in: f.in, path: "seller"}, false))
	}
	read(b, 1, f, "units", &b.Units, unit)
	units := newUnitTable(false)
	for i, u := range b.Units {
		if _, known := units.months[u.Name]; known {
			f.in.add(b.lines[1][i], indexed("units", i)+".name", "%s is given already", quote(u.Name))
		}
		units.months[u.Name] = u.Months
	}
	read(b, 2, f, "rates", &b.Rates, rate)
	read(b, 4, f, "products", &b.Products, product)
	read(b, 3, f, "taxes", &b.Taxes, tax)
	read(b, 5, f, "prices", &b.Prices, func(f *fields) billing.PriceRow { return price(f, units) })
	read(b, 6, f, "accounts", &b.Accounts, account)
	read(b, 7, f, "contracts", &b.Contracts, func(f *fields) flow.Contract { return contract(f, units) })
	return units
}

func read[T any](b *Book, noun int, f *fields, key string, to *[]T, one func(*fields) T) {
	for i, v := range f.list(key) {
		b.lines[noun] = append(b.lines[noun], v.line)
		*to = append(*to, one(fieldsOf(f.in, indexed(key, i), v)))
	}
}

// fillIn puts the seller's currency where none was named.
func (b *Book) fillIn() {
	sellers := map[flow.SellerID]*flow.Seller{}
	for i := range b.Sellers {
		sellers[b.Sellers[i].ID] = &b.Sellers[i]
	}
	for i := range b.Prices {
		if b.Prices[i].Currency.IsZero() {
			b.Prices[i].Currency = b.Sellers[0].Currency
		}
	}
	for i := range b.Contracts {
		c := &b.Contracts[i]
		if c.Seller == "" {
			c.Seller = b.Sellers[0].ID
		}
		if c.Currency.IsZero() {
			c.Currency = sellers[c.Seller].Currency
		}
	}
	for i := range b.Events {
		if e := &b.Events[i]; e.Do == flow.DoListPrice && e.Currency.IsZero() {
			e.Currency = b.Sellers[0].Currency
		}
	}
}
