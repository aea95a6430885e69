package billing_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"prorata/core/billing"
	"prorata/core/calendar"
)

// creditor plays a story and credits lines of its invoices now and then.
type creditor struct {
	*player
	// of are, beside each credit, the billed line that it is of.
	of      []int
	refused int
}

// A credit is not billed anew and nothing else is lost by it, also where billing runs behind:
// the fast way, the slow way and once at the end give the same drafts to the byte; and what
// the engine gives back afterwards takes no period below zero.
func TestCreditsStay(t *testing.T) {
	t.Parallel()
	credited := 0
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, ending)
		c := &creditor{player: newPlayer(s, false)}
		asks := rapid.SliceOfN(rapid.IntRange(0, 1<<20), 400, 400).Draw(t, "asks")
		every := rapid.SampledFrom([]int{1, 1, 7, 40}).Draw(t, "days from run to run")
		runs := func(day calendar.Date) bool { return day == s.until || s.first.DaysUntil(day)%every == 0 }
		for day := s.first; !day.After(s.until); day = day.AddDays(1) {
			at := s.first.DaysUntil(day)
			if ask := asks[at%len(asks)]; ask%3 == 0 {
				c.credit(t, day, ask)
			}
			if !runs(day) {
				continue
			}
			if err := c.run(day); err != nil {
				t.Fatalf("%s\n%s\n%v", s, c.told(), err)
			}
			c.belowZero(t, day)
		}
		credited += len(c.credits)
		whole := newPlayer(s, true)
		whole.credits, whole.creditOf = c.credits, c.creditOf
		for day := s.first; !day.After(s.until); day = day.AddDays(1) {
			if !runs(day) {
				continue
			}
			if err := whole.run(day); err != nil {
				t.Fatalf("%s\n%s\n%v", s, c.told(), err)
			}
		}
		text := draftsText(c.drafts)
		same(t, s, c.told()+"fast", text, "slow", draftsText(whole.drafts))
		if c.stuck == nil {
			same(t, s, c.told()+"fast", text, "once at the end", c.once(t))
		}
	})
	if credited == 0 {
		t.Error("nothing was credited in any book")
	}
}

// once derives everything again from what is known at the end.
func (c *creditor) once(t *rapid.T) string {
	book := c.bookOn(c.until)
	book.Credits = c.creditsOn(c.until)
	catalog := c.catalogOn(c.until)
	plan, err := billing.NewPlanner(&catalog).Plan(&book, c.until)
	if err != nil {
		if exception(err) != nil {
			t.Skip("a price came late")
		}
		t.Fatalf("%s\n%s\n%v", c.story, c.told(), err)
	}
	return draftsText(plan.Drafts)
}

// credit credits a share of a billed line, or all that is left of it.
func (c *creditor) credit(t *rapid.T, day calendar.Date, ask int) {
	if len(c.billed) == 0 {
		return
	}
	at := ask / 3 % len(c.billed)
	line := c.billed[at]
	voided := c.bookOn(day).Voided
	for _, v := range voided {
		if v.Date == line.InvoicedOn {
			return
		}
	}
	invoice := billing.Invoice{Currency: line.Amount.Currency(), Total: line.Amount, Lines: []billing.InvoiceLine{{Contract: "c", InvoicedAt: line.Amount,
		Line: billing.Line{Key: line.Key, PeriodTo: line.PeriodTo, Amount: line.Amount}}}}
	left := billing.NewRemainder(&invoice)
	for i, of := range c.of {
		if of == at {
			left.Less([]billing.CreditedLine{{Line: 1, Invoiced: c.credits[i].Amount, Amount: c.credits[i].Amount}}, &billing.Invoice{Total: line.Amount.Sub(line.Amount)})
		}
	}
	room := billing.Room{}
	room.Add(&billing.Book{Contract: c.contract, Billed: c.billed, Voided: voided, Credits: c.creditsOn(day)})
	wanted := billing.CreditAsk{Line: 1}
	if percent := int64(ask / 7 % 120); percent < 100 {
		wanted.Percent, wanted.HasPercent = dec(fmt.Sprint(percent)), true
	}
	chosen, err := left.Choose(&invoice, room, []billing.CreditAsk{wanted})
	var refusal *billing.Refusal
	if errors.As(err, &refusal) {
		c.refused++
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	c.credits = append(c.credits, billing.Credit{Key: line.Key, PeriodTo: line.PeriodTo, Amount: chosen[0].Amount, KnownOn: c.book.Cursor.Through.AddDays(1)})
	c.creditOf = append(c.creditOf, line.InvoicedOn)
	c.of = append(c.of, at)
}

// belowZero wants every period with a credit to have nothing less than nothing, where
// nothing else takes it there: invoices taken back, what waits for renewal, items and usage.
func (c *creditor) belowZero(t *rapid.T, day calendar.Date) {
	if c.contract.Schedule == billing.Mirror || c.contract.Changes.Policy == billing.AtRenewal || len(c.bookOn(day).Voided) > 0 {
		return
	}
	type period struct {
		of   billing.SubscriptionID
		from calendar.Date
	}
	sums, has := map[period]int64{}, map[period]bool{}
	for i := range c.billed {
		l := &c.billed[i]
		sums[period{l.Key.Subscription, l.Key.Period}] += l.Amount.Minor()
	}
	for i := range c.credits {
		if k := &c.credits[i].Key; k.Part == "" {
			at := period{k.Subscription, k.Period}
			sums[at] -= c.credits[i].Amount.Minor()
			has[at] = true
		}
	}
	for at := range has {
		if sums[at] < 0 {
			t.Fatalf("%s\n%safter %s the period of %s from %s has %d\n%s", c.story, c.told(), day, at.of, at.from, sums[at], draftsText(c.drafts))
		}
	}
}

func (c *creditor) told() string {
	var b strings.Builder
	for i := range c.credits {
		fmt.Fprintf(&b, "on %s credit %s of %v\n", c.credits[i].KnownOn, c.credits[i].Amount, c.credits[i].Key)
	}
	return b.String()
}
