package flow_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/edge/store"
	"prorata/flow"
	"prorata/internal/pgtest"
)

// bookToday is the day on which any book is looked at.
const bookToday = "2026-03-10"

// anyBook takes a random book in and bills it: a group that pays for its two
// entities together, and customers of their own, with contracts of all kinds, what
// was sold, and what happened to it until today.
func anyBook(t *rapid.T, o *office) {
	o.clock.on("2026-01-01")
	azure, setup := billing.Product{SKU: "azure", Name: "Azure", Kind: billing.Usage}, billing.Product{SKU: "setup", Name: "Set-up", Kind: billing.OneTime}
	o.take(flow.Intake{Tax: &billing.Tax{Name: "vat", Percent: decimal("19")}}, flow.Intake{Product: &azure}, flow.Intake{Product: &setup},
		flow.Intake{Price: &billing.PriceRow{SKU: "setup", List: flow.DefaultList, Currency: currency("EUR"), Unit: monthly, Price: decimal("99.50")}},
		flow.Intake{Price: &billing.PriceRow{SKU: e5, List: flow.DefaultList, Currency: currency("EUR"), Unit: monthly, Model: billing.Volume, From: day("2026-04-05"),
			Tiers: []billing.Tier{{UpTo: decimal("5"), Price: decimal("20")}, {Open: true, Price: decimal("17.77")}}, Cost: decimal("11"), HasCost: true}})
	o.take(flow.Intake{Account: plainParty("group", "", true)}, flow.Intake{Account: plainParty("east", "group", false)}, flow.Intake{Account: plainParty("west", "group", false)},
		flow.Intake{Account: plainParty("solo", "", false)})
	for _, account := range []string{"east", "west", "solo", "acme"} {
		for i := range rapid.IntRange(1, 2).Draw(t, "contracts") {
			anyContract(t, o, account, fmt.Sprintf("%s-%d", account, i+2))
		}
	}
}

func plainParty(id billing.AccountID, parent billing.AccountID, consolidated bool) *flow.Account {
	a := &flow.Account{Account: billing.Account{ID: id, Name: string(id), Country: "DE", Currency: currency("EUR"), Parent: parent, Consolidated: consolidated},
		Party: flow.Party{Name: string(id), Country: "DE"}}
	if parent != "" {
		a.BillTo = billing.ToParent
	}
	return a
}

func anyContract(t *rapid.T, o *office, account, id string) {
	pick := func(most int, what string) int { return rapid.IntRange(0, most).Draw(t, what) }
	c := &flow.Contract{Contract: billing.Contract{
		ID: billing.ContractID(id), Account: billing.AccountID(account), Currency: currency("EUR"), Schedule: billing.Schedule(pick(1, "schedule")),
		Frequency: []billing.Unit{monthly, monthly, {Name: "quarterly", Months: 3}, {Name: "annual", Months: 12}}[pick(3, "frequency")],
		Start:     day("2026-01-01").AddDays(pick(40, "start")), Timing: billing.Timing(pick(1, "timing")), Proration: billing.Proration(pick(2, "proration")),
		Changes: billing.Changes{Policy: billing.ChangesPolicy(pick(1, "changes"))}, Refunds: billing.Refunds{Policy: billing.RefundsPolicy(pick(1, "refunds"))},
	}}
	if pick(3, "fixed") == 0 {
		c.Reductions = billing.ReductionsForbidden
	}
	o.take(flow.Intake{Contract: c})
	for i := range rapid.IntRange(1, 3).Draw(t, "subscriptions") {
		e := flow.Event{Do: flow.DoSubscribe, On: c.Start, Contract: c.ID, ID: fmt.Sprintf("%s-s%d", id, i), SKU: []string{e3, e5, phone, "azure"}[pick(3, "sku")],
			Quantity: decimal(fmt.Sprint(1 + pick(8, "seats"))), HasQuantity: true, TermMonths: []int{0, 1, 12}[pick(2, "term")], HasAutoRenew: true, AutoRenew: pick(4, "renews") > 0}
		if c.Schedule == billing.Flexi {
			e.Billing = []billing.Unit{monthly, {Name: "annual", Months: 12}}[pick(1, "billing")]
		}
		if pick(3, "own price") == 0 && e.SKU != "azure" {
			e.Price, e.HasPrice = decimal("9.99"), true
		}
		if e.SKU == "azure" {
			e.TermMonths, e.Quantity, e.Minimum, e.HasMinimum = 0, decimal("1"), decimal("25"), pick(1, "minimum") == 0
			e.Markup, e.HasMarkup = decimal("15"), true
		}
		o.clock.on(c.Start.String())
		e.On = o.Today()
		must(o.t, o.tell(e))
		anyHappenings(t, o, &e)
	}
}

