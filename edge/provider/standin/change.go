package standin

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"prorata/core/calendar"
)

// number is a whole number that may come as a text.
type number int

// UnmarshalJSON reads 5 and "5".
func (n *number) UnmarshalJSON(data []byte) error {
	var i int
	if err := json.Unmarshal([]byte(strings.Trim(string(data), `"`)), &i); err != nil {
		return err
	}
	*n = number(i)
	return nil
}

// wantedSubscription is a subscription as a client wants it: the whole of it.
type wantedSubscription struct {
	ID                            *string
	Quantity                      *number
	Status                        *string
	AutoRenewEnabled              *bool
	BillingCycle, TermDuration    *string
	FriendlyName, PartnerID       *string
	ScheduledNextTermInstructions *wantedTerm
	NextChargeInstructions        *wantedTerm
	Attributes                    *struct{ Etag string }
}

// wantedTerm is what a client schedules.
type wantedTerm struct {
	Product *struct {
		ProductID, SkuID, AvailabilityID        string
		BillingCycle, TermDuration, PromotionID string
	}
	Quantity          *number
	CustomTermEndDate string
}

// subscriptionPatch changes a subscription. The request is the whole resource:
// what it leaves out of auto-renewal and what is scheduled is reset. All is
// checked before anything is done.
func (w *World) subscriptionPatch(c *call) *answer {
	s, no := w.subscriptionOf(c)
	if no != nil {
		return no
	}
	var want wantedSubscription
	if no := c.read(&want); no != nil {
		return no
	}
	if no := w.mayChange(c, s, &want); no != nil {
		return no
	}
	todo, no := w.planChange(s, &want)
	if no != nil {
		return no
	}
	if c.meets(FaultAccepted) {
		s.busyUntil = w.now.Add(c.fault.Wait)
		w.at(s.busyUntil, func() { w.doChange(s, todo) })
		return (&answer{status: http.StatusAccepted, body: w.subscriptionBody(s)}).
			with("Location", "/customers/"+s.customer.ID+"/subscriptions/"+s.id).with("Retry-After", "10")
	}
	w.doChange(s, todo)
	return ok(w.subscriptionBody(s))
}

func (w *World) doChange(s *subscription, todo []func()) {
	for _, do := range todo {
		do()
	}
	s.version++
	w.changed(s, "update_subscription")
}

// mayChange says why a subscription cannot be changed at all, or nothing.
func (w *World) mayChange(c *call, s *subscription, want *wantedSubscription) *answer {
	etag := strings.Trim(c.r.Header.Get("If-Match"), `"`)
	switch {
	case s.status == stateDeleted:
		return refuse(2011, s.id)
	case etag != "" && etag != s.etag():
		return refuse(2055)
	case w.now.Before(s.busyUntil):
		return refuse(900278)
	case s.status == stateExpired || s.status == stateDisabled || s.status == statePending:
		return refuse(900280)
	case want.ID == nil || !strings.EqualFold(*want.ID, s.id):
		return refuseInput("the id is not the subscription's; the whole resource is expected")
	case want.Quantity == nil || want.Status == nil:
		return refuseInput("quantity and status are missing; the whole resource is expected")
	}
	return nil
}

// planChange finds what is to be done, or why it cannot be.
func (w *World) planChange(s *subscription, want *wantedSubscription) ([]func(), *answer) {
	status := strings.ToLower(*want.Status)
	if status == stateDeleted {
		return w.planCancel(s)
	}
	var todo []func()
	plan := func(do func(), no *answer) *answer {
		if no == nil && do != nil {
			todo = append(todo, do)
		}
		return no
	}
	quantity := int(*want.Quantity)
	if s.status == stateSuspended && status == stateSuspended && quantity != s.quantity {
		return nil, refuse(2001)
	}
	for _, no := range []*answer{
		plan(w.planStatus(s, status)),
		plan(w.planQuantity(s, quantity)),
		plan(w.planBilling(s, want)),
		plan(w.planNext(s, want, status, quantity)),
	} {
		if no != nil {
			return nil, no
		}
	}
	if want.TermDuration != nil && !strings.EqualFold(*want.TermDuration, durationOf(s.termMonths)) {
		return nil, refuse(800121)
	}
	todo = append(todo, func() {
		s.autoRenew = want.AutoRenewEnabled != nil && *want.AutoRenewEnabled && s.termMonths > 0
		if want.FriendlyName != nil && *want.FriendlyName != "" {
			s.nickname = *want.FriendlyName
		}
		if want.PartnerID != nil {
			s.partner = *want.PartnerID
		}
	})
	return todo, nil
}

