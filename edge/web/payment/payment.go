// Package payment shows what was paid on an invoice, and takes down by hand that it was.
package payment

import (
	"prorata/core/money"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// shown is the payments of one invoice.
type shown struct {
	visit  *visit.Visit
	number string
	open   money.Amount
	list   []flow.Payment
}

// List is the page of an invoice's payments, with a form for the next.
func List(v *visit.Visit) error {
	s, err := read(v)
	if err != nil {
		return err
	}
	return s.answer(v.Form())
}

func read(v *visit.Visit) (s *shown, err error) {
	s = &shown{visit: v, number: v.R.PathValue("number")}
	if s.open, err = v.Desk.InvoiceOpen(v.R.Context(), s.number); err != nil {
		return nil, err
	}
	s.list, err = v.Desk.PaymentList(v.R.Context(), office.PaymentQuery{Number: s.number})
	return s, err
}

func (s *shown) invoice() string { return "/invoices/" + s.number }

func (s *shown) path() string { return s.invoice() + "/payments" }

func (s *shown) answer(f *visit.Form) error {
	page := part.Page{Title: "Payments", Section: "/invoices", Crumbs: []part.Link{{Text: "Invoices", Path: "/invoices"}, {Text: s.number, Path: s.invoice()}}}
	return s.visit.Page(page, payments(s, f))
}

// takes says whether the reader may record a payment, and something is open.
func (s *shown) takes() bool { return s.visit.May("PaymentRecord") && !s.open.IsZero() }

// Record takes a payment down.
func Record(v *visit.Visit) error {
	f := v.Form()
	on := f.Day("on")
	amount, _ := f.Decimal("amount")
	s, err := read(v)
	if err != nil {
		return err
	}
	if !f.OK() {
		return s.answer(f)
	}
	p, err := v.Desk.PaymentRecord(v.R.Context(), s.number, on, amount, f.Text("reference"))
	if err != nil {
		if f.Take(err) {
			return s.answer(f)
		}
		return err
	}
	return v.Done(s.path(), v.Locale.Amount(p.Amount)+" "+p.Amount.Currency().String()+" are recorded as paid on "+part.Day(p.On)+".")
}
