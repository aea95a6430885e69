package office

import (
	"context"
	"errors"
	"fmt"

	"prorata/flow"
)

// errandsShown is how many of a connection are told of.
const errandsShown = 50

// errand has something done at a provider, by whichever process takes the job. It is in the audit with whoever asked for it, and
// survives the end of the program.
func (d *Desk) errand(ctx context.Context, what deed, kind ErrandKind, connection flow.ConnectionID, subject string) error {
	err := d.write(ctx, what, func(tx Tx) error {
		if _, err := tx.ConnectionGet(connection); err != nil {
			return err
		}
		if d.office.Providers == nil {
			return errNoProviders()
		}
		return d.askJob(tx, Job{Kind: JobKind(kind), Connection: connection, Subject: subject})
	})
	if err == nil {
		d.office.stir()
	}
	return err
}

// errandWhy says why something at a provider failed, and what to do about it.
func errandWhy(err error) string {
	fault := FaultOf(err)
	if fault.Kind == FaultOurs {
		return "The provider could not be asked, or its answer could not be used. The log has the details; try again, and nothing is done twice."
	}
	return fault.Sentence
}

// ConnectionSync has everything read anew that the provider says of customers and holdings, or only
// what its events name, in the background: ErrandList has the report.
func (d *Desk) ConnectionSync(ctx context.Context, id flow.ConnectionID, eventsOnly bool) error {
	kind := ErrandSync
	if eventsOnly {
		kind = ErrandEvents
	}
	return d.errand(ctx, deed{"ConnectionSync", string(id), string(kind)}, kind, id, "")
}

// ProvisionRun has carried out at the provider what was changed here, in the background.
func (d *Desk) ProvisionRun(ctx context.Context, id flow.ConnectionID) error {
	return d.errand(ctx, deed{"ProvisionRun", string(id), ""}, ErrandProvision, id, "")
}

// ProviderBillImport has the provider's invoices and the usage on them imported, and what is
// new reconciled, in the background.
func (d *Desk) ProviderBillImport(ctx context.Context, id flow.ConnectionID) error {
	return d.errand(ctx, deed{"ProviderBillImport", string(id), ""}, ErrandImport, id, "")
}

// ProviderInvoiceReconcile has an invoice compared anew with the log and with what was billed,
// in the background; no invoice for what is not billed yet.
func (d *Desk) ProviderInvoiceReconcile(ctx context.Context, id flow.ConnectionID, invoice string) error {
	return d.errand(ctx, deed{"ProviderInvoiceReconcile", string(id) + "/" + invoice, ""}, ErrandReconcile, id, invoice)
}

// ErrandList is what people asked for at a provider in the last weeks, the last asked first.
func (d *Desk) ErrandList(ctx context.Context, id flow.ConnectionID) (list []Errand, err error) {
	err = d.read(ctx, "ErrandList", func(tx Tx) error {
		if _, err := tx.ConnectionGet(id); err != nil {
			return err
		}
		list, err = errandsOf(tx, id)
		return err
	})
	return list, err
}

func errandsOf(tx Tx, id flow.ConnectionID) (list []Errand, err error) {
	asked, err := tx.JobsAsked(id, errandsShown)
	for i := range asked {
		list = append(list, asked[i].errand())
	}
	return list, err
}

// errandAt is what was asked for last of one kind and subject; nil where nothing was.
func errandAt(tx Tx, kind JobKind, connection flow.ConnectionID, subject string) (*Errand, error) {
	job, err := tx.JobFind(kind, connection, subject)
	if errors.Is(err, flow.ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	row := JobRow{Job: job}
	runs, err := tx.JobRuns(job.ID, 1)
	if len(runs) > 0 {
		row.Last = runs[0]
	}
	errand := row.errand()
	return &errand, err
}

// errand is a job as who asked for it sees it.
func (row *JobRow) errand() Errand {
	errand := Errand{Connection: row.Connection, Kind: ErrandKind(row.Kind), Subject: row.Subject, Who: row.AskedBy, BegunAt: row.AskedAt}
	switch {
	case row.Asked() && row.Tries > 0 && row.Last.Outcome == JobFailed:
		errand.Said = "It is tried again. " + row.Last.Said
	case !row.Asked():
		errand.EndedAt, errand.Said, errand.Failed = row.Last.EndedAt, row.Last.Said, row.Last.Outcome != JobSucceeded
	}
	return errand
}

// ErrandRun does what somebody asked for at a provider, and says what came of it.
func (o *Office) ErrandRun(ctx context.Context, job Job) (said string, err error) {
	connection, err := o.connection(ctx, job.Connection)
	if err != nil {
		return "", err
	}
	switch ErrandKind(job.Kind) {
	case ErrandImport:
		report, err := o.Providers.Bills(ctx, o.Flow, connection)
		return fmt.Sprintf("%s read with %s; %d unchanged, %d not readable.", howMany(int(report.Invoices), "invoice"), howMany(int(report.Lines), "row"), report.Unchanged, report.Unreadable), err
	case ErrandReconcile:
		report, err := o.Flow.Reconcile(ctx, connection.ID, job.Subject)
		return fmt.Sprintf("%s compared, %d as expected to the cent, %s with a cause.", howMany(report.Sums.Rows, "row"), report.Sums.Exact, howMany(int(report.Findings), "difference")), err
	case ErrandSync, ErrandEvents:
		report, err := o.sync(ctx, o.Flow, connection, job.Kind == JobEvents)
		return SyncSaid(report), err
	case ErrandProvision:
		report, err := o.provision(ctx, o.Flow, connection)
		return ProvisionSaid(report), err
	}
	return "", fmt.Errorf("%w: %q is no errand", flow.ErrInput, job.Kind)
}

// SyncSaid is what came of a sync, in a sentence.
func SyncSaid(report flow.SyncReport) string {
	return fmt.Sprintf("%s and %s read; %s recorded, %s opened, %d closed.", howMany(report.Customers, "customer"), howMany(report.Holdings, "holding"),
		howMany(report.Recorded, "change"), howMany(report.Opened, "exception"), report.Closed)
}

// ProvisionSaid is what came of carrying out changes, in a sentence or two.
func ProvisionSaid(report flow.ProvisionReport) string {
	said := fmt.Sprintf("%d done, %d waiting, %d failed, %d dropped.", report.Done, report.Waiting, report.Failed, report.Dropped)
	if report.Stopped != "" {
		said += " The rest was not asked for: " + sentence(report.Stopped)
	}
	return said
}

// howMany is a number with its noun.
func howMany(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
