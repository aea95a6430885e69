package api

import (
	"context"
	"time"

	"prorata/core/money"
	"prorata/core/report"
	"prorata/flow"
	"prorata/flow/office"
)

// RecurringRevenue is what current subscriptions bring in a month.
type RecurringRevenue struct {
	On          Day                `json:"on,omitempty" doc:"The day that it is for; absent where it was never worked out."`
	TakenAt     *time.Time         `json:"taken_at,omitempty" doc:"When it was worked out."`
	Currency    string             `json:"currency,omitempty" pattern:"^[A-Z]{3}$" doc:"That of the seller, to which the months are converted." example:"EUR"`
	Months      []RecurringMonth   `json:"months" nullable:"false" doc:"Month by month, oldest first, in one currency."`
	ByCurrency  []RecurringMonth   `json:"by_currency" nullable:"false" doc:"The last month in each currency as it is, largest first."`
	Unconverted []RecurringMonth   `json:"unconverted" nullable:"false" doc:"What of the last month has no exchange rate, and is not in months."`
	Accounts    []RecurringAccount `json:"accounts" nullable:"false" doc:"The accounts that bring most, as far as they were asked for."`
}

// RecurringMonth is what a month brings, and what became of the month before.
type RecurringMonth struct {
	On            Day            `json:"on" doc:"Its last day, or today."`
	Amount        Money          `json:"amount" doc:"What it brings."`
	Moved         RecurringMoves `json:"moved" doc:"What moved it since the month before; the amount then and these are the amount now."`
	Subscriptions int64          `json:"subscriptions" doc:"How many there are."`
	Unpriced      int64          `json:"unpriced" doc:"How many of them have no price, and are not in the amount."`
}

// RecurringMoves are what moved recurring revenue, by cause.
type RecurringMoves struct {
	New         Decimal `json:"new" doc:"Subscriptions that began."`
	Expansion   Decimal `json:"expansion" doc:"More seats."`
	Contraction Decimal `json:"contraction" doc:"Fewer seats."`
	Churn       Decimal `json:"churn" doc:"Subscriptions that ended."`
	Price       Decimal `json:"price" doc:"Other prices and discounts."`
	Exchange    Decimal `json:"exchange" doc:"Other exchange rates."`
}

func monthOf(m *report.Month) RecurringMonth {
	moved := func(cause report.Cause) Decimal { return Decimal(m.Moved[cause].String()) }
	return RecurringMonth{dayOf(m.On), moneyOf(m.Amount), RecurringMoves{moved(report.New), moved(report.Expansion), moved(report.Contraction), moved(report.Churn), moved(report.Price), moved(report.Exchange)},
		m.Subscriptions, m.Unpriced}
}

// RecurringAccount is what the contracts of an account bring in a month.
type RecurringAccount struct {
	Account       string `json:"account" doc:"The account."`
	Name          string `json:"name" doc:"Its name."`
	Amount        Money  `json:"amount" doc:"What they bring now."`
	MonthBefore   Money  `json:"month_before" doc:"What they brought at the end of the month before."`
	YearBefore    Money  `json:"year_before" doc:"What they brought twelve months before that."`
	Contracts     int64  `json:"contracts" doc:"How many contracts there are."`
	Subscriptions int64  `json:"subscriptions" doc:"How many subscriptions."`
}

func recurringOf(r *office.Recurring) RecurringRevenue {
	shown := RecurringRevenue{On: dayOf(r.AsOf.On), TakenAt: instantOf(r.AsOf.TakenAt), Currency: r.Currency.String(),
		Months: each(r.Months, monthOf), ByCurrency: each(r.ByCurrency, monthOf), Unconverted: each(r.Unconverted, monthOf)}
	shown.Accounts = each(r.Accounts, func(a *flow.RecurringAccount) RecurringAccount {
		return RecurringAccount{string(a.Account), a.Name, moneyOf(a.Amount), moneyOf(a.MonthBefore), moneyOf(a.YearBefore), a.Contracts, a.Subscriptions}
	})
	return shown
}

func recurringRevenue(ctx context.Context, desk *office.Desk, in *struct {
	Seller   string `query:"seller" maxLength:"100" doc:"Only this seller's, in its currency; all of them in the first one's where it is not given."`
	Accounts int    `query:"accounts" minimum:"0" maximum:"1000" doc:"How many of the accounts that bring most to give."`
}) (*struct{ Body RecurringRevenue }, error) {
	r, err := desk.RecurringRevenue(ctx, office.RecurringQuery{Seller: flow.SellerID(in.Seller), Accounts: in.Accounts})
	if err != nil {
		return nil, err
	}
	return &struct{ Body RecurringRevenue }{recurringOf(&r)}, nil
}

