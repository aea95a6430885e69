package billing_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/ledger"
	"prorata/core/money"
)

// Periods tile: on every day the seats of all lines that cover it add up to those
// in force, and every line is measured against its whole period.
func TestPeriodsTile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, ending, recurring, plain)
		p := played(t, s)
		standing := p.standing()
		for i := range s.log.Subscriptions {
			sub := &s.log.Subscriptions[i]
			if sub.Kind == billing.Usage || sub.Parent != "" {
				continue
			}
			for day := s.contract.Start; day.Before(s.contract.End); day = day.AddDays(1) {
				want, runs := billing.QuantityOn(&s.contract, sub, day)
				if !runs {
					want = money.Decimal{}
				}
				if got := covering(standing, sub.ID, day); got.Cmp(want) != 0 && running(s, sub, day) {
					t.Fatalf("%s\n%s has %s seats on %s, and %s are billed\n%s", s, sub.ID, want, day, got, draftsText(p.drafts))
				}
			}
		}
		for i := range p.drafts {
			for j := range p.drafts[i].Lines {
				if l := &p.drafts[i].Lines[j]; l.Kind == billing.LineBase || l.Kind == billing.LineChange {
					measured(t, s, l)
				}
			}
		}
	})
}

// plain leaves out what makes a line's seats another number than those that began
// or ended on its day, and what moves a line's end once it is billed.
func plain(g gen) {
	c := &g.s.contract
	c.Proration, c.Refunds, c.SuspendedFree, c.Discount = billing.ByDays, billing.Refunds{}, false, billing.Discount{}
	if c.Reductions == billing.ReductionsWithinWindow {
		c.Reductions = billing.ReductionsAllowed
	}
	price := dec("36500")
	for sku := range g.s.catalog.Prices {
		g.s.catalog.Prices[sku] = []billing.PriceRow{{SKU: sku, List: billing.DefaultList, Currency: c.Currency, Unit: units[0], Price: price}}
	}
	for i := range g.s.facts {
		f := &g.s.facts[i]
		f.entry.Price, f.entry.Quantity = price.Add(f.entry.Price), whole(f.entry.Quantity)
		f.entry.HasAutoRenew, f.sub.Discount = false, billing.Discount{}
		if f.do == doStart {
			f.sub.Entries[0].Price, f.sub.Entries[0].Quantity = price.Add(f.sub.Entries[0].Price), whole(f.sub.Entries[0].Quantity)
			f.sub.PriceUnit = units[0]
		}
	}
}

func whole(d money.Decimal) money.Decimal {
	n, _ := d.Ratio().Round(0)
	return money.DecimalOf(n)
}

func running(s *story, sub *billing.Subscription, day calendar.Date) bool {
	return sub.Entries[0].VoidedOn.IsZero() && !day.Before(calendar.Latest(sub.Entries[0].EffectiveOn, sub.Entries[0].ReleasedOn)) && day.Before(s.contract.End)
}

func covering(lines []billing.BilledLine, id billing.SubscriptionID, day calendar.Date) (seats money.Decimal) {
	for i := range lines {
		if l := &lines[i]; l.Key.Subscription == id && (calendar.Period{From: l.From, To: l.To}).Contains(day) {
			seats = seats.Add(l.Quantity)
		}
	}
	return seats
}

// measured wants of a line that its fraction is its days over those of the whole
// period, as the calendar has it.
func measured(t *rapid.T, s *story, l *billing.Line) {
	var sub *billing.Subscription
	for i := range s.log.Subscriptions {
		if s.log.Subscriptions[i].ID == l.Key.Subscription {
			sub = &s.log.Subscriptions[i]
		}
	}
	whole, months := periodOf(s, sub, l.From)
	want := fmt.Sprintf("%d/%d", l.From.DaysUntil(l.To), whole.Days())
	if got := billing.ParseExplanation(l.Explanation).Part; got != want || l.To.After(whole.To) || l.Key.Period != whole.From {
		t.Fatalf("%s\n%s of %s..%s, not %s:\n%s", s, got, whole.From, whole.To, want, lineText(l))
	}
	if billing.ParseExplanation(l.Explanation).Charged != "" {
		return
	}
	exact := l.Quantity.Ratio().Mul(l.UnitPrice.Ratio()).Mul(money.Whole(int64(months))).Mul(money.Fraction(int64(l.From.DaysUntil(l.To)), int64(whole.Days())))
	if amount, err := money.RoundTo(exact, s.contract.Currency); err != nil || amount != l.Amount {
		t.Fatalf("%s\n%s, not %v:\n%s", s, amount, err, lineText(l))
	}
}

