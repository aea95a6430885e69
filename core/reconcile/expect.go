package reconcile

import (
	"fmt"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// StoryError says that a story cannot have happened.
type StoryError struct {
	Holding string
	On      calendar.Date
	Why     string
}

// Error is a sentence for people.
func (e *StoryError) Error() string {
	return fmt.Sprintf("subscription %s: %s: %s", e.Holding, e.On, e.Why)
}

// Expect gives the charges that a story causes on the days of a window, in the
// order in which they happen (BILLING §13).
func Expect(story *Story, rules Rules, window calendar.Period) ([]Charge, error) {
	return (&walk{story: story, rules: rules, window: window}).expect()
}

func (w *walk) expect() ([]Charge, error) {
	story, window := w.story, w.window
	if story.Metered {
		return w.metered()
	}
	events := story.sorted()
	if len(events) == 0 {
		return nil, nil
	}
	for i := range events {
		if !events[i].On.Before(window.To) {
			break
		}
		if err := w.reach(&events[i]); err != nil {
			return nil, err
		}
		if err := w.take(&events[i], i); err != nil {
			return nil, err
		}
	}
	return w.charges, w.run(window.To)
}

// walk goes through a story in the order of its days.
type walk struct {
	story   *Story
	rules   Rules
	window  calendar.Period
	charges []Charge

	open bool
	// began is the event that the term began with.
	began    Event
	quantity money.Decimal
	plan     plan
	term     calendar.Period
	cycles   chargeCycles
	// paid are the days that the last charge pays for, whole the cycle they are of.
	paid, whole calendar.Period
	// stands is what is charged of them and not given back, by days.
	stands    []piece
	lock      lock
	scheduled scheduled
}

// piece is some days of a charge cycle and the seats that are charged for them.
type piece struct {
	days     calendar.Period
	quantity money.Decimal
}

// plan is a commitment and what is paid at a time.
type plan struct {
	termMonths, billingMonths int
}

// scheduled is what waits for a boundary.
type scheduled struct {
	quantity     money.Decimal
	hasQuantity  bool
	plan         plan
	ends         calendar.Date
	noRenewal    bool
	billing      int
	billingEntry Event
	entry        Event
}

func (w *walk) wrong(on calendar.Date, format string, args ...any) error {
	return &StoryError{Holding: w.story.Holding, On: on, Why: fmt.Sprintf(format, args...)}
}

// reach lets the cycles and renewals pass that come before an event. What waits
// for a boundary is in time on the boundary's own day.
func (w *walk) reach(e *Event) error {
	until := e.On.AddDays(1)
	if e.Kind == Scheduled || e.Kind == PlanChanged {
		until = e.On
	}
	return w.run(until)
}

// run charges what begins before a day.
func (w *walk) run(until calendar.Date) error {
	for w.open && w.paid.To.Before(until) && w.paid.To.Before(w.window.To) {
		if w.plan.billingMonths == 0 {
			return nil
		}
		if err := w.boundary(); err != nil {
			return err
		}
	}
	return nil
}

// boundary goes on to the next cycle, or to the next term.
func (w *walk) boundary() error {
	on := w.paid.To
	if on.Before(w.term.To) {
		if w.scheduled.billing != 0 {
			return w.changePlan(on)
		}
		return w.charge(on, billing.ChargeCycle, Event{})
	}
	if w.scheduled.noRenewal {
		w.open = false
		return nil
	}
	kind, cause := billing.ChargeRenew, w.scheduled.entry
	if w.scheduled.hasQuantity {
		w.quantity = w.scheduled.quantity
	}
	next := w.plan
	if w.scheduled.plan.termMonths != 0 {
		next.termMonths = w.scheduled.plan.termMonths
	}
	if w.scheduled.plan.billingMonths != 0 {
		next.billingMonths = w.scheduled.plan.billingMonths
	}
	if w.scheduled.billing != 0 {
		next.billingMonths, kind, cause = w.scheduled.billing, billing.ChargeChangePlan, w.scheduled.billingEntry
	}
	ends := w.scheduled.ends
	w.scheduled = scheduled{}
	w.began = Event{Kind: Bought, On: on}
	if w.quantity.IsZero() {
		w.open = false
		return nil
	}
	if err := w.begin(on, next, ends); err != nil {
		return err
	}
	return w.charge(on, kind, cause)
}

// begin opens a term on a day and locks its price.
func (w *walk) begin(on calendar.Date, p plan, ends calendar.Date) error {
	w.open, w.plan = true, p
	if p.billingMonths == 0 {
		w.term = calendar.Period{From: on, To: on.AddDays(1)}
		w.lock = w.story.lockFor(on, p.termMonths, 0)
		return nil
	}
	if p.termMonths == 0 {
		p.termMonths = p.billingMonths
		w.plan = p
	}
	if p.termMonths%p.billingMonths != 0 {
		return w.wrong(on, "a term of %d months cannot be paid every %d", p.termMonths, p.billingMonths)
	}
	w.term = calendar.Period{From: on, To: on.AddMonths(p.termMonths)}
	shortened := !ends.IsZero() && ends != w.term.To
	if shortened {
		if !on.Before(ends) || ends.After(w.term.To) {
			return w.wrong(on, "a term of %d months cannot be shortened to end on %s", p.termMonths, ends)
		}
		w.term.To = ends
	}
	w.cycles = cyclesOf(w.term, p.termMonths, p.billingMonths, shortened)
	w.lock = w.story.lockFor(on, p.termMonths, p.billingMonths)
	return nil
}

// charge charges the cycle that begins on a day, or what the term has of it.
func (w *walk) charge(on calendar.Date, kind billing.ChargeType, cause Event) error {
	if w.plan.billingMonths == 0 {
		w.paid, w.whole = w.term, w.term
	} else {
		w.whole, w.paid = w.cycles.whole(on), w.cycles.covered(on)
	}
	w.stands = append(w.stands[:0], piece{w.paid, w.quantity})
	return w.add(kind, w.paid, w.part(w.paid), false, w.quantity, cause, "")
}

// part is the fraction of the whole cycle that some of its days are.
func (w *walk) part(days calendar.Period) money.Ratio {
	if days == w.whole || w.whole.Days() == 0 {
		return money.One()
	}
	return money.Fraction(int64(days.Days()), int64(w.whole.Days()))
}

// changePlan moves to another billing plan inside a term: what is left of the
// new plan's cycle is charged by whole months.
func (w *walk) changePlan(on calendar.Date) error {
	cause, months := w.scheduled.billingEntry, w.scheduled.billing
	if w.plan.termMonths%months != 0 {
		return w.wrong(on, "a term of %d months cannot be paid every %d", w.plan.termMonths, months)
	}
	before, old := w.plan.billingMonths, w.cycles
	w.scheduled.billing = 0
	w.plan.billingMonths = months
	w.cycles = cyclesOf(w.term, w.plan.termMonths, months, w.cycles.count == 0)
	w.lock = w.story.lockFor(w.term.From, w.plan.termMonths, months)
	w.whole = w.cycles.whole(on)
	w.paid = calendar.Period{From: on, To: w.cycles.covered(on).To}
	w.stands = append(w.stands[:0], piece{w.paid, w.quantity})
	part := w.part(w.paid)
	if months > before {
		// Counted in cycles of the old plan: near a month's end their days move.
		left := 0
		for day := on; day.Before(w.whole.To) && left < months; day = old.whole(day).To {
			left += before
		}
		part = money.Fraction(int64(left), int64(months))
	}
	return w.add(billing.ChargeChangePlan, w.paid, part, false, w.quantity, cause, "")
}

// take lets one event happen.
func (w *walk) take(e *Event, place int) error {
	if e.Kind == Bought {
		return w.buy(e)
	}
	if !w.open {
		return w.wrong(e.On, "it is not running")
	}
	switch e.Kind {
	case SeatsSet:
		return w.setSeats(e, place)
	case Cancelled:
		return w.cancel(e)
	case Scheduled:
		w.schedule(e)
	case PlanChanged:
		w.scheduled.billing, w.scheduled.billingEntry = e.BillingMonths, *e
	case TrialConverted:
		return w.convertTrial(e)
	case Bought:
	}
	return nil
}

func (w *walk) buy(e *Event) error {
	if w.open {
		return w.wrong(e.On, "it was bought a second time")
	}
	w.began, w.quantity, w.scheduled = *e, e.Quantity, scheduled{noRenewal: e.HasAutoRenew && !e.AutoRenew}
	if err := w.begin(e.On, plan{e.TermMonths, e.BillingMonths}, e.Ends); err != nil {
		return err
	}
	if e.Trial {
		w.lock = lock{price: w.lock.price}
	}
	return w.charge(e.On, as(e, billing.ChargeNew), *e)
}

// as is the provider's word for an event's charge.
func as(e *Event, usual billing.ChargeType) billing.ChargeType {
	if e.As != billing.ChargeOther {
		return e.As
	}
	return usual
}

// setSeats credits all seats for the rest of what is paid and charges the new ones.
func (w *walk) setSeats(e *Event, place int) error {
	if e.Quantity.Cmp(w.quantity) == 0 {
		return nil
	}
	kind := billing.ChargeAddQuantity
	if e.Quantity.Cmp(w.quantity) < 0 {
		kind = billing.ChargeRemoveQuantity
	}
	kind = as(e, kind)
	rest := calendar.Period{From: e.On, To: w.paid.To}
	key := w.key(e, kind) + "/" + fmt.Sprint(place)
	before := w.quantity
	w.quantity = e.Quantity
	if last := len(w.stands) - 1; last >= 0 {
		w.stands[last].days.To = e.On
	}
	w.stands = append(w.stands, piece{rest, e.Quantity})
	if !before.IsZero() {
		if err := w.add(kind, rest, w.part(rest), true, before, *e, key); err != nil {
			return err
		}
	}
	if e.Quantity.IsZero() {
		w.open = false
		return nil
	}
	return w.add(kind, rest, w.part(rest), false, e.Quantity, *e, key)
}

// fullRefund is how long after its term's beginning a cancelled subscription is
// paid back whole.
const fullRefund = 24 * time.Hour

// cancel credits what is left by the day. In time for a refund in full it
// credits what is charged, no more: where seats were changed before, by days.
func (w *walk) cancel(e *Event) error {
	w.open = false
	kind := as(e, billing.ChargeCancel)
	if !w.soon(e) {
		rest := calendar.Period{From: e.On, To: w.paid.To}
		return w.add(kind, rest, w.part(rest), true, w.quantity, *e, "")
	}
	for _, one := range w.stands {
		if one.days.Empty() {
			continue
		}
		if err := w.add(kind, one.days, w.part(one.days), true, one.quantity, *e, ""); err != nil {
			return err
		}
	}
	return nil
}

// soon says whether a cancellation is in time for a refund in full: by the hour
// where both instants are known, else on the same day.
func (w *walk) soon(e *Event) bool {
	if w.paid.From != w.term.From {
		return false
	}
	if !w.began.At.IsZero() && !e.At.IsZero() {
		return e.At.Sub(w.began.At) <= fullRefund
	}
	return e.On == w.term.From
}

func (w *walk) schedule(e *Event) {
	s := &w.scheduled
	s.entry = *e
	if e.HasQuantity {
		s.quantity, s.hasQuantity = e.Quantity, true
	}
	if e.TermMonths != 0 {
		s.plan.termMonths = e.TermMonths
	}
	if e.BillingMonths != 0 {
		s.plan.billingMonths = e.BillingMonths
	}
	if !e.Ends.IsZero() {
		s.ends = e.Ends
	}
	if e.HasAutoRenew {
		s.noRenewal = !e.AutoRenew
	}
}

// convertTrial credits the trial and begins a paid term.
func (w *walk) convertTrial(e *Event) error {
	key := w.key(e, billing.ChargeConvert)
	rest := calendar.Period{From: e.On, To: w.paid.To}
	if err := w.add(billing.ChargeConvert, rest, w.part(rest), true, w.quantity, *e, key); err != nil {
		return err
	}
	next := w.plan
	if e.TermMonths != 0 {
		next.termMonths = e.TermMonths
	}
	if e.BillingMonths != 0 {
		next.billingMonths = e.BillingMonths
	}
	if e.HasQuantity {
		w.quantity = e.Quantity
	}
	w.began = *e
	w.scheduled.noRenewal = e.HasAutoRenew && !e.AutoRenew
	if err := w.begin(e.On, next, e.Ends); err != nil {
		return err
	}
	return w.charge(e.On, billing.ChargeConvert, *e)
}

// key is the same for both sides of an event.
func (w *walk) key(e *Event, kind billing.ChargeType) string {
	if e.Reference != "" {
		return e.Reference
	}
	return w.story.Holding + "/" + e.On.String() + "/" + kind.String()
}

// add writes down one charge, if its day lies in the window.
func (w *walk) add(kind billing.ChargeType, period calendar.Period, part money.Ratio, credit bool, quantity money.Decimal, cause Event, key string) error {
	on := period.From
	if !cause.On.IsZero() && kind != billing.ChargeChangePlan && kind != billing.ChargeRenew {
		on = cause.On
	}
	if !w.window.Contains(on) {
		return nil
	}
	if key == "" {
		key = w.key(&Event{On: on, Reference: cause.Reference}, kind)
	}
	c := Charge{
		Holding: w.story.Holding, SKU: w.story.SKU, Type: kind, On: on, Period: period, Cycle: w.whole, Term: w.term, Quantity: quantity, Credit: credit, Fraction: part,
		Event: key, Reference: cause.Reference, Entry: cause.Entry,
	}
	if err := c.price(w.rules, &w.lock, w.story.Currency); err != nil {
		return fmt.Errorf("subscription %s: %s on %s: %w", w.story.Holding, kind, on, err)
	}
	w.charges = append(w.charges, c)
	return nil
}

// metered gives one charge for each month of the window in which there was usage.
func (w *walk) metered() ([]Charge, error) {
	sums := map[calendar.Date]money.Decimal{}
	for _, usage := range w.story.Usage {
		year, month, _ := usage.On.Civil()
		first, err := calendar.NewDate(year, month, 1)
		if err != nil {
			return nil, err
		}
		sums[first] = sums[first].Add(usage.Cost)
	}
	day := w.window.From
	for day.Before(w.window.To) {
		if sum, used := sums[day]; used {
			amount, err := money.RoundTo(sum.Ratio(), w.story.Currency)
			if err != nil {
				return nil, fmt.Errorf("subscription %s: usage of %s: %w", w.story.Holding, day, err)
			}
			period := calendar.Period{From: day, To: day.AddMonths(1)}
			w.charges = append(w.charges, Charge{
				Holding: w.story.Holding, SKU: w.story.SKU, Type: billing.ChargeNew, On: day, Period: period, Cycle: period, Term: period, Quantity: money.DecimalOf(1),
				Fraction: money.One(), Effective: sum.Ratio(), Shown: sum, Rate: money.One(), Subtotal: amount, Event: w.story.Holding + "/" + day.String() + "/usage",
			})
		}
		day = day.AddDays(1)
	}
	return w.charges, nil
}
