package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"prorata/flow"
	"prorata/flow/office"
)

func (a *API) invoicePDF(ctx context.Context, desk *office.Desk, in *InvoiceNamed) (*file, error) {
	doc, err := desk.InvoiceDocument(ctx, in.Number)
	if err != nil {
		return nil, err
	}
	var printed bytes.Buffer
	if err := a.settings.PDF(&printed, doc); err != nil {
		return nil, fmt.Errorf("print %s: %w", in.Number, err)
	}
	return &file{typePDF, attachment(doc.Number, "pdf"), printed.Bytes()}, nil
}

type exportAsked struct {
	InvoicesAsked
	What   string `query:"what" enum:"invoices,lines" default:"invoices" doc:"A row for each invoice, or for each line of them."`
	Format string `query:"format" enum:"csv,xlsx" default:"csv" doc:"The kind of file; an xlsx file has both, on a sheet each."`
}

// invoiceExport writes the file while the invoices are read, however many there are.
func (a *API) invoiceExport(ctx context.Context, desk *office.Desk, in *exportAsked) (*huma.StreamResponse, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	// A wrong filter is told before the file is begun.
	if _, err := desk.InvoiceTotals(ctx, q); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(out huma.Context) {
		out.SetHeader("Content-Type", map[string]string{"csv": typeCSV, "xlsx": typeXLSX}[in.Format])
		out.SetHeader("Content-Disposition", attachment(in.What+"-"+desk.Today().String(), in.Format))
		out.SetStatus(http.StatusOK)
		err := a.settings.Table(out.BodyWriter(), in.What, in.Format, documentsOf(ctx, desk, q))
		if err != nil {
			// The file has begun: the connection is broken off, so that nobody takes a part for the whole.
			a.settings.Log.ErrorContext(ctx, "api: an export was cut off", "request", callOf(ctx).id, "error", err)
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

var errEnough = errors.New("nobody reads any more")

// documentsOf are the documents of all that a query covers.
func documentsOf(ctx context.Context, desk *office.Desk, q office.InvoiceQuery) iter.Seq2[flow.Document, error] {
	return func(yield func(flow.Document, error) bool) {
		err := desk.InvoiceDocuments(ctx, q, func(doc flow.Document) error {
			if !yield(doc, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(flow.Document{}, err)
		}
	}
}

// InvoiceHistory is what became of an invoice.
type InvoiceHistory struct {
	IssuedAt time.Time     `json:"issued_at" doc:"When it was given its number."`
	Run      int64         `json:"run,omitempty" doc:"The billing run that issued it; absent for none."`
	Corrects string        `json:"corrects,omitempty" doc:"The number of the invoice that it takes back."`
	VoidedBy string        `json:"voided_by,omitempty" doc:"The number of the credit note that took it back."`
	VoidedAt *time.Time    `json:"voided_at,omitempty" doc:"When it was taken back."`
	Voided   string        `json:"voided,omitempty" doc:"Why it was taken back; for the seller's staff."`
	VoidWho  string        `json:"void_who,omitempty" doc:"Who took it back; for the seller's staff."`
	Sent     []InvoiceSent `json:"sent" nullable:"false" doc:"When it was noted as sent, the first first."`
}

// InvoiceSent says that somebody noted an invoice as sent.
type InvoiceSent struct {
	At  time.Time `json:"at" doc:"When it was noted."`
	Who string    `json:"who" doc:"Who noted it."`
	To  string    `json:"to" doc:"To whom, and by which way."`
}

func invoiceHistory(ctx context.Context, desk *office.Desk, in *InvoiceNamed) (*struct{ Body InvoiceHistory }, error) {
	issued, err := desk.InvoiceGet(ctx, in.Number)
	if err != nil {
		return nil, err
	}
	h, err := desk.InvoiceHistory(ctx, in.Number)
	if err != nil {
		return nil, err
	}
	shown := InvoiceHistory{IssuedAt: issued.IssuedAt.UTC(), Run: h.Run.ID, Sent: make([]InvoiceSent, len(h.Sent)), Voided: h.Voided.Said, VoidWho: h.Voided.Who}
	if h.Corrects.ID != "" {
		shown.Corrects = flow.PrintedNumber(&h.Corrects)
	}
	if h.VoidedBy.ID != "" {
		shown.VoidedBy, shown.VoidedAt = flow.PrintedNumber(&h.VoidedBy), instantOf(h.VoidedBy.IssuedAt)
	}
	for i, sent := range h.Sent {
		shown.Sent[i] = InvoiceSent{sent.At.UTC(), sent.Who, sent.To}
	}
	return &struct{ Body InvoiceHistory }{shown}, nil
}

// LineReason is why a line of an invoice is what it is.
type LineReason struct {
	InvoiceLine
	Invoice   string    `json:"invoice" doc:"The invoice's printed number."`
	No        int       `json:"no" doc:"The line's place on it, from 1."`
	Product   string    `json:"product" doc:"The product's name."`
	Cause     *LogEntry `json:"cause,omitempty" doc:"The entry of the change log that caused it, where one did."`
	List      *Price    `json:"price,omitempty" doc:"The row of the price list that it comes from; for the seller's staff."`
	Proration string    `json:"proration" enum:"days,days30,months,none" doc:"How a part of a period is measured under its contract."`
	TermFrom  Day       `json:"term_from,omitempty" doc:"The first day of the term that holds the line's first day."`
	TermTo    Day       `json:"term_to,omitempty" doc:"The first day after that term."`
	Rate      string    `json:"rate,omitempty" doc:"The exchange rate that it was converted at." example:"USD 0.90 2026-01-01"`
	Row       string    `json:"row,omitempty" doc:"The provider's row that it mirrors."`
}

func lineExplain(ctx context.Context, desk *office.Desk, in *struct {
	InvoiceNamed
	No int `path:"no" minimum:"1" maximum:"1000000" doc:"The line's place on it, from 1."`
}) (*struct{ Body LineReason }, error) {
	answer, err := desk.LineExplain(ctx, in.Number, in.No)
	if err != nil {
		return nil, err
	}
	shown := LineReason{InvoiceLine: lineOf(&answer.Line, staffAt(desk)), Invoice: answer.Number, No: answer.LineNo, Product: answer.Product,
		Proration: prorationWords[answer.Contract.Proration], TermFrom: dayOf(answer.Term.From), TermTo: dayOf(answer.Term.To), Rate: answer.Explanation.Rate, Row: answer.Explanation.Row}
	shown.Why, shown.Arithmetic = answer.Sentence, answer.Arithmetic
	if answer.Cause != nil {
		entry := logEntryOf(answer.Cause)
		shown.Cause = &entry
	}
	if answer.Price != nil {
		price := priceOf(answer.Price)
		shown.List = &price
	}
	return &struct{ Body LineReason }{shown}, nil
}

// ExplainedLine is a line of an invoice and the change that caused it.
type ExplainedLine struct {
	InvoiceLine
	No    int       `json:"no" doc:"The line's place on the invoice, from 1."`
	Cause *LogEntry `json:"cause,omitempty" doc:"The entry of the change log that caused it, where one did."`
	Rate  string    `json:"rate,omitempty" doc:"The exchange rate that it was converted at." example:"USD 0.90 2026-01-01"`
	Row   string    `json:"row,omitempty" doc:"The provider's row that it mirrors."`
}

func invoiceExplain(ctx context.Context, desk *office.Desk, in *InvoiceNamed) (*listed[ExplainedLine], error) {
	answers, err := desk.InvoiceExplain(ctx, in.Number)
	if err != nil {
		return nil, err
	}
	return pageBefore[office.LineAnswer, ExplainedLine, string]("lines", answers, nil, func(answer *office.LineAnswer) ExplainedLine {
		line := ExplainedLine{InvoiceLine: lineOf(&answer.Line, staffAt(desk)), No: answer.LineNo, Rate: answer.Explanation.Rate, Row: answer.Explanation.Row}
		line.Why, line.Arithmetic = answer.Sentence, answer.Arithmetic
		if answer.Cause != nil {
			entry := logEntryOf(answer.Cause)
			line.Cause = &entry
		}
		return line
	}), nil
}

func invoiceOpen(ctx context.Context, desk *office.Desk, in *InvoiceNamed) (*struct{ Body Open }, error) {
	open, err := desk.InvoiceOpen(ctx, in.Number)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Open }{Open{moneyOf(open)}}, nil
}

// Open is what is left to be paid.
type Open struct {
	Open Money `json:"open" doc:"The total less what was paid or set off; negative where it is to be paid back."`
}