// periodOf is the whole period of a subscription that holds a day, and its months.
func periodOf(s *story, sub *billing.Subscription, day calendar.Date) (whole calendar.Period, months int) {
	start := calendar.Latest(sub.Entries[0].EffectiveOn, sub.Entries[0].ReleasedOn)
	cycle := calendar.Cycle{Anchor: s.contract.Start, Months: s.contract.Frequency.Months, Stick: s.contract.Stick}
	if s.contract.Schedule == billing.Flexi {
		cycle.Anchor, cycle.Months = start, sub.Billing.Months
		if sub.Ends.After(start) && !day.Before(sub.Ends) {
			cycle.Anchor = sub.Ends
		}
	}
	return cycle.Period(cycle.Index(day)), cycle.Months
}

// Sums hold on every invoice, of which there is at most one a day, and change
// invoices carry changes and adjustments alone: gross, discount and amount of a line; a credit never
// takes a subscription's period below nothing; net and tax; what a payer is sent
// for several; and the ledger.
func TestSumsHold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, sent)
		p := played(t, s)
		type period struct {
			sub  billing.SubscriptionID
			from calendar.Date
		}
		sums := map[period]int64{}
		for i := range p.drafts {
			d := &p.drafts[i]
			if i > 0 && !p.drafts[i-1].Date.Before(d.Date) {
				t.Fatalf("%s\n%s comes after %s", s, d.Date, p.drafts[i-1].Date)
			}
			for j := range d.Lines {
				l := &d.Lines[j]
				if !d.Regular && l.Kind != billing.LineChange && l.Kind != billing.LineAdjustment {
					t.Fatalf("%s\na change invoice carries %s", s, lineText(l))
				}
				if l.Gross.Sub(l.Discount) != l.Amount || l.Amount.Currency() != s.contract.Currency {
					t.Fatalf("%s\n%s", s, lineText(l))
				}
				if l.Key.Part == "" && l.Kind != billing.LineOneTime {
					sums[period{l.Key.Subscription, l.Key.Period}] += l.Amount.Minor()
				}
			}
			waits := s.contract.Changes.Policy == billing.AtRenewal && i < len(p.drafts)-1
			for key, sum := range sums {
				if sum < 0 && !waits && !strings.HasPrefix(string(key.sub), "i") {
					t.Fatalf("%s\nafter %s the period of %s from %s has %d\n%s", s, d.Date, key.sub, key.from, sum, draftsText(p.drafts))
				}
			}
			invoiced(t, s, d)
		}
	})
}

// sent leaves out invoices taken back: until the next, what they carried is missing.
// What waits for renewal is missing until then, and has to come to its end.
func sent(g gen) {
	if g.s.contract.Changes.Policy == billing.AtRenewal {
		ending(g)
	}
	for i := range g.s.facts {
		if f := &g.s.facts[i]; f.do == doVoidInvoice {
			f.do = doRelease
		}
	}
}

// invoiced makes invoices of a draft, alone and beside that of another entity.
func invoiced(t *rapid.T, s *story, d *billing.Draft) {
	other := *d
	other.Contract, other.Account = "other", "b"
	alone := assembled(t, s, billing.Payer{Account: "a", Currency: s.contract.Currency}, *d, other)
	if len(alone) != 2 || alone[0].Total != alone[1].Total {
		t.Fatalf("%s\n%d invoices of two drafts", s, len(alone))
	}
	both := assembled(t, s, billing.Payer{Account: "p", Currency: s.contract.Currency, Consolidated: true}, *d, other)
	if len(both) != 1 || both[0].Total != alone[0].Total.Add(alone[1].Total) || both[0].Net != alone[0].Net.Add(alone[1].Net) {
		t.Fatalf("%s\nthe consolidated invoice is not the sum of its entities", s)
	}
	foreign := currency("EUR")
	if s.contract.Currency == foreign {
		foreign = currency("KWD")
	}
	assembled(t, s, billing.Payer{Account: "p", Currency: foreign, Consolidated: true}, *d, other)
}

func assembled(t *rapid.T, s *story, payer billing.Payer, drafts ...billing.Draft) []billing.Invoice {
	catalog := billing.Catalog{Taxes: s.catalog.Taxes}
	for _, from := range []string{"USD", "EUR", "JPY", "KWD"} {
		if currency(from) != payer.Currency {
			catalog.Rates = append(catalog.Rates, billing.Rate{On: date("2020-01-01"), From: currency(from), To: payer.Currency, Rate: dec("0.7731")})
		}
	}
	invoices, err := catalog.Assemble(payer, drafts)
	if err != nil {
		t.Fatalf("%s\n%v", s, err)
	}
	for i := range invoices {
		totalled(t, s, &invoices[i])
	}
	return invoices
}

