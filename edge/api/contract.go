package api

import (
	"context"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
)

// Contract is the root of invoicing: one account, one currency, one frequency.
type Contract struct {
	ContractDraft
	ID            string `json:"id" doc:"Its id." example:"c1"`
	AccountName   string `json:"account_name" doc:"The customer's name."`
	ThroughOn     Day    `json:"through_on,omitempty" doc:"The last invoice date that was worked through."`
	DueOn         Day    `json:"due_on,omitempty" doc:"The next day on which there can be something to bill."`
	Subscriptions int    `json:"subscriptions" doc:"How many subscriptions are under it."`
}

// ContractDraft is the terms of a contract.
type ContractDraft struct {
	Account       string            `json:"account" minLength:"1" maxLength:"100" doc:"The customer's id." example:"contoso"`
	Seller        string            `json:"seller,omitempty" maxLength:"100" doc:"Who sells; the book's first seller where it is not given."`
	Currency      string            `json:"currency,omitempty" pattern:"^[A-Z]{3}$" doc:"ISO 4217; the seller's where it is not given."`
	Frequency     string            `json:"frequency,omitempty" maxLength:"50" doc:"The unit that it is invoiced in; monthly where it is not given." example:"monthly"`
	Schedule      string            `json:"schedule,omitempty" enum:"aligned,flexi,mirror" doc:"How periods relate to invoice dates; aligned where it is not given."`
	Timing        string            `json:"timing,omitempty" enum:"advance,arrears" doc:"When a period is owed; in advance where it is not given."`
	Start         Day               `json:"start" doc:"Its first day."`
	End           Day               `json:"end,omitempty" doc:"The first day after its last; absent where it goes on."`
	NextInvoice   Day               `json:"next_invoice,omitempty" doc:"The first invoice date, where it is not that of the frequency."`
	OffsetDays    int               `json:"offset_days,omitempty" minimum:"-60" maximum:"60" doc:"By how many days invoice dates are later (or, negative, earlier)."`
	Collect       string            `json:"collect,omitempty" enum:"due,upcoming" doc:"What an invoice takes: what is due, or also what begins before the next one (flexi, in advance)."`
	Proration     string            `json:"proration,omitempty" enum:"days,days30,months,none" doc:"How a part of a period is measured; by days where it is not given."`
	Changes       *ContractChanges  `json:"changes,omitempty" doc:"When changes are owed; with the next invoice where it is not given."`
	Refunds       *ContractRefunds  `json:"refunds,omitempty" doc:"What becomes of seats that are given up; the days that are left are refunded where it is not given."`
	Reductions    string            `json:"reductions,omitempty" enum:"allowed,within_window,forbidden" doc:"Whether seats may be given up inside a term; allowed where it is not given."`
	Discount      *ContractDiscount `json:"discount,omitempty" doc:"What is taken off everything."`
	PriceList     string            `json:"price_list,omitempty" maxLength:"100" doc:"The price list that is searched before the account's."`
	RatePolicy    string            `json:"rate_policy,omitempty" enum:"term,invoice" doc:"When foreign prices are converted: with the lock of the price, or on the invoice date."`
	SuspendedFree bool              `json:"suspended_free,omitempty" doc:"A suspended subscription counts as no seats."`
	MonthEnd      string            `json:"month_end,omitempty" enum:"clamp,stick" doc:"Whether a cycle that begins on the last day of a month stays on last days (stick)."`
	PurchaseOrder string            `json:"purchase_order,omitempty" maxLength:"100" doc:"What its invoices refer to."`
}

// ContractChanges says when change and adjustment lines are owed.
type ContractChanges struct {
	Policy string `json:"policy" enum:"next_invoice,immediate,weekly,monthly,renewal" doc:"With the next invoice, at once, together each week or month, or with the renewal."`
	Day    int    `json:"day,omitempty" minimum:"0" maximum:"31" doc:"The day of weekly (0 is Sunday) or monthly."`
}

