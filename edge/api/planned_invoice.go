package api

import (
	"context"
	"strconv"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
)

// PlannedInvoice is one row of a plan.
type PlannedInvoice struct {
	No        int64    `json:"no" doc:"Its place in the plan, from 1."`
	Group     string   `json:"group" doc:"What is invoiced together: contract: and the id of a contract, or payer: and the id of a payer whose invoices are consolidated. A hold names it." example:"contract:c1"`
	Payer     string   `json:"payer" doc:"Who it is addressed to."`
	PayerName string   `json:"payer_name" doc:"Their name."`
	Contract  string   `json:"contract,omitempty" doc:"The contract; absent where it is consolidated."`
	Date      Day      `json:"date,omitempty" doc:"The day of the invoice; absent where there is none."`
	Currency  string   `json:"currency,omitempty" doc:"ISO 4217; absent where there is no invoice."`
	Net       *Money   `json:"net,omitempty" doc:"Before tax; absent where there is no invoice."`
	Total     *Money   `json:"total,omitempty" doc:"With tax; absent where there is no invoice."`
	LastNet   *Money   `json:"last_net,omitempty" doc:"The same, last time; absent where there was none."`
	Flags     []string `json:"flags" nullable:"false" doc:"Why it is worth a look: exception, missing, negative, zero, first, unusual."`
	Code      string   `json:"code,omitempty" doc:"Why it cannot be billed or is missing, as a code."`
	Sentence  string   `json:"sentence,omitempty" doc:"The same as a sentence."`
	Approved  bool     `json:"approved" doc:"Whether it is approved."`
	Held      string   `json:"held,omitempty" doc:"Why it is held back; absent where it is not."`
	Run       int64    `json:"run,omitempty" doc:"The run that issued it; absent for none."`
}

func plannedOf(p *flow.PlannedInvoice) PlannedInvoice {
	shown := PlannedInvoice{No: p.No, Group: p.Group, Payer: string(p.Payer), PayerName: p.PayerName, Contract: string(p.Contract), Date: dayOf(p.Date), Flags: []string{}, Code: p.Code, Sentence: p.Sentence,
		Approved: p.Approved, Held: p.Hold.Reason, Run: p.Run}
	if !p.Net.Currency().IsZero() && p.Lines > 0 {
		net, total := moneyOf(p.Net), moneyOf(p.Total)
		shown.Currency, shown.Net, shown.Total = p.Currency.String(), &net, &total
	}
	if p.Compared && !p.LastNet.Currency().IsZero() {
		last := moneyOf(p.LastNet)
		shown.LastNet = &last
	}
	for _, flag := range flow.PlanFlags() {
		if p.Has(flag) {
			shown.Flags = append(shown.Flags, flag.String())
		}
	}
	return shown
}

// PlannedAsked narrows the rows of a plan.
type PlannedAsked struct {
	Flag     string `query:"flag" enum:"any,exception,missing,negative,zero,first,unusual" doc:"Only what is worth a look for this; any is all of these but first."`
	State    string `query:"state" enum:"approved,open,held,issued,left" doc:"Only what is this."`
	Currency string `query:"currency" pattern:"^[A-Z]{3}$" doc:"Only in this currency."`
	Text     string `query:"text" maxLength:"200" doc:"A part of the payer's name or id, or of the contract's id."`
}

func (in *PlannedAsked) filter(plan int64) flow.PlannedFilter {
	return flow.PlannedFilter{Plan: plan, Flags: planFlags(in.Flag), State: in.State, Currency: in.Currency, Text: in.Text}
}

func planFlags(word string) (flags flow.PlanFlag) {
	for _, flag := range flow.PlanFlags() {
		if flag.String() == word || word == "any" && flag != flow.FlagFirst {
			flags |= flag
		}
	}
	return flags
}

func plannedList(ctx context.Context, desk *office.Desk, in *struct {
	ByNumber
	Paging
	PlannedAsked
	Sort string `query:"sort" enum:"plan,size" doc:"The order: that of the plan, or the largest first."`
}) (*listed[PlannedInvoice], error) {
	list := "planned/" + in.Sort + "/" + strconv.FormatInt(in.ID, 10)
	after, err := begin[int64](list, in.After)
	if err != nil {
		return nil, err
	}
	filter := in.filter(in.ID)
	filter.BySize, filter.After, filter.Most = in.Sort == "size", after, in.Limit
	page, err := desk.PlannedInvoiceList(ctx, filter)
	if err != nil {
		return nil, err
	}
	var next *int64
	if page.More && len(page.Rows) > 0 {
		next = &page.Rows[len(page.Rows)-1].No
	}
	return pageBefore(list, page.Rows, next, plannedOf), nil
}

