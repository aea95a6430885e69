// Package reconciliation shows what providers charged, how each difference to what was
// expected came about, what was earned, and what is to be said to the provider.
package reconciliation

import (
	"cmp"
	"io"
	"net/http"
	"net/url"
	"strings"

	"prorata/core/calendar"
	"prorata/core/money"
	"prorata/edge/web/part"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// Path is the list of providers' invoices.
const Path = "/reconciliation"

// pageRows is how many are shown at once.
const pageRows = 50

// unbilled stands in a path for what a provider has not billed yet.
const unbilled = "unbilled"

// listed is what the list shows.
type listed struct {
	visit       *visit.Visit
	filter      office.ProviderInvoiceFilter
	connections []office.ConnectionView
	list        []office.ProviderInvoiceRow
	next        part.Next
}

// List shows providers' invoices, newest first.
func List(v *visit.Visit) (err error) {
	query := v.R.URL.Query()
	l := &listed{visit: v, filter: office.ProviderInvoiceFilter{Connection: flow.ConnectionID(query.Get("connection")), BeforeID: query.Get("before"), Most: pageRows + 1}}
	if l.filter.BeforeID != "" {
		if l.filter.Before, err = calendar.ParseDate(query.Get("on")); err != nil {
			return visit.ErrNoPage
		}
	}
	if l.connections, err = v.Desk.ConnectionList(v.R.Context()); err != nil {
		return err
	}
	if l.list, err = v.Desk.ProviderInvoiceList(v.R.Context(), l.filter); err != nil {
		return err
	}
	if len(l.list) > pageRows {
		l.list = l.list[:pageRows]
		last := &l.list[pageRows-1]
		l.next.Older = v.Here("before", last.ID, "on", last.On.String())
	}
	if l.filter.BeforeID != "" {
		l.next.Newer = v.Here("before", "", "on", "")
	}
	l.next.Shown = part.Plural(int64(len(l.list)), "invoice")
	return v.Page(part.Page{Title: "Reconciliation", Section: Path, Wide: true}, listPage(l))
}

func (l *listed) choices() []part.Choice {
	choices := []part.Choice{{Value: "", Text: "All"}}
	for i := range l.connections {
		choices = append(choices, part.Choice{Value: string(l.connections[i].ID), Text: cmp.Or(l.connections[i].Name, string(l.connections[i].ID))})
	}
	return choices
}

// errands are the imports asked for lately, of the connections that are shown.
func (l *listed) errands() (list []office.Errand) {
	for i := range l.connections {
		for _, e := range l.connections[i].Errands {
			if e.Kind == office.ErrandImport && (l.filter.Connection == "" || l.filter.Connection == e.Connection) {
				list = append(list, e)
			}
		}
	}
	return list
}

func connectionPath(id flow.ConnectionID) string { return Path + "/" + url.PathEscape(string(id)) }

func invoicePath(id flow.ConnectionID, invoice string) string {
	return connectionPath(id) + "/" + url.PathEscape(cmp.Or(invoice, unbilled))
}

// total is what an invoice says; of what is not billed yet nobody says any, and its rows come to it.
func total(row *office.ProviderInvoiceRow) money.Decimal {
	if row.ID == "" {
		return row.LinesTotal
	}
	return row.Total
}

func invoiceName(invoice string) string { return cmp.Or(invoice, "Not billed yet") }

func statePill(state office.ProviderInvoiceState) part.Pill {
	switch state {
	case office.ProviderInvoiceIncomplete, office.ProviderInvoiceUnexplained:
		return part.Pill{Text: string(state), Tone: part.Bad}
	case office.ProviderInvoiceOpen:
		return part.Pill{Text: string(state), Tone: part.Warn}
	case office.ProviderInvoiceReconciled:
	}
	return part.Pill{Text: string(state), Tone: part.Good}
}

// cents sets a cost as people read it: with the currency's digits, and more where it has more.
func cents(l part.Locale, d money.Decimal, currency money.Currency) string {
	return l.Price(d.Trim(currency.Digits()), currency)
}

// margins are the margins of an invoice in words: one for each currency of revenue, never mixed.
func margins(l part.Locale, sums []flow.KeptSum) string {
	var words []string
	for i := range sums {
		switch margin, ok := sums[i].Margin(); {
		case !ok:
			words = append(words, "revenue in "+sums[i].Revenue.Currency().String())
		case !sums[i].Revenue.Currency().IsZero():
			words = append(words, cents(l, margin, sums[i].Currency))
		}
	}
	return strings.Join(words, ", ")
}

// Import reads the provider's invoices in the background.
func Import(v *visit.Visit) error {
	f, id := v.Form(), flow.ConnectionID(v.R.PathValue("connection"))
	return answer(v, f, Path+"?connection="+url.QueryEscape(string(id)), "The import is under way. Its report will stand on this page.", v.Desk.ProviderBillImport(v.R.Context(), id))
}

// Again compares an invoice anew in the background.
func Again(v *visit.Visit) error {
	f, id, invoice := v.Form(), flow.ConnectionID(v.R.PathValue("connection")), invoiceOf(v)
	return answer(v, f, invoicePath(id, invoice), "It is being compared again. The result will stand on this page.", v.Desk.ProviderInvoiceReconcile(v.R.Context(), id, invoice))
}

func answer(v *visit.Visit, f *visit.Form, to, said string, err error) error {
	if err != nil {
		if !f.Take(err) {
			return err
		}
		said = cmp.Or(f.Sentence, f.First())
	}
	return v.Done(f.Back(to), said)
}

func invoiceOf(v *visit.Visit) string {
	if invoice := v.R.PathValue("invoice"); invoice != unbilled {
		return invoice
	}
	return ""
}

// Unbilled leads to what is not billed yet, which has no number to stand in a path.
func Unbilled(v *visit.Visit) error {
	http.Redirect(v.W, v.R, invoicePath(flow.ConnectionID(v.R.PathValue("connection")), ""), http.StatusSeeOther)
	return nil
}

// readiness is the checks of a month.
type readiness struct {
	visit      *visit.Visit
	connection office.ConnectionView
	month      calendar.Date
	checks     []flow.ReadinessCheck
}

// Readiness shows what stands in the way of closing a month.
func Readiness(v *visit.Visit) (err error) {
	r := &readiness{visit: v}
	if r.connection, err = v.Desk.ConnectionGet(v.R.Context(), flow.ConnectionID(v.R.PathValue("connection"))); err != nil {
		return err
	}
	today := v.Desk.Today()
	_, _, day := today.Civil()
	r.month = today.AddDays(1 - day).AddMonths(-1)
	if text := v.R.URL.Query().Get("month"); text != "" {
		if r.month, err = calendar.ParseDate(text[:min(len(text), len("2026-03"))] + "-01"); err != nil {
			return visit.ErrNoPage
		}
	}
	if r.checks, err = v.Desk.ReadinessGet(v.R.Context(), r.connection.ID, r.month); err != nil {
		return err
	}
	title := "Closing " + part.Month(r.month)
	return v.Page(part.Page{Title: title, Section: Path, State: r.state(), Crumbs: []part.Link{{Text: "Reconciliation", Path: Path + "?connection=" + url.QueryEscape(string(r.connection.ID))}}}, readinessPage(r, title))
}

func (r *readiness) state() part.Pill {
	state := part.Pill{Text: "ready", Tone: part.Good}
	for _, check := range r.checks {
		switch check.State {
		case flow.ReadinessBlocked:
			return part.Pill{Text: "blocked", Tone: part.Bad}
		case flow.ReadinessLook:
			state = part.Pill{Text: "look at it", Tone: part.Warn}
		case flow.ReadinessWell:
		}
	}
	return state
}

func checkPill(state flow.ReadinessState) part.Pill {
	return part.Pill{Text: state.String(), Tone: map[flow.ReadinessState]part.Tone{flow.ReadinessWell: part.Good, flow.ReadinessLook: part.Warn, flow.ReadinessBlocked: part.Bad}[state]}
}

// Letter writes a dispute as a letter to download.
func Letter(write func(io.Writer, *flow.Dispute) error) visit.Handler {
	return func(v *visit.Visit) error {
		line := v.R.URL.Query().Get("line")
		dispute, err := v.Desk.DisputeGet(v.R.Context(), flow.ConnectionID(v.R.PathValue("connection")), invoiceOf(v), line)
		if err != nil {
			return err
		}
		v.W.Header().Set("Content-Type", "application/pdf")
		v.W.Header().Set("Cache-Control", "no-store")
		v.W.Header().Set("Content-Disposition", `attachment; filename="dispute-`+plain(cmp.Or(dispute.Invoice.ID, unbilled)+"-"+line)+`.pdf"`)
		return write(v.W, &dispute)
	}
}

// plain leaves of a name what every file system takes.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '-'
	}, name)
}
