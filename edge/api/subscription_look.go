package api

import (
	"cmp"
	"context"
	"fmt"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
)

func subscriptionLog(ctx context.Context, desk *office.Desk, in *struct {
	SubscriptionNamed
	Paging
}) (*listed[LogEntry], error) {
	entries, err := desk.SubscriptionLog(ctx, billing.SubscriptionID(in.ID))
	if err != nil {
		return nil, err
	}
	return pageWithin("log/"+in.ID, in.Paging, entries, func(e *flow.LogEntry) int64 { return e.Seq }, cmp.Compare[int64], logEntryOf)
}

// SubscriptionHeld is what a provider says of a subscription, and what is on its way there.
type SubscriptionHeld struct {
	Connection string       `json:"connection" doc:"Where it is held, or was ordered."`
	Holding    string       `json:"holding,omitempty" doc:"The provider's id of it; absent where it was ordered and is not there yet."`
	Seen       *Holding     `json:"seen,omitempty" doc:"The holding as it was last seen; absent where it never was."`
	Open       []HeldChange `json:"open" nullable:"false" doc:"The changes of it that are not done, oldest first."`
}

// HeldChange is a change of a subscription on its way to its provider.
type HeldChange struct {
	ID int64 `json:"id" doc:"The provision's number."`
	ProvisionProgress
}

func subscriptionHeld(ctx context.Context, desk *office.Desk, in *SubscriptionNamed) (*struct{ Body SubscriptionHeld }, error) {
	id := billing.SubscriptionID(in.ID)
	all, err := desk.SubscriptionHeld(ctx, []billing.SubscriptionID{id})
	if err != nil {
		return nil, err
	}
	held := all[id]
	if held == nil {
		return nil, fmt.Errorf("%w: no provider holds a subscription %q, and none is asked for it", flow.ErrUnknown, in.ID)
	}
	shown := SubscriptionHeld{Connection: string(held.Link.Connection), Holding: held.Link.Holding, Open: make([]HeldChange, len(held.Open))}
	if held.Seen != nil {
		seen := holdingOf(&office.HoldingRow{KeptHolding: *held.Seen, Links: held.Links})
		shown.Seen = &seen
	}
	for i := range held.Open {
		shown.Open[i] = HeldChange{held.Open[i].ID, provisionProgressOf(&held.Open[i])}
	}
	return &struct{ Body SubscriptionHeld }{shown}, nil
}

// Budget is what usage has taken of a subscription's budget.
type Budget struct {
	Subscription string  `json:"subscription" doc:"The subscription's id."`
	From         Day     `json:"from,omitempty" doc:"The day of the last regular invoice, from which usage is counted; absent where there is none to come."`
	To           Day     `json:"to,omitempty" doc:"The day of the next one."`
	Used         Money   `json:"used" doc:"What the usage comes to, as it will be billed."`
	Budget       Decimal `json:"budget" doc:"What it is held against, in the same currency."`
	Percent      int64   `json:"percent" doc:"What share of the budget is used, in whole percents, cut."`
	Reached      []int   `json:"reached" nullable:"false" doc:"The alerts that are reached, in percent of the budget."`
}

func budgetOf(use *billing.BudgetUse) Budget {
	return Budget{string(use.Subscription), dayOf(use.Interval.From), dayOf(use.Interval.To), moneyOf(use.Used), decimalOf(use.Budget.Amount), use.Percent, append([]int{}, use.Reached...)}
}

func budgetList(ctx context.Context, desk *office.Desk, in *Paging) (*listed[Budget], error) {
	uses, err := desk.BudgetList(ctx)
	if err != nil {
		return nil, err
	}
	return pageWithin("budgets", *in, uses, func(use *billing.BudgetUse) billing.SubscriptionID { return use.Subscription }, cmp.Compare[billing.SubscriptionID], budgetOf)
}
