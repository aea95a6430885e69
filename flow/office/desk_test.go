package office_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/store"
	"prorata/flow"
	"prorata/flow/office"
	"prorata/internal/pgtest"
)

// Every story is told to both engines.
var stories = map[string]func(*testing.T, *dealer){
	"accounts-are-listed-by-name":                     accountsAreListedByName,
	"accounts-are-a-tree":                             accountsAreATree,
	"what-happened-is-told-newest-first":              whatHappenedIsToldNewestFirst,
	"prices-in-force-say-where-they-come-from":        pricesInForceSayWhereTheyComeFrom,
	"an-account-is-put-at-its-version":                anAccountIsPutAtItsVersion,
	"subscriptions-are-found":                         subscriptionsAreFound,
	"a-subscription-is-seen-whole":                    aSubscriptionIsSeenWhole,
	"seats-are-changed-with-their-effect-seen-before": seatsAreChangedWithTheirEffectSeenBefore,
	"a-sale-is-previewed-and-recorded":                aSaleIsPreviewedAndRecorded,
	"contracts-are-listed-and-put":                    contractsAreListedAndPut,
	"a-line-is-explained":                             aLineIsExplained,
	"every-line-is-explained":                         everyLineIsExplained,
	"a-log-is-read":                                   aLogIsRead,
	"what-is-due-is-billed-at-once":                   whatIsDueIsBilledAtOnce,
	"a-search-finds-whatever-has-it":                  aSearchFindsWhateverHasIt,
}

func TestOnSQLite(t *testing.T) {
	for name, story := range stories {
		t.Run(name, func(t *testing.T) { story(t, newDealer(t, "sqlite:"+filepath.Join(t.TempDir(), "book.db"))) })
	}
}

// Each story has a copy of one dealer.
func TestOnPostgres(t *testing.T) {
	template := pgtest.NewDatabase(t)
	t.Run("dealer", func(t *testing.T) { newDealer(t, template) })
	for name, story := range stories {
		t.Run(name, func(t *testing.T) {
			f := openDealer(t, pgtest.CopyDatabase(t, template))
			f.on("2026-03-05")
			story(t, f)
		})
	}
}

type clock struct{ at time.Time }

func (c *clock) Now() time.Time { return c.at }

// dealer is a seller with a group of two entities, and a reseller with a customer of its
// own; billed through 5 March 2026.
type dealer struct {
	t     *testing.T
	clock *clock
	*office.Office
}

var (
	monthly = billing.Unit{Name: "monthly", Months: 1}
	owner   = office.Operator("owner")
)

func person(role office.Role, accounts ...billing.AccountID) office.Person {
	return office.Person{User: "u", Who: role.String() + "@example.com", Roles: []office.Role{role}, Accounts: accounts, Door: office.ByPage}
}

