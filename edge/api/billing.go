package api

import (
	"context"
	"strconv"
	"time"

	"prorata/core/calendar"
	"prorata/flow"
	"prorata/flow/office"
)

// Plan is what a billing run through a day would issue.
type Plan struct {
	ID         int64      `json:"id" doc:"Its number."`
	Through    Day        `json:"through" doc:"The day through which it bills."`
	State      string     `json:"state" enum:"working,ready,failed,lost" doc:"How far it is; it can be approved once it is ready."`
	AskedAt    time.Time  `json:"asked_at" doc:"When it was asked for."`
	EndedAt    *time.Time `json:"ended_at,omitempty" doc:"When it was worked out; absent while it is worked on."`
	Who        string     `json:"who" doc:"Who asked for it."`
	Contracts  int64      `json:"contracts" doc:"How many contracts were gone through."`
	Invoices   int64      `json:"invoices" doc:"How many invoices it has."`
	Lines      int64      `json:"lines" doc:"How many lines they have."`
	Missing    int64      `json:"missing" doc:"How many were billed last time and are not this time."`
	Exceptions int64      `json:"exceptions" doc:"How many cannot be billed."`
	Run        int64      `json:"run,omitempty" doc:"The latest run that billed of it; absent for none."`
}

func planOf(p *flow.BillingPlan) Plan {
	return Plan{p.ID, dayOf(p.Through), p.State, p.AskedAt.UTC(), instantOf(p.EndedAt), p.Who, p.Contracts, p.Invoices, p.Lines, p.Missing, p.Exceptions, p.Run}
}

// PlanDetail is a plan with its totals.
type PlanDetail struct {
	Plan
	Moved  bool        `json:"moved" doc:"Whether something of the book changed since."`
	Totals []PlanTotal `json:"totals" nullable:"false" doc:"Its totals, by currency."`
	Flags  []PlanFlag  `json:"flags" nullable:"false" doc:"What of it is worth a look, the gravest first."`
}

// PlanFlag counts the rows of a plan that are worth a look for one reason.
type PlanFlag struct {
	Flag  string `json:"flag" enum:"exception,missing,negative,zero,first,unusual" doc:"Why."`
	Count int64  `json:"count" doc:"How many rows."`
}

// PlanTotal adds up a plan in one currency.
type PlanTotal struct {
	Count         int64 `json:"count" doc:"How many invoices."`
	Net           Money `json:"net" doc:"Before tax."`
	Tax           Money `json:"tax" doc:"The tax."`
	Total         Money `json:"total" doc:"Net and tax."`
	Approved      int64 `json:"approved" doc:"How many of them are approved and not issued yet."`
	ApprovedTotal Money `json:"approved_total" doc:"What those come to."`
	LastNet       Money `json:"last_net" doc:"What the same groups were billed last time, before tax."`
}

func planTotalOf(t *flow.PlannedTotal) PlanTotal {
	return PlanTotal{t.Count, moneyOf(t.Net), moneyOf(t.Tax), moneyOf(t.Total), t.Approved, moneyOf(t.ApprovedTotal), moneyOf(t.LastNet)}
}

// ByNumber names a plan or a run.
type ByNumber struct {
	ID int64 `path:"id" minimum:"1" doc:"Its number."`
}

