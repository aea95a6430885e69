package api

import (
	"context"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
)

// ExceptionCount is how many exceptions of a kind wait.
type ExceptionCount struct {
	Kind  string  `json:"kind" doc:"The kind." example:"unmapped_product"`
	Count int64   `json:"count" doc:"How many are open and not put off."`
	Worth []Worth `json:"worth" nullable:"false" doc:"The money in question, as far as it is known, by currency and without regard to its sign."`
}

// Worth is an amount that is in question; it may have more digits than its currency.
type Worth struct {
	Amount   Decimal `json:"amount" doc:"The amount."`
	Currency string  `json:"currency" doc:"ISO 4217."`
}

func exceptionCounts(ctx context.Context, desk *office.Desk, _ *struct{}) (*listed[ExceptionCount], error) {
	counts, err := desk.ExceptionCounts(ctx)
	if err != nil {
		return nil, err
	}
	return pageBefore[office.WaitingCount, ExceptionCount, string]("counts", counts, nil, func(c *office.WaitingCount) ExceptionCount {
		shown := ExceptionCount{c.Kind, c.Count, make([]Worth, len(c.Worth))}
		for i, worth := range c.Worth {
			shown.Worth[i] = Worth{decimalOf(worth.Amount), worth.Currency.String()}
		}
		return shown
	}), nil
}

// Exceptions names several at once.
type Exceptions struct {
	IDs []int64 `json:"ids" nullable:"false" minItems:"1" maxItems:"1000" doc:"The exceptions' numbers."`
}

// counted is how many of them it concerned: all, or it would have been refused.
func (e *Exceptions) counted() *struct{ Body Count } {
	return &struct{ Body Count }{Count{int64(len(e.IDs))}}
}

func exceptionsAssign(ctx context.Context, desk *office.Desk, in *struct {
	Body struct {
		Exceptions
		Assignee string `json:"assignee" maxLength:"200" doc:"Who looks after them; empty for nobody."`
	}
}) (*struct{ Body Count }, error) {
	if err := desk.ExceptionAssign(ctx, in.Body.IDs, in.Body.Assignee); err != nil {
		return nil, err
	}
	return in.Body.counted(), nil
}

func exceptionsSnooze(ctx context.Context, desk *office.Desk, in *struct {
	Body struct {
		Exceptions
		Until  Day    `json:"until,omitempty" doc:"The day on which they come back into sight, a day to come; at once where it is not given."`
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"Why."`
	}
}) (*struct{ Body Count }, error) {
	until, err := in.Body.Until.date("until")
	if err != nil {
		return nil, err
	}
	if err := desk.ExceptionSnooze(ctx, in.Body.IDs, until, in.Body.Reason); err != nil {
		return nil, err
	}
	return in.Body.counted(), nil
}

func exceptionsSettle(ctx context.Context, desk *office.Desk, in *struct {
	Body struct {
		Exceptions
		Reason
	}
}) (*struct{ Body Count }, error) {
	if err := desk.ExceptionSettle(ctx, in.Body.IDs, in.Body.Reason.Reason); err != nil {
		return nil, err
	}
	return in.Body.counted(), nil
}

// exceptionCustomer answers the question that an unknown customer is: which account it is.
func exceptionCustomer(ctx context.Context, desk *office.Desk, in *struct {
	ByNumber
	Body struct {
		Account  string `json:"account" minLength:"1" maxLength:"100" doc:"The account that the provider's customer is." example:"contoso"`
		Contract string `json:"contract,omitempty" maxLength:"100" doc:"The contract that takes what it buys; the only one of the account where it is not given." example:"c1"`
	}
}) (*exceptionAnswer, error) {
	w, err := desk.ExceptionGet(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if w.Kind != flow.UnknownCustomer {
		return nil, &billing.Refusal{Code: "no_customer", Sentence: "this exception is not about a customer that is not known: it is " + w.Kind}
	}
	link := flow.CustomerLink{Connection: w.Connection, Customer: w.Subject, Account: accountID(in.Body.Account), Contract: billing.ContractID(in.Body.Contract)}
	// Nobody has said yet who it is: else it is no question any more.
	unknown := int64(flow.New)
	if err := desk.CustomerLink(ctx, link, &unknown); err != nil {
		return nil, err
	}
	return exceptionGet(ctx, desk, &in.ByNumber)
}
