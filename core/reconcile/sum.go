package reconcile

import (
	"cmp"
	"fmt"
	"slices"

	"prorata/core/money"
)

// CauseSum is how often a cause was found and what it accounts for.
type CauseSum struct {
	Cause  Cause
	Count  int
	Amount money.Decimal
}

// MarginSum is what was paid to the provider and taken from customers for one
// customer, product or entity, in one currency of revenue. Cost and Ahead of all are
// the invoice, to the cent.
type MarginSum struct {
	Of string
	// Currency is that of Cost and Ahead.
	Currency money.Currency
	// Cost is for what was billed, or never will be; Ahead for days that customers are
	// not billed for yet.
	Cost, Ahead money.Decimal
	Revenue     money.Amount
}

// Sums are the totals of an invoice: results are added one after another and not kept.
type Sums struct {
	Currency money.Currency
	Rows     int
	// Exact counts the rows without any finding.
	Exact              int
	Provider, Expected money.Decimal
	// Unbilled is what the provider charges and no customer was billed for.
	Unbilled money.Decimal

	byCause                         [causes]CauseSum
	byCustomer, byProduct, byEntity map[marginKey]*MarginSum
}

type marginKey struct {
	of       string
	currency money.Currency
}

// NewSums begins with nothing.
func NewSums(currency money.Currency) *Sums {
	return &Sums{Currency: currency, byCustomer: map[marginKey]*MarginSum{}, byProduct: map[marginKey]*MarginSum{}, byEntity: map[marginKey]*MarginSum{}}
}

// Add adds what was found of one customer. The findings must be the whole
// difference; if they are not, that is a broken promise of ours, and an error.
func (s *Sums) Add(r *Result) error {
	var found money.Decimal
	var odd map[string]bool
	if len(r.Findings) > 0 {
		odd = map[string]bool{}
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		found = found.Add(f.Amount)
		c := &s.byCause[f.Cause]
		c.Count, c.Amount = c.Count+1, c.Amount.Add(f.Amount)
		s.Unbilled = s.Unbilled.Add(f.Unbilled)
		if f.Row != "" {
			odd[f.Row] = true
		}
	}
	if difference := r.Provider.Sub(r.Expected); difference.Cmp(found) != 0 {
		return fmt.Errorf("customer %s: the causes add up to %s, the difference is %s", r.Customer, found, difference)
	}
	s.Rows, s.Exact = s.Rows+r.Rows, s.Exact+r.Rows-len(odd)
	s.Provider, s.Expected = s.Provider.Add(r.Provider), s.Expected.Add(r.Expected)
	// What one customer buys is mostly billed to one account: both sums are those of the
	// margin before.
	var customer, product, entity *MarginSum
	for i := range r.Margins {
		m := &r.Margins[i]
		customer = s.addMargin(s.byCustomer, m.Customer, m, customer)
		product = s.addMargin(s.byProduct, m.SKU, m, product)
		entity = s.addMargin(s.byEntity, string(m.Entity), m, entity)
	}
	return nil
}

func (s *Sums) addMargin(sums map[marginKey]*MarginSum, of string, m *RowMargin, sum *MarginSum) *MarginSum {
	if k := (marginKey{of, m.Revenue.Currency()}); sum == nil || sum.Of != of || sum.Revenue.Currency() != k.currency {
		if sum = sums[k]; sum == nil {
			sum = &MarginSum{Of: of, Currency: s.Currency, Revenue: money.NewAmount(0, k.currency)}
			sums[k] = sum
		}
	}
	sum.Cost, sum.Ahead, sum.Revenue = sum.Cost.Add(m.Cost), sum.Ahead.Add(m.Ahead), sum.Revenue.Add(m.Revenue)
	return sum
}

// ByCause are the causes that were found, in their order.
func (s *Sums) ByCause() (list []CauseSum) {
	for i, c := range s.byCause {
		if c.Count > 0 {
			c.Cause = Cause(i)
			list = append(list, c)
		}
	}
	return list
}

// ByCustomer are the margins of customers, in order of their ids.
func (s *Sums) ByCustomer() []MarginSum { return sortedMargins(s.byCustomer) }

// ByProduct are the margins of products, in order of their skus.
func (s *Sums) ByProduct() []MarginSum { return sortedMargins(s.byProduct) }

// ByEntity are the margins of the accounts that were billed, in order of their
// ids; what nobody was billed for comes first, without an id.
func (s *Sums) ByEntity() []MarginSum { return sortedMargins(s.byEntity) }

// sortedMargins puts what brought nothing with the first currency that did, if any.
func sortedMargins(sums map[marginKey]*MarginSum) []MarginSum {
	all := make([]*MarginSum, 0, len(sums))
	for _, sum := range sums {
		all = append(all, sum)
	}
	slices.SortFunc(all, func(a, b *MarginSum) int {
		if c := cmp.Compare(a.Of, b.Of); c != 0 {
			return c
		}
		return cmp.Compare(a.Revenue.Currency().String(), b.Revenue.Currency().String())
	})
	list := make([]MarginSum, 0, len(all))
	for _, one := range all {
		sum := *one
		if last := len(list) - 1; last >= 0 && list[last].Of == sum.Of && list[last].Revenue.Currency().IsZero() {
			sum.Cost, sum.Ahead = sum.Cost.Add(list[last].Cost), sum.Ahead.Add(list[last].Ahead)
			list = list[:last]
		}
		list = append(list, sum)
	}
	return list
}

// Margin is revenue less cost; ok is false where they are in two currencies.
func (m *MarginSum) Margin() (margin money.Decimal, ok bool) {
	if !m.Revenue.IsZero() && m.Revenue.Currency() != m.Currency {
		return margin, false
	}
	digits := m.Currency.Digits()
	return money.DecimalFrom(m.Revenue.Ratio().Sub(m.Cost.Ratio()), digits, costDigitsMost), true
}

// costDigitsMost is how many digits a sum of costs may need.
const costDigitsMost = 8
