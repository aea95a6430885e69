package office

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/core/report"
	"prorata/flow"
)

// Recurring is recurring revenue as it was last computed.
type Recurring struct {
	// AsOf is of when it is; no ID where it was never computed.
	AsOf flow.Snapshot
	// Currency is that of the book's first seller, or of the seller asked for, to which
	// Months are converted: one for each month's end, oldest first.
	Currency money.Currency
	Months   []report.Month
	// Unconverted are amounts of the last month without a rate, which are not in Months.
	Unconverted []report.Month
	// ByCurrency is the last month of each currency as it is, largest first.
	ByCurrency []report.Month
	// Accounts are those that bring most, in Currency alone.
	Accounts []flow.RecurringAccount
}

// RecurringQuery narrows recurring revenue; zero values do not.
type RecurringQuery struct {
	Seller flow.SellerID
	// Accounts is how many accounts are wanted; 0 for none.
	Accounts int
}

// RecurringRevenue is what current subscriptions bring in a month, month by month with
// what moved it, in one currency at each day's rate.
func (d *Desk) RecurringRevenue(ctx context.Context, q RecurringQuery) (r Recurring, err error) {
	err = d.read(ctx, "RecurringRevenue", func(tx Tx) error {
		r, err = d.recurring(tx, q)
		return err
	})
	return r, err
}

func (d *Desk) recurring(tx Tx, q RecurringQuery) (r Recurring, err error) {
	if r.AsOf, err = tx.SnapshotGet(); err != nil {
		if errors.Is(err, flow.ErrUnknown) {
			err = nil
		}
		return r, err
	}
	sellers, err := tx.SellerList()
	if err != nil || len(sellers) == 0 {
		return r, err
	}
	r.Currency = sellers[0].Currency
	if q.Seller != "" {
		at := slices.IndexFunc(sellers, func(s flow.Seller) bool { return s.ID == q.Seller })
		if at < 0 {
			return r, unseen("seller", string(q.Seller))
		}
		r.Currency = sellers[at].Currency
	}
	totals, err := tx.RecurringTotals(r.AsOf.ID)
	if err != nil {
		return r, err
	}
	var months []report.Month
	for i := range totals {
		t := &totals[i]
		if q.Seller == "" {
			t.Rate, t.HasRate = t.BookRate, t.HasBookRate
		} else if t.Seller != q.Seller {
			continue
		}
		months = append(months, t.Month)
	}
	if err := r.sum(months); err != nil {
		return r, err
	}
	if q.Accounts > 0 {
		r.Accounts, err = d.office.recurringAccounts(tx, &r, q.Accounts)
	}
	return r, err
}

// recurringAccounts adds a snapshot's contracts up once, as far as few are asked for, and
// gives them with the names that they have now.
func (o *Office) recurringAccounts(tx Tx, r *Recurring, most int) (list []flow.RecurringAccount, err error) {
	read := func() ([]flow.RecurringAccount, error) { return tx.RecurringAccounts(r.AsOf.ID, r.Currency, most) }
	if most > rowsKept {
		list, err = read()
	} else {
		list, err = o.memory.accounts.of(snapshotState{r.AsOf.ID, r.AsOf.TakenAt.UnixMicro()}, fmt.Sprint(r.Currency, most), read)
	}
	if err != nil {
		return nil, err
	}
	ids := make([]billing.AccountID, len(list))
	for i := range list {
		ids[i] = list[i].Account
	}
	names, err := tx.AccountNames(ids)
	list = slices.Clone(list)
	for i := range list {
		list[i].Name = names[list[i].Account]
	}
	return list, err
}

// sum adds the months of all sellers up by currency, and then in one.
func (r *Recurring) sum(months []report.Month) (err error) {
	type key struct {
		on       calendar.Date
		currency money.Currency
	}
	at := map[key]int{}
	var sums []report.Month
	for i := range months {
		m := &months[i]
		k := key{m.On, m.Amount.Currency()}
		if n, known := at[k]; known {
			sums[n].Merge(m)
			continue
		}
		at[k] = len(sums)
		sums = append(sums, *m)
	}
	for _, m := range sums {
		if m.On == r.AsOf.On {
			r.ByCurrency = append(r.ByCurrency, m)
			if !m.HasRate {
				r.Unconverted = append(r.Unconverted, m)
			}
		}
	}
	slices.SortFunc(r.ByCurrency, func(a, b report.Month) int { return cmp.Compare(b.Amount.Minor(), a.Amount.Minor()) })
	r.Months, _, err = report.InCurrency(sums, r.Currency)
	return err
}

// Receivables are what payers owe, by age.
type Receivables struct {
	On calendar.Date
	// Totals are by currency; Payers those who owe most, by currency and amount.
	Totals, Payers []report.Owed
	Names          map[billing.AccountID]string
	// More says that there are more payers than were asked for.
	More bool
}

// ReceivablesByAge is what is open on invoices today, by payer and the days since it was
// due, at most so many payers; a reseller or customer sees what its own accounts owe.
func (d *Desk) ReceivablesByAge(ctx context.Context, most int) (r Receivables, err error) {
	r.On = d.Today()
	err = d.read(ctx, "ReceivablesByAge", func(tx Tx) error {
		reach, err := d.within(tx)
		if err != nil || (!reach.all && len(reach.accounts) == 0) {
			return err
		}
		if reach.all && most > 0 && most < rowsKept {
			err = d.owedMost(tx, &r, most)
		} else {
			err = owedIn(tx, &r, reach.accounts, most)
		}
		if err != nil {
			return err
		}
		ids := make([]billing.AccountID, len(r.Payers))
		for i := range r.Payers {
			ids[i] = r.Payers[i].Payer
		}
		r.Names, err = tx.AccountNames(ids)
		return err
	})
	return r, err
}