// planCancel takes the subscription back while its window is open: what is left
// is returned by the day, all of it in the first 24 hours.
func (w *World) planCancel(s *subscription) ([]func(), *answer) {
	open := s.cancelDays()
	if open > 0 && !w.now.Before(s.openedAt.AddDate(0, 0, open)) {
		return nil, refuse(900117, open)
	}
	return []func(){func() {
		h := w.happeningOf(s, chargeCancel, s.quantity, 0, w.rest(s), w.newID(), w.systemOrder(s, chargeCancel, s.quantity))
		if w.now.Before(s.openedAt.Add(fullRefund)) || s.termMonths == 0 {
			h.full, h.paid = true, s.cycleNow
		}
		w.happened(h)
		s.status, s.next, s.nextBilling = stateDeleted, nil, ""
		s.life++
		for _, addon := range w.held {
			if addon.parent == s && addon.live() {
				w.suspend(addon)
			}
		}
	}}, nil
}

// cancelDays is how long the subscription can be taken back; 0 for always.
func (s *subscription) cancelDays() int {
	switch s.sku.product.Kind {
	case Perpetual:
		return perpetualDays
	case AzurePlan:
		return 0
	case Licenses:
	}
	return windowDays
}

// planStatus suspends or resumes.
func (w *World) planStatus(s *subscription, status string) (func(), *answer) {
	switch {
	case status == s.status:
		return nil, nil
	case status == stateSuspended:
		return func() { w.suspend(s) }, nil
	case status == stateActive && s.parent != nil && s.parent.status != stateActive:
		return nil, refuse(800029)
	case status == stateActive:
		return func() { s.status, s.suspendedBy = stateActive, nil }, nil
	}
	return nil, refuse(800040, status, s.status)
}

// suspend stops the use, not the charges; what was scheduled for the renewal is dropped.
func (w *World) suspend(s *subscription) {
	s.status, s.next, s.suspendedBy = stateSuspended, nil, []string{"PartnerInitiated"}
}

// planQuantity adds seats, or gives back those whose window is open, the youngest first.
func (w *World) planQuantity(s *subscription, quantity int) (func(), *answer) {
	if quantity == s.quantity {
		return nil, nil
	}
	if s.sku.product.Kind == Perpetual {
		return nil, refuse(800095)
	}
	if quantity < s.sku.Minimum || quantity > s.sku.Maximum {
		return nil, refuse(900275, 0)
	}
	if w.set.Sandbox && quantity > sandboxSeats {
		return nil, refuse(800067)
	}
	if quantity > s.quantity {
		return func() {
			was := s.quantity
			s.quantity = quantity
			s.batches = append(s.batches, batch{quantity: quantity - was, at: w.now})
			s.next = nil
			w.charge(s, chargeAdded, was, quantity, w.rest(s), w.newID(), w.systemOrder(s, chargeAdded, quantity-was))
		}, nil
	}
	back := s.quantity - quantity
	if total, open := s.refundable(w.now); len(open) == 0 {
		return nil, refuse(900257, windowDays)
	} else if back > total {
		return nil, refuse(800090)
	}
	return func() {
		was := s.quantity
		s.quantity = quantity
		s.giveBack(back, w.now)
		s.next = nil
		w.charge(s, chargeRemoved, was, quantity, w.rest(s), w.newID(), w.systemOrder(s, chargeRemoved, back))
	}, nil
}

// giveBack takes seats out of the batches whose window is open.
func (s *subscription) giveBack(seats int, now time.Time) {
	for i := len(s.batches) - 1; i >= 0 && seats > 0; i-- {
		if b := &s.batches[i]; now.Before(b.at.Add(window)) {
			taken := min(seats, b.quantity)
			b.quantity -= taken
			seats -= taken
		}
	}
}

// planBilling changes the billing plan with the next charge cycle. Leaving the
// instructions out takes back what was planned.
func (w *World) planBilling(s *subscription, want *wantedSubscription) (func(), *answer) {
	next := Billing("")
	switch {
	case want.BillingCycle != nil && !strings.EqualFold(*want.BillingCycle, string(s.billing)):
		next = Billing(strings.ToLower(*want.BillingCycle))
	case want.NextChargeInstructions != nil && want.NextChargeInstructions.Product != nil:
		next = Billing(strings.ToLower(want.NextChargeInstructions.Product.BillingCycle))
	}
	if next == s.nextBilling || next == s.billing {
		return nil, nil
	}
	if next != "" {
		if next.months() == 0 {
			return nil, refuse(900269)
		}
		if next.months() > s.termMonths {
			return nil, refuse(900270)
		}
		if s.sku.offer(s.termMonths, next) == nil {
			return nil, refuse(800097)
		}
	}
	return func() { s.nextBilling = next }, nil
}

