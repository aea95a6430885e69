package flow_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"prorata/core/billing"
	"prorata/edge/store"
	"prorata/flow"
	"prorata/flow/whatif"
)

// anyChange is a change of something in any book; it may be one that is refused.
func anyChange(t *rapid.T, o *office, subscriptions []billing.SubscriptionID, contracts []billing.ContractID) whatif.Change {
	say := map[string]string{"on": day(bookToday).AddDays(rapid.IntRange(0, 120).Draw(t, "day")).String()}
	say["do"] = rapid.SampledFrom(whatif.Verbs()).Draw(t, "do").String()
	say["subscription"] = string(rapid.SampledFrom(subscriptions).Draw(t, "subscription"))
	contract := string(rapid.SampledFrom(contracts).Draw(t, "contract"))
	number := fmt.Sprint(rapid.IntRange(1, 15).Draw(t, "number"))
	switch say["do"] {
	case "quantity", "price":
		say["to"] = number
	case "schedule":
		say["quantity"] = number
	case "subscribe":
		say["contract"], say["sku"], say["quantity"], say["term"], say["subscription"] = contract, e5, number, rapid.SampledFrom([]string{"", "P1M", "P1Y"}).Draw(t, "term"), ""
	case "one_time":
		say["contract"], say["sku"], say["quantity"], say["subscription"] = contract, "setup", number, ""
	case "list_price":
		say["sku"], say["price"], say["subscription"] = e3, number, ""
	case "percent":
		say["sku"], say["percent"], say["subscription"] = rapid.SampledFrom([]string{e3, e5}).Draw(t, "sku"), rapid.SampledFrom([]string{"-12.5", "5", "3.3333"}).Draw(t, "percent"), ""
	case "terms":
		say["contract"], say["subscription"] = contract, ""
		say["frequency"] = rapid.SampledFrom([]string{"", "quarterly", "monthly"}).Draw(t, "frequency")
		say["timing"] = rapid.SampledFrom([]string{"", "arrears", "advance"}).Draw(t, "timing")
		say["discount"] = rapid.SampledFrom([]string{"", "10"}).Draw(t, "discount")
		say["changes"] = rapid.SampledFrom([]string{"next_invoice", "immediate"}).Draw(t, "changes")
	case "renewal", "start":
		say["to"] = day(say["on"]).AddDays(rapid.IntRange(1, 200).Draw(t, "to")).String()
	}
	c, err := whatif.ReadChange(flow.Source{}, func(name string) string { return say[name] })
	must(o.t, err)
	return c
}

// sold is what is in a book.
func (o *office) sold() (subscriptions []billing.SubscriptionID, contracts []billing.ContractID) {
	must(o.t, o.Subscriptions(o.ctx, "", func(c *billing.Contract, s *billing.Subscription) {
		subscriptions = append(subscriptions, s.ID)
		if len(contracts) == 0 || contracts[len(contracts)-1] != c.ID {
			contracts = append(contracts, c.ID)
		}
	}))
	return subscriptions, contracts
}

func (o *office) whatIf(w *whatif.Question) (*whatif.Answer, error) {
	o.clock.on(bookToday)
	return whatif.Ask(o.ctx, o.Flow, o.Store.(*store.Store), w, nil)
}

// sideText is the invoices of one side, or of the book, without what is given for the
// whole book and when it is really issued.
func sideText(issued []*flow.Issued) []string {
	lines := make([]string, 0, len(issued))
	for _, i := range issued {
		one := *i
		one.Number, one.Run, one.IssuedAt = 0, 0, time.Time{}
		lines = append(lines, fmt.Sprintf("%+v", one))
	}
	slices.Sort(lines)
	return lines
}

// firstApart are the first lines that are on one side alone.
func firstApart(a, b []string) (string, string) {
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			return "nothing", b[i]
		case i >= len(b):
			return a[i], "nothing"
		case a[i] != b[i]:
			return a[i], b[i]
		}
	}
	return "", ""
}

