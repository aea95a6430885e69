package partnercenter

import (
	"context"
	"encoding/json"
	"iter"
	"strings"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// TransitionOption is a product to which a subscription can be upgraded.
type TransitionOption struct {
	// Item is the catalog item's id: product, sku and availability.
	Item, Title string
	Quantity    money.Decimal
	// Alone and WithLicenses say which ways are open: the subscription alone, or with
	// the users' licenses moved too.
	Alone, WithLicenses bool
	// Why are the reasons against the ways that are not.
	Why []string
	// Into are the customer's subscriptions of that product that may take the seats.
	Into []string
}

// TransitionOptions are what a subscription can become: at once, or at its renewal.
func (c *Client) TransitionOptions(ctx context.Context, customer, holding string, atRenewal bool) iter.Seq2[TransitionOption, error] {
	kind := "immediate"
	if atRenewal {
		kind = "scheduled"
	}
	path := withQuery(pathOf("/v1/customers/%s/subscriptions/%s/transitionEligibilities", customer, holding), "eligibilityType", kind)
	return stream(func(take taken) error { return c.items(ctx, get(path), pagingNone, 0, take) }, transitionOption)
}

func transitionOption(r reading) TransitionOption {
	o := TransitionOption{Item: r.text("catalogItemId"), Title: r.text("title")}
	o.Quantity, _ = r.number("quantity")
	for i, raw := range r.list("eligibilities") {
		of, _ := objectOf(raw)
		e := reading{wrong: r.wrong, path: indexed("eligibilities", i) + ".", of: of}
		switch is := e.flag("isEligible"); strings.ToLower(e.text("transitionType")) {
		case "transition_only":
			o.Alone = is
		case "transition_with_license_transfer":
			o.WithLicenses = is
		}
		o.Why = append(o.Why, e.reasons()...)
	}
	for i, raw := range r.list("subscriptionEligibilities") {
		of, _ := objectOf(raw)
		e := reading{wrong: r.wrong, path: indexed("subscriptionEligibilities", i) + ".", of: of}
		if e.flag("isEligible") {
			o.Into = append(o.Into, e.text("subscriptionId"))
		}
	}
	return o
}

// reasons are the sentences of a list of errors.
func (r reading) reasons() []string {
	var all []string
	for i, raw := range r.list("errors") {
		of, _ := objectOf(raw)
		e := reading{wrong: r.wrong, path: r.path + indexed("errors", i) + ".", of: of}
		all = append(all, first(e.text("description"), e.text("type"), e.text("code")))
	}
	return all
}

// TransitionAsk is an upgrade.
type TransitionAsk struct {
	Customer, Holding string
	// From and To are catalog items' ids; Into is the subscription that takes the
	// seats, or empty.
	From, To, Into string
	Quantity       money.Decimal
	// TermMonths and Billing are the target's, where there is no Into.
	TermMonths   int
	Billing      billing.Unit
	WithLicenses bool
	Promotion    string
}

// Transition is an upgrade and how far it is.
type Transition struct {
	Operation, From, To string
	// Into is the subscription that has the seats afterwards, where told.
	Into     string
	Quantity money.Decimal
	Steps    []TransitionStep
}

// TransitionStep is one step of an upgrade: Conversion or LicenseReassignment,
// which is Started, Completed or Failed.
type TransitionStep struct {
	Name, State string
	At          time.Time
	Why         []string
}

// State is that of the whole: done when every step is.
func (t Transition) State() flow.ReceiptState {
	last := map[string]string{}
	for _, step := range t.Steps {
		last[step.Name] = strings.ToLower(step.State)
	}
	state := flow.ReceiptDone
	for _, is := range last {
		switch is {
		case "failed":
			return flow.ReceiptFailed
		case "completed":
		default:
			state = flow.ReceiptPending
		}
	}
	if len(last) == 0 {
		return flow.ReceiptPending
	}
	return state
}

// Transition upgrades a subscription. Microsoft does it step by step; Transitions
// tells how far it is. Asked without an answer, look there before asking anew.
func (c *Client) Transition(ctx context.Context, ask TransitionAsk) (Transition, error) {
	body := map[string]any{
		"fromCatalogItemId": ask.From, "fromSubscriptionId": ask.Holding, "toCatalogItemId": ask.To,
		"quantity": json.RawMessage(ask.Quantity.String()), "transitionType": "transition_only",
	}
	if ask.WithLicenses {
		body["transitionType"] = "transition_with_license_transfer"
	}
	for name, text := range map[string]string{"toSubscriptionId": ask.Into, "termDuration": termText(ask.TermMonths), "promotionId": ask.Promotion} {
		if text != "" {
			body[name] = text
		}
	}
	if ask.Billing.Months > 0 {
		body["billingCycle"] = cycleText(ask.Billing)
	}
	r, err := c.askObject(ctx, post(pathOf("/v1/customers/%s/subscriptions/%s/transitions", ask.Customer, ask.Holding), body))
	if err != nil {
		return Transition{}, err
	}
	t := transitionOf(r)
	return t, rowError(r.wrong.at, r.wrong.err())
}

// Transitions are the upgrades of a subscription so far.
func (c *Client) Transitions(ctx context.Context, customer, holding string) iter.Seq2[Transition, error] {
	path := pathOf("/v1/customers/%s/subscriptions/%s/transitions", customer, holding)
	return stream(func(take taken) error { return c.items(ctx, get(path), pagingNone, 0, take) }, transitionOf)
}

func transitionOf(r reading) Transition {
	t := Transition{Operation: r.text("operationId"), From: r.text("fromCatalogItemId"), To: r.text("toCatalogItemId"), Into: r.text("toSubscriptionId")}
	t.Quantity, _ = r.number("quantity")
	for i, raw := range r.list("events") {
		of, _ := objectOf(raw)
		e := reading{wrong: r.wrong, path: indexed("events", i) + ".", of: of}
		t.Steps = append(t.Steps, TransitionStep{Name: e.text("name"), State: e.text("status"), At: e.instant("timestamp"), Why: e.reasons()})
	}
	return t
}

// CotermEnd is an end to which a first term may be shortened.
type CotermEnd struct {
	// EndsOn is the first day after.
	EndsOn calendar.Date
	// Holdings end on the same day; none where it is the end of a calendar month.
	Holdings []string
}

// CotermEnds are those that Microsoft allows a customer for a term. From is the
// term's first day, no day for today.
func (c *Client) CotermEnds(ctx context.Context, customer string, months int, from calendar.Date) iter.Seq2[CotermEnd, error] {
	path := withQuery(pathOf("/v1/customers/%s/subscriptions/customTermEndDates", customer), "term_duration", termText(months))
	if !from.IsZero() {
		path = withQuery(path, "term_start_date", from.String())
	}
	return stream(func(take taken) error { return c.items(ctx, get(path), pagingToken, 0, take) }, func(r reading) CotermEnd {
		e := CotermEnd{Holdings: r.texts("cotermSubscriptionIds")}
		if at := r.instant("allowedCustomTermEndDate"); !at.IsZero() {
			e.EndsOn = dayOf(midnightAfter(at))
		} else {
			r.add("allowedCustomTermEndDate", "is missing, and required")
		}
		return e
	})
}

// PromotionVerdict says whether a customer can have a promotion.
type PromotionVerdict struct {
	Promotion string
	Eligible  bool
	// Why are the reasons against it.
	Why []string
}

// PromotionCheck asks which promotions an order can have; with a promotion in the
// order, whether it can have that one.
func (c *Client) PromotionCheck(ctx context.Context, o flow.ProviderOrder) ([]PromotionVerdict, error) {
	a, err := c.availability(ctx, o.Customer, o.SKU, o.TermMonths, o.Billing)
	if err != nil {
		return nil, err
	}
	item := map[string]any{
		"id": 0, "catalogItemId": a.item(), "quantity": json.RawMessage(o.Quantity.String()), "termDuration": termText(o.TermMonths), "billingCycle": a.billing,
	}
	if o.Promotion != "" {
		item["promotionId"] = o.Promotion
	}
	var all []PromotionVerdict
	k := post(pathOf("/v1/customers/%s/promotionEligibilities", o.Customer), map[string]any{"items": []any{item}})
	err = c.items(ctx, k, pagingNone, 0, func(at flow.Source, item object) error {
		r := reading{wrong: &mistakes{at: at}, of: item}
		for i, raw := range r.list("eligibilities") {
			of, _ := objectOf(raw)
			e := reading{wrong: r.wrong, path: indexed("eligibilities", i) + ".", of: of}
			all = append(all, PromotionVerdict{Promotion: e.text("promotionId"), Eligible: e.flag("isEligible"), Why: e.reasons()})
		}
		return rowError(at, r.wrong.err())
	})
	return all, err
}