// ContractRefunds says what becomes of fewer seats inside what is paid.
type ContractRefunds struct {
	Policy string `json:"policy" enum:"prorated,none,within_days" doc:"The days that are left are refunded, nothing is, or seats within some days after they were added."`
	Days   int    `json:"days,omitempty" minimum:"0" maximum:"365" doc:"How many, of within_days."`
}

// ContractDiscount is a percentage off.
type ContractDiscount struct {
	Percent Decimal `json:"percent" doc:"In percent, 0 to 100." example:"10"`
	Initial bool    `json:"initial,omitempty" doc:"Only for the seats that each term opens with."`
	From    Day     `json:"from,omitempty" doc:"For lines that begin on this day or later."`
	To      Day     `json:"to,omitempty" doc:"For lines that begin before this day."`
}

// The words of a contract's terms, in the order of the values that they stand for.
var (
	scheduleWords   = []string{"aligned", "flexi", "mirror"}
	timingWords     = []string{"advance", "arrears"}
	collectWords    = []string{"due", "upcoming"}
	prorationWords  = []string{"days", "days30", "months", "none"}
	changesWords    = []string{"next_invoice", "immediate", "weekly", "monthly", "renewal"}
	refundsWords    = []string{"prorated", "none", "within_days"}
	reductionsWords = []string{"allowed", "within_window", "forbidden"}
	ratePolicyWords = []string{"term", "invoice"}
	monthEndWords   = []string{"clamp", "stick"}
)

func contractOf(row *office.ContractRow) Contract {
	return Contract{ContractDraft: contractDraftOf(&row.Contract), ID: string(row.Contract.ID), AccountName: row.AccountName,
		ThroughOn: dayOf(row.ThroughOn), DueOn: dayOf(row.DueOn), Subscriptions: row.Subscriptions}
}

func contractDraftOf(c *flow.Contract) ContractDraft {
	d := ContractDraft{Account: string(c.Account), Seller: string(c.Seller), Currency: c.Currency.String(), Frequency: c.Frequency.Name,
		Schedule: scheduleWords[c.Schedule], Timing: timingWords[c.Timing], Start: dayOf(c.Start), End: dayOf(c.End), NextInvoice: dayOf(c.NextInvoice), OffsetDays: c.OffsetDays,
		Collect: collectWords[c.Collect], Proration: prorationWords[c.Proration], Changes: &ContractChanges{changesWords[c.Changes.Policy], c.Changes.Day},
		Refunds: &ContractRefunds{refundsWords[c.Refunds.Policy], c.Refunds.Days}, Reductions: reductionsWords[c.Reductions], PriceList: c.PriceList,
		RatePolicy: ratePolicyWords[c.RatePolicy], SuspendedFree: c.SuspendedFree, MonthEnd: monthEndWords[0], PurchaseOrder: c.PurchaseOrder}
	if c.Stick {
		d.MonthEnd = monthEndWords[1]
	}
	if off := &c.Discount; off.Percent.Sign() != 0 {
		d.Discount = &ContractDiscount{decimalOf(off.Percent), off.Initial, dayOf(off.From), dayOf(off.To)}
	}
	return d
}

