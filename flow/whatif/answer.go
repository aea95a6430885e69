package whatif

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/flow"
)

// Answer is what a what-if comes to, both sides beside each other. No sum is of
// more than one currency.
type Answer struct {
	// From and Until (exclusive) are the days looked at, CommittedOn the one whose
	// commitments are compared: the last on which something was changed.
	From, Until, CommittedOn calendar.Date
	// Months are the first days of the months of the rows.
	Months []calendar.Date
	// Totals, ByMonth, ByCustomer and ByProduct are the same money cut in four ways.
	Totals, ByMonth, ByCustomer, ByProduct []Row
	// Invoices are those of either side, by date; Cut says that there are more.
	Invoices    []Invoice
	Cut         bool
	Commitments []Commitment
	// NotBilled are contracts that could not be billed.
	NotBilled []NotBilled
	// Notes say what a reader has to know beside the figures.
	Notes []string
}

// Sum is money of one currency.
type Sum struct {
	// Net, Tax and Total are of invoices; of a product Net alone.
	Net, Tax, Total money.Amount
	// Cost is what the provider asks for what is invoiced, as far as it is known.
	Cost money.Amount
	// Lines is how many lines there are, Unknown how many have no known cost.
	Lines, Unknown int
}

// Margin is what is left of Net beyond Cost.
func (s *Sum) Margin() money.Amount { return s.Net.Sub(s.Cost) }

// Row is a sum of both sides: of a month, a customer (the entity that a line is
// for), a product, or all, in one currency.
type Row struct {
	Month             calendar.Date
	Account           billing.AccountID
	SKU               string
	Name              string
	Currency          money.Currency
	Baseline, Changed Sum
}

// Difference is what the changes add.
func (r *Row) Difference() Sum {
	b, c := &r.Baseline, &r.Changed
	return Sum{c.Net.Sub(b.Net), c.Tax.Sub(b.Tax), c.Total.Sub(b.Total), c.Cost.Sub(b.Cost), c.Lines - b.Lines, c.Unknown - b.Unknown}
}

// Same says that both sides are alike.
func (r *Row) Same() bool { return r.Baseline == r.Changed }

// Invoice is an invoice of either side: those of one payer, contract and day
// stand beside each other. The side that has none is nil. Their numbers are not those
// that they would get.
type Invoice struct {
	Date              calendar.Date
	Payer             billing.AccountID
	Name              string
	Contract          billing.ContractID
	Currency          money.Currency
	Baseline, Changed *flow.Issued
}

// Net is what both sides come to, and the difference.
func (i *Invoice) Net() (baseline, changed, difference money.Amount) {
	baseline, changed = money.NewAmount(0, i.Currency), money.NewAmount(0, i.Currency)
	if i.Baseline != nil {
		baseline = i.Baseline.Net
	}
	if i.Changed != nil {
		changed = i.Changed.Net
	}
	return baseline, changed, changed.Sub(baseline)
}

// NotBilled is a contract that could not be billed on one side.
type NotBilled struct {
	Changed  bool
	Contract billing.ContractID
	Sentence string
}

// Same says whether the changes make no difference at all.
func (a *Answer) Same() bool {
	different := func(r Row) bool { return !r.Same() }
	return !slices.ContainsFunc(slices.Concat(a.ByMonth, a.ByCustomer, a.ByProduct), different) &&
		!slices.ContainsFunc(a.Commitments, func(c Commitment) bool { return c.Baseline != c.Changed }) &&
		!slices.ContainsFunc(a.Invoices, func(i Invoice) bool {
			return i.Baseline == nil || i.Changed == nil || i.Baseline.Total != i.Changed.Total || len(i.Baseline.Lines) != len(i.Changed.Lines)
		})
}

// invoicesMost is how many invoices of each side are kept to be looked at.
const invoicesMost = 3000

// add adds both sides up.
func (a *Answer) add(ctx context.Context, f *flow.Flow, baseline, changed flow.Store) error {
	sums := &adding{rows: map[rowKey]*Row{}, invoices: map[invoiceKey]*Invoice{}, answer: a}
	for _, side := range []struct {
		store   flow.Store
		changed bool
	}{{baseline, false}, {changed, true}} {
		if err := sums.side(ctx, forked(f, side.store, a.CommittedOn), side.changed); err != nil {
			return err
		}
	}
	sums.write()
	return nil
}

// rowKey is what a sum is of: how it is cut, and of what.
type rowKey struct {
	by       byte
	month    calendar.Date
	of       string
	currency money.Currency
}

