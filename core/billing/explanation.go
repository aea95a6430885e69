package billing

import (
	"strconv"
	"strings"

	"prorata/core/calendar"
	"prorata/core/money"
)

// Explanation is the inputs of one line, with which anyone can redo it by hand.
// It is stored in a compact text, Line.Explanation, and read with
// ParseExplanation; the fields that do not apply are empty texts.
type Explanation struct {
	// Cause is start, seats, price, suspension, cancellation, renewal, or several
	// with a plus between them; for lines of an interval usage, minimum, and so on.
	Cause string
	// Before and After are the seats that count for money.
	Before, After string
	// Price is the unit price as it was used, per Unit; From is the list or "own",
	// Since the day from which the list has it.
	Price, Unit, From, Since string
	// Model is the pricing model where it is not per unit.
	Model string
	// Months is the length of the period over that of the price's unit: 12/1.
	Months string
	// FullBefore and FullAfter are the price of the whole period for both
	// quantities; Paid is the high-water mark, Charged what of the difference counts.
	FullBefore, FullAfter, Paid, Charged string
	// Part is the fraction: 16/31. Rule is days, days30, months or none.
	Part, Rule string
	// Whole is the period that Part is a part of: 2026-01-01/2026-02-01.
	Whole string
	// Own and Contract are the discounts in percent; Initial what they cover of the
	// charge where they are for initial seats alone.
	Own, Contract, Initial string
	// Rate is a conversion: USD 0.90 2026-01-01.
	Rate string
	// Exact is the amount before it was rounded.
	Exact string
	// Held says that a credit was held at what the period has.
	Held string
	// Owed and Billed are an adjustment's two sides.
	Owed, Billed string
	// Basis is cost or retail of a usage record, with Markup in percent.
	Basis, Markup string
	// Note is a figure of a minimum, smoothing or instalment: what it is of.
	Note string
	// Entry is the Seq of the log entry that caused the line.
	Entry string
	// Proportion is effective over unit price of the provider's row that the line
	// mirrors, Charge and Row its type and id.
	Proportion, Charge, Row string
	// Invoice and Line are the number of the invoice and of its line that a credit is of,
	// Credited what was credited of it before; Billed is then the line's amount, and Note
	// the reason.
	Invoice, Line, Credited string
}

// fields pairs each field with its key in the text, in the order of the text.
func (e *Explanation) fields() []field {
	return []field{
		{"c", &e.Cause}, {"b", &e.Before}, {"a", &e.After}, {"p", &e.Price}, {"u", &e.Unit}, {"l", &e.From}, {"s", &e.Since},
		{"k", &e.Model}, {"m", &e.Months}, {"fb", &e.FullBefore}, {"fa", &e.FullAfter}, {"pd", &e.Paid}, {"ch", &e.Charged},
		{"f", &e.Part}, {"r", &e.Rule}, {"w", &e.Whole}, {"so", &e.Own}, {"sc", &e.Contract}, {"i", &e.Initial}, {"x", &e.Rate},
		{"=", &e.Exact}, {"h", &e.Held}, {"o", &e.Owed}, {"n", &e.Billed}, {"y", &e.Basis}, {"z", &e.Markup}, {"t", &e.Note}, {"e", &e.Entry},
		{"pp", &e.Proportion}, {"pt", &e.Charge}, {"pi", &e.Row},
		{"iv", &e.Invoice}, {"il", &e.Line}, {"cb", &e.Credited},
	}
}

type field struct {
	key   string
	value *string
}

// ParseExplanation reads the compact text of a line's explanation; what it does
// not know it leaves out.
func ParseExplanation(text string) (e Explanation) {
	fields := e.fields()
	for _, part := range strings.Split(text, ";") {
		key, value, _ := strings.Cut(part, ":")
		for _, f := range fields {
			if f.key == key {
				*f.value = value
			}
		}
	}
	return e
}

// note writes the compact text field by field.
type note struct{ text []byte }

func (n *note) key(key string) {
	if len(n.text) > 0 {
		n.text = append(n.text, ';')
	}
	n.text = append(n.text, key...)
	n.text = append(n.text, ':')
}

func (n *note) word(key, value string) {
	if value == "" {
		return
	}
	n.key(key)
	for i := 0; i < len(value); i++ {
		if c := value[i]; c == ';' {
			n.text = append(n.text, ',')
		} else {
			n.text = append(n.text, c)
		}
	}
}

func (n *note) decimal(key string, value money.Decimal) {
	n.key(key)
	n.text = value.AppendTo(n.text)
}

func (n *note) ratio(key string, value money.Ratio) {
	n.decimal(key, money.DecimalFrom(value, 0, exactDigits))
}

// exactDigits is how many places are shown of a number that does not end.
const exactDigits = 8

func (n *note) entry(seq int64) {
	n.key("e")
	n.text = strconv.AppendInt(n.text, seq, 10)
}

func (n *note) parts(key string, a, b int) {
	n.key(key)
	n.text = strconv.AppendInt(n.text, int64(a), 10)
	n.text = append(n.text, '/')
	n.text = strconv.AppendInt(n.text, int64(b), 10)
}

func (n *note) period(key string, p calendar.Period) {
	n.key(key)
	n.text = p.From.AppendTo(n.text)
	n.text = append(n.text, '/')
	n.text = p.To.AppendTo(n.text)
}

func (n *note) amount(key string, a money.Amount) {
	n.key(key)
	n.text = a.AppendTo(n.text)
}

var causeNames = [...]string{"start", "seats", "price", "suspension", "cancellation", "renewal"}