func TestAWhatIfWithoutChangesMakesNoDifference(t *testing.T) {
	dir, n, shown := t.TempDir(), 0, 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		o := newOffice(t, filepath.Join(dir, fmt.Sprint(n)))
		anyBook(r, o)
		o.billUntil(o.Store, day(bookToday).AddDays(-rapid.IntRange(0, 40).Draw(r, "billed until")).String())
		before := fingerprint(t, o.Store.(*store.Store))
		answer, err := o.whatIf(&whatif.Question{Months: rapid.IntRange(1, 14).Draw(r, "months")})
		must(t, err)
		// A book that is billed once a year may have nothing to show in a month.
		if !answer.Same() || (len(answer.Invoices) == 0) != (len(answer.ByMonth) == 0) {
			r.Fatalf("not the same: %+v", answer)
		}
		shown += len(answer.Invoices)
		var baseline, changed []*flow.Issued
		for i := range answer.Invoices {
			baseline, changed = append(baseline, answer.Invoices[i].Baseline), append(changed, answer.Invoices[i].Changed)
		}
		if a, b := firstApart(sideText(baseline), sideText(changed)); a != b {
			r.Fatalf("invoices differ:\n%s\n%s", a, b)
		}
		if after := fingerprint(t, o.Store.(*store.Store)); after != before {
			r.Fatalf("the book was touched: %s, then %s", before, after)
		}
	})
	if shown == 0 {
		t.Error("no book had an invoice to show")
	}
}

// What a what-if says the invoices would be, they are when the same changes are then made
// in the book on the same days, however often it is billed; its baseline is what comes
// when they are not made.
func TestAWhatIfComesTrue(t *testing.T) {
	dir, n, compared, refused := t.TempDir(), 0, 0, 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		o := newOffice(t, filepath.Join(dir, fmt.Sprint(n)))
		anyBook(r, o)
		o.billUntil(o.Store, day(bookToday).AddDays(-rapid.IntRange(0, 3).Draw(r, "billed until")).String())
		subscriptions, contracts := o.sold()
		w := &whatif.Question{Months: rapid.IntRange(4, 9).Draw(r, "months")}
		for range rapid.IntRange(1, 4).Draw(r, "changes") {
			w.Changes = append(w.Changes, anyChange(r, o, subscriptions, contracts))
		}
		answer, err := o.whatIf(w)
		var impossible *whatif.Refused
		if errors.As(err, &impossible) {
			refused++
			return
		}
		must(t, err)
		var want []*flow.Issued
		for i := range answer.Invoices {
			if answer.Invoices[i].Changed != nil {
				want = append(want, answer.Invoices[i].Changed)
			}
		}
		got := o.forReal(r, w, answer)
		if a, b := firstApart(sideText(got), sideText(want)); a != b || len(got) != len(want) {
			r.Fatalf("%v\nfor real:\n%s\nwhat if:\n%s", changesTold(w), a, b)
		}
		// A book of yearly contracts may have nothing to bill in the months that were looked at.
		if len(got) > 0 {
			compared++
		}
	})
	if compared < refused/4 || compared == 0 {
		t.Errorf("%d were compared, %d were refused: too few to say anything", compared, refused)
	}
}

func changesTold(w *whatif.Question) (lines []string) {
	for i := range w.Changes {
		lines = append(lines, fmt.Sprint(w.Changes[i].Fields()))
	}
	return lines
}

// forReal makes the changes of a what-if in the book day by day, bills it now and then,
// and gives the invoices of the days that the what-if looked at.
func (o *office) forReal(r *rapid.T, w *whatif.Question, answer *whatif.Answer) (issued []*flow.Issued) {
	every := rapid.SampledFrom([]int{1, 5, 31}).Draw(r, "billed every so many days")
	play := whatif.NewPlay(o.Flow, w.Changes)
	for on := answer.From; on.Before(answer.Until); on = on.AddDays(1) {
		o.clock.on(on.String())
		must(o.t, play.Make(o.ctx))
		if n := answer.From.DaysUntil(on) + 1; n%every == 0 || on.AddDays(1) == answer.Until {
			o.billUntil(o.Store, on.String())
		}
	}
	must(o.t, o.Store.Read(o.ctx, func(tx flow.Tx) error {
		return tx.InvoiceList(flow.InvoiceFilter{From: answer.From, WithLines: true}, func(i flow.Issued) bool {
			issued = append(issued, &i)
			return true
		})
	}))
	return issued
}
