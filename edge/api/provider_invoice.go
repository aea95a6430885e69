package api

import (
	"context"
	"time"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
)

// unbilled stands in an address for what a provider has not billed yet, which has no number.
const unbilled = "unbilled"

// ProviderInvoice is what a provider charged on one invoice, and what comparing it came to.
type ProviderInvoice struct {
	Connection   string         `json:"connection" doc:"The provider."`
	ID           string         `json:"id" doc:"The provider's number; unbilled for what it has not billed yet." example:"G012345678"`
	On           Day            `json:"on,omitempty" doc:"Its date; absent while it is not billed."`
	From         Day            `json:"from,omitempty" doc:"The first day that it charges for."`
	To           Day            `json:"to,omitempty" doc:"The day after the last."`
	Credit       bool           `json:"credit" doc:"Whether it is a credit note."`
	Total        ProviderAmount `json:"total" doc:"What it says it comes to, tax included."`
	LinesTotal   ProviderAmount `json:"lines_total" doc:"What its rows come to, tax included."`
	Tax          ProviderAmount `json:"tax" doc:"The tax in it."`
	Lines        int64          `json:"lines" doc:"How many rows it has."`
	State        string         `json:"state" enum:"incomplete,not reconciled,unexplained,reconciled" doc:"How far it is: its rows do not come to its total; it was not compared since it was imported; something is not explained; every difference has its cause."`
	ImportedAt   time.Time      `json:"imported_at" doc:"When it was imported."`
	ReconciledAt *time.Time     `json:"reconciled_at,omitempty" doc:"When it was last compared."`
	Reckoning    *Reckoning     `json:"reckoning,omitempty" doc:"What comparing it came to; absent until then."`
	Margins      []ProviderSum  `json:"margins" nullable:"false" doc:"What it cost and brought, a sum for each currency of revenue."`
}

// Reckoning is what comparing an invoice came to, before tax.
type Reckoning struct {
	Rows        int64          `json:"rows" doc:"How many rows were compared."`
	Exact       int64          `json:"exact" doc:"How many of them are as expected to the cent."`
	Findings    int64          `json:"findings" doc:"How many differences there are."`
	Charged     ProviderAmount `json:"charged" doc:"What the provider asked."`
	Expected    ProviderAmount `json:"expected" doc:"What the log says that it should have asked."`
	Explained   ProviderAmount `json:"explained" doc:"The part of the difference that has a cause."`
	Unexplained ProviderAmount `json:"unexplained" doc:"The part that no rule explains."`
	Unbilled    ProviderAmount `json:"unbilled" doc:"What no customer was billed for."`
}

func reckoningOf(r *flow.Reckoning) *Reckoning {
	amount := func(d money.Decimal) ProviderAmount { return providerAmountOf(d, r.Currency) }
	return &Reckoning{r.Rows, r.Exact, r.Findings, amount(r.Charged), amount(r.Expected), amount(r.Explained()), amount(r.Unexplained), amount(r.Unbilled)}
}

// ProviderSum is one total of a reconciled invoice.
type ProviderSum struct {
	Of      string          `json:"of" doc:"A cause, or the id of a customer at the provider, a product or an account; empty for the whole, and for what nobody was billed for."`
	Name    string          `json:"name,omitempty" doc:"What people call it."`
	Count   int64           `json:"count,omitempty" doc:"How often a cause was found."`
	Cost    ProviderAmount  `json:"cost" doc:"A cause's amount, or what was paid for what was billed or never will be."`
	Ahead   ProviderAmount  `json:"ahead" doc:"What was paid for days that customers are not billed for yet."`
	Revenue *Money          `json:"revenue,omitempty" doc:"What was taken for the same days; absent where nothing was."`
	Margin  *ProviderAmount `json:"margin,omitempty" doc:"Revenue less cost; absent where they are in two currencies."`
}

func providerSumOf(k *flow.KeptSum) ProviderSum {
	sum := ProviderSum{Of: k.Of, Name: k.Name, Count: k.Count, Cost: providerAmountOf(k.Cost, k.Currency), Ahead: providerAmountOf(k.Ahead, k.Currency), Revenue: someMoney(k.Revenue)}
	if margin, ok := k.Margin(); ok && k.By != flow.SumCause {
		amount := providerAmountOf(margin, k.Currency)
		sum.Margin = &amount
	}
	return sum
}

func providerInvoiceOf(row *office.ProviderInvoiceRow) ProviderInvoice {
	amount := func(d money.Decimal) ProviderAmount { return providerAmountOf(d, row.Currency) }
	invoice := ProviderInvoice{Connection: string(row.Connection), ID: invoiceWord(row.ID), On: dayOf(row.On), From: dayOf(row.Period.From), To: dayOf(row.Period.To), Credit: row.Credit,
		Total: amount(row.Total), LinesTotal: amount(row.LinesTotal), Tax: amount(row.TaxTotal), Lines: row.Lines, State: string(row.State()), ImportedAt: row.ImportedAt.UTC(),
		ReconciledAt: instantOf(row.ReconciledAt), Margins: sumsOf(row.Margins)}
	if row.Reckoned {
		invoice.Reckoning = reckoningOf(&row.Reckoning)
	}
	return invoice
}

