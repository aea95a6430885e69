package flow

import (
	"iter"
	"slices"

	"prorata/core/money"
	"prorata/core/reconcile"
)

// Reckoning is what reconciling a provider's invoice came to, as it is kept for
// whoever looks at it later. All amounts are before tax and in Currency.
type Reckoning struct {
	Currency money.Currency
	// Rows are all that were compared, Exact those without any difference, Findings the
	// differences.
	Rows, Exact, Findings int64
	// Charged is what the provider asked, Expected what the log says it should have.
	Charged, Expected money.Decimal
	// Unexplained is the part of the difference that no rule explains, Unbilled what no
	// customer was billed for.
	Unexplained, Unbilled money.Decimal
}

// Explained is the part of the difference that has a cause.
func (r *Reckoning) Explained() money.Decimal {
	return r.Charged.Sub(r.Expected).Sub(r.Unexplained)
}

// SumBy says what a kept sum is of.
type SumBy string

// The groups of kept sums: the whole invoice for each currency of revenue, the causes
// of differences, and what was paid and taken for each customer of the provider,
// product, and account that was billed.
const (
	SumWhole    SumBy = "whole"
	SumCause    SumBy = "cause"
	SumCustomer SumBy = "customer"
	SumProduct  SumBy = "product"
	SumEntity   SumBy = "entity"
)

// KeptSum is one total of a reconciled invoice.
type KeptSum struct {
	By SumBy
	// Place is its place among those of its group, from 1: causes in their order, all
	// else the dearest first.
	Place int64
	// Of is a cause's word or an id, Name what people call it; no id for what nobody was
	// billed for.
	Of, Name string
	// Count is how often a cause was found; 0 for margins.
	Count int64
	// Cost is a cause's amount, or what was paid for what was billed or never will be;
	// Ahead for days that customers are not billed for yet. Both in Currency.
	Currency    money.Currency
	Cost, Ahead money.Decimal
	// Revenue is what was taken for the same days; of no currency where nothing was.
	Revenue money.Amount
}

// Margin is revenue less cost; false where they are in two currencies.
func (k *KeptSum) Margin() (margin money.Decimal, ok bool) {
	sum := reconcile.MarginSum{Currency: k.Currency, Cost: k.Cost, Revenue: k.Revenue}
	return sum.Margin()
}

// reckoningOf is what is kept of a report.
func reckoningOf(report *ReconcileReport) Reckoning {
	s := report.Sums
	return Reckoning{Currency: s.Currency, Rows: int64(s.Rows), Exact: int64(s.Exact), Findings: report.Findings, Charged: s.Provider, Expected: s.Expected,
		Unexplained: causeSum(s, reconcile.Unexplained).Amount, Unbilled: s.Unbilled}
}

// keptSums are the totals one after another: there are as many as customers, and only
// one group of them is held. The next are sorted while those before are written.
func (report *ReconcileReport) keptSums() iter.Seq[KeptSum] {
	s := report.Sums
	return ahead(func(yield func(KeptSum) bool) {
		for i, c := range s.ByCause() {
			if !yield(KeptSum{By: SumCause, Place: int64(i + 1), Of: c.Cause.String(), Name: c.Cause.String(), Count: int64(c.Count), Currency: s.Currency, Cost: c.Amount}) {
				return
			}
		}
		for _, group := range []struct {
			by      SumBy
			margins func() []reconcile.MarginSum
			name    func(id string) string
		}{
			{SumWhole, func() []reconcile.MarginSum { return wholes(s.ByProduct()) }, func(string) string { return "" }},
			{SumCustomer, s.ByCustomer, report.Names.Customer}, {SumProduct, s.ByProduct, report.Names.Product}, {SumEntity, s.ByEntity, report.Names.Entity},
		} {
			margins := group.margins()
			for place, at := range dearestFirst(margins) {
				m := &margins[at]
				if !yield(KeptSum{By: group.by, Place: int64(place + 1), Of: m.Of, Name: group.name(m.Of), Currency: m.Currency, Cost: m.Cost, Ahead: m.Ahead, Revenue: m.Revenue}) {
					return
				}
			}
		}
	})
}

// dearestFirst are the places of margins, of the same cost in their own order.
func dearestFirst(margins []reconcile.MarginSum) []int {
	order, costs := make([]int, len(margins)), make([]money.Decimal, len(margins))
	for i := range margins {
		order[i], costs[i] = i, margins[i].Cost.Add(margins[i].Ahead)
	}
	slices.SortFunc(order, func(a, b int) int {
		if c := costs[b].Cmp(costs[a]); c != 0 {
			return c
		}
		return a - b
	})
	return order
}

// wholes are the sums of an invoice by currency of revenue.
func wholes(products []reconcile.MarginSum) (list []reconcile.MarginSum) {
	at := map[money.Currency]int{}
	for _, sum := range products {
		n, known := at[sum.Revenue.Currency()]
		if !known {
			at[sum.Revenue.Currency()] = len(list)
			sum.Of = ""
			list = append(list, sum)
			continue
		}
		whole := &list[n]
		whole.Cost, whole.Ahead, whole.Revenue = whole.Cost.Add(sum.Cost), whole.Ahead.Add(sum.Ahead), whole.Revenue.Add(sum.Revenue)
	}
	return list
}
