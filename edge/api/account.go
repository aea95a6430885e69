package api

import (
	"context"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
)

// Account is a customer, a group, an entity of a group, or a reseller.
type Account struct {
	AccountDraft
	ID            string    `json:"id" doc:"Its id." example:"contoso"`
	Held          bool      `json:"held" doc:"Whether it is on credit hold."`
	Contracts     int       `json:"contracts" doc:"How many contracts it has of its own."`
	Subscriptions int       `json:"subscriptions" doc:"How many subscriptions are under them."`
	Below         int       `json:"below" doc:"How many accounts are directly below it."`
	Balances      []Balance `json:"balances" nullable:"false" doc:"What it was invoiced and owes, by currency."`
}

// AccountDraft is what people write of an account.
type AccountDraft struct {
	Name             string   `json:"name" minLength:"1" maxLength:"200" doc:"Its name." example:"Contoso"`
	Country          string   `json:"country" pattern:"^[A-Z]{2}$" doc:"ISO 3166-1, two letters." example:"DE"`
	Currency         string   `json:"currency,omitempty" pattern:"^[A-Z]{3}$" doc:"ISO 4217; the seller's where it is not given." example:"EUR"`
	Parent           string   `json:"parent,omitempty" maxLength:"100" doc:"The account that it is below."`
	Reseller         string   `json:"reseller,omitempty" maxLength:"100" doc:"The account that resells to it."`
	BillTo           string   `json:"bill_to,omitempty" enum:"self,parent,reseller" doc:"Who pays its bills; itself where it is not given."`
	PriceList        string   `json:"price_list,omitempty" maxLength:"100" doc:"The price list that is searched first."`
	Consolidated     bool     `json:"consolidated,omitempty" doc:"One invoice for all that it is billed on one day."`
	Language         string   `json:"language,omitempty" enum:"en,de,fr,es,nl" doc:"That of its documents."`
	Address          []string `json:"address,omitempty" nullable:"false" maxItems:"10" doc:"The postal address, a line each."`
	TaxID            string   `json:"tax_id,omitempty" maxLength:"50" doc:"A VAT or sales tax registration."`
	RegistrationID   string   `json:"registration_id,omitempty" maxLength:"100" doc:"The entry in a company register."`
	Email            string   `json:"email,omitempty" maxLength:"254" doc:"Where invoices go."`
	Phone            string   `json:"phone,omitempty" maxLength:"50" doc:"A telephone number."`
	PurchaseOrder    string   `json:"purchase_order,omitempty" maxLength:"100" doc:"What its invoices refer to."`
	PaymentTermsDays *int     `json:"payment_terms_days,omitempty" minimum:"0" maximum:"365" doc:"Days from an invoice's date to its due day; the seller's where it is not given."`
}

// Balance is what a payer was invoiced and owes in one currency.
type Balance struct {
	Invoiced Money `json:"invoiced" doc:"The sum of invoices, taxes included."`
	Credited Money `json:"credited" doc:"The sum of credit notes, as a positive amount."`
	Open     Money `json:"open" doc:"What of both together is neither paid nor set off; below zero where the payer has something to get."`
	Overdue  Money `json:"overdue" doc:"What of the invoices was due before today and is not paid."`
	Invoices int   `json:"invoices" doc:"How many there are."`
	Last     Day   `json:"last" doc:"The date of the newest."`
}

func billToWord(to billing.BillTo) string {
	return [...]string{billing.ToSelf: "self", billing.ToParent: "parent", billing.ToReseller: "reseller"}[to]
}

func accountOf(row *office.AccountRow, balances []office.Balance) Account {
	a := &row.Account
	shown := Account{ID: string(a.ID), Held: row.Held, Contracts: row.Contracts, Subscriptions: row.Subscriptions, Below: row.Below, Balances: make([]Balance, len(balances)),
		AccountDraft: AccountDraft{Name: a.Name, Country: a.Country, Currency: a.Currency.String(), Parent: string(a.Parent), Reseller: string(a.Reseller), BillTo: billToWord(a.BillTo),
			PriceList: a.PriceList, Consolidated: a.Consolidated, Language: a.Language, Address: a.Party.Address, TaxID: a.Party.TaxID, RegistrationID: a.Party.RegistrationID,
			Email: a.Party.Email, Phone: a.Party.Phone, PurchaseOrder: a.PurchaseOrder}}
	if a.HasPaymentTerms {
		days := a.PaymentTermsDays
		shown.PaymentTermsDays = &days
	}
	for i := range balances {
		shown.Balances[i] = Balance{moneyOf(balances[i].Invoiced), moneyOf(balances[i].Credited), moneyOf(balances[i].Open), moneyOf(balances[i].Overdue), balances[i].Invoices, dayOf(balances[i].Last)}
	}
	return shown
}

// account reads what was written.
func (d *AccountDraft) account(id string) (a flow.Account, err error) {
	a = flow.Account{Account: billing.Account{ID: billing.AccountID(id), Name: d.Name, Parent: billing.AccountID(d.Parent), Reseller: billing.AccountID(d.Reseller), Country: d.Country,
		PriceList: d.PriceList, Consolidated: d.Consolidated}, Language: d.Language, PurchaseOrder: d.PurchaseOrder,
		Party: flow.Party{Name: d.Name, Country: d.Country, Address: d.Address, TaxID: d.TaxID, RegistrationID: d.RegistrationID, Email: d.Email, Phone: d.Phone}}
	for _, to := range []billing.BillTo{billing.ToSelf, billing.ToParent, billing.ToReseller} {
		if d.BillTo == billToWord(to) {
			a.BillTo = to
		}
	}
	if d.PaymentTermsDays != nil {
		a.PaymentTermsDays, a.HasPaymentTerms = *d.PaymentTermsDays, true
	}
	if d.Currency != "" {
		if a.Currency, err = money.ParseCurrency(d.Currency); err != nil {
			return a, &office.FieldError{Field: "currency", Err: err}
		}
	}
	return a, nil
}