// planNext replaces what is scheduled for the renewal. A change of seats wipes it,
// whatever the request says.
func (w *World) planNext(s *subscription, want *wantedSubscription, status string, quantity int) (func(), *answer) {
	if want.ScheduledNextTermInstructions == nil || status == stateSuspended || quantity != s.quantity {
		return func() { s.next = nil }, nil
	}
	if want.AutoRenewEnabled == nil || !*want.AutoRenewEnabled {
		return nil, refuseInput("what is scheduled for the next term needs autoRenewEnabled")
	}
	t, no := w.nextTermOf(s, want.ScheduledNextTermInstructions)
	if no != nil {
		return nil, no
	}
	return func() { s.next = t }, nil
}

// nextTermOf reads what is scheduled: what it does not name stays as it is.
func (w *World) nextTermOf(s *subscription, want *wantedTerm) (*nextTerm, *answer) {
	t := &nextTerm{sku: s.sku, termMonths: s.termMonths, billing: s.billing, quantity: s.quantity}
	if want.Quantity != nil {
		t.quantity = int(*want.Quantity)
	}
	if p := want.Product; p != nil {
		if t.sku = w.catalog.sku(p.ProductID + ":" + p.SkuID); t.sku == nil {
			if w.catalog.product(p.ProductID) == nil {
				return nil, refuse(400013, p.ProductID)
			}
			return nil, refuse(400018, p.SkuID)
		}
		if p.TermDuration != "" {
			months, known := monthsOf(p.TermDuration)
			if !known {
				return nil, refuse(800121)
			}
			t.termMonths = months
		}
		if p.BillingCycle != "" {
			t.billing = Billing(strings.ToLower(p.BillingCycle))
		}
		if t.promotion = p.PromotionID; t.promotion != "" && w.catalog.promotion(t.promotion) == nil {
			return nil, refuseInput("the promotion %s is not known", t.promotion)
		}
	}
	if t.quantity < t.sku.Minimum || t.quantity > t.sku.Maximum {
		return nil, refuse(900275, 0)
	}
	if t.sku.offer(t.termMonths, t.billing) == nil {
		return nil, refuseInput("%s is not offered for %s billed %s", t.sku.key(), durationOf(t.termMonths), t.billing)
	}
	if want.CustomTermEndDate == "" {
		return t, nil
	}
	return t, w.nextEnd(s, t, want.CustomTermEndDate)
}

// nextEnd shortens the next term to an agreed end.
func (w *World) nextEnd(s *subscription, t *nextTerm, wanted string) *answer {
	last, err := dayIn(wanted)
	if err != nil {
		return refuseInput("customTermEndDate %q is not a date", wanted)
	}
	if t.sku.product.Kind != Licenses {
		return refuse(900244)
	}
	switch w.endFits(s.customer, s.term.To, t.termMonths, last, s) {
	case endOutside:
		return refuse(900245)
	case endUnaligned:
		return refuse(900246)
	case endGood:
	}
	t.endsOn = last.AddDays(1)
	return nil
}

// endFit says whether a term may end on a day.
type endFit uint8

const (
	endGood endFit = iota
	// endOutside is not within the term, or a day that months do not all have.
	endOutside
	// endUnaligned is neither a month's last day nor another subscription's.
	endUnaligned
)

// endFits says whether a term that begins on a day may be shortened to a last day.
func (w *World) endFits(c *customer, from calendar.Date, termMonths int, last calendar.Date, own *subscription) endFit {
	if last.Before(from) || !last.Before(from.AddMonths(termMonths)) {
		return endOutside
	}
	if _, _, day := last.Civil(); termMonths == 1 && day >= 28 && !last.IsLastOfMonth() {
		return endOutside
	}
	if last.IsLastOfMonth() {
		return endGood
	}
	for _, s := range w.held {
		if s != own && s.alignable(c, termMonths) && s.term.To.AddDays(-1) == last {
			return endGood
		}
	}
	return endUnaligned
}

// alignable says that a term of so many months may end with this subscription: a
// longer one cannot follow a monthly one.
func (s *subscription) alignable(c *customer, termMonths int) bool {
	return s.customer == c && s.status == stateActive && !s.sku.Trial && s.sku.product.Kind == Licenses && (termMonths == 1 || s.termMonths > 1)
}
