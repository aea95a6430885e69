package billing

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"prorata/core/calendar"
	"prorata/core/money"
)

// A credit takes a part of an issued invoice back for good: out of goodwill, for a
// service that failed, as agreed. It is a fact of the book and not a difference between
// owed and billed: what was credited is not billed anew.
//
//	invoice ──► Remainder (less earlier notes) ─┐
//	billed lines ──► Room of each period ───────┼─► Choose ──► CreditNote
//	what is asked of some lines ────────────────┘
//
// Planning then lets no line of its own take the subscription and period below zero,
// credits counted (BILLING §5).

// Credit is what was credited of one billed line, as billing looks back on it.
type Credit struct {
	// Seq is its place in the log of the whole book.
	Seq int64
	// Key and PeriodTo are the line's.
	Key      LineKey
	PeriodTo calendar.Date
	// Amount is positive, in the contract's currency.
	Amount money.Amount
	// KnownOn is the first day whose invoice knows it, the one after those that its contract
	// was billed through; VoidedOn that on which its invoice counts as taken back, and the
	// credit with it.
	KnownOn, VoidedOn calendar.Date
}

func (c *Credit) standsOn(day calendar.Date) bool {
	return !c.KnownOn.After(day) && (c.VoidedOn.IsZero() || c.VoidedOn.After(day))
}

// creditKey names lines that no credit takes below zero in sum: those of one
// subscription, or item, and period; of a provider's rows those of one charge cycle.
type creditKey struct {
	subscription SubscriptionID
	day          calendar.Date
	cycle        bool
}

func creditKeyOf(key *LineKey, periodTo calendar.Date) creditKey {
	if strings.HasPrefix(key.Part, partCharge) {
		return creditKey{key.Subscription, periodTo, true}
	}
	return creditKey{subscription: key.Subscription, day: key.Period}
}

// holdCredited holds what the draft in hand gives back at what credits have left of a
// subscription and period. What comes below zero without them is not their affair.
func (w *work) holdCredited() {
	if len(w.draft.Lines) == 0 {
		return
	}
	var held []creditKey
	for i := range w.book.Credits {
		c := &w.book.Credits[i]
		key := creditKeyOf(&c.Key, c.PeriodTo)
		if c.standsOn(w.day.date) && !slices.Contains(held, key) {
			held = append(held, key)
			w.holdIn(key)
		}
	}
	if len(held) > 0 {
		w.draft.Lines = slices.DeleteFunc(w.draft.Lines, func(line Line) bool {
			return line.Amount.IsZero() && strings.HasSuffix(line.Explanation, heldByCredits)
		})
	}
}

// heldByCredits ends the explanation of a line that was held.
const heldByCredits = ";h:credited"

func (w *work) holdIn(key creditKey) {
	sum := money.NewAmount(0, w.contract.Currency)
	short := sum
	for i := range w.book.Credits {
		if c := &w.book.Credits[i]; c.standsOn(w.day.date) && creditKeyOf(&c.Key, c.PeriodTo) == key {
			short = short.Add(c.Amount)
		}
	}
	for _, billed := range *w.sumsOf(key.subscription) {
		if creditKeyOf(&billed.Key, billed.PeriodTo) == key {
			sum = sum.Add(billed.Amount)
		}
	}
	of := func(line *Line) bool { return creditKeyOf(&line.Key, line.PeriodTo) == key }
	for i := range w.draft.Lines {
		if line := &w.draft.Lines[i]; of(line) {
			sum = sum.Add(line.Amount)
		}
	}
	if sum.Sign() > 0 {
		short = short.Sub(sum)
	}
	for i := len(w.draft.Lines) - 1; i >= 0 && short.Sign() > 0; i-- {
		line := &w.draft.Lines[i]
		if line.Amount.Sign() >= 0 || !of(line) {
			continue
		}
		back := least(short, line.Amount.Neg())
		short = short.Sub(back)
		line.Amount = line.Amount.Add(back)
		line.Gross, line.Discount = line.Amount, line.Amount.Sub(line.Amount)
		line.Explanation += heldByCredits
	}
}

func least(a, b money.Amount) money.Amount {
	if a.Sub(b).Sign() > 0 {
		return b
	}
	return a
}

// CreditAsk is what is to be credited of one line of an invoice: an amount as the line
// shows it, a share of the line in percent or, with neither, all that is left of it.
type CreditAsk struct {
	// Line is counted from 1, as it stands on the invoice.
	Line                  int
	Amount, Percent       money.Decimal
	HasAmount, HasPercent bool
}

