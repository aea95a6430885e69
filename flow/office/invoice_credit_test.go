package office_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/flow"
	"prorata/flow/office"
)

// Who may credits a part of an invoice as the preview says, and the invoice tells of it, to its customer too.
func TestAPartOfAnInvoiceIsCredited(t *testing.T) {
	f := newLedgerRoom(t)
	ctx := t.Context()
	_, err := f.Flow.Bill(ctx, flow.BillOptions{Through: f.Flow.Today()})
	f.must(err)
	desk := f.by(office.Finance)
	issued, left, err := desk.InvoiceCreditable(ctx, "INV-000001")
	f.must(err)
	f.is("all of it is left", left[0], issued.Lines[0].InvoicedAt.String())
	ask := flow.CreditAsk{Invoice: "INV-000001", Reason: "an outage", Lines: []billing.CreditAsk{{Line: 1, Percent: money.DecimalOf(40), HasPercent: true}}}
	effect, err := desk.InvoiceCreditPreview(ctx, ask)
	f.must(err)
	if _, err := f.by(office.Clerk).InvoiceCredit(ctx, ask); !errors.Is(err, office.ErrDenied) {
		t.Errorf("a clerk: %v", err)
	}
	note, err := desk.InvoiceCredit(ctx, ask)
	f.must(err)
	f.is("as it was shown", note.Total, effect.Note.Total.String())
	_, left, err = desk.InvoiceCreditable(ctx, "INV-000001")
	f.must(err)
	f.is("less is left", left[0], issued.Lines[0].InvoicedAt.Add(note.Lines[0].InvoicedAt).String())
	for _, who := range []*office.Desk{f.by(office.Owner), f.by(office.Customer, issued.Payer)} {
		h, err := who.InvoiceHistory(ctx, "INV-000001")
		f.must(err)
		f.is("its history", fmt.Sprint(len(h.Notes), flow.PrintedNumber(&h.Notes[0].Issued), h.Notes[0].Reason), "1CN-000001an outage")
	}
	ask.Reason = " "
	if _, err := desk.InvoiceCredit(ctx, ask); office.FaultOf(err).Field != "reason" {
		t.Errorf("without a reason: %v", err)
	}
	if _, _, err := desk.InvoiceCreditable(ctx, "CN-000001"); office.FaultOf(err).Code != "credit_of_credit_note" {
		t.Errorf("of a note: %v", err)
	}
	audit, err := f.by(office.Owner).AuditList(ctx, office.AuditFilter{Verb: "InvoiceCredit"})
	f.must(err)
	var told []string
	for _, a := range audit {
		told = append(told, a.Subject+" "+a.Said+" "+string(a.Outcome))
	}
	f.is("the audit", strings.Join(told, "; "), "INV-000001 an outage done; INV-000001 an outage denied")
}
