package api

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"prorata/flow"
	"prorata/flow/office"
	"prorata/flow/whatif"
)

// WhatIfAnswer is what a what-if comes to, both sides beside each other.
type WhatIfAnswer struct {
	From        Day                `json:"from" doc:"The first day that is looked at."`
	Until       Day                `json:"until" doc:"The day after the last."`
	CommittedOn Day                `json:"committed_on,omitempty" doc:"The day whose commitments are compared: the last on which something was changed."`
	Same        bool               `json:"same" doc:"Whether the changes make no difference at all."`
	Totals      []WhatIfRow        `json:"totals" nullable:"false" doc:"All of it, by currency."`
	ByMonth     []WhatIfRow        `json:"by_month" nullable:"false" doc:"The same by month."`
	ByCustomer  []WhatIfRow        `json:"by_customer" nullable:"false" doc:"The same by the account that lines are for."`
	ByProduct   []WhatIfRow        `json:"by_product" nullable:"false" doc:"The same by product."`
	Invoices    int                `json:"invoices" doc:"How many invoices either side has."`
	Cut         bool               `json:"cut" doc:"Whether there are more, which are not listed."`
	Commitments []WhatIfCommitment `json:"commitments" nullable:"false" doc:"What each customer is bound to, and what we are bound to for them."`
	NotBilled   []WhatIfNotBilled  `json:"not_billed" nullable:"false" doc:"The contracts that could not be billed."`
	Notes       []string           `json:"notes" nullable:"false" doc:"What a reader has to know beside the figures."`
}

// WhatIfRow is a sum of both sides in one currency.
type WhatIfRow struct {
	Month      Day       `json:"month,omitempty" doc:"The first day of the month, of rows by month."`
	Account    string    `json:"account,omitempty" doc:"The account, of rows by customer."`
	SKU        string    `json:"sku,omitempty" doc:"The product, of rows by product."`
	Name       string    `json:"name,omitempty" doc:"Its name."`
	Baseline   WhatIfSum `json:"baseline" doc:"As things stand."`
	Changed    WhatIfSum `json:"changed" doc:"With the changes."`
	Difference WhatIfSum `json:"difference" doc:"What the changes add."`
}

// WhatIfSum is money of one side.
type WhatIfSum struct {
	Net     Money `json:"net" doc:"What is invoiced before tax."`
	Tax     Money `json:"tax" doc:"The tax; nothing of a product."`
	Total   Money `json:"total" doc:"With tax; nothing of a product."`
	Cost    Money `json:"cost" doc:"What the provider asks for it, as far as it is known."`
	Margin  Money `json:"margin" doc:"What is left before tax."`
	Lines   int   `json:"lines" doc:"How many lines there are."`
	Unknown int   `json:"unknown" doc:"How many of them have no known cost."`
}

func whatIfSumOf(s *whatif.Sum) WhatIfSum {
	return WhatIfSum{moneyOf(s.Net), moneyOf(s.Tax), moneyOf(s.Total), moneyOf(s.Cost), moneyOf(s.Margin()), s.Lines, s.Unknown}
}

func whatIfRowOf(r *whatif.Row) WhatIfRow {
	difference := r.Difference()
	return WhatIfRow{dayOf(r.Month), string(r.Account), r.SKU, r.Name, whatIfSumOf(&r.Baseline), whatIfSumOf(&r.Changed), whatIfSumOf(&difference)}
}

// WhatIfCommitment is what one customer is bound to on both sides.
type WhatIfCommitment struct {
	Account  string      `json:"account" doc:"The account."`
	Name     string      `json:"name,omitempty" doc:"Its name."`
	Baseline WhatIfBound `json:"baseline" doc:"As things stand."`
	Changed  WhatIfBound `json:"changed" doc:"With the changes."`
}

// WhatIfBound is money that somebody is bound to pay.
type WhatIfBound struct {
	Customer      *Money `json:"customer,omitempty" doc:"What the customer is bound to pay us for days to come, before tax."`
	Provider      *Money `json:"provider,omitempty" doc:"What we are bound to pay providers."`
	Uncovered     *Money `json:"uncovered,omitempty" doc:"The part of it that no customer is bound to."`
	Unknown       int    `json:"unknown" doc:"Of how many holdings the cost is not known."`
	CustomerUntil Day    `json:"customer_until,omitempty" doc:"The first day on which the customer is free."`
	ProviderUntil Day    `json:"provider_until,omitempty" doc:"The first day on which we are free."`
}

func whatIfBoundOf(b *whatif.Bound) WhatIfBound {
	return WhatIfBound{someMoney(b.Customer), someMoney(b.Provider), someMoney(b.Uncovered), b.Unknown, dayOf(b.CustomerUntil), dayOf(b.ProviderUntil)}
}

// WhatIfNotBilled is a contract that could not be billed on one side.
type WhatIfNotBilled struct {
	Side     string `json:"side" enum:"baseline,changed" doc:"Which side."`
	Contract string `json:"contract" doc:"The contract."`
	Sentence string `json:"sentence" doc:"Why."`
}

func whatIfAnswerOf(a *whatif.Answer) WhatIfAnswer {
	shown := WhatIfAnswer{From: dayOf(a.From), Until: dayOf(a.Until), CommittedOn: dayOf(a.CommittedOn), Same: a.Same(), Totals: each(a.Totals, whatIfRowOf), ByMonth: each(a.ByMonth, whatIfRowOf),
		ByCustomer: each(a.ByCustomer, whatIfRowOf), ByProduct: each(a.ByProduct, whatIfRowOf), Invoices: len(a.Invoices), Cut: a.Cut, Notes: words(a.Notes)}
	shown.Commitments = each(a.Commitments, func(c *whatif.Commitment) WhatIfCommitment {
		return WhatIfCommitment{string(c.Account), c.Name, whatIfBoundOf(&c.Baseline), whatIfBoundOf(&c.Changed)}
	})
	shown.NotBilled = each(a.NotBilled, func(n *whatif.NotBilled) WhatIfNotBilled {
		return WhatIfNotBilled{map[bool]string{false: "baseline", true: "changed"}[n.Changed], string(n.Contract), n.Sentence}
	})
	return shown
}