// totalled wants an invoice's sums, tax by tax, and its entry in the ledger.
func totalled(t *rapid.T, s *story, invoice *billing.Invoice) {
	nothing := money.NewAmount(0, invoice.Currency)
	lines, taxed, net, tax := nothing, nothing, nothing, nothing
	for i := range invoice.Lines {
		l := &invoice.Lines[i]
		if l.InvoicedGross.Sub(l.InvoicedDisc) != l.InvoicedAt {
			t.Fatalf("%s\n%s", s, lineText(&l.Line))
		}
		lines = lines.Add(l.InvoicedAt)
	}
	for i := range invoice.Taxes {
		sum := &invoice.Taxes[i]
		taxed, net, tax = taxed.Add(sum.Lines), net.Add(sum.Net), tax.Add(sum.Tax)
		if sum.Category != billing.Standard && !sum.Tax.IsZero() {
			t.Fatalf("%s\ntax on %s", s, sum.Name)
		}
		if sum.Included && sum.Net.Add(sum.Tax) != sum.Lines || !sum.Included && sum.Net != sum.Lines {
			t.Fatalf("%s\n%s: %s + %s of %s", s, sum.Name, sum.Net, sum.Tax, sum.Lines)
		}
	}
	if taxed != lines || net != invoice.Net || tax != invoice.Tax || invoice.Net.Add(invoice.Tax) != invoice.Total || invoice.CreditNote != (invoice.Total.Sign() < 0) {
		t.Fatalf("%s\nlines %s, by tax %s; net %s of %s, tax %s of %s, total %s", s, lines, taxed, net, invoice.Net, tax, invoice.Tax, invoice.Total)
	}
	entry, err := ledger.OfInvoice(invoice)
	if err != nil {
		t.Fatalf("%s\n%v", s, err)
	}
	balance := nothing
	for _, posting := range entry.Postings() {
		balance = balance.Add(posting.Amount)
	}
	if !balance.IsZero() {
		t.Fatalf("%s\nthe entry is off by %s", s, balance)
	}
}

func played(t *rapid.T, s *story) *player {
	p, err := play(s, false, never)
	if err != nil {
		t.Fatalf("%s\n%v", s, err)
	}
	return p
}

// Every record of usage is billed once; a minimum is reached; what smoothing puts
// off is billed in the end, to the last unit.
func TestUsageIsBilledOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t, ending, metering)
		p := played(t, s)
		if p.stuck != nil {
			t.Skip(p.stuck)
		}
		for i := range s.log.Subscriptions {
			if sub := &s.log.Subscriptions[i]; sub.Kind == billing.Usage {
				recorded(t, s, p, sub)
				levelled(t, s, p, sub)
			}
		}
	})
}

// metering makes more of usage.
func metering(g gen) {
	s := g.s
	id := billing.SubscriptionID("m")
	s.facts = append(s.facts, g.start(id, s.contract.Start, billing.Usage))
	for range g.n(0, 8) {
		s.facts = append(s.facts, g.usage(id, s.contract.Start.AddDays(g.n(0, 500))))
	}
	s.facts = sortFacts(s.facts, make([]int, len(s.facts)))
}

// recorded wants each record that stands on one line, or its quantity on those of
// the rate cards.
func recorded(t *rapid.T, s *story, p *player, sub *billing.Subscription) {
	start := &sub.Entries[0]
	stands := start.VoidedOn.IsZero() && (!start.Waiting || !start.ReleasedOn.IsZero())
	lines, amounts, onCards := map[string]int{}, map[string]int64{}, money.Decimal{}
	// What comes to nothing is not taken back.
	voids := slices.ContainsFunc(s.facts, func(f fact) bool { return (f.do == doVoid || f.do == doVoidInvoice) && !f.refused })
	free := false
	quantities := map[string]money.Decimal{}
	for i := range s.log.Usage {
		quantities[s.log.Usage[i].ID] = s.log.Usage[i].Quantity
	}
	standing := p.standing()
	for i := range standing {
		l := &standing[i]
		if l.Key.Subscription != sub.ID {
			continue
		}
		free = free || l.Kind == billing.LineUsage && l.Amount.IsZero()
		if id, ok := strings.CutPrefix(l.Key.Part, "record:"); ok {
			amounts[id] += l.Amount.Minor()
			switch {
			case l.Kind == billing.LineUsage:
				lines[id]++
			case l.Quantity.Cmp(quantities[id].Neg()) == 0:
				// Taken back, for the rate card that it is on now.
				lines[id]--
			}
		}
		if strings.HasPrefix(l.Key.Part, "card:") {
			onCards = onCards.Add(l.Quantity)
		}
	}
	for i := range s.log.Usage {
		r := &s.log.Usage[i]
		if r.Subscription != sub.ID {
			continue
		}
		void := !stands || !r.VoidedOn.IsZero()
		switch n := lines[r.ID]; {
		case void && amounts[r.ID] != 0:
			t.Fatalf("%s\n%s is void, and %d is billed\n%s", s, r.ID, amounts[r.ID], draftsText(p.drafts))
		case n > 1 && !voids:
			t.Fatalf("%s\n%s is on %d lines\n%s", s, r.ID, n, draftsText(p.drafts))
		case n == 0 && !void:
			onCards = onCards.Sub(r.Quantity)
		}
	}
	if !onCards.IsZero() && stands && !voids && !free {
		t.Fatalf("%s\n%s of %s is billed too much\n%s", s, onCards, sub.ID, draftsText(p.drafts))
	}
}