func day(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func decimal(text string) money.Decimal {
	d, err := money.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return d
}

func eur() money.Currency {
	c, err := money.ParseCurrency("EUR")
	if err != nil {
		panic(err)
	}
	return c
}

func (f *dealer) is(what, got, want string) {
	f.t.Helper()
	if got != want {
		f.t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// openDealer opens a book that is there, or an empty one.
func openDealer(t *testing.T, url string) *dealer {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	f := &dealer{t: t, clock: &clock{}}
	f.Office = &office.Office{Store: s.Office(), Flow: &flow.Flow{Store: s, Clock: f.clock, Log: slog.New(slog.DiscardHandler), Workers: 1, Zone: time.UTC}}
	return f
}

func newDealer(t *testing.T, url string) *dealer {
	t.Helper()
	f := openDealer(t, url)
	f.on("2026-01-05")
	f.take(flow.Intake{Seller: &flow.Seller{ID: flow.DefaultSeller, Currency: eur(), TimeZone: "UTC", Party: flow.Party{Name: "Seller", Country: "DE"}}})
	for sku, name := range map[string]string{"E3": "Office 365 E3", "TEAMS": "Teams Phone"} {
		f.take(flow.Intake{Product: &billing.Product{SKU: sku, Name: name, Class: "resale"}})
		f.take(flow.Intake{Price: &billing.PriceRow{SKU: sku, List: flow.DefaultList, Currency: eur(), Unit: monthly, Price: decimal("22.00"), Cost: decimal("18.40"), HasCost: true}})
	}
	for _, a := range []flow.Account{
		{Account: billing.Account{ID: "nord", Name: "Nordlicht Group"}},
		{Account: billing.Account{ID: "nord-kiel", Name: "Nordlicht Kiel", Parent: "nord", BillTo: billing.ToParent}},
		{Account: billing.Account{ID: "nord-bonn", Name: "nordlicht Bonn", Parent: "nord"}},
		{Account: billing.Account{ID: "via", Name: "Via Resale"}},
		{Account: billing.Account{ID: "bakery", Name: "Ackermann Bakery", Reseller: "via"}},
	} {
		a.Country, a.Currency = "DE", eur()
		f.take(flow.Intake{Account: &a})
		f.take(flow.Intake{Contract: &flow.Contract{Contract: billing.Contract{ID: "c-" + billing.ContractID(a.ID), Account: a.ID, Currency: eur(), Frequency: monthly, Start: day("2026-01-01")}}})
	}
	f.tell(sold("s-kiel", "c-nord-kiel", "E3", "20"), sold("s-bonn", "c-nord-bonn", "E3", "5"), sold("t-bonn", "c-nord-bonn", "TEAMS", "3"), sold("s-bakery", "c-bakery", "E3", "2"))
	f.bill("2026-01-05", "2026-02-01", "2026-03-05")
	return f
}

// sold is a subscription for a year from 10 January.
func sold(id string, contract billing.ContractID, sku, seats string) flow.Event {
	return flow.Event{Do: flow.DoSubscribe, ID: id, Contract: contract, SKU: sku, Quantity: decimal(seats), HasQuantity: true, TermMonths: 12, Effective: day("2026-01-10")}
}

func (f *dealer) on(text string) {
	year, month, date := day(text).Civil()
	f.clock.at = time.Date(year, time.Month(month), date, 9, 0, 0, 0, time.UTC)
}

func (f *dealer) take(in flow.Intake) {
	f.t.Helper()
	_, err := f.Flow.Take(f.t.Context(), func(yield func(flow.Intake, error) bool) { yield(in, nil) }, flow.Actor{Who: "import", Source: "test"}, func(line flow.TakeLine) {
		if line.Outcome != flow.Taken {
			f.t.Fatalf("%s: %s", line.Noun, line.Why)
		}
	})
	must(f.t, err)
}

func (f *dealer) tell(events ...flow.Event) {
	f.t.Helper()
	for i := range events {
		events[i].On = f.Flow.Today()
		if events[i].Effective.IsZero() {
			events[i].Effective = events[i].On
		}
	}
	must(f.t, f.Flow.Record(f.t.Context(), events, flow.Actor{Who: "clerk@example.com", Source: "page"}))
	f.clock.at = f.clock.at.Add(time.Minute)
}

func (f *dealer) bill(days ...string) {
	f.t.Helper()
	for _, through := range days {
		f.on(through)
		run, err := f.Flow.Bill(f.t.Context(), flow.BillOptions{Through: day(through), Actor: flow.Actor{Who: "clerk"}})
		must(f.t, err)
		if run.Exceptions > 0 {
			f.t.Fatalf("%d exceptions", run.Exceptions)
		}
	}
}

func (f *dealer) ctx() context.Context { return f.t.Context() }

// names of accounts, in order.
func names(rows []office.AccountRow) string {
	var all []string
	for i := range rows {
		all = append(all, rows[i].Account.Name)
	}
	return strings.Join(all, ", ")
}

func accountsAreListedByName(t *testing.T, f *dealer) {
	desk := f.Desk(owner)
	first, err := desk.AccountList(f.ctx(), office.AccountFilter{Most: 3})
	must(t, err)
	f.is("first page", names(first.Rows), "Ackermann Bakery, nordlicht Bonn, Nordlicht Group")
	second, err := desk.AccountList(f.ctx(), office.AccountFilter{Most: 3, After: *first.Next})
	must(t, err)
	f.is("second page", names(second.Rows), "Nordlicht Kiel, Via Resale")
	f.is("in all", fmt.Sprint(first.Count, second.Count, second.Next == nil), "5 5 true")
	f.is("counts", fmt.Sprint(first.Rows[2].Below, first.Rows[1].Contracts, first.Rows[1].Subscriptions), "2 1 2")
	// Kiel's bill goes to the group: 20 × 22.00 × 22/31 for January, and two months.
	f.is("balance of the group", first.Balances["nord"][0].Open.String(), "1192.26")
	found, err := desk.AccountList(f.ctx(), office.AccountFilter{Search: "NORDLICHT K"})
	must(t, err)
	f.is("found", names(found.Rows), "Nordlicht Kiel")
	for _, mark := range []string{"%", "_", `\`} {
		found, err := desk.AccountList(f.ctx(), office.AccountFilter{Search: mark})
		must(t, err)
		f.is("a mark stands for itself: "+mark, names(found.Rows), "")
	}
	must(t, desk.AccountHold(f.ctx(), "nord-bonn", "two invoices overdue"))
	held, err := desk.AccountList(f.ctx(), office.AccountFilter{Held: true})
	must(t, err)
	f.is("held", names(held.Rows), "nordlicht Bonn")
	f.is("held again", office.FaultOf(desk.AccountHold(f.ctx(), "nord-bonn", "")).Code, "held_already")
	f.clock.at = f.clock.at.Add(time.Minute)
	must(t, desk.AccountRelease(f.ctx(), "nord-bonn", "paid"))
	held, err = desk.AccountList(f.ctx(), office.AccountFilter{Held: true})
	must(t, err)
	f.is("released", names(held.Rows), "")
}

func accountsAreATree(t *testing.T, f *dealer) {
	for _, c := range []struct {
		who  office.Person
		of   billing.AccountID
		want string
	}{
		{owner, "", "Nordlicht Group, Via Resale"},
		{owner, "nord", "nordlicht Bonn, Nordlicht Kiel"},
		{owner, "via", "Ackermann Bakery"},
		{person(office.Customer, "nord"), "", "Nordlicht Group"},
		{person(office.Customer, "nord"), "nord", "nordlicht Bonn, Nordlicht Kiel"},
		{person(office.Customer, "nord"), "via", ""},
		{person(office.Customer), "", ""},
	} {
		page, err := f.Desk(c.who).AccountTree(f.ctx(), c.of, office.AccountCursor{}, 0)
		must(t, err)
		f.is(c.who.Who+" below "+string(c.of), names(page.Rows), c.want)
	}
	detail, err := f.Desk(owner).AccountGet(f.ctx(), "nord-kiel")
	must(t, err)
	f.is("above", fmt.Sprint(detail.Above, detail.Payer, len(detail.Contracts)), "[{nord Nordlicht Group}] {nord Nordlicht Group} 1")
	// Whoever sees an entity alone is not told of its group.
	detail, err = f.Desk(person(office.Customer, "nord-kiel")).AccountGet(f.ctx(), "nord-kiel")
	must(t, err)
	f.is("above, for the entity", fmt.Sprint(detail.Above, detail.Payer), "[] { }")
}

func whatHappenedIsToldNewestFirst(t *testing.T, f *dealer) {
	f.tell(flow.Event{Do: flow.DoHold, Account: "nord-bonn"})
	f.tell(flow.Event{Do: flow.DoQuantity, Subscription: "s-bonn", Quantity: decimal("4"), HasQuantity: true})
	desk := f.Desk(owner)
	var told []string
	var before office.HappeningCursor
	for range 10 {
		list, next, err := desk.AccountTimeline(f.ctx(), "nord-bonn", before, 2)
		must(t, err)
		for i := range list {
			switch h := &list[i]; {
			case h.Invoice != nil:
				told = append(told, h.Invoice.Date.String()+" "+h.Invoice.Total.String())
			default:
				told = append(told, h.Entry.Do.String()+" "+string(h.Entry.Subscription))
			}
		}
		if next == nil {
			break
		}
		before = *next
	}
	f.is("all", strings.Join(told, ", "), "quantity s-bonn, hold , 2026-03-01 176.00, 2026-02-01 300.90, subscribe t-bonn, subscribe s-bonn")
	list, _, err := f.Desk(person(office.Customer, "nord")).AccountTimeline(f.ctx(), "nord-bonn", office.HappeningCursor{}, 1)
	must(t, err)
	f.is("the customer sees not who", list[0].Entry.Who+list[0].Entry.Source, "")
	// Kiel's bill goes to the group: the entity's own people see what happened, and not the bill.
	for who, want := range map[*office.Person]int{{Who: "owner", Roles: []office.Role{office.Owner}}: 3, {Who: "kiel", Roles: []office.Role{office.Customer}, Accounts: []billing.AccountID{"nord-kiel"}}: 1} {
		list, _, err := f.Desk(*who).AccountTimeline(f.ctx(), "nord-kiel", office.HappeningCursor{}, 0)
		must(t, err)
		f.is(who.Who, fmt.Sprint(len(list)), fmt.Sprint(want))
	}
}

func pricesInForceSayWhereTheyComeFrom(t *testing.T, f *dealer) {
	f.tell(flow.Event{Do: flow.DoPrice, Subscription: "t-bonn", Price: decimal("7.10"), HasPrice: true})
	prices, err := f.Desk(owner).AccountPrices(f.ctx(), "nord-bonn")
	must(t, err)
	var told []string
	for _, p := range prices {
		told = append(told, fmt.Sprint(p.Product, " ", p.Price, " ", p.List, " ", p.Seats))
	}
	f.is("prices", strings.Join(told, "; "), "Office 365 E3 22.00 default 5; Teams Phone 7.10 own 3")
	prices, err = f.Desk(person(office.Reseller, "nord")).AccountPrices(f.ctx(), "nord-bonn")
	must(t, err)
	f.is("the reseller sees no list", prices[0].List+prices[1].List, "own")
}

func anAccountIsPutAtItsVersion(t *testing.T, f *dealer) {
	desk := f.Desk(person(office.Sales))
	a := flow.Account{Account: billing.Account{ID: "new", Name: "New Customer", Country: "DE", Currency: eur()}, Party: flow.Party{Email: "it@new.example"}}
	row, err := desk.AccountPut(f.ctx(), a, flow.New)
	must(t, err)
	f.is("added", fmt.Sprint(row.Version, " ", row.Account.Party.Name), "1 New Customer")
	_, err = desk.AccountPut(f.ctx(), a, flow.New)
	f.is("added twice", office.FaultOf(err).Field, "id")
	a.Name = "Renamed Customer"
	row, err = desk.AccountPut(f.ctx(), a, 1)
	must(t, err)
	f.is("changed", fmt.Sprint(row.Version, " ", row.Account.Name), "2 Renamed Customer")
	_, err = desk.AccountPut(f.ctx(), a, 1)
	f.is("by whoever looked before", office.FaultOf(err).Code, "moved")
	for field, wrong := range map[string]func(*flow.Account){
		"name": func(a *flow.Account) { a.Name = "" }, "country": func(a *flow.Account) { a.Country = "Germany" }, "parent": func(a *flow.Account) { a.Parent = "new" },
		"reseller": func(a *flow.Account) { a.Reseller = "nobody" }, "email": func(a *flow.Account) { a.Party.Email = "it" }, "bill_to": func(a *flow.Account) { a.BillTo = billing.ToParent },
		"payment_terms_days": func(a *flow.Account) { a.HasPaymentTerms, a.PaymentTermsDays = true, -1 }, "language": func(a *flow.Account) { a.Language = "xx" },
	} {
		other := a
		wrong(&other)
		_, err := desk.AccountPut(f.ctx(), other, 2)
		f.is("wrong "+field, office.FaultOf(err).Field, field)
	}
	bonn, err := desk.AccountGet(f.ctx(), "nord-bonn")
	must(t, err)
	bonn.Account.BillTo = billing.ToParent
	_, err = desk.AccountPut(f.ctx(), bonn.Account, bonn.Version)
	f.is("who pays what was billed", office.FaultOf(err).Code, "account_billed")
	list, err := f.Desk(owner).AuditList(f.ctx(), office.AuditFilter{Verb: "AccountPut"})
	must(t, err)
	f.is("in the audit", fmt.Sprint(len(list), " ", list[0].Said), "2 changed")
}

func TestUnknownIsUnknown(t *testing.T) {
	f := newDealer(t, "sqlite:"+filepath.Join(t.TempDir(), "book.db"))
	for _, who := range []office.Person{owner, person(office.Customer, "nord")} {
		desk := f.Desk(who)
		ids := map[bool]string{true: "nobody", false: "bakery"}[who.Staff()]
		_, a := desk.AccountGet(f.ctx(), billing.AccountID(ids))
		_, _, b := desk.AccountTimeline(f.ctx(), billing.AccountID(ids), office.HappeningCursor{}, 0)
		_, c := desk.AccountPrices(f.ctx(), billing.AccountID(ids))
		_, d := desk.ContractGet(f.ctx(), billing.ContractID("c-"+ids))
		_, e := desk.SubscriptionGet(f.ctx(), billing.SubscriptionID("s-"+ids))
		_, g := desk.LineExplain(f.ctx(), "c-"+ids+"/2026-02-01", 1)
		for i, err := range []error{a, b, c, d, e, g} {
			if !errors.Is(err, flow.ErrUnknown) {
				t.Errorf("%s, %d: %v", who.Who, i, err)
			}
		}
	}
}
