package billing_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
)

// player bills a story as a program would that learns of each fact on its day.
type player struct {
	*story
	planner *billing.Planner
	// whole bills the slow way: everything from the start, every time.
	whole bool
	book  billing.Book
	// learned is the last day whose facts are in the book.
	learned calendar.Date
	drafts  []billing.Draft
	billed  []billing.BilledLine
	// credits are what was credited, creditOf the dates of the invoices that it was of.
	credits  []billing.Credit
	creditOf []calendar.Date
	// stuck is the exception that the last run ended with.
	stuck error
}

func newPlayer(s *story, whole bool) *player {
	return &player{story: s, whole: whole, book: billing.Book{Contract: s.contract, Lists: s.lists}}
}

// play bills on every day that the cadence names, and on the last.
func play(s *story, whole bool, cadence func(calendar.Date) bool) (*player, error) {
	p := newPlayer(s, whole)
	for day := s.first; !day.After(s.until); day = day.AddDays(1) {
		if day == s.until || cadence(day) {
			if err := p.run(day); err != nil {
				return p, err
			}
		}
	}
	return p, nil
}

func always(calendar.Date) bool { return true }

func never(calendar.Date) bool { return false }

// run bills one day. An exception (a price or a rate is missing) is no error: the
// contract waits until it is resolved.
func (p *player) run(day calendar.Date) error {
	quiet := !p.learn(day) && p.stuck == nil && day.Before(p.book.Cursor.DueOn)
	plan, err := p.plan(day)
	p.stuck = exception(err)
	if err != nil {
		if p.stuck == nil {
			return err
		}
		return nil
	}
	if quiet && len(plan.Drafts) > 0 {
		return fmt.Errorf("on %s something was due, before %s:\n%s", day, p.book.Cursor.DueOn, draftsText(plan.Drafts))
	}
	p.book.Cursor = plan.Cursor
	for i := range plan.Drafts {
		p.billed = append(p.billed, billing.Billed(&plan.Drafts[i])...)
	}
	p.drafts = append(p.drafts, plan.Drafts...)
	return p.again(day)
}

// exception is the error if people can resolve it.
func exception(err error) error {
	var price *billing.MissingPrice
	var rate *billing.MissingRate
	if errors.As(err, &price) || errors.As(err, &rate) {
		return err
	}
	return nil
}

// again bills the day once more: there must be nothing left.
func (p *player) again(day calendar.Date) error {
	plan, err := p.plan(day)
	if err != nil {
		return fmt.Errorf("%s, the second time: %w", day, err)
	}
	if len(plan.Drafts) > 0 {
		return fmt.Errorf("%s was billed twice:\n%s", day, draftsText(plan.Drafts))
	}
	return nil
}

func (p *player) plan(day calendar.Date) (billing.Plan, error) {
	p.planner.Whole = p.whole
	if p.whole {
		p.book.Cursor.OpenAfter = calendar.Date{}
	}
	open := p.book
	open.Billed, open.Items, open.Usage, open.Charges = p.openLines(), p.openItems(), p.openUsage(), p.openCharges()
	open.Credits = p.creditsOn(day)
	return p.planner.Plan(&open, day)
}

// learn brings the book and the catalog to what is known on a day, and starts
// the next plan where a late fact acts, as a store does.
func (p *player) learn(day calendar.Date) (news bool) {
	since := func(known calendar.Date) bool {
		return !known.After(day) && (known.After(p.learned) || p.learned.IsZero() && !known.IsZero())
	}
	for i := range p.facts {
		if f := &p.facts[i]; since(f.on) {
			news = true
			if !f.refused {
				p.touch(f, int64(i+1))
			}
		}
	}
	prices := p.planner == nil
	for _, rows := range p.catalog.Prices {
		prices = prices || slices.ContainsFunc(rows, func(row billing.PriceRow) bool { return since(row.KnownOn) })
	}
	prices = prices || slices.ContainsFunc(p.catalog.Rates, func(rate billing.Rate) bool { return since(rate.KnownOn) })
	p.learned = day
	if prices {
		catalog := p.catalogOn(day)
		p.planner = billing.NewPlanner(&catalog)
	}
	if news {
		cursor := p.book.Cursor
		p.book = p.bookOn(day)
		p.book.Cursor = cursor
	}
	return news
}

func (p *player) touch(f *fact, seq int64) {
	switch f.do {
	case doStart:
		p.touchDay(f.sub.Entries[0].EffectiveOn)
	case doEntry:
		p.touchEntry(f.id, seq)
	case doCharge:
		p.touchCharge(f.charge.ID)
	case doVoid:
		if target := &p.facts[f.target]; target.do == doCharge {
			p.touchCharge(target.charge.ID)
		} else if target.do == doStart || target.do == doEntry {
			p.touchEntry(target.id, int64(f.target+1))
		} else {
			p.book.Cursor.OpenAfter = calendar.Date{}
		}
	case doRelease:
		for i := range p.log.Subscriptions {
			s := &p.log.Subscriptions[i]
			for j := range s.Entries {
				if e := &s.Entries[j]; e.ReleasedOn == f.on {
					p.touchDay(s.ActsOn(&p.contract, e))
				}
			}
		}
	case doVoidInvoice:
		p.book.Cursor.OpenAfter = calendar.Date{}
	case doItem, doUsage, doHold:
	}
}

func (p *player) touchEntry(id billing.SubscriptionID, seq int64) {
	s := p.find(id)
	for i := range s.Entries {
		if e := &s.Entries[i]; e.Seq == seq {
			p.touchDay(s.ActsOn(&p.contract, e))
		}
	}
}

func (p *player) touchCharge(id string) {
	for i := range p.log.Charges {
		if r := &p.log.Charges[i]; r.ID == id {
			p.book.Cursor.OpenFor(r)
		}
	}
}