type invoiceKey struct {
	date     calendar.Date
	payer    billing.AccountID
	contract billing.ContractID
	currency money.Currency
	credit   bool
}

// adding adds up.
type adding struct {
	rows     map[rowKey]*Row
	invoices map[invoiceKey]*Invoice
	answer   *Answer
	names    map[billing.AccountID]string
	catalog  *flow.Catalog
	changed  bool
	kept     int
}

func (s *adding) side(ctx context.Context, f *forkedFlow, changed bool) error {
	s.changed, s.kept, s.names = changed, 0, map[billing.AccountID]string{}
	costs := &costing{sold: map[billing.SubscriptionID]*soldAt{}, contracts: map[billing.ContractID]*flow.OpenBook{}, usage: map[string]*billing.UsageRecord{}}
	var err error
	if s.catalog, err = flow.CatalogOf(ctx, f.Store, false); err != nil {
		return err
	}
	costs.catalog = &s.catalog.Catalog
	var unseen notSeen
	if err := eachBook(ctx, f.Store, func(book *flow.OpenBook) error {
		costs.add(book)
		unseen.add(book, s.answer.From)
		return nil
	}); err != nil {
		return err
	}
	if err := f.Store.Read(ctx, func(tx flow.Tx) error { return s.issued(tx, costs) }); err != nil {
		return err
	}
	if err := s.commitments(ctx, f, costs); err != nil {
		return err
	}
	exceptions, err := notBilled(ctx, f.Store)
	for i := range exceptions {
		s.answer.NotBilled = append(s.answer.NotBilled, NotBilled{changed, exceptions[i].Contract, exceptions[i].Sentence})
	}
	if !changed {
		s.tellUnseen(&unseen)
	}
	return err
}

func (s *adding) tellUnseen(unseen *notSeen) {
	if unseen.metered > 0 {
		s.answer.Notes = append(s.answer.Notes, fmt.Sprintf("Usage that is not measured yet is in neither side: of metered subscriptions (%d here) only minimums are.", unseen.metered))
	}
	if unseen.mirrored > 0 {
		s.answer.Notes = append(s.answer.Notes, fmt.Sprintf("Rows that a provider has not written yet are in neither side, and here is billed by them: %d.", unseen.mirrored))
	}
}

func (s *adding) issued(tx flow.Tx, costs *costing) error {
	accounts, err := tx.AccountList()
	if err != nil {
		return err
	}
	for i := range accounts {
		s.names[accounts[i].ID] = accounts[i].Name
	}
	var failed error
	err = tx.InvoiceList(flow.InvoiceFilter{From: s.answer.From, To: s.answer.Until.AddDays(-1), WithLines: true}, func(issued flow.Issued) bool {
		failed = s.invoice(&issued, costs)
		return failed == nil
	})
	return cmp.Or(failed, err)
}

// sum is the sum of a key on the side in hand.
func (s *adding) sum(key rowKey) *Sum {
	row := s.rows[key]
	if row == nil {
		nothing := money.NewAmount(0, key.currency)
		zero := Sum{Net: nothing, Tax: nothing, Total: nothing, Cost: nothing}
		row = &Row{Month: key.month, Currency: key.currency, Baseline: zero, Changed: zero}
		switch key.by {
		case 'c':
			row.Account, row.Name = billing.AccountID(key.of), s.names[billing.AccountID(key.of)]
		case 'p':
			row.SKU, row.Name = key.of, s.catalog.Products[key.of].Name
		}
		s.rows[key] = row
	}
	if s.changed {
		return &row.Changed
	}
	return &row.Baseline
}

func (s *adding) invoice(issued *flow.Issued, costs *costing) error {
	s.keep(issued)
	month, currency := monthOf(issued.Date), issued.Currency
	total, inMonth := rowKey{by: 't', currency: currency}, rowKey{by: 'm', month: month, currency: currency}
	for _, key := range []rowKey{total, inMonth} {
		sum := s.sum(key)
		sum.Net, sum.Tax, sum.Total = sum.Net.Add(issued.Net), sum.Tax.Add(issued.Tax), sum.Total.Add(issued.Total)
	}
	for i := range issued.Taxes {
		t := &issued.Taxes[i]
		sum := s.sum(rowKey{by: 'c', of: string(t.Account), currency: currency})
		sum.Tax, sum.Total = sum.Tax.Add(t.Tax), sum.Total.Add(t.Net).Add(t.Tax)
	}
	nets, err := netsOf(issued, &s.catalog.Catalog)
	if err != nil {
		return err
	}
	for i := range issued.Lines {
		line := &issued.Lines[i]
		cost, known, err := costs.of(line, issued.Date, currency)
		if err != nil {
			return err
		}
		customer, product := rowKey{by: 'c', of: string(line.Account), currency: currency}, rowKey{by: 'p', of: line.SKU, currency: currency}
		for _, key := range []rowKey{total, inMonth, customer, product} {
			sum := s.sum(key)
			sum.Cost, sum.Lines = sum.Cost.Add(cost), sum.Lines+1
			if !known {
				sum.Unknown++
			}
			if key.by == 'c' || key.by == 'p' {
				sum.Net = sum.Net.Add(nets[i])
			}
		}
	}
	return nil
}

