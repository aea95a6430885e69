// Package report shows tables of figures with their drawings: recurring revenue, what
// payers owe by age, and margin; each can be taken away as CSV.
package report

import (
	"prorata/core/money"
	sums "prorata/core/report"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// The addresses of the reports.
const (
	Path           = "/reports"
	PathRecurring  = "/reports/recurring"
	PathReceivable = "/reports/receivables"
	PathMargin     = "/reports/margin"
)

// The most rows that a page shows of accounts and payers; the CSV has more.
const (
	rowsShown = 100
	rowsMost  = 100_000
)

// tab is one of the reports.
type tab struct{ name, path, verb string }

func tabs() []tab {
	return []tab{{"Recurring revenue", PathRecurring, "RecurringRevenue"}, {"Receivables by age", PathReceivable, "ReceivablesByAge"}, {"Margin", PathMargin, "Margin"}}
}

// frame is the page around a report.
func frame(title string) part.Page {
	return part.Page{Title: title, Section: Path, Crumbs: []part.Link{{Text: "Reports", Path: Path}}}
}

// First leads to the first report that the reader may see.
func First(v *visit.Visit) error {
	for _, t := range tabs() {
		if v.May(t.verb) {
			return v.Done(t.path, "")
		}
	}
	return v.Desk.Ask(v.R.Context(), tabs()[0].verb)
}

// recurringPage is recurring revenue on its page.
type recurringPage struct {
	visit   *visit.Visit
	revenue office.Recurring
}

// Revenue is the page of recurring revenue.
func Revenue(v *visit.Visit) error {
	r, err := v.Desk.RecurringRevenue(v.R.Context(), office.RecurringQuery{Seller: flow.SellerID(v.R.URL.Query().Get("seller")), Accounts: rowsShown})
	if err != nil {
		return err
	}
	return v.Page(frame("Recurring revenue"), recurringBody(&recurringPage{v, r}))
}

// RevenueCSV is recurring revenue by account.
func RevenueCSV(v *visit.Visit) error {
	r, err := v.Desk.RecurringRevenue(v.R.Context(), office.RecurringQuery{Seller: flow.SellerID(v.R.URL.Query().Get("seller")), Accounts: rowsMost})
	if err != nil {
		return err
	}
	rows := [][]string{{"account", "name", "currency", "a_month", "end_of_month_before", "a_year_before", "contracts", "subscriptions"}}
	for i := range r.Accounts {
		a := &r.Accounts[i]
		rows = append(rows, []string{string(a.Account), a.Name, r.Currency.String(), a.Amount.String(), a.MonthBefore.String(), a.YearBefore.String(), count(a.Contracts), count(a.Subscriptions)})
	}
	return table(v, "recurring-revenue-"+r.AsOf.On.String(), rows)
}

// last is the newest month.
func (p *recurringPage) last() *sums.Month { return &p.revenue.Months[len(p.revenue.Months)-1] }

func (p *recurringPage) figures() []part.Figure {
	return RevenueFigures(p.visit.Locale, &p.revenue)
}

// RevenueFigures are a month, a year, and what moved since the month before.
func RevenueFigures(l part.Locale, r *office.Recurring) []part.Figure {
	if len(r.Months) == 0 {
		return nil
	}
	last := &r.Months[len(r.Months)-1]
	year := money.NewAmount(0, r.Currency)
	for range 12 {
		year = year.Add(last.Amount)
	}
	nothing := money.NewAmount(0, r.Currency)
	came, went := nothing, nothing
	for _, moved := range last.Moved {
		if moved.Sign() > 0 {
			came = came.Add(moved)
		} else {
			went = went.Add(moved)
		}
	}
	return []part.Figure{
		{Name: "A month", Value: l.Amount(last.Amount), Unit: r.Currency.String(), Beside: part.Plural(last.Subscriptions, "subscription")},
		{Name: "A year", Value: l.Amount(year), Unit: r.Currency.String()},
		{Name: "Came this month", Value: signed(l, came)},
		{Name: "Went this month", Value: l.Amount(went)},
	}
}

// receivablePage is what payers owe on its page.
type receivablePage struct {
	visit *visit.Visit
	owed  office.Receivables
}

// Receivables is the page of what payers owe.
func Receivables(v *visit.Visit) error {
	r, err := v.Desk.ReceivablesByAge(v.R.Context(), rowsShown)
	if err != nil {
		return err
	}
	return v.Page(frame("Receivables by age"), receivableBody(&receivablePage{v, r}))
}

// ReceivablesCSV is what payers owe, a row for each payer and currency.
func ReceivablesCSV(v *visit.Visit) error {
	r, err := v.Desk.ReceivablesByAge(v.R.Context(), rowsMost)
	if err != nil {
		return err
	}
	rows := [][]string{{"payer", "name", "currency", "not_due", "days_1_30", "days_31_60", "days_61_90", "over_90_days", "credit", "total", "invoices", "oldest_due_on"}}
	for i := range r.Payers {
		p := &r.Payers[i]
		row := []string{string(p.Payer), r.Names[p.Payer], p.Total.Currency().String()}
		for _, amount := range p.ByAge {
			row = append(row, amount.String())
		}
		rows = append(rows, append(row, p.Total.String(), count(p.Invoices), p.Oldest.String()))
	}
	return table(v, "receivables-"+r.On.String(), rows)
}

// marginPage is margin on its page.
type marginPage struct {
	visit   *visit.Visit
	margins office.Margins
}

// Margin is the page of margin.
func Margin(v *visit.Visit) error {
	m, err := v.Desk.Margin(v.R.Context())
	if err != nil {
		return err
	}
	return v.Page(frame("Margin"), marginBody(&marginPage{v, m}))
}

// MarginCSV is margin by product, and then by account.
func MarginCSV(v *visit.Visit) error {
	m, err := v.Desk.Margin(v.R.Context())
	if err != nil {
		return err
	}
	rows := [][]string{{"by", "id", "name", "currency", "revenue", "cost", "margin", "margin_percent", "cost_ahead"}}
	for _, group := range []struct {
		by   string
		list []office.MarginRow
	}{{"product", m.Products}, {"account", m.Accounts}} {
		for i := range group.list {
			r := &group.list[i]
			rows = append(rows, []string{group.by, r.Of, r.Name, r.Currency.String(), r.Revenue.String(), r.Cost.String(), r.Margin().String(), percent(r), r.Ahead.String()})
		}
	}
	return table(v, "margin-since-"+m.From.String(), rows)
}

func percent(r *office.MarginRow) string {
	if p, known := r.Percent(); known {
		return p.String()
	}
	return ""
}

// someDecimal sets a sum of costs, rounded to its currency's digits: they have more. It
// is empty for nothing.
func someDecimal(l part.Locale, d money.Decimal, currency money.Currency) string {
	if d.IsZero() {
		return ""
	}
	amount, err := money.RoundTo(d.Ratio(), currency)
	if err != nil {
		return l.Number(d.String())
	}
	return l.Amount(amount)
}
