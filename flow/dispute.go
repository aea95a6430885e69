package flow

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/core/reconcile"
)

// Dispute is what we hold against one row of a provider's bill: our facts, their
// rows, the rule, and the arithmetic, for the provider's support to read.
type Dispute struct {
	Connection ConnectionID
	// To is what people call the provider; From is our first seller, On the day of writing.
	To      string
	From    Party
	On      calendar.Date
	Invoice ProviderInvoice
	// Line is the row in question, Rows all of the same subscription on the invoice.
	Line ProviderLine
	Rows []ProviderLine
	// Facts are what our log says of the subscription, in the order of recording.
	Facts []DisputeFact
	// Expected are the charges that follow from them for the invoice's days.
	Expected []DisputeCharge
	// Rule says, in sentences, how a charge is computed.
	Rule []string
	// Differences are what was found about the row, each with its cause and amount.
	Differences []DisputeDifference
	// Claim is what the provider should give back, or has charged too little.
	Claim    money.Decimal
	Currency money.Currency
}

// DisputeFact is one entry of our log: who recorded what, when, and from which day it holds.
type DisputeFact struct {
	Seq                    int64
	At                     time.Time
	Who, Source            string
	RecordedOn, ActsOn     calendar.Date
	Subscription, Sentence string
}

// DisputeCharge is one charge as it should be, with its arithmetic.
type DisputeCharge struct {
	Type       billing.ChargeType
	On         calendar.Date
	Period     calendar.Period
	Quantity   money.Decimal
	Amount     money.Amount
	Arithmetic string
	// Disputed marks the charge that the row was compared with.
	Disputed bool
}

// DisputeDifference is one part of the difference.
type DisputeDifference struct {
	Cause    string
	Amount   money.Decimal
	Sentence string
}

// Dispute collects what is to be said about one row of an invoice, from the log
// and the row as they are now.
func (f *Flow) Dispute(ctx context.Context, id ConnectionID, invoice, line string) (d Dispute, err error) {
	r, err := f.newReconciling(ctx, id, invoice)
	if err != nil {
		return d, fmt.Errorf("dispute %s of %s: %w", line, invoiceName(invoice), err)
	}
	d = Dispute{Connection: id, To: r.connection.Name, On: f.Today(), Invoice: r.kept.ProviderInvoice, Currency: r.currency}
	if d.To == "" {
		d.To = string(id)
	}
	err = f.Store.Read(ctx, func(tx Tx) error {
		sellers, err := tx.SellerList()
		if err != nil {
			return err
		}
		if len(sellers) > 0 {
			d.From = sellers[0].Party
		}
		if d.Line, err = tx.ProviderLineGet(id, invoice, line); err != nil {
			return err
		}
		holding := d.Line.Holding
		p := (&invoicePart{}).cleared()
		p.named, p.ids, p.teller = true, []string{holding}, r.storyteller
		if err := r.read(tx, p); err != nil {
			return err
		}
		at := slices.IndexFunc(p.customers, func(c *customerPart) bool { return c.ID == d.Line.Customer })
		if at < 0 {
			return ErrUnknown
		}
		if p.customers[at].holding(holding) != nil {
			if err := d.sayRows(tx, holding); err != nil {
				return err
			}
		}
		return d.say(tx, r, p.customers[at])
	})
	if err != nil {
		return d, fmt.Errorf("dispute %s of %s: %w", line, invoiceName(invoice), err)
	}
	return d, nil
}

// sayRows fills in the holding's rows, as they came, by their customers.
func (d *Dispute) sayRows(tx Tx, holding string) error {
	// What sorts next before the holding: all but its last byte.
	after := holding[:max(0, len(holding)-1)]
	err := tx.ProviderLines(d.Connection, d.Invoice.ID, after, holding, func(row ProviderLine) bool {
		if row.Holding == holding {
			d.Rows = append(d.Rows, row)
		}
		return true
	})
	slices.SortStableFunc(d.Rows, func(a, b ProviderLine) int { return strings.Compare(a.Customer, b.Customer) })
	return err
}

