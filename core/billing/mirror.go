package billing

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"prorata/core/calendar"
	"prorata/core/money"
)

// Bill like the provider (BILLING §3, mirror): a contract's recurring lines are
// the provider's own rows, with their days and quantities, at our price in place
// of the provider's.
//
//	provider row ──► our price × effective ÷ unit price × quantity ─┐
//	                 cost × (1 + markup), where we have no price    ├─► line
//	                                                                ┘
//
// A row is owed on the first regular invoice that knows it. What changes it
// afterwards (it is void, or told anew; a price acts from before it) is an
// adjustment of its line, as everywhere.

// partCharge begins the Part of a line that is a provider's row.
const partCharge = "charge:"

// Row is the provider's row that a line of a mirror contract bills; empty for any
// other line.
func (k LineKey) Row() string {
	of, ok := strings.CutPrefix(k.Part, partCharge)
	if !ok {
		return ""
	}
	_, row, _ := strings.Cut(of, "/")
	return row
}

// mirrorReach is for how many days after its period ends a row's neighbours stay
// at hand: rows come with the provider's invoice, about a month after the fact.
const mirrorReach = 70

// lineKind is base for what opens a period, and change for what alters one.
func (c ChargeType) lineKind() LineKind {
	switch c {
	case ChargeNew, ChargeRenew, ChargeCycle, ChargeExtendTerm:
		return LineBase
	case ChargeAddQuantity, ChargeRemoveQuantity, ChargeCancel, ChargeConvert, ChargeMoveQuantity, ChargeChangePlan, ChargeCredit, ChargeOther:
	}
	return LineChange
}

// cause is the nearest cause of a change line's explanation.
func (c ChargeType) cause() string {
	switch c {
	case ChargeRenew:
		return "renewal"
	case ChargeCancel:
		return "cancellation"
	case ChargeAddQuantity, ChargeRemoveQuantity, ChargeMoveQuantity, ChargeConvert:
		return "seats"
	case ChargeNew, ChargeCycle, ChargeExtendTerm, ChargeChangePlan, ChargeCredit, ChargeOther:
	}
	return "row"
}

// gives says whether the row gives back.
func (r *ProviderCharge) gives() bool {
	return r.EffectivePrice.Sign() < 0 || r.EffectivePrice.IsZero() && r.Cost.Sign() < 0
}

// standsOn says whether billing of a day knows the row, and nothing took it back.
func (r *ProviderCharge) standsOn(day calendar.Date) bool {
	return !r.KnownOn.After(day) && (r.VoidedOn.IsZero() || r.VoidedOn.After(day))
}

// SameAs says whether two tellings of a row say the same, whenever they were recorded.
func (r *ProviderCharge) SameAs(other *ProviderCharge) bool {
	return r.ID == other.ID && r.Subscription == other.Subscription && r.Type == other.Type && r.SKU == other.SKU && r.Period == other.Period &&
		r.Currency == other.Currency && r.Quantity.Cmp(other.Quantity) == 0 && r.UnitPrice.Cmp(other.UnitPrice) == 0 &&
		r.EffectivePrice.Cmp(other.EffectivePrice) == 0 && r.Cost.Cmp(other.Cost) == 0
}

// OpenFor opens all lines where a row's neighbours are not at hand any more.
func (c *Cursor) OpenFor(r *ProviderCharge) {
	if !r.Period.To.After(c.OpenAfter) {
		c.OpenAfter = calendar.Date{}
	}
}

// mirrored puts on the draft what a subscription of a mirror contract is owed: the
// provider's rows that are known and not billed, and the differences on those that are.
func (w *work) mirrored(sub *subscriptionWork) error {
	w.pending = calendar.Earliest(w.pending, calendar.Earliest(w.day.unmoved, w.day.date).AddDays(-mirrorReach))
	rows, until := w.charges(sub)
	t := w.builder.build(w.contract, sub.s, w.day.date, until.AddDays(1), sub.points, nil)
	sub.points = t.points
	for i := 0; t.exists && i < len(rows); i++ {
		m := mirroredRow{w: w, sub: sub, t: &t, r: rows[i], first: cycleStart(rows, rows[i])}
		line, err := m.line()
		if err != nil {
			return err
		}
		w.offerCharge(sub, &line)
	}
	for i := range sub.billed {
		if sum := &sub.billed[i]; !sum.matched && strings.HasPrefix(sum.Key.Part, partCharge) {
			w.takeBackSum(sum)
		}
	}
	return nil
}

