package api

import (
	"context"
	"time"

	"prorata/flow"
	"prorata/flow/office"
)

// Provision is a change on its way from the book to a provider.
type Provision struct {
	ID           int64  `json:"id" doc:"Its number."`
	Connection   string `json:"connection" doc:"Where to."`
	Contract     string `json:"contract" doc:"The contract."`
	Subscription string `json:"subscription" doc:"The subscription that was changed."`
	Account      string `json:"account" doc:"Whose it is."`
	AccountName  string `json:"account_name" doc:"Their name."`
	ProductName  string `json:"product_name,omitempty" doc:"The product's name, where the book has it."`
	ProvisionProgress
}

// ProvisionProgress is what is to be done at a provider, and how far it is.
type ProvisionProgress struct {
	State     string           `json:"state" enum:"awaiting,sent,provisioned,failed,dropped" doc:"How far it is."`
	Order     *ProvisionOrder  `json:"order,omitempty" doc:"What is ordered; absent for a change of what there is."`
	Change    *ProvisionChange `json:"change,omitempty" doc:"What is changed; absent for an order."`
	Attempts  int              `json:"attempts" doc:"How often it was tried."`
	NextAt    *time.Time       `json:"next_at,omitempty" doc:"Before when it is not tried again."`
	Code      string           `json:"code,omitempty" doc:"What is wrong, as a code, often the provider's own."`
	Why       string           `json:"why,omitempty" doc:"The same as a sentence."`
	Todo      string           `json:"todo,omitempty" doc:"What a person can do about it."`
	Who       string           `json:"who" doc:"Who changed it."`
	CreatedAt time.Time        `json:"created_at" doc:"When it was changed in the book."`
	ChangedAt time.Time        `json:"changed_at" doc:"When its state last changed."`
}

// ProvisionOrder is what is ordered.
type ProvisionOrder struct {
	Customer   string  `json:"customer" doc:"The provider's id of the customer."`
	SKU        string  `json:"sku" doc:"The product."`
	Quantity   Decimal `json:"quantity" doc:"How many."`
	TermMonths int     `json:"term_months,omitempty" doc:"For how many months; absent for no term."`
	Billing    string  `json:"billing,omitempty" doc:"How often the provider bills it."`
	EndsOn     Day     `json:"ends_on,omitempty" doc:"The first day after a shortened first term; absent for a whole one."`
	Promotion  string  `json:"promotion,omitempty" doc:"The promotion that is used."`
	Number     string  `json:"number,omitempty" doc:"The provider's number of the order, once there is one."`
}

// ProvisionChange is what is changed of a holding; what is absent stays.
type ProvisionChange struct {
	Customer  string           `json:"customer" doc:"The provider's id of the customer."`
	Holding   string           `json:"holding" doc:"The provider's id of the subscription."`
	Quantity  *Decimal         `json:"quantity,omitempty" doc:"The seats that it is to have."`
	AutoRenew *bool            `json:"auto_renew,omitempty" doc:"Whether it is to renew."`
	Suspend   bool             `json:"suspend,omitempty" doc:"It is to be blocked."`
	Resume    bool             `json:"resume,omitempty" doc:"It is to go on."`
	Cancel    bool             `json:"cancel,omitempty" doc:"It is to be given back."`
	Next      *HoldingNextTerm `json:"next,omitempty" doc:"What it is to renew as."`
	NextNone  bool             `json:"next_none,omitempty" doc:"What was scheduled for its renewal is to be taken away."`
}

// HoldingNextTerm is what is scheduled for a renewal.
type HoldingNextTerm struct {
	SKU        string   `json:"sku,omitempty" doc:"The product; absent for the same."`
	Quantity   *Decimal `json:"quantity,omitempty" doc:"The seats; absent for as many."`
	TermMonths int      `json:"term_months,omitempty" doc:"For how many months; absent for as long."`
	Billing    string   `json:"billing,omitempty" doc:"How often the provider will bill it."`
	EndsOn     Day      `json:"ends_on,omitempty" doc:"The first day after a shortened term."`
}

func nextTermOf(n *flow.HoldingNextTerm) *HoldingNextTerm {
	if n == nil {
		return nil
	}
	return &HoldingNextTerm{n.SKU, someDecimal(n.Quantity, n.HasQuantity), n.TermMonths, n.Billing.Name, dayOf(n.EndsOn)}
}

func provisionOf(row *office.ProvisionRow) Provision {
	return Provision{ID: row.ID, Connection: string(row.Connection), Contract: string(row.Contract), Subscription: string(row.Subscription), Account: string(row.Account),
		AccountName: row.AccountName, ProductName: row.ProductName, ProvisionProgress: provisionProgressOf(&row.Provision)}
}

func provisionProgressOf(kept *flow.Provision) ProvisionProgress {
	p := ProvisionProgress{State: kept.State.String(), Attempts: kept.Attempts, NextAt: instantOf(kept.NextAt), Code: kept.Code, Why: kept.Why, Todo: kept.Todo, Who: kept.Who,
		CreatedAt: kept.CreatedAt.UTC(), ChangedAt: kept.ChangedAt.UTC()}
	if o := kept.Order; o != nil {
		p.Order = &ProvisionOrder{o.Customer, o.SKU, decimalOf(o.Quantity), o.TermMonths, o.Billing.Name, dayOf(o.EndsOn), o.Promotion, o.Number}
	}
	if c := kept.Change; c != nil {
		p.Change = &ProvisionChange{Customer: c.Customer, Holding: c.Holding, Quantity: someDecimal(c.Quantity, c.HasQuantity), Suspend: c.Suspend, Resume: c.Resume, Cancel: c.Cancel,
			Next: nextTermOf(c.Next), NextNone: c.NextNone}
		if c.HasAutoRenew {
			p.Change.AutoRenew = &c.AutoRenew
		}
	}
	return p
}

func provisionList(ctx context.Context, desk *office.Desk, in *struct {
	Paging
	Connection string `query:"connection" maxLength:"100" doc:"Only to this connection."`
	State      string `query:"state" enum:"awaiting,sent,provisioned,failed,dropped" doc:"Only what is so far; what is not done where it is not given."`
}) (*listed[Provision], error) {
	before, err := begin[int64]("provisions", in.After)
	if err != nil {
		return nil, err
	}
	list, err := desk.ProvisionList(ctx, office.ProvisionFilter{Connection: flow.ConnectionID(in.Connection), State: in.State, Before: before, Most: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return pageOf("provisions", in.Limit, list, provisionOf, func(p *office.ProvisionRow) int64 { return p.ID }), nil
}

func provisionRetry(ctx context.Context, desk *office.Desk, in *ByNumber) (*struct{}, error) {
	return nil, desk.ProvisionRetry(ctx, in.ID)
}

func provisionDrop(ctx context.Context, desk *office.Desk, in *struct {
	ByNumber
	Body Reason
}) (*struct{}, error) {
	return nil, desk.ProvisionDrop(ctx, in.ID, in.Body.Reason)
}