// anyHappenings are changes of a subscription before today; those that its contract
// refuses are let go.
func anyHappenings(t *rapid.T, o *office, of *flow.Event) {
	on := of.On
	for range rapid.IntRange(0, 2).Draw(t, "happenings") {
		if on = on.AddDays(rapid.IntRange(1, 20).Draw(t, "later")); on.After(day(bookToday)) {
			return
		}
		o.clock.on(on.String())
		e := flow.Event{Do: flow.DoQuantity, Subscription: billing.SubscriptionID(of.ID), Quantity: decimal(fmt.Sprint(rapid.IntRange(1, 12).Draw(t, "seats"))), HasQuantity: true}
		if of.SKU == "azure" {
			e = flow.Event{Do: flow.DoUsage, Subscription: billing.SubscriptionID(of.ID), Period: calendar.Period{From: on.AddDays(-1), To: on}, Quantity: decimal("3"), HasQuantity: true,
				Cost: decimal("10.01"), HasCost: true}
		}
		e.ID = fmt.Sprintf("%s on %s", of.ID, on)
		var refusal *billing.Refusal
		if err := o.tell(e); err != nil && !errors.As(err, &refusal) {
			o.t.Fatal(err)
		}
	}
}

// invoicesText is every invoice with all that is kept of it; without numbers and runs,
// which are given for the whole book, where it is a part.
func invoicesText(t testing.TB, s flow.Store, numbers bool) string {
	var text strings.Builder
	must(t, s.Read(t.Context(), func(tx flow.Tx) error {
		return tx.InvoiceList(flow.InvoiceFilter{WithLines: true}, func(i flow.Issued) bool {
			if !numbers {
				i.Number, i.Run = 0, 0
			}
			fmt.Fprintf(&text, "%+v\n", i)
			return true
		})
	}))
	return text.String()
}

// fingerprint is the stamp of a book and the sum of its backup.
func fingerprint(t testing.TB, s *store.Store) string {
	var backup bytes.Buffer
	must(t, s.Backup(t.Context(), &backup))
	var stamp int64
	must(t, s.Read(t.Context(), func(tx flow.Tx) (err error) { stamp, err = tx.BookStamp(); return err }))
	return fmt.Sprintf("%d %x", stamp, sha256.Sum256(backup.Bytes()))
}

func (o *office) billUntil(s flow.Store, until string) {
	o.clock.on(until)
	f := *o.Flow
	f.Store = s
	_, err := f.Bill(o.ctx, flow.BillOptions{Through: day(until), Actor: flow.Actor{Who: "clerk", Source: "test"}})
	must(o.t, err)
}

// forksAreTheBook holds a fork of the whole book, a fork of the group and a fork of that
// fork against the book itself, a year ahead.
func forksAreTheBook(t *rapid.T, o *office) {
	anyBook(t, o)
	real := o.Store.(*store.Store)
	o.billUntil(real, bookToday)
	anyCredits(t, o)
	anyReductions(t, o)
	before := fingerprint(o.t, real)
	fork := func(from flow.Forks, accounts ...billing.AccountID) flow.Forked {
		forked, err := from.Fork(o.ctx, flow.ForkScope{Accounts: accounts})
		must(o.t, err)
		return forked
	}
	whole, group := fork(real), fork(real, "east")
	again := fork(group)
	for _, s := range []flow.Forked{whole, group, again} {
		o.billUntil(s, "2026-07-20")
		o.billUntil(s, "2027-03-10")
	}
	if after := fingerprint(o.t, real); after != before {
		t.Fatalf("the book was touched: %s, then %s", before, after)
	}
	o.billUntil(real, "2026-07-20")
	o.billUntil(real, "2027-03-10")
	if got, want := invoicesText(o.t, whole, true), invoicesText(o.t, real, true); got != want {
		t.Fatalf("a fork of the book:\n%s\nthe book:\n%s", got, want)
	}
	var want strings.Builder
	for line := range strings.Lines(invoicesText(o.t, real, false)) {
		if strings.Contains(line, "Payer:group") {
			want.WriteString(line)
		}
	}
	for name, s := range map[string]flow.Forked{"a fork of the group": group, "a fork of that": again} {
		if got := invoicesText(o.t, s, false); got != want.String() || got == "" {
			t.Fatalf("%s:\n%s\nthe book:\n%s", name, got, want.String())
		}
	}
	for _, s := range []flow.Forked{again, group, whole} {
		must(o.t, s.Close())
	}
}

func TestAForkIsBilledLikeTheBook(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		dir, n := t.TempDir(), 0
		rapid.Check(t, func(r *rapid.T) {
			n++
			forksAreTheBook(r, newOffice(t, filepath.Join(dir, fmt.Sprint(n))))
		})
	})
	t.Run("postgres", func(t *testing.T) {
		for seed := range 3 {
			rapid.Custom(func(r *rapid.T) bool { forksAreTheBook(r, newOfficeAt(t, pgtest.NewDatabase(t))); return true }).Example(seed)
		}
	})
}
