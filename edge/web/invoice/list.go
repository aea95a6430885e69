package invoice

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"prorata/core/billing"
	"prorata/core/money"
	"prorata/edge/web/part"
	"prorata/edge/web/pick"
	"prorata/edge/web/visit"
	"prorata/flow"
	"prorata/flow/office"
)

// Path is where the list is.
const Path = "/invoices"

// pageRows is how many invoices are shown at once.
const pageRows = 50

// listed is what the list shows.
type listed struct {
	visit  *visit.Visit
	form   *visit.Form
	query  office.InvoiceQuery
	page   office.InvoicePage
	totals []office.InvoiceTotal
	views  []office.SavedView
	opened *shown
}

// List shows invoices and credit notes by what they are looked for by, and beside them the one that was opened.
func List(v *visit.Visit) error { return showList(v, v.Form()) }

func showList(v *visit.Visit, f *visit.Form) (err error) {
	l := &listed{visit: v, form: f, query: queryOf(v, f)}
	if l.views, err = v.Desk.ViewList(v.R.Context(), "invoices"); err != nil {
		return err
	}
	if f.OK() {
		err = l.read()
	}
	if err != nil && !f.Take(err) {
		return err
	}
	if open := v.R.URL.Query().Get("open"); open != "" && f.OK() {
		if l.opened, err = readInvoice(v, open); err != nil {
			return err
		}
		if l.opened.doc, err = v.Desk.InvoiceDocument(v.R.Context(), l.opened.number); err != nil {
			return err
		}
	}
	return v.Page(part.Page{Title: "Invoices", Section: Path, Wide: true}, listPage(l))
}

func (l *listed) read() (err error) {
	if l.page, err = l.visit.Desk.InvoiceList(l.visit.R.Context(), l.query); err != nil {
		return err
	}
	// The sum of everything there ever was tells nobody anything, and takes long.
	if l.narrowed() {
		l.totals, err = l.visit.Desk.InvoiceTotals(l.visit.R.Context(), l.query)
	}
	return err
}

// queryOf reads the address: whatever form was sent, the list is what its address says.
func queryOf(v *visit.Visit, f *visit.Form) office.InvoiceQuery {
	given := v.R.URL.Query()
	text := func(name string) string { return flow.PlainText(given.Get(name)) }
	q := office.InvoiceQuery{
		Account: billing.AccountID(pick.Meant(v, f, pick.Account, "account", text("account"))), Reseller: billing.AccountID(pick.Meant(v, f, pick.Account, "reseller", text("reseller"))),
		Contract: billing.ContractID(pick.Meant(v, f, pick.Contract, "contract", text("contract"))), SKU: skuOf(v, f, text("sku")),
		Kind: text("kind"), State: text("state"), Currency: text("currency"), Text: text("text"), Sort: text("sort"), After: text("after"), Before: text("before"), Most: pageRows,
	}
	q.Run, _ = strconv.ParseInt(text("run"), 10, 64)
	q.From, q.To = f.Day("from"), f.Day("to")
	q.Least, q.HasLeast = f.Decimal("least")
	q.Greatest, q.HasGreatest = f.Decimal("greatest")
	return q
}

// skuOf is the product that a text means; who may not read the catalog says its SKU.
func skuOf(v *visit.Visit, f *visit.Form, text string) string {
	if !v.May("ProductList") {
		return text
	}
	return pick.Meant(v, f, pick.Product, "sku", text)
}

// product is the filter by what was sold, with what the catalog has to choose from.
func (l *listed) product() part.Field {
	if !l.visit.May("ProductList") {
		return l.field("sku", "Product (SKU)", "")
	}
	return pick.Field(l.visit, pick.Product, l.field("sku", "Product", ""))
}

// narrowing is the address's query without what only moves about in the list.
func narrowing(v *visit.Visit) string {
	q := v.R.URL.Query()
	for _, name := range []string{"open", "after", "before", "line"} {
		q.Del(name)
	}
	for name := range q {
		if q.Get(name) == "" {
			q.Del(name)
		}
	}
	return q.Encode()
}

func (l *listed) narrowed() bool { return narrowing(l.visit) != "" }

// seldom says whether one of the filters that are put away is in use.
func (l *listed) seldom() bool {
	q := &l.query
	return q.Account != "" || q.Reseller != "" || q.Contract != "" || q.SKU != "" || q.Kind != "" || q.Currency != "" || q.HasLeast || q.HasGreatest || q.Run != 0
}

// field is an input that shows what the address says.
func (l *listed) field(name, label, kind string) part.Field {
	return l.form.Field(part.Field{Name: name, Label: label, Kind: kind}, l.visit.R.URL.Query().Get(name))
}

func (l *listed) next() part.Next {
	rows := l.page.Rows
	var count int64
	for i := range l.totals {
		count += l.totals[i].Count
	}
	n := part.Next{Shown: part.Plural(int64(len(rows)), "invoice")}
	if count > 0 {
		n.Shown = l.visit.Locale.Count(int64(len(rows))) + " of " + part.Plural(count, "invoice")
	}
	if len(rows) == 0 {
		return n
	}
	if l.page.Earlier {
		n.Newer = l.visit.Here("before", rows[0].ID, "after", "", "open", "")
	}
	if l.page.More {
		n.Older = l.visit.Here("after", rows[len(rows)-1].ID, "before", "", "open", "")
	}
	return n
}

func (l *listed) drawer() templ.Component {
	if l.opened == nil {
		return nil
	}
	return summary(l.opened)
}

func (l *listed) title() string {
	if l.opened == nil {
		return ""
	}
	return l.opened.number
}

func (l *listed) full() string {
	if l.opened == nil {
		return ""
	}
	return l.opened.path()
}

// exportPath is where the list comes as a file.
func (l *listed) exportPath(what, format string) string {
	q := l.visit.R.URL.Query()
	for _, name := range []string{"open", "after", "before"} {
		q.Del(name)
	}
	q.Set("what", what)
	q.Set("format", format)
	return Path + "/export?" + q.Encode()
}

// current is the view that the list shows, if it is one.
func (l *listed) current() (view office.SavedView) {
	at := slices.IndexFunc(l.views, func(view office.SavedView) bool { return view.Query == narrowing(l.visit) })
	if at < 0 {
		return view
	}
	return l.views[at]
}

// SaveView keeps the list as it is narrowed under a name.
func SaveView(v *visit.Visit) error {
	f := v.Form()
	query := narrowing(v)
	err := v.Desk.ViewPut(v.R.Context(), office.SavedView{Noun: "invoices", Name: f.Text("name"), Query: query})
	if err != nil {
		if f.Take(err) {
			f.Sentence = office.FaultOf(err).Sentence
			return showList(v, f)
		}
		return err
	}
	return v.Done(with(query), "The view is saved.")
}

// DropView forgets a view.
func DropView(v *visit.Visit) error {
	f := v.Form()
	if err := v.Desk.ViewDrop(v.R.Context(), "invoices", f.Text("name")); err != nil {
		return err
	}
	return v.Done(with(narrowing(v)), "The view is gone. The invoices are where they were.")
}

func with(query string) string {
	if query == "" {
		return Path
	}
	return Path + "?" + query
}

// numberPath is an invoice's page.
func numberPath(number string) string { return Path + "/" + url.PathEscape(number) }

// sumOf is a total set with its currency.
func sumOf(l part.Locale, a money.Amount) string { return l.Amount(a) + " " + a.Currency().String() }
