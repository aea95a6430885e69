package api

import (
	"context"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

// Exception is something that a person has to decide.
type Exception struct {
	ID           int64      `json:"id" doc:"Its number."`
	Kind         string     `json:"kind" doc:"What kind it is of." example:"unmapped_product"`
	Subject      string     `json:"subject" doc:"What it is about."`
	Sentence     string     `json:"sentence" doc:"What is the matter."`
	Todo         string     `json:"todo" doc:"What would settle it."`
	Connection   string     `json:"connection,omitempty" doc:"The provider's connection that it came by."`
	Account      string     `json:"account,omitempty" doc:"The account that it concerns."`
	AccountName  string     `json:"account_name,omitempty" doc:"Its name."`
	Subscription string     `json:"subscription,omitempty" doc:"The subscription that it concerns."`
	Amount       *Decimal   `json:"amount,omitempty" doc:"The money in question, where it is known."`
	Currency     string     `json:"currency,omitempty" doc:"Its currency."`
	Assignee     string     `json:"assignee,omitempty" doc:"Who looks after it."`
	SnoozedUntil Day        `json:"snoozed_until,omitempty" doc:"The day on which it comes back into sight."`
	Note         string     `json:"note,omitempty" doc:"Why it was put off or settled."`
	OpenedAt     time.Time  `json:"opened_at" doc:"When it was found first."`
	SeenAt       time.Time  `json:"seen_at" doc:"When it was found last."`
	ClosedAt     *time.Time `json:"closed_at,omitempty" doc:"When it was settled; absent while it is open."`
	ClosedBy     string     `json:"closed_by,omitempty" doc:"Who settled it."`
}

func exceptionOf(w *office.Waiting) Exception {
	e := Exception{ID: w.ID, Kind: w.Kind, Subject: w.Subject, Sentence: w.Sentence, Todo: w.Todo, Connection: string(w.Connection), Account: string(w.Account), AccountName: w.AccountName,
		Subscription: string(w.Subscription), Assignee: w.Assignee, SnoozedUntil: dayOf(w.SnoozedUntil), Note: w.Note, OpenedAt: w.OpenedAt.UTC(), SeenAt: w.SeenAt.UTC(),
		ClosedAt: instantOf(w.ClosedAt), ClosedBy: w.ClosedBy}
	if w.HasAmount {
		amount := decimalOf(w.Amount)
		e.Amount, e.Currency = &amount, w.Currency.String()
	}
	return e
}

type exceptionsAsked struct {
	Paging
	State      string `query:"state" enum:"open,snoozed,settled" doc:"What is open, put off, or settled; open where it is not given."`
	Kind       string `query:"kind" maxLength:"100" doc:"Only of this kind."`
	Connection string `query:"connection" maxLength:"100" doc:"Only of this connection."`
	Account    string `query:"account" maxLength:"100" doc:"Only of this account."`
	Assignee   string `query:"assignee" maxLength:"200" doc:"Only what this person looks after; - for what nobody does."`
	Text       string `query:"text" maxLength:"200" doc:"A part of the subject or the sentence."`
}

func exceptionList(ctx context.Context, desk *office.Desk, in *exceptionsAsked) (*listed[Exception], error) {
	before, err := begin[int64]("exceptions", in.After)
	if err != nil {
		return nil, err
	}
	list, err := desk.ExceptionList(ctx, office.WaitingFilter{State: office.WaitingState(in.State), Kind: in.Kind, Connection: flow.ConnectionID(in.Connection), Account: accountID(in.Account),
		Assignee: in.Assignee, Text: in.Text, Before: before, Most: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return pageOf("exceptions", in.Limit, list, exceptionOf, func(w *office.Waiting) int64 { return w.ID }), nil
}

type exceptionAnswer struct{ Body Exception }

func exceptionGet(ctx context.Context, desk *office.Desk, in *ByNumber) (*exceptionAnswer, error) {
	w, err := desk.ExceptionGet(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &exceptionAnswer{exceptionOf(&w)}, nil
}

func exceptionAssign(ctx context.Context, desk *office.Desk, in *struct {
	ByNumber
	Body struct {
		Assignee string `json:"assignee" maxLength:"200" doc:"Who looks after it; empty for nobody."`
	}
}) (*exceptionAnswer, error) {
	if err := desk.ExceptionAssign(ctx, []int64{in.ID}, in.Body.Assignee); err != nil {
		return nil, err
	}
	return exceptionGet(ctx, desk, &in.ByNumber)
}

func exceptionSnooze(ctx context.Context, desk *office.Desk, in *struct {
	ByNumber
	Body struct {
		Until  Day    `json:"until" doc:"The day on which it comes back into sight; a day to come."`
		Reason string `json:"reason" maxLength:"500" doc:"Why."`
	}
}) (*exceptionAnswer, error) {
	until, err := in.Body.Until.date("until")
	if err != nil {
		return nil, err
	}
	if err := desk.ExceptionSnooze(ctx, []int64{in.ID}, until, in.Body.Reason); err != nil {
		return nil, err
	}
	return exceptionGet(ctx, desk, &in.ByNumber)
}

func exceptionSettle(ctx context.Context, desk *office.Desk, in *struct {
	ByNumber
	Body Reason
}) (*exceptionAnswer, error) {
	if err := desk.ExceptionSettle(ctx, []int64{in.ID}, in.Body.Reason); err != nil {
		return nil, err
	}
	return exceptionGet(ctx, desk, &in.ByNumber)
}