// CreditedLine is what a credit note takes off a line: Invoiced in the invoice's currency,
// Amount in the contract's, both positive.
type CreditedLine struct {
	Line             int
	Invoiced, Amount money.Amount
}

// Remainder is what credit notes have left of an issued invoice: of each line and each
// row of its tax summary, in their order, and of its total.
type Remainder struct {
	Lines []CreditedLine
	Taxes []TaxSum
	Total money.Amount
}

// NewRemainder is all of an invoice.
func NewRemainder(invoice *Invoice) Remainder {
	r := Remainder{Taxes: slices.Clone(invoice.Taxes), Total: invoice.Total}
	for i := range invoice.Lines {
		r.Lines = append(r.Lines, CreditedLine{i + 1, invoice.Lines[i].InvoicedAt, invoice.Lines[i].Amount})
	}
	return r
}

// Less takes off what one credit note took of the invoice. It is false where the note took
// of what the invoice does not have.
func (r *Remainder) Less(credited []CreditedLine, note *Invoice) bool {
	for _, c := range credited {
		if c.Line < 1 || c.Line > len(r.Lines) {
			return false
		}
		left := &r.Lines[c.Line-1]
		left.Invoiced, left.Amount = left.Invoiced.Sub(c.Invoiced), left.Amount.Sub(c.Amount)
		if left.Invoiced.Sign() < 0 || left.Amount.Sign() < 0 {
			return false
		}
	}
	for i := range note.Taxes {
		of := r.taxOf(&note.Taxes[i])
		if of == nil {
			return false
		}
		of.Lines, of.Net, of.Tax = of.Lines.Add(note.Taxes[i].Lines), of.Net.Add(note.Taxes[i].Net), of.Tax.Add(note.Taxes[i].Tax)
	}
	r.Total = r.Total.Add(note.Total)
	return r.Total.Sign() >= 0
}

// taxOf is what is left of the row of the summary that another belongs to.
func (r *Remainder) taxOf(sum *TaxSum) *TaxSum {
	for i := range r.Taxes {
		if t := &r.Taxes[i]; t.Account == sum.Account && t.Category == sum.Category && t.Percent.Cmp(sum.Percent) == 0 && t.Included == sum.Included {
			return t
		}
	}
	return nil
}

// Room is what the lines of each subscription and period have left in sum, whatever
// invoice they stand on: what was billed, less what was credited.
type Room map[roomKey]money.Amount

type roomKey struct {
	contract ContractID
	of       creditKey
}

// Add counts a contract, of which all billed lines and all credits are there.
func (r Room) Add(book *Book) {
	add := func(key *LineKey, periodTo calendar.Date, amount money.Amount) {
		at := roomKey{book.Contract.ID, creditKeyOf(key, periodTo)}
		if sum, known := r[at]; known {
			amount = amount.Add(sum)
		}
		r[at] = amount
	}
	for i := range book.Billed {
		if l := &book.Billed[i]; !isVoid(book.Voided, l.InvoicedOn) {
			add(&l.Key, l.PeriodTo, l.Amount)
		}
	}
	for i := range book.Credits {
		if c := &book.Credits[i]; c.VoidedOn.IsZero() {
			add(&c.Key, c.PeriodTo, c.Amount.Neg())
		}
	}
}

// Choose says what of some lines of an invoice is credited, or refuses: never more than
// a line has left, nor than its subscription and period have.
func (r *Remainder) Choose(invoice *Invoice, room Room, asks []CreditAsk) (chosen []CreditedLine, err error) {
	if len(asks) == 0 {
		return nil, refuse("credit_nothing", "no line is named; say which lines of the invoice are credited")
	}
	for i := range asks {
		ask := &asks[i]
		if ask.Line < 1 || ask.Line > len(invoice.Lines) {
			return nil, refuse("credit_line_unknown", "line %d: the invoice has lines 1 to %d", ask.Line, len(invoice.Lines))
		}
		if slices.ContainsFunc(chosen, func(c CreditedLine) bool { return c.Line == ask.Line }) {
			return nil, refuse("credit_line_twice", "line %d is named twice", ask.Line)
		}
		line := &invoice.Lines[ask.Line-1]
		if line.InvoicedAt.Sign() <= 0 || line.Amount.Sign() <= 0 {
			return nil, refuse("credit_of_no_charge", "line %d charges nothing that could be credited: it is %s", ask.Line, line.InvoicedAt)
		}
		at := roomKey{line.Contract, creditKeyOf(&line.Key, line.PeriodTo)}
		credited, err := ask.of(line, &r.Lines[ask.Line-1], room[at])
		if err != nil {
			return nil, err
		}
		room[at] = room[at].Sub(credited.Amount)
		chosen = append(chosen, credited)
	}
	return chosen, nil
}