// say fills in the facts, the charges and the differences.
func (d *Dispute) say(tx Tx, r *reconciling, c *customerPart) error {
	result, err := reconcile.CustomerOf(&c.Customer, r.rules, r.invoice)
	if err != nil {
		return err
	}
	if h := c.holding(d.Line.Holding); h != nil {
		for _, p := range h.parts {
			if err := d.sayFacts(tx, p.s.ID); err != nil {
				return err
			}
		}
	}
	metered := false
	var against *reconcile.Charge
	for i := range result.Matches {
		if m := &result.Matches[i]; m.Row == d.Line.Charge.ID {
			against = m.Charge
		}
	}
	for i := range c.Stories {
		metered = metered || c.Stories[i].Metered
		charges, err := reconcile.Expect(&c.Stories[i], r.rules, r.invoice.Period)
		if err != nil {
			d.Rule = append(d.Rule, "Nothing can be expected: "+err.Error()+".")
			continue
		}
		for j := range charges {
			one := disputeCharge(&charges[j], r.rules, against)
			if c.Stories[i].Metered && charges[j].Why == "" {
				one.Arithmetic = fmt.Sprintf("the rated usage of these days adds up to %s: %s %s", charges[j].Shown, one.Amount, one.Amount.Currency())
			}
			d.Expected = append(d.Expected, one)
		}
	}
	for i := range result.Findings {
		// What customers were billed is no affair of the provider's.
		if finding := &result.Findings[i]; finding.Row == d.Line.Charge.ID && (finding.Unbilled.IsZero() || !finding.Amount.IsZero()) {
			d.differs(finding.Cause.String(), finding.Amount, finding.Sentence)
		}
	}
	// What a row of a holding is that the book does not have, other rows may tell: that is
	// known where the invoice was reconciled whole.
	if h := c.holding(d.Line.Holding); h == nil || !h.told {
		err := tx.FindingList(d.Connection, d.Invoice.ID, "", func(f Finding) bool {
			if f.Line == d.Line.Charge.ID {
				d.differs(f.Cause, f.Amount, f.Sentence)
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	if metered {
		d.Rule = append(d.Rule, "Usage costs what the rated usage of the same days adds up to, rounded once.")
		return nil
	}
	d.Rule = append(d.Rule, ruleSentences(r.rules)...)
	return nil
}

// differs adds a part of the difference, and what it claims. Rows are named by their place
// among those that the dispute shows, since nobody else knows our ids of them.
func (d *Dispute) differs(cause string, amount money.Decimal, sentence string) {
	for i := range d.Rows {
		sentence = strings.ReplaceAll(sentence, "row "+d.Rows[i].Charge.ID+" ", "row "+strconv.Itoa(i+1)+" of those below ")
	}
	d.Differences = append(d.Differences, DisputeDifference{cause, amount, sentence})
	d.Claim = d.Claim.Add(amount)
}

func (d *Dispute) sayFacts(tx Tx, id billing.SubscriptionID) error {
	entries, err := tx.LogOf(id)
	if err != nil {
		return err
	}
	voided := map[int64]bool{}
	for i := range entries {
		voided[entries[i].Voids] = true
	}
	for i := range entries {
		e := &entries[i]
		sentence := factSentence(e)
		if sentence == "" {
			continue
		}
		if voided[e.Seq] {
			sentence += " (taken back later)"
		}
		d.Facts = append(d.Facts, DisputeFact{e.Seq, e.At, e.Who, e.Source, e.RecordedOn, e.EffectiveOn, string(id), sentence})
	}
	return nil
}

// factSentence says what an entry did, as far as it concerns the provider.
func factSentence(e *LogEntry) string {
	switch e.Do {
	case DoSubscribe:
		if e.Entry.Quantity == money.DecimalOf(1) {
			return "1 seat bought"
		}
		return e.Entry.Quantity.String() + " seats bought"
	case DoQuantity:
		return "seats set to " + e.Entry.Quantity.String()
	case DoCancel:
		return "cancelled"
	case DoSuspend:
		return "suspended"
	case DoResume:
		return "resumed"
	case DoVoid:
		return fmt.Sprintf("entry %d taken back", e.Voids)
	case DoSchedule:
		var what []string
		if e.Entry.HasQuantity {
			what = append(what, e.Entry.Quantity.String()+" seats")
		}
		if e.Entry.HasAutoRenew {
			what = append(what, map[bool]string{true: "renewal", false: "no renewal"}[e.Entry.AutoRenew])
		}
		if len(what) > 0 {
			return "scheduled for the next term: " + strings.Join(what, ", ")
		}
	case DoPrice, DoOneTime, DoUsage, DoCharge, DoListPrice, DoHold, DoRelease, DoCredit:
	}
	return ""
}

// disputeCharge is a charge with the arithmetic that anyone can do again.
func disputeCharge(c *reconcile.Charge, rules reconcile.Rules, against *reconcile.Charge) DisputeCharge {
	one := DisputeCharge{Type: c.Type, On: c.On, Period: c.Period, Quantity: c.Quantity, Amount: c.Subtotal, Arithmetic: c.Why}
	one.Disputed = against != nil && against.Event == c.Event && against.Credit == c.Credit && against.Period == c.Period && against.Quantity == c.Quantity
	if c.Credit {
		one.Quantity = one.Quantity.Neg()
	}
	if c.Why != "" {
		return one
	}
	text := c.UnitPrice.String() + " " + c.PriceCurrency.String()
	if !c.Percent.IsZero() {
		text += fmt.Sprintf(" − %s %% (promotion %s)", c.Percent, c.Promotion)
	}
	if c.Fraction.Cmp(money.One()) != 0 {
		part, whole := c.Fraction.Parts()
		counted := part + "/" + whole
		if inDays := money.Fraction(int64(c.Period.Days()), int64(max(1, c.Cycle.Days()))); inDays.Cmp(c.Fraction) == 0 {
			counted = fmt.Sprintf("%d/%d days", c.Period.Days(), c.Cycle.Days())
		}
		text += " × " + counted
	}
	if seat := money.DecimalFrom(c.Effective.Abs(), 2, 6); c.Effective.Abs().Cmp(c.UnitPrice.Ratio()) != 0 {
		text += fmt.Sprintf(" = %s", seat)
	}
	text += " for a seat"
	each := c.Effective.Abs().Mul(c.Rate)
	if c.Rate.Cmp(money.One()) != 0 {
		text += " × rate " + money.DecimalFrom(c.Rate, 2, 9).String() + " = " + money.DecimalFrom(each, 2, 6).String() + " " + c.Subtotal.Currency().String()
	}
	cut := ""
	exact := each.Mul(one.Quantity.Ratio())
	switch amount := c.Subtotal.Ratio(); {
	case amount.Cmp(exact) == 0:
	case rules.Rounding == reconcile.RoundPerLine:
		cut = fmt.Sprintf(" = %s, cut to", money.DecimalFrom(exact, 2, 6))
	default:
		cut = fmt.Sprintf(", each seat cut to %s", money.DecimalFrom(amount.Div(one.Quantity.Ratio()), c.Subtotal.Currency().Digits(), 6))
	}
	if !strings.HasSuffix(cut, "to") {
		cut += " ="
	}
	one.Arithmetic = fmt.Sprintf("%s, × %s%s %s %s", text, one.Quantity, cut, c.Subtotal, c.Subtotal.Currency())
	return one
}

func ruleSentences(rules reconcile.Rules) []string {
	rounding := "The price of one seat is cut to the currency's digits, then multiplied."
	if rules.Rounding == reconcile.RoundPerLine {
		rounding = "The price of one seat is multiplied, then cut to the currency's digits."
	}
	return []string{
		"A seat costs its price, less the promotion, divided by the days of the whole charge cycle and multiplied by the days charged, first and last included, in UTC.",
		"The price and the promotion are those of the first day of the term, for seats added later too.",
		"A change of seats credits all old seats and charges all new ones for the rest of the cycle.",
		"A subscription cancelled within 24 hours is credited in full, later by its days.",
		rounding,
	}
}

// Text is the dispute as a letter's body: plain lines that can be pasted anywhere.
func (d *Dispute) Text() string {
	var text strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	c := &d.Line.Charge
	line("To %s, from %s, on %s", d.To, d.From.Name, d.On)
	line("\nYour invoice %s of %s: %s for %s to %s", invoiceName(d.Invoice.ID), d.Invoice.On, c.Type, c.Period.From, c.Period.To.AddDays(-1))
	line("Customer %s (%s), subscription %s%s, %s", d.Line.CustomerName, d.Line.Customer, d.Line.Holding, called(", order ", d.Line.Order), c.SKU+called(" ", d.Line.Product))
	line("\n%s", d.claimed())
	for _, one := range d.Differences {
		line("  %s: %s: %s", one.Cause, one.Amount, one.Sentence)
	}
	line("\nWhat happened, by our log")
	for _, fact := range d.Facts {
		line("  from %s on: %s (recorded %s UTC by %s, %s)", fact.ActsOn, fact.Sentence, fact.At.UTC().Format("2006-01-02 15:04"), fact.Who, fact.Source)
	}
	if len(d.Facts) == 0 {
		line("  nothing: our log has no such subscription")
	}
	line("\nWhat you charged for this subscription")
	for i := range d.Rows {
		row := &d.Rows[i].Charge
		line("  %d. %s %s %s to %s: %s × %s = %s %s%s", i+1, d.Rows[i].OrderedOn(), row.Type, row.Period.From, row.Period.To.AddDays(-1), row.Quantity, row.EffectivePrice, row.Cost, row.Currency,
			marked(row.ID == c.ID))
	}
	line("\nWhat should be charged")
	for i := range d.Expected {
		one := &d.Expected[i]
		line("  %s %s %s to %s: %s%s", one.On, one.Type, one.Period.From, one.Period.To.AddDays(-1), one.Arithmetic, marked(one.Disputed))
	}
	if len(d.Expected) == 0 {
		line("  nothing")
	}
	line("\nThe rule")
	for _, sentence := range d.Rule {
		line("  %s", sentence)
	}
	line("\nOur key of this row: %s", c.ID)
	return text.String()
}

// claimed says what is asked of the provider, if anything.
func (d *Dispute) claimed() string {
	switch d.Claim.Sign() {
	case 1:
		return fmt.Sprintf("What we claim: %s %s, charged too much, before tax", d.Claim, d.Currency)
	case -1:
		return fmt.Sprintf("Charged too little: %s %s, before tax; we claim nothing", d.Claim.Neg(), d.Currency)
	}
	return "We claim nothing: this row is charged as it should be"
}

// called puts a word before a text, where there is one.
func called(word, text string) string {
	if text == "" {
		return ""
	}
	return word + text
}

func marked(it bool) string {
	if it {
		return "   <— disputed"
	}
	return ""
}