// owedIn reads what is owed by some accounts, or by all, and adds it up.
func owedIn(tx Tx, r *Receivables, accounts []billing.AccountID, most int) error {
	open, err := tx.Receivables(accounts)
	if err != nil {
		return err
	}
	r.Payers, r.Totals = report.ReceivablesByAge(open, r.On)
	if r.More = most > 0 && len(r.Payers) > most; r.More {
		slices.SortStableFunc(r.Payers, func(a, b report.Owed) int { return cmp.Compare(b.Overdue().Minor(), a.Overdue().Minor()) })
		r.Payers = r.Payers[:most]
	}
	return nil
}

// owedMost is the same of all payers, without reading them all.
func (d *Desk) owedMost(tx Tx, r *Receivables, most int) error {
	state, err := tx.BookState()
	if err != nil {
		return err
	}
	days, err := tx.ReceivableDays()
	if err != nil {
		return err
	}
	_, r.Totals = report.ReceivablesByAge(days, r.On)
	payers, err := d.office.memory.owed.of(state.owed(), fmt.Sprint(r.On, most), func() ([]report.Owed, error) { return tx.OwedMost(r.On, most+1) })
	r.Payers = slices.Clone(payers)
	if r.More = len(r.Payers) > most; r.More {
		r.Payers = r.Payers[:most]
	} else {
		report.SortOwed(r.Payers)
	}
	return err
}

// MarginRow is what one month, product or account cost and brought at a provider, in
// one currency.
type MarginRow struct {
	// Of is a month's first day, a sku or an account; Name the product's or account's.
	Of, Name string
	// Revenue and Cost are in Currency; Ahead is the cost of days that customers are not
	// billed for yet, and not in Cost.
	Currency             money.Currency
	Revenue, Cost, Ahead money.Decimal
}

// Margin is revenue less cost.
func (m *MarginRow) Margin() money.Decimal { return m.Revenue.Sub(m.Cost) }

// Percent is the margin as a part of the revenue, in percent with one digit; false
// without revenue.
func (m *MarginRow) Percent() (money.Decimal, bool) {
	if m.Revenue.Sign() <= 0 {
		return money.Decimal{}, false
	}
	return money.DecimalFrom(m.Margin().Ratio().Mul(money.Whole(100)).Div(m.Revenue.Ratio()), 1, 1), true
}

// Margins are what providers' invoices cost and brought.
type Margins struct {
	// From is the first day of the invoices that are in it.
	From calendar.Date
	// Months are by month of the invoice, Products and Accounts over all of them, with
	// most revenue first.
	Months, Products, Accounts []MarginRow
}

// monthsOfMargin is how far back margins go.
const monthsOfMargin = 12

// Margin is revenue less cost of what providers were paid for, as their invoices of a
// year were reconciled.
func (d *Desk) Margin(ctx context.Context) (m Margins, err error) {
	err = d.read(ctx, "Margin", func(tx Tx) error {
		m, err = margins(tx, d.Today())
		return err
	})
	return m, err
}

func margins(tx Tx, today calendar.Date) (m Margins, err error) {
	m.From = report.MonthEnds(today, monthsOfMargin)[0].AddDays(1)
	if m.Months, err = marginMonths(tx, today); err != nil {
		return m, err
	}
	products, accounts := marginSums{}, marginSums{}
	if err := tx.Margins(flow.SumProduct, m.From, func(of flow.MarginOf) { products.add(of.Of, of.Name, &of.KeptSum) }); err != nil {
		return m, err
	}
	if err := tx.Margins(flow.SumEntity, m.From, func(of flow.MarginOf) { accounts.add(of.Of, of.Name, &of.KeptSum) }); err != nil {
		return m, err
	}
	m.Products, m.Accounts = products.rows(), accounts.rows()
	return m, nil
}

// marginMonths are margins by month of the providers' invoices, oldest first.
func marginMonths(tx Tx, today calendar.Date) ([]MarginRow, error) {
	months := marginSums{}
	err := tx.Margins(flow.SumWhole, report.MonthEnds(today, monthsOfMargin)[0].AddDays(1), func(of flow.MarginOf) {
		months.add(of.InvoicedOn.String()[:7], "", &of.KeptSum)
	})
	list := months.rows()
	slices.SortStableFunc(list, func(a, b MarginRow) int { return cmp.Compare(a.Of, b.Of) })
	return list, err
}

type marginKey struct {
	of       string
	currency money.Currency
}

// marginSums add up by what is asked for. Cost and revenue in two currencies are two
// rows: they are not subtracted from each other.
type marginSums map[marginKey]*MarginRow

func (s marginSums) row(of, name string, currency money.Currency) *MarginRow {
	k := marginKey{of, currency}
	if s[k] == nil {
		s[k] = &MarginRow{Of: of, Name: name, Currency: currency}
	}
	return s[k]
}

func (s marginSums) add(of, name string, m *flow.KeptSum) {
	cost := s.row(of, name, m.Currency)
	cost.Cost, cost.Ahead = cost.Cost.Add(m.Cost), cost.Ahead.Add(m.Ahead)
	if currency := m.Revenue.Currency(); !currency.IsZero() {
		brings := s.row(of, name, currency)
		brings.Revenue = brings.Revenue.Add(money.DecimalFrom(m.Revenue.Ratio(), currency.Digits(), currency.Digits()))
	}
}

func (s marginSums) rows() (list []MarginRow) {
	for _, row := range s {
		list = append(list, *row)
	}
	slices.SortFunc(list, func(a, b MarginRow) int {
		return cmp.Or(cmp.Compare(a.Currency.String(), b.Currency.String()), b.Revenue.Cmp(a.Revenue), cmp.Compare(a.Of, b.Of))
	})
	return list
}
