package office

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"prorata/flow"
)

// errands are what goes on at providers, and how it last ended.
type errands struct {
	mutex sync.Mutex
	list  []*Errand
}

// errandsKept is how many are remembered.
const errandsKept = 200

// begin notes an errand; flow.ErrMoved where the same is under way already.
func (e *errands) begin(errand *Errand) error {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	same := func(o *Errand) bool {
		return o.Connection == errand.Connection && o.Kind == errand.Kind && o.Subject == errand.Subject
	}
	if slices.ContainsFunc(e.list, func(o *Errand) bool { return same(o) && o.EndedAt.IsZero() }) {
		return fmt.Errorf("%w: %s of %s is under way already; its report will stand on the page", flow.ErrInput, errand.Kind, errand.Connection)
	}
	e.list = append(slices.DeleteFunc(e.list, same), errand)
	e.list = e.list[max(0, len(e.list)-errandsKept):]
	return nil
}

// of are those of a connection, the newest first.
func (e *errands) of(id flow.ConnectionID) (list []Errand) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	for _, o := range slices.Backward(e.list) {
		if o.Connection == id {
			list = append(list, *o)
		}
	}
	return list
}

// errand does something at a provider in the background. The audit has it with the first
// thing that it writes.
func (d *Desk) errand(ctx context.Context, what deed, errand Errand, work func(context.Context, *flow.Flow, flow.Connection) (string, error)) error {
	f, err := d.doing(ctx, what)
	if err != nil {
		return err
	}
	var connection flow.Connection
	if err := f.Store.Read(ctx, func(tx flow.Tx) (err error) { connection, err = tx.ConnectionGet(errand.Connection); return err }); err != nil {
		return err
	}
	if d.office.Providers == nil {
		return errNoProviders()
	}
	errand.Who, errand.BegunAt = d.person.Who, f.Clock.Now()
	if err := d.office.errands.begin(&errand); err != nil {
		return err
	}
	o := d.office
	o.behind(ctx, func(ctx context.Context) {
		said, err := work(ctx, f, connection)
		if err != nil {
			f.Log.WarnContext(ctx, "an errand at a provider failed", "connection", connection.ID, "errand", string(errand.Kind), "error", err)
			said = errandWhy(err)
		}
		o.errands.mutex.Lock()
		defer o.errands.mutex.Unlock()
		errand.EndedAt, errand.Said, errand.Failed = f.Clock.Now(), said, err != nil
	})
	return nil
}

// errandWhy says why an errand failed, and what to do about it.
func errandWhy(err error) string {
	var refusal *flow.ProviderRefusal
	switch {
	case errors.As(err, &refusal):
		return sentence(refusal.Error()) + " " + refusal.Todo
	case errors.Is(err, flow.ErrConsent):
		return "The provider does not let us in any more: renew the consent."
	case errors.Is(err, flow.ErrNotOffered):
		return "The provider does not offer that."
	case errors.Is(err, flow.ErrThrottled):
		return "The provider asks to wait. Try again later."
	}
	fault := FaultOf(err)
	if fault.Kind == FaultOurs {
		return "The provider could not be asked, or its answer could not be used. The log has the details; try again, and nothing is done twice."
	}
	return fault.Sentence
}

// ConnectionSync reads anew what the provider says of all customers and holdings, or only
// of those that its events name, in the background: ErrandList has the report.
func (d *Desk) ConnectionSync(ctx context.Context, id flow.ConnectionID, eventsOnly bool) error {
	kind := ErrandSync
	if eventsOnly {
		kind = ErrandEvents
	}
	return d.errand(ctx, deed{"ConnectionSync", string(id), string(kind)}, Errand{Connection: id, Kind: kind}, func(ctx context.Context, f *flow.Flow, c flow.Connection) (string, error) {
		report, err := d.office.sync(ctx, f, c, eventsOnly)
		return fmt.Sprintf("%s and %s read; %s recorded, %s opened, %d closed.", howMany(report.Customers, "customer"), howMany(report.Holdings, "holding"),
			howMany(report.Recorded, "change"), howMany(report.Opened, "exception"), report.Closed), err
	})
}

// ProvisionRun carries out at the provider what was changed here, in the background.
func (d *Desk) ProvisionRun(ctx context.Context, id flow.ConnectionID) error {
	return d.errand(ctx, deed{"ProvisionRun", string(id), ""}, Errand{Connection: id, Kind: ErrandProvision}, func(ctx context.Context, f *flow.Flow, c flow.Connection) (string, error) {
		report, err := d.office.provision(ctx, f, c)
		said := fmt.Sprintf("%d done, %d waiting, %d failed, %d dropped.", report.Done, report.Waiting, report.Failed, report.Dropped)
		if report.Stopped != "" {
			said += " The rest was not asked for: " + sentence(report.Stopped)
		}
		return said, err
	})
}

// ProviderBillImport imports the provider's invoices and the usage on them, and
// reconciles what is new, in the background.
func (d *Desk) ProviderBillImport(ctx context.Context, id flow.ConnectionID) error {
	return d.errand(ctx, deed{"ProviderBillImport", string(id), ""}, Errand{Connection: id, Kind: ErrandImport}, func(ctx context.Context, f *flow.Flow, c flow.Connection) (string, error) {
		report, err := d.office.Providers.Bills(ctx, f, c)
		return fmt.Sprintf("%s read with %s; %d unchanged, %d not readable.", howMany(int(report.Invoices), "invoice"), howMany(int(report.Lines), "row"), report.Unchanged, report.Unreadable), err
	})
}

// ProviderInvoiceReconcile compares an invoice anew with the log and with what was billed,
// in the background; no invoice for what is not billed yet.
func (d *Desk) ProviderInvoiceReconcile(ctx context.Context, id flow.ConnectionID, invoice string) error {
	errand := Errand{Connection: id, Kind: ErrandReconcile, Subject: invoice}
	return d.errand(ctx, deed{"ProviderInvoiceReconcile", string(id) + "/" + invoice, ""}, errand, func(ctx context.Context, f *flow.Flow, c flow.Connection) (string, error) {
		report, err := f.Reconcile(ctx, c.ID, invoice)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s compared, %d as expected to the cent, %s with a cause.", howMany(report.Sums.Rows, "row"), report.Sums.Exact, howMany(int(report.Findings), "difference")), nil
	})
}

// howMany is a number with its noun.
func howMany(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// ErrandList is what goes on or went on at a provider since the program began, newest first.
func (d *Desk) ErrandList(ctx context.Context, id flow.ConnectionID) (list []Errand, err error) {
	err = d.read(ctx, "ErrandList", func(tx Tx) error {
		_, err := tx.ConnectionGet(id)
		list = d.office.errands.of(id)
		return err
	})
	return list, err
}
