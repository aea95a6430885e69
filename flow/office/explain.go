package office

import (
	"context"
	"fmt"
	"strconv"

	"prorata/core/billing"
	"prorata/core/calendar"
	"prorata/flow"
)

// LineAnswer is why a line of an invoice is what it is.
type LineAnswer struct {
	// Number is the invoice's printed number, LineNo the line's, counted from 1.
	Number string
	LineNo int
	Line   billing.InvoiceLine
	// Sentence is for a customer; Arithmetic the sum as it can be redone by hand, empty
	// where it tells what the provider asks and who asks is not the seller's staff.
	Sentence, Arithmetic string
	Explanation          billing.Explanation
	Product              string
	// Cause is the entry of the log that caused it, where one did.
	Cause *flow.LogEntry
	// Price is the row of the price list that it comes from, for staff; nil where the
	// price is the subscription's own or the provider's.
	Price *billing.PriceRow
	// Contract has the terms that decided: its changes, refunds, proration.
	Contract flow.Contract
	// Term is the one that holds the line's first day, or no days.
	Term calendar.Period
}

// LineExplain says why a line of an issued invoice is what it is: the sentence, the
// arithmetic, the change that caused it, the price and the terms.
func (d *Desk) LineExplain(ctx context.Context, number string, line int) (answer LineAnswer, err error) {
	err = d.read(ctx, "LineExplain", func(tx Tx) error {
		reach, err := d.within(tx)
		if err != nil {
			return err
		}
		issued, err := tx.InvoiceGet(number)
		if err != nil {
			return err
		}
		if !reach.has(issued.Payer) || line < 1 || line > len(issued.Lines) {
			return unseen("line", fmt.Sprintf("%s/%d", number, line))
		}
		answer = LineAnswer{Number: flow.PrintedNumber(&issued), LineNo: line, Line: issued.Lines[line-1]}
		return answer.fill(tx, &reach)
	})
	return answer, err
}

func (a *LineAnswer) fill(tx Tx, reach *reach) error {
	if err := a.tell(tx, map[billing.SubscriptionID][]flow.LogEntry{}); err != nil {
		return err
	}
	catalog, err := tx.CatalogOf([]string{a.Line.SKU})
	if err != nil {
		return err
	}
	a.Product = catalog.Products[a.Line.SKU].Name
	if a.Contract, err = tx.ContractGet(a.Line.Contract); err != nil {
		return err
	}
	if err := a.term(tx); err != nil {
		return err
	}
	if reach.all {
		a.Price = priceRow(catalog.Prices[a.Line.SKU], &a.Explanation)
		return nil
	}
	a.outside()
	return nil
}

func (a *LineAnswer) term(tx Tx) error {
	books, err := tx.StoriesRead([]billing.ContractID{a.Line.Contract}, calendar.Period{})
	if err != nil {
		return err
	}
	for _, book := range books {
		for i := range book.Subscriptions {
			if s := &book.Subscriptions[i]; s.ID == a.Line.Key.Subscription {
				a.Term = billing.StateOn(&book.Contract, s, a.Line.From).Term
			}
		}
	}
	return nil
}

// priceRow is the newest row that has what the explanation says of the price.
func priceRow(rows []billing.PriceRow, e *billing.Explanation) (found *billing.PriceRow) {
	for i := range rows {
		if row := &rows[i]; row.List == e.From && row.From.String() == e.Since && row.Unit.Name == e.Unit {
			found = row
		}
	}
	return found
}

// outside takes out what is the seller's affair.
func (a *LineAnswer) outside() {
	outsideContract(&a.Contract)
	if a.Cause != nil {
		a.Cause.Who, a.Cause.Source = "", ""
	}
	if flow.TellsCost(&a.Line) {
		a.Sentence, a.Arithmetic = flow.PlainSentence(&a.Line), ""
		a.Line.Explanation, a.Explanation = "", billing.Explanation{}
	}
	a.Explanation.From = ""
}

// InvoiceExplain says why each line of an issued invoice is what it is, in the order of the lines: sentence, arithmetic
// and cause, without the price list's row and the contract's terms, which LineExplain looks up for one.
func (d *Desk) InvoiceExplain(ctx context.Context, number string) (answers []LineAnswer, err error) {
	err = d.read(ctx, "InvoiceExplain", func(tx Tx) error {
		issued, err := d.invoiceIn(tx, number)
		if err != nil {
			return err
		}
		logs := map[billing.SubscriptionID][]flow.LogEntry{}
		for i := range issued.Lines {
			answer := LineAnswer{Number: flow.PrintedNumber(&issued), LineNo: i + 1, Line: issued.Lines[i]}
			if err := answer.tell(tx, logs); err != nil {
				return err
			}
			if !d.person.Staff() {
				answer.outside()
			}
			answers = append(answers, answer)
		}
		return nil
	})
	return answers, err
}

// tell says what the line itself tells, and the entry that caused it; logs are those that were read already.
func (a *LineAnswer) tell(tx Tx, logs map[billing.SubscriptionID][]flow.LogEntry) (err error) {
	a.Explanation = billing.ParseExplanation(a.Line.Explanation)
	a.Sentence, a.Arithmetic = flow.Sentence(&a.Line), flow.Arithmetic(&a.Line)
	if a.Explanation.Entry == "" {
		return nil
	}
	id := a.Line.Key.Subscription
	if _, read := logs[id]; !read {
		if logs[id], err = tx.LogOf(id); err != nil {
			return err
		}
	}
	for i := range logs[id] {
		if strconv.FormatInt(logs[id][i].Seq, 10) == a.Explanation.Entry {
			entry := logs[id][i]
			a.Cause = &entry
		}
	}
	return nil
}