// charges are the rows of a subscription that stand, by their first day and then as
// they were recorded, and the last first day among them.
func (w *work) charges(sub *subscriptionWork) (rows []*ProviderCharge, until calendar.Date) {
	until = w.day.horizon
	for i := range w.book.Charges {
		if r := &w.book.Charges[i]; r.Subscription == sub.s.ID && r.standsOn(w.day.date) {
			rows = append(rows, r)
			until = calendar.Latest(until, r.Period.From)
		}
	}
	slices.SortStableFunc(rows, func(a, b *ProviderCharge) int {
		return cmp.Or(a.Period.From.Compare(b.Period.From), cmp.Compare(a.Seq, b.Seq))
	})
	return rows, until
}

// cycleStart is the first day of the provider's charge cycle that a row is in.
// Rows that alter a cycle run to its end: those that end on one day are of one.
// A credit that the provider grants is of none.
func cycleStart(rows []*ProviderCharge, of *ProviderCharge) calendar.Date {
	first := of.Period.From
	for _, r := range rows {
		if r.Type != ChargeCredit && of.Type != ChargeCredit && r.Period.To == of.Period.To {
			first = calendar.Earliest(first, r.Period.From)
		}
	}
	return first
}

// offerCharge puts a row's line on the draft, or its difference to what is billed.
func (w *work) offerCharge(sub *subscriptionWork, line *Line) {
	sum := sub.sum(line.Key)
	if sum == nil {
		w.draft.Lines = append(w.draft.Lines, *line)
		return
	}
	sum.matched = true
	if sum.Amount == line.Amount {
		return
	}
	adjusted := sum.adjust(line.Quantity, line.Gross, line.Amount)
	adjusted.UnitPrice, adjusted.Priced = line.UnitPrice, line.Priced
	adjusted.Explanation = adjustmentText(line.Explanation, sum.Amount, line.Amount)
	w.draft.Lines = append(w.draft.Lines, adjusted)
}

// mirroredRow is one row while it becomes a line.
type mirroredRow struct {
	w   *work
	sub *subscriptionWork
	t   *timeline
	r   *ProviderCharge
	// first is the first day of the row's charge cycle.
	first calendar.Date
	// quote is our price, or nothing: then the row is sold by its cost.
	quote *quote
	// rate converts the cost, where it is in another currency.
	rate  *Rate
	gross money.Ratio
}

func (m *mirroredRow) key() LineKey {
	r := m.r
	return LineKey{
		Subscription: r.Subscription, Period: r.Period.From, Day: calendar.Latest(r.Period.From, m.sub.s.startOn()),
		Part: partCharge + r.Period.To.String() + "/" + r.ID,
	}
}

func (m *mirroredRow) sku() string {
	if m.r.SKU == "" {
		return m.sub.s.SKU
	}
	return m.r.SKU
}

// line prices the row, discounts it by its first day and rounds it.
func (m *mirroredRow) line() (Line, error) {
	w, r, s := m.w, m.r, m.sub.s
	if err := m.price(); err != nil {
		return Line{}, err
	}
	line := Line{
		Key: m.key(), Kind: r.Type.lineKind(), Subscription: s.ID, SKU: m.sku(), From: r.Period.From, To: r.Period.To, PeriodTo: r.Period.To,
		Quantity: r.Quantity, Tax: s.Tax,
	}
	if r.gives() {
		line.Quantity = line.Quantity.Neg()
	}
	if m.quote != nil {
		line.UnitPrice, line.Priced, line.TaxIncluded = m.quote.show, m.quote.shown, m.quote.taxIncluded
	}
	covered := m.initial()
	exact := net(&s.Discount, &w.contract.Discount, r.Period.From, m.gross, covered)
	var err error
	if line.Gross, err = money.RoundTo(m.gross, w.contract.Currency); err != nil {
		return Line{}, err
	}
	if line.Amount, err = money.RoundTo(exact, w.contract.Currency); err != nil {
		return Line{}, err
	}
	line.Discount = line.Gross.Sub(line.Amount)
	line.Explanation = m.explain(exact, covered)
	return line, nil
}

// price finds what the row comes to before discounts.
func (m *mirroredRow) price() error {
	r := m.r
	lock, known, rateOn := m.locked()
	if r.Type != ChargeCredit && !r.UnitPrice.IsZero() {
		if err := m.findQuote(lock, known, rateOn); err != nil {
			return err
		}
	}
	if m.quote != nil {
		m.gross = m.quote.full(r.Quantity.Ratio(), m.sub.s.Billing.Months).Mul(r.EffectivePrice.Ratio()).Div(r.UnitPrice.Ratio())
		return nil
	}
	m.gross = r.Cost.Ratio().Mul(money.One().Add(m.sub.s.Markup.Ratio().Div(money.Whole(100))))
	if currency := m.w.contract.Currency; !r.Currency.IsZero() && r.Currency != currency {
		rate, err := m.w.catalog.rateFor(r.Currency, currency, rateOn, known)
		if err != nil {
			return err
		}
		m.rate = rate
		m.gross = m.gross.Mul(rate.Rate.Ratio())
	}
	return nil
}

