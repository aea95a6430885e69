// Package contract shows contracts: the list, one with its terms and subscriptions, and
// the forms that add one and sell under it.
//
//	contract.go   one contract;   list.go   all of them
//	words.go      terms as people say them
//	edit.go       adding, and changing before the first invoice;   sale.go   a new subscription
package contract

import (
	"net/url"

	"prorata/core/billing"
	"prorata/edge/web/account"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow/office"
)

// Path is the list.
const Path = "/contracts"

// PathOf is the page of one contract.
func PathOf(id billing.ContractID) string { return Path + "/" + url.PathEscape(string(id)) }

// shown is one contract on its page.
type shown struct {
	visit *visit.Visit
	c     office.ContractDetail
}

// Show is the page of one contract.
func Show(v *visit.Visit) error {
	s, err := read(v)
	if err != nil {
		return err
	}
	return v.Page(s.page(string(s.c.Contract.ID)), document(s))
}

func read(v *visit.Visit) (*shown, error) {
	detail, err := v.Desk.ContractGet(v.R.Context(), billing.ContractID(v.R.PathValue("id")))
	return &shown{v, detail}, err
}

func (s *shown) page(title string) part.Page {
	page := part.Page{Title: title, Section: account.Path, Crumbs: []part.Link{{Text: "Contracts", Path: Path}, {Text: s.c.Account.Name, Path: account.PathOf(s.c.Account.ID)}}}
	end, today := s.c.Contract.End, s.visit.Desk.Today()
	switch {
	case s.c.Held:
		page.State = part.Pill{Text: "credit hold", Tone: part.Warn}
	case !end.IsZero() && !end.After(today):
		page.State = part.Pill{Text: "ended", Tone: part.Plain}
	case s.c.Contract.Start.After(today):
		page.State = part.Pill{Text: "starts " + part.Day(s.c.Contract.Start), Tone: part.Plain}
	default:
		page.State = part.Pill{Text: "running", Tone: part.Good}
	}
	return page
}

func (s *shown) path() string { return PathOf(s.c.Contract.ID) }

func (s *shown) figures() []part.Figure {
	c := &s.c.Contract
	figures := []part.Figure{
		{Name: "Billed", Value: "every " + every(c.Frequency.Months), Beside: timing(c.Timing)},
		{Name: "Currency", Value: c.Currency.String()},
		{Name: "Subscriptions", Value: s.visit.Locale.Count(int64(len(s.c.Subscriptions)))},
		{Name: "Next invoice", Value: part.Day(s.c.NextOn)},
	}
	if !s.c.ThroughOn.IsZero() {
		figures = append(figures, part.Figure{Name: "Billed through", Value: part.Day(s.c.ThroughOn), Path: "/invoices?contract=" + url.QueryEscape(string(c.ID))})
	}
	return figures
}

func (s *shown) primary() *part.Action {
	if !s.visit.May("SubscriptionAdd") {
		return nil
	}
	return &part.Action{Text: "Sell a subscription", Path: s.path() + "/sale"}
}

func (s *shown) more() (more []part.Action) {
	if s.visit.May("ContractPut") && !s.c.Billed {
		more = append(more, part.Action{Text: "Edit the terms", Path: s.path() + "/edit"})
	}
	return more
}

// facts are the terms, in words.
func (s *shown) facts() []part.Fact {
	c, l := &s.c.Contract, s.visit.Locale
	facts := []part.Fact{
		{Name: "Customer", Value: s.c.Account.Name, Path: account.PathOf(s.c.Account.ID)},
		{Name: "Bills go to", Value: s.c.Payer.Name, Path: account.PathOf(s.c.Payer.ID)},
		{Name: "Runs", Value: runs(c.Start, c.End)},
		{Name: "Schedule", Value: schedule(c)},
		{Name: "Invoice dates", Value: offset(c)},
		{Name: "Changes", Value: changes(c.Changes)},
		{Name: "Given back", Value: refunds(c.Refunds)},
		{Name: "Fewer seats", Value: reductions(c.Reductions)},
		{Name: "Part of a period", Value: proration(c.Proration)},
		{Name: "Suspended", Value: map[bool]string{true: "is not billed", false: "is billed"}[c.SuspendedFree]},
		{Name: "Exchange rate", Value: rate(c.RatePolicy)},
		{Name: "Purchase order", Value: c.PurchaseOrder},
	}
	if !c.Discount.Percent.IsZero() {
		text := l.Quantity(c.Discount.Percent) + " %"
		if c.Discount.Initial {
			text += " on the seats that a term opens with"
		}
		facts = append(facts, part.Fact{Name: "Discount", Value: text})
	}
	return facts
}