func planList(ctx context.Context, desk *office.Desk, in *struct{ Paging }) (*listed[Plan], error) {
	before, err := begin[int64]("plans", in.After)
	if err != nil {
		return nil, err
	}
	list, err := desk.BillingPlanList(ctx, before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return pageOf("plans", in.Limit, list, planOf, func(p *flow.BillingPlan) int64 { return p.ID }), nil
}

func planGet(ctx context.Context, desk *office.Desk, in *ByNumber) (*struct{ Body PlanDetail }, error) {
	view, err := desk.BillingPlanGet(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	shown := PlanDetail{Plan: planOf(&view.BillingPlan), Moved: view.Moved, Totals: each(view.Totals, planTotalOf), Flags: []PlanFlag{}}
	for _, flag := range flow.PlanFlags() {
		if count := view.Flags[flag]; count > 0 {
			shown.Flags = append(shown.Flags, PlanFlag{flag.String(), count})
		}
	}
	return &struct{ Body PlanDetail }{shown}, nil
}

func planMake(ctx context.Context, desk *office.Desk, in *struct {
	Body struct {
		Through Day `json:"through" doc:"The day through which it bills; a day to come can be planned."`
	}
}) (*created[Plan], error) {
	through, err := in.Body.Through.date("through")
	if err != nil {
		return nil, err
	}
	plan, err := desk.BillingPlanMake(ctx, through)
	if err != nil {
		return nil, err
	}
	return &created[Plan]{"/v1/billing-plans/" + strconv.FormatInt(plan.ID, 10), planOf(&plan)}, nil
}

// Run is a billing run.
type Run struct {
	ID         int64      `json:"id" doc:"Its number."`
	Plan       int64      `json:"plan,omitempty" doc:"The plan of which it bills what was approved; absent where it bills all that is due."`
	Through    Day        `json:"through" doc:"The day through which it bills."`
	State      string     `json:"state" enum:"running,done,failed,lost" doc:"How far it is."`
	StartedAt  time.Time  `json:"started_at" doc:"When it began."`
	EndedAt    *time.Time `json:"ended_at,omitempty" doc:"When it ended; absent while it runs."`
	Who        string     `json:"who" doc:"Who started it."`
	Contracts  int64      `json:"contracts" doc:"How many contracts were gone through so far."`
	Invoices   int64      `json:"invoices" doc:"How many invoices were issued so far."`
	Expected   int64      `json:"expected,omitempty" doc:"How many were approved; absent where that was not counted."`
	Lines      int64      `json:"lines" doc:"How many lines they have."`
	Exceptions int64      `json:"exceptions" doc:"How many contracts could not be billed."`
}

func runOf(r *flow.Run) Run {
	return Run{r.ID, r.Plan, dayOf(r.Through), r.State, r.StartedAt.UTC(), instantOf(r.EndedAt), r.Who, r.Contracts, r.Invoices, r.Expected, r.Lines, r.Exceptions}
}

// RunDetail is a run with what it could not bill.
type RunDetail struct {
	Run
	Failed []RunFailure `json:"failed" nullable:"false" doc:"The contracts that could not be billed, and why."`
	Left   []RunFailure `json:"left" nullable:"false" doc:"What was approved and stays due all the same, and why."`
}

// RunFailure is something that a run did not bill.
type RunFailure struct {
	What     string `json:"what" doc:"The contract, or the group of contracts that are invoiced together."`
	Code     string `json:"code" doc:"Why, as a code."`
	Sentence string `json:"sentence" doc:"The same as a sentence."`
}

func runList(ctx context.Context, desk *office.Desk, in *struct{ Paging }) (*listed[Run], error) {
	before, err := begin[int64]("runs", in.After)
	if err != nil {
		return nil, err
	}
	list, err := desk.BillingRunList(ctx, before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return pageOf("runs", in.Limit, list, runOf, func(r *flow.Run) int64 { return r.ID }), nil
}

func runGet(ctx context.Context, desk *office.Desk, in *ByNumber) (*struct{ Body RunDetail }, error) {
	view, err := desk.BillingRunGet(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	shown := RunDetail{Run: runOf(&view.Run), Failed: []RunFailure{}, Left: []RunFailure{}}
	for _, f := range view.Failed {
		shown.Failed = append(shown.Failed, RunFailure{string(f.Contract), f.Code, f.Sentence})
	}
	for _, l := range view.Left {
		shown.Left = append(shown.Left, RunFailure{l.Group, l.Code, l.Sentence})
	}
	return &struct{ Body RunDetail }{shown}, nil
}

func runStart(ctx context.Context, desk *office.Desk, in *struct {
	Body struct {
		Plan int64 `json:"plan" minimum:"1" doc:"The plan of which what was approved is billed."`
	}
}) (*created[Run], error) {
	run, err := desk.BillingRunStart(ctx, in.Body.Plan)
	if err != nil {
		return nil, err
	}
	return &created[Run]{"/v1/billing-runs/" + strconv.FormatInt(run.ID, 10), runOf(&run)}, nil
}

// Hold keeps what is invoiced together from being billed.
type Hold struct {
	Group  string    `json:"group" doc:"What is invoiced together: contract: and the id of a contract, or payer: and the id of a payer whose invoices are consolidated." example:"contract:c1"`
	At     time.Time `json:"at" doc:"Since when."`
	Who    string    `json:"who" doc:"Whose decision it was."`
	Reason string    `json:"reason" doc:"Why."`
}

func holdList(ctx context.Context, desk *office.Desk, _ *struct{}) (*listed[Hold], error) {
	list, err := desk.BillingHoldList(ctx)
	if err != nil {
		return nil, err
	}
	return pageBefore[flow.BillingHold, Hold, string]("holds", list, nil, func(h *flow.BillingHold) Hold { return Hold{h.Group, h.At.UTC(), h.Who, h.Reason} }), nil
}

// GroupNamed is asked of what is invoiced together.
type GroupNamed struct {
	Group string `path:"group" maxLength:"200" doc:"What is invoiced together: contract: and the id of a contract, or payer: and the id of a payer whose invoices are consolidated." example:"contract:c1"`
}

func holdPut(ctx context.Context, desk *office.Desk, in *struct {
	GroupNamed
	Body Reason
}) (*struct{}, error) {
	return nil, desk.BillingHoldPut(ctx, in.Group, in.Body.Reason)
}

func holdEnd(ctx context.Context, desk *office.Desk, in *GroupNamed) (*struct{}, error) {
	return nil, desk.BillingHoldEnd(ctx, in.Group)
}

// Payment notes that an invoice was paid, whole or in part.
type Payment struct {
	ID        int64     `json:"id" doc:"Its number."`
	Invoice   string    `json:"invoice" doc:"The invoice's printed number."`
	Payer     string    `json:"payer" doc:"Who owed it."`
	On        Day       `json:"on" doc:"The day on which the money was there."`
	Amount    Money     `json:"amount" doc:"What was paid; what is paid back on a credit note is negative."`
	Reference string    `json:"reference" doc:"What the bank says of it."`
	At        time.Time `json:"at" doc:"When it was noted."`
}

func paymentOf(p *flow.Payment) Payment {
	return Payment{p.ID, p.Number, string(p.Payer), dayOf(p.On), moneyOf(p.Amount), p.Reference, p.At.UTC()}
}

type paymentsAsked struct {
	Paging
	Invoice string `query:"invoice" maxLength:"200" doc:"Only of this invoice, by its printed number."`
	Payer   string `query:"payer" maxLength:"100" doc:"Only of this payer."`
	From    Day    `query:"from" doc:"Only on or after this day."`
	To      Day    `query:"to" doc:"Only on or before this day."`
}

func paymentList(ctx context.Context, desk *office.Desk, in *paymentsAsked) (*listed[Payment], error) {
	before, err := begin[int64]("payments", in.After)
	if err != nil {
		return nil, err
	}
	from, to, err := days(in.From, in.To)
	if err != nil {
		return nil, err
	}
	list, err := desk.PaymentList(ctx, office.PaymentQuery{Number: in.Invoice, Payer: accountID(in.Payer), From: from, To: to, Before: before, Most: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return pageOf("payments", in.Limit, list, paymentOf, func(p *flow.Payment) int64 { return p.ID }), nil
}

// days reads the first and the last day of a filter.
func days(from, to Day) (first, last calendar.Date, err error) {
	if first, err = from.date("from"); err != nil {
		return first, last, err
	}
	last, err = to.date("to")
	return first, last, err
}

func paymentRecord(ctx context.Context, desk *office.Desk, in *struct {
	InvoiceNamed
	Body struct {
		On        Day     `json:"on" doc:"The day on which the money was there."`
		Amount    Decimal `json:"amount" doc:"What was paid, in the invoice's currency; negative where it went back on a credit note." example:"261.80"`
		Reference string  `json:"reference,omitempty" maxLength:"200" doc:"What the bank says of it."`
	}
}) (*created[Payment], error) {
	on, err := in.Body.On.date("on")
	if err != nil {
		return nil, err
	}
	amount, err := in.Body.Amount.decimal("amount")
	if err != nil {
		return nil, err
	}
	payment, err := desk.PaymentRecord(ctx, in.Number, on, amount, in.Body.Reference)
	if err != nil {
		return nil, err
	}
	return &created[Payment]{"/v1/payments?invoice=" + in.Number, paymentOf(&payment)}, nil
}
