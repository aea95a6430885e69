package main

import (
	"context"

	"prorata/flow"
)

type verifyCommand struct {
	JSON bool `help:"Print one JSON object."`
}

// Run verifies and counts, and follows the audit's chain; exit 1 with the first differences where
// anything is off.
func (c *verifyCommand) Run(ctx context.Context, w *counter) error {
	show, done := w.progress("verifying")
	report, audit, err := w.BookVerify(ctx, func(r flow.VerifyReport) { show(r.Contracts, r.Invoices) })
	done()
	if err != nil {
		return err
	}
	if c.JSON {
		first := report.First
		if first == nil {
			first = []string{}
		}
		err = w.printJSON(map[string]any{"contracts": report.Contracts, "invoices": report.Invoices, "credit_notes": report.CreditNotes, "lines": report.Lines,
			"postings": report.Postings, "differences": report.Differences, "first": first,
			"audit": map[string]any{"records": audit.Records, "broken": audit.Broken, "why": audit.Why}})
	} else {
		for _, difference := range report.First {
			w.printf("%s\n", difference)
		}
		w.printf("Verified %d contracts: %d invoices (%d correct one), %d lines, %d postings; %d differences.\n",
			report.Contracts, report.Invoices, report.CreditNotes, report.Lines, report.Postings, report.Differences)
		if audit.Broken > 0 {
			w.printf("The audit is broken at record %d: %s.\n", audit.Broken, audit.Why)
		} else {
			w.printf("The audit is whole: %d records.\n", audit.Records)
		}
	}
	if err == nil && (report.Differences > 0 || audit.Broken > 0) {
		return errQuiet
	}
	return err
}
