package api

import (
	"context"
	"time"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
)

type treeAsked struct {
	Paging
	Of string `query:"of" maxLength:"100" doc:"Those directly below this account; those at the top where it is not given."`
}

func accountTree(ctx context.Context, desk *office.Desk, in *treeAsked) (*listed[Account], error) {
	list := "tree/" + in.Of
	after, err := begin[office.AccountCursor](list, in.After)
	if err != nil {
		return nil, err
	}
	page, err := desk.AccountTree(ctx, accountID(in.Of), after, in.Limit)
	if err != nil {
		return nil, err
	}
	return pageBefore(list, page.Rows, page.Next, func(row *office.AccountRow) Account { return accountOf(row, page.Balances[row.Account.ID]) }), nil
}

// Happening is one thing that happened to an account or its contracts: an entry of the
// change log, or an invoice.
type Happening struct {
	At      time.Time      `json:"at" doc:"When."`
	Entry   *TimelineEntry `json:"entry,omitempty" doc:"The entry of the change log; absent for an invoice."`
	Invoice *Billed        `json:"invoice,omitempty" doc:"The invoice or credit note; absent for an entry."`
}

// TimelineEntry is an entry of the change log with what it is about.
type TimelineEntry struct {
	LogEntry
	Contract     string `json:"contract,omitempty" doc:"The contract that it is about; absent for the account itself."`
	Subscription string `json:"subscription,omitempty" doc:"The subscription that it is about."`
}

// Billed is an invoice as a timeline has it.
type Billed struct {
	Number   string `json:"number" doc:"The printed number." example:"INV-000042"`
	Kind     string `json:"kind" enum:"invoice,credit_note" doc:"What it is."`
	Contract string `json:"contract,omitempty" doc:"The contract; absent on a consolidated invoice."`
	Date     Day    `json:"date" doc:"The day of the invoice."`
	Total    Money  `json:"total" doc:"Net and tax."`
}

func happeningOf(h *office.Happening) Happening {
	shown := Happening{At: h.At.UTC()}
	if e := h.Entry; e != nil {
		shown.Entry = &TimelineEntry{logEntryOf(e), string(e.Contract), string(e.Subscription)}
	}
	if i := h.Invoice; i != nil {
		billed := billedOf(i)
		shown.Invoice = &billed
	}
	return shown
}

func billedOf(i *flow.Issued) Billed {
	return Billed{flow.PrintedNumber(i), invoiceKind(i), string(i.Contract), dayOf(i.Date), moneyOf(i.Total)}
}

func accountTimeline(ctx context.Context, desk *office.Desk, in *struct {
	AccountNamed
	Paging
}) (*listed[Happening], error) {
	list := "timeline/" + in.ID
	before, err := begin[office.HappeningCursor](list, in.After)
	if err != nil {
		return nil, err
	}
	rows, next, err := desk.AccountTimeline(ctx, billing.AccountID(in.ID), before, in.Limit)
	if err != nil {
		return nil, err
	}
	return pageBefore(list, rows, next, happeningOf), nil
}
