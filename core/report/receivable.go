package report

import (
	"cmp"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// Age says how long ago something was due.
type Age uint8

// The ages, by the days since the day on which it was due, as receivables are usually
// told. What is due today is not overdue yet.
const (
	NotDue Age = iota
	Upto30
	Upto60
	Upto90
	Over90
	// Credit is what is owed the other way: credit notes that nothing was set off
	// against and nobody was paid for. It has no age.
	Credit
)

// Ages is how many there are.
const Ages = 6

// String is how it stands in tables.
func (a Age) String() string {
	return [...]string{"not due", "1–30 days", "31–60 days", "61–90 days", "over 90 days", "credit"}[a]
}

// AgeOn is the age of what is open on a day.
func AgeOn(open money.Amount, dueOn, today calendar.Date) Age {
	if open.Sign() < 0 {
		return Credit
	}
	switch days := dueOn.DaysUntil(today); {
	case days <= 0:
		return NotDue
	case days <= 30:
		return Upto30
	case days <= 60:
		return Upto60
	case days <= 90:
		return Upto90
	}
	return Over90
}

// Receivable is what is open on an invoice, or on several of one payer that were due
// on the same day.
type Receivable struct {
	Payer billing.AccountID
	DueOn calendar.Date
	Open  money.Amount
	// Invoices is how many they are.
	Invoices int64
}

// Owed is what one payer owes in one currency, by age.
type Owed struct {
	Payer    billing.AccountID
	ByAge    [Ages]money.Amount
	Total    money.Amount
	Invoices int64
	// Oldest is the earliest day on which something that is open was due.
	Oldest calendar.Date
}

func newOwed(payer billing.AccountID, currency money.Currency) Owed {
	o := Owed{Payer: payer, Total: money.NewAmount(0, currency)}
	for i := range o.ByAge {
		o.ByAge[i] = o.Total
	}
	return o
}

func (o *Owed) add(r *Receivable, today calendar.Date) {
	age := AgeOn(r.Open, r.DueOn, today)
	o.ByAge[age] = o.ByAge[age].Add(r.Open)
	o.Total = o.Total.Add(r.Open)
	o.Invoices += r.Invoices
	if age != Credit {
		o.Oldest = calendar.Earliest(o.Oldest, r.DueOn)
	}
}

// Overdue is what was due before today.
func (o *Owed) Overdue() money.Amount {
	return o.ByAge[Upto30].Add(o.ByAge[Upto60]).Add(o.ByAge[Upto90]).Add(o.ByAge[Over90])
}

// ReceivablesByAge adds up what is open: by payer, who owes most first, and in all, by
// currency. Different currencies are never added.
func ReceivablesByAge(open []Receivable, today calendar.Date) (payers, totals []Owed) {
	type key struct {
		payer    billing.AccountID
		currency money.Currency
	}
	at := map[key]int{}
	sum := map[money.Currency]int{}
	for i := range open {
		r := &open[i]
		currency := r.Open.Currency()
		k := key{r.Payer, currency}
		if _, known := at[k]; !known {
			at[k] = len(payers)
			payers = append(payers, newOwed(r.Payer, currency))
		}
		if _, known := sum[currency]; !known {
			sum[currency] = len(totals)
			totals = append(totals, newOwed("", currency))
		}
		payers[at[k]].add(r, today)
		totals[sum[currency]].add(r, today)
	}
	SortOwed(payers)
	SortOwed(totals)
	return payers, totals
}

// SortOwed puts them in order of currency, who owes most first.
func SortOwed(list []Owed) {
	slices.SortFunc(list, func(a, b Owed) int {
		return cmp.Or(cmp.Compare(a.Total.Currency().String(), b.Total.Currency().String()),
			cmp.Compare(b.Total.Minor(), a.Total.Minor()), cmp.Compare(a.Payer, b.Payer))
	})
}
