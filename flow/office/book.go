package office

import (
	"context"
	"iter"

	"prorata/flow"
)

// BookExport gives the whole book as facts that can be taken in again, as it is read.
func (d *Desk) BookExport(ctx context.Context) (iter.Seq2[flow.Intake, error], error) {
	f, err := d.reading("BookExport")
	if err != nil {
		return nil, err
	}
	return f.Export(ctx), nil
}

// BookVerify derives every issued invoice and the ledger again, and follows the audit's chain.
func (d *Desk) BookVerify(ctx context.Context, progress func(flow.VerifyReport)) (report flow.VerifyReport, audit AuditReport, err error) {
	f, err := d.reading("BookVerify")
	if err != nil {
		return report, audit, err
	}
	if report, err = f.Verify(ctx, progress); err != nil {
		return report, audit, err
	}
	audit, err = d.office.AuditVerify(ctx)
	return report, audit, err
}
