package api

import (
	"context"

	"prorata/flow/office"
)

// FindingNumbered is asked of one difference.
type FindingNumbered struct {
	ProviderInvoiceNamed
	No int64 `path:"no" minimum:"1" doc:"Its number on the invoice."`
}

// Finding is one difference with its one cause.
type Finding struct {
	No           int64          `json:"no" doc:"Its number on the invoice, from 1."`
	Line         string         `json:"line,omitempty" doc:"The provider's row; absent for what it did not charge."`
	Holding      string         `json:"holding,omitempty" doc:"The provider's id of the subscription."`
	Customer     string         `json:"customer,omitempty" doc:"The provider's id of the customer."`
	Account      string         `json:"account,omitempty" doc:"The account that it is."`
	AccountName  string         `json:"account_name,omitempty" doc:"Its name."`
	Subscription string         `json:"subscription,omitempty" doc:"The subscription here."`
	SKU          string         `json:"sku,omitempty" doc:"The product."`
	ProductName  string         `json:"product_name,omitempty" doc:"Its name."`
	Cause        string         `json:"cause" doc:"Why." example:"price change"`
	Amount       ProviderAmount `json:"amount" doc:"What was charged less what was expected."`
	Sentence     string         `json:"sentence" doc:"Why, as a sentence."`
	MeetsOn      Day            `json:"meets_on,omitempty" doc:"The invoice on which a matter of timing evens out."`
}

func findingOf(row *office.FindingRow) Finding {
	return Finding{row.No, row.Line, row.Holding, row.Customer, string(row.Account), row.AccountName, string(row.Subscription), row.SKU, row.ProductName, row.Cause,
		providerAmountOf(row.Amount, row.Currency), row.Sentence, dayOf(row.MeetsOn)}
}

func findingList(ctx context.Context, desk *office.Desk, in *struct {
	ProviderInvoiceNamed
	Paging
	Cause    string `query:"cause" maxLength:"100" doc:"Only of this cause."`
	Customer string `query:"customer" maxLength:"200" doc:"Only of this customer, by the provider's id."`
	SKU      string `query:"sku" maxLength:"200" doc:"Only of this product."`
}) (*listed[Finding], error) {
	name := "findings/" + in.Invoice
	after, err := begin[int64](name, in.After)
	if err != nil {
		return nil, err
	}
	list, err := desk.FindingList(ctx, office.FindingFilter{Connection: in.id(), Invoice: in.number(), Cause: in.Cause, Customer: in.Customer, SKU: in.SKU, After: after, Most: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return pageOf(name, in.Limit, list, findingOf, func(row *office.FindingRow) int64 { return row.No }), nil
}

func findingGet(ctx context.Context, desk *office.Desk, in *FindingNumbered) (*struct{ Body Finding }, error) {
	row, err := desk.FindingGet(ctx, in.id(), in.number(), in.No)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Finding }{findingOf(&row)}, nil
}

// Match is a row of a provider's invoice with what it cost and brought.
type Match struct {
	No           int64           `json:"no" doc:"Its number on the invoice, from 1."`
	Line         string          `json:"line" doc:"The provider's row."`
	Type         string          `json:"type,omitempty" doc:"What kind of charge it is."`
	From         Day             `json:"from,omitempty" doc:"The first day that it charges for."`
	To           Day             `json:"to,omitempty" doc:"The day after the last."`
	Quantity     Decimal         `json:"quantity,omitempty" doc:"How many."`
	Holding      string          `json:"holding,omitempty" doc:"The provider's id of the subscription."`
	Customer     string          `json:"customer,omitempty" doc:"The provider's id of the customer."`
	Account      string          `json:"account,omitempty" doc:"The account that it is."`
	AccountName  string          `json:"account_name,omitempty" doc:"Its name."`
	Subscription string          `json:"subscription,omitempty" doc:"The subscription here; absent where nobody was billed for it."`
	SKU          string          `json:"sku,omitempty" doc:"The product."`
	ProductName  string          `json:"product_name,omitempty" doc:"Its name."`
	Cost         ProviderAmount  `json:"cost" doc:"What the provider asked, before tax."`
	Expected     *ProviderAmount `json:"expected,omitempty" doc:"What it should have asked; absent where the log does not say."`
	Ahead        ProviderAmount  `json:"ahead" doc:"The part of the cost for days that customers are not billed for yet."`
	Revenue      *Money          `json:"revenue,omitempty" doc:"What was billed for the same days; absent where nothing was."`
}

func matchOf(row *office.MatchRow) Match {
	m := Match{No: row.No, Line: row.Line, Type: row.Type, From: dayOf(row.Days.From), To: dayOf(row.Days.To), Quantity: Decimal(row.Quantity), Holding: row.Holding, Customer: row.Customer,
		Account: string(row.Account), AccountName: row.AccountName, Subscription: string(row.Subscription), SKU: row.SKU, ProductName: row.ProductName,
		Cost: providerAmountOf(row.Cost, row.Currency), Ahead: providerAmountOf(row.Ahead, row.Currency), Revenue: someMoney(row.Revenue)}
	if row.HasExpected {
		expected := providerAmountOf(row.Expected, row.Currency)
		m.Expected = &expected
	}
	return m
}

func matchList(ctx context.Context, desk *office.Desk, in *struct {
	ProviderInvoiceNamed
	Paging
	Customer string `query:"customer" maxLength:"200" doc:"Only of this customer, by the provider's id."`
	SKU      string `query:"sku" maxLength:"200" doc:"Only of this product."`
}) (*listed[Match], error) {
	name := "matches/" + in.Invoice
	after, err := begin[int64](name, in.After)
	if err != nil {
		return nil, err
	}
	list, err := desk.MatchList(ctx, office.MatchFilter{Connection: in.id(), Invoice: in.number(), Customer: in.Customer, SKU: in.SKU, After: after, Most: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return pageOf(name, in.Limit, list, matchOf, func(row *office.MatchRow) int64 { return row.No }), nil
}