func (n *note) causes(why causes) {
	n.key("c")
	first := true
	for i, name := range causeNames {
		if why&(1<<i) == 0 {
			continue
		}
		if !first {
			n.text = append(n.text, '+')
		}
		first = false
		n.text = append(n.text, name...)
	}
}

var modelNames = [...]string{PerUnit: "", Volume: "volume", Graduated: "graduated", Package: "package", Stairstep: "stairstep"}

var prorationNames = [...]string{ByDays: "", ByDays30: "days30", ByMonths: "months", ByNothing: "none"}

// explainLine notes the inputs of a line of a span.
func (w *work) explainLine(sub *subscriptionWork, sp span, line *owedLine) string {
	n := note{w.text[:0]}
	w.noteLine(&n, sub, sp, line)
	w.text = n.text
	return w.keep(n.text)
}

func (w *work) noteLine(n *note, sub *subscriptionWork, sp span, line *owedLine) {
	why := line.why
	if line.kind == LineBase {
		why = causeStart
	}
	n.causes(why)
	if line.kind == LineChange {
		n.decimal("b", line.before)
	}
	n.decimal("a", line.after)
	n.quote(line.quote)
	n.parts("m", sp.cycle.Months, line.quote.unitMonths)
	if line.marked || line.priceMoved || line.quote.model != PerUnit || !line.quote.included.IsZero() {
		n.ratio("fb", line.fullBefore)
		n.ratio("fa", line.fullAfter)
		if line.marked {
			n.ratio("pd", line.paid)
		}
		n.ratio("ch", line.charged)
	}
	n.parts("f", line.fraction.Num, line.fraction.Den)
	n.word("r", prorationNames[w.contract.Proration])
	if line.covered != sp.whole {
		n.period("w", sp.whole)
	}
	n.discounts(&sub.s.Discount, &w.contract.Discount, line.day)
	if w.hasInitial(sub.s) {
		n.ratio("i", line.covers)
	}
	if line.fraction.Num != line.fraction.Den || line.quote.foreign || !line.gross.Sub(line.amount).IsZero() {
		n.ratio("=", line.net)
	}
	if line.held {
		n.word("h", "held")
	}
	if line.entry != 0 {
		n.entry(line.entry)
	}
}

func (n *note) quote(q *quote) {
	if q.shown {
		n.decimal("p", q.show)
	}
	n.word("u", q.unit)
	n.word("l", q.source)
	if !q.from.IsZero() {
		n.key("s")
		n.text = q.from.AppendTo(n.text)
	}
	n.word("k", modelNames[q.model])
	if q.foreign {
		n.word("x", q.currency.String()+" "+q.rate.String()+" "+q.rateOn.String())
	}
}

func (n *note) discounts(own, contract *Discount, day calendar.Date) {
	if own.on(day) {
		n.decimal("so", own.Percent)
	}
	if contract.on(day) {
		n.decimal("sc", contract.Percent)
	}
}

func (w *work) explainAdjustment(sub *subscriptionWork, sp span, sum *billedSum, line *owedLine) string {
	n := note{w.text[:0]}
	w.noteLine(&n, sub, sp, line)
	n.amount("o", line.amount)
	n.amount("n", sum.Amount)
	w.text = n.text
	return w.keep(n.text)
}

func (w *work) explainTakenBack(sum *billedSum) string {
	n := note{w.text[:0]}
	n.word("c", "taken back")
	n.amount("o", money.NewAmount(0, w.contract.Currency))
	n.amount("n", sum.Amount)
	w.text = n.text
	return w.keep(n.text)
}

// adjustmentText adds the two sides of an adjustment to a line's explanation.
func adjustmentText(text string, billed, owed money.Amount) string {
	n := note{[]byte(text)}
	n.amount("o", owed)
	n.amount("n", billed)
	return string(n.text)
}

func (w *work) explainUsage(sub *subscriptionWork, q *quote, quantity money.Decimal, r *UsageRecord, basis string) string {
	var n note
	n.word("c", "usage")
	n.decimal("a", quantity)
	if q != nil {
		n.quote(q)
	}
	if r != nil {
		n.word("y", basis)
		amount := r.Cost
		if basis == "retail" {
			amount = r.Retail
		} else if sub.s.HasMarkup {
			n.decimal("z", sub.s.Markup)
		}
		n.decimal("p", amount)
		n.discounts(&sub.s.Discount, &w.contract.Discount, r.Period.From)
		n.word("t", r.ID)
	}
	return string(n.text)
}

func explainMinimum(minimum money.Decimal, actual money.Amount) string {
	var n note
	n.word("c", "minimum")
	n.decimal("a", minimum)
	n.amount("n", actual)
	return string(n.text)
}

func explainSmoothed(total money.Amount, agreement *Smooth) string {
	var n note
	n.word("c", "smoothed")
	n.amount("n", total)
	n.decimal("a", agreement.Over)
	n.word("t", strconv.Itoa(agreement.Months))
	return string(n.text)
}

func explainInstalment(excess money.Amount, origin interval, k, of int) string {
	var n note
	n.word("c", "instalment")
	n.amount("n", excess)
	n.parts("f", k, of)
	n.period("w", origin.Period)
	return string(n.text)
}

func (w *work) explainItem(item *OneTimeItem, q *quote) string {
	var n note
	n.word("c", "item")
	n.decimal("a", item.Quantity)
	n.quote(q)
	n.discounts(&Discount{}, &w.contract.Discount, item.On)
	return string(n.text)
}