// contract reads what was written.
func (d *ContractDraft) contract(id string) (c flow.Contract, err error) {
	c = flow.Contract{Seller: flow.SellerID(d.Seller), PurchaseOrder: d.PurchaseOrder, Contract: billing.Contract{ID: billing.ContractID(id), Account: accountID(d.Account),
		Schedule: valueOf[billing.Schedule](scheduleWords, d.Schedule), Frequency: billing.Unit{Name: d.Frequency}, Timing: valueOf[billing.Timing](timingWords, d.Timing),
		OffsetDays: d.OffsetDays, Collect: valueOf[billing.Collect](collectWords, d.Collect), Proration: valueOf[billing.Proration](prorationWords, d.Proration),
		Reductions: valueOf[billing.ReductionsPolicy](reductionsWords, d.Reductions), PriceList: d.PriceList,
		RatePolicy: valueOf[billing.RatePolicy](ratePolicyWords, d.RatePolicy), SuspendedFree: d.SuspendedFree, Stick: d.MonthEnd == monthEndWords[1]}}
	if c.Frequency.Name == "" {
		c.Frequency.Name = "monthly"
	}
	if d.Changes != nil {
		c.Changes = billing.Changes{Policy: valueOf[billing.ChangesPolicy](changesWords, d.Changes.Policy), Day: d.Changes.Day}
	}
	if d.Refunds != nil {
		c.Refunds = billing.Refunds{Policy: valueOf[billing.RefundsPolicy](refundsWords, d.Refunds.Policy), Days: d.Refunds.Days}
	}
	if d.Currency != "" {
		if c.Currency, err = money.ParseCurrency(d.Currency); err != nil {
			return c, &office.FieldError{Field: "currency", Err: err}
		}
	}
	return c, d.dated(&c)
}

// dated reads the days, and the discount, which has some.
func (d *ContractDraft) dated(c *flow.Contract) (err error) {
	if c.Start, err = d.Start.date("start"); err != nil {
		return err
	}
	if c.End, err = d.End.date("end"); err != nil {
		return err
	}
	if c.NextInvoice, err = d.NextInvoice.date("next_invoice"); err != nil || d.Discount == nil {
		return err
	}
	c.Discount.Initial = d.Discount.Initial
	if c.Discount.Percent, err = d.Discount.Percent.decimal("discount.percent"); err != nil {
		return err
	}
	if c.Discount.From, err = d.Discount.From.date("discount.from"); err != nil {
		return err
	}
	c.Discount.To, err = d.Discount.To.date("discount.to")
	return err
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

// ContractNamed is asked of one contract.
type ContractNamed struct {
	ID string `path:"id" maxLength:"100" doc:"The contract's id." example:"c1"`
}

func contractGet(ctx context.Context, desk *office.Desk, in *ContractNamed) (*tagged[Contract], error) {
	d, err := desk.ContractGet(ctx, billing.ContractID(in.ID))
	if err != nil {
		return nil, err
	}
	row := office.ContractRow{Contract: d.Contract, AccountName: d.Account.Name, Subscriptions: len(d.Subscriptions), ThroughOn: d.ThroughOn, DueOn: d.DueOn, Version: d.Version}
	return &tagged[Contract]{versionTag(d.Version), contractOf(&row)}, nil
}

// ContractNew is a contract that is added.
type ContractNew struct {
	ID string `json:"id" pattern:"^[A-Za-z0-9._-]{1,100}$" doc:"Its id, which stays." example:"fabrikam-2026"`
	ContractDraft
}

func contractAdd(ctx context.Context, desk *office.Desk, in *struct{ Body ContractNew }) (*created[Contract], error) {
	contract, err := in.Body.contract(in.Body.ID)
	if err != nil {
		return nil, err
	}
	if err := desk.ContractPut(ctx, contract, flow.New); err != nil {
		return nil, err
	}
	added, err := contractGet(ctx, desk, &ContractNamed{in.Body.ID})
	if err != nil {
		return nil, err
	}
	return &created[Contract]{"/v1/contracts/" + in.Body.ID, added.Body}, nil
}

func contractChange(ctx context.Context, desk *office.Desk, in *struct {
	ContractNamed
	Matching
	Body ContractDraft
}) (*tagged[Contract], error) {
	version, err := in.known()
	if err != nil {
		return nil, err
	}
	contract, err := in.Body.contract(in.ID)
	if err != nil {
		return nil, err
	}
	if err := desk.ContractPut(ctx, contract, version); err != nil {
		return nil, err
	}
	return contractGet(ctx, desk, &in.ContractNamed)
}

func accountID(text string) billing.AccountID { return billing.AccountID(text) }
