package billing

import (
	"errors"
	"sort"

	"prorata/core/calendar"
	"prorata/core/money"
)

// rated are the records of one rate card in one interval.
type rated struct {
	quote    *quote
	period   calendar.Period
	quantity money.Decimal
	card     string
}

// usageLines prices the records of an interval: one line for each rate card,
// one for each record without one.
func (w *work) usageLines(sub *subscriptionWork, in interval) (lines []Line, err error) {
	var cards []rated
	records := w.records(sub, in)
	sort.SliceStable(records, func(i, j int) bool { return records[i].Seq < records[j].Seq })
	for _, r := range records {
		card, err := w.rateCard(sub, r, in)
		if err != nil {
			return nil, err
		}
		if card == nil {
			line, err := w.recordLine(sub, r, in)
			if err != nil {
				return nil, err
			}
			lines = append(lines, line)
			continue
		}
		cards = addToCard(cards, rated{quote: card, period: r.Period, quantity: r.Quantity, card: "card:" + card.source + "@" + card.from.String() + "/" + card.show.String()})
	}
	for i := range cards {
		line, err := w.cardLine(sub, &cards[i], in)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func addToCard(cards []rated, r rated) []rated {
	for i := range cards {
		if c := &cards[i]; c.card == r.card {
			c.quantity = c.quantity.Add(r.quantity)
			c.period.From, c.period.To = calendar.Earliest(c.period.From, r.period.From), calendar.Latest(c.period.To, r.period.To)
			return cards
		}
	}
	return append(cards, r)
}

// rateCard is the subscription's own price, or the lists' price for the sku, on
// the record's first day; nil where there is none.
func (w *work) rateCard(sub *subscriptionWork, r *UsageRecord, in interval) (*quote, error) {
	t := w.builder.build(w.contract, sub.s, w.day.date, r.Period.From, sub.other, nil)
	sub.other = t.points
	if t.exists {
		if p := &t.points[t.indexOn(r.Period.From)]; p.hasPrice {
			return ownQuote(p.price, sub.s.PriceUnit, w.contract.Currency), nil
		}
	}
	if len(w.catalog.Prices[sub.s.SKU]) == 0 {
		return nil, nil
	}
	s := sought{sku: sub.s.SKU, currency: w.contract.Currency, termMonths: sub.s.TermMonths, unitMonths: sub.s.Billing.Months, on: r.Period.From, known: in.date, rateOn: w.rateDay(r.Period.From, in.date)}
	q, err := w.catalog.quoteKnown(s, w.book.Lists, w.catalog.Prices[sub.s.SKU])
	var missing *MissingPrice
	if errors.As(err, &missing) {
		return nil, nil
	}
	return q, err
}

func (w *work) rateDay(locked, invoiced calendar.Date) calendar.Date {
	if w.contract.RatePolicy == RateOfInvoice {
		return invoiced
	}
	return locked
}

func (w *work) cardLine(sub *subscriptionWork, c *rated, in interval) (Line, error) {
	gross := c.quote.full(c.quantity.Ratio().Abs(), 0)
	if c.quantity.Sign() < 0 {
		gross = gross.Neg()
	}
	line, err := w.intervalLine(sub, LineUsage, c.card, in, gross, c.period)
	line.Quantity = c.quantity
	line.UnitPrice, line.Priced, line.TaxIncluded = c.quote.show, c.quote.shown, c.quote.taxIncluded
	line.Explanation = w.explainUsage(sub, c.quote, c.quantity, nil, "")
	return line, err
}

// recordLine sells a record at cost and markup, or at retail less the discounts.
func (w *work) recordLine(sub *subscriptionWork, r *UsageRecord, in interval) (Line, error) {
	var gross money.Ratio
	basis := "cost"
	switch {
	case r.HasCost && (sub.s.HasMarkup || !r.HasRetail):
		gross = r.Cost.Ratio().Mul(money.One().Add(sub.s.Markup.Ratio().Div(money.Whole(100))))
	case r.HasRetail:
		gross, basis = r.Retail.Ratio(), "retail"
	default:
		return Line{}, &MissingPrice{Subscription: sub.s.ID, SKU: sub.s.SKU, On: r.Period.From, Why: "the record has neither cost nor retail price, and there is no rate card"}
	}
	if !r.Currency.IsZero() && r.Currency != w.contract.Currency {
		rate, err := w.catalog.rateFor(r.Currency, w.contract.Currency, w.rateDay(r.Period.From, in.date), in.date)
		if err != nil {
			return Line{}, err
		}
		gross = gross.Mul(rate.Rate.Ratio())
	}
	line, err := w.intervalLine(sub, LineUsage, "record:"+r.ID, in, gross, r.Period)
	line.Quantity = r.Quantity
	line.Explanation = w.explainUsage(sub, nil, r.Quantity, r, basis)
	return line, err
}

// intervalLine is a line of an interval, discounted by its first day and rounded.
func (w *work) intervalLine(sub *subscriptionWork, kind LineKind, part string, in interval, gross money.Ratio, covered calendar.Period) (Line, error) {
	line := Line{
		Key: in.key(sub.s.ID, part), Kind: kind,
		Subscription: sub.s.ID, SKU: sub.s.SKU, From: covered.From, To: covered.To, PeriodTo: in.To, Quantity: money.DecimalOf(1), Tax: sub.s.Tax,
	}
	if sub.s.Parent != "" {
		line.Subscription = sub.s.Parent
	}
	discounted := gross
	if kind == LineUsage {
		discounted = w.offItems(&sub.s.Discount, covered.From, gross)
	}
	var err error
	if line.Gross, err = money.RoundTo(gross, w.contract.Currency); err != nil {
		return Line{}, err
	}
	if line.Amount, err = money.RoundTo(discounted, w.contract.Currency); err != nil {
		return Line{}, err
	}
	line.Discount = line.Gross.Sub(line.Amount)
	return line, nil
}

// offItems takes the discounts that are on usage and one-time items: those for
// all that is sold, not those for the seats a term opens with.
func (w *work) offItems(own *Discount, day calendar.Date, gross money.Ratio) money.Ratio {
	var first Discount
	if own != nil && !own.Initial {
		first = *own
	}
	second := w.contract.Discount
	if second.Initial {
		second = Discount{}
	}
	return net(&first, &second, day, gross, money.Ratio{})
}

// minimum tops an interval up in which the subscription ran; it is due from the
// first invoice that knew the subscription.
func (w *work) minimum(sub *subscriptionWork, t *timeline, in interval, actual money.Amount) (money.Amount, error) {
	if !sub.s.HasMinimum || in.Empty() || !t.ranIn(in.Period) || sub.s.Entries[0].knownBy().After(in.date) {
		return actual, nil
	}
	short := sub.s.Minimum.Ratio().Sub(actual.Ratio())
	if short.Sign() <= 0 {
		return actual, nil
	}
	line, err := w.intervalLine(sub, LineMinimum, partMinimum, in, short, in.Period)
	if err != nil {
		return actual, err
	}
	line.Explanation = explainMinimum(sub.s.Minimum, actual)
	w.offer(sub, &line)
	return actual.Add(line.Amount), nil
}

func (e *Entry) knownBy() calendar.Date { return calendar.Latest(e.KnownOn, e.ReleasedOn) }

// smooth takes what exceeds the threshold off an interval's invoice, and bills
// the instalments of earlier ones on it.
func (w *work) smooth(sub *subscriptionWork, in interval, total money.Amount) error {
	agreement := &sub.s.Smooth
	if agreement.Months == 0 {
		return nil
	}
	for k := min(agreement.Months, in.index); k >= 1; k-- {
		if err := w.instalment(sub, in, w.interval(in.index-k), k); err != nil {
			return err
		}
	}
	excess := total.Ratio().Sub(agreement.Over.Ratio())
	if excess.Sign() <= 0 {
		w.unsmooth(sub, in)
		return nil
	}
	line, err := w.intervalLine(sub, LineSmoothing, partSmoothed, in, excess.Neg(), in.Period)
	if err != nil {
		return err
	}
	last := w.interval(in.index + agreement.Months)
	line.PeriodTo = last.To
	line.Explanation = explainSmoothed(total, agreement)
	w.offer(sub, &line)
	return nil
}

// unsmooth takes back what an interval was relieved of, once it does not exceed
// the threshold any more.
func (w *work) unsmooth(sub *subscriptionWork, in interval) {
	if sum := sub.sum(in.key(sub.s.ID, partSmoothed)); sum != nil {
		sum.matched = true
		w.takeBackSum(sum)
	}
}

// instalment is the kth part of what was taken off an earlier interval; the last
// takes what rounding left.
func (w *work) instalment(sub *subscriptionWork, in, origin interval, k int) error {
	excess := w.smoothedIn(sub, origin)
	if excess.IsZero() {
		return nil
	}
	parts, err := money.Split(excess.Ratio(), sub.s.Smooth.Months, w.contract.Currency)
	if err != nil {
		return err
	}
	part := parts[k-1]
	line, err := w.intervalLine(sub, LineSmoothing, partInstalment+origin.To.String(), in, part.Ratio(), in.Period)
	if err != nil {
		return err
	}
	line.Explanation = explainInstalment(excess, origin, k, sub.s.Smooth.Months)
	w.offer(sub, &line)
	return nil
}

// smoothedIn is what an interval was relieved of: as billed, and as the draft in
// hand changes it.
func (w *work) smoothedIn(sub *subscriptionWork, origin interval) money.Amount {
	key := origin.key(sub.s.ID, partSmoothed)
	taken := money.NewAmount(0, w.contract.Currency)
	if sum := sub.sum(key); sum != nil {
		taken = sum.Amount
	}
	for i := range w.draft.Lines {
		if w.draft.Lines[i].Key == key {
			taken = taken.Add(w.draft.Lines[i].Amount)
		}
	}
	return taken.Neg()
}

// oneTime puts the items on the draft that are owed and not billed, and takes
// back those that are void.
func (w *work) oneTime() error {
	for i := range w.items {
		w.items[i].matched = false
	}
	for i := range w.book.Items {
		item := &w.book.Items[i]
		if item.KnownOn.After(w.day.date) || (!item.VoidedOn.IsZero() && !item.VoidedOn.After(w.day.date)) {
			continue
		}
		key := LineKey{Subscription: item.ID, Period: item.On, Day: item.On}
		if sum := w.itemSum(key); sum != nil {
			sum.matched = true
			continue
		}
		if !w.day.regular || item.On.After(w.day.horizon) {
			continue
		}
		line, err := w.itemLine(item, key)
		if err != nil {
			return err
		}
		w.draft.Lines = append(w.draft.Lines, line)
	}
	for i := range w.items {
		if sum := &w.items[i]; !sum.matched && w.itemVoid(sum.Key.Subscription) {
			w.takeBackSum(sum)
		}
	}
	return nil
}

func (w *work) itemSum(key LineKey) *billedSum {
	for i := range w.items {
		if w.items[i].Key == key {
			return &w.items[i]
		}
	}
	return nil
}

func (w *work) itemVoid(id SubscriptionID) bool {
	for i := range w.book.Items {
		if item := &w.book.Items[i]; item.ID == id {
			return !item.VoidedOn.IsZero() && !item.VoidedOn.After(w.day.date)
		}
	}
	return false
}

func (w *work) itemLine(item *OneTimeItem, key LineKey) (Line, error) {
	q := ownQuote(item.Price, Unit{Name: "each", Months: 1}, w.contract.Currency)
	if !item.HasPrice {
		var err error
		s := sought{sku: item.SKU, currency: w.contract.Currency, unitMonths: w.contract.Frequency.Months, on: item.On, known: w.day.date, rateOn: w.rateDay(item.On, w.day.date)}
		if q, err = w.lookUp(item.ID, s); err != nil {
			return Line{}, err
		}
	}
	gross := q.full(item.Quantity.Ratio(), 0)
	line := Line{Key: key, Kind: LineOneTime, Subscription: item.ID, SKU: item.SKU, From: item.On, PeriodTo: item.On.AddDays(1),
		Quantity: item.Quantity, UnitPrice: q.show, Priced: q.shown, Tax: item.Tax, TaxIncluded: q.taxIncluded}
	var err error
	if line.Gross, err = money.RoundTo(gross, w.contract.Currency); err != nil {
		return Line{}, err
	}
	if line.Amount, err = money.RoundTo(w.offItems(nil, item.On, gross), w.contract.Currency); err != nil {
		return Line{}, err
	}
	line.Discount = line.Gross.Sub(line.Amount)
	line.Explanation = w.explainItem(item, q)
	return line, nil
}
