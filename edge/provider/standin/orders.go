package standin

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	orderPending   = "pending"
	orderCompleted = "completed"
	orderCancelled = "cancelled"
)

// orderItem is a purchase on its way into an order.
type orderItem struct {
	purchase
	// group says which items share an order.
	group string
	// after is the item that this one is an add-on to, or -1.
	after int
	// failed items are not ordered.
	failed bool
}

// mayBuy says why a customer may not buy anything, or nothing.
func (w *World) mayBuy(c *customer) *answer {
	switch {
	case !w.agreed(c):
		return refuse(13605)
	case c.account == accountUnderReview:
		return refuse(800073)
	case c.account != accountAllowed:
		return refuse(800075)
	}
	return nil
}

// place orders items: one order for each group, in the order of their first items.
func (w *World) place(owner *customer, items []orderItem, c *call) ([]*order, *answer) {
	if w.set.Sandbox {
		held := len(items)
		for _, s := range w.held {
			if s.customer == owner && s.live() {
				held++
			}
		}
		if held > sandboxHeld {
			return nil, refuse(800066)
		}
	}
	listed := w.now.Add(w.set.ListedAfter)
	if c.meets(FaultHidden) {
		listed = w.now.Add(c.fault.Wait)
	}
	var orders []*order
	groups := map[string]*order{}
	bought := make([]*subscription, len(items))
	for i, item := range items {
		if item.failed {
			continue
		}
		o := groups[item.group]
		if o == nil {
			o = &order{id: w.newHex(12), customer: owner, billing: item.billing, kind: "UserPurchase", status: orderPending, createdAt: w.now, listedAt: listed}
			o.alternate = o.id
			groups[item.group] = o
			orders = append(orders, o)
		}
		if item.after >= 0 {
			item.parent = bought[item.after]
		}
		s := w.buy(item.purchase, o, w.newID())
		bought[i] = s
		o.lines = append(o.lines, orderLine{
			number: len(o.lines), subscription: s, catalogItem: s.sku.key() + ":" + s.availability, title: s.nickname, quantity: s.quantity,
			termMonths: s.termMonths, billing: s.billing, endsOn: s.endsOn, promotion: s.promotion, partner: s.partner, change: chargeNew, price: w.priceOf(s),
		})
	}
	for _, o := range orders {
		w.orders = append(w.orders, o)
		w.noteOrder(o)
		w.at(w.now.Add(w.set.ProvisioningTakes), func() { w.provision(o) })
		if w.set.ProvisioningTakes == 0 {
			w.provision(o)
		}
	}
	return orders, nil
}

// provision completes an order: its subscriptions can be used, and read.
func (w *World) provision(o *order) {
	if o.status != orderPending {
		return
	}
	o.status = orderCompleted
	for i := range o.lines {
		l := &o.lines[i]
		l.provisioned = true
		if l.subscription.status == statePending {
			l.subscription.status = stateActive
			l.subscription.version++
			w.billing.notify("subscription-updated", "/v1/customers/"+o.customer.ID+"/subscriptions/"+l.subscription.id, "subscription")
		}
	}
}

func (w *World) noteOrder(o *order) {
	more := [][2]string{{"OrderId", o.id}, {"AlternateId", o.alternate}, {"BillingCycle", string(o.billing)}}
	for i, l := range o.lines {
		n := strconv.Itoa(i)
		more = append(more, [2]string{"OfferId-" + n, l.catalogItem}, [2]string{"SubscriptionId-" + n, l.subscription.id},
			[2]string{"SubscriptionName-" + n, l.title}, [2]string{"Quantity-" + n, strconv.Itoa(l.quantity)}, [2]string{"PartnerOnRecord-" + n, l.partner})
	}
	w.note("create_order", "order", o.customer, w.auditValue(w.orderBody(o, false)), more...)
}

// orderOf is the order that the path names; for a while after a checkout there is none.
func (w *World) orderOf(c *call) (*order, *answer) {
	owner, no := w.customerOf(c)
	if no != nil {
		return nil, no
	}
	id := c.path("order")
	for _, o := range w.orders {
		if o.customer == owner && (o.id == id || o.alternate == id) && !w.now.Before(o.listedAt) {
			return o, nil
		}
	}
	return nil, refuse(20000, id)
}