// asked answers a what-if; where a change cannot be made, it is named, and where its fault stood if
// the changes are those of the request.
func asked(ctx context.Context, desk *office.Desk, w *whatif.Question, sent []WhatIfChanged) (*whatif.Answer, error) {
	answer, err := desk.WhatIfRun(ctx, w)
	var refused *whatif.Refused
	if err == nil || !errors.As(err, &refused) {
		return answer, err
	}
	fault := office.FaultOf(refused.Err)
	if fault.Kind == office.FaultOurs {
		return nil, err
	}
	if refused.Change < len(sent) {
		fault.Field = sent[refused.Change].field(refused.Change, fault.Field)
	} else {
		fault.Field = ""
	}
	fault.Sentence = fmt.Sprintf("Change %d, on %s: %s", refused.Change+1, refused.On, fault.Sentence)
	return nil, problemOf(fault)
}

// askedAgain answers a saved one.
func askedAgain(ctx context.Context, desk *office.Desk, id int64) (*whatif.Answer, error) {
	kept, err := desk.WhatIfGet(ctx, id)
	if err != nil {
		return nil, err
	}
	return asked(ctx, desk, &kept.Question, nil)
}

func whatIfRun(ctx context.Context, desk *office.Desk, in *ByNumber) (*struct{ Body WhatIfAnswer }, error) {
	answer, err := askedAgain(ctx, desk, in.ID)
	if err != nil {
		return nil, err
	}
	return &struct{ Body WhatIfAnswer }{whatIfAnswerOf(answer)}, nil
}

func whatIfTry(ctx context.Context, desk *office.Desk, in *struct{ Body WhatIfDraft }) (*struct{ Body WhatIfAnswer }, error) {
	w, err := in.Body.whatIf()
	if err != nil {
		return nil, err
	}
	answer, err := asked(ctx, desk, &w, in.Body.Changes)
	if err != nil {
		return nil, err
	}
	return &struct{ Body WhatIfAnswer }{whatIfAnswerOf(answer)}, nil
}

// WhatIfInvoice is an invoice of either side; they are no documents, and their numbers
// are not those that they would get.
type WhatIfInvoice struct {
	No         int    `json:"no" doc:"Its place in the answer, from 1."`
	Date       Day    `json:"date" doc:"Its day."`
	Payer      string `json:"payer" doc:"The account that it is addressed to."`
	Name       string `json:"name,omitempty" doc:"Its name."`
	Contract   string `json:"contract,omitempty" doc:"The contract; absent on a consolidated invoice."`
	Baseline   Money  `json:"baseline" doc:"Before tax, as things stand."`
	Changed    Money  `json:"changed" doc:"Before tax, with the changes."`
	Difference Money  `json:"difference" doc:"What the changes add."`
}

func whatIfInvoiceOf(i *whatif.Invoice, no int) WhatIfInvoice {
	baseline, changed, difference := i.Net()
	return WhatIfInvoice{no, dayOf(i.Date), string(i.Payer), i.Name, string(i.Contract), moneyOf(baseline), moneyOf(changed), moneyOf(difference)}
}

func whatIfInvoices(ctx context.Context, desk *office.Desk, in *struct {
	ByNumber
	Paging
}) (*listed[WhatIfInvoice], error) {
	list := "what-if/" + strconv.FormatInt(in.ID, 10)
	after, err := begin[int](list, in.After)
	if err != nil {
		return nil, err
	}
	answer, err := askedAgain(ctx, desk, in.ID)
	if err != nil {
		return nil, err
	}
	after = max(0, min(after, len(answer.Invoices)))
	rows := answer.Invoices[after:min(len(answer.Invoices), after+in.Limit)]
	var next *int
	if end := after + len(rows); end < len(answer.Invoices) {
		next = &end
	}
	page := pageBefore(list, rows, next, func(i *whatif.Invoice) WhatIfInvoice { return whatIfInvoiceOf(i, 0) })
	for i := range page.Body.Items {
		page.Body.Items[i].No = after + i + 1
	}
	return page, nil
}

// WhatIfInvoiceDetail is an invoice of an answer with the lines of both sides.
type WhatIfInvoiceDetail struct {
	WhatIfInvoice
	BaselineLines []InvoiceLine `json:"baseline_lines" nullable:"false" doc:"What is billed as things stand."`
	ChangedLines  []InvoiceLine `json:"changed_lines" nullable:"false" doc:"What is billed with the changes."`
}

func whatIfInvoice(ctx context.Context, desk *office.Desk, in *struct {
	ByNumber
	No int `path:"no" minimum:"1" doc:"Its place in the answer."`
}) (*struct{ Body WhatIfInvoiceDetail }, error) {
	answer, err := askedAgain(ctx, desk, in.ID)
	if err != nil {
		return nil, err
	}
	if in.No > len(answer.Invoices) {
		return nil, fmt.Errorf("invoice %d of this answer: %w", in.No, flow.ErrUnknown)
	}
	one := &answer.Invoices[in.No-1]
	return &struct{ Body WhatIfInvoiceDetail }{WhatIfInvoiceDetail{whatIfInvoiceOf(one, in.No), linesOf(one.Baseline, staffAt(desk)), linesOf(one.Changed, staffAt(desk))}}, nil
}
