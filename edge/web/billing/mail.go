package billing

import (
	"fmt"

	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow/office"
)

// runMail is what sending the invoices of a run would send.
type runMail struct {
	run    int64
	form   *visit.Form
	unsent office.Unsent
}

// mailable says whether the run's invoices can be sent from here.
func (r *ran) mailable() bool {
	return r.run.Invoices > 0 && r.visit.Desk.Mails() && r.visit.May("BillingRunSend")
}

// AskMail counts what would be sent.
func AskMail(v *visit.Visit) error { return askMail(v, v.Form()) }

func askMail(v *visit.Visit, f *visit.Form) (err error) {
	m := &runMail{run: number(v.R.PathValue("run")), form: f}
	if m.unsent, err = v.Desk.BillingRunUnsent(v.R.Context(), m.run); err != nil {
		return err
	}
	crumb := part.Link{Text: fmt.Sprintf("Run %d", m.run), Path: runPath(m.run)}
	return v.Page(part.Page{Title: "Send", Section: Path, Crumbs: append(crumbs(), crumb)}, runMailPage(m))
}

// Mail sends it.
func Mail(v *visit.Visit) error {
	run := number(v.R.PathValue("run"))
	unsent, err := v.Desk.BillingRunSend(v.R.Context(), run)
	if err != nil {
		f := v.Form()
		if f.Take(err) {
			return askMail(v, f)
		}
		return err
	}
	return v.Done(runPath(run), part.Plural(int64(unsent.Ready), "invoice")+" on the way: what becomes of each mail stands under Settings, Mail.")
}
