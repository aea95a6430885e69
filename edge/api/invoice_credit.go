package api

import (
	"context"
	"fmt"

	"prorata/core/billing"
	"prorata/flow"
	"prorata/flow/office"
)

// CreditedLine says what is to be credited of one line.
type CreditedLine struct {
	Line    int      `json:"line" minimum:"1" doc:"The line, counted from 1 as it stands on the invoice."`
	Amount  *Decimal `json:"amount,omitempty" doc:"How much, in the invoice's currency, as the line shows it: before tax, or with it where the prices contain it."`
	Percent *Decimal `json:"percent,omitempty" doc:"What share of the line; without this and an amount, all that is left of it."`
}

type invoiceCrediting struct {
	InvoiceNamed
	Body struct {
		Reason string         `json:"reason" minLength:"1" maxLength:"300" doc:"Why; it is printed on the credit note." example:"Two days without service"`
		Lines  []CreditedLine `json:"lines" nullable:"false" minItems:"1" maxItems:"10000" doc:"What is credited."`
	}
}

func (in *invoiceCrediting) ask() (flow.CreditAsk, error) {
	ask := flow.CreditAsk{Invoice: in.Number, Reason: in.Body.Reason}
	for i, line := range in.Body.Lines {
		field := fmt.Sprintf("lines[%d].", i)
		one := billing.CreditAsk{Line: line.Line}
		var err error
		if one.HasAmount = line.Amount != nil; one.HasAmount {
			if one.Amount, err = line.Amount.decimal(field + "amount"); err != nil {
				return ask, err
			}
		}
		if one.HasPercent = line.Percent != nil; one.HasPercent {
			if one.Percent, err = line.Percent.decimal(field + "percent"); err != nil {
				return ask, err
			}
		}
		ask.Lines = append(ask.Lines, one)
	}
	return ask, nil
}

// CreditableLine is a line of an invoice and what can still be credited of it.
type CreditableLine struct {
	InvoiceLine
	No   int   `json:"no" doc:"The line's place on the invoice, from 1."`
	Left Money `json:"left" doc:"What can still be credited of it, as the line shows it."`
}

func invoiceCreditable(ctx context.Context, desk *office.Desk, in *InvoiceNamed) (*listed[CreditableLine], error) {
	issued, left, err := desk.InvoiceCreditable(ctx, in.Number)
	if err != nil {
		return nil, err
	}
	lines := make([]CreditableLine, len(issued.Lines))
	for i := range issued.Lines {
		lines[i] = CreditableLine{lineOf(&issued.Lines[i], staffAt(desk)), i + 1, moneyOf(left[i])}
	}
	return &listed[CreditableLine]{List[CreditableLine]{Items: lines}}, nil
}

// CreditEffect is what a credit note would come to.
type CreditEffect struct {
	Note   Invoice `json:"note" doc:"The credit note; it has no number yet."`
	Left   Money   `json:"left" doc:"What is left of the invoice after it."`
	SetOff Money   `json:"set_off" doc:"What of it is set against what is open on the invoice."`
	Open   Money   `json:"open" doc:"What of it stays open for the payer, since the invoice is paid so far."`
}

func invoiceCreditPreview(ctx context.Context, desk *office.Desk, in *invoiceCrediting) (*struct{ Body CreditEffect }, error) {
	ask, err := in.ask()
	if err != nil {
		return nil, err
	}
	e, err := desk.InvoiceCreditPreview(ctx, ask)
	if err != nil {
		return nil, err
	}
	note := invoiceOf(&e.Note, staffAt(desk))
	note.Number = ""
	return &struct{ Body CreditEffect }{CreditEffect{note, moneyOf(e.Left), moneyOf(e.SetOff), moneyOf(e.Open)}}, nil
}

func invoiceCredit(ctx context.Context, desk *office.Desk, in *invoiceCrediting) (*created[Invoice], error) {
	ask, err := in.ask()
	if err != nil {
		return nil, err
	}
	note, err := desk.InvoiceCredit(ctx, ask)
	if err != nil {
		return nil, err
	}
	return &created[Invoice]{"/v1/invoices/" + flow.PrintedNumber(&note), invoiceOf(&note, staffAt(desk))}, nil
}