func plannedTotals(ctx context.Context, desk *office.Desk, in *struct {
	ByNumber
	PlannedAsked
}) (*listed[PlanTotal], error) {
	filter := in.filter(in.ID)
	filter.Most = 1
	page, err := desk.PlannedInvoiceList(ctx, filter)
	if err != nil {
		return nil, err
	}
	return pageBefore[flow.PlannedTotal, PlanTotal, string]("planned totals", page.Totals, nil, planTotalOf), nil
}

// PlannedInvoiceDetail is a row of a plan with the invoices of its group as they would be now.
type PlannedInvoiceDetail struct {
	PlannedInvoice
	Changed  bool           `json:"changed" doc:"Whether they are not what the plan has any more."`
	Invoices []PlannedDraft `json:"invoices" nullable:"false" doc:"What would be issued now; nothing once it was issued."`
	Failed   []RunFailure   `json:"failed" nullable:"false" doc:"Why it cannot be billed."`
}

// PlannedDraft is an invoice as it would be issued; it has no number yet.
type PlannedDraft struct {
	Date     Day           `json:"date" doc:"The day of the invoice."`
	Payer    string        `json:"payer" doc:"Who it is addressed to."`
	Contract string        `json:"contract,omitempty" doc:"The contract; absent where it is consolidated."`
	Net      Money         `json:"net" doc:"Before tax."`
	Tax      Money         `json:"tax" doc:"The tax."`
	Total    Money         `json:"total" doc:"Net and tax."`
	Lines    []InvoiceLine `json:"lines" nullable:"false" doc:"What is billed, in the order of the document."`
}

func plannedGet(ctx context.Context, desk *office.Desk, in *struct {
	ByNumber
	No int64 `path:"no" minimum:"1" doc:"Its place in the plan."`
}) (*struct{ Body PlannedInvoiceDetail }, error) {
	view, err := desk.PlannedInvoiceGet(ctx, in.ID, in.No)
	if err != nil {
		return nil, err
	}
	shown := PlannedInvoiceDetail{PlannedInvoice: plannedOf(&view.PlannedInvoice), Changed: view.Changed}
	shown.Invoices = each(view.Invoices, func(i *flow.Issued) PlannedDraft {
		return PlannedDraft{dayOf(i.Date), string(i.Payer), string(i.Contract), moneyOf(i.Net), moneyOf(i.Tax), moneyOf(i.Total), linesOf(i, staffAt(desk))}
	})
	shown.Failed = each(view.Failed, func(f *flow.RunException) RunFailure { return RunFailure{string(f.Contract), f.Code, f.Sentence} })
	return &struct{ Body PlannedInvoiceDetail }{shown}, nil
}

// linesOf shows the lines of an invoice; none where there is none.
func linesOf(i *flow.Issued, staff bool) []InvoiceLine {
	if i == nil {
		return []InvoiceLine{}
	}
	return each(i.Lines, func(l *billing.InvoiceLine) InvoiceLine { return lineOf(l, staff) })
}

// Approval approves invoices of a plan, or takes that back: those that are named, and else all
// that the rest narrows to.
type Approval struct {
	Approved bool    `json:"approved" doc:"Whether they are approved from now on."`
	Nos      []int64 `json:"nos,omitempty" nullable:"false" maxItems:"1000" doc:"The invoices' places in the plan."`
	Flag     string  `json:"flag,omitempty" enum:"any,exception,missing,negative,zero,first,unusual" doc:"Only what is worth a look for this; any is all of these but first."`
	State    string  `json:"state,omitempty" enum:"approved,open,held,issued,left" doc:"Only what is this."`
	Currency string  `json:"currency,omitempty" pattern:"^[A-Z]{3}$" doc:"Only in this currency."`
	Text     string  `json:"text,omitempty" maxLength:"200" doc:"Only with this as a part of the payer's name or id, or of the contract's id."`
}

// Count says how many.
type Count struct {
	Count int64 `json:"count" doc:"How many it concerned."`
}

func plannedApprove(ctx context.Context, desk *office.Desk, in *struct {
	ByNumber
	Body Approval
}) (*struct{ Body Count }, error) {
	of := PlannedAsked{in.Body.Flag, in.Body.State, in.Body.Currency, in.Body.Text}
	filter := of.filter(in.ID)
	filter.Nos = in.Body.Nos
	count, err := desk.PlannedInvoiceApprove(ctx, filter, in.Body.Approved)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Count }{Count{count}}, nil
}
