package contract

import (
	"strconv"

	"prorata/core/billing"
	"prorata/edge/web/part"
	"prorata/edge/web/pick"
	"prorata/edge/web/subscription"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// selling is the form of a new subscription.
type selling struct {
	*shown
	form   *visit.Form
	effect *flow.Effect
	// connections are where it can be ordered, nowhere first.
	connections []part.Choice
}

// AskSale is the form of a new subscription.
func AskSale(v *visit.Visit) error {
	s, err := read(v)
	if err != nil {
		return err
	}
	return (&selling{shown: s, form: v.Form()}).show()
}

// Sell shows what the sale comes to where that is asked for, and else sells.
func Sell(v *visit.Visit) error {
	s, err := read(v)
	if err != nil {
		return err
	}
	f := &selling{shown: s, form: v.Form()}
	sale := f.read()
	ctx := v.R.Context()
	if f.form.OK() && f.form.Ticked("preview") {
		effect, err := v.Desk.SubscriptionAddPreview(ctx, sale)
		if err == nil {
			f.effect = &effect
		} else if !f.form.Take(err) {
			return err
		}
		return f.show()
	}
	if !f.form.OK() {
		return f.show()
	}
	id, err := v.Desk.SubscriptionAdd(ctx, sale)
	if err != nil {
		if !f.form.Take(err) {
			return err
		}
		return f.show()
	}
	said := "The subscription is sold."
	if sale.Connection != "" {
		said = "The subscription is sold, and its order is on its way."
	}
	return v.Done(subscription.PathOf(id), said)
}

func (s *selling) read() office.Sale {
	f := s.form
	sale := office.Sale{Contract: s.c.Contract.ID, SKU: pick.Needed(s.visit, f, pick.Product, "sku", "The product"), Billing: f.Text("billing"), Effective: f.Day("effective"), ID: f.Text("subscription"),
		NoRenew: f.Ticked("no_renew"), Connection: flow.ConnectionID(f.Text("connection")), AddOnTo: billing.SubscriptionID(pick.One(s.visit, f, pick.Subscription, "add_on_to")), Promotion: f.Text("promotion"), Unit: "monthly"}
	var given bool
	if sale.Quantity, given = f.Decimal("quantity"); !given {
		f.Wrong("quantity", "How many seats?")
	}
	sale.Price, sale.HasPrice = f.Decimal("price")
	if text := f.Text("term_months"); text != "" {
		months, err := strconv.Atoi(text)
		if err != nil {
			f.Wrong("term_months", text+" is no number of months.")
		}
		sale.TermMonths = months
	}
	return sale
}

func (s *selling) show() error {
	list, err := s.visit.Desk.ConnectionList(s.visit.R.Context())
	if err != nil {
		return err
	}
	s.connections = []part.Choice{{Text: "Nowhere: it is billed alone"}}
	for i := range list {
		s.connections = append(s.connections, part.Choice{Value: string(list[i].ID), Text: list[i].Name})
	}
	page := s.page("Sell a subscription")
	page.Crumbs = append(page.Crumbs, part.Link{Text: string(s.c.Contract.ID), Path: s.path()})
	return s.visit.Page(page, saleForm(s))
}

func (s *selling) wrong() string {
	if s.form.Sentence != "" {
		return s.form.Sentence
	}
	return s.form.First()
}

func terms() []part.Choice {
	return []part.Choice{{Value: "", Text: "None"}, {Value: "1", Text: "1 month"}, {Value: "12", Text: "1 year"}, {Value: "36", Text: "3 years"}}
}
