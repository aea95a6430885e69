package reconcile

import (
	"cmp"
	"slices"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
)

// Pass is a rule by which a row and a charge belong together; the strictest first.
type Pass uint8

// The passes.
const (
	// PassNone found nothing.
	PassNone Pass = iota
	// PassReference: the provider's own key of the event is known.
	PassReference
	// PassExact: type, days, seats and amount.
	PassExact
	// PassParts: several rows of different products are one charge.
	PassParts
	// PassSame: type, days and seats.
	PassSame
	// PassOther: a charge of another invoice's period.
	PassOther
	// PassUntyped: days and seats.
	PassUntyped
	// PassNet: all that is left of the same days adds up to the same.
	PassNet
	// PassDays: type and days; the seats differ.
	PassDays
	// PassSeats: type and seats; the days differ.
	PassSeats
	// PassType: the type alone, and days that overlap.
	PassType
	// PassMetered: the sum of a month's usage.
	PassMetered
	// PassProduct: another subscription of the customer with the same product.
	PassProduct
)

// String names the pass.
func (p Pass) String() string {
	return [...]string{"none", "reference", "exact", "parts", "same", "other invoice", "untyped", "net", "days", "seats", "type", "metered", "product"}[p]
}

// facts are what rows and charges are compared by.
type facts struct {
	sku, reference string
	seats          money.Decimal
	// written is what quantity gives, once it was asked for.
	written string
	kind    billing.ChargeType
	credit  bool
	period  calendar.Period
	amount  money.Decimal
	done    bool
}

// quantity is the seats as they are compared, without zeros at the end.
func (f *facts) quantity() string {
	if f.written == "" {
		f.written = f.seats.Trim(0).String()
	}
	return f.written
}

// item is a row while it is matched.
type item struct {
	facts
	row *Row
	// at is its place among the customer's rows.
	at int
}

// nowhere is the place of what is no row of the invoice.
const nowhere = -1

// slot is a charge while it is matched.
type slot struct {
	facts
	charge *Charge
}

// key is what must be the same for two to be paired; what a pass does not ask
// for is left empty.
type key struct {
	reference, quantity, amount string
	kind                        billing.ChargeType
	credit                      bool
	period                      calendar.Period
}

func byReference(f *facts) (key, bool) {
	return key{reference: f.reference, quantity: f.quantity(), kind: f.kind, credit: f.credit, period: f.period}, f.reference != ""
}

func byReferenceAlone(f *facts) (key, bool) {
	return key{reference: f.reference, kind: f.kind, credit: f.credit}, f.reference != ""
}

func byAll(f *facts) (key, bool) {
	return key{quantity: f.quantity(), amount: f.amount.Trim(0).String(), kind: f.kind, credit: f.credit, period: f.period}, true
}

func bySame(f *facts) (key, bool) {
	return key{quantity: f.quantity(), kind: f.kind, credit: f.credit, period: f.period}, true
}

func byUntyped(f *facts) (key, bool) {
	return key{quantity: f.quantity(), credit: f.credit, period: f.period}, true
}

func byDays(f *facts) (key, bool) {
	return key{kind: f.kind, credit: f.credit, period: f.period}, true
}

func bySeats(f *facts) (key, bool) {
	return key{quantity: f.quantity(), kind: f.kind, credit: f.credit}, true
}

func byType(f *facts) (key, bool) { return key{kind: f.kind, credit: f.credit}, true }

// pairs brings together what is left of two sorted rows of facts and has the
// same key, in order. Where overlapping, only days that have one in common.
func pairs[A, B any](as []A, bs []B, of func(*A) *facts, and func(*B) *facts, by func(*facts) (key, bool), overlapping bool, pair func(*A, *B)) {
	waiting := map[key][]*B{}
	for i := range bs {
		f := and(&bs[i])
		if k, has := by(f); has && !f.done {
			waiting[k] = append(waiting[k], &bs[i])
		}
	}
	if len(waiting) == 0 {
		return
	}
	for i := range as {
		f := of(&as[i])
		k, has := by(f)
		if !has || f.done {
			continue
		}
		queue := waiting[k]
		for overlapping && len(queue) > 0 && !f.period.From.Before(and(queue[0]).period.To) {
			queue = queue[1:]
		}
		if len(queue) == 0 || (overlapping && !overlap(f.period, and(queue[0]).period)) {
			waiting[k] = queue
			continue
		}
		waiting[k] = queue[1:]
		g := and(queue[0])
		f.done, g.done = true, true
		pair(&as[i], queue[0])
	}
}

func overlap(a, b calendar.Period) bool { return a.From.Before(b.To) && b.From.Before(a.To) }

// sortFacts keeps what is the same in its order.
func sortFacts[T any](list []T, of func(*T) *facts, last func(a, b *T) int) {
	if len(list) <= fewFacts {
		for i := range list {
			for j := i; j > 0 && compareFacts(&list[j-1], &list[j], of, last) > 0; j-- {
				list[j-1], list[j] = list[j], list[j-1]
			}
		}
		return
	}
	slices.SortStableFunc(list, func(x, y T) int { return compareFacts(&x, &y, of, last) })
}

// fewFacts is how many are sorted quickest by hand.
const fewFacts = 12

// compareFacts writes no number down as long as the days tell the two apart.
func compareFacts[T any](x, y *T, of func(*T) *facts, last func(a, b *T) int) int {
	a, b := of(x), of(y)
	if c := cmp.Or(a.period.From.Compare(b.period.From), a.period.To.Compare(b.period.To), cmp.Compare(a.kind, b.kind), order(a.credit, b.credit)); c != 0 {
		return c
	}
	if a.seats != b.seats {
		if c := cmp.Compare(a.quantity(), b.quantity()); c != 0 {
			return c
		}
	}
	return cmp.Or(a.amount.Cmp(b.amount), last(x, y))
}

// order puts credits first, as they are written.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