// levelled wants minimums reached, and nothing lost by smoothing.
func levelled(t *rapid.T, s *story, p *player, sub *billing.Subscription) {
	actual, smoothed := map[calendar.Date]int64{}, map[calendar.Date]int64{}
	minimums := map[calendar.Date]int64{}
	var putOff int64
	standing := p.standing()
	for i := range standing {
		l := &standing[i]
		if l.Key.Subscription != sub.ID {
			continue
		}
		switch {
		case l.Key.Part == "smoothed":
			smoothed[l.Key.Day] += l.Amount.Minor()
			putOff += l.Amount.Minor()
		case strings.HasPrefix(l.Key.Part, "instalment:"):
			putOff += l.Amount.Minor()
		default:
			actual[l.Key.Day] += l.Amount.Minor()
			if l.Key.Part == "minimum" {
				minimums[l.Key.Day] += l.Amount.Minor()
			}
		}
	}
	if putOff != 0 {
		t.Fatalf("%s\nsmoothing of %s leaves %d\n%s", s, sub.ID, putOff, draftsText(p.drafts))
	}
	least, _ := money.RoundTo(sub.Minimum.Ratio(), s.contract.Currency)
	for day, topUp := range minimums {
		if topUp != 0 && actual[day] != least.Minor() || topUp < 0 {
			t.Fatalf("%s\nthe minimum of %s on %s is %d, %d in all\n%s", s, sub.ID, day, topUp, actual[day], draftsText(p.drafts))
		}
	}
	for day, total := range actual {
		over := money.NewAmount(total, s.contract.Currency).Ratio().Sub(sub.Smooth.Over.Ratio())
		excess, _ := money.RoundTo(money.Max(over, money.Ratio{}), s.contract.Currency)
		if sub.Smooth.Months > 0 && excess.Minor() != -smoothed[day] {
			t.Fatalf("%s\n%s has %d on %s, of which %s is too much and %d put off\n%s", s, sub.ID, total, day, excess, -smoothed[day], draftsText(p.drafts))
		}
	}
	due(t, s, p, sub, actual, least.Minor())
}

// due wants a minimum for each interval in which the subscription ran, from the
// first invoice that knew it.
func due(t *rapid.T, s *story, p *player, sub *billing.Subscription, actual map[calendar.Date]int64, least int64) {
	start := &sub.Entries[0]
	if !sub.HasMinimum || !start.VoidedOn.IsZero() || start.Waiting && start.ReleasedOn.IsZero() {
		return
	}
	from := s.contract.Start
	for k := 0; ; k++ {
		moved, to := billing.InvoiceDate(&s.contract, k)
		if moved.After(s.until) {
			return
		}
		known := !calendar.Latest(start.KnownOn, start.ReleasedOn).After(moved)
		if known && ranOnSome(s, sub, calendar.Period{From: from, To: to}) && actual[to] < least {
			t.Fatalf("%s\n%s has %d in the interval to %s, less than its minimum of %d\n%s", s, sub.ID, actual[to], to, least, draftsText(p.drafts))
		}
		from = to
	}
}

func ranOnSome(s *story, sub *billing.Subscription, in calendar.Period) bool {
	for day := in.From; day.Before(in.To); day = day.AddDays(1) {
		if _, runs := billing.QuantityOn(&s.contract, sub, day); runs {
			return true
		}
	}
	return false
}

// Voiding all of a book leaves nothing billed.
func TestVoidingTakesBackAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawStory(t)
		day := s.until.AddDays(-rapid.IntRange(0, 300).Draw(t, "days before"))
		for i := range s.facts {
			if f := &s.facts[i]; !f.refused && (f.do == doStart || f.do == doItem || f.do == doUsage || f.do == doCharge) {
				s.facts = append(s.facts, fact{on: calendar.Latest(day, s.facts[i].on), do: doVoid, target: i})
			}
		}
		s.until = s.until.AddMonths(14).AddDays(40)
		s.settle()
		p := played(t, s)
		sums := map[billing.SubscriptionID]int64{}
		for _, line := range p.standing() {
			sums[line.Key.Subscription] += line.Amount.Minor()
		}
		for id, sum := range sums {
			if sum != 0 {
				t.Fatalf("%s\n%s is left with %s\n%s", s, id, strconv.FormatInt(sum, 10), draftsText(p.drafts))
			}
		}
	})
}