func (p *player) touchDay(day calendar.Date) {
	if p.book.Cursor.OpenBefore(&p.contract).After(day) {
		p.book.Cursor.OpenAfter = calendar.Date{}
	}
}

// bookOn is the log as far as it is known on a day.
func (s *story) bookOn(day calendar.Date) billing.Book {
	book := billing.Book{Contract: s.contract, Lists: s.lists}
	for _, sub := range s.log.Subscriptions {
		if sub.Entries[0].KnownOn.After(day) {
			continue
		}
		var entries []billing.Entry
		for _, e := range sub.Entries {
			if e.KnownOn.After(day) {
				continue
			}
			e.VoidedOn, e.ReleasedOn = until(e.VoidedOn, day), until(e.ReleasedOn, day)
			entries = append(entries, e)
		}
		sub.Entries = entries
		book.Subscriptions = append(book.Subscriptions, sub)
	}
	for _, item := range s.log.Items {
		if !item.KnownOn.After(day) {
			item.VoidedOn = until(item.VoidedOn, day)
			book.Items = append(book.Items, item)
		}
	}
	for _, r := range s.log.Usage {
		if !r.KnownOn.After(day) {
			r.VoidedOn = until(r.VoidedOn, day)
			book.Usage = append(book.Usage, r)
		}
	}
	for _, r := range s.log.Charges {
		if !r.KnownOn.After(day) {
			r.VoidedOn = until(r.VoidedOn, day)
			book.Charges = append(book.Charges, r)
		}
	}
	for _, v := range s.log.Voided {
		if !v.KnownOn.After(day) {
			book.Voided = append(book.Voided, v)
		}
	}
	return book
}

func until(known, day calendar.Date) calendar.Date {
	if known.After(day) {
		return calendar.Date{}
	}
	return known
}

func (s *story) catalogOn(day calendar.Date) billing.Catalog {
	catalog := billing.Catalog{Taxes: s.catalog.Taxes, Prices: map[string][]billing.PriceRow{}}
	for sku, rows := range s.catalog.Prices {
		for _, row := range rows {
			if !row.KnownOn.After(day) {
				catalog.Prices[sku] = append(catalog.Prices[sku], row)
			}
		}
	}
	for _, rate := range s.catalog.Rates {
		if !rate.KnownOn.After(day) {
			catalog.Rates = append(catalog.Rates, rate)
		}
	}
	return catalog
}

// openLines, openItems, openUsage and openCharges are what a store would read.
func (p *player) openLines() (open []billing.BilledLine) {
	for _, line := range p.billed {
		if line.PeriodTo.After(p.book.Cursor.OpenAfter) {
			open = append(open, line)
		}
	}
	return open
}

func (p *player) openItems() (open []billing.OneTimeItem) {
	for _, item := range p.book.Items {
		if !item.On.Before(p.book.Cursor.OpenAfter) || item.KnownOn.After(p.book.Cursor.BilledThrough(&p.contract)) {
			open = append(open, item)
		}
	}
	return open
}

func (p *player) openUsage() (open []billing.UsageRecord) {
	for _, r := range p.book.Usage {
		if r.Period.To.After(p.book.Cursor.OpenAfter) || r.KnownOn.After(p.book.Cursor.BilledThrough(&p.contract)) {
			open = append(open, r)
		}
	}
	return open
}

func (p *player) openCharges() (open []billing.ProviderCharge) {
	for _, r := range p.book.Charges {
		if r.Period.To.After(p.book.Cursor.OpenAfter) || r.KnownOn.After(p.book.Cursor.BilledThrough(&p.contract)) {
			open = append(open, r)
		}
	}
	return open
}

// creditsOn are the credits that are known on a day; with its invoice a credit is void.
func (p *player) creditsOn(day calendar.Date) (known []billing.Credit) {
	for i, c := range p.credits {
		if c.KnownOn.After(day) {
			continue
		}
		for _, v := range p.log.Voided {
			if v.Date == p.creditOf[i] {
				c.VoidedOn = until(v.KnownOn, day)
			}
		}
		known = append(known, c)
	}
	return known
}

// standing are the billed lines of invoices that were not taken back.
func (p *player) standing() []billing.BilledLine {
	return slices.DeleteFunc(slices.Clone(p.billed), func(line billing.BilledLine) bool {
		return slices.ContainsFunc(p.log.Voided, func(v billing.VoidedInvoice) bool { return v.Date == line.InvoicedOn })
	})
}

// draftsText is all that is in drafts, to the byte.
func draftsText(drafts []billing.Draft) string {
	var b strings.Builder
	for i := range drafts {
		d := &drafts[i]
		fmt.Fprintf(&b, "%s %s %v\n", d.Date, d.Contract, d.Regular)
		for j := range d.Lines {
			b.WriteString("  " + lineText(&d.Lines[j]) + "\n")
		}
	}
	return b.String()
}

func lineText(l *billing.Line) string {
	kinds := [...]string{"base", "change", "adjustment", "usage", "one_time", "minimum", "smoothing", "credit"}
	return strings.Join([]string{
		string(l.Key.Subscription), l.Key.Period.String(), l.Key.Day.String(), l.Key.Part, kinds[l.Kind], string(l.Subscription), l.SKU,
		l.From.String() + ".." + l.To.String(), "in", l.PeriodTo.String(), "q", l.Quantity.String(), "at", l.UnitPrice.String(), fmt.Sprint(l.Priced),
		l.Gross.String() + "-" + l.Discount.String() + "=" + l.Amount.String(), l.Tax, fmt.Sprint(l.TaxIncluded), l.Explanation,
	}, " ")
}
