package office

import (
	"context"
	"time"

	"prorata/core/billing"
	"prorata/flow"
)

// Providers are the ways to the providers themselves; whoever wires the program gives them.
type Providers interface {
	// Provider is the adapter of a connection.
	Provider(flow.Connection) (flow.Provider, error)
	// ConsentLink is where a person lets this program in at the provider; the state comes
	// back with the answer. flow.ErrNotOffered where the provider asks for none.
	ConsentLink(c flow.Connection, state string) (string, error)
	// Consent keeps what the code of an answer gives.
	Consent(ctx context.Context, c flow.Connection, code string) error
	// Bills imports the provider's invoices of the last weeks with the usage on them, and reconciles what is new.
	Bills(ctx context.Context, f *flow.Flow, c flow.Connection) (flow.ProviderBillReport, error)
}

// ProviderLooks are connections and what was seen at providers, as they are looked at.
type ProviderLooks interface {
	// ProvisionCounts counts the changes that are not done, by state; of all connections for none.
	ProvisionCounts(flow.ConnectionID) (map[flow.ProvisionState]int64, error)
	// ProvisionsFind is newest first.
	ProvisionsFind(ProvisionFilter) ([]ProvisionRow, error)
	// ProviderCustomersFind is in order of the provider's ids: all that hold something, are
	// linked, or wait to be.
	ProviderCustomersFind(ProviderCustomerFilter) ([]ProviderCustomerRow, error)
	// HoldingsFind is in order of customer and id, with the names of customer and product.
	HoldingsFind(HoldingFilter) ([]HoldingRow, error)
	// HoldingCount is how many holdings of a connection were seen, and of how many customers.
	HoldingCount(flow.ConnectionID) (holdings, customers int64, err error)
}

// ProvisionFilter narrows a list of changes on their way; zero values do not.
type ProvisionFilter struct {
	Connection flow.ConnectionID
	// State is awaiting, sent, provisioned, failed or dropped; "" for what is not done.
	State string
	// Before is the number after which a page goes on, towards older ones.
	Before int64
	Most   int
}

// ProvisionRow is a change on its way with whom it is for.
type ProvisionRow struct {
	flow.Provision
	Account     billing.AccountID
	AccountName string
	// ProductName is the product's, where the book has it.
	ProductName string
}

// ProviderCustomerFilter narrows a list of a provider's customers.
type ProviderCustomerFilter struct {
	Connection flow.ConnectionID
	// Customer is one alone, by the provider's id.
	Customer string
	// Search is a part of the account's name, or the beginning of the provider's id.
	Search string
	// Unlinked asks for those that are no account.
	Unlinked bool
	// After is the provider's id after which a page goes on.
	After string
	Most  int
}

// ProviderCustomerRow is a customer at a provider and the account that it is.
type ProviderCustomerRow struct {
	ID string
	// Account is empty where nobody said which it is; Contract takes what it buys, empty
	// for the account's only one.
	Account     billing.AccountID
	AccountName string
	Contract    billing.ContractID
	Holdings    int64
}

// Version is that of its link, flow.New where nobody said who it is.
func (r *ProviderCustomerRow) Version() int64 {
	if r.Account == "" {
		return flow.New
	}
	return flow.CustomerLinkVersion(&flow.CustomerLink{Account: r.Account, Contract: r.Contract})
}

// HoldingFilter narrows a list of holdings; zero values do not.
type HoldingFilter struct {
	Connection flow.ConnectionID
	Customer   string
	// Holding is the provider's id of the only one.
	Holding string
	// Search is a part of the customer's, the product's or the holding's name, or the
	// beginning of an id or sku.
	Search string
	// Running leaves out what has ended.
	Running bool
	// AfterCustomer and After are where a page goes on.
	AfterCustomer, After string
	Most                 int
}

// HoldingRow is a holding as it was last seen, with what it is here.
type HoldingRow struct {
	flow.KeptHolding
	Account                  billing.AccountID
	AccountName, ProductName string
	// Links are the subscriptions that are billed for it.
	Links []flow.HoldingLink
}

// ErrandKind is what was asked of a provider.
type ErrandKind string

// The errands.
const (
	ErrandSync      ErrandKind = "sync"
	ErrandEvents    ErrandKind = "events"
	ErrandProvision ErrandKind = "provision"
	ErrandImport    ErrandKind = "import"
	ErrandReconcile ErrandKind = "reconcile"
)

// Errand is something that somebody asked for and that goes on in the background: a job, as
// who asked for it sees it. What ended is remembered for some weeks.
type Errand struct {
	Connection flow.ConnectionID
	Kind       ErrandKind
	// Subject is the invoice that is reconciled; empty for all else.
	Subject string
	Who     string
	BegunAt time.Time
	// EndedAt is zero while it is under way.
	EndedAt time.Time
	// Said is what came of it, in a sentence; Failed says that it did not come to its end.
	Said   string
	Failed bool
}