// of is what is asked of a line: the amount in the invoice's currency, and what that is
// of the line in the contract's.
func (ask *CreditAsk) of(line *InvoiceLine, left *CreditedLine, room money.Amount) (CreditedLine, error) {
	c := CreditedLine{Line: ask.Line, Invoiced: left.Invoiced, Amount: left.Amount}
	currency := left.Invoiced.Currency()
	exact := left.Invoiced.Ratio()
	switch {
	case ask.HasAmount:
		exact = ask.Amount.Ratio()
	case ask.HasPercent:
		exact = line.InvoicedAt.Ratio().Mul(ask.Percent.Ratio()).Div(money.Whole(100))
	case room.Currency() == left.Amount.Currency() && room.Sub(left.Amount).Sign() < 0:
		exact = room.Ratio().Mul(line.InvoicedAt.Ratio()).Div(line.Amount.Ratio())
	}
	var err error
	if c.Invoiced, err = money.RoundTo(exact, currency); err != nil {
		return c, err
	}
	switch {
	case ask.HasAmount && c.Invoiced.Ratio().Cmp(exact) != 0:
		return c, refuse("credit_digits", "line %d: %s is no amount of %s, which has %d digits after the point", ask.Line, ask.Amount, currency, currency.Digits())
	case left.Invoiced.Sign() <= 0:
		return c, refuse("credit_exceeds", "line %d was credited whole", ask.Line)
	case room.Sign() <= 0:
		return c, refuse("credit_exceeds", "line %d: nothing is left of its period, which other invoices or credit notes gave back", ask.Line)
	case c.Invoiced.Sign() <= 0:
		return c, refuse("credit_nothing", "line %d: %s is no amount to credit (expected more than 0, up to %s)", ask.Line, c.Invoiced, left.Invoiced)
	case c.Invoiced.Sub(left.Invoiced).Sign() > 0:
		return c, refuse("credit_exceeds", "line %d: %s is more than the %s that are left of it", ask.Line, c.Invoiced, left.Invoiced)
	case c.Invoiced != left.Invoiced:
		share := c.Invoiced.Ratio().Mul(line.Amount.Ratio()).Div(line.InvoicedAt.Ratio())
		if c.Amount, err = money.RoundTo(share, line.Amount.Currency()); err != nil {
			return c, err
		}
		c.Amount = least(c.Amount, left.Amount)
	}
	if c.Amount.Sub(room).Sign() > 0 {
		if ask.HasAmount || ask.HasPercent {
			return c, refuse("credit_exceeds", "line %d: %s %s is more than the %s that its period has left: the rest was given back on other invoices", ask.Line,
				c.Amount, c.Amount.Currency(), room)
		}
		c.Amount = room
	}
	return c, nil
}

// CreditNote is the document that credits some lines of an issued invoice, dated on a day
// and yet without a number of its own. Tax is by the category and rate of each line, over
// the sum per rate (BILLING §11), and never more than is left; what takes the last of a rate
// takes the last of its tax. number is the invoice's.
func (c *Catalog) CreditNote(invoice *Invoice, left *Remainder, credited []CreditedLine, on calendar.Date, number, reason string) (Invoice, error) {
	note := Invoice{Payer: invoice.Payer, Contract: invoice.Contract, Date: on, Currency: invoice.Currency, CreditNote: true}
	for _, one := range credited {
		if one.Line < 1 || one.Line > len(invoice.Lines) {
			return Invoice{}, fmt.Errorf("line %d of %s, which has %d", one.Line, number, len(invoice.Lines))
		}
		of := &invoice.Lines[one.Line-1]
		line := of.credit(one, explainCredit(of, &left.Lines[one.Line-1], one.Line, number, reason))
		c.addToTaxes(&note, &line)
		note.Lines = append(note.Lines, line)
	}
	note.Net = money.NewAmount(0, note.Currency)
	note.Tax = note.Net
	for i := range note.Taxes {
		sum := &note.Taxes[i]
		if err := sum.settleWithin(left.taxOf(sum)); err != nil {
			return Invoice{}, err
		}
		note.Net, note.Tax = note.Net.Add(sum.Net), note.Tax.Add(sum.Tax)
	}
	note.Total = note.Net.Add(note.Tax)
	if note.Total.Add(left.Total).Sign() < 0 {
		return Invoice{}, refuse("credit_exceeds", "%s %s is more than the %s that are left of %s in all", note.Total.Neg(), note.Currency, left.Total, number)
	}
	return note, nil
}