// locked is the day on which the row's price is locked (its term's first, or
// without a term its cycle's), the day whose knowledge of prices counts, and the
// day whose rate does. A row that was billed keeps what was known then: one that comes
// late may open its cycle in an earlier term, whose price is locked later.
func (m *mirroredRow) locked() (lock, known, rateOn calendar.Date) {
	w, sub := m.w, m.sub
	lock, known = m.first, w.day.date
	invoiced := w.day.date
	if sum := sub.sum(m.key()); sum != nil {
		invoiced = sum.InvoicedOn
		known = invoiced
	}
	if sub.s.TermMonths > 0 {
		lock = sub.termOf(w.contract.Stick, calendar.Latest(m.first, sub.s.startOn()))
		if billed := sub.lockBilledOn(lock, span{}, w.contract.Stick); !billed.IsZero() {
			known = calendar.Earliest(known, billed)
		}
	}
	return lock, known, w.rateDay(lock, invoiced)
}

// findQuote is the subscription's own price on the first day of the cycle, else
// that of the lists; where none has one it is left open.
func (m *mirroredRow) findQuote(lock, known, rateOn calendar.Date) error {
	w, s := m.w, m.sub.s
	if p := &m.t.points[m.t.indexOn(m.first)]; p.hasPrice && m.sku() == s.SKU {
		m.quote = ownQuote(p.price, s.PriceUnit, w.contract.Currency)
		return nil
	}
	asked := sought{sku: m.sku(), currency: w.contract.Currency, termMonths: s.TermMonths, unitMonths: s.Billing.Months, on: lock, known: known, rateOn: rateOn}
	q, err := w.catalog.quoteKnown(asked, w.book.Lists, w.catalog.Prices[asked.sku])
	var missing *MissingPrice
	if errors.As(err, &missing) {
		// A rule over a price that nobody knows is ours, and cannot be passed over.
		if missing.Why == "" {
			return nil
		}
		missing.Subscription = s.ID
	}
	m.quote = q
	return err
}

// initial is the part of the gross that stands for the seats the term opened with
// (BILLING §8). What is given back on a day counts by the seats until that day.
func (m *mirroredRow) initial() money.Ratio {
	s, seats := m.sub.s, m.r.Quantity.Ratio()
	if !m.w.hasInitial(s) || m.r.Type == ChargeCredit || seats.IsZero() {
		return money.Ratio{}
	}
	i := m.t.indexOn(m.r.Period.From)
	if m.r.gives() && i > 0 && m.t.points[i].day == m.r.Period.From && m.t.points[i-1].term == m.t.points[i].term {
		i--
	}
	lowest := m.t.points[i].seats
	for j := i - 1; j >= 0 && m.t.points[j].term == m.t.points[i].term; j-- {
		if m.t.points[j].seats.Cmp(lowest) < 0 {
			lowest = m.t.points[j].seats
		}
	}
	return m.gross.Mul(money.Min(seats, lowest.Ratio())).Div(seats)
}

// explain notes the provider's row, our price and where it is from, and how one
// became the other.
func (m *mirroredRow) explain(exact, covered money.Ratio) string {
	n := note{m.w.text[:0]}
	r, s := m.r, m.sub.s
	n.word("c", r.Type.cause())
	n.decimal("a", r.Quantity)
	if q := m.quote; q != nil {
		n.quote(q)
		n.parts("m", s.Billing.Months, q.unitMonths)
		if q.model != PerUnit || !q.included.IsZero() {
			n.ratio("fa", q.full(r.Quantity.Ratio(), s.Billing.Months))
		}
		n.word("pp", r.EffectivePrice.String()+"/"+r.UnitPrice.String())
	} else {
		n.decimal("p", r.Cost)
		if m.rate != nil {
			n.word("x", r.Currency.String()+" "+m.rate.Rate.String()+" "+m.rate.On.String())
		}
		n.word("y", "cost")
		if s.HasMarkup {
			n.decimal("z", s.Markup)
		}
	}
	n.discounts(&s.Discount, &m.w.contract.Discount, r.Period.From)
	if m.w.hasInitial(s) {
		n.ratio("i", covered)
	}
	n.ratio("=", exact)
	n.entry(r.Seq)
	n.word("pt", r.Type.String())
	n.word("pi", r.ID)
	m.w.text = n.text
	return m.w.keep(n.text)
}
