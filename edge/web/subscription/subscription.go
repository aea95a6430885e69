// Package subscription shows subscriptions: the list, one with its timeline, and the
// forms that change it, each with its effect in money before it is saved.
//
//	subscription.go   one subscription;   list.go   all of them
//	act.go            what can be done to it;   effect.go   what that comes to
//	sale.go           a new one
//	timeline.go       the drawing: seats and price over time, terms, windows, invoices
package subscription

import (
	"net/url"
	"strconv"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// Path is the list.
const Path = "/subscriptions"

// PathOf is the page of one subscription.
func PathOf(id billing.SubscriptionID) string { return Path + "/" + url.PathEscape(string(id)) }

// shown is one subscription on its page.
type shown struct {
	visit *visit.Visit
	s     office.SubscriptionDetail
}

// Show is the page of one subscription.
func Show(v *visit.Visit) error {
	s, err := read(v, billing.SubscriptionID(v.R.PathValue("id")))
	if err != nil {
		return err
	}
	return v.Page(s.page(s.title()), document(s))
}

func read(v *visit.Visit, id billing.SubscriptionID) (*shown, error) {
	detail, err := v.Desk.SubscriptionGet(v.R.Context(), id)
	return &shown{v, detail}, err
}

func (s *shown) page(title string) part.Page {
	return part.Page{Title: title, Section: Path, State: pill(&s.s.State, s.visit.Desk.Today()), Crumbs: []part.Link{
		{Text: "Subscriptions", Path: Path}, {Text: s.s.Account.Name, Path: "/accounts/" + url.PathEscape(string(s.s.Account.ID))}}}
}

// title is what it is called: its product, or where that has no name its SKU.
func (s *shown) title() string { return productName(s.s.Product.Name, s.s.Subscription.SKU) }

func productName(name, sku string) string {
	if name == "" {
		return sku
	}
	return name
}

func (s *shown) path() string { return PathOf(s.s.Subscription.ID) }

func (s *shown) currency() money.Currency { return s.s.Contract.Currency }

// pill is how a subscription stands.
func pill(state *billing.State, today calendar.Date) part.Pill {
	switch standing := office.StandingOf(state, today); standing {
	case office.IsRunning:
		if !state.CancelledFrom.IsZero() {
			return part.Pill{Text: "ends " + part.Day(state.CancelledFrom.AddDays(-1)), Tone: part.Warn}
		}
		return part.Pill{Text: "running", Tone: part.Good}
	case office.IsSuspended:
		return part.Pill{Text: "suspended", Tone: part.Warn}
	case office.IsWaiting:
		return part.Pill{Text: "waits for release", Tone: part.Warn}
	case office.IsComing:
		return part.Pill{Text: "starts " + part.Day(state.Start), Tone: part.Plain}
	case office.IsEnded:
	}
	return part.Pill{Text: "ended", Tone: part.Plain}
}

// Every says how long a period is: month, quarter, 2 months.
func Every(months int) string {
	switch months {
	case 1:
		return "month"
	case 3:
		return "quarter"
	case 12:
		return "year"
	case 36:
		return "3 years"
	}
	return strconv.Itoa(months) + " months"
}

func (s *shown) figures() (figures []part.Figure) {
	l, state := s.visit.Locale, &s.s.State
	figures = append(figures, part.Figure{Name: "Seats", Value: l.Quantity(state.Quantity)})
	if s.s.PriceMissing != "" {
		figures = append(figures, part.Figure{Name: "Price", Value: "none", Beside: s.s.PriceMissing})
	} else if s.s.Offer.UnitMonths > 0 {
		figures = append(figures, part.Figure{Name: "Price", Value: l.Price(s.s.Offer.Price, s.currency()), Unit: s.currency().String(), Beside: "each, a " + Every(s.s.Offer.UnitMonths)})
		if full, err := money.RoundTo(s.s.Offer.Full, s.currency()); err == nil {
			figures = append(figures, part.Figure{Name: "Each " + Every(s.s.Months), Value: l.Amount(full), Unit: s.currency().String(), Beside: "before discounts and tax"})
		}
	}
	if !state.Term.Empty() {
		figures = append(figures, part.Figure{Name: "Term until", Value: part.Day(state.Term.To.AddDays(-1)), Beside: s.renewal()})
	}
	return append(figures, part.Figure{Name: "Next invoice", Value: part.Day(s.s.NextOn)})
}

// renewal says what becomes of it when its term ends.
func (s *shown) renewal() string {
	state := &s.s.State
	switch {
	case !state.CancelledFrom.IsZero():
		return "cancelled"
	case !state.Renews:
		return "then it ends"
	case state.HasNext && state.Next.Cmp(state.Quantity) != 0:
		return "then " + s.visit.Locale.Quantity(state.Next) + " seats"
	}
	return "renews as it is"
}

// primary is what is done most.
func (s *shown) primary() *part.Action {
	standing := office.StandingOf(&s.s.State, s.visit.Desk.Today())
	if !s.visit.May("SubscriptionChange") || standing == office.IsEnded || s.s.Subscription.Kind == billing.Usage || s.s.Subscription.Parent != "" {
		return nil
	}
	return &part.Action{Text: "Change seats", Path: s.path() + "/change"}
}

func (s *shown) more() (more []part.Action) {
	state, today := &s.s.State, s.visit.Desk.Today()
	standing := office.StandingOf(state, today)
	if standing == office.IsEnded || standing == office.IsWaiting {
		return nil
	}
	for _, a := range []struct {
		verb, text, path string
		fits, costly     bool
	}{
		{"SubscriptionSchedule", "Schedule for renewal", "/renewal", !state.Term.Empty() && state.CancelledFrom.IsZero(), false},
		{"SubscriptionSuspend", "Suspend", "/suspension", standing == office.IsRunning, false},
		{"SubscriptionResume", "Resume", "/resumption", standing == office.IsSuspended, false},
		{"SubscriptionCancel", "Cancel the subscription", "/cancellation", state.CancelledFrom.IsZero(), true},
	} {
		if a.fits && s.visit.May(a.verb) {
			more = append(more, part.Action{Text: a.text, Path: s.path() + a.path, Costly: a.costly})
		}
	}
	return more
}

func (s *shown) facts() []part.Fact {
	sub, l := &s.s.Subscription, s.visit.Locale
	facts := []part.Fact{
		{Name: "Customer", Value: s.s.Account.Name, Path: "/accounts/" + url.PathEscape(string(s.s.Account.ID))},
		{Name: "Contract", Value: string(sub.Contract), Path: "/contracts/" + url.PathEscape(string(sub.Contract))},
		{Name: "Subscription", Value: string(sub.ID)},
		{Name: "SKU", Value: sub.SKU},
		{Name: "First day", Value: part.Day(s.s.State.Start)},
		{Name: "Last day", Value: lastDay(s.s.Ends)},
		{Name: "Term", Value: term(sub.TermMonths)},
		{Name: "Billed", Value: "every " + Every(s.s.Months)},
		{Name: "Price from", Value: priceFrom(s.s.Offer.List), Path: ""},
		{Name: "Its discount", Value: discount(l, &sub.Discount)},
		{Name: "Bundle", Value: string(sub.Parent), Path: PathOf(sub.Parent)},
	}
	for _, child := range s.s.Children {
		facts = append(facts, part.Fact{Name: "With it", Value: string(child), Path: PathOf(child)})
	}
	if sub.HasMinimum {
		facts = append(facts, part.Fact{Name: "Minimum", Value: l.Price(sub.Minimum, s.currency()) + " " + s.currency().String()})
	}
	return facts
}

func lastDay(ends calendar.Date) string {
	if ends.IsZero() {
		return ""
	}
	return part.Day(ends.AddDays(-1))
}

func term(months int) string {
	if months == 0 {
		return "none"
	}
	return Every(months)
}

func priceFrom(list string) string {
	switch list {
	case "own":
		return "the subscription's own price"
	case "":
		return ""
	}
	return "price list " + list
}

func discount(l part.Locale, d *billing.Discount) string {
	if d.Percent.IsZero() {
		return ""
	}
	text := l.Quantity(d.Percent) + " %"
	if d.Initial {
		text += " on the seats that a term opens with"
	}
	return text
}

// told is an entry of the log in words.
func told(l part.Locale, e *flow.LogEntry) string {
	var text string
	switch e.Do {
	case flow.DoSubscribe:
		text = "Sold " + l.Quantity(e.Entry.Quantity)
	case flow.DoQuantity:
		text = "Seats set to " + l.Quantity(e.Entry.Quantity)
	case flow.DoPrice:
		text = "Price set to " + l.Number(e.Entry.Price.String())
	case flow.DoCancel:
		text = "Cancelled"
	case flow.DoSuspend:
		text = "Suspended"
	case flow.DoResume:
		text = "Resumed"
	case flow.DoSchedule:
		text = scheduled(l, &e.Entry)
	case flow.DoHold:
		text = "Credit hold"
	case flow.DoRelease:
		text = "Released from credit hold"
	case flow.DoVoid:
		text = "Taken back: entry " + strconv.FormatInt(e.Voids, 10)
	case flow.DoOneTime:
		text = "Sold once: " + string(e.Subscription)
	case flow.DoCredit:
		text = "A line was credited"
	case flow.DoUsage, flow.DoListPrice, flow.DoCharge:
		text = e.Do.String()
	}
	if e.Waiting {
		text += " (waits for the release from credit hold)"
	}
	return text
}

func scheduled(l part.Locale, e *billing.Entry) string {
	text := "For renewal:"
	if e.HasQuantity {
		text += " " + l.Quantity(e.Quantity) + " seats"
	}
	if e.HasPrice {
		text += " price " + l.Number(e.Price.String())
	}
	switch {
	case e.HasAutoRenew && e.AutoRenew:
		text += " renews"
	case e.HasAutoRenew:
		text += " ends"
	}
	return text
}

// Told is an entry of the log in words, for other pages that show one.
func Told(l part.Locale, e *flow.LogEntry) string { return told(l, e) }

// brief is what a drawer shows first.
func (s *shown) brief() (facts []part.Fact) {
	for _, f := range s.figures() {
		value := f.Value
		if f.Unit != "" {
			value += " " + f.Unit
		}
		if f.Beside != "" && f.Name != "Seats" {
			value += ", " + f.Beside
		}
		facts = append(facts, part.Fact{Name: f.Name, Value: value})
	}
	return facts
}

// wrong is what is wrong with the whole, or with a field where a script shows the effect alone.
func (a *acting) wrong() string {
	if a.form.Sentence != "" {
		return a.form.Sentence
	}
	return a.form.First()
}

func provisionPill(p *flow.Provision) part.Pill {
	switch p.State {
	case flow.ProvisionFailed:
		return part.Pill{Text: "failed", Tone: part.Bad}
	case flow.ProvisionAwaiting, flow.ProvisionSent, flow.Provisioned, flow.ProvisionDropped:
	}
	return part.Pill{Text: p.State.String(), Tone: part.Warn}
}

// providerFacts are what the provider says.
func (s *shown) providerFacts() []part.Fact {
	p, l := s.s.Provider, s.visit.Locale
	facts := []part.Fact{{Name: "Connection", Value: string(p.Link.Connection)}, {Name: "Holding", Value: p.Link.Holding}}
	if h := p.Kept; h != nil {
		facts = append(facts,
			part.Fact{Name: "Status", Value: h.StatusText},
			part.Fact{Name: "Seats there", Value: l.Quantity(h.Quantity)},
			part.Fact{Name: "Term ends", Value: l.Instant(h.EndsAt)},
			part.Fact{Name: "Renews", Value: map[bool]string{true: "yes", false: "no"}[h.AutoRenew]},
			part.Fact{Name: "Seen", Value: l.Instant(h.SeenAt)})
	}
	for i := range p.Windows {
		w := &p.Windows[i]
		text := windowWord(w) + " until " + l.Instant(w.Until)
		if w.CostKnown {
			text += "; missed, " + l.Amount(w.Missed) + " " + w.Missed.Currency().String() + " until " + lastDay(w.CommitsUntil)
		}
		facts = append(facts, part.Fact{Name: "Can be given back", Value: text})
	}
	if len(p.Linked) > 1 {
		for _, id := range p.Linked {
			if id != s.s.Subscription.ID {
				facts = append(facts, part.Fact{Name: "Linked with", Value: string(id), Path: PathOf(id)})
			}
		}
	}
	return facts
}

// sentence is what a line is for, with the product's name for its SKU.
func (s *shown) sentence(l *office.SubscriptionLine) string {
	return s.visit.Locale.Prose(strings.Replace(flow.Sentence(&l.InvoiceLine), l.SKU, s.title(), 1))
}
