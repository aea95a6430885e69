package billing

import (
	"prorata/core/calendar"
	"prorata/core/money"
)

// Budget is what a usage subscription is meant to cost between two invoices, and
// the percentages of it at which someone wants to know (BILLING §10). It changes
// no amount.
type Budget struct {
	Amount money.Decimal
	// AlertAt are percentages, ascending.
	AlertAt []int
}

// BudgetUse is how much of a budget the usage of the running interval has taken.
type BudgetUse struct {
	Subscription SubscriptionID
	// Interval is the days between the last regular invoice date and the next.
	Interval calendar.Period
	Used     money.Amount
	Budget   Budget
	// Percent is what is used of the budget, cut to whole percents; Reached are the
	// alerts at or below it.
	Percent int64
	Reached []int
}

// UseBudget prices what a usage subscription has used for its next regular
// invoice, as it will be billed, and holds it against a budget. All records of
// the book that are known by the day count.
func (p *Planner) UseBudget(book *Book, id SubscriptionID, budget Budget, today calendar.Date) (BudgetUse, error) {
	w := &work{Planner: p, book: book, contract: &book.Contract, lists: listsKey(book.Lists), cursor: book.Cursor}
	w.load()
	use := BudgetUse{Subscription: id, Budget: budget, Used: money.NewAmount(0, book.Contract.Currency)}
	sub := w.find(id)
	if sub == nil || sub.s.Kind != Usage {
		return use, nil
	}
	w.day = w.regular(w.cursor.Next)
	in := w.interval(w.cursor.Next)
	use.Interval = in.Period
	w.day.date = calendar.Latest(w.day.date, today)
	in.date, in.horizon = w.day.date, calendar.Latest(in.horizon, today)
	lines, err := w.usageLines(sub, in)
	if err != nil {
		return use, err
	}
	for i := range lines {
		use.Used = use.Used.Add(lines[i].Amount)
	}
	use.Percent, use.Reached = budget.reached(use.Used)
	return use, nil
}

func (b *Budget) reached(used money.Amount) (percent int64, reached []int) {
	if b.Amount.Sign() <= 0 || used.Sign() <= 0 {
		return 0, nil
	}
	exact := used.Ratio().Mul(money.Whole(100)).Div(b.Amount.Ratio())
	for _, at := range b.AlertAt {
		if exact.Cmp(money.Whole(int64(at))) >= 0 {
			reached = append(reached, at)
		}
	}
	// Cut, so that 100 is not said before the budget is used up.
	above, err := exact.Ceil().Round(0)
	if err == nil && money.Whole(above).Cmp(exact) > 0 {
		above--
	}
	return above, reached
}
