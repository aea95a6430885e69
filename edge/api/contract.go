package api

import (
	"context"

	"prorata/core/billing"
	"prorata/flow/office"
)

// Contract is the root of invoicing: one account, one currency, one frequency.
type Contract struct {
	ID            string `json:"id" doc:"Its id." example:"c1"`
	Account       string `json:"account" doc:"The customer's id."`
	AccountName   string `json:"account_name" doc:"The customer's name."`
	Currency      string `json:"currency" doc:"ISO 4217."`
	Frequency     string `json:"frequency" doc:"The unit that it is invoiced in." example:"monthly"`
	Schedule      string `json:"schedule" enum:"aligned,flexi,mirror" doc:"How periods relate to invoice dates."`
	Timing        string `json:"timing" enum:"advance,arrears" doc:"When a period is owed."`
	Start         Day    `json:"start" doc:"Its first day."`
	End           Day    `json:"end,omitempty" doc:"The first day after its last; absent where it goes on."`
	ThroughOn     Day    `json:"through_on,omitempty" doc:"The last invoice date that was worked through."`
	DueOn         Day    `json:"due_on,omitempty" doc:"The next day on which there can be something to bill."`
	Subscriptions int    `json:"subscriptions" doc:"How many subscriptions are under it."`
}

func contractOf(row *office.ContractRow) Contract {
	c := &row.Contract
	return Contract{ID: string(c.ID), Account: string(c.Account), AccountName: row.AccountName, Currency: c.Currency.String(), Frequency: c.Frequency.Name,
		Schedule: [...]string{billing.Aligned: "aligned", billing.Flexi: "flexi", billing.Mirror: "mirror"}[c.Schedule],
		Timing:   [...]string{billing.Advance: "advance", billing.Arrears: "arrears"}[c.Timing],
		Start:    dayOf(c.Start), End: dayOf(c.End), ThroughOn: dayOf(row.ThroughOn), DueOn: dayOf(row.DueOn), Subscriptions: row.Subscriptions}
}

type contractsAsked struct {
	Paging
	Search  string `query:"search" maxLength:"200" doc:"A part of the customer's name, or the beginning of the id."`
	Account string `query:"account" maxLength:"100" doc:"Only of this account."`
}

func contractList(ctx context.Context, desk *office.Desk, in *contractsAsked) (*listed[Contract], error) {
	after, err := begin[office.ContractCursor]("contracts", in.After)
	if err != nil {
		return nil, err
	}
	page, err := desk.ContractList(ctx, office.ContractFilter{Search: in.Search, Account: accountID(in.Account), After: after, Most: in.Limit})
	if err != nil {
		return nil, err
	}
	return pageBefore("contracts", page.Rows, page.Next, contractOf), nil
}

func contractGet(ctx context.Context, desk *office.Desk, in *struct {
	ID string `path:"id" maxLength:"100" doc:"The contract's id." example:"c1"`
}) (*tagged[Contract], error) {
	d, err := desk.ContractGet(ctx, billing.ContractID(in.ID))
	if err != nil {
		return nil, err
	}
	row := office.ContractRow{Contract: d.Contract, AccountName: d.Account.Name, Subscriptions: len(d.Subscriptions), ThroughOn: d.ThroughOn, DueOn: d.DueOn, Version: d.Version}
	return &tagged[Contract]{versionTag(d.Version), contractOf(&row)}, nil
}

func accountID(text string) billing.AccountID { return billing.AccountID(text) }