func sumsOf(kept []flow.KeptSum) []ProviderSum {
	sums := make([]ProviderSum, len(kept))
	for i := range kept {
		sums[i] = providerSumOf(&kept[i])
	}
	return sums
}

// invoiceWord is an invoice as an address has it.
func invoiceWord(id string) string {
	if id == "" {
		return unbilled
	}
	return id
}

// providerInvoiceKey is where a list of them goes on: the newest comes first.
type providerInvoiceKey struct {
	On string `json:"o"`
	ID string `json:"i"`
}

func providerInvoiceList(ctx context.Context, desk *office.Desk, in *struct {
	Paging
	OfConnection
}) (*listed[ProviderInvoice], error) {
	before, err := begin[providerInvoiceKey]("provider invoices", in.After)
	if err != nil {
		return nil, err
	}
	filter := office.ProviderInvoiceFilter{Connection: in.id(), BeforeID: before.ID, Most: in.Limit + 1}
	if before.On != "" {
		if filter.Before, err = calendar.ParseDate(before.On); err != nil {
			return nil, &office.FieldError{Field: "after", Err: err}
		}
	}
	list, err := desk.ProviderInvoiceList(ctx, filter)
	if err != nil {
		return nil, err
	}
	return pageOf("provider invoices", in.Limit, list, providerInvoiceOf, func(row *office.ProviderInvoiceRow) providerInvoiceKey {
		return providerInvoiceKey{row.On.String(), row.ID}
	}), nil
}

// ProviderInvoiceNamed is asked of one invoice of a provider.
type ProviderInvoiceNamed struct {
	ConnectionNamed
	Invoice string `path:"invoice" maxLength:"200" doc:"The provider's number, or unbilled for what it has not billed yet." example:"G012345678"`
}

// number is the provider's; none for what is not billed.
func (in *ProviderInvoiceNamed) number() string {
	if in.Invoice == unbilled {
		return ""
	}
	return in.Invoice
}

// ProviderInvoiceDetail is an invoice with its differences by cause.
type ProviderInvoiceDetail struct {
	ProviderInvoice
	Causes []ProviderSum `json:"causes" nullable:"false" doc:"Its differences, by cause."`
}

func providerInvoiceGet(ctx context.Context, desk *office.Desk, in *ProviderInvoiceNamed) (*struct{ Body ProviderInvoiceDetail }, error) {
	detail, err := desk.ProviderInvoiceGet(ctx, in.id(), in.number())
	if err != nil {
		return nil, err
	}
	return &struct{ Body ProviderInvoiceDetail }{ProviderInvoiceDetail{providerInvoiceOf(&detail.ProviderInvoiceRow), sumsOf(detail.Causes)}}, nil
}

func providerInvoiceReconcile(ctx context.Context, desk *office.Desk, in *ProviderInvoiceNamed) (*begun, error) {
	return errandBegun(&in.ConnectionNamed, desk.ProviderInvoiceReconcile(ctx, in.id(), in.number()))
}

func providerSumList(ctx context.Context, desk *office.Desk, in *struct {
	ProviderInvoiceNamed
	Paging
	By string `query:"by" required:"true" enum:"whole,cause,customer,product,entity" doc:"What is added up: all of it by currency of revenue, causes of differences, or what was paid and taken for each customer of the provider, product, or account that was billed."`
}) (*listed[ProviderSum], error) {
	name := "sums/" + in.By + "/" + in.Invoice
	after, err := begin[int64](name, in.After)
	if err != nil {
		return nil, err
	}
	list, err := desk.ProviderSumList(ctx, in.id(), in.number(), flow.SumBy(in.By), after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return pageOf(name, in.Limit, list, providerSumOf, func(k *flow.KeptSum) int64 { return k.Place }), nil
}

// ReadinessCheck is one thing that must be so before a month can be closed towards a provider.
type ReadinessCheck struct {
	Code     string `json:"code" doc:"The same for the same check in every month."`
	State    string `json:"state" enum:"well,look,blocked" doc:"Whether it stands in the way."`
	Sentence string `json:"sentence" doc:"How it stands."`
	Todo     string `json:"todo,omitempty" doc:"What to do where it is not well."`
}

func readinessGet(ctx context.Context, desk *office.Desk, in *struct {
	ConnectionNamed
	Month string `query:"month" pattern:"^[0-9]{4}-[0-9]{2}$" doc:"The month; the last one where it is not given." example:"2026-02"`
}) (*listed[ReadinessCheck], error) {
	month := firstOfMonth(desk.Today()).AddMonths(-1)
	if in.Month != "" {
		var err error
		if month, err = calendar.ParseDate(in.Month + "-01"); err != nil {
			return nil, &office.FieldError{Field: "month", Err: err}
		}
	}
	checks, err := desk.ReadinessGet(ctx, in.id(), month)
	if err != nil {
		return nil, err
	}
	return pageBefore[flow.ReadinessCheck, ReadinessCheck, string]("readiness", checks, nil, func(c *flow.ReadinessCheck) ReadinessCheck {
		return ReadinessCheck{c.Code, c.State.String(), c.Sentence, c.Todo}
	}), nil
}

func firstOfMonth(day calendar.Date) calendar.Date {
	_, _, n := day.Civil()
	return day.AddDays(1 - n)
}