func (w *World) orderGet(c *call) *answer {
	o, no := w.orderOf(c)
	if no != nil {
		return no
	}
	return ok(w.orderBody(o, c.query("include_price") == "true"))
}

func (w *World) orderList(c *call) *answer {
	owner, no := w.customerOf(c)
	if no != nil {
		return no
	}
	billing, prices := c.query("billingType"), c.query("include_price") == "true"
	items := []object{}
	for _, o := range w.orders {
		if o.customer == owner && !w.now.Before(o.listedAt) && (billing == "" || strings.EqualFold(billing, string(o.billing))) {
			items = append(items, w.orderBody(o, prices))
		}
	}
	return ok(collection(items, c.self()))
}

// orderProvisioning is how far an order's lines are.
func (w *World) orderProvisioning(c *call) *answer {
	o, no := w.orderOf(c)
	if no != nil {
		return no
	}
	items := []object{}
	for _, l := range o.lines {
		status := "prefulfillment_pending"
		if l.provisioned {
			status = "fulfilled"
		}
		items = append(items, object{
			"orderLineItemId": l.number, "lineItemNumber": l.number, "status": status,
			"quantityProvisioningInformation": []object{{"quantity": l.quantity, "status": status}},
		})
	}
	return ok(collection(items, ""))
}

// orderCreate is the older way of buying, with no cart.
func (w *World) orderCreate(c *call) *answer {
	owner, no := w.customerOf(c)
	if no != nil {
		return no
	}
	var want struct {
		PartnerOnRecordAttestationAccepted bool
		BillingCycle                       string
		LineItems                          []struct {
			OfferID, TermDuration, BillingCycle   string
			FriendlyName, PartnerIDOnRecord       string
			PromotionID, CustomTermEndDate        string
			Quantity                              number
			ParentSubscriptionID, TransactionType string
		}
	}
	if no := c.read(&want); no != nil {
		return no
	}
	if no := w.mayBuy(owner); no != nil {
		return no
	}
	var items []orderItem
	for i, one := range want.LineItems {
		if one.PartnerIDOnRecord != "" && !want.PartnerOnRecordAttestationAccepted {
			return refuse(900206)
		}
		billing := one.BillingCycle
		fill(&billing, want.BillingCycle)
		l := cartLine{after: -1, billing: Billing(strings.ToLower(billing)), wanted: wantedLine{
			CatalogItemID: one.OfferID, Quantity: one.Quantity, TermDuration: one.TermDuration, PromotionID: one.PromotionID, CustomTermEndDate: one.CustomTermEndDate,
			ProvisioningContext: map[string]any{"ParentSubscriptionId": one.ParentSubscriptionID},
		}}
		if no := w.judgeEnd(owner, &l, i); no != nil {
			return no
		}
		if code, reason := w.judgeLine(owner, &l, nil); code != 0 {
			return refuseInput("line %d: %s", i, reason)
		}
		items = append(items, orderItem{after: -1, purchase: purchase{
			customer: owner, sku: l.sku, quantity: int(one.Quantity), termMonths: l.termMonths, billing: l.billing, endsOn: l.endsOn,
			promotion: one.PromotionID, parent: l.parent, nickname: one.FriendlyName, partner: one.PartnerIDOnRecord,
		}})
	}
	if len(items) == 0 {
		return refuseInput("the order has no lineItems")
	}
	orders, no := w.place(owner, items, c)
	if no != nil {
		return no
	}
	return created(w.orderBody(orders[0], true))
}

// orderPatch cancels an order in the sandbox; elsewhere subscriptions are cancelled.
func (w *World) orderPatch(c *call) *answer {
	o, no := w.orderOf(c)
	if no != nil {
		return no
	}
	var want struct{ Status string }
	if no := c.read(&want); no != nil {
		return no
	}
	if !w.set.Sandbox || !strings.HasPrefix(strings.ToLower(want.Status), "cancel") {
		return refuse(800061)
	}
	o.status = orderCancelled
	for i := range o.lines {
		if s := o.lines[i].subscription; s.live() {
			todo, no := w.planCancel(s)
			if no != nil {
				return no
			}
			w.doChange(s, todo)
		}
	}
	return ok(w.orderBody(o, false))
}