type accountsAsked struct {
	Paging
	Search string `query:"search" maxLength:"200" doc:"A part of the name, or the beginning of the id."`
	Of     string `query:"of" maxLength:"100" doc:"Only those directly below this account."`
	Held   bool   `query:"held" doc:"Only those on credit hold."`
}

func accountList(ctx context.Context, desk *office.Desk, in *accountsAsked) (*listed[Account], error) {
	after, err := begin[office.AccountCursor]("accounts", in.After)
	if err != nil {
		return nil, err
	}
	page, err := desk.AccountList(ctx, office.AccountFilter{Search: in.Search, Of: billing.AccountID(in.Of), Held: in.Held, After: after, Most: in.Limit})
	if err != nil {
		return nil, err
	}
	return pageBefore("accounts", page.Rows, page.Next, func(row *office.AccountRow) Account { return accountOf(row, page.Balances[row.Account.ID]) }), nil
}

// AccountNamed is asked of one account.
type AccountNamed struct {
	ID string `path:"id" maxLength:"100" doc:"The account's id." example:"contoso"`
}

func accountGet(ctx context.Context, desk *office.Desk, in *AccountNamed) (*tagged[Account], error) {
	detail, err := desk.AccountGet(ctx, billing.AccountID(in.ID))
	if err != nil {
		return nil, err
	}
	return &tagged[Account]{versionTag(int64(detail.Version)), accountOf(&detail.AccountRow, detail.Balances)}, nil
}

// AccountNew is an account that is added.
type AccountNew struct {
	ID string `json:"id" pattern:"^[A-Za-z0-9._-]{1,100}$" doc:"Its id, which stays." example:"fabrikam"`
	AccountDraft
}

func accountAdd(ctx context.Context, desk *office.Desk, in *struct{ Body AccountNew }) (*created[Account], error) {
	account, err := in.Body.account(in.Body.ID)
	if err != nil {
		return nil, err
	}
	row, err := desk.AccountPut(ctx, account, flow.New)
	if err != nil {
		return nil, err
	}
	return &created[Account]{"/v1/accounts/" + in.Body.ID, accountOf(&row, nil)}, nil
}

func accountChange(ctx context.Context, desk *office.Desk, in *struct {
	AccountNamed
	Matching
	Body AccountDraft
}) (*tagged[Account], error) {
	version, err := in.known()
	if err != nil {
		return nil, err
	}
	account, err := in.Body.account(in.ID)
	if err != nil {
		return nil, err
	}
	if _, err := desk.AccountPut(ctx, account, int(version)); err != nil {
		return nil, err
	}
	return accountGet(ctx, desk, &in.AccountNamed)
}

// Reason says why, for the audit.
type Reason struct {
	Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Why, for the audit." example:"Two invoices are overdue"`
}

type accountHolding struct {
	AccountNamed
	Body Reason
}

func accountHold(ctx context.Context, desk *office.Desk, in *accountHolding) (*struct{}, error) {
	return nil, desk.AccountHold(ctx, billing.AccountID(in.ID), in.Body.Reason)
}

func accountRelease(ctx context.Context, desk *office.Desk, in *accountHolding) (*struct{}, error) {
	return nil, desk.AccountRelease(ctx, billing.AccountID(in.ID), in.Body.Reason)
}

// PriceInForce is a price that subscriptions of an account are billed at today.
type PriceInForce struct {
	SKU           string   `json:"sku" doc:"The product."`
	Product       string   `json:"product" doc:"Its name."`
	Contract      string   `json:"contract" doc:"The contract."`
	List          string   `json:"list,omitempty" doc:"The price list that it comes from, or own."`
	Price         *Decimal `json:"price,omitempty" doc:"The price of one; absent where there is none."`
	UnitMonths    int      `json:"unit_months,omitempty" doc:"For how many months."`
	Currency      string   `json:"currency" doc:"ISO 4217."`
	Seats         Decimal  `json:"seats" doc:"How many are billed at it."`
	Subscriptions []string `json:"subscriptions" nullable:"false" doc:"The subscriptions billed at it."`
	Missing       string   `json:"missing,omitempty" doc:"Why there is no price."`
}

func accountPrices(ctx context.Context, desk *office.Desk, in *AccountNamed) (*listed[PriceInForce], error) {
	prices, err := desk.AccountPrices(ctx, billing.AccountID(in.ID))
	if err != nil {
		return nil, err
	}
	return pageBefore[office.PriceInForce, PriceInForce, string]("prices", prices, nil, func(p *office.PriceInForce) PriceInForce {
		shown := PriceInForce{SKU: p.SKU, Product: p.Product, Contract: string(p.Contract), List: p.List, Currency: p.Currency.String(), Seats: decimalOf(p.Seats),
			Subscriptions: words(p.Subscriptions), Missing: p.Missing}
		if p.Missing == "" {
			price := decimalOf(p.Price)
			shown.Price, shown.UnitMonths = &price, p.UnitMonths
		}
		return shown
	}), nil
}
