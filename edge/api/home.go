package api

import (
	"context"
	"time"

	"prorata/core/report"
	"prorata/flow/office"
)

// NextRuns are the billing runs to come.
type NextRuns struct {
	Due   int64     `json:"due" doc:"How many contracts are due today or before, and were not billed yet."`
	Since Day       `json:"since,omitempty" doc:"The earliest day on which one was."`
	Next  []NextRun `json:"next" nullable:"false" doc:"The days to come, soonest first."`
}

// NextRun is a day on which contracts come due.
type NextRun struct {
	On        Day   `json:"on" doc:"The day."`
	Contracts int64 `json:"contracts" doc:"How many."`
}

func nextRunsOf(r *office.Runs) NextRuns {
	return NextRuns{r.Due, dayOf(r.Since), each(r.Next, func(n *office.NextRun) NextRun { return NextRun{dayOf(n.On), n.Contracts} })}
}

func nextRuns(ctx context.Context, desk *office.Desk, in *struct {
	Days int `query:"days" minimum:"1" maximum:"1000" default:"50" doc:"How many days to give at most."`
}) (*struct{ Body NextRuns }, error) {
	runs, err := desk.NextRuns(ctx, in.Days)
	if err != nil {
		return nil, err
	}
	return &struct{ Body NextRuns }{nextRunsOf(&runs)}, nil
}

// Waiting is all that waits for a person.
type Waiting struct {
	Exceptions []WaitingKind    `json:"exceptions" nullable:"false" doc:"Open exceptions by kind, most first."`
	Windows    []ClosingWindow  `json:"windows" nullable:"false" doc:"What can be given back to providers for three days or less, soonest first."`
	Consents   []WaitingConsent `json:"consents" nullable:"false" doc:"Connections whose consent has ended or will soon."`
	Plan       int64            `json:"plan,omitempty" doc:"The newest billing plan; absent for none."`
	Unapproved int64            `json:"unapproved" doc:"How many invoices of it wait for approval."`
	Run        int64            `json:"run,omitempty" doc:"The last billing run; absent for none."`
	Unbilled   int64            `json:"unbilled" doc:"How many contracts it could not bill."`
}

// WaitingKind counts open exceptions of one kind.
type WaitingKind struct {
	Kind  string           `json:"kind" doc:"The kind."`
	Count int64            `json:"count" doc:"How many."`
	Worth []ProviderAmount `json:"worth" nullable:"false" doc:"The money in question, by currency, as far as it is known."`
}

// ClosingWindow is what can be given back to a provider for a short time still.
type ClosingWindow struct {
	Kind        string    `json:"kind" enum:"cancel,reduce" doc:"All of it, or some seats."`
	Until       time.Time `json:"until" doc:"The last instant."`
	Connection  string    `json:"connection" doc:"Where."`
	Account     string    `json:"account,omitempty" doc:"The account."`
	AccountName string    `json:"account_name,omitempty" doc:"Its name."`
	Holding     string    `json:"holding" doc:"The provider's id of the subscription."`
	SKU         string    `json:"sku" doc:"The product."`
	Quantity    Decimal   `json:"quantity" doc:"How many seats."`
	Missed      *Money    `json:"missed,omitempty" doc:"What it costs to miss it; absent where that is not known."`
}

// WaitingConsent is a connection that a person must consent to again.
type WaitingConsent struct {
	Connection string     `json:"connection" doc:"The connection."`
	Name       string     `json:"name" doc:"What people call it."`
	Lapsed     bool       `json:"lapsed" doc:"Whether the provider does not let us in any more."`
	Why        string     `json:"why,omitempty" doc:"Why it does not."`
	EndsAt     *time.Time `json:"ends_at,omitempty" doc:"When it will not, unless it is used before."`
}

func waitingOf(w *office.Waits) Waiting {
	shown := Waiting{Plan: w.Plan.ID, Unapproved: w.Unapproved, Run: w.LastRun.ID, Unbilled: w.Unbilled}
	shown.Exceptions = each(w.Exceptions, func(c *office.WaitingCount) WaitingKind {
		return WaitingKind{c.Kind, c.Count, each(c.Worth, func(of *office.Worth) ProviderAmount { return providerAmountOf(of.Amount, of.Currency) })}
	})
	shown.Windows = each(w.Windows, func(c *office.ClosingWindow) ClosingWindow {
		window := ClosingWindow{c.Kind, c.Until.UTC(), string(c.Connection), string(c.Account), c.Name, c.Holding, c.SKU, decimalOf(c.Quantity), nil}
		if c.CostKnown {
			window.Missed = someMoney(c.Missed)
		}
		return window
	})
	shown.Consents = each(w.Consents, func(c *office.Consent) WaitingConsent {
		return WaitingConsent{string(c.Connection), c.Name, c.Lapsed, c.Why, instantOf(c.Ends)}
	})
	return shown
}

func waiting(ctx context.Context, desk *office.Desk, _ *struct{}) (*struct{ Body Waiting }, error) {
	w, err := desk.Waiting(ctx)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Waiting }{waitingOf(&w)}, nil
}

// Home is what needs somebody now, the next runs, and the figures that matter; what the
// caller may not see is not in it.
type Home struct {
	Today       Day               `json:"today" doc:"The seller's day."`
	Waiting     Waiting           `json:"waiting" doc:"What waits for a person."`
	Runs        NextRuns          `json:"runs" doc:"The billing runs to come."`
	Revenue     *RecurringRevenue `json:"revenue,omitempty" doc:"Recurring revenue; absent for who may not see it."`
	Receivables []Owed            `json:"receivables" nullable:"false" doc:"What is owed, by currency and age."`
	Margins     []MarginRow       `json:"margins" nullable:"false" doc:"Margins by month and currency, oldest first."`
}

func home(ctx context.Context, desk *office.Desk, _ *struct{}) (*struct{ Body Home }, error) {
	h, err := desk.Home(ctx)
	if err != nil {
		return nil, err
	}
	shown := Home{Today: dayOf(h.Today), Waiting: waitingOf(&h.Waits), Runs: nextRunsOf(&h.Runs), Margins: each(h.Months, marginRowOf)}
	shown.Receivables = each(h.Owed, func(o *report.Owed) Owed { return owedOf(o, "") })
	if person := desk.Person(); person.May("RecurringRevenue") {
		revenue := recurringOf(&h.Revenue)
		shown.Revenue = &revenue
	}
	return &struct{ Body Home }{shown}, nil
}