// subscriptionOf is the subscription that the path names; one that is not
// provisioned yet cannot be read.
func (w *World) subscriptionOf(c *call) (*subscription, *answer) {
	owner, no := w.customerOf(c)
	if no != nil {
		return nil, no
	}
	id := strings.ToLower(c.path("subscription"))
	if s := w.subscription(owner, id); s != nil && s.status != statePending {
		return s, nil
	}
	return nil, refuse(20003, id)
}

func (w *World) subscriptionGet(c *call) *answer {
	s, no := w.subscriptionOf(c)
	if no != nil {
		return no
	}
	return ok(w.subscriptionBody(s))
}

func (w *World) subscriptionList(c *call) *answer {
	owner, no := w.customerOf(c)
	if no != nil {
		return no
	}
	orderID, mpn := c.query("order_id"), c.query("mpn_id")
	return ok(collection(w.subscriptionBodies(func(s *subscription) bool {
		return s.customer == owner && (orderID == "" || s.order.id == orderID) && (mpn == "" || s.partner == mpn)
	}), c.self()))
}

func (w *World) subscriptionAddons(c *call) *answer {
	parent, no := w.subscriptionOf(c)
	if no != nil {
		return no
	}
	return ok(collection(w.subscriptionBodies(func(s *subscription) bool { return s.parent == parent }), ""))
}

func (w *World) subscriptionBodies(which func(*subscription) bool) []object {
	items := []object{}
	for _, s := range w.held {
		if s.status != statePending && which(s) {
			items = append(items, w.subscriptionBody(s))
		}
	}
	return items
}

// subscriptionProvisioning is how far a subscription's licences are.
func (w *World) subscriptionProvisioning(c *call) *answer {
	s, no := w.subscriptionOf(c)
	if no != nil {
		return no
	}
	status := "success"
	if w.now.Before(s.busyUntil) {
		status = "pending"
	}
	o := object{"skuId": s.sku.ID, "status": status, "quantity": s.quantity, "attributes": kindOf("SubscriptionProvisioningStatus")}
	if s.termMonths > 0 {
		o["endDate"] = daystamp(s.term.To.AddDays(-1))
	}
	return ok(o)
}

// customTermEndDates are the days on which a first term may end.
func (w *World) customTermEndDates(c *call) *answer {
	owner, no := w.customerOf(c)
	if no != nil {
		return no
	}
	months, known := monthsOf(c.query("term_duration"))
	if !known || months == 0 {
		return refuse(800121)
	}
	start, _, err := bounds(c.query("term_start_date"), "", w.now, time.Time{})
	if err != nil {
		return refuseInput("term_start_date is not a date")
	}
	from := civil(start)
	monthEnd := from.AddMonths(months)
	for !monthEnd.IsLastOfMonth() || !monthEnd.Before(from.AddMonths(months)) {
		monthEnd = monthEnd.AddDays(-1)
	}
	items := []object{}
	if !monthEnd.Before(from) {
		items = append(items, object{"allowedCustomTermEndDateType": "calendarMonthAligned", "allowedCustomTermEndDate": monthEnd.String() + "T00:00:00"})
	}
	target, seen := c.query("target_coterm_subscription_id"), map[string]object{}
	for _, s := range w.held {
		last := s.term.To
		if s.termMonths > 0 {
			last = last.AddDays(-1)
		}
		if !s.alignable(owner, months) || s.termMonths == 0 || target != "" && target != s.id || w.endFits(owner, from, months, last, nil) != endGood {
			continue
		}
		if o := seen[last.String()]; o != nil {
			o["cotermSubscriptionIds"] = append(o["cotermSubscriptionIds"].([]string), s.id)
			continue
		}
		o := object{"allowedCustomTermEndDateType": "subscriptionAligned", "cotermSubscriptionIds": []string{s.id}, "allowedCustomTermEndDate": last.String() + "T00:00:00"}
		seen[last.String()] = o
		items = append(items, o)
	}
	return &answer{status: http.StatusOK, body: collection(items, c.self())}
}