// netsOf are an invoice's lines without tax: as they stand, and where prices include the
// tax, each its part of what is left of their sum, so that the parts are that.
func netsOf(issued *flow.Issued, catalog *billing.Catalog) ([]money.Amount, error) {
	nets := make([]money.Amount, len(issued.Lines))
	before, so := make([]money.Ratio, len(issued.Taxes)), make([]money.Amount, len(issued.Taxes))
	for i := range issued.Lines {
		line := &issued.Lines[i]
		nets[i] = line.InvoicedAt
		at := -1
		if line.TaxIncluded {
			at = slices.IndexFunc(issued.Taxes, func(t billing.TaxSum) bool {
				tax := catalog.Taxes[line.Tax]
				return t.Included && t.Account == line.Account && t.Category == tax.Category && (tax.Category != billing.Standard || t.Percent.Cmp(tax.Percent) == 0)
			})
		}
		if at < 0 || issued.Taxes[at].Lines.IsZero() {
			continue
		}
		t := &issued.Taxes[at]
		if so[at].Currency().IsZero() {
			so[at] = money.NewAmount(0, issued.Currency)
		}
		before[at] = before[at].Add(line.InvoicedAt.Ratio())
		upTo, err := money.RoundTo(before[at].Mul(t.Net.Ratio()).Div(t.Lines.Ratio()), issued.Currency)
		if err != nil {
			return nil, err
		}
		nets[i], so[at] = upTo.Sub(so[at]), upTo
	}
	return nets, nil
}

// keep remembers an invoice, to be looked at beside that of the other side.
func (s *adding) keep(issued *flow.Issued) {
	key := invoiceKey{issued.Date, issued.Payer, issued.Contract, issued.Currency, false}
	pair := s.invoices[key]
	if pair == nil && s.kept >= invoicesMost {
		s.answer.Cut = true
		return
	}
	taken := func(p *Invoice) bool { return s.changed && p.Changed != nil || !s.changed && p.Baseline != nil }
	if pair != nil && taken(pair) {
		key.credit = true // A second one of the day: what takes another back.
		pair = s.invoices[key]
	}
	if pair == nil {
		pair = &Invoice{Date: issued.Date, Payer: issued.Payer, Name: s.names[issued.Payer], Contract: issued.Contract, Currency: issued.Currency}
		s.invoices[key] = pair
		s.kept++
	}
	one := *issued
	if s.changed {
		pair.Changed = &one
	} else {
		pair.Baseline = &one
	}
}

// write gives the answer its rows, in order.
func (s *adding) write() {
	for key, row := range s.rows {
		to := map[byte]*[]Row{'t': &s.answer.Totals, 'm': &s.answer.ByMonth, 'c': &s.answer.ByCustomer, 'p': &s.answer.ByProduct}[key.by]
		*to = append(*to, *row)
	}
	for _, rows := range [][]Row{s.answer.Totals, s.answer.ByMonth, s.answer.ByCustomer, s.answer.ByProduct} {
		slices.SortFunc(rows, func(a, b Row) int {
			return cmp.Or(strings.Compare(a.Currency.String(), b.Currency.String()), a.Month.Compare(b.Month), strings.Compare(a.Name, b.Name),
				cmp.Compare(a.Account, b.Account), cmp.Compare(a.SKU, b.SKU))
		})
	}
	for _, pair := range s.invoices {
		s.answer.Invoices = append(s.answer.Invoices, *pair)
	}
	slices.SortFunc(s.answer.Invoices, func(a, b Invoice) int {
		return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.Payer, b.Payer), cmp.Compare(a.Contract, b.Contract), strings.Compare(a.Currency.String(), b.Currency.String()))
	})
}