// credit is the line of a credit note that takes something off another.
func (l *InvoiceLine) credit(c CreditedLine, explanation string) InvoiceLine {
	line := *l
	line.Kind, line.Quantity, line.UnitPrice, line.Priced = LineCredit, money.Decimal{}, money.Decimal{}, false
	line.Amount, line.InvoicedAt = c.Amount.Neg(), c.Invoiced.Neg()
	line.Gross, line.InvoicedGross = line.Amount, line.InvoicedAt
	line.Discount, line.InvoicedDisc = c.Amount.Sub(c.Amount), c.Invoiced.Sub(c.Invoiced)
	line.Explanation = explanation
	return line
}

// settleWithin computes the tax of what is credited of one rate; left is what the invoice
// has of it.
func (s *TaxSum) settleWithin(left *TaxSum) error {
	if left == nil || s.Lines.Add(left.Lines).Sign() < 0 {
		return refuse("credit_exceeds", "%s is more than the invoice has left of what is taxed alike", s.Lines.Neg())
	}
	if s.Lines.Add(left.Lines).IsZero() {
		s.Net, s.Tax = left.Net.Neg(), left.Tax.Neg()
		return nil
	}
	if err := s.settle(); err != nil {
		return err
	}
	if s.Tax.Add(left.Tax).Sign() < 0 {
		s.Tax = left.Tax.Neg()
		if s.Included {
			s.Net = s.Lines.Sub(s.Tax)
		}
	}
	return nil
}

func explainCredit(line *InvoiceLine, left *CreditedLine, number int, of, reason string) string {
	var n note
	n.word("c", "credit")
	n.creditOf(line, left, number, of)
	n.word("t", reason)
	return string(n.text)
}

// creditOf notes the line that is credited, its amount, and what was credited before.
func (n *note) creditOf(line *InvoiceLine, left *CreditedLine, number int, of string) {
	n.amount("n", line.InvoicedAt)
	if before := line.InvoicedAt.Sub(left.Invoiced); !before.IsZero() {
		n.amount("cb", before)
	}
	n.word("iv", of)
	n.word("il", strconv.Itoa(number))
}

// Rest is the invoice with the other sign as far as credit notes have left it: what takes
// the rest of it back, dated on a day and yet without a number. number is the invoice's.
func (r *Remainder) Rest(invoice *Invoice, on calendar.Date, number string) Invoice {
	note := Invoice{Payer: invoice.Payer, Contract: invoice.Contract, Date: on, Currency: invoice.Currency, CreditNote: true}
	note.Net = money.NewAmount(0, note.Currency)
	note.Tax = note.Net
	for i := range invoice.Lines {
		line, left := &invoice.Lines[i], &r.Lines[i]
		switch {
		case left.Invoiced == line.InvoicedAt && left.Amount == line.Amount:
			note.Lines = append(note.Lines, line.reverse())
		case !left.Invoiced.IsZero() || !left.Amount.IsZero():
			note.Lines = append(note.Lines, line.credit(*left, explainRest(line, left, i+1, number)))
		}
	}
	for i, sum := range r.Taxes {
		if untouched := sum == invoice.Taxes[i]; !untouched && sum.Lines.IsZero() && sum.Tax.IsZero() {
			continue
		}
		sum.Lines, sum.Net, sum.Tax = sum.Lines.Neg(), sum.Net.Neg(), sum.Tax.Neg()
		note.Net, note.Tax = note.Net.Add(sum.Net), note.Tax.Add(sum.Tax)
		note.Taxes = append(note.Taxes, sum)
	}
	note.Total = note.Net.Add(note.Tax)
	return note
}

func explainRest(line *InvoiceLine, left *CreditedLine, number int, of string) string {
	var n note
	n.word("c", "rest")
	n.creditOf(line, left, number, of)
	return string(n.text)
}

// reverse is a line with the other sign.
func (l *InvoiceLine) reverse() InvoiceLine {
	line := *l
	line.Quantity = l.Quantity.Neg()
	line.Gross, line.Discount, line.Amount = l.Gross.Neg(), l.Discount.Neg(), l.Amount.Neg()
	line.InvoicedGross, line.InvoicedDisc, line.InvoicedAt = l.InvoicedGross.Neg(), l.InvoicedDisc.Neg(), l.InvoicedAt.Neg()
	return line
}