// Owed is what is owed in one currency, by the days since it was due.
type Owed struct {
	Payer    string `json:"payer,omitempty" doc:"Who owes it; absent for all together."`
	Name     string `json:"name,omitempty" doc:"Their name."`
	NotDue   Money  `json:"not_due" doc:"What is not due yet, or today."`
	Upto30   Money  `json:"days_1_30" doc:"What was due up to 30 days ago."`
	Upto60   Money  `json:"days_31_60" doc:"What was due 31 to 60 days ago."`
	Upto90   Money  `json:"days_61_90" doc:"What was due 61 to 90 days ago."`
	Over90   Money  `json:"over_90_days" doc:"What was due before that."`
	Credit   Money  `json:"credit" doc:"What is owed the other way, as a negative amount."`
	Total    Money  `json:"total" doc:"All of it."`
	Overdue  Money  `json:"overdue" doc:"What was due before today."`
	Invoices int64  `json:"invoices" doc:"How many invoices it is on."`
	Oldest   Day    `json:"oldest,omitempty" doc:"The earliest day on which something of it was due."`
}

func owedOf(o *report.Owed, name string) Owed {
	age := func(a report.Age) Money { return moneyOf(o.ByAge[a]) }
	return Owed{string(o.Payer), name, age(report.NotDue), age(report.Upto30), age(report.Upto60), age(report.Upto90), age(report.Over90), age(report.Credit),
		moneyOf(o.Total), moneyOf(o.Overdue()), o.Invoices, dayOf(o.Oldest)}
}

// Receivables are what payers owe, by age.
type Receivables struct {
	On     Day    `json:"on" doc:"The day that it is for."`
	Totals []Owed `json:"totals" nullable:"false" doc:"All together, by currency."`
	Payers []Owed `json:"payers" nullable:"false" doc:"Those who owe most, by currency."`
	More   bool   `json:"more" doc:"Whether there are more payers than were asked for."`
}

func receivables(ctx context.Context, desk *office.Desk, in *struct {
	Payers int `query:"payers" minimum:"1" maximum:"10000" default:"100" doc:"How many payers to give at most."`
}) (*struct{ Body Receivables }, error) {
	r, err := desk.ReceivablesByAge(ctx, in.Payers)
	if err != nil {
		return nil, err
	}
	total := func(o *report.Owed) Owed { return owedOf(o, "") }
	return &struct{ Body Receivables }{Receivables{dayOf(r.On), each(r.Totals, total), each(r.Payers, func(o *report.Owed) Owed { return owedOf(o, r.Names[o.Payer]) }), r.More}}, nil
}

// MarginRow is what a month, a product or an account cost and brought, in one currency.
type MarginRow struct {
	Of      string         `json:"of" doc:"A month, a product or an account; empty for what nobody was billed for." example:"2026-02"`
	Name    string         `json:"name,omitempty" doc:"The product's or account's name."`
	Revenue ProviderAmount `json:"revenue" doc:"What was billed."`
	Cost    ProviderAmount `json:"cost" doc:"What the provider asked for it."`
	Margin  ProviderAmount `json:"margin" doc:"Revenue less cost."`
	Percent Decimal        `json:"percent,omitempty" doc:"The margin as a part of the revenue, in percent; absent without revenue."`
	Ahead   ProviderAmount `json:"ahead" doc:"What was paid for days that customers are not billed for yet; it is not in the cost."`
}

func marginRowOf(m *office.MarginRow) MarginRow {
	amount := func(d money.Decimal) ProviderAmount { return providerAmountOf(d, m.Currency) }
	row := MarginRow{Of: m.Of, Name: m.Name, Revenue: amount(m.Revenue), Cost: amount(m.Cost), Margin: amount(m.Margin()), Ahead: amount(m.Ahead)}
	if percent, known := m.Percent(); known {
		row.Percent = decimalOf(percent)
	}
	return row
}

// Margins are what providers' invoices of a year cost and brought, as they were compared.
type Margins struct {
	From     Day         `json:"from" doc:"The first day of the invoices that are in it."`
	Months   []MarginRow `json:"months" nullable:"false" doc:"By month of the invoice, oldest first."`
	Products []MarginRow `json:"products" nullable:"false" doc:"By product, with most revenue first."`
	Accounts []MarginRow `json:"accounts" nullable:"false" doc:"By account, with most revenue first."`
}

func margin(ctx context.Context, desk *office.Desk, _ *struct{}) (*struct{ Body Margins }, error) {
	m, err := desk.Margin(ctx)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Margins }{Margins{dayOf(m.From), each(m.Months, marginRowOf), each(m.Products, marginRowOf), each(m.Accounts, marginRowOf)}}, nil
}

// each shows every one of a list.
func each[S, T any](list []S, show func(*S) T) []T {
	shown := make([]T, len(list))
	for i := range list {
		shown[i] = show(&list[i])
	}
	return shown
}
