package subscription

import (
	"strconv"

	"prorata/core/billing"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// words are what an act is called on its page.
type words struct {
	path, title, button, done string
	costly                    bool
	// seats, price and renews say which fields it has; day whether it has a first day.
	seats, price, renews, day bool
}

func wordsOf(act office.Act) words {
	switch act {
	case office.ActChange:
		return words{path: "/change", title: "Change seats", button: "Save the change", done: "changed", seats: true, price: true, day: true}
	case office.ActSchedule:
		return words{path: "/renewal", title: "Schedule for renewal", button: "Schedule it", done: "scheduled for renewal", seats: true, price: true, renews: true}
	case office.ActCancel:
		return words{path: "/cancellation", title: "Cancel", button: "Cancel the subscription", done: "cancelled", costly: true, day: true}
	case office.ActSuspend:
		return words{path: "/suspension", title: "Suspend", button: "Suspend it", done: "suspended", day: true}
	case office.ActResume:
		return words{path: "/resumption", title: "Resume", button: "Resume it", done: "resumed", day: true}
	}
	return words{}
}

// acting is the form of an act.
type acting struct {
	*shown
	words
	act  office.Act
	form *visit.Form
	// effect is what it would come to, where it was asked; nil where it was not or is refused.
	effect *flow.Effect
}

// Ask is the form of an act, with its effect where that needs nothing to be typed.
func Ask(act office.Act) visit.Handler {
	return func(v *visit.Visit) error {
		a, err := acts(v, act)
		if err != nil {
			return err
		}
		if a.seats {
			return a.show()
		}
		return a.preview(a.read())
	}
}

// Do shows the effect of what was typed where that is asked for, and else does it.
func Do(act office.Act) visit.Handler {
	return func(v *visit.Visit) error {
		a, err := acts(v, act)
		if err != nil {
			return err
		}
		given := a.read()
		if a.form.Ticked("preview") || !a.form.OK() {
			return a.preview(given)
		}
		if err := a.do(given); err != nil {
			if !a.form.Take(err) {
				return err
			}
			return a.show()
		}
		return v.Done(a.shown.path(), a.shown.title()+" of "+a.s.Account.Name+" is "+a.done+".")
	}
}

func acts(v *visit.Visit, act office.Act) (*acting, error) {
	s, err := read(v, billing.SubscriptionID(v.R.PathValue("id")))
	return &acting{shown: s, words: wordsOf(act), act: act, form: v.Form()}, err
}

// read takes what was typed. A quantity or a price that is as it was is not given.
func (a *acting) read() office.SubscriptionAct {
	f := a.form
	given := office.SubscriptionAct{Act: a.act, Subscription: a.s.Subscription.ID, Reason: f.Text("reason")}
	given.Version, _ = strconv.ParseInt(f.Text("version"), 10, 64)
	if a.words.seats {
		given.Quantity, given.HasQuantity = f.Decimal("quantity")
		if a.act == office.ActChange && given.HasQuantity && given.Quantity.Cmp(a.s.State.Quantity) == 0 {
			given.HasQuantity = false
		}
	}
	if a.words.price {
		given.Price, given.HasPrice = f.Decimal("price")
	}
	if a.renews {
		if text := f.Text("renews"); text != "" {
			given.AutoRenew, given.HasAutoRenew = text == "yes", true
		}
	}
	if a.day {
		given.Effective = f.Day("effective")
	}
	return given
}

// preview shows the form with the effect of what was typed. Nothing typed yet is no mistake.
func (a *acting) preview(given office.SubscriptionAct) error {
	if a.form.OK() && (given.HasQuantity || given.HasPrice || given.HasAutoRenew || !a.seats) {
		effect, err := a.visit.Desk.SubscriptionPreview(a.visit.R.Context(), given)
		if err == nil {
			a.effect = &effect
		} else if !a.form.Take(err) {
			return err
		}
	}
	return a.show()
}

func (a *acting) do(given office.SubscriptionAct) error {
	ctx, desk := a.visit.R.Context(), a.visit.Desk
	switch a.act {
	case office.ActChange:
		return desk.SubscriptionChange(ctx, given)
	case office.ActSchedule:
		return desk.SubscriptionSchedule(ctx, given)
	case office.ActCancel:
		return desk.SubscriptionCancel(ctx, given)
	case office.ActSuspend:
		return desk.SubscriptionSuspend(ctx, given)
	case office.ActResume:
		return desk.SubscriptionResume(ctx, given)
	}
	return visit.ErrNoPage
}

func (a *acting) show() error {
	page := a.page(a.words.title)
	page.Crumbs = append(page.Crumbs, part.Link{Text: a.shown.title(), Path: a.shown.path()})
	return a.visit.Page(page, form(a))
}

func (a *acting) action() string { return a.shown.path() + a.words.path }

// seatsField is the number that is asked for: today's, or the next term's.
func (a *acting) seatsField() part.Field {
	state := &a.s.State
	field := part.Field{Name: "quantity", Label: "Seats", Mode: "decimal", Short: true, Hint: "Now " + a.visit.Locale.Quantity(state.Quantity)}
	shown := a.visit.Locale.Quantity(state.Quantity)
	if a.act == office.ActSchedule {
		field.Label, shown = "Seats of the next term", ""
		field.Hint = "Now " + a.visit.Locale.Quantity(state.Quantity) + "; empty leaves what is scheduled"
		if state.HasNext {
			field.Hint += ", " + a.visit.Locale.Quantity(state.Next)
		}
	}
	return a.form.Field(field, shown)
}

func (a *acting) priceField() part.Field {
	hint := "Empty for the price as it is"
	if a.s.Offer.UnitMonths > 0 {
		hint = a.visit.Locale.Price(a.s.Offer.Price, a.currency()) + " " + a.currency().String() + " a " + Every(a.s.Offer.UnitMonths) + " now; empty leaves it"
	}
	return a.form.Field(part.Field{Name: "price", Label: "Price of its own, a " + Every(max(1, a.s.Subscription.PriceUnit.Months)), Mode: "decimal", Short: true, Hint: hint}, "")
}

func (a *acting) dayField() part.Field {
	return a.form.Field(part.Field{Name: "effective", Label: "From", Kind: "date", Short: true}, a.visit.Desk.Today().String())
}

func renewing() []part.Choice {
	return []part.Choice{{Value: "", Text: "As it is"}, {Value: "yes", Text: "Renews"}, {Value: "no", Text: "Ends with its term"}}
}
