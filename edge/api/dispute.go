package api

import (
	"bytes"
	"context"
	"io"
	"time"

	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
)

// Dispute is what we hold against one row of a provider's invoice.
type Dispute struct {
	Connection  string              `json:"connection" doc:"The provider."`
	To          string              `json:"to" doc:"What people call it."`
	On          Day                 `json:"on" doc:"The day of writing."`
	Invoice     string              `json:"invoice" doc:"The provider's number; unbilled for what it has not billed yet."`
	Line        DisputeLine         `json:"line" doc:"The row in question."`
	Rows        []DisputeLine       `json:"rows" nullable:"false" doc:"All rows of the same subscription on the invoice."`
	Facts       []DisputeFact       `json:"facts" nullable:"false" doc:"What our log says of it, in the order of recording."`
	Expected    []DisputeCharge     `json:"expected" nullable:"false" doc:"The charges that follow from them for the invoice's days."`
	Rule        []string            `json:"rule" nullable:"false" doc:"How a charge is computed, in sentences."`
	Differences []DisputeDifference `json:"differences" nullable:"false" doc:"What was found about the row."`
	Claim       ProviderAmount      `json:"claim" doc:"What the provider should give back; negative where it asked too little."`
}

// DisputeLine is a row of the provider's.
type DisputeLine struct {
	ID        string         `json:"id" doc:"The provider's."`
	Type      string         `json:"type" doc:"What kind of charge it is."`
	Customer  string         `json:"customer,omitempty" doc:"The provider's id of the customer."`
	Holding   string         `json:"holding,omitempty" doc:"The provider's id of the subscription."`
	SKU       string         `json:"sku,omitempty" doc:"The product."`
	From      Day            `json:"from,omitempty" doc:"The first day that it charges for."`
	To        Day            `json:"to,omitempty" doc:"The day after the last."`
	Quantity  Decimal        `json:"quantity" doc:"How many."`
	UnitPrice Decimal        `json:"unit_price" doc:"The list price of one for a period, in the currency of the price list."`
	Amount    ProviderAmount `json:"amount" doc:"What it asks, before tax."`
}

// DisputeFact is an entry of our log.
type DisputeFact struct {
	Seq          int64     `json:"seq" doc:"Its number in the log."`
	At           time.Time `json:"at" doc:"When it was recorded."`
	Who          string    `json:"who" doc:"By whom."`
	ActsOn       Day       `json:"acts_on,omitempty" doc:"The day from which it holds."`
	Subscription string    `json:"subscription" doc:"What it is about."`
	Sentence     string    `json:"sentence" doc:"What it says."`
}

// DisputeCharge is a charge as it should be.
type DisputeCharge struct {
	Type       string  `json:"type" doc:"What kind of charge it is."`
	On         Day     `json:"on,omitempty" doc:"The day on which it arises."`
	From       Day     `json:"from,omitempty" doc:"The first day that it is for."`
	To         Day     `json:"to,omitempty" doc:"The day after the last."`
	Quantity   Decimal `json:"quantity" doc:"How many."`
	Amount     *Money  `json:"amount,omitempty" doc:"What it comes to."`
	Arithmetic string  `json:"arithmetic" doc:"The sum, as it can be redone by hand."`
	Disputed   bool    `json:"disputed" doc:"Whether it is what the row was compared with."`
}

// DisputeDifference is one part of the difference.
type DisputeDifference struct {
	Cause    string         `json:"cause" doc:"Why."`
	Amount   ProviderAmount `json:"amount" doc:"How much."`
	Sentence string         `json:"sentence" doc:"Why, as a sentence."`
}

func disputeLineOf(l *flow.ProviderLine) DisputeLine {
	c := &l.Charge
	return DisputeLine{c.ID, c.Type.String(), l.Customer, l.Holding, c.SKU, dayOf(c.Period.From), dayOf(c.Period.To), decimalOf(c.Quantity), decimalOf(c.UnitPrice), providerAmountOf(c.Cost, c.Currency)}
}

func disputeOf(d *flow.Dispute) Dispute {
	amount := func(of money.Decimal) ProviderAmount { return providerAmountOf(of, d.Currency) }
	shown := Dispute{Connection: string(d.Connection), To: d.To, On: dayOf(d.On), Invoice: invoiceWord(d.Invoice.ID), Line: disputeLineOf(&d.Line), Rule: words(d.Rule), Claim: amount(d.Claim),
		Rows: make([]DisputeLine, len(d.Rows)), Facts: make([]DisputeFact, len(d.Facts)), Expected: make([]DisputeCharge, len(d.Expected)), Differences: make([]DisputeDifference, len(d.Differences))}
	for i := range d.Rows {
		shown.Rows[i] = disputeLineOf(&d.Rows[i])
	}
	for i, f := range d.Facts {
		shown.Facts[i] = DisputeFact{f.Seq, f.At.UTC(), f.Who, dayOf(f.ActsOn), f.Subscription, f.Sentence}
	}
	for i := range d.Expected {
		c := &d.Expected[i]
		shown.Expected[i] = DisputeCharge{c.Type.String(), dayOf(c.On), dayOf(c.Period.From), dayOf(c.Period.To), decimalOf(c.Quantity), someMoney(c.Amount), c.Arithmetic, c.Disputed}
	}
	for i, one := range d.Differences {
		shown.Differences[i] = DisputeDifference{one.Cause, amount(one.Amount), one.Sentence}
	}
	return shown
}

// disputeAsked names a row of an invoice.
type disputeAsked struct {
	ProviderInvoiceNamed
	Line string `query:"line" required:"true" minLength:"1" maxLength:"500" doc:"The provider's row, as findings and matches name it."`
}

func disputeGet(ctx context.Context, desk *office.Desk, in *disputeAsked) (*struct{ Body Dispute }, error) {
	dispute, err := desk.DisputeGet(ctx, in.id(), in.number(), in.Line)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Dispute }{disputeOf(&dispute)}, nil
}

// letterOf writes a dispute as a letter to the provider.
func letterOf(write func(io.Writer, *flow.Dispute) error) func(context.Context, *office.Desk, *disputeAsked) (*file, error) {
	return func(ctx context.Context, desk *office.Desk, in *disputeAsked) (*file, error) {
		dispute, err := desk.DisputeGet(ctx, in.id(), in.number(), in.Line)
		if err != nil {
			return nil, err
		}
		var letter bytes.Buffer
		if err := write(&letter, &dispute); err != nil {
			return nil, err
		}
		return &file{typePDF, attachment("dispute-"+in.number(), "pdf"), letter.Bytes()}, nil
	}
}
